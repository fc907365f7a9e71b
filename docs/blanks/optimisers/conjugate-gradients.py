def conjugate(H, a):
    """The y for which (1, y) is conjugate to a, for a symmetric H, a list of rows."""
    # blank: return ...
    p, q = (row[0] * a[0] + row[1] * a[1] for row in H)
    return -p / q
    # end of blank


# check
H = [[2, 1], [1, 2]]
check(
    "conjugate(H, [3, -1]) for the rows (2, 1) and (1, 2)",
    conjugate(H, [3, -1]),
    -5,
    (3, "that is at a right angle to a. Conjugate is at a right angle to H a."),
    (5, "the sign: the two products must cancel."),
    (-0.2, "upside down: p + q y is 0 for H a = (p, q)."),
    (-1 / 3, "that is the direction of a itself. It must be at a right angle to H a."),
    (1 / 5, "p + q y is 0 for H a = (p, q), so y is -p / q."),
)
check("conjugate(H, [1, 0])", conjugate(H, [1, 0]), -2)
check("conjugate(H, [1, 1])", conjugate(H, [1, 1]), -1)
check(
    "conjugate([[4, 1], [1, 2]], [1, 2])",
    conjugate([[4, 1], [1, 2]], [1, 2]),
    -1.2,
    (-0.8, "use the H that is given."),
    (-2, "divide with /, and not with //."),
)
print(
    "Right. Conjugate to (1, 0) is (1, -2); to the eigenvector (1, 1) it is (1, -1), at"
    " a right angle."
)
