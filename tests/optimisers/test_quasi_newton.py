import math

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.optimisers.quasi_newton import (
    bfgs,
    bfgs_in_a_bowl,
    ellipse,
    figure_learned,
    lbfgs,
    pass_gradient,
    pass_hessian,
    pass_loss,
    print_noise,
    print_race,
    print_same,
    print_superlinear,
    print_two_wells,
    secant,
    sensors,
    times_inverse,
    updated,
    wolfe,
)

seeds = st.integers(0, 999)


def positive(seed, p=4):
    """A random symmetric positive definite matrix."""
    A = np.random.default_rng(seed).normal(size=(p, p))
    return A @ A.T + 0.1 * np.eye(p)


def pair(seed, p=4):
    """A step and a change of the gradient with s·y > 0, as a bowl has them."""
    s = np.random.default_rng(seed + 1).normal(size=p)
    return s, positive(seed + 2, p) @ s


@given(seeds)
def test_the_new_belief_explains_the_step_and_stays_symmetric_and_positive(seed):
    B, (s, y) = positive(seed), pair(seed)
    new = updated(B, s, y)
    assert new @ y == pytest.approx(s, abs=1e-9) and new == pytest.approx(new.T, abs=1e-9)
    assert np.linalg.eigvalsh(new)[0] > 0


@given(seeds)
def test_no_symmetric_matrix_that_explains_the_step_is_nearer_in_the_norm_of_its_own_units(seed):
    B, (s, y) = positive(seed), pair(seed)
    rng = np.random.default_rng(seed + 3)
    # A positive definite G with G y = s gives the norm |G^(-1/2) E G^(-1/2)|, which no change of variables alters.
    G = updated(positive(seed + 4), s, y)
    values, vectors = np.linalg.eigh(np.linalg.inv(G))
    root = vectors @ np.diag(np.sqrt(values)) @ vectors.T
    size = lambda E: np.linalg.norm(root @ E @ root)
    new = updated(B, s, y)
    across = np.eye(4) - np.outer(y, y) / (y @ y)
    for _ in range(5):  # other symmetric matrices with other @ y = s
        Z = rng.normal(size=(4, 4))
        other = new + 0.1 * across @ (Z + Z.T) @ across
        assert other @ y == pytest.approx(s, abs=1e-8) and size(other - B) >= size(new - B) - 1e-9


@given(seeds)
def test_it_is_the_inverse_of_the_update_of_the_hessian(seed):
    B, (s, y) = positive(seed), pair(seed)
    H = np.linalg.inv(B)
    direct = H - np.outer(H @ s, H @ s) / (s @ H @ s) + np.outer(y, y) / (s @ y)
    assert updated(B, s, y) @ direct == pytest.approx(np.eye(4), abs=1e-6)


def test_a_slope_that_did_not_rise_is_refused():
    with pytest.raises(ValueError, match="s·y is -1.0: the slope along the step did not rise"):
        updated(np.eye(2), np.array([1.0, 0]), np.array([-1.0, 5]))


def test_exercise_two_by_algebra():
    B, (s, y) = positive(3), pair(3)
    for v in np.random.default_rng(0).normal(size=(5, 4)):
        A = np.eye(4) - np.outer(s, y) / (s @ y)
        assert v @ updated(B, s, y) @ v == pytest.approx((A.T @ v) @ B @ (A.T @ v) + (s @ v) ** 2 / (s @ y))


@given(st.floats(-3, 3), st.floats(0.2, 3))
def test_wolfes_conditions_hold_where_the_search_stops(w, scale):
    f, gradient = lambda w: np.sum(w**4 / 4 - w**2 / 2), lambda w: w**3 - w
    w = np.array([w])
    g = gradient(w)
    if abs(g[0]) < 1e-3:
        return
    step, end = wolfe(f, gradient, w, g, -scale * g)
    assert end == pytest.approx(gradient(w + step))
    assert f(w + step) <= f(w) + 1e-4 * g @ step + 1e-12 and end @ step >= 0.9 * g @ step
    assert step @ (end - g) > 0


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_search_finds_its_way_from_any_scale(scale):
    step, _ = wolfe(lambda w: w @ w, lambda w: 2 * w, np.array([1.0]), np.array([2.0]), np.array([-scale]))
    assert -2 < step[0] <= -0.1


def test_a_search_uphill_or_without_end_is_told():
    with pytest.raises(ValueError, match="not downhill"):
        wolfe(lambda w: w @ w, lambda w: 2 * w, np.ones(1), np.array([2.0]), np.ones(1))
    with pytest.raises(RuntimeError, match="a wrong gradient"):
        wolfe(lambda w: -w[0], lambda w: -np.ones(1), np.ones(1), -np.ones(1), np.ones(1))


def test_the_minimum_is_that_of_scipy():
    found = scipy.optimize.minimize(pass_loss, np.zeros(2), jac=pass_gradient, method="BFGS", options={"gtol": 1e-9}).x
    path, estimates = bfgs(pass_loss, pass_gradient, np.zeros(2), 40, 1e-9)
    assert path[-1] == pytest.approx(found, abs=1e-6) and len(estimates) == len(path) < 25
    assert lbfgs(pass_loss, pass_gradient, np.zeros(2), 40, 5, 1e-9)[-1] == pytest.approx(found, abs=1e-6)
    assert estimates[-1] @ pass_hessian(found) == pytest.approx(np.eye(2), abs=0.05)


def test_in_the_race_it_is_the_first_scale_that_holds_the_whole_matrix_back():
    X, y = sensors()
    f = lambda w: np.mean(np.logaddexp(0, -y * (X @ w))) + w @ w / 1000
    slope = lambda w: w / 500 - (y / (1 + np.exp(y * (X @ w)))) @ X / 200
    goal = 1e-4 * np.linalg.norm(slope(np.zeros(50)))
    steps = [len(lbfgs(f, slope, np.zeros(50), 500, memory, goal)) for memory in (5, 20, 200)]
    assert steps[2] < steps[1] < steps[0] < len(bfgs(f, slope, np.zeros(50), 500, goal)[0])


def test_the_loss_falls_at_every_step():
    heights = [pass_loss(w) for w in bfgs(pass_loss, pass_gradient, np.array([1.0, -1.0]), 12)[0]]
    assert np.all(np.diff(heights) < 0)


@pytest.mark.counted
def test_with_all_its_steps_in_memory_l_bfgs_is_bfgs_from_the_newest_scale():
    rng = np.random.default_rng(2)
    pairs = [(s, positive(7) @ s) for s in rng.normal(size=(3, 4))]
    g = rng.normal(size=4)
    s, y = pairs[-1]
    B = np.eye(4) * (s @ y) / (y @ y)
    for s, y in pairs:
        B = updated(B, s, y)
    assert times_inverse(g, pairs) == pytest.approx(B @ g)
    assert times_inverse(g, []) == pytest.approx(g)


@pytest.mark.counted
def test_the_first_two_points_of_both_methods_agree():
    one = bfgs(pass_loss, pass_gradient, np.zeros(2), 2)[0]
    other = lbfgs(pass_loss, pass_gradient, np.zeros(2), 2, 5)
    assert one == pytest.approx(other)
    assert len(lbfgs(pass_loss, pass_gradient, np.zeros(2), 0, 5)) == 1


@given(seeds)
def test_in_a_bowl_bfgs_walks_with_conjugate_gradients_and_learns_the_inverse(seed):
    H, b = positive(seed), np.random.default_rng(seed).normal(size=4)
    if np.linalg.cond(H) > 200:
        return
    path, B = bfgs_in_a_bowl(H, b, np.zeros(4), 4)
    seen = []
    scipy.sparse.linalg.cg(H, b, rtol=1e-14, maxiter=3, callback=lambda w: seen.append(w.copy()))
    assert path[1:4] == pytest.approx(np.array(seen), abs=1e-6)
    assert B @ H == pytest.approx(np.eye(4), abs=1e-3)


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=2))
def test_the_secant_method_is_exact_for_a_straight_slope(ends):
    if ends[0] != ends[1]:
        assert secant(lambda w: 3.0 * w - 9, float(ends[1]), float(ends[0]), 1)[-1] == pytest.approx(3)


@pytest.mark.counted
def test_the_example_and_exercise_one_by_the_secant():
    assert secant({1.0: -6.0, 3.0: -2.0}.get, 3.0, 1.0, 1)[-1] == 4
    assert secant({0.0: -9.0, 2.0: -3.0}.get, 2.0, 0.0, 1)[-1] == 3


def test_the_secant_method_multiplies_digits_by_the_golden_ratio():
    path = secant(lambda w: w**3 - 5, 2.0, 1.5, 5)
    digits = [-math.log(abs(w - 5 ** (1 / 3))) for w in path]
    assert digits[5] / digits[4] == pytest.approx((1 + math.sqrt(5)) / 2, abs=0.12)


def test_the_sensors_pass_with_the_told_probability():
    X, y = sensors()
    assert X.shape == (200, 50) and set(y) == {-1, 1}
    assert X / 10 ** np.linspace(0, 1, 50) == pytest.approx(np.random.default_rng(0).normal(size=(200, 50)))


# What is printed and drawn


def test_the_printed_distances_fall_faster_than_linearly(capsys, numbers):
    print_superlinear()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    found = np.array([-0.1, 3.4])
    for _ in range(10):
        found = found - np.linalg.solve(pass_hessian(found), pass_gradient(found))
    path = bfgs(pass_loss, pass_gradient, np.zeros(2), 13)[0]
    away = np.linalg.norm(path - found, axis=1)
    assert [row[0] for row in rows] == list(range(4, 14))
    for k, distance, quotient, square in rows:
        k = int(k)
        assert distance == pytest.approx(away[k], rel=0.06) and quotient == pytest.approx(away[k] / away[k - 1], rel=0.02, abs=6e-4)
        assert square == pytest.approx(away[k] / away[k - 1] ** 2, rel=0.06, abs=0.06)
    assert rows[-1][2] < 0.1 and rows[-1][3] > 1000


def test_l_bfgs_needs_few_gradients_and_numbers(capsys, numbers):
    print_race()
    descent, whole, twenty, five = [numbers(line[18:]) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[1] for row in (descent, whole, twenty, five)] == [50, 2500, 2000, 500]
    X, y = sensors()
    f = lambda w: np.mean(np.logaddexp(0, -y * (X @ w))) + w @ w / 1000
    slope = lambda w: w / 500 - (y / (1 + np.exp(y * (X @ w)))) @ X / 200
    goal = 1e-4 * np.linalg.norm(slope(np.zeros(50)))
    w = np.zeros(50)
    L = np.linalg.svd(X, compute_uv=False)[0] ** 2 / 800 + 0.002
    taken = 1
    while np.linalg.norm(slope(w)) > goal:
        w, taken = w - slope(w) / L, taken + 1
    assert descent[0] == pytest.approx(taken, abs=10)
    assert len(lbfgs(f, slope, np.zeros(50), 500, 5, goal)) == pytest.approx(five[0], abs=15)
    found = scipy.optimize.minimize(f, np.zeros(50), jac=slope, method="L-BFGS-B", options={"maxcor": 5, "ftol": 0, "gtol": goal / 10})
    assert lbfgs(f, slope, np.zeros(50), 500, 5, goal / 100)[-1] == pytest.approx(found.x, abs=1e-2)
    assert bfgs(f, slope, np.zeros(50), 500, goal / 100)[0][-1] == pytest.approx(found.x, abs=1e-2)
    assert five[0] * 150 < descent[0] and twenty[0] <= five[0] < whole[0]


def test_a_descent_that_does_not_arrive_is_told(monkeypatch):
    X, y = sensors()
    monkeypatch.setattr("snippets.optimisers.quasi_newton.sensors", lambda: (X[:2] * 1e-3 + [[1e2]] * 2, np.array([1, -1])))
    with pytest.raises(RuntimeError, match="descent: the gradient is still"):
        print_race()


def test_with_other_students_the_sign_of_the_change_is_a_coin(capsys, numbers):
    print_noise()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [8, 32, 128]
    for _, same, other in rows:
        assert same == 0 and 35 < other < 50
    assert rows[0][2] > rows[1][2] > rows[2][2]
    X, y = sensors()
    rng, wrong = np.random.default_rng(5), 0
    slope = lambda w, rows: w / 500 - (y[rows] / (1 + np.exp(y[rows] * (X[rows] @ w)))) @ X[rows] / len(rows)
    for _ in range(2000):
        w, s = rng.normal(size=(2, 50)) / 100 / np.geomspace(1, 10, 50)
        wrong += s @ (slope(w + s, rng.integers(0, 200, 32)) - slope(w, rng.integers(0, 200, 32))) <= 0
    assert wrong / 20 == pytest.approx(rows[1][2], abs=4)


def test_near_a_hilltop_a_short_step_learns_the_wrong_sign(capsys, numbers):
    print_two_wells()
    w = sympy.Symbol("w")
    f = w**4 / 4 - w**2 / 2
    start, short, far = [numbers(line[18:]) for line in capsys.readouterr().out.splitlines()[1:]]
    assert start == pytest.approx([0.1, float(f.subs(w, 0.1)), -0.099], abs=6e-4)
    for to, height, slope, product in (short, far):
        exact = float(sympy.diff(f, w).subs(w, to))
        assert height == pytest.approx(float(f.subs(w, to)), abs=6e-4) and slope == pytest.approx(exact, abs=6e-4)
        assert product == pytest.approx((to - 0.1) * (exact - float(sympy.diff(f, w).subs(w, 0.1))), abs=6e-4)
    assert short[0] == pytest.approx(0.1 + 0.099) and short[3] < 0 < far[3]
    # The short step satisfies Armijo's condition all the same.
    assert short[1] <= float(f.subs(w, 0.1)) - 1e-4 * 0.099**2


def test_the_bowl_is_solved_and_learned(capsys, numbers):
    print_same()
    first, _, *rows = capsys.readouterr().out.splitlines()
    solution = np.linalg.solve([[4, 1, 0], [1, 3, 1], [0, 1, 2]], [1, 2, 3])
    assert numbers(first) == pytest.approx([*solution, *solution], abs=1e-6)
    assert [numbers(row) for row in rows] == np.eye(3).tolist()


@given(seeds)
def test_on_the_ellipse_the_quadratic_form_is_constant(seed):
    H = positive(seed, 2)
    for point in ellipse(H).T:
        assert point @ H @ point == pytest.approx(0.02)


@pytest.mark.parametrize("step", [0, 5])
def test_both_ellipses_are_drawn_around_the_point_of_the_step(step):
    (ax,) = figure_learned(step).axes
    true, dashed, path, star = (np.array(line.get_data()) for line in ax.lines)
    walk, estimates = bfgs(pass_loss, pass_gradient, np.zeros(2), step)
    assert path.T == pytest.approx(walk) and np.linalg.norm(pass_gradient(star[:, 0])) < 1e-8
    for line, inverse in ((true, np.linalg.inv(pass_hessian(walk[-1]))), (dashed, estimates[-1])):
        for point in line.T - walk[-1]:
            assert point @ np.linalg.solve(inverse, point) == pytest.approx(0.02)
    (contours,) = ax.collections
    for level, segments in zip(contours.levels, contours.allsegs, strict=True):
        assert pass_loss(segments[0][len(segments[0]) // 2]) == pytest.approx(level, rel=0.02)
