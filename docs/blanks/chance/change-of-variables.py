def density(y):
    """Density at y, above 0 and up to 1, of y = x² with x uniform from 0 to 1."""
    # blank: return ...
    return 1 / (2 * y**0.5)
    # end of blank


# check
check(
    "density(0.09)",
    density(0.09),
    5 / 3,
    (0.6, "upside down: divide by the slope."),
    (0.3, "that is the root, x. Divide 1 by the slope 2 x."),
    (0.18, "the slope is 2 x, where x is the root of y. Divide by it."),
    (10 / 3, "the slope at x is 2 x: divide by 2 times the root."),
    (1 / 0.18, "the slope is 2 x, and x is the root of y."),
    (1 / 0.09, "divide by 2 times the root of y: y**0.5, since y**1/2 is half of y."),
    (0.15, "put brackets around 2 * y**0.5."),
    (0.0081, "that is y². The density of x is 1; divide it by the slope."),
    (0.09, "that is y itself. Divide the density of x, 1, by the slope there."),
)
check("density(1)", density(1), 0.5)
check("density(0.01)", density(0.01), 5)
print("Right. Near 0 the map squeezes, and the density is high.")
