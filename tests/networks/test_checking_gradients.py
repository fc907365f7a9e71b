import inspect
import math
import re
from statistics import fmean, pstdev

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.networks import checking_gradients
from snippets.networks.checking_gradients import (
    BUGS,
    CHECKS,
    absolute_gradient_of_line,
    absolute_loss_of_line,
    batch,
    check_gradient,
    figure_histogram,
    finds,
    penalised_gradient,
    penalised_loss,
    print_caught,
    print_kinks,
    print_one_point,
    print_one_wrong,
    print_precision,
    print_same_mistake,
    print_which_check_finds,
    relative_errors,
    slope_along,
    some_points,
    tired_students,
    typical_error,
    unpacked,
)

COLUMNS = np.array([[(x - fmean(part)) / pstdev(part) for x in part] for part in np.array(tired_students()).tolist()])
PENALTY = np.array([0.1] * 4 + [0, 0] + [0.1] * 2 + [0])  # of the weights' squares
SEEDS = st.integers(0, 10**6)
PARTS = {
    "slope of tanh at a wrong place": range(6),
    "tanh's slope forgotten": range(6),
    "penalty of W1 forgotten": range(4),
    "transposed": (1, 2),
    "bias forgotten": (4, 5),
    "mean over the batch for a sum": (4, 5),
    "last share overwrites": (6, 7),
}


def graph_loss(w, columns=COLUMNS, penalty=PENALTY):
    """The loss unit by unit, for autograd and for single precision."""
    a, b, y = columns
    predicted = sum(w[6 + j] * anp.tanh(w[j] * a + w[2 + j] * b + w[4 + j]) for j in (0, 1)) + w[8]
    return anp.mean((predicted - y) ** 2) + anp.dot(penalty, w**2)


by_graph = autograd.grad(graph_loss)


def digits_loss(w):
    """The loss at as many digits as mpmath works with, student by student."""
    w, losses = [mpmath.mpf(part) for part in w], []
    for a, b, y in COLUMNS.T:
        units = (w[6 + j] * mpmath.tanh(w[j] * a + w[2 + j] * b + w[4 + j]) for j in (0, 1))
        losses.append((sum(units) + w[8] - y) ** 2)
    return sum(losses) / 40 + sum(part**2 for part in w[:4] + w[6:8]) / 10


def complex_steps(f, w):
    return np.array([np.imag(f(w + 1e-30j * unit)) / 1e-30 for unit in np.eye(len(w))])


def told(w, bug=None):
    """The gradient with a bug, from the Jacobian of the predictions, by what the name of the bug says."""
    D = np.c_[COLUMNS[0], COLUMNS[1], np.ones(40)]
    Z = D @ w[:6].reshape(3, 2)
    bend = {"slope of tanh at a wrong place": 1 - Z**2, "tanh's slope forgotten": Z**0}
    bend = bend.get(bug, np.cosh(np.clip(Z, -300, 300)) ** -2)
    J = np.c_[np.einsum("ni,nj->nij", D, w[6:8] * bend).reshape(40, 6), np.tanh(Z), np.ones(40)]
    g = (J[:, 6:] @ w[6:] - COLUMNS[2]) @ J / 20
    g *= {"the factor 2 forgotten": 0.5, "sum in place of mean": 40, "wrong sign": -1}.get(bug, 1)
    g += 2 * PENALTY * w * ~np.isin(range(9), PARTS[bug] if bug in BUGS[5::4] else [])
    g[4:6] *= {"bias forgotten": 0, "mean over the batch for a sum": 1 / 40}.get(bug, 1)
    return g[[0, 2, 1, 3, 4, 5, 6, 7, 8]] if bug == "transposed" else g


def drawn(k, count, p, seed=0):
    """The directions that the checker draws at k points: where its first steps, of a hundredth, lead from zero."""
    seen = []
    relative_errors(lambda w: seen.append(w) or 1.0, lambda w: 0 * w, np.zeros((k, p)), count, seed)
    return 100 * np.array([w for w in seen if math.hypot(*w) > 0.005])[::2].reshape(k, count, p)


def defined(g, right, us):
    """Relative errors by their definition, with exact slopes in place of central differences."""
    return np.abs(us @ (g - right)) / np.maximum(math.hypot(*g), math.sqrt(len(g)) * np.abs(us @ right))


def told_errors(points, bug, count=20):
    return np.array(
        [defined(told(w, bug), told(w), us) for w, us in zip(points, drawn(len(points), count, 9), strict=True)]
    )


def one_digit(x):
    """A printed number of which one digit is told."""
    return pytest.approx(x, abs=0.501 * 10.0 ** math.floor(math.log10(1.06 * x)))


def exactly(g):
    return pytest.approx(g, rel=1e-9, abs=1e-12)


@pytest.fixture(scope="module", autouse=True)
def nobody_has_asked():
    batch.cache_clear()  # so that its lines are counted below


@pytest.fixture
def checks(monkeypatch):
    """What a function hands to `relative_errors`, by name, and the errors and doubts that come back."""
    seen, signature = [], inspect.signature(relative_errors)

    def spy(*args, **options):
        seen.append((signature.bind(*args, **options).arguments, relative_errors(*args, **options)))
        return seen[-1][1]

    monkeypatch.setattr(checking_gradients, "relative_errors", spy)
    return seen


@given(SEEDS)
@pytest.mark.counted
def test_the_right_gradient_is_the_complex_step_of_the_loss_and_what_autograd_finds(seed):
    (w,) = some_points(1, seed)
    found = penalised_gradient(w)
    assert found.shape == (9,) and found.dtype == float
    for independent in (complex_steps(penalised_loss, w), by_graph(w), told(w)):
        assert found == exactly(independent)


@given(SEEDS, st.sampled_from(BUGS))
def test_each_bug_changes_what_its_name_says_and_nothing_else(seed, bug):
    (w,) = some_points(1, seed)
    found, right = penalised_gradient(w, bug), by_graph(w)
    assert found.shape == (9,) and found == exactly(told(w, bug))
    spoilt = np.flatnonzero(np.abs(found - right) > 1e-12 + 1e-9 * np.abs(right))
    assert spoilt.tolist() == list(PARTS.get(bug, range(9)))


def test_the_loss_is_that_of_fifty_digits_at_random_weights_on_standardised_columns():
    X, y = batch()
    assert X.shape == (40, 2) and y.shape == (40,) and np.c_[X, y].T == exactly(COLUMNS)
    points, many = some_points(4), some_points(4000, seed=3)
    for w in points:
        with mpmath.workdps(50):
            assert penalised_loss(w) == pytest.approx(float(digits_loss(w)), rel=1e-13)
    W1, b1, w2, b2 = unpacked(np.arange(9.0))
    assert (W1.tolist(), b1.tolist(), w2.tolist(), b2) == ([[0, 1], [2, 3]], [4, 5], [6, 7], 8)
    assert some_points().shape == (5, 9) and len(set(BUGS)) == 10 and np.array_equal(points, some_points(4, 1))
    assert np.cov(many.T) == pytest.approx(np.eye(9), abs=0.1) and many.mean() == pytest.approx(0, abs=0.03)


def test_the_marks_of_tired_students_bend_as_they_are_said_to():
    assert np.shape(tired_students()) == (3, 40) and np.array_equal(tired_students(), tired_students(seed=0))
    hours, attendance, marks = tired_students(100_000, 3)
    D = np.stack([np.ones(100_000), hours, hours**2, attendance], axis=1)
    best, squares, *_ = np.linalg.lstsq(D, marks, rcond=None)
    assert best == pytest.approx([12, 15, -1.25, 0.3], rel=0.02) and squares == pytest.approx([25e5], rel=0.01)
    for part, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        assert np.histogram(part, 5, (low, high))[0] == pytest.approx(np.full(5, 20_000), abs=600)
        assert low <= part.min() < part.max() <= high


@pytest.mark.parametrize("seed", range(4))
def test_the_checker_finds_every_bug_and_passes_the_right_gradient(seed):
    points = some_points(2, seed)
    assert check_gradient(penalised_loss, penalised_gradient, points) is None
    for bug in BUGS:
        with pytest.raises(ValueError, match="most wrong is weight"):
            check_gradient(penalised_loss, lambda w, bug=bug: penalised_gradient(w, bug), points)


triples, square = (arrays(np.float64, shape, elements=st.floats(-2, 2)) for shape in (3, (3, 3)))


@given(square, triples, triples, st.sampled_from([(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)]))
def test_right_gradients_of_smooth_functions_pass_and_a_slope_wrong_by_a_thousandth_does_not(A, a, w, shares):
    q, e, s = shares  # of a quadratic, of exponentials and of sines
    f = lambda w: 1 + q * np.sum((A @ w) ** 2) + e * np.exp(a * w).sum() + s * np.sum(1 + np.sin(a + w))
    gradient = lambda w: q * 2 * A.T @ A @ w + e * a * np.exp(a * w) + s * np.cos(a + w)
    assume(f(w) < 100 * np.linalg.norm(gradient(w)))
    check_gradient(f, gradient, w[None])
    k = np.abs(gradient(w)).argmax()
    with pytest.raises(ValueError, match=f"at point 0; most wrong is weight {k}:"):
        check_gradient(f, lambda w: gradient(w) * (1 + 0.001 * np.eye(3)[k]), w[None])


@pytest.mark.parametrize("off, constant", [(0.3, 0), (100, 0), (0.3, 1e4), (None, 0)])
def test_on_a_quadratic_the_relative_error_is_the_one_defined(off, constant):
    rng = np.random.default_rng(4)
    A, points, E = rng.normal(size=(4, 4)), rng.normal(size=(3, 4)), rng.normal(size=4)
    right = lambda w: A @ (A.T @ w)
    gradient = lambda w: right(w) + off * E if off else 0 * w
    found, doubts = relative_errors(lambda w: np.sum((A.T @ w) ** 2) / 2 + constant, gradient, points, 7, seed=2)
    assert found.shape == doubts.shape == (3, 7) and doubts.max() < 1e-6
    for w, us, row in zip(points, drawn(3, 7, 4, seed=2), found, strict=True):
        assert row == pytest.approx(defined(gradient(w), right(w), us), rel=1e-5, abs=1e-6)
        assert off or row == pytest.approx(np.full(7, 0.5))  # zero for a gradient: 1 / sqrt(p)


def test_errors_have_a_row_a_point_and_are_repeatable():
    points, run = some_points(2), lambda *a, **b: relative_errors(penalised_loss, penalised_gradient, *a, **b)
    assert run(points)[0].shape == (2, 20) and np.array_equal(run(points), run(points.tolist(), 20, 0))
    assert not np.array_equal(run(points), run(points, seed=1))


def test_where_all_slopes_vanish_the_checker_cannot_tell_and_finds_nothing_wrong():
    valley = lambda w: 3 + np.sum((w - 0.7) ** 2), lambda w: 2 * (w - 0.7), np.full(4, 0.7)
    negative = lambda w: -penalised_loss(w), lambda w: -penalised_gradient(w), np.zeros(9)
    bowl = lambda w: w @ w, lambda w: 2 * w, np.zeros(3)
    for f, gradient, at in ((penalised_loss, penalised_gradient, np.zeros(9)), valley, negative, bowl):
        errors, doubts = relative_errors(f, gradient, at[None])
        assert not errors.any() and doubts.max() == 1
        with pytest.raises(ValueError, match="^cannot tell at point 0: slopes are in doubt by 1e[+]00 of their size$"):
            check_gradient(f, gradient, at[None])


@pytest.mark.parametrize("size", [1e-12, 1e-5, 1, 1e9])
def test_the_scale_of_the_weights_does_not_change_the_verdict(size):
    points = size * np.random.default_rng(0).uniform(0.5, 2, (4, 6))
    logs, inverse = lambda w: np.log(w).sum(), lambda w: 1 / w
    check_gradient(logs, inverse, points)
    for wrong in (lambda w: -1 / w, lambda w: inverse(w) * [1, 1, 1, 1.001, 1, 1]):
        with pytest.raises(ValueError, match="most wrong is weight"):
            check_gradient(logs, wrong, points)


@pytest.mark.parametrize("constant, right", [(0, "passes"), (1e6, "passes"), (1e9, "doubt"), (1e12, "doubt"), (1e16, "doubt")])
def test_beside_a_large_constant_a_wrong_sign_never_passes_and_a_right_one_is_never_called_wrong(constant, right):
    points, f = np.random.default_rng(0).normal(0, 1, (4, 6)), lambda w: constant + w @ w
    with pytest.raises(ValueError, match="cannot tell" if constant == 1e16 else "most wrong is weight"):
        check_gradient(f, lambda w: -2 * w, points)
    if right == "passes":
        check_gradient(f, lambda w: 2 * w, points)
    else:
        with pytest.raises(ValueError, match="cannot tell at point"):
            check_gradient(f, lambda w: 2 * w, points)


def test_what_is_in_doubt_is_nearly_always_more_than_what_the_slope_is_wrong_by():
    """An estimate: two steps can agree by chance. Seldom, and then not by much."""
    rng, shares = np.random.default_rng(0), []
    for constant, steepness in rng.uniform([-8, 0.1], [8, 30], (500, 2)):
        w, u = rng.normal(size=(2, 3))
        slope, doubt = slope_along(lambda w: 10**constant + np.sin(steepness * w).sum(), w, u)
        shares.append(abs(slope - steepness * np.cos(steepness * w) @ u) / doubt)
    assert np.mean(np.array(shares) > 1) < 0.03 and max(shares) < 30


@pytest.mark.parametrize("w, count", [(np.zeros(3), 8), (np.array([0.5, -40.0, 3.0]), 8), (np.array([1e-3, 0, 2e-4]), 11)])
def test_the_steps_fall_from_a_hundredth_of_one_or_of_the_largest_weight_to_its_billionth(w, count):
    seen, u = [], np.array([2.0, -1, 0.5])
    slope_along(lambda v: seen.append(v - w) or 1.0, w, u)
    plus, minus = np.array(seen).reshape(-1, 2, 3).swapaxes(0, 1)
    largest = max(map(abs, w)) or 1
    told = np.geomspace(0.01 * max(1, largest), 1e-9 * largest, count)
    for side, sign in ((plus, 1), (minus, -1)):
        assert side == pytest.approx(sign * np.outer(told, u), rel=1e-6, abs=1e-14)


def test_the_slope_is_the_one_that_differs_least_from_the_step_before():
    """Known slopes for known steps: 1 + the square of the step, and a lump of rounding below a ten-thousandth."""
    f = lambda w: w[0] * (1 + w[0] ** 2) if abs(w[0]) > 3e-5 else w[0] * (1 + 1e-7 / abs(w[0]))
    slope, doubt = slope_along(f, np.zeros(1), np.ones(1))
    assert slope == pytest.approx(1 + 1e-8, abs=1e-12) and doubt == pytest.approx(0.99e-6, rel=1e-3)


def test_large_weights_do_not_blind_the_checker():
    for size in (1.0, 1e3, 1e6, 1e9):
        points = size * np.array([[1.0, -0.5, 0.25]])
        check_gradient(lambda w: w @ w, lambda w: 2 * w, points)
        with pytest.raises(ValueError, match="point 0"):
            check_gradient(lambda w: w @ w, lambda w: 3 * w, points)


def test_large_weights_are_nudged_by_large_steps():
    seen, points = [], np.array([[1.0, 2.0], [1e6, -3e5]])  # where a millionth is lost in rounding
    check_gradient(lambda w: w @ w, lambda w: 2 * w, points)
    with pytest.raises(ValueError, match=r"at point 1; .* weight 0:\s+gradient 2.2e\+06, slope 2e\+06$"):
        check_gradient(lambda w: seen.append(w) or w @ w, lambda w: np.where(w > 1e5, 2.2, 2) * w, points)
    alone = np.array([w - points[1] for w in seen if np.sum(w != points[1]) == 1])
    assert np.abs(alone).max(axis=0) == pytest.approx([1e4, 1e4]) and alone.sum(axis=0) == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize("check", [relative_errors, check_gradient])
@pytest.mark.parametrize("shape", [(2, 1), (1, 2), (3,), ()])
def test_a_gradient_of_another_shape_is_refused(check, shape):
    with pytest.raises(ValueError, match=re.escape(f"f (), gradient {shape} for weights of shape (2,)")):
        check(lambda w: w @ w, lambda w: np.ones(shape), np.ones((1, 2)))


@pytest.mark.parametrize("check", [relative_errors, check_gradient])
def test_a_loss_that_is_not_a_number_is_refused(check):
    with pytest.raises(ValueError, match=re.escape("f (2,), gradient (2,) for weights of shape (2,)")):
        check(lambda w: w * w, lambda w: 2 * w, np.ones((1, 2)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("gradient", [np.exp, lambda w: w * np.nan, lambda w: w * np.inf])
def test_overflow_and_what_is_not_a_number_never_pass(gradient):
    with pytest.raises(ValueError, match="relative error nan at point 1; most wrong is weight 0"):
        check_gradient(lambda w: np.exp(w[0]), lambda w: gradient(w) if w > 700 else np.exp(w), [[1], [800]])


def test_the_tolerance_is_the_largest_error_that_passes_and_a_millionth_unless_told():
    f, points = lambda w: w @ w, [[1, 2], [3, -1]]
    largest = relative_errors(f, lambda w: 2.1 * w, points)[0].max()
    check_gradient(f, lambda w: 2.1 * w, points, tolerance=largest)
    check_gradient(f, lambda w: (2 + 1e-6) * w, points)
    assert relative_errors(lambda w: f(w) / 1e9, lambda w: 2.1e-9 * w, points)[0].max() == pytest.approx(largest)
    for slope, options in ((2.1, {"tolerance": np.nextafter(largest, 0)}), (2 + 6e-6, {})):
        with pytest.raises(ValueError, match="relative error"):
            check_gradient(f, lambda w, slope=slope: slope * w, points, **options)


def test_at_zero_weights_the_gradient_vanishes_and_every_bug_with_it():
    w, zero = np.zeros(9), pytest.approx(np.zeros(9), abs=1e-13)
    assert by_graph(w) == zero and complex_steps(penalised_loss, w) == zero
    for bug in BUGS:
        assert penalised_gradient(w, bug) == zero


def test_the_error_of_central_differences_is_of_second_order():
    (w,), directions = some_points(1), np.linalg.qr(np.random.default_rng(0).normal(size=(9, 9)))[0]
    coarse, fine = (typical_error(penalised_loss, w, directions, h) for h in (1e-2, 1e-3))
    assert coarse / fine == pytest.approx(100, rel=0.05)


def test_of_a_loss_in_single_precision_the_checker_says_that_it_cannot_tell():
    columns, penalty = COLUMNS.astype(np.float32), PENALTY.astype(np.float32)
    single = lambda w: graph_loss(w.astype(np.float32), columns, penalty)
    assert single(np.ones(9)).dtype == np.float32
    with pytest.raises(ValueError, match="cannot tell"):
        check_gradient(single, penalised_gradient, some_points(5))
    with pytest.raises(ValueError, match="most wrong is weight"):
        check_gradient(single, lambda w: -penalised_gradient(w), some_points(5))
    for h in 10.0 ** np.arange(-8, 0, 0.5):  # no fixed step would do
        assert typical_error(single, some_points(1)[0], np.eye(9), h) > 1e-5
    assert relative_errors(penalised_loss, penalised_gradient, some_points(1))[1].max() < 1e-8


@given(SEEDS)
def test_the_loss_with_kinks_is_the_mean_size_of_the_residuals_with_the_slopes_of_autograd(seed):
    w, (x, _, y) = np.random.default_rng(seed).normal(size=2), COLUMNS
    slopes = autograd.grad(lambda w: anp.mean(anp.abs(w[0] + w[1] * x - y)))(w)
    assert absolute_loss_of_line(w) == pytest.approx(np.linalg.norm(np.polyval(w[::-1], x) - y, 1) / 40)
    assert absolute_gradient_of_line(w).shape == (2,) and absolute_gradient_of_line(w) == exactly(slopes)


def test_at_a_kink_the_gradient_is_the_mean_of_the_slopes_on_both_sides():
    X, y = batch()
    w = np.array([y[7], 0.0])
    left, right = (absolute_gradient_of_line(w + [side, 0]) for side in (-1e-9, 1e-9))
    assert right - left == exactly(np.array([1, X[7, 0]]) / 20)
    assert absolute_gradient_of_line(w) == exactly((left + right) / 2)


def test_exercise_one_a_wrong_slope_passes_only_where_the_two_curves_meet():
    x = sympy.symbols("x", real=True)
    assert sympy.solve(2 * x - sympy.diff(x**2 + 3 * x, x), x) == []
    assert set(sympy.solve(3 * x**2 - sympy.diff(x**2, x), x)) == {0, sympy.Rational(2, 3)}
    points = np.array([[0], [2 / 3], [0.1], [0.66], [-2], [5]])
    passed = relative_errors(lambda w: w[0] ** 2, lambda w: 3 * w**2, points)[0].max(axis=1) < 1e-6
    assert passed.tolist() == [True, True, False, False, False, False]
    assert relative_errors(lambda w: w[0] ** 2 + 3 * w[0], lambda w: 2 * w, points)[0].min() > 0.05


@pytest.mark.parametrize("p", [2, 10, 100])
def test_exercise_two_a_random_direction_sees_a_share_of_mean_square_one_in_p(p):
    U, slopes, wrong = drawn(40, 50, p), np.linspace(-1, 1, p) ** 3, 1e-3 * np.eye(p)[p // 3]
    assert np.linalg.norm(U, axis=2) == exactly(np.ones((40, 50))) and np.all(U != 0)
    assert p * np.mean(U**2, axis=(0, 1)) == pytest.approx(np.ones(p), abs=0.2)
    assert math.sqrt(p) * U.mean(axis=(0, 1)) == pytest.approx(np.zeros(p), abs=0.1)
    found, _ = relative_errors(lambda w: slopes @ w, lambda w: slopes + wrong, np.zeros((40, p)), 50)
    sizes = np.maximum(np.linalg.norm(slopes + wrong), math.sqrt(p) * np.abs(U @ slopes))
    assert found * sizes == pytest.approx(1e-3 * np.abs(U[:, :, p // 3]), rel=1e-6, abs=1e-9)


def test_exercise_three_in_a_direction_at_a_right_angle_rounding_is_all_there_is():
    u, g, quotients = drawn(1, 1, 4)[0, 0], np.array([0.3, 0.7, -0.9, 0.1]), []
    g -= g @ u * u
    f = lambda w: g @ w + 3
    for w in some_points(100)[:, :4]:
        assert not relative_errors(f, lambda w: g, w[None], 1)[0].any()
        d = (f(w + 1e-6 * u) - f(w - 1e-6 * u)) / 2e-6
        quotients += [abs(g @ u - d) / abs(d)] if d else []
    assert len(quotients) > 10 and quotients == pytest.approx(np.ones(len(quotients)), abs=1e-4)


def test_exercise_four_half_the_gradient_with_a_full_penalty_has_another_minimum():
    w, x, y, c = sympy.symbols("w x y c", positive=True)
    right, half = (sympy.solve(sympy.diff(k * (w * x - y) ** 2 + c * w**2, w), w)[0] for k in (2, 1))
    assert sympy.simplify(half - right.subs(c, 2 * c)) == 0 != sympy.simplify(right - half)
    assert right.subs(c, 0) == half.subs(c, 0)
    (at,) = some_points(1)
    for _ in range(1500):
        at = at - 0.3 * penalised_gradient(at, BUGS[0])
    assert np.linalg.norm(told(at, BUGS[0])) < 1e-5 and np.linalg.norm(by_graph(at)) > 0.01


def test_the_check_that_the_loss_falls_takes_two_hundred_steps_of_a_fiftieth(monkeypatch):
    seen, losses, (start,) = [], [], some_points(1)
    monkeypatch.setattr(checking_gradients, "penalised_gradient", lambda w, bug: seen.append(w) or np.ones(9))
    monkeypatch.setattr(checking_gradients, "penalised_loss", lambda w: losses.append(w) or 1.0)
    assert finds("falls", None)  # a loss that stays has not fallen
    assert np.array(seen) - start == exactly(-0.02 * np.outer(range(200), np.ones(9)))
    assert np.sort(losses, axis=0) == exactly(np.array([start - 4, start]))


def test_the_checks_find_another_shape_and_more_than_a_millionth(monkeypatch):
    monkeypatch.setattr(checking_gradients, "penalised_gradient", lambda w, bug: np.ones((3, 3)))
    assert finds("shapes", None)
    for off, found in ((1e-5, True), (1e-14, False)):
        wrong = lambda w, bug, off=off: told(w) * (1 + off) + off
        monkeypatch.setattr(checking_gradients, "penalised_gradient", wrong)
        assert [finds(check, None) for check in CHECKS[2:]] == [found] * 3


def test_the_table_says_which_check_finds_which_bug(capsys):
    (start,), table = some_points(1), []
    for bug in (None, *BUGS):
        w = start
        for _ in range(200):
            w = w - 0.02 * told(w, bug)
        zero = np.linalg.norm(told(np.zeros(9), bug)) > 1e-12  # the right one is zero there
        several = told_errors(some_points(), bug).max() > 1e-6
        last = abs(told(start, bug)[8] / by_graph(start)[8] - 1) > 1e-6
        found = False, graph_loss(w) >= graph_loss(start), zero, last, several
        table.append([bug or "(no bug)", *("finds" if one else "-" for one in found)])
    print_which_check_finds()
    header, *rows = (re.split(r"\s{2,}", line.strip()) for line in capsys.readouterr().out.splitlines())
    assert header == list(CHECKS) == ["shapes", "falls", "zero", "one", "checker"] and rows == table
    assert [column.count("finds") for column in zip(*rows, strict=True)] == [0, 0, 3, 0, 3, 10]  # as the page counts
    w = start
    for _ in range(200):
        w = w - 0.02 / 40 * told(w, "sum in place of mean")
    assert graph_loss(w) < graph_loss(start)  # with a smaller rate descent hides more


def test_the_histograms_count_the_errors_of_each_gradient(checks):
    ax = figure_histogram().axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["right", *BUGS]
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert ticks == ["less", *(f"$10^{{{tick:.0f}}}$" for tick in ax.get_xticks()[1:])]
    assert ax.lines[0].get_xdata() == [-6, -6]
    for row, (bars, bug, (_, (found, _))) in enumerate(zip(ax.containers, (None, *BUGS), checks, strict=True)):
        logs = np.log10(told_errors(some_points(20), bug, 5) if bug else found + 1e-8)
        assert found.shape == (20, 5) and (np.median(logs) > -3 and logs.min() > -6 if bug else not found.any())
        lefts, heights = np.array([(b.get_x(), b.get_height()) for b in bars]).T
        counts = np.histogram(np.maximum(logs, -8), [*lefts, lefts[-1] + bars[-1].get_width()])[0]
        assert counts.sum() == 100 and heights == exactly(heights.max() * counts / counts.max())
        assert {b.get_y() for b in bars} == {-row} and -row < ax.get_yticks()[row] < -row + heights.max() < 1 - row
        assert lefts[:-1] + [b.get_width() for b in bars][:-1] == exactly(lefts[1:])
    colors = [bars[0].get_facecolor() for bars in ax.containers]
    assert colors[0] != colors[1] and len(set(colors[1:])) == 1


def test_the_printed_messages_name_the_worst_point_and_weight_with_gradient_and_slope(capsys, numbers, monkeypatch):
    print_caught()
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "right: passes" and lines[::3] == [f"{bug}:" for bug in BUGS]
    for bug, where, weight in zip(BUGS, lines[1::3], lines[2::3], strict=True):
        error, k, i, *slopes = numbers((where + weight).replace(";", ""))
        errors, w = told_errors(some_points(), bug), some_points()[int(k)]
        wrong, right = told(w, bug), by_graph(w)
        assert error == pytest.approx(errors.max(), rel=0.06) and errors[int(k)].max() == errors.max()
        assert abs(wrong - right)[int(i)] == pytest.approx(np.linalg.norm(wrong - right, np.inf))
        assert slopes == pytest.approx([wrong[int(i)], right[int(i)]], rel=6e-6)
        # Of two that are equally wrong, as when two entries change places, the first one is named, on every processor.
        assert int(i) == np.flatnonzero(abs(wrong - right) > (1 - 1e-6) * np.linalg.norm(wrong - right, np.inf))[0]
    monkeypatch.setattr(checking_gradients, "BUGS", ("no bug at all",))
    print_caught()
    assert capsys.readouterr().out.splitlines() == ["right: passes", "no bug at all: passes"]


def test_the_printed_errors_by_step_are_those_of_fifty_digits_until_rounding_takes_over(capsys, numbers):
    w, directions = some_points(1)[0], np.random.default_rng(2).normal(0, 1, (200, 9))
    directions = directions / np.linalg.norm(directions, axis=1)[:, None]
    slopes = directions @ by_graph(w)
    print_precision()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [1e-1, 1e-2, 3e-4, 3e-6, 1e-8]
    for h, double, single in rows:
        with mpmath.workdps(50):
            ten = [float((digits_loss(w + h * u) - digits_loss(w - h * u)) / (2 * h)) for u in directions[:10]]
        truncation = math.dist(ten, slopes[:10]) / math.hypot(*slopes[:10])
        told = typical_error(penalised_loss, w, directions[:10], h)
        rounding = [graph_loss(w) * np.finfo(kind).eps / (h * np.sqrt(np.mean(slopes**2))) for kind in (float, "f")]
        assert told == pytest.approx(truncation, rel=1e-2, abs=rounding[0])
        for error, noise in zip((double, single), rounding, strict=True):
            assert max(truncation, noise / 10) / 2 < error < max(20 * (truncation + noise), 1e-10) or error == 1
    doubles, singles = np.array(rows)[:, 1:].T
    assert doubles.argmin() == 3 and doubles[4] > 100 * doubles[3] and doubles.min() < 1e-9
    assert 0 < singles.argmin() < 4 and singles[-1] == 1  # in float32 the smallest step is none


def test_the_typical_error_is_the_length_of_all_errors_as_a_share_of_the_length_of_all_slopes():
    w, directions = np.arange(9.0), np.eye(9)[[0, 3, 8]]
    slopes = by_graph(w)[[0, 3, 8]]
    off = np.array([0.3, -0.1, 0.2])
    flat = lambda at: (slopes + off) @ (at - w)[[0, 3, 8]]
    assert typical_error(flat, w, directions, 0.5) == pytest.approx(math.hypot(*off) / math.hypot(*slopes))
    assert typical_error(lambda at: -flat(at), w, directions, 0.5) == 1


def test_a_right_gradient_fails_exactly_where_the_step_crosses_a_residual_of_zero(capsys, numbers, checks):
    print_kinks()
    *lines, last = capsys.readouterr().out.splitlines()
    points = np.random.default_rng(0).normal(0, 0.5, (200, 2))
    for line, h in zip(lines, (1e-1, 1e-2, 1e-3, 1e-4), strict=True):
        sides = [(points + side * np.array([0.6, 0.8])) @ [np.ones(40), COLUMNS[0]] > COLUMNS[2] for side in (-h, h)]
        assert numbers(line) == [h, pytest.approx(100 * np.mean(np.any(sides[0] != sides[1], axis=1)), abs=0.051)]
    ((handed, (errors, doubts)),) = checks
    assert np.array_equal(handed["points"], points) and not errors.any() and doubts.max() < 1e-6 and numbers(last) == [0]


def test_one_point_hides_a_bug_that_another_one_shows(capsys, numbers):
    print_one_point()
    lines = capsys.readouterr().out.splitlines()
    for k, bug in enumerate((BUGS[5], BUGS[3])):
        at_zero, nothing, at_random, found = lines[4 * k : 4 * k + 4]
        assert at_zero == f"{bug}, at zero:" and nothing.strip().startswith("cannot tell at point 0: slopes are in doubt")
        assert at_random == f"{bug}, at a random point:"
        assert numbers(found) == [one_digit(told_errors(some_points(1), bug).max()), 0]


def test_a_mistake_that_loss_and_gradient_share_is_not_seen(capsys, checks):
    print_same_mistake()
    ((handed, (errors, _)),), (a, b, y) = checks, COLUMNS
    assert handed["points"].shape == (5, 2) and handed["points"].all() and not errors.any()
    assert capsys.readouterr().out == "passes\n"
    mean = lambda w: anp.mean((w[0] * a + w[1] * b - y) ** 2)
    for w in handed["points"]:
        assert handed["f"](w) == exactly(40 * mean(w)) and handed["gradient"](w) == exactly(40 * autograd.grad(mean)(w))


def test_one_wrong_weight_among_many_is_seen_by_random_directions(capsys, numbers):
    print_one_wrong()
    for line, p in zip(capsys.readouterr().out.splitlines(), (10, 100, 1000), strict=True):
        right = -2 * np.linspace(-1, 1, p)
        errors = defined(right * (np.arange(p) > 0), right, drawn(1, 20, p)[0])
        assert numbers(line) == [p, 100 * np.mean(errors > 1e-6), 20, one_digit(np.median(errors))]
        assert 0.4 < p * np.median(errors) < 1.6  # its share falls about as 1 / p
