"""Mutants are single mistakes in code that computes; the report of them is believed while the files are the same."""

import textwrap
from types import SimpleNamespace

from snippets._build.engine.render import Report
from snippets._build.kept import Keeper
from snippets._build.pages.counts import mutation_key, mutations
from tests.mutate import mutants, survivors

SOURCE = textwrap.dedent('''\
    """A concept."""


    def slope(f, x, h):
        """Slope of a secant, 1 for the identity."""
        if h <= 0:
            raise ValueError(h)
        total = 0.0
        total += f(x + h)
        return (total - f(x)) / h


    def product(A, B):
        return -A @ B.T


    def figure_product():
        return product(1 + 1, 2)
''')


def test_every_mutant_is_one_mistake_in_one_line_that_still_parses():
    found = dict(mutants(SOURCE))
    assert len(found) == len(list(mutants(SOURCE)))
    for text in found.values():
        compile(text, "mutant", "exec")
        pairs = list(zip(SOURCE.splitlines(), text.splitlines(), strict=True))
        assert sum(old != new for old, new in pairs) == 1
    made = {description.split(": ", 1)[1] for description in found}
    assert made >= {
        "h <= 0 became h > 0", "raise ValueError(h) became pass", "total += f(x + h) became total = f(x + h)",
        "x + h became x - h", "(total - f(x)) / h became (total - f(x)) * h", "-A became A", "B.T became B",
        "-A @ B.T became B.T @ -A", "0 became 1",
    }  # fmt: skip
    assert {description.split(",")[0] for description in found} == {"slope", "product"}


def test_mutants_that_no_test_notices_are_named(tmp_path):
    for name, text in (
        ("snippets/chapter/concept.py", SOURCE),
        ("tests/chapter/test_concept.py", "from snippets.chapter.concept import slope\n\n\ndef test_it():\n    assert slope(lambda x: 3 * x, 2, 0.5) == 3\n"),
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, "utf-8")
    tried, unnoticed = survivors("chapter/concept", 100, tmp_path)
    assert tried == len(list(mutants(SOURCE)))
    assert any(name.endswith("raise ValueError(h) became pass") for name in unnoticed)
    assert any(name.startswith("product") for name in unnoticed)
    assert not any(name.endswith("x + h became x - h") for name in unnoticed)
    assert (tmp_path / "snippets/chapter/concept.py").read_text("utf-8") == SOURCE


def test_a_report_counts_until_a_file_changes(tmp_path):
    snippet, test = tmp_path / "snippets/a/b.py", tmp_path / "tests/a/test_b.py"
    for file in (snippet, test):
        file.parent.mkdir(parents=True)
        file.write_text("x = 1\n", "utf-8")
    keeper = Keeper(tmp_path / "cache")
    site = SimpleNamespace(root=tmp_path, keeper=keeper, report=Report(sources={"a/b": "", "a/gone": ""}))
    assert mutations(site) is None
    keeper.save("mutations", mutation_key(snippet, test), {"mutants": 5, "survived": ["one"]})
    assert mutations(site) == (1, 5, 4)
    test.write_text("x = 2\n", "utf-8")
    assert mutations(site) is None
