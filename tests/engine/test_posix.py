"""The engine where there are signals, process groups and terminals; and where a system has neither, as Windows has not."""

import contextlib
import inspect
import io
import json
import multiprocessing
import os
import pickle
import pty
import signal
import subprocess
import sys
import termios
import time

import matplotlib
import pytest

from snippets._build import render as engine
from snippets._build import worker
from snippets._build.render import ROOT, render
from tests.conftest import wait_for
from tests.engine import test_render
from tests.engine.conftest import HEAD, TAIL
from tests.engine.test_render import BAD, DEAF, PRINT, SLIDER, kept, report_on, write_out


def test_killed_build_leaves_no_wrong_result_and_the_next_is_whole(snippets, cache, tmp_path):
    body = f"""
import pathlib
import time

def print_value():
    pathlib.Path({str(tmp_path)!r}, "started").touch()
    time.sleep(2)
    print(1)
"""
    folder = snippets(slow=body, quick=PRINT.format(2))
    build = subprocess.Popen(write_out(folder, cache, tmp_path / "out"), cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_for((tmp_path / "started").exists)
    build.kill()
    assert build.wait() == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    for file in (cache / "figures").glob("*.json"):
        assert json.loads(file.read_text())["results"] == {"value.txt": "2\n"}
    report = render(folder, cache)
    assert report.results == {"chapter/quick/value.txt": "2\n", "chapter/slow/value.txt": "1\n"}
    assert all(path.suffix == ".json" for path in (cache / "figures").iterdir())


def test_progress_bar_stands_on_a_terminal_only(snippets, cache, tmp_path, capfd):
    folder = snippets(a=PRINT.format(1))
    render(folder, cache)
    assert capfd.readouterr() == ("", "")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    code = f"from pathlib import Path; from snippets._build.render import render; render(Path({str(folder)!r}), Path({str(tmp_path / 'new')!r}))"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=theirs) as build:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux says so when the other end is closed
            while text := os.read(ours, 1000):
                shown += text
    os.close(ours)
    assert build.returncode == 0
    assert b"figures:" in shown and b"0/1" in shown


@pytest.mark.parametrize("program", ["import sys; sys.stdin.read()", "import os; os.close(0)"])
def test_end_of_the_drawing_process_is_an_error_in_words(snippets, cache, tmp_path, monkeypatch, program):
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\n{program}\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    folder = snippets(**{f"a{i}": "#" * 100_000 for i in range(10)})  # more than a pipe holds
    with pytest.raises(RuntimeError, match="ended early"):
        render(folder, cache)
    assert kept(cache) == {}


@pytest.mark.parametrize("group", [True, False])
def test_interrupted_build_leaves_no_process_behind(snippets, tmp_path, monkeypatch, group):
    if not group:
        monkeypatch.delattr(os, "killpg")
    note = tmp_path / "note"
    body = f"import os\nimport pathlib\nimport time\n\npathlib.Path({str(note)!r}).write_text(str(os.getpid()))\ntime.sleep(5)\n"
    folder = snippets(quick=PRINT.format(1), slow=body)
    tasks = [(str(path), path.read_bytes()) for path in sorted(folder.glob("*/*.py"))]
    runs = engine._run(tasks, 2, 20)
    assert next(runs)[0].endswith("quick.py")
    wait_for(lambda: note.exists() and note.read_text())
    started = time.monotonic()
    runs.close()
    assert time.monotonic() - started < 3
    if group:
        with pytest.raises(ProcessLookupError):
            for _ in range(100):
                os.kill(int(note.read_text()), 0)
                time.sleep(0.02)
    else:
        os.kill(int(note.read_text()), signal.SIGKILL)


@pytest.fixture
def in_process(monkeypatch):
    """The worker's functions may run here: what they change for good in a child is put back."""
    monkeypatch.setattr(worker.FigureManagerBase, "show", worker.FigureManagerBase.show)
    monkeypatch.setitem(sys.modules, "module", None)
    with matplotlib.rc_context():
        matplotlib.use("agg")
        yield


def test_outcome_without_alarms_is_the_same(in_process, monkeypatch):
    source = (HEAD + PRINT.format(1) + TAIL).encode()
    outcomes = [worker.outcome_of("module.py", source, 5)]
    monkeypatch.delattr(signal, "SIGALRM")
    outcomes += [worker.outcome_of("module.py", source, 5)]
    assert outcomes[0]["results"] == outcomes[1]["results"] == {"value.txt": "1\n"}


@pytest.mark.parametrize("shares", [2, 3])
def test_shares_of_a_module_make_together_what_one_process_makes(in_process, shares):
    source = (HEAD + PRINT.format(1) + SLIDER + TAIL).encode()
    whole = worker.together("module.py", source, [worker.outcome_of("module.py", source, 5)])
    parts = [worker.outcome_of("module.py", source, 5, share, shares) for share in range(shares)]
    assert all(len(part["results"]) < len(whole["results"]) for part in parts)
    together = worker.together("module.py", source, parts)
    assert {kind: together[kind] for kind in whole if kind != "seconds"} == {
        kind: whole[kind] for kind in whole if kind != "seconds"
    }
    assert together["seconds"].keys() == whole["seconds"].keys()


def test_server_spawns_where_it_cannot_fork(in_process, monkeypatch):
    monkeypatch.delattr(os, "fork")
    asked, get_context = [], multiprocessing.get_context
    monkeypatch.setattr(multiprocessing, "get_context", lambda name: (asked.append(name), get_context(name))[1])
    assert worker.serve(io.BytesIO(pickle.dumps((1, 5, []))), io.BytesIO()) is None
    assert asked == ["spawn"]


# A system without fork, without alarms and without process groups

PROMISES = [
    test_render.test_print_gives_text_and_figure_gives_one_svg,
    test_render.test_slider_gives_a_frame_for_each_value_and_the_default_frame_is_the_plain_file,
    test_render.test_one_module_does_not_reach_another,
    test_render.test_one_function_does_not_reach_the_next,
    test_render.test_files_that_a_snippet_writes_are_gone,
    test_render.test_output_past_python_disturbs_neither_results_nor_terminal,
    test_render.test_only_the_stale_module_runs,
    test_render.test_two_builds_at_once_are_both_right,
    test_render.test_two_cold_builds_give_the_same_bytes,
    test_render.test_command_fails_with_one_line_for_each_fault,
]
TAKEN = """
import os
import signal

for module, names in ((os, ("fork", "forkpty", "killpg", "setsid")), (signal, ("SIGALRM", "setitimer", "alarm", "pthread_sigmask"))):
    for name in names:
        delattr(module, name)
"""


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """Every process that the engine starts finds itself on such a system, and so does this one."""
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(TAKEN)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.delattr(os, "killpg")
    lacks = "import os, signal; print(hasattr(os, 'fork'), hasattr(os, 'killpg'), hasattr(signal, 'SIGALRM'))"
    assert subprocess.check_output([sys.executable, "-c", lacks], text=True) == "False False False\n"


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__.removeprefix("test_"))
def test_what_is_promised_holds_on_a_bare_system(bare, request, promise):
    promise(**{name: request.getfixturevalue(name) for name in inspect.signature(promise).parameters})


def test_failures_are_told_on_a_bare_system_and_only_an_endless_one_without_its_line(bare, tmp_path):
    cases = {name: case for name, case in BAD.items() if name not in DEAF}
    report, before, after, left = report_on(cases, tmp_path, limit=10, jobs=2)
    told = {fault.path.removeprefix("snippets/chapter/").removesuffix(".py"): fault for fault in report.faults}
    for name, (body, message) in cases.items():
        rows = (HEAD + body).splitlines()
        line = next((i for i, row in enumerate(rows, 1) if row.endswith("# here")), 1)
        if name == "works_forever":
            line, message = 1, "took longer than 10 s"
        assert (told[name].line, told[name].message) == (line, message)
    assert set(report.results) == {"chapter/good/value.txt", "chapter/late/value.txt"}
    assert before.items() <= after.items() and left == []
