import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.descent.losses_for_classification import (
    entropy,
    figure_grade_probabilities,
    figure_logit_losses,
    figure_weight,
    grade_gradient,
    log_of_shifted_softmax,
    log_softmax,
    log_softmax_naive,
    logistic_curvature,
    logistic_loss,
    logistic_loss_naive,
    logistic_slope,
    mean_logistic_loss,
    pass_or_fail,
    print_accuracy,
    print_confidently_wrong,
    print_entropy,
    print_naive,
    print_passing,
    print_likelihood_product,
    print_temperature,
    print_three_grades,
    probability,
    softmax_loss,
    softmax_loss_gradient,
    softmax_loss_hessian,
    students,
    tempered,
    three_grades,
    train_grades,
)

logits = arrays(np.float64, st.integers(2, 6), elements=st.floats(-1000, 1000))
small_logits = arrays(np.float64, st.integers(2, 6), elements=st.floats(-20, 20))


def exact_loss(z, y):
    """-ln of the probability of the label, from the sigmoid at fifty digits and more."""
    with mpmath.workdps(500):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        return -mpmath.log(p if y else 1 - p)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def surprise(z, y):
    """-ln of the probability of what came true, for logits of moderate size: if it is a failure, that of -z."""
    return -np.log(sigmoid(np.where(y, z, -z)))


def softmax(z):
    return (np.exp(z).T / np.exp(z).sum(axis=-1)).T


@given(st.floats(-1000, 1000), st.sampled_from([0, 1]))
def test_the_logistic_loss_is_minus_the_logarithm_of_the_probability_even_at_a_thousand(z, y):
    assert logistic_loss(z, y) == pytest.approx(float(exact_loss(z, y)), rel=1e-13, abs=1e-300)


@given(st.floats(-700, 700))
def test_the_probability_is_the_sigmoid_and_its_complement_that_of_minus_z(z):
    with mpmath.workdps(50):
        assert probability(z) == pytest.approx(float(1 / (1 + mpmath.exp(-mpmath.mpf(z)))), rel=1e-12)
    assert probability(z) + probability(-z) == pytest.approx(1)


def test_the_probability_does_not_overflow():
    assert [probability(-1e6), probability(0.0), probability(1e6)] == [0, 0.5, 1]


@pytest.mark.counted
@given(st.floats(-15, 15), st.sampled_from([0, 1]))
@pytest.mark.counted
def test_slope_and_curvature_are_derivatives_of_the_logistic_loss(z, y):
    with mpmath.workdps(60):
        slope, curvature = (mpmath.diff(lambda x: exact_loss(x, y), z, order) for order in (1, 2))
    assert logistic_slope(z, y) == pytest.approx(float(slope), rel=1e-9, abs=1e-12)
    assert logistic_curvature(z) == pytest.approx(float(curvature), rel=1e-6, abs=1e-12)
    assert 0 < logistic_curvature(z) <= 0.25
    assert logistic_curvature(np.array([-40.0, 40.0])) == pytest.approx(np.exp(-40), rel=1e-12, abs=0)


@given(st.floats(-30, 30), st.sampled_from([0, 1]))
def test_the_naive_form_is_right_where_it_works(z, y):
    assert logistic_loss_naive(z, y) == pytest.approx(logistic_loss(z, y), rel=1e-2, abs=1e-12)


def test_the_naive_forms_break_and_the_safe_ones_do_not():
    z = np.array([1000.0, 0.0, -1000.0])
    with np.errstate(all="ignore"):
        assert np.isnan(log_softmax_naive(z)[0])
        assert np.isneginf(log_of_shifted_softmax(z)[1:]).all()
        assert np.isinf(logistic_loss_naive(40.0, 0)) and np.isfinite(logistic_loss_naive(36.0, 0))
    assert log_softmax(z).tolist() == [0, -1000, -2000]


@given(logits)
def test_log_softmax_is_finite_and_exact_at_logits_of_a_thousand(z):
    with mpmath.workdps(900):
        exponentials = [mpmath.exp(mpmath.mpf(part)) for part in z]
        exact = [float(mpmath.log(part / mpmath.fsum(exponentials))) for part in exponentials]
    assert log_softmax(z) == pytest.approx(exact, rel=1e-12, abs=1e-12)


@given(logits, st.floats(-500, 500))
def test_adding_a_number_to_all_logits_changes_no_probability(z, shift):
    assert log_softmax(z + shift) == pytest.approx(log_softmax(z), abs=1e-9)
    assert np.exp(log_softmax(z)).sum() == pytest.approx(1)
    both = np.array([z, z + 5000])
    both.setflags(write=False)  # the logits of the caller stay as they are
    assert log_softmax(both) == pytest.approx(np.array([log_softmax(z), log_softmax(z)]), abs=1e-9)


@given(small_logits, st.data())
def test_the_gradient_is_probability_minus_label(z, data):
    label = data.draw(st.integers(0, len(z) - 1))

    def f(*parts):
        return mpmath.log(mpmath.fsum(map(mpmath.exp, parts))) - parts[label]

    with mpmath.workdps(40):
        point = [mpmath.mpf(part) for part in z]
        for k in range(len(z)):
            one = [int(j == k) for j in range(len(z))]
            exact = mpmath.diff(f, point, tuple(one))
            assert softmax_loss_gradient(z, label)[k] == pytest.approx(float(exact), abs=1e-10)
        assert softmax_loss(z, label) == pytest.approx(float(f(*point)), rel=1e-12, abs=1e-12)


@pytest.mark.counted
@given(small_logits)
def test_the_hessian_is_the_jacobian_of_the_gradient_and_positive_semidefinite(z):
    H, h = softmax_loss_hessian(z), 1e-5
    columns = [
        (softmax_loss_gradient(z + d, 0) - softmax_loss_gradient(z - d, 0)) / (2 * h) for d in h * np.eye(len(z))
    ]
    assert H == pytest.approx(np.array(columns).T, abs=1e-9)
    assert np.linalg.eigvalsh(H).min() > -1e-12
    assert H @ np.ones(len(z)) == pytest.approx(np.zeros(len(z)), abs=1e-12)


@given(small_logits, st.data())
def test_the_curvature_along_a_direction_is_a_variance(z, data):
    v = data.draw(arrays(np.float64, len(z), elements=st.floats(-3, 3)))
    p = [float(sympy.N(sympy.exp(part) / sum(map(sympy.exp, z)))) for part in z]
    mean = np.dot(p, v)
    assert v @ softmax_loss_hessian(z) @ v == pytest.approx(np.dot(p, (v - mean) ** 2), abs=1e-9)


def test_exercise_two_softmax_of_two_logits_is_the_sigmoid_of_their_difference():
    a, b = sympy.symbols("a b", real=True)
    softmax = sympy.exp(a) / (sympy.exp(a) + sympy.exp(b))
    assert sympy.simplify(softmax - 1 / (1 + sympy.exp(b - a))) == 0
    assert np.exp(log_softmax(np.array([1.3, -0.4])))[0] == pytest.approx(probability(1.7))


def test_the_loss_is_minus_the_logarithm_of_the_likelihood_per_student():
    x, y = pass_or_fail()
    with mpmath.workdps(50):
        p = [1 / (1 + mpmath.exp(-mpmath.mpf(float(part)) * 1.3)) for part in x]
        likelihood = mpmath.fprod(part if label else 1 - part for part, label in zip(p, y, strict=True))
        assert mean_logistic_loss(1.3) == pytest.approx(float(-mpmath.log(likelihood) / 40), rel=1e-13)


def test_labels_say_who_has_sixty_marks_and_which_grade():
    hours, _, marks = students()
    x, y = pass_or_fail()
    X, labels = three_grades()
    assert x == pytest.approx(hours - 5) and X == pytest.approx(np.column_stack([np.ones(40), hours - 5]))
    assert marks[y == 1].min() >= 60 > marks[y == 0].max()
    assert [int((labels == k).sum()) for k in range(3)] == [
        (marks < 50).sum(),
        ((marks >= 50) & (marks < 70)).sum(),
        (marks >= 70).sum(),
    ]
    assert marks[labels == 0].max() < 50 <= marks[labels == 1].min() and marks[labels == 2].min() >= 70


@pytest.mark.counted
def test_the_gradient_of_the_grades_is_the_slope_of_their_mean_loss():
    X, labels = three_grades()
    W, h = np.random.default_rng(1).normal(size=(2, 3)), 1e-6

    def mean_loss(W):
        return np.mean([softmax_loss(row @ W, label) for row, label in zip(X, labels, strict=True)])

    for i, k in np.ndindex(2, 3):
        step = np.zeros((2, 3))
        step[i, k] = h
        quotient = (mean_loss(W + step) - mean_loss(W - step)) / (2 * h)
        assert grade_gradient(W, X, labels)[i, k] == pytest.approx(quotient, abs=1e-7)
    trained = train_grades()
    assert grade_gradient(trained, X, labels) == pytest.approx(np.zeros((2, 3)), abs=1e-9)
    pulls = [X[labels == k].sum(axis=0) - X.sum(axis=0) / 3 for k in range(3)]
    assert train_grades(1) == pytest.approx(0.5 * np.array(pulls).T / 40)
    assert mean_loss(trained) < mean_loss(np.zeros((2, 3))) / 2
    assert trained.sum(axis=1) == pytest.approx([0, 0], abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5).filter(lambda p: sum(p) > 0.1))
def test_the_entropy_is_that_of_the_definition_and_largest_for_equal_shares(p):
    p = np.array(p) / sum(p)
    exact = mpmath.fsum(-mpmath.mpf(part) * mpmath.log(part) for part in p if part > 0)
    assert entropy(p) == pytest.approx(float(exact), abs=1e-12)
    assert entropy(p) <= np.log(len(p)) + 1e-12


def test_the_least_loss_of_a_constant_is_the_entropy():
    _, y = pass_or_fail()
    share = y.mean()
    constants = [np.mean(logistic_loss(z, y)) for z in np.linspace(-5, 5, 2001)]
    assert entropy([share, 1 - share]) == pytest.approx(min(constants), abs=1e-6)
    assert str(entropy([1.0, 0.0])) == "0.0"
    assert entropy(np.eye(3) / 2 + 1 / 6) == pytest.approx(np.full(3, np.log(3 / 2) * 2 / 3 + np.log(6) / 3))


@given(small_logits)
def test_temperature_keeps_the_order_and_leads_from_certainty_to_equal_shares(z):
    largest = np.flatnonzero(z == z.max())
    assert tempered(z, 1e6) == pytest.approx(np.full(len(z), 1 / len(z)), abs=1e-4)
    assert tempered(z, 1.0) == pytest.approx(np.exp(log_softmax(z)))
    others = np.delete(z, largest)
    if len(largest) == 1 and z.max() - others.max() > 0.1:
        assert tempered(z, 1e-3)[largest[0]] == pytest.approx(1)
    assert np.all(np.diff(tempered(z, 3.0)[np.argsort(z)]) >= 0)


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: entropy([0.5, 0.6]), ValueError("no probabilities")),
        (lambda: entropy([1.5, -0.5]), ValueError("no probabilities")),
        (lambda: entropy(np.eye(2) / 2), ValueError("no probabilities")),
        (lambda: tempered(np.zeros(2), 0.0), ValueError("must be positive")),
        (lambda: tempered(np.zeros(2), -1.0), ValueError("must be positive")),
        (lambda: softmax_loss(np.zeros(3), 3), IndexError("label 3: there are 3 classes")),
        (lambda: softmax_loss(np.zeros(3), -1), IndexError("label -1: there are 3 classes")),
    ],
)
def test_impossible_settings_are_refused(call, error):
    with pytest.raises(type(error), match=str(error)):
        call()


def test_exercise_one_by_hand():
    z = sympy.log(3)
    p = sympy.simplify(1 / (1 + sympy.exp(-z)))
    assert p == sympy.Rational(3, 4)
    assert probability(float(z)) == pytest.approx(0.75)
    assert [logistic_loss(0.0, 1), logistic_loss(float(z), 1)] == pytest.approx([np.log(2), float(sympy.log(4) - z)])
    assert [logistic_slope(0.0, 1), logistic_slope(float(z), 1)] == pytest.approx([-0.5, -0.25])


def test_the_drawn_slopes_are_the_derivatives_of_the_losses_that_the_legend_names():
    z = sympy.Symbol("z")
    p = 1 / (1 + sympy.exp(-z))
    told = {
        "cross-entropy, label 1 (nats)": -sympy.log(p),
        "cross-entropy, label 0 (nats)": -sympy.log(1 - p),
        "squared error of p, label 1 (no unit)": (p - 1) ** 2,
    }
    top, bottom = figure_logit_losses().axes
    assert [text.get_text() for text in top.get_legend().get_texts()] == list(told)
    slopes = {line.get_linestyle(): line for line in bottom.lines}
    assert len(slopes) == len(bottom.lines) == 3
    for line in top.lines:
        f = told.pop(line.get_label())
        for ax, drawn, exact in ((top, line, f), (bottom, slopes.pop(line.get_linestyle()), sympy.diff(f, z))):
            at, height = drawn.get_data()
            assert height == pytest.approx(sympy.lambdify(z, exact)(at))
            assert (at[0], at[-1]) == ax.get_xlim() and ax.viewLim.y0 < height.min() < height.max() < ax.viewLim.y1
    assert not told


@pytest.mark.parametrize("weight", [-0.2, 1.0, 3.8])
def test_the_lines_lead_from_the_students_to_the_sigmoid_and_the_dot_lies_in_the_valley(weight):
    hours, _, marks = students()
    passed = marks >= 60
    left, right = figure_weight(weight).axes
    curve, dots, crosses = left.lines
    assert curve.get_ydata() == pytest.approx(sigmoid(weight * (curve.get_xdata() - 5)))
    for artist, marker, height, who in ((dots, "o", 1, passed), (crosses, "X", 0, ~passed)):
        assert artist.get_marker() == marker and set(artist.get_ydata()) == {height}
        assert artist.get_xdata() == pytest.approx(hours[who])
    (lines,) = left.collections
    ends = np.array(lines.get_segments())
    assert ends[:, :, 0] == pytest.approx(np.column_stack([hours, hours]))
    assert ends[:, :, 1] == pytest.approx(np.column_stack([passed, sigmoid(weight * (hours - 5))]))
    valley, dot = right.lines
    assert dot.get_xdata() == [weight]
    for line in (valley, dot):
        weights, losses = line.get_data()
        assert losses == pytest.approx([np.mean(surprise(w * (hours - 5), passed)) for w in weights])
    assert right.viewLim.contains(*np.ravel(dot.get_data()))
    assert all(left.viewLim.contains(*end) for end in ends.reshape(-1, 2))


def test_the_three_curves_are_the_softmax_and_the_markers_below_are_the_students():
    hours, _, marks = students()
    offset, slope = train_grades()
    names = {"below 50 marks": marks < 50, "50 to 70": (marks >= 50) & (marks < 70), "70 or more": marks >= 70}
    (ax,) = figure_grade_probabilities().axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(names)
    curves, rows = ax.lines[::2], ax.lines[1::2]
    for k, (curve, row, (name, who)) in enumerate(zip(curves, rows, names.items(), strict=True)):
        at = curve.get_xdata()
        assert curve.get_label() == name and (at[0], at[-1]) == ax.get_xlim()
        assert curve.get_ydata() == pytest.approx(softmax(offset + np.outer(at - 5, slope))[:, k])
        assert row.get_xdata() == pytest.approx(hours[who])
        assert ax.get_ylim()[0] < min(row.get_ydata()) == max(row.get_ydata()) < 0
    assert len({row.get_ydata()[0] for row in rows}) == len({row.get_marker() for row in rows}) == 3
    assert len({curve.get_linestyle() for curve in curves}) == 3


def test_the_printed_losses_are_those_of_the_printed_probabilities(capsys, numbers):
    hours, _, marks = students()
    print_passing()
    *lines, last = capsys.readouterr().out.replace(";", "").splitlines()
    for studied, chances, losses in zip((2, 5, 8), lines[::2], lines[1::2], strict=True):
        p = float(sigmoid(studied - 5))
        assert numbers(chances) == pytest.approx([studied, studied - 5, p], abs=6e-4)
        assert numbers(losses) == pytest.approx([-np.log(p), -np.log(1 - p)], abs=6e-4)
    mean = np.mean(surprise(hours - 5, marks >= 60))
    assert numbers(last) == pytest.approx([40, mean, 0, np.log(2)], abs=6e-5)
    print_likelihood_product()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [4, 40, 400, 4000]
    for n, product, loss in rows:
        hours, _, marks = students(int(n))
        p = [1 / (1 + mpmath.exp(5 - h if m >= 60 else h - 5)) for h, m in zip(hours, marks, strict=True)]
        likelihood = mpmath.fprod(p)
        assert likelihood > 0 and product == pytest.approx(float(likelihood), rel=5e-3, abs=0)
        assert loss == pytest.approx(float(-mpmath.log(likelihood) / n), abs=6e-5)


def test_the_printed_grades_are_probabilities_of_the_softmax(capsys, numbers):
    hours, _, marks = students()
    offset, slope = train_grades()
    print_three_grades()
    *lines, last = capsys.readouterr().out.splitlines()
    for studied, line in zip((2, 6, 9), lines, strict=True):
        below, middle, above = softmax(offset + slope * (studied - 5))
        assert numbers(line) == pytest.approx([studied, 50, below, 50, 70, middle, 70, above], abs=6e-4)
    p = softmax(offset + np.outer(hours - 5, slope))
    losses = [-np.log(row[int(mark >= 50) + int(mark >= 70)]) for row, mark in zip(p, marks, strict=True)]
    assert numbers(last.replace(";", "")) == pytest.approx([np.mean(losses), np.log(3), 3], abs=6e-5)


def test_three_ways_to_one_logarithm_are_printed_and_only_one_survives(capsys):
    print_naive()
    *lines, wrong, right = capsys.readouterr().out.splitlines()
    names, rows = zip(*(line.strip(" ]").split("[") for line in lines), strict=True)
    assert [name.strip() for name in names] == 2 * ["logits", "naive", "shifted, then ln", "log_softmax"]
    harmless, large = np.reshape([[float(part) for part in row.split()] for row in rows], (2, 4, 3))
    assert harmless[0].tolist() == [2, 1, 0] and large[0].tolist() == [1000, 0, -1000]
    assert harmless[1:] == pytest.approx(np.log(softmax(harmless[:1].repeat(3, axis=0))), abs=6e-5)
    broken = [[np.nan, -np.inf, -np.inf], [0, -np.inf, -np.inf]]
    assert large[1:] == pytest.approx(np.array([*broken, large[0] - 1000]), nan_ok=True)
    assert wrong == f"logit 40, label 0: naive inf, safe {float(exact_loss(40, 0)):.0f}"
    assert right == f"logit 40, label 1: naive nan, safe {float(exact_loss(40, 1)):.3g}"


def test_the_squared_error_gets_away_late_from_a_start_that_is_sure_and_wrong(capsys, numbers):
    hours, _, marks = students()
    w, x, y = sympy.symbols("w x y")
    p = 1 / (1 + sympy.exp(-w * x))
    weights = []
    for f, rate in ((-y * sympy.log(p) - (1 - y) * sympy.log(1 - p), 0.2), ((p - y) ** 2, 0.2), ((p - y) ** 2, 2)):
        slope = sympy.lambdify((w, x, y), sympy.diff(f, w))
        path = [-4.0]
        for _ in range(2000):
            path.append(path[-1] - rate * np.mean(slope(path[-1], hours - 5, 1.0 * (marks >= 60))))
        weights.append(path)
    print_confidently_wrong()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0] for row in rows] == [0, 1, 5, 20, 100, 200, 1000, 2000]
    for step, *told in rows:
        assert told == pytest.approx([path[int(step)] for path in weights], abs=6e-4)
    assert rows[3][1] > 0 > rows[6][2] and rows[4][3] < 0  # as the page says: 20 steps, a thousand, a hundred


def test_the_printed_accuracies_entropy_and_temperatures(capsys, numbers):
    hours, _, marks = students()
    passed = marks >= 60
    right = np.mean((hours > 5) == passed)
    print_accuracy()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == [0.1, 1, 10]
    for weight, percent, loss in rows:
        assert percent == pytest.approx(100 * right, abs=0.06)
        assert loss == pytest.approx(np.mean(surprise(weight * (hours - 5), passed)), abs=6e-5)
    print_entropy()
    share = np.mean(passed)
    least = -np.log(share**share * (1 - share) ** (1 - share))
    assert numbers(capsys.readouterr().out) == pytest.approx([100 * share, least, least], abs=2e-4)
    print_temperature()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == [0.1, 1, 3, 100]
    for temperature, *p in rows:
        assert p == pytest.approx(softmax(np.array([2, 1, 0]) / temperature), abs=6e-4)


def test_marks_are_linear_in_hours_and_attendance_up_to_noise():
    hours, attendance, marks = students(40_000)
    X = np.column_stack([np.ones_like(hours), hours, attendance])
    weights, squares, *_ = np.linalg.lstsq(X, marks, rcond=None)
    assert weights == pytest.approx([12, 5, 0.3], rel=0.03)
    assert np.sqrt(squares / 40_000) == pytest.approx(5, rel=0.03)
    for column, low, high in ((hours, 0, 10), (attendance, 40, 100)):
        assert low <= column.min() < column.max() <= high
        assert [column.mean(), column.std()] == pytest.approx([(low + high) / 2, (high - low) / 12**0.5], rel=0.03)
    assert [column.shape for column in students()] == 3 * [(40,)]
