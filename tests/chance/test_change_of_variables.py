import math
import statistics

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import scipy.stats
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.chance.change_of_variables import (
    START,
    class_of,
    density_of_marks,
    descend,
    figure_flow,
    figure_normal,
    figure_bands,
    fit_flow,
    flow,
    hours_for,
    learning_curve,
    learning_curve_slope,
    print_bands,
    print_surprises,
    print_collapse,
    print_bells,
    print_peaks,
    print_sampled,
    sampled,
    surprise,
    surprise_gradient,
    two_normals,
    two_normals_jacobian,
)

x, y = sympy.symbols("x y", positive=True)
MARKS = 90 - 60 * sympy.exp(-x / 4)
BELOW = sympy.solve(sympy.Eq(MARKS, y), x)[0] / 10  # the share of students with less than y marks
DENSITY = sympy.lambdify(y, BELOW.diff(y), "math")
weights = arrays(np.float64, 5, elements=st.floats(-1.5, 1.5))
uniform = arrays(np.float64, 2, elements=st.floats(0.01, 0.99))


def other_flow(w, y):
    """The flow and its slope, the latter by differentiation with another library."""
    z = lambda y: w[0] + anp.exp(w[1]) * y + anp.exp(w[2]) * anp.log(1 + anp.exp(anp.exp(w[3]) * (y - w[4])))
    return z(y), autograd.elementwise_grad(z)(y)


@given(st.floats(0, 10))
def test_the_density_of_the_marks_is_the_derivative_of_the_share_below(hours):
    marks = learning_curve(hours)
    assert density_of_marks(hours) == pytest.approx(DENSITY(marks))
    assert density_of_marks(hours) == pytest.approx(0.4 / (90 - marks))
    assert hours_for(marks) == pytest.approx(hours, abs=1e-9)


def test_the_density_of_the_marks_has_the_area_one():
    highest = MARKS.subs(x, 10)
    assert sympy.simplify(sympy.integrate(sympy.Rational(4, 10) / (90 - y), (y, 30, highest)) - 1) == 0


def test_the_slope_of_the_curve_is_that_of_sympy():
    assert learning_curve_slope(3.0) == pytest.approx(float(MARKS.diff(x).subs(x, 3)))
    assert learning_curve(3.0) == pytest.approx(float(MARKS.subs(x, 3)))


@pytest.mark.parametrize("marks", [29.9, 90.0, [40.0, 95.0]])
def test_marks_that_the_curve_never_gives_are_refused(marks):
    with pytest.raises(ValueError, match="starts at 30 and stays below 90"):
        hours_for(np.array(marks))


@given(uniform)
def test_the_jacobian_of_the_two_normals_is_that_of_complex_steps(u):
    columns = [two_normals(u + 1e-20j * unit).imag / 1e-20 for unit in np.eye(2)]
    assert two_normals_jacobian(u) == pytest.approx(np.stack(columns, axis=1), rel=1e-9, abs=1e-9)


@given(uniform)
def test_one_over_the_determinant_is_the_product_of_two_bells(u):
    z = two_normals(u)
    product = scipy.stats.norm.pdf(z[0]) * scipy.stats.norm.pdf(z[1])
    assert 1 / abs(np.linalg.det(two_normals_jacobian(u))) == pytest.approx(product) == pytest.approx(u[0] / (2 * np.pi))


def test_what_comes_out_is_normal_and_independent():
    z = two_normals(1 - np.random.default_rng(5).random((2, 20_000)))
    for part in z:
        assert scipy.stats.kstest(part, "norm").pvalue > 0.01
    for first, second in (z, abs(z), z**2):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


@given(weights, st.lists(st.floats(-3, 3), min_size=1, max_size=8))
def test_the_flow_rises_and_its_slope_is_its_derivative(w, places):
    at = np.array(places)
    z, slope = flow(w, at)
    exact, derivative = other_flow(w, at)
    assert z == pytest.approx(exact) and slope == pytest.approx(derivative) and np.all(slope > 0)
    assert z.shape == slope.shape == at.shape


@given(weights)
def test_the_density_of_a_flow_has_the_area_one(w):
    """Between two places it is the share of a normal distribution between their images."""
    at = np.linspace(-3, 3, 4001)
    z, slope = flow(w, at)
    area = np.trapezoid(scipy.stats.norm.pdf(z) * slope, at)
    assert area == pytest.approx(scipy.stats.norm.cdf(z[-1]) - scipy.stats.norm.cdf(z[0]), abs=1e-4)


def test_far_to_the_left_the_slope_is_b_and_far_to_the_right_b_and_c_k():
    w = np.array([0.3, math.log(0.5), math.log(2), math.log(3), 0.1])
    assert flow(w, np.array([-40.0, 40.0]))[1] == pytest.approx([0.5, 0.5 + 2 * 3])
    assert flow(w, np.array([-1000.0, 1000.0]))[0] == pytest.approx([0.3 - 500, 0.3 + 500 + 2 * 3 * 999.9])


@given(weights, st.lists(st.floats(-3, 3), min_size=1, max_size=8))
def test_the_surprise_is_minus_the_logarithm_of_the_density_and_has_this_gradient(w, places):
    at = np.array(places)

    def other(w):
        z, slope = other_flow(w, at)
        return anp.mean(z**2 / 2 + 0.5 * math.log(2 * math.pi) - anp.log(slope))

    z, slope = other_flow(w, at)
    assert surprise(w, at) == pytest.approx(-np.mean(scipy.stats.norm.logpdf(z) + np.log(slope)))

    def by_hand(w):  # the slope written out, since one library differentiates it once
        b, c, d = anp.exp(w[1]), anp.exp(w[2]), anp.exp(w[3])
        bend = d * (at - w[4])
        z = w[0] + b * at + c * anp.log(1 + anp.exp(bend))
        return anp.mean(z**2 / 2 - anp.log(b + c * d / (1 + anp.exp(-bend))))

    assert surprise_gradient(w, at) == pytest.approx(autograd.grad(by_hand)(w), rel=1e-7, abs=1e-9)


def test_descent_fits_the_flow_and_ends_where_the_gradient_is_small():
    marks = class_of(400, 0)
    path = fit_flow(marks)
    at = (marks - marks.mean()) / marks.std()
    losses = [surprise(w, at) for w in path]
    assert path.shape == (1001, 5) and path[0].tolist() == START.tolist()
    assert np.all(np.diff(losses) < 0) and np.linalg.norm(surprise_gradient(path[-1], at)) < 0.01
    w = START
    for _ in range(3):
        w = w - 0.1 * surprise_gradient(w, at)
    assert path[3] == pytest.approx(w) and fit_flow(marks, 3)[-1] == pytest.approx(w)
    assert descend(lambda w: w, np.ones(1), 0.5, 2).tolist() == [[1], [0.5], [0.25]]


def test_z_is_nearly_normal_after_the_fit_and_the_marks_are_not():
    marks = class_of(400, 0)
    at = (marks - marks.mean()) / marks.std()
    z = flow(fit_flow(marks)[-1], at)[0]
    assert scipy.stats.kstest(at, "norm").pvalue < 0.001 < 0.05 < scipy.stats.kstest(z, "norm").pvalue


@given(weights, st.lists(st.floats(-3, 3), min_size=1, max_size=8))
def test_sampling_undoes_the_flow(w, places):
    at = np.array(places)
    assert sampled(w, flow(w, at)[0]) == pytest.approx(at, abs=1e-9)


def test_what_no_mark_could_give_is_refused():
    with pytest.raises(ValueError, match="out of reach"):
        sampled(START, np.array([0.0, 1e6]))
    with pytest.raises(ValueError, match="out of reach"):
        sampled(START, np.array([-1e6, 0.0]))


def test_the_class_has_the_marks_that_are_said():
    marks = class_of(100_000, 3)
    assert marks.shape == (100_000,)
    mean = float(sympy.integrate(MARKS, (x, 0, 10)) / 10)
    variance = float(sympy.integrate(MARKS**2, (x, 0, 10)) / 10) - mean**2 + 3**2
    assert [marks.mean(), marks.var()] == pytest.approx([mean, variance], rel=0.01)
    assert marks.max() > 90 and not np.array_equal(class_of(5, 0), class_of(5, 1))


def test_exercises_one_and_two_by_algebra():
    assert sympy.simplify(sympy.sqrt(y).diff(y) - 1 / (2 * sympy.sqrt(y))) == 0  # the share of x² below y is sqrt(y)
    assert sympy.integrate(1 / (2 * sympy.sqrt(y)), (y, 0, 1)) == 1
    share = ((5 + y) - (5 - y)) / 10  # of hours nearer to 5 than y
    assert share.diff(y) == sympy.Rational(1, 5)


# What is printed and drawn


def test_the_printed_bands_are_the_shares_of_hours(capsys, numbers):
    print_bands()
    whole = 0
    for line, (low, high) in zip(capsys.readouterr().out.splitlines()[1:], ((30, 45), (45, 60), (60, 75), (75, 85)), strict=True):
        assert line.startswith(f"{low}-{high}")
        area, counted, forgotten = numbers(line.removeprefix(f"{low}-{high}"))
        exact = float(BELOW.subs(y, high) - BELOW.subs(y, low))
        assert area == pytest.approx(exact, abs=6e-4) and counted == pytest.approx(exact, abs=1.6e-3)
        assert forgotten == (high - low) / 10
        whole += area
    assert whole == pytest.approx(1, abs=0.02)


def test_the_printed_normals_are_those_of_scipy(capsys, numbers):
    print_bells()
    _, *rows, last = capsys.readouterr().out.splitlines()
    assert len(rows) == 3
    for u1, u2, z1, z2, by_det, bells in map(numbers, rows):
        z = math.sqrt(-2 * math.log(u1)) * np.exp(2j * np.pi * u2)
        assert [z1, z2] == pytest.approx([z.real, z.imag], abs=6e-4)
        assert by_det == bells == pytest.approx(scipy.stats.norm.pdf(z.real) * scipy.stats.norm.pdf(z.imag), abs=6e-7)
    told = numbers(last)
    assert told == [0, 1, pytest.approx(100 * (2 * scipy.stats.norm.cdf(1) - 1), abs=0.15), 1, 0]


def true_density(marks):
    """The density of the marks with noise: the mean of normal densities over the hours, by another rule."""
    hours = np.linspace(0, 10, 401)
    return np.trapezoid(scipy.stats.norm.pdf(np.reshape(marks, (-1, 1)), 90 - 60 * np.exp(-hours / 4), 3), hours) / 10


def test_the_printed_surprises_are_those_of_scipy_and_the_flow_spares_five_sixths(capsys, numbers):
    print_surprises()
    marks, new = class_of(400, 0), class_of(20_000, 1)
    w, scale = fit_flow(marks)[-1], marks.std()

    def of_flow(m):
        z, slope = other_flow(w, (m - marks.mean()) / scale)
        return -np.mean(scipy.stats.norm.logpdf(z) + np.log(slope / scale))

    normal = scipy.stats.norm(marks.mean(), scale)
    every = (
        ("a normal distribution", lambda m: -np.mean(normal.logpdf(m))),
        ("the flow", of_flow),
        ("the true density", lambda m: -np.mean([np.log(true_density(part)).mean() for part in np.split(m, 50)])),
    )
    rows = []
    for line, (name, of) in zip(capsys.readouterr().out.splitlines()[1:], every, strict=True):
        assert line.startswith(name)
        rows.append(numbers(line))
        assert rows[-1] == pytest.approx([of(marks), of(new)], abs=1.1e-3)
    (_, plain), (own, bent), (floor, truth) = rows
    assert plain - truth == pytest.approx(0.2, abs=0.02)
    assert (plain - bent) / (plain - truth) == pytest.approx(5 / 6, abs=0.03) and own - floor < bent - truth


def test_without_the_factor_the_spread_shrinks_to_nothing_and_with_it_to_one(capsys, numbers):
    print_collapse()
    rows = [numbers(line.replace("z²", "")) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [0, 10, 30, 100]
    for step, forgotten, loss, spread, whole in rows:
        right = 0.5
        for _ in range(int(step)):
            right += 0.1 * (1 / right - right)
        assert forgotten == pytest.approx(0.5 * 0.9**step, abs=6e-7) and spread == pytest.approx(right, abs=6e-7)
        assert [loss, whole] == pytest.approx([forgotten**2 / 2, right**2 / 2 - math.log(right)], abs=6e-3)


def test_the_peaks_are_those_of_the_lognormal_distribution(capsys, numbers):
    print_peaks()
    of_logarithm, of_number = [numbers(line)[-1] for line in capsys.readouterr().out.splitlines()]
    density = sympy.exp(-(sympy.log(x) ** 2) / 2)
    assert of_logarithm == pytest.approx(float(sympy.solve(density.diff(x), x)[0]), abs=6e-3)
    assert of_number == pytest.approx(float(sympy.solve((density / x).diff(x), x)[0]), abs=6e-3)


def test_the_invented_class_is_like_the_class(capsys, numbers):
    print_sampled()
    head, *rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert head == [5, 25, 50, 75, 95]
    marks = class_of(400, 0)
    exact = [statistics.quantiles(marks, n=20, method="inclusive")[k - 1] for k in (1, 5, 10, 15, 19)]
    assert rows[0] == pytest.approx(exact, abs=0.06)
    z = np.quantile(np.random.default_rng(0).normal(size=100_000), [0.05, 0.25, 0.5, 0.75, 0.95])  # a rising map keeps quantiles
    images = marks.mean() + marks.std() * np.array(
        [float(at) for at in sampled(fit_flow(marks)[-1], z)]
    )
    assert rows[1] == pytest.approx(images, abs=0.06) and rows[1] == pytest.approx(rows[0], abs=2)


@pytest.mark.parametrize("hours", [0.0, 4.0, 9.0])
def test_the_shaded_areas_below_and_at_the_right_are_both_a_tenth(hours, numbers):
    curve, of_marks, of_hours = figure_bands(hours).axes
    (line,) = curve.lines
    assert line.get_ydata() == pytest.approx([float(MARKS.subs(x, at)) for at in line.get_xdata()])
    assert list(of_hours.lines[0].get_ydata()) == [0.1, 0.1]
    density, marks = of_marks.lines[0].get_data()
    assert density == pytest.approx(0.4 / (90 - np.array(marks)))

    def area(ax):
        (shade,) = ax.collections
        px, py = shade.get_paths()[0].vertices.T
        return abs(np.sum(px[:-1] * py[1:] - px[1:] * py[:-1])) / 2

    assert area(of_hours) == pytest.approx(0.1) and area(of_marks) == pytest.approx(0.1, rel=1e-3)
    low, high = (float(MARKS.subs(x, at)) for at in (hours, hours + 1))
    assert numbers(of_marks.get_title()) == pytest.approx([high - low], abs=6e-3)
    below, beside = (part.get_paths()[0].get_extents() for part in curve.collections)
    assert (below.x0, below.x1) == (hours, hours + 1) and (beside.y0, beside.y1) == pytest.approx((low, high))
    for ax in (curve, of_marks):
        assert ax.get_ylim()[0] < 30 and ax.get_ylim()[1] > float(MARKS.subs(x, 10))
    assert of_marks.get_xlim()[1] > max(density)


@pytest.mark.parametrize("ring", [1, 3, 8])
def test_the_shaded_cell_and_its_image_hold_one_in_sixty_four(ring):
    left, right = figure_normal(ring).axes
    cell, piece = (ax.patches[0].get_xy() for ax in (left, right))
    width, height = np.ptp(cell, axis=0)
    assert (width, height) == pytest.approx((1 / 8, 1 / 8), abs=2e-4)
    assert cell.min(axis=0) == pytest.approx([(8 - ring) / 8, 0], abs=2e-4)
    z = two_normals(1 - np.random.default_rng(2).random((2, 200_000)))
    radius, angle = np.hypot(*z), np.arctan2(z[1], z[0]) % (2 * np.pi)
    bounds = np.hypot(*piece.T)
    inside = (radius >= bounds.min()) & (radius <= bounds.max()) & (angle <= np.arctan2(piece[:, 1], piece[:, 0]).max())
    assert np.mean(inside) == pytest.approx(1 / 64, rel=0.05)
    rings = [line for line in right.lines if np.ptp(np.hypot(*line.get_data())) < 1e-9]
    assert sorted(float(np.hypot(*line.get_data())[0]) for line in rings) == pytest.approx(
        [math.sqrt(-2 * math.log(k / 8)) for k in range(7, 0, -1)]
    )
    rays = {round(math.degrees(math.atan2(*reversed([part[0] for part in line.get_data()])))) % 360 for line in right.lines if line not in rings}
    assert rays == set(range(0, 360, 45))
    assert len(left.lines) == 18 and left.get_xlim() == (0, 1) == left.get_ylim()


@pytest.mark.parametrize("steps", [0, 30])
def test_the_drawn_density_is_that_of_the_flow_after_so_many_steps(steps, numbers):
    left, right = figure_flow(steps).axes
    marks = class_of(400, 0)
    w, scale = fit_flow(marks, steps)[-1], marks.std()
    dots, line = left.lines
    assert dots.get_xdata() == pytest.approx(marks)
    for part in (dots, line):
        at = (np.array(part.get_xdata()) - marks.mean()) / scale
        assert part.get_ydata() == pytest.approx(other_flow(w, at)[0])
    normal, of_flow = right.lines
    assert normal.get_ydata() == pytest.approx(scipy.stats.norm.pdf(normal.get_xdata(), marks.mean(), scale))
    z, slope = other_flow(w, (np.array(of_flow.get_xdata()) - marks.mean()) / scale)
    assert of_flow.get_ydata() == pytest.approx(scipy.stats.norm.pdf(z) * slope / scale)
    assert sum(bar.get_height() * bar.get_width() for bar in right.patches) == pytest.approx(1)
    for bar in right.patches:
        inside = np.mean((marks >= bar.get_x()) & (marks < bar.get_x() + bar.get_width()))
        assert bar.get_height() * bar.get_width() == pytest.approx(inside, abs=1e-9)
    z, slope = other_flow(w, (marks - marks.mean()) / scale)
    assert numbers(right.get_title()) == pytest.approx([-np.mean(scipy.stats.norm.logpdf(z) + np.log(slope / scale))], abs=6e-4)
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["normal", "flow"]
    assert max(of_flow.get_ydata()) < right.get_ylim()[1] and left.get_xlim() == right.get_xlim()
