"""Backpropagation: every gradient of a two-layer network, for a batch, in one walk back."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:students]
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


def scales():
    """Means and deviations of (hours, attendance, marks) of the 40: two arrays (3,)."""
    columns = np.column_stack(tired_students())
    return columns.mean(axis=0), columns.std(axis=0)


def scaled(hours, attendance, marks):
    """Inputs X (n, 2) and targets Y (n, 1), standardised as the 40 students."""
    means, deviations = scales()
    columns = (np.column_stack([hours, attendance, marks]) - means) / deviations
    return columns[:, :2], columns[:, 2:]
# --8<-- [end:students]


# --8<-- [start:forward]
def initial_weights(hidden=4, seed=0):
    """Random W1 (2, hidden), W2 (hidden, 1), zero biases b1 (hidden,), b2 (1,).

    Each random weight has the variance 1 / number of inputs of its layer.
    """
    rng = np.random.default_rng(seed)
    W1 = rng.normal(0, 1 / np.sqrt(2), (2, hidden))
    W2 = rng.normal(0, 1 / np.sqrt(hidden), (hidden, 1))
    return W1, np.zeros(hidden), W2, np.zeros(1)


def forward(weights, X):
    """Activations A (n, hidden) and predictions Y_hat (n, 1) of a batch X (n, 2)."""
    W1, b1, W2, b2 = weights
    Z = X @ W1 + b1
    A = np.tanh(Z)
    Y_hat = A @ W2 + b2
    return A, Y_hat


def network_loss(weights, X, Y):
    """Mean-squared error of the network on a batch: no half.

    Y must have the shape (n, 1) of the predictions: `ValueError` otherwise.
    """
    _, Y_hat = forward(weights, X)
    if Y.shape != Y_hat.shape:
        raise ValueError(f"targets {Y.shape} for predictions {Y_hat.shape}")
    return np.mean((Y_hat - Y) ** 2)
# --8<-- [end:forward]


# --8<-- [start:backward]
def network_gradients(weights, X, Y):
    """Gradients of `network_loss` in W1, b1, W2, b2, each of the shape of its array."""
    W1, b1, W2, b2 = weights
    A, Y_hat = forward(weights, X)
    G_Y = 2 / Y.size * (Y_hat - Y)
    G_W2 = A.T @ G_Y
    G_b2 = G_Y.sum(axis=0)
    G_A = G_Y @ W2.T
    G_Z = G_A * (1 - A**2)
    G_W1 = X.T @ G_Z
    G_b1 = G_Z.sum(axis=0)
    return G_W1, G_b1, G_W2, G_b2
# --8<-- [end:backward]


# --8<-- [start:train]
def train_network(weights, X, Y, learning_rate=0.2, steps=1000, gradients=network_gradients):
    """Descent on all weights at once: a list of steps + 1 tuples, the start first."""
    path = [weights]
    for _ in range(steps):
        slopes = gradients(weights, X, Y)
        weights = tuple(w - learning_rate * g for w, g in zip(weights, slopes, strict=True))
        path.append(weights)
    return path


def line_loss(X, Y):
    """The least mean-squared error of a linear model with intercept on a batch."""
    columns = np.column_stack([np.ones(len(X)), X])
    return np.mean((columns @ np.linalg.lstsq(columns, Y, rcond=None)[0] - Y) ** 2)
# --8<-- [end:train]


# --8<-- [start:train_printed]
def print_network_training():
    """The loss after some steps, in marks², beside that of the best linear model."""
    X, Y = scaled(*tired_students())
    path, variance = train_network(initial_weights(), X, Y), scales()[1][2] ** 2
    for step in (0, 10, 30, 100, 300, 1000):
        print(f"step {step:4d}   loss {variance * network_loss(path[step], X, Y):7.2f} marks²")
    hours, attendance, marks = tired_students()
    rule = 12 + 15 * hours - 1.25 * hours**2 + 0.3 * attendance
    print(f"best linear model  {variance * line_loss(X, Y):7.2f} marks²")
    print(f"rule of the marks  {np.mean((rule - marks) ** 2):7.2f} marks²")
# --8<-- [end:train_printed]


# --8<-- [start:shapes]
def print_batch_shapes():
    """Each array of one forward and backward walk, with its shape."""
    X, Y = scaled(*tired_students())
    weights = initial_weights()
    A, Y_hat = forward(weights, X)
    print("forward   X", X.shape, " A", A.shape, " Y_hat", Y_hat.shape, " Y", Y.shape)
    for name, w, g in zip(("W1", "b1", "W2", "b2"), weights, network_gradients(weights, X, Y), strict=True):
        print(f"weights   {name} {str(w.shape):7}   gradient {g.shape}")
    print("numbers to learn:", sum(w.size for w in weights))
# --8<-- [end:shapes]


# --8<-- [start:check]
def nudged_gradients(weights, X, Y, h=1e-20):
    """The same gradients by complex steps: one forward walk for each single weight."""
    result = []
    for k, w in enumerate(weights):
        slopes = np.empty(w.shape)
        for place in np.ndindex(w.shape):
            nudged = w.astype(complex)
            nudged[place] += 1j * h
            others = *weights[:k], nudged, *weights[k + 1 :]
            slopes[place] = network_loss(others, X, Y).imag / h
        result.append(slopes)
    return tuple(result)
# --8<-- [end:check]


# --8<-- [start:check_printed]
def print_agreement():
    """Largest difference of both gradients, array by array."""
    X, Y = scaled(*tired_students())
    weights = initial_weights()
    both = zip(network_gradients(weights, X, Y), nudged_gradients(weights, X, Y), strict=True)
    for name, (walked, nudged) in zip(("W1", "b1", "W2", "b2"), both, strict=True):
        print(f"{name}: largest slope {np.abs(walked).max():.4f}, largest difference {np.abs(walked - nudged).max():.12f}")
# --8<-- [end:check_printed]


# --8<-- [start:training]
def marks_of(weights, hours, attendance):
    """Marks that the network predicts, of the shape of hours; attendance is a number."""
    X, _ = scaled(hours, np.full(np.shape(hours), attendance), np.zeros_like(hours))
    means, deviations = scales()
    return means[2] + deviations[2] * forward(weights, X)[1][:, 0]


def line_marks(hours, attendance):
    """Marks that the best linear model predicts."""
    studied, attended, marks = tired_students()
    columns = np.column_stack([np.ones_like(studied), studied, attended])
    w = np.linalg.lstsq(columns, marks, rcond=None)[0]
    return w[0] + w[1] * hours + w[2] * attendance


def figure_network_training(step=1000):
    X, Y = scaled(*tired_students())
    path, variance = train_network(initial_weights(), X, Y), scales()[1][2] ** 2
    losses = variance * np.array([network_loss(weights, X, Y) for weights in path])
    hours, _, marks = tired_students()
    h, steps = np.linspace(0, 10, 41), np.arange(0, 1001, 20)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.6), width_ratios=[4, 3])
    left.plot(hours, marks, "o", color="gray", markersize=4)
    left.plot(h, line_marks(h, 70.0), "--", color="gray", label="best linear model")
    left.plot(h, marks_of(path[step], h, 70.0), color="C0", label="network")
    left.set(xlabel="hours studied", ylabel="marks", xlim=(-0.2, 10.2), ylim=(0, 100))
    left.legend(loc="lower right", fontsize="small")
    right.semilogy(steps, losses[steps], color="C2")
    right.plot(step, losses[step], "o", color="C2", markersize=9)
    right.axhline(variance * line_loss(X, Y), ls="--", color="gray")
    right.minorticks_off()
    right.set(xlabel="step", ylabel="loss (marks²)", xlim=(-30, 1030), ylim=(10, 1000))
    return fig


figure_network_training.slider = ("step", [0, 5, 10, 20, 40, 70, 100, 150, 200, 300, 500, 1000])
# --8<-- [end:training]


# --8<-- [start:small]
def small_network():
    """A network with two hidden units, one student, and the target: to do by hand."""
    W1, W2 = np.array([[1.0, -0.5], [0.5, 1.0]]), np.array([[1.0], [-1.0]])
    return (W1, np.zeros(2), W2, np.zeros(1)), np.array([[0.8, -0.4]]), np.array([[0.2]])


def walk_of_small_network():
    """Values and slopes of its nodes, and of the weights on its arrows, by name."""
    weights, X, Y = small_network()
    W1, b1, W2, _ = weights
    A, Y_hat = forward(weights, X)
    G_W1, G_Z, G_W2, G_Y = network_gradients(weights, X, Y)  # of one student: the slope of a bias is that of its node
    values = dict(zip(("x1", "x2", "z1", "z2", "a1", "a2"), np.hstack([X, X @ W1 + b1, A])[0], strict=True))
    values |= {"ŷ": Y_hat[0, 0], "L": network_loss(weights, X, Y)}
    slopes = dict(zip(("z1", "z2", "a1", "a2", "ŷ", "L"), (*G_Z, *(G_Y * W2[:, 0]), G_Y[0], 1.0), strict=True))
    arrows = {(f"x{i + 1}", f"z{k + 1}"): (W1[i, k], G_W1[i, k]) for i, k in np.ndindex(2, 2)}
    arrows |= {(f"a{k + 1}", "ŷ"): (W2[k, 0], G_W2[k, 0]) for k in range(2)}
    return values, slopes, arrows
# --8<-- [end:small]


# --8<-- [start:small_printed]
def print_small_network():
    """The walk back through the small network, number by number."""
    values, slopes, arrows = walk_of_small_network()
    x1, x2, y = values["x1"], values["x2"], small_network()[2][0, 0]
    print("forward")
    for k in ("1", "2"):
        first, second = arrows["x1", "z" + k][0], arrows["x2", "z" + k][0]
        print(f"  z{k} = {x1} × {first} + {x2} × {second} = {values['z' + k]:.4f},  a{k} = tanh z{k} = {values['a' + k]:.4f}")
    a1, a2, w1, w2 = values["a1"], values["a2"], arrows["a1", "ŷ"][0], arrows["a2", "ŷ"][0]
    print(f"  ŷ = {a1:.4f} × {w1} + ({a2:.4f}) × ({w2}) = {values['ŷ']:.4f},  L = (ŷ - {y})² = {values['L']:.4f}")
    print(f"backward   slope in ŷ: 2 (ŷ - y) = {slopes['ŷ']:.4f}")
    for k in ("1", "2"):
        weight, slope = arrows["a" + k, "ŷ"]
        a, z = values["a" + k], slopes["z" + k]
        print(f"  weight of a{k}: {slopes['ŷ']:.4f} × ({a:.4f}) = {slope:.4f}")
        print(f"  a{k}: {slopes['ŷ']:.4f} × ({weight}) = {slopes['a' + k]:.4f}")
        print(f"  z{k}: {slopes['a' + k]:.4f} × (1 - ({a:.4f})²) = {z:.4f}")
        print(f"  its weights, from x1: {z:.4f} × {x1} = {x1 * z:.4f},  from x2: {z:.4f} × ({x2}) = {x2 * z:.4f}")
# --8<-- [end:small_printed]


# --8<-- [start:network]
def figure_network(step=8):
    values, slopes, arrows = walk_of_small_network()
    layers = (("x1", "x2"), ("z1", "z2"), ("a1", "a2"), ("ŷ",), ("L",))
    known = [name for at, names in enumerate(layers) if at <= step for name in names]
    reached = [name for at, names in enumerate(layers[:0:-1]) if at + 4 <= step for name in names]
    places = {"x1": (0, 1.5), "x2": (0, -1.5), "z1": (2.5, 1.5), "z2": (2.5, -1.5), "a1": (4.1, 1.5), "a2": (4.1, -1.5)}
    places |= {"ŷ": (6.5, 0), "L": (8.1, 0)}
    fig, ax = plt.subplots(figsize=(6.8, 4.6))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    for source, target in [*arrows, ("z1", "a1"), ("z2", "a2"), ("ŷ", "L")]:
        (x0, y0), (x1, y1) = places[source], places[target]
        arrow = {"arrowstyle": "-|>", "color": "gray", "lw": 1.5, "shrinkA": 17, "shrinkB": 17}
        ax.annotate("", (x1, y1), (x0, y0), arrowprops=arrow)
        if (source, target) in arrows:
            weight, slope = arrows[source, target]
            x, y = 0.66 * x0 + 0.34 * x1, 0.66 * y0 + 0.34 * y1
            ax.text(x, y + 0.2, f"{weight:.1f}".replace("-", "−"), ha="center", va="center", color="gray", bbox=box)
            if step >= (5 if target == "ŷ" else 8):
                ax.text(x, y - 0.2, f"{slope:.3f}".replace("-", "−"), ha="center", va="center", color="C1", bbox=box)
    for y in (1.5, -1.5):
        ax.text(3.3, y + 0.2, "tanh", ha="center", va="center", color="gray")
    for name, (x, y) in places.items():
        ax.plot(x, y, "o", markersize=31, markerfacecolor="white", markeredgecolor="C0")
        ax.text(x, y, name, ha="center", va="center", style="italic")
        if name in known:
            ax.text(x, y + 0.52, f"{values[name]:.3f}".replace("-", "−"), ha="center", color="C0")
        if name in reached:
            ax.text(x, y - 0.78, f"{slopes[name]:.3f}".replace("-", "−"), ha="center", color="C1", weight="bold")
    ax.set(xlim=(-0.6, 8.6), ylim=(-2.6, 2.5))
    ax.axis("off")
    return fig


figure_network.slider = ("step", list(range(9)))
# --8<-- [end:network]


# --8<-- [start:slopes]
def slopes_in_inputs(weights, hours, attendance):
    """Slopes of the predicted marks, in marks per hour and marks per percent.

    The walk goes on from Z to the inputs: G_X = G_Z W1^T, for one student.
    """
    deviations = scales()[1]
    X, _ = scaled([hours], [attendance], [0.0])
    A, _ = forward(weights, X)
    G_X = ((1 - A**2) * weights[2].T) @ weights[0].T
    return G_X[0] * deviations[2] / deviations[:2]
# --8<-- [end:slopes]


# --8<-- [start:slopes_printed]
def print_slopes_in_inputs():
    """Which input moves the marks most? By the network, and by the rule."""
    X, Y = scaled(*tired_students())
    weights = train_network(initial_weights(), X, Y)[-1]
    print("hours   predicted marks   marks per hour  (rule)   marks per percent (rule)")
    for hours in (1.0, 3.0, 5.0, 7.0, 9.0):
        by_hours, by_attendance = slopes_in_inputs(weights, hours, 70.0)
        marks = marks_of(weights, np.array([hours]), 70.0)[0]
        print(f"{hours:5.0f}   {marks:15.1f}   {by_hours:14.2f} ({15 - 2.5 * hours:5.1f})   {by_attendance:17.2f}  (0.3)")
# --8<-- [end:slopes_printed]


# --8<-- [start:student]
def figure_tired_student(hours=6.0):
    X, Y = scaled(*tired_students())
    weights = train_network(initial_weights(), X, Y)[-1]
    h = np.linspace(0, 10, 61)
    mark = marks_of(weights, np.array([hours]), 70.0)[0]
    slopes = slopes_in_inputs(weights, hours, 70.0)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.5), width_ratios=[4, 3])
    left.plot(h, line_marks(h, 70.0), "--", color="gray", label="best linear model")
    left.plot(h, marks_of(weights, h, 70.0), color="C0", label="network")
    near = np.array([-1.5, 1.5])
    left.plot(hours + near, mark + slopes[0] * near, color="C1")
    left.plot(hours, mark, "o", color="C2", markersize=9)
    left.set(xlabel="hours studied", ylabel="marks at 70 %", xlim=(0, 10), ylim=(0, 100))
    left.legend(loc="lower right", fontsize="small")
    bars = right.barh([1, 0], [slopes[0], 10 * slopes[1]], color="C1", height=0.5)
    for label in right.bar_label(bars, [f"{bar.get_width():.1f}".replace("-", "−") for bar in bars], padding=4):
        label.set_in_layout(False)
    right.axvline(0, color="gray", linewidth=1)
    right.set(xlabel="marks", xlim=(-14, 18), yticks=[1, 0], yticklabels=["per hour", "per 10 %"], ylim=(-0.6, 1.6))
    right.set_title(f"{mark:.1f} marks", color="C2")
    return fig


figure_tired_student.slider = ("hours", np.arange(11.0))
# --8<-- [end:student]


# --8<-- [start:new]
def print_hidden_units():
    """More hidden units, at the rate 0.15: the loss on the 40 students, and on 10,000 new ones."""
    X, Y = scaled(*tired_students())
    new, variance = scaled(*tired_students(10_000, seed=1)), scales()[1][2] ** 2
    print("               after 1000 steps            after 5000 steps (marks²)")
    print("hidden units   on the 40   on new ones     on the 40   on new ones")
    for hidden in (1, 2, 4, 8, 16):
        path = train_network(initial_weights(hidden), X, Y, learning_rate=0.15, steps=5000)
        early, late = ([variance * network_loss(path[k], *data) for data in ((X, Y), new)] for k in (1000, 5000))
        print(f"{hidden:12d}   {early[0]:9.2f}   {early[1]:11.2f}     {late[0]:9.2f}   {late[1]:11.2f}")
# --8<-- [end:new]


# --8<-- [start:fitting]
def gradients_that_fit(weights, X, Y):
    """A bug: with two hidden units the transposed gradient of W1 has the same shape."""
    G_W1, G_b1, G_W2, G_b2 = network_gradients(weights, X, Y)
    return G_W1.T, G_b1, G_W2, G_b2
# --8<-- [end:fitting]


# --8<-- [start:fitting_printed]
def print_shapes_that_fit():
    """Training with the right and the transposed gradient; two hidden units."""
    X, Y = scaled(*tired_students())
    start, variance = initial_weights(hidden=2), scales()[1][2] ** 2
    print("step   loss by the right gradient   by the transposed one (marks²)")
    right = train_network(start, X, Y)
    wrong = train_network(start, X, Y, gradients=gradients_that_fit)
    for step in (0, 10, 100, 1000):
        losses = [variance * network_loss(path[step], X, Y) for path in (right, wrong)]
        print(f"{step:4d}   {losses[0]:26.2f}   {losses[1]:30.2f}")
# --8<-- [end:fitting_printed]


# --8<-- [start:broadcast]
def print_broadcast():
    """Targets of shape (40,) against predictions of shape (40, 1)."""
    X, Y = scaled(*tired_students())
    weights = train_network(initial_weights(), X, Y)[-1]
    _, Y_hat = forward(weights, X)
    flat = Y[:, 0]
    print("shape of Y_hat - Y:", (Y_hat - Y).shape, " of Y_hat - flat:", (Y_hat - flat).shape)
    print(f"loss {np.mean((Y_hat - Y) ** 2):.4f} variances, and with flat targets {np.mean((Y_hat - flat) ** 2):.4f}")
    try:
        network_loss(weights, X, flat)
    except ValueError as error:
        print("ValueError:", error)
# --8<-- [end:broadcast]


# --8<-- [start:same]
def print_same_start():
    """All hidden units start alike, and stay alike."""
    X, Y = scaled(*tired_students())
    start = np.full((2, 4), 0.5), np.zeros(4), np.full((4, 1), 0.5), np.zeros(1)
    weights = train_network(start, X, Y)[-1]
    print("W1 after 1000 steps:")
    print(weights[0].round(4))
    print(f"loss {scales()[1][2] ** 2 * network_loss(weights, X, Y):.2f} marks²")
# --8<-- [end:same]


# --8<-- [start:task]
def loss_with(name, value, weights, X, Y):
    """The loss of the forward walk with one array replaced: W1, b1, Z, A, W2, b2 or Y.

    Y stands for the predictions Y_hat, as in G_Y.
    """
    W1, b1, W2, b2 = (value if name == own else w for own, w in zip(("W1", "b1", "W2", "b2"), weights, strict=True))
    Z = value if name == "Z" else X @ W1 + b1
    A = value if name == "A" else np.tanh(Z)
    Y_hat = value if name == "Y" else A @ W2 + b2
    return np.mean((Y_hat - Y) ** 2)


def check_slopes(name, mine, weights, X, Y, h=1e-20):
    """Say whether your slopes in an array are right: each of its entries is nudged alone."""
    W1, b1, W2, b2 = weights
    Z = X @ W1 + b1
    arrays = {"W1": W1, "b1": b1, "Z": Z, "A": np.tanh(Z), "W2": W2, "b2": b2, "Y": np.tanh(Z) @ W2 + b2}
    value = arrays[name]
    if np.shape(mine) != value.shape:
        return f"G_{name} has the shape {np.shape(mine)}, and {name} has {value.shape}"
    right = np.empty(value.shape)
    for place in np.ndindex(value.shape):
        nudged = value.astype(complex)
        nudged[place] += 1j * h
        right[place] = loss_with(name, nudged, weights, X, Y).imag / h
    if np.allclose(mine, right, rtol=1e-9, atol=1e-12):
        return f"G_{name} is right"
    place = np.unravel_index(np.abs(mine - right).argmax(), right.shape)
    return f"G_{name}{list(map(int, place))} is {mine[place]:.6f}, and nudging says {right[place]:.6f}"


def print_task():
    """What the check says of a right line, of one with a forgotten factor, and of one with a wrong shape."""
    X, Y = scaled(*tired_students())
    weights = initial_weights()
    A, Y_hat = forward(weights, X)
    G_Y = 2 / Y.size * (Y_hat - Y)
    print(check_slopes("Y", G_Y, weights, X, Y))
    print(check_slopes("W2", A.T @ G_Y / 2, weights, X, Y))
    print(check_slopes("A", weights[2] @ G_Y.T, weights, X, Y))
# --8<-- [end:task]


# --8<-- [start:relu]
def relu_gradients(weights, X, Y):
    """Gradients of the mean-squared error of the network with ReLU in place of tanh."""
    W1, b1, W2, b2 = weights
    A = np.maximum(X @ W1 + b1, 0)
    G_Y = 2 / Y.size * (A @ W2 + b2 - Y)
    G_Z = G_Y @ W2.T * (A > 0)
    return X.T @ G_Z, G_Z.sum(axis=0), A.T @ G_Y, G_Y.sum(axis=0)


def print_relu():
    """One step of 1e-6 against the gradient, and what it should bring: |gradient|² times the step."""
    X, Y = scaled(*tired_students())
    start, step = initial_weights(), 1e-6

    def relu_loss(weights):
        W1, b1, W2, b2 = weights
        return np.mean((np.maximum(X @ W1 + b1, 0) @ W2 + b2 - Y) ** 2)

    slopes = relu_gradients(start, X, Y)
    after = tuple(w - step * g for w, g in zip(start, slopes, strict=True))
    predicted = step * sum(np.sum(g**2) for g in slopes)
    print(f"loss falls by {relu_loss(start) - relu_loss(after):.6e}, predicted {predicted:.6e}")
# --8<-- [end:relu]


if __name__ == "__main__":
    print_network_training()
    print_batch_shapes()
    print_agreement()
    print_small_network()
    print_slopes_in_inputs()
    print_hidden_units()
    print_shapes_that_fit()
    print_broadcast()
    print_same_start()
    print_task()
    print_relu()
    figure_network_training()
    figure_network()
    figure_tired_student()
    plt.show()
