def variance(slopes, batch):
    """Variance of the mean slope of a batch that is drawn without replacement."""
    # blank: return ...
    n = len(slopes)
    mean = sum(slopes) / n
    V = sum((g - mean) ** 2 for g in slopes) / n
    return V / batch * (n - batch) / (n - 1)
    # end of blank


# check
check(
    "The variance for batches of two of the slopes 1, 3, 5, 7",
    variance([1, 3, 5, 7], 2),
    5 / 3,
    (5 / 2, "that is with replacement. Without, it is less, by (n - B) / (n - 1)."),
    (5 / 4, "the factor is (n - B) / (n - 1), and not (n - B) / n."),
    (5, "that is V, the variance of single slopes. A mean of B varies less."),
    (20 / 9, "V is the mean of the squares: divide by n, and not by n - 1."),
    ((5 / 3) ** 0.5, "that is the standard deviation, the root of the variance."),
    (20 / 3, "divide the sum of the squares by n."),
    (10 / 3, "it is V / B times (n - B) / (n - 1), and V is divided by n."),
    (2, "divide by the number of batches, 6, and not by 5."),
)
check("The variance for batches of all four", variance([1, 3, 5, 7], 4), 0)
check("The variance for batches of one", variance([1, 3, 5, 7], 1), 5)
print(
    "Right. The six pairs have the means 2, 3, 4, 4, 5, 6, and their variance is 5/3."
)
