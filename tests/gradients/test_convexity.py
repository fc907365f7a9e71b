import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.gradients.convexity import (
    LOSSES,
    STARTS,
    chord_gap,
    cross_entropy,
    cross_entropy_hessian,
    deep_gradient,
    deep_loss,
    descend,
    standardised_hours,
    figure_chords,
    figure_deep,
    figure_stuck,
    largest,
    learning_curve,
    minimum_of_deep,
    print_chords,
    print_hessians,
    print_jensen,
    print_maximum,
    print_stuck,
    softplus,
    squared_hessian,
    squared_loss,
    standardised,
    students,
    waves,
)

pytestmark = pytest.mark.counted  # the snippet keeps its students, whichever test asks first


@pytest.fixture(scope="module", autouse=True)
def nobody_has_asked():
    standardised_hours.cache_clear()


pairs = arrays(np.float64, 2, elements=st.floats(-5, 5))
shares = st.floats(0, 1)
x = sympy.symbols("x", real=True)


def complex_gradient(f, w):
    return np.array([f(w + 1e-20j * unit).imag / 1e-20 for unit in np.eye(2)])


@given(st.floats(-5, 5), st.floats(-5, 5), shares)
def test_the_gap_of_a_parabola_is_that_of_algebra(a, b, t):
    # (1 - t) a² + t b² - ((1 - t) a + t b)² = t (1 - t) (a - b)²
    p, q, s = sympy.symbols("p q s")
    told = sympy.expand((1 - s) * p**2 + s * q**2 - ((1 - s) * p + s * q) ** 2 - s * (1 - s) * (p - q) ** 2)
    assert told == 0
    assert chord_gap(np.square, a, b, t) == pytest.approx(t * (1 - t) * (a - b) ** 2, abs=1e-9)


@given(st.floats(-50, 50), st.floats(-50, 50), shares)
def test_softplus_is_convex_and_its_second_derivative_is_positive(a, b, t):
    assert chord_gap(softplus, a, b, t) >= -1e-12
    second = sympy.log(1 + sympy.exp(x)).diff(x, 2)
    assert sympy.simplify(second - sympy.exp(x) / (1 + sympy.exp(x)) ** 2) == 0
    assert softplus(a) == pytest.approx(float(sympy.log(1 + sympy.exp(sympy.Float(a, 40)))), rel=1e-12)


def test_softplus_does_not_overflow():
    assert softplus(np.array([1000.0, -1000.0])).tolist() == [1000, 0]


def test_the_wavy_parabola_has_chords_below_and_a_second_derivative_of_both_signs():
    gaps = [chord_gap(waves, a, a + 1.0, 0.5) for a in np.linspace(-3, 3, 61)]
    assert min(gaps) < -0.1 < 0.1 < max(gaps)
    second = (x**2 / 4 + sympy.sin(2 * x)).diff(x, 2)
    assert {sympy.sign(second.subs(x, at)) for at in (-sympy.pi / 4, sympy.pi / 4)} == {-1, 1}
    assert waves(0.7) == pytest.approx(float((x**2 / 4 + sympy.sin(2 * x)).subs(x, 0.7)))


@given(arrays(np.float64, 5, elements=st.floats(-20, 20)), arrays(np.float64, 5, elements=st.floats(0.01, 1)))
def test_jensen_the_mean_of_a_convex_function_is_at_least_the_function_of_the_mean(points, weights):
    weights = weights / weights.sum()
    assert weights @ softplus(points) >= softplus(weights @ points) - 1e-12
    # The learning curve is concave: the other way round.
    hours = np.abs(points)
    assert weights @ learning_curve(hours) <= learning_curve(weights @ hours) + 1e-12
    assert float((90 - 60 * sympy.exp(-x / 4)).diff(x, 2).subs(x, hours[0])) < 0


@pytest.mark.parametrize("name", ["squared, line", "cross-entropy, line"])
@given(pairs, pairs, shares)
def test_the_losses_of_linear_models_are_convex(name, a, b, t):
    assert chord_gap(LOSSES[name], a, b, t) >= -1e-10


@given(pairs)
def test_their_hessians_are_those_of_the_losses_and_positive_semidefinite(w):
    X, y = standardised_hours()
    passed = y > 0
    squared = lambda v: 2 / 40 * X.T @ (X @ v - y)
    entropy = lambda v: X.T @ (1 / (1 + np.exp(-X @ v)) - passed) / 40
    assert complex_gradient(squared_loss, w) == pytest.approx(squared(w), abs=1e-9)
    step = 1e-6
    slopes = [(cross_entropy(w + step * e) - cross_entropy(w - step * e)) / (2 * step) for e in np.eye(2)]
    assert slopes == pytest.approx(entropy(w), abs=1e-8)
    for gradient, hessian in ((squared, squared_hessian()), (entropy, cross_entropy_hessian(w))):
        columns = np.stack([np.imag(gradient(w + 1e-20j * e)) / 1e-20 for e in np.eye(2)], axis=1)
        assert hessian == pytest.approx(columns, abs=1e-12)
        assert np.linalg.eigvalsh(hessian).min() >= -1e-15


def test_cross_entropy_is_minus_the_mean_logarithm_of_the_probability_of_what_happened():
    X, y = standardised_hours()
    w = np.array([0.3, 1.2])
    p = 1 / (1 + np.exp(-X @ w))
    assert cross_entropy(w) == pytest.approx(-np.mean(np.log(np.where(y > 0, p, 1 - p))))


def test_the_loss_of_a_deep_network_is_not_convex_as_one_chord_shows():
    best = minimum_of_deep()
    _, y = standardised_hours()
    assert complex_gradient(deep_loss, best) == pytest.approx([0, 0], abs=1e-12)
    for minimum in (best, -best):
        assert (
            deep_loss(minimum)
            == pytest.approx(1 - best[0] ** 4)
            == pytest.approx(1 - np.corrcoef(*students()[::2])[0, 1] ** 2)
        )
    assert deep_loss(np.zeros(2)) == pytest.approx(np.mean(y**2))
    assert chord_gap(deep_loss, -best, best, 0.5) == pytest.approx(-(best[0] ** 4))


@given(pairs)
def test_the_gradient_of_the_deep_loss_is_its_complex_step(w):
    assert deep_gradient(w) == pytest.approx(complex_gradient(deep_loss, w), abs=1e-9)


def test_a_descent_can_stop_at_a_saddle_and_a_hair_beside_it_not():
    stuck, free = (descend(deep_gradient, start, 0.1, 200)[-1] for start in STARTS.values())
    assert stuck == pytest.approx([0, 0], abs=1e-9) and deep_loss(stuck) == pytest.approx(1)
    assert deep_loss(free) == pytest.approx(deep_loss(minimum_of_deep()), abs=1e-9)
    u, v = sympy.symbols("u v")
    r = float(minimum_of_deep()[0] ** 2)
    H = sympy.hessian((u * v) ** 2 - 2 * r * u * v + 1, (u, v)).subs({u: 0, v: 0})
    assert sorted(float(value) for value in H.eigenvals()) == pytest.approx([-2 * r, 2 * r])
    assert np.linalg.norm(np.subtract(*STARTS.values())) < 2e-3


@given(st.floats(-9, 9), st.floats(-9, 9), shares)
def test_the_largest_of_convex_functions_is_convex(a, b, t):
    assert chord_gap(largest, a, b, t) >= -1e-12
    assert largest(a) == max(-a - 1, 0.5 * a, 2 * a - 3)


def test_in_a_convex_bowl_every_start_leads_to_the_same_line():
    X, y = standardised_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    for seed in range(5):
        start = np.random.default_rng(seed).normal(scale=5, size=2)
        assert descend(lambda w: complex_gradient(squared_loss, w), start, 0.2, 100)[-1] == pytest.approx(
            best, abs=1e-9
        )


def test_the_exercises_have_the_solutions_that_are_told():
    assert (x**4).diff(x, 2) == 12 * x**2 and (x**3).diff(x, 2) == 6 * x
    assert chord_gap(lambda s: s**3, -2.0, 0.0, 0.5) < 0 < chord_gap(lambda s: s**3, 0.0, 2.0, 0.5)
    a, b = sympy.symbols("a b", positive=True)
    # Geometric and arithmetic mean: (a + b)² - 4ab is a square.
    assert sympy.expand((a + b) ** 2 - 4 * a * b - (a - b) ** 2) == 0


@pytest.mark.parametrize("b", [-2, 0, 2.5])
def test_the_chords_are_drawn_and_judged_as_computed(b):
    for ax, f, word in zip(figure_chords(b).axes, (softplus, waves), ("\\ln", "\\sin"), strict=True):
        assert word in ax.get_title()
        graph, chord = ax.lines
        assert graph.get_ydata() == pytest.approx([f(t) for t in graph.get_xdata()])
        assert chord.get_xdata() == pytest.approx([-3, b]) and chord.get_ydata() == pytest.approx([f(-3.0), f(b)])
        between = np.linspace(-3, b, 2001)
        below = np.interp(between, *chord.get_data()) < f(between) - 1e-3
        assert ax.texts[0].get_text() == ("chord below in places" if below.any() else "chord above")
        shaded = [corner for path in ax.collections[0].get_paths() for corner in path.vertices]
        assert (len(shaded) > 0) == below.any()
        for at in {u for u, _ in shaded}:  # from the chord up to the graph
            heights = [v for u, v in shaded if u == at]
            assert (min(heights), max(heights)) == pytest.approx((np.interp(at, *chord.get_data()), f(at)))


def test_the_chord_between_the_two_minima_lies_below_the_hump():
    graph, chord = figure_deep().axes[0].lines
    assert graph.get_label().startswith("loss") and chord.get_label().startswith("chord")
    hours, _, marks = students()
    r = np.corrcoef(hours, marks)[0, 1]
    assert graph.get_ydata() == pytest.approx((graph.get_xdata() ** 2 - r) ** 2 + 1 - r**2)
    assert chord.get_xdata() == pytest.approx([-np.sqrt(r), np.sqrt(r)]) and chord.get_ydata() == pytest.approx(
        [1 - r**2] * 2
    )


def test_both_descents_are_drawn_from_their_start():
    ax = figure_stuck().axes[0]
    assert ax.get_xlabel().startswith("first") and ax.get_ylabel().startswith("second")
    floor, first, other_floor, second, *paths = ax.lines
    for line in (floor, other_floor):
        lowest = [deep_loss(at) for at in np.array(line.get_data()).T]
        assert lowest == pytest.approx([deep_loss(minimum_of_deep())] * len(lowest))
    assert floor.get_xdata().min() > 0 > other_floor.get_xdata().max()
    for line, (name, start) in zip(paths, STARTS.items(), strict=True):
        w = start
        for drawn in np.array(line.get_data()).T:
            assert drawn == pytest.approx(w)
            w = w - 0.1 * complex_gradient(deep_loss, w)
        assert line.get_label() == name and len(line.get_xdata()) == 61
    for star, side in ((first, 1), (second, -1)):
        assert np.ravel(star.get_data()) == pytest.approx(side * minimum_of_deep())
    contours = ax.collections[0]
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        for at in path.vertices[::7]:
            assert deep_loss(at) == pytest.approx(level, abs=0.06)


def test_the_printed_results_are_those_of_independent_formulas(capsys, numbers):
    print_jensen()
    for line, hours in zip(capsys.readouterr().out.splitlines(), ((5, 5, 5), (3, 5, 7), (0, 5, 10)), strict=True):
        marks = [float((90 - 60 * sympy.exp(-sympy.Integer(h) / 4)).evalf()) for h in hours]
        assert numbers(line) == pytest.approx([*hours, np.mean(marks), 90 - 60 * np.exp(-5 / 4)], abs=6e-3)
    print_chords()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["squared, line", "cross-entropy, line", "squared, deep"]
    squared, entropy, deep = map(numbers, lines)
    rng = np.random.default_rng(0)
    chords = [(*rng.normal(scale=2, size=(2, 2)), rng.uniform()) for _ in range(5000)]
    # Standardised: the losses are w0² + (w1 - r)² and (w0 w1 - r)², both plus 1 - r². The first is a parabola.
    r = np.corrcoef(*students()[::2])[0, 1]
    assert squared == pytest.approx([min(t * (1 - t) * (a - b) @ (a - b) for a, b, t in chords), 0], rel=0.05)
    assert entropy[0] >= 0 and entropy[1] == 0
    a, b, t = (np.array(part).T for part in zip(*chords, strict=True))
    on, at_a, at_b = ((np.prod(w, axis=0) - r) ** 2 for w in ((1 - t) * a + t * b, a, b))
    gaps = (1 - t) * at_a + t * at_b - on
    assert deep[0] == pytest.approx(gaps.min(), rel=0.05)
    assert deep[1] == pytest.approx(100 * np.mean(gaps < 0), rel=0, abs=0.051)
    print_hessians()
    first, *rows = capsys.readouterr().out.splitlines()
    # Standardised hours: X'X / n is the identity.
    assert numbers(first) == pytest.approx([2, 2])
    X, _ = standardised_hours()
    for line in rows:
        *w, low, high = numbers(line)
        s = 1 / (1 + np.exp(-X @ w))
        H = sum(p * (1 - p) * np.outer(row, row) for p, row in zip(s, X, strict=True)) / 40
        assert (low + high, low * high) == pytest.approx((np.trace(H), np.linalg.det(H)), abs=2e-4)
    print_stuck()
    for line in capsys.readouterr().out.splitlines()[1:]:
        step, *printed = numbers(line)
        told = []
        for start in STARTS.values():
            w = start
            for _ in range(int(step)):
                w = w - 0.1 * complex_gradient(deep_loss, w)
            told += [deep_loss(w), np.linalg.norm(complex_gradient(deep_loss, w))]
        assert printed == pytest.approx(told, abs=1e-4)
    print_maximum()
    assert capsys.readouterr().out.split()[-1] == "True"


def test_standardised_columns_have_mean_zero_and_deviation_one():
    z = standardised(students()[0])
    assert (np.mean(z), np.mean(z**2)) == (pytest.approx(0, abs=1e-12), pytest.approx(1))
