"""Conjugate gradients: directions that do not spoil each other, and a bowl solved by products alone."""

# --8<-- [start:imports]
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:bowl]
BOWL = np.array([[2.0, 1.2], [1.2, 1.0]])  # the Hessian of a long valley, with its minimum at 0
START = np.array([-1.2, 2.2])


def lowest_along(H, w, d):
    """The lowest point of the bowl w'Hw/2 on the line from w (p,) along d (p,)."""
    return w - (d @ H @ w) / (d @ H @ d) * d
# --8<-- [end:bowl]


# --8<-- [start:second]
def figure_second(angle=162):
    w = lowest_along(BOWL, START, -BOWL @ START)
    second = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    end = lowest_along(BOWL, w, second)
    x, y = np.meshgrid(np.linspace(-2.6, 2.6, 53), np.linspace(-2.6, 2.6, 53))
    heights = (BOWL[0, 0] * x**2 + 2 * BOWL[0, 1] * x * y + BOWL[1, 1] * y**2) / 2
    fig, ax = plt.subplots(figsize=(5, 4.6))
    ax.contour(x, y, heights, [0.02, 0.1, 0.3, 0.7, 1.3, 2.1, 3.1], colors="C0", linewidths=0.8)
    ax.plot(*np.array([w - 5 * second, w + 5 * second]).T, ":", color="C1")
    ax.plot(*np.array([START, w, end]).T, "o-", color="C2", markersize=6)
    ax.plot(0, 0, "*", color="C3", markersize=15)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), aspect="equal")
    ax.set_title(f"height left: {end @ BOWL @ end / 2:.3f}", fontsize="medium")
    return fig


figure_second.slider = ("angle", [162, 157, 152, 147, 142, 137, 132, 127, 122, 117], "degrees")
# --8<-- [end:second]


# --8<-- [start:conjugate_gradients]
def conjugate_gradients(product, b, w, steps, tolerance=1e-15):
    """Solve H w = b for a symmetric, positive definite H (p, p) known only by its products.

    product(v) is H v; b and the start w have the shape (p,). Returns all points, the
    start first; ends early when the residual, as it is updated, is no longer than
    the tolerance times the first. Raises `ValueError` on a direction in which H does
    not curve upwards. Source: Hestenes and Stiefel, 1952.
    """
    r = b - product(w)  # minus the gradient of w'Hw/2 - b'w
    d, path, enough = r, [w], tolerance**2 * (r @ r)
    for _ in range(steps):
        if r @ r <= enough:
            break
        Hd = product(d)
        if not d @ Hd > 0:
            raise ValueError(f"the curvature {d @ Hd} along a direction is not positive")
        t = (r @ r) / (d @ Hd)
        w, rest = w + t * d, r - t * Hd
        d = rest + (rest @ rest) / (r @ r) * d
        r = rest
        path.append(w)
    return np.array(path)
# --8<-- [end:conjugate_gradients]


# --8<-- [start:zigzag]
def steepest(H, w, steps):
    """Descent on w'Hw/2 to the lowest point along each gradient: (steps + 1, p)."""
    path = [w]
    for _ in range(steps):
        w = lowest_along(H, w, H @ w)
        path.append(w)
    return np.array(path)


def print_zigzag():
    """Height above the minimum in the bowl above, at right angles and conjugate."""
    height = lambda w: w @ BOWL @ w / 2
    zigzag = steepest(BOWL, START, 20)
    conjugate = conjugate_gradients(lambda v: BOWL @ v, np.zeros(2), START, 2)
    print("steps   at right angles   conjugate")
    for k in (0, 1, 2, 5, 10, 20):
        right = f"{height(conjugate[k]):9.4f}" if k < 2 else "   below 1e-12" if height(conjugate[-1]) < 1e-12 else "   not there"
        print(f"{k:5d}   {height(zigzag[k]):15.4f}   {right.strip():>9}")
# --8<-- [end:zigzag]


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
# --8<-- [end:students]


# --8<-- [start:raw]
def print_raw():
    """Three weights on raw features: mean-squared error above the least, step by step."""
    hours, attendance, marks = students()
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    path = conjugate_gradients(lambda v: X.T @ (X @ v), X.T @ marks, np.zeros(3), 3)
    best = np.linalg.lstsq(X, marks, rcond=None)[0]
    print(f"condition number {np.linalg.cond(X) ** 2:,.0f}")
    for k, w in enumerate(path):
        left = np.mean((X @ (w - best)) ** 2)
        print(f"step {k}: " + (f"{left:10.4f} marks²" if left > 1e-6 else "below 0.000001 marks²"))
# --8<-- [end:raw]


# --8<-- [start:string]
def string_product(v):
    """H v for beads on a string, (p,): each against the mean of its neighbours, halved."""
    padded = np.concatenate([[0.0], v, [0.0]])
    return (2 * padded[1:-1] - padded[:-2] - padded[2:]) / 4


def print_string():
    """Loss above the least after k steps, in m², on strings of 2k + 1 beads."""
    print(" k   conjugate gradients   the floor of all methods")
    for k in (1, 4, 16, 64):
        p = 2 * k + 1
        b = np.zeros(p)
        b[0] = 0.25  # the nail at 1 m pulls the first bead
        away = conjugate_gradients(string_product, b, np.zeros(p), k)[-1] - (1 - np.arange(1, p + 1) / (p + 1))
        print(f"{k:2d}   {away @ string_product(away) / 2:19.8f}   {1 / (8 * (k + 1)) - 1 / (8 * (p + 1)):24.8f}")
# --8<-- [end:string]


# --8<-- [start:promise]
def promised_by_conjugate_gradients(condition, steps):
    """Share of the height above the least that may be left: 4 ((root - 1)/(root + 1))^(2k).

    root is that of the condition number.
    """
    root = np.sqrt(condition)
    return 4 * ((root - 1) / (root + 1)) ** (2 * steps)


def heights_left(eigenvalues, steps):
    """Share of the height left after each step, (up to steps + 1,), in a bowl with these axes.

    At the start each axis contributes the same height.
    """
    start = 1 / np.sqrt(eigenvalues)
    path = conjugate_gradients(lambda v: eigenvalues * v, np.zeros(len(start)), start, steps)
    return np.sum(eigenvalues * path**2, axis=1) / len(start)
# --8<-- [end:promise]


# --8<-- [start:spectra]
def figure_spectra():
    k = np.arange(41)
    fig, ax = plt.subplots()
    ax.semilogy(k, np.minimum(1, promised_by_conjugate_gradients(100, k)), ":", color="gray", label="promised for condition 100")
    ax.semilogy(k, (99 / 101) ** (2 * k), "--", color="gray", label="promised for descent")
    three = np.repeat([0.01, 0.1, 1.0], [40, 40, 20])
    spread = np.linspace(0.01, 1, 100)
    two_heaps = np.concatenate([np.linspace(0.01, 0.012, 50), np.linspace(0.9, 1, 50)])
    for eigenvalues, style, name in ((spread, "o-", "evenly spread"), (two_heaps, "s-", "two heaps"), (three, "^-", "three values")):
        left = heights_left(eigenvalues, 40)
        shown = left > 1e-14
        ax.semilogy(np.flatnonzero(shown), left[shown], style, color="C2", markersize=4, label=name)
    ax.set(xlabel="steps", ylabel="share of the height that is left", xlim=(0, 40), ylim=(1e-10, 1e3))
    ax.legend(loc="upper right", fontsize=8)
    return fig
# --8<-- [end:spectra]


# --8<-- [start:newton]
def newton_by_products(gradient, product, w, steps, inner):
    """Newton's method whose step H s = -g is solved by `inner` conjugate gradients.

    gradient(w) is (p,), product(w, v) is the Hessian at w times v. All points.
    """
    path = [w]
    for _ in range(steps):
        here = lambda v, w=w: product(w, v)
        w = w + conjugate_gradients(here, -gradient(w), np.zeros_like(w), inner)[-1]
        path.append(w)
    return np.array(path)
# --8<-- [end:newton]


# --8<-- [start:inner]
def passing_three():
    """X (40, 3): 1, standardised hours and attendance; y (40,): 1 for 60 marks or more, else 0."""
    hours, attendance, marks = students()
    raw = np.column_stack([hours, attendance])
    return np.column_stack([np.ones(40), (raw - raw.mean(axis=0)) / raw.std(axis=0)]), (marks >= 60).astype(float)


def print_inner():
    """Newton's method on who passes: length of the gradient (nats per logit), by inner steps."""
    X, y = passing_three()
    p = lambda w: np.exp(-np.logaddexp(0, -X @ w))
    gradient = lambda w: X.T @ (p(w) - y) / len(y)
    product = lambda w, v: X.T @ (p(w) * (1 - p(w)) * (X @ v)) / len(y)  # two products with X
    walks = [newton_by_products(gradient, product, np.zeros(3), 9, inner) for inner in (1, 2, 3)]
    print("step   inner steps: 1           2           3")
    for k in range(10):
        lengths = [np.linalg.norm(gradient(walk[k])) for walk in walks]
        print(f"{k:4d}   " + "   ".join(f"{g:9.2g}" if g > 1e-12 else "below e-12" for g in lengths))
# --8<-- [end:inner]


# --8<-- [start:rounding]
def hilbert(p):
    """The Hilbert matrix in fractions, (p, p): 1/(i + j - 1). Its condition number is huge."""
    return np.array([[Fraction(1, i + j + 1) for j in range(p)] for i in range(p)])


def print_rounding():
    """H w = b for Hilbert matrices: is w within a millionth of the solution, all ones?"""
    near = lambda w: "yes" if np.linalg.norm((w - 1).astype(float)) < 1e-6 else "no"
    print("p   condition number   after p steps: in fractions   in float64   at most 20 in float64")
    for p in (2, 4, 6):
        H = hilbert(p)
        rounded = H.astype(float)
        exact = conjugate_gradients(lambda v: H @ v, H.sum(axis=1), np.full(p, Fraction(0)), p, 0)
        path = conjugate_gradients(lambda v: rounded @ v, rounded.sum(axis=1), np.zeros(p), 20)
        print(f"{p}   {np.linalg.cond(rounded):16,.0f}   {near(exact[-1]):>27}   {near(path[min(p, len(path) - 1)]):>10}   {near(path[-1]):>20}")
# --8<-- [end:rounding]


# --8<-- [start:counted]
def print_counted():
    """Multiplications to solve (X'X) w = X'y for n = 10 p rows and a condition number of 100."""
    steps = np.flatnonzero(promised_by_conjugate_gradients(100, np.arange(200)) < 1e-12)[0]
    print(f"{steps} steps leave less than a millionth of a millionth of the height")
    print("      p   conjugate gradients, 2 n p a step   X'X and elimination, n p² + p³/3   numbers kept")
    for p in (10, 100, 1000, 10_000):
        n = 10 * p
        taken = 2 * n * p * min(steps, p)
        print(f"{p:7,d}   {taken:33.1e}   {n * p**2 + p**3 / 3:32.1e}   {4 * p + n:7,d} or {p * p:,d}")
# --8<-- [end:counted]


if __name__ == "__main__":
    print_zigzag()
    print_raw()
    print_string()
    print_inner()
    print_rounding()
    print_counted()
    figure_second()
    figure_spectra()
    plt.show()
