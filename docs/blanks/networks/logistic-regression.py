def probability(odds, hours):
    """Probability of passing with some hours more: each multiplies the odds by 4."""
    # blank: return ...
    odds = odds * 4**hours
    return odds / (1 + odds)
    # end of blank


# check
check(
    "The probability from odds of 1 to 2, with two hours more,",
    probability(1 / 2, 2),
    8 / 9,
    (8, "those are the odds. The probability is odds / (1 + odds)."),
    (4 / 5, "each hour multiplies once more: 4 times 4, and not 4 times 2."),
    (1 / 9, "that is the probability of failing."),
    (1 / 3, "that is without the two hours."),
    (16 / 17, "begin with the odds of 1/2."),
    (8 / 7, "a probability is at most 1: odds / (1 + odds)."),
    (2 / 3, "two hours multiply the odds by 4 twice."),
)
check("The probability from even odds, with no hour more,", probability(1, 0), 0.5)
print("Right. Odds of 8 to 1 are 8 in 9.")
