"""Every fault stops the build with one line that names file and line; while serving, the next save recovers."""

import contextlib
import html
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from mkdocs.structure.pages import Page

import snippets._build.engine.labs
from snippets._build.fault import line_with
from snippets._build.pages import html as html_of_pages
from tests.conftest import ROOT, errors

SECANT, TANGENT = "docs/slopes/secant-line.md", "docs/slopes/tangent.md"
CODE, TEST = "snippets/slopes/secant_line.py", "tests/slopes/test_tangent.py"
ALT = "A picture of something, told in a whole sentence."
LINK = "Doc file 'slopes/tangent.md' contains a link "
NOT_FOUND = LINK + "'{0}', but the target 'slopes/{0}' is not found among documentation files."
NO_ANCHOR = LINK + "'secant-line.md#{0}', but the doc 'slopes/secant-line.md' does not contain an anchor '#{0}'."

# name: (file, old text, new text, where the fault is, text of that line, message)
FAULTS = {
    "a snippet that raises": (
        CODE,
        "return (f(x",
        "return 1 / 0 + (f(x",
        CODE,
        "1 / 0",
        "ZeroDivisionError: division by zero",
    ),
    "a snippet that does not parse": (
        CODE,
        "def slope(f, x, h):",
        "def slope(f, x, h:",
        CODE,
        "def slope(",
        "SyntaxError: '(' was never closed",
    ),
    "a section that does not exist": (
        SECANT,
        "## The slope",
        '--8<-- "slopes/secant_line.py:slopes"\n\n## The slope',
        SECANT,
        ":slopes",
        "slopes/secant_line.py has no section slopes",
    ),
    "a file that does not exist": (
        SECANT,
        "## The slope",
        '--8<-- "slopes/secant_lines.py"\n\n## The slope',
        SECANT,
        "secant_lines",
        "there is no slopes/secant_lines.py",
    ),
    "a result that does not exist": (
        SECANT,
        "## The slope",
        '--8<-- "slopes/secant_line/slopes.txt"\n\n## The slope',
        SECANT,
        "slopes.txt",
        "no snippet prints slopes/secant_line/slopes.txt",
    ),
    "a figure that no snippet makes": (
        TANGENT,
        "# Tangent\n",
        f"# Tangent\n\n![{ALT}](../figures/slopes/tangent/nothing.svg)\n",
        TANGENT,
        "nothing.svg",
        "no snippet draws ../figures/slopes/tangent/nothing.svg",
    ),
    "a figure that no page uses": (
        CODE,
        "if __name__",
        "def figure_more():\n    return plt.figure()\n\n\nif __name__",
        CODE,
        "def figure_more",
        "no page uses slopes/secant_line/more.svg",
    ),
    "a result that no page uses": (
        CODE,
        "if __name__",
        "def print_more():\n    print(1)\n\n\nif __name__",
        CODE,
        "def print_more",
        "no page uses slopes/secant_line/more.txt",
    ),
    "a section that no page shows": (
        CODE,
        "if __name__",
        "# --8<-- [start:more]\n# --8<-- [end:more]\n\n\nif __name__",
        CODE,
        "start:more",
        "no page shows the section more",
    ),
    "a figure without alternative text": (
        TANGENT,
        "A curve in blue; the line through two points closes in on the tangent.",
        "",
        TANGENT,
        "closing.svg",
        "the image closing.svg has no alt text of a sentence",
    ),
    "an alternative text that is a label": (
        TANGENT,
        "A curve in blue; the line through two points closes in on the tangent.",
        "Figure 1",
        TANGENT,
        "closing.svg",
        "the image closing.svg has no alt text of a sentence",
    ),
    "a raw image without alternative text": (
        TANGENT,
        "# Tangent\n",
        '# Tangent\n\n<img src="../../drawing.svg">\n',
        TANGENT,
        "drawing.svg",
        "the image drawing.svg has no alt text of a sentence",
    ),
    "a raw image whose text has a bracket": (
        TANGENT,
        "# Tangent\n",
        '# Tangent\n\n<img src="../../drawing.svg" alt="3 > 2">\n',
        TANGENT,
        "drawing.svg",
        "the image drawing.svg has no alt text of a sentence",
    ),
    "a formula in an alternative text": (
        TANGENT,
        "closes in on the tangent.",
        "closes in on the tangent $m$.",
        TANGENT,
        "closing.svg",
        "the alt text of the image closing.svg has a formula, which nobody can hear",
    ),
    "a bar in a formula of a table": (
        TANGENT,
        "# Tangent\n",
        "# Tangent\n\n| a | b |\n|---|---|\n| c | $\\|w\\|$ |\n",
        TANGENT,
        "| c |",
        r"in a table, \| ends the formula: write \Vert",
    ),
    "a snippet that imports another": (
        CODE,
        "import matplotlib.pyplot as plt",
        "import matplotlib.pyplot as plt\nfrom snippets.slopes import tangent",
        CODE,
        "from snippets",
        "a snippet imports the standard library, NumPy, Matplotlib and sklearn.datasets, and not snippets",
    ),
    "a broken link": (
        TANGENT,
        "# Tangent\n",
        "# Tangent\n\n[there](nowhere.md)\n",
        TANGENT,
        "nowhere.md",
        NOT_FOUND.format("nowhere.md"),
    ),
    "a broken link by reference": (
        TANGENT,
        "# Tangent\n",
        "# Tangent\n\n[there][1]\n\n[1]: nowhere.md\n",
        TANGENT,
        "[1]: nowhere.md",
        NOT_FOUND.format("nowhere.md"),
    ),
    "an absolute link": (
        TANGENT,
        "# Tangent\n",
        "# Tangent\n\n[there](/slopes)\n",
        TANGENT,
        "(/slopes)",
        "Doc file 'slopes/tangent.md' contains an absolute link '/slopes', it was left as is.",
    ),
    "an image that does not exist": (
        TANGENT,
        "# Tangent\n",
        f"# Tangent\n\n![{ALT}](nothing.png)\n",
        TANGENT,
        "nothing.png",
        NOT_FOUND.format("nothing.png"),
    ),
    "a broken anchor": (
        TANGENT,
        "# Tangent\n",
        "# Tangent\n\n[well](secant-line.md#the-slope)\n\n[there](secant-line.md#the-slop)\n",
        TANGENT,
        "#the-slop)",
        NO_ANCHOR.format("the-slop"),
    ),
    "a broken anchor on the same page": (
        TANGENT,
        "# Tangent\n",
        "# Tangent\n\n[there](#nowhere)\n",
        TANGENT,
        "#nowhere",
        "Doc file 'slopes/tangent.md' contains a link '#nowhere', but there is no such anchor on this page.",
    ),
    "TeX that does not parse": (
        SECANT,
        r"\frac{a}{b}",
        "\\frac{a}\n+ \\fraction{b}",
        SECANT,
        "The slope is",
        r'Unknown command "\fraction" in the formula m = \frac{a} + \fraction{b}',
    ),
    "TeX that would print literally": (
        SECANT,
        r"The slope is $m = \frac{a}{b}$.",
        "Now\n\n$$\n\\begin{aligned}\na \\\\[6pt] b\n\\end{aligned}\n$$\n",
        SECANT,
        r"\begin{aligned}",
        r"a row distance, \\[...], would be printed in the formula \begin{aligned} a \\[6pt] b \end{aligned}",
    ),
    "front matter without prerequisites": (
        TANGENT,
        "prerequisites: [slopes/secant-line.md]\n",
        "",
        TANGENT,
        None,
        "no prerequisites can be read from the front matter",
    ),
    "front matter without a summary": (
        SECANT,
        "summary: Two points and the line through them.\n",
        "",
        SECANT,
        None,
        "no summary can be read from the front matter",
    ),
    "front matter without a goal": (
        SECANT,
        "goal: draw a line through two points\n",
        "",
        SECANT,
        None,
        "no goal can be read from the front matter",
    ),
    "a prerequisite that is no page": (
        TANGENT,
        "[slopes/secant-line.md]",
        "[slopes/secant.md]",
        TANGENT,
        "secant.md",
        "the prerequisite slopes/secant.md is no page",
    ),
    "prerequisites in a circle": (
        SECANT,
        "prerequisites: []",
        "prerequisites: [slopes/tangent.md]",
        SECANT,
        "tangent.md",
        "a circle of prerequisites: slopes/secant-line.md, slopes/tangent.md, slopes/secant-line.md",
    ),
    "a prerequisite of itself": (
        SECANT,
        "prerequisites: []",
        "prerequisites: [slopes/secant-line.md]",
        SECANT,
        "prerequisites",
        "a circle of prerequisites: slopes/secant-line.md, slopes/secant-line.md",
    ),
    "a page of the navigation that does not exist": (
        "mkdocs.yml",
        "- glossary.md",
        "- glossary.md\n  - nowhere.md",
        "mkdocs.yml",
        "nowhere.md",
        "A reference to 'nowhere.md' is included in the 'nav' configuration, which is not found in the documentation files.",
    ),
    "a page that is not in the navigation": (
        "mkdocs.yml",
        "  - slopes/tangent.md\n",
        "",
        "mkdocs.yml",
        "\nnav:\n",
        'The following pages exist in the docs directory, but are not included in the "nav" configuration: - slopes/tangent.md',
    ),
}


def test_project_without_faults_builds(built):
    status, lines = built.result
    assert status == 0 and errors(lines) == []
    assert sum("figures: 5 ran in" in line for line in lines) == 1
    site = built.root / "site"
    home, secant, tangent = (
        (site / name / "index.html").read_text("utf-8") for name in ("", "slopes/secant-line", "slopes/tangent")
    )
    assert 'class="fault"' not in home + secant + tangent
    assert re.search(
        r'<img alt="A curve in blue, and[^"]*" fetchpriority="high" height="\d+" src="[^"]*secant.svg" width="\d+" />',
        secant,
    )
    assert 'data-values="2|1"' in tangent and "step size = <output>2</output>" in tangent
    assert 'href="slopes/tangent/"><span>Tangent</span><small>Slopes</small></a>' in home and home.count("<marker") == 1
    assert (
        home.count('<abbr title="The rise over the run, m.">') == 1
        and "<abbr" not in secant.split("<h2")[1].split("</h2>")[0]
    )
    assert "https://forge.test/site/edit/main/docs/slopes/secant-line.md" in secant
    for name in (
        "figures/slopes/secant_line/secant.svg",
        "figures/slopes/tangent/closing.0.svg",
        "downloads/slopes/tangent.py",
        "downloads/slopes/tangent.ipynb",
        "assets/maths.woff2",
    ):
        assert (site / name).stat().st_size > 100
    assert not (built.root / "docs" / "figures").exists()


@pytest.mark.parametrize("name", FAULTS)
def test_fault_stops_the_build_with_one_line(project, name):
    file, old, new, where, text, message = FAULTS[name]
    before = project.cached()
    project.edit(file, old, new)
    line = project.line(where, text) if text else 1
    status, lines = project.build()
    assert errors(lines) == [f"{where}:{line}: {message}"]
    assert status == 1 and lines[-1] == "Stopped: 1 fault(s), see above."
    assert not list((project.root / "site").rglob("*"))
    kept = {path: written for path, written in project.cached().items() if "/figures/" in path}
    if file != CODE or "Error" in message:
        assert kept == {path: written for path, written in before.items() if "/figures/" in path}


LAB = """# %% [markdown]
# # A lab
#
# What it is good for.
#
# See [the secant](../slopes/secant-line.md#the-slope), and $m = \\frac{a}{b}$.

# %% tags=["task"]
def inverse(x):
    # blank: return ...
    return 1 / x
    # end of blank


# %% tags=["check"]
assert inverse(2) == 0.5
"""


def test_lab_becomes_a_page_and_two_notebooks_and_its_faults_stop_the_build(project, monkeypatch):
    project.write("docs/labs/first-lab.py", LAB)
    project.edit("mkdocs.yml", "  - slopes/tangent.md\n", "  - slopes/tangent.md\n  - labs/first-lab.md\n")
    status, lines = project.build()
    assert (status, errors(lines)) == (0, [])
    page = project.read("site/labs/first-lab/index.html")
    assert "<h1" in page and 'content="What it is good for."' in page and "<mfrac>" in page
    assert 'href="../../slopes/secant-line/#the-slope"' in page and "your turn" in page and "<details" in page
    assert "https://forge.test/site/edit/main/docs/labs/first-lab.py" in page
    assert "https://site.test/slopes/secant-line/#the-slope" in project.read("site/downloads/labs/first-lab.ipynb")
    assert not (project.root / "site/labs/first-lab.py").exists()

    with monkeypatch.context() as patch:
        patch.setattr(snippets._build.engine.labs, "_run", None)  # nothing is stale: no kernel
        assert project.build()[0] == 0
        pages = {name: f"site/{name}/index.html" for name in ("labs/first-lab", "slopes/tangent")}
        assert not any("colab" in project.read(page) for page in pages.values())
        project.edit("mkdocs.yml", "https://forge.test/site/", "https://github.com/someone/maths")
        assert project.build()[0] == 0
        for name, page in pages.items():
            assert f'href="https://colab.research.google.com/github/someone/maths/blob/notebooks/{name}.ipynb"' in project.read(page)
        project.edit("mkdocs.yml", "https://github.com/someone/maths", "https://forge.test/site/")

    project.edit("docs/labs/first-lab.py", "1 / x", "1 / (x - x)")
    status, lines = project.build()
    assert status == 1
    assert errors(lines) == ["docs/labs/first-lab.py:11: cell 2: ZeroDivisionError: division by zero"]

    project.write("docs/labs/first-lab.py", LAB)
    project.edit("docs/labs/first-lab.py", "and $m =", "[a](../nowhere.md),\n# [b](../glossary.md#nowhere),\n# and $m =")
    project.edit("docs/labs/first-lab.py", "{b}$", "{$")
    status, lines = project.build()
    link, anchor, tex = errors(lines)
    assert status == 1
    assert link.startswith("docs/labs/first-lab.py:6: ") and "not found among documentation files" in link
    assert anchor.startswith("docs/labs/first-lab.py:7: ") and "does not contain an anchor '#nowhere'" in anchor
    assert tex.startswith("docs/labs/first-lab.py:8: ") and "in the formula" in tex


ODD = "a ```\n\n# Boo\n\n<script>alert(1)</script>\n--8<-- \"slopes/tangent.py\"\n$x$ &amp; *b*"


def test_what_is_printed_stands_on_the_page_to_the_letter(project):
    project.edit(CODE, "print(slope(lambda x: x * x, 3, 1))", f"print({ODD!r})")
    status, lines = project.build()
    assert (status, errors(lines)) == (0, [])
    page = project.read("site/slopes/secant-line/index.html")
    assert html.escape(ODD, quote=False) in page
    assert "<script>alert" not in page and ">Boo" not in page
    assert "Boo" not in project.read("site/search/search_index.json")


def test_a_page_that_is_not_utf_8_is_named(project):
    text = project.read(TANGENT) + "\nDie Größe.\n"
    (project.root / TANGENT).write_bytes(text.encode("latin-1"))
    status, lines = project.build()
    assert status == 1
    assert errors(lines) == [f"{TANGENT}:{text[: text.index('Größe')].count(chr(10)) + 1}: this file is not UTF-8"]


def test_a_snippet_that_is_not_utf_8_is_named_where_it_is_shown(project):
    (project.root / CODE).write_bytes(b"# \xff\n" + project.read(CODE).encode())
    status, lines = project.build()
    assert status == 1
    assert f"{SECANT}:{project.line(SECANT, 'secant_line.py:slope')}: {CODE} is not UTF-8" in errors(lines)


@pytest.mark.parametrize(
    "code, fault",
    [
        (b"# \xff\n", "1: UnicodeDecodeError: "),
        (b"\x00", "1: (Value|Syntax)Error: "),
        (b"x = 1\ndef test_it(\n", "2: SyntaxError: "),
        (b"x = 1\n", "1: slopes/tangent.md has no theorem: no test is there"),
    ],
)
def test_a_module_of_tests_that_shows_no_theorem_is_named(project, code, fault):
    (project.root / TEST).write_bytes(code)
    status, lines = project.build()
    assert status == 1
    (line,) = set(errors(lines))
    assert re.match(f"{TEST}:{fault}", line)


@pytest.mark.parametrize(
    "front, fault",
    [
        ("synonyms: {the-slope: [MSE]}", None),
        ("synonyms: {the-steepness: [MSE]}", "there is no heading #the-steepness to be found by synonyms"),
        ("synonyms: [MSE]", "the synonyms are no lists of words, each for the anchor of a heading"),
        ("synonyms: {the-slope: MSE}", "the synonyms are no lists of words, each for the anchor of a heading"),
    ],
)
def test_synonyms_belong_to_headings(project, front, fault):
    project.edit(SECANT, "summary:", f"{front}\nsummary:")
    status, lines = project.build()
    assert (status, errors(lines)) == ((1, [f"{SECANT}:3: {fault}"]) if fault else (0, []))
    if not fault:
        assert '"title":"The slope \\u00b7 MSE"' in project.read("site/search/search_index.json")


def test_a_page_that_lists_no_theorems_is_a_fault(project):
    project.edit(TANGENT, "    <!-- theorems -->\n", "    Well.\n")
    status, lines = project.build()
    assert status == 1
    assert errors(lines) == [f"{TANGENT}:1: this page lists no theorems: it has no <!-- theorems -->"]


def test_a_byte_order_mark_before_a_page_is_none_of_its_text(project):
    (project.root / TANGENT).write_bytes(b"\xef\xbb\xbf" + project.read(TANGENT).encode())
    assert project.build()[0] == 0
    assert "\ufeff" not in project.read("site/slopes/tangent/index.html")


def test_machinery_of_another_folder_is_a_fault(project):
    project.write("snippets/_build/kept.py", "raise ValueError\n")
    status, lines = project.build()
    assert status == 1
    (line,) = errors(lines)
    assert line.startswith("mkdocs.yml:1: ") and line.endswith("snippets/_build would build this site; pip install -e . makes it its own")


def test_two_concepts_of_one_name_are_two_downloads(project):
    for file in ("docs/{}/tangent.md", "snippets/{}/tangent.py", "tests/{}/test_tangent.py"):
        text = re.sub(r"slopes/(test_)?tangent", r"curves/\1tangent", project.read(file.format("slopes")))
        project.write(file.format("curves"), text + ("# the other\n" if file.startswith("snippets") else ""))
    project.edit("mkdocs.yml", "  - slopes/tangent.md\n", "  - slopes/tangent.md\n  - curves/tangent.md\n")
    status, lines = project.build()
    assert (status, errors(lines)) == (0, [])
    assert "the other" in project.read("site/downloads/curves/tangent.py")
    assert "the other" not in project.read("site/downloads/slopes/tangent.py")
    assert 'href="../../downloads/curves/tangent.py"' in project.read("site/curves/tangent/index.html")


def test_a_page_is_converted_once_for_each_content(project, monkeypatch):
    converted, render = [], Page.render
    monkeypatch.setattr(Page, "render", lambda page, *rest: (converted.append(page.file.src_uri), render(page, *rest)))
    assert project.build()[0] == 0 and converted == []
    project.edit(TANGENT, "# Tangent\n", "# Tangent\n\nNew words.\n")
    assert project.build()[0] == 0 and converted == ["slopes/tangent.md"]
    project.edit(CODE, "    return (f(x", "    # exact for a line\n    return (f(x")
    assert project.build()[0] == 0 and converted == ["slopes/tangent.md", "slopes/secant-line.md"]
    project.edit("docs/glossary.md", "The [rise]", "A [rise]")
    pages = ["index.md", "glossary.md", "slopes/tangent.md", "slopes/secant-line.md"]
    assert project.build()[0] == 0 and sorted(converted[2:]) == sorted([*pages, *(f"theorems/{page}" for page in pages[2:])])


def test_a_kept_page_is_the_page(project):
    for kind in ("pages", "search"):
        shutil.rmtree(project.root / ".cache" / kind)
    pages = []
    for _ in range(2):
        assert project.build()[0] == 0
        pages.append({path: path.read_bytes() for path in (project.root / "site").rglob("*") if path.suffix in (".html", ".json")})
    assert pages[0] == pages[1] != {}


def test_the_search_reads_a_page_again_only_if_it_has_changed(project, monkeypatch):
    read, searched = [], html_of_pages.searched
    monkeypatch.setattr(html_of_pages, "searched", lambda text, synonyms: read.append(text) or searched(text, synonyms))
    index = lambda: json.loads(project.read("site/search/search_index.json"))["docs"]
    assert project.build()[0] == 0 and read == []
    before = index()
    project.edit(TANGENT, "# Tangent\n", "# Tangent\n\nAsymptotic words.\n")
    assert project.build()[0] == 0 and len(read) == 1 and "Asymptotic" in read[0]
    changed = [(old, new) for old, new in zip(before, index(), strict=True) if old != new]
    assert [new["location"] for _, new in changed] == ["slopes/tangent/"] and "Asymptotic" in changed[0][1]["text"]
    assert sum("boost" in entry for entry in before) == 1  # the one term of the glossary


def test_a_broken_link_into_a_kept_page_is_found(project):
    project.edit(SECANT, "## The slope", "## The steepness")
    status, lines = project.build()
    assert status == 1 and any("does not contain an anchor '#the-slope'" in line for line in errors(lines))


@pytest.mark.parametrize("missing", ["snippets/slopes/{}.py", "tests/slopes/test_{}.py"])
def test_page_without_its_snippet_or_its_test_stops_the_build(project, missing):
    page = "---\nprerequisites: []\nsummary: A page.\ngoal: read it\n---\n# Limit\n\n<!-- theorems -->\n"
    project.write("docs/slopes/the-limit.md", page)
    project.edit("mkdocs.yml", "  - slopes/tangent.md\n", "  - slopes/tangent.md\n  - slopes/the-limit.md\n")
    project.write("snippets/slopes/the_limit.py", '"""Limit."""\n\nif __name__ == "__main__":\n    pass\n')
    project.write("tests/slopes/test_the_limit.py", "def test_it():\n    pass\n")
    assert project.build()[0] == 0
    (project.root / missing.format("the_limit")).unlink()
    status, lines = project.build()
    assert status == 1
    assert errors(lines) == [f"docs/slopes/the-limit.md:1: this page has no {missing.format('the_limit')}"]


@pytest.mark.parametrize(
    "front", ["prerequisites: [", "only words", "prerequisites: slopes/secant-line.md\nsummary: [a]"]
)
def test_front_matter_that_cannot_be_read_stops_the_build(project, front):
    text = project.read(TANGENT)
    project.write(TANGENT, f"---\n{front}\n---\n" + text.split("---\n", 2)[2])
    status, lines = project.build()
    assert status == 1
    assert errors(lines) == [
        f"{TANGENT}:1: no {name} can be read from the front matter" for name in ("goal", "prerequisites", "summary")
    ]


def test_all_faults_are_told_at_once_in_order(project):
    project.edit(SECANT, "## The slope\n", "## The slope\n\n$\\no$ [there](nowhere.md) $\\no$\n")
    project.edit(TANGENT, "# Tangent\n", "# Tangent\n\n" + "\n" * 100 + "[there](#nowhere)\n")
    project.edit(CODE, "print(slope(", "print(1 / 0 * slope(")
    status, lines = project.build()
    assert status == 1
    places = [re.match(r"(\S+):(\d+): ", line).groups() for line in errors(lines)]
    assert places == [(SECANT, "10"), (SECANT, "10"), (TANGENT, "108"), (CODE, "12")]
    assert lines[-1] == "Stopped: 4 fault(s), see above."


def test_build_without_strict_stops_at_faults_too(project):
    project.edit(TANGENT, "# Tangent\n", "# Tangent\n\n[there](nowhere.md)\n")
    assert project.build("--no-strict")[0] == 1


WHO = """
import os
import sys
from pathlib import Path
import mkdocs.__main__
from snippets._build.site.plugin import SnippetsPlugin

root = Path(sys.argv[1])

render = SnippetsPlugin.render


def told(self, page, config, files):
    kept = render(self, page, config, files)
    with (root / "who.txt").open("a") as file:
        file.write(f"{os.getpid()} {kept} {page.file.src_uri}\\n")
    return kept


SnippetsPlugin.render = told
mkdocs.__main__.cli(["build", "--strict", "--config-file", f"{root}/mkdocs.yml", "--site-dir", f"{root}/together"])
"""


@pytest.mark.counted
def test_a_second_process_converts_pages_from_the_last_and_gives_the_same(project):
    shutil.rmtree(project.root / ".cache" / "pages")
    # In the folder of the real site, where the lines of children are counted.
    subprocess.run([sys.executable, "-c", WHO, str(project.root)], cwd=ROOT, check=True, capture_output=True)
    rows = [line.split() for line in project.read("who.txt").splitlines()]
    by = {who: [(name, kept) for pid, kept, name in rows if pid == who] for who, *_ in rows}
    first, second = sorted(by.values(), key=len, reverse=True)
    names = [name for name, _ in first]
    assert len(names) == 6 and [name for name, _ in second] == names[::-1][: len(second)]
    assert {kept for _, kept in second[:-1]} <= {"False"}  # it stops at the first that is kept
    shutil.rmtree(project.root / ".cache" / "pages")
    assert project.build("--site-dir", "alone")[0] == 0
    pages = {folder: sorted((project.root / folder).rglob("*.html")) for folder in ("together", "alone")}
    together, alone = ([page.read_bytes() for page in pages[folder]] for folder in pages)
    assert len(alone) > 5 and together == alone


def test_fault_stops_the_command_itself(project):
    project.edit(TANGENT, "# Tangent\n", "# Tangent\n\n[there](secant-line.md#nowhere) $\\no$\n")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    expected = [
        f"{TANGENT}:8: {NO_ANCHOR.format('nowhere')}",
        f'{TANGENT}:8: Unknown command "\\no" in the formula \\no',
    ]
    assert errors(done.stderr.splitlines()) == expected
    for told in ("nowhere", "\\no"):  # each is told once
        assert sum(told in line for line in done.stderr.splitlines()) == 1


def test_next_build_after_a_fault_is_whole(project):
    project.edit(CODE, "return (f(x", "return 1 / 0 + (f(x")
    assert project.build()[0] == 1
    project.edit(CODE, "return 1 / 0 + (f(x", "return (f(x")
    status, lines = project.build()
    assert status == 0 and any("figures: 0 ran in" in line and "5 cached" in line for line in lines)
    assert (project.root / "site/slopes/tangent/index.html").is_file()


def test_page_without_concepts_has_no_map_and_no_edit_link_without_a_repository(project):
    project.edit("docs/index.md", "<!-- map of concepts -->", "")
    project.edit("mkdocs.yml", "https://forge.test/site/", "''")
    status, _ = project.build()
    assert status == 0
    pages = [path.read_text("utf-8") for path in (project.root / "site").rglob("*.html")]
    assert len(pages) > 3 and not any("concept-map" in page or "/edit/" in page for page in pages)


def test_what_mkdocs_only_mentions_stops_nothing(project):
    project.edit("mkdocs.yml", "omitted_files: warn", "omitted_files: info")
    project.edit("mkdocs.yml", "  - slopes/tangent.md\n", "")
    status, lines = project.build()
    assert status == 0 and any('not included in the "nav"' in line for line in lines)


def test_text_is_found_wherever_its_lines_are_broken_and_is_else_at_line_one():
    assert line_with("a\nb c\n  d", "x", "c d") == 2
    assert line_with("a\nb c\n  d", "d c") == 1


# While serving


class Server:
    """`mkdocs serve` of a project; what it says is in a file."""

    def __init__(self, project):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log, self.read = project.root / "serve.log", 0
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", self.address]
            self.process = subprocess.Popen(command, cwd=project.root, stderr=log, stdout=log)

    def wait(self, text):
        """What the server said since the last call, up to this text."""
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            said = self.log.read_text()[self.read :]
            if text in said:
                self.read += said.index(text) + len(text)
                return said[: said.index(text)]
            time.sleep(0.05)
        raise AssertionError(f"never said {text!r}: {self.log.read_text()}")

    def page(self, path):
        with urllib.request.urlopen(f"http://{self.address}/{path}", timeout=10) as answer:
            return answer.read().decode()


@pytest.fixture
def serve(project):
    with contextlib.ExitStack() as servers:

        def start():
            server = Server(project)
            servers.callback(server.process.wait, 60)
            servers.callback(server.process.terminate)  # not an interrupt: a process in the background may be deaf to it
            return server

        yield start


@pytest.mark.counted
def test_pages_come_before_their_figures_first_those_that_are_read(project, serve):
    shutil.rmtree(project.root / ".cache")
    for name in ("a", "b"):  # they keep all cores busy
        project.write(f"snippets/slopes/{name}.py", SLOW)
    server = serve()
    server.wait("Serving on")
    page = server.page("slopes/tangent/")
    (size,) = re.findall(r'<span aria-label="A curve[^"]*" class="figure waiting" role="img" style="([^"]*)">This figure is', page)
    assert "This is being computed." in server.page("slopes/secant-line/")
    server.wait("Reloading browsers")
    page = server.page("slopes/tangent/")
    width, height = re.search(r'width="(\d+)" />', page)[1], re.search(r'height="(\d+)"', page)[1]
    assert size.replace(" ", "") == f"width:{width}px;aspect-ratio:{width}/{height}"
    server.wait("no page uses slopes/b/value.txt")
    assert "7.0" in server.page("slopes/secant-line/")


SLOW = """\"\"\"Slow: it takes its time.\"\"\"

import time


def print_value():
    time.sleep(3)
    print(1)


if __name__ == "__main__":
    print_value()
"""


def test_a_lab_is_run_behind_the_pages(project, serve):
    project.write("docs/labs/first-lab.py", LAB)
    project.edit("mkdocs.yml", "  - slopes/tangent.md\n", "  - slopes/tangent.md\n  - labs/first-lab.md\n")
    server = serve()
    server.wait("Serving on")
    assert "This lab is being run." in server.page("labs/first-lab/")
    server.wait("Reloading browsers")
    assert "your turn" in server.page("labs/first-lab/")


def test_a_snippet_that_is_saved_while_others_are_drawn_is_drawn_too(project, serve):
    shutil.rmtree(project.root / ".cache")
    project.write("snippets/slopes/a.py", SLOW)
    server = serve()
    server.wait("Serving on")
    project.edit(CODE, "return (f(x", "return 2 * (f(x")
    server.wait("Reloading browsers")
    for _ in range(100):
        if "14.0" in server.page("slopes/secant-line/"):
            return
        time.sleep(0.2)
    raise AssertionError("never drawn")


def test_server_starts_with_a_broken_snippet_shows_it_and_heals_on_save(project, serve):
    project.edit(CODE, "return (f(x", "return 1 / 0 + (f(x")
    fault = f"{CODE}:8: ZeroDivisionError: division by zero"
    server = serve()
    assert fault not in server.wait("Serving on")  # the pages are there at once, the snippets run behind them
    said = server.wait("Reloading browsers")
    assert said.count(fault) == 1
    page = server.page("slopes/secant-line/")
    before = page.index('class="highlight"')
    assert 0 < page.index(f'<span class="fault" role="alert">{fault}</span>') < before  # where the figure would stand
    assert page.index(fault, before) > before  # and in the place of the result
    assert 'class="fault"' not in server.page("slopes/tangent/")

    project.edit(CODE, "return 1 / 0 + (f(x", "return 2 * (f(x")
    said = server.wait("Reloading browsers")
    assert "figures: 2 ran" in said and "ERROR" not in said  # 2 of this snippet, not those of the other
    page = server.page("slopes/secant-line/")
    assert 'class="fault"' not in page and "14.0" in page


def test_saving_runs_what_is_saved_and_faults_keep_the_server_up(project, serve):
    server = serve()
    assert "figures: 0 ran" in server.wait("Serving on")

    project.edit(TANGENT, "# Tangent\n", "# Tangent\n\nNew words, [a link](nowhere.md), $\\no$.\n")
    said = server.wait("Reloading browsers")
    assert "figures: 0 ran" in said and f"{TANGENT}:8: Doc file" in said and f"{TANGENT}:8: Unknown" in said
    page = server.page("slopes/tangent/")
    assert "New words" in page and page.count('<span class="fault" role="alert">docs/slopes/tangent.md:8: ') == 2

    project.edit(TANGENT, "New words, [a link](nowhere.md), $\\no$.", "Better words.")
    assert "ERROR" not in server.wait("Reloading browsers")
    assert 'class="fault"' not in server.page("slopes/tangent/")

    project.edit("snippets/slopes/tangent.py", "[2, 1]", "[2, 1, 0.5]")
    said = server.wait("Reloading browsers")
    assert "figures: 4 ran" in said and "2 cached" in said and "slopes/tangent/closing" in said
    page = server.page("slopes/tangent/")
    assert 'data-values="2|1|0.5"' in page and 'src="../../figures/slopes/tangent/closing.0.svg"' in page
    assert server.page("figures/slopes/tangent/closing.2.svg").startswith("<svg") and server.page("drawing.svg").startswith("<svg")
    assert server.page("downloads/slopes/tangent.py") == project.read("snippets/slopes/tangent.py")
    with pytest.raises(urllib.error.HTTPError, match="404"):  # the source of a page is no file of the site
        server.page("theorems/slopes/tangent.md")
    server.log.write_text("")
    server.read = 0
    time.sleep(1.5)
    assert "Detected file changes" not in server.log.read_text()  # results are no changes: it does not loop
