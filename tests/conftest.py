"""What tests share: closed figures, and a small project to build: two concepts, a home page with the map, a glossary."""

import ast
import contextlib
import functools
import gc
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

# As many processes as cores run tests, on small matrices: threads of linear algebra would get in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import snippets._build.engine.notebook  # before nbformat, whose import it makes quick
import snippets._build.site.plugin  # and all that it is made of, whose lines are counted from here on
from snippets._build.engine.worker import SELDOM

gc.set_threshold(*SELDOM)  # before the asserts of all tests are rewritten, which makes many objects and no garbage
import coverage
import matplotlib.pyplot as plt
import mkdocs.__main__
import nbformat
import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import settings
from matplotlib.colors import same_color
from matplotlib.contour import ContourSet
from matplotlib.quiver import Quiver
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.utils.yaml import ConfigDirPlaceholder, get_yaml_loader
from nbclient import NotebookClient

# Random inputs: the same few each time; a hundred on all machines of the workflow; or, when asked for, many and others each time.
settings.register_profile("daily", settings.get_profile("ci"), max_examples=25)
settings.register_profile("thorough", settings.get_profile("ci"), max_examples=2000, derandomize=False)

ROOT = Path(__file__).parents[1]
# The longest modules begin, so that no core is idle at the end; while one of them builds the site, the next two do without it.
FIRST = ["test_screens", "test_posix", "test_render", "test_browser", "test_kernels", "test_faults", "test_labs", "test_site", "test_running", "test_surroundings"]
UNCOUNTED = ["test_browser", "test_hands", "test_shapes", "test_screens", "test_search", "test_offline", "test_surroundings", "test_notebook"]

FILES = {
    "docs/index.md": """# Home

<!-- map of concepts -->

![A drawing that belongs to the pages and comes from no snippet.](drawing.svg)

```markdown
![short](figures/nothing.svg)
```

A secant has a slope; the slope of a secant. See [the secant](slopes/secant-line.md#the-slope).
""",
    "docs/drawing.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n',
    "docs/glossary.md": "# Glossary\n\nslope\n:   The [rise](slopes/secant-line.md) over\n    the *run*, $m$.\n",
    "docs/slopes/secant-line.md": """---
prerequisites: []
summary: Two points and the line through them.
goal: draw a line through two points
---
# Secant

## The slope

The slope is $m = \\frac{a}{b}$.

![A curve in blue, and a straight line through two of its points.](../figures/slopes/secant_line/secant.svg)

```python
--8<-- "slopes/secant_line.py:slope"
```

```text
--8<-- "slopes/secant_line/slope.txt"
```

<!-- theorems -->
""",
    "docs/slopes/tangent.md": """---
prerequisites: [slopes/secant-line.md]
summary: The line that only touches.
goal: draw a line that only touches
---
# Tangent

![A curve in blue; the line through two points closes in on the tangent.](../figures/slopes/tangent/closing.svg)

```python
--8<-- "slopes/tangent.py:closing"
```

??? abstract "How this page is checked"

    <!-- theorems -->
""",
    "snippets/slopes/secant_line.py": '''"""Secant: two points and the line through them."""

import matplotlib.pyplot as plt


# --8<-- [start:slope]
def slope(f, x, h):
    return (f(x + h) - f(x)) / h


def print_slope():
    print(slope(lambda x: x * x, 3, 1))
# --8<-- [end:slope]


def figure_secant():
    fig, ax = plt.subplots()
    ax.plot([0, 1], [0, 1])
    return fig


if __name__ == "__main__":
    print_slope()
    figure_secant()
    plt.show()
''',
    "snippets/slopes/tangent.py": '''"""Tangent: the line that only touches."""

import matplotlib.pyplot as plt


# --8<-- [start:closing]
def figure_closing(step_size=1.0):
    fig, ax = plt.subplots()
    ax.plot([0, step_size], [0, 1])
    return fig


figure_closing.slider = ("step_size", [2, 1])
# --8<-- [end:closing]


if __name__ == "__main__":
    figure_closing()
    plt.show()
''',
    "tests/slopes/test_secant_line.py": "def test_two_points_make_a_line():\n    assert True\n",
    "tests/slopes/test_tangent.py": """import sympy


def exact(x):
    return sympy.diff(x**2)


def test_the_taylor_line_touches():
    assert exact(sympy.Symbol("x"))


def test_nothing_else():
    assert True
""",
}


def pytest_addoption(parser):
    parser.addoption("--kernels", action="store_true", help="compare what is drawn under each kernel of linear algebra")


def pytest_xdist_auto_num_workers():
    return (os.cpu_count() or 1) + 1  # tests wait for browsers and for servers


@functools.cache
def calling_all(path):
    """The tests of a concept that call what prints, draws or refuses, which calls the rest of its snippet."""
    text = path.read_text("utf-8")
    rows, nodes = text.splitlines(), [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    begin = {node.name: min(part.lineno for part in (node, *node.decorator_list)) - 1 for node in nodes}
    return {node.name for node in nodes if re.search("print_|figure_|raises", "\n".join(rows[begin[node.name] : node.end_lineno]))}


def runs_what_others_run(item):
    """Whether all lines that a test runs are counted in others: random inputs and whole sites run them again and again."""
    again = getattr(item.obj, "is_hypothesis_test", False) or item.path.stem in UNCOUNTED
    concept = (ROOT / "snippets" / item.path.parent.name).is_dir()
    return again or concept and item.originalname not in calling_all(item.path)


def pytest_collection_modifyitems(items):
    """Lines are counted where that shows something, since it takes longer than to run them."""
    for item in items:
        if isinstance(item, pytest.Function) and runs_what_others_run(item) and not item.get_closest_marker("counted"):
            item.add_marker("no_cover")
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """While tests are found lines are not counted, which would take as long again: `test_scripts` runs those of each snippet."""
    counting = coverage.Coverage.current()
    if counting:
        counting.stop()
    result = yield
    if counting:
        counting.start()
    return result


def pytest_collection_finish():
    """What is there now stays till the end: it need not be looked through for garbage again and again."""
    gc.freeze()


@dataclass
class Project:
    root: Path

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def read(self, name):
        return (self.root / name).read_text("utf-8")

    def edit(self, name, old, new):
        assert self.read(name).count(old) == 1
        self.write(name, self.read(name).replace(old, new))

    def line(self, name, text):
        """The number of the one line that holds this text, whose own line breaks count."""
        (line,) = (i for i, row in enumerate(self.read(name).splitlines(), 1) if text in f"\n{row}\n")
        return line

    def cached(self):
        return {str(path): path.stat().st_mtime_ns for path in (self.root / ".cache").rglob("*.*")}

    def build(self, *options):
        """Exit status and lines of `mkdocs build --strict`, run in this process."""
        arguments = ["build", "--strict", "--config-file", str(self.root / "mkdocs.yml"), *options]
        done = CliRunner().invoke(mkdocs.__main__.cli, arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        return done.exit_code, done.output.splitlines()


def wait_for(condition, seconds=60):
    """Wait until `condition()` is true; raises `TimeoutError`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {seconds} s")
        time.sleep(0.02)


@contextlib.contextmanager
def one_at_a_time(lock):
    """Other processes wait here, so that only the first of them draws the figures."""

    def taken():
        try:
            lock.mkdir()
        except FileExistsError:
            return False
        return True

    wait_for(taken, seconds=600)
    try:
        yield
    finally:
        lock.rmdir()


@pytest.fixture(scope="session")
def lock(tmp_path_factory):
    """The folder whose existence says that some process of this run is drawing."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "building"


@pytest.fixture(autouse=True)
def figures():
    """Figures are drawn off screen, checked for the meaning of their colours, and closed after each test."""
    plt.switch_backend("agg")
    yield
    strange = [fault for number in plt.get_fignums() for ax in plt.figure(number).axes for fault in strange_colours(ax)]
    plt.close("all")
    assert strange == []


def strange_colours(ax):
    """What in a drawing breaks the rule of *Notation* on function, derivative, path and target."""
    for line in ax.lines:
        mark, colour = line.get_marker(), line.get_markeredgecolor()
        if mark in ("", " ", "None", None) or same_color(line.get_markerfacecolor(), "white"):
            continue
        joined = np.size(line.get_data(orig=False)[0]) > 2 and line.get_linestyle() != "None"
        if mark == "*" and not same_color(colour, "C3"):
            yield f"a star is a target, but {colour}"
        if mark in ("o", "s", ".") and same_color(colour, "C3"):
            yield f"a target is marked like any point: {mark}"
        if joined and not same_color(colour, "C2"):
            yield f"points in a row are a path, or measured, but {colour}"
    for kind, meant in ((ContourSet, "C0"), (Quiver, "C1")):
        for part in ax.collections:
            colours = part.get_edgecolor() if kind is ContourSet else part.get_facecolor()
            if isinstance(part, kind) and not all(same_color(one[:3], meant) for one in colours):
                yield f"contours are of the function, arrows of the gradient, but {kind.__name__} is not {meant}"


@pytest.fixture(autouse=True)
def uncounted(request, monkeypatch):
    """Children count no lines, which would take as long as their work, unless the test is there to see those lines run."""
    if not request.node.get_closest_marker("counted"):
        for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
            monkeypatch.delenv(name)


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """A function that runs the JSON text of a notebook as plain Jupyter does: in a fresh kernel, in an empty folder
    that stays empty. It returns the notebook with its outputs."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    folder = tmp_path / "empty"
    folder.mkdir()

    def executed(text, **options):
        book = nbformat.reads(text, as_version=4)
        NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}}, **options).execute()
        assert list(folder.iterdir()) == []
        return book

    return executed


@pytest.fixture(scope="session")
def numbers():
    """A function that finds the numbers of a printed line: words, brackets, signs and units between them fall away."""

    def found(line):
        line = re.sub(r"(?<=\d),(?=\d{3}\b)", "", line)
        parts = line.translate(str.maketrans("[](),:=→°%", " " * 10)).split()
        return [float(part) for part in parts if re.fullmatch(r"[-+]?\d+\.?\d*(e[-+]?\d+)?", part)]

    return found


class Dumper(yaml.Dumper):
    """Knows MkDocs' name for a path that begins where the configuration lies."""


Dumper.add_representer(
    ConfigDirPlaceholder, lambda dumper, path: dumper.represent_scalar("!relative", f"$config_dir/{path.suffix}")
)


def configuration():
    """The real `mkdocs.yml`, for the pages of the small project."""
    config = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), get_yaml_loader(config=MkDocsConfig()))
    config["theme"]["custom_dir"] = str(ROOT / config["theme"]["custom_dir"])
    config |= {"site_url": "https://site.test/", "extra": {"repository": "https://forge.test/site/"}}
    config |= {"extra_css": [], "extra_javascript": []}
    pages = ["slopes/secant-line.md", "slopes/tangent.md"]
    config["nav"] = [{"Home": "index.md"}, {"Slopes": pages}, {"Reference": ["glossary.md"]}]
    return yaml.dump(config, Dumper=Dumper, sort_keys=False, width=200)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The project, built once, so that the others find its figures in their cache."""
    project = Project(tmp_path_factory.mktemp("built"))
    project.write("mkdocs.yml", configuration())
    for name, text in FILES.items():
        project.write(name, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        project.result = project.build()
    return project


def errors(lines):
    assert not [line for line in lines if line.startswith("WARNING")]
    return [line.removeprefix("ERROR   -  ") for line in lines if line.startswith("ERROR")]


def copied(built, folder, patch):
    """A copy of the project without a site, in whose folder the test now is."""
    patch.chdir(folder)
    patch.setenv("NO_MKDOCS_2_WARNING", "1")
    for name in (".cache", "docs", "snippets", "tests", "mkdocs.yml"):
        copy = shutil.copytree if (built.root / name).is_dir() else shutil.copy2
        copy(built.root / name, folder / name)
    return Project(folder)


@pytest.fixture
def project(built, tmp_path, monkeypatch):
    """A copy of the project to plant faults in."""
    return copied(built, tmp_path, monkeypatch)
