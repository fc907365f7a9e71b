import math


def slope(x, y, a, b):
    """Slope of x² + 3 y² at (x, y) in the direction of (a, b)."""
    # blank: return ...
    return (2 * x * a + 6 * y * b) / math.hypot(a, b)
    # end of blank


# check
check(
    "The slope at (1, 1) in the direction of (3, 4)",
    slope(1, 1, 3, 4),
    6,
    (30, "a direction has the length 1. Divide by the length of (a, b)."),
    (30 / 25, "divide by the length of (a, b), and not by its square."),
    (30 / 7, "the length of (3, 4) is 5, the root of 3² + 4²."),
    (3, "the slope of x² is 2 x, and that of 3 y² is 6 y."),
    (math.sqrt(40), "that is the slope in the steepest direction."),
    (18 / 5, "the slope of 3 y² is 6 y."),
    (5.2, "a belongs to x, and b to y."),
    (10.8, "divide both terms: mind the brackets."),
)
check(
    "The slope at (2, 1) to the right",
    slope(2, 1, 1, 0),
    4,
    (6, "use x, y, a and b, and no fixed number."),
    (2, "take the gradient at (x, y), and not at (1, 1)."),
    (0.8, "divide by the length of (a, b), and not always by 5."),
)
check("The slope at (2, 2) in the direction of (3, -1)", slope(2, 2, 3, -1), 0)
print(
    f"Right. It is {slope(1, 1, 3, 4):g} towards (3, 4), and at most"
    f" {math.sqrt(40):.2f}, towards the gradient."
)
