import math


def means(a, b):
    """e to the mean of the logarithms, e^((ln a + ln b) / 2), and the mean."""
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
    ([4, 6], "mind the brackets: (a + b) / 2."),
    ([2 * 8**0.5, 5], "mind the brackets: (ln a + ln b) / 2."),
    ([5, 5], "the logarithm of the mean is not the mean of the logarithms."),
    (
        [math.exp(math.log10(16) / 2), 5],
        "that logarithm is to base 10. e undoes the natural one, `math.log`.",
    ),
)
check("means(3, 3)", means(3, 3), [3, 3])
check("means(1, 4)", means(1, 4), [2, 2.5], ([2, 2], "do not round: divide with /."))
print("Right. The first is the root of a b, and never above the second.")
