def slope(x, y):
    """Slope dy/dx of the curve x³ + y³ = 9 at its point (x, y)."""
    # blank: return ...
    return -(x**2) / y**2
    # end of blank


# check
check(
    "slope(1, 2)",
    slope(1, 2),
    -1 / 4,
    (1 / 4, "the sign: where x grows, y must fall to keep the sum."),
    (
        -4,
        (
            "divide by the slope in y, in brackets. This multiplies by it, or is upside"
            " down."
        ),
    ),
    (4, "upside down, and without the sign."),
    (-1 / 8, "the slope of x³ is 3 x², and not x³."),
    (3, "that is the slope in x, with y held. On the curve y moves too."),
    (-1 / 2, "the slope of y³ is 3 y², with the square."),
    (-3 / 4, "both have the factor 3, which cancels."),
    (-1 / 12, "both have the factor 3, which cancels."),
)
check("slope(2, 1)", slope(2, 1), -4)
print("Right. No formula for y was needed.")
