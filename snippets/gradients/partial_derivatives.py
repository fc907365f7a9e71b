"""Partial derivatives: the slope in one variable while the others are held."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:learning_surface]
def learning_surface(hours, attendance):
    """Marks from hours studied and attendance in percent: an invented model."""
    return 20 + 0.3 * attendance + 0.45 * attendance * (1 - np.exp(-hours / 4))


def by_hours(hours, attendance):
    """Partial derivative with respect to the hours, in marks per hour."""
    return 0.45 / 4 * attendance * np.exp(-hours / 4)


def by_attendance(hours, attendance):
    """Partial derivative with respect to the attendance, in marks per percent."""
    return 0.3 + 0.45 * (1 - np.exp(-hours / 4))
# --8<-- [end:learning_surface]


# --8<-- [start:surface]
def figure_cuts():
    hours, attendance = np.linspace(0, 10, 17), np.linspace(40, 100, 17)
    x, y = np.meshgrid(hours, attendance)
    fig = plt.figure(figsize=(6.4, 4.6))
    ax = fig.add_subplot(projection="3d", computed_zorder=False)
    ax.plot_surface(x, y, learning_surface(x, y), color="C0", alpha=0.2, shade=False, edgecolor="C0", lw=0.3)
    ax.plot(hours, np.full(17, 70.0), learning_surface(hours, 70.0), color="C2", lw=2.5)
    ax.plot(np.full(17, 4.0), attendance, learning_surface(4.0, attendance), "--", color="C2", lw=2.5)
    ax.plot([4.0], [70.0], [learning_surface(4.0, 70.0)], "o", color="C2", markersize=8)
    ax.set(xlabel="hours", ylabel="attendance (%)", zlabel="marks", zticks=[40, 60, 80])
    ax.set(xticks=[0, 4, 8], yticks=[40, 70, 100])
    ax.xaxis.labelpad = ax.yaxis.labelpad = ax.zaxis.labelpad = 6
    ax.view_init(24, -125)
    ax.set_box_aspect((1.3, 1.3, 0.9), zoom=0.92)
    return fig
# --8<-- [end:surface]


# --8<-- [start:slices]
def figure_slices(attendance=70):
    hours = np.linspace(0, 10, 45)
    fig, ax = plt.subplots()
    for other in (40, 60, 80, 100):
        ax.plot(hours, learning_surface(hours, other), color="gray", linewidth=1)
        ax.text(10.1, learning_surface(10, other), f"{other} %", va="center", color="gray")
    height, slope = learning_surface(4.0, attendance), by_hours(4.0, attendance)
    near = np.array([1.5, 6.5])
    ax.plot(hours, learning_surface(hours, attendance), color="C0")
    ax.plot(near, height + slope * (near - 4), "--", color="C1")
    ax.plot(4, height, "o", color="C1")
    ax.text(0.2, 97, f"attendance held at {attendance:g} %", color="C0")
    ax.text(0.2, 90, f"slope at 4 hours: {slope:.2f} marks per hour", color="C1")
    ax.set(xlabel="time studied (hours)", ylabel="marks", xlim=(0, 10), ylim=(25, 103))
    return fig


figure_slices.slider = ("attendance", [40, 46, 52, 58, 64, 70, 76, 82, 88, 94, 100], "%")
# --8<-- [end:slices]


# --8<-- [start:partial]
def partial(f, point, index, h=1e-5):
    """Partial derivative of f in the variable `index`, by a central difference.

    f takes as many numbers as `point` holds; all but one of them are held.

    >>> print(f"{partial(lambda x, y: x * y**2, (2.0, 3.0), 1):.6f}")  # 2xy
    12.000000
    """
    step = np.zeros_like(point, dtype=float)
    step[index] = h
    return (f(*(point + step)) - f(*(point - step))) / (2 * h)
# --8<-- [end:partial]


# --8<-- [start:partial_printed]
def print_partial():
    """Both partial derivatives at 4 hours and 70 %, by the rules and numerically."""
    point = np.array([4.0, 70.0])
    for index, (exact, unit) in enumerate(((by_hours, "hour"), (by_attendance, "percent"))):
        numerical = partial(learning_surface, point, index)
        print(f"{exact(*point):.5f} by the rules, {numerical:.5f} numerically, marks per {unit}")
# --8<-- [end:partial_printed]


# --8<-- [start:mixed]
def print_mixed():
    """The mixed second derivative at 4 hours and 70 %, taken in both orders."""
    for name, first, second in (("hours, then attendance", 0, 1), ("attendance, then hours", 1, 0)):
        slope = lambda h, a: partial(learning_surface, np.array([h, a]), first)
        print(f"first {name}: {partial(slope, np.array([4.0, 70.0]), second, 1e-2):.5f}")
    print(f"by the rules: {0.45 / 4 * np.exp(-1):.5f} marks per hour per percent")
# --8<-- [end:mixed]


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


# --8<-- [start:held]
def least_squares(X, y):
    """The weights with the smallest `loss`, of shape (p,), by linear algebra."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
# --8<-- [end:held]


# --8<-- [start:held_printed]
def print_held():
    """Marks per hour: with attendance held, and with attendance left to vary."""
    hours, attendance, marks = students()
    ones = np.ones_like(hours)
    _, alone = least_squares(np.column_stack([ones, hours]), marks)
    _, held, per_percent = least_squares(np.column_stack([ones, hours, attendance]), marks)
    _, along = least_squares(np.column_stack([ones, hours]), attendance)
    print(f"attendance ignored: {alone:.3f} marks per hour")
    print(f"attendance held:    {held:.3f} marks per hour")
    print(f"attendance rises by {along:.3f} % an hour, at {per_percent:.3f} marks per %")
    total = held + per_percent * along
    print(f"{held:.3f} + {per_percent:.3f} x {along:.3f} = {total:.3f} marks per hour")
# --8<-- [end:held_printed]


# --8<-- [start:loss]
def loss(w, X, y):
    """Mean-squared error of the predictions X @ w, in marks²: no half.

    Shapes: w (p,), X (n, p), y (n,); the result is a scalar.
    """
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return residual @ residual / len(y)
# --8<-- [end:loss]


# --8<-- [start:loss_printed]
def print_loss_partials():
    """Partial derivatives of the loss at 30 marks and 4 marks per hour."""
    hours, _, marks = students()
    X = np.column_stack([np.ones_like(hours), hours])
    by_intercept, by_slope = (
        partial(lambda *w: loss(np.array(w), X, marks), np.array([30.0, 4.0]), index) for index in (0, 1)
    )
    print(f"intercept: {by_intercept:8.3f} marks² per mark")
    print(f"slope:     {by_slope:8.3f} marks² per (mark per hour)")
# --8<-- [end:loss_printed]


# --8<-- [start:ridge]
def broken(x, y):
    """xy / (x² + y²), and 0 at the origin; x and y are arrays or numbers."""
    square = np.asarray(x**2 + y**2)
    return np.divide(x * y, square, out=np.zeros(square.shape), where=square > 0)
# --8<-- [end:ridge]


# --8<-- [start:ridge_printed]
def print_broken():
    """Values of `broken` on the way to the origin, along four straight lines."""
    print("       x    y = 0    y = x   y = 2x   y = -x")
    for x in (1.0, 1e-1, 1e-3, 1e-6):
        along = (broken(x, slope * x) for slope in (0, 1, 2, -1))
        print(f"{x:8.0e}", *(f"{value:8.2f}" for value in along))
    both = (partial(broken, np.zeros(2), index) for index in (0, 1))
    print("partial derivatives at the origin:", *(f"{slope:.0f}" for slope in both))
# --8<-- [end:ridge_printed]


# --8<-- [start:broken]
def figure_broken():
    angle, radius = np.linspace(0, 2 * np.pi, 41), np.linspace(0.02, 1, 8)
    r, t = np.meshgrid(radius, angle)
    x, y = r * np.cos(t), r * np.sin(t)
    fig = plt.figure(figsize=(6.0, 4.2))
    ax = fig.add_subplot(projection="3d", computed_zorder=False)
    ax.plot_surface(x, y, broken(x, y), color="C0", alpha=0.2, shade=False, edgecolor="C0", lw=0.3, rcount=41, ccount=8)
    line = np.linspace(-1, 1, 21)
    ax.plot(line, 0 * line, broken(line, 0 * line), color="C2", lw=2.5)
    ax.plot(0 * line, line, broken(0 * line, line), "--", color="C2", lw=2.5)
    crest = np.linspace(0.02, 0.7, 8)
    for side in (-crest, crest):
        ax.plot(side, side, broken(side, side), "-.", color="C1", lw=2.5)
    ax.plot([0], [0], [0], "o", color="C2", markersize=7)
    ax.set(xlabel="$x$", ylabel="$y$", xticks=[-1, 0, 1], yticks=[-1, 0, 1], zticks=[-0.5, 0, 0.5])
    ax.view_init(28, -70)
    ax.set_box_aspect((1.3, 1.3, 0.9), zoom=0.95)
    return fig
# --8<-- [end:broken]


# --8<-- [start:peano]
def peano(x, y):
    """xy (x² - y²) / (x² + y²), and 0 at the origin."""
    return broken(x, y) * (x**2 - y**2)


def print_peano():
    """The mixed derivatives of `peano` at the origin, in both orders."""
    for name, first, second in (("x, then y", 0, 1), ("y, then x", 1, 0)):
        slope = lambda x, y: partial(peano, np.array([x, y]), first, 1e-6)
        print(f"first {name}: {partial(slope, np.zeros(2), second, 1e-2):+.3f}")
# --8<-- [end:peano]


if __name__ == "__main__":
    print_partial()
    print_mixed()
    print_held()
    print_loss_partials()
    print_broken()
    print_peano()
    figure_cuts()
    figure_slices()
    figure_broken()
    plt.show()
