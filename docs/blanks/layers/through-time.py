def slope(w, hours):
    """Slope in w of what is known at the end: a week keeps a share w and adds hours."""
    # blank: return ...
    state, slope = 0, 0
    for x in hours:
        slope = state + w * slope
        state = w * state + x
    return slope
    # end of blank


# check
check(
    "slope(1/4, [4, 2, 6])",
    slope(1 / 4, [4, 2, 6]),
    4,
    (6.75, "that is what is known. Its slope in w is asked."),
    (3, "w stands at both weeks: the slope of 4 w² is 8 w."),
    (2, "the way through the first week is missing."),
    (7, "the slope from the weeks before shrinks by w once more."),
    (7.75, "what w multiplies is the state before the new hours come."),
    (10, "the last week's hours are not multiplied by w."),
    (5, "the first week's hours are multiplied by w most often."),
    (1, "the slope of w times the state is the state, and not w times it."),
)
check("slope(1/2, [4, 2, 6])", slope(1 / 2, [4, 2, 6]), 6)
check("slope(1, [4, 2, 6])", slope(1, [4, 2, 6]), 10)
check("slope(2, [1, 0, 0, 0])", slope(2, [1, 0, 0, 0]), 12)
print("Right. It is the slope of 4 w² + 2 w + 6, added up week by week.")
