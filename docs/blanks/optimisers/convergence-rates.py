def promised(slope, L):
    """How far it is surely downhill, and the least fall.

    The slope changes by at most L for each unit.
    """
    # blank: return [..., ...]
    return [abs(slope) / L, slope**2 / (2 * L)]
    # end of blank


# check
check(
    "promised(12, 3)",
    promised(12, 3),
    [4, 24],
    ([4, 48], "the slope falls to 0 on the way: on average it is half of 12."),
    (
        [36, 24],
        "divide: a slope of 12 that loses at most 3 a unit lasts for 4 units.",
    ),
    ([8, 24], "at 8 units the promise is 0 again. Downhill it surely goes for 4."),
    ([0.25, 24], "upside down: the slope over L."),
    ([4, 2], "the square of the slope: length times the mean slope on the way."),
    ([24, 4], "the way comes first."),
    ([4, -24], "how far it falls is a positive number."),
    ([4, 216], "put brackets around 2 * L."),
)
check(
    "promised(-3, 2)",
    promised(-3, 2),
    [1.5, 2.25],
    ([-1.5, 2.25], "a distance has no sign."),
)
print("Right. A fall of 24 is half of 4 times 12.")
