import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.gradients.jacobian import (
    U,
    V,
    area,
    figure_image,
    head,
    head_jacobian,
    layer,
    layer_jacobian,
    numerical_jacobian,
    polar,
    predictions,
    predictions_jacobian,
    print_area,
    print_composition,
    print_costs,
    print_layer,
    print_polar,
    print_predictions,
    print_products,
    print_softmax,
    print_transposed,
    pull_back,
    push_forward,
    softmax,
    softmax_jacobian,
    square,
    students,
)

pairs = arrays(np.float64, 2, elements=st.floats(-2, 2))
x, y, r, t = sympy.symbols("x y r t", real=True)
AT = np.array([0.5, -0.5])


def symbolic_layer():
    """The layer written out for one input pair, entry by entry."""
    return sympy.Matrix([sympy.tanh(1.2 * x + 0.5 * y + 0.1), sympy.tanh(-0.6 * x + y - 0.2)])


def at(matrix, point):
    return np.array(matrix.subs({x: point[0], y: point[1]}).evalf(), dtype=float)


def central(f, point, h=1e-6):
    """Central differences, column by column: no complex numbers, no formula."""
    return np.column_stack([(f(point + h * e) - f(point - h * e)) / (2 * h) for e in np.eye(len(point))])


def matrices(text):
    rows = text.replace("[", " ").replace("]", " ").splitlines()
    return [[float(part) for part in row.split() if part.strip("-.").replace(".", "").isdigit()] for row in rows]


@given(pairs)
def test_the_jacobian_of_the_layer_has_a_row_for_each_output(point):
    assert layer(point) == pytest.approx(at(symbolic_layer(), point).ravel())
    exact = at(symbolic_layer().jacobian([x, y]), point)
    assert layer_jacobian(point) == pytest.approx(exact)
    assert numerical_jacobian(layer, point) == pytest.approx(exact)


def test_a_batch_of_points_goes_through_the_layer_at_once():
    points = np.random.default_rng(1).normal(size=(2, 5))
    assert layer(points).shape == (2, 5)
    assert layer(points).T == pytest.approx(np.array([layer(point) for point in points.T]))


@given(arrays(np.float64, 3, elements=st.floats(-2, 2)))
def test_complex_steps_find_the_columns_of_the_jacobian(point):
    f = lambda p: np.array([p[0] * np.sin(p[1]), p[2] ** 3])
    a, b, c = sympy.symbols("a b c")
    exact = sympy.Matrix([a * sympy.sin(b), c**3]).jacobian([a, b, c]).subs(dict(zip((a, b, c), point, strict=True)))
    assert numerical_jacobian(f, point).shape == (2, 3)
    assert numerical_jacobian(f, point) == pytest.approx(np.array(exact, dtype=float), abs=1e-12)


@given(pairs)
def test_the_jacobian_of_a_composition_is_the_product_of_the_jacobians(point):
    assert head_jacobian(layer(point)).shape == (1, 2)
    product = head_jacobian(layer(point)) @ layer_jacobian(point)
    assert product == pytest.approx(central(lambda p: head(layer(p)), point), abs=1e-8)
    assert head_jacobian(point) == pytest.approx(central(head, point), abs=1e-8)


@given(pairs, pairs, st.floats(-3, 3))
def test_pushing_forward_and_pulling_back_give_the_same_dot_product(point, v, u):
    u = np.array([u])
    J = central(lambda p: head(layer(p)), point)
    assert push_forward(point, v).shape == (1,) and pull_back(point, u).shape == (2,)
    assert push_forward(point, v) == pytest.approx(J @ v, abs=1e-7)
    assert pull_back(point, u) == pytest.approx(J.T @ u, abs=1e-7)
    assert u @ push_forward(point, v) == pytest.approx(pull_back(point, u) @ v, abs=1e-12)


@given(pairs)
def test_the_determinant_is_the_limit_of_the_ratio_of_areas(corner):
    ratios = [area(layer(square(corner, side, points=40))) / side**2 for side in (1e-2, 5e-3)]
    # The error is of first order in the side: extrapolate it away.
    determinant = float(symbolic_layer().jacobian([x, y]).det().subs({x: corner[0], y: corner[1]}))
    assert 2 * ratios[1] - ratios[0] == pytest.approx(determinant, rel=1e-3, abs=1e-5)


@given(pairs, st.floats(0.1, 3), st.integers(1, 9))
def test_a_square_is_closed_and_has_its_area_whatever_the_number_of_points(corner, side, points):
    around = square(corner, side, points)
    assert around.shape == (2, 4 * points + 1)
    for end in (0, -1):
        assert around[:, end] == pytest.approx(corner)
    assert area(around) == pytest.approx(side**2)
    assert area(around[:, ::-1]) == pytest.approx(-(side**2))
    assert np.ptp(around, axis=1) == pytest.approx([side, side])


@given(arrays(np.float64, 3, elements=st.floats(1, 90)))
def test_the_gradient_of_a_loss_is_the_jacobian_transposed_times_its_slope_in_the_predictions(w):
    hours, _, marks = students()
    model = sympy.symbols("w0:3")
    curve = model[0] - model[1] * sympy.exp(-t / model[2])
    known = dict(zip(model, w, strict=True))
    exact = np.array([[float(curve.diff(m).subs(known).subs(t, h)) for m in model] for h in hours[:4]])
    assert predictions_jacobian(w).shape == (40, 3)
    assert predictions_jacobian(w)[:4] == pytest.approx(exact)
    loss = lambda v: np.mean((v[0] - v[1] * np.exp(-hours / v[2]) - marks) ** 2)
    steps = [loss(w + 1e-20j * e).imag / 1e-20 for e in np.eye(3)]
    assert 2 / 40 * predictions_jacobian(w).T @ (predictions(w) - marks) == pytest.approx(steps, rel=1e-9, abs=1e-9)


LOGITS = sympy.symbols("z:4")
SHARES = sympy.Matrix([sympy.exp(z) / sum(map(sympy.exp, LOGITS)) for z in LOGITS])
SOFTMAX_JACOBIAN = sympy.lambdify(LOGITS, SHARES.jacobian(LOGITS).tolist(), "math")


@given(arrays(np.float64, 4, elements=st.floats(-5, 5)))
def test_the_jacobian_of_softmax_is_symmetric_singular_and_that_of_sympy(z):
    found = softmax_jacobian(z)
    assert found == pytest.approx(np.array(SOFTMAX_JACOBIAN(*z), dtype=float), abs=1e-12)
    assert found == pytest.approx(found.T) and found.sum(axis=0) == pytest.approx(np.zeros(4), abs=1e-15)
    assert softmax(z + 7.0) == pytest.approx(softmax(z)) and softmax(z).sum() == pytest.approx(1)


def test_softmax_does_not_overflow():
    assert softmax(np.array([1000.0, 0.0, -1000.0])).tolist() == [1, 0, 0]
    assert np.isfinite(softmax_jacobian(np.array([1000.0, 999.0]))).all()


def test_the_exercises_have_the_solutions_that_are_told():
    exact = sympy.Matrix([x**2 * y, 5 * x + sympy.sin(y)]).jacobian([x, y])
    assert exact == sympy.Matrix([[2 * x * y, x**2], [5, sympy.cos(y)]])
    J = sympy.Matrix([r * sympy.cos(t), r * sympy.sin(t)]).jacobian([r, t])
    assert sympy.simplify(J.det()) == r
    assert numerical_jacobian(polar, np.array([2.0, 0.3])) == pytest.approx(
        np.array(J.subs({r: 2, t: 0.3}), dtype=float)
    )
    elementwise = numerical_jacobian(np.tanh, np.array([0.1, 0.5, -1.0]))
    assert elementwise == pytest.approx(np.diag(1 - np.tanh([0.1, 0.5, -1.0]) ** 2))


@pytest.mark.parametrize("hours", [-1.75, 0.25, 1.5])
def test_the_image_and_the_parallelogram_are_those_of_the_square(hours):
    left, right = figure_image(hours).axes
    *grid, around, corner = left.lines
    *image_grid, image, flat, image_corner = right.lines
    for line, its_image in zip((*grid, around, corner), (*image_grid, image, image_corner), strict=True):
        points = np.array(line.get_data(), dtype=float)
        exact = np.tanh([1.2 * points[0] + 0.5 * points[1] + 0.1, -0.6 * points[0] + points[1] - 0.2])
        assert np.array(its_image.get_data()) == pytest.approx(exact)
    rulings = np.array([line.get_data() for line in grid])
    for axis, limits in enumerate((left.get_xlim(), left.get_ylim())):
        # The lines across this axis stand in even steps from edge to edge, and each goes from edge to edge.
        across = rulings[np.ptp(rulings[:, axis], axis=1) == 0]
        assert across[:, axis, 0] == pytest.approx(np.linspace(*limits, len(grid) // 2))
        assert across[:, 1 - axis, [0, -1]] == pytest.approx(np.tile(limits, (len(across), 1)))
    assert left.get_xlabel().startswith("hours") and left.get_ylabel().startswith("attendance")
    start = np.ravel(corner.get_data())
    edge = np.array(around.get_data())
    assert start[0] == hours and area(edge) == pytest.approx(0.25)
    assert (edge.min(axis=1) + edge.max(axis=1)) / 2 == pytest.approx(start)
    J = central(layer, start)
    told = layer(start)[:, None] + J @ (np.array(around.get_data()) - start[:, None])
    assert np.array(flat.get_data()) == pytest.approx(told, abs=1e-8)
    assert area(np.array(flat.get_data())) / 0.25 == pytest.approx(np.linalg.det(J))
    assert left.get_aspect() == right.get_aspect() == 1
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["image", "Jacobian"]


def test_the_printed_results_agree_with_sympy_and_differences(capsys):
    exact = at(symbolic_layer().jacobian([x, y]), AT)
    print_layer()
    assert np.array(matrices(capsys.readouterr().out)) == pytest.approx(np.vstack([exact, exact]), abs=1e-5)
    print_area()
    *ratios, determinant = (line.split() for line in capsys.readouterr().out.splitlines())
    assert float(determinant[-1]) == pytest.approx(np.linalg.det(exact), abs=1e-5)
    ratios = {float(side.rstrip(":")): float(ratio) for _, side, *_, ratio in ratios}
    assert list(ratios) == [1, 0.1, 0.01]
    for side, ratio in ratios.items():
        # An integral of the determinant over the square, by the midpoint rule, is the area of the image.
        middles = (np.arange(30) + 0.5) / 30 * side
        inside = [np.linalg.det(layer_jacobian(AT + [a, b])) for a in middles for b in middles]
        assert ratio == pytest.approx(np.mean(inside), rel=1e-3)
    print_composition()
    shapes, product, whole = capsys.readouterr().out.splitlines()
    assert shapes.split(None, 1)[1] == "(1, 2) @ (2, 2) = (1, 2)"
    J = central(lambda p: head(layer(p)), AT)
    assert matrices(product + "\n" + whole) == [pytest.approx(J[0], abs=1e-6)] * 2
    print_products()
    forward, back, both = capsys.readouterr().out.splitlines()
    assert matrices(forward)[0] == pytest.approx(J @ [1, 2], abs=1e-6)
    assert matrices(back)[0] == pytest.approx(3 * J[0], abs=1e-6)
    assert [float(part.split("=")[1]) for part in both.split(",")] == pytest.approx([3 * (J @ [1, 2])[0]] * 2, abs=1e-6)
    assert [line.split("[")[0].strip() for line in (forward, back)] == ["J v", "J^T u"]
    assert [part.split("=")[0].strip() for part in both.split(",")] == ["u . J v", "J^T u . v"]
    print_costs()
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.index("multiplications to build J") < header.index("for J v or J^T u") < header.index("times less")
    for line in lines:
        n, build, product, ratio = (int(part.replace(",", "")) for part in line.split())
        # Four products of n x n matrices, entry by entry, against five with a vector.
        assert (build, product, ratio) == (4 * n * n * n, 5 * n * n, build // product)
    print_predictions()
    first, *lines = capsys.readouterr().out.splitlines()
    assert "J (40, 3)" in first and "(3, 40)" in first and first.endswith("(40,)")
    hours, _, marks = students()
    loss = lambda w: np.mean((w[0] - w[1] * np.exp(-hours / w[2]) - marks) ** 2)
    steps = [loss(np.array([90.0, 60, 4]) + 1e-20j * e).imag / 1e-20 for e in np.eye(3)]
    assert matrices("\n".join(lines)) == [pytest.approx(steps, abs=1e-4)] * 2
    print_transposed()
    told = dict(line.split("[") for line in capsys.readouterr().out.splitlines())
    told = {label.strip(): matrices(entries)[0] for label, entries in told.items()}
    assert told["right, J^T u"] == told["slopes of output 1"] == pytest.approx(exact[0], abs=1e-5)
    assert told["wrong, J u"] == pytest.approx(exact[:, 0], abs=1e-5) != told["right, J^T u"]
    print_polar()
    told = [line.removeprefix("radius ").split(": ") for line in capsys.readouterr().out.splitlines()]
    assert [float(radius) for radius, _ in told] == [float(determinant) for _, determinant in told] == [0.5, 1, 3]
    print_softmax()
    *rows, last = capsys.readouterr().out.splitlines()
    p = np.exp([1, 2, 3]) / sum(np.exp([1, 2, 3]))
    assert np.array(matrices("\n".join(rows))) == pytest.approx(np.diag(p) - np.outer(p, p), abs=1e-4)
    assert matrices(last.split(":")[1])[0] == [0, 0, 0] and "-" not in last


def test_the_network_of_the_page_has_the_shapes_that_are_told():
    assert (U.shape, V.shape) == ((3, 2), (1, 3)) and head(np.zeros(2)).shape == (1,)
