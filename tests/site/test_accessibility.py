"""The built site by the rules of accessibility, every page in light and dark, with all folds open."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.site.conftest import MODES, OPEN, PAGES, search

# All rules look at all elements; only what passes is not described one by one, which takes most of the time.
AXE = {"resultTypes": ["violations"]}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "home")
def test_page_keeps_the_rules_of_accessibility(scrolled, path, mode):
    page = scrolled(path, mode, reduced_motion="reduce")  # the theme makes a copy button when the code comes into view
    page.evaluate(OPEN)
    results = Axe().run(page, options=AXE)
    assert results.violations_count == 0, results.generate_report()
    assert len(results.response["passes"]) > 10


@pytest.mark.parametrize("mode", MODES)
def test_search_keeps_the_rules_of_accessibility(visit, mode):
    page = visit("", mode, reduced_motion="reduce")
    search(page, "gradient")
    results = Axe().run(page, options=AXE)
    assert results.violations_count == 0, results.generate_report()
