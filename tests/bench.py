"""`python -m tests.bench`: what the engine costs, as ratios measured side by side in one run, and what pages weigh.

The site is built again and again in a scratch copy. "Hook off" is the same site with its results lying ready as
ordinary files, so that both builds write the same pages.
"""

import gzip
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from contextlib import contextmanager
from html import unescape
from pathlib import Path

from snippets._build.engine.labs import make_labs

ROOT = Path(__file__).parents[1]
ROUNDS = 9
PLAIN = """
import io, runpy
from pathlib import Path
import matplotlib.pyplot as plt
from cycler import cycler
from snippets._build.engine.style import CYCLE, FIGURE
plt.rcParams.update(FIGURE | {"axes.prop_cycle": cycler(color=CYCLE)})
for path in sorted(Path("snippets").glob("[a-z]*/*.py")):
    for name, function in runpy.run_path(str(path)).items():
        if name.startswith("figure_"):
            for value in getattr(function, "slider", [None, [None]])[1]:
                figure = function() if value is None else function(value)
                figure.savefig(io.BytesIO(), format="svg")
                plt.close(figure)
import IPython.display
IPython.display.display = lambda figure, metadata: figure.savefig(io.BytesIO(), format="svg")
for path in sorted(Path("docs/labs").glob("*.py")):
    runpy.run_path(str(path))
"""


def copy(folder):
    """A copy of the site's sources in the folder."""
    for name in ("docs", "snippets", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", folder)
    return folder


def fenced(lab):
    """The page of a lab with its cells as blocks of code, as if someone had written it by hand."""

    def block(found):
        text = unescape(re.sub(r"<[^>]*>", "", lab["cells"][found[2]]))
        return textwrap.indent(f"```python\n{text}\n```", found[1])

    return re.sub(r"(?m)^( *)(@@.*@@)$", block, lab["page"])


def hook_off(folder, ready, font):
    """Turn the copy into one whose results are files in the folder `ready`."""
    config = folder / "mkdocs.yml"
    text = re.sub(r"(?m)^hooks: .*\n", "", config.read_text("utf-8"))
    config.write_text(text.replace("base_path: [", f"base_path: [{ready}, "), "utf-8")
    for file in ready.rglob("*.*"):
        name = file.relative_to(ready)
        target = folder / "docs" / ("figures" if file.suffix == ".svg" else "downloads") / name
        if file.suffix != ".txt":
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    for source in (folder / "docs" / "labs").glob("*.py"):
        source.unlink()
    for name, lab in make_labs(ROOT / "docs" / "labs", ROOT / ".cache")[0].items():
        (folder / "docs" / "labs" / f"{name}.md").write_text(fenced(lab), "utf-8")
        for kind, end in (("student", ""), ("solved", "-solved")):
            notebook = folder / "docs" / "downloads" / "labs" / f"{name}{end}.ipynb"
            notebook.parent.mkdir(exist_ok=True)
            notebook.write_text(lab[kind], "utf-8")
        for number, svg in enumerate(lab["figures"], 1):
            figure = folder / "docs" / "figures" / "labs" / name / f"{number}.svg"
            figure.parent.mkdir(parents=True, exist_ok=True)
            figure.write_text(svg, "utf-8")
    for snippet in (folder / "snippets").glob("[a-z]*/*.py"):
        shutil.copy(snippet, folder / "docs" / "downloads" / snippet.parent.name)
    shutil.copy(font, folder / "docs" / "assets")
    return folder


def seconds(folder, *command):
    """How long a command takes in the folder."""
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(folder)}
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def build(folder):
    return seconds(folder, "-m", "mkdocs", "build")


@contextmanager
def serving(folder):
    """`mkdocs serve` in the folder: yields its address and a function that reads what it has logged."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(folder)}
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mkdocs", "serve", "-a", address],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield f"http://{address}/", lambda: (log.seek(0), log.read())[1]
        finally:
            server.terminate()
            server.wait()


def until(address, text):
    """Wait until the page at the address holds the text; give up after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address) as page:
                if text in page.read().decode():
                    return
        except OSError:
            pass
        time.sleep(0.01)
    raise TimeoutError(f"{address} never showed {text!r}")


def edit_times(folder):
    """Seconds from saving a sentence of a page until the server shows it, and the snippets that were run for it."""
    page, found = folder / "docs" / "derivatives" / "derivatives-and-slopes.md", []
    with serving(folder) as (address, log):
        until(address, "<h1")
        time.sleep(1)  # the watcher starts after the first build
        before = len(log())
        for number in range(ROUNDS):
            with page.open("a", encoding="utf-8") as file:
                file.write(f"\n\nSentence {number} of the benchmark.\n")
            started = time.perf_counter()
            until(f"{address}derivatives/derivatives-and-slopes/", f"Sentence {number} of the benchmark.")
            found.append(time.perf_counter() - started)
            time.sleep(0.3)
        ran = sum(int(count) for count in re.findall(r"figures: (\d+) ran", log()[before:]))
    return statistics.median(found), ran


def weight(site, page):
    """Bytes of a page over the wire, gzipped where that helps: `(document, shared files, figures)`."""

    def wire(file):
        data = file.read_bytes()
        return len(data) if file.suffix in (".woff2", ".png") else len(gzip.compress(data, 6))

    html = page.read_text("utf-8")
    links = re.findall(r'(?:src|href)="([^"#:]+\.(?:css|js|svg|png))"', html)
    files = {(page.parent / link).resolve() for link in links}
    figures = {file for file in files if "figures" in file.parts}
    shared = {*files - figures, site / "assets" / "maths.woff2"}
    return wire(page), sum(map(wire, shared)), sum(map(wire, figures))


def main():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch).resolve()
        on, ready = copy(scratch / "on"), scratch / "ready"
        build(on)
        seconds(on, "-m", "snippets", "--out", str(ready))
        off = hook_off(copy(scratch / "off"), ready, on / "site" / "assets" / "maths.woff2")
        build(off)
        rounds = [(build(on), build(off)) for _ in range(ROUNDS)]
        warm, plain_site = map(min, zip(*rounds, strict=True))  # the least disturbed run of each

        cold, drawn = [], []
        for _ in range(3):
            shutil.rmtree(on / ".cache")
            cold.append(build(on))
            drawn.append(seconds(on, "-c", PLAIN))
        cold, fair = min(cold), plain_site + min(drawn) / cores

        (edit_on, ran), (edit_off, _) = edit_times(on), edit_times(off)
        print(f"cores: {cores}")
        print(f"{'':34}{'hook on':>10}{'beside':>10}{'ratio':>8}{'at most':>9}")
        for name, mine, other, limit in (
            ("warm build / hook off (s)", warm, plain_site, 1.10),
            ("cold build / plain (s)", cold, fair, 1.25),
            ("prose edit until shown / off (s)", edit_on, edit_off, None),
        ):
            print(f"{name:34}{mine:10.2f}{other:10.2f}{mine / other:8.2f}{f'{limit:9.2f}' if limit else ''}")
        print(f"snippets run by {ROUNDS} prose edits: {ran}")
        print(f"\n{'bytes over the wire':40}{'page':>9}{'shared':>9}{'figures':>9}")
        for page in sorted((on / "site").rglob("*.html")):
            name = page.relative_to(on / "site").as_posix()
            if name != "404.html":
                print(f"{name:40}{''.join(f'{part:9d}' for part in weight(on / 'site', page))}")


if __name__ == "__main__":
    main()
