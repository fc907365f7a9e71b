import itertools
import math
import re

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.optimisers.stable_training import (
    beginning,
    centred_line,
    clipped,
    critical_batch,
    expected_fall,
    figure_batches,
    figure_edge,
    gradient_flow,
    hessian_by_steps,
    line_gradients,
    line_hessian,
    print_batches,
    print_flow,
    print_typo,
    print_warm_up,
    sharpness,
    tired_loss,
    tired_pair,
    tired_slope,
    tired_students,
    trained,
)

RATES = figure_edge.slider[1]


def of_network(w):
    """The loss of the network, told neuron by neuron, in complex numbers."""
    hours, _, marks = tired_students()
    x, y = (hours - hours.mean()) / hours.std(), (marks - marks.mean()) / marks.std()
    told = w[30] + sum(w[20 + j] * np.tanh(w[j] * x + w[10 + j]) for j in range(10))
    return np.sum((told - y) ** 2) / 40


@given(st.integers(0, 999))
def test_the_gradient_is_that_of_complex_steps_of_the_loss(seed):
    w = np.random.default_rng(seed).normal(size=31)
    exact = [of_network(w + 1e-30j * e).imag / 1e-30 for e in np.eye(31)]
    assert tired_slope(w) == pytest.approx(exact, rel=1e-9, abs=1e-12) and tired_slope(w).shape == (31,)
    assert tired_loss(w) == pytest.approx(of_network(w))


@pytest.mark.counted
def test_the_hessian_is_symmetric_and_that_of_differences_of_the_loss():
    tired_pair.cache_clear()
    w = beginning()
    H = hessian_by_steps(tired_slope, w)
    assert H == pytest.approx(H.T, abs=1e-10) and H.shape == (31, 31)
    for i, j in ((0, 0), (3, 17), (25, 30)):
        e, d, h = np.eye(31)[i], np.eye(31)[j], 1e-4
        corners = [s * t * of_network(w + h * (s * e + t * d)) for s in (1, -1) for t in (1, -1)]
        assert H[i, j] == pytest.approx(sum(corners) / (4 * h * h), rel=1e-3, abs=1e-5)


@given(st.integers(0, 999), st.floats(0.5, 20))
def test_the_sharpness_of_a_bowl_is_its_largest_curvature(seed, largest):
    Q = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    H = Q @ np.diag([largest, 0.3, 0.1, -0.5]) @ Q.T
    assert sharpness(lambda w: H @ w, np.ones(4)) == pytest.approx(largest)


@pytest.mark.parametrize("share, grows", [(0.99, False), (1.01, True)])
def test_on_a_bowl_the_edge_is_two_over_the_sharpness(share, grows):
    H = np.diag([5.0, 1.0])
    path = trained(lambda w: H @ w, np.ones(2), share * 2 / 5, 100)
    assert (abs(path[-1, 0]) > 1) == grows


def test_the_rate_rises_evenly_and_a_walk_that_flies_apart_stands_still():
    path = trained(lambda w: np.ones(1), np.zeros(1), 1.0, 6, warm=4)[:, 0]
    assert -np.diff(path) == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
    assert trained(lambda w: -w, np.ones(1), 9.0, 6)[:, 0] == pytest.approx([1, 10, 100, 1000, 1000, 1000, 1000])
    two = trained(lambda w: np.array([[-1.0], [0.5]]) * w, np.ones((2, 1)), 9.0, 50)
    assert two.shape == (51, 2, 1) and abs(two[-1, 0, 0]) >= 1000


@pytest.mark.parametrize("rate", RATES)
def test_the_sharpness_stays_below_the_edge_or_settles_at_it(rate):
    path = trained(tired_slope, beginning(), rate, 400)
    values = np.array([sharpness(tired_slope, w) for w in path[::8]])
    losses = np.array([tired_loss(w) for w in path])
    assert losses[-1] < 0.17
    if 2 / rate > 9.5:
        assert values.max() < 2 / rate and np.all(np.diff(losses) < 1e-12) and values[-1] > values[0] + 2
    else:
        late = values[13:]  # from step 104 on
        assert np.all(np.abs(late * rate / 2 - 1) < 0.13) and np.any(np.diff(losses) > 0.01)


@given(st.floats(0.2, 3), st.floats(0.1, 2))
def test_the_flow_in_a_bowl_is_an_exponential(curvature, time):
    assert gradient_flow(lambda w: curvature * w, np.ones(1), time, 100)[0] == pytest.approx(math.exp(-curvature * time), rel=1e-5)


def test_the_flow_is_computed_to_fourth_order():
    errors = [abs(gradient_flow(lambda w: w**2, np.ones(1), 1.0, n)[0] - 0.5) for n in (5, 10, 20)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.3) == math.log2(errors[1] / errors[2])


def test_the_corrected_flow_agrees_to_third_order_a_step_by_sympy():
    rate, curvature = sympy.symbols("rate curvature", positive=True)
    step = 1 - rate * curvature
    gaps = [sympy.series(step - sympy.exp(-rate * c), rate, 0, 4).removeO() for c in (curvature, curvature + rate * curvature**2 / 2)]
    assert [sympy.Poly(gap, rate).monoms()[-1][0] for gap in gaps] == [2, 3]
    d = sympy.Symbol("d")
    f = curvature * d**2 / 2
    assert sympy.simplify(sympy.diff(f + rate / 4 * sympy.diff(f, d) ** 2, d, 2) - curvature - rate * curvature**2 / 2) == 0


def test_along_the_flow_the_loss_falls_by_the_squared_slope():
    w = beginning()
    later = gradient_flow(tired_slope, w, 1e-4, 4)
    assert (tired_loss(later) - tired_loss(w)) / 1e-4 == pytest.approx(-np.sum(tired_slope(w) ** 2), rel=1e-2)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_expected_fall_is_the_mean_over_all_draws(size):
    rng = np.random.default_rng(1)
    A = rng.normal(size=(2, 2))
    H, w = A @ A.T + np.eye(2), rng.normal(size=2)
    shifts = rng.normal(size=(4, 2))
    shifts = shifts - shifts.mean(axis=0)
    gradients = H @ w + shifts  # of four examples; their mean loss is w'Hw/2
    loss = lambda w: w @ H @ w / 2
    for rate in (0.1, 0.4):
        falls = [loss(w) - loss(w - rate * np.mean(draw, axis=0)) for draw in itertools.product(gradients, repeat=size)]
        assert expected_fall(gradients, H, rate, size) == pytest.approx(np.mean(falls))


@given(st.floats(0.1, 50))
def test_at_the_best_rate_the_share_is_one_over_one_plus_the_critical_batch_over_the_batch(size):
    gradients, H = line_gradients(np.array([40.0, 1.0])), line_hessian()
    rates = np.linspace(0, 0.5, 100_001)
    best = lambda B: max(expected_fall(gradients, H, rates, B))
    share = 1 / (1 + critical_batch(gradients, H) / size)
    assert best(size) / best(1e12) == pytest.approx(share, rel=1e-3)


def test_the_gradients_of_the_line_and_their_hessian():
    X, y = centred_line()
    w = np.array([50.0, 2.0])
    mean = lambda w: np.mean((X @ w - y) ** 2)
    for i, e in enumerate(np.eye(2)):
        assert line_gradients(w).mean(axis=0)[i] == pytest.approx((mean(w + 1e-4 * e) - mean(w - 1e-4 * e)) / 2e-4, rel=1e-6)
    assert line_hessian() == pytest.approx(2 * np.cov(X.T, bias=True) + 2 * np.outer(X.mean(axis=0), X.mean(axis=0)))
    assert line_gradients(w).shape == (40, 2)


@pytest.mark.parametrize("longest", [0, -1.0, math.nan])
def test_a_clip_to_no_length_is_refused(longest):
    with pytest.raises(ValueError, match="must be positive"):
        clipped(np.ones(2), longest)


def test_exercise_three_steps_and_examples():
    size, critical = sympy.symbols("size critical", positive=True)
    steps = 1 + critical / size
    assert sympy.expand(steps * size) == size + critical
    assert steps.subs(size, critical) == 2 and (steps * size).subs(size, critical) == 2 * critical
    rate = lambda B: 1 / (1 + critical / B)
    assert sympy.simplify(rate(2 * critical) / rate(critical)) == sympy.Rational(4, 3)


# What is printed and drawn


def test_the_printed_distances_from_both_flows_have_orders_one_and_two(capsys, numbers):
    print_flow()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[1] for row in rows] == [50, 100, 200, 400] and [row[0] * row[1] for row in rows] == [1] * 4
    for coarse, fine in zip(rows, rows[1:], strict=False):
        assert coarse[2] / fine[2] == pytest.approx(2, abs=0.06) and coarse[3] / fine[3] == pytest.approx(4, abs=0.06)
    w = beginning()
    for _ in range(4000):  # the flow by tiny steps, corrected for their first order
        w = w - tired_slope(w) / 4000
    v = beginning()
    for _ in range(2000):
        v = v - tired_slope(v) / 2000
    end = beginning()
    for _ in range(50):
        end = end - tired_slope(end) / 50
    assert rows[0][2] == pytest.approx(np.linalg.norm(end - (2 * w - v)), rel=1e-3)


def test_only_a_slow_warm_up_saves_most_walks(capsys, numbers):
    print_warm_up()
    first, _, *rows = capsys.readouterr().out.splitlines()
    starts = [np.random.default_rng(s).normal(size=31) * np.r_[np.ones(30), 0] for s in range(20)]
    sharp = [np.linalg.eigvalsh(hessian_by_steps(tired_slope, w)).max() for w in starts]
    assert numbers(first) == [round(min(sharp)), round(max(sharp)), round(float(np.median(sharp)))]
    assert [numbers(row)[0] for row in rows] == [0.2, 0.3]
    for row, expected in zip(rows, ((20, 20, 20), (3, 4, 17)), strict=True):
        rate, edge, *_ = numbers(row)
        assert edge == pytest.approx(2 / rate, abs=0.06)
        told = [part.strip() for part in re.split("   +", row.strip())[2:]]
        for warm, words, about in zip((0, 100, 300), told, expected, strict=True):
            w = np.array(starts)
            for step in range(1, warm + 401):
                going = (np.abs(w) < 1000).all(axis=1)
                w[going] = w[going] - rate * (min(1, step / warm) if warm else 1) * tired_slope(w[going])
            alive = np.sum((np.abs(w) < 1000).all(axis=1))
            assert abs(alive - about) <= (3 if about < 20 else 0)
            assert words == {20: "all", 3: "fewer than 9", 4: "fewer than 9", 17: "more than 12"}[about]


def test_the_printed_batches_are_those_of_the_traces(capsys, numbers):
    print_batches()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    X, y = centred_line()
    best = np.linalg.solve(X.T @ X, X.T @ y)
    assert [row[0] for row in rows] == [100, 30, 10, 2]
    for left, critical, rate_one, rate_all, fall_one, fall_all in rows:
        w = best * (1 - left / 100)
        g = 2 / 40 * X.T @ (X @ w - y)
        H = X.T @ X / 20
        noise = np.mean([(2 * (x @ w - m) * x - g) @ H @ (2 * (x @ w - m) * x - g) for x, m in zip(X, y, strict=True)])
        assert critical == pytest.approx(noise / (g @ H @ g), abs=0.06)
        assert rate_one == pytest.approx(g @ g / (g @ H @ g + noise), abs=6e-5) and rate_all == pytest.approx(g @ g / (g @ H @ g), abs=6e-4)
        assert fall_one == pytest.approx((g @ g) ** 2 / 2 / (g @ H @ g + noise), abs=6e-6)
        assert fall_all == pytest.approx((g @ g) ** 2 / 2 / (g @ H @ g), abs=6e-3)


def test_one_wrong_mark_throws_the_line_and_a_clip_holds_it(capsys, numbers):
    print_typo()
    right, wrong, held, price = [numbers(line.replace("never", "0")) for line in capsys.readouterr().out.splitlines()[1:]]
    X, y = centred_line()
    best = np.linalg.solve(X.T @ X, X.T @ y)
    for row, factor, longest in ((right, 1, 1e9), (wrong, 100, 1e9), (held, 100, 300), (price, 1, 300)):
        w, seen = np.zeros(2), []
        for k, (x, mark) in enumerate(zip(X, y, strict=True)):
            g = 2 * (x @ w - mark * (factor if k == 30 else 1)) * x
            w = w - 0.02 * g / max(1, math.hypot(*g) / longest)
            seen.append(math.hypot(*(w - best)))
        assert row[-3:] == pytest.approx([seen[29], seen[30], seen[-1]], abs=6e-3)
    assert wrong[-2] > 20 * wrong[-3] and held[-1] < right[-1] + 6 < wrong[-1] / 10 and price[-1] > right[-1]


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_the_drawn_sharpness_is_that_along_the_walk(rate):
    left, right = figure_edge(rate).axes
    curve, edge = (np.array(line.get_data()) for line in left.lines)
    (error,) = (np.array(line.get_data()) for line in right.lines)
    w = beginning()
    for k in range(0, 17):
        if k % 8 == 0:
            assert curve[1][k // 8] == pytest.approx(np.linalg.eigvalsh(hessian_by_steps(tired_slope, w)).max())
        assert error[1][k] == pytest.approx(of_network(w))
        w = w - rate * tired_slope(w)
    assert list(curve[0]) == list(range(0, 401, 8)) and len(error[1]) == 401
    assert list(edge[1]) == pytest.approx([2 / rate] * 2)


def test_the_dots_stand_at_half_the_fall_and_the_critical_batch():
    (ax,) = figure_batches().axes
    X, y = centred_line()
    best = np.linalg.solve(X.T @ X, X.T @ y)
    curves, dots = ax.lines[::2], ax.lines[1::2]
    for curve, dot, left in zip(curves, dots, (1.0, 0.1, 0.02), strict=True):
        critical = critical_batch(line_gradients((1 - left) * best), line_hessian())
        sizes, shares = curve.get_data()
        assert shares == pytest.approx(sizes / (sizes + critical)) and curve.get_label() == f"{left:.0%} of the way left"
        assert [dot.get_xdata()[0], dot.get_ydata()[0]] == pytest.approx([critical, 0.5])
    assert [round(dot.get_xdata()[0]) for dot in dots[:2]] == [19, 61] and dots[2].get_xdata()[0] > 2000
