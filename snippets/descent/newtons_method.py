"""Newton's method: walk to the lowest point of the quadratic model, and mend what goes wrong."""

# --8<-- [start:imports]
import time

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:newton]
def newton(gradient, hessian, w, steps):
    """Newton's method from w, of shape (p,): to the quadratic model's critical point.

    Each step s solves hessian(w) s = -gradient(w). Returns all points, of shape
    (steps + 1, p), the start first; `LinAlgError` where a Hessian is singular.

    >>> slope, curvature = lambda w: w**3 - 8, lambda w: np.diag(3 * w**2)
    >>> print(newton(slope, curvature, np.array([3.0]), 3)[:, 0])
    [3.         2.2962963  2.0365874  2.00065336]
    """
    path = [w]
    for _ in range(steps):
        w = w + np.linalg.solve(hessian(w), -gradient(w))
        path.append(w)
    return np.array(path)
# --8<-- [end:newton]


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


# --8<-- [start:students_before]
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
# --8<-- [end:students_before]


# --8<-- [start:students]
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


# --8<-- [start:models]
def figure_models(step=0):
    best = newton(pass_gradient, pass_hessian, np.zeros(2), 20)[-1]
    with_intercept = lambda slope: np.array([best[0], slope])
    slope = lambda m: pass_gradient(with_intercept(m))[1]
    bend = lambda m: pass_hessian(with_intercept(m))[1, 1]
    path = [0.0]
    for _ in range(4):
        path.append(path[-1] - slope(path[-1]) / bend(path[-1]))
    m, at, to = np.linspace(-0.5, 6, 131), path[step], path[step + 1]
    height = pass_loss(with_intercept(at))
    fig, ax = plt.subplots()
    ax.plot(m, [pass_loss(with_intercept(part)) for part in m], color="C0", label="loss")
    model = height + slope(at) * (m - at) + bend(at) / 2 * (m - at) ** 2
    ax.plot(m, model, "--", color="C1", label="quadratic model")
    walked = [pass_loss(with_intercept(part)) for part in path[: step + 1]]
    ax.plot(path[: step + 1], walked, "o", color="C2", label="path")
    ax.plot(to, height + slope(at) * (to - at) / 2, "v", color="C1", markersize=9, label="its lowest point")
    ax.set(xlabel="weight (per standard deviation of the hours)", ylabel="mean loss (nats)")
    ax.set(xlim=(-0.5, 6), ylim=(0, 1.2))
    ax.legend(loc="upper right")
    return fig


figure_models.slider = ("step", [0, 1, 2, 3])
# --8<-- [end:models]


# --8<-- [start:one_step]
def features(centred, scaled):
    """X of shape (40, 3): 1, hours, attendance, the last two as flagged."""
    hours, attendance, _ = students()
    columns = np.column_stack([hours, attendance])
    if centred:
        columns = columns - columns.mean(axis=0)
    if scaled:
        columns = columns / columns.std(axis=0)
    return np.column_stack([np.ones_like(hours), columns])
# --8<-- [end:one_step]


# --8<-- [start:one_step_printed]
def print_one_step():
    """The students' marks from raw features: one Newton step from zero."""
    X, y = features(False, False), students()[2]
    gradient = lambda w: 2 / len(y) * X.T @ (X @ w - y)
    hessian = lambda w: 2 / len(y) * X.T @ X
    print(f"condition number {np.linalg.cond(hessian(np.zeros(3))):,.0f}")
    w = newton(gradient, hessian, np.zeros(3), 1)[-1]
    print("after one step:", w.round(6), f" loss {np.mean((X @ w - y) ** 2):.6f} marks²")
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    print("least squares: ", w.round(6), f" loss {np.mean((X @ w - y) ** 2):.6f} marks²")
# --8<-- [end:one_step_printed]


# --8<-- [start:rates]
def errors():
    """Distance from the minimum of `pass_loss` at each step: `{name: distances}`."""
    best = newton(pass_gradient, pass_hessian, np.zeros(2), 20)[-1]
    rate = 1 / np.linalg.eigvalsh(pass_hessian(np.zeros(2)))[-1]
    paths = {
        "descent": descend(pass_gradient, np.zeros(2), rate, 60),
        "Newton": newton(pass_gradient, pass_hessian, np.zeros(2), 6),
    }
    return {name: np.linalg.norm(path - best, axis=1) for name, path in paths.items()}
# --8<-- [end:rates]


# --8<-- [start:rates_printed]
def print_quotients_of_errors():
    """Each distance divided by the one before, and for Newton also by its square."""
    d, e = errors().values()
    print("descent       distance   divided by the last")
    for k in (1, 2, 20, 40, 60):
        print(f"step {k:2d}       {d[k]:8.2e}   {d[k] / d[k - 1]:19.4f}")
    print("Newton        distance   divided by the last   by the square of the last")
    for k in range(1, 7):
        print(f"step {k:2d}       {e[k]:8.2e}   {e[k] / e[k - 1]:19.4f}   {e[k] / e[k - 1] ** 2:25.4f}")
# --8<-- [end:rates_printed]


# --8<-- [start:log_plot]
def figure_log_plot():
    fig, ax = plt.subplots()
    for marker, (name, distances) in zip("os", errors().items(), strict=True):
        ax.semilogy(distances, marker + "-", color="C2", markersize=4, linewidth=1, label=name)
    ax.set(xlabel="step", ylabel="distance from the best weights", xlim=(-1, 61), ylim=(1e-8, 1e2))
    ax.legend()
    return fig
# --8<-- [end:log_plot]


# --8<-- [start:damped_before]
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
# --8<-- [end:damped_before]


# --8<-- [start:damped]
def newton_damped(f, gradient, hessian, w, steps, smallest=1e-6):
    """Newton's method with steps that lead downhill; w has shape (p,).

    Each eigenvalue of the Hessian is replaced by its size, at least `smallest`, and
    `backtrack` shortens the step until f has fallen enough. Stops early where the
    gradient is zero, be it a minimum or not. Returns all points, the start first.
    """
    path = [w]
    for _ in range(steps):
        slope = gradient(w)
        if np.linalg.norm(slope) < 1e-14:
            break
        eigenvalues, vectors = np.linalg.eigh(hessian(w))
        direction = -vectors @ (vectors.T @ slope / np.maximum(np.abs(eigenvalues), smallest))
        w = w + backtrack(f, w, slope, direction) * direction
        path.append(w)
    return np.array(path)
# --8<-- [end:damped]


# --8<-- [start:diverging]
def bowl(x):
    """sqrt(1 + x²) for x (1,): round at the bottom, straight far away."""
    return np.sqrt(1 + x[0] ** 2)


def bowl_gradient(x):
    """Gradient of `bowl`, of shape (1,)."""
    return x / np.sqrt(1 + x**2)


def bowl_hessian(x):
    """Hessian of `bowl`, of shape (1, 1)."""
    return np.diag((1 + x**2) ** -1.5)
# --8<-- [end:diverging]


# --8<-- [start:diverging_printed]
def print_diverging():
    """Newton on `bowl` from two starts, and the damped one from the second and from 1000."""
    for start in (0.9, 1.1):
        path = newton(bowl_gradient, bowl_hessian, np.array([start]), 5)
        print(f"Newton from {start}:", *(f"{x:.3g}" for x in path[:, 0]))
    for start in (1.1, 1000.0):
        path = newton_damped(bowl, bowl_gradient, bowl_hessian, np.array([start]), 12)
        shown = [f"{x:.3g}" for x in path[:, 0] if abs(x) > 1e-12]
        print(f"damped from {start}:", *shown, "below 1e-12" if len(shown) < len(path) else "")
# --8<-- [end:diverging_printed]


# --8<-- [start:saddle_before]
def correlation():
    """Mean of the product of standardised hours and marks."""
    hours, _, marks = students()
    return np.mean(standardised(hours) * standardised(marks))


def two_weights(w):
    """Mean-squared error of the prediction w0 w1 x on the standardised students.

    The smallest deep network: two weights in a row, without units; w (2,).
    """
    hours, _, marks = students()
    x, y = standardised(hours), standardised(marks)
    return np.mean((w[0] * w[1] * x - y) ** 2)


def two_weights_gradient(w):
    """Gradient of `two_weights`, of shape (2,)."""
    return 2 * (w[0] * w[1] - correlation()) * np.array([w[1], w[0]])


def two_weights_hessian(w):
    """Hessian of `two_weights`, of shape (2, 2)."""
    mixed = 4 * w[0] * w[1] - 2 * correlation()
    return np.array([[2 * w[1] ** 2, mixed], [mixed, 2 * w[0] ** 2]])
# --8<-- [end:saddle_before]


# --8<-- [start:saddle_printed]
def print_saddle():
    """Two weights in a row, from near the saddle at (0, 0): both methods."""
    start = np.array([0.3, 0.2])
    plain = newton(two_weights_gradient, two_weights_hessian, start, 6)
    damped = newton_damped(two_weights, two_weights_gradient, two_weights_hessian, start, 8)
    for name, path in (("Newton", plain), ("damped", damped)):
        print(f"{name}: loss", *(f"{two_weights(w):.4f}" for w in path[:7]))
        print(f"   ends at ({path[-1][0] + 0:.4f}, {path[-1][1] + 0:.4f})".replace("-0.0000", "0.0000"))
        print("   eigenvalues of the Hessian there:", np.linalg.eigvalsh(two_weights_hessian(path[-1])).round(3) + 0)
# --8<-- [end:saddle_printed]


# --8<-- [start:singular]
def hours_twice():
    """X of shape (40, 3): 1, hours, and the hours once more."""
    hours = students()[0]
    return np.column_stack([np.ones_like(hours), hours, hours])


def judged(A):
    """Rank and condition number of a matrix, in words."""
    condition = np.linalg.cond(A)
    told = "above 4e+15" if condition > 4e15 else f"{condition:.3g}"
    return f"rank {np.linalg.matrix_rank(A)} of {min(np.shape(A))}, condition number {told}"


def solved(A):
    """What `np.linalg.solve` makes of A x = (1, 2), in words; A is (2, 2)."""
    try:
        size = np.abs(np.linalg.solve(A, [1.0, 2.0])).max()
    except np.linalg.LinAlgError as error:
        return f"refuses: {error}"
    return "answers with numbers " + ("above 1e+14" if size > 1e14 else f"up to {size:.3g}")
# --8<-- [end:singular]


# --8<-- [start:singular_printed]
def print_singular():
    """Matrices whose last row or column says nothing new."""
    for A in ([[1.0, 2.0], [2.0, 4.0]], [[0.1, 0.3], [0.3, 0.9]]):
        print(f"{A}: {judged(A)}; solve {solved(A)}")
    X, y = hours_twice(), students()[2]
    print(f"hours twice: {judged(X)}")
    f = lambda w: np.mean((X @ w - y) ** 2)
    gradient = lambda w: 2 / len(y) * X.T @ (X @ w - y)
    hessian = lambda w: 2 / len(y) * X.T @ X
    w = newton_damped(f, gradient, hessian, np.zeros(3), 3)[-1]
    print(f"damped: loss {f(w):.6f} marks², weights {w.round(4)}")
    line = np.polyfit(X[:, 1], y, 1)
    least = np.mean((np.polyval(line, X[:, 1]) - y) ** 2)
    print(f"hours once: loss {least:.6f} marks², weights {line[::-1].round(4)}")
# --8<-- [end:singular_printed]


# --8<-- [start:seeks]
def print_seeks():
    """Newton on x⁴/4 - x²/2, which has minima at -1 and 1 and a maximum at 0."""
    for start in (0.1, 0.4, 0.7, 2.0):
        path = newton(lambda x: x**3 - x, lambda x: np.diag(3 * x**2 - 1), np.array([start]), 20)
        end = path[-1, 0]
        kind = "minimum" if 3 * end**2 - 1 > 0 else "maximum"
        print(f"from {start}: {end + 0:.4f}, a {kind}".replace("-0.0000", "0.0000"))
# --8<-- [end:seeks]


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


# --8<-- [start:work]
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


def descent_step(w, X, y, rate):
    """One step of descent on the mean-squared error; shapes (p,), (n, p), (n,)."""
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return w - rate * (X.T @ residual) * (2 / len(y))


def newton_step(w, X, y):
    """One Newton step on the mean-squared error, solved by `eliminate`."""
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return w - eliminate(X.T @ X, X.T @ residual)


def work(p):
    """Descent and Newton on p random features of 10 p simulated examples.

    Returns multiplications of a descent step, of a Newton step, and the steps that
    descent at its best fixed rate takes to a millionth of the loss above the least.
    Newton takes one. Raises `RuntimeError` if descent takes more than a thousand.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(10 * p, p))
    y, w = X @ rng.normal(size=p) + rng.normal(size=10 * p), np.zeros(p)
    eigenvalues = np.linalg.eigvalsh(2 / len(y) * X.T @ X)
    rate = 2 / (eigenvalues[0] + eigenvalues[-1])
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    away = lambda w: np.mean((X @ (w - best)) ** 2)
    goal = 1e-6 * away(w)
    descent = multiplications(lambda X, y: descent_step(np.zeros(p), X, y, rate), X, y)
    one = multiplications(lambda X, y: newton_step(np.zeros(p), X, y), X, y)
    for steps in range(1001):
        if away(w) <= goal:
            return descent, one, steps
        w = descent_step(w, X, y, rate)
    raise RuntimeError(f"after 1000 steps {away(w):.3g} above the least, not {goal:.3g}")
# --8<-- [end:work]


# --8<-- [start:cost]
def figure_cost():
    sizes = (2, 4, 8, 16, 32, 64, 128)
    descent, one, steps = np.array([work(p) for p in sizes]).T
    fig, ax = plt.subplots()
    ax.loglog(sizes, one, "s--", color="C2", label="Newton: one step, and done")
    ax.loglog(sizes, descent * steps, "o-", color="C2", label="descent: all its steps")
    ax.loglog(sizes, descent, "o:", color="C2", label="descent: one step")
    ax.set(xlabel="number of parameters p", ylabel="multiplications", xlim=(1.8, 145))
    ax.legend()
    return fig


def print_cost():
    """Multiplications a step and in all, and which method is cheaper."""
    print("  p   a descent step   a Newton step   ratio   descent steps   cheaper in all")
    for p in (2, 8, 16, 24, 32, 40, 64, 128):
        descent, one, steps = work(p)
        cheaper = "Newton" if one < steps * descent else "descent"
        print(f"{p:3d}   {descent:14,d}   {one:13,d}   {one / descent:5.1f}   {steps:13d}   {cheaper}")
# --8<-- [end:cost]


# --8<-- [start:babylonian]
def babylonian(a, steps):
    """Newton's method for x³/3 - a x, whose minimum is the root of a > 0: a list.

    Each step is the mean of x and a / x. Raises `ValueError` unless a is positive.
    """
    if not a > 0:
        raise ValueError(f"a = {a}: the root of a positive number is wanted")
    x = [max(a, 1.0)]
    for _ in range(steps):
        x.append((x[-1] + a / x[-1]) / 2)
    return x


def print_babylonian():
    """The root of 2, and how far it is off."""
    for step, x in enumerate(babylonian(2.0, 5)):
        print(f"step {step}: {x:.15f}   off by {abs(x - 2**0.5):.1e}")
# --8<-- [end:babylonian]


# --8<-- [start:units]
def print_units_do_not_matter():
    """Probability of passing for 6 hours after each step, in three kinds of hours."""
    X, y = passing()
    hours = students()[0]
    for name, x, six in (
        ("standardised", X[:, 1], (6 - hours.mean()) / hours.std()),
        ("hours", hours, 6.0),
        ("minutes", 60 * hours, 360.0),
    ):
        Z = np.column_stack([np.ones_like(x), x])
        p = lambda w, Z=Z: np.exp(-np.logaddexp(0, -Z @ w))
        gradient = lambda w, Z=Z, p=p: Z.T @ (p(w) - y) / len(y)
        hessian = lambda w, Z=Z, p=p: Z.T @ ((p(w) * (1 - p(w)))[:, None] * Z) / len(y)
        path = newton(gradient, hessian, np.zeros(2), 4)
        print(f"{name:12}", *(f"{1 / (1 + np.exp(-w[0] - w[1] * six)):.8f}" for w in path))
# --8<-- [end:units]


# --8<-- [start:seconds]
def seconds(p, repeats=5):
    """Seconds for a step of descent and of Newton with p parameters, best of some."""
    rng = np.random.default_rng(0)
    X, y, w = rng.normal(size=(10 * p, p)), rng.normal(size=10 * p), np.zeros(p)
    times = []
    for step in (lambda: descent_step(w, X, y, 0.1), lambda: np.linalg.solve(X.T @ X, X.T @ y)):
        begins = [time.perf_counter()]
        for _ in range(repeats):
            step()
            begins.append(time.perf_counter())
        times.append(np.diff(begins).min())
    return times
# --8<-- [end:seconds]


if __name__ == "__main__":
    print_one_step()
    print_quotients_of_errors()
    print_diverging()
    print_saddle()
    print_singular()
    print_seeks()
    print_cost()
    print_babylonian()
    print_units_do_not_matter()
    figure_models()
    figure_log_plot()
    figure_cost()
    plt.show()
