"""Rules of differentiation: the slope of a formula from the slopes of its parts."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:cramming]
def cramming(hours):
    """Marks after a night of cramming: an invented model, with a best length."""
    return 40 + 15 * hours * np.exp(-hours / 4)


def cramming_slope(hours):
    """The derivative of `cramming`, in marks per hour."""
    return 15 * (1 - hours / 4) * np.exp(-hours / 4)


def cramming_bend(hours):
    """The second derivative of `cramming`, in marks per hour, per hour."""
    return 15 * (hours / 16 - 1 / 2) * np.exp(-hours / 4)
# --8<-- [end:cramming]


# --8<-- [start:matching]
def figure_matching(x=1.0):
    hours = np.linspace(0, 14, 150)
    height, slope = cramming(x), cramming_slope(x)
    near = np.array([x - 3, x + 3])
    fig, (top, bottom) = plt.subplots(2, sharex=True, figsize=(6.4, 5.2))
    top.plot(hours, cramming(hours), color="C0")
    top.plot(near, height + slope * (near - x), "--", color="C1")
    top.plot(x, height, "o", color="C1")
    bottom.plot(hours, cramming_slope(hours), color="C1")
    bottom.plot([x, x], [0, slope], color="C1", linewidth=1)
    bottom.plot(x, slope, "o", color="C1")
    bottom.axhline(0, color="gray", linewidth=1)
    bottom.text(13.8, 13, f"slope at {x:g} h: {slope:.2f} marks per hour", color="C1", ha="right")
    top.set(ylabel="marks $f$", ylim=(35, 70))
    bottom.set(xlabel="time crammed (hours)", ylabel="slope $f'$\n(marks per hour)", xlim=(0, 14), ylim=(-4, 17))
    return fig


figure_matching.slider = ("x", [0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "hours")
# --8<-- [end:matching]


# --8<-- [start:pairs]
def constant(c):
    """A constant, and its derivative 0; 0 * x has the shape of x."""
    return lambda x: c + 0 * x, lambda x: 0 * x


def power(n):
    """The power rule: x to the n has the derivative n times x to the n - 1; n is not 0."""
    return lambda x: x**n, lambda x: n * x ** (n - 1)


exponential = (np.exp, np.exp)  # the function that is its own derivative
# --8<-- [end:pairs]


# --8<-- [start:rules]
def sum_rule(f, g):
    """Slopes add."""
    (f, df), (g, dg) = f, g
    return lambda x: f(x) + g(x), lambda x: df(x) + dg(x)


def product_rule(f, g):
    """Each factor grows while the other holds still, and the two gains add."""
    (f, df), (g, dg) = f, g
    return lambda x: f(x) * g(x), lambda x: df(x) * g(x) + f(x) * dg(x)


def quotient_rule(f, g):
    """f over g: the growth of f counts up, that of g counts down."""
    (f, df), (g, dg) = f, g
    return lambda x: f(x) / g(x), lambda x: (df(x) * g(x) - f(x) * dg(x)) / g(x) ** 2


def chain_rule(f, g):
    """f after g: the slope of f, taken at g(x), times the slope of g at x."""
    (f, df), (g, dg) = f, g
    return lambda x: f(g(x)), lambda x: df(g(x)) * dg(x)


def inverse_rule(f, inverse):
    """The slope of the inverse function is one over the slope of f."""
    f, df = f
    return inverse, lambda y: 1 / df(inverse(y))
# --8<-- [end:rules]


# --8<-- [start:build]
def print_build():
    """`cramming`, put together from its parts, and the slope that the rules give."""
    hours = power(1)
    decay = chain_rule(exponential, product_rule(constant(-1 / 4), hours))
    gain = product_rule(product_rule(constant(15), hours), decay)
    marks, slope = sum_rule(constant(40), gain)
    print("hours   marks   slope by the rules   slope by hand   short secant")
    for x in (1.0, 4.0, 8.0):
        secant = (cramming(x + 1e-6) - cramming(x)) / 1e-6
        print(f"{x:5g}   {marks(x):5.2f}   {slope(x):18.5f}   {cramming_slope(x):13.5f}   {round(secant, 5) + 0:12.5f}")
# --8<-- [end:build]


# --8<-- [start:rectangle]
def figure_rectangle():
    f, g, gain_f, gain_g = 3.0, 2.0, 0.45, 0.6  # 3x and 2x² at 1, a step of 0.15
    fig, ax = plt.subplots(figsize=(5.2, 3.1))
    ax.add_patch(plt.Rectangle((0, 0), f, g, facecolor="none", edgecolor="C0", linewidth=2))
    ax.add_patch(plt.Rectangle((f, 0), gain_f, g, facecolor="none", edgecolor="C1", linewidth=2, hatch="//"))
    ax.add_patch(plt.Rectangle((0, g), f, gain_g, facecolor="none", edgecolor="C1", linewidth=2, hatch="\\\\"))
    ax.add_patch(plt.Rectangle((f, g), gain_f, gain_g, facecolor="none", edgecolor="gray", linewidth=2))
    ax.text(f / 2, g / 2, "area $f g$", color="C0", ha="center", va="center")
    ax.text(f + gain_f + 0.1, g / 2, "$f'h \\cdot g$", color="C1", va="center")
    ax.text(f / 2, g + gain_g + 0.1, "$f \\cdot g'h$", color="C1", ha="center")
    ax.text(3.7, g + gain_g / 2, "corner $f'h \\cdot g'h$", va="center")
    ax.text(f / 2, -0.12, "$f$", ha="center", va="top")
    ax.text(f + gain_f / 2, -0.12, "$f'h$", ha="center", va="top", color="C1")
    ax.text(-0.12, g / 2, "$g$", ha="right", va="center")
    ax.text(-0.12, g + gain_g / 2, "$g'h$", ha="right", va="center", color="C1")
    ax.set(xlim=(-0.5, 5.3), ylim=(-0.4, 3.05), aspect="equal")
    ax.axis("off")
    return fig
# --8<-- [end:rectangle]


# --8<-- [start:corner]
def print_corner():
    """Gain of the area f times g at x = 1, for f = 3x and g = 2x²: strips, corner."""
    print("step h   two strips    corner   gain / h   corner / h")
    for h in (0.1, 0.01, 0.001):
        gain = 3 * (1 + h) * 2 * (1 + h) ** 2 - 6
        wider, taller = 3 * (1 + h) - 3, 2 * (1 + h) ** 2 - 2
        strips, corner = wider * 2 + 3 * taller, wider * taller
        print(f"{h:<6g}   {strips:10.6f}   {corner:.6f}   {gain / h:8.4f}   {corner / h:10.4f}")
# --8<-- [end:corner]


# --8<-- [start:learning_curve_before]
def learning_curve(hours):
    """Marks after some hours of study: an invented model."""
    return 90 - 60 * np.exp(-hours / 4)


def learning_curve_slope(hours):
    """The derivative of `learning_curve`, in marks per hour."""
    return 15 * np.exp(-hours / 4)
# --8<-- [end:learning_curve_before]


# --8<-- [start:learning_curve]
def hours_for(marks):
    """Hours of study that bring these marks: the inverse of `learning_curve`.

    Raises `ValueError` below 30 marks, where the curve starts, and from 90 on,
    which it never reaches.

    >>> print(f"{hours_for(60.0):.2f}")
    2.77
    """
    if np.any(np.less(marks, 30) | np.greater_equal(marks, 90)):
        raise ValueError(f"marks = {marks}: the curve starts at 30 and stays below 90")
    return -4 * np.log((90 - marks) / 60)
# --8<-- [end:learning_curve]


# --8<-- [start:learning_curve_printed]
def print_inverse():
    """Marks per hour, and hours per mark, at the same points of the curve."""
    _, hours_per_mark = inverse_rule((learning_curve, learning_curve_slope), hours_for)
    print("marks   hours   marks per hour   hours per mark")
    for marks in (40.0, 60.0, 80.0, 85.0):
        hours = hours_for(marks)
        print(f"{marks:5g}   {hours:5.2f}   {learning_curve_slope(hours):14.3f}   {hours_per_mark(marks):14.3f}")
# --8<-- [end:learning_curve_printed]


# --8<-- [start:sigmoid]
def sigmoid(z):
    """The S-curve 1 / (1 + exp(-z)), between 0 and 1."""
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(z):
    """The derivative of `sigmoid`, from its own value: s (1 - s)."""
    s = sigmoid(z)
    return s * (1 - s)
# --8<-- [end:sigmoid]


# --8<-- [start:sigmoid_printed]
def print_sigmoid():
    """The slope of the sigmoid by the quotient rule, and from its own value."""
    minus_z = product_rule(constant(-1), power(1))
    bottom = sum_rule(constant(1), chain_rule(exponential, minus_z))
    _, slope = quotient_rule(constant(1), bottom)
    for z in (-2.0, 0.0, 2.0):
        print(f"z = {z:4.1f}   quotient rule {slope(z):.5f}   s (1 - s) {sigmoid_slope(z):.5f}")
# --8<-- [end:sigmoid_printed]


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


# --8<-- [start:loss_before]
def loss_of_slope(weight, hours, marks):
    """Mean of the squared misses, in marks², of the best line with this slope.

    Shapes: weight is a number, in marks per hour; hours and marks are (n,).
    """
    hours, marks = np.stack([hours, marks])  # of one shape, or it raises
    miss = marks - marks.mean() - weight * (hours - hours.mean())
    return np.mean(miss**2)
# --8<-- [end:loss_before]


# --8<-- [start:loss]
def slope_of_loss(weight, hours, marks):
    """The derivative of `loss_of_slope`, in marks² per (mark per hour)."""
    hours, marks = np.stack([hours, marks])
    miss = marks - marks.mean() - weight * (hours - hours.mean())
    return np.mean(2 * miss * -(hours - hours.mean()))
# --8<-- [end:loss]


# --8<-- [start:loss_printed]
def print_loss():
    """The slope of the loss by the rules, and by a short secant."""
    hours, _, marks = students()
    print("weight (marks per hour)   slope by the rules   short secant")
    for weight in (4.0, 5.0, 6.0):
        ahead = loss_of_slope(weight + 1e-6, hours, marks)
        secant = (ahead - loss_of_slope(weight, hours, marks)) / 1e-6
        print(f"{weight:23.1f}   {slope_of_loss(weight, hours, marks):18.2f}   {secant:12.2f}")
# --8<-- [end:loss_printed]


# --8<-- [start:wrong]
def print_wrong():
    """The second derivative of `cramming`, and the square of the first."""
    print("hours   slope f'   squared   second derivative f''")
    for x in (2.0, 4.0, 8.0, 12.0):
        slope = cramming_slope(x)
        print(f"{x:5g}   {slope:8.3f}   {slope**2:7.3f}   {cramming_bend(x):21.3f}")
# --8<-- [end:wrong]


# --8<-- [start:wrong_product]
def print_wrong_product():
    """The slope of x² times x³ at x = 2: right, and by multiplying the slopes."""
    square, cube = power(2), power(3)
    print("product rule:", product_rule(square, cube)[1](2.0))
    print("slope times slope:", square[1](2.0) * cube[1](2.0))
    print("x to the fifth, power rule:", power(5)[1](2.0))
# --8<-- [end:wrong_product]


# --8<-- [start:two_to_the_x]
def two_to_the(x):
    """2 to the x, and its derivative: rewritten as exp(x ln 2)."""
    return 2.0**x, np.log(2) * 2.0**x


def print_two_to_the():
    """The slope of 2 to the x at x = 3, and the power rule where it does not apply."""
    secant = (two_to_the(3 + 1e-6)[0] - two_to_the(3)[0]) / 1e-6
    print(f"short secant {secant:.3f}, ln 2 times 2**3 {two_to_the(3)[1]:.3f}, 3 times 2**2 {3 * 2.0**2:.3f}")
# --8<-- [end:two_to_the_x]


if __name__ == "__main__":
    print_build()
    print_corner()
    print_inverse()
    print_sigmoid()
    print_loss()
    print_wrong()
    print_wrong_product()
    print_two_to_the()
    figure_matching()
    figure_rectangle()
    plt.show()
