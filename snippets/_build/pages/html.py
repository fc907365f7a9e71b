"""The HTML of a page, after it is converted: lean code, anchors to link to, and what search may look through."""

import hashlib
import itertools
import re
from base64 import b64encode
from html import escape

from markdown.extensions.toc import slugify

PLAIN = re.compile(r'<span class="(?:n|p|o|w)">([^<]*)</span>')  # names, brackets, operators: in the colour of all code
TEST = re.compile(r'<span class="nf">(test_\w+)</span>')
BLANK = re.compile(r'<form class="blank".*?</form>', re.DOTALL)
CODE = re.compile(r'<div class="[^"]*\bhighlight\b[^"]*"[^>]*>.*?</pre></div>', re.DOTALL)
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
FUNCTION = re.compile(r'<span class="nf">(?!figure_|print_)(\w+)</span>')
THEOREM = re.compile(r'<li><a href="[./]*theorems/.*?</li>', re.DOTALL)
TERM = re.compile(r"<dt>(.*?)</dt>")
START = re.compile(r'(<div class="[^"]*\bhighlight\b[^"]*")(>.*?<pre>)', re.DOTALL)
# The theme's own button, and its attributes: the theme would put it there by script, once it has measured all code, folded or not.
COPY = '<span class="md-code__nav"><button class="md-code__button" title="Copy to clipboard" data-clipboard-target="#{} code" data-md-type="copy"></button></span>'
CHARSET = '<meta charset="utf-8">'
SCRIPT = re.compile(r"<script(?![^>]*\b(?:src|type)=)[^>]*>(.*?)</script>", re.DOTALL)
DEFINITION = re.compile(r'<dt id="([^"]*)">(.*?)</dt>\s*<dd>(.*?)</dd>', re.DOTALL)


def finished(content):
    """The HTML with fewer elements of code, which browsers would lay out one by one, a button to copy it, and an anchor at each test."""
    names = (f"code-{number}" for number in itertools.count(1))

    def lean(block):
        name = next(names)
        return START.sub(rf'\1 id="{name}"\2{COPY.format(name)}', PLAIN.sub(r"\1", block[0]), count=1)

    content = CODE.sub(lean, content)
    # One span further in: the theme takes spans with an anchor for lines, and sets each on its own.
    return TEST.sub(r'<span class="nf"><span id="\1">\1</span></span>', content)


def with_terms(content):
    """The glossary with an anchor at each term."""
    return TERM.sub(lambda term: f'<dt id="{slugify(term[1], "-")}">{term[1]}</dt>', content)


def anchors(content):
    """The anchors of the tests and of the terms that stand on a page."""
    return re.findall(r'(?<= id=")test_\w+(?=")|(?<=<dt id=")[^"]*', content)


def first_figure(content):
    """The address of the figure that stands at the top of a page, or None."""
    found = re.search(r'<img [^>]*fetchpriority="high"[^>]*? src="([^"]*)"', content)
    return found and found[1]


def sealed(output):
    """The whole document with a policy by which it loads nothing but what lies on its own host.

    Of scripts that stand in the document itself those run that stand in it now: their digests are in the policy.
    """
    digests = {b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in SCRIPT.findall(output)}
    scripts = " ".join(f"'sha256-{digest}'" for digest in sorted(digests))
    policy = f"default-src 'self'; script-src 'self' {scripts}; style-src-attr 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'"
    return output.replace(CHARSET, f'{CHARSET}<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def searched(content, synonyms):
    """What a search looks through: words, and of code the names of functions.

    It would take the signs of a formula for words, a half for twelve. Each term of a glossary counts as a heading. `synonyms`,
    `{anchor: words}`, are what people type who look for what stands below a heading; they are added to it.
    """
    content = BLANK.sub("", content)
    content = CODE.sub(lambda code: " ".join(["", *FUNCTION.findall(code[0])]), FORMULA.sub("", content))
    content = DEFINITION.sub(r'<h2 id="\1">\2</h2> \3 ', THEOREM.sub("", content))
    content = re.sub(r'</?p>|<strong>Guess first\.</strong>|<summary>.*?</summary>|<p class="admonition-title">.*?</p>', " ", content)
    for anchor, words in synonyms.items():
        heading = rf'<h\d id="{re.escape(anchor)}">.*?(?=<a class="headerlink"|</h)'
        added = f" · {escape(', '.join(map(str, words)))}"
        content = re.sub(heading, lambda found, added=added: found[0] + added, content)
    return content
