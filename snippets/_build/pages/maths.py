"""TeX between dollars becomes MathML while Markdown is converted: `markdown_extensions: [snippets._build.pages.maths]`.

`pymdownx.arithmatex` finds the formulas, `math-core` translates them. A formula that does not translate stays visible
as `<code class="tex-fault" title="why">`, and is logged as an error, with both as its arguments: any generator can stop at it.
`math_font()` cuts the font that carries the formulas to readers whose system has none.
"""

import base64
import html
import logging
import re
import xml.etree.ElementTree as etree
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML
from pymdownx.arithmatex import ArithmatexExtension

from ..kept import key

MACROS = {
    "d": r"\mathrm{d}",  # differentials
    "R": r"\mathbb{R}",
    "vec": r"\mathbf{#1}",
    "mat": r"\mathbf{#1}",
    "unit": r"\;\text{#1}",
    "T": r"^{\mathsf{T}}",
    "argmin": r"\operatorname*{arg\,min}",
    "E": r"\operatorname{E}",  # expectation
}
# What math-core accepts and then prints or drops without a word.
SILENT = {
    r"\\\\\s*\[": r"a row distance, \\[...], would be printed",
    r"\\\\\*": r"\\* would print its star",
    r"\A(?!.*\\begin\b).*\\\\|\\newline\b": "a line break outside of an environment would be dropped",
    r"\\begin\{\w+\*?\}\s*\[": "the option of an environment, [...], would be printed",
    r"(?<!\\)%": "a comment, %, would swallow the rest",
    r"\\(label|eqref|ref)\b|\\begin\{(align|equation|gather|multline)\}": "formulas are not numbered",
    r"\\text\w*\{[^}]*\\[%#&$_] ": r"the space after a sign such as \% in a text would be dropped",
    r"\\text\w*\{[^}]*--": "two hyphens in a text would be printed; write the dash",
    r"\^\s*\{?\s*\\T\b": r"\T stands raised already",
}
LONG = 22  # signs; in the font of a system, such a formula may be wider than a phone


class MathError(ValueError):
    """TeX that cannot be shown."""


def mathml(tex, display):
    """The `<math>` element for this TeX, with the TeX as its `alttext`; raises `MathError`.

    >>> mathml("x^2", display=False)
    '<math alttext="x^2"><msup><mi>x</mi><mn>2</mn></msup></math>'
    """
    for pattern, why in SILENT.items():
        if re.search(pattern, tex):
            raise MathError(why)
    try:
        text = LatexToMathML(macros=MACROS, fancy_error=False).convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise MathError(re.sub(r"^\d+: ", "", str(error)).rstrip(".")) from None
    if "\\" in re.sub(r"<[^>]*>", "", text):
        raise MathError("a command would be printed as it stands")
    if "<menclose" in text:
        raise MathError("browsers draw neither boxes nor strokes around a formula")
    # Browsers raise a prime that the font has raised already.
    text = re.sub(
        r"<msup>(<m[io][^>]*>[^<]*</m[io]>|<mrow><mspace[^>]*/><mi>[^<]*</mi></mrow>)<mo>([′″‴])</mo></msup>",
        r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>',
        text,
    )
    return text.replace("<math", f'<math alttext="{html.escape(tex)}"', 1)


class MathTreeprocessor(Treeprocessor):
    def run(self, root):
        for element in list(root.iter()):
            if element.get("class") != "arithmatex":
                continue
            display = element.tag == "div"
            after = re.match(r"[.,;:!?)’”\"-]*", element.tail or "")[0]
            tex = html.unescape(element.text) if display else element.text
            tex = " ".join(tex[2:-2].split())
            element.attrib.clear()
            try:
                text = mathml(tex, display)
                element.text = self.md.htmlStash.store(text)
                classes = ["long"] if not display and len(html.unescape(re.sub(r"<[^>]*>", "", text))) > LONG else []
                if after:
                    classes.append("together")
                    element.text, element.tail = element.text + after, element.tail[len(after) :]
                if classes:
                    element.set("class", " ".join(classes))
                if display:  # a wide formula scrolls in its box, also by keyboard
                    element.attrib |= {"class": "formula", "tabindex": "0", "role": "group", "aria-label": "formula"}
            except MathError as error:
                logging.getLogger(__name__).error("%s in $%s$", error, tex)
                element.text = ""
                code = etree.SubElement(element, "code", {"class": "tex-fault", "title": str(error)})
                code.text = tex


class MathExtension(ArithmatexExtension):
    def extendMarkdown(self, md):
        super().extendMarkdown(md)
        md.treeprocessors.register(MathTreeprocessor(md), "maths", 15)  # after inline patterns


def makeExtension(**options):
    return MathExtension(generic=True, inline_syntax=["dollar"], block_syntax=["dollar"], **options)


def characters(formulas):
    """The characters of formulas in MathML, and the letters into which browsers turn a plain italic one."""
    letters = html.unescape(re.sub(r"<[^>]*>", "", formulas))
    italic = {c: chr(0x1D434 + ord(c) - ord("A")) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    italic |= {c: chr(0x1D44E + ord(c) - ord("a")) for c in "abcdefghijklmnopqrstuvwxyz"} | {"h": "ℎ"}
    italic |= {chr(0x3B1 + i): chr(0x1D6FC + i) for i in range(25)}  # Greek
    return "".join(sorted({*letters, *(italic[c] for c in letters if c in italic), *"√∂"}))


def math_font(characters, keeper):
    """STIX Two Math as WOFF2, cut down to these characters and to all that formulas stretch, from what is kept if it can.

    The variants and parts of stretchy brackets, roots and accents have no character of their own: what is cut down
    keeps those that its MATH table names. The stronger letters that the font has for indices weigh more than all the
    rest, and nobody misses them: of these, those of primes stay, which are another size.
    """
    source = Path(find_spec("ziamath").origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
    characters = "".join(sorted(set(characters)))
    under = key(characters, version("ziamath"), version("fonttools"), Path(__file__).read_bytes())
    font = keeper.load("font", under)
    if font is None:
        font = base64.b64encode(_subset(source, characters)).decode()
        keeper.save("font", under, font)
    return base64.b64decode(font)


def _subset(source, characters):
    import io

    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(source, recalcTimestamp=False)
    primes = {font.getBestCmap()[ord(prime)] for prime in "′″‴"}
    for feature in font["GSUB"].table.FeatureList.FeatureRecord:
        for lookup in feature.Feature.LookupListIndex if feature.FeatureTag == "ssty" else ():
            for table in font["GSUB"].table.LookupList.Lookup[lookup].SubTable:
                table.alternates = {name: others for name, others in table.alternates.items() if name in primes}
    options = subset.Options(
        flavor="woff2", layout_features=["ssty", "dtls", "flac"], notdef_outline=True, hinting=False
    )
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # the licence travels along
    cut = subset.Subsetter(options)
    cut.populate(text=characters)
    cut.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()
