def level(s):
    """The c that keeps slopes level when the bend has slope s on its negative side."""
    # blank: return ...
    return 2 / (1 + s**2)
    # end of blank


# check
check(
    "level(0.5)",
    level(0.5),
    1.6,
    (2 / 1.5, "it is the mean square of the slopes that counts: s²."),
    (0.625, "upside down: c times that mean must be 1."),
    (0.8, "half of the inputs are negative: the mean is (1 + s²) / 2."),
    (1.25, "the mean of the squares is (1 + s²) / 2."),
    (2, "that is He's choice, for s = 0."),
    (1, "that is Xavier's choice, for no bend at all."),
    (16 / 9, "square each slope first, and then take the mean."),
    ((2 / 1.25) ** 0.5, "c belongs to the variance: take no root."),
)
check("level(0)", level(0), 2)
check("level(1)", level(1), 1)
print("Right. Between He's 2 for ReLU and Xavier's 1 for no bend.")
