"""Why calculus: from a loss to a trained model, on the marks of simulated students."""

# --8<-- [start:imports]
import math

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


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


# --8<-- [start:predict]
def predict(w, hours):
    """Marks that the model expects: w[0] at average hours, and w[1] for each hour more."""
    return w[0] + w[1] * (hours - students()[0].mean())
# --8<-- [end:predict]


# --8<-- [start:measure]
def mean_squared_miss(w):
    """How wrong the model is: the mean of the squared misses, in marks²; w (2,)."""
    hours, _, marks = students()
    return np.mean((predict(w, hours) - marks) ** 2)
# --8<-- [end:measure]


# --8<-- [start:nudge]
def slopes_by_nudging(w, nudge=1e-6):
    """How fast the loss changes with each weight: nudge it, and see; shape (2,)."""
    up = [mean_squared_miss(w + nudge * one) for one in np.eye(2)]
    down = [mean_squared_miss(w - nudge * one) for one in np.eye(2)]
    return np.subtract(up, down) / (2 * nudge)
# --8<-- [end:nudge]


# --8<-- [start:nudge_printed]
def print_nudge():
    """The loss of the ignorant model, and what a nudge of each weight does to it."""
    w = np.array([0.0, 0.0])
    print(f"loss {mean_squared_miss(w):.1f} marks²")
    print(f"slope in the first weight  {slopes_by_nudging(w)[0]:7.2f} marks² per mark")
    print(f"slope in the second weight {slopes_by_nudging(w)[1]:7.2f} marks² per (mark per hour)")
# --8<-- [end:nudge_printed]


# --8<-- [start:train]
def slopes(w):
    """The same slopes by the rules of calculus: no nudge, and no second try; shape (2,)."""
    hours, _, marks = students()
    miss = predict(w, hours) - marks
    return np.array([np.mean(2 * miss), np.mean(2 * miss * (hours - hours.mean()))])


def train(w, learning_rate, steps):
    """Small steps against the slopes; all weights on the way, of shape (steps + 1, 2)."""
    path = [w]
    for _ in range(steps):
        w = w - learning_rate * slopes(w)
        path.append(w)
    return np.array(path)
# --8<-- [end:train]


# --8<-- [start:train_printed]
def print_train():
    """The weights and the loss on the way, from knowing nothing."""
    path = train(np.zeros(2), 0.05, 60)
    print("step   marks at average hours   marks per hour   loss (marks²)")
    for step in (0, 1, 2, 5, 10, 20, 40, 60):
        w = path[step]
        print(f"{step:4d}   {w[0]:22.2f}   {w[1]:14.2f}   {mean_squared_miss(w):13.2f}")
    print(f"a student with 6 hours: {predict(path[-1], 6.0):.1f} marks")
# --8<-- [end:train_printed]


# --8<-- [start:training]
def figure_training(step=4):
    hours, _, marks = students()
    path = train(np.zeros(2), 0.05, 60)
    losses = [mean_squared_miss(w) for w in path]
    ends = np.array([0.0, 10.0])
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.6, 3.7))
    left.plot(hours, marks, "o", color="gray", markersize=4)
    left.plot(ends, predict(path[-1], ends), "--", color="C3", linewidth=1)
    left.plot(ends, predict(path[step], ends), color="C0")
    left.set(xlabel="hours studied", ylabel="marks", xlim=(0, 10), ylim=(-25, 105), xticks=range(0, 11, 2))
    right.semilogy(losses, color="gray", linewidth=1)
    right.plot(losses[: step + 1], "o-", color="C2", markersize=3)
    right.set(xlabel="step", ylabel="loss (marks²)", xlim=(-1, 61), ylim=(30, 6000))
    return fig


figure_training.slider = ("step", [0, 1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 30, 60])
# --8<-- [end:training]


# --8<-- [start:guess]
def standardised(column):
    """The column shifted to mean 0 and divided by its standard deviation; shape (n,)."""
    return (column - column.mean()) / column.std()


def least_loss(features, marks):
    """The smallest mean-squared miss of any weights, in marks²; features (n, p)."""
    best = np.linalg.lstsq(features, marks, rcond=None)[0]
    return np.mean((features @ best - marks) ** 2)


def mean_guesses(features, marks, excess=0.1):
    """Random guesses, on average, until the loss is at most 1 + excess times the least.

    Guesses lie between -100 and 100 for each of the p weights. The good ones fill
    an ellipsoid; the mean number is the volume of the box over that of the ellipsoid.
    """
    n, p = features.shape
    radius = np.sqrt(excess * least_loss(features, marks))
    ball = math.pi ** (p / 2) / math.gamma(p / 2 + 1) * radius**p
    return 200**p / (ball / np.sqrt(np.linalg.det(features.T @ features / n)))


def steps_needed(features, marks, learning_rate=0.3, excess=0.1):
    """Steps along the slopes, from zeros, until the loss is as small as that.

    Raises `RuntimeError` if a thousand steps are not enough.
    """
    w, goal = np.zeros(features.shape[1]), (1 + excess) * least_loss(features, marks)
    for steps in range(1001):
        loss = np.mean((features @ w - marks) ** 2)
        if loss <= goal:
            return steps
        w = w - learning_rate * 2 / len(marks) * features.T @ (features @ w - marks)
    raise RuntimeError(f"after 1000 steps the loss is {loss:.3g}, and not {goal:.3g}")
# --8<-- [end:guess]


# --8<-- [start:guess_printed]
def print_tries():
    """Tries for models with one, two and three weights."""
    hours, attendance, marks = students()
    X = np.column_stack([np.ones_like(hours), standardised(hours), standardised(attendance)])
    print("weights   least loss (marks²)   random guesses, on average   steps")
    for p in (1, 2, 3):
        guesses, steps = mean_guesses(X[:, :p], marks), steps_needed(X[:, :p], marks)
        print(f"{p:7d}   {least_loss(X[:, :p], marks):19.1f}   {guesses:26,.0f}   {steps:5d}")
# --8<-- [end:guess_printed]


# --8<-- [start:truth]
def print_truth():
    """The loss of the rule that made the data, and of the best model with its features."""
    hours, attendance, marks = students()
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    fitted = np.linalg.lstsq(X, marks, rcond=None)[0]
    for name, w in (("true rule", np.array([12, 5, 0.3])), ("best fit", fitted)):
        print(f"{name:9}   loss {np.mean((X @ w - marks) ** 2):.2f} marks²   weights {w.round(2)}")
    print(f"correlation of hours and attendance {np.corrcoef(hours, attendance)[0, 1]:.2f}")
# --8<-- [end:truth]


# --8<-- [start:rates]
def print_learning_rates():
    """The loss on the way, in marks², for four learning rates."""
    print("learning rate   step 0   step 2   step 4   step 8   step 20")
    for rate in (0.001, 0.05, 0.10, 0.12):
        path = train(np.zeros(2), rate, 20)
        losses = (mean_squared_miss(path[step]) for step in (0, 2, 4, 8, 20))
        print(f"{rate:13.3f}", *(f"{loss:8.0f}" for loss in losses))
# --8<-- [end:rates]


if __name__ == "__main__":
    print_nudge()
    print_train()
    print_tries()
    print_truth()
    print_learning_rates()
    figure_training()
    plt.show()
