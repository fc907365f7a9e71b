"""Quasi-Newton methods: the curvature, learned from the gradients met on the way."""

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


def passing():
    """X (40, 2): 1 and standardised hours; y (40,): 1 for 60 marks or more, else 0."""
    hours, _, marks = students()
    x = standardised(hours)
    return np.column_stack([np.ones_like(x), x]), (marks >= 60).astype(float)


def pass_loss(w):
    """Mean logistic loss of the logits X @ w, in nats; w (2,)."""
    X, y = passing()
    return np.mean(np.logaddexp(0, ((1 - 2 * y) * (X @ w)).reshape(len(y))))


def pass_gradient(w):
    """Gradient of `pass_loss`, of shape (2,): X' (p - y) / n."""
    X, y = passing()
    p = np.exp(-np.logaddexp(0, -X @ w))
    return X.T @ (p - y).reshape(len(y)) / len(y)


def pass_hessian(w):
    """Hessian of `pass_loss`, of shape (2, 2): X' diag(p (1 - p)) X / n."""
    X, y = passing()
    p = np.exp(-np.logaddexp(0, -X @ w))
    return X.T * (p * (1 - p)) @ X / len(y)
# --8<-- [end:students]


# --8<-- [start:secant]
def secant(slope, w, before, steps):
    """Newton's method for one weight with the curvature of the last two slopes.

    Steps to where the straight line through them is zero; all points, the two first.
    """
    path = [before, w]
    for _ in range(steps):
        curvature = (slope(path[-1]) - slope(path[-2])) / (path[-1] - path[-2])
        path.append(path[-1] - slope(path[-1]) / curvature)
    return np.array(path)
# --8<-- [end:secant]


# --8<-- [start:update]
def updated(B, s, y):
    """The estimate B (p, p) of the inverse Hessian, corrected by one step.

    The step s (p,) changed the gradient by y (p,). The result is symmetric, gives
    back the step, updated @ y = s, and is positive definite if B is. Raises
    `ValueError` unless s·y > 0: the slope along the step has to have risen. Source:
    Broyden, Fletcher, Goldfarb, Shanno, 1970, each.
    """
    if not s @ y > 0:
        raise ValueError(f"s·y is {s @ y}: the slope along the step did not rise")
    away = np.eye(len(s)) - np.outer(s, y) / (s @ y)
    return away @ B @ away.T + np.outer(s, s) / (s @ y)
# --8<-- [end:update]


# --8<-- [start:wolfe]
def wolfe(f, gradient, w, g, direction, low=1e-4, flat=0.9):
    """A step t * direction (p,) that leads far enough down, and the gradient there.

    g is the gradient at w (p,). The step lowers f by at least `low` of what the slope
    promises, and f falls at its end at most `flat` times as steeply; low < flat < 1.
    Doubles t, or halves an interval. Raises `ValueError` if the direction does not
    lead downhill, `RuntimeError` after 60 tries. Source: Wolfe, 1969.
    """
    height, slope = f(w), g @ direction
    if not slope < 0:
        raise ValueError(f"slope {slope:.3g} along the direction: not downhill")
    short, long, t = 0.0, np.inf, 1.0
    for _ in range(60):
        if not f(w + t * direction) <= height + low * t * slope:
            long = t  # too far: not low enough
        elif (end := gradient(w + t * direction)) @ direction < flat * slope:
            short = t  # not far enough: still falls as steeply
        else:
            return t * direction, end
        t = (short + long) / 2 if long < np.inf else 2 * t
    raise RuntimeError(f"no step near {t:.3g} will do: a wrong gradient?")
# --8<-- [end:wolfe]


# --8<-- [start:bfgs]
def bfgs(f, gradient, w, steps, tolerance=0.0):
    """Quasi-Newton steps from w (p,): all points, and all estimates (p, p).

    Ends early when the gradient is no longer than the tolerance. With one so small
    that rounding decides whether f falls, the search may raise.
    """
    B, g = np.eye(len(w)), gradient(w)
    path, estimates = [w], [B]
    for k in range(steps):
        if np.linalg.norm(g) <= tolerance:
            break
        s, end = wolfe(f, gradient, w, g, -B @ g)
        y, w, g = end - g, w + s, end
        if k == 0:
            B = B * (s @ y) / (y @ y)  # the first step tells the scale
        B = updated(B, s, y)
        path.append(w)
        estimates.append(B)
    return np.array(path), np.array(estimates)
# --8<-- [end:bfgs]


# --8<-- [start:lbfgs]
def times_inverse(g, pairs):
    """The estimate of the inverse Hessian times g (p,), from the last pairs (s, y) alone.

    The same as `updated` once for each pair, the oldest first, from a multiple of the
    identity; but no matrix is formed. Source: Nocedal, 1980.
    """
    shares, q = [], g
    for s, y in reversed(pairs):
        shares.append(s @ q / (s @ y))
        q = q - shares[-1] * y
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), share in zip(pairs, reversed(shares), strict=True):
        q = q + (share - y @ q / (s @ y)) * s
    return q


def lbfgs(f, gradient, w, steps, memory=5, tolerance=0.0):
    """As `bfgs`, with the last few steps (memory >= 1) in place of a matrix: the points."""
    g, pairs, path = gradient(w), [], [w]
    for _ in range(steps):
        if np.linalg.norm(g) <= tolerance:
            break
        s, end = wolfe(f, gradient, w, g, -times_inverse(g, pairs))
        pairs = [*pairs, (s, end - g)][-memory:]
        w, g = w + s, end
        path.append(w)
    return np.array(path)
# --8<-- [end:lbfgs]


# --8<-- [start:learned]
def ellipse(H):
    """Points (2, 61) around 0 with d'Hd = 0.02, H (2, 2) positive definite."""
    angle = np.linspace(0, 2 * np.pi, 61)
    circle = np.sqrt(0.02) * np.array([np.cos(angle), np.sin(angle)])
    return np.linalg.solve(np.linalg.cholesky(H).T, circle)  # H is L L', so |L'd|² is 0.02


def figure_learned(step=0):
    path, estimates = bfgs(pass_loss, pass_gradient, np.zeros(2), 20, 1e-9)
    w = path[step]
    x, y = np.meshgrid(np.linspace(-1.5, 1.5, 31), np.linspace(-0.5, 5, 45))
    heights = np.array([[pass_loss(np.array([a, b])) for a, b in zip(*row, strict=True)] for row in zip(x, y, strict=True)])
    fig, ax = plt.subplots(figsize=(4.8, 4.8))
    ax.contour(x, y, heights, [0.295, 0.31, 0.35, 0.42, 0.5, 0.6, 0.75], colors="C0", linewidths=0.6, alpha=0.7)
    ax.plot(*(w[:, None] + ellipse(pass_hessian(w))), color="C0", label="true curvature")
    ax.plot(*(w[:, None] + ellipse(np.linalg.inv(estimates[step]))), "--", color="C1", label="learned")
    ax.plot(*path[: step + 1].T, "o-", color="C2", markersize=4)
    ax.plot(*path[-1], "*", color="C3", markersize=13)
    ax.set(xlabel="intercept (logits)", ylabel="weight of the hours (logits)", xlim=(-1.5, 1.5), ylim=(-0.5, 5))
    ax.legend(loc="upper left", fontsize=8)
    return fig


figure_learned.slider = ("step", list(range(10)))
# --8<-- [end:learned]


# --8<-- [start:superlinear]
def print_superlinear():
    """Distances from the minimum in logits, over the one before, and over that squared."""
    path, _ = bfgs(pass_loss, pass_gradient, np.zeros(2), 40, 1e-9)
    least = path[-1]
    for _ in range(3):
        least = least - np.linalg.solve(pass_hessian(least), pass_gradient(least))  # Newton
    away = np.linalg.norm(path - least, axis=1)
    print("step     distance   over the last   over the last squared")
    for k in range(4, 14):
        print(f"{k:4d}   {away[k]:10.1e}   {away[k] / away[k - 1]:13.3f}   {float(f'{away[k] / away[k - 1] ** 2:.2g}'):21,.1f}")
# --8<-- [end:superlinear]


# --8<-- [start:race]
def sensors():
    """Simulated: X (200, 50), readings on scales from 1 to 10, and who passes, -1 or 1 (200,)."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 50)) * np.geomspace(1, 10, 50)
    z = X @ (rng.normal(size=50) / np.geomspace(1, 10, 50))
    return X, np.where(rng.random(200) < 1 / (1 + np.exp(-z)), 1, -1)


def print_race():
    """Gradients until the gradient is a ten-thousandth of the first: who passes, from fifty sensors."""
    X, y = sensors()
    count = [0]

    def gradient(w):
        count[0] += 1
        return w / 500 - X.T @ (y * np.exp(-np.logaddexp(0, y * (X @ w)))) / len(y)

    f = lambda w: np.mean(np.logaddexp(0, -y * (X @ w))) + w @ w / 1000
    L = np.linalg.eigvalsh(X.T @ X / (4 * len(y)))[-1] + 0.002
    first = np.linalg.norm(gradient(np.zeros(50)))
    w, count[0] = np.zeros(50), 0
    while np.linalg.norm(g := gradient(w)) > 1e-4 * first:
        w = w - g / L
        if count[0] == 50_000:
            raise RuntimeError(f"descent: the gradient is still {np.linalg.norm(g)}")
    print("method             gradients, to the nearest ten   numbers kept")
    print(f"{'descent, 1/L':18} {round(count[0], -1):29,d}   {50:12,d}")
    for name, walk, kept in (
        ("BFGS", lambda: bfgs(f, gradient, np.zeros(50), 2000, 1e-4 * first)[0], 50 * 50),
        ("L-BFGS, 20 steps", lambda: lbfgs(f, gradient, np.zeros(50), 2000, 20, 1e-4 * first), 2 * 20 * 50),
        ("L-BFGS, 5 steps", lambda: lbfgs(f, gradient, np.zeros(50), 2000, 5, 1e-4 * first), 2 * 5 * 50),
    ):
        count[0] = 0
        walk()
        print(f"{name:18} {round(count[0], -1):29,d}   {kept:12,d}")
# --8<-- [end:race]


# --8<-- [start:noise]
def print_noise():
    """A short step, 2000 times: how often the slope along it seems not to rise."""
    X, y = sensors()
    rng = np.random.default_rng(0)
    loss_slope = lambda w, A, b: w / 500 - A.T @ (b * np.exp(-np.logaddexp(0, b * (A @ w)))) / len(b)
    print("batch   the same for both gradients   another for each")
    for size in (8, 32, 128):
        wrong = np.zeros(2)
        for _ in range(2000):
            w, s = rng.normal(size=(2, 50)) / 100 / np.geomspace(1, 10, 50)
            one, other = rng.choice(200, size), rng.choice(200, size)
            for at, rows in enumerate((one, other)):
                change = loss_slope(w + s, X[rows], y[rows]) - loss_slope(w, X[one], y[one])
                wrong[at] += s @ change <= 0
        print(f"{size:5d}   {wrong[0] / 2000:27.0%}   {wrong[1] / 2000:16.0%}")
# --8<-- [end:noise]


# --8<-- [start:two_wells]
def print_two_wells():
    """A step on w⁴/4 - w²/2 from 0.1, where the curvature is negative."""
    f, gradient = lambda w: np.sum(w**4 / 4 - w**2 / 2), lambda w: w**3 - w
    w = np.array([0.1])
    g = gradient(w)
    short, far = -g, wolfe(f, gradient, w, g, -g)[0]
    print("step                 to        f   slope there     s·y")
    print(f"(the start)          {w[0]:.4f}   {f(w):6.3f}   {g[0]:11.4f}")
    for name, s in (("minus the slope", short), ("that Wolfe accepts", far)):
        y = gradient(w + s) - g
        print(f"{name:18}   {(w + s)[0]:.4f}   {f(w + s):6.3f}   {gradient(w + s)[0]:11.4f}   {s @ y:7.4f}")
# --8<-- [end:two_wells]


# --8<-- [start:same]
def bfgs_in_a_bowl(H, b, w, steps):
    """`bfgs` on w'Hw/2 - b'w with each step to the lowest point on its line, B from 1."""
    B, g, path = np.eye(len(w)), H @ w - b, [w]
    for _ in range(steps):
        d = -B @ g
        s = -(g @ d) / (d @ H @ d) * d
        B, w, g = updated(B, s, H @ s), w + s, g + H @ s
        path.append(w)
    return np.array(path), B


def print_same():
    """In a bowl of three weights: where three steps lead, and what they have learned."""
    H, b = np.array([[4.0, 1, 0], [1, 3, 1], [0, 1, 2]]), np.array([1.0, 2, 3])
    path, B = bfgs_in_a_bowl(H, b, np.zeros(3), 3)
    print("w after three steps", np.round(path[-1], 6) + 0.0, "solution", np.round(np.linalg.solve(H, b), 6) + 0.0)
    print("H times the estimate, rounded to 6 digits:")
    print(np.round(H @ B, 6) + 0.0)
# --8<-- [end:same]


if __name__ == "__main__":
    print_superlinear()
    print_race()
    print_noise()
    print_two_wells()
    print_same()
    figure_learned()
    plt.show()
