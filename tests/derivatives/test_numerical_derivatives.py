import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.derivatives import derivatives_and_slopes
from snippets.derivatives.numerical_derivatives import (
    EPSILON,
    FLOOR,
    HEIGHT,
    METHODS,
    POINTS,
    SECOND,
    STEPS,
    THIRD,
    central_difference,
    complex_step,
    error_of,
    extrapolated_difference,
    figure_anatomy,
    figure_error,
    forward_difference,
    loss_of_slope,
    measured_bottom,
    measured_slopes,
    predicted_bottom,
    predicted_error,
    print_absolute,
    print_check,
    print_parabola,
    print_bottoms,
    print_richardson,
    print_second,
    print_single,
    print_smaller,
    rational_curve_slope,
    relative_difference,
    second_difference,
    slope_of_loss,
    students,
)

x, h = sympy.symbols("x h", positive=True)
curve = 100 * x / (x + 3)
slope_at_two = float(curve.diff(x).subs(x, 2))


def exact_curve(t):
    return 100 - 300 / (mpmath.mpf(t) + 3)


def leading(error):
    """The first term of an error in powers of the step."""
    return sympy.series(error, h, 0, 6).removeO().as_leading_term(h)


def headings(line):
    """The names of columns that at least three spaces keep apart."""
    return [part.strip() for part in line.split("   ") if part.strip()]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("difference", "term"),
    [
        (forward_difference, h / 2 * sympy.exp(x).diff(x, 2)),
        (central_difference, h**2 / 6 * sympy.exp(x).diff(x, 3)),
        (extrapolated_difference, -(h**4) / 480 * sympy.exp(x).diff(x, 5)),
    ],
)
def test_the_errors_are_of_order_one_two_and_four(difference, term):
    assert sympy.simplify(leading(difference(sympy.exp, x, h) - sympy.exp(x)) - term) == 0


@pytest.mark.parametrize(("difference", "order"), [(forward_difference, 1), (central_difference, 2)])
def test_in_fifty_digits_halving_the_step_divides_the_error_by_two_to_the_order(difference, order):
    with mpmath.workdps(50):
        slope = mpmath.diff(exact_curve, 2)
        coarse, fine = (difference(exact_curve, mpmath.mpf(2), mpmath.mpf(s)) - slope for s in ("1e-12", "5e-13"))
        assert float(coarse / fine) == pytest.approx(2**order, rel=1e-9)


def test_the_second_difference_has_an_error_of_order_two():
    error = second_difference(sympy.exp, x, h) - sympy.exp(x)
    assert sympy.simplify(leading(error) - h**2 / 12 * sympy.exp(x)) == 0


@given(st.floats(0.1, 3))
def test_the_complex_step_is_right_to_machine_precision(at):
    for f, symbol in (
        (np.exp, sympy.exp(x)),
        (lambda t: np.sin(t) / t, sympy.sin(x) / x),
        (lambda t: np.sqrt(1 + t**3), sympy.sqrt(1 + x**3)),
    ):
        exact = symbol.diff(x).evalf(30, subs={x: sympy.Float(at, 30)})
        assert complex_step(f, at) == pytest.approx(float(exact), rel=4e-15, abs=2e-15)


@given(st.floats(0.01, 0.4))
def test_the_complex_step_errs_by_a_sixth_of_the_third_derivative_with_a_minus(step):
    exact = sympy.im(sympy.expand((x + sympy.I * h) ** 5)) / h - 5 * x**4
    assert leading(exact) == -(h**2) / 6 * (x**5).diff(x, 3)
    assert complex_step(lambda t: t**5, 2.0, step) - 80 == pytest.approx(float(exact.subs({x: 2, h: step})), abs=1e-11)


def test_the_curve_and_its_derivatives_at_two_hours_are_those_of_sympy():
    assert HEIGHT == pytest.approx(float(curve.subs(x, 2)))
    assert rational_curve_slope(POINTS) == pytest.approx([float(curve.diff(x).subs(x, at)) for at in POINTS])
    assert (-SECOND, THIRD) == pytest.approx([float(curve.diff(x, order).subs(x, 2)) for order in (2, 3)])
    assert EPSILON == 2.0**-52


def test_the_error_is_the_root_of_the_mean_square_over_the_points_that_are_told():
    assert (POINTS.min(), POINTS.max(), POINTS.size) == (1, 3, 400)
    assert (STEPS.max(), STEPS.min()) == (1 / 2, EPSILON)
    for method in (forward_difference, central_difference):
        errors = [float(method(exact_curve, at, 0.125) - mpmath.diff(exact_curve, at)) for at in POINTS]
        assert error_of(method, 0.125) ** 2 == pytest.approx(np.mean(np.square(errors)))


def test_the_floor_is_where_the_complex_step_and_the_formula_itself_stop():
    assert [error_of(complex_step, step) for step in (1e-8, 1e-10, 1e-16)] == [FLOOR] * 3
    assert error_of(complex_step, 1e-6) == pytest.approx(
        1e-12 / 6 * np.sqrt(np.mean([float(curve.diff(x, 3).subs(x, at)) ** 2 for at in POINTS])), rel=1e-2
    )
    rounding = EPSILON * float(curve.diff(x).subs(x, 1))  # of the largest of the slopes
    assert rounding < FLOOR < 10 * rounding


@pytest.mark.parametrize(("method", "power"), [("forward", 1 / 2), ("central", 1 / 3)])
def test_the_best_step_is_near_a_root_of_epsilon(method, power):
    # For a function of about the size of its derivatives the factor is of order 1; here it is below 10.
    step, error = measured_bottom(method)
    assert EPSILON**power < step < 10 * EPSILON**power
    assert EPSILON < error / HEIGHT < 1e-8


@pytest.mark.parametrize(("method", "order"), [("forward", 1), ("central", 2)])
def test_the_arms_of_the_v_have_the_slopes_and_the_bottom_that_are_predicted(method, order):
    right, left = measured_slopes(method)
    assert (right, left) == (pytest.approx(order, abs=0.02), pytest.approx(-1, abs=0.05))
    for side in (0, 1):
        fine, coarse = (predicted_error(method, step)[side] for step in (1e-4, 1e-3))
        assert np.log10(coarse / fine) == pytest.approx((order, -1)[side])
    # The prediction is a worst case: what is measured lies below, though not by much.
    step, error = measured_bottom(method)
    best, least = predicted_bottom(method)
    assert best / 4 < step < best * 4
    assert least / 5 < error < least


@pytest.mark.parametrize("method", ["forward", "central"])
def test_the_predicted_bottom_is_the_least_sum_of_both_errors(method):
    size, second, third, eps = sympy.symbols("size second third eps", positive=True)
    total = second / 2 * h + 2 * eps * size / h if method == "forward" else third / 6 * h**2 + eps * size / h
    (best,) = (root for root in sympy.solve(total.diff(h), h) if root.is_positive)
    known = {size: HEIGHT, second: SECOND, third: THIRD, eps: EPSILON}
    step, least = predicted_bottom(method)
    assert step == pytest.approx(float(best.subs(known)))
    assert least == pytest.approx(float(total.subs(h, best).subs(known)))
    assert sum(predicted_error(method, 0.01)) == pytest.approx(float(total.subs(h, 0.01).subs(known)))


def test_the_students_are_those_of_the_page_before():
    assert np.array_equal(students(), derivatives_and_slopes.students())


def test_the_slope_of_the_loss_agrees_with_every_numerical_one():
    hours, _, marks = students()
    exact = 2 * np.var(hours) * (4 - np.polyfit(hours, marks, 1)[0])
    assert slope_of_loss(4.0, hours, marks) == pytest.approx(exact)
    for method in METHODS.values():
        assert method(lambda w: loss_of_slope(w, hours, marks), 4.0, 1e-6) == pytest.approx(exact, abs=1e-4)


@given(st.floats(-9, 9), st.floats(-9, 9).filter(bool))
def test_the_relative_difference_is_symmetric_and_free_of_units(a, b):
    assert relative_difference(a, b) == relative_difference(b, a) == pytest.approx(relative_difference(60 * a, 60 * b))
    assert relative_difference(b, b) == 0 and relative_difference(b, 0) == 1 and relative_difference(b, -b) == 2


@given(st.floats(-9, 9), st.floats(0.01, 20))
def test_on_a_parabola_a_central_difference_is_exact_for_every_step(at, step):
    assert central_difference(lambda t: 3 * t**2 - t, at, step) == pytest.approx(6 * at - 1, abs=1e-7)
    assert sympy.simplify(central_difference(lambda t: 3 * t**2 - t, x, h) - (6 * x - 1)) == 0


def test_exercise_one_gives_six_point_one_and_six():
    tenth = sympy.Rational(1, 10)
    assert forward_difference(lambda t: t**2, 3, tenth) == 6 + tenth
    assert central_difference(lambda t: t**2, 3, tenth) == 6


@pytest.mark.parametrize("step", [2, 1e-3, 1e-14])
def test_the_chosen_step_is_marked_on_the_three_curves_of_errors(step):
    top, bottom = figure_error(step).axes
    graph, forward, central, star = top.lines
    assert graph.get_ydata() == pytest.approx([float(curve.subs(x, at)) for at in graph.get_xdata()])
    assert forward.get_xdata() == pytest.approx([2, 2 + step]) and central.get_xdata() == pytest.approx(
        [2 - step, 2 + step]
    )
    for secant in (forward, central):
        assert secant.get_ydata() == pytest.approx([float(curve.subs(x, at)) for at in secant.get_xdata()])
    assert np.ravel(star.get_data()) == pytest.approx([2, float(curve.subs(x, 2))])
    for errors, mark, method in zip(bottom.lines[::2], bottom.lines[1::2], METHODS.values(), strict=True):
        assert errors.get_ydata() == pytest.approx([error_of(method, s) for s in errors.get_xdata()])
        assert np.ravel(mark.get_data()) == pytest.approx([step, error_of(method, step)])
        assert np.ravel(mark.get_data()).tolist() in errors.get_xydata().tolist()  # it stands on its curve
    assert legend(top) == ["forward secant", "central secant"] and legend(bottom) == list(METHODS)
    assert len({line.get_linestyle() for line in bottom.lines[::2]}) == 3  # one colour, so the dashes tell them apart
    assert "time" in top.get_xlabel() and "marks" in top.get_ylabel()
    assert "step" in bottom.get_xlabel() and "error" in bottom.get_ylabel()


def test_the_anatomy_draws_measured_and_predicted_errors():
    axes = figure_anatomy().axes
    assert "error" in axes[0].get_ylabel()
    assert legend(axes[1]) == ["measured", "truncation", "rounding", "predicted bottom"]
    for ax, method in zip(axes, ("forward", "central"), strict=True):
        assert ax.get_title() == method and "step" in ax.get_xlabel()
        measured, truncation, rounding, star = ax.lines
        assert measured.get_ydata() == pytest.approx([error_of(METHODS[method], s) for s in STEPS])
        for side, line in enumerate((truncation, rounding)):
            assert line.get_ydata() == pytest.approx([predicted_error(method, s)[side] for s in STEPS])
        assert np.ravel(star.get_data()) == pytest.approx(predicted_bottom(method))


def test_the_printed_tables_are_the_errors_and_the_bottoms(capsys, numbers):
    print_smaller()
    header, *lines, last = capsys.readouterr().out.splitlines()
    assert headings(header) == ["step h (hours)", *METHODS]
    for line in lines:
        step, forward, central, imaginary = numbers(line)
        assert ("below" in line) == (step**2 * THIRD / 6 < FLOOR)
        if step >= 1e-3:
            assert forward == pytest.approx(float(forward_difference(exact_curve, 2, step)) - slope_at_two, rel=0.05)
            assert central == pytest.approx(float(central_difference(exact_curve, 2, step)) - slope_at_two, rel=0.05)
            assert imaginary == pytest.approx(-central, rel=0.05)
        assert abs(imaginary) == pytest.approx(max(step**2 * THIRD / 6, FLOOR), rel=0.05)
    assert forward == central == pytest.approx(-slope_at_two, rel=0.01)  # the last step is lost in 2 + h
    assert numbers(last) == [pytest.approx(slope_at_two, abs=1e-5)]
    print_bottoms()
    header, *lines = capsys.readouterr().out.splitlines()
    assert headings(header) == ["right arm", "left arm", "best step (hours)", "smallest error"]
    for row, method in zip(range(0, 4, 2), ("forward", "central"), strict=True):
        predicted, measured = map(numbers, lines[row : row + 2])
        assert predicted == pytest.approx([1 + row / 2, -1, *predicted_bottom(method)], rel=0.05)
        assert measured == pytest.approx([*measured_slopes(method), *measured_bottom(method)], rel=0.05)
        names = [line.split()[:2] for line in lines[row : row + 2]]
        assert names == [[method, "predicted"], [method, "measured"]]
    print_check()
    check = capsys.readouterr().out.splitlines()
    numerical, right, wrong = map(numbers, check)
    hours, _, marks = students()
    exact = 2 * np.var(hours) * (4 - np.polyfit(hours, marks, 1)[0])
    assert numerical[-1] == right[0] == pytest.approx(exact, abs=1e-6) and right[1] == 1e-9
    central = central_difference(lambda w: loss_of_slope(w, hours, marks), 4.0, 1e-5)
    assert relative_difference(central, exact) < 1e-9 and "below 1e-9" in check[1]
    assert wrong[-2:] == [pytest.approx(exact / 2, abs=1e-6), pytest.approx(1 / 2)]
    print_single()
    header, *lines = capsys.readouterr().out.splitlines()
    assert headings(header) == ["step h (hours)", "slope at 2 h (marks per hour)", "typical error"]
    rows = [numbers(line) for line in lines]
    assert [step for step, *_ in rows] == [1, 0.1, 0.01, 1e-4, 1e-6, 1e-8]
    for step, slope, error in rows:
        # The same by mpmath: truncation, and in 24 binary digits rounding of about epsilon times marks over the step.
        wanted = central_difference(exact_curve, mpmath.mpf(2), mpmath.mpf(step))
        assert slope == pytest.approx(float(wanted), abs=2**-23 * HEIGHT / step + 1e-5)
        if step >= 1e-6:
            rounding, truncation = 2**-23 * HEIGHT / step, THIRD / 6 * step**2
            assert truncation / 2 + rounding / 30 < error < 1.5 * truncation + rounding
    lost = np.sqrt(np.mean(np.square([float(curve.diff(x).subs(x, at)) for at in POINTS])))
    assert rows[-1][2] == pytest.approx(lost, abs=0.51)  # the step is lost in every sum
    assert rows[-1][1] == 0 and rows[4][2] == pytest.approx(slope_at_two / 10, rel=0.1)
    print_absolute()
    rows = [line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert [name for name, _ in rows] == ["central difference", "complex step, abs(x)", "complex step, sqrt(x * x)"]
    assert [float(slope) for _, slope in rows] == [1, 0, 1]
    print_parabola()
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [float(row[1]) for row in rows[:-1]] == [1e-9, 1e-5, 0.1, 10]
    assert abs(float(rows[0][2]) - exact) > 1e-7
    assert [float(row[2]) for row in rows[2:]] == pytest.approx([exact] * 3, abs=1e-9)
    print_second()
    *lines, last = capsys.readouterr().out.splitlines()
    errors = dict(map(numbers, lines))
    exact = float(curve.diff(x, 2).subs(x, 2))
    assert errors[0.1] == pytest.approx(abs(float(second_difference(exact_curve, 2, 0.1)) - exact), rel=0.05)
    assert min(errors, key=errors.get) in (1e-3, 1e-4) and errors[1e-6] > errors[1e-5] > errors[1e-4]
    assert "power 1/4:" in last and numbers(last) == [pytest.approx(2.0**-13, rel=0.3)]
    print_richardson()
    header, *lines = capsys.readouterr().out.splitlines()
    assert headings(header) == ["step h (hours)", "central", "extrapolated"]
    rows = [numbers(line) for line in lines]
    for (step, central, extrapolated), (_, finer, finest) in zip(rows, rows[1:], strict=False):
        assert central == pytest.approx(abs(float(central_difference(exact_curve, 2, step)) - slope_at_two), rel=0.05)
        assert central / finer == pytest.approx(4, rel=0.05)
        assert extrapolated / finest == pytest.approx(16, rel=0.05)
