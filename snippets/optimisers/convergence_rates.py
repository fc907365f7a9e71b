"""Convergence rates: what a limit on the curvature promises, and what no method can beat."""

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


def raw_hours():
    """X of shape (40, 2): 1 and hours as they are; y, the marks."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours]), marks


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


# --8<-- [start:one_weight]
LARGEST, SMALLEST = 0.30, 0.05  # between these the curvature of `passing_loss` stays


def passing_loss(w):
    """Mean surprise at who passes, in nats, plus a penalty of w²/40; w is a number."""
    return pass_loss(np.array([0, w])) + w**2 / 40


def passing_slope(w):
    """Derivative of `passing_loss`, in nats."""
    return pass_gradient(np.array([0, w]))[1] + w / 20
# --8<-- [end:one_weight]


# --8<-- [start:parabola]
def parabola(height, slope, curvature, away):
    """The value at a distance `away` from where it has this height, slope, curvature."""
    return height + slope * away + curvature / 2 * away**2


def sure_fall(slope, largest):
    """How much a loss must fall with the step -slope / largest, wherever it starts.

    largest is a bound L on its curvature everywhere; slope is a number, or an
    array of shape (p,), the gradient.
    """
    return np.sum(np.square(slope)) / (2 * largest)
# --8<-- [end:parabola]


# --8<-- [start:parabolas]
def figure_parabolas(w=-6.0):
    f, slope, L = passing_loss(w), passing_slope(w), LARGEST
    v = np.linspace(-9, 14, 93)
    losses, slopes = np.array([[passing_loss(x), passing_slope(x)] for x in v]).T
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.8))
    left.plot(v, losses, color="C0", label="loss")
    left.plot(v, parabola(f, slope, L, v - w), "--", color="C1", label="never above this")
    left.plot(v, parabola(f, slope, SMALLEST, v - w), ":", color="C1", label="never below this")
    left.plot(w, f, "o", color="C2", markersize=8)
    left.plot(w - slope / L, passing_loss(w - slope / L), "s", color="C2", markersize=8)
    left.plot(w - slope / L, f - sure_fall(slope, L), "v", color="C1", markersize=8)
    left.set(xlabel="weight", ylabel="loss (nats)", xlim=(-9, 14), ylim=(0, 6))
    left.legend(loc="upper right", fontsize=8)
    right.fill([w, w, w - slope / L], [0, slope, 0], color="C1", alpha=0.3, linewidth=0)
    right.plot(v, slopes, color="C0")
    right.plot(v, slope + L * (v - w), "--", color="C1")
    right.plot(v, slope + SMALLEST * (v - w), ":", color="C1")
    right.axhline(0, color="gray", linewidth=1)
    right.plot(w, slope, "o", color="C2", markersize=8)
    right.set(xlabel="weight", ylabel="slope of the loss (nats)", xlim=(-9, 14), ylim=(-1.5, 1.5))
    right.set_title(f"shaded: {sure_fall(slope, L):.2f} nats", fontsize="medium")
    return fig


figure_parabolas.slider = ("w", [-6, -4, -2, 0, 2, 4, 6, 8, 10])
# --8<-- [end:parabolas]


# --8<-- [start:falls]
def print_falls():
    """Six steps of -slope / L on the loss above: what is promised, and what comes."""
    least = passing_loss(descend(passing_slope, 2.0, 1 / LARGEST, 400)[-1])
    w = -6.0
    print("step   weight   loss (nats)   surely falls by   falls by   above the least   share left")
    for step in range(6):
        after = w - passing_slope(w) / LARGEST
        gap, next_gap = passing_loss(w) - least, passing_loss(after) - least
        print(f"{step:4d}   {w:6.2f}   {passing_loss(w):11.4f}   {sure_fall(passing_slope(w), LARGEST):15.4f}   "
              f"{gap - next_gap:8.4f}   {gap:15.4f}   {next_gap / gap:10.2f}")
        w = after
# --8<-- [end:falls]


# --8<-- [start:promises]
def promised_convex(L, distance, steps):
    """Loss above the least that descent at rate 1/L cannot exceed on a convex loss.

    distance is that of the start from a minimum; all in the units of the loss and w.
    """
    return L * distance**2 / (2 * steps)


def promised_strongly(L, mu, gap, steps):
    """The same if no curvature is below mu; gap is the loss above the least at the start."""
    return (1 - mu / L) ** steps * gap


def promised_accelerated(L, distance, steps):
    """As `promised_convex`, for `accelerated` at rate 1/L. Source: after Nesterov, 1983."""
    return 2 * L * distance**2 / (steps + 1) ** 2
# --8<-- [end:promises]


# --8<-- [start:accelerated]
def accelerated(gradient, w, learning_rate, steps):
    """Nesterov's descent for convex losses: a step from where the last two points lead.

    The share of the last step that is gone once more, (k - 1) / (k + 2), grows
    towards 1. w is a number or has the shape (p,); all points, the start first.
    """
    path, ahead = [w], w
    for k in range(1, steps + 1):
        w = ahead - learning_rate * gradient(ahead)
        ahead = w + (k - 1) / (k + 2) * (w - path[-1])
        path.append(w)
    return np.array(path)
# --8<-- [end:accelerated]


# --8<-- [start:string]
def string_loss(w):
    """An eighth of the squared differences of neighbours on a string, in m².

    w holds the heights (p,) of the beads in metres, between nails at 1 m and 0 m.
    """
    return np.sum(np.diff(np.concatenate([[1.0], w, [0.0]])) ** 2) / 8


def string_slope(w):
    """Gradient of `string_loss`, (p,), in metres. Its curvatures lie between 0 and 1."""
    heights = np.concatenate([[1.0], w, [0.0]])
    return (2 * heights[1:-1] - heights[:-2] - heights[2:]) / 4


def straight(beads, reached):
    """Heights (beads,) of the least loss if only the first `reached` beads may rise."""
    return np.maximum(0, 1 - np.arange(1, beads + 1) / (reached + 1))
# --8<-- [end:string]


# --8<-- [start:gaps]
def string_gaps(steps):
    """Loss above the least on 2 steps + 1 beads, over the squared distance of the start.

    After that many steps of rate 1: descent, accelerated, and the least that any
    method can have whose points are the start plus a mixture of gradients.
    """
    beads = 2 * steps + 1
    end = straight(beads, beads)
    points = [walk(string_slope, np.zeros(beads), 1.0, steps)[-1] for walk in (descend, accelerated)]
    points.append(straight(beads, steps))
    return np.array([string_loss(w) - string_loss(end) for w in points]) / (end @ end)
# --8<-- [end:gaps]


# --8<-- [start:heights]
def figure_heights(steps=1):
    beads = 2 * steps + 1
    at = np.arange(beads + 2) / (beads + 1)
    fig, ax = plt.subplots()
    with_nails = lambda w: np.concatenate([[1.0], w, [0.0]])
    size = 7 if beads < 20 else 3
    ax.plot(at, with_nails(straight(beads, beads)), color="C3", label="the least loss")
    ax.plot(at, with_nails(straight(beads, steps)), "-.", color="C1", label="the best that a method of gradients can have")
    for walk, style, name in ((accelerated, "s--", "accelerated"), (descend, "o-", "descent")):
        path = walk(string_slope, np.zeros(beads), 1.0, steps)
        ax.plot(at, with_nails(path[-1]), style, color="C2", markersize=size, linewidth=1, label=name)
    ax.set(xlabel="place on the string, as a share of its length", ylabel="height (m)", xlim=(0, 1), ylim=(-0.05, 1.05))
    ax.legend(loc="upper right")
    ax.set_title(f"{beads} beads after {steps} step{'s' * (steps > 1)}", fontsize="medium")
    return fig


figure_heights.slider = ("steps", [1, 2, 3, 4, 6, 8, 16, 32, 64])
# --8<-- [end:heights]


# --8<-- [start:strings]
def figure_strings():
    steps = np.array([1, 2, 4, 8, 16, 32, 64, 128])
    descent, fast, floor = np.array([string_gaps(k) for k in steps]).T
    fig, ax = plt.subplots()
    ax.loglog(steps, promised_convex(1, 1, steps), ":", color="gray", label="promised: descent")
    ax.loglog(steps, descent, "o-", color="C2", markersize=5, label="descent")
    ax.loglog(steps, promised_accelerated(1, 1, steps), "--", color="gray", label="promised: accelerated")
    ax.loglog(steps, fast, "s--", color="C2", markersize=5, label="accelerated")
    ax.loglog(steps, floor, "-.", color="C1", label="no such method below this")
    ax.set(xlabel="steps, on a string with 2 steps + 1 beads", ylabel="loss above the least / (L × distance²)")
    ax.set_xticks(steps[::2], [str(k) for k in steps[::2]])
    ax.minorticks_off()
    ax.legend(loc="lower left", fontsize=8)
    return fig
# --8<-- [end:strings]


# --8<-- [start:strings_printed]
def print_strings():
    """Loss above the least on a string, over L × distance²: promised and come about."""
    print("steps   descent: promised     truth   accelerated: promised     truth   no method below")
    for k in (1, 4, 16, 64):
        descent, fast, floor = string_gaps(k)
        print(f"{k:5d}   {promised_convex(1, 1, k):17.5f}   {descent:7.5f}   "
              f"{promised_accelerated(1, 1, k):21.5f}   {fast:7.5f}   {floor:15.5f}")
# --8<-- [end:strings_printed]


# --8<-- [start:digits]
def print_digits():
    """Steps until the error is at most 1/10, 1/100, ..., for five laws."""
    laws = (
        ("1/sqrt(k)", lambda share: share**-2),
        ("1/k", lambda share: 1 / share),
        ("1/k²", lambda share: share**-0.5),
        ("0.9^k", lambda share: np.log(share) / np.log(0.9)),
        ("0.9^(2^k)", lambda share: np.log2(np.log(share) / np.log(0.9))),
    )
    print("error falls like        1/10       1/100      1/1,000     1/10,000")
    for name, steps in laws:
        print(f"{name:14}", *(f"{np.ceil(steps(10.0**-d) - 1e-9):13,.0f}" for d in (1, 2, 3, 4)), sep="")
# --8<-- [end:digits]


# --8<-- [start:student_promises]
def first_within(heights, goal):
    """The first step, counted from 0, at which the height is below the goal."""
    if not np.min(heights) < goal:
        raise RuntimeError(f"the goal {goal} is not reached in {len(heights) - 1} steps")
    return np.argmax(np.asarray(heights) < goal)


def print_student_promises():
    """Two losses of the students, from zero weights: steps promised and steps taken."""
    (X, marks), (Z, passed) = raw_hours(), passing()
    squares = lambda W: np.mean((W @ X.T - marks) ** 2, axis=-1)
    surprise = lambda W: np.mean(np.logaddexp(0, (1 - 2 * passed) * (W @ Z.T)), axis=-1)
    squares_slope = lambda w: 2 / len(marks) * X.T @ (X @ w - marks)
    mu, L = np.linalg.eigvalsh(2 / len(marks) * X.T @ X)
    least = np.linalg.lstsq(X, marks, rcond=None)[0]
    passing_L = np.linalg.eigvalsh(Z.T @ Z / (4 * len(Z)))[-1]
    passing_least = accelerated(pass_gradient, np.zeros(2), 1 / passing_L, 1000)[-1]
    print(f"marks: L {L:.2f} and mu {mu:.2f}, passing: L {passing_L:.2f} and no mu")
    print("                         promised: 1/k   (1-mu/L)^k   1/k²   taken: descent   accelerated")
    for name, f, slope, L, mu, best, goal in (
        ("marks, to 1 mark²", squares, squares_slope, L, mu, least, 1.0),
        ("passing, to 0.001 nats", surprise, pass_gradient, passing_L, 0, passing_least, 0.001),
    ):
        far, gap = np.linalg.norm(best), f(np.zeros(2)) - f(best)
        convex = np.ceil(promised_convex(L, far, 1) / goal)
        fast = np.ceil(np.sqrt(promised_accelerated(L, far, 0) / goal) - 1)
        linear = f"{np.ceil(np.log(goal / gap) / np.log1p(-mu / L)):10,.0f}" if mu else "      none"
        walks = (walk(slope, np.zeros(2), 1 / L, 600) for walk in (descend, accelerated))
        taken = [first_within(f(path) - f(best), goal) for path in walks]
        print(f"{name:22}   {convex:13,.0f}   {linear}   {fast:4.0f}   {taken[0]:14d}   {taken[1]:11d}")
# --8<-- [end:student_promises]


# --8<-- [start:local]
def print_local():
    """Descent on ln cosh w from 2 and from 5: 1 over the curvature there, and 1 over 1."""
    print("start   rate                        after 1 step   2 steps   3 steps   50 steps, in size")
    for start in (2.0, 5.0):
        here = np.cosh(start) ** -2
        for name, rate in (("1 / curvature here", 1 / here), ("1 / L", 1.0)):
            w = descend(np.tanh, np.array([start]), rate, 50)[:, 0]
            print(f"{start:5.0f}   {name:18} {rate:7.1f}   {w[1]:12.2f}", *(f"{w[k] + 0.0:9.2f}" for k in (2, 3)), f"{abs(w[50]):19.2f}")
# --8<-- [end:local]


# --8<-- [start:ripples]
def accelerated_restarted(gradient, w, learning_rate, steps):
    """`accelerated`, which forgets its speed when a step leads up the slope."""
    path, ahead, k = [w], w, 1
    for _ in range(steps):
        slope = gradient(ahead)
        w = ahead - learning_rate * slope
        step = w - path[-1]
        uphill = np.sum(slope * step) > 0  # the speed has carried it up the slope
        ahead, k = (w, 1) if uphill else (w + (k - 1) / (k + 2) * step, k + 1)
        path.append(w)
    return np.array(path)


def print_ripples():
    """The students' squared error: steps that raise it, and the loss above the least."""
    X, y = raw_hours()
    slope = lambda w: 2 / len(y) * X.T @ (X @ w - y)
    L, best = np.linalg.eigvalsh(2 / len(y) * X.T @ X)[-1], np.linalg.lstsq(X, y, rcond=None)[0]
    print("                of 400 steps raise the loss   above the least after 100   after 200 (marks²)")
    for name, walk in (("descent", descend), ("accelerated", accelerated), ("with restarts", accelerated_restarted)):
        heights = np.mean(((walk(slope, np.zeros(2), 1 / L, 400) - best) @ X.T) ** 2, axis=1)
        rises = np.sum(np.diff(heights) > 1e-9)
        print(f"{name:13}   {rises:27d}   {heights[100]:25.2e}   {heights[200]:9.1e}")
# --8<-- [end:ripples]


if __name__ == "__main__":
    print_falls()
    print_digits()
    print_strings()
    print_student_promises()
    print_local()
    print_ripples()
    figure_parabolas()
    figure_heights()
    figure_strings()
    plt.show()
