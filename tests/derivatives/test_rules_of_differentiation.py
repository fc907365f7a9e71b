import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

from snippets.derivatives.rules_of_differentiation import (
    chain_rule,
    constant,
    cramming,
    cramming_bend,
    cramming_slope,
    exponential,
    figure_matching,
    figure_rectangle,
    hours_for,
    inverse_rule,
    learning_curve,
    learning_curve_slope,
    loss_of_slope,
    power,
    print_build,
    print_corner,
    print_inverse,
    print_loss,
    print_sigmoid,
    print_two_to_the,
    print_wrong,
    print_wrong_product,
    product_rule,
    quotient_rule,
    sigmoid,
    sigmoid_slope,
    slope_of_loss,
    students,
    sum_rule,
    two_to_the,
)

x = sympy.symbols("x", real=True)
MARKS = sympy.Symbol("m")
SLOPE_OF_INVERSE = sympy.lambdify(MARKS, sympy.solve(90 - 60 * sympy.exp(-x / 4) - MARKS, x)[0].diff(MARKS), "math")
crammed = 40 + 15 * x * sympy.exp(-x / 4)
coefficients = st.lists(st.integers(-5, 5), min_size=1, max_size=5)
points = st.floats(-2, 2)


def symbolic(name):
    """A function without a formula, and its derivative, for the rules to work on."""
    f, t = sympy.Function(name), sympy.Dummy()
    return f, lambda at: f(t).diff(t).subs(t, at)


def pair(polynomial):
    return polynomial, polynomial.deriv()


def table(text):
    return [[float(part) for part in row.split()] for row in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("rule", "combine"),
    [
        (sum_rule, lambda f, g: f(x) + g(x)),
        (product_rule, lambda f, g: f(x) * g(x)),
        (quotient_rule, lambda f, g: f(x) / g(x)),
        (chain_rule, lambda f, g: f(g(x))),
    ],
)
def test_each_rule_is_the_derivative_for_functions_without_a_formula(rule, combine):
    f, g = symbolic("f"), symbolic("g")
    value, slope = rule(f, g)
    exact = combine(f[0], g[0])
    assert value(x) == exact
    assert sympy.simplify(slope(x) - exact.diff(x).doit()) == 0


@given(coefficients, coefficients, points)
def test_the_rules_agree_with_arithmetic_on_coefficients(a, b, at):
    f, g = Polynomial(a), Polynomial(b)
    for rule, whole in ((sum_rule, f + g), (product_rule, f * g), (chain_rule, f(g))):
        value, slope = rule(pair(f), pair(g))
        whole = Polynomial(np.atleast_1d(whole)) if not isinstance(whole, Polynomial) else whole
        assert value(at) == pytest.approx(whole(at), rel=1e-9, abs=1e-6)
        assert slope(at) == pytest.approx(whole.deriv()(at), rel=1e-9, abs=1e-6)


@given(coefficients, coefficients, points)
def test_the_quotient_rule_agrees_with_a_complex_step(a, b, at):
    f, g = Polynomial(a), Polynomial(b) ** 2 + 1
    _, slope = quotient_rule(pair(f), pair(g))
    step = at + 1e-30j
    assert slope(at) == pytest.approx((f(step) / g(step)).imag / 1e-30, rel=1e-9, abs=1e-9)


@given(st.integers(-4, 6), st.floats(0.2, 3), st.floats(-9, 9))
def test_the_power_rule_holds_for_every_whole_exponent_and_a_constant_has_slope_zero(n, at, c):
    value, slope = power(n)
    assert value(at) == pytest.approx(float((x**n).subs(x, at)))
    assert slope(at) == pytest.approx(float(sympy.diff(x**n, x).subs(x, at)))
    value, slope = constant(c)
    assert (value(at), slope(at)) == (c, 0)


@given(st.floats(-3, 3))
def test_the_exponential_is_its_own_derivative(at):
    f, df = exponential
    assert df(at) == pytest.approx(f(at + 1e-30j).imag / 1e-30) == pytest.approx(f(at))


@given(st.floats(0.05, 0.95))
def test_the_slope_of_an_inverse_is_one_over_the_slope(at):
    inverse, slope = inverse_rule((np.sin, np.cos), np.arcsin)
    assert inverse(at) == np.arcsin(at)
    assert slope(at) == pytest.approx(float(sympy.asin(x).diff(x).subs(x, at)))


@given(st.floats(0, 14))
def test_cramming_has_the_derivatives_that_sympy_finds(hours):
    for f, order in ((cramming, 0), (cramming_slope, 1), (cramming_bend, 2)):
        assert f(hours) == pytest.approx(float(crammed.diff(x, order).subs(x, hours)), abs=1e-12)


def test_cramming_is_best_at_four_hours_and_falls_fastest_at_eight():
    assert sympy.solve(crammed.diff(x), x) == [4]
    assert sympy.solve(crammed.diff(x, 2), x) == [8]
    hours = np.linspace(0, 20, 2001)
    assert hours[np.argmax(cramming(hours))] == 4
    assert hours[np.argmin(cramming_slope(hours))] == 8


@pytest.mark.counted
@given(st.floats(31, 89))
def test_hours_for_undoes_the_learning_curve_and_the_slopes_are_reciprocal(marks):
    hours = hours_for(marks)
    assert learning_curve(hours) == pytest.approx(marks)
    _, slope = inverse_rule((learning_curve, learning_curve_slope), hours_for)
    assert slope(marks) == pytest.approx(SLOPE_OF_INVERSE(marks))


def test_marks_that_the_curve_never_reaches_are_refused():
    for marks in (90.0, 29.9, np.array([50.0, 95.0])):
        with pytest.raises(ValueError, match="below 90"):
            hours_for(marks)


@given(st.floats(-30, 30))
def test_the_slope_of_the_sigmoid_comes_from_its_value(z):
    exact = (1 / (1 + sympy.exp(-x))).diff(x)
    assert sigmoid(z) == pytest.approx(float((1 + sympy.tanh(x / 2)).subs(x, z) / 2))
    assert sigmoid_slope(z) == pytest.approx(float(exact.subs(x, z).evalf(30)), abs=1e-15)


def test_the_students_are_those_of_the_page_before_and_follow_the_rule_that_is_told():
    hours, attendance, marks = students(100_000)
    told = np.column_stack([hours**0, hours, attendance])
    weights, (squares,), *_ = np.linalg.lstsq(told, marks, rcond=None)
    assert weights == pytest.approx([12, 5, 0.3], rel=0.02)
    assert squares / marks.size == pytest.approx(5**2, rel=0.02)


@given(st.floats(-20, 20))
def test_the_slope_of_the_loss_is_its_complex_step(weight):
    hours, _, marks = students()
    exact = loss_of_slope(weight + 1e-20j, hours, marks).imag / 1e-20
    assert slope_of_loss(weight, hours, marks) == pytest.approx(exact, rel=1e-11, abs=1e-9)
    best = np.polyfit(hours, marks, 1)[0]
    assert slope_of_loss(best, hours, marks) == pytest.approx(0, abs=1e-9)


@given(st.floats(-5, 5))
def test_two_to_the_x_is_not_differentiated_by_the_power_rule(at):
    value, slope = two_to_the(at)
    assert value == pytest.approx(2**at)
    assert slope == pytest.approx(float((2**x).diff(x).subs(x, at)))


def test_the_exercises_have_the_solutions_that_are_told():
    assert (3 * x**4 - 2 * x + 7).diff(x) == 12 * x**3 - 2
    tanh = (sympy.exp(x) - sympy.exp(-x)) / (sympy.exp(x) + sympy.exp(-x))
    assert sympy.simplify(tanh.diff(x) - (1 - tanh**2)) == 0
    stronger = 40 + 15 * x * sympy.exp(-x / 5)
    assert sympy.solve(stronger.diff(x), x) == [5] and stronger.diff(x, 2).subs(x, 5) < 0
    assert sympy.solve(stronger.diff(x, 2), x) == [10] and stronger.diff(x, 3).subs(x, 10) > 0
    t = sympy.symbols("t", positive=True)
    assert sympy.simplify((t**t).diff(t) - t**t * (sympy.log(t) + 1)) == 0


@pytest.mark.parametrize("at", [0.5, 4, 10])
def test_the_tangent_above_has_the_slope_that_is_marked_below(at):
    top, bottom = figure_matching(at).axes
    curve, tangent, point = top.lines
    assert curve.get_ydata() == pytest.approx(40 + 15 * curve.get_xdata() * np.exp(-curve.get_xdata() / 4))
    slope = float(crammed.diff(x).subs(x, at))
    assert np.diff(tangent.get_ydata()) / np.diff(tangent.get_xdata()) == pytest.approx(slope)
    assert np.mean(tangent.get_data()[0]) == pytest.approx(at)
    assert np.mean(tangent.get_ydata()) == pytest.approx(float(crammed.subs(x, at))) == point.get_ydata()[0]
    below, stem, marked, zero = bottom.lines
    assert below.get_ydata() == pytest.approx(cramming_slope(below.get_xdata()))
    assert (marked.get_xdata()[0], marked.get_ydata()[0]) == pytest.approx((at, slope))
    assert stem.get_ydata() == pytest.approx([0, slope])
    assert [*stem.get_xdata(), *point.get_xdata()] == [at] * 3 and not any(zero.get_ydata())
    for axes, line in ((top, curve), (bottom, below)):
        assert tuple(line.get_xdata()[[0, -1]]) == axes.get_xlim()
        assert axes.get_ylim()[0] < min(line.get_ydata()) and max(line.get_ydata()) < axes.get_ylim()[1]
    assert top.get_ylabel().startswith("marks") and bottom.get_ylabel().startswith("slope")
    assert bottom.texts[0].get_text() == f"slope at {at:g} h: {slope:.2f} marks per hour"


def test_the_rectangle_grows_by_two_strips_and_a_corner():
    (axes,) = figure_rectangle().axes
    whole, *strips, corner = axes.patches
    assert corner.get_xy() == (whole.get_width(), whole.get_height())
    h = corner.get_width() / 3  # the sides are 3x and 2x² at 1, and grow by their slopes times one step
    assert (whole.get_width(), whole.get_height(), corner.get_height()) == pytest.approx((3, 2, 4 * h))
    wide, tall = whole.get_width() + corner.get_width(), whole.get_height() + corner.get_height()
    parts = [patch.get_width() * patch.get_height() for patch in (whole, *strips, corner)]
    assert sum(parts) == pytest.approx(wide * tall)
    assert axes.get_xlim()[0] < 0 < wide < axes.get_xlim()[1] and axes.get_ylim()[0] < 0 < tall < axes.get_ylim()[1]
    assert [patch.get_xy() for patch in strips] == [(whole.get_width(), 0), (0, whole.get_height())]
    place = {text.get_text(): np.array(text.get_position()) for text in axes.texts}
    names = ["area $f g$", r"$f'h \cdot g$", r"$f \cdot g'h$", r"corner $f'h \cdot g'h$"]
    for name, part in zip(names, axes.patches, strict=True):
        assert min(axes.patches, key=lambda patch: np.hypot(*(place[name] - patch.get_center()))) is part
    for below, beside, part in (("$f$", "$g$", whole), ("$f'h$", "$g'h$", corner)):
        assert (place[below][0], place[beside][1]) == pytest.approx(part.get_center())
        assert place[below][1] < 0 and place[beside][0] < 0


def test_the_printed_tables_say_what_sympy_says(capsys):
    print_build()
    rows = table(capsys.readouterr().out)
    assert [np.sign(row[2]) for row in rows] == [1, 0, -1]
    for hours, marks, *slopes in rows:
        assert marks == pytest.approx(float(crammed.subs(x, hours)), abs=5e-3)
        assert slopes == pytest.approx([float(crammed.diff(x).subs(x, hours))] * 3, abs=1.1e-5)
    print_corner()
    rows = table(capsys.readouterr().out)
    assert rows[0][-1] > 100 * rows[-1][-1]  # the corner shrinks to nothing even after dividing by h
    for h, strips, corner, gain, rate in rows:
        area = 6 * x**3
        assert gain * h == pytest.approx(float(area.subs(x, 1 + h) - 6), abs=5e-5 * h)
        assert strips + corner == pytest.approx(gain * h, abs=1e-5)
        assert corner == pytest.approx(3 * h * (4 * h + 2 * h**2), abs=1e-6)
        assert rate == pytest.approx(3 * (4 * h + 2 * h**2), abs=5e-5)
    assert rows[-1][3] == pytest.approx(float((6 * x**3).diff(x).subs(x, 1)), abs=0.02)
    print_sigmoid()
    for line in capsys.readouterr().out.splitlines():
        z, *slopes = (
            float(part)
            for part in line.replace("=", " ").split()
            if part.strip("-.").replace(".", "").isdigit() and part != "1"
        )
        assert slopes == pytest.approx([float((1 / (1 + sympy.exp(-x))).diff(x).subs(x, z))] * 2, abs=1e-5)
    print_inverse()
    rows = table(capsys.readouterr().out)
    assert rows[-1][-1] == pytest.approx(10 * rows[0][-1])  # at 85 marks, one more costs ten times as much as at 40
    for marks, hours, per_hour, per_mark in rows:
        assert hours == pytest.approx(4 * np.log(60 / (90 - marks)), abs=5e-3)
        assert per_hour == pytest.approx((90 - marks) / 4, abs=5e-4)
        assert per_hour * per_mark == pytest.approx(1, abs=0.01)
    print_loss()
    hours, _, marks = students()
    rows, best = table(capsys.readouterr().out), np.polyfit(hours, marks, 1)[0]
    assert [row[0] > best for row in rows] == [False, False, True]  # the slope changes sign between the last two
    for weight, by_rules, secant in rows:
        exact = 2 * np.var(hours) * (weight - best)
        assert [by_rules, secant] == pytest.approx([exact] * 2, abs=0.02)
    print_wrong()
    rows = table(capsys.readouterr().out)
    assert [np.sign(row[1]) for row in rows] == [1, 0, -1, -1] and [np.sign(row[3]) for row in rows] == [-1, -1, 0, 1]
    for hours, slope, squared, bend in rows:
        assert slope == pytest.approx(float(crammed.diff(x).subs(x, hours)), abs=5e-4)
        assert squared == pytest.approx(float(crammed.diff(x).subs(x, hours)) ** 2, abs=5e-4)
        assert bend == pytest.approx(float(crammed.diff(x, 2).subs(x, hours)), abs=5e-4)
    print_wrong_product()
    printed = {name: float(value) for name, value in (row.split(":") for row in capsys.readouterr().out.splitlines())}
    right = printed["product rule"]
    assert right == printed["x to the fifth, power rule"] == float((x**5).diff(x).subs(x, 2))
    assert printed["slope times slope"] == float((x**2).diff(x).subs(x, 2) * (x**3).diff(x).subs(x, 2)) != right
    print_two_to_the()
    secant, exact, wrong = (float(part.split()[-1]) for part in capsys.readouterr().out.strip().split(","))
    assert secant == exact == pytest.approx(float((2**x).diff(x).subs(x, 3)), abs=5e-4) and wrong == 12
