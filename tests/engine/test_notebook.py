"""The notebook of every snippet is valid, the same each time, and runs from top to bottom in an empty folder."""

import re

import nbformat
import pytest

from snippets._build.engine.notebook import notebook
from snippets._build.engine.render import ROOT, SNIPPETS

MODULES = sorted(SNIPPETS.glob("[a-z]*/*.py"))
every_snippet = pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])


def book_of(path):
    return nbformat.reads(notebook(path.read_text("utf-8"), path.stem), as_version=4)


@every_snippet
def test_notebook_is_valid_and_the_same_every_time(path):
    book = book_of(path)
    nbformat.validate(book)
    assert notebook(path.read_text("utf-8"), path.stem) == notebook(path.read_text("utf-8"), path.stem)
    assert len({cell.id for cell in book.cells}) == len(book.cells)
    assert book.cells[0].cell_type == "markdown" and book.cells[0].source.startswith("# ")


@every_snippet
def test_notebook_holds_the_code_of_the_snippet_and_no_markers(path):
    source, code = path.read_text("utf-8"), "\n".join(cell.source for cell in book_of(path).cells[1:])
    assert "--8<--" not in code and "__main__" not in code and "plt.show()" not in code
    for name in re.findall(r"(?m)^def (\w+)", source):
        assert f"def {name}(" in code


@every_snippet
def test_notebook_runs_and_shows_every_figure_once(path, executed):
    book = executed(notebook(path.read_text("utf-8"), path.stem))
    for cell in book.cells[1:]:
        shown = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        assert shown == bool(re.match(r"figure_\w+\(", cell.source))
        assert all(output.output_type != "stream" or output.name == "stdout" for output in cell.outputs)
        if re.match(r"print_\w+\(", cell.source):
            assert "".join(output.text for output in cell.outputs).strip()


def test_every_snippet_has_a_notebook():
    assert MODULES and all(path.is_relative_to(ROOT) for path in MODULES)
