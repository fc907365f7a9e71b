import itertools
import math

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.layers.normalisation_and_residual_connections import (
    KINDS,
    figure_depth,
    figure_rays,
    graded,
    normalise,
    normalise_back,
    print_balance,
    print_company,
    print_constants,
    print_depth,
    print_large_rates,
    print_lengths,
    ray_gradient,
    ray_loss,
    ray_path,
    slopes_by_length,
    standardised,
    students,
    tired_batch,
    tired_students,
    tower,
    tower_gradients,
    train_tower,
)

seeds = st.integers(0, 999)


def by_autograd(X, axis, tiny=0.0):
    away = X - anp.mean(X, axis=axis, keepdims=True)
    return away / anp.sqrt(anp.mean(away**2, axis=axis, keepdims=True) + tiny)


@given(seeds, st.sampled_from([0, 1]), st.sampled_from([0.0, 1e-5, 0.5]))
def test_the_slope_of_a_normalisation_is_that_of_autograd(seed, axis, tiny):
    rng = np.random.default_rng(seed)
    X, G = rng.normal(3, 2, (5, 4)), rng.normal(size=(5, 4))
    Y, s = normalise(X, axis, tiny)
    loss = lambda X: anp.sum(G * by_autograd(X, axis, tiny))
    assert Y == pytest.approx(by_autograd(X, axis, tiny))
    assert normalise_back(Y, s, G, axis) == pytest.approx(autograd.grad(loss)(X), abs=1e-9)


def test_the_jacobian_of_a_normalisation_by_sympy():
    x, tiny = sympy.symbols("x1:5", real=True), sympy.Symbol("tiny", positive=True)
    mean = sum(x) / 4
    s = sympy.sqrt(sum((a - mean) ** 2 for a in x) / 4 + tiny)
    y = [(a - mean) / s for a in x]
    values = dict(zip([*x, tiny], [1, sympy.Rational(5, 2), -3, 7, sympy.Rational(1, 3)], strict=True))
    for i, j in itertools.product(range(4), repeat=2):
        told = (int(i == j) - sympy.Rational(1, 4) - y[i] * y[j] / 4) / s
        assert sympy.simplify((sympy.diff(y[i], x[j]) - told).subs(values)) == 0


@given(seeds, st.integers(3, 8))
def test_two_directions_are_gone_and_no_other(seed, n):
    rng = np.random.default_rng(seed)
    x = rng.normal(5, 3, (n, 1))
    y, s = normalise(x, 0)
    J = np.column_stack([normalise_back(y, s, e[:, None], 0)[:, 0] for e in np.eye(n)])
    P = s[0, 0] * J
    assert P @ np.ones(n) == pytest.approx(np.zeros(n), abs=1e-9) and P @ y[:, 0] == pytest.approx(np.zeros(n), abs=1e-9)
    assert P @ P == pytest.approx(P, abs=1e-9) and np.trace(P) == pytest.approx(n - 2)  # a projection


@pytest.mark.counted
def test_two_friends_always_have_the_same_grades_and_no_slope():
    for marks in ([50.0, 70.0], [50.0, 90.0]):
        y, s = normalise(np.array(marks), 0)
        assert y.tolist() == [-1, 1] and s[0] == {70: 10, 90: 20}[marks[1]]
        assert normalise_back(y, s, np.array([3.0, -0.5]), 0) == pytest.approx(np.zeros(2), abs=1e-12)
    assert normalise(np.full((3, 2), 7.0), 0, 1e-5)[0].tolist() == np.zeros((3, 2)).tolist()


@given(st.floats(0, 6.28), st.floats(0.1, 50), st.floats(0.001, 100))
def test_the_gradient_is_at_a_right_angle_to_the_weights_and_a_step_makes_them_longer(angle, length, rate):
    w = length * np.array([math.cos(angle), math.sin(angle)])
    g = ray_gradient(w)
    X, marks = graded()
    loss = lambda w: anp.mean((by_autograd(anp.dot(X, w), 0) - marks) ** 2)
    assert g == pytest.approx(autograd.grad(loss)(w), abs=1e-9) and ray_loss(w) == pytest.approx(loss(w))
    assert w @ g == pytest.approx(0, abs=1e-12)
    assert np.sum((w - rate * g) ** 2) == pytest.approx(length**2 + rate**2 * g @ g)
    assert ray_loss(3 * w) == pytest.approx(ray_loss(w)) and 3 * ray_gradient(3 * w) == pytest.approx(g, abs=1e-12)


def test_a_path_takes_its_steps_from_the_start_and_the_loss_is_two_minus_twice_the_correlation():
    path, w = ray_path(0.3, 5), np.array([-0.8, 0.5])
    X, marks = graded()
    for point in path:
        assert point == pytest.approx(w)
        assert ray_loss(w) == pytest.approx(2 - 2 * np.corrcoef(X @ w, marks)[0, 1])
        w = w - 0.3 * ray_gradient(w)
    assert len(path) == 6
    hours, attendance, told = students()
    for column, raw in zip((*X.T, marks, standardised(hours)), (hours, attendance, told, hours), strict=True):
        assert column == pytest.approx((raw - np.mean(raw)) / np.std(raw))


@given(seeds, st.sampled_from(list(KINDS)))
def test_the_slopes_of_a_tower_are_those_of_autograd(seed, kind):
    skip, norm = KINDS[kind]
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(6, 2)), rng.normal(size=(6, 1))
    matrices, biases = tower(3, width=4, seed=seed)
    biases = [rng.normal(size=4) for _ in biases]

    def loss(matrices, biases):
        H = anp.dot(X, matrices[0])
        for W, b in zip(matrices[1:-1], biases, strict=True):
            f = anp.tanh(anp.dot(by_autograd(H, 0, 1e-5) if norm else H, W) + b)
            H = H + f / math.sqrt(3) if skip else f
        return anp.mean((anp.dot(H, matrices[-1]) - Y) ** 2)

    told, by_W, by_b = tower_gradients(matrices, biases, X, Y, skip, norm)
    assert told == pytest.approx(loss(matrices, biases))
    for slopes, at in ((by_W, 0), (by_b, 1)):
        for slope, exact in zip(slopes, autograd.grad(loss, at)(matrices, biases), strict=True):
            assert slope == pytest.approx(exact, abs=1e-9)


@given(seeds, st.integers(1, 5))
def test_slopes_by_length_are_the_sums_over_all_choices_of_layers(seed, layers):
    rng = np.random.default_rng(seed)
    jacobians, g = rng.normal(size=(layers, 3, 3)), rng.normal(size=3)
    rows = slopes_by_length(jacobians, g)
    assert rows.shape == (layers + 1, 3)
    for k, row in enumerate(rows):
        total = np.zeros(3)
        for chosen in itertools.combinations(range(layers), k):
            product = np.eye(3)
            for layer in chosen:  # the first layer stands to the right
                product = jacobians[layer] @ product
            total += product.T @ g
        assert row == pytest.approx(total, abs=1e-9)
    whole = np.eye(3)
    for J in jacobians:
        whole = (np.eye(3) + J) @ whole
    assert rows.sum(axis=0) == pytest.approx(whole.T @ g, abs=1e-9)


def test_weights_of_a_tower_have_half_the_variance_of_xavier():
    matrices, biases = tower(60, width=32, seed=1)
    assert [W.shape for W in matrices] == [(2, 32), *[(32, 32)] * 60, (32, 1)] and not np.any(biases)
    assert [b.shape for b in biases] == [(32,)] * 60
    assert np.var(matrices[1:-1]) == pytest.approx(1 / 64, rel=0.02) and np.var(matrices[0]) == pytest.approx(1 / 4, rel=0.5)


def test_exercise_one_by_sympy():
    x = sympy.symbols("x1:4", real=True)
    mean = sum(x) / 3
    s = sympy.sqrt(sum((a - mean) ** 2 for a in x) / 3)
    at = dict(zip(x, (1, 2, 3), strict=True))
    slopes = [sympy.simplify(sympy.diff((x[0] - mean) / s, a).subs(at) * s.subs(at)) for a in x]
    assert slopes == [sympy.Rational(1, 6), sympy.Rational(-1, 3), sympy.Rational(1, 6)] and s.subs(at) == sympy.sqrt(sympy.Rational(2, 3))


def test_a_bias_in_front_of_a_normalisation_has_no_slope():
    rng = np.random.default_rng(4)
    Z, b, G = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=(6, 3))
    loss = lambda b: anp.sum(G * by_autograd(Z + b, 0))
    assert autograd.grad(loss)(b) == pytest.approx(np.zeros(3), abs=1e-9)
    Y, s = normalise(Z + b, 0)
    assert normalise_back(Y, s, G, 0).sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)


# What is printed and drawn


def test_no_rate_explodes_in_front_of_a_normalisation(capsys, numbers):
    print_large_rates()
    lines = capsys.readouterr().out.splitlines()[1:]
    X, marks = graded()
    curvature = np.linalg.eigvalsh(2 / 40 * X.T @ X).max()
    for line in lines:
        rate, length, *losses = numbers(line)[:5]
        path = ray_path(rate, 1000)
        assert length == pytest.approx(np.linalg.norm(path[1]), abs=6e-2)
        assert losses == pytest.approx([ray_loss(path[k]) for k in (1, 10, 1000)], abs=6e-4)
        assert line.endswith("at the bottom" if rate < 2 / curvature else "beyond a million")
        assert np.all(np.diff(np.linalg.norm(path, axis=1)) > -1e-12)
    best = min(ray_loss(np.array([math.cos(a), math.sin(a)])) for a in np.linspace(0, 2 * math.pi, 4000))
    assert numbers(lines[0])[4] == pytest.approx(best, abs=6e-4) and numbers(lines[-1])[4] > best + 0.01


def test_of_forty_blocks_only_the_plain_tower_learns_nothing(capsys):
    print_depth()
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["blocks", *KINDS]
    table = {int(line[:6]): [line[6 + 17 * k :][:17].strip() for k in range(4)] for line in lines}
    more = "more than half"
    assert table == {2: [more] * 4, 10: [more] * 4, 40: ["nothing", more, more, more]}


def test_the_words_for_shares_are_those_of_the_losses(capsys, monkeypatch):
    variance = tired_batch()[2]
    for share, word in ((0.04, "nothing"), (0.06, "less than half"), (0.49, "less than half"), (0.51, "more than half")):
        losses = np.append(np.full(150, variance), (1 - share) * variance)
        losses[:80] = 0.0  # what came before does not count
        monkeypatch.setattr("snippets.layers.normalisation_and_residual_connections.train_tower", lambda *_, told=losses: told)
        print_depth()
        assert capsys.readouterr().out.count(word) == 12


@pytest.mark.parametrize("kind", KINDS)
def test_training_takes_steps_against_the_gradient(kind):
    X, Y, variance = tired_batch()
    assert variance == pytest.approx(np.var(tired_students()[2]))
    matrices, biases = tower(3)
    for told in train_tower(3, kind, 2):
        loss, by_W, by_b = tower_gradients(matrices, biases, X, Y, *KINDS[kind])
        assert told == pytest.approx(variance * loss)
        matrices = [W - 0.03 * G for W, G in zip(matrices, by_W, strict=True)]
        biases = [b - 0.03 * g for b, g in zip(biases, by_b, strict=True)]


def test_short_paths_bring_nearly_all_of_the_slope(capsys, numbers):
    print_lengths()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    exact = {k: math.comb(20, k) * 0.05**k for k in range(21)}
    for k, paths, predicted, measured in rows:
        assert paths == len(list(itertools.combinations(range(20), int(k)))) and predicted == pytest.approx(100 * exact[k] / sum(exact.values()), abs=0.06)
        assert measured == pytest.approx(predicted, abs=1.5)
    assert sum(row[2] for row in rows[:4]) > 98.5 and sum(math.comb(20, k) for k in range(21)) > 1e6


def test_a_prediction_depends_on_who_else_is_in_the_batch(capsys, numbers):
    print_company()
    alone, weaker, stronger, crowd, kept = [numbers(line)[-1] for line in capsys.readouterr().out.splitlines()]
    hours, attendance, marks = students()
    assert alone == pytest.approx(np.mean(marks), abs=0.06)
    # With one other the grades are -1 and 1, up to what keeps the spread from zero.
    assert [weaker, stronger] == pytest.approx([np.mean(marks) + np.std(marks), np.mean(marks) - np.std(marks)], abs=0.11)
    X = np.column_stack([hours, attendance, np.ones(40)])
    line = np.linalg.lstsq(X, marks, rcond=None)[0]
    told = X @ line
    exact = np.mean(marks) + np.std(marks) * (line @ [9, 80, 1] - np.mean(told)) / np.std(told)
    assert kept == pytest.approx(exact, abs=0.06) and crowd == pytest.approx(kept, abs=1)
    everyone = np.append(told, line @ [9, 80, 1])
    assert crowd == pytest.approx(np.mean(marks) + np.std(marks) * (everyone[-1] - np.mean(everyone)) / np.std(everyone), abs=0.06)


def test_slopes_for_constants_shorten_the_weights_until_they_jump(capsys, numbers):
    print_constants()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    X, marks = graded()
    path, w, told = ray_path(0.1, 120), np.array([-0.8, 0.5]), []
    for _ in range(121):
        told.append(w)
        z = X @ w
        w = w - 0.1 * (2 / 40) * X.T @ ((z - np.mean(z)) / np.std(z) - marks) / np.std(z)
    for step, length, loss, wrong_length, wrong_loss in rows:
        assert [length, loss] == pytest.approx([np.linalg.norm(path[int(step)]), ray_loss(path[int(step)])], abs=6e-3)
        assert [wrong_length, wrong_loss] == pytest.approx([np.linalg.norm(told[int(step)]), ray_loss(told[int(step)])], abs=6e-3)
    lengths = [np.linalg.norm(w) for w in told]
    assert max(b / a for a, b in itertools.pairwise(lengths)) > 10
    assert rows[1][3] < rows[0][3] / 2 and rows[3][3] > 10 * rows[2][3] and rows[5][3] > 10 * rows[4][3]


def test_steps_to_the_side_and_decay_balance_at_one_length(capsys, numbers):
    print_balance()
    predicted, *lines = capsys.readouterr().out.splitlines()
    assert numbers(predicted)[0] == pytest.approx((0.2 / 0.02) ** 0.25, abs=6e-3)
    for line in lines:
        start, *told = numbers(line)
        square, squares = start**2, []
        for _ in range(3000):
            square = (1 - 0.002) ** 2 * square + 0.04 / square  # Pythagoras, without directions
            squares.append(square)
        assert told[::2] == pytest.approx([math.sqrt(squares[k - 1]) for k in (1, 10, 100, 1000, 3000)], abs=6e-3)
        assert told[1::2] == [1, 10, 100, 1000, 3000] and told[-2] == pytest.approx(numbers(predicted)[0], abs=0.02)


@pytest.mark.parametrize("rate", [0.1, 3])
def test_the_contours_are_rays_and_the_path_is_descent(rate, numbers):
    (ax,) = figure_rays(rate).axes
    assert np.array(ax.lines[0].get_xydata()) == pytest.approx(ray_path(rate, 30))
    assert list(ax.lines[1].get_xydata()[0]) == [-0.8, 0.5] and list(ax.lines[2].get_xydata()[0]) == [0, 0]
    (contours,) = ax.collections
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        for point in path.vertices[np.hypot(*path.vertices.T) > 1]:
            assert ray_loss(point) == pytest.approx(level, abs=0.01) and ray_loss(point / 7) == pytest.approx(level, abs=0.01)
    length, loss = numbers(ax.get_title())[-2:]
    assert [length, loss] == pytest.approx([np.linalg.norm(ray_path(rate, 30)[-1]), ray_loss(ray_path(rate, 30)[-1])], abs=6e-3)


def test_the_curves_are_the_losses_of_both_towers():
    (ax,) = figure_depth(5).axes
    assert ax.lines[0].get_ydata() == pytest.approx(train_tower(5, "plain")) and ax.lines[1].get_ydata() == pytest.approx(train_tower(5, "residual"))
    assert list(ax.lines[2].get_ydata()) == [tired_batch()[2]] * 2
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["plain", "residual"]
    deep = [train_tower(40, kind) / tired_batch()[2] for kind in ("plain", "residual")]
    assert deep[0].min() > 0.99 and deep[1][-1] < 0.3
