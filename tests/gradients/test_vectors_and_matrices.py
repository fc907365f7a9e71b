import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.gradients.vectors_and_matrices import (
    CLASS,
    FIXED,
    STRETCH,
    WEIGHTS,
    determinant,
    dot_product,
    figure_eigen,
    figure_turning,
    length,
    print_class,
    print_order,
    print_shapes,
    print_stretched,
    product,
    turned,
)

whole = st.integers(-9, 9)
vectors = st.integers(1, 5).flatmap(lambda p: st.tuples(*[arrays(np.int64, p, elements=whole)] * 2))


@given(vectors)
def test_the_dot_product_is_that_of_sympy_and_the_length_its_root(pair):
    u, v = (sympy.Matrix(part.tolist()) for part in pair)
    assert dot_product(*pair) == u.dot(v)
    assert length(pair[0]) == pytest.approx(float(u.norm()), rel=1e-14)


@given(st.floats(-3, 3), st.floats(0.1, 5), st.floats(0.1, 5))
def test_the_dot_product_is_lengths_times_the_cosine_by_the_law_of_cosines(angle, one, other):
    u, v = one * np.array([np.cos(1), np.sin(1)]), other * np.array([np.cos(1 + angle), np.sin(1 + angle)])
    third = np.hypot(*(u - v))  # the side opposite the angle
    assert 2 * dot_product(u, v) == pytest.approx(one**2 + other**2 - third**2, abs=1e-12)
    assert dot_product(u, v) == pytest.approx(one * other * np.cos(angle), abs=1e-12)


def test_vectors_of_unlike_shape_are_refused():
    with pytest.raises(ValueError, match=r"shapes \(3,\) and \(2,\)"):
        dot_product(np.ones(3), np.ones(2))


@given(st.data(), *[st.integers(1, 4)] * 3)
def test_the_product_is_that_of_sympy_and_its_transpose_turns_the_order_round(data, n, p, m):
    A, B = data.draw(arrays(np.int64, (n, p), elements=whole)), data.draw(arrays(np.int64, (p, m), elements=whole))
    exact = sympy.Matrix(A.tolist()) * sympy.Matrix(B.tolist())
    assert product(A, B).tolist() == exact.tolist() and product(A, B).shape == (n, m)
    assert product(B.T, A.T).tolist() == exact.T.tolist()


def test_inner_sizes_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\) times \(3, 2\): the inner sizes do not match"):
        product(np.ones((3, 2)), np.ones((3, 2)))


@given(*[whole] * 4)
def test_the_determinant_is_the_area_of_the_image_of_the_square_and_the_product_of_the_eigenvalues(a, b, c, d):
    A = np.array([[a, b], [c, d]])
    corners = [(0, 0), (a, c), (a + b, c + d), (b, d)]  # of the image, in order: the shoelace formula
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True)) / 2
    assert determinant(A) == area
    x = sympy.Symbol("x")
    roots = sympy.roots(sympy.Poly((a - x) * (d - x) - b * c, x), multiple=True)
    assert sympy.simplify(sympy.prod(roots) - area) == 0


def test_the_matrix_of_the_page_has_the_eigenvectors_that_are_told():
    A = sympy.Matrix(STRETCH.astype(int).tolist())
    found = {value: list(vectors[0]) for value, _, vectors in A.eigenvects()}
    assert found == {3: [1, 1], 1: [-1, 1]}


def test_the_exercises_have_the_solutions_that_are_told():
    assert sympy.Matrix([2, -1, 3]).dot(sympy.Matrix([4, 5, -1])) == 0
    assert (sympy.Matrix(CLASS.astype(int).tolist()).T * sympy.Matrix([2, -1, 3]))[1] == 37  # of the misses in the text
    A = sympy.Matrix([[1, 2], [2, 4]])
    assert A.det() == 0 and [list(v) for v in A.nullspace()] == [[-2, 1]]
    X, w, r = np.ones((40, 3)), np.ones((3, 1)), np.ones((40, 1))
    assert [(X @ w).shape, (X.T @ r).shape, (r.T @ X).shape, (X.T @ X).shape] == [(40, 1), (3, 1), (1, 3), (3, 3)]
    with pytest.raises(ValueError):
        X @ r


def ends(ax):
    """The tips of the arrows of a figure, and the names beside them."""
    tips = [text.xy for text in ax.texts if not text.get_text()]
    return tips, [text.get_text() for text in ax.texts if text.get_text()]


@pytest.mark.parametrize("angle", [0, 60, 90, 180])
def test_the_figure_shows_the_shadow_and_the_dot_product_at_the_chosen_angle(angle):
    left, right = figure_turning(angle).axes
    (u, v), names = ends(left)
    assert names == ["u", "v"] and u == pytest.approx([3, 0])
    assert complex(*v) == pytest.approx(2 * np.exp(1j * np.radians(angle)), abs=1e-12)
    shadow = left.lines[1].get_xdata()
    assert list(shadow) == pytest.approx([0, 2 * np.cos(np.radians(angle))], abs=1e-12)
    curve, dot_there = right.lines[:2]
    assert curve.get_ydata() == pytest.approx(6 * np.cos(np.radians(curve.get_xdata())), abs=1e-12)
    assert np.ravel(dot_there.get_data()) == pytest.approx([angle, 6 * np.cos(np.radians(angle))], abs=1e-12)
    assert FIXED.tolist() == [3, 0] and np.hypot(*turned(angle)) == pytest.approx(2)


@pytest.mark.parametrize("angle", [0, 45, 105, 135])
def test_the_image_of_the_arrow_lies_on_the_ellipse_and_along_it_on_the_diagonals(angle):
    (ax,) = figure_eigen(angle).axes
    (image, v), names = ends(ax)
    assert names == ["Av", "v"]
    at = np.radians(angle)
    assert v == pytest.approx([np.cos(at), np.sin(at)])
    assert image == pytest.approx([2 * np.cos(at) + np.sin(at), np.cos(at) + 2 * np.sin(at)])
    circle, ellipse, *dotted = (np.array(line.get_data()) for line in ax.lines)
    assert np.hypot(*circle) == pytest.approx(1)
    along, across = (ellipse[0] + ellipse[1]) / np.sqrt(2), (ellipse[0] - ellipse[1]) / np.sqrt(2)
    assert (along / 3) ** 2 + across**2 == pytest.approx(1)
    slopes = sorted(line[1, 1] / line[0, 1] for line in dotted)
    assert slopes == pytest.approx([-1, 1])
    parallel = abs(v[0] * image[1] - v[1] * image[0]) < 1e-12
    assert parallel == (angle in (45, 135))


def test_the_printed_results_are_those_of_sympy(capsys, numbers):
    print_class()
    *rows, shapes = capsys.readouterr().out.splitlines()
    exact = sympy.Matrix(CLASS.tolist()) * sympy.Matrix(WEIGHTS.tolist())
    assert [row.split(" = ")[1] for row in rows] == [f"{float(mark):.0f} marks" for mark in exact]
    for row, student in zip(rows, CLASS, strict=True):
        assert row.split(" = ")[0].strip() == f"1 × 12 + {student[1]:g} × 5 + {student[2]:g} × 0.3"
    assert shapes == "shapes (3, 3) times (3, 1): (3, 1)"
    print_stretched()
    *rows, area = capsys.readouterr().out.splitlines()
    A = sympy.Matrix(STRETCH.astype(int).tolist())
    for row, v, told in zip(rows, ([1, 0], [1, 1], [1, -1]), ("another direction", "3 times v", "1 times v"), strict=True):
        assert numbers(row)[:4] == [*map(float, v), *map(float, A * sympy.Matrix(v))] and row.endswith(told)
    assert numbers(area) == [float(A.det())] * 2
    print_order()
    turn, double = sympy.Matrix([[0, -1], [1, 0]]), sympy.diag(2, 1)
    for row, order in zip(capsys.readouterr().out.splitlines(), (turn * double, double * turn), strict=True):
        assert numbers(row.split("goes to")[1]) == list(map(float, order * sympy.Matrix([1, 0])))
    print_shapes()
    assert [line.split(": ")[1].strip() for line in capsys.readouterr().out.splitlines()] == ["(40,)", "(40, 40)"]
