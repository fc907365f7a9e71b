import math


def slope(x):
    """Derivative of 40 + 15 x e^(-x / 5), in marks per hour after x hours."""
    # blank: return ...
    return 15 * (1 - x / 5) * math.exp(-x / 5)
    # end of blank


# check
e = math.exp(-2 / 5)
check(
    "slope(2)",
    slope(2),
    9 * e,
    (15 * e, "a product has two terms: that is the one in which x is differentiated."),
    (-6 * e, "a product has two terms: that is the one in which the power of e is."),
    (21 * e, "the sign is wrong. The inside, -x / 5, has the slope -1/5."),
    (-15 * e, "the inside, -x / 5, has the slope -1/5. Where is the fifth?"),
    (-3 * e, "the slope of a product is no product of slopes: u' v + u v'."),
    (40 + 9 * e, "a constant has the slope 0."),
    (0.6 * e, "the factor 15 stays."),
    (40 + 30 * e, "that is the curve. Its slope is asked for."),
    (30 * e, "that is the curve without its 40. Its slope is asked for."),
    (-135 * e, "the slope of -x / 5 is -1/5, and not -5."),
)
check("slope(5)", slope(5), 0)
check("slope(10)", slope(10), -15 * math.exp(-2))
print("Right. It is zero at 5 hours, where the curve is highest, and lowest at 10.")
