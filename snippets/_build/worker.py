"""The process that runs snippets: `python -m snippets._build.worker`, spoken to by `render.py` through pipes.

It imports Matplotlib once and forks a fresh child for each module (where there is no fork, it spawns one).
It reads one pickled `(jobs, time limit, tasks)` and writes one pickled `(path, outcome)` for each task, as they finish.
"""

import contextlib
import inspect
import io
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

import matplotlib
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.backend_bases import FigureManagerBase

from .notebook import notebook
from .style import CYCLE, FIGURE, themed

PRINT_LIMIT = 20_000  # characters; a page shows a small result


class Fault(Exception):
    """A promise of the snippet contract that the module breaks, at the line given."""

    def __init__(self, message, line):
        super().__init__(message)
        self.line = line


def svg(figure):
    """The bytes of the figure: no date, no editor's header, colours as variables."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", out.getvalue(), flags=re.DOTALL)
    return themed(re.sub(r"\n\s*", "\n", text))


def refuse(*args, **options):
    """Without a display, Matplotlib would open no window and say nothing; with one, it would wait for a person."""
    raise RuntimeError("a figure is returned, not shown")


def call(function, *args):
    """What the function returns and prints, in a clean style and an empty folder, however it leaves them."""
    printed = io.StringIO()
    style = {"backend": "agg", **FIGURE, "axes.prop_cycle": cycler(color=CYCLE)}
    with matplotlib.rc_context(), tempfile.TemporaryDirectory() as folder:
        matplotlib.rcParams.update(matplotlib.rcParamsDefault | style)
        with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
            value = function(*args)
            if isinstance(value, plt.Figure):
                value = svg(value)
        plt.close("all")
    return value, printed.getvalue()


def frames(name, function):
    """The results of one `figure_` function: the figure itself and, with a slider, one for each value."""
    line = function.__code__.co_firstlineno
    slider = getattr(function, "slider", None)
    if slider is None:
        return {f"{name}.svg": call(function)[0]}, None
    parameter, values, *unit = slider
    values = [float(value) for value in values]
    default = inspect.signature(function).parameters[parameter].default
    at = min(range(len(values)), key=lambda i: abs(values[i] - default))
    if not math.isclose(values[at], default, abs_tol=1e-12 * max(map(abs, values))):
        raise Fault(f"the default {parameter}={default} is none of the slider's values", line)
    drawn = [call(function, type(default)(value))[0] for value in values]
    results = {f"{name}.{i}.svg": text for i, text in enumerate(drawn)}
    return results | {f"{name}.svg": drawn[at]}, {
        "parameter": parameter.replace("_", " "),
        "values": values,
        "unit": unit[0] if unit else "",
        "default": at,
    }


def run(path, source):
    """Run one module and every `print_` and `figure_` function in it.

    Returns a dictionary: `results` (file name to text), `lines` (file name to the line of its function), `sliders`
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
    for attribute, function in list(vars(module).items()):
        kind, _, label = attribute.partition("_")
        if kind not in ("figure", "print") or not inspect.isfunction(function):
            continue
        started, line = time.perf_counter(), function.__code__.co_firstlineno
        if kind == "print":
            text = call(function)[1]
            if not text or len(text) > PRINT_LIMIT:
                raise Fault(f"{attribute} prints {len(text)} characters; a page shows 1 to {PRINT_LIMIT}", line)
            made, slider = {f"{label}.txt": text}, None
        else:
            made, slider = frames(label, function)
            if not all(isinstance(text, str) for text in made.values()):
                raise Fault(f"{attribute} returns no figure", line)
        if matplotlib.get_backend() != "agg":
            raise Fault(f"{attribute} chooses where figures are shown", line)
        outcome["results"] |= made
        outcome["lines"] |= dict.fromkeys(made, line)
        outcome["sliders"] |= {f"{label}.svg": slider} if slider else {}
        outcome["seconds"][label] = time.perf_counter() - started
    outcome["notebook"] = notebook(source.decode(), name)
    return outcome


def outcome_of(path, source, limit):
    """What `run` returns, or `error` and `line` in its place."""

    def too_long(signum, frame):
        raise TimeoutError(f"took longer than {limit:g} s")

    if hasattr(signal, "SIGALRM"):  # so that the message can name the line that was running
        signal.signal(signal.SIGALRM, too_long)
        signal.setitimer(signal.ITIMER_REAL, limit)
    # Numerical trouble and windows that nobody sees are errors; what a later version will drop is the tests' business.
    warnings.simplefilter("error", RuntimeWarning)
    warnings.simplefilter("error", UserWarning)
    linecache.checkcache(path)
    try:
        return run(path, source)
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


def child(send, path, source, limit):
    # What C code or a subprocess writes must not run into the pipe of the results.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    sys.dont_write_bytecode = True
    send.send(outcome_of(path, source, limit))
    send.close()


def serve(read, write):
    """Answer one request read from `read`; outcomes go to `write` in the order in which they come."""
    jobs, limit, tasks = pickle.load(read)
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    tasks, running = list(tasks), {}
    while tasks or running:
        while tasks and len(running) < jobs:
            path, source = tasks.pop(0)
            receive, send = context.Pipe(duplex=False)
            process = context.Process(target=child, args=(send, path, source, limit), daemon=True)
            process.start()
            send.close()
            running[receive] = process, path, time.monotonic() + limit + 2
        deadline = min(end for *_, end in running.values())
        ready = multiprocessing.connection.wait(list(running), max(0, deadline - time.monotonic()))
        late = [receive for receive, (*_, end) in running.items() if end <= time.monotonic()]
        for receive in {*ready, *late}:
            process, path, _ = running.pop(receive)
            try:
                outcome = receive.recv() if receive in ready else {"error": f"took longer than {limit:g} s", "line": 1}
            except EOFError:
                process.join()
                outcome = {"error": f"the process ended with code {process.exitcode}", "line": 1}
            if receive not in ready:
                process.kill()
            process.join()
            receive.close()
            pickle.dump((path, outcome), write)
            write.flush()


if __name__ == "__main__":
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints here talks to the person, not into the results
    with tempfile.TemporaryDirectory() as tempfile.tempdir:  # a snippet that is killed cannot tidy up
        serve(sys.stdin.buffer, results)
