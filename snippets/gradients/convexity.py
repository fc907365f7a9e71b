"""Convexity: functions whose chords lie above them, and why their valleys cannot deceive."""

# --8<-- [start:imports]
import functools

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:chord]
def chord_gap(f, a, b, t):
    """Height of the chord from a to b above f, at the share t of the way.

    a and b are numbers or arrays of one shape; 0 <= t <= 1. Never negative for a
    convex f.

    >>> print(chord_gap(lambda x: x**2, 0.0, 2.0, 0.5))  # 2 - 1
    1.0
    """
    return (1 - t) * f(a) + t * f(b) - f((1 - t) * a + t * b)
# --8<-- [end:chord]


# --8<-- [start:functions]
def softplus(z):
    """ln(1 + exp(z)), without overflow: convex, with the sigmoid as its slope."""
    return np.logaddexp(0, z)


def waves(x):
    """A wavy parabola, x²/4 + sin(2x): not convex."""
    return x**2 / 4 + np.sin(2 * x)
# --8<-- [end:functions]


# --8<-- [start:chords]
def figure_chords(b=-1.0):
    x = np.linspace(-4, 4, 161)
    fig, axes = plt.subplots(1, 2, figsize=(6.6, 3.6))
    for ax, f, name in zip(axes, (softplus, waves), ("$\\ln(1 + e^x)$", "$x^2/4 + \\sin 2x$"), strict=True):
        ends = np.array([-3.0, b])
        ax.plot(x, f(x), color="C0")
        ax.plot(ends, f(ends), "o--", color="C2")
        between = np.linspace(*ends, 81)
        gap = chord_gap(f, *ends, (between + 3) / (b + 3))
        ax.fill_between(between, f(between), f(between) + gap, where=gap < 0, color="C1", alpha=0.5, linewidth=0)
        verdict = "chord above" if gap.min() > -1e-12 else "chord below in places"
        ax.text(0, 4.6, verdict, ha="center", color="C2" if gap.min() > -1e-12 else "C1")
        ax.set(title=name, xlabel="$x$", xlim=(-4, 4), ylim=(-1.2, 5.2))
    return fig


figure_chords.slider = ("b", [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5])
# --8<-- [end:chords]


# --8<-- [start:jensen_before]
def learning_curve(hours):
    """Marks after some hours of study: an invented model."""
    return 90 - 60 * np.exp(-hours / 4)
# --8<-- [end:jensen_before]


# --8<-- [start:jensen_printed]
def print_jensen():
    """Mean marks of three groups with a mean of 5 hours, and the marks of the mean."""
    for hours in ((5.0, 5.0, 5.0), (3.0, 5.0, 7.0), (0.0, 5.0, 10.0)):
        hours = np.array(hours)
        print(f"hours {hours}: mean of the marks {learning_curve(hours).mean():.2f}, "
              f"marks of the mean {learning_curve(hours.mean()):.2f}")
# --8<-- [end:jensen_printed]


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


def standardised(column):
    """The column shifted to mean 0 and divided by its standard deviation; shape (n,)."""
    return (column - column.mean()) / column.std()
# --8<-- [end:students_before]


# --8<-- [start:students]
@functools.cache
def standardised_hours():
    """X of shape (40, 2): 1 and standardised hours; y, the standardised marks."""
    hours, _, marks = students()
    x = standardised(hours)
    return np.column_stack([np.ones_like(x), x]), standardised(marks)
# --8<-- [end:students]


# --8<-- [start:losses]
def squared_loss(w):
    """Mean-squared error of the line X @ w on standardised marks; w (2,)."""
    X, y = standardised_hours()
    return np.mean((X @ w - y).reshape(len(y)) ** 2)


def cross_entropy(w):
    """Mean cross-entropy of "above the mean marks" from the logit X @ w; w (2,)."""
    X, y = standardised_hours()
    z = (X @ w).reshape(len(y))
    return np.mean(softplus(z) - (y > 0) * z)


def deep_loss(w):
    """Mean-squared error of w0 w1 x: the smallest deep network; w (2,)."""
    X, y = standardised_hours()
    return np.mean((w[0] * w[1] * X[:, 1] - y) ** 2)


LOSSES = {
    "squared, line": squared_loss,
    "cross-entropy, line": cross_entropy,
    "squared, deep": deep_loss,
}
# --8<-- [end:losses]


# --8<-- [start:losses_printed]
def print_chords():
    """The smallest gap at a random point of each of 5000 random chords."""
    rng = np.random.default_rng(0)
    chords = [(*rng.normal(scale=2, size=(2, 2)), rng.uniform()) for _ in range(5000)]
    for name, f in LOSSES.items():
        gaps = [chord_gap(f, a, b, t) for a, b, t in chords]
        below = np.mean(np.array(gaps) < -1e-12)
        print(f"{name:20} smallest gap {min(gaps):8.1e}, chord below in {below:.1%}")
# --8<-- [end:losses_printed]


# --8<-- [start:hessians]
def squared_hessian():
    """Hessian of `squared_loss`, the same for all w: 2/n X'X, of shape (2, 2)."""
    X, _ = standardised_hours()
    return 2 / len(X) * X.T @ X


def cross_entropy_hessian(w):
    """Hessian of `cross_entropy`: X' diag(s (1 - s)) X / n with s = sigmoid(X w)."""
    X, _ = standardised_hours()
    s = 1 / (1 + np.exp(-X @ w))
    return X.T * (s * (1 - s)) @ X / len(X)
# --8<-- [end:hessians]


# --8<-- [start:hessians_printed]
def print_hessians():
    """Eigenvalues of both Hessians: nowhere negative."""
    print("squared:               ", np.linalg.eigvalsh(squared_hessian()).round(4))
    for w in ((0.0, 0.0), (1.0, 3.0), (-4.0, 2.0)):
        print(f"cross-entropy at {w}:", np.linalg.eigvalsh(cross_entropy_hessian(np.array(w))).round(4))
# --8<-- [end:hessians_printed]


# --8<-- [start:deep]
def minimum_of_deep():
    """The weights (s, s) with s² the slope of the least-squares line; shape (2,)."""
    X, y = standardised_hours()
    return np.full(2, np.sqrt(np.mean(X[:, 1] * y)))


def figure_deep():
    best = minimum_of_deep()
    along = np.linspace(-1.3, 1.3, 101)
    fig, ax = plt.subplots()
    ax.plot(along, [deep_loss(s * best / best[0]) for s in along], color="C0", label="loss on the diagonal")
    ends = np.array([-best[0], best[0]])
    ax.plot(ends, [deep_loss(-best), deep_loss(best)], "*--", color="C3", markersize=13, label="chord between two minima")
    ax.set(xlabel="both weights", ylabel="loss", ylim=(0, 1.6))
    ax.legend(loc="upper center")
    return fig
# --8<-- [end:deep]


# --8<-- [start:stuck]
def deep_gradient(w):
    """Gradient of `deep_loss`, of shape (2,)."""
    return 2 * (w[0] * w[1] - minimum_of_deep()[0] ** 2) * np.array([w[1], w[0]])


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


STARTS = {"opposite weights": np.array([1.0, -1.0]), "a hair beside": np.array([1.0, -0.999])}
# --8<-- [end:stuck]


# --8<-- [start:stuck_printed]
def print_stuck():
    """Loss and length of the gradient on two descents that start side by side."""
    paths = {name: descend(deep_gradient, start, 0.1, 60) for name, start in STARTS.items()}
    print("step", *(f"   {name}: loss, gradient" for name in paths))
    for step in (0, 10, 20, 30, 40, 60):
        row = ((deep_loss(path[step]), np.linalg.norm(deep_gradient(path[step]))) for path in paths.values())
        print(f"{step:4d}", *(f"{loss:23.4f} {length:8.4f}" for loss, length in row))
# --8<-- [end:stuck_printed]


# --8<-- [start:paths]
def figure_stuck():
    s = np.linspace(-1.6, 1.6, 33)
    u, v = np.meshgrid(s, s)
    heights = np.array([[deep_loss(np.array([a, b])) for a in s] for b in s])
    fig, ax = plt.subplots(figsize=(5.2, 4.8))
    ax.contour(u, v, heights, [0.2, 0.5, 0.8, 1.2, 1.6, 2.4, 4], colors="C0", linewidths=1, alpha=0.7)
    for side in (1, -1):
        floor = side * np.geomspace(0.6, 1.6, 30)
        ax.plot(floor, minimum_of_deep()[0] ** 2 / floor, ":", color="C3", lw=2.5)
        ax.plot(*(side * minimum_of_deep()), "*", color="C3", markersize=13)
    for (name, start), mark, size in zip(STARTS.items(), ("o-", "s--"), (9, 4), strict=True):
        path = descend(deep_gradient, start, 0.1, 60)
        ax.plot(*path.T, mark, color="C2", markersize=size, linewidth=1, fillstyle="none", label=name)
    ax.set(xlabel="first weight", ylabel="second weight", aspect="equal", xlim=(-1.6, 1.6), ylim=(-1.6, 1.6))
    ax.legend(loc="lower left", fontsize=10)
    return fig
# --8<-- [end:paths]


# --8<-- [start:maximum]
def largest(x):
    """The largest of three straight lines at x: convex, with corners."""
    return np.maximum.reduce([-x - 1, 0.5 * x, 2 * x - 3])


def print_maximum():
    """The smallest gap of 2000 random chords of `largest`."""
    rng = np.random.default_rng(0)
    gaps = [chord_gap(largest, *rng.uniform(-5, 5, 2), rng.uniform()) for _ in range(2000)]
    print(f"no chord below, up to rounding: {min(gaps) > -1e-12}")
# --8<-- [end:maximum]


if __name__ == "__main__":
    print_jensen()
    print_chords()
    print_hessians()
    print_stuck()
    print_maximum()
    figure_chords()
    figure_deep()
    figure_stuck()
    plt.show()
