"""Adam and its family: every weight gets a step of its own size."""

# --8<-- [start:imports]
import itertools

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


# --8<-- [start:adagrad]
def adagrad(gradient, w, learning_rate, steps, epsilon=1e-8):
    """Each weight's step is divided by the root of the sum of its squared gradients."""
    path, s = [w], np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        s = s + g**2
        w = w - learning_rate * g / (np.sqrt(s) + epsilon)
        path.append(w)
    return np.array(path)
# --8<-- [end:adagrad]


# --8<-- [start:rmsprop]
def rmsprop(gradient, w, learning_rate, steps, beta=0.9, epsilon=1e-8):
    """As `adagrad`, with a running mean of the squared gradients in place of the sum."""
    path, s = [w], np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        s = beta * s + (1 - beta) * g**2
        w = w - learning_rate * g / (np.sqrt(s) + epsilon)
        path.append(w)
    return np.array(path)
# --8<-- [end:rmsprop]


# --8<-- [start:adam]
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
# --8<-- [end:adam]


# --8<-- [start:adamw]
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
# --8<-- [end:adamw]


# --8<-- [start:every_method]
def every_method(steps=60):
    """All paths from (0, 0), each of shape (steps + 1, 2): `{name: path}`.

    The number in a name is the learning rate.
    """
    start, rate = np.zeros(2), safe_rate()
    return {
        f"descent, {rate:.4f}": descend(student_slope, start, rate, steps),
        f"momentum, {rate:.4f}, beta 0.8": momentum(student_slope, start, rate, 0.8, steps),
        f"momentum, {rate:.4f}, beta 0.95": momentum(student_slope, start, rate, 0.95, steps),
        f"Nesterov, {rate:.4f}, beta 0.8": nesterov(student_slope, start, rate, 0.8, steps),
        "AdaGrad, 10": adagrad(student_slope, start, 10.0, steps),
        "RMSProp, 0.8": rmsprop(student_slope, start, 0.8, steps),
        "Adam, 2": adam(student_slope, start, 2.0, steps),
        "AdamW, 2, decay 0.01": adamw(student_slope, start, 2.0, steps, decay=0.01),
    }
# --8<-- [end:every_method]


# --8<-- [start:every_method_printed]
def figure_every_method():
    fig, axes = plt.subplots(4, 2, figsize=(6.8, 7.6), sharex=True, sharey=True)
    for ax, (name, path) in zip(axes.flat, every_method().items(), strict=True):
        draw_valley(ax)
        ax.plot(*path.T, "o-", color="C2", markersize=2.5, linewidth=1)
        ax.set_title(name, fontsize="small")
    fig.supxlabel("intercept (marks)", fontsize="medium")
    fig.supylabel("slope (marks per hour)", fontsize="medium")
    return fig


def print_every_method():
    """The loss above the least one after 60 steps, for each method."""
    X, y = raw_hours()
    best = least_squares(X, y)
    for name, path in every_method().items():
        excess = np.mean((X @ (path[-1] - best)) ** 2)
        print(f"{name:28}   {excess:8.3f} marks² above the least")
# --8<-- [end:every_method_printed]


# --8<-- [start:first_step]
def print_first_step():
    """The first step of descent and of Adam, for gradients of very different size."""
    slopes = np.array([1000.0, 1.0, -0.001])
    print("gradient    ", slopes)
    print("descent, 0.1", descend(lambda w: slopes, np.zeros(3), 0.1, 1)[1])
    print("Adam, 0.1   ", adam(lambda w: slopes, np.zeros(3), 0.1, 1)[1].round(6))
# --8<-- [end:first_step]


# --8<-- [start:adam_rates]
def print_adam_rates():
    """Adam on the students' valley with six learning rates."""
    X, y = raw_hours()
    best = least_squares(X, y)
    print("   rate    above the least after 10, 100 and 1000 steps (marks²)")
    for rate in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0):
        path = adam(student_slope, np.zeros(2), rate, 1000)
        excess = np.mean(((path[[10, 100, 1000]] - best) @ X.T) ** 2, axis=1)
        shown = (f"{number:12.4g}" if number > 1e-12 else f"{'< 1e-12':>12}" for number in excess)
        print(f"{rate:7.3f}", *shown)
# --8<-- [end:adam_rates]


# --8<-- [start:epsilon]
def print_epsilon():
    """Adam's first step with rate 1, epsilon = 1e-8, outside and inside of the root."""
    print("gradient   outside    inside")
    for g in (1.0, 1e-3, 1e-5, 1e-7):
        outside = adam(lambda w, g=g: np.array([g]), np.zeros(1), 1.0, 1)[1, 0]
        inside = -g / np.sqrt(g**2 + 1e-8)
        print(f"{g:8.0e}   {outside:7.4f}   {inside:7.4f}")
# --8<-- [end:epsilon]


# --8<-- [start:decay]
def print_decay():
    """What is left of two weights, both 1 at first, about which the data say nothing.

    Their slopes only change sign at each step: by 100 and -100 for the first
    weight, by 1 and -1 for the second.
    """
    signs = itertools.cycle([1.0, -1.0])
    slopes = lambda w: next(signs) * np.array([100.0, 1.0])
    penalised = lambda w: slopes(w) + 0.01 * w
    print("no decay, Adam:                    ", adam(slopes, np.ones(2), 0.01, 20_000)[-1].round(3))
    print("penalty 0.005 w² in the loss, Adam:", adam(penalised, np.ones(2), 0.01, 20_000)[-1].round(3))
    print("decay 0.01 beside it, AdamW:       ", adamw(slopes, np.ones(2), 0.01, 20_000, decay=0.01)[-1].round(3))
# --8<-- [end:decay]


# --8<-- [start:bias]
def print_bias():
    """Means of a gradient that is 5 at every step, as they are and corrected."""
    m = 0.0
    print("step   m as it is   m / (1 - 0.9^step)")
    for step in range(1, 31):
        m = 0.9 * m + (1 - 0.9) * 5.0
        if step in (1, 2, 10, 30):
            print(f"{step:4d}   {m:10.4f}   {m / (1 - 0.9**step):18.4f}")
    print(f"first step without any correction: {(1 - 0.9) / np.sqrt(1 - 0.999):.3f} times the learning rate")
# --8<-- [end:bias]


if __name__ == "__main__":
    print_every_method()
    print_first_step()
    print_adam_rates()
    print_epsilon()
    print_decay()
    print_bias()
    figure_every_method()
    plt.show()
