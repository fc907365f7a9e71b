import re
from fractions import Fraction
from functools import cache
from statistics import correlation, fmean, linear_regression, pstdev

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpl_toolkits.mplot3d import Axes3D

from snippets.networks.linear_regression import (
    another_class,
    figure_falling,
    figure_plane,
    figure_residual_plots,
    figure_student,
    fit,
    fit_path,
    gradient,
    loss,
    mean_squared_residual,
    predicted_marks,
    print_far_from_the_data,
    print_fit_path,
    print_left_out,
    print_new_students,
    print_residuals,
    print_sensitivity,
    print_spread,
    print_units_change_weights,
    raw_path,
    residuals,
    students,
    unscaled,
)

HOURS, ATTENDANCE, MARKS = students()
FEATURES, X = (HOURS, ATTENDANCE), np.column_stack([np.ones(40), HOURS, ATTENDANCE])
RHO = correlation(HOURS, ATTENDANCE)
few = st.floats(-10, 10)


def some_class(seed, n=15):
    """Features that go together, in no sensible units, and marks that are no plane."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, n))
    return 3 + 7 * x, 1e3 * (z + 0.5 * x) - 40, np.exp(x) + rng.normal(size=n)


@cache
def exact(seed=None):
    """For a class, in fractions: the products of the columns 1, hours, attendance and marks, and the best weights."""
    data = students() if seed is None else some_class(seed)
    D = np.array([[Fraction(1), *map(Fraction, row)] for row in zip(*data, strict=True)])
    G = D.T @ D
    return G, np.array([Fraction(str(w)) for w in sympy.Matrix(G[:3, :3]).LUsolve(sympy.Matrix(G[:3, 3]))])


def exact_loss(w):
    """The mean-squared error on the 40 students as a quadratic form of the products of the columns."""
    v = np.array([*(Fraction(float(part)) for part in w), -1])
    return float(v @ exact()[0] @ v / 40)


def closed_form(data, best, rate, step):
    """Weights after some steps: the sum of the standardised slopes has the curvature 2 + 2ρ, the difference 2 - 2ρ."""
    deviations, means = np.std(data[:2], axis=1), np.mean(data, axis=1)
    rho, (a, b) = correlation(*data[:2]), best[1:] * deviations
    plus, minus = (a + b) * (1 - (1 - 2 * rate * (1 + rho)) ** step), (a - b) * (1 - (1 - 2 * rate * (1 - rho)) ** step)
    slopes = np.array([plus + minus, plus - minus]) / 2 / deviations
    return np.array([means[2] * (1 - (1 - 2 * rate) ** step) - slopes @ means[:2], *slopes])


def rounded(values, digits):
    """These values as printed, each with its number of decimals; 0.51 of the last one leaves room for a tie."""
    return [pytest.approx(value, abs=0.51 * 10.0**-places) for value, places in zip(values, digits, strict=True)]


def words(line):
    """A printed line with # for each number and single spaces: its names and units."""
    return re.sub(r" +(?=[ ,;:]|$)", "", re.sub(r"-?\d+(\.\d+)?", "#", line)).strip()


def columns(header):
    return re.split(" {3,}", header.strip())


BEST = exact()[1].astype(float)
LEAST = exact_loss(BEST)


@given(arrays(np.float64, 4, elements=few), st.integers(0, 99))
def test_the_gradient_is_the_complex_step_of_the_loss(w, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(7, 4)), rng.normal(size=7)
    slopes = [np.imag(loss(w + 1e-20j * unit, X, y)) / 1e-20 for unit in np.eye(4)]
    assert gradient(w, X, y).shape == (4,) and np.shape(loss(w, X, y)) == ()
    assert gradient(w, X, y) == pytest.approx(np.array(slopes), rel=1e-11, abs=1e-12)


@given(arrays(np.float64, 3, elements=few))
def test_both_losses_are_the_quadratic_form_of_exact_fractions(w):
    assert loss(w, X, MARKS) == pytest.approx(exact_loss(w), rel=1e-11)
    assert mean_squared_residual(w, HOURS, ATTENDANCE, MARKS) == pytest.approx(exact_loss(w), rel=1e-11)
    assert loss(w, X, X @ w) == 0 and not gradient(w, X, X @ w).any()
    with np.errstate(over="ignore"):
        assert loss(w + 1e200, X, MARKS) == np.inf


def test_descent_on_standardised_features_is_least_squares_on_raw_ones():
    assert fit().shape == (3,) and fit() == pytest.approx(BEST, rel=1e-12)
    assert fit() == pytest.approx(np.linalg.lstsq(X, MARKS, rcond=None)[0])
    for seed in range(5):
        assert fit_path(*some_class(seed), steps=600)[-1] == pytest.approx(exact(seed)[1].astype(float), rel=1e-9)


@pytest.mark.parametrize("rate", [0.05, 0.25, 0.5, 0.75, 1.2])
def test_each_step_is_that_of_the_closed_form_in_sum_and_difference(rate):
    for data, best in ((students(), BEST), (some_class(3), exact(3)[1].astype(float))):
        path = fit_path(*data, learning_rate=rate, steps=12)
        assert path.shape == (13, 3) and path[0].tolist() == [0, 0, 0]
        told = [closed_form(data, best, rate, step) for step in range(13)]
        assert path == pytest.approx(np.array(told), rel=1e-9, abs=1e-9)
    assert fit_path(*students(), steps=0).tolist() == [[0, 0, 0]] and len(fit_path(*students())) == 101


def test_the_hessian_of_standardised_features_has_the_told_eigenvalues_and_one_half_is_its_best_rate():
    rho = sympy.symbols("rho")
    H = sympy.Matrix([[2, 0, 0], [0, 2, 2 * rho], [0, 2 * rho, 2]])
    assert H.eigenvals() == {2: 1, 2 - 2 * rho: 1, 2 + 2 * rho: 1}
    Z = np.column_stack([np.ones(40), *((x - fmean(x)) / pstdev(x) for x in FEATURES)])
    bends = np.array([np.imag(gradient(1e-20j * unit, Z, MARKS)) / 1e-20 for unit in np.eye(3)])
    assert bends == pytest.approx(np.array(H.subs(rho, RHO), dtype=float), abs=1e-12)
    factors = [np.linalg.norm(np.eye(3) - rate * bends, 2) for rate in np.arange(101) / 100]
    assert np.argmin(factors) == 50 and min(factors) == pytest.approx(abs(RHO))


def test_features_that_say_the_same_swing_for_ever_at_one_half_and_arrive_at_once_at_a_quarter():
    for rate, told in ((0.5, [0, 2, 0, 2, 0]), (0.25, [0, 1, 1, 1, 1])):
        path = fit_path(HOURS, 10 * HOURS, MARKS, rate, 4)
        slope = linear_regression(HOURS, MARKS).slope
        assert path[:, 1:] @ [1, 10] == pytest.approx(slope * np.array(told), abs=1e-9)
        assert path[:, 1] == pytest.approx(10 * path[:, 2], abs=1e-9)


@pytest.mark.parametrize("same", [0.0, 70.0, 70.3])
def test_a_feature_that_is_the_same_for_all_raises_an_error_that_names_the_ranges(same, numbers):
    constant, one = np.full(40, same), np.ones(1)
    for data in ((constant, ATTENDANCE, MARKS), (HOURS, constant, MARKS), (constant, constant, MARKS), (one, one, one)):
        with pytest.raises(ValueError, match=r"^ranges \[.*\]: a constant feature") as caught:
            fit_path(*data)
        assert numbers(str(caught.value)) == pytest.approx([max(x) - min(x) for x in data[:2]], rel=1e-7)


@given(arrays(np.float64, 5, elements=few), arrays(np.float64, (2, 4), elements=st.floats(0.1, 10)))
def test_unscaled_weights_predict_the_same(w, scales):
    raw = np.random.default_rng(0).normal(size=(6, 4))
    v = unscaled(w, *scales)
    assert v.shape == (5,)
    assert np.c_[np.ones(6), raw] @ v == pytest.approx(np.c_[np.ones(6), (raw - scales[0]) / scales[1]] @ w, abs=1e-9)


@given(st.floats(-140, 140), st.floats(-140, 140))
def test_changed_units_change_weights_and_not_predictions(one, other):
    w = fit_path(HOURS * 10**one, ATTENDANCE * 10**other, MARKS)[-1]
    assert w * [1, 10**one, 10**other] == pytest.approx(BEST, rel=1e-9)
    assert predicted_marks(w, HOURS * 10**one, ATTENDANCE * 10**other) == pytest.approx(X @ BEST)


def test_the_residuals_add_up_to_zero_alone_and_times_each_feature():
    r = residuals()
    assert r.shape == (40,) and r == pytest.approx(X @ BEST - MARKS)
    for column in X.T:
        assert abs(sum(Fraction(a) * Fraction(b) for a, b in zip(r, column, strict=True))) < 1e-9
        assert np.abs(r) @ column > 100


def test_the_printed_means_are_those_of_products_and_not_zero_for_other_residuals(capsys, numbers, monkeypatch):
    monkeypatch.setattr("snippets.networks.linear_regression.residuals", lambda: X[:, 1] - 7)
    print_residuals()
    G = exact()[0] / 40
    told = [float(G[j, 1] - 7 * G[j, 0]) for j in range(3)]
    assert [numbers(line)[-1] for line in capsys.readouterr().out.splitlines()[1:4]] == rounded(told, (3, 3, 3))


def test_after_one_step_each_weight_is_the_slope_of_that_feature_alone():
    for data in (students(), some_class(1)):
        alone = [linear_regression(feature, data[2]).slope for feature in data[:2]]
        assert fit_path(*data, steps=1)[1, 1:] == pytest.approx(alone)
    x, z, y, w = (sympy.IndexedBase(name) for name in "xzyw")
    squares = sum((w[0] + w[1] * x[i] + w[2] * z[i] - y[i]) ** 2 for i in range(3))
    at_zero = sympy.diff(squares, w[1]).subs({w[j]: 0 for j in range(3)})
    assert sympy.expand(at_zero + 2 * sum(x[i] * y[i] for i in range(3))) == 0


@given(arrays(np.float64, 3, elements=few), few, few)
def test_the_derivatives_of_the_prediction_are_the_weights_and_so_are_students_one_hour_apart(w, hours, attendance):
    at = predicted_marks(w, hours, attendance)
    apart = [predicted_marks(w, hours + 1, attendance) - at, predicted_marks(w, hours, attendance + 1) - at]
    assert apart == pytest.approx(w[1:].tolist(), abs=1e-12 * (1 + np.abs(w).sum() * 20))
    assert [predicted_marks([14, 5, 0.27], *at) for at in ((4, 80), (4 + 1.08, 80 - 20))] == pytest.approx([55.6, 55.6])
    assert predicted_marks(w, 0.0, 0.0) == w[0] and predicted_marks(w, np.ones((9, 2)), 1.0).shape == (9, 2)


def test_exercise_four_the_weight_without_attendance_is_exact_in_fractions():
    for seed in (None, 2):
        G, w = exact(seed)
        times = lambda i, j, G=G: G[i, j] - G[0, i] * G[0, j] / G[0, 0]  # products of centred columns
        alone, along = times(1, 3) / times(1, 1), times(1, 2) / times(1, 1)
        assert alone == w[1] + w[2] * along and alone != w[1]


@pytest.mark.parametrize("drawn", [students, lambda n: another_class(5, n)], ids=["students", "another_class"])
def test_many_students_follow_the_rule_and_another_seed_is_another_class(drawn):
    n = 40_000
    hours, attendance, marks = drawn(n)
    w, squares, *_ = np.linalg.lstsq(D := np.c_[np.ones(n), hours, attendance], marks, rcond=None)
    assert np.abs((w - [12, 5, 0.3]) / np.sqrt(25 * np.diag(np.linalg.inv(D.T @ D)))).max() < 4
    assert squares[0] / n == pytest.approx(25, rel=4 * np.sqrt(2 / n))
    for column, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        shares = np.histogram(column, 10, (low, high))[0] / n
        assert shares.sum() == 1 and shares == pytest.approx(np.full(10, 0.1), abs=4 * np.sqrt(0.09 / n))
    assert abs(np.corrcoef(hours, attendance)[0, 1]) < 4 / np.sqrt(n)
    assert np.array_equal(another_class(0), students()) and np.shape(students()) == (3, 40)
    assert np.array_equal(another_class(5, n), another_class(5, n)) and not np.isin(another_class(3), drawn(n)).any()


def test_no_model_beats_the_variance_of_the_noise_in_the_mean():
    h, a, *d = sympy.symbols("h a d:3")
    off = sympy.integrate((d[0] + d[1] * h + d[2] * a) ** 2, (h, 0, 10), (a, 40, 100)) / 600
    assert sympy.hessian(off, d).is_positive_definite  # so only the rule itself has no more than the noise
    for w in (BEST, np.array([12, 5, 0.3]), np.array([56.0, 0, 0]), np.array([15, 5, 0.25])):
        hours, attendance, marks = new = another_class(7, 100_000)
        told = 25 + float(off.subs(dict(zip(d, w - [12, 5, 0.3], strict=True))))
        squares = (np.c_[np.ones(100_000), hours, attendance] @ w - marks) ** 2
        assert mean_squared_residual(w, *new) == pytest.approx(told, abs=4 * squares.std() / 100_000**0.5)


@pytest.mark.parametrize("hours", [6.0, 9.0])
def test_the_bars_add_up_to_the_dot_and_only_the_part_of_the_hours_moves(hours):
    assert figure_student.slider[0] == "hours" and figure_student.slider[1].tolist() == list(range(11))
    left, right = figure_student(hours).axes
    dots, *lines, corner, dot = left.lines
    assert np.array_equal(dots.get_data(), [HOURS, MARKS])
    for line, attendance in zip(lines, (100, 70, 40), strict=True):
        assert line.get_label() == f"attendance {attendance} %" and line.get_xdata().tolist() == [0, 10]
        assert line.get_ydata() == pytest.approx(BEST[0] + BEST[2] * attendance + BEST[1] * np.array([0, 10]))
    assert (left.get_xlabel(), left.get_ylabel(), right.get_xlabel()) == ("hours studied", "marks", "marks")
    answer = float(BEST @ [1, hours, 70])
    assert np.ravel(dot.get_data()) == pytest.approx([hours, answer])
    assert np.array(corner.get_data()).T == pytest.approx(np.array([[hours, 0], [hours, answer], [0, answer]]))
    ends = [0, BEST[0], BEST[0] + BEST[1] * hours, answer]
    for bar, start, end, text in zip(right.patches, ends[:-1], ends[1:], right.texts, strict=True):
        assert (bar.get_x(), bar.get_width()) == pytest.approx((start, end - start))
        assert float(text.get_text()) == pytest.approx(end - start, abs=0.051)
    middles = [bar.get_y() + bar.get_height() / 2 for bar in right.patches]
    assert middles == pytest.approx(right.get_yticks())
    assert [tick.get_text() for tick in right.get_yticklabels()] == ["intercept", "hours", "attendance"]
    assert right.lines[0].get_xdata() == pytest.approx([answer, answer]) and left.get_ylim()[1] > MARKS.max()
    assert words(right.get_title()) == "# marks"
    assert float(right.get_title().split()[0]) == pytest.approx(answer, abs=0.051)


def test_the_sticks_reach_from_the_plane_to_the_students(monkeypatch):
    surfaces, draw = [], Axes3D.plot_surface
    monkeypatch.setattr(Axes3D, "plot_surface", lambda ax, *xyz, **kw: surfaces.append(xyz) or draw(ax, *xyz, **kw))
    ax = figure_plane().axes[0]
    h, a, heights = np.array(surfaces[0])
    assert (h.min(), h.max(), a.min(), a.max()) == (0, 10, 40, 100)
    assert heights == pytest.approx(BEST[0] + BEST[1] * h + BEST[2] * a)
    *sticks, dots = [np.array(line.get_data_3d()) for line in ax.lines]
    assert dots == pytest.approx(np.array(students()))
    for stick, student in zip(sticks, dots.T, strict=True):
        assert stick.T == pytest.approx(np.array([[*student[:2], BEST @ [1, *student[:2]]], student]))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("hours studied", "attendance (%)", "marks")


def test_raw_features_creep_and_standardised_ones_fall_as_the_closed_forms_say():
    _, s, V = np.linalg.svd(X, full_matrices=False)
    factors = 1 - 0.9 * 2 * (s / s[0]) ** 2  # of the parts along the singular directions, at each step
    assert raw_path(300) == pytest.approx(
        BEST - factors ** np.arange(301)[:, None] * (V @ BEST) @ V, rel=1e-6, abs=1e-9
    )
    ax = figure_falling().axes[0]
    raw, standardised = ({int(x): y for x, y in zip(*line.get_data(), strict=True)} for line in ax.lines)
    assert [line.get_label() for line in ax.lines] == ["features raw", "features standardised"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log") and "marks²" in ax.get_ylabel()
    assert min(raw) == min(standardised) == 1 and 13 < max(standardised) <= 30 and max(raw) == 20_000
    for step, excess in raw.items():
        assert excess == pytest.approx(np.sum((s * factors**step * (V @ BEST)) ** 2) / 40, rel=1e-5)
    told = (pstdev(MARKS) ** 2 - LEAST) * RHO ** (2 * np.arange(31))  # each step multiplies by the squared correlation
    assert list(standardised.values()) == pytest.approx(told[list(standardised)], rel=1e-6, abs=1e-11)
    assert told[13] < 1e-6 < told[12]
    assert 4.5 < raw[20_000] < 5.5 and ax.get_ylim()[0] <= 1e-6 and ax.get_ylim()[1] > max(raw.values())


def test_residuals_against_attendance_slope_down_without_it_and_not_at_all_with_it():
    slope, intercept = linear_regression(HOURS, MARKS)
    axes = figure_residual_plots().axes
    for ax, predicted in zip(axes, (intercept + slope * HOURS, X @ BEST), strict=True):
        dots, dashed = ax.lines
        r = predicted - MARKS
        assert np.array(dots.get_data()) == pytest.approx(np.array([ATTENDANCE, r]), abs=1e-9)
        (sticks,) = ax.collections
        for (foot, end), x, y in zip(sticks.get_segments(), ATTENDANCE, r, strict=True):
            assert foot.tolist() == [x, 0] and end == pytest.approx([x, y])
        m, b = linear_regression(ATTENDANCE, r)
        assert dashed.get_xdata().tolist() == [40, 100]
        assert dashed.get_ydata() == pytest.approx([b + 40 * m, b + 100 * m], abs=1e-9)
    assert [ax.get_xlabel() for ax in axes] == 2 * ["attendance (%)"] and axes[0].get_ylabel() == "residual (marks)"
    assert [ax.get_title() for ax in axes] == ["model without attendance", "model with attendance"]
    low, high = axes[0].lines[1].get_ydata()
    assert round(low) == 6 and -7 < high < -6 and axes[1].lines[1].get_ydata() == pytest.approx([0, 0], abs=1e-9)


def test_the_printed_steps_residuals_and_measures_are_right(capsys, numbers):
    print_fit_path()
    header, *lines, best, last = capsys.readouterr().out.splitlines()
    assert columns(header) == ["step", "intercept", "marks per hour", "marks per percent", "loss (marks²)"]
    assert words(last) == "correlation of hours and attendance: #" and numbers(last) == rounded([RHO], [2])
    assert best.split()[0] == "best" and {len(line) for line in (*lines, best)} == {len(header)}
    assert numbers(best) == rounded([*BEST, LEAST], (3, 4, 4, 3))
    for line, step in zip(lines, (0, 1, 2, 5, 10, 20, 100), strict=True):
        w = closed_form(students(), BEST, 0.5, step)
        assert numbers(line) == rounded([step, *w, exact_loss(w)], (0, 3, 4, 4, 3))
        assert (line.split()[1:] == best.split()[1:]) == (step >= 20)
    print_residuals()
    r, (first, *means, last) = X @ BEST - MARKS, capsys.readouterr().out.splitlines()
    assert words(first) == "largest # marks, root of the mean square # marks"
    assert numbers(first) == rounded([max(r.max(), -r.min()), LEAST**0.5], (1, 2))
    for line, name, unit in zip(means, ("1", "hours", "attendance"), ("", " · hours", " · percent"), strict=True):
        assert re.sub(" +", " ", line).replace(" :", ":") == f"mean of residual × {name}: 0.000 marks{unit}"
    assert words(last) == "part of the variance of the marks that the model explains: #%"
    assert numbers(last) == rounded([100 * correlation(MARKS + r, MARKS) ** 2], [1])
    print_sensitivity()
    header, *lines, last = capsys.readouterr().out.splitlines()
    assert columns(header) == ["per unit", "per deviation of the class", "from lowest to highest"]
    names = (("hours", "hour", "h"), ("attendance", "percent", "%"))
    for line, (name, unit, sign), w, x in zip(lines, names, BEST[1:], FEATURES, strict=True):
        assert words(line) == f"{name} # marks per {unit} # marks per # {sign} # marks"
        assert numbers(line) == rounded([w, w * pstdev(x), pstdev(x), w * (max(x) - min(x))], (3, 2, 2, 1))
    assert words(last) == "one hour moves the prediction as much as # percentage points of attendance"
    assert numbers(last) == rounded([BEST[1] / BEST[2]], [1])
    assert np.divide(*map(numbers, lines))[[1, 3]] == pytest.approx([3, 3], abs=0.3)  # "about three times as much"


def test_the_printed_losses_units_and_predictions_are_right(capsys, numbers):
    print_new_students()
    header, *lines = capsys.readouterr().out.splitlines()
    assert columns(header) == ["model", "loss on the 40", "on new students (marks²)"]
    D = np.column_stack([np.ones(100_000), *another_class(1, 100_000)])
    G, models = D.T @ D / 100_000, ([fmean(MARKS), 0, 0], BEST, [12, 5, 0.3])
    for line, name, w in zip(lines, ("mean of the 40", "fit to the 40", "the rule"), models, strict=True):
        v = np.array([*w, -1])
        assert columns(line)[0] == name and len(line) == len(header)
        assert numbers(line)[-2:] == rounded([exact_loss(w), v @ G @ v], (2, 2))
    (*_, fit_40, fit_new), (*_, rule_40, rule_new) = map(numbers, lines[1:])
    assert fit_40 < rule_40 and 25 - 2 * 25 * (2 / 100_000) ** 0.5 < rule_new < 25 < fit_new
    print_units_change_weights()
    units = {("hour", "percent"): (1, 1), ("minute", "percent"): (60, 1), ("hour", "whole"): (1, 0.01)}
    for line, ((time, share), sizes) in zip(capsys.readouterr().out.splitlines(), units.items(), strict=True):
        assert words(line) == f"# marks per {time}, # marks per {share}; # hours and # %: # marks"
        told = [*(BEST[1:] / np.array(sizes)), 6, 70, BEST @ [1, 6, 70]]
        assert numbers(line) == rounded(told, (4, 4, 9, 9, 2))
    print_far_from_the_data()
    lines = capsys.readouterr().out.splitlines()
    rows = [numbers(line) for line in lines]
    assert {words(line) for line in lines} == {"# hours, # %: # marks"}
    asked = [(6, 70), (10, 100), (20, 100), (0, 0)]
    assert rows == [rounded([*at, BEST @ [1, *at]], (9, 9, 1)) for at in asked] and rows[2][2] > 100 > rows[1][2]


def test_the_printed_spread_is_that_of_projections_and_the_left_out_feature_moves_in(capsys, numbers):
    print_spread()
    noise = np.random.default_rng(1).normal(0, 5, (2000, 40))
    header, *lines = capsys.readouterr().out.splitlines()
    assert columns(header) == ["rule", "mean of fits", "deviation", "by formula"]
    names, rules = ("marks", "marks per hour", "marks per percent"), (12, 5, 0.3)
    for j, (line, name, rule) in enumerate(zip(lines, names, rules, strict=True)):
        others = np.delete(X, j, axis=1)
        new = X[:, j] - others @ np.linalg.pinv(others) @ X[:, j]  # what this column has that the others have not
        chances = noise @ new / (new @ new)
        told = [rule, rule + fmean(chances), pstdev(chances), 5 / np.linalg.norm(new)]
        assert columns(line)[0] == name and len(line) == len(header)
        assert numbers(line) == rounded(told, (1, 4, 4, 4))
        _, mean, deviation, formula = numbers(line)
        assert abs(mean - rule) < 4 * formula / 2000**0.5 and deviation == pytest.approx(formula, rel=4 / 4000**0.5)
    print_left_out()
    *told, last = lines = capsys.readouterr().out.splitlines()
    names = [
        "hours alone: # marks per hour",
        "with an hour more come # percentage points of attendance",
        "# + # × # = #",
    ]
    assert [words(line) for line in lines] == names
    alone, along = (linear_regression(HOURS, column).slope for column in (MARKS, ATTENDANCE))
    assert [number for line in told for number in numbers(line)] == rounded([alone, along], (4, 4))
    assert numbers(last) == rounded([BEST[1], BEST[2], along, alone], (4, 4, 4, 4))


def test_the_largest_residual_is_the_largest_in_size(monkeypatch, capsys):
    monkeypatch.setattr("snippets.networks.linear_regression.residuals", lambda: np.tile([1.0, -3.0], 20))
    print_residuals()
    assert capsys.readouterr().out.startswith("largest 3.0 marks, root of the mean square 2.24 marks")
