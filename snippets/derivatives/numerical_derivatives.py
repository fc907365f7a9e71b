"""Numerical derivatives: slopes from function values, and the two errors that fight over the step."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:rational_curve]
def rational_curve(hours):
    """Marks after some hours of study: an invented model, half of 100 after 3 hours."""
    return 100 * hours / (hours + 3)


def rational_curve_slope(hours):
    """The derivative of `rational_curve`, in marks per hour."""
    return 300 / (hours + 3) ** 2


FLOOR = 1e-14  # marks per hour; errors below are rounding in the slope itself
# --8<-- [end:rational_curve]


# --8<-- [start:differences]
def forward_difference(f, x, h):
    """Slope of the secant from x to x + h; its error is of order 1 in h."""
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    """Slope of the secant from x - h to x + h; its error is of order 2 in h."""
    return (f(x + h) - f(x - h)) / (2 * h)


def complex_step(f, x, h=1e-20):
    """Imaginary part of f(x + ih), divided by h: no two values are subtracted.

    The error is of order 2 in h, so a tiny h makes it smaller than rounding. f
    must be smooth and written with operations that accept complex numbers.

    >>> print(complex_step(lambda x: x**3, 2.0))
    12.0
    """
    return f(x + 1j * h).imag / h
# --8<-- [end:differences]


# --8<-- [start:methods]
METHODS = {
    "forward": forward_difference,
    "central": central_difference,
    "complex step": complex_step,
}
# --8<-- [end:methods]


# --8<-- [start:error_of]
POINTS = np.linspace(1, 3, 400)  # hours, to average over
STEPS = 2.0 ** -np.arange(1, 53)  # hours, down to the spacing of float64 near 1


def error_of(method, step):
    """Root mean squared error of the slope over all points, in marks per hour.

    An error below FLOOR counts as FLOOR.
    """
    error = method(rational_curve, POINTS, step) - rational_curve_slope(POINTS)
    return max(np.sqrt(np.mean(error**2)), FLOOR)
# --8<-- [end:error_of]


# --8<-- [start:error]
def figure_error(h=1.0):
    fig, (top, bottom) = plt.subplots(2, figsize=(6.4, 6.8), height_ratios=[4, 5])
    hours = np.linspace(0, 5, 40)
    top.plot(hours, rational_curve(hours), color="C0")
    for left, dash, name in ((2.0, "-", "forward"), (2.0 - h, "--", "central")):
        ends = np.array([left, 2 + h])
        top.plot(ends, rational_curve(ends), dash + "o", color="C2", label=f"{name} secant")
    top.plot(2.0, rational_curve(2.0), "*", color="C3", markersize=13)
    top.set(xlabel="time studied (hours)", ylabel="marks", xlim=(0, 5), ylim=(-3, 70))
    top.legend(loc="lower right")
    steps = np.array([2, *10.0 ** -np.arange(0, 16, 0.5)])  # those of the slider are among them
    for (name, method), mark, dash, size in zip(METHODS.items(), "os^", ("-", "--", ":"), (9, 8, 15), strict=True):
        errors = [error_of(method, step) for step in steps]
        bottom.loglog(steps, errors, mark + dash, color="C2", markersize=4, linewidth=1.2, label=name)
        bottom.loglog(h, error_of(method, h), mark, color="C2", markersize=size, fillstyle="none", markeredgewidth=2)
    bottom.set(xlabel="step $h$ (hours)", ylabel="error of the slope\n(marks per hour)")
    bottom.set(xlim=(1e-16, 4), ylim=(1e-15, 1e2))
    bottom.legend(loc="lower left", bbox_to_anchor=(0, 0.09))
    return fig


figure_error.slider = ("h", [2, 1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-13], "hours")
# --8<-- [end:error]


# --8<-- [start:smaller]
def print_smaller():
    """The three estimates of the slope at 2 hours, minus the slope."""
    print("step h (hours)    forward    central   complex step")
    for h in 10.0 ** -np.arange(1, 18, 2):
        errors = [method(rational_curve, 2.0, h) - rational_curve_slope(2.0) for method in METHODS.values()]
        told = f"{errors[2]:12.1e}" if abs(errors[2]) > FLOOR else f" below {FLOOR:.0e}"
        print(f"{h:14.0e}   {errors[0]:8.1e}   {errors[1]:8.1e}   {told}")
    print(f"the slope is {rational_curve_slope(2.0):g} marks per hour")
# --8<-- [end:smaller]


# --8<-- [start:prediction]
EPSILON = np.finfo(float).eps  # the spacing of float64 numbers at 1
HEIGHT = rational_curve(2.0)  # marks
SECOND = 600 / 5**3  # size of the second derivative, 600 / (x + 3)³, in marks per hour²
THIRD = 1800 / 5**4  # size of the third, 1800 / (x + 3)⁴, in marks per hour³


def predicted_error(method, h):
    """Truncation and rounding error, in marks per hour, of a difference at 2 hours."""
    if method == "forward":
        return SECOND / 2 * h, 2 * EPSILON * HEIGHT / h
    return THIRD / 6 * h**2, EPSILON * HEIGHT / h


def predicted_bottom(method):
    """Best step, in hours, and smallest error: where the sum of both is least."""
    if method == "forward":
        step = 2 * np.sqrt(EPSILON * HEIGHT / SECOND)
    else:
        step = np.cbrt(3 * EPSILON * HEIGHT / THIRD)
    return step, sum(predicted_error(method, step))


def measured_bottom(method):
    """The step with the smallest measured error, and that error."""
    errors = [error_of(METHODS[method], step) for step in STEPS]
    return STEPS[np.argmin(errors)], min(errors)


def measured_slopes(method):
    """Slopes of the measured error in the log-log plot, right and left of the bottom."""
    bottom = measured_bottom(method)[0]
    sides = (STEPS > 100 * bottom) & (STEPS < 0.1), (STEPS < bottom / 100) & (STEPS > 1e-13)
    errors = np.array([error_of(METHODS[method], h) for h in STEPS])
    return [np.polyfit(np.log(STEPS[side]), np.log(errors[side]), 1)[0] for side in sides]
# --8<-- [end:prediction]


# --8<-- [start:prediction_printed]
def print_bottoms():
    """Both arms of the V and its bottom: predicted, then measured."""
    print("                     right arm   left arm   best step (hours)   smallest error")
    for method, order in (("forward", 1), ("central", 2)):
        step, error = predicted_bottom(method)
        print(f"{method:7} predicted   {order:9.2f}   {-1:8.2f}   {step:17.1e}   {error:14.1e}")
        (right, left), (step, error) = measured_slopes(method), measured_bottom(method)
        print(f"{method:7} measured    {right:9.2f}   {left:8.2f}   {step:17.1e}   {error:14.1e}")
# --8<-- [end:prediction_printed]


# --8<-- [start:anatomy]
def figure_anatomy():
    fig, axes = plt.subplots(1, 2, figsize=(6.6, 3.8), sharey=True)
    for ax, method in zip(axes, ("forward", "central"), strict=True):
        ax.loglog(STEPS, [error_of(METHODS[method], h) for h in STEPS], "o", color="C2", markersize=3, label="measured")
        truncation, rounding = np.array([predicted_error(method, h) for h in STEPS]).T
        ax.loglog(STEPS, truncation, color="C1", linewidth=1.5, label="truncation")
        ax.loglog(STEPS, rounding, "--", color="C1", linewidth=1.5, label="rounding")
        ax.loglog(*predicted_bottom(method), "*", color="C3", markersize=13, label="predicted bottom")
        ax.set(xlabel="step $h$ (hours)", title=method, xlim=(1e-16, 4), ylim=(1e-13, 1e3))
    axes[0].set(ylabel="error of the slope (marks per hour)")
    axes[1].legend(loc="upper right", fontsize=10)
    return fig
# --8<-- [end:anatomy]


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


# --8<-- [start:check_before]
def loss_of_slope(weight, hours, marks):
    """Mean of the squared misses, in marks², of the best line with this slope.

    Shapes: weight is a number, in marks per hour; hours and marks are (n,).
    """
    hours, marks = np.stack([hours, marks])  # of one shape, or it raises
    miss = marks - marks.mean() - weight * (hours - hours.mean())
    return np.mean(miss**2)


def slope_of_loss(weight, hours, marks):
    """The derivative of `loss_of_slope`, in marks² per (mark per hour)."""
    hours, marks = np.stack([hours, marks])
    miss = marks - marks.mean() - weight * (hours - hours.mean())
    return np.mean(2 * miss * -(hours - hours.mean()))
# --8<-- [end:check_before]


# --8<-- [start:check]
def relative_difference(a, b):
    """How far two numbers, not both 0, are apart, as a part of the larger one."""
    return abs(a - b) / max(abs(a), abs(b))
# --8<-- [end:check]


# --8<-- [start:check_printed]
def print_check():
    """A right and a wrong slope of the loss, against a central difference."""
    hours, _, marks = students()
    right = slope_of_loss(4.0, hours, marks)
    numerical = central_difference(lambda w: loss_of_slope(w, hours, marks), 4.0, 1e-5)
    print(f"central difference   {numerical:10.6f}")
    for name, slope in (("the formula", right), ("without its 2", right / 2)):
        far = relative_difference(slope, numerical)
        print(f"{name:18}   {slope:10.6f}   relative difference", f"{far:.1f}" if far > 1e-9 else "below 1e-9")
# --8<-- [end:check_printed]


# --8<-- [start:single]
def print_single():
    """Central differences in float32: at 2 hours, and the error over all points."""
    points = POINTS.astype(np.float32)
    print("step h (hours)   slope at 2 h (marks per hour)   typical error")
    for h in (1.0, 1e-1, 1e-2, 1e-4, 1e-6, 1e-8):
        slopes = central_difference(rational_curve, points, np.float32(h))
        error = np.sqrt(np.mean((slopes - rational_curve_slope(POINTS)) ** 2))
        slope = central_difference(rational_curve, np.float32(2), np.float32(h))
        print(f"{h:14.0e}   {slope:29.5f}   {error:13.1e}")
# --8<-- [end:single]


# --8<-- [start:absolute]
def print_absolute():
    """The slope of |x| at 3, which is 1: a complex step through `abs` says 0."""
    print("central difference", central_difference(np.abs, 3.0, 0.5))
    print("complex step, abs(x)", complex_step(np.abs, 3.0))
    print("complex step, sqrt(x * x)", complex_step(lambda x: np.sqrt(x * x), 3.0))
# --8<-- [end:absolute]


# --8<-- [start:parabola]
def print_parabola():
    """The slope of the loss at 4 marks per hour by ever larger central steps."""
    hours, _, marks = students()
    for h in (1e-9, 1e-5, 1e-1, 10.0):
        slope = central_difference(lambda w: loss_of_slope(w, hours, marks), 4.0, h)
        print(f"step {h:5.0e}   {slope:.10f}")
    print(f"the formula  {slope_of_loss(4.0, hours, marks):.10f}")
# --8<-- [end:parabola]


# --8<-- [start:second]
def second_difference(f, x, h):
    """The second derivative from three values of f; its error is of order 2 in h."""
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2


def print_second():
    """Errors of the second derivative at 2 hours, in marks per hour²."""
    for h in (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6):
        error = second_difference(rational_curve, 2.0, h) + SECOND
        print(f"step {h:.0e}   error {abs(error):.1e}")
    print(f"epsilon to the power 1/4: {EPSILON ** (1 / 4):.0e}")
# --8<-- [end:second]


# --8<-- [start:richardson]
def extrapolated_difference(f, x, h):
    """Two central differences combined so that their h² errors cancel: order 4."""
    return (4 * central_difference(f, x, h / 2) - central_difference(f, x, h)) / 3


def print_richardson():
    """Errors at 2 hours, in marks per hour, for steps that halve."""
    print("step h (hours)   central   extrapolated")
    for h in (0.5, 0.25, 0.125, 0.0625):
        central, extrapolated = (
            abs(difference(rational_curve, 2.0, h) - rational_curve_slope(2.0))
            for difference in (central_difference, extrapolated_difference)
        )
        print(f"{h:14g}   {central:7.1e}   {extrapolated:12.1e}")
# --8<-- [end:richardson]


if __name__ == "__main__":
    print_smaller()
    print_bottoms()
    print_check()
    print_single()
    print_absolute()
    print_parabola()
    print_second()
    print_richardson()
    figure_error()
    figure_anatomy()
    plt.show()
