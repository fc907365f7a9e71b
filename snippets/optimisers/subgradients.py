"""Subgradients: slopes at a kink, steps that shrink, and weights that are exactly zero."""

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


def standardised(column):
    """The column shifted to mean 0 and divided by its standard deviation; shape (n,)."""
    return (column - column.mean()) / column.std()


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
# --8<-- [end:students]


# --8<-- [start:fan]
def figure_fan(slope=0.0):
    w = np.array([-2.0, 0.0, 2.0])
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 3.4), sharey=True)
    for ax, f, name in zip(axes, (np.abs(w), np.maximum(0, w)), ("|w|", "max(0, w)"), strict=True):
        below = np.all(slope * w <= f + 1e-12)
        ax.plot(w, f, color="C0")
        ax.plot(w, slope * w, "-" if below else "--", color="C1")
        ax.set_title(f"slope {slope:g}: " + ("nowhere above" if below else "cuts the graph"), fontsize="medium")
        ax.set(xlabel="w", ylabel=name, xlim=(-2, 2), ylim=(-2, 2), aspect="equal")
    return fig


figure_fan.slider = ("slope", [-1.5, -1, -0.5, 0, 0.5, 1, 1.5])
# --8<-- [end:fan]


# --8<-- [start:shrinking]
def descend_shrinking(slope, w, first, steps):
    """As `descend`, with the rate first / sqrt(k) at the step k = 1, 2, ..."""
    path = [w]
    for k in range(1, steps + 1):
        w = w - first / np.sqrt(k) * slope(w)
        path.append(w)
    return np.array(path)
# --8<-- [end:shrinking]


# --8<-- [start:promised]
def promised_kinked(G, distance, steps):
    """Loss above the least that the best of the first `steps` points cannot exceed.

    For a convex loss whose subgradients are no longer than G, at the fixed rate
    distance / (G sqrt(steps)); distance is that of the start from a minimum.
    """
    return G * distance / np.sqrt(steps)
# --8<-- [end:promised]


# --8<-- [start:hovering]
def print_hovering():
    """The largest distance from the minimum, from the last tenth of the steps on."""
    start, steps = np.array([1.0]), 1000
    walks = (
        descend(np.sign, start, 0.3, steps),
        descend(np.sign, start, 0.03, steps),
        descend_shrinking(np.sign, start, 0.3, steps),
        descend(lambda w: w, start, 0.3, steps),
    )
    print(" steps   |w|: rate 0.3     0.03   0.3/sqrt(k)   w²/2: rate 0.3")
    for k in (10, 100, 1000):
        *kinks, bowl = (np.max(np.abs(path[k - k // 10 : k + 1])) for path in walks)
        print(f"{k:6d}   {kinks[0]:13.4f}   {kinks[1]:6.4f}   {kinks[2]:11.4f}   ", end="")
        print(f"{bowl:14.4f}" if bowl > 1e-4 else "  below 0.0001")
# --8<-- [end:hovering]


# --8<-- [start:absolute]
def centred_hours():
    """X of shape (40, 2): 1 and hours minus their mean; y, the marks."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours - hours.mean()]), marks


def mean_distance(w):
    """Mean absolute residual of the line w (2,), in marks; w may have more axes before."""
    X, y = centred_hours()
    return np.mean(np.abs(w @ X.T - y), axis=-1)


def mean_distance_slope(w):
    """A subgradient of `mean_distance`, (2,): at a kink the slope of that residual is 0."""
    X, y = centred_hours()
    return X.T @ np.sign((X @ w - y).reshape(len(y))) / len(y)


def nearest_line():
    """A line, (2,), with the least `mean_distance`: some best one goes through two points."""
    X, y = centred_hours()
    i, j = np.triu_indices(len(y), 1)
    lines = np.linalg.solve(np.stack([X[i], X[j]], axis=1), np.stack([y[i], y[j]], axis=1)[..., None])[..., 0]
    return lines[np.argmin(mean_distance(lines))]
# --8<-- [end:absolute]


# --8<-- [start:absolute_drawn]
def figure_absolute():
    best, steps = nearest_line(), np.unique(np.geomspace(1, 4096, 100).astype(int))
    far, G = np.linalg.norm(best), np.mean(np.linalg.norm(centred_hours()[0], axis=1))
    above = lambda rate, k: mean_distance(descend(mean_distance_slope, np.zeros(2), rate, k)) - mean_distance(best)
    fig, ax = plt.subplots()
    ax.loglog(steps, promised_kinked(G, far, steps), ":", color="gray", label="promised for the best point")
    for rate, style in ((4, "-."), (0.4, "-")):
        ax.loglog(steps, above(rate, 4096)[steps], style, color="C1", linewidth=1, label=f"rate {rate}")
    ends = np.array([16, 64, 256, 1024, 4096])
    bests = [np.min(above(far / (G * np.sqrt(k)), k)[:-1]) for k in ends]
    ax.loglog(ends, bests, "o", color="C2", label="rate for so many steps, best point")
    ax.set(xlabel="steps", ylabel="loss above the least (marks)", xlim=(1, 5000))
    ax.legend(loc="lower left", fontsize=8)
    return fig
# --8<-- [end:absolute_drawn]


# --8<-- [start:threshold]
def soft_threshold(a, shrink):
    """The w with the least (w - a)²/2 + shrink |w|, for shrink >= 0; a may be an array.

    a moved towards 0 by shrink, and 0 if the size of a is at most shrink.
    """
    return np.sign(a) * np.maximum(np.abs(a) - shrink, 0)
# --8<-- [end:threshold]


# --8<-- [start:threshold_drawn]
def figure_threshold(penalty=0.0):
    w = np.linspace(-2, 5, 71)
    best = soft_threshold(3.0, penalty)
    loss = lambda w: (w - 3) ** 2 / 2 + penalty * np.abs(w)
    fig, ax = plt.subplots()
    ax.plot(w, loss(w), color="C0", label="bowl and penalty")
    ax.plot(w, (w - 3) ** 2 / 2, ":", color="gray", label="the bowl alone")
    ax.plot(best, loss(best), "*", color="C3", markersize=15)
    ax.set(xlabel="w", ylabel="loss", xlim=(-2, 5), ylim=(0, 14))
    ax.legend(loc="upper right")
    ax.set_title(f"penalty {penalty:g} |w|: best at {best + 0.0:g}", fontsize="medium")
    return fig


figure_threshold.slider = ("penalty", [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4])
# --8<-- [end:threshold_drawn]


# --8<-- [start:features]
def three_features():
    """X (40, 3): standardised hours, attendance, lottery numbers; y, marks less their mean."""
    hours, attendance, marks = students()
    lottery = np.random.default_rng(2).uniform(0, 100, len(marks))
    return np.stack([standardised(c) for c in (hours, attendance, lottery)], axis=1), marks - marks.mean()


def squares_slope(w):
    """Gradient (3,) in marks of the mean-squared error on `three_features`."""
    X, y = three_features()
    return 2 / len(y) * X.T @ (X @ w - y).reshape(len(y))
# --8<-- [end:features]


# --8<-- [start:proximal]
def proximal(slope, w, L, penalty, steps):
    """Descent on a smooth loss plus penalty times the sum of |w|: step, then shrink.

    slope is the gradient of the smooth part alone, L a bound on its curvature;
    w has the shape (p,), the result (steps + 1, p).
    """
    path = [w]
    for _ in range(steps):
        w = soft_threshold(w - slope(w) / L, penalty / L)
        path.append(w)
    return np.array(path)
# --8<-- [end:proximal]


# --8<-- [start:zeros]
def print_zeros():
    """Best weights of the three features, in marks per deviation, by penalty."""
    X, y = three_features()
    L = 2 * np.linalg.eigvalsh(X.T @ X / len(y))[-1]
    print("penalty   hours   attendance   lottery numbers")
    for penalty in (0, 1, 3, 10, 20, 40):
        w = proximal(squares_slope, np.zeros(3), L, penalty, 200)[-1] + 0.0
        print(f"{penalty:7d}   {w[0]:5.2f}   {w[1]:10.2f}   {w[2]:15.2f}")
# --8<-- [end:zeros]


# --8<-- [start:two_ways]
def print_two_ways():
    """At a penalty of 3: the weight of the lottery numbers, by subgradients and by shrinking."""
    X, y = three_features()
    L = 2 * np.linalg.eigvalsh(X.T @ X / len(y))[-1]
    slope = lambda w: squares_slope(w) + 3 * np.sign(w)
    walks = descend_shrinking(slope, np.ones(3), 1 / L, 1000), proximal(squares_slope, np.ones(3), L, 3, 1000)
    print("steps   subgradients, 1/sqrt(k)   step, then shrink")
    for k in (3, 10, 100, 1000):
        print(f"{k:5d}   {walks[0][k, 2]:23.5f}   {walks[1][k, 2] + 0.0:17.5f}")
# --8<-- [end:two_ways]


# --8<-- [start:uphill]
def print_uphill():
    """A step from (1, 0) against (1, 2), one subgradient of |x| + 2 |y| there."""
    print("rate     the loss becomes   distance from the minimum")
    for rate in (0, 0.001, 0.01, 0.1):
        x, y = 1 - rate, -2 * rate
        print(f"{rate:<5g}    {abs(x) + 2 * abs(y):16.3f}   {np.hypot(x, y):25.3f}")
# --8<-- [end:uphill]


# --8<-- [start:convention]
def relu_slope(x):
    """Slope of max(0, x), with 0 at the kink, as libraries have it."""
    return 1.0 if x > 0 else 0.0


def print_convention():
    """max(0, x) - max(0, -x) is x: its slope by the chain rule, piece by piece."""
    for x in (-1.0, 0.0, 1.0):
        value = max(0.0, x) - max(0.0, -x)
        print(f"x {x:4.1f}   value {value:4.1f}   slope {relu_slope(x) + relu_slope(-x):3.1f}")
# --8<-- [end:convention]


# --8<-- [start:all_zero]
def smallest_that_clears(slope, p):
    """The least penalty at which all p weights are 0: the largest slope at 0, in size.

    slope is the gradient of a smooth convex loss without the penalty.
    """
    return np.max(np.abs(slope(np.zeros(p))))


def print_all_zero():
    """That penalty for the three features, in marks, and the weights on both sides of it."""
    X, y = three_features()
    L = 2 * np.linalg.eigvalsh(X.T @ X / len(y))[-1]
    edge = smallest_that_clears(squares_slope, 3)
    print(f"slopes at zero weights {np.round(squares_slope(np.zeros(3)), 2)}, so all are zero from {edge:.2f} on")
    for penalty in (0.99 * edge, 1.01 * edge):
        w = proximal(squares_slope, np.zeros(3), L, penalty, 200)[-1] + 0.0
        print(f"penalty {penalty:5.2f}: hours {w[0]:.2f}, attendance {w[1]:.2f}, lottery {w[2]:.2f}")
# --8<-- [end:all_zero]


if __name__ == "__main__":
    print_hovering()
    print_zeros()
    print_two_ways()
    print_uphill()
    print_convention()
    print_all_zero()
    figure_fan()
    figure_absolute()
    figure_threshold()
    plt.show()
