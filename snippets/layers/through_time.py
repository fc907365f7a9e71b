"""Through time: a loop is a deep network whose layers share their weights, and slopes that fade or grow."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:students]
def weekly_students(n=40):
    """Simulated students who forget: hours (n, 12), from 0 to 10 in each week, and marks (n,).

    Of what they know, 0.8 is left a week later. The marks are 20, and 2 for each hour
    that is left after the last week, and noise with a standard deviation of 2.
    """
    rng = np.random.default_rng(0)
    hours = rng.uniform(0, 10, (n, 12))
    return hours, 20 + 2 * hours @ 0.8 ** np.arange(11, -1, -1) + rng.normal(0, 2, n)
# --8<-- [end:students]


# --8<-- [start:knowledge]
def knowledge(hours, w):
    """What is known at first and after each week, (weeks + 1, n), in hours."""
    h = [np.zeros(len(hours))]
    for x in hours.T:
        h.append(w * h[-1] + x)
    return np.array(h)


def exam_loss(hours, marks, w):
    """Mean-squared error in marks², and its slope by w, the share that stays a week.

    Marks (n,) are told by the best line through the final knowledge of hours (n, weeks).
    """
    h = knowledge(hours, w)
    b, a = np.polyfit(h[-1], marks, 1)  # at the best line its own slopes are zero
    residual = a + b * h[-1] - marks
    g, slope = 2 / len(marks) * residual * b, 0.0  # g (n,): by the knowledge after week t
    for t in range(len(h) - 1, 0, -1):
        slope += np.sum(g * h[t - 1])  # w was used in week t, on what was known before
        g = g * w  # by what was known before
    return np.mean(residual**2), slope
# --8<-- [end:knowledge]


# --8<-- [start:keeping]
def print_keeping():
    """Descent on the share that stays a week: where it is, and the error."""
    hours, marks = weekly_students()
    w = 0.3
    print("step   share kept   error (marks²)")
    for step in range(301):
        loss, slope = exam_loss(hours, marks, w)
        if step in (0, 10, 30, 100, 300):
            print(f"{step:4d}   {w:10.3f}   {loss:14.2f}")
        w -= 1e-4 * slope
# --8<-- [end:keeping]


# --8<-- [start:worth]
def figure_worth(w=0.5):
    fig, ax = plt.subplots()
    worth = w ** np.arange(11, -1, -1)
    ax.bar(np.arange(1, 13), worth, color="C1")
    ax.set(xlabel="week in which the hour was studied", ylabel="worth after the last week (hours)")
    ax.set(xticks=np.arange(1, 13), ylim=(0, 3))
    ax.set_title(f"an hour of the first week: {worth[0]:.4f}", fontsize="medium")
    return fig


figure_worth.slider = ("w", [0.5, 0.7, 0.8, 0.9, 1, 1.1])
# --8<-- [end:worth]


# --8<-- [start:cell]
def run_cell(X, W, U):
    """States (T + 1, n, m) of n sequences X (T, n, p): h = tanh(h W + x U), from zeros."""
    states = [np.zeros((X.shape[1], len(W)))]
    for x in X:
        states.append(np.tanh(states[-1] @ W + x @ U))
    return np.array(states)


def cell_gradients(states, X, W, U, G, cut=None):
    """From slopes G (n, m) by the last states, those by W (m, m) and by U (p, m).

    If cut is a number, the walk back ends after so many steps.
    """
    dW, dU = np.zeros(W.shape), np.zeros(U.shape)
    for t in range(len(X), 0 if cut is None else max(0, len(X) - cut), -1):
        D = G * (1 - states[t] ** 2)  # (n, m): by h W + x U
        dW += states[t - 1].T @ D  # the same W in each step: a sum over time
        dU += X[t - 1].T @ D
        G = D @ W.T  # by the states one step earlier
    return dW, dU
# --8<-- [end:cell]


# --8<-- [start:growth]
def random_cell(radius, m=16):
    """A random matrix (m, m) whose largest eigenvalue has that absolute value."""
    W = np.random.default_rng(0).normal(0, 1, (m, m))
    return W * radius / np.abs(np.linalg.eigvals(W)).max()


def sizes_back(W, slopes):
    """Root mean square of g, sent back through h W and each of the slopes (T, m): (T + 1,)."""
    g = np.random.default_rng(2).normal(0, 1, len(W))
    sizes = [g]
    for slope in slopes[::-1]:
        sizes.append((sizes[-1] * slope) @ W.T)
    return np.sqrt(np.mean(np.square(sizes), axis=1))


def figure_growth(radius=0.5):
    W = random_cell(radius)
    X = np.random.default_rng(1).normal(0, 0.3, (40, 1, 16))
    slopes = 1 - run_cell(X, W, np.eye(16))[1:, 0] ** 2
    fig, ax = plt.subplots()
    back = np.arange(41)
    ax.semilogy(back, float(radius) ** back, "-", color="C1", label="radius to the power of steps")
    ax.semilogy(back, sizes_back(W, np.ones((40, 16))), "o", color="C1", markersize=4, label="without tanh")
    ax.semilogy(back, sizes_back(W, slopes), "x", color="C1", markersize=5, label="with tanh")
    ax.minorticks_off()
    ax.set(xlabel="steps back", ylabel="size of the slopes", xlim=(-1, 41), ylim=(1e-15, 1e21))
    ax.legend(loc="upper left")
    return fig


figure_growth.slider = ("radius", [0.5, 0.8, 1, 1.2, 1.5, 3])
# --8<-- [end:growth]


# --8<-- [start:remember]
def remembered(distance, radius, cut=None, seed=0):
    """Share of a number's variance that is told so many steps after it was shown; first slope by U.

    Eight units are trained for 400 steps of descent, on 50 sequences each; their W is
    radius times a random orthogonal matrix at first. The slope is told by its length.
    """
    rng = np.random.default_rng(seed)
    W = radius * np.linalg.qr(rng.normal(0, 1, (8, 8)))[0]
    U, V = rng.normal(0, 0.5, (1, 8)), rng.normal(0, 0.3, (8, 1))
    shares, first = [], None
    for _ in range(400):
        X = np.zeros((distance + 1, 50, 1))
        X[0] = rng.normal(0, 1, (50, 1))  # to be told at the end; then nothing comes
        states = run_cell(X, W, U)
        residual = states[-1] @ V - X[0]
        shares.append(1 - np.mean(residual**2) / np.mean(X[0] ** 2))
        D = 2 / 50 * residual
        dW, dU = cell_gradients(states, X, W, U, D @ V.T, cut)
        first = np.linalg.norm(dU) if first is None else first
        W, U, V = W - 0.1 * dW, U - 0.1 * dU, V - 0.1 * states[-1].T @ D
    return np.mean(shares[-20:]), first


def in_words(share):
    """What a share of the variance, as `remembered` gives it, amounts to."""
    return "nothing" if share < 0.1 else "all" if share > 0.95 else "the sign" if 0.5 < share < 0.72 else "some"


def print_remembered():
    """What is remembered after 2, 20 and 40 steps, and the slope by U before training."""
    print("steps   radius 0.5          radius 0.7          radius 1")
    for distance in (2, 20, 40):
        print(f"{distance:5d}", end="")
        for radius in (0.5, 0.7, 1.0):
            share, first = remembered(distance, radius)
            print(f"   {in_words(share):8} ({first:.0e})", end="")
        print()
# --8<-- [end:remember]


# --8<-- [start:transient]
def print_transient():
    """Length of (1, 1), sent through a matrix with the radius 0.9 again and again."""
    W, g = np.array([[0.9, 5.0], [0.0, 0.9]]), np.array([1.0, 1.0])
    print(f"radius {np.abs(np.linalg.eigvals(W)).max():.1f}")
    for step in range(121):
        if step in (0, 1, 9, 30, 60, 120):
            print(f"after {step:3d} steps: {np.linalg.norm(g):8.3f}")
        g = W @ g
# --8<-- [end:transient]


# --8<-- [start:cut]
def print_cut():
    """The walk back cut off after five steps: slope by U before training, and what is remembered."""
    for radius in (0.7, 1.0):
        share, first = remembered(40, radius, cut=5)
        print(f"radius {radius}: first slope by U {first:.0f}, after 40 steps it tells {in_words(share)}")
# --8<-- [end:cut]


if __name__ == "__main__":
    print_keeping()
    print_remembered()
    print_transient()
    print_cut()
    figure_worth()
    figure_growth()
    plt.show()
