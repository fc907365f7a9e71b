def step(w):
    """Where one step of Gauss-Newton leads from w, for the one residual w² - 9."""
    # blank: return ...
    return w - (w**2 - 9) / (2 * w)
    # end of blank


# check
check(
    "step(1)",
    step(1),
    5,
    (-3, "the sign is wrong: the step is minus residual over slope."),
    (
        9,
        (
            "the step is residual over slope, without a further factor: the slope of w²"
            " - 9 is 2 w."
        ),
    ),
    (4, "that is the step alone. Add it to w."),
    (17, "divide by the slope, 2 w. Do not multiply."),
    (
        3,
        (
            "divide the residual by the slope, 2 w, and not by its square. (One step"
            " does not reach the root.)"
        ),
    ),
    (
        1 - 16 / 12,
        "Newton's method on the square has a second term. Here it is left out.",
    ),
    (-4, "that is residual over slope. Subtract it from w."),
)
check("step(2)", step(2), 3.25, (7, "put brackets around 2 * w."))
check("step(3)", step(3), 3)
check("step(step(step(step(1))))", step(step(step(step(1)))), 3.00009155413138)
print(
    f"Right. From 1 it goes to 5, {step(5):g}, {step(step(5)):.4f}: half of w + 9 / w."
)
