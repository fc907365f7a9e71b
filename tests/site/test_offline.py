"""A site that is opened from a folder on disk, without a server: everything works that works on line."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.conftest import ROOT
from tests.site.conftest import MODES, search

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(project, browser):
    """A page of the small project, built with `OFFLINE`, in a browser that can reach nothing but files."""
    shutil.copytree(ROOT / "docs/assets", project.root / "docs/assets")
    for old, new in (("enabled: false", "enabled: true"), ("extra_css: []", "extra_css: [assets/site.css]")):
        project.edit("mkdocs.yml", old, new)
    project.edit("mkdocs.yml", "extra_javascript: []", "extra_javascript: [{path: assets/site.js, defer: true}]")
    status, lines = project.build()
    assert status == 0, lines
    wrong = []
    with browser.new_context(**MODES["light"]) as context:
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if re.match("file:|blob:|data:", request.url) else wrong.append(request.url))
        page.goto((project.root / "site/slopes/tangent.html").as_uri())
        yield page
    assert wrong == []


def test_pages_figures_sliders_formulas_and_palette_work_from_a_folder(opened):
    box = opened.locator(".slider")
    box.locator("input").press("Home")
    expect(box.locator("output")).to_have_text("2")
    assert box.locator("img").evaluate("async image => { await image.decode(); return image.src }").endswith("closing.0.svg")
    opened.locator("form[data-md-component=palette] label:visible").first.click()
    opened.get_by_role("link", name="Secant").first.click()
    expect(opened.locator("h1")).to_contain_text("Secant")
    expect(opened.locator("math").first).to_be_visible()
    assert "loaded" in opened.evaluate("document.fonts.ready.then(fonts => [...fonts].map(font => font.status))")
    assert opened.evaluate("JSON.parse(localStorage.getItem(Object.keys(localStorage).find(key => /__palette/.test(key)))).index") == 1


def test_search_works_from_a_folder(opened):
    links = search(opened, "what is a slope")
    links.and_(opened.locator("[href$='glossary.html?h=slope#slope']")).first.click()
    expect(opened.locator("h1")).to_contain_text("Glossary")
    assert opened.url.endswith("glossary.html?h=slope#slope")
