"""The site as a whole: which files there are, what the engine gives to pages, and what must hold over all of them.

Free of MkDocs: paths are relative to `docs/`, text goes in and text comes out, faults are collected.
"""

import ast
import posixpath
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

from ..engine.labs import COLAB, HERE, addressed, make_labs, summary
from ..engine.render import Work
from ..engine.style import FIGURE
from ..fault import Fault, line_of, line_with
from ..kept import key
from . import html as finish
from . import maths, theorems
from .concept_map import Circle, concept_map, levels
from .counts import counts
from .figures import pixels
from .markdown import SECTION, glossary_of, with_results
from .page import Page, front_matter, module_of, note

MAP = "<!-- map of concepts -->"
COUNTS = "<!-- counts -->"
WAITING = "This lab is being run."
MACHINERY = Path(__file__).parents[1]


class Site:
    """One build. `failures` is that of `Work`; with `wait=False` nothing is run: what is not kept is waited for."""

    def __init__(self, root, keeper, failures=None, wait=True):
        self.root, self.keeper = root, keeper
        self.failures = {} if failures is None else failures
        self.python, self.says = "", ""  # where blanks take Python from, and what the pages say of it
        self.faults = []  # those of no page
        self.pages = {}
        self.titles = titles(root)
        self.glossary = {}
        own = root / "snippets" / "_build"
        if own.is_dir() and own.resolve() != MACHINERY.resolve():
            self.faults.append(Fault("mkdocs.yml", 1, f"{MACHINERY} would build this site; pip install -e . makes it its own"))
        self.work = Work(root / "snippets", keeper, self.failures)
        self.report = self.work.report
        if wait:
            for _ in self.work.run():
                pass
        self.labs, self.lab_faults = make_labs(root / "docs" / "labs", keeper, self.failures, run=wait)
        for name, lab in self.labs.items():
            self.report.results |= {f"labs/{name}/{file}": text for file, text in lab["results"].items()}

    # What the engine gives

    def waits_for(self, name):
        """Whether a figure or a result may still come."""
        return posixpath.dirname(name) in self.work.stale

    def waiting_labs(self):
        """The labs that are neither there nor failed."""
        failed = {fault.path for fault in self.lab_faults}
        paths = (self.root / "docs" / "labs").glob("*.py")
        return [path.stem for path in paths if path.stem not in self.labs and f"docs/labs/{path.name}" not in failed]

    def failure(self, name):
        """Why a figure or a result is not there, if its snippet or lab failed: a fault."""
        module = posixpath.dirname(name)
        faults = [*self.report.faults, *self.lab_faults]
        return next((fault for fault in faults if fault.path == f"snippets/{module}.py"), None)

    def size(self, name):
        """Width and height of a figure in CSS pixels; of one that is waited for, those that its snippet asks for; or None."""
        if name in self.report.results:
            return pixels(self.report.results[name])
        if self.waits_for(name):
            return asked_size(self.report.sources[posixpath.dirname(name)], posixpath.basename(name).removesuffix(".svg"))
        return None

    def included(self, path):
        """The text of a snippet or a test that a page includes, and why there is none."""
        for folder in ("snippets", "tests"):
            file = self.root / folder / path
            if file.is_file():
                try:
                    return file.read_text("utf-8"), None
                except UnicodeDecodeError:
                    return None, f"{folder}/{path} is not UTF-8"
        return None, f"there is no {path}"

    # Files in

    def file_of(self, name):
        """The file that an author edits for a page."""
        if name.startswith(theorems.FOLDER):
            return f"tests/{theorems.module(name.removeprefix(theorems.FOLDER))}"
        return f"docs/{name.removesuffix('.md')}.py" if name.startswith("labs/") else f"docs/{name}"

    def generated(self, address, colab="", run=""):
        """The files of the site that no one wrote, `{path: text}`, for a site at this address whose notebooks Colab finds below
        `colab`, if it does. With `run`, what to say of it, they can be run on the site itself."""
        files = {f"figures/{name}": text for name, text in self.report.results.items() if name.endswith(".svg")}
        files |= {f"downloads/{name}.py": source for name, source in self.report.sources.items()}
        files |= {f"downloads/{name}.ipynb": text for name, text in self.report.notebooks.items()}
        for name, lab in self.labs.items():
            files[f"downloads/labs/{name}.ipynb"] = addressed(lab["student"], address)
            files[f"downloads/labs/{name}-solved.ipynb"] = addressed(lab["solved"], address)
        for source in (self.root / "docs" / "labs").glob("*.py"):
            lab = self.labs.get(source.stem)
            title = source.stem.replace("-", " ").capitalize()
            link = f", or [open it in Colab]({colab}labs/{source.stem}.ipynb), which is another host" if colab else ""
            button = f'<a class="md-button" href="../../run/notebooks/index.html?path=labs/{source.stem}.ipynb">Run it here</a>'
            here = f'<p class="run-here">{button} {run}</p>'
            page = lab["page"].replace(COLAB, link).replace(HERE, here if run else "") if lab else f"# {title}\n\n{WAITING}\n"
            files[f"labs/{source.stem}.md"] = page
        for name, title in self.titles.items():
            if self.theorems(name):
                files[theorems.home(name)] = theorems.page(name, title)
        return files

    def theorems(self, name):
        """The tests of the page of a concept, as `theorems` has them; none if they are not there or cannot be read."""
        path = self.file_of(theorems.home(name))
        if not (self.root / path).is_file():
            return {}  # which `check_front` tells
        source = (self.root / path).read_bytes()
        under = key(Path(theorems.__file__).read_bytes(), source)
        if (found := self.keeper.load("theorems", under)) is None:
            try:
                found = theorems.theorems(source.decode("utf-8-sig"))
            except (SyntaxError, ValueError) as error:
                line, message = getattr(error, "lineno", None) or 1, getattr(error, "msg", error)
                self.faults.append(Fault(path, line, f"{type(error).__name__}: {message}"))
                return {}
            self.keeper.save("theorems", under, found)
        if not found:
            self.faults.append(Fault(path, 1, f"{name} has no theorem: no test is there"))
        return found

    def find_pages(self, names):
        """Take note of all pages, and check that the three trees mirror each other."""
        for name in names:
            self.read(name)
        self.check_front()
        self.break_circles()
        self.glossary = glossary_of(self.pages["glossary.md"].text) if "glossary.md" in self.pages else {}

    def read(self, name):
        """Take in the text of a page as its file has it now."""
        file = self.file_of(name)
        data = (self.root / file).read_bytes()
        text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
        page = self.pages[name] = Page(name, file, text, {})
        page.front = {"summary": summary(text)} if page.is_lab else front_matter(text)
        return page

    def check_front(self):
        """What stands above the texts can be read, and names pages."""
        for name, page in self.pages.items():
            if "\ufffd" in page.text:
                self.faults.append(Fault(page.file, line_with(page.text, "\ufffd"), "this file is not UTF-8"))
            if page.is_concept:
                chapter, _, concept = module_of(name).partition("/")
                for wanted in (f"snippets/{chapter}/{concept}.py", f"tests/{chapter}/test_{concept}.py"):
                    if not (self.root / wanted).is_file():
                        self.faults.append(Fault(page.file, 1, f"this page has no {wanted}"))
                for entry, kind in (("prerequisites", list), ("summary", str), ("goal", str)):
                    if not isinstance(page.front.get(entry), kind):
                        self.faults.append(Fault(page.file, 1, f"no {entry} can be read from the front matter"))
                if not theorems.LIST.search(page.text):
                    self.faults.append(Fault(page.file, 1, "this page lists no theorems: it has no <!-- theorems -->"))
            synonyms = page.front.setdefault("synonyms", {})
            if not isinstance(synonyms, dict) or not all(isinstance(words, list) for words in synonyms.values()):
                line = line_with(page.text, "synonyms")
                self.faults.append(Fault(page.file, line, "the synonyms are no lists of words, each for the anchor of a heading"))
                page.front["synonyms"] = {}
            needs = page.front.get("prerequisites")
            needs = needs if isinstance(needs, list) else []
            for needed in needs:
                if needed not in self.pages:
                    line = line_with(page.text, str(needed))
                    self.faults.append(Fault(page.file, line, f"the prerequisite {needed} is no page"))
            page.front["prerequisites"] = [needed for needed in needs if needed in self.pages]

    def break_circles(self):
        """Report each circle of prerequisites, and open it, so that a map can be drawn."""
        needs = {name: page.front["prerequisites"] for name, page in self.pages.items()}
        while True:
            try:
                return levels(needs)
            except Circle as circle:
                page = self.pages[circle.page]
                self.faults.append(Fault(page.file, line_with(page.text, circle.needed), str(circle)))
                needs[circle.page].remove(circle.needed)

    # The site checked

    def check_use(self):
        """Faults for whatever snippets make and no page shows."""
        used = set().union(*(page.used for page in self.pages.values()))
        faults = []
        for name, line in self.report.lines.items():
            if re.sub(r"\.\d+\.svg$", ".svg", name) == name and name not in used:
                faults.append(Fault(f"snippets/{posixpath.dirname(name)}.py", line, f"no page uses {name}"))
        for name, source in self.report.sources.items():
            for found in SECTION.finditer(source):
                if f"{name}.py:{found[1]}" not in used:
                    line = line_of(source, found.start())
                    faults.append(Fault(f"snippets/{name}.py", line, f"no page shows the section {found[1]}"))
        return faults

    def all_faults(self):
        """Every fault once, in order."""
        found = [*self.faults, *self.report.faults, *self.lab_faults, *self.check_use()]
        return sorted({*found, *(fault for page in self.pages.values() for fault in page.faults)})

    def check_synonyms(self, name, content):
        """Faults of the front matter's words for a search: each list of them belongs to a heading of the page."""
        page = self.pages[name]
        for anchor in page.front["synonyms"]:
            if f' id="{anchor}">' not in content:
                page.fault_at(f"{anchor}:", message=f"there is no heading #{anchor} to be found by synonyms")

    # The last touch, when all pages are there

    def with_map(self, content, titles):
        """The page with the map of concepts where it asks for one; `titles` is `{page: (title, chapter, url)}`."""
        if MAP not in content:
            return content
        return content.replace(MAP, concept_map({name: (*about, self.pages[name].front) for name, about in titles.items()}))

    def complete(self, content, page, titles, contents, faults):
        """The HTML of a page with what depends on the others: map, counts, results, and the faults above it that it does
        not show already."""
        content = self.with_map(content, titles)
        if COUNTS in content:
            content = content.replace(COUNTS, counts(self, contents))
        content = with_results(content, self.report.results)
        notes = [note(fault) for fault in faults if fault.path == page.file]
        return "".join(f"<p>{text}</p>" for text in notes if text not in content) + content

    def maths_characters(self, contents):
        """All characters that stand in formulas on the site."""
        return maths.characters("".join(formula for content in contents for formula in finish.FORMULA.findall(content)))


def titles(root):
    """`{page: title}` of the pages of concepts, in the order of the navigation."""
    texts = {path: path.read_text("utf-8", errors="replace") for path in (root / "docs").glob("*/*.md") if path.parent.name != "labs"}
    found = {path.relative_to(root / "docs").as_posix(): re.search(r"(?m)^# (.+)", text) for path, text in texts.items()}
    order = (root / "mkdocs.yml").read_text("utf-8")
    return {name: found[name][1] if found[name] else name for name in sorted(found, key=lambda name: (order.find(name), name))}


def asked_size(source, label):
    """Width and height in CSS pixels of the figure that `figure_<label>` will draw, as its code says."""
    return [f"{side * 96:.0f}" for side in asked_sizes(source).get(f"figure_{label}", FIGURE["figure.figsize"])]


@cache
def asked_sizes(source):
    """`{function: (width, height)}` in inches, for the functions that ask for a size."""
    sizes = {}
    with suppress(SyntaxError):  # the snippet will tell
        figures = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name.startswith("figure_")]
        for function in figures:
            for part in ast.walk(function):
                if isinstance(part, ast.keyword) and part.arg == "figsize" and isinstance(part.value, ast.Tuple):
                    sizes[function.name] = [ast.literal_eval(side) for side in part.value.elts]
    return sizes
