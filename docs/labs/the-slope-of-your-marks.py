# %% [markdown]
# # The slope of your marks
#
# You write six short functions, and with them you measure how fast marks grow with hours of study.
#
# Each task has a blank: three dots. Put your own code in their place, run the cell, and run the check below it. A check that is content says so in one line. One that is not says what is wrong. You need [Derivatives and slopes](../derivatives/derivatives-and-slopes.md), [Numerical derivatives](../derivatives/numerical-derivatives.md) and [Taylor approximation](../derivatives/taylor-approximation.md).

# %% tags=["setup"]
import base64
import io
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display


def check(name, value, wanted, *mistakes, rtol=1e-6):
    """Stop with a helpful sentence unless the value is as wanted.

    Each mistake is a pair: the value that it gives, and what to say about it.
    """
    assert (
        value is not ...
    ), f"{name} is still the blank: put your code in place of the dots."
    assert value is not None, f"{name} gives nothing back: is there a `return`?"
    wanted = np.asarray(wanted)
    if wanted.ndim:
        alone = isinstance(value, (int, float, np.number))
        assert not alone, f"{name} is one number, and an array is wanted."
        assert isinstance(value, np.ndarray), f"{name} is no array: use np.array(...)."
    try:
        value = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise AssertionError(f"{name} is not made of numbers: {value!r:.50}") from None
    assert (
        value.shape == wanted.shape
    ), f"{name} has the shape {value.shape}, and {wanted.shape} is right."
    if np.allclose(value, wanted, rtol=rtol, atol=rtol):
        return
    for wrong, sentence in mistakes:
        found = np.allclose(value, wrong, rtol=rtol, atol=rtol, equal_nan=True)
        assert not found, f"{name.rstrip(',')}: {sentence}"
    assert (
        value.size < 9
    ), f"{name} is wrong by up to {np.abs(value - wanted).max():.3g}."
    raise AssertionError(f"{name} is {value}, and {wanted} is right.")


def show(figure, alt):
    """Show a figure, with a sentence for those who do not see it."""
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    plt.close(figure)
    source = "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()
    display(HTML(f'<img alt="{escape(alt)}" src="{source}">'))


# %% [markdown]
# ## Your marks
#
# Without study you would get `start` marks, with endless study `best` marks. The `pace`, in hours, says how long it takes: after so many hours you have gained 63 percent of what there is to gain. The model is invented. Change its three numbers, here and later, with `best` above `start` and `pace` above 0. Then run this cell and all below it again: every check goes along.

# %%
start, best, pace = 30.0, 90.0, 4.0  # marks, marks, hours


def marks(hours):
    """Marks after some hours of study, a number or an array."""
    return best - (best - start) * np.exp(-hours / pace)


# %% [markdown]
# ## Task 1. Between two points
#
# The *secant* is the line through two points of a curve, here at $x$ and $x + h$. Its slope is the rise divided by the run. For marks over hours its unit is marks per hour. In the code `f` is itself a function: write `f(x)` for its value at `x`.


# %% tags=["task"]
def secant_slope(f, x, h):
    """Slope of the line through the points of f at x and x + h."""
    # blank: return ...
    return (f(x + h) - f(x)) / h
    # end of blank


# %% tags=["check"]
check(
    "The slope of the square from 3 to 3.4",
    secant_slope(lambda x: x**2, 3.0, 0.4),
    6.4,
    (2.56, "2.56 is the rise. Divide it by the run."),
    (-6.4, "the sign is wrong. The square rises here, so the slope is positive."),
    (2.56 / 3, "divide by the run, which is h, and not by x."),
    (3.2, "the run is h, and not 2 h."),
    (-10.94, "put brackets around the rise: (f(x + h) - f(x)) / h."),
)
check(
    "The slope of the square from 3 back to 2.5 (h = -0.5)",
    secant_slope(lambda x: x**2, 3.0, -0.5),
    5.5,
)
print("Task 1 is right: a secant slope is the rise divided by the run.")

# %% [markdown]
# How much does the next hour bring? And how much does the next minute, told per hour?

# %%
for hours in (0.0, 2.0, 8.0):
    hour, minute = secant_slope(marks, hours, 1.0), secant_slope(marks, hours, 1 / 60)
    print(
        f"after {hours:g} h: {hour:5.2f} marks in the next hour; {minute:5.2f} marks"
        " per hour in the next minute"
    )

# %% [markdown]
# ## Task 2. The derivative by hand
#
# The shorter the step, the nearer the secant's slope comes to one number: the derivative. Find its formula with the [chain rule](../derivatives/rules-of-differentiation.md). Write it with `start`, `best` and `pace`, so that it stays right when you change them.


# %% tags=["task"]
def marks_slope(hours):
    """The derivative of `marks`, in marks per hour."""
    # blank: return ...
    return (best - start) / pace * np.exp(-hours / pace)
    # end of blank


# %% tags=["check"]
for hours in (2.0, 0.0, 8.0):
    exact = (
        marks(hours + 1e-20j).imag / 1e-20
    )  # the complex step: right to the last digits
    check(
        f"marks_slope({hours:g})",
        marks_slope(hours),
        exact,
        (
            -exact,
            (
                "the sign is wrong. Differentiate -exp(-hours / pace): two minus signs"
                " make a plus."
            ),
        ),
        (
            exact * pace,
            "the inner derivative is missing. The slope of -hours / pace is -1 / pace.",
        ),
        (exact * pace**2, "-hours / pace has the slope -1 / pace, not -pace."),
        (best - exact, "best is a constant: its slope is 0."),
        (best + exact, "best is a constant: its slope is 0."),
        rtol=1e-10,
    )
print("Task 2 is right: the marks grow fastest at the start, and ever more slowly.")

# %% [markdown]
# ## Task 3. A better quotient
#
# A secant that looks ahead is wrong by about $\frac{h}{2} f''$. Look to both sides, and this error cancels: the *central difference* is the slope between $x - h$ and $x + h$.


# %% tags=["task"]
def central_difference(f, x, h):
    """Slope of the line through the points of f at x - h and x + h."""
    # blank: return ...
    return (f(x + h) - f(x - h)) / (2 * h)
    # end of blank


# %% tags=["check"]
check(
    "The central difference of the cube at 2 with h = 0.1",
    central_difference(lambda x: x**3, 2.0, 0.1),
    12.01,
    (24.02, "from x - h to x + h the run is 2 h. You divided by h."),
    (2.402, "that is the rise. Divide it by the run, 2 h."),
    (0.1201, "put brackets around the run: / (2 * h)."),
    (12.61, "that looks ahead only. Begin at x - h."),
    (11.41, "that looks back only. End at x + h."),
)
errors = [central_difference(np.exp, 1.0, h) - np.e for h in (0.02, 0.01)]
check(
    "How many times smaller half the step makes the error",
    round(errors[0] / errors[1], 2),
    4.0,
)
print("Task 3 is right: half the step, a quarter of the error.")

# %% [markdown]
# Now a race, on the square root, whose slope at 2 is $\frac{1}{2\sqrt{2}}$: the error of both quotients, for steps from 1 down to a millionth of a millionth. (Every processor rounds a root alike, so your picture will be the one on the page.) Before you run it: where is the best step, and what happens beyond it?

# %%
steps = 10.0 ** np.arange(0, -13, -0.5)
exact = 1 / (2 * np.sqrt(2.0))
ahead = np.array([abs(secant_slope(np.sqrt, 2.0, h) - exact) for h in steps])
central = np.array([abs(central_difference(np.sqrt, 2.0, h) - exact) for h in steps])
figure, ax = plt.subplots()
ax.loglog(steps, ahead, "o-", color="C0", label="secant ahead")
ax.loglog(steps, central, "s-", color="C1", label="central difference")
ax.set(xlabel="step $h$", ylabel="error of the slope")
ax.legend()
show(
    figure,
    "Two V-shaped curves on logarithmic axes. From the right, the error of the central"
    " difference falls twice as steeply as that of the secant. At small steps both rise"
    " again: rounding has taken over.",
)

# %% [markdown]
# ## Task 4. How the slope bends
#
# The second derivative is the slope of the slope, here in marks per hour². Between $x - h$ and $x$ runs one secant, between $x$ and $x + h$ another. Their middles are $h$ apart. Subtract the two slopes and divide by $h$, and you have the *second difference*.


# %% tags=["task"]
def second_difference(f, x, h):
    """The second derivative of f at x, from three points that are h apart."""
    # blank: return ...
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2
    # end of blank


# %% tags=["check"]
check(
    "The second difference of the square at 3 with h = 0.1",
    second_difference(lambda x: x**2, 3.0, 0.1),
    2.0,
    (0.2, "that is the difference of the two slopes. Divide by h once more."),
    (
        -2.0,
        "the sign is wrong. Take the slope on the left from the slope on the right.",
    ),
    (0.02, "that is f(x + h) - 2 f(x) + f(x - h). Divide it by h²."),
    (1.0, "a 2 too much divides it. The middles of the two secants are h apart."),
    (0.5, "that is divided by (2 h)². Each run here is h: divide by h²."),
)
check(
    "The second difference of the marks at 2",
    second_difference(marks, 2.0, 1e-3),
    -marks_slope(2.0) / pace,
    rtol=1e-4,
)
print(
    "Task 4 is right: at 2 hours the slope changes by"
    f" {second_difference(marks, 2.0, 1e-3):.2f} marks per hour²."
)

# %% [markdown]
# ## Task 5. A parabola that fits
#
# The *Taylor polynomial* of degree two shares value, slope and bend with $f$ at a point $a$:
#
# $$
# \begin{aligned}
# p(x) &= f(a) + f'(a)\,(x - a) \\
# &\quad + \tfrac12 f''(a)\,(x - a)^2 .
# \end{aligned}
# $$
#
# Write it with your own `central_difference` and `second_difference`, both with the step `h`.


# %% tags=["task"]
def taylor(f, a, x, h=1e-3):
    """The Taylor polynomial of degree two of f around a, at x: a number or an array."""
    # blank: return ...
    slope, bend = central_difference(f, a, h), second_difference(f, a, h)
    return f(a) + slope * (x - a) + bend / 2 * (x - a) ** 2
    # end of blank


# %% tags=["check"]
check(
    "The polynomial of the exponential around 0, at 0 itself",
    taylor(np.exp, 0.0, 0.0),
    1.0,
)
check(
    "The polynomial of the exponential around 0, at 5",
    taylor(np.exp, 0.0, 5.0),
    18.5,
    (31.0, "the half before the second derivative is missing."),
    (6.0, "that is the tangent. The term with the second derivative is missing."),
    (13.5, "the term with the slope is missing."),
    (16.0, "only the term with the second derivative has the half."),
    (-6.5, "the last term is added, and not subtracted."),
    (8.5, "the last term wants the square of x - a."),
    (11.0, "the last term wants the square of x - a, and the half."),
    rtol=1e-5,
)
check(
    "The polynomial of the square around 3, at 5",
    taylor(lambda x: x**2, 3.0, 5.0),
    25.0,
    (64.0, "write x - a, and not x, in both terms."),
    (43.0, "write x - a, and not x, in the term with the slope."),
    (23.0, "the last term wants the square of x - a."),
    (46.0, "write x - a, and not x, in the last term."),
    rtol=1e-5,
)
check(
    "The polynomial of the square around 3, at an array",
    taylor(lambda x: x**2, 3.0, np.arange(3.0)),
    [0, 1, 4],
    rtol=1e-5,
)
errors = [taylor(np.sin, 1.0, 1.0 + d) - np.sin(1.0 + d) for d in (0.02, 0.01)]
check(
    "How many times smaller half the distance makes the error",
    round(errors[0] / errors[1]),
    8,
)
print("Task 5 is right: half the distance, an eighth of the error.")

# %%
hours = np.linspace(0, 10, 200)
figure, ax = plt.subplots()
ax.plot(hours, marks(hours), color="C0", label="marks")
ax.plot(
    hours,
    marks(2.0) + marks_slope(2.0) * (hours - 2),
    "--",
    color="C1",
    label="tangent at 2 hours",
)
ax.plot(hours, taylor(marks, 2.0, hours), ":", color="C2", label="Taylor, degree two")
ax.plot(2.0, marks(2.0), "o", color="C0")
ax.set(
    xlabel="time studied (hours)",
    ylabel="marks",
    ylim=(min(start, best) - 20, max(start, best) + 20),
)
ax.legend()
show(
    figure,
    "The curve of marks flattens with the hours. The tangent at 2 hours runs away from"
    " it soon, upwards. The parabola stays with it longer, and then turns down.",
)

# %% [markdown]
# ## Task 6. When is it enough?
#
# After how many hours do your marks grow by only `slope` marks per hour? Set `marks_slope(hours)` equal to `slope` and solve for the hours: a formula, with the natural logarithm `np.log`.


# %% tags=["task"]
def hours_until(slope):
    """The hours after which the marks grow by `slope` marks per hour."""
    # blank: return ...
    return pace * np.log((best - start) / (pace * slope))
    # end of blank


# %% tags=["check"]
steepest = (best - start) / pace
for share in (1 / 10, 1 / 2, 1):
    wanted = pace * np.log(1 / share)
    check(
        f"hours_until({steepest * share:g})",
        hours_until(steepest * share),
        wanted,
        (-wanted, "the sign is wrong: log(a / b) is minus log(b / a)."),
        (wanted / pace, "that is hours / pace. Multiply by the pace."),
        (
            wanted + pace * np.log(pace),
            "one factor `pace` is missing inside the logarithm.",
        ),
        (
            wanted - pace * np.log(pace),
            "there is one factor `pace` too many inside the logarithm.",
        ),
    )
print(
    f"Task 6 is right: after {hours_until(steepest / 2):.2f} hours the marks grow half"
    " as fast as at the start."
)

# %% [markdown]
# ## Your own function
#
# All six functions are yours. Put any function in place of `mine`, written so that it takes an array too (`np.sin(x)`, `np.maximum(x, 0)`), and any point in place of `a`. Where is the parabola good? Try a kink: `abs(x)` at 0. Your two differences still give numbers. Shorten their steps: which number runs away, and is the other one a slope?


# %%
def mine(x):
    return np.sin(x) + x / 3


a = 1.5
x = np.linspace(a - 3, a + 3, 200)
slope, bend = central_difference(mine, a, 1e-4), second_difference(mine, a, 1e-3)
print(f"value {mine(a):.4f}, slope {slope:.4f}, second derivative {bend:.4f}")
figure, ax = plt.subplots()
ax.plot(x, mine(x), color="C0", label="my function")
ax.autoscale(False)
ax.plot(x, taylor(mine, a, x), ":", color="C2", label="Taylor, degree two")
ax.plot(a, mine(a), "o", color="C0")
ax.set(xlabel="$x$", ylabel="$f(x)$")
ax.legend()
show(
    figure,
    "A function of your choice and the parabola that fits it at one point: they touch"
    " there, and part further away.",
)
