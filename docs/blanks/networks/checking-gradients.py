def relative_error(a, b):
    """The plain one: distance of two slopes over the larger size; 0 if both are 0."""
    # blank: return ...
    size = max(abs(a), abs(b))
    return abs(a - b) / size if size else 0
    # end of blank


# check
check(
    "relative_error(2, 3)",
    relative_error(2, 3),
    1 / 3,
    (-1 / 3, "a distance has no sign: take `abs`."),
    (1 / 2, "divide by the larger of the two."),
    (1, "that is the distance. Divide it by the larger size."),
    (1 / 5, "divide by the larger of the two, and not by their sum."),
    (0.4, "divide by the larger of the two, and not by their mean."),
)
check(
    "relative_error(-3, 2)",
    relative_error(-3, 2),
    5 / 3,
    (1 / 3, "the signs count: -3 and 2 are 5 apart."),
    (5 / 2, "the larger size is that of -3."),
)
check("relative_error(0, 0)", relative_error(0, 0), 0)
check(
    "relative_error(0, 0.5)",
    relative_error(0, 0.5),
    1,
    (0, "it is 0 only if both are 0."),
    (0.5, "divide by the larger size, even if that is below 1."),
)
print("Right. For a right slope of 0 it is still no test: rounding alone makes it 1.")
