"""Gradient: all partial derivatives in one column, and the direction of steepest ascent."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


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
# --8<-- [end:students_before]


# --8<-- [start:students]
def centred_hours():
    """X of shape (40, 2): 1 and hours minus their mean; y, the marks."""
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours - hours.mean()]), marks
# --8<-- [end:students]


# --8<-- [start:loss_before]
def loss(w, X, y):
    """Mean-squared error of the predictions X @ w, in marks²: no half.

    Shapes: w (p,), X (n, p), y (n,); the result is a scalar.
    """
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return residual @ residual / len(y)


def least_squares(X, y):
    """The weights with the smallest `loss`, of shape (p,), by linear algebra."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
# --8<-- [end:loss_before]


# --8<-- [start:loss]
def gradient(w, X, y):
    """Gradient of `loss` with respect to w, of shape (p,)."""
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return 2 / len(y) * X.T @ residual


HERE = np.array([40.0, 4.0])  # intercept in marks, slope in marks per hour
# --8<-- [end:loss]


# --8<-- [start:directional]
def unit_vector(degrees):
    """The direction of length 1 at this angle from the first axis, of shape (2,)."""
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def directional_derivative(f, w, direction, h=1e-4):
    """Slope of f at w along a direction, by a central difference.

    w and direction have shape (p,); the direction is brought to length 1, and a
    direction of length 0 raises `ValueError`.

    >>> f = lambda w: w[0] ** 2 + 3 * w[1] ** 2
    >>> print(f"{directional_derivative(f, np.array([1.0, 1.0]), np.array([3.0, 4.0])):.6f}")
    6.000000
    """
    length = np.linalg.norm(direction)
    if length == 0:
        raise ValueError("a direction of length 0 leads nowhere")
    w, step = np.stack([w, h * direction / length])  # of one shape, or it raises
    return (f(w + step) - f(w - step)) / (2 * h)


def student_loss(w):
    """`loss` on the student data with centred hours, in marks²."""
    return loss(w, *centred_hours())
# --8<-- [end:directional]


# --8<-- [start:directional_printed]
def print_directions():
    """The slope of the loss in some directions: measured, and gradient times u."""
    g = gradient(HERE, *centred_hours())
    print(f"gradient ({g[0]:.2f}, {g[1]:.2f}), length {np.linalg.norm(g):.2f}")
    print("angle   measured slope   gradient . u  (marks² per step)")
    for degrees in range(0, 360, 45):
        measured = directional_derivative(student_loss, HERE, unit_vector(degrees))
        print(f"{degrees:4d}°   {measured:14.2f}   {g @ unit_vector(degrees):12.2f}")
# --8<-- [end:directional_printed]


# --8<-- [start:steepest]
def print_steepest():
    """The steepest of 3600 measured directions, and what the gradient says."""
    degrees = np.arange(0, 360, 0.1)
    slopes = [directional_derivative(student_loss, HERE, unit_vector(d)) for d in degrees]
    g = gradient(HERE, *centred_hours())
    angle = np.degrees(np.arctan2(g[1], g[0])) % 360
    print(f"steepest measured: {max(slopes):.3f} at {degrees[np.argmax(slopes)]:.1f}°")
    print(f"of the gradient:   {np.linalg.norm(g):.3f} at {angle:.1f}°")
# --8<-- [end:steepest]


# --8<-- [start:contours]
def draw_contours(ax):
    """Contours of the loss over intercept and slope, and a star at the minimum."""
    X, y = centred_hours()
    best = least_squares(X, y)
    b, m = np.meshgrid(np.linspace(30, 90, 31), np.linspace(-6, 18, 25))
    heights = np.array([student_loss(w) for w in np.column_stack([b.ravel(), m.ravel()])]).reshape(b.shape)
    ax.contour(b, m, heights, student_loss(best) + 200 * np.arange(1, 8), colors="C0", linewidths=1, alpha=0.7)
    ax.plot(*best, "*", color="C3", markersize=14)
    ax.set(xlabel="intercept (marks)", ylabel="slope (marks per hour)", aspect="equal", xlim=(30, 90), ylim=(-6, 18))


def figure_field():
    fig, ax = plt.subplots(figsize=(6.6, 3.6))
    draw_contours(ax)
    points = np.array([[b, m] for b in (38, 49, 60, 71, 82) for m in (-1, 3.5, 8, 12.5)])
    arrows = 0.03 * np.array([gradient(w, *centred_hours()) for w in points])
    ax.quiver(*points.T, *arrows.T, color="C1", angles="xy", scale_units="xy", scale=1, width=0.006)
    return fig
# --8<-- [end:contours]


# --8<-- [start:rose]
def figure_rose(angle=60):
    g, u = gradient(HERE, *centred_hours()), unit_vector(angle)
    fig = plt.figure(figsize=(6.6, 3.7))
    left, right = fig.add_subplot(121), fig.add_subplot(122, projection="polar")
    directions = np.linspace(0, 360, 91)
    slopes = np.array([g @ unit_vector(d) for d in directions])
    along = np.linspace(-12, 12, 36)
    left.plot(along, [student_loss(HERE + s * u) for s in along], color="C0")
    left.plot(along[12:24], student_loss(HERE) + (g @ u) * along[12:24], "--", color="C1")
    left.plot(0, student_loss(HERE), "o", color="C1")
    left.set(xlabel="steps of length 1 in this direction", ylabel="loss (marks²)", xlim=(-12, 12), ylim=(0, 1400))
    left.set_title(f"slope {g @ u:.1f} marks² per step".replace("-", "\N{MINUS SIGN}"), color="C1")
    right.plot(np.radians(directions), np.where(slopes >= 0, slopes, np.nan), color="C0")
    right.plot(np.radians(directions), np.where(slopes < 0, -slopes, np.nan), "--", color="C0")
    right.plot([0, np.radians(angle)], [0, abs(g @ u)], "o-", color="C2")
    right.plot([0, np.arctan2(g[1], g[0])], [0, np.linalg.norm(g)], color="C1", linewidth=3)
    right.plot(np.arctan2(g[1], g[0]), np.linalg.norm(g), "D", color="C1", markersize=8)
    right.set(ylim=(0, 55), yticks=[25, 50], rlabel_position=110, xticks=np.radians(range(0, 360, 45)))
    right.set_title(f"direction {angle:g}°", color="C2")
    return fig


figure_rose.slider = ("angle", [0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330], "°")
# --8<-- [end:rose]


# --8<-- [start:level]
def level_curve(level, degrees):
    """A point where the loss is `level` marks², and the tangent of the contour there.

    Both have shape (2,); the contour is an ellipse around the minimum.
    """
    X, y = centred_hours()
    best = least_squares(X, y)
    widths = np.sqrt((level - student_loss(best)) / np.mean(X**2, axis=0))
    cosine, sine = unit_vector(degrees)
    return best + widths * [cosine, sine], widths * [-sine, cosine]
# --8<-- [end:level]


# --8<-- [start:level_printed]
def print_level():
    """Gradient and tangent at points of the contour of 300 marks²."""
    print("intercept (marks)   slope (marks per hour)   loss (marks²)   gradient . tangent")
    for degrees in (0, 60, 150, 280):
        w, tangent = level_curve(300.0, degrees)
        product = round(gradient(w, *centred_hours()) @ tangent, 9) + 0
        print(f"{w[0]:17.2f}   {w[1]:22.2f}   {student_loss(w):13.2f}   {product:18.9f}")
# --8<-- [end:level_printed]


# --8<-- [start:gains]
def print_gains():
    """The loss after one step against the gradient, by learning rate, and the gain promised."""
    g = gradient(HERE, *centred_hours())
    print(f"where we stand      loss {student_loss(HERE):7.1f} marks²")
    for rate in (0.001, 0.01, 0.1, 0.3):
        height = student_loss(HERE - rate * g)
        gain = student_loss(HERE) - height
        print(f"learning rate {rate:5.3f}   loss {height:7.1f}   gain {gain:+7.1f}   promised {rate * g @ g:+7.1f}")
# --8<-- [end:gains]


# --8<-- [start:units]
def steepest_descent(hours_per_unit):
    """Direction of steepest descent at HERE when time has another unit.

    The gradient is taken with respect to intercept and slope per new unit; the
    direction, of shape (2,), is given back as intercept and slope per hour.
    """
    X, y = centred_hours()
    scale = np.array([1.0, 1 / hours_per_unit])  # slope per unit = slope per hour / scale
    return -scale * gradient(HERE / scale, X * scale, y)


def angle_of(step):
    """Angle of a step in the plane of intercept and slope per hour, in degrees."""
    return np.degrees(np.arctan2(step[1], step[0]))


UNITS = {"hours": 1.0, "minutes": 1 / 60, "standard deviations": float(students()[0].std())}
# --8<-- [end:units]


# --8<-- [start:units_printed]
def print_units():
    """Where steepest descent points, by the unit of time, and where the minimum lies."""
    for unit, hours_per_unit in UNITS.items():
        print(f"time in {unit:19}   {angle_of(steepest_descent(hours_per_unit)):6.2f}°")
    print(f"towards the minimum           {angle_of(least_squares(*centred_hours()) - HERE):6.2f}°")
# --8<-- [end:units_printed]


# --8<-- [start:not_at_minimum]
def figure_units():
    fig, ax = plt.subplots(figsize=(6.6, 3.6))
    draw_contours(ax)
    for (unit, hours_per_unit), dash in zip(UNITS.items(), ("-", "--", ":"), strict=True):
        step = steepest_descent(hours_per_unit)
        end = HERE + 14 * step / np.linalg.norm(step)
        ax.plot(*np.array([HERE, end]).T, dash, color="C1", lw=2.5, label=unit)
    ax.legend(loc="lower right", title="time in", fontsize=10, title_fontsize=10)
    ax.plot(*HERE, "o", color="C1")
    return fig
# --8<-- [end:not_at_minimum]


# --8<-- [start:norm]
def norm_gradient(w):
    """Gradient of the length of w, of shape (p,); zeros at 0, by convention.

    At 0 the length has a sharp point and no gradient; the formula would be 0 / 0.
    """
    length = np.linalg.norm(w)
    return w / length if length > 0 else np.zeros_like(w)


def print_norm():
    """The gradient of the length at (3, 4) and at 0, and one-sided slopes at 0."""
    print(norm_gradient(np.array([3.0, 4.0])), norm_gradient(np.zeros(2)))
    slopes = [np.linalg.norm(1e-6 * unit_vector(d)) / 1e-6 for d in (0, 45, 180)]
    print("slopes away from 0:", *(f"{slope:.3f}" for slope in slopes))
# --8<-- [end:norm]


# --8<-- [start:sign]
def print_sign():
    """Rises of the tilted board for steps in which no weight moves by more than 1."""
    g = gradient(HERE, *centred_hours())
    for name, step in (("gradient, scaled", g / np.abs(g).max()), ("signs", np.sign(g))):
        print(f"{name:16} step ({step[0]:+.2f}, {step[1]:+.2f}): rise {g @ step:.2f} marks²")
# --8<-- [end:sign]


if __name__ == "__main__":
    print_directions()
    print_steepest()
    print_level()
    print_gains()
    print_units()
    print_norm()
    print_sign()
    figure_field()
    figure_rose()
    figure_units()
    plt.show()
