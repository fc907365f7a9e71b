"""Wherever a project lies and whoever builds it, the site is the same to the byte."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import Project

# Of the machine on which the tests run, for all builds alike: `None` takes a setting away.
PLAIN = {"NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "1700000000", "OPENBLAS_NUM_THREADS": "1"}
SETTINGS = {  # several at a time, with a folder or a user beside: what one of them changes, another hardly changes back
    "C, no home, another time zone and seed": {
        **{"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        **{"HOME": None, "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None, "MPLCONFIGDIR": None},
        **{"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "1234", "MPLBACKEND": "module://nowhere"},
    },
    "German, a user's taste, and a window": {
        **{"LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"},
        **{"MATPLOTLIBRC": "{root}/matplotlibrc", "MPLBACKEND": "TkAgg"},
    },
}
WORDS = '{"Größe", "pente", "наклон", "rise"}'
LAB = f"""# %% [markdown]
# # Größe
#
# A lab that prints and draws.

# %% tags=["setup"]
import base64
import io

import matplotlib.pyplot as plt
from IPython.display import HTML, display

# %%
print(*{WORDS})
file = io.BytesIO()
figure, ax = plt.subplots()
ax.plot([0, 1], [0, 1])
figure.savefig(file, format="svg")
plt.close(figure)
data = base64.b64encode(file.getvalue()).decode()
display(HTML('<img alt="A straight line that rises from the left to the right." src="data:image/svg+xml;base64,' + data + '">'))
"""
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
    """A project like the small one, with what may hang on surroundings: the order of a set, letters, a kernel."""
    for name in ("docs", "snippets", "tests", "mkdocs.yml"):
        (shutil.copytree if (source / name).is_dir() else shutil.copy2)(source / name, root / name)
    project = Project(root)
    project.edit("snippets/slopes/secant_line.py", "    print(slope(", f"    print(*{WORDS})\n    print(slope(")
    project.edit("docs/slopes/secant-line.md", "# Secant\n", "# Sécante, 割线\n")
    project.edit("mkdocs.yml", "  - slopes/tangent.md\n", "  - slopes/tangent.md\n  - labs/small.md\n")
    project.write("docs/labs/small.py", LAB)
    return root


def test_settings_of_the_reader_and_another_folder_to_build_from_change_nothing(built, usual, tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "snippets").mkdir()  # is not the one that is meant
    settings = SETTINGS["C, no home, another time zone and seed"]
    assert build(copy(built.root, tmp_path / "project"), where=tmp_path, **settings) == usual


def test_a_path_with_spaces_and_letters_beyond_ascii_and_a_taste_change_nothing(built, usual, tmp_path):
    root = tmp_path / "Übung mit 100 % é 学"
    root.mkdir()
    (root / "matplotlibrc").write_text(TASTE)
    assert build(copy(built.root, root), **SETTINGS["German, a user's taste, and a window"]) == usual


def test_one_need_not_be_root(built, usual, tmp_path):
    root, prefix = copy(built.root, tmp_path), []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # nobody, who may read what root may, since Python may lie there
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        prefix += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
        for path in (root, *root.rglob("*")):
            os.chown(path, 65534, 65534)
    assert build(root, *prefix, HOME=str(root)) == usual
    assert (root / "site").owner() == ("nobody" if prefix else root.owner())
