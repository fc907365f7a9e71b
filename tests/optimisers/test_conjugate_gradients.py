import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse.linalg
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.optimisers.conjugate_gradients import (
    BOWL,
    START,
    conjugate_gradients,
    figure_second,
    figure_spectra,
    heights_left,
    hilbert,
    lowest_along,
    newton_by_products,
    passing_three,
    print_counted,
    print_inner,
    print_raw,
    print_rounding,
    print_string,
    print_zigzag,
    promised_by_conjugate_gradients,
    steepest,
    string_product,
    students,
)


def bowl(seed, p=5, condition=30.0):
    """A random symmetric matrix whose eigenvalues reach from 1 to the condition number, and a vector."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(p, p)))[0]
    return Q @ np.diag(np.geomspace(1, condition, p)) @ Q.T, rng.normal(size=p)


seeds = st.integers(0, 999)


@given(seeds)
def test_p_steps_solve_the_equations_of_linear_algebra(seed):
    H, b = bowl(seed)
    path = conjugate_gradients(lambda v: H @ v, b, np.zeros(5), 5)
    assert path.shape[1] == 5 and len(path) <= 6
    assert path[-1] == pytest.approx(np.linalg.solve(H, b), abs=1e-9)


def test_in_fractions_p_steps_are_exact():
    for p in (1, 2, 3, 5, 8):
        H = hilbert(p)
        b = np.array([Fraction(i, 7) for i in range(1, p + 1)])
        w = conjugate_gradients(lambda v, H=H: H @ v, b, np.full(p, Fraction(0)), p, 0)[-1]
        exact = sympy.Matrix(p, p, lambda i, j: sympy.Rational(1, i + j + 1)).LUsolve(sympy.Matrix([sympy.Rational(i, 7) for i in range(1, p + 1)]))
        assert [sympy.Rational(x.numerator, x.denominator) for x in w] == list(exact)


@given(seeds)
def test_the_steps_are_those_of_scipy(seed):
    H, b = bowl(seed)
    seen = []
    scipy.sparse.linalg.cg(H, b, rtol=1e-13, maxiter=4, callback=lambda w: seen.append(w.copy()))
    assert conjugate_gradients(lambda v: H @ v, b, np.zeros(5), 4)[1:] == pytest.approx(np.array(seen), abs=1e-8)


@given(seeds, st.integers(1, 4))
def test_each_point_is_the_lowest_of_the_span_of_all_gradients_so_far(seed, k):
    H, b = bowl(seed)
    start = np.random.default_rng(seed + 1).normal(size=5)
    path = conjugate_gradients(lambda v: H @ v, b, start, k)
    span = [b - H @ start]
    for _ in range(k - 1):
        span.append(H @ span[-1])
    V = np.linalg.qr(np.array(span).T)[0]
    lowest = start + V @ np.linalg.solve(V.T @ H @ V, V.T @ (b - H @ start))
    assert path[-1] == pytest.approx(lowest, abs=1e-7)


@given(seeds)
def test_directions_are_conjugate_and_residuals_at_right_angles(seed):
    H, b = bowl(seed, condition=8.0)
    path = conjugate_gradients(lambda v: H @ v, b, np.zeros(5), 5)
    steps, residuals = np.diff(path, axis=0), b - path[:-1] @ H
    for matrix in (steps @ H @ steps.T, residuals @ residuals.T):
        scale = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
        assert matrix / scale == pytest.approx(np.eye(len(steps)), abs=1e-6)


def test_a_direction_that_does_not_curve_upwards_is_refused():
    saddle = np.diag([1.0, -2.0])
    with pytest.raises(ValueError, match="curvature -1.0 along a direction is not positive"):
        conjugate_gradients(lambda v: saddle @ v, np.array([1.0, 1.0]), np.zeros(2), 2)


def test_at_the_solution_it_does_not_move():
    H, b = bowl(0)
    assert len(conjugate_gradients(lambda v: H @ v, H @ b, b, 5)) <= 2
    assert conjugate_gradients(lambda v: v, np.zeros(3), np.zeros(3), 5).shape == (1, 3)


@given(seeds, st.integers(1, 5))
def test_as_many_steps_as_there_are_different_eigenvalues_arrive(seed, m):
    rng = np.random.default_rng(seed)
    eigenvalues = np.concatenate([np.arange(1.0, m + 1), rng.integers(1, m + 1, 12)])
    Q = np.linalg.qr(rng.normal(size=(len(eigenvalues),) * 2))[0]
    H, b = Q @ np.diag(eigenvalues) @ Q.T, rng.normal(size=len(eigenvalues))
    path = conjugate_gradients(lambda v: H @ v, b, np.zeros(len(b)), m)
    assert H @ path[-1] == pytest.approx(b, abs=1e-9)


@given(seeds, st.sampled_from([2.0, 30.0, 1000.0]))
def test_no_more_is_left_than_promised(seed, condition):
    H, b = bowl(seed, 12, condition)
    away = conjugate_gradients(lambda v: H @ v, b, np.zeros(12), 12) - np.linalg.solve(H, b)
    heights = np.einsum("ki,ij,kj->k", away, H, away)
    k = np.arange(len(heights))
    assert np.all(heights / heights[0] <= promised_by_conjugate_gradients(condition, k) * (1 + 1e-6) + 1e-14)


def test_the_promise_is_that_of_chebyshevs_polynomial():
    # The polynomial with q(0) = 1 that stays smallest between 1 and 9 is Chebyshev's, and 2 c^k is a bound on its size.
    x = sympy.Symbol("x")
    for k in (1, 2, 3):
        q = sympy.chebyshevt(k, (10 - 2 * x) / 8) / sympy.chebyshevt(k, sympy.Rational(10, 8))
        largest = max(abs(float(q.subs(x, at))) for at in np.linspace(1, 9, 400))
        assert largest**2 <= promised_by_conjugate_gradients(9, k) <= 4 * largest**2
        assert q.subs(x, 0) == 1


@given(seeds)
def test_the_lowest_point_on_a_line_has_no_slope_along_it(seed):
    H, w = bowl(seed, 3)
    d = np.random.default_rng(seed + 1).normal(size=3)
    end = lowest_along(H, w, d)
    assert d @ H @ end == pytest.approx(0, abs=1e-9) and np.cross(end - w, d) == pytest.approx(np.zeros(3), abs=1e-9)


def test_only_the_conjugate_second_line_passes_through_the_minimum():
    first = -BOWL @ START
    w = lowest_along(BOWL, START, first)
    angle = math.degrees(math.atan2(*(-w)[::-1])) % 180
    assert angle == pytest.approx(127, abs=0.1)
    assert first @ BOWL @ w == pytest.approx(0, abs=1e-12)
    assert math.degrees(math.atan2(first[0], -first[1])) % 180 == pytest.approx(162, abs=0.6)


def test_the_example_in_words_by_sympy():
    a, b, t = sympy.symbols("a b t")
    slope = sympy.diff(a**2 + a * b + b**2, a)
    assert slope == 2 * a + b
    assert sympy.expand(slope.subs({a: a + t, b: b - 2 * t}) - slope) == 0


def test_exercise_one():
    H = np.array([[2, 1], [1, 2]])
    assert np.array([1, 1]) @ H @ [1, -1] == 0 == np.array([1, 0]) @ H @ [1, -2]


def test_the_product_of_the_string_is_that_of_its_matrix():
    H = (2 * np.eye(6) - np.eye(6, k=1) - np.eye(6, k=-1)) / 4
    v = np.random.default_rng(0).normal(size=6)
    assert string_product(v) == pytest.approx(H @ v)


def test_newton_by_products_with_all_inner_steps_is_newtons_method():
    X, y = passing_three()
    p = lambda w: 1 / (1 + np.exp(-X @ w))
    gradient, H = lambda w: X.T @ (p(w) - y) / 40, lambda w: X.T * (p(w) * (1 - p(w))) @ X / 40
    w = np.zeros(3)
    path = newton_by_products(gradient, lambda w, v: H(w) @ v, w, 6, 3)
    for point in path[1:]:
        w = w - np.linalg.solve(H(w), gradient(w))
        assert point == pytest.approx(w, rel=1e-6)
    assert path.shape == (7, 3)


def test_the_features_of_who_passes():
    X, y = passing_three()
    hours, attendance, marks = students()
    assert np.all(X[:, 0] == 1) and X[:, 1:].mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert X[:, 1] * hours.std() + hours.mean() == pytest.approx(hours) and X[:, 2].std() == pytest.approx(1)
    assert list(y) == [float(m >= 60) for m in marks] and np.corrcoef(X[:, 2], attendance)[0, 1] == pytest.approx(1)


# What is printed and drawn


def test_the_zigzag_leaves_no_more_than_its_factor_allows_and_conjugate_arrives(capsys, numbers):
    print_zigzag()
    rows = capsys.readouterr().out.splitlines()[1:]
    w, heights = START, []
    for _ in range(21):
        heights.append(w @ BOWL @ w / 2)
        g = BOWL @ w
        w = w - (g @ g) / (g @ BOWL @ g) * g
    for row, k in zip(rows, (0, 1, 2, 5, 10, 20), strict=True):
        told = numbers(row.replace("1e-12", ""))
        assert told[:2] == pytest.approx([k, heights[k]], abs=6e-5)
        assert told[2] == pytest.approx(heights[k], abs=6e-5) if k < 2 else "below 1e-12" in row
    assert [p @ BOWL @ p / 2 for p in steepest(BOWL, START, 20)] == pytest.approx(heights) and heights[20] > 0.001
    low, high = np.linalg.eigvalsh(BOWL)
    assert all(b <= ((high - low) / (high + low)) ** 2 * a for a, b in zip(heights, heights[1:], strict=False))


def test_three_raw_weights_take_three_steps(capsys, numbers):
    print_raw()
    first, *rows = capsys.readouterr().out.splitlines()
    hours, attendance, marks = students()
    X = np.stack([np.ones(40), hours, attendance], axis=1)
    H, b = X.T @ X, X.T @ marks
    assert numbers(first) == pytest.approx([np.linalg.cond(H)], rel=1e-4)
    best, V = np.linalg.solve(H, b), np.stack([b, H @ b], axis=1)
    V = np.linalg.qr(V)[0]
    for k in (0, 1, 2):
        B = V[:, :k]
        w = B @ np.linalg.solve(B.T @ H @ B, B.T @ b) if k else np.zeros(3)
        assert numbers(rows[k])[-1] == pytest.approx(np.mean((X @ (w - best)) ** 2), abs=6e-4)
    assert len(rows) == 4 and rows[3] == "step 3: below 0.000001 marks²"


def test_on_the_string_they_reach_the_floor(capsys, numbers):
    print_string()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    for k, taken, floor in rows:
        assert taken == floor == pytest.approx(float(Fraction(1, 16 * (int(k) + 1))), abs=6e-9)
    assert [row[0] for row in rows] == [1, 4, 16, 64]


def test_with_three_inner_steps_newton_squares_its_error(capsys):
    print_inner()
    rows = [line.replace("below e-12", "0").split() for line in capsys.readouterr().out.splitlines()[1:]]
    X, y = passing_three()
    w = np.zeros(3)
    for k, row in enumerate(rows):
        p = 1 / (1 + np.exp(-X @ w))
        g = X.T @ (p - y) / 40
        assert float(row[3]) == pytest.approx(np.linalg.norm(g), rel=0.06, abs=1e-12)
        w = w - np.linalg.solve(X.T * (p * (1 - p)) @ X / 40, g)
        assert k < 2 or float(row[3]) <= float(row[2]) <= float(row[1])
    v = np.zeros(3)
    for row in rows:  # one inner step: to where the quadratic model is lowest along the gradient
        p = 1 / (1 + np.exp(-X @ v))
        g = X.T @ (p - y) / 40
        assert float(row[1]) == pytest.approx(np.linalg.norm(g), rel=0.06)
        v = v - (g @ g) / (g @ (X.T * (p * (1 - p)) @ X / 40) @ g) * g
    assert float(rows[7][3]) < float(rows[6][3]) ** 1.5


def test_rounding_asks_for_more_than_p_steps(capsys):
    print_rounding()
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[2:] for row in rows] == [["yes", "yes", "yes"], ["yes", "yes", "yes"], ["yes", "no", "yes"]]
    for row in rows:
        exact = np.linalg.cond(hilbert(int(row[0])).astype(float))
        assert float(row[1].replace(",", "")) == pytest.approx(exact, rel=1e-6, abs=0.6)


def test_the_printed_costs_are_those_of_the_shapes(capsys, numbers):
    print_counted()
    first, _, *rows = capsys.readouterr().out.splitlines()
    (steps,) = numbers(first)
    assert 4 * (9 / 11) ** (2 * steps) < 1e-12 <= 4 * (9 / 11) ** (2 * steps - 2)
    for row, p in zip(rows, (10, 100, 1000, 10_000), strict=True):
        told = numbers(row)
        assert told[0] == p and told[1] == pytest.approx(2 * 10 * p * p * min(steps, p), rel=0.06)
        assert told[2] == pytest.approx(10 * p * p * p + p**3 / 3, rel=0.06) and told[3:] == [14 * p, p * p]
    assert numbers(rows[1])[1] > numbers(rows[1])[2] and numbers(rows[2])[1] < numbers(rows[2])[2]


@pytest.mark.parametrize("angle", [162, 127])
def test_the_second_step_ends_at_the_lowest_point_on_the_turned_line(angle):
    (ax,) = figure_second(angle).axes
    line, path, star = (np.array(drawn.get_data()) for drawn in ax.lines)
    start, first, end = path.T
    assert list(start) == list(START) and first == pytest.approx(steepest(BOWL, START, 1)[-1])
    along = line[:, 1] - line[:, 0]
    assert math.degrees(math.atan2(along[1], along[0])) % 180 == pytest.approx(angle)
    for t in (-0.05, 0.05):
        assert (end + t * along) @ BOWL @ (end + t * along) > end @ BOWL @ end
    assert ax.get_title() == f"height left: {end @ BOWL @ end / 2:.3f}" and list(star[:, 0]) == [0, 0]
    assert (end == pytest.approx([0, 0], abs=0.01)) == (angle == 127)
    (contours,) = ax.collections
    for level, segments in zip(contours.levels, contours.allsegs, strict=True):
        for point in segments[0][:: len(segments[0]) // 3]:
            assert point @ BOWL @ point / 2 == pytest.approx(level, rel=0.05, abs=0.01)


def test_the_shares_drawn_are_those_left_and_below_the_promise():
    (ax,) = figure_spectra().axes
    lines = {line.get_label(): np.array(line.get_data()) for line in ax.lines}
    k, promised = lines["promised for condition 100"]
    assert promised == pytest.approx(np.minimum(1, 4 * (9 / 11) ** (2 * k)))
    assert lines["promised for descent"][1] == pytest.approx((99 / 101) ** (2 * k))
    for name in ("evenly spread", "two heaps", "three values"):
        steps, left = lines[name]
        assert left[0] == 1 and np.all(left <= promised[steps.astype(int)] + 1e-12) and np.all(np.diff(left) < 0)
    assert lines["three values"][0][-1] == 2 and lines["two heaps"][1][12] < 1e-9
    even = np.linspace(0.01, 1, 100)
    H, away = np.diag(even), 1 / np.sqrt(even)
    for k in (1, 2):
        V = np.linalg.qr(np.stack([even**j * (even * away) for j in range(k)], axis=1))[0]
        lowest = away - V @ np.linalg.solve(V.T @ H @ V, V.T @ H @ away)
        assert lines["evenly spread"][1][k] == pytest.approx(lowest @ H @ lowest / 100)
    assert heights_left(np.array([1.0, 2.0]), 2)[-1] < 1e-20
