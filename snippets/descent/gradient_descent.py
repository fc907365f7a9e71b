"""Gradient descent: walking downhill on the loss of a line through student marks."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:one_weight]
def one_weight(w, learning_rate, steps):
    """The weights of descent on the loss (w - 3)², whose slope is 2 (w - 3)."""
    path = [w]
    for _ in range(steps):
        slope = 2 * (path[-1] - 3)
        path.append(path[-1] - learning_rate * slope)
    return path
# --8<-- [end:one_weight]


# --8<-- [start:one_weight_printed]
def print_one_weight():
    """Each step from 7: the weight, the slope there, and what is subtracted."""
    print("step   weight   slope   rate × slope")
    for step, w in enumerate(one_weight(7, 0.25, 5)):
        print(f"{step:4d}   {w:6.3f}   {2 * (w - 3):5.2f}   {0.25 * 2 * (w - 3):12.4f}")
# --8<-- [end:one_weight_printed]


# --8<-- [start:rates]
def figure_rates(learning_rate=0.25):
    w, path = np.linspace(-4.5, 10.5, 151), np.array(one_weight(7, learning_rate, 6))
    fig, ax = plt.subplots()
    ax.plot(w, (w - 3) ** 2, color="C0")
    ax.plot(path, (path - 3) ** 2, "o-", color="C2", linewidth=1)
    ax.plot(7, 16, "s", color="C2", markersize=9)
    ax.plot(3, 0, "*", color="C3", markersize=15)
    ax.set(xlabel="weight $w$", ylabel="loss", xlim=(-4.5, 10.5), ylim=(-2, 56))
    return fig


figure_rates.slider = ("learning_rate", [0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1, 1.05])
# --8<-- [end:rates]


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
# --8<-- [end:students]


# --8<-- [start:loss]
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
# --8<-- [end:loss]


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


def least_squares(X, y):
    """The weights with the smallest `loss`, of shape (p,), by linear algebra."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
# --8<-- [end:descend]


# --8<-- [start:walk]
def random_start():
    """A first guess: 0 to 100 marks, and -10 to 20 marks per hour."""
    return np.random.default_rng(3).uniform([0, -10], [100, 20])


def walk(steps):
    """Descent on the student data from the random start."""
    X, y = centred_hours()
    return descend(lambda w: gradient(w, X, y), random_start(), 0.1, steps)
# --8<-- [end:walk]


# --8<-- [start:walk_printed]
def print_walk():
    """Where the walk is after some steps, and where it should end."""
    X, y = centred_hours()
    path = walk(40)
    print("step   intercept (marks)   slope (marks per hour)   loss (marks²)")
    for step in (0, 1, 2, 5, 10, 20, 40):
        w = path[step]
        print(f"{step:4d}   {w[0]:17.3f}   {w[1]:22.3f}   {loss(w, X, y):13.2f}")
    best = least_squares(X, y)
    print(f"best   {best[0]:17.3f}   {best[1]:22.3f}   {loss(best, X, y):13.2f}")
# --8<-- [end:walk_printed]


# --8<-- [start:grid]
def loss_grid(intercepts, slopes):
    """The loss at every pair, of shape (len(slopes), len(intercepts))."""
    X, y = centred_hours()
    return np.array([[loss(np.array([b, m]), X, y) for b in intercepts] for m in slopes])
# --8<-- [end:grid]


# --8<-- [start:surface]
def figure_surface():
    intercepts, slopes = np.linspace(0, 120, 21), np.linspace(-10, 21, 21)
    X, y = centred_hours()
    path, best = walk(20), least_squares(X, y)
    height = [loss(w, X, y) for w in path]
    fig = plt.figure(figsize=(6.4, 4.4))
    ax = fig.add_subplot(projection="3d", computed_zorder=False)
    b, m = np.meshgrid(intercepts, slopes)
    ax.plot_surface(b, m, loss_grid(intercepts, slopes), color="C0", alpha=0.25, shade=False, edgecolor="C0", lw=0.3)
    ax.plot(*path.T, height, "o-", color="C2", markersize=4)
    ax.plot(*path[0], height[0], "s", color="C2", markersize=8)
    ax.plot(*best, loss(best, X, y), "*", color="C3", markersize=15)
    ax.set(xlabel="intercept (marks)", ylabel="slope (marks per hour)", zlabel="loss (marks²)")
    ax.set(xticks=[0, 40, 80, 120], yticks=[-10, 0, 10, 20], zticks=[0, 2000, 4000, 6000])
    ax.xaxis.labelpad = ax.yaxis.labelpad = 8
    ax.zaxis.labelpad = 12
    ax.view_init(38, -112)
    ax.set_box_aspect((1.5, 1.1, 0.9), zoom=0.9)
    return fig
# --8<-- [end:surface]


# --8<-- [start:path]
def figure_path(steps=20):
    X, y = centred_hours()
    path, best = walk(20), least_squares(X, y)
    losses = np.array([loss(w, X, y) for w in path])
    intercepts, slopes = np.linspace(0, 100, 31), np.linspace(-10, 20, 25)
    fig, (top, bottom) = plt.subplots(2, figsize=(6.6, 5.2), height_ratios=[5, 4])
    levels = loss(best, X, y) + 90 * np.arange(1, 7) ** 2
    top.contour(intercepts, slopes, loss_grid(intercepts, slopes), levels, colors="C0", linewidths=1, alpha=0.7)
    top.plot(*path[: steps + 1].T, "o-", color="C2", markersize=4, linewidth=1.5)
    top.plot(*path[0], "s", color="C2", markersize=8)
    top.plot(*best, "*", color="C3", markersize=13)
    top.set(xlabel="intercept (marks)", ylabel="slope\n(marks per hour)", aspect="equal")
    bottom.semilogy(losses[: steps + 1], "o-", color="C2", markersize=4)
    bottom.axhline(loss(best, X, y), ls="--", color="C3")
    bottom.set(xlabel="step", ylabel="loss (marks²)", xlim=(-0.5, 20.5), ylim=(30, 2 * losses[0]), xticks=range(0, 21, 5))
    return fig


figure_path.slider = ("steps", [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20])
# --8<-- [end:path]


# --8<-- [start:closed_form]
def closed_form(H, minimum, start, learning_rate, step):
    """Where descent stands after `step` steps on a quadratic with Hessian H.

    In the basis of the eigenvectors of H, every step multiplies each coordinate of
    the distance by (1 - learning_rate * eigenvalue). Shapes: H (p, p), symmetric;
    minimum, start and the result (p,).
    """
    eigenvalues, vectors = np.linalg.eigh(H)
    start, minimum = np.stack([start, minimum])
    distance = vectors.T @ (start - minimum)
    return minimum + vectors @ ((1 - learning_rate * eigenvalues) ** step * distance)


def hessian(X):
    """Hessian of `loss`, of shape (p, p); it is the same for all w."""
    return 2 / len(X) * X.T @ X
# --8<-- [end:closed_form]


# --8<-- [start:closed_form_printed]
def print_factors():
    """What one step does to the distance from the best intercept and slope."""
    X, y = centred_hours()
    curvatures = np.diag(hessian(X))
    for name, eigenvalue in zip(("intercept", "slope"), curvatures, strict=True):
        factor = 1 - 0.1 * eigenvalue
        print(f"{name:9}   eigenvalue {eigenvalue:6.3f}   factor a step {factor:6.3f}")
    short = closed_form(hessian(X), least_squares(X, y), random_start(), 0.1, 20)
    print(f"20 steps: {short[0]:.3f} marks and {short[1]:.3f} marks per hour")
# --8<-- [end:closed_form_printed]


# --8<-- [start:small_gradient]
def raw_hours():
    """X of shape (40, 2): 1 and hours as they are; y, the marks."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours]), marks
# --8<-- [end:small_gradient]


# --8<-- [start:small_gradient_printed]
def print_small_gradient():
    """Length of the gradient and distance of the intercept, on raw hours."""
    X, y = raw_hours()
    best = least_squares(X, y)
    path = descend(lambda w: gradient(w, X, y), np.zeros(2), 0.02, steps=400)
    print("step   length of the gradient   intercept still off by (marks)")
    for step in (0, 10, 50, 100, 200, 400):
        length = np.linalg.norm(gradient(path[step], X, y))
        print(f"{step:4d}   {length:22.3f}   {abs(path[step] - best)[0]:30.2f}")
# --8<-- [end:small_gradient_printed]


# --8<-- [start:valley]
def figure_valley():
    X, y = raw_hours()
    best = least_squares(X, y)
    path = descend(lambda w: gradient(w, X, y), np.zeros(2), 0.02, steps=400)
    fig, ax = plt.subplots()
    ax.semilogy([np.linalg.norm(gradient(w, X, y)) for w in path], color="C1", label="length of the gradient")
    ax.semilogy(abs(path - best)[:, 0], "--", color="C2", label="distance of the intercept (marks)")
    ax.set(xlabel="step", ylabel="size", xlim=(0, 400))
    ax.legend()
    return fig
# --8<-- [end:valley]


# --8<-- [start:descend_until]
def descend_until(gradient, w, learning_rate, tolerance, most_steps):
    """Descend from w until the gradient is shorter than `tolerance`.

    Returns the last point and the number of steps; raises `RuntimeError` when
    `most_steps` are not enough.
    """
    for step in range(most_steps + 1):
        downhill = -gradient(w)
        length = np.linalg.norm(downhill)
        if length < tolerance:
            return w, step
        w = w + learning_rate * downhill
    raise RuntimeError(f"after {most_steps} steps the gradient has length {length:.3g}")
# --8<-- [end:descend_until]


if __name__ == "__main__":
    print_one_weight()
    print_walk()
    print_factors()
    print_small_gradient()
    figure_rates()
    figure_surface()
    figure_path()
    figure_valley()
    plt.show()
