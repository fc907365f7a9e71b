"""What is dear and depends on its sources alone is made once, and kept by content."""

import hashlib
import json
import os
import stat
import time
import uuid

DAY = 24 * 3600  # seconds
OLD = 30 * DAY  # since it was last asked for: by then nobody goes back to it
LARGE = 300_000_000  # bytes; of more, the oldest go first that the build has not asked for
ABANDONED = 3600  # seconds after which a half-written file belongs to nobody any more


def key(*parts):
    """A name for what is made of these parts, texts or bytes.

    >>> key("a", "bc") == key("ab", "c")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:32]


def write(path, data):
    """Write a file beside its place and rename it into it, so that it is never seen half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class Keeper:
    """A folder with a file for each result, in a folder for each kind, named by its key.

    A file begins with a digest of the rest: what is damaged, or no work of a keeper, counts as not there. A folder that
    cannot be written costs time, and not the build; `unkept` then says why.
    """

    def __init__(self, folder):
        self.folder, self.unkept, self.asked = folder, "", set()

    def load(self, kind, key):
        """What was kept under this key, or None."""
        path = self.folder / kind / key
        self.asked.add(path)
        try:
            data = path.read_bytes()
            if time.time() - path.stat().st_mtime > DAY:
                os.utime(path)
        except OSError:
            return None
        digest, _, text = data.partition(b"\n")
        return json.loads(text) if digest == hashlib.sha256(text).hexdigest().encode() else None

    def save(self, kind, key, value):
        """Keep a value that JSON can hold and that is not None."""
        text = json.dumps(value).encode()
        self.asked.add(self.folder / kind / key)
        try:
            write(self.folder / kind / key, hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
        except OSError as error:
            self.unkept = str(error)

    def evict(self):
        """Remove what nobody has asked for in a long time, what is too much, and what a killed build left half-written.

        What this keeper was asked for stays: without it a site larger than `LARGE` would be made anew at each build.
        """
        files, now = [], time.time()
        for path in self.folder.glob("*/*"):
            try:
                about = path.stat()
            except OSError:  # another build was quicker
                continue
            if stat.S_ISREG(about.st_mode):
                files.append((about.st_mtime, about.st_size, path))
        total = sum(size for _, size, _ in files)
        for written, size, path in sorted(file for file in files if file[2] not in self.asked):
            if total > LARGE or now - written > (ABANDONED if path.suffix == ".part" else OLD):
                total -= size
                try:
                    path.unlink()
                except OSError:  # so too here, or the folder is read-only
                    pass
