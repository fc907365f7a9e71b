# %% [markdown]
# # A network from nothing
#
# You write a small engine that differentiates by itself, and train a network with it that reads handwritten digits: real ones, which came with scikit-learn.
#
# Each task has a blank: three dots. Put your own code in their place, run the cell, and run the check below it. A check that is content says so in one line. One that is not says what is wrong. You need [Backpropagation](../networks/backpropagation.md), [Automatic differentiation](../networks/automatic-differentiation.md) and [Losses for classification](../descent/losses-for-classification.md).

# %% tags=["setup"]
import base64
import io
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display
from sklearn.datasets import load_digits


def check(name, value, wanted, *mistakes, rtol=1e-6):
    """Stop with a helpful sentence unless the value is as wanted.

    Each mistake is a pair: the value that it gives, and what to say about it.
    """
    assert (
        value is not ...
    ), f"{name} is still the blank: put your code in place of the dots."
    assert value is not None, f"{name} gives nothing back: is there a `return`?"
    wanted = np.asarray(wanted)
    if wanted.ndim:
        alone = isinstance(value, (int, float, np.number))
        assert not alone, f"{name} is one number, and an array is wanted."
        assert isinstance(value, np.ndarray), f"{name} is no array: use np.array(...)."
    try:
        value = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise AssertionError(f"{name} is not made of numbers: {value!r:.50}") from None
    assert (
        value.shape == wanted.shape
    ), f"{name} has the shape {value.shape}, and {wanted.shape} is right."
    if np.allclose(value, wanted, rtol=rtol, atol=rtol):
        return
    for wrong, sentence in mistakes:
        found = np.allclose(value, wrong, rtol=rtol, atol=rtol, equal_nan=True)
        assert not found, f"{name.rstrip(',')}: {sentence}"
    assert (
        value.size < 9
    ), f"{name} is wrong by up to {np.abs(value - wanted).max():.3g}."
    raise AssertionError(f"{name} is {value}, and {wanted} is right.")


def several(name, values, wanted):
    """The values, if there is one for each of the wanted names."""
    assert (
        values is not ...
    ), f"{name} is still the blank: put your code in place of the dots."
    assert values is not None, f"{name} gives nothing back: is there a `return`?"
    right = isinstance(values, (tuple, list))
    right = right and len(values) == len(wanted.split())
    names = ", ".join(wanted.split())
    assert right, f"{name} must give back {len(wanted.split())} things: {names}."
    return values


def show(figure, alt):
    """Show a figure, with a sentence for those who do not see it."""
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    plt.close(figure)
    source = "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()
    display(HTML(f'<img alt="{escape(alt)}" src="{source}">'))


# %% [markdown]
# ## The digits
#
# There are 1797 images of 8 × 8 pixels, each a digit from 0 to 9, written by one of 13 people. A pixel is a number from 0 (paper) to 16 (ink). We divide by 16, and put 500 images aside: the network never learns from them, and so they can judge it. They are new to it, but the hands are not: the same people wrote the other images. Expect less for a stranger's hand. (The data set is the test part of *Optical Recognition of Handwritten Digits* by E. Alpaydin and C. Kaynak.)

# %%
images, labels = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(images))
images, labels = images[order] / 16, labels[order]
train, test = (images[500:], labels[500:]), (images[:500], labels[:500])


def draw(some, titles):
    """Digits as squares of ink: the darker the pixel, the larger its square."""
    figure, axes = plt.subplots(2, 6, figsize=(6.4, 2.7))
    for ax, image, title in zip(axes.flat, some, titles, strict=False):
        row, column = np.divmod(np.flatnonzero(image > 0), 8)
        ax.scatter(
            column, row, 34 * image[image > 0], color="C0", marker="s", linewidths=0
        )
        ax.set(title=title, xlim=(-0.7, 7.7), ylim=(7.7, -0.7), aspect="equal")
    for ax in axes.flat:
        ax.axis("off")
    return figure


show(
    draw(train[0], train[1]),
    "Twelve handwritten digits, drawn as squares of ink on a grid of eight by eight,"
    " each under its label.",
)

# %% [markdown]
# ## Task 1. Back through a product
#
# The engine works from the loss backwards. At each operation it holds $\mathbf{G}$, the slopes of the loss in the *result*, and hands a share to each operand. For the product $\mathbf{C} = \mathbf{A}\mathbf{B}$ of matrices the share of $\mathbf{A}$ is $\mathbf{G}\mathbf{B}^{\mathsf{T}}$, and that of $\mathbf{B}$ is $\mathbf{A}^{\mathsf{T}}\mathbf{G}$: each has the shape of its operand.


# %% tags=["task"]
def product_shares(G, A, B):
    """The shares of A and of B, for the slopes G in A @ B."""
    # blank: return ..., ...
    return G @ B.T, A.T @ G
    # end of blank


# %% tags=["check"]
G, A, B = (
    np.array([[1.0, 2.0], [0.0, -1.0]]),
    np.array([[3.0, 4.0, 5.0], [1.0, 0.0, 2.0]]),
    np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]]),
)
of_A, of_B = several("product_shares(...)", product_shares(G, A, B), "of_A of_B")
check("The share of A", of_A, [[1.0, 4.0, 6.0], [0.0, -1.0, -3.0]])
check(
    "The share of B",
    of_B,
    [[3.0, 5.0], [4.0, 8.0], [5.0, 8.0]],
    ([[1.5, 2.5], [2.0, 4.0], [2.5, 4.0]], "that is a mean over the rows. They add up."),
)
print("Task 1 is right: each share has the shape of its operand.")

# %% [markdown]
# ## Task 2. Back through broadcasting
#
# A bias of shape `(10,)` is added to a batch of scores of shape `(64, 10)`: NumPy uses it 64 times. What is used many times gets the *sum* of all its shares. Sum the slopes over the axes that broadcasting has put in front, until they have the shape of the operand.


# %% tags=["task"]
def unbroadcast(G, shape):
    """G, summed over the axes in front that an operand of this shape does not have."""
    # blank: return ...
    return G.sum(axis=tuple(range(G.ndim - len(shape))))
    # end of blank


# %% tags=["check"]
G = np.array([[1.0, 0.0], [2.0, 3.0], [6.0, 7.0]])
check(
    "The share of an operand of shape (2,) in slopes of shape (3, 2)",
    unbroadcast(G, (2,)),
    [9.0, 10.0],
    ([3.0, 10 / 3], "that is the mean. The shares add up."),
    ([1.0, 0.0], "that is the first row. All rows add up."),
)
check("The share of an operand that was not broadcast", unbroadcast(G, (3, 2)), G)
check("The share of a number", unbroadcast(G, ()), 19.0)
print("Task 2 is right: what is used many times gets the sum.")

# %% [markdown]
# ## Task 3. Back through a bend
#
# The bend of our hidden layer is ReLU, which keeps what is positive and makes the rest 0. Its slope is 1 where its input `Z` is positive, and 0 elsewhere.


# %% tags=["task"]
def relu_share(G, Z):
    """The share of Z, for the slopes G in relu(Z)."""
    # blank: return ...
    return G * (Z > 0)
    # end of blank


# %% tags=["check"]
G, Z = np.array([[1.0, -2.0, 3.0, 4.0]]), np.array([[0.5, 2.0, -1.0, 0.0]])
check(
    "The share for slopes (1, -2, 3, 4) and inputs (0.5, 2, -1, 0)",
    relu_share(G, Z),
    [[1.0, -2.0, 0.0, 0.0]],
    (
        [[1.0, -2.0, 0.0, 4.0]],
        "at 0 nothing is handed on: the slope is 1 only where Z is positive.",
    ),
    (
        [[1.0, 0.0, 3.0, 4.0]],
        "it is the sign of the input Z that counts, not that of the slope.",
    ),
    (
        [[0.5, -4.0, 0.0, 0.0]],
        "that is the slope times the value. The slope of ReLU is 1 or 0.",
    ),
    ([[1.0, 1.0, 0.0, 0.0]], "that is the slope of ReLU alone. Multiply it by G."),
)
print("Task 3 is right: what was cut off gets nothing.")

# %% [markdown]
# ## The engine
#
# A `Variable` is a value that remembers how it was made: its parents, each with a function from the slopes in the result to the parent's share. `tape` lists all that went into a result, each after its own parents. With your three functions that is nearly all.


# %%
class Variable:
    """An array, and how it was computed."""

    def __init__(self, value, parents=()):
        self.value, self.parents = np.asarray(value, dtype=float), parents

    def __add__(self, other):
        shapes = self.value.shape, other.value.shape
        parents = [
            (self, lambda G: unbroadcast(G, shapes[0])),
            (other, lambda G: unbroadcast(G, shapes[1])),
        ]
        return Variable(self.value + other.value, parents)

    def __matmul__(self, other):
        A, B = self.value, other.value
        parents = [
            (self, lambda G: product_shares(G, A, B)[0]),
            (other, lambda G: product_shares(G, A, B)[1]),
        ]
        return Variable(A @ B, parents)

    def relu(self):
        return Variable(
            np.maximum(self.value, 0), [(self, lambda G: relu_share(G, self.value))]
        )


def tape(result):
    """All variables that went into the result, each after its parents, itself last."""
    seen, found, waiting = set(), [], [(result, False)]
    while waiting:
        node, its_parents_stand = waiting.pop()
        if its_parents_stand:
            found.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting += [(parent, False) for parent, _ in node.parents]
    return found


# %% [markdown]
# ## Task 4. The walk back
#
# Give every variable its `slope`. The result has the one that it is given, `G`. Then walk the tape backwards. Each node has all its slope when its turn comes, and hands a share to each of its parents, which *add* it to what they have.


# %% tags=["task"]
def walk_back(result, G):
    """Set `slope` of every variable on the tape of the result, whose own slope is G."""
    nodes = tape(result)
    for node in nodes:
        node.slope = np.zeros_like(node.value)
    result.slope = G
    for node in reversed(nodes):
        for parent, share in node.parents:
            # blank: parent.slope = ...
            parent.slope = parent.slope + share(node.slope)
            # end of blank


# %% tags=["check"]
x, bias = Variable([[1.0, -2.0]]), Variable([0.5, 0.5])
doubled = x + x
bent = (doubled + bias).relu()
walk_back(bent, np.array([[10.0, 10.0]]))
check(
    "The slope in the bias, which is used once",
    bias.slope,
    [10.0, 0.0],
    ([10.0, 10.0], "hand on the slope of the node, and not that of the result."),
    ([0.0, 0.0], "nothing is handed on: parent.slope must grow by share(node.slope)."),
)
check(
    "The slope in x, which is used twice in x + x",
    x.slope,
    [[20.0, 0.0]],
    (
        [[10.0, 0.0]],
        "each use gives a share. Add it to what is there, do not replace it.",
    ),
)
walk_back(bent, np.array([[1.0, 1.0]]))
check("The slope in x after a second walk", x.slope, [[2.0, 0.0]])
print("Task 4 is right: shares add up.")

# %% [markdown]
# ## Task 5. The loss
#
# The network gives ten *scores* an image. *Softmax* turns them into probabilities: $p_k = e^{s_k} / \sum_j e^{s_j}$. The loss is the mean *surprise*, $-\ln p$ of the right digit, in nats. Take the largest score of each row from all its scores first. That changes no probability, and no exponential overflows.


# %% tags=["task"]
def probabilities(scores):
    """Softmax of each row: the shape of the scores."""
    # blank: return ...
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    # end of blank


# %% tags=["check"]
scores = np.log([[1.0, 3.0], [1.0, 2.0]])
powers = np.exp(scores - scores.max(axis=1, keepdims=True))
crossed = np.exp(scores - scores.max(axis=1))
rows = "each row must sum to 1: add up along axis 1."
upright = "the sums went to the columns. Keep them upright: `keepdims=True`."
with np.errstate(all="ignore"):
    check(
        "The probabilities for the scores (ln 1, ln 3) and (ln 1, ln 2)",
        probabilities(scores),
        [[0.25, 0.75], [1 / 3, 2 / 3]],
        *((some / some.sum(), rows) for some in (np.exp(scores), powers)),
        *((some / some.sum(axis=0), rows) for some in (np.exp(scores), powers)),
        *((some / some.sum(axis=1), upright) for some in (np.exp(scores), powers)),
        *((some, "divide each row by its sum.") for some in (np.exp(scores), powers)),
        (
            crossed / crossed.sum(axis=1, keepdims=True),
            "the largest scores went to the columns. Use `keepdims=True`.",
        ),
    )
    check(
        "The probabilities for the scores (0, 3000, 2999) and (0, 0, 0)",
        probabilities(np.array([[0.0, 3000.0, 2999.0], [0.0, 0.0, 0.0]])),
        [[0.0, np.e / (1 + np.e), 1 / (1 + np.e)], [1 / 3] * 3],
        (
            [[0.0, np.e / (1 + np.e), 1 / (1 + np.e)], [np.nan] * 3],
            "each row needs its own largest score: the largest along axis 1.",
        ),
        (
            [[0.0, np.nan, np.nan], [1 / 3] * 3],
            (
                "an exponential overflows. Take the largest score of the row from all"
                " its scores first: not their mean, and not another score."
            ),
        ),
        (
            [[0.0, 0.5, 0.5], [1 / 3] * 3],
            "cutting scores off changes the probabilities. Shift the whole row.",
        ),
    )
print("Task 5 is right: each row sums to 1, and nothing overflows.")

# %% [markdown]
# ## Task 6. Where the walk begins
#
# For softmax and this loss the slope in the scores is short: $(\mathbf{P} - \mathbf{Y}) / n$, with the probabilities $\mathbf{P}$ and a matrix $\mathbf{Y}$ that has a 1 at the right digit of each row and 0 elsewhere. $\mathbf{Y}$ has the shape of the scores: take the number of columns from them, for the check has three labels, not ten. Here `labels` holds the right label of each row, and $n$ is the number of rows.


# %%
def loss(scores, labels):
    """Mean surprise at the right labels, in nats."""
    return -np.mean(np.log(probabilities(scores)[np.arange(len(labels)), labels]))


# %% tags=["task"]
def loss_slope(scores, labels):
    """The slopes of `loss` in the scores: their shape."""
    # blank: return ...
    return (probabilities(scores) - np.eye(scores.shape[1])[labels]) / len(labels)
    # end of blank


# %% tags=["check"]
scores, right = np.array(
    [[1.0, 0.0, -1.0], [0.5, 2.0, 0.0], [0.0, 1.0, 1.5], [2.0, 1.0, 0.0]]
), np.array([2, 1, 0, 0])
steps = 1e-5 * np.eye(12).reshape(12, 4, 3)
measured = np.array(
    [(loss(scores + s, right) - loss(scores - s, right)) / 2e-5 for s in steps]
).reshape(4, 3)
check(
    "The slopes of the loss for four images and three labels",
    loss_slope(scores, right),
    measured,
    (-measured, "the sign is wrong: it is P - Y."),
    (4 * measured, "the loss is a mean. Divide by the number of rows."),
    (
        probabilities(scores) / 4,
        "Y is missing: take 1 from the probability of the right label.",
    ),
    (
        measured * 4 / 3,
        "divide by the number of rows, and not by the number of labels.",
    ),
    rtol=1e-5,
)
print("Task 6 is right: the slope is what the probability has too much.")

# %% [markdown]
# ## Task 7. The same by hand
#
# The network has one hidden layer: $\mathbf{S} = \operatorname{relu}(\mathbf{X}\mathbf{W}_1 + \mathbf{b}_1)\,\mathbf{W}_2 + \mathbf{b}_2$. Write its four gradients by hand, in the order of the weights, and see whether your engine agrees. `G` is the slope in the scores, `Z` what goes into the bend, `A` what comes out of it.


# %%
def initial_weights(hidden=32, seed=0):
    """W1 (64, hidden), b1 (hidden,), W2 (hidden, 10), b2 (10,): He's choice for ReLU."""
    rng = np.random.default_rng(seed)
    W1 = rng.normal(0, np.sqrt(2 / 64), (64, hidden))
    W2 = rng.normal(0, np.sqrt(2 / hidden), (hidden, 10))
    return [W1, np.zeros(hidden), W2, np.zeros(10)]


def network(X, W1, b1, W2, b2):
    """The scores of the images X, (n, 10): all are variables."""
    return (X @ W1 + b1).relu() @ W2 + b2


def gradients(weights, X, labels):
    """The slopes of the loss in the four weight arrays, by the engine."""
    variables = [Variable(w) for w in weights]
    scores = network(Variable(X), *variables)
    walk_back(scores, loss_slope(scores.value, labels))
    return [v.slope for v in variables]


# %% tags=["task"]
def gradients_by_hand(weights, X, labels):
    """The same without the engine: slopes in W1, b1, W2 and b2."""
    W1, b1, W2, b2 = weights
    Z = X @ W1 + b1
    A = np.maximum(Z, 0)
    G = loss_slope(A @ W2 + b2, labels)
    # blank: return ..., ..., ..., ...
    into_bend = relu_share(G @ W2.T, Z)
    return X.T @ into_bend, into_bend.sum(axis=0), A.T @ G, G.sum(axis=0)
    # end of blank


# %% tags=["check"]
weights, (X, right) = initial_weights(), (train[0][:5], train[1][:5])
by_engine, names = gradients(weights, X, right), "W1 b1 W2 b2"
by_hand = gradients_by_hand(weights, X, right)
by_hand = several("gradients_by_hand(...)", by_hand, names)
W1, b1, W2, b2 = weights
G = loss_slope(network(Variable(X), *map(Variable, weights)).value, right)
unbent = "the bend is missing. What comes back through W2 goes through relu_share."
mean = "that is the mean. A bias is used by all rows, and gets the sum of their slopes."
for name, hand, engine, *mistakes in (
    ("b2", by_hand[3], by_engine[3], (by_engine[3] / 5, mean)),
    (
        "W2",
        by_hand[2],
        by_engine[2],
        ((X @ W1 + b1).T @ G, "W2 meets what comes out of the bend: A, not Z."),
    ),
    (
        "b1",
        by_hand[1],
        by_engine[1],
        ((G @ W2.T).sum(axis=0), unbent),
        (by_engine[1] / 5, mean),
    ),
    ("W1", by_hand[0], by_engine[0], (X.T @ G @ W2.T, unbent)),
):
    check(f"The gradient for {name}, by hand,", hand, engine, *mistakes)
nudged = [
    loss(np.maximum(X @ W1 + b1, 0) @ (W2 + step) + b2, right)
    for step in (1e-5 * np.eye(*W2.shape), -1e-5 * np.eye(*W2.shape))
]
check(
    "The slope by hand when the diagonal of W2 grows",
    np.trace(by_hand[2]),
    (nudged[0] - nudged[1]) / 2e-5,
)
print("Task 7 is right: the engine and you agree.")

# %% [markdown]
# ## Task 8. Learn
#
# The loop below goes through all training images in random order, in batches of about 64. Once through is an *epoch*. You write the step for one batch, against the gradients. Return the new weights as a list of four arrays. Leave the old arrays as they are.


# %% tags=["task"]
def step(weights, X, labels, rate):
    """The weights after one step of gradient descent on this batch."""
    # blank: return ...
    return [
        w - rate * g
        for w, g in zip(weights, gradients(weights, X, labels), strict=True)
    ]
    # end of blank


# %% tags=["check"]
before = [w.copy() for w in weights]
after = several("step(...)", step(weights, X, right, 0.1), names)
for name, w, old, new, g in zip(
    names.split(), weights, before, after, by_engine, strict=True
):
    check(f"The old {name}, which must stay as it is,", w, old)
    check(
        f"The new {name}",
        new,
        old - 0.1 * g,
        (old + 0.1 * g, "that is uphill: subtract."),
        (old - g, "the rate is missing."),
    )
print("Task 8 is right: one step down.")

# %% [markdown]
# ## Task 9. How many are right?
#
# The network reads the digit with the largest score. Return the share of images for which that is the label.


# %% tags=["task"]
def accuracy(scores, labels):
    """The share of rows whose largest score stands at the label."""
    # blank: return ...
    return np.mean(scores.argmax(axis=1) == labels)
    # end of blank


# %% tags=["check"]
scores = np.array([[1.0, 3.0, 2.0], [5.0, 4.0, 0.0], [0.0, 0.0, 9.0], [7.0, 1.0, 8.0]])
check(
    "The share of right answers for the labels 1, 0, 2, 0",
    accuracy(scores, np.array([1, 0, 2, 0])),
    0.75,
    (3.0, "that is their number. Divide by all."),
    (0.25, "that is the share of wrong answers."),
)
print("Task 9 is right.")

# %% [markdown]
# ## Train it
#
# Thirty epochs at the rate 0.3. Before you run it: what would guessing get, and what do you expect on the 500 images that the network has not seen?

# %%
rng, weights, history = np.random.default_rng(0), initial_weights(), []
for epoch in range(31):
    scores = [
        np.maximum(X @ weights[0] + weights[1], 0) @ weights[2] + weights[3]
        for X in (train[0], test[0])
    ]
    history.append(
        [
            loss(scores[0], train[1]),
            loss(scores[1], test[1]),
            accuracy(scores[1], test[1]),
        ]
    )
    if epoch % 10 == 0:
        print(
            f"after {epoch:2d} epochs   loss {history[-1][0]:.3f} nats   on the test"
            f" images {history[-1][1]:.3f} nats, {history[-1][2]:.1%} right"
        )
    if epoch == 30:
        break
    order = rng.permutation(len(train[0]))
    for batch in np.array_split(order, len(order) // 64):
        weights = step(weights, train[0][batch], train[1][batch], 0.3)

# %% [markdown]
# The test accuracy is the last number. It differs by a percentage point or so with another seed: 500 images do not tell it more exactly.

# %% tags=["check"]
assert history[-1][2] > 0.95, (
    f"Only {history[-1][2]:.1%} of the test images are read rightly. More than 95 %"
    " should be."
)
print(f"Your network reads {history[-1][2]:.1%} of the digits that it has never seen.")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.2), layout="constrained")
train_loss, test_loss, share = np.array(history).T
left.semilogy(train_loss, color="C0", label="training images")
left.semilogy(test_loss, "--", color="C1", label="test images")
left.set(xlabel="epoch", ylabel="loss (nats)")
left.legend()
right.plot(100 * share, color="C3")
right.set(xlabel="epoch", ylabel="test images read rightly (%)", ylim=(0, 102))
show(
    figure,
    "Left: the loss falls by more than ten times in thirty epochs on the training"
    " images. On the test images it levels off higher. Right: the share of test images"
    " read rightly leaps up in the first epochs and then creeps.",
)

# %% [markdown]
# Which digits does it misread? Each stands under its label, and what the network took it for.

# %%
scores = np.maximum(test[0] @ weights[0] + weights[1], 0) @ weights[2] + weights[3]
wrong = np.flatnonzero(scores.argmax(axis=1) != test[1])
show(
    draw(test[0][wrong], [f"{test[1][k]}, not {scores[k].argmax()}" for k in wrong]),
    "Up to twelve digits that the network misreads, each under its true label and the"
    " wrong one. Some are odd, others a person would read at once.",
)

# %% [markdown]
# ## On with it
#
# Give the network 4 hidden units, or 128: change `hidden=32`. Set the rate to 3. What is the loss of a network that only guesses, and why does it stay there? The check for 95 % may complain now: you have changed the network on purpose.
#
# To replace ReLU by tanh, whose slope is $1 - \tanh^2$, change `relu`, `relu_share`, `A` in Task 7, and `np.maximum` wherever it stands below. The checks of Tasks 3, 4 and 7 are for ReLU.
