"""Chain rule: derivatives of functions inside functions, and on graphs with many paths."""

# --8<-- [start:imports]
import math

import matplotlib.pyplot as plt
import numpy as np
# --8<-- [end:imports]


# --8<-- [start:small]
def small_walk(x, y, z):
    """Values of the nodes of f = (x + y) z, and the slope of f in each, walking back."""
    q = x + y
    f = q * z
    slopes = {"f": 1}
    slopes["q"] = slopes["f"] * z  # times swaps: each factor gets the other one
    slopes["z"] = slopes["f"] * q
    slopes["x"] = slopes["q"]  # plus passes on
    slopes["y"] = slopes["q"]
    return {"x": x, "y": y, "z": z, "q": q, "f": f}, slopes
# --8<-- [end:small]


# --8<-- [start:small_drawn]
def minus(text):
    """The text with a true minus sign."""
    return text.replace("-", "\N{MINUS SIGN}")


def draw_graph(ax, places, formulas, told, values, arrows, back, known, reached):
    """A graph with the values of its known nodes, and the slopes of those that the walk back has reached."""
    for source, target, slope in arrows:
        (x0, y0), (x1, y1) = places[source], places[target]
        walked = target in reached and source in reached
        style = {"arrowstyle": "<|-", "color": "C1"} if walked else {"arrowstyle": "-|>", "color": "gray"}
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={**style, "lw": 1.5, "shrinkA": 16, "shrinkB": 16})
        if target in known:
            middle = 0.55 * x0 + 0.45 * x1, 0.55 * y0 + 0.45 * y1
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            ax.text(*middle, minus(told[0].format(slope)), fontsize=12, ha="center", va="center", bbox=box)
    for node, (x, y) in places.items():
        ax.plot(x, y, "o", markersize=28, markerfacecolor="white", markeredgecolor="C0" if node in known else "gray")
        ax.text(x, y, node, ha="center", va="center", style="italic")
        if node in formulas:
            ax.text(x, y - 0.6, formulas[node], ha="center", color="gray", fontsize=12)
        if node in known:
            ax.text(x, y + 0.42, minus(told[1].format(values[node])), ha="center", color="C0", fontsize=13)
        if node in reached:
            ax.text(x, y + 0.8, minus(told[1].format(back[node])), ha="center", color="C1", fontsize=13, weight="bold")
    ax.axis("off")


def figure_small(step=5):
    values, slopes = small_walk(-2, 5, -4)
    places = {"x": (0, 2), "y": (0, 0), "z": (1.6, -1.1), "q": (1.6, 1.2), "f": (3.4, 0.2)}
    arrows = [("x", "q", 1), ("y", "q", 1), ("q", "f", values["z"]), ("z", "f", values["q"])]
    known = {node for nodes in (("x", "y", "z"), ("q",), ("f",))[: step + 1] for node in nodes}
    reached = {node for nodes in (("f",), ("q", "z"), ("x", "y"))[: max(step - 2, 0)] for node in nodes}
    fig, ax = plt.subplots(figsize=(5.8, 3.6))
    draw_graph(ax, places, {"q": "x + y", "f": "q · z"}, ("{}", "{}"), values, arrows, slopes, known, reached)
    ax.set(xlim=(-0.4, 3.9), ylim=(-1.9, 3.1))
    return fig


figure_small.slider = ("step", list(range(6)))
# --8<-- [end:small_drawn]


# --8<-- [start:one_variable_before]
def learning_curve(hours):
    """Marks after some hours of study: an invented model."""
    return 90 - 60 * np.exp(-hours / 4)


def learning_curve_slope(hours):
    """The derivative of `learning_curve`, in marks per hour."""
    return 15 * np.exp(-hours / 4)
# --8<-- [end:one_variable_before]


# --8<-- [start:one_variable]
def hours_by_week(weeks):
    """Hours of study after some weeks of term: an invented model."""
    return 0.2 * weeks**2


def hours_by_week_slope(weeks):
    """The derivative of `hours_by_week`, in hours per week."""
    return 0.4 * weeks
# --8<-- [end:one_variable]


# --8<-- [start:one_variable_printed]
def print_product():
    """Marks per week at the third week: a product of slopes, and a short secant."""
    hours = hours_by_week(3.0)
    inner, outer = hours_by_week_slope(3.0), learning_curve_slope(hours)
    ahead, behind = (learning_curve(hours_by_week(3.0 + h)) for h in (1e-5, -1e-5))
    print(f"inner slope  {inner:.4f} hours per week, at 3 weeks")
    print(f"outer slope  {outer:.4f} marks per hour, at {hours:.1f} hours")
    print(f"product      {outer * inner:.4f} marks per week")
    print(f"short secant {(ahead - behind) / 2e-5:.4f} marks per week")
# --8<-- [end:one_variable_printed]


# --8<-- [start:links]
def figure_links():
    weeks = np.array([3.0, 3.5])
    hours = hours_by_week(weeks)
    marks = learning_curve(hours)
    fig, axes = plt.subplots(3, figsize=(6.4, 3.4))
    spans = ((weeks, (2.5, 4), "weeks"), (hours, (1.25, 3.2), "hours"), (marks, (46, 64), "marks"))
    for ax, (ends, limits, unit) in zip(axes, spans, strict=True):
        ax.plot(ends, [0, 0], "o-", color="C2", linewidth=5)
        ax.text(np.mean(ends), 0.35, f"{np.ptp(ends):.2f} {unit}", ha="center", color="C2")
        ax.set(yticks=[], ylim=(-0.3, 1), xlim=limits, xlabel=unit)
        ax.spines["left"].set_visible(False)
        ax.grid(False)
    return fig
# --8<-- [end:links]


# --8<-- [start:secant_slopes]
def secant_slopes(f, slope, a):
    """The function q with f(u) - f(a) = q(u) (u - a) for every u, and q(a) = f'(a).

    Away from a it is the slope of the secant; at a it is the slope of f there.
    """

    def q(u):
        return slope if u == a else (f(u) - f(a)) / (u - a)

    return q


def squared_relu(x):
    """0 for negative x, and x squared for the others."""
    return max(x, 0.0) ** 2
# --8<-- [end:secant_slopes]


# --8<-- [start:secant_slopes_printed]
def print_flat():
    """The quotient of exp(g(x)) between 0 and x, where g(x) - g(0) may be 0."""
    q = secant_slopes(math.exp, 1.0, squared_relu(0.0))
    print("   x   g(x) - g(0)   q(g(x)) × inner quotient   quotient of f(g(x))")
    for x in (-0.5, -0.1, 0.1, 0.5):
        inner = (squared_relu(x) - squared_relu(0.0)) / x + 0
        whole = (math.exp(squared_relu(x)) - math.exp(squared_relu(0.0))) / x + 0
        print(f"{x:4.1f}   {squared_relu(x):11.2f}   {q(squared_relu(x)) * inner:24.5f}   {whole:19.5f}")
# --8<-- [end:secant_slopes_printed]


# --8<-- [start:graph]
X, TARGET = 1.5, 1.0  # one student: standardised hours, and what to predict


def values(w, b):
    """Forward: the value of each node of the graph, from the weights w and b."""
    z = w * X + b
    g = 1 / (1 + np.exp(-z))
    a = z * g
    e = (a - TARGET) ** 2
    r = 0.1 * w**2
    return {"w": w, "b": b, "z": z, "g": g, "a": a, "e": e, "r": r, "L": e + r}


def edges(v):
    """Each arrow of the graph, as (from, to, slope), in the order of computation."""
    return [
        ("w", "z", X),
        ("b", "z", 1.0),
        ("z", "g", v["g"] * (1 - v["g"])),
        ("z", "a", v["g"]),
        ("g", "a", v["z"]),
        ("a", "e", 2 * (v["a"] - TARGET)),
        ("w", "r", 0.2 * v["w"]),
        ("e", "L", 1.0),
        ("r", "L", 1.0),
    ]
# --8<-- [end:graph]


# --8<-- [start:paths]
def paths(edges, start, end):
    """Every way from start to end along the arrows, as a list of lists of edges."""
    if start == end:
        return [[]]
    first = [edge for edge in edges if edge[0] == start]
    return [[edge, *rest] for edge in first for rest in paths(edges, edge[1], end)]


def sum_over_paths(edges, start, end):
    """The chain rule in full: multiply the slopes on each path, add up the paths."""
    return sum(math.prod(slope for _, _, slope in path) for path in paths(edges, start, end))
# --8<-- [end:paths]


# --8<-- [start:paths_printed]
def print_paths():
    """All paths from each weight to the loss, their products, and the sums."""
    arrows = edges(values(0.8, -0.5))
    for weight in ("w", "b"):
        for path in paths(arrows, weight, "L"):
            names = " → ".join([weight, *(to for _, to, _ in path)])
            slopes = [slope for _, _, slope in path]
            factors = " × ".join(f"{slope:.3f}" for slope in slopes)
            print(f"{names:23} {factors:43} = {math.prod(slopes):7.4f}")
        print(f"slope of L in {weight}, the sum: {sum_over_paths(arrows, weight, 'L'):.4f}")
# --8<-- [end:paths_printed]


# --8<-- [start:written_out]
def written_out(w, b):
    """The loss and its slopes in w and b: the lines forward, and then back in reverse."""
    z = w * X + b  # 1
    g = 1 / (1 + np.exp(-z))  # 2
    a = z * g  # 3
    e = (a - TARGET) ** 2  # 4
    r = 0.1 * w**2  # 5
    L = e + r  # 6
    d_L = 1.0  # the slope of L in L
    d_e = d_r = d_L  # 6: plus passes on
    d_w = 0.2 * w * d_r  # 5
    d_a = 2 * (a - TARGET) * d_e  # 4
    d_z, d_g = g * d_a, z * d_a  # 3: times swaps
    d_z += g * (1 - g) * d_g  # 2: a second share for z
    d_w += X * d_z  # 1: a second share for w
    d_b = d_z  # 1
    return L, d_w, d_b
# --8<-- [end:written_out]


# --8<-- [start:walks]
def walk_forward(edges, start):
    """Slopes of all nodes with respect to one: from the inputs to the loss."""
    slopes = {start: 1.0}
    for source, target, slope in edges:
        slopes[target] = slopes.get(target, 0.0) + slope * slopes.get(source, 0.0)
    return slopes


def walk_backward(edges, end):
    """Slopes of one node with respect to all: from the loss to the inputs."""
    slopes = {end: 1.0}
    for source, target, slope in reversed(edges):
        slopes[source] = slopes.get(source, 0.0) + slope * slopes.get(target, 0.0)
    return slopes
# --8<-- [end:walks]


# --8<-- [start:walks_printed]
def print_walks():
    """Both walks through the graph: one forward for each weight, one backward in all."""
    arrows = edges(values(0.8, -0.5))
    by_w, by_b, back = walk_forward(arrows, "w"), walk_forward(arrows, "b"), walk_backward(arrows, "L")
    print("node   forward, d node/dw   forward, d node/db   backward, dL/d node")
    for node in values(0.8, -0.5):
        print(f"{node:4}   {by_w.get(node, 0):18.4f}   {by_b.get(node, 0):18.4f}   {back[node]:19.4f}")
# --8<-- [end:walks_printed]


# --8<-- [start:step_by_step]
PLACES = {"w": (0, 1), "b": (0, -1.4), "z": (1.2, 0), "g": (2.3, 1), "a": (3.4, 0), "e": (4.8, 0), "r": (3.4, 2.7), "L": (5.8, 1)}
FORMULAS = {"z": "wx + b", "g": "σ(z)", "a": "z g", "e": "(a − t)²", "r": "0.1 w²", "L": "e + r"}
FORWARD = (("w", "b"), ("z",), ("g",), ("a",), ("e",), ("r",), ("L",))
BACKWARD = (("L",), ("e", "r"), ("a",), ("g",), ("z",), ("b", "w"))


def figure_graph(step=12):
    v = values(0.8, -0.5)
    arrows = edges(v)
    known = {node for nodes in FORWARD[: step + 1] for node in nodes}
    reached = {node for nodes in BACKWARD[: max(step - 6, 0)] for node in nodes}
    fig, ax = plt.subplots(figsize=(5.8, 4.6))
    draw_graph(ax, PLACES, FORMULAS, ("{:.2f}", "{:.3f}"), v, arrows, walk_backward(arrows, "L"), known, reached)
    ax.set(xlim=(-0.4, 6.2), ylim=(-2.1, 3.9))
    return fig


figure_graph.slider = ("step", list(range(13)))
# --8<-- [end:step_by_step]


# --8<-- [start:several_before]
def learning_surface(hours, attendance):
    """Marks from hours studied and attendance in percent: an invented model."""
    return 20 + 0.3 * attendance + 0.45 * attendance * (1 - np.exp(-hours / 4))


def by_hours(hours, attendance):
    """Partial derivative with respect to the hours, in marks per hour."""
    return 0.45 / 4 * attendance * np.exp(-hours / 4)


def by_attendance(hours, attendance):
    """Partial derivative with respect to the attendance, in marks per percent."""
    return 0.3 + 0.45 * (1 - np.exp(-hours / 4))
# --8<-- [end:several_before]


# --8<-- [start:several_printed]
def print_several():
    """Marks per week: study grows 3 hours, attendance falls 2 points, a week."""
    by_study, by_class = by_hours(4.0, 70.0) * 3, by_attendance(4.0, 70.0) * -2
    ahead, behind = (learning_surface(4 + 3 * h, 70 - 2 * h) for h in (1e-5, -1e-5))
    print(f"through hours      {by_study:7.4f} marks per week")
    print(f"through attendance {by_class:7.4f} marks per week")
    print(f"sum                {by_study + by_class:7.4f} marks per week")
    print(f"short secant       {(ahead - behind) / 2e-5:7.4f} marks per week")
# --8<-- [end:several_printed]


# --8<-- [start:forgotten]
def slopes_of_loss(w, b, forget=()):
    """Slopes of the loss in w and b, of shape (2,), by one walk backward.

    forget: arrows (from, to) that are left out, as by mistake.
    """
    arrows = [edge for edge in edges(values(w, b)) if edge[:2] not in forget]
    back = walk_backward(arrows, "L")
    return np.array([back["w"], back["b"]])
# --8<-- [end:forgotten]


# --8<-- [start:forgotten_printed]
def print_forgotten():
    """Slopes at the start, and the loss after descent, with and without all arrows."""
    start, h = np.array([0.8, -0.5]), 1e-6
    secants = [(values(*(start + h * u))["L"] - values(*(start - h * u))["L"]) / (2 * h) for u in np.eye(2)]
    print("                  slope in w   slope in b   loss after 10   after 400 steps")
    print(f"short secants     {secants[0]:10.4f}   {secants[1]:10.4f}")
    for forget in ([], [("z", "a")], [("z", "g")], [("w", "r")], [("w", "z")]):
        name, path = f"without {' → '.join(*forget)}" if forget else "all arrows", [start]
        for _ in range(400):
            path.append(path[-1] - 0.1 * slopes_of_loss(*path[-1], forget))
        slopes = slopes_of_loss(*start, forget)
        early, last = (values(*path[step])["L"] for step in (10, 400))
        print(f"{name:16}  {slopes[0]:10.4f}   {slopes[1]:10.4f}   {early:13.4f}   {last:15.4f}")
# --8<-- [end:forgotten_printed]


# --8<-- [start:diamonds]
def diamonds(n):
    """n diamonds in a row: two arrows of slope 0.5 to top and bottom, two of 1 on."""
    arrows = []
    for k in range(n):
        arrows += [(k, f"{k} up", 0.5), (k, f"{k} down", 0.5), (f"{k} up", k + 1, 1.0), (f"{k} down", k + 1, 1.0)]
    return arrows


def print_diamonds():
    """Paths and arrows, and the slope from one end to the other by both methods."""
    for n in (1, 2, 10, 15):
        arrows = diamonds(n)
        ways = len(paths(arrows, 0, n))
        print(f"{n:2d} diamonds: {ways:5d} paths, {len(arrows):2d} arrows, "
              f"slope {sum_over_paths(arrows, 0, n):.1f} and {walk_backward(arrows, n)[0]:.1f}")
# --8<-- [end:diamonds]


if __name__ == "__main__":
    print_product()
    print_flat()
    print_paths()
    print_walks()
    print_several()
    print_forgotten()
    print_diamonds()
    figure_small()
    figure_graph()
    figure_links()
    plt.show()
