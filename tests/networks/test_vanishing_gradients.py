import math
import re
from fractions import Fraction
from functools import cache
from itertools import pairwise
from statistics import fmean, pstdev

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from snippets.networks.vanishing_gradients import (
    BENDS,
    VARIANCES,
    clipped,
    deep_gradients,
    deep_weights,
    figure_by_layer,
    figure_forward,
    gaussian_mean,
    measured_growth,
    predicted_growth,
    print_clipped,
    print_deep_training,
    print_growth,
    print_larger_rates,
    print_saturated,
    print_shared,
    print_skip,
    relu_and_slope,
    sigmoid_and_slope,
    tanh_and_slope,
    tired_batch,
    tired_students,
    train_deep,
)

DATA = tired_students()
MEANS, DEVIATIONS = ([f(column.tolist()) for column in DATA] for f in (fmean, pstdev))
VARIANCE = DEVIATIONS[2] ** 2
X40, Y40 = np.split((np.array(DATA).T - MEANS) / DEVIATIONS, [2], axis=1)
BENT = {"sigmoid": lambda z: (1 + anp.tanh(z / 2)) / 2, "tanh": anp.tanh, "ReLU": lambda z: anp.where(z > 0, z, 0)}
SLOPE = {name: autograd.elementwise_grad(bent) for name, bent in BENT.items()}
NODES, MASSES = np.polynomial.hermite_e.hermegauss(150)
MASSES = MASSES / np.sqrt(2 * np.pi)


def size(M):
    return math.sqrt(np.vdot(M, M) / np.size(M))


def to(told, digits):
    """What is printed with so many digits."""
    return pytest.approx(told, abs=0.51 * 10.0 ** (math.floor(math.log10(told)) + 1 - digits))


def predicted(name, c, depth):
    """By the points of Gauss and Hermite, and autograd's slopes."""
    squares = [c]
    for _ in range(depth - 1):
        squares.append(c * MASSES @ BENT[name](np.sqrt(squares[-1]) * NODES) ** 2)
    factors = [c * MASSES @ SLOPE[name](np.sqrt(q) * NODES) ** 2 for q in squares[:-1]]
    return np.sqrt(squares), np.sqrt([math.prod(factors[layer:]) for layer in range(depth)])


@cache
def measured(name, c, depth, width=128, seed=0):
    """The same draws: the slope in z is the slope in a shift that is added to z, which autograd finds."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(depth, width, width)) * math.sqrt(c / width)
    start, last = rng.normal(size=(2, 64, width))

    def walk(shifts):
        zs = [anp.dot(start, weights[0]) + shifts[0]]
        for W, shift in zip(weights[1:], shifts[1:], strict=True):
            zs.append(anp.dot(BENT[name](zs[-1]), W) + shift)
        return zs

    shifts = [np.zeros((64, width)) for _ in weights]
    slopes = autograd.grad(lambda shifts: anp.sum(last * walk(shifts)[-1]))(shifts)
    return tuple(np.array([size(M) for M in arrays]) for arrays in (walk(shifts), slopes))


def loss_of(weights, name, X, Y):
    for W, b in weights[:-1]:
        X = BENT[name](anp.dot(X, W) + b)
    return anp.sum((anp.dot(X, weights[-1][0]) + weights[-1][1] - Y) ** 2) / Y.size


by_graph = autograd.grad(loss_of)


def descents(depth, cases, steps):
    """Losses in marks² of all cases (bend, c, rate) at once: stacked networks whose biases are the first rows of C."""
    rng, cs, rates = np.random.default_rng(0), *(np.array(part)[:, None, None] for part in list(zip(*cases))[1:])
    shapes = pairwise([2, *[16] * (depth - 1), 1])
    Cs = [np.pad(np.sqrt(cs / p) * rng.normal(size=(p, m)), ((0, 0), (1, 0), (0, 0))) for p, m in shapes]
    groups = [(name, at) for name in BENT if (at := [k for k, case in enumerate(cases) if case[0] == name])]
    slope = {"sigmoid": lambda a: 0.25 - (a - 0.5) ** 2, "tanh": lambda a: (1 - a) * (1 + a), "ReLU": np.sign}
    losses = []
    for _ in range(steps + 1):
        Ds = [np.broadcast_to(np.c_[np.ones(40), X40], (len(cases), 40, 3))]
        for C in Cs[:-1]:
            Z = Ds[-1] @ C
            Ds.append(np.ones((len(cases), 40, 17)))
            for name, at in groups:
                Ds[-1][at, :, 1:] = BENT[name](Z[at])
        rests = Ds[-1] @ Cs[-1] - Y40
        losses.append(VARIANCE * np.mean(rests**2, axis=(1, 2)))
        back = rates * rests / 20
        for k in range(depth - 1, -1, -1):
            C, Cs[k] = Cs[k], Cs[k] - np.swapaxes(Ds[k], 1, 2) @ back
            if k:
                back = back @ np.swapaxes(C[:, 1:], 1, 2)
                for name, at in groups:
                    back[at] *= slope[name](Ds[k][at, :, 1:])
    return np.array(losses)


@pytest.mark.parametrize("name", BENDS)
def test_each_bend_and_its_slope_are_those_of_fifty_digits_and_finite_far_out(name):
    exact = {"sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)), "tanh": mpmath.tanh, "ReLU": lambda z: max(z, 0 * z)}[name]
    z = np.linspace(-40, 39, 80).reshape(5, 16) + 0.3
    a, slope = BENDS[name](z)
    assert a.shape == slope.shape == z.shape and a.dtype == slope.dtype == np.float64
    for at in np.ndindex(z.shape):
        with mpmath.workdps(50):
            told = float(exact(mpmath.mpf(z[at]))), float(mpmath.diff(exact, mpmath.mpf(z[at])))
        assert (a[at], slope[at]) == (pytest.approx(told[0], rel=1e-13), pytest.approx(told[1], abs=3e-16))
    if name != "ReLU":
        assert slope == pytest.approx(np.imag(BENT[name](z + 1e-30j)) / 1e-30, abs=3e-16)
    # Far out, and at 0: the steepest place of the S-curves, and the kink of ReLU, whose slope is that of its left side.
    told = {"sigmoid": [[0, 0.5, 1], [0, 0.25, 0]], "tanh": [[-1, 0, 1], [0, 1, 0]], "ReLU": [[0, 0, 1000], [0, 0, 1]]}
    assert np.array(BENDS[name](np.array([-1000.0, 0.0, 1000.0]))).tolist() == told[name]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=9), st.floats(-2, 2))
def test_the_gaussian_mean_of_powers_waves_and_steps_is_known_in_closed_form(coefficients, t):
    moments = [0 if k % 2 else math.prod(range(1, k, 2)) for k in range(len(coefficients))]
    assert moments[2:5] == [1, 0, 3][: len(moments[2:5])]
    found = gaussian_mean(np.polynomial.Polynomial(coefficients))
    assert np.shape(found) == () and found == pytest.approx(np.dot(coefficients, moments), abs=1e-10)
    assert gaussian_mean(lambda x: np.cos(t * x)) == pytest.approx(math.exp(-(t**2) / 2), rel=1e-12)
    assert gaussian_mean(lambda x: np.exp(t * x)) == pytest.approx(math.exp(t**2 / 2), rel=1e-12)
    assert gaussian_mean(lambda x: x > 0) == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("name, g, c", [("sigmoid", 2, 0.25), ("sigmoid", 2, 2.0), ("tanh", 1, 0.25), ("tanh", 1, 1.0)])
def test_the_predicted_factors_are_integrals_over_the_bell_curve(name, g, c):
    squares, slopes = (part**2 for part in predicted_growth(BENDS[name], c, 3))
    mean = lambda f, q: mpmath.quad(lambda x: c * (f(mpmath.sqrt(q) * x / g) / g) ** 2 * mpmath.npdf(x), [-12, 0, 12])
    qs = [c, q := mean(lambda z: g - 1 + mpmath.tanh(z), c), mean(lambda z: g - 1 + mpmath.tanh(z), q)]
    chis = [mean(lambda z: mpmath.sech(z) ** 2 / g, q) for q in qs[:2]]
    assert squares.shape == slopes.shape == (3,) and squares == pytest.approx(np.array(qs, float), rel=1e-12)
    assert slopes == pytest.approx(np.array([chis[0] * chis[1], chis[1], 1], float), rel=1e-12)


@given(st.floats(0.01, 20), st.integers(1, 12), st.floats(0, 1))
def test_relu_has_the_factor_c_over_2_a_leaky_one_is_level_for_2_by_1_plus_s_squared(c, depth, s):
    squares, slopes = (part**2 for part in predicted_growth(relu_and_slope, c, depth))
    assert squares == pytest.approx([c * (c / 2) ** layer for layer in range(depth)], rel=1e-11)
    assert slopes == pytest.approx([(c / 2) ** (depth - 1 - layer) for layer in range(depth)], rel=1e-11)
    slopes = predicted_growth(sigmoid_and_slope, c, depth)[1] ** 2
    assert slopes.shape == (depth,) and np.all(slopes[:-1] <= slopes[1:] * c / 16)
    leaky = lambda z: (np.where(z > 0, z, s * z), np.where(z > 0, 1, s))  # He for s = 0, Xavier for s = 1
    for bend, level in ((relu_and_slope, 2.0), (leaky, 2 / (1 + s**2))):
        told = np.ones((2, depth)) * [[math.sqrt(level)], [1]]
        assert np.array(predicted_growth(bend, level, depth)) == pytest.approx(told, rel=1e-11)


def test_xavier_is_the_natural_choice_for_tanh_as_its_factor_is_c_but_for_a_term_of_second_order():
    x, q = sympy.symbols("x q")
    series = sympy.Poly(sympy.series(sympy.sech(x) ** 4, x, 0, 6).removeO(), x).terms()
    told = sum(a * q ** sympy.Rational(k, 2) * sympy.factorial2(k - 1) for (k,), a in series)
    errors = [predicted_growth(tanh_and_slope, c, 2)[1][0] ** 2 / c - float(told.subs(q, c)) for c in (2e-3, 1e-3)]
    assert told.subs(q, 0) == 1 and errors[0] / errors[1] == pytest.approx(8, rel=0.05)


@pytest.mark.parametrize("name", BENDS)
@pytest.mark.parametrize("depth, width, seed", [(1, 3, 0), (2, 5, 1), (5, 7, 2), (8, 4, 3)])
def test_the_measured_slopes_are_those_that_autograd_finds_in_the_same_network(name, depth, width, seed):
    for c in (0.25, 2.0):
        found = measured_growth(BENDS[name], c, depth, width, seed)
        assert [part.shape for part in found] == [(depth,)] * 2
        assert np.array(found) == pytest.approx(np.array(measured(name, c, depth, width, seed)), rel=1e-10)
    assert measured_growth(BENDS[name], 2.0, 3)[1] == pytest.approx(measured(name, 2.0, 3, 128, 0)[1], rel=1e-10)


def test_measured_growth_is_near_the_prediction_and_nearer_in_wider_layers():
    def errors(name, depth, width, seeds, c=1.0):
        many = [measured_growth(BENDS[name], c, depth, width, seed) for seed in range(seeds)]
        return np.array(many) / predicted_growth(BENDS[name], c, depth) - 1

    for depth in (2, 5, 10):
        assert max(np.abs(errors(name, depth, 256, 3)).max() for name in ("sigmoid", "tanh")) < 0.15
    for name in BENDS:  # of order 1 / √width: a quarter of the error is left
        assert np.abs(errors(name, 5, 256, 8)).mean() < np.abs(errors(name, 5, 16, 8)).mean() / 2
    # ReLU strays more, but its mean squares have the predicted mean at any width, by the symmetry of random weights.
    many = (errors("ReLU", 4, 16, 300, 2.0) + 1) ** 2
    assert np.abs((many.mean(axis=0) - 1) / many.std(axis=0) * math.sqrt(300)).max() < 4


@pytest.mark.parametrize("c", [1.0, 2.0])
def test_the_variance_of_a_sum_is_the_sum_of_variances_forward_and_back(c):
    (W1, _), (W2, _), (W3, _) = deep_weights(3, c, width=1000, seed=4)
    a, g = np.random.default_rng(5).exponential(size=(2, 1000))
    for found, told in (([1.5, -2] @ W1, 6.25 / 2), (a @ W2, size(a) ** 2), (W2 @ g, size(g) ** 2), (W3, 1 / 1000)):
        assert size(found) ** 2 == pytest.approx(c * told, rel=4 * math.sqrt(2 / 1000))
    z = np.random.default_rng(6).normal(size=(1000, 1000)) @ W2
    for part, whole in zip(relu_and_slope(z), (z, 1), strict=True):  # half of both mean squares is left
        assert size(part) ** 2 / size(whole) ** 2 == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
def test_deep_weights_are_independent_with_variance_c_by_inputs_and_biases_zero(depth):
    many = [deep_weights(depth, 3.0, 5, seed) for seed in range(1000)]
    pairs = zip(
        deep_weights(depth, 3.0), deep_weights(depth, 3.0, 16, 0), pairwise([2, *[16] * (depth - 1), 1]), strict=True
    )
    for layer, ((W, b), (again, _), shape) in enumerate(pairs):
        assert W.shape == shape and b.shape == shape[1:] and not b.any() and np.array_equal(W, again)
        W, p = np.array([weights[layer][0] for weights in many]), 5 if layer else 2
        assert p * np.var(W) / 3 == pytest.approx(1, abs=4 * math.sqrt(2 / W.size)) and len(np.unique(W)) == W.size
        assert abs(W.mean()) < 4 * math.sqrt(3 / p / W.size)


@given(st.sampled_from(list(BENT)), st.integers(1, 4), st.sampled_from([1, 2, 40]), st.integers(0, 10**6))
def test_each_deep_gradient_is_the_complex_step_of_the_loss_and_what_autograd_finds(name, depth, n, seed):
    rng = np.random.default_rng(seed)
    weights = [
        (rng.normal(size=(p, m)), rng.normal(size=m)) for p, m in pairwise([2, *rng.integers(1, 5, depth - 1), 1])
    ]
    X, Y = rng.normal(size=(n, 2)), rng.normal(size=(n, 1))
    loss, gradients = deep_gradients(weights, BENDS[name], X, Y)
    assert loss == pytest.approx(loss_of(weights, name, X, Y)) and len(gradients) == depth
    for k, told in enumerate(by_graph(weights, name, X, Y)):
        for part in (0, 1):
            found, at = gradients[k][part], tuple(rng.integers(told[part].shape))
            assert found.shape == weights[k][part].shape and found == pytest.approx(told[part], rel=1e-9, abs=1e-12)
            nudged = [[W + 0j, b + 0j] for W, b in weights]
            nudged[k][part][at] += 1e-30j
            step = np.imag(loss_of(nudged, name, X, Y)) / 1e-30
            assert found[at] == pytest.approx(step, rel=1e-9, abs=1e-12)


def test_many_tired_students_follow_the_rule_and_the_batch_has_mean_zero_and_deviation_one():
    n = 10_000
    hours, attendance, marks = tired_students(n, seed=9)
    columns = np.c_[np.ones(n), hours, hours**2, attendance, attendance**2, hours * attendance]
    w, squares, *_ = np.linalg.lstsq(columns, marks, rcond=None)
    errors = np.sqrt(25 * np.diag(np.linalg.inv(columns.T @ columns)))
    assert np.abs((w - [12, 15, -1.25, 0.3, 0, 0]) / errors).max() < 4
    assert squares[0] / n == pytest.approx(25, rel=4 * math.sqrt(2 / n))
    for column, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        assert np.histogram(column, 10, (low, high))[0] / n == pytest.approx(np.full(10, 0.1), abs=0.012)
    assert [part.shape for part in DATA] == [(40,)] * 3 and np.array_equal(DATA, tired_students(40, 0))
    X, Y, variance = tired_batch()
    assert (X.shape, Y.shape) == ((40, 2), (40, 1)) and variance == pytest.approx(VARIANCE)
    assert (X, Y) == (pytest.approx(X40), pytest.approx(Y40))


@pytest.mark.parametrize("name", BENDS)
@pytest.mark.parametrize("depth, c", [(1, 1.0), (2, 0.5), (4, 2.0)])
def test_the_training_is_descent_by_autograd_and_one_layer_alone_is_linear_regression(name, depth, c):
    weights, losses = deep_weights(depth, c), []
    for _ in range(7):
        losses.append(VARIANCE * loss_of(weights, name, X40, Y40))
        slopes = by_graph(weights, name, X40, Y40)
        weights = [(W - 0.1 * g, b - 0.1 * h) for (W, b), (g, h) in zip(weights, slopes, strict=True)]
    for steps in (0, 6):
        assert train_deep(depth, BENDS[name], c, 0.1, steps) == pytest.approx(losses[: steps + 1], rel=1e-9)
    assert descents(depth, [(name, c, 0.1)], 6)[:, 0] == pytest.approx(losses, rel=1e-9)
    if depth == 1:
        squares = np.linalg.lstsq(np.column_stack([np.ones(40), *DATA[:2]]), DATA[2], rcond=None)[1]
        path = train_deep(1, BENDS[name], c, 0.1)
        assert path.shape == (501,) and path[-1] == pytest.approx(squares[0] / 40) and np.all(np.diff(path) < 1e-9)


@pytest.mark.counted
@given(arrays(np.float64, array_shapes(max_dims=2, max_side=5), elements=st.floats(-1e3, 1e3)), st.floats(1e-3, 1e4))
def test_clipping_keeps_the_direction_and_no_length_above_the_longest_which_must_be_positive(gradient, longest):
    length, found = math.hypot(*gradient.ravel()), clipped(gradient, longest)
    assert found.shape == gradient.shape and math.hypot(*found.ravel()) == pytest.approx(min(length, longest))
    assert found * length == pytest.approx(gradient * min(length, longest), rel=1e-12, abs=1e-300)
    assert clipped(gradient, np.inf).tolist() == gradient.tolist() and not clipped(0 * gradient, longest).any()
    with np.errstate(over="ignore"):  # a length that float64 cannot hold
        far = clipped(np.array([3e200, -4e200]), longest)
    assert np.isfinite(far).all() and math.hypot(*far) <= longest * (1 + 1e-12)
    for wrong in (0, -longest, -np.inf, np.nan):
        with pytest.raises(ValueError, match=re.escape(f"longest = {wrong}: it must be positive")):
            clipped(gradient, wrong)


def test_the_numbers_of_the_exercises_and_of_the_introduction_are_right():
    for factor, told, layers in ((Fraction(4, 5), 30.96, 31), (Fraction(1, 4), 4.98, 5)):
        assert math.log(1000) / -math.log(factor) == pytest.approx(told, abs=0.006)
        assert factor**layers < Fraction(1, 1000) <= factor ** (layers - 1)
    assert Fraction(3, 10) ** 20 < Fraction(1, 10**10) and 3**20 > 3 * 10**9 and math.sqrt(2) ** 9 < 25
    z, chi, n = sympy.symbols("z chi n", positive=True)
    s = 1 / (1 + sympy.exp(-z))
    assert sympy.simplify(sympy.Rational(1, 4) - sympy.diff(s, z) - (s - sympy.Rational(1, 2)) ** 2) == 0
    assert sympy.limit((1 + chi / n) ** n, n, sympy.oo) == sympy.exp(chi)
    for factor, told in ((1 / 16, 1.03), (1 / 2, 1.28), (1, 1.65)):
        assert (1 + factor / 20) ** 10 < math.exp(factor / 2) == pytest.approx(told, abs=0.006)


@pytest.mark.parametrize("figure, depth", [(figure_by_layer, 2), (figure_by_layer, 20), (figure_forward, 30)])
def test_the_lines_are_predicted_and_the_markers_measured(figure, depth):
    part = int(figure is figure_by_layer)
    axes = (figure(depth) if depth == 2 else figure()).axes
    assert figure_by_layer.slider[0] == "depth" and {2, 20} <= set(figure_by_layer.slider[1])
    for ax, name in zip(axes, BENT, strict=True):
        assert ax.get_title() == name and ax.get_yscale() == "log" and len(ax.lines) == 6
        for line, dots in zip(ax.lines[::2], ax.lines[1::2], strict=True):
            c = float(Fraction(line.get_label().split("c = ")[1]))
            assert (line.get_marker(), dots.get_linestyle()) == ("None", "None") != line.get_linestyle()
            for artist, told in ((line, predicted(name, c, depth)), (dots, measured(name, c, depth))):
                assert artist.get_xdata().tolist() == list(range(1, depth + 1)) and dots.get_marker() != "None"
                assert artist.get_ydata() == pytest.approx(told[part], rel=1e-6)
                for at, (low, high) in zip(artist.get_data(), (ax.get_xlim(), ax.get_ylim()), strict=True):
                    assert low < at.min() and at.max() < high
            if depth == 30 and (c == 2 or name == "sigmoid"):
                assert 0.4 < line.get_ydata()[-1] / line.get_ydata()[1] < 1.1  # level, as the page says
    labels = [text.get_text() for text in axes[2 * part].get_legend().get_texts()]
    assert labels == ["small, c = 1/4", "Xavier, c = 1", "He, c = 2"] == list(VARIANCES)


def test_the_printed_growth_is_that_of_twenty_layers(capsys, numbers):
    print_growth()
    rows = iter(capsys.readouterr().out.splitlines()[1:])
    for name in BENT:
        for how, c in (("small, c = 1/4", 0.25), ("Xavier, c = 1", 1.0), ("He, c = 2", 2.0)):
            row, told, found = next(rows), predicted(name, c, 21)[1], measured(name, c, 21)[1]
            mean = math.exp(-np.mean(np.diff(np.log(told))))
            assert numbers(row)[-3:] == [pytest.approx(mean, abs=6e-4), to(told[0], 2), to(found[0], 2)]
            assert row.startswith(f"{name:10}   {how}")
            assert abs(math.log(found[0] / told[0])) < math.log(1.1 if name != "ReLU" else 2)
    assert not list(rows)


def test_the_printed_losses_after_training_are_those_of_descent_by_another_library(capsys, numbers):
    print_deep_training()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    networks = ("sigmoid", 1), ("tanh", 1), ("ReLU", 1), ("ReLU", 2)
    assert [row[0] for row in rows] == [2, 4, 6, 10]
    for depth, *row in rows:
        with np.errstate(all="ignore"):
            path = descents(int(depth), [(*one, rate) for one in networks for rate in (0.015,)], 500)
        assert row == pytest.approx(np.ravel(path[-1]), abs=0.06)
    sigmoid, *others = np.array(rows)[:, 1:].T
    assert np.all(np.diff(sigmoid) > 0) and sigmoid[0] < 0.6 * VARIANCE and np.min(sigmoid[2:]) > 0.99 * VARIANCE
    assert all(ten < four for _, four, _, ten in others) and np.max(np.array(others)[:, 2:]) < 25


def test_the_printed_gradients_differ_by_thousands_and_larger_rates_explode(capsys, numbers):
    print_larger_rates()
    lengths, *rows, mean = capsys.readouterr().out.splitlines()
    told = [math.hypot(*g.ravel()) for g, _ in by_graph(deep_weights(8, 1.0), "sigmoid", X40, Y40)]
    assert numbers(lengths) == [to(length, 1) for length in told] and 1000 < told[-1] / told[0] < 10_000
    rates = [0.1, 0.3, 1.0, 3.0]
    with np.errstate(all="ignore"):
        losses = descents(8, [("sigmoid", 1, rate) for rate in rates], 100)
    for row, rate, path in zip(rows, rates, losses.T, strict=True):
        assert numbers(row) == [rate, 10, to(path[10], 4), 100, to(path[100], 4)]
    assert numbers(mean) == [to(VARIANCE, 4)]
    # Flat sigmoids leave the last bias alone, whose distance from its minimum is multiplied by 1 - 2 rate.
    assert [numbers(row)[4] / numbers(row)[2] for row in rows[2:]] == pytest.approx([1, 5.0**180], rel=1e-3)


def test_the_printed_sigmoids_are_flat_where_z_is_far_out(capsys, numbers):
    print_saturated()
    rng, kept = np.random.default_rng(0), []
    for row, c in zip(capsys.readouterr().out.splitlines(), (1, 16, 110, 400), strict=True):
        A, zs = rng.normal(size=(64, 256)), []
        for _ in range(20):
            zs.append(A @ rng.normal(size=(256, 256)) * math.sqrt(c) / 16)
            A = BENT["sigmoid"](zs[-1])
        flat, left = np.mean(np.abs(zs) > 2 * math.acosh(math.sqrt(12.5))), measured("sigmoid", float(c), 21)[1][0]
        typical = math.sqrt(np.mean(1 / np.cosh(np.array(zs) / 2) ** 4)) / 4
        told = [pytest.approx(100 * flat, abs=0.051), pytest.approx(typical, abs=6e-4)]
        assert numbers(row) == [c, *told, pytest.approx(typical * math.sqrt(c), abs=6e-3), 20, to(left, 1)]
        kept.append((flat, left))
    assert kept[0][0] < 1e-4 and kept[0][1] < 1e-10 and kept[3][0] > 0.5 and kept[3][1] > 100
    assert kept[2][0] > 0.5 and 0.5 < kept[2][1] < 2  # level, and most of them flat


def test_sigmoids_keep_the_size_of_z_but_lose_the_inputs_as_fast_as_the_slopes(capsys, numbers):
    print_shared()
    rng = np.random.default_rng(0)
    A, told = rng.normal(size=(64, 128)), {}
    for layer in range(1, 21):
        Z = A @ rng.normal(size=(128, 128)) / math.sqrt(128)
        A, told[layer] = BENT["sigmoid"](Z), (size(Z), size(Z[:, None] - Z) / math.sqrt(2))  # over all pairs of inputs
    for row, layer in zip(capsys.readouterr().out.splitlines(), (1, 2, 5, 10, 20), strict=True):
        assert numbers(row) == [layer, pytest.approx(told[layer][0], abs=6e-3), to(told[layer][1], 2)]
    sizes, spreads = np.divide(told[20], told[2])
    assert 0.9 < sizes < 1.1
    assert math.log(spreads) == pytest.approx(math.log(predicted("sigmoid", 1.0, 20)[1][1]), rel=0.02)


def test_the_printed_slopes_with_skips_are_autograds_and_grow_by_chi_over_20_a_layer(capsys, numbers):
    print_skip()
    rng = np.random.default_rng(0)
    for row, name in zip(capsys.readouterr().out.splitlines(), BENT, strict=True):
        weights = rng.normal(size=(20, 256, 256)) / 16
        start, last = rng.normal(size=(2, 64, 256))

        def end(A, weights=weights, last=last, bent=BENT[name]):
            for W in weights:
                A = A + bent(anp.dot(A, W)) / math.sqrt(20)
            return anp.sum(last * A)

        left = size(autograd.grad(end)(start))
        assert numbers(row) == [pytest.approx(left, abs=6e-3), to(measured(name, 1.0, 21)[1][0], 1)]
        assert row.startswith(name)
        square, mean, growth, chis = 1.0, 0.0, 1.0, []
        for _ in range(20):  # the bends of sigmoids and ReLUs are positive: their mean adds up
            z = math.sqrt(square) * NODES
            chis.append(MASSES @ SLOPE[name](z) ** 2)
            step = MASSES @ BENT[name](z) / math.sqrt(20)
            square, mean = square + 2 * mean * step + MASSES @ BENT[name](z) ** 2 / 20, mean + step
            growth *= 1 + chis[-1] / 20
        assert left == pytest.approx(math.sqrt(growth), rel=0.05) and 1 <= growth <= math.exp(max(chis))


def test_the_chain_of_four_weights_explodes_and_clipped_walks_in(capsys, numbers):
    print_clipped()
    rows = iter(capsys.readouterr().out.splitlines())
    for name, longest in (("as it is", mpmath.inf), ("clipped", 1)):
        with mpmath.workdps(50):
            w = mpmath.mpf("2.5")  # equal weights stay equal; the gradient is twice as long as one slope
            for step in range(201):
                loss, slope = (w**4 - 1) ** 2, 2 * (w**4 - 1) * w**3
                if step in (0, 1, 2, 200):
                    row = next(rows)
                    told = to(float(loss), 3) if step < 200 else pytest.approx(float(loss), abs=1e-25)
                    assert row.startswith(name) and numbers(row) == [step, told]
                w -= slope / 20 * min(1, longest / (2 * abs(slope)))
                if abs(w) > 10**6:
                    break
    assert not list(rows)
