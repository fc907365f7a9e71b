import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpl_toolkits.mplot3d import Axes3D

from snippets.gradients.hessian import (
    SHAPES,
    correlation,
    count_kinds,
    figure_model,
    figure_rotated,
    hessian_vector,
    kind_of,
    print_cube,
    print_determinant,
    print_hessian,
    print_kinds,
    print_model,
    print_newton_steps,
    print_patches,
    print_random,
    print_eigenvalues,
    quadratic_model,
    random_symmetric,
    rotated,
    standardised,
    students,
    two_weights,
    two_weights_gradient,
    two_weights_hessian,
)

pairs = arrays(np.float64, 2, elements=st.floats(-2, 2))
u, v = sympy.symbols("u v", real=True)
AT = np.array([1.2, 0.4])


def exact_loss():
    """The loss as a polynomial in both weights, from the sums over the students."""
    hours, _, marks = students()
    x, y = ((column - column.mean()) / np.sqrt(np.mean((column - column.mean()) ** 2)) for column in (hours, marks))
    xx, xy, yy = (sympy.Float(float(np.mean(p)), 17) for p in (x * x, x * y, y * y))
    return sympy.expand((u * v) ** 2 * xx - 2 * u * v * xy + yy)


LOSS = exact_loss()
symmetric = arrays(np.float64, (3, 3), elements=st.floats(-3, 3, allow_subnormal=False)).map(lambda A: (A + A.T) / 2)


def exact(expression, w):
    return np.array(sympy.Matrix([expression]).subs({u: w[0], v: w[1]}), dtype=float)


@given(pairs)
def test_the_hessian_is_the_matrix_of_second_derivatives_and_symmetric(w):
    assert two_weights(w) == pytest.approx(exact(LOSS, w).item())
    assert two_weights_gradient(w) == pytest.approx(exact(sympy.Matrix([LOSS]).jacobian([u, v]), w).ravel(), abs=1e-9)
    H = two_weights_hessian(w)
    assert H.shape == (2, 2) and H == pytest.approx(exact(sympy.hessian(LOSS, (u, v)), w).reshape(2, 2), abs=1e-9)
    assert H == pytest.approx(H.T)


@given(pairs, pairs)
def test_the_hessian_times_a_vector_needs_no_hessian(w, direction):
    found = hessian_vector(two_weights_gradient, w, direction)
    assert found.shape == (2,)
    assert found == pytest.approx(exact(sympy.hessian(LOSS, (u, v)), w).reshape(2, 2) @ direction, abs=1e-9)


def test_a_hessian_vector_product_takes_one_gradient():
    calls = []
    hessian_vector(lambda w: calls.append(w) or w**3, np.ones(1000), np.ones(1000))
    assert len(calls) == 1


@given(pairs, st.floats(0, 2 * np.pi))
def test_the_error_of_the_quadratic_model_is_of_third_order(w, angle):
    # Exactly, for a polynomial of degree four: the terms of third and fourth order of the loss along the line.
    s = sympy.Symbol("s")
    direction = np.array([np.cos(angle), np.sin(angle)])
    along = sympy.Poly(LOSS.subs({u: w[0] + s * direction[0], v: w[1] + s * direction[1]}, simultaneous=True), s)
    for length in (0.5, 0.01):
        model = sum(float(along.coeff_monomial(s**k)) * length**k for k in range(3))
        assert quadratic_model(w, length * direction) == pytest.approx(model, rel=1e-9, abs=1e-9)


def test_halving_the_step_divides_the_error_by_eight():
    direction = np.array([0.6, 0.8])
    far, near = (two_weights(AT + s * direction) - quadratic_model(AT, s * direction) for s in (2e-2, 1e-2))
    assert far / near == pytest.approx(8, rel=0.02)


@given(symmetric)
def test_the_eigenvalues_say_what_the_quadratic_form_does(H):
    kind = kind_of(H)
    rng = np.random.default_rng(0)
    directions = np.vstack([rng.normal(size=(2000, 3)), np.linalg.eigh(H)[1].T])
    curvatures = np.einsum("ij,jk,ik->i", directions, H, directions) / np.sum(directions**2, axis=1)
    # Sylvester: positive definite exactly if all leading minors are positive, whatever the eigenvalues are.
    minors = [np.linalg.det(H[:k, :k]) for k in (1, 2, 3)]
    flipped = [np.linalg.det(-H[:k, :k]) for k in (1, 2, 3)]
    if min(map(abs, minors)) > 1e-6:
        assert (kind == "minimum") == (min(minors) > 0) and (kind == "maximum") == (min(flipped) > 0)
    if kind == "saddle":
        assert curvatures.min() < 0 < curvatures.max()
    if kind == "minimum":
        assert curvatures.min() > 0


@pytest.mark.parametrize(
    ("diagonal", "kind"),
    [
        ((0, 1), "undecided"),
        ((0, -1), "undecided"),
        ((0, 1, -1), "saddle"),
        ((0, 0), "undecided"),
        ((1e-12, 1), "undecided"),
        ((1e-10, 2e-10), "minimum"),
        ((-1e-10, 2e-10), "saddle"),
        ((0, 1e9), "undecided"),
        ((-1e12, -1), "undecided"),
        ((-1e9, -2e9), "maximum"),
    ],
)
def test_with_an_eigenvalue_of_zero_only_a_saddle_is_certain(diagonal, kind):
    assert kind_of(np.diag(np.array(diagonal, dtype=float))) == kind


def test_a_large_matrix_of_rank_one_is_no_saddle_though_rounding_makes_an_eigenvalue_negative():
    v = np.array([1.0, 0.3, -0.7])
    assert kind_of(1e9 * np.outer(v, v)) == "undecided"


def test_the_deep_line_has_a_saddle_at_zero_and_a_valley_of_minima():
    r = correlation()
    hours, _, marks = students()
    assert r == pytest.approx(np.corrcoef(hours, marks)[0, 1])
    assert kind_of(two_weights_hessian(np.zeros(2))) == "saddle"
    assert two_weights_gradient(np.zeros(2)).tolist() == [0, 0]
    for s in (0.5, 1, 3):
        bottom = np.array([s, r / s])
        assert two_weights_gradient(bottom) == pytest.approx(np.zeros(2), abs=1e-12)
        assert two_weights(bottom) == pytest.approx(1 - r**2)
        low, high = np.linalg.eigvalsh(two_weights_hessian(bottom))
        assert low == pytest.approx(0, abs=1e-12) and high == pytest.approx(2 * (s**2 + (r / s) ** 2))


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 180))
def test_rotating_changes_the_matrix_but_not_its_eigenvalues(a, b, degrees):
    H = rotated((a, b), degrees)
    assert H == pytest.approx(H.T)
    assert (np.trace(H), np.linalg.det(H)) == (pytest.approx(a + b), pytest.approx(a * b, abs=1e-9))
    first = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    assert H @ first == pytest.approx(a * first, abs=1e-9)


def test_random_hessians_are_positive_definite_with_the_known_chance_not_two_to_the_minus_n():
    for n, chance in ((1, 1 / 2), (2, (2 - np.sqrt(2)) / 4), (3, (np.pi - 2 * np.sqrt(2)) / (4 * np.pi))):
        shares = count_kinds(n)
        four_deviations = 4 * np.sqrt(chance * (1 - chance) / 4000)
        assert shares[0] == pytest.approx(chance, abs=four_deviations)
        assert shares[2] == pytest.approx(chance, abs=four_deviations)
        assert sum(shares) == pytest.approx(1)
    assert count_kinds(4)[1] > 0.99
    # With one variable the matrix is one Gaussian number: a minimum exactly if it is positive.
    numbers_drawn = np.random.default_rng(0).normal(size=4000)
    assert count_kinds(1) == [np.mean(numbers_drawn > 0), 0, np.mean(numbers_drawn < 0)]


def test_a_random_symmetric_matrix_favours_no_direction():
    rng = np.random.default_rng(5)
    many = np.array([random_symmetric(3, rng) for _ in range(4000)])
    assert many == pytest.approx(np.swapaxes(many, 1, 2))
    assert many.var(axis=0) == pytest.approx(0.5 + 0.5 * np.eye(3), rel=0.1)


def test_the_exercises_have_the_solutions_that_are_told():
    f = u**3 - 3 * u * v**2
    assert sympy.hessian(f, (u, v)) == sympy.Matrix([[6 * u, -6 * v], [-6 * v, -6 * u]])
    g = u**2 + 4 * u * v + v**2
    assert sympy.hessian(g, (u, v)).eigenvals() == {6: 1, -2: 1}
    assert g.subs({u: 1, v: -1}) < 0
    h = sympy.Symbol("h")
    assert sympy.hessian((u - v / h) ** 2, (u, v))[1, 1] == 2 / h**2


@pytest.mark.parametrize("both", [0, 0.5, 1.2])
def test_the_model_is_drawn_on_the_loss_and_along_the_eigenvectors(both, monkeypatch):
    surfaces, draw = [], Axes3D.plot_surface
    monkeypatch.setattr(
        Axes3D, "plot_surface", lambda ax, *xyz, **style: surfaces.append(xyz) or draw(ax, *xyz, **style)
    )
    ax = figure_model(both).axes[0]
    *axes_of_model, point = (np.array(line.get_data_3d()) for line in ax.lines)
    assert point.ravel() == pytest.approx([both, both, exact(LOSS, (both, both)).item()])
    H = exact(sympy.hessian(LOSS, (u, v)), (both, both)).reshape(2, 2)
    curvatures = {}
    for artist, line in zip(ax.lines, axes_of_model, strict=False):
        steps = line[:2].T - both
        curvatures[artist.get_linestyle()] = steps[0] @ H @ steps[0] / (steps[0] @ steps[0])
        assert np.cross([*(H @ steps[0]), 0], [*steps[0], 0])[2] == pytest.approx(0, abs=1e-9)
        assert line[2] == pytest.approx([quadratic_model(np.array([both, both]), step) for step in steps])
        assert np.sum(steps, axis=0) == pytest.approx([0, 0]) and np.linalg.norm(steps[0]) == pytest.approx(0.4)
    # A matrix with equal diagonal entries d and mixed entry m has the eigenvalues d - |m| and d + |m|.
    smallest, largest = H[0, 0] - abs(H[0, 1]), H[0, 0] + abs(H[0, 1])
    assert curvatures == {":": pytest.approx(smallest, abs=1e-9), "-": pytest.approx(largest, abs=1e-9)}
    loss, model = (np.array([np.ravel(part) for part in xyz]).T[::7] for xyz in surfaces)
    for a, b, height in loss:
        assert height == pytest.approx(exact(LOSS, (a, b)).item())
    for a, b, height in model:
        assert height == pytest.approx(quadratic_model(np.array([both, both]), np.array([a - both, b - both])))


@pytest.mark.parametrize("degrees", [0, 30, 135])
def test_the_rotated_shapes_show_their_eigenvectors_and_matrix(degrees):
    for ax, (name, curvatures) in zip(figure_rotated(degrees).axes, SHAPES.items(), strict=True):
        H = rotated(curvatures, degrees)
        assert ax.get_title() == name and ax.get_aspect() == 1
        shown = [float(part) for part in ax.get_xlabel().replace("\N{MINUS SIGN}", "-").split()]
        assert np.reshape(shown, (2, 2)) == pytest.approx(H, abs=6e-3)
        ends = {line.get_linestyle(): np.array(line.get_data())[:, 1] for line in ax.lines}
        weak, strong = ends[":"], ends["-"]
        assert H @ strong == pytest.approx(max(curvatures) * strong, abs=1e-9)
        assert H @ weak == pytest.approx(min(curvatures) * weak, abs=1e-9)
        contours = ax.collections[0]
        drawn = zip(contours.levels, contours.get_paths(), contours.get_linestyle(), strict=True)
        for level, path, (_, dashes) in drawn:
            assert (dashes is not None) == (level < 0)
            for at in path.vertices[::5]:
                assert at @ H @ at / 2 == pytest.approx(level, abs=0.02)


def test_the_printed_results_are_those_of_sympy(capsys, numbers):
    H = exact(sympy.hessian(LOSS, (u, v)), AT).reshape(2, 2)
    print_hessian()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert np.array(rows) == pytest.approx(np.vstack([H, H]), abs=1e-5)
    print_model()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    lengths = [row[0] for row in rows]
    assert len(lengths) > 2 and lengths[:-1] == pytest.approx([2 * length for length in lengths[1:]])
    for length, *errors in rows:
        step = length * np.array([0.6, 0.8])
        slope = exact(sympy.Matrix([LOSS]).jacobian([u, v]), AT).ravel() @ step
        models = [exact(LOSS, AT).item() + slope + c * step @ H @ step for c in (0, 0.5, 1)]
        assert errors == pytest.approx([abs(exact(LOSS, AT + step).item() - m) for m in models], abs=1e-6)
    print_kinds()
    saddle, valley, last = capsys.readouterr().out.splitlines()
    r = np.corrcoef(*students()[::2])[0, 1]
    assert numbers(saddle)[2:] == pytest.approx([-2 * r, 2 * r, -4 * r**2], abs=1e-3) and saddle.endswith("saddle")
    assert numbers(valley) == pytest.approx([0, 4 * r, 0], abs=1e-3) and valley.endswith("undecided")
    assert numbers(last) == pytest.approx([np.sqrt(r), r], abs=1e-4)
    print_patches()
    for line in capsys.readouterr().out.splitlines():
        weight, low, high = numbers(line)
        told = exact(sympy.hessian(LOSS, (u, v)), (weight, weight)).reshape(2, 2)
        assert (low + high, low * high) == pytest.approx((np.trace(told), np.linalg.det(told)), abs=0.01)
        assert low < high
    print_eigenvalues()
    hours, _, marks = students()
    a, b = sympy.symbols("a b")
    loss = sum((a + b * sympy.Float(h) - sympy.Float(m)) ** 2 for h, m in zip(hours, marks, strict=True)) / 40
    per_hour = np.array(sympy.hessian(loss, (a, b)), dtype=float)
    lines = capsys.readouterr().out.splitlines()
    for (name, *rows, last), unit, size in ((lines[:4], "hours", 1), (lines[4:], "minutes", 60)):
        told = per_hour * np.outer([1, size], [1, size])
        assert unit in name and np.array([numbers(row) for row in rows]) == pytest.approx(told, abs=1e-3)
        high = (np.trace(told) + np.sqrt(np.trace(told) ** 2 - 4 * np.linalg.det(told))) / 2
        low = np.linalg.det(told) / high
        assert numbers(last) == [pytest.approx(low, abs=1e-4), pytest.approx(high, abs=0.06), round(high / low)]
    print_newton_steps()
    newton = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    for x0, y0, x1, y1, before, after in newton:
        H0 = exact(sympy.hessian(LOSS, (u, v)), (x0, y0)).reshape(2, 2)
        to = np.array([x0, y0]) - np.linalg.inv(H0) @ exact(sympy.Matrix([LOSS]).jacobian([u, v]), (x0, y0)).ravel()
        assert (x1, y1) == pytest.approx(tuple(to), abs=6e-4)
        assert (before, after) == pytest.approx((exact(LOSS, (x0, y0)).item(), exact(LOSS, to).item()), abs=1e-4)
    to_floor, to_saddle, too_far = newton
    assert to_floor[5] == pytest.approx(1 - r**2, abs=1e-3)
    assert to_saddle[5] > to_saddle[4] and np.hypot(*to_saddle[2:4]) < np.hypot(*to_saddle[:2]) / 2
    assert too_far[0] * too_far[1] < r < too_far[2] * too_far[3] and too_far[5] > too_far[4]
    print_determinant()
    for line, (product, kind) in zip(
        capsys.readouterr().out.splitlines(), ((3, "minimum"), (3, "maximum"), (6, "saddle")), strict=True
    ):
        *eigenvalues, determinant = numbers(line)
        assert np.prod(eigenvalues) == determinant == product and line.endswith(kind)
    print_random()
    *rows, last = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5]
    assert last[-1] / 100 == pytest.approx((2 - 2**0.5) / 4, abs=1e-4)
    for n, *shares, guess in rows:
        assert [share / 100 for share in shares] == pytest.approx(count_kinds(int(n)), abs=1e-4)
        assert guess / 100 == pytest.approx(2**-n, abs=1e-4)
    print_cube()
    verdict, cube, fourth = capsys.readouterr().out.splitlines()
    assert kind_of(exact(sympy.hessian(u**2 + v**3, (u, v)), (0, 0)).reshape(2, 2)) in verdict
    assert cube.startswith("x² + y³ ") and fourth.startswith("x² + y⁴ ")
    assert numbers(cube)[-2:] == [-0.001, 0.001] and numbers(fourth)[-2:] == [0.0001, 0.0001]


def test_standardised_columns_have_mean_zero_and_deviation_one():
    z = standardised(students()[0])
    assert (np.mean(z), np.mean(z**2)) == (pytest.approx(0, abs=1e-12), pytest.approx(1))
