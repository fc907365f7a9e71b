def times(a, b):
    """The product of two dual numbers, each a list of value and slope."""
    # blank: return [..., ...]
    return [a[0] * b[0], a[1] * b[0] + a[0] * b[1]]
    # end of blank


# check
check(
    "(2 + ε) (5 + 3 ε)",
    times([2, 1], [5, 3]),
    [10, 11],
    ([10, 3], "the slope of a product is no product of slopes."),
    ([10, 4], "the slope of a sum is the sum of slopes. This is a product."),
    ([10, 5], "the second factor moves too: a term with its slope is missing."),
    ([10, 6], "the first factor moves too: a term with its slope is missing."),
    ([10, 14], "ε² is 0: the product of the slopes falls away."),
    ([10, 17], "each slope meets the value of the other factor."),
    ([11, 10], "the value comes first."),
    ([13, 11], "ε² is 0: it adds nothing to the value."),
    ([10, -1], "the product rule has a plus."),
)
check("(3 + ε)²", times([3, 1], [3, 1]), [9, 6])
print("Right. With (3 + ε) twice it is 9 + 6 ε: the slope of x² at 3.")
