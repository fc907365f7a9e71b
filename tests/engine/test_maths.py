"""TeX becomes MathML that says what the TeX says, or an error; never something else without a word."""

import io
import logging
import re
import time
import xml.etree.ElementTree as etree

import pytest
from fontTools.ttLib import TTFont
from markdown import markdown

from snippets._build.pages import maths
from snippets._build.pages.maths import MathError, math_font, mathml
from snippets._build.kept import Keeper

EXTENSION = "snippets._build.pages.maths"


def tree(tex, display=True):
    return etree.fromstring(mathml(tex, display).replace("&ApplyFunction;", ""))


def tags(tex):
    return [element.tag for element in tree(tex).iter()]


def text(tex):
    return "".join(tree(tex).itertext())


# What a formula becomes


@pytest.mark.parametrize(
    ("tex", "expected"),
    {
        r"\frac{1}{2}": "mfrac",
        r"\sqrt{x}": "msqrt",
        r"\sqrt[3]{x}": "mroot",
        "x_1": "msub",
        "x^2": "msup",
        "x_1^2": "msubsup",
        r"\hat y": "mover",
        r"\bar y": "mover",
        r"\dot y": "mover",
        r"\underbrace{x + y}_{\text{sum}}": "munder",
        r"\lim_{h \to 0} h": "munder",
        r"\sum_{i=1}^n i": "munderover",
        r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}": "mtable",
        r"\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases}": "mtable",
        r"\begin{aligned} y &= x \\ &= 2 \end{aligned}": "mtable",
        r"5\unit{marks}": "mtext",
    }.items(),
)
def test_formula_has_its_element(tex, expected):
    assert expected in tags(tex)


@pytest.mark.parametrize(
    ("tex", "expected"),
    {
        "f'(x)": "f′(x)",
        "f''(x)": "f″(x)",
        r"\ddot y": "y¨",
        r"\dots": "...",
        r"\vec{w}": "𝐰",
        r"\mat{\Sigma}": "𝚺",
        r"\R^n": "ℝn",
        r"\d x": "dx",
        r"\mat{A}\T": "𝐀𝖳",
        r"\argmin_w L": "arg minwL",
        r"\nabla L \cdot \vec{u}": "∇L⋅𝐮",
        r"\frac{\partial L}{\partial w}": "∂L∂w",
        r"\lVert x \rVert": "‖x‖",
        r"5\,\%": "5%",
        r"\overbrace{x}^{n}": "x⏞n",
    }.items(),
)
def test_formula_prints_its_characters(tex, expected):
    assert text(tex).replace("\N{THIN SPACE}", " ") == expected


def test_a_prime_stands_beside_its_letter_because_the_font_has_raised_it_already():
    numerator, denominator = tree(r"\frac{f'}{g}").find(".//mfrac")
    assert [part.text for part in numerator] == ["f", "′"]
    assert denominator.text == "g"
    assert "msup" not in tags("f'(x)") + tags("(c f)'") + tags(r"\ln' x") and "msubsup" in tags("f'_i")


def test_matrix_has_a_cell_for_each_entry():
    table = tree(r"\begin{pmatrix} a & b & c \\ d & e & f \end{pmatrix}").find(".//mtable")
    assert [["".join(cell.itertext()) for cell in row] for row in table] == [["a", "b", "c"], ["d", "e", "f"]]


def test_only_a_displayed_formula_is_a_block():
    assert tree("x", display=True).get("display") == "block"
    assert tree("x", display=False).get("display") is None


def test_tex_is_kept_as_alternative_text_and_escaped():
    tex = r'a < b \text{ "and" } c'
    code = mathml(tex, display=False)
    assert 'alttext="a &lt; b \\text{ &quot;and&quot; } c"' in code
    assert etree.fromstring(code).get("alttext") == tex
    assert ">&lt;<" in code
    assert 'alttext="\\begin{matrix} a &amp; b \\end{matrix}"' in mathml(r"\begin{matrix} a & b \end{matrix}", True)


# What is refused


@pytest.mark.parametrize(
    ("tex", "why"),
    {
        r"\begin{aligned} a \\[6pt] b \end{aligned}": "a row distance",
        r"\begin{aligned} a \\ [6pt] b \end{aligned}": "a row distance",
        r"\begin{aligned} a \\* b \end{aligned}": "its star",
        r"a \\ b": "a line break outside of an environment",
        r"a \newline b": "a line break outside of an environment",
        r"\begin{bmatrix}[r] a \end{bmatrix}": "the option of an environment",
        r"\begin{aligned}[t] a \end{aligned}": "the option of an environment",
        "50 % of": "a comment",
        r"x \label{x}": "not numbered",
        r"\eqref{x}": "not numbered",
        r"\begin{equation} x \end{equation}": "not numbered",
        r"\begin{align} x &= 1 \end{align}": "not numbered",
        r"\text{5\% of}": "the space after a sign",
        r"\text{a -- b}": "two hyphens",
        r"A^\T": "raised already",
        r"\cancel{x}": "neither boxes nor strokes",
        r"\boxed{x}": "neither boxes nor strokes",
        r"a \backslash b": "printed as it stands",
        r"\sum_{\substack{i < n}} i": r'Unknown command "\substack"',
        r"\unknown": r'Unknown command "\unknown"',
        r"\frac{1": "Expected",
        "x^a^b": "Duplicate",
        "a & b": "table-like",
    }.items(),
)
def test_what_would_be_shown_wrongly_is_an_error(tex, why):
    with pytest.raises(MathError) as error:
        mathml(tex, display=True)
    assert why in str(error.value)
    assert not str(error.value)[0].isdigit()


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{aligned} a \\ b \end{aligned}",
        r"\begin{array}{cc} a & b \end{array}",
        r"\begin{align*} x &= 1 \end{align*}",
        r"5\%",
        r"\text{5\%} x - y",
        r"x^2\T",
        r"[0, 1]",
    ],
)
def test_what_is_shown_rightly_is_none(tex):
    assert mathml(tex, display=True).startswith("<math")


# In Markdown


def test_dollars_make_formulas():
    page = markdown("A $x$ inline.\n\n$$\ny < 2\n$$\n", extensions=[EXTENSION])
    assert f"<p>A <span>{mathml('x', False)}</span> inline.</p>" in page
    assert re.search(r'<div [^>]*class="formula"[^>]*>' + re.escape(mathml("y < 2", True)), page)


def test_code_stays_code():
    assert "<math" not in markdown("`$x$` and \\$5 and 6\\$", extensions=[EXTENSION])


def test_formula_in_emphasis_and_over_two_lines():
    page = markdown("*a $x\n+ y$ b*", extensions=[EXTENSION])
    assert 'alttext="x + y"' in page and page.startswith("<p><em>a ")


def test_macro_of_one_formula_does_not_reach_the_next():
    assert "tex-fault" in markdown(r"$\newcommand{\leak}{x}\leak$ $\leak$", extensions=[EXTENSION])


@pytest.mark.parametrize("dollars", ["$", "$$"])
def test_faulty_formula_stays_visible_and_is_logged(caplog, dollars):
    with caplog.at_level(logging.ERROR):
        page = markdown(f"{dollars}\\no < \\way{dollars}", extensions=[EXTENSION])
    assert '<code class="tex-fault" title="Unknown command &quot;\\no&quot;">\\no &lt; \\way</code>' in page
    assert "arithmatex" not in page
    assert [record.getMessage() for record in caplog.records] == ['Unknown command "\\no" in $\\no < \\way$']
    assert caplog.records[0].name == EXTENSION


# The font


@pytest.fixture(scope="module")
def formulas():
    """Characters of formulas as the site has them."""
    tex = r"\sqrt{\frac{x}{2}} \left( \sum_{i=1}^n \hat{y}_i \right] \vec{w}\T \underbrace{\nabla L}_{\R^n} \alpha f'(x) \begin{bmatrix} 1 \end{bmatrix}"
    return maths.characters(mathml(tex, True))


@pytest.fixture(scope="module")
def made(formulas, tmp_path_factory):
    return math_font(formulas, Keeper(tmp_path_factory.mktemp("cache")))


def test_font_draws_all_characters_of_the_formulas(made, formulas):
    drawn = set(map(chr, TTFont(io.BytesIO(made)).getBestCmap()))
    assert {c for c in formulas if c.isprintable() and not c.isspace()} <= drawn
    assert set("√∑()[]⏟𝐰ℝ𝑥𝛼𝖳∇′") <= drawn  # Latin and Greek italics, as browsers draw a lone letter
    assert "Q" not in drawn


def test_font_stretches_roots_brackets_and_braces(made):
    font = TTFont(io.BytesIO(made))
    names, glyphs = font.getBestCmap(), set(font.getGlyphOrder())
    variants = font["MATH"].table.MathVariants
    upright = dict(zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True))
    level = dict(zip(variants.HorizGlyphCoverage.glyphs, variants.HorizGlyphConstruction, strict=True))
    for character, constructions in (("√", upright), ("(", upright), ("]", upright), ("∑", upright), ("⏟", level)):
        construction = constructions[names[ord(character)]]
        larger = [record.VariantGlyph for record in construction.MathGlyphVariantRecord]
        assert len(larger) > 1 and set(larger) <= glyphs
        parts = construction.GlyphAssembly.PartRecords if construction.GlyphAssembly else []
        assert bool(parts) == (character != "∑")
        assert {part.glyph for part in parts} <= glyphs
        assert all(font["glyf"][name].numberOfContours for name in larger if "glyf" in font)


def test_font_is_small_and_carries_its_licence(made):
    assert made[:4] == b"wOF2"
    font = TTFont(io.BytesIO(made))
    tables = [table for lookup in font["GSUB"].table.LookupList.Lookup for table in lookup.SubTable]
    others = {name for table in tables for name in getattr(table, "alternates", ())}
    assert len(made) < 20_000 and others == {font.getBestCmap()[ord("′")]}
    assert "Open Font License" in font["name"].getDebugName(13)


def test_font_is_cut_once_and_the_same_every_time(tmp_path, monkeypatch):
    first = math_font("x√", Keeper(tmp_path))
    time.sleep(1.1)  # a font tells the second in which it was saved
    again = math_font("x√", Keeper(tmp_path / "elsewhere"))
    assert first == again
    monkeypatch.delattr(maths, "_subset")
    assert math_font("√xx", Keeper(tmp_path)) == first


def test_a_damaged_font_is_cut_again(tmp_path):
    first = math_font("x", Keeper(tmp_path))
    (file,) = (tmp_path / "font").iterdir()
    for damage in (b"", file.read_bytes()[:-10]):
        file.write_bytes(damage)
        assert math_font("x", Keeper(tmp_path)) == first


def test_font_is_made_without_a_cache(tmp_path):
    (tmp_path / "file").touch()
    assert math_font("x", Keeper(tmp_path / "file"))[:4] == b"wOF2"
