import itertools
import math

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.networks.differentiating_programs import (
    Forward,
    Traced,
    back_by_halves,
    careful,
    careless,
    chosen,
    figure_memory,
    hessian_times,
    log1pexp,
    long_loop,
    next_state,
    print_halves,
    print_kept,
    print_thousand_orders,
    print_told,
    print_valley,
    print_where,
    root,
    stop,
    traced_slopes,
    valley,
    walk_back_kept,
    whole_newton_step,
    with_rule,
)

small = st.floats(-3, 3)
X, Y = sympy.symbols("x y")
EXACT = (1 - X) ** 2 + 100 * (Y - X**2) ** 2


@given(small, small)
def test_slopes_are_those_of_sympy(x, y):
    value, slopes = traced_slopes(valley, [x, y])
    at = {X: sympy.Rational(x), Y: sympy.Rational(y)}
    assert value == pytest.approx(float(EXACT.subs(at)), abs=1e-9)
    assert slopes == pytest.approx([float(sympy.diff(EXACT, v).subs(at)) for v in (X, Y)], rel=1e-9, abs=1e-9)


@given(small, small, small, small)
def test_forward_over_reverse_is_the_hessian_times_a_vector(x, y, a, b):
    at = {X: sympy.Rational(x), Y: sympy.Rational(y)}
    H = np.array(sympy.hessian(EXACT, (X, Y)).subs(at)).astype(float)
    assert hessian_times(valley, [x, y], [a, b]) == pytest.approx(H @ [a, b], rel=1e-9, abs=1e-9)


def test_where_nothing_bends_the_hessian_is_zero():
    assert hessian_times(lambda x, y: x + 2 * x, [1.0, 2.0], [1.0, 1.0]) == [0, 0]
    assert hessian_times(lambda x, y: x * x, [1.0, 2.0], [1.0, 1.0]) == [2, 0]


@pytest.mark.counted
def test_forward_mode_and_the_tape_take_plain_numbers_on_either_side():
    x = Forward(3.0, 1.0)
    for y, value, slope in ((x * x + 2 * x, 15, 8), (1 + x, 4, 1), (x + 1, 4, 1), (x * 2, 6, 2)):
        assert (y.value, y.slope) == (value, slope)
    for f, value, slope in ((lambda x: x * x + 2 * x, 15, 8), (lambda x: 1 + x, 4, 1), (lambda x: x * 2 + 1, 7, 2)):
        assert traced_slopes(f, [3.0]) == (value, [slope])
    tape = []
    assert Traced(tape, 2.0).slope == 0 and len(tape) == 1


@given(small, small)
def test_a_newton_step_is_that_of_sympy(x, y):
    at = {X: sympy.Rational(x), Y: sympy.Rational(y)}
    H, g = sympy.hessian(EXACT, (X, Y)).subs(at), sympy.Matrix([sympy.diff(EXACT, v).subs(at) for v in (X, Y)])
    if abs(H.det()) > 1:
        exact = sympy.Matrix([sympy.Rational(x), sympy.Rational(y)]) - H.LUsolve(g)
        assert whole_newton_step(valley, [x, y]) == pytest.approx([float(c) for c in exact], rel=1e-6, abs=1e-6)


def forward_loop(W, h, steps):
    for _ in range(steps):
        h = anp.tanh(anp.dot(h, W))
    return h


@given(st.integers(1, 20), st.integers(1, 25))
def test_slopes_of_the_loop_are_those_of_autograd_whatever_is_kept(steps, every):
    W, h, g = long_loop()
    exact = autograd.grad(lambda W: anp.dot(forward_loop(W, h, steps), g))(W)
    dW, counts, computed = walk_back_kept(W, h, g, steps, every)
    assert dW == pytest.approx(exact, abs=1e-10)
    assert np.array_equal(dW, walk_back_kept(W, h, g, steps, 1)[0])  # to the last bit
    stretches = [min(every, steps - start) for start in range(0, steps, every)]
    assert computed == steps + sum(length - 1 for length in stretches) and counts[-1] == 0
    assert max(counts) == max(kept + length for kept, length in enumerate(stretches))
    by_h, by_W, _, _ = back_by_halves(W, h, g, steps)
    assert by_W == pytest.approx(exact, abs=1e-10)
    assert by_h == pytest.approx(autograd.grad(lambda h: anp.dot(forward_loop(W, h, steps), g))(h), abs=1e-10)


@pytest.mark.counted
def test_a_loop_of_two_steps_by_hand():
    W, h, g = np.array([[0.5]]), np.array([1.0]), np.array([2.0])
    first, last = math.tanh(0.5), math.tanh(0.5 * math.tanh(0.5))
    assert next_state(h, W) == pytest.approx([first])
    D = 2 * (1 - last**2)
    exact = D * first + D * 0.5 * (1 - first**2)
    for every in (1, 2, 3):
        assert walk_back_kept(W, h, g, 2, every)[0] == pytest.approx(exact)
    assert back_by_halves(W, h, g, 2)[1] == pytest.approx(exact) and back_by_halves(W, h, g, 2)[2:] == (2, 3)


def test_about_twice_the_root_is_the_least_memory():
    n, k = sympy.symbols("n k", positive=True)
    (best,) = sympy.solve(sympy.diff(n / k + k, k), k)
    assert best == sympy.sqrt(n) and sympy.simplify((n / k + k).subs(k, best)) == 2 * sympy.sqrt(n)
    peaks = {every: max(walk_back_kept(*long_loop(), 64, every)[1]) for every in range(1, 65)}
    assert min(peaks.values()) == peaks[8] == 15


@given(st.floats(0.01, 700))
def test_rules_are_what_they_say(x):
    value, (slope,) = traced_slopes(log1pexp, [x])
    assert value == pytest.approx(x + math.log1p(math.exp(-x))) and slope == pytest.approx(1 / (1 + math.exp(-x)))
    assert traced_slopes(root, [x]) == (math.sqrt(x), [pytest.approx(0.5 * x**-0.5)])
    assert traced_slopes(lambda x: with_rule(x, 7.0, -2.0), [x]) == (7, [-2])
    assert traced_slopes(lambda x: x * stop(x), [x])[1] == [x]


def test_choosing_twice_keeps_the_slope_a_number():
    with np.errstate(all="ignore"):
        assert math.isnan(traced_slopes(careless, [np.float64(0)])[1][0])
        value, (slope,) = traced_slopes(careless, [np.float64(-1)])
        assert value == 0 and math.isnan(slope)  # the value of the other branch does not come through
    with np.errstate(all="raise"):
        assert traced_slopes(careful, [np.float64(0)]) == (0, [0]) and traced_slopes(careful, [np.float64(9)]) == (3, [1 / 6])
        assert traced_slopes(careful, [np.float64(-1)]) == (0, [0])
    for condition, value, slopes in ((True, 3, [1, 0]), (False, 4, [0, 1])):
        assert traced_slopes(lambda a, b, told=condition: chosen(told, a, b), [3.0, 4.0]) == (value, slopes)


def test_exercises_one_and_two():
    assert traced_slopes(lambda x: x * x * stop(x), [2.0])[1] == [8] and traced_slopes(lambda x: x * x * x, [2.0])[1] == [12]
    assert traced_slopes(lambda x: stop(x) * 3 + x, [2.0])[1] == [1]
    stretches = [1000] * 1000
    assert max(kept + length for kept, length in enumerate(stretches, 0)) == 1999 and 10**6 + 999 * 1000 == 1_999_000


# What is printed and drawn


def test_newton_walks_down_the_valley(capsys, numbers):
    print_valley()
    lines = capsys.readouterr().out.splitlines()
    point = sympy.Matrix([sympy.Rational(-12, 10), 1])
    for step, line in enumerate(lines):
        at = dict(zip((X, Y), point, strict=True))
        number, x, y, height = numbers(line)
        assert [number, x, y] == pytest.approx([step, float(point[0]), float(point[1])], abs=6e-6)
        assert height == pytest.approx(float(EXACT.subs(at)), rel=6e-3, abs=1e-15)
        g = sympy.Matrix([sympy.diff(EXACT, v).subs(at) for v in (X, Y)])
        point = (point - sympy.hessian(EXACT, (X, Y)).subs(at).LUsolve(g)).applyfunc(lambda c: sympy.Rational(sympy.N(c, 40)))
    heights = [numbers(line)[-1] for line in lines]
    assert [b > a for a, b in itertools.pairwise(heights)] == [False, True, False, True, False, False]


def test_what_the_engine_was_told(capsys, numbers):
    print_told()
    product, stopped, rule = [numbers(line.split("at ", 1)[1]) for line in capsys.readouterr().out.splitlines()]
    assert product == [3, 9, 6, 1000, 1e6, 2000] and stopped == [3, 9, 3, 1000, 1e6, 1000]
    assert rule == pytest.approx([3, math.log1p(math.exp(3)), 1 / (1 + math.exp(-3)), 1000, 1000, 1], abs=6e-5)


def test_careless_and_careful_agree_but_where_it_counts(capsys):
    print_where()
    assert [line.split("value ")[1] for line in capsys.readouterr().out.splitlines()] == [
        "2, slope 0.25", "0, slope nan", "2, slope 0.25", "0, slope 0",
    ]  # fmt: skip


def test_memory_and_work_are_those_of_the_formulas(capsys, numbers):
    print_kept()
    for line in capsys.readouterr().out.splitlines()[1:]:
        every, most, computed = numbers(line)
        assert most == 64 // every + every - 1 and computed == 64 + (64 // every) * (every - 1) and line.endswith("yes")


def test_a_difference_would_be_told(capsys, monkeypatch):
    first = [True]

    def wrong(*arguments):
        dW, counts, computed = walk_back_kept(*arguments)
        return (dW if first and first.pop() else dW + 1e-16 + 1e-15 * dW), counts, computed

    monkeypatch.setattr("snippets.networks.differentiating_programs.walk_back_kept", wrong)
    print_kept()
    assert capsys.readouterr().out.count("no\n") == 5


def test_sums_depend_on_the_order(capsys, numbers):
    print_thousand_orders()
    count, least, most = numbers(capsys.readouterr().out)
    rng = np.random.default_rng(0)
    slopes = rng.normal(0, 1, 1000)
    exact = math.fsum(slopes)
    assert count > 10 and least < most and abs(most - least) < 1e-11 and least - 1e-11 < exact < most + 1e-11
    sums = set()
    for _ in range(1000):
        total = 0.0
        for slope in rng.permutation(slopes):
            total += float(slope)
        sums.add(total)
    assert count == len(sums) and (least, most) == (min(sums), max(sums))


def test_halving_keeps_a_logarithm_of_the_states(capsys, numbers):
    print_halves()
    for line in capsys.readouterr().out.splitlines()[1:]:
        steps, kept, computed = numbers(line)
        levels = math.log2(steps)
        assert kept == levels + 1 and computed == steps + steps / 2 * levels


@pytest.mark.parametrize("every", [1, 8, 64])
def test_the_curve_is_what_is_in_memory(every):
    (ax,) = figure_memory(every).axes
    _, counts, computed = walk_back_kept(*long_loop(), 64, every)
    assert list(ax.lines[0].get_ydata()) == counts and list(ax.lines[0].get_xdata()) == list(range(1, len(counts) + 1))
    assert ax.get_title() == f"at most {max(counts)} states, {computed} computed" and ax.lines[1].get_xdata()[0] == 64
