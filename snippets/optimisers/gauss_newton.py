"""Gauss-Newton: a curve is fitted by one linear regression after another."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:class]
def learning_curve(hours):
    """Marks after some hours of study: an invented model."""
    return 90 - 60 * np.exp(-hours / 4)


def curved_class(seed=0, n=40):
    """Simulated hours (0 to 10) and marks: the learning curve, and noise of 5 marks; (n,) each."""
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0, 10, n)
    return hours, learning_curve(hours) + rng.normal(0, 5, n)
# --8<-- [end:class]


# --8<-- [start:curve]
def curve(theta, hours):
    """Marks ceiling - gain e^(-hours / pace); theta (3,) is (ceiling, gain, pace).

    Ceiling and gain are in marks, pace in hours like hours (n,); the result has (n,).
    """
    ceiling, gain, pace = theta
    return ceiling - gain * np.exp(-hours / pace)


def curve_jacobian(theta, hours):
    """Derivatives of `curve` for each hour (n,) by ceiling, gain, pace: (n, 3)."""
    _, gain, pace = theta
    left = np.exp(-hours / pace)  # the share of the gain that is still to come
    return np.stack([np.ones_like(hours), -left, -gain * left * hours / pace**2], axis=1)
# --8<-- [end:curve]


# --8<-- [start:gauss_newton]
def gauss_newton_step(J, r):
    """The step s for which the residuals r + J s have the least sum of squares.

    J (n, p) is the Jacobian of the residuals r (n,); s (p,) solves J'J s = -J'r.
    """
    return np.linalg.lstsq(J, -r.reshape(len(J)), rcond=None)[0]


def gauss_newton(residuals, jacobian, theta, steps):
    """Steps to where the tangents fit best; all points (steps + 1, p), theta first."""
    path = [theta]
    for _ in range(steps):
        theta = theta + gauss_newton_step(jacobian(theta), residuals(theta))
        path.append(theta)
    return np.array(path)
# --8<-- [end:gauss_newton]


# --8<-- [start:class_fit]
def class_residuals(theta):
    """Curve less marks of the simulated class, (40,), in marks."""
    hours, marks = curved_class()
    return curve(theta, hours) - marks


def class_jacobian(theta):
    """Jacobian (40, 3) of `class_residuals`."""
    return curve_jacobian(theta, curved_class()[0])


def mean_square(residuals):
    """Mean-squared error in marks²."""
    return np.mean(residuals**2)
# --8<-- [end:class_fit]


# --8<-- [start:fits]
NEAR, FAR = np.array([60.0, 30.0, 1.0]), np.array([60.0, 30.0, 10.0])  # two starts


def figure_fits(step=0):
    hours, marks = curved_class()
    path, x = gauss_newton(class_residuals, class_jacobian, NEAR, 5), np.linspace(0, 10, 81)
    theta = path[step]
    move = gauss_newton_step(class_jacobian(theta), class_residuals(theta))
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.8), width_ratios=[3, 2])
    left.plot(hours, marks, "o", color="gray", markersize=3, linestyle="None")
    left.plot(x, curve(theta, x), color="C0", label="curve")
    left.plot(x, curve(theta, x) + curve_jacobian(theta, x) @ move, "--", color="C1", label="best by its tangents")
    left.set(xlabel="hours", ylabel="marks", xlim=(0, 10), ylim=(0, 105))
    left.legend(loc="lower right", fontsize=8)
    left.set_title("ceiling {:.1f}, gain {:.1f}, pace {:.2f}".format(*theta), fontsize="medium")
    losses = [mean_square(class_residuals(w)) for w in path]
    right.semilogy(losses, "o-", color="C2", markersize=4)
    right.semilogy(step, losses[step], "o", color="C2", markersize=9)
    right.set(xlabel="step", ylabel="mean-squared error (marks²)", xlim=(-0.3, 5.3), ylim=(20, 500))
    right.set_yticks([20, 50, 100, 200, 500], ["20", "50", "100", "200", "500"])
    right.minorticks_off()
    return fig


figure_fits.slider = ("step", [0, 1, 2, 3, 4, 5])
# --8<-- [end:fits]


# --8<-- [start:both_parts]
def print_both_parts():
    """The Hessian's entry of the pace with itself at the best fit, in marks² per hour²."""
    path = gauss_newton(class_residuals, class_jacobian, NEAR, 20)
    _, gain, pace = path[-1]
    hours, _ = curved_class()
    J, r = class_jacobian(path[-1]), class_residuals(path[-1])
    bends = -gain * np.exp(-hours / pace) * (hours**2 / pace**4 - 2 * hours / pace**3)  # second derivative by pace
    kept, dropped = 2 / len(r) * J[:, 2] @ J[:, 2], 2 / len(r) * bends @ r
    rest = J[:, 2] + J[:, :2] @ gauss_newton_step(J[:, :2], J[:, 2])  # what ceiling and gain cannot make up for
    kept_free = 2 / len(r) * rest @ rest
    away = np.linalg.norm(path - path[-1], axis=1)
    print(f"ceiling and gain held:            kept {kept:5.2f}, dropped {dropped:.2f}")
    print(f"ceiling and gain free to follow:  kept {kept_free:5.2f}, dropped {dropped:.2f}: a share of {-dropped / kept_free:.3f}")
    print(f"of its distance from the best fit a late step leaves {away[6] / away[5]:.3f}")
# --8<-- [end:both_parts]


# --8<-- [start:descent]
def print_descent():
    """From the near start until 0.01 marks² above the least: steps of two methods."""
    best = gauss_newton(class_residuals, class_jacobian, NEAR, 30)[-1]
    goal, J = mean_square(class_residuals(best)) + 0.01, class_jacobian(best)
    rate = 1 / np.linalg.eigvalsh(2 / len(J) * J.T @ J)[-1]
    descent = lambda theta: -rate * 2 / len(J) * class_jacobian(theta).T @ class_residuals(theta)
    tangents = lambda theta: gauss_newton_step(class_jacobian(theta), class_residuals(theta))
    print(f"condition number at the best fit: {np.linalg.cond(J) ** 2:,.0f}")
    for name, step in (("Gauss-Newton", tangents), (f"descent, rate {rate:.3f}", descent)):
        theta, steps = NEAR, 0
        while mean_square(class_residuals(theta)) > goal:
            theta, steps = theta + step(theta), steps + 1
            if steps == 10_000:
                raise RuntimeError(f"{name}: still {mean_square(class_residuals(theta))} marks² after {steps} steps")
        print(f"{name:19} {steps:5,d} steps")
# --8<-- [end:descent]


# --8<-- [start:damped]
def damped_step(J, r, damping):
    """The step s that solves (J'J + damping D) s = -J'r, where D is the diagonal of J'J.

    J (n, p) and r (n,) as in `gauss_newton_step`; damping is a number without a unit,
    0 or more. Source: Levenberg, 1944; Marquardt, 1963, for this D.
    """
    pull = np.sqrt(damping) * np.diag(np.linalg.norm(J, axis=0))  # asks for s = 0
    r = np.concatenate([r.reshape(len(J)), np.zeros(len(pull))])
    return gauss_newton_step(np.vstack([J, pull]), r)


def levenberg_marquardt(residuals, jacobian, theta, steps, damping=1.0):
    """Damped steps: a third of the damping after one that lowers the squares, else thrice.

    A step that does not is not taken. The first damping is above 0, none is above
    1e9. Returns all points, (steps + 1, p), and the dampings tried, (steps,).
    """
    path, dampings = [theta], []
    for _ in range(steps):
        r = residuals(theta)
        new = theta + damped_step(jacobian(theta), r, damping)
        dampings.append(damping)
        with np.errstate(over="ignore"):  # a step too far may be infinitely bad
            lower = mean_square(residuals(new)) < mean_square(r)
        theta, damping = (new, damping / 3) if lower else (theta, min(damping * 3, 1e9))
        path.append(theta)
    return np.array(path), np.array(dampings)
# --8<-- [end:damped]


# --8<-- [start:far]
def print_far():
    """Mean-squared errors in marks² from the far start, step by step."""
    tangents = gauss_newton(class_residuals, class_jacobian, FAR, 3)
    damped, dampings = levenberg_marquardt(class_residuals, class_jacobian, FAR, 9)
    print("step   Gauss-Newton: error   pace (hours)   damped: error   pace (hours)   damping tried")
    for step in range(10):
        left = f"{mean_square(class_residuals(tangents[step])):19.1f}   {tangents[step][2]:12.0f}" if step < 4 else " " * 34
        tried = f"   {dampings[step - 1]:13.3f}" if step else ""
        print(f"{step:4d}   {left}   {mean_square(class_residuals(damped[step])):13.1f}   {damped[step][2]:12.2f}{tried}")
# --8<-- [end:far]


# --8<-- [start:dampings]
def figure_damping(damping=100.0):
    hours, marks = curved_class()
    with_ceiling = lambda gain, pace: np.array([90.0, gain, pace])
    theta, dampings = with_ceiling(20.0, 5.0), np.geomspace(1e-3, 1e3, 61)
    J, r = class_jacobian(theta)[:, 1:], class_residuals(theta)
    to = lambda d: theta + np.concatenate([[0], damped_step(J, r, d)])
    points = np.array([to(d) for d in dampings])
    gains, paces = np.linspace(0, 100, 41), np.linspace(0.5, 10, 39)
    heights = [[mean_square(curve((90, gain, pace), hours) - marks) for gain in gains] for pace in paces]
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.8))
    left.contour(gains, paces, heights, [30, 50, 100, 200, 400, 800, 1600], colors="C0", linewidths=0.8)
    left.plot(points[:, 1], points[:, 2], "--", color="C1")
    left.plot(*theta[1:], "s", color="C2", markersize=8)
    left.plot(*to(damping)[1:], "o", color="C2", markersize=8)
    left.set(xlabel="gain (marks)", ylabel="pace (hours)", xlim=(0, 100), ylim=(0.5, 10))
    right.semilogx(dampings, [mean_square(class_residuals(p)) for p in points], "--", color="C1")
    right.plot(damping, mean_square(class_residuals(to(damping))), "o", color="C2", markersize=8)
    right.axhline(mean_square(r), color="gray", linewidth=1)
    right.set(xlabel="damping", ylabel="error after the step (marks²)", xlim=(1e-3, 1e3), ylim=(0, 350))
    return fig


figure_damping.slider = ("damping", [100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.001])
# --8<-- [end:dampings]


# --8<-- [start:contradiction]
def print_contradiction():
    """Two wishes, w + 1 = 0 and w - 1 + b w² = 0, with a local minimum at w = 0; from w = 0.01."""
    print("    b   factor of the distance: predicted   in the 2nd step   w after 40 steps   damped")
    for b in (0.5, -0.5, -0.9, -1.1, -2.0):
        residuals = lambda w, b=b: np.array([w[0] + 1, w[0] - 1 + b * w[0] ** 2])
        jacobian = lambda w, b=b: np.array([[1.0], [1 + 2 * b * w[0]]])
        path = gauss_newton(residuals, jacobian, np.array([0.01]), 40)[:, 0]
        damped = levenberg_marquardt(residuals, jacobian, np.array([0.01]), 40)[0][-1, 0]
        print(f"{b:5.1f}   {b:33.2f}   {path[2]/path[1]:15.2f}   {path[-1]:16.4f}   {abs(damped):6.4f}")
# --8<-- [end:contradiction]


# --8<-- [start:errors]
def standard_errors(J, r):
    """Typical errors (p,) of a fit by least squares: the root of the diagonal of s² (J'J)^-1.

    J (n, p) and r (n,) at the fit; s² is the sum of squares over n - p. True for
    small independent noise of one size. Raises `ValueError` unless n > p and the
    columns of J are independent.
    """
    n, p = J.shape
    rank = np.linalg.matrix_rank(J / np.maximum(np.linalg.norm(J, axis=0), 1e-300))
    if not n > p or rank < p:
        raise ValueError(f"{n} residuals and {rank} independent columns tell no error of {p} parameters")
    r = r.reshape(n)
    inverse = np.linalg.inv(np.linalg.qr(J, mode="r"))  # J'J is R'R
    return np.linalg.norm(inverse, axis=1) * np.sqrt(r @ r / (n - p))


def print_errors():
    """The three parameters from one class of 400, and how widely they vary over 300 classes."""
    fits = []
    for seed in range(300):
        hours, marks = curved_class(seed, 400)
        fits.append(gauss_newton(lambda w: curve(w, hours) - marks, lambda w: curve_jacobian(w, hours), NEAR, 8)[-1])
    hours, marks = curved_class(0, 400)
    told = standard_errors(curve_jacobian(fits[0], hours), curve(fits[0], hours) - marks)
    print("                  one class   its told error   spread over 300 classes")
    for name, value, error, spread in zip(("ceiling (marks)", "gain (marks)", "pace (hours)"), fits[0], told, np.std(fits, axis=0), strict=True):
        print(f"{name:15}   {value:9.2f}   {error:14.2f}   {spread:23.2f}")
# --8<-- [end:errors]


if __name__ == "__main__":
    print_both_parts()
    print_descent()
    print_far()
    print_contradiction()
    print_errors()
    figure_fits()
    figure_damping()
    plt.show()
