def slope(x):
    """Derivative of (3 x + 1)⁴."""
    # blank: return ...
    return 4 * (3 * x + 1) ** 3 * 3
    # end of blank


# check
check(
    "slope(2)",
    slope(2),
    4116,
    (1372, "the slope of the inside is missing: 3 x + 1 has the slope 3."),
    (7203, "that is the slope of the inside times the value. Take that of u⁴: 4 u³."),
    (4 * 7**4 * 3, "the power goes down by one: the slope of u⁴ is 4 u³."),
    (108, "the slope of the outside is taken at 3 x + 1, and not at 3."),
    (2401, "that is the value."),
    (8232, "the slope of 3 x + 1 is 3, and not 3 x."),
    (588, "the power goes down by one, from 4 to 3."),
    (1029, "the factor 4 of the power rule is missing."),
)
check("slope(0)", slope(0), 12)
print("Right: the slope of the outside at the inside, times the slope of the inside.")
