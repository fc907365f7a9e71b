# %% [markdown]
# # A density that you learned
#
# You learn a density from students: a map that bends it into a bell, the slopes by which the map is fitted, and new students drawn through it.
#
# Each task has a blank: three dots. Put your own code in their place, run the cell, and run the check below it. A check that is content says so in one line. One that is not says what is wrong. You need [Change of variables](../chance/change-of-variables.md), and of [Expectation and Monte Carlo](../chance/expectation-and-monte-carlo.md) the part on the KL divergence.

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


def several(name, values, wanted):
    """The values, if there is one for each of the wanted names."""
    assert (
        values is not ...
    ), f"{name} is still the blank: put your code in place of the dots."
    assert values is not None, f"{name} gives nothing back: is there a `return`?"
    right = isinstance(values, (tuple, list))
    right = right and len(values) == len(wanted.split())
    names = ", ".join(wanted.split())
    assert right, f"{name} must give back {len(wanted.split())} things: {names}."
    return values


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
# We simulate 1000 students. Six in ten study for about 3 hours, the others for about 7. Their marks rise with the hours, and those who study little differ more. Since all is simulated we know the true density, and can say at the end what we have missed. The learning never sees it.
#
# A density of hours and marks is measured as chance *per hour and per mark*, and so its logarithm depends on these units. The difference between two such logarithms does not: it is in nats.

# %%
def simulated(count, rng):
    """Hours and marks of so many simulated students."""
    hours = np.where(
        rng.random(count) < 0.6, rng.normal(3, 0.8, count), rng.normal(7, 1.1, count)
    )
    return hours, rng.normal(true_centre(hours), true_spread(hours))


def true_centre(hours):
    """The mean marks after these hours."""
    return 90 - 60 * np.exp(-hours / 4)


def true_spread(hours):
    """The standard deviation of the marks after these hours."""
    return 3 + 16 * np.exp(-hours / 3)


def true_log_density(hours, marks):
    """The logarithm of the density from which the students come."""
    few, many = (
        share * np.exp(-(((hours - mean) / d) ** 2) / 2) / (d * np.sqrt(2 * np.pi))
        for share, mean, d in ((0.6, 3, 0.8), (0.4, 7, 1.1))
    )
    spread = true_spread(hours)
    z = (marks - true_centre(hours)) / spread
    return np.log(few + many) - z**2 / 2 - np.log(spread * np.sqrt(2 * np.pi))


hours, marks = simulated(1000, np.random.default_rng(0))
new_hours, new_marks = simulated(20_000, np.random.default_rng(1))

figure, ax = plt.subplots(figsize=(5.2, 3.4), layout="constrained")
ax.scatter(hours, marks, 6, color="C0", linewidths=0)
ax.set(xlabel="hours studied (h)", ylabel="marks")
show(
    figure,
    "A thousand points: hours to the right, marks upwards. Two clouds, one around 3"
    " hours and one around 7, lie along a rising curve that levels off. The left cloud"
    " is the taller one.",
)

# %% [markdown]
# ## Task 1. The bell
#
# All densities of this lab are made from one, the standard normal density $\varphi(z) = e^{-z^2/2} / \sqrt{2\pi}$. A density far out is too small to be computed with, but its logarithm is not. Write that logarithm, without taking the logarithm of an exponential: at $z = 50$ that would be $\ln 0$.


# %% tags=["task"]
def log_bell(z):
    """The logarithm of the standard normal density."""
    # blank: return ...
    return -(z**2) / 2 - np.log(2 * np.pi) / 2
    # end of blank


# %% tags=["check"]
z, root = np.array([-1.0, 0.0, 2.0, 50.0]), np.log(2 * np.pi) / 2
with np.errstate(all="ignore"):
    check(
        "The logarithm of the bell at -1, 0, 2 and 50",
        log_bell(z),
        [-0.5 - root, -root, -2 - root, -1250 - root],
        (-(z**2) / 2, "the root of 2 pi is missing."),
        (-(z**2) / 2 - 2 * root, "it is the root of 2 pi: only half of ln(2 pi)."),
        (-(z**2) / 2 + root, "the root of 2 pi divides: subtract its logarithm."),
        (-(z**2) - root, "the half in the exponent is missing."),
        (z**2 / 2 - root, "the sign in front of the square is wrong."),
        (
            np.log(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)),
            "at 50 that is ln 0. The logarithm undoes the exponential: write it so.",
        ),
        (np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi), "that is the density itself."),
    )
print("Task 1 is right: a logarithm for every z.")

# %% [markdown]
# ## Task 2. The factor
#
# Let $z = g(x)$ be a map whose slope is positive everywhere. A short piece of $x$ of length $dx$ becomes a piece of $z$ of length $g'(x)\,dx$. If $z$ has the density $\varphi$, that piece holds the chance $\varphi(z)\, g'(x)\,dx$. So $x$ has the density $\varphi(g(x))\, g'(x)$. Write its logarithm, for given values `z` and slopes `slope` $= g'(x)$.


# %% tags=["task"]
def log_density_through(z, slope):
    """The logarithm of the density of x, where z = g(x) has the bell."""
    # blank: return ...
    return log_bell(z) + np.log(slope)
    # end of blank


# %% tags=["check"]
z, slope = np.array([0.0, 1.0, -2.0, 50.0]), np.array([2.0, 0.5, 1.0, 1.0])
bell = -(z**2) / 2 - root
with np.errstate(all="ignore"):
    check(
        "The result for z = 0, 1, -2, 50 and slopes 2, 1/2, 1, 1",
        log_density_through(z, slope),
        bell + np.log(slope),
        (bell, "the factor is missing: the slope of the map."),
        (
            bell - np.log(slope),
            "that divides by the slope. Here the slope is that of z in x.",
        ),
        (bell * slope, "a factor becomes a summand in the logarithm."),
        (bell + slope, "add ln(slope), and not the slope itself."),
        (-((z * slope) ** 2) / 2 - root, "the slope is a factor of the density."),
        (np.exp(bell) * slope, "that is the density. Give its logarithm."),
        (np.log(np.exp(bell) * slope), "at 50 that is ln 0: add logarithms."),
    )
x = np.linspace(-2, 3, 2001)
density = np.exp(log_density_through(np.sinh(2 * x - 1), 2 * np.cosh(2 * x - 1)))
area = np.sum((density[1:] + density[:-1]) / 2 * np.diff(x))
print(f"Task 2 is right: with z = sinh(2x - 1) the area is {area:.6f}.")

# %% [markdown]
# ## A map that can bend
#
# For the hours we take a sum that only rises, since each of its parts does and has a positive weight:
#
# $$z = b + A_0\, h + \sum_{k=1}^{11} A_k \tanh(h - c_k)$$
#
# with weights $A_k = e^{a_k}$, the hours $h$ and a bend at each full hour $c_k$ from 0 to 10. The numbers to be learned are $b$ and the twelve $a_k$, which may have any sign: $e^{a_k}$ is positive all the same. `features` gives $h$ and the eleven tanh, `feature_slopes` their derivatives with respect to $h$.


# %%
BENDS = np.arange(11.0)  # h


def features(hours):
    """What the map is made of: (n, 12)."""
    return np.column_stack([hours, np.tanh(hours[:, np.newaxis] - BENDS)])


def feature_slopes(hours):
    """The slopes of the features in the hours: (n, 12)."""
    bends = 1 - np.tanh(hours[:, np.newaxis] - BENDS) ** 2
    return np.column_stack([np.ones(len(hours)), bends])


# %% [markdown]
# ## Task 3. The map and its slope
#
# Return two arrays: `z`, and the slope of `z` in the hours. Both are sums with the same weights $A_k$.


# %% tags=["task"]
def bent(hours, b, a):
    """z and its slope, for each of the hours."""
    # blank: return ..., ...
    A = np.exp(a)
    return b + features(hours) @ A, feature_slopes(hours) @ A
    # end of blank


# %% tags=["check"]
a = np.random.default_rng(2).normal(-1, 1, 12)
some = np.array([1.0, 2.5, 7.0])
z, slope = several("bent(...)", bent(some, 0.3, a), "z slope")
sums = features(some) @ np.exp(a)
check(
    "z",
    z,
    0.3 + sums,
    (sums, "b is missing."),
    (0.3 + features(some) @ a, "the weights are exp(a): they must be positive."),
    (feature_slopes(some) @ np.exp(a), "z comes first, and then its slope."),
    (features(some) @ a, "the weights are exp(a), and b is missing."),
)
ahead = features(some + 1e-5) @ np.exp(a)
behind = features(some - 1e-5) @ np.exp(a)
rise = (ahead - behind) / 2e-5
check(
    "The slope of z",
    slope,
    rise,
    (rise + 0.3, "b is a constant: it has no slope."),
    (feature_slopes(some) @ a, "the weights are exp(a) here too."),
    (sums, "take feature_slopes, the slopes of the features."),
    rtol=1e-5,
)
print("Task 3 is right: the slope is positive everywhere.")

# %% [markdown]
# ## Task 4. Which way to turn
#
# The map is good if it makes the students likely. So the loss is the mean of $-\ln q = z^2/2 - \ln z' + \frac{1}{2} \ln 2\pi$ over all students, with $q$ for the density that is learned and $z'$ for the slope of $z$ in the hours. Find the gradient of the loss in $b$ and in each $a_k$. Write $f_k$ for a feature and $f_k'$ for its slope: then $\partial z / \partial A_k = f_k$ and $\partial z' / \partial A_k = f_k'$. And since $A_k = e^{a_k}$, the derivative in $a_k$ is that in $A_k$, times $A_k$.


# %%
def hours_loss(b, a, hours):
    """The mean of -ln q over the students, in nats."""
    return -log_density_through(*bent(hours, b, a)).mean()


# %% tags=["task"]
def hours_slopes(b, a, hours):
    """The gradient of hours_loss in b, a number, and in a, (12,)."""
    z, slope = bent(hours, b, a)
    F, dF = features(hours), feature_slopes(hours)
    # blank: return ..., ...
    of_A = F.T @ z - dF.T @ (1 / slope)
    return z.mean(), of_A * np.exp(a) / len(hours)
    # end of blank


# %% tags=["check"]
def measured(function, x, h=1e-5):
    """The slopes of a function of an array, one for each of its numbers, by nudging."""
    nudges = h * np.eye(x.size).reshape(-1, *x.shape)
    slopes = [(function(x + step) - function(x - step)) / (2 * h) for step in nudges]
    return np.reshape(slopes, x.shape)


found = hours_slopes(0.3, a, some)
of_b, of_a = several("hours_slopes(...)", found, "of_b of_a")
true_b = measured(lambda b: hours_loss(b[0], a, some), np.array([0.3]))[0]
true_a = measured(lambda a: hours_loss(0.3, a, some), a)
z, slope = bent(some, 0.3, a)
F, dF, A = features(some), feature_slopes(some), np.exp(a)
check(
    "The derivative in b",
    of_b,
    true_b,
    (3 * true_b, "the loss is a mean."),
    (-true_b, "the sign is wrong: the slope of z²/2 is z."),
    (2 * true_b, "the slope of z²/2 is z."),
    rtol=1e-5,
)
check(
    "The gradient in a",
    of_a,
    true_a,
    (3 * true_a, "the loss is a mean: divide by the number of students."),
    (true_a / A, "those are the slopes in A. Multiply by A."),
    (F.T @ z * A / 3, "the slope of -ln z' is missing."),
    (
        (F.T @ z + dF.T @ (1 / slope)) * A / 3,
        "the logarithm stands with a minus: its slopes too.",
    ),
    ((F.T @ z - dF.T @ slope) * A / 3, "the slope of ln z' is f'/z', not f' z'."),
    (-true_a, "the sign is wrong: the loss is -ln q."),
    (3 * true_a / A, "times A, and divided by the number of students."),
    (true_a / A * a, "times A = exp(a), and not times a."),
    rtol=1e-5,
)
print("Task 4 is right: the gradient of the loss.")

# %% [markdown]
# ## Task 5. The marks, given the hours
#
# For the marks a straight map is enough, if it may differ from hour to hour: $z_2 = (m - \mu) / \sigma$, with a centre $\mu$ and a spread $\sigma$ that depend on the hours. We learn $s = \ln \sigma$ in place of $\sigma$, so that $\sigma = e^{s}$ is always positive. But for a constant, the loss of one student is $z_2^2/2 + s$: the slope of this map is $1/\sigma$, and $-\ln(1/\sigma) = s$. Return its derivatives in $\mu$ and in $s$, one of each for each student.


# %% tags=["task"]
def marks_slopes(marks, centre, log_spread):
    """The derivatives of z²/2 + log_spread in centre and log_spread: each (n,)."""
    z = (marks - centre) / np.exp(log_spread)
    # blank: return ..., ...
    return -z / np.exp(log_spread), 1 - z**2
    # end of blank


# %% tags=["check"]
m, centre, s = np.array([[60.0, 72.0, 40.0], [50.0, 70.0, 44.0], [2.0, 1.0, 0.5]])
z = (m - centre) / np.exp(s)
found = marks_slopes(m, centre, s)
of_centre, of_s = several("marks_slopes(...)", found, "of_centre of_log_spread")
true_centre_slopes = measured(
    lambda c: (((m - c) / np.exp(s)) ** 2 / 2 + s).sum(), centre
)
true_s_slopes = measured(lambda s: (((m - centre) / np.exp(s)) ** 2 / 2 + s).sum(), s)
check(
    "The derivative in the centre",
    of_centre,
    true_centre_slopes,
    (-true_centre_slopes, "the sign is wrong: z falls when the centre rises."),
    (-z, "the inner derivative is missing: divide by the spread."),
    (z, "the inner derivative is missing: -1 over the spread."),
    (true_s_slopes, "the centre comes first, and then log_spread."),
    (-z / s, "log_spread is a logarithm: the spread is its exponential."),
    (-z * np.exp(s), "divide by the spread, do not multiply."),
    rtol=1e-5,
)
check(
    "The derivative in log_spread",
    of_s,
    true_s_slopes,
    (-(z**2), "the summand s has a slope too."),
    (1 + z**2, "z comes nearer to 0 when s grows: dz/ds = -z."),
    (1 - 2 * z**2, "the slope of z²/2 is z, not 2 z."),
    (z**2 - 1, "the sign is wrong."),
    (1 - z, "the slope of z²/2 is z times dz/ds, and dz/ds is -z."),
    (1 / np.exp(s) - z**2 / np.exp(s), "that is the slope in the spread, not in s."),
    rtol=1e-5,
)
print("Task 5 is right: where the mean of z² is 1, the spread is right.")

# %% [markdown]
# ## Task 6. Both together
#
# The two maps together take $(h, m)$ to $(z_1, z_2)$. Their Jacobian is triangular, because $z_1$ does not depend on the marks:
#
# $$\mathbf{J} = \begin{pmatrix} z_1' & 0 \\ \partial z_2 / \partial h & 1/\sigma \end{pmatrix}$$
#
# Its lower left entry says how the centre and the spread change with the hours. The determinant does not need it: that of a triangular matrix is the product of its diagonal. Write the logarithm of the density of hours and marks, where $z_1$ and $z_2$ both have the bell.


# %% tags=["task"]
def log_density(z1, slope, z2, log_spread):
    """The logarithm of the density of hours and marks: (n,)."""
    # blank: return ...
    return log_bell(z1) + log_bell(z2) + np.log(slope) - log_spread
    # end of blank


# %% tags=["check"]
z1, slope, z2, s = np.array([[0.0, 1.0], [2.0, 0.5], [1.0, -1.0], [1.5, 2.0]])
J = np.zeros((2, 2, 2))
J[:, 0, 0], J[:, 1, 0], J[:, 1, 1] = slope, [3.0, -4.0], np.exp(-s)
bells = -(z1**2) / 2 - z2**2 / 2 - np.log(2 * np.pi)
wanted = bells + np.linalg.slogdet(J)[1]
check(
    "The logarithm of the density of hours and marks",
    log_density(z1, slope, z2, s),
    wanted,
    (bells, "the determinant is missing."),
    (bells + np.log(slope), "the map of the marks has a slope too: 1 over the spread."),
    (bells - s, "the map of the hours has a slope too."),
    (bells + np.log(slope) + s, "the spread divides the marks: subtract log_spread."),
    (bells - np.log(slope) + s, "the determinant multiplies, it does not divide."),
    (bells + np.log(slope) - np.log(s), "log_spread is a logarithm already."),
    (wanted + np.log(2 * np.pi) / 2, "there are two bells, with a root each."),
    (wanted + z2**2 / 2 + np.log(2 * np.pi) / 2, "the bell of z2 is missing."),
    (wanted + z1**2 / 2 + np.log(2 * np.pi) / 2, "the bell of z1 is missing."),
    (wanted - 2 * np.log(slope), "the slope multiplies: add its logarithm."),
)
print("Task 6 is right: a triangle needs its diagonal only.")

# %% [markdown]
# ## Fit
#
# Your slopes go into [Adam](../descent/adam-and-its-family.md), with all students in each step. The centre and the logarithm of the spread are sums of a constant and the eleven tanh, with weights of any sign.


# %%
def design(hours):
    """A constant and the eleven tanh: (n, 12)."""
    return np.column_stack([np.ones(len(hours)), features(hours)[:, 1:]])


def fitted(hours, marks, steps=1000, rate=0.03):
    """The learned numbers by name, and the loss at each step, in nats a student."""
    w = {"b": 0.0, "a": np.full(12, -2.0), "centre": np.zeros(12), "s": np.zeros(12)}
    w["centre"][0], w["s"][0] = marks.mean(), np.log(marks.std())
    m, v = dict.fromkeys(w, 0.0), dict.fromkeys(w, 0.0)
    D, losses = design(hours), []
    for k in range(1, steps + 1):
        of_b, of_a = hours_slopes(w["b"], w["a"], hours)
        of_centre, of_s = marks_slopes(marks, D @ w["centre"], D @ w["s"])
        slopes = {"b": of_b, "a": of_a}
        slopes |= {"centre": D.T @ of_centre / len(D), "s": D.T @ of_s / len(D)}
        losses.append(-learned(w, hours, marks).mean())
        for name, g in slopes.items():
            m[name] = 0.9 * m[name] + 0.1 * g
            v[name] = 0.999 * v[name] + 0.001 * g**2
            scale = np.sqrt(v[name] / (1 - 0.999**k)) + 1e-8
            w[name] = w[name] - rate * m[name] / (1 - 0.9**k) / scale
    return w, losses


def standardised(w, hours, marks):
    """z1, its slope in the hours, z2 and the logarithm of the spread."""
    z1, slope = bent(hours, w["b"], w["a"])
    s = design(hours) @ w["s"]
    return z1, slope, (marks - design(hours) @ w["centre"]) / np.exp(s), s


def learned(w, hours, marks):
    """The logarithm of the learned density."""
    return log_density(*standardised(w, hours, marks))


w, losses = fitted(hours, marks)
for k in (0, 100, 300, len(losses) - 1):
    print(f"after {k:3d} steps   {losses[k]:.3f} nats a student")

# %% [markdown]
# Before you look: what will the learned density of the hours look like, and what will the students look like in the plane of $z_1$ and $z_2$?

# %%
at = np.linspace(0, 10.5, 300)
figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.3), layout="constrained")
left.hist(hours, 30, density=True, color="gray", alpha=0.4, label="students")
z1, slope = bent(at, w["b"], w["a"])
left.plot(at, np.exp(log_density_through(z1, slope)), color="C0", label="learned")
left.set(xlabel="hours studied (h)", ylabel="density (1/h)")
left.legend()
z1, _, z2, _ = standardised(w, hours, marks)
right.scatter(z1, z2, 6, color="C0", linewidths=0)
turn = np.linspace(0, 2 * np.pi, 200)
for radius in (1, 2):
    right.plot(radius * np.cos(turn), radius * np.sin(turn), color="black")
right.set(xlabel="$z_1$", ylabel="$z_2$", aspect="equal")
show(
    figure,
    "Left: a histogram of the hours with two humps, and the learned density, a smooth"
    " curve over it with the same two humps. Right: the same students as points in the"
    " plane of z1 and z2, with circles of radius 1 and 2. They are one round cloud.",
)
for radius in (1, 2):
    share = np.mean(z1**2 + z2**2 < radius**2)
    bell = 1 - np.exp(-(radius**2) / 2)
    print(f"within {radius}: {share:.1%} of the students, {bell:.1%} of a round bell")

# %% [markdown]
# Two humps, and one round cloud: the map has bent the students into a bell.
#
# ## Task 7. The map backwards
#
# To draw a new student, draw $z_1$ and $z_2$ from the bell and go back. For the marks that is easy: $m = \mu + \sigma z_2$. For the hours no simple formula inverts the sum. But the map only rises, so one can *halve*. Keep `low`, whose $z$ is below the one that is sought, and `high`, whose $z$ is above. Look at the middle between them. `below` says whether its $z$ is still below: if so, the middle becomes the new `low`, and if not, the new `high`. All are arrays, with one number for each student. (`np.where(below, x, y)` takes from `x` where `below` is true, and elsewhere from `y`.)


# %% tags=["task"]
def nearer(low, high, middle, below):
    """The new low and the new high: each (n,)."""
    # blank: return ..., ...
    return np.where(below, middle, low), np.where(below, high, middle)
    # end of blank


# %% tags=["check"]
low, high = np.array([0.0, 0.0, 4.0]), np.array([8.0, 2.0, 5.0])
middle, below = (low + high) / 2, np.array([True, False, True])
found = nearer(low.copy(), high.copy(), middle, below)
new_low, new_high = several("nearer(...)", found, "low high")
stays = "where the middle is below, it becomes the new low, and high stays."
check(
    "The new low of (0, 0, 4), for the middle (4, 1, 4.5) and below (yes, no, yes)",
    new_low,
    [4.0, 0.0, 4.5],
    ([0.0, 1.0, 4.0], stays),
    (middle, "where the middle is not below, low stays."),
    (low, "it never moves: where `below` is true, the middle becomes the new low."),
    ([8.0, 1.0, 5.0], "the new low comes first, and then the new high."),
)
check(
    "The new high of (8, 2, 5), for the middle (4, 1, 4.5) and below (yes, no, yes)",
    new_high,
    [8.0, 1.0, 5.0],
    ([4.0, 2.0, 4.5], stays),
    (middle, "where the middle is below, high stays."),
    (high, "it never moves: one of the two must become the middle."),
)
print("Task 7 is right: half as far apart.")


# %%
def hours_of(z, b, a):
    """The hours whose z is this, for each z: after 60 halvings, to the last digit."""
    low, high = np.full(len(z), -50.0), np.full(len(z), 60.0)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = nearer(low, high, middle, bent(middle, b, a)[0] < z)
    return (low + high) / 2


there = bent(hours, w["b"], w["a"])[0]
away = np.abs(hours_of(there, w["b"], w["a"]) - hours).max()
print(f"there and back, all students are within a billionth of an hour: {away < 1e-9}")

# %% [markdown]
# A thousand new students, drawn from the bell and led back. Which of the two panels comes from the simulation, and which from your density?

# %%
rng = np.random.default_rng(2)
drawn_hours = hours_of(rng.normal(size=1000), w["b"], w["a"])
D = design(drawn_hours)
drawn_marks = D @ w["centre"] + np.exp(D @ w["s"]) * rng.normal(size=1000)
figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.3), layout="constrained")
for ax, x, y in zip(
    axes, (drawn_hours, new_hours[:1000]), (drawn_marks, new_marks[:1000]), strict=True
):
    ax.scatter(x, y, 6, color="C0", linewidths=0)
    ax.set(xlabel="hours studied (h)", xlim=(-0.5, 11.5), ylim=(-15, 105))
axes[0].set_ylabel("marks")
show(
    figure,
    "Two panels with a thousand points each, hours to the right, marks upwards. In both"
    " two clouds lie along a rising curve, the left one taller. They look alike.",
)

# %% [markdown]
# The left panel is yours. It may have a student with less than 0 marks: nobody has told your density that there are none, nor the simulation.
#
# ## Task 8. What is missing
#
# How far is the learned density from the true one? Take students that come from the true density and were never seen. At each, compare $\ln p$ of the true density with $\ln q$ of the learned one. The mean of $\ln p - \ln q$ over such students estimates the *KL divergence*: what one loses, in nats a student, by believing in $q$. The KL divergence itself is never below 0; an estimate may be.


# %% tags=["task"]
def nats_lost(log_p, log_q):
    """The mean loss of those who believe q, for students that come from p."""
    # blank: return ...
    return np.mean(log_p - log_q)
    # end of blank


# %% tags=["check"]
log_p, log_q = np.array([-1.0, -2.0, -4.0]), np.array([-2.0, -1.5, -8.0])
check(
    "The nats lost for ln p = -1, -2, -4 and ln q = -2, -1.5, -8",
    nats_lost(log_p, log_q),
    1.5,
    (-1.5, "the sign is wrong: on average the truth makes its students likelier."),
    (4.5, "that is the sum. Take the mean."),
    (11.5 / 3, "that is the loss of q alone: what it loses beyond p is asked."),
    (5.5 / 3, "signs count: the learned density may be the better one somewhere."),
    (
        np.sum(np.exp(log_p) * (log_p - log_q)),
        "students come as often as p says already: no factor p.",
    ),
    (np.mean(log_p / log_q), "the logarithm of a ratio is a difference."),
    (np.mean(np.exp(log_p - log_q)), "those are ratios. Take their logarithms."),
)
check(
    "The nats lost for ln p = -2, -3 and ln q = -1, -3",
    nats_lost(np.array([-2.0, -3.0]), np.array([-1.0, -3.0])),
    -0.5,
    (0.0, "an estimate may fall below 0: leave it as it is."),
)
print("Task 8 is right.")

# %% [markdown]
# And now yours, beside two others: one bell for hours and marks together, the *normal* density with their means, spreads and correlation, and your own density on the students that it was fitted to. *Give or take* is one standard error; twice that is not rare.

# %%
both = np.stack([hours, marks])
moved = np.stack([new_hours, new_marks]) - both.mean(axis=1, keepdims=True)
C = np.cov(both)
normal = -(moved * np.linalg.solve(C, moved)).sum(axis=0) / 2
normal -= np.log(2 * np.pi) + np.linalg.slogdet(C)[1] / 2
truth = true_log_density(new_hours, new_marks)
yours = learned(w, new_hours, new_marks)
own_truth, own = true_log_density(hours, marks), learned(w, hours, marks)
for name, p, q in (
    ("one normal density, new students", truth, normal),
    ("your density, new students", truth, yours),
    ("your density, those it was fitted to", own_truth, own),
):
    error = np.std(p - q) / np.sqrt(len(p))
    print(f"{name:38} {nats_lost(p, q):6.3f} nats lost, give or take {error:.3f}")

# %% tags=["check"]
lost = nats_lost(truth, yours)
assert lost < 0.05, f"Your density loses {lost:.3f} nats a student: more than 0.05."
print(f"Your density loses {lost:.3f} nats a student.")

# %% [markdown]
# The students that it was fitted to are more likely under your density than under the true one. It has learned their luck along with the rule, and that is why one judges on new students. It has 37 numbers for 1000 students; with fewer students it learns more luck.
#
# ## On with it
#
# Learn from the first 50 students alone, `fitted(hours[:50], marks[:50])`. What does that lose on new students, on average and in the median? Which students cost the most? Draw the learned spread at their hours. Why did it shrink there, and how could one keep it from doing so?
#
# Back to all 1000: let the spread be the same at all hours, with `slopes["s"][1:] = 0` in `fitted`. How many nats does that cost? And give the students a third number, the lectures they have heard, with a map of its own whose centre and spread depend on the other two. What does the Jacobian look like then?
