import functools
import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.descent.stochastic_gradient_descent import (
    batch_gradient,
    batch_variance,
    centred_hours,
    far_away,
    figure_cloud,
    figure_noisy_paths,
    gradients_of_rows,
    least_squares,
    loss,
    many_students,
    measured_floor,
    predicted_floor,
    print_averaged,
    print_epochs,
    print_floor,
    print_large,
    print_one_epoch,
    print_shuffled,
    print_signal,
    print_unbiased,
    print_unstable,
    print_variance,
    read_until,
    sgd,
    sgd_shuffled,
    side_by_side,
    students,
    tail_average,
)


def small(n=6):
    """A problem with few rows, of which every batch can be listed."""
    rng = np.random.default_rng(4)
    return rng.normal(size=(n, 2)), rng.normal(size=n), np.array([0.7, -1.3])


@given(st.integers(1, 6))
def test_the_mean_over_all_batches_is_the_full_gradient(size):
    X, y, w = small()
    batches = [batch_gradient(w, X, y, list(batch)) for batch in itertools.combinations(range(6), size)]
    full = [np.imag(loss(w + 1e-20j * unit, X, y)) / 1e-20 for unit in np.eye(2)]
    assert np.mean(batches, axis=0) == pytest.approx(full)


@given(st.integers(1, 6))
def test_the_variance_over_all_batches_is_that_of_the_formula_and_zero_for_all_rows(size):
    X, y, w = small()
    batches = np.array([batch_gradient(w, X, y, list(batch)) for batch in itertools.combinations(range(6), size)])
    spread = np.mean(np.sum((batches - batches.mean(axis=0)) ** 2, axis=1))
    assert batch_variance(w, X, y, size) == pytest.approx(spread, abs=1e-12)
    if size == 6:
        assert batch_variance(w, X, y, size) == 0


def test_for_few_of_many_rows_the_variance_falls_as_one_over_the_batch():
    X, y = many_students()
    one, ten, hundred = (batch_variance(np.zeros(2), X, y, size) for size in (1, 10, 100))
    assert one / ten == pytest.approx(10, rel=1e-3) and one / hundred == pytest.approx(100, rel=1e-2)


def test_the_gradients_of_rows_are_the_slopes_of_their_own_squares():
    X, y, w = small()
    each = [[np.imag((X[i] @ (w + 1e-20j * unit) - y[i]) ** 2) / 1e-20 for unit in np.eye(2)] for i in range(6)]
    assert gradients_of_rows(w, X, y) == pytest.approx(np.array(each))


def test_a_coin_at_each_step_leaves_the_told_mean_square():
    """The worked example of the floor: d becomes 0.8 d ± 0.1, all 2^12 walks of twelve coins, against where it settles."""
    d = np.zeros(1)
    for _ in range(12):
        d = np.concatenate([0.8 * d + 0.1, 0.8 * d - 0.1])
    assert np.mean(d**2) == pytest.approx(0.01 / 0.36, rel=0.8**24 * 1.01)
    # The same as a mean over two rows, of which each step draws one.
    X, y = np.ones((2, 1)), np.array([0.5, -0.5])
    assert predicted_floor(X, y, 0.1, 1) == pytest.approx(0.1 / 4)
    path = sgd(X, y, np.zeros(1), 0.1, 1, 12, np.random.default_rng(0))
    assert np.abs(path[1:] - 0.8 * path[:-1]) == pytest.approx(0.1)


def exact_step(w, rows, rate):
    """One step in exact fractions, written out for two weights."""
    slopes = [Fraction(0), Fraction(0)]
    for a, b, target in rows:
        residual = w[0] * Fraction(a) + w[1] * Fraction(b) - Fraction(target)
        slopes[0] += 2 * residual * Fraction(a) / len(rows)
        slopes[1] += 2 * residual * Fraction(b) / len(rows)
    return [w[0] - Fraction(rate) * slopes[0], w[1] - Fraction(rate) * slopes[1]]


@pytest.mark.parametrize("problem", [small, lambda: (*centred_hours(), far_away())], ids=["small", "students"])
@pytest.mark.parametrize("size", [1, 3, 6])
def test_five_steps_are_those_of_exact_fractions_to_the_last_digits(problem, size):
    X, y, start = problem()
    path = sgd(X, y, start, 0.03125, size, 5, np.random.default_rng(8))
    rng, w = np.random.default_rng(8), [Fraction(part) for part in start]
    for point in path[1:]:
        batch = rng.choice(len(y), size, replace=False)
        assert len(set(batch)) == size
        w = exact_step(w, [(*X[i], y[i]) for i in batch], 0.03125)
        assert point == pytest.approx([float(part) for part in w], rel=2e-14)
    assert path.shape == (6, 2) and path[0].tolist() == start.tolist()


def test_a_batch_of_everybody_is_plain_descent():
    X, y = centred_hours()
    path = sgd(X, y, far_away(), 0.05, 40, 20, np.random.default_rng(0))
    best, H = np.linalg.lstsq(X, y, rcond=None)[0], X.T @ X / 20
    exact = best + np.linalg.matrix_power(np.eye(2) - 0.05 * H, 20) @ (far_away() - best)
    assert path[-1] == pytest.approx(exact)


def test_the_walk_depends_on_the_generator_alone():
    X, y = centred_hours()
    one, same, other = (sgd(X, y, far_away(), 0.02, 2, 30, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


@pytest.mark.parametrize("size", [0, 41])
def test_impossible_batches_are_refused(size):
    X, y = centred_hours()
    with pytest.raises(ValueError, match=f"size = {size}: a batch has 1 to 40 rows"):
        sgd(X, y, far_away(), 0.02, size, 1, np.random.default_rng(0))


def stationary(X, y, rate, size):
    """The exact mean loss above the least of SGD: the fixed point of the second moments of w - w*.

    A step is d <- (I - rate H_b) d + rate c_b for each batch b; their average acts linearly on the moments E[d d'] and
    E[d], which are solved for.
    """
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    batches = [list(batch) for batch in itertools.combinations(range(len(y)), size)]
    steps = [
        (np.eye(2) - rate * 2 / size * X[b].T @ X[b], rate * 2 / size * X[b].T @ (y[b] - X[b] @ best)) for b in batches
    ]
    A = np.mean([np.kron(M, M) for M, _ in steps], axis=0)
    mixed = np.mean([np.kron(M, c[:, None]) + np.kron(c[:, None], M) for M, c in steps], axis=0)
    own = np.mean([np.kron(c, c) for _, c in steps], axis=0)
    whole = np.block([[np.mean([M for M, _ in steps], axis=0), np.zeros((2, 4))], [mixed, A]])
    moments = np.linalg.solve(np.eye(6) - whole, np.concatenate([np.mean([c for _, c in steps], axis=0), own]))
    return np.trace(X.T @ X / len(y) @ moments[2:].reshape(2, 2))


@pytest.mark.parametrize("size", [1, 2])
def test_for_small_rates_the_floor_is_that_of_the_formula(size):
    X, y = centred_hours()
    ratios = [stationary(X, y, rate, size) / predicted_floor(X, y, rate, size) for rate in (4e-3, 1e-3, 2.5e-4)]
    assert ratios[2] == pytest.approx(1, abs=0.01)
    gaps = np.abs(np.array(ratios) - 1)
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.2)  # what is left is proportional to the rate


def test_many_long_runs_hover_at_the_exact_floor():
    X, y = centred_hours()
    path = side_by_side(X, y, least_squares(X, y), 0.01, 1, 1000, runs=60)
    assert measured_floor(path, X, y) == pytest.approx(stationary(X, y, 0.01, 1), rel=0.08)


def test_an_epoch_of_the_shuffled_walk_reads_every_row_once():
    X, y, start = small()
    for size, batches in ((2, [2, 2, 2]), (4, [4, 2])):
        path = sgd_shuffled(X, y, start, 0.05, size, 2, np.random.default_rng(3))
        rng, w, points = np.random.default_rng(3), start, [start]
        for _ in range(2):
            order = rng.permutation(6)
            for part in np.split(order, np.cumsum(batches)[:-1]):
                w = w - 0.05 * np.mean([2 * (X[i] @ w - y[i]) * X[i] for i in part], axis=0)
                points.append(w)
        assert path == pytest.approx(np.array(points))


def test_shuffling_lowers_the_floor():
    X, y = centred_hours()
    best = least_squares(X, y)
    drawn = sgd(X, y, best, 0.01, 4, 4000, np.random.default_rng(6))
    shuffled = sgd_shuffled(X, y, best, 0.01, 4, 400, np.random.default_rng(6))
    assert measured_floor(shuffled, X, y) < 0.7 * measured_floor(drawn, X, y)


def test_the_average_of_the_tail_is_better_than_its_points():
    X, y = centred_hours()
    path = sgd(X, y, far_away(), 0.02, 1, 2000, np.random.default_rng(9))
    tail = path[1000:]
    assert tail_average(path) == pytest.approx(np.array([tail[:, 0].sum(), tail[:, 1].sum()]) / len(tail))
    assert loss(tail_average(path), X, y) < np.mean([loss(w, X, y) for w in tail]) - 3


def test_of_many_students_few_need_be_read():
    X, y = many_students()
    assert X.shape == (100_000, 2) and X[:, 1].mean() == pytest.approx(0, abs=1e-10)
    assert read_until(X, y, 0.05, 100, within=1.0) < 10_000
    eigenvalues, vectors = np.linalg.eigh(2 / len(y) * X.T @ X)
    distance = vectors.T @ -np.linalg.lstsq(X, y, rcond=None)[0]
    excess = [np.sum(eigenvalues * ((1 - 0.1 * eigenvalues) ** k * distance) ** 2) / 2 for k in range(60)]
    assert read_until(X, y, 0.1, len(y), within=1.0) == len(y) * sum(height > 1 for height in excess)


def test_who_never_arrives_is_told():
    X, y = centred_hours()
    with pytest.raises(RuntimeError, match="batches of 1: not there after 2000 steps"):
        read_until(X, y, 0.02, 1, within=1e-9)


def test_exercise_one_by_listing_all_pairs():
    slopes = [Fraction(k) for k in (1, 3, 5, 7)]
    pairs = [(a + b) / 2 for a, b in itertools.combinations(slopes, 2)]
    mean = sum(pairs) / 6
    variance = sum((pair - mean) ** 2 for pair in pairs) / 6
    assert sorted(map(int, pairs)) == [2, 3, 4, 4, 5, 6] and mean == 4 and variance == Fraction(5, 3)
    X, y = np.ones((4, 1)), np.array([-0.5, -1.5, -2.5, -3.5])  # the slopes at w = 0 are 2 (0 - y)
    assert batch_variance(np.zeros(1), X, y, 2) == pytest.approx(5 / 3)


def test_the_marks_are_what_the_students_are_said_to_be():
    hours, attendance, marks = students(100_000)
    A = np.column_stack([np.ones(100_000), hours, attendance])
    weights, (squares,), *_ = np.linalg.lstsq(A, marks, rcond=None)
    assert weights == pytest.approx([12, 5, 0.3], rel=0.02)
    assert np.sqrt(squares / 100_000) == pytest.approx(5, rel=0.02)
    assert (hours.min(), hours.max()) == pytest.approx((0, 10), abs=0.01)
    assert (attendance.min(), attendance.max()) == pytest.approx((40, 100), abs=0.01)
    for (X, y), n in ((centred_hours(), 40), (many_students(), 100_000)):
        hours, _, marks = students(n)
        assert np.all(X[:, 0] == 1) and np.array_equal(y, marks)
        assert np.ptp(hours - X[:, 1]) < 1e-12 and sum(X[:, 1]) / n == pytest.approx(0, abs=1e-10)


def line():
    """The students' x and y, the best weights, the matrix H, and the excess of the loss at w: d' H d / 2."""
    x, y = centred_hours()[0][:, 1], centred_hours()[1]
    best, H = np.polyfit(x, y, 1)[::-1], np.diag([2, 2 * np.var(x)])
    return x, y, best, H, lambda w: np.sum((w - best) ** 2 * np.diag(H), axis=-1) / 2


def single_gradients(w):
    """The gradient of each student alone, by hand: (a + b x - y)² has the slopes 2 r and 2 r x."""
    x, y, *_ = line()
    residual = w[0] + w[1] * x - y
    return np.array([2 * residual, 2 * residual * x]).T


def spread(w, size):
    """V_B as in books on surveys: the unbiased variance over B, and one minus the share that was asked."""
    return np.trace(np.cov(single_gradients(w), rowvar=False)) / size * (1 - size / 40)


@functools.cache
def draws(size, steps, seed):
    rng = np.random.default_rng(seed)
    return [rng.choice(40, size, replace=False).tolist() for _ in range(steps)]


@functools.cache
def drawn_side_by_side(size, steps):
    """The batches of a hundred runs, of shape (steps, 100, size): the first of all students in a random order."""
    rng = np.random.default_rng(0)
    return np.array([rng.permuted(np.tile(np.arange(40), (100, 1)), axis=1)[:, :size] for _ in range(steps)])


def walk(w, rate, batches):
    """SGD for a line through the students, from the four means of each batch: of x, y, x² and x y.

    Of shape (steps + 1, 2); or (steps + 1, runs, 2), if there are batches for each of several runs.
    """
    x, y = (part[np.array(batches)] for part in line()[:2])
    means = np.moveaxis(np.mean([x, y, x**2, x * y], axis=-1), 0, 1)
    (a, b) = (np.full(means.shape[2:], part, float) for part in w)
    path = [(a, b)]
    for mx, my, mxx, mxy in means:
        a, b = a - 2 * rate * (a + b * mx - my), b - 2 * rate * (a * mx + b * mxx - mxy)
        path.append((a, b))
    return np.moveaxis(np.array(path), 1, -1)


@pytest.mark.parametrize("size", [1, 5])
def test_each_of_the_runs_side_by_side_is_a_walk_by_its_own_batches(size):
    X, y = centred_hours()
    path = side_by_side(X, y, far_away(), 0.02, size, 30, runs=100)
    for run in (0, 1, 99):
        batches = drawn_side_by_side(size, 30)[:, run]
        assert all(len(set(batch)) == size for batch in batches.tolist())
        assert path[:, run] == pytest.approx(walk([40, 1], 0.02, batches))
    assert path.shape == (31, 100, 2) and np.ptp(path[-1], axis=0).min() > 0.1


def test_the_measured_floor_is_the_mean_excess_of_the_second_half():
    X, y = centred_hours()
    excess = line()[-1]
    path = walk(far_away(), 0.02, draws(1, 9, 0))
    assert measured_floor(path, X, y) == pytest.approx(np.mean([excess(w) for w in path[5:]]))


def within_limits(ax, points):
    limits = zip(points, (ax.get_xlim(), ax.get_ylim()), strict=True)
    return all(low <= min(part) and max(part) <= high for part, (low, high) in limits)


@pytest.mark.parametrize("size", [1, 2, 4, 40])
def test_the_dots_are_batches_and_the_ellipse_has_two_deviations_of_all_batches(size):
    ax = figure_cloud(size).axes[0]
    dots, ellipse, star, origin = (np.array(line.get_data()) for line in ax.lines)
    each, rng = single_gradients([40, 1]), np.random.default_rng(0)
    assert dots.T == pytest.approx(np.array([each[rng.choice(40, size, replace=False)].mean(0) for _ in range(200)]))
    assert star.ravel() == pytest.approx(each.mean(axis=0)) and origin.ravel().tolist() == [0, 0]
    every = each[np.array(list(itertools.combinations(range(40), size)))].mean(axis=1)
    if size == 40:
        assert ellipse == pytest.approx(np.tile(star, ellipse.shape[1]), abs=1e-4)
    else:
        covariance = np.cov(every, rowvar=False, bias=True)
        away = ellipse - star
        assert np.sum(away * np.linalg.solve(covariance, away), axis=0) == pytest.approx(2**2)
        for reach in (away.max(axis=1), -away.min(axis=1)):
            assert reach == pytest.approx(2 * np.sqrt(np.diag(covariance)), rel=0.01)
    assert all(within_limits(ax, points) for points in (dots, ellipse, star, origin))
    assert "intercept" in ax.get_xlabel() and "line's slope" in ax.get_ylabel()
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[0] == f"200 batches of {size}" and labels[2] == "all 40 students"
    assert figure_cloud.slider[0] == "size" and size in figure_cloud.slider[1]


def test_the_three_panels_draw_the_walks_of_their_titles_on_the_contours_of_the_loss(numbers):
    x, y, best, _, excess = line()
    sizes = []
    for ax in figure_noisy_paths().axes:
        size, read = numbers(ax.get_title())
        assert read == 160 * size
        sizes.append(int(size))
        path, square, star = (np.array(line.get_data()).T for line in ax.lines)
        assert path == pytest.approx(walk([40, 1], 0.02, draws(int(size), 160, 0)))
        assert square.tolist() == [[40, 1]] and star.ravel() == pytest.approx(best)
        assert within_limits(ax, path.T) and within_limits(ax, star.T) and "hour" in ax.get_ylabel()
        contours = ax.collections[0]
        least = np.mean((best[0] + best[1] * x - y) ** 2)
        assert np.diff(np.sqrt(contours.levels - least), n=2) == pytest.approx(0)  # evenly spaced ellipses
        for level, ring in zip(contours.levels, contours.get_paths(), strict=True):
            assert len(ring.vertices) > 20 and excess(ring.vertices) == pytest.approx(level - least, abs=0.5)
        assert ax.get_title().split()[1] == ("student" if size == 1 else "students")
    assert sizes == [40, 4, 1] and "intercept" in ax.get_xlabel()


def test_the_printed_gradients_and_spreads_are_those_of_single_students(capsys, numbers):
    best = line()[2]
    print_unbiased()
    pairs, full = (numbers(line) for line in capsys.readouterr().out.splitlines()[1:])
    each = single_gradients([40, 1])
    assert pairs[0] == len(list(itertools.combinations(range(40), 2))) and full[0] == 40
    assert pairs[1:] == full[1:] == pytest.approx(each.mean(axis=0), abs=1e-6)
    print_variance()
    rows, rng = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]], np.random.default_rng(0)
    assert [row[0] for row in rows] == [1, 4, 16, 40]
    for size, formula, measured in rows:
        batches = [each[rng.choice(40, int(size), replace=False)].mean(axis=0) for _ in range(4000)]
        distances = np.linalg.norm(batches - each.mean(axis=0), axis=1)
        assert formula == pytest.approx(spread([40, 1], size) ** 0.5, abs=6e-3)
        assert measured == pytest.approx(np.sqrt(np.mean(distances**2)), abs=6e-3)
    print_signal()
    lines = capsys.readouterr().out.splitlines()[1:]
    points = {"far away": np.array([40, 1]), "half way": ([40, 1] + best) / 2, "at the minimum": best}
    for line_, (name, w) in zip(lines, points.items(), strict=True):
        each = single_gradients(w)
        slope = np.hypot(*each.mean(axis=0))
        agree = np.sum(np.cos(np.arctan2(*each.T) - np.arctan2(*each.mean(axis=0))) > 0)
        told = [slope, spread(w, 1) ** 0.5, *([agree, 40] if slope > 1e-9 else [])]
        assert line_.startswith(name) and numbers(line_) == pytest.approx(told, abs=0.06)


def test_the_printed_numbers_of_students_read_are_those_of_the_first_step_within_one(capsys, numbers):
    X, y = many_students()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    print_large()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    each = 2 * (X @ best - y)[:, None] * X
    for (size, rate, steps, read, floor), told in zip(
        rows, ((100_000, 0.1), (1000, 0.1), (100, 0.05), (10, 0.02)), strict=True
    ):
        assert (size, rate) == told and read == steps * size
        assert floor == pytest.approx(rate / 4 * np.sum(each**2) / 1e5 / size * (1 - size / 1e5), abs=6e-3)
        w, rng, excess = np.zeros(2), np.random.default_rng(0), []
        for _ in range(int(steps) + 1):
            excess.append(np.mean((X @ (w - best)) ** 2))
            batch = range(100_000) if size == 100_000 else rng.integers(100_000, size=int(size))
            residual = X[batch] @ w - y[batch]
            w = w - rate * np.array([2 * np.mean(residual), 2 * np.mean(residual * X[batch, 1])])
        assert excess[-1] <= 5 < min(excess[:-1])


def test_the_printed_floors_are_those_of_the_walks_and_near_the_exact_ones(capsys, numbers):
    X, y, (best, _, excess) = *centred_hours(), line()[2:]
    print_floor()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[:2] for row in rows] == [[0.02, 1], [0.01, 1], [0.005, 1], [0.005, 2], [0.005, 4]]
    for rate, size, predicted, measured in rows:
        path = walk(best, rate, drawn_side_by_side(int(size), 1000))
        assert measured == pytest.approx(np.mean(excess(path[500:])), abs=6e-4)
        assert predicted == pytest.approx(rate * spread(best, size) / 4, abs=6e-4)
        if size < 4:
            assert measured == pytest.approx(stationary(X, y, rate, int(size)), rel=0.12)
    print_shuffled()
    for line_, told in zip(capsys.readouterr().out.splitlines(), (0.01, 0.005), strict=True):
        rate, drawn, shuffled = numbers(line_)
        rng = np.random.default_rng(0)
        parts = [part for _ in range(500) for part in rng.permutation(40).reshape(10, 4).tolist()]
        floors = [np.mean(excess(walk(best, told, batches)[2500:])) for batches in (draws(4, 5000, 0), parts)]
        assert rate == told and [drawn, shuffled] == pytest.approx(floors, abs=6e-5)


def test_the_printed_ends_of_walks_are_those_of_walks_by_the_means_of_their_batches(capsys, numbers):
    x, y, best, H, excess = line()
    least = np.mean((best[0] + best[1] * x - y) ** 2)
    print_one_epoch()
    first, start, whole, single = (numbers(line) for line in capsys.readouterr().out.splitlines())
    losses = least + excess(walk([40, 1], 0.02, drawn_side_by_side(1, 40))[-1])
    rates = np.linspace(0, 0.12, 1201)
    afters = [best + (np.eye(2) - rate * H) @ ([40, 1] - best) for rate in rates]
    lowest = np.argmin(excess(np.array(afters)))
    assert first + start == pytest.approx([least, least + excess([40, 1])], abs=0.06)
    assert whole == pytest.approx([1, 40, least + excess(afters[lowest]), rates[lowest]], abs=0.06)
    assert whole[-1] == pytest.approx(rates[lowest], abs=2e-4)
    assert single == pytest.approx([40, 1, np.mean(losses), 100, max(losses)], abs=0.06)
    assert single[-1] < whole[2]  # even the worst of a hundred noisy runs beats the exact step
    print_epochs()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [40, 20, 8, 1]
    for size, steps, height in rows:
        assert size * steps == 5 * 40
        ends = walk([40, 1], 0.02, drawn_side_by_side(int(size), int(steps)))[-1]
        assert height == pytest.approx(np.mean(excess(ends)), abs=6e-3)
    print_unstable()
    edge, sharpest, header, everybody, alone = capsys.readouterr().out.splitlines()
    assert numbers(sharpest) == pytest.approx([1 / (1 + np.abs(x).max() ** 2)], abs=6e-5)
    assert numbers(edge) == pytest.approx([40, 1 / np.var(x)], abs=6e-5)
    steps = [int(step) for step in numbers(header)]
    settled = [excess(best + (1 - 0.1 * np.diag(H)) ** step * ([40, 1] - best)) for step in steps]
    assert numbers(everybody) == [40, *(pytest.approx(height, rel=0.06, abs=0) for height in settled)]
    heights = excess(walk([40, 1], 0.1, draws(1, 100, 0)))[steps]
    assert numbers(alone) == [1, *(pytest.approx(height, rel=0.06) for height in heights)]
    print_averaged()
    last, average = capsys.readouterr().out.splitlines()
    path = walk([40, 1], 0.02, drawn_side_by_side(1, 1000))
    assert last.startswith("last point") and average.startswith("average")
    assert numbers(last) == pytest.approx([np.mean(excess(path[-1]))], abs=6e-4)
    assert numbers(average) == pytest.approx([np.mean(excess(path[500:].mean(axis=0)))], abs=6e-4)
