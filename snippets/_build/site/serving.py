"""While serving: the site is there at once, and what is not kept is drawn behind it, first for the page that is being read.

What snippets and labs give is served from memory: to write a thousand files anew is half of the time after a save.
"""

import mimetypes
import threading

from ..engine.labs import make_labs
from ..engine.render import outcomes
from ..pages.page import module_of

SIGN = "drawn"  # in the cache: a file that is written when there is something new to be shown


class Drawing:
    """Draws in the background what a site waits for. It shows what it has when the page being read is whole, and at the end."""

    def __init__(self):
        self.site, self.read, self.thread = None, set(), None
        self.files = {}  # path: text
        self.server, self.stopped, self.lock = None, False, threading.Lock()

    @property
    def idle(self):
        return self.thread is None

    def want(self, site):
        """Draw for this site, the newest. Modules that were begun for another one are not begun again."""
        with self.lock:
            if self.site:
                site.work.begun = self.site.work.begun
            self.site = site
        self.start()

    def attach(self, server):
        """Begin: the first pages are there."""
        sign = self.site.keeper.folder / SIGN
        sign.parent.mkdir(parents=True, exist_ok=True)
        sign.touch()
        server.watch(str(sign))
        self.server, app = server, server.get_app()

        def watched(environ, start_response):
            path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "ignore").removeprefix(server.mount_path)
            if path in self.files:
                return self.serve(path, start_response)
            self.reads(path)
            return app(environ, start_response)

        server.set_app(watched)
        self.start()

    def serve(self, path, start_response):
        """Answer with a file that no one wrote."""
        data, kind = self.files[path].encode(), mimetypes.guess_type(path)[0] or "application/octet-stream"
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(data)))])
        return [data]

    def reads(self, url):
        """Someone reads the page at this address: its module comes first."""
        site = self.site
        name = next((page.name for page in list(site.pages.values()) if page.url == url and page.is_concept), None)
        if name and module_of(name) in site.work.stale:
            self.read.add(module_of(name))
            with self.lock:
                site.work.prefer(module_of(name))

    def start(self):
        if self.server and self.thread is None and (self.site.work.stale or self.site.waiting_labs()):
            self.thread = threading.Thread(target=self.draw, daemon=True)
            self.thread.start()

    def next_task(self):
        with self.lock:
            return None if self.stopped else self.site.work.next_task()

    def draw(self):
        """Draw until nothing is wanted."""
        try:
            while self.site.work.stale and not self.stopped:
                with self.lock:
                    self.site.work.begun.clear()  # nothing is under way
                for under, outcome in outcomes(self.next_task):
                    with self.lock:
                        name = self.site.work.take(under, outcome)
                    if name in self.read:
                        self.show()
            if not self.stopped:
                make_labs(self.site.root / "docs" / "labs", self.site.keeper, self.site.failures)
        finally:
            self.thread = None
        self.show()

    def show(self):
        """Let the server build and its readers reload."""
        if not self.stopped:
            (self.site.keeper.folder / SIGN).write_text("")

    def stop(self):
        """Draw no more. What is under way ends with this process."""
        self.stopped = True
