"""The real site, built once for all tests that look at it, and served on this machine."""

import contextlib
import functools
import http.server
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build_site(folder, **settings):
    """Build the site into a folder, as a reader of the README would, and return the folder."""
    environment = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "REPOSITORY_URL")}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    run = subprocess.run(
        command, cwd=ROOT, env=environment | settings, capture_output=True, text=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="session")
def build():
    return build_site


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files as the usual hosts do: in silence, and with the site's own page for what does not exist."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def copyfile(self, source, outputfile):
        with contextlib.suppress(ConnectionError):  # the browser has left the page
            super().copyfile(source, outputfile)

    def send_error(self, code, *_, **__):
        body = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def served(folder):
    """The address under which this machine serves the folder, with a slash at the end."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as server:
        server.block_on_close = False  # a browser may keep its connections open
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """An empty folder and its address."""
    folder = tmp_path_factory.mktemp("site")
    with served(folder) as address:
        yield folder, address


@contextlib.contextmanager
def one_at_a_time(lock):
    """Other processes wait here, so that only the first of them draws the figures."""
    while True:
        try:
            lock.mkdir()
            break
        except FileExistsError:
            time.sleep(0.2)
    try:
        yield
    finally:
        lock.rmdir()


@pytest.fixture(scope="session")
def site(build, server, tmp_path_factory):
    """The folder of the built site. It knows its address, without which links load whole pages."""
    folder, address = server
    own = tmp_path_factory.getbasetemp()
    with one_at_a_time((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "building"):
        return build(folder, SITE_URL=address)


@pytest.fixture(scope="session")
def address(site, server):
    """The address of the built site."""
    return server[1]
