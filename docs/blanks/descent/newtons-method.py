import math


def newton(x, steps):
    """Where Newton's method is after some steps, minimising e^x - 2 x."""
    # blank: return ...
    for _ in range(steps):
        x = x - (math.exp(x) - 2) / math.exp(x)
    return x
    # end of blank


# check
check(
    "newton(0, 2)",
    newton(0, 2),
    2 / math.e,
    (
        3 - math.e,
        "divide the slope by the curvature e^x, at the point where the step begins.",
    ),
    (-2 * math.e, "the sign is wrong: subtract."),
    (2, "each step needs slope and curvature at the point where it begins."),
    (0, "that is the start again, or a zero of the function. Seek one of its slope."),
    (1, "that is after one step."),
    (math.log(2), "that is the minimum. After two steps it is not quite there."),
    (-2, "the curvature is e^x: the 2 falls away when the slope is differentiated."),
)
check("newton(0, 1)", newton(0, 1), 1)
check("newton(0, 6)", newton(0, 6), math.log(2))
print(
    f"Right. After two steps it is at {newton(0, 2):.4f}, after four at"
    f" {newton(0, 4):.8f}; ln 2 is {math.log(2):.8f}."
)
