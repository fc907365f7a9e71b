import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.descent.schedules_and_line_search import (
    SCHEDULES,
    backtrack,
    centred_hours,
    cosine,
    descend_searching,
    exact_step,
    exponential,
    figure_armijo,
    figure_floors,
    figure_fractions,
    gradient,
    halving,
    hessian,
    inverse_time,
    least_squares,
    loss,
    mean_excess,
    print_any_decrease,
    print_greedy,
    print_needs_warm_up,
    print_restarted,
    print_scheduled,
    print_searching,
    print_too_fast,
    raw_hours,
    restarted,
    scheduled_sgd,
    steady,
    steps_until,
    students,
    warm_up,
)

bowls = arrays(np.float64, (3, 3), elements=st.floats(-1, 1)).map(lambda A: A @ A.T + 0.1 * np.eye(3))
points = arrays(np.float64, 3, elements=st.floats(-5, 5)).filter(lambda w: np.linalg.norm(w) > 0.1)


def closed_forms(steps):
    """The fractions of all schedules at the steps 0 to `steps`, written down in another way than in the snippet."""
    k = np.arange(steps + 1)
    return {
        "constant": np.ones(steps + 1),
        "halving": np.append(np.repeat([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16], steps // 5), 1 / 16),
        "exponential": np.geomspace(1, 0.01, steps + 1),
        "inverse time": 20 / (20 + k),
        "cosine": np.cos(np.pi * k / (2 * steps)) ** 2,
    }


def squared_error(A, w, y):
    return np.mean((A @ w - y) ** 2)


def lowest(A, w, y, s):
    """The t at which |A(w - t s) - y| is least, by linear algebra."""
    return np.linalg.lstsq((A @ s)[:, None], A @ w - y, rcond=None)[0][0]


@pytest.fixture(scope="module")
def hovering():
    """The mean loss above the least of 20 runs of 2000 steps at rates up to 0.02, all schedules and runs at once."""
    X, y = centred_hours()
    rngs = [np.random.default_rng(seed) for seed in range(20)]
    drawn = np.array([[rng.integers(40) for _ in range(2000)] for rng in rngs])
    fractions = {**closed_forms(2000), "constant, 0.00125": np.full(2001, 0.00125 / 0.02)}
    names, fractions = list(fractions), np.array(list(fractions.values()))
    w = np.tile([40.0, 1.0], (len(fractions), 20, 1))
    losses = [np.mean((w @ X.T - y) ** 2, axis=(1, 2))]
    for step, i in enumerate(drawn.T):
        residual = np.sum(w * X[i], axis=2) - y[i]
        w = w - 0.04 * fractions[:, step, None, None] * residual[:, :, None] * X[i]
        losses.append(np.mean((w @ X.T - y) ** 2, axis=(1, 2)))
    least = np.linalg.lstsq(X, y, rcond=None)[1][0] / 40
    return dict(zip(names, np.array(losses).T - least, strict=True))


@pytest.mark.parametrize("steps", [5, 40, 1000])
def test_schedules_have_the_ends_that_are_said(steps):
    ends = {name: (schedule(0, steps), schedule(steps, steps)) for name, schedule in SCHEDULES.items()}
    assert ends["constant"] == (1, 1)
    assert ends["halving"] == (1, 1 / 16)
    assert ends["exponential"] == pytest.approx((1, 0.01))
    assert ends["inverse time"] == pytest.approx((1, 20 / (20 + steps)))
    assert ends["cosine"] == pytest.approx((1, 0), abs=1e-15)
    assert exponential(steps, steps, last=0.2) == pytest.approx(0.2) and halving(steps, steps, parts=3) == 1 / 4


@given(st.integers(2, 500), st.data())
def test_schedules_never_rise_and_stay_between_zero_and_one(steps, data):
    k = data.draw(st.integers(0, steps - 1))
    for schedule in SCHEDULES.values():
        assert 0 <= schedule(k + 1, steps) <= schedule(k, steps) <= 1


def test_schedules_pass_through_what_defines_them():
    assert steady(7, 10) == 1
    assert [halving(step, 100) for step in (19, 20, 39, 40, 99)] == [1, 0.5, 0.5, 0.25, 1 / 16]
    ratios = [exponential(k + 1, 50) / exponential(k, 50) for k in range(50)]
    assert ratios == pytest.approx([float(mpmath.root(mpmath.mpf("0.01"), 50))] * 50)
    assert inverse_time(20, 100) == 0.5 and inverse_time(40, 100) == pytest.approx(1 / 3)
    assert inverse_time(7, 100, half=7) == 0.5
    assert [cosine(k, 60) for k in (20, 30, 40)] == pytest.approx([0.75, 0.5, 0.25])


def test_of_the_five_the_exponential_schedule_loses_most_to_a_warm_up_more_than_half():
    lost = {name: 1 - sum(f(k, 100) * min(1, (k + 1) / 40) for k in range(101)) / sum(f(k, 100) for k in range(101)) for name, f in SCHEDULES.items()}
    assert max(lost, key=lost.get) == "exponential" and 0.5 < lost["exponential"] < 0.6


def test_warm_up_rises_in_equal_parts_to_one_and_stays():
    assert [warm_up(k, 4) for k in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert warm_up(0, 0) == 1 == warm_up(0, 1)
    with pytest.raises(ValueError, match="warm = -1"):
        warm_up(0, -1)


def test_restarts_repeat_the_cosine():
    whole = [restarted(k, 90) for k in range(90)]
    assert whole[:30] == pytest.approx([cosine(k, 30) for k in range(30)])
    assert whole[30:60] == whole[:30] == whole[60:] and whole[30] == 1 > whole[29]
    assert restarted(45, 90, cycles=2) == 1
    with pytest.raises(ValueError, match="equal parts"):
        restarted(0, 91)


@pytest.mark.parametrize("name", SCHEDULES)
def test_each_step_of_scheduled_descent_is_that_of_exact_fractions(name):
    X, y = centred_hours()
    start, schedule = np.array([40.0, 1.0]), SCHEDULES[name]
    path = scheduled_sgd(X, y, start, 0.02, 6, schedule, [np.random.default_rng(seed) for seed in (5, 3)])
    rng, w = np.random.default_rng(3), [Fraction(part) for part in start]
    assert path.shape == (7, 2, 2) and path[0].tolist() == [[40, 1]] * 2
    for k, point in enumerate(path[1:, 1]):
        i = rng.integers(40)
        rate = Fraction(0.02 * schedule(k, 6))
        residual = w[0] + w[1] * Fraction(X[i, 1]) - Fraction(y[i])
        w = [w[0] - rate * 2 * residual, w[1] - rate * 2 * residual * Fraction(X[i, 1])]
        exact = np.array([float(part) for part in w])
        assert np.all(np.abs(point - exact) <= 16 * np.spacing(np.abs(exact)))


def test_decay_ends_lower_than_a_constant_rate():
    ends = {name: mean_excess(SCHEDULES[name], steps=800, runs=6)[-100:].mean() for name in SCHEDULES}
    assert max(height for name, height in ends.items() if name != "constant") < ends["constant"] / 4


@given(bowls, points, st.floats(0.01, 0.45), st.floats(1e-3, 100))
def test_sufficient_decrease_holds_when_the_search_stops_and_not_one_try_before(H, w, c, first):
    f, slope = (lambda w: w @ H @ w / 2 + np.sin(w).sum()), H @ w + np.cos(w)
    if np.linalg.norm(slope) < 1e-3:
        return
    direction = -slope * [1, 2, 3]
    t = backtrack(f, w, slope, direction, first=first, c=c)
    promised = -slope @ direction
    assert f(w + t * direction) <= f(w) - c * t * promised
    tries = np.log2(first / t)
    assert tries == pytest.approx(round(tries), abs=1e-9) and tries > -0.5
    if tries > 0.5:
        assert f(w + 2 * t * direction) > f(w) - c * 2 * t * promised


@given(bowls, points)
def test_no_other_length_along_the_step_is_lower_than_the_exact_one(H, w):
    slope = H @ w
    t = exact_step(H, slope)
    heights = [(w - part * slope) @ H @ (w - part * slope) for part in t * np.array([0.9, 0.999, 1, 1.001, 1.1])]
    assert np.argmin(heights) == 2
    assert (H @ (w - t * slope)) @ slope == pytest.approx(0, abs=1e-8 * (1 + slope @ slope))  # a right angle


@given(bowls, points)
def test_exercise_two_the_exact_step_gives_half_of_what_the_tangent_promises(H, w):
    f, slope = (lambda w: w @ H @ w / 2), H @ w
    t = exact_step(H, slope)
    assert f(w) - f(w - t * slope) == pytest.approx(t * slope @ slope / 2)
    assert backtrack(f, w, slope, -slope, first=t, c=0.499) == t
    assert backtrack(f, w, slope, -slope, first=t, c=0.501) == t / 2


def test_exercises_two_and_three_by_algebra():
    L, g, q, t = sympy.symbols("L g q t")
    along = L + t * g + q * t**2 / 2
    (lowest,) = sympy.solve(sympy.diff(along, t), t)
    assert sympy.simplify(lowest + g / q) == 0
    assert sympy.simplify((L - along.subs(t, lowest)) / (-lowest * g)) == sympy.Rational(1, 2)


def test_searching_needs_no_rate_and_arrives():
    X, y = raw_hours()
    path, lengths = descend_searching(lambda w: loss(w, X, y), lambda w: gradient(w, X, y), np.zeros(2), 2000)
    assert path[-1] == pytest.approx(np.linalg.lstsq(X, y, rcond=None)[0], abs=1e-4)
    losses = [np.mean((X @ w - y) ** 2) for w in path[:500]]
    assert np.all(np.diff(losses) < 0)
    slopes = 2 / 40 * (path[:-1] @ X.T - y) @ X
    assert path[1:] - path[:-1] == pytest.approx(-lengths[:, None] * slopes, abs=1e-12)
    assert np.all(lengths[1:300] <= 2 * lengths[:299])
    assert lengths.max() > 2 / np.linalg.norm(hessian(X), 2)  # beyond the edge of a fixed rate


@pytest.mark.parametrize("direction", [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
def test_a_direction_that_is_not_downhill_is_refused(direction):
    with pytest.raises(ValueError, match="not downhill"):
        backtrack(lambda w: w @ w, np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.array(direction))


def test_a_wrong_slope_is_noticed():
    tried = []
    with pytest.raises(RuntimeError, match="is the slope right"):
        backtrack(lambda w: tried.append(w) or w @ w, np.array([1.0]), np.array([-2.0]), np.array([2.0]))
    assert len(tried) == 51  # the height at w, and fifty tries


def test_a_rate_that_falls_as_the_square_freezes_at_an_infinite_product():
    X, y = centred_hours()
    best = least_squares(X, y)
    w = np.array([0.0, best[1]])
    for k in range(1, 5001):
        w = w - 0.05 / k**2 * gradient(w, X, y)
    x = mpmath.sqrt(0.05 * 2)  # the product of 1 - x²/k² is sin(pi x) / (pi x)
    left = mpmath.sin(mpmath.pi * x) / (mpmath.pi * x)
    assert w[0] == pytest.approx(float(best[0] * (1 - left)), abs=2e-3)


def test_exercise_one_by_hand():
    square, one = lambda w: w @ w, np.array([1.0])
    assert backtrack(square, one, 2 * one, -2 * one, first=1.0, c=0.25) == 0.5
    assert backtrack(square, one, 2 * one, -2 * one, first=0.8, c=0.25) == 0.4
    assert backtrack(square, one, 2 * one, -2 * one, c=0.25, shrink=0.1) == 0.1
    assert descend_searching(square, lambda w: 2 * w, one, 2, first=3.2, c=0.7)[1].tolist() == [0.2, 0.2]


def test_gradient_and_hessian_are_derivatives_of_the_loss():
    X, y = raw_hours()
    w = np.array([31.0, -2.0])
    for derivative, f in ((gradient(w, X, y), loss), (hessian(X), gradient)):
        steps = np.array([np.imag(f(w + 1e-20j * unit, X, y)) / 1e-20 for unit in np.eye(2)])
        assert derivative == pytest.approx(steps, rel=1e-11, abs=1e-9)


def test_students_marks_come_from_hours_attendance_and_noise_as_said():
    hours, attendance, marks = students(40_000)
    A = np.column_stack([np.ones_like(hours), hours, attendance])
    told, (squares,), *_ = np.linalg.lstsq(A, marks, rcond=None)
    assert told == pytest.approx([12, 5, 0.3], rel=0.03) and np.sqrt(squares / 40_000) == pytest.approx(5, abs=0.1)
    for column, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        assert low <= column.min() < low + 0.1 < high - 0.1 < column.max() <= high
    hours, _, marks = students()
    for (X, y), middle in ((raw_hours(), hours.mean()), (centred_hours(), 0)):
        assert X[:, 0].tolist() == [1] * 40 and y == pytest.approx(marks)
        assert X[:, 1] - middle == pytest.approx(hours - hours.mean())


@pytest.mark.parametrize("warm", [0, 20])
def test_the_curves_of_the_fractions_are_the_closed_forms_times_the_warm_up(warm):
    lines = {line.get_label(): line for line in figure_fractions(warm).axes[0].lines}
    assert lines.keys() == closed_forms(100).keys() and lines["halving"].get_drawstyle() == "steps-post"
    rising = np.append(np.linspace(0, 1, warm + 1)[1:], np.ones(101 - warm))
    for name, fractions in closed_forms(100).items():
        assert lines[name].get_xdata() == pytest.approx(np.arange(101))
        assert lines[name].get_ydata() == pytest.approx(fractions * rising, abs=1e-12)


def test_the_curves_of_the_floors_are_means_of_twenty_steps_each(hovering):
    (ax,) = figure_floors().axes
    assert [line.get_label() for line in ax.lines] == ["constant", "inverse time", "cosine"]
    assert ax.get_yscale() == "log"
    for line in ax.lines:
        assert line.get_xdata() == pytest.approx(np.arange(10, 2000, 20))
        around = [hovering[line.get_label()][x - 9 : x + 11].mean() for x in line.get_xdata()]
        assert line.get_ydata() == pytest.approx(around)


@pytest.mark.parametrize("c", [0.1, 0.7])
def test_the_search_takes_the_first_length_that_is_drawn_below_its_line(c, numbers):
    X, y = centred_hours()
    w, (variance, covariance) = np.array([40.0, 1.0]), np.cov(X[:, 1], y, bias=True)[0]
    slope = 2 * np.array([40 - y.mean(), variance - covariance])
    (ax,) = figure_armijo(c).axes
    loss_line, tangent, enough, tried, taken = ax.lines
    for line in (loss_line, tried, taken):
        heights = [squared_error(X, w - t * slope, y) for t in line.get_xdata()]
        assert line.get_ydata() == pytest.approx(heights)
    for line, share in ((tangent, 1), (enough, c)):
        assert line.get_ydata() == pytest.approx(squared_error(X, w, y) - share * line.get_xdata() * (slope @ slope))
    lengths = np.append(tried.get_xdata(), taken.get_xdata())
    assert len(lengths) > 1 and lengths == pytest.approx(0.2 / 2 ** np.arange(len(lengths)))
    heights = np.append(tried.get_ydata(), taken.get_ydata())
    below = heights <= squared_error(X, w, y) - c * lengths * (slope @ slope)
    assert below.tolist() == [False] * len(tried.get_xdata()) + [True]
    assert numbers(enough.get_label()) == [c] and (tried.get_label(), taken.get_label()) == ("tried", "taken")
    assert ax.get_xlim()[1] > lengths.max() and ax.get_ylim()[1] > heights.max()


def test_the_printed_ends_of_the_schedules_are_those_of_runs_with_the_closed_forms(capsys, numbers, hovering):
    print_scheduled()
    head, *lines = capsys.readouterr().out.splitlines()
    (last,) = numbers(head)
    for line, (name, excess) in zip(lines, hovering.items(), strict=True):
        assert line.startswith(name)
        assert numbers(line)[-2:] == pytest.approx([excess[-1], excess[-int(last) :].mean()], abs=6e-4)


def test_the_printed_steps_of_the_three_ways_to_choose_a_length(capsys, numbers):
    X, y = raw_hours()
    best, (squares,), _, singular = np.linalg.lstsq(X, y, rcond=None)
    curvatures, tried, beyond = 2 / 40 * singular**2, 0, 0
    close = squares / 40 + 1
    directions = np.linalg.svd(X)[2]
    print_searching()
    _, _, *rows, rates, counted = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    for start, (intercept, per_hour, *steps) in zip(([0, 0], [0, 10]), rows, strict=True):
        assert [intercept, per_hour] == start
        off = directions @ (start - best)  # along the two axes of the bowl, where each step of a fixed rate is a factor
        factors = 1 - 2 * curvatures / curvatures.sum()
        excess = [np.sum(curvatures / 2 * (factors**k * off) ** 2) for k in range(400)]
        w, exact = np.array(start), [squared_error(X, start, y)]
        for _ in range(400):
            if exact[-1] <= close:
                break
            s = X.T @ (X @ w - y)
            w = w - lowest(X, w, y, s) * s
            exact.append(squared_error(X, w, y))
        w, t, heights = np.array(start), 0.5, [squared_error(X, start, y)]
        for _ in range(400):
            s = X.T @ (X @ w - y) / 20
            # Along s the loss is a parabola, which falls by a share 1 - t / (2 lowest) of what its tangent promises.
            halvings = max(0, math.ceil(math.log2(2 * t / (2 * (1 - 0.1) * lowest(X, w, y, s)))))
            t, tried = 2 * t / 2**halvings, tried + 2 + halvings  # the loss at w, the first length, and the others
            w = w - t * s
            heights.append(squared_error(X, w, y))
            beyond += t > 2 / max(curvatures)
        assert steps == [next(k for k, e in enumerate(excess) if e <= 1), len(exact) - 1, np.sum(heights > close)]
    assert counted == [pytest.approx(tried / 800, abs=6e-3), beyond, 800]
    assert rates == pytest.approx([2 / sum(curvatures), 2 / max(curvatures)], abs=6e-5)


def test_the_printed_intercepts_are_products_of_gamma_functions(capsys, numbers):
    print_too_fast()
    head, *rows, last = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == [10**power for power in range(6)]
    best = students()[2].mean()
    assert head == [0.05, 0.05] and last == pytest.approx([best], abs=6e-3)
    x = mpmath.sqrt(2 * 0.05)
    for k, *intercepts in rows:
        left = [mpmath.gammaprod([k + 1 - a, k + 1 + b], [1 - a, 1 + b, k + 1, k + 1]) for a, b in ((x * x, 0), (x, x))]
        assert intercepts == pytest.approx([float(best * (1 - part)) for part in left], abs=6e-3)


def test_any_decrease_lets_the_weight_jump_and_armijo_takes_half_of_it(capsys, numbers):
    print_any_decrease()
    head, *rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert head == [0.1] and [row[0] for row in rows] == [0, 1, 2, 3, 50]
    for k, *weights in rows:
        assert weights == pytest.approx([(1 - 2 * 0.999) ** k, (1 - 0.999) ** k], abs=6e-7)


def test_the_printed_steps_of_the_greedy_descent_are_those_of_kantorovich(capsys, numbers):
    print_greedy()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert [share for share, _ in rows] == [1, 0.95, 0.75]
    assert rows[0][1] == np.ceil(np.log(1e-6) / np.log((99 / 101) ** 2))  # the worst case, at every step
    for share, steps in rows:
        A, w, heights = np.diag([1.0, 10.0]), np.array([100.0, 1.0]), []
        for _ in range(400):
            heights.append(np.sum((A @ w) ** 2))
            s = A @ A @ w
            w = w - share * lowest(A, w, 0, s) * s
        assert steps == next(k for k, height in enumerate(heights) if height <= 1e-6 * (100**2 + 100))


def test_steps_are_counted_until_near_and_a_walk_that_does_not_come_near_is_told_of():
    halved = lambda w: w / 2
    assert [steps_until(lambda w: w <= goal, halved, 1.0) for goal in (1, 0.99, 0.5, 0.1)] == [0, 1, 1, 4]
    assert steps_until(lambda w: w >= 1000, lambda w: w + 1, 0) == 1000
    with pytest.raises(RuntimeError, match="after 1000 steps still on the way, at 1001$"):
        steps_until(lambda w: w > 1000, lambda w: w + 1, 0)


def test_the_printed_walks_with_and_without_warm_up_are_those_of_fifty_digits(capsys, numbers):
    print_needs_warm_up()
    lines = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines[::2]] == [0, 20]
    for (warm, *at), shown in zip(lines[::2], lines[1::2], strict=True):
        at = [int(k) for k in at]
        with mpmath.workdps(50):
            walk = [mpmath.mpf(3)]
            for k in range(max(at)):
                full = k + 1 >= warm
                walk.append(walk[-1] - walk[-1] ** 3 / 4 * (1 if full else mpmath.mpf(k + 1) / 20))
        assert shown == pytest.approx([float(walk[k]) for k in at], rel=6e-3)


def test_the_printed_restarts_are_three_squared_cosines(capsys, numbers):
    print_restarted()
    told = np.cos(np.pi * (np.array([0, 15, 29, 30, 45, 59, 60, 89]) % 30) / 60) ** 2
    assert numbers(capsys.readouterr().out) == pytest.approx(told, abs=6e-4)
