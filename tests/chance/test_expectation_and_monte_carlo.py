import itertools
import math
import statistics
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.stats
import sympy
import sympy.stats
from hypothesis import given
from hypothesis import strategies as st

from snippets.chance.expectation_and_monte_carlo import (
    FORECAST,
    GRADES,
    by_drawing,
    by_strips,
    controlled,
    cross_entropy_of,
    deviation,
    divergence,
    expectation,
    figure_control,
    figure_dimensions,
    figure_means,
    learning_curve,
    monte_carlo,
    print_compared,
    print_control,
    print_divergence,
    print_heavy,
    print_losses,
    print_mean_of_f,
    print_means,
    print_pairs,
    unknown,
)

x = sympy.Symbol("x", real=True)
MARKS = 90 - 60 * sympy.exp(-x / 4)


def mean(formula, low=0, high=10):
    """The exact mean of a formula in x over an interval."""
    return sympy.integrate(formula, (x, low, high)) / (high - low)


EXACT = float(mean(MARKS))
SPREAD = float(sympy.sqrt(mean(MARKS**2) - mean(MARKS) ** 2))
SLOPE = float(mean((MARKS - mean(MARKS)) * (x - 5)) / mean((x - 5) ** 2))


def left_over(c):
    """The exact standard deviation of marks - c (hours - 5)."""
    what = MARKS - c * (x - 5)
    return float(sympy.sqrt(mean(sympy.expand(what**2)) - mean(what) ** 2))


chances = st.lists(st.floats(0.01, 1), min_size=2, max_size=6).map(lambda parts: np.array(parts) / sum(parts))


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=5), st.floats(-3, 3), st.floats(0.1, 4))
def test_the_expectation_is_the_integral_over_the_width(coefficients, low, width):
    polynomial = np.polynomial.Polynomial(coefficients)
    whole = polynomial.integ()
    assert expectation(polynomial, low, low + width) == pytest.approx((whole(low + width) - whole(low)) / width, abs=1e-4)


def test_the_marks_have_the_expectation_and_deviation_that_sympy_finds():
    assert expectation(learning_curve, 0, 10) == pytest.approx(EXACT, abs=1e-6)
    assert deviation(learning_curve, 0, 10) == pytest.approx(SPREAD, abs=1e-6)
    assert learning_curve(np.array([0.0, 4.0])) == pytest.approx([float(MARKS.subs(x, at)) for at in (0, 4)])


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_mean_is_right_on_average_and_its_variance_is_that_of_one_over_n(n):
    outcomes = {0: Fraction(1, 2), 1: Fraction(1, 3), 5: Fraction(1, 6)}
    expected = sum(value * share for value, share in outcomes.items())
    variance = sum((value - expected) ** 2 * share for value, share in outcomes.items())
    draws = list(itertools.product(outcomes, repeat=n))
    shares = [math.prod(outcomes[value] for value in draw) for draw in draws]
    means = [Fraction(sum(draw), n) for draw in draws]
    assert sum(m * share for m, share in zip(means, shares, strict=True)) == expected
    assert sum((m - expected) ** 2 * share for m, share in zip(means, shares, strict=True)) == variance / n


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_the_draws_tell_their_mean_and_its_error(values):
    told, error = monte_carlo(np.array(values))
    assert told == pytest.approx(statistics.fmean(values), abs=1e-9)
    assert error == pytest.approx(statistics.stdev(values) / math.sqrt(len(values)), abs=1e-9)


def test_one_value_tells_no_error():
    with pytest.raises(ValueError, match=r"1 value\(s\)"):
        monte_carlo(np.array([3.0]))


def test_about_95_of_100_means_lie_within_twice_their_error():
    marks = learning_curve(np.random.default_rng(7).uniform(0, 10, (4000, 60)))
    within = [abs(m - EXACT) < 2 * error for m, error in map(monte_carlo, marks)]
    assert np.mean(within) == pytest.approx(0.954, abs=0.015)


@pytest.mark.parametrize("d, edge", [(1, 7), (2, 5), (3, 4)])
def test_the_mean_over_the_grid_is_that_of_all_its_places(d, edge):
    places = (np.arange(edge) + 0.5) * 8 / edge
    grid = np.stack(np.meshgrid(*[places] * d), axis=-1).reshape(-1, d)
    assert len(grid) == edge**d
    assert by_strips(d, edge) == pytest.approx(np.mean([math.exp(-sum(row) / 4) for row in grid]))
    assert unknown(grid) == pytest.approx([math.exp(-sum(row) / 4) for row in grid])


@pytest.mark.parametrize("d", [1, 2, 4, 8])
def test_the_error_of_a_grid_falls_like_its_places_to_the_power_of_minus_two_over_d(d):
    exact = ((1 - math.exp(-2)) / 2) ** d
    coarse, fine = (abs(by_strips(d, edge) - exact) for edge in (20, 40))
    places = 2**d  # times as many
    assert math.log(coarse / fine) / math.log(places) == pytest.approx(2 / d, rel=0.01)


@pytest.mark.parametrize("d", [1, 3, 8])
def test_the_error_of_draws_is_the_deviation_over_the_root_of_their_number_in_any_dimension(d):
    exact, square = ((1 - math.exp(-2)) / 2) ** d, ((1 - math.exp(-4)) / 4) ** d
    for n in (4, 64):
        means = by_drawing(d, n, 5000, np.random.default_rng(3))
        assert means.shape == (5000,)
        assert np.sqrt(np.mean((means - exact) ** 2)) == pytest.approx(math.sqrt((square - exact**2) / n), rel=0.06)
        assert np.mean(means) == pytest.approx(exact, rel=0.05)


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=3, max_size=30), st.integers(-5, 5))
def test_a_helper_leaves_what_a_regression_leaves_and_moves_the_mean_by_its_luck(pairs, known):
    values, helper = np.array(pairs, float).T
    if np.ptp(helper) == 0:
        return
    slope, intercept = np.polyfit(helper, values, 1)
    assert controlled(values, helper, known) == pytest.approx(values - slope * (helper - known), abs=1e-7)
    residuals = values - (intercept + slope * helper)
    assert np.var(controlled(values, helper, known)) == pytest.approx(np.mean(residuals**2), abs=1e-7)


def test_a_helper_of_another_length_or_that_never_varies_is_refused():
    with pytest.raises(ValueError, match="same shape"):
        controlled(np.ones(3), np.arange(4.0), 1.0)
    with pytest.raises(ValueError, match="always the same"):
        controlled(np.arange(3.0), np.ones(3), 1.0)


def test_no_slope_leaves_less_than_that_of_the_regression():
    around = [left_over(SLOPE + step) for step in (-0.5, -0.01, 0, 0.01, 0.5)]
    assert around.index(min(around)) == 2
    correlation = SLOPE * float(sympy.sqrt(mean((x - 5) ** 2))) / SPREAD
    assert left_over(SLOPE) == pytest.approx(SPREAD * math.sqrt(1 - correlation**2))
    assert correlation**2 == pytest.approx(0.91, abs=0.005) and 1 / (1 - correlation**2) == pytest.approx(11, abs=0.5)


@given(chances, st.data())
def test_cross_entropy_is_entropy_and_divergence_and_the_divergence_is_never_negative(p, data):
    parts = data.draw(st.lists(st.floats(0.01, 1), min_size=len(p), max_size=len(p)))
    q = np.array(parts) / sum(parts)
    assert divergence(p, q) == pytest.approx(scipy.stats.entropy(p, q), abs=1e-12) and divergence(p, q) >= -1e-15
    assert cross_entropy_of(p, q) == pytest.approx(scipy.stats.entropy(p) + scipy.stats.entropy(p, q))
    assert divergence(p, p) == 0
    # The helper has the mean zero, and with it no value is negative.
    assert np.sum(p * (q / p - 1)) == pytest.approx(0, abs=1e-12)
    assert np.all(np.log(p / q) + q / p - 1 >= 0)


@pytest.mark.parametrize("of", [divergence, cross_entropy_of])
def test_forecasts_of_another_length_are_refused(of):
    with pytest.raises(ValueError, match="same shape"):
        of(np.full(3, 1 / 3), np.full(4, 1 / 4))


def test_the_helper_of_the_divergence_spares_most_of_the_draws():
    logs, helper = np.log(GRADES / FORECAST), FORECAST / GRADES - 1
    variances = [GRADES @ (part - GRADES @ part) ** 2 for part in (logs, logs + helper)]
    assert variances[0] / variances[1] == pytest.approx(25, abs=0.5)
    assert GRADES.sum() == pytest.approx(1) and FORECAST.sum() == pytest.approx(1)


def test_exercise_one_by_listing_both_answers():
    answers = {4: Fraction(1, 4), 0: Fraction(3, 4)}
    expected = sum(marks * share for marks, share in answers.items())
    variance = sum((marks - expected) ** 2 * share for marks, share in answers.items())
    assert (expected, variance) == (1, 3) and variance / Fraction(1, 10) ** 2 == 300


def test_in_exercise_two_a_curve_that_is_symmetric_about_the_middle_gains_nothing():
    valley = (x - 5) ** 2
    pair = (valley + valley.subs(x, 10 - x)) / 2
    assert sympy.expand(pair - valley) == 0


def test_exercise_three_by_algebra():
    noise, off = sympy.symbols("noise off")
    assert sympy.expand((noise + off) ** 2 - noise**2 - 2 * noise * off - off**2) == 0


# What is printed and drawn


def test_the_printed_means_are_off_as_predicted(capsys, numbers):
    print_means()
    first, _, *rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert first == pytest.approx([EXACT, SPREAD], abs=6e-3)
    rng = np.random.default_rng(0)
    assert [row[0] for row in rows] == [1, 4, 16, 64, 256]
    for n, predicted, measured in rows:
        sums = np.add.reduce(90 - 60 * np.exp(-rng.uniform(0, 10, (2000, int(n))) / 4), axis=1)
        assert predicted == pytest.approx(SPREAD / math.sqrt(n), abs=6e-3)
        assert measured == pytest.approx(math.sqrt(statistics.fmean((sums / n - EXACT) ** 2)), abs=6e-3)
        assert measured == pytest.approx(predicted, rel=0.06)


def test_the_printed_help_of_the_hours_is_that_of_the_regression(capsys, numbers):
    print_control()
    first, _, alone, helped = [numbers(line.replace("±", " ")) for line in capsys.readouterr().out.splitlines()]
    assert first == pytest.approx([EXACT, SLOPE], abs=6e-3)
    hours = np.random.default_rng(0).uniform(0, 10, 100)
    marks = [90 - 60 * math.exp(-h / 4) for h in hours]
    slope, intercept = np.polyfit(hours, marks, 1)
    residuals = np.array(marks) - intercept - slope * hours
    for row, middle, error, typical in (
        (alone, statistics.fmean(marks), statistics.stdev(marks) / 10, SPREAD),
        (helped, intercept + 5 * slope, math.sqrt(residuals @ residuals / 99) / 10, left_over(SLOPE)),
    ):
        assert row[:3] == pytest.approx([middle, error, typical / 10], abs=6e-3)
        assert row[3] == pytest.approx((typical / 0.1) ** 2, abs=0.6)


def test_the_printed_losses_are_off_by_the_variance_of_squared_normal_numbers(capsys, numbers):
    fourth = sympy.stats.E(sympy.stats.Normal("z", 0, 5) ** 4)
    print_losses()
    rng = np.random.default_rng(0)
    for n, average, predicted, measured in (numbers(line) for line in capsys.readouterr().out.splitlines()[1:]):
        losses = [statistics.fmean(row**2) for row in rng.normal(0, 5, (500, int(n)))]
        assert [average, measured] == pytest.approx([statistics.fmean(losses), statistics.pstdev(losses)], abs=6e-3)
        assert predicted == pytest.approx(math.sqrt((fourth - 25**2) / n), abs=6e-3)
        assert measured == pytest.approx(predicted, rel=0.1)


def test_the_printed_divergence_is_that_of_scipy_and_the_helper_makes_every_value_positive(capsys, numbers):
    print_divergence()
    first, _, plain, helped = capsys.readouterr().out.splitlines()
    p, q = [0.1, 0.2, 0.4, 0.3], [0.05, 0.25, 0.45, 0.25]
    told = [scipy.stats.entropy(p) + scipy.stats.entropy(p, q), scipy.stats.entropy(p), scipy.stats.entropy(p, q)]
    assert numbers(first) == pytest.approx([*told, scipy.stats.entropy(q, p)], abs=6e-5)
    drawn = np.random.default_rng(0).choice(4, (2000, 200), p=p)
    for line, value in ((plain, lambda k: math.log(p[k] / q[k])), (helped, lambda k: math.log(p[k] / q[k]) + q[k] / p[k] - 1)):
        means = np.mean(np.array([value(k) for k in range(4)])[drawn], axis=1)
        shown = numbers(line)[-3:]
        assert shown == pytest.approx([means.mean(), means.std(), min(map(value, range(4)))], abs=6e-5)
    assert numbers(plain)[-1] < 0 < numbers(helped)[-1]


def test_the_mean_mark_is_below_the_mark_of_the_mean_hours(capsys, numbers):
    print_mean_of_f()
    of_mean, of_all = [numbers(line)[-1] for line in capsys.readouterr().out.splitlines()]
    assert [of_mean, of_all] == pytest.approx([float(MARKS.subs(x, 5)), EXACT], abs=6e-3)
    assert of_all < of_mean and sympy.diff(MARKS, x, 2).subs(x, 5) < 0


def test_without_a_variance_draws_help_less_and_hide_their_error(capsys, numbers):
    print_heavy()
    draws = 1 - np.random.default_rng(0).random((100, 40_000))
    rows = [line.removeprefix("1/u^") for line in capsys.readouterr().out.splitlines()[1:]]
    for row, power in zip(rows, (0.25, 0.75), strict=True):
        exact = float(mpmath.quad(lambda u, power=power: u**-power, [0, 1e-6, 1e-3, 1]))
        values = np.exp(-power * np.log(draws))
        few, many = (statistics.median(abs(np.sum(values[:, :n], axis=1) / n - 1 / (1 - power))) for n in (100, 40_000))
        errors = values.std(axis=1, ddof=1) / 200
        within = np.sum(abs(values.mean(axis=1) - 1 / (1 - power)) < 2 * errors)
        assert exact == pytest.approx(1 / (1 - power), abs=0.05)
        assert numbers(row) == pytest.approx([power, 1 / (1 - power), few, many, few / many, within], abs=6e-3, rel=2e-2)
    # With a variance like one over the root of the draws; without, like their number to the power of 3/4 - 1.
    assert numbers(rows[0])[4] == pytest.approx(400**0.5, rel=0.1) and numbers(rows[1])[4] == pytest.approx(400**0.25, rel=0.2)
    assert numbers(rows[0])[-1] > 90 and numbers(rows[1])[-1] < 85


def test_a_mirrored_pair_varies_less_than_two_students(capsys, numbers):
    print_pairs()
    pair = (MARKS + MARKS.subs(x, 10 - x)) / 2
    mirrored = float(mean(sympy.expand(pair**2)) - mean(pair) ** 2)
    assert numbers(capsys.readouterr().out) == pytest.approx([SPREAD**2 / 2, mirrored, SPREAD**2 / 2 / mirrored], abs=0.06)


def test_on_the_same_students_the_gap_of_two_models_is_seen_better(capsys, numbers):
    print_compared()
    apart, same = [numbers(line.replace("±", " ")) for line in capsys.readouterr().out.splitlines()]
    off = (x - 5) / 2
    gap, of_squares = float(mean(off**2)), float(mean(off**4) - mean(off**2) ** 2)
    together = math.sqrt((4 * 25 * gap + of_squares) / 40)
    alone = math.sqrt((4 * 25 * gap + of_squares + 2 * 2 * 25**2) / 40)  # both losses have the noise of their own students
    for (middle, error, wrong), typical in ((apart, alone), (same, together)):
        assert middle == pytest.approx(gap, abs=4 * typical / math.sqrt(4000)) and error == pytest.approx(typical, rel=0.05)
        assert wrong / 100 == pytest.approx(scipy.stats.norm.cdf(-gap / typical), abs=0.02)
    rng = np.random.default_rng(0)
    hours, noise = rng.uniform(0, 10, (2, 4000, 40)), rng.normal(0, 5, (2, 4000, 40))
    delta = (hours - 5) / 2
    gaps = np.mean(2 * noise[0] * delta[0] + delta[0] ** 2, axis=1)
    assert same == pytest.approx([gaps.mean(), gaps.std(), 100 * np.mean(gaps < 0)], abs=0.06)
    gaps = np.mean((noise[1] + delta[1]) ** 2, axis=1) - np.mean(noise[0] ** 2, axis=1)
    assert apart == pytest.approx([gaps.mean(), gaps.std(), 100 * np.mean(gaps < 0)], abs=0.06)


@pytest.mark.parametrize("draws", [1, 16])
def test_the_lines_are_means_of_the_first_students_in_a_funnel_of_two_errors(draws, numbers):
    left, right = figure_means(draws).axes
    marks = 90 - 60 * np.exp(-np.random.default_rng(0).uniform(0, 10, (2000, 400)) / 4)
    *lines, low, high, at, target = left.lines
    assert len(lines) == 20
    for line, row in zip(lines, marks, strict=False):
        assert line.get_ydata() == pytest.approx([statistics.fmean(row[:n]) for n in line.get_xdata()])
        assert (min(line.get_xdata()), max(line.get_xdata())) == (1, 400)
    for line, sign in ((low, -2), (high, 2)):
        assert line.get_ydata() == pytest.approx(EXACT + sign * SPREAD / np.sqrt(line.get_xdata()), abs=1e-4)
    assert list(at.get_xdata()) == [draws, draws] and list(target.get_ydata()) == pytest.approx([EXACT] * 2)
    assert list(right.lines[0].get_ydata()) == pytest.approx([EXACT] * 2)
    means = marks[:, :draws].mean(axis=1)
    inside = [sum(bar.get_y() <= m < bar.get_y() + bar.get_height() for m in means) for bar in right.patches]
    assert sum(inside) == 2000
    assert [bar.get_width() for bar in right.patches] == pytest.approx([count / max(inside) for count in inside])
    assert numbers(right.get_title().replace("±", " ")) == [draws, pytest.approx(SPREAD / math.sqrt(draws), abs=0.06)]
    assert left.get_xscale() == "log" and left.get_ylim() == right.get_ylim() and figure_means.slider[0] == "draws"
    assert [text.get_text() for text in left.get_xticklabels()] == [str(n) for n in figure_means.slider[1]]


@pytest.mark.parametrize("d", [1, 4, 8])
def test_the_errors_of_grid_and_draws_are_shares_of_the_exact_mean(d):
    (ax,) = figure_dimensions(d).axes
    grid, drawn = ax.lines
    exact = float(mean(sympy.exp(-x / 4), 0, 8)) ** d
    for places, error in zip(*grid.get_data(), strict=True):
        edge = round(places ** (1 / d))
        assert edge**d == places <= 4096
        middle = statistics.fmean(math.exp(-(8 * (k + 0.5) / edge) / 4) for k in range(edge))
        assert error == pytest.approx(abs(middle**d / exact - 1), rel=1e-4)
    assert grid.get_xdata()[-1] == max(edge**d for edge in range(4097) if edge**d <= 4096)
    square = float(mean(sympy.exp(-x / 2), 0, 8)) ** d
    assert list(drawn.get_xdata()) == [4, 16, 64, 256, 1024]
    for n, error in zip(*drawn.get_data(), strict=True):
        assert error == pytest.approx(math.sqrt((square / exact**2 - 1) / n), rel=0.35)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_title() == ("1 subject" if d == 1 else f"{d} subjects")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "grid" in labels[0] and "drawn" in labels[1]
    low, high = ax.get_ylim()
    assert all(low < y < high for line in ax.lines for y in line.get_ydata())
    if d == 8:  # by then the draws are ahead
        assert grid.get_ydata()[-1] > np.interp(np.log(grid.get_xdata()[-1]), np.log(drawn.get_xdata()), drawn.get_ydata())


@pytest.mark.parametrize("slope", [0.0, 5.0])
def test_the_parabola_is_the_exact_variance_of_what_the_line_leaves(slope, numbers):
    left, right = figure_control(slope).axes
    dots, line = left.lines
    hours = np.random.default_rng(0).uniform(0, 10, 200)
    assert dots.get_xdata() == pytest.approx(hours) and dots.get_ydata() == pytest.approx(90 - 60 * np.exp(-hours / 4))
    assert np.diff(line.get_ydata()) / np.diff(line.get_xdata()) == pytest.approx([slope])
    assert np.interp(5, *line.get_data()) == pytest.approx(EXACT)
    curve, dot = right.lines
    at = np.array(curve.get_xdata())
    assert curve.get_ydata() == pytest.approx(SPREAD**2 - 2 * at * SLOPE * 100 / 12 + at**2 * 100 / 12, rel=1e-4)
    assert np.ravel(dot.get_data()) == pytest.approx([slope, left_over(slope) ** 2], rel=1e-4)
    assert numbers(right.get_title().replace("±", " ")) == pytest.approx([left_over(slope)], abs=0.06)
    assert right.get_ylim()[1] > max(curve.get_ydata()) and figure_control.slider[0] == "slope"
