import math


def means(a, b):
    """What ln makes of the mean: e^((ln a + ln b) / 2), and the mean itself."""
    # blank: return [..., ...]
    return [math.exp((math.log(a) + math.log(b)) / 2), (a + b) / 2]
    # end of blank


# check
check(
    "means(2, 8)",
    means(2, 8),
    [4, 5],
    ([16, 5], "the half in the exponent is missing: e^((ln a + ln b) / 2)."),
    ([math.log(4), 5], "that is the mean of the logarithms. Undo the logarithm."),
    ([5, 4], "the other order: the one with logarithms first."),
    ([8, 5], "e^((ln a + ln b) / 2) is no half of the product: it is a root."),
    ([4, 10], "the mean of two numbers is half of their sum."),
    (
        [math.exp(math.log10(16) / 2), 5],
        "`math.log` is the natural one, that e undoes.",
    ),
)
check("means(3, 3)", means(3, 3), [3, 3])
print("Right. The first is the root of a b, and never above the second.")
