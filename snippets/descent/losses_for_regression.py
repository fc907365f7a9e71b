"""Losses for regression: squared, absolute and Huber, and what one wrong mark does to each."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:losses]
def squared(r):
    """Square of the residual r, in marks²: no half."""
    return r**2


def squared_slope(r):
    """Derivative of `squared`, in marks² per mark: twice the residual."""
    return 2.0 * r


def absolute(r):
    """Size of the residual r, in marks."""
    return np.abs(r)


def absolute_slope(r):
    """Derivative of `absolute`, a pure number: the sign of r.

    At the corner r = 0 there is no derivative; by convention the result is 0.
    """
    return np.sign(r)


def huber(r, delta):
    """Square up to delta marks, a straight line beyond, in marks².

    The line is 2 delta |r| - delta². No half, as in `squared`. Raises
    `ValueError` unless delta is positive.

    >>> print(huber(np.array([1.0, -3.0]), delta=2.0))
    [1. 8.]
    """
    if not delta > 0:
        raise ValueError(f"delta = {delta}: it must be positive")
    return np.where(np.abs(r) <= delta, r**2, 2 * delta * np.abs(r) - delta**2)


def huber_slope(r, delta):
    """Derivative of `huber`: twice r, cut off at plus and minus 2 delta."""
    return 2 * np.clip(r, -delta, delta)
# --8<-- [end:losses]


# --8<-- [start:residual_losses]
def figure_residual_losses(delta=5.0):
    r = np.linspace(-20, 20, 161)
    fig, (top, bottom) = plt.subplots(2, sharex=True, figsize=(6.4, 5.4))
    top.plot(r, squared(r), ":", color="C0", label="squared (marks²)")
    top.plot(r, absolute(r), "--", color="C0", label="absolute (marks)")
    top.plot(r, huber(r, delta), color="C0", label="Huber (marks²)")
    bottom.plot(r, squared_slope(r), ":", color="C1")
    bottom.plot(r[r < 0], absolute_slope(r[r < 0]), "--", color="C1")
    bottom.plot(r[r > 0], absolute_slope(r[r > 0]), "--", color="C1")
    bottom.plot(r, huber_slope(r, delta), color="C1")
    for ax in (top, bottom):
        for edge in (-delta, delta):
            ax.axvline(edge, color="gray", linewidth=1)
    top.set(ylabel="loss", ylim=(0, 210))
    top.legend(loc="upper center")
    bottom.set(xlabel="residual (marks)", ylabel="slope of the loss", xlim=(-20, 20), ylim=(-32, 32))
    return fig


figure_residual_losses.slider = ("delta", [1, 2, 3, 4, 5, 7, 9, 12, 15], "marks")
# --8<-- [end:residual_losses]


# --8<-- [start:centres]
def best_constant(slope, y):
    """The one number that all predictions should be: where the mean slope is 0.

    The mean of slope(c - y) over the data y, of shape (n,), never falls as c grows.
    So 60 halvings of the interval from min(y) to max(y) find where it changes sign.
    """
    low, high = y.min(), y.max()
    for _ in range(60):
        middle = (low + high) / 2
        if np.mean(slope(middle - y)) < 0:
            low = middle
        else:
            high = middle
    return high
# --8<-- [end:centres]


# --8<-- [start:centres_printed]
def print_centres():
    """The best constant for five marks, before and after one is typed wrongly."""
    print("marks                 squared  absolute  Huber (delta = 5)")
    for y in (np.array([58.0, 61, 64, 66, 71]), np.array([58.0, 61, 64, 66, 0])):
        slopes = (squared_slope, absolute_slope, lambda r: huber_slope(r, 5.0))
        best = [best_constant(slope, y) for slope in slopes]
        print(f"{y}   {best[0]:9.2f} {best[1]:9.2f} {best[2]:9.2f}")
# --8<-- [end:centres_printed]


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


# --8<-- [start:fit_before]
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
# --8<-- [end:fit_before]


# --8<-- [start:fit]
def fit_huber(X, y, delta, steps=2000):
    """The weights with the smallest mean Huber loss, of shape (p,).

    Descent from zero. The rate, 1 over the largest curvature of the squared loss,
    is safe: the Huber loss curves nowhere more than that.
    """
    rate = 1 / np.linalg.eigvalsh(2 / len(y) * X.T @ X).max()
    gradient = lambda w: X.T @ huber_slope(X @ w - y, delta) / len(y)
    path = descend(gradient, np.zeros(X.shape[1]), rate, steps)
    return path[-1]


def fit_absolute(X, y):
    """The line, of shape (2,), with the smallest mean absolute residual.

    Some best line goes through at least two of the points, so trying all pairs
    of the n points finds it. X has shape (n, 2).
    """
    best, least = None, np.inf
    for i in range(len(y)):
        for j in range(i):
            if X[i, 1] != X[j, 1]:
                w = np.linalg.solve(X[[i, j]], y[[i, j]])
                height = np.mean(absolute(X @ w - y))
                if height < least:
                    best, least = w, height
    return best


def with_wrong_mark():
    """The students' X and y, the mark of the most studious one typed as 0."""
    X, y = centred_hours()
    y = y.copy()
    y[X[:, 1].argmax()] = 0
    return X, y


def fits(X, y):
    """The best line for each loss: `{name: weights}`."""
    return {
        "squared": np.linalg.lstsq(X, y, rcond=None)[0],
        "absolute": fit_absolute(X, y),
        "Huber": fit_huber(X, y, delta=5.0),
    }
# --8<-- [end:fit]


# --8<-- [start:fit_printed]
def print_fits():
    """Slope of each line, in marks per hour, without and with the wrong mark."""
    right, wrong = fits(*centred_hours()), fits(*with_wrong_mark())
    print("loss        slope   slope with the wrong mark (marks per hour)")
    for name in right:
        print(f"{name:9}   {right[name][1]:5.2f}   {wrong[name][1]:5.2f}")
# --8<-- [end:fit_printed]


# --8<-- [start:wrong_mark]
def figure_wrong_mark():
    X, y = with_wrong_mark()
    hours = students()[0]
    ends = np.array([0.0, 10.0])
    fig, ax = plt.subplots()
    ax.plot(hours, y, "o", color="gray", markersize=4)
    ax.plot(hours[y == 0], y[y == 0], "X", color="gray", markersize=11, label="typed as 0")
    for style, (name, w) in zip((":", "--", "-"), fits(X, y).items(), strict=True):
        ax.plot(ends, w[0] + w[1] * (ends - hours.mean()), style, color="C0", label=f"{name} loss")
    w = np.linalg.lstsq(*centred_hours(), rcond=None)[0]
    ax.plot(ends, w[0] + w[1] * (ends - hours.mean()), "-.", color="C3", label="squared loss, all marks right")
    ax.set(xlabel="hours studied", ylabel="marks", xlim=(0, 10.3), ylim=(-5, 100))
    ax.legend(loc="lower center", fontsize="small")
    return fig
# --8<-- [end:wrong_mark]


# --8<-- [start:likelihood]
def gaussian_surprise(r, sigma):
    """-ln of the Gaussian density at r, for noise of standard deviation sigma."""
    return r**2 / (2 * sigma**2) + np.log(sigma * np.sqrt(2 * np.pi))


def laplace_surprise(r, b):
    """-ln of the Laplace density at r; b is the mean size of the noise."""
    return np.abs(r) / b + np.log(2 * b)
# --8<-- [end:likelihood]


# --8<-- [start:likelihood_printed]
def print_likelihood():
    """For two lines: the loss, and -ln of the likelihood of all 40 marks."""
    X, y = centred_hours()
    print("slope (marks/hour)   squared (marks²)   Gaussian   absolute (marks)   Laplace")
    rows = []
    for slope in (5.0, 4.0):
        r = X @ np.array([y.mean(), slope]) - y
        surprises = gaussian_surprise(r, 5.0).sum(), laplace_surprise(r, 4.0).sum()
        rows.append([squared(r).sum(), surprises[0], absolute(r).sum(), surprises[1]])
    rows.append(np.subtract(rows[1], rows[0]))
    for name, (a, b, c, d) in zip(("5.0", "4.0", "difference"), rows, strict=True):
        print(f"{name:>18}   {a:16.2f}   {b:8.2f}   {c:16.2f}   {d:7.2f}")
# --8<-- [end:likelihood_printed]


# --8<-- [start:factors]
def print_factors_in_front():
    """Three losses with one minimum: what they do with the same learning rate."""
    X, y = centred_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    print("in front   largest stable rate   slope (marks/hour) after 1, 2, 50 steps at 0.1")
    for name, factor in (("1/n", 1 / len(y)), ("1/(2n)", 0.5 / len(y)), ("1", 1.0)):
        edge = 2 / np.linalg.eigvalsh(2 * factor * X.T @ X).max()
        path = descend(lambda w, c=factor: c * X.T @ squared_slope(X @ w - y), np.zeros(2), 0.1, 50)
        print(f"{name:8}   {edge:19.4f}  ", *(f"{path[step, 1]:9.3g}" for step in (1, 2, 50)))
    print(f"best slope: {best[1]:.2f} marks per hour")
# --8<-- [end:factors]


# --8<-- [start:hover]
def print_hover():
    """The slope of the line on the way, at a constant rate, for two losses."""
    X, y = centred_hours()
    start, n = np.array([60.0, 0.0]), len(y)
    by_absolute = descend(lambda w: X.T @ absolute_slope(X @ w - y) / n, start, 0.2, 2000)
    by_huber = descend(lambda w: X.T @ huber_slope(X @ w - y, 1.0) / n, start, 0.2, 2000)
    print("step   absolute loss   Huber loss, delta = 1   (slope in marks per hour)")
    for step in (0, 100, 1000, 1996, 1997, 1998, 1999, 2000):
        print(f"{step:4d}   {by_absolute[step, 1]:13.3f}   {by_huber[step, 1]:21.3f}")
    print(f"best   {fit_absolute(X, y)[1]:13.3f}   {fit_huber(X, y, 1.0)[1]:21.3f}")
# --8<-- [end:hover]


# --8<-- [start:pinball]
def pinball(r, quantile):
    """Absolute loss with two slopes: quantile below 0, 1 - quantile above.

    r = prediction - observation, in marks. The best constant prediction is that
    quantile of the data. Raises `ValueError` unless 0 < quantile < 1.
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile = {quantile}: it lies between 0 and 1")
    return np.maximum(-quantile * r, (1 - quantile) * r)


def pinball_slope(r, quantile):
    """Derivative of `pinball`; at the corner r = 0 by convention 0."""
    return np.where(r < 0, -quantile, np.where(r > 0, 1 - quantile, 0.0))


def print_pinball():
    """Best constants of 45 students' marks for three quantiles."""
    y = students(45)[2]
    for quantile in (0.1, 0.5, 0.9):
        best = best_constant(lambda r, q=quantile: pinball_slope(r, q), y)
        print(f"quantile {quantile}: {best:5.1f} marks; {np.mean(y <= best):.1%} of the students are at or below")
# --8<-- [end:pinball]


# --8<-- [start:log_cosh]
def log_cosh_naive(r):
    """ln cosh r as it is written: good until cosh r is too large to store."""
    return np.log(np.cosh(r))


def log_cosh(r):
    """ln cosh r without overflow: |r| + ln(1 + e^(-2|r|)) - ln 2."""
    size = np.abs(r)
    return size + np.log1p(np.exp(-2 * size)) - np.log(2)


def print_log_cosh():
    """The naive and the safe form at residuals of growing size."""
    for r in (0.5, 20.0, 700.0, 720.0):
        with np.errstate(over="ignore"):
            print(f"residual {r:5.1f}   naive {log_cosh_naive(r):9.4f}   safe {log_cosh(r):9.4f}")
# --8<-- [end:log_cosh]


if __name__ == "__main__":
    print_centres()
    print_fits()
    print_likelihood()
    print_factors_in_front()
    print_hover()
    print_pinball()
    print_log_cosh()
    figure_residual_losses()
    figure_wrong_mark()
    plt.show()
