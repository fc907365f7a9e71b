"""Taylor approximation: polynomials that agree with a function at one point, and how far to trust them."""

# --8<-- [start:imports]
import math

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:taylor]
def taylor(derivatives, centre, x):
    """Taylor polynomial at x, from the derivatives at the centre.

    derivatives: f(centre), f'(centre), f''(centre), ...; n + 1 of them give the
    polynomial of order n. x: a number or an array.

    >>> print(taylor([1.0, 1.0, 1.0], centre=0.0, x=2.0))  # 1 + x + x²/2
    5.0
    """
    return sum(d / math.factorial(k) * (x - centre) ** k for k, d in enumerate(derivatives))
# --8<-- [end:taylor]


# --8<-- [start:learning_curve_before]
def learning_curve(hours):
    """Marks after some hours of study: an invented model."""
    return 90 - 60 * np.exp(-hours / 4)
# --8<-- [end:learning_curve_before]


# --8<-- [start:learning_curve]
def learning_curve_derivatives(hours, order):
    """The curve and its derivatives up to this order, in marks per hour to the k."""
    rest = [-60 * (-1 / 4) ** k * np.exp(-hours / 4) for k in range(1, order + 1)]
    return [learning_curve(hours), *rest]
# --8<-- [end:learning_curve]


# --8<-- [start:orders]
def figure_orders(order=1):
    hours = np.linspace(0, 14, 150)
    approximation = taylor(learning_curve_derivatives(2.0, order), 2.0, hours)
    fig, (top, bottom) = plt.subplots(2, sharex=True, figsize=(6.4, 6.2), height_ratios=[5, 4])
    top.plot(hours, learning_curve(hours), color="C0", label="learning curve")
    top.plot(hours, approximation, "--", color="C1", label=f"Taylor polynomial of order {order}")
    top.plot(2.0, learning_curve(2.0), "o", color="C1")
    top.set(ylabel="marks", xlim=(0, 14), ylim=(20, 130))
    top.legend(loc="upper left")
    bottom.semilogy(hours, np.abs(learning_curve(hours) - approximation), "--", color="C1", label="error")
    bottom.semilogy(hours, lagrange_bound(2.0, order, hours), color="gray", linewidth=1, label="Lagrange bound")
    bottom.set(xlabel="time studied (hours)", ylabel="error (marks)", ylim=(1e-9, 1e4))
    bottom.legend(loc="lower right")
    return fig


figure_orders.slider = ("order", [0, 1, 2, 3, 4, 5, 6, 8, 10, 12])
# --8<-- [end:orders]


# --8<-- [start:bound]
def lagrange_bound(centre, order, x):
    """Upper bound of the error of the Taylor polynomial of the curve, in marks.

    The derivative of the next order is largest at the left end of the way.
    """
    left = np.minimum(centre, x)
    largest = 60 * (1 / 4) ** (order + 1) * np.exp(-left / 4)
    return largest * np.abs(x - centre) ** (order + 1) / math.factorial(order + 1)
# --8<-- [end:bound]


# --8<-- [start:bound_printed]
def print_bound():
    """Prediction for 6 hours from 2 hours, its error, and the bound of the error."""
    print("order   marks at 6 hours     error     bound")
    for order in range(8):
        marks = taylor(learning_curve_derivatives(2.0, order), 2.0, 6.0)
        error = abs(learning_curve(6.0) - marks)
        print(f"{order:5d}   {marks:16.4f}   {error:7.4f}   {lagrange_bound(2.0, order, 6.0):7.4f}")
    print(f"curve   {learning_curve(6.0):16.4f}")
# --8<-- [end:bound_printed]


# --8<-- [start:halving]
def print_halving():
    """How many times the error falls when the distance from 2 hours is halved."""
    print("order   error at 3 h   error at 2.5 h   ratio   2 to the order + 1")
    for order in range(5):
        far, near = (
            abs(learning_curve(x) - taylor(learning_curve_derivatives(2.0, order), 2.0, x)) for x in (3.0, 2.5)
        )
        print(f"{order:5d}   {far:12.2e}   {near:14.2e}   {far / near:5.1f}   {2 ** (order + 1):18d}")
# --8<-- [end:halving]


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


# --8<-- [start:newton_before]
def loss_of_slope(weight, hours, marks):
    """Mean of the squared misses, in marks², of the best line with this slope.

    Shapes: weight is a number, in marks per hour; hours and marks are (n,).
    """
    hours, marks = np.stack([hours, marks])  # of one shape, or it raises
    miss = marks - marks.mean() - weight * (hours - hours.mean())
    return np.mean(miss**2)
# --8<-- [end:newton_before]


# --8<-- [start:newton]
def loss_derivatives(weight, hours, marks):
    """The loss, its slope and its second derivative with respect to the weight."""
    hours, marks = np.stack([hours, marks])
    from_mean = hours - hours.mean()
    miss = marks - marks.mean() - weight * from_mean
    return [np.mean(miss**2), -2 * np.mean(miss * from_mean), 2 * np.mean(from_mean**2)]
# --8<-- [end:newton]


# --8<-- [start:newton_printed]
def print_newton():
    """Two models of the loss, made at 4 marks per hour, and the jump to the minimum."""
    hours, _, marks = students()
    derivatives = loss_derivatives(4.0, hours, marks)
    print("weight (marks per hour)    loss   order 1   order 2  (marks²)")
    for weight in (4.0, 4.1, 5.0, 6.0, 8.0):
        first, second = (taylor(derivatives[: order + 1], 4.0, weight) for order in (1, 2))
        print(f"{weight:23.1f}   {loss_of_slope(weight, hours, marks):5.1f}   {first:7.1f}   {second:7.1f}")
    _, slope, bend = derivatives
    print(f"the second model is lowest at {4 - slope / bend:.4f} marks per hour")
    print(f"the least-squares slope is    {np.polyfit(hours, marks, 1)[0]:.4f} marks per hour")
# --8<-- [end:newton_printed]


# --8<-- [start:walls]
def log_series(order):
    """Derivatives of ln(1 + x) at 0: 0, 1, -1, 2, -6, ..."""
    return [0.0, *((-1.0) ** (k + 1) * math.factorial(k - 1) for k in range(1, order + 1))]


def bell(x):
    """1 / (1 + 25 x²): smooth for every real x."""
    return 1 / (1 + 25 * x**2)


def bell_series(order):
    """Derivatives of `bell` at 0: the odd ones vanish."""
    even = lambda k: (-25.0) ** (k // 2) * math.factorial(k)
    return [0.0 if k % 2 else even(k) for k in range(order + 1)]
# --8<-- [end:walls]


# --8<-- [start:radius]
def figure_radius(order=4):
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.6, 3.6))
    x = np.linspace(-0.95, 2, 120)
    left.plot(x, np.log1p(x), color="C0")
    left.plot(x, taylor(log_series(order), 0.0, x), "--", color="C1")
    left.set(title="$\\ln(1 + x)$", xlabel="$x$", ylim=(-3.2, 2.2), xlim=(-1.1, 2))
    x = np.linspace(-0.5, 0.5, 121)
    right.plot(x, bell(x), color="C0", label="function")
    right.plot(x, taylor(bell_series(order), 0.0, x), "--", color="C1", label=f"order {order}")
    right.set(title="$1/(1 + 25x^2)$", xlabel="$x$", ylim=(-0.6, 1.9), xlim=(-0.5, 0.5))
    for ax, radius, height in ((left, 1.0, 0.0), (right, 0.2, 1.0)):
        ax.axvline(-radius, color="gray", linestyle=":")
        ax.axvline(radius, color="gray", linestyle=":")
        ax.plot(0, height, "o", color="C1")
    right.legend(loc="upper right", fontsize=10)
    return fig


figure_radius.slider = ("order", [2, 4, 6, 8, 12, 16, 24, 32])
# --8<-- [end:radius]


# --8<-- [start:more_terms]
def print_more_terms():
    """Errors of ever longer polynomials inside and outside of the walls."""
    print("order   log, 0.8   log, 1.2   bell, 0.15   bell, 0.25")
    for order in (4, 8, 16, 32, 64):
        errors = [abs(np.log1p(x) - taylor(log_series(order), 0.0, x)) for x in (0.8, 1.2)]
        errors += [abs(bell(x) - taylor(bell_series(order), 0.0, x)) for x in (0.15, 0.25)]
        print(f"{order:5d}   {errors[0]:8.1e}   {errors[1]:8.1e}   {errors[2]:10.1e}   {errors[3]:10.1e}")
# --8<-- [end:more_terms]


# --8<-- [start:terms_for_e]
def order_for_e(tolerance):
    """The smallest order whose Lagrange bound for e (e to the x at 1) is small enough.

    The bound is 3 / (order + 1)!, since no derivative exceeds 3 between 0 and 1.
    Raises `RuntimeError` if no order up to 100 will do.

    >>> order_for_e(1e-6)
    9
    """
    for order in range(101):
        if 3 / math.factorial(order + 1) <= tolerance:
            return order
    raise RuntimeError(f"no order up to 100 has a bound as small as {tolerance}")


def print_e():
    """The polynomial of order 9 of the exponential at 1, and e."""
    estimate = taylor([1.0] * (order_for_e(1e-6) + 1), 0.0, 1.0)
    print(f"{estimate:.8f} for {math.e:.8f}: an error of {math.e - estimate:.1e}")
# --8<-- [end:terms_for_e]


# --8<-- [start:cancellation]
def print_cancellation():
    """(1 - cos x) / x², which tends to 1/2, by the formula and by Taylor."""
    for x in (1e-2, 1e-4, 1e-8):
        naive = (1 - np.cos(x)) / x**2
        series = 1 / 2 - x**2 / 24
        print(f"x = {x:.0e}   formula {naive:.12f}   Taylor {series:.12f}")
# --8<-- [end:cancellation]


if __name__ == "__main__":
    print_bound()
    print_halving()
    print_newton()
    print_more_terms()
    print_e()
    print_cancellation()
    figure_orders()
    figure_radius()
    plt.show()
