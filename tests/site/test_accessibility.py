"""The built site by the rules of accessibility, every page in light and dark, with all folds open."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.site.conftest import MODES, OPEN, PAGES, search

# All rules look at all elements; only what passes is not described one by one, which takes most of the time.
AXE = {"resultTypes": ["violations"]}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "home")
def test_page_keeps_the_rules_of_accessibility_in_light_and_dark(scrolled, path):
    page = scrolled(path, reduced_motion="reduce")  # the theme makes a copy button when the code comes into view
    page.evaluate(OPEN)
    seen = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"getComputedStyle(document.body).colorScheme === '{scheme}'")
        seen.append(page.evaluate("getComputedStyle(document.body).color"))
        results = Axe().run(page, options=AXE)
        assert results.violations_count == 0, f"{scheme}\n{results.generate_report()}"
        assert len(results.response["passes"]) > 10
    assert seen[0] != seen[1]


@pytest.mark.parametrize("mode", MODES)
def test_search_keeps_the_rules_of_accessibility(visit, mode):
    page = visit("", mode, reduced_motion="reduce")
    search(page, "gradient")
    results = Axe().run(page, options=AXE)
    assert results.violations_count == 0, results.generate_report()
