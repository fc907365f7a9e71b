"""`python -m tests.lighthouse`: what Lighthouse says of every kind of page, beside a page of bare Material, medians of three rounds.

It needs Node.js (20 or newer) and npm, which fetches Lighthouse for the time of the command, and the Chromium of the system.
A machine that is busy gives lower marks for speed; the ratio to bare Material, seen in the same round, is what counts.
"""

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from tests.bench import KINDS, bare, build, copy
from tests.site.conftest import Handler, served

LIGHTHOUSE = "lighthouse@12.8.2"  # the last that runs on Node.js 20
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
BARE = "notation"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"


class Packed(Handler):
    """Serves what can be packed with gzip, as the usual hosts do."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return self.send_error(404)
        data, packed = path.read_bytes(), path.suffix not in (".woff2", ".png")
        data = gzip.compress(data, 6) if packed else data
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(data)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(data)


def marks(address, form):
    """The marks of a page out of 100, `{category: mark}`."""
    command = ["npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    command += [f"--only-categories={','.join(CATEGORIES)}", *(["--preset=desktop"] if form == "desktop" else [])]
    chrome = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    environment = os.environ | ({"CHROME_PATH": chrome} if chrome else {})
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found = json.loads(done.stdout)["categories"]
    return {name: round(100 * found[name]["score"]) for name in CATEGORIES}


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.lighthouse", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--form", choices=("mobile", "desktop"), default="mobile")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch).resolve()
        on, off = copy(scratch / "on"), bare(copy(scratch / "off"))
        build(on), build(off)
        with served(on / "site", Packed) as site, served(off / "site", Packed) as beside:
            pages = {f"bare Material: {BARE}": f"{beside}{BARE}/"} | {name or "home": f"{site}{name}{'/' if name else ''}" for name in KINDS}
            found = {name: [] for name in pages}
            for _ in range(options.rounds):
                for name, address in pages.items():
                    found[name].append(marks(address, options.form))
    print(f"{options.form:44}{''.join(f'{name:>16}' for name in CATEGORIES)}   ratio of performance")
    first = None
    for name, rounds in found.items():
        medians = [statistics.median(one[category] for one in rounds) for category in CATEGORIES]
        first = first or medians[0]
        print(f"{name:44}{''.join(f'{mark:16.0f}' for mark in medians)}{medians[0] / first:13.2f}")


if __name__ == "__main__":
    main()
