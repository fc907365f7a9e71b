"""What there is on the site, counted: the table on the page that says how the site is checked."""

import html
import re

from ..kept import key


def mutation_key(snippet, test):
    """What a report of mutations is about: the bytes of a snippet and of its test."""
    return key(snippet.read_bytes(), test.read_bytes())


def mutations(site):
    """Snippets, mutants and killed ones of what `python -m tests.mutate` has kept for the files as they are, or None."""
    found = []
    for name in site.report.sources:
        chapter, concept = name.split("/")
        test = site.root / f"tests/{chapter}/test_{concept}.py"
        if test.is_file():
            kept = site.keeper.load("mutations", mutation_key(site.root / f"snippets/{name}.py", test))
            if kept:
                found.append((1, kept["mutants"], kept["mutants"] - len(kept["survived"])))
    return tuple(map(sum, zip(*found, strict=True))) if found else None


def tests(root, folders):
    """How many test functions stand in some folders of the tests."""
    files = [file for folder in folders for file in (root / "tests" / folder).glob("test_*.py")]
    return sum(len(re.findall(r"(?m)^def test_\w+\(", file.read_text("utf-8"))) for file in files)


def counted(site, contents):
    """Pairs of what is counted and how much of it there is, from the pages and their finished HTML."""
    concepts = {name: page.text for name, page in site.pages.items() if page.is_concept}
    chapters = {page.split("/")[0] for page in concepts}
    others = {folder.name for folder in (site.root / "tests").glob("[a-z]*") if folder.is_dir()} - chapters
    others.discard("frameworks")  # whose tests run elsewhere
    pictures = [name for name in site.report.results if name.endswith(".svg")]
    frames = [name for name in pictures if re.search(r"\.\d+\.svg$", name)]
    sliders = {re.sub(r"\.\d+\.svg$", "", name) for name in frames}
    wrong = [re.search(r"(?ms)^## What goes wrong\n(.*?)(?=^## |\Z)", text) for text in concepts.values()]
    mutants = mutations(site)
    return [
        ("pages, each on one concept", f"{len(concepts)}"),
        ("formulas", f"{sum(content.count('<math') for content in contents):,}"),
        ("figures drawn by snippets and labs", f"{len(pictures) - len(frames)}"),
        ("of these with a slider", f"{len(sliders)}, with {len(frames)} frames"),
        ("printed results", f"{len([name for name in site.report.results if name.endswith('.txt')])}"),
        ("misconceptions, most of them run", f"{sum(len(re.findall(r'(?m)^[*]{2}(?!Guess)', f[1])) for f in wrong if f)}"),
        ("exercises with a solution", f"{sum(text.count('??? success') for text in concepts.values())}"),
        (
            "tasks of the labs, each with a check and a solution",
            f"{sum(page.text.count('# blank: ') for page in site.pages.values() if page.is_lab)}",
        ),
        ("theorems: tests of the maths, each named as a statement", f"{sum(len(site.theorems(name)) for name in concepts):,}"),
        ("tests of the machinery and of the built site", f"{tests(site.root, others):,}"),
        (
            "mutants",
            "{1} in the code of {0} of the pages; {2} made a test fail".format(*mutants)
            if mutants
            else "no report was there",
        ),
    ]


def counts(site, contents):
    """The table, as HTML."""
    rows = "".join(
        f"<tr><td>{html.escape(what)}</td><td>{html.escape(much)}</td></tr>" for what, much in counted(site, contents)
    )
    return f"<table><thead><tr><th>What</th><th>How much</th></tr></thead><tbody>{rows}</tbody></table>"
