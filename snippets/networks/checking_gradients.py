"""Checking gradients: a checker for your own project, and how such checks are fooled."""

# --8<-- [start:imports]
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:slope]
def slope_along(f, w, u):
    """Slope of f at w along u, by central differences, and how far it is in doubt.

    f maps an array (p,) to a number. The steps fall tenfold, from a hundredth of 1 or of
    the largest weight, if that is more, to a billionth of that weight. The one with the
    least doubt counts: how much its slope differs from that of the step before, and ten
    roundings of f divided by the step.
    """
    w, u = np.stack([w, u])  # of one shape, or it raises
    weight = np.log10(np.abs(w).max() or 1.0)
    steps = 10.0 ** np.arange(max(weight, 0.0) - 2, weight - 9.5, -1)
    with np.errstate(all="ignore"):  # a long step may leave the domain of f
        values = np.array([[f(w + h * u), f(w - h * u)] for h in steps])
        slopes = (values[:, 0] - values[:, 1]) / (2 * steps)
        rounding = 10 * np.spacing(np.abs(values).max(axis=1)) / steps
        doubts = np.abs(np.diff(slopes)) + rounding[1:]
    best = np.nan_to_num(doubts, nan=np.inf).argmin()
    return slopes[1 + best], doubts[best]
# --8<-- [end:slope]


# --8<-- [start:errors]
def relative_errors(f, gradient, points, directions=20, seed=0):
    """How far a gradient is from the slopes of f in random directions, and their doubts.

    gradient maps an array (p,) to an array (p,); the points have the shape (k, p), the
    two results (k, directions). Both are relative to the largest of three: the length of
    the gradient, sqrt(p) times the slope, and the doubt. What is in doubt is no error.
    Raises `ValueError` if f or gradient returns something of another shape.

    >>> points = np.array([[1.0, 2.0], [3.0, -1.0]])
    >>> errors, doubts = relative_errors(lambda w: w @ w, lambda w: 2 * w, points)
    >>> print(errors.max() == 0, doubts.max() < 1e-9)
    True True
    """
    rng = np.random.default_rng(seed)
    errors, doubts = np.empty((2, len(points), directions))
    for k, w in enumerate(np.asarray(points, dtype=float)):
        g = gradient(w)
        if np.shape(f(w)) or np.shape(g) != w.shape:
            shapes = f"f {np.shape(f(w))}, gradient {np.shape(g)}"
            raise ValueError(f"{shapes} for weights of shape {w.shape}")
        for j in range(directions):
            u = rng.normal(0, 1, w.shape)
            u /= np.linalg.norm(u)
            slope, doubt = slope_along(f, w, u)
            size = np.max([np.linalg.norm(g), np.sqrt(w.size) * abs(slope), doubt])
            errors[k, j] = np.maximum(abs(g @ u - slope) - doubt, 0) / size
            doubts[k, j] = doubt / size
    return errors, doubts
# --8<-- [end:errors]


# --8<-- [start:checker]
def check_gradient(f, gradient, points, tolerance=1e-6):
    """Raise `ValueError` where gradient and slopes disagree, or where nobody can tell.

    At the worst point each weight is nudged alone, and the message names the one that is
    most wrong. Nobody can tell where the slopes are in doubt by more than the tolerance.
    """
    errors, doubts = relative_errors(f, gradient, points)
    if errors.max() <= tolerance:
        k = int(doubts.max(axis=1).argmax())
        doubt = doubts[k].max()
        if doubt > tolerance:
            told = f"slopes are in doubt by {doubt:.0e} of their size"
            raise ValueError(f"cannot tell at point {k}: {told}")
        return
    k = int(errors.max(axis=1).argmax())
    w = np.asarray(points[k], dtype=float)
    slopes = np.array([slope_along(f, w, unit)[0] for unit in np.eye(len(w))])
    misses = np.abs(gradient(w) - slopes)
    worst = int((misses > (1 - 1e-6) * misses.max()).argmax())  # the first of equals
    raise ValueError(
        f"relative error {errors.max():.1e} at point {k}; most wrong is weight {worst}:\n"
        f"    gradient {gradient(w)[worst]:.6g}, slope {slopes[worst]:.6g}"
    )
# --8<-- [end:checker]


# --8<-- [start:network_before]
def tired_students(n=40, seed=0):
    """Simulated students whom too many hours make tired: hours, attendance, marks.

    Three arrays of shape (n,). The marks are 12, and 15 hours - 1.25 hours², and
    0.3 a percent of attendance, and noise with a standard deviation of 5.
    """
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0, 10, n)
    attendance = rng.uniform(40, 100, n)
    marks = 12 + 15 * hours - 1.25 * hours**2 + 0.3 * attendance + rng.normal(0, 5, n)
    return hours, attendance, marks
# --8<-- [end:network_before]


# --8<-- [start:network]
HIDDEN = 2


@cache
def batch():
    """X (40, 2) and y (40,): standardised hours, attendance, and marks."""
    columns = np.column_stack(tired_students())
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return scaled[:, :2], scaled[:, 2]


def unpacked(w):
    """W1 (2, HIDDEN), b1 (HIDDEN,), w2 (HIDDEN,), b2 from one array of weights (9,)."""
    return w[:4].reshape(2, HIDDEN), w[4:6], w[6:8], w[8]


def penalised_loss(w):
    """Mean-squared error of a two-layer network plus 0.1 |W1|² + 0.1 |w2|²; w (9,)."""
    X, y = batch()
    W1, b1, w2, b2 = unpacked(w)
    return np.mean((np.tanh(X @ W1 + b1) @ w2 + b2 - y) ** 2) + 0.1 * (np.sum(W1**2) + w2 @ w2)


def penalised_gradient(w, bug=None):
    """Gradient of `penalised_loss`, of shape (9,), with one of the `BUGS` on demand."""
    X, y = batch()
    W1, b1, w2, b2 = unpacked(w)
    Z = X @ W1 + b1
    A = np.tanh(Z)
    g = (1 if bug == "the factor 2 forgotten" else 2) / len(X) * (A @ w2 + b2 - y)
    if bug == "sum in place of mean":
        g = g * len(X)
    if bug == "wrong sign":
        g = -g
    slope = 1 - (Z if bug == "slope of tanh at a wrong place" else A) ** 2
    if bug == "tanh's slope forgotten":
        slope = np.ones_like(A)
    G_Z = np.outer(g, w2) * slope
    G_W1 = X.T @ G_Z + 0.2 * W1 * (bug != "penalty of W1 forgotten")
    if bug == "transposed":
        G_W1 = G_W1.T
    G_b1 = G_Z.sum(axis=0) * (bug != "bias forgotten")
    if bug == "mean over the batch for a sum":
        G_b1 = G_Z.mean(axis=0)
    G_w2 = A.T @ g + (0 if bug == "last share overwrites" else 0.2 * w2)
    return np.concatenate([G_W1.ravel(), G_b1, G_w2, [g.sum()]])


BUGS = (
    "the factor 2 forgotten", "sum in place of mean", "wrong sign",
    "slope of tanh at a wrong place", "tanh's slope forgotten", "penalty of W1 forgotten",
    "transposed", "bias forgotten",
    "mean over the batch for a sum", "last share overwrites",
)


def some_points(count=5, seed=1):
    """Random weights to check at, of shape (count, 9)."""
    return np.random.default_rng(seed).normal(0, 1, (count, 9))
# --8<-- [end:network]


# --8<-- [start:caught]
def print_caught():
    """The checker's verdict on the right gradient and on each planted bug."""
    check_gradient(penalised_loss, penalised_gradient, some_points())
    print("right: passes")
    for bug in BUGS:
        try:
            check_gradient(penalised_loss, lambda w: penalised_gradient(w, bug), some_points())
            print(f"{bug}: passes")
        except ValueError as error:
            print(f"{bug}:\n    {error}")
# --8<-- [end:caught]


# --8<-- [start:histogram]
def figure_histogram():
    points = some_points(20)
    fig, ax = plt.subplots(figsize=(6.6, 4.4))
    cases = [("right", None), *((bug, bug) for bug in BUGS)]
    for row, (name, bug) in enumerate(cases):
        errors, _ = relative_errors(penalised_loss, lambda w: penalised_gradient(w, bug), points, directions=5)
        counts, edges = np.histogram(np.log10(np.maximum(errors, 1e-8)), bins=np.arange(-8, 1.5, 0.5))
        color = "C3" if bug is None else "C1"
        ax.bar(edges[:-1], 0.85 * counts / counts.max(), 0.5, bottom=-row, align="edge", color=color)
    ax.axvline(-6, ls="--", color="gray")
    ax.set(yticks=-np.arange(len(cases)) + 0.3, yticklabels=[name for name, _ in cases], xlim=(-8, 1))
    labels = ["less", *(f"$10^{{{k}}}$" for k in range(-7, 2))]
    ax.set(xlabel="relative error", xticks=[-7.75, *range(-7, 2)], xticklabels=labels)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0, labelsize=11)
    return fig
# --8<-- [end:histogram]


# --8<-- [start:which]
def finds(check, bug):
    """Whether a check notices a bug: one of five checks, from careless to careful."""
    def gradient(w):
        return penalised_gradient(w, bug)

    if check == "shapes":
        return gradient(np.ones(9)).shape != (9,)
    if check == "falls":
        w = some_points(1)[0]
        path = [w]
        for _ in range(200):
            path.append(path[-1] - 0.02 * gradient(path[-1]))
        return not penalised_loss(path[-1]) < penalised_loss(path[0])
    if check == "zero":
        return relative_errors(penalised_loss, gradient, np.zeros((1, 9)))[0].max() > 1e-6
    if check == "one":
        w, unit = some_points(1)[0], np.eye(9)[8]
        slope = (penalised_loss(w + 1e-6 * unit) - penalised_loss(w - 1e-6 * unit)) / 2e-6
        return abs(gradient(w)[8] - slope) > 1e-6 * abs(slope)
    return relative_errors(penalised_loss, gradient, some_points())[0].max() > 1e-6


CHECKS = ("shapes", "falls", "zero", "one", "checker")
# --8<-- [end:which]


# --8<-- [start:which_printed]
def print_which_check_finds():
    """A table of bugs and checks: which finds which."""
    print(" " * 30 + "".join(f"{check:>9}" for check in CHECKS))
    for bug in (None, *BUGS):
        row = "".join(f"{'finds' if finds(check, bug) else '-':>9}" for check in CHECKS)
        print(f"{bug or '(no bug)':30}{row}")
# --8<-- [end:which_printed]


# --8<-- [start:precision]
def typical_error(loss, w, directions, h):
    """Root mean squared error of central differences of a loss, relative to the slopes.

    The directions have the shape (k, 9) and length 1. All of the slope is the most.
    """
    slopes = directions @ penalised_gradient(w)
    rise = [float(loss(w + h * u)) - float(loss(w - h * u)) for u in directions]
    told = np.array(rise) / (2 * h)
    return min(np.linalg.norm(told - slopes) / np.linalg.norm(slopes), 1.0)
# --8<-- [end:precision]


# --8<-- [start:precision_printed]
def print_precision():
    """Errors of the right gradient by the step h, in float64 and in float32."""
    w, directions = some_points(1)[0], np.random.default_rng(2).normal(0, 1, (200, 9))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)

    def loss32(w):
        X, y = (part.astype(np.float32) for part in batch())
        W1, b1, w2, b2 = unpacked(w.astype(np.float32))
        return np.mean((np.tanh(X @ W1 + b1) @ w2 + b2 - y) ** 2) + np.float32(0.1) * (np.sum(W1**2) + w2 @ w2)

    print("step h    float64: at most   float32: at most")
    for h in (1e-1, 1e-2, 3e-4, 3e-6, 1e-8):
        errors = [typical_error(loss, w, directions, h) for loss in (penalised_loss, loss32)]
        double, single = 10.0 ** np.ceil(np.log10(errors))
        print(f"{h:.0e}   {double:16.0e}   {single:16.0e}")
# --8<-- [end:precision_printed]


# --8<-- [start:kinks]
def absolute_loss_of_line(w):
    """Mean size of the residuals of w[0] + w[1] hours (standardised), a loss with kinks."""
    X, y = batch()
    return np.mean(np.abs(w[0] + w[1] * X[:, 0] - y))


def absolute_gradient_of_line(w):
    """Its gradient where it has one, of shape (2,)."""
    X, y = batch()
    sign = np.sign(w[0] + w[1] * X[:, 0] - y)
    return np.array([sign.mean(), (sign * X[:, 0]).mean()])
# --8<-- [end:kinks]


# --8<-- [start:kinks_printed]
def print_kinks():
    """A right gradient of a loss with kinks: how often the check is fooled, by its step."""
    f, gradient = absolute_loss_of_line, absolute_gradient_of_line
    points, unit = np.random.default_rng(0).normal(0, 0.5, (200, 2)), np.array([0.6, 0.8])
    for h in (1e-1, 1e-2, 1e-3, 1e-4):
        slopes = np.array([(f(w + h * unit) - f(w - h * unit)) / (2 * h) for w in points])
        wrong = [abs(gradient(w) @ unit - slope) > 1e-6 for w, slope in zip(points, slopes, strict=True)]
        print(f"h = {h:.0e}:    {np.mean(wrong):6.1%} of the checks fail")
    errors, doubts = relative_errors(f, gradient, points, directions=1)
    print(f"the checker: {np.mean(np.maximum(errors, doubts) > 1e-6):6.1%} of the checks fail")
# --8<-- [end:kinks_printed]


# --8<-- [start:one_point]
def print_one_point():
    """Two bugs at the point zero, and at a random one."""
    for bug in ("penalty of W1 forgotten", "slope of tanh at a wrong place"):
        for name, point in (("at zero", np.zeros((1, 9))), ("at a random point", some_points(1))):
            try:
                verdict = check_gradient(penalised_loss, lambda w: penalised_gradient(w, bug), point) or "passes"
            except ValueError as error:
                verdict = str(error).split(";")[0]
            print(f"{bug}, {name}:\n    {verdict}")
# --8<-- [end:one_point]


# --8<-- [start:same_mistake]
def print_same_mistake():
    """Loss and gradient share a mistake, a forgotten 1/n: the check sees no difference."""
    X, y = batch()

    def loss(w):
        return np.sum((X @ w - y) ** 2)

    def gradient(w):
        return 2 * X.T @ (X @ w - y)

    points = np.random.default_rng(0).normal(0, 1, (5, 2))
    check_gradient(loss, gradient, points)
    print("passes")
# --8<-- [end:same_mistake]


# --8<-- [start:directions]
def print_one_wrong():
    """One wrong weight among many: how large an error random directions see."""
    for p in (10, 100, 1000):
        target = np.linspace(-1, 1, p)

        def gradient(w):
            g = 2 * (w - target)
            g[0] = 0.0
            return g

        w = np.zeros((1, p))
        errors, _ = relative_errors(lambda w: np.sum((w - target) ** 2), gradient, w, directions=20)
        print(f"{p:4d} weights, one wrong: found in {np.mean(errors > 1e-6):4.0%} of 20 random directions, "
              f"typical error {np.median(errors):.0e}")
# --8<-- [end:directions]


if __name__ == "__main__":
    print_caught()
    print_which_check_finds()
    print_precision()
    print_kinks()
    print_one_point()
    print_same_mistake()
    print_one_wrong()
    figure_histogram()
    plt.show()
