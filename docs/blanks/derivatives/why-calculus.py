def slope(w, hours, marks):
    """Slope in w of the mean squared miss of 60 + w (x - 4), after x hours."""
    # blank: return ...
    misses = [60 + w * (x - 4) - y for x, y in zip(hours, marks)]
    return sum(2 * miss * (x - 4) for miss, x in zip(misses, hours)) / len(hours)
    # end of blank


# check
check(
    "The slope at w = 4",
    slope(4, [2, 4, 6], [50, 60, 70]),
    -16 / 3,
    (-16, "that is the slope of the sum. Divide by the number of students."),
    (-8 / 3, "the factor 2 of the square is missing."),
    (16 / 3, "the sign is wrong. A miss is predicted minus true."),
    (
        8 / 3,
        (
            "that is the loss, or a slope with the wrong sign and without the 2 of the"
            " square."
        ),
    ),
    (0, "each miss counts times x - 4: that is how fast its prediction moves with w."),
)
check(
    "The slope at w = 5, for two students with 2 and 9 hours,",
    slope(5, [2, 9], [50, 70]),
    75,
    (135, "each miss counts times x - 4, and not times x."),
    (50, "divide by how many students there are, and not always by 3."),
)
print(
    f"Right. At w = 4 the slope is {slope(4, [2, 4, 6], [50, 60, 70]):.2f}: a larger w"
    " lowers the loss."
)
