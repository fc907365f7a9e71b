from fractions import Fraction
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.descent import newtons_method
from snippets.descent.newtons_method import (
    babylonian,
    backtrack,
    bowl,
    bowl_gradient,
    bowl_hessian,
    correlation,
    descend,
    descent_step,
    eliminate,
    errors,
    features,
    figure_cost,
    figure_log_plot,
    figure_models,
    hours_twice,
    judged,
    multiplications,
    newton,
    newton_damped,
    newton_step,
    pass_gradient,
    pass_hessian,
    pass_loss,
    passing,
    print_babylonian,
    print_cost,
    print_diverging,
    print_one_step,
    print_quotients_of_errors,
    print_saddle,
    print_seeks,
    print_singular,
    print_units_do_not_matter,
    seconds,
    solved,
    students,
    two_weights,
    two_weights_gradient,
    two_weights_hessian,
    work,
)

bowls = arrays(np.float64, (3, 3), elements=st.floats(-1, 1)).map(lambda A: A @ A.T + 0.2 * np.eye(3))
points = arrays(np.float64, 3, elements=st.floats(-5, 5))


@given(bowls, points, points)
def test_on_a_quadratic_one_step_arrives_from_anywhere(H, start, target):
    path = newton(lambda w: H @ (w - target), lambda w: H, start, 1)
    assert path.shape == (2, 3) and path[0].tolist() == start.tolist()
    assert path[-1] == pytest.approx(target, abs=1e-9)


@pytest.mark.counted
def test_one_step_on_the_raw_students_is_least_squares():
    X, y = features(False, False), students()[2]
    w = newton(lambda w: 2 / 40 * X.T @ (X @ w - y), lambda w: 2 / 40 * X.T @ X, np.zeros(3), 1)[-1]
    assert w == pytest.approx(np.linalg.lstsq(X, y, rcond=None)[0], rel=1e-9)
    assert np.mean(features(True, True) ** 2, axis=0) == pytest.approx([1, 1, 1])


def exact_pass_step(w):
    """A Newton step of `pass_loss` at fifty digits: sums over students, and Cramer's rule."""
    X, y = passing()
    g, H = [mpmath.mpf(0)] * 2, [[mpmath.mpf(0)] * 2 for _ in range(2)]
    for x, label in zip(X[:, 1], y, strict=True):
        row = (mpmath.mpf(1), mpmath.mpf(x))
        p = 1 / (1 + mpmath.exp(-w[0] - w[1] * row[1]))
        for i in range(2):
            g[i] += (p - label) * row[i] / 40
            for j in range(2):
                H[i][j] += p * (1 - p) * row[i] * row[j] / 40
    det = H[0][0] * H[1][1] - H[0][1] * H[1][0]
    return [w[0] - (g[0] * H[1][1] - g[1] * H[0][1]) / det, w[1] - (H[0][0] * g[1] - H[1][0] * g[0]) / det]


def exact_quartic_step(w):
    """A Newton step of w0⁴ + w0 w1 + (1 + w1)², by Cramer's rule."""
    a, b, c, d = 12 * w[0] ** 2, 1, 1, 2
    g = [4 * w[0] ** 3 + w[1], w[0] + 2 * (1 + w[1])]
    det = a * d - b * c
    return [w[0] - (g[0] * d - g[1] * b) / det, w[1] - (a * g[1] - c * g[0]) / det]


def quartic_gradient(w):
    return np.array([4 * w[0] ** 3 + w[1], w[0] + 2 * (1 + w[1])])


def quartic_hessian(w):
    return np.array([[12 * w[0] ** 2, 1.0], [1.0, 2.0]])


@pytest.mark.parametrize(
    "gradient, hessian, step, start",
    [
        (pass_gradient, pass_hessian, exact_pass_step, [0.0, 0.0]),
        (quartic_gradient, quartic_hessian, exact_quartic_step, [2.0, 1.0]),
    ],
    ids=["students", "quartic"],
)
def test_each_step_is_that_of_fifty_digits_to_the_last_digits_of_float64(gradient, hessian, step, start):
    path = newton(gradient, hessian, np.array(start), 6)
    for before, after in zip(path[:-1], path[1:], strict=True):
        with mpmath.workdps(50):
            exact = np.array([float(part) for part in step([mpmath.mpf(part) for part in before])])
        assert np.all(np.abs(after - exact) <= 64 * np.spacing(np.abs(exact)))


def test_gradients_and_hessians_are_derivatives():
    rng = np.random.default_rng(5)
    for f, gradient, hessian, p in (
        (pass_loss, pass_gradient, pass_hessian, 2),
        (bowl, bowl_gradient, bowl_hessian, 1),
        (two_weights, two_weights_gradient, two_weights_hessian, 2),
    ):
        w, h = rng.normal(size=p), 1e-5
        slopes = [(f(w + h * unit) - f(w - h * unit)) / (2 * h) for unit in np.eye(p)]
        bends = [(gradient(w + h * unit) - gradient(w - h * unit)) / (2 * h) for unit in np.eye(p)]
        assert gradient(w) == pytest.approx(np.array(slopes), abs=1e-8)
        assert hessian(w) == pytest.approx(np.array(bends), abs=1e-8)
    X, y = passing()
    assert X.T @ X == pytest.approx(40 * np.eye(2)) and y.tolist() == [mark >= 60 for mark in students()[2]]
    w = np.array([0.3, 1.2])
    with mpmath.workdps(30):
        p = [1 / (1 + mpmath.exp(-mpmath.mpf(z))) for z in X @ w]
        exact = -mpmath.fsum(mpmath.log(q if label else 1 - q) for q, label in zip(p, y, strict=True)) / 40
    assert pass_loss(w) == pytest.approx(float(exact), rel=1e-12)


def distances():
    """What `errors` returns. The Hessian at (0, 0) is a quarter of the unit matrix, so that descent has the rate 4."""
    path = newton(pass_gradient, pass_hessian, np.zeros(2), 20)
    away = descend(pass_gradient, np.zeros(2), 4, 60) - path[-1], path[:7] - path[-1]
    return {"descent": np.hypot(*away[0].T), "Newton": np.hypot(*away[1].T)}


def test_near_the_minimum_the_error_is_squared_and_that_of_descent_multiplied():
    of = errors()
    newton_errors, descent_errors = of["Newton"], of["descent"]
    squared = newton_errors[1:] / newton_errors[:-1] ** 2
    assert squared[-1] == pytest.approx(squared[-2], rel=0.02)
    assert newton_errors[6] < 1e-6 < newton_errors[5]
    best = newton(pass_gradient, pass_hessian, np.zeros(2), 20)[-1]
    rate = 1 / np.linalg.norm(pass_hessian(np.zeros(2)), 2)
    slowest = 1 - rate * np.linalg.eigvalsh(pass_hessian(best))[0]
    assert descent_errors[60] / descent_errors[59] == pytest.approx(slowest, abs=1e-3)


def test_the_constant_of_quadratic_convergence_is_half_the_third_derivative_by_the_second():
    x = sympy.symbols("x")
    f = sympy.exp(x) - 2 * x
    constant = float((sympy.diff(f, x, 3) / (2 * sympy.diff(f, x, 2))).subs(x, sympy.log(2)))
    path = newton(lambda x: np.exp(x) - 2, lambda x: np.diag(np.exp(x)), np.array([1.0]), 4)[:, 0]
    away = np.abs(path - np.log(2))
    assert away[3] / away[2] ** 2 == pytest.approx(constant, rel=0.01)


def test_exercise_one_by_hand():
    path = newton(lambda x: np.exp(x) - 2, lambda x: np.diag(np.exp(x)), np.array([0.0]), 6)[:, 0]
    assert path[:3].tolist() == pytest.approx([0, 1, 2 / np.e]) and path[-1] == pytest.approx(np.log(2))


def test_exercise_two_newton_on_the_bowl_cubes_and_turns_round():
    x = sympy.symbols("x", real=True)
    f = sympy.sqrt(1 + x**2)
    assert sympy.simplify(x - sympy.diff(f, x) / sympy.diff(f, x, 2) + x**3) == 0
    for start in (0.9, 0.5, -0.3, 1.1, -2.0):
        path = newton(bowl_gradient, bowl_hessian, np.array([start]), 4)[:, 0]
        assert path == pytest.approx([start, -(start**3), start**9, -(start**27), start**81], rel=1e-6)
    assert newton(bowl_gradient, bowl_hessian, np.array([1.0]), 3)[:, 0] == pytest.approx([1, -1, 1, -1])


@given(st.floats(-1e4, 1e4))
def test_damping_mends_the_diverging_start(start):
    path = newton_damped(bowl, bowl_gradient, bowl_hessian, np.array([start]), 60)
    assert path[-1] == pytest.approx([0], abs=1e-6)
    heights = [bowl(x) for x in path]
    assert all(after <= before for before, after in zip(heights[:-1], heights[1:], strict=True))


def test_near_the_minimum_damping_changes_nothing():
    start = newton(pass_gradient, pass_hessian, np.zeros(2), 4)[-1]
    plain = newton(pass_gradient, pass_hessian, start, 2)
    assert newton_damped(pass_loss, pass_gradient, pass_hessian, start, 2) == pytest.approx(plain, rel=1e-12)


def test_newton_is_drawn_to_the_saddle_and_damping_leads_away():
    start = np.array([0.3, 0.2])
    plain = newton(two_weights_gradient, two_weights_hessian, start, 20)
    assert plain[-1] == pytest.approx([0, 0], abs=1e-9)
    assert two_weights(plain[-1]) > two_weights(start)
    assert np.prod(np.linalg.eigvalsh(two_weights_hessian(np.zeros(2)))) < 0
    _, first, *_, damped = newton_damped(two_weights, two_weights_gradient, two_weights_hessian, start, 30)
    _, sizes, V = np.linalg.svd(two_weights_hessian(start))  # V' diag(sizes) V has the eigenvalues made positive
    walked = two_weights_gradient(start) / (V.T @ (sizes * (V @ (first - start))))
    assert walked == pytest.approx([-1, -1])
    hours, _, marks = students()
    assert np.prod(damped) == pytest.approx(np.corrcoef(hours, marks)[0, 1]) == pytest.approx(correlation())


@given(st.floats(-0.5, 0.5))
def test_where_the_curve_bends_down_newton_climbs_to_the_maximum(start):
    path = newton(lambda x: x**3 - x, lambda x: np.diag(3 * x**2 - 1), np.array([start * 0.85]), 40)
    assert path[-1] == pytest.approx([0], abs=1e-9)
    if abs(start) > 1e-3:
        f = lambda x: x[0] ** 4 / 4 - x[0] ** 2 / 2
        mended = newton_damped(f, lambda x: x**3 - x, lambda x: np.diag(3 * x**2 - 1), np.array([start]), 80)
        assert abs(mended[-1][0]) == pytest.approx(1)


def test_rank_and_condition_number_tell_of_a_singular_matrix_and_solve_does_not():
    tenths = sympy.Matrix([[1, 3], [3, 9]]) / 10
    assert tenths.det() == 0 and tenths.rank() == 1
    # However 0.9 - (0.1 / 0.3) 0.9 is rounded, and in whichever order, it is not zero.
    a, b, d = 0.1, 0.3, 0.9
    for ratio in (a / b, a * (1 / b)):
        for last in (b - ratio * d, Fraction(b) - Fraction(ratio) * Fraction(d)):
            assert 0 < abs(last) < 1e-16
    assert solved([[4.0, 0.0], [0.0, 0.5]]) == "answers with numbers up to 4"
    assert judged([[4.0, 0.0], [0.0, 0.5]]) == "rank 2 of 2, condition number 8"
    assert judged(np.eye(5, 3)) == "rank 3 of 3, condition number 1"


def test_damping_shares_the_weight_where_the_hessian_is_singular():
    X, y = hours_twice(), students()[2]
    f = lambda w: np.mean((X @ w - y) ** 2)
    gradient, hessian = (lambda w: 2 / 40 * X.T @ (X @ w - y)), (lambda w: 2 / 40 * X.T @ X)
    assert np.linalg.matrix_rank(X) == 2
    w = newton_damped(f, gradient, hessian, np.zeros(3), 3)[-1]
    assert w == pytest.approx(np.linalg.pinv(X) @ y, rel=1e-6)  # the shortest of all best weights


def test_at_a_level_place_the_damped_walk_stops():
    assert newton_damped(bowl, bowl_gradient, bowl_hessian, np.zeros(1), 5).tolist() == [[0.0]]


@given(bowls, points)
def test_elimination_solves_the_equations_and_leaves_its_input_alone(A, b):
    before = A.copy(), b.copy()
    assert eliminate(A, b) == pytest.approx(np.linalg.solve(A, b), rel=1e-7, abs=1e-9)
    assert np.array_equal(A, before[0]) and np.array_equal(b, before[1])


@pytest.mark.parametrize("p", [1, 2, 5, 12])
def test_the_counts_are_those_of_the_shapes(p):
    rng, n = np.random.default_rng(1), 30
    X, y, w = rng.normal(size=(n, p)), rng.normal(size=n), np.zeros(p)
    assert multiplications(lambda X, y: X.T @ (X @ w - y), X, y) == 2 * n * p
    assert multiplications(lambda X: X.T @ X, X) == n * p * p
    assert multiplications(lambda a, b: a * b / (a + b), y, y + 1) == 2 * n
    assert multiplications(lambda X, y: descent_step(w, X, y, 0.1), X, y) == 2 * n * p + 2 * p
    down = sum(m * m + 2 * m for m in range(p))  # factors, table and right side, for each column
    up = sum(range(p))  # dot products, and at last p divisions
    assert multiplications(lambda A, b: eliminate(A, b), X.T @ X + np.eye(p), X.T @ y) == down + up + p


def test_the_ratio_of_a_newton_step_to_a_step_of_descent_tends_to_half_the_parameters():
    rng = np.random.default_rng(1)
    for p in (8, 32):
        X, y, w = rng.normal(size=(2000, p)), rng.normal(size=2000), np.zeros(p)
        one = multiplications(lambda X, y, w=w: newton_step(w, X, y), X, y)
        assert one / multiplications(lambda X, y, w=w: descent_step(w, X, y, 0.1), X, y) == pytest.approx(
            p / 2, rel=0.3
        )


def test_the_steps_do_what_they_are_counted_for():
    rng = np.random.default_rng(2)
    X, y, w = rng.normal(size=(20, 3)), rng.normal(size=20), rng.normal(size=3)
    assert newton_step(w, X, y) == pytest.approx(np.linalg.lstsq(X, y, rcond=None)[0])
    slope = [np.imag(np.mean((X @ (w + 1e-20j * unit) - y) ** 2)) / 1e-20 for unit in np.eye(3)]
    assert descent_step(w, X, y, 0.1) == pytest.approx(w - 0.1 * np.array(slope))


def counted(p):
    """What `work` returns: multiplications from the shapes, steps from the singular values of the same examples."""
    rng, n = np.random.default_rng(0), 10 * p
    X = rng.normal(size=(n, p))
    y = X @ rng.normal(size=p) + rng.normal(size=n)
    U, s, _ = np.linalg.svd(X, full_matrices=False)
    parts, factors = (U.T @ y) ** 2, 1 - 2 * s**2 / (s[0] ** 2 + s[-1] ** 2)
    steps = next(k for k in range(1000) if parts @ factors ** (2 * k) <= 1e-6 * parts.sum())
    elimination = p * (p - 1) * (2 * p - 1) // 6 + 3 * p * (p - 1) // 2 + p
    return 2 * n * p + 2 * p, n * p * p + 2 * n * p + elimination, steps


def test_newton_is_cheaper_as_long_as_descent_needs_more_than_half_as_many_steps_as_parameters():
    for p in (2, 8, 32, 64):
        descent, one, steps = work(p)
        assert (descent, one, steps) == counted(p)
        assert (one < steps * descent) == (steps > 0.55 * p)


def test_descent_in_work_takes_no_more_steps_than_its_condition_number_says():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 8))
    kappa = np.linalg.cond(X) ** 2
    enough = np.log(1e-6) / (2 * np.log((kappa - 1) / (kappa + 1)))
    assert 0.4 * enough < work(8)[2] <= np.ceil(enough)


def test_descent_that_does_not_move_is_told_of(monkeypatch):
    monkeypatch.setattr(newtons_method, "descent_step", lambda w, X, y, rate: w)
    with pytest.raises(RuntimeError, match=r"after 1000 steps (\S+) above the least, not \S+") as error:
        work(2)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 2))
    y = X @ rng.normal(size=2) + rng.normal(size=20)
    away = np.mean((X @ np.linalg.pinv(X) @ y) ** 2)
    assert str(error.value).endswith(f"steps {away:.3g} above the least, not {away / 1e6:.3g}")


def test_exercise_three_newton_does_not_care_about_units():
    A = np.array([[1.0, -3.0], [0.0, 60.0]])
    start = np.array([0.05, 0.01])
    path = newton(pass_gradient, pass_hessian, A @ start, 4)
    other = newton(lambda u: A.T @ pass_gradient(A @ u), lambda u: A.T @ pass_hessian(A @ u) @ A, start, 4)
    assert other @ A.T == pytest.approx(path, rel=1e-9)


@pytest.mark.counted
@given(st.floats(0.01, 1e6))
def test_exercise_four_the_root_comes_with_twice_the_digits_each_step(a):
    x = babylonian(a, 40)
    with mpmath.workdps(30):
        exact = mpmath.sqrt(mpmath.mpf(a))
    assert x[-1] == pytest.approx(float(exact), rel=1e-15)
    off = [abs(part - exact) for part in x]
    for before, after in zip(off[:-1], off[1:], strict=True):
        assert after <= before**2 / (2 * exact) * 1.0001 + exact * 4e-16
    for wrong in (0.0, -2.0):
        with pytest.raises(ValueError, match="positive number"):
            babylonian(wrong, 1)


@pytest.mark.counted
def test_exercise_five_a_newton_step_takes_longer_and_the_shortest_time_counts(monkeypatch):
    descent, one = seconds(200)
    assert 0 < descent < one
    clock = SimpleNamespace(perf_counter=iter(np.cumsum([0, 3, 2, 4, 9, 8, 7, 5])).__next__)
    monkeypatch.setattr("snippets.descent.newtons_method.time", clock)
    assert seconds(3, repeats=3) == [2, 5]


def test_the_helpers_refuse_what_they_should():
    with pytest.raises(ValueError, match="not downhill"):
        backtrack(bowl, np.array([1.0]), np.array([1.0]), np.array([1.0]))
    with pytest.raises(RuntimeError, match="is the slope right"):
        backtrack(bowl, np.array([-1.0]), np.array([1.0]), np.array([-1.0]))
    assert descend(lambda w: 2 * w, np.array([1.0]), 0.25, 2)[:, 0].tolist() == [1, 0.5, 0.25]


@given(st.floats(0.1, 1e3))
def test_on_the_parabola_the_step_is_the_first_that_is_short_enough(length):
    t = backtrack(lambda w: w[0] ** 2, np.array([1.0]), np.array([2.0]), np.array([-length]))
    assert t * length <= 2 * (1 - 0.1) + 1e-9 and (t == 1 or 2 * t * length > 2 * (1 - 0.1) - 1e-9)


@pytest.mark.parametrize("step", figure_models.slider[1])
def test_the_model_touches_the_loss_and_its_lowest_point_is_where_the_path_goes(step):
    (intercept, _), (X, y), path = newton(pass_gradient, pass_hessian, np.zeros(2), 20)[-1], passing(), [0.0]
    loss = lambda m: sum(mpmath.log(1 + mpmath.exp(z)) for z in (1 - 2 * y) * (intercept + m * X[:, 1])) / 40
    for _ in range(step + 1):
        *_, at = path
        model = [float(part) for part in mpmath.taylor(loss, at, 2)]
        path.append(at - model[1] / (2 * model[2]))
    lines = {line.get_label(): np.array(line.get_data()) for line in figure_models(step).axes[0].lines}
    assert lines["path"][0] == pytest.approx(path[:-1]) and lines["its lowest point"][0] == pytest.approx(path[-1:])
    for name in ("loss", "path"):
        assert lines[name][1] == pytest.approx([float(loss(m)) for m in lines[name][0]])
    for name in ("quadratic model", "its lowest point"):
        assert lines[name][1] == pytest.approx(np.polyval(model[::-1], lines[name][0] - at), abs=1e-9)


def test_the_figures_of_distances_and_of_work_draw_them_on_logarithmic_axes():
    ax, cost = figure_log_plot().axes[0], figure_cost().axes[0]
    assert (ax.get_yscale(), cost.get_xscale(), cost.get_yscale()) == ("log", "log", "log")
    for line, (name, away) in zip(ax.lines, distances().items(), strict=True):
        assert line.get_label() == name and line.get_xdata().tolist() == list(range(len(away)))
        assert line.get_ydata() == pytest.approx(away) and ax.get_ylim()[0] < min(away)
    lines = {line.get_label().split(":")[-1]: np.array(line.get_data()).T.tolist() for line in cost.lines}
    told = [(p, *counted(int(p))) for p, _ in lines[" one step"]]
    assert lines[" one step, and done"] == [[p, one] for p, _, one, _ in told]
    assert lines[" all its steps"] == [[p, descent * steps] for p, descent, _, steps in told]
    assert lines[" one step"] == [[p, descent] for p, descent, *_ in told]


def test_the_printed_walks_are_those_of_closed_forms(capsys, numbers):
    print_diverging()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["Newton", "Newton", "damped", "damped"]
    for start, *points in map(numbers, lines[:2]):
        assert points == pytest.approx([(-1) ** k * start ** (3**k) for k in range(6)], rel=6e-3)
    for x, *points, end in map(numbers, lines[2:]):
        for point in points:
            assert point == pytest.approx(x, rel=6e-3)
            d, f = -x * min(1 + x**2, 1e6 / np.hypot(1, x)), np.hypot(1, x)
            x += d * next(t for t in 0.5 ** np.arange(50) if np.hypot(1, x + t * d) <= f + 0.1 * t * d * x / f)
        assert end == 1e-12 and abs(x) < 1e-12
    assert all(line.endswith(" below 1e-12") for line in lines[2:])
    print_saddle()
    lines = list(map(numbers, (out := capsys.readouterr().out).splitlines()))
    r, f = np.corrcoef(*students()[::2])[0, 1], (two_weights, two_weights_gradient, two_weights_hessian)
    plain, damped = newton(*f[1:], np.array([0.3, 0.2]), 6), newton_damped(*f, np.array([0.3, 0.2]), 8)
    across = 2 * damped[-1] @ damped[-1]
    for path, rows, bends in ((plain, lines[:3], [-2 * r, 2 * r]), (damped, lines[3:], [0, across])):
        told = [1 - r**2 + (path[:7].prod(axis=1) - r) ** 2, path[-1], bends]
        assert rows == [pytest.approx(list(row), abs=6e-4 if row is bends else 6e-5) for row in told]
    assert "-0.0000" not in out and "-0. " not in out and out.index("Newton: loss") < out.index("damped: loss")
    print_seeks()
    for line in capsys.readouterr().out.splitlines():
        start, end = numbers(line)
        assert end == pytest.approx(float(mpmath.findroot(lambda x: x**3 - x, start, solver="newton")), abs=6e-5)
        assert line.endswith("minimum" if abs(end) == 1 else "maximum") and "-0.0000" not in line
    print_babylonian()
    for k, line in enumerate(capsys.readouterr().out.splitlines()):
        x = float(mpmath.sqrt(2) * mpmath.coth(2**k * mpmath.acoth(mpmath.sqrt(2))))
        assert numbers(line) == [k, pytest.approx(x, abs=1e-15), pytest.approx(x - 2**0.5, rel=0.05, abs=3e-16)]


def test_the_printed_least_squares_quotients_probabilities_and_counts_are_right(capsys, numbers):
    hours, attendance, marks = students()
    X = np.column_stack([np.ones(40), hours, attendance])
    print_one_step()
    condition, *rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert condition == pytest.approx([np.divide(*np.linalg.svd(X)[1][[0, -1]]) ** 2], rel=1e-5)
    w, squares, *_ = np.linalg.lstsq(X, marks, rcond=None)
    assert rows == [pytest.approx([*w, squares[0] / 40], abs=1e-6)] * 2
    print_quotients_of_errors()
    lines = capsys.readouterr().out.splitlines()
    for away, powers, rows in zip(distances().values(), ([1], [1, 2]), (lines[1:6], lines[7:]), strict=True):
        for k, distance, *quotients in map(numbers, rows):
            last, now = away[int(k) - 1 : int(k) + 1]
            assert distance == pytest.approx(now, rel=6e-3)
            assert quotients == pytest.approx([now / last**power for power in powers], abs=6e-5)
        assert k == len(away) - 1
    print_singular()
    refused, answered, twice, *rows = capsys.readouterr().out.splitlines()
    singular = "rank 1 of 2, condition number above 4e+15; solve "
    assert refused == f"[[1.0, 2.0], [2.0, 4.0]]: {singular}refuses: Singular matrix"
    assert answered == f"[[0.1, 0.3], [0.3, 0.9]]: {singular}answers with numbers above 1e+14"
    assert twice == "hours twice: rank 2 of 3, condition number above 4e+15"
    for row, columns in zip(rows, ([0, 1, 1], [0, 1]), strict=True):
        w, least = np.linalg.pinv(X[:, columns]) @ marks, np.var(marks) * (1 - np.corrcoef(hours, marks)[0, 1] ** 2)
        assert numbers(row) == pytest.approx([least, *w], abs=6e-5)
    print_units_do_not_matter()
    six = [1, (6 - np.mean(hours)) / np.std(hours)]
    told = [(1 + np.tanh(w @ six / 2)) / 2 for w in newton(pass_gradient, pass_hessian, np.zeros(2), 4)]
    assert [numbers(line) for line in capsys.readouterr().out.splitlines()] == [pytest.approx(told, abs=6e-9)] * 3
    print_cost()
    for line in capsys.readouterr().out.splitlines()[1:]:
        p, descent, one, ratio, steps = numbers(line)
        assert (descent, one, steps) == counted(int(p)) and ratio == pytest.approx(one / descent, abs=0.06)
        assert line.endswith("Newton" if one < steps * descent else "descent")


def test_a_curvature_below_the_smallest_counts_as_the_smallest():
    path = newton_damped(lambda x: x @ x / 2, lambda x: x, lambda x: np.eye(1), np.array([1.0]), 1, smallest=10.0)
    assert path[1] == pytest.approx([0.9])
