"""Normalisation and residual connections: slopes that lose two directions, and slopes that can pass by."""

# --8<-- [start:imports]
from math import comb

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:normalise]
def normalise(X, axis, tiny=0.0):
    """X shifted to mean 0 and divided by its spread along an axis, and the spread.

    For X (students, units), axis 0 is batch and axis 1 layer normalisation. `tiny` is
    added to the variance, so that a constant is divided by no zero.
    """
    s = np.sqrt(X.var(axis=axis, keepdims=True) + tiny)
    return (X - X.mean(axis=axis, keepdims=True)) / s, s


def normalise_back(Y, s, G, axis):
    """From slopes G by Y, as `normalise` gave Y and s, those by X; in the shape of Y."""
    mean = lambda A: A.mean(axis=axis, keepdims=True)
    return (G - mean(G) - Y * mean(G * Y)) / s
# --8<-- [end:normalise]


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


def standardised(column):
    """The column shifted to mean 0 and divided by its standard deviation; shape (n,)."""
    return (column - column.mean()) / column.std()


def graded():
    """Hours and attendance, standardised, (40, 2), and standardised marks, (40,)."""
    hours, attendance, marks = students()
    return np.column_stack([standardised(hours), standardised(attendance)]), standardised(marks)
# --8<-- [end:students]


# --8<-- [start:rays]
def ray_loss(w):
    """Mean-squared error of normalised predictions X w against standardised marks; w (2,)."""
    X, marks = graded()
    return np.mean((normalise(X @ w.reshape(2), 0)[0] - marks) ** 2)


def ray_gradient(w):
    """Gradient (2,) of `ray_loss`, back through the normalisation."""
    X, marks = graded()
    y, s = normalise(X @ w.reshape(2), 0)
    return X.T @ normalise_back(y, s, 2 / 40 * (y - marks), 0)


def ray_path(rate, steps):
    """Descent on `ray_loss` from the weights (-0.8, 0.5): all points, (steps + 1, 2)."""
    path = [np.array([-0.8, 0.5])]
    for _ in range(steps):
        path.append(path[-1] - rate * ray_gradient(path[-1]))
    return np.array(path)
# --8<-- [end:rays]


# --8<-- [start:rays_figure]
def figure_rays(rate=0.1):
    path = ray_path(rate, 30)
    fig, ax = plt.subplots()
    X, marks = graded()
    a, b = np.meshgrid(np.linspace(-2, 4, 121), np.linspace(-2, 4, 120))  # not both through 0
    told, _ = normalise(X @ np.stack([a.ravel(), b.ravel()]), 0)  # (40, points)
    heights = np.mean((told - marks[:, None]) ** 2, axis=0).reshape(a.shape)
    ax.contour(a, b, heights, levels=[0.1, 0.3, 0.7, 1.2, 1.8, 2.6, 3.4], colors="C0", linewidths=0.8)
    ax.plot(*path.T, "o-", color="C2", markersize=4, linewidth=1)
    ax.plot(*path[0], "s", color="C2", markersize=7)
    ax.plot(0, 0, "+", color="gray")
    ax.set(xlabel="weight of hours", ylabel="weight of attendance", xlim=(-2, 4), ylim=(-2, 4), aspect="equal")
    ax.set_title(f"after 30 steps: length {np.hypot(*path[-1]):.2f}, loss {ray_loss(path[-1]):.3f}", fontsize="medium")
    return fig


figure_rays.slider = ("rate", [0.1, 0.3, 1, 2, 3])
# --8<-- [end:rays_figure]


# --8<-- [start:large_rates]
def print_large_rates():
    """Descent with and without normalisation: length of the weights, and loss (no unit)."""
    X, marks = graded()
    lowest = np.mean((X @ np.linalg.lstsq(X, marks, rcond=None)[0] - marks) ** 2)
    print("  rate   length after 1 step   loss: 1 step   10 steps   1000 steps   without: 1000 steps")
    for rate in (0.1, 1, 10, 100):
        path, w = ray_path(rate, 1000), np.array([-0.8, 0.5])
        for _ in range(1000):
            w = w - rate * 2 / 40 * X.T @ (X @ w - marks)
            if np.abs(w).max() > 1e6:
                break
        plain = np.mean((X @ w - marks) ** 2)
        losses = [ray_loss(path[k]) for k in (1, 10, 1000)]
        told = "at the bottom" if plain < lowest + 1e-6 else "beyond a million" if plain > 1e6 else "elsewhere"
        print(f"{rate:6g}   {np.hypot(*path[1]):19.1f}   {losses[0]:12.3f}   {losses[1]:8.3f}   {losses[2]:10.3f}   {told:>19}")
# --8<-- [end:large_rates]


# --8<-- [start:deep]
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


def tired_batch():
    """X (40, 2) and Y (40, 1), standardised, and the variance of the marks."""
    columns = np.column_stack(tired_students())
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return scaled[:, :2], scaled[:, 2:], columns[:, 2].var()


def tower(depth, width=16, seed=0):
    """Matrices, one in, (2, width), `depth` blocks, (width, width), one out, and biases.

    The variances are 1 / (2 inputs), half of Xavier's in the blocks; the biases are zero, (width,) each.
    """
    rng = np.random.default_rng(seed)
    sizes = [2, *[width] * (depth + 1), 1]
    matrices = [rng.normal(0, np.sqrt(0.5 / p), (p, m)) for p, m in zip(sizes, sizes[1:], strict=False)]
    return matrices, [np.zeros(width) for _ in range(depth)]
# --8<-- [end:deep]


# --8<-- [start:blocks]
def tower_gradients(matrices, biases, X, Y, skip, norm):
    """Mean-squared error of a tower of blocks, and its gradients by matrices and biases.

    A block takes H (n, m) to f = tanh(N W + b), where N is H or, with norm, H normalised;
    with skip it hands on H + f / √blocks, without it f. X (n, p), Y (n, 1).
    """
    root = np.sqrt(len(biases)) if skip else 1.0
    H, kept = X @ matrices[0], []
    for W, b in zip(matrices[1:-1], biases, strict=True):
        N, s = normalise(H, 0, 1e-5) if norm else (H, 1.0)
        f = np.tanh(N @ W + b)
        kept.append((N, s, f))
        H = skip * H + f / root
    residual = H @ matrices[-1] - Y
    G = 2 / Y.size * residual  # (n, 1): slopes by the predictions
    by_W, by_b, G = [H.T @ G], [], G @ matrices[-1].T  # from here on G is by H, (n, m)
    for W, (N, s, f) in zip(matrices[-2:0:-1], kept[::-1], strict=True):
        inner = G / root * (1 - f**2)  # by N W + b
        by_W.append(N.T @ inner)
        by_b.append(inner.sum(axis=0))
        back = normalise_back(N, s, inner @ W.T, 0) if norm else inner @ W.T
        G = skip * G + back
    return np.mean(residual**2), [X.T @ G, *by_W[::-1]], by_b[::-1]
# --8<-- [end:blocks]


# --8<-- [start:train]
KINDS = {"plain": (False, False), "normalised": (False, True), "residual": (True, False), "both": (True, True)}


def train_tower(depth, kind, steps=300):
    """Loss in marks² by step of descent on the tired students, the start included: (steps + 1,)."""
    X, Y, variance = tired_batch()
    (matrices, biases), losses = tower(depth), []
    for _ in range(steps + 1):
        loss, by_W, by_b = tower_gradients(matrices, biases, X, Y, *KINDS[kind])
        losses.append(variance * loss)
        matrices = [W - 0.03 * G for W, G in zip(matrices, by_W, strict=True)]
        biases = [b - 0.03 * g for b, g in zip(biases, by_b, strict=True)]
    return np.array(losses)
# --8<-- [end:train]


# --8<-- [start:depth]
def figure_depth(blocks=2):
    fig, ax = plt.subplots()
    for kind, line in (("plain", "--"), ("residual", "-")):
        ax.plot(train_tower(blocks, kind), line, label=kind, linewidth=1.8)
    ax.axhline(tired_batch()[2], color="gray", linewidth=0.8)
    ax.set(xlabel="step", ylabel="loss (marks²)", xlim=(0, 300), ylim=(0, 320))
    ax.legend(loc="upper right")
    return fig


figure_depth.slider = ("blocks", [2, 5, 10, 20, 40])


def print_depth():
    """How much of the marks' variance is explained at the best of the steps 80 to 120."""
    variance = tired_batch()[2]
    print("blocks" + "".join(f"   {kind:>14}" for kind in KINDS))
    for depth in (2, 10, 40):
        shares = [1 - train_tower(depth, kind, 120)[80:].min() / variance for kind in KINDS]
        words = ["nothing" if share < 0.05 else "more than half" if share > 0.5 else "less than half" for share in shares]
        print(f"{depth:6d}" + "".join(f"   {word:>14}" for word in words))
# --8<-- [end:depth]


# --8<-- [start:by_length]
def slopes_by_length(jacobians, g):
    """What the paths through 0, 1, …, L of the L layers carry: J_1' … J_L' g, (L + 1, m).

    Each layer is h + f(h), where f has the Jacobian (m, m). Row k is the sum over all
    ways to choose k layers, in their order; all rows together are the slope, g (m,).
    """
    rows = np.zeros((len(jacobians) + 1, len(g)))
    rows[0] = g
    for J in jacobians[::-1]:
        rows[1:] += rows[:-1] @ J
    return rows


def print_lengths():
    """Twenty layers: how many paths pass through k of them, and their share of the mean square."""
    rng = np.random.default_rng(0)
    squares = np.zeros(21)
    for _ in range(200):
        jacobians = rng.normal(0, np.sqrt(1 / 16 / 20), (20, 16, 16))
        squares += np.sum(slopes_by_length(jacobians, rng.normal(0, 1, 16)) ** 2, axis=1)
    print("through     paths   predicted share   measured share")
    for k in (0, 1, 2, 3, 4, 5, 10):
        predicted = comb(20, k) / 20**k / (1 + 1 / 20) ** 20
        print(f"{k:7d}   {comb(20, k):7,d}   {predicted:15.1%}   {squares[k] / squares.sum():14.1%}")
# --8<-- [end:by_length]


# --8<-- [start:company]
def print_company():
    """One student, 9 hours and 80 %: the marks predicted, by who else is in the batch."""
    hours, attendance, marks = students()
    X, _ = graded()
    w = ray_path(0.1, 1000)[-1]
    scaled = lambda h, a: np.array([(h - hours.mean()) / hours.std(), (a - attendance.mean()) / attendance.std()])
    student, weaker, stronger = scaled(9, 80), scaled(4, 60), scaled(10, 100)
    told = lambda y: f"{marks.mean() + marks.std() * y:5.1f}"
    batches = {"alone": [student], "with one who studied 4 hours": [student, weaker]}
    batches |= {"with one who studied 10 hours": [student, stronger], "with the 40": [student, *X]}
    for name, batch in batches.items():
        print(f"{name:30} {told(normalise(np.array(batch) @ w, 0, 1e-5)[0][0])}")
    z = X @ w
    print(f"{'mean and spread kept from 40':30} {told((student @ w - z.mean()) / z.std())}")
# --8<-- [end:company]


# --8<-- [start:constants]
def print_constants():
    """Descent with the right slope, and with mean and spread taken as constants: length and loss."""
    X, marks = graded()
    print(" step   right: length   loss    as constants: length   loss")
    right, wrong = np.array([-0.8, 0.5]), np.array([-0.8, 0.5])
    for step in range(121):
        if step in (0, 10, 26, 27, 105, 106, 120):
            print(f"{step:5d}   {np.hypot(*right):13.3f}   {ray_loss(right):4.2f}", end="")
            print(f"{np.hypot(*wrong):24.3f}   {ray_loss(wrong):4.2f}")
        y, s = normalise(X @ wrong, 0)
        right, wrong = right - 0.1 * ray_gradient(right), wrong - 0.1 * X.T @ (2 / 40 * (y - marks)) / s
# --8<-- [end:constants]


# --8<-- [start:decay]
def print_balance():
    """Steps of length rate / |w| at right angles to w (2,), and decay: the length |w|."""
    rate, decay = 0.2, 0.01
    print(f"predicted: {(rate / (2 * decay)) ** 0.25:.2f}")
    for start in (0.1, 1.0, 10.0):
        w, lengths = np.array([start, 0.0]), [start]
        for _ in range(3000):
            side = np.array([-w[1], w[0]]) / np.hypot(*w)
            w = (1 - rate * decay) * w - rate * side / np.hypot(*w)
            lengths.append(np.hypot(*w))
        print(f"from {start:4g}: " + ", ".join(f"{lengths[k]:.2f} after {k}" for k in (1, 10, 100, 1000, 3000)))
# --8<-- [end:decay]


if __name__ == "__main__":
    print_large_rates()
    print_depth()
    print_lengths()
    print_company()
    print_constants()
    print_balance()
    figure_rays()
    figure_depth()
    plt.show()
