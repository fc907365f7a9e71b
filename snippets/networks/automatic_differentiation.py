"""Automatic differentiation: forward by dual numbers, backward along a tape, both complete."""

# --8<-- [start:imports]
import itertools
import operator
from numbers import Real

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:pair]
class Pair:
    """A number and its slope: forward mode for plus and times."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return Pair(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        slope = self.slope * other.value + self.value * other.slope
        return Pair(self.value * other.value, slope)
# --8<-- [end:pair]


# --8<-- [start:entry]
class Entry:
    """A number on a tape, its operands and their factors: reverse mode for + and *."""

    def __init__(self, tape, value, operands=()):
        self.tape, self.value, self.operands, self.slope = tape, value, operands, 0.0
        tape.append(self)

    def __add__(self, other):
        return Entry(self.tape, self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        operands = [(self, other.value), (other, self.value)]
        return Entry(self.tape, self.value * other.value, operands)


def small_slopes(f, *numbers):
    """f, made of + and *, at these numbers, and its slope in each, by one walk back."""
    tape = []
    inputs = [Entry(tape, number) for number in numbers]
    end = f(*inputs)
    end.slope = 1.0
    for entry in reversed(tape):
        for operand, factor in entry.operands:
            operand.slope += factor * entry.slope
    return end.value, [entry.slope for entry in inputs]
# --8<-- [end:entry]


# --8<-- [start:small_printed]
def print_small():
    """x x y + x at x = 2, y = 5: by two walks forward, and by one walk back."""
    f = lambda x, y: x * x * y + x
    for name, x, y in (("x", Pair(2.0, 1.0), Pair(5.0)), ("y", Pair(2.0), Pair(5.0, 1.0))):
        print(f"forward from {name}: value {f(x, y).value:g}, slope in {name} {f(x, y).slope:g}")
    value, (in_x, in_y) = small_slopes(f, 2.0, 5.0)
    print(f"backward:       value {value:g}, slope in x {in_x:g}, slope in y {in_y:g}")
# --8<-- [end:small_printed]


# --8<-- [start:operators]
OPERATORS = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "divide": operator.truediv, "matmul": operator.matmul, "power": operator.pow,
}  # fmt: skip


class Number:
    """What both engines share: whatever follows from +, ×, @ and powers.

    `lift` makes a constant of a number or an array. NumPy asks `__array_ufunc__`
    what to do with one of these: its operators are ours, and so is np.exp(x).
    """

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -self.lift(other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * self.lift(other) ** -1

    def __rtruediv__(self, other):
        return self**-1 * other

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def mean(self, axis=None, dtype=None, out=None):
        return self.sum(axis) / raw(self).size

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        name = ufunc.__name__
        if method == "__call__" and name in OPERATORS:
            return OPERATORS[name](*map(self.lift, inputs))
        if method == "__call__" and name in ("exp", "log", "sin", "cos", "tanh"):
            return getattr(self, name)()
        raise TypeError(f"np.{name} is not built in; there are exp, log, sin, cos, tanh, relu, sum")

    def __getitem__(self, place):
        raise TypeError("x[...] is not built in: multiply by a matrix of zeros and ones with @")


def raw(x):
    """The plain array below a Number, or x as an array."""
    return raw(x.value) if isinstance(x, Number) else np.asarray(x)


def whole(axis):
    """Refuse a sum over one axis."""
    if axis is not None:
        raise TypeError(f"a sum over axis {axis} is not built in: multiply by ones with @")


def positive(x):
    """x itself; raises `ValueError` if it has no logarithm."""
    if np.any(raw(x) <= 0):
        raise ValueError(f"log of {raw(x).min()}: only positive numbers have one")
    return x


def number(n):
    """The exponent as a float; raises `TypeError` if it is none."""
    if not isinstance(n, Real):
        raise TypeError(f"the exponent is a {type(n).__name__}: it must be a number")
    return float(n)


def tanh_slope(x):
    """1 - tanh², without a difference of nearly equal numbers where it can be avoided."""
    if isinstance(x, Number):
        return 1 - np.tanh(x) * np.tanh(x)
    small = np.exp(-2 * np.abs(x))
    return 4 * small / (1 + small) ** 2
# --8<-- [end:operators]


# --8<-- [start:dual]
class Dual(Number):
    """A value and its slope, which travel together: forward mode.

    Both are arrays of one shape, or Variables: a smaller slope is stretched. Raises
    `ValueError` if that is impossible.

    >>> x = Dual(3.0, slope=1.0)
    >>> y = x * x + 2 * x
    >>> print(y.value, y.slope)
    15.0 8.0
    """

    def __init__(self, value, slope=0.0):
        if isinstance(value, Variable):  # both modes at once
            self.value = value
            self.slope = Variable.lift(slope + np.zeros(value.value.shape))
        else:
            self.value = np.asarray(value, dtype=float)
            self.slope = np.broadcast_to(np.asarray(slope, dtype=float), self.value.shape)

    @staticmethod
    def lift(x):
        return x if isinstance(x, Dual) else Dual(x)

    def __add__(self, other):
        other = self.lift(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        other = self.lift(other)
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    def __pow__(self, n):
        n = number(n)
        return Dual(self.value**n, (n * self.value ** (n - 1) if n else 0.0) * self.slope)

    def __matmul__(self, other):
        other = self.lift(other)
        slope = self.slope @ other.value + self.value @ other.slope
        return Dual(self.value @ other.value, slope)

    def exp(self):
        return Dual(np.exp(self.value), np.exp(self.value) * self.slope)

    def log(self):
        return Dual(np.log(positive(self.value)), self.slope / self.value)

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.slope)

    def cos(self):
        return Dual(np.cos(self.value), -np.sin(self.value) * self.slope)

    def tanh(self):
        return Dual(np.tanh(self.value), tanh_slope(self.value) * self.slope)

    def relu(self):
        return (raw(self) > 0) * self

    def sum(self, axis=None, dtype=None, out=None):
        whole(axis)
        return Dual(self.value.sum(), self.slope.sum())
# --8<-- [end:dual]


# --8<-- [start:variable]
class Variable(Number):
    """A value that remembers how it was computed: reverse mode.

    `parents` holds a pair for each operand: the Variable, and a function from the
    slope of the final output in this node to the operand's share of it.
    """

    counter = itertools.count()

    def __init__(self, value, parents=(), operation="input"):
        if isinstance(value, Dual):
            raise TypeError("a Variable cannot hold a Dual: for both modes write Dual(Variable(x), v)")
        self.value = np.array(value, dtype=float)  # a copy: the tape keeps what was
        self.parents = parents
        self.operation = operation
        self.number = next(Variable.counter)

    @staticmethod
    def lift(x):
        return x if isinstance(x, Variable) else Variable(x, operation="constant")

    def __add__(self, other):
        if isinstance(other, Dual):
            return NotImplemented
        a, b = self, self.lift(other)
        return Variable(a.value + b.value, [(a, lambda g: g), (b, lambda g: g)], "+")

    def __mul__(self, other):
        if isinstance(other, Dual):
            return NotImplemented
        a, b = self, self.lift(other)
        shares = [(a, lambda g: g * b.value), (b, lambda g: g * a.value)]
        return Variable(a.value * b.value, shares, "×")

    def __pow__(self, n):
        n = number(n)
        share = lambda g: g * (n * self.value ** (n - 1) if n else 0.0)
        return Variable(self.value**n, [(self, share)], f"^{n:g}")

    def __matmul__(self, other):
        a, b = self, self.lift(other)
        if a.value.ndim != 2 or b.value.ndim != 2:
            raise ValueError(f"{a.value.shape} @ {b.value.shape}: both must be matrices")
        shares = [(a, lambda g: g @ b.value.T), (b, lambda g: a.value.T @ g)]
        return Variable(a.value @ b.value, shares, "@")

    def elementwise(self, function, slope, name):
        return Variable(function(self.value), [(self, lambda g: g * slope)], name)

    def exp(self):
        return self.elementwise(np.exp, np.exp(self.value), "exp")

    def log(self):
        return self.elementwise(np.log, 1 / positive(self.value), "log")

    def sin(self):
        return self.elementwise(np.sin, np.cos(self.value), "sin")

    def cos(self):
        return self.elementwise(np.cos, -np.sin(self.value), "cos")

    def tanh(self):
        return self.elementwise(np.tanh, tanh_slope(self.value), "tanh")

    def relu(self):
        return self.elementwise(lambda v: np.maximum(v, 0), self.value > 0, "relu")

    def sum(self, axis=None, dtype=None, out=None):
        whole(axis)
        share = lambda g: np.broadcast_to(g, self.value.shape)
        return Variable(self.value.sum(), [(self, share)], "sum")
# --8<-- [end:variable]


# --8<-- [start:walk]
def tape(output):
    """All nodes that an output was computed from, in the order of computation."""
    found, waiting = {}, [output]
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            waiting += [parent for parent, _ in node.parents]
    return sorted(found.values(), key=lambda node: node.number)


def unbroadcast(slope, shape):
    """The slope of an array that was stretched: summed over its copies, of that shape."""
    slope = slope.sum(axis=tuple(range(slope.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return slope.sum(axis=stretched, keepdims=True)


def walk_back(output, nodes=None):
    """Slopes of an output by `id` of the node, when so many `nodes` have handed on."""
    slopes = {id(output): np.ones_like(output.value)}
    for node in tape(output)[::-1][:nodes]:
        for parent, share in node.parents:
            arriving = unbroadcast(share(slopes[id(node)]), parent.value.shape)
            slopes[id(parent)] = slopes.get(id(parent), 0.0) + arriving
    return slopes


def gradients(output, inputs):
    """Slopes of an output, one number, in each of the inputs: a list of arrays like them.

    Raises `ValueError` if the output is more than one number.

    >>> x, y = Variable(3.0), Variable(2.0)
    >>> print(*gradients(x * y + x, [x, y]))
    3.0 3.0
    """
    if output.value.size != 1:
        raise ValueError(f"an output of shape {output.value.shape}: take its sum or mean")
    slopes = walk_back(output)
    return [slopes.get(id(x), np.zeros_like(x.value)) for x in inputs]
# --8<-- [end:walk]


# --8<-- [start:example]
def small_example(x, y):
    """tanh(x y + x) times x: the input x is used three times."""
    return (x * y + x).tanh() * x
# --8<-- [end:example]


# --8<-- [start:example_printed]
def print_both_modes():
    """Slopes of the example at (0.8, -0.5): forward, backward, and by complex steps."""
    x, y = 0.8, -0.5
    by_x = small_example(Dual(x, 1.0), Dual(y))
    by_y = small_example(Dual(x), Dual(y, 1.0))
    inputs = [Variable(x), Variable(y)]
    back = gradients(small_example(*inputs), inputs)
    steps = [(np.tanh(a * b + a) * a).imag / 1e-20 for a, b in ((x + 1e-20j, y), (x, y + 1e-20j))]
    print("              in x                 in y")
    for name, slopes in (("forward", (by_x.slope, by_y.slope)), ("backward", back), ("complex step", steps)):
        print(f"{name:12}  {slopes[0]:.12f}   {slopes[1]:.12f}")
# --8<-- [end:example_printed]


# --8<-- [start:tape]
def named_tape():
    """The tape of the example: its nodes with a name and a place in the figure."""
    x, y = Variable(0.8), Variable(-0.5)
    output = small_example(x, y)
    names = ("x", "y", "u", "s", "t", "L")
    places = ((0, 0), (0, 2), (1.6, 2), (3.2, 1.3), (4.8, 1.3), (6.2, 0))
    return dict(zip(names, zip(tape(output), places, strict=True), strict=True))


def figure_tape(step=11):
    nodes = named_tape()
    place_of = dict(nodes.values())
    output, known = nodes["L"][0], list(nodes)[: step + 1]
    slopes = walk_back(output, step - 5) if step > 5 else {}
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.9), width_ratios=[5, 3])
    for name, (node, (x, y)) in nodes.items():
        for parent, _ in node.parents:
            arrow = {"arrowstyle": "-|>", "color": "gray", "lw": 1.3, "shrinkA": 14, "shrinkB": 14}
            left.annotate("", (x, y), place_of[parent], arrowprops=arrow)
        left.plot(x, y, "o", markersize=25, markerfacecolor="white", markeredgecolor="C0" if name in known else "gray")
        left.text(x, y, name, ha="center", va="center", style="italic")
        left.text(x, y - 0.62, node.operation, ha="center", color="gray")
    right.text(0, 6.8, "node", color="gray")
    right.text(1.25, 6.8, "value", color="C0", ha="center")
    right.text(2.6, 6.8, "slope of L", color="C1", ha="center")
    for row, (name, (node, _)) in enumerate(nodes.items()):
        right.text(0.2, 6 - row, name, style="italic")
        if name in known:
            right.text(1.25, 6 - row, f"{node.value:.3f}".replace("-", "−"), color="C0", ha="center")
        if id(node) in slopes:
            right.text(2.6, 6 - row, f"{slopes[id(node)]:.3f}".replace("-", "−"), color="C1", ha="center")
    if step > 5:
        right.plot([-0.2, 3.4], [6.12 - (11 - step)] * 2, color="C2", linewidth=20, alpha=0.2, solid_capstyle="butt")
    left.set(xlim=(-0.5, 6.7), ylim=(-1.1, 2.9))
    right.set(xlim=(-0.3, 3.5), ylim=(0.4, 7.4))
    left.axis("off")
    right.axis("off")
    return fig


figure_tape.slider = ("step", list(range(12)))
# --8<-- [end:tape]


# --8<-- [start:loop]
def square_root(x, most_steps=50):
    """The square root of a positive x by Newton's method, until the guess stays.

    Raises `RuntimeError` when `most_steps` are not enough.
    """
    guess = x * 0.5 + 0.5
    for _ in range(most_steps):
        better = (guess + x / guess) * 0.5
        if abs(better.value - guess.value) < 1e-15 * better.value:
            return better
        guess = better
    raise RuntimeError(f"after {most_steps} rounds the guess still moves: {guess.value}")
# --8<-- [end:loop]


# --8<-- [start:loop_printed]
def print_loop():
    """The slope of a loop with an exit: the square root of 2, and its slope 1 / (2 root)."""
    forward = square_root(Dual(2.0, 1.0))
    x = Variable(2.0)
    output = square_root(x)
    print(f"root {forward.value:.12f}, slope forward {forward.slope:.12f}")
    print(f"slope backward {gradients(output, [x])[0]:.12f}, on a tape of {len(tape(output))} nodes")
    print(f"1 / (2 root) = {1 / (2 * np.sqrt(2)):.12f}")
# --8<-- [end:loop_printed]


# --8<-- [start:network]
def tired_students(n=40, seed=0):
    """Simulated students whom too many hours make tired: hours, attendance, marks.

    Three arrays of shape (n,). The marks are 12, and 15 hours - 1.25 hours², and
    0.3 a percent of attendance, and noise with a standard deviation of 5.
    """
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0, 10, n)
    attendance = rng.uniform(40, 100, n)
    marks = 12 + 15 * hours - 1.25 * hours**2 + 0.3 * attendance + rng.normal(0, 5, n)
    return hours, attendance, marks


def scales():
    """Means and deviations of (hours, attendance, marks) of the 40: two arrays (3,)."""
    columns = np.column_stack(tired_students())
    return columns.mean(axis=0), columns.std(axis=0)


def scaled(hours, attendance, marks):
    """Inputs X (n, 2) and targets Y (n, 1), standardised as the 40 students."""
    means, deviations = scales()
    columns = (np.column_stack([hours, attendance, marks]) - means) / deviations
    return columns[:, :2], columns[:, 2:]


def initial_weights(hidden=4, seed=0):
    """Random W1 (2, hidden), W2 (hidden, 1), zero biases b1 (hidden,), b2 (1,).

    Each random weight has the variance 1 / number of inputs of its layer.
    """
    rng = np.random.default_rng(seed)
    W1 = rng.normal(0, 1 / np.sqrt(2), (2, hidden))
    W2 = rng.normal(0, 1 / np.sqrt(hidden), (hidden, 1))
    return W1, np.zeros(hidden), W2, np.zeros(1)


def forward(weights, X):
    """Activations A (n, hidden) and predictions Y_hat (n, 1) of a batch X (n, 2)."""
    W1, b1, W2, b2 = weights
    Z = X @ W1 + b1
    A = np.tanh(Z)
    Y_hat = A @ W2 + b2
    return A, Y_hat


def network_gradients(weights, X, Y):
    """Gradients of `network_loss` in W1, b1, W2, b2, each of the shape of its array."""
    W1, b1, W2, b2 = weights
    A, Y_hat = forward(weights, X)
    G_Y = 2 / Y.size * (Y_hat - Y)
    G_W2 = A.T @ G_Y
    G_b2 = G_Y.sum(axis=0)
    G_A = G_Y @ W2.T
    G_Z = G_A * (1 - A**2)
    G_W1 = X.T @ G_Z
    G_b1 = G_Z.sum(axis=0)
    return G_W1, G_b1, G_W2, G_b2


# --8<-- [end:network]


# --8<-- [start:tape_gradients]
def tape_gradients(weights, X, Y):
    """The gradients of the network's loss in W1, b1, W2, b2: no equation was derived."""
    inputs = W1, b1, W2, b2 = [Variable(w) for w in weights]
    loss = (((X @ W1 + b1).tanh() @ W2 + b2 - Y) ** 2).mean()
    return gradients(loss, inputs)
# --8<-- [end:tape_gradients]


# --8<-- [start:same_training]
def print_same_training():
    """Two trainings, by hand-made gradients and by the tape: the largest difference of a weight."""
    X, Y = scaled(*tired_students())
    by_hand = by_tape = initial_weights()
    print("step   largest difference   loss (share of the variance)")
    for step in range(301):
        if step in (0, 1, 10, 100, 300):
            far = max(np.abs(a - b).max() for a, b in zip(by_hand, by_tape, strict=True))
            print(f"{step:4d}   {far:18.12f}   {np.mean((forward(by_tape, X)[1] - Y) ** 2):28.6f}")
        by_hand = [w - 0.2 * g for w, g in zip(by_hand, network_gradients(by_hand, X, Y), strict=True)]
        by_tape = [w - 0.2 * g for w, g in zip(by_tape, tape_gradients(by_tape, X, Y), strict=True)]
# --8<-- [end:same_training]


# --8<-- [start:cost]
def mixing(inputs, outputs):
    """A function of some inputs with some outputs that share a chain of 20 sines."""

    def f(xs):
        total = xs[0]
        for x in xs[1:]:
            total = total + x
        for _ in range(20):
            total = total.sin()
        return [(total * (0.1 * k)).sin() for k in range(1, outputs + 1)]

    return f, [0.1 * k for k in range(inputs)]


def slopes_computed(inputs, outputs):
    """How many slopes of arrows the full Jacobian takes: forward, and backward."""
    f, point = mixing(inputs, outputs)
    results = f([Variable(x) for x in point])
    arrows = [sum(len(node.parents) for node in tape(result)) for result in results]
    everything = {id(node): len(node.parents) for result in results for node in tape(result)}
    return inputs * sum(everything.values()), sum(arrows)


def figure_modes():
    sizes = [1, 2, 4, 8, 16, 32]
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 3.3), sharey=True)
    costs = [slopes_computed(p, 1) for p in sizes], [slopes_computed(1, m) for m in sizes]
    for ax, cost, name in zip(axes, costs, ("inputs (1 output)", "outputs (1 input)"), strict=True):
        ax.loglog(sizes, [forward for forward, _ in cost], "o--", color="C2", label="forward mode")
        ax.loglog(sizes, [backward for _, backward in cost], "s-", color="C2", label="reverse mode")
        ax.minorticks_off()
        ax.set(xlabel=name, xticks=sizes, xticklabels=sizes)
    axes[0].set(ylabel="slopes computed")
    axes[0].legend()
    return fig
# --8<-- [end:cost]


# --8<-- [start:both]
def hessian_product(f, w, v):
    """H v without H: the slope of f along v, forward, and the slopes of that, backward.

    f takes a Dual of the shape of w and gives one number; w and v have one shape.
    """
    w, v = np.stack([w, v])  # of one shape, or it raises
    inputs = Variable(w)
    return gradients(f(Dual(inputs, v)).slope, [inputs])[0]
# --8<-- [end:both]


# --8<-- [start:both_printed]
def print_both():
    """The Hessian of a small loss, column by column, beside nudged gradients."""
    X = np.array([[1.0, 0.5], [1.0, -1.0], [1.0, 2.0]])
    f = lambda w: (np.tanh(X @ w) ** 2).mean()
    w, h = np.array([[0.3], [-0.2]]), 1e-5
    nudge = lambda v: [gradients(f(inputs), [inputs])[0] for inputs in (Variable(w + h * v), Variable(w - h * v))]
    for v in np.eye(2)[:, :, None]:
        ahead, behind = nudge(v)
        product, measured = hessian_product(f, w, v)[:, 0], ((ahead - behind) / (2 * h))[:, 0]
        print(f"both modes {product[0]:8.5f} {product[1]:8.5f}   nudged gradients {measured[0]:8.5f} {measured[1]:8.5f}")
# --8<-- [end:both_printed]


# --8<-- [start:differences]
def print_not_differences():
    """The slope of the example in x: forward differences with ever smaller steps, and a dual.

    Digits of a quotient that rounding, divided by h, has spoiled are not shown.
    """
    exact = small_example(Dual(0.8, 1.0), Dual(-0.5)).slope

    def value(x):
        return small_example(Dual(x), Dual(-0.5)).value

    for h in (1e-2, 1e-5, 1e-8, 1e-11, 1e-14):
        quotient, digits = (value(0.8 + h) - value(0.8)) / h, min(12, int(15.5 + np.log10(h)))
        print(f"h = {h:.0e}: difference quotient {quotient:.{digits}f}")
    print(f"dual number:     slope               {exact:.12f}")
# --8<-- [end:differences]


# --8<-- [start:formulas]
def formulas(n):
    """The formula of n rounds of x <- 3.5 x (1 - x), and that of its derivative, as text."""
    formula, derivative = "x", "1"
    for _ in range(n):
        derivative = f"3.5*({derivative})*(1-2*({formula}))"
        formula = f"3.5*({formula})*(1-({formula}))"
    return formula, derivative
# --8<-- [end:formulas]


# --8<-- [start:formulas_printed]
def print_not_formulas():
    """Length of the formulas in characters, and of the tape in nodes."""
    print("rounds   formula   its derivative   tape   slope at 0.3 by formula   by tape")
    for n in (1, 2, 4, 8, 12):
        formula, derivative = formulas(n)
        x = y = Variable(0.3)
        for _ in range(n):
            y = 3.5 * y * (1 - y)
        by_formula = eval(derivative, {"x": 0.3})
        print(f"{n:6d}   {len(formula):7d}   {len(derivative):14d}   {len(tape(y)):4d}   "
              f"{by_formula:23.6f}   {gradients(y, [x])[0]:7.6f}")
# --8<-- [end:formulas_printed]


# --8<-- [start:overwriting]
def walk_back_overwriting(output):
    """A bug: each share replaces what has arrived before, `=` where `+=` is meant."""
    slopes = {id(output): np.ones_like(output.value)}
    for node in tape(output)[::-1]:
        for parent, share in node.parents:
            slopes[id(parent)] = unbroadcast(share(slopes[id(node)]), parent.value.shape)
    return slopes
# --8<-- [end:overwriting]


# --8<-- [start:overwriting_printed]
def print_overwriting():
    """Slopes in x by the right walk and by the wrong one, for four functions."""
    functions = {"tanh(3 x)": lambda x: (x * 3).tanh(), "exp(sin(x))": lambda x: x.sin().exp(),
                 "x x": lambda x: x * x, "x + x": lambda x: x + x}
    for name, f in functions.items():
        x = Variable(0.8)
        output = f(x)
        right, wrong = walk_back(output)[id(x)], walk_back_overwriting(output)[id(x)]
        print(f"{name:12} right {right:7.4f}   overwriting {wrong:7.4f}")
# --8<-- [end:overwriting_printed]


# --8<-- [start:twice]
def print_twice():
    """Walking back twice: without memory, and into a store that adds, as PyTorch does."""
    x, y = Variable(0.8), Variable(-0.5)
    output = small_example(x, y)
    stored = 0.0
    for walk in (1, 2):
        slope = gradients(output, [x])[0]
        stored = stored + slope
        print(f"walk {walk}: slope {slope:.4f}, in the store {stored:.4f}")
# --8<-- [end:twice]


# --8<-- [start:kink]
def print_kink():
    """Three ways to write x, one of them with ReLU, and their slopes at 0 and at 1."""
    ways = {"x": lambda x: x, "relu(x) - relu(-x)": lambda x: x.relu() - (-x).relu(),
            "2 x - x": lambda x: 2 * x - x}
    for name, f in ways.items():
        slopes = [f(Dual(at, 1.0)).slope for at in (0.0, 1.0)]
        print(f"{name:18}  slope at 0: {slopes[0]:.0f}, at 1: {slopes[1]:.0f}")
# --8<-- [end:kink]


# --8<-- [start:jacobian]
def print_rows_and_columns():
    """The Jacobian of (x y, sin x, x + y^2) at (0.8, -0.5): columns forward, rows backward."""

    def f(x, y):
        return x * y, x.sin(), x + y**2

    point = np.array([0.8, -0.5])
    for unit in np.eye(2):
        duals = f(*(Dual(value, slope) for value, slope in zip(point, unit, strict=True)))
        print("column by one walk forward:", np.round([dual.slope for dual in duals], 4))
    for k in range(3):
        inputs = [Variable(value) for value in point]
        print("row by one walk backward:  ", np.round(gradients(f(*inputs)[k], inputs), 4))
# --8<-- [end:jacobian]


if __name__ == "__main__":
    print_small()
    print_both()
    print_both_modes()
    print_loop()
    print_same_training()
    print_not_differences()
    print_not_formulas()
    print_overwriting()
    print_twice()
    print_kink()
    print_rows_and_columns()
    figure_tape()
    figure_modes()
    plt.show()
