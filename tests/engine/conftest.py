"""Small trees of snippets for the tests of the engine."""

import os

import pytest

collect_ignore = [] if os.name == "posix" else ["test_posix.py"]
HEAD = '"""Small: a snippet for one test."""\n\nimport matplotlib.pyplot as plt\n\n'
TAIL = '\n\nif __name__ == "__main__":\n    plt.show()\n'


@pytest.fixture
def snippets(tmp_path):
    """A function that writes `name="body"` as modules of one chapter, and returns the folder of the chapters."""

    def write(**bodies):
        folder = tmp_path / "snippets"
        (folder / "chapter").mkdir(parents=True, exist_ok=True)
        for name, body in bodies.items():
            (folder / "chapter" / f"{name}.py").write_text(HEAD + body + TAIL, "utf-8")
        return folder

    return write


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"
