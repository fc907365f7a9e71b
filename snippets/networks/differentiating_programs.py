"""Differentiating programs: what an engine does with a whole program, and where it needs to be told."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:forward]
class Forward:
    """A number and its slope: forward mode for plus and times."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        if not isinstance(other, Forward):
            other = Forward(other)
        return Forward(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        if not isinstance(other, Forward):
            other = Forward(other)
        slope = self.slope * other.value + self.value * other.slope
        return Forward(self.value * other.value, slope)

    __radd__, __rmul__ = __add__, __mul__
# --8<-- [end:forward]


# --8<-- [start:traced]
class Traced:
    """A number on a tape, its operands and their factors: reverse mode.

    The value may be a float, or anything else that can be added and multiplied.
    """

    def __init__(self, tape, value, operands=()):
        self.tape, self.value, self.operands, self.slope = tape, value, operands, 0.0
        tape.append(self)

    def __add__(self, other):
        if not isinstance(other, Traced):
            other = Traced(self.tape, other)
        return Traced(self.tape, self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        if not isinstance(other, Traced):
            other = Traced(self.tape, other)
        operands = [(self, other.value), (other, self.value)]
        return Traced(self.tape, self.value * other.value, operands)

    __radd__, __rmul__ = __add__, __mul__
# --8<-- [end:traced]


# --8<-- [start:traced_slopes]
def traced_slopes(f, values):
    """f, made of + and *, at these numbers, and its slopes, by one walk back."""
    tape = []
    inputs = [Traced(tape, value) for value in values]
    end = f(*inputs)
    end.slope = 1.0
    for entry in reversed(tape):
        for operand, factor in entry.operands:
            operand.slope = operand.slope + factor * entry.slope
    return end.value, [entry.slope for entry in inputs]
# --8<-- [end:traced_slopes]


# --8<-- [start:newton]
def valley(x, y):
    """(1 - x)² + 100 (y - x²)², a bent valley with the minimum 0 at (1, 1)."""
    a, b = 1 + -1 * x, y + -1 * x * x
    return a * a + 100 * b * b


def hessian_times(f, point, v):
    """The Hessian of f at a point, times v, as a list: slopes along v of slopes."""
    moving = [Forward(p, along) for p, along in zip(point, v, strict=True)]
    _, slopes = traced_slopes(f, moving)
    return [slope.slope if isinstance(slope, Forward) else 0.0 for slope in slopes]


def whole_newton_step(f, point):
    """The point after one step of Newton's method, whose Hessian is made of products."""
    _, gradient = traced_slopes(f, point)
    units = np.eye(len(point)).tolist()
    H = np.array([hessian_times(f, point, v) for v in units])
    return (np.array(point) - np.linalg.solve(H, gradient)).tolist()
# --8<-- [end:newton]


# --8<-- [start:newton_printed]
def print_valley():
    """From (-1.2, 1): where each step of Newton's method on the valley leads."""
    point = [-1.2, 1.0]
    for step in range(7):
        print(f"step {step}: ({point[0]:8.5f}, {point[1]:8.5f})   height {valley(*point):.3g}")
        point = whole_newton_step(valley, point)
# --8<-- [end:newton_printed]


# --8<-- [start:rules]
def stop(x):
    """The same number as if it were a constant: no slope goes back through it."""
    return Traced(x.tape, x.value)


def with_rule(x, value, factor):
    """A number that is `value`, and to whose slope by x the engine is told the factor."""
    return Traced(x.tape, value, [(x, factor)])


def root(x):
    """The square root, with its rule."""
    return with_rule(x, np.sqrt(x.value), 0.5 / np.sqrt(x.value))


def log1pexp(x):
    """ln(1 + eˣ) without overflow; its slope is the sigmoid."""
    return with_rule(x, np.logaddexp(0, x.value), np.exp(-np.logaddexp(0, -x.value)))


def chosen(condition, a, b):
    """a if the condition holds, else b, as for arrays: both have been computed.

    Going back, the slope of the other one is multiplied by 0.
    """
    value = a.value if condition else b.value
    return Traced(a.tape, value, [(a, 1.0 * condition), (b, 1.0 - condition)])
# --8<-- [end:rules]


# --8<-- [start:told]
def print_told():
    """x x, with one of them stopped, and ln(1 + eˣ) by its rule, at 3 and at 1000."""
    for name, f in (("x x", lambda x: x * x), ("x stop(x)", lambda x: x * stop(x)), ("ln(1 + eˣ)", log1pexp)):
        print(f"{name:10}", end="")
        for at in (3.0, 1000.0):
            value, (slope,) = traced_slopes(f, [at])
            print(f"   at {at:4g}: value {value:12.4f}, slope {slope:9.4f}", end="")
        print()
# --8<-- [end:told]


# --8<-- [start:where]
def careless(x):
    """√x where x > 0, else 0."""
    return chosen(x.value > 0, root(x), Traced(x.tape, 0.0))


def careful(x):
    """The same, with a harmless number where the root is not wanted."""
    wanted = x.value > 0
    harmless = chosen(wanted, x, Traced(x.tape, 1.0))
    return chosen(wanted, root(harmless), Traced(x.tape, 0.0))
# --8<-- [end:where]


# --8<-- [start:where_printed]
def print_where():
    """Values and slopes of both where x > 0, and at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, f in (("careless", careless), ("careful", careful)):
            for at in (4.0, 0.0):
                value, (slope,) = traced_slopes(f, [np.float64(at)])
                print(f"{name:8} at {at:g}: value {value:g}, slope {slope:g}")
# --8<-- [end:where_printed]


# --8<-- [start:kept]
def next_state(h, W):
    """The next state (m,) of a loop."""
    return np.tanh(h @ W)


def walk_back_kept(W, h, g, steps, every):
    """Slopes by W (m, m) of g·(the state after some steps from h), keeping each `every`-th state.

    Also how many states are kept at each moment, and how often a next state was computed.
    """
    kept, counts, computed = {}, [], 0
    for t in range(steps):
        if t % every == 0:
            kept[t] = h
        h, computed = next_state(h, W), computed + 1
        counts.append(len(kept))
    dW, last = np.zeros(W.shape), h
    for start in sorted(kept, reverse=True):
        inside = [kept.pop(start)]
        for _ in range(start + 1, min(start + every, steps)):
            inside.append(next_state(inside[-1], W))
            computed += 1
            counts.append(len(kept) + len(inside))
        for _ in range(len(inside)):
            h = inside.pop()
            D = g * (1 - last**2)
            dW, g, last = dW + np.outer(h, D), D @ W.T, h
            counts.append(len(kept) + len(inside))
    return dW, counts, computed
# --8<-- [end:kept]


# --8<-- [start:memory]
def long_loop(m=4):
    """A matrix (m, m), a first state and slopes of the last, (m,), all random."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 1 / np.sqrt(m), (m, m)), rng.normal(0, 1, m), rng.normal(0, 1, m)


def figure_memory(every=1):
    _, counts, computed = walk_back_kept(*long_loop(), 64, every)
    fig, ax = plt.subplots()
    ax.plot(np.arange(1, len(counts) + 1), counts, drawstyle="steps-mid", color="C0")
    ax.axvline(64, color="gray", linewidth=0.8, linestyle=":")
    ax.set(xlabel="moment", ylabel="states in memory", xlim=(0, 195), ylim=(0, 68))
    ax.set_title(f"at most {max(counts)} states, {computed} computed", fontsize="medium")
    return fig


figure_memory.slider = ("every", [1, 2, 4, 8, 16, 32, 64])
# --8<-- [end:memory]


# --8<-- [start:same]
def print_kept():
    """Memory and work for 64 steps, and whether the slopes are those of keeping all."""
    exact, _, _ = walk_back_kept(*long_loop(), 64, 1)
    print("every   at most kept   computed   the same to the last bit")
    for every in (1, 4, 8, 16, 64):
        dW, counts, computed = walk_back_kept(*long_loop(), 64, every)
        print(f"{every:5d}   {max(counts):12d}   {computed:8d}   {'yes' if np.array_equal(dW, exact) else 'no'}")
# --8<-- [end:same]


# --8<-- [start:orders]
def print_thousand_orders():
    """A thousand slopes of students, added up in a thousand orders, one after the other."""
    rng = np.random.default_rng(0)
    slopes = rng.normal(0, 1, 1000)
    sums = set()
    for _ in range(1000):
        total = 0.0
        for slope in rng.permutation(slopes).tolist():
            total += slope  # Python's own sum would make up for the errors, since 3.12
        sums.add(total)
    print(f"{len(sums)} different sums, from {min(sums):.16f} to {max(sums):.16f}")
# --8<-- [end:orders]


# --8<-- [start:halves]
def back_by_halves(W, h, g, steps):
    """Slopes by h and by W, how many states were kept at most, and how many computed."""
    if steps == 1:
        D = g * (1 - next_state(h, W) ** 2)
        return D @ W.T, np.outer(h, D), 1, 1
    half, middle = steps // 2, h
    for _ in range(half):
        middle = next_state(middle, W)
    g, later, kept, computed = back_by_halves(W, middle, g, steps - half)
    g, earlier, kept_too, computed_too = back_by_halves(W, h, g, half)
    return g, later + earlier, 1 + max(kept, kept_too), half + computed + computed_too


def print_halves():
    """Memory and work if the loop is halved again and again."""
    print("  steps   kept   computed")
    for steps in (64, 1024):
        _, _, kept, computed = back_by_halves(*long_loop(), steps)
        print(f"{steps:7d}   {kept:4d}   {computed:8d}")
# --8<-- [end:halves]


if __name__ == "__main__":
    print_valley()
    print_told()
    print_where()
    print_kept()
    print_thousand_orders()
    print_halves()
    figure_memory()
    plt.show()
