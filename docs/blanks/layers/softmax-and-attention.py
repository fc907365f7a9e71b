def score_slopes(p, g):
    """Slopes in the scores, from probabilities p and the slopes g in them: lists."""
    # blank: return ...
    mean = sum(a * b for a, b in zip(p, g))
    return [a * (b - mean) for a, b in zip(p, g)]
    # end of blank


# check
check(
    "score_slopes([1/2, 1/4, 1/4], [4, 0, 0])",
    score_slopes([0.5, 0.25, 0.25], [4, 0, 0]),
    [1, -0.5, -0.5],
    ([2, 0, 0], "the mean of g is missing: a score that rises takes from all others."),
    ([2, -2, -2], "multiply by the probabilities."),
    (
        [4 / 3, -1 / 3, -1 / 3],
        "the mean is weighted with p, and not that of three equals.",
    ),
    ([-1, 0.5, 0.5], "the sign: g minus its mean."),
    ([5 / 3, -1 / 6, -1 / 6], "the mean of g under p is a sum: p·g."),
    ([1, 0, 0], "the others are pressed down: take the mean off all."),
    ([0, -2, -2], "g minus its mean first, and then times p."),
    ([1, 0.5, 0.5], "the others lose: p_k has the slope -p_i p_k in another score."),
)
check(
    "score_slopes([1/2, 1/4, 1/4], [50, 60, 80])",
    score_slopes([0.5, 0.25, 0.25], [50, 60, 80]),
    [-5, 0, 5],
)
print("Right. They add up to 0: probabilities only move from one to another.")
