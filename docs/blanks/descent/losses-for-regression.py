def huber(residuals, delta):
    """Mean Huber loss: r² for |r| up to delta, beyond it 2 delta |r| - delta²."""
    # blank: return ...
    far = 2 * delta
    each = [r * r if abs(r) <= delta else far * abs(r) - delta**2 for r in residuals]
    return sum(each) / len(each)
    # end of blank


# check
check(
    "The loss of 1, -2 and 6 marks, with delta = 2,",
    huber([1, -2, 6], 2),
    25 / 3,
    (25, "that is the sum. Take the mean."),
    (41 / 3, "that is the squared loss. Beyond delta the loss is a straight line."),
    (3, "that is the absolute loss."),
    (29 / 3, "the - delta² is missing: without it the loss jumps at delta."),
    (13 / 3, "beyond delta the slope is 2 delta, so that there is no corner."),
    (5, "beyond delta that is half of it: with r² near 0 it is 2 delta |r| - delta²."),
    (25 / 6, "that is half of it. Here the loss begins as r², without a half."),
    (13, "that is the sum, and the slope beyond delta is too small: it is 2 delta."),
)
check(
    "The loss of -6 marks, with delta = 2,",
    huber([-6], 2),
    20,
    (-28, "too high or too low, it is the distance |r| that counts."),
    (36, "too high or too low, it is the distance |r| that counts."),
    (20 / 3, "divide by how many residuals there are."),
)
check(
    "The loss of 5 marks, with delta = 3,",
    huber([5], 3),
    21,
    (24, "subtract delta², and not 2 delta."),
    (36, "the slope is 2 delta, and not delta²."),
    (16, "use `delta`, and not 2."),
)
print("Right. Six marks count 20 and not 36.")
