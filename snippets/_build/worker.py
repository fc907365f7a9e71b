"""The process that runs snippets: `python -m snippets._build.worker`, spoken to by `render.py` through pipes.

It imports Matplotlib once and forks a fresh child for each share of a module's work (where there is no fork, it spawns
one). It reads one pickled `(jobs, time limit, tasks)` and writes one pickled `(path, outcome)` for each task, as they finish.
"""

import contextlib
import importlib
import inspect
import io
import itertools
import linecache
import math
import multiprocessing
import multiprocessing.connection
import os
import pickle
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
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_svg import FigureCanvasSVG

from .style import CYCLE, FIGURE, themed

PRINT_LIMIT = 20_000  # characters; a page shows a small result
MOST_SHARES = 4  # of one module; with more, loading the module again and again would cost more than it wins


class Fault(Exception):
    """A promise of the snippet contract that the module breaks, at the line given."""

    def __init__(self, message, line):
        super().__init__(message)
        self.line = line


def svg(figure):
    """The bytes of the figure: no date, no editor's header, colours as variables."""
    out = io.StringIO()
    # `savefig` would draw twice, once to lay the figure out; drawing does that as well.
    FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    return themed(out.getvalue())


def prepare():
    """Let a kernel draw as the site does, and take numerical trouble for an error."""
    style(matplotlib.rcParams)
    strict()


def refuse(*args, **options):
    """Without a display, Matplotlib would open no window and say nothing; with one, it would wait for a person."""
    raise RuntimeError("a figure is returned, not shown")


def style(settings):
    """Set Matplotlib to the look of the site, whatever it was set to before."""
    settings.update(matplotlib.rcParamsDefault | {"backend": "agg", **FIGURE, "axes.prop_cycle": cycler(color=CYCLE)})


def strict():
    """Numerical trouble and windows that nobody sees are errors; what a later version will drop is the tests' business."""
    warnings.simplefilter("error", RuntimeWarning)
    warnings.simplefilter("error", UserWarning)


def call(function, *args):
    """What the function returns and prints, in a clean style and an empty folder, however it leaves them."""
    printed = io.StringIO()
    with matplotlib.rc_context(), tempfile.TemporaryDirectory() as folder:
        style(matplotlib.rcParams)
        with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
            value = function(*args)
            if isinstance(value, plt.Figure):
                value = svg(value)
        plt.close("all")
    return value, printed.getvalue()


def frames(name, function, mine):
    """The results of one `figure_` function: the figure itself and, with a slider, one for each value, if `mine()`."""
    line = function.__code__.co_firstlineno
    slider = getattr(function, "slider", None)
    if slider is None:
        return {f"{name}.svg": call(function)[0]} if mine() else {}, None
    parameter, values, *unit = slider
    values = [float(value) for value in values]
    default = inspect.signature(function).parameters[parameter].default
    at = min(range(len(values)), key=lambda i: abs(values[i] - default))
    if not math.isclose(values[at], default, abs_tol=1e-12 * max(map(abs, values))):
        raise Fault(f"the default {parameter}={default} is none of the slider's values", line)
    drawn = {i: call(function, type(default)(value))[0] for i, value in enumerate(values) if mine()}
    results = {f"{name}.{i}.svg": text for i, text in drawn.items()}
    return results | ({f"{name}.svg": drawn[at]} if at in drawn else {}), {
        "parameter": parameter.replace("_", " "),
        "values": values,
        "unit": unit[0] if unit else "",
        "default": at,
    }


def run(path, source, share=0, shares=1):
    """Run one module, and its share of the `print_` functions, `figure_` functions and frames in it: every so many.

    Returns a dictionary: `results` (file name to text), `lines` (file name to the line of its function), `sliders`,
    and `seconds` by function. Raises whatever the module raises, and `Fault`.
    """
    name = os.path.basename(path).removesuffix(".py")
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    FigureManagerBase.show = refuse
    code = compile(source, path, "exec")

    def load():
        exec(code, module.__dict__)
        return plt.get_fignums()

    drawn, printed = call(load)
    if drawn or printed:
        raise Fault("importing a snippet prints and draws nothing", 1)
    outcome = {"results": {}, "lines": {}, "sliders": {}, "seconds": {}}
    turn = itertools.count()

    def mine():
        return next(turn) % shares == share

    for attribute, function in list(vars(module).items()):
        kind, _, label = attribute.partition("_")
        if kind not in ("figure", "print") or not inspect.isfunction(function):
            continue
        started, line = time.perf_counter(), function.__code__.co_firstlineno
        if kind == "print":
            if not mine():
                continue
            text = call(function)[1]
            if not text or len(text) > PRINT_LIMIT:
                raise Fault(f"{attribute} prints {len(text)} characters; a page shows 1 to {PRINT_LIMIT}", line)
            made, slider = {f"{label}.txt": text}, None
        else:
            made, slider = frames(label, function, mine)
            if not all(isinstance(text, str) for text in made.values()):
                raise Fault(f"{attribute} returns no figure", line)
        if matplotlib.get_backend() != "agg":
            raise Fault(f"{attribute} chooses where figures are shown", line)
        outcome["results"] |= made
        outcome["lines"] |= dict.fromkeys(made, line)
        outcome["sliders"] |= {f"{label}.svg": slider} if slider else {}
        outcome["seconds"][label] = time.perf_counter() - started
    return outcome


def together(path, source, parts):
    """The outcome of a module from those of its shares: the first error, or all that they made and the notebook."""
    from .notebook import notebook

    if error := next((part for part in parts if "error" in part), None):
        return error
    whole = parts[0]
    for part in parts[1:]:
        for kind in ("results", "lines", "sliders"):
            whole[kind] |= part[kind]
        for label, seconds in part["seconds"].items():
            whole["seconds"][label] = whole["seconds"].get(label, 0) + seconds
    try:
        return whole | {"notebook": notebook(source.decode(), os.path.basename(path).removesuffix(".py"))}
    except ValueError as error:
        return {"error": f"ValueError: {error}", "line": 1}


def outcome_of(path, source, limit, share=0, shares=1):
    """What `run` returns, or `error` and `line` in its place."""

    def too_long(signum, frame):
        raise TimeoutError(f"took longer than {limit:g} s")

    if hasattr(signal, "SIGALRM"):  # so that the message can name the line that was running
        signal.signal(signal.SIGALRM, too_long)
        signal.setitimer(signal.ITIMER_REAL, limit)
    strict()
    linecache.checkcache(path)
    try:
        return run(path, source, share, shares)
    except Fault as error:
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


def child(send, *task):
    # What C code or a subprocess writes must not run into the pipe of the results.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    sys.dont_write_bytecode = True
    send.send(outcome_of(*task))
    send.close()


def serve(read, write):
    """Answer one request read from `read`; outcomes go to `write` in the order in which they come."""
    jobs, limit, tasks = pickle.load(read)
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    parts = {path: [None] * min(jobs, MOST_SHARES) for path, _ in tasks}
    waiting = [
        (path, source, limit, share, len(parts[path])) for path, source in tasks for share in range(len(parts[path]))
    ]
    running = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            task = waiting.pop(0)
            receive, send = context.Pipe(duplex=False)
            process = context.Process(target=child, args=(send, *task), daemon=True)
            process.start()
            send.close()
            running[receive] = process, task, time.monotonic() + limit + 2
        importlib.import_module(f"{__package__}.notebook")  # takes a while; the children are drawing already
        deadline = min(end for *_, end in running.values())
        ready = multiprocessing.connection.wait(list(running), max(0, deadline - time.monotonic()))
        late = [receive for receive, (*_, end) in running.items() if end <= time.monotonic()]
        for receive in {*ready, *late}:
            process, (path, source, _, share, _), _ = running.pop(receive)
            try:
                outcome = receive.recv() if receive in ready else {"error": f"took longer than {limit:g} s", "line": 1}
            except EOFError:
                process.join()
                outcome = {"error": f"the process ended with code {process.exitcode}", "line": 1}
            if receive not in ready:
                process.kill()
            process.join()
            receive.close()
            parts[path][share] = outcome
            if None not in parts[path]:
                pickle.dump((path, together(path, source, parts.pop(path))), write)
                write.flush()


if __name__ == "__main__":
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints here talks to the person, not into the results
    with tempfile.TemporaryDirectory() as tempfile.tempdir:  # a snippet that is killed cannot tidy up
        os.environ |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), tempfile.tempdir)  # nor can one that is spawned
        serve(sys.stdin.buffer, results)
