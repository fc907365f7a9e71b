"""`python -m tests.preview` remakes docs/assets/preview.png, the picture in the README and in links to the site."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.site.conftest import build_site, launch, served

PICTURE = Path(__file__).parents[1] / "docs" / "assets" / "preview.png"


def main():
    with tempfile.TemporaryDirectory() as folder, served(folder) as address, sync_playwright() as playwright:
        build_site(folder, SITE_URL=address)
        page = launch(playwright).new_page(viewport={"width": 1200, "height": 630}, color_scheme="light")
        page.goto(f"{address}descent/gradient-descent/")
        page.evaluate("Promise.all([...document.images].slice(0, 1).map(image => image.decode()))")
        page.screenshot(path=PICTURE)
    print(PICTURE)


if __name__ == "__main__":
    main()
