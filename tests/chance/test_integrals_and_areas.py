import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from snippets.chance.integrals_and_areas import (
    RULES,
    accumulated,
    area_below,
    figure_accumulated,
    figure_auc,
    figure_rules,
    figure_strips,
    integrate,
    learning_curve,
    learning_curve_slope,
    passes,
    print_auc,
    print_both_ways,
    print_orders,
    print_singularity,
    print_sums,
    roc,
    share_of_pairs,
    students,
)

x = sympy.Symbol("x")
RATE = 15 * sympy.exp(-x / 4)
AREA = sympy.lambdify(x, sympy.integrate(RATE, (x, 0, x)), "math")
GAINED = float(sympy.integrate(RATE, (x, 0, 8)))
ORDERS = {"left": 1, "midpoint": 2, "trapezoid": 2, "Simpson": 4, "Gauss": 6}


@pytest.mark.parametrize("rule", RULES)
@given(st.lists(st.integers(-9, 9), min_size=6, max_size=6), st.floats(-3, 3), st.floats(0.1, 4), st.integers(1, 5))
def test_each_rule_is_exact_for_the_polynomials_below_its_order(rule, coefficients, a, width, strips):
    polynomial = np.polynomial.Polynomial(coefficients[: ORDERS[rule]])
    exact = polynomial.integ()(a + width) - polynomial.integ()(a)
    assert integrate(polynomial, a, a + width, strips, rule) == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_is_exact_one_degree_higher(rule):
    degree = ORDERS[rule]
    assert abs(integrate(lambda t: t**degree, 0, 1, 1, rule) - 1 / (degree + 1)) > 1e-4


@pytest.mark.parametrize("rule", RULES)
def test_the_errors_are_of_the_orders_that_are_told(rule):
    with mpmath.workdps(30):
        exact = float(mpmath.quad(lambda t: mpmath.sin(t) + mpmath.exp(t), [0, 2]))
    errors = [integrate(lambda t: np.sin(t) + np.exp(t), 0, 2, strips, rule) - exact for strips in (4, 8)]
    assert np.log2(abs(errors[0] / errors[1])) == pytest.approx(ORDERS[rule], abs=0.15)


def test_the_trapezoid_errs_twice_as_much_as_the_midpoint_the_other_way_and_simpson_is_their_mean():
    for strips in (4, 16):
        middle, edges, both = (integrate(learning_curve_slope, 0, 8, strips, rule) for rule in ("midpoint", "trapezoid", "Simpson"))
        assert (edges - GAINED) / (middle - GAINED) == pytest.approx(-2, abs=0.02)
        assert both == pytest.approx((2 * middle + edges) / 3)


def test_the_places_and_weights_of_gauss_are_those_of_legendre():
    points, weights = np.polynomial.legendre.leggauss(3)
    assert RULES["Gauss"][0] == pytest.approx((1 + points) / 2) and RULES["Gauss"][1] == pytest.approx(weights / 2)


@given(st.floats(0, 8))
def test_the_area_under_the_rate_is_the_rise_of_the_curve(hours):
    told = AREA(hours)
    assert learning_curve(hours) - learning_curve(0) == pytest.approx(told, abs=1e-9)
    assert integrate(learning_curve_slope, 0, hours, 50, "Gauss") == pytest.approx(told, abs=1e-9)


@given(st.floats(0.1, 7.9))
def test_the_slope_of_the_area_so_far_is_the_rate(hours):
    exact = lambda t: mpmath.quad(lambda s: 15 * mpmath.exp(-s / 4), [0, t])
    with mpmath.workdps(30):
        assert float(mpmath.diff(exact, hours)) == pytest.approx(learning_curve_slope(hours), rel=1e-9)
    grid = np.linspace(0, hours, 201)
    assert accumulated(learning_curve_slope, grid)[-1] == pytest.approx(float(exact(hours)), rel=1e-4)
    assert accumulated(learning_curve_slope, grid).shape == grid.shape


def test_what_lies_below_the_axis_counts_as_negative():
    assert sympy.integrate(sympy.sin(x), (x, 0, 2 * sympy.pi)) == 0
    assert integrate(np.sin, 0, 2 * np.pi, 10) == pytest.approx(0, abs=1e-12)
    assert integrate(np.sin, np.pi, 2 * np.pi, 100, "Simpson") == pytest.approx(-2)


scores_ = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=30)


@given(scores_)
def test_the_area_under_the_roc_curve_is_the_share_of_pairs_in_order_ties_half(cases):
    scores, passed = (np.array(part, dtype=float) for part in zip(*cases, strict=True))
    assume(0 < passed.sum() < len(passed))
    counted = [1 if s > f else 0.5 if s == f else 0 for s in scores[passed == 1] for f in scores[passed == 0]]
    found = area_below(*roc(scores, passed))
    assert found == pytest.approx(np.mean(counted)) == pytest.approx(roc_auc_score(passed, scores))
    assert share_of_pairs(scores, passed) == pytest.approx(np.mean(counted))
    fails, right, _ = roc_curve(passed, scores, drop_intermediate=False)
    assert roc(scores, passed)[0] == pytest.approx(fails) and roc(scores, passed)[1] == pytest.approx(right)


@given(scores_)
def test_exercise_three_rising_functions_keep_the_area_and_minus_one_turns_it_round(cases):
    scores, passed = (np.array(part, dtype=float) for part in zip(*cases, strict=True))
    assume(0 < passed.sum() < len(passed))
    plain = area_below(*roc(scores, passed))
    assert area_below(*roc(np.log(1 + scores), passed)) == pytest.approx(plain) == pytest.approx(area_below(*roc(scores**2, passed)))
    assert area_below(*roc(-scores, passed)) == pytest.approx(1 - plain)


def test_the_exercises_have_the_solutions_that_are_told():
    assert sympy.integrate(x**2, (x, 0, 3)) == 9 and sympy.integrate(x**3, (x, 0, 2)) == 4
    assert integrate(lambda t: t**2, 0, 3, 3, "left") == 5 and integrate(lambda t: t**2, 0, 3, 3) == 8.75
    assert integrate(lambda t: t**3, 0, 2, 1, "Simpson") == pytest.approx(4)


def test_the_printed_sums_and_orders_are_those_of_sympy(capsys, numbers):
    print_sums()
    *lines, last = capsys.readouterr().out.splitlines()[1:]
    assert numbers(last) == pytest.approx([GAINED], abs=6e-4)
    for line, strips in zip(lines, (1, 2, 4, 8, 16, 32), strict=True):
        h = sympy.Rational(8, strips)
        told = [float(sum(RATE.subs(x, h * (i + at)) for i in range(strips)) * h) for at in (0, sympy.Rational(1, 2))]
        assert numbers(line) == pytest.approx([strips, told[0], told[0] - GAINED, told[1], told[1] - GAINED], abs=6e-4)
    print_orders()
    for line, (rule, (points, weights)) in zip(capsys.readouterr().out.splitlines()[1:], RULES.items(), strict=True):
        errors = [
            sum(w * 15 * np.exp(-8 / n * (i + p) / 4) for i in range(n) for p, w in zip(points, weights, strict=True)) * 8 / n - GAINED
            for n in (4, 8)
        ]
        assert line.startswith(rule)
        looks, *printed, ratio = numbers(line)
        assert looks == len(points) and printed == pytest.approx(errors, rel=0.06)
        assert ratio == pytest.approx(errors[0] / errors[1], abs=0.2) and ratio == pytest.approx(2 ** ORDERS[rule], rel=0.06)


def test_left_edges_would_need_fifty_two_million_strips_for_the_millionth_that_gauss_has_with_four():
    assert abs(integrate(learning_curve_slope, 0, 8, 4, "Gauss") - GAINED) < 1e-6
    # Their error is c / n with a c that settles.
    c = [n * (integrate(learning_curve_slope, 0, 8, n, "left") - GAINED) for n in (1000, 4000)]
    assert c == pytest.approx([52, 52], rel=0.01)


def test_there_and_back_the_printed_columns_agree_with_sympy(capsys, numbers):
    print_both_ways()
    for line in capsys.readouterr().out.splitlines()[1:]:
        hours, rate, slope, curve, again = numbers(line)
        assert rate == slope == pytest.approx(float(RATE.subs(x, hours)), abs=6e-3)
        assert curve == again == pytest.approx(float(30 + sympy.integrate(RATE, (x, 0, int(hours)))), abs=6e-3)


def test_the_printed_areas_are_those_of_scikit_learn(capsys, numbers):
    print_auc()
    first, *lines = capsys.readouterr().out.splitlines()
    hours, attendance, marks = students()
    passed = marks >= 60
    assert numbers(first) == [passed.sum(), (~passed).sum()] and passes(marks).tolist() == passed.tolist()
    for line, score in zip(lines, (hours, attendance, 5 * hours + 0.3 * attendance), strict=True):
        assert numbers(line)[-2:] == pytest.approx([roc_auc_score(passed, score)] * 2, abs=6e-5)
    assert round(numbers(lines[0])[-1], 2) == 0.95 and round(numbers(lines[1])[-1], 2) == 0.78


def test_at_a_singularity_every_rule_is_of_order_one_half_or_never_settles(capsys, numbers):
    print_singularity()
    rows = np.array([numbers(line) for line in capsys.readouterr().out.splitlines()[1:]])
    for strips, *printed in rows:
        at = (np.arange(int(strips)) + 0.5) / strips
        gauss = [(np.arange(int(strips)) + p) / strips for p in RULES["Gauss"][0]]
        means = [np.mean(f(at)) for f in (lambda s: s**-0.5, lambda s: 1 / s)]
        thirds = [sum(w * np.mean(f(part)) for w, part in zip(RULES["Gauss"][1], gauss)) for f in (lambda s: s**-0.5, lambda s: 1 / s)]
        assert printed == pytest.approx([means[0], thirds[0], 2, means[1], thirds[1]], abs=6e-4)
    assert sympy.integrate(1 / sympy.sqrt(x), (x, 0, 1)) == 2 and sympy.integrate(1 / x, (x, 0, 1)) == sympy.oo
    for column in (1, 2):  # a hundred times as many strips, a tenth of the error
        assert (2 - rows[0, column]) / (2 - rows[2, column]) == pytest.approx(10, rel=0.02)
    for column in (4, 5):
        assert np.diff(rows[:, column]) == pytest.approx(np.log(10), abs=6e-3)


@pytest.mark.parametrize("strips", [2, 8])
def test_the_strips_are_as_high_as_the_curve_where_their_rule_looks(strips):
    for ax, at, rule in zip(figure_strips(strips).axes, (0, 0.5), ("left", "midpoint"), strict=True):
        bars = ax.patches
        assert [bar.get_x() for bar in bars] == pytest.approx([8 * i / strips for i in range(strips)])
        heights = [15 * np.exp(-(8 * (i + at) / strips) / 4) for i in range(strips)]
        assert [bar.get_height() for bar in bars] == pytest.approx(heights)
        assert ax.get_title() == f"{rule}: {sum(bar.get_height() * bar.get_width() for bar in bars):.2f} marks"
        (curve,) = ax.lines
        assert curve.get_ydata() == pytest.approx(15 * np.exp(-curve.get_xdata() / 4))


@pytest.mark.parametrize("hours", [0, 3])
def test_the_lower_curve_is_the_area_shaded_above(hours):
    above, below = figure_accumulated(hours).axes
    curve, dot = below.lines
    gained = 60 * (1 - np.exp(-curve.get_xdata() / 4))
    assert curve.get_ydata() == pytest.approx(gained, abs=1e-3)
    assert np.ravel(dot.get_data()) == pytest.approx([hours, 60 * (1 - np.exp(-hours / 4))], abs=1e-3)
    assert above.lines[0].get_ydata() == pytest.approx(15 * np.exp(-above.lines[0].get_xdata() / 4))
    shaded = np.concatenate([path.vertices for path in above.collections[0].get_paths()])
    assert shaded[:, 0].max() == pytest.approx(hours)
    text = below.texts[0].get_text()
    assert f"{60 * (1 - np.exp(-hours / 4)):.1f} marks" in text and f"{15 * np.exp(-hours / 4):.1f} marks per hour" in text


def test_the_lines_of_the_orders_are_the_errors_and_have_their_slopes():
    ax = figure_rules().axes[0]
    for line, (rule, (points, weights)) in zip(ax.lines, RULES.items(), strict=True):
        strips, errors = line.get_data()
        for n, error in zip(strips, errors):
            total = sum(w * 15 * np.exp(-8 / n * (i + p) / 4) for i in range(n) for p, w in zip(points, weights, strict=True)) * 8 / n
            assert error == pytest.approx(abs(total - GAINED), rel=0.05, abs=3e-13)
        assert np.log2(errors[1] / errors[2]) == pytest.approx(ORDERS[rule], abs=0.25)
    ends = [tuple(np.array(line.get_data())[:, -1]) for line in ax.lines]
    assert [(text.get_text(), text.xy) for text in ax.texts] == list(zip(RULES, ends, strict=True))


def test_the_roc_curves_are_those_of_scikit_learn_with_their_areas():
    hours, attendance, marks = students()
    for ax, score, name in zip(figure_auc().axes, (hours, attendance), ("hours", "attendance"), strict=True):
        fails, right, _ = roc_curve(marks >= 60, score, drop_intermediate=False)
        curve, diagonal = ax.lines
        assert curve.get_xdata() == pytest.approx(fails) and curve.get_ydata() == pytest.approx(right)
        assert np.array(diagonal.get_data()).tolist() == [[0, 1], [0, 1]]
        assert ax.texts[0].get_text() == f"area {roc_auc_score(marks >= 60, score):.2f}" and name in ax.get_title()
