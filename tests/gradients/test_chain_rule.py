import functools
import itertools
import math
import re

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy.parsing import sympy_parser

from snippets.gradients.chain_rule import (
    TARGET,
    X,
    by_attendance,
    by_hours,
    diamonds,
    edges,
    figure_graph,
    figure_links,
    figure_small,
    hours_by_week,
    hours_by_week_slope,
    learning_curve,
    learning_curve_slope,
    learning_surface,
    paths,
    print_diamonds,
    print_flat,
    print_forgotten,
    print_paths,
    print_several,
    print_product,
    print_walks,
    secant_slopes,
    slopes_of_loss,
    small_walk,
    squared_relu,
    sum_over_paths,
    values,
    walk_backward,
    walk_forward,
    written_out,
)

w, b, t = sympy.symbols("w b t", real=True)
START = np.array([0.8, -0.5])
NODES = ("w", "b", "z", "g", "a", "e", "r", "L")


@functools.cache
def symbolic():
    """The nodes of the graph as formulas of w and b, with no chain rule of ours."""
    z = w * sympy.Rational(X) + b
    g = 1 / (1 + sympy.exp(-z))
    e, r = (z * g - sympy.Rational(TARGET)) ** 2, w**2 / 10
    return dict(zip(NODES, (w, b, z, g, z * g, e, r, e + r), strict=True))


@functools.cache
def computed(node, *by):
    """The formula of a node, or its derivative, as a function of w and b."""
    return sympy.lambdify((w, b), symbolic()[node].diff(*by) if by else symbolic()[node], "math")


def exact(node, by, at=START):
    return float(symbolic()[node].diff(by).subs({w: at[0], b: at[1]}))


@st.composite
def graphs(draw):
    """A random graph of up to 7 nodes whose arrows go from lower to higher numbers."""
    size = draw(st.integers(2, 7))
    pairs = [(i, j) for j in range(size) for i in range(j)]
    kept = draw(st.lists(st.sampled_from(pairs), unique=True))
    slopes = draw(st.lists(st.floats(-2, 2), min_size=len(kept), max_size=len(kept)))
    arrows = [(i, j, slope) for (i, j), slope in zip(kept, slopes, strict=True)]
    return size, sorted(arrows, key=lambda arrow: arrow[1])


@given(*[st.integers(-9, 9)] * 3)
def test_plus_passes_on_and_times_swaps(x, y, z):
    numbers, slopes = small_walk(x, y, z)
    symbols = sympy.symbols("x y z q")
    f, at = (symbols[0] + symbols[1]) * symbols[2], dict(zip(symbols, (x, y, z), strict=False))
    assert numbers == {"x": x, "y": y, "z": z, "q": x + y, "f": f.subs(at)}
    assert {name: slopes[name] for name in "xyz"} == {str(by): f.diff(by).subs(at) for by in symbols[:3]}
    q = symbols[3]
    assert slopes["q"] == (q * symbols[2]).diff(q).subs(at) and slopes["f"] == 1


def test_max_routes_the_slope_to_the_larger_input():
    a, b = sympy.symbols("a b", real=True)
    for at, expected in (({a: 2, b: 1}, (1, 0)), ({a: -1, b: 3}, (0, 1))):
        assert tuple(sympy.Max(a, b).diff(by).subs(at) for by in (a, b)) == expected


def test_the_hundredth_of_the_page_moves_the_small_graph_by_four():
    numbers, slopes = small_walk(-2, 5, -4)
    assert (numbers["q"], numbers["f"], slopes["q"], slopes["z"], slopes["x"]) == (3, -12, -4, 3, -4)
    assert small_walk(-1.99, 5, -4)[0]["f"] == pytest.approx(-12.04, abs=1e-12)


@pytest.mark.parametrize("step", range(6))
def test_the_small_graph_shows_values_forward_and_slopes_backward(step):
    assert step in figure_small.slider[1]
    ax = figure_small(step).axes[0]
    texts = [(text.get_text().replace("−", "-"), text.get_color(), text.get_weight()) for text in ax.texts if text.get_text()]
    blue = [text for text, color, _ in texts if color == "C0"]
    orange = [text for text, color, weight in texts if color == "C1" and weight == "bold"]
    f = lambda x=-2, y=5, z=-4: (x + y) * z
    forward = {"x": -2, "y": 5, "z": -4, "q": -2 + 5, "f": f()}
    shown = ["x", "y", "z", *["q"][: step > 0], *["f"][: step > 1]]
    assert sorted(blue, key=float) == sorted([str(forward[node]) for node in shown], key=float)
    nudged = {"x": f(x=-1) - f(), "y": f(y=6) - f(), "z": f(z=-3) - f(), "f": 1, "q": f(x=-1) - f()}
    reached = [["f"], ["f", "q", "z"], ["f", "q", "z", "x", "y"]][step - 3] if step > 2 else []
    assert sorted(orange, key=float) == sorted([str(nudged[node]) for node in reached], key=float)
    for x in {text.get_position()[0] for text in ax.texts if text.get_text()}:  # one above the other, and none on another
        heights = sorted(text.get_position()[1] for text in ax.texts if text.get_text() and text.get_position()[0] == x)
        assert np.all(np.diff(heights) > 0.33)
    grey = [text for text, color, _ in texts if color == "gray"]
    assert set(grey) <= {"x + y", "q · z"} and len(grey) == 2
    assert not any("-" in text.get_text() for text in ax.texts)


@given(graphs())
def test_sum_over_paths_and_both_walks_are_the_inverse_of_a_matrix(graph):
    # With A[i, j] the slope of the arrow, I + A + A² + ... adds up all paths by their length; it is inverse to I - A.
    size, arrows = graph
    A = np.zeros((size, size))
    for i, j, slope in arrows:
        A[i, j] = slope
    total = np.linalg.inv(np.eye(size) - A)
    for end in (size - 1, size // 2):
        back = walk_backward(arrows, end)
        for start in range(end + 1):
            wanted = pytest.approx(total[start, end], abs=1e-9)
            assert sum_over_paths(arrows, start, end) == wanted
            assert back.get(start, 0) == wanted
            assert walk_forward(arrows, start).get(end, 0) == wanted


@given(graphs())
def test_the_number_of_paths_is_that_of_a_matrix_of_ones(graph):
    size, arrows = graph
    A = np.zeros((size, size))
    for i, j, _ in arrows:
        A[i, j] = 1
    found = paths(arrows, 0, size - 1)
    assert len(found) == round(np.linalg.inv(np.eye(size) - A)[0, size - 1])
    for path in found:
        assert path[0][0] == 0 and path[-1][1] == size - 1
        assert all(first[1] == second[0] for first, second in zip(path, path[1:], strict=False))


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_all_values_and_slopes_of_the_graph_are_those_of_sympy(at_w, at_b):
    v = values(at_w, at_b)
    assert list(v) == list(NODES)
    assert list(v.values()) == pytest.approx([computed(node)(at_w, at_b) for node in NODES])
    back = walk_backward(edges(v), "L")
    for weight, symbol in (("w", w), ("b", b)):
        forward = walk_forward(edges(v), weight)
        for node in NODES:
            assert forward.get(node, 0) == pytest.approx(computed(node, symbol)(at_w, at_b), abs=1e-12)
        assert [back[weight], sum_over_paths(edges(v), weight, "L")] == pytest.approx([forward["L"]] * 2)
    assert slopes_of_loss(at_w, at_b) == pytest.approx([back["w"], back["b"]])


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_the_slopes_of_the_loss_are_its_complex_steps(at_w, at_b):
    steps = [values(at_w + 1e-20j, at_b)["L"].imag, values(at_w, at_b + 1e-20j)["L"].imag]
    assert slopes_of_loss(at_w, at_b) == pytest.approx(np.array(steps) / 1e-20, abs=1e-12)


@pytest.mark.counted
@given(st.floats(-3, 3), st.floats(-3, 3))
def test_the_walk_that_is_written_out_gives_the_loss_and_its_complex_steps(at_w, at_b):
    h = 1e-30j
    loss = values(at_w, at_b)["L"]
    steps = [values(*at)["L"].imag / 1e-30 for at in ((at_w + h, at_b), (at_w, at_b + h))]
    assert written_out(at_w, at_b) == pytest.approx((loss, *steps), rel=1e-12, abs=1e-15)


def test_every_node_that_is_used_twice_needs_both_of_its_arrows():
    for twice in ("w", "z"):
        arrows = [edge[:2] for edge in edges(values(*START)) if edge[0] == twice]
        assert len(arrows) == 2
        for arrow in arrows:
            assert abs(slopes_of_loss(*START, [arrow])[0] - exact("L", w)) > 0.1


@given(st.floats(0.5, 8))
def test_the_slope_of_a_function_inside_a_function_is_the_product(weeks):
    composed = 90 - 60 * sympy.exp(-(t**2 / 5) / 4)
    product = learning_curve_slope(hours_by_week(weeks)) * hours_by_week_slope(weeks)
    assert learning_curve(hours_by_week(weeks)) == pytest.approx(float(composed.subs(t, weeks)))
    assert product == pytest.approx(float(composed.diff(t).subs(t, weeks)))


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_the_slopes_of_secants_never_divide_by_zero_and_close_in_on_the_derivative(a, u):
    q = secant_slopes(math.exp, math.exp(a), a)
    assert q(u) * (u - a) == pytest.approx(math.exp(u) - math.exp(a), abs=1e-12)
    assert q(a) == math.exp(a)
    assert q(a + 1e-7) == pytest.approx(math.exp(a), rel=1e-6)


@given(st.floats(-3, 3))
def test_squared_relu_stands_still_on_one_side_and_still_has_a_derivative(at):
    assert squared_relu(at) == pytest.approx(float(sympy.Max(at, 0) ** 2), abs=1e-15)
    assert [sympy.limit(sympy.Max(t, 0) ** 2 / t, t, 0, side) for side in "+-"] == [0, 0]


@given(st.floats(0, 9), st.floats(40, 100), st.floats(-3, 3), st.floats(-3, 3))
def test_with_several_variables_the_ways_add_up(hours, attendance, study, lessons):
    along = lambda s: learning_surface(hours + study * s, attendance + lessons * s)
    total = by_hours(hours, attendance) * study + by_attendance(hours, attendance) * lessons
    assert total == pytest.approx(along(1e-20j).imag / 1e-20, abs=1e-9)


@given(st.integers(1, 9))
def test_diamonds_double_the_paths_and_add_four_arrows(n):
    arrows = diamonds(n)
    assert (len(paths(arrows, 0, n)), len(arrows)) == (2**n, 4 * n)
    assert sum_over_paths(arrows, 0, n) == walk_backward(arrows, n)[0] == 1


def test_the_exercises_have_the_solutions_that_are_told():
    assert sympy.expand(((3 * t + 1) ** 4).diff(t) - 12 * (3 * t + 1) ** 3) == 0
    assert sympy.exp(-(t**2)).diff(t) == -2 * t * sympy.exp(-(t**2))
    plain = (1 / (1 + sympy.exp(-t)) - 1) ** 2  # exercise 3: the activation without its factor z
    assert float(plain.diff(t).subs(t, 0.7)) == pytest.approx(-0.147, abs=1e-3)
    # A product as a graph: t goes into both factors, and the two paths are the product rule.
    u, v = t**2 + 1, sympy.sin(t)
    arrows = [("t", "u", u.diff(t)), ("t", "v", v.diff(t)), ("u", "y", v), ("v", "y", u)]
    assert sympy.expand(sum_over_paths(arrows, "t", "y") - (u * v).diff(t)) == 0


@pytest.mark.parametrize("step", range(13))
def test_the_walk_shows_values_forward_and_slopes_backward(step):
    assert step in figure_graph.slider[1]
    ax = figure_graph(step).axes[0]
    assert not any("-" in text.get_text() for text in ax.texts)  # only true minus signs
    shown = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in ax.texts]
    forward = ("w b", "z", "g", "a", "e", "r", "L")
    known = " ".join(forward[: step + 1]).split()
    reached = " ".join(("L", "e r", "a", "g", "z", "w b")[: max(step - 6, 0)]).split()
    back = {node: exact_back(node) for node in reached}
    v = values(*START)
    blue = [f"{v[node]:.3f}" for node in NODES if node in known]
    orange = [f"{back[node]:.3f}" for node in NODES if node in reached]
    by_colour = {c: [s for s, text in zip(shown, ax.texts, strict=True) if text.get_color() == c] for c in ("C0", "C1")}
    assert sorted(by_colour["C0"]) == sorted(blue) and sorted(by_colour["C1"]) == sorted(orange)
    for text, s in zip(ax.texts, shown, strict=True):
        if text.get_color() in ("C0", "C1"):
            x, y = text.get_position()
            node = min(NODES, key=lambda n: np.hypot(*(np.array(place(ax, n)) - (x, y - 0.5))))
            assert s == f"{v[node] if text.get_color() == 'C0' else back[node]:.3f}"
    slopes = [f"{slope:.2f}" for _, target, slope in edges(v) if target in known]
    assert [s for s, text in zip(shown, ax.texts, strict=True) if text.get_bbox_patch()] == slopes
    drawn = [edge[:2] for edge in edges(v) if edge[1] in known]
    for (source, target), text in zip(drawn, (text for text in ax.texts if text.get_bbox_patch()), strict=True):
        tail, way = np.array(place(ax, source)), np.subtract(place(ax, target), place(ax, source))
        share = (text.get_position() - tail) @ way / (way @ way)  # the slope stands on its own arrow, near the middle
        assert text.get_position() == pytest.approx(tail + share * way) and 0.3 < share < 0.7
    assert sorted(pointers(ax)) == sorted(
        (target, source) if {source, target} <= set(reached) else (source, target) for source, target, _ in edges(v)
    )
    turned = [text.arrow_patch.get_edgecolor() for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(set(turned)) == 1 + (1 < len(reached) < 8)


def test_without_its_slider_the_graph_is_shown_in_full():
    whole, last = (figure_graph(*step).axes[0] for step in ((), (12,)))
    assert [text.get_text() for text in whole.texts] == [text.get_text() for text in last.texts]


def test_the_formulas_below_the_nodes_are_the_computed_ones():
    ax, v = figure_graph(0).axes[0], values(*START)
    rules = (*sympy_parser.standard_transformations, sympy_parser.implicit_multiplication_application)
    symbols = {**{name: sympy.Symbol(name) for name in "wbzgaerxt"}, "σ": lambda u: 1 / (1 + sympy.exp(-u))}
    told = {}
    for text in ax.texts:
        if text.get_text() not in NODES and re.search(r"[^\W\d]", text.get_text()):  # neither a name nor a number
            x, y = text.get_position()
            node = min(NODES, key=lambda n: np.hypot(*(np.array(place(ax, n)) - (x, y + 0.5))))
            written = text.get_text().replace("\N{MINUS SIGN}", "-").replace("²", "**2")
            formula = sympy_parser.parse_expr(written, local_dict=symbols, transformations=rules)
            told[node] = float(formula.subs({**v, "x": X, "t": TARGET}))
    exact_values = {node: float(symbolic()[node].subs({w: START[0], b: START[1]})) for node in NODES[2:]}
    assert told == pytest.approx(exact_values)


def place(ax, node):
    return next(text.get_position() for text in ax.texts if text.get_text() == node)


def pointers(ax):
    """Each arrow of the figure as (node at its tail, node at its head)."""
    at = {place(ax, node): node for node in NODES}
    for text in ax.texts:
        if getattr(text, "arrow_patch", None):
            ends = at[text.xyann], at[text.xy]
            yield {"-|>": ends, "<|-": ends[::-1]}[text.arrow_patch.get_arrowstyle().arrow]


def exact_back(node):
    """The slope of L in one node, by nudging that node alone and computing on from it."""
    v = values(*START)
    z, g, a, e, r = (sympy.Symbol(name) for name in "zgaer")
    onward = {
        "L": t,
        "e": t + v["r"],
        "r": t + v["e"],
        "a": (t - 1) ** 2 + v["r"],
        "g": (v["z"] * t - 1) ** 2 + v["r"],
        "z": (t / (1 + sympy.exp(-t)) - 1) ** 2 + v["r"],
        "w": symbolic()["L"].subs({w: t, b: START[1]}),
        "b": symbolic()["L"].subs({w: START[0], b: t}),
    }[node]
    return float(onward.diff(t).subs(t, v[node]))


def test_the_links_are_the_images_of_half_a_week():
    spans = [ax.lines[0].get_xdata() for ax in figure_links().axes]
    composed = 90 - 60 * np.exp(-(0.2 * spans[0] ** 2) / 4)
    assert spans[0].tolist() == [3, 3.5] and spans[2] == pytest.approx(composed)
    assert spans[1] == pytest.approx(0.2 * spans[0] ** 2)
    for ax, span, unit in zip(figure_links().axes, spans, ("weeks", "hours", "marks"), strict=True):
        assert ax.texts[0].get_text() == f"{span[1] - span[0]:.2f} {unit}" and ax.get_xlabel() == unit
        assert ax.get_xlim()[0] < span[0] < span[1] < ax.get_xlim()[1]


def test_the_printed_results_are_those_of_sympy(capsys, numbers):
    print_product()
    composed = 90 - 60 * sympy.exp(-(t**2 / 5) / 4)
    inner, outer, product, secant = map(numbers, capsys.readouterr().out.splitlines())
    assert inner == pytest.approx([0.4 * 3, 3], abs=1e-4)
    assert outer == pytest.approx([15 * np.exp(-1.8 / 4), 0.2 * 3**2], abs=1e-4)
    assert product == secant == [pytest.approx(float(composed.diff(t).subs(t, 3)), abs=1e-4)]
    print_flat()
    printed = capsys.readouterr().out
    assert "-0.00" not in printed
    for at, change, mine, whole in map(numbers, printed.splitlines()[1:]):
        assert change == pytest.approx(max(at, 0) ** 2)
        assert mine == whole == pytest.approx((math.exp(max(at, 0) ** 2) - 1) / at, abs=1e-5)
    print_paths()
    lines = capsys.readouterr().out.splitlines()
    counted, arrows = [], {edge[:2]: edge[2] for edge in edges(values(*START))}
    for line in lines:
        if "sum" in line:
            assert numbers(line)[0] == pytest.approx(sum(counted), abs=2e-4)
            assert numbers(line)[0] == pytest.approx(exact("L", w if "in w" in line else b), abs=1e-4)
            counted = []
        else:
            factors, product = line.split("=")
            counted.append(float(product))
            names, factors = [part for part in factors.split() if part in NODES], numbers(factors)
            assert factors == pytest.approx([arrows[pair] for pair in itertools.pairwise(names)], abs=1e-3)
            assert counted[-1] == pytest.approx(math.prod(factors), abs=2e-3)
            assert len(factors) == line.count("→") and names[-1] == "L"
    assert [line.split()[0] for line in lines] == ["w", "w", "w", "slope", "b", "b", "slope"]
    print_walks()
    header, *lines = capsys.readouterr().out.splitlines()
    assert re.findall(r"d ?(\w+)/d ?(\w+)", header) == [("node", "w"), ("node", "b"), ("L", "node")]
    for line in lines:
        node = line.split()[0]
        assert numbers(line) == pytest.approx([exact(node, w), exact(node, b), exact_back(node)], abs=1e-4)
    print_several()
    lines = capsys.readouterr().out.splitlines()
    assert "hours" in lines[0] and "attendance" in lines[1]
    hours, lessons, total, secant = (numbers(line)[0] for line in lines)
    surface = 20 + 0.3 * b + 0.45 * b * (1 - sympy.exp(-w / 4))
    assert hours == pytest.approx(3 * float(surface.diff(w).subs({w: 4, b: 70})), abs=1e-4)
    assert lessons == pytest.approx(-2 * float(surface.diff(b).subs({w: 4, b: 70})), abs=1e-4)
    assert total == secant == pytest.approx(hours + lessons, abs=2e-4)
    print_forgotten()
    header, secants, whole, *forgotten = capsys.readouterr().out.splitlines()
    assert numbers(secants) == numbers(whole)[:2] == pytest.approx([exact("L", w), exact("L", b)], abs=1e-4)
    drops = (None, ("z", "a"), ("z", "g"), ("w", "r"), ("w", "z"))
    for line, drop in zip((whole, *forgotten), drops, strict=True):
        assert line.startswith(f"without {' → '.join(drop)} " if drop else "all arrows ")
        at, losses, slopes = START, [], []
        for _ in range(400):
            v = values(*at)
            shares = {("z", "g"): v["g"] * (1 - v["g"]) * v["z"], ("z", "a"): v["g"]}
            a_by_z = sum(share for arrow, share in shares.items() if arrow != drop)
            by_z = 2 * (v["a"] - 1) * a_by_z
            slopes.append([by_z * X * (drop != ("w", "z")) + 0.2 * at[0] * (drop != ("w", "r")), by_z])
            at = at - 0.1 * np.array(slopes[-1])
            losses.append(values(*at)["L"])
        assert numbers(line) == pytest.approx([*slopes[0], *(losses[int(n) - 1] for n in numbers(header))], abs=1e-4)
    print_diamonds()
    for line in capsys.readouterr().out.splitlines():
        n, ways, arrows, *slopes = numbers(line)
        assert (ways, arrows, slopes) == (2**n, 4 * n, [1, 1])
