def fair_price(marks, too_low, too_high):
    """The cheapest mark: a share of about too_low / (too_low + too_high) is below.

    Each mark by which it is too low costs `too_low`, each too high `too_high`.
    """
    # blank: return ...
    share = too_low / (too_low + too_high)
    return sorted(marks)[int(share * len(marks))]
    # end of blank


# check
marks = [70, 10, 50, 30, 90, 20, 60, 40, 80, 100]

check(
    "fair_price(marks, 3, 1) for the marks 10, 20, ..., 100",
    fair_price(marks, 3, 1),
    80,
    (30, "the other way round: too low is dear, so go high."),
    (60, "that is the middle, which is best when both cost the same."),
    (40, "sort the marks first."),
    (90, "80 is cheaper: try both."),
    (0.75, "that is the share. Which mark has so many below it?"),
    (82.5, "one of the marks is wanted: that at the place int(share * n) in order."),
    (70, "one place too low: counting begins at 0, so take the place int(share * n)."),
    (77.5, "one of the marks is wanted: that at the place int(share * n) in order."),
    (75, "one of the marks is wanted: that at the place int(share * n) in order."),
)
check("fair_price(marks, 1, 2)", fair_price(marks, 1, 2), 40)
print(
    "Right. About three quarters are below it, and each step up would cost more than it"
    " saves."
)
