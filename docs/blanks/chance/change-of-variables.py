def density(y):
    """Density at y, above 0 and up to 1, of y = x² with x uniform from 0 to 1."""
    # blank: return ...
    return 1 / (2 * y**0.5)
    # end of blank


# check
check(
    "density(1/4)",
    density(1 / 4),
    1,
    (
        0.5,
        "upside down, or with 2 y: divide by the slope 2 x, where x is the root of y.",
    ),
    (2, "the slope at x is 2 x: divide by 2 times the root."),
    (1 / 16, "that is y². The density of x is 1; divide it by the slope."),
    (4, "divide by 2 times the root of y, and not by y."),
    (0.25, "that is y itself. Divide the density of x, 1, by the slope there."),
)
check(
    "density(1)",
    density(1),
    0.5,
    (1, "where the map stretches by 2, the density halves."),
)
check("density(0.01)", density(0.01), 5)
print("Right. Near 0 the map squeezes, and the density is high.")
