# %% [markdown]
# # Race the optimisers
#
# You write the loss of the student data, five ways to lower it, and one of your own. Then they race.
#
# Each task has a blank: three dots. Put your own code in their place, run the cell, and run the check below it. A check that is content says so in one line. One that is not says what is wrong. You need [Gradient descent](../descent/gradient-descent.md), [Scaling and conditioning](../descent/scaling-and-conditioning.md), [Momentum](../descent/momentum.md), [Adam and its family](../descent/adam-and-its-family.md) and [Newton's method](../descent/newtons-method.md).

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
# ## The students
#
# Forty simulated students: hours of study, attendance in percent, and marks. A model predicts marks by $\mathbf{X}\mathbf{w}$, where each row of $\mathbf{X}$ is one student. The first column is 1, so that the first weight is the intercept.


# %%
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


hours, attendance, marks = students()
everything = np.column_stack([np.ones(40), hours, attendance])  # X of shape (40, 3)
track = np.column_stack(
    [np.ones(40), hours]
)  # the race is run with hours alone: shape (40, 2)

# %% [markdown]
# ## Task 1. How wrong is it?
#
# The loss is the *mean squared error* of the predictions, in marks². Without a half.


# %% tags=["task"]
def loss(w, X, y):
    """Mean squared error of the predictions X @ w, in marks²."""
    # blank: return ...
    return np.mean((X @ w - y) ** 2)
    # end of blank


# %% tags=["check"]
small_X = np.column_stack([np.ones(4), [1.0, 3.0, 0.0, 4.0], [2.0, 0.0, 1.0, 5.0]])
check(
    "The loss of four students, all predicted as 6 where 3, 7, 1 and 9 are true",
    loss(np.array([6.0, 0.0, 0.0]), small_X, np.array([3.0, 7.0, 1.0, 9.0])),
    11.0,
    (44.0, "that is the sum of the squares. Take their mean."),
    (22.0, "that is half the sum of the squares. Divide by the students, len(y)."),
    (44 / 3, "divide by the number of students, len(y), not of weights."),
    (5.5, "there is a half too much."),
    (3.0, "that is the mean of the distances. Square them first."),
    (np.sqrt(11), "that is the root of the loss. Leave the root out."),
    (1.0, "the errors themselves partly cancel in their mean. Square them first."),
    (10.0, "that is the variance of the errors. Square them as they are."),
)
print(
    "Task 1 is right: with weights zero the loss is"
    f" {loss(np.zeros(3), everything, marks):.1f} marks²."
)

# %% [markdown]
# ## Task 2. Which way does it fall?
#
# The gradient of this loss is $\frac{2}{n}\,\mathbf{X}^{\mathsf{T}}(\mathbf{X}\mathbf{w} - \mathbf{y})$, for $n$ students.


# %% tags=["task"]
def gradient(w, X, y):
    """The gradient of `loss` with respect to w: the shape of w."""
    # blank: return ...
    return 2 / len(y) * X.T @ (X @ w - y)
    # end of blank


# %% tags=["check"]
w = np.array([10.0, 4.0, 0.2])



def mean_square(w):
    """The loss once more, for this check alone."""
    return sum((row @ w - mark) ** 2 for row, mark in zip(everything, marks)) / 40


steps = 1e-4 * np.eye(3)
measured = np.array([(mean_square(w + s) - mean_square(w - s)) / 2e-4 for s in steps])
check(
    "The gradient at (10, 4, 0.2)",
    gradient(w, everything, marks),
    measured,
    (measured / 2, "the factor 2 of the square is missing."),
    (-measured, "the sign is wrong: it is + 2 / n, and the residual is X w - y."),
    (measured * 40, "that is the slope of the sum. Divide by the number of students."),
    (measured * 20, "divide by the number of students, and do not forget the 2."),
)
print("Task 2 is right: your gradient is the slope that is measured.")

# %% [markdown]
# ## Task 3. How large may a step be?
#
# The curvature of the loss is its Hessian, $\frac{2}{n}\,\mathbf{X}^{\mathsf{T}}\mathbf{X}$, the same everywhere. Descent is stable below the rate $2 / \lambda_{\max}$, with the largest eigenvalue $\lambda_{\max}$ (`np.linalg.eigvalsh` gives them all).


# %% tags=["task"]
def edge(X):
    """The learning rate below which descent is stable for the features X."""
    # blank: return ...
    return 2 / np.linalg.eigvalsh(2 / len(X) * X.T @ X).max()
    # end of blank


# %% tags=["check"]
corners = np.array([[3.0, 1.0], [1.0, 3.0], [-3.0, -1.0], [-1.0, -3.0]])
check(
    "The edge for two features that go together",
    edge(np.tile(corners, (3, 1))),
    2 / 16,
    (2 / 4, "that is 2 over the smallest eigenvalue. The largest one sets the limit."),
    (2 / 10, "that is 2 over the largest entry. Take the largest eigenvalue."),
    (2 / 8, "the factor 2 of the Hessian is missing."),
    (
        1 / 16,
        (
            "that is 1 / λ, which reaches the bottom of the steepest direction in one"
            " step. The edge is at 2 / λ."
        ),
    ),
    (2 / 192, "divide the Hessian by the number of students."),
    (2 / 96, "the factor 2 / n is missing, or n is not the number of rows, len(X)."),
    (2 / 4.8, "n is not always 40: it is the number of rows, len(X)."),
    (16, "that is λ itself. The edge is at 2 / λ."),
    (8, "that is upside down."),
)
print(
    "Task 3 is right: for hours and attendance as they are, the edge is at"
    f" {edge(everything):.5f}."
)

# %% [markdown]
# ## Task 4. The same for all
#
# *Standardise* a column: shift it to mean 0, and divide it by its standard deviation.


# %% tags=["task"]
def standardise(column):
    """The column with mean 0 and standard deviation 1."""
    # blank: return ...
    return (column - column.mean()) / column.std()
    # end of blank


# %% tags=["check"]
column = np.array([1.0, 3.0, 5.0, 7.0])
check(
    "The column 1, 3, 5, 7 in standard form",
    standardise(column.copy()),
    np.array([-3, -1, 1, 3]) / np.sqrt(5),
    (column - 4, "the mean is 0, but the standard deviation is not 1. Divide by it."),
    (
        column / np.sqrt(5),
        "the standard deviation is 1, but the mean is not 0. Take it off first.",
    ),
    (
        (column - 4) / 5,
        "that is divided by the variance, the square of the standard deviation.",
    ),
    (
        (column - 4) / np.sqrt(20 / 3),
        "that divides by n - 1. Here it is `np.std` as it comes.",
    ),
    (column - 4 / np.sqrt(5), "put brackets around column minus mean."),
)
print("Task 4 is right.")

# %%
scaled = np.column_stack(
    [np.ones(40), standardise(hours.copy()), standardise(attendance.copy())]
)
for name, X in (("raw", everything), ("standardised", scaled), ("the track", track)):
    curvatures = np.linalg.eigvalsh(2 / 40 * X.T @ X)
    print(
        f"{name:12}  condition number {curvatures[-1] / curvatures[0]:9.1f}   edge"
        f" {edge(X):.5f}"
    )

# %% [markdown]
# The *condition number* is the largest curvature over the smallest. On the track, which has the hours as they are, it is middling: hard enough for a race.
#
# ## Task 5. Plain descent
#
# Every optimiser has the same form: `slope` gives the gradient at `w`, and the path comes back as rows, the start first: begin with `path = [w]`, append each new `w`, and return `np.array(path)`. For two weights its shape is `(steps + 1, 2)`.


# %% tags=["task"]
def descend(slope, w, rate, steps):
    """Gradient descent: w moves by -rate * slope(w)."""
    # blank: return ...
    path = [w]
    for _ in range(steps):
        w = w - rate * slope(w)
        path.append(w)
    return np.array(path)
    # end of blank


# %% tags=["check"]
def bowl(w):
    """The slope of w0² + 10 w1²."""
    return np.array([2.0, 20.0]) * w


begin = np.array([1.0, 1.0])
check(
    "The path of two steps in the bowl, at the rate 0.02",
    descend(bowl, begin.copy(), 0.02, 2),
    [[1, 1], [0.96, 0.6], [0.9216, 0.36]],
    ([[1, 1], [1.04, 1.4], [1.0816, 1.96]], "that is uphill: subtract."),
    ([[1, 1], [-1, -19], [1, 361]], "the rate is missing."),
    (
        [[1, 1], [-0.04, -0.4], [0.0016, 0.16]],
        "that is the step alone. Add it to where you were.",
    ),
    (
        np.tile([0.9216, 0.36], (3, 1)),
        (
            "`w -= ...` changes the rows that are already in the path. Write `w = w -"
            " ...`."
        ),
    ),
    ([[1, 1], [0.96, 0.6], [0.96, 0.6]], "w itself must move, step by step."),
)
print("Task 5 is right.")

# %% [markdown]
# ## Task 6. Momentum
#
# A heavy ball keeps part of its velocity: $\mathbf{v}$ becomes $\beta \mathbf{v} + \nabla$, and then $\mathbf{w}$ moves by $-\eta \mathbf{v}$, with the gradient $\nabla$ and the rate $\eta$.


# %% tags=["task"]
def momentum(slope, w, rate, steps, beta=0.9):
    """The heavy ball, from rest."""
    # blank: return ...
    path, v = [w], np.zeros_like(w)
    for _ in range(steps):
        v = beta * v + slope(w)
        w = w - rate * v
        path.append(w)
    return np.array(path)
    # end of blank


# %% tags=["check"]
check(
    "The path of two steps in the bowl, at the rate 0.02",
    momentum(bowl, begin.copy(), 0.02, 2),
    [[1, 1], [0.96, 0.6], [0.8856, 0.0]],
    (
        descend(bowl, begin.copy(), 0.02, 2),
        "that is plain descent: the velocity must be kept.",
    ),
    (
        [[1, 1], [0.996, 0.96], [0.988416, 0.8856]],
        (
            "that is a mean, with the new gradient times 1 - beta. Here the gradient"
            " counts in full."
        ),
    ),
    ([[1, 1], [1.04, 1.4], [1.1176, 2.32]], "that is uphill: subtract."),
)
check(
    "The path with beta 0.5",
    momentum(bowl, begin.copy(), 0.02, 2, beta=0.5),
    [[1, 1], [0.96, 0.6], [0.9016, 0.16]],
    (
        [[1, 1], [0.96, 0.6], [0.8856, 0.0]],
        "use the beta that is given, and not always 0.9.",
    ),
)
print("Task 6 is right: the second step is longer than the first.")

# %% [markdown]
# ## Task 7. Adam
#
# Adam keeps two running means: $\mathbf{m}$ of the gradient $\mathbf{g}$, and $\mathbf{s}$ of its square, entry by entry.
#
# $$
# \begin{aligned}
# \mathbf{m} &\leftarrow \beta_1 \mathbf{m} + (1 - \beta_1)\,\mathbf{g}, \\
# \mathbf{s} &\leftarrow \beta_2 \mathbf{s} + (1 - \beta_2)\,\mathbf{g}^2 .
# \end{aligned}
# $$
#
# Both start at 0, and are too small at first. So after step $k$ they are divided by $1 - \beta_1^k$ and $1 - \beta_2^k$, and the quotients are called $\hat{\mathbf{m}}$ and $\hat{\mathbf{s}}$. The weights move by $-\eta\,\hat{\mathbf{m}} / (\sqrt{\hat{\mathbf{s}}} + \varepsilon)$. The tiny $\varepsilon$ (`epsilon`) keeps us from dividing by 0; $\beta_1$ and $\beta_2$ are `beta1` and `beta2`, and $k$ counts from 1.


# %% tags=["task"]
def adam(slope, w, rate, steps, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Adam, with both corrections."""
    # blank: return ...
    path, m, s = [w], np.zeros_like(w), np.zeros_like(w)
    for k in range(1, steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - rate * m / (1 - beta1**k) / (np.sqrt(s / (1 - beta2**k)) + epsilon)
        path.append(w)
    return np.array(path)
    # end of blank


# %% tags=["check"]
def one_step(by):
    return [begin, begin - by]


check(
    "The path of one step of Adam in the bowl, at the rate 0.1",
    adam(bowl, begin.copy(), 0.1, 1),
    one_step(0.1),
    (
        one_step(0.1 * 0.1 / np.sqrt(0.001)),
        (
            "both corrections are missing. With them the first step has the length of"
            " the rate."
        ),
    ),
    (one_step(0.1 * 0.1), "the correction of m is missing: divide it by 1 - beta1**k."),
    (
        one_step(0.1 / np.sqrt(0.001)),
        "the correction of s is missing: divide it by 1 - beta2**k.",
    ),
    (one_step(-0.1), "that is uphill: subtract."),
    (
        [[1, 1], [np.nan, np.nan]],
        (
            "that is no number: a division by 0, or the root of a negative number. k"
            " counts from 1, and 1 - beta2**k stands in brackets."
        ),
    ),
    (one_step(0.1 / bowl(begin)), "take the root of s before you divide."),
)
m, s = 0.9 * 0.1 * 2 + 0.1 * 1.8, 0.999 * 0.001 * 4 + 0.001 * 1.8**2


def two_steps(m, s):
    return one_step(0.1) + [[0.9 - 0.1 * m / np.sqrt(s)] * 2]


right_m, right_s = m / (1 - 0.9**2), s / (1 - 0.999**2)
power = (
    "the correction has a power that grows: 1 - beta1**k and 1 - beta2**k, and in the"
    " second step k is 2."
)
hats = (0.9 * 2 + 0.1 * 1.8) / 0.19, (0.999 * 4 + 0.001 * 1.8**2) / (1 - 0.999**2)
check(
    "The path of two steps of Adam",
    adam(bowl, begin.copy(), 0.1, 2),
    two_steps(right_m, right_s),
    (two_steps(m / 0.1, right_s), power),
    (two_steps(right_m, s / 0.001), power),
    (two_steps(m / 0.1, s / 0.001), power),
    (
        two_steps(*hats),
        "keep m and s as they are, and give the quotients names of their own.",
    ),
)
first = bowl(begin)
check(
    "The path of one step of Adam with epsilon 1",
    adam(bowl, begin.copy(), 0.1, 1, epsilon=1.0),
    one_step(0.1 * first / (first + 1)),
    (one_step(0.1), "epsilon is not used. Add it to the root."),
    (
        one_step(0.1 * first / np.sqrt(first**2 + 1)),
        "epsilon stands beside the root, and not under it.",
    ),
)
then = bowl(begin - 0.1)
half_m, half_s = (first / 4 + then / 2) / 0.75, (first**2 / 4 + then**2 / 2) / 0.75
check(
    "The path of two steps of Adam with both betas 0.5",
    adam(bowl, begin.copy(), 0.1, 2, beta1=0.5, beta2=0.5),
    one_step(0.1) + [begin - 0.1 - 0.1 * half_m / np.sqrt(half_s)],
    (
        two_steps(right_m, right_s),
        "use the beta1 and beta2 that are given, and not always 0.9 and 0.999.",
    ),
)
print("Task 7 is right: steep or flat, Adam moves each weight alike.")

# %% [markdown]
# ## Task 8. Newton
#
# Newton's method divides the gradient by the curvature: $\mathbf{w}$ moves by $-\mathbf{H}^{-1} \nabla$. Solve the linear system (`np.linalg.solve`), do not invert the matrix.


# %% tags=["task"]
def newton(w, X, y):
    """The weights after one step of Newton's method on `loss`."""
    # blank: return ...
    return w - np.linalg.solve(2 / len(y) * X.T @ X, gradient(w, X, y))
    # end of blank


# %% tags=["check"]
least = np.linalg.lstsq(everything, marks, rcond=None)[0]
begin_3 = np.array([1.0, 2.0, 3.0])
check(
    "The weights after one step from (1, 2, 3)",
    newton(begin_3.copy(), everything, marks),
    least,
    (2 * begin_3 - least, "that is the wrong way: subtract."),
    (
        2 * least - begin_3,
        (
            "the factor 2 of the Hessian is missing: the step is twice as long as it"
            " should be."
        ),
    ),
    (least - begin_3, "that is the step alone. Add it to where you were."),
    (
        begin_3 + (least - begin_3) / 20,
        "the factor 2 / n of the Hessian is missing, or n is not len(X).",
    ),
    (begin_3 + (least - begin_3) / 40, "divide the Hessian by the number of students."),
)
print(
    "Task 8 is right: one step, and the loss is the least there is,"
    f" {loss(least, everything, marks):.2f} marks²."
)

# %% [markdown]
# ## Task 9. Your own
#
# Now write an optimiser yourself, of the same form. Copy one of the above and change it: take the gradient where the velocity is about to carry you, or drop the velocity when it points uphill (`v @ g < 0`, with the gradient `g`). Run the next cell as well: it holds the stopwatch. The check asks three things. At the rate 0.01 it must reach the bottom of the bowl within 600 steps. It may call `slope` only once a step. In the race it must beat plain descent, each with its best rate from a list.


# %% tags=["task"]
def own(slope, w, rate, steps):
    """My own optimiser: one row per step, the start first."""
    # blank: return ...
    path, v = [w], np.zeros_like(w)
    for _ in range(steps):
        v = 0.9 * v + slope(
            w - 0.9 * rate * v
        )  # Nesterov: the slope where the velocity alone would lead
        w = w - rate * v
        path.append(w)
    return np.array(path)
    # end of blank


# %%
rates = 10.0 ** np.arange(-4, 1.01, 0.1)
target = loss(np.linalg.lstsq(track, marks, rcond=None)[0], track, marks) + 1


def steps_needed(optimiser, rate, steps=1000):
    """Steps until the loss stays within 1 mark² of the least; infinity if it does not."""
    with np.errstate(over="ignore", invalid="ignore"):
        path = optimiser(
            lambda w: gradient(w, track, marks), np.zeros(track.shape[1]), rate, steps
        )
        losses = np.mean((path @ track.T - marks) ** 2, axis=1)
    above = np.flatnonzero(~(losses <= target))
    return np.inf if above[-1] == steps else above[-1] + 1


def best(optimiser):
    """The fewest steps, and the rate that gives them."""
    return min((steps_needed(optimiser, rate), rate) for rate in rates)


# %% tags=["check"]
calls = []


def counted(w):
    calls.append(w)
    return bowl(w)


path = own(counted, begin.copy(), 0.01, 600)
assert path is not ..., "own is still the blank: put your code in place of the dots."
assert path is not None, "own gives nothing back: is there a `return`?"
assert isinstance(path, np.ndarray), "Your path is no array: return np.array(path)."
assert path.shape == (601, 2), (
    f"Your path has the shape {path.shape}. After 600 steps it is (601, 2): a row for"
    " each step, and the start first."
)
check("The start of your path", path[0], begin)
assert len(calls) <= 600, (
    f"It asked for the slope {len(calls)} times in 600 steps. To be fair, ask once a"
    " step."
)
assert np.linalg.norm(path[-1]) < 1e-3, (
    f"After 600 steps at the rate 0.01 it is at {path[-1]}, and the bottom of the bowl"
    " is at (0, 0)."
)
mine, plain = best(own)[0], best(descend)[0]
assert mine < plain, (
    f"It needs {mine} steps, and plain descent {plain}. Keep some velocity, or look"
    " ahead."
)
print(f"Task 9 is right: {mine} steps, and plain descent takes {plain}.")

# %% [markdown]
# ## The race
#
# From weights zero to within 1 mark² of the least loss, each at the best of the same rates. Newton takes one step, as you saw, but a dearer one: it solves a linear system.

# %%
runners = {"descent": descend, "momentum": momentum, "Adam": adam, "my own": own}
figure, ax = plt.subplots()
for (name, optimiser), line in zip(
    runners.items(), ("-", "--", ":", "-."), strict=True
):
    steps, rate = best(optimiser)
    print(f"{name:9} {steps:4.0f} steps at the rate {rate:.4f}")
    path = optimiser(
        lambda w: gradient(w, track, marks), np.zeros(track.shape[1]), rate, 250
    )
    ax.semilogy(
        np.mean((path @ track.T - marks) ** 2, axis=1) - target + 1, line, label=name
    )
ax.axhline(1, color="gray", linewidth=1)
ax.set(
    xlabel="step",
    ylabel="loss above the least (marks²)",
    xlim=(0, 250),
    ylim=(1e-3, 1e4),
)
ax.legend()
show(
    figure,
    "The loss above the least one, on a logarithmic axis. Plain descent falls fast for"
    " some twenty steps, then along a slow straight line, and crosses the goal of 1"
    " mark² last. Momentum and Adam fall in waves and cross it much sooner. The fourth"
    " curve is your own.",
)

# %% [markdown]
# ## On with it
#
# Change `beta`, or the list of rates. Then write `track = everything` in a new cell, run the cell with `rates` and `target` again, and then the race, but not the check of Task 9. (`inf` means: not there within 1000 steps.) Do the same with `track = scaled`. Who arrives now, and who still needs momentum?
