import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.derivatives.derivatives_and_slopes import (
    difference_quotient,
    figure_loss_tangents,
    figure_marks,
    figure_no_slope,
    figure_secant,
    figure_slope_everywhere,
    fitted_line,
    learning_curve,
    learning_curve_slope,
    loss_of_slope,
    one_sided_quotients,
    print_line,
    print_loss_slope,
    print_one_sided,
    print_prediction,
    print_quotients,
    print_symmetric,
    relu,
    students,
    symmetric_quotient,
    time_of_slope,
)

x, h = sympy.symbols("x h", real=True)
curve = 90 - 60 * sympy.exp(-x / 4)


def limit_of_the_quotient(f):
    return sympy.simplify(sympy.limit((f.subs(x, x + h) - f) / h, h, 0))


def numbers(text):
    """Every number that a printed line holds."""
    parts = (part.strip("=,:") for part in text.split())
    return [float(part) for part in parts if part.lstrip("-").replace(".", "").replace("e-", "").isdigit()]


@given(st.floats(0, 12))
def test_the_slope_of_the_learning_curve_is_the_limit_of_its_difference_quotients(hours):
    assert learning_curve(hours) == pytest.approx(float(curve.subs(x, hours)))
    assert learning_curve_slope(hours) == pytest.approx(float(limit_of_the_quotient(curve).subs(x, hours)))


def test_the_secant_comes_closer_in_proportion_to_the_step():
    slope = float(limit_of_the_quotient(curve).subs(x, 2))
    coarse, fine = (difference_quotient(learning_curve, 2.0, step) - slope for step in (1e-3, 5e-4))
    assert coarse / fine == pytest.approx(2, rel=1e-3)


@given(st.floats(-5, 5), st.floats(-5, 5).filter(lambda step: abs(step) > 1e-3))
def test_the_quotient_of_a_parabola_is_two_x_plus_h(at, step):
    symbolic = sympy.expand(((x + h) ** 2 - x**2) / h)
    assert sympy.expand(symbolic - (2 * x + h)) == 0
    assert difference_quotient(np.square, at, step) == pytest.approx(2 * at + step, abs=1e-9)


@given(st.floats(-5, 5), st.floats(-5, 5).filter(lambda step: abs(step) > 1e-3))
def test_the_quotient_of_a_cube_is_the_one_of_the_first_exercise(at, step):
    symbolic = sympy.expand(((x + h) ** 3 - x**3) / h)
    assert sympy.expand(symbolic - (3 * x**2 + 3 * x * h + h**2)) == 0
    assert symbolic.subs(x, 2).expand() == 12 + 6 * h + h**2
    assert difference_quotient(lambda x: x**3, at, step) == pytest.approx(float(symbolic.subs({x: at, h: step})), abs=1e-7)


def test_a_step_of_zero_is_refused():
    with pytest.raises(ValueError, match="h = 0"):
        difference_quotient(np.exp, 1.0, 0)


def test_the_slope_predicts_a_small_change_up_to_an_error_of_second_order():
    def error(step):
        return learning_curve(2 + step) - learning_curve(2.0) - learning_curve_slope(2.0) * step

    assert error(1e-2) / error(5e-3) == pytest.approx(4, rel=1e-2)


def test_the_slope_of_the_fitted_line_is_marks_per_hour_and_minimises_the_squares():
    hours, attendance, marks = students()
    assert hours.shape == attendance.shape == marks.shape == (40,)
    assert 0 <= hours.min() and hours.max() <= 10 and 40 <= attendance.min() and attendance.max() <= 100
    slope, intercept = fitted_line(hours, marks)
    (intercept_again, slope_again), *_ = np.linalg.lstsq(np.column_stack([hours**0, hours]), marks, rcond=None)
    assert (slope, intercept) == pytest.approx((slope_again, intercept_again))
    # The same students in minutes: the number falls by 60, the prediction stays.
    per_minute, same_intercept = fitted_line(60 * hours, marks)
    assert (60 * per_minute, same_intercept) == pytest.approx((slope, intercept))


def test_the_simulated_students_follow_the_rule_that_is_told():
    hours, attendance, marks = students(100_000)
    (start, per_hour, per_percent), *_ = np.linalg.lstsq(
        np.column_stack([hours**0, hours, attendance]), marks, rcond=None
    )
    assert (start, per_hour, per_percent) == pytest.approx((12, 5, 0.3), rel=0.02)
    assert np.std(marks - 12 - 5 * hours - 0.3 * attendance) == pytest.approx(5, rel=0.02)


def test_in_this_sample_students_who_study_more_attend_more():
    hours, attendance, marks = students()
    assert np.corrcoef(hours, attendance)[0, 1] > 0.3
    assert fitted_line(hours, marks)[0] > 5


@given(st.floats(-20, 20))
def test_the_loss_is_the_least_mean_square_of_all_lines_with_this_slope(weight):
    hours, _, marks = students()
    _, (squares,), *_ = np.linalg.lstsq(np.ones((40, 1)), marks - weight * hours, rcond=None)
    assert loss_of_slope(weight, hours, marks) == pytest.approx(squares / 40)


def test_the_loss_falls_towards_the_fitted_slope_from_both_sides(capsys):
    hours, _, marks = students()
    print_loss_slope()
    printed = [numbers(row.replace("+", "")) for row in capsys.readouterr().out.splitlines()]
    best, curvature = np.polyfit(hours, marks, 1)[0], 2 * np.var(hours)
    for weight, height, slope in printed:
        assert height == pytest.approx(loss_of_slope(weight, hours, marks), abs=0.06)
        assert slope == pytest.approx(curvature * (weight - best), abs=0.2)
    assert printed[0][2] < 0 < printed[2][2] and printed[1][2] == 0


@given(st.floats(1e-6, 1.0))
def test_one_sided_slopes_at_a_kink_differ(step):
    assert one_sided_quotients(np.abs, 0.0, step) == pytest.approx((-1, 1))
    assert one_sided_quotients(relu, 0.0, step) == pytest.approx((0, 1))
    for f, sides in ((sympy.Abs(h), (-1, 1)), (sympy.Max(h, 0), (0, 1))):
        assert tuple(sympy.limit(f / h, h, 0, side) for side in "-+") == sides


def test_the_slope_of_the_cube_root_grows_without_bound():
    assert sympy.limit(sympy.cbrt(h) / h, h, 0, "+") == sympy.oo
    left, right = one_sided_quotients(np.cbrt, 0.0, np.array([1e-3, 1e-6, 1e-9]))
    assert left == pytest.approx(right)
    assert right[1:] / right[:-1] == pytest.approx(100)


@given(st.floats(0.01, 15))
def test_time_of_slope_solves_its_equation(slope):
    assert learning_curve_slope(time_of_slope(slope)) == pytest.approx(slope)


@pytest.mark.counted
def test_five_marks_per_hour_come_after_four_times_the_logarithm_of_three():
    (hours,) = sympy.solve(sympy.diff(curve, x) - 5, x)
    assert sympy.simplify(hours - 4 * sympy.log(3)) == 0
    assert time_of_slope(5.0) == pytest.approx(float(hours))


@pytest.mark.parametrize("slope", [0.0, -1.0, 15.1])
def test_a_slope_that_the_curve_never_has_is_refused(slope):
    with pytest.raises(ValueError, match=f"slope = {slope}"):
        time_of_slope(slope)


@given(st.floats(-3, 3), st.floats(1e-3, 1))
def test_the_symmetric_quotient_is_the_mean_of_the_two_sides(at, step):
    for f in (np.abs, relu, np.sin):
        assert symmetric_quotient(f, at, step) == pytest.approx(np.mean(one_sided_quotients(f, at, step)), abs=1e-9)


@pytest.mark.parametrize("step", [4.0, 0.5])
def test_the_secant_is_drawn_through_the_two_points(step):
    graph, tangent, secant, ends = figure_secant(step).axes[0].lines
    assert ends.get_xdata() == pytest.approx([2, 2 + step])
    assert ends.get_ydata() == pytest.approx([float(curve.subs(x, t)) for t in (2, 2 + step)])
    for line, through in ((secant, 2 + step), (tangent, 2)):
        assert np.interp(through, *line.get_data()) == pytest.approx(float(curve.subs(x, through)), abs=1e-2)
    assert np.diff(tangent.get_ydata()) / np.diff(tangent.get_xdata()) == pytest.approx(15 * np.exp(-0.5))
    assert graph.get_ydata() == pytest.approx(learning_curve(graph.get_xdata()))


def test_the_tangents_touch_the_curve_and_have_the_slope_drawn_below():
    top, bottom = figure_slope_everywhere().axes
    _, *marked = top.lines
    for tangent, point, below in zip(marked[::2], marked[1::2], bottom.lines[1:], strict=True):
        (at,), (height,) = point.get_data()
        assert np.mean(tangent.get_ydata()) == pytest.approx(height) == float(curve.subs(x, at))
        (slope,) = np.diff(tangent.get_ydata()) / np.diff(tangent.get_xdata())
        assert below.get_data() == (pytest.approx([at]), pytest.approx([slope]))


def test_the_triangle_on_the_line_has_the_slope_of_the_line():
    ax = figure_marks().axes[0]
    dots, line, triangle = ax.lines
    (x0, x1, _), (y0, _, y1) = triangle.get_data()
    (slope,) = np.diff(line.get_ydata()) / np.diff(line.get_xdata())
    assert (y1 - y0) / (x1 - x0) == pytest.approx(slope) == fitted_line(*dots.get_data())[0]
    assert f"{y1 - y0:.1f} marks more" in [text.get_text() for text in ax.texts]


def test_the_tangents_of_the_loss_touch_it_with_the_slopes_of_the_square_completed():
    hours, _, marks = students()
    spread, shared = np.var(hours), np.cov(hours, marks, bias=True)[0, 1]
    ax = figure_loss_tangents().axes[0]
    graph, *marked = ax.lines
    weights = np.asarray(graph.get_xdata())
    assert graph.get_ydata() == pytest.approx(np.var(marks) - 2 * weights * shared + weights**2 * spread)
    for tangent, point, told in zip(marked[::2], marked[1::2], ax.texts, strict=True):
        (at,), (height,) = point.get_data()
        assert np.mean(tangent.get_ydata()) == pytest.approx(height) == pytest.approx(np.interp(at, *graph.get_data()), abs=0.01)
        (slope,) = np.diff(tangent.get_ydata()) / np.diff(tangent.get_xdata())
        assert slope == pytest.approx(2 * (at * spread - shared), abs=1e-4)
        assert told.get_text().strip() == f"slope {abs(slope):.1f}".replace(" ", " −" if slope < -0.05 else " ")
    assert marked[3].get_xdata() == pytest.approx([shared / spread])


def test_the_three_graphs_have_the_corner_that_they_are_shown_for():
    for ax, f in zip(figure_no_slope().axes, (np.abs, relu, np.cbrt), strict=True):
        for line in ax.lines:
            assert line.get_ydata() == pytest.approx(f(np.asarray(line.get_xdata())))


def test_the_printed_tables_say_what_the_functions_say(capsys):
    print_quotients()
    for row in capsys.readouterr().out.splitlines()[1:]:
        step, secant, error = numbers(row)
        exact = float(((curve.subs(x, 2 + step) - curve.subs(x, 2)) / step).evalf())
        assert secant == pytest.approx(exact, abs=1e-5)
        assert error == pytest.approx(exact - 15 * np.exp(-0.5), abs=1e-5)
    print_prediction()
    for row in capsys.readouterr().out.splitlines()[1:]:
        minutes, predicted, true = numbers(row)
        assert predicted == pytest.approx(15 * np.exp(-0.5) * minutes / 60, abs=5e-3)
        assert true == pytest.approx(60 * np.exp(-0.5) * (1 - np.exp(-minutes / 240)), abs=5e-3)
    print_line()
    first, *rows = capsys.readouterr().out.splitlines()
    intercept, slope = numbers(first)
    assert [numbers(row)[-1] for row in rows] == [slope, slope]
    assert (slope, intercept) == pytest.approx(fitted_line(*students()[::2]), abs=0.05)
    print_one_sided()
    for row in capsys.readouterr().out.splitlines()[1:]:
        step, *sides = numbers(row)
        assert sides == pytest.approx([-1, 1, 0, 1, step ** (-2 / 3), step ** (-2 / 3)], rel=1e-4)
    print_symmetric()
    rows = [numbers(row) for row in capsys.readouterr().out.splitlines()]
    assert rows[:2] == [[0.0] * 3, [0.5] * 3] and rows[2] == sorted(rows[2])
