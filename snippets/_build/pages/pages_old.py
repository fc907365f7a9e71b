"""What a build does to pages: check what they show, put results in, finish images, and draw the map of concepts.

Free of MkDocs: paths are relative to `docs/`, text goes in and text comes out, faults are collected.
"""

import html
import posixpath
import re
from html.parser import HTMLParser

import yaml

from .concept_map import Circle, concept_map, levels
from .counts import counts
from .labs import SITE, make_labs, summary
from .render import Fault, render

FENCE = re.compile(r"(?ms)^( *)(`{3,}|~{3,})[^\n]*\n.*?^\1\2 *$")
INCLUDE = re.compile(r'^([ \t]*)--8<-- "([^":]+)(?::([^"]+))?"[ \t]*$', re.MULTILINE)
IMAGE = re.compile(r"!\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*([^)\s]*)[^)]*\)")
IMAGE_TAG = re.compile(r"<img\b[^>]*>")
SECTION = re.compile(r"^# --8<-- \[start:([\w-]+)\]", re.MULTILINE)
TEX_FAULT = re.compile(r'<code class="tex-fault" title="(.*?)">(.*?)</code>', re.DOTALL)
PLAIN = re.compile(r'<span class="(?:n|p|o|w)">([^<]*)</span>')  # names, brackets, operators: in the colour of all code
MAP = "<!-- map of concepts -->"
COUNTS = "<!-- counts -->"
TEST = re.compile(r'<span class="nf">(test_\w+)</span>')
ALT_LENGTH = 40  # characters; less is a label, not a sentence


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def line_with(text, *parts):
    """The line of the first of these parts that stands in the text, wherever its lines are broken."""
    for part in parts:
        if found := re.search(r"\s+".join(map(re.escape, part.split())), text):
            return line_of(text, found.start())
    return 1


def note(fault):
    """A fault as the page shows it."""
    return f'<p class="fault" role="alert">{html.escape(str(fault))}</p>'


def front_matter(text):
    """The front matter of a page; empty if there is none or it cannot be read."""
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    try:
        front = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError:
        front = {}
    return front if isinstance(front, dict) else {}


class _Attributes(HTMLParser):
    def handle_starttag(self, tag, attributes):
        self.found = dict(attributes)


def _attributes(tag):
    parser = _Attributes()
    parser.feed(tag)
    return parser.found


def module_of(page):
    """`chapter/concept` as the snippet spells it, for the page `chapter/concept.md`."""
    return page.removesuffix(".md").replace("-", "_")


class Site:
    """One build: the report of the engine, what the pages use of it, and what is wrong."""

    def __init__(self, root):
        self.root, self.cache = root, root / ".cache"
        self.report = render(root / "snippets", self.cache)
        self.labs, faults = make_labs(root / "docs" / "labs", self.cache)
        self.faults = [*self.report.faults, *faults]
        for name, lab in self.labs.items():
            self.report.results |= {f"labs/{name}/{i}.svg": svg for i, svg in enumerate(lab["figures"], 1)}
        self.failed = {fault.path.removeprefix("snippets/").removesuffix(".py"): fault for fault in self.faults}
        self.used = set()
        self.pages = {}  # src_uri: (text of the file, front matter)
        self.glossary = {}

    @staticmethod
    def is_lab(page):
        return page.startswith("labs/")

    def file_of(self, page):
        """The file that an author edits for this page."""
        return f"docs/{page.removesuffix('.md')}.py" if self.is_lab(page) else f"docs/{page}"

    def fault(self, page, line, message):
        """Take note of a fault, and return what the page shows of it."""
        self.faults.append(Fault(self.file_of(page), line, message))
        return note(self.faults[-1])

    def link_fault(self, message):
        """Take note of what MkDocs says about a link or about the navigation, with the file and line it is about."""
        page = re.match(r"Doc file '([^']+)'", message)
        link = re.search(r"(?:link|link to|[Rr]eference to|path to) '([^']*)'", message)
        path, link = self.file_of(page[1]) if page else "mkdocs.yml", link[1] if link else "nav: -"
        text = (self.root / path).read_text("utf-8")
        self.faults.append(Fault(path, line_with(text, f"]({link})", link), " ".join(message.split())))

    def generated(self, address):
        """The files of the site that no one wrote, `{path: text}`, for a site at this address."""
        files = {f"figures/{name}": text for name, text in self.report.results.items() if name.endswith(".svg")}
        for name, source in self.report.sources.items():
            files[f"downloads/{posixpath.basename(name)}.py"] = source
        for name, text in self.report.notebooks.items():
            files[f"downloads/{posixpath.basename(name)}.ipynb"] = text
        address = f"{(address or '').rstrip('/')}/"
        for name, lab in self.labs.items():
            files[f"downloads/labs/{name}.ipynb"] = lab["student"].replace(SITE, address)
            files[f"downloads/labs/{name}-solved.ipynb"] = lab["solved"].replace(SITE, address)
        for source in (self.root / "docs" / "labs").glob("*.py"):
            lab = self.labs.get(source.stem, {"page": f"# {source.stem.replace('-', ' ').capitalize()}\n"})
            files[f"labs/{source.stem}.md"] = lab["page"]
        return files

    # Pages, before anything is converted

    def find_pages(self, texts):
        """Take note of all pages, `{path: text}`, and check that the three trees mirror each other."""
        self.pages = {page: (text, front_matter(text)) for page, text in texts.items()}
        for page in filter(self.is_lab, texts):
            source = (self.root / self.file_of(page)).read_text("utf-8")
            self.pages[page] = source, {"summary": summary(source)}
        for page, (text, front) in self.pages.items():
            if self.is_concept(page):
                chapter, _, concept = module_of(page).partition("/")
                for wanted in (f"snippets/{chapter}/{concept}.py", f"tests/{chapter}/test_{concept}.py"):
                    if not (self.root / wanted).is_file():
                        self.fault(page, 1, f"this page has no {wanted}")
                for name, kind in (("prerequisites", list), ("summary", str)):
                    if not isinstance(front.get(name), kind):
                        self.fault(page, 1, f"no {name} can be read from the front matter")
            needs = front.get("prerequisites") if isinstance(front.get("prerequisites"), list) else []
            for needed in needs:
                if needed not in self.pages:
                    self.fault(page, line_with(text, str(needed)), f"the prerequisite {needed} is no page")
            front["prerequisites"] = [needed for needed in needs if needed in self.pages]
        self.break_circles()
        glossary = self.pages.get("glossary.md", ("", {}))[0]
        self.glossary = dict(re.findall(r"(?m)^(?!#)(\S.*)\n:   (.*(?:\n    \S.*)*)", glossary))

    def break_circles(self):
        """Report each circle of prerequisites, and open it, so that a map can be drawn."""
        needs = {page: front["prerequisites"] for page, (_, front) in self.pages.items()}
        while True:
            try:
                return levels(needs)
            except Circle as circle:
                self.fault(circle.page, line_with(self.pages[circle.page][0], circle.needed), str(circle))
                needs[circle.page].remove(circle.needed)

    def is_concept(self, page):
        return "/" in page and not self.is_lab(page)

    def checked_markdown(self, markdown, page):
        """The Markdown with printed results in their places; what is wrong becomes a fault and a note on the page."""
        text = self.pages[page][0]
        ahead = text.count("\n") - markdown.count("\n")

        def include(found):
            indent, path, section = found.groups()
            line = ahead + line_of(markdown, found.start())
            if path.endswith(".txt"):
                self.used.add(path)
                if path in self.report.results:
                    return "\n".join(indent + row for row in self.report.results[path].rstrip().split("\n"))
                missing = self.failed.get(posixpath.dirname(path)) or f"no snippet prints {path}"
            else:
                file = next(
                    (f for f in (self.root / "snippets" / path, self.root / "tests" / path) if f.is_file()), None
                )
                if file is None:
                    missing = f"there is no {path}"
                elif section and section not in SECTION.findall(file.read_text("utf-8")):
                    missing = f"{path} has no section {section}"
                else:
                    self.used.add(f"{path}:{section}")
                    return found[0]
            if isinstance(missing, str):
                self.fault(page, line, missing)
            return f"{indent}{missing}"

        markdown = INCLUDE.sub(include, markdown)
        fences = [found.span() for found in FENCE.finditer(markdown)]

        def image(found):
            if any(start <= found.start() < end for start, end in fences):
                return found[0]
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), found[2]))
            name = target.removeprefix("figures/")
            if name == target:
                return found[0]
            self.used.add(name)
            if name in self.report.results:
                return found[0]
            if failed := self.failed.get(posixpath.dirname(name)):
                return note(failed)
            return self.fault(page, line_with(text, found[0]), f"no snippet draws {found[2]}")

        markdown = IMAGE.sub(image, markdown)
        if page != "glossary.md":
            terms = [f"*[{term}]: {self.plain(text)}" for term, text in self.glossary.items()]
            markdown += "\n\n" + "\n\n".join(terms) + "\n"  # each a block: one large block would be searched for each
        return markdown

    @staticmethod
    def plain(text):
        """A definition as a tooltip can show it: no links, no TeX."""
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(text.split()))
        return text.replace("$", "").replace("*", "").replace('"', "'")

    # Pages, as HTML

    def finished_html(self, content, page, url):
        """The page with sized images, sliders, one tooltip a term, lean code whose tests have anchors, and its
        faulty formulas reported."""
        text = self.pages[page][0]
        for mark, cell in self.labs.get(posixpath.basename(page).removesuffix(".md"), {}).get("cells", {}).items():
            content = content.replace(f"<p>{mark}</p>", cell)
        content = PLAIN.sub(r"\1", content)  # most of a page's elements, which browsers would lay out one by one
        content = TEST.sub(r'<span class="nf" id="\1">\1</span>', content)
        for why, tex in TEX_FAULT.findall(content):
            tex = html.unescape(tex)
            self.fault(page, line_with(text, tex), f"{html.unescape(why)} in the formula {tex}")
        base = posixpath.join("/", url)

        def image(found):
            attributes = {"src": "", "alt": ""} | _attributes(found[0])
            if len(attributes["alt"] or "") < ALT_LENGTH:
                file = posixpath.basename(attributes["src"])
                return self.fault(page, line_with(text, file), f"the image {file} has no alt text of a sentence")
            target = posixpath.normpath(posixpath.join(base, attributes["src"])).lstrip("/")
            name = target.removeprefix("figures/")
            if name not in self.report.results:
                return found[0]
            width, height = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', self.report.results[name]).groups()
            size = f'width="{float(width) * 4 / 3:.0f}" height="{float(height) * 4 / 3:.0f}"'
            tag = f'<img alt="{html.escape(attributes["alt"])}" src="{attributes["src"]}" {size} loading="lazy" decoding="async">'
            slider = self.report.sliders.get(name)
            return slider_html(tag, attributes["src"], slider) if slider else f'<span class="figure">{tag}</span>'

        content = IMAGE_TAG.sub(image, content)
        seen = set()

        def once(found):
            if found[1] in seen:
                return found[2]
            seen.add(found[1])
            return found[0]

        headings = r"<h[1-6]\b.*?</h[1-6]>"
        content = re.sub(headings, lambda h: re.sub(r"</?abbr\b[^>]*>", "", h[0]), content, flags=re.DOTALL)
        return re.sub(r'<abbr title="(.*?)">(.*?)</abbr>', once, content, flags=re.DOTALL)

    def with_map(self, content, file, files):
        """The page with the map of concepts where it asks for one."""
        if MAP not in content:
            return content
        concepts = {}
        for page, (text, front) in self.pages.items():
            if self.is_concept(page):
                target = files.get_file_from_path(page)
                chapter = target.page.parent.title if target.page.parent else ""
                concepts[page] = target.page.title, chapter, target.url_relative_to(file), front
        order = [file.src_uri for file in files.documentation_pages() if file.src_uri in concepts]
        return content.replace(MAP, concept_map({page: concepts[page] for page in order}))

    def with_counts(self, content, contents):
        """The page with what there is on all pages, counted, where it asks for that."""
        return content.replace(COUNTS, counts(self, contents)) if COUNTS in content else content

    def with_faults(self, content, page):
        """The page, with the faults above it that it does not show already."""
        notes = [note(fault) for fault in sorted(set(self.faults)) if fault.path == self.file_of(page)]
        return "".join(text for text in notes if text not in content) + content

    # The site as a whole

    def check_use(self):
        """Everything that snippets make is shown somewhere, and every section too."""
        for name, line in self.report.lines.items():
            default = re.sub(r"\.\d+\.svg$", ".svg", name)
            if default == name and name not in self.used:
                self.faults.append(Fault(f"snippets/{posixpath.dirname(name)}.py", line, f"no page uses {name}"))
        for name, source in self.report.sources.items():
            for found in SECTION.finditer(source):
                if f"{name}.py:{found[1]}" not in self.used:
                    line = line_of(source, found.start())
                    self.faults.append(Fault(f"snippets/{name}.py", line, f"no page shows the section {found[1]}"))

    @staticmethod
    def maths_characters(content):
        """All characters that stand in formulas, and the letters into which browsers turn a plain italic one."""
        inside = "".join(re.findall(r"<math\b.*?</math>", content, re.DOTALL))
        letters = html.unescape(re.sub(r"<[^>]*>", "", inside))
        italic = {c: chr(0x1D434 + ord(c) - ord("A")) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
        italic |= {c: chr(0x1D44E + ord(c) - ord("a")) for c in "abcdefghijklmnopqrstuvwxyz"} | {"h": "ℎ"}
        italic |= {chr(0x3B1 + i): chr(0x1D6FC + i) for i in range(25)}  # Greek
        return letters + "".join(italic.get(c, "") for c in letters) + "√∂"


def slider_html(image, source, slider):
    """A figure with a native range input; the script loads the other frames when it is first touched."""
    unit = f" {slider['unit']}" if slider["unit"] else ""
    values = [(f"{value:.0f}" if value == round(value) else f"{value:.3g}") + unit for value in slider["values"]]
    stem = source.removesuffix(".svg")
    return (
        f'<span class="figure slider" data-frames="{html.escape(stem)}" data-values="{html.escape("|".join(values))}">'
        f"{image}<label><span>{html.escape(slider['parameter'])} = <output>{values[slider['default']]}</output></span>"
        f'<input type="range" min="0" max="{len(values) - 1}" step="1" value="{slider["default"]}" autocomplete="off" '
        f'aria-valuetext="{html.escape(values[slider["default"]])}"></label></span>'
    )
