"""Hessian and curvature: the second derivatives, and the bowls, saddles and valleys they describe."""

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
# --8<-- [end:students]


# --8<-- [start:network]
def two_weights(w):
    """Mean-squared error of the prediction w0 w1 x on the standardised students.

    The smallest deep network: two weights in a row, without units; w (2,).
    """
    hours, _, marks = students()
    x, y = standardised(hours), standardised(marks)
    return np.mean((w[0] * w[1] * x - y) ** 2)


def correlation():
    """Mean of the product of standardised hours and marks."""
    hours, _, marks = students()
    return np.mean(standardised(hours) * standardised(marks))


def two_weights_gradient(w):
    """Gradient of `two_weights`, of shape (2,)."""
    return 2 * (w[0] * w[1] - correlation()) * np.array([w[1], w[0]])


def two_weights_hessian(w):
    """Hessian of `two_weights`, of shape (2, 2)."""
    mixed = 4 * w[0] * w[1] - 2 * correlation()
    return np.array([[2 * w[1] ** 2, mixed], [mixed, 2 * w[0] ** 2]])
# --8<-- [end:network]


# --8<-- [start:product]
def hessian_vector(gradient, w, v, h=1e-20):
    """The Hessian times v, without the Hessian: a complex step of the gradient.

    Shapes: w (p,), v (p,), the result (p,). It costs one gradient.

    >>> gradient = lambda w: np.array([2 * w[0], 6 * w[1]])  # of w0² + 3 w1²
    >>> print(hessian_vector(gradient, np.array([1.0, 1.0]), np.array([1.0, 2.0])))
    [ 2. 12.]
    """
    w, v = np.stack([w, v])
    return gradient(w + 1j * h * v).imag / h
# --8<-- [end:product]


# --8<-- [start:product_printed]
def print_hessian():
    """The Hessian at (1.2, 0.4): by formula, and column by column from the gradient."""
    w = np.array([1.2, 0.4])
    print(two_weights_hessian(w).round(5))
    columns = [hessian_vector(two_weights_gradient, w, unit) for unit in np.eye(2)]
    print(np.stack(columns, axis=1).round(5))
# --8<-- [end:product_printed]


# --8<-- [start:model]
def quadratic_model(w, step):
    """`two_weights` near w to second order: value, slope and half the curvature."""
    slope = two_weights_gradient(w) @ step
    return two_weights(w) + slope + step @ two_weights_hessian(w) @ step / 2
# --8<-- [end:model]


# --8<-- [start:model_printed]
def print_model():
    """Errors of the models of order 1 and 2, and of order 2 without its half."""
    w, direction = np.array([1.2, 0.4]), np.array([0.6, 0.8])
    print("step length   order 1   order 2   without the half")
    for length in (0.2, 0.1, 0.05, 0.025):
        step = length * direction
        true, curved = two_weights(w + step), step @ two_weights_hessian(w) @ step
        first = two_weights(w) + two_weights_gradient(w) @ step
        errors = (abs(true - model) for model in (first, quadratic_model(w, step), first + curved))
        print(f"{length:11g}", *(f"{error:9.6f}" for error in errors))
# --8<-- [end:model_printed]


# --8<-- [start:touching]
def figure_model(weights=0.5):
    w = np.array([weights, weights])
    grid = np.linspace(-0.7, 1.5, 19)
    u, v = np.meshgrid(grid, grid)
    loss = np.array([[two_weights(np.array([a, b])) for a in grid] for b in grid])
    near = np.linspace(-0.4, 0.4, 9)
    a, b = np.meshgrid(near, near)
    model = np.array([[quadratic_model(w, np.array([p, q])) for p in near] for q in near])
    fig = plt.figure(figsize=(6.4, 4.6))
    ax = fig.add_subplot(projection="3d", computed_zorder=False)
    ax.plot_surface(u, v, loss, color="C0", alpha=0.15, shade=False, edgecolor="C0", lw=0.3)
    ax.plot_surface(w[0] + a, w[1] + b, model, color="C1", alpha=0.4, shade=False, edgecolor="C1", lw=0.3)
    for vector, dash in zip(np.linalg.eigh(two_weights_hessian(w))[1].T, (":", "-"), strict=True):
        steps = np.outer(np.linspace(-0.4, 0.4, 15), vector)
        ax.plot(*(w + steps).T, [quadratic_model(w, step) for step in steps], dash, color="C1", lw=2.5)
    ax.plot([w[0]], [w[1]], [two_weights(w)], "o", color="C1", markersize=7)
    ax.set(xlabel="first weight", ylabel="second weight", zlabel="loss", zlim=(0, 4), xlim=(-0.8, 1.7), ylim=(-0.8, 1.7))
    ax.set(xticks=[0, 1], yticks=[0, 1], zticks=[0, 2, 4])
    ax.view_init(42, -78)
    ax.set_box_aspect((1.2, 1.2, 0.8), zoom=0.92)
    return fig


figure_model.slider = ("weights", [0, 0.25, 0.5, 0.75, 0.97, 1.2])
# --8<-- [end:touching]


# --8<-- [start:patches]
def print_patches():
    """Smallest and largest curvature of the patch, where both weights are the same."""
    for weights in (0, 0.25, 0.5, 0.75, 0.97, 1.2):
        low, high = np.linalg.eigvalsh(two_weights_hessian(np.array([weights, weights])))
        print(f"both weights {weights:4.2f}: curvatures from {low:6.3f} to {high:5.3f}")
# --8<-- [end:patches]


# --8<-- [start:classify]
def kind_of(hessian):
    """What a symmetric Hessian says about a critical point, by its eigenvalues.

    What is a billion times smaller than the largest counts as 0: it is rounding.
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    small = 1e-9 * np.abs(eigenvalues).max()
    if eigenvalues[0] < -small and eigenvalues[-1] > small:
        return "saddle"
    if np.any(np.abs(eigenvalues) <= small):
        return "undecided"
    return "minimum" if np.all(eigenvalues > 0) else "maximum"
# --8<-- [end:classify]


# --8<-- [start:classify_printed]
def print_kinds():
    """The critical points of `two_weights`: eigenvalues, determinant, verdict."""
    root = np.sqrt(correlation())
    for name, w in (("(0, 0)", np.zeros(2)), ("(s, s)", np.array([root, root]))):
        H = two_weights_hessian(w)
        low, high = np.linalg.eigvalsh(H).round(3) + 0
        print(f"{name}   eigenvalues {low:6.3f} and {high:5.3f}   determinant {np.linalg.det(H).round(3) + 0:6.3f}   {kind_of(H)}")
    print(f"s = {root:.4f}, the root of the correlation {correlation():.4f}")
# --8<-- [end:classify_printed]


# --8<-- [start:rotated]
def rotated(curvatures, degrees):
    """Symmetric matrix with these two eigenvalues, its first eigenvector at this angle."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    vectors = np.array([[cosine, -sine], [sine, cosine]])
    return vectors @ np.diag(curvatures) @ vectors.T


SHAPES = {"bowl": (2.0, 0.5), "saddle": (2.0, -1.0), "valley": (2.0, 0.0)}


def figure_rotated(angle=30):
    s = np.linspace(-1, 1, 25)
    x, y = np.meshgrid(s, s)
    fig, axes = plt.subplots(1, 3, figsize=(6.6, 2.9))
    for ax, (name, curvatures) in zip(axes, SHAPES.items(), strict=True):
        H = rotated(curvatures, angle)
        height = (H[0, 0] * x**2 + 2 * H[0, 1] * x * y + H[1, 1] * y**2) / 2
        levels = np.array([-0.6, -0.3, -0.1, 0.1, 0.3, 0.6, 0.9])
        ax.contour(x, y, height, levels, colors="C0", linewidths=1, linestyles=["--" if level < 0 else "-" for level in levels])
        eigenvalues, vectors = np.linalg.eigh(H)
        for value, vector, dash in zip(eigenvalues, vectors.T, (":", "-"), strict=True):
            ax.plot(*np.outer(vector, [-0.8, 0.8]), dash, color="C1", lw=2.5)
        ax.set(title=name, xticks=[], yticks=[], aspect="equal", xlim=(-1, 1), ylim=(-1, 1))
        shown = H.round(9).round(2) + 0.0  # at once, a processor would decide whether 0.875 goes up or down
        ax.set_xlabel("\n".join(" ".join(f"{entry:5.2f}" for entry in row) for row in shown).replace("-", "\N{MINUS SIGN}"))
    return fig


figure_rotated.slider = ("angle", [0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165], "°")
# --8<-- [end:rotated]


# --8<-- [start:units]
def print_eigenvalues():
    """Hessian of the loss of a line through the students: intercept and slope."""
    hours = students()[0]
    for unit, time in (("hours", hours), ("minutes", 60 * hours)):
        X = np.column_stack([np.ones_like(time), time])
        H = 2 / 40 * X.T @ X
        low, high = np.linalg.eigvalsh(H)
        print(f"time in {unit}:")
        print(H.round(3))
        print(f"eigenvalues {low:.4f} and {high:.1f}, ratio {high / low:.0f}")
# --8<-- [end:units]


# --8<-- [start:newton]
def print_newton_steps():
    """One Newton step, to the critical point of the quadratic model, from three starts."""
    for start in ((1.1, 0.9), (0.3, 0.2), (1.2, 0.4)):
        w = np.array(start)
        to = w - np.linalg.solve(two_weights_hessian(w), two_weights_gradient(w))
        print(f"from {start} to ({to[0]:.3f}, {to[1]:.3f}): loss {two_weights(w):.4f} → {two_weights(to):.4f}")
# --8<-- [end:newton]


# --8<-- [start:determinant]
def print_determinant():
    """Three matrices with a positive determinant."""
    for diagonal in ((1, 3), (-1, -3), (-1, -3, 2)):
        H = np.diag(np.array(diagonal, dtype=float))
        print(f"eigenvalues {diagonal!s:12}   determinant {np.linalg.det(H):.0f}   {kind_of(H)}")
# --8<-- [end:determinant]


# --8<-- [start:random]
def random_symmetric(n, rng):
    """A random symmetric matrix, (n, n): the mean of a Gaussian one and its transpose."""
    A = rng.normal(size=(n, n))
    return (A + A.T) / 2


def count_kinds(n, trials=4000):
    """Shares of minima, saddles and maxima among random Hessians of size n."""
    rng = np.random.default_rng(0)
    kinds = [kind_of(random_symmetric(n, rng)) for _ in range(trials)]
    return [kinds.count(kind) / trials for kind in ("minimum", "saddle", "maximum")]
# --8<-- [end:random]


# --8<-- [start:random_printed]
def print_random():
    """Shares of the kinds for 1 to 5 variables, beside 2 to the power -n."""
    print("n   minimum    saddle   maximum   2^-n")
    for n in range(1, 6):
        minimum, saddle, maximum = count_kinds(n)
        print(f"{n}   {minimum:7.2%}   {saddle:7.2%}   {maximum:7.2%}   {2.0**-n:6.2%}")
    print(f"exact share of minima for n = 2: {(2 - np.sqrt(2)) / 4:.2%}")
# --8<-- [end:random_printed]


# --8<-- [start:cube]
def print_cube():
    """At 0, x² + y³ and x² + y⁴ have the same Hessian."""
    H = np.diag([2.0, 0.0])
    print(f"verdict: {kind_of(H)}")
    for name, f in (("x² + y³", lambda y: y**3), ("x² + y⁴", lambda y: y**4)):
        print(f"{name} at y = -0.1 and 0.1: {f(-0.1):+.4f} {f(0.1):+.4f}")
# --8<-- [end:cube]


if __name__ == "__main__":
    print_hessian()
    print_patches()
    print_model()
    print_kinds()
    print_eigenvalues()
    print_newton_steps()
    print_determinant()
    print_random()
    print_cube()
    figure_model()
    figure_rotated()
    plt.show()
