"""Convolution: one small pattern looked for everywhere, and slopes that stamp it back."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.datasets import load_digits
# --8<-- [end:imports]


# --8<-- [start:digits]
def digits():
    """Handwritten digits of scikit-learn: 1797 images of 8 by 8, ink from 0 to 1, and what they are."""
    data = load_digits()
    return data.images / 16, data.target
# --8<-- [end:digits]


# --8<-- [start:convolve]
def convolve(X, K):
    """Images X (n, h, w), kernels K (o, k, k): maps (n, h - k + 1, w - k + 1, o).

    Each place of a map is the sum of kernel times window, its corner there.
    """
    windows = sliding_window_view(X, K.shape[1:], axis=(1, 2))  # (n, h', w', k, k)
    return np.tensordot(windows, K, ([3, 4], [1, 2]))


def slopes_by_kernel(X, G):
    """From slopes G (n, h', w', o) by the maps of X (n, h, w), those by K (o, k, k)."""
    k = X.shape[1] - G.shape[1] + 1
    windows = sliding_window_view(X, (k, k), axis=(1, 2))
    return np.tensordot(G, windows, ([0, 1, 2], [0, 1, 2]))  # summed over all places


def slopes_by_image(K, G):
    """From slopes G (n, h', w', o) by the maps, those by the images: stamps add up.

    Kernels K (o, k, k); the result is (n, h' + k - 1, w' + k - 1).
    """
    k, (n, h, w, _) = K.shape[1], G.shape
    image = np.zeros((n, h + k - 1, w + k - 1))
    for a in range(k):
        for b in range(k):
            image[:, a : a + h, b : b + w] += G @ K[:, a, b]
    return image
# --8<-- [end:convolve]


# --8<-- [start:sliding]
UPRIGHT = np.array([[1.0, 0.0, -1.0], [1.0, 0.0, -1.0], [1.0, 0.0, -1.0]])


def show(ax, image, largest, title, color="C0"):
    """An array (h, w) as squares with areas of its numbers: filled above zero, open below; none where nan."""
    rows, columns = np.indices(image.shape) + 0.5
    side = np.sqrt(np.abs(image) / largest)
    for sign, fill in ((1, color), (-1, "none")):
        at = np.sign(image) == sign
        ax.bar(columns[at], side[at], side[at], (rows - side / 2)[at], color=fill, edgecolor=color, linewidth=1)
    h, w = image.shape
    ax.plot([0, w, w, 0, 0], [0, 0, h, h, 0], color="gray", linewidth=0.8)
    ax.set(aspect="equal", xlim=(-0.1, 8.1), ylim=(8.1, -0.1))
    ax.set_axis_off()
    ax.set_title(title, fontsize="medium")


def figure_sliding(place=1):
    image = digits()[0][0]
    known = np.full(36, np.nan)
    known[:place] = convolve(image[None], UPRIGHT[None]).ravel()[:place]
    fig, axes = plt.subplots(1, 3, figsize=(7, 2.8))
    show(axes[0], image, 1, "image", "black")
    row, column = divmod(place - 1, 6)
    axes[0].plot(column + np.array([0, 3, 3, 0, 0]), row + np.array([0, 0, 3, 3, 0]), color="C3", linewidth=2)
    show(axes[1], UPRIGHT, 1, "kernel")
    show(axes[2], known.reshape(6, 6), 3, f"map, here {known[place - 1]:.2f}")
    return fig


figure_sliding.slider = ("place", [1, 2, 3, 4, 5, 6, 7, 12, 18, 24, 30, 36])
# --8<-- [end:sliding]


# --8<-- [start:stamps]
def figure_stamps(stamps=1):
    rng = np.random.default_rng(554)
    order, strengths = rng.permutation(36), rng.choice([1.0, -1.0, 0.5], 36)
    G = np.zeros(36)
    G[order[:stamps]] = strengths[:stamps]
    G = G.reshape(1, 6, 6, 1)
    fig, axes = plt.subplots(1, 3, figsize=(7, 2.8))
    show(axes[0], G[0, :, :, 0], 1, "slopes by the map", "C1")
    show(axes[1], UPRIGHT, 1, "kernel")
    show(axes[2], slopes_by_image(UPRIGHT[None], G)[0], 3, "slopes by the image", "C1")
    return fig


figure_stamps.slider = ("stamps", [1, 2, 3, 6, 36])
# --8<-- [end:stamps]


# --8<-- [start:softmax]
def softmax_rows(S):
    """Weights that add up to 1 along the last axis, from scores S; same shape."""
    e = np.exp(S - S.max(axis=-1, keepdims=True))  # the largest is 1: no overflow
    return e / e.sum(axis=-1, keepdims=True)
# --8<-- [end:softmax]


# --8<-- [start:network]
def read_strokes(X, K, b, V, c):
    """Largest value of each map after the ReLU (n, o), its place, probabilities (n, 10).

    Images X (n, h, w) of any size, kernels K (o, k, k), b (o,), V (o, 10), c (10,).
    """
    maps = convolve(X, K).reshape(len(X), -1, len(K)) + b.reshape(len(K))
    place = maps.argmax(axis=1)  # (n, o)
    largest = np.maximum(maps.max(axis=1), 0)
    return largest, place, softmax_rows(largest @ V + c)


def stroke_gradients(weights, X, labels):
    """Mean surprise in nats, and its gradients by K, b, V and c, from n images X."""
    K, b, V, c = weights
    n, h, w = len(X), *(side - K.shape[1] + 1 for side in X.shape[1:])
    largest, place, p = read_strokes(X, *weights)
    D = (p - np.eye(10)[labels]) / n  # (n, 10): probability minus truth
    G = np.zeros((n, h * w, len(K)))  # only the winner of a map feels a slope
    np.put_along_axis(G, place[:, None], (D @ V.T * (largest > 0))[:, None], axis=1)
    G = G.reshape(n, h, w, len(K))
    surprise = -np.mean(np.log(p[np.arange(n), labels]))
    by_b = G.sum(axis=(0, 1, 2))
    return surprise, (slopes_by_kernel(X, G), by_b, largest.T @ D, D.sum(axis=0))
# --8<-- [end:network]


# --8<-- [start:dense]
def dense_gradients(weights, X, labels):
    """The same for a network that connects all 64 pixels with m units: W (64, m), b, V (m, 10), c."""
    W, b, V, c = weights
    flat = X.reshape(len(X), -1)
    H = np.maximum(flat @ W + b, 0)
    p = softmax_rows(H @ V + c)
    D = (p - np.eye(10)[labels]) / len(X)
    G = D @ V.T * (H > 0)
    surprise = -np.mean(np.log(p[np.arange(len(X)), labels]))
    return surprise, (flat.T @ G, G.sum(axis=0), H.T @ D, D.sum(axis=0))
# --8<-- [end:dense]


# --8<-- [start:train]
def framed(X, down=0, right=0):
    """Images (n, 8, 8) on empty paper of 18 by 18, moved from its middle by whole pixels."""
    paper = np.zeros((len(X), 18, 18))
    paper[:, 5 + down : 13 + down, 5 + right : 13 + right] = X
    return paper


def trained_reader(kind, steps):
    """Weights of 24 kernels of 5 by 5, or of 11 "dense" units, after descent on a thousand digits."""
    X, labels = digits()
    kernels, rng = kind == "kernels", np.random.default_rng(0)
    shape, inputs, units = ((24, 5, 5), 25, 24) if kernels else ((64, 11), 64, 11)
    weights = rng.normal(0, np.sqrt(2 / inputs), shape), np.zeros(units)
    weights += rng.normal(0, np.sqrt(1 / units), (units, 10)), np.zeros(10)
    gradients_of = stroke_gradients if kernels else dense_gradients
    paper = framed(X)[:, 1:-1, 1:-1] if kernels else X  # a margin as wide as a kernel reaches
    for _ in range(steps):
        batch = rng.integers(0, 1000, 50)
        _, gradients = gradients_of(weights, paper[batch], labels[batch])
        weights = tuple(w - 0.5 * g for w, g in zip(weights, gradients, strict=True))
    return weights


def answers(kind, weights, X, down=0, right=0, stride=1):
    """Which digit the network takes each of n images X (n, 8, 8) for, moved by whole pixels."""
    paper = framed(X, down, right)
    if kind == "kernels":
        K, b, V, c = weights
        maps = convolve(paper, K)[:, ::stride, ::stride].reshape(len(X), -1, len(K)) + b
        return np.argmax(np.maximum(maps.max(axis=1), 0) @ V + c, axis=1)
    W, b, V, c = weights
    return np.argmax(np.maximum(paper[:, 5:13, 5:13].reshape(len(X), -1) @ W + b, 0) @ V + c, axis=1)
# --8<-- [end:train]


# --8<-- [start:accuracy]
MOVES = [(1, 0), (-1, 0), (0, 1), (0, -1)]


def print_moved():
    """Share of 797 new digits that are read right, in place and moved by one pixel."""
    X, labels = digits()
    print("network   weights   steps   in place   moved by one pixel   answers changed by the move")
    for kind in ("kernels", "dense"):
        for steps in (30, 100, 300):
            weights = trained_reader(kind, steps)
            here = answers(kind, weights, X[1000:])
            moved = np.array([answers(kind, weights, X[1000:], *move) for move in MOVES])
            right = [np.mean(answers == labels[1000:]) for answers in (here, moved)]
            size = sum(w.size for w in weights)
            print(f"{kind:7}   {size:7d}   {steps:5d}   {right[0]:8.0%}   {right[1]:18.0%}   {np.mean(moved != here):27.0%}")
# --8<-- [end:accuracy]


# --8<-- [start:learned]
def figure_kernels(steps=0):
    K = trained_reader("kernels", steps)[0]
    fig, axes = plt.subplots(4, 6, figsize=(6.4, 4.4))
    for ax, kernel in zip(axes.flat, K, strict=True):
        show(ax, np.clip(kernel, -1.2, 1.2), 1.2, "")
        ax.set(xlim=(-0.1, 5.1), ylim=(5.1, -0.1))
    return fig


figure_kernels.slider = ("steps", [0, 30, 100, 300])
# --8<-- [end:learned]


# --8<-- [start:stride]
def print_stride():
    """The same weights, looking at each place, and at each second one only."""
    X, labels = digits()
    weights = trained_reader("kernels", 300)
    for stride in (1, 2):
        here = answers("kernels", weights, X[1000:], stride=stride)
        moved = np.array([answers("kernels", weights, X[1000:], *move, stride=stride) for move in MOVES])
        print(f"every {('place', 'second place')[stride - 1]:13} right {np.mean(here == labels[1000:]):4.0%}, changed by a move of one pixel {np.mean(moved != here):4.0%}")
# --8<-- [end:stride]


# --8<-- [start:undo]
def print_undone():
    """A dot, convolved with (1, 2, 1) / 4 in one dimension, and sent through the transpose."""
    kernel = np.array([[[1.0, 2.0, 1.0]]]) / 4
    dot = np.array([[[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]])
    matrix = sliding_window_view(np.eye(7), 3, axis=1) @ kernel[0, 0]  # (7, 5): its transpose makes the map
    map_ = dot[0, 0] @ matrix
    print("dot       ", dot[0, 0])
    print("map       ", map_)
    print("transposed", matrix @ map_)
# --8<-- [end:undo]


# --8<-- [start:work]
def print_work():
    """Weights and multiplications of one image for the first layer."""
    image, maps = 16 * 16, 12 * 12 * 24
    print("on paper of 16 by 16    weights   multiplications")
    print(f"24 kernels of 5 by 5   {24 * 25:8,d}   {maps * 25:15,d}")
    print(f"all with all           {image * maps:8,d}   {image * maps:15,d}")
    print(f"11 dense units         {image * 11:8,d}   {image * 11:15,d}")
# --8<-- [end:work]


# --8<-- [start:twice]
def one_for_two(first, second):
    """The kernel that does in one go what two of them, (k, k) and (m, m), do one after the other."""
    return slopes_by_image(first[None], second[None, :, :, None])[0]


def print_stacked():
    """Two kernels of 3 by 3 on a digit, one after the other and in one go: size of the one, and agreement."""
    image, rng = digits()[0][:1], np.random.default_rng(0)
    first, second = rng.normal(0, 1, (2, 3, 3))
    twice = convolve(convolve(image, first[None])[..., 0], second[None])
    once = convolve(image, one_for_two(first, second)[None])
    print(one_for_two(first, second).shape, "the same" if np.allclose(once, twice) else "different")
# --8<-- [end:twice]


if __name__ == "__main__":
    print_moved()
    print_stride()
    print_undone()
    print_work()
    print_stacked()
    figure_sliding()
    figure_stamps()
    figure_kernels()
    plt.show()
