import math
from fractions import Fraction

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from snippets.layers.softmax_and_attention import (
    alike,
    attention,
    attention_back,
    attention_in_blocks,
    figure_reading,
    figure_scaled,
    learned,
    looked_up,
    lookup_loss,
    lookup_slope,
    print_blocks,
    print_without_matrix,
    print_learned,
    print_masks,
    print_saturation,
    random_scores,
    softmax_back,
    softmax_rows,
    standardised,
    students,
)

seeds = st.integers(0, 999)


def by_autograd(z):
    e = anp.exp(z - anp.max(z, axis=-1, keepdims=True))
    return e / anp.sum(e, axis=-1, keepdims=True)


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=6))
def test_softmax_is_that_of_fifty_digits_and_adds_up_to_one(scores):
    exact = [mpmath.exp(z - max(scores)) for z in scores]
    p = softmax_rows(np.array(scores))
    assert p == pytest.approx([float(e / sum(exact)) for e in exact], abs=1e-15) and p.sum() == pytest.approx(1)


@given(seeds)
def test_the_product_is_that_with_the_full_jacobian_row_by_row(seed):
    rng = np.random.default_rng(seed)
    z, g = rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
    p = softmax_rows(z)
    for row in range(3):
        J = np.diag(p[row]) - np.outer(p[row], p[row])
        assert softmax_back(p, g)[row] == pytest.approx(J @ g[row])
        steps = [np.imag(np.exp(z[row] + 1e-30j * e) / np.sum(np.exp(z[row] + 1e-30j * e))) / 1e-30 for e in np.eye(5)]
        assert softmax_back(p, g)[row] == pytest.approx(np.array(steps) @ g[row])
    assert softmax_back(p, g).sum(axis=1) == pytest.approx(np.zeros(3), abs=1e-12)


@given(seeds, st.booleans())
def test_the_slopes_of_attention_are_those_of_autograd(seed, causal):
    rng = np.random.default_rng(seed)
    n, m, d, c = (4, 4, 3, 2) if causal else (3, 5, 4, 2)
    Q, K, V, G = rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=(m, c)), rng.normal(size=(n, c))
    hidden = np.where(np.tri(n, m) > 0, 0.0, -1e30) if causal else 0.0
    loss = lambda Q, K, V: anp.sum(G * anp.dot(by_autograd(anp.dot(Q, K.T) / math.sqrt(d) + hidden), V))
    out, P = attention(Q, K, V, causal)
    assert out.shape == (n, c) and P.shape == (n, m) and np.sum(G * out) == pytest.approx(loss(Q, K, V))
    for at, slope in enumerate(attention_back(Q, K, V, P, G)):
        assert slope.shape == (Q, K, V)[at].shape
        assert slope == pytest.approx(autograd.grad(loss, at)(Q, K, V), abs=1e-9)


@given(seeds, st.integers(0, 3))
def test_a_causal_head_does_not_see_what_comes_later(seed, word):
    rng = np.random.default_rng(seed)
    Q, K, V = rng.normal(size=(3, 5, 4))
    before, P = attention(Q, K, V, causal=True)
    K2, V2 = K.copy(), V.copy()
    K2[word + 1 :], V2[word + 1 :] = rng.normal(size=(2, 4 - word, 4))
    after, _ = attention(Q, K2, V2, causal=True)
    assert np.array_equal(before[: word + 1], after[: word + 1]) and not np.allclose(before[word + 1 :], after[word + 1 :])
    assert P.sum(axis=1) == pytest.approx(np.ones(5)) and np.all(P[np.triu_indices(5, 1)] == 0)
    G = np.zeros((5, 4))
    G[: word + 1] = 1
    dQ, dK, dV = attention_back(Q, K, V, P, G)
    assert np.all(dK[word + 1 :] == 0) and np.all(dV[word + 1 :] == 0) and np.all(dQ[word + 1 :] == 0)


@given(seeds)
def test_attention_does_not_mind_the_order_of_keys_or_a_shift_of_scores(seed):
    rng = np.random.default_rng(seed)
    Q, K, V = rng.normal(size=(2, 3)), rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    order = rng.permutation(6)
    assert attention(Q, K[order], V[order])[0] == pytest.approx(attention(Q, K, V)[0])
    assert attention(Q, K + rng.normal(size=3), V)[0] == pytest.approx(attention(Q, K, V)[0])


def test_scores_of_random_entries_have_the_variance_of_their_number_by_sympy():
    q, k = sympy.symbols("q k")
    normal = lambda x: sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)
    moment = lambda power: sympy.integrate(q**power * normal(q), (q, -sympy.oo, sympy.oo))
    assert (moment(1), moment(2)) == (0, 1)  # so a product of two has mean 0 and variance 1, and d of them d
    for d in (4, 64):
        scores = [random_scores(d)] + [np.random.default_rng(s).normal(size=(8, d)) @ np.random.default_rng(s + 99).normal(size=d) for s in range(400)]
        assert np.std(scores) == pytest.approx(math.sqrt(d), rel=0.06)


@given(st.floats(0.1, 6), st.floats(0.1, 6))
def test_the_slope_of_the_lookup_is_that_of_autograd(hours, attendance):
    squares, marks = alike()
    hidden = np.where(np.eye(40) > 0, -1e30, 0.0)
    loss = lambda w: anp.mean((anp.dot(by_autograd(-anp.dot(squares, w) + hidden), marks) - marks) ** 2)
    w = np.array([hours, attendance])
    assert lookup_loss(w) == pytest.approx(loss(w)) and lookup_slope(w) == pytest.approx(autograd.grad(loss)(w), rel=1e-7, abs=1e-9)


def test_nobody_reads_from_himself_and_differences_are_squared():
    told, P = looked_up(np.array([1.0, 0.5]))
    assert told.shape == (40,) and np.all(np.diag(P) == 0) and P.sum(axis=1) == pytest.approx(np.ones(40))
    hours, attendance, marks = students()
    a, b = (standardised(c) for c in (hours, attendance))
    e = np.exp(-((a[3] - a) ** 2) - 0.5 * (b[3] - b) ** 2)
    e[3] = 0
    assert told[3] == pytest.approx(e @ marks / e.sum())


@given(seeds, st.integers(1, 30))
def test_reading_in_blocks_of_any_size_is_reading_at_once(seed, size):
    rng = np.random.default_rng(seed)
    q, K, V = 20 * rng.normal(size=3), 20 * rng.normal(size=(25, 3)), rng.normal(size=(25, 2))
    assert attention_in_blocks(q, K, V, size) == pytest.approx(attention(q[None], K, V)[0][0])


@pytest.mark.counted
def test_a_first_word_reads_itself_alone_and_sends_no_slope_to_its_key():
    Q, K, V = np.random.default_rng(3).normal(size=(3, 2, 4))
    out, P = attention(Q, K, V, causal=True)
    dQ, dK, dV = attention_back(Q, K, V, P, np.array([[1.0] * 4, [0.0] * 4]))
    assert np.allclose(out[0], V[0]) and np.all(dQ == 0) and np.all(dK == 0) and np.array_equal(dV[0], np.ones(4))


def test_the_example_in_words_and_exercise_one_in_fractions():
    p, said = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)], [50, 60, 80]
    mean = sum(w * s for w, s in zip(p, said, strict=True))
    assert mean == 60 and said[2] - mean == 20
    g = [4, 0, 0]
    back = [w * (slope - sum(a * b for a, b in zip(p, g, strict=True))) for w, slope in zip(p, g, strict=True)]
    assert back == [1, Fraction(-1, 2), Fraction(-1, 2)] and sum(back) == 0
    assert [w * (s - mean) for w, s in zip(p, said, strict=True)] == [-5, 0, 5]
    scores = np.log([0.5, 0.25, 0.25]) + [0, 0, 1e-6]
    e = np.exp(scores)
    assert 0.1 * (e @ said / e.sum() - 60) / 1e-6 == pytest.approx(0.5, rel=1e-4)


def test_exercise_two_by_sympy():
    z = sympy.symbols("z1:4", real=True)
    total = sum(map(sympy.exp, z))
    surprise = -sympy.log(sympy.exp(z[0]) / total)
    for i in range(3):
        assert sympy.simplify(sympy.diff(surprise, z[i]) - (sympy.exp(z[i]) / total - int(i == 0))) == 0


# What is printed and drawn


def test_without_the_root_slopes_fade_with_the_number_of_entries(capsys, numbers):
    print_saturation()
    rows = [numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    rng = np.random.default_rng(0)
    for d, spread, plain, scaled in rows:
        K, q = rng.normal(size=(2000, 8, int(d))), rng.normal(size=(2000, 1, int(d)))
        scores = (K @ q.transpose(0, 2, 1))[..., 0]
        assert spread == pytest.approx(np.std(scores), abs=6e-3) and spread == pytest.approx(math.sqrt(d), rel=0.06)
        for told, s in ((plain, scores), (scaled, scores / math.sqrt(d))):
            e = np.exp(s - s.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            assert told == pytest.approx(np.mean(p - p**2), abs=6e-5)
    assert rows[-1][2] < 0.15 * rows[0][2] and min(row[3] for row in rows) > 0.09


def test_descent_learns_that_hours_matter_more(capsys, numbers):
    print_learned()
    *rows, line = capsys.readouterr().out.splitlines()[1:]
    path = learned(300)
    w = np.array([0.5, 0.5])
    for k in range(3):
        assert path[k] == pytest.approx(w)
        w = w - 0.01 * lookup_slope(w)
    for row in rows:
        step, hours, attendance, error = numbers(row)
        assert [hours, attendance, error] == pytest.approx([*path[int(step)], lookup_loss(path[int(step)])], abs=6e-3)
    assert numbers(rows[-1])[1] > 7 * numbers(rows[-1])[2] and numbers(rows[-1])[3] < numbers(rows[0])[3] / 2
    hours, attendance, marks = students()
    X, errors = np.stack([np.ones(40), hours, attendance], axis=1), []
    for i in range(40):
        others = np.arange(40) != i
        errors.append(marks[i] - X[i] @ np.linalg.lstsq(X[others], marks[others], rcond=None)[0])
    assert numbers(line)[-1] == pytest.approx(np.mean(np.square(errors)), abs=6e-3)


def test_the_counts_are_those_of_the_shapes(capsys, numbers):
    print_without_matrix()
    for line in capsys.readouterr().out.splitlines()[1:]:
        k, with_it, without, kept, few = numbers(line)
        # p p' and the product with g; against p·g and p times the rest.
        assert [with_it, without, kept, few] == [2 * k * k, 2 * k, k * k, k]


def test_a_mask_after_the_softmax_leaks(capsys, numbers):
    print_masks()
    before, after, moved = [numbers(line)[-(4 if "sum" in line else 3) :] for line in capsys.readouterr().out.splitlines()]
    share = lambda *z: math.exp(z[0]) / sum(map(math.exp, z))
    assert before == [1, 0, 0, 1]
    assert after == pytest.approx([share(1, 2, 3), 0, 0, share(1, 2, 3)], abs=6e-4) and moved == pytest.approx([share(1, 2, 5), 0, 0], abs=6e-4)


def test_blocks_are_the_same_and_a_difference_would_be_told(capsys, monkeypatch):
    print_blocks()
    assert capsys.readouterr().out == "the same to a billionth\n"
    monkeypatch.setattr("snippets.layers.softmax_and_attention.attention_in_blocks", lambda *_: np.zeros(4))
    print_blocks()
    assert capsys.readouterr().out.startswith("different by ")


@pytest.mark.parametrize("d", [1, 256])
def test_the_bars_are_the_weights_with_and_without_the_root(d, numbers):
    for ax, scale in zip(figure_scaled(d).axes, (1, math.sqrt(d)), strict=True):
        e = np.exp((random_scores(d) - random_scores(d).max()) / scale)
        p = e / e.sum()
        assert [bar.get_height() for bar in ax.patches] == pytest.approx(list(p))
        assert float(ax.get_title().split()[-1]) == pytest.approx(np.mean(p * (1 - p)), abs=6e-4)


@pytest.mark.parametrize("step", [0, 100])
def test_the_dots_are_as_large_as_their_weights(step):
    (ax,) = figure_reading(step).axes
    hours, attendance, marks = students()
    _, P = looked_up(learned(step)[-1])
    (dots,) = ax.collections
    assert dots.get_sizes() == pytest.approx(800 * P[7]) and np.array(dots.get_offsets()) == pytest.approx(np.stack([hours, attendance], axis=1))
    assert list(ax.lines[1].get_xydata()[0]) == [hours[7], attendance[7]]
    assert ax.get_title() == f"read: {P[7] @ marks:.1f} marks, true: {marks[7]:.1f}"
