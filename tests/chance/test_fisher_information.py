import math

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import scipy.stats
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.chance.fisher_information import (
    descend,
    figure_paths,
    figure_peak,
    normal_gradient,
    normal_surprise,
    plain_gradient,
    information,
    log_likelihood,
    natural_gradient,
    print_columns,
    print_information,
    print_logistic,
    print_in_tenths,
    print_other_weights,
    print_wrong_model,
    score,
    students,
)

x, mu = sympy.symbols("x mu", real=True)
sigma = sympy.Symbol("sigma", positive=True)
LOG_DENSITY = -((x - mu) ** 2) / (2 * sigma**2) - sympy.log(sigma) - sympy.log(2 * sympy.pi) / 2
means, spreads = st.floats(-50, 50), st.floats(0.5, 40)
samples = arrays(np.float64, st.integers(1, 8), elements=st.floats(-60, 60))
SCORES = [sympy.lambdify((mu, sigma, x), LOG_DENSITY.diff(by), "numpy") for by in (mu, sigma)]


def mean_over_the_model(formula):
    """The mean of a polynomial in x over the normal distribution, by its moments."""
    z = sympy.Symbol("z")
    polynomial = sympy.Poly(sympy.expand(formula.subs(x, mu + sigma * z)), z)
    moments = {k: 0 if k % 2 else sympy.factorial2(k - 1) for k in range(1, 9)} | {0: 1}
    return sympy.simplify(sum(c * moments[k] for (k,), c in polynomial.terms()))


@given(means, spreads, samples)
def test_the_log_likelihood_is_the_sum_of_log_densities_and_the_score_its_slopes(mean, spread, y):
    assert log_likelihood(mean, spread, y) == pytest.approx(scipy.stats.norm.logpdf(y, mean, spread).sum(), rel=1e-9)
    told = score(mean, spread, y)
    assert told.shape == (len(y), 2)
    for column, exact in zip(told.T, SCORES, strict=True):
        assert column == pytest.approx(exact(mean, spread, y), rel=1e-9, abs=1e-9)


def test_the_variance_of_the_score_is_minus_the_mean_curvature_and_both_are_the_information():
    slopes = [LOG_DENSITY.diff(by) for by in (mu, sigma)]
    assert [mean_over_the_model(slope) for slope in slopes] == [0, 0]
    squares = sympy.Matrix(2, 2, lambda i, j: mean_over_the_model(slopes[i] * slopes[j]))
    bends = sympy.Matrix(2, 2, lambda i, j: -mean_over_the_model(slopes[i].diff((mu, sigma)[j])))
    assert squares == bends == sympy.diag(1, 2) / sigma**2
    assert information(3.0) == pytest.approx(np.array(squares.subs(sigma, 3), dtype=float))


def test_the_mean_of_normal_draws_reaches_the_bound():
    means = np.random.default_rng(3).normal(60, 15, (20_000, 25)).mean(axis=1)
    assert np.var(means) == pytest.approx(1 / (25 * information(15)[0, 0]), rel=0.04)


@given(means, spreads, st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_the_divergence_of_a_small_step_is_half_its_square_measured_by_the_information(mean, spread, a, b):
    step = spread * np.array([a, b])
    wider = spread + step[1]
    exact = math.log(wider / spread) + (spread**2 + step[0] ** 2) / (2 * wider**2) - 0.5
    assert exact == pytest.approx(step @ information(spread) @ step / 2, abs=5 * np.linalg.norm([a, b]) ** 3 + 1e-12)


symmetric = arrays(np.float64, (2, 2), elements=st.floats(-1, 1)).map(lambda A: A @ A.T + 0.2 * np.eye(2))
tables = arrays(np.float64, (5, 2), elements=st.floats(-3, 3))


@given(arrays(np.float64, 2, elements=st.floats(-2, 2)), symmetric, tables)
def test_the_surprise_in_matrices_is_that_of_scipy_and_its_gradients_those_of_another_library(mean, precision, X):
    exact = -np.mean(scipy.stats.multivariate_normal.logpdf(X, mean, np.linalg.inv(precision)))
    assert normal_surprise(mean, precision, X) == pytest.approx(exact)

    def other(mean, P):  # for any matrix: the slope in each entry by itself
        away = X - mean
        return anp.mean(anp.sum(anp.dot(away, P) * away, axis=1)) / 2 - anp.log(anp.linalg.det(P)) / 2

    by_mean, by_precision = normal_gradient(mean, precision, X)
    assert by_mean == pytest.approx(autograd.grad(other, 0)(mean, precision), abs=1e-9)
    assert by_precision == pytest.approx(autograd.grad(other, 1)(mean, precision), rel=1e-7, abs=1e-7)
    assert by_mean.shape == (2,) and by_precision.shape == (2, 2)


@given(means, spreads, samples)
def test_the_natural_gradient_is_that_of_the_mean_surprise_over_the_information(mean, spread, y):
    w = np.array([mean, spread])
    surprise = lambda w: anp.mean((y - w[0]) ** 2) / (2 * w[1] ** 2) + anp.log(w[1])
    exact = autograd.grad(surprise)(w)
    assert plain_gradient(w, y) == pytest.approx(exact, rel=1e-9, abs=1e-9)
    assert natural_gradient(w, y) == pytest.approx(exact * spread**2 / [1, 2], rel=1e-9, abs=1e-9)


@given(means, spreads, samples, st.floats(0.1, 10))
def test_the_natural_gradient_goes_along_with_a_change_of_unit_and_the_plain_one_against(mean, spread, y, unit):
    w = np.array([mean, spread])
    assert natural_gradient(unit * w, unit * y) == pytest.approx(unit * natural_gradient(w, y), rel=1e-9, abs=1e-9)
    assert plain_gradient(unit * w, unit * y) == pytest.approx(plain_gradient(w, y) / unit, rel=1e-9, abs=1e-9)


def test_no_other_small_step_of_the_same_divergence_lowers_the_surprise_more():
    y, w = students()[2], np.array([90.0, 35.0])
    F, g = information(35), plain_gradient(w, y)
    angles = np.linspace(0, 2 * np.pi, 721)
    steps = np.linalg.solve(np.linalg.cholesky(F).T, [np.cos(angles), np.sin(angles)]).T  # all of one divergence
    best = steps[np.argmin(steps @ g)]
    natural = -natural_gradient(w, y)
    assert best / np.linalg.norm(best) == pytest.approx(natural / np.linalg.norm(natural), abs=0.01)


def test_descent_takes_steps_against_the_slope():
    assert descend(lambda w: 2 * w, np.array([1.0]), 0.25, 2)[:, 0].tolist() == [1, 0.5, 0.25]


def test_exercises_one_and_two_by_algebra():
    q, k = sympy.symbols("q k", positive=True)
    log = k * sympy.log(q) + (1 - k) * sympy.log(1 - q)
    outcomes = ((1, q), (0, 1 - q))
    assert sympy.simplify(sum(log.diff(q).subs(k, value) * share for value, share in outcomes)) == 0
    squares = sum(log.diff(q).subs(k, value) ** 2 * share for value, share in outcomes)
    bends = -sum(log.diff(q, 2).subs(k, value) * share for value, share in outcomes)
    assert sympy.simplify(squares - 1 / (q * (1 - q))) == sympy.simplify(bends - squares) == 0
    t = sympy.Symbol("t", real=True)
    in_t = LOG_DENSITY.subs(sigma, sympy.exp(t)).diff(t).subs(t, sympy.log(sigma))
    assert mean_over_the_model(sympy.simplify(in_t) ** 2) == 2


def test_the_students_are_those_of_the_other_pages():
    hours, attendance, marks = students(40_000)
    rest = marks - 12 - 5 * hours - 0.3 * attendance
    assert abs(rest.mean()) < 0.1 and rest.std() == pytest.approx(5, rel=0.02)
    assert 0 <= hours.min() and hours.max() <= 10 and 40 <= attendance.min() and attendance.max() <= 100


# What is printed and drawn


def test_the_printed_informations_are_those_of_the_formula(capsys, numbers):
    print_information()
    head, *rows = capsys.readouterr().out.splitlines()
    assert rows[-1].startswith("by the formula")
    for row in rows:
        by_mean, by_spread, mixed = numbers(row)
        assert [by_mean, by_spread, mixed] == pytest.approx([1000 / 15**2, 2000 / 15**2, 0], abs=0.08)
    y = 60 + 15 * np.random.default_rng(0).normal(size=400_000)
    z = (y - 60) / 15
    squares = 1000 / 15**2 * np.array([np.mean(z**2), np.mean((z**2 - 1) ** 2), abs(np.mean(z * (z**2 - 1)))])
    assert numbers(rows[0]) == pytest.approx(squares, abs=6e-3)
    bends = 1000 / 15**2 * np.array([1, np.mean(3 * z**2 - 1), abs(np.mean(2 * z))])
    assert numbers(rows[1]) == pytest.approx(bends, abs=6e-3)
    assert numbers(rows[2]) == pytest.approx([1000 / 15**2, 2000 / 15**2, 0], abs=6e-3)


def test_both_gradients_are_zero_at_the_mean_and_the_covariance_of_the_data(capsys, numbers):
    print_columns()
    mean, covariance, slope, surprise = [numbers(line) for line in capsys.readouterr().out.replace("²", "").splitlines()]
    hours, attendance, _ = students()
    X = np.column_stack([hours, attendance])
    assert mean == pytest.approx([hours.mean(), attendance.mean()], abs=6e-3)
    mixed = np.mean(hours * attendance) - hours.mean() * attendance.mean()
    assert covariance == pytest.approx([hours.var(), attendance.var(), mixed], abs=0.06)
    assert slope == [1e-9]
    exact = -np.mean(scipy.stats.multivariate_normal(X.mean(axis=0), np.cov(X.T, bias=True)).logpdf(X))
    assert surprise == pytest.approx([exact], abs=6e-4)


def walk(natural, unit, steps):
    """Descent on the mean surprise with the formulas of both gradients written out."""
    y = unit * students()[2]
    m, s, path = unit * 90.0, unit * 35.0, [(90.0, 35.0)]
    for _ in range(steps):
        gap, square = m - y.mean(), np.mean((y - m) ** 2)
        if natural:
            m, s = m - 0.25 * gap, s - 0.25 * (s - square / s) / 2
        else:
            m, s = m - 60 * gap / s**2, s - 60 * (1 / s - square / s**3)
        path.append((m / unit, s / unit))
    return np.array(path)


def test_the_printed_steps_are_those_of_the_walks_and_the_natural_one_does_not_mind_the_unit(capsys, numbers):
    print_in_tenths()
    y = students()[2]
    head, *rows = capsys.readouterr().out.splitlines()
    assert numbers(head) == [60, 0.25]
    for row, unit in zip(rows, (1, 10), strict=True):
        for told, natural in zip(numbers(row), (False, True), strict=True):
            path = walk(natural, unit, int(told))
            surprises = [-np.mean(scipy.stats.norm.logpdf(y, m, s)) for m, s in path]
            least = -np.mean(scipy.stats.norm.logpdf(y, y.mean(), y.std()))
            assert surprises[-1] - least <= 0.001 < surprises[-2] - least
    (plain, natural), (slow, same) = map(numbers, rows)
    assert natural == same and slow / plain == pytest.approx(100, rel=0.05)


def test_the_printed_directions_are_those_of_steps_in_other_weights(capsys, numbers):
    print_other_weights()
    _, _, *rows = capsys.readouterr().out.splitlines()
    y = students()[2]
    gap, bend = 90 - y.mean(), 1 / 35 - np.mean((y - 90) ** 2) / 35**3
    in_log = 35 * bend  # the slope in ln spread; a step of it moves the spread 35 times as far
    told = [numbers(row.split("spread", 1)[1]) for row in rows]
    assert told[0][0] == pytest.approx(-bend / (gap / 35**2), abs=6e-4) and told[0][0] > 0
    assert told[1][0] == pytest.approx(-35 * in_log / (gap / 35**2), rel=1e-3)
    assert told[0][1] == told[1][1] == pytest.approx(-bend * 35**2 / 2 / gap, abs=6e-4)


def test_squared_scores_are_the_curvature_only_if_the_model_is_right(capsys, numbers):
    print_wrong_model()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    for spread, squares, curvature in rows:
        assert curvature == pytest.approx(1000 / spread**2, abs=6e-3)
        assert squares == pytest.approx(1000 * 15**2 / spread**4, rel=0.01, abs=6e-3)
    assert rows[0][1] / rows[0][2] == pytest.approx(9, rel=0.01) and rows[2][1] < rows[2][2] / 8


def test_the_information_of_logistic_regression_is_its_hessian_and_the_squared_slopes_are_not(capsys, numbers):
    print_logistic()
    hours, _, marks = students()
    centred, labels = hours - hours.mean(), marks >= 60
    for line, w in zip(capsys.readouterr().out.splitlines(), ((0.0, 0.0), (0.3, 0.8)), strict=True):
        told = numbers(line.partition("]")[2])
        loss = lambda b, w=w: anp.mean(anp.log(1 + anp.exp(-(2 * labels - 1) * (w[0] + b * centred))))
        hessian = autograd.grad(autograd.grad(loss))(w[1])
        each = [autograd.grad(lambda b, i=i: anp.log(1 + anp.exp(-(2 * labels[i] - 1) * (w[0] + b * centred[i]))))(w[1]) for i in range(40)]
        assert told == pytest.approx([hessian, hessian, np.mean(np.square(each))], abs=6e-4)
    assert told[2] < told[1] / 2


@pytest.mark.parametrize("n", [10, 40])
def test_half_a_nat_below_the_peak_is_one_standard_error_from_it(n, numbers):
    (ax,) = figure_peak(n).axes
    marks = students()[2]
    y, spread = marks[:n], marks.std()
    curve, peak, width, ticks = ax.lines
    heights = np.array([scipy.stats.norm.logpdf(y, m, spread).sum() for m in curve.get_xdata()])
    assert curve.get_ydata() == pytest.approx(heights - scipy.stats.norm.logpdf(y, y.mean(), spread).sum(), abs=1e-9)
    assert np.ravel(peak.get_data()) == pytest.approx([y.mean(), 0])
    ends = np.array(width.get_xdata())
    assert ends == pytest.approx([y.mean() - spread / math.sqrt(n), y.mean() + spread / math.sqrt(n)])
    assert np.interp(ends, *curve.get_data()) == pytest.approx(width.get_ydata(), abs=0.01) and list(width.get_ydata()) == [-0.5, -0.5]
    assert sorted(ticks.get_xdata()) == pytest.approx(sorted(y))
    assert numbers(ax.get_title().replace("±", " ")) == [n, *(pytest.approx(part, abs=0.06) for part in (y.mean(), spread / math.sqrt(n)))]
    low, high = ax.get_xlim()
    assert low < min(marks) and max(marks) < high and ax.get_ylim()[0] < ticks.get_ydata()[0] and figure_peak.slider[0] == "n"


@pytest.mark.parametrize("steps", [0, 8, 160])
def test_the_paths_are_those_of_both_gradients_and_the_rings_have_nearly_one_divergence(steps):
    (ax,) = figure_paths(steps).axes
    y = students()[2]
    *rings, plain, natural, star = ax.lines
    for line, of in ((plain, False), (natural, True)):
        assert np.transpose(line.get_data()) == pytest.approx(walk(of, 1, steps))
    assert np.ravel(star.get_data()) == pytest.approx([y.mean(), y.std()])
    assert len(rings) == 12
    for ring in rings:
        m, s = np.transpose(ring.get_data()).T
        middle, spread = (m.min() + m.max()) / 2, (s.min() + s.max()) / 2
        divergence = np.log(s / spread) + (spread**2 + (m - middle) ** 2) / (2 * s**2) - 0.5
        assert divergence == pytest.approx(0.01, rel=0.3)
    contours = ax.collections[0]
    for level, part in zip(contours.levels, contours.get_paths(), strict=True):
        for m, s in part.vertices[:: max(1, len(part.vertices) // 5)]:
            assert np.log(s) + np.mean((y - m) ** 2) / (2 * s**2) == pytest.approx(level, abs=0.02)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["gradient", "natural gradient"]
    assert ax.get_aspect() == 1 and figure_paths.slider[0] == "steps"
