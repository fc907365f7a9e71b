"""Change of variables: what becomes of a density when the numbers go through a function."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:curve]
def learning_curve(hours):
    """Marks after some hours of study: an invented model."""
    return 90 - 60 * np.exp(-hours / 4)


def learning_curve_slope(hours):
    """The derivative of `learning_curve`, in marks per hour."""
    return 15 * np.exp(-hours / 4)


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
# --8<-- [end:curve]


# --8<-- [start:density]
def density_of_marks(hours):
    """Density of the marks, per mark, at the marks that these hours bring.

    Hours are equally likely from 0 to 10, with the density 1/10 per hour, and there
    are no others. Divided by the slope in marks per hour, each strip keeps its share.

    >>> print(density_of_marks(np.array([0.0, 10.0])).round(4))
    [0.0067 0.0812]
    """
    return 1 / 10 / learning_curve_slope(hours)
# --8<-- [end:density]


# --8<-- [start:bands_drawn]
def figure_bands(hours=0.0):
    x, part = np.linspace(0, 10, 101), np.linspace(hours, hours + 1, 21)
    fig, ((curve, of_marks), (of_hours, corner)) = plt.subplots(
        2, 2, figsize=(6.4, 5.6), width_ratios=[2, 1], height_ratios=[3, 1]
    )
    corner.remove()
    curve.plot(x, learning_curve(x), color="C0")
    curve.fill_between(part, learning_curve(part), color="C2", alpha=0.2, linewidth=0)
    curve.fill_betweenx(learning_curve(part), part, 10, color="C2", alpha=0.2, linewidth=0)
    of_hours.plot([0, 10], [1 / 10, 1 / 10], color="C0")
    of_hours.fill_between(part, 1 / 10, color="C2", alpha=0.5, linewidth=0)
    of_marks.plot(density_of_marks(x), learning_curve(x), color="C0")
    of_marks.fill_betweenx(learning_curve(part), density_of_marks(part), color="C2", alpha=0.5, linewidth=0)
    width = learning_curve(hours + 1) - learning_curve(hours)
    of_marks.set_title(f"{width:.2f} marks wide", fontsize="medium")
    curve.set(ylabel="marks", xlim=(0, 10), ylim=(28, 88))
    of_hours.set(xlabel="hours", ylabel="per hour", xlim=(0, 10), ylim=(0, 0.15))
    of_marks.set(xlabel="per mark", xlim=(0, 0.09), ylim=(28, 88))
    return fig


figure_bands.slider = ("hours", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
# --8<-- [end:bands_drawn]


# --8<-- [start:bands_counted]
def print_bands():
    """Shares of the students in bands of marks: areas under densities, and counted."""
    marks = learning_curve(np.random.default_rng(0).uniform(0, 10, 1_000_000))
    print("marks   area, with the slope   counted in a million   area, slope forgotten")
    for low, high in ((30, 45), (45, 60), (60, 75), (75, 85)):
        hours = hours_for(low + (high - low) * (np.arange(1000) + 0.5) / 1000)
        area, counted = np.mean(density_of_marks(hours)) * (high - low), np.mean((marks >= low) & (marks < high))
        print(f"{low}-{high}   {area:20.3f}   {counted:20.3f}   {(high - low) / 10:21.3f}")
# --8<-- [end:bands_counted]


# --8<-- [start:normal]
def two_normals(u):
    """Two independent standard normal numbers from two uniform ones, both of shape (2, ...).

    u, above 0 and up to 1, become a radius sqrt(-2 ln u1) and an angle 2 pi u2.
    Source: Box and Muller, 1958.
    """
    radius, angle = np.sqrt(-2 * np.log(u[0])), 2 * np.pi * u[1]
    return np.array([radius * np.cos(angle), radius * np.sin(angle)])


def two_normals_jacobian(u):
    """Jacobian of `two_normals` at u of shape (2,): (2 outputs, 2 inputs).

    u1 is above 0 and below 1: at 1, in the middle, an angle means nothing.
    """
    u = np.reshape(u, 2)  # (2,), or it raises
    z = two_normals(u)
    by_first = z / (2 * u[0] * np.log(u[0]))  # z / r times -1 / (u1 r)
    return np.stack([by_first, 2 * np.pi * np.array([-z[1], z[0]])], axis=1)
# --8<-- [end:normal]


# --8<-- [start:bells_printed]
def print_bells():
    """Density from the determinant, the bell's own formula, and both at three places."""
    print("u1     u2     z1       z2       1 / |det J|   bell x bell")
    for u in ((0.9, 0.1), (0.5, 0.4), (0.1, 0.8)):
        z = two_normals(np.array(u))
        by_det = 1 / abs(np.linalg.det(two_normals_jacobian(np.array(u))))
        print(f"{u[0]:3.1f}    {u[1]:3.1f}   {z[0]:6.3f}   {z[1]:6.3f}   {by_det:11.6f}", end="")
        print(f"   {np.exp(-z @ z / 2) / (2 * np.pi):11.6f}")
    drawn = two_normals(1 - np.random.default_rng(0).random((2, 500_000)))
    within = np.mean(abs(drawn) < 1)
    print(f"a million of them: mean {abs(drawn.mean()):.2f}, variance {drawn.var():.2f}, {within:.1%} within 1 of 0")
# --8<-- [end:bells_printed]


# --8<-- [start:normal_drawn]
def figure_normal(ring=3):
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.7))
    t = np.linspace(0, 1, 65)
    for fixed in np.linspace(0, 1, 9):
        left.plot([fixed, fixed], [0, 1], color="gray", linewidth=0.7)
        left.plot([0, 1], [fixed, fixed], color="gray", linewidth=0.7)
        if 0 < fixed < 1:
            right.plot(*two_normals(np.array([0 * t + fixed, t])), color="gray", linewidth=0.7)
        right.plot(*two_normals(np.array([np.geomspace(1e-4, 1, 65), 0 * t + fixed])), color="gray", linewidth=0.7)
    low, high = max((8 - ring) / 8, 1e-4), (9 - ring) / 8
    around = np.array([[low] * 65 + [high] * 65 + [low], [*t / 8, *t[::-1] / 8, 0]])
    left.fill(*around, color="C2", alpha=0.6)
    right.fill(*two_normals(around), color="C2", alpha=0.6)
    left.set(xlabel="$u_1$", ylabel="$u_2$", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    right.set(xlabel="$z_1$", ylabel="$z_2$", xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal")
    return fig


figure_normal.slider = ("ring", [1, 2, 3, 4, 5, 6, 7, 8], "from the middle")
# --8<-- [end:normal_drawn]


# --8<-- [start:class]
def class_of(n, seed):
    """Simulated marks, (n,): the learning curve after 0 to 10 hours, plus normal noise of 3."""
    rng = np.random.default_rng(seed)
    return learning_curve(rng.uniform(0, 10, n)) + rng.normal(0, 3, n)
# --8<-- [end:class]


# --8<-- [start:flow]
def flow(w, y):
    """z = a + b y + c softplus(k (y - m)) and its slope in y, both of the shape of y, (n,).

    w holds a, ln b, ln c, ln k and m, so that the slope is positive whatever w is.
    """
    a, (b, c, k), m = w[0], np.exp(w[1:4]), w[4]
    bend = k * (y - m)
    return a + b * y + c * np.logaddexp(0, bend), b + c * k * np.exp(-np.logaddexp(0, -bend))


def surprise(w, y):
    """Mean surprise in nats of a normal z = flow(w, y): z²/2 + ln sqrt(2 pi) - ln slope."""
    z, slope = flow(w, y)
    return np.mean(z**2 / 2 - np.log(slope)) + np.log(2 * np.pi) / 2


def surprise_gradient(w, y):
    """Gradient of `surprise` with respect to w, of shape (5,): of each weight, what it
    does to z, and to the slope.
    """
    (b, c, k), m = np.exp(w[1:4]), w[4]
    z, slope = flow(w, y)
    bend = k * (y - m)
    p = np.exp(-np.logaddexp(0, -bend))  # slope of softplus, 1 / (1 + e^-bend)
    rise = c * k * p
    of_z = [1, b * y, c * np.logaddexp(0, bend), rise * (y - m), -rise]
    of_slope = [0, b, rise, rise * (1 + bend * (1 - p)), -k * rise * (1 - p)]
    parts = [z * dz - ds / slope for dz, ds in zip(of_z, of_slope, strict=True)]
    return np.mean(parts, axis=1)
# --8<-- [end:flow]


# --8<-- [start:descend]
def descend(gradient, w, learning_rate, steps):
    """Gradient descent from w, of shape (p,): steps of -learning_rate * gradient(w).

    Returns all points as rows of an array of shape (steps + 1, p), the start first.

    >>> print(descend(lambda w: 2 * w, np.array([1.0]), 0.25, steps=3)[:, 0])
    [1.    0.5   0.25  0.125]
    """
    path = [w]
    for _ in range(steps):
        w = w - learning_rate * gradient(w)
        path.append(w)
    return np.array(path)
# --8<-- [end:descend]


# --8<-- [start:fit]
START = np.array([-0.5, 0.0, -1.0, 0.0, 0.0])  # hardly bent


def fit_flow(marks, steps=1000):
    """All weights on the way, (steps + 1, 5), for marks in standard deviations from their mean."""
    y = (marks - marks.mean()) / marks.std()
    return descend(lambda w: surprise_gradient(w, y), START, 0.1, steps)
# --8<-- [end:fit]


# --8<-- [start:surprises_printed]
def print_surprises():
    """Mean surprise in nats at 400 students and at 20,000 new ones."""
    marks, new = class_of(400, 0), class_of(20_000, 1)
    w, middle, spread = fit_flow(marks)[-1], marks.mean(), marks.std()
    hours = (np.arange(200) + 0.5) / 20
    truth = lambda m: np.mean(np.exp(-(((m - learning_curve(hours)) / 3) ** 2) / 2), axis=-1) / (3 * np.sqrt(2 * np.pi))
    print("                          the 400   20,000 new")
    for name, of in (
        ("a normal distribution", lambda m: np.mean(((m - middle) / spread) ** 2) / 2 + np.log(2 * np.pi) / 2 + np.log(spread)),
        ("the flow", lambda m: surprise(w, (m - middle) / spread) + np.log(spread)),
        ("the true density", lambda m: -np.mean([np.log(truth(part[:, None])).mean() for part in np.split(m, 20)])),
    ):
        print(f"{name:21}   {of(marks):9.3f}   {of(new):10.3f}")
# --8<-- [end:surprises_printed]


# --8<-- [start:fit_drawn]
def figure_flow(steps=0):
    marks = class_of(400, 0)
    w, middle, spread = fit_flow(marks, steps)[-1], marks.mean(), marks.std()
    m = np.linspace(18, 100, 165)
    z, slope = flow(w, (m - middle) / spread)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.6))
    left.plot(marks, flow(w, (marks - middle) / spread)[0], ".", color="gray", markersize=7, alpha=0.3)
    left.plot(m, z, color="C0")
    left.set(xlabel="marks", ylabel="z, meant to be normal", xlim=(18, 100), ylim=(-4, 6))
    right.hist(marks, np.arange(18, 101, 4), density=True, color="gray", alpha=0.4)
    right.plot(m, np.exp(-(((m - middle) / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi)), ":", color="gray", label="normal")
    right.plot(m, np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * slope / spread, color="C1", label="flow")
    right.set(xlabel="marks", ylabel="density (per mark)", xlim=(18, 100), ylim=(0, 0.06))
    right.legend(loc="upper left", fontsize="small")
    right.set_title(f"{surprise(w, (marks - middle) / spread) + np.log(spread):.3f} nats", fontsize="medium")
    return fig


figure_flow.slider = ("steps", [0, 10, 30, 100, 300, 1000])
# --8<-- [end:fit_drawn]


# --8<-- [start:collapse]
def print_collapse():
    """Descent on the mean of z²/2 alone, for z = b y: the factor is forgotten."""
    y = class_of(400, 0)
    y = (y - y.mean()) / y.std()
    print("step   forgotten: spread of z   z²/2   with the factor: spread of z   z²/2 - ln b")
    b = right = 0.5
    for step in range(101):
        if step in (0, 10, 30, 100):
            print(f"{step:4d}   {b * y.std():22.6f}   {np.mean((b * y) ** 2) / 2:4.2f}", end="")
            print(f"   {right * y.std():28.6f}   {np.mean((right * y) ** 2) / 2 - np.log(right):11.2f}")
        b = b - 0.1 * b * np.mean(y**2)
        right = right - 0.1 * (right * np.mean(y**2) - 1 / right)
# --8<-- [end:collapse]


# --8<-- [start:peaks]
def print_peaks():
    """Where the densities of ln x, normal with mean 0 and deviation 1, and of x are highest."""
    x = np.linspace(0.01, 5, 500)
    density = np.exp(-(np.log(x) ** 2) / 2) / np.sqrt(2 * np.pi)  # of the logarithm, per unit of ln x
    print(f"density of ln x: highest at x = {x[density.argmax()]:.2f}")
    print(f"density of x:    highest at x = {x[(density / x).argmax()]:.2f}")
# --8<-- [end:peaks]


# --8<-- [start:sampled]
def sampled(w, z):
    """The y whose flow is z, both of shape (n,): halving an interval 60 times, since the flow rises.

    Raises `ValueError` where no y from -50 to 50 has that flow.
    """
    low, high = np.full_like(z, -50), np.full_like(z, 50)
    if np.any((flow(w, low)[0] > z) | (flow(w, high)[0] < z)):
        raise ValueError(f"z from {z.min():.3g} to {z.max():.3g}: out of reach")
    for _ in range(60):
        middle = (low + high) / 2
        below = flow(w, middle)[0] < z
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def print_sampled():
    """Marks that the flow invents for 100,000 students, beside those it was fitted to."""
    marks = class_of(400, 0)
    y = sampled(fit_flow(marks)[-1], np.random.default_rng(0).normal(size=100_000))
    invented = marks.mean() + marks.std() * y
    print("share of students below   5 %    25 %    50 %    75 %    95 %   (marks)")
    for name, of in (("the class", marks), ("invented", invented)):
        print(f"{name:21}", *(f"{np.quantile(of, share):7.1f}" for share in (0.05, 0.25, 0.5, 0.75, 0.95)))
# --8<-- [end:sampled]


if __name__ == "__main__":
    print_bands()
    print_bells()
    print_surprises()
    print_collapse()
    print_peaks()
    print_sampled()
    figure_bands()
    figure_normal()
    figure_flow()
    plt.show()
