"""Comparing the methods: the same valley, the same start, the same goal, the same care in tuning."""

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


def raw_hours():
    """X of shape (40, 2): 1 and hours as they are; y, the marks."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours]), marks


def standardised(column):
    """The column shifted to mean 0 and divided by its standard deviation; shape (n,)."""
    return (column - column.mean()) / column.std()


def loss(w, X, y):
    """Mean-squared error of the predictions X @ w, in marks²: no half.

    Shapes: w (p,), X (n, p), y (n,); the result is a scalar.
    """
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return residual @ residual / len(y)


def least_squares(X, y):
    """The weights with the smallest `loss`, of shape (p,), by linear algebra."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
# --8<-- [end:students]


# --8<-- [start:methods]
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


def adagrad(gradient, w, learning_rate, steps, epsilon=1e-8):
    """Each weight's step is divided by the root of the sum of its squared gradients."""
    path, s = [w], np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        s = s + g**2
        w = w - learning_rate * g / (np.sqrt(s) + epsilon)
        path.append(w)
    return np.array(path)


def rmsprop(gradient, w, learning_rate, steps, beta=0.9, epsilon=1e-8):
    """As `adagrad`, with a running mean of the squared gradients in place of the sum."""
    path, s = [w], np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        s = beta * s + (1 - beta) * g**2
        w = w - learning_rate * g / (np.sqrt(s) + epsilon)
        path.append(w)
    return np.array(path)


def adam(gradient, w, learning_rate, steps, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Running means of the gradient (m) and of its square (s), both corrected.

    They start at 0 and are too small at first: after k steps they are divided by
    1 - beta1^k and 1 - beta2^k. Source: Kingma and Ba, 2015.
    """
    path, m, s = [w], np.zeros_like(w), np.zeros_like(w)
    for k in range(1, steps + 1):
        g = gradient(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        m_hat, s_hat = m / (1 - beta1**k), s / (1 - beta2**k)
        w = w - learning_rate * m_hat / (np.sqrt(s_hat) + epsilon)
        path.append(w)
    return np.array(path)


def adamw(gradient, w, learning_rate, steps, decay=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """`adam`, and each step also shrinks w by learning_rate * decay * w.

    The decay is not part of the gradient. Source: Loshchilov and Hutter, 2019.
    """
    path, m, s = [w], np.zeros_like(w), np.zeros_like(w)
    for k in range(1, steps + 1):
        g = gradient(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        m_hat, s_hat = m / (1 - beta1**k), s / (1 - beta2**k)
        w = w - learning_rate * (m_hat / (np.sqrt(s_hat) + epsilon) + decay * w)
        path.append(w)
    return np.array(path)


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


def eliminate(A, b):
    """Solve A x = b by elimination, for a positive definite A (p, p) and b (p,)."""
    A, b = A.astype(float), b.astype(float)
    for k in range(len(b) - 1):
        factors = A[k + 1 :, k] / A[k, k]
        A[k + 1 :, k + 1 :] = A[k + 1 :, k + 1 :] - factors[:, None] * A[k, k + 1 :]
        b[k + 1 :] = b[k + 1 :] - factors * b[k]
    x = np.zeros_like(b)
    for k in reversed(range(len(b))):
        x[k] = (b[k] - A[k, k + 1 :] @ x[k + 1 :]) / A[k, k]
    return x


def newton_step(w, X, y):
    """One Newton step on the mean-squared error, solved by `eliminate`."""
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return w - eliminate(X.T @ X, X.T @ residual)
# --8<-- [end:methods]


# --8<-- [start:multiplications]
def multiplications(compute, *arrays):
    """How many multiplications, squares and divisions compute(*arrays) makes.

    It is run with arrays that count what is done with them.
    """
    total = 0

    class Counting(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **options):
            nonlocal total
            plain = [np.asarray(part) for part in inputs]
            result = np.asarray(getattr(ufunc, method)(*plain, **options))
            if ufunc is np.matmul:
                total += result.size * plain[0].shape[-1]
            elif ufunc in (np.multiply, np.divide, np.square):
                total += result.size
            return result.view(Counting)

    compute(*(np.array(array).view(Counting) for array in arrays))
    return total
# --8<-- [end:multiplications]


# --8<-- [start:contest]
TUNED = {  # method: its walk, and what it keeps from step to step
    "descent": (descend, ["w"]),
    "momentum": (lambda g, w, rate, k: momentum(g, w, rate, 0.9, k), ["w", "v"]),
    "Nesterov": (lambda g, w, rate, k: nesterov(g, w, rate, 0.9, k), ["w", "v"]),
    "AdaGrad": (adagrad, ["w", "s"]),
    "RMSProp": (rmsprop, ["w", "s"]),
    "Adam": (adam, ["w", "m", "s"]),
    "AdamW": (lambda g, w, rate, k: adamw(g, w, rate, k, decay=0.001), ["w", "m", "s"]),
}
RATES = np.geomspace(1e-4, 1e2, 61)


def excess(path, X, y):
    """Loss above the least one along a path of shape (..., p), in marks².

    The mean square of X @ away: how far the predictions are from the best ones.
    """
    away = path - least_squares(X, y)
    return np.sum(away @ (X.T @ X / len(y)) * away, axis=-1)


def slope_of(X, y):
    """The gradient of the mean-squared error, as a function of w of shape (..., p).

    X may be several tables in one array, of shape (..., n, p): each has its own w.
    """
    return lambda w: (w @ X.mT - y) @ X * (2 / X.shape[-2])


def steps_to_stay(heights, goal):
    """Steps after which heights, of shape (steps + 1, ...), stay at or below the goal.

    Counted from the end. Infinity where the last one is above it, or no number.
    """
    stays = np.logical_and.accumulate(heights[::-1] <= goal).sum(axis=0)
    return np.where(stays > 0, len(heights) - stays, np.inf)


def tune(walk, X, y, goal, steps=1000):
    """`steps_to_stay` for each of RATES, from zero, of so many steps; (61,).

    All rates walk at once: w has a row for each, and the slopes too. A rate counts
    only if its last ten steps are at or below a tenth of the goal: of a walk that
    swings close to the goal, rounding would decide when it stays.
    """
    start = np.zeros((len(RATES), X.shape[1]))
    with np.errstate(over="ignore", invalid="ignore"):
        path = walk(slope_of(X, y), start, RATES[:, None], steps)
        heights = excess(path, X, y)
        room = np.all(heights[-10:] <= goal / 10, axis=0)
        return np.where(room, steps_to_stay(heights, goal), np.inf)


def few_students(X, y, seeds, rates, steps=2000):
    """Loss above the least for stochastic descent, 4 students a step, on a cosine.

    A run for each seed and rate, all at once; those of one seed see the same
    students. The shape is (steps + 1, len(seeds), len(rates)).
    """
    everyone = np.tile(np.arange(len(y)), (steps, 1))
    shuffled = [np.random.default_rng(seed).permuted(everyone, axis=1) for seed in seeds]
    batches = np.array(shuffled)[:, :, :4]  # four different students for each step
    w = np.zeros((len(seeds), len(rates), X.shape[1]))
    path = [w]
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(steps):
            fraction, batch = (1 + np.cos(np.pi * k / steps)) / 2, batches[:, k]
            w = w - rates[:, None] * fraction * slope_of(X[batch], y[batch][:, None])(w)
            path.append(w)
        return excess(np.array(path), X, y)


def tune_few_students(X, y, goal, steps):
    """Median of `steps_to_stay` over 20 runs of so many steps, for each of RATES; (61,)."""
    runs = few_students(X, y, range(20), RATES, steps)
    return np.median(steps_to_stay(runs, goal), axis=0)


def fresh_students(X, y, rate, goal, steps):
    """`steps_to_stay` of 40 runs at one rate whose seeds the tuning has not seen; (40,)."""
    runs = few_students(X, y, range(20, 60), np.array([rate]), steps)
    return steps_to_stay(runs[..., 0], goal)
# --8<-- [end:contest]


# --8<-- [start:entries]
def cost_of_a_step(walk, X, y):
    """Multiplications of the second step of a walk: X and y as counting arrays."""
    runs = []
    for k in (1, 2):
        run = lambda X, y, k=k: walk(slope_of(X, y), np.zeros(X.shape[1]), 0.01, k)
        runs.append(multiplications(run, X, y))
    return runs[1] - runs[0]


def search(X, y, steps):
    """Descent with backtracking from zero: its points, of shape (steps + 1, p)."""
    f, start = lambda w: loss(w, X, y), np.zeros(X.shape[1])
    return descend_searching(f, slope_of(X, y), start, steps)[0]


def entries(X, y, goal=1.0):
    """All methods: `{name: (rate, steps, multiplications in all, numbers held)}`.

    A search and Newton's method have no rate. Counted is what `steps` steps do. Of a
    stochastic method they are the median of runs whose seeds the tuning has not seen.
    """
    p, table = X.shape[1], {}
    for name, (walk, kept) in TUNED.items():
        counts = tune(walk, X, y, goal)
        work = counts.min() * cost_of_a_step(walk, X, y)
        table[name] = RATES[counts.argmin()], counts.min(), work, p * len(kept)
    four_students = cost_of_a_step(descend, X[:4], y[:4])
    for steps in (2000, 500):
        rate = RATES[tune_few_students(X, y, goal, steps).argmin()]
        typical = np.median(fresh_students(X, y, rate, goal, steps))
        table[f"SGD over {steps}"] = rate, typical, typical * four_students, p
    steps = int(steps_to_stay(excess(search(X, y, 400), X, y), goal))
    work = multiplications(lambda X, y: search(X, y, steps), X, y)
    table["backtracking"] = None, steps, work, p + 1
    work = multiplications(lambda X, y: newton_step(np.zeros(p), X, y), X, y)
    table["Newton"] = None, 1, work, p + p * p
    return table
# --8<-- [end:entries]


# --8<-- [start:entries_printed]
def print_entries():
    """Everyone's steps, work and memory to within 1 mark² of the least loss."""
    X, y = raw_hours()
    print(f"condition number {np.linalg.cond(X.T @ X):.1f}")
    print("method             rate   steps   multiplications a step     in all   held")
    for name, (rate, steps, work, held) in entries(X, y).items():
        shown = "" if rate is None else f"{rate:.4f}"
        print(f"{name:13}   {shown:>7}   {steps:5.0f}", end="")
        print(f"   {work / steps:22,.0f}   {work:8,.0f}   {held:4d}")
# --8<-- [end:entries_printed]


# --8<-- [start:fresh]
def print_fresh():
    """The stochastic runs at the rates that twenty seeds chose, on these and on 40 others."""
    X, y = raw_hours()
    print("                  rate   median of the 20 tuned on   of 40 others: median   never stay")
    for steps in (2000, 500):
        tuned = tune_few_students(X, y, 1.0, steps)
        rate = RATES[tuned.argmin()]
        fresh = fresh_students(X, y, rate, 1.0, steps)
        print(f"SGD over {steps:4d}   {rate:.4f}   {tuned.min():25.0f}   {np.median(fresh):20.0f}", end="")
        print(f"   {np.mean(np.isinf(fresh)):10.0%}")
# --8<-- [end:fresh]


# --8<-- [start:race]
def races(X, y, steps=1000):
    """The loss above the least along each method's best walk: `{name: heights}`.

    RMSProp is left out: how it swings hangs on rounding.
    """
    start, slope, runs = np.zeros(2), slope_of(X, y), {}
    for name, (walk, _) in TUNED.items():
        if name == "RMSProp":
            continue
        rate = RATES[tune(walk, X, y, 1.0).argmin()]
        runs[name] = excess(walk(slope, start, rate, steps), X, y)
    for length in (2000, 500):
        rates = RATES[[tune_few_students(X, y, 1.0, length).argmin()]]
        runs[f"SGD over {length}"] = few_students(X, y, [20], rates, length)[:, 0, 0]
    runs["backtracking"] = excess(search(X, y, 400), X, y)
    runs["Newton"] = excess(np.array([start, newton_step(start, X, y)]), X, y)
    return runs


def figure_race():
    X, y = raw_hours()
    runs = races(X, y)
    fig, axes = plt.subplots(5, 2, figsize=(6.8, 8), sharex=True, sharey=True)
    for ax, name in zip(axes.flat, runs, strict=True):
        for other, heights in runs.items():
            shown = np.unique(np.geomspace(1, len(heights), 64 if other == name else 18).astype(int)) - 1
            style = {"color": "C2", "linewidth": 2, "zorder": 3} if other == name else {"color": "gray", "linewidth": 0.5}
            ax.loglog(shown + 1, np.maximum(heights[shown], 1e-4), **style)
        ax.axhline(1, color="C3", linewidth=1, ls="--")
        ax.set_title(name, fontsize="small")
        ax.set(xlim=(1, 2000), ylim=(1e-3, 1e4), yticks=[1e-3, 1, 1e3])
        ax.minorticks_off()
    fig.supxlabel("step, counted from 1", fontsize="medium")
    fig.supylabel("loss above the least (marks²)", fontsize="medium")
    return fig
# --8<-- [end:race]


# --8<-- [start:tuning]
def figure_tuning():
    X, y = raw_hours()
    fig, axes = plt.subplots(4, 2, figsize=(6.8, 6.8), sharex=True, sharey=True)
    tried = {name: tune(walk, X, y, 1.0) for name, (walk, _) in TUNED.items()}
    tried["SGD over 2000"] = tune_few_students(X, y, 1.0, 2000)
    for ax, (name, counts) in zip(axes.flat, tried.items(), strict=True):
        shown = np.where(np.isfinite(counts), counts, np.nan)  # no line across a gap
        ax.loglog(RATES, shown, "o-", color="C2", markersize=3, linewidth=1)
        ax.loglog(RATES[counts.argmin()], counts.min(), "*", color="C3", markersize=11)
        ax.set_title(name, fontsize="small")
        ax.set(xlim=(1e-4, 1e2), ylim=(20, 3000), xticks=[1e-3, 1e-1, 1e1])
    fig.supxlabel("learning rate", fontsize="medium")
    fig.supylabel("steps to within 1 mark² of the least loss", fontsize="medium")
    return fig
# --8<-- [end:tuning]


# --8<-- [start:untuned]
def print_untuned():
    """Steps to the goal for everyone at one rate, without any tuning."""
    X, y = raw_hours()
    print("method     " + "".join(f"{f'rate {rate:g}':>12}" for rate in (0.01, 1.0, 10.0)))
    for name, (walk, _) in TUNED.items():
        counts = tune(walk, X, y, 1.0)[[20, 40, 50]]
        shown = [f"{count:.0f}" if np.isfinite(count) else "never" for count in counts]
        print(f"{name:11}" + "".join(f"{text:>12}" for text in shown))
# --8<-- [end:untuned]


# --8<-- [start:elsewhere]
def print_elsewhere():
    """The same contest with standardised hours, where the valley is round."""
    hours, _, marks = students()
    x = standardised(hours)
    X = np.column_stack([np.ones_like(x), x])
    for name, (rate, steps, *_) in entries(X, marks).items():
        shown = "" if rate is None or np.isinf(steps) else f"{rate:.4f}"
        print(f"{name:13}   {shown:>7}   " + ("never" if np.isinf(steps) else f"{steps:5.0f} steps"))
# --8<-- [end:elsewhere]


# --8<-- [start:memory]
def print_memory():
    """Gigabytes that each method keeps for a million weights, at 8 bytes a number."""
    p = 1_000_000
    for name, kept in [(name, len(kept) * p) for name, (_, kept) in TUNED.items()] + [("Newton", p + p * p)]:
        print(f"{name:9}   {8 * kept / 1e9:10,.3f} GB")
# --8<-- [end:memory]


# --8<-- [start:dip]
def print_dip():
    """Adam at rate 10: when it is first below the goal, and when it is there to stay."""
    X, y = raw_hours()
    heights = excess(adam(slope_of(X, y), np.zeros(2), 10.0, 1000), X, y)
    print(f"first below 1 mark² after {np.argmax(heights <= 1)} steps")
    print(f"there to stay after {steps_to_stay(heights, 1.0):.0f} steps")
# --8<-- [end:dip]


# --8<-- [start:decays]
def print_decays():
    """AdamW with four decays, each with the best of RATES for it."""
    X, y = raw_hours()
    for decay in (0.01, 0.003, 0.001, 0.0):
        counts = tune(lambda g, w, rate, k, d=decay: adamw(g, w, rate, k, decay=d), X, y, 1.0)
        print(f"decay {decay:5.3f}:", f"{counts.min():4.0f} steps" if counts.min() < np.inf else "never")
# --8<-- [end:decays]


# --8<-- [start:both_tuned]
def print_both_tuned():
    """The best of RATES for some betas; and momentum as the formula has it."""
    X, y = raw_hours()
    print("beta   momentum               Nesterov")
    for beta in (0.5, 0.7, 0.8, 0.9, 0.95):
        told = []
        for method in (momentum, nesterov):
            counts = tune(lambda g, w, rate, k, m=method, b=beta: m(g, w, rate, b, k), X, y, 1.0)
            told.append(f"{counts.min():3.0f} steps at {RATES[counts.argmin()]:.4f}")
        print(f"{beta:4.2f}   {told[0]:20}   {told[1]}")
    low, high = np.sqrt(np.linalg.eigvalsh(2 / len(y) * X.T @ X))
    rate, beta = 4 / (high + low) ** 2, ((high - low) / (high + low)) ** 2
    steps = steps_to_stay(excess(momentum(slope_of(X, y), np.zeros(2), rate, beta, 400), X, y), 1.0)
    print(f"{beta:4.2f}   {steps:3.0f} steps at {rate:.4f}, by the formula")
# --8<-- [end:both_tuned]


if __name__ == "__main__":
    print_entries()
    print_fresh()
    print_untuned()
    print_elsewhere()
    print_memory()
    print_dip()
    print_decays()
    print_both_tuned()
    figure_race()
    figure_tuning()
    plt.show()
