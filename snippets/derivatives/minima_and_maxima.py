"""Minima and maxima: where a function is smallest or largest, and what its derivatives say about it."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
from numpy.polynomial import Polynomial
# --8<-- [end:imports]


# --8<-- [start:critical]
def critical_points(f):
    """The points where the derivative of a polynomial is 0, in order; shape (k,).

    Roots are rounded: points closer than 0.0001 count as one, and a slope that
    only almost reaches 0 may count as 0.

    >>> print(critical_points(Polynomial([0, -3, 0, 1])))  # x³ - 3x
    [-1.  1.]
    """
    roots = f.deriv().roots()
    real = np.sort(roots[np.abs(roots.imag) < 1e-4].real)
    return real[np.diff(real, prepend=-np.inf) > 1e-4]


def second_derivative_test(f, x):
    """What the second derivative of a polynomial says about a critical point.

    A sum a million times smaller than its terms counts as 0: it is rounding.
    """
    bend = f.deriv(2)
    terms = Polynomial(np.abs(bend.coef))(abs(x))
    if abs(bend(x)) <= 1e-6 * terms:
        return "silent"
    return "minimum" if bend(x) > 0 else "maximum"


def sign_test(f, x, h=1e-2):
    """What the signs of the slope just before and just after a critical point say.

    No other critical point may lie within the step h.
    """
    before, after = np.sign(f.deriv()(x - h)), np.sign(f.deriv()(x + h))
    if before == after:
        return "neither"
    return "minimum" if after > before else "maximum"
# --8<-- [end:critical]


# --8<-- [start:shapes]
CUBIC = Polynomial([0, -3, 0, 1])  # x³ - 3x
QUARTIC = Polynomial([0, 0.5, -2, 0, 1])  # x⁴ - 2x² + x/2
MARKS = {"minimum": "v", "maximum": "^", "neither": "D", "silent": "D"}


def figure_shapes():
    x = np.linspace(-2.1, 2.1, 150)
    fig, axes = plt.subplots(2, 2, sharex=True, figsize=(6.6, 5.2))
    for f, (top, bottom), name in zip((CUBIC, QUARTIC), axes.T, ("$x^3 - 3x$", "$x^4 - 2x^2 + x/2$"), strict=True):
        top.plot(x, f(x), color="C0")
        bottom.plot(x, f.deriv()(x), color="C1")
        bottom.axhline(0, color="gray", linewidth=1)
        for at in critical_points(f):
            mark = MARKS[second_derivative_test(f, at)]
            top.plot(at, f(at), mark, color="C3", markersize=9)
            bottom.plot(at, 0, mark, color="C3", markersize=9)
        top.set(title=name, ylim=(-3, 3))
        bottom.set(xlabel="$x$", ylim=(-6, 6))
    axes[0, 0].set(ylabel="function $f$")
    axes[1, 0].set(ylabel="derivative $f'$")
    return fig
# --8<-- [end:shapes]


# --8<-- [start:critical_points]
def print_critical():
    """Critical points of the two functions, with height and second derivative."""
    print("               x        f      f''")
    for name, f in (("cubic", CUBIC), ("quartic", QUARTIC)):
        for x in critical_points(f):
            verdict = second_derivative_test(f, x)
            print(f"{name:8} {x:7.3f}   {f(x):6.3f}   {f.deriv(2)(x):6.2f}   {verdict}")
# --8<-- [end:critical_points]


# --8<-- [start:tilt]
def tilted(tilt):
    """The double valley x⁴ - 2x² with a slope added: x⁴ - 2x² + tilt x."""
    return Polynomial([0, tilt, -2, 0, 1])


def figure_tilt(tilt=0.5):
    x = np.linspace(-2, 2, 150)
    f = tilted(tilt)
    fig, ax = plt.subplots()
    ax.plot(x, f(x), color="C0")
    for at in critical_points(f):
        ax.plot(at, f(at), MARKS[second_derivative_test(f, at)], color="C3", markersize=10)
    ax.set(xlabel="$x$", ylabel="$x^4 - 2x^2 + t\\,x$", xlim=(-2, 2), ylim=(-3.5, 3))
    return fig


figure_tilt.slider = ("tilt", [-2, -1.6, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 1.6, 2])
# --8<-- [end:tilt]


# --8<-- [start:cramming_before]
def cramming(hours):
    """Marks after a night of cramming: an invented model, with a best length."""
    return 40 + 15 * hours * np.exp(-hours / 4)


def cramming_slope(hours):
    """The derivative of `cramming`, in marks per hour."""
    return 15 * (1 - hours / 4) * np.exp(-hours / 4)
# --8<-- [end:cramming_before]


# --8<-- [start:cramming]
def bisect(slope, low, high, steps=50):
    """Where a slope changes sign between low and high, by halving the gap.

    Raises `ValueError` if the slope has the same sign at both ends.

    >>> print(f"{bisect(lambda x: 2 * x - 3, 0.0, 10.0):.6f}")
    1.500000
    """
    if np.sign(slope(low)) == np.sign(slope(high)):
        raise ValueError(f"the slope has the same sign at {low} and {high}")
    for _ in range(steps):
        middle = (low + high) / 2
        if np.sign(slope(middle)) == np.sign(slope(low)):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def best_hours(most):
    """The best time to cram, in hours, when at most `most` hours are left.

    The slope of `cramming` changes its sign once, from plus to minus.
    """
    if cramming_slope(most) >= 0:
        return most  # still rising when time is up
    return bisect(cramming_slope, 0.0, most)
# --8<-- [end:cramming]


# --8<-- [start:cramming_printed]
def print_best():
    """The best night for students with little and much time."""
    for most in (2.0, 12.0):
        hours = best_hours(most)
        slope = round(cramming_slope(hours), 2) + 0  # + 0 turns -0.0 into 0.0
        print(f"{most:.0f} hours left: cram {hours:.2f} hours for {cramming(hours):.2f} marks")
        print(f"    the slope there is {slope:.2f} marks per hour")
# --8<-- [end:cramming_printed]


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


# --8<-- [start:fit_before]
def loss_of_slope(weight, hours, marks):
    """Mean of the squared misses, in marks², of the best line with this slope.

    Shapes: weight is a number, in marks per hour; hours and marks are (n,).
    """
    hours, marks = np.stack([hours, marks])  # of one shape, or it raises
    miss = marks - marks.mean() - weight * (hours - hours.mean())
    return np.mean(miss**2)
# --8<-- [end:fit_before]


# --8<-- [start:fit]
def best_slope(hours, marks):
    """Slope of the least-squares line, in marks per hour: where the loss is level."""
    hours, marks = np.stack([hours, marks])
    from_mean = hours - hours.mean()
    return np.sum(from_mean * (marks - marks.mean())) / np.sum(from_mean**2)
# --8<-- [end:fit]


# --8<-- [start:fit_printed]
def print_fit():
    """The loss at the level point and half a mark per hour beside it."""
    hours, _, marks = students()
    best = best_slope(hours, marks)
    for weight in (best - 0.5, best, best + 0.5):
        loss = loss_of_slope(weight, hours, marks)
        print(f"slope {weight:.3f} marks per hour: loss {loss:.3f} marks²")
# --8<-- [end:fit_printed]


# --8<-- [start:silent]
FLAT = {
    "x³": Polynomial([0, 0, 0, 1]),
    "x⁴": Polynomial([0, 0, 0, 0, 1]),
    "-x⁴": Polynomial([0, 0, 0, 0, -1]),
}
# --8<-- [end:silent]


# --8<-- [start:silent_printed]
def print_silent():
    """Three functions with slope 0 and second derivative 0 at x = 0."""
    print("       f'   f''   second-derivative test   sign test")
    for name, f in FLAT.items():
        verdicts = f"{second_derivative_test(f, 0.0):22}   {sign_test(f, 0.0)}"
        print(f"{name:4} {f.deriv()(0.0):4.0f}   {f.deriv(2)(0.0):3.0f}   {verdicts}")
# --8<-- [end:silent_printed]


# --8<-- [start:flat]
def figure_flat():
    x = np.linspace(-1, 1, 101)
    fig, axes = plt.subplots(1, 3, figsize=(6.6, 2.6), sharey=True)
    for ax, f, title in zip(axes, FLAT.values(), ("$x^3$", "$x^4$", "$-x^4$"), strict=True):
        ax.plot(x, f(x), color="C0")
        ax.plot(0, 0, MARKS[sign_test(f, 0.0)], color="C3", markersize=9)
        ax.set(title=title, xlabel="$x$", ylim=(-1.1, 1.1))
    return fig
# --8<-- [end:flat]


# --8<-- [start:median]
def absolute_loss(guess, marks):
    """Mean of the absolute misses of one guess for all students, in marks."""
    return np.mean(np.abs(marks - guess))
# --8<-- [end:median]


# --8<-- [start:median_printed]
def print_median():
    """Slopes of the mean absolute miss on both sides of the median of 39 students."""
    marks = students()[2][:39]
    median = np.median(marks)
    for h in (-1e-6, 1e-6):
        gain = absolute_loss(median + h, marks) - absolute_loss(median, marks)
        slope = gain / h
        print(f"guess {median:.2f} marks, step {h:+.0e} marks: slope {slope:+.4f} marks per mark")
# --8<-- [end:median_printed]


# --8<-- [start:constant]
def print_mean():
    """The mean squared miss of one guess for all: at the mean, and elsewhere."""
    marks = students()[2]
    for name, guess in (("mean", marks.mean()), ("median", np.median(marks))):
        loss = np.mean((marks - guess) ** 2)
        print(f"{name:6} {guess:.2f} marks: loss {loss:.2f} marks²")
# --8<-- [end:constant]


if __name__ == "__main__":
    print_critical()
    print_best()
    print_fit()
    print_silent()
    print_median()
    print_mean()
    figure_shapes()
    figure_tilt()
    figure_flat()
    plt.show()
