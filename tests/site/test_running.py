"""*Run it here*: a build for publication has a button that opens each notebook in the browser; any other build has none."""

import json
import re
import sys
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

import snippets._build.site.running
from snippets._build.site.running import in_browser
from tests.conftest import ROOT, copied, errors
from tests.labs.test_labs import LAB
from tests.runtime import Typed
from tests.site.conftest import MODES, served

PAGES = {"slopes/tangent": "slopes/tangent", "labs/first-lab": "labs/first-lab"}


def with_lab(project):
    project.write("docs/labs/first-lab.py", LAB)
    project.edit("mkdocs.yml", "  - slopes/tangent.md\n", "  - slopes/tangent.md\n  - labs/first-lab.md\n")


def publish(project, address):
    project.edit("mkdocs.yml", "  repository:", f"  pyodide: {address}\n  repository:")
    return project.build()


def button(project, page):
    """The address that the button of a page leads to, from there, and what stands beside it."""
    found = re.findall(r'<p class="run-here"><a class="md-button" href="([^"]+)">Run it here</a> ([^<]+)</p>', project.read(f"site/{page}/index.html"))
    assert len(found) <= 1
    return found[0] if found else None


BLANK = """def slope_of_square(x):
    # blank: return ...
    return 2 * x
    # end of blank


# check
check("slope_of_square(3)", slope_of_square(3), 6, (3, "twice that: the slope of x² is 2 x."))
print("Right.")
"""


def with_blank(project, source=BLANK, marks=1):
    if source:
        project.write("docs/blanks/slopes/tangent.py", source)
    text = project.read("docs/slopes/tangent.md")
    project.write("docs/slopes/tangent.md", text + "\n<!-- blank -->\n" * marks)


@pytest.fixture(scope="module")
def published(built, tmp_path_factory):
    """A published site with a lab and a blank, which looks for Python in its own folder `pyodide/`, where there is none."""
    with pytest.MonkeyPatch.context() as patch:
        project = copied(built, tmp_path_factory.mktemp("published"), patch)
        with_lab(project)
        with_blank(project)
        for name in ("site.css", "site.js", "blank.js", "blank.py"):
            project.write(f"docs/assets/{name}", (ROOT / f"docs/assets/{name}").read_text("utf-8").replace("LIMIT = 10", "LIMIT = 1"))
        project.edit("mkdocs.yml", "extra_css: []", "extra_css: [assets/site.css]")
        project.edit("mkdocs.yml", "extra_javascript: []", "extra_javascript: [{path: assets/site.js, defer: true}]")
        assert publish(project, "pyodide/")[0] == 0
    return project


def test_each_notebook_of_a_published_site_is_one_button_away(project):
    with_lab(project)
    status, lines = publish(project, "https://python.test:8000/full/")
    assert (status, errors(lines)) == (0, [])
    for page, name in PAGES.items():
        address, says = button(project, page)
        assert urlsplit(address).path == "../../run/notebooks/index.html" and parse_qs(urlsplit(address).query) == {"path": [f"{name}.ipynb"]}
        assert "python.test:8000, which is another host" in says
        book = nbformat.reads(project.read(f"site/run/files/{name}.ipynb"), 4)
        nbformat.validate(book)
        listed = json.loads(project.read(f"site/run/api/contents/{name.partition('/')[0]}/all.json"))["content"]
        assert f"{name}.ipynb" in [entry["path"] for entry in listed]
        plain = nbformat.reads(project.read(f"site/downloads/{name}.ipynb"), 4)
        assert [cell.source for cell in book.cells[2:]] == [cell.source for cell in plain.cells[1:]]
        assert "It runs here" in book.cells[0].source and "pip install" not in book.cells[0].source
    settings = json.loads(project.read("site/run/jupyter-lite.json"))["jupyter-config-data"]["litePluginSettings"]
    kernel = settings["@jupyterlite/pyodide-kernel-extension:kernel"]
    assert kernel["pyodideUrl"] == "https://python.test:8000/full/pyodide.mjs" and kernel["disablePyPIFallback"]
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', project.read("site/run/notebooks/index.html"))[1]
    assert policy.count("https://") == policy.count("https://python.test:8000") == 2  # for its script and for its packages
    assert "python.test" not in re.search(r'Content-Security-Policy" content="([^"]+)"', project.read("site/slopes/tangent/index.html"))[1]
    assert "/run/" not in project.read("site/sitemap.xml")


def test_a_build_for_no_one_else_has_no_button(project, built):
    assert button(built, "slopes/tangent") is None and not (built.root / "site/run").exists()
    project.edit("mkdocs.yml", "enabled: false", "enabled: true")  # a site in a folder, where no browser starts a kernel
    assert publish(project, "pyodide/")[0] == 0
    assert not (project.root / "site/run").exists() and "Run it here" not in project.read("site/slopes/tangent.html")


def test_without_jupyterlite_the_address_is_a_fault(project, monkeypatch):
    monkeypatch.setattr(snippets._build.site.running, "find_spec", lambda name: None)
    status, lines = publish(project, "pyodide/")
    assert status == 1
    (line,) = errors(lines)
    assert re.fullmatch(r"mkdocs\.yml:\d+: PYODIDE_URL is set, and JupyterLite is not there: pip install -e '\.\[run\]'", line)


def test_a_failure_of_jupyterlite_is_one_line(project, monkeypatch):
    monkeypatch.setattr(snippets._build.site.running, "wheel_of", lambda package, folder: folder / "none.whl")
    status, lines = publish(project, "pyodide/")
    assert status == 1 and re.search(r"Stopped: JupyterLite: .*none\.whl", "\n".join(lines)), lines


def test_the_first_cell_says_what_is_missing_and_how_to_set_it(capsys, monkeypatch):
    cells = [nbformat.v4.new_markdown_cell("# A notebook"), nbformat.v4.new_code_cell("import numpy as np\nfrom sklearn import datasets")]
    text = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    first = json.loads(in_browser(text, "pyodide/"))["cells"][1]["source"]
    exec(first, {})
    assert capsys.readouterr().out == ""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    exec(first, {})
    said = capsys.readouterr().out
    assert said.startswith("sklearn cannot be had from pyodide/") and "PYODIDE_URL must lead to a whole Pyodide distribution" in said


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_button_opens_the_notebook_in_the_scheme_of_the_page_and_says_if_there_is_no_python(published, browser, scheme):
    with served(published.root / "site") as address, browser.new_context(**MODES["light"]) as context:
        page, asked = context.new_page(), []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}labs/first-lab/")
        if scheme == "dark":  # chosen on the page, against the system: light, then dark
            for _ in range(2):
                page.locator("form[data-md-component=palette] label:visible").first.click()
        page.get_by_role("link", name="Run it here").click()
        expect(page.get_by_role("heading", name="A lab")).to_be_visible(timeout=30000)
        expect(page.locator("body")).to_have_attribute("data-jp-theme-name", f"JupyterLab {scheme.title()}")
        expect(page.get_by_role("alert")).to_contain_text("there is no ../../pyodide/pyodide.mjs")
        assert {urlsplit(url).netloc for url in asked if not re.match("blob:|data:", url)} == {urlsplit(address).netloc}


def test_a_blank_is_a_form_where_there_is_a_python_and_nothing_elsewhere(project, published):
    with_blank(project)
    assert project.build()[0] == 0
    assert "<form" not in project.read("site/slopes/tangent/index.html").partition("<article")[2] and not (project.root / "site/blanks").exists()
    page = published.read("site/slopes/tangent/index.html")
    (form,) = re.findall(r'(?s)<form class="blank".*?</form>', page)
    assert 'data-python="../../pyodide/pyodide.mjs"' in form and "return ...  # your turn" in form and "2 * x" not in form
    assert "slope_of_square" not in published.read("site/search/search_index.json")


@pytest.mark.parametrize(
    "source, marks, says",
    [
        (None, 1, "are there together, and once"),
        (BLANK, 0, "are there together, and once"),
        (BLANK, 2, "are there together, and once"),
        (BLANK.replace("# check\n", ""), 1, "has a blank, as labs have, and below it one line `# check`"),
        (BLANK.replace("# end of blank", ""), 1, "has a blank, as labs have"),
    ],
)
def test_half_a_blank_is_a_fault(project, source, marks, says):
    with_blank(project, source, marks)
    status, lines = project.build()
    (line,) = errors(lines)
    assert status == 1 and re.match(r"docs/slopes/tangent\.md:\d+: docs/blanks/slopes/tangent\.py ", line) and says in line


# A stand-in for Pyodide: what Python would tell, for four answers.
STUB = """
export const loadPyodide = async () => ({
  runPython: source => { if (!source.includes("def tried(")) throw Error("blank.py is not there") },
  globals: { get: () => (answer, check) => {
    while (answer.includes("for ever")) {}
    const said = check.includes("slope_of_square(3)") && answer.includes("2 * x") ? ["Right.\\n", true] : ["twice that", false]
    return { toJs: () => said, destroy: () => {} }
  } },
})
"""


@pytest.mark.browser
def test_an_answer_is_checked_in_place_and_what_never_ends_is_stopped(published, browser):
    with served(published.root / "site", Typed) as address, browser.new_context(**MODES["phone"]) as context:
        page, wrong = context.new_page(), []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{address}slopes/tangent/")
        form, says = page.locator(".blank"), page.locator(".blank output")
        press = page.get_by_role("button", name="Check it").click
        press()
        expect(says).to_contain_text("Python cannot be had")
        published.write("site/pyodide/pyodide.mjs", STUB)
        page.reload()
        code = page.get_by_label("Your code")
        expect(code).to_have_value(re.compile(r"return \.\.\.  # your turn"))
        press()
        expect(says).to_have_text("twice that")
        code.fill("for ever")
        press()
        expect(says).to_have_text("It runs.")
        expect(says).to_contain_text("was stopped. Does a loop never end?")
        code.fill("def slope_of_square(x):\n    return 2 * x")
        press()
        expect(says).to_have_text("Right.")
        expect(form).to_have_class(re.compile("right"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") and wrong == []
        (published.root / "site/pyodide/pyodide.mjs").unlink()
        found = Axe().run(page, context=".blank")
        assert found.response["violations"] == []
