import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpl_toolkits.mplot3d import Axes3D

from snippets.descent.scaling_and_conditioning import (
    KINDS,
    best_factor,
    best_run,
    condition_number,
    condition_of_correlation,
    descend,
    enough_steps,
    features,
    figure_loss_by_step,
    figure_trough,
    figure_two_ellipses,
    gradient,
    hessian,
    least_squares,
    loss,
    print_conditioning,
    print_correlated,
    print_measured,
    print_tuned,
    print_unscaled,
    print_whitened,
    print_wrong_scale,
    students,
    two_weights_run,
    unscaled,
    whitened,
)

bowls = arrays(np.float64, (3, 3), elements=st.floats(-1, 1)).map(lambda A: A @ A.T + 0.1 * np.eye(3))


def curvatures_and_parts(X, y):
    """Curvatures of the loss, the largest first, and how much each direction adds to the loss at zero."""
    U, singular, _ = np.linalg.svd(X, full_matrices=False)
    return 2 / len(y) * singular**2, (y @ U) ** 2 / len(y)


def excess_after(X, y, rate, steps):
    """The loss above the least after that many steps from zero, in closed form: nobody walks."""
    curvatures, parts = curvatures_and_parts(X, y)
    return parts @ (1 - rate * curvatures[:, None]) ** (2 * np.asarray(steps))


def raw_line():
    """Least-squares intercept and weights (2,) of the raw features, then their means and deviations (2,)."""
    columns = np.array(students()[:2])
    intercept, *weights = np.linalg.lstsq(np.vstack([np.ones(40), columns]).T, students()[2], rcond=None)[0]
    return intercept, np.array(weights), columns.mean(axis=1), columns.std(axis=1)


@given(bowls)
def test_the_condition_number_is_the_ratio_of_the_largest_to_the_smallest_stretch(H):
    singular = np.linalg.svd(H)[1]
    assert condition_number(H) == pytest.approx(singular[0] / singular[-1])
    assert condition_number(7 * H) == pytest.approx(condition_number(H))


@given(bowls)
def test_the_factor_is_the_norm_of_a_step_at_the_best_rate_and_no_rate_has_a_smaller_one(H):
    singular = np.linalg.svd(H)[1]
    norms = [np.linalg.norm(np.eye(3) - rate * H, 2) for rate in np.linspace(0, 2 / singular[0], 300)]
    best = np.linalg.norm(np.eye(3) - 2 / (singular[0] + singular[-1]) * H, 2)
    assert best_factor(H) == pytest.approx(best, abs=1e-9)
    assert best_factor(H) <= min(norms) + 1e-9


@given(bowls, arrays(np.float64, 3, elements=st.floats(-5, 5)).filter(lambda w: np.linalg.norm(w) > 0.1))
def test_the_predicted_steps_are_enough_from_every_start(H, start):
    rate = 2 / (np.linalg.eigvalsh(H)[0] + np.linalg.eigvalsh(H)[-1])
    excess = start @ H @ start / 2
    if best_factor(H) > 1e-3:
        steps = enough_steps(H, excess, within=excess / 50)
        w = descend(lambda w: H @ w, start, rate, steps)[-1]
        assert w @ H @ w / 2 <= excess / 50 * (1 + 1e-9)


@pytest.mark.counted
def test_who_has_arrived_needs_no_step_and_in_a_round_bowl_one_is_enough():
    assert enough_steps(np.diag([1.0, 9.0]), 0.5, within=1.0) == 0
    assert enough_steps(2 * np.eye(2), 100.0, within=1e-9) == 1


def test_from_the_worst_start_the_predicted_steps_are_needed():
    H = np.diag([1.0, 9.0])
    start = np.array([9.0, 1.0])  # here the gradient has equal parts in both directions
    excess = start @ H @ start / 2
    steps = enough_steps(H, excess, within=0.01)
    w = descend(lambda w: H @ w, start, 0.2, steps - 1)[-1]
    assert w @ H @ w / 2 > 0.01


@pytest.mark.parametrize("kappa", [100, 1e4, 1e6])
def test_twice_the_condition_number_takes_twice_the_steps(kappa):
    steps = [enough_steps(np.diag([1.0, k]), 1.0, 1e-4) for k in (kappa, 2 * kappa)]
    assert steps[1] / steps[0] == pytest.approx(2, rel=0.01)
    assert steps[0] == pytest.approx(kappa / 4 * np.log(1e4), rel=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_descent_on_the_students_takes_no_more_steps_than_predicted(kind):
    X, y = features(*KINDS[kind]), students()[2]
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    start, least = np.mean(y**2), np.mean((X @ w - y) ** 2)
    excess = best_run(X, y, within=1.0)
    assert excess[0] == pytest.approx(start - least)
    assert excess[-1] <= 1 < excess[-2]
    predicted = enough_steps(hessian(X), excess[0], within=1.0)
    assert len(excess) - 1 <= predicted
    if kind != "standardised":
        assert len(excess) - 1 > 0.98 * predicted


def test_a_run_that_does_not_arrive_says_so():
    with pytest.raises(RuntimeError, match="marks² above"):
        best_run(features(False, False), students()[2], within=1.0, most_steps=50)


def test_the_students_are_simulated_as_told():
    hours, attendance, marks = students(100_000)
    assert (hours.min(), hours.max(), attendance.min(), attendance.max()) == pytest.approx((0, 10, 40, 100), abs=0.01)
    X = np.column_stack([np.ones(100_000), hours, attendance])
    w = np.linalg.lstsq(X, marks, rcond=None)[0]
    assert w == pytest.approx([12, 5, 0.3], rel=0.02) and np.std(marks - X @ w) == pytest.approx(5, rel=0.01)


def test_features_are_what_they_are_called():
    hours, attendance, _ = students()
    raw = np.column_stack([np.ones(40), hours, attendance])
    assert np.array_equal(features(False, False), raw)
    for name, (centred, scaled) in KINDS.items():
        X = features(centred, scaled)
        assert (name in ("centred", "standardised")) == centred and (name in ("scaled", "standardised")) == scaled
        assert X[:, 1:].mean(axis=0) == pytest.approx([0, 0], abs=1e-12) or not centred
        assert X[:, 1:].std(axis=0) == pytest.approx([1, 1] if scaled else raw[:, 1:].std(axis=0))
        assert X - X[0] == pytest.approx((raw - raw[0]) / ([1, hours.std(), attendance.std()] if scaled else 1))


def test_only_both_parts_of_standardising_make_the_bowl_round():
    squared = {name: np.divide(*np.linalg.svd(features(*flags))[1][[0, -1]]) ** 2 for name, flags in KINDS.items()}
    for name, flags in KINDS.items():
        assert condition_number(hessian(features(*flags))) == pytest.approx(squared[name], rel=1e-6)
    assert squared["raw"] > 5e4 and min(squared["centred"], squared["scaled"]) > 100 and squared["standardised"] < 4


def test_both_paths_start_at_the_same_line_and_descend_on_the_same_loss():
    (X, y, raw), (Z, same, path) = two_weights_run(False, 15), two_weights_run(True, 15)
    marks = students()[2]
    assert y == pytest.approx(marks - marks.mean()) and same == pytest.approx(y)
    assert X @ raw[0] == pytest.approx(Z @ path[0])
    assert raw[0].tolist() == [0, 1]
    for A, walked in ((X, raw), (Z, path)):
        H = A.T @ A / 20
        rate = 2 / np.linalg.eigvalsh(H)[[0, -1]].sum()
        best = np.linalg.lstsq(A, y, rcond=None)[0]
        for step in (1, 2, 15):
            exact = best + np.linalg.matrix_power(np.eye(2) - rate * H, step) @ (walked[0] - best)
            assert walked[step] == pytest.approx(exact)
    assert np.linalg.norm(X @ raw[-1] - Z @ path[-1]) > 10


@given(st.floats(-50, 50), st.floats(0.1, 30), st.floats(-50, 50), st.floats(0.1, 30))
def test_weights_scaled_back_predict_the_same(first_mean, first_deviation, second_mean, second_deviation):
    rng = np.random.default_rng(2)
    raw, w = rng.normal(size=(6, 2)) * 20, rng.normal(size=3)
    means, deviations = np.array([first_mean, second_mean]), np.array([first_deviation, second_deviation])
    back = unscaled(w, means, deviations)
    assert back[0] + raw @ back[1:] == pytest.approx(w[0] + (raw - means) / deviations @ w[1:], abs=1e-7)


def test_the_least_squares_lines_of_raw_and_standardised_features_are_the_same():
    hours, attendance, marks = students()
    w = least_squares(features(True, True), marks)
    means, deviations = np.array([[hours.mean(), attendance.mean()], [hours.std(), attendance.std()]])
    raw = np.linalg.lstsq(np.column_stack([np.ones(40), hours, attendance]), marks, rcond=None)[0]
    assert unscaled(w, means, deviations) == pytest.approx(raw)


def test_exercise_two_the_condition_number_of_standardised_features_comes_from_their_correlation():
    r = sympy.symbols("r", positive=True)
    gram = sympy.Matrix([[1, 0, 0], [0, 1, r], [0, r, 1]])
    assert set(gram.eigenvals()) == {1, 1 + r, 1 - r}
    hours, attendance, _ = students()
    correlation = np.mean((hours - hours.mean()) * (attendance - attendance.mean())) / hours.std() / attendance.std()
    squared = np.linalg.cond(features(True, True)) ** 2
    assert condition_of_correlation(correlation) == condition_of_correlation(-correlation) == pytest.approx(squared)
    for wrong in (1.0, -1.0, 1.5, np.nan):
        with pytest.raises(ValueError, match="one and the same"):
            condition_of_correlation(wrong)


@given(arrays(np.float64, (3, 3), elements=st.floats(-2, 2, allow_subnormal=False)).filter(lambda A: abs(np.linalg.det(A)) > 0.5))
def test_exercise_three_whitened_features_are_uncorrelated_with_variance_one(mixing):
    raw = np.random.default_rng(3).normal(size=(30, 3)) @ mixing + 5
    Z = whitened(raw)
    assert Z.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
    assert Z.T @ Z / 30 == pytest.approx(np.eye(3), abs=1e-7)


def test_exercise_three_one_step_in_whitened_features_arrives():
    hours, attendance, marks = students()
    Z = np.column_stack([np.ones(40), whitened(np.column_stack([hours, attendance]))])
    w = descend(lambda w: gradient(w, Z, marks), np.array([3.0, -20.0, 11.0]), 0.5, 1)[-1]
    assert loss(w, Z, marks) == pytest.approx(np.mean((marks - Z @ np.linalg.lstsq(Z, marks, rcond=None)[0]) ** 2))


def test_exercises_one_and_four_by_algebra():
    H = np.diag([2.0, 50.0])
    assert condition_number(H) == 25 and best_factor(H) == pytest.approx(12 / 13)
    assert enough_steps(H, 1.0, 0.01) == 29
    low, high, mu = sympy.symbols("low high mu", positive=True)
    change = (high + 2 * mu) / (low + 2 * mu) - high / low
    assert sympy.simplify(change - 2 * mu * (low - high) / (low * (low + 2 * mu))) == 0  # negative unless high = low


@pytest.mark.parametrize("H", [np.diag([0.0, 1.0]), np.diag([-1.0, 1.0])])
def test_without_a_bowl_there_is_no_condition_number(H):
    with pytest.raises(ValueError, match="no bowl"):
        condition_number(H)


def test_gradient_and_hessian_are_derivatives_of_the_loss():
    X, y, w = features(True, True), students()[2], np.array([31.0, -2.0, 1.0])
    for derivative, f in ((gradient(w, X, y), loss), (hessian(X), gradient)):
        steps = np.array([np.imag(f(w + 1e-20j * unit, X, y)) / 1e-20 for unit in np.eye(3)])
        assert derivative == pytest.approx(steps, rel=1e-11, abs=1e-9)


def test_the_curves_by_step_are_the_walks_and_the_triangles_are_the_predictions():
    y = students()[2]
    ax = figure_loss_by_step().axes[0]
    *artists, threshold = ax.lines
    assert ax.get_xscale() == ax.get_yscale() == "log" and list(threshold.get_ydata()) == [1, 1]
    assert ax.get_xlabel().startswith("step") and ax.get_ylabel().startswith("loss above")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(KINDS)
    for curve, triangle, (name, flags) in zip(artists[::2], artists[1::2], KINDS.items(), strict=True):
        X = features(*flags)
        (high, *_, low), parts = curvatures_and_parts(X, y)
        at, excess = curve.get_data()
        assert curve.get_label() == name and ax.get_ylim()[0] < ax.get_ylim()[1] > excess[0]
        assert at[:4].tolist() == [1, 2, 3, 4] and np.all(np.diff(at) > 0)
        assert excess == pytest.approx(excess_after(X, y, 2 / (high + low), at - 1), rel=1e-5)
        assert excess[-1] <= 0.3 < excess_after(X, y, 2 / (high + low), at[-1] - 2)
        ((reached,), height) = triangle.get_data()
        kept = ((high - low) / (high + low)) ** 2
        assert parts.sum() * kept ** (reached - 1) <= height[0] == 1 < parts.sum() * kept ** (reached - 2)


@pytest.mark.parametrize("steps", [0, 3, 40])
def test_the_ellipses_are_the_loss_and_the_path_is_the_first_steps_of_descent(steps):
    marks, (_, weights, _, deviations) = students()[2] - students()[2].mean(), raw_line()
    upper, lower = figure_two_ellipses(steps).axes
    for ax, scaled, units in ((upper, False, np.ones(2)), (lower, True, deviations)):
        X = features(True, scaled)[:, 1:]
        (high, low), _ = curvatures_and_parts(X, marks)
        path, square, star = (np.transpose(line.get_data()) for line in ax.lines)
        assert square[0] == pytest.approx([0, units[1]]) and star[0] == pytest.approx(weights * units)
        one_step = np.eye(2) - 2 / (high + low) * X.T @ X / 20
        left = [np.linalg.matrix_power(one_step, step) @ (square[0] - star[0]) for step in range(steps + 1)]
        assert path == pytest.approx(star + left)
        assert np.all(ax.transLimits.transform([*path, *star]) > 0) and np.all(ax.transLimits.transform(path) < 1)
        assert float(ax.get_title().split()[-1]) == pytest.approx(high / low, abs=0.006) and ax.get_aspect() == 1
        assert "hour" in ax.get_xlabel() and ("attendance" if scaled else "percent") in ax.get_ylabel()
        assert ("deviation" in ax.get_xlabel()) == ("deviation" in ax.get_ylabel()) == scaled
        contours = ax.collections[0]
        above = np.sqrt(contours.levels - np.mean((marks - X @ star[0]) ** 2))
        assert above == pytest.approx(above[0] * np.arange(1, len(above) + 1))  # ellipses of once, twice ... the size
        for level, ellipse in zip(contours.levels, contours.get_paths(), strict=True):
            assert np.mean((ellipse.vertices @ X.T - marks) ** 2, axis=1) == pytest.approx(level, rel=0.02)
    assert upper.collections[0].levels == pytest.approx(lower.collections[0].levels)


def test_the_slider_goes_from_the_start_to_the_last_step_walked():
    name, values = figure_two_ellipses.slider
    assert name == "steps" and values[0] == 0 and values == sorted(set(values))
    assert [len(figure_two_ellipses(steps).axes[1].lines[0].get_xdata()) - 1 for steps in values[-2:]] == values[-2:]


def test_the_trough_and_the_bowl_are_the_loss_with_the_best_weight_of_the_hours(monkeypatch):
    surfaces, draw = [], Axes3D.plot_surface
    monkeypatch.setattr(
        Axes3D, "plot_surface", lambda ax, *xyz, **style: surfaces.append(xyz) or draw(ax, *xyz, **style)
    )
    (hours, attendance, marks), (intercept, weights, means, deviations) = students(), raw_line()
    raw, bowl = figure_trough().axes
    assert raw.get_ylabel() == "marks per percent" and bowl.get_ylabel() == "marks per std. deviation"
    for ax, surface, mean, deviation in ((raw, surfaces[0], [0, 0], [1, 1]), (bowl, surfaces[1], means, deviations)):
        b, slope, height = (np.ravel(part) for part in surface)
        hours_part = weights[0] * (hours - mean[0])
        predicted = b[:, None] + np.outer(slope, (attendance - mean[1]) / deviation[1]) + hours_part
        assert height == pytest.approx(np.mean((predicted - marks) ** 2, axis=1))
        least = intercept + weights @ mean, weights[1] * deviation[1]
        assert b.min() < least[0] < b.max() and slope.min() < least[1] < slope.max()
        assert ax.get_xticks()[[0, -1]] == pytest.approx([b.min(), b.max()])


def test_the_printed_predictions_and_counts_are_those_of_singular_values(capsys, numbers):
    y = students()[2]
    print_conditioning()
    start, _, *table = capsys.readouterr().out.splitlines()
    residual = y - features(True, True) @ np.linalg.lstsq(features(True, True), y, rcond=None)[0]
    assert numbers(start) == pytest.approx([np.mean(y**2) - np.mean(residual**2)], abs=6e-3)
    print_measured()
    counts = capsys.readouterr().out.splitlines()
    print_tuned()
    tuned = capsys.readouterr().out.splitlines()
    for *lines, (name, flags) in zip(table, counts, tuned, KINDS.items(), strict=True):
        assert [line.split()[0] for line in lines] == [name] * 3
        X = features(*flags)
        curvatures, parts = curvatures_and_parts(X, y)
        high, low = curvatures[[0, -1]]
        (condition, edge, kept, enough), (steps,), (rates, tried) = map(numbers, lines)
        assert condition == pytest.approx(high / low, abs=0.006)
        assert (edge, kept) == pytest.approx((2 / high, (high - low) / (high + low)), abs=6e-7)
        exact = ((high - low) / (high + low)) ** 2
        assert parts.sum() * exact**enough <= 1 < parts.sum() * exact ** (enough - 1)
        after, before = excess_after(X, y, 2 / (high + low), [steps, steps - 1])
        assert after <= 1 < before
        best = min(excess_after(X, y, fraction * 2 / high, 100) for fraction in np.geomspace(0.001, 0.999, int(rates)))
        assert tried == pytest.approx(max(best, 1e-20), rel=0.05)
        assert (name == "standardised") == ("below" in lines[2]) == (tried < 1)


def test_the_printed_lines_and_marks_are_those_of_least_squares_in_raw_units(capsys, numbers):
    (hours, attendance, marks), (intercept, weights, means, deviations) = students(), raw_line()
    print_unscaled()
    standardised, *both = map(numbers, capsys.readouterr().out.splitlines())
    assert standardised == pytest.approx([marks.mean(), *(weights * deviations)], abs=6e-5)
    assert both == [pytest.approx([intercept, *weights], abs=6e-5)] * 2
    print_wrong_scale()
    right, own, without = (numbers(line)[-3:] for line in capsys.readouterr().out.splitlines())
    new = np.array([[8, 90], [9, 95], [10, 100]])
    assert right == pytest.approx(intercept + new @ weights, abs=0.06)
    # Three equally spaced students are, by their own deviation, at minus and plus the root of 3/2, and 0.
    spread = np.sqrt(1.5) * weights @ deviations
    assert own == pytest.approx([marks.mean() - spread, marks.mean(), marks.mean() + spread], abs=0.06)
    assert without == pytest.approx(marks.mean() + new @ (weights * deviations), abs=0.06)
    print_correlated()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    r = np.mean((hours - means[0]) * (attendance - means[1])) / np.prod(deviations)
    assert rows[0][0] == pytest.approx(r, abs=6e-4) and [row[0] for row in rows[1:]] == [0.5, 0.9, 0.99]
    for exact, (_, condition) in zip((r, 0.5, 0.9, 0.99), rows, strict=True):
        assert condition == pytest.approx(np.linalg.cond([[1, exact], [exact, 1]]), abs=0.006)
    print_whitened()
    (condition,), (after,), (least,) = map(numbers, capsys.readouterr().out.splitlines())
    exact = np.mean((marks - intercept - weights @ [hours, attendance]) ** 2)
    assert condition == 1 and after == least == pytest.approx(exact, abs=6e-7)
