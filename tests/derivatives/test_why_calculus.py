import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.derivatives.why_calculus import (
    figure_training,
    least_loss,
    mean_guesses,
    mean_squared_miss,
    predict,
    print_nudge,
    print_learning_rates,
    print_train,
    print_tries,
    print_truth,
    slopes,
    slopes_by_nudging,
    standardised,
    steps_needed,
    students,
    train,
)

weights = arrays(np.float64, 2, elements=st.floats(-50, 50))


def columns():
    hours, _, marks = students()
    return np.column_stack([np.ones_like(hours), hours - hours.mean()]), marks


@given(weights, st.floats(0, 10))
def test_the_first_weight_is_the_marks_at_average_hours_and_the_second_the_slope(w, hours):
    average = students()[0].mean()
    assert predict(w, average) == pytest.approx(w[0])
    assert predict(w, hours + 1) - predict(w, hours) == pytest.approx(w[1])


@given(weights)
def test_the_slopes_by_the_rules_are_complex_steps_of_the_loss_and_nudging_finds_them(w):
    X, marks = columns()
    assert mean_squared_miss(w) == pytest.approx(np.sum((X @ w - marks) ** 2) / 40)
    steps = [mean_squared_miss(w + 1e-20j * one).imag / 1e-20 for one in np.eye(2)]
    assert slopes(w) == pytest.approx(steps, rel=1e-11, abs=1e-9)
    assert slopes_by_nudging(w) == pytest.approx(steps, abs=1e-2)


@given(weights)
def test_training_ends_at_least_squares(start):
    X, marks = columns()
    assert train(start, 0.05, 400)[-1] == pytest.approx(np.linalg.lstsq(X, marks, rcond=None)[0], abs=1e-6)


@given(weights, st.floats(0.01, 0.1), st.integers(0, 30))
def test_training_is_the_power_of_a_matrix(start, rate, steps):
    X, marks = columns()
    best = np.linalg.lstsq(X, marks, rcond=None)[0]
    shrink = np.linalg.matrix_power(np.eye(2) - rate * 2 / 40 * X.T @ X, steps)
    path = train(start, rate, steps)
    assert path.shape == (steps + 1, 2)
    assert path[0] == pytest.approx(start) and path[-1] == pytest.approx(best + shrink @ (start - best), abs=1e-8)


def test_guessing_needs_many_times_more_tries_with_each_weight_and_slopes_do_not():
    hours, attendance, marks = students()
    X = np.column_stack([np.ones(40), standardised(hours), standardised(attendance)])
    assert np.mean(X**2, axis=0) == pytest.approx([1, 1, 1]) and np.mean(X[:, 1:], axis=0) == pytest.approx([0, 0])
    for p in (1, 2):
        best = np.linalg.lstsq(X[:, :p], marks, rcond=None)[0]
        least = np.mean((X[:, :p] @ best - marks) ** 2)
        assert least_loss(X[:, :p], marks) == pytest.approx(least)
        # Guess for real: how many of many random weights are good enough?
        drawn = np.random.default_rng(1).uniform(-100, 100, (400_000, p))
        good = np.mean(np.mean((drawn @ X[:, :p].T - marks) ** 2, axis=1) <= 1.1 * least)
        assert mean_guesses(X[:, :p], marks) == pytest.approx(1 / good, rel=4 / np.sqrt(400_000 * good))
    for p in (1, 2, 3):
        best = np.linalg.lstsq(X[:, :p], marks, rcond=None)[0]
        steps = steps_needed(X[:, :p], marks)
        shrink = np.eye(p) - 0.6 / 40 * X[:, :p].T @ X[:, :p]
        ends = [best - np.linalg.matrix_power(shrink, k) @ best for k in (steps - 1, steps)]
        before, after = (np.mean((X[:, :p] @ w - marks) ** 2) for w in ends)
        assert before > 1.1 * least_loss(X[:, :p], marks) >= after


def test_steps_that_lead_nowhere_are_told_of():
    one, marks = np.ones((40, 1)), students()[2]
    # The loss is a parabola of curvature 2: at rate 1 each step lands on the other side, as far off as before.
    with pytest.raises(RuntimeError, match="after 1000 steps") as error:
        steps_needed(one, marks, learning_rate=1.0)
    assert str(error.value).endswith(f"the loss is {np.mean(marks**2):.3g}, and not {1.1 * np.var(marks):.3g}")
    assert steps_needed(one, marks, learning_rate=0.5) == 1


def test_the_good_weights_lie_inside_the_box_of_the_guesses():
    hours, attendance, marks = students()
    X = np.column_stack([np.ones(40), standardised(hours), standardised(attendance)])
    best = np.linalg.lstsq(X, marks, rcond=None)[0]
    widths = np.sqrt(0.1 * least_loss(X, marks) * np.diag(np.linalg.inv(X.T @ X / 40)))
    assert (np.abs(best) + widths < 100).all()


def test_the_fit_beats_the_rule_that_made_the_data_by_fitting_its_noise():
    hours, attendance, marks = students()
    noise = marks - 12 - 5 * hours - 0.3 * attendance
    X = np.column_stack([np.ones(40), hours, attendance])
    # Least squares takes off what the columns explain of the noise, and no more.
    explained = X @ np.linalg.pinv(X) @ noise
    left = np.mean((noise - explained) ** 2)
    assert left < np.mean(noise**2) and left + np.mean(explained**2) == pytest.approx(np.mean(noise**2))


def test_the_exercises_have_the_solutions_that_are_told():
    hours, marks = np.array([2, 4, 6]), np.array([50, 60, 70])
    for line, loss in ((lambda h: 60 + 4 * (h - 4), 8 / 3), (lambda h: 60 + 5 * (h - 4), 0)):
        assert np.mean((line(hours) - marks) ** 2) == pytest.approx(loss)
    w, step = 4.0, 1e-20j
    loss = lambda w: np.mean((60 + w * (hours - 4) - marks) ** 2)
    assert loss(w + step).imag / 1e-20 == pytest.approx(-16 / 3)


@pytest.mark.parametrize("step", figure_training.slider[1])
def test_line_and_loss_are_drawn_at_the_chosen_step(step):
    left, right = figure_training(step).axes
    dots, goal, line = left.lines
    hours, _, marks = students()
    X, _ = columns()
    best = np.linalg.lstsq(X, marks, rcond=None)[0]
    assert np.array(dots.get_data()) == pytest.approx(np.array([hours, marks]))
    for drawn, steps in ((goal, 60), (line, step)):
        w = best - np.linalg.matrix_power(np.eye(2) - 0.1 / 40 * X.T @ X, steps) @ best
        assert np.polyfit(*drawn.get_data(), 1)[0] == pytest.approx(w[1], abs=1e-9)
        assert np.interp(hours.mean(), *drawn.get_data()) == pytest.approx(w[0], abs=1e-9)
    whole, so_far = right.lines
    losses = [np.mean((X @ v - marks) ** 2) for v in train(np.zeros(2), 0.05, 60)]
    assert whole.get_ydata() == pytest.approx(losses) and so_far.get_ydata() == pytest.approx(losses[: step + 1])
    assert list(whole.get_xdata()) == list(range(61)) and list(so_far.get_xdata()) == list(range(step + 1))
    assert right.get_yscale() == "log"
    for drawn in (dots, whole):
        low, high = np.transpose([drawn.axes.get_xlim(), drawn.axes.get_ylim()])
        assert np.all((low < drawn.get_xydata()) & (drawn.get_xydata() < high))
    assert (left.get_xlabel(), left.get_ylabel()) == ("hours studied", "marks")
    assert (right.get_xlabel(), right.get_ylabel()) == ("step", "loss (marks²)")


def test_the_printed_results_are_those_of_linear_algebra(capsys, numbers):
    X, marks = columns()
    best = np.linalg.lstsq(X, marks, rcond=None)[0]
    print_nudge()
    lines = capsys.readouterr().out.splitlines()
    loss, first, second = (numbers(line)[0] for line in lines)
    assert [line.split("marks²")[1] for line in lines] == ["", " per mark", " per (mark per hour)"]
    assert loss == pytest.approx(np.mean(marks**2), abs=0.06)
    assert (first, second) == pytest.approx(tuple(-2 / 40 * X.T @ marks), abs=6e-3)
    print_train()
    head, *rows, last = capsys.readouterr().out.splitlines()
    places = [head.index(name) for name in ("step", "marks at average hours", "marks per hour", "loss (marks²)")]
    assert places == sorted(places) and (numbers(rows[0])[0], numbers(rows[-1])[0]) == (0, 60)
    for step, *w, height in map(numbers, rows):
        shrink = np.linalg.matrix_power(np.eye(2) - 0.1 / 40 * X.T @ X, int(step))
        told = best - shrink @ best
        assert w == pytest.approx(told, abs=6e-3) and height == pytest.approx(
            np.mean((X @ told - marks) ** 2), abs=6e-3
        )
    assert numbers(last) == [6, pytest.approx(told[0] + told[1] * (6 - students()[0].mean()), abs=0.06)]
    print_tries()
    hours, attendance, _ = students()
    Z = np.column_stack([np.ones(40), standardised(hours), standardised(attendance)])
    head, *lines = capsys.readouterr().out.splitlines()
    rows = [numbers(line) for line in lines]
    places = [head.index(name) for name in ("weights", "least loss", "random guesses", "steps")]
    assert places == sorted(places)
    for (p, least, guesses, steps), columns_used in zip(rows, (1, 2, 3), strict=True):
        F = Z[:, :columns_used]
        assert p == columns_used and least == pytest.approx(least_loss(F, marks), abs=0.06)
        assert guesses == round(mean_guesses(F, marks)) and steps == steps_needed(F, marks)
    assert all(
        more[2] > 100 * fewer[2] and more[3] == fewer[3] + 1 for fewer, more in zip(rows, rows[1:], strict=False)
    )
    print_truth()
    lines = capsys.readouterr().out.splitlines()
    true, fitted, together = (numbers(line) for line in lines)
    assert [line.split("  ")[0] for line in lines[:2]] == ["true rule", "best fit"]
    noise = marks - 12 - 5 * hours - 0.3 * attendance
    assert true == pytest.approx([np.mean(noise**2), 12, 5, 0.3], abs=6e-3)
    raw = np.column_stack([np.ones(40), hours, attendance])
    told = [12, 5, 0.3] + np.linalg.pinv(raw) @ noise
    assert fitted == pytest.approx([np.mean((noise - raw @ np.linalg.pinv(raw) @ noise) ** 2), *told], abs=6e-3)
    assert together == [pytest.approx(np.mean(Z[:, 1] * Z[:, 2]), abs=6e-3)]
    print_learning_rates()
    head, *lines = capsys.readouterr().out.splitlines()
    steps = [int(part) for part in head.split()[3::2]]
    assert steps == [0, 2, 4, 8, 20] and len(lines) == 4
    slow, used, twice, fast = (numbers(line)[0] for line in lines)
    # Beyond 2 over the largest curvature each step lands further from the best weights.
    assert (50 * slow, twice) == pytest.approx((used, 2 * used))
    assert twice < 2 / np.linalg.norm(2 / 40 * X.T @ X, 2) < fast < 1.3 * twice
    for rate, *heights in map(numbers, lines):
        shrink = np.eye(2) - 2 * rate / 40 * X.T @ X
        ends = [best - np.linalg.matrix_power(shrink, step) @ best for step in steps]
        assert heights == pytest.approx([np.mean((X @ w - marks) ** 2) for w in ends], abs=0.6)


def test_slopes_by_nudging_look_to_both_sides_so_that_a_long_nudge_of_a_parabola_is_exact():
    for w in np.array([[0.0, 0.0], [40.0, -9.0]]):
        assert slopes_by_nudging(w, nudge=3.0) == pytest.approx(slopes(w), rel=1e-9)


def test_the_good_guesses_fill_an_ellipse_also_where_features_are_stretched_and_lean():
    F, marks = columns()[0] @ np.array([[2.0, 1.0], [0.0, 0.4]]), columns()[1]
    best, least = np.linalg.lstsq(F, marks, rcond=None)[0], least_loss(F, marks)
    drawn = best + np.random.default_rng(0).uniform(-9, 9, (200_000, 2))
    good = np.mean(np.mean((drawn @ F.T - marks) ** 2, axis=1) <= 1.1 * least)
    assert mean_guesses(F, marks) == pytest.approx(200**2 / (good * 18**2), rel=0.03)
