"""Wherever a project lies and whoever builds it, the site is the same to the byte."""

import os
import shutil
import subprocess
import sys

import pytest


# Of the machine on which the tests run, for all builds alike: `None` takes a setting away.
PLAIN = {"NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "1700000000", "OPENBLAS_NUM_THREADS": "1"}
SETTINGS = {
    "C": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "German": {"LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"},
    "no home": {"HOME": None, "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None, "MPLCONFIGDIR": None},
    "another time zone": {"TZ": "Asia/Kathmandu"},
    "another seed": {"PYTHONHASHSEED": "1234"},
    "a user's taste": {"MATPLOTLIBRC": "{root}/matplotlibrc"},
    "a window": {"MPLBACKEND": "TkAgg"},
    "a backend of the user's own": {"MPLBACKEND": "module://nowhere"},
}
TASTE = "lines.linewidth: 9\naxes.linewidth: 5\nxtick.direction: in\nxtick.major.size: 20\nfont.size: 30\nsvg.hashsalt: mine\nbackend: TkAgg\n"


def build(root, *prefix, where=None, **settings):
    """Build the project as a program of its own, without what an earlier build has kept; the bytes of the site by name."""
    shutil.rmtree(root / ".cache", ignore_errors=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")} | PLAIN | settings
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(root / "mkdocs.yml")],
        cwd=where or root,
        env={name: value.format(root=root) for name, value in environment.items() if value is not None},
        capture_output=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0 and b"Traceback" not in said and b"WARNING" not in said, said.decode(errors="replace")
    site = root / "site"
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*.*")}


@pytest.fixture(scope="module")
def usual(built, tmp_path_factory):
    """The site as it usually is."""
    root = tmp_path_factory.mktemp("usual")
    return build(copy(built.root, root))


def copy(source, root):
    for name in ("docs", "snippets", "tests", "mkdocs.yml"):
        (shutil.copytree if (source / name).is_dir() else shutil.copy2)(source / name, root / name)
    (root / "matplotlibrc").write_text(TASTE)
    return root


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_the_reader_change_nothing(built, usual, tmp_path, name):
    assert build(copy(built.root, tmp_path), **SETTINGS[name]) == usual


def test_a_path_with_spaces_and_letters_beyond_ascii_changes_nothing(built, usual, tmp_path):
    root = tmp_path / "Übung mit 100 % é 学"
    root.mkdir()
    assert build(copy(built.root, root)) == usual
    assert build(root, **SETTINGS["C"]) == usual


def test_one_can_build_from_another_folder(built, usual, tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "snippets").mkdir()  # is not the one that is meant
    assert build(copy(built.root, tmp_path / "project"), where=tmp_path) == usual


def test_one_need_not_be_root(built, usual, tmp_path):
    root, prefix = copy(built.root, tmp_path), []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # nobody, who may read what root may, since Python may lie there
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        prefix += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
        for path in (root, *root.rglob("*")):
            os.chown(path, 65534, 65534)
    assert build(root, *prefix, HOME=str(root)) == usual
    assert (root / "site").owner() == ("nobody" if prefix else root.owner())
