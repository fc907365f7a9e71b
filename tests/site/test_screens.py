"""Every page on every screen and on paper: whole, still, and open to all eyes and hands."""

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.site.conftest import DOCS, FILES, MODES, OPEN, PAGES, SCROLL, SLOPES, TESTS, search, until, url

pytestmark = pytest.mark.browser
# Words and signs come by the thousand in some fifty looks: the contrast of each look is taken once, on the first page that has it.
# All other rules look at all elements. What passes is not described one by one, which takes most of the time.
ONE_OF_A_KIND = "axe.configure({ rules: [{ id: 'color-contrast', selector: '*:not([data-seen])' }] })"
SEEN = """known => {
  const looks = new Set(known)
  for (const word of document.querySelectorAll("body *")) {
    const text = [...word.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    if (!text || !word.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
    let paper = "", veil = 1
    for (let box = word; box; box = box.parentElement) {
      const { backgroundColor, opacity } = getComputedStyle(box)
      if (!/, 0\\)$|^transparent$/.test(backgroundColor)) paper ||= backgroundColor
      veil *= opacity
    }
    const { color, fontSize, fontWeight } = getComputedStyle(word)
    const look = [color, fontSize, fontWeight, veil, paper].join()
    word.toggleAttribute("data-seen", looks.has(look))
    looks.add(look)
  }
  return [...looks].slice(known.length)
}"""
AXE = """options => axe.run({ resultTypes: ["violations"], preload: false, ...options }).then(({ violations, passes }) => ({
  violations: violations.map(({ id, nodes }) => [id, ...nodes.map(node => `${node.html} ${node.failureSummary}`)]), rules: passes.length
}))"""


def accessibility(page, known=(), **options):
    """What axe finds on the page as it stands: violations, a list that begins with the rule for each, the number of rules that
    it keeps, and the looks that are not known."""
    looks = page.evaluate(SEEN, list(known))
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{AXE_SCRIPT};{ONE_OF_A_KIND}")
        page.context.add_init_script(f"{AXE_SCRIPT};{ONE_OF_A_KIND}")  # from the next page on it is there
    found = page.evaluate(AXE, options)
    return found["violations"], found["rules"], looks


def has_formulas(path):
    """Whether the Markdown of a page has TeX outside of code."""
    file = next((file for file in FILES if url(file) == path), None)
    text = (DOCS / file).read_text("utf-8") if file else ""
    text = re.sub(r"(?ms)^( *)(```|~~~).*?^\1\2|`[^`\n]+`", "", text)
    return re.search(r"\$[^$]+\$", text) is not None


def check_still(page):
    """Nothing has moved by itself since the page began."""
    assert page.evaluate("window.shift") <= 0.01, page.evaluate("window.moved")


CUT = """() => {
  const boxes = document.querySelectorAll("article :is(.formula, pre, .figure, .md-typeset__scrollwrap)")
  return [...boxes].filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.textContent.slice(0, 40))
}"""


# Lines of code in the open that are cut at the right.
CUT_CODE = """() => [...document.querySelectorAll("article > .highlight code:has(.k, .kn)")]
  .filter(code => code.scrollWidth > code.clientWidth + 1).map(code => code.textContent.slice(0, 40))"""


def check_paper(page):
    """A concept takes six sheets at most, and nothing is cut at the right."""
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = false })")
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 6
    # What the paper shows, laid out on the screen as one long sheet of its width.
    page.set_viewport_size({"width": 703, "height": 1032})  # A4 without its margins, in CSS pixels
    page.emulate_media(media="print", color_scheme="light")
    assert page.evaluate(CUT) == []


def check_narrow(page):
    """Nothing is wider than the smallest screen, nor than a usual one with letters of twice the size."""
    for width, letters in ((320, "100%"), (1280, "200%")):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, width
    page.evaluate("document.documentElement.style.fontSize = ''")


# What waits while it is far from the window is a box of its own: nothing in it may push at what stands outside of it.
BOXED = """() => {
  const blocks = [...document.querySelectorAll("article > *, article > .highlight > pre, article > .formulas > div")]
  const tops = () => blocks.map(block => Math.round(block.getBoundingClientRect().top - document.body.getBoundingClientRect().top))
  const root = document.documentElement.classList
  root.remove("whole")
  for (const block of blocks) block.style.contentVisibility = ""
  const waiting = blocks.filter(block => getComputedStyle(block).contentVisibility === "auto")
  root.add("whole")
  const before = tops()
  for (const block of waiting) block.style.contain = "layout style paint"
  const after = tops()
  for (const block of waiting) block.style.contain = ""
  return [waiting.length, before.filter((top, i) => Math.abs(top - after[i]) > 1).length]
}"""


def check_whole(page, path):
    """Nothing is missing, nothing is wider than the screen."""
    page.evaluate(OPEN)
    page.evaluate("Promise.all([...document.images].filter(image => !image.complete).map(image => { image.loading = 'eager'; return image.decode() }))")
    assert page.evaluate("[...document.images].filter(image => image.naturalWidth === 0).map(image => image.src)") == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    # A line of code is a line: the theme makes a grid of what it takes for numbered lines.
    assert page.evaluate("[...document.querySelectorAll('pre code')].filter(code => getComputedStyle(code).display !== 'block').length") == 0
    formulas = page.evaluate("""() => [...document.querySelectorAll("math")].map(math => {
      const size = element => parseFloat(getComputedStyle(element).fontSize)
      const { width, height } = math.getBoundingClientRect()
      return { tex: math.getAttribute("alttext"), shown: width > 0 && height > 0, large: size(math) >= size(math.parentElement) }
    })""")
    assert bool(formulas) >= has_formulas(path)
    assert [formula for formula in formulas if not (formula["shown"] and formula["large"])] == []
    if formulas:
        page.evaluate("document.fonts.ready")
        assert "loaded" in page.evaluate(
            "[...document.fonts].filter(font => /Maths/.test(font.family)).map(font => font.status)"
        )


@pytest.mark.parametrize("path", ["", SLOPES, "labs/walk-downhill/", "cheat-sheet/", "glossary/", "404.html"], ids=lambda path: path or "home")
def test_page_stands_still_on_a_wide_screen(scrolled, path):
    page = scrolled(path, "light")
    check_still(page)
    check_whole(page, path)


@pytest.fixture(scope="module")
def known():
    """The looks of words on the pages so far, whose contrast is good."""
    return []


@pytest.mark.parametrize("path", [*PAGES, TESTS], ids=lambda path: path or "home")
def test_page_is_whole_and_still_and_accessible_on_every_screen_and_on_paper(scrolled, known, path):
    page = scrolled(path, "phone", reduced_motion="reduce")
    check_still(page)
    waiting, moved = page.evaluate(BOXED)
    assert moved == 0 and (waiting > 10 or not re.fullmatch(r"(?!theorems)\w+/[\w-]+/", path))
    check_whole(page, path)
    check_narrow(page)
    page.set_viewport_size(MODES["light"]["viewport"])
    page.evaluate(SCROLL)  # code learns that it scrolls when it comes into view
    check_whole(page, path)
    assert path.startswith("theorems/") or page.evaluate(CUT_CODE) == []
    violations, rules, looks = accessibility(page, known)
    assert violations == [] and rules > 10
    dark_on_light = page.evaluate("getComputedStyle(document.body).color")
    page.emulate_media(color_scheme="dark")
    until(page, "getComputedStyle(document.body).colorScheme === 'dark'")
    assert page.evaluate("getComputedStyle(document.body).color") != dark_on_light
    if more := page.evaluate(SEEN, known + looks):
        violations, rules, _ = accessibility(page, known + looks, runOnly=["color-contrast", "link-in-text-block"])
        assert violations == [] and rules > 0
    known += looks + more
    if re.fullmatch(r"(?!labs)\w+/[\w-]+/", path):
        check_paper(page)


@pytest.mark.parametrize("mode", MODES)
def test_search_keeps_the_rules_of_accessibility(visit, mode):
    page = visit("", mode, reduced_motion="reduce")
    search(page, "gradient")
    violations, rules, _ = accessibility(page)
    assert violations == [] and rules > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_pale_word_of_code_is_found(visit, scheme):
    page = visit(SLOPES, scheme)
    known = page.evaluate(SEEN, [])
    page.locator("pre code .k:visible").nth(3).evaluate("word => { word.style.color = '#777777' }")
    violations, _, looks = accessibility(page, known)
    assert [rule for rule, *_ in violations] == ["color-contrast"] and len(looks) == 1
