def normalised(x):
    """The numbers with mean 0 and mean square 1, with ε = 0."""
    # blank: return ...
    mean = sum(x) / len(x)
    spread = (sum((a - mean) ** 2 for a in x) / len(x)) ** 0.5
    return [(a - mean) / spread for a in x]
    # end of blank


# check
s = (2 / 3) ** 0.5
check(
    "normalised([1, 2, 3])",
    normalised([1, 2, 3]),
    [-1 / s, 0, 1 / s],
    ([-1, 0, 1], "the mean is 0. Now divide by the spread (over n, not n - 1)."),
    ([1 / s, 2 / s, 3 / s], "take the mean off first."),
    ([-1 / s**2, 0, 1 / s**2], "divide by the spread, the root of the variance."),
    (
        [-1 / 2**0.5, 0, 1 / 2**0.5],
        "the variance is a mean: divide the sum of the squares by n.",
    ),
    ([1 - 2 / s, 2 - 2 / s, 3 - 2 / s], "put brackets around number minus mean."),
    ([-s, 0, s], "divide by the spread, and do not multiply."),
    ([1 / s, 0, -1 / s], "number minus mean, and not mean minus number."),
    rel=1e-4,
)
check("normalised([0, 5])", normalised([0, 5]), [-1, 1])
print("Right. Whoever adds 100 to all of them gets the same.")
