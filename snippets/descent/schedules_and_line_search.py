"""Schedules and line search: learning rates that change on the way, by plan or by trying."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:schedules]
def steady(step, steps):
    """The whole rate at every step."""
    return 1.0


def halving(step, steps, parts=5):
    """Equal parts of the run, each at half the rate of the one before."""
    return 0.5 ** min(step * parts // steps, parts - 1)


def exponential(step, steps, last=0.01):
    """The same factor at each step, from 1 at step 0 to `last` at step `steps`."""
    return last ** (step / steps)


def inverse_time(step, steps, half=20):
    """1 / (1 + step / half): a half at step `half`, a third at twice that."""
    return 1 / (1 + step / half)


def cosine(step, steps):
    """Half a wave of the cosine, from 1 at step 0 to 0 at step `steps`."""
    return (1 + np.cos(np.pi * step / steps)) / 2


def warm_up(step, warm):
    """A factor for any of them: rises in equal parts to 1 over the first `warm` steps.

    Raises `ValueError` if `warm` is negative; 0 means no warm-up.
    """
    if warm < 0:
        raise ValueError(f"warm = {warm}: it is a number of steps")
    return min(1.0, (step + 1) / warm) if warm else 1.0


SCHEDULES = {
    "constant": steady,
    "halving": halving,
    "exponential": exponential,
    "inverse time": inverse_time,
    "cosine": cosine,
}
# --8<-- [end:schedules]


# --8<-- [start:fractions]
def figure_fractions(warm=0):
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    styles = ((0, (1, 1)), "-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)))
    for style, (name, schedule) in zip(styles, SCHEDULES.items(), strict=True):
        fractions = [schedule(step, 100) * warm_up(step, warm) for step in range(101)]
        ax.plot(fractions, ls=style, color="C0", label=name, drawstyle="steps-post" if name == "halving" else "default")
    ax.set(xlabel="step of 100", ylabel="fraction of the largest rate", xlim=(0, 100), ylim=(0, 1.05))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=5, fontsize="small", columnspacing=1)
    return fig


figure_fractions.slider = ("warm", [0, 5, 10, 20, 30, 40], "steps")
# --8<-- [end:fractions]


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


def least_squares(X, y):
    """The weights with the smallest `loss`, of shape (p,), by linear algebra."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
# --8<-- [end:students]


# --8<-- [start:scheduled]
def scheduled_sgd(X, y, w, largest, steps, schedule, rngs):
    """One random student a step, at rate largest * schedule(step, steps).

    A run from w for each of the generators, all at once. Returns all points, of
    shape (steps + 1, len(rngs), p), the start first.
    """
    drawn = np.array([rng.integers(len(y), size=steps) for rng in rngs])
    w = np.tile(w, (len(rngs), 1))
    path = [w]
    for step in range(steps):
        x, marks = X[drawn[:, step]], y[drawn[:, step]]
        residual = np.sum(w * x, axis=1) - marks
        w = w - largest * schedule(step, steps) * 2 * residual[:, None] * x
        path.append(w)
    return np.array(path)


def mean_excess(schedule, largest=0.02, steps=2000, runs=20):
    """Loss above the least at each step, in marks²: the mean over some runs."""
    X, y = centred_hours()
    rngs = [np.random.default_rng(seed) for seed in range(runs)]
    path = scheduled_sgd(X, y, np.array([40.0, 1.0]), largest, steps, schedule, rngs)
    return np.mean(((path - least_squares(X, y)) @ X.T) ** 2, axis=(1, 2))
# --8<-- [end:scheduled]


# --8<-- [start:scheduled_printed]
def print_scheduled():
    """Where each schedule ends, beside the mean of its last 200 steps."""
    print("schedule            at the end   mean of the last 200 steps (marks² above least)")
    ends = {name: mean_excess(schedule) for name, schedule in SCHEDULES.items()}
    ends["constant, 0.00125"] = mean_excess(steady, largest=0.00125)
    for name, excess in ends.items():
        print(f"{name:17}   {excess[-1]:10.3f}   {excess[-200:].mean():26.3f}")
# --8<-- [end:scheduled_printed]


# --8<-- [start:floors]
def figure_floors():
    fig, ax = plt.subplots()
    for style, name in ((":", "constant"), ("-.", "inverse time"), ("-", "cosine")):
        excess = mean_excess(SCHEDULES[name])
        smooth = excess[1:].reshape(-1, 20).mean(axis=1)
        ax.semilogy(20 * np.arange(len(smooth)) + 10, smooth, style, color="C2", label=name)
    ax.set(xlabel="step", ylabel="loss above the least (marks²)", xlim=(0, 2000))
    ax.legend()
    return fig
# --8<-- [end:floors]


# --8<-- [start:line_search]
def backtrack(f, w, slope, direction, first=1.0, c=0.1, shrink=0.5):
    """The first t of first, first * shrink, ... that lowers f enough.

    Enough (Armijo's condition): f(w + t direction) <= f(w) + c t slope·direction.
    slope is the gradient of f at w; w, slope and direction have shape (p,). Raises
    `ValueError` if the direction does not lead downhill, `RuntimeError` after 50
    tries. Source: Armijo, 1966.
    """
    descent = slope @ direction
    if not descent < 0:
        raise ValueError(f"slope {descent:.3g} along the direction: not downhill")
    height, t = f(w), first
    for _ in range(50):
        if f(w + t * direction) <= height + c * t * descent:
            return t
        t = t * shrink
    raise RuntimeError(f"no step as small as {t:.3g} lowers f enough: is the slope right?")
# --8<-- [end:line_search]


# --8<-- [start:search_each_step]
def descend_searching(f, gradient, w, steps, first=1.0, c=0.1):
    """Descent that looks for each step's length; it needs no learning rate.

    Each search starts from twice the length of the last step. Returns the points,
    of shape (steps + 1, p), and the lengths, of shape (steps,).
    """
    path, lengths = [w], []
    for _ in range(steps):
        slope = gradient(w)
        t = backtrack(f, w, slope, -slope, first, c)
        w, first = w - t * slope, 2 * t
        path.append(w)
        lengths.append(t)
    return np.array(path), np.array(lengths)


def exact_step(H, slope):
    """The t at which a quadratic with Hessian H is lowest along -slope.

    slope·slope / slope·(H slope); shapes: H (p, p), slope (p,), not zero.
    """
    return slope @ slope / (slope @ H @ slope)
# --8<-- [end:search_each_step]


# --8<-- [start:armijo]
def figure_armijo(c=0.1):
    X, y = centred_hours()
    w = np.array([40.0, 1.0])
    slope = gradient(w, X, y)
    f = lambda w: loss(w, X, y)
    accepted, t = backtrack(f, w, slope, -slope, first=0.2, c=c), np.linspace(0, 0.21, 100)
    tried = [0.2 * 0.5**k for k in range(50) if 0.2 * 0.5**k > 1.5 * accepted]
    fig, ax = plt.subplots()
    ax.plot(t, [f(w - part * slope) for part in t], color="C0", label="loss along the step")
    ax.plot(t, f(w) - t * (slope @ slope), "--", color="C1", label="tangent at the start")
    ax.plot(t, f(w) - c * t * (slope @ slope), "-.", color="C1", label=f"enough: {c} of the tangent's fall")
    ax.plot(tried, [f(w - part * slope) for part in tried], "X", color="gray", markersize=9, label="tried")
    ax.plot(accepted, f(w - accepted * slope), "o", color="C2", markersize=9, label="taken")
    ax.set(xlabel="step length t", ylabel="loss (marks²)", xlim=(0, 0.21), ylim=(0, 1750))
    ax.legend(loc="upper left", fontsize="small")
    return fig


figure_armijo.slider = ("c", [0.001, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9])
# --8<-- [end:armijo]


# --8<-- [start:searching_before]
def raw_hours():
    """X of shape (40, 2): 1 and hours as they are; y, the marks."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours]), marks
# --8<-- [end:searching_before]


# --8<-- [start:searching]
def steps_until(near, step, w):
    """How many steps w = step(w) are taken until near(w); w of shape (p,).

    Raises `RuntimeError` if a thousand are not enough.
    """
    for steps in range(1001):
        if near(w):
            return steps
        w = step(w)
    raise RuntimeError(f"after 1000 steps still on the way, at {w}")
# --8<-- [end:searching]


# --8<-- [start:searching_printed]
def print_searching():
    """Steps until the loss is within 1 mark² of the least, on the valley of raw hours."""
    X, y = raw_hours()
    H, best = hessian(X), least_squares(X, y)
    low, high = np.linalg.eigvalsh(H)[[0, -1]]
    slope, asked, beyond = lambda w: gradient(w, X, y), [], 0
    near = lambda w: np.mean(((w - best) @ X.T) ** 2) <= 1
    fixed = lambda w: w - 2 / (low + high) * slope(w)
    lowest = lambda w: w - exact_step(H, slope(w)) * slope(w)

    def f(w):
        asked.append(w)
        return loss(w, X, y)

    print("steps until the loss is within 1 mark² of the least:")
    print("from                     fixed rate   lowest point   backtracking")
    for start in (np.array([0.0, 0.0]), np.array([0.0, 10.0])):
        searched, lengths = descend_searching(f, slope, start, 400)
        beyond += np.sum(lengths > 2 / high)
        a, b = steps_until(near, fixed, start), steps_until(near, lowest, start)
        c = [near(w) for w in searched].index(True)
        print(f"{start[0]:.0f} marks, {start[1]:2.0f} marks/hour   {a:10d}   {b:12d}   {c:12d}")
    print(f"the fixed rate: {2 / (low + high):.4f}, edge of stability: {2 / high:.4f}")
    print(f"backtracking: {len(asked) / 800:.2f} losses a step; {beyond} of 800 steps beyond the edge")
# --8<-- [end:searching_printed]


# --8<-- [start:too_fast]
def print_too_fast():
    """The intercept on its way from 0 with two schedules, and where it should end."""
    X, y = centred_hours()
    print("step k   rate 0.05 / k   rate 0.05 / k²   (intercept in marks)")
    H, best = hessian(X), least_squares(X, y)
    slow = fast = np.array([0.0, best[1]])
    for k in range(1, 100_001):
        slow = slow - 0.05 / k * (H @ (slow - best))
        fast = fast - 0.05 / k**2 * (H @ (fast - best))
        if k in (1, 10, 100, 1000, 10_000, 100_000):
            print(f"{k:6d}   {slow[0]:13.2f}   {fast[0]:14.2f}")
    print(f"best     {best[0]:13.2f}")
# --8<-- [end:too_fast]


# --8<-- [start:any_decrease]
def print_any_decrease():
    """Two searches on w², from 1 with first length 0.999: any decrease, or enough."""
    square, slope = lambda w: w[0] ** 2, lambda w: 2 * w
    print("step   any decrease   Armijo, c = 0.1")
    paths = []
    for c in (0.0, 0.1):
        w, path = np.array([1.0]), [1.0]
        for _ in range(50):
            w = w - backtrack(square, w, slope(w), -slope(w), first=0.999, c=c) * slope(w)
            path.append(w[0])
        paths.append(path)
    for step in (0, 1, 2, 3, 50):
        print(f"{step:4d}   {paths[0][step]:12.6f}   {paths[1][step]:15.6f}")
# --8<-- [end:any_decrease]


# --8<-- [start:greedy]
def print_greedy():
    """Steps on the loss (w1² + 100 w2²) / 2 from (100, 1) until it is a millionth."""
    H = np.diag([1.0, 100.0])
    for share in (1.0, 0.95, 0.75):
        start = np.array([100.0, 1.0])
        near = lambda w, goal=1e-6 * start @ H @ start: w @ H @ w <= goal
        step = lambda w, share=share: w - share * exact_step(H, H @ w) * H @ w
        steps = steps_until(near, step, start)
        print(f"{share:4.2f} of the step to the lowest point: {steps:4d} steps")
# --8<-- [end:greedy]


# --8<-- [start:needs_warm_up]
def print_needs_warm_up():
    """Descent on w⁴/4 from 3 at rate 0.25, with and without a warm-up of 20 steps."""
    for warm, steps in ((0, range(6)), (20, (0, 1, 2, 5, 20, 200))):
        w, path = 3.0, [3.0]
        for step in range(max(steps)):
            w = w - 0.25 * warm_up(step, warm) * w**3
            path.append(w)
        print(f"warm-up {warm:2d}, after steps", *(f"{k:>9}" for k in steps))
        print("                     w =", *(f"{path[k]:9.3g}" for k in steps))
# --8<-- [end:needs_warm_up]


# --8<-- [start:restarted]
def restarted(step, steps, cycles=3):
    """Cosine with restarts: `cycles` equal parts, each from 1 down towards 0.

    Raises `ValueError` unless `cycles` divides `steps`.
    """
    if steps % cycles:
        raise ValueError(f"{steps} steps do not fall into {cycles} equal parts")
    length = steps // cycles
    return cosine(step % length, length)


def print_restarted():
    """The fraction at some of 90 steps in 3 cycles."""
    print([float(round(restarted(step, 90), 3)) for step in (0, 15, 29, 30, 45, 59, 60, 89)])
# --8<-- [end:restarted]


if __name__ == "__main__":
    print_scheduled()
    print_searching()
    print_too_fast()
    print_any_decrease()
    print_greedy()
    print_needs_warm_up()
    print_restarted()
    figure_fractions()
    figure_floors()
    figure_armijo()
    plt.show()
