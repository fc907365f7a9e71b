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
    "Three steps from 1, at the rate 1/4 with beta = 1/2,",
    momentum(1, 0.25, 0.5, 3),
    [1, 0.5, 0, -0.25],
    ([1, 0.5, 0.25, 0.125], "that is plain descent: keep the velocity."),
    (
        [1, 0.75, 0.4375, 0.171875],
        "here the slope counts in full, and not times 1 - beta.",
    ),
    ([1, 1.5, 2.5, 4.25], "that is uphill: subtract."),
    ([1, 0.5, -0.25, -0.875], "the old velocity shrinks by beta."),
    ([1, -1, -1, 1], "the rate is missing."),
)
check(
    "Two steps at the rate 0.1 with beta = 0.9",
    momentum(1, 0.1, 0.9, 2),
    [1, 0.8, 0.46],
    ([1, 0.8, 0.54], "use the beta that is given."),
)
print("Right. It arrives at 0 with velocity, and goes past.")
