"""Fisher information: how much a draw tells about a parameter, and descent that measures steps by it."""

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
# --8<-- [end:students]


# --8<-- [start:likelihood]
def log_likelihood(mean, spread, y):
    """Sum of the logarithms of the normal density at y, of shape (n,), in nats."""
    z = (y - mean) / spread
    return -z @ z / 2 - len(y) * np.log(spread * np.sqrt(2 * np.pi))


def score(mean, spread, y):
    """Slopes of the log density at each of y, (n,), in mean and spread: (n, 2)."""
    away = (y - mean) / spread
    return np.stack([away, away**2 - 1], axis=1) / spread


def information(spread):
    """Fisher information (2, 2) of one normal draw about mean and spread."""
    return np.diag([1.0, 2.0]) / spread**2
# --8<-- [end:likelihood]


# --8<-- [start:peak_drawn]
def figure_peak(n=40):
    marks = students()[2]
    y, spread, at = marks[:n], marks.std(), np.linspace(24, 97, 293)
    heights = np.array([log_likelihood(mean, spread, y) for mean in at]) - log_likelihood(y.mean(), spread, y)
    wide = spread / np.sqrt(n)
    fig, ax = plt.subplots()
    ax.plot(at, heights, color="C0")
    ax.plot(y.mean(), 0, "*", color="C3", markersize=14)
    ax.plot(y.mean() + wide * np.array([-1, 1]), [-0.5, -0.5], color="C1")
    ax.plot(y, np.full(n, -9.6), "|", color="gray", markersize=12)
    ax.set(xlabel="mean of the model (marks)", ylabel="log likelihood, below its peak (nats)", xlim=(24, 97), ylim=(-10, 0.6))
    ax.set_title(f"{n} students: {y.mean():.1f} ± {wide:.1f} marks", fontsize="medium")
    return fig


figure_peak.slider = ("n", [4, 10, 20, 40], "students")
# --8<-- [end:peak_drawn]


# --8<-- [start:information_printed]
def print_information():
    """Three ways to the information about mean and spread, at a normal with 60 ± 15 marks."""
    y = 60 + 15 * np.random.default_rng(0).normal(size=400_000)
    slopes, h = score(60, 15, y), 1e-4
    bends = [score(60 + h, 15, y) - score(60 - h, 15, y), score(60, 15 + h, y) - score(60, 15 - h, y)]
    print("1/1000 per marks² and draw         mean   spread   mixed")
    for name, matrix in (
        ("variance of the score", slopes.T @ slopes / len(y)),
        ("minus the mean curvature", -np.mean(bends, axis=1) / (2 * h)),
        ("by the formula", information(15)),
    ):
        shown = 1000 * matrix
        print(f"{name:30}   {shown[0, 0]:6.2f}   {shown[1, 1]:6.2f}   {abs(shown[0, 1]):5.2f}")
# --8<-- [end:information_printed]


# --8<-- [start:gaussian]
def normal_surprise(mean, precision, X):
    """Mean of -ln p over the rows of X (n, d), for a normal p with this mean (d,).

    precision, of shape (d, d), symmetric and positive definite, is the inverse of
    the covariance matrix. In nats.
    """
    away = X - mean
    squares = np.sum(away @ precision * away, axis=1)
    twice = np.mean(squares) - np.linalg.slogdet(precision)[1]
    return twice / 2 + len(mean) * np.log(2 * np.pi) / 2


def normal_gradient(mean, precision, X):
    """Gradients of `normal_surprise` in the mean (d,) and in the precision (d, d).

    All entries of the precision count as free.
    """
    away = X - mean
    S = away.T @ away / len(X)
    return -precision @ away.mean(axis=0), (S - np.linalg.inv(precision)) / 2
# --8<-- [end:gaussian]


# --8<-- [start:columns]
def print_columns():
    """Where both gradients are zero, for the hours and the attendance of the students."""
    X = np.column_stack(students()[:2])
    mean, covariance = X.mean(axis=0), np.cov(X.T, bias=True)
    by_mean, by_precision = normal_gradient(mean, np.linalg.inv(covariance), X)
    print(f"mean: {mean[0]:.2f} hours, {mean[1]:.2f} %")
    print(f"covariance: {covariance[0, 0]:.2f} hours², {covariance[1, 1]:.1f} %², {covariance[0, 1]:.2f} hours times %")
    print(f"largest slope there: below {1e-9 if max(abs(by_mean).max(), abs(by_precision).max()) < 1e-9 else np.inf:.0e}")
    print(f"mean surprise {normal_surprise(mean, np.linalg.inv(covariance), X):.3f} nats")
# --8<-- [end:columns]


# --8<-- [start:natural]
def plain_gradient(w, y):
    """Gradient of the mean surprise of y, (n,), in w = (mean, spread); shape (2,)."""
    return -score(w[0], w[1], y).mean(axis=0)


def natural_gradient(w, y):
    """The `plain_gradient` divided by the information: of shape (2,), in the units of w."""
    return np.linalg.solve(information(w[1]), plain_gradient(w, y))
# --8<-- [end:natural]


# --8<-- [start:descend]
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


# --8<-- [start:paths_drawn]
def figure_paths(steps=0):
    y, start = students()[2], np.array([90.0, 35.0])
    plain = descend(lambda w: plain_gradient(w, y), start, 60.0, 160)[: steps + 1]
    natural = descend(lambda w: natural_gradient(w, y), start, 0.25, 160)[: steps + 1]
    mean, spread = np.meshgrid(np.linspace(40, 100, 49), np.linspace(8, 42, 41))
    height = np.log(spread) + ((y.mean() - mean) ** 2 + y.var()) / (2 * spread**2)
    angle = np.linspace(0, 2 * np.pi, 41)
    fig, ax = plt.subplots(figsize=(6.4, 4.6))
    ax.contour(mean, spread, height, np.log(y.std()) + 0.5 + 0.12 * np.arange(1, 6) ** 2, colors="C0", linewidths=1, alpha=0.7)
    for a in (47, 63, 79, 95):
        for b in (12, 22, 36):  # where the divergence from the middle is 0.01 nats, nearly
            ax.plot(a + b * np.sqrt(0.02) * np.cos(angle), b + b * 0.1 * np.sin(angle), color="gray", linewidth=0.8)
    ax.plot(*plain.T, "s--", color="C2", markersize=4, linewidth=1, label="gradient")
    ax.plot(*natural.T, "o-", color="C2", markersize=4, linewidth=1, label="natural gradient")
    ax.plot(y.mean(), y.std(), "*", color="C3", markersize=14)
    ax.set(xlabel="mean (marks)", ylabel="spread (marks)", xlim=(40, 100), ylim=(8, 42), aspect="equal")
    ax.legend(loc="upper left", fontsize="small")
    return fig


figure_paths.slider = ("steps", [0, 1, 2, 4, 8, 16, 40, 160])
# --8<-- [end:paths_drawn]


# --8<-- [start:in_tenths]
def print_in_tenths():
    """Steps from 90 ± 35 marks until the mean surprise is within 0.001 nats of the least."""
    y = students()[2]
    print("marks measured in   gradient, rate 60   natural gradient, rate 0.25")
    for name, unit in (("marks", 1.0), ("tenths of marks", 10.0)):
        counts = []
        for slope, rate in ((plain_gradient, 60.0), (natural_gradient, 0.25)):
            path = descend(lambda w, slope=slope, unit=unit: slope(w, unit * y), unit * np.array([90.0, 35.0]), rate, 4000)
            m, s = path.T / unit
            excess = np.log(s / y.std()) + ((y.mean() - m) ** 2 + y.var()) / (2 * s**2) - 0.5
            counts.append(np.argmax(excess <= 0.001))
        print(f"{name:17}   {counts[0]:17,d}   {counts[1]:27d}")
# --8<-- [end:in_tenths]


# --8<-- [start:other_weights]
def print_other_weights():
    """One small step from 90 ± 35 marks, the same model with the spread or its logarithm as a weight."""
    y, w = students()[2], np.array([90.0, 35.0])
    g, F = plain_gradient(w, y), information(w[1])
    by_log = np.diag([1.0, w[1]])  # d (mean, spread) / d (mean, ln spread)
    print("for each mark that the mean falls, the spread rises by (marks)")
    print("weights               gradient   natural gradient")
    for name, J in (("mean, spread", np.eye(2)), ("mean, ln spread", by_log)):
        plain = J @ (J.T @ g)  # the step in the other weights, seen in these
        natural = J @ np.linalg.solve(J.T @ F @ J, J.T @ g)
        print(f"{name:19}   {-plain[1] / plain[0]:8.3f}   {-natural[1] / natural[0]:16.3f}")
# --8<-- [end:other_weights]


# --8<-- [start:wrong_model]
def print_wrong_model():
    """Squared scores and curvature about the mean, per draw times 1000, if the model's spread is wrong."""
    y = 60 + 15 * np.random.default_rng(0).normal(size=400_000)
    print("spread of the model   mean squared score   curvature (1/1000 per marks²)")
    for spread in (5, 15, 45):
        print(f"{spread:19d}   {1000 * np.mean(score(60, spread, y)[:, 0] ** 2):18.2f}   {1000 / spread**2:9.2f}")
# --8<-- [end:wrong_model]


# --8<-- [start:logistic]
def print_logistic():
    """Information and Hessian of logistic regression, pass or fail by hours, at some weights."""
    hours, _, marks = students()
    X, passed = np.column_stack([np.ones_like(hours), hours - hours.mean()]), marks >= 60
    for w in (np.array([0.0, 0.0]), np.array([0.3, 0.8])):
        p = 1 / (1 + np.exp(-X @ w))
        scores = [(label - p)[:, None] * X for label in (0, 1)]  # of both labels, whatever came
        F = ((1 - p) * scores[0].T @ scores[0] + p * scores[1].T @ scores[1]) / len(X)
        H = X.T @ (X * (p * (1 - p))[:, None]) / len(X)
        came = (passed - p)[:, None] * X
        seen = came.T @ came / len(X)
        print(f"w = {w}: information {F[1, 1]:.3f}, Hessian {H[1, 1]:.3f}, squared slopes of what came {seen[1, 1]:.3f}")
# --8<-- [end:logistic]


if __name__ == "__main__":
    print_information()
    print_columns()
    print_in_tenths()
    print_other_weights()
    print_wrong_model()
    print_logistic()
    figure_peak()
    figure_paths()
    plt.show()
