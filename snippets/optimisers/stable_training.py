"""Stable training: sharpness that climbs to the edge, warm-up, gradient flow, and batches that are large enough."""

# --8<-- [start:imports]
import functools

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:students]
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


def standardised(column):
    """The column shifted to mean 0 and divided by its standard deviation; shape (n,)."""
    return (column - column.mean()) / column.std()
# --8<-- [end:students]


# --8<-- [start:network]
@functools.cache
def tired_pair():
    """Standardised hours and marks (40,) of the tired students, computed once."""
    hours, _, marks = tired_students()
    return standardised(hours), standardised(marks)


def tired_slope(w):
    """Gradient of the mean-squared error of a small network, of the shape of w, (..., 31).

    w holds ten slopes, ten shifts, ten weights of tanh, and a constant; hours and marks
    of the tired students are standardised. Complex weights give complex steps.
    """
    x, y = tired_pair()
    slopes, shifts, out = (w[..., None, k : k + 10] for k in (0, 10, 20))
    bent = np.tanh(x[:, None] * slopes + shifts)  # (..., 40, 10)
    g = 2 / len(y) * (np.sum(bent * out, axis=-1) + w[..., 30:] - y)[..., None]  # (..., 40, 1)
    back = (1 - bent**2) * g * out
    parts = (x[:, None] * back, back, g * bent, g)
    return np.concatenate([part.sum(axis=-2) for part in parts], axis=-1)


def tired_loss(w):
    """The mean-squared error itself at w (31,), a number; its unit is the variance of the marks."""
    x, y = tired_pair()
    return np.mean((np.tanh(x[:, None] * w[:10] + w[10:20]) @ w[20:30] + w[30] - y) ** 2)


def beginning(scale=0.3, seed=1):
    """Random weights (31,) of ten units; those of the output have this typical size."""
    w = np.random.default_rng(seed).normal(size=31)
    return w * np.concatenate([np.ones(20), np.full(10, scale), [0]])
# --8<-- [end:network]


# --8<-- [start:sharpness]
def hessian_by_steps(gradient, w):
    """The Hessian (p, p) of a loss at w (p,): one complex step of its gradient a column."""
    w = w.reshape(len(w))
    columns = [gradient(w + 1e-20j * e).imag / 1e-20 for e in np.eye(len(w))]
    return np.stack(columns, axis=1)


def sharpness(gradient, w):
    """The largest curvature of a loss at w: the largest eigenvalue of its Hessian."""
    H = hessian_by_steps(gradient, w)
    return np.linalg.eigvalsh((H + H.T) / 2)[-1]
# --8<-- [end:sharpness]


# --8<-- [start:training]
def trained(gradient, w, rate, steps, warm=0):
    """Descent whose rate rises evenly over the first `warm` steps; all points.

    w has the shape (p,), or (runs, p) for several walks at once. A walk stops where a
    weight gets as large as 1000 in size: it has diverged.
    """
    path = [w]
    for step in range(1, steps + 1):
        going = np.max(np.abs(w), axis=-1, keepdims=True) < 1000
        w = np.where(going, w - rate * min(1, step / max(warm, 1)) * gradient(w), w)
        path.append(w)
    return np.array(path)
# --8<-- [end:training]


# --8<-- [start:edge]
def figure_edge(rate=0.05):
    path = trained(tired_slope, beginning(), rate, 400)
    steps = np.arange(0, 401, 8)
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.6))
    left.plot(steps, [sharpness(tired_slope, path[k]) for k in steps], color="C1", label="sharpness")
    left.axhline(2 / rate, color="gray", linestyle="--", label="2 / rate")
    left.set(xlabel="step", ylabel="sharpness", xlim=(0, 400), ylim=(0, 12))
    left.legend(loc="lower right")
    right.semilogy([tired_loss(w) for w in path], color="C2", linewidth=1)
    right.set(xlabel="step", ylabel="mean-squared error (variances)", xlim=(0, 400), ylim=(0.1, 5))
    return fig


figure_edge.slider = ("rate", [0.05, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4])
# --8<-- [end:edge]


# --8<-- [start:warm_up]
def print_warm_up():
    """Twenty random starts with large output weights: which walks live 400 steps after the warm-up."""
    starts = np.array([beginning(1.0, seed) for seed in range(20)])
    sharp = [sharpness(tired_slope, w) for w in starts]
    print(f"sharpness at the start from {min(sharp):.0f} to {max(sharp):.0f}, median {np.median(sharp):.0f}")
    print("rate   2/rate   alive of 20, by steps of warm-up: 0             100             300")
    for rate in (0.2, 0.3):
        ends = [trained(tired_slope, starts, rate, warm + 400, warm)[-1] for warm in (0, 100, 300)]
        alive = [np.sum(np.max(np.abs(w), axis=1) < 1000) for w in ends]
        words = ["all" if n == 20 else "more than 12" if n > 12 else "fewer than 9" if n < 9 else "about half" for n in alive]
        print(f"{rate:4.1f}   {2 / rate:6.1f}   {words[0]:>35}   {words[1]:>13}   {words[2]:>13}")
# --8<-- [end:warm_up]


# --8<-- [start:flow]
def gradient_flow(slope, w, time, parts):
    """Where dw/dt = -slope(w) leads from w (p,) in some time, by the rule of Runge and Kutta."""
    h = time / parts
    for _ in range(parts):
        a = slope(w)
        b = slope(w - h / 2 * a)
        c = slope(w - h / 2 * b)
        d = slope(w - h * c)
        w = w - h / 6 * (a + 2 * b + 2 * c + d)
    return w


def print_flow():
    """Descent for the time 1 = rate x steps: how far from the flow, and from a corrected one."""
    print("  rate   steps   from the flow   from that of f + rate/4 |gradient|²")
    for steps in (50, 100, 200, 400):
        rate = 1 / steps
        end = trained(tired_slope, beginning(), rate, steps)[-1]
        product = lambda w, v: tired_slope(w + 1e-20j * v).imag / 1e-20
        corrected = lambda w, rate=rate: (g := tired_slope(w)) + rate / 2 * product(w, g)
        away = [np.linalg.norm(end - gradient_flow(slope, beginning(), 1, 100)) for slope in (tired_slope, corrected)]
        print(f"{rate:6.4f}   {steps:5d}   {away[0]:13.6f}   {away[1]:35.8f}")
# --8<-- [end:flow]


# --8<-- [start:line]
def centred_line():
    """X (40, 2): 1 and hours minus their mean, of the tired students; y, the marks."""
    hours, _, marks = tired_students()
    return np.column_stack([np.ones_like(hours), hours - hours.mean()]), marks


def line_gradients(w):
    """The gradient of each student's squared error, (40, 2), for the line w (2,)."""
    X, y = centred_line()
    return 2 * (X @ w - y)[:, None] * X


def line_hessian():
    """The Hessian of their mean, (2, 2)."""
    X, _ = centred_line()
    return 2 / len(X) * X.T @ X
# --8<-- [end:line]


# --8<-- [start:critical]
def critical_batch(gradients, H):
    """The batch at which noise costs as much as curvature: tr(H C) / g'Hg.

    gradients (n, p), one of each example; g is their mean, C their covariance; H is
    the Hessian (p, p) of the mean loss. For draws with replacement. Source: McCandlish
    and others, 2018.
    """
    g = gradients.mean(axis=0)
    away = gradients - g
    return np.trace(H @ away.T @ away) / len(away) / (g @ H @ g)


def expected_fall(gradients, H, rate, size):
    """How much a step with a batch of that size lowers a quadratic loss, on average."""
    g = gradients.mean(axis=0)
    curved = (g @ H @ g) * (1 + critical_batch(gradients, H) / size)
    return rate * (g @ g) - rate**2 / 2 * curved
# --8<-- [end:critical]


# --8<-- [start:batches]
def figure_batches():
    X, y = centred_line()
    H, best = line_hessian(), np.linalg.lstsq(X, y, rcond=None)[0]
    sizes = np.geomspace(1, 4096, 49)
    fig, ax = plt.subplots()
    for left, style in ((1.0, "-"), (0.1, "--"), (0.02, ":")):
        gradients = line_gradients((1 - left) * best)
        critical = critical_batch(gradients, H)
        ax.semilogx(sizes, 1 / (1 + critical / sizes), style, color="C0", label=f"{left:.0%} of the way left")
        ax.plot(critical, 0.5, "o", color="C2")
    ax.set(xlabel="students in the batch", ylabel="best fall of one step, as a share", xlim=(1, 4096), ylim=(0, 1.02))
    ax.legend(loc="upper left")
    return fig
# --8<-- [end:batches]


# --8<-- [start:batches_printed]
def print_batches():
    """One step from four places on the way to the best line: what batches can gain."""
    X, y = centred_line()
    H, best = line_hessian(), np.linalg.lstsq(X, y, rcond=None)[0]
    print("way left   critical batch   best rate: 1 student   exact   best fall: 1 student     exact (marks²)")
    for left in (1.0, 0.3, 0.1, 0.02):
        gradients = line_gradients((1 - left) * best)
        g = gradients.mean(axis=0)
        rates = [g @ g / (g @ H @ g) / (1 + critical_batch(gradients, H) / size) for size in (1, np.inf)]
        falls = [expected_fall(gradients, H, rate, size) for rate, size in zip(rates, (1, np.inf), strict=True)]
        print(f"{left:8.0%}   {critical_batch(gradients, H):14.1f}   {rates[0]:20.4f}   {rates[1]:5.3f}   {falls[0]:20.5f}   {falls[1]:9.2f}")
# --8<-- [end:batches_printed]


# --8<-- [start:typo]
def clipped(gradient, longest):
    """The gradient, shortened to that length if it is longer; its direction stays.

    Raises `ValueError` unless `longest` is positive.

    >>> print(clipped(np.array([30.0, 40.0]), longest=5.0))
    [3. 4.]
    """
    if not longest > 0:
        raise ValueError(f"longest = {longest}: it must be positive")
    return gradient * min(1.0, longest / max(np.linalg.norm(gradient), 1e-300))


def print_typo():
    """One walk past the students, each once, at rate 0.02; one mark is typed with two zeros more."""
    X, y = centred_line()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    wrong = y.copy()
    wrong[30] = 100 * y[30]
    print("marks     clipped at   distance from the best line: before it   after it   at the end")
    for name, marks, longest in (("right", y, np.inf), ("one wrong", wrong, np.inf), ("one wrong", wrong, 300.0), ("right", y, 300.0)):
        w, away = np.zeros(2), []
        for x, mark in zip(X, marks, strict=True):
            w = w - 0.02 * clipped(2 * (x @ w - mark) * x, longest)
            away.append(np.linalg.norm(w - best))
        limit = "never" if longest == np.inf else f"{longest:.0f}"
        print(f"{name:9}   {limit:>8}   {away[29]:38.2f}   {away[30]:8.2f}   {away[-1]:10.2f}")
# --8<-- [end:typo]


if __name__ == "__main__":
    print_warm_up()
    print_flow()
    print_batches()
    print_typo()
    figure_edge()
    figure_batches()
    plt.show()
