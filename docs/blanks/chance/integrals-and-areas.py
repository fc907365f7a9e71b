def midpoint(f, a, b, strips):
    """The integral of f from a to b by so many equal strips, each from its middle."""
    # blank: return ...
    width = (b - a) / strips
    return sum(f(a + (k + 0.5) * width) * width for k in range(strips))
    # end of blank


# check
check(
    "The area under x² from 0 to 3, by three strips,",
    midpoint(lambda x: x * x, 0, 3, 3),
    8.75,
    (5, "that is from the left edges. Begin half a strip further on."),
    (14, "that is from the right edges. Begin half a strip earlier."),
    (9.5, "that is the trapezoid rule, from both edges."),
    (9, "that is the integral itself. Three strips do not give it."),
    (2.25 + 0.25, "one strip is missing: the last one begins at 2."),
    (20.75, "the first strip begins at k = 0."),
)
check(
    "The area under x from 0 to 1, by four strips,",
    midpoint(lambda x: x, 0, 1, 4),
    0.5,
    (2, "the width is missing: in the sum, or in the place a + (k + 0.5) * width."),
    (8, "the width of a strip is (b - a) / strips, and not always 1."),
    (0.875, "half a strip is 0.5 * width, and not 0.5."),
)
check("The area under 1 from 2 to 5, by two strips,", midpoint(lambda x: 1, 2, 5, 2), 3)
check(
    "The area under x from 2 to 4, by one strip,",
    midpoint(lambda x: x, 2, 4, 1),
    6,
    (2, "begin at a, and not at 0."),
)
print("Right. Three strips give 8.75, and the area is 9.")
