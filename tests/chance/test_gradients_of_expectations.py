import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.chance.gradients_of_expectations import (
    best_baseline,
    climb,
    figure_climbs,
    figure_estimates,
    gain,
    gain_slope,
    mean_gain,
    mean_gain_slope,
    path_estimates,
    print_best_baseline,
    print_estimates,
    print_in_spread,
    print_jump,
    print_switch,
    score_estimates,
    three_ways,
)

x, mu, sigma = sympy.symbols("x mu sigma", positive=True)
GAIN = 90 - 60 * sympy.exp(-x / 4) - 5 * x
BELL = sympy.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * sympy.sqrt(2 * sympy.pi))
means, spreads = st.floats(0, 8), st.floats(0.1, 2)
WAYS = ["score", "score with a baseline", "path"]


def mean(f, middle, spread):
    """The mean of f over a normal distribution, by the sixty places of Gauss and Hermite."""
    z, share = np.polynomial.hermite_e.hermegauss(60)
    return share @ f(middle + spread * z) / math.sqrt(2 * math.pi)


def errors(middle, spread):
    """The exact typical errors of single estimates of the three ways."""
    slope = mean(gain_slope, middle, spread)
    score = lambda h: (h - middle) / spread**2
    usual = mean(gain, middle, spread)
    ways = (lambda h: gain(h) * score(h), lambda h: (gain(h) - usual) * score(h), gain_slope)
    return [math.sqrt(mean(lambda h, way=way: (way(h) - slope) ** 2, middle, spread)) for way in ways]


def test_the_gain_has_the_slope_that_sympy_finds():
    for hours in (0.0, 2.5, 9.0):
        assert gain(hours) == pytest.approx(float(GAIN.subs(x, hours)))
        assert gain_slope(hours) == pytest.approx(float(GAIN.diff(x).subs(x, hours)))


def test_the_mean_gain_is_the_integral_and_its_slope_the_derivative():
    whole = sympy.integrate(sympy.expand(GAIN.subs(x, mu + sigma * x) * BELL.subs({mu: 0, sigma: 1})), (x, -sympy.oo, sympy.oo))
    for middle, spread in ((3.0, 1.0), (0.5, 2.0)):
        at = {mu: middle, sigma: spread}
        assert mean_gain(middle, spread) == pytest.approx(float(whole.subs(at)))
        assert mean_gain_slope(middle, spread) == pytest.approx(float(whole.diff(mu).subs(at)))


@given(means, spreads)
def test_both_ways_have_the_mean_that_is_the_slope(middle, spread):
    exact = mean_gain_slope(middle, spread)
    for baseline in (0.0, 7.0):
        assert mean(lambda h, b=baseline: score_estimates(gain, middle, spread, h, b), middle, spread) == pytest.approx(exact, abs=1e-6)
    assert mean(lambda h: path_estimates(gain_slope, h), middle, spread) == pytest.approx(exact, abs=1e-9)


@given(means, spreads, st.floats(-3, 3))
def test_the_score_is_the_derivative_of_the_logarithm_of_the_density(middle, spread, away):
    hours = np.array([middle + away * spread])
    logarithm = lambda m: -((hours - m) ** 2) / (2 * spread**2)  # and what does not depend on the mean
    score = np.imag(logarithm(middle + 1e-20j)) / 1e-20
    assert score_estimates(np.ones_like, middle, spread, hours) == pytest.approx(score, abs=1e-9)
    assert score_estimates(np.square, middle, spread, hours, 2.0) == pytest.approx((hours**2 - 2) * score, abs=1e-7)


@given(means, spreads)
def test_the_score_has_the_mean_zero_so_a_baseline_changes_nothing(middle, spread):
    assert mean(lambda h: score_estimates(np.ones_like, middle, spread, h), middle, spread) == pytest.approx(0, abs=1e-9)


def test_the_three_ways_are_the_two_and_the_baseline_is_the_mean_gain():
    hours = np.array([1.0, 3.5, 4.0])
    ways = three_ways(3.0, 2.0, hours)
    assert list(ways) == WAYS
    score = (hours - 3) / 4
    assert ways["score"] == pytest.approx(gain(hours) * score)
    assert ways["score with a baseline"] == pytest.approx((gain(hours) - mean(gain, 3, 2)) * score)
    assert ways["path"] == pytest.approx([float(GAIN.diff(x).subs(x, at)) for at in hours])


def test_the_closer_the_students_the_worse_the_score_and_the_better_the_path():
    off = np.array([errors(3, spread) for spread in (2, 1, 0.5, 0.25)])
    assert np.all(np.diff(off[:, 0]) > 0) and np.all(np.diff(off[:, 1:], axis=0) < 0)
    assert off[-1, 0] / off[-2, 0] == pytest.approx(2, rel=0.02)  # like one over the spread


@given(st.integers(1, 9), st.integers(-5, 5), st.integers(-5, 5))
def test_exercise_one_the_mean_of_outcome_times_score_of_a_coin_is_the_difference(tenths, one, zero):
    p = Fraction(tenths, 10)
    assert p * one * (1 / p) + (1 - p) * zero * (-1 / (1 - p)) == one - zero
    q = sympy.Symbol("q")
    assert sympy.diff(q * one + (1 - q) * zero, q) == one - zero


def test_exercise_two_the_score_in_the_spread_is_that_of_sympy():
    score = sympy.log(BELL).diff(sigma)
    assert sympy.simplify(score - ((x - mu) ** 2 / sigma**3 - 1 / sigma)) == 0


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0.1, 3)), min_size=2, max_size=20))
def test_exercise_three_no_other_baseline_has_less_variance(pairs):
    values, scores = np.array(pairs).T
    best = best_baseline(values, scores)
    spreads = [np.mean(((values - b) * scores) ** 2) for b in (best - 0.1, best, best + 0.1)]
    assert spreads[1] <= min(spreads[0], spreads[2])


def test_a_score_for_each_value_is_asked_for():
    with pytest.raises(ValueError, match="same shape"):
        best_baseline(np.ones(3), np.ones(4))


# What is printed and drawn


def test_the_printed_errors_are_those_of_gauss_and_hermite(capsys, numbers):
    print_estimates()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0] for row in rows] == [2, 1, 0.5]
    for spread, slope, *off, score, based in rows:
        assert slope == pytest.approx(mean(gain_slope, 3, spread), abs=6e-3)
        exact = errors(3, spread)
        assert off == pytest.approx(exact, rel=0.02, abs=0.06)
        assert [score, based] == pytest.approx([(exact[0] / exact[2]) ** 2, (exact[1] / exact[2]) ** 2], rel=0.02, abs=0.6)
    assert rows[-1][-2] > 10_000 and rows[-1][-1] == 15


def test_the_path_sees_nothing_of_those_who_pass_and_the_score_sees_all(capsys, numbers):
    print_jump()
    for line in capsys.readouterr().out.splitlines()[1:]:
        middle, exact, score, path = numbers(line)
        share = lambda m: scipy.stats.norm.sf(4 * math.log(2), m, 1)
        assert exact == pytest.approx((share(middle + 1e-5) - share(middle - 1e-5)) / 2e-5, abs=6e-4)
        assert score == pytest.approx(exact, abs=5e-3) and path == 0
    assert float((90 - 60 * sympy.exp(-x / 4)).subs(x, 4 * sympy.log(2))) == 60


def test_straight_through_leads_to_another_place(capsys, numbers):
    print_switch()
    p, b = sympy.symbols("p b")
    loss = (b - sympy.Rational(3, 10)) ** 2
    whole = p * loss.subs(b, 1) + (1 - p) * loss.subs(b, 0)
    through = p * loss.diff(b).subs(b, 1) + (1 - p) * loss.diff(b).subs(b, 0)
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    for at, *told in rows:
        exact = [float(part.subs(p, at)) for part in (whole, whole.diff(p), through)]
        assert told == pytest.approx(exact, abs=6e-3)
    assert sympy.solve(through, p) == [sympy.Rational(3, 10)] and whole.diff(p) == sympy.Rational(4, 10)
    assert min(rows, key=lambda row: row[1])[0] == 0


def test_the_printed_slopes_in_the_spread_are_those_of_sympy(capsys, numbers):
    print_in_spread()
    exact, score, path = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    slope = mean(lambda h: gain_slope(h) * (h - 3), 3, 1)
    assert exact == [pytest.approx(slope, abs=6e-4)]
    usual = mean(gain, 3, 1)
    ways = (lambda h: (gain(h) - usual) * ((h - 3) ** 2 - 1), lambda h: gain_slope(h) * (h - 3))
    for told, way in zip((score, path), ways, strict=True):
        off = math.sqrt(mean(lambda h, way=way: (way(h) - slope) ** 2, 3, 1))
        assert told == [pytest.approx(slope, abs=4 * off / 1000), pytest.approx(off, abs=0.06 + 0.01 * off)]


def test_the_printed_best_baseline_is_that_of_gauss_and_hermite(capsys, numbers):
    print_best_baseline()
    for line, spread in zip(capsys.readouterr().out.splitlines(), (2.0, 0.5), strict=True):
        score = lambda h, spread=spread: (h - 3) / spread**2
        usual = mean(gain, 3, spread)
        best = mean(lambda h: gain(h) * score(h) ** 2, 3, spread) / mean(lambda h: score(h) ** 2, 3, spread)
        slope = mean(gain_slope, 3, spread)
        off = [math.sqrt(mean(lambda h, b=b: ((gain(h) - b) * score(h) - slope) ** 2, 3, spread)) for b in (usual, best)]
        assert numbers(line.replace(";", "")) == pytest.approx([spread, usual, off[0], best, off[1]], rel=0.005, abs=0.06)


@pytest.mark.parametrize("spread", [0.5, 1.0])
def test_the_dots_are_estimates_around_the_exact_slope(spread, numbers):
    axes = figure_estimates(spread).axes
    z = np.random.default_rng(0).normal(size=200)
    slope = mean(gain_slope, 3, spread)
    scores, usual = z / spread, mean(gain, 3, spread)
    drawn = (gain(3 + spread * z) * scores, (gain(3 + spread * z) - usual) * scores, 15 * np.exp(-(3 + spread * z) / 4) - 5)
    for ax, name, estimates in zip(axes, WAYS, drawn, strict=True):
        dots, level = ax.lines
        assert dots.get_xdata() == pytest.approx(3 + spread * z) and dots.get_ydata() == pytest.approx(estimates)
        assert list(level.get_ydata()) == pytest.approx([slope] * 2)
        assert ax.get_title().startswith(name + ":")
        off = math.sqrt(np.mean((estimates - slope) ** 2))
        assert numbers(ax.get_title().partition(":")[2].replace("±", " ")) == pytest.approx([slope, off], abs=0.06)
        assert ax.get_ylim() == axes[0].get_ylim() and ax.get_ylim()[1] > max(abs(dots.get_ydata()))
    assert figure_estimates.slider[0] == "spread" and spread in figure_estimates.slider[1]


def test_the_climbs_add_mean_estimates_and_end_near_the_best_recommendation():
    best = float(sympy.solve((15 * sympy.exp(-mu / 4 + sympy.Rational(1, 32)) - 5), mu)[0])
    for ax, way in zip(figure_climbs().axes, WAYS, strict=True):
        line, level = ax.lines
        assert ax.get_title() == way and list(level.get_ydata()) == pytest.approx([best] * 2)
        rng, at, told = np.random.default_rng(0), 1.0, [1.0]
        for _ in range(60):
            z = rng.normal(size=10)
            usual = mean_gain(at, 1.0)
            each = {
                "score": gain(at + z) * z,
                "score with a baseline": (gain(at + z) - usual) * z,
                "path": 15 * np.exp(-(at + z) / 4) - 5,
            }[way]
            at = at + 0.3 * each.sum() / 10
            told.append(at)
        assert line.get_ydata() == pytest.approx(told) and climb(way) == pytest.approx(told)
        assert ax.get_ylim()[0] < min(told) and max(told) < ax.get_ylim()[1] and ax.get_xlim() == (0, 60)
        spread = np.std(told[15:])
        assert spread > 3 if way == "score" else spread < 1 and abs(np.mean(told[15:]) - best) < 0.5
