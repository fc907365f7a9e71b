import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.gradients.gradient import (
    HERE,
    UNITS,
    angle_of,
    centred_hours,
    directional_derivative,
    figure_field,
    figure_rose,
    figure_units,
    gradient,
    least_squares,
    level_curve,
    loss,
    norm_gradient,
    print_directions,
    print_level,
    print_norm,
    print_sign,
    print_gains,
    print_steepest,
    print_units,
    steepest_descent,
    student_loss,
    students,
    unit_vector,
)

weights = arrays(np.float64, 2, elements=st.floats(-100, 100))
angles = st.floats(0, 360)


def complex_gradient(f, w):
    return np.array([f(w + 1e-20j * unit).imag / 1e-20 for unit in np.eye(len(w))])


def test_many_simulated_students_give_back_the_numbers_that_are_told():
    hours, attendance, marks = students(100_000)
    design = np.column_stack([np.ones_like(hours), hours, attendance])
    found = np.linalg.solve(design.T @ design, design.T @ marks)
    assert found == pytest.approx([12, 5, 0.3], rel=0.03)
    assert np.std(marks - design @ found) == pytest.approx(5, rel=0.02)
    told = [0, 10, 40, 100]
    assert [hours.min(), hours.max(), attendance.min(), attendance.max()] == pytest.approx(told, abs=0.01)


@given(weights)
def test_the_gradient_of_the_student_loss_is_its_complex_step(w):
    X, y = centred_hours()
    assert student_loss(w) == loss(w, X, y) == pytest.approx(np.mean((w[0] + w[1] * X[:, 1] - y) ** 2))
    assert gradient(w, X, y).shape == (2,)
    assert gradient(w, X, y) == pytest.approx(complex_gradient(student_loss, w), rel=1e-11, abs=1e-9)


@given(weights, angles)
def test_a_directional_derivative_is_the_gradient_times_the_direction(w, degrees):
    g = complex_gradient(student_loss, w)
    u = np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    assert unit_vector(degrees) == pytest.approx(u, abs=1e-12)
    for length in (1, 7.5):
        measured = directional_derivative(student_loss, w, length * u)
        assert measured == pytest.approx(g @ u, abs=1e-6 * (1 + np.linalg.norm(g)))


def test_a_direction_without_length_is_refused():
    with pytest.raises(ValueError, match="length 0"):
        directional_derivative(student_loss, HERE, np.zeros(2))


@given(weights)
def test_no_direction_climbs_faster_than_the_gradient_and_its_slope_is_the_length(w):
    g = complex_gradient(student_loss, w)
    length = np.linalg.norm(g)
    slopes = [directional_derivative(student_loss, w, unit_vector(degrees)) for degrees in range(0, 360, 3)]
    assert max(slopes) <= length * (1 + 1e-6) + 1e-5
    assert max(slopes) >= length * np.cos(np.radians(1.5)) - 1e-5
    if length > 1e-3:
        assert directional_derivative(student_loss, w, g) == pytest.approx(length, rel=1e-5)


@given(arrays(np.float64, 3, elements=st.floats(-9, 9)), arrays(np.float64, 3, elements=st.floats(-9, 9)))
def test_cauchy_and_schwarz_by_the_square_of_a_difference(a, b):
    assert abs(a @ b) <= np.linalg.norm(a) * np.linalg.norm(b) * (1 + 1e-12) + 1e-12
    u, v = sympy.symbols("u:3"), sympy.symbols("v:3")
    square = sum((p - q) ** 2 for p, q in zip(u, v, strict=True))
    told = sum(p * p for p in u) + sum(q * q for q in v) - 2 * sum(p * q for p, q in zip(u, v, strict=True))
    assert sympy.expand(square - told) == 0


@given(st.floats(45, 2000), angles)
def test_the_gradient_is_at_a_right_angle_to_the_contour(level, degrees):
    w, tangent = level_curve(level, degrees)
    assert student_loss(w) == pytest.approx(level)
    # The tangent is the velocity of the point on the contour, and it is not zero.
    ahead, behind = (level_curve(level, degrees + step)[0] for step in (1e-4, -1e-4))
    assert np.degrees(1) * (ahead - behind) / 2e-4 == pytest.approx(tangent, rel=1e-5, abs=1e-5)
    g = complex_gradient(student_loss, w)
    assert np.linalg.norm(tangent) > 0.1
    assert g @ tangent == pytest.approx(0, abs=1e-10 * level * np.linalg.norm(g) + 1e-9)


def test_the_gradient_points_at_the_minimum_only_from_its_axes():
    best = least_squares(*centred_hours())
    assert complex_gradient(student_loss, best) == pytest.approx(np.zeros(2), abs=1e-9)
    for away in ([20, 0], [0, 5], [-20, 0]):
        downhill = -complex_gradient(student_loss, best - np.array(away))
        assert np.cross([*downhill, 0], [*away, 0])[2] == pytest.approx(0, abs=1e-8)
    downhill = -complex_gradient(student_loss, HERE)
    cosine = downhill @ (best - HERE) / np.linalg.norm(downhill) / np.linalg.norm(best - HERE)
    assert np.degrees(np.arccos(cosine)) > 30


@given(st.floats(0.01, 10))
def test_with_another_unit_of_time_steepest_descent_goes_elsewhere(hours_per_unit):
    # The same loss with the slope per new unit as its variable, differentiated by a complex step.
    _, y = centred_hours()
    time = (students()[0] - students()[0].mean()) / hours_per_unit
    step = -complex_gradient(
        lambda v: np.mean((v[0] + v[1] * time - y) ** 2), np.array([HERE[0], HERE[1] * hours_per_unit])
    )
    found = steepest_descent(hours_per_unit)
    assert found == pytest.approx(step * [1, 1 / hours_per_unit])
    in_hours = steepest_descent(1.0)
    assert found == pytest.approx([in_hours[0], in_hours[1] / hours_per_unit**2])


def test_in_standard_deviations_it_points_at_the_minimum():
    hours, _, marks = students()
    assert UNITS == {
        "hours": 1,
        "minutes": 1 / 60,
        "standard deviations": pytest.approx(np.sqrt(np.mean((hours - hours.mean()) ** 2))),
    }
    towards = np.array([marks.mean(), np.polyfit(hours, marks, 1)[0]]) - HERE
    assert angle_of(steepest_descent(UNITS["standard deviations"])) == pytest.approx(
        np.degrees(np.arctan2(*towards[::-1]))
    )
    assert angle_of(np.array([0.0, 2.0])) == 90


@given(arrays(np.float64, 3, elements=st.floats(-9, 9)).filter(lambda w: np.linalg.norm(w) > 1e-3))
def test_the_gradient_of_the_length_is_the_direction(w):
    exact = complex_gradient(lambda v: np.sqrt(v @ v), w)
    assert norm_gradient(w) == pytest.approx(exact) and np.linalg.norm(norm_gradient(w)) == pytest.approx(1)


def test_at_zero_the_gradient_of_the_length_is_zeros_not_nan():
    assert norm_gradient(np.zeros(3)).tolist() == [0, 0, 0]


@given(arrays(np.float64, 4, elements=st.floats(-9, 9)))
def test_among_steps_with_every_weight_bounded_the_signs_climb_most(g):
    corners = np.array(np.meshgrid(*[[-1, 0, 1]] * 4)).reshape(4, -1).T
    assert max(corners @ g) == pytest.approx(g @ np.sign(g)) == pytest.approx(np.abs(g).sum())


def test_the_exercises_have_the_solutions_that_are_told():
    x, y = sympy.symbols("x y")
    f = x**2 + 3 * y**2
    g = sympy.Matrix([f]).jacobian([x, y]).subs({x: 1, y: 1})
    assert list(g) == [2, 6]
    assert (g * sympy.Matrix([sympy.Rational(3, 5), sympy.Rational(4, 5)]))[0] == 6
    assert (g * sympy.Matrix([3, -1]))[0] == 0 and g.norm() == sympy.sqrt(40)


def test_the_arrows_of_the_field_are_gradients():
    ax = figure_field().axes[0]
    quiver = ax.collections[-1]
    for w, *drawn in zip(quiver.XY, quiver.U, quiver.V, strict=True):
        assert np.array(drawn) == pytest.approx(0.03 * complex_gradient(student_loss, w))
    # In units of the axes, not stretched: the arrows are as long as told, and the map shows true angles.
    assert (quiver.angles, quiver.scale_units, quiver.scale, len(quiver.U)) == ("xy", "xy", 1, 20)
    assert ax.get_aspect() == 1
    assert "intercept" in ax.get_xlabel() and "slope" in ax.get_ylabel()
    assert np.ravel(ax.lines[0].get_data()) == pytest.approx(least_squares(*centred_hours()))
    contours = ax.collections[0]
    assert np.diff(contours.levels) == pytest.approx(np.full(6, 200)) and contours.levels[0] < 300 < contours.levels[1]
    for level, paths in zip(contours.levels, contours.get_paths(), strict=True):
        for point in paths.vertices[::9]:
            assert student_loss(point) == pytest.approx(level, rel=0.06)


@pytest.mark.parametrize("angle", [0, 60, 210])
def test_the_rose_is_the_slope_in_every_direction(angle):
    left, right = figure_rose(angle).axes
    curve, tangent, point = left.lines
    u = unit_vector(angle)
    assert curve.get_ydata() == pytest.approx([student_loss(HERE + s * u) for s in curve.get_xdata()])
    slope = complex_gradient(student_loss, HERE) @ u
    near = tangent.get_xdata()
    assert tangent.get_ydata() == pytest.approx(student_loss(HERE) + slope * near) and near.min() < 0 < near.max()
    assert np.ravel(point.get_data()) == pytest.approx([0, student_loss(HERE)])
    assert f"{slope:.1f}".replace("-", "\N{MINUS SIGN}") in left.get_title() and f"{angle}°" in right.get_title()
    up, down, chosen, steepest, star = right.lines
    assert list(right.get_yticks()) == [25, 50]  # the rings that the page names
    for lobe, sign in ((up, 1), (down, -1)):
        seen = np.isfinite(lobe.get_ydata())
        for theta, radius in np.array(lobe.get_data()).T[seen]:
            measured = directional_derivative(student_loss, HERE, unit_vector(np.degrees(theta)))
            assert sign * radius == pytest.approx(measured, abs=1e-5)
        assert 0.4 < seen.mean() < 0.6
    assert chosen.get_data()[1][1] == pytest.approx(abs(slope)) and chosen.get_data()[0][1] == np.radians(angle)
    g = complex_gradient(student_loss, HERE)
    for line in (steepest, star):
        theta, radius = line.get_xdata()[-1], line.get_ydata()[-1]
        assert radius * np.array([np.cos(theta), np.sin(theta)]) == pytest.approx(g)
    # Only the ends of the parabola may leave the picture.
    for ax, lines in ((left, [tangent, point]), (right, right.lines)):
        (low, high), drawn = ax.get_ylim(), np.concatenate([line.get_ydata() for line in lines])
        assert low <= np.nanmin(drawn) and np.nanmax(drawn) < high


def test_the_three_directions_are_drawn_from_where_we_stand():
    ax = figure_units().axes[0]
    *lines, here = ax.lines[1:]
    assert np.ravel(here.get_data()) == pytest.approx(HERE)
    for line, (unit, hours_per_unit) in zip(lines, UNITS.items(), strict=True):
        start, end = np.array(line.get_data()).T
        assert start == pytest.approx(HERE) and line.get_label() == unit
        assert angle_of(end - start) == pytest.approx(angle_of(steepest_descent(hours_per_unit)))
        first = np.array(lines[0].get_data())
        assert np.linalg.norm(end - start) == pytest.approx(np.linalg.norm(first[:, 1] - first[:, 0]))
        assert ax.viewLim.contains(*end)


def test_one_step_against_the_gradient_gains_what_is_promised_less_the_bend_and_a_long_one_loses(capsys, numbers):
    hours, _, marks = students()
    centred = [x - sum(hours) / 40 for x in hours]

    def height(w):
        return sum((w[0] + w[1] * x - mark) ** 2 for x, mark in zip(centred, marks, strict=True)) / 40

    misses = [40 + 4 * x - mark for x, mark in zip(centred, marks, strict=True)]
    slopes = 2 * sum(misses) / 40, 2 * sum(miss * x for miss, x in zip(misses, centred, strict=True)) / 40
    print_gains()
    first, *rows = capsys.readouterr().out.splitlines()
    assert numbers(first) == pytest.approx([height((40, 4))], abs=0.051)
    gains = []
    for row in rows:
        rate, loss, gain, promised = numbers(row)
        there = height((40 - rate * slopes[0], 4 - rate * slopes[1]))
        assert [loss, gain, promised] == pytest.approx([there, height((40, 4)) - there, rate * sum(s * s for s in slopes)], abs=0.051)
        gains.append(gain / promised)
    assert gains[0] > 0.99 and gains == sorted(gains, reverse=True) and gains[-2] > 0 > gains[-1]


def test_the_printed_results_are_those_of_complex_steps(capsys, numbers):
    g = complex_gradient(student_loss, HERE)
    print_directions()
    first, _, *rows = capsys.readouterr().out.splitlines()
    assert numbers(first) == pytest.approx([*g, np.hypot(*g)], abs=6e-3)
    assert [numbers(row)[0] for row in rows] == list(range(0, 360, 45))
    for degrees, measured, product in map(numbers, rows):
        exact = g[0] * np.cos(np.radians(degrees)) + g[1] * np.sin(np.radians(degrees))
        assert measured == product == pytest.approx(exact, abs=6e-3)
    print_steepest()
    for line in capsys.readouterr().out.splitlines():
        assert numbers(line) == pytest.approx([np.hypot(*g), np.degrees(np.arctan2(g[1], g[0])) % 360], abs=0.06)
    print_level()
    rows = capsys.readouterr().out.splitlines()[1:]
    assert len(set(rows)) == 4
    for b, m, height, product in map(numbers, rows):
        assert student_loss(np.array([b, m])) == pytest.approx(300, abs=1) and (height, product) == (300, 0)
    print_units()
    rows = [numbers(line)[-1] for line in capsys.readouterr().out.splitlines()]
    hours, _, marks = students()
    ratio = (2 * np.var(hours) * (4 - np.polyfit(hours, marks, 1)[0])) / (2 * (40 - marks.mean()))
    tangents = [ratio, ratio * 3600, ratio / np.var(hours), (np.polyfit(hours, marks, 1)[0] - 4) / (marks.mean() - 40)]
    assert rows == pytest.approx(list(np.degrees(np.arctan(tangents))), abs=6e-3)
    print_norm()
    first, second = capsys.readouterr().out.splitlines()
    assert first == "[0.6 0.8] [0. 0.]" and numbers(second)[1:] == [1, 1, 1]
    print_sign()
    scaled, signs = map(numbers, capsys.readouterr().out.splitlines())
    assert scaled == pytest.approx([*(g / max(abs(g))), g @ g / max(abs(g))], abs=6e-3)
    assert signs == pytest.approx([-1, -1, sum(abs(g))], abs=6e-3)
