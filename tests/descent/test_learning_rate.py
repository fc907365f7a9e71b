import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.descent.learning_rate import (
    best_rate,
    centred_hours,
    contraction,
    descend,
    edge_of_stability,
    features,
    figure_contraction,
    figure_four_paths,
    figure_overshoot,
    four_rates,
    gradient,
    hessian,
    loss,
    print_loss_rises,
    print_rates,
    print_scales,
    print_steps,
    run,
    start,
    steps_to_shrink,
    students,
)

bowls = arrays(np.float64, (3, 3), elements=st.floats(-1, 1)).map(lambda A: A @ A.T + 0.2 * np.eye(3))


def distance(H, rate, steps):
    """How far descent on the bowl w'Hw/2 is from its minimum 0, when it starts along the sharpest direction."""
    sharpest = np.linalg.svd(H)[0][:, 0]
    return np.linalg.norm(descend(lambda w: H @ w, sharpest, rate, steps)[-1])


@given(bowls, st.floats(0.02, 0.98))
def test_below_the_edge_every_start_settles(H, fraction):
    rate = fraction * edge_of_stability(H)
    path = descend(lambda w: H @ w, np.eye(3), rate, 3000)  # a start in each column
    assert np.linalg.norm(path[-1], axis=0).max() < 0.6
    assert np.all(np.linalg.norm(path[-1], axis=0) < np.linalg.norm(path[1000], axis=0) + 1e-12)


@given(bowls, st.floats(1.001, 3))
def test_beyond_the_edge_the_sharpest_direction_diverges(H, fraction):
    rate = fraction * edge_of_stability(H)
    assert distance(H, rate, 20) > distance(H, rate, 10) > 1


@given(bowls)
def test_on_the_edge_the_distance_stays(H):
    assert distance(H, edge_of_stability(H), 10) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("fraction, settles", [(0.999, True), (1.001, False)])
def test_the_edge_of_the_students_loss_is_where_it_is_said_to_be(fraction, settles):
    X, y = centred_hours()
    edge = 2 / np.linalg.norm(2 / 40 * X.T @ X, 2)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    path = run(fraction * edge, steps=4000)
    assert edge_of_stability(hessian(X)) == pytest.approx(edge)
    assert (np.linalg.norm(path[-1] - best) < 0.1) == settles
    assert (np.linalg.norm(path[-1] - best) > 100) == (not settles)


@given(bowls)
def test_no_fixed_rate_contracts_faster_than_the_best_one(H):
    steps = np.eye(3) - np.linspace(0, edge_of_stability(H), 400)[:, None, None] * H
    searched = np.linalg.norm(steps, 2, axis=(1, 2))
    assert contraction(H, best_rate(H)) <= min(searched) + 1e-12
    assert contraction(H, best_rate(H)) == pytest.approx(min(searched), abs=0.02)


@given(bowls, st.floats(0, 5))
def test_the_contraction_is_the_norm_of_one_step(H, rate):
    assert contraction(H, rate) == pytest.approx(np.linalg.norm(np.eye(3) - rate * H, 2), abs=1e-9)


@pytest.mark.parametrize("H", [np.diag([0.0, 1.0]), np.diag([-1.0, 1.0])])
def test_without_a_bowl_there_is_no_stable_rate(H):
    with pytest.raises(ValueError, match="no bowl"):
        edge_of_stability(H)


def test_the_gradient_and_the_hessian_are_derivatives_of_the_loss():
    X, y = centred_hours()
    w = np.array([31.0, -2.0])
    for derivative, f in ((gradient(w, X, y), loss), (hessian(X), gradient)):
        steps = np.array([np.imag(f(w + 1e-20j * unit, X, y)) / 1e-20 for unit in np.eye(2)])
        assert derivative == pytest.approx(steps, rel=1e-11, abs=1e-9)


def test_the_four_rates_do_what_they_are_named_for():
    X, y = centred_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    left = {name: np.abs(run(rate)[-1] - best)[1] / abs(start() - best)[1] for name, rate in four_rates().items()}
    sides = {name: np.sign(np.diff(run(rate)[:, 1])) for name, rate in four_rates().items()}
    assert left["good"] < 0.01 and left["diverging"] > 2
    assert 0.1 < left["crawling"] < 0.9 and 0.1 < left["oscillating"] < 0.9
    assert len(set(sides["crawling"])) == 1
    for name in ("oscillating", "diverging"):
        assert np.all(sides[name][1:] == -sides[name][:-1])


def test_the_loss_rises_beyond_the_edge_although_every_step_goes_against_the_gradient():
    X, y = centred_hours()
    path = run(1.03 * edge_of_stability(hessian(X)), steps=60)
    losses = [loss(w, X, y) for w in path]
    assert losses[:6] == sorted(losses[:6], reverse=True)
    assert losses[5] < losses[10] < losses[0] < losses[-1] / 100
    assert all(gradient(w, X, y) @ (after - w) < 0 for w, after in zip(path, path[1:], strict=False))


def test_standardised_features_have_mean_zero_and_deviation_one():
    hours, attendance, _ = students()
    raw, standardised = features(False, False), features(True, True)
    assert raw == pytest.approx(np.column_stack([np.ones(40), hours, attendance]))
    assert standardised[:, 1:].mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert standardised[:, 1:].std(axis=0) == pytest.approx([1, 1])
    assert features(True, False) == pytest.approx(raw - [0, hours.mean(), attendance.mean()])
    assert features(False, True) == pytest.approx(raw / [1, hours.std(), attendance.std()])
    assert np.corrcoef(standardised[:, 1], raw[:, 1])[0, 1] == pytest.approx(1)
    assert np.corrcoef(standardised[:, 2], raw[:, 2])[0, 1] == pytest.approx(1)


def test_standardising_turns_a_condition_number_of_tens_of_thousands_into_about_three():
    flags = [(False, False), (True, False), (False, True), (True, True)]
    squared = [np.divide(*np.linalg.svd(features(*flag))[1][[0, -1]]) ** 2 for flag in flags]
    assert squared[0] > 5e4 and min(squared[1:3]) > 100 and squared[3] < 4
    for flag, condition in zip(flags, squared, strict=True):
        assert np.linalg.cond(hessian(features(*flag))) == pytest.approx(condition, rel=1e-6)


def test_exercise_one_has_its_edge_at_a_third():
    w = sympy.symbols("w")
    curvature = sympy.diff(3 * w**2, w, 2)
    assert sympy.Rational(2) / curvature == sympy.Rational(1, 3)
    assert edge_of_stability(np.array([[float(curvature)]])) == pytest.approx(1 / 3)
    assert descend(lambda w: 6 * w, 5.0, 1 / 6, 1)[-1] == pytest.approx(0)
    assert descend(lambda w: 6 * w, 5.0, 1 / 3, 3).tolist() == pytest.approx([5, -5, 5, -5])


def test_exercise_four_minutes_divide_the_edge_of_stability_by_3600():
    X, _ = centred_hours()
    assert edge_of_stability(hessian(X)) / edge_of_stability(hessian(X * [1, 60])) == pytest.approx(3600)


@given(st.floats(0.01, 0.98), st.floats(1e-6, 0.5))
def test_steps_to_shrink_is_the_first_step_that_is_close_enough(fraction, factor):
    H = np.diag([1.0, 4.0])
    rate = fraction * edge_of_stability(H)
    steps = steps_to_shrink(H, rate, factor)
    slowest = np.linalg.norm(np.eye(2) - rate * H, 2)
    assert slowest**steps <= factor * (1 + 1e-9)
    assert slowest ** (steps - 1) > factor * (1 - 1e-9)


def test_a_rate_that_arrives_at_once_needs_one_step():
    assert steps_to_shrink(np.array([[2.0]]), 0.5, 0.01) == 1


def test_the_parabola_and_the_jumps_are_the_loss_and_the_descent():
    X, y = centred_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    for rate, word in ((0.06, "settles"), (0.13, "does not settle")):
        left, right = figure_overshoot(rate).axes
        parabola, path, star = left.lines
        assert right.lines[0].get_ydata() == pytest.approx(path.get_xdata())
        assert path.get_xdata() - best[1] == pytest.approx(
            (12 - best[1]) * (1 - rate * 2 * np.var(X[:, 1])) ** np.arange(13)
        )
        for line in (parabola, path, star):
            slopes, losses = (np.asarray(part) for part in line.get_data())
            residual = X @ np.array([np.full(slopes.shape, best[0]), slopes]) - y[:, None]
            assert losses == pytest.approx(np.mean(residual**2, axis=0))
        assert right.get_title().startswith(word)


def test_the_four_panels_draw_the_four_runs():
    for ax, (name, rate) in zip(figure_four_paths().axes, four_rates().items(), strict=True):
        path, square, star = ax.lines
        assert np.array(path.get_data()).T == pytest.approx(run(rate))
        assert np.ravel(square.get_data()) == pytest.approx(start())
        assert np.ravel(star.get_data()) == pytest.approx(np.linalg.lstsq(*centred_hours(), rcond=None)[0])
        assert ax.get_title().startswith(name)
        assert ax.get_aspect() == 1


def test_the_curve_of_the_contraction_passes_one_at_the_edge():
    curve, star, edge, _ = figure_contraction().axes[0].lines
    at = edge.get_xdata()[0]
    assert np.interp(at, *curve.get_data()) == pytest.approx(1, abs=1e-2)
    assert np.interp(1.05 * at, *curve.get_data()) > 1.05
    assert star.get_ydata()[0] == pytest.approx(min(curve.get_ydata()), abs=0.01)


def test_the_printed_tables_say_what_the_functions_say(capsys):
    X, y = centred_hours()
    curvature = 2 * np.var(X[:, 1])
    print_rates()
    first, _, *lines = capsys.readouterr().out.splitlines()
    assert float(first.split()[-1]) == pytest.approx(2 / curvature, abs=1e-4)
    for line, (name, rate) in zip(lines, four_rates().items(), strict=True):
        assert line.split()[0] == name
        losses = [loss(run(rate)[step], X, y) for step in (0, 1, 10, 30)]
        assert [float(part) for part in line.split()[1:]] == pytest.approx([rate, *losses], abs=0.06)
    print_loss_rises()
    for line in capsys.readouterr().out.splitlines():
        step, slope, height = (float(part) for part in line.split() if part.lstrip("-").replace(".", "").isdigit())
        best = np.linalg.lstsq(X, y, rcond=None)[0]
        factor = 1 - 1.03 * 2 / curvature * np.array([2, curvature])
        off = (start() - best) * factor**step
        assert slope == pytest.approx(best[1] + off[1], abs=0.01)
        assert height == pytest.approx(loss(best + off, X, y), rel=1e-3)
    print_scales()
    flags = [(False, False), (True, False), (False, True), (True, True)]
    for line, flag in zip(capsys.readouterr().out.splitlines(), flags, strict=True):
        singular = np.linalg.svd(features(*flag))[1]
        condition, rate = (float(part) for part in line.split() if part[0].isdigit())
        assert condition == pytest.approx((singular[0] / singular[-1]) ** 2, rel=1e-2)
        assert rate == pytest.approx(40 / singular[0] ** 2, rel=0.05)
    print_steps()
    *counts, never = capsys.readouterr().out.splitlines()
    for line, rate in zip(counts, list(four_rates().values())[:3], strict=True):
        slowest = max(abs(1 - rate * 2), abs(1 - rate * curvature))
        steps = int(line.split()[1])
        assert slowest**steps <= 0.01 < slowest ** (steps - 1)
    assert "diverging" in never and "does not shrink" in never


def test_on_the_edge_no_number_of_steps_is_enough():
    with pytest.raises(ValueError, match="rate 1: the distance does not shrink"):
        steps_to_shrink(np.array([[2.0]]), 1.0, 0.5)
