"""Momentum: a velocity that remembers past steps, and crosses long valleys in fewer of them."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
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


def raw_hours():
    """X of shape (40, 2): 1 and hours as they are; y, the marks."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours]), marks


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


def least_squares(X, y):
    """The weights with the smallest `loss`, of shape (p,), by linear algebra."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
# --8<-- [end:students]


# --8<-- [start:momentum]
def momentum(gradient, w, learning_rate, beta, steps):
    """Heavy ball: v = beta v + gradient(w), then w = w - learning_rate v.

    v starts at 0 and has the shape of w, (p,). Returns all points, of shape
    (steps + 1, p), the start first.
    """
    path, v = [w], np.zeros_like(w)
    for _ in range(steps):
        v = beta * v + gradient(w)
        w = w - learning_rate * v
        path.append(w)
    return np.array(path)


def nesterov(gradient, w, learning_rate, beta, steps):
    """As `momentum`, with the gradient where the velocity alone would lead.

    v = beta v + gradient(w - learning_rate beta v), then w = w - learning_rate v.
    """
    path, v = [w], np.zeros_like(w)
    for _ in range(steps):
        v = beta * v + gradient(w - learning_rate * beta * v)
        w = w - learning_rate * v
        path.append(w)
    return np.array(path)
# --8<-- [end:momentum]


# --8<-- [start:valley]
def student_slope(w):
    """Gradient of the students' loss on raw hours; w (2,): intercept, slope."""
    return gradient(w, *raw_hours())


def draw_valley(ax):
    X, y = raw_hours()
    best, angle = least_squares(X, y), np.linspace(0, 2 * np.pi, 27)
    eigenvalues, vectors = np.linalg.eigh(hessian(X))
    ellipse = vectors @ (np.sqrt(2 / eigenvalues)[:, None] * [np.cos(angle), np.sin(angle)])  # 1 mark² above the least
    rings = [best + 5 * h * ellipse.T for h in (1, 3, 6)]
    ax.add_collection(LineCollection(rings, colors="C0", linewidths=1, alpha=0.6))
    ax.plot(*best, "*", color="C3", markersize=11)
    ax.plot(0, 0, "s", color="C2", markersize=6)
    ax.set(xlim=(-6, 56), ylim=(-3, 19))


def safe_rate():
    """1 over the largest curvature: half of the largest stable rate of descent."""
    return 1 / np.linalg.eigvalsh(hessian(raw_hours()[0]))[-1]
# --8<-- [end:valley]


# --8<-- [start:beta]
def figure_beta(beta=0.8):
    X, y = raw_hours()
    best = least_squares(X, y)
    path = momentum(student_slope, np.zeros(2), safe_rate(), beta, 80)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.2), width_ratios=[5, 4])
    draw_valley(left)
    left.plot(*path.T, "o-", color="C2", markersize=2.5, linewidth=1)
    left.set(xlabel="intercept (marks)", ylabel="slope (marks per hour)")
    right.semilogy(np.mean(((path - best) @ X.T) ** 2, axis=1), color="C2")
    right.set(xlabel="step", ylabel="loss above the least (marks²)", xlim=(0, 80), ylim=(1e-6, 1e4))
    return fig


figure_beta.slider = ("beta", [0, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99])
# --8<-- [end:beta]


# --8<-- [start:beside]
def figure_nesterov():
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 3.2), sharey=True)
    for ax, walk, name in zip(axes, (momentum, nesterov), ("momentum", "Nesterov's variant"), strict=True):
        path = walk(student_slope, np.zeros(2), safe_rate(), 0.9, 80)
        draw_valley(ax)
        ax.plot(*path.T, "o-", color="C2", markersize=2.5, linewidth=1)
        ax.set(xlabel="intercept (marks)", title=name)
    axes[0].set(ylabel="slope (marks per hour)")
    return fig
# --8<-- [end:beside]


# --8<-- [start:regime]
def regime(reach, beta):
    """What momentum does along a direction; reach is the learning rate times the curvature.

    Its distance obeys d_next = (1 + beta - reach) d - beta d_previous, and the roots of
    r² - (1 + beta - reach) r + beta = 0 say how.
    """
    if reach >= 2 * (1 + beta):
        return "flies apart"
    if abs(1 + beta - reach) < 2 * np.sqrt(beta):
        return "swings"
    return "creeps" if reach < 1 + beta else "flips"
# --8<-- [end:regime]


# --8<-- [start:regimes]
def figure_regimes(rate=1.0):
    low, high = np.linalg.eigvalsh(hessian(raw_hours()[0]))
    betas, beta = np.linspace(0, 1, 100), 0.9
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.6), width_ratios=[5, 4])
    for curve in ((1 - np.sqrt(betas)) ** 2, (1 + np.sqrt(betas)) ** 2, 2 * (1 + betas)):
        left.plot(curve, betas, color="C0", linewidth=1.2)
    for x, y, name in ((0.3, 0.02, "creeps"), (1.4, 0.6, "swings"), (1.75, 0.02, "flips"), (3.35, 0.3, "flies\napart")):
        left.text(x, y, name, ha="center", color="C0", fontsize=9)
    runs = (("o", "flat direction", low / high), ("^", "sharp direction", 1.0))
    for (mark, name, share), style in zip(runs, ("-", "--"), strict=True):
        left.plot(rate * share, beta, mark, color="C2", markersize=8)
        path = momentum(lambda d, share=share: share * d, np.ones(1), rate, beta, 60)
        right.semilogy(np.abs(path[:, 0]), style, color="C2", label=name)
    left.set(xlabel="rate × curvature", ylabel="beta", xlim=(0, 4.2), ylim=(0, 1))
    right.set(xlabel="step", ylabel="distance, as a share", xlim=(0, 60), ylim=(1e-4, 1e2))
    right.legend(loc="lower left")
    return fig


figure_regimes.slider = ("rate", [0.2, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 3.7, 3.9])
# --8<-- [end:regimes]


# --8<-- [start:heavy_ball]
def heavy_ball_factor(eigenvalue, learning_rate, beta):
    """The factor on the distance at each step of `momentum`, in the long run.

    Along a direction with this curvature the distance obeys
    d_next = (1 + beta - learning_rate * eigenvalue) d - beta d_previous.
    The factor is the larger size of the two roots of
    r² - (1 + beta - learning_rate * eigenvalue) r + beta = 0.
    """
    return np.abs(np.roots([1, -(1 + beta - learning_rate * eigenvalue), beta])).max()


def best_heavy_ball(H):
    """Learning rate and beta of the fastest `momentum` on a quadratic; H (p, p).

    Both square roots are of the smallest and largest eigenvalue of H. The factor
    is then the root of beta in every direction.
    """
    low, high = np.sqrt(np.linalg.eigvalsh(H)[[0, -1]])
    return 4 / (high + low) ** 2, ((high - low) / (high + low)) ** 2
# --8<-- [end:heavy_ball]


# --8<-- [start:heavy_ball_printed]
def print_heavy_ball():
    """The best of descent and of momentum, from the Hessian; and as measured."""
    X, y = raw_hours()
    H, best = hessian(X), least_squares(X, y)
    low, high = np.linalg.eigvalsh(H)[[0, -1]]
    rate, beta = best_heavy_ball(H)
    print(f"condition number {high / low:.1f}, its root {np.sqrt(high / low):.1f}; best rate {rate:.4f} and beta {beta:.4f}")
    runs = (
        ("descent", (high - low) / (high + low), descend(student_slope, np.zeros(2), 2 / (high + low), 600)),
        ("momentum", np.sqrt(beta), momentum(student_slope, np.zeros(2), rate, beta, 150)),
    )
    print("            factor a step   measured   1 % of the distance left after")
    for name, factor, path in runs:
        away = np.linalg.norm(path - best, axis=1)
        half = len(path) // 2
        measured = (away[-1] / away[half]) ** (1 / (len(path) - 1 - half))
        wait = np.argmax(away < 0.01 * away[0])
        print(f"{name:9}   {factor:13.4f}   {measured:8.4f}   {wait:4d} steps")
# --8<-- [end:heavy_ball_printed]


# --8<-- [start:too_much]
def figure_too_much():
    low, high = np.linalg.eigvalsh(hessian(raw_hours()[0]))
    rate, betas = safe_rate(), np.linspace(0, 0.999, 300)
    fig, ax = plt.subplots()
    for style, eigenvalue, name in (("-", low, "flat direction"), ("--", high, "sharp direction")):
        factors = [heavy_ball_factor(eigenvalue, rate, beta) for beta in betas]
        ax.plot(betas, factors, style, color="C0", label=name)
    turn = (1 - np.sqrt(rate * low)) ** 2
    ax.plot(turn, np.sqrt(turn), "*", color="C3", markersize=15, label=f"best at this rate, beta {turn:.2f}")
    ax.set(xlabel="beta", ylabel="factor on the distance, a step", xlim=(0, 1), ylim=(0, 1.02))
    ax.legend(loc="lower right")
    return fig
# --8<-- [end:too_much]


# --8<-- [start:conventions]
def momentum_averaged(gradient, w, learning_rate, beta, steps):
    """Another convention: v = beta v + (1 - beta) gradient(w), a running mean."""
    path, v = [w], np.zeros_like(w)
    for _ in range(steps):
        v = beta * v + (1 - beta) * gradient(w)
        w = w - learning_rate * v
        path.append(w)
    return np.array(path)
# --8<-- [end:conventions]


# --8<-- [start:conventions_printed]
def print_conventions():
    """The same numbers put into both conventions, and rescaled ones."""
    start = np.zeros(2)
    print("after 20 steps                  intercept (marks)   slope (marks per hour)")
    for name, path in (
        ("ours, rate 0.01", momentum(student_slope, start, 0.01, 0.8, 20)),
        ("averaged, rate 0.01", momentum_averaged(student_slope, start, 0.01, 0.8, 20)),
        ("averaged, rate 0.01 / (1 - 0.8)", momentum_averaged(student_slope, start, 0.01 / (1 - 0.8), 0.8, 20)),
    ):
        print(f"{name:31} {path[-1][0]:17.6f}   {path[-1][1]:22.6f}")
# --8<-- [end:conventions_printed]


# --8<-- [start:cycling]
def cycling_slope(w):
    """A slope that always rises, by 25 a unit below 1 and above 2, by 1 in between."""
    return np.where(w < 1, 25 * w, np.where(w < 2, w + 24, 25 * w - 24))
# --8<-- [end:cycling]


# --8<-- [start:cycling_printed]
def print_cycling():
    """The best rate and beta of quadratics with curvatures 1 and 25, where both meet."""
    rate, beta = best_heavy_ball(np.diag([1.0, 25.0]))
    path = momentum(cycling_slope, np.array([3.3]), rate, beta, 3000)[:, 0]
    for step in range(2994, 3001):
        print(f"step {step}   {path[step]:8.5f}")
    print(f"descent with rate 2 / (1 + 25), 300 steps: {descend(cycling_slope, np.array([3.3]), 2 / 26, 300)[-1, 0]:.5f}")
# --8<-- [end:cycling_printed]


# --8<-- [start:cycle]
def cycling_bowl(w):
    """The function with the slope `cycling_slope`, 0 at its lowest point, 0."""
    return np.where(w < 1, 12.5 * w**2, np.where(w < 2, 0.5 * w**2 + 24 * w - 12, 12.5 * w**2 - 24 * w + 36))


def figure_cycling():
    rate, beta = best_heavy_ball(np.diag([1.0, 25.0]))
    path = momentum(cycling_slope, np.array([3.3]), rate, beta, 3000)[-4:, 0]
    w, heights = np.linspace(-2.1, 2.4, 200), cycling_bowl(path)
    fig, ax = plt.subplots()
    ax.plot(w, cycling_bowl(w), color="C0")
    ax.plot(0, 0, "*", color="C3", markersize=15)
    for k in range(3):
        arrow = {"arrowstyle": "-|>", "color": "C2", "shrinkA": 6, "shrinkB": 6, "connectionstyle": "arc3,rad=0.2"}
        ax.annotate("", (path[k + 1], heights[k + 1]), (path[k], heights[k]), arrowprops=arrow)
    ax.plot(path[:3], heights[:3], "o", color="C2", markersize=8)
    for place, height in zip(path[:3], heights[:3], strict=True):
        ax.text(place, height - 3, f"  {place:.2f}  ".replace("-", "\N{MINUS SIGN}"), color="C2", ha="left" if place > 0 else "right")
    ax.set(xlabel="$w$", ylabel="loss", xlim=(-2.7, 2.9), ylim=(-3, 60))
    return fig
# --8<-- [end:cycle]


# --8<-- [start:lookahead]
def nesterov_lookahead(gradient, w, learning_rate, beta, steps):
    """`nesterov`, told by the points at which it takes the gradient.

    v = beta v + g with g = gradient(w), then w = w - learning_rate (g + beta v):
    one point less to keep. Libraries write it so.
    """
    path, v = [w], np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        v = beta * v + g
        w = w - learning_rate * (g + beta * v)
        path.append(w)
    return np.array(path)


def print_lookahead():
    """Both forms after 100 steps: the same walk, told by different points."""
    path = nesterov(student_slope, np.zeros(2), 0.01, 0.8, 100)
    ahead = path[-1] + 0.8 * (path[-1] - path[-2])
    lookahead = nesterov_lookahead(student_slope, np.zeros(2), 0.01, 0.8, 100)[-1]
    for name, w in (("w", path[-1]), ("w - rate beta v", ahead), ("lookahead", lookahead)):
        print(f"{name:15}   {w[0]:.6f} marks   {w[1]:.6f} marks per hour")
# --8<-- [end:lookahead]


if __name__ == "__main__":
    print_heavy_ball()
    print_conventions()
    print_cycling()
    print_lookahead()
    figure_beta()
    figure_nesterov()
    figure_regimes()
    figure_too_much()
    figure_cycling()
    plt.show()
