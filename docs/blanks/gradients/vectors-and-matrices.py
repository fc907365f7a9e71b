import math


def angle(a, b):
    """The angle between two arrows, lists of as many numbers, in degrees."""
    # blank: return ...
    dot = sum(x * y for x, y in zip(a, b))
    return math.degrees(math.acos(dot / math.hypot(*a) / math.hypot(*b)))
    # end of blank


# check
check(
    "The angle between (1, 0) and (2, 2)",
    angle([1, 0], [2, 2]),
    45,
    (math.pi / 4, "that is in radians: `math.degrees` turns them into degrees."),
    (math.sqrt(0.5), "that is the cosine. `math.acos` gives its angle."),
    (2, "that is the dot product. Divide it by both lengths."),
    (math.degrees(math.acos(0.25)), "divide by the lengths, and not by their squares."),
    (0, "divide the dot product by both lengths."),
)
check("The angle between (2, -1, 3) and (4, 5, -1)", angle([2, -1, 3], [4, 5, -1]), 90)
check("The angle between (1, 2) and (-1, -2)", round(angle([1, 2], [-1, -2]), 4), 180)
print("Right. A dot product of 0 is a right angle.")
