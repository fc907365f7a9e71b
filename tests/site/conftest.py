"""The real site, built once for all tests that look at it, served on this machine, and opened in a browser."""

import contextlib
import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, expect, sync_playwright

from tests.conftest import one_at_a_time, wait_for

ROOT = Path(__file__).parents[2]


def build_site(folder, **settings):
    """Build the site into a folder, as a reader of the README would, and return the folder."""
    names = ("SITE_URL", "REPOSITORY_URL", "PYODIDE_URL")
    # Not counted by coverage, which makes loops several times slower: other tests run the same lines.
    environment = {k: v for k, v in os.environ.items() if k not in names and not k.startswith("COVERAGE_")}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    run = subprocess.run(
        command, cwd=ROOT, env=environment | settings, capture_output=True, text=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files as the usual hosts do: in silence, and with the site's own page for what does not exist."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def copyfile(self, source, outputfile):
        with contextlib.suppress(ConnectionError):  # the browser has left the page
            super().copyfile(source, outputfile)

    def send_error(self, code, *_, **__):
        body = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":  # of which the next answer on the same connection would be made
            self.wfile.write(body)


@contextlib.contextmanager
def served(folder, handler=Handler):
    """The address under which this machine serves the folder, with a slash at the end."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder)) as server:
        server.block_on_close = False  # a browser may keep its connections open
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """An empty folder and its address."""
    folder = tmp_path_factory.mktemp("site")
    with served(folder) as address:
        yield folder, address


@pytest.fixture(scope="session")
def site(server, lock):
    """The folder of the built site. It knows its address, without which links load whole pages."""
    folder, address = server
    with one_at_a_time(lock):
        return build_site(folder, SITE_URL=address, REPOSITORY_URL="https://forge.test/site")


@pytest.fixture(scope="session")
def address(site, server):
    """The address of the built site."""
    return server[1]


DOCS = ROOT / "docs"
FILES = sorted(path.relative_to(DOCS).as_posix() for path in [*DOCS.rglob("*.md"), *DOCS.glob("labs/*.py")])
MODES = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}
ARGUMENTS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
ARGUMENTS += ["--no-first-run"] + (["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])


def url(file):
    """The address of a page below the site's own."""
    return re.sub(r"(^|/)index/$", r"\1", re.sub(r"\.(md|py)$", "/", file))


PAGES = [*map(url, FILES), "404.html"]
SLOPES, RATES = "derivatives/derivatives-and-slopes/", "descent/learning-rate/"
TESTS = "theorems/descent/adam-and-its-family/"  # the longest of its kind; they are made alike


def launch(playwright):
    """The system's Chromium, best the one without a screen, or Playwright's own."""
    path = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))), None)
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests of a module. Its driver keeps an event loop running, which others need for themselves."""
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except Error as error:
            wanted = "no browser: apt-get install chromium-headless-shell (Debian), or playwright install chromium"
            if os.environ.get("CI") == "true":
                pytest.fail(f"{wanted}\n{error}")
            pytest.skip(wanted)
        yield browser
        browser.close()


# Counts what moves by itself; begins before the page does.
WATCH = """
window.shift = 0
window.moved = [] // by how much, when, and what
new PerformanceObserver(list => {
  for (const { hadRecentInput, value, startTime, sources } of list.getEntries()) {
    if (hadRecentInput) continue
    window.shift += value
    window.moved.push([value, startTime, ...sources.map(({ node }) => `${node?.nodeName} ${node?.textContent?.slice(0, 40)}`)].join(" | "))
  }
}).observe({ type: "layout-shift", buffered: true })
"""
# To the end of the page, as a reader would: lazy images come, and all of them are decoded.
STOPPED = "the browser draws no more"
SCROLL = """async () => {
  document.documentElement.classList.add("whole") // a reader is slower than the page, which lets in by and by what waits below
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) { // figures come, and code learns that it scrolls, when they are seen
    scrollTo(0, y)
    await new Promise((resolve, reject) => {
      requestAnimationFrame(() => setTimeout(resolve)) // when it is drawn
      setTimeout(() => reject(new Error("STOPPED")), 10000)
    })
  }
  await Promise.all([...document.images].filter(image => image.checkVisibility()).map(image => image.decode()))
  await document.fonts.ready
  scrollTo(0, 0)
  await new Promise(resolve => setTimeout(resolve, 50))
}""".replace("STOPPED", STOPPED)
# How many blocks wait until they come near the window or there is nothing else to do.
WAITING = """[...document.querySelectorAll("article > :not(h1, h2, h3), article > .highlight > pre, article > .formulas > div")]
  .filter(block => block.firstElementChild && !block.firstElementChild.checkVisibility({ contentVisibilityAuto: true }) && block.offsetHeight).length"""
OPEN = "() => document.querySelectorAll('details').forEach(details => { details.open = true })"


@pytest.fixture(scope="module")
def tabs(browser):
    """Tabs that tests have left, by what was asked of them: to go on in one takes a quarter of the time of a new one."""
    return {}


@pytest.fixture
def visit(browser, address, tabs):
    """A function that opens a page of the site; whatever goes wrong there fails the test.

    It may come in a tab whose visitor has left nothing but what the browser keeps of files; a fresh one has not even those.
    """
    wrong, spared, used = [], set(), []

    def asked(request):
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(address).netloc:
            wrong.append(f"asks for {request.url}")

    def said(message):
        if message.type in ("error", "warning") and message.location["url"] not in spared:
            wrong.append(f"{message.location['url']}: console: {message.text}")

    def failed(error):
        wrong.append(str(error))

    heard = {"console": said, "pageerror": failed, "request": asked}

    def tab(kind, options):
        for known, page in used:
            if kind and known == kind:
                return page
        page = tabs.pop(kind, None)
        if page is None:
            context = browser.new_context(**options)
            context.add_init_script(WATCH)
            page = context.new_page()
        for event, hear in heard.items():
            page.on(event, hear)
        used.append((kind, page))
        return page

    def visit(path, mode="light", missing=False, fresh=False, **options):
        options = {**MODES[mode], "reduced_motion": "no-preference", "forced_colors": "none", **options}
        page = tab(None if fresh else repr(options), options)
        page.emulate_media(media="null", **{name: options[name] for name in ("color_scheme", "reduced_motion", "forced_colors")})
        page.set_viewport_size(options["viewport"])
        page.mouse.move(0, 0)
        spared.update([address + path] if missing else [])  # it is itself reported on the console
        page.goto(address + path)
        return page

    yield visit
    for kind, page in used:
        for event, hear in heard.items():
            page.remove_listener(event, hear)
        if wrong or not kind or page.is_closed():
            page.context.close()
        else:
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
            page.context.clear_cookies()
            tabs[kind] = page
    assert wrong == []


@pytest.fixture
def scrolled(visit):
    """A function that opens a page and scrolls through it.

    Chromium without a screen stops drawing once in some hundred pages on a busy machine, for ever and without a
    word. That is no fault of the page, which then is opened anew.
    """

    def scrolled(path, mode="light", **options):
        for fresh in (False, True, True):
            page = visit(path, mode, fresh=fresh, **options)
            try:
                page.evaluate(SCROLL)
                return page
            except Error as error:
                if STOPPED not in error.message:
                    raise
                page.close()
        pytest.fail(f"{path}: {STOPPED}, three times")

    return scrolled


def section(path, name):
    """A section of a snippet, as the file has it."""
    text = (ROOT / "snippets" / path).read_text("utf-8")
    return re.search(rf"# --8<-- \[start:{name}\]\n(.*?)\n# --8<-- \[end:{name}\]", text, re.DOTALL)[1]


def until(page, expression):
    """Wait until an expression holds on the page, which does not let the browser's driver wait there for text that is code."""
    wait_for(lambda: page.evaluate(expression), seconds=30)


def search(page, word):
    """Type a word into the search field, and return the links it finds."""
    field = page.get_by_role("textbox", name="Search")
    if not field.is_visible() or not page.evaluate("innerWidth > 960"):
        page.locator("label.md-header__button[for=__search]").click()
    field.click()
    field.press_sequentially(word)
    links = page.locator(".md-search-result__link")
    expect(links.first).to_be_visible()
    return links
