"""The labs: every solved notebook is green, every blank and every plausible mistake is found and told in a sentence."""

import ast
import asyncio
import base64
import copy
import html
import inspect
import itertools
import json
import math
import re
import shutil
import struct
import textwrap
from collections import Counter
from functools import cache
from unittest import mock

import autograd.numpy as anp
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from autograd import value_and_grad

import snippets._build.engine.lab_worker
import snippets._build.engine.labs
from snippets._build.engine.lab_worker import given, read, tags
from snippets._build.engine.labs import BLANK, SITE, addressed, make_labs, solved, student
from snippets._build.pages.maths import MACROS
from snippets._build.engine.render import ROOT
from snippets._build.kept import Keeper
from tests.conftest import one_at_a_time
from tests.labs.wrong_answers import RIGHT, WRONG

LABS = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "docs/labs").glob("*.py"))}
TASKS = [(lab, task) for lab, source in LABS.items() for task in range(1, len(BLANK.findall(source)) + 1)]
every_lab = pytest.mark.parametrize("lab", LABS)
every_task = pytest.mark.parametrize("lab, task", TASKS, ids=[f"{lab}-{task}" for lab, task in TASKS])


@cache
def code_of(source):
    """The cells of code of a source, each with its tags."""
    return [(cell.source, tags(cell)) for cell in read(source).cells if cell.cell_type == "code"]


def solved_cells(source, answers):
    """The cells of code with the solutions, or with other lines, `{task: lines}`, in the place of some."""
    task = itertools.count(1)

    def put(found):
        answer = answers.get(next(task))
        return found[3] if answer is None else textwrap.indent(f"{answer}\n", found[1])

    return [BLANK.sub(put, cell) for cell, _ in code_of(source)]


def check_of(source, task):
    """Where a task and its check stand among the cells of code."""
    at = [number for number, (_, kinds) in enumerate(code_of(source)) if "task" in kinds][task - 1]
    return at, next(number for number, (_, kinds) in enumerate(code_of(source)) if number > at and "check" in kinds)


@cache
def after(cells):
    """The names that stand after these cells, which are the same for many answers to a later task."""
    names = dict(after(cells[:-1])) if cells else {"__name__": "__main__"}
    if cells:
        with mock.patch("matplotlib.figure.Figure.savefig"):  # nobody looks at figures here
            exec(compile(cells[-1], "cell", "exec"), names)
    return names


def shared(value):
    """Whether a value is a module or a drawing, or an array of drawings."""
    return inspect.ismodule(value) or type(value).__module__.startswith("matplotlib") or getattr(value, "dtype", None) == object


def run_to_check(source, task, answer=None):
    """Run the cells of code in order, up to the check of a task: what that one says of an answer, if anything."""
    cells, (at, end) = solved_cells(source, {task: answer}), check_of(source, task)
    # In a copy: no answer changes what the next one finds. Nobody looks at what is drawn, nor at arrays of drawings.
    names = {name: value if shared(value) else copy.deepcopy(value) for name, value in after(tuple(cells[:at])).items()}
    with mock.patch("matplotlib.figure.Figure.savefig"):
        for cell in cells[at:end]:
            exec(compile(cell, "cell", "exec"), names)
        return said(cells[end], names)


def said(cell, names):
    """What a cell raises, if anything."""
    try:
        with np.errstate(all="ignore"):  # a notebook would warn, and go on
            exec(compile(cell, "check", "exec"), names)
    except Exception as error:
        return error


def test_each_task_of_a_lab_has_a_check_behind_it():
    assert set(WRONG) == set(LABS) != set()
    for lab, source in LABS.items():
        kinds = "".join(tag[0] for cell in read(source).cells for tag in tags(cell))
        # setup, then tasks each with its check; the check of a last result may follow
        assert re.fullmatch(r"s(tc)+c?", kinds), lab
        assert kinds.count("t") == source.count("# end of blank") == len(BLANK.findall(source)) == len(WRONG[lab])
        assert [int(n) for n in re.findall(r"(?m)^# ## Task (\d+)\. ", source)] == list(WRONG[lab])


@pytest.fixture(scope="module")
def site_labs(lock):
    """What the labs of the site give, made as the site makes them: each solved notebook is run in a fresh kernel."""
    with one_at_a_time(lock):
        return make_labs(ROOT / "docs/labs", Keeper(ROOT / ".cache"))


@every_lab
def test_solved_lab_is_green_prints_at_each_check_and_shows_what_it_draws(lab, site_labs):
    labs, faults = site_labs
    assert faults == []  # neither errors nor warnings, nor outputs that a page cannot show
    page, results = labs[lab]["page"], labs[lab]["results"]
    pictures = re.findall(r"!\[([^]]+)\]\(\.\./figures/labs/([^)]+)\)", page)
    assert len(pictures) == len(re.findall(r"(?m)^show\(", LABS[lab])) == sum(name.endswith(".svg") for name in results) > 0
    assert all(len(alt) > 40 for alt, _ in pictures)
    checks = re.findall(r'(?ms)^\?\?\? example "The check"\n(.*?)(?=^\S)(.*?)\n', page)
    assert checks and all(after.startswith('```text title="Output"') for _, after in checks)


@pytest.mark.no_cover
@every_lab
def test_in_the_student_notebook_every_check_goes_red(lab):
    names = {"__name__": "__main__"}
    with mock.patch("matplotlib.figure.Figure.savefig"):
        errors = [(said(cell, names), cell, kinds) for cell, kinds in code_of(student(LABS[lab]))]
    plt.close("all")  # what was begun before an error
    checks = [(error, cell) for error, cell, kinds in errors if "check" in kinds]
    assert len(checks) >= len(WRONG[lab])
    assert [cell for error, cell in checks if error is None] == []
    assert isinstance(checks[0][0], AssertionError)


OF_ANOTHER_KIND = (None, "x", (1.0, 2.0), {}, True, [[1.0], [2.0, 3.0]])


@pytest.mark.no_cover
@every_lab
def test_check_answers_what_is_of_another_kind_with_a_sentence_and_not_with_a_traceback(lab):
    """What a task wants is a number, an array, a word or several of them, from a function; `walk_back` gives nothing back."""
    cells = solved_cells(LABS[lab], {})
    for task in WRONG[lab]:
        at, end = check_of(LABS[lab], task)
        name = [node.name for node in ast.parse(cells[at]).body if isinstance(node, ast.FunctionDef)][-1]
        for odd in OF_ANOTHER_KIND if name != "walk_back" else ():
            with pytest.raises(AssertionError, match=" "):
                exec(compile(cells[end], "check", "exec"), after(tuple(cells[:end])) | {name: lambda *_, odd=odd, **__: odd})


@pytest.mark.no_cover
@every_task
def test_check_tells_of_the_blank_when_all_before_is_solved(lab, task):
    blank = [found[1] for found in BLANK.findall(LABS[lab])][task - 1]
    error = run_to_check(LABS[lab], task, blank)
    assert isinstance(error, AssertionError)
    assert "blank" in str(error)


@pytest.mark.no_cover
@every_task
def test_check_says_what_is_wrong_with_a_plausible_answer(lab, task):
    assert WRONG[lab][task]
    for answer, words in WRONG[lab][task]:
        error = run_to_check(LABS[lab], task, answer)
        assert isinstance(error, AssertionError), f"{answer}\n{error!r}"
        assert words in str(error), f"{answer}\n{error}"


@pytest.mark.no_cover
@every_lab
def test_right_answers_in_another_style_are_taken_and_disturb_no_later_check(lab):
    names, (_, end) = {"__name__": "__main__"}, check_of(LABS[lab], len(WRONG[lab]))
    with mock.patch("matplotlib.figure.Figure.savefig"):
        assert [error for cell in solved_cells(LABS[lab], RIGHT[lab])[: end + 1] if (error := said(cell, names))] == []


def test_checks_go_along_when_the_reader_changes_the_surface_or_the_marks():
    changes = {
        "the-slope-of-your-marks": [("30.0, 90.0, 4.0", "10.0, 55.0, 1.0"), ("30.0, 90.0, 4.0", "0.0, 100.0, 7.5")],
        "walk-downhill": [("20.0, 30.0, 10.0, 5.0", "12.0, 50.0, -20.0, 0.0")],
    }
    for lab, pairs in changes.items():
        for old, new in pairs:
            assert LABS[lab].count(old) == 1
            assert run_to_check(LABS[lab].replace(old, new), len(WRONG[lab])) is None


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
            if isinstance(node, ast.FunctionDef) and node.name in ("check", "show", "several", "measured", "students"):
                found.setdefault(node.name, []).append(ast.get_source_segment(source, node))
    assert {name: (len(texts), len(set(texts))) for name, texts in found.items()} == {
        "check": (len(LABS), 1), "show": (len(LABS), 1), "students": (2, 1), "several": (3, 1), "measured": (2, 1)
    }  # fmt: skip


def test_the_slopes_of_the_transformer_are_those_of_autograd():
    cells = [cell.source for cell in read(solved(LABS["a-very-small-transformer"])).cells if cell.cell_type == "code"]
    end = next(number for number, source in enumerate(cells) if "def gradient(" in source)
    lab = after(tuple(cells[: end + 1]))

    def normalised(h):
        moved = h - anp.mean(h, axis=-1, keepdims=True)
        return moved / anp.sqrt(anp.mean(moved**2, axis=-1, keepdims=True) + 1e-8)

    def surprise(w, text):
        """One text, head and place at a time, in the words of the page on attention."""
        h = w["characters"][text[:-1]] + w["places"]
        for k in range(2):
            x, taken = normalised(h), []
            for i in range(len(h)):
                scores = (x[i] @ w[f"Q{k}"]) @ (x[: i + 1] @ w[f"K{k}"]).T / anp.sqrt(h.shape[1])
                taken.append(anp.exp(scores) / anp.sum(anp.exp(scores)) @ (x[: i + 1] @ w[f"V{k}"]))
            h = h + anp.array(taken) @ w[f"O{k}"]
            h = h + anp.maximum(normalised(h) @ w[f"C{k}"], 0) @ w[f"D{k}"]
        scores = normalised(h) @ w["scores"]
        return anp.mean(anp.log(anp.sum(anp.exp(scores), axis=1)) - scores[anp.arange(12), text[1:]])

    w, texts = lab["initial"](2, np.random.default_rng(0), d=6), lab["texts"](3, np.random.default_rng(1))
    found, each = lab["gradient"](w, texts), [value_and_grad(surprise)(w, text) for text in texts]
    assert np.isclose(lab["loss"](w, texts), np.mean([value for value, _ in each]), rtol=1e-12)
    for name in w:
        assert np.allclose(found[name], np.mean([slopes[name] for _, slopes in each], axis=0), rtol=1e-9, atol=1e-13), name


def test_the_least_loss_of_the_lab_is_the_entropy_of_all_texts_that_there_are():
    """Counted over all texts with two marks in place of ten, which changes the marks' part alone."""
    texts = [
        "".join(s + m for s, m in first) + "".join(s + m for s, m in again) + "."
        for students in itertools.permutations("abcdef", 3)
        for marks in itertools.product("01", repeat=3)
        for first in [list(zip(students, marks, strict=True))]
        for again in itertools.permutations(first)
    ]
    begins = Counter(text[:k] for text in texts for k in range(1, 14))
    surprise = sum(math.log(begins[text[:k]] / begins[text[: k + 1]]) for text in texts for k in range(1, 13)) / len(texts) / 12
    cells = tuple(cell.source for cell in read(solved(LABS["a-very-small-transformer"])).cells if "def least_loss" in cell.source)
    names = {"np": np}
    exec(cells[0], names)
    assert np.isclose(names["least_loss"](), surprise + 3 * math.log(10 / 2) / 12, rtol=1e-12)


def test_the_learned_density_has_an_area_of_one_and_loses_what_an_integral_says():
    """KL divergence by a sum over a grid, in place of a mean over students."""
    cells = [cell.source for cell in read(solved(LABS["a-density-that-you-learned"])).cells if cell.cell_type == "code"]
    end = next(number for number, source in enumerate(cells) if "w, losses = fitted" in source)
    lab = after(tuple(cells[: end + 1]))
    hours, marks = (grid.ravel() for grid in np.meshgrid(np.linspace(-2, 14, 401), np.linspace(-20, 140, 801)))
    log_p, log_q = lab["true_log_density"](hours, marks), lab["learned"](lab["w"], hours, marks)
    cell = 16 / 400 * 160 / 800
    assert np.isclose(np.exp(log_p).sum() * cell, 1, atol=1e-3) and np.isclose(np.exp(log_q).sum() * cell, 1, atol=1e-3)
    lost = (np.exp(log_p) * (log_p - log_q)).sum() * cell
    new = lab["new_hours"], lab["new_marks"]
    gap = lab["true_log_density"](*new) - lab["learned"](lab["w"], *new)
    assert abs(gap.mean() - lost) < 3 * gap.std() / np.sqrt(len(gap)) and 0 < lost < 0.03


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


# The helper of the labs, as it is
LAB = LAB.replace("SHOW", re.search(r"(?ms)^def show\(.*?(?=\n\n\n)", LABS["walk-downhill"])[0])

# An edit of the lab, where the fault is, and what is said of it
RIGHT_LINE, CHECK = 'print("<right>")', '# %% tags=["check"]'
FAULTY = {
    "raises": ("inverse(2)", "inverse(0)", "return 1 / x", "cell 2: ZeroDivisionError: division by zero"),
    "fails": ("== 1.5", "== 1.25", "assert half", "cell 5: AssertionError"),
    "is-no-python": ("assert half(3)", "assert half(3", "assert half", "SyntaxError: "),
    "lacks": ("import matplotlib", "import nowhere, matplotlib", "import matplotlib", "No module named 'nowhere'"),
    "has-no-alt": (
        "which rises from the left to the right.",
        "",
        "# %%\nfigure",
        "no alt text of a sentence: 'A straight",
    ),
    "shows": (RIGHT_LINE, "half", CHECK, "an output that the page cannot show: text/plain"),
    "complains": (RIGHT_LINE, "import sys; print(1, file=sys.stderr)", CHECK, "cannot show: stderr"),
    "dies": (RIGHT_LINE, "import os; os._exit(1)", CHECK, "cell 5: the kernel died"),
    "warns": (RIGHT_LINE, 'import warnings; warnings.warn("odd")', RIGHT_LINE, "cell 5: UserWarning: odd"),
}
TASK = '# %% tags=["task"]'
FAULTY |= {
    "times": (RIGHT_LINE, "# %timeit half(3)", RIGHT_LINE, "SyntaxError: "),
    "calls-a-shell": (RIGHT_LINE, "# !echo hello", RIGHT_LINE, "SyntaxError: "),
    "has-two-tags": (CHECK, '# %% tags=["check", "task"]', CHECK, "a cell has one tag of setup, task, check, or none: check, task"),
    "has-another-tag": (CHECK, '# %% tags=["hidden"]', CHECK, "a cell has one tag of setup, task, check, or none: hidden"),
    "is-raw": (CHECK, f"# %% [raw]\n# words\n\n{CHECK}", CHECK, "a raw cell, which neither shows nor runs anything"),
    "has-a-blank-without-end": ("    # end of blank\n", "", "    # blank: return", "does not end: # blank: return ..."),
    "has-an-end-without-blank": ("    # blank: return ...\n", "", "    return x * inverse(2)", "does not end: # end of blank"),
    "leaves": (RIGHT_LINE, "import sys; sys.exit(2)", CHECK, "cell 5: UserWarning: To exit: use"),
    "is-old": ('print("<right>")', 'print("Größe")', "# %% [markdown]\n# # A lab", "UnicodeDecodeError: "),
}
ODD = {"empty": "", "has-no-title": "# %%\nx = 1\n"}
IN_PIECES = "print(); print('<right>', flush=True); import time; time.sleep(0.5); print()"


def edited(old, new):
    assert LAB.count(old) == 1
    return LAB.replace(old, new)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Whole and faulty labs, all made at once: the folder, what they give, and the faults by name."""
    folder = tmp_path_factory.mktemp("labs")
    (folder / "labs").mkdir()
    sources = {name: edited(old, new) for name, (old, new, *_) in FAULTY.items()}
    for name, source in {"whole": LAB, "in-pieces": edited(RIGHT_LINE, IN_PIECES), **sources}.items():
        (folder / f"labs/{name}.py").write_bytes(source.encode("latin-1" if name == "is-old" else "utf-8"))
    for name, source in ODD.items():
        (folder / f"labs/{name}.py").write_text(source, "utf-8")
    labs, faults = make_labs(folder / "labs", Keeper(folder / "cache"))
    return folder, labs, {re.match(r"docs/labs/(.+)\.py$", fault.path)[1]: fault for fault in faults}


def test_lab_gives_page_results_and_two_notebooks(made):
    _, labs, _ = made
    assert set(labs) == {"whole", "in-pieces"}
    lab = labs["whole"]
    page, results = lab["page"], lab["results"]
    assert list(results) == ["1.txt", "2.svg"]
    assert page.index("# A lab") < page.index("../downloads/labs/whole.ipynb") < page.index("```python")
    assert '??? success "Solution"\n\n    ```python\n    def half(x):' in page and '??? example "The check"' in page
    assert "![A straight line, which rises from the left to the right.](../figures/labs/whole/2.svg)" in page
    assert '```text title="Output"\n--8<-- "labs/whole/1.txt"\n```' in page and results["1.txt"] == "<right>\n"
    assert "your turn" in page and "end of blank" not in page
    assert results["2.svg"].startswith("<svg") and "var(--function, #0b5cad)" in results["2.svg"]
    text = json.loads(lab["student"])["cells"][2]["source"]
    assert f"[the page]({SITE}slopes/secant-line/#the-slope) and [home]({SITE})." in "".join(text)


def test_the_page_shows_the_code_of_the_lab_to_the_letter(made):
    page = made[1]["whole"]["page"]
    blocks = [textwrap.dedent(code) for _, code in re.findall(r"(?ms)^( *)```python\n(.*?)^\1```$", page)]
    cells = [cell for cell in read(LAB).cells if cell.cell_type == "code"]
    shown = {text.strip() for text in blocks}
    assert shown == {solved(cell.source).strip() for cell in cells} | {student(cell.source).strip() for cell in cells}


def test_what_a_cell_prints_in_pieces_is_one_output(made):
    whole, pieces = made[1]["whole"], made[1]["in-pieces"]
    assert list(whole["results"]) == list(pieces["results"])
    assert pieces["results"]["1.txt"] == "\n<right>\n\n"


@pytest.mark.parametrize("name", FAULTY)
def test_fault_is_told_with_lab_cell_and_line_and_is_not_kept(made, name):
    folder, labs, faults = made
    *_, at, words = FAULTY[name]
    assert name not in labs
    assert faults[name].line == LAB[: LAB.index(at)].count("\n") + 1
    assert words in faults[name].message and "\n" not in faults[name].message
    assert len(list((folder / "cache/labs").iterdir())) == len(labs)


@pytest.mark.parametrize("name", ODD)
def test_lab_without_a_title_is_told(made, name):
    assert str(made[2][name]) == f"docs/labs/{name}.py:1: a lab begins with a cell of Markdown, and that with its title"


def test_lab_is_run_once_for_each_content(made, tmp_path, monkeypatch):
    folder, labs, _ = made
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs/whole.py").write_text(LAB, "utf-8")
    shutil.copytree(folder / "cache", tmp_path / "cache")
    keeper = Keeper(tmp_path / "cache")
    monkeypatch.setattr(snippets._build.engine.labs.subprocess, "run", None)
    assert make_labs(tmp_path / "labs", keeper) == ({"whole": labs["whole"]}, [])
    (tmp_path / "labs/whole.py").write_text(LAB + "\n", "utf-8")
    assert make_labs(tmp_path / "labs", keeper, run=False) == ({}, [])
    with pytest.raises(TypeError):
        make_labs(tmp_path / "labs", keeper)


def test_lab_that_failed_is_not_run_again_while_someone_remembers(tmp_path, monkeypatch):
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs/bad.py").write_text("x = 1\n", "utf-8")
    failures = {}
    first = make_labs(tmp_path / "labs", Keeper(tmp_path / "cache"), failures)
    monkeypatch.setattr(snippets._build.engine.labs.subprocess, "run", None)
    assert make_labs(tmp_path / "labs", Keeper(tmp_path / "cache"), failures) == first and first[1] != []


def test_cell_that_does_not_end_is_stopped_and_told(tmp_path, monkeypatch):
    monkeypatch.setattr(snippets._build.engine.lab_worker, "TIME_LIMIT", 3)
    (tmp_path / "slow.py").write_text(edited(RIGHT_LINE, "import time; time.sleep(60)"), "utf-8")
    found = asyncio.run(snippets._build.engine.lab_worker.outcome("slow", str(tmp_path / "slow.py")))
    assert found == {"error": "cell 5: took longer than 3 s", "line": LAB[: LAB.index(CHECK)].count("\n") + 1}


def test_a_kernel_that_does_not_start_gets_another_try(monkeypatch):
    async def second(book):
        tried.append(len(book.cells))
        if len(tried) < 2:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return book

    tried = []
    monkeypatch.setattr(snippets._build.engine.lab_worker, "execute", second)
    book = asyncio.run(snippets._build.engine.lab_worker.executed(LAB))
    assert len(book.cells) == 6 and tried == [6, 6]
    monkeypatch.setattr(snippets._build.engine.lab_worker, "TRIES", 1)
    tried = []
    with pytest.raises(RuntimeError, match="died"):
        asyncio.run(snippets._build.engine.lab_worker.executed(LAB))


@every_lab
def test_the_solved_notebook_shows_what_it_has_printed_and_drawn_and_the_other_nothing(lab, site_labs):
    made = site_labs[0][lab]
    solved_book, blank = (nbformat.reads(made[kind], 4) for kind in ("solved", "student"))
    for book in (solved_book, blank):
        nbformat.validate(book)
    printed, drawn = [], []
    for cell in (cell for cell in solved_book.cells if cell.cell_type == "code"):
        for output in cell.outputs:
            if output.output_type == "stream":
                printed.append(output.text)
            else:
                picture = base64.b64decode(output.data["image/png"])
                width, height = struct.unpack(">II", picture[16:24])
                assert picture.startswith(b"\x89PNG") and 300 < width < 1000 and 200 < height < 1000
                drawn.append(output.data["text/plain"])
    results = made["results"]
    assert printed == [results[name] for name in results if name.endswith(".txt")] and len(printed) >= len(WRONG[lab])
    assert drawn == [html.unescape(alt) for alt, _ in re.findall(r"!\[([^]]+)\]\(\.\./figures/labs/([^)]+)\)", made["page"])]
    counts = [cell.execution_count for cell in solved_book.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in blank.cells)


def test_text_before_the_first_cell_is_told():
    with pytest.raises(snippets._build.engine.lab_worker.LabError, match="1 lines begin a cell, and 2 cells were found"):
        read("x = 1\n\n# %%\ny = 2\n")


def test_package_that_is_not_there_has_no_version():
    assert snippets._build.engine.labs._version("no-such-package") == ""
    assert snippets._build.engine.labs._version("nbclient")


def test_labs_are_made_where_nothing_can_be_kept_and_an_early_end_is_told(made, tmp_path, monkeypatch):
    whole = made[1]["whole"]
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs/whole.py").write_text(LAB, "utf-8")
    (tmp_path / "cache").write_text("a file where the folder should be", "utf-8")
    keeper = Keeper(tmp_path / "cache")
    with monkeypatch.context() as patch:
        patch.setattr(snippets._build.engine.labs, "_run", lambda tasks: [whole])
        assert make_labs(tmp_path / "labs", keeper) == ({"whole": whole}, [])
    monkeypatch.setattr(snippets._build.engine.labs, "ROOT", tmp_path / "nowhere")
    monkeypatch.setattr(snippets._build.engine.labs.sys, "executable", shutil.which("false"))
    with pytest.raises(RuntimeError, match="ended early"):
        make_labs(tmp_path / "labs", keeper)


@every_lab
def test_a_notebook_of_a_site_without_an_address_has_words_in_place_of_dead_links(lab):
    book = given(student(LABS[lab]), lab, "student")
    here, nowhere = addressed(book, "https://a.test/b"), addressed(book, None)
    assert here.count("](https://a.test/b/") == book.count(f"]({SITE}") > 2 and SITE not in here + nowhere
    words = re.findall(rf"\[([^][]*)\]\({SITE}[^)]*\)", book)
    assert all(word in nowhere for word in words) and "](" not in re.sub(r"\]\(https?://", "", nowhere)
    nbformat.validate(nbformat.reads(nowhere, as_version=4))
