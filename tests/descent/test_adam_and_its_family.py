from fractions import Fraction
from functools import partial

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snippets.descent.adam_and_its_family import (
    adagrad,
    adam,
    adamw,
    every_method,
    figure_every_method,
    momentum,
    print_adam_rates,
    print_bias,
    print_decay,
    print_epsilon,
    print_every_method,
    print_first_step,
    raw_hours,
    rmsprop,
    student_slope,
)
from tests.descent.test_momentum import (
    PROBLEMS,
    STEPS,
    above_the_least,
    assert_valley,
    by_powers,
    curvatures,
    least,
    students_exactly,
    walk_exactly,
)


def adagrad_of(w, slope, memory, k, rate):
    memory = [*memory, slope]
    return w - rate * slope / (mpmath.sqrt(mpmath.fsum(g**2 for g in memory)) + mpmath.mpf(1e-8)), memory


def weighted(values, beta):
    """A running mean from zero, as the sum it is."""
    return mpmath.fsum((1 - beta) * beta ** (len(values) - 1 - j) * value for j, value in enumerate(values))


def rmsprop_of(w, slope, memory, k, rate):
    memory = [*memory, slope]
    s = weighted([g**2 for g in memory], mpmath.mpf(0.9))
    return w - rate * slope / (mpmath.sqrt(s) + mpmath.mpf(1e-8)), memory


def adam_of(w, slope, memory, k, rate, decay=0.0):
    memory, one, two = [*memory, slope], mpmath.mpf(0.9), mpmath.mpf(0.999)
    m = weighted(memory, one) / (1 - one**k)
    s = weighted([g**2 for g in memory], two) / (1 - two**k)
    return w - rate * m / (mpmath.sqrt(s) + mpmath.mpf(1e-8)) - rate * mpmath.mpf(decay) * w, memory


def adamw_of(*arguments):
    return adam_of(*arguments, decay=0.25)


METHODS = {
    "adagrad": (lambda slope, w, rate: adagrad(slope, w, rate, STEPS), adagrad_of),
    "rmsprop": (lambda slope, w, rate: rmsprop(slope, w, rate, STEPS), rmsprop_of),
    "adam": (lambda slope, w, rate: adam(slope, w, rate, STEPS), adam_of),
    "adamw": (lambda slope, w, rate: adamw(slope, w, rate, STEPS, decay=0.25), adamw_of),
}


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", METHODS)
def test_each_step_is_that_of_fifty_digits_to_the_last_digits_of_float64(method, problem):
    slope, exactly, start, rate = PROBLEMS[problem]
    walk, step_of = METHODS[method]
    path = walk(slope, np.array(start), rate)
    assert path.shape == (STEPS + 1, 2) and path[0].tolist() == start
    exact = walk_exactly(step_of, exactly, start, rate, STEPS)
    digits = 64 if "adam" in method else 8  # Adam divides by 1 - 0.999^k, whose first digits have cancelled
    assert np.all(np.abs(path - exact) <= digits * np.spacing(np.abs(exact)))


@given(arrays(np.float64, 3, elements=st.floats(-1e4, 1e4).filter(lambda g: abs(g) > 1e-3)), st.floats(1e-3, 10))
def test_the_first_step_of_adam_is_the_learning_rate_times_the_sign(slopes, rate):
    step = adam(lambda w: slopes, np.zeros(3), rate, 1)[1]
    assert step == pytest.approx(-rate * np.sign(slopes), rel=2e-5)
    with mpmath.workdps(30):
        exact = [-rate * g / (abs(g) + mpmath.mpf(1e-8)) for g in map(mpmath.mpf, slopes)]
    assert step == pytest.approx([float(part) for part in exact], rel=1e-13)


@given(st.floats(0.01, 100))
def test_the_path_of_adam_does_not_depend_on_the_scale_of_the_loss_and_that_of_momentum_does(scale):
    start = np.array([2.0, 1.0])
    scaled = lambda w: scale * student_slope(w)
    assert adam(scaled, start, 0.1, 20) == pytest.approx(adam(student_slope, start, 0.1, 20), rel=1e-5)
    assert adagrad(scaled, start, 0.1, 20) == pytest.approx(adagrad(student_slope, start, 0.1, 20), rel=1e-5)
    assert momentum(scaled, start, 0.001, 0.5, 20) == pytest.approx(
        momentum(student_slope, start, 0.001 * scale, 0.5, 20)
    )


def test_adagrad_steps_get_shorter_for_ever_and_those_of_rmsprop_do_not():
    steady = lambda w: np.array([3.0])
    for method, expected in (
        (adagrad, 1 / np.sqrt(np.arange(1, 51))),
        (rmsprop, 1 / np.sqrt(1 - 0.9 ** np.arange(1, 51))),
    ):
        assert -np.diff(method(steady, np.zeros(1), 1.0, 50)[:, 0]) == pytest.approx(expected, rel=1e-6)


def test_weight_decay_of_adamw_is_the_same_for_all_weights_and_a_penalty_in_adam_is_not():
    flat = lambda w: np.zeros(2)
    w = adamw(flat, np.array([1.0, -3.0]), 0.1, 30, decay=0.5)[-1]
    assert w == pytest.approx(np.array([1.0, -3.0]) * (1 - 0.05) ** 30)
    ends = []
    for penalty in (0.0, 0.01):
        signs = iter([1.0, -1.0] * 2000)
        slope = lambda w, signs=signs, c=penalty: next(signs) * np.array([100.0, 1.0]) + c * w
        ends.append(adam(slope, np.ones(2), 0.0001, 4000)[-1])
    # A step of decay is the rate times 0.01 w over the size of the slopes, 100 or 1.
    assert ends[0] - ends[1] == pytest.approx(0.0001 * 0.01 * 4000 / np.array([100, 1]), rel=0.05)


def test_with_a_steady_slope_adam_keeps_its_rate():
    steady = lambda w: np.array([2.0])
    assert -np.diff(adam(steady, np.zeros(1), 0.1, 50)[:, 0]) == pytest.approx(np.full(50, 0.1), rel=1e-6)


def test_a_thousand_times_the_loss_changes_the_way_of_adamw_as_little_as_that_of_adam():
    start, louder = np.array([2.0, 1.0]), lambda w: 1000 * student_slope(w)
    for method in (adam, adamw):
        assert method(louder, start, 0.1, 30) == pytest.approx(method(student_slope, start, 0.1, 30), rel=1e-6)
    penalised = lambda scale: lambda w: scale * student_slope(w) + 0.5 * w
    apart = adam(penalised(1), start, 0.1, 30) - adam(penalised(1000), start, 0.1, 30)
    assert np.abs(apart[-1]).max() > 1e-4


def test_every_method_starts_at_zero_and_gets_nearer_than_descent():
    X, y = raw_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    excess = {name: np.mean((X @ (path[-1] - best)) ** 2) for name, path in every_method().items()}
    assert len(excess) == 8
    assert all(path.shape == (61, 2) and path[0].tolist() == [0, 0] for path in every_method().values())
    assert all(height <= next(iter(excess.values())) for height in excess.values())


def adam_again(slope, w, rate, steps, decay=0.0):
    """Adam without a correction: both means are those of the slopes so far, and move towards each new one."""
    path, mean, square = [w], np.zeros_like(w), np.zeros_like(w)
    for k in range(1, steps + 1):
        g = slope(w, k)
        mean = mean + (g - mean) * 0.1 / (1 - 0.9**k)
        square = square + (g * g - square) * 0.001 / (1 - 0.999**k)
        w = (1 - rate * decay) * w - rate * mean / (np.sqrt(square) + 1e-8)
        path.append(w)
    return np.array(path)


def test_every_panel_and_every_printed_line_is_the_method_that_its_name_says(capsys, numbers):
    safe = 1 / curvatures()[0][0]
    tells = {
        "descent": lambda: by_powers(safe, 0, 60),
        "momentum": lambda beta: by_powers(safe, beta, 60),
        "Nesterov": lambda beta: by_powers(safe, beta, 60, ahead=True),
        "AdaGrad": adagrad_of,
        "RMSProp": rmsprop_of,
        "Adam": adam_of,
        "AdamW": lambda *state, decay: adam_of(*state, decay=decay),
    }
    fig = figure_every_method()
    assert fig.get_supxlabel().startswith("intercept") and fig.get_supylabel().startswith("slope")
    print_every_method()
    names = []
    for ax, line in zip(fig.axes, capsys.readouterr().out.splitlines(), strict=True):
        title = ax.get_title()
        name = title.split(",")[0]
        rate, *more = numbers(title)
        if name in ("descent", "momentum", "Nesterov"):
            assert rate == pytest.approx(safe, abs=5e-5)
            exact = tells[name](*more)
        else:
            step_of = partial(tells[name], decay=more[0]) if more else tells[name]
            exact = walk_exactly(step_of, students_exactly, [0, 0], rate, 60)
        assert_valley(ax)
        assert np.transpose(ax.lines[2].get_data()) == pytest.approx(exact, rel=1e-9, abs=1e-9)
        assert line.startswith(title) and numbers(line)[-1] == pytest.approx(above_the_least(exact)[-1], abs=6e-4)
        names.append(name)
    assert set(names) == set(tells)


def test_the_printed_first_steps_are_those_of_fractions_and_triangles(capsys, numbers):
    print_first_step()
    slopes, (rate, *descent), (same, *signs) = (numbers(line) for line in capsys.readouterr().out.splitlines())
    assert slopes == [1000, 1, -0.001] and rate == same
    tiny = Fraction(1, 10**8)
    assert descent == pytest.approx([-rate * g for g in slopes])
    assert signs == pytest.approx([float(-rate * Fraction(g) / (abs(Fraction(g)) + tiny)) for g in slopes], abs=1e-6)
    print_epsilon()
    _, *rows = capsys.readouterr().out.splitlines()
    for g, outside, inside in map(numbers, rows):
        assert outside == pytest.approx(float(-Fraction(g) / (Fraction(g) + tiny)), abs=6e-5)
        # In a triangle with the legs g and 1e-4, the root of epsilon: minus the sine of the angle across from g.
        assert inside == pytest.approx(-np.sin(np.arctan2(g, 1e-4)), abs=6e-5)
    assert len(rows) == 4
    print_bias()
    _, *rows, last = capsys.readouterr().out.splitlines()
    assert [int(numbers(row)[0]) for row in rows] == [1, 2, 10, 30]
    for step, plain, corrected in map(numbers, rows):
        assert plain == pytest.approx(float(5 * (1 - Fraction(9, 10) ** int(step))), abs=6e-5) and corrected == 5
    assert numbers(last) == pytest.approx([np.sqrt(10)], abs=6e-4)


def test_a_tenth_of_the_rate_costs_adam_ten_times_the_steps(capsys, numbers):
    print_adam_rates()
    header, *rows = (numbers(line) for line in capsys.readouterr().out.splitlines())
    steps, rates = [int(step) for step in header], np.array([row[0] for row in rows])
    assert rates[1:] == pytest.approx(10 * rates[:-1])
    H, best = raw_hours()[0].T @ raw_hours()[0] / 20, least()
    path = adam_again(lambda w, k: (w - best) @ H, np.zeros((len(rows), 2)), rates[:, None], max(steps))
    for i, (_, *printed) in enumerate(rows):
        exact = above_the_least(path[steps, i])
        # Once it has arrived, rounding alone decides how near: what is printed then is a bound.
        assert printed == pytest.approx(np.maximum(exact, 1e-12), rel=6e-4)
    slowest, next_to_it, *_ = rows
    assert slowest[2:4] == pytest.approx(next_to_it[1:3], rel=0.01)


def test_the_printed_decay_is_that_of_means_that_need_no_correction(capsys, numbers):
    print_decay()
    free, (penalty, *penalised), (decay, *decayed) = (numbers(line) for line in capsys.readouterr().out.splitlines())
    signs = np.array([100.0, 1.0])
    slope = lambda w, k: -((-1) ** k) * signs + np.array([[2 * penalty], [0]]) * w
    left = adam_again(slope, np.ones((2, 2)), 0.01, 20_000, decay=np.array([[0], [decay]]))[-1]
    assert [penalised, decayed] == [pytest.approx(row, abs=6e-4) for row in left]
    steady = adam_again(lambda w, k: -((-1) ** k) * signs + 0 * w, np.ones((1, 2)), 0.01, 20_000)[-1]
    assert free == pytest.approx(steady[0], abs=6e-4)
    assert decay == 2 * penalty and decayed == pytest.approx(np.full(2, np.exp(-0.01 * decay * 20_000)), rel=0.03)
