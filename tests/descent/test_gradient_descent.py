import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpmath import mp

from snippets.descent.gradient_descent import (
    centred_hours,
    closed_form,
    descend,
    descend_until,
    figure_path,
    figure_rates,
    figure_surface,
    figure_valley,
    gradient,
    hessian,
    least_squares,
    loss,
    loss_grid,
    one_weight,
    print_factors,
    print_one_weight,
    print_small_gradient,
    print_walk,
    random_start,
    raw_hours,
    walk,
)

weights = arrays(np.float64, 2, elements=st.floats(-100, 100))


def student_gradient(w):
    return gradient(w, *centred_hours())


@given(st.floats(-50, 50), st.floats(0.01, 0.9), st.integers(0, 12))
def test_one_weight_keeps_a_fixed_share_of_its_distance(start, rate, steps):
    w = sympy.Symbol("w")
    curvature = float(sympy.diff((w - 3) ** 2, w, 2))
    path = one_weight(start, rate, steps)
    assert path[0] == start and len(path) == steps + 1
    assert path[-1] - 3 == pytest.approx((1 - rate * curvature) ** steps * (start - 3), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("rate", figure_rates.slider[1])
def test_the_walk_on_the_parabola_creeps_arrives_jumps_or_climbs_with_its_rate(rate):
    parabola, path, start, lowest = figure_rates(rate).axes[0].lines
    away = 4 * (1 - 2 * rate) ** np.arange(7)
    assert path.get_xdata() == pytest.approx(3 + away, abs=1e-12) and path.get_ydata() == pytest.approx(away**2, abs=1e-12)
    assert parabola.get_ydata() == pytest.approx((parabola.get_xdata() - 3) ** 2)
    assert start.get_data() == ([7], [16]) and lowest.get_data() == ([3], [0])
    left, right = figure_rates(rate).axes[0].get_xlim()
    assert left < min(path.get_xdata()) and max(path.get_xdata()) < right


def test_the_printed_steps_of_one_weight_halve_the_distance(capsys):
    print_one_weight()
    _, *lines = capsys.readouterr().out.splitlines()
    found = [[float(part) for part in line.split()] for line in lines]
    assert [row[0] for row in found] == list(range(6))
    for step, weight, slope, taken in found:
        assert weight == pytest.approx(3 + 4 * 0.5**step, abs=6e-4)
        assert (slope, taken) == (pytest.approx(8 * 0.5**step, abs=6e-3), pytest.approx(2 * 0.5**step, abs=6e-4))


def rows(text):
    return [[float(part) for part in line.split()] for line in text.splitlines()]


def test_the_loss_is_the_mean_of_the_squared_residuals():
    X, y = centred_hours()
    assert X.shape == (40, 2) and y.shape == (40,)
    w = np.array([50.0, 4.0])
    with mp.workdps(50):
        exact = (
            mp.fsum((mp.mpf(50) + 4 * mp.mpf(row[1]) - mp.mpf(mark)) ** 2 for row, mark in zip(X, y, strict=True)) / 40
        )
    assert loss(w, X, y) == pytest.approx(float(exact), rel=1e-14)


@given(weights)
def test_the_gradient_is_the_complex_step_of_the_loss(w):
    X, y = centred_hours()
    steps = [loss(w + 1e-20j * unit, X, y).imag / 1e-20 for unit in np.eye(2)]
    assert gradient(w, X, y).shape == (2,)
    assert gradient(w, X, y) == pytest.approx(np.array(steps), rel=1e-11, abs=1e-9)


@given(weights, st.floats(0, 2 * np.pi))
def test_the_gradient_is_at_a_right_angle_to_the_contour(w, angle):
    X, y = centred_hours()
    grad, direction = gradient(w, X, y), np.array([np.cos(angle), np.sin(angle)])
    along = np.array([-grad[1], grad[0]])
    change = loss(w + 1e-20j * along, X, y).imag / 1e-20
    assert change == pytest.approx(0, abs=1e-9 * (1 + grad @ grad))
    # No direction climbs faster than the gradient.
    assert loss(w + 1e-20j * direction, X, y).imag / 1e-20 <= np.linalg.norm(grad) * (1 + 1e-12) + 1e-9


@given(
    arrays(np.float64, (3, 3), elements=st.floats(-1, 1)),
    arrays(np.float64, 3, elements=st.floats(-5, 5)),
    arrays(np.float64, 3, elements=st.floats(-5, 5)),
    st.floats(0.01, 0.4),
)
def test_on_a_quadratic_each_direction_shrinks_by_its_own_factor(A, minimum, start, rate):
    H = A @ A.T + 0.1 * np.eye(3)
    path = descend(lambda w: H @ (w - minimum), start, rate, 12)
    assert path.shape == (13, 3)
    for step in (0, 1, 12):
        # The same number as a power of a matrix: no eigenvalue is computed here.
        power = minimum + np.linalg.matrix_power(np.eye(3) - rate * H, step) @ (start - minimum)
        assert path[step] == pytest.approx(power, abs=1e-9)
        assert closed_form(H, minimum, start, rate, step) == pytest.approx(power, abs=1e-9)


def test_the_hessian_is_the_second_derivative_of_the_loss():
    X, y = centred_hours()
    a, b = sympy.symbols("a b")
    exact = (
        sum(
            (a + b * sympy.Rational(x) - sympy.Rational(m)) ** 2
            for (_, x), m in zip(X.tolist(), y.tolist(), strict=True)
        )
        / 40
    )
    assert hessian(X) == pytest.approx(np.array(sympy.hessian(exact, (a, b)), dtype=float), abs=1e-12)


def test_from_a_random_start_the_walk_reaches_the_least_squares_line():
    X, y = centred_hours()
    best = least_squares(X, y)
    assert walk(200)[-1] == pytest.approx(best, abs=1e-9)
    assert np.polynomial.Polynomial.fit(X[:, 1], y, 1).convert().coef == pytest.approx(best)
    for seed in range(5):
        start = np.random.default_rng(seed).uniform([0, -10], [100, 20])
        assert descend(student_gradient, start, 0.1, 200)[-1] == pytest.approx(best, abs=1e-9)


def test_the_random_start_lies_in_the_range_that_is_told():
    intercept, slope = random_start()
    assert 0 <= intercept <= 100 and -10 <= slope <= 20


def test_the_loss_falls_at_every_step_of_the_walk():
    X, y = centred_hours()
    assert np.all(np.diff([loss(w, X, y) for w in walk(40)]) < 0)


def test_the_path_begins_at_the_start_which_stays_untouched():
    start = np.array([1.0, 2.0])
    path = descend(lambda w: w, start, 0.5, 2)
    assert path.tolist() == [[1, 2], [0.5, 1], [0.25, 0.5]]
    assert start.tolist() == [1, 2]


def test_a_small_gradient_is_not_a_small_distance():
    X, y = raw_hours()
    best = least_squares(X, y)
    path = descend(lambda w: gradient(w, X, y), np.zeros(2), 0.02, 10)
    lengths = [np.linalg.norm(gradient(w, X, y)) for w in path]
    assert lengths[-1] < lengths[0] / 50
    assert abs(path[-1] - best)[0] > 0.8 * abs(path[0] - best)[0]


def test_the_halved_loss_walks_half_as_far():
    halved = descend(lambda w: student_gradient(w) / 2, random_start(), 0.1, 20)
    assert halved == pytest.approx(descend(student_gradient, random_start(), 0.05, 20))


def test_exercise_one_goes_half_of_the_way_and_exercise_two_all_of_it():
    w = sympy.symbols("w")
    slope = sympy.lambdify(w, sympy.diff((w - 3) ** 2, w))
    assert descend(slope, 0.0, 0.25, 3).tolist() == [0, 3 / 2, 9 / 4, 21 / 8]
    assert descend(slope, 17.0, 0.5, 1)[-1] == 3


def test_descend_until_stops_at_the_first_small_gradient_and_says_when_there_is_none():
    end, steps = descend_until(student_gradient, random_start(), 0.1, 1e-3, 1000)
    path = descend(student_gradient, random_start(), 0.1, steps)
    lengths = [np.linalg.norm(student_gradient(w)) for w in path]
    assert lengths[-1] < 1e-3 <= min(lengths[:-1])
    assert end == pytest.approx(path[-1])
    assert descend_until(student_gradient, random_start(), 0.1, 1e-3, steps)[1] == steps
    with pytest.raises(RuntimeError, match=f"after {steps - 1} steps"):
        descend_until(student_gradient, random_start(), 0.1, 1e-3, steps - 1)


def test_the_path_drawn_is_the_path_computed():
    for steps in (0, 6, 20):
        top, bottom = figure_path(steps).axes
        path, start, star = top.lines
        assert np.array(path.get_data()).T == pytest.approx(walk(steps))
        assert np.ravel(star.get_data()) == pytest.approx(least_squares(*centred_hours()))
        assert np.ravel(start.get_data()) == pytest.approx(random_start())
        assert bottom.lines[0].get_ydata() == pytest.approx([loss(w, *centred_hours()) for w in walk(steps)])
        assert top.get_aspect() == 1


def test_the_surface_carries_the_path_at_the_height_of_the_loss():
    ax = figure_surface().axes[0]
    intercept, slope, height = ax.lines[0].get_data_3d()
    assert np.column_stack([intercept, slope]) == pytest.approx(walk(20))
    assert height == pytest.approx([loss(w, *centred_hours()) for w in walk(20)])


def test_the_grid_has_a_row_for_each_slope():
    grid = loss_grid(np.array([0.0, 50.0, 60.0]), np.array([1.0, 5.0]))
    assert grid.shape == (2, 3)
    assert grid[1, 2] == pytest.approx(loss(np.array([60.0, 5.0]), *centred_hours()))


def test_the_valley_figure_draws_gradient_and_distance():
    X, y = raw_hours()
    lengths, distances = (line.get_ydata() for line in figure_valley().axes[0].lines)
    path = descend(lambda w: gradient(w, X, y), np.zeros(2), 0.02, 400)
    assert lengths == pytest.approx([np.linalg.norm(gradient(w, X, y)) for w in path])
    assert distances == pytest.approx([abs(w[0] - np.polyfit(X[:, 1], y, 1)[1]) for w in path])


def test_the_printed_tables_say_what_the_functions_say(capsys):
    X, y = centred_hours()
    print_walk()
    *table, best = capsys.readouterr().out.splitlines()[1:]
    for step, *w, height in rows("\n".join(table)):
        assert w == pytest.approx(closed_form(hessian(X), least_squares(X, y), random_start(), 0.1, step), abs=1e-3)
        assert height == pytest.approx(loss(walk(int(step))[-1], X, y), abs=0.01)
    assert [float(part) for part in best.split()[1:]] == pytest.approx(
        [y.mean(), *least_squares(X, y)[1:], np.var(y - X @ least_squares(X, y))], abs=0.01
    )
    print_factors()
    *lines, last = capsys.readouterr().out.splitlines()
    for line, curvature in zip(lines, (2, 2 * np.var(X[:, 1])), strict=True):
        assert [float(line.split()[2]), float(line.split()[-1])] == pytest.approx(
            [curvature, 1 - 0.1 * curvature], abs=1e-3
        )
    assert f"{walk(20)[-1][0]:.3f} marks and {walk(20)[-1][1]:.3f} marks per hour" in last
    print_small_gradient()
    X, y = raw_hours()
    for step, length, off in rows("\n".join(capsys.readouterr().out.splitlines()[1:])):
        w = closed_form(hessian(X), least_squares(X, y), np.zeros(2), 0.02, int(step))
        assert length == pytest.approx(np.linalg.norm(hessian(X) @ (w - least_squares(X, y))), abs=1e-3)
        assert off == pytest.approx(abs(w - least_squares(X, y))[0], abs=0.01)


def test_the_end_is_where_the_length_of_the_gradient_is_short_not_its_largest_entry():
    w, steps = descend_until(lambda w: w, np.full(4, 0.6), 0.1, 1.0, 10)  # lengths 1.2, 1.08, 0.972
    assert steps == 2 and w == pytest.approx(np.full(4, 0.6 * 0.81))
