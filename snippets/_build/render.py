"""The engine: runs the snippets that are stale, several at once, and keeps what they print and draw.

It knows nothing of MkDocs. `render()` returns a `Report`; `python -m snippets --out DIR` writes one to files.
A result is kept in one file named by its key, a hash of all that it depends on, and comes into being by a rename.
"""

import hashlib
import json
import os
import pickle
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
SNIPPETS = ROOT / "snippets"
CACHE = ROOT / ".cache"
TIME_LIMIT = 60  # seconds for one module, or for each process that has a share of it
ABANDONED = 3600  # seconds after which a half-written file belongs to nobody any more


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong, and where: it prints as one line."""

    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


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
    versions = [sys.version, *(version(name) for name in ("numpy", "matplotlib", "jupytext", "nbformat"))]
    engine = [Path(__file__).with_name(f"{name}.py").read_bytes() for name in ("render", "worker", "style", "notebook")]
    return hashlib.sha256(b"\0".join([*(text.encode() for text in versions), *engine]))


def key(name, source):
    """The name under which the results of this source are kept."""
    digest = _environment().copy()
    digest.update(b"\0".join([name.encode(), source]))
    return digest.hexdigest()[:32]


def keep(path, text):
    """Write a file beside its place and rename it into it, so that it is never seen half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def prune(folder, wanted):
    """Remove what nobody wants any more, and what a killed build left half-written."""
    for path in folder.glob("*"):
        try:
            if path.suffix == ".part":
                if time.time() - path.stat().st_mtime > ABANDONED:
                    path.unlink()
            elif path.name not in wanted:
                path.unlink()
        except OSError:  # another build was quicker, or the folder is read-only
            pass


def _run(tasks, jobs, limit):
    """Yield `(path, outcome)` for each task as its process ends."""
    command = [sys.executable, "-m", "snippets._build.worker"]
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    # One thread a process: the cores are busy with other modules, and sums keep their order. So do sets, without a seed.
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    pipe = subprocess.PIPE
    # A session of its own, so that one signal ends the server together with the snippets that it runs.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, start_new_session=True) as server:
        try:
            with server.stdin:
                pickle.dump((jobs, limit, tasks), server.stdin)
            for _ in tasks:
                yield pickle.load(server.stdout)
        except (EOFError, BrokenPipeError):
            raise RuntimeError("the process that draws the figures ended early; its message stands above") from None
        except BaseException:
            (os.killpg if hasattr(os, "killpg") else os.kill)(server.pid, 9)
            raise


def render(snippets=SNIPPETS, cache=CACHE, jobs=None, limit=TIME_LIMIT):
    """Run what is stale under `snippets`, take the rest from `cache`, and report.

    A module that fails is a fault in the report; the others finish all the same, and a failure is never kept.
    """
    started = time.perf_counter()
    report, folder, stale, wanted = Report(), cache / "figures", {}, set()
    for path in sorted(snippets.glob("[a-z]*/*.py")):
        name = path.relative_to(snippets).with_suffix("").as_posix()
        source = path.read_bytes()
        report.sources[name] = source.decode(errors="replace")
        kept = folder / f"{key(name, source)}.json"
        wanted.add(kept.name)
        try:
            report.add(name, json.loads(kept.read_bytes()))
        except (OSError, ValueError):
            stale[str(path)] = name, source, kept
    if stale:
        from tqdm import tqdm

        tasks = [(path, source) for path, (_, source, _) in stale.items()]
        runs = _run(tasks, jobs or os.cpu_count() or 1, limit)
        for path, outcome in tqdm(runs, "figures", len(tasks), unit="module", leave=False, disable=None):
            name, _, kept = stale[path]
            if "error" in outcome:
                shown = os.path.relpath(path, snippets.parent).replace(os.sep, "/")
                report.faults.append(Fault(shown, outcome["line"], outcome["error"]))
                continue
            report.add(name, outcome)
            report.fresh += len(outcome["results"])
            report.ran |= {f"{name}/{label}": seconds for label, seconds in outcome["seconds"].items()}
            try:
                keep(kept, json.dumps(outcome).encode())
            except OSError as error:
                report.unkept = str(error)
    if not report.faults:
        prune(folder, wanted)
    report.faults.sort()
    report.seconds = time.perf_counter() - started
    return report
