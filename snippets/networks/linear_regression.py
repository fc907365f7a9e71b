"""Linear regression by descent: marks from hours and attendance, from the data to the answer."""

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
# --8<-- [end:students]


# --8<-- [start:predict]
def predicted_marks(w, hours, attendance):
    """The model: w[0] + w[1] hours + w[2] attendance, in marks; w has shape (3,).

    >>> print(predicted_marks(np.array([10.0, 5.0, 0.5]), hours=4.0, attendance=60.0))
    60.0
    """
    return w[0] + w[1] * hours + w[2] * attendance
# --8<-- [end:predict]


# --8<-- [start:loss]
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
# --8<-- [end:loss]


# --8<-- [start:fit]
def unscaled(w, means, deviations):
    """Weights for raw features that predict the same as w for standardised ones.

    w = (intercept, weights) has shape (p + 1,); means and deviations of the raw
    features have shape (p,).
    """
    weights, means, deviations = np.stack([w[1:], means, deviations])
    slopes = weights / deviations
    return np.concatenate([[w[0] - slopes @ means], slopes])


def fit_path(hours, attendance, marks, learning_rate=0.5, steps=100):
    """Weights for raw features after each step of descent on standardised ones.

    The data have shape (n,), the result (steps + 1, 3): marks, marks per hour,
    marks per percent. Raises `ValueError` if a feature is the same for all.
    """
    raw = np.column_stack([hours, attendance])
    means, deviations = raw.mean(axis=0), raw.std(axis=0)
    if np.any(np.ptp(raw, axis=0) == 0):
        raise ValueError(f"ranges {np.ptp(raw, axis=0)}: a constant feature explains nothing")
    X = np.column_stack([np.ones(len(raw)), (raw - means) / deviations])
    w = np.zeros(3)
    path = [unscaled(w, means, deviations)]
    for _ in range(steps):
        w = w - learning_rate * gradient(w, X, marks)
        path.append(unscaled(w, means, deviations))
    return np.array(path)


def fit():
    """The weights that descent finds for the 40 students, of shape (3,)."""
    return fit_path(*students())[-1]
# --8<-- [end:fit]


# --8<-- [start:steps]
def mean_squared_residual(w, hours, attendance, marks):
    """The `loss` of the model on some students, in marks²."""
    return loss(w, np.column_stack([np.ones_like(hours), hours, attendance]), marks)
# --8<-- [end:steps]


# --8<-- [start:steps_printed]
def print_fit_path():
    """The weights and the loss after some steps, and those of linear algebra."""
    hours, attendance, marks = students()
    path = fit_path(hours, attendance, marks)
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    best = np.linalg.lstsq(X, marks, rcond=None)[0]
    print("step   intercept   marks per hour   marks per percent   loss (marks²)")
    rows = [(f"{step:4d}", path[step]) for step in (0, 1, 2, 5, 10, 20, 100)]
    for name, w in [*rows, ("best", best)]:
        error = loss(w, X, marks)
        print(f"{name}   {w[0]:9.3f}   {w[1]:14.4f}   {w[2]:17.4f}   {error:13.3f}")
    print(f"correlation of hours and attendance: {np.corrcoef(hours, attendance)[0, 1]:.2f}")
# --8<-- [end:steps_printed]


# --8<-- [start:student]
def figure_student(hours=6.0):
    w, (studied, _, marks) = fit(), students()
    x = np.array([0.0, 10.0])
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.6), width_ratios=[4, 3])
    left.plot(studied, marks, ".", color="gray", markersize=5)
    for attendance, style in ((100, ":"), (70, "-"), (40, "--")):
        left.plot(x, predicted_marks(w, x, attendance), style, color="C0", label=f"attendance {attendance} %")
    answer = predicted_marks(w, hours, 70.0)
    left.plot([hours, hours, 0], [0, answer, answer], color="C2", linewidth=1)
    left.plot(hours, answer, "o", color="C2", markersize=9)
    left.set(xlabel="hours studied", ylabel="marks", xlim=(0, 10), ylim=(0, 105))
    left.legend(loc="lower right", fontsize="small")
    parts = np.array([w[0], w[1] * hours, w[2] * 70])
    bars = right.barh([2, 1, 0], parts, left=np.cumsum(parts) - parts, color=["gray", "C1", "C0"], height=0.55)
    right.bar_label(bars, [f"{part:.1f}" for part in parts], padding=4)
    right.axvline(answer, color="C2", linewidth=1)
    right.set(xlabel="marks", xlim=(0, 105), yticks=[2, 1, 0], yticklabels=["intercept", "hours", "attendance"])
    right.set_title(f"{answer:.1f} marks", color="C2")
    return fig


figure_student.slider = ("hours", np.arange(11.0))
# --8<-- [end:student]


# --8<-- [start:plane]
def figure_plane():
    w, (hours, attendance, marks) = fit(), students()
    h, a = np.meshgrid(np.linspace(0, 10, 9), np.linspace(40, 100, 9))
    fig = plt.figure(figsize=(6.4, 4.4))
    ax = fig.add_subplot(projection="3d", computed_zorder=False)
    ax.plot_surface(h, a, predicted_marks(w, h, a), color="C0", alpha=0.25, shade=False, edgecolor="C0", lw=0.3)
    for x, y, z in zip(hours, attendance, marks, strict=True):
        ax.plot([x, x], [y, y], [predicted_marks(w, x, y), z], color="C2", linewidth=1)
    ax.plot(hours, attendance, marks, "o", color="gray", markersize=4)
    ax.set(xlabel="hours studied", ylabel="attendance (%)", zlabel="marks", xticks=[0, 5, 10], yticks=[40, 70, 100])
    ax.xaxis.labelpad = ax.yaxis.labelpad = 8
    ax.view_init(18, -120)
    ax.set_box_aspect((1.3, 1.1, 0.9), zoom=0.9)
    return fig
# --8<-- [end:plane]


# --8<-- [start:falling]
def raw_path(steps):
    """Descent from zero on hours and percent as they are, at 0.9 of the edge."""
    hours, attendance, marks = students()
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    rate = 0.9 * 2 / np.linalg.eigvalsh(2 / len(X) * X.T @ X)[-1]
    path = [np.zeros(3)]
    for _ in range(steps):
        path.append(path[-1] - rate * gradient(path[-1], X, marks))
    return np.array(path)


def figure_falling():
    data, most = students(), 20_000
    steps = np.unique(np.geomspace(1, most, 60).astype(int))
    best = np.linalg.lstsq(np.column_stack([np.ones(40), *data[:2]]), data[2], rcond=None)[0]
    least = mean_squared_residual(best, *data)
    fig, ax = plt.subplots()
    for path, style, name in ((raw_path(most), "--", "raw"), (fit_path(*data, steps=30), "-", "standardised")):
        shown = steps[steps < len(path)]
        excess = [mean_squared_residual(path[step], *data) - least for step in shown]
        ax.loglog(shown, excess, style, color="C2", label=f"features {name}")
    ax.minorticks_off()
    ax.set(xlabel="step", ylabel="loss above the least one (marks²)", xlim=(1, most), ylim=(1e-6, 1e4))
    ax.legend()
    return fig
# --8<-- [end:falling]


# --8<-- [start:residuals]
def residuals():
    """Prediction minus observation for each student at the fit: (40,), in marks."""
    hours, attendance, marks = students()
    return predicted_marks(fit(), hours, attendance) - marks
# --8<-- [end:residuals]


# --8<-- [start:residuals_printed]
def print_residuals():
    """What the residuals of the fit add up to, alone and times each feature."""
    hours, attendance, marks = students()
    r = residuals()
    print(f"largest {np.abs(r).max():.1f} marks, root of the mean square {np.sqrt(np.mean(r**2)):.2f} marks")
    for name, unit, column in (("1", "", 1.0), ("hours", " · hours", hours), ("attendance", " · percent", attendance)):
        print(f"mean of residual × {name:10}: {round(np.mean(r * column), 3) + 0:6.3f} marks{unit}")
    print(f"part of the variance of the marks that the model explains: {1 - np.var(r) / np.var(marks):.1%}")
# --8<-- [end:residuals_printed]


# --8<-- [start:residual_plots]
def figure_residual_plots():
    hours, attendance, marks = students()
    r, one = residuals(), np.ones_like(hours)
    by_hours = np.linalg.lstsq(np.column_stack([one, hours]), marks, rcond=None)[0]
    without = by_hours[0] + by_hours[1] * hours - marks
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 3.2), sharey=True)
    for ax, each, title in zip(axes, (without, r), ("model without attendance", "model with attendance"), strict=True):
        slope, intercept = np.polyfit(attendance, each, 1)
        ax.vlines(attendance, 0, each, color="C2", linewidth=1)
        ax.plot(attendance, each, "o", color="C2", markersize=4)
        ax.plot([40, 100], intercept + slope * np.array([40, 100]), "--", color="gray")
        ax.set(xlabel="attendance (%)", title=title, xlim=(38, 102))
    axes[0].set(ylabel="residual (marks)")
    return fig
# --8<-- [end:residual_plots]


# --8<-- [start:sensitivity]
def print_sensitivity():
    """How much each feature moves the predicted marks, by three measures."""
    w, (hours, attendance, _) = fit(), students()
    print("             per unit                  per deviation of the class      from lowest to highest")
    features = (("hours", "hour", "h", w[1], hours), ("attendance", "percent", "%", w[2], attendance))
    for name, unit, sign, weight, x in features:
        deviation = f"{weight * x.std():5.2f} marks per {x.std():5.2f} {sign}"
        print(f"{name:10}   {weight:.3f} marks per {unit:7}   {deviation:29}   {weight * np.ptp(x):5.1f} marks")
    print(f"one hour moves the prediction as much as {w[1] / w[2]:.1f} percentage points of attendance")
# --8<-- [end:sensitivity]


# --8<-- [start:new_students]
def another_class(seed, n=40):
    """n other students, simulated by the rule of `students` with another seed."""
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0, 10, n)
    attendance = rng.uniform(40, 100, n)
    return hours, attendance, 12 + 5 * hours + 0.3 * attendance + rng.normal(0, 5, n)
# --8<-- [end:new_students]


# --8<-- [start:new_students_printed]
def print_new_students():
    """The loss of three models on the 40 students and on 100,000 new ones."""
    data, new = students(), another_class(1, 100_000)
    mean = np.array([data[2].mean(), 0, 0])
    models = {"mean of the 40": mean, "fit to the 40": fit(), "the rule": np.array([12, 5, 0.3])}
    print("model            loss on the 40   on new students (marks²)")
    for name, w in models.items():
        print(f"{name:14}   {mean_squared_residual(w, *data):14.2f}   {mean_squared_residual(w, *new):24.2f}")
# --8<-- [end:new_students_printed]


# --8<-- [start:units]
def print_units_change_weights():
    """The same model in other units: other weights, and the same prediction."""
    hours, attendance, marks = students()
    units = (("hour", 1, "percent", 1), ("minute", 60, "percent", 1), ("hour", 1, "whole", 0.01))
    for time, per_hour, share, per_percent in units:
        w = fit_path(per_hour * hours, per_percent * attendance, marks)[-1]
        answer = predicted_marks(w, per_hour * 6.0, per_percent * 70.0)
        print(f"{w[1]:.4f} marks per {time:6}, {w[2]:7.4f} marks per {share:7}; 6 hours and 70 %: {answer:.2f} marks")
# --8<-- [end:units]


# --8<-- [start:far]
def print_far_from_the_data():
    """What the model says of students as it has seen, and of others."""
    w = fit()
    for hours, attendance in ((6, 70), (10, 100), (20, 100), (0, 0)):
        print(f"{hours:2d} hours, {attendance:3d} %: {predicted_marks(w, hours, attendance):6.1f} marks")
# --8<-- [end:far]


# --8<-- [start:spread]
def print_spread():
    """How far the weights vary by chance: the same 40 students, marked 2000 times."""
    hours, attendance, _ = students()
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    rng = np.random.default_rng(1)
    marks = X @ np.array([12, 5, 0.3]) + rng.normal(0, 5, (2000, 40))
    fits = np.linalg.lstsq(X, marks.T, rcond=None)[0]
    predicted = 5 * np.sqrt(np.diag(np.linalg.inv(X.T @ X)))
    print("                    rule   mean of fits   deviation   by formula")
    names = ("marks", "marks per hour", "marks per percent")
    for name, rule, fitted, spread in zip(names, (12, 5, 0.3), fits, predicted, strict=True):
        print(f"{name:17}   {rule:4.1f}   {fitted.mean():12.4f}   {fitted.std():9.4f}   {spread:10.4f}")
# --8<-- [end:spread]


# --8<-- [start:left_out]
def print_left_out():
    """The weight of the hours without attendance, and where the rest comes from."""
    w, (hours, attendance, marks) = fit(), students()
    x = hours - hours.mean()
    alone, along = x @ marks / (x @ x), x @ attendance / (x @ x)
    print(f"hours alone: {alone:.4f} marks per hour")
    print(f"with an hour more come {along:.4f} percentage points of attendance")
    print(f"{w[1]:.4f} + {w[2]:.4f} × {along:.4f} = {w[1] + w[2] * along:.4f}")
# --8<-- [end:left_out]


if __name__ == "__main__":
    print_fit_path()
    print_residuals()
    print_sensitivity()
    print_new_students()
    print_units_change_weights()
    print_far_from_the_data()
    print_spread()
    print_left_out()
    figure_student()
    figure_plane()
    figure_falling()
    figure_residual_plots()
    plt.show()
