"""The engine: runs the snippets that are stale, several at once, and keeps what they print and draw.

It knows nothing of MkDocs. `render()` returns a `Report`; `python -m snippets --out DIR` writes one to files.
"""

import atexit
import contextlib
import os
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ..fault import Fault
from ..kept import Keeper, key

ROOT = Path(__file__).parents[3]
SNIPPETS = ROOT / "snippets"
CACHE = ROOT / ".cache"
TIME_LIMIT = 60  # seconds for the functions of one child of the worker, each
PATIENCE = 5  # seconds for the worker to end its children and to go, when it is no longer needed


@dataclass
class Report:
    """What all snippets give.

    `results` maps `chapter/module/name.svg` or `.txt` to its text, `lines` the same names to the line of the function,
    `sliders` the name of a default figure to its slider, `notebooks` and `sources` `chapter/module` to text;
    `faults` lists the modules that failed.
    """

    results: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    sliders: dict[str, dict] = field(default_factory=dict)
    notebooks: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    ran: dict[str, float] = field(default_factory=dict)  # function: seconds, for those that ran now
    fresh: int = 0  # how many of the results were made now
    seconds: float = 0.0
    unkept: str = ""  # why results could not be kept

    def add(self, name, outcome):
        self.results |= {f"{name}/{file}": text for file, text in outcome["results"].items()}
        self.lines |= {f"{name}/{file}": line for file, line in outcome["lines"].items()}
        self.sliders |= {f"{name}/{file}": slider for file, slider in outcome["sliders"].items()}
        self.notebooks[name] = outcome["notebook"]

    def summary(self):
        """One line for the person who builds."""
        text = f"figures: {self.fresh} ran in {self.seconds:.1f} s, {len(self.results) - self.fresh} cached"
        if self.ran:
            slowest = max(self.ran, key=self.ran.get)
            text += f"; slowest {slowest} {self.ran[slowest]:.1f} s"
        return text + (f"; not kept: {self.unkept}" if self.unkept else "")


@cache
def _environment():
    """What every result depends on beside its module."""
    versions = [sys.version, *(version(name) for name in ("numpy", "matplotlib", "scikit-learn", "jupytext", "nbformat"))]
    files = ("render", "worker", "backend", "style", "notebook", "requirements")
    return key(*versions, *(Path(__file__).with_name(f"{name}.py").read_bytes() for name in files))


def result_key(name, source):
    """The name under which the results of this source are kept."""
    return key(_environment(), name, source)


class Work:
    """What is stale under `snippets`, and the report: at once what `keeper` has, and then more as modules run.

    `failures` remembers by key what was wrong with a module, for as long as someone keeps it: it is not run again.
    """

    def __init__(self, snippets, keeper, failures=None):
        self.keeper, self.started = keeper, time.perf_counter()
        self.failures = {} if failures is None else failures
        self.report, self.stale = Report(), {}  # name: (path, source, key)
        self.begun = set()  # keys
        self.base = snippets.parent
        for path in sorted(snippets.glob("[a-z]*/*.py")):
            name = path.relative_to(snippets).with_suffix("").as_posix()
            source = path.read_bytes()
            self.report.sources[name] = source.decode(errors="replace")
            under = result_key(name, source)
            if kept := keeper.load("figures", under):
                self.report.add(name, kept)
            elif under in self.failures:
                self.report.faults += self.failures[under]
            else:
                self.stale[name] = path, source, under

    def prefer(self, name):
        """Let this module run before the others."""
        if name in self.stale:
            self.stale = {name: self.stale[name]} | self.stale

    def next_task(self):
        """The next module to run, `(key, path, source)`; None when all have been begun."""
        for path, source, under in self.stale.values():
            if under not in self.begun:
                self.begun.add(under)
                return under, str(path), source
        return None

    def take(self, under, outcome):
        """Take what a module gave into the report, and keep it; returns the name of the module if it is still wanted."""
        names = [name for name, (_, _, wanted) in self.stale.items() if wanted == under]
        if "errors" in outcome:
            paths = [os.path.relpath(self.stale[name][0], self.base).replace(os.sep, "/") for name in names]
            self.failures[under] = [Fault(path, line, text) for path in paths for line, text in outcome["errors"]]
            self.report.faults = sorted([*self.report.faults, *self.failures[under]])
        else:
            self.keeper.save("figures", under, outcome)
            self.report.unkept = self.keeper.unkept
        for name in names:
            self.stale.pop(name)
            if "errors" not in outcome:
                self.report.add(name, outcome)
                self.report.fresh += len(outcome["results"])
                self.report.ran |= {f"{name}/{label}": took for label, took in outcome["seconds"].items()}
        self.report.seconds = time.perf_counter() - self.started
        return names[0] if names else None

    def run(self, jobs=None, limit=TIME_LIMIT):
        """Run what is stale; yields the name of each module when it is in the report."""
        if not self.stale:
            return
        from tqdm import tqdm

        runs, total = outcomes(self.next_task, jobs, limit), len(self.stale)
        with contextlib.closing(runs), tqdm(None, "figures", total, unit="module", leave=False, disable=None) as bar:
            for under, outcome in runs:
                bar.update()
                yield self.take(under, outcome)


def outcomes(next_task, jobs=None, limit=TIME_LIMIT):
    """Yield `(key, outcome)` for each task `(key, path, source)` that `next_task()` gives, until it gives None."""
    with server() as process:

        def tell(message):
            pickle.dump(message, process.stdin)
            process.stdin.flush()

        jobs, asked, done = jobs or os.cpu_count() or 1, 0, 0
        try:
            tell((jobs, limit))
            more = True
            while more or done < asked:
                message = pickle.load(process.stdout)
                if message is None:
                    task = next_task()
                    more, asked = task is not None, asked + (task is not None)
                    tell(task)
                else:
                    done += 1
                    yield message
        except (EOFError, BrokenPipeError):
            raise RuntimeError("the process that draws the figures ended early; its message stands above") from None


idle = []  # at most one worker that waits for the next time, and what it was started with


@contextlib.contextmanager
def server():
    """A worker: the one that waits, or a new one. It waits for the next time unless it was left in the middle of something."""
    command = [sys.executable, "-m", f"{__package__}.worker"]
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    # One thread a process: the cores are busy with other modules, and sums keep their order. So do sets, without a seed.
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    environment.pop("PYTEST_CURRENT_TEST", None)  # another one for each test, and nothing to a worker
    start, process = (command, environment), None
    with contextlib.suppress(IndexError):
        kept, process = idle.pop()
        if kept != start or process.poll() is not None:
            process = end(process)
    # In a session of its own: a person who interrupts talks to this process, and the worker goes when this one has gone.
    # Its folder is one that stays.
    process = process or subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment, start_new_session=True
    )
    try:
        yield process
    except BaseException:
        end(process)
        raise
    if idle:  # another one waits already
        end(process)
    else:
        idle.append((start, process))


def end(process):
    """Let a worker go: it ends its children and removes what they have left."""
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(BrokenPipeError):
            pipe.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@atexit.register
def rest():
    """Let the worker that waits go."""
    if idle:
        end(idle.pop()[1])


def render(snippets=SNIPPETS, cache=CACHE, jobs=None, limit=TIME_LIMIT):
    """Run what is stale under `snippets`, take the rest from `cache`, and report.

    A module that fails is a fault in the report; the others finish all the same, and a failure is never kept.
    """
    keeper = Keeper(cache)
    work = Work(snippets, keeper)
    for _ in work.run(jobs, limit):
        pass
    keeper.evict()
    work.report.seconds = time.perf_counter() - work.started
    return work.report
