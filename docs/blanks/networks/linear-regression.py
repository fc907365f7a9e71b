def hours_for(percent, per_hour=5, per_percent=0.27):
    """Hours that make up for so many percentage points less attendance.

    The weights are in marks per hour and in marks per percent.
    """
    # blank: return ...
    return percent * per_percent / per_hour
    # end of blank


# check
check(
    "hours_for(20)",
    hours_for(20),
    1.08,
    (5.4, "those are the marks that are lost. How many hours bring them?"),
    (27, "marks over marks per hour are hours: divide."),
    (20 * 5 / 0.27, "upside down: marks lost, over marks per hour."),
    (4, "attendance has a weight too: it is marks per percent."),
    (20 / 0.27 / 5, "percent times marks per percent are marks."),
    (0.0108, "the weight is for one percentage point: do not divide by 100."),
    (5 / 5.4, "upside down: marks lost, over marks per hour."),
)
check(
    "hours_for(10, 2, 1)",
    hours_for(10, 2, 1),
    5,
    (0.54, "use the weights that are given."),
)
print("Right. Marks cancel, and hours are left.")
