import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from snippets.constraints.lagrange_multipliers import (
    best_split,
    descend_in_ball,
    figure_ball,
    figure_split,
    gradient,
    loss,
    marks_per_hour,
    most_open,
    multiplier_of,
    print_ball,
    print_dice,
    print_hours,
    print_price,
    print_climb,
    project,
    standardised,
    standardised_students,
    students,
    total_marks,
    walk_on_lagrangian,
)

a, b, c, x, y, t = sympy.symbols("a b c x y t", real=True)
MARKS = (90 - 60 * sympy.exp(-a / 4)) + (80 - 40 * sympy.exp(-b / 2))
marks_of = sympy.lambdify((a, b), MARKS)
slopes_of = sympy.lambdify((a, b), [MARKS.diff(a), MARKS.diff(b)])


def closed_form(budget):
    """Hours of mathematics where both slopes are equal: 15 exp(-a/4) = 20 exp(-(budget - a)/2), solved by logarithms."""
    return 4 / 3 * (budget / 2 - np.log(4 / 3))


@given(st.floats(0, 12), st.floats(0, 12))
def test_the_marks_and_their_gradient_are_those_of_sympy(mathematics, history):
    hours = np.array([mathematics, history])
    assert total_marks(hours) == pytest.approx(marks_of(mathematics, history))
    assert marks_per_hour(hours) == pytest.approx(slopes_of(mathematics, history))


@given(st.floats(1, 40))
def test_the_best_split_has_equal_slopes_and_no_other_split_has_more_marks(budget):
    hours, multiplier = best_split(budget)
    assert hours == pytest.approx([closed_form(budget), budget - closed_form(budget)])
    assert slopes_of(*hours) == pytest.approx([multiplier, multiplier])
    others = np.linspace(0, budget, 1001)
    assert marks_of(*hours) >= marks_of(others, budget - others).max() - 1e-12


@given(st.floats(1, 40))
def test_the_multiplier_is_what_a_nudged_budget_brings(budget):
    best = lambda c: MARKS.subs({a: (c / 2 - sympy.log(sympy.Rational(4, 3))) * 4 / 3}).subs({b: c - (c / 2 - sympy.log(sympy.Rational(4, 3))) * 4 / 3})
    told = float(best(c).diff(c).subs(c, budget))
    assert best_split(budget)[1] == pytest.approx(told)
    nudged = (total_marks(best_split(budget + 1e-5)[0]) - total_marks(best_split(budget - 1e-5)[0])) / 2e-5
    assert told == pytest.approx(nudged, rel=1e-5, abs=1e-8)


def test_a_budget_whose_slopes_are_tiny_is_split_as_exactly_or_refused():
    hours, multiplier = best_split(100.0)
    assert hours[0] == pytest.approx(closed_form(100)) and multiplier == pytest.approx(15 * np.exp(-closed_form(100) / 4), rel=1e-9)
    with pytest.raises(RuntimeError, match="still missed"):
        best_split(2000.0)


def test_a_budget_too_small_to_split_is_an_error():
    edge = 2 * np.log(4 / 3)  # where the closed form gives no time to mathematics
    assert best_split(edge + 1e-6)[0][0] == pytest.approx(0, abs=1e-5)
    with pytest.raises(ValueError, match="too few to split"):
        best_split(edge - 1e-6)


def test_where_the_function_is_not_concave_the_walk_with_a_price_that_descends_runs_away_too():
    at = np.array([4.0, 6.0, 4.5])  # exercise 1: x y - t (x + y - 10)
    for _ in range(400):
        at = at + 0.05 * np.array([at[1] - at[2], at[0] - at[2], at[0] + at[1] - 10])
    assert np.abs(at).max() > 1e3


def test_equations_that_are_not_solved_are_an_error():
    with pytest.raises(RuntimeError, match="still missed"), np.errstate(all="ignore"):
        best_split(np.nan)


def test_the_printed_hours_are_those_of_sympy(capsys, numbers):
    print_hours()
    lines = capsys.readouterr().out.splitlines()[1:]
    for line, mathematics in zip(lines, (0, 2, 4, 6, 6.28, 8, 10), strict=True):
        told = mathematics, 10 - mathematics, marks_of(mathematics, 10 - mathematics), *slopes_of(mathematics, 10 - mathematics)
        assert numbers(line) == pytest.approx(told, abs=0.051)
        assert numbers(line)[3:] == pytest.approx(told[3:], abs=0.0051)


def test_the_printed_prices_are_those_of_the_closed_form(capsys, numbers):
    print_price()
    lines = capsys.readouterr().out.splitlines()[1:]
    for line, budget in zip(lines, (9, 10, 11), strict=True):
        found = closed_form(budget)
        more = closed_form(budget + 1 / 60)
        gain = 60 * (marks_of(more, budget + 1 / 60 - more) - marks_of(found, budget - found))
        told = [budget, found, budget - found, marks_of(found, budget - found), slopes_of(found, 0)[0], gain]
        assert numbers(line) == pytest.approx(told, abs=5.1e-3)
        assert np.delete(numbers(line), 3) == pytest.approx(np.delete(told, 3), abs=5.1e-4)


@pytest.mark.parametrize("mathematics", [1.0, 6.28])
def test_the_line_the_gradient_and_the_marks_along_the_line_are_drawn(mathematics):
    left, right = figure_split(mathematics).axes
    line, dot = left.lines
    assert np.sum(line.get_data(), axis=0) == pytest.approx(10)
    assert np.ravel(dot.get_data()) == pytest.approx([mathematics, 10 - mathematics])
    contours, own, arrow = left.collections
    for lines in (contours, own):
        for level, path in zip(lines.levels, lines.get_paths(), strict=True):
            for point in path.vertices[::9]:
                assert marks_of(*point) == pytest.approx(level, abs=0.4)
    assert own.levels == pytest.approx([marks_of(mathematics, 10 - mathematics)])
    assert (arrow.U[0], arrow.V[0]) == pytest.approx(slopes_of(mathematics, 10 - mathematics))
    assert (arrow.angles, arrow.scale_units) == ("xy", "xy") and arrow.get_offsets()[0] == pytest.approx([mathematics, 10 - mathematics])
    curve, at = right.lines
    assert curve.get_ydata() == pytest.approx(marks_of(curve.get_xdata(), 10 - curve.get_xdata()))
    assert np.ravel(at.get_data()) == pytest.approx([mathematics, marks_of(mathematics, 10 - mathematics)])
    written = right.texts[0].get_text()
    more = slopes_of(mathematics, 10 - mathematics)
    assert written == f"{marks_of(mathematics, 10 - mathematics):.1f} marks\nan hour is worth\n{more[0]:.1f} and {more[1]:.1f}"
    if mathematics == 6.28:  # the arrow stands at a right angle to the line
        assert np.dot((arrow.U[0], arrow.V[0]), (1, -1)) == pytest.approx(0, abs=0.01)


@given(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), st.floats(0.1, 2))
def test_the_projection_is_the_nearest_point_of_the_ball(w, radius):
    w = np.array(w)
    near = project(w, radius)
    assert np.hypot(*near) <= radius * (1 + 1e-12)
    angle = np.linspace(0, 2 * np.pi, 721)
    ring = np.array([np.cos(angle), np.sin(angle)])
    inside = np.concatenate([share * radius * ring for share in (0, 0.25, 0.5, 0.75, 1)], axis=1)
    assert np.hypot(*(near - w)) <= np.hypot(*(inside - w[:, None])).min() + 1e-9
    if np.hypot(*w) <= radius:
        assert near.tolist() == w.tolist()


def exact_ball(radius):
    """Best weights in the ball and multiplier at forty digits: the length of the ridge solution is the radius, or the price is 0."""
    X, y = standardised_students()
    A, v = mpmath.matrix((X.T @ X / 40).tolist()), mpmath.matrix((X.T @ y / 40).tolist())
    with mpmath.workdps(40):
        ridge = lambda price: mpmath.lu_solve(A + price * mpmath.eye(2), v)
        if mpmath.norm(ridge(0)) <= radius:
            return np.array([float(part) for part in ridge(0)]), 0.0
        price = mpmath.findroot(lambda price: mpmath.norm(ridge(price)) - radius, (0, 20), solver="anderson", tol=1e-30)
        return np.array([float(part) for part in ridge(price)]), float(price)


@pytest.mark.parametrize("radius", [1.2, 0.9, 0.7, 0.4, 0.2])
def test_projected_descent_ends_where_a_penalty_with_the_multiplier_ends(radius):
    X, y = standardised_students()
    for start in ([0.0, 0.0], [-2.0, 1.5]):
        path = descend_in_ball(np.array(start), X, y, radius, steps=300)
        assert path.shape == (301, 2) and (np.hypot(*path.T) <= radius * (1 + 1e-12)).all()
        w, price = exact_ball(radius)
        assert path[-1] == pytest.approx(w, abs=1e-9)
        assert multiplier_of(path[-1], X, y) == pytest.approx(price, abs=1e-8)
    # the conditions, with the slopes of the loss by complex steps
    slopes = np.array([np.imag(np.mean((X @ (w + 1e-30j * e) - y) ** 2)) / 1e-30 for e in np.eye(2)])
    assert slopes + price * 2 * w == pytest.approx([0, 0], abs=1e-12)
    assert price >= 0 and price * (np.hypot(*w) - radius) == pytest.approx(0, abs=1e-12)


@given(st.floats(0.2, 0.84), st.floats(0, 6.3), st.floats(0, 1))
def test_no_place_in_the_ball_is_lower_than_that_of_the_kkt_conditions(radius, angle, share):
    X, y = standardised_students()
    w, price = exact_ball(radius)
    other = share * radius * np.array([np.cos(angle), np.sin(angle)])
    assert loss(other, X, y) >= loss(w, X, y) - 1e-12 and price > 0


@given(st.floats(0.3, 0.8))
def test_the_multiplier_of_the_ball_is_the_slope_of_the_least_loss_in_the_squared_radius(radius):
    X, y = standardised_students()
    least = lambda squared: loss(exact_ball(np.sqrt(squared))[0], X, y)
    slope = (least(radius**2 + 1e-5) - least(radius**2 - 1e-5)) / 2e-5
    assert -slope == pytest.approx(exact_ball(radius)[1], rel=1e-4)


def test_the_limit_matters_below_the_length_of_the_free_minimum():
    X, y = standardised_students()
    free = np.linalg.lstsq(X, y, rcond=None)[0]
    assert np.hypot(*free) == pytest.approx(0.86, abs=0.005)
    assert exact_ball(np.hypot(*free) + 1e-3)[1] == 0 < exact_ball(np.hypot(*free) - 1e-3)[1]


@given(st.tuples(st.floats(-3, 3), st.floats(-3, 3)))
def test_the_gradient_is_the_complex_step_of_the_loss(w):
    X, y = standardised_students()
    w = np.array(w)
    plain = lambda w: np.mean((X @ w - y) ** 2)
    assert loss(w, X, y) == pytest.approx(plain(w))
    assert gradient(w, X, y) == pytest.approx([np.imag(plain(w + 1e-30j * e)) / 1e-30 for e in np.eye(2)], abs=1e-12)


def test_the_data_are_the_standardised_students():
    X, y = standardised_students()
    hours, attendance, marks = students()
    for column, raw in ((X[:, 0], hours), (X[:, 1], attendance), (y, marks)):
        assert column == pytest.approx((raw - raw.mean()) / raw.std())
    assert standardised(hours) == pytest.approx(X[:, 0])


def test_the_printed_balls_are_those_of_forty_digits(capsys, numbers):
    print_ball()
    lines = capsys.readouterr().out.splitlines()[1:]
    X, y = standardised_students()
    for line, radius in zip(lines, (1.2, 1.0, 0.8, 0.6, 0.4), strict=True):
        w, price = exact_ball(radius)
        told = [radius, *w, np.hypot(*w), np.mean((X @ w - y) ** 2), price, *w]
        assert numbers(line) == pytest.approx(told, abs=5.1e-5)
        assert "-0" not in line


@pytest.mark.parametrize("radius", [1.2, 0.6])
def test_ball_walk_and_the_way_downhill_are_drawn(radius):
    X, y = standardised_students()
    ax = figure_ball(radius).axes[0]
    circle, star, walk = ax.lines
    assert np.hypot(*circle.get_data()) == pytest.approx(radius)
    assert np.ravel(star.get_data()) == pytest.approx(np.linalg.lstsq(X, y, rcond=None)[0])
    w, price = exact_ball(radius)
    points = np.array(walk.get_data()).T
    assert points[-1] == pytest.approx(w, abs=1e-6) and (np.hypot(*points.T) <= radius * (1 + 1e-12)).all()
    before = points[0]
    for after in points[1:]:  # descent by complex steps, scaled back
        step = before - 0.2 * np.array([np.imag(np.mean((X @ (before + 1e-30j * e) - y) ** 2)) / 1e-30 for e in np.eye(2)])
        assert after == pytest.approx(step * min(1, radius / np.hypot(*step)))
        before = after
    assert ax.get_title() == f"multiplier {price:.2f}"
    *contours, arrow = ax.collections if price else [*ax.collections, None]
    for lines in contours:
        for level, path in zip(lines.levels, lines.get_paths(), strict=True):
            for point in path.vertices[::9]:
                assert np.mean((X @ point - y) ** 2) == pytest.approx(level, abs=0.01)
    if price:  # the contour that touches the circle
        assert contours[1].levels == pytest.approx([np.mean((X @ w - y) ** 2)], abs=1e-6)
    assert len(contours) == 1 + (price > 0)
    arrows = [arrow] if price else []
    for arrow in arrows:  # straight outwards
        outwards = np.array([arrow.U[0], arrow.V[0]])
        assert outwards == pytest.approx(2 * price * w, abs=1e-5) and arrow.get_offsets()[0] == pytest.approx(w, abs=1e-6)


def test_the_best_split_is_a_saddle_of_the_lagrangian():
    L = MARKS - t * (a + b - 10)
    found = closed_form(10)
    at = {a: found, b: 10 - found, t: slopes_of(found, 0)[0]}
    assert [float(L.diff(v).subs(at)) for v in (a, b, t)] == pytest.approx([0, 0, 0], abs=1e-12)
    eigenvalues = np.linalg.eigvalsh(np.array(sympy.hessian(L, (a, b, t)).subs(at), dtype=float))
    assert eigenvalues[0] < 0 < eigenvalues[-1]


@pytest.mark.parametrize("price_moves", [1, -1])
def test_each_walk_follows_the_slopes_of_the_lagrangian_with_the_signs_that_are_told(price_moves):
    L = MARKS - t * (a + b - 10)
    slopes = sympy.lambdify((a, b, t), [L.diff(v) for v in (a, b, t)])
    path = walk_on_lagrangian(price_moves, rate=0.2, steps=30)
    at = np.array([5.0, 5.0, 0.0])
    for point in path:
        assert point == pytest.approx(at)
        at = at + 0.2 * np.array([1, 1, price_moves]) * slopes(*at)
    assert len(path) == 31


def test_climbing_the_lagrangian_runs_away_and_a_price_that_descends_settles(capsys, numbers):
    away, home = walk_on_lagrangian(1), walk_on_lagrangian(-1)
    found = closed_form(10)
    assert home[-1] == pytest.approx([found, 10 - found, slopes_of(found, 0)[0]], abs=1e-3)
    assert away[-1, 0] > 1e20 and away[-1, 2] < -1e20
    print_climb()
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [numbers(line)[0] for line in lines] == [0, 1, 5, 10, 20, 50, 100, 200]
    for line in lines:
        step, *printed = numbers(line)
        told = [part for path in (away, home) for part in (path[int(step), :2].sum(), path[int(step), 2])]
        assert printed == pytest.approx(told, rel=1e-3, abs=1e-4)


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=7, unique=True), st.floats(0.02, 0.98))
def test_the_most_open_probabilities_have_the_mean_and_more_entropy_than_others_with_it(scores, share):
    scores = np.array(scores, dtype=float)
    mean = scores.min() + share * (scores.max() - scores.min())
    p, multiplier = most_open(scores, mean)
    assert p.sum() == pytest.approx(1) and p @ scores == pytest.approx(mean, abs=1e-9) and (p > 0).all()
    # the conditions: -ln p - 1 is a combination of the two gradients, 1 and the scores
    assert np.log(p) - multiplier * scores == pytest.approx(np.full(len(p), (np.log(p) - multiplier * scores)[0]), abs=1e-6)
    assume(len(scores) > 2)
    entropy = lambda p: -np.sum(p * np.log(p))
    # Every direction that keeps sum and mean leads down.
    basis = np.linalg.svd(np.array([np.ones_like(scores), scores]))[2][2:]
    for direction in basis:
        step = 0.3 * p.min() * direction
        assert entropy(p + step) < entropy(p) and entropy(p - step) < entropy(p)


@pytest.mark.parametrize("mean", [1, 6, 0, 7.5])
def test_a_mean_outside_of_the_scores_is_an_error(mean):
    with pytest.raises(ValueError, match="no probabilities"):
        most_open([1, 2, 3, 4, 5, 6], mean)


def test_the_printed_dice_are_those_of_root_finding_at_forty_digits(capsys, numbers):
    print_dice()
    for line, mean in zip(capsys.readouterr().out.splitlines(), (3.5, 4.5), strict=True):
        with mpmath.workdps(40):
            weights = lambda t: [mpmath.exp(t * i) for i in range(1, 7)]
            t = mpmath.findroot(lambda t: sum(i * w for i, w in enumerate(weights(t), 1)) / sum(weights(t)) - mean, 0.1)
            told = [mean, float(t), *(float(w / sum(weights(t))) for w in weights(t))]
        assert numbers(line) == pytest.approx(told, abs=5.1e-5)


def test_the_exercises_have_the_solutions_that_are_told():
    (square,) = sympy.solve([y - t, x - t, x + y - 10], [x, y, t], dict=True)
    assert square == {x: 5, y: 5, t: 5}
    assert (sympy.Rational(11, 2) ** 2 - 25) == sympy.Rational(21, 4)
    g = x**3 - y**2
    assert [g.diff(v).subs({x: 0, y: 0}) for v in (x, y)] == [0, 0]
    assert sympy.solve([1 - t * g.diff(x), -t * g.diff(y), g], [x, y, t]) == []


def test_parallel_gradients_are_found_at_the_worst_place_too():
    # The farthest and the nearest point of a circle around (3, 4), seen from the origin.
    circle = (x - 3) ** 2 + (y - 4) ** 2 - 1
    far = sympy.sqrt(x**2 + y**2)
    found = sympy.solve([2 * x - t * circle.diff(x), 2 * y - t * circle.diff(y), circle], [x, y, t], dict=True)
    assert sorted(far.subs(at) for at in found) == [4, 6]
