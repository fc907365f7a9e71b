"""Logistic regression: pass or fail from hours and attendance, as a probability."""

# --8<-- [start:imports]
import math

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


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
def passes(marks):
    """1 for those with at least 60 marks, 0 for the others."""
    return (marks >= 60).astype(float)


def standardise(hours, attendance):
    """X (n, 3) of 1 and standardised features, and their raw means and deviations (2,)."""
    raw = np.column_stack([hours, attendance])
    means, deviations = raw.mean(axis=0), raw.std(axis=0)
    return np.column_stack([np.ones(len(raw)), (raw - means) / deviations]), means, deviations
# --8<-- [end:students]


# --8<-- [start:loss]
def probability(z):
    """The sigmoid 1 / (1 + e^(-z)) of the logit z, without overflow."""
    return np.exp(-np.logaddexp(0, -z))


def pass_fail_loss(w, X, y, penalty=0.0):
    """Mean cross-entropy of the logits X @ w, in nats, plus penalty times |w[1:]|².

    Shapes: w (p,), X (n, p), y (n,) of zeros and ones. The intercept w[0] is free.
    """
    logits = ((1 - 2 * y) * (X @ w)).reshape(len(y))  # (n,), or it raises
    return np.mean(np.logaddexp(0, logits)) + penalty * w[1:] @ w[1:]


def pass_fail_gradient(w, X, y, penalty=0.0):
    """Gradient of `pass_fail_loss` with respect to w, of shape (p,)."""
    free = np.concatenate([[0.0], w[1:]])
    residual = (probability(X @ w) - y).reshape(len(y))
    return X.T @ residual / len(y) + 2 * penalty * free


def safe_learning_rate(X, penalty=0.0):
    """2 over a curvature that the loss exceeds nowhere: each step below lowers the loss."""
    return 2 / (np.linalg.eigvalsh(X.T @ X / (4 * len(X)))[-1] + 2 * penalty)
# --8<-- [end:loss]


# --8<-- [start:descend_before]
def descend(gradient, w, learning_rate, steps):
    """Gradient descent from w, of shape (p,): steps of -learning_rate * gradient(w).

    Returns all points as rows of an array of shape (steps + 1, p), the start first.

    >>> print(descend(lambda w: 2 * w, np.array([1.0]), 0.25, steps=3)[:, 0])
    [1.    0.5   0.25  0.125]
    """
    path = [w]
    for _ in range(steps):
        w = w - learning_rate * gradient(w)
        path.append(w)
    return np.array(path)


def unscaled(w, means, deviations):
    """Weights for raw features that predict the same as w for standardised ones.

    w = (intercept, weights) has shape (p + 1,); means and deviations of the raw
    features have shape (p,).
    """
    weights, means, deviations = np.stack([w[1:], means, deviations])
    slopes = weights / deviations
    return np.concatenate([[w[0] - slopes @ means], slopes])
# --8<-- [end:descend_before]


# --8<-- [start:descend]
def training(steps, penalty=0.0, n=40):
    """Raw weights (steps + 1, 3): a logit, logits per hour, logits per percent.

    Descent from zero on standardised features, at 3/4 of the safe learning rate.
    """
    hours, attendance, marks = students(n)
    X, means, deviations = standardise(hours, attendance)
    rate = 0.75 * safe_learning_rate(X, penalty)
    gradient = lambda w: pass_fail_gradient(w, X, passes(marks), penalty)
    path = descend(gradient, np.zeros(3), rate, steps)
    return np.array([unscaled(w, means, deviations) for w in path])
# --8<-- [end:descend]


# --8<-- [start:training]
def print_training():
    """Weights, loss, and how many of the 40 students are on the right side of one half."""
    hours, attendance, marks = students()
    raw, y = np.column_stack([np.ones(40), hours, attendance]), passes(marks)
    path = training(1000)
    print("step   intercept   per hour   per percent   loss (nats)   right")
    for step in (0, 1, 2, 10, 100, 500, 1000):
        w = path[step]
        right = np.mean((raw @ w > 0) == y)
        print(f"{step:4d}   {w[0]:9.3f}   {w[1]:8.4f}   {w[2]:11.4f}   {pass_fail_loss(w, raw, y):11.4f}   {right:5.1%}")
    X, _, _ = standardise(hours, attendance)
    print(f"safe learning rates end at {safe_learning_rate(X):.2f}; taken: {0.75 * safe_learning_rate(X):.2f}")
# --8<-- [end:training]


# --8<-- [start:boundary]
def figure_boundary(step=500):
    w, (hours, attendance, marks) = training(500)[step], students()
    y, h = passes(marks), np.linspace(0, 10, 101)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.6), width_ratios=[4, 3])
    for p, style in ((0.1, ":"), (0.5, "-"), (0.9, "--")):
        logit = math.log(p / (1 - p))
        left.plot(h[::100], (logit - w[0] - w[1] * h[::100]) / w[2], style, color="C0", label=f"{p:.0%}")
    left.plot(hours[y == 1], attendance[y == 1], "o", color="gray", markersize=5)
    left.plot(hours[y == 0], attendance[y == 0], "X", color="gray", markersize=6)
    left.axhline(70, color="C2", linewidth=1)
    left.set(xlabel="hours studied", ylabel="attendance (%)", xlim=(0, 10), ylim=(38, 102))
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize="small")
    right.plot(h, probability(w[0] + w[1] * h + w[2] * 70), color="C2")
    right.set(xlabel="hours studied", ylabel="probability at 70 %", xlim=(0, 10), ylim=(-0.03, 1.03))
    return fig


figure_boundary.slider = ("step", [1, 2, 3, 5, 10, 20, 50, 100, 200, 500])
# --8<-- [end:boundary]


# --8<-- [start:sensitivity]
def probability_slopes(w, hours, attendance):
    """Probability of passing, and its slopes per hour and per percent."""
    p = probability(w[0] + w[1] * hours + w[2] * attendance)
    return p, p * (1 - p) * w[1], p * (1 - p) * w[2]
# --8<-- [end:sensitivity]


# --8<-- [start:sensitivity_printed]
def print_slopes_of_probability():
    """What an hour more is worth, for students with 70 % attendance."""
    w = training(1000)[-1]
    print("hours   probability   odds      slope per hour   per percent   with an hour more")
    for hours in (2.0, 4.0, 5.0, 6.0, 8.0):
        p, by_hours, by_attendance = probability_slopes(w, hours, 70.0)
        later = probability_slopes(w, hours + 1, 70.0)[0]
        print(f"{hours:5.0f}   {p:11.4f}   {p / (1 - p):7.3f}   {by_hours:14.4f}   {by_attendance:11.4f}   {later:17.4f}")
    print(f"an hour multiplies the odds by {math.exp(w[1]):.2f}, a percentage point by {math.exp(w[2]):.3f}")
# --8<-- [end:sensitivity_printed]


# --8<-- [start:new_students_before]
def another_class(seed, n=40):
    """n other students, simulated by the rule of `students` with another seed."""
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0, 10, n)
    attendance = rng.uniform(40, 100, n)
    return hours, attendance, 12 + 5 * hours + 0.3 * attendance + rng.normal(0, 5, n)
# --8<-- [end:new_students_before]


# --8<-- [start:new_students]
def mean_surprise(w, hours, attendance, marks):
    """Mean cross-entropy of raw weights w on some students, in nats."""
    hours, attendance, marks = np.stack([hours, attendance, marks])
    logits = w[0] + w[1] * hours + w[2] * attendance
    return np.mean(np.logaddexp(0, (1 - 2 * passes(marks)) * logits))
# --8<-- [end:new_students]


# --8<-- [start:new_students_printed]
def print_on_new_students():
    """The fit on students it has not seen: is a 70 % a 70 %?"""
    w, (hours, attendance, marks) = training(1000)[-1], another_class(1, 100_000)
    p, y = probability(w[0] + w[1] * hours + w[2] * attendance), passes(marks)
    old_loss, new_loss = mean_surprise(w, *students()), mean_surprise(w, hours, attendance, marks)
    print(f"loss on the 40: {old_loss:.3f} nats, on new students: {new_loss:.3f} nats")
    print(f"right on new students: {np.mean((p > 0.5) == y):.1%}")
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        these = (p >= low) & (p < low + 0.2)
        print(f"told {low:3.0%} to {low + 0.2:4.0%}: mean told {p[these].mean():5.1%}, passed {y[these].mean():5.1%}")
# --8<-- [end:new_students_printed]


# --8<-- [start:separable]
def print_separable():
    """Another class, of 20, that a straight line divides without error: descent goes on and on."""
    hours, attendance, marks = students(20)
    data = np.column_stack([np.ones(20), hours, attendance]), passes(marks)
    plain, penalised = training(20_000, n=20), training(20_000, penalty=0.01, n=20)
    print("         without penalty            penalty 0.01")
    print(" step    per hour   loss (nats)    per hour   loss with penalty (nats)")
    X, means, deviations = standardise(hours, attendance)
    for step in (10, 100, 1000, 10_000, 20_000):
        w, v = plain[step], penalised[step]
        scaled = np.concatenate([[v[0] + v[1:] @ means], v[1:] * deviations])
        full = pass_fail_loss(scaled, X, data[1], 0.01)
        print(f"{step:5d}   {w[1]:9.3f}   {pass_fail_loss(w, *data):11.6f}   {v[1]:9.4f}   {full:24.6f}")
# --8<-- [end:separable]


# --8<-- [start:without_end]
def figure_without_end():
    plain, penalised = training(20_000, n=20), training(20_000, penalty=0.01, n=20)
    steps = np.unique(np.geomspace(1, 20_000, 40).astype(int))
    h = np.linspace(0, 10, 201)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.4))
    left.semilogx(steps, plain[steps, 1], color="C2", label="no penalty")
    left.semilogx(steps, penalised[steps, 1], "--", color="C2", label="penalty 0.01")
    left.minorticks_off()
    left.set(xlabel="step", ylabel="weight (per hour)", xlim=(1, 20_000), ylim=(0, None))
    left.legend()
    for step, style in ((10, ":"), (100, "-."), (20_000, "-")):
        w = plain[step]
        right.plot(h, probability(w[0] + w[1] * h + w[2] * 70), style, color="C0", label=f"{step:,} steps")
    right.set(xlabel="hours studied", ylabel="probability at 70 %", xlim=(0, 10), ylim=(-0.03, 1.03))
    right.legend(loc="upper left", fontsize="small")
    return fig
# --8<-- [end:without_end]


# --8<-- [start:penalties]
def print_penalties():
    """The class of 20 with several penalties, and what each is worth on new students."""
    hours, attendance, marks = students(20)
    new = another_class(1, 100_000)
    print("penalty   per hour   loss on the 20   on new students (nats)   right")
    for penalty in (0.0, 0.0001, 0.001, 0.01, 0.1, 1.0):
        w = training(5000, penalty, n=20)[-1]
        old_loss, new_loss = mean_surprise(w, hours, attendance, marks), mean_surprise(w, *new)
        right = np.mean((w[0] + w[1] * new[0] + w[2] * new[1] > 0) == passes(new[2]))
        print(f"{penalty:7.4f}   {w[1]:8.3f}   {old_loss:14.4f}   {new_loss:22.4f}   {right:5.1%}")
# --8<-- [end:penalties]


# --8<-- [start:plane]
def print_plane():
    """Least squares on the labels 0 and 1: not always probabilities."""
    hours, attendance, marks = students()
    X = np.column_stack([np.ones(40), hours, attendance])
    w = np.linalg.lstsq(X, passes(marks), rcond=None)[0]
    for h, a in ((0.5, 50.0), (5.0, 70.0), (9.5, 95.0)):
        plane = w @ np.array([1, h, a])
        p = probability(training(1000)[-1] @ np.array([1, h, a]))
        print(f"{h} hours, {a:.0f} %: plane {plane:6.3f}, logistic regression {p:.5f}")
# --8<-- [end:plane]


# --8<-- [start:warnings]
def warning_cost(threshold, p, y):
    """Mean cost of warning all with p below a threshold: 1 in vain, 4 for one not warned who fails."""
    p, y = np.stack([p, y])
    warned = p < threshold
    return np.mean(warned * y + 4 * ~warned * (1 - y))


def print_warnings():
    """Costs on new students for several thresholds."""
    w, (hours, attendance, marks) = training(1000)[-1], another_class(1, 100_000)
    p, y = probability(w[0] + w[1] * hours + w[2] * attendance), passes(marks)
    for threshold in (0.2, 0.5, 0.7, 0.8, 0.9, 0.99):
        print(f"warn below {threshold:4.0%}: mean cost {warning_cost(threshold, p, y):.5f}")
# --8<-- [end:warnings]


if __name__ == "__main__":
    print_training()
    print_slopes_of_probability()
    print_on_new_students()
    print_separable()
    print_penalties()
    print_plane()
    print_warnings()
    figure_boundary()
    figure_without_end()
    plt.show()
