def slopes(x):
    """The engine's slopes of x * x * stop(x) and of stop(x) * 3 + x, at x."""
    # blank: return [..., ...]
    return [2 * x * x, 1]
    # end of blank


# check
check(
    "slopes(2)",
    slopes(2),
    [8, 1],
    ([12, 1], "3 x² is the slope of x³. The engine sees x² times a constant."),
    (
        [4, 1],
        "x * x has the slope 2 x, and the constant 2, a factor still, multiplies it.",
    ),
    ([8, 4], "stop(x) * 3 is a constant: its slope is 0."),
    ([8, 3], "stop(x) * 3 is a constant, and x has the slope 1."),
    ([8, 7], "stop(x) * 3 is a constant: it adds its slope, 0, and not its value."),
    ([12, 4], "those are the true slopes. What is stopped counts as a constant."),
    ([8, 8], "those are the values. The slopes are asked."),
)
check(
    "slopes(3)",
    slopes(3),
    [18, 1],
    ([12, 1], "stop(x) has the value x, here 3, and not always 2."),
)
print("Right. The value is as before, and the slope is another.")
