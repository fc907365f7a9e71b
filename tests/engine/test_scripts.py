"""Every snippet as its reader runs it: `python snippets/chapter/concept.py`."""

import ast
import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

SNIPPETS = sorted(Path(__file__).parents[2].glob("snippets/[a-z]*/*.py"))


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_script_calls_all_that_prints_and_then_all_that_draws(path):
    """The site calls each of them too, so that they need not all be called again here."""
    *body, block = ast.parse(path.read_text("utf-8")).body
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    results, figures = ([name for name in defined if name.startswith(kind)] for kind in ("print_", "figure_"))
    assert ast.unparse(block.test) == "__name__ == '__main__'"
    called = [ast.unparse(line) for line in block.body]
    assert called[-1] == "plt.show()" and sorted(called[:-1]) == sorted(f"{name}()" for name in results + figures)
    assert called[:-1] == sorted(called[:-1], key=lambda call: call.startswith("figure_")), "figures come last"


@pytest.mark.parametrize("path", SNIPPETS[1::10], ids=lambda path: path.stem)
def test_script_prints_all_results_and_then_opens_all_figures(path, capsys, monkeypatch):
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(len(plt.get_fignums())))
    module = runpy.run_path(str(path), run_name="__main__")
    assert shown == [len([name for name in module if name.startswith("figure_")])]
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_import_is_silent_and_draws_nothing(path, capsys):
    runpy.run_path(str(path))
    assert capsys.readouterr().out == ""
    assert plt.get_fignums() == []
