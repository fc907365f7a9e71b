"""Integrals and areas: from a rate back to an amount, by adding up thin strips."""

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
# --8<-- [end:curve]


# --8<-- [start:rules]
RULES = {  # where to look in a strip from 0 to 1, and how much each look counts
    "left": ([0], [1]),
    "midpoint": ([1 / 2], [1]),
    "trapezoid": ([0, 1], [1 / 2, 1 / 2]),
    "Simpson": ([0, 1 / 2, 1], [1 / 6, 4 / 6, 1 / 6]),
    "Gauss": ([1 / 2 - 0.15**0.5, 1 / 2, 1 / 2 + 0.15**0.5], [5 / 18, 8 / 18, 5 / 18]),
}


def integrate(f, a, b, strips, rule="midpoint"):
    """The area under f from a to b, as a sum over strips of equal width.

    f takes an array and returns one of its shape. The unit is that of f times that of x.

    >>> print(integrate(lambda x: x**2, 0, 3, 3))  # 0.5² + 1.5² + 2.5²
    8.75
    """
    points, weights = map(np.array, RULES[rule])
    edges = np.linspace(a, b, strips + 1)
    width = (b - a) / strips
    looks = edges[:-1, None] + width * points  # a row for each strip
    return width * np.sum(f(looks) @ weights)
# --8<-- [end:rules]


# --8<-- [start:sums_printed]
def print_sums():
    """Marks gained in 8 hours, from the rate alone, with more and more strips."""
    exact = learning_curve(8) - learning_curve(0)
    print("strips   left sum   its error   midpoint sum   its error")
    for strips in (1, 2, 4, 8, 16, 32):
        left, middle = (integrate(learning_curve_slope, 0, 8, strips, rule) for rule in ("left", "midpoint"))
        print(f"{strips:6d}   {left:8.3f}   {left - exact:9.3f}   {middle:12.3f}   {middle - exact:9.3f}")
    print(f"the curve itself rises by {exact:.3f} marks")
# --8<-- [end:sums_printed]


# --8<-- [start:strips_drawn]
def figure_strips(strips=2):
    x = np.linspace(0, 8, 81)
    edges = np.linspace(0, 8, strips + 1)
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 3.4), sharey=True)
    for ax, rule in zip(axes, ("left", "midpoint"), strict=True):
        heights = learning_curve_slope(edges[:-1] + (8 / strips) * RULES[rule][0][0])
        ax.bar(edges[:-1], heights, 8 / strips, align="edge", color="C2", alpha=0.35, edgecolor="C2", linewidth=0.8)
        ax.plot(x, learning_curve_slope(x), color="C1", linewidth=2)
        ax.set_title(f"{rule}: {integrate(learning_curve_slope, 0, 8, strips, rule):.2f} marks")
        ax.set(xlabel="hours", xlim=(0, 8), ylim=(0, 16))
    axes[0].set_ylabel("marks per hour")
    return fig


figure_strips.slider = ("strips", [1, 2, 4, 8, 16, 32])
# --8<-- [end:strips_drawn]


# --8<-- [start:accumulated]
def accumulated(f, x):
    """The area under f from x[0] to each of x, by the midpoint of each piece; shape (n,)."""
    pieces = f((x[:-1] + x[1:]) / 2) * np.diff(x, axis=0)
    return np.concatenate([[0.0], np.cumsum(pieces)])


def figure_accumulated(hours=0.0):
    x = np.linspace(0, 8, 161)
    area = accumulated(learning_curve_slope, x)
    done = x <= hours
    fig, (above, below) = plt.subplots(2, 1, figsize=(6, 5), sharex=True)
    above.plot(x, learning_curve_slope(x), color="C1")
    above.fill_between(x[done], learning_curve_slope(x[done]), color="C1", alpha=0.3, linewidth=0)
    below.plot(x, area, color="C0")
    below.plot(hours, area[done][-1], "o", color="C0")
    below.text(4, 8, f"area so far {area[done][-1]:.1f} marks\nslope here {learning_curve_slope(hours):.1f} marks per hour")
    above.set(ylabel="marks per hour", ylim=(0, 16))
    below.set(xlabel="hours", ylabel="marks gained", xlim=(-0.1, 8.1), ylim=(-2, 60))
    return fig


figure_accumulated.slider = ("hours", [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8])
# --8<-- [end:accumulated]


# --8<-- [start:both_ways_printed]
def print_both_ways():
    """First add up and then differentiate; first differentiate and then add up."""
    x = np.linspace(0, 8, 1601)
    area = accumulated(learning_curve_slope, x)
    slopes = np.diff(area) / np.diff(x)  # between the points of x
    print("hours   rate   slope of the area   curve   start + area under its slope")
    for hours in (1, 2, 4, 7):
        k = 200 * hours
        print(f"{hours:5d}   {learning_curve_slope(x[k]):4.2f}   {(slopes[k - 1] + slopes[k]) / 2:17.2f}", end="")
        print(f"   {learning_curve(x[k]):5.2f}   {learning_curve(0) + area[k]:28.2f}")
# --8<-- [end:both_ways_printed]


# --8<-- [start:orders_printed]
def print_orders():
    """Errors with 4 and 8 strips, and how many times smaller the second one is."""
    exact = learning_curve(8) - learning_curve(0)
    print("rule         looks a strip   error, 4 strips   8 strips   ratio")
    for rule, (points, _) in RULES.items():
        coarse, fine = (integrate(learning_curve_slope, 0, 8, strips, rule) - exact for strips in (4, 8))
        print(f"{rule:10}   {len(points):13d}   {coarse:15.1e}   {fine:8.1e}   {coarse / fine:5.1f}")
# --8<-- [end:orders_printed]


# --8<-- [start:orders_drawn]
def figure_rules():
    exact = learning_curve(8) - learning_curve(0)
    strips = 2 ** np.arange(9)
    fig, ax = plt.subplots()
    for rule, style in zip(RULES, ("o-", "s--", "o:", "s-.", "^-"), strict=True):
        errors = np.array([abs(integrate(learning_curve_slope, 0, 8, n, rule) - exact) for n in strips])
        seen = errors > 1e-12  # below, it is rounding
        ax.loglog(strips[seen], errors[seen], style, color="C2", markersize=5)
        above = {"trapezoid": 5, "midpoint": -7}.get(rule, 0)  # their lines run side by side
        ax.annotate(rule, (strips[seen][-1], errors[seen][-1]), xytext=(6, above), textcoords="offset points", va="center")
    ax.set_xscale("log", base=2)
    ax.set(xlabel="strips", ylabel="error (marks)", xlim=(0.8, 1200))
    return fig
# --8<-- [end:orders_drawn]


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


def passes(marks):
    """1 for those with at least 60 marks, 0 for the others."""
    return (marks >= 60).astype(float)
# --8<-- [end:students]


# --8<-- [start:auc]
def roc(scores, passed):
    """For each threshold the shares of fails and of passes at or above it; two (k + 1,).

    scores and passed, of zeros and ones, have shape (n,). Equal scores are one step.
    """
    scores, passed = np.stack([scores, passed])
    thresholds = np.unique(scores)[::-1]
    above = scores >= thresholds[:, None]
    fails, right = above @ (1 - passed) / np.sum(1 - passed), above @ passed / passed.sum()
    return np.append(0, fails), np.append(0, right)


def area_below(x, y):
    """The area below the straight pieces that join the points (x, y), both of shape (n,)."""
    return np.sum(np.diff(x) * (y[:-1] + y[1:]) / 2)


def share_of_pairs(scores, passed):
    """The share of pairs, one pass and one fail, in which the pass has the higher score.

    Equal scores count half.
    """
    scores, passed = np.stack([scores, passed])
    gap = scores[passed == 1][:, None] - scores[passed == 0]
    return np.mean((gap > 0) + (gap == 0) / 2)
# --8<-- [end:auc]


# --8<-- [start:auc_printed]
def print_auc():
    """How well one number tells passes from fails among the 40: area, and pairs counted."""
    hours, attendance, marks = students()
    passed = passes(marks)
    scores = {"hours": hours, "attendance": attendance, "5 hours + 0.3 attendance": 5 * hours + 0.3 * attendance}
    print(f"{passed.sum():.0f} pass, {len(passed) - passed.sum():.0f} fail")
    for name, score in scores.items():
        print(f"{name:25} area {area_below(*roc(score, passed)):.4f}   pairs {share_of_pairs(score, passed):.4f}")
# --8<-- [end:auc_printed]


# --8<-- [start:auc_drawn]
def figure_auc():
    hours, attendance, marks = students()
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 3.6), sharey=True)
    for ax, score, name in zip(axes, (hours, attendance), ("hours", "attendance"), strict=True):
        x, y = roc(score, passes(marks))
        ax.fill_between(x, y, color="C0", alpha=0.2, linewidth=0)
        ax.plot(x, y, color="C0")
        ax.plot([0, 1], [0, 1], color="gray", linewidth=1, linestyle=":")
        ax.text(0.62, 0.15, f"area {area_below(x, y):.2f}", ha="center")
        ax.set(title=f"by {name}", xlabel="share of fails let in", aspect="equal", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes[0].set_ylabel("share of passes let in")
    return fig
# --8<-- [end:auc_drawn]


# --8<-- [start:singular]
def print_singularity():
    """Midpoint and Gauss on 1/sqrt(x) and on 1/x from 0 to 1, and one after x = u²."""
    root, inverse, mended = (lambda x: x**-0.5), (lambda x: 1 / x), (lambda u: 2 * u * (u**2) ** -0.5)
    print("          1/sqrt(x): midpoint    Gauss   with x = u²   1/x: midpoint    Gauss")
    for strips in (10, 100, 1000, 10000):
        values = [integrate(f, 0, 1, strips, rule) for f in (root, inverse) for rule in ("midpoint", "Gauss")]
        values.insert(2, integrate(mended, 0, 1, strips))
        print("{:6d}   {:20.4f}   {:6.4f}   {:11.4f}   {:13.3f}   {:6.3f}".format(strips, *values))
# --8<-- [end:singular]


if __name__ == "__main__":
    print_sums()
    print_both_ways()
    print_orders()
    print_auc()
    print_singularity()
    figure_strips()
    figure_accumulated()
    figure_rules()
    figure_auc()
    plt.show()
