"""The labs: every solved notebook is green, every blank and every plausible mistake is found and told in a sentence."""

import ast
import json
import os
import re
import textwrap

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import snippets._build.labs
from snippets._build.lab_worker import given, read, requirements, tags
from snippets._build.labs import BLANK, SITE, make_labs, solved, student
from snippets._build.maths import MACROS
from snippets._build.render import ROOT
from tests.labs.wrong_answers import RIGHT, WRONG

LABS = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "docs/labs").glob("*.py"))}
TASKS = [(lab, task) for lab, source in LABS.items() for task in range(1, len(BLANK.findall(source)) + 1)]
every_lab = pytest.mark.parametrize("lab", LABS)
every_task = pytest.mark.parametrize("lab, task", TASKS, ids=[f"{lab}-{task}" for lab, task in TASKS])


def with_answer(source, task, answer):
    """The solved source, with other lines in place of one solution."""
    blanks = iter(range(1, 100))

    def put(found):
        return textwrap.indent(f"{answer}\n", found[1]) if next(blanks) == task else found[3]

    return BLANK.sub(put, source)


def run_to_check(source, task):
    """Run the code cells of a source in order, up to the check of a task: what that one raises, if anything."""
    cells = [cell for cell in read(source).cells if cell.cell_type == "code"]
    at = [number for number, cell in enumerate(cells) if "task" in tags(cell)][task - 1]
    end = next(number for number in range(at, len(cells)) if "check" in tags(cells[number]))
    namespace = {"__name__": "__main__"}
    for cell in cells[:end]:
        exec(compile(cell.source, "cell", "exec"), namespace)
    try:
        with np.errstate(all="ignore"):  # a notebook would warn, and go on
            exec(compile(cells[end].source, "check", "exec"), namespace)
    except Exception as error:
        return error


def executed(notebook, folder, monkeypatch, **options):
    """The notebook after a run in a fresh kernel, as in plain Jupyter, in an empty folder that stays empty."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(folder / name))
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    (folder / "empty").mkdir()
    book = nbformat.reads(notebook, as_version=4)
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder / "empty")}}, **options).execute()
    assert list((folder / "empty").iterdir()) == []
    return book


def test_there_are_four_labs_and_each_task_has_a_check_behind_it():
    assert list(WRONG) == ["the-slope-of-your-marks", "walk-downhill", "race-the-optimisers", "a-network-from-nothing"]
    assert set(WRONG) == set(LABS)
    for lab, source in LABS.items():
        kinds = "".join(tag[0] for cell in read(source).cells for tag in tags(cell))
        # setup, then tasks each with its check; the check of a last result may follow
        assert re.fullmatch(r"s(tc)+c?", kinds), lab
        assert kinds.count("t") == source.count("# end of blank") == len(BLANK.findall(source)) == len(WRONG[lab])
        assert [int(n) for n in re.findall(r"(?m)^# ## Task (\d+)\. ", source)] == list(WRONG[lab])


@every_lab
def test_solved_notebook_is_green_in_a_fresh_kernel(lab, tmp_path, monkeypatch):
    book = executed(given(solved(LABS[lab]), lab, "solved"), tmp_path, monkeypatch)
    pictures = 0
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data"), cell.source
            assert output.get("name", "stdout") == "stdout", output.text
            if output.output_type == "display_data":
                pictures += 1
                alt, source = re.fullmatch(r'<img alt="([^"]+)" src="([^"]+)">', output.data["text/html"]).groups()
                assert len(alt) > 40 and source.startswith("data:image/svg+xml;base64,")
        assert ("check" in tags(cell)) <= bool(cell.outputs)
        assert len([o for o in cell.outputs if o.output_type == "display_data"]) == len(
            re.findall(r"(?m)^show\(", cell.source)
        )
    assert pictures > 0


@every_lab
def test_in_the_student_notebook_every_check_goes_red(lab, tmp_path, monkeypatch):
    book = executed(given(student(LABS[lab]), lab, "student"), tmp_path, monkeypatch, allow_errors=True)
    checks = [cell for cell in book.cells if "check" in tags(cell)]
    assert len(checks) >= len(WRONG[lab])
    assert [cell.source for cell in checks if not any(o.output_type == "error" for o in cell.outputs)] == []
    first = next(output for output in checks[0].outputs if output.output_type == "error")
    assert first.ename == "AssertionError"


@every_task
def test_check_is_content_with_the_solution(lab, task):
    assert run_to_check(solved(LABS[lab]), task) is None


@every_task
def test_check_tells_of_the_blank_when_all_before_is_solved(lab, task):
    blank = [found[1] for found in BLANK.findall(LABS[lab])][task - 1]
    error = run_to_check(with_answer(LABS[lab], task, blank), task)
    assert isinstance(error, AssertionError)
    assert "blank" in str(error)


@every_task
def test_check_says_what_is_wrong_with_a_plausible_answer(lab, task):
    assert WRONG[lab][task]
    for answer, words in WRONG[lab][task]:
        error = run_to_check(with_answer(LABS[lab], task, answer), task)
        assert isinstance(error, AssertionError), f"{answer}\n{error!r}"
        assert words in str(error), f"{answer}\n{error}"


@pytest.mark.parametrize("lab, task", [(lab, task) for lab, tasks in RIGHT.items() for task in tasks])
def test_right_answer_in_another_style_is_taken_and_disturbs_no_later_check(lab, task):
    source = with_answer(LABS[lab], task, RIGHT[lab][task])
    assert run_to_check(source, task) is None
    assert run_to_check(source, len(WRONG[lab])) is None


def test_checks_go_along_when_the_reader_changes_the_surface_or_the_marks():
    changes = {
        "the-slope-of-your-marks": [("30.0, 90.0, 4.0", "10.0, 55.0, 1.0"), ("30.0, 90.0, 4.0", "0.0, 100.0, 7.5")],
        "walk-downhill": [("20.0, 30.0, 10.0, 5.0", "12.0, 50.0, -20.0, 0.0")],
    }
    for lab, pairs in changes.items():
        for old, new in pairs:
            assert LABS[lab].count(old) == 1
            source = solved(LABS[lab].replace(old, new))
            assert run_to_check(source, len(WRONG[lab])) is None


@every_lab
def test_notebooks_differ_in_the_solutions_only_and_say_what_they_need(lab):
    pair = [
        nbformat.reads(given(make(LABS[lab]), lab, kind), 4)
        for make, kind in ((student, "student"), (solved, "solved"))
    ]
    for book in pair:
        nbformat.validate(book)
        text = "\n".join(cell.source for cell in book.cells)
        assert "end of blank" not in text and "# blank:" not in text
        assert "pip install numpy matplotlib" in book.cells[0].source and "pip install notebook" in book.cells[0].source
        assert ("scikit-learn" in book.cells[0].source) == ("sklearn" in text)
    blank, full = pair
    assert [cell.id for cell in blank.cells] == [cell.id for cell in full.cells]
    for number, (one, other) in enumerate(zip(blank.cells, full.cells, strict=True)):
        assert (one.source == other.source) == (number != 0 and "task" not in tags(one))
        assert ("# your turn" in one.source) == ("task" in tags(one))


@every_lab
def test_notebooks_can_be_read_in_plain_jupyter(lab):
    book = nbformat.reads(given(solved(LABS[lab]), lab, "solved"), 4)
    for cell in book.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"(?m)^(!!!|\?\?\?)|--8<--|!\[|^\s*\[\^|\{[.#:]", cell.source)
            assert not re.search(rf"\\({'|'.join(MACROS)})(?![a-z])", cell.source), "a macro that only this site knows"
            links = re.findall(r"\]\(([^)]*)\)", cell.source)
            assert all(link.startswith((SITE, "https://")) for link in links)
    assert book.cells[0].source.count("](") >= 3


def test_helpers_are_the_same_in_all_labs_and_the_students_are_those_of_the_pages():
    found = {}
    for source in (*LABS.values(), (ROOT / "snippets/descent/comparing_methods.py").read_text("utf-8")):
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name in ("check", "show", "students"):
                found.setdefault(node.name, []).append(ast.get_source_segment(source, node))
    assert {name: (len(texts), len(set(texts))) for name, texts in found.items()} == {
        "check": (4, 1), "show": (4, 1), "students": (2, 1)
    }  # fmt: skip


def test_requirements_are_what_is_imported_and_jupyter_does_not_bring_along():
    source = "import re\nimport numpy as np\nfrom matplotlib import pyplot\nfrom sklearn.datasets import load_digits\n"
    assert (
        requirements(source + "from IPython.display import display\n") == "`pip install numpy matplotlib scikit-learn`"
    )
    assert requirements("import zzz.a, numpy") == "`pip install numpy zzz`"


# The engine


LAB = """# %% [markdown]
# # A lab
#
# What it is good for.

# %% tags=["setup"]
import base64
import io
from html import escape

import matplotlib.pyplot as plt
from IPython.display import HTML, display


def inverse(x):
    return 1 / x


SHOW


# %% [markdown]
# See [the page](../slopes/secant-line.md#the-slope) and [home](../index.md).

# %% tags=["task"]
def half(x):
    # blank: return ...
    return x * inverse(2)
    # end of blank


# %% tags=["check"]
assert half(3) == 1.5
print("<right>")

# %%
figure, ax = plt.subplots()
ax.plot([0, 1], color="C0")
show(figure, "A straight line, which rises from the left to the right.")
"""


@pytest.fixture
def lab(tmp_path):
    """A function that makes one lab of the source, with edits; it returns what it gives and its faults."""
    (tmp_path / "labs").mkdir()

    def make(*edits):
        source = LAB
        for old, new in edits:
            assert source.count(old) == 1
            source = source.replace(old, new)
        (tmp_path / "labs/tiny.py").write_text(source, "utf-8")
        labs, faults = make_labs(tmp_path / "labs", tmp_path / "cache")
        return labs.get("tiny"), [str(fault) for fault in faults]

    return make


# The helper of the labs, as it is
LAB = LAB.replace("SHOW", re.search(r"(?ms)^def show\(.*?(?=\n\n\n)", LABS["walk-downhill"])[0])


def line(text):
    return LAB[: LAB.index(text)].count("\n") + 1


def test_lab_gives_page_figures_and_two_notebooks_and_is_run_once(lab, monkeypatch):
    made, faults = lab()
    assert faults == []
    page, (svg,) = made["page"], made["figures"]
    assert page.index("# A lab") < page.index("../downloads/labs/tiny.ipynb") < page.index("@@code 0@@")
    assert '??? success "Solution"' in page and '??? example "The check"' in page
    assert "![A straight line, which rises from the left to the right.](../figures/labs/tiny/1.svg)" in page
    assert re.findall(r"@@[^@]*@@", page) and set(re.findall(r"@@[^@]*@@", page)) == set(made["cells"])
    assert "&lt;right&gt;" in made["cells"]["@@output 3 0@@"]
    code = "".join(made["cells"].values())
    assert "your turn" in code and "end of blank" not in code and "jp-" not in code and "<style" not in code
    assert svg.startswith("<svg") and "var(--function, #0b5cad)" in svg
    text = json.loads(made["student"])["cells"][2]["source"]
    assert f"[the page]({SITE}slopes/secant-line/#the-slope) and [home]({SITE})." in "".join(text)

    monkeypatch.setattr(snippets._build.labs.subprocess, "run", None)
    assert lab() == (made, [])
    with pytest.raises(TypeError):  # other content would be run
        lab(("print(", "print(1, "))


@pytest.mark.parametrize(
    "edits, at, cell, words",
    [
        ([("inverse(2)", "inverse(0)")], "return 1 / x", 2, "ZeroDivisionError: division by zero"),
        ([("== 1.5", "== 1.25")], "assert half", 5, "AssertionError"),
        ([("assert half(3)", "assert half(3")], "assert half", 5, "SyntaxError: "),
        ([("import matplotlib", "import nowhere, matplotlib")], "import matplotlib", 2, "No module named 'nowhere'"),
    ],
)
def test_cell_that_raises_is_told_with_lab_cell_and_line(lab, edits, at, cell, words, tmp_path):
    made, (fault,) = lab(*edits)
    assert made is None
    assert fault.startswith(f"docs/labs/tiny.py:{line(at)}: ") and words in fault
    assert words.startswith("SyntaxError") or f"cell {cell}: " in fault
    assert not (tmp_path / "cache/labs").exists()


@pytest.mark.parametrize(
    "edit, at, words",
    [
        (
            ("A straight line, which rises from the left to the right.", "A line."),
            "# %%\nfigure",
            "no alt text of a sentence",
        ),
        (('print("<right>")', "half"), '# %% tags=["check"]', "an output that the page cannot show: text/plain"),
        (('print("<right>")', "import sys; print(1, file=sys.stderr)"), '# %% tags=["check"]', "stderr"),
        (('print("<right>")', "import os; os._exit(1)"), '# %% tags=["check"]', "cell 5: the kernel died"),
        (('print("<right>")', 'import warnings; warnings.warn("odd")'), 'print("<right>")', "cell 5: UserWarning: odd"),
        (("# %%\nfigure", "# %% [markdown] x\n# %% y\n# %%\nfigure"), None, ""),
    ],
)
def test_what_a_page_cannot_show_is_told(lab, edit, at, words):
    made, faults = lab(edit)
    if at is None:
        assert made and faults == []
    else:
        assert faults[0].startswith(f"docs/labs/tiny.py:{line(at)}: ") and words in faults[0]
