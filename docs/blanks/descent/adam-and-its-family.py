def m_after(k, beta=0.9, slope=5):
    """Adam's running mean m after k steps, without correction, for a steady slope."""
    # blank: return ...
    m = 0
    for _ in range(k):
        m = beta * m + (1 - beta) * slope
    return m
    # end of blank


# check
check(
    "m_after(2)",
    m_after(2),
    0.95,
    (1, "the old m shrinks by beta before the new part is added."),
    (9.5, "the new slope counts times 1 - beta."),
    (4.95, "the parts are exchanged: the old m times beta, the slope times 1 - beta."),
    (5, "m starts at 0, and is not yet divided by 1 - beta^k: that is the correction."),
    (0.5, "that is after one step."),
    (4.05, "that is what is still missing. m is what is there."),
    (8.55, "the new slope counts times 1 - beta, and the old m times beta."),
    (4.75, "that is the mean of the squares. m is that of the slopes."),
)
check("m_after(1)", m_after(1), 0.5)
check(
    "m_after(3, beta=0.5)",
    m_after(3, beta=0.5),
    4.375,
    (1.355, "use the beta that is given."),
)
check(
    "m_after(1, slope=-2)",
    m_after(1, slope=-2),
    -0.2,
    (0.5, "use the slope that is given."),
)
print("Right: 5 (1 - 0.9^k), so a division by 1 - 0.9^k gives exactly 5.")
