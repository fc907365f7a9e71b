def moments(values, chances):
    """Expectation and variance of what takes these values with these chances."""
    # blank: return [..., ...]
    mean = sum(p * x for p, x in zip(chances, values))
    return [mean, sum(p * (x - mean) ** 2 for p, x in zip(chances, values))]
    # end of blank


# check
check(
    "moments([4, 0], [1/4, 3/4])",
    moments([4, 0], [0.25, 0.75]),
    [1, 3],
    ([2, 4], "the chances are missing: each value counts times its chance."),
    (
        [1, 4],
        (
            "that is the mean of the squares. Take the mean off first, or its square"
            " after."
        ),
    ),
    ([1, 3**0.5], "that is the standard deviation. The variance is its square."),
    ([1, 0], "distances cancel in their mean. Square them first."),
    ([1, 10], "the squares count times their chances too."),
    ([1, 5], "the squares count times their chances too."),
    ([1, 1.5], "square the distances, and do not divide by n: the chances do that."),
    ([0.5, 3], "a sum of chance times value is the mean already: do not divide."),
    ([3, 1], "the expectation comes first."),
)
check(
    "moments([7], [1])",
    moments([7], [1]),
    [7, 0],
    ([7, 42], "take off the square of the mean, and not the mean."),
)
print("Right. With n such questions the mean has the variance 3 / n.")
