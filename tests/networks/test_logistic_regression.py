import re
from fractions import Fraction
from functools import cache
from itertools import combinations, groupby, pairwise

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.networks.logistic_regression import (
    another_class,
    descend,
    figure_boundary,
    figure_without_end,
    mean_surprise,
    pass_fail_gradient,
    pass_fail_loss,
    passes,
    print_on_new_students,
    print_penalties,
    print_plane,
    print_separable,
    print_slopes_of_probability,
    print_training,
    print_warnings,
    probability,
    probability_slopes,
    safe_learning_rate,
    standardise,
    students,
    training,
    unscaled,
    warning_cost,
)

weights = arrays(np.float64, 3, elements=st.floats(-4, 4))
penalties = st.sampled_from([0.0, 0.01, 0.7])


@cache
def class_of(n, seed=0):
    """Rows (1, hours, attendance), the same standardised, and labels."""
    hours, attendance, marks = another_class(seed, n)
    return np.column_stack([np.ones(n), hours, attendance]), standardise(hours, attendance)[0], marks >= 60


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def surprise(w, X, y, penalty=0.0):
    """Minus the mean logarithm of the probability of what happened; weights, also complex ones, are columns."""
    return penalty * (w[1:] ** 2).sum(axis=0) - np.log(sigmoid(X * np.where(y, 1, -1)[:, None] @ w)).mean(axis=0)


def slopes(w, *data):
    return surprise(w[:, None] + 1e-20j * np.eye(len(w)), *data).imag / 1e-20


@mpmath.workdps(50)
def along(w, v, X, y, penalty, order):
    """The loss and its derivatives in direction v, at fifty digits."""
    signed = [[mpmath.mpf(x if label else -x) for x in row] for row, label in zip(X, y, strict=True)]
    at = lambda t: [mpmath.mpf(a) + t * mpmath.mpf(b) for a, b in zip(w, v, strict=True)]
    mean = lambda w: mpmath.fsum(mpmath.log(1 / (1 + mpmath.exp(-mpmath.fdot(row, w)))) for row in signed) / len(y)
    loss = lambda t: penalty * mpmath.fsum(part**2 for part in at(t)[1:]) - mean(at(t))
    return [float(part * mpmath.factorial(k)) for k, part in enumerate(mpmath.taylor(loss, 0, order))]


def back(n):
    """The matrix from standardised weights to the raw ones that give the same logits."""
    raw, X, _ = class_of(n)
    return np.linalg.lstsq(raw, X, rcond=None)[0]


def edge(n, penalty=0.0):
    """Of two features the largest eigenvalue of X'X/n is 1 + |correlation|."""
    return 2 / ((1 + abs(np.corrcoef(class_of(n)[0].T[1:])[0, 1])) / 4 + 2 * penalty)


@cache
def walk(n, penalty, steps):
    """Descent by complex steps, in raw weights."""
    _, X, y = class_of(n)
    path = [np.zeros(3)]
    for _ in range(steps):
        path.append(path[-1] - 0.75 * edge(n, penalty) * slopes(path[-1], X, y, penalty))
    return np.array(path) @ back(n).T


def newton(X, y, penalty=0.0, w=(0.0, 0.0, 0.0)):
    """Newton's method; a step is halved until it does not raise the loss."""
    w = np.array(w, dtype=float)
    for _ in range(30):
        p = (1 + np.tanh(X @ w / 2)) / 2
        H = np.einsum("i,ij,ik", p * (1 - p), X, X) / len(y) + 2 * penalty * np.diag([0, 1, 1])
        step, now = np.linalg.solve(H, slopes(w, X, y, penalty)), surprise(w, X, y, penalty)
        w = w - step * next(t for t in 0.5 ** np.arange(60) if surprise(w - t * step, X, y, penalty) <= now + 1e-14)
    return w


@cache
def fit(n, penalty=0.0):
    """Raw weights at the minimum."""
    return back(n) @ newton(*class_of(n)[1:], penalty)


def words(line):
    """A printed line with # for each whole part, 0 for each decimal, and single spaces: its names, units and digits."""
    return re.sub(r"\d", "0", re.sub(r"-?(?<![.\d])\d+", "#", " ".join(line.split())))


@pytest.fixture
def printed(capsys, numbers):
    def rows(show, *told):
        """The numbers of each line. Its words are told, those of lines in a row that are alike once."""
        show()
        lines = capsys.readouterr().out.splitlines()
        assert [alike for alike, _ in groupby(map(words, lines))] == list(told)
        assert len({len(line) for line in lines if len(re.split(" {3,}", line.strip())) > 2}) <= 1  # tables are aligned
        return [numbers(line.replace(";", "")) for line in lines]

    return rows


def near(told, *digits):
    return [pytest.approx(float(t), abs=0.51 * 10.0**-d) for t, d in zip(told, digits, strict=True)]


def test_the_students_follow_the_rule_they_are_told_to():
    hours, attendance, marks = students(100_000)
    for column, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        assert column.shape == (100_000,) and low <= column.min() and column.max() <= high
        assert column.mean() == pytest.approx((low + high) / 2, rel=0.01)
        assert column.std() == pytest.approx((high - low) / 12**0.5, rel=0.01)
    rule, squares, *_ = np.linalg.lstsq(class_of(100_000)[0], marks, rcond=None)
    assert rule == pytest.approx([12, 5, 0.3], rel=0.01) and squares[0] / 1e5 == pytest.approx(25, rel=0.02)
    assert np.array_equal(students(), another_class(0)) and not np.any(np.array(students()) == another_class(1))
    assert np.shape(students()) == (3, 40) and passes(np.array([59.999, 60, 60.001])).tolist() == [0, 1, 1]


def test_standardised_features_have_mean_zero_and_deviation_one_and_weights_can_be_scaled_back():
    raw, X, _ = class_of(40)
    _, means, deviations = standardise(*students()[:2])
    assert X.shape == (40, 3) and X[:, 1:] * deviations + means == pytest.approx(raw[:, 1:])
    assert X.mean(axis=0) == pytest.approx([1, 0, 0], abs=1e-12) and np.mean(X**2, axis=0) == pytest.approx([1, 1, 1])
    w = unscaled(np.array([0.3, -1.2, 2.0]), means, deviations)
    assert w.shape == (3,) and raw @ w == pytest.approx(X @ [0.3, -1.2, 2.0])


@given(weights, penalties)
def test_the_loss_is_minus_the_mean_logarithm_of_the_probability_plus_the_penalty(w, penalty):
    raw, X, y = class_of(20)
    assert pass_fail_loss(w, X, y, penalty) == pytest.approx(*along(w, w, X, y, penalty, 0), rel=1e-12)
    assert mean_surprise(w, *students(20)) == pytest.approx(*along(w, w, raw, y, 0, 0), rel=1e-12, abs=1e-40)


@given(st.floats(-1000, 1000))
def test_probabilities_are_right_to_the_last_digits_and_losses_finite_at_any_logit(z):
    assert probability(z) == pytest.approx(float(1 / (1 + mpmath.exp(-mpmath.mpf(z)))), rel=1e-12, abs=1e-307)
    for end, p in ((1000.0, 1), (-1000.0, 0)):
        one, w = np.array([[1.0]]), np.array([end])
        assert probability(end) == p and pass_fail_gradient(w, one, np.array([1.0 - p])).tolist() == [2 * p - 1]
        assert [pass_fail_loss(w, one, np.array([label])) for label in (1.0 - p, p)] == [1000, 0]


@given(weights, penalties)
def test_the_gradient_is_the_complex_step_of_the_loss_and_the_intercept_is_free(w, penalty):
    _, X, y = class_of(40)
    gradient = pass_fail_gradient(w, X, y, penalty)
    assert gradient.shape == (3,) and gradient == pytest.approx(slopes(w, X, y, penalty), rel=1e-9, abs=1e-14)
    assert gradient - pass_fail_gradient(w, X, y) == pytest.approx(2 * penalty * w * [0, 1, 1], abs=1e-12)


@pytest.mark.parametrize("penalty", [0, 0.3])
def test_the_curvature_is_a_mean_of_squares_and_below_the_bound(penalty):
    _, X, y = class_of(40)
    assert safe_learning_rate(X, penalty) == pytest.approx(edge(40, penalty))
    for w, v in np.random.default_rng(2).normal(size=(4, 2, 3)):
        _, slope, curvature = along(w, v, X, y, penalty, 2)
        p = sigmoid(X @ w)
        squares = np.mean(p * (1 - p) * (X @ v) ** 2) + 2 * penalty * (v[1:] @ v[1:])
        assert pass_fail_gradient(w, X, y, penalty) @ v == pytest.approx(slope, rel=1e-9)
        assert curvature == pytest.approx(squares, rel=1e-9) and curvature < 2 / edge(40, penalty) * (v @ v)
    # At w = 0 all p(1 - p) are 1/4: without a penalty the bound is reached, so no larger rate is safe by it.
    assert along(np.zeros(3), np.linalg.svd(X)[2][0], X, y, 0, 2)[2] == pytest.approx(2 / edge(40))


@given(weights, weights, st.floats(0, 1), penalties)
def test_the_loss_is_convex_no_chord_runs_below_it(v, w, t, penalty):
    between, *ends = (pass_fail_loss(at, *class_of(40)[1:], penalty) for at in (t * v + (1 - t) * w, v, w))
    assert between <= t * ends[0] + (1 - t) * ends[1] + 1e-12


@given(weights, st.floats(0.01, 0.99), penalties, st.sampled_from([20, 40]))
def test_below_the_safe_rate_the_loss_falls_at_every_step_from_every_start(w, fraction, penalty, n):
    data, rate = (*class_of(n)[1:], penalty), fraction * safe_learning_rate(class_of(n)[1], penalty)
    path = descend(lambda w: pass_fail_gradient(w, *data), w, rate, 10)
    assert path.shape == (11, 3) and path[0].tolist() == w.tolist()
    for before, after in pairwise(path):
        slope = slopes(before, *data)
        assert after == pytest.approx(before - rate * slope, abs=1e-9)
        assert surprise(before, *data) - surprise(after, *data) >= rate * (1 - fraction) * slope @ slope - 1e-12


def test_above_the_edge_at_the_minimum_the_loss_can_rise():
    _, X, y = class_of(40)
    p = sigmoid(X @ newton(X, y))
    curvatures, directions = np.linalg.eigh((X.T * p * (1 - p)) @ X / 40)
    start = newton(X, y) + 1e-3 * directions[:, -1]
    for fraction, rises in ((0.98, False), (1.02, True)):
        path = descend(lambda w: pass_fail_gradient(w, X, y), start, fraction * 2 / curvatures[-1], 10)
        assert [surprise(b, X, y) > surprise(a, X, y) for a, b in pairwise(path)] == [rises] * 10


def test_the_training_is_descent_by_complex_steps_and_arrives_where_newton_does():
    for n, penalty in ((40, 0.0), (20, 0.0), (20, 0.01)):
        assert training(100, penalty, n) == pytest.approx(walk(n, penalty, 100), rel=1e-9, abs=1e-12)
    assert training(1000)[-1] == pytest.approx(fit(40)) and training(200, 0.01)[-1] == pytest.approx(fit(40, 0.01))


def test_the_class_of_20_is_separable_and_its_weights_grow_like_the_logarithm_of_the_steps():
    raw, X, y = class_of(20)
    signed, w = X * np.where(y, 1, -1)[:, None], np.zeros(3)
    for _ in range(100_000):  # the perceptron: it ends only if the students can be separated
        if (signed @ w > 0).all():
            break
        w = w + signed[np.argmin(signed @ w)]
    assert (signed @ w > 0).all()
    scaled = [pass_fail_loss(c * w, X, y) for c in (0.0, 1.0, 2.0, 10.0, 100.0, 1000.0)]
    assert scaled[0] == pytest.approx(np.log(2)) and np.all(np.diff(scaled) < 0) and 0 < scaled[-1] < 1e-100
    path = walk(20, 0.0, 20_000)
    assert np.all(np.diff(path[:, 1]) > 0)
    # Soudry et al. 2018: weights grow like ln(step) times the shortest w whose margins are all at least 1.
    touching = [np.linalg.pinv(rows).sum(axis=1) for k in (1, 2, 3) for rows in combinations(signed, k)]
    shortest = min((w for w in touching if np.all(signed @ w > 1 - 1e-9)), key=np.linalg.norm)
    assert (path[20_000, 1] - path[10_000, 1]) / np.log(2) == pytest.approx(shortest[1] / raw[:, 1].std(), rel=0.02)


def test_the_class_of_40_is_not_separable():
    raw, _, y = class_of(40)
    signed = sympy.Matrix(np.vectorize(sympy.Rational, otypes=[object])(raw * np.where(y, 1, -1)[:, None]))
    # Gordan: a sum of signed rows with positive factors that is zero leaves no w with all margins positive.
    # At the minimum |p - y| are such factors; three of them are corrected so that the sum is zero exactly.
    factors = sympy.Matrix([sympy.Rational(f) for f in np.abs(sigmoid(raw @ fit(40)) - y)])
    factors[:3, 0] -= signed[:3, :].T.LUsolve(signed.T * factors)
    assert min(factors) > 0 and list(signed.T * factors) == [0, 0, 0]


@pytest.mark.parametrize("start", [(0, 0, 0), (2, -3, 1), (-4, 1, 5)])
def test_with_a_penalty_there_is_one_finite_minimum_at_which_as_many_are_expected_to_pass_as_do(start):
    (_, X, y), w = class_of(20), newton(*class_of(20)[1:], 0.01, start)
    assert pass_fail_gradient(w, X, y, 0.01) == pytest.approx([0, 0, 0], abs=1e-12)
    assert fit(20, 0.01) == pytest.approx(back(20) @ w) and probability(X @ w).sum() == pytest.approx(y.sum())


@given(weights, st.floats(0, 3), st.floats(-3, 3))
def test_slopes_of_the_probability_are_complex_steps_and_at_most_a_quarter_of_the_weight(w, hours, attendance):
    w = w / 2  # logits of at most 15, so that 1 - p keeps its digits
    p, *told = probability_slopes(w, hours, attendance)
    exact = sigmoid(w @ [[1, 1], [hours + 1e-20j, hours], [attendance, attendance + 1e-20j]])
    assert p == pytest.approx(exact[0].real) and told == pytest.approx(exact.imag / 1e-20)
    assert np.all(np.abs(told) <= np.abs(w[1:]) / 4)
    later = probability_slopes(w, hours + 1, attendance)[0]
    assert later / (1 - later) == pytest.approx(np.exp(w[1]) * p / (1 - p))


def test_the_exercises_and_the_algebra_of_the_page_are_right():
    odds = Fraction(1, 2) * 4**2
    assert (odds, odds / (odds + 1)) == (8, Fraction(8, 9))
    assert near([np.exp(fit(40)[1]), fit(40)[1] / 4], 2, 2) == [4, 0.35]
    p, q, z, x, w = sympy.symbols("p q z x w", real=True)
    c, m = sympy.symbols("c m", positive=True)
    assert sympy.solve(sympy.diff(p * (1 - p), p)) == [sympy.Rational(1, 2)]
    sigma = 1 / (1 + sympy.exp(-z))
    for y in (0, 1):
        one = sympy.log(1 + sympy.exp((1 - 2 * y) * z))
        assert sympy.simplify(sympy.diff(one, z) - (sigma - y)) == 0
        assert sympy.simplify(sympy.diff(one.subs(z, x * w), w, 2) - (x**2 * sigma * (1 - sigma)).subs(z, x * w)) == 0
    term = sympy.log(1 + sympy.exp(-c * m))
    assert sympy.simplify(sympy.diff(term, c) + m / (1 + sympy.exp(c * m))) == 0 and sympy.limit(term, c, sympy.oo) == 0
    assert sympy.solve(p - 4 * (1 - p), p) == [sympy.Rational(4, 5)]
    # A thousand calibrated students: of those with p, a share of p passes. Their mean cost is an integral.
    cost = sympy.integrate(p, (p, 0, q)) + sympy.integrate(4 * (1 - p), (p, q, 1))
    told, tried = (np.arange(1000) + 0.5) / 1000, np.linspace(0, 1, 11)
    costs = [warning_cost(t, told, told) for t in tried]
    assert costs == pytest.approx([float(cost.subs(q, t)) for t in tried], abs=1e-5) and np.argmin(costs) == 8
    # One at the threshold is not warned.
    kinds = [(0.5, 0.0), (0.5, 1.0), (0.4, 0.0), (0.4, 1.0)]
    assert [warning_cost(0.5, np.array([p]), np.array([y])) for p, y in kinds] == [4, 0, 0, 1]


@pytest.mark.parametrize("step", [1, 10, 500])
def test_the_boundary_lines_are_where_the_probability_is_10_50_and_90_percent(step):
    left, right = (figure_boundary(step) if step < 500 else figure_boundary()).axes
    (raw, _, y), w = class_of(40), walk(40, 0.0, 1000)[step]
    *lines, passed, failed, cut = left.lines
    for line, p, style in zip(lines, (0.1, 0.5, 0.9), (":", "-", "--"), strict=True):
        h, a = line.get_data()
        assert sigmoid(w @ [h**0, h, a]) == pytest.approx(p * h**0) and h.tolist() == [0, 10]
        assert line.get_label() == f"{100 * p:.0f}%" and line.get_linestyle() == style
    for line, marker, rows in ((passed, "o", raw[y]), (failed, "X", raw[~y])):
        assert np.transpose(line.get_data()).tolist() == rows[:, 1:].tolist() and line.get_marker() == marker
    h, p = right.lines[0].get_data()
    assert (h[0], h[-1]) == (0, 10) and len(h) > 50 and p == pytest.approx(sigmoid(w @ [h**0, h, 70 * h**0]))
    assert list(cut.get_ydata()) == [70, 70] and cut.get_color() == right.lines[0].get_color()
    assert left.get_ylim()[0] < min(raw[:, 2]) and max(raw[:, 2]) < left.get_ylim()[1]
    assert [left.get_xlabel(), left.get_ylabel()] == ["hours studied", "attendance (%)"]
    assert [right.get_xlabel(), right.get_ylabel()] == ["hours studied", "probability at 70 %"]
    assert figure_boundary.slider[0] == "step"
    assert figure_boundary.slider[1] == sorted(figure_boundary.slider[1]) and figure_boundary.slider[1][-1] == 500


def test_the_weight_without_end_and_the_steeper_curves_are_those_of_the_descent():
    left, right = figure_without_end().axes
    path = walk(20, 0.0, 20_000)
    told = {"no penalty": path, "penalty 0.01": np.vstack([walk(20, 0.01, 1000), np.tile(fit(20, 0.01), (19_000, 1))])}
    assert (left.get_xscale(), *left.get_xlim()) == ("log", 1, 20_000)
    assert [left.get_xlabel(), left.get_ylabel()] == ["step", "weight (per hour)"]
    assert [right.get_xlabel(), right.get_ylabel()] == ["hours studied", "probability at 70 %"]
    for line, (name, weight) in zip(left.lines, told.items(), strict=True):
        steps, per_hour = line.get_data()
        assert (line.get_label(), steps[0], steps[-1]) == (name, 1, 20_000) and np.all(np.diff(steps) > 0)
        assert per_hour == pytest.approx(weight[steps, 1], rel=1e-6)
    for line, step in zip(right.lines, (10, 100, 20_000), strict=True):
        h, p = line.get_data()
        assert p == pytest.approx(sigmoid(path[step] @ [h**0, h, 70 * h**0]), abs=1e-9)
        assert line.get_label() == f"{step:,} steps" and (h[0], h[-1]) == (0, 10) and len(h) > 100


def test_the_table_of_the_training_counts_those_on_the_right_side(printed):
    raw, _, y = class_of(40)
    _, *rows, last = printed(
        print_training,
        "step intercept per hour per percent loss (nats) right",
        "# #.000 #.0000 #.0000 #.0000 #.0%",
        "safe learning rates end at #.00; taken: #.00",
    )
    for row, step in zip(rows, (0, 1, 2, 10, 100, 500, 1000), strict=True):
        w = walk(40, 0.0, 1000)[step]
        right = sum((z > 0) == label for z, label in zip(raw @ w, y, strict=True))
        assert row == near([step, *w, surprise(w, raw, y), 100 * right / 40], 9, 3, 4, 4, 4, 1)
    losses, shares = np.transpose(rows)[4:]
    assert losses[2] > losses[3] and (shares[2] - shares[3]) * 40 == 100  # from step 2 to 10 one student more is wrong
    assert last == near([edge(40), 0.75 * edge(40)], 2, 2)


def test_the_printed_slopes_are_complex_steps_and_the_plane_leaves_zero_to_one(printed):
    _, *rows, last = printed(
        print_slopes_of_probability,
        "hours probability odds slope per hour per percent with an hour more",
        "# #.0000 #.000 #.0000 #.0000 #.0000",
        "an hour multiplies the odds by #.00, a percentage point by #.000",
    )
    w, i = fit(40), 1e-20j
    for row, h in zip(rows, (2, 4, 5, 6, 8), strict=True):
        p, q, later = sigmoid(w @ [[1, 1, 1], [h + i, h, h + 1], [70, 70 + i, 70]])
        told = [h, p.real, np.exp(w @ [1, h, 70]), p.imag / 1e-20, q.imag / 1e-20, later.real]
        assert row == near(told, 9, 4, 3, 4, 4, 4)
    assert last == near(np.exp(w[1:]), 2, 3)
    raw, _, y = class_of(40)
    rows = printed(print_plane, "#.0 hours, # %: plane #.000, logistic regression #.00000")
    for row, (h, a) in zip(rows, ((0.5, 50), (5, 70), (9.5, 95)), strict=True):
        plane = np.linalg.solve(raw.T @ raw, raw.T @ y) @ [1, h, a]
        assert row == near([h, a, plane, sigmoid(fit(40) @ [1, h, a])], 9, 9, 3, 5)
    assert rows[0][2] < 0 and rows[-1][2] > 1


def test_the_printed_calibration_and_costs_are_counted_one_by_one(printed):
    raw, _, y = class_of(100_000, 1)
    together = list(zip(sigmoid(raw @ fit(40)).tolist(), y.tolist(), strict=True))
    losses, right, *rows = printed(
        print_on_new_students,
        "loss on the #: #.000 nats, on new students: #.000 nats",
        "right on new students: #.0%",
        "told #% to #%: mean told #.0%, passed #.0%",
    )
    assert losses == near([40, surprise(fit(40), *class_of(40)[::2]), surprise(fit(40), raw, y)], 9, 3, 3)
    assert right == near([sum((p > 0.5) == label for p, label in together) / 1000], 1)
    for row, low in zip(rows, (0, 20, 40, 60, 80), strict=True):
        these = [pair for pair in together if low <= 100 * pair[0] < low + 20]
        assert row == near([low, low + 20, *100 * np.sum(these, axis=0) / len(these)], 9, 9, 1, 1)
    costs = printed(print_warnings, "warn below #%: mean cost #.00000")
    for row, threshold in zip(costs, (20, 50, 70, 80, 90, 99), strict=True):
        bills = (label if 100 * p < threshold else 4 * (not label) for p, label in together)
        assert row == near([threshold, sum(bills) / 100_000], 9, 5)
    assert min(costs, key=lambda row: row[1])[0] == 80


def test_the_printed_growth_is_that_of_the_descent_a_penalty_ends_it_and_the_best_is_in_between(printed):
    raw, X, y = class_of(20)
    title, _, *rows = printed(
        print_separable,
        "without penalty penalty #.00",
        "step per hour loss (nats) per hour loss with penalty (nats)",
        "# #.000 #.000000 #.0000 #.000000",
    )
    assert title == [0.01]
    for row, step in zip(rows, (10, 100, 1000, 10_000, 20_000), strict=True):
        w, v = walk(20, 0.0, 20_000)[step], walk(20, 0.01, 1000)[min(step, 1000)]
        full = surprise(np.linalg.solve(back(20), v), X, y, 0.01)
        assert row == near([step, w[1], surprise(w, raw, y), v[1], full], 9, 3, 6, 4, 6)
    title, *rows = printed(
        print_penalties,
        "penalty per hour loss on the # on new students (nats) right",
        "#.0000 #.000 #.0000 #.0000 #.0%",
    )
    assert title == [20]
    new, _, passed = class_of(100_000, 1)
    for row, penalty in zip(rows, (0, 0.0001, 0.001, 0.01, 0.1, 1), strict=True):
        w = fit(20, penalty) if penalty else walk(20, 0.0, 20_000)[5000]
        right = sum((z > 0) == label for z, label in zip((new @ w).tolist(), passed.tolist(), strict=True))
        told = [penalty, w[1], surprise(w, raw, y), surprise(w, new, passed), right / 1000]
        assert row == near(told, 9, 3, 4, 4, 1)
    seen, unseen, shares = np.transpose(rows)[2:]
    assert np.all(np.diff(seen) > 0) and np.argmin(unseen) == 2 and shares[0] == max(shares)
