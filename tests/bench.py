"""`python -m tests.bench`: how long authors wait, beside bare Material on the same machine in the same run, and what pages weigh.

Bare Material builds as many pages with the same prose, without code, figures, results and formulas' MathML: what nobody can
do without. The site grows by synthetic concepts, to see whether a build grows faster than it.
"""

import argparse
import gzip
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONCEPT = "derivatives/why-calculus"
PAGE = "gradients/gradient"
KINDS = ("", "for-teachers", PAGE, "descent/gradient-descent", "labs/walk-downhill", "cheat-sheet", f"theorems/{PAGE}")
SIZES = (50, 200, 800)  # concepts


def copy(folder):
    """A copy of the site's sources in the folder."""
    for name in ("docs", "snippets", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", folder)
    return folder


def bare(folder):
    """Turn the copy into one that is built by Material alone: the same prose, and nothing else."""
    config = folder / "mkdocs.yml"
    text = re.sub(r"(?m)^  - (snippets\b.*|pymdownx\.snippets:(\n      .*)*)\n", "", config.read_text("utf-8"))
    config.write_text(re.sub(r"(?m)^  custom_dir: .*\n", "", text), "utf-8")
    for source in (folder / "docs" / "labs").glob("*.py"):
        prose = re.findall(r"(?ms)^# %% \[markdown\]\n(.*?)(?=^# %%|\Z)", source.read_text("utf-8"))
        text = re.sub(r"(?m)^# ?", "", "\n\n".join(prose))
        source.unlink()
        source.with_suffix(".md").write_text(text, "utf-8")
    for page in (folder / "docs").rglob("*.md"):
        text = re.sub(r"(?ms)^( *)(`{3,}).*?^\1\2 *$", "", page.read_text("utf-8"))
        page.write_text(re.sub(r"!\[[^]]*\]\([^)]*\)", "", text), "utf-8")
    return folder


def grown(folder, size):
    """Make copies of one concept until there are as many in the folder."""
    config = folder / "mkdocs.yml"
    chapter, name = CONCEPT.split("/")
    module = name.replace("-", "_")
    parts = ("docs/{}/" + name + ".md", "docs/blanks/{}/" + name + ".py", "snippets/{}/" + module + ".py", "tests/{}/test_" + module + ".py")
    nav, there = [], len(list((folder / "snippets").glob("[a-z]*/*.py")))
    for number in range(size - there):
        for part in parts:
            target = folder / part.format(f"more{number}")
            target.parent.mkdir(parents=True)
            text = (folder / part.format(chapter)).read_text("utf-8").replace(f"{chapter}/{module}", f"more{number}/{module}")
            target.write_text(re.sub(r"\]\([^)#]*\.md[^)]*\)", "](../index.md)", text), "utf-8")
        nav.append(f"  - more{number}/{name}.md\n")
    config.write_text(config.read_text("utf-8") + "".join(nav), "utf-8")
    return folder


def run(folder, *command):
    """Seconds, seconds of all processors, and the most MB of one process, of a command in the folder."""
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(folder)}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0, said.decode()
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    processors = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, processors, used.ru_maxrss / 1024


def build(folder):
    return run(folder, "-m", "mkdocs", "build")


@contextmanager
def serving(folder):
    """`mkdocs serve` in the folder: yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "mkdocs", "serve", "-a", address]
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://{address}/"
    finally:
        server.terminate()
        server.wait()


def until(address, text, wanted=True, patience=300):
    """Seconds until the page at the address holds the text, or no longer does."""
    started = time.perf_counter()
    while time.perf_counter() < started + patience:
        try:
            with urllib.request.urlopen(address) as page:
                if (text in page.read().decode()) is wanted:
                    return time.perf_counter() - started
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"{address}: {text!r} after {patience} s")


def saves(folder, rounds):
    """Seconds from saving a sentence of a page until the server shows it, the median."""
    page, found = folder / f"docs/{PAGE}.md", []
    with serving(folder) as address:
        until(address, "<h1")
        time.sleep(2)  # the watcher starts after the first build
        for number in range(rounds):
            with page.open("a", encoding="utf-8") as file:
                file.write(f"\n\nSentence {number} of the benchmark.\n")
            found.append(until(f"{address}{PAGE}/", f"Sentence {number} of the benchmark."))
            time.sleep(1)
    return statistics.median(found)


def first_pages(folder):
    """Seconds from an empty cache until `mkdocs serve` shows a page, until the page is whole, and until all is."""
    shutil.rmtree(folder / ".cache")
    started = time.perf_counter()
    with serving(folder) as address:
        until(f"{address}{PAGE}/", "<h1")
        first = time.perf_counter() - started
        until(f"{address}{PAGE}/", "figure waiting", wanted=False)
        whole = time.perf_counter() - started
        until(f"{address}labs/a-network-from-nothing/", "This lab is being run", wanted=False)
        return first, whole, time.perf_counter() - started


def snippet_save(folder):
    """Seconds from saving a snippet until the server shows it, and what it takes to run it alone."""
    snippet = folder / f"snippets/{PAGE.replace('-', '_')}.py"
    with serving(folder) as address:
        until(address, "<h1")
        time.sleep(2)
        mark = "The benchmark was here."
        snippet.write_text(snippet.read_text("utf-8").replace("# --8<-- [end:", f"# {mark}\n# --8<-- [end:", 1), "utf-8")
        shown = until(f"{address}{PAGE}/", mark)
    with tempfile.TemporaryDirectory() as alone:
        target = Path(alone, "snippets", "chapter")
        target.mkdir(parents=True)
        shutil.copy(snippet, target)
        took, *_ = run(folder, "-m", "snippets", "--out", f"{alone}/out", "--snippets", f"{alone}/snippets", "--cache", f"{alone}/cache")
    return shown, took


def wire(file):
    """Bytes of a file over the wire, gzipped where that helps."""
    data = file.read_bytes()
    return len(data) if file.suffix in (".woff2", ".png") else len(gzip.compress(data, 6))


def weight(site, name):
    """KiB over the wire until a reader scrolls, `(for the first page, for the next one)`: with what all pages share, and without.

    `tests/site/test_browser.py` measures the same in a browser.
    """
    page = site / name / "index.html"
    text = page.read_text("utf-8")
    links = re.findall(r'(?:src|href)="([^"#:]+\.(?:css|js))"|"search": "([^"]+)"', text)
    shared = [page.parent / (link or worker) for link, worker in links] + [site / "sitemap.xml"]
    own = [page, *(page.parent / link for link in re.findall(r'href="([^"]+)" as="image"', text))]
    font = [site / "assets" / "maths.woff2"] if "<math" in text else []
    return sum(map(wire, {file.resolve() for file in (*shared, *own, *font)})) / 1024, sum(map(wire, own)) / 1024


def show(name, value, beside=None, limit=""):
    ratio = f"{value / beside:8.2f}" if beside else " " * 8
    print(f"{name:52}{value:9.2f}{f'{beside:9.2f}' if beside else ' ' * 9}{ratio}   {limit}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="numbers of concepts")
    options = parser.parse_args()
    print(f"{'':52}{'site':>9}{'bare':>9}{'ratio':>8}   at most")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch).resolve()
        on, off = copy(scratch / "on"), bare(copy(scratch / "off"))
        wall, processors, _ = build(on)
        show("cold build (s)", wall)
        show("cold build (s of all processors)", processors)
        build(on), build(off)
        pairs = [(build(on)[0], build(off)[0]) for _ in range(options.rounds)]
        show("warm build (s, median of pairs)", *map(statistics.median, zip(*pairs, strict=True)), "2.5")
        show("a sentence saved until shown (s)", saves(on, options.rounds), saves(off, options.rounds), "1.5 s")
        show("a snippet saved until shown (s), beside it run alone", *snippet_save(on))
        first, whole, all_there = first_pages(on)
        show("serve, empty cache: until a page is there (s)", first, limit="10 s")
        show("                    until the page that is read is whole", whole)
        show("                    until all is", all_there)
        site = on / "site"
        print(f"\n{'KiB over the wire':52}{'first':>9}{'next':>9}   at most 200, 60")
        for name in KINDS:
            print(f"{name or 'home':52}{''.join(f'{part:9.1f}' for part in weight(site, name))}")
        print(f"{'index of the search, when someone searches':52}{wire(site / 'search/search_index.json') / 1024:9.1f}   at most 120")
        html = {page: page.stat().st_size / 1e6 for page in site.rglob("*.html")}
        without = sum(size for page, size in html.items() if "theorems" not in page.parts)
        print(f"{'HTML (MB), without the pages of tests and with them':52}{without:9.2f}{sum(html.values()):9.2f}")
        print(f"\n{'concepts':12}{'cold s':>9}{'MB':>7}{'warm s':>9}{'MB':>7}{'bare s':>9}{'ratio':>8}")
        for size in options.sizes:
            large = grown(copy(scratch / f"on{size}"), size)
            shutil.copytree(on / ".cache", large / ".cache")
            cold, warm = build(large), min(build(large) for _ in range(2))
            beside = min(build(bare(grown(copy(scratch / f"off{size}"), size)))[0] for _ in range(1))
            print(f"{size:<12}{cold[0]:9.1f}{cold[2]:7.0f}{warm[0]:9.2f}{warm[2]:7.0f}{beside:9.2f}{warm[0] / beside:8.2f}", flush=True)


if __name__ == "__main__":
    main()
