import inspect
import math
import re
from pathlib import Path
from statistics import fmean, pstdev

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.networks.backpropagation import (
    check_slopes,
    loss_with,
    print_task,
    figure_network,
    figure_network_training,
    figure_tired_student,
    forward,
    gradients_that_fit,
    initial_weights,
    line_loss,
    line_marks,
    marks_of,
    network_gradients,
    network_loss,
    nudged_gradients,
    print_agreement,
    print_batch_shapes,
    print_broadcast,
    print_hidden_units,
    print_network_training,
    print_relu,
    print_same_start,
    print_shapes_that_fit,
    print_slopes_in_inputs,
    print_small_network,
    relu_gradients,
    scaled,
    scales,
    slopes_in_inputs,
    small_network,
    tired_students,
    train_network,
)

DATA = HOURS, ATTENDANCE, MARKS = tired_students()
MEANS, DEVIATIONS = (np.array([f(column.tolist()) for column in DATA]) for f in (fmean, pstdev))
X40, Y40 = np.split((np.array(DATA).T - MEANS) / DEVIATIONS, [2], axis=1)
VARIANCE = DEVIATIONS[2] ** 2
RANDOM = st.sampled_from([1, 2, 40]), st.sampled_from([1, 2, 4]), st.integers(0, 10**6)
EQUAL = np.full((2, 4), 0.5), np.zeros(4), np.full((4, 1), 0.5), np.zeros(1)


def random_case(n, hidden, seed):
    """Weights with biases that are not 0, and a batch."""
    rng = np.random.default_rng(seed)
    weights = tuple(rng.normal(size=shape) for shape in ((2, hidden), hidden, (hidden, 1), 1))
    return weights, rng.normal(size=(n, 2)), rng.normal(size=(n, 1))


def graph(weights, X, bend=anp.tanh):
    """The forward walk for autograd, which finds its own way back."""
    W1, b1, W2, b2 = weights
    return anp.dot(bend(anp.dot(X, W1) + b1), W2) + b2


def graph_loss(weights, X, Y, bend=anp.tanh):
    return anp.sum((graph(weights, X, bend) - Y) ** 2) / len(X)


def graph_marks(at, weights):
    """Marks of students, each a row of hours and attendance."""
    return MEANS[2] + DEVIATIONS[2] * graph(weights, (at - MEANS[:2]) / DEVIATIONS[:2])[:, 0]


relu = lambda Z: anp.maximum(Z, 0)
by_graph = autograd.grad(graph_loss)
graph_slopes = autograd.elementwise_grad(graph_marks)


def by_complex_steps(weights, X, Y):
    told = [np.full(w.shape, np.nan) for w in weights]
    for k, slopes in enumerate(told):
        for at in np.ndindex(slopes.shape):
            nudged = [w + 0j for w in weights]
            nudged[k][at] += 1e-30j
            slopes[at] = np.imag(network_loss(nudged, X, Y)) / 1e-30
    return told


def descent(weights, steps=1000, turned=lambda G: G, rate=0.2):
    """All weights of training anew: the gradient comes from the Jacobian of the predictions."""
    D = np.c_[np.ones(40), X40]
    C, v = np.vstack([weights[1], weights[0]]), np.append(weights[2], weights[3])
    path = []
    for _ in range(steps + 1):
        path.append((C[1:], C[0], v[:-1, None], v[-1:]))
        Z = D @ C
        bent = np.c_[np.tanh(Z), np.ones(40)]
        rests = (bent @ v - Y40[:, 0]) / 40
        G = np.tensordot(rests, D[:, :, None] * (v[:-1] / np.cosh(Z) ** 2)[:, None], 1)
        C, v = C - 2 * rate * np.vstack([G[:1], turned(G[1:])]), v - 2 * rate * rests @ bent
    return path


def best_line(X, y):
    """Least squares by correlations alone: intercept and two slopes, and the loss."""
    R = np.corrcoef(X.T, y)
    parts = np.linalg.solve(R[:2, :2], R[:2, 2])
    slopes = parts * pstdev(y) / np.std(X, axis=0)
    return np.array([fmean(y) - slopes @ X.mean(axis=0), *slopes]), pstdev(y) ** 2 * (1 - parts @ R[:2, 2])


def assert_same(found, told):
    for one, other in zip(found, told, strict=True):
        assert one.shape == other.shape and one == pytest.approx(other, rel=1e-9, abs=1e-12)


def near(digits, *told):
    """Printed numbers, told to some digits after the point."""
    return [pytest.approx(x, abs=0.51 * 10**-digits) for x in told]


PATH = descent(initial_weights())
LOSSES = VARIANCE * np.array([graph_loss(weights, X40, Y40) for weights in PATH])
LINE, LEAST = best_line(np.array(DATA[:2]).T, MARKS)


@given(*RANDOM)
def test_each_gradient_is_the_complex_step_of_the_loss_and_what_autograd_finds(n, hidden, seed):
    weights, X, Y = random_case(n, hidden, seed)
    found = network_gradients(weights, X, Y)
    assert [g.shape for g in found] == [(2, hidden), (hidden,), (hidden, 1), (1,)]
    for told in (by_complex_steps(weights, X, Y), by_graph(weights, X, Y), nudged_gradients(weights, X, Y)):
        assert_same(found, told)


def symbolic_walk(name=None, at=None):
    """The arrays of four students and two units in symbols, and the slope of the loss if t is added to one entry."""
    arrays, t = {}, sympy.symbols("t")

    def put(here, array):
        arrays[here] = array + 0
        if here == name:
            arrays[here][at] += t
        return arrays[here]

    new = lambda here, *shape: put(here, np.array(sympy.symbols(f"{here}_:{math.prod(shape)}")).reshape(shape))
    Z = put("Z", new("X", 4, 2) @ new("W1", 2, 2) + new("b1", 2))
    A = put("A", np.vectorize(sympy.tanh, otypes=[object])(Z))
    Y_hat = put("Y_hat", A @ new("W2", 2, 1) + new("b2", 1))
    return arrays, sympy.diff(sum((Y_hat - new("Y", 4, 1)).ravel() ** 2) / 4, t).subs(t, 0)


def test_each_equation_of_the_table_is_a_line_of_the_code_and_the_derivative_with_all_before_it_held():
    page = (Path(__file__).parents[2] / "docs/networks/backpropagation.md").read_text("utf-8")
    rows = re.findall(r"\$([^|]+?) = [^|]+\$ \| \$([^|]+)\$ \| `(.+)` \|$", page, re.MULTILINE)
    lines = [line.strip() for line in inspect.getsource(network_gradients).splitlines()]
    assert [code for *_, code in rows] == [line for line in lines if line.startswith("G_")] and len(rows) == 7
    arrays = symbolic_walk()[0]
    for equation, shape, code in rows:
        exec(code, arrays)
        name = code.split(" = ")[0]
        assert re.sub(r"\\(mat|vec|hat)|[^\w\\]|_|k$", "", equation) == name.replace("_", "")
        assert arrays[name].shape == tuple(int({"n": 4, "m": 2}.get(part, part)) for part in shape.split(r" \times "))
        for at in np.ndindex(arrays[name].shape):
            assert (arrays[name][at] - symbolic_walk(name[2:].replace("Y", "Y_hat"), at)[1]).expand() == 0


@given(st.integers(2, 12), *RANDOM[1:])
def test_the_gradient_of_a_batch_is_the_mean_of_the_gradients_of_its_students(n, hidden, seed):
    weights, X, Y = random_case(n, hidden, seed)
    each = [network_gradients(weights, X[i : i + 1], Y[i : i + 1]) for i in range(n)]
    assert_same(network_gradients(weights, X, Y), [np.mean(parts, axis=0) for parts in zip(*each, strict=True)])


@given(*RANDOM)
def test_forward_is_a_loop_over_students_and_units_and_the_loss_has_no_half(n, hidden, seed):
    (W1, b1, W2, b2), X, Y = case = random_case(n, hidden, seed)
    A = [[math.tanh(x * W1[0, k] + z * W1[1, k] + b1[k]) for k in range(hidden)] for x, z in X]
    Y_hat = [[math.fsum([b2[0], *(a * W2[k, 0] for k, a in enumerate(units))])] for units in A]
    assert_same(forward(*case[:2]), (np.array(A), np.array(Y_hat)))
    assert network_loss(*case) == pytest.approx(fmean((one - y) ** 2 for (one,), (y,) in zip(Y_hat, Y, strict=True)))
    nothing = tuple(0 * w for w in case[0])
    assert network_loss(nothing, X40, Y40) == pytest.approx(1)  # a share of the variance of the marks


def test_targets_of_another_shape_are_refused():
    weights, X, Y = random_case(40, 4, 0)
    for wrong in (Y[:, 0], Y.T, Y[:39], Y[:1], np.c_[Y, Y]):
        for refuses in (network_loss, nudged_gradients):
            with pytest.raises(ValueError, match=re.escape(f"targets {wrong.shape} for predictions (40, 1)")):
                refuses(weights, X, wrong)
    with pytest.raises(ValueError, match="mismatch"):
        network_gradients(weights, X, Y[:, 0])


def test_saturated_units_pass_no_slope_back_and_a_loss_that_overflows_is_infinite():
    _, X, Y = random_case(40, 2, 0)
    weights = np.array([[1e200, -1e200], [1e200, 3e200]]), np.zeros(2), np.array([[2.0], [3.0]]), np.zeros(1)
    G_W1, G_b1, G_W2, _ = network_gradients(weights, X, Y)
    assert np.unique(forward(weights, X)[0]).tolist() == [-1, 1]
    assert not G_W1.any() and not G_b1.any() and G_W2.all()
    with np.errstate(over="ignore"):
        assert network_loss((*weights[:3], np.array([1e200])), X, Y) == np.inf


def test_initial_weights_have_the_variance_one_by_the_number_of_inputs():
    n = 20_000
    W1, b1, W2, b2 = initial_weights(n)
    assert (W1.shape, b1.shape, W2.shape, b2.shape) == ((2, n), (n,), (n, 1), (1,)) and not b1.any() and not b2.any()
    firsts = np.array([initial_weights(4, seed)[2] for seed in range(n // 4)])
    assert len(np.unique(firsts)) == n  # each seed has its own
    for W, inputs in ((W1[0], 2), (W1[1], 2), (W2, n), (firsts, 4)):
        assert inputs * np.var(W) == pytest.approx(1, abs=4 * np.sqrt(2 / n))
        assert abs(np.mean(W)) < 4 / np.sqrt(n * inputs)
    assert_same(initial_weights(), initial_weights(4, 0))


def test_many_students_follow_the_rule_and_scaled_ones_have_mean_zero_and_deviation_one():
    n = 10_000
    hours, attendance, marks = many = tired_students(n, seed=9)
    columns = np.c_[np.ones(n), hours, hours**2, attendance, attendance**2, hours * attendance]
    w, squares, *_ = np.linalg.lstsq(columns, marks, rcond=None)
    errors = np.sqrt(25 * np.diag(np.linalg.inv(columns.T @ columns)))
    assert np.abs((w - [12, 15, -1.25, 0.3, 0, 0]) / errors).max() < 4
    assert squares[0] / n == pytest.approx(25, rel=4 * np.sqrt(2 / n))
    for column, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        assert np.histogram(column, 10, (low, high))[0] / n == pytest.approx(np.full(10, 0.1), abs=1.2 / np.sqrt(n))
    h = sympy.symbols("h")
    assert sympy.solve(sympy.diff(15 * h - sympy.Rational(5, 4) * h**2, h)) == [6]  # beyond, more study costs marks
    assert np.shape(DATA) == (3, 40) and not np.isin(tired_students(40, 1), DATA).any()
    assert_same(scales(), (MEANS, DEVIATIONS))
    assert_same(scaled(*DATA), (X40, Y40))
    assert np.hstack(scaled(*many)) * DEVIATIONS + MEANS == pytest.approx(np.array(many).T)  # not by their own scales


def test_descent_takes_each_step_against_the_gradient_and_leaves_its_start_alone():
    start = initial_weights()
    path = train_network(start, X40, Y40)
    assert path[0] is start
    assert_same(start, initial_weights())
    for found, told in zip(path, PATH, strict=True):
        assert_same(found, told)
    weights, X, Y = random_case(7, 2, 3)
    one = train_network(weights, X, Y, learning_rate=0.03, steps=1)[1]
    assert_same(one, [w - 0.03 * g for w, g in zip(weights, by_graph(weights, X, Y), strict=True)])
    assert train_network(weights, X, Y, steps=0) == [weights]
    with pytest.raises(ValueError, match="zip"):
        train_network(weights, X, Y, gradients=lambda *at: network_gradients(*at)[:3])


def test_the_loss_falls_at_each_step_passes_that_of_the_best_line_and_in_the_end_that_of_the_rule():
    rule = fmean((12 + 15 * h - 1.25 * h**2 + 0.3 * a - y) ** 2 for h, a, y in zip(*DATA, strict=True))
    assert np.all(np.diff(LOSSES) < 0) and LOSSES[10] < LEAST < LOSSES[0] and LOSSES[-1] < rule < LEAST / 4
    for seed in range(5):
        _, X, Y = random_case(40, 1, seed)
        assert line_loss(X, Y) == pytest.approx(best_line(X, Y[:, 0])[1])
        assert line_loss(X, X @ [[2.0], [3.0]] + 4) == pytest.approx(0, abs=1e-12)


@given(RANDOM[1], RANDOM[2], st.floats(0, 10), st.floats(40, 100))
def test_slopes_in_inputs_are_derivatives_of_the_marks_and_one_unit_never_bends_back(hidden, seed, hours, attendance):
    weights, *_ = random_case(1, hidden, seed)
    slopes, at = slopes_in_inputs(weights, hours, attendance), np.array([hours + 0j])
    nudged = marks_of(weights, at + 1e-30j, attendance)[0], marks_of(weights, at, attendance + 1e-30j)[0]
    assert slopes.shape == (2,) and slopes == pytest.approx(np.imag(nudged) / 1e-30)
    assert slopes == pytest.approx(graph_slopes(np.array([[hours, attendance]]), weights)[0])
    along = np.c_[np.linspace(0, 10, 7), np.full(7, attendance)]
    marks = marks_of(weights, along[:, 0], attendance)
    assert_same([marks, line_marks(along[:, 0], attendance)], [graph_marks(along, weights), LINE[0] + along @ LINE[1:]])
    assert hidden > 1 or len({*np.sign(np.diff(marks).round(9))} - {0}) <= 1


def test_four_equal_units_are_one_unit_for_ever_and_the_random_start_makes_them_different():
    for W1, b1, W2, b2 in train_network(EQUAL, X40, Y40)[::50]:
        for units in (W1, b1[None], W2.T):
            assert np.ptp(units, axis=1) == pytest.approx(0, abs=1e-12)
        assert_same([forward((W1, b1, W2, b2), X40)[1]], [graph((W1[:, :1], b1[:1], 4 * W2[:1], b2), X40)])
    assert np.diff(np.sort(PATH[-1][0])).min() > 0.05


def test_the_transposed_gradient_fits_in_shape_for_two_units_only_and_is_not_the_complex_step():
    weights, X, Y = random_case(40, 2, 1)
    bug, told = gradients_that_fit(weights, X, Y), by_complex_steps(weights, X, Y)
    assert np.abs(bug[0] - told[0]).max() > 0.1
    assert_same(bug, (told[0].T, *told[1:]))
    with pytest.raises(ValueError, match="broadcast"):
        train_network(initial_weights(4), X, Y, gradients=gradients_that_fit)


@given(*RANDOM)
def test_relu_gradients_are_what_autograd_finds_and_zero_for_units_that_are_zero(n, hidden, seed):
    weights, X, Y = random_case(n, hidden, seed)
    found = relu_gradients(weights, X, Y)
    assert_same(found, by_graph(weights, X, Y, relu))
    off = (X @ weights[0] + weights[1] < 0).all(axis=0)
    assert not any(units.any() for units in (found[0][:, off], found[1][off], found[2][off]))


def test_at_the_kink_of_relu_the_slope_is_that_of_the_side_where_the_unit_is_zero():
    W1, b1, W2, b2 = np.array([[1.0], [-1.0]]), np.zeros(1), np.array([[2.0]]), np.array([0.5])
    X, Y = np.array([[3.0, 3.0]]), np.array([[0.0]])
    left, right = ((graph_loss((W1, b1 + h, W2, b2), X, Y, relu) - 0.25) / h for h in (-1e-6, 1e-6))
    G_W1, G_b1, G_W2, G_b2 = relu_gradients((W1, b1, W2, b2), X, Y)
    assert G_b1.tolist() == [left] == [0] and right == pytest.approx(2, rel=1e-5)
    assert not G_W1.any() and not G_W2.any() and G_b2.tolist() == [1]


class Counting(np.ndarray):
    """An array that counts the multiplications of its matrix products."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [np.asarray(part) for part in inputs]
        Counting.count += plain[0].size * plain[1].shape[1] if ufunc is np.matmul else 0
        return np.asarray(getattr(ufunc, method)(*plain, **options | {"out": None})).view(Counting)


@pytest.mark.parametrize("n, m", [(1, 1), (40, 4), (7, 3)])
def test_exercise_four_counts_the_multiplications(n, m):
    weights, X, Y = random_case(n, m, 0)
    case, counts = (tuple(w.view(Counting) for w in weights), X.view(Counting), Y.view(Counting)), []
    for walk in (network_loss, network_gradients, nudged_gradients):
        Counting.count = 0
        walk(*case)
        counts.append(Counting.count)
    assert counts == [n * m * 3, n * m * 3 + n * m * 4, (2 * m + 2 * m + 1) * n * m * 3]
    assert sum(w.size for w in weights) == 4 * m + 1 and 2 <= counts[1] / counts[0] <= 3


def small_walk():
    """Values and slopes of the nodes, weights and their slopes, by autograd."""
    weights, X, Y = small_network()
    units, (out,) = [math.tanh(z) for z in X[0] @ weights[0]], graph(weights, X)[0]
    names = ("x1", "x2", "z1", "z2", "a1", "a2", "ŷ", "L")
    values = dict(zip(names, (*X[0], *(X[0] @ weights[0]), *units, out, (out - Y[0, 0]) ** 2), strict=True))
    last = lambda units: graph_loss((np.eye(2), np.zeros(2), *weights[2:]), units, Y, lambda Z: Z)
    slopes = dict(zip(("a1", "a2"), autograd.grad(last)(np.array([units]))[0], strict=True))
    G_W1, G_b1, G_W2, G_b2 = by_graph(weights, X, Y)
    arrows = {(f"x{i + 1}", f"z{k + 1}"): (weights[0][i, k], G_W1[i, k]) for i in (0, 1) for k in (0, 1)}
    arrows |= {(f"a{k + 1}", "ŷ"): (weights[2][k, 0], G_W2[k, 0]) for k in (0, 1)}
    return values, {"z1": G_b1[0], "z2": G_b1[1]} | slopes | {"ŷ": G_b2[0], "L": 1}, arrows


def test_tanh_is_a_stretched_sigmoid_with_the_told_derivative():
    z = sympy.symbols("z", real=True)
    sigmoid = 1 / (1 + sympy.exp(-2 * z))
    for one, other in ((2 * sigmoid - 1, sympy.tanh(z)), (4 * sigmoid * (1 - sigmoid), sympy.diff(sympy.tanh(z), z))):
        assert sympy.simplify((one - other).rewrite(sympy.exp)) == 0


def test_exercise_one_turns_the_sign_of_each_slope():
    weights, X, Y = small_network()
    out = graph(weights, X)[0, 0]
    assert Y.tolist() == [[0.2]] and round(out, 4) == 1.2011 and 2 * out - 0.2 == pytest.approx(2.2022, abs=1e-4)
    assert not weights[1].any() and not weights[3].any()
    assert_same(network_gradients(weights, X, 2 * out - Y), [-g for g in by_graph(weights, X, Y)])


def test_the_small_network_is_printed_number_by_number(capsys, numbers):
    print_small_network()
    values, slopes, arrows = small_walk()
    lines = [line.replace("²", " ") for line in capsys.readouterr().out.splitlines()]
    assert [line.split()[0] for line in lines] == ["forward", "z1", "z2", "ŷ", "backward", *("weight", "a1:", "z1:", "its"),
                                                   *("weight", "a2:", "z2:", "its")]  # fmt: skip
    ((x1, x2),), ((W1, _, _, _), _, _) = small_network()[1], small_network()
    for k, name in enumerate(("a1", "a2")):
        z = x1 * W1[0, k] + x2 * W1[1, k]
        assert numbers(lines[1 + k]) == near(4, x1, W1[0, k], x2, W1[1, k], z, math.tanh(z))
        assert f"{name} = tanh z{k + 1}" in lines[1 + k]
        (weight, slope), a, g = arrows[name, "ŷ"], values[name], slopes[f"z{k + 1}"]
        firsts = [arrows[source, f"z{k + 1}"][1] for source in ("x1", "x2")]
        of_weight, of_a, of_z, of_first = map(numbers, lines[5 + 4 * k : 9 + 4 * k])
        assert f"weight of {name}:" in lines[5 + 4 * k] and of_weight == near(4, slopes["ŷ"], a, slope)
        assert of_a == near(4, slopes["ŷ"], weight, slopes[name])
        assert of_z == near(4, slopes[name], 1, a, g)
        assert of_first == near(4, g, x1, firsts[0], g, x2, firsts[1])
    (w1, _), (w2, _) = arrows["a1", "ŷ"], arrows["a2", "ŷ"]
    assert numbers(lines[3]) == near(4, values["a1"], w1, values["a2"], w2, values["ŷ"], small_network()[2][0, 0], values["L"])
    assert numbers(lines[4]) == near(4, 2, slopes["ŷ"])


def test_the_graph_shows_each_value_above_its_node_and_each_slope_below():
    values, slopes, arrows = small_walk()
    (ax,) = figure_network().axes
    bends = [text.get_position() for text in ax.texts if text.get_text() == "tanh"]
    texts = [(*text.get_position(), text.get_text().replace("−", "-")) for text in ax.texts if text.get_text() not in ("", "tanh")]
    places = {name: (x, y) for x, y, name in texts if name in values}
    for name, (x, y) in places.items():
        column = [text for _, text in sorted((v, text) for u, v, text in texts if u == x and abs(v - y) < 1)]
        assert column == [*(f"{slopes[k]:.3f}" for k in slopes if k == name), name, f"{values[name]:.3f}"]
    ends = [(arrow.xyann, arrow.xy) for arrow in ax.texts if not arrow.get_text()]
    assert sorted(ends) == sorted((places[a], places[b]) for a, b in [*arrows, ("z1", "a1"), ("z2", "a2"), ("ŷ", "L")])
    for k, (x, y) in zip((1, 2), bends, strict=True):
        assert places[f"z{k}"][0] < x < places[f"a{k}"][0] and 0 < y - places[f"z{k}"][1] < 0.5
    assert sorted(tuple(np.ravel(dot.get_data())) for dot in ax.lines) == sorted(places.values())
    beside = [text for text in texts if text[0] not in {x for x, _ in places.values()}]
    for (x, above, weight), (_, below, slope) in zip(beside[::2], beside[1::2], strict=True):
        to = {name: np.subtract([places[end] for end in name], (x, (above + below) / 2)) for name in arrows}
        (name,) = (k for k, (a, b) in to.items() if abs(np.linalg.det([a, b])) < 1e-9 and np.hypot(*a) < np.hypot(*b))
        assert above > below and (weight, slope) == tuple(f"{x:.{d}f}" for x, d in zip(arrows.pop(name), (1, 3)))
    assert not arrows


# What each step of the slider adds: values of these nodes, then slopes of these nodes, and of how many weights.
FORWARD, BACK = [("x1", "x2"), ("z1", "z2"), ("a1", "a2"), ("ŷ",), ("L",)], [("L",), ("ŷ",), ("a1", "a2"), ("z1", "z2")]
ADDED = FORWARD, [(), (), (), (), *BACK, ()], [0, 0, 0, 0, 0, 2, 2, 2, 6]


@pytest.mark.parametrize("step", range(9))
def test_the_graph_grows_with_values_first_and_then_with_slopes_from_the_loss_back(step):
    assert step in figure_network.slider[1]
    values, slopes, _ = small_walk()
    texts = [text for text in figure_network(step).axes[0].texts if text.get_text()]
    shown = lambda color, weight: sorted(
        text.get_text().replace("−", "-") for text in texts if (text.get_color(), text.get_weight()) == (color, weight)
    )
    forward, back, weights = ADDED
    assert shown("C0", "normal") == sorted(f"{values[name]:.3f}" for names in forward[: step + 1] for name in names)
    assert shown("C1", "bold") == sorted(f"{slopes[name]:.3f}" for names in back[: step + 1] for name in names)
    assert len(shown("C1", "normal")) == weights[step]


def assert_curves(dashed, curve, weights):
    """The best line and the network at 70 %, from 0 to 10 hours."""
    at = np.c_[curve.get_xdata(), np.full(len(curve.get_xdata()), 70.0)]
    assert (at[0, 0], at[-1, 0]) == (0, 10) and np.array_equal(dashed.get_xdata(), at[:, 0])
    assert dashed.get_ydata() == pytest.approx(LINE[0] + at @ LINE[1:])
    assert curve.get_ydata() == pytest.approx(graph_marks(at, weights))
    assert (dashed.get_label(), curve.get_label()) == ("best linear model", "network")


@pytest.mark.parametrize("given", [(), (20,), (0,)])
def test_the_figure_draws_the_network_after_that_step_and_the_losses_of_all(given):
    name, steps, *_ = figure_network_training.slider
    assert name == "step" and {0, 20, 1000} <= {*steps} <= {*range(1001)}
    left, right = figure_network_training(*given).axes
    (step,), (dots, *curves), (losses, dot, least) = given or (1000,), left.lines, right.lines
    assert np.array(dots.get_data()) == pytest.approx(np.array([HOURS, MARKS])) and dots.get_linestyle() == "None"
    assert_curves(*curves, PATH[step])
    assert losses.get_xdata()[-1] == 1000 and losses.get_ydata() == pytest.approx(LOSSES[losses.get_xdata()])
    assert np.ravel(dot.get_data()) == pytest.approx([step, LOSSES[step]]) and right.get_yscale() == "log"
    assert least.get_ydata() == pytest.approx([LEAST, LEAST])
    assert right.get_ylim()[0] < LOSSES[-1] and right.get_ylim()[1] > LOSSES[0]


@pytest.mark.parametrize("given", [(), (2.0,), (9.0,)])
def test_the_tangent_and_the_bars_are_the_slopes_at_that_student(given):
    assert figure_tired_student.slider[0] == "hours" and figure_tired_student.slider[1].tolist() == list(range(11))
    left, right = figure_tired_student(*given).axes
    *curves, tangent, dot = left.lines
    (hours,) = given or (6.0,)
    at = np.array([[hours, 70.0]])
    (mark,), ((by_hours, by_percent),) = graph_marks(at, PATH[-1]), graph_slopes(at, PATH[-1])
    assert_curves(*curves, PATH[-1])
    assert np.ravel(dot.get_data()) == pytest.approx([hours, mark]) and right.get_title() == f"{mark:.1f} marks"
    away = tangent.get_xdata() - hours
    assert away[0] == -away[1] < -0.5 and tangent.get_ydata() == pytest.approx(mark + by_hours * away)
    names = dict(zip((text.get_text() for text in right.get_yticklabels()), right.get_yticks(), strict=True))
    told = ("per hour", by_hours), ("per 10 %", 10 * by_percent)
    for bar, text, (name, slope) in zip(right.patches, right.texts, told, strict=True):
        assert (bar.get_x(), bar.get_width()) == (0, pytest.approx(slope))
        assert bar.get_y() + bar.get_height() / 2 == pytest.approx(names[name])
        assert [float(text.get_text().replace("−", "-"))] == near(1, slope)
    # as the page says: far more than ten percent at 2 hours, a little lost at 6, far more at 9
    assert {2: by_hours > 30 * by_percent, 6: round(by_hours, 1) == -0.7, 9: by_hours < -3}[hours]


def test_the_printed_training_shapes_and_gradients_are_right(capsys, numbers):
    print_network_training()
    *lines, line, rule = map(numbers, capsys.readouterr().out.splitlines())
    assert lines == [near(2, k, LOSSES[k]) for k in (0, 10, 30, 100, 300, 1000)] and line == near(2, LEAST)
    hours, attendance, marks = tired_students()
    misses = [12 + h * (15 - 1.25 * h) + 0.3 * a - m for h, a, m in zip(hours, attendance, marks, strict=True)]
    assert rule == near(2, math.fsum(miss**2 for miss in misses) / 40) and LOSSES[1000] < rule[0] < 25
    print_batch_shapes()
    first, *rows, total = capsys.readouterr().out.splitlines()
    assert numbers(first) == [40, 2, 40, 4, 40, 1, 40, 1] and numbers(total) == [2 * 4 + 4 + 4 + 1]
    assert [numbers(row) for row in rows] == [[2, 4] * 2, [4] * 2, [4, 1] * 2, [1] * 2]
    assert [row.split()[1] for row in rows] == ["W1", "b1", "W2", "b2"]
    print_agreement()
    for text, g in zip(capsys.readouterr().out.splitlines(), by_graph(initial_weights(), X40, Y40), strict=True):
        assert numbers(text) == near(4, np.abs(g).max(), 0)


def test_the_printed_slopes_are_derivatives_beside_the_rule(capsys, numbers):
    print_slopes_in_inputs()
    for text, hours in zip(capsys.readouterr().out.splitlines()[1:], (1, 3, 5, 7, 9), strict=True):
        at, rule = np.array([[hours, 70.0]]), 15 - 2.5 * hours
        (mark,), ((by_hours, by_percent),) = graph_marks(at, PATH[-1]), graph_slopes(at, PATH[-1])
        told = [hours, *near(1, mark), *near(2, by_hours), rule, *near(2, by_percent), 0.3]
        assert numbers(text) == told and by_hours * rule > 0 and by_percent > 0
        assert hours != 5 or by_hours < rule / 2


def test_more_units_fit_the_forty_better_and_two_fit_new_students_best(capsys, numbers):
    print_hidden_units()
    steps, _, *rows = map(numbers, capsys.readouterr().out.splitlines())
    assert steps == [1000, 5000]
    new = (np.array(tired_students(10_000, seed=1)).T - MEANS) / DEVIATIONS
    for row, hidden in zip(rows, (1, 2, 4, 8, 16), strict=True):
        path = descent(initial_weights(hidden), 5000, rate=0.15)
        losses = [
            VARIANCE * graph_loss(path[int(k)], data[:, :2], data[:, 2:])
            for k in steps
            for data in (np.c_[X40, Y40], new)
        ]
        assert row == [hidden, *near(2, *losses)]
    assert np.all(np.diff([row[3] for row in rows]) < 0) and min(rows, key=lambda row: row[4])[0] == 2
    assert rows[2][2] < rows[1][4]  # four units after 1000 steps, two after 5000


def test_the_printed_mistakes_are_what_they_are_said_to_be(capsys, numbers):
    print_shapes_that_fit()
    rows = [numbers(text) for text in capsys.readouterr().out.splitlines()[1:]]
    paths = descent(initial_weights(2)), descent(initial_weights(2), turned=np.transpose)
    for row, step in zip(rows, (0, 10, 100, 1000), strict=True):
        assert row == near(2, step, *(VARIANCE * graph_loss(path[step], X40, Y40) for path in paths))
    assert rows[-1][1] < rows[-1][2] < LEAST and rows[1][1] < rows[1][2]
    print_broadcast()
    shapes, losses, error = capsys.readouterr().out.splitlines()
    assert numbers(shapes) == [40, 1, 40, 40] and error == "ValueError: targets (40,) for predictions (40, 1)"
    out = np.ravel(graph(PATH[-1], X40))
    every = pstdev(out) ** 2 + 1 + fmean(out) ** 2  # all pairs: both variances, and the squared difference of the means
    assert numbers(losses) == near(4, LOSSES[-1] / VARIANCE, every) and every > 20 * LOSSES[-1] / VARIANCE
    print_same_start()
    _, *rows, loss = map(numbers, capsys.readouterr().out.splitlines())
    end = descent(EQUAL)[-1]
    assert rows == [near(4, *row) for row in end[0]] and loss == near(2, VARIANCE * graph_loss(end, X40, Y40))
    print_relu()
    fall, predicted = numbers(capsys.readouterr().out)
    start, g = initial_weights(), by_graph(initial_weights(), X40, Y40, relu)
    after = [w - 1e-6 * slopes for w, slopes in zip(start, g, strict=True)]
    assert fall == pytest.approx(graph_loss(start, X40, Y40, relu) - graph_loss(after, X40, Y40, relu), rel=1e-6)
    assert predicted == pytest.approx(1e-6 * sum(np.vdot(part, part) for part in g), rel=1e-6)
    assert fall == pytest.approx(predicted, rel=1e-5)


NAMES = ("Y", "W2", "b2", "A", "Z", "W1", "b1")


def by_hand(weights, X, Y):
    """The seven arrays of slopes of `network_gradients`, by name, and the forward walk."""
    W1, b1, W2, b2 = weights
    A, Y_hat = forward(weights, X)
    G_Y = 2 / len(X) * (Y_hat - Y)
    G_A = G_Y @ W2.T
    G_Z = G_A * (1 - A**2)
    return dict(zip(NAMES, (G_Y, A.T @ G_Y, G_Y.sum(axis=0), G_A, G_Z, X.T @ G_Z, G_Z.sum(axis=0)), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_the_task_is_content_with_each_right_line_and_with_no_wrong_one(name):
    rng = np.random.default_rng(3)
    X, Y, weights = rng.normal(size=(6, 2)), rng.normal(size=(6, 1)), initial_weights(3, seed=5)
    right = by_hand(weights, X, Y)
    assert check_slopes(name, right[name], weights, X, Y) == f"G_{name} is right"
    for wrong in (2 * right[name], -right[name], right[name] + 1e-6):
        assert re.fullmatch(rf"G_{name}\[[\d, ]+\] is -?[\d.]+, and nudging says -?[\d.]+", check_slopes(name, wrong, weights, X, Y))
    assert "has the shape" in check_slopes(name, right[name][None], weights, X, Y)


def test_the_loss_with_an_array_of_its_own_is_the_loss_and_moves_by_the_slope_of_what_is_replaced():
    rng = np.random.default_rng(4)
    X, Y, weights = rng.normal(size=(5, 2)), rng.normal(size=(5, 1)), initial_weights(3, seed=6)
    A, Y_hat = forward(weights, X)
    values = dict(zip(NAMES, (Y_hat, weights[2], weights[3], A, np.arctanh(A), weights[0], weights[1]), strict=True))
    slopes = by_hand(weights, X, Y)
    for name, value in values.items():
        assert loss_with(name, value, weights, X, Y) == pytest.approx(network_loss(weights, X, Y))
        step = 1e-6 * rng.normal(size=value.shape)
        rise = loss_with(name, value + step, weights, X, Y) - loss_with(name, value - step, weights, X, Y)
        assert rise == pytest.approx(2 * np.sum(step * slopes[name]), rel=1e-6)


def test_the_printed_answers_of_the_task_are_right_half_and_turned(capsys):
    print_task()
    right, half, turned = capsys.readouterr().out.splitlines()
    assert right == "G_Y is right" and turned == "G_A has the shape (4, 40), and A has (40, 4)"
    mine, nudged = map(float, re.search(r"is (\S+), and nudging says (\S+)$", half).groups())
    assert half.startswith("G_W2[") and nudged == pytest.approx(2 * mine, abs=2e-6)
