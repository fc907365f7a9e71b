"""Stochastic gradient descent: a few students a step, a gradient that is right on average."""

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


def least_squares(X, y):
    """The weights with the smallest `loss`, of shape (p,), by linear algebra."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
# --8<-- [end:students]


# --8<-- [start:sgd]
def batch_gradient(w, X, y, batch):
    """Gradient of the mean loss over the rows `batch` alone, of shape (p,)."""
    return gradient(w, X[batch], y[batch])


def sgd(X, y, w, learning_rate, size, steps, rng):
    """Stochastic gradient descent from w, of shape (p,).

    Each step draws `size` different rows at random with the generator `rng` and
    goes against their gradient. Returns all points, of shape (steps + 1, p), the
    start first. Raises `ValueError` unless 1 <= size <= n.
    """
    if not 1 <= size <= len(y):
        raise ValueError(f"size = {size}: a batch has 1 to {len(y)} rows")
    path = [w]
    for _ in range(steps):
        batch = rng.choice(len(y), size, replace=False)
        w = w - learning_rate * batch_gradient(w, X, y, batch)
        path.append(w)
    return np.array(path)
# --8<-- [end:sgd]


# --8<-- [start:side_by_side]
def side_by_side(X, y, w, learning_rate, size, steps, runs):
    """As `sgd`, so many runs at once; the points of all, (steps + 1, runs, p)."""
    rng, everyone = np.random.default_rng(0), np.tile(np.arange(len(y)), (runs, 1))
    w = np.tile(w, (runs, 1))
    path = [w]
    for _ in range(steps):
        batch = rng.permuted(everyone, axis=1)[:, :size]
        rows = X[batch]  # (runs, size, p)
        residual = np.sum(rows * w[:, None], axis=2) - y[batch]
        w = w - learning_rate * 2 / size * np.sum(residual[:, :, None] * rows, axis=1)
        path.append(w)
    return np.array(path)
# --8<-- [end:side_by_side]


# --8<-- [start:spread]
def gradients_of_rows(w, X, y):
    """The gradient of each row's own squared error, of shape (n, p)."""
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return 2 * (X.T * residual).T


def batch_variance(w, X, y, size):
    """Mean squared distance V_B of a batch's gradient from the full one.

    That of single rows, divided by the batch size, times (n - size) / (n - 1),
    because no row is drawn twice. 0 for a batch of all n.
    """
    each, n = gradients_of_rows(w, X, y), len(y)
    V = np.mean(np.sum((each - each.mean(axis=0)) ** 2, axis=1))
    return V / size * (n - size) / (n - 1)
# --8<-- [end:spread]


# --8<-- [start:cloud]
def far_away():
    """A start far from the best line: 40 marks and 1 mark per hour."""
    return np.array([40.0, 1.0])


def figure_cloud(size=4):
    X, y = centred_hours()
    rng, w = np.random.default_rng(0), far_away()
    cloud = [batch_gradient(w, X, y, rng.choice(len(y), size, replace=False)) for _ in range(200)]
    covariance = np.cov(gradients_of_rows(w, X, y), rowvar=False) / size * (1 - size / len(y))
    angle = np.linspace(0, 2 * np.pi, 90)
    eigenvalues, vectors = np.linalg.eigh(covariance)
    circle = np.sqrt(np.maximum(eigenvalues, 0))[:, None] * np.array([np.cos(angle), np.sin(angle)])
    full = gradient(w, X, y)
    fig, ax = plt.subplots(figsize=(6.4, 4.0))
    ax.plot(*np.transpose(cloud), "o", color="C1", markersize=3, alpha=0.5, label=f"200 batches of {size}")
    ax.plot(*(full[:, None] + 2 * vectors @ circle), color="gray", linewidth=1.2, label="two deviations, computed")
    ax.plot(*full, "*", color="C3", markersize=15, label="all 40 students")
    ax.plot(0, 0, "+", color="gray", markersize=12)
    ax.set(xlabel="slope of the loss in the intercept (marks)")
    ax.set(ylabel="slope of the loss\nin the line's slope (marks · hours)")
    ax.set(xlim=(-150, 50), ylim=(-420, 220))
    ax.legend(loc="upper left", fontsize="small")
    return fig


figure_cloud.slider = ("size", [1, 2, 4, 8, 16, 32, 40], "students")
# --8<-- [end:cloud]


# --8<-- [start:unbiased]
def print_unbiased():
    """The mean over every possible pair of students, and the full gradient."""
    X, y = centred_hours()
    w = far_away()
    pairs = [batch_gradient(w, X, y, [i, j]) for i in range(len(y)) for j in range(i)]
    print("                           intercept (marks)   slope (marks · hours)")
    for name, g in ((f"mean of all {len(pairs)} pairs", np.mean(pairs, axis=0)), ("all 40 students", gradient(w, X, y))):
        print(f"{name:24}   {g[0]:17.6f}   {g[1]:21.6f}")


def print_variance():
    """Typical distance from the full gradient, the root of V_B: by the formula, and over 4000 batches."""
    X, y = centred_hours()
    rng, w = np.random.default_rng(0), far_away()
    full = gradient(w, X, y)
    print("students   typical distance, √V_B   over 4000 batches")
    for size in (1, 4, 16, 40):
        batches = [rng.choice(len(y), size, replace=False) for _ in range(4000)]
        squares = [np.sum((batch_gradient(w, X, y, batch) - full) ** 2) for batch in batches]
        print(f"{size:8d}   {np.sqrt(batch_variance(w, X, y, size)):22.2f}   {np.sqrt(np.mean(squares)):17.2f}")
# --8<-- [end:unbiased]


# --8<-- [start:noisy_paths]
def figure_noisy_paths():
    X, y = centred_hours()
    best = least_squares(X, y)
    b, m = np.meshgrid(np.linspace(32, 68, 37), np.linspace(-1, 10, 31))
    height = np.mean((b[..., None] + m[..., None] * X[:, 1] - y) ** 2, axis=-1)
    fig, axes = plt.subplots(3, figsize=(6.4, 6.6), sharex=True)
    for ax, size in zip(axes, (40, 4, 1), strict=True):
        path = sgd(X, y, far_away(), 0.02, size, steps=160, rng=np.random.default_rng(0))
        ax.contour(b, m, height, loss(best, X, y) + 25 * np.arange(1, 6) ** 2, colors="C0", linewidths=1, alpha=0.6)
        ax.plot(*path.T, "-", color="C2", linewidth=1)
        ax.plot(*path[0], "s", color="C2", markersize=7)
        ax.plot(*best, "*", color="C3", markersize=13)
        ax.set(xlim=(32, 68), ylim=(-1, 10), ylabel="marks per hour")
        ax.set_title(f"{size} student{'s' * (size > 1)} a step, {160 * size:,} read", fontsize="medium")
    ax.set(xlabel="intercept (marks)")
    return fig
# --8<-- [end:noisy_paths]


# --8<-- [start:large]
def many_students():
    """X (100000, 2): 1 and centred hours; y, the marks, of as many simulated students."""
    hours, _, marks = students(100_000)
    return np.column_stack([np.ones_like(hours), hours - hours.mean()]), marks


def read_until(X, y, learning_rate, size, within):
    """Rows read until the loss is at most `within` above the least one, in marks².

    The loss of all rows is looked at after each step, to know when to stop: that
    reading is not counted. Raises `RuntimeError` after 2000 steps.
    """
    rng, w, best = np.random.default_rng(0), np.zeros(2), least_squares(X, y)
    H = 2 / len(y) * X.T @ X
    for step in range(2001):
        if (w - best) @ H @ (w - best) / 2 <= within:
            return step * size
        batch = rng.integers(len(y), size=size) if size < len(y) else slice(None)
        w = w - learning_rate * batch_gradient(w, X, y, batch)
    raise RuntimeError(f"batches of {size}: not there after {step} steps")
# --8<-- [end:large]


# --8<-- [start:large_printed]
def print_large():
    """Students read until the loss is within 5 marks² of the least, of 100,000."""
    X, y = many_students()
    print("students a step   rate   steps   students read   floor (marks²)")
    for size, rate in ((100_000, 0.1), (1000, 0.1), (100, 0.05), (10, 0.02)):
        read = read_until(X, y, rate, size, within=5.0)
        floor = predicted_floor(X, y, rate, size)
        print(f"{size:15,d}   {rate:4.2f}   {read // size:5,d}   {read:13,d}   {floor:14.2f}")
# --8<-- [end:large_printed]


# --8<-- [start:floor]
def predicted_floor(X, y, learning_rate, size):
    """Mean loss above the least, in marks², around which small steps settle.

    learning_rate times `batch_variance` at the minimum, divided by 4; right for
    learning rates far below the edge of stability.
    """
    return learning_rate * batch_variance(least_squares(X, y), X, y, size) / 4


def measured_floor(path, X, y):
    """Mean loss above the least over the second half of a path, in marks²."""
    away = (path[len(path) // 2 :] - least_squares(X, y)) @ X.T
    return np.mean(away**2)
# --8<-- [end:floor]


# --8<-- [start:floor_printed]
def print_floor():
    """Where SGD at a constant rate ends up: predicted, and over 100 runs of 1000 steps."""
    X, y = centred_hours()
    best = least_squares(X, y)
    print("rate    students a step   predicted   measured (marks² above the least)")
    for rate, size in ((0.02, 1), (0.01, 1), (0.005, 1), (0.005, 2), (0.005, 4)):
        path = side_by_side(X, y, best, rate, size, 1000, runs=100)
        predicted, measured = predicted_floor(X, y, rate, size), measured_floor(path, X, y)
        print(f"{rate:.3f}   {size:15d}   {predicted:9.3f}   {measured:8.3f}")
# --8<-- [end:floor_printed]


# --8<-- [start:signal]
def print_signal():
    """Length of the full gradient, a single student's typical distance from it, and
    how many of the students, asked alone, would send us downhill.
    """
    X, y = centred_hours()
    best = least_squares(X, y)
    print("                 gradient    noise   pointing downhill")
    for name, w in (("far away", far_away()), ("half way", (far_away() + best) / 2), ("at the minimum", best)):
        full = gradient(w, X, y)
        length, noise = np.linalg.norm(full), np.sqrt(batch_variance(w, X, y, 1))
        downhill = sum(batch_gradient(w, X, y, [i]) @ full > 0 for i in range(len(y)))
        share = f"{downhill:11d} of {len(y)}" if length > 1e-9 else "no way is downhill"
        print(f"{name:14}   {length:8.1f}   {noise:6.1f}   {share}")


def print_one_epoch():
    """Forty readings: a single step of the best length there is, or forty steps."""
    X, y = centred_hours()
    slope = gradient(far_away(), X, y)
    length = slope @ slope / (2 / len(y) * np.sum((X @ slope) ** 2))
    full = far_away() - length * slope
    losses = [loss(w, X, y) for w in side_by_side(X, y, far_away(), 0.02, 1, 40, runs=100)[-1]]
    print(f"least loss                {loss(least_squares(X, y), X, y):7.1f} marks²")
    print(f"at the start              {loss(far_away(), X, y):7.1f} marks²")
    print(f"1 step with 40 students   {loss(full, X, y):7.1f} marks², at the best rate for it, {length:.4f}")
    print(f"40 steps with 1 student   {np.mean(losses):7.1f} marks², mean of 100 runs; worst {max(losses):.1f}")
# --8<-- [end:signal]


# --8<-- [start:epochs]
def print_epochs():
    """After 5 epochs, 200 students read: the same rate, four batch sizes."""
    X, y = centred_hours()
    least = loss(least_squares(X, y), X, y)
    print("students a step   steps   loss above the least (marks²), mean of 100 runs")
    for size in (40, 20, 8, 1):
        steps = 5 * len(y) // size
        ends = side_by_side(X, y, far_away(), 0.02, size, steps, runs=100)[-1]
        print(f"{size:15d}   {steps:5d}   {np.mean([loss(w, X, y) for w in ends]) - least:9.2f}")
# --8<-- [end:epochs]


# --8<-- [start:unstable]
def print_unstable():
    """A rate that is safe with all students, tried with one a step."""
    X, y = centred_hours()
    best = least_squares(X, y)
    single = 2 * np.sum(X**2, axis=1)
    print(f"edge of stability with all 40: {2 / np.linalg.eigvalsh(2 / len(y) * X.T @ X)[-1]:.4f}")
    print(f"and of the student with the largest curvature: {2 / single.max():.4f}")
    print("students a step   above the least after 0, 10, 50 and 100 steps (marks²)")
    for size in (40, 1):
        path = sgd(X, y, far_away(), 0.1, size, 100, np.random.default_rng(0))
        print(f"{size:15d}  ", *(f"{np.mean((X @ (path[k] - best)) ** 2):9.2g}" for k in (0, 10, 50, 100)))
# --8<-- [end:unstable]


# --8<-- [start:shuffled]
def sgd_shuffled(X, y, w, learning_rate, size, epochs, rng):
    """As `sgd`, but each epoch shuffles the rows and reads each once.

    Where `size` does not divide n, the last batch of an epoch is smaller.
    """
    path = [w]
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for first in range(0, len(y), size):
            w = w - learning_rate * batch_gradient(w, X, y, order[first : first + size])
            path.append(w)
    return np.array(path)


def print_shuffled():
    """The floor of both ways to draw, in runs of 500 epochs."""
    X, y = centred_hours()
    best = least_squares(X, y)
    for rate in (0.01, 0.005):
        drawn = sgd(X, y, best, rate, 4, 5000, np.random.default_rng(0))
        shuffled = sgd_shuffled(X, y, best, rate, 4, 500, np.random.default_rng(0))
        floors = measured_floor(drawn, X, y), measured_floor(shuffled, X, y)
        print(f"rate {rate:.3f}: drawn {floors[0]:.4f}, shuffled {floors[1]:.4f} marks² above the least")
# --8<-- [end:shuffled]


# --8<-- [start:averaged]
def tail_average(path):
    """Mean of the second half of a path: one point, of shape (p,), or one for each run."""
    return path[len(path) // 2 :].mean(axis=0)


def print_averaged():
    """The last point and the average of the second half, over 100 runs."""
    X, y = centred_hours()
    least = loss(least_squares(X, y), X, y)
    path = side_by_side(X, y, far_away(), 0.02, 1, 1000, runs=100)
    for name, ends in (("last point", path[-1]), ("average", tail_average(path))):
        print(f"{name:10}   {np.mean([loss(w, X, y) for w in ends]) - least:.3f} marks² above the least")
# --8<-- [end:averaged]


if __name__ == "__main__":
    print_unbiased()
    print_variance()
    print_large()
    print_floor()
    print_signal()
    print_one_epoch()
    print_epochs()
    print_unstable()
    print_shuffled()
    print_averaged()
    figure_cloud()
    figure_noisy_paths()
    plt.show()
