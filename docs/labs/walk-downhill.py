# %% [markdown]
# # Walk downhill
#
# You write seven short functions, and with them you find your way on a surface: which way is down, how steep, how curved, and where the hollows are.
#
# Each task has a blank: three dots. Put your own code in their place, run the cell, and run the check below it. A check that is content says so in one line. One that is not says what is wrong. You need [Gradient](../gradients/gradient.md), [Jacobian](../gradients/jacobian.md) and [Hessian](../gradients/hessian.md).

# %% tags=["setup"]
import base64
import io
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display


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


def show(figure, alt):
    """Show a figure, with a sentence for those who do not see it."""
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    plt.close(figure)
    source = "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()
    display(HTML(f'<img alt="{escape(alt)}" src="{source}">'))


# %% [markdown]
# ## A surface
#
# The height of the ground in metres, at a place $\mathbf{w} = (w_0, w_1)$: so many kilometres to the east and to the north. With the first numbers there are two hollows with a pass between them. Change the four numbers as you like, with `deep` and `bowl` above zero: every check goes along. Much greater numbers need a smaller rate for the walks at the end.

# %%
deep, bowl, twist, tilt = 20.0, 30.0, 10.0, 5.0


def height(w):
    """Height in metres at w = (east, north) in kilometres; w has the shape (..., 2)."""
    east, north = np.moveaxis(np.asarray(w), -1, 0)
    return (
        deep * (east**2 - 1) ** 2 + bowl * north**2 + twist * east * north + tilt * east
    )


here = np.array([0.5, 1.0])
print(f"here, at {here}, the ground is {height(here):.1f} m high")

# %% [markdown]
# ## Task 1. One direction at a time
#
# A *partial derivative* is the slope when only one input moves, and the others stand still. Take the central difference: step $h$ forward and $h$ back along input number $k$, and nowhere else. Leave `w` itself as it is: work on copies.


# %% tags=["task"]
def partial(f, w, k, h=1e-5):
    """The slope of f at w when only w[k] moves."""
    # blank: return ...
    step = np.zeros(len(w))
    step[k] = h
    return (f(w + step) - f(w - step)) / (2 * h)
    # end of blank


# %% tags=["check"]
place = np.array([2.0, 3.0])


def example(w):
    return w[0] ** 2 * w[1]


check(
    "The partial derivative of w0² w1 with respect to w0 at (2, 3)",
    partial(example, place, 0),
    12.0,
    (24.0, "from w - h to w + h the run is 2 h. You divided by h."),
    (16.0, "both inputs moved. Step along number k only."),
    (4.0, "the wrong input moved: k = 0 is the first."),
    (
        0.0,
        (
            "f is the same at both places. Each needs a copy of its own, w.copy(), with"
            " w[k] + h in one and w[k] - h in the other."
        ),
    ),
    (12.00003, "that is only the step forward. Step back too."),
)
check("The place (2, 3), which must stay as it is,", place, [2.0, 3.0])
check(
    "The partial derivative of w0² w1 with respect to w1 at (2, 3)",
    partial(example, place, 1),
    4.0,
)
print("Task 1 is right: one input moves, the others stand still.")

# %% [markdown]
# ## Task 2. The gradient by hand
#
# The *gradient* holds both partial derivatives, in metres per kilometre. Differentiate `height` by hand, once for the east and once for the north. Write it with `deep`, `bowl`, `twist` and `tilt`.


# %% tags=["task"]
def gradient(w):
    """The gradient of `height` at w, in metres per kilometre: shape (2,)."""
    east, north = w
    # blank: return ...
    along_east = 4 * deep * east * (east**2 - 1) + twist * north + tilt
    along_north = 2 * bowl * north + twist * east
    return np.array([along_east, along_north])
    # end of blank


# %% tags=["check"]
for place in (np.array([-1.5, 0.3]), here, np.array([0.2, -0.7])):
    wanted = np.array([partial(height, place, k) for k in (0, 1)])
    bend = deep * place[0] * (place[0] ** 2 - 1)
    check(
        f"The gradient at {place}",
        gradient(place),
        wanted,
        (wanted[::-1], "the two parts are in the wrong order: east first."),
        (-wanted, "the sign is wrong. The gradient points uphill."),
        (
            wanted - [2 * bend, 0],
            (
                "a factor 2 is missing: (east² - 1)² has the slope 2 (east² - 1) times"
                " 2 east."
            ),
        ),
        (
            wanted - [4 * bend - 2 * bend / place[0], 0],
            (
                "the chain rule is missing: the inside of (east² - 1)² has the slope 2"
                " east."
            ),
        ),
        (wanted - [tilt, 0], "the tilt is missing: it has a slope too."),
        (
            wanted - [0, bowl * place[1]],
            "a factor 2 is missing: the square of north has the slope 2 north.",
        ),
        (
            wanted - twist * place[::-1],
            "the twist is missing. It is a product: either input moves it.",
        ),
        (
            wanted + [twist * place[1] * (place[0] - 1), 0],
            "for the slope along the east, the twist loses its factor east.",
        ),
        (
            wanted + [0, twist * place[0] * (place[1] - 1)],
            "for the slope along the north, the twist loses its factor north.",
        ),
        (
            wanted + twist * place[0] * place[1] - twist * place[::-1],
            "for the slope along one input, the twist loses that input.",
        ),
        rtol=1e-5,
    )
print(
    f"Task 2 is right: here the gradient is {gradient(here).round(2)} metres per"
    " kilometre."
)

# %% [markdown]
# ## Task 3. Straight down
#
# Which way is down, most steeply? A *direction* is an arrow of length 1. Return the direction in which the ground falls fastest.


# %% tags=["task"]
def downhill(w):
    """The direction of steepest descent at w: shape (2,), length 1."""
    # blank: return ...
    return -gradient(w) / np.linalg.norm(gradient(w))
    # end of blank


# %% tags=["check"]
for place in (here, np.array([-1.5, 0.3])):
    steepest = gradient(place) / np.linalg.norm(gradient(place))
    check(
        f"The direction downhill at {place}",
        downhill(place),
        -steepest,
        (steepest, "that is uphill."),
        (-gradient(place), "the way is right, but the length is not 1. Divide by it."),
        (gradient(place), "that is uphill, and the length is not 1."),
    )
print("Task 3 is right: of all directions none leads down more steeply.")

# %% [markdown]
# Is it so? Walk ten metres in each of 360 directions, and measure the slope on the way.

# %%
angles = np.radians(np.arange(360))
directions = np.column_stack([np.cos(angles), np.sin(angles)])
slopes = (height(here + 0.01 * directions) - height(here)) / 0.01
figure, ax = plt.subplots()
ax.plot(np.degrees(angles), slopes, color="C0", label="measured")
ax.plot(
    np.degrees(angles),
    directions @ gradient(here),
    "--",
    color="C1",
    label="gradient times direction",
)
east, north = downhill(here)
ax.axvline(np.degrees(np.arctan2(north, east)) % 360, color="C2", label="downhill")
ax.set(xlabel="direction (degrees from east)", ylabel="slope (metres per kilometre)")
ax.legend()
show(
    figure,
    "The slope against the direction is one wave of a cosine. The measured curve and"
    " the one predicted from the gradient lie on each other. A vertical line marks the"
    " direction downhill, at the lowest point of the wave.",
)

# %% [markdown]
# ## Task 4. Many outputs: the Jacobian
#
# A function $F$ takes $n$ numbers and gives $m$. Its *Jacobian* is the $m \times n$ matrix of all slopes: row $i$ belongs to output $i$, column $k$ to input $k$. Build it with central differences, column by column.


# %% tags=["task"]
def jacobian(F, w, h=1e-5):
    """The Jacobian of F at w by central differences: shape (outputs, inputs)."""
    # blank: return ...
    steps = h * np.eye(len(w))
    return np.column_stack([(F(w + step) - F(w - step)) / (2 * h) for step in steps])
    # end of blank


# %% tags=["check"]
def three(w):
    return np.array([w[0] * w[1], w[0] ** 2, 5 * w[1]])


wanted = np.array([[3.0, 2.0], [4.0, 0.0], [0.0, 5.0]])
found = jacobian(three, np.array([2.0, 3.0]))
assert getattr(found, "shape", ()) != (2, 3), (
    "The Jacobian of (w0 w1, w0², 5 w1) is turned: its rows are the outputs, so it is 3"
    " x 2."
)
check(
    "The Jacobian of (w0 w1, w0², 5 w1) at (2, 3)",
    found,
    wanted,
    (2 * wanted, "from w - h to w + h the run is 2 h. You divided by h."),
    (wanted[:, ::-1], "the columns are in the wrong order."),
)
print("Task 4 is right: one row for each output, one column for each input.")

# %% [markdown]
# ## Task 5. Other coordinates: the chain rule
#
# You may also tell your place by its distance $r$ from the origin and the angle $\varphi$ from the east. The function `place_at` turns $(r, \varphi)$ into $(w_0, w_1)$. How does the height change with $r$ and $\varphi$? With $\mathbf{J}$, the Jacobian of `place_at`, the chain rule says
#
# $$\nabla_{(r, \varphi)} = \mathbf{J}^{\mathsf{T}} \, \nabla_{\mathbf{w}} .$$
#
# Use your own `jacobian` and `gradient`.


# %%
def place_at(polar):
    """East and north of the place at this distance (km) and angle (radians)."""
    r, angle = polar
    return np.array([r * np.cos(angle), r * np.sin(angle)])


# %% tags=["task"]
def polar_gradient(polar):
    """Slopes of the height along r (metres per km) and the angle (metres per radian)."""
    # blank: return ...
    return jacobian(place_at, polar).T @ gradient(place_at(polar))
    # end of blank


# %% tags=["check"]
polar = np.array([1.2, 0.7])
wanted = np.array([partial(lambda p: height(place_at(p)), polar, k) for k in (0, 1)])
matrix = jacobian(place_at, polar)
check(
    "The gradient with respect to r and the angle at (1.2, 0.7)",
    polar_gradient(polar),
    wanted,
    (
        matrix @ gradient(place_at(polar)),
        (
            "the Jacobian must be transposed: slopes walk from the outputs back to the"
            " inputs."
        ),
    ),
    (matrix.T @ gradient(polar), "take the gradient at the place, place_at(polar)."),
    (
        gradient(place_at(polar)),
        (
            "that is the gradient for east and north. Multiply it by the transposed"
            " Jacobian."
        ),
    ),
    rtol=1e-5,
)
print("Task 5 is right: the transposed Jacobian carries slopes back.")

# %% [markdown]
# ## Task 6. Hollow, top or pass
#
# The *Hessian* is the Jacobian of the gradient. Its eigenvalues (`np.linalg.eigvalsh`) are the curvatures, in metres per kilometre². Where the gradient is zero, they tell the kind of the place: all positive a minimum, all negative a maximum, both signs a saddle. If one is zero, or as good as zero (between −`1e-6` and `1e-6`), the test is undecided, unless the others disagree in sign.


# %% tags=["task"]
def kind(matrix):
    """The kind: "minimum", "maximum", "saddle" or "undecided"."""
    # blank: return ...
    curvatures = np.linalg.eigvalsh(matrix)
    if curvatures.min() < -1e-6 and curvatures.max() > 1e-6:
        return "saddle"
    if np.abs(curvatures).min() < 1e-6:
        return "undecided"
    return "minimum" if curvatures.min() > 0 else "maximum"
    # end of blank


# %% tags=["check"]
examples = {
    "minimum": [np.diag([1.0, 2.0]), np.array([[2.0, 1.0], [1.0, 2.0]])],
    "maximum": [np.diag([-1.0, -2.0])],
    "saddle": [
        np.diag([1.0, -2.0]),
        np.array([[1.0, 2.0], [2.0, 1.0]]),
        np.diag([1.0, 0.0, -1.0]),
    ],
    "undecided": [np.diag([1.0, 0.0]), np.diag([1.0, -1e-9]), np.zeros((2, 2))],
}
for right, matrices in examples.items():
    for matrix in matrices:
        found = kind(matrix)
        assert (
            found is not ...
        ), "kind(...) is still the blank: put your code in place of the dots."
        assert found is not None, "kind(...) gives nothing back: is there a `return`?"
        assert isinstance(found, str), f"kind(...) is {found!r:.50}: a word is wanted."
        assert found == right, (
            f"With the curvatures {np.linalg.eigvalsh(matrix)} the answer is"
            f' "{right}", not "{found}".'
        )
print("Task 6 is right: the signs of the curvatures tell the kind.")

# %% [markdown]
# ## Task 7. Walk
#
# *Gradient descent*: from `start`, take `steps` steps, each against the gradient and `rate` times as long. Return all places, the start included, as the rows of one array. The rate is in kilometres² per metre: it turns a slope into a way.


# %% tags=["task"]
def walk(start, rate, steps):
    """The path of gradient descent on `height`: shape (steps + 1, 2)."""
    # blank: return ...
    path = [np.asarray(start, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] - rate * gradient(path[-1]))
    return np.array(path)
    # end of blank


# %% tags=["check"]
second = here - 0.001 * gradient(here)
slow = here + 0.001 * downhill(here)
wanted = np.array([here, second, second - 0.001 * gradient(second)])
start = here.copy()
path = walk(start, 0.001, 2)
assert getattr(path, "shape", ()) != (
    2,
    2,
), "Two steps make three places: the start is one of them."
check(
    "The path of two steps with the rate 0.001",
    path,
    wanted,
    (
        [
            here,
            2 * here - second,
            2 * here - second + 0.001 * gradient(2 * here - second),
        ],
        "that is uphill: subtract.",
    ),
    (
        [here, second, second - 0.001 * gradient(here)],
        "every step needs the gradient at the place where it begins.",
    ),
    (
        [here, slow, slow + 0.001 * downhill(slow)],
        "do not divide by the length: steeper ground, longer steps.",
    ),
    (
        [path[-1]] * 3 if getattr(path, "ndim", 0) == 2 else here,
        (
            "all rows are the same. Write w = w - ...: without `w =` nothing moves, and"
            " `w -=` changes the rows that are already in the path."
        ),
    ),
)
check("The start, which must stay as it is,", start, here)
print("Task 7 is right.")

# %% [markdown]
# Now all of it together: walks from a few starts, and what kind of place each reaches. Between the two hollows lies the pass. Hardly any walk ends there, but Newton's method, which seeks a place without slope of whatever kind, finds it.

# %%
starts = np.array([[1.6, 1.0], [0.4, 1.2], [-0.2, -1.2], [-1.7, -0.6], [1.2, -1.2]])
paths = [walk(start, 0.001, 400) for start in starts]
saddle = np.zeros(2)
for _ in range(10):
    saddle = saddle - np.linalg.solve(jacobian(gradient, saddle), gradient(saddle))
for end in [path[-1] for path in paths] + [saddle]:
    curvatures = np.linalg.eigvalsh(jacobian(gradient, end))
    slope = np.linalg.norm(gradient(end))
    print(
        f"{end.round(3)} at {height(end):6.2f} m, slope {slope:.0e} m/km, curvatures"
        f" {curvatures.round(1)} m/km²: {kind(jacobian(gradient, end))}"
    )

# %%
east, north = np.meshgrid(np.linspace(-2, 2, 61), np.linspace(-1.5, 1.5, 61))
figure, ax = plt.subplots()
ax.contour(
    east,
    north,
    height(np.dstack([east, north])),
    levels=np.arange(-10, 200, 15),
    colors="gray",
    linewidths=0.8,
)
for path in paths:
    ax.plot(*path[:60].T, ".-", color="C2", linewidth=1, markersize=4)
    ax.plot(*path[-1], "*", color="C3", markersize=14)
ax.plot(*saddle, "X", color="C1", markersize=9)
ax.set(xlabel="east (km)", ylabel="north (km)", aspect="equal")
show(
    figure,
    "Contour lines of two hollows, one in the east and one in the west. Five walks run"
    " down across the lines, with long steps where the ground is steep, and end in the"
    " hollows, at stars. A cross between the hollows marks the pass.",
)

# %% [markdown]
# ## Your own surface
#
# Change one number at a time and run everything again. How great must `tilt` be for the eastern hollow to disappear, and what does Newton's method find then? Try walks with the rates 0.01 and 0.03. If you see `nan`, the walk has jumped ever farther, and left all numbers behind.
