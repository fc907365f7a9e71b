def central(f, x, h):
    """The central difference of f at x."""
    return (f(x + h) - f(x - h)) / (2 * h)


def richardson(f, x, h):
    """Two central differences, with h and h / 2, so that their errors cancel."""
    # blank: return ...
    return (4 * central(f, x, h / 2) - central(f, x, h)) / 3
    # end of blank


# check
one, half = 5.4016, 5.1001
check(
    "The slope of x to the fifth at 1, with h = 0.2,",
    richardson(lambda x: x**5, 1, 0.2),
    (4 * half - one) / 3,
    (one, "that is one central difference. Combine it with that for h / 2."),
    (half, "that is one central difference. Combine it with that for h."),
    (4 * half - one / 3, "divide all of the difference by 3: mind the brackets."),
    (
        half + (one - half) / 3,
        "the better one moves away from the other, and not towards it.",
    ),
    (4 * half - one, "that is three times the slope. Divide by 3."),
    ((4 * one - half) / 3, "the other way round: that with h / 2 is the better one."),
    ((one + half) / 2, "a mean of the two keeps most of the error. It must cancel."),
    (2 * half - one, "half the step has a quarter of the error, and not a half."),
    ((4 * half + one) / 5, "to cancel the errors, subtract."),
)
check(
    "The slope of the cube at 2, with h = 0.5,", richardson(lambda x: x**3, 2, 0.5), 12
)
print("Right. With h = 0.2 the two are wrong by 0.4 and 0.1, and together by 0.0004.")
