"""Vectors and matrices: the products, and the directions that a matrix only stretches."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:dot]
def dot_product(u, v):
    """The dot product of two vectors of shape (p,): multiply entry by entry, add up."""
    if np.shape(u) != np.shape(v):
        raise ValueError(f"shapes {np.shape(u)} and {np.shape(v)}: one factor for each entry")
    return sum(a * b for a, b in zip(u, v, strict=True))


def length(v):
    """The length of a vector (p,), by Pythagoras."""
    return np.sqrt(dot_product(v, v))
# --8<-- [end:dot]


# --8<-- [start:turning]
FIXED = np.array([3.0, 0.0])


def turned(angle):
    """A vector of length 2, at so many degrees from the first axis."""
    return 2 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])


def figure_turning(angle=60):
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.6), width_ratios=[5, 4])
    v = turned(angle)
    for end, color, name in ((FIXED, "C0", "u"), (v, "C2", "v")):
        left.annotate("", end, (0, 0), arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2.5, "shrinkA": 0, "shrinkB": 0})
        left.text(*(1.12 * end + [0, 0.12]), name, color=color, style="italic", ha="center")
    left.plot([v[0], v[0]], [0, v[1]], ":", color="gray")
    left.plot([0, v[0]], [0, 0], "-", color="gray", linewidth=6, alpha=0.5)
    left.set(xlim=(-2.6, 3.8), ylim=(-0.6, 2.6), aspect="equal", xlabel="first entry", ylabel="second entry")
    angles = np.linspace(0, 180, 60)
    right.plot(angles, [dot_product(FIXED, turned(at)) for at in angles], color="C0")
    right.plot(angle, dot_product(FIXED, v), "o", color="C2", markersize=9)
    right.axhline(0, color="gray", linewidth=0.8)
    right.set(xlabel="angle between u and v (°)", ylabel="dot product u · v", xticks=[0, 45, 90, 135, 180])
    return fig


figure_turning.slider = ("angle", [0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180], "°")
# --8<-- [end:turning]


# --8<-- [start:product]
def product(A, B):
    """The product of a matrix (n, p) and a matrix (p, m), of shape (n, m).

    Each entry is the dot product of a row of A and a column of B.
    """
    if A.shape[1] != B.shape[0]:
        raise ValueError(f"{A.shape} times {B.shape}: the inner sizes do not match")
    return np.array([[dot_product(row, column) for column in B.T] for row in A])
# --8<-- [end:product]


# --8<-- [start:product_printed]
WEIGHTS = np.array([[12.0], [5.0], [0.3]])
CLASS = np.array([[1.0, 6.0, 80.0], [1.0, 2.0, 100.0], [1.0, 9.0, 50.0]])


def print_class():
    """The marks that the rule behind the students gives to three of them, at once."""
    marks = product(CLASS, WEIGHTS)
    for row, (mark,) in zip(CLASS, marks, strict=True):
        terms = " + ".join(f"{entry:g} × {weight:g}" for entry, weight in zip(row, WEIGHTS[:, 0], strict=True))
        print(f"{terms:28} = {mark:.0f} marks")
    print(f"shapes {CLASS.shape} times {WEIGHTS.shape}: {marks.shape}")
# --8<-- [end:product_printed]


# --8<-- [start:determinant]
def determinant(A):
    """The determinant of a matrix (2, 2): the signed area of the unit square's image."""
    (a, b), (c, d) = A
    return a * d - b * c
# --8<-- [end:determinant]


# --8<-- [start:eigen]
STRETCH = np.array([[2.0, 1.0], [1.0, 2.0]])


def figure_eigen(angle=45):
    fig, ax = plt.subplots(figsize=(5.2, 4.6))
    around = np.radians(np.linspace(0, 360, 120))
    circle = np.array([np.cos(around), np.sin(around)])
    ax.plot(*circle, "--", color="gray", linewidth=1)
    ax.plot(*(STRETCH @ circle), color="gray", linewidth=1)
    for direction in np.linalg.eigh(STRETCH)[1].T:
        ax.plot(*np.outer(direction, [-3.4, 3.4]), ":", color="gray")
    v = turned(angle) / 2
    beside = np.array([-v[1], v[0]])  # where A v lies on v, its arrow would cover a name ahead
    for end, color, name, way in ((STRETCH @ v, "C0", "Av", STRETCH @ v), (v, "C2", "v", beside)):
        ax.annotate("", end, (0, 0), arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2.5, "shrinkA": 0, "shrinkB": 0})
        ax.text(*(end + 0.28 * way / length(way)), name, color=color, style="italic", ha="center", va="center")
    ax.set(xlim=(-3.4, 3.4), ylim=(-3.1, 3.1), aspect="equal", xlabel="first entry", ylabel="second entry")
    return fig


figure_eigen.slider = ("angle", [0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165], "°")
# --8<-- [end:eigen]


# --8<-- [start:stretched]
def print_stretched():
    """What the matrix does to a vector across, and to its two eigenvectors."""
    for v in (np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.array([1.0, -1.0])):
        image = product(STRETCH, v[:, None])[:, 0]
        same = abs(determinant(np.array([v, image]))) < 1e-12
        told = f"{dot_product(v, image) / dot_product(v, v):g} times v" if same else "another direction"
        print(f"v = ({v[0]:2g}, {v[1]:2g})   A v = ({image[0]:2g}, {image[1]:2g})   {told}")
    print(f"determinant {determinant(STRETCH):g}: the square has become {determinant(STRETCH):g} times as large")
# --8<-- [end:stretched]


# --8<-- [start:order]
def print_order():
    """Turning by a right angle and doubling the first entry, in both orders."""
    turn, double = np.array([[0.0, -1.0], [1.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 1.0]])
    v = np.array([[1.0], [0.0]])
    for name, matrix in (("double, then turn", product(turn, double)), ("turn, then double", product(double, turn))):
        end = product(matrix, v)[:, 0]
        print(f"{name}: (1, 0) goes to ({end[0]:g}, {end[1]:g})")
# --8<-- [end:order]


# --8<-- [start:shapes]
def print_shapes():
    """What NumPy makes of 40 predictions and 40 targets when one of them is a column."""
    predictions, targets = np.zeros(40), np.ones(40)
    print("list minus list:  ", (predictions - targets).shape)
    print("list minus column:", (predictions - targets[:, None]).shape)
# --8<-- [end:shapes]


if __name__ == "__main__":
    print_class()
    print_stretched()
    print_order()
    print_shapes()
    figure_turning()
    figure_eigen()
    plt.show()
