def edge(sharpness, beta=0):
    """The rate below which heavy-ball momentum is safe on a quadratic."""
    # blank: return ...
    return 2 * (1 + beta) / sharpness
    # end of blank


# check
check(
    "edge(50)",
    edge(50),
    0.04,
    (0.02, "that is the rate that arrives at once. The edge is twice that."),
    (25, "upside down: the sharper, the smaller the rate."),
    (100, "divide by the sharpness."),
    (0, "1 + beta, and not beta alone."),
    (2, "put brackets around 1 + beta."),
)
check(
    "edge(50, 0.9)",
    edge(50, 0.9),
    0.076,
    (0.04, "momentum allows more: multiply by 1 + beta."),
    (0.004, "1 + beta, and not 1 - beta."),
    (0.4, "multiply by 1 + beta: do not divide by 1 - beta."),
    (2 / 95, "momentum allows more: multiply by 1 + beta, and do not divide."),
)
print("Right. Momentum nearly doubles it.")
