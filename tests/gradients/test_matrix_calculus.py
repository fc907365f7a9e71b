import re

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sympy.parsing.sympy_parser import parse_expr

from snippets.gradients import matrix_calculus
from snippets.gradients.matrix_calculus import (
    PICTURES,
    change,
    dot,
    example,
    figure_errors,
    figure_products,
    log_det,
    matrix_identities,
    negative_log_likelihood,
    normal_equations,
    print_gaussian,
    print_identities,
    print_normal,
    print_ridge,
    print_wrong_square,
    ridge,
    scalar_identities,
    students,
)

NAMES = ["a'w", "w'w", "w'A w", "|Xw - y|²", "tr(B'A)", "|XA|²", "log det A"]
MATRICES = ["B A", "A A", "A'A", "inverse of A"]
seeds = st.integers(0, 10_000)


def values(seed):
    rng = np.random.default_rng(seed)
    v = {name: rng.normal(size=array.shape) for name, array in example().items()}
    v["A"] = v["A"] + 4 * np.eye(3)  # well away from singular
    return v, rng


def entry_by_entry(f, at, h=1e-6):
    """Central differences in each entry: no complex numbers, no direction."""
    found = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        step = np.zeros(at.shape)
        step[index] = h
        found[index] = (f(at + step) - f(at - step)) / (2 * h)
    return found


def read(formula, **values):
    """The matrix that a drawn or printed formula (sums, products, transposes, inverses) has for these values."""
    plain = formula.strip("$").replace(r"\mathrm{d}", "d").replace(r"\,", " ")
    words = re.findall(r"dA|\w(?:\^T|\^\{-1\})?|[-+()]", re.sub(r"\\mathbf\{(\w+)\}", r"\1", plain))
    product = re.sub(r"(?<=[\w)}]) (?=[\w(])", "*", " ".join(words))
    return parse_expr(
        product.replace("^T", ".T").replace("^{-1}", ".inv()"),
        {name: sympy.Matrix(value) for name, value in values.items()},
    )


def errors_of_the_claim(formula, sizes):
    """The largest error of h times the formula, as it is written, for the change of A A when A becomes A + h dA."""
    A, dA = example()["A"], example()["B"]
    claim = np.array(read(formula, A=A, dA=dA), dtype=float)
    return [np.abs((A + h * dA) @ (A + h * dA) - A @ A - h * claim).max() for h in sizes]


@pytest.mark.parametrize("name", NAMES)
@given(seeds)
def test_each_gradient_is_the_slope_in_a_random_direction(name, seed):
    v, rng = values(seed)
    ((f, at, gradient),) = [rest for label, *rest in scalar_identities(v) if label == name]
    assert gradient.shape == at.shape
    direction = rng.normal(size=at.shape)
    assert dot(gradient, direction) == pytest.approx(np.imag(f(at + 1e-20j * direction)) / 1e-20, rel=1e-9, abs=1e-9)
    assert gradient == pytest.approx(entry_by_entry(f, at), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", MATRICES)
@given(seeds)
def test_each_differential_is_the_change_in_a_random_direction(name, seed):
    v, rng = values(seed)
    ((f, at, differential),) = [rest for label, *rest in matrix_identities(v) if label == name]
    direction = rng.normal(size=at.shape)
    told = differential(at, direction)
    assert told == pytest.approx((f(at + 1e-6 * direction) - f(at - 1e-6 * direction)) / 2e-6, rel=1e-5, abs=1e-5)
    assert change(f, at, direction) == pytest.approx(told, rel=1e-9, abs=1e-9)


def test_the_functions_are_those_of_their_names():
    v, _ = values(3)
    A, B, X, y, w = (v[name] for name in "ABXyw")
    sums = {
        "a'w": sum(A[0, j] * w[j] for j in range(3)),
        "w'w": sum(entry**2 for entry in w),
        "w'A w": sum(w[i] * A[i, j] * w[j] for i in range(3) for j in range(3)),
        "|Xw - y|²": sum((sum(X[i, j] * w[j] for j in range(3)) - y[i]) ** 2 for i in range(5)),
        "tr(B'A)": sum(B[i, j] * A[i, j] for i in range(3) for j in range(3)),
        "|XA|²": sum(sum(X[i, k] * A[k, j] for k in range(3)) ** 2 for i in range(5) for j in range(3)),
        "log det A": np.linalg.slogdet(A)[1],
    }
    found = {name: f(at) for name, f, at, _ in scalar_identities(v)}
    assert list(found) == NAMES and found == {name: pytest.approx(value) for name, value in sums.items()}
    products = {"B A": B @ A, "A A": A @ A, "A'A": A.T @ A, "inverse of A": np.linalg.solve(A, np.eye(3))}
    assert [name for name, *_ in matrix_identities(v)] == MATRICES
    for name, f, at, _ in matrix_identities(v):
        assert at is A and f(at) == pytest.approx(products[name])


def test_for_symbols_the_identities_are_those_of_sympy():
    a = sympy.Matrix(2, 2, sympy.symbols("a:4"))
    da = sympy.Matrix(2, 2, sympy.symbols("d:4"))
    t = sympy.Symbol("t")
    for f, told in (
        (lambda m: m * m, da * a + a * da),
        (lambda m: m.T * m, da.T * a + a.T * da),
        (lambda m: m.inv(), -a.inv() * da * a.inv()),
    ):
        assert sympy.simplify(f(a + t * da).diff(t).subs(t, 0) - told) == sympy.zeros(2)
    log = sympy.log((a + t * da).det()).diff(t).subs(t, 0)
    assert sympy.simplify(log - (a.inv() * da).trace()) == 0


@given(arrays(np.float64, (2, 3), elements=st.floats(-9, 9)), arrays(np.float64, (2, 3), elements=st.floats(-9, 9)))
def test_the_dot_product_of_matrices_is_a_trace(A, B):
    assert dot(A, B) == pytest.approx(np.trace(A.T @ B), abs=1e-9)


def test_the_logarithm_of_a_determinant_is_that_of_its_eigenvalues():
    C = np.array([[2.0, 1], [1, 3]])
    assert log_det(C) == pytest.approx(np.sum(np.log(np.linalg.eigvalsh(C)))) == pytest.approx(np.log(5))


def test_the_normal_equations_have_a_gradient_of_zero_and_the_least_loss():
    hours, attendance, marks = students()
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    w = normal_equations(X, marks)
    assert w.shape == (3,)
    slopes = [change(lambda w: (X @ w - marks) @ (X @ w - marks), w, unit) for unit in np.eye(3)]
    assert slopes == pytest.approx([0, 0, 0], abs=1e-7)
    rng = np.random.default_rng(2)
    least = np.sum((X @ w - marks) ** 2)
    assert all(np.sum((X @ (w + rng.normal(size=3)) - marks) ** 2) > least for _ in range(20))


@given(seeds)
def test_the_gaussian_likelihood_is_largest_at_the_inverse_covariance(seed):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(30, 2)) @ np.array([[2.0, 0], [1, 1]])
    covariance = Z.T @ Z / 30
    S = np.linalg.inv(covariance)
    # By the density itself, summed over the data, up to its constant.
    direct = np.mean([z @ S @ z / 2 for z in Z]) - np.sum(np.log(np.linalg.eigvalsh(S))) / 2
    assert negative_log_likelihood(S, Z) == pytest.approx(direct)
    for other in (np.eye(2), 1.1 * S, S + 0.1 * np.diag([0, 1])):
        assert negative_log_likelihood(other, Z) > direct
    dS = rng.normal(size=(2, 2))
    told = dot((covariance - np.linalg.inv(other).T) / 2, dS)
    assert change(lambda S: negative_log_likelihood(S, Z), other, dS) == pytest.approx(told, rel=1e-8, abs=1e-9)


@given(st.floats(0, 100))
def test_ridge_is_least_squares_with_rows_added_for_the_penalty(penalty):
    v, _ = values(5)
    X, y = v["X"], v["y"]
    padded = np.vstack([X, np.sqrt(penalty) * np.eye(3)])
    best = np.linalg.lstsq(padded, np.concatenate([y, np.zeros(3)]), rcond=None)[0]
    assert ridge(X, y, penalty) == pytest.approx(best)


def test_the_product_rule_for_a_square_commutes_only_with_luck():
    v, _ = values(7)
    A, dA = v["A"], v["B"]
    true = change(lambda A: A @ A, A, dA)
    assert np.abs(true - (dA @ A + A @ dA)).max() < 1e-12 < 0.1 < np.abs(true - 2 * A @ dA).max()
    assert change(lambda A: A @ A, A, A @ A) == pytest.approx(2 * A @ A @ A)  # A commutes with its own square


def test_the_exercises_have_the_solutions_that_are_told():
    v, rng = values(9)
    X, w, b = v["X"], v["w"], v["A"][0]
    y = v["y"]
    assert change(lambda w: 3 * w @ w + b @ w, w, np.eye(3)[1]) == pytest.approx((6 * w + b)[1])
    W, Y = rng.normal(size=(3, 2)), rng.normal(size=(5, 2))
    assert entry_by_entry(lambda W: np.sum((X @ W - Y) ** 2), W) == pytest.approx(2 * X.T @ (X @ W - Y), abs=1e-5)
    A, dA = v["A"], v["B"]
    cube = dA @ A @ A + A @ dA @ A + A @ A @ dA
    assert change(lambda A: A @ A @ A, A, dA) == pytest.approx(cube)
    assert y.shape == (5,)


def test_the_drawn_shapes_multiply_to_the_drawn_result():
    for ax, (name, factors, result) in zip(figure_products().axes, PICTURES, strict=True):
        drawn = [(round(patch.get_height()), round(patch.get_width())) for patch in ax.patches]
        assert drawn == [*factors, result] and ax.get_title(loc="left") == name
        product = np.ones(factors[0])
        for shape in factors[1:]:
            product = product @ np.ones(shape)  # stops with an error if the shapes do not fit
        assert product.shape == result
        assert [text.get_text() for text in ax.texts if "×" in text.get_text()] == [f"{r}×{c}" for r, c in drawn]
        lefts = [patch.get_x() for patch in ax.patches]
        rights = [left + columns for left, (_, columns) in zip(lefts, drawn, strict=True)]
        assert all(right < left for right, left in zip(rights, lefts[1:], strict=False))  # none overlaps the next
        assert lefts[0] >= ax.get_xlim()[0] and ax.get_xlim()[1] > rights[-1]
        (equals,) = [text.get_position()[0] for text in ax.texts if text.get_text() == "="]
        assert rights[-2] < equals < lefts[-1]


def test_each_drawn_formula_is_the_derivative_of_its_left_side():
    rng, t = np.random.default_rng(4), sympy.Symbol("t")
    shapes = {"A": (3, 3), "X": (5, 3), "w": (3, 1), "y": (5, 1), "W": (3, 2), "Y": (5, 2)}
    v = {name: sympy.Matrix(rng.integers(-9, 10, shape)) for name, shape in shapes.items()}
    for (formula, _, shape), letter in zip(PICTURES, "wwWA", strict=True):
        left, right = formula.split(" = ")
        direction = sympy.Matrix(rng.integers(-9, 10, shape))
        inside = re.sub(r"\\(nabla|mathrm\{d\}|Vert(\^2)?)", "", left)
        f = read(inside, **v | {letter: v[letter] + t * direction})
        told = read(right, dA=direction, **v)
        if letter != "A":  # a gradient: its dot product with the direction is the slope
            f = sympy.Matrix([(f.T * f).trace() if "Vert" in left else f.trace()])
            told = sympy.Matrix([(told.T * direction).trace()])
        assert f.diff(t).subs(t, 0) == told


def test_the_error_of_the_right_rule_is_of_second_order_and_of_the_wrong_one_of_first():
    (ax,) = figure_errors().axes
    assert ax.get_xscale() == ax.get_yscale() == "log"  # so that an order is a slope
    right, wrong = ax.lines
    for line, order in ((right, 2), (wrong, 1)):
        assert np.polyfit(np.log(line.get_xdata())[:4], np.log(line.get_ydata())[:4], 1)[0] == pytest.approx(
            order, abs=0.05
        )
    A, dA = example()["A"], example()["B"]
    assert right.get_ydata() == pytest.approx(np.abs(dA @ dA).max() * right.get_xdata() ** 2)
    rest = [np.abs(h**2 * dA @ dA + h * (dA @ A - A @ dA)).max() for h in wrong.get_xdata()]
    assert wrong.get_ydata() == pytest.approx(rest)
    for line, text, told in zip((right, wrong), ax.get_legend().get_texts(), ("right", "wrong"), strict=True):
        verdict, claim = text.get_text().split(": ")
        assert verdict == told
        assert line.get_ydata() == pytest.approx(errors_of_the_claim(claim, line.get_xdata()), rel=1e-5)


def test_a_mistake_of_one_entry_shows_in_every_printed_gap(capsys, monkeypatch):
    def mistaken(f, at, direction):
        slope = np.array(change(f, at, direction))
        slope.flat[0] -= 0.5
        return slope

    monkeypatch.setattr(matrix_calculus, "change", mistaken)
    print_identities()
    gaps = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    assert gaps == pytest.approx([0.5] * len(NAMES + MATRICES))


def test_the_printed_results_are_those_of_independent_formulas(capsys, numbers):
    print_identities()
    lines = capsys.readouterr().out.splitlines()
    shapes = ["(3,)"] * 4 + ["(3, 3)"] * 7
    for line, name, shape in zip(lines, NAMES + MATRICES, shapes, strict=True):
        assert line.startswith(name) and shape in line and line.endswith("   gap below 1e-13")
    print_normal()
    solved, again, told, condition = capsys.readouterr().out.splitlines()
    told, units = told.split(", in ")
    assert numbers(told) == [12, 5, 0.3]
    hours, attendance, marks = students()
    # Frisch, Waugh and Lovell: each slope from what the other feature leaves unexplained.
    left_over = hours - np.polyval(np.polyfit(attendance, hours, 1), attendance)
    assert numbers(solved) == numbers(again)
    weights = dict(zip(units.split(", "), numbers(solved), strict=True))
    assert weights["marks per hour"] == pytest.approx(left_over @ marks / (left_over @ left_over), abs=1e-4)
    rest = marks.mean() - weights["marks per hour"] * hours.mean() - weights["marks per percent"] * attendance.mean()
    assert weights["marks"] == pytest.approx(rest, abs=0.01)
    X = np.column_stack([np.ones(40), hours, attendance])
    squares = np.linalg.eigvalsh(X.T @ X)
    ratio = squares[-1] / squares[0]
    assert [float(part.split()[-1]) for part in condition.split(",")] == [
        round(np.sqrt(ratio)),
        pytest.approx(ratio, abs=1),
    ]
    print_gaussian()
    first, second, identity, inverse = capsys.readouterr().out.splitlines()
    r = np.corrcoef(hours, attendance)[0, 1]
    assert numbers(first + second) == pytest.approx([1, r, r, 1], abs=1e-4)
    assert identity.startswith("S = identity ") and inverse.startswith("S = inverse covariance ")
    assert numbers(identity) == pytest.approx([1, r / 2], abs=1e-4)
    assert numbers(inverse) == pytest.approx([1 + np.log(1 - r**2) / 2, 0], abs=1e-4)
    print_wrong_square()
    head, *rows = capsys.readouterr().out.splitlines()
    sizes, *columns = zip(*map(numbers, rows), strict=True)
    for claim, errors in zip(head.split("error of ")[1:], columns, strict=True):
        assert errors == pytest.approx(errors_of_the_claim(claim, sizes), rel=1e-2)
    dA = example()["B"]
    assert columns[0] == pytest.approx([h**2 * np.abs(dA @ dA).max() for h in sizes], rel=1e-2)  # the right rule
    print_ridge()
    X = np.column_stack([(c - c.mean()) / c.std() for c in (hours, attendance)])
    for line in capsys.readouterr().out.splitlines():
        penalty, *weights = numbers(line)
        best = np.linalg.lstsq(
            np.vstack([X, np.sqrt(penalty) * np.eye(2)]), np.concatenate([marks - marks.mean(), [0, 0]]), rcond=None
        )[0]
        assert weights == pytest.approx(best, abs=1e-3)
