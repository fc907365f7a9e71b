"""Every snippet as its reader runs it: `python snippets/chapter/concept.py`."""

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
    printed = capsys.readouterr().out
    figures = [name for name in module if name.startswith("figure_")]
    assert shown == [len(figures)]
    for name, function in module.items():
        if name.startswith("print_"):
            function()
            assert capsys.readouterr().out in printed


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_import_is_silent_and_draws_nothing(path, capsys):
    runpy.run_path(str(path))
    assert capsys.readouterr().out == ""
    assert plt.get_fignums() == []
