import inspect
import itertools
import math
import re
import statistics
import tracemalloc
from fractions import Fraction
from functools import cache
from pathlib import Path

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.networks import automatic_differentiation as page
from snippets.networks.automatic_differentiation import Dual, Pair, Variable, gradients, print_small, small_slopes, tape, walk_back

ENGINES = Dual, Variable
OPERATORS = lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b
SHAPES = [((), ()), ((3,), (2, 3)), ((1, 3), (2, 3)), ((), (2, 3)), ((2, 1), (1, 3)), ((1,), ()), ((1, 1), (3,))]
rng = np.random.default_rng(1)


@pytest.fixture
def printed(capsys, numbers):
    """A function that calls another one and returns the lines it prints, or those from one on as lists of numbers."""

    def lines(function, start=None):
        function()
        text = capsys.readouterr().out.splitlines()
        return text if start is None else [numbers(line) for line in text[start:]]

    return lines


def call(name, a):
    """A method of an engine; for all other arrays NumPy's function, as autograd wraps it."""
    if isinstance(a, ENGINES):
        return getattr(a, name)()
    return a * (anp.real(a) > 0) if name == "relu" else getattr(anp, name)(a)


def along(f, xs, vs):
    """The slope of f at xs in the direction vs by one complex step."""
    return np.imag(f(*(x + 1e-200j * v for x, v in zip(xs, vs, strict=True)))) / 1e-200


def check(f, *xs):
    """Value and all slopes of f, one number: both engines, complex steps and autograd. Of two xs each is constant once."""
    inputs = [Variable(x) for x in xs]
    output = f(*inputs)
    back, others = gradients(output, inputs), autograd.grad(f, tuple(range(len(xs))))(*xs)
    assert output.value == pytest.approx(f(*xs), rel=1e-12, abs=1e-14)
    assert [np.shape(g) for g in back] == [np.shape(g) for g in others] == [x.shape for x in xs]
    for k, at in [(k, at) for k, x in enumerate(xs) for at in np.ndindex(x.shape)]:
        unit = [np.zeros(x.shape) for x in xs]
        unit[k][at] = 1
        dual, exact = f(*map(Dual, xs, unit)), pytest.approx(along(f, xs, unit), rel=1e-11, abs=1e-12)
        assert dual.value == output.value and dual.slope.shape == ()
        assert (dual.slope, np.asarray(back[k])[at], np.asarray(others[k])[at]) == (exact, exact, exact)
    if len(xs) == 2:
        check(lambda x: f(x, xs[1]), xs[0])
        check(lambda x: f(xs[0], x), xs[1])


def far_from_zero(shape):
    return np.asarray(rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape))


@pytest.mark.parametrize("shapes", [pair[::turn] for pair in SHAPES for turn in (1, -1)])
@pytest.mark.counted
def test_operators_stretch_arrays_as_numpy_does_and_add_the_slopes_of_the_copies(shapes):
    a, b, u = (far_from_zero(shape) for shape in (*shapes, np.broadcast_shapes(*shapes)))
    check(lambda a: (a**-3 * -a + a**5).sum(), a)
    for f in OPERATORS:
        check(lambda a, b, f=f: (f(a, b) * u).sum(), a, b)
        for left, right in ((a, b), (a.tolist(), b.tolist()), (a[()], b[()])):  # arrays; lists or numbers; np.float64
            for engine in ENGINES:
                made = f(engine(left), right), f(left, engine(right)), f(engine(left), engine(right))
                assert [(type(result), result.value.shape) for result in made] == [(engine, u.shape)] * 3


def test_matrix_products_have_the_slopes_of_their_sums():
    A, B, u = far_from_zero((2, 3)), far_from_zero((3, 4)), far_from_zero((2, 4))
    check(lambda A, B: ((A @ B) * u).sum(), A, B)
    for engine in ENGINES:
        for product in (engine(A) @ B, A @ engine(B), engine(A) @ engine(B)):
            assert type(product) is engine and product.value == pytest.approx(np.einsum("ij,jk", A, B))
        with pytest.raises(ValueError, match="mismatch"):
            engine(A) @ A
    for left, right in ((A, np.ones(3)), (np.ones(2), A), (np.ones((2, 2, 3)), B), (A, 2.0)):
        for product in (lambda a, b: Variable(a) @ b, lambda a, b: a @ Variable(b)):
            with pytest.raises(ValueError, match="must be matrices"):
                product(left, right)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
@pytest.mark.parametrize("name", ["exp", "log", "sin", "cos", "tanh", "relu", "sum", "mean"])
@pytest.mark.counted
def test_methods_agree_with_complex_steps_and_another_library(name, shape):
    x, u = far_from_zero(shape), far_from_zero(() if name in ("sum", "mean") else shape)
    check(lambda x: (call(name, x) * u).sum(), abs(x) if name == "log" else x)


X = sympy.Symbol("x", positive=True)
FORMULAS = {name: getattr(sympy, name)(X) for name in ("exp", "log", "sin", "cos", "tanh")}
POWERS = 0, 1, 7, -1, -3, 0.5, -1.5, np.float64(2.5), np.float32(-0.5), np.int64(2), np.int64(-2), Fraction(3, 2)
FORMULAS |= {n: X**n for n in POWERS} | {"__neg__": -X}
SLOPES = {how: sympy.lambdify(X, sympy.diff(formula, X), "mpmath") for how, formula in FORMULAS.items()}


@given(st.floats(0.1, 4))
def test_each_operation_has_the_slope_that_algebra_finds(at):
    for how, slope in SLOPES.items():
        dual, x = Dual(at, 1.0), Variable(at)
        ahead, output = (call(how, a) if isinstance(how, str) else a**how for a in (dual, x))
        with mpmath.workdps(30):
            exact = pytest.approx(float(slope(mpmath.mpf(at))), rel=1e-14, abs=2e-15)
        assert (ahead.slope, *gradients(output, [x])) == (exact, exact)


@pytest.mark.parametrize("kind", [int, float, np.int64, np.uint8, np.float64, Fraction])
@pytest.mark.parametrize("n", range(4))
def test_powers_have_slopes_at_zero_too_and_their_exponent_may_be_any_real_number(kind, n):
    t, at = sympy.Symbol("t"), [0, -1, 2]  # a warning, of 0 to the power -1, would be an error here
    told = [[float(f.subs(t, x)) for x in at] for f in (t**n, sympy.diff(t**n, t))]
    for point, exact in ((at, told), *((x, [*column]) for x, *column in zip(at, *told, strict=True))):
        dual, x = Dual(point, 1.0) ** kind(n), Variable(point)
        output = x ** kind(n)
        assert [dual.value.tolist(), dual.slope.tolist()] == exact
        assert [output.value.tolist(), gradients(output.sum(), [x])[0].tolist()] == exact
        assert output.operation == f"^{n}" and dual.slope.dtype == output.value.dtype == float
    assert (Dual(0.0, 5.0) ** kind(0)).slope == 0 and (Dual(-1.0, 5.0) ** kind(1)).slope == 5


INSTRUCTIONS = [
    lambda a, b: a + b,
    lambda a, b: 2 - a - b,
    lambda a, b: a * call("tanh", b),
    lambda a, b: -a / (b * b + 1),
    lambda a, b: 3 / (a**2 + 1) ** 0.5,
    lambda a, b: call("exp", -a * a) * b,
    lambda a, b: call("log", call("sin", a) + 1.5),
    lambda a, b: call("relu", a - b),
    lambda a, b: call("mean", a) + np.array([0.1, 0.2, 0.3]) * b,
    lambda a, b: np.array([[0.5, -0.2], [0.3, 0.4]]) @ (a + np.ones((2, 3))),
]
instructions = st.lists(st.tuples(st.sampled_from(INSTRUCTIONS), st.integers(0, 9), st.integers(0, 9)), max_size=10)


@given(instructions, st.integers(0, 99))
def test_on_random_programs_forward_is_backward_is_a_complex_step(instructions, seed):
    def program(*values):
        for f, i, j in instructions:  # any values so far may be operands, so that nodes are used again and again
            values += (f(values[i % len(values)], values[j % len(values)]),)
        return sum(value.sum() for value in values)

    random = np.random.default_rng(seed)
    xs, vs = ([np.asarray(random.normal(size=shape)) for shape in ((), (3,), (2, 3))] for _ in range(2))
    inputs = [Variable(x) for x in xs]
    output = program(*inputs)
    back, again = gradients(output, inputs), gradients(output, inputs)
    step = pytest.approx(along(program, xs, vs), rel=1e-8, abs=1e-8)
    assert program(*map(Dual, xs, vs)).slope == step == sum(np.sum(g * v) for g, v in zip(back, vs, strict=True))
    for g, same, other, x in zip(back, again, autograd.grad(program, (0, 1, 2))(*xs), xs, strict=True):
        assert np.shape(g) == x.shape and np.array_equal(g, same) and g == pytest.approx(other, rel=1e-8, abs=1e-8)
    # The tape: the output and all operands, each once, and behind its own operands.
    place = {id(node): k for k, node in enumerate(tape(output))}
    assert set(place) == {id(a) for node in tape(output) for a, _ in node.parents} | {id(output)}
    assert len(place) == len(tape(output))
    assert all(place[id(a)] < place[id(node)] for node in tape(output) for a, _ in node.parents)


def test_the_walks_forward_and_backward_are_transposes_of_each_other():
    x, y, v, w, u = (far_from_zero(shape) for shape in ((2, 3), (3,), (2, 3), (3,), (2, 3)))
    f = lambda x, y: call("sin", x @ np.vander([1.0, 2, 3]) + y) * x + y / 3
    Jv, inputs = f(Dual(x, v), Dual(y, w)).slope, (Variable(x), Variable(y))
    slopes = walk_back(f(*inputs) * u)
    by_x, by_y = (slopes[id(node)] for node in inputs)
    assert Jv.shape == by_x.shape == (2, 3) and by_y.shape == (3,)
    assert Jv == pytest.approx(along(f, (x, y), (v, w)))
    assert np.sum(u * Jv) == pytest.approx(np.sum(by_x * v) + by_y @ w)


def test_what_is_not_used_gets_zeros_and_what_has_no_slope_is_refused():
    x, idle, one = Variable([[1.0, 2.0]]), Variable(np.ones((3, 2))), Variable([[4.0]])
    assert [g.tolist() for g in gradients((x * x + x).sum(), [x, idle])] == [[[3, 5]], [[0, 0]] * 3]
    assert gradients(one, [one])[0].tolist() == [[1]]
    for vector in (x, x * 2, Variable(np.ones((3, 1)))):
        with pytest.raises(ValueError, match="sum or mean"):
            gradients(vector, [x])
    for engine in ENGINES:
        for exponent in ("2", None, 2j, np.complex128(2), np.ones(2), np.array(2.0), engine(2.0)):
            with pytest.raises(TypeError, match=f"{type(exponent).__name__}: it must be a number"):
                engine(3.0) ** exponent
        for wrong in (0.0, -1.0, [2.0, 0.0], [[-0.5], [3.0]]):
            with pytest.raises(ValueError, match=f"log of {np.min(wrong)}: only positive"):
                engine(wrong).log()
    for value, slope in (([1.0, 2, 3], [1.0, 2]), ([1.0, 2, 3], np.ones((1, 3))), (1.0, [1.0, 2]), ([1.0], [1.0, 2])):
        with pytest.raises(ValueError, match="operand|broadcast"):
            Dual(value, slope)


@given(st.data(), st.lists(st.integers(-9, 9), min_size=1, max_size=3))
def test_the_small_engines_find_the_slopes_of_every_program_of_plus_and_times(data, numbers):
    """A program says which two of the numbers so far are added or multiplied next."""
    ordered = st.sampled_from(["+", "*"]), st.integers(0, 9), st.integers(0, 9)
    program = data.draw(st.lists(st.tuples(*ordered), max_size=5))

    def run(*inputs):
        made = list(inputs)
        for sign, i, j in program:
            one, other = made[i % len(made)], made[j % len(made)]
            made.append(one + other if sign == "+" else one * other)
        return made[-1]

    names = sympy.symbols("a b c")[: len(numbers)]
    at = dict(zip(names, numbers, strict=True))
    exact = [int(sympy.diff(run(*names), name).subs(at)) for name in names]
    value, slopes = small_slopes(run, *numbers)
    assert value == int(run(*names).subs(at)) and slopes == pytest.approx(exact, rel=1e-12)
    for k, slope in enumerate(exact):
        pair = run(*(Pair(number, float(k == j)) for j, number in enumerate(numbers)))
        assert pair.value == value and pair.slope == pytest.approx(slope, rel=1e-12)


def test_the_printed_slopes_of_both_small_engines_are_those_of_sympy(capsys, numbers):
    print_small()
    x, y = sympy.symbols("x y")
    f, at = x * x * y + x, {x: 2, y: 5}
    value, in_x, in_y = (int(part.subs(at)) for part in (f, f.diff(x), f.diff(y)))
    assert [numbers(line) for line in capsys.readouterr().out.splitlines()] == [[value, in_x], [value, in_y], [value, in_x, in_y]]


def test_constants_have_slope_zero_and_each_engine_has_at_most_a_hundred_lines():
    dual, x = Dual([1, 2], slope=3), Variable([[1]])
    assert Dual.lift(dual) is dual and Variable.lift(x) is x
    assert Dual(np.ones((2, 3)), [4, 5, 6]).slope.tolist() == [[4, 5, 6]] * 2
    assert dual.slope.tolist() == [3, 3] and dual.value.dtype == dual.slope.dtype == x.value.dtype == float
    assert Dual(5).slope == 0 and Dual.lift([1, 2]).slope.tolist() == [0, 0]
    made = x, Variable.lift(2), x + x, x * x, x**-2, x @ x, x.exp(), x.log(), x.sin(), x.cos(), x.tanh(), x.relu(), x.sum()
    assert " ".join(node.operation for node in made) == "input constant + × ^-2 @ exp log sin cos tanh relu sum"
    for parts in ((Dual, page.Number), (Variable, tape, page.unbroadcast, walk_back, gradients)):
        assert sum(bool(line.strip()) for part in parts for line in inspect.getsource(part).splitlines()) <= 100


def test_the_tape_keeps_what_was_although_the_array_changes_afterwards():
    a = np.array([1.0, 2.0])
    x = Variable(a)
    y = (x * x).sum()
    a[:] = 100
    assert y.value == 5 and gradients(y, [x])[0].tolist() == [2, 4]


@given(st.floats(-40, 40))
def test_the_slope_of_tanh_keeps_its_digits_where_tanh_is_nearly_one(at):
    with mpmath.workdps(60):
        exact = float(mpmath.sech(mpmath.mpf(at)) ** 2)
    x = Variable(at)
    assert gradients(x.tanh(), [x])[0] == pytest.approx(exact, rel=1e-14) and Dual(at, 1.0).tanh().slope == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("engine", [Variable, Dual])
def test_numpy_calls_what_is_built_in_and_the_rest_is_refused_with_a_hint(engine):
    x = engine(np.array([[0.5, 2.0]]))
    for name in ("exp", "log", "sin", "cos", "tanh"):
        assert page.raw(getattr(np, name)(x)).tolist() == getattr(np, name)([[0.5, 2.0]]).tolist()
    assert page.raw(np.sum(x)) == 2.5 and page.raw(np.mean(x)) == 1.25
    for wrong, hint in (
        (lambda: np.maximum(x, 0), r"np\.maximum is not built in; there are .*relu"),
        (lambda: np.add.reduce(x), "np.add is not built in"),
        (lambda: x[0], "multiply by a matrix of zeros and ones"),
        (lambda: np.sum(x, axis=0), "a sum over axis 0 is not built in: multiply by ones"),
        (lambda: x.mean(axis=1), "a sum over axis 1"),
        (lambda: np.float64(2) ** x, "the exponent is a (Variable|Dual): it must be a number"),
    ):
        with pytest.raises(TypeError, match=hint):
            wrong()
    with pytest.raises(TypeError, match=r"write Dual\(Variable\(x\), v\)"):
        Variable(Dual(1.0))


TWICE = {
    "exp": lambda x: np.exp(x), "log": lambda x: np.log(x), "sin": lambda x: np.sin(x), "cos": lambda x: np.cos(x),
    "tanh": lambda x: np.tanh(x), "power": lambda x: x**3, "quotient": lambda x: 2 / (x + 1) - x, "relu": lambda x: x.relu() * x,
}  # fmt: skip
EXACTLY = {
    "exp": sympy.exp(X), "log": sympy.log(X), "sin": sympy.sin(X), "cos": sympy.cos(X),
    "tanh": sympy.tanh(X), "power": X**3, "quotient": 2 / (X + 1) - X, "relu": X * X,
}  # fmt: skip


@pytest.mark.parametrize("name", TWICE)
def test_both_modes_together_give_second_derivatives(name):
    for at in (0.4, 1.7):
        found = page.hessian_product(TWICE[name], np.array(at), np.array(1.0))
        assert found == pytest.approx(float(sympy.diff(EXACTLY[name], X, 2).subs(X, at)), rel=1e-12)
        assert page.hessian_product(TWICE[name], np.array(at), np.array(-2.0)) == pytest.approx(-2 * found)


@pytest.mark.counted
def test_a_variable_beside_a_dual_of_variables_leaves_the_operation_to_it():
    x, d = Variable(2.0), Dual(Variable(3.0), 1.0)
    for total in (x + d, d + x):
        assert (total.value.value, total.slope.value) == (5, 1)
    for product in (x * d, d * x):
        assert (product.value.value, product.slope.value) == (6, 2)
    assert page.hessian_product(lambda w: 3 * w.sum(), np.ones(2), np.ones(2)).tolist() == [0, 0]
    assert gradients((x * d * d).slope, [x])[0] == 6  # the slope of x d² in d is 2 x d


def test_the_printed_products_are_the_columns_of_the_hessian_of_algebra(printed, numbers):
    w = sympy.symbols("w0 w1")
    rows = sympy.Matrix([[1, sympy.Rational(1, 2)], [1, -1], [1, 2]])
    f = sum(sympy.tanh(z) ** 2 for z in rows * sympy.Matrix(w)) / 3
    H = np.array(sympy.hessian(f, w).subs({w[0]: sympy.Rational(3, 10), w[1]: -sympy.Rational(1, 5)}), dtype=float)
    for line, column in zip(printed(page.print_both), H.T, strict=True):
        assert numbers(line) == pytest.approx([*column, *column], abs=6e-6)


def test_at_the_kink_the_slope_is_zero_and_overflow_is_seen():
    far = [-1000.0, 1000.0]
    for name, at, slope in (("relu", [-1.0, 0.0, 2.0], [0, 0, 1]), ("tanh", far, [0, 0]), ("exp", [-1000.0], [0])):
        x = Variable(at)
        assert gradients(call(name, x).sum(), [x])[0].tolist() == call(name, Dual(at, 1.0)).slope.tolist() == slope
    assert Variable([-1.0, 0.0, 2.0]).relu().value.tolist() == [0, 0, 2]
    for f, at, warning in ((lambda a: a.exp(), 1e3, "overflow"), (lambda a: a**0.5, 0.0, "divide by zero")):
        x = Variable(at)
        with pytest.warns(RuntimeWarning, match=warning):
            assert f(Dual(at, 1.0)).slope == np.inf
        with pytest.warns(RuntimeWarning, match=warning):
            assert gradients(f(x), [x]) == [np.inf]


def test_a_chain_of_thousands_of_operations_needs_no_recursion_and_many_paths_to_a_node_one_visit():
    x = y = Variable(0.3)
    for _ in range(2500):
        y = y * 0.999 + 0.001
    assert len(tape(y)) == 1 + 4 * 2500
    assert gradients(y, [x])[0] == pytest.approx(float(mpmath.mpf(0.999) ** 2500), rel=1e-12)
    visits = []
    parents = property(lambda node: visits.append(node) or [], lambda node, _: None)
    y = type("Watched", (Variable,), {"parents": parents})(1.0)
    for _ in range(10):
        y = y + y
    assert len(tape(y)) == 11 and len(visits) == 1


@cache
def story():
    """Slopes of L after each node of the way back, and the three shares of x: by SymPy, each use a symbol of its own."""
    first, second, third, y, u, s, t = sympy.symbols("first second third y u s t")
    point = {first: 0.8, second: 0.8, third: 0.8, y: -0.5, u: -0.4, s: 0.4, t: math.tanh(0.4)}
    L = sympy.tanh(first * y + second) * third
    of_u, of_s, of_t = sympy.tanh(u + second) * third, sympy.tanh(s) * third, t * third
    wanted = (L, third), (L, second), (L, first), (of_t, t), (of_s, s), (of_u, u), (L, y)
    c, b, a, *others = (float(sympy.diff(f, symbol).subs(point)) for f, symbol in wanted)
    known = dict(zip("tsuy", others, strict=True)) | {"L": 1.0}
    steps = ("L", 0), ("Ltx", c), ("Ltxs", c), ("Ltxsu", c + b), *[("Ltxsuy", c + b + a)] * 3
    return [{name: (known | {"x": x})[name] for name in names} for names, x in steps], a


VALUES = dict(zip("xyustL", [0.8, -0.5, -0.4, 0.4, math.tanh(0.4), 0.8 * math.tanh(0.4)], strict=True))


def test_slopes_grow_share_by_share_and_overwriting_keeps_the_last_share():
    nodes = {name: node for name, (node, _) in page.named_tape().items()}
    so_far, last_share = story()
    assert {name: node.value for name, node in nodes.items()} == pytest.approx(VALUES)
    for k, exact in enumerate(so_far):
        slopes = walk_back(nodes["L"], k)
        assert {name: slopes[id(node)] for name, node in nodes.items() if id(node) in slopes} == pytest.approx(exact)
    slopes = page.walk_back_overwriting(nodes["L"])
    assert {name: slopes[id(nodes[name])] for name in nodes} == pytest.approx(so_far[-1] | {"x": last_share})
    x = Variable(np.ones((2, 3)))
    chain = (x.sin().exp() + np.ones((4, 2, 3))).tanh().mean()  # without fan-out the bug does not show
    assert page.walk_back_overwriting(chain)[id(x)] == pytest.approx(walk_back(chain)[id(x)])


@pytest.mark.parametrize("step", [0, 5, 6, 8, 11])
def test_the_slider_fills_in_values_downwards_and_slopes_upwards(step):
    left, right = page.figure_tape(step).axes
    place = {text.get_position(): text.get_text() for text in left.texts if text.get_text() in VALUES}
    arrows = {place[text.xyann] + place[text.xy] for text in left.texts if not text.get_text()}
    assert arrows == {"xu", "yu", "us", "xs", "st", "tL", "xL"}
    words = [text.get_text() for text in left.texts if text.get_text()]
    told = {"x": "input", "y": "input", "u": "×", "s": "+", "t": "tanh", "L": "×"}
    assert dict(zip(words[::2], words[1::2], strict=True)) == told
    circles = {place[tuple(line.get_xydata()[0].tolist())]: line.get_markeredgecolor() for line in left.lines}
    known = list(VALUES)[: step + 1]
    assert [name for name in circles if circles[name] == "C0"] == known and len(circles) == 6
    cells = {text.get_position(): text.get_text() for text in right.texts}
    at = {text: position for position, text in cells.items()}
    heights = {name: at[name][1] for name in VALUES}
    assert at["value"][1] > heights["x"] and list(heights.values()) == sorted(heights.values(), reverse=True)
    shown = {name: VALUES[name] for name in known}, story()[0][step - 5] if step > 5 else {}
    for title, exact in zip(("value", "slope of L"), shown, strict=True):
        column = {name: cells[at[title][0], heights[name]] for name in VALUES if (at[title][0], heights[name]) in cells}
        assert "-" not in "".join(column.values())
        column = {name: float(text.replace("\N{MINUS SIGN}", "-")) for name, text in column.items()}
        assert column == pytest.approx(exact, abs=5.1e-4)
    bars = [min(heights, key=lambda name: abs(heights[name] - line.get_ydata()[0])) for line in right.lines]
    assert bars == ([list(VALUES)[11 - step]] if step > 5 else [])
    assert page.figure_tape.slider == ("step", list(range(12)))


@given(st.floats(1e-6, 1e6))
def test_a_loop_with_an_exit_has_the_slope_of_the_square_root(at):
    ahead, x = page.square_root(Dual(at, 1.0)), Variable(at)
    with mpmath.workdps(50):
        root = mpmath.sqrt(mpmath.mpf(at))
        exact = [pytest.approx(float(part), rel=1e-14, abs=0) for part in (root, 1 / (2 * root))]
    back = page.square_root(x)
    assert [ahead.value, ahead.slope] == exact == [back.value, *gradients(back, [x])]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_loop_has_the_slope_of_the_rounds_it_made_and_says_when_they_are_not_enough(engine, numbers):
    def slope(f):
        return f.slope if engine is Dual else gradients(f, [x])[0]

    seen = []
    watch = {"__truediv__": lambda x, guess: seen.append(guess) or engine.__truediv__(x, guess)}
    guesses = [(1 + X) / 2]
    for rounds in range(4):
        x = type("Watched", (engine,), watch)(5.0, *[1.0] * (engine is Dual))
        with pytest.raises(RuntimeError, match=f"^after {rounds} rounds the guess still moves: ") as error:
            page.square_root(x, most_steps=rounds)
        exact = [[float(f.subs(X, 5)) for f in (guess, sympy.diff(guess, X))] for guess in guesses]
        assert numbers(str(error.value)) == pytest.approx([rounds, exact[-1][0]])
        assert [[guess.value, slope(guess)] for guess in seen] == [pytest.approx(pair) for pair in exact[:-1]]
        guesses.append(guesses[-1] - (guesses[-1] ** 2 - X) / (2 * guesses[-1]))
        seen.clear()
    # From 1/2 each round halves the guess of the root of 0; no guess stays where there is no root.
    with pytest.raises(RuntimeError, match=f"^after 50 rounds the guess still moves: {2.0**-51}$"):
        page.square_root(engine(0.0))
    with pytest.raises(RuntimeError, match="after 50 rounds"):
        page.square_root(engine(-2.0))


def test_the_loop_for_the_root_of_two_has_five_nodes_for_each_round_and_needs_all_rounds(printed):
    with mpmath.workdps(50):
        guesses = [mpmath.mpf(3) / 2]
        for _ in range(8):
            guesses.append((guesses[-1] + 2 / guesses[-1]) / 2)
        rounds = 1 + next(k for k, (a, b) in enumerate(itertools.pairwise(guesses)) if abs(a - b) <= 1e-15)
        guess = guesses[rounds]
    root, slope = (pytest.approx(float(told), abs=6e-13) for told in (guess, 1 / (2 * guess)))
    assert printed(page.print_loop, 0) == [[root, slope], [slope, 5 + 5 * rounds], [1, 2, slope]]
    for engine in ENGINES:  # one round less is not enough
        assert page.square_root(engine(2.0), rounds).value == root
        with pytest.raises(RuntimeError, match=f"after {rounds - 1} rounds"):
            page.square_root(engine(2.0), rounds - 1)


def test_students_and_weights_are_drawn_as_told_and_scaled_by_the_forty():
    hours, attendance, marks = page.tired_students(400_000, seed=3)
    columns = np.column_stack([np.ones(400_000), hours, hours**2, attendance])
    fit = np.linalg.lstsq(columns, marks, rcond=None)[0]
    assert np.abs(columns @ (fit - [12, 15, -1.25, 0.3])).max() < 0.2
    assert np.std(marks - columns @ fit) == pytest.approx(5, rel=0.01)
    ends = [end for column in (hours, attendance) for end in (column.min(), column.max())]
    assert ends == pytest.approx([0, 10, 40, 100], abs=0.01)
    forty, (means, deviations) = page.tired_students(), page.scales()
    assert [column.shape for column in forty] == [(40,)] * 3 and means.shape == deviations.shape == (3,)
    x, y = page.scaled(hours[:7], attendance[:7], marks[:7])
    assert x.shape == (7, 2) and y.shape == (7, 1)
    for k, (column, raw, told) in enumerate(zip((*x.T, y[:, 0]), (hours, attendance, marks), forty, strict=True)):
        mean, deviation = statistics.fmean(told), statistics.pstdev(told)
        assert (means[k], deviations[k]) == (pytest.approx(mean), pytest.approx(deviation))
        assert mean + deviation * column == pytest.approx(raw[:7])
    W1, b1, W2, b2 = page.initial_weights(hidden=40_000, seed=1)
    assert (W1.std(), W2.std()) == (pytest.approx(0.5**0.5, rel=0.02), pytest.approx(1 / 200, rel=0.02))
    assert (W1.mean(), W2.mean()) == (pytest.approx(0, abs=0.02), pytest.approx(0, abs=2e-4))
    assert b1.shape == (40_000,) and not b1.any() and not b2.any()
    assert [w.shape for w in page.initial_weights()] == [(2, 4), (4,), (4, 1), (1,)]


def loss(W1, b1, W2, b2, x, y):
    return anp.mean((anp.dot(anp.tanh(anp.dot(x, W1) + b1), W2) + b2 - y) ** 2)


slopes_of_loss = autograd.grad(loss, (0, 1, 2, 3))


@pytest.mark.parametrize("size", [0.1, 1, 5])
def test_the_tape_finds_the_gradients_that_were_derived_by_hand(size):
    weights = [size * far_from_zero(shape) for shape in ((2, 5), (5,), (5, 1), (1,))]
    x, y = far_from_zero((9, 2)), far_from_zero((9, 1))
    A, Y_hat = page.forward(weights, x)
    W1, b1, W2, b2 = weights
    one_by_one = [[math.tanh(math.fsum([*(row * w), b])) for w, b in zip(W1.T, b1, strict=True)] for row in x]
    assert A == pytest.approx(np.array(one_by_one))
    assert Y_hat == pytest.approx(np.array([[math.fsum([*(row * W2[:, 0]), b2[0]])] for row in one_by_one]))
    ways = page.network_gradients(weights, x, y), page.tape_gradients(weights, x, y), slopes_of_loss(*weights, x, y)
    for k, (by_hand, *others) in enumerate(zip(*ways, strict=True)):
        vs = [far_from_zero(w.shape) * (w is weights[k]) for w in weights]
        assert np.sum(by_hand * vs[k]) == pytest.approx(along(lambda *w: loss(*w, x, y), weights, vs))
        for g in others:  # within a few units in the last place of the largest slope
            assert g.shape == by_hand.shape == weights[k].shape
            assert np.abs(g - by_hand).max() <= 64 * np.spacing(np.abs(by_hand).max())


def test_three_hundred_steps_of_training_stay_together(printed, monkeypatch):
    (x, y), weights, told = page.scaled(*page.tired_students()), page.initial_weights(), []
    for step in range(301):
        if step in (0, 1, 10, 100, 300):
            told.append(pytest.approx([step, 0, loss(*weights, x, y)], abs=6e-7))
        weights = [w - 0.2 * g for w, g in zip(weights, slopes_of_loss(*weights, x, y), strict=True)]
    lines = printed(page.print_same_training, 1)
    assert lines == told and max(far for _, far, _ in lines) < 1e-11
    # Slopes that are 2 and 1 too large are told: after one step of 0.2 the largest difference is 0.4.
    faulty = lambda *at: [g + k for g, k in zip(page.network_gradients(*at), (0, -2, 1, 0), strict=True)]
    monkeypatch.setattr(page, "tape_gradients", faulty)
    assert printed(page.print_same_training, 2)[0][1] == pytest.approx(0.4)


@pytest.mark.parametrize("p, m", [(1, 1), (3, 1), (1, 4), (3, 4)])
def test_the_cost_is_that_of_p_walks_forward_and_m_walks_back(p, m):
    # 2 (p - 1) for the sum, 20 sines, and for each output two operands and a sine.
    assert page.slopes_computed(p, m)[0] == p * (2 * p + 18 + 3 * m)
    (f, point), back = page.mixing(p, m), []
    for k in range(m):  # nodes that tell when a share of theirs is computed
        outputs = f([Variable(x) for x in point])
        for node in tape(outputs[k]):
            node.parents = [(a, lambda g, share=share: back.append(1) or share(g)) for a, share in node.parents]
        walk_back(outputs[k])
    assert page.slopes_computed(p, m)[1] == len(back) == m * (2 * p + 21) and len(point) == p and len(outputs) == m
    for k, output in enumerate(f([Dual(x, 1.0) for x in point]), 1):
        total, slope = sum(point), p
        for _ in range(20):
            total, slope = math.sin(total), slope * math.cos(total)
        exact = math.sin(k * total / 10), math.cos(k * total / 10) * k / 10 * slope
        assert (output.value, output.slope) == pytest.approx(exact)
    assert point == pytest.approx(np.arange(p) / 10)


def test_the_figure_of_the_modes_draws_the_counted_slopes():
    sizes, axes = [1, 2, 4, 8, 16, 32], page.figure_modes().axes
    told = [(lambda p: p * (2 * p + 21), lambda p: 2 * p + 21), (lambda m: 20 + 3 * m, lambda m: 23 * m)]
    assert [ax.get_xlabel() for ax in axes] == ["inputs (1 output)", "outputs (1 input)"]
    assert axes[0].get_ylabel() == "slopes computed" and len(axes[0].get_legend().get_texts()) == 2
    for ax, counts in zip(axes, told, strict=True):
        for line, mode, count in zip(ax.lines, ("forward", "reverse"), counts, strict=True):
            assert line.get_label() == f"{mode} mode"
            assert line.get_xydata().tolist() == [[size, count(size)] for size in sizes]
        assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log") and ax.get_xticks().tolist() == sizes
        assert [label.get_text() for label in ax.get_xticklabels()] == [str(size) for size in sizes]


def logistic(x, n):
    for _ in range(int(n)):
        x = x * 7 / 2 - x * x * 7 / 2
    return x


def test_formulas_double_and_the_tape_gains_seven_nodes_a_round(printed):
    lines = printed(page.print_not_formulas, 1)
    assert [line[0] for line in lines] == [1, 2, 4, 8, 12]
    for n, *line in lines:
        with mpmath.workdps(50):
            slope = float(mpmath.diff(lambda x, n=n: logistic(x, n), 0.3))
        # A round makes of the lengths L and D the lengths 2 L + 13 and L + D + 15, from 1 and 1.
        told = [14 * 2**n - 13, 14 * 2**n + 2 * n - 13, 1 + 7 * n, slope, slope]
        assert line == pytest.approx(told, abs=6e-7) and [len(text) for text in page.formulas(int(n))] == told[:2]
    for n, x in itertools.product(range(7), (-0.1, 0.0, 0.4, 1.2)):  # the text at fifty digits
        with mpmath.workdps(50):
            exact = [logistic(mpmath.mpf(x), n), mpmath.diff(lambda x, n=n: logistic(x, n), x)]
            assert [eval(text, {"x": mpmath.mpf(x)}) for text in page.formulas(n)] == pytest.approx(exact, abs=1e-20)
        y = logistic(Dual(x, 1.0), n)
        assert [y.value, y.slope] == pytest.approx([float(part) for part in exact], rel=1e-9, abs=1e-12)


def test_the_printed_slopes_of_the_example_are_those_of_algebra(printed, numbers):
    slopes = story()[0][-1]
    _, *lines = printed(page.print_both_modes)
    assert [line[:12].strip() for line in lines] == ["forward", "backward", "complex step"]
    assert [numbers(line) for line in lines] == [pytest.approx([slopes["x"], slopes["y"]], abs=6e-13)] * 3
    told = [pytest.approx([k, slopes["x"], k * slopes["x"]], abs=6e-5) for k in (1, 2)]
    assert printed(page.print_twice, 0) == told
    *lines, last = printed(page.print_not_differences, 0)
    assert last == pytest.approx([slopes["x"]], abs=6e-13) and [h for h, _ in lines] == [1e-2, 1e-5, 1e-8, 1e-11, 1e-14]
    for h, quotient in lines:
        with mpmath.workdps(50):
            low, high = (mpmath.tanh(x / 2) * x for x in (mpmath.mpf(0.8), mpmath.mpf(0.8) + h))
        assert quotient == pytest.approx(float((high - low) / h), abs=(2 * 2.0**-52 + 5e-16) / h + 6e-13)
        assert abs(quotient - last[0]) > 1e-9


def test_the_printed_faults_and_jacobian_are_those_of_algebra(printed, numbers, monkeypatch):
    x, y = sympy.symbols("x y")
    cases = {"tanh(3 x)": sympy.tanh(3 * x), "exp(sin(x))": sympy.exp(sympy.sin(x)), "x x": x * x, "x + x": x + x}
    for line, (name, f), uses in zip(printed(page.print_overwriting), cases.items(), (1, 1, 2, 2), strict=True):
        slope = float(sympy.diff(f, x).subs(x, 0.8))
        assert line.startswith(f"{name} ") and numbers(line)[-2:] == pytest.approx([slope, slope / uses], abs=6e-5)
    lines = printed(page.print_kink)
    assert [re.split("  +", line)[0] for line in lines] == ["x", "relu(x) - relu(-x)", "2 x - x"]
    assert [numbers(line)[-4:] for line in lines] == [[0, 1, 1, 1], [0, 0, 1, 1], [0, 1, 1, 1]]
    with monkeypatch.context() as patch:  # without its kink the difference would be 2 x
        patch.setattr(Dual, "relu", lambda a: a)
        assert numbers(printed(page.print_kink)[1]) == [0, 2, 1, 2]
    J = sympy.Matrix([x * y, sympy.sin(x), x + y**2]).jacobian([x, y]).subs({x: 0.8, y: -0.5})
    J, lines = np.array(J, dtype=float), printed(page.print_rows_and_columns)
    assert [line.split()[0] for line in lines] == ["column"] * 2 + ["row"] * 3
    assert [numbers(line) for line in lines] == [pytest.approx(told.tolist(), abs=6e-5) for told in (*J.T, *J)]


def test_dual_numbers_calculate_with_a_sign_whose_square_is_zero():
    e, a, da, b, db = sympy.symbols("e a da b db")
    for f in (*OPERATORS[:3], lambda a, b: a**2 + 2 * a):
        rest = sympy.rem(f(a + da * e, b + db * e), e**2, e).subs({a: 3, da: 1, b: -7, db: 4})
        result = f(Dual(3, 1), Dual(-7, 4))
        assert rest == int(result.value) + int(result.slope) * e
    assert rest == 15 + 8 * e  # exercise 1


def test_exercise_two_the_printed_lines_teach_the_cosine():
    text = (Path(__file__).parents[2] / "docs/networks/automatic-differentiation.md").read_text("utf-8")
    taught, at = [{}, {}], np.linspace(-4, 4, 9)
    for line, methods in zip(re.findall(r"`(return [^`]*np\.cos[^`]*)`", text), taught, strict=True):
        exec(f"def cos(self):\n    {line}", {"np": np, "Dual": Dual}, methods)
    dual, x = type("Taught", (Dual,), taught[0])(at, 1.0).cos(), type("Taught", (Variable,), taught[1])(at)
    for told, k in ((dual.value, 0), (x.cos().value, 0), (dual.slope, 1), (gradients(x.cos().sum(), [x])[0], 1)):
        assert told == pytest.approx([float(mpmath.diff(mpmath.cos, point, k)) for point in at], abs=1e-12)


def test_exercise_four_the_tape_keeps_all_layers_and_forward_mode_two():
    held = []
    for engine in (Variable, Dual):
        y = engine(np.ones(10_000))
        tracemalloc.start()
        for _ in range(1000):
            y = y + y
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert held == [pytest.approx(80e6, rel=0.03), pytest.approx(2 * 80e3 + 2 * 80e3, rel=0.03)]
