import math

import mpmath
import numpy as np
import pytest
import scipy.optimize
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.optimisers.gauss_newton import (
    FAR,
    NEAR,
    class_jacobian,
    class_residuals,
    curve,
    curve_jacobian,
    curved_class,
    damped_step,
    figure_damping,
    figure_fits,
    gauss_newton,
    gauss_newton_step,
    learning_curve,
    levenberg_marquardt,
    mean_square,
    print_both_parts,
    print_contradiction,
    print_descent,
    print_errors,
    print_far,
    standard_errors,
)

ceiling, gain, pace, h = sympy.symbols("ceiling gain pace h", positive=True)
CURVE = ceiling - gain * sympy.exp(-h / pace)
SLOPES = sympy.lambdify((ceiling, gain, pace, h), [sympy.diff(CURVE, of) for of in (ceiling, gain, pace)], "math")
HOURS, MARKS = curved_class()
FIT = scipy.optimize.least_squares(lambda t: t[0] - t[1] * np.exp(-HOURS / t[2]) - MARKS, [90, 60, 4], method="lm", xtol=1e-14, ftol=1e-14)

thetas = st.tuples(st.floats(40, 120), st.floats(10, 90), st.floats(0.5, 12)).map(np.array)


def random_system(seed, n=6, p=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, p)), rng.normal(size=n)


@given(thetas)
def test_the_jacobian_of_the_curve_is_that_of_sympy(theta):
    hours = np.array([0.0, 0.7, 3.0, 9.5])
    assert curve_jacobian(theta, hours) == pytest.approx(np.array([SLOPES(*theta, x) for x in hours]), rel=1e-9, abs=1e-12)
    assert curve(theta, hours) == pytest.approx([float(theta[0] - theta[1] * mpmath.exp(-x / theta[2])) for x in hours])


def test_the_class_is_the_learning_curve_and_noise_of_five_marks():
    hours, marks = curved_class(3, 40_000)
    assert hours.shape == marks.shape == (40_000,) and 0 <= hours.min() < hours.max() <= 10
    assert learning_curve(np.array([0.0, 4.0])) == pytest.approx([30, 90 - 60 / math.e])
    noise = marks - (90 - 60 * np.exp(-hours / 4))
    assert [noise.mean(), noise.std()] == pytest.approx([0, 5], abs=0.06)


@given(st.integers(0, 999))
def test_no_other_step_leaves_less_of_the_linear_model(seed):
    J, r = random_system(seed)
    s = gauss_newton_step(J, r)
    assert s.shape == (3,) and J.T @ J @ s == pytest.approx(-J.T @ r, abs=1e-9)
    left = np.sum((r + J @ s) ** 2)
    assert all(np.sum((r + J @ (s + 0.01 * d)) ** 2) > left for d in (*np.eye(3), *-np.eye(3)))


@given(thetas)
def test_the_gradient_is_twice_the_mean_of_slopes_times_residuals_and_the_step_leads_down(theta):
    J, r = class_jacobian(theta), class_residuals(theta)
    slope = 2 / 40 * J.T @ r
    for i, direction in enumerate(np.eye(3)):
        at = theta + 1e-30j * direction  # a complex step
        numeric = np.mean((at[0] - at[1] * np.exp(-HOURS / at[2]) - MARKS) ** 2).imag / 1e-30
        assert slope[i] == pytest.approx(numeric, rel=1e-9, abs=1e-9)
    s = gauss_newton_step(J, r)
    assert slope @ s == pytest.approx(-2 / 40 * np.sum((J @ s) ** 2), rel=1e-6, abs=1e-9) and slope @ s <= 0


def test_a_linear_model_is_fitted_in_one_step():
    J, r = random_system(1)
    path = gauss_newton(lambda t: r + J @ t, lambda t: J, np.array([5.0, -3.0, 1.0]), 2)
    assert path.shape == (3, 3)
    assert path[1] == pytest.approx(np.linalg.solve(J.T @ J, -J.T @ r)) and path[2] == pytest.approx(path[1])


def test_the_fit_is_that_of_scipy_from_both_starts():
    assert gauss_newton(class_residuals, class_jacobian, NEAR, 15)[-1] == pytest.approx(FIT.x, rel=1e-7)
    assert levenberg_marquardt(class_residuals, class_jacobian, FAR, 40)[0][-1] == pytest.approx(FIT.x, rel=1e-7)
    fitted, covariance = scipy.optimize.curve_fit(lambda x, a, b, c: a - b * np.exp(-x / c), HOURS, MARKS, [90, 60, 4])
    told = standard_errors(class_jacobian(FIT.x), class_residuals(FIT.x))
    assert told == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-4) and fitted == pytest.approx(FIT.x, rel=1e-5)


def test_three_steps_fit_to_the_eye():
    losses = [mean_square(class_residuals(w)) for w in gauss_newton(class_residuals, class_jacobian, NEAR, 3)]
    assert losses[2] > 1.04 * 2 * FIT.cost / 40 and losses[3] < 1.001 * 2 * FIT.cost / 40


@given(st.integers(0, 999), st.floats(0, 50))
def test_the_damped_step_solves_its_equations(seed, damping):
    J, r = random_system(seed)
    A = J.T @ J
    exact = np.linalg.solve(A + damping * np.diag(np.diag(A)), -J.T @ r)
    assert damped_step(J, r, damping) == pytest.approx(exact, rel=1e-6, abs=1e-9)


@given(st.integers(0, 999))
def test_strong_damping_leads_against_the_gradient_each_entry_over_its_curvature(seed):
    J, r = random_system(seed)
    assert 1e9 * damped_step(J, r, 1e9) == pytest.approx(-(J.T @ r) / np.diag(J.T @ J), rel=1e-5, abs=1e-6)


@given(st.integers(0, 999), st.floats(0.01, 10), st.floats(1.1, 5))
def test_units_do_not_matter_to_the_damped_step(seed, damping, unit):
    J, r = random_system(seed)
    units = np.array([unit, 1, 1 / unit])
    assert units * damped_step(J * units, r, damping) == pytest.approx(damped_step(J, r, damping), rel=1e-6, abs=1e-9)


def test_exercise_two_by_eigenvalues():
    J, r = random_system(4)
    lengths = [np.linalg.norm(np.linalg.solve(J.T @ J + d * np.eye(3), J.T @ r)) for d in (0, 0.1, 1, 10)]
    assert lengths == sorted(lengths, reverse=True)
    values, vectors = np.linalg.eigh(J.T @ J)
    assert lengths[2] == pytest.approx(math.hypot(*(vectors.T @ J.T @ r / (values + 1))))


@given(thetas, st.floats(0.01, 10))
def test_damped_walks_never_raise_the_error_and_change_the_damping_by_three(theta, first):
    path, dampings = levenberg_marquardt(class_residuals, class_jacobian, theta, 12, first)
    assert path.shape == (13, 3) and dampings.shape == (12,) and dampings[0] == first
    errors = [mean_square(class_residuals(w)) for w in path]
    for before, after, now, then in zip(errors, errors[1:], dampings, dampings[1:], strict=False):
        assert after < before and then == pytest.approx(now / 3) or after == before and then == pytest.approx(3 * now)
    J, r = class_jacobian(theta), class_residuals(theta)
    assert list(path[1]) in (list(theta), pytest.approx(list(theta + damped_step(J, r, first))))


def test_exercise_one_is_the_babylonian_root_by_sympy():
    w = sympy.Symbol("w")
    r = w**2 - 9
    assert sympy.simplify(w - r / sympy.diff(r, w) - (w + 9 / w) / 2) == 0
    path = gauss_newton(lambda t: t**2 - 9, lambda t: np.diag(2 * t), np.array([5.0]), 2)[:, 0]
    assert path == pytest.approx([5, 3.4, (3.4 + 9 / 3.4) / 2])


def test_at_a_contradiction_the_factor_is_minus_what_was_dropped_over_what_was_kept():
    w, b = sympy.symbols("w b")
    r = sympy.Matrix([w + 1, w - 1 + b * w**2])
    J = r.diff(w)
    step = -(J.T * r)[0] / (J.T * J)[0]
    assert sympy.simplify(sympy.diff(w + step, w).subs(w, 0) - b) == 0
    f = (r.T * r)[0]
    assert sympy.diff(f, w).subs(w, 0) == 0 and sympy.simplify(sympy.diff(f, w, 2).subs(w, 0) - (4 - 4 * b)) == 0
    dropped = 2 * sum(r[i].subs(w, 0) * sympy.diff(r[i], w, 2) for i in (0, 1))
    assert sympy.simplify(dropped / (2 * (J.T * J)[0].subs(w, 0)) + b) == 0


def test_where_the_gain_is_zero_the_pace_has_no_effect():
    J = curve_jacobian(np.array([70.0, 0.0, 2.0]), HOURS)
    assert np.all(J[:, 2] == 0) and np.linalg.matrix_rank(J) == 2
    assert gauss_newton_step(J, HOURS)[2] == 0


def test_as_many_residuals_as_parameters_tell_no_error():
    with pytest.raises(ValueError, match="3 residuals and 3 independent columns tell no error of 3 parameters"):
        standard_errors(np.eye(3), np.ones(3))
    with pytest.raises(ValueError, match="40 residuals and 2 independent columns"):
        standard_errors(curve_jacobian(np.array([70.0, 0.0, 2.0]), HOURS), np.ones(40))


def test_the_damping_stays_finite_where_rounding_lets_nothing_get_less():
    path, dampings = levenberg_marquardt(class_residuals, class_jacobian, FIT.x, 120)
    assert dampings.max() == 1e9 and path[-1] == pytest.approx(FIT.x)


def test_at_the_contradiction_a_better_place_exists_only_for_large_b():
    squares = lambda w, b: (w + 1) ** 2 + (w - 1 + b * w**2) ** 2
    w = np.linspace(-10, 10, 20_001)
    for b in (0.49, -0.5, -2.0):
        assert squares(w, b).min() == pytest.approx(2)
    assert squares(w, 0.75).min() < 0.8


def test_told_errors_follow_the_units_of_the_parameters():
    J, r = random_system(2)
    units = np.array([1, 1e-9, 1e6])
    assert standard_errors(J * units, r) * units == pytest.approx(standard_errors(J, r))


def test_the_told_errors_of_a_mean_are_the_standard_error():
    r = np.array([1.0, -2.0, 3.0, -2.0])
    assert standard_errors(np.ones((4, 1)), r) == pytest.approx([np.std(r, ddof=1) / 2])


# What is printed and drawn


def test_the_share_that_is_dropped_is_what_a_late_step_leaves(capsys, numbers):
    print_both_parts()
    held, free, late = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    values = dict(zip((ceiling, gain, pace), map(float, FIT.x), strict=True))
    slope, bend = (sympy.lambdify(h, sympy.diff(CURVE, pace, n).subs(values)) for n in (1, 2))
    dropped = 2 / 40 * math.fsum(bend(x) * e for x, e in zip(HOURS, FIT.fun, strict=True))
    assert held == pytest.approx([2 / 40 * math.fsum(slope(x) ** 2 for x in HOURS), dropped], abs=6e-3)
    J = class_jacobian(FIT.x)
    inverse = np.linalg.inv(J.T @ J)
    assert free == pytest.approx([2 / 40 / inverse[2, 2], dropped, -dropped * inverse[2, 2] * 20], abs=6e-3)
    # The factor of a late step is the largest eigenvalue of what is dropped over what is kept.
    entries = [[sympy.lambdify(h, sympy.diff(CURVE, a, b).subs(values)) for a in (ceiling, gain, pace)] for b in (ceiling, gain, pace)]
    S = np.array([[math.fsum(f(x) * e for x, e in zip(HOURS, FIT.fun, strict=True)) for f in row] for row in entries])
    assert late == pytest.approx([np.max(np.abs(np.linalg.eigvals(inverse @ S)))], abs=1.5e-3) and late == pytest.approx([free[2]], abs=2e-3)


def test_descent_needs_about_a_thousand_times_the_steps(capsys, numbers):
    print_descent()
    first, tangents, descent = capsys.readouterr().out.splitlines()
    J = class_jacobian(FIT.x)
    singular = np.linalg.svd(J, compute_uv=False)
    assert numbers(first) == pytest.approx([(singular[0] / singular[-1]) ** 2], abs=0.6)
    assert numbers(tangents) == [3]
    rate, steps = numbers(descent)
    exact = 40 / 2 / singular[0] ** 2
    assert rate == pytest.approx(exact, abs=6e-4)
    theta, goal, taken = NEAR, 2 * FIT.cost / 40 + 0.01, 0
    while mean_square(class_residuals(theta)) > goal:
        theta, taken = theta - exact / 20 * class_jacobian(theta).T @ class_residuals(theta), taken + 1
    assert taken == pytest.approx(steps, abs=1) and 800 < steps / 3 < 1200


def test_a_descent_that_does_not_arrive_is_told(monkeypatch):
    monkeypatch.setattr("snippets.optimisers.gauss_newton.NEAR", np.array([5.0, 5.0, 300.0]))
    monkeypatch.setattr("snippets.optimisers.gauss_newton.gauss_newton", lambda *_: FIT.x[None])
    monkeypatch.setattr("snippets.optimisers.gauss_newton.gauss_newton_step", lambda *_: np.zeros(3))
    with pytest.raises(RuntimeError, match=r"Gauss-Newton: still .* marks² after 10000 steps"):
        print_descent()


def test_from_far_away_only_the_damped_walk_arrives(capsys, numbers):
    print_far()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    theta = FAR
    for step, row in enumerate(rows[:4]):
        assert row[1:3] == pytest.approx([mean_square(class_residuals(theta)), theta[2]], abs=0.6, rel=1e-4)
        J = np.array([SLOPES(*theta, x) for x in HOURS])
        theta = theta - np.linalg.solve(J.T @ J, J.T @ class_residuals(theta)) if step < 3 else theta
    assert rows[3][1] > 2 * rows[0][1]
    theta, damping, tried = FAR, 1.0, None
    for step, row in enumerate(rows):
        error, pace_now = row[-3:-1] if step else row[-2:]
        assert [error, pace_now] == pytest.approx([np.mean(class_residuals(theta) ** 2), theta[2]], abs=0.06)
        assert step == 0 or row[-1] == pytest.approx(tried, abs=6e-4)
        J, r, tried = class_jacobian(theta), class_residuals(theta), damping
        new = theta - np.linalg.solve(J.T @ J + damping * np.diag(np.diag(J.T @ J)), J.T @ r)
        with np.errstate(over="ignore"):
            better = np.sum(class_residuals(new) ** 2) < np.sum(r**2)
        theta, damping = (new, damping / 3) if better else (theta, 3 * damping)
    assert rows[1][-3] == rows[0][-2] and rows[-1][-3] < 28.9


def test_where_wishes_contradict_the_printed_factor_is_theirs(capsys, numbers):
    print_contradiction()
    rows = [numbers(line.replace("2nd", "")) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [0.5, -0.5, -0.9, -1.1, -2.0]
    for b, predicted, measured, end, damped in rows:
        seen = [0.01]
        for _ in range(40):
            w, slope = seen[-1], 1 + 2 * b * seen[-1]
            seen.append(w - ((w + 1) + slope * (w - 1 + b * w * w)) / (1 + slope**2))
        assert predicted == b and measured == pytest.approx(seen[2] / seen[1], abs=6e-3) and end == pytest.approx(seen[-1], abs=6e-5)
        assert measured == pytest.approx(b, rel=0.1) and damped < 1e-4
        assert (abs(end) > 0.05) == (b < -1)


def test_one_class_tells_how_much_all_classes_differ(capsys, numbers):
    print_errors()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    fits, told = [], None
    for seed in range(300):
        hours, marks = curved_class(seed, 400)
        fitted, covariance = scipy.optimize.curve_fit(lambda x, a, b, c: a - b * np.exp(-x / c), hours, marks, [90, 60, 4])
        fits.append(fitted)
        told = np.sqrt(np.diag(covariance)) if told is None else told
    for i, row in enumerate(rows):
        assert row == pytest.approx([fits[0][i], told[i], np.std(fits, axis=0)[i]], abs=6e-3)
        assert row[1] == pytest.approx(row[2], rel=0.08)


@pytest.mark.parametrize("step", [0, 3])
def test_the_dashed_curve_is_the_regression_on_the_tangents(step):
    left, right = figure_fits(step).axes
    dots, solid, dashed = (np.array(line.get_data()) for line in left.lines)
    assert dots[1] == pytest.approx(MARKS)
    theta = gauss_newton(class_residuals, class_jacobian, NEAR, step)[-1]
    assert solid[1] == pytest.approx(theta[0] - theta[1] * np.exp(-solid[0] / theta[2]))
    features = np.array([SLOPES(*theta, x) for x in HOURS])
    move = np.linalg.solve(features.T @ features, features.T @ (MARKS - curve(theta, HOURS)))
    assert dashed[1] - solid[1] == pytest.approx([np.dot(SLOPES(*theta, x), move) for x in solid[0]], abs=1e-6)
    assert left.get_title() == f"ceiling {theta[0]:.1f}, gain {theta[1]:.1f}, pace {theta[2]:.2f}"
    errors, now = (np.array(line.get_data()) for line in right.lines)
    assert len(errors[1]) == 6 and errors[1][step] == now[1, 0] == pytest.approx(np.mean((curve(theta, HOURS) - MARKS) ** 2))
    assert now[0, 0] == step


@pytest.mark.parametrize("damping", [100.0, 0.3])
def test_the_dot_moves_along_the_steps_for_all_dampings(damping):
    left, right = figure_damping(damping).axes
    line, square, dot = (np.array(drawn.get_data()) for drawn in left.lines)
    assert list(square[:, 0]) == [20, 5]
    J = np.array([SLOPES(90, 20, 5, x)[1:] for x in HOURS])
    r = 90 - 20 * np.exp(-HOURS / 5) - MARKS
    A = J.T @ J
    to = lambda d: np.array([20, 5]) - np.linalg.solve(A + d * np.diag(np.diag(A)), J.T @ r)
    assert dot[:, 0] == pytest.approx(to(damping)) and line[:, 0] == pytest.approx(to(1e-3)) and line[:, -1] == pytest.approx(to(1e3))
    after = lambda d: np.mean((90 - to(d)[0] * np.exp(-HOURS / to(d)[1]) - MARKS) ** 2)
    errors, now, start = (np.array(drawn.get_data()) for drawn in right.lines)
    assert errors[1] == pytest.approx([after(d) for d in errors[0]]) and now[:, 0] == pytest.approx([damping, after(damping)])
    assert list(start[1]) == pytest.approx([np.mean(r**2)] * 2)
    assert 0.1 < errors[0][np.argmin(errors[1])] < 0.4
    (contours,) = left.collections
    assert list(contours.levels) == [30, 50, 100, 200, 400, 800, 1600]
