"""Derivatives and slopes: how fast marks grow with hours of study, from two points and in the limit."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:learning_curve]
def learning_curve(hours):
    """Marks after some hours of study: an invented model."""
    return 90 - 60 * np.exp(-hours / 4)


def learning_curve_slope(hours):
    """The derivative of `learning_curve`, in marks per hour."""
    return 15 * np.exp(-hours / 4)
# --8<-- [end:learning_curve]


# --8<-- [start:difference_quotient]
def difference_quotient(f, x, h):
    """Slope of the secant through the points of f at x and x + h.

    Its unit is the unit of f(x) divided by the unit of x. A negative h looks to the
    left; h = 0 raises `ValueError`.

    >>> print(difference_quotient(lambda x: x**2, 3.0, 0.5))  # 3.25 / 0.5
    6.5
    """
    if np.any(np.equal(h, 0)):
        raise ValueError(f"h = {h}: a secant needs two different points")
    return (f(x + h) - f(x)) / h
# --8<-- [end:difference_quotient]


# --8<-- [start:secant]
def figure_secant(h=4.0):
    hours = np.linspace(0, 8, 200)
    marks, slope = learning_curve(2.0), learning_curve_slope(2.0)
    secant = difference_quotient(learning_curve, 2.0, h)
    fig, ax = plt.subplots()
    ax.plot(hours, learning_curve(hours), color="C0", label="marks $f$")
    ax.plot(hours, marks + slope * (hours - 2), "--", color="C1", label=f"tangent: {slope:.2f} marks per hour")
    ax.plot(hours, marks + secant * (hours - 2), color="C2", label=f"secant: {secant:.2f} marks per hour")
    ax.plot([2, 2 + h], [marks, learning_curve(2 + h)], "o", color="C2")
    ax.set(xlabel="time studied (hours)", ylabel="marks", xlim=(0, 8), ylim=(20, 100))
    ax.legend(loc="lower right")
    return fig


figure_secant.slider = ("h", np.geomspace(4, 0.05, 14), "hours")
# --8<-- [end:secant]


# --8<-- [start:quotients]
def print_quotients():
    """Secant slopes at 2 hours for smaller and smaller steps."""
    print("step h (hours)   secant (marks per hour)   secant - derivative")
    for h in (2.0, 1.0, 0.1, 0.01, 0.001, -0.001, -0.01, -0.1):
        secant = difference_quotient(learning_curve, 2.0, h)
        error = secant - learning_curve_slope(2.0)
        print(f"{h:14g}   {secant:23.5f}   {error:19.5f}")
# --8<-- [end:quotients]


# --8<-- [start:slope_everywhere]
def figure_slope_everywhere():
    hours = np.linspace(0, 10, 200)
    fig, (top, bottom) = plt.subplots(2, sharex=True, figsize=(6.4, 5.6))
    top.plot(hours, learning_curve(hours), color="C0")
    bottom.plot(hours, learning_curve_slope(hours), color="C1")
    for x, mark in ((1.0, "o"), (4.0, "s"), (8.0, "^")):
        near = np.array([x - 1, x + 1])
        tangent = learning_curve(x) + learning_curve_slope(x) * (near - x)
        top.plot(near, tangent, "--", color="C1")
        top.plot(x, learning_curve(x), mark, color="C1")
        bottom.plot(x, learning_curve_slope(x), mark, color="C1")
    top.set(ylabel="marks $f$")
    bottom.set(xlabel="time studied (hours)", ylabel="slope $f'$ (marks per hour)", ylim=(0, None))
    return fig
# --8<-- [end:slope_everywhere]


# --8<-- [start:prediction]
def print_prediction():
    """What the slope at 2 hours predicts, and what the curve says."""
    print("extra study   predicted gain   true gain (marks)")
    for minutes in (6, 30, 120, 480):
        extra = minutes / 60
        predicted = learning_curve_slope(2.0) * extra
        true = learning_curve(2.0 + extra) - learning_curve(2.0)
        print(f"{minutes:7d} min   {predicted:14.2f}   {true:9.2f}")
# --8<-- [end:prediction]


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
def fitted_line(x, y):
    """Slope and intercept of the least-squares line; x and y have shape (n,)."""
    x, y = np.stack([x, y])  # of one shape, or it raises
    from_mean = x - x.mean()
    slope = np.mean(from_mean * (y - y.mean())) / np.mean(from_mean**2)
    return slope, y.mean() - slope * x.mean()
# --8<-- [end:students]


# --8<-- [start:line]
def print_line():
    """The fitted line, and its difference quotient between any two hours."""
    hours, _, marks = students()
    slope, intercept = fitted_line(hours, marks)
    print(f"marks = {intercept:.1f} + {slope:.2f} x hours")
    for x, h in ((1.0, 6.0), (4.0, 0.5)):
        quotient = difference_quotient(lambda x: intercept + slope * x, x, h)
        print(f"from {x:g} to {x + h:g} hours: {quotient:.2f} marks per hour")
# --8<-- [end:line]


# --8<-- [start:loss]
def loss_of_slope(weight, hours, marks):
    """Mean of the squared misses, in marks², of the best line with this slope.

    Shapes: weight is a number, in marks per hour; hours and marks are (n,).
    """
    hours, marks = np.stack([hours, marks])  # of one shape, or it raises
    miss = marks - marks.mean() - weight * (hours - hours.mean())
    return np.mean(miss**2)
# --8<-- [end:loss]


# --8<-- [start:loss_tangents]
def figure_loss_tangents():
    hours, _, marks = students()
    weights = np.linspace(3, 8, 101)
    fig, ax = plt.subplots()
    ax.plot(weights, [loss_of_slope(weight, hours, marks) for weight in weights], color="C0")
    for weight, mark, side in ((4.0, "s", "left"), (fitted_line(hours, marks)[0], "*", "center"), (7.0, "o", "right")):
        height = loss_of_slope(weight, hours, marks)
        slope = difference_quotient(lambda w: loss_of_slope(w, hours, marks), weight, 1e-6)
        near = np.array([-0.8, 0.8])
        ax.plot(weight + near, height + slope * near, "--", color="C1")
        ax.plot(weight, height, mark, color="C3" if mark == "*" else "C1", markersize=12 if mark == "*" else 7)
        ax.text(weight, height + 6, f"  slope {slope:.1f}  ".replace("-", "\N{MINUS SIGN}"), color="C1", ha=side)
    ax.set(xlabel="weight (marks per hour)", ylabel="loss (marks²)", xlim=(3, 8), ylim=(0, None))
    return fig
# --8<-- [end:loss_tangents]


# --8<-- [start:loss_printed]
def print_loss_slope():
    """The loss and its slope, estimated by a short secant, at three weights."""
    hours, _, marks = students()
    for weight in (4.0, fitted_line(hours, marks)[0], 7.0):
        slope = difference_quotient(lambda w: loss_of_slope(w, hours, marks), weight, 1e-6)
        height = loss_of_slope(weight, hours, marks)
        print(f"at {weight:.2f} marks per hour: loss {height:5.1f}, slope {slope:+6.1f}")
# --8<-- [end:loss_printed]


# --8<-- [start:marks]
def figure_marks():
    hours, _, marks = students()
    slope, intercept = fitted_line(hours, marks)
    ends = np.array([0.0, 10.0])
    fig, ax = plt.subplots()
    ax.plot(hours, marks, "o", color="gray", label="one simulated student")
    ax.plot(ends, intercept + slope * ends, color="C0", label="fitted line")
    corner = np.array([3.0, 5.0, 5.0])
    ax.plot(corner, intercept + slope * np.array([3.0, 3.0, 5.0]), color="C1")
    ax.annotate("2 hours more", (4.0, intercept + slope * 3.0 - 3), color="C1", ha="center", va="top")
    ax.annotate(f"{2 * slope:.1f} marks more", (5.2, intercept + slope * 3.2), color="C1", va="center")
    ax.set(xlabel="hours studied", ylabel="marks", xlim=(0, 10), ylim=(0, 100))
    ax.legend(loc="lower right")
    return fig
# --8<-- [end:marks]


# --8<-- [start:kinks]
def relu(x):
    """x where it is positive, 0 elsewhere."""
    return np.maximum(x, 0.0)


def one_sided_quotients(f, x, h):
    """Secant slopes to the left and to the right of x, for a step h > 0."""
    return difference_quotient(f, x, -h), difference_quotient(f, x, h)
# --8<-- [end:kinks]


# --8<-- [start:kinks_printed]
def print_one_sided():
    """Slopes left and right of 0, for functions with no derivative there."""
    print("step h    |x|             relu            cube root")
    for h in (1e-1, 1e-3, 1e-6):
        pairs = (one_sided_quotients(f, 0.0, h) for f in (np.abs, relu, np.cbrt))
        # Adding 0 turns -0, which a division of 0 by -h gives, into 0.
        row = "".join(f"  {left + 0:6g} {right:<7g}" for left, right in pairs)
        print(f"{h:<8g}{row.rstrip()}")
# --8<-- [end:kinks_printed]


# --8<-- [start:no_slope]
def figure_no_slope():
    x = np.linspace(-1, 1, 401)
    fig, axes = plt.subplots(1, 3, figsize=(6.6, 2.6), sharex=True)
    for ax, f, name in zip(axes, (np.abs, relu, np.cbrt), ("$|x|$", "ReLU$(x)$", r"$\sqrt[3]{x}$"), strict=True):
        ax.plot(x, f(x), color="C0")
        for h, dash in ((-0.5, "--"), (0.5, "-.")):
            ax.plot([0, h], [f(0.0), f(h)], dash, color="C2", linewidth=3)
            ax.plot(h, f(h), "o", color="C2")
        ax.set(xlabel="$x$", title=name, ylim=(-1.1, 1.1), aspect="equal")
    return fig
# --8<-- [end:no_slope]


# --8<-- [start:time_of_slope]
def time_of_slope(slope):
    """The hour at which `learning_curve` has this slope, in marks per hour.

    Raises `ValueError` unless 0 < slope <= 15.

    >>> print(f"{time_of_slope(5.0):.2f}")
    4.39
    """
    if not 0 < slope <= 15:
        raise ValueError(f"slope = {slope}: the curve has slopes above 0, up to 15")
    return 4 * np.log(15 / slope)
# --8<-- [end:time_of_slope]


# --8<-- [start:symmetric_quotient]
def symmetric_quotient(f, x, h):
    """Slope of the secant from x - h to x + h, the mean of both sides."""
    return (f(x + h) - f(x - h)) / (2 * h)


def print_symmetric():
    """The symmetric quotient at 0, for functions that have no derivative there."""
    for f in (np.abs, relu, np.cbrt):
        slopes = (symmetric_quotient(f, 0.0, h) for h in (1e-1, 1e-3, 1e-6))
        print(f"{f.__name__:9}", *(f"{slope:8.1f}" for slope in slopes))
# --8<-- [end:symmetric_quotient]


if __name__ == "__main__":
    print_quotients()
    print_prediction()
    print_line()
    print_loss_slope()
    print_one_sided()
    print_symmetric()
    figure_secant()
    figure_slope_everywhere()
    figure_marks()
    figure_loss_tangents()
    figure_no_slope()
    plt.show()
