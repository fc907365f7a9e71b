def gradient(w, b):
    """Gradient of 3 w·w + b·w in w, for lists w and b of equal length."""
    # blank: return ...
    return [6 * u + v for u, v in zip(w, b)]
    # end of blank


# check
check(
    "The gradient at w = (1, 2), for b = (3, -1),",
    gradient([1, 2], [3, -1]),
    [9, 11],
    ([6, 5], "the factor 2 of the square is missing: the gradient of w·w is 2 w."),
    ([6, 12], "the second term is missing: the gradient of b·w is b."),
    ([3, -1], "the first term is missing: the gradient of 3 w·w is 6 w."),
    ([9, 10], "b·w is linear: its gradient is b, whatever w is."),
    ([7, 13], "the gradient of b·w is b, and not 1."),
    ([5, 3], "the factor 3 is missing: the gradient of 3 w·w is 6 w."),
    ([18, -12], "add b, and do not multiply by it."),
)
check(
    "The gradient at w = (0, 0, 1), for b = (1, 2, 3),",
    gradient([0, 0, 1], [1, 2, 3]),
    [1, 2, 9],
)
print("Right: as many slopes as w has entries.")
