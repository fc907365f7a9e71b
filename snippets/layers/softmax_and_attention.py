"""Softmax and attention: looking things up with slopes, forward and backward, and never a Jacobian."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:softmax]
def softmax_rows(S):
    """Weights that add up to 1 along the last axis, from scores S; same shape."""
    e = np.exp(S - S.max(axis=-1, keepdims=True))  # the largest is 1: no overflow
    return e / e.sum(axis=-1, keepdims=True)


def softmax_back(p, g):
    """From slopes g by p = softmax_rows(S), those by the scores S; all of one shape.

    Row by row (diag(p) - p p') g = p * (g - p·g), without the matrix.
    """
    return p * (g - np.sum(p * g, axis=-1, keepdims=True))
# --8<-- [end:softmax]


# --8<-- [start:attention]
def attention(Q, K, V, causal=False):
    """What each of n queries reads from m values, (n, c), and the weights P (n, m).

    Q (n, d) are the queries, K (m, d) the keys, V (m, c) the values. If causal, query
    i sees the keys up to i alone.
    """
    S = Q @ K.T / np.sqrt(Q.shape[1])  # (n, m)
    if causal:
        S = np.where(np.tri(*S.shape, dtype=bool), S, -np.inf)
    P = softmax_rows(S)  # (n, m), each row adds up to 1
    return P @ V, P  # (n, c)


def attention_back(Q, K, V, P, G):
    """From slopes G (n, c) by the output, those by Q, K and V, in their shapes."""
    dV = P.T @ G  # (m, c): each value was read by all queries
    dS = softmax_back(P, G @ V.T)  # (n, m): zero where P is, so a mask needs no care
    root = np.sqrt(Q.shape[1])
    return dS @ K / root, dS.T @ Q / root, dV  # (n, d), (m, d), (m, c)
# --8<-- [end:attention]


# --8<-- [start:scaled]
def random_scores(d):
    """Scores of a query and eight keys, (8,), of d independent standard normal entries."""
    rng = np.random.default_rng(2)
    return rng.normal(size=(8, d)) @ rng.normal(size=d)


def figure_scaled(d=1):
    fig, axes = plt.subplots(1, 2, figsize=(7, 3.4), sharey=True)
    for ax, scores, name in zip(axes, (random_scores(d), random_scores(d) / np.sqrt(d)), ("q·k", "q·k / √d"), strict=True):
        p = softmax_rows(scores)
        ax.bar(np.arange(1, 9), p, color="C0")
        ax.set(xlabel="key", ylim=(0, 1.02), xticks=np.arange(1, 9))
        ax.set_title(f"{name}: mean slope p (1 - p) is {np.mean(p * (1 - p)):.3f}", fontsize="medium")
    axes[0].set_ylabel("weight")
    return fig


figure_scaled.slider = ("d", [1, 4, 16, 64, 256, 1024])
# --8<-- [end:scaled]


# --8<-- [start:saturation]
def print_saturation():
    """Scores of 2000 random queries and keys: their spread, and the mean slope of softmax over 8."""
    print("   d   spread of q·k   mean p (1 - p): q·k   q·k / √d")
    rng = np.random.default_rng(0)
    for d in (1, 4, 16, 64, 256):
        scores = np.sum(rng.normal(size=(2000, 8, d)) * rng.normal(size=(2000, 1, d)), axis=2)
        slopes = [np.mean(p * (1 - p)) for p in (softmax_rows(scores), softmax_rows(scores / np.sqrt(d)))]
        print(f"{d:4d}   {scores.std():13.2f}   {slopes[0]:19.4f}   {slopes[1]:8.4f}")
# --8<-- [end:saturation]


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


def standardised(column):
    """The column shifted to mean 0 and divided by its standard deviation; shape (n,)."""
    return (column - column.mean()) / column.std()


def alike():
    """Squared differences (40, 40, 2) of students in standardised hours and attendance; marks."""
    hours, attendance, marks = students()
    x = np.stack([standardised(hours), standardised(attendance)], axis=1)
    return (x[:, None] - x[None]) ** 2, marks
# --8<-- [end:students]


# --8<-- [start:lookup]
def looked_up(w):
    """Each student's marks, read from the 39 others by attention, (40,), and their weights P.

    w (2,) are the scales: the score of a pair is -(w[0] a² + w[1] b²) for their
    differences a in hours and b in attendance, standardised; oneself is masked.
    """
    squares, marks = alike()
    P = softmax_rows(np.where(np.eye(40, dtype=bool), -np.inf, -squares @ w.reshape(2)))
    return P @ marks, P


def lookup_loss(w):
    """Mean-squared error of `looked_up` with the scales w (2,), in marks²."""
    return np.mean((looked_up(w)[0] - alike()[1]) ** 2)


def lookup_slope(w):
    """Gradient (2,) of `lookup_loss`, back through the softmax."""
    squares, marks = alike()
    told, P = looked_up(w)
    G = 2 / 40 * np.outer(told - marks, marks)  # (40, 40), with respect to P
    return -np.einsum("ij,ijk->k", softmax_back(P, G), squares)
# --8<-- [end:lookup]


# --8<-- [start:learned]
def learned(steps):
    """Descent on both scales from 0.5: all points, (steps + 1, 2)."""
    path = [np.array([0.5, 0.5])]
    for _ in range(steps):
        path.append(path[-1] - 0.01 * lookup_slope(path[-1]))
    return np.array(path)


def print_learned():
    """What makes students alike, and the error beside that of a plane fitted to the other 39."""
    path = learned(300)
    print("step   scale of hours   of attendance   error (marks²)")
    for step in (0, 10, 100, 300):
        w = path[step]
        print(f"{step:4d}   {w[0]:14.2f}   {w[1]:13.2f}   {lookup_loss(w):14.2f}")
    hours, attendance, marks = students()
    X = np.column_stack([np.ones(40), hours, attendance])
    left_out = (marks - X @ np.linalg.lstsq(X, marks, rcond=None)[0]) / (1 - np.sum(X * np.linalg.pinv(X).T, axis=1))
    print(f"a plane fitted to the 39 others: {np.mean(left_out**2):25.2f}")
# --8<-- [end:learned]


# --8<-- [start:reading]
def figure_reading(step=0):
    hours, attendance, marks = students()
    reader = 7
    p = looked_up(learned(step)[-1])[1][reader]
    fig, ax = plt.subplots()
    ax.scatter(hours, attendance, s=800 * p, color="C2", alpha=0.5, linewidths=0)
    ax.plot(hours, attendance, ".", color="gray", markersize=3)
    ax.plot(hours[reader], attendance[reader], "x", color="C3", markersize=9, markeredgewidth=2)
    ax.set(xlabel="hours", ylabel="attendance (%)", xlim=(-0.5, 10.5), ylim=(36, 104))
    ax.set_title(f"read: {p @ marks:.1f} marks, true: {marks[reader]:.1f}", fontsize="medium")
    return fig


figure_reading.slider = ("step", [0, 1, 2, 5, 10, 30, 100, 300])
# --8<-- [end:reading]


# --8<-- [start:without_matrix]
def print_without_matrix():
    """Multiplications for the slopes through a softmax of k scores, with its Jacobian and without."""
    print("scores   with the Jacobian   without   numbers kept: with   without")
    for k in (10, 1000, 50_000):
        print(f"{k:6,d}   {k * k + k * k:17,d}   {2 * k:7,d}   {k * k:18,d}   {k:7,d}")
# --8<-- [end:without_matrix]


# --8<-- [start:masks]
def print_masks():
    """Three words: what the first reads if the mask comes before the softmax, and after."""
    scores = np.array([1.0, 2.0, 3.0])
    before = softmax_rows(np.where([True, False, False], scores, -np.inf))
    after = softmax_rows(scores) * [1, 0, 0]
    for name, p in (("before: score -inf", before), ("after: times 0", after)):
        print(f"{name:19} weights {p.round(3)}, sum {p.sum():.3f}")
    moved = softmax_rows(np.array([1.0, 2.0, 5.0])) * [1, 0, 0]
    print(f"after, and the third score, which is not to be seen, raised by 2: {moved.round(3)}")
# --8<-- [end:masks]


# --8<-- [start:blocks]
def attention_in_blocks(q, K, V, size):
    """What one query q (d,) reads, (c,), from blocks of that many keys, one after the other.

    Kept are the largest score so far, the sum of exponentials and the mixture of
    values, both relative to that score: (c + 2,) numbers, however many keys there are.
    """
    largest, total, mixed = -np.inf, 0.0, np.zeros(V.shape[1])
    for start in range(0, len(K), size):
        scores = K[start : start + size] @ q / np.sqrt(len(q))
        new = max(largest, scores.max())
        e, shrink = np.exp(scores - new), np.exp(largest - new)
        total, mixed, largest = total * shrink + e.sum(), mixed * shrink + e @ V[start : start + size], new
    return mixed / total


def print_blocks():
    """1000 keys in blocks of 64, with scores around 800, too large for exp: the largest difference."""
    rng = np.random.default_rng(0)
    q, K, V = rng.normal(size=16), rng.normal(size=(1000, 16)), rng.normal(size=(1000, 4))
    K += 800 * np.sqrt(16) * q / (q @ q)
    whole, _ = attention(q[None], K, V)
    gap = np.max(np.abs(attention_in_blocks(q, K, V, 64) - whole[0]))
    print("the same to a billionth" if gap < 1e-9 else f"different by {gap:.1e}")
# --8<-- [end:blocks]


if __name__ == "__main__":
    print_saturation()
    print_learned()
    print_without_matrix()
    print_masks()
    print_blocks()
    figure_scaled()
    figure_reading()
    plt.show()
