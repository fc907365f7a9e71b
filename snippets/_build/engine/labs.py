"""Labs: from one source, `docs/labs/*.py`, come a page, a notebook with blanks and a solved one.

A lab is a notebook in the `py:percent` format. Cells tagged `task` hold the solution between the lines
`# blank: <what the student sees>` and `# end of blank`; cells tagged `check` say what is wrong with an answer. This
module keeps what `lab_worker.py` makes of them, by content, so that a build in which nothing is stale runs no kernel.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .render import ROOT, Fault, keep, prune

CELL = re.compile(r"^# %%.*$", re.MULTILINE)
BLANK = re.compile(r"(?ms)^( *)# blank: ([^\n]*)\n(.*?)^ *# end of blank\n?")
SITE = "https://site.invalid/"  # stands in the notebooks for the address of the site, which a build may change
PACKAGES = ("numpy", "matplotlib", "scikit-learn", "ipython", "ipykernel", "jupytext", "nbclient", "mkdocs-jupyter")


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@cache
def _environment():
    """What every lab depends on beside its source."""
    engine = [Path(__file__).with_name(f"{name}.py").read_bytes() for name in ("labs", "lab_worker", "worker", "style")]
    return b"\0".join([sys.version.encode(), *(_version(package).encode() for package in PACKAGES), *engine])


def key(name, source):
    """The name under which what is made of this source is kept."""
    return hashlib.sha256(b"\0".join([_environment(), name.encode(), source])).hexdigest()[:32]


def student(source):
    """The source with blanks."""
    return BLANK.sub(r"\1\2  # your turn\n", source)


def solved(source):
    """The source with solutions."""
    return BLANK.sub(r"\3", source)


def summary(source):
    """The first paragraph below the title: what the lab is good for."""
    found = re.search(r"(?m)^# # .*\n#\n# (.*)$", source)
    return found[1] if found else ""


def _run(tasks):
    """What `lab_worker.py` makes of each `(name, path)`: a list of dictionaries."""
    command = [sys.executable, "-m", "snippets._build.engine.lab_worker"]
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, input=json.dumps(tasks), stdout=subprocess.PIPE, env=environment, text=True)
    if done.returncode:
        raise RuntimeError("the process that runs the labs ended early; its message stands above")
    return json.loads(done.stdout)


def make_labs(folder, cache):
    """All labs in the folder, `{name: what it gives}`, and the faults of those that failed.

    What a lab gives: `page` (Markdown with a mark in the place of each cell), `cells` (their HTML), `figures` (SVG by
    number), and the notebooks `student` and `solved`, whose links begin with `SITE`.
    """
    labs, faults, stale, wanted = {}, [], {}, set()
    for path in sorted(folder.glob("*.py")):
        source = path.read_bytes()
        kept = cache / "labs" / f"{key(path.stem, source)}.json"
        wanted.add(kept.name)
        try:
            labs[path.stem] = json.loads(kept.read_bytes())
        except (OSError, ValueError):
            stale[path.stem] = path, kept
    for (name, (path, kept)), made in zip(
        stale.items(), _run([(name, str(path)) for name, (path, _) in stale.items()]) if stale else [], strict=True
    ):
        if "error" in made:
            faults.append(Fault(f"docs/labs/{path.name}", made["line"], made["error"]))
            continue
        labs[name] = made
        try:
            keep(kept, json.dumps(made).encode())
        except OSError:  # a cache that cannot be written costs time, not the build
            pass
    if not faults and wanted:
        prune(cache / "labs", wanted)
    return labs, faults
