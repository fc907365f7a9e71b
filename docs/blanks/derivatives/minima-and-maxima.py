def best_guess(marks):
    """The number whose mean squared distance from the marks is least."""
    # blank: return ...
    return sum(marks) / len(marks)
    # end of blank


# check
check(
    "The best guess for 40, 50 and 90",
    best_guess([40, 50, 90]),
    60,
    (50, "that is the one in the middle. It is best for distances, not for squares."),
    (65, "that is half way between the ends. All marks count, not only two."),
    (180, "that is the sum. Set the derivative to zero once more: n g is the sum."),
    (90, "divide by how many marks there are."),
)
check(
    "The best guess for 1 and 2",
    best_guess([1, 2]),
    1.5,
    (1, "do not round."),
    (2, "do not round."),
)
print("Right: the mean, where the misses cancel.")
