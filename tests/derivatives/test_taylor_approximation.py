import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.derivatives.taylor_approximation import (
    bell,
    bell_series,
    figure_orders,
    figure_radius,
    lagrange_bound,
    learning_curve,
    learning_curve_derivatives,
    log_series,
    loss_derivatives,
    loss_of_slope,
    order_for_e,
    print_bound,
    print_cancellation,
    print_e,
    print_halving,
    print_more_terms,
    print_newton,
    students,
    taylor,
)

x = sympy.symbols("x", real=True)
orders = st.integers(0, 7)


def exact_curve(hours):
    return 90 - 60 * mpmath.exp(-hours / 4)


def series(f, centre, order, at):
    """The Taylor polynomial by mpmath, which finds its coefficients numerically in 60 digits."""
    with mpmath.workdps(60):
        coefficients = mpmath.taylor(f, centre, order)
        return mpmath.polyval(coefficients[::-1], mpmath.mpf(at) - centre)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(-3, 3), st.integers(-5, 5))
def test_a_polynomial_is_its_own_taylor_polynomial_around_every_centre(coefficients, centre, at):
    p = np.polynomial.Polynomial(coefficients)
    derivatives = [p.deriv(k)(float(centre)) if k else p(float(centre)) for k in range(len(coefficients))]
    assert taylor(derivatives, centre, at) == pytest.approx(p(float(at)), abs=1e-6)


@given(orders)
def test_the_polynomial_has_the_derivatives_that_went_into_it(order):
    wanted = sympy.symbols(f"d:{order + 1}")
    polynomial = taylor(wanted, 2, x)
    assert [sympy.expand(polynomial.diff(x, k)).subs(x, 2) - d for k, d in enumerate(wanted)] == [0] * (order + 1)
    assert polynomial.diff(x, order + 1) == 0


@given(orders, st.floats(0, 14))
def test_the_polynomials_of_the_learning_curve_are_those_of_mpmath(order, hours):
    derivatives = learning_curve_derivatives(2.0, order)
    assert len(derivatives) == order + 1
    assert learning_curve(hours) == pytest.approx(float(exact_curve(hours)))
    assert taylor(derivatives, 2.0, hours) == pytest.approx(float(series(exact_curve, 2, order, hours)), abs=1e-6)


@given(orders)
def test_the_remainder_is_of_order_n_plus_one(order):
    with mpmath.workdps(60):
        far, near = (
            exact_curve(2 + h) - series(exact_curve, 2, order, 2 + h) for h in (mpmath.mpf("2e-4"), mpmath.mpf("1e-4"))
        )
    assert float(far / near) == pytest.approx(2 ** (order + 1), rel=1e-3)


@given(orders, st.floats(0, 14).filter(lambda hours: abs(hours - 2) > 1e-3))
def test_the_error_keeps_below_the_bound_of_lagrange(order, hours):
    with mpmath.workdps(60):
        error = abs(exact_curve(mpmath.mpf(hours)) - series(exact_curve, 2, order, hours))
        way = [2 + (hours - 2) * i / 50 for i in range(51)]
        steepest = max(
            abs(15 * (-1) ** order / mpmath.mpf(4) ** order * mpmath.exp(-t / 4)) for t in map(mpmath.mpf, way)
        )
        bound = steepest * abs(mpmath.mpf(hours) - 2) ** (order + 1) / mpmath.factorial(order + 1)
    assert 0 < error <= bound
    assert lagrange_bound(2.0, order, hours) == pytest.approx(float(bound))


def test_the_students_are_those_of_the_page_before_and_follow_the_rule_that_is_told():
    hours, attendance, marks = students(100_000)
    assert [hours.min(), hours.max(), attendance.min(), attendance.max()] == pytest.approx([0, 10, 40, 100], abs=0.01)
    told = np.column_stack([hours**0, hours, attendance])
    weights, (squares,), *_ = np.linalg.lstsq(told, marks, rcond=None)
    assert weights == pytest.approx([12, 5, 0.3], rel=0.02)
    assert squares / marks.size == pytest.approx(5**2, rel=0.02)


def test_the_loss_of_a_line_is_its_own_polynomial_of_order_two():
    hours, _, marks = students()
    slope, bend = (
        np.polynomial.Polynomial.fit(w := np.arange(-3.0, 4), [loss_of_slope(v, hours, marks) for v in w], 2)
        .convert()
        .deriv(k)(4.0)
        for k in (1, 2)
    )
    derivatives = loss_derivatives(4.0, hours, marks)
    assert derivatives == [pytest.approx(loss_of_slope(4.0, hours, marks)), pytest.approx(slope), pytest.approx(bend)]
    for weight in (-5.0, 0.0, 12.0):
        assert taylor(derivatives, 4.0, weight) == pytest.approx(loss_of_slope(weight, hours, marks))
    assert 4 - derivatives[1] / derivatives[2] == pytest.approx(np.polyfit(hours, marks, 1)[0])


@pytest.mark.parametrize(("derivatives", "f"), [(log_series, sympy.log(1 + x)), (bell_series, 1 / (1 + 25 * x**2))])
def test_the_derivatives_of_logarithm_and_bell_at_zero_are_those_of_sympy(derivatives, f):
    found = sympy.series(f, x, 0, 10).removeO()
    assert derivatives(9) == [float(found.coeff(x, k) * sympy.factorial(k)) for k in range(10)]


@pytest.mark.parametrize(
    ("f", "derivatives", "inside", "outside"),
    [(np.log1p, log_series, (-0.9, 0.9), (1.1, 1.5)), (bell, bell_series, (-0.18, 0.18), (-0.25, 0.25))],
)
def test_more_terms_help_inside_the_radius_and_harm_outside(f, derivatives, inside, outside):
    for at, falls in (*((i, True) for i in inside), *((o, False) for o in outside)):
        errors = [abs(f(at) - taylor(derivatives(order), 0.0, at)) for order in (10, 20, 40, 80)]
        assert (np.diff(errors) < 0).all() if falls else (np.diff(errors) > 0).all()


def test_the_walls_stand_where_the_nearest_singular_point_is():
    z = sympy.symbols("z")
    assert {abs(root) for root in sympy.solve(1 + 25 * z**2, z)} == {sympy.Rational(1, 5)}
    assert [abs(root) for root in sympy.solve(1 + z, z)] == [1]
    for ax, radius in zip(figure_radius(8).axes, (1, 0.2), strict=True):
        assert [line.get_xdata()[0] for line in ax.lines[2:4]] == [-radius, radius]
        assert ax.lines[0].get_xdata()[-1] > radius  # what goes wrong beyond the wall is seen


def test_a_smooth_function_can_have_derivatives_that_are_all_zero_and_not_be_zero():
    flat = sympy.exp(-1 / x**2)
    assert [sympy.limit(flat.diff(x, k), x, 0) for k in range(5)] == [0] * 5
    assert flat.subs(x, 1) > 0


def test_the_derivatives_of_the_bell_grow_like_powers_of_five():
    for order in (4, 6, 8):
        derivative = sympy.lambdify(x, sympy.cancel((1 / (1 + 25 * x**2)).diff(x, order)))
        largest = max(abs(derivative(np.linspace(-1, 1, 4001))))
        assert largest / math.factorial(order) == pytest.approx(5**order)


@given(st.floats(-3, 3))
def test_the_bell_is_the_function_of_its_name(at):
    assert bell(at) == pytest.approx(float(1 / (1 + 25 * sympy.Float(at, 30) ** 2)))


@given(st.floats(1e-12, 3))
def test_the_order_for_e_is_the_smallest_that_keeps_the_bound(tolerance):
    order = order_for_e(tolerance)
    error = math.e - sum(1 / math.factorial(k) for k in range(order + 1))
    assert error <= tolerance * (1 + 1e-9) + 1e-15
    assert 3 / math.factorial(order + 1) <= tolerance
    assert order == 0 or 3 / math.factorial(order) > tolerance


@pytest.mark.parametrize("tolerance", [0.0, -1.0, math.nan])
def test_no_order_has_an_error_of_nothing(tolerance):
    assert order_for_e(3 / math.factorial(101)) == 100
    with pytest.raises(RuntimeError, match=f"no order up to 100 has a bound as small as {tolerance}"):
        order_for_e(tolerance)


def test_the_exercises_have_the_solutions_that_are_told():
    assert sympy.Float(1 + 0.1 + 0.1**2 / 2) == pytest.approx(1.105)
    assert math.exp(0.1) - 1.105 == pytest.approx(0.1**3 / 6, rel=0.05)
    assert sympy.series((1 - sympy.cos(x)) / x**2, x, 0, 4).removeO() == sympy.Rational(1, 2) - x**2 / 24
    softplus = sympy.series(sympy.log(1 + sympy.exp(x)), x, 0, 4).removeO()
    assert sympy.expand(softplus - (sympy.log(2) + x / 2 + x**2 / 8)) == 0


@pytest.mark.parametrize("order", [0, 3, 12])
def test_the_figure_draws_curve_polynomial_error_and_bound(order):
    top, bottom = figure_orders(order).axes
    curve, polynomial, point = top.lines
    hours = curve.get_xdata()
    exact = np.array([float(exact_curve(t)) for t in hours])
    drawn = np.array([float(series(exact_curve, 2, order, t)) for t in hours])
    assert curve.get_ydata() == pytest.approx(exact)
    assert polynomial.get_ydata() == pytest.approx(drawn, abs=1e-6)
    assert np.ravel(point.get_data()) == pytest.approx([2, float(exact_curve(2))])
    error, bound = bottom.lines
    assert error.get_ydata() == pytest.approx(abs(exact - drawn), abs=1e-6)
    assert bound.get_ydata() == pytest.approx(lagrange_bound(2.0, order, hours))
    assert bottom.get_yscale() == "log"
    assert (hours[0], hours[-1]) == top.get_xlim()
    names = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in (top, bottom)]
    assert names == [["learning curve", f"Taylor polynomial of order {order}"], ["error", "Lagrange bound"]]


def test_the_figure_of_the_walls_draws_the_polynomials():
    functions = (mpmath.log1p, lambda t: 1 / (1 + 25 * t**2))
    titles = ("$\\ln(1 + x)$", "$1/(1 + 25x^2)$")
    for ax, f, centre, title in zip(figure_radius(6).axes, functions, (0, 1), titles, strict=True):
        graph, polynomial, *_, point = ax.lines
        assert ax.get_title() == title
        assert np.ptp(graph.get_xdata()) > 0.9 * np.ptp(ax.get_xlim())
        assert graph.get_ydata() == pytest.approx([float(f(t)) for t in graph.get_xdata()], abs=1e-12)
        assert polynomial.get_ydata() == pytest.approx(
            [float(series(f, 0, 6, t)) for t in polynomial.get_xdata()], abs=1e-9
        )
        assert (point.get_xdata()[0], point.get_ydata()[0]) == (0, centre)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["function", "order 6"]


def test_the_printed_tables_are_polynomials_errors_and_bounds(capsys, numbers):
    print_bound()
    _, *lines, last = capsys.readouterr().out.splitlines()
    assert [numbers(line)[0] for line in lines] == list(range(8))
    for order, marks, error, bound in map(numbers, lines):
        exact = float(series(exact_curve, 2, int(order), 6))
        assert (marks, error) == pytest.approx((exact, abs(float(exact_curve(6)) - exact)), abs=5.1e-5)
        assert error <= bound == pytest.approx(lagrange_bound(2.0, int(order), 6.0), abs=5.1e-5)
    assert numbers(last) == [pytest.approx(float(exact_curve(6)), abs=5e-5)]
    print_halving()
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [numbers(line)[0] for line in lines] == list(range(5))
    for order, far, near, ratio, limit in map(numbers, lines):
        errors = [float(exact_curve(t) - series(exact_curve, 2, int(order), t)) for t in (3, 2.5)]
        assert (far, near) == pytest.approx(tuple(map(abs, errors)), rel=0.01)
        assert ratio == pytest.approx(errors[0] / errors[1], abs=0.06) and limit == 2 ** (order + 1)
    print_newton()
    hours, _, marks = students()
    _, *lines, lowest, best = capsys.readouterr().out.splitlines()
    for weight, loss, first, second in map(numbers, lines):
        assert (
            loss
            == second
            == pytest.approx(np.mean((marks - marks.mean() - weight * (hours - hours.mean())) ** 2), abs=0.06)
        )
        slope = 2 * np.var(hours) * (4 - np.polyfit(hours, marks, 1)[0])
        assert first == pytest.approx(loss_of_slope(4.0, hours, marks) + slope * (weight - 4), abs=0.06)
    rows = {weight: values for weight, *values in map(numbers, lines)}
    assert rows[4.1][0] == pytest.approx(rows[4.1][1], rel=0.01) and rows[8][1] < 0  # order 1 is good, and then absurd
    assert numbers(lowest)[-1] == numbers(best)[-1] == pytest.approx(np.polyfit(hours, marks, 1)[0], abs=1e-4)
    print_more_terms()
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [numbers(line)[0] for line in lines] == [2**k for k in range(2, 7)]
    for order, *errors in map(numbers, lines):
        functions = (mpmath.log1p, lambda t: 1 / (1 + 25 * t**2))
        with mpmath.workdps(60):
            exact = [
                abs(functions[i // 2](mpmath.mpf(at)) - series(functions[i // 2], 0, int(order), at))
                for i, at in enumerate(("0.8", "1.2", "0.15", "0.25"))
            ]
        assert errors == pytest.approx([float(e) for e in exact], rel=0.06)
    print_e()
    assert "2.71828153 for 2.71828183" in (text := capsys.readouterr().out)
    assert numbers(text)[-1] == pytest.approx(math.e - sum(1 / math.factorial(k) for k in range(10)), rel=0.02)
    print_cancellation()
    lines = capsys.readouterr().out.splitlines()
    assert [numbers(line)[0] for line in lines] == [1e-2, 1e-4, 1e-8]
    for at, naive, good in map(numbers, lines):
        with mpmath.workdps(40):
            exact = float((1 - mpmath.cos(mpmath.mpf(at))) / mpmath.mpf(at) ** 2)
        assert good == pytest.approx(exact, abs=at**4 / 700 + 1e-12)
        # Rounding the cosine to half an epsilon costs that much of the quotient, and for the smaller x it shows.
        assert naive == pytest.approx(exact, abs=np.finfo(float).eps / at**2)
        assert at > 1e-3 or abs(naive - exact) > 1e-9
    assert naive == 0
