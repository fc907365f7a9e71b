from unittest import mock

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from mpl_toolkits.mplot3d import Axes3D

from snippets.gradients.partial_derivatives import (
    broken,
    by_attendance,
    by_hours,
    figure_broken,
    figure_slices,
    figure_cuts,
    learning_surface,
    least_squares,
    loss,
    partial,
    peano,
    print_broken,
    print_held,
    print_loss_partials,
    print_mixed,
    print_partial,
    print_peano,
    students,
)

x, y, t = sympy.symbols("x y t", real=True)
hours, percent = st.floats(0, 10), st.floats(40, 100)


def exact_surface(h, a):
    return 20 + 0.3 * a + 0.45 * a * (1 - mpmath.exp(-h / 4))


def drawn_surface(figure):
    with mock.patch.object(Axes3D, "plot_surface") as plot_surface:
        figure()
    return plot_surface.call_args.args


@given(hours, percent)
def test_the_partial_derivatives_are_those_of_mpmath(h, a):
    assert learning_surface(h, a) == pytest.approx(float(exact_surface(h, a)))
    assert by_hours(h, a) == pytest.approx(float(mpmath.diff(exact_surface, (h, a), (1, 0))))
    assert by_attendance(h, a) == pytest.approx(float(mpmath.diff(exact_surface, (h, a), (0, 1))))


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 2))
def test_the_numerical_partial_derivative_holds_all_other_variables(a, b, c, index):
    f = sympy.sin(x) * y**2 + x * t - sympy.exp(t / 2)
    exact = float(f.diff((x, y, t)[index]).subs({x: a, y: b, t: c}))
    start = np.array([a, b, c])
    found = partial(sympy.lambdify((x, y, t), f), start, index)
    assert found == pytest.approx(exact, abs=1e-8)
    assert start.tolist() == [a, b, c]


@given(hours, percent)
def test_mixed_partial_derivatives_of_a_smooth_function_do_not_depend_on_the_order(h, a):
    order = [mpmath.diff(lambda u: by_hours_exact(h, u), a), mpmath.diff(lambda u: by_attendance_exact(u, a), h)]
    assert float(order[0]) == pytest.approx(float(order[1])) == pytest.approx(0.45 / 4 * np.exp(-h / 4))


def by_hours_exact(h, a):
    return mpmath.diff(lambda u: exact_surface(u, a), h)


def by_attendance_exact(h, a):
    return mpmath.diff(lambda u: exact_surface(h, u), a)


def test_the_marks_of_many_students_are_the_told_rule_and_noise():
    h, a, marks = students(100_000)
    assert h.shape == a.shape == marks.shape == (100_000,)
    for values, (low, high) in ((h, (0, 10)), (a, (40, 100))):
        assert low <= values.min() and values.max() <= high
        assert [values.min(), values.max()] == pytest.approx([low, high], abs=0.01)
    noise = marks - (12 + 5 * h + 0.3 * a)
    assert noise.mean() == pytest.approx(0, abs=0.1) and noise.std() == pytest.approx(5, rel=0.01)


def test_the_slope_that_ignores_attendance_is_the_held_one_plus_what_comes_along():
    h, a, marks = students()
    X = np.column_stack([np.ones_like(h), h, a])
    # Frisch, Waugh and Lovell: the slope with attendance held is the one on what attendance does not explain.
    residue = h - np.polyval(np.polyfit(a, h, 1), a)
    held = residue @ marks / (residue @ residue)
    weights = least_squares(X, marks)
    assert weights.shape == (3,) and weights[1] == pytest.approx(held)
    assert X.T @ (X @ weights - marks) == pytest.approx(np.zeros(3), abs=1e-8)
    alone, along = np.polyfit(h, marks, 1)[0], np.polyfit(h, a, 1)[0]
    assert alone == pytest.approx(held + weights[2] * along)
    # Without noise the held slope is the 5 of the rule, however attendance comes along.
    assert least_squares(X, 12 + 5 * h + 0.3 * a)[1] == pytest.approx(5)


@pytest.mark.parametrize("slope", [0, 1, 2, -1, -3])
def test_the_broken_function_is_constant_on_each_line_through_the_origin_and_so_has_no_limit(slope):
    value = sympy.simplify((x * y / (x**2 + y**2)).subs(y, slope * x))
    assert value == sympy.Rational(slope, 1 + slope**2)
    for at in (1.0, -1e-3, 1e-9):
        assert broken(at, slope * at) == pytest.approx(float(value))
    assert broken(0.0, 0.0) == 0


def test_its_partial_derivatives_exist_at_the_origin_and_are_zero():
    for h in (1e-1, 1e-5, 1e-9):
        assert [partial(broken, np.zeros(2), index, h) for index in (0, 1)] == [0, 0]
    assert broken(np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 4.0])) == pytest.approx([0, 0.5, 12 / 25])


def test_the_function_of_peano_has_mixed_derivatives_that_differ_at_the_origin():
    f = x * y * (x**2 - y**2) / (x**2 + y**2)
    for at in ((0.3, -0.7), (2.0, 1.0)):
        assert peano(*at) == pytest.approx(float(f.subs({x: at[0], y: at[1]})))
    x_then_y = sympy.limit(sympy.limit(f / x, x, 0) / y, y, 0)
    y_then_x = sympy.limit(sympy.limit(f / y, y, 0) / x, x, 0)
    assert (x_then_y, y_then_x) == (-1, 1)


def test_the_exercises_have_the_solutions_that_are_told():
    f = x**2 * y + 3 * y
    assert (f.diff(x), f.diff(y)) == (2 * x * y, x**2 + 3)
    w1, w2 = sympy.symbols("w1 w2")
    xs, ys = sympy.symbols("x:3"), sympy.symbols("y:3")
    mean_square = sum((w1 + w2 * a - b) ** 2 for a, b in zip(xs, ys, strict=True)) / 3
    by_intercept = 2 * sum(w1 + w2 * a - b for a, b in zip(xs, ys, strict=True)) / 3
    by_slope = 2 * sum((w1 + w2 * a - b) * a for a, b in zip(xs, ys, strict=True)) / 3
    assert sympy.expand(mean_square.diff(w1) - by_intercept) == sympy.expand(mean_square.diff(w2) - by_slope) == 0
    # In minutes the number is a sixtieth, per hour and percent it stays what it was.
    surface = 20 + sympy.Rational(3, 10) * y + sympy.Rational(9, 20) * y * (1 - sympy.exp(-x / 4))
    assert sympy.simplify(surface.subs(x, x / 60).diff(x) - surface.diff(x).subs(x, x / 60) / 60) == 0


def test_the_slices_lie_on_the_surface():
    ax = figure_cuts().axes[0]
    along_hours, along_attendance, point = (np.array(line.get_data_3d()) for line in ax.lines)
    assert set(along_hours[1]) == {70} and set(along_attendance[0]) == {4}
    for h, a, marks in np.hstack([along_hours, along_attendance, point]).T:
        assert marks == pytest.approx(float(exact_surface(h, a)))
    assert point[:2].ravel().tolist() == [4, 70]
    for h, a, marks in zip(*map(np.ravel, drawn_surface(figure_cuts)), strict=True):
        assert marks == pytest.approx(float(exact_surface(h, a)))
    assert "hours" in ax.get_xlabel() and "attendance" in ax.get_ylabel() and "marks" in ax.get_zlabel()


@pytest.mark.parametrize("attendance", [40, 70, 100])
def test_the_tangent_of_the_slice_has_the_partial_derivative_as_its_slope(attendance):
    ax = figure_slices(attendance).axes[0]
    *others, curve, tangent, point = ax.lines
    for line, held in zip((*others, curve), (40, 60, 80, 100, attendance), strict=True):
        assert line.get_ydata() == pytest.approx([float(exact_surface(h, held)) for h in line.get_xdata()])
    slope = float(mpmath.diff(exact_surface, (4, attendance), (1, 0)))
    assert np.diff(tangent.get_ydata()) / np.diff(tangent.get_xdata()) == pytest.approx(slope)
    assert np.mean(tangent.get_data(), axis=1) == pytest.approx([4, float(exact_surface(4, attendance))])
    assert np.ravel(point.get_data()) == pytest.approx([4, float(exact_surface(4, attendance))])
    texts = [text.get_text() for text in ax.texts]
    assert texts[:4] == ["40 %", "60 %", "80 %", "100 %"]
    assert f"{attendance} %" in texts[4] and f"{slope:.2f} marks per hour" in texts[5]
    for label, line in zip(ax.texts[:4], others, strict=True):
        assert label.get_position()[1] == pytest.approx(line.get_ydata()[-1])
    assert "hours" in ax.get_xlabel() and "marks" in ax.get_ylabel()


def test_the_figure_of_the_broken_function_shows_two_level_axes_and_a_crest():
    first, second, *crest, origin = (np.array(line.get_data_3d()) for line in figure_broken().axes[0].lines)
    assert not first[1:].any() and not second[[0, 2]].any() and not origin.any()
    for side in crest:
        assert side[0] == pytest.approx(side[1]) and side[2] == pytest.approx(0.5)
    assert crest[0][0].max() < 0 < crest[1][0].min()
    u, v, height = drawn_surface(figure_broken)
    assert height == pytest.approx(np.sin(2 * np.arctan2(v, u)) / 2)


def test_the_printed_results_are_those_of_mpmath_and_linear_algebra(capsys, numbers):
    print_partial()
    for line, order, unit in zip(
        capsys.readouterr().out.splitlines(), ((1, 0), (0, 1)), ("hour", "percent"), strict=True
    ):
        exact = float(mpmath.diff(exact_surface, (4, 70), order))
        assert numbers(line) == pytest.approx([exact] * 2, abs=1e-5) and line.endswith(f"per {unit}")
    print_mixed()
    mixed = float(mpmath.diff(exact_surface, (4, 70), (1, 1)))
    assert [numbers(line)[0] for line in capsys.readouterr().out.splitlines()] == pytest.approx([mixed] * 3, abs=1e-5)
    h, a, marks = students()
    print_held()
    alone, held, along, total = map(numbers, capsys.readouterr().out.splitlines())
    assert alone == [pytest.approx(np.polyfit(h, marks, 1)[0], abs=1e-3)] and total == [*held, *along[::-1], *alone]
    residue = h - np.polyval(np.polyfit(a, h, 1), a)
    assert held == [pytest.approx(residue @ marks / (residue @ residue), abs=1e-3)]
    residue = a - np.polyval(np.polyfit(h, a, 1), h)
    assert along == pytest.approx([np.polyfit(h, a, 1)[0], residue @ marks / (residue @ residue)], abs=1e-3)
    print_loss_partials()
    X = np.column_stack([np.ones_like(h), h])
    steps = [loss(np.array([30.0, 4.0]) + 1e-20j * unit, X, marks).imag / 1e-20 for unit in np.eye(2)]
    assert loss(np.array([30.0, 4.0]), X, marks) == pytest.approx(np.mean((30 + 4 * h - marks) ** 2))
    lines = capsys.readouterr().out.splitlines()
    assert [numbers(line)[0] for line in lines] == pytest.approx(steps, abs=1e-3)
    assert lines[0].startswith("intercept:") and lines[0].endswith("marks² per mark")
    assert lines[1].startswith("slope:") and lines[1].endswith("marks² per (mark per hour)")
    assert steps == pytest.approx([2 * np.mean(30 + 4 * h - marks), 2 * np.mean((30 + 4 * h - marks) * h)])
    print_broken()
    header, *rows, last = capsys.readouterr().out.splitlines()
    lines = [sympy.sympify(line.replace("2x", "2*x"), {"x": x}) for line in header.split("y = ")[1:]]
    values = [float(sympy.simplify((x * y / (x**2 + y**2)).subs(y, line))) for line in lines]
    assert [numbers(row)[1:] for row in rows] == [values] * 4 and numbers(last) == [0, 0]
    assert [numbers(row)[0] for row in rows] == [1, 0.1, 1e-3, 1e-6]
    print_peano()
    lines = capsys.readouterr().out.splitlines()
    assert "x, then y" in lines[0] and "y, then x" in lines[1]
    assert [numbers(line)[-1] for line in lines] == [-1, 1]
