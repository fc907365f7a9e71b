def momentum(w, rate, beta, steps):
    """All weights of momentum on w², the start first; it begins at rest."""
    # blank: return ...
    path, v = [w], 0
    for _ in range(steps):
        v = beta * v + 2 * w
        w = w - rate * v
        path.append(w)
    return path
    # end of blank


# check
check(
    "momentum(1, 1/4, 1/2, 3)",
    momentum(1, 0.25, 0.5, 3),
    [1, 0.5, 0, -0.25],
    ([1, 0.5, 0.25, 0.125], "that is plain descent: keep the velocity."),
    (
        [1, 0.75, 0.4375, 0.171875],
        "the slope of w² is 2 w, and it counts in full, not times 1 - beta.",
    ),
    ([1, 1.5, 2.5, 4.25], "that is uphill: subtract."),
    ([1, 0.5, -0.25, -0.875], "multiply the old velocity by beta."),
    ([1, -1, 0, 0.5], "the rate is missing."),
    ([1, 1, 0.5, 0], "first the velocity, then the step with it."),
    ([1, 0.5, 0.125, -0.03125], "that is Nesterov. Take the slope at w itself."),
)
check(
    "momentum(1, 0.1, 0.9, 2)",
    momentum(1, 0.1, 0.9, 2),
    [1, 0.8, 0.46],
    ([1, 0.8, 0.54], "use the beta that is given."),
)
print("Right. It arrives at 0 with velocity, and goes past.")
