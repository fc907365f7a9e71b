import math

import mpmath
import numpy as np
import pytest
import scipy.optimize
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Lasso

from snippets.optimisers.subgradients import (
    centred_hours,
    descend,
    descend_shrinking,
    figure_absolute,
    figure_fan,
    figure_threshold,
    mean_distance,
    mean_distance_slope,
    nearest_line,
    print_all_zero,
    print_convention,
    print_hovering,
    print_two_ways,
    print_uphill,
    print_zeros,
    promised_kinked,
    proximal,
    relu_slope,
    smallest_that_clears,
    soft_threshold,
    squares_slope,
    three_features,
)


@given(st.floats(-3, 3))
def test_the_subgradients_at_a_kink_lie_between_the_slopes_of_its_branches(slope):
    for f, low, high in ((abs, -1, 1), (lambda w: max(0, w), 0, 1)):
        below = all(slope * w <= f(w) for w in np.linspace(-2, 2, 21))
        assert below == (low <= slope <= high)


def test_on_a_straight_slope_shrinking_steps_add_up_to_a_zeta_like_sum():
    path = descend_shrinking(lambda w: np.ones(1), np.zeros(1), 0.5, 400)
    assert path.shape == (401, 1)
    assert path[-1, 0] == pytest.approx(-0.5 * float(mpmath.zeta(0.5) - mpmath.zeta(0.5, 401)))


@given(st.integers(0, 999), st.sampled_from([4, 16, 100]))
def test_the_best_point_keeps_the_promise_at_kinks(seed, k):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(6, 3))
    loss = lambda W: np.max(np.abs(W @ A.T), axis=-1)  # least, 0, at zero
    slope = lambda w: np.sign(w @ A[(i := np.argmax(np.abs(A @ w)))]) * A[i]
    start, G = rng.normal(size=3), np.linalg.norm(A, axis=1).max()
    far = np.linalg.norm(start)
    path = descend(slope, start, far / (G * math.sqrt(k)), k)
    assert loss(path[:-1]).min() <= promised_kinked(G, far, k) + 1e-12


@pytest.mark.parametrize("rate", [0.1, 0.7, 2.0])
def test_the_mean_of_what_is_left_pays_for_the_distance(rate):
    A = np.random.default_rng(5).normal(size=(6, 3))
    loss = lambda W: np.max(np.abs(W @ A.T), axis=-1)
    slope = lambda w: np.sign(w @ A[(i := np.argmax(np.abs(A @ w)))]) * A[i]
    path, G = descend(slope, np.ones(3), rate, 50), np.linalg.norm(A, axis=1).max()
    assert np.mean(loss(path[:-1])) <= 3 / (2 * rate * 50) + rate * G**2 / 2


def test_for_one_step_on_a_cone_the_promise_is_exact():
    G, start = 3.0, np.array([0.6, 0.8]) * 5
    assert G * np.linalg.norm(start) == pytest.approx(promised_kinked(G, 5.0, 1))


def test_the_rate_that_promises_most_by_sympy():
    rate, G, D, k = sympy.symbols("rate G D k", positive=True)
    promise = D / (2 * rate * k) + rate * G**2 / 2
    (best,) = sympy.solve(sympy.diff(promise, rate), rate)
    assert sympy.simplify(best - sympy.sqrt(D / k) / G) == 0
    assert sympy.simplify(promise.subs(rate, best) - G * sympy.sqrt(D / k)) == 0


@given(st.tuples(st.floats(20, 90), st.floats(-2, 12)), st.tuples(st.floats(20, 90), st.floats(-2, 12)))
def test_the_slope_of_the_mean_distance_is_a_subgradient_no_longer_than_the_mean_length(v, w):
    X, y = centred_hours()
    v, w = np.array(v), np.array(w)
    slope = mean_distance_slope(w)
    assert slope.shape == (2,)
    assert mean_distance(w) == pytest.approx(math.fsum(abs(w[0] + w[1] * x - m) for x, m in zip(X[:, 1], y, strict=True)) / 40)
    assert mean_distance(v) >= mean_distance(w) + slope @ (v - w) - 1e-9
    assert math.hypot(*slope) <= np.mean([math.hypot(1, x) for x in X[:, 1]])


def test_the_nearest_line_is_that_of_a_linear_program():
    X, y = centred_hours()
    # Least sum of t with -t <= X w - y <= t.
    eye = np.eye(40)
    A = np.block([[X, -eye], [-X, -eye]])
    solved = scipy.optimize.linprog(np.r_[0, 0, np.ones(40)], A, np.r_[y, -y], bounds=[(None, None)] * 2 + [(0, None)] * 40)
    assert mean_distance(nearest_line()) == pytest.approx(solved.fun / 40)
    assert nearest_line() == pytest.approx(solved.x[:2], rel=1e-6)


@given(st.floats(-5, 5), st.floats(0, 4))
def test_no_other_weight_is_better_than_the_soft_threshold(a, penalty):
    loss = lambda w: (w - a) ** 2 / 2 + penalty * abs(w)
    best = soft_threshold(a, penalty)
    assert all(loss(best) <= loss(best + step) + 1e-12 for step in np.linspace(-1, 1, 41))
    assert (best == 0) == (abs(a) <= penalty)


def test_the_soft_threshold_takes_arrays_and_keeps_signs():
    assert list(soft_threshold(np.array([3.0, -3.0, 0.5, -0.5]), 1.0)) == [2, -2, 0, 0]


def lasso(penalty):
    """The weights of scikit-learn, whose squared error has a half."""
    X, y = three_features()
    return Lasso(alpha=penalty / 2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(X, y).coef_


@pytest.mark.parametrize("penalty", [0.5, 3.0, 20.0])
def test_step_and_shrink_ends_at_the_lasso_of_scikit_learn(penalty):
    X, y = three_features()
    L = 2 * np.linalg.svd(X, compute_uv=False)[0] ** 2 / 40
    path = proximal(squares_slope, np.zeros(3), L, penalty, 300)
    assert path.shape == (301, 3) and path[-1] == pytest.approx(lasso(penalty), abs=1e-6)
    assert list(path[-1] == 0) == list(np.abs(lasso(penalty)) < 1e-9)
    # As a smooth loss: one over k, and never up.
    total = np.mean((path @ X.T - y) ** 2, axis=1) + penalty * np.abs(path).sum(axis=1)
    k = np.arange(1, 301)
    assert np.all(np.diff(total) <= 1e-9)
    assert np.all(total[1:] - total[-1] <= L * (lasso(penalty) @ lasso(penalty)) / (2 * k) + 1e-6)


def test_the_features_are_standardised_and_their_slope_is_that_of_the_squares():
    X, y = three_features()
    assert X.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-12) and (X**2).mean(axis=0) == pytest.approx(np.ones(3))
    assert y.mean() == pytest.approx(0, abs=1e-12)
    w = np.array([3.0, -1.0, 2.0])
    for i, direction in enumerate(np.eye(3)):
        slope = mpmath.diff(lambda t, d=direction: float(np.mean((X @ (w + float(t) * d) - y) ** 2)), 0, h=1e-4)
        assert squares_slope(w)[i] == pytest.approx(float(slope), rel=1e-5)


@pytest.mark.parametrize("above", [-0.01, 0.01])
def test_all_weights_are_zero_exactly_from_the_largest_slope_on(above):
    penalty = smallest_that_clears(squares_slope, 3) * (1 + above)
    assert np.any(np.abs(lasso(penalty)) > 1e-6) == (above < 0)


def test_at_a_minimum_zero_is_a_subgradient_of_the_three_students_cost():
    cost = lambda m: sum(abs(m - mark) for mark in (50, 60, 80))
    assert [cost(m + 1) - cost(m) for m in (40, 55, 70, 90)] == [-3, -1, 1, 3]
    assert min(range(101), key=cost) == 60


def test_in_exercise_two_the_third_quartile_is_the_fair_price():
    marks = np.arange(1, 101)
    cost = [np.sum(np.where(marks > m, 3 * (marks - m), m - marks)) for m in marks]
    assert np.mean(marks <= marks[np.argmin(cost)]) == 0.75


def test_in_exercise_one_zero_lies_between_the_slopes():
    w = sympy.Symbol("w", real=True)
    slopes = [sympy.limit(sympy.Max(2 * w, -w).subs(w, side * sympy.Symbol("h", positive=True)) / (side * sympy.Symbol("h", positive=True)), sympy.Symbol("h", positive=True), 0) for side in (-1, 1)]
    assert slopes == [-1, 2]


@given(st.tuples(st.floats(-3, 3), st.floats(-3, 3)))
def test_one_two_is_a_subgradient_at_one_zero_and_leads_uphill(v):
    f = lambda x, y: abs(x) + 2 * abs(y)
    assert f(*v) >= f(1, 0) + 1 * (v[0] - 1) + 2 * v[1] - 1e-12


def test_the_chain_rule_with_the_convention_is_wrong_at_the_kink_alone():
    for x in (-2.0, -0.1, 0.1, 2.0):
        assert relu_slope(x) == float(mpmath.diff(lambda t: max(t, mpmath.mpf(0)), x, h=1e-3))
    assert relu_slope(0.0) == 0


# What is printed and drawn


def test_at_a_kink_a_fixed_rate_hovers_and_a_shrinking_one_arrives(capsys, numbers):
    print_hovering()
    rows = [line for line in capsys.readouterr().out.splitlines()[1:]]
    for line, k in zip(rows, (10, 100, 1000), strict=True):
        wide, narrow, shrinking = numbers(line)[1:4]
        assert numbers(line)[0] == k
        places = {rate: [] for rate in (0.3, 0.03, "shrinking", "bowl")}
        for rate, seen in places.items():
            w = 1.0
            for step in range(1, k + 1):
                eta = 0.3 / step**0.5 if rate == "shrinking" else 0.3 if rate == "bowl" else rate
                w = w - eta * (w if rate == "bowl" else math.copysign(1, w))
                if step >= k - k // 10:
                    seen.append(abs(w))
            if k == 10 and step == 10:
                seen.append(abs(w))
        assert [wide, narrow, shrinking] == pytest.approx([max(places[r]) for r in (0.3, 0.03, "shrinking")], abs=6e-5)
        bowl = max(places["bowl"])
        assert numbers(line)[4] == pytest.approx(bowl, abs=6e-5) if k == 10 else line.endswith("below 0.0001") and bowl < 1e-4
        assert shrinking <= 0.3 / math.sqrt(k - k // 10)
    assert wide == 0.2 and narrow == 0.02


@pytest.mark.parametrize("slope, verdicts", [(-0.5, (True, False)), (0.5, (True, True)), (1.5, (False, False))])
def test_the_lines_through_the_kinks_are_judged_rightly(slope, verdicts):
    for ax, below in zip(figure_fan(slope).axes, verdicts, strict=True):
        graph, line = (np.array(drawn.get_data()) for drawn in ax.lines)
        assert line[1] == pytest.approx(slope * line[0]) and bool(np.all(line[1] <= graph[1])) == below
        assert ax.get_title() == f"slope {slope:g}: " + ("nowhere above" if below else "cuts the graph")
        assert graph[1][1] == 0 and ax.lines[1].get_linestyle() == ("-" if below else "--")


def test_the_drawn_absolute_errors_keep_the_promise_and_hover():
    (ax,) = figure_absolute().axes
    promised, wide, narrow, dots = (np.array(line.get_data()) for line in ax.lines)
    X, y = centred_hours()
    best = nearest_line()
    far, G = math.hypot(*best), np.mean([math.hypot(1, x) for x in X[:, 1]])
    assert promised[1] == pytest.approx(G * far / np.sqrt(promised[0]))
    least = np.mean(np.abs(X @ best - y))
    for line, rate in ((wide, 4), (narrow, 0.4)):
        w = np.zeros(2)
        for k in range(1, 101):
            w = w - rate * X.T @ np.sign(X @ w - y) / 40
            if k in line[0]:
                assert line[1][list(line[0]).index(k)] == pytest.approx(np.mean(np.abs(X @ w - y)) - least)
    late = wide[0] > 300
    assert 4 < min(wide[1][late]) < max(wide[1][late]) < 12 and 0.0004 < min(narrow[1][late]) < max(narrow[1][late]) < 0.02
    assert list(dots[0]) == [16, 64, 256, 1024, 4096] and np.all(dots[1] <= G * far / np.sqrt(dots[0]))
    path = descend(mean_distance_slope, np.zeros(2), far / (G * 8), 64)
    assert dots[1][1] == pytest.approx(min(mean_distance(w) for w in path[:-1]) - least)


def test_the_printed_weights_are_those_of_the_lasso(capsys, numbers):
    print_zeros()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [0, 1, 3, 10, 20, 40]
    X, y = three_features()
    for penalty, *weights in rows:
        exact = lasso(penalty) if penalty else np.linalg.lstsq(X, y, rcond=None)[0]
        assert weights == pytest.approx(list(exact), abs=6e-3)
    assert rows[0][3] > 0.5 and rows[2][3] == 0 and rows[2][2] > 0


def test_subgradients_leave_a_weight_that_shrinking_makes_zero(capsys, numbers):
    print_two_ways()
    X, y = three_features()
    L = 2 * np.linalg.svd(X, compute_uv=False)[0] ** 2 / 40
    for row in capsys.readouterr().out.splitlines()[1:]:
        k, rough, exact = numbers(row)
        w, v = np.ones(3), np.ones(3)
        for step in range(1, int(k) + 1):
            w = w - (2 / 40 * X.T @ (X @ w - y) + 3 * np.sign(w)) / (L * math.sqrt(step))
            v = v - 2 / 40 * X.T @ (X @ v - y) / L
            v = np.where(v > 3 / L, v - 3 / L, np.where(v < -3 / L, v + 3 / L, 0))
        assert [rough, exact] == pytest.approx([w[2], v[2]], abs=6e-6)
        assert rough != 0 and (exact == 0) == (k > 3)


def test_the_printed_steps_lead_up_and_nearer(capsys, numbers):
    print_uphill()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    for rate, loss, distance in rows:
        assert loss == pytest.approx(1 + 3 * rate, abs=6e-4) and distance == pytest.approx(abs(complex(1 - rate, 2 * rate)), abs=6e-4)
    assert [row[0] for row in rows] == [0, 0.001, 0.01, 0.1]


def test_the_printed_slope_of_x_is_wrong_at_zero(capsys, numbers):
    print_convention()
    assert [numbers(line.replace("x ", " ")) for line in capsys.readouterr().out.splitlines()] == [[-1, -1, 1], [0, 0, 0], [1, 1, 1]]


def test_the_printed_edge_is_the_largest_slope_at_zero(capsys, numbers):
    print_all_zero()
    first, below, above = capsys.readouterr().out.splitlines()
    X, y = three_features()
    slopes = [-2 * math.fsum(column * y) / 40 for column in X.T]
    assert numbers(first) == pytest.approx([*slopes, max(map(abs, slopes))], abs=6e-3)
    for line, share in ((below, 0.99), (above, 1.01)):
        edge = max(map(abs, slopes)) * share
        assert numbers(line) == pytest.approx([edge, *lasso(edge)], abs=6e-3)
    assert numbers(below)[1] > 0 == numbers(above)[1]


@pytest.mark.parametrize("penalty", [0, 2, 4])
def test_the_star_stands_at_the_lowest_point(penalty):
    (ax,) = figure_threshold(penalty).axes
    total, bowl, star = (np.array(line.get_data()) for line in ax.lines)
    assert bowl[1] == pytest.approx((bowl[0] - 3) ** 2 / 2) and total[1] == pytest.approx(bowl[1] + penalty * np.abs(total[0]))
    assert star[1, 0] <= total[1].min() + 1e-12 and star[0, 0] == max(0, 3 - penalty)
    assert star[1, 0] == pytest.approx((star[0, 0] - 3) ** 2 / 2 + penalty * star[0, 0])
    assert ax.get_title() == f"penalty {penalty} |w|: best at {max(0, 3 - penalty)}"
