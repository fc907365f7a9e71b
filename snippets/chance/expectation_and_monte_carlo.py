"""Expectation and Monte Carlo: the mean over everyone, from a few who are drawn at random."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:curve]
def learning_curve(hours):
    """Marks after some hours of study: an invented model."""
    return 90 - 60 * np.exp(-hours / 4)
# --8<-- [end:curve]


# --8<-- [start:exact]
def expectation(f, low, high, strips=10_000):
    """Mean of f(x) for an x that is equally likely anywhere from low to high.

    The area under f, by strips, divided by the width. f takes an array and returns
    one of its shape; the unit is that of f.

    >>> print(f"{expectation(learning_curve, 0, 10):.4f}")  # marks
    67.9700
    """
    x = low + (high - low) * (np.arange(strips) + 0.5) / strips
    return np.mean(f(x))


def deviation(f, low, high):
    """Standard deviation of f(x), in the unit of f: the root of the mean squared distance."""
    mean = expectation(f, low, high)
    return np.sqrt(expectation(lambda x: (f(x) - mean) ** 2, low, high))
# --8<-- [end:exact]


# --8<-- [start:monte_carlo]
def monte_carlo(values):
    """The mean of n values drawn independently, (n,), and its typical error.

    The error is estimated from the values themselves: their standard deviation over
    the root of n. Raises `ValueError` for fewer than two.
    """
    if len(values) < 2:
        raise ValueError(f"{len(values)} value(s): how much they differ cannot be seen")
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))
# --8<-- [end:monte_carlo]


# --8<-- [start:means_drawn]
def figure_means(draws=1):
    exact, spread = expectation(learning_curve, 0, 10), deviation(learning_curve, 0, 10)
    marks = learning_curve(np.random.default_rng(0).uniform(0, 10, (2000, 400)))
    n = np.unique(np.geomspace(1, 400, 60).astype(int))
    means = np.cumsum(marks[:20], axis=1)[:, n - 1] / n
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.8), sharey=True, width_ratios=[3, 1])
    left.semilogx(n, means.T, color="C2", linewidth=0.7, alpha=0.6)
    for sign in (-2, 2):
        left.semilogx(n, exact + sign * spread / np.sqrt(n), "--", color="gray", linewidth=1.5)
    left.axvline(draws, color="gray", linewidth=1)
    left.axhline(exact, color="C3", linewidth=1.5)
    heights = np.mean(marks[:, :draws], axis=1)
    counts, edges = np.histogram(heights, np.linspace(28, 108, 81))
    right.barh(edges[:-1], counts / counts.max(), 1, align="edge", color="C2", alpha=0.6)
    right.axhline(exact, color="C3", linewidth=1.5)
    left.set(xlabel="students drawn", ylabel="their mean mark", xlim=(1, 400), ylim=(28, 108))
    left.set_xticks([1, 4, 16, 64, 256], ["1", "4", "16", "64", "256"])
    left.minorticks_off()
    right.set(xticks=[], xlim=(0, 1.05))
    right.set_title(f"{draws} drawn:\n± {spread / np.sqrt(draws):.1f} marks", fontsize="medium")
    return fig


figure_means.slider = ("draws", [1, 4, 16, 64, 256], "students")
# --8<-- [end:means_drawn]


# --8<-- [start:means_printed]
def print_means():
    """How far the mean of n students lies from the exact one: predicted, and 2000 times."""
    exact, spread = expectation(learning_curve, 0, 10), deviation(learning_curve, 0, 10)
    rng = np.random.default_rng(0)
    print(f"exact mean {exact:.2f} marks, one student lies {spread:.2f} marks from it, typically")
    print("students   predicted error   measured   (marks)")
    for n in (1, 4, 16, 64, 256):
        means = np.mean(learning_curve(rng.uniform(0, 10, (2000, n))), axis=1)
        print(f"{n:8d}   {spread / np.sqrt(n):15.2f}   {np.sqrt(np.mean((means - exact) ** 2)):8.2f}")
# --8<-- [end:means_printed]


# --8<-- [start:dimensions]
def unknown(of_each):
    """The chance that of d facts, one a subject, none is known: an invented model.

    of_each, the hours for each subject, has the shape (..., d), the result (...).
    """
    return np.prod(np.exp(-of_each / 4), axis=-1)


def by_strips(d, edge):
    """Mean of `unknown` over d subjects by a grid with `edge` midpoints a subject.

    The grid has edge^d points. Its mean is a product, since `unknown` is one: no
    point need be visited, but a function without that form would need them all.
    """
    x = 8 * (np.arange(edge) + 0.5) / edge
    return np.mean(np.exp(-x / 4)) ** d


def by_drawing(d, n, runs, rng):
    """Means of `unknown` over n random students each, of shape (runs,)."""
    return np.mean(unknown(rng.uniform(0, 8, (runs, n, d))), axis=1)
# --8<-- [end:dimensions]


# --8<-- [start:dimensions_drawn]
def figure_dimensions(d=1):
    exact = ((1 - np.exp(-2)) / 2) ** d
    rng, looks = np.random.default_rng(0), 4 ** np.arange(1, 6)
    drawn = [np.sqrt(np.mean((by_drawing(d, n, 400, rng) / exact - 1) ** 2)) for n in looks]
    edges = np.unique(np.geomspace(1, 4096.5 ** (1 / d), 13).astype(int))
    strips = [abs(by_strips(d, edge) / exact - 1) for edge in edges]
    fig, ax = plt.subplots()
    ax.loglog(edges.astype(float) ** d, strips, "s-", color="C2", markersize=5, label="midpoints of a grid")
    ax.loglog(looks, drawn, "o--", color="C2", markersize=5, label="students drawn at random")
    ax.set(xlabel="places looked at", ylabel="error, as a share of the mean", xlim=(0.8, 5000), ylim=(1e-9, 10))
    ax.legend(loc="lower left")
    ax.set_title(f"{d} subject{'s' * (d > 1)}", fontsize="medium")
    return fig


figure_dimensions.slider = ("d", [1, 2, 3, 4, 5, 6, 8])
# --8<-- [end:dimensions_drawn]


# --8<-- [start:control]
def controlled(values, helper, mean):
    """Values with nearly the same expectation that vary less, thanks to a helper.

    values - c (helper - mean), where c is the slope of the line through the points
    (helper, value) by least squares. Shapes: values and helper (n,); mean, the known
    expectation of the helper, is a number. Raises `ValueError` for a helper that
    does not vary.
    """
    if not np.ptp(helper) > 0:
        raise ValueError("a helper that is always the same tells nothing")
    values, away = np.stack([values, helper - mean])
    c = np.cov(values, away)[0, 1] / np.var(away, ddof=1)
    return values - c * away
# --8<-- [end:control]


# --8<-- [start:control_drawn]
def figure_control(slope=0.0):
    hours = np.random.default_rng(0).uniform(0, 10, 200)
    what_is_left = lambda c: deviation(lambda x: learning_curve(x) - c * (x - 5), 0, 10)
    slopes = np.linspace(-1, 11, 61)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.6))
    left.plot(hours, learning_curve(hours), ".", color="gray", markersize=4)
    left.plot([0, 10], expectation(learning_curve, 0, 10) + slope * np.array([-5, 5]), color="C1")
    left.set(xlabel="hours", ylabel="marks", xlim=(0, 10), ylim=(20, 110), xticks=[0, 5, 10])
    right.plot(slopes, [what_is_left(c) ** 2 for c in slopes], color="C0")
    right.plot(slope, what_is_left(slope) ** 2, "o", color="C2", markersize=9)
    right.set(xlabel="slope c (marks per hour)", ylabel="variance of what is left (marks²)", ylim=(0, 520), xlim=(-1, 11))
    right.set_title(f"± {what_is_left(slope):.1f} marks", fontsize="medium")
    return fig


figure_control.slider = ("slope", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "marks per hour")
# --8<-- [end:control_drawn]


# --8<-- [start:control_printed]
def print_control():
    """A class of 100, alone and helped by hours; and how many an error of 0.1 marks takes."""
    hours = np.random.default_rng(0).uniform(0, 10, 100)
    marks = learning_curve(hours)
    spread = deviation(learning_curve, 0, 10)
    slope = expectation(lambda x: learning_curve(x) * (x - 5), 0, 10) / expectation(lambda x: (x - 5) ** 2, 0, 10)
    left = deviation(lambda x: learning_curve(x) - slope * (x - 5), 0, 10)
    print(f"exact {expectation(learning_curve, 0, 10):.2f} marks; best slope {slope:.2f} marks per hour")
    print("(marks)            100 students   typical error, exact   students for an error of 0.1")
    for name, values, typical in (("alone", marks, spread), ("helped by hours", controlled(marks, hours, 5), left)):
        mean, error = monte_carlo(values)
        print(f"{name:15}    {mean:.2f} ± {error:.2f}   {typical / 10:20.2f}   {(typical / 0.1) ** 2:28,.0f}")
# --8<-- [end:control_printed]


# --8<-- [start:losses]
def print_losses():
    """Loss of the true weights in marks², on 500 classes of 40 and 500 of 4000."""
    rng = np.random.default_rng(0)
    print("students   mean of 500 losses   typical error: predicted   measured (marks²)")
    for n in (40, 4000):
        noise = rng.normal(0, 5, (500, n))  # the marks less what hours and attendance explain
        losses = np.mean(noise**2, axis=1)
        print(f"{n:8d}   {losses.mean():18.2f}   {25 * np.sqrt(2 / n):24.2f}   {losses.std():8.2f}")
# --8<-- [end:losses]


# --8<-- [start:divergence]
def cross_entropy_of(p, q):
    """Expected surprise -ln q, in nats, where p happens.

    Both have the shape (k,), are positive, and add up to 1.
    """
    p, q = np.stack([p, q])  # of one shape, or it raises
    return -np.sum(p * np.log(q), axis=0)


def divergence(p, q):
    """How much of that surprise the best forecast would spare, in nats.

    p and q as above. Never negative, and 0 only for q = p. Source: Kullback and
    Leibler, 1951.
    """
    p, q = np.stack([p, q])
    return np.sum(p * np.log(p / q), axis=0)
# --8<-- [end:divergence]


# --8<-- [start:divergence_printed]
GRADES = np.array([0.1, 0.2, 0.4, 0.3])  # fail, pass, good, very good: what happens
FORECAST = np.array([0.05, 0.25, 0.45, 0.25])


def print_divergence():
    """A forecast of grades: its divergence, exact and from 200 grades, 2000 times."""
    p, q = GRADES, FORECAST
    print(f"cross-entropy {cross_entropy_of(p, q):.4f} = entropy {cross_entropy_of(p, p):.4f}", end="")
    print(f" + divergence {divergence(p, q):.4f} nats; the other way round {divergence(q, p):.4f}")
    drawn = np.random.default_rng(0).choice(4, (2000, 200), p=p)
    ratio = (q / p)[drawn]
    print("200 grades, in nats      mean    typical error   smallest single value")
    for name, values in (("ln p/q", -np.log(ratio)), ("ln p/q + q/p - 1", -np.log(ratio) + ratio - 1)):
        means = values.mean(axis=1)
        print(f"{name:16}   {means.mean():10.4f}   {means.std():14.4f}   {values.min():21.4f}")
# --8<-- [end:divergence_printed]


# --8<-- [start:mean_of_f]
def print_mean_of_f():
    """The mark of the mean student, and the mean mark of the students."""
    print(f"mark after the mean hours, 5: {learning_curve(5):.2f} marks")
    print(f"mean mark:                    {expectation(learning_curve, 0, 10):.2f} marks")
# --8<-- [end:mean_of_f]


# --8<-- [start:heavy]
def print_heavy():
    """Median distance from the mean over 100 runs, with and without a variance."""
    draws = 1 - np.random.default_rng(0).random((100, 40_000))  # above 0, up to 1
    print("value     mean   100 draws   40,000 draws   better by   within 2 told errors")
    for name, power in (("1/u^0.25", 0.25), ("1/u^0.75", 0.75)):
        values, mean = draws**-power, 1 / (1 - power)
        few, many = (np.median(abs(values[:, :n].mean(axis=1) - mean)) for n in (100, 40_000))
        within = np.mean([abs(run_mean - mean) < 2 * error for run_mean, error in map(monte_carlo, values)])
        print(f"{name}   {mean:4.2f}   {few:9.4f}   {many:12.4f}   {few / many:9.1f}   {within:20.0%}")
# --8<-- [end:heavy]


# --8<-- [start:pairs]
def print_pairs():
    """Variance of the mean of two marks: of two students, or of one and its mirror image."""
    pair = lambda x: (learning_curve(x) + learning_curve(10 - x)) / 2
    apart, mirrored = deviation(learning_curve, 0, 10) ** 2 / 2, deviation(pair, 0, 10) ** 2
    print(f"two students: {apart:.1f} marks², mirrored: {mirrored:.1f} marks², {apart / mirrored:.1f} times less")
# --8<-- [end:pairs]


# --8<-- [start:compared]
def print_compared():
    """Loss of a model 0.5 marks per hour off, less that of the right one, on classes of 40."""
    rng = np.random.default_rng(0)
    hours, noise = rng.uniform(0, 10, (2, 4000, 40)), rng.normal(0, 5, (2, 4000, 40))
    right, off = np.mean(noise**2, axis=2), np.mean((noise + 0.5 * (hours - 5)) ** 2, axis=2)
    for name, gap in (("other students each", off[1] - right[0]), ("the same students", off[0] - right[0])):
        print(f"{name:19}   gap {gap.mean():5.2f} ± {gap.std():.2f} marks², wrong sign in {np.mean(gap < 0):5.1%}")
# --8<-- [end:compared]


if __name__ == "__main__":
    print_means()
    print_control()
    print_losses()
    print_divergence()
    print_mean_of_f()
    print_heavy()
    print_pairs()
    print_compared()
    figure_means()
    figure_dimensions()
    figure_control()
    plt.show()
