def best(total):
    """Sides x and y with x + y = total and the largest area, and the multiplier."""
    # blank: return [..., ..., ...]
    return [total / 2, total / 2, total / 2]
    # end of blank


# check
check(
    "best(10)",
    best(10),
    [5, 5, 5],
    (
        [5, 5, 25],
        "that is the area. The multiplier is how fast it grows with the total.",
    ),
    ([5, 5, 1], "the gradient of x y is (y, x), and that of x + y is (1, 1)."),
    ([5, 5, 10], "y = multiplier times 1: it is a side, and not the total."),
    ([5, 5, -5], "the sign: more to share makes a larger area."),
    ([5, 5, 5.25], "that is the gain of a whole unit. The multiplier is the slope."),
    ([0, 10, 0], "that has no area at all."),
    ([2.5, 2.5, 2.5], "x + y is the total, and not 2 x + 2 y."),
    ([10, 10, 10], "the sides add up to the total."),
)
check("best(3)", best(3), [1.5, 1.5, 1.5])
print(f"Right. A total of 11 brings {5.5**2 - 25:g} more, and the multiplier says 5.")
