from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.descent.momentum import (
    best_heavy_ball,
    cycling_bowl,
    cycling_slope,
    descend,
    figure_beta,
    figure_cycling,
    figure_nesterov,
    figure_regimes,
    figure_too_much,
    gradient,
    heavy_ball_factor,
    hessian,
    least_squares,
    loss,
    momentum,
    momentum_averaged,
    nesterov,
    nesterov_lookahead,
    print_conventions,
    print_cycling,
    print_heavy_ball,
    print_lookahead,
    raw_hours,
    regime,
    safe_rate,
    student_slope,
    students,
)


bowls = arrays(np.float64, (2, 2), elements=st.floats(-1, 1)).map(lambda A: A @ A.T + 0.2 * np.eye(2))


STEPS = 12


def valley(w):
    """Slopes of a loss that is no quadratic, w0⁴ / 4 + w0 w1 + w1² + 3 w1: for floats and for mpmath alike."""
    return [w[0] ** 3 + w[1], w[0] + 2 * w[1] + 3]


def students_exactly(w):
    """Slopes of the students' loss, summed student by student."""
    X, y = raw_hours()
    residuals = [w[0] + w[1] * mpmath.mpf(x) - mpmath.mpf(mark) for x, mark in zip(X[:, 1], y, strict=True)]
    times_hours = [r * mpmath.mpf(x) for r, x in zip(residuals, X[:, 1], strict=True)]
    return [2 * mpmath.fsum(residuals) / len(y), 2 * mpmath.fsum(times_hours) / len(y)]


PROBLEMS = {
    "no quadratic": (lambda w: np.array(valley(w)), valley, [1.5, -0.75], 0.0625),
    "students": (student_slope, students_exactly, [0.0, 1.0], 0.0078125),
}


def momentum_of(w, slope, memory, k, rate):
    v = sum(mpmath.mpf("0.75") ** (len(memory) - j) * g for j, g in enumerate([*memory, slope]))
    return w - rate * v, [*memory, slope]


def walk_exactly(step_of, slopes_of, start, rate, steps):
    """All points of a method told for one weight, as floats."""
    with mpmath.workdps(50):
        w, memories = [mpmath.mpf(part) for part in start], [[] for _ in start]
        points = [w]
        for k in range(1, steps + 1):
            slopes = slopes_of(w)
            pairs = [step_of(w[i], slopes[i], memories[i], k, mpmath.mpf(rate)) for i in range(len(w))]
            w, memories = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            points.append(w)
        return np.array(points, dtype=float)


METHODS = {"momentum": (lambda slope, w, rate: momentum(slope, w, rate, 0.75, STEPS), momentum_of)}


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", METHODS)
def test_each_step_is_that_of_fifty_digits_to_the_last_digits_of_float64(method, problem):
    slope, exactly, start, rate = PROBLEMS[problem]
    walk, step_of = METHODS[method]
    path = walk(slope, np.array(start), rate)
    assert path.shape == (STEPS + 1, 2) and path[0].tolist() == start
    exact = walk_exactly(step_of, exactly, start, rate, STEPS)
    assert np.all(np.abs(path - exact) <= 8 * np.spacing(np.abs(exact)))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_nesterov_takes_the_gradient_where_the_velocity_alone_would_lead(problem):
    slope, exactly, start, rate = PROBLEMS[problem]
    path = nesterov(slope, np.array(start), rate, 0.75, STEPS)
    with mpmath.workdps(50):
        before = w = [mpmath.mpf(part) for part in start]
        for point in path[1:]:
            # told without a velocity: on by three quarters of the last step, and from there downhill
            ahead = [a + mpmath.mpf("0.75") * (a - b) for a, b in zip(w, before, strict=True)]
            before, w = w, [a - mpmath.mpf(rate) * g for a, g in zip(ahead, exactly(ahead), strict=True)]
            exact = np.array([float(part) for part in w])
            assert np.all(np.abs(point - exact) <= 8 * np.spacing(np.abs(exact)))


@pytest.mark.parametrize("method", [momentum, nesterov, momentum_averaged, nesterov_lookahead])
def test_without_memory_momentum_is_descent(method):
    path = descend(student_slope, np.array([3.0, 1.0]), 0.01, 10)
    assert method(student_slope, np.array([3.0, 1.0]), 0.01, 0.0, 10) == pytest.approx(path, rel=1e-14)


@given(st.floats(0, 0.95), st.floats(0.001, 0.02))
def test_both_conventions_of_momentum_agree_after_rescaling(beta, rate):
    start = np.array([1.0, 2.0])
    ours = momentum(student_slope, start, rate, beta, 30)
    assert momentum_averaged(student_slope, start, rate / (1 - beta), beta, 30) == pytest.approx(
        ours, rel=1e-8, abs=1e-8
    )


@given(st.floats(0, 0.95), st.floats(0.001, 0.01))
def test_exercise_three_the_lookahead_form_lists_where_nesterov_takes_its_gradients(beta, rate):
    asked = []

    def slope(w):
        asked.append(w)
        return student_slope(w)

    nesterov(slope, np.array([1.0, 2.0]), rate, beta, 12)
    listed = nesterov_lookahead(student_slope, np.array([1.0, 2.0]), rate, beta, 11)
    assert listed == pytest.approx(np.array(asked), rel=1e-9, abs=1e-9)


@given(st.floats(0.1, 10), st.floats(0.01, 0.3), st.floats(0, 0.99))
def test_the_factor_is_the_spectral_radius_of_two_steps_in_one_matrix(eigenvalue, rate, beta):
    step = np.array([[1 + beta - rate * eigenvalue, -beta], [1, 0]])  # (d, d before) to (d after, d)
    radius = np.abs(np.linalg.eigvals(step)).max()
    assert heavy_ball_factor(eigenvalue, rate, beta) == pytest.approx(radius, abs=1e-7)
    if (1 - np.sqrt(beta)) ** 2 < rate * eigenvalue < (1 + np.sqrt(beta)) ** 2:
        assert heavy_ball_factor(eigenvalue, rate, beta) == pytest.approx(np.sqrt(beta), abs=1e-7)
    assert heavy_ball_factor(eigenvalue, rate, 0.0) == pytest.approx(abs(1 - rate * eigenvalue), abs=1e-12)


@given(bowls)
def test_no_rate_and_beta_beat_the_best_heavy_ball(H):
    low, high = np.linalg.svd(H)[1][[1, 0]]
    rate, beta = best_heavy_ball(H)
    best = max(heavy_ball_factor(eigenvalue, rate, beta) for eigenvalue in (low, high))
    kappa = high / low
    assert best == pytest.approx((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1), abs=1e-6)
    for other in rate * np.array([0.5, 0.9, 1, 1.1, 2]):
        for more in np.clip(beta + np.array([-0.2, -0.05, 0, 0.05, 0.2]), 0, 0.999):
            assert max(heavy_ball_factor(part, other, more) for part in (low, high)) >= best - 1e-6


def test_in_the_long_run_the_heavy_ball_keeps_the_computed_factor():
    X, y = raw_hours()
    low = np.linalg.eigvalsh(hessian(X))[0]
    best = least_squares(X, y)
    for beta in (0.5, 0.8, 0.95):
        away = np.linalg.norm(momentum(student_slope, np.zeros(2), safe_rate(), beta, 900) - best, axis=1)
        span = 400 if beta < 0.9 else 700
        expected = heavy_ball_factor(low, safe_rate(), beta)
        measured = (away[span] / away[100]) ** (1 / (span - 100))
        assert measured == pytest.approx(expected, rel=3e-3)


def test_descent_needs_the_condition_number_and_momentum_its_root():
    for kappa in (100.0, 10_000.0):
        H = np.diag([1.0, kappa])
        rate, beta = best_heavy_ball(H)
        waits = []
        for path in (
            descend(lambda w, H=H: H @ w, np.ones(2), 2 / (1 + kappa), 40_000),
            momentum(lambda w, H=H: H @ w, np.ones(2), rate, beta, 4_000),
        ):
            waits.append(np.argmax(np.linalg.norm(path, axis=1) < 1e-3))
        assert waits[0] == pytest.approx(kappa / 2 * np.log(1e3), rel=0.1)
        assert waits[1] < 8 * np.sqrt(kappa)


def test_with_a_steady_slope_momentum_grows_to_one_over_one_minus_beta():
    steady = lambda w: np.array([2.0])
    steps = -np.diff(momentum(steady, np.zeros(1), 0.1, 0.9, 300)[:, 0])
    assert steps[0] == pytest.approx(0.2) and steps[-1] == pytest.approx(0.2 / (1 - 0.9))


def test_exercise_one_by_hand():
    w, v, path = Fraction(1), Fraction(0), []
    for _ in range(3):
        v = v / 2 + 2 * w
        w = w - v / 4
        path.append(w)
    assert path == [Fraction(1, 2), 0, Fraction(-1, 4)]
    assert momentum(lambda w: 2 * w, np.array([1.0]), 0.25, 0.5, 3)[1:, 0].tolist() == [0.5, 0, -0.25]


def test_exercise_three_by_algebra():
    w, v, g, eta, beta = sympy.symbols("w v g eta beta")
    u, after = w - eta * beta * v, beta * v + g
    assert sympy.expand((w - eta * after) - eta * beta * after - (u - eta * (g + beta * after))) == 0


@pytest.mark.counted
def test_the_students_slope_is_the_gradient_of_their_loss_and_the_safe_rate_half_the_edge():
    X, y = raw_hours()
    w = np.array([3.0, 2.0])
    with mpmath.workdps(30):
        exact = [float(part) for part in students_exactly([mpmath.mpf(3), mpmath.mpf(2)])]
    assert student_slope(w) == pytest.approx(exact) and gradient(w, X, y) == pytest.approx(exact)
    for derivative, f in ((gradient(w, X, y), loss), (hessian(X), gradient)):
        steps = np.array([np.imag(f(w + 1e-20j * unit, X, y)) / 1e-20 for unit in np.eye(2)])
        assert derivative == pytest.approx(steps, rel=1e-11)
    assert loss(w, X, y) == pytest.approx(np.var(X @ w - y) + np.mean(X @ w - y) ** 2)
    assert least_squares(X, y) == pytest.approx(least())
    assert safe_rate() == pytest.approx(1 / np.linalg.norm(X.T @ X / 20, 2))


def test_the_students_are_drawn_as_they_are_described():
    hours, attendance, marks = students(4000)
    table = np.column_stack([np.ones(4000), hours, attendance])
    weights = np.linalg.solve(table.T @ table, table.T @ marks)
    deviations = 5 * np.sqrt(np.diag(np.linalg.inv(table.T @ table)))
    assert np.all(np.abs(weights - [12, 5, 0.3]) < 4 * deviations)
    assert np.std(marks - table @ weights) == pytest.approx(5, rel=4 / np.sqrt(8000))
    for column, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        assert low <= column.min() and column.max() <= high
        assert column.mean() == pytest.approx((low + high) / 2, rel=0.03)
        assert column.std() == pytest.approx((high - low) / np.sqrt(12), rel=0.03)
    X, y = raw_hours()
    assert np.array_equal(X, np.transpose([np.ones(40), students()[0]])) and np.array_equal(y, students()[2])


def least():
    """Intercept and slope of the line through the students, from covariance and variance."""
    X, y = raw_hours()
    slope = np.cov(X[:, 1], y)[0, 1] / np.var(X[:, 1], ddof=1)
    return np.array([np.mean(y) - slope * np.mean(X[:, 1]), slope])


def above_the_least(points):
    """The loss of points (..., 2) above the least one, from mean and variance of the hours."""
    hours = raw_hours()[0][:, 1]
    off = points - least()
    return (off[..., 0] + off[..., 1] * np.mean(hours)) ** 2 + off[..., 1] ** 2 * np.var(hours)


def curvatures():
    """The largest and the smallest, with their directions as rows: singular values, squared."""
    _, sizes, directions = np.linalg.svd(raw_hours()[0])
    return sizes**2 / 20, directions


def by_powers(rate, beta, steps, ahead=False):
    """Heavy ball, or with `ahead` Nesterov, from (0, 0): along each direction the powers of one matrix.

    It takes (d, d before) to (d after, d), and at the start both are the same.
    """
    sizes, directions = curvatures()
    if ahead:
        matrices = [[[(1 - rate * c) * (1 + beta), -(1 - rate * c) * beta], [1, 0]] for c in sizes]
    else:
        matrices = [[[1 + beta - rate * c, -beta], [1, 0]] for c in sizes]
    left = [[np.linalg.matrix_power(M, k)[0].sum() for M in np.array(matrices)] for k in range(steps + 1)]
    return least() + (left * (directions @ -least())) @ directions


def assert_valley(ax):
    """Star, square and contours are where the loss says."""
    star, square = ax.lines[:2]
    assert np.ravel(star.get_data()) == pytest.approx(least()) and np.ravel(square.get_data()).tolist() == [0, 0]
    assert (star.get_marker(), square.get_marker()) == ("*", "s")
    X, y = raw_hours()
    for height, path in zip((25, 225, 900), ax.collections[0].get_paths(), strict=True):
        assert len(path.vertices) > 20
        assert above_the_least(path.vertices) == pytest.approx(np.full(len(path.vertices), height))


@pytest.mark.parametrize("beta", [0, 0.8, 0.99])
def test_the_ball_runs_as_powers_of_one_matrix_and_its_height_is_the_loss_above_the_least(beta):
    left, right = figure_beta(beta).axes
    assert_valley(left)
    exact = by_powers(1 / curvatures()[0][0], beta, 80)
    assert np.transpose(left.lines[2].get_data()) == pytest.approx(exact, rel=1e-9)
    steps, heights = right.lines[0].get_data()
    assert steps.tolist() == list(range(81)) and right.get_xlim() == (0, 80) and right.get_yscale() == "log"
    assert heights == pytest.approx(above_the_least(exact), rel=1e-6)
    assert left.get_xlabel().startswith("intercept") and left.get_ylabel().startswith("slope")


def test_the_printed_pace_of_descent_and_momentum_is_that_of_the_singular_values(capsys, numbers):
    sizes, _ = curvatures()
    kappa = sizes[0] / sizes[1]
    print_heavy_ball()
    first, _, *rows = capsys.readouterr().out.splitlines()
    best = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    first, of_best = first.split(";")
    assert numbers(first) == pytest.approx([kappa, np.sqrt(kappa)], abs=0.06)
    assert numbers(of_best) == pytest.approx([(1 + best) ** 2 / sizes[0], best**2], abs=6e-5)
    runs = {
        "descent": ((kappa - 1) / (kappa + 1), by_powers(2 / sum(sizes), 0, 600)),
        "momentum": (best, by_powers((1 + best) ** 2 / sizes[0], best**2, 150)),
    }
    for row, (name, (factor, path)) in zip(rows, runs.items(), strict=True):
        away = np.hypot(*(path - least()).T) / np.hypot(*least())
        half = len(path) // 2
        measured = np.exp(np.log(away[-1] / away[half]) / (len(path) - 1 - half))
        assert row.startswith(name) and numbers(row)[:2] == pytest.approx([factor, measured], abs=6e-5)
        wait = int(numbers(row)[2])
        assert np.all(away[:wait] >= 0.01) and away[wait] < 0.01


def test_both_curves_of_the_factor_meet_at_the_best_beta(numbers):
    ax = figure_too_much().axes[0]
    flat, sharp, star = ax.lines
    betas, factors = flat.get_data()
    middle = (1 + betas - np.divide(*curvatures()[0][::-1])) / 2  # half the sum of both roots
    roots = middle + np.sqrt(np.maximum(middle**2 - betas, 0))
    assert factors == pytest.approx(np.where(middle**2 > betas, roots, np.sqrt(betas)), abs=1e-7)
    assert sharp.get_data()[0] == pytest.approx(betas) and sharp.get_data()[1] == pytest.approx(np.sqrt(betas))
    assert flat.get_label().startswith("flat") and sharp.get_label().startswith("sharp")
    assert ax.get_xlim() == (0, 1) and betas[0] == 0 and betas[-1] > 0.99
    (turn,), (lowest,) = star.get_data()
    worst = np.maximum(factors, sharp.get_ydata())
    assert lowest <= worst.min() == pytest.approx(lowest, abs=0.01)
    assert turn == pytest.approx(betas[worst.argmin()], abs=0.01) and lowest**2 == pytest.approx(turn)
    assert numbers(star.get_label()) == [round(turn, 2)]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [line.get_label() for line in ax.lines]


def test_the_printed_ends_of_both_conventions_and_of_both_forms_of_nesterov(capsys, numbers):
    print_conventions()
    header, *rows = capsys.readouterr().out.splitlines()
    (steps,) = map(int, numbers(header))
    (rate, *ours), (same, *averaged), (again, one, beta, *rescaled) = (numbers(row) for row in rows)
    assert rate == same == again and one == 1
    exact = by_powers(rate, beta, steps)[-1]
    assert ours == rescaled == pytest.approx(exact, abs=1e-6)
    assert averaged == pytest.approx(by_powers(rate * (1 - beta), beta, steps)[-1], abs=1e-6)
    assert [row.split(",")[0] for row in rows] == ["ours", "averaged", "averaged"]
    print_lookahead()
    first, second, third = capsys.readouterr().out.splitlines()
    before, after = by_powers(0.01, 0.8, 100, ahead=True)[-2:]
    assert numbers(first)[-2:] == pytest.approx(after, abs=6e-7)
    assert numbers(second)[-2:] == numbers(third) == pytest.approx(after + 0.8 * (after - before), abs=6e-7)


@given(st.floats(0.001, 4.5), st.floats(0, 0.99))
def test_the_map_says_what_walks_do(reach, beta):
    step = np.array([[1 + beta - reach, -beta], [1, 0]])
    roots = np.linalg.eigvals(step)
    edges = np.array([(1 - np.sqrt(beta)) ** 2, (1 + np.sqrt(beta)) ** 2, 2 * (1 + beta)])
    assume(np.abs(edges - reach).min() > 1e-3 and beta > 1e-6)
    walk = momentum(lambda d: reach * d, np.ones(1), 1.0, beta, 400)[:, 0]
    kind = regime(reach, beta)
    if kind == "flies apart":
        assert np.abs(roots).max() > 1 and abs(walk[-1]) > 1
        return
    assert np.abs(roots).max() < 1 and np.abs(walk[-20:]).max() < np.abs(walk[:20]).max()
    if kind == "swings":
        assert np.abs(roots) == pytest.approx(np.sqrt(beta)) and np.abs(roots.imag).min() > 0
    else:
        sign = 1 if kind == "creeps" else -1
        assert np.all(roots.imag == 0) and np.all(sign * roots.real > 0)


def test_on_its_edges_the_map_has_names_too():
    assert [regime(x, 0.25) for x in (0.24, 0.26, 2.24, 2.26, 2.49, 2.5)] == ["creeps", "swings", "swings", "flips", "flips", "flies apart"]
    assert [regime(x, 0.0) for x in (0.5, 1.5, 2.0)] == ["creeps", "flips", "flies apart"]


@pytest.mark.parametrize("rate", [0.2, 2, 3.9])
def test_the_map_is_drawn_with_its_edges_and_both_directions_and_their_walks(rate):
    left, right = figure_regimes(rate).axes
    first, second, edge, flat, sharp = left.lines
    for line, sign in ((first, -1), (second, 1)):
        reach, beta = line.get_data()
        assert (1 + beta - reach) ** 2 == pytest.approx(4 * beta, abs=1e-9)  # where both roots meet
        assert np.all(sign * (reach - 1 - beta) >= -1e-12)
    reach, beta = edge.get_data()
    assert 1 + (1 + beta - reach) + beta == pytest.approx(np.zeros(100), abs=1e-12)  # -1 is a root
    share = curvatures()[0][1] / curvatures()[0][0]
    assert np.ravel(flat.get_data()) == pytest.approx([rate * share, 0.9])
    assert np.ravel(sharp.get_data()) == pytest.approx([rate, 0.9])
    for text in left.texts:
        assert regime(*text.get_position()) == text.get_text().replace("\n", " ")
    for line, stretch, name in zip(right.lines, (rate * share, rate), ("flat direction", "sharp direction"), strict=True):
        step = np.array([[1.9 - stretch, -0.9], [1, 0]])
        exact = [abs((np.linalg.matrix_power(step, k) @ [1, 1])[0]) for k in range(61)]
        assert line.get_ydata() == pytest.approx(exact, rel=1e-6, abs=1e-12) and line.get_label() == name


def test_the_ball_with_the_best_numbers_runs_in_a_circle_of_three_and_descent_arrives(capsys, numbers):
    w = sympy.Symbol("w")
    pieces = {0.5: 25 * w, 1.5: w + 24, 3.0: 25 * w - 24}
    for at, piece in pieces.items():
        assert cycling_slope(at) == float(piece.subs(w, at))
    assert pieces[0.5].subs(w, 1) == pieces[1.5].subs(w, 1) and pieces[1.5].subs(w, 2) == pieces[3.0].subs(w, 2)
    # The circle, solved for: three places, each reached from the two before by one step.
    a, b, c = sympy.symbols("a b c")
    rate, beta = sympy.Rational(4, 36), sympy.Rational(16, 36)
    on = lambda x, before, slope: x - rate * slope + beta * (x - before)
    (circle,) = sympy.solve([on(a, c, 25 * a) - b, on(b, a, 25 * b) - c, on(c, b, 25 * c - 24) - a], [a, b, c], dict=True)
    exact = [float(circle[x]) for x in (a, b, c)]
    assert exact[0] < 1 and exact[1] < 1 and exact[2] > 2
    print_cycling()
    *rows, last = capsys.readouterr().out.splitlines()
    found = [numbers(row)[-1] for row in rows]
    assert found[0] == found[3] == found[6] and found[:3] == pytest.approx(exact, abs=6e-6)
    assert numbers(last)[-1] == 0
    # The drawing: the same three places on the bowl, whose heights are the integral of the slope, and arrows in the order of the walk.
    ax = figure_cycling().axes[0]
    heights = [float(sympy.integrate(25 * w, (w, 0, x)) if x < 1 else 12.5 + sympy.integrate(w + 24, (w, 1, 2)) + sympy.integrate(25 * w - 24, (w, 2, x))) for x in exact]
    graph, lowest, dots = ax.lines
    assert sorted(zip(*dots.get_data(), strict=True)) == pytest.approx(np.array(sorted(zip(exact, heights, strict=True))), abs=1e-9)
    arrows = [arrow for arrow in ax.texts if hasattr(arrow, "xyann")]
    after = {round(arrow.xyann[0], 2): round(arrow.xy[0], 2) for arrow in arrows}
    assert after == {round(start, 2): round(end, 2) for start, end in zip(exact, exact[1:] + exact[:1], strict=True)}
    assert sorted(text.get_text().strip() for text in ax.texts if text.get_text()) == sorted(f"{x:.2f}".replace("-", "−") for x in exact)
    assert lowest.get_data() == ([0], [0]) and graph.get_ydata() == pytest.approx(cycling_bowl(np.asarray(graph.get_xdata())))
    for at in (1.0, 2.0):
        assert cycling_bowl(at - 1e-12) == pytest.approx(cycling_bowl(at), abs=1e-9)


def test_momentum_swings_across_the_valley_where_nesterovs_variant_runs_along_its_floor():
    X, y = raw_hours()
    H, best, rate = 2 / len(y) * X.T @ X, np.linalg.solve(X.T @ X, X.T @ y), 1 / np.linalg.norm(2 / len(y) * X.T @ X, 2)
    steep = np.linalg.svd(X)[2][0]
    crossings = []
    for ax, ahead in zip(figure_nesterov().axes, (False, True), strict=True):
        path = np.transpose(ax.lines[-1].get_data())
        before = w = np.zeros(2)
        for point in path:
            assert point == pytest.approx(w, abs=1e-8)
            on = w + 0.9 * (w - before)
            before, w = w, on - rate * H @ ((on if ahead else w) - best)
        across = (path - best) @ steep
        crossings.append(np.sum((across[1:] * across[:-1] < 0) & (np.abs(across[1:]) > 1e-6)))
        assert np.linalg.norm(path[-1] - best) < 0.1 * np.linalg.norm(best)
    assert crossings[0] > 10 and crossings[1] == 0
    assert [ax.get_title() for ax in figure_nesterov().axes] == ["momentum", "Nesterov's variant"]
