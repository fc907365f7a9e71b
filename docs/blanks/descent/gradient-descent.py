def descend(w, rate, steps):
    """All weights of descent on (w - 3)², the start first."""
    # blank: return ...
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - rate * 2 * (path[-1] - 3))
    return path
    # end of blank


# check
check(
    "Three steps from 0 at the rate 0.25",
    descend(0, 0.25, 3),
    [0, 1.5, 2.25, 2.625],
    ([0, -1.5, -3.75, -7.125], "that is uphill: subtract."),
    ([0, 0.75, 1.3125, 1.734375], "the slope of (w - 3)² is 2 (w - 3)."),
    ([0, 1.5, 3, 4.5], "each step needs the slope at the weight where it begins."),
    ([0, 0, 0, 0], "the slope of (w - 3)² is 2 (w - 3), and not 2 w."),
    ([0, 1.5, 1.5, 1.5], "each step begins where the last one ended."),
    ([0, 6, 0, 6], "the rate is missing."),
    ([1.5, 2.25, 2.625, 2.8125], "the start comes first."),
    (
        [0, 1.5, 0.75, 1.125],
        "those are the steps alone. Add each to the weight before it.",
    ),
)
check(
    "One step from 1 at the rate 0.5",
    descend(1, 0.5, 1),
    [1, 3],
    ([0, 3], "begin at w, and not at 0."),
    ([1, 2], "use `rate`, and not 0.25."),
)
print("Right: each step goes half of the way that is left.")
