def secant(w0, g0, w1, g1):
    """The next point, and the curvature that two points and their slopes suggest."""
    # blank: return [..., ...]
    curvature = (g1 - g0) / (w1 - w0)
    return [w1 - g1 / curvature, curvature]
    # end of blank


# check
check(
    "secant(0, -9, 2, -3)",
    secant(0, -9, 2, -3),
    [3, 3],
    ([1, 3], "begin at w1 and subtract: w1 - g1 / curvature."),
    ([5, 3], "w1 - g1 / curvature: take the newer slope, and divide it."),
    ([11, 3], "multiply nothing: the step is slope over curvature."),
    ([3, 6], "that is the change of the slope. Divide it by the way, w1 - w0."),
    ([3, 1 / 3], "upside down: the change of the slope over the way."),
    ([2.5, 6], "divide the change of the slope by the way, w1 - w0."),
    ([1, -3], "the sign: the slope grows from -9 to -3, so the curvature is positive."),
    ([11, 1 / 3], "upside down: the change of the slope over the way."),
)
check(
    "secant(1, 1, 3, 2)",
    secant(1, 1, 3, 2),
    [-1, 0.5],
    ([0.5, -1], "the next point comes first."),
)
print("Right. On a parabola it is at the bottom.")
