import math


def taylor(x):
    """Taylor polynomial of order 2 of ln(1 + e^x) at 0."""
    # blank: return ...
    return math.log(2) + x / 2 + x**2 / 8
    # end of blank


# check
check(
    "taylor(2)",
    taylor(2),
    math.log(2) + 1.5,
    (math.log(2) + 2, "the half of the second-order term is missing."),
    (math.log(2) + 1, "that is the tangent. The term of order 2 is missing."),
    (1.5, "the value at 0 is missing: softplus of 0 is ln 2."),
    (math.log(2) + 0.5, "the term of order 1 is missing: the slope at 0 is one half."),
    (math.log(2) + 2.5, "the slope at 0 is one half, and not 1."),
    (math.log(1 + math.exp(2)), "that is softplus itself."),
    (math.log(2) + 1.25, "the last term wants the square of x."),
)
check("taylor(-4)", taylor(-4), math.log(2))
print(
    f"Right. At 1 the polynomial is {taylor(1):.4f}, and softplus"
    f" {math.log(1 + math.e):.4f}."
)
