def share(n, p):
    """Adam's extra work a step, 8 p, as a share of that of a gradient, 2 n p."""
    # blank: return ...
    return 8 * p / (2 * n * p)
    # end of blank


# check
check(
    "share(40, 3)",
    share(40, 3),
    0.1,
    (10, "upside down, or in percent: extra work over that of a gradient."),
    (0.3, "the gradient costs 2 n p, with both n and p."),
    (24, "that is the extra work. Divide it by that of a gradient."),
    (0.2, "the gradient costs 2 n p: the factor 2 is missing."),
    (0.05, "a gradient costs 2 n p, and not 4 n p."),
    (1 / 30, "Adam's extra work is 8 p, and not 8."),
    (4, "divide by n: a gradient looks at all examples."),
    (1.1, "the extra alone is asked."),
    (1 / 11, "that is its share of all the work. Divide by the gradient alone."),
    (1440, "put brackets around 2 * n * p."),
)
check("share(4, 1000)", share(4, 1000), 1)
print(
    "Right: 4 / n, whatever the number of weights is. It matters for small batches"
    " only."
)
