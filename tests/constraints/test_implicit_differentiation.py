from math import comb

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from snippets.constraints.implicit_differentiation import (
    another_class,
    correlation,
    figure_circle,
    figure_lag,
    figure_penalty,
    fit_with_penalty,
    fitted,
    implicit_slope,
    loss_on_others,
    pass_fail_gradient,
    pass_fail_hessian,
    pass_fail_loss,
    passes,
    print_heron,
    print_lag,
    print_one,
    print_solution,
    print_tilt,
    print_penalty,
    print_unfinished,
    right_valley,
    shares,
    slope_of_fitted,
    slope_of_solution,
    heron,
    standardised,
    students,
    tune_penalty,
    two_classes,
    unfinished,
    unrolled,
)

x, y = sympy.symbols("x y")
numbers_ = st.floats(-3, 3)


@pytest.mark.parametrize(
    "F, at",
    [
        (x**2 + y**2 - 25, (3, 4)),
        (x**3 + y**3 - 9, (1, 2)),
        (x * sympy.exp(y) + y - 1, (1, 0)),
        (sympy.sin(x * y) + x - y, (0, 0)),
    ],
    ids=str,
)
def test_the_slope_of_a_curve_is_that_of_sympy(F, at):
    here = dict(zip((x, y), at, strict=True))
    assert F.subs(here) == 0
    slope = implicit_slope(float(F.diff(x).subs(here)), float(F.diff(y).subs(here)))
    assert slope == pytest.approx(float(sympy.idiff(F, y, x).subs(here)))
    # and the curve, followed by root finding from there, has it
    follow = lambda t: mpmath.findroot(lambda v: sympy.lambdify((x, y), F, "mpmath")(t, v), mpmath.mpf(at[1]) + 1e-9)
    with mpmath.workdps(30):
        assert slope == pytest.approx(float(mpmath.diff(follow, at[0], h=mpmath.mpf("1e-8"))), rel=1e-6)


@given(st.floats(-4.9, 4.9))
def test_the_tangent_of_a_circle_is_at_a_right_angle_to_its_radius(across):
    up = np.sqrt(25 - across**2)
    assert np.dot((1, implicit_slope(2 * across, 2 * up)), (across, up)) == pytest.approx(0, abs=1e-12)


def test_where_the_equation_does_not_change_with_y_there_is_no_slope():
    with pytest.raises(ValueError, match="slope of F in y is 0"):
        implicit_slope(2 * 5.0, 2 * 0.0)


def ridge(penalty):
    """The fitted weight by linear algebra: the penalty as one more student, who studied sqrt(n penalty) and has 0 marks."""
    hours, _, marks = students()
    long = np.append(standardised(hours), np.sqrt(len(hours) * penalty))
    return np.linalg.lstsq(long[:, None], np.append(standardised(marks), 0), rcond=None)[0][0]


@given(st.floats(0, 50))
def test_the_fitted_weight_is_that_of_linear_algebra_and_its_slope_that_of_sympy(penalty):
    w = fitted(penalty)
    assert w == pytest.approx(ridge(penalty))
    t, r = sympy.symbols("t r")
    slope = float((r / (1 + t)).diff(t).subs({t: penalty, r: np.corrcoef(*students()[::2])[0, 1]}))
    assert slope_of_fitted(w, penalty) == pytest.approx(slope)


def test_the_printed_slopes_of_the_fitted_weight_are_those_of_nudged_linear_algebra(capsys, numbers):
    print_one()
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [numbers(line)[0] for line in lines] == [0, 0.25, 1, 4]
    for line in lines:
        penalty, w, slope, nudged = numbers(line)
        assert w == pytest.approx(ridge(penalty), abs=6e-5)
        assert slope == pytest.approx(-ridge(penalty) / (1 + penalty), abs=6e-5)
        assert nudged == pytest.approx((ridge(penalty + 1e-3) - ridge(penalty)) / 1e-3, abs=6e-5)


def penalised(w, X, y, penalty):
    """The gradient of the pass-fail loss for complex numbers, written with exponentials."""
    free = np.array([0, 1, 1])
    return X.T @ (1 / (1 + np.exp(-(X @ w))) - y) / len(y) + 2 * penalty * free * w


def complex_descent(gradient, w, rate, steps):
    """Points of descent and, from a complex step through the whole loop, their slopes in the penalty."""
    w, path = w.astype(complex), [w.astype(complex)]
    for _ in range(steps):
        w = w - rate * gradient(w, 1e-30j)
        path.append(w)
    return np.real(path), np.imag(path) / 1e-30


@given(st.floats(0.01, 0.9), st.floats(0.01, 0.5))
def test_the_unrolled_slopes_are_those_of_a_complex_step_through_the_loop(rate, penalty):
    X, y, _, _ = two_classes()
    start = np.array([0.1, -0.4, 0.7])
    told = complex_descent(lambda w, nudge: penalised(w, X, y, penalty + nudge), start, rate, 12)
    made = unrolled(
        lambda w: pass_fail_gradient(w, X, y, penalty),
        lambda w: pass_fail_hessian(w, X, penalty),
        lambda w: 2 * np.array([0, 1, 1]) * w,
        start,
        rate,
        12,
    )
    assert made[0].shape == made[1].shape == (13, 3)
    assert made[0] == pytest.approx(told[0]) and made[1] == pytest.approx(told[1])


@given(st.floats(0.01, 0.99), st.floats(0, 9))
def test_the_weight_waits_for_one_head_of_a_coin_and_its_slope_for_two(rate, penalty):
    weight, slope = shares(rate, 30, penalty)
    for k in range(31):
        heads = [comb(k, j) * rate**j * (1 - rate) ** (k - j) for j in range(k + 1)]
        assert weight[k] == pytest.approx(sum(heads[1:]), abs=1e-9)
        assert slope[k] == pytest.approx(sum(heads[2:]), abs=1e-9)


def coin(k, least):
    return sum(comb(k, j) * 0.1**j * 0.9 ** (k - j) for j in range(least, k + 1))


def test_the_printed_shares_are_those_of_the_coin_and_two_thirds_come_with_nine_tenths(capsys, numbers):
    print_lag()
    lines = capsys.readouterr().out.splitlines()[1:]
    for line in lines:
        step, weight, slope = numbers(line)
        assert (weight, slope) == pytest.approx((100 * coin(int(step), 1), 100 * coin(int(step), 2)), abs=0.06)
        assert "-0" not in line
    steps = [numbers(line)[0] for line in lines]
    assert steps[0] == 0 and 22 in steps and len(set(steps)) == len(steps)
    assert coin(22, 1) == pytest.approx(0.9, abs=0.01) and coin(22, 2) == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize("steps", [0, 22, 66])
def test_the_curves_of_the_lag_are_those_of_the_coin_with_dots_where_the_slider_stands(steps):
    ax = figure_lag(steps).axes[0]
    weight, dot, slope, slope_dot = ax.lines
    for line, mark, text, least in ((weight, dot, ax.texts[0], 1), (slope, slope_dot, ax.texts[1], 2)):
        assert line.get_ydata() == pytest.approx([coin(k, least) for k in range(81)], abs=1e-9)
        assert line.get_xdata().tolist() == list(range(81))
        at = np.ravel(mark.get_data())
        assert at == pytest.approx([steps, coin(steps, least)], abs=1e-9)
        assert text.get_text() == f"{coin(steps, least):.0%}" and text.get_color() == line.get_color()
    assert [line.get_label() for line in (weight, slope)] == ["weight", "its slope"]


@given(st.floats(0.5, 20), st.integers(0, 8))
def test_newtons_loop_and_its_slopes_are_those_of_fifty_digits(a, steps):
    path, slopes = heron(a, steps)

    def loop(a):
        w = mpmath.mpf(1)
        for _ in range(steps):
            w = (w + a / w) / 2
        return w

    with mpmath.workdps(50):
        assert path[-1] == pytest.approx(float(loop(mpmath.mpf(a))))
        assert slopes[-1] == pytest.approx(float(mpmath.diff(loop, mpmath.mpf(a))), abs=1e-12)
    assert path.shape == slopes.shape == (steps + 1,)
    if steps == 8:
        assert (path[-1], slopes[-1]) == pytest.approx((a**0.5, 0.5 / a**0.5))


def test_the_printed_errors_of_newtons_loop_are_those_of_fifty_digits(capsys):
    print_heron()
    lines = capsys.readouterr().out.splitlines()[1:]
    with mpmath.workdps(50):
        a, w, before = mpmath.mpf(4), mpmath.mpf(1), None
        for k, line in enumerate(lines, 1):

            def loop(a, k=k):
                w = mpmath.mpf(1)
                for _ in range(k):
                    w = (w + a / w) / 2
                return w

            before = loop(a, k - 1)
            alone = (1 / before) / 2  # the last step by a, its w held
            told = loop(a) - 2, mpmath.diff(loop, a) - 0.25, alone - 0.25
            shown = line.replace("below 1e-13", "below").split()
            assert int(shown[0]) == k
            for text, error in zip(shown[1:], told, strict=True):
                if text == "below":
                    assert abs(error) < 1e-13
                else:
                    assert float(text) == pytest.approx(float(error), rel=0.06)
    assert len(lines) == 6


def exact_fit(penalty, digits=40):
    """The fitted weights by root finding at so many digits; mpmath matrix of 3."""
    X, y, _, _ = two_classes()

    def gradient(*w):
        residual = [1 / (1 + mpmath.exp(-sum(float(a) * b for a, b in zip(row, w)))) - float(c) for row, c in zip(X, y)]
        free = (0, 1, 1)
        return [sum(r * float(row[j]) for r, row in zip(residual, X)) / len(y) + 2 * penalty * free[j] * w[j] for j in range(3)]

    with mpmath.workdps(digits):
        return mpmath.findroot(gradient, tuple(map(float, fit_with_penalty(X, y, float(penalty)))))


@pytest.mark.parametrize("penalty", [0.001, 0.01, 0.3])
def test_fitted_weights_and_their_slopes_are_those_of_root_finding_at_forty_digits(penalty):
    X, y, _, _ = two_classes()
    w = fit_with_penalty(X, y, penalty)
    assert w == pytest.approx(np.array([float(part) for part in exact_fit(penalty)]), rel=1e-9)
    with mpmath.workdps(40):
        h = mpmath.mpf("1e-12")
        nudged = (exact_fit(penalty + h) - exact_fit(penalty - h)) / (2 * h)
    assert slope_of_solution(w, X, penalty) == pytest.approx(np.array([float(part) for part in nudged]), rel=1e-8)


def test_weights_that_grow_for_ever_are_an_error():
    X, y, _, _ = two_classes()
    w = fit_with_penalty(X, y, 1e-5)
    assert ((X @ w > 0) == y).all()  # all twenty are told apart, so that without a penalty larger weights are always better
    with pytest.raises(RuntimeError, match="still"):
        fit_with_penalty(X, y, 0.0)


@given(st.tuples(numbers_, numbers_, numbers_), st.floats(0, 1))
def test_gradient_and_hessian_of_the_penalised_loss_are_complex_steps(w, penalty):
    X, y, _, _ = two_classes()
    w = np.array(w)
    columns = [np.imag(penalised(w + 1e-30j * e, X, y, penalty)) / 1e-30 for e in np.eye(3)]
    assert pass_fail_hessian(w, X, penalty) == pytest.approx(np.stack(columns, axis=1), abs=1e-12)
    h = 1e-6
    slopes = [(pass_fail_loss(w + h * e, X, y, penalty) - pass_fail_loss(w - h * e, X, y, penalty)) / (2 * h) for e in np.eye(3)]
    assert pass_fail_gradient(w, X, y, penalty) == pytest.approx(slopes, abs=1e-8)


def test_the_classes_are_twenty_students_and_a_thousand_others_on_the_same_scale():
    X, y, Z, others = two_classes()
    assert X.shape == (20, 3) and Z.shape == (1000, 3) and y.shape == (20,) and others.shape == (1000,)
    assert X.mean(axis=0) == pytest.approx([1, 0, 0]) and X.std(axis=0) == pytest.approx([0, 1, 1])
    hours, attendance, marks = students(20)
    more_hours, more_attendance, more_marks = another_class(1, 1000)
    assert Z[:, 1] == pytest.approx((more_hours - hours.mean()) / hours.std())
    assert Z[:, 2] == pytest.approx((more_attendance - attendance.mean()) / attendance.std())
    assert others.tolist() == [float(mark >= 60) for mark in more_marks] == passes(more_marks).tolist()
    assert y.tolist() == [float(mark >= 60) for mark in marks]


def test_the_printed_solution_is_that_of_forty_digits(capsys, numbers):
    print_solution()
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["intercept", "hours", "attendance"]
    with mpmath.workdps(40):
        h = mpmath.mpf("1e-6")
        w, later = exact_fit(mpmath.mpf("0.01")), exact_fit(mpmath.mpf("0.01") + h)
        at, slope = w, (exact_fit(0.01 + h**2) - exact_fit(0.01 - h**2)) / (2 * h**2)
        nudged = (later - w) / h
    for i, line in enumerate(lines):
        told = float(at[i]), float(slope[i]), float(nudged[i])
        assert numbers(line)[0] == pytest.approx(told[0], abs=6e-4)
        assert numbers(line)[1:] == pytest.approx(told[1:], abs=6e-3)


def exact_loss(log_penalty):
    """The loss of the others under the exact fit, at forty digits."""
    _, _, Z, others = two_classes()
    w = np.array([float(part) for part in exact_fit(np.exp(log_penalty))])
    right = np.where(others == 1, 1, -1)
    return np.mean(np.log1p(np.exp(-right * (Z @ w))))


@pytest.mark.parametrize("log_penalty", [-8.0, -4.5, -1.0])
def test_the_slope_of_the_loss_of_others_is_that_of_two_more_fits(log_penalty):
    loss, slope = loss_on_others(log_penalty)
    assert loss == pytest.approx(exact_loss(log_penalty), rel=1e-10)
    h = 1e-4
    assert slope == pytest.approx((exact_loss(log_penalty + h) - exact_loss(log_penalty - h)) / (2 * h), rel=1e-6)


def test_tuning_goes_down_the_slope_of_two_more_fits_to_the_bottom(capsys, numbers):
    path, log_penalty, h = tune_penalty(), -1.0, 1e-4
    assert path.shape == (13, 3)
    for at, loss, slope in path[:5]:
        assert at == pytest.approx(log_penalty, abs=1e-5) and loss == pytest.approx(exact_loss(log_penalty), rel=1e-5)
        told = (exact_loss(log_penalty + h) - exact_loss(log_penalty - h)) / (2 * h)
        assert slope == pytest.approx(told, abs=1e-6)
        log_penalty = log_penalty - 30 * told
    tried = np.arange(-9, 0, 0.25)
    assert path[-1, 1] <= min(loss_on_others(at)[0] for at in tried)
    print_penalty()
    lines = capsys.readouterr().out.splitlines()[1:]
    for line in lines:
        step, penalty, loss, slope = numbers(line)
        assert (np.log(penalty), loss, slope) == pytest.approx(path[int(step)], abs=2e-3)
        assert (loss, slope) == pytest.approx(tuple(path[int(step), 1:]), abs=6e-5)
    assert [numbers(line)[0] for line in lines] == [0, 1, 2, 3, 4, 6, 8, 12]


@pytest.mark.parametrize("step", [0, 3])
def test_the_loss_of_others_is_drawn_with_the_descent_and_its_slope(step):
    ax = figure_penalty(step).axes[0]
    curve, straight, descent = ax.lines
    assert ax.get_xscale() == "log"
    for penalty, loss in list(zip(*curve.get_data()))[::9]:
        assert loss == pytest.approx(exact_loss(np.log(penalty)), rel=1e-8)
    path = tune_penalty()[: step + 1]
    assert np.log(descent.get_xdata()) == pytest.approx(path[:, 0]) and descent.get_ydata() == pytest.approx(path[:, 1])
    logs, heights = np.log(straight.get_xdata()), straight.get_ydata()
    assert np.interp(path[-1, 0], logs, heights) == pytest.approx(path[-1, 1])
    h = 1e-4
    told = (exact_loss(path[-1, 0] + h) - exact_loss(path[-1, 0] - h)) / (2 * h)
    assert np.diff(heights) / np.diff(logs) == pytest.approx(told, rel=1e-5)


def test_loop_and_equation_agree_only_at_the_solution(capsys, numbers):
    X, y, _, _ = two_classes()
    best = np.array([float(part) for part in exact_fit(0.01)])
    h = 1e-6
    slope = np.array([float(part) for part in (exact_fit(0.01 + h) - exact_fit(0.01 - h)) / (2 * h)])
    length = lambda v: np.sqrt(np.sum(v**2))
    for steps in (0, 7, 30, 100):
        path, slopes = complex_descent(lambda w, nudge: penalised(w, X, y, 0.01 + nudge), np.zeros(3), 1.0, steps)
        w, loop = path[-1], slopes[-1]
        # The equation at weights that do not solve it: the Hessian there, by complex steps.
        H = np.stack([np.imag(penalised(w + 1e-30j * e, X, y, 0.01)) / 1e-30 for e in np.eye(3)], axis=1)
        early = -np.linalg.inv(H) @ (2 * np.array([0, 1, 1]) * w)
        told = [length(w - best) / length(best), length(loop - slope) / length(slope), length(early - slope) / length(slope)]
        assert unfinished(steps) == pytest.approx(told, rel=1e-5)
    weights, loop, early = unfinished(400)
    assert max(weights, loop, early) < 1e-5
    print_unfinished()
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [numbers(line)[0] for line in lines] == [3, 10, 30, 60, 100]
    for line in lines:
        steps, *printed = numbers(line)
        assert printed == pytest.approx([100 * part for part in unfinished(int(steps))], abs=6e-3)
        assert printed[0] < printed[2] < printed[1]  # the weights come first, the slope of the loop last


@given(st.floats(0, 1.53))
def test_the_right_valley_is_the_lowest_place_on_the_right_and_moves_as_the_equation_says(tilt):
    f = lambda w: w**4 - 2 * w**2 + tilt * w
    w = right_valley(tilt)
    near = np.linspace(0.578, 1.3, 20001)
    assert w == pytest.approx(near[np.argmin(f(near))], abs=1e-4)
    assume(tilt > 0.01)
    h = 1e-5
    moved = (right_valley(tilt + h) - right_valley(tilt - h)) / (2 * h)
    assert implicit_slope(1, 12 * w**2 - 4) == pytest.approx(moved, rel=1e-3)


def test_the_valley_vanishes_at_the_tilt_of_algebra_where_its_slope_has_no_bound(capsys, numbers):
    w, t = sympy.symbols("w t", positive=True)
    level = 4 * w**3 - 4 * w + t
    (lost,) = sympy.solve([level, level.diff(w)], [w, t], dict=True)
    assert lost[w] == 1 / sympy.sqrt(3) and sympy.simplify(lost[t] - 8 / (3 * sympy.sqrt(3))) == 0
    edge = float(lost[t])
    assert right_valley(edge - 1e-9) == pytest.approx(float(lost[w]), abs=1e-4)
    with pytest.raises(ValueError, match="no valley on the right"):
        right_valley(edge + 1e-6)
    print_tilt()
    slope = sympy.idiff(level, w, t)
    tilts = []
    for line in capsys.readouterr().out.splitlines():
        tilt, at, moves = numbers(line)
        tilts.append(tilt)
        exact = max(float(root) for root in sympy.real_roots(level.subs(t, sympy.Rational(str(tilt)))))
        assert at == pytest.approx(exact, abs=6e-5)
        assert moves == pytest.approx(float(slope.subs({w: exact, t: tilt})), rel=2e-3, abs=6e-4)
    assert tilts[0] == 0 and tilts == sorted(tilts) and edge - 1e-3 < tilts[-1] < edge


@pytest.mark.parametrize("across", [-4.8, 0, 3])
def test_circle_dot_legs_and_tangent_are_drawn(across):
    ax = figure_circle(across).axes[0]
    circle, tangent, legs, dot = ax.lines
    assert np.hypot(*circle.get_data()) == pytest.approx(5)
    up = float(sympy.sqrt(25 - sympy.Rational(str(across)) ** 2))
    assert np.ravel(dot.get_data()) == pytest.approx([across, up])
    assert np.array(legs.get_data()).T == pytest.approx(np.array([[0, 0], [across, 0], [across, up]]))
    told = float(sympy.diff(sympy.sqrt(25 - x**2), x).subs(x, sympy.Rational(str(across))))
    assert tangent.get_xy1() == pytest.approx((across, up)) and tangent.get_slope() == pytest.approx(told)
    assert f"{told:.2f}" in ax.texts[0].get_text() and f"{up:g}" in ax.texts[0].get_text()
    assert ax.get_aspect() == 1


def test_the_exercises_have_the_solutions_that_are_told():
    slope = sympy.idiff(x**3 + y**3 - 9, y, x)
    assert slope.subs({x: 1, y: 2}) == sympy.Rational(-1, 4)
    (root,) = sympy.solve([x**3 + y**3 - 9, x - y], [x, y], dict=True)[:1]
    assert sympy.simplify(slope.subs(root)) == -1
    assert sympy.simplify(sympy.idiff(y**2 - x, y, x) - 1 / (2 * y)) == 0
    assert sympy.simplify(sympy.idiff(sympy.exp(y) - x, y, x) - sympy.exp(-y)) == 0
    assert correlation() == pytest.approx(np.corrcoef(*students()[::2])[0, 1])
