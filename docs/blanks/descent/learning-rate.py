import math


def steps_to_shrink(c, fraction):
    """The fewest steps k after which c^k is at most the fraction, for 0 < c < 1."""
    # blank: return ...
    return math.ceil(math.log(fraction) / math.log(c))
    # end of blank


# check
exact = math.log(0.01) / math.log(0.9)
check(
    "steps_to_shrink(0.9, 0.01)",
    steps_to_shrink(0.9, 0.01),
    44,
    (exact, "steps are whole: round up, with `math.ceil`."),
    (43, "after 43 steps more than a hundredth is left. Round up."),
    (
        1,
        (
            "upside down: the logarithm of the fraction over that of c. In a loop, go"
            " on while more than the fraction is left."
        ),
    ),
    (-44, "the sign is wrong: the quotient of two negative numbers is positive."),
    (-43, "the sign is wrong: the quotient of two negative numbers is positive."),
    (45, "one too many: 44 steps are enough."),
    (10, "each step takes a tenth of what is left, and not of what was there."),
)
check(
    "steps_to_shrink(0.5, 0.25)",
    steps_to_shrink(0.5, 0.25),
    2,
    (3, "two steps are enough, exactly."),
)
check(
    "steps_to_shrink(0.5, 0.4)",
    steps_to_shrink(0.5, 0.4),
    2,
    (1, "after one step half is left, and that is too much. Round up."),
)
print("Right. With c = 0.9 a hundredth is left after 44 steps.")
