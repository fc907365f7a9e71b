from itertools import permutations

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.descent.losses_for_regression import (
    absolute,
    absolute_slope,
    best_constant,
    centred_hours,
    figure_residual_losses,
    figure_wrong_mark,
    fit_absolute,
    fit_huber,
    fits,
    gaussian_surprise,
    huber,
    huber_slope,
    laplace_surprise,
    log_cosh,
    log_cosh_naive,
    pinball,
    pinball_slope,
    print_centres,
    print_factors_in_front,
    print_fits,
    print_hover,
    print_likelihood,
    print_log_cosh,
    print_pinball,
    squared,
    squared_slope,
    students,
    with_wrong_mark,
)

residuals = st.floats(-50, 50).filter(lambda r: abs(r) > 1e-3)
marks = arrays(np.float64, st.integers(3, 20), elements=st.floats(0, 100))


def pieces(delta):
    """Each loss as SymPy writes it."""
    r = sympy.symbols("r", real=True)
    cap = sympy.Rational(delta)
    outside = 2 * cap * abs(r) - cap**2
    return r, {squared: r**2, absolute: abs(r), huber: sympy.Piecewise((r**2, abs(r) <= cap), (outside, True))}


def reweighted(X, y, delta):
    """The weights of the smallest Huber loss, by least squares: beyond delta a residual counts delta / |r| times."""
    w = np.zeros(X.shape[1])
    for _ in range(300):
        root = np.sqrt(delta / np.maximum(np.abs(X @ w - y), delta))
        w = np.linalg.lstsq(root[:, None] * X, root * y, rcond=None)[0]
    return w


def through_medians(x, y):
    """The line of the smallest absolute loss: of all slopes between two points, each with its median as intercept."""
    i, j = np.triu_indices(len(y), 1)
    slopes = (y[i] - y[j]) / (x[i] - x[j])
    intercepts = np.median(y[:, None] - np.outer(x, slopes), axis=0)
    best = np.abs(y[:, None] - np.outer(x, slopes) - intercepts).sum(axis=0).argmin()
    return np.array([intercepts[best], slopes[best]])


def lines_of(x, y):
    """Intercept and slope of the best line for each loss, found in another way than by the snippet."""
    straight = np.column_stack([np.ones_like(x), x])
    return {
        "squared": np.polyfit(x, y, 1)[::-1],
        "absolute": through_medians(x, y),
        "Huber": reweighted(straight, y, 5),
    }


@given(residuals, st.integers(1, 12))
def test_losses_and_their_slopes_are_those_of_sympy(r, delta):
    symbol, formulas = pieces(delta)
    for loss, slope, more in (
        (squared, squared_slope, ()),
        (absolute, absolute_slope, ()),
        (huber, huber_slope, (float(delta),)),
    ):
        at = {symbol: sympy.Float(r, 30)}
        assert float(loss(r, *more)) == pytest.approx(float(formulas[loss].subs(at)), rel=1e-12)
        if abs(abs(r) - delta) > 1e-3:
            derivative = sympy.diff(formulas[loss], symbol).subs(at)
            assert float(slope(r, *more)) == pytest.approx(float(derivative), rel=1e-12)


@pytest.mark.parametrize("delta", [0.5, 1.0, 7.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_huber_is_once_continuously_differentiable_at_delta(delta, side):
    at = side * delta
    for h in (1e-4, 1e-6, 1e-8):
        inside, outside = at - side * h, at + side * h
        assert huber(inside, delta) == pytest.approx(float(huber(outside, delta)), abs=5 * delta * h)
        assert huber_slope(inside, delta) == pytest.approx(huber_slope(outside, delta), abs=3 * h)
        bends = [(huber_slope(at + k * side * h, delta) - huber_slope(at, delta)) / (k * side * h) for k in (-1, 1)]
        assert bends == pytest.approx([2, 0], abs=1e-6)


def test_the_slope_of_the_absolute_loss_jumps_at_zero_and_is_zero_there_by_convention():
    assert [absolute_slope(-1e-300), absolute_slope(0.0), absolute_slope(1e-300)] == [-1, 0, 1]
    assert pinball_slope(np.array([-1e-300, 0.0, 1e-300]), 0.9) == pytest.approx([-0.9, 0, 0.1])


@given(marks)
def test_the_best_constant_is_the_mean_for_the_squared_and_a_median_for_the_absolute_loss(y):
    assert best_constant(squared_slope, y) == pytest.approx(y.mean(), abs=1e-9)
    best = best_constant(absolute_slope, y)
    lower, upper = np.quantile(y, 0.5, method="lower"), np.quantile(y, 0.5, method="higher")
    assert lower - 1e-9 <= best <= upper + 1e-9


@given(marks, st.floats(0.01, 0.99))
def test_the_best_constant_of_the_pinball_loss_is_the_quantile(y, quantile):
    best = best_constant(lambda r: pinball_slope(r, quantile), y)
    height = np.mean(pinball(best - y, quantile))
    for other in (*y, best - 0.1, best + 0.1):  # piecewise linear: a lowest point is among the data
        assert height <= np.mean(pinball(other - y, quantile)) + 1e-9
    assert np.mean(y < best - 1e-9) <= quantile + 1e-9 and np.mean(y <= best + 1e-9) >= quantile - 1e-9


@pytest.mark.counted
@given(st.floats(-30, 30), st.floats(0.05, 0.95))
def test_the_pinball_loss_has_two_slopes_and_is_half_the_absolute_loss_for_the_median(r, quantile):
    assert pinball(r, 0.5) == pytest.approx(abs(r) / 2)
    assert pinball(1.0, quantile) == pytest.approx(1 - quantile) and pinball(-1.0, quantile) == pytest.approx(quantile)
    if abs(r) > 1e-3:
        h = 1e-6
        quotient = (pinball(r + h, quantile) - pinball(r - h, quantile)) / (2 * h)
        assert pinball_slope(r, quantile) == pytest.approx(quotient, abs=1e-6)


def test_exercise_two_delta_leads_from_the_median_to_the_mean():
    y = np.array([10.0, 20, 30, 50, 100])
    assert best_constant(lambda r: huber_slope(r, 1e-6), y) == pytest.approx(np.median(y), abs=1e-3)
    assert best_constant(lambda r: huber_slope(r, 1e6), y) == pytest.approx(y.mean())
    assert 30 < best_constant(lambda r: huber_slope(r, 20.0), y) < 42


@pytest.mark.parametrize("data", [centred_hours, with_wrong_mark])
def test_no_line_nearby_has_a_smaller_loss(data):
    X, y = data()
    rng = np.random.default_rng(1)
    losses = {"squared": squared, "absolute": absolute, "Huber": lambda r: huber(r, 5.0)}
    for name, w in fits(X, y).items():
        least = np.mean(losses[name](X @ w - y))
        for size in (1e-3, 0.1, 5.0):
            others = w + size * rng.normal(size=(200, 2)) * [1, 0.3]
            heights = losses[name](others @ X.T - y).mean(axis=1)
            assert heights.min() >= least - 1e-10


def test_one_wrong_mark_moves_the_squared_line_most():
    right, wrong = fits(*centred_hours()), fits(*with_wrong_mark())
    moved = {name: abs(wrong[name][1] - right[name][1]) for name in right}
    assert moved["squared"] > 1
    assert moved["Huber"] < 0.1 and moved["absolute"] < 0.1
    (X, y), (_, typed) = centred_hours(), with_wrong_mark()
    assert np.flatnonzero(y != typed).tolist() == [X[:, 1].argmax()] and typed.min() == 0


@pytest.mark.counted
def test_the_best_absolute_line_goes_through_two_students():
    X, y = centred_hours()
    assert np.sum(np.abs(X @ fit_absolute(X, y) - y) < 1e-9) == 2
    # Between two who studied equally long every line costs the same, so it goes through the other two, in any order.
    for order in permutations([(0.0, 0.0), (1.0, 4.0), (1.0, -1.0), (2.0, 2.0)]):
        x, y = np.array(order).T
        assert fit_absolute(np.column_stack([np.ones(4), x]), y) == pytest.approx([0, 1])


def test_the_gradient_of_the_huber_loss_is_zero_at_its_line():
    X, y = with_wrong_mark()
    w = fit_huber(X, y, 3.0)
    steps = [(huber(X @ (w + h) - y, 3.0).mean() - huber(X @ (w - h) - y, 3.0).mean()) / 2e-5 for h in 1e-5 * np.eye(2)]
    assert steps == pytest.approx([0, 0], abs=1e-5)
    assert fit_huber(X, y, 1e3) == pytest.approx(np.polyfit(X[:, 1], y, 1)[::-1])  # delta is beyond all residuals


def test_losses_are_minus_the_logarithm_of_a_likelihood_up_to_a_constant():
    r = np.linspace(-12, 12, 25)
    for sigma in (0.5, 5.0):
        density = [float(mpmath.npdf(x, 0, sigma)) for x in r]
        assert np.exp(-gaussian_surprise(r, sigma)) == pytest.approx(density, rel=1e-12, abs=1e-300)
        assert np.ptp(gaussian_surprise(r, sigma) - squared(r) / (2 * sigma**2)) < 1e-12 / sigma**2
    for b in (0.5, 4.0):
        assert mpmath.quad(lambda x, b=b: mpmath.exp(-laplace_surprise(float(x), b)), [-60, 0, 60]) == pytest.approx(1)
        assert np.ptp(laplace_surprise(r, b) - absolute(r) / b) < 1e-12
        mean_size = mpmath.quad(lambda x, b=b: abs(x) * mpmath.exp(-laplace_surprise(float(x), b)), [-200, 0, 200])
        assert mean_size == pytest.approx(b, rel=1e-6)


@given(st.floats(-1e6, 1e6))
def test_log_cosh_is_right_to_the_last_digits_where_the_naive_form_overflows(r):
    with mpmath.workdps(50):
        size = abs(mpmath.mpf(r))
        exact = size + mpmath.log1p(mpmath.exp(-2 * size)) - mpmath.log(2)
    assert log_cosh(r) == pytest.approx(float(exact), rel=1e-14, abs=3e-16)
    if abs(r) < 600:
        assert log_cosh_naive(r) == pytest.approx(float(exact), rel=1e-12, abs=3e-16)


def test_the_naive_log_cosh_is_infinite_at_720():
    with np.errstate(over="ignore"):
        assert np.isinf(log_cosh_naive(720.0))
    assert log_cosh(720.0) == pytest.approx(720 - np.log(2), rel=1e-15)


@pytest.mark.parametrize(
    "call", [lambda: huber(1.0, 0.0), lambda: huber(1.0, -1.0), lambda: pinball(1.0, 0.0), lambda: pinball(1.0, 1.0)]
)
def test_impossible_settings_are_refused(call):
    with pytest.raises(ValueError, match="="):
        call()


def test_exercise_one_by_hand():
    r = np.array([1.0, -2.0, 6.0])
    assert squared(r).mean() == pytest.approx(41 / 3)
    assert absolute(r).mean() == 3
    assert huber(r, 2.0).tolist() == [1, 4, 20]


def test_the_students_are_simulated_as_they_are_described():
    hours, attendance, marks = students(100_000)
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    w, squares, *_ = np.linalg.lstsq(X, marks, rcond=None)
    assert w == pytest.approx([12, 5, 0.3], rel=0.02) and squares / 100_000 == pytest.approx(5**2, rel=0.02)
    for column, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        assert (column.min(), column.max()) == pytest.approx((low, high), abs=0.01) and low <= column.min()
    X, y = centred_hours()
    hours, _, marks = students()
    assert len(y) == 40 and np.array_equal(y, marks) and np.all(X[:, 0] == 1)
    assert X[:, 1].sum() == pytest.approx(0, abs=1e-9) and np.ptp(X[:, 1] - hours) < 1e-12


@pytest.mark.parametrize("delta", [2, 9])
def test_the_figure_shows_each_loss_above_its_derivative(delta):
    symbol, formulas = pieces(delta)
    top, bottom = figure_residual_losses(delta).axes
    for line, name, loss in zip(
        top.lines, ("squared (marks²)", "absolute (marks)", "Huber (marks²)"), (squared, absolute, huber), strict=False
    ):
        assert line.get_label() == name
        r, height = line.get_data()
        assert (r.min(), r.max()) == (-20, 20)
        assert height == pytest.approx(sympy.lambdify(symbol, formulas[loss])(r))
    square, left, right, capped = bottom.lines[:4]
    assert left.get_xdata().max() < 0 < right.get_xdata().min()  # no line where the slope jumps
    for line, loss in ((square, squared), (left, absolute), (right, absolute), (capped, huber)):
        r, slope = line.get_data()
        assert slope == pytest.approx(sympy.lambdify(symbol, sympy.diff(formulas[loss], symbol))(r))
        assert line.get_linestyle() == top.lines[list(formulas).index(loss)].get_linestyle()
    for edges in (top.lines[3:], bottom.lines[4:]):
        assert [list(edge.get_xdata()) for edge in edges] == [[-delta] * 2, [delta] * 2]


def test_the_four_lines_are_fitted_with_the_wrong_mark_and_without():
    hours, _, marks = students()
    typed = np.where(hours == hours.max(), 0, marks)
    dots, cross, *three, right = figure_wrong_mark().axes[0].lines
    assert np.array_equal(dots.get_data(), [hours, typed])
    assert np.array_equal(np.ravel(cross.get_data()), [hours.max(), 0]) and cross.get_label() == "typed as 0"
    best = {f"{name} loss": w for name, w in lines_of(hours, typed).items()}
    best["squared loss, all marks right"] = np.polyfit(hours, marks, 1)[::-1]
    assert [line.get_label() for line in (*three, right)] == list(best)
    for line in (*three, right):
        intercept, slope = best[line.get_label()]
        assert line.get_xdata().tolist() == [0, 10]
        assert line.get_ydata() == pytest.approx([intercept, intercept + 10 * slope], abs=1e-4)


def test_the_printed_centres_and_slopes_are_the_best_ones(capsys, numbers):
    print_centres()
    head, *rows = (numbers(line) for line in capsys.readouterr().out.splitlines())
    right, wrong = (np.array(row[:5]) for row in rows)
    assert np.array_equal(wrong, np.where(right == right.max(), 0, right))
    for row, y in zip(rows, (right, wrong), strict=True):
        huber_centre = reweighted(np.ones((5, 1)), y, *head).item()
        assert row[5:] == pytest.approx([y.mean(), np.median(y), huber_centre], abs=6e-3)
    print_fits()
    hours, _, marks = students()
    lines = capsys.readouterr().out.splitlines()[1:]
    told = {line.split()[0]: numbers(line) for line in lines}
    good, bad = lines_of(hours, marks), lines_of(hours, np.where(hours == hours.max(), 0, marks))
    assert told == {name: pytest.approx([good[name][1], bad[name][1]], abs=6e-3) for name in good}


def test_the_printed_likelihood_is_that_of_mpmath_and_differs_by_the_scaled_loss(capsys, numbers):
    hours, _, marks = students()
    print_likelihood()
    steep, flat, difference = (numbers(line) for line in capsys.readouterr().out.splitlines()[1:])
    for slope, *told in (steep, flat):
        r = [mpmath.mpf(x) for x in marks.mean() + slope * (hours - hours.mean()) - marks]
        gauss = -mpmath.log(mpmath.fprod(mpmath.npdf(x, 0, 5) for x in r))
        laplace = -mpmath.log(mpmath.fprod(mpmath.exp(-abs(x) / 4) / 8 for x in r))
        exact = (mpmath.fdot(r, r), gauss, mpmath.fsum(r, absolute=True), laplace)
        assert told == pytest.approx([float(number) for number in exact], abs=6e-3)
    assert (steep[0], flat[0]) == (5, 4)
    assert difference == pytest.approx(np.subtract(flat, steep)[1:], abs=0.011)
    assert difference[::2] == pytest.approx([2 * 5**2 * difference[1], 4 * difference[3]], abs=0.3)


def test_the_printed_rates_and_slopes_have_a_closed_form(capsys, numbers):
    hours, _, marks = students()
    best = np.polyfit(hours, marks, 1)[0]
    print_factors_in_front()
    _, *rows, last = capsys.readouterr().out.splitlines()
    for row, name, share in zip(rows, ("1/n", "1/(2n)", "1"), (1, 0.5, 40), strict=True):
        assert row.split()[0] == name
        curvature = 2 * share * np.var(hours)
        edge, *slopes = numbers(row)[-4:]
        assert edge == pytest.approx(2 / curvature, abs=6e-5)
        assert slopes == pytest.approx([best * (1 - (1 - 0.1 * curvature) ** k) for k in (1, 2, 50)], rel=6e-3)
    assert numbers(last) == [pytest.approx(best, abs=6e-3)]


def test_the_absolute_loss_hovers_and_the_huber_loss_settles_on_its_line(capsys, numbers):
    hours, _, marks = students()
    x = hours - hours.mean()
    print_hover()
    head, *rows, best = (numbers(line) for line in capsys.readouterr().out.splitlines())
    assert head == [1] and [row[0] for row in rows] == [0, 100, 1000, *range(1996, 2001)]
    # A student pulls by the sign of the residual, or by twice the middle one of -1, the residual and 1.
    for column, rate, pull in (
        (1, 0.2, lambda r: (r > 0) * 1.0 - (r < 0)),
        (2, 0.2, lambda r: 2 * np.sort([np.full(40, -1), r, np.ones(40)], axis=0)[1]),
    ):
        a, b, told = 60.0, 0.0, {}
        for step in range(2001):
            told[step] = b
            p = pull(a + b * x - marks)
            a, b = a - rate * p.mean(), b - rate * np.mean(p * x)
        assert [row[column] for row in rows] == pytest.approx([told[row[0]] for row in rows], abs=6e-4)
    settled = reweighted(np.column_stack([np.ones(40), x]), marks, 1)[1]
    assert best == pytest.approx([through_medians(x, marks)[1], settled], abs=6e-4)
    assert np.ptp([row[2] for row in rows[2:]]) == 0 and np.ptp([row[1] for row in rows[2:]]) > 0.03


def test_the_printed_quantiles_are_students_and_the_printed_logarithms_those_of_mpmath(capsys, numbers):
    print_pinball()
    ordered = np.sort(students(45)[2])
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == [0.1, 0.5, 0.9]
    for quantile, best, share in rows:
        rank = int(np.ceil(45 * quantile))
        assert best == pytest.approx(ordered[rank - 1], abs=0.06) and share == pytest.approx(100 * rank / 45, abs=0.06)
    print_log_cosh()
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    told = [[float(row[k]) for k in (1, 3, 5)] for row in rows]
    assert [row[0] for row in told] == [0.5, 20, 700, 720]
    for r, naive, safe in told:
        exact = float(mpmath.log(mpmath.cosh(r)))
        assert safe == pytest.approx(exact, abs=6e-5)
        assert naive == (pytest.approx(exact, abs=6e-5) if r < 1024 * np.log(2) else np.inf)
