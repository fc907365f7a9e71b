"""Blanks of pages: the solution is right, the blank and each plausible mistake are told in a sentence."""

import math
import runpy
import textwrap

import pytest

from snippets._build.engine.labs import BLANK, solved, student
from snippets._build.engine.render import ROOT
from snippets._build.pages.blanks import CHECK, FOLDER, MARK
from tests.blanks.wrong_answers import RIGHT, WRONG

RUN = runpy.run_path(str(ROOT / "docs/assets/blank.py"))
check, tried = RUN["check"], RUN["tried"]
SOURCES = {path.relative_to(ROOT / "docs" / FOLDER).with_suffix("").as_posix(): path.read_text("utf-8") for path in sorted((ROOT / "docs" / FOLDER).rglob("*.py"))}
every_blank = pytest.mark.parametrize("page", SOURCES)


def with_answer(source, answer):
    """The code of a blank with this answer, and its check."""
    code, test = CHECK.split(source)
    return BLANK.sub(lambda found: textwrap.indent(f"{answer}\n", found[1]), code).strip(), test


def test_each_blank_stands_on_its_page_and_has_its_wrong_answers():
    concepts = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").glob("*/*.md")}
    assert set(SOURCES) == set(WRONG) == concepts and set(RIGHT) <= set(WRONG)
    for page in SOURCES:
        text = (ROOT / f"docs/{page}.md").read_text("utf-8")
        assert len(MARK.findall(text)) == 1 and text.index("## Exercises") < text.index("<!-- blank -->")
        assert len(WRONG[page]) >= 4


@every_blank
def test_the_solution_is_right_and_says_something(page):
    code, test = CHECK.split(solved(SOURCES[page]))
    text, right = tried(code, test)
    assert right and text.endswith(".\n") and len(text) > 20, text
    assert all(len(line) <= 88 for line in code.splitlines())
    for answer in RIGHT.get(page, []):
        assert tried(*with_answer(SOURCES[page], answer)) == (text, True), answer


@every_blank
def test_the_blank_is_told(page):
    text, right = tried(*CHECK.split(student(SOURCES[page])))
    assert not right and "is still the blank" in text


@every_blank
def test_a_plausible_mistake_gets_its_sentence(page):
    for answer, words in WRONG[page]:
        text, right = tried(*with_answer(SOURCES[page], answer))
        assert not right and words in text, f"{answer}\n{text}"


@every_blank
@pytest.mark.parametrize("odd", ["None", "'x'", "{}", "True", "[[1.0], [2.0, 3.0]]", "float('nan')", "f", "1j"])
def test_what_is_of_another_kind_gets_a_sentence_too(page, odd):
    text, right = tried(*with_answer(SOURCES[page], f"f = len\nreturn {odd}"))
    assert not right and " " in text and "Error" not in text, text


@pytest.mark.parametrize(
    "value, wanted, says",
    [
        (2.0, 2, None),
        ([1, 2.0], [1, 2], None),
        ((1, 2), [1, 2], None),
        ([[1, 2], [3, 4]], [[1, 2], [3, 4]], None),
        ("up", "up", None),
        (math.inf, math.inf, None),
        ("down", "up", 'x is "down", and "up" is right.'),
        (3, "up", "x is 3, and a word is wanted."),
        (3, 2, "x is 3, and 2 is right."),
        (math.nan, 2, "x is nan, and 2 is right."),
        (3, [3, 3], "x is 3, and a list of 2 numbers is wanted."),
        ([3], [3, 3], "x is [3], and a list of 2 numbers is wanted."),
        ([3, 4], 3, "x is [3, 4], and a number is wanted."),
        ([1, 2], [[1, 2], [3, 4]], "x is [1, 2], and a list of 2 lists of 2 numbers is wanted."),
        ([[1, 2], [3, 5]], [[1, 2], [3, 4]], "x is [[1, 2], [3, 5]], and [[1, 2], [3, 4]] is right."),
        (True, 1, "x is True, and a number is wanted."),
        (len, 1, "x is <built-in function len>, and a number is wanted."),
        (5, 2, "x: twice, and one more."),
    ],
)
def test_check_says_what_it_wants(value, wanted, says):
    mistakes = [(5, "twice, and one more.")] if wanted == 2 else []
    if says is None:
        check("x", value, wanted)
    else:
        with pytest.raises(AssertionError) as caught:
            check("x", value, wanted, *mistakes)
        assert str(caught.value) == says


def test_what_the_answer_prints_comes_first_and_its_errors_name_its_line():
    assert tried("print('here')\nx = 1", "check('x', x, 2)") == ("here\nx is 1, and 2 is right.", False)
    assert tried("def f():\n    return 1 / 0", "f()") == ("Line 2: ZeroDivisionError: division by zero", False)
    assert tried("raise SystemExit('bye')", "") == ("Line 1: SystemExit: bye", False)
    assert tried("", "unknown") == ("NameError: name 'unknown' is not defined", False)
    assert tried("def f(n):\n    return f(n)", "f(1)")[0].startswith("Line 2: RecursionError: ")
    assert len(tried("print('x' * 10_000)", "")[0]) == 2000
