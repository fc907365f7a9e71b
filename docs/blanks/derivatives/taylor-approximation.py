import math


def taylor(x):
    """Taylor polynomial of order 2 of ln(1 + e^x) at 0."""
    # blank: return ...
    return math.log(2) + x / 2 + x**2 / 8
    # end of blank


# check
ln2 = math.log(2)
check(
    "taylor(3)",
    taylor(3),
    ln2 + 2.625,
    (
        ln2 + 3.75,
        "the second derivative at 0 is a quarter, and the last term takes half of it.",
    ),
    (ln2 + 0.375, "the sign of the last term: the second derivative is positive."),
    (ln2 + 1.5, "that is the tangent. The term of order 2 is missing."),
    (2.625, "the value at 0 is missing: softplus of 0 is ln 2."),
    (ln2 + 1.125, "the term of order 1 is missing: the slope at 0 is one half."),
    (ln2 + 4.125, "the slope at 0 is one half, and not 1."),
    (ln2 + 3, "the slope at 0 is one half, and the term of order 2 is missing."),
    (math.log(1 + math.exp(3)), "that is softplus itself."),
    (ln2 + 1.875, "the last term wants the square of x."),
)
check("taylor(-4)", taylor(-4), ln2)
print(
    f"Right. At 1 the polynomial is {taylor(1):.4f}, and softplus"
    f" {math.log(1 + math.e):.4f}."
)
