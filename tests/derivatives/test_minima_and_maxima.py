import numpy as np
import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.polynomial import Polynomial
from sympy.parsing.sympy_parser import convert_xor, implicit_multiplication, parse_expr, standard_transformations

from snippets.derivatives.minima_and_maxima import (
    CUBIC,
    FLAT,
    MARKS,
    QUARTIC,
    absolute_loss,
    best_hours,
    best_slope,
    bisect,
    cramming,
    cramming_slope,
    critical_points,
    figure_flat,
    figure_shapes,
    figure_tilt,
    loss_of_slope,
    print_best,
    print_critical,
    print_fit,
    print_mean,
    print_median,
    print_silent,
    second_derivative_test,
    sign_test,
    students,
    tilted,
)

x, t = sympy.symbols("x t", real=True)
crammed = 40 + 15 * x * sympy.exp(-x / 4)
KNOWN = {
    "cubic": (CUBIC, x**3 - 3 * x),
    "quartic": (QUARTIC, x**4 - 2 * x**2 + x / 2),
    "x³": (FLAT["x³"], x**3),
    "x⁴": (FLAT["x⁴"], x**4),
    "-x⁴": (FLAT["-x⁴"], -(x**4)),
}


def neighbours(f, at, h=1e-3):
    """What comparing heights says, with no derivative: the definition itself."""
    before, here, after = (float(f.subs(x, at + step)) for step in (-h, 0, h))
    return "minimum" if here < min(before, after) else "maximum" if here > max(before, after) else "neither"


def read(formula):
    """The SymPy expression that a label like $2x^2 + t\\,x$ says."""
    rules = (*standard_transformations, convert_xor, implicit_multiplication)
    return parse_expr(formula.strip("$").replace("\\,", " "), {"x": x, "t": t}, rules)


def is_in_sight(mark, graph):
    """Whether a mark is within the axes, with the graph drawn on both sides of it."""
    (at, height), drawn, axes = np.ravel(mark.get_data()), graph.get_xdata(), graph.axes
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    return max(left, drawn.min()) < at < min(right, drawn.max()) and low < height < high


@pytest.mark.parametrize(("f", "symbolic"), KNOWN.values(), ids=KNOWN)
def test_critical_points_are_where_sympy_finds_a_slope_of_zero(f, symbolic):
    wanted = sorted(set(map(float, sympy.real_roots(symbolic.diff(x)))))
    assert critical_points(f) == pytest.approx(wanted, abs=1e-6)
    assert f(np.array([-1.5, 0.3, 2])) == pytest.approx([float(symbolic.subs(x, at)) for at in (-1.5, 0.3, 2)])


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=4, unique=True))
def test_the_tests_say_what_comparing_heights_says(roots):
    slope = sympy.prod([x - root for root in roots])
    f = sympy.integrate(sympy.expand(slope), x)
    polynomial = Polynomial([float(f.coeff(x, k)) for k in range(len(roots) + 2)])
    assert critical_points(polynomial) == pytest.approx(sorted(roots), abs=1e-6)
    for root in roots:
        assert (
            second_derivative_test(polynomial, float(root)) == sign_test(polynomial, float(root)) == neighbours(f, root)
        )


@pytest.mark.parametrize("name", FLAT)
def test_where_the_second_derivative_is_zero_its_test_is_silent_and_the_signs_decide(name):
    f, symbolic = KNOWN[name]
    assert symbolic.diff(x).subs(x, 0) == symbolic.diff(x, 2).subs(x, 0) == 0
    assert second_derivative_test(f, 0.0) == "silent"
    assert sign_test(f, 0.0) == neighbours(symbolic, 0)


@pytest.mark.parametrize("unit", [1e-12, 1e-7, 1.0, 1e9])
def test_the_verdict_does_not_change_with_the_units(unit):
    wanted = ["minimum", "maximum", "minimum"]
    f = Polynomial(unit * np.array([0.0, 0.3, -2, 0, 1]))
    assert [second_derivative_test(f, at) for at in critical_points(f)] == wanted
    assert second_derivative_test(unit * Polynomial([-1, 1]) ** 3, 1.0) == "silent"  # 6x - 6 at 1: a sum that cancels
    assert second_derivative_test(Polynomial([1, unit]), 2.0) == "silent"


@given(st.floats(-3, 3).filter(lambda tilt: abs(abs(tilt) - 8 / 3**1.5) > 1e-3))
def test_the_double_valley_has_two_minima_exactly_for_a_small_tilt(tilt):
    edge = sympy.solve(sympy.discriminant((x**4 - 2 * x**2 + t * x).diff(x), x), t)
    assert sorted(map(float, edge)) == pytest.approx([-8 / 3**1.5, 8 / 3**1.5])
    f = tilted(tilt)
    assert f(1.5) == pytest.approx(1.5**4 - 2 * 1.5**2 + tilt * 1.5)
    found = [second_derivative_test(f, at) for at in critical_points(f)]
    assert found == (["minimum", "maximum", "minimum"] if abs(tilt) < float(max(edge)) else ["minimum"])


@given(st.floats(0, 14))
def test_cramming_and_its_slope_are_those_of_sympy(hours):
    assert cramming(hours) == pytest.approx(float(crammed.subs(x, hours)))
    assert cramming_slope(hours) == pytest.approx(float(crammed.diff(x).subs(x, hours)))


@given(st.floats(0.1, 20))
@example(3.9)  # just before the best time, where the slope is small
def test_no_other_number_of_hours_is_better_than_the_best(most):
    hours = best_hours(most)
    assert 0 <= hours <= most
    assert cramming(hours) >= cramming(np.linspace(0, most, 2001)).max() - 1e-12
    assert hours == pytest.approx(min(most, float(sympy.solve(crammed.diff(x), x)[0])))


@given(st.floats(-5, 5), st.floats(0.1, 3), st.floats(0.1, 3))
def test_bisection_finds_the_sign_change_of_a_rising_and_of_a_falling_slope(at, left, right):
    for sign in (1, -1):
        assert bisect(lambda u, s=sign: s * (u - at), at - left, at + right) == pytest.approx(at, abs=1e-9)
    assert abs(bisect(lambda u: u - at, at - left, at + right, steps=3) - at) <= (left + right) / 16 + 1e-12


def test_bisection_without_a_change_of_sign_is_refused():
    with pytest.raises(ValueError, match="same sign at 1.0 and 2.0"):
        bisect(lambda u: u, 1.0, 2.0)


def test_the_loss_is_level_and_lowest_at_the_least_squares_slope():
    hours, _, marks = students()
    (_, best), *_ = np.linalg.lstsq(np.column_stack([hours**0, hours]), marks, rcond=None)
    assert best_slope(hours, marks) == pytest.approx(best)
    assert loss_of_slope(best + 1e-20j, hours, marks).imag / 1e-20 == pytest.approx(0, abs=1e-9)
    for step in (-1, -1e-3, 1e-3, 1):
        residuals = marks - marks.mean() - (best + step) * (hours - hours.mean())
        assert loss_of_slope(best + step, hours, marks) == pytest.approx(np.var(residuals))
        assert loss_of_slope(best + step, hours, marks) > loss_of_slope(best, hours, marks)


def test_the_mean_absolute_miss_is_least_at_the_median_which_is_a_corner():
    marks = students()[2][:39]
    guesses = np.sort(np.concatenate([marks, np.linspace(0, 100, 400)]))
    losses = [sum(abs(mark - guess) for mark in marks) / 39 for guess in guesses]
    assert [absolute_loss(guess, marks) for guess in guesses] == pytest.approx(losses)
    assert guesses[np.argmin(losses)] == np.median(marks) == np.sort(marks)[19]
    # 19 students on either side and one on it: one more to the left than to the right, or the reverse.
    right = (absolute_loss(np.median(marks) + 1e-6, marks) - min(losses)) / 1e-6
    assert right == pytest.approx(1 / 39, rel=1e-6)


def test_the_mean_makes_the_mean_square_smallest():
    guess, marks = sympy.symbols("g"), sympy.symbols("y:4")
    (best,) = sympy.solve(sum((mark - guess) ** 2 for mark in marks).diff(guess), guess)
    assert sympy.simplify(best - sum(marks) / 4) == 0


def test_the_exercises_have_the_solutions_that_are_told():
    f = x**3 - 6 * x**2 + 9 * x
    assert sympy.solve(f.diff(x), x) == [1, 3]
    assert [neighbours(f, at) for at in (1, 3)] == ["maximum", "minimum"]
    assert [f.subs(x, at) for at in (0, 1, 3, 5)] == [0, 4, 0, 20]
    assert [neighbours(g, 0) for g in (x**5, x**6, -(x**6))] == ["neither", "minimum", "maximum"]


def test_each_critical_point_is_marked_on_the_curve_and_below_it():
    axes = np.reshape(figure_shapes().axes, (2, 2))
    assert [ax.get_ylabel().split()[0] for ax in axes[:, 0]] == ["function", "derivative"]
    for (top, bottom), name in zip(axes.T, ("cubic", "quartic"), strict=True):
        symbolic = KNOWN[name][1]
        graph, *marked = top.lines
        slope, zero, *below = bottom.lines
        assert read(top.get_title()) == symbolic
        assert graph.get_ydata() == pytest.approx([float(symbolic.subs(x, at)) for at in graph.get_xdata()])
        assert slope.get_ydata() == pytest.approx([float(symbolic.diff(x).subs(x, at)) for at in slope.get_xdata()])
        assert list(zero.get_ydata()) == [0, 0]
        roots = sorted(map(float, sympy.real_roots(symbolic.diff(x))))
        for above, under, root in zip(marked, below, roots, strict=True):
            assert np.ravel(above.get_data()) == pytest.approx([root, float(symbolic.subs(x, root))])
            assert np.ravel(under.get_data()) == pytest.approx([root, 0], abs=1e-9)
            assert is_in_sight(above, graph) and is_in_sight(under, slope)
            assert (
                above.get_marker() == under.get_marker() == {"minimum": "v", "maximum": "^"}[neighbours(symbolic, root)]
            )


@pytest.mark.parametrize("tilt", figure_tilt.slider[1])
def test_the_tilted_valley_is_drawn_with_its_minima_and_maxima(tilt):
    symbolic = x**4 - 2 * x**2 + sympy.Rational(tilt) * x
    (axes,) = figure_tilt(tilt).axes
    graph, *marked = axes.lines
    assert read(axes.get_ylabel()) == x**4 - 2 * x**2 + t * x
    assert graph.get_ydata() == pytest.approx([float(symbolic.subs(x, at)) for at in graph.get_xdata()])
    roots = sorted(map(float, sympy.real_roots(symbolic.diff(x))))
    for mark, root in zip(marked, roots, strict=True):
        assert np.ravel(mark.get_data()) == pytest.approx([root, float(symbolic.subs(x, root))])
        assert mark.get_marker() == MARKS[neighbours(symbolic, root)]
        assert is_in_sight(mark, graph)


def test_the_slider_begins_with_two_valleys_and_one_of_them_vanishes_at_either_end():
    name, tilts = figure_tilt.slider
    (begin,) = figure_tilt.__defaults__
    assert name == "tilt" and tilts == sorted(tilts) and begin in tilts
    valleys = [
        [mark.get_marker() for mark in figure_tilt(tilt).axes[0].lines].count(MARKS["minimum"])
        for tilt in (tilts[0], begin, tilts[-1])
    ]
    assert valleys == [1, 2, 1]


def test_the_three_flat_points_are_drawn_with_the_sign_that_they_have():
    for ax, name, mark in zip(figure_flat().axes, FLAT, "Dv^", strict=True):
        graph, point = ax.lines
        assert graph.get_ydata() == pytest.approx([float(KNOWN[name][1].subs(x, at)) for at in graph.get_xdata()])
        assert (*point.get_xdata(), *point.get_ydata(), point.get_marker()) == (0, 0, mark)
        assert is_in_sight(point, graph) and read(ax.get_title()) == KNOWN[name][1]


def test_the_printed_results_are_those_of_sympy_and_of_comparison(capsys, numbers):
    print_critical()
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["x", "f", "f''"]
    lines = iter(lines)
    for name in ("cubic", "quartic"):
        symbolic = KNOWN[name][1]
        for root in sorted(map(float, sympy.real_roots(symbolic.diff(x)))):
            line = next(lines)
            wanted = [root, *(float(g.subs(x, root)) for g in (symbolic, symbolic.diff(x, 2)))]
            assert numbers(line) == pytest.approx(wanted, abs=6e-3)
            assert line.split()[0] == name and line.split()[-1] == neighbours(symbolic, root)
    assert not list(lines)
    print_best()
    lines = capsys.readouterr().out.splitlines()
    for most, hours, (first, second) in ((2, 2, lines[:2]), (12, 4, lines[2:])):
        assert numbers(first) == pytest.approx([most, hours, float(crammed.subs(x, hours))], abs=6e-3)
        assert numbers(second) == [pytest.approx(float(crammed.diff(x).subs(x, hours)), abs=6e-3)]
        assert "-0.00" not in second
    print_fit()
    hours, _, marks = students()
    best = np.polyfit(hours, marks, 1)[0]
    for line, step in zip(capsys.readouterr().out.splitlines(), (-0.5, 0, 0.5), strict=True):
        least = np.var(marks - best * hours)
        assert numbers(line) == pytest.approx([best + step, least + step**2 * np.var(hours)], abs=6e-4)
    print_silent()
    header, *lines = capsys.readouterr().out.splitlines()
    for line, name in zip(lines, FLAT, strict=True):
        verdict = neighbours(KNOWN[name][1], 0)
        assert line.split() == [name, "0", "0", "silent", verdict]
        assert header.index("second-derivative test") == line.index("silent")
        assert header.index("sign test") == line.index(verdict)
    print_median()
    for line, side in zip(capsys.readouterr().out.splitlines(), (-1, 1), strict=True):
        assert numbers(line) == pytest.approx([np.sort(marks[:39])[19], side * 1e-6, side / 39], abs=6e-3)
        assert numbers(line)[2] == pytest.approx(side / 39, abs=1e-4)
    print_mean()
    for line, f in zip(capsys.readouterr().out.splitlines(), (np.mean, np.median), strict=True):
        guess = f(marks)
        assert line.split()[0] == f.__name__
        assert numbers(line) == pytest.approx([guess, np.var(marks) + (guess - np.mean(marks)) ** 2], abs=6e-3)


@pytest.mark.parametrize("share, told", [(1e-5, "minimum"), (-1e-5, "maximum"), (1e-7, "silent"), (-1e-7, "silent")])
def test_a_sum_a_million_times_smaller_than_its_terms_is_rounding_and_a_larger_one_is_not(share, told):
    bend = Polynomial([2 * share - 1, 1])  # at 1: the share of terms that add up to 2
    assert second_derivative_test(bend.integ(2), 1.0) == told
