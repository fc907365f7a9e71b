"""The notebook of every snippet is valid, the same each time, and runs from top to bottom in an empty folder."""

import ast
import re

import nbformat
import pytest

from snippets._build.engine.notebook import notebook
from snippets._build.engine.render import ROOT, SNIPPETS
from snippets._build.engine.requirements import requirements

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
def test_cells_are_the_code_of_the_snippet_and_then_its_calls(path):
    """So the notebook does what the module does, which the site runs: no kernel is needed to see it."""
    source = path.read_text("utf-8")
    *body, main = ast.parse(source).body
    calls = [ast.unparse(line) for line in main.body][:-1]  # without `plt.show()`
    cells = [cell.source for cell in book_of(path).cells[1:]]
    parsed = [ast.parse(cell).body for cell in cells]  # each cell by itself
    statements = [ast.unparse(line) for cell in parsed for line in cell]
    assert statements == [ast.unparse(node) for node in body[1:]] + calls
    assert [cell.rstrip(";") for cell in cells[-len(calls) :]] == calls
    for cell in cells[-len(calls) :]:  # a figure that nobody assigns is shown by the backend, and not once more as a value
        assert cell.endswith(";") == cell.startswith("figure_")
    comments = "\n".join(row for row in source.splitlines() if row.lstrip().startswith("#") and "--8<--" not in row)
    assert [row for row in "\n".join(cells).splitlines() if row.lstrip().startswith("#")] == comments.splitlines()
    assert not any("--8<--" in cell for cell in cells)


@pytest.mark.parametrize("path", MODULES[::10], ids=lambda path: path.stem)
def test_notebook_runs_in_an_empty_folder_and_shows_every_figure_once(path, executed):
    book = executed(notebook(path.read_text("utf-8"), path.stem))
    for cell in book.cells[1:]:
        shown = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        assert shown == bool(re.match(r"figure_\w+\(", cell.source))
        assert all(output.output_type != "stream" or output.name == "stdout" for output in cell.outputs)
        if re.match(r"print_\w+\(", cell.source):
            assert "".join(output.text for output in cell.outputs).strip()


def test_every_snippet_has_a_notebook():
    assert MODULES and all(path.is_relative_to(ROOT) for path in MODULES)


def test_requirements_are_what_is_imported_and_jupyter_does_not_bring_along():
    source = "import re\nimport numpy as np\nfrom matplotlib import pyplot\nfrom sklearn.datasets import load_digits\n"
    assert (
        requirements(source + "from IPython.display import display\n") == "`pip install numpy matplotlib scikit-learn`"
    )
    assert requirements("from mpl_toolkits.mplot3d import art3d\nimport numpy, matplotlib.pyplot") == "`pip install numpy matplotlib`"
    assert requirements("import zzz.a, numpy") == "`pip install numpy zzz`"
