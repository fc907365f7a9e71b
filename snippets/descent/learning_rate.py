"""Learning rate and overshooting: how long a step may be before descent stops descending."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:students]
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


def centred_hours():
    """X of shape (40, 2): 1 and hours minus their mean; y, the marks."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours - hours.mean()]), marks
# --8<-- [end:students]


# --8<-- [start:descend]
def loss(w, X, y):
    """Mean-squared error of the predictions X @ w, in marks²: no half.

    Shapes: w (p,), X (n, p), y (n,); the result is a scalar.
    """
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return residual @ residual / len(y)


def gradient(w, X, y):
    """Gradient of `loss` with respect to w, of shape (p,)."""
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return 2 / len(y) * X.T @ residual


def hessian(X):
    """Hessian of `loss`, of shape (p, p); it is the same for all w."""
    return 2 / len(X) * X.T @ X


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
# --8<-- [end:descend]


# --8<-- [start:rates]
def edge_of_stability(H):
    """2 over the largest eigenvalue: from this rate on, descent does not settle.

    The Hessian H, of shape (p, p), is symmetric; `ValueError` unless all its
    eigenvalues are positive.
    """
    eigenvalues = np.linalg.eigvalsh(H)
    if eigenvalues[0] <= 0:
        raise ValueError(f"eigenvalue {eigenvalues[0]:.3g}: no bowl to settle in")
    return 2 / eigenvalues[-1]


def best_rate(H):
    """2 over smallest plus largest eigenvalue: the best `contraction`."""
    eigenvalues = np.linalg.eigvalsh(H)
    return 2 / (eigenvalues[0] + eigenvalues[-1])


def contraction(H, learning_rate):
    """The factor on the distance in the slowest direction, at each step."""
    return np.abs(1 - learning_rate * np.linalg.eigvalsh(H)).max()
# --8<-- [end:rates]


# --8<-- [start:start]
def start():
    """The first guess on this page: 20 marks and 12 marks per hour."""
    return np.array([20.0, 12.0])


def run(learning_rate, steps=30):
    """Descent on the student data from `start()` with this learning rate."""
    X, y = centred_hours()
    return descend(lambda w: gradient(w, X, y), start(), learning_rate, steps)


def four_rates():
    """A learning rate for each behaviour: `{name: rate}`."""
    X, _ = centred_hours()
    edge = edge_of_stability(hessian(X))
    return {
        "crawling": 0.02 * edge,
        "good": best_rate(hessian(X)),
        "oscillating": 0.98 * edge,
        "diverging": 1.03 * edge,
    }
# --8<-- [end:start]


# --8<-- [start:print_rates]
def print_rates():
    """The loss on the way, for each of the four rates."""
    X, y = centred_hours()
    print(f"the edge of stability is {edge_of_stability(hessian(X)):.4f}")
    print("                 rate   loss after 0, 1, 10 and 30 steps (marks²)")
    for name, rate in four_rates().items():
        path = run(rate)
        losses = (loss(path[step], X, y) for step in (0, 1, 10, 30))
        print(f"{name:11}   {rate:.4f}  ", *(f"{height:9.1f}" for height in losses))
# --8<-- [end:print_rates]


# --8<-- [start:four_paths]
def figure_four_paths():
    X, y = centred_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    b, m = np.meshgrid(np.linspace(10, 90, 31), np.linspace(-7, 17, 21))
    height = np.array([[loss(np.array(w), X, y) for w in zip(*row, strict=True)] for row in zip(b, m, strict=True)])
    fig, axes = plt.subplots(2, 2, figsize=(6.6, 3.1), sharex=True, sharey=True)
    for ax, (name, rate) in zip(axes.flat, four_rates().items(), strict=True):
        path = run(rate)
        ax.contour(b, m, height, loss(best, X, y) + 70 * np.arange(1, 6) ** 2, colors="C0", linewidths=1, alpha=0.6)
        ax.plot(*path.T, "o-", color="C2", markersize=3, linewidth=1)
        ax.plot(*start(), "s", color="C2", markersize=7)
        ax.plot(*best, "*", color="C3", markersize=13)
        ax.set(title=f"{name}: {rate:.4f}", xlim=(10, 90), ylim=(-7, 17), aspect="equal")
    fig.supxlabel("intercept (marks)", fontsize="medium")
    fig.supylabel("slope (marks per hour)", fontsize="medium")
    return fig
# --8<-- [end:four_paths]


# --8<-- [start:overshoot]
def figure_overshoot(learning_rate=0.06):
    X, y = centred_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    slopes = np.linspace(-6, 16, 200)
    path = descend(lambda w: gradient(w, X, y), np.array([best[0], 12.0]), learning_rate, 12)
    verdict = "settles" if learning_rate < edge_of_stability(hessian(X)) else "does not settle"
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.6, 3.4))
    left.plot(slopes, [loss(np.array([best[0], m]), X, y) for m in slopes], color="C0")
    left.plot(path[:, 1], [loss(w, X, y) for w in path], "o-", color="C2", markersize=5, linewidth=1.2)
    left.plot(best[1], loss(best, X, y), "*", color="C3", markersize=15)
    left.set(xlabel="slope (marks per hour)", ylabel="loss (marks²)", xlim=(-6, 16), ylim=(0, 1200))
    right.plot(path[:, 1], "o-", color="C2", markersize=5)
    right.axhline(best[1], ls="--", color="C3")
    right.set(xlabel="step", ylabel="slope (marks per hour)", xlim=(-0.5, 12.5), ylim=(-6, 16), xticks=range(0, 13, 3))
    right.set_title(verdict)
    return fig


figure_overshoot.slider = (
    "learning_rate", [0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.11, 0.115, 0.12, 0.125, 0.128, 0.13, 0.132]
)
# --8<-- [end:overshoot]


# --8<-- [start:contraction]
def figure_contraction():
    X, _ = centred_hours()
    H = hessian(X)
    edge, best = edge_of_stability(H), best_rate(H)
    rates = np.linspace(0, 1.15 * edge, 300)
    fig, ax = plt.subplots()
    ax.plot(rates, [contraction(H, rate) for rate in rates], color="C0", label="slowest direction")
    ax.plot(best, contraction(H, best), "*", color="C3", markersize=15, label=f"best fixed rate, {best:.4f}")
    ax.axvline(edge, ls="--", color="C1", label=f"edge of stability, {edge:.4f}")
    ax.axhline(1, color="gray", linewidth=1)
    ax.set(xlabel="learning rate", ylabel="factor on the distance, a step", xlim=(0, rates[-1]), ylim=(0, 1.4))
    ax.legend(loc="lower left")
    return fig
# --8<-- [end:contraction]


# --8<-- [start:loss_rises]
def print_loss_rises():
    """Step by step against the gradient, and uphill all the same."""
    X, y = centred_hours()
    rate = 1.03 * edge_of_stability(hessian(X))
    path = run(rate, steps=60)
    for step in (0, 1, 5, 10, 20, 40, 60):
        height = loss(path[step], X, y)
        slope = path[step][1]
        print(f"step {step:2d}   slope {slope:8.2f} marks/hour   loss {height:8.1f} marks²")
# --8<-- [end:loss_rises]


# --8<-- [start:scales]
def features(centred, scaled):
    """X of shape (40, 3): 1, hours, attendance, the last two as flagged."""
    hours, attendance, _ = students()
    columns = np.column_stack([hours, attendance])
    if centred:
        columns = columns - columns.mean(axis=0)
    if scaled:
        columns = columns / columns.std(axis=0)
    return np.column_stack([np.ones_like(hours), columns])
# --8<-- [end:scales]


# --8<-- [start:scales_printed]
def print_scales():
    """Condition number and edge of stability for hours and attendance together."""
    for name, centred, scaled in (
        ("raw", False, False),
        ("centred", True, False),
        ("scaled", False, True),
        ("standardised", True, True),
    ):
        H = hessian(features(centred, scaled))
        condition, edge = np.linalg.cond(H), edge_of_stability(H)
        print(f"{name:12}  condition number {condition:8.3g}  edge {edge:.2g}")
# --8<-- [end:scales_printed]


# --8<-- [start:steps_to_shrink]
def steps_to_shrink(H, learning_rate, factor):
    """Steps until at most `factor` of the distance is left, in every direction.

    Raises `ValueError` where descent does not settle.
    """
    c = contraction(H, learning_rate)
    if c >= 1:
        raise ValueError(f"rate {learning_rate:g}: the distance does not shrink")
    return int(np.ceil(np.log(factor) / np.log(c))) if c > 0 else 1


def print_steps():
    """Steps until a hundredth of the distance is left, for the four rates."""
    X, _ = centred_hours()
    for name, rate in four_rates().items():
        try:
            print(f"{name:11}   {steps_to_shrink(hessian(X), rate, 0.01):5d} steps")
        except ValueError as error:
            print(f"{name:11}   never: {error}")
# --8<-- [end:steps_to_shrink]


if __name__ == "__main__":
    print_rates()
    print_loss_rises()
    print_scales()
    print_steps()
    figure_four_paths()
    figure_overshoot()
    figure_contraction()
    plt.show()
