def facts(smallest, largest):
    """Condition number, edge of stability, best fixed rate, and its factor c.

    `smallest` and `largest` are the eigenvalues of the Hessian.
    """
    # blank: return [..., ..., ..., ...]
    best = 2 / (smallest + largest)
    return [largest / smallest, 2 / largest, best, 1 - best * smallest]
    # end of blank


# check
c = 12 / 13
check(
    "facts(2, 50)",
    facts(2, 50),
    [25, 2 / 50, 2 / 52, c],
    (
        [1 / 25, 2 / 50, 2 / 52, c],
        "the condition number is the largest over the smallest.",
    ),
    (
        [48, 2 / 50, 2 / 52, c],
        "the condition number is a quotient, and not a difference.",
    ),
    (
        [25, 1 / 50, 2 / 52, c],
        (
            "at 1 over the largest the steep direction arrives at once. The edge is"
            " twice that."
        ),
    ),
    ([25, 1, 2 / 52, c], "the steepest direction sets the edge: 2 over the largest."),
    (
        [25, 2 / 50, 1 / 52, c],
        "the best rate is 2 over the sum: then both directions shrink alike.",
    ),
    (
        [25, 2 / 50, 2 / 48, c],
        "the best rate has the sum of both below, and not their difference.",
    ),
    (
        [25, 2 / 50, 1 / 52, 1 - 2 / 52],
        "the best rate is 2 over the sum: then both directions shrink alike.",
    ),
    (
        [25, 2 / 50, 2 / 48, 1 - 4 / 48],
        "the best rate has the sum of both below, and not their difference.",
    ),
    (
        [25, 2 / 50, 1 / 50, 0.96],
        "1 over the largest suits the steep direction only: it is 2 over the sum.",
    ),
    ([25, 2 / 52, 2 / 50, c], "the other order: the edge first, then the best rate."),
    (
        [25, 2 / 50, 2 / 52, 1 / 13],
        "c is what a step leaves, and not what it takes away.",
    ),
    (
        [25, 2 / 50, 2 / 52, -c],
        "c is a size and has no sign: 1 minus the best rate times the smallest.",
    ),
)
check("facts(3, 3)", facts(3, 3), [1, 2 / 3, 1 / 3, 0])
print(
    "Right. One step leaves 12/13 of the way, in the flat direction and in the steep"
    " one."
)
