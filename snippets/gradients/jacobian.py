"""Jacobian: the derivative of a function with several inputs and several outputs."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:layer]
W = np.array([[1.2, 0.5], [-0.6, 1.0]])
B = np.array([0.1, -0.2])


def layer(x):
    """A layer of a network, tanh(W x + b): two numbers in, two out.

    Shapes: x (2,) or (2, k) for k points; the result has the same shape.
    """
    return np.tanh((W @ x).T + B).T


def layer_jacobian(x):
    """Jacobian of `layer` at x, of shape (2 outputs, 2 inputs)."""
    slope = 1 - layer(x) ** 2  # of tanh, from its own value
    return np.diag(slope) @ W
# --8<-- [end:layer]


# --8<-- [start:numerical]
def numerical_jacobian(f, x, h=1e-20):
    """Jacobian of f at x, column by column with complex steps.

    Shapes: x (p,), f(x) (m,), the result (m, p): a row for each output.

    >>> def f(x): return np.array([x[0] * x[1], 5 * x[0], x[1]])
    >>> print(numerical_jacobian(f, np.array([2.0, 3.0])))
    [[3. 2.]
     [5. 0.]
     [0. 1.]]
    """
    x = np.reshape(x, len(x))  # (p,), or it raises
    columns = [f(x + 1j * h * unit).imag / h for unit in np.eye(len(x))]
    return np.stack(columns, axis=1)
# --8<-- [end:numerical]


# --8<-- [start:numerical_printed]
def print_layer():
    """The Jacobian of the layer at one point, by formula and by complex steps."""
    x = np.array([0.5, -0.5])
    print(layer_jacobian(x).round(5))
    print(numerical_jacobian(layer, x).round(5))
# --8<-- [end:numerical_printed]


# --8<-- [start:image]
def square(corner, side, points=8):
    """Points around a square, of shape (2, 4 points + 1), back to the start."""
    t = np.arange(points) / points
    ones = np.ones(points)
    edge = np.hstack([[t, 0 * t], [ones, t], [1 - t, ones], [0 * t, 1 - t], [[0.0], [0.0]]])
    return np.reshape(corner, (2, 1)) + side * edge


def figure_image(hours=-1.0):
    centre, side = np.array([hours, -0.4]), 0.5
    fig, axes = plt.subplots(1, 2, figsize=(6.6, 3.7))
    s = np.linspace(-2, 2, 17)
    for fixed in np.linspace(-2, 2, 9):
        for line in (np.array([s, 0 * s + fixed]), np.array([0 * s + fixed, s])):
            axes[0].plot(*line, color="gray", linewidth=0.7)
            axes[1].plot(*layer(line), color="gray", linewidth=0.7)
    around = square(centre - side / 2, side)
    flat = layer(centre)[:, None] + layer_jacobian(centre) @ (around - centre[:, None])
    axes[0].plot(*around, color="C0")
    axes[0].plot(*centre, "o", color="C1", markersize=4)
    axes[1].plot(*layer(around), color="C0", label="image")
    axes[1].plot(*flat, "--", color="C1", label="Jacobian")
    axes[1].plot(*layer(centre), "o", color="C1", markersize=4)
    axes[0].set(xlabel="hours (std. dev.)", ylabel="attendance (std. dev.)", xlim=(-2, 2), ylim=(-2, 2), aspect="equal")
    axes[1].set(xlabel="first output", ylabel="second output", xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
    axes[1].legend(loc="upper right", fontsize=10)
    return fig


figure_image.slider = ("hours", [-1.75, -1.5, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.5], "standard deviations")
# --8<-- [end:image]


# --8<-- [start:area]
def area(polygon):
    """Area of a closed polygon with corners of shape (2, k), with a sign for its sense."""
    x, y = polygon
    return np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2
# --8<-- [end:area]


# --8<-- [start:area_printed]
def print_area():
    """Area of the image of a square over the area of the square, as it shrinks."""
    corner = np.array([0.5, -0.5])
    for side in (1.0, 0.1, 0.01):
        ratio = area(layer(square(corner, side, points=200))) / side**2
        print(f"side {side:4g}: area ratio {ratio:.5f}")
    print(f"determinant of J:      {np.linalg.det(layer_jacobian(corner)):.5f}")
# --8<-- [end:area_printed]


# --8<-- [start:composition]
U = np.array([[0.8, -0.3], [0.2, 0.9], [-0.5, 0.4]])
V = np.array([[1.0, -2.0, 0.5]])


def head(h):
    """The rest of the network: two numbers in, three inside, one out; h (2,), result (1,)."""
    return V @ np.tanh(U @ h)


def head_jacobian(h):
    """Jacobian of `head` at h, of shape (1, 2)."""
    return V @ np.diag(1 - np.tanh(U @ h) ** 2) @ U
# --8<-- [end:composition]


# --8<-- [start:composition_printed]
def print_composition():
    """The Jacobian of the whole network: the product of those of its parts."""
    x = np.array([0.5, -0.5])
    outer, inner = head_jacobian(layer(x)), layer_jacobian(x)
    whole = numerical_jacobian(lambda x: head(layer(x)), x)
    print("shapes ", outer.shape, "@", inner.shape, "=", (outer @ inner).shape)
    print("product", (outer @ inner).round(6))
    print("whole  ", whole.round(6))
# --8<-- [end:composition_printed]


# --8<-- [start:products]
def push_forward(x, v):
    """J v for the whole network: the output's move when x moves by v; v (2,), result (1,)."""
    x, v = np.stack([x, v])  # of one shape, or it raises
    h = layer(x)
    v = (1 - h**2) * (W @ v)
    return V @ ((1 - np.tanh(U @ h) ** 2) * (U @ v))


def pull_back(x, u):
    """J transposed times u: the slope of u times the output in x; u (1,), result (2,)."""
    h = layer(np.reshape(x, 2))
    u = U.T @ ((1 - np.tanh(U @ h) ** 2) * (V.T @ u))
    return W.T @ ((1 - h**2) * u)
# --8<-- [end:products]


# --8<-- [start:products_printed]
def print_products():
    """Both products for the network, and the identity that ties them together."""
    x, v, u = np.array([0.5, -0.5]), np.array([1.0, 2.0]), np.array([3.0])
    print("J v   ", push_forward(x, v).round(6))
    print("J^T u ", pull_back(x, u).round(6))
    print(f"u . J v = {u @ push_forward(x, v):.6f}, J^T u . v = {pull_back(x, u) @ v:.6f}")
# --8<-- [end:products_printed]


# --8<-- [start:costs]
def print_costs():
    """Multiplications for five layers with n inputs and outputs each."""
    print("    n   multiplications to build J   for J v or J^T u   times less")
    for n in (10, 100, 1000):
        build, product = 4 * n**3, 5 * n**2
        print(f"{n:5d}   {build:26,d}   {product:16,d}   {build / product:10.0f}")
# --8<-- [end:costs]


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


# --8<-- [start:predictions]
def predictions(w):
    """Marks of 40 students from a curve w0 - w1 exp(-hours / w2); w (3,), result (40,)."""
    hours, _, _ = students()
    return w[0] - w[1] * np.exp(-hours / w[2])


def predictions_jacobian(w):
    """Jacobian of `predictions`, of shape (40 students, 3 weights)."""
    hours, _, _ = students()
    decay = np.exp(-hours / w[2])
    return np.column_stack([np.ones_like(hours), -decay, -w[1] * decay * hours / w[2] ** 2])
# --8<-- [end:predictions]


# --8<-- [start:predictions_printed]
def print_predictions():
    """From the Jacobian of 40 predictions to the gradient of one loss."""
    marks = students()[2]
    w = np.array([90.0, 60.0, 4.0])
    J, residual = predictions_jacobian(w), predictions(w) - marks
    print("J", J.shape, "  J transposed", J.T.shape, "  residuals", residual.shape)
    print("gradient     ", (2 / 40 * J.T @ residual).round(4))
    loss = lambda w: np.array([np.mean((predictions(w) - marks) ** 2)])
    print("complex steps", numerical_jacobian(loss, w)[0].round(4))
# --8<-- [end:predictions_printed]


# --8<-- [start:transposed]
def print_transposed():
    """The slopes of the first output, with J transposed and with J itself."""
    x, u = np.array([0.5, -0.5]), np.array([1.0, 0.0])
    J = layer_jacobian(x)
    print("right, J^T u      ", (J.T @ u).round(5))
    print("wrong, J u        ", (J @ u).round(5))
    first = numerical_jacobian(lambda x: layer(x)[:1], x)[0]
    print("slopes of output 1", first.round(5))
# --8<-- [end:transposed]


# --8<-- [start:polar]
def polar(p):
    """The point with radius p[0] and angle p[1] (radians), as x and y; shape (2,)."""
    return np.array([p[0] * np.cos(p[1]), p[0] * np.sin(p[1])])


def print_polar():
    """Determinants of the Jacobian of polar coordinates at three radii."""
    for r in (0.5, 1.0, 3.0):
        print(f"radius {r}: {np.linalg.det(numerical_jacobian(polar, np.array([r, 0.7]))):.4f}")
# --8<-- [end:polar]


# --8<-- [start:softmax]
def softmax(z):
    """exp(z) divided by its sum: positive numbers that add up to 1; z (k,)."""
    e = np.exp(z - z.real.max())  # shifting all entries changes nothing, and cannot overflow
    return e / e.sum()


def softmax_jacobian(z):
    """diag(p) - p p^T with p = softmax(z), of shape (k, k)."""
    p = softmax(np.reshape(z, len(z)))
    return np.diag(p) - np.outer(p, p)


def print_softmax():
    """The Jacobian at (1, 2, 3), and the sums of its columns."""
    J = softmax_jacobian(np.array([1.0, 2.0, 3.0]))
    print(J.round(4))
    print("sums of the columns:", J.sum(axis=0).round(12) + 0)
# --8<-- [end:softmax]


if __name__ == "__main__":
    print_layer()
    print_area()
    print_composition()
    print_products()
    print_costs()
    print_predictions()
    print_transposed()
    print_polar()
    print_softmax()
    figure_image()
    plt.show()
