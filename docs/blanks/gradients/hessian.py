def hessian(u, v):
    """The Hessian of u³ - 3 u v²: a list of rows."""
    # blank: return [[..., ...], [..., ...]]
    return [[6 * u, -6 * v], [-6 * v, -6 * u]]
    # end of blank


# check
check(
    "The Hessian at (1, 2)",
    hessian(1, 2),
    [[6, -12], [-12, -6]],
    ([[6, -12], [-12, 6]], "the slope of -6 u v in v is -6 u."),
    (
        [[6, 0], [0, -6]],
        "the mixed derivatives are not 0: 3 u² - 3 v² moves with v too.",
    ),
    ([[6, 12], [12, -6]], "the sign of the mixed ones: the slope of -3 v² is -6 v."),
    ([[6, -12], [-12, 0]], "the slope of -6 u v in v is -6 u."),
    ([[6, -12], [-12, -12]], "the last entry is the slope of -6 u v in v: -6 u."),
    ([[6, -12], [-6, -12]], "in a row comes first the slope in u, then that in v."),
    ([[3, -12], [-12, -6]], "the slope of 3 u² is 6 u."),
    ([[-9, -12], [-12, -6]], "the first entry is the slope of 3 u² - 3 v² in u: 6 u."),
)
check(
    "The Hessian at (2, 1)",
    hessian(2, 1),
    [[12, -6], [-6, -12]],
    ([[12, -12], [-12, -12]], "the mixed ones: the slope of -6 u v in u is -6 v."),
    ([[24, -6], [-6, -12]], "the slope of 3 u² is 6 u."),
)
check("The Hessian at the origin", hessian(0, 0), [[0, 0], [0, 0]])
print("Right. At the origin all of it is zero, and says nothing.")
