import functools
import inspect
import math
import statistics
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.descent import comparing_methods
from snippets.descent.comparing_methods import (
    RATES,
    TUNED,
    adam,
    adamw,
    backtrack,
    cost_of_a_step,
    excess,
    few_students,
    figure_race,
    figure_tuning,
    least_squares,
    loss,
    momentum,
    nesterov,
    newton_step,
    print_both_tuned,
    print_decays,
    print_dip,
    print_elsewhere,
    print_entries,
    print_fresh,
    print_memory,
    print_untuned,
    raw_hours,
    slope_of,
    steps_to_stay,
    students,
    tune,
    tune_few_students,
)

WALKS = {name: walk for name, (walk, _) in TUNED.items()} | {
    "momentum": functools.partial(momentum, beta=0.9),
    "Nesterov": functools.partial(nesterov, beta=0.9),
    "AdamW": functools.partial(adamw, decay=0.001),
}
# Multiplications for each weight: rate; beta v; where Nesterov looks; squares, means, roots, corrections and decay.
OWN_WORK = dict(zip(WALKS, (1, 2, 3, 3, 5, 9, 10), strict=True))
TRIED = 10 ** (np.arange(61) / 10 - 4)


@pytest.fixture(scope="module", autouse=True)
def each_stochastic_walk_is_walked_once():
    """Four tables and figures report on the same walks, whose numbers one test compares with walks of its own."""
    walk, walked = few_students, {}

    def once(X, y, seeds, rates, steps=2000):
        same = tuple(np.asarray(part).tobytes() for part in (X, y, seeds, rates, steps))
        if same not in walked:
            walked[same] = walk(X, y, seeds, rates, steps)
        return walked[same]

    with pytest.MonkeyPatch.context() as patch:
        for module in (comparing_methods, sys.modules[__name__]):
            patch.setattr(module, "few_students", once)
        yield


def arrivals(heights):
    """The step after the last one above 1: for heights (steps + 1, runs, rates), the median over the runs.

    A walk of a thousand steps has room to spare: its last ten are at most a tenth.
    """
    steps, late = np.arange(1, len(heights) + 1)[:, None, None], ~(heights[-10:] <= 0.1).all(axis=0)
    arrived = np.where(heights <= 1, 0.0, steps).max(axis=0)
    arrived[(arrived == len(heights)) | (late if len(heights) == 1001 else False)] = np.inf
    return np.median(arrived, axis=0)


def searched(X, y):
    """Losses along 400 steps of the line search from zero, and the tries of each step."""
    w, t, losses, tries = np.zeros(2), 0.5, [np.mean(y**2)], []
    for _ in range(400):
        s = X.T @ (X @ w - y) / 20
        if not s.any():  # at the lowest point
            break
        # Along s the loss is a parabola, which falls by a share 1 - t / (2 lowest) of what its tangent promises.
        lowest = 20 * (s @ s) / np.sum((X @ s) ** 2)
        halvings = max(0, math.ceil(math.log2(2 * t / (2 * (1 - 0.1) * lowest))))
        t = 2 * t / 2**halvings
        tries.append(1 + halvings)
        w = w - t * s
        losses.append(np.mean((X @ w - y) ** 2))
    return np.array(losses), tries


@functools.cache
def told(standardise=False):
    """Heights (steps + 1, runs, rates) of all methods above the floor, whose shape is the Hessian; the tries."""
    hours, _, y = students()
    x = (hours - statistics.mean(hours)) / statistics.pstdev(hours) if standardise else hours
    X = np.vander(x, 2, increasing=True)
    best, H, heights = np.linalg.lstsq(X, y, rcond=None)[0], X.T @ X / 20, {}
    with np.errstate(over="ignore", invalid="ignore"):
        for name, walk in WALKS.items():
            # With (w - best) @ H the slope could be exactly zero, by luck, where RMSProp swings.
            path = walk(lambda w: (w @ X.T - y) @ X / 20, np.zeros((61, 2)), learning_rate=TRIED[:, None], steps=1000)
            heights[name] = np.sum((path - best) @ H * (path - best), axis=-1)[:, None] / 2
    for steps in (2000, 500):
        heights[f"SGD over {steps}"] = few_students(X, y, range(20), TRIED, steps)
    losses, tries = searched(X, y)
    heights["backtracking"] = (losses - np.mean((X @ best - y) ** 2))[:, None, None]
    heights["Newton"] = np.array([best @ H @ best / 2, 0])[:, None, None]
    return heights, tries


@given(st.lists(st.floats(0, 10), min_size=2, max_size=30), st.floats(0.1, 9))
def test_who_stays_is_below_the_goal_from_there_on_and_above_it_just_before(heights, goal):
    steps = steps_to_stay(np.array(heights), goal)
    if steps == np.inf:
        assert heights[-1] > goal
    else:
        steps = int(steps)
        assert all(height <= goal for height in heights[steps:]) and (steps == 0 or heights[steps - 1] > goal)


def test_a_dip_does_not_count_and_what_is_no_number_has_not_arrived():
    assert steps_to_stay(np.array([9.0, 0.5, 3.0, 0.4, 0.2]), 1.0) == 3
    assert (
        steps_to_stay(np.array([9.0, 0.5, np.nan]), 1.0) == steps_to_stay(np.array([9.0, 0.1, np.inf]), 1.0) == np.inf
    )
    assert steps_to_stay(np.array([0.5, 1.0]), 1.0) == 0


def test_the_excess_is_the_loss_above_the_least():
    X, y = raw_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    path = np.array([[0.0, 0.0], [30.0, 5.0], [-4.0, 12.0]])
    told = [np.mean((X @ w - y) ** 2) - np.mean((X @ best - y) ** 2) for w in path]
    assert excess(path, X, y) == pytest.approx(told)


@pytest.mark.parametrize("name", TUNED)
def test_all_rates_at_once_walk_as_each_alone(name):
    X, y = raw_hours()
    walk, counts = TUNED[name][0], tune(TUNED[name][0], X, y, 1.0, steps=400)
    for i in (5, 24, 30, 44, 58):
        with np.errstate(over="ignore", invalid="ignore"):
            heights = excess(walk(slope_of(X, y), np.zeros(2), RATES[i], 400), X, y)
        assert counts[i] == (steps_to_stay(heights, 1.0) if all(h <= 0.1 for h in heights[-10:]) else np.inf)


def test_a_walk_that_swings_close_to_the_goal_does_not_count():
    X, y = raw_hours()
    best = np.linalg.lstsq(X, y, rcond=None)[0]

    def walk(slope, start, rates, steps):
        away = np.zeros((steps + 1, 61))
        away[0], away[1::2, :3], away[2::2, :3] = 9, [0.09, 0.11, 0.99], [0.02, 0.02, 0]
        away[-10, 3] = away[-11, 4] = 0.5
        return best + np.sqrt(away)[..., None] * [1, 0]

    assert list(tune(walk, X, y, 1.0)) == [1, np.inf, np.inf, np.inf, *[1] * 57]


def test_the_rates_are_ten_for_each_power_of_ten():
    assert len(RATES) == 61 and RATES[0] == pytest.approx(1e-4) and RATES[-1] == pytest.approx(1e2)
    assert np.diff(np.log10(RATES)) == pytest.approx(np.full(60, 0.1))


def test_descent_diverges_right_beyond_its_best_rate_and_needs_what_its_eigenvalues_say():
    X, y = raw_hours()
    eigenvalues, vectors = np.linalg.eigh(X.T @ X / 20)
    counts = tune(TUNED["descent"][0], X, y, 1.0)
    best = counts.argmin()
    assert RATES[best] < 2 / eigenvalues[1] < RATES[best + 1] and np.isinf(counts[best + 1])
    distance = vectors.T @ np.linalg.lstsq(X, y, rcond=None)[0]
    heights = [np.sum(eigenvalues * ((1 - RATES[best] * eigenvalues) ** k * distance) ** 2) / 2 for k in range(400)]
    assert counts[best] == 1 + max(k for k in range(400) if heights[k] > 1)


@pytest.mark.parametrize("seed", [3, 9])
def test_few_students_walk_as_one_rate_alone_and_on_a_cosine(seed):
    X, y = raw_hours()
    heights = few_students(X, y, [3, 9], RATES[[10, 15]], steps=30)
    order, w = np.random.default_rng(seed), np.zeros(2)
    for k, row in enumerate(order.permuted(np.tile(np.arange(40), (30, 1)), axis=1)):
        batch = row[:4]
        residual = X[batch] @ w - y[batch]
        w = w - RATES[15] * np.cos(np.pi * k / 60) ** 2 * residual @ X[batch] / 2
    assert heights[-1, [3, 9].index(seed), 1] == pytest.approx(excess(w, X, y))
    assert heights.shape == (31, 2, 2)


def test_the_steps_of_few_students_are_the_median_of_twenty_runs():
    X, y = raw_hours()
    counts = tune_few_students(X, y, 1.0, 800)
    best = counts.argmin()
    runs = [float(steps_to_stay(few_students(X, y, [seed], RATES[[best]], 800)[:, 0, 0], 1.0)) for seed in range(20)]
    assert counts[best] == statistics.median(runs) < np.inf
    assert np.isinf(counts[-1])


def test_a_step_costs_a_gradient_and_little_for_each_weight():
    X, y = raw_hours()
    costs = {name: cost_of_a_step(walk, X, y) for name, (walk, _) in TUNED.items()}
    own = {name: cost - 2 * X.size for name, cost in costs.items()}  # X w, and X' times the residuals
    assert {name: work / 2 - 1 for name, work in own.items()} == OWN_WORK  # and 2/n times that


def test_what_is_kept_are_variables_of_the_methods():
    for name, (_, kept) in TUNED.items():
        function = getattr(comparing_methods, {"descent": "descend", "Nesterov": "nesterov"}.get(name, name.lower()))
        source = inspect.getsource(function)
        assert kept[0] == "w" and all(f"{part} = {part}" in source or f"{part} = beta" in source for part in kept)
        carried = [part for part in "vms" if f"{part} = beta" in source or f"{part} = {part} +" in source]
        assert kept[1:] == carried


def test_newton_arrives_at_once():
    X, y = raw_hours()
    w = newton_step(np.array([3.0, -1.0]), X, y)
    assert w == pytest.approx(np.linalg.lstsq(X, y, rcond=None)[0]) and least_squares(X, y) == pytest.approx(w)
    slope = [np.imag(loss(np.array([3.0, -1.0]) + 1e-20j * unit, X, y)) / 1e-20 for unit in np.eye(2)]
    assert slope_of(X, y)(np.array([3.0, -1.0])) == pytest.approx(np.array(slope))
    rows = np.array([[1.0, 2.0], [-3.0, 0.5]])
    assert slope_of(X, y)(rows) == pytest.approx(np.array([slope_of(X, y)(row) for row in rows]))


def test_the_printed_table_is_the_best_of_each_with_work_counted_from_shapes(capsys, numbers):
    (heights, tries), n, p = told(), 40, 2
    print_entries()
    condition, head, *lines = capsys.readouterr().out.splitlines()
    singular = np.linalg.svd(raw_hours()[0])[1]
    assert numbers(condition) == pytest.approx([(singular[0] / singular[1]) ** 2], abs=0.06)
    assert head.split() == ["method", "rate", "steps", "multiplications", "a", "step", "in", "all", "held"]
    for line, (name, h) in zip(lines, heights.items(), strict=True):
        counts = arrivals(h)
        steps, a_gradient, a_loss = counts.min(), 2 * n * p + p, n * p + n + 1
        rate = [TRIED[counts.argmin()]] if len(counts) > 1 else []
        work = steps * (a_gradient + p * OWN_WORK.get(name, 1))
        if name.startswith("SGD"):
            steps = np.median(fresh_arrivals(int(name.split()[-1]), counts.argmin()))
            work = steps * (2 * 4 * p + p + p)
        if name == "backtracking":  # a step: the slope's square too; a try: its point, its loss and its bound
            work = steps * (a_gradient + a_loss + 2 * p) + sum(tries[: int(steps)]) * (p + a_loss + 1)
        if name == "Newton":  # the products X'X, X w and X' of that; elimination: one row, and back
            work = n * p * (p + 2) + 3 + 3
        held = p * len(TUNED[name][1]) if name in TUNED else {"Newton": p + p * p, "backtracking": p + 1}.get(name, p)
        assert line.startswith(name)
        *shown_rate, shown_steps, a_step, in_all, shown_held = numbers(line.removeprefix(name))
        assert shown_rate == pytest.approx(rate, abs=6e-5)
        assert shown_steps == round(steps) and abs(in_all - work) <= 0.5
        assert abs(a_step - work / steps) <= 0.5 and shown_held == held


def fresh_arrivals(length, best, standardise=False):
    """When runs with the 40 seeds after those of the tuning stay below the goal, by the definition."""
    hours, _, y = students()
    x = (hours - statistics.mean(hours)) / statistics.pstdev(hours) if standardise else hours
    X, arrived = np.vander(x, 2, increasing=True), []
    runs = few_students(X, y, range(20, 60), TRIED[[best]], length)[..., 0]
    for seed in range(40):
        above = np.flatnonzero(~(runs[:, seed] <= 1))
        arrived.append(np.inf if above[-1] == length else above[-1] + 1)
    return np.array(arrived)


def test_the_stochastic_runs_are_reported_on_seeds_that_did_not_choose_their_rate(capsys, numbers):
    X, y = raw_hours()
    print_fresh()
    for line, length in zip(capsys.readouterr().out.splitlines()[1:], (2000, 500), strict=True):
        tuned = tune_few_students(X, y, 1.0, length)
        fresh = fresh_arrivals(length, tuned.argmin())
        told = [length, TRIED[tuned.argmin()], tuned.min(), np.median(fresh), 100 * np.mean(fresh == np.inf)]
        assert numbers(line) == pytest.approx(told, abs=0.6)
    assert 0 < np.mean(fresh == np.inf) < 0.2 and np.isfinite(tuned.min())  # a median does not see it
    assert (few_students(X, y, range(20), TRIED[[tuned.argmin()]], 500)[-1] > 1).any()


def test_the_race_draws_everyone_at_the_best_rate_and_lifts_one_out():
    runs = {name: h[:, 0, arrivals(h).argmin()] for name, h in told()[0].items() if name != "RMSProp"}
    for length in (2000, 500):  # a seed that the tuning has not seen
        best = arrivals(told()[0][f"SGD over {length}"]).argmin()
        runs[f"SGD over {length}"] = few_students(*raw_hours(), [20], TRIED[[best]], length)[:, 0, 0]
    for ax, name in zip(figure_race().axes, runs, strict=True):
        *lines, goal = ax.lines
        assert ax.get_title() == name and list(goal.get_ydata()) == [1, 1]
        assert [line.get_linewidth() > 1 for line in lines] == [other == name for other in runs]
        for line, (other, heights) in zip(lines, runs.items(), strict=True):
            step, drawn = line.get_data()
            assert (step[0], step[-1]) == (1, len(heights)) and np.max(step[1:] / step[:-1]) <= 2
            assert drawn == pytest.approx(np.maximum(heights[step - 1], 1e-4), rel=1e-5)
        assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log") and ax.get_xlim() == (1, 2000)
        assert ax.get_ylim()[0] < 1 and ax.get_ylim()[1] > runs[name][0]


def test_the_panels_of_the_tuning_show_all_rates_that_arrive_and_a_star_on_the_best():
    for ax, (name, heights) in zip(figure_tuning().axes, list(told()[0].items())[:8], strict=True):
        dots, star = ax.lines
        counts = arrivals(heights)
        there = counts < np.inf
        rates, steps = np.array(dots.get_data())
        assert np.sum(steps > 0) == there.sum()
        rates, steps = rates[there], steps[there]
        assert ax.get_title() == name and (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
        assert rates == pytest.approx(TRIED[there])
        assert steps == pytest.approx(counts[there])
        best = steps.argmin()
        assert np.ravel(star.get_data()) == pytest.approx([rates[best], steps[best]])
        assert ax.get_xlim() == pytest.approx((TRIED[0], TRIED[-1]))
        assert ax.get_ylim()[0] < counts.min() and ax.get_ylim()[1] > max(counts[there])


def test_the_printed_steps_elsewhere_and_without_tuning_are_those_of_the_walks(capsys, numbers):
    print_untuned()
    head, *lines = capsys.readouterr().out.splitlines()
    assert numbers(head) == [0.01, 1, 10]
    for line, name in zip(lines, WALKS, strict=True):
        counts = arrivals(told()[0][name])[[20, 40, 50]]
        assert line.split() == [name, *("never" if count == np.inf else str(int(count)) for count in counts)]
    print_elsewhere()
    for line, (name, heights) in zip(capsys.readouterr().out.splitlines(), told(True)[0].items(), strict=True):
        counts = arrivals(heights)
        shown = [TRIED[counts.argmin()], round(counts.min())] if counts.min() < np.inf else []
        if name.startswith("SGD"):
            shown[1] = round(np.median(fresh_arrivals(int(name.split()[-1]), counts.argmin(), standardise=True)))
        assert line.startswith(name) and ("never" in line) == (not shown)
        assert numbers(line.removeprefix(name)) == pytest.approx(shown[len(counts) == 1 :], rel=1e-3, abs=6e-5)


def test_the_printed_memory_is_eight_bytes_a_number(capsys, numbers):
    print_memory()
    *rows, newton = capsys.readouterr().out.splitlines()
    for row, (name, (_, kept)) in zip(rows, TUNED.items(), strict=True):
        assert row.split()[0] == name and numbers(row) == pytest.approx([len(kept) * 8 * 1e6 / 1e9])
    assert newton.startswith("Newton") and numbers(newton) == pytest.approx([8 * (1e6 + 1e6**2) / 1e9], abs=5e-4, rel=0)


def test_the_printed_betas_are_those_of_the_recurrence_of_each_eigenvalue(capsys, numbers):
    X, y = raw_hours()
    eigenvalues, vectors = np.linalg.eigh(X.T @ X / 20)
    off = vectors.T @ np.linalg.lstsq(X, y, rcond=None)[0]
    print_both_tuned()
    _, *rows, formula = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == [0.5, 0.7, 0.8, 0.9, 0.95]
    low, high = np.sqrt(eigenvalues)
    assert [formula[0], formula[2]] == pytest.approx(
        [((high - low) / (high + low)) ** 2, (2 / (high + low)) ** 2], abs=6e-3
    )
    path = [off, off]
    for _ in range(400):
        path.append((1 + (high - low) ** 2 / (high + low) ** 2 - 4 * eigenvalues / (high + low) ** 2) * path[-1])
        path[-1] = path[-1] - ((high - low) / (high + low)) ** 2 * path[-3]
    assert formula[1] == arrivals((np.array(path[1:]) ** 2 @ eigenvalues)[:, None, None] / 2)[0]
    for beta, steps, rate, of_nesterov, at in rows:
        with np.errstate(over="ignore", invalid="ignore"):
            walk = nesterov(lambda w: (w - off) * eigenvalues, np.zeros((61, 2)), TRIED[:, None], beta, 1000)
            ahead = arrivals(np.sum((walk - off) ** 2 * eigenvalues, axis=-1)[:, None] / 2)
        assert [of_nesterov, at] == pytest.approx([ahead.min(), TRIED[ahead.argmin()]], abs=6e-5)
        path = [np.tile(off, (61, 1))] * 2
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(1000):
                path.append((1 + beta - TRIED[:, None] * eigenvalues) * path[-1] - beta * path[-2])
            counts = arrivals((np.array(path[1:]) ** 2 @ eigenvalues)[:, None] / 2)
        assert [rate, steps] == pytest.approx([TRIED[counts.argmin()], counts.min()], abs=6e-5)


def test_the_dip_of_adam_and_the_decays_of_adamw_are_those_of_their_walks(capsys, numbers):
    heights = told()[0]["Adam"][:, 0, 50]
    print_dip()
    first, stays = capsys.readouterr().out.splitlines()
    assert TRIED[50] == pytest.approx(10) and numbers(first)[-1] == next(k for k, h in enumerate(heights) if h <= 1)
    assert numbers(stays) == [max(k for k, h in enumerate(heights) if h > 1) + 1]
    print_decays()
    X, y = raw_hours()
    for line in capsys.readouterr().out.splitlines():
        decay, *steps = numbers(line)
        counts = tune(lambda g, w, rate, k, d=decay: adamw(g, w, rate, k, decay=d), X, y, 1.0)
        assert steps == ([] if "never" in line else [counts.min()]) and ("never" in line) == np.isinf(counts.min())
        if decay == 0:
            assert steps == [tune(adam, X, y, 1.0).min()]


def test_the_search_refuses_a_way_uphill_and_a_wrong_slope():
    one = np.ones(1)
    with pytest.raises(ValueError, match="not downhill"):
        backtrack(lambda w: w @ w, one, 2 * one, one)
    with pytest.raises(RuntimeError, match="is the slope right"):
        backtrack(lambda w: w @ w, one, -2 * one, 2 * one)
