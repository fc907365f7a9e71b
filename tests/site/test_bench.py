"""The bench is run by hand, and rarely: what it copies is whole."""

from tests.bench import copy, grown
from tests.conftest import ROOT


def test_a_concept_that_is_copied_to_grow_the_site_has_all_its_parts(tmp_path):
    there = sorted(ROOT.glob("snippets/[a-z]*/*.py"))
    folder = grown(copy(tmp_path / "grown"), len(there) + 2)
    assert len(list(folder.glob("snippets/[a-z]*/*.py"))) == len(there) + 2
    pages = sorted(folder.glob("docs/more*/*.md"))
    assert len(pages) == 2 and len({page.parent for page in pages}) == 2
    for page in pages:
        name, text = page.parent.name, page.read_text("utf-8")
        assert f"{name}/{page.stem}.md" in (folder / "mkdocs.yml").read_text("utf-8")
        assert text.count("<!-- blank -->") == len(list(folder.glob(f"docs/blanks/{name}/{page.stem}.py"))) == 1
        assert len(list(folder.glob(f"tests/{name}/test_*.py"))) == 1 and f"{name}/" in text
