"""Lagrange multipliers: the best place on a line that one may not leave, and the price of the line."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:subjects]
def total_marks(hours):
    """Marks of two exams after hours (2,) of mathematics and of history: an invented model.

    Each curve flattens: mathematics towards 90 marks, history, sooner, towards 80.
    """
    mathematics, history = hours
    return (90 - 60 * np.exp(-mathematics / 4)) + (80 - 40 * np.exp(-history / 2))


def marks_per_hour(hours):
    """Gradient of `total_marks`, (2,), in marks per hour of each subject."""
    mathematics, history = hours
    return np.array([15 * np.exp(-mathematics / 4), 20 * np.exp(-history / 2)])
# --8<-- [end:subjects]


# --8<-- [start:hours_printed]
def print_hours():
    """Ten hours, split: total marks, and the slope of the marks in each subject."""
    print("mathematics   history   marks in all   marks per hour: mathematics   history")
    for mathematics in (0, 2, 4, 6, 6.28, 8, 10):
        hours = np.array([mathematics, 10 - mathematics])
        slopes = marks_per_hour(hours)
        print(f"{mathematics:11g}   {hours[1]:7.3g}   {total_marks(hours):12.1f}   {slopes[0]:27.2f}   {slopes[1]:7.2f}")
# --8<-- [end:hours_printed]


# --8<-- [start:split_drawn]
def figure_split(mathematics=1.0):
    """Left: contours of the marks and the line of ten hours. Right: the marks along it."""
    a = np.linspace(0, 10, 61)
    hours = np.array([mathematics, 10 - mathematics])
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.6), width_ratios=[1, 1])
    wide = np.linspace(0, 10.6, 61)
    marks = total_marks(np.meshgrid(wide, wide))
    left.contour(wide, wide, marks, np.arange(80, 170, 10), colors="C0", linewidths=0.7, alpha=0.6)
    left.contour(wide, wide, marks, [total_marks(hours)], colors="C0", linewidths=2)
    left.plot([0, 10], [10, 0], color="gray", linewidth=2)
    slopes = marks_per_hour(hours)
    left.quiver(*hours, *slopes, color="C1", angles="xy", scale_units="xy", scale=2.5, width=0.015, zorder=3)
    left.plot(*hours, "o", color="C2", zorder=4)
    left.set(xlabel="hours of mathematics", ylabel="hours of history", aspect="equal", xlim=(0, 10.6), ylim=(0, 10.6))
    right.plot(a, total_marks([a, 10 - a]), color="C0")
    right.plot(mathematics, total_marks(hours), "o", color="C2")
    right.text(5, 92, f"{total_marks(hours):.1f} marks\nan hour is worth\n{slopes[0]:.1f} and {slopes[1]:.1f}", ha="center")
    right.set(xlabel="hours of mathematics, of ten", ylabel="marks in all", xlim=(0, 10), ylim=(85, 160))
    return fig


figure_split.slider = ("mathematics", [1, 2, 3, 4, 5, 6, 6.28, 7, 8, 9], "hours")
# --8<-- [end:split_drawn]


# --8<-- [start:best]
def best_split(budget):
    """The hours (2,) with the most marks that add up to the budget, and the multiplier.

    Newton's method on three equations: both slopes equal the multiplier (marks per
    hour), and the hours use up the budget. `ValueError` for a budget so small that all
    of it should go to one subject; `RuntimeError` after 50 steps.
    """
    hours, multiplier = np.full(2, budget / 2), 0.0
    for _ in range(50):
        slopes = marks_per_hour(hours)
        missing = np.array([*(slopes - multiplier), budget - hours.sum()])
        if (np.abs(missing) <= 1e-12 * np.array([*slopes, budget])).all():
            if hours.min() < 0:
                raise ValueError(f"{budget:g} hours are too few to split")
            return hours, multiplier
        curvature = -slopes / [4, 2]  # of the two curves
        system = np.array([[curvature[0], 0, -1], [0, curvature[1], -1], [-1, -1, 0]])
        step = np.linalg.solve(system, -missing)
        hours, multiplier = hours + step[:2], multiplier + step[2]
    raise RuntimeError(f"the equations are still missed by {np.abs(missing).max():.1e}")
# --8<-- [end:best]


# --8<-- [start:price_printed]
def print_price():
    """The best split of 9, 10 and 11 hours, its multiplier, and what a minute more brings."""
    print("budget   mathematics   history    marks   multiplier   a minute more, per hour")
    for budget in (9, 10, 11):
        hours, multiplier = best_split(budget)
        gain = 60 * (total_marks(best_split(budget + 1 / 60)[0]) - total_marks(hours))
        print(f"{budget:6d}   {hours[0]:11.3f}   {hours[1]:7.3f}   {total_marks(hours):6.2f}   {multiplier:10.3f}   {gain:24.3f}")
# --8<-- [end:price_printed]


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


def standardised_students():
    """X (40, 2), standardised hours and attendance, and y (40,), standardised marks."""
    hours, attendance, marks = map(standardised, students())
    return np.column_stack([hours, attendance]), marks


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
# --8<-- [end:students]


# --8<-- [start:projected]
def project(w, radius):
    """The point of the ball |w| <= radius that is nearest to w (p,): w, or w scaled back."""
    length = np.linalg.norm(w)
    return w if length <= radius else w * (radius / length)


def descend_in_ball(w, X, y, radius, learning_rate=0.3, steps=100):
    """Projected gradient descent: a step of descent, then back into the ball.

    Returns all points, of shape (steps + 1, p), the start first.
    """
    path = [project(w, radius)]
    for _ in range(steps):
        w = project(path[-1] - learning_rate * gradient(path[-1], X, y), radius)
        path.append(w)
    return np.array(path)


def multiplier_of(w, X, y):
    """The t for which gradient + t 2w is shortest, for the limit |w|² <= radius².

    At the best w (p,), not 0: the price of the limit, or 0 if it does not matter.
    """
    return -(gradient(w, X, y) @ w) / (2 * w @ w)
# --8<-- [end:projected]


# --8<-- [start:ball_printed]
def print_ball():
    """The best weights in balls of several radii, and the penalty that gives the same."""
    X, y = standardised_students()
    print("radius   weights            length     loss   multiplier   weights with it as a penalty")
    for radius in (1.2, 1.0, 0.8, 0.6, 0.4):
        w = descend_in_ball(np.zeros(2), X, y, radius)[-1]
        price = abs(multiplier_of(w, X, y).round(9))
        penalised = np.linalg.solve(X.T @ X / len(y) + price * np.eye(2), X.T @ y / len(y))
        print(f"{radius:6.1f}   {w[0]:.4f}  {w[1]:.4f}   {np.linalg.norm(w):7.4f}   {loss(w, X, y):6.4f}", end="")
        print(f"   {price:10.4f}   {penalised[0]:12.4f}  {penalised[1]:.4f}")
# --8<-- [end:ball_printed]


# --8<-- [start:ball_drawn]
def figure_ball(radius=1.2):
    """Contours of the loss, the ball of allowed weights, and descent that stays in it."""
    X, y = standardised_students()
    free = np.linalg.solve(X.T @ X, X.T @ y)
    path = descend_in_ball(np.array([-0.3, 1.1]), X, y, radius, learning_rate=0.2)
    w = path[-1]
    s = np.linspace(-1.4, 1.8, 65)
    heights = np.array([[loss(np.array([a, b]), X, y) for a in s] for b in s])
    angle = np.linspace(0, 2 * np.pi, 121)
    fig, ax = plt.subplots(figsize=(5.2, 5))
    ax.contour(s, s, heights, loss(free, X, y) + np.array([0.02, 0.1, 0.3, 0.6, 1, 1.6, 2.4]), colors="C0", linewidths=1)
    down = -gradient(w, X, y)
    if np.linalg.norm(down) > 1e-6:
        ax.contour(s, s, heights, [loss(w, X, y)], colors="C0", linewidths=2.2)
    ax.plot(radius * np.cos(angle), radius * np.sin(angle), color="gray", linewidth=2)
    ax.plot(*free, "*", color="C3", markersize=13)
    ax.plot(*path.T, "o-", color="C2", markersize=4, linewidth=1)
    if np.linalg.norm(down) > 1e-6:
        ax.quiver(*w, *down, color="C1", angles="xy", scale_units="xy", scale=2.5, width=0.012, zorder=3)
    price = abs(multiplier_of(w, X, y).round(6))
    ax.set_title(f"multiplier {price:.2f}")
    ax.set(xlabel="weight of hours", ylabel="weight of attendance", aspect="equal", xlim=(-1.3, 1.7), ylim=(-1.3, 1.7))
    return fig


figure_ball.slider = ("radius", [1.2, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
# --8<-- [end:ball_drawn]


# --8<-- [start:saddle]
def walk_on_lagrangian(price_moves, rate=0.2, steps=200):
    """Hours and multiplier while both follow slopes of the Lagrangian, for ten hours.

    The hours always climb. The multiplier climbs too (price_moves=1), or it descends
    (-1): it rises where more than ten hours are used. Returns (steps + 1, 3).
    """
    hours, multiplier = np.array([5.0, 5.0]), 0.0
    path = [[*hours, multiplier]]
    for _ in range(steps):
        over = hours.sum() - 10  # the slope of the Lagrangian in the multiplier is -over
        hours = hours + rate * (marks_per_hour(hours) - multiplier)
        multiplier = multiplier - price_moves * rate * over
        path.append([*hours, multiplier])
    return np.array(path)
# --8<-- [end:saddle]


# --8<-- [start:saddle_printed]
def print_climb():
    """Two walks on the Lagrangian."""
    up, down = walk_on_lagrangian(1), walk_on_lagrangian(-1)
    print("        both climb                      hours climb, multiplier descends")
    print("step    hours in all   multiplier       hours in all   multiplier")
    for step in (0, 1, 5, 10, 20, 50, 100, 200):
        rows = [(path[step, :2].sum(), path[step, 2]) for path in (up, down)]
        print(f"{step:4d}   {rows[0][0]:13.4g}   {rows[0][1]:10.4g}   {rows[1][0]:16.4f}   {rows[1][1]:10.4f}")
# --8<-- [end:saddle_printed]


# --8<-- [start:entropy]
def most_open(scores, mean):
    """The probabilities (n,) with the largest entropy whose mean score is the one given.

    They are proportional to exp(t scores); t, minus the multiplier of the mean, is
    found by halving an interval. Returns both. `ValueError` unless the mean lies strictly
    between the least and the largest score.
    """
    scores = np.asarray(scores, dtype=float)
    if not scores.min() < mean < scores.max():
        raise ValueError(f"no probabilities give a mean score of {mean:g}")

    def softmax(t):
        z = t * (scores - mean)
        p = np.exp(z - z.max())
        return p / p.sum()

    ends = 2.0 ** np.arange(60) / (scores.max() - scores.min())
    high = next(t for t in ends if softmax(-t) @ scores < mean < softmax(t) @ scores)
    low = -high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if softmax(middle) @ scores < mean else (low, middle)
    return softmax(middle), middle


def print_dice():
    """A die whose mean is 3.5, and one whose mean is 4.5."""
    for mean in (3.5, 4.5):
        p, t = most_open([1, 2, 3, 4, 5, 6], mean)
        print(f"mean {mean}: t = {abs(t):.4f}, probabilities", *(f"{part:.4f}" for part in p))
# --8<-- [end:entropy]


if __name__ == "__main__":
    print_hours()
    print_price()
    print_ball()
    print_climb()
    print_dice()
    figure_split()
    figure_ball()
    plt.show()
