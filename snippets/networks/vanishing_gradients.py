"""Vanishing and exploding gradients: what many layers do to a slope, predicted and measured."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:activations]
def sigmoid_and_slope(z):
    """The sigmoid of z and its slope there, each of the shape of z."""
    a = np.exp(-np.logaddexp(0, -z))
    return a, a * (1 - a)


def tanh_and_slope(z):
    """tanh z and its slope there."""
    a = np.tanh(z)
    return a, 1 - a**2


def relu_and_slope(z):
    """max(z, 0) and its slope there, 0 at the kink."""
    return np.maximum(z, 0.0), (z > 0) * 1.0


BENDS = {"sigmoid": sigmoid_and_slope, "tanh": tanh_and_slope, "ReLU": relu_and_slope}
VARIANCES = {"small, c = 1/4": 0.25, "Xavier, c = 1": 1.0, "He, c = 2": 2.0}
# --8<-- [end:activations]


# --8<-- [start:predict]
def gaussian_mean(f):
    """The mean of f(x) for standard normal x, by 400 points weighed with the bell curve."""
    x = np.linspace(-10, 10, 400)
    bell = np.exp(-(x**2) / 2)
    return np.sum(f(x) * bell) / np.sum(bell)


def predicted_growth(bend, c, depth):
    """Root mean squares by layer, of z and of the slopes in z: two arrays (depth,).

    For wide layers without biases, weights of variance c / width, inputs of mean
    square 1, and slopes of mean square 1 in the last layer's z.
    """
    squares, factors = [c], []
    for _ in range(depth - 1):
        root = np.sqrt(squares[-1])
        squares.append(c * gaussian_mean(lambda x: bend(root * x)[0] ** 2))
        factors.append(c * gaussian_mean(lambda x: bend(root * x)[1] ** 2))
    slopes = np.cumprod([1.0, *factors[::-1]])[::-1]
    return np.sqrt(squares), np.sqrt(slopes)
# --8<-- [end:predict]


# --8<-- [start:measure]
def measured_growth(bend, c, depth, width=128, seed=0):
    """The same for one random network: one walk forward with 64 inputs, one back."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, np.sqrt(c / width), (width, width)) for _ in range(depth)]
    A, zs, slopes_of_bend = rng.normal(0, 1, (64, width)), [], []
    for W in weights:
        Z = A @ W
        A, slope = bend(Z)
        zs.append(Z)
        slopes_of_bend.append(slope)
    G = [rng.normal(0, 1, (64, width))]
    for W, slope in zip(weights[:0:-1], slopes_of_bend[-2::-1], strict=True):
        G.append(G[-1] @ W.T * slope)
    sizes = lambda arrays: np.array([np.sqrt(np.mean(M**2)) for M in arrays])
    return sizes(zs), sizes(G[::-1])
# --8<-- [end:measure]


# --8<-- [start:measure_printed]
def print_growth():
    """By what factor one layer changes the slopes, and what is left of them after 20 layers."""
    print("activation   weights          factor a layer   after 20 layers   measured")
    for name, bend in BENDS.items():
        for how, c in VARIANCES.items():
            predicted, measured = predicted_growth(bend, c, 21)[1], measured_growth(bend, c, 21)[1]
            factor = predicted[0] ** (1 / 20)
            print(f"{name:10}   {how:14}   {factor:14.3f}   {predicted[0]:15.1e}   {measured[0]:8.1e}")
# --8<-- [end:measure_printed]


# --8<-- [start:by_layer]
def figure_by_layer(depth=20):
    fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.7), sharey=True)
    layers = np.arange(1, depth + 1)
    for ax, (name, bend) in zip(axes, BENDS.items(), strict=True):
        for (how, c), line, marker in zip(VARIANCES.items(), (":", "-", "--"), ("^", "o", "s"), strict=True):
            ax.semilogy(layers, predicted_growth(bend, c, depth)[1], line, color="C1", linewidth=1.5, label=how)
            ax.semilogy(layers, measured_growth(bend, c, depth)[1], marker, color="C1", markersize=3)
        ax.minorticks_off()
        ax.set(title=name, xlabel="layer", xlim=(0, 31), ylim=(1e-20, 1e6))
    axes[0].set(ylabel="slopes in z (last layer: 1)")
    axes[2].legend(loc="lower right", fontsize="small")
    return fig


figure_by_layer.slider = ("depth", [2, 5, 10, 15, 20, 25, 30])
# --8<-- [end:by_layer]


# --8<-- [start:forward]
def figure_forward():
    fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.4), sharey=True)
    layers = np.arange(1, 31)
    for ax, (name, bend) in zip(axes, BENDS.items(), strict=True):
        for (how, c), line, marker in zip(VARIANCES.items(), (":", "-", "--"), ("^", "o", "s"), strict=True):
            ax.semilogy(layers, predicted_growth(bend, c, 30)[0], line, color="C0", linewidth=1.5, label=how)
            ax.semilogy(layers, measured_growth(bend, c, 30)[0], marker, color="C0", markersize=3)
        ax.minorticks_off()
        ax.set(title=name, xlabel="layer", xlim=(0, 31), ylim=(1e-14, 1e2))
    axes[0].set(ylabel="root mean square of z")
    axes[0].legend(loc="lower left", fontsize="small")
    return fig
# --8<-- [end:forward]


# --8<-- [start:shared]
def print_shared():
    """Sigmoids with c = 1: the size of z, and how much of it differs between 64 inputs."""
    rng = np.random.default_rng(0)
    A = rng.normal(0, 1, (64, 128))
    for layer in range(1, 21):
        Z = A @ rng.normal(0, np.sqrt(1 / 128), (128, 128))
        if layer in (1, 2, 5, 10, 20):
            size, spread = np.sqrt(np.mean(Z**2)), np.sqrt(np.mean(Z.var(axis=0)))
            print(f"layer {layer:2d}: size of z {size:.2f}, of its differences between inputs {spread:.1e}")
        A, _ = sigmoid_and_slope(Z)
# --8<-- [end:shared]


# --8<-- [start:students_before]
def tired_students(n=40, seed=0):
    """Simulated students whom too many hours make tired: hours, attendance, marks.

    Three arrays of shape (n,). The marks are 12, and 15 hours - 1.25 hours², and
    0.3 a percent of attendance, and noise with a standard deviation of 5.
    """
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0, 10, n)
    attendance = rng.uniform(40, 100, n)
    marks = 12 + 15 * hours - 1.25 * hours**2 + 0.3 * attendance + rng.normal(0, 5, n)
    return hours, attendance, marks
# --8<-- [end:students_before]


# --8<-- [start:students]
def tired_batch():
    """X (40, 2) and Y (40, 1), standardised, and the variance of the marks."""
    columns = np.column_stack(tired_students())
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return scaled[:, :2], scaled[:, 2:], columns[:, 2].var()
# --8<-- [end:students]


# --8<-- [start:deep]
def deep_weights(depth, c, width=16, seed=0):
    """Pairs (W, b) of depth - 1 hidden layers and a last one; W has the variance c / inputs."""
    rng = np.random.default_rng(seed)
    sizes = [2, *[width] * (depth - 1), 1]
    shapes = zip(sizes, sizes[1:], strict=False)
    return [(rng.normal(0, np.sqrt(c / p), (p, m)), np.zeros(m)) for p, m in shapes]


def deep_gradients(weights, bend, X, Y):
    """Mean-squared error, and its gradients in all W and b, of any number of layers."""
    activations, slopes = [X], []
    for W, b in weights[:-1]:
        A, slope = bend(activations[-1] @ W + b)
        activations.append(A)
        slopes.append(slope)
    W, b = weights[-1]
    residual = activations[-1] @ W + b - Y
    G, result = 2 / Y.size * residual, []
    for k in range(len(weights) - 1, -1, -1):
        result.append((activations[k].T @ G, G.sum(axis=0)))
        if k:
            G = G @ weights[k][0].T * slopes[k - 1]
    return np.mean(residual**2), result[::-1]


def train_deep(depth, bend, c, learning_rate, steps=500):
    """Loss in marks² after descent on the tired students, the start included: (steps + 1,)."""
    X, Y, variance = tired_batch()
    weights, losses = deep_weights(depth, c), []
    for _ in range(steps + 1):
        loss, gradients = deep_gradients(weights, bend, X, Y)
        losses.append(variance * loss)
        weights = [
            (W - learning_rate * G_W, b - learning_rate * G_b)
            for (W, b), (G_W, G_b) in zip(weights, gradients, strict=True)
        ]
    return np.array(losses)
# --8<-- [end:deep]


# --8<-- [start:training]
def print_deep_training():
    """Loss after 500 steps with the learning rate 0.015, by depth."""
    print("layers   sigmoid, Xavier   tanh, Xavier   ReLU, Xavier   ReLU, He   (marks²)")
    for depth in (2, 4, 6, 10):
        row = []
        for bend, c in ((sigmoid_and_slope, 1), (tanh_and_slope, 1), (relu_and_slope, 1), (relu_and_slope, 2)):
            row.append(train_deep(depth, bend, c, learning_rate=0.015)[-1])
        print(f"{depth:6d}   {row[0]:15.1f}   {row[1]:12.1f}   {row[2]:12.1f}   {row[3]:8.1f}")
# --8<-- [end:training]


# --8<-- [start:rates]
def print_larger_rates():
    """Eight layers of sigmoids: slopes of the first and last weights, and larger learning rates."""
    X, Y, variance = tired_batch()
    _, gradients = deep_gradients(deep_weights(8, 1.0), sigmoid_and_slope, X, Y)
    lengths = [np.linalg.norm(G_W) for G_W, _ in gradients]
    print("length of the gradient by layer (standardised): " + " ".join(f"{length:.0e}" for length in lengths))
    for rate in (0.1, 0.3, 1.0, 3.0):
        with np.errstate(all="ignore"):
            losses = train_deep(8, sigmoid_and_slope, 1.0, rate, steps=100)
        print(f"learning rate {rate}: loss after 10 steps {losses[10]:.4g}, after 100 steps {losses[-1]:.4g} marks²")
    print(f"always the mean of the marks: {variance:.4g} marks²")
# --8<-- [end:rates]


# --8<-- [start:saturated]
def print_saturated():
    """How many sigmoids are flat (slope below 0.02), and what is left of the slopes after 20 layers."""
    rng = np.random.default_rng(0)
    for c in (1.0, 16.0, 110.0, 400.0):
        A, flat, squares = rng.normal(0, 1, (64, 256)), [], []
        for _ in range(20):
            A, slope = sigmoid_and_slope(A @ rng.normal(0, np.sqrt(c / 256), (256, 256)))
            flat.append(np.mean(slope < 0.02))
            squares.append(np.mean(slope**2))
        left = measured_growth(sigmoid_and_slope, c, 21)[1][0]
        typical = np.sqrt(np.mean(squares))
        print(f"c = {c:3.0f}: flat {np.mean(flat):6.1%}, typical slope {typical:.3f}, ", end="")
        print(f"times the root of c {typical * np.sqrt(c):.2f}, after 20 layers {left:.0e}")
# --8<-- [end:saturated]


# --8<-- [start:residual]
def print_skip():
    """What is left of the slopes after 20 layers a + f(a) / sqrt(20) in place of f(a)."""
    rng = np.random.default_rng(0)
    for name, bend in BENDS.items():
        weights = [rng.normal(0, np.sqrt(1 / 256), (256, 256)) for _ in range(20)]
        A, slopes = rng.normal(0, 1, (64, 256)), []
        for W in weights:
            a, slope = bend(A @ W)
            A = A + a / np.sqrt(20)
            slopes.append(slope)
        G = rng.normal(0, 1, (64, 256))
        for W, slope in zip(weights[::-1], slopes[::-1], strict=True):
            G = G + (G * slope / np.sqrt(20)) @ W.T
        print(f"{name:8} with skips {np.sqrt(np.mean(G**2)):.2f}, without {measured_growth(bend, 1.0, 21)[1][0]:.0e}")
# --8<-- [end:residual]


# --8<-- [start:clip]
def clipped(gradient, longest):
    """The gradient, shortened to that length if it is longer; its direction stays.

    Raises `ValueError` unless `longest` is positive.

    >>> print(clipped(np.array([30.0, 40.0]), longest=5.0))
    [3. 4.]
    """
    if not longest > 0:
        raise ValueError(f"longest = {longest}: it must be positive")
    return gradient * min(1.0, longest / max(np.linalg.norm(gradient), 1e-300))


def print_clipped():
    """Descent on (w1 w2 w3 w4 - 1)² from four weights 2.5, as it is and with clipping to length 1."""
    for name, longest in (("as it is", np.inf), ("clipped", 1.0)):
        w = np.full(4, 2.5)
        for step in range(201):
            product = np.prod(w)
            if step in (0, 1, 2, 200):
                print(f"{name:8}  step {step:3d}   loss {(product - 1) ** 2:.3g}")
            w = w - 0.05 * clipped(2 * (product - 1) * product / w, longest)
            if np.abs(w).max() > 1e6:
                break
# --8<-- [end:clip]


if __name__ == "__main__":
    print_growth()
    print_shared()
    print_deep_training()
    print_larger_rates()
    print_saturated()
    print_skip()
    print_clipped()
    figure_by_layer()
    figure_forward()
    plt.show()
