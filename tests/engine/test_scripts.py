"""Every snippet as its reader runs it: `python snippets/chapter/concept.py`."""

import ast
import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

SNIPPETS = sorted(Path(__file__).parents[2].glob("snippets/[a-z]*/*.py"))


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_script_prints_all_results_and_then_opens_all_figures(path, capsys, monkeypatch):
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(len(plt.get_fignums())))
    module = runpy.run_path(str(path), run_name="__main__")
    results, figures = ([name for name in module if name.startswith(kind)] for kind in ("print_", "figure_"))
    assert shown == [len(figures)]
    assert capsys.readouterr().out.strip() or not results
    *_, block = ast.parse(path.read_text("utf-8")).body
    called = [ast.unparse(line) for line in block.body]
    assert called[-1] == "plt.show()" and sorted(called[:-1]) == sorted(f"{name}()" for name in results + figures)
    assert called[:-1] == sorted(called[:-1], key=lambda call: call.startswith("figure_")), "figures come last"


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_import_is_silent_and_draws_nothing(path, capsys):
    runpy.run_path(str(path))
    assert capsys.readouterr().out == ""
    assert plt.get_fignums() == []
