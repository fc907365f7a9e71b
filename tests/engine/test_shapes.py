"""What a reader may hand to a function of the snippets: lists, columns, whole numbers, single precision.

Arguments are known by their names, which mean the same on all pages. Each call must give what it gives for plain arrays of
float64, or raise: nothing may be silently of another size, or wrong.
"""

import copy
import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest

SNIPPETS = sorted(Path(__file__).parents[2].glob("snippets/[a-z]*/*.py"))
MODULES = [f"snippets.{path.parent.name}.{path.stem}" for path in SNIPPETS]
RNG = np.random.default_rng(5)
X, STUDENTS = RNG.normal(0, 2, (6, 2)), RNG.uniform(1, 9, 6)
MATRIX = np.array([[3.0, 1.0], [1.0, 2.0]])
SQUARE, SLOPE = lambda w: (w * w).sum(), lambda w: 2.0 * w


def network():
    return RNG.normal(0, 1, (2, 3)), np.zeros(3), RNG.normal(0, 1, (3, 1)), np.zeros(1)


WORDS = {
    **dict.fromkeys(["hours", "column", "weeks", "r", "z", "t"], STUDENTS),
    **{"marks": 12 + 5 * STUDENTS, "attendance": 40 + 6 * STUDENTS, "y": (STUDENTS % 2 > 1) * 1.0, "Y": X[:, :1] + 1.0},
    **dict.fromkeys(["w", "x", "u", "v", "start", "minimum", "direction", "corner", "deviations"], np.array([1.2, 0.7])),
    **dict.fromkeys(["means", "step", "slope"], np.array([0.4, 1.1])),
    **{"X": X, "features": X, "columns": X, "path": X, "points": X, "Z": X, "heights": STUDENTS[::-1].copy()},
    **dict.fromkeys(["H", "A", "B", "dA", "S", "hessian"], MATRIX),
    **{"b": np.array([1.0, 2.0]), "p": np.linspace(0.1, 0.9, 6), "labels": np.array([0, 1, 2, 0, 1, 2])},
    **{"W": RNG.normal(0, 1, (2, 3)), "batch": np.array([0, 2]), "polygon": X.T.copy(), "point": np.array([1.0, 2.0])},
    **{"intercepts": STUDENTS[:3], "slopes": STUDENTS[:3], "rates": np.array([0.01, 0.02]), "directions": np.eye(2)},
    **{"f": SQUARE, "loss": SQUARE, "gradient": SLOPE},
    **dict.fromkeys(["learning_rate", "rate", "largest", "first", "c", "beta", "decay", "penalty", "h"], 0.01),
    **dict.fromkeys(["weight", "centre", "guess", "temperature", "sigma", "delta", "side", "factor", "longest"], 0.9),
    **{"quantile": 0.4, "threshold": 0.5, "within": 1.0, "goal": 1.0, "excess": 10.0, "a": 1.0, "index": 0, "order": 2},
    **{"size": 2, "epochs": 2, "steps": 3, "seed": 0, "derivatives": [1.0, 2.0, 3.0], "weights": network()},
    **{"rng": RNG, "schedule": lambda k: 1.0, "label": 1, "shape": (2,), "output": None},
}
# Where a name means something else, and where what stands in the table would not do.
OTHERWISE = {
    "unscaled": {"w": np.array([1.0, 2.0, 3.0])},
    "chord_gap": {"b": 2.0},
    "laplace_surprise": {"b": 2.0},
    "closed_form": {"step": 3},
    "best_constant": {"slope": np.sign},
    "newton": {"hessian": lambda w: 2 * np.eye(2)},
    "newton_damped": {"hessian": lambda w: 2 * np.eye(2)},
    "logistic_loss": {"y": 1.0},
    "fitted_line": {"x": STUDENTS, "y": 2 * STUDENTS + 1},
    "taylor": {"x": STUDENTS},
    "lagrange_bound": {"x": STUDENTS},
    "backtrack": {"direction": np.array([-0.4, -1.1])},
    "numerical_jacobian": {"f": lambda x: x * x},
    "pull_back": {"u": np.array([1.0])},
    **dict.fromkeys(["predicted_marks", "mean_surprise", "mean_squared_residual"], {"w": np.array([1.0, 5.0, 0.3])}),
    **dict.fromkeys(["probability_slopes", "predictions", "predictions_jacobian"], {"w": np.array([0.1, 0.5, 0.3])}),
    **dict.fromkeys(["penalised_loss", "penalised_gradient", "unpacked", "typical_error"], {"w": RNG.normal(0, 1, 9)}),
    **dict.fromkeys(["broken", "peano", "small_example"], {"y": np.array([0.5, 2.0])}),
    "partial": {"f": lambda x, y: x * y},
    "loss_grid": {"slopes": STUDENTS[:3]},
    **dict.fromkeys(["bowl", "bowl_gradient", "bowl_hessian"], {"x": np.array([1.5])}),
    "slopes_of_loss": {"w": 1.0, "b": 2.0},
    "unbroadcast": {"shape": None},  # whose work is to change shapes
    **dict.fromkeys(["entries", "races", "search", "tune_few_students", "few_students"], {"X": None}),  # minutes of walks
}


def public_functions(module):
    for name, function in list(vars(importlib.import_module(module)).items()):
        if inspect.isfunction(function) and function.__module__ == module and not name.startswith(("print_", "figure_")):
            yield name, function


def arguments(name, function):
    """Arguments for a function by name, or None where the table does not know one."""
    known = WORDS | OTHERWISE.get(name, {})
    wanted = inspect.signature(function).parameters.items()
    told = {word: known.get(word) for word, parameter in wanted if word in known or parameter.default is parameter.empty}
    return None if any(value is None for value in told.values()) else told


def usable(module):
    for name, function in public_functions(module):
        given = arguments(name, function)
        if given and any(isinstance(value, np.ndarray) for value in given.values()):
            try:
                called(function, given)
            except Exception:  # what stands in the table is not what it is for
                continue
            yield name, function, given


def called(function, given):
    """All numbers that come back, in a row; nothing that was handed over may change."""
    given = copy.deepcopy(given)
    before = copy.deepcopy({word: value for word, value in given.items() if isinstance(value, np.ndarray)})
    result = function(**given)
    assert all(np.array_equal(given[word], value) for word, value in before.items())
    parts = result if isinstance(result, (tuple, list)) else [result]
    return np.concatenate([np.ravel(part) for part in parts]) if parts else np.empty(0)


def variants(value):
    """Each with the plain array that it stands for, and how far the results may differ."""
    yield value.tolist(), value, 1e-7
    if value.ndim == 1:
        yield value[:, None].copy(), value, 1e-7
    whole = np.rint(value)
    yield whole.astype(int), whole, 1e-7
    single = value.astype(np.float32)
    yield single, single.astype(float), 1e-3


# Products of a row and a column are what a surface is drawn with.
GRIDS = {"learning_surface", "by_hours", "by_attendance", "line_marks", "marks_of", "predicted_marks", "learning_curve"}
GRIDS |= {"broken", "peano", "small_example", "probability_slopes"}
GRIDS |= {"logistic_loss", "logistic_slope", "logistic_loss_naive"}  # many logits, and one label for all or for each
# A softmax takes rows of logits: a column is six rows of one, and each has probability 1.
ROWS = {"softmax", "log_softmax", "log_softmax_naive", "log_of_shifted_softmax", "tempered"}
ROWS |= {"softmax_loss", "softmax_loss_gradient"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("module", MODULES)
def test_lists_columns_whole_numbers_and_single_precision_give_the_same_or_an_error(module):
    for name, function, given in usable(module):
        arrays = {word for word, value in given.items() if isinstance(value, np.ndarray)}
        for word in arrays:
            for changed, plain, within in variants(given[word]):
                if name in ROWS | GRIDS and np.ndim(changed) == 2:
                    continue
                try:
                    expected = called(function, given | {word: plain})
                except (ValueError, IndexError, np.linalg.LinAlgError):
                    continue  # whole numbers may stand outside of what it is for
                try:
                    found = called(function, given | {word: changed})
                except (ValueError, TypeError, AttributeError, IndexError, RuntimeError):
                    continue
                told = f"{name}({word}: {type(changed).__name__}{np.shape(changed)})"
                assert found.size == expected.size, told
                if expected.dtype.kind in "fiub":
                    scale = np.abs(expected, where=np.isfinite(expected), out=np.zeros(expected.shape)).max(initial=1)
                    assert np.allclose(found, expected, within, within * scale, equal_nan=True), told


def test_most_functions_that_take_arrays_were_tried():
    assert sum(len(list(usable(module))) for module in MODULES) > 280
