"""The engine where there are signals, process groups and terminals; and where a system has neither, as Windows has not."""

import contextlib
import gc
import inspect
import io
import multiprocessing
import os
import pickle
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from snippets._build.engine import render as engine
from snippets._build.engine import worker
from snippets._build.engine.render import ROOT, Work, render
from snippets._build.kept import Keeper
from tests.conftest import wait_for
from tests.engine import test_render
from tests.engine.conftest import HEAD
from tests.engine.test_render import BAD, PRINT, kept, report_on, write_out


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
    for file in (cache / "figures").glob("*"):
        assert Keeper(cache).load("figures", file.name)["results"] == {"value.txt": "2\n"}
    report = render(folder, cache)
    assert report.results == {"chapter/quick/value.txt": "2\n", "chapter/slow/value.txt": "1\n"}
    assert not any(path.suffix for path in (cache / "figures").iterdir())


def test_progress_bar_stands_on_a_terminal_only(snippets, cache, tmp_path, capfd):
    folder = snippets(a=PRINT.format(1))
    render(folder, cache)
    assert capfd.readouterr() == ("", "")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    code = f"from pathlib import Path; from snippets._build.engine.render import render; render(Path({str(folder)!r}), Path({str(tmp_path / 'new')!r}))"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=theirs) as build:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux says so when the other end is closed
            while text := os.read(ours, 1000):
                shown += text
    os.close(ours)
    assert build.returncode == 0
    assert b"figures:" in shown and b"0/1" in shown


@pytest.mark.parametrize("program", ["import sys; sys.stdin.read(1)", "import os; os.close(0)", "import time; time.sleep(60)"])
def test_end_of_the_drawing_process_is_an_error_in_words(snippets, cache, tmp_path, monkeypatch, program):
    if "sleep" in program:  # it closes its end of the pipe, and does not end
        program = "import os; os.close(1); " + program
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\n{program}\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    monkeypatch.setattr(engine, "PATIENCE", 1)
    with pytest.raises(RuntimeError, match="ended early"):
        render(snippets(a=PRINT.format(1)), cache)
    assert kept(cache) == {}


def gone(pid):
    """Whether a process has ended; one that waits for its parent to notice has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return Path("/proc/self").exists() or subprocess.run(["ps", "-p", str(pid)], capture_output=True).returncode != 0


SLOW = """
import os
import pathlib
import subprocess
import threading
import time

def print_value():
    other = subprocess.Popen(["sleep", "60"])
    threading.Thread(target=time.sleep, args=(60,)).start()
    pathlib.Path({note!r}).write_text(f"{{os.getpid()}} {{other.pid}}")
    time.sleep({seconds})
    print(1)
"""


def test_what_a_snippet_leaves_running_ends_with_it_and_nobody_waits(snippets, cache, tmp_path):
    note, folder = tmp_path / "note", snippets(a=SLOW.format(note=str(tmp_path / "note"), seconds=0))
    started = time.monotonic()
    command = [*write_out(folder, cache, tmp_path / "out")]
    # What it starts would hold this pipe open.
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert time.monotonic() - started < 30
    assert done.returncode == 0 and (tmp_path / "out/chapter/a/value.txt").read_text() == "1\n"
    assert all(map(gone, note.read_text().split()))


# Tests that run in the background of a shell, or under nohup, hand a deaf ear on.
LISTENING = """
import runpy
import signal
import sys

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.argv.pop(0)
runpy.run_module("snippets", run_name="__main__", alter_sys=True)
"""


@pytest.mark.counted
@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_a_build_that_is_ended_leaves_no_process_and_no_folder(snippets, cache, tmp_path, sign):
    note, folder = tmp_path / "note", snippets(a=SLOW.format(note=str(tmp_path / "note"), seconds=50))
    (tmp_path / "temporary").mkdir()
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path / "temporary"))
    command = [sys.executable, "-c", LISTENING, *write_out(folder, cache, tmp_path / "out")[2:]]
    build = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    wait_for(lambda: note.exists() and note.read_text())
    build.send_signal(getattr(signal, sign))
    assert build.wait(20) != 0
    wait_for(lambda: all(map(gone, note.read_text().split())), 10)
    wait_for(lambda: not list((tmp_path / "temporary").iterdir()), 10)
    assert kept(cache) == {}


WAITS = """
import sys, time
from pathlib import Path
from snippets._build.engine import render

render.render(Path({folder!r}), Path({cache!r}))
print(render.idle[0][1].pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("sign", ["SIGTERM", "SIGKILL"])
def test_a_process_that_waits_for_the_next_time_goes_with_the_one_it_waits_for(snippets, cache, sign):
    code = WAITS.format(folder=str(snippets(a=PRINT.format(1))), cache=str(cache))
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as build:
        waiting = build.stdout.readline().strip()
        assert not gone(waiting)
        build.send_signal(getattr(signal, sign))
    wait_for(lambda: gone(waiting), 10)


@pytest.mark.counted
def test_results_that_nobody_wants_any_more_end_the_work(snippets, tmp_path):
    note = tmp_path / "note"
    folder = snippets(quick=PRINT.format(1), slow=SLOW.format(note=str(note), seconds=50))
    work = Work(folder, Keeper(tmp_path / "cache"))
    runs = work.run(2, 60)
    assert next(runs) == "chapter/quick"
    wait_for(lambda: note.exists() and note.read_text())
    runs.close()
    wait_for(lambda: all(map(gone, note.read_text().split())), 10)


def served(*tasks, jobs=1, limit=5):
    """What the server says to whoever has these tasks."""
    read, write = io.BytesIO(), io.BytesIO()
    for message in ((jobs, limit), *tasks, None):
        pickle.dump(message, read)
    read.seek(0)
    worker.main(read, write)
    gc.unfreeze()  # what the server does for its children is no good to the tests that follow
    write.seek(0)
    said = []
    with contextlib.suppress(EOFError):
        while True:
            said.append(pickle.load(write))
    return said


def test_server_spawns_where_it_cannot_fork(monkeypatch):
    monkeypatch.delattr(os, "fork")
    asked, get_context = [], multiprocessing.get_context
    monkeypatch.setattr(multiprocessing, "get_context", lambda name: (asked.append(name), get_context(name))[1])
    assert served() == [None]
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


# How a child ends, and what becomes of the functions after the one that ended it
SAMPLE = ("raises_in_a_figure", "does_not_parse", "exits", "exits_at_once", "exits_in_a_function", "works_forever", "opens_a_window")


@pytest.fixture
def bare(tmp_path_factory, monkeypatch):
    """Every process that the engine starts finds itself on such a system, and so does this one."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "sitecustomize.py").write_text(TAKEN)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.delattr(os, "killpg")
    lacks = "import os, signal; print(hasattr(os, 'fork'), hasattr(os, 'killpg'), hasattr(signal, 'SIGALRM'))"
    assert subprocess.check_output([sys.executable, "-c", lacks], text=True) == "False False False\n"


@pytest.mark.counted
@pytest.mark.parametrize("promise", PROMISES[:2], ids=lambda promise: promise.__name__.removeprefix("test_"))
def test_what_is_promised_first_holds_on_a_bare_system(bare, request, promise):
    test_what_is_promised_holds_on_a_bare_system(bare, request, promise)


@pytest.mark.parametrize("promise", PROMISES[2:], ids=lambda promise: promise.__name__.removeprefix("test_"))
def test_what_is_promised_holds_on_a_bare_system(bare, request, promise):
    promise(**{name: request.getfixturevalue(name) for name in inspect.signature(promise).parameters})


NOTES = """
import os

def note(name):
    with open({note!r}, "a") as file:
        file.write(f"{{os.getpid()}} {{name}}\\n")

note("loaded")

def print_one():
    note("one")
    print(1)

def figure_two():
    note("two")
    return plt.figure()

def print_three():
    note("three")
    print(3)

def figure_four():
    note("four")
    return plt.figure()
"""


def children(folder, cache, file):
    """What each child that ran a module did, one child after the other."""
    assert render(folder, cache, jobs=1).faults == []
    did = {}
    for pid, name in map(str.split, file.read_text().splitlines()):
        did.setdefault(pid, []).append(name)
    return [" ".join(names) for names in did.values()]


def test_a_module_is_listed_and_prints_in_one_child_and_draws_each_figure_in_another(snippets, cache, tmp_path):
    folder = snippets(a=NOTES.format(note=str(tmp_path / "note")))
    assert children(folder, cache, tmp_path / "note") == ["loaded loaded one loaded three", "loaded two", "loaded four"]


def test_on_a_bare_system_a_module_has_one_child(bare, snippets, cache, tmp_path):
    folder = snippets(a=NOTES.format(note=str(tmp_path / "note")))
    assert children(folder, cache, tmp_path / "note") == ["loaded loaded one loaded two loaded three loaded four"]


def test_failures_are_told_on_a_bare_system_and_only_an_endless_one_without_its_line(bare, tmp_path):
    cases = {name: BAD[name] for name in SAMPLE}
    report, before, after, left = report_on(cases, tmp_path, limit=10, jobs=2)  # a child that is spawned first imports everything
    told = {fault.path.removeprefix("snippets/chapter/").removesuffix(".py"): fault for fault in report.faults}
    for name, (body, message) in cases.items():
        rows = (HEAD + body).splitlines()
        line = next((i for i, row in enumerate(rows, 1) if row.endswith("# here")), 1)
        if name == "works_forever":
            message = "took longer than 10 s in print_a"
            line = next(i for i, row in enumerate(rows, 1) if row.startswith("def print_a"))
        assert (told[name].line, told[name].message) == (line, message)
    assert set(report.results) == {"chapter/good/value.txt", "chapter/late/value.txt"}
    assert before.items() <= after.items() and left == []
