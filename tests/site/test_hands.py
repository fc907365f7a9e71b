"""All eyes and hands: formulas that can be read aloud, a way through a page by keyboard alone, and colours that the reader forces."""

import pytest

from tests.site.conftest import SLOPES, WAITING, until

pytestmark = pytest.mark.browser
VISIBLE = "selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility({ visibilityProperty: true })).length"
STOP = """() => {
  const { activeElement: here } = document
  const { outlineStyle, outlineWidth } = getComputedStyle(here)
  const box = here.getBoundingClientRect()
  here.stops = (here.stops || 0) + 1
  return {
    stops: here.stops, name: here.matches("body") ? "" : `<${here.localName} ${here.className} ${here.textContent.trim().slice(0, 40)}`, ours: !!here.closest("article"),
    seen: here.matches(".md-option, .md-toggle, .md-search__input") || outlineStyle !== "none" && parseFloat(outlineWidth) >= 1,
    there: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
  }
}"""
REACHABLE = "article :is(a[href], button, input, summary):not([tabindex='-1'])"
PALE = """selector => {
  const probe = document.body.appendChild(document.createElement("i"))
  probe.style.color = "Canvas"
  const paper = getComputedStyle(probe).color
  return [...document.querySelectorAll(selector)].filter(e => e.checkVisibility() && getComputedStyle(e).color === paper).map(e => e.outerHTML)
}"""


@pytest.mark.parametrize("path", ["gradients/gradient/", "descent/adam-and-its-family/"])
def test_formulas_stand_in_the_accessibility_tree_as_formulas_with_their_parts(visit, path):
    page = visit(path, fresh=True)  # what looks at the tree stays switched on
    until(page, f"{WAITING} === 0")
    session = page.context.new_cdp_session(page)
    session.send("Accessibility.enable")
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    role = {name: node["role"]["value"] for name, node in nodes.items() if not node["ignored"]}

    def words(name):
        node = nodes[name]
        own = [node["name"]["value"]] if node["role"]["value"] == "StaticText" else []
        return own or [word for child in node.get("childIds", []) if child in nodes for word in words(child)]

    formulas = [name for name, what in role.items() if what == "MathMLMath"]
    assert len(formulas) == page.evaluate(VISIBLE, "math") > 20
    assert [name for name in formulas if not "".join(words(name)).strip()] == []
    for tag, what in (("mfrac", "MathMLFraction"), ("msqrt", "MathMLSquareRoot"), ("msup", "MathMLSup"), ("msub", "MathMLSub")):
        assert list(role.values()).count(what) == page.evaluate(VISIBLE, f"math {tag}")


def test_the_keyboard_alone_reaches_everything_in_order_and_always_shows_where_it_is(visit):
    page, stops = visit(SLOPES), []
    wanted = page.evaluate(VISIBLE, REACHABLE)
    for _ in range(400):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(STOP))
        if not stops[-1]["name"] or stops[-1]["stops"] > 1:
            break
    *stops, end = stops
    assert "md-skip" in stops[0]["name"] and len(stops) > 50  # the first leads past the menus
    assert not end["name"] or end["stops"] > 1  # and after the last the page lets go
    assert [stop["name"] for stop in stops if not stop["seen"]] == []
    assert [stop["name"] for stop in stops if not stop["there"]] == []
    # Boxes that scroll, such as wide formulas and code, are stops too.
    assert sum(stop["ours"] and stop["name"].startswith(("<a ", "<button ", "<input ", "<summary ")) for stop in stops) == wanted > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_colours_that_the_reader_forces_nothing_that_can_be_used_is_lost(visit, scheme):
    page = visit(SLOPES, scheme, forced_colors="active")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    for selector in (".slider button", ".slider label", "summary", "article a", "article p", "math", ".md-search__icon", "code"):
        assert page.evaluate(VISIBLE, selector) > 0 and page.evaluate(PALE, selector) == []
    button = page.locator(".slider button").first
    style = "(({ borderStyle, borderTopWidth }) => [borderStyle, parseFloat(borderTopWidth)])(getComputedStyle(document.querySelector('.slider button')))"
    border, width = page.evaluate(style)
    assert button.is_visible() and border != "none" and width >= 1
