import math


def angle(a, b):
    """The angle in degrees between two arrows, lists of equal length."""
    # blank: return ...
    dot = sum(x * y for x, y in zip(a, b))
    return math.degrees(math.acos(dot / math.hypot(*a) / math.hypot(*b)))
    # end of blank


# check
def degrees_of(cosine):
    return math.degrees(math.acos(cosine))


check(
    "The angle between (0.8, 0) and (1, 1)",
    angle([0.8, 0], [1, 1]),
    45,
    (math.pi / 4, "that is in radians: `math.degrees` turns them into degrees."),
    (math.sqrt(0.5), "that is the cosine. `math.acos` gives its angle."),
    (0.8, "that is the dot product. Divide it by both lengths."),
    (degrees_of(0.8), "divide the dot product by both lengths."),
    (0, "divide by the length of b too."),
    (degrees_of(0.8 / math.sqrt(2)), "divide by the length of a too."),
    (degrees_of(0.625), "divide by the lengths, and not by their squares."),
)
check(
    "The angle between (2, -1, 3) and (4, 5, -1)",
    angle([2, -1, 3], [4, 5, -1]),
    90,
    (0, "`math.acos` undoes the cosine, and not `math.asin`."),
)
check(
    "The angle between (1, 2) and (-1, -2)",
    round(angle([1, 2], [-1, -2]), 4),
    180,
    (0, "a negative dot product is an angle above 90 degrees: keep its sign."),
)
print("Right. A dot product of 0 is a right angle.")
