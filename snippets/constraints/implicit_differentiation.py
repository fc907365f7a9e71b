"""Implicit differentiation: the slope of what has no formula, from the equation that it solves."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:slope]
def implicit_slope(by_x, by_y):
    """Slope dy/dx of the curve F(x, y) = 0, from the slopes of F in x and in y there.

    Its unit is that of y per unit of x. Raises `ValueError` where the slope in y is 0:
    there the curve may turn back, as a circle does at its right end.

    >>> print(implicit_slope(2 * 3.0, 2 * 4.0))  # x² + y² = 25 at (3, 4)
    -0.75
    """
    if by_y == 0:
        raise ValueError("the slope of F in y is 0, so F gives no slope here")
    return -by_x / by_y
# --8<-- [end:slope]


# --8<-- [start:circle]
def figure_circle(x=0.0):
    """The circle x² + y² = 25 and its tangent at the upper point above x."""
    y = np.sqrt(25 - x**2)
    slope = implicit_slope(2 * x, 2 * y) + 0.0  # no -0
    angle = np.linspace(0, 2 * np.pi, 181)
    fig, ax = plt.subplots(figsize=(5, 5))
    ax.plot(5 * np.cos(angle), 5 * np.sin(angle), color="C0")
    ax.axline((x, y), slope=slope, color="C1")
    ax.plot([0, x, x], [0, 0, y], color="gray", linewidth=1, linestyle=":")
    ax.plot(x, y, "o", color="C2", zorder=3)
    ax.text(0, -2.2, f"$x = {x:g}$,  $y = {y:g}$\nslope ${slope:.2f}$", ha="center")
    ax.set(xlabel="$x$", ylabel="$y$", aspect="equal", xlim=(-7, 7), ylim=(-7, 7))
    return fig


figure_circle.slider = ("x", [0, 1.4, 2, 3, 3.6, 4, 4.4, 4.8])
# --8<-- [end:circle]


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
# --8<-- [end:students]


# --8<-- [start:one]
def correlation():
    """Mean of the product of standardised hours and marks."""
    hours, _, marks = students()
    return np.mean(standardised(hours) * standardised(marks))


def fitted(penalty):
    """The weight w with the least mean (w x - y)² + penalty w²: it has a formula."""
    return correlation() / (1 + penalty)


def slope_of_fitted(w, penalty):
    """dw/dpenalty from the equation 2 (w - correlation) + 2 penalty w = 0 that w solves."""
    by_penalty, by_w = 2 * w, 2 * (1 + penalty)
    return implicit_slope(by_penalty, by_w)
# --8<-- [end:one]


# --8<-- [start:one_printed]
def print_one():
    """The fitted weight, its slope from the equation, and what a nudge of the penalty does."""
    print("penalty   weight   slope, from the equation   by a nudge of 0.001")
    for penalty in (0.0, 0.25, 1.0, 4.0):
        w = fitted(penalty)
        nudged = (fitted(penalty + 1e-3) - w) / 1e-3
        print(f"{penalty:7.2f}   {w:6.4f}   {slope_of_fitted(w, penalty):24.4f}   {nudged:19.4f}")
# --8<-- [end:one_printed]


# --8<-- [start:unrolled]
def unrolled(gradient, hessian, by_penalty, w, learning_rate, steps):
    """Descent from w (p,), and the slope of each of its points in the penalty.

    gradient(w) and by_penalty(w), the derivative of the gradient in the penalty, give
    (p,), hessian(w) gives (p, p). The start does not depend on the penalty. Returns
    points and slopes, both of shape (steps + 1, p).
    """
    s = np.zeros_like(w)
    path, slopes = [w], [s]
    for _ in range(steps):
        s = s - learning_rate * (hessian(w) @ s + by_penalty(w))  # w is still the old one
        w = w - learning_rate * gradient(w)
        path.append(w)
        slopes.append(s)
    return np.array(path), np.array(slopes)
# --8<-- [end:unrolled]


# --8<-- [start:lag]
def shares(rate, steps, penalty=0.25):
    """How much of weight and slope is there after each step, as shares; two (steps + 1,).

    Descent from 0 on the penalised loss of one weight; `rate` is the share of what is
    missing that each step adds to the weight.
    """
    curvature = 2 * (1 + penalty)
    path, slopes = unrolled(
        lambda w: curvature * w - 2 * correlation(),
        lambda w: np.array([[curvature]]),
        lambda w: 2 * w,
        np.zeros(1),
        rate / curvature,
        steps,
    )
    w = fitted(penalty)
    return path[:, 0] / w, slopes[:, 0] / slope_of_fitted(w, penalty) + 0.0  # no -0
# --8<-- [end:lag]


# --8<-- [start:lag_printed]
def print_lag():
    """Weight and slope on the way: descent that adds a tenth of what is missing each step."""
    weight, slope = shares(0.1, 100)
    print("step   weight: there   slope: there")
    for step in (0, 1, 2, 10, 22, 44, 66, 100):
        print(f"{step:4d}   {weight[step]:13.1%}   {slope[step]:12.1%}")
# --8<-- [end:lag_printed]


# --8<-- [start:lag_drawn]
def figure_lag(steps=0):
    weight, slope = shares(0.1, 80)
    k = np.arange(81)
    fig, ax = plt.subplots()
    above, below = {"xytext": (0, 8), "ha": "center"}, {"xytext": (9, -14), "ha": "left"}
    for share, colour, dash, name, place in ((weight, "C0", "-", "weight", above), (slope, "C1", "--", "its slope", below)):
        ax.plot(k, share, dash, color=colour, label=name)
        ax.plot(steps, share[steps], "o", color=colour)
        ax.annotate(f"{share[steps]:.0%}", (steps, share[steps]), textcoords="offset points", color=colour, **place)
    ax.set(xlabel="steps", ylabel="share that is there", xlim=(-2, 82), ylim=(-0.1, 1.15))
    ax.legend(loc="lower right")
    return fig


figure_lag.slider = ("steps", [0, 1, 2, 5, 10, 15, 22, 30, 44, 66])
# --8<-- [end:lag_drawn]


# --8<-- [start:heron]
def heron(a, steps, w=1.0):
    """Newton's loop for w² = a, and the slope of each of its points in a.

    w = (w + a / w) / 2, differentiated: s = (s + 1 / w - a s / w²) / 2. Returns two
    arrays of shape (steps + 1,).
    """
    s, path, slopes = 0.0, [w], [0.0]
    for _ in range(steps):
        w, s = (w + a / w) / 2, (s + 1 / w - a * s / w**2) / 2
        path.append(w)
        slopes.append(s)
    return np.array(path), np.array(slopes)
# --8<-- [end:heron]


# --8<-- [start:heron_printed]
def print_heron():
    """Newton's loop for the square root of 4: the loop differentiated, and the equation."""
    w, s = heron(4.0, 6)
    print("step         w - 2   loop differentiated - 1/4   last step alone - 1/4")
    for k in range(1, 7):
        alone = 1 / (2 * w[k - 1])  # (w + a / w) / 2 by a, with w held
        print(f"{k:4d}   {shown(w[k] - 2):>11}   {shown(s[k] - 0.25):>25}   {shown(alone - 0.25):>21}")


def shown(error):
    """An error to two digits; of what is rounding, only that it is."""
    return f"{error:.1e}" if abs(error) > 1e-13 else "below 1e-13"
# --8<-- [end:heron_printed]


# --8<-- [start:classes]
def passes(marks):
    """1 for those with at least 60 marks, 0 for the others."""
    return (marks >= 60).astype(float)


def standardise(hours, attendance):
    """X (n, 3) of 1 and standardised features, and their raw means and deviations (2,)."""
    raw = np.column_stack([hours, attendance])
    means, deviations = raw.mean(axis=0), raw.std(axis=0)
    return np.column_stack([np.ones(len(raw)), (raw - means) / deviations]), means, deviations


def another_class(seed, n=40):
    """n other students, simulated by the rule of `students` with another seed."""
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0, 10, n)
    attendance = rng.uniform(40, 100, n)
    return hours, attendance, 12 + 5 * hours + 0.3 * attendance + rng.normal(0, 5, n)


def probability(z):
    """The sigmoid 1 / (1 + e^(-z)) of the logit z, without overflow."""
    return np.exp(-np.logaddexp(0, -z))


def pass_fail_loss(w, X, y, penalty=0.0):
    """Mean cross-entropy of the logits X @ w, in nats, plus penalty times |w[1:]|².

    Shapes: w (p,), X (n, p), y (n,) of zeros and ones. The intercept w[0] is free.
    """
    logits = ((1 - 2 * y) * (X @ w)).reshape(len(y))  # (n,), or it raises
    return np.mean(np.logaddexp(0, logits)) + penalty * w[1:] @ w[1:]


def pass_fail_gradient(w, X, y, penalty=0.0):
    """Gradient of `pass_fail_loss` with respect to w, of shape (p,)."""
    free = np.concatenate([[0.0], w[1:]])
    residual = (probability(X @ w) - y).reshape(len(y))
    return X.T @ residual / len(y) + 2 * penalty * free


def two_classes():
    """X (20, 3) and y (20,) to fit; the same of 1000 other students to judge by."""
    hours, attendance, marks = students(20)
    X, means, deviations = standardise(hours, attendance)
    hours, attendance, others = another_class(1, 1000)
    raw = np.column_stack([hours, attendance])
    Z = np.column_stack([np.ones(len(raw)), (raw - means) / deviations])
    return X, passes(marks), Z, passes(others)
# --8<-- [end:classes]


# --8<-- [start:solution]
def pass_fail_hessian(w, X, penalty=0.0):
    """Hessian of `pass_fail_loss` in w, of shape (p, p)."""
    p = probability(X @ w)
    free = np.diag([0.0] + [1.0] * (len(w) - 1))
    return (X.T * (p * (1 - p))) @ X / len(X) + 2 * penalty * free


def fit_with_penalty(X, y, penalty):
    """The weights (p,) where the gradient is zero, by Newton's method from zero.

    Raises `RuntimeError` if they are not there after 20 steps.
    """
    w = np.zeros(X.shape[1])
    for _ in range(21):
        g = pass_fail_gradient(w, X, y, penalty)
        if np.abs(g).max() < 1e-12:
            return w
        w = w - np.linalg.solve(pass_fail_hessian(w, X, penalty), g)
    raise RuntimeError(f"the gradient is still {np.abs(g).max():.1e}")


def slope_of_solution(w, X, penalty):
    """dw/dpenalty of the fitted weights w, (p,): solves H s = -d(gradient)/dpenalty."""
    by_penalty = 2 * np.concatenate([[0.0], w[1:]])
    return np.linalg.solve(pass_fail_hessian(w, X, penalty), -by_penalty)
# --8<-- [end:solution]


# --8<-- [start:solution_printed]
def print_solution():
    """The three weights at a penalty of 0.01, their slopes, and a nudge of a millionth."""
    X, y, _, _ = two_classes()
    w = fit_with_penalty(X, y, 0.01)
    nudged = (fit_with_penalty(X, y, 0.01 + 1e-6) - w) / 1e-6
    print("             weight   slope, from the equation   by a nudge")
    for name, row in zip(("intercept", "hours", "attendance"), zip(w, slope_of_solution(w, X, 0.01), nudged)):
        print("{:10}   {:6.3f}   {:24.2f}   {:10.2f}".format(name, *row))
# --8<-- [end:solution_printed]


# --8<-- [start:tuning]
def loss_on_others(log_penalty):
    """Loss of 1000 others under the weights of the 20, in nats; its slope in ln(penalty)."""
    X, y, Z, others = two_classes()
    penalty = np.exp(log_penalty)
    w = fit_with_penalty(X, y, penalty)
    by_w = pass_fail_gradient(w, Z, others)  # the penalty is for the fit alone
    return pass_fail_loss(w, Z, others), by_w @ slope_of_solution(w, X, penalty) * penalty


def tune_penalty(log_penalty=-1.0, learning_rate=30.0, steps=12):
    """Descent on the loss of others: rows of ln(penalty), loss, slope; (steps + 1, 3)."""
    rows = []
    for _ in range(steps + 1):
        loss, slope = loss_on_others(log_penalty)
        rows.append((log_penalty, loss, slope))
        log_penalty = log_penalty - learning_rate * slope
    return np.array(rows)
# --8<-- [end:tuning]


# --8<-- [start:tuning_printed]
def print_penalty():
    """The penalty on its way down."""
    print("step   penalty    loss on 1000 others   slope in ln(penalty)")
    for step, (log_penalty, loss, slope) in enumerate(tune_penalty()):
        if step in (0, 1, 2, 3, 4, 6, 8, 12):
            print(f"{step:4d}   {np.exp(log_penalty):.6f}   {loss:19.4f}   {slope:20.4f}")
# --8<-- [end:tuning_printed]


# --8<-- [start:tuning_drawn]
def figure_penalty(step=0):
    logs = np.linspace(-9, 0, 37)
    path = tune_penalty()
    at, height, slope = path[step]
    fig, ax = plt.subplots()
    ax.plot(np.exp(logs), [loss_on_others(log)[0] for log in logs], color="C0", label="loss on others")
    near = at + np.array([-1.3, 1.3])
    ax.plot(np.exp(near), height + slope * (near - at), color="C1", label="slope from the equation")
    ax.plot(np.exp(path[: step + 1, 0]), path[: step + 1, 1], "o-", color="C2", linewidth=1, label="descent")
    ax.set(xscale="log", xlabel="penalty", ylabel="loss on 1000 others (nats)", xlim=(8e-5, 3), ylim=(0.1, 0.7))
    ax.legend(loc="upper left")
    return fig


figure_penalty.slider = ("step", [0, 1, 2, 3, 4, 6, 8, 12])
# --8<-- [end:tuning_drawn]


# --8<-- [start:unfinished]
def unfinished(steps):
    """Errors of descent that stops early, as shares of the right length: three numbers.

    Of the weights, of the slopes of the unrolled loop, and of the slopes that the
    equation gives if it is asked at the unfinished weights. Penalty 0.01, from zero.
    """
    X, y, _, _ = two_classes()
    best = fit_with_penalty(X, y, 0.01)
    right = slope_of_solution(best, X, 0.01)
    path, slopes = unrolled(
        lambda w: pass_fail_gradient(w, X, y, 0.01),
        lambda w: pass_fail_hessian(w, X, 0.01),
        lambda w: 2 * np.concatenate([[0.0], w[1:]]),
        np.zeros(3),
        1.0,
        steps,
    )
    length = np.linalg.norm
    early = slope_of_solution(path[-1], X, 0.01)
    return (
        length(path[-1] - best) / length(best),
        length(slopes[-1] - right) / length(right),
        length(early - right) / length(right),
    )
# --8<-- [end:unfinished]


# --8<-- [start:unfinished_printed]
def print_unfinished():
    """What is still wrong when descent stops."""
    print("steps   weights   slope: unrolled loop   slope: equation, asked too early")
    for steps in (3, 10, 30, 60, 100):
        print("{:5d}   {:7.2%}   {:20.2%}   {:32.2%}".format(steps, *unfinished(steps)))
# --8<-- [end:unfinished_printed]


# --8<-- [start:tilt]
def right_valley(tilt):
    """The rightmost w where w⁴ - 2w² + tilt w is level: 4w³ - 4w + tilt = 0.

    `ValueError` if all levels are left of zero: the right valley has gone.
    """
    roots = np.roots([4, 0, -4, tilt])
    w = roots[np.abs(roots.imag) < 1e-6].real.max()
    if w <= 0:
        raise ValueError(f"no valley on the right at a tilt of {tilt:g}")
    return w


def print_tilt():
    """The right valley and its slope as the floor tilts."""
    for tilt in (0.0, 0.5, 1.0, 1.5, 1.539):
        w = right_valley(tilt)
        print(f"tilt {tilt:5.3f}: valley at {w:.4f}, moves by {implicit_slope(1, 12 * w**2 - 4):8.3f} per unit of tilt")
# --8<-- [end:tilt]


if __name__ == "__main__":
    print_one()
    print_lag()
    print_heron()
    print_solution()
    print_penalty()
    print_unfinished()
    print_tilt()
    figure_circle()
    figure_lag()
    figure_penalty()
    plt.show()
