import math


def jacobian(x, y):
    """The Jacobian of (x² y, 5 x + sin y): a list of rows."""
    # blank: return [[..., ...], [..., ...]]
    return [[2 * x * y, x**2], [5, math.cos(y)]]
    # end of blank


# check
c = math.cos(1)
check(
    "The Jacobian at (2, 1)",
    jacobian(2, 1),
    [[4, 4], [5, c]],
    (
        [[4, 5], [4, c]],
        "it is turned: a row belongs to an output, a column to an input.",
    ),
    ([[4, 4], [c, 5]], "in a row comes first the slope in x, then that in y."),
    ([[4, 4], [5, -c]], "the slope of the sine is the cosine, with a plus."),
    ([[2, 4], [5, c]], "the slope of x² is 2 x."),
    ([[4, 4], [5 + c, c]], "when x moves, sin y stands still."),
    ([[4, 4], [5, math.sin(1)]], "the slope of the sine is the cosine."),
    ([[4, 4], [5, 5 + c]], "when y moves, 5 x stands still."),
    ([[5, c], [4, 4]], "the other order: the first output is the first row."),
)
check(
    "The Jacobian at (3, -1)",
    jacobian(3, -1),
    [[-6, 9], [5, c]],
    ([[9, -6], [5, c]], "in a row comes first the slope in x, then that in y."),
    ([[6, 9], [5, c]], "in the slope in x the factor y stays: 2 x y."),
    ([[-6, -9], [5, c]], "the slope of x² y in y is x²: y is gone."),
)
print("Right: two outputs, two rows; two inputs, two columns.")
