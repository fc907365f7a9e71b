def slopes(w0, w1, hours, marks):
    """Both partial derivatives of the mean of (w0 + w1 x - y)², as a list."""
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
    ([4, 10], "the signs are wrong: a residual is predicted minus true."),
    ([-4, -4], "in the second slope each residual counts times its hours."),
    ([-4, -8], "each residual times its own hours, and then the sum."),
    ([-10, -4], "the other order: w0 first."),
)
check("The slopes where the line fits", slopes(1, 2, [1, 2], [3, 5]), [0, 0])
print(
    "Right. The first is in marks² per mark, the second in marks² per (mark per hour)."
)
