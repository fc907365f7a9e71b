def information(q):
    """Mean square of the score of a coin: 1/q with chance q, else -1/(1 - q)."""
    # blank: return ...
    return q * (1 / q) ** 2 + (1 - q) * (1 / (1 - q)) ** 2
    # end of blank


# check
check(
    "information(1/5)",
    information(1 / 5),
    6.25,
    (0, "that is the mean of the score. Square each score first."),
    (26.5625, "each square counts times its chance."),
    (0.16, "upside down: that is q (1 - q), the variance of the coin."),
    (2.5, "that is the root. The information is the mean square itself."),
    (5, "the other outcome has a square too."),
    (1.25, "the first outcome has a square too."),
    (2, "square each score, and only then multiply by its chance."),
    (3.75, "squares have no sign: both terms are added."),
    (20.3125, "the chances are exchanged: 1/q comes with the chance q."),
    (
        13.28125,
        "the outcomes are not equally likely: each square counts times its chance.",
    ),
)
check("information(1/2)", information(1 / 2), 4)
print(
    "Right: 1 / (q (1 - q)). A coin that nearly always shows the same tells most"
    " about q."
)
