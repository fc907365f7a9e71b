"""Losses for classification: cross-entropy from likelihood, by logits, safe in floating point."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:logistic]
def probability(z):
    """The sigmoid 1 / (1 + e^(-z)) of the logit z, without overflow."""
    return np.exp(-np.logaddexp(0, -z))


def logistic_loss(z, y):
    """-ln of the probability that the logit z gives to the label y, 0 or 1.

    This is ln(1 + e^(-z)) for 1 and ln(1 + e^z) for 0; `logaddexp(0, z)` is
    ln(e^0 + e^z) without overflow.

    >>> print(logistic_loss(0.0, 1).round(4), logistic_loss(-1000.0, 1))
    0.6931 1000.0
    """
    return np.logaddexp(0, (1.0 - 2 * y) * z)


def logistic_slope(z, y):
    """Derivative of `logistic_loss` by z: probability minus label."""
    return probability(z) - y


def logistic_curvature(z):
    """Second derivative of `logistic_loss` by z: p (1 - p), at most 1/4."""
    return probability(z) * probability(-z)


def logistic_loss_naive(z, y):
    """The same as it is written in books: -y ln p - (1 - y) ln(1 - p)."""
    p = 1 / (1 + np.exp(-z))
    return -y * np.log(p) - (1 - y) * np.log(1 - p)
# --8<-- [end:logistic]


# --8<-- [start:logit_losses]
def figure_logit_losses():
    z = np.linspace(-6, 6, 121)
    p = probability(z)
    fig, (top, bottom) = plt.subplots(2, sharex=True, figsize=(6.4, 5.4))
    top.plot(z, logistic_loss(z, 1), color="C0", label="cross-entropy, label 1 (nats)")
    top.plot(z, logistic_loss(z, 0), "--", color="C0", label="cross-entropy, label 0 (nats)")
    top.plot(z, (p - 1) ** 2, ":", color="C0", label="squared error of p, label 1 (no unit)")
    bottom.plot(z, logistic_slope(z, 1), color="C1")
    bottom.plot(z, logistic_slope(z, 0), "--", color="C1")
    bottom.plot(z, 2 * (p - 1) * p * (1 - p), ":", color="C1")
    top.set(ylabel="loss", ylim=(-0.2, 6.2))
    top.legend(loc="upper center", fontsize="small")
    bottom.set(xlabel="logit z", ylabel="slope of the loss", xlim=(-6, 6), ylim=(-1.15, 1.15))
    return fig
# --8<-- [end:logit_losses]


# --8<-- [start:students_before]
def students(n=40):
    """Simulated students: hours (0 to 10), attendance (40 to 100 %), marks.

    Three arrays of shape (n,). The marks are 12, and 5 an hour studied, and 0.3
    a percent of attendance, and noise with a standard deviation of 5.
    """
    rng = np.random.default_rng(0)
    hours = rng.uniform(0, 10, n)
    attendance = rng.uniform(40, 100, n)
    marks = 12 + 5 * hours + 0.3 * attendance + rng.normal(0, 5, n)
    return hours, attendance, marks
# --8<-- [end:students_before]


# --8<-- [start:students]
def pass_or_fail(n=40):
    """Hours above 5, and 1 for those with at least 60 marks, else 0: both (n,)."""
    hours, _, marks = students(n)
    return hours - 5, (marks >= 60).astype(float)
# --8<-- [end:students]


# --8<-- [start:passing]
def mean_logistic_loss(weight):
    """Mean loss of the logit weight * (hours - 5); the weight is per hour."""
    x, y = pass_or_fail()
    return np.mean(logistic_loss(weight * x, y))
# --8<-- [end:passing]


# --8<-- [start:passing_printed]
def print_passing():
    """Probability of passing for three students, by a weight of 1 per hour."""
    for hours in (2, 5, 8):
        p = probability(1.0 * (hours - 5))
        print(f"{hours} hours: logit {hours - 5.0:4.1f}, passes with probability {p:.3f};")
        print(f"         loss {logistic_loss(hours - 5.0, 1):.3f} if so, {logistic_loss(hours - 5.0, 0):.3f} if not")
    print(f"mean loss of the 40 students: {mean_logistic_loss(1.0):.4f}; with weight 0: {mean_logistic_loss(0.0):.4f}")
# --8<-- [end:passing_printed]


# --8<-- [start:weight]
def figure_weight(weight=1.0):
    x, y = pass_or_fail()
    hours, weights = np.linspace(0, 10, 101), np.linspace(-0.5, 4, 91)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.3), width_ratios=[4, 3])
    left.plot(hours, probability(weight * (hours - 5)), color="C0")
    left.vlines(x + 5, y, probability(weight * x), color="C1", linewidth=1)
    left.plot(x[y == 1] + 5, y[y == 1], "o", color="gray", markersize=4)
    left.plot(x[y == 0] + 5, y[y == 0], "X", color="gray", markersize=5)
    left.set(xlabel="hours studied", ylabel="probability of passing", xlim=(0, 10), ylim=(-0.05, 1.05))
    right.plot(weights, [mean_logistic_loss(w) for w in weights], color="C0")
    right.plot(weight, mean_logistic_loss(weight), "o", color="C2", markersize=9)
    right.set(xlabel="weight (per hour)", ylabel="mean loss (nats)", xlim=(-0.5, 4), ylim=(0, 1.4))
    return fig


figure_weight.slider = ("weight", [-0.4, 0, 0.2, 0.5, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.8], "per hour")
# --8<-- [end:weight]


# --8<-- [start:product]
def print_likelihood_product():
    """The likelihood as a product of probabilities, and -ln of it as a mean loss."""
    print("students   product of probabilities   mean loss (nats)")
    for n in (4, 40, 400, 4000):
        x, y = pass_or_fail(n)
        each = np.where(y == 1, probability(x), probability(-x))
        print(f"{n:8d}   {np.prod(each):24.3g}   {np.mean(logistic_loss(x, y)):16.4f}")
# --8<-- [end:product]


# --8<-- [start:softmax]
def log_softmax(z):
    """ln of softmax: z - ln(sum of e^z) along the last axis, for logits z (..., k).

    The largest logit is subtracted first: it changes nothing but the size of the
    numbers, of which the largest exponential is then 1.
    """
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax_loss(z, label):
    """Cross-entropy of the logits z, of shape (k,): -ln of the label's probability.

    Raises `IndexError` unless the label is one of 0, ..., k - 1.

    >>> print(softmax_loss(np.array([1000.0, 0.0, -1000.0]), label=2))
    2000.0
    """
    if not 0 <= label < len(z):
        raise IndexError(f"label {label}: there are {len(z)} classes")
    return -log_softmax(z)[label]


def softmax_loss_gradient(z, label):
    """Gradient of `softmax_loss` by z, of shape (k,): p minus 1 at the label."""
    p = np.exp(log_softmax(z))
    p[label] -= 1
    return p


def softmax_loss_hessian(z):
    """Hessian of `softmax_loss` by z, of shape (k, k): diag(p) - p p^T."""
    p = np.exp(log_softmax(np.reshape(z, len(z))))
    return np.diag(p) - np.outer(p, p)
# --8<-- [end:softmax]


# --8<-- [start:three_grades]
def three_grades():
    """X (40, 2): 1 and hours - 5; labels (40,): 0 below 50 marks, 2 from 70 on, else 1."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours - 5]), np.digitize(marks, [50, 70])


def grade_gradient(W, X, labels):
    """Gradient of the mean loss of the logits X @ W, of shape (2, 3) like W."""
    residual = np.exp(log_softmax(X @ W)) - np.eye(3)[np.reshape(labels, len(X))]
    return X.T @ residual / len(X)


def train_grades(steps=3000):
    """Weights (2, 3): descent from zero with learning rate 0.5."""
    X, labels = three_grades()
    W = np.zeros((2, 3))
    for _ in range(steps):
        W = W - 0.5 * grade_gradient(W, X, labels)
    return W
# --8<-- [end:three_grades]


# --8<-- [start:three_grades_printed]
def print_three_grades():
    """Probabilities of the three grades for three students."""
    X, labels = three_grades()
    W = train_grades()
    for hours in (2.0, 6.0, 9.0):
        p = np.exp(log_softmax(np.array([1, hours - 5]) @ W))
        print(f"{hours:.0f} hours: below 50 {p[0]:.3f}, from 50 to 70 {p[1]:.3f}, 70 or more {p[2]:.3f}")
    losses = -log_softmax(X @ W)[np.arange(len(X)), labels]
    print(f"mean loss {losses.mean():.4f}; before training {np.log(3):.4f}, which is ln 3")
# --8<-- [end:three_grades_printed]


# --8<-- [start:grade_probabilities]
def figure_grade_probabilities():
    hours, W = np.linspace(0, 10, 101), train_grades()
    p = np.exp(log_softmax(np.column_stack([np.ones_like(hours), hours - 5]) @ W))
    X, labels = three_grades()
    fig, ax = plt.subplots()
    for k, (style, name) in enumerate((("--", "below 50 marks"), ("-", "50 to 70"), (":", "70 or more"))):
        ax.plot(hours, p[:, k], style, color="C0", label=name)
        x = X[labels == k, 1] + 5
        ax.plot(x, np.full_like(x, -0.15 - 0.1 * k), "sDo"[k], color="gray", markersize=4)
    ax.set(xlabel="hours studied", ylabel="probability", xlim=(0, 10), ylim=(-0.42, 1.05), yticks=[0, 0.25, 0.5, 0.75, 1])
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize="small")
    return fig
# --8<-- [end:grade_probabilities]


# --8<-- [start:naive]
def log_softmax_naive(z):
    """ln of softmax as it is written: each step is right, and yet it breaks."""
    return np.log(np.exp(z) / np.exp(z).sum())


def log_of_shifted_softmax(z):
    """Half mended: softmax with the largest logit subtracted, and then the logarithm."""
    e = np.exp(z - z.max())
    return np.log(e / e.sum())
# --8<-- [end:naive]


# --8<-- [start:naive_printed]
def print_naive():
    """Three ways to the same three numbers, for harmless and for large logits."""
    for z in (np.array([2.0, 1.0, 0.0]), np.array([1000.0, 0.0, -1000.0])):
        print("logits            ", z)
        with np.errstate(all="ignore"):
            print("  naive           ", log_softmax_naive(z).round(4))
            print("  shifted, then ln", log_of_shifted_softmax(z).round(4))
        print("  log_softmax     ", log_softmax(z).round(4))
    for y in (0, 1):
        with np.errstate(all="ignore"):
            naive = logistic_loss_naive(40.0, y)
        print(f"logit 40, label {y}: naive {naive}, safe {logistic_loss(40.0, y):.3g}")
# --8<-- [end:naive_printed]


# --8<-- [start:confidently_wrong]
def print_confidently_wrong():
    """Descent from a start that is sure of the wrong thing, with two losses."""
    x, y = pass_or_fail()
    print("       weight (per hour) by")
    print("step   cross-entropy, rate 0.2   squared error, rate 0.2   squared error, rate 2")
    by_cross_entropy, by_squared_error, rates = -4.0, np.array([-4.0, -4.0]), np.array([0.2, 2.0])
    for step in range(2001):
        if step in (0, 1, 5, 20, 100, 200, 1000, 2000):
            slow, fast = by_squared_error
            print(f"{step:4d}   {by_cross_entropy:23.3f}   {slow:23.3f}   {fast:21.3f}")
        by_cross_entropy -= 0.2 * np.mean(logistic_slope(by_cross_entropy * x, y) * x)
        p = probability(np.outer(by_squared_error, x))
        by_squared_error -= rates * np.mean(2 * (p - y) * p * (1 - p) * x, axis=1)
# --8<-- [end:confidently_wrong]


# --8<-- [start:accuracy]
def print_accuracy():
    """The same side of one half for every student, and three different losses."""
    x, y = pass_or_fail()
    print("weight (per hour)   right   mean loss (nats)")
    for weight in (0.1, 1.0, 10.0):
        right = np.mean((probability(weight * x) > 0.5) == y)
        print(f"{weight:17.1f}   {right:5.1%}   {mean_logistic_loss(weight):16.4f}")
# --8<-- [end:accuracy]


# --8<-- [start:entropy]
def entropy(p):
    """-sum of p ln p over the last axis, in nats; 0 ln 0 counts as 0.

    Raises `ValueError` unless the entries are at least 0 and add up to 1.
    """
    p = np.asarray(p, dtype=float)
    if np.any(p < 0) or not np.allclose(p.sum(axis=-1), 1):
        raise ValueError(f"no probabilities: {p}")
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1) + 0


def print_entropy():
    """The best loss of a model that knows only how many pass, and that loss by search."""
    _, y = pass_or_fail()
    share = y.mean()
    searched = min(np.mean(logistic_loss(z, y)) for z in np.linspace(-3, 3, 601))
    print(f"{share:.1%} pass: entropy {entropy([share, 1 - share]):.4f}, least loss of one constant {searched:.4f}")
# --8<-- [end:entropy]


# --8<-- [start:temperature]
def tempered(z, temperature):
    """Softmax of z / temperature: above 1 more even, below 1 more decided; z (k,).

    Raises `ValueError` unless the temperature is positive.
    """
    if not temperature > 0:
        raise ValueError(f"temperature = {temperature}: it must be positive")
    return np.exp(log_softmax(z / temperature))


def print_temperature():
    """Three logits at four temperatures."""
    for temperature in (0.1, 1.0, 3.0, 100.0):
        print(f"temperature {temperature:5.1f}: {tempered(np.array([2.0, 1.0, 0.0]), temperature).round(3)}")
# --8<-- [end:temperature]


if __name__ == "__main__":
    print_passing()
    print_likelihood_product()
    print_three_grades()
    print_naive()
    print_confidently_wrong()
    print_accuracy()
    print_entropy()
    print_temperature()
    figure_logit_losses()
    figure_weight()
    figure_grade_probabilities()
    plt.show()
