import math


def loss_and_slope(z):
    """Loss of the logit z for a student who passes, in nats, and its slope in z."""
    # blank: return [..., ...]
    p = 1 / (1 + math.exp(-z))
    return [-math.log(p), p - 1]
    # end of blank


# check
check(
    "loss_and_slope(ln 3)",
    loss_and_slope(math.log(3)),
    [math.log(4 / 3), -0.25],
    (
        [math.log(4), 0.75],
        "that is for one who fails. For one who passes it is -ln p, and p - 1.",
    ),
    ([math.log(4 / 3), 0.25], "the slope is negative: a larger logit lowers the loss."),
    ([math.log(4 / 3), 0.75], "the slope is p - 1: probability minus label."),
    ([math.log(3 / 4), -0.25], "ln p is negative. The loss is -ln p."),
    ([math.log(3 / 4), 0.25], "those are ln p and its slope. The loss is -ln p."),
    ([math.log(4 / 3), -4 / 3], "that is the slope in p. Multiply it by p (1 - p)."),
    ([-0.25, math.log(4 / 3)], "the other order: the loss first."),
    ([0.75, -0.25], "that is the probability. The loss is minus its logarithm."),
    (
        [math.log10(4 / 3), -0.25],
        "`math.log` is the natural logarithm, for a loss in nats.",
    ),
    ([math.log(4), -0.75], "the sigmoid is 1 / (1 + e^(-z)): mind the sign of z."),
)
check("loss_and_slope(0)", loss_and_slope(0), [math.log(2), -0.5])

print("Right. The slope is probability minus label, here p - 1.")
