"""The rooms through which a page goes, each by itself: one page can go through them alone."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from markdown import Markdown
from pygments.lexers import PythonLexer

from snippets._build.engine.render import Report
from snippets._build.fault import Fault
from snippets._build.kept import Keeper
from snippets._build.pages import html
from snippets._build.pages.colours import FIRST, quicken
from snippets._build.pages.figures import Figures
from snippets._build.pages.head import minutes, with_head
from snippets._build.pages.markdown import checked, glossary_of, lines, with_results
from snippets._build.pages.page import Page, front_matter
from snippets._build.pages.site import Site, asked_size
from tests.conftest import ROOT

SVG = '<svg width="72pt" height="36pt"/>'
ALT = "A picture of something, told in a whole sentence."


class Given:
    """What a site gives to a page: one figure with a slider, one result, one failure, one that is waited for."""

    report = Report(
        results={"c/a/drawn.svg": SVG, "c/a/said.txt": "1 < 2\n"},
        sliders={"c/a/drawn.svg": {"parameter": "step size", "labels": ["1 h", "2 h"], "default": 1}},
    )
    root = Path("nowhere")  # where there is no blank
    pages = {}
    glossary = {"slope": "rise over run"}
    titles = {"c/p.md": "The page"}
    sizes = {"c/a/drawn.svg": ["96", "48"], "c/b/late.svg": ["10", "20"]}

    def size(self, name):
        return self.sizes.get(name)

    def waits_for(self, name):
        return name.startswith("c/b/")

    def failure(self, name):
        return Fault("snippets/c/bad.py", 3, "ValueError: no") if name.startswith("c/bad/") else None

    def theorems(self, name):
        return {"test_newton_arrives": ["SymPy"], "test_of_two": []}

    def included(self, path):
        return ("# --8<-- [start:part]\n", None) if path == "c/a.py" else (None, f"there is no {path}")


def page(text):
    return Page("c/p.md", "docs/c/p.md", text, {}, url="c/p/")


def converted(text):
    ours = page(text)
    figures = Figures(Given())
    figures.page = ours
    return Markdown(extensions=["abbr", figures]).convert(text), ours


def test_markdown_names_its_results_and_takes_down_what_it_shows():
    ours = page('---\na: 1\n---\n\n--8<-- "c/a.py:part"\n--8<-- "c/a/said.txt"\n--8<-- "c/b/later.txt"\n--8<-- "c/a/no.txt"\n--8<-- "c/a.py:no"\n--8<-- "no.py"\n--8<-- "c/bad/x.txt"\n')
    text = checked(ours.text.split("---\n")[2], ours, Given())
    assert ours.used == {"c/a.py:part", "c/a/said.txt", "c/b/later.txt", "c/a/no.txt", "c/bad/x.txt"}
    assert [(fault.line, fault.message) for fault in ours.faults] == [
        (8, "no snippet prints c/a/no.txt"), (9, "c/a.py has no section no"), (10, "there is no no.py"),
    ]  # fmt: skip
    assert '--8<-- "c/a.py:part"' in text and "said.txt" in text and "snippets/c/bad.py:3: ValueError: no" in text
    shown = with_results(text, Given.report.results)
    assert "\n1 &lt; 2\n" in shown and "This is being computed." in shown
    assert text.endswith("*[slope]: rise over run\n") and ours.made_of == ["# --8<-- [start:part]\n"]


def test_figure_has_its_size_and_its_slider():
    text, ours = converted(f"![{ALT}](../figures/c/a/drawn.svg) after")
    assert ours.faults == [] and ours.used == {"c/a/drawn.svg"}
    assert 'data-frames="../../figures/c/a/drawn"' in text and 'data-values="1 h|2 h"' in text
    assert re.search(r'<img [^>]*height="48"[^>]*width="96"', text) and text.endswith("</span> after</p>")
    # It begins at the beginning; paper and a screen without scripts have the frame of which the text speaks.
    assert "<output>1 h</output>" in text and re.search('<img [^>]*src="../figures/c/a/drawn.0.svg"', text)
    assert '<input aria-valuetext="1 h" autocomplete="off" max="1" min="0" step="1" type="range" value="0"' in text
    assert re.search(r'<source media="print, \(scripting: none\)" srcset="../../figures/c/a/drawn.svg" />', text)
    assert '<button aria-label="Play" type="button">▶</button>' in text


def test_slider_of_which_the_text_speaks_at_its_beginning_begins_with_the_plain_file(monkeypatch):
    monkeypatch.setitem(Given.report.sliders["c/a/drawn.svg"], "default", 0)
    text, _ = converted(f"![{ALT}](../figures/c/a/drawn.svg)")
    assert re.search('<img [^>]*src="../figures/c/a/drawn.svg"', text) and 'srcset="../../figures/c/a/drawn.svg"' in text


def test_line_below_the_opening_sentence_says_what_one_needs_and_gets():
    text = "# Title\n\nOne sentence,\nof two lines.\n\nMore words.\n"
    ours = Page("c/p.md", "docs/c/p.md", text, {"prerequisites": ["c/p.md", "d/q.md"], "goal": "read"}, url="c/p/")
    head = "Builds on [The page](p.md), [d/q.md](../d/q.md) · 7 minutes, and the exercises · You will be able to read.\n{: .head }\n"
    assert with_head(text, ours, Given.titles, 7) == f"# Title\n\nOne sentence,\nof two lines.\n\n{head}\nMore words.\n"
    ours.front["prerequisites"] = []
    assert "Builds on school algebra · 7" in with_head(text, ours, {}, 7)
    ours.front["goal"] = None
    assert with_head(text, ours, {}, 7) == text


MINUTE = " ".join(["word"] * 171)  # a little less, as 0.35 s each


@pytest.mark.parametrize(
    "text, expected",
    [
        ("word", 1),
        (f"{MINUTE}\n\n{MINUTE}\n\n{MINUTE}\n", 3),
        (f"{MINUTE}\n\n??? note\n\n    {MINUTE}\n\n    {MINUTE}\n\n{MINUTE}\n", 2),
        (f"{MINUTE} <!-- = {MINUTE} -->\n\n{MINUTE}\n", 2),
        (f"{MINUTE}\n\n## Exercises\n\n{MINUTE}\n", 1),
        ("$$\n1\n$$\n\n" * 8, 2),
        ("```python\ninclude\n```\n" * 2, 4),
        ("```text\nx\n```\n" * 6, 2),
        ("![A picture](a.svg)\n" * 6, 2),
        ("![A picture](../figures/c/a/drawn.svg)\n" * 4, 3),
    ],
)
def test_minutes_are_those_of_words_formulas_code_outputs_and_figures(text, expected):
    assert minutes(text, lambda row: 30, Given.report.sliders) == expected


def test_lines_of_code_are_those_of_the_section_that_is_shown():
    class Source(Given):
        def included(self, path):
            return ("# --8<-- [start:a]\nx = 1\n\ny = 2\n# --8<-- [end:a]\nz = 3\n", None)

    assert [lines(Source(), row) for row in ('--8<-- "c/a.py:a"', '--8<-- "c/a.py:b"', '--8<-- "c/a.py"', "x = 1", "")] == [2, 0, 5, 1, 0]


def test_figure_that_is_waited_for_is_a_box_of_its_size():
    text, _ = converted(f"![{ALT}](../figures/c/b/late.svg)")
    assert "<img" not in text and f'aria-label="{ALT}"' in text and "width: 10px; aspect-ratio: 10 / 20" in text


@pytest.mark.parametrize(
    "image, message",
    [
        (f"![{ALT}](../figures/c/a/none.svg)", "no snippet draws ../figures/c/a/none.svg"),
        ("![short](../figures/c/a/drawn.svg)", "the image drawn.svg has no alt text of a sentence"),
        (f"![{ALT} $x$](x.png)", "the alt text of the image x.png has a formula, which nobody can hear"),
        ('<div><img src="x.png" alt="1 > 2"></div>', "the image x.png has no alt text of a sentence"),
        ("<img>", "the image  has no alt text of a sentence"),
    ],
)
def test_faulty_image_is_told_with_its_line(image, message):
    text, ours = converted(f"First.\n\n{image}\n")
    assert [fault.message for fault in ours.faults] == [message]
    assert ours.faults[0].line == (3 if "img>" not in image else 1)


def test_figure_of_a_snippet_that_failed_shows_why_and_is_no_fault_of_the_page():
    text, ours = converted(f"![{ALT}](../figures/c/bad/x.svg)")
    assert '<span class="fault" role="alert">snippets/c/bad.py:3: ValueError: no</span>' in text and ours.faults == []


def test_image_of_the_page_itself_stays_as_it_is():
    text, ours = converted(f"![{ALT}](own.png)")
    assert text == f'<p><img alt="{ALT}" src="own.png" /></p>' and ours.used == set()


def test_term_has_one_tooltip_and_none_in_headings():
    text, _ = converted("# A slope\n\nA slope, **a slope** and a slope.\n\nslope\n\n*[slope]: rise over run\n")
    assert text.count("<abbr") == 1 and "<h1>A slope</h1>" in text
    assert re.sub(r"</?abbr[^>]*>", "", text).split("</h1>")[1] == "\n<p>A slope, <strong>a slope</strong> and a slope.</p>\n<p>slope</p>"


ODD = '''@property
async def lazy(self, *, x: float = .5e-3j, _y=0x_f) -> None:
    """Say what."""
    r"\\d" rb"x" f"{x!r:>{_y}} {self.x @ 1_000}" U'%s' % b'' t"x"
    if (n := x.sum()) is not None and not n.if_ or int(n) != ~n << 3 | 1:
        match = n.match; print(match[..., ::-1], NotImplemented, __name__, n.__class__, rf, ub"")
    match n:
        case [1, *_] if n >= 2: raise KeyError from None
    type X = list[int]; del x, \
        n  # a comment: "no text"

import numpy as np, os.path
from . import lambda_, dict2
'''


def test_python_is_coloured_as_pygments_does_it():
    class Plain(PythonLexer):
        tokens = {state: list(rules) for state, rules in PythonLexer.tokens.items()}

    class Quick(Plain):
        tokens = {state: list(rules) for state, rules in PythonLexer.tokens.items()}

    Plain.tokens["root"] = [rule for rule in Plain.tokens["root"] if rule not in FIRST]
    quicken(Quick)
    quicken(Quick)
    assert len(Quick.tokens["root"]) == len(Plain.tokens["root"]) + len(FIRST)
    for text in (ODD, *(path.read_text("utf-8") for path in sorted(ROOT.glob("*/networks/*.py")))):
        assert list(Quick().get_tokens(text)) == list(Plain().get_tokens(text))


def test_html_of_code_is_lean_and_search_sees_words_only():
    block = '<div class="language-python highlight"><pre><span></span><code><span class="n">x</span><span class="nf">test_it</span></code></pre></div>'
    text = html.finished(f'<p>Words <span class="n">n</span></p>{block}')
    button = '<span class="md-code__nav"><button class="md-code__button" title="Copy to clipboard" data-clipboard-target="#code-1 code" data-md-type="copy"></button></span>'
    named = block.replace("<pre>", f"<pre>{button}").replace('highlight">', 'highlight" id="code-1">')
    assert text == f'<p>Words <span class="n">n</span></p>{named}'.replace('<span class="n">x</span>', "x").replace("test_it", '<span id="test_it">test_it</span>')
    assert 'id="code-2"' in html.finished(block * 2) and 'target="#code-2 code"' in html.finished(block * 2)
    assert html.anchors(text) == ["test_it"]
    assert html.searched(f"{text}<math><mi>x</mi></math> and more", {}) == ' Words <span class="n">n</span>  and more'


def test_search_knows_functions_terms_and_synonyms_and_no_theorems():
    code = '<div class="highlight"><pre><span class="nf">loss</span><span class="nf">print_it</span> = <span class="nf">slope</span></pre></div>'
    assert html.searched(code, {}) == " loss slope"
    theorem = '<ul><li><a href="../../theorems/a/b/#test_x">It holds</a> <small>(SymPy)</small></li></ul>'
    assert html.searched(theorem, {}) == "<ul></ul>"
    terms = html.with_terms("<dl><dt>Newton's method</dt>\n<dd>A way.</dd></dl>")
    assert terms == "<dl><dt id=\"newtons-method\">Newton's method</dt>\n<dd>A way.</dd></dl>" and html.anchors(terms) == ["newtons-method"]
    assert html.searched(terms, {}) == "<dl><h2 id=\"newtons-method\">Newton's method</h2> A way. </dl>"
    told = "<p><strong>Guess first.</strong> Why?</p><details><summary>The answer</summary><p>So.</p></details>"
    assert html.searched(told, {}).split() == ["Why?", "<details>", "So.", "</details>"]
    headings = '<h2 id="a">A<a class="headerlink" href="#a">¶</a></h2><h2 id="b">B</h2>'
    assert html.searched(headings, {"a": ["one", "two"], "b": [r"\d < 3", 4]}) == (
        '<h2 id="a">A · one, two<a class="headerlink" href="#a">¶</a></h2><h2 id="b">B · \\d &lt; 3, 4</h2>'
    )


def test_glossary_and_front_matter_are_read():
    assert glossary_of("# G\n\nslope\n:   The rise\n    over the run.\n") == {"slope": "The rise\n    over the run."}
    assert front_matter("---\na: [1]\n---\n") == {"a": [1]} and front_matter("---\n[\n---\n") == front_matter("x") == {}


def test_box_of_every_figure_has_the_size_that_the_figure_will_have(lock):
    from tests.conftest import one_at_a_time

    with one_at_a_time(lock):
        site = Site(ROOT, Keeper(ROOT / ".cache"))
    drawn = [name for name in site.report.lines if name.endswith(".svg") and not re.search(r"\.\d+\.svg$", name)]
    assert len(drawn) > 50
    asked = {}
    for name in drawn:
        module, _, file = name.rpartition("/")
        asked[name] = asked_size(site.report.sources[module], file.removesuffix(".svg"))
    assert {name: size for name, size in asked.items() if size != site.size(name)} == {}


def test_size_of_a_figure_whose_snippet_does_not_parse_is_the_usual_one():
    assert asked_size("def figure_a(:", "a") == asked_size("", "a") == ["614", "384"]


def test_a_sealed_page_lets_run_what_stands_in_it_and_nothing_else():
    head = '<head><meta charset="utf-8"><script src="a.js"></script><script id="c" type="application/json">{}</script>'
    text = html.sealed(f"{head}<script>one()</script></head><body><script>\ntwo()</script></body>")
    policy = re.search(r'<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)[1]
    digests = [base64.b64encode(hashlib.sha256(code).digest()).decode() for code in (b"one()", b"\ntwo()")]
    assert sorted(re.findall("'sha256-([^']*)'", policy)) == sorted(digests)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'" and "unsafe" not in rules["script-src"] and "http" not in policy


def test_the_figure_at_the_top_of_a_concept_is_fetched_with_the_page():
    text, _ = converted(f"![{ALT}](../figures/c/a/drawn.svg)\n\n![{ALT}](../figures/c/a/drawn.svg)\n")
    first, second = re.findall("<img [^>]*>", text)
    assert 'fetchpriority="high"' in first and "lazy" not in first and 'loading="lazy"' in second and "fetchpriority" not in second
    assert html.first_figure(text) == "../figures/c/a/drawn.0.svg" and html.first_figure("<img src='x'>") is None


def test_time_of_some_pages_is_the_sum_of_theirs_and_an_unknown_page_is_told():
    class Two(Given):
        pages = {name: Page(name, f"docs/{name}", f"---\nsummary: {MINUTE * 9}\n---\n" + f"{MINUTE} " * 29, {}) for name in ("c/p.md", "c/q.md", "index.md")}

    home = Page("index.md", "docs/index.md", "\n<!-- time: c/p.md --> <!-- time: c/p.md c/q.md --> <!-- time: all --> <!-- time: c/no.md -->", {})
    assert checked(home.text, home, Two()).startswith("\n½ hour 1 hour 1 hour ½ hour")
    assert [(fault.line, fault.message) for fault in home.faults] == [(2, "c/no.md, whose time is asked for, is no page")]
