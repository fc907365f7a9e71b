"""Numbers in the prose: each is printed on its page, stands in its snippet, or is computed in a comment behind its paragraph.

Such a comment is `<!-- = 3.01**2, np.log(2) -->`: expressions in the names of the page's snippet. Whole numbers with
one digit beside zeros, such as 7, 40 or 100, are left out. Digits in code are no prose.
"""

import importlib
import math
import re

import numpy as np
import pytest

from snippets._build.engine.render import CACHE, SNIPPETS, render
from snippets._build.pages.markdown import COMPUTED
from tests.conftest import one_at_a_time
from tests.site.test_site import CONCEPTS, DOCS

NUMBER = re.compile(r"(?<![\w.])\d+(?:[ ,]\d{3}|\\,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")


@pytest.fixture(scope="module")
def printed(lock):
    with one_at_a_time(lock):
        return {name: text for name, text in render(SNIPPETS, CACHE).results.items() if name.endswith(".txt")}


def numbers_in(text):
    """Each number as it is written, as a float, and with how many decimals."""
    for found in NUMBER.finditer(text):
        plain = re.sub(r"\\,|[ ,]", "", found[0])
        yield found[0], float(plain), len(plain.partition("e")[0].partition(".")[2])


def paragraphs(page):
    """The prose of a page, without code, addresses and subscripts."""
    text = re.sub(r"\A---.*?\n---\n", "", (DOCS / page).read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"(?ms)^( *)```.*?^\1```$", "", text)
    text = re.sub(r"\]\([^)]*\)|`[^`]*`|_\{[^}]*\}|<!--(?! = ).*?-->", "", text)
    return re.split(r"\n\s*\n", text)


def values_of(expressions, module):
    """The numbers that a comment computes, in the names of a snippet."""
    space = {"np": np, "math": math} | vars(importlib.import_module(module))
    return np.ravel(np.array(eval(f"[{expressions}]", space), dtype=float))


def bound(told, decimals, known):
    """Whether a number is one of the known, or a hundred times one, rounded as it is told."""
    rounded = np.round(np.outer([1, 100], known), decimals)
    return bool(np.any(np.isclose(rounded, told, rtol=1e-12, atol=1e-12)))


def loose(page, printed):
    """The numbers of a page that stand nowhere else on it: each with the beginning of its paragraph. And how many there are."""
    module = page.removesuffix(".md").replace("-", "_")
    outputs = "\n".join(text for name, text in printed.items() if name.startswith(f"{module}/"))
    source = (SNIPPETS / f"{module}.py").read_text("utf-8")
    known = [value for text in (outputs, source) for _, value, _ in numbers_in(text)]
    known += [float(part) for text in (outputs, source) for part in re.findall(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?", text)]
    found, count = [], 0
    for paragraph in paragraphs(page):
        here = known + [
            value for told in COMPUTED.findall(paragraph) for value in values_of(told, f"snippets.{module.replace('/', '.')}")
        ]
        for written, value, decimals in numbers_in(COMPUTED.sub("", paragraph)):
            if decimals or len(re.sub(r"\D", "", written).strip("0")) > 1:
                count += 1
                found += [] if bound(value, decimals, here) else [(written, paragraph.strip()[:70])]
    return found, count


@pytest.mark.parametrize("page", CONCEPTS)
def test_every_number_of_the_prose_is_printed_or_computed_on_its_page(page, printed):
    assert loose(page, printed)[0] == []


def test_a_stale_number_is_found(printed, monkeypatch):
    page = "descent/momentum.md"
    text = (DOCS / page).read_text("utf-8")
    monkeypatch.setattr("tests.site.test_numbers.paragraphs", lambda page: ["The loss is 0.123457 there.", "1.44<!-- = 1.2**2 -->"])
    found, count = loose(page, printed)
    assert count == 2 and found == [("0.123457", "The loss is 0.123457 there.")] and "0.123457" not in text


def test_the_page_on_checking_tells_how_many_numbers_there_are_and_how_many_are_computed(printed, monkeypatch):
    text = (DOCS / "how-this-site-is-checked.md").read_text("utf-8")
    told = [int(re.search(rf"(?:some|roughly) (\d+) {words}", text)[1]) for words in ("numbers in the prose", "of them, mostly")]
    count = sum(loose(page, printed)[1] for page in CONCEPTS)
    monkeypatch.setattr("tests.site.test_numbers.values_of", lambda *_: [])
    computed = sum(len(loose(page, printed)[0]) for page in CONCEPTS)
    assert abs(count - told[0]) <= 20 and abs(computed - told[1]) <= 10
