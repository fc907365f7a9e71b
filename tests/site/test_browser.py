"""The built site in a browser: what readers see, hear, type and copy."""

import gzip
import io
import re
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from snippets._build.engine.style import PALETTE
from tests.conftest import wait_for
from tests.site.conftest import DOCS, FILES, MODES, OPEN, RATES, SCROLL, SLOPES, TESTS, WAITING, WATCH, search, section, until

pytestmark = pytest.mark.browser
FORMULA = "math[display=block]"
PADDING = "parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop)"


@pytest.mark.parametrize("path", ["labs/walk-downhill/", "networks/automatic-differentiation/"])
def test_a_font_that_comes_late_moves_nothing(browser, address, path):
    with browser.new_context(**MODES["light"]) as context:
        context.add_init_script(WATCH)
        page, held = context.new_page(), []
        page.route("**/maths.woff2", lambda route: held.append(route))
        page.goto(address + path, wait_until="commit")
        until(page, "performance.getEntriesByName('first-contentful-paint').length")
        (late,) = held
        late.continue_()
        until(page, "[...document.fonts].some(font => font.family === 'Maths' && font.status === 'loaded')")
        page.evaluate(SCROLL)
        assert page.evaluate("shift") <= 0.001, page.evaluate("moved")


@pytest.mark.parametrize("path", ["gradients/gradient/", "cheat-sheet/"])
def test_what_waits_below_the_window_keeps_no_heading_from_its_place(browser, address, path):
    with browser.new_context(**MODES["phone"]) as context:
        context.add_init_script(f"window.requestIdleCallback = () => {{}};{WATCH}")
        page = context.new_page()
        page.goto(address + path)
        assert page.evaluate(WAITING) > 5
        names = page.evaluate("[...document.querySelectorAll('article :is(h2, h3)[id]')].map(heading => heading.id)")
        assert len(names) > 5
        at_its_place = """() => {
          const top = document.getElementById(location.hash.slice(1)).getBoundingClientRect().top, root = document.documentElement
          const wanted = PADDING, end = scrollY + innerHeight >= root.scrollHeight - 1
          return Math.abs(top - wanted) <= 2 || end && top < innerHeight
        }""".replace("PADDING", PADDING)
        for name in names:
            page.goto("about:blank")
            page.goto(f"{address}{path}#{name}")
            until(page, at_its_place)
            page.wait_for_timeout(100)
            assert page.evaluate(at_its_place) and page.evaluate("shift") <= 0.001, f"led to {name}: {page.evaluate('moved')}"
        for name in names[1:-1:3]:
            page.goto("about:blank")
            page.goto(address + path)
            page.wait_for_load_state("networkidle")  # the theme scrolls back whoever is quicker
            page.evaluate("name => document.querySelector(`[href$='#${name}']`).click()", name)
            until(page, "location.hash")
            until(page, at_its_place)
            page.wait_for_timeout(100)
            assert page.evaluate(at_its_place), f"clicked on {name}"


def test_what_waits_is_laid_out_when_there_is_nothing_else_to_do(visit):
    page = visit("gradients/gradient/", "phone")
    until(page, f"{WAITING} === 0")
    assert page.evaluate("document.documentElement.classList.contains('whole')") is False


@pytest.mark.parametrize("place", ["", "#what-goes-wrong"])
@pytest.mark.parametrize("slow", [False, True], ids=["at once", "while one scrolls on"])
def test_a_link_leads_to_its_place_and_back_to_the_one_that_one_left(visit, place, slow):
    page, asked = visit("gradients/gradient/", "phone", fresh=True), []
    page.wait_for_load_state("networkidle")
    until(page, "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('sitemap.xml'))")  # which pages are of this site
    until(page, f"{WAITING} === 0")
    page.mouse.move(180, 400)
    if slow:
        page.route(re.compile(r"/gradients/[a-z-]+/$"), lambda route: asked.append(route))

    def comes(title):
        if slow:
            wait_for(lambda: page.evaluate("true") and asked)
            at = page.evaluate("scrollY")
            page.mouse.wheel(0, 200)
            until(page, f"scrollY > {at}")
            page.wait_for_timeout(300)  # the theme keeps where one stands when one has stopped for 100 ms
            for _ in range(len(asked)):
                asked.pop().continue_()
        page.locator("h1", has_text=title).wait_for()

    top = "Math.round(document.querySelector('#what-goes-wrong').getBoundingClientRect().top)"
    page.evaluate("document.querySelector('#what-goes-wrong').scrollIntoView()")
    page.mouse.wheel(0, 300)
    until(page, f"{top} < -100 && history.state?.y === scrollY")
    left = page.evaluate(top)
    page.evaluate("""place => {
      const link = document.querySelector("article a[href*=partial-derivatives]")
      window.stays = true
      link.hash = place
      link.click()
    }""", place)
    comes("Partial derivatives")
    if place:
        until(page, f"Math.abs(document.querySelector('{place}').getBoundingClientRect().top - {PADDING}) <= 2")
    else:
        assert page.evaluate("scrollY") == 0
    page.evaluate("history.back()")
    comes("Gradient")
    until(page, f"{top} === {left}")
    assert page.evaluate("window.stays"), "the page was loaded anew"


def test_a_page_that_is_loaded_again_stands_where_it_stood(visit):
    page = visit("gradients/gradient/", "phone", fresh=True)
    until(page, f"{WAITING} === 0")
    place = "Math.round(document.querySelector('#what-goes-wrong').getBoundingClientRect().top)"
    page.evaluate("document.querySelector('#what-goes-wrong').scrollIntoView()")
    page.mouse.move(180, 400)
    page.mouse.wheel(0, 300)
    until(page, f"{place} < -100 && history.state?.y === scrollY")
    left = page.evaluate(place)
    page.reload()
    until(page, f"Math.abs({place} - {left}) <= 1")


@pytest.mark.parametrize("path", ["descent/adam-and-its-family/", "gradients/matrix-calculus/", "gradients/convexity/"])
def test_on_a_phone_without_the_font_no_formula_is_wider_than_the_screen(browser, address, path):
    with browser.new_context(**MODES["phone"]) as context:
        page = context.new_page()
        page.route("**/maths.woff2", lambda route: route.abort())
        page.goto(address + path)
        page.evaluate(OPEN)
        assert page.evaluate("[...document.fonts].filter(font => font.status === 'loaded').length") == 0
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_search_finds_a_word_and_leads_to_its_page(visit):
    page = visit("")
    links = search(page, "overshooting")
    links.and_(page.locator("[href*=learning-rate]:visible")).first.click()
    page.wait_for_url(f"**/{RATES}**")
    expect(page.locator(".md-content article")).to_contain_text("overshooting", ignore_case=True)


def share(image, colour, distance=24):
    """How many pixels of a picture have about this colour."""
    pixels = np.asarray(Image.open(io.BytesIO(image)).convert("RGB")).astype(int)
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(pixels - wanted).max(axis=2) <= distance).sum())


def test_figures_follow_the_palette_of_the_page(visit):
    page = visit(SLOPES)  # the system's scheme is light all the time
    figure = page.locator(".figure img").first
    toggle = page.locator("form[data-md-component=palette] label:visible")
    light, dark = PALETTE["function"]
    pictures = {}
    for _ in range(3):
        figure.scroll_into_view_if_needed()
        page.evaluate(SCROLL)
        scheme = page.evaluate("getComputedStyle(document.body).colorScheme")
        picture = figure.screenshot(animations="disabled")
        pictures.setdefault(scheme, []).append((share(picture, light), share(picture, dark)))
        toggle.click()
    assert set(pictures) == {"light", "dark"}
    assert all(of_light > 100 and of_dark == 0 for of_light, of_dark in pictures["light"])
    assert all(of_dark > 100 and of_light == 0 for of_light, of_dark in pictures["dark"])


def slider_state(box):
    """What a reader sees and hears of a slider."""
    control = box.locator("input")
    source = box.locator("img").get_attribute("src")
    return re.search(r"[^/]+$", source)[0], box.locator("output").inner_text(), control.get_attribute("aria-valuetext")


def test_slider_moves_by_keyboard_and_loads_its_frames_at_the_first_touch(visit):
    page, asked = visit("notation/", fresh=True), []
    page.on("request", lambda request: asked.append(request.url.split("/")[-1]))
    page.goto(page.url.replace("notation/", SLOPES))
    page.evaluate(SCROLL)
    box = page.locator(".slider").first
    control, values = box.locator("input"), box.get_attribute("data-values").split("|")
    stem = box.get_attribute("data-frames").split("/")[-1]
    frames = [f"{stem}.{i}.svg" for i in range(len(values))]
    assert set(asked).isdisjoint(frames[1:])
    assert control.input_value() == "0" and slider_state(box) == (f"{stem}.svg", values[0], values[0])  # of which the text speaks
    control.focus()
    page.wait_for_load_state("networkidle")
    assert set(frames) <= set(asked)
    last = len(values) - 1
    for key, at in (("End", last), ("ArrowLeft", last - 1), ("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2)):
        control.press(key)
        assert slider_state(box) == (frames[at], values[at], values[at])
        assert box.locator("img").evaluate("async image => { await image.decode(); return image.naturalWidth }") > 0
    assert sorted(name for name in asked if name in frames) == sorted(frames), "a frame is fetched once"
    assert page.evaluate("window.shift") <= 0.01


def test_slider_begins_at_the_beginning_where_the_text_speaks_of_the_end(visit):
    box = visit("gradients/chain-rule/").locator(".slider").first
    assert slider_state(box) == ("small.0.svg", "0", "0") and box.locator("input").input_value() == "0"


def test_slider_works_after_instant_navigation(visit, address):
    page = visit("")
    page.wait_for_load_state("networkidle")  # the theme must have read which pages there are
    page.evaluate("window.stays = document.querySelector('.slider')")
    page.locator(f".md-sidebar--primary a[href$='{SLOPES}']").click()
    page.wait_for_url(f"**/{SLOPES}")
    page.locator("h1", has_text="Derivatives and slopes").wait_for()
    left = page.evaluate("stays.dataset.frames")
    assert left == f"{address}figures/derivatives/why_calculus/training", "where it was, whatever the address is now"
    control = page.locator(".slider input").first
    control.focus()
    control.press("End")
    values = page.locator(".slider").first.get_attribute("data-values").split("|")
    frame, *said = slider_state(page.locator(".slider").first)
    assert said == [values[-1]] * 2 and frame.endswith(f".{len(values) - 1}.svg")
    assert (
        page.locator(".slider img").first.evaluate("async image => { await image.decode(); return image.naturalWidth }")
        > 0
    )
    assert page.evaluate("window.stays"), "the page was loaded anew"


def test_button_plays_all_frames_and_stops(visit):
    page = visit(SLOPES)
    box = page.locator(".slider").first
    button, last = box.locator("button"), len(box.get_attribute("data-values").split("|")) - 1
    value = "document.querySelector('.slider input').value"
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-label") == "Pause"
    until(page, f"{value} === '3'")
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-label") == "Play"
    stopped = page.evaluate(value)
    page.wait_for_timeout(700)
    assert page.evaluate(value) == stopped
    box.locator("input").evaluate("(control, at) => { control.value = at; control.dispatchEvent(new Event('input', { bubbles: true })) }", last - 1)
    button.click()
    until(page, "document.querySelector('.slider button').getAttribute('aria-label') === 'Play'")
    assert page.evaluate(value) == str(last) and slider_state(box)[0].endswith(f".{last}.svg")
    button.click()  # from the end it begins anew, and the hand on the slider takes over
    until(page, f"{value} === '1'")
    box.locator("input").press("End")
    page.wait_for_timeout(700)
    assert page.evaluate(value) == str(last) and button.get_attribute("aria-label") == "Play"


def test_whoever_wants_little_motion_goes_on_frame_by_frame(visit):
    page = visit(SLOPES, reduced_motion="reduce")
    box = page.locator(".slider").first
    box.locator("button").click()
    page.wait_for_timeout(700)
    assert slider_state(box)[0].endswith(".1.svg") and box.locator("button").get_attribute("aria-label") == "Play"


def test_map_of_concepts_leads_to_pages(visit):
    page = visit("")
    boxes = page.locator(".concept-map a")
    assert boxes.count() == len([file for file in FILES if "/" in file and not file.startswith("labs/")])
    boxes.filter(has=page.get_by_text("Gradient descent", exact=True)).click()
    page.wait_for_url("**/descent/gradient-descent/")
    expect(page.locator("h1")).to_contain_text("Gradient descent")


def test_without_scripts_the_figure_is_there_and_no_dead_control(visit):
    page = visit(SLOPES, java_script_enabled=False)
    box = page.locator(".slider").first
    expect(box.locator("img")).to_be_visible()
    assert re.search(r"[a-z]\.svg$", box.locator("img").evaluate("image => image.currentSrc")), "the frame of which the text speaks"
    assert share(box.locator("img").screenshot(), PALETTE["function"][0]) > 100
    assert page.locator(".slider input").count() > 0
    expect(page.locator(".slider input:visible")).to_have_count(0)
    assert page.locator(".md-code__nav button").count() > 3
    expect(page.locator(".md-code__nav button:visible")).to_have_count(0)
    expect(page.locator(f"{FORMULA}:visible").first).to_be_visible()


def test_paper_shows_the_default_frame_and_no_control(visit):
    page = visit(SLOPES)
    page.locator(".slider input").first.press("End")
    box = page.locator(".slider").first
    moved, drawn = slider_state(box), "document.querySelector('.slider img').currentSrc"
    assert re.search(r"\.\d+\.svg$", page.evaluate(drawn))
    page.emulate_media(media="print")
    expect(page.locator(".slider img").first).to_be_visible()
    until(page, f"/[a-z]\\.svg$/.test({drawn})")
    assert page.locator(".slider img").first.evaluate("async image => { await image.decode(); return image.naturalWidth }") > 0
    assert page.locator(".slider input").count() > 0
    expect(page.locator(".slider input:visible")).to_have_count(0)
    expect(page.locator(".md-sidebar:visible")).to_have_count(0)
    page.emulate_media(media="screen")
    until(page, f"/\\.\\d+\\.svg$/.test({drawn})")
    assert slider_state(box) == moved


def test_paper_shows_what_the_reader_has_unfolded_and_no_more(visit):
    page = visit(SLOPES)
    solutions = page.locator("details.success")
    solutions.first.locator("summary").click()
    page.evaluate("""dispatchEvent(new Event('beforeprint'))""")
    page.emulate_media(media="print")
    expect(solutions.first.locator("p").first).to_be_visible()
    expect(solutions.last.locator("p").first).to_be_hidden()
    expect(page.locator("details.abstract li").first).to_be_hidden()
    page.evaluate("""dispatchEvent(new Event('afterprint'))""")
    assert page.locator("details.folded").count() == 0


def test_cheat_sheet_takes_three_sides_of_paper(visit):
    page = visit("cheat-sheet/")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 3
    assert page.locator("article abbr").count() == 0  # its front matter asks for no tooltips
    mark = page.locator(".formulas td a[aria-label]").first
    shown = "mark => getComputedStyle(mark, '::after').content"
    assert mark.evaluate(shown) == "none"
    place = mark.bounding_box()
    mark.hover()
    assert mark.bounding_box() == place and mark.evaluate(shown) == f'"{mark.get_attribute("aria-label")}"' and " " in mark.get_attribute("aria-label")
    page.mouse.move(0, 0)
    page.locator(".formulas td a").first.focus()
    page.keyboard.press("Tab")  # from the page to its theorem
    assert mark.evaluate(shown) != "none"
    page.emulate_media(media="print")
    assert page.locator(".formulas tr:visible").count() == page.locator(".formulas tbody tr").count()
    assert page.locator(".formulas td:nth-child(3):visible").count() == page.locator(".formulas tbody tr").count()


@pytest.mark.parametrize("path", ["cheat-sheet/", "descent/adam-and-its-family/"])
def test_a_theorem_leads_to_its_test_and_back_to_its_page(visit, path):
    page = visit(path)
    page.wait_for_load_state("networkidle")
    page.evaluate(OPEN)
    link = page.locator("a[href*='adam-and-its-family/#test_']").last
    name, address = link.get_attribute("href").split("#")[1], link.evaluate("link => link.href")
    link.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # the theme takes down where a page stands 0.1 s after it was scrolled
    link.click()
    expect(page.locator("h1")).to_contain_text("Adam and its family: the tests")
    expect(page.locator(f"#{name}")).to_be_in_viewport()
    page = visit("notation/")
    page.goto(address)  # from outside, the page is loaded whole
    expect(page.locator(f"#{name}")).to_be_in_viewport()
    page.locator("article p a").first.click()
    expect(page.locator("h1")).to_have_text(re.compile(r"Adam and its family\W*$"))


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


def test_copy_button_gives_the_code_of_the_snippet(scrolled):
    markdown = (DOCS / SLOPES.strip("/")).with_suffix(".md").read_text("utf-8")
    path, name = re.search(r'(?m)^```python\n--8<-- "(.+):(\w+)"\n```$', markdown).groups()
    code = section(path, name)
    page = scrolled(SLOPES, permissions=["clipboard-read", "clipboard-write"])
    block = page.locator(".highlight").filter(has_text=code.split("\n")[0]).first
    block.scroll_into_view_if_needed()
    block.locator("button[data-md-type=copy]").click()
    expect(page.locator(".md-dialog")).to_contain_text("Copied")
    assert clipboard(page).strip() == code.strip()


@contextmanager
def selected(page, selector):
    """With the first such element selected, as by dragging over it."""
    yield page.evaluate(
        """selector => {
      const element = document.querySelector(selector)
      element.scrollIntoView({ block: "center" })
      getSelection().selectAllChildren(element)
      return [...element.querySelectorAll("math")].map(math => math.getAttribute("alttext"))
    }""",
        selector,
    )


@pytest.mark.parametrize("selector, around", [(".formula", "$$"), ("article p:has(math)", "$")])
def test_formula_is_copied_as_tex(visit, selector, around):
    page = visit(SLOPES, permissions=["clipboard-read", "clipboard-write"])
    with selected(page, selector) as formulas:
        page.keyboard.press("Control+C")
    copied = clipboard(page)
    assert formulas
    assert re.findall(rf"{re.escape(around)}(.+?){re.escape(around)}", copied) == formulas
    assert (copied.strip(" $") == formulas[0]) == (around == "$$"), "prose around formulas is copied too"


def test_words_are_copied_as_they_are(visit):
    page = visit(SLOPES, permissions=["clipboard-read", "clipboard-write"])
    with selected(page, "article h2"):
        page.keyboard.press("Control+C")
    assert clipboard(page).strip("¶ \n") == page.locator("article h2").first.inner_text().strip("¶ \n")


def test_wide_formula_scrolls_in_its_box_also_by_keyboard(scrolled):
    page = scrolled(SLOPES, "phone")
    box = page.locator(".formula").first
    box.evaluate(
        "box => { const math = box.querySelector('math'); for (let i = 0; i < 4; i++) math.append(...math.cloneNode(true).children) }"
    )
    assert box.evaluate("box => box.scrollWidth - box.clientWidth") > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # What cannot be reached by scrolling is lost: the formula begins within its box.
    assert (
        box.evaluate(
            "box => box.querySelector('math').firstElementChild.getBoundingClientRect().left - box.getBoundingClientRect().left"
        )
        >= 0
    )
    box.focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('.formula').scrollLeft > 0")


@pytest.mark.parametrize(
    "selector", [".formula", "details > summary", ".slider input", ".slider button", ".md-nav--primary a.md-nav__link"]
)
def test_focus_is_seen(visit, selector):
    page = visit(SLOPES)
    page.keyboard.press("Tab")  # from now on the browser shows where the keyboard is
    page.evaluate("selector => document.querySelector(selector).focus()", selector)
    outline = page.evaluate(
        "(({ outlineStyle, outlineWidth }) => [outlineStyle, parseFloat(outlineWidth)])(getComputedStyle(document.activeElement))"
    )
    assert page.locator(f"{selector}:focus").count() == 1
    assert outline[0] != "none" and outline[1] >= 1


def test_missing_page_shows_the_way_from_a_deep_address(visit):
    page = visit("no/such/page/", missing=True)
    assert page.evaluate("getComputedStyle(document.body).getPropertyValue('--paper')").strip() == PALETTE["paper"][0]
    expect(page.locator("h1")).to_have_text("No such page")
    page.locator("article a[href]").first.click()
    expect(page.locator(".concept-map")).to_be_visible()


# What comes with a page: a page of each kind


KINDS = ["", SLOPES, "descent/gradient-descent/", "labs/walk-downhill/", "cheat-sheet/", "for-teachers/", TESTS]


FONT = "assets/maths.woff2"


def fetched(page, site, address, act):
    """The weight over the wire, in bytes, of the files that a page fetches while `act()` and until it is quiet, by name."""
    asked = set()
    take = lambda request: asked.add(request.url.removeprefix(address).split("?")[0])
    page.on("request", take)
    act()
    page.wait_for_timeout(2000)  # instant navigation tells no end; the frames for paper come a second after the page
    page.remove_listener("request", take)
    weights = {}
    for path in asked:
        data = (site / (f"{path}index.html" if not path or path.endswith("/") else path)).read_bytes()
        weights[path] = len(data if path.endswith((".woff2", ".png")) else gzip.compress(data, 6))  # those are packed
    return weights


@pytest.mark.parametrize("path", KINDS, ids=lambda path: path or "home")
def test_first_view_and_next_page_are_light(visit, site, address, path):
    page = visit("404.html", fresh=True)
    page.goto("about:blank")
    first = fetched(page, site, address, lambda: page.goto(address + path))
    assert 60 * 1024 < sum(first.values()) <= 200 * 1024
    other = "gradients/jacobian/" if path != "gradients/jacobian/" else SLOPES
    link = page.locator(f".md-nav--primary a[href$='{other}']").first
    second = fetched(page, site, address, lambda: (link.evaluate("link => link.click()"), page.wait_for_url(f"**/{other}")))
    # The font of the formulas comes once in a visit, with the first page that has a formula.
    assert (FONT in first) != (FONT in second)
    font = second.pop(FONT, 0)
    assert 30 * 1024 < sum(second.values()) <= 60 * 1024 and font <= 30 * 1024
    assert sum(first.values()) + font <= 200 * 1024


@pytest.mark.parametrize("path", KINDS, ids=lambda path: path or "home")
def test_a_page_is_sealed(browser, address, path):
    with browser.new_context(**MODES["light"]) as context:
        page = context.new_page()
        page.goto(address + path)
        refused = page.evaluate("""async () => {
          const refused = []
          document.addEventListener("securitypolicyviolation", event => refused.push(event.effectiveDirective))
          const script = document.createElement("script")
          script.textContent = "window.broken = true"
          document.head.append(script)
          await fetch("https://elsewhere.invalid/").catch(() => {})
          const image = new Image()
          image.src = "https://elsewhere.invalid/x.png"
          await image.decode().catch(() => {})
          await new Promise(resolve => setTimeout(resolve, 200))
          return refused.sort()
        }""")
        assert refused == ["connect-src", "img-src", "script-src-elem"] and not page.evaluate("window.broken")


def test_nothing_is_stored_but_what_the_reader_chose(visit):
    page = visit(SLOPES)
    page.locator("form[data-md-component=palette] label:visible").first.click()
    assert page.evaluate("Object.keys({ ...localStorage, ...sessionStorage }).map(key => key.split('.').at(-1)).sort()") == ["__palette"]
    assert page.context.cookies() == []
