"""The engine keeps its promises: fresh workers, the same bytes, nothing run twice, no failure without its file and line."""

import json
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as etree
from collections import Counter
from pathlib import Path

import pytest

from snippets.__main__ import main
from snippets._build.engine import render as engine
from snippets._build.engine import worker
from snippets._build.pages.concept_map import HEIGHT, MOST, concept_map, levels, ordered_rows, shortest
from snippets._build.engine.render import Report, Work, render, result_key
from snippets._build.engine.style import PALETTE, themed
from snippets._build.fault import Fault
from snippets._build.kept import Keeper

from .conftest import HEAD, TAIL

ROOT = Path(engine.__file__).parents[3]
PRINT = "def print_value():\n    print({})\n"
FIGURE = """
def figure_line(h=2.0):
    fig, ax = plt.subplots(figsize=(2, 2))
    ax.plot([0, h], [0, 1], color="C0")
    return fig
"""
SLIDER = FIGURE + '\n\nfigure_line.slider = ("h", [1, 2, 4], "hours")\n'


TIMES = "import time\n\n\ndef print_times():\n    print(time.time())\n    time.sleep(1.5)\n    print(time.time())\n"


def times(report):
    """Start and end of each `TIMES`."""
    return [[float(row) for row in text.split()] for text in report.results.values()]


def kept(cache):
    return {path.name: path.stat().st_mtime_ns for path in (cache / "figures").glob("*")}


def python(code, **options):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, **options)


def write_out(folder, cache, out):
    """The command that writes what these snippets make into the folder `out`."""
    paths = {"--out": out, "--snippets": folder, "--cache": cache}
    return [sys.executable, "-m", "snippets", *(str(part) for pair in paths.items() for part in pair)]


# What a module gives


def test_print_gives_text_and_figure_gives_one_svg(snippets, cache):
    report = render(snippets(a=PRINT.format(6 * 7) + FIGURE), cache)
    assert report.faults == []
    assert report.results["chapter/a/value.txt"] == "42\n"
    assert set(report.results) == {"chapter/a/value.txt", "chapter/a/line.svg"}
    assert etree.fromstring(report.results["chapter/a/line.svg"]).tag.endswith("svg")
    assert report.lines == {"chapter/a/value.txt": 5, "chapter/a/line.svg": 8}
    assert report.sources == {"chapter/a": (snippets() / "chapter/a.py").read_text()}
    assert json.loads(report.notebooks["chapter/a"])["cells"]


def test_figure_serves_the_dark_scheme_by_variables_and_tells_no_date(snippets, cache):
    svg = render(snippets(a=FIGURE), cache).results["chapter/a/line.svg"]
    light, dark = PALETTE["function"]
    rule = re.search(r"<style>@media \(prefers-color-scheme: dark\)\{:root\{(.*?)\}\}</style>", svg)[1]
    assert f"--function:{dark};" in rule
    assert f"stroke: var(--function, {light})" in svg
    assert not re.search(r"(?<!, )" + light, svg)
    assert "metadata" not in svg and "<!DOCTYPE" not in svg and "<?xml" not in svg


def test_colour_outside_the_palette_stays_and_black_becomes_ink():
    svg = themed('<?xml version="1.0"?><svg width="1"><path style="fill: #123456; stroke: #000000"/></svg>')
    assert "fill: #123456" in svg
    assert "stroke: var(--ink, #000000)" in svg
    assert svg.startswith('<svg width="1"><style>')


def test_slider_gives_a_frame_for_each_value_and_the_default_frame_is_the_plain_file(snippets, cache):
    report = render(snippets(a=SLIDER), cache)
    assert report.sliders == {
        "chapter/a/line.svg": {"parameter": "h", "labels": ["1 hours", "2 hours", "4 hours"], "default": 1}
    }
    frames = [report.results[f"chapter/a/line.{i}.svg"] for i in range(3)]
    assert len(set(frames)) == 3
    assert frames[1] == report.results["chapter/a/line.svg"]


def test_slider_near_zero_finds_its_own_default(snippets, cache):
    body = FIGURE.replace("2.0", "1e-10") + '\n\nfigure_line.slider = ("h", [1e-8, 1e-9, 1e-10])\n'
    assert render(snippets(a=body), cache).sliders["chapter/a/line.svg"]["default"] == 2


def test_slider_of_an_integer_draws_with_integers(snippets, cache):
    body = SLIDER.replace("2.0", "2").replace("[0, h]", "range(0, 2 * h, h)")
    assert render(snippets(a=body), cache).faults == []


# Workers


def test_one_module_does_not_reach_another(snippets, cache):
    first = """
import builtins

builtins.leak = 1

def print_first():
    plt.rcParams["lines.linewidth"] = 99
    print(7)
"""
    second = """
import builtins
import sys

def print_second():
    print(hasattr(builtins, "leak"), plt.rcParams["lines.linewidth"], "a" in sys.modules)
"""
    report = render(snippets(a=first, b=second), cache, jobs=1)
    assert report.results["chapter/a/first.txt"] == "7\n"
    assert report.results["chapter/b/second.txt"] == "False 2.0 False\n"


def test_the_process_that_draws_waits_for_the_next_time_unless_it_was_started_otherwise(snippets, cache, monkeypatch):
    body = "import os\n\n\ndef print_parent():\n    print(os.getppid(), {})\n"

    def parent(round):
        (text,) = render(snippets(a=body.format(round)), cache).results.values()
        return text.split()[0]

    engine.rest()
    first = parent(1)
    assert parent(2) == first and len(engine.idle) == 1
    monkeypatch.setenv("ANYTHING", "else")
    second = parent(3)
    assert second != first and len(engine.idle) == 1
    engine.idle[0][1].kill()
    engine.idle[0][1].wait()
    assert parent(4) not in (first, second)
    with engine.server() as one, engine.server() as other:
        assert one.pid != other.pid
    assert [process.pid for _, process in engine.idle] == [other.pid] and one.returncode == 0
    engine.rest()
    assert engine.idle == []


def test_one_function_does_not_reach_the_next(snippets, cache):
    body = """
import os

def print_first():
    plt.rcParams["lines.linewidth"] = 99
    plt.figure()
    os.chdir("/")
    print("first")

def print_second():
    print(plt.rcParams["lines.linewidth"], plt.get_fignums(), os.listdir())
"""
    report = render(snippets(a=body), cache)
    assert report.results["chapter/a/second.txt"] == "2.0 [] []\n"


@pytest.mark.parametrize("chooses", ["plt.switch_backend('svg')", "plt.rcParams['backend'] = 'svg'"])
def test_who_chooses_where_figures_are_shown_is_told_alone(snippets, cache, chooses):
    """Matplotlib's own context for settings leaves this one as it finds it."""
    body = f"{chooses}\n\ndef print_first():\n    {chooses}\n    print(1)\n\ndef print_second():\n    print(2)\n"
    report = render(snippets(a=body), cache)
    assert [fault.message for fault in report.faults] == ["print_first chooses where figures are shown"]


def test_files_that_a_snippet_writes_are_gone(snippets, cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = """
import os
import pathlib

pathlib.Path("import.txt").write_text("x")

def print_files():
    os.mkdir("inner")
    os.chdir("inner")
    pathlib.Path("figure.txt").write_text("x")
    print(os.listdir())
"""
    report = render(snippets(a=body), cache)
    assert report.results["chapter/a/files.txt"] == "['figure.txt']\n"
    assert not list(tmp_path.rglob("import.txt")) and not list(tmp_path.rglob("figure.txt"))
    assert not list(tmp_path.rglob("__pycache__"))


def test_output_past_python_disturbs_neither_results_nor_terminal(snippets, cache, capfd):
    body = 'import os\n\n\ndef print_value():\n    os.write(1, b"x" * 100_000)\n    print("clean")\n'
    assert render(snippets(a=body), cache).results == {"chapter/a/value.txt": "clean\n"}
    assert capfd.readouterr() == ("", "")


def test_only_own_functions_count(snippets, cache):
    body = "figure_size = 3\nprint_function = print\n\n\ndef helper():\n    print(1)\n" + PRINT.format(1)
    assert list(render(snippets(a=body), cache).results) == ["chapter/a/value.txt"]


def test_modules_run_at_the_same_time(snippets, cache):
    first, second = times(render(snippets(a=TIMES, b=TIMES), cache, jobs=2))
    assert first[0] < second[1] and second[0] < first[1]


def test_one_job_runs_one_module_after_the_other(snippets, cache):
    first, second = times(render(snippets(a=TIMES, b=TIMES), cache, jobs=1))
    assert first[1] <= second[0] or second[1] <= first[0]


# What goes wrong in a module: name: (body, message); the line is the one marked "here", else the first

BAD = {
    "raises_at_import": ('raise ValueError("no\\n way")  # here', "ValueError: no way"),
    "raises_in_a_figure": ("def figure_a():\n    return 1 / 0  # here", "ZeroDivisionError: division by zero"),
    "raises_without_words": ("def print_a():\n    raise KeyError  # here", "KeyError"),
    "does_not_parse": ("x = (  # here", "SyntaxError: '(' was never closed"),
    "parses_nonsense": ('eval("\\n\\n1 +")  # here', "SyntaxError: invalid syntax (<string>, line 3)"),
    "exits": ("import sys\n\nsys.exit(2)  # here", "SystemExit: 2"),
    "exits_at_once": ("import os\n\nos._exit(3)", "the process ended with code 3"),
    "exits_in_a_function": (
        "import os\n\n\ndef print_a():  # here\n    os._exit(3)",
        "the process ended with code 3 in print_a",
    ),
    "prints_at_import": ('print("hello")', "importing a snippet prints and draws nothing"),
    "draws_at_import": ("plt.subplots()", "importing a snippet prints and draws nothing"),
    "prints_megabytes": (
        'def print_much():  # here\n    print("x" * 3_000_000)',
        "print_much prints 3000001 characters; a page shows 1 to 20000",
    ),
    "prints_nothing": ("def print_a():  # here\n    pass", "print_a prints 0 characters; a page shows 1 to 20000"),
    "returns_no_figure": ("def figure_a():  # here\n    plt.subplots()", "figure_a returns no figure"),
    "default_off_the_slider": (
        'def figure_a(h=3.0):  # here\n    pass\n\n\nfigure_a.slider = ("h", [1, 2])',
        "the default h=3.0 is none of the slider's values",
    ),
    "works_forever": ("import time\n\n\ndef print_a():\n    while True: time.sleep(0.1)  # here", "TimeoutError: took longer than 3 s"),
    "opens_a_window": (
        "def figure_a():\n    fig, ax = plt.subplots()\n    plt.show()  # here\n    return fig",
        "RuntimeError: a figure is returned, not shown",
    ),
    "opens_its_window": (
        "def figure_a():\n    fig, ax = plt.subplots()\n    fig.show()  # here\n    return fig",
        "RuntimeError: a figure is returned, not shown",
    ),
    "selects_a_backend": (
        'def figure_a():  # here\n    plt.switch_backend("svg")\n    return plt.figure()',
        "figure_a chooses where figures are shown",
    ),
    "divides_by_zero": (
        "import numpy as np\n\n\ndef print_a():\n    print(np.log(np.zeros(1)))  # here",
        "RuntimeWarning: divide by zero encountered in log",
    ),
    "draws_what_is_nowhere": (
        "import numpy as np\n\n\ndef figure_a():  # here\n    fig, ax = plt.subplots()\n"
        "    ax.plot([0, 1], [np.nan, np.nan])\n    return fig",
        "figure_a draws a Line2D without a finite point",
    ),
    "prints_a_bell": ('def print_a():  # here\n    print("\\a")', r"print_a prints the character '\x07', which no page can show"),
    "is_lucky": (
        "import numpy as np\n\n\ndef print_a():\n    print(np.random.default_rng().random())  # here",
        "RuntimeError: random numbers without a seed are others in each build",
    ),
    "is_lucky_with_all": (
        "import numpy as np\n\n\ndef print_a():  # here\n    print(np.random.rand())",
        "print_a draws random numbers from all modules' generator; make a default_rng(0) of its own",
    ),
    "imports_a_snippet": (
        "from snippets.descent import gradient_descent  # here",
        "a snippet imports the standard library, NumPy, Matplotlib and sklearn.datasets, and not snippets",
    ),
    "imports_more_than_data": (
        "from sklearn.linear_model import Lasso  # here",
        "a snippet imports the standard library, NumPy, Matplotlib and sklearn.datasets, and not sklearn",
    ),
    "imports_a_neighbour": (
        "from . import good  # here",
        "a snippet imports the standard library, NumPy, Matplotlib and sklearn.datasets, and not .",
    ),
    "says_it_twice": (
        "def figure_a():\n    return plt.figure()\n\n\ndef figure_a():  # here\n    return plt.figure()",
        "a second function figure_a: the first would be lost",
    ),
    "needs_an_argument": (
        "def figure_a(h):  # here\n    return plt.figure()",
        "figure_a needs h; a figure is drawn without arguments",
    ),
    **{
        f"has_slider_{name}": (
            f"def figure_a(h{default}):  # here\n    return plt.figure()\n\n\nfigure_a.slider = {slider}",
            f"the slider of figure_a {message}",
        )
        for name, default, slider, message in (
            ("of_nothing", "=1", "1", "is no parameter with values, and a unit if it has one"),
            ("of_a_word", "=1", '("h", "12")', "is no parameter with values, and a unit if it has one"),
            ("of_words", "=1", '("h", ["a", "b"])', "has values that are no numbers"),
            ("of_one", "=1", '("h", [1])', "needs two finite values or more"),
            ("of_nan", "=1", '("h", [1, float("nan")])', "needs two finite values or more"),
            ("elsewhere", "=1", '("k", [1, 2])', "moves 'k', which is no parameter"),
            ("without_default", "", '("h", [1, 2])', "needs a number as the default of h"),
            ("of_a_wrong_kind", "=1", '("h", [0.1, 0.5, 1])', "has the value 0.1, which int, the kind of its default, cannot be"),
            ("of_one_look", "=1000.0", '("h", [1000, 1000.4, 1000.8])', "has values that look the same: 1e+03"),
        )
    },
    "asks_a_person": ("def print_a():\n    input()  # here", "EOFError: EOF when reading a line"),
}
DEAF = {  # to the alarm that tells which line was running
    "works_forever_deaf": (
        "import signal\n\n\ndef print_a():  # here\n    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    while True: pass",
        "took longer than 3 s in print_a",
    ),
    "works_forever_blocked": (
        "import signal\nimport time\n\n\ndef print_a():  # here\n    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})\n    while True: time.sleep(0.1)",
        "took longer than 3 s in print_a",
    ),
}
if hasattr(signal, "SIGALRM"):
    BAD |= DEAF
else:
    BAD["works_forever"] = ("import time\n\n\ndef print_a():  # here\n    while True: time.sleep(0.1)", "took longer than 3 s in print_a")
BARE = {
    "without_docstring": ("x = 1" + TAIL, "ValueError: a snippet begins with a docstring and ends with what"),
    "without_main": (HEAD, "ValueError: a snippet begins with a docstring and ends with what"),
    "empty": ("", "ValueError: a snippet begins with a docstring and ends with what"),
    "marked": (b"\xef\xbb\xbf" + (HEAD + TAIL).encode(), "the file begins with a byte-order mark"),
    "no_text": (b"\xff", "SyntaxError: "),  # and then in the words of this Python
}


def report_on(bad, folder, bare=(), limit=3, jobs=3):
    """The report on bad modules, some texts that are none and two good ones, from a single run with a cache that held something
    before; what was kept before and after; the temporary files that are left."""
    chapter = folder / "snippets" / "chapter"
    chapter.mkdir(parents=True)
    (chapter / "good.py").write_text(HEAD + PRINT.format(1) + TAIL)
    render(folder / "snippets", folder / "cache")
    (folder / "cache" / "figures" / "unwanted").write_text("{}")
    before = kept(folder / "cache")
    for name, (body, _) in bad.items():
        (chapter / f"{name}.py").write_text(HEAD + body + TAIL)
    for name, (text, _) in dict(bare).items():
        (chapter / f"{name}.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    (chapter / "late.py").write_text(HEAD + PRINT.format(2) + TAIL)
    (folder / "temporary").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TMPDIR", "TEMP", "TMP"):
            patch.setenv(name, str(folder / "temporary"))
        report = render(folder / "snippets", folder / "cache", jobs=jobs, limit=limit)
        engine.rest()
    return report, before, kept(folder / "cache"), list((folder / "temporary").iterdir())


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    return report_on(BAD, tmp_path_factory.mktemp("bad"), BARE)


@pytest.mark.parametrize("name", [*BAD, *BARE])
def test_failure_is_one_line_with_file_and_line(bad, name):
    body, message = (BAD | BARE)[name]
    source = HEAD + body if name in BAD else ""
    line = next((i for i, row in enumerate(source.splitlines(), 1) if row.endswith("# here")), 1)
    faults = [fault for fault in bad[0].faults if fault.path == f"snippets/chapter/{name}.py"]
    assert len(faults) == 1
    assert str(faults[0]).startswith(f"snippets/chapter/{name}.py:{line}: {message}")
    assert "\n" not in str(faults[0])
    if name in BAD:
        assert faults[0].message == message


@pytest.mark.counted
def test_each_function_that_fails_is_told_also_after_one_that_ended_the_process(snippets, cache):
    body = "import os\n\n\ndef print_a():\n    os._exit(3)\n\n\ndef print_b():\n    print(1 / 0)\n\n\ndef print_c():\n    print(1)\n"
    report = render(snippets(a=body), cache, jobs=1)
    assert [(fault.line, fault.message) for fault in report.faults] == [
        (8, "the process ended with code 3 in print_a"), (13, "ZeroDivisionError: division by zero"),
    ]  # fmt: skip


@pytest.mark.counted
def test_a_snippet_may_load_data_though_libraries_draw_random_bits_on_their_way(snippets, cache):
    body = "from sklearn.datasets import load_digits\n\n\ndef print_shape():\n    print(load_digits().data.shape)\n"
    report = render(snippets(a=body), cache, jobs=1)
    assert report.faults == [] and report.results["chapter/a/shape.txt"] == "(1797, 64)\n"


def test_the_others_finish_all_the_same(bad):
    assert bad[0].results == {"chapter/good/value.txt": "1\n", "chapter/late/value.txt": "2\n"}
    assert len(bad[0].faults) == len(BAD | BARE)
    assert bad[0].faults == sorted(bad[0].faults)


def test_failure_is_never_kept_and_takes_nothing_from_the_cache(bad):
    _, before, after, _ = bad
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1  # the good one that is new


def test_failure_leaves_no_temporary_files(bad):
    assert bad[3] == []


def test_faults_are_sorted_by_line_as_a_number():
    assert Fault("a", 12, "") < Fault("a", 100, "")


# What is kept


def test_key_changes_with_source_name_engine_and_versions(monkeypatch, tmp_path):
    key = result_key
    keys = {key("a", b"x"), key("a", b"y"), key("b", b"x")}
    assert key("a", b"x") in keys and len(keys) == 3
    expected = 3
    for name in ("numpy", "matplotlib", "jupytext", "nbformat"):
        with monkeypatch.context() as patch:
            patch.setattr(engine, "version", lambda asked, name=name: "0" if asked == name else "1")
            engine._environment.cache_clear()
            keys.add(key("a", b"x"))
            expected += 1
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "4")
        engine._environment.cache_clear()
        keys.add(key("a", b"x"))
        expected += 1
    files = {path.name: path.read_bytes() for path in Path(engine.__file__).parent.glob("*.py")}
    for changed in ("render", "worker", "backend", "style", "notebook"):
        for name, text in files.items():
            (tmp_path / name).write_bytes(text + b"#" * (name == f"{changed}.py"))
        with monkeypatch.context() as patch:
            patch.setattr(engine, "__file__", str(tmp_path / "render.py"))
            engine._environment.cache_clear()
            keys.add(key("a", b"x"))
            expected += 1
    engine._environment.cache_clear()
    assert len(keys) == expected


def test_nothing_stale_starts_no_process_and_imports_neither_numpy_nor_matplotlib(snippets, cache):
    folder = snippets(a=PRINT.format(1))
    render(folder, cache)
    code = f"""
import subprocess, sys
from pathlib import Path
subprocess.Popen = None
from snippets._build.engine.render import render
report = render(Path({str(folder)!r}), Path({str(cache)!r}))
print(report.results, report.fresh, sorted({{"numpy", "matplotlib", "tqdm", "jupytext"}} & set(sys.modules)))
"""
    assert python(code).stdout == "{'chapter/a/value.txt': '1\\n'} 0 []\n"


def test_only_the_stale_module_runs(snippets, cache):
    folder = snippets(a=PRINT.format(1), b=PRINT.format(2))
    assert list(render(folder, cache).ran) != []
    report = render(snippets(b=PRINT.format(3)), cache)
    assert list(report.ran) == ["chapter/b/value"]
    assert report.fresh == 1
    assert report.results == {"chapter/a/value.txt": "1\n", "chapter/b/value.txt": "3\n"}


def test_kept_report_equals_the_fresh_one(snippets, cache):
    folder = snippets(a=SLIDER + PRINT.format(1))
    fresh, kept = render(folder, cache), render(folder, cache)
    for name in ("results", "lines", "sliders", "notebooks", "sources", "faults"):
        assert getattr(fresh, name) == getattr(kept, name)


def test_damaged_result_is_made_again(snippets, cache):
    folder = snippets(a=PRINT.format(1))
    render(folder, cache)
    (file,) = (cache / "figures").iterdir()
    whole = file.read_bytes()
    for damaged in (b"[]", whole.replace(b"1", b"2")):
        file.write_bytes(damaged)
        assert render(folder, cache).results == {"chapter/a/value.txt": "1\n"}
        assert Keeper(cache).load("figures", file.name)["results"] == {"value.txt": "1\n"}


def test_an_undo_runs_nothing(snippets, cache):
    render(snippets(a=PRINT.format(1), b=PRINT.format(2)), cache)
    assert render(snippets(a=PRINT.format(3)), cache).fresh == 1
    assert render(snippets(a=PRINT.format(1)), cache).fresh == 0


def test_what_failed_is_not_run_again_while_someone_remembers(snippets, cache):
    folder, failures = snippets(a=PRINT.format("1 / 0")), {}
    work = Work(folder, Keeper(cache), failures)
    assert list(work.run(1)) == ["chapter/a"]
    again = Work(folder, Keeper(cache), failures)
    assert list(again.run(1)) == [] and again.report.faults == work.report.faults != []
    assert list(Work(folder, Keeper(cache)).run(1)) == ["chapter/a"]


def test_what_is_preferred_runs_first(snippets, cache):
    work = Work(snippets(a=PRINT.format(1), b=PRINT.format(2), c=PRINT.format(3)), Keeper(cache))
    work.prefer("chapter/c")
    work.prefer("chapter/nothing")
    assert next(work.run(1)) == "chapter/c"


def test_two_builds_at_once_are_both_right(snippets, cache):
    folder = snippets(a=SLIDER, b=PRINT.format(2))
    code = f"""
from pathlib import Path
from snippets._build.engine.render import render
report = render(Path({str(folder)!r}), Path({str(cache)!r}))
print(len(report.results), report.faults, report.unkept)
"""
    builds = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [build.communicate()[0] for build in builds] == ["5 [] \n"] * 2
    assert len(kept(cache)) == 2 and all(re.fullmatch("[0-9a-f]{32}", name) for name in kept(cache))


def test_two_cold_builds_give_the_same_bytes(snippets, tmp_path):
    order = PRINT.format('*{"slope", "tangent", "secant", "limit", "chord"}')
    folder = snippets(a=SLIDER, b=order + FIGURE)
    first, second = (render(folder, tmp_path / name, jobs=jobs) for name, jobs in (("one", 1), ("two", 2)))
    assert first.results == second.results
    assert first.notebooks == second.notebooks


def test_cache_that_cannot_be_written_costs_only_time(snippets, tmp_path):
    (tmp_path / "file").touch()
    report = render(snippets(a=PRINT.format(1)), tmp_path / "file" / "cache")
    assert report.results == {"chapter/a/value.txt": "1\n"} and report.faults == []
    assert "; not kept: [" in report.summary()


# What the person who builds sees


def test_summary_counts_what_ran_and_names_the_slowest():
    report = Report(results=dict.fromkeys("abc", ""), ran={"x/y/slow": 2.0, "x/y/quick": 1.0}, fresh=2, seconds=2.5)
    assert report.summary() == "figures: 2 ran in 2.5 s, 1 cached; slowest x/y/slow 2.0 s"
    assert Report(results={"a": ""}, seconds=0.01).summary() == "figures: 0 ran in 0.0 s, 1 cached"


def test_command_writes_all_results_as_files(snippets, cache, tmp_path, capsys):
    folder = snippets(a=SLIDER + PRINT.format(1))
    arguments = ["--out", str(tmp_path / "out"), "--snippets", str(folder), "--cache", str(cache)]
    assert main(arguments) == 0
    written = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    figures = {"chapter/a/line.svg", *(f"chapter/a/line.{i}.svg" for i in range(3))}
    assert written == {"chapter/a/value.txt", "chapter/a.ipynb", *figures}
    assert (tmp_path / "out/chapter/a/value.txt").read_text() == "1\n"
    assert capsys.readouterr().out.startswith("figures: 5 ran in ")


@pytest.mark.counted
def test_command_fails_with_one_line_for_each_fault(snippets, cache, tmp_path):
    folder = snippets(a="raise ValueError(1)", b=PRINT.format("1 / 0"), c=PRINT.format(1))
    done = subprocess.run(
        write_out(folder, cache, tmp_path / "out"), check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.splitlines() == [
        "snippets/chapter/a.py:5: ValueError: 1",
        "snippets/chapter/b.py:6: ZeroDivisionError: division by zero",
    ]
    assert not (tmp_path / "out").exists()


# The map of concepts


def test_each_concept_stands_below_all_that_it_needs_in_rows_that_fit():
    assert levels({"d": ["b", "c"], "c": ["b"], "b": ["a"], "a": []}) == {"a": 0, "b": 1, "c": 2, "d": 3}
    many = {"a": []} | {f"b{i}": ["a"] for i in range(8)} | {"z": ["b7"]}
    rows = levels(many)
    assert all(rows[name] > rows[need] for name, own in many.items() for need in own)
    assert max(Counter(rows.values()).values()) == MOST and rows["z"] == 4


def test_an_arrow_that_a_longer_way_says_too_is_left_out():
    needs = {"a": [], "b": ["a"], "c": ["b", "a"], "d": ["a", "c"], "e": ["b", "d"]}
    assert shortest(needs) == {"a": [], "b": ["a"], "c": ["b"], "d": ["c"], "e": ["d"]}
    concepts = {name: (name, "I", f"{name}/", {"prerequisites": needs[name]}) for name in needs}
    assert concept_map(concepts).count("<path d=") == 1 + 4  # the head of all arrows, and four


def test_map_links_every_concept_and_draws_every_prerequisite():
    concepts = {
        "a.md": ("Slopes < 1", "I", "a/", {"prerequisites": []}),
        "b.md": ("A title that does not fit into one line", "I", "b/", {"prerequisites": ["a.md"]}),
        "c.md": ("Rules", "II", "c/", {"prerequisites": ["a.md", "index.md"]}),
    }
    svg = etree.fromstring(concept_map(concepts))[0][0]
    space = "{http://www.w3.org/2000/svg}"
    boxes = {box[0].get("href"): box for box in svg.iter(f"{space}foreignObject")}
    assert list(boxes) == ["a/", "b/", "c/"]
    y = {name: float(box.get("y")) for name, box in boxes.items()}
    assert y["a/"] < y["b/"] == y["c/"]
    assert boxes["b/"].get("x") != boxes["c/"].get("x")
    arrows = [path.get("d") for path in svg.find(f"{space}g").iter(f"{space}path")]
    assert len(arrows) == 2
    middle, foot = float(boxes["a/"].get("x")) + 95, y["a/"] + HEIGHT
    assert all(arrow.startswith(f"M{middle:g} {foot:g}C") for arrow in arrows)
    assert [text for text in svg.itertext() if text.strip()][:4] == ["Slopes < 1", "I: start here", "A title that does not fit into one line", "I"]
    assert [box.get("class") for box in svg.iter(f"{space}rect")] == ["chapter-0 start", "chapter-0", "chapter-1"]
    listed = etree.fromstring(concept_map(concepts))[1]  # on a phone
    assert [text for text in listed.itertext()] == ["All pages, by chapter", "I", "Slopes < 1", "A title that does not fit into one line", "II", "Rules"]
    assert [link.get("href") for link in listed.iter("a")] == ["a/", "b/", "c/"]


def test_a_long_arrow_passes_beside_the_boxes_between():
    needs = {"a": [], "b": [], "c": ["b"], "d": ["c"], "e": ["d", "a"], "f": ["c"], "g": ["e", "f"]}
    concepts = {name: (name, "I", f"{name}/", {"prerequisites": needs[name]}) for name in needs}
    svg = etree.fromstring(concept_map(concepts))[0][0]
    space = "{http://www.w3.org/2000/svg}"
    boxes = [tuple(float(box.get(side)) for side in ("x", "y", "width", "height")) for box in svg.iter(f"{space}rect")]
    arrows = [path.get("d") for path in svg.find(f"{space}g").iter(f"{space}path")]
    assert len(arrows) == sum(map(len, needs.values()))
    lanes = 0
    for path in arrows:
        for x, top, bottom in re.findall(r"([\d.]+) ([\d.]+)V([\d.]+)", path):
            lanes += 1
            for left, y, width, height in boxes:
                assert float(bottom) <= y or y + height <= float(top) or not left <= float(x) <= left + width
    assert lanes == 3  # from a to e past two rows, from f to g past one


def test_neighbours_are_put_in_an_order_in_which_arrows_do_not_cross():
    needs = {"a": [], "b": [], "x": ["b"], "y": ["a"]}
    rows = ordered_rows(needs)
    assert sorted(map(sorted, rows)) == [["a", "b"], ["x", "y"]]
    assert (rows[0].index("a") < rows[0].index("b")) == (rows[1].index("y") < rows[1].index("x"))


def test_command_for_a_folder_without_snippets_is_an_error_and_touches_nothing(snippets, cache, tmp_path, capsys):
    render(snippets(a=PRINT.format(1)), cache)
    before = kept(cache)
    (tmp_path / "other").mkdir()
    for folder in ("typo", "other"):
        with pytest.raises(SystemExit) as end:
            main(["--out", str(tmp_path / "out"), "--snippets", str(tmp_path / folder), "--cache", str(cache)])
        assert end.value.code == 2 and f"there are no snippets in {tmp_path / folder}" in capsys.readouterr().err
    assert kept(cache) == before and not (tmp_path / "out").exists()


def test_results_of_another_folder_are_left_alone(snippets, cache, tmp_path):
    render(snippets(a=PRINT.format(1)), cache)
    before = kept(cache)
    (tmp_path / "other" / "chapter").mkdir(parents=True)
    (tmp_path / "other" / "chapter" / "b.py").write_text(HEAD + PRINT.format(2) + TAIL)
    assert render(tmp_path / "other", cache).fresh == 1
    assert before.items() <= kept(cache).items()


def test_state_of_a_module_is_fresh_for_each_function_however_many_cores_there_are(snippets, tmp_path):
    body = """
import numpy as np

rng = np.random.default_rng(0)
calls = []


def print_a():
    calls.append(1)
    print(rng.random(), len(calls))


def print_b():
    calls.append(1)
    print(rng.random(), len(calls))


def figure_c(h=1.0):
    calls.append(1)
    fig, ax = plt.subplots()
    ax.plot([0, h], [0, len(calls)])
    ax.set_title(f"{rng.random():.3f} {len(calls)}")
    return fig


figure_c.slider = ("h", [1, 2])
"""
    reports = [render(snippets(m=body), tmp_path / str(jobs), jobs=jobs) for jobs in (1, 3)]
    assert reports[0].results == reports[1].results
    assert reports[0].results["chapter/m/a.txt"] == reports[0].results["chapter/m/b.txt"] == "0.6369616873214543 1\n"


def test_frames_of_a_slider_share_the_layout_of_the_default_one(snippets, cache, monkeypatch):
    body = FIGURE.replace('color="C0")', 'color="C0")\n    ax.set_ylabel("wide " * int(h))') + '\n\nfigure_line.slider = ("h", [1, 2, 4])\n'
    report = render(snippets(a=body), cache)
    boxes = [re.search(r'<g id="patch_2">\s*<path d="([^"]*)"', report.results[f"chapter/a/line.{i}.svg"])[1] for i in range(3)]
    assert boxes[0] == boxes[1] == boxes[2]


def test_a_figure_with_a_title_over_all_is_laid_out_each_time(snippets, cache):
    body = FIGURE.replace("    return fig", '    fig.suptitle("a", fontsize=20 * h)\n    return fig') + '\n\nfigure_line.slider = ("h", [1, 2, 4])\n'
    report = render(snippets(a=body), cache)
    boxes = [re.search(r'<g id="patch_2">\s*<path d="([^"]*)"', report.results[f"chapter/a/line.{i}.svg"])[1] for i in range(3)]
    assert len(set(boxes)) == 3


@pytest.mark.parametrize(
    "draw, kind",
    [
        ("ax.scatter([0, 1], [np.nan, np.nan])", "PathCollection"),
        ("ax.imshow(np.full((2, 2), np.nan))", "AxesImage"),
        ("ax.pcolormesh(np.full((2, 2), np.nan))", "QuadMesh"),
        ("ax.bar([0], [np.nan])", "Rectangle"),
        ("ax.remove(); fig.add_subplot(projection='3d').plot([0, 1], [0, 1], [np.nan, np.nan])", "Line3D"),
        ("ax.remove(); fig.add_subplot(projection='3d').plot_surface(*np.full((3, 3, 3), np.nan))", "Poly3DCollection"),
    ],
)
def test_what_would_draw_nothing_is_a_fault(draw, kind):
    import numpy as np

    fig, ax = worker.plt.subplots()
    exec(draw, {"ax": ax, "fig": fig, "np": np})
    worker.svg(fig)
    assert worker.empty(fig) == [kind]


def test_what_draws_something_or_nothing_on_purpose_is_none():
    import numpy as np

    fig, (ax, other) = worker.plt.subplots(1, 2)
    ax.plot([], [], label="a name in the legend")
    ax.plot([0, 1, 2], [0, np.nan, 1])
    ax.scatter([0, 1], [0, np.nan])
    ax.imshow([[0, np.nan]])
    ax.fill_between([0, 1], [0, 1], where=[False, False])
    surface = fig.add_subplot(projection="3d")
    surface.plot_surface(*np.meshgrid([0, 1], [0, 1]), np.zeros((2, 2)))
    worker.svg(fig)
    assert worker.empty(fig) == []
