"""The process that runs snippets: `python -m snippets._build.engine.worker`, spoken to by `render.py` through pipes.

It imports Matplotlib once and forks a fresh child to list what a module makes, which goes on with its `print_` functions, and
then one for each `figure_` function. The module is loaded anew for each call: none sees what another has done. Where there is
no fork, one child is spawned for a module.

It reads a pickled `(jobs, time limit)`. Whenever it has nothing to do it writes a pickled None, and reads a task in answer: its
key, path and source, or None when there are no more. It writes a pickled `(key, outcome)` for each task, as they finish; after
the last one it reads the next `(jobs, time limit)`, for as long as someone may have one.
"""

import ast
import collections
import contextlib
import gc
import importlib
import inspect
import io
import marshal
import math
import multiprocessing
import multiprocessing.connection
import os
import pickle
import random
import re
import signal
import sys
import tempfile
import time
import traceback
import types
import warnings

# Several processes run at once, and their matrices are small: threads of linear algebra would only get in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib
import matplotlib.collections
import matplotlib.pyplot as plt
import numpy as np
import numpy.random  # not in each child
from cycler import cycler

from .backend import NAME, FigureCanvas
from .style import CYCLE, FIGURE, themed

PRINT_LIMIT = 20_000  # characters; a page shows a small result
LIBRARIES = {*sys.stdlib_module_names, "numpy", "matplotlib", "mpl_toolkits", "sklearn.datasets"}
SELDOM = 200_000, 20, 20  # new objects before Python looks for circles of garbage, of which a figure is one: a sixth of the time of a cold build
LAST_WORD = 2  # seconds after its time limit in which a child may still say where it was


class Broken(Exception):
    """A promise of the snippet contract that the module breaks, at the line given."""

    def __init__(self, message, line):
        super().__init__(message)
        self.line = line


# What is drawn


def style(settings):
    """Set Matplotlib to the look of the site, whatever it was set to before."""
    settings.update(matplotlib.rcParamsDefault | {"backend": NAME, **FIGURE, "axes.prop_cycle": cycler(color=CYCLE)})


def strict():
    """Numerical trouble and windows that nobody sees are errors; what a later version will drop is the tests' business."""
    warnings.simplefilter("error", RuntimeWarning)
    warnings.simplefilter("error", UserWarning)


def svg(figure, places=None):
    """The bytes of the figure, without date and editor's header, colours as variables; and where its axes stand.

    Layout is half of the cost of a figure. With the places of a figure that has the same axes, nothing is laid out.
    """
    axes = figure.axes
    titles = (figure.get_suptitle(), figure.get_supxlabel(), figure.get_supylabel())
    if places is not None and len(places) == len(axes) and not any(titles):
        figure.set_layout_engine("none")
        for ax, place in zip(axes, places, strict=True):
            ax.set_position(place)
    out = io.StringIO()
    # `savefig` would draw twice, once to lay the figure out; drawing does that as well.
    FigureCanvas(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    return themed(out.getvalue()), [ax.get_position(original=True).bounds for ax in axes]


def points(artist):
    """The numbers of an artist that was drawn, an array with a row for each point; None for what draws no data."""
    if isinstance(artist, matplotlib.lines.Line2D):
        return np.column_stack(artist.get_data_3d() if hasattr(artist, "get_data_3d") else artist.get_data(orig=False))
    if isinstance(artist, matplotlib.image.AxesImage | matplotlib.collections.QuadMesh):
        return np.ma.filled(artist.get_array().astype(float), np.nan).reshape(-1, 1)
    if isinstance(artist, matplotlib.collections.PathCollection):
        return np.ma.filled(artist.get_offsets(), np.nan)
    if isinstance(artist, matplotlib.patches.Rectangle):
        return np.array([[artist.get_x(), artist.get_y(), artist.get_width(), artist.get_height()]], dtype=float)
    if type(artist).__name__ == "Poly3DCollection":  # a surface, which drops what is not finite
        return np.vstack([np.full((1, 2), np.nan), *(path.vertices for path in artist.get_paths())])
    return None


def empty(figure):
    """The kinds of what would be seen, were its numbers finite."""
    drawn = [artist for ax in figure.axes for artist in ax.get_children()]
    data = [(artist, points(artist)) for artist in drawn]
    return [type(a).__name__ for a, rows in data if rows is not None and rows.size and not np.isfinite(rows).all(axis=1).any()]


# What a module makes


def promises(tree):
    """Raise `Broken` where the text of a module shows that it breaks the contract."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." if node.level else node.module]
        for name in names:
            root = name.split(".")[0] or "."
            if not {name, root} & LIBRARIES:
                told = "the standard library, NumPy, Matplotlib and sklearn.datasets"
                raise Broken(f"a snippet imports {told}, and not {root}", node.lineno)
    seen = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if node.name in seen:
                raise Broken(f"a second function {node.name}: the first would be lost", node.lineno)
            seen.add(node.name)


def slider_of(function, line):
    """The slider of a figure as the page needs it, and the values with which the figure is drawn; None without one."""
    slider = getattr(function, "slider", None)
    needs = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    if slider is None:
        if needs:
            raise Broken(f"{function.__name__} needs {needs[0].name}; a figure is drawn without arguments", line)
        return None, [None]
    name = f"the slider of {function.__name__}"
    if not isinstance(slider, tuple | list) or not 2 <= len(slider) <= 3 or isinstance(slider[1], str):
        raise Broken(f"{name} is no parameter with values, and a unit if it has one", line)
    parameter, values, unit = *slider, *[""] * (3 - len(slider))
    try:
        values = [float(value) for value in values]
    except (TypeError, ValueError):
        raise Broken(f"{name} has values that are no numbers", line) from None
    if len(values) < 2 or not all(map(math.isfinite, values)):
        raise Broken(f"{name} needs two finite values or more", line)
    if parameter not in inspect.signature(function).parameters:
        raise Broken(f"{name} moves {parameter!r}, which is no parameter", line)
    default = inspect.signature(function).parameters[parameter].default
    if isinstance(default, bool) or not isinstance(default, int | float) or [p.name for p in needs]:
        raise Broken(f"{name} needs a number as the default of {parameter}", line)
    at = min(range(len(values)), key=lambda i: abs(values[i] - default))
    if not math.isclose(values[at], default, abs_tol=1e-12 * max(map(abs, values))):
        raise Broken(f"the default {parameter}={default} is none of the slider's values", line)
    kind = type(default)
    if changed := [value for value in values if kind(value) != value]:
        raise Broken(f"{name} has the value {changed[0]:g}, which {kind.__name__}, the kind of its default, cannot be", line)
    labels = [f"{value:.0f}" if value == round(value) else f"{value:.3g}" for value in values]
    if len(set(labels)) < len(labels):
        raise Broken(f"{name} has values that look the same: {max(labels, key=labels.count)}", line)
    labels = [f"{label} {unit}" if unit else label for label in labels]
    shown = {"parameter": parameter.replace("_", " "), "labels": labels, "default": at}
    return shown, [kind(value) for value in values]


def call(function, *args, **options):
    """What the function returns and prints, in the style of this process and an empty folder, however it leaves them."""
    printed = io.StringIO()
    with matplotlib.rc_context(), tempfile.TemporaryDirectory() as folder:
        matplotlib.rcParams["backend"] = NAME  # which the context leaves as it is left
        with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
            value = function(*args, **options)
    return value, printed.getvalue()


def load(path, code):
    """The namespace of the module, loaded afresh."""
    name = os.path.basename(path).removesuffix(".py")
    module = sys.modules[name] = types.ModuleType(name)
    module.__file__ = path

    def run():
        exec(code, module.__dict__)
        return plt.get_fignums()

    drawn, printed = call(run)
    if drawn or printed:
        raise Broken("importing a snippet prints and draws nothing", 1)
    return vars(module)


def listed(path, source):
    """What a module makes: its `code`, `sliders` by file, and `units`, a function with its calls for each.

    A unit is `(attribute, line, calls)`, a call a pair of options and of the files that it gives. The other frames of a slider
    take their layout from the default one, which comes first.
    """
    if source.startswith(b"\xef\xbb\xbf"):
        raise Broken("the file begins with a byte-order mark", 1)
    code = compile(source, path, "exec")
    promises(ast.parse(source))
    listing = {"code": marshal.dumps(code), "units": [], "sliders": {}}
    for attribute, function in load(path, code).items():
        kind, _, label = attribute.partition("_")
        if kind not in ("figure", "print") or not inspect.isfunction(function):
            continue
        line = function.__code__.co_firstlineno
        if kind == "print":
            listing["units"].append((attribute, line, [({}, [f"{label}.txt"])]))
            continue
        slider, values = slider_of(function, line)
        calls = [({}, [f"{label}.svg"])]
        if slider:
            listing["sliders"][f"{label}.svg"] = slider
            calls = [({function.slider[0]: value}, [f"{label}.{i}.svg"]) for i, value in enumerate(values)]
            default = calls.pop(slider["default"])
            calls.insert(0, (default[0], [*default[1], f"{label}.svg"]))
        listing["units"].append((attribute, line, calls))
    return listing


def made(path, code, unit):
    """What a unit makes: `results` (file name to text) and `seconds`."""
    attribute, line, calls = unit
    results, started, places = {}, time.perf_counter(), None
    for options, files in calls:
        text, places = result(load(path, marshal.loads(code))[attribute], line, options, places)
        results |= dict.fromkeys(files, text)
    return {"results": results, "seconds": time.perf_counter() - started}


def result(function, line, options, places):
    """What one call makes, and the places of its axes."""
    attribute = function.__name__
    luck = random.getstate(), pickle.dumps(np.random.get_state())

    def drawn():
        value = function(**options)
        if not isinstance(value, plt.Figure):
            raise Broken(f"{attribute} returns no figure", line)
        drawing = svg(value, places)
        if kinds := empty(value):
            raise Broken(f"{attribute} draws a {kinds[0]} without a finite point", line)
        return drawing

    if attribute.startswith("print_"):
        _, text = call(function)
        if not text or len(text) > PRINT_LIMIT:
            raise Broken(f"{attribute} prints {len(text)} characters; a page shows 1 to {PRINT_LIMIT}", line)
        if control := re.search(r"[^\S\n ]|[\x00-\x08\x0e-\x1f\x7f]", text):
            raise Broken(f"{attribute} prints the character {control[0]!r}, which no page can show", line)
    else:
        (text, places), _ = call(drawn)
    plt.close("all")
    if matplotlib.get_backend() != NAME:
        raise Broken(f"{attribute} chooses where figures are shown", line)
    if luck != (random.getstate(), pickle.dumps(np.random.get_state())):
        raise Broken(f"{attribute} draws random numbers from all modules' generator; make a default_rng(0) of its own", line)
    return text, places


# The children


def no_luck(bits):
    """Random bits for SciPy alone, which makes examples for its documentation while scikit-learn imports it."""
    if sys._getframe(1).f_globals.get("__name__", "").startswith("scipy."):
        return int.from_bytes(os.urandom(bits // 8))
    raise RuntimeError("random numbers without a seed are others in each build")


def guarded(path, limit, function, *args):
    """What the function returns, or `error` and `line` in its place."""

    def too_long(signum, frame):
        raise TimeoutError(f"took longer than {limit:g} s")

    if hasattr(signal, "SIGALRM"):  # so that the message can name the line that was running
        signal.signal(signal.SIGALRM, too_long)
        signal.setitimer(signal.ITIMER_REAL, limit)
    strict()
    try:
        return function(path, *args)
    except Broken as error:
        return {"error": str(error), "line": error.line}
    except BaseException as error:  # SystemExit too: nothing that a snippet does may end the build without a word
        inside = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        message = " ".join(str(error).split())
        if isinstance(error, SyntaxError) and error.filename == path:
            inside, message = [error.lineno or 1], error.msg
        return {"error": f"{type(error).__name__}: {message}".removesuffix(": "), "line": (inside or [1])[-1]}
    finally:
        if hasattr(signal, "SIGALRM"):
            signal.setitimer(signal.ITIMER_REAL, 0)


def shares(units, forks):
    """The units with which the child that has listed them goes on, and those that have a child each."""
    others = [unit for unit in units if forks and unit[0].startswith("figure_")]
    return [unit for unit in units if unit not in others], others


def child(send, path, limit, source, code, units, forks):
    """Send what is asked for, for each unit: what it makes; for None, the listing of the module, and then its `shares`.

    Whatever a snippet leaves running ends with this process.
    """
    if hasattr(os, "setsid"):
        os.setsid()
    # What C code or a subprocess writes must not run into the pipe of the results.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    sys.dont_write_bytecode = True
    np.random.bit_generator.randbits = no_luck
    gc.set_threshold(*SELDOM)
    style(matplotlib.rcParams)
    for unit in units:
        part = guarded(path, limit, made, code, unit) if unit else guarded(path, limit, listed, source)
        send.send(part)
        if not unit:
            code, (units[1:], _) = part.get("code"), shares(part.get("units", []), forks)
    send.close()
    os._exit(0)  # without waiting for threads


def end(process, patience=0):
    """End a child that has had its say within some seconds, and the processes that its snippet has started at once after it."""
    process.join(patience)
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has not begun, or has gone
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


# The server


class Module:
    """A task under way: its units wait, run, and become an outcome."""

    def __init__(self, key, path, source):
        self.key, self.path, self.source = key, path, source
        self.listing, self.parts = {"units": []}, {}

    def take(self, unit, part):
        """Take in the listing, or what a unit gave."""
        if unit:
            self.parts[unit[0]] = part
        else:
            self.listing = {"units": [], "sliders": {}} | part

    def outcome(self):
        """`results` by file, `lines` of their functions, `sliders`, `seconds` by function and the `notebook`; or `errors`,
        pairs of line and message."""
        from .notebook import notebook

        parts = [self.listing, *(self.parts[unit[0]] for unit in self.listing["units"])]
        errors = [(part["line"], part["error"]) for part in parts if "error" in part]
        if not errors:
            whole = {"results": {}, "lines": {}, "sliders": self.listing["sliders"], "seconds": {}}
            for (attribute, line, _), part in zip(self.listing["units"], parts[1:], strict=True):
                whole["results"] |= part["results"]
                whole["lines"] |= dict.fromkeys(part["results"], line)
                whole["seconds"][attribute.partition("_")[2]] = part["seconds"]
            try:
                whole["notebook"] = notebook(self.source.decode(), os.path.basename(self.path).removesuffix(".py"))
            except ValueError as error:
                errors.append((1, f"ValueError: {error}"))
        return {"errors": errors} if errors else whole


def warm():
    """Draw once what all figures have, so that the children find fonts, glyphs and the grammar of formulas in memory."""
    with matplotlib.rc_context():
        style(matplotlib.rcParams)
        figure, ax = plt.subplots()
        ax.plot([0, 1], [0, 1e-3], label="0123456789 −.,()=[]%/")
        ax.set_title(r"$x^2_i \frac{a}{b} \sqrt{c}$ abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        ax.legend()
        svg(figure)
        plt.close("all")
    gc.collect()
    gc.freeze()


class Server:
    """Keeps as many children at work as there are jobs. `read` and `write` lead to whoever wants the results."""

    def __init__(self, read, write):
        self.read, self.write = read, write
        self.jobs, self.limit = pickle.load(read)
        self.forks = hasattr(os, "fork")
        self.context = multiprocessing.get_context("fork" if self.forks else "spawn")
        self.waiting, self.running, self.more = collections.deque(), {}, True

    def say(self, message):
        pickle.dump(message, self.write)
        self.write.flush()

    def ask(self):
        """Ask for a task, and line up what it needs first."""
        self.say(None)
        task = pickle.load(self.read)
        if task is None:
            self.more = False
        else:
            self.waiting.append((Module(*task), [None]))

    def start(self, module, units):
        receive, send = self.context.Pipe(duplex=False)
        task = send, module.path, self.limit, module.source, module.listing.get("code"), units, self.forks
        process = self.context.Process(target=child, args=task, daemon=True)
        process.start()
        send.close()
        self.running[receive] = process, module, units, time.monotonic() + self.limit + LAST_WORD

    def take(self, receive, ready):
        """Take what a child has sent; if it is late or has ended without a word, that is what is wrong."""
        process, module, (unit, *units), _ = self.running.pop(receive)
        who, line = (f" in {unit[0]}", unit[1]) if unit else ("", 1)
        alive = ready
        try:
            part = receive.recv() if ready else {"error": f"took longer than {self.limit:g} s{who}", "line": line}
        except EOFError:
            alive = False
            process.join(self.limit)
            part = {"error": f"the process ended with code {process.exitcode}{who}", "line": line}
        module.take(unit, part)
        if not unit:
            units, others = shares(module.listing["units"], self.forks)
            self.waiting.extendleft((module, [other]) for other in reversed(others))
        if alive and units:
            self.running[receive] = process, module, units, time.monotonic() + self.limit + LAST_WORD
        else:
            end(process, patience=LAST_WORD if alive else 0)
            receive.close()
            if units:
                self.waiting.appendleft((module, units))
        busy = [other for other, _ in self.waiting] + [other for _, other, *_ in self.running.values()]
        if module not in busy:
            self.say((module.key, module.outcome()))

    def serve(self):
        """Answer until there are no more tasks; raises `EOFError` when whoever wants the results goes away."""
        while self.more or self.waiting or self.running:
            while len(self.running) < self.jobs and (self.waiting or self.more):
                if self.waiting:
                    self.start(*self.waiting.popleft())
                else:
                    self.ask()
            if self.running:
                importlib.import_module(f"{__package__}.notebook")  # takes a while; the children are drawing already
                deadline = min(end for *_, end in self.running.values())
                heard = [self.read] if self.forks else []  # nothing is said there without being asked for: it is the end
                ready = multiprocessing.connection.wait([*self.running, *heard], max(0, deadline - time.monotonic()))
                if self.read in ready:
                    raise EOFError
                late = [receive for receive, (*_, end) in self.running.items() if end <= time.monotonic()]
                for receive in {*ready, *late}:
                    self.take(receive, receive in ready)

    def close(self):
        for process, *_ in self.running.values():
            end(process)


def main(read, write):
    warm()
    with contextlib.suppress(EOFError, BrokenPipeError):  # whoever wanted the results has gone
        while True:
            server = Server(read, write)
            try:
                server.serve()
            finally:
                server.close()


if __name__ == "__main__":
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints here talks to the person, not into the results
    with tempfile.TemporaryDirectory() as tempfile.tempdir:  # a snippet that is killed cannot tidy up
        os.environ |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), tempfile.tempdir)  # nor can one that is spawned
        main(sys.stdin.buffer, results)
