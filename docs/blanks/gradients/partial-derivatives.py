def slopes(w0, w1, hours, marks):
    """Slopes of the mean of (w0 + w1 x - y)² in w0 and in w1, as a list."""
    # blank: return ...
    r = [w0 + w1 * x - y for x, y in zip(hours, marks)]
    n = len(r)
    return [2 / n * sum(r), 2 / n * sum(a * x for a, x in zip(r, hours))]
    # end of blank


# check
check(
    "The slopes at (1, 1), for the hours 1, 2, 3 and the marks 3, 4, 8,",
    slopes(1, 1, [1, 2, 3], [3, 4, 8]),
    [-4, -10],
    ([-12, -30], "those are the slopes of the sum. Divide by the number of students."),
    ([-2, -5], "the factor 2 of the square is missing."),
    ([4, 10], "the signs are wrong: a miss is predicted minus true."),
    ([-4, -4], "in the second slope each miss counts times its hours."),
    ([-4, -8], "each miss times its own hours, and then the sum."),
    ([-4, -24], "each miss times its own hours, and then the sum."),
    ([-4, -5], "the factor 2 is missing in the second slope."),
    ([-10, -4], "the other order: w0 first."),
)
check("The slopes where the line fits", slopes(1, 2, [1, 2], [3, 5]), [0, 0])
check(
    "The slopes at (0, 2), for the hours 1, 2 and the marks 3, 5,",
    slopes(0, 2, [1, 2], [3, 5]),
    [-2, -3],
    ([-4 / 3, -2], "divide by how many students there are, and not always by 3."),
    ([-2, -6], "w1 moves: w1 x has the slope x, and not w1 x."),
    ([0, -6], "the slopes of w0 and w1 x are 1 and x, without the weights."),
)
print(
    "Right. The first is in marks² per mark, the second in marks² per (mark per hour)."
)
