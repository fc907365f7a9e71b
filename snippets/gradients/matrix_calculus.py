"""Matrix calculus: derivatives of formulas with vectors and matrices, without indices."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:directional]
def change(f, A, dA, h=1e-20):
    """The derivative of f at A in the direction dA, by a complex step.

    A and dA have one shape, that of f(A) is free. f is built from sums, products,
    inverses and logarithms: no abs, no norm, no conjugate.

    >>> print(change(lambda w: w @ w, np.array([1.0, 2.0]), np.array([3.0, 0.0])))
    6.0
    """
    A, dA = np.stack([A, dA])
    return np.imag(f(A + 1j * h * dA)) / h


def dot(A, B):
    """Sum of the products of matching entries, of two vectors or matrices of one shape."""
    return np.sum(np.prod(np.stack([A, B]), axis=0))
# --8<-- [end:directional]


# --8<-- [start:example]
def example():
    """Random A and B (3, 3), X (5, 3), y (5,), w (3,), to try the identities on."""
    rng = np.random.default_rng(0)
    shapes = {"A": (3, 3), "B": (3, 3), "X": (5, 3), "y": (5,), "w": (3,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}
# --8<-- [end:example]


# --8<-- [start:identities]
def log_det(A):
    """Natural logarithm of the determinant of A, for a positive determinant."""
    return np.log(np.linalg.det(A))


def scalar_identities(v):
    """Name, function of one array, that array, and its gradient, of the same shape."""
    A, B, X, y, w = v["A"], v["B"], v["X"], v["y"], v["w"]
    return [
        ("a'w", lambda w: A[0] @ w, w, A[0]),
        ("w'w", lambda w: w @ w, w, 2 * w),
        ("w'A w", lambda w: w @ A @ w, w, (A + A.T) @ w),
        ("|Xw - y|²", lambda w: (X @ w - y) @ (X @ w - y), w, 2 * X.T @ (X @ w - y)),
        ("tr(B'A)", lambda A: np.trace(B.T @ A), A, B),
        ("|XA|²", lambda A: np.sum((X @ A) ** 2), A, 2 * X.T @ (X @ A)),
        ("log det A", log_det, A, np.linalg.inv(A).T),
    ]


def matrix_identities(v):
    """Name, function of a square matrix, the matrix, and its differential d(A, dA)."""
    A, B = v["A"], v["B"]
    inv = np.linalg.inv
    return [
        ("B A", lambda A: B @ A, A, lambda A, dA: B @ dA),
        ("A A", lambda A: A @ A, A, lambda A, dA: dA @ A + A @ dA),
        ("A'A", lambda A: A.T @ A, A, lambda A, dA: dA.T @ A + A.T @ dA),
        ("inverse of A", inv, A, lambda A, dA: -inv(A) @ dA @ inv(A)),
    ]


def told(gap):
    """A gap in words; below 1e-13 it is rounding, and another on each processor."""
    return "gap below 1e-13" if gap < 1e-13 else f"gap {gap:.0e}"
# --8<-- [end:identities]


# --8<-- [start:identities_printed]
def print_identities():
    """Each identity against a complex step in a random direction: the largest gap."""
    rng = np.random.default_rng(1)
    for name, f, at, gradient in scalar_identities(example()):
        direction = rng.normal(size=at.shape)
        gap = abs(change(f, at, direction) - dot(gradient, direction))
        print(f"{name:12}  gradient of shape {gradient.shape!s:7}  {told(gap)}")
    for name, f, at, differential in matrix_identities(example()):
        direction = rng.normal(size=at.shape)
        gap = np.max(np.abs(change(f, at, direction) - differential(at, direction)))
        print(f"{name:12}  differential  {f(at).shape!s:11}  {told(gap)}")
# --8<-- [end:identities_printed]


# --8<-- [start:shapes]
PICTURES = (
    (r"$\nabla\,\mathbf{w}^T\mathbf{A}\mathbf{w} = (\mathbf{A} + \mathbf{A}^T)\,\mathbf{w}$", ((3, 3), (3, 1)), (3, 1)),
    (r"$\nabla\,\Vert\mathbf{Xw} - \mathbf{y}\Vert^2 = 2\,\mathbf{X}^T (\mathbf{Xw} - \mathbf{y})$", ((3, 5), (5, 1)), (3, 1)),
    (r"$\nabla\,\Vert\mathbf{XW} - \mathbf{Y}\Vert^2 = 2\,\mathbf{X}^T (\mathbf{XW} - \mathbf{Y})$", ((3, 5), (5, 2)), (3, 2)),
    (r"$\mathrm{d}(\mathbf{A}^{-1}) = -\mathbf{A}^{-1}\,\mathrm{d}\mathbf{A}\,\mathbf{A}^{-1}$", ((3, 3), (3, 3), (3, 3)), (3, 3)),
)


def figure_products():
    fig, axes = plt.subplots(4, figsize=(5.4, 6.6))
    for ax, (name, factors, result) in zip(axes, PICTURES, strict=True):
        left = 0.0
        for k, (rows, columns) in enumerate((*factors, result)):
            color = "C1" if k == len(factors) else "C0"
            if k == len(factors):
                ax.text(left + 0.1, 0, "=", ha="center", va="center", fontsize=16)
                left += 0.9
            ax.add_patch(plt.Rectangle((left, -rows / 2), columns, rows, facecolor="none", edgecolor=color, linewidth=2))
            ax.text(left + columns / 2, -rows / 2 - 0.2, f"{rows}×{columns}", ha="center", va="top", fontsize=11, color=color)
            left += columns + 0.6
        ax.set(xlim=(-0.3, 15), ylim=(-3.8, 2.6), aspect="equal")
        ax.set_title(name, loc="left", fontsize=13)
        ax.axis("off")
    return fig
# --8<-- [end:shapes]


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


# --8<-- [start:normal]
def normal_equations(X, y):
    """Weights with a zero gradient of |Xw - y|²: the solution of X'X w = X'y; shape (p,)."""
    return np.linalg.solve(X.T @ X, X.T @ y)
# --8<-- [end:normal]


# --8<-- [start:normal_printed]
def print_normal():
    """Marks from 1, hours and attendance: by the normal equations and by lstsq."""
    hours, attendance, marks = students()
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    print("normal equations", normal_equations(X, marks).round(4))
    print("lstsq           ", np.linalg.lstsq(X, marks, rcond=None)[0].round(4))
    print("behind the data  [12. 5. 0.3], in marks, marks per hour, marks per percent")
    numbers = np.linalg.cond(X), np.linalg.cond(X.T @ X)
    print(f"condition number of X {numbers[0]:.0f}, of X'X {numbers[1]:.0f}")
# --8<-- [end:normal_printed]


# --8<-- [start:gaussian]
def negative_log_likelihood(S, Z):
    """Mean of z'S z / 2 over the rows z of Z, minus log det S / 2.

    Up to a constant, minus the logarithm of the density of a Gaussian with mean 0
    and inverse covariance S. Shapes: S (p, p), Z (n, p); the result is a scalar.
    """
    return np.trace(Z @ S @ Z.T) / (2 * len(Z)) - log_det(S) / 2
# --8<-- [end:gaussian]


# --8<-- [start:gaussian_printed]
def print_gaussian():
    """The gradient in S at the inverse of the covariance of hours and attendance."""
    hours, attendance, _ = students()
    Z = np.column_stack([(column - column.mean()) / column.std() for column in (hours, attendance)])
    covariance = Z.T @ Z / len(Z)
    print(covariance.round(4), "covariance")
    for name, S in (("identity", np.eye(2)), ("inverse covariance", np.linalg.inv(covariance))):
        slope = np.abs(covariance - np.linalg.inv(S)).max() / 2
        loss = negative_log_likelihood(S, Z)
        print(f"S = {name:18}  loss {loss:.4f}   largest slope {slope:.4f}")
# --8<-- [end:gaussian_printed]


# --8<-- [start:wrong]
def print_wrong_square():
    """Errors of two claims about A A, for shrinking changes h dA."""
    A, dA = example()["A"], example()["B"]
    print("size h   error of dA A + A dA   error of 2 A dA")
    for h in (0.1, 0.01, 0.001):
        true = (A + h * dA) @ (A + h * dA) - A @ A
        errors = (np.abs(true - h * claim).max() for claim in (dA @ A + A @ dA, 2 * A @ dA))
        print(f"{h:6g}   {next(errors):20.2e}   {next(errors):15.2e}")
# --8<-- [end:wrong]


# --8<-- [start:errors]
def figure_errors():
    A, dA = example()["A"], example()["B"]
    sizes = np.geomspace(1e-4, 0.5, 9)
    fig, ax = plt.subplots()
    for name, claim, mark in (
        ("right: $d\\mathbf{A}\\,\\mathbf{A} + \\mathbf{A}\\,d\\mathbf{A}$", dA @ A + A @ dA, "o-"),
        ("wrong: $2\\mathbf{A}\\,d\\mathbf{A}$", 2 * A @ dA, "s--"),
    ):
        errors = [np.abs((A + h * dA) @ (A + h * dA) - A @ A - h * claim).max() for h in sizes]
        ax.loglog(sizes, errors, mark, color="C2", label=name)
    ax.set(xlabel="size $h$ of the change", ylabel="largest error of an entry")
    ax.legend()
    return fig
# --8<-- [end:errors]


# --8<-- [start:ridge]
def ridge(X, y, penalty):
    """Weights with the smallest |Xw - y|² + penalty |w|², of shape (p,)."""
    return np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ y)


def print_ridge():
    """Weights of standardised hours and attendance for growing penalties, in marks."""
    hours, attendance, marks = students()
    X = np.column_stack([(column - column.mean()) / column.std() for column in (hours, attendance)])
    for penalty in (0, 10, 100, 1000):
        print(f"penalty {penalty:4d}: weights {ridge(X, marks - marks.mean(), penalty).round(3)}")
# --8<-- [end:ridge]


if __name__ == "__main__":
    print_identities()
    print_normal()
    print_gaussian()
    print_wrong_square()
    print_ridge()
    figure_products()
    figure_errors()
    plt.show()
