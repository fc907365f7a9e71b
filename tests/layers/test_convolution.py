import math

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from snippets.layers.convolution import (
    MOVES,
    UPRIGHT,
    answers,
    convolve,
    dense_gradients,
    digits,
    figure_kernels,
    figure_sliding,
    figure_stamps,
    framed,
    one_for_two,
    print_moved,
    print_stride,
    print_stacked,
    print_undone,
    print_work,
    read_strokes,
    slopes_by_image,
    slopes_by_kernel,
    softmax_rows,
    stroke_gradients,
    trained_reader,
)

seeds = st.integers(0, 999)


def by_shifts(X, K):
    """The image moved under the kernel, one number of the kernel after the other, in functions that autograd knows."""
    k = K.shape[1]
    h, w = X.shape[1] - k + 1, X.shape[2] - k + 1
    return sum(X[:, a : a + h, b : b + w, None] * K[:, a, b] for a in range(k) for b in range(k))


@given(seeds, st.integers(1, 3), st.integers(3, 5), st.integers(3, 5))
def test_maps_are_those_of_scipy(seed, k, h, w):
    rng = np.random.default_rng(seed)
    X, K = rng.normal(size=(2, h, w)), rng.normal(size=(3, k, k))
    maps = convolve(X, K)
    assert maps.shape == (2, h - k + 1, w - k + 1, 3)
    for i in range(2):
        for c in range(3):
            assert maps[i, :, :, c] == pytest.approx(scipy.signal.correlate(X[i], K[c], mode="valid"), abs=1e-12)


@given(seeds, st.integers(1, 3))
def test_slopes_by_kernel_and_by_image_are_those_of_autograd(seed, k):
    rng = np.random.default_rng(seed)
    X, K = rng.normal(size=(2, 4, 5)), rng.normal(size=(2, k, k))
    G = rng.normal(size=(2, 5 - k, 6 - k, 2))
    loss = lambda X, K: anp.sum(G * by_shifts(X, K))
    assert slopes_by_image(K, G) == pytest.approx(autograd.grad(loss, 0)(X, K), abs=1e-10)
    assert slopes_by_kernel(X, G) == pytest.approx(autograd.grad(loss, 1)(X, K), abs=1e-10)


@given(seeds)
def test_stamping_is_the_transpose_and_a_full_convolution_with_the_kernel_as_it_is(seed):
    rng = np.random.default_rng(seed)
    X, K, G = rng.normal(size=(1, 5, 6)), rng.normal(size=(1, 3, 3)), rng.normal(size=(1, 3, 4, 1))
    assert np.sum(convolve(X, K) * G) == pytest.approx(np.sum(X * slopes_by_image(K, G)))  # y · T x = T' y · x
    assert slopes_by_image(K, G)[0] == pytest.approx(scipy.signal.convolve(G[0, :, :, 0], K[0]), abs=1e-12)
    T = np.column_stack([convolve(e.reshape(1, 5, 6), K).ravel() for e in np.eye(30)])
    assert T.T @ G.ravel() == pytest.approx(slopes_by_image(K, G).ravel(), abs=1e-12)


@given(seeds, st.integers(0, 2), st.integers(0, 2))
def test_the_map_moves_with_the_image(seed, down, right):
    rng = np.random.default_rng(seed)
    ink, K = rng.normal(size=(3, 3)), rng.normal(size=(2, 2, 2))
    paper = np.zeros((2, 7, 7))
    paper[0, 1:4, 1:4] = ink
    paper[1, 1 + down : 4 + down, 1 + right : 4 + right] = ink
    maps = convolve(paper, K)
    assert maps[1, down : down + 4, right : right + 4] == pytest.approx(maps[0, :4, :4])


@given(seeds)
def test_the_slopes_of_both_networks_are_those_of_autograd(seed):
    rng = np.random.default_rng(seed)
    X, labels = rng.uniform(size=(3, 5, 5)), rng.integers(0, 10, 3)
    surprise = lambda S: -anp.mean(S[range(3), labels] - anp.log(anp.sum(anp.exp(S), axis=1)))
    strokes = rng.normal(size=(2, 3, 3)), rng.normal(size=2), rng.normal(size=(2, 10)), rng.normal(size=10)

    def of_strokes(K, b, V, c):
        maps = anp.reshape(by_shifts(X, K), (3, 9, 2)) + b
        return surprise(anp.dot(anp.maximum(anp.max(maps, axis=1), 0), V) + c)

    dense = rng.normal(size=(25, 4)), rng.normal(size=4), rng.normal(size=(4, 10)), rng.normal(size=10)
    of_dense = lambda W, b, V, c: surprise(anp.dot(anp.maximum(anp.dot(X.reshape(3, 25), W) + b, 0), V) + c)
    for weights, function, loss in ((strokes, stroke_gradients, of_strokes), (dense, dense_gradients, of_dense)):
        value, gradients = function(weights, X, labels)
        assert value == pytest.approx(loss(*weights))
        for at in range(4):
            assert gradients[at] == pytest.approx(autograd.grad(loss, at)(*weights), abs=1e-9)


@pytest.mark.counted
def test_only_the_window_that_won_moves_a_kernel():
    X = np.zeros((1, 5, 5))
    X[0, 1, 3] = 1.0
    K, b, V, c = np.array([[[0.0, 2.0], [0.0, 0.0]]]), np.zeros(1), np.ones((1, 10)), np.zeros(10)
    V[0, 4] = 3.0
    largest, place, p = read_strokes(X, K, b, V, c)
    assert largest.tolist() == [[2.0]] and divmod(place[0, 0], 4) == (1, 2) and p.argmax() == 4
    _, (by_K, by_b, _, _) = stroke_gradients((K, b, V, c), X, np.array([4]))
    slope = V[0] @ (p[0] - np.eye(10)[4])
    assert by_K == pytest.approx(slope * X[:, 1:3, 2:4]) and by_b == pytest.approx([slope])
    _, (by_K, _, _, _) = stroke_gradients((-K, b, V, c), X, np.array([4]))
    assert not by_K.any()  # nowhere above zero
    assert dense_gradients((np.zeros((25, 1)), b, V, c), X, np.array([4]))[0] == pytest.approx(math.log(10))
    assert softmax_rows(np.array([0.0, math.log(3)])) == pytest.approx([0.25, 0.75])
    assert convolve(X, K)[0, :, :, 0].sum() == 2 and slopes_by_image(K, np.ones((1, 4, 4, 1))).sum() == 32


def test_the_digits_are_those_of_scikit_learn_with_ink_from_nought_to_one():
    X, labels = digits()
    data = load_digits()
    assert X.shape == (1797, 8, 8) and (X.min(), X.max()) == (0, 1) and np.array_equal(16 * X, data.images)
    assert np.array_equal(labels, data.target)


@pytest.mark.parametrize("move", [(0, 0), *MOVES, (1, 1), (-1, 1)])
def test_no_answer_of_the_kernels_changes_with_a_move_whatever_the_weights(move):
    X, rng = digits()[0], np.random.default_rng(6)
    weights = rng.normal(size=(5, 5, 5)), rng.normal(size=5), rng.normal(size=(5, 10)), rng.normal(size=10)
    found = answers("kernels", weights, X, *move)
    assert np.array_equal(found, answers("kernels", weights, X)) and len(set(found)) > 1
    assert np.array_equal(found, read_strokes(np.pad(X, ((0, 0), (4, 4), (4, 4))), *weights)[2].argmax(axis=1))


def test_a_digit_lies_on_the_paper_where_it_was_put_and_the_dense_network_sees_the_middle():
    X = digits()[0][:2]
    paper = framed(X, 1, -1)
    assert paper.shape == (2, 18, 18) and np.array_equal(paper[:, 6:14, 4:12], X) and paper.sum() == pytest.approx(X.sum())
    rng = np.random.default_rng(2)
    W, b, V, c = weights = rng.normal(size=(64, 3)), rng.normal(size=3), rng.normal(size=(3, 10)), rng.normal(size=10)
    moved = np.zeros((2, 8, 8))
    moved[:, 1:, :-1] = X[:, :-1, 1:]
    scores = np.maximum(moved.reshape(2, 64) @ W + b, 0) @ V + c
    assert np.array_equal(answers("dense", weights, X, 1, -1), scores.argmax(axis=1))


@pytest.mark.parametrize("kind", ["kernels", "dense"])
def test_training_is_descent_on_batches_of_the_first_thousand(kind):
    weights = trained_reader(kind, 0)
    assert [w.shape for w in weights] == {"kernels": [(24, 5, 5), (24,), (24, 10), (10,)], "dense": [(64, 11), (11,), (11, 10), (10,)]}[kind]
    assert np.std(weights[0]) == pytest.approx(math.sqrt(2 / {"kernels": 25, "dense": 64}[kind]), rel=0.1)
    assert np.std(weights[2]) == pytest.approx(math.sqrt(1 / len(weights[2])), rel=0.25) and not weights[1].any() and not weights[3].any()
    X, labels = digits()
    rng = np.random.default_rng(0)
    rng.normal(size=weights[0].size + weights[2].size)
    batch = rng.integers(0, 1000, 50)
    images = np.pad(X[batch], ((0, 0), (4, 4), (4, 4))) if kind == "kernels" else X[batch]
    _, gradients = {"kernels": stroke_gradients, "dense": dense_gradients}[kind](weights, images, labels[batch])
    for before, slope, after in zip(weights, gradients, trained_reader(kind, 1), strict=True):
        assert after == pytest.approx(before - 0.5 * slope)


@given(seeds)
def test_two_kernels_are_one_larger_kernel(seed):
    rng = np.random.default_rng(seed)
    X, first, second = rng.normal(size=(1, 7, 7)), rng.normal(size=(3, 3)), rng.normal(size=(2, 2))
    twice = scipy.signal.correlate(scipy.signal.correlate(X[0], first, mode="valid"), second, mode="valid")
    assert convolve(X, one_for_two(first, second)[None])[0, :, :, 0] == pytest.approx(twice, abs=1e-12)


def test_the_example_in_words_and_exercises_one_and_two():
    hours, kernel = np.array([2.0, 5, 5, 1]), np.array([-1.0, 1])
    assert np.correlate(hours, kernel).tolist() == [3, 0, -4] == np.diff(hours).tolist()
    loss = lambda w, x: anp.sum(w[0] * x[:-1] + w[1] * x[1:])
    assert autograd.grad(loss, 0)(kernel, hours).tolist() == [12, 11]
    assert autograd.grad(loss, 1)(kernel, hours).tolist() == [-1, 0, 0, 1]
    uneven = lambda w, x: anp.sum(np.array([1.0, 0, 2]) * (w[0] * x[:-1] + w[1] * x[1:]))
    assert autograd.grad(uneven, 0)(kernel, hours).tolist() == [12, 7]
    assert autograd.grad(uneven, 1)(kernel, hours).tolist() == [-1, 1, -2, 2]
    assert np.correlate(hours, kernel + [0, 0.1]) - np.correlate(hours, kernel) == pytest.approx([0.5, 0.5, 0.1])
    x = np.arange(6.0)
    assert np.correlate(x**2, [-0.5, 0, 0.5]) == pytest.approx(2 * x[1:-1]) and np.correlate(x**2, [1, -2, 1]) == pytest.approx(np.full(4, 2))


# What is printed and drawn


def test_moved_digits_change_nothing_for_the_kernels_and_much_for_the_dense(capsys, numbers):
    print_moved()
    rows = [line.split()[0:1] + numbers(line) for line in capsys.readouterr().out.splitlines()[1:]]
    X, labels = digits()
    for kind, size, steps, here, moved, changed in rows:
        weights = trained_reader(kind, int(steps))
        assert size == sum(w.size for w in weights)
        found = [answers(kind, weights, X[1000:], *move) for move in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))]
        assert here == pytest.approx(100 * np.mean(found[0] == labels[1000:]), abs=0.51)
        assert moved == pytest.approx(100 * np.mean([a == labels[1000:] for a in found[1:]]), abs=0.51)
        assert changed == pytest.approx(100 * np.mean([a != found[0] for a in found[1:]]), abs=0.51)
        assert (changed == 0) == (kind == "kernels") and (kind == "kernels" or moved < here - 30)
    assert {(row[0], row[2]) for row in rows} == {(kind, steps) for kind in ("kernels", "dense") for steps in (30, 100, 300)}
    assert rows[2][3] > 90 and rows[5][3] > 90 and rows[5][4] < 50


def test_with_a_stride_answers_change(capsys, numbers):
    print_stride()
    lines = capsys.readouterr().out.splitlines()
    X, labels = digits()
    weights = trained_reader("kernels", 300)
    for stride, line in enumerate(lines, 1):
        here, changed = [number for number in numbers(line)[-2:]]
        found = [answers("kernels", weights, X[1000:], *move, stride=stride) for move in ((0, 0), *MOVES)]
        assert here == pytest.approx(100 * np.mean(found[0] == labels[1000:]), abs=0.51)
        assert changed == pytest.approx(100 * np.mean([a != found[0] for a in found[1:]]), abs=0.51)
    assert numbers(lines[0])[-1] == 0 and numbers(lines[1])[-1] > 30
    K, b, V, c = weights
    maps = scipy.signal.correlate(framed(X[1000:1001])[0], K[0], mode="valid")[::2, ::2]
    paper = np.zeros((1, 18, 18))
    paper[0, 5:13, 5:13] = X[1000]
    assert convolve(paper, K)[0, ::2, ::2, 0] == pytest.approx(maps)


def test_a_transposed_blur_blurs_again(capsys, numbers):
    print_undone()
    dot, blurred, back = [numbers(line) for line in capsys.readouterr().out.splitlines()]
    kernel = [0.25, 0.5, 0.25]
    assert dot == [0, 0, 0, 1, 0, 0, 0] and blurred == np.convolve(dot, kernel, "valid").tolist()
    assert back == np.convolve(blurred, kernel, "full").tolist()


def test_the_counts_are_those_of_the_shapes(capsys, numbers):
    print_work()
    rows = [numbers(line)[-2:] for line in capsys.readouterr().out.splitlines()[1:]]
    K = trained_reader("kernels", 0)[0]
    maps = convolve(framed(digits()[0][:1])[:, 1:-1, 1:-1], K)
    assert rows == [[K.size, maps.size * 25], [256 * maps.size] * 2, [256 * 11] * 2]


def test_both_ways_are_the_same_and_a_difference_would_be_told(capsys, monkeypatch):
    print_stacked()
    assert capsys.readouterr().out == "(5, 5) the same\n"
    monkeypatch.setattr("snippets.layers.convolution.one_for_two", lambda first, second: np.zeros((5, 5)))
    print_stacked()
    assert capsys.readouterr().out == "(5, 5) different\n"


def board(ax, largest):
    """The array that the squares of `show` stand for; zero where there is none."""
    found = np.zeros((8, 8))
    for bar in ax.patches:
        x, y, side = bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height() / 2, bar.get_width()
        assert side == pytest.approx(bar.get_height())
        found[int(y), int(x)] = largest * side**2 * (1 if bar.get_facecolor()[3] else -1)
        assert (y % 1, x % 1) == pytest.approx((0.5, 0.5))
    return found


def within(array):
    return np.pad(array, [(0, 8 - side) for side in array.shape])


@pytest.mark.parametrize("place", [1, 7, 36])
def test_the_map_is_filled_up_to_the_window(place):
    image, kernel, filled = figure_sliding(place).axes
    assert board(image, 1) == pytest.approx(digits()[0][0]) and board(kernel, 1) == pytest.approx(within(UPRIGHT))
    exact = scipy.signal.correlate(digits()[0][0], UPRIGHT, mode="valid").ravel()
    assert filled.get_title() == f"map, here {exact[place - 1]:.2f}"
    assert board(filled, 3) == pytest.approx(within(np.where(np.arange(36) < place, exact, 0).reshape(6, 6)))
    row, column = divmod(place - 1, 6)
    frame = image.lines[1].get_xydata()
    assert (frame.min(axis=0).tolist(), frame.max(axis=0).tolist()) == ([column, row], [column + 3, row + 3])
    assert filled.lines[0].get_xydata().max(axis=0).tolist() == [6, 6]


@pytest.mark.parametrize("stamps", [1, 6, 36])
def test_stamps_add_up_on_the_image(stamps):
    slopes, kernel, image = figure_stamps(stamps).axes
    G = board(slopes, 1)
    assert np.count_nonzero(G) == stamps and board(kernel, 1) == pytest.approx(within(UPRIGHT))
    first, second = (board(figure_stamps(k).axes[0], 1) for k in (1, 2))
    assert np.count_nonzero(second - first) == 1 and (first.sum(), second.sum()) == (1, 0)
    total = np.zeros((8, 8))
    for row, column in zip(*np.nonzero(G), strict=True):
        total[row : row + 3, column : column + 3] += G[row, column] * UPRIGHT
    assert board(image, 3) == pytest.approx(total)


def test_the_boards_are_the_kernels_and_what_is_larger_fills_its_square():
    for ax, kernel in zip(figure_kernels(10).axes, trained_reader("kernels", 10)[0], strict=True):
        assert board(ax, 1.2) == pytest.approx(within(np.clip(kernel, -1.2, 1.2)))
