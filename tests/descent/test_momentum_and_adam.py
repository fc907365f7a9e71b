from fractions import Fraction
from functools import partial

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.descent.momentum_and_adam import (
    adagrad,
    adam,
    adamw,
    best_heavy_ball,
    descend,
    every_method,
    figure_beta,
    figure_every_method,
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
    print_adam_rates,
    print_bias,
    print_conventions,
    print_decay,
    print_epsilon,
    print_every_method,
    print_first_step,
    print_heavy_ball,
    print_lookahead,
    raw_hours,
    rmsprop,
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

# Each method a second time, for one weight: from (w, slope elsewhere, memory, number of the step) to (w, memory).


def momentum_of(w, slope, memory, k, rate):
    v = sum(mpmath.mpf("0.75") ** (len(memory) - j) * g for j, g in enumerate([*memory, slope]))
    return w - rate * v, [*memory, slope]


def adagrad_of(w, slope, memory, k, rate):
    memory = [*memory, slope]
    return w - rate * slope / (mpmath.sqrt(mpmath.fsum(g**2 for g in memory)) + mpmath.mpf(1e-8)), memory


def weighted(values, beta):
    """A running mean from zero, as the sum it is."""
    return mpmath.fsum((1 - beta) * beta ** (len(values) - 1 - j) * value for j, value in enumerate(values))


def rmsprop_of(w, slope, memory, k, rate):
    memory = [*memory, slope]
    s = weighted([g**2 for g in memory], mpmath.mpf(0.9))
    return w - rate * slope / (mpmath.sqrt(s) + mpmath.mpf(1e-8)), memory


def adam_of(w, slope, memory, k, rate, decay=0.0):
    memory, one, two = [*memory, slope], mpmath.mpf(0.9), mpmath.mpf(0.999)
    m = weighted(memory, one) / (1 - one**k)
    s = weighted([g**2 for g in memory], two) / (1 - two**k)
    return w - rate * m / (mpmath.sqrt(s) + mpmath.mpf(1e-8)) - rate * mpmath.mpf(decay) * w, memory


def adamw_of(*arguments):
    return adam_of(*arguments, decay=0.25)


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


METHODS = {
    "momentum": (lambda slope, w, rate: momentum(slope, w, rate, 0.75, STEPS), momentum_of),
    "adagrad": (lambda slope, w, rate: adagrad(slope, w, rate, STEPS), adagrad_of),
    "rmsprop": (lambda slope, w, rate: rmsprop(slope, w, rate, STEPS), rmsprop_of),
    "adam": (lambda slope, w, rate: adam(slope, w, rate, STEPS), adam_of),
    "adamw": (lambda slope, w, rate: adamw(slope, w, rate, STEPS, decay=0.25), adamw_of),
}


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", METHODS)
def test_each_step_is_that_of_fifty_digits_to_the_last_digits_of_float64(method, problem):
    slope, exactly, start, rate = PROBLEMS[problem]
    walk, step_of = METHODS[method]
    path = walk(slope, np.array(start), rate)
    assert path.shape == (STEPS + 1, 2) and path[0].tolist() == start
    exact = walk_exactly(step_of, exactly, start, rate, STEPS)
    digits = 64 if "adam" in method else 8  # Adam divides by 1 - 0.999^k, whose first digits have cancelled
    assert np.all(np.abs(path - exact) <= digits * np.spacing(np.abs(exact)))


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


@given(arrays(np.float64, 3, elements=st.floats(-1e4, 1e4).filter(lambda g: abs(g) > 1e-3)), st.floats(1e-3, 10))
def test_the_first_step_of_adam_is_the_learning_rate_times_the_sign(slopes, rate):
    step = adam(lambda w: slopes, np.zeros(3), rate, 1)[1]
    assert step == pytest.approx(-rate * np.sign(slopes), rel=2e-5)
    with mpmath.workdps(30):
        exact = [-rate * g / (abs(g) + mpmath.mpf(1e-8)) for g in map(mpmath.mpf, slopes)]
    assert step == pytest.approx([float(part) for part in exact], rel=1e-13)


@given(st.floats(0.01, 100))
def test_the_path_of_adam_does_not_depend_on_the_scale_of_the_loss_and_that_of_momentum_does(scale):
    start = np.array([2.0, 1.0])
    scaled = lambda w: scale * student_slope(w)
    assert adam(scaled, start, 0.1, 20) == pytest.approx(adam(student_slope, start, 0.1, 20), rel=1e-5)
    assert adagrad(scaled, start, 0.1, 20) == pytest.approx(adagrad(student_slope, start, 0.1, 20), rel=1e-5)
    assert momentum(scaled, start, 0.001, 0.5, 20) == pytest.approx(
        momentum(student_slope, start, 0.001 * scale, 0.5, 20)
    )


@given(st.floats(0, 0.95), st.floats(0.001, 0.02))
def test_both_conventions_of_momentum_agree_after_rescaling(beta, rate):
    start = np.array([1.0, 2.0])
    ours = momentum(student_slope, start, rate, beta, 30)
    assert momentum_averaged(student_slope, start, rate / (1 - beta), beta, 30) == pytest.approx(
        ours, rel=1e-8, abs=1e-8
    )


@given(st.floats(0, 0.95), st.floats(0.001, 0.01))
def test_exercise_four_the_lookahead_form_lists_where_nesterov_takes_its_gradients(beta, rate):
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


def test_adagrad_steps_get_shorter_for_ever_and_those_of_rmsprop_do_not():
    steady = lambda w: np.array([3.0])
    for method, expected in (
        (adagrad, 1 / np.sqrt(np.arange(1, 51))),
        (rmsprop, 1 / np.sqrt(1 - 0.9 ** np.arange(1, 51))),
    ):
        assert -np.diff(method(steady, np.zeros(1), 1.0, 50)[:, 0]) == pytest.approx(expected, rel=1e-6)


def test_weight_decay_of_adamw_is_the_same_for_all_weights_and_a_penalty_in_adam_is_not():
    flat = lambda w: np.zeros(2)
    w = adamw(flat, np.array([1.0, -3.0]), 0.1, 30, decay=0.5)[-1]
    assert w == pytest.approx(np.array([1.0, -3.0]) * (1 - 0.05) ** 30)
    ends = []
    for penalty in (0.0, 0.01):
        signs = iter([1.0, -1.0] * 2000)
        slope = lambda w, signs=signs, c=penalty: next(signs) * np.array([100.0, 1.0]) + c * w
        ends.append(adam(slope, np.ones(2), 0.0001, 4000)[-1])
    # A step of decay is the rate times 0.01 w over the size of the slopes, 100 or 1.
    assert ends[0] - ends[1] == pytest.approx(0.0001 * 0.01 * 4000 / np.array([100, 1]), rel=0.05)


def test_with_a_steady_slope_momentum_grows_to_one_over_one_minus_beta_and_adam_keeps_its_rate():
    steady = lambda w: np.array([2.0])
    steps = -np.diff(momentum(steady, np.zeros(1), 0.1, 0.9, 300)[:, 0])
    assert steps[0] == pytest.approx(0.2) and steps[-1] == pytest.approx(0.2 / (1 - 0.9))
    assert -np.diff(adam(steady, np.zeros(1), 0.1, 50)[:, 0]) == pytest.approx(np.full(50, 0.1), rel=1e-6)


def test_exercise_one_by_hand():
    w, v, path = Fraction(1), Fraction(0), []
    for _ in range(3):
        v = v / 2 + 2 * w
        w = w - v / 4
        path.append(w)
    assert path == [Fraction(1, 2), 0, Fraction(-1, 4)]
    assert momentum(lambda w: 2 * w, np.array([1.0]), 0.25, 0.5, 3)[1:, 0].tolist() == [0.5, 0, -0.25]


def test_exercise_four_by_algebra():
    w, v, g, eta, beta = sympy.symbols("w v g eta beta")
    u, after = w - eta * beta * v, beta * v + g
    assert sympy.expand((w - eta * after) - eta * beta * after - (u - eta * (g + beta * after))) == 0


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


def test_every_method_starts_at_zero_and_gets_nearer_than_descent():
    X, y = raw_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    excess = {name: np.mean((X @ (path[-1] - best)) ** 2) for name, path in every_method().items()}
    assert len(excess) == 8
    assert all(path.shape == (61, 2) and path[0].tolist() == [0, 0] for path in every_method().values())
    assert all(height <= next(iter(excess.values())) for height in excess.values())


# The students' valley told once more, for the figures and the printed tables.


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


def adam_again(slope, w, rate, steps, decay=0.0):
    """Adam without a correction: both means are those of the slopes so far, and move towards each new one."""
    path, mean, square = [w], np.zeros_like(w), np.zeros_like(w)
    for k in range(1, steps + 1):
        g = slope(w, k)
        mean = mean + (g - mean) * 0.1 / (1 - 0.9**k)
        square = square + (g * g - square) * 0.001 / (1 - 0.999**k)
        w = (1 - rate * decay) * w - rate * mean / (np.sqrt(square) + 1e-8)
        path.append(w)
    return np.array(path)


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


def test_every_panel_and_every_printed_line_is_the_method_that_its_name_says(capsys, numbers):
    safe = 1 / curvatures()[0][0]
    tells = {
        "descent": lambda: by_powers(safe, 0, 60),
        "momentum": lambda beta: by_powers(safe, beta, 60),
        "Nesterov": lambda beta: by_powers(safe, beta, 60, ahead=True),
        "AdaGrad": adagrad_of,
        "RMSProp": rmsprop_of,
        "Adam": adam_of,
        "AdamW": lambda *state, decay: adam_of(*state, decay=decay),
    }
    fig = figure_every_method()
    assert fig.get_supxlabel().startswith("intercept") and fig.get_supylabel().startswith("slope")
    print_every_method()
    names = []
    for ax, line in zip(fig.axes, capsys.readouterr().out.splitlines(), strict=True):
        title = ax.get_title()
        name = title.split(",")[0]
        rate, *more = numbers(title)
        if name in ("descent", "momentum", "Nesterov"):
            assert rate == pytest.approx(safe, abs=5e-5)
            exact = tells[name](*more)
        else:
            step_of = partial(tells[name], decay=more[0]) if more else tells[name]
            exact = walk_exactly(step_of, students_exactly, [0, 0], rate, 60)
        assert_valley(ax)
        assert np.transpose(ax.lines[2].get_data()) == pytest.approx(exact, rel=1e-9, abs=1e-9)
        assert line.startswith(title) and numbers(line)[-1] == pytest.approx(above_the_least(exact)[-1], abs=6e-4)
        names.append(name)
    assert set(names) == set(tells)


def test_the_printed_pace_of_descent_and_momentum_is_that_of_the_singular_values(capsys, numbers):
    sizes, _ = curvatures()
    kappa = sizes[0] / sizes[1]
    print_heavy_ball()
    first, _, *rows = capsys.readouterr().out.splitlines()
    assert numbers(first) == pytest.approx([kappa, np.sqrt(kappa)], abs=0.06)
    best = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
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


def test_the_printed_first_steps_are_those_of_fractions_and_triangles(capsys, numbers):
    print_first_step()
    slopes, (rate, *descent), (same, *signs) = (numbers(line) for line in capsys.readouterr().out.splitlines())
    assert slopes == [1000, 1, -0.001] and rate == same
    tiny = Fraction(1, 10**8)
    assert descent == pytest.approx([-rate * g for g in slopes])
    assert signs == pytest.approx([float(-rate * Fraction(g) / (abs(Fraction(g)) + tiny)) for g in slopes], abs=1e-6)
    print_epsilon()
    _, *rows = capsys.readouterr().out.splitlines()
    for g, outside, inside in map(numbers, rows):
        assert outside == pytest.approx(float(-Fraction(g) / (Fraction(g) + tiny)), abs=6e-5)
        # In a triangle with the legs g and 1e-4, the root of epsilon: minus the sine of the angle across from g.
        assert inside == pytest.approx(-np.sin(np.arctan2(g, 1e-4)), abs=6e-5)
    assert len(rows) == 4
    print_bias()
    _, *rows, last = capsys.readouterr().out.splitlines()
    assert [int(numbers(row)[0]) for row in rows] == [1, 2, 10, 30]
    for step, plain, corrected in map(numbers, rows):
        assert plain == pytest.approx(float(5 * (1 - Fraction(9, 10) ** int(step))), abs=6e-5) and corrected == 5
    assert numbers(last) == pytest.approx([np.sqrt(10)], abs=6e-4)


def test_a_tenth_of_the_rate_costs_adam_ten_times_the_steps(capsys, numbers):
    print_adam_rates()
    header, *rows = (numbers(line) for line in capsys.readouterr().out.splitlines())
    steps, rates = [int(step) for step in header], np.array([row[0] for row in rows])
    assert rates[1:] == pytest.approx(10 * rates[:-1])
    H, best = raw_hours()[0].T @ raw_hours()[0] / 20, least()
    path = adam_again(lambda w, k: (w - best) @ H, np.zeros((len(rows), 2)), rates[:, None], max(steps))
    for i, (_, *printed) in enumerate(rows):
        exact = above_the_least(path[steps, i])
        # Once it has arrived, rounding alone decides how near: what is printed then is a bound.
        assert printed == pytest.approx(np.maximum(exact, 1e-12), rel=6e-4)
    slowest, next_to_it, *_ = rows
    assert slowest[2:4] == pytest.approx(next_to_it[1:3], rel=0.01)


def test_the_printed_decay_is_that_of_means_that_need_no_correction(capsys, numbers):
    print_decay()
    free, (penalty, *penalised), (decay, *decayed) = (numbers(line) for line in capsys.readouterr().out.splitlines())
    signs = np.array([100.0, 1.0])
    slope = lambda w, k: -((-1) ** k) * signs + np.array([[2 * penalty], [0]]) * w
    left = adam_again(slope, np.ones((2, 2)), 0.01, 20_000, decay=np.array([[0], [decay]]))[-1]
    assert [penalised, decayed] == [pytest.approx(row, abs=6e-4) for row in left]
    steady = adam_again(lambda w, k: -((-1) ** k) * signs + 0 * w, np.ones((1, 2)), 0.01, 20_000)[-1]
    assert free == pytest.approx(steady[0], abs=6e-4)
    assert decay == 2 * penalty and decayed == pytest.approx(np.full(2, np.exp(-0.01 * decay * 20_000)), rel=0.03)
