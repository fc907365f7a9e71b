import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.optimize
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.optimisers.convergence_rates import (
    LARGEST,
    SMALLEST,
    accelerated,
    accelerated_restarted,
    descend,
    figure_heights,
    figure_parabolas,
    figure_strings,
    first_within,
    parabola,
    pass_gradient,
    pass_loss,
    passing,
    passing_loss,
    passing_slope,
    print_digits,
    print_falls,
    print_local,
    print_ripples,
    print_student_promises,
    print_strings,
    promised_accelerated,
    promised_convex,
    promised_strongly,
    raw_hours,
    straight,
    string_gaps,
    string_loss,
    string_slope,
    students,
    sure_fall,
)

HOURS, _, MARKS = students()
SIGNED = [mpmath.mpf(float(h)) * (1 if m >= 60 else -1) for h, m in zip((HOURS - HOURS.mean()) / HOURS.std(), MARKS, strict=True)]


def surprise(w):
    """The loss of one weight, again, at fifty digits."""
    return sum(mpmath.log(1 + mpmath.exp(-w * z)) for z in SIGNED) / 40 + mpmath.mpf(w) ** 2 / 40


LEAST = float(surprise(mpmath.findroot(lambda w: mpmath.diff(surprise, w), 1.6)))
weights = st.floats(-12, 12)


def quadratic(curvatures, seed):
    """Gradient and loss of a convex quadratic in random axes, with its least loss, 0, at zero."""
    Q = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(curvatures),) * 2))[0]
    H = Q @ np.diag(curvatures) @ Q.T
    return lambda w: H @ w, lambda W: np.einsum("...i,ij,...j", W, H, W) / 2


# The parabolas


@given(weights)
def test_the_loss_and_its_slope_are_those_at_fifty_digits(w):
    assert passing_loss(w) == pytest.approx(float(surprise(w)), rel=1e-12)
    assert passing_slope(w) == pytest.approx(float(mpmath.diff(surprise, w)), abs=1e-10)


def test_the_curvature_stays_between_the_two_bounds_and_comes_near_both():
    curvatures = [float(mpmath.diff(surprise, w, 2)) for w in np.linspace(-30, 30, 121)]
    assert SMALLEST < min(curvatures) < 1.01 * SMALLEST and 0.99 * LARGEST < max(curvatures) <= LARGEST + 1e-12


@given(weights, weights)
def test_one_parabola_lies_above_the_loss_and_one_below(w, v):
    height, slope = float(surprise(w)), float(mpmath.diff(surprise, w))
    above, below = (parabola(height, slope, bound, v - w) for bound in (LARGEST, SMALLEST))
    assert below - 1e-9 <= float(surprise(v)) <= above + 1e-9


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.1, 5))
def test_the_parabola_has_its_height_slope_and_curvature(height, slope, curvature):
    at = lambda x: parabola(height, slope, curvature, x)
    assert [float(mpmath.diff(at, 0, n)) for n in (0, 1, 2)] == pytest.approx([height, slope, curvature], abs=1e-6)


@given(st.floats(-5, 5), st.floats(0.1, 5))
def test_the_sure_fall_is_the_area_of_the_triangle_and_the_depth_of_the_parabola(slope, L):
    area = float(mpmath.quad(lambda x: -(slope + L * x), [0, -slope / L]))
    assert sure_fall(slope, L) == pytest.approx(area, abs=1e-9)
    depth = min(parabola(0, slope, L, -slope / L + step) for step in np.linspace(-1, 1, 201))
    assert sure_fall(slope, L) == pytest.approx(-depth, abs=1e-9)


@given(weights)
def test_a_step_of_one_over_l_falls_at_least_by_the_sure_fall(w):
    after = w - passing_slope(w) / LARGEST
    assert float(surprise(w) - surprise(after)) >= sure_fall(passing_slope(w), LARGEST) - 1e-12


@given(st.lists(st.floats(0, 3), min_size=2, max_size=4), st.integers(0, 99))
def test_in_several_weights_the_sure_fall_takes_the_squared_length(curvatures, seed):
    slope, loss = quadratic(curvatures, seed)
    w, L = np.random.default_rng(seed + 1).normal(size=len(curvatures)), 3.0
    fall = loss(w) - loss(w - slope(w) / L)
    assert fall >= sure_fall(slope(w), L) - 1e-12
    assert sure_fall(slope(w), L) == pytest.approx(math.hypot(*slope(w)) ** 2 / 6)


@given(weights)
def test_a_small_slope_means_that_little_is_left_to_fall(w):
    assert float(surprise(w)) - LEAST <= passing_slope(w) ** 2 / (2 * SMALLEST) + 1e-12


# The promises


@given(st.lists(st.floats(0, 3), min_size=2, max_size=5), st.integers(0, 99))
def test_descent_keeps_all_its_promises_on_quadratics(curvatures, seed):
    slope, loss = quadratic(curvatures, seed)
    start, L, mu = np.random.default_rng(seed + 1).normal(size=len(curvatures)), 3.0, min(curvatures)
    k = np.arange(1, 41)
    gaps = loss(descend(slope, start, 1 / L, 40))
    assert np.all(gaps[1:] <= promised_convex(L, np.linalg.norm(start), k) + 1e-12)
    assert np.all(gaps[1:] <= promised_strongly(L, mu, gaps[0], k) + 1e-12)
    assert np.all(loss(accelerated(slope, start, 1 / L, 40))[1:] <= promised_accelerated(L, np.linalg.norm(start), k) + 1e-12)


@pytest.mark.counted
def test_the_promises_are_the_sum_of_the_purse_the_product_of_the_factors_and_nesterovs():
    # (Half of L times the squared distance) shared among the steps; a factor for each step; and 2 L D / (k + 1)².
    assert promised_convex(3.0, 2.0, 5) == pytest.approx(float(Fraction(3, 2) * 4 / 5))
    assert promised_strongly(4.0, 1.0, 7.0, 3) == pytest.approx(7 * float(Fraction(3, 4) * Fraction(3, 4) * Fraction(3, 4)))
    assert promised_accelerated(3.0, 2.0, 4) == pytest.approx(float(Fraction(2 * 3 * 4, 25)))


def rounded(L, r):
    """|w| whose kink is a parabola of curvature L from -r to r: its loss and its slope."""
    loss = lambda w: np.where(abs(w) < r, L * w**2 / 2, L * r * (abs(w) - r / 2))
    return loss, lambda w: L * np.clip(w, -r, r)


def test_the_sure_fall_is_exact_on_a_parabola_and_less_than_twice_exceeded_on_a_convex_loss():
    loss, slope = rounded(2.0, 0.5)
    for w in (0.2, 0.5, 0.6, 3.0):
        fall = loss(w) - loss(w - slope(w) / 2)
        assert sure_fall(slope(w), 2.0) - 1e-12 <= fall <= 2 * sure_fall(slope(w), 2.0) + 1e-12
        assert (abs(fall - sure_fall(slope(w), 2.0)) < 1e-12) == (w <= 0.5)


@pytest.mark.parametrize("k", [1, 3, 10, 50])
def test_on_a_rounded_kink_descent_takes_half_of_what_one_over_k_promises(k):
    L = 3.0
    loss, slope = rounded(L, 1 / (2 * k + 1))
    path = descend(slope, np.array([1.0]), 1 / L, k)[:, 0]
    assert path[-1] == pytest.approx(1 - k / (2 * k + 1))
    assert loss(path[-1]) == pytest.approx(L / (4 * k + 2))
    assert promised_convex(L, 1.0, k) / 2.5 < loss(path[-1]) / (2 * k / (2 * k + 1)) <= promised_convex(L, 1.0, k)
    # The purse pays, and with 3/L in the place of 2/L it could not.
    taken = path[:-1] ** 2 - path[1:] ** 2
    assert np.all(taken >= 2 / L * loss(path[1:]) - 1e-12)


@given(st.integers(2, 30), st.floats(0.1, 3))
def test_among_the_first_k_slopes_one_is_as_small_as_is_promised_without_convexity(k, w):
    # A wave on a slanted bowl, not convex, with curvatures between 2 - 9 and 2 + 9.
    loss, slope = lambda w: w**2 + np.cos(3 * w), lambda w: 2 * w - 3 * np.sin(3 * w)
    least = loss(np.linspace(-3, 3, 60_001)).min()
    path = descend(slope, w, 1 / 11, k)
    assert np.min(slope(path[:-1]) ** 2) <= 2 * 11 * (loss(w) - least) / k + 1e-6


def test_where_the_slope_tells_what_is_left_the_rate_is_linear_without_convexity():
    # w² + 3 sin(w)², known for this: not convex, curvature at most 8, and slope² at least 2/32 of what is left.
    loss, slope = lambda w: w**2 + 3 * np.sin(w) ** 2, lambda w: 2 * w + 3 * np.sin(2 * w)
    w = np.linspace(-8, 8, 4001)
    assert np.min(2 + 6 * np.cos(2 * w)) < 0 and np.max(2 + 6 * np.cos(2 * w)) <= 8
    mu = np.min(slope(w[w != 0]) ** 2 / (2 * loss(w[w != 0])))
    path = descend(slope, 7.5, 1 / 8, 300)
    assert mu > 0 and np.all(loss(path) <= promised_strongly(8, mu, loss(7.5), np.arange(301)) + 1e-12)


def test_memory_that_grows_for_ever_does_harm_in_the_end_and_one_that_suits_does_not():
    H = np.diag([0.01, 1.0])
    slope, loss = lambda w: H @ w, lambda W: np.sum(W * (W @ H), axis=-1) / 2
    start = np.array([1.0, 1.0])
    plain, growing = (loss(walk(slope, start, 1.0, 3000)) for walk in (descend, accelerated))
    assert growing[300] < plain[300] and growing[3000] > plain[3000]
    w, v, beta = start, np.zeros(2), (1 - 0.1) / (1 + 0.1)
    for _ in range(300):  # Nesterov's momentum whose memory suits mu / L = 1/100
        v = beta * v + slope(w - beta * v)
        w = w - v
    assert loss(w) <= (1 - 0.1) ** 300 * (loss(start) + 0.01 / 2 * start @ start) < plain[300] / 1e6


@given(st.lists(st.floats(0.05, 3), min_size=2, max_size=4), st.integers(0, 99))
def test_the_squared_distance_pays_for_what_is_left(curvatures, seed):
    slope, loss = quadratic(curvatures, seed)
    path = descend(slope, np.random.default_rng(seed).normal(size=len(curvatures)), 1 / 3, 30)
    purse = np.sum(path**2, axis=1)
    assert np.all(purse[1:] <= purse[:-1] - 2 / 3 * loss(path)[1:] + 1e-12)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=4), st.integers(0, 99))
def test_the_accelerated_walk_is_the_one_told_by_three_sequences(curvatures, seed):
    slope, _ = quadratic(curvatures, seed)
    start = np.random.default_rng(seed).normal(size=len(curvatures))
    w, far, t = start, start, 1.0  # Nesterov's other form: a long walk `far`, and points between it and w
    points = [w]
    for _ in range(25):
        between = (1 - 1 / t) * w + far / t
        step = slope(between) / 3
        w, far = between - step, far - t * step
        t = t + 0.5
        points.append(w)
    assert accelerated(slope, start, 1 / 3, 25) == pytest.approx(np.array(points), abs=1e-9)


def test_each_law_needs_the_printed_number_of_steps_and_no_step_less(capsys):
    print_digits()
    laws = [
        lambda k: 1 / mpmath.sqrt(k),
        lambda k: mpmath.mpf(1) / k,
        lambda k: mpmath.mpf(1) / k**2,
        lambda k: mpmath.mpf("0.9") ** k,
        lambda k: mpmath.mpf("0.9") ** (mpmath.mpf(2) ** k),
    ]
    rows = capsys.readouterr().out.splitlines()[1:]
    for row, law in zip(rows, laws, strict=True):
        for power, steps in enumerate(map(int, row[14:].replace(",", "").split()), start=1):
            goal = mpmath.mpf(10) ** -power
            assert law(steps) <= goal * (1 + mpmath.mpf(10) ** -12) < law(steps - 1)


# The string


def exact_hessian(beads):
    """Twice-differences over 4, from the neighbours' squares by SymPy."""
    w = sympy.symbols(f"w:{beads}")
    chain = [sympy.Integer(1), *w, sympy.Integer(0)]
    energy = sum((a - b) ** 2 for a, b in zip(chain, chain[1:], strict=False)) / 8
    return w, energy


def test_the_slope_of_the_string_is_that_of_its_loss_and_its_curvatures_lie_between_zero_and_one():
    w, energy = exact_hessian(5)
    at = np.random.default_rng(0).normal(size=5)
    values = dict(zip(w, at, strict=True))
    assert string_loss(at) == pytest.approx(float(energy.subs(values)))
    assert string_slope(at) == pytest.approx([float(sympy.diff(energy, x).subs(values)) for x in w])
    for beads in (1, 5, 60):
        H = np.array([string_slope(e) - string_slope(np.zeros(beads)) for e in np.eye(beads)])
        assert 0 < np.linalg.eigvalsh(H)[0] and np.linalg.eigvalsh(H)[-1] < 1
    assert np.linalg.eigvalsh(H)[-1] > 0.99


@given(st.integers(1, 20), st.integers(1, 20))
def test_news_travels_by_one_bead_a_step(beads, steps):
    for walk in (descend, accelerated):
        path = walk(string_slope, np.zeros(beads), 1.0, steps)
        for k, w in enumerate(path):
            assert np.all(w[k:] == 0) and np.all(w[:k] > 0)


@given(st.integers(1, 12), st.data())
def test_the_best_with_few_beads_off_the_ground_is_a_straight_line(beads, data):
    reached = data.draw(st.integers(1, beads))
    # Differences of neighbours as a matrix; only the columns of the first beads may be used.
    D = np.diff(np.eye(beads + 2), axis=0)
    best = np.linalg.lstsq(D[:, 1 : reached + 1], -D[:, 0], rcond=None)[0]
    assert straight(beads, reached) == pytest.approx(np.concatenate([best, np.zeros(beads - reached)]), abs=1e-9)


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_no_mixture_of_the_gradients_gets_below_the_floor(k):
    beads = 2 * k + 1
    D, b = np.diff(np.eye(beads + 2), axis=0)[:, 1:-1], np.eye(beads + 2)[0, : beads + 1]
    H, g = D.T @ D / 4, D.T @ b / 4
    span = [g]
    for _ in range(k - 1):
        span.append(H @ span[-1])
    basis = np.linalg.qr(np.array(span).T)[0]
    coefficients = np.linalg.lstsq(D @ basis, b, rcond=None)[0]
    least = lambda w: np.sum((b - D @ w) ** 2) / 8
    end = np.linalg.solve(H, g)
    descent, fast, floor = string_gaps(k)
    assert floor == pytest.approx((least(basis @ coefficients) - least(end)) / (end @ end))
    # The closed forms of the page, in fractions.
    distance = sum(Fraction(i, 2 * k + 2) ** 2 for i in range(1, beads + 1))
    assert distance < Fraction(2 * (k + 1), 3)
    assert floor == pytest.approx(float(Fraction(1, 16 * (k + 1)) / distance)) and floor >= 3 / 32 / (k + 1) ** 2
    assert floor < fast <= descent + 1e-15
    assert descent <= promised_convex(1, 1, k) and fast <= promised_accelerated(1, 1, k)


def test_descent_on_the_string_is_averaging_with_the_neighbours():
    w = np.random.default_rng(0).normal(size=7)
    after = descend(string_slope, w, 1.0, 1)[1]
    around = [1.0, *w, 0.0]
    assert after == pytest.approx([(around[i - 1] + 2 * around[i] + around[i + 1]) / 4 for i in range(1, 8)])


# What goes wrong, and the exercises


def test_exercise_two_by_sympy():
    rate, L, g = sympy.symbols("rate L g", positive=True)
    fall = -(g * (-rate * g) + L / 2 * (rate * g) ** 2)
    assert sympy.simplify(fall - rate * g**2 * (1 - L * rate / 2)) == 0
    assert sympy.solve(sympy.diff(fall, rate), rate) == [1 / L] and sympy.solve(fall, rate) == [2 / L]


def test_exercise_one_is_a_triangle():
    assert Fraction(12, 3) == 4 and Fraction(12 * 4, 2) == 24 == sure_fall(12.0, 3.0)


@given(st.lists(st.floats(0.2, 3), min_size=1, max_size=4), st.integers(0, 99))
def test_with_restarts_a_step_uphill_makes_it_begin_again(curvatures, seed):
    slope, _ = quadratic(curvatures, seed)
    start = np.random.default_rng(seed).normal(size=len(curvatures))
    path = accelerated_restarted(slope, start, 1 / 3, 60)
    w = start
    seen = [w]
    while len(seen) < 61:  # runs of `accelerated`, each cut at its first step that goes against its slope
        run = accelerated(slope, w, 1 / 3, 61 - len(seen))
        ahead = [run[0], run[1]] + [run[j] + (j - 1) / (j + 2) * (run[j] - run[j - 1]) for j in range(2, len(run))]
        uphill = [j for j in range(1, len(run)) if slope(ahead[j - 1]) @ (run[j] - run[j - 1]) > 0]
        end = uphill[0] if uphill else len(run) - 1
        seen += list(run[1 : end + 1])
        w = run[end]
    assert path == pytest.approx(np.array(seen[:61]), abs=1e-9)


def test_within_a_goal_the_first_step_counts_and_a_goal_never_reached_is_told():
    assert first_within([5.0, 3.0, 0.5, 2.0, 0.1], 1.0) == 2
    with pytest.raises(RuntimeError, match="1.0 is not reached in 2 steps"):
        first_within([5.0, 3.0, 2.0], 1.0)


# What is printed and drawn


def test_the_printed_falls_are_never_less_than_promised(capsys, numbers):
    print_falls()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    bottom = mpmath.findroot(lambda x: mpmath.diff(surprise, x), 1.6)
    w = mpmath.mpf(-6)
    for step, (k, weight, loss, sure, fall, above, times) in enumerate(rows):
        slope = mpmath.diff(surprise, w)
        after = w - slope / mpmath.mpf("0.3")
        assert (k, weight) == (step, pytest.approx(float(w), abs=6e-3))
        gap, left = surprise(w) - surprise(bottom), surprise(after) - surprise(bottom)
        exact = [surprise(w), slope**2 / mpmath.mpf("0.6"), gap - left, gap]
        assert [loss, sure, fall, above] == pytest.approx([float(x) for x in exact], abs=6e-5)
        assert times == pytest.approx(float(left / gap), abs=6e-3)
        assert sure <= fall and times <= 1 - 0.05 / 0.30
        w = after
    assert len(rows) == 6


def test_the_printed_string_lies_between_the_promise_and_the_floor(capsys, numbers):
    print_strings()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [1, 4, 16, 64]
    for k, slow, descent, quick, fast, floor in rows:
        beads = 2 * int(k) + 1
        # Descent in closed form: along each eigenvector, a sine, the distance shrinks by its own factor.
        j, i = np.arange(1, beads + 1), np.arange(1, beads + 1)[:, None]
        sines = np.sin(np.pi * i * j / (beads + 1)) * np.sqrt(2 / (beads + 1))
        curvatures = (1 - np.cos(np.pi * j / (beads + 1))) / 2
        end = 1 - np.arange(1, beads + 1) / (beads + 1)
        away = sines.T @ end * (1 - curvatures) ** k
        assert descent == pytest.approx(np.sum(curvatures * away**2) / 2 / (end @ end), abs=6e-6)
        assert [slow, quick] == pytest.approx([1 / (2 * k), 2 / (k + 1) ** 2], abs=6e-6)
        assert floor == pytest.approx(1 / (16 * (k + 1)) / sum(end**2), abs=6e-6)
        assert floor < fast <= descent < slow and fast < quick


def test_the_students_losses_keep_the_promises(capsys, numbers):
    print_student_promises()
    first, _, squares, passed = capsys.readouterr().out.splitlines()
    X, y = raw_hours()
    Z, p = passing()
    eigenvalues = np.linalg.svd(X, compute_uv=False) ** 2 * 2 / 40
    passing_L = np.linalg.svd(Z, compute_uv=False)[0] ** 2 / 160
    assert numbers(first) == pytest.approx([eigenvalues[0], eigenvalues[1], passing_L], abs=6e-3)
    best = np.linalg.solve(X.T @ X, X.T @ y)
    signs = (1 - 2 * p)[:, None]
    minimum = scipy.optimize.minimize(
        lambda w: np.logaddexp(0, signs * (Z @ w[:, None])).mean(), np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13}
    )
    losses = (
        (squares.removeprefix("marks, to 1 mark²"), lambda w: np.mean((X @ w - y) ** 2), lambda w: X.T @ (X @ w - y) / 20, best, eigenvalues[0], 1.0),
        (passed.removeprefix("passing, to 0.001 nats"), pass_loss, pass_gradient, minimum.x, passing_L, 0.001),
    )
    for row, f, slope, end, L, goal in losses:
        told = numbers(row)
        far, gap = np.linalg.norm(end), f(np.zeros(2)) - f(end)
        assert told[0] == math.ceil(L * far**2 / 2 / goal)
        assert 2 * L * far**2 / (told[-3] + 1) ** 2 <= goal < 2 * L * far**2 / told[-3] ** 2
        for steps, walk in zip(told[-2:], (descend, accelerated), strict=True):
            before, after = walk(slope, np.zeros(2), 1 / L, int(steps))[-2:]
            assert f(after) - f(end) < goal <= f(before) - f(end)
        assert told[-2] < told[0] and told[-1] < told[-3]
        if len(told) == 5:
            factor = 1 - eigenvalues[1] / eigenvalues[0]
            assert factor ** told[1] * gap <= goal < factor ** (told[1] - 1) * gap
    assert "none" in passed and len(numbers(squares.removeprefix("marks, to 1 mark²"))) == 5


def test_one_over_the_curvature_of_the_start_jumps_to_and_fro(capsys, numbers):
    print_local()
    rows = [line for line in capsys.readouterr().out.splitlines()[1:]]
    assert len(rows) == 4
    for row, (start, here) in zip(rows, ((2, True), (2, False), (5, True), (5, False)), strict=True):
        rate = mpmath.cosh(start) ** 2 if here else 1
        w, seen = mpmath.mpf(start), []
        for _ in range(50):
            w = w - rate * mpmath.tanh(w)
            seen.append(w)
        told = numbers(row.replace("1 / curvature here", "").replace("1 / L", ""))
        assert told == pytest.approx([start, float(rate), *map(float, seen[:3]), abs(float(seen[-1]))], abs=6e-2 if here else 6e-3)
        assert told[2:5] == pytest.approx([float(x) for x in seen[:3]], abs=6e-3)
        assert abs(seen[-1]) > 3 if here else abs(seen[-1]) < 1e-6


def test_restarts_take_the_ripples_away(capsys, numbers):
    print_ripples()
    X, y = raw_hours()
    slope, L = lambda w: X.T @ (X @ w - y) / 20, np.linalg.svd(X, compute_uv=False)[0] ** 2 / 20
    best = np.linalg.solve(X.T @ X, X.T @ y)
    rows = capsys.readouterr().out.splitlines()[1:]
    for row, walk in zip(rows, (descend, accelerated, accelerated_restarted), strict=True):
        losses = [np.mean((X @ (w - best)) ** 2) for w in walk(slope, np.zeros(2), 1 / L, 400)]
        rises, at_100, at_200 = numbers(row)
        assert rises == sum(b > a + 1e-9 for a, b in zip(losses, losses[1:], strict=False))
        assert at_100 == pytest.approx(losses[100], rel=6e-3, abs=1e-25) and at_200 == pytest.approx(losses[200], rel=6e-2, abs=1e-25)
    assert numbers(rows[0])[0] == 0 == numbers(rows[2])[0] and numbers(rows[1])[0] > 100
    assert numbers(rows[2])[1] < numbers(rows[1])[1] < numbers(rows[0])[1]


@pytest.mark.parametrize("w", [-6, 4])
def test_the_square_lies_below_the_lowest_point_of_the_upper_parabola(w):
    left, right = figure_parabolas(w).axes
    curve, above, below, dot, square, triangle = (np.array(line.get_data()) for line in left.lines)
    assert curve[1] == pytest.approx([float(surprise(x)) for x in curve[0]])
    slope = float(mpmath.diff(surprise, w))
    for line, bound in ((above, 0.3), (below, 0.05)):
        assert np.polyfit(line[0] - w, line[1], 2) == pytest.approx([bound / 2, slope, float(surprise(w))], abs=1e-9)
    assert dot[:, 0] == pytest.approx([w, float(surprise(w))])
    assert square[0, 0] == triangle[0, 0] == pytest.approx(w - slope / 0.3) and square[1, 0] <= triangle[1, 0]
    assert triangle[1, 0] == pytest.approx(above[1].min(), abs=0.02) and square[1, 0] == pytest.approx(float(surprise(square[0, 0])))
    corners = right.patches[0].get_xy()[:3]
    (ax, ay), (bx, by), (cx, cy) = corners
    area = abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2
    assert right.get_title() == f"shaded: {area:.2f} nats" and area == pytest.approx(float(surprise(w)) - triangle[1, 0])
    slopes, steep, flat, _, there = (np.array(line.get_data()) for line in right.lines)
    assert slopes[1] == pytest.approx([float(mpmath.diff(surprise, x)) for x in slopes[0]], abs=1e-9)
    assert np.polyfit(*steep, 1) == pytest.approx([0.3, slope - 0.3 * w]) and np.polyfit(*flat, 1) == pytest.approx([0.05, slope - 0.05 * w])
    assert there[:, 0] == pytest.approx([w, slope])


@pytest.mark.parametrize("steps", [1, 16])
def test_half_of_the_string_still_lies_on_the_ground(steps):
    (ax,) = figure_heights(steps).axes
    end, best, fast, slow = (np.array(line.get_data()) for line in ax.lines)
    assert ax.get_title().startswith(f"{2 * steps + 1} beads after {steps} step")
    assert end[1] == pytest.approx(1 - end[0]) and best[1] == pytest.approx(np.maximum(0, 1 - 2 * best[0]))
    for line, walk in ((fast, accelerated), (slow, descend)):
        assert line[1][1:-1] == pytest.approx(walk(string_slope, np.zeros(2 * steps + 1), 1.0, steps)[-1])
        assert (line[1][0], line[1][-1]) == (1, 0) and np.all(line[1][line[0] >= 0.5] == 0)
        assert np.all(line[1] <= best[1] + 1e-12)


def test_the_lines_drawn_for_the_strings_are_what_is_promised_and_taken():
    (ax,) = figure_strings().axes
    lines = {line.get_label(): np.array(line.get_data()) for line in ax.lines}
    k = lines["descent"][0]
    assert list(k) == [1, 2, 4, 8, 16, 32, 64, 128]
    for at, name in enumerate(("descent", "accelerated", "no such method below this")):
        assert lines[name][1] == pytest.approx([string_gaps(int(n))[at] for n in k])
    assert lines["promised: descent"][1] == pytest.approx(1 / (2 * k)) and lines["promised: accelerated"][1] == pytest.approx(2 / (k + 1) ** 2)


