def best_guess(marks):
    """The number whose mean squared distance from the marks is least."""
    # blank: return ...
    return sum(marks) / len(marks)
    # end of blank


# check
check(
    "The best guess for 40, 50 and 84",
    best_guess([40, 50, 84]),
    58,
    (50, "that is the one in the middle. It is best for distances, not for squares."),
    (62, "that is half way between the ends. All marks count, not only two."),
    (
        174,
        "that is the sum. The derivative is zero where n times the guess is the sum.",
    ),
    (87, "divide by how many marks there are, and not by 2."),
)
check(
    "The best guess for 1 and 4",
    best_guess([1, 4]),
    2.5,
    (2, "do not round."),
    (3, "do not round."),
    (5 / 3, "divide by how many marks there are, and not always by 3."),
)
print("Right: the mean, where the misses cancel.")
