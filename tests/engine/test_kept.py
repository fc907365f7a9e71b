"""What is kept is what was saved, or is not there; and it goes when nobody has asked for it in a long time."""

import json
import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets._build import kept
from snippets._build.kept import Keeper, key, write

JSON = st.recursive(st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(JSON)
def test_what_is_loaded_is_what_was_saved(tmp_path_factory, value):
    keeper = Keeper(tmp_path_factory.mktemp("cache"))
    assert keeper.load("kind", "name") is None
    keeper.save("kind", "name", value)
    assert keeper.load("kind", "name") == value
    assert keeper.load("other", "name") is None


@given(st.lists(st.text()), st.lists(st.text()))
def test_other_parts_have_another_key(one, other):
    assert (key(*one) == key(*other)) == (one == other)
    assert key(*one) == key(*(part.encode() for part in one))


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:-1], lambda b: b + b" ", lambda b: b"null", lambda b: b[65:]])
def test_what_is_damaged_is_not_there(tmp_path, damage):
    keeper = Keeper(tmp_path)
    keeper.save("kind", "name", {"a": [1]})
    path = tmp_path / "kind" / "name"
    path.write_bytes(damage(path.read_bytes()))
    assert keeper.load("kind", "name") is None


def aged(path, age):
    os.utime(path, (time.time() - age,) * 2)


def test_what_nobody_asks_for_goes_and_what_is_asked_for_stays(tmp_path):
    keeper = Keeper(tmp_path)
    for name in ("asked", "forgotten", "new"):
        keeper.save("kind", name, name)
        aged(tmp_path / "kind" / name, 0 if name == "new" else 2 * kept.OLD)
    (tmp_path / "kind" / "folder").mkdir()
    (tmp_path / "kind" / "young.part").touch()
    (tmp_path / "kind" / "old.part").touch()
    aged(tmp_path / "kind" / "old.part", 2 * kept.ABANDONED)
    assert keeper.load("kind", "asked") == "asked"
    Keeper(tmp_path).evict()
    assert {path.name for path in (tmp_path / "kind").iterdir()} == {"asked", "new", "folder", "young.part"}


def test_of_too_much_the_oldest_goes_first(tmp_path, monkeypatch):
    keeper = Keeper(tmp_path)
    for age, name in enumerate("abc"):
        keeper.save("kind", name, name)
        aged(tmp_path / "kind" / name, 10 * age)
    monkeypatch.setattr(kept, "LARGE", 2 * (tmp_path / "kind" / "a").stat().st_size)
    Keeper(tmp_path).evict()
    assert {path.name for path in (tmp_path / "kind").iterdir()} == {"a", "b"}


def test_what_a_build_asks_for_stays_however_much_it_is(tmp_path, monkeypatch):
    before, keeper = Keeper(tmp_path), Keeper(tmp_path)
    for name in ("others", "read"):
        before.save("kind", name, name)
    keeper.save("kind", "saved", "saved")
    assert keeper.load("kind", "read") == "read"
    for name in ("read", "saved"):
        aged(tmp_path / "kind" / name, 2 * kept.OLD)
    monkeypatch.setattr(kept, "LARGE", 1)
    keeper.evict()
    assert {path.name for path in (tmp_path / "kind").iterdir()} == {"read", "saved"}


def test_file_that_vanishes_or_cannot_go_disturbs_nobody(tmp_path, monkeypatch):
    keeper = Keeper(tmp_path)
    Keeper(tmp_path).save("kind", "name", 1)
    aged(tmp_path / "kind" / "name", 2 * kept.OLD)

    def gone(*args, **options):
        raise FileNotFoundError

    (tmp_path / "kind" / "gone").symlink_to("nowhere")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", gone)
        keeper.evict()
    assert (tmp_path / "kind" / "name").exists()


def test_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    keeper = Keeper(tmp_path / "file")
    keeper.save("kind", "name", 1)
    assert keeper.unkept.startswith("[Errno") and keeper.load("kind", "name") is None


def test_file_comes_into_being_by_a_rename(tmp_path, monkeypatch):
    seen = []
    replace = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda a, b: (seen.append((b.exists(), a.read_bytes(), a.parent == b.parent)), replace(a, b))
    )
    write(tmp_path / "new" / "file", b"text")
    assert seen == [(False, b"text", True)]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]
    assert (tmp_path / "new" / "file").read_bytes() == b"text"


def test_written_file_is_as_readable_as_any_other(tmp_path):
    write(tmp_path / "kept", b"")
    (tmp_path / "other").touch()
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_failed_rename_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken" / "inner").mkdir(parents=True)
    with pytest.raises(OSError):
        write(tmp_path / "taken", b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_kept_file_can_be_read_by_a_person(tmp_path):
    Keeper(tmp_path).save("kind", "name", {"a": 1})
    digest, text = (tmp_path / "kind" / "name").read_text().split("\n")
    assert len(digest) == 64 and json.loads(text) == {"a": 1}
