"""`python -m tests.runtime FOLDER`: *Run it here* with a real Python: notebooks of the built site in the browser, cell by cell.

FOLDER holds a Pyodide distribution: a whole one, or its core as npm has it (`npm pack pyodide`), which lacks all packages. Those
that the kernel itself needs are in pure Python and are then fetched with pip, for the time of the command. It says what ran, what
could not, and which other hosts were asked for something; it exits with 1 if Python itself did not run, or if the solution to a blank of a page was not right there.
"""

import hashlib
import http.server
import json
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION
from playwright.sync_api import sync_playwright

from snippets._build.engine.labs import solved
from snippets._build.pages.blanks import CHECK, source_of
from tests.blanks.wrong_answers import WRONG
from tests.conftest import ROOT
from tests.site.conftest import ARGUMENTS, Handler, build_site, served

KERNEL = ("micropip", "packaging", "ipython", "jedi", "matplotlib-inline")
PAGES = ("labs/the-slope-of-your-marks", "labs/a-network-from-nothing", "gradients/gradient")


class Typed(Handler):
    """Names the types that browsers insist on, and tells in an empty answer that something is not there."""

    extensions_map = Handler.extensions_map | {".wasm": "application/wasm", ".mjs": "text/javascript"}
    send_error = http.server.SimpleHTTPRequestHandler.send_error


class Elsewhere(socketserver.StreamRequestHandler):
    """A proxy that takes note of what is asked for, and gives nothing."""

    def handle(self):
        self.server.asked.add(self.rfile.readline().decode("latin-1").split()[1].split("?")[0])


def complete(folder):
    """Add the wheels that the kernel needs and the folder lacks, and say in its lock what they are."""
    path = folder / "pyodide-lock.json"
    lock = json.loads(path.read_text("utf-8"))
    packages = {name.replace("_", "-").lower(): package for name, package in lock["packages"].items()}
    waiting, done = [*KERNEL], set()
    while waiting:
        name = waiting.pop().replace("_", "-").lower()
        if name in done:
            continue
        done.add(name)
        package = packages[name]
        waiting += package["depends"]
        wheel = folder / package["file_name"]
        if not wheel.exists():
            wanted = f"{package['name']}=={package['version']}"
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--python-version", lock["info"]["python"]]
            subprocess.run([*command, "--platform", "any", "-d", folder, wanted], check=True)
            package["sha256"] = hashlib.sha256(wheel.read_bytes()).hexdigest()
    path.write_text(json.dumps(lock), "utf-8")


def run(page, address, name):
    """The outputs of the first two cells of a notebook, the second of which is pure Python of ours, and the seconds that it took."""
    begin = time.monotonic()
    page.goto(f"{address}{name}/")
    page.get_by_role("link", name="Run it here").click()
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=60_000)
    page.locator(".jp-CodeCell").first.click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".jp-CodeCell >> nth=0 >> text=/\\[1\\]/", timeout=180_000)
    first = " ".join(page.locator(".jp-CodeCell").first.locator(".jp-OutputArea-output").all_inner_texts())
    page.keyboard.press("Escape")
    page.keyboard.press("a")  # a new cell above the one that is next
    page.keyboard.press("Enter")
    page.keyboard.type("import sys\nprint(sys.platform, sum(range(10)))")
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".jp-CodeCell >> nth=1 >> .jp-OutputArea-output", timeout=60_000)
    second = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output").first.inner_text()
    return first.strip(), second.strip(), time.monotonic() - begin


def answer(page, address, name):
    """What a page says of the solution to its blank, and the seconds from the button to the verdict."""
    code, _ = CHECK.split(solved((ROOT / "docs" / source_of(name)).read_text("utf-8")))
    page.goto(f"{address}{name}/")
    page.locator(".blank textarea").fill(code.strip())
    begin = time.monotonic()
    page.locator(".blank button").click()
    page.wait_for_selector(".blank[aria-busy=true]")
    page.wait_for_selector(".blank:not([aria-busy])", timeout=120_000)
    return page.locator(".blank output").inner_text().strip(), time.monotonic() - begin


def main(folder):
    with tempfile.TemporaryDirectory() as own:
        site = build_site(Path(own, "site"), PYODIDE_URL="pyodide/")
        shutil.copytree(folder, site / "pyodide")
        version = json.loads((site / "pyodide/package.json").read_text("utf-8"))["version"]
        print(f"Pyodide {version}; the kernel expects {PYODIDE_VERSION}")
        complete(site / "pyodide")
        proxy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Elsewhere)
        proxy.asked = set()
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        through = {"server": f"http://127.0.0.1:{proxy.server_address[1]}", "bypass": "127.0.0.1"}
        right = True
        with served(site, Typed) as address, sync_playwright() as playwright:
            path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, proxy=through)
            for name in PAGES:
                page = browser.new_page()
                first, second, seconds = run(page, address, name)
                right &= second == "emscripten 45"
                print(f"{name}: {seconds:.0f} s; a cell of ours: {second}; packages: {first or 'all are there'}")
                page.close()
            page = browser.new_page()
            for name in WRONG:
                says, seconds = answer(page, address, name)
                right &= says.startswith("Right")
                print(f"{name}: {seconds:.1f} s; {says}")
            browser.close()
        proxy.shutdown()
        print("asked elsewhere (the browser's own errands too):", ", ".join(sorted(proxy.asked)) or "nothing")
        return 0 if right else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
