"""The built site, read as files: what every page has, and what no file may hold."""

import ast
import contextlib
import gzip
import importlib.util
import json
import os
import posixpath
import re
import subprocess
import sys
import textwrap
import xml.etree.ElementTree as etree
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import markdown
import numpy as np
import pytest
import yaml

from snippets._build.engine.style import ALIASES, CYCLE, FIGURE, PALETTE
from snippets._build.pages import head
from snippets._build.pages.theorems import sentence
from tests.site.conftest import section

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SNIPPETS = sorted(path for path in ROOT.glob("snippets/*/*.py") if not path.parent.name.startswith("_"))
LABS = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.glob("labs/*.py"))
PAGES = sorted([*(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")), *LABS])
CONCEPTS = [page for page in PAGES if "/" in page and page not in LABS]
THEOREMS = [f"theorems/{page}" for page in CONCEPTS]
REQUESTING = {"stylesheet", "preload", "prefetch", "modulepreload", "icon", "preconnect", "dns-prefetch", "manifest"}
KIB = 1024


class Document(HTMLParser):
    """What the tests ask of a page: its anchors, links, requests, images, tooltips, and what its head says."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.requests, self.images, self.meta, self.components = set(), [], [], [], {}, set()
        self.tooltips = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        self.components.add(found.get("data-md-component"))
        link = found.get("href")
        if tag == "a" and link is not None:
            self.links.append(link)
        elif tag == "link":
            if REQUESTING & set(found["rel"].split()):
                self.requests.append(link)
        elif link is not None and tag != "base":
            self.requests.append(link)
        for name in ("src", "poster", "data"):
            if name in found:
                self.requests.append(found[name])
        self.requests += [part.split()[0] for part in found.get("srcset", "").split(",") if part.strip()]
        self.requests += addresses(found.get("style") or "")
        if tag == "abbr":
            self.tooltips.append(found["title"])
        if tag == "img":
            self.images.append(found)
        if tag == "meta":
            self.meta[found.get("property", found.get("name"))] = found.get("content")


def addresses(css):
    """What a style sheet would fetch."""
    found = re.findall(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", css)
    return [one or other for one, other in found]


def elsewhere(address):
    """Whether a request to this address would leave the site."""
    return bool(urlsplit(address).netloc)


def built(page):
    """Where MkDocs puts a page."""
    path = re.sub(r"\.(md|py)$", "", page).removesuffix("index")
    return f"{path}/index.html" if path and not path.endswith("/") else f"{path}index.html"


def compressed(*texts):
    return sum(len(gzip.compress(text, 9)) for text in texts)


@pytest.fixture(scope="session")
def documents(site):
    """`{path of the file: Document}` for every page of the site."""
    return {path.relative_to(site).as_posix(): Document(path.read_text("utf-8")) for path in site.rglob("*.html")}


def names(paths):
    return {f"{path.parent.name}/{path.stem}" for path in paths}


def test_pages_snippets_and_tests_mirror_each_other():
    snippets = names(SNIPPETS)
    others = ("blanks", "engine", "frameworks", "labs", "site")
    tests = [path for path in ROOT.glob("tests/*/test_*.py") if path.parent.name not in others]
    assert snippets
    assert {page.removesuffix(".md").replace("-", "_") for page in CONCEPTS} == snippets
    assert {name.replace("/test_", "/") for name in names(tests)} == snippets


def test_pages_show_all_lines_of_frameworks_that_are_tested_for_them():
    tested = {f"frameworks/{path.name}:{name}" for path in ROOT.glob("tests/frameworks/test_*.py")
              for name in re.findall(r"# --8<-- \[start:(\w+)\]", path.read_text("utf-8"))}
    shown = re.findall(r'--8<-- "(frameworks/.+)"', "".join((DOCS / page).read_text("utf-8") for page in CONCEPTS))
    assert set(shown) == tested and len(tested) > 10


class Loader(yaml.SafeLoader):
    """Reads `mkdocs.yml` with its tags for the environment and for paths."""


Loader.add_constructor("!ENV", lambda loader, node: loader.construct_sequence(node)[-1])
Loader.add_constructor("!relative", lambda loader, node: node.value.replace("$config_dir", str(ROOT)))


def python_blocks(page):
    """The Python blocks of a page in order, as a reader copies them."""
    listed = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Loader)["markdown_extensions"]
    options = next(entry["pymdownx.snippets"] for entry in listed if "pymdownx.snippets" in entry)
    text = (DOCS / page).read_text("utf-8")
    text = re.sub(r'(?m)^ *--8<-- ".*\.txt"\n', "", text)
    converter = markdown.Markdown(extensions=["pymdownx.snippets"], extension_configs={"pymdownx.snippets": options})
    text = "\n".join(converter.preprocessors["snippet"].run(text.split("\n")))
    return [textwrap.dedent(code) for _, code in re.findall(r"(?ms)^( *)```python[^\n]*\n(.*?)^\1``` *$", text)]


IN_TURN = """
import json, sys, traceback

for page, code in json.load(sys.stdin).items():
    try:
        exec(compile(code, page, "exec"), {"__name__": "__main__"})
    except BaseException:
        traceback.print_exc()
"""


def test_blocks_of_each_page_run_one_after_the_other_with_nothing_before(tmp_path):
    pages = {page: python_blocks(page) for page in CONCEPTS}
    assert min(map(len, pages.values())) > 1
    run = subprocess.run(
        [sys.executable, "-I", "-c", IN_TURN],
        input=json.dumps({page: "\n".join(blocks) for page, blocks in pages.items()}),
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == 0 and run.stderr == ""


# The form of a page


def open_code(page):
    """The blocks of Python that stand in the open, each as its lines that are not empty."""
    folded = {textwrap.dedent(code) for code in python_blocks(page)}
    text = head.FOLD.sub("", (DOCS / page).read_text("utf-8"))
    shown = []
    for names in re.findall(r"(?ms)^```python\n(.*?)^```$", text):
        parts = [section(found[1], found[2]) for found in re.finditer(r'--8<-- "([^":]+):(\w+)"', names)]
        shown.append([line for part in parts for line in part.splitlines() if line.strip()])
    assert len(shown) < len(folded)
    return shown


@pytest.mark.parametrize("page", CONCEPTS)
def test_what_stands_in_the_open_is_mathematics_and_little_enough_to_be_read(page):
    blocks = open_code(page)
    lines = [line for block in blocks for line in block]
    assert [line for line in lines if re.match("def (print|figure)_|figure_", line)] == []
    assert sum(map(len, blocks)) <= 70 and max(map(len, blocks), default=0) <= 30


@pytest.mark.parametrize("page", CONCEPTS)
def test_the_reader_guesses_before_each_slider_and_each_misconception_and_keeps_three_lines(page):
    text = (DOCS / page).read_text("utf-8")
    snippet = (ROOT / "snippets" / page.replace("-", "_")).with_suffix(".py").read_text("utf-8")
    for label in re.findall(r"(?m)^figure_(\w+)\.slider = ", snippet):
        assert re.search(rf"(?m)^ *\*\*Guess first\.\*\* .*\?.*\n\n *!\[[^\]]*\]\(\S*/{label}\.svg\)", text), label
    wrong = text[text.index("\n## What goes wrong\n") :]
    assert re.match(r'\n## What goes wrong\n\n\*\*Guess first\.\*\* .*\?.*\n\n\?\?\? question "The answer"\n\n    \S', wrong)
    three = re.search(r'(?m)^!!! abstract "In three lines"\n\n((?:    \d\. .+\n)+)\n## Exercises$', text)
    assert re.findall(r"(?m)^    (\d)\. .*\.$", three[1]) == ["1", "2", "3"] and "    3. To a friend: " in three[1]


def test_no_page_takes_a_beginner_longer_than_twenty_minutes(site):
    head = r'<p class="head">Builds on .* · (\d+) minutes, and the exercises · You will be able to '
    times = {page: int(re.search(head, (site / built(page)).read_text("utf-8"))[1]) for page in CONCEPTS}
    assert {page: time for page, time in times.items() if not 5 <= time <= 20} == {}


def test_the_rule_for_the_minutes_is_the_one_that_is_told():
    told = re.search(r"(?s)## Timed\n\n(.*?)\n\n##", (DOCS / "how-this-site-is-checked.md").read_text("utf-8"))[1]
    numbers = [float(number) for number in re.findall(r"[\d.]*\d", told)]
    assert numbers == [head.WORD, head.FORMULA, head.LINE, head.OUTPUT, head.FIGURE, head.SLIDER, 20]


def test_every_image_has_a_sentence_for_those_who_do_not_see_it(documents):
    images = [(path, image) for path, document in documents.items() for image in document.images]
    assert images
    assert [
        (path, image["src"]) for path, image in images if len(image["alt"]) < 40 or not image["alt"].endswith(".")
    ] == []


def test_images_have_a_size_before_they_are_loaded(documents):
    images = [image for document in documents.values() for image in document.images]
    assert [image["src"] for image in images if not (int(image["width"]) > 0 and int(image["height"]) > 0)] == []


def test_links_and_anchors_lead_somewhere(site, documents):
    home = urlsplit(documents["index.html"].meta["og:url"])
    broken = []
    for path, document in documents.items():
        for link in document.links + document.requests:
            address = urlsplit(urljoin(home._replace(path=f"/{path}").geturl(), link))
            if address.netloc != home.netloc or address.scheme not in ("http", "https"):
                continue
            target = unquote(address.path).lstrip("/")
            target = posixpath.join(target, "index.html") if not target or target.endswith("/") else target
            if not (site / target).is_file():
                broken.append((path, link))
            elif (
                address.fragment
                and target.endswith(".html")
                and unquote(address.fragment) not in documents[target].anchors
            ):
                # The theme's own switches (search, drawer) are anchors that its script makes.
                if not address.fragment.startswith("__"):
                    broken.append((path, link))
    assert broken == []


def test_nothing_is_requested_from_another_host(site, documents):
    found = {
        path: [request for request in document.requests if elsewhere(request)] for path, document in documents.items()
    }
    for path in site.rglob("*.css"):
        found[path.name] = [request for request in addresses(path.read_text("utf-8")) if elsewhere(request)]
    for path in site.rglob("*.svg"):
        text = path.read_text("utf-8")
        linked = re.findall(r'(?:href|src)="([^"]*)"', text) + addresses(text)
        found[path.name] = [request for request in linked if not request.startswith("#")]
    script = (site / "assets/site.js").read_text("utf-8")
    found["site.js"] = re.findall(r"https?:|\bfetch\b|XMLHttpRequest|sendBeacon|WebSocket|import\(", script)
    assert {path: requests for path, requests in found.items() if requests} == {}
    # With this part on a page, the theme would ask a forge for the stars of the repository.
    assert [path for path, document in documents.items() if "source" in document.components] == []


def test_twins_are_equal():
    found = {}
    for path in SNIPPETS:
        source = path.read_text("utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
                found.setdefault(node.name, {})[f"{path.parent.name}/{path.name}"] = "\n".join(lines)
    assert [sorted(where) for where in found.values() if len(where) > 1]
    assert {name: sorted(where) for name, where in found.items() if len(set(where.values())) > 1} == {}


def test_labs_are_light_and_look_like_the_other_pages(site):
    assert LABS
    classes = {name for page in CONCEPTS for name in classes_of(site / built(page))}
    for page in LABS:
        text = (site / built(page)).read_bytes()
        assert compressed(text) <= 150 * KIB
        assert classes_of(site / built(page)) <= classes
        assert text.count(b"<style") == (site / built(CONCEPTS[0])).read_bytes().count(b"<style")
        assert b"@@" not in re.sub(rb"<code>.*?</code>", b"", text, flags=re.DOTALL)


def classes_of(path):
    return {name for found in re.findall(r'class="([^"]*)"', path.read_text("utf-8")) for name in found.split()}


def test_notebooks_of_labs_lead_to_pages_of_the_site(site, documents, address):
    for page in LABS:
        name = page.removeprefix("labs/").removesuffix(".py")
        links = documents[built(page)].links
        for file in (f"{name}.ipynb", f"{name}-solved.ipynb"):
            assert f"../../downloads/labs/{file}" in links
            cells = json.loads((site / "downloads/labs" / file).read_text("utf-8"))["cells"]
            assert any(cell.get("outputs") for cell in cells) == file.endswith("-solved.ipynb")
            text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
            found = re.findall(r"\]\(([^)]+)\)", text)
            assert len(found) > 3
            for link in found:
                assert link.startswith(address)
                path, _, anchor = link.removeprefix(address).partition("#")
                assert path in ("", *map(url_of, PAGES))
                assert not anchor or anchor in documents[f"{path}index.html"].anchors


def url_of(page):
    return built(page).removesuffix("index.html")


def test_figures_are_light(site):
    weights = {
        path.relative_to(site).as_posix(): compressed(path.read_bytes()) for path in site.rglob("figures/**/*.svg")
    }
    assert weights
    assert {path: weight for path, weight in weights.items() if weight > 30 * KIB} == {}


def test_sliders_are_light(site):
    sliders = {}
    for path in site.rglob("figures/**/*.svg"):
        if found := re.fullmatch(r"(.*)\.(\d+)\.svg", path.relative_to(site).as_posix()):
            sliders.setdefault(found[1], []).append(path.read_bytes())
    assert sliders
    assert {name: len(frames) for name, frames in sliders.items() if not 1 < len(frames) <= 16} == {}
    weights = {name: compressed(*frames) for name, frames in sliders.items()}
    assert {name: weight for name, weight in weights.items() if weight > 150 * KIB} == {}


def module(path):
    spec = importlib.util.spec_from_file_location(f"shown_{path.stem}", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


AXES = re.compile(r'<g id="axes_\d+">')
BOX = re.compile(r'\s*<g id="patch_\d+">\s*<path d="([^"]*)" style="fill: none"/>')
TICK = re.compile(
    r'<g id="[xyz]tick_\d+">(?:(?!<g id="[xyz]tick_).)*?<use [^>]*?x="([-\d.]+)" y="([-\d.]+)"[^>]*/>\s*</g>\s*</g>'
    r'(?:\s*<g id="text_\d+">\s*<!-- (.*?) -->)?',
    re.DOTALL,
)


def axes_of(svg):
    """Where the axes and their labelled ticks stand in a drawn figure, in points, and what the labels say."""
    places, labels = [], []
    for part in AXES.split(svg)[1:]:
        ticks = [tick for tick in TICK.findall(part) if tick[2]]
        if ticks and (box := BOX.match(part)):
            places += re.findall(r"-?[\d.]+", box[1])
        places += [number for x, y, _ in ticks for number in (x, y)]
        labels.append([label for *_, label in ticks])
    return np.array(places, dtype=float), labels


def frame_of_axes(figure):
    """Where the axes stand in a figure, and what they span."""
    figure.draw_without_rendering()
    places = []
    for ax in figure.axes:
        limits = [*ax.get_xlim(), *ax.get_ylim(), *(ax.get_zlim() if hasattr(ax, "get_zlim") else ())]
        places.append([*ax.get_position().bounds, *limits])
    return np.array(places)


def frames_drawn_again(name):
    """Where the axes stand in all frames of a slider with an axes without ticks: its function must be asked."""
    import matplotlib.pyplot as plt
    from cycler import cycler

    chapter, concept, label = name.split("/")
    function = vars(module(ROOT / f"snippets/{chapter}/{concept}.py"))[f"figure_{label}"]
    parameter, values, *_ = function.slider
    with contextlib.ExitStack() as stack:
        stack.enter_context(plt.rc_context({"backend": "agg", **FIGURE, "axes.prop_cycle": cycler(color=CYCLE)}))
        stack.callback(plt.close, "all")
        return [frame_of_axes(function(**{parameter: value})) for value in values]


def test_axes_stand_still_while_a_slider_moves(site):
    # Text that grows moves axes just as well as data do: look at all frames, as they are drawn.
    sliders = {}
    for path in sorted(site.rglob("figures/**/*.svg")):
        if found := re.fullmatch(r"figures/(.*)\.(\d+)\.svg", path.relative_to(site).as_posix()):
            sliders.setdefault(found[1], []).append(axes_of(path.read_text("utf-8")))
    assert sliders
    without_ticks = [name for name, frames in sliders.items() if not all(frames[0][1])]
    for name, ((first, labels), *others) in sliders.items():
        for places, written in others:
            assert written == labels, name
            np.testing.assert_allclose(places, first, atol=0.5, err_msg=name)
    for name in without_ticks:
        first, *others = frames_drawn_again(name)
        for places in others:
            np.testing.assert_allclose(places, first, atol=2e-3, err_msg=name)


def test_the_script_is_small():
    assert compressed((DOCS / "assets/site.js").read_bytes()) < 3 * KIB


def luminance(colour):
    """The relative luminance of `#rrggbb`, as WCAG 2 defines it."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def test_contrast_is_the_one_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_palette_can_be_read_on_the_paper(scheme):
    paper = PALETTE["paper"][scheme]
    # The four meanings are text as well: links, and words in figures. Grid lines ("line") carry nothing.
    text = {
        name: contrast(colours[scheme], paper) for name, colours in PALETTE.items() if name not in ("line", "paper")
    }
    assert {name: ratio for name, ratio in text.items() if ratio < 4.5} == {}


def rules(scheme):
    """The custom properties that the stylesheet gives to a scheme."""
    css = (DOCS / "assets/site.css").read_text("utf-8")
    blocks = re.findall(rf'^\[data-md-color-scheme="{scheme}"\] {{(.*?)^}}', css, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"--([\w-]+):\s*(#\w{6});", "".join(blocks)))


@pytest.mark.parametrize("at, scheme", [(0, "default"), (1, "slate")])
def test_stylesheet_and_figures_share_their_colours(at, scheme):
    found = rules(scheme)
    assert {name: found[name] for name in ("paper", "ink", "muted", "function", "derivative")} == {
        name: PALETTE[name][at] for name in ("paper", "ink", "muted", "function", "derivative")
    }
    assert found["rule"] == PALETTE["line"][at]


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_code_can_be_read(scheme):
    found = rules(scheme)
    code = {name: contrast(colour, found["wash"]) for name, colour in found.items() if "code-hl" in name}
    assert len(code) > 5
    assert {name: ratio for name, ratio in code.items() if ratio < 4.5} == {}


def test_every_colour_of_a_figure_follows_the_scheme(site):
    own = {f"var(--{name}, {light})" for name, (light, _) in PALETTE.items()}
    own |= {f"var(--{name}, {colour})" for colour, name in ALIASES.items()}
    strange, seen = {}, set()
    for path in site.rglob("figures/**/*.svg"):
        text = path.read_text("utf-8")
        found = set(re.findall(r"\b(?:fill|stroke|stop-color|color)(?::\s*|=\")([^;\"]+)", text))
        seen |= found
        patterns = {
            f"url(#{name})" for name in re.findall(r'<pattern id="(\w+)"', text)
        }  # hatches, of colours seen here
        if other := found - own - {"none"} - patterns:
            strange[path.relative_to(site).as_posix()] = sorted(other)
    assert len(seen & own) > 3
    assert strange == {}


def test_sitemap_lists_every_page(site, documents):
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    listed = [element.text for element in etree.parse(site / "sitemap.xml").iter(f"{space}loc")]
    assert sorted(listed) == sorted(
        document.meta["og:url"] for path, document in documents.items() if path != "404.html"
    )
    assert {path for path in documents if path != "404.html"} == {built(page) for page in PAGES + THEOREMS}


def test_search_knows_every_page(site):
    index = json.loads((site / "search/search_index.json").read_text("utf-8"))["docs"]
    known = {entry["location"].split("#")[0]: entry for entry in index}
    assert set(known) == {built(page).removesuffix("index.html") for page in PAGES}
    assert all(entry["title"] for entry in index)


def test_every_page_says_what_it_is(site, documents):
    said = {"description", "og:type", "og:site_name", "og:title", "og:description", "twitter:card"}
    for path, document in documents.items():
        assert {name for name in said if document.meta.get(name)} == said, path
        if path != "404.html":
            assert urlsplit(document.meta["og:url"]).path == "/" + path.removesuffix("index.html")
            assert (site / urlsplit(document.meta["og:image"]).path.lstrip("/")).is_file(), (
                "the preview is no file of the site"
            )
    descriptions = [documents[built(page)].meta["description"] for page in CONCEPTS + LABS]
    assert len(set(descriptions)) == len(CONCEPTS + LABS)
    for path in documents:
        assert (site / path).read_text("utf-8").count('<meta name="description"') == 1, path


def test_tooltips_are_words_and_each_stands_once_on_a_page(documents):
    for page in CONCEPTS + LABS:
        tooltips = documents[built(page)].tooltips
        assert tooltips
        assert len(set(tooltips)) == len(tooltips)
        assert [text for text in tooltips if set(text) & set("\\$[]_^")] == []


def formulas():
    """The rows of the cheat sheet: page, TeX, the link to the test, and its name in words."""
    rows = [
        row.strip("|").split(" | ") for row in (DOCS / "cheat-sheet.md").read_text("utf-8").splitlines() if "](" in row
    ]
    return [
        pytest.param(
            re.search(r"]\(([^)#]+)", what)[1], tex, *re.fullmatch(r'\[✓]\((\S+)\){ aria-label="(.+)" } *', proof).groups(), id=what
        )
        for what, tex, proof in rows
    ]


@pytest.mark.parametrize(("page", "tex", "link", "words"), formulas())
def test_each_formula_of_the_cheat_sheet_is_proved_by_a_test_of_its_concept(page, tex, link, words):
    chapter, concept = page.removesuffix(".md").replace("-", "_").split("/")
    test = link.split("#")[-1]
    assert "$" in tex
    assert link == f"theorems/{page}#{test}" and words == sentence(test)  # that the anchor is there is seen by the build
    assert hasattr(module(ROOT / "tests" / chapter / f"test_{concept}.py"), test)


def quoted(page):
    """What a page says that goes wrong: the bold sentences of that section."""
    section = re.search(r"(?ms)^## What goes wrong\n(.*?)(?=^## |\Z)", (DOCS / page).read_text("utf-8"))
    return [bold for bold in re.findall(r"(?m)^\*\*(.+?)\*\*", section[1]) if bold != "Guess first."]


def test_every_misconception_of_the_pages_is_in_the_index_in_their_order():
    index = (DOCS / "what-goes-wrong.md").read_text("utf-8")
    entries = re.findall(r"(?m)^\[(.+)\]\((\S+)#what-goes-wrong\)\n:   \S.+[.!?]$", index)
    order = re.findall(r"(?m)^ +- (\w+/[\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"))
    assert set(order) >= set(CONCEPTS)
    assert entries == [(words, page) for page in order if page in CONCEPTS for words in quoted(page)]
    assert all(quoted(page) for page in CONCEPTS)


def test_the_counts_are_those_of_the_built_site(site, documents):
    table = (site / "how-this-site-is-checked/index.html").read_text("utf-8")
    cells = dict(re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td></tr>", table))
    counted = {
        what: int(re.match(r"[\d,]+", much)[0].replace(",", "")) for what, much in cells.items() if much[0].isdigit()
    }
    drawn = {str(path) for path in site.rglob("figures/**/*.svg")}
    frames = {name for name in drawn if re.search(r"\.\d+\.svg$", name)}
    ours = [path for path in (ROOT / "tests").rglob("test_*.py") if path.parent.name != "frameworks"]  # which need more
    functions = {
        path: [n.name for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.FunctionDef)]
        for path in ours
    }
    tests = {path: sum(name.startswith("test_") for name in names) for path, names in functions.items()}
    machinery = sum(tests[path] for path in ours if path.parent.name in ("blanks", "engine", "labs", "site"))
    tasks = sum((DOCS / lab).read_text("utf-8").count("# end of blank") for lab in LABS)
    html = "".join(path.read_text("utf-8") for path in site.rglob("*.html"))
    assert counted["pages, each on one concept"] == len(CONCEPTS)
    assert counted["formulas"] == html.count("</math>")
    assert counted["figures drawn by snippets and labs"] == len(drawn) - len(frames)
    assert counted["of these with a slider"] == len(set(re.findall(r'data-frames="[./]*(.*?)"', html)))
    assert counted["misconceptions, most of them run"] == sum(len(quoted(page)) for page in CONCEPTS)
    assert counted["tasks of the labs, each with a check and a solution"] == tasks > 0
    assert counted["exercises with a solution"] == html.count('<details class="success">') - tasks
    assert counted["tests of the machinery and of the built site"] == machinery
    assert counted["theorems: tests of the maths, each named as a statement"] == sum(tests.values()) - machinery


def test_pages_are_edited_where_the_repository_is(documents):
    files = {page: f"docs/{page}" for page in PAGES}
    files |= {f"theorems/{page}": f"tests/{'/test_'.join(page.removesuffix('.md').replace('-', '_').split('/'))}.py" for page in CONCEPTS}
    for page, file in files.items():
        assert f"https://forge.test/site/edit/main/{file}" in documents[built(page)].links
