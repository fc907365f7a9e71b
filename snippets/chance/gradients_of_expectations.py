"""Gradients of expectations: the slope of a mean, from random draws."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:gain]
def gain(hours):
    """Marks by the learning curve, less 5 marks for each hour that is lost elsewhere."""
    return 90 - 60 * np.exp(-hours / 4) - 5 * hours


def gain_slope(hours):
    """The derivative of `gain`, in marks per hour."""
    return 15 * np.exp(-hours / 4) - 5


def mean_gain(mean, spread):
    """Expectation of `gain` for hours that are normal with this mean and deviation, exactly."""
    return 90 - 60 * np.exp(-mean / 4 + spread**2 / 32) - 5 * mean


def mean_gain_slope(mean, spread):
    """Derivative of `mean_gain` with respect to the mean, in marks per hour."""
    return 15 * np.exp(-mean / 4 + spread**2 / 32) - 5
# --8<-- [end:gain]


# --8<-- [start:estimates]
def score_estimates(f, mean, spread, hours, baseline=0.0):
    """One estimate of the slope for each draw, (n,): how good it was, times its score.

    (f(x) - baseline) (x - mean) / spread², for normal hours x. f need not have a
    slope. Sources: Glynn, 1990; Williams, 1992 (REINFORCE).
    """
    return (f(hours) - baseline) * (hours - mean) / spread**2


def path_estimates(f_slope, hours):
    """One estimate of the slope for each draw, (n,): the slope of f where it fell.

    For x = mean + spread z, whose z does not know the mean. f may have kinks but no
    jumps. Source: Kingma and Welling, 2014 (reparametrisation).
    """
    return f_slope(hours)
# --8<-- [end:estimates]


# --8<-- [start:estimates_drawn]
def three_ways(mean, spread, hours):
    """The estimates of the three ways by name, each of shape (n,), for the same draws."""
    return {
        "score": score_estimates(gain, mean, spread, hours),
        "score with a baseline": score_estimates(gain, mean, spread, hours, mean_gain(mean, spread)),
        "path": path_estimates(gain_slope, hours),
    }


def figure_estimates(spread=1.0):
    hours = 3 + spread * np.random.default_rng(0).normal(size=200)
    exact = mean_gain_slope(3, spread)
    fig, axes = plt.subplots(3, 1, figsize=(6.4, 6.4), sharex=True, sharey=True)
    for ax, (name, estimates) in zip(axes, three_ways(3, spread, hours).items(), strict=True):
        ax.plot(hours, estimates, "o", color="C2", markersize=3, alpha=0.6)
        ax.axhline(exact, color="C3", linewidth=1.5)
        off = np.sqrt(np.mean((estimates - exact) ** 2))
        ax.set_title(f"{name}: {exact:.1f} ± {off:.1f} marks per hour", fontsize="medium")
        ax.set(ylim=(-220, 220), xlim=(-3, 9))
    axes[1].set_ylabel("estimates of the slope (marks per hour)")
    axes[2].set_xlabel("hours of a student")
    return fig


figure_estimates.slider = ("spread", [2.0, 1.4, 1.0, 0.7, 0.5], "hours")
# --8<-- [end:estimates_drawn]


# --8<-- [start:estimates_printed]
def print_estimates():
    """How far single estimates lie from the slope, over 200,000 draws around 3 hours."""
    z = np.random.default_rng(0).normal(size=200_000)
    print("                 off by (marks per hour)                draws for one of the path")
    print("spread   slope   score   with a baseline   path         score   with a baseline")
    for spread in (2.0, 1.0, 0.5):
        exact = mean_gain_slope(3, spread)
        off = [np.mean((part - exact) ** 2) for part in three_ways(3, spread, 3 + spread * z).values()]
        print(f"{spread:6.1f}   {exact:5.2f}   {off[0] ** 0.5:5.1f}   {off[1] ** 0.5:15.1f}   {off[2] ** 0.5:4.1f}", end="")
        print(f"   {off[0] / off[2]:11,.0f}   {off[1] / off[2]:15.0f}")
# --8<-- [end:estimates_printed]


# --8<-- [start:climbs]
def climb(way, mean=1.0, spread=1.0, steps=60, learning_rate=0.3, draws=10):
    """The mean hours on the way up `mean_gain`, (steps + 1,), by estimates of one way.

    Each step draws some students and adds learning_rate times their mean estimate.
    """
    rng, path = np.random.default_rng(0), [mean]
    for _ in range(steps):
        hours = path[-1] + spread * rng.normal(size=draws)
        path.append(path[-1] + learning_rate * np.mean(three_ways(path[-1], spread, hours)[way]))
    return np.array(path)


def figure_climbs():
    fig, axes = plt.subplots(1, 3, figsize=(6.8, 3.2), sharey=True)
    for ax, way in zip(axes, ("score", "score with a baseline", "path"), strict=True):
        ax.plot(climb(way), color="C2")
        ax.axhline(4 * np.log(3) + 1 / 8, color="C3", linewidth=1.5)
        ax.set(xlabel="step", xlim=(0, 60), ylim=(-12, 20))
        ax.set_title(way, fontsize="medium")
    axes[0].set_ylabel("mean hours")
    return fig
# --8<-- [end:climbs]


# --8<-- [start:jump]
def print_jump():
    """The share of students with 60 marks or more: its slope in the mean hours, three times."""
    rng, needed = np.random.default_rng(0), 4 * np.log(2)  # hours for 60 marks
    passes = lambda hours: (hours >= needed).astype(float)
    print("mean hours   exact slope   score   path (per hour)")
    for mean in (1.0, 2.0, 3.0):
        hours = mean + rng.normal(size=1_000_000)
        exact = np.exp(-((needed - mean) ** 2) / 2) / np.sqrt(2 * np.pi)
        by_score = score_estimates(passes, mean, 1.0, hours, passes(hours).mean()).mean()
        print(f"{mean:10.0f}   {exact:11.3f}   {by_score:5.3f}   {path_estimates(np.zeros_like, hours).mean():4.3f}")
# --8<-- [end:jump]


# --8<-- [start:switch]
def print_switch():
    """A switch that is 1 with chance q, its loss (k - 0.3)², and two slopes in q."""
    print("   q   mean loss   true slope   straight through, on average")
    for q in (0.0, 0.15, 0.3, 0.6, 1.0):
        loss = q * (1 - 0.3) ** 2 + (1 - q) * (0 - 0.3) ** 2
        through = q * 2 * (1 - 0.3) + (1 - q) * 2 * (0 - 0.3)
        print(f"{q:4.2f}   {loss:9.3f}   {(1 - 0.3) ** 2 - (0 - 0.3) ** 2:10.2f}   {through:28.2f}")
# --8<-- [end:switch]


# --8<-- [start:in_spread]
def print_in_spread():
    """The slope of the mean gain in the spread, at 3 hours and a spread of 1."""
    z = np.random.default_rng(0).normal(size=1_000_000)
    exact = -60 / 16 * np.exp(-3 / 4 + 1 / 32)
    scores = (gain(3 + z) - mean_gain(3, 1)) * (z**2 - 1)
    paths = gain_slope(3 + z) * z
    print(f"exact {exact:.3f} marks per hour")
    for name, estimates in (("score with a baseline", scores), ("path", paths)):
        print(f"{name:21} {estimates.mean():.2f}, single estimates off by {np.sqrt(np.mean((estimates - exact) ** 2)):.1f}")
# --8<-- [end:in_spread]


# --8<-- [start:best_baseline]
def best_baseline(values, scores):
    """The baseline with the least variance, mean(f s²) / mean(s²), for f and s of (n,)."""
    values, scores = np.stack([values, scores])
    return np.mean(values * scores**2) / np.mean(scores**2)


def print_best_baseline():
    """The mean gain as a baseline, and the best one, at 3 hours, over a million draws."""
    z = np.random.default_rng(0).normal(size=1_000_000)
    for spread in (2.0, 0.5):
        hours, mean = 3 + spread * z, mean_gain(3, spread)
        best = best_baseline(gain(hours), z / spread)
        off = [score_estimates(gain, 3, spread, hours, b).std() for b in (mean, best)]
        print(f"spread {spread}: mean gain {mean:.1f}, off by {off[0]:.1f}; best {best:.1f}, off by {off[1]:.1f}")
# --8<-- [end:best_baseline]


if __name__ == "__main__":
    print_estimates()
    print_jump()
    print_switch()
    print_in_spread()
    print_best_baseline()
    figure_estimates()
    figure_climbs()
    plt.show()
