def back_through_relu(slopes, z):
    """Slopes in the inputs z of ReLU, from the slopes in its outputs: lists."""
    # blank: return ...
    return [g if part > 0 else 0 for g, part in zip(slopes, z)]
    # end of blank


# check
check(
    "back_through_relu([1, -2, 3, 4], [0.5, 2, -1, 0])",
    back_through_relu([1, -2, 3, 4], [0.5, 2, -1, 0]),
    [1, -2, 0, 0],
    ([1, -2, 0, 4], "at 0 the slope is taken as 0."),
    ([1, 0, 3, 4], "the sign of the input decides, and not that of the slope."),
    ([0.5, -4, 0, 0], "the slope of ReLU is 1 or 0, and not its value."),
    ([1, 1, 0, 0], "that is the slope of ReLU. Multiply it by what comes back."),
    ([1, -2, -3, 0], "where the input is negative, nothing comes back."),
    ([0.5, 2, 0, 0], "that is ReLU itself, forward."),
    ([0.5, 0, -1, 0], "the other way round: the input decides, and the slope passes."),
    ([1, 0, 0, 0], "a negative slope passes too: only the input decides."),
)
check("The slope 5 back through the input 1", back_through_relu([5], [1]), [5])
print("Right. A hidden unit that is 0 passes no slope back.")
