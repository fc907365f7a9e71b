import math


def time_of_slope(slope):
    """Hours after which the curve rises by `slope` marks per hour."""
    # blank: return ...
    return 4 * math.log(15 / slope)
    # end of blank


# check
check(
    "time_of_slope(5)",
    time_of_slope(5),
    4 * math.log(3),
    (-4 * math.log(3), "the sign is wrong. ln(a / b) is minus ln(b / a)."),
    (math.log(3), "that is x / 4. Multiply by 4."),
    (-math.log(3), "that is -x / 4. Multiply by -4."),
    (4 * math.log(12), "the slope at the start is 15: use 15 e^(-x / 4)."),
    (math.log(3) / 4, "x / 4 is ln 3. To get x, multiply by 4: do not divide again."),
    (
        4 * math.log10(3),
        "that is the logarithm to base 10. The natural one is `math.log`.",
    ),
    (
        15 * math.exp(-5 / 4),
        "that is the slope after 5 hours. Asked is when the slope is 5.",
    ),
    (-4 * math.log(5), "divide by 15 first: e^(-x / 4) is slope / 15."),
    (4 * math.log(15), "`slope` is not used yet: divide 15 by it."),
)
check(
    "time_of_slope(15), the slope at the start,",
    time_of_slope(15),
    0,
    (4 * math.log(3), "use `slope`, and not 5."),
)
check(
    "time_of_slope(6)",
    time_of_slope(6),
    4 * math.log(2.5),
    (4 * math.log(2), "divide with /, and not with //."),
)
check("time_of_slope(7.5)", time_of_slope(7.5), 4 * math.log(2))
print(
    f"Right. It slows down to 5 marks per hour after {time_of_slope(5):.2f} hours, and"
    f" to half of its first slope after {time_of_slope(7.5):.2f}."
)
