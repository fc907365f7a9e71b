"""The HTML of a page, after it is converted: lean code, tests to link to, and what search may look through."""

import re

PLAIN = re.compile(r'<span class="(?:n|p|o|w)">([^<]*)</span>')  # names, brackets, operators: in the colour of all code
TEST = re.compile(r'<span class="nf">(test_\w+)</span>')
CODE = re.compile(r'<div class="[^"]*\bhighlight\b[^"]*">.*?</pre></div>', re.DOTALL)
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)


def finished(content):
    """The HTML with fewer elements of code, which browsers would lay out one by one, and an anchor at each test."""
    content = CODE.sub(lambda block: PLAIN.sub(r"\1", block[0]), content)
    return TEST.sub(r'<span class="nf" id="\1">\1</span>', content)


def tests(content):
    """The anchors of the tests that stand on a page."""
    return re.findall(r'id="(test_\w+)"', content)


def searched(content):
    """What a search looks through: words. It would take the signs of a formula for some, a half for twelve."""
    return FORMULA.sub("", CODE.sub("", content))
