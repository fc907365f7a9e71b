import math
import re

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.layers.through_time import (
    cell_gradients,
    exam_loss,
    figure_growth,
    figure_worth,
    in_words,
    knowledge,
    print_cut,
    print_keeping,
    print_remembered,
    print_transient,
    random_cell,
    remembered,
    run_cell,
    sizes_back,
    weekly_students,
)

seeds = st.integers(0, 999)


def unrolled(X, W, U, h):
    for x in X:
        h = anp.tanh(anp.dot(h, W) + anp.dot(x, U))
    return h


@given(seeds)
def test_the_slopes_of_a_cell_are_those_of_autograd(seed):
    rng = np.random.default_rng(seed)
    X, W, U, G = rng.normal(size=(5, 3, 2)), rng.normal(size=(4, 4)), rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    states = run_cell(X, W, U)
    loss = lambda W, U: anp.sum(G * unrolled(X, W, U, np.zeros((3, 4))))
    assert states.shape == (6, 3, 4) and states[-1] == pytest.approx(unrolled(X, W, U, np.zeros((3, 4))))
    for at, slope in enumerate(cell_gradients(states, X, W, U, G)):
        assert slope == pytest.approx(autograd.grad(loss, at)(W, U), abs=1e-9)


@given(seeds, st.integers(0, 7))
def test_a_walk_that_is_cut_takes_the_earlier_state_for_a_constant(seed, cut):
    rng = np.random.default_rng(seed)
    X, W, U, G = rng.normal(size=(5, 3, 2)), rng.normal(size=(4, 4)), rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    states = run_cell(X, W, U)
    begin = max(0, 5 - cut)
    loss = lambda W, U: anp.sum(G * unrolled(X[begin:], W, U, states[begin])) + 0 * anp.sum(W) + 0 * anp.sum(U)
    for at, slope in enumerate(cell_gradients(states, X, W, U, G, cut)):
        assert slope == pytest.approx(autograd.grad(loss, at)(W, U), abs=1e-9)


@pytest.mark.counted
def test_two_steps_by_hand():
    X, W, U = np.array([[[1.0]], [[0.0]]]), np.array([[0.5]]), np.array([[2.0]])
    states = run_cell(X, W, U)
    first, last = math.tanh(2), math.tanh(0.5 * math.tanh(2))
    assert states.ravel() == pytest.approx([0, first, last])
    dW, dU = cell_gradients(states, X, W, U, np.ones((1, 1)))
    assert dW == pytest.approx((1 - last**2) * first) and dU == pytest.approx((1 - last**2) * 0.5 * (1 - first**2))
    dW, dU = cell_gradients(states, X, W, U, np.ones((1, 1)), cut=1)
    assert dW == pytest.approx((1 - last**2) * first) and dU == 0


@given(st.floats(0, 1.2))
def test_the_slope_of_forgetting_is_that_of_autograd_of_the_best_line(w):
    hours, marks = weekly_students()

    def loss(w):
        h = 0.0
        for x in hours.T:
            h = w * h + x
        # What a line cannot explain, without fitting one.
        away, told = h - anp.mean(h), marks - np.mean(marks)
        return anp.mean(told**2) - anp.mean(away * told) ** 2 / anp.mean(away**2)

    value, slope = exam_loss(hours, marks, w)
    assert value == pytest.approx(loss(w)) and slope == pytest.approx(autograd.grad(loss)(w), rel=1e-6, abs=1e-6)
    worth = w ** np.arange(11, -1, -1) if w else np.eye(12)[11]
    assert knowledge(hours, w)[-1] == pytest.approx(hours @ worth) and knowledge(hours, w).shape == (13, 40)


def test_the_students_forget_a_fifth_a_week():
    hours, marks = weekly_students(4000)
    X = np.column_stack([np.ones(4000), hours])
    found, squares, _, _ = np.linalg.lstsq(X, marks, rcond=None)
    assert found[0] == pytest.approx(20, abs=0.5) and found[1:] == pytest.approx([2 * 0.8 ** (11 - k) for k in range(12)], abs=0.05)
    assert math.sqrt(squares[0] / 3987) == pytest.approx(2, rel=0.05) and (hours.min() >= 0) and (9.9 < hours.max() <= 10)
    assert weekly_students()[0].shape == (40, 12)


@given(st.sampled_from([0.5, 0.9, 1.0, 1.3]))
def test_slopes_without_bend_grow_by_the_radius_a_step_in_the_long_run(radius):
    W = random_cell(radius)
    roots = np.roots(np.poly(W))  # of the characteristic polynomial, not by the routine for eigenvalues
    assert np.abs(roots).max() == pytest.approx(radius, rel=1e-3)
    sizes = sizes_back(W, np.ones((400, 16)))
    assert sizes.shape == (401,) and (sizes[400] / sizes[200]) ** (1 / 200) == pytest.approx(radius, rel=0.01)


def test_sizes_back_are_those_of_the_product_of_jacobians():
    W, slopes = random_cell(0.9), np.random.default_rng(5).uniform(0.2, 1, (3, 16))
    g = np.random.default_rng(2).normal(0, 1, 16)
    product = np.eye(16)
    for k, slope in enumerate(slopes[::-1], 1):
        product = product @ np.diag(slope) @ W.T
        assert sizes_back(W, slopes)[k] == pytest.approx(np.sqrt(np.mean((g @ product) ** 2)))
    assert sizes_back(W, slopes)[0] == pytest.approx(np.sqrt(np.mean(g**2)))


def test_the_sign_explains_two_over_pi_of_the_variance():
    mean = mpmath.quad(lambda x: x * mpmath.npdf(x), [0, mpmath.inf]) / mpmath.mpf(0.5)
    assert float(mean**2) == pytest.approx(2 / math.pi) and float(mean) == pytest.approx(math.sqrt(2 / math.pi))


def test_a_network_that_tells_the_sign_tells_two_over_pi():
    shares = [remembered(20, 1.0, seed=seed)[0] for seed in range(3)]
    assert np.mean(shares) == pytest.approx(2 / math.pi, abs=0.08)


def test_exercises_one_and_two_and_the_example_in_words():
    w = sympy.Symbol("w")
    h = 0
    for x in (4, 2, 6):
        h = w * h + x
    half = sympy.Rational(1, 2)
    assert sympy.expand(h) == 4 * w**2 + 2 * w + 6 and sympy.diff(h, w).subs(w, half) == 6 and h.subs(w, half) == 8
    assert knowledge(np.array([[4.0, 2, 6]]), 0.5).ravel().tolist() == [0, 4, 4, 8]
    assert 2 ** (-1 / 10) == pytest.approx(0.933, abs=5e-4) and round(math.log(2) / -math.log(0.99)) == 69


# What is printed and drawn


def test_descent_finds_what_is_kept(capsys, numbers):
    print_keeping()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    hours, marks = weekly_students()
    w, path = 0.3, []
    for _ in range(301):
        path.append(w)
        w = w - 1e-4 * exam_loss(hours, marks, w)[1]
    for step, kept, error in rows:
        assert [kept, error] == pytest.approx([path[int(step)], exam_loss(hours, marks, path[int(step)])[0]], abs=6e-3)
    best = min(np.linspace(0.7, 0.9, 2001), key=lambda w: exam_loss(hours, marks, w)[0])
    assert rows[-1][1] == pytest.approx(best, abs=1e-3) and abs(best - 0.8) < 0.03


def test_what_is_remembered_is_what_the_slopes_allow(capsys, numbers):
    print_remembered()
    head, *lines = capsys.readouterr().out.splitlines()
    table = {int(line[:5]): re.findall("all|nothing|the sign|some", line) for line in lines}
    assert head.split() == ["steps", "radius", "0.5", "radius", "0.7", "radius", "1"]
    assert table == {2: ["all"] * 3, 20: ["nothing", "the sign", "the sign"], 40: ["nothing", "nothing", "the sign"]}
    for line in lines:
        distance, *first = numbers(line)
        for radius, told in zip((0.5, 0.7, 1.0), first, strict=True):
            rng = np.random.default_rng(0)
            W = radius * np.linalg.qr(rng.normal(0, 1, (8, 8)))[0]
            U, V = rng.normal(0, 0.5, (1, 8)), rng.normal(0, 0.3, (8, 1))
            X = np.zeros((int(distance) + 1, 50, 1))
            X[0] = rng.normal(0, 1, (50, 1))
            loss = lambda U: anp.mean((anp.dot(unrolled(X, W, U, np.zeros((50, 8))), V) - X[0]) ** 2)
            assert told == pytest.approx(np.linalg.norm(autograd.grad(loss)(U)), rel=0.5)
            assert told < 3 * radius**distance  # what the radius allows


def test_cut_off_it_is_blind_to_the_number_but_learns_to_keep_what_is_there(capsys):
    print_cut()
    assert capsys.readouterr().out.splitlines() == [
        "radius 0.7: first slope by U 0, after 40 steps it tells nothing",
        "radius 1.0: first slope by U 0, after 40 steps it tells the sign",
    ]


@pytest.mark.parametrize("share, word", [(-0.2, "nothing"), (0.05, "nothing"), (0.3, "some"), (0.64, "the sign"), (0.8, "some"), (0.99, "all")])
def test_words_for_shares(share, word):
    assert in_words(share) == word


def test_a_vector_grows_first_and_fades_later(capsys, numbers):
    print_transient()
    radius, *lines = capsys.readouterr().out.splitlines()
    W = sympy.Matrix([[sympy.Rational(9, 10), 5], [0, sympy.Rational(9, 10)]])
    assert set(W.eigenvals()) == {sympy.Rational(9, 10)} and numbers(radius)[-1] == 0.9
    lengths = {k: float((W**k * sympy.Matrix([1, 1])).norm()) for k in (*range(31), 60, 120)}
    for line in lines:
        step, length = numbers(line)
        assert length == pytest.approx(lengths[int(step)], abs=6e-4)
    assert max(range(31), key=lengths.get) == 9 and lengths[30] > lengths[0] > lengths[60]
    assert lengths[9] / lengths[0] == pytest.approx(14, abs=0.1)


@pytest.mark.parametrize("w", [0.5, 1.1])
def test_the_bars_are_slopes_of_the_final_knowledge(w):
    (ax,) = figure_worth(w).axes
    hours = np.random.default_rng(3).uniform(0, 10, (1, 12))
    for week, bar in enumerate(ax.patches):
        more = hours + 1.0 * (np.arange(12) == week)
        assert bar.get_height() == pytest.approx((knowledge(more, w) - knowledge(hours, w))[-1, 0])
        assert bar.get_x() + bar.get_width() / 2 == pytest.approx(week + 1)
    assert ax.get_title() == f"an hour of the first week: {w**11:.4f}"


@pytest.mark.parametrize("radius", [0.5, 1.5, 3])
def test_dots_run_along_the_power_and_crosses_fade_but_not_with_large_weights(radius):
    (ax,) = figure_growth(radius).axes
    power, plain, bent = (line.get_ydata() for line in ax.lines)
    assert power == pytest.approx([float(radius) ** k for k in range(41)])
    W = random_cell(radius)
    assert plain == pytest.approx(sizes_back(W, np.ones((40, 16))))
    X = np.random.default_rng(1).normal(0, 0.3, (40, 1, 16))
    h, slopes = np.zeros((1, 16)), []
    for x in X:
        h = np.tanh(h @ W + x)
        slopes.append(1 - h[0] ** 2)
    assert bent == pytest.approx(sizes_back(W, np.array(slopes)), rel=1e-6)
    assert bent[40] < plain[40] and 0.02 < plain[40] / power[40] < 50 and (bent[40] > 100 if radius == 3 else bent[40] < 1)
    assert [line.get_linestyle() == "-" for line in ax.lines] == [True, False, False]
