def score(outcome, q):
    """Slope in q of ln of the outcome's chance: 1 has the chance q, 0 has 1 - q."""
    # blank: return ...
    return 1 / q if outcome == 1 else -1 / (1 - q)
    # end of blank


# check
check(
    "score(1, 0.2)",
    score(1, 0.2),
    5,
    (0.2, "that is the chance. Its logarithm has the slope 1 / q."),
    (1, "that is the slope of q itself. Take that of its logarithm."),
    (-5, "the sign: a larger q makes a 1 more likely."),
    (1.25, "that belongs to the other outcome."),
    (-1.25, "that belongs to the other outcome."),
)
check(
    "score(0, 0.2)",
    score(0, 0.2),
    -1.25,
    (1.25, "the sign: a larger q makes a 0 less likely. 1 - q has the slope -1."),
    (-5, "the chance of a 0 is 1 - q."),
    (5, "the chance of a 0 is 1 - q, and it falls with q."),
    (0, "a 0 has a score too."),
    (-0.8, "divide by the chance 1 - q."),
    (-1, "that is the slope of 1 - q. Divide it by 1 - q."),
)
mean = 0.2 * score(1, 0.2) + 0.8 * score(0, 0.2)
check("The mean score", mean, 0)
print("Right. Rare outcomes have large scores, and their mean is 0.")
