"""Labs: from one source, `docs/labs/*.py`, come a page, a notebook with blanks and a solved one.

A lab is a notebook in the `py:percent` format. Cells tagged `task` hold the solution between the lines
`# blank: <what the student sees>` and `# end of blank`; cells tagged `check` say what is wrong with an answer. This
module keeps what `lab_worker.py` makes of them, by content, so that a build in which nothing is stale runs no kernel.
"""

import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..fault import Fault
from ..kept import key
from .render import ROOT

CELL = re.compile(r"^# %%.*$", re.MULTILINE)
BLANK = re.compile(r"(?ms)^( *)# blank: ([^\n]*)\n(.*?)^ *# end of blank\n?")
COLAB = "<!-- colab -->"  # stands on the page of a lab where a link to Colab may come
HERE = "<!-- run it here -->"  # and where the button may come that opens it in the browser
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
    files = ("labs", "lab_worker", "lab_kernel", "notebook", "requirements", "worker", "backend", "style")
    engine = [Path(__file__).with_name(f"{name}.py").read_bytes() for name in files]
    return key(sys.version, *map(_version, PACKAGES), *engine)


def lab_key(name, source):
    """The name under which what is made of this source is kept."""
    return key(_environment(), name, source)


def addressed(notebook, address):
    """The text of a notebook whose links lead to a site at this address; where there is none, they become plain words."""
    if address:
        return notebook.replace(SITE, f"{address.rstrip('/')}/")
    return re.sub(rf"\[([^][]*)\]\({re.escape(SITE)}[^)]*\)", r"\1", notebook)


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


def make_labs(folder, keeper, failures=None, run=True):
    """All labs in the folder, `{name: what it gives}`, and the faults of those that failed.

    What a lab gives: `page` (Markdown), `results` (file name to SVG or text, as the page includes them), and the notebooks
    `student` and `solved`, whose links begin with `SITE`. `failures` is that of `Work`. Without `run`, those that are not kept
    are left out.
    """
    failures = {} if failures is None else failures
    labs, faults, stale = {}, [], {}
    for path in sorted(folder.glob("*.py")):
        under = lab_key(path.stem, path.read_bytes())
        if kept := keeper.load("labs", under):
            labs[path.stem] = kept
        elif under in failures:
            faults += failures[under]
        else:
            stale[path.stem] = path, under
    made = _run([(name, str(path)) for name, (path, _) in stale.items()]) if stale and run else []
    for (name, (path, under)), lab in zip(stale.items(), made, strict=run):
        if "error" in lab:
            failures[under] = [Fault(f"docs/labs/{path.name}", lab["line"], lab["error"])]
            faults += failures[under]
        else:
            labs[name] = lab
            keeper.save("labs", under, lab)
    return labs, faults
