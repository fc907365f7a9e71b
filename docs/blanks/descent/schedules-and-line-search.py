def backtrack(t, c=0.25):
    """The step that backtracking takes on w² from w = 1, when it first tries t.

    The direction is -2, minus the slope, and each step that is refused is halved.
    """
    # blank: return ...
    while (1 - 2 * t) ** 2 > 1 - c * t * 4:
        t = t / 2
    return t
    # end of blank


# check
check(
    "backtrack(1)",
    backtrack(1),
    0.5,
    (
        1,
        (
            "1 leads to the weight -1 with the loss 1: no fall. It must fall by at"
            " least c of what the tangent promises, 4 t."
        ),
    ),
    (0.25, "0.5 leads to the loss 0, which is low enough."),
    (
        0,
        (
            "only c times the promise of 4 t is asked. (If 0 is where it leads: the"
            " step t is asked.)"
        ),
    ),
)
check(
    "backtrack(0.8)",
    backtrack(0.8),
    0.4,
    (0.8, "0.8 leads to the loss 0.36, and at most 0.2 is allowed."),
)
check(
    "backtrack(3)",
    backtrack(3),
    0.75,
    (0.375, "0.75 leads to the loss 0.25, and 0.25 is allowed: equal is allowed."),
)
check(
    "backtrack(0.8, c=0.1)",
    backtrack(0.8, c=0.1),
    0.8,
    (0.4, "use the c that is given."),
)
check(
    "backtrack(0.77)",
    backtrack(0.77),
    0.385,
    (0.77, "the tangent promises 4 t, and not 4 t²."),
)
print("Right. It never asks where the lowest point is.")
