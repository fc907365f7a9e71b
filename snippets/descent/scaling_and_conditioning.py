"""Scaling and conditioning: why the units of the data decide how long descent takes."""

# --8<-- [start:imports]
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


def features(centred, scaled):
    """X of shape (40, 3): 1, hours, attendance, the last two as flagged."""
    hours, attendance, _ = students()
    columns = np.column_stack([hours, attendance])
    if centred:
        columns = columns - columns.mean(axis=0)
    if scaled:
        columns = columns / columns.std(axis=0)
    return np.column_stack([np.ones_like(hours), columns])
# --8<-- [end:students]


# --8<-- [start:descend]
def loss(w, X, y):
    """Mean-squared error of the predictions X @ w, in marks²: no half.

    Shapes: w (p,), X (n, p), y (n,); the result is a scalar.
    """
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return residual @ residual / len(y)


def gradient(w, X, y):
    """Gradient of `loss` with respect to w, of shape (p,)."""
    residual = (X @ w - y).reshape(len(y))  # (n,), or it raises
    return 2 / len(y) * X.T @ residual


def hessian(X):
    """Hessian of `loss`, of shape (p, p); it is the same for all w."""
    return 2 / len(X) * X.T @ X


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


def least_squares(X, y):
    """The weights with the smallest `loss`, of shape (p,), by linear algebra."""
    return np.linalg.lstsq(X, y, rcond=None)[0]
# --8<-- [end:descend]


# --8<-- [start:conditioning]
def condition_number(H):
    """Largest over smallest eigenvalue: how long the valley is; a pure number.

    The Hessian H, of shape (p, p), is symmetric; `ValueError` unless all its
    eigenvalues are positive.
    """
    eigenvalues = np.linalg.eigvalsh(H)
    if eigenvalues[0] <= 0:
        raise ValueError(f"eigenvalue {eigenvalues[0]:.3g}: no bowl")
    return eigenvalues[-1] / eigenvalues[0]


def best_factor(H):
    """What one step at the best fixed rate leaves of the distance, at most.

    (kappa - 1) / (kappa + 1), where kappa is the condition number of H.
    """
    kappa = condition_number(H)
    return (kappa - 1) / (kappa + 1)


def enough_steps(H, excess, within):
    """A number of steps at the best fixed rate that is enough from every start.

    They bring a quadratic loss from `excess` above its least value to at most
    `within` above it, both in marks²: each step multiplies the loss above the
    least by at most the square of `best_factor`.
    """
    if excess <= within:
        return 0
    if best_factor(H) == 0:
        return 1
    return int(np.ceil(np.log(within / excess) / (2 * np.log(best_factor(H)))))
# --8<-- [end:conditioning]


# --8<-- [start:kinds]
KINDS = {  # name: centred, scaled
    "raw": (False, False),
    "centred": (True, False),
    "scaled": (False, True),
    "standardised": (True, True),
}


def best_run(X, y, within, most_steps=400_000):
    """Loss above its least value at each step, from zero, at the best fixed rate.

    Walks with the distance d from the best weights: the gradient is H d, and the
    loss above its least value d·H d / 2. Stops once that is at most `within`, in
    marks²; `RuntimeError` after `most_steps`.
    """
    H = hessian(X)
    eigenvalues = np.linalg.eigvalsh(H)
    rate, d, excess = 2 / (eigenvalues[0] + eigenvalues[-1]), -least_squares(X, y), []
    for _ in range(most_steps):
        slope = H @ d
        excess.append(d @ slope / 2)
        if excess[-1] <= within:
            return np.array(excess)
        d = d - rate * slope
    raise RuntimeError(f"still {excess[-1]:.3g} marks² above the least loss")
# --8<-- [end:kinds]


# --8<-- [start:kinds_printed]
def print_conditioning():
    """Before any walk: what to expect of descent with each kind of feature."""
    y = students()[2]
    excess = np.mean(y**2) - loss(least_squares(features(True, True), y), features(True, True), y)
    print(f"all start {excess:.2f} marks² above the least loss")
    print("features       condition   stable below   kept a step     enough")
    for name, flags in KINDS.items():
        X = features(*flags)
        H = hessian(X)
        k, edge, c = condition_number(H), 2 / np.linalg.eigvalsh(H)[-1], best_factor(H)
        enough = enough_steps(H, excess, within=1.0)
        print(f"{name:12}   {k:9.2f}   {edge:12.6f}   {c:11.6f}   {enough:8,d}")
# --8<-- [end:kinds_printed]


# --8<-- [start:measured]
def print_measured():
    """Steps that descent takes to come within 1 mark² of the least loss."""
    y = students()[2]
    for name, flags in KINDS.items():
        steps = len(best_run(features(*flags), y, within=1.0)) - 1
        print(f"{name:12}   {steps:7,d} steps")
# --8<-- [end:measured]


# --8<-- [start:loss_by_step]
def figure_loss_by_step():
    y = students()[2]
    fig, ax = plt.subplots()
    for style, (name, flags) in zip(("-", "--", "-.", ":"), KINDS.items(), strict=True):
        X = features(*flags)
        excess = best_run(X, y, within=0.3)
        shown = np.unique(np.geomspace(1, len(excess), 150).astype(int)) - 1
        ax.loglog(shown + 1, excess[shown], style, color="C2", label=name)
        ax.plot(1 + enough_steps(hessian(X), excess[0], within=1.0), 1, "v", color="C1", markersize=8)
    ax.axhline(1, color="gray", linewidth=1)
    ax.set(xlabel="step, counted from 1", ylabel="loss above the least (marks²)", ylim=(0.3, 1e4))
    ax.legend(fontsize="small", loc="lower left", bbox_to_anchor=(0.22, 0.02))
    return fig
# --8<-- [end:loss_by_step]


# --8<-- [start:two_ellipses]
def two_weights_run(scaled, steps):
    """Centred features (40, 2), the start, and descent from it at the best fixed rate.

    The marks are centred too, so that no intercept is needed. The start is 0 marks
    an hour and 1 mark a percent, in the units of the features.
    """
    X, y = features(True, scaled)[:, 1:], students()[2]
    deviations = features(True, False)[:, 1:].std(axis=0) if scaled else np.ones(2)
    eigenvalues = np.linalg.eigvalsh(hessian(X))
    rate = 2 / (eigenvalues[0] + eigenvalues[-1])
    path = descend(lambda w: gradient(w, X, y - y.mean()), np.array([0.0, 1.0]) * deviations, rate, steps)
    return X, y - y.mean(), path


def figure_two_ellipses(steps=12):
    fig, axes = plt.subplots(2, figsize=(6.6, 5.6), height_ratios=[2, 3])
    units = (
        ("marks per hour", "marks per\npercent"),
        ("marks per standard deviation of the hours", "marks per standard\ndeviation of attendance"),
    )
    limits = (((-0.8, 8.2), (-0.9, 1.7)), ((-8, 38), (-6, 20)))
    for ax, scaled, (xlabel, ylabel), (xlim, ylim) in zip(axes, (False, True), units, limits, strict=True):
        X, y, path = two_weights_run(scaled, 40)
        best = least_squares(X, y)
        a, b = np.meshgrid(np.linspace(*xlim, 41), np.linspace(*ylim, 29))
        height = np.mean((a[..., None] * X[:, 0] + b[..., None] * X[:, 1] - y) ** 2, axis=-1)
        ax.contour(a, b, height, loss(best, X, y) + 25 * np.arange(1, 6) ** 2, colors="C0", linewidths=1, alpha=0.7)
        ax.plot(*path[: steps + 1].T, "o-", color="C2", markersize=4, linewidth=1.2)
        ax.plot(*path[0], "s", color="C2", markersize=8)
        ax.plot(*best, "*", color="C3", markersize=13)
        ax.set(xlabel=xlabel, ylabel=ylabel, xlim=xlim, ylim=ylim, aspect="equal")
        ax.set_title(f"condition number {condition_number(hessian(X)):.2f}", fontsize="medium")
    return fig


figure_two_ellipses.slider = ("steps", [0, 1, 2, 3, 5, 8, 12, 20, 40])
# --8<-- [end:two_ellipses]


# --8<-- [start:trough]
def figure_trough():
    y = students()[2]
    fig = plt.figure(figsize=(6.8, 3.5))
    ranges = (((-60, 90), (-1, 1.5)), ((10, 110), (-45, 55)))
    units = ("marks per percent", "marks per std. deviation")
    for k, (flags, (b_range, m_range), unit) in enumerate(
        zip((KINDS["raw"], KINDS["standardised"]), ranges, units, strict=True)
    ):
        X = features(*flags)
        best = least_squares(X, y)
        b, m = np.meshgrid(np.linspace(*b_range, 21), np.linspace(*m_range, 21))
        rest = best[1] * X[:, 1] - y
        height = np.mean((b[..., None] + m[..., None] * X[:, 2] + rest) ** 2, axis=-1)
        ax = fig.add_subplot(1, 2, k + 1, projection="3d")
        ax.plot_surface(b, m, height, color="C0", alpha=0.25, shade=False, edgecolor="C0", lw=0.3)
        ax.set(xlabel="intercept (marks)", ylabel=unit, zlabel="loss (marks²)")
        ax.set(
            xticks=np.linspace(*b_range, 3), yticks=np.linspace(*m_range, 3), zticks=np.linspace(0, (20_000, 5_000)[k], 3)
        )
        ax.tick_params(labelsize="x-small")
        ax.xaxis.labelpad = ax.yaxis.labelpad = 6
        ax.zaxis.labelpad = 13
        ax.view_init(42, -60)
        ax.set_box_aspect((1, 1, 0.7), zoom=0.74)
    return fig
# --8<-- [end:trough]


# --8<-- [start:unscaled]
def unscaled(w, means, deviations):
    """Weights for raw features that predict the same as w for standardised ones.

    w = (intercept, weights) has shape (p + 1,); means and deviations of the raw
    features have shape (p,).
    """
    weights, means, deviations = np.stack([w[1:], means, deviations])
    slopes = weights / deviations
    return np.concatenate([[w[0] - slopes @ means], slopes])
# --8<-- [end:unscaled]


# --8<-- [start:unscaled_printed]
def print_unscaled():
    """The same model, found in standardised features and told in raw ones."""
    hours, attendance, marks = students()
    X = features(True, True)
    rate = 1 / np.linalg.eigvalsh(hessian(X))[-1]
    w = descend(lambda w: gradient(w, X, marks), np.zeros(3), rate, 60)[-1]
    means = np.array([hours.mean(), attendance.mean()])
    deviations = np.array([hours.std(), attendance.std()])
    print("standardised:", w.round(4))
    print("scaled back: ", unscaled(w, means, deviations).round(4))
    print("lstsq, raw:  ", least_squares(features(False, False), marks).round(4))
# --8<-- [end:unscaled_printed]


# --8<-- [start:tuned]
def print_tuned():
    """The lowest loss above the least after 100 steps, of 200 learning rates tried."""
    y = students()[2]
    for name, flags in KINDS.items():
        X = features(*flags)
        best, edge = least_squares(X, y), 2 / np.linalg.eigvalsh(hessian(X))[-1]
        excess = []
        for rate in np.geomspace(1e-3, 0.999, 200) * edge:
            w = descend(lambda w, X=X: gradient(w, X, y), np.zeros(3), rate, 100)[-1]
            excess.append(np.mean((X @ (w - best)) ** 2))
        told = f"{min(excess):.2g}" if min(excess) > 1e-20 else "below 1e-20"
        print(f"{name:12}   best of 200 rates: {told:>11} marks² above least")
# --8<-- [end:tuned]


# --8<-- [start:wrong_scale]
def print_wrong_scale():
    """Predictions for three new students, standardised in the right and two wrong ways."""
    hours, attendance, marks = students()
    old = np.column_stack([hours, attendance])
    new = np.array([[8.0, 90], [9, 95], [10, 100]])
    w = least_squares(features(True, True), marks)
    for name, by in (("by the 40 students", old), ("by the new students", new)):
        predicted = w[0] + (new - by.mean(axis=0)) / by.std(axis=0) @ w[1:]
        print(f"standardised {name:20}", predicted.round(1), "marks")
    print("not standardised                 ", (w[0] + new @ w[1:]).round(1), "marks")
# --8<-- [end:wrong_scale]


# --8<-- [start:correlated]
def condition_of_correlation(r):
    """Condition number of the squared loss for two standardised features.

    (1 + |r|) / (1 - |r|), where r is their correlation; `ValueError` unless |r| < 1.
    """
    if not abs(r) < 1:
        raise ValueError(f"correlation {r}: the features are one and the same")
    return (1 + abs(r)) / (1 - abs(r))


def print_correlated():
    """Condition numbers for some correlations, the students' own first."""
    hours, attendance, _ = students()
    for r in (np.corrcoef(hours, attendance)[0, 1], 0.5, 0.9, 0.99):
        print(f"correlation {r:6.3f}: condition number {condition_of_correlation(r):7.2f}")
# --8<-- [end:correlated]


# --8<-- [start:whitened]
def whitened(columns):
    """Centred, uncorrelated features with variance 1, from columns of shape (n, p).

    Centred columns times V / sqrt(eigenvalue), where the columns of V are the
    eigenvectors of their covariance matrix.
    """
    centred = columns - columns.mean(axis=0)
    eigenvalues, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    return centred @ (vectors / np.sqrt(eigenvalues))


def print_whitened():
    """One step of descent at rate 1/2 in whitened features: the least loss."""
    hours, attendance, marks = students()
    Z = np.column_stack([np.ones_like(hours), whitened(np.column_stack([hours, attendance]))])
    w = descend(lambda w: gradient(w, Z, marks), np.zeros(3), 0.5, 1)[-1]
    print(f"condition number {condition_number(hessian(Z)):.4f}")
    print(f"loss after one step {loss(w, Z, marks):.6f} marks²")
    print(f"least loss          {loss(least_squares(Z, marks), Z, marks):.6f} marks²")
# --8<-- [end:whitened]


if __name__ == "__main__":
    print_conditioning()
    print_measured()
    print_unscaled()
    print_tuned()
    print_wrong_scale()
    print_correlated()
    print_whitened()
    figure_two_ellipses()
    figure_trough()
    figure_loss_by_step()
    plt.show()
