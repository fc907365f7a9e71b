def kernel_slopes(x, g, size):
    """Slopes of the loss in a kernel, from the input x and the slopes g in the map.

    Entry i of the map is the sum of kernel[k] * x[i + k].
    """
    # blank: return ...
    return [sum(g[i] * x[i + k] for i in range(len(g))) for k in range(size)]
    # end of blank


# check
check(
    "kernel_slopes([2, 5, 5, 1], [1, 1, 1], 2)",
    kernel_slopes([2, 5, 5, 1], [1, 1, 1], 2),
    [12, 11],
    ([11, 12], "the order: the first number of the kernel meets the first inputs."),
    ([4, 11 / 3], "what is shared gets the sum of all its slopes, and not their mean."),
    ([2, 5], "each number of the kernel is used at every place: add up over all."),
    ([13, 13], "a kernel number does not meet all inputs: those from its place on."),
    ([12, 12], "the second number meets the inputs one further on."),
    ([7, 10], "add up over all places of the map, len(g), and not over size."),
)
check(
    "kernel_slopes([1, 2, 4], [1, -1], 2)",
    kernel_slopes([1, 2, 4], [1, -1], 2),
    [-1, -2],
    ([3, 6], "each input counts times the slope of its entry in the map."),
)
check("kernel_slopes([1, 2, 4], [3], 3)", kernel_slopes([1, 2, 4], [3], 3), [3, 6, 12])
print("Right. One number, used at three places, gets three shares.")
