"""What is drawn behind a server, without a server: in which order, and when its readers see it."""

import shutil
from types import SimpleNamespace

import pytest
from jinja2 import FileSystemLoader
from mkdocs.structure.toc import AnchorLink

from snippets._build.kept import Keeper
from snippets._build.pages.site import Site
from snippets._build.site import serving
from snippets._build.site.plugin import Remembered, Seen, SnippetsPlugin
from snippets._build.site.serving import SIGN, Drawing
from tests.conftest import wait_for

PAGES = ["index.md", "glossary.md", "slopes/secant-line.md", "slopes/tangent.md"]


class Server:
    """What the drawing uses of MkDocs' server."""

    mount_path = "/site/"

    def __init__(self):
        self.watched, self.asked = [], []
        self.app = lambda environ, start_response: self.asked.append(environ["PATH_INFO"])

    def watch(self, path):
        self.watched.append(path)

    def get_app(self):
        return self.app

    def set_app(self, app):
        self.app = app


def site_of(project, wait=False):
    site = Site(project.root, Keeper(project.root / ".cache"), {}, wait=wait)
    site.find_pages(PAGES)
    for page in site.pages.values():
        page.url = page.name.replace(".md", "/")
    return site


def test_all_is_drawn_once_and_shown(project):
    shutil.rmtree(project.root / ".cache")
    site, server, drawing = site_of(project), Server(), Drawing()
    shown = []
    drawing.want(site)
    assert drawing.idle, "nothing is drawn before the first pages are there"
    drawing.show = lambda: shown.append(sorted(site.work.stale))
    drawing.attach(server)
    server.app({"PATH_INFO": "/site/slopes/tangent/"}, None)
    server.app({"PATH_INFO": "/site/index/"}, None)
    wait_for(lambda: drawing.idle, 60)
    assert server.asked == ["/site/slopes/tangent/", "/site/index/"]
    assert server.watched == [str(project.root / ".cache" / SIGN)]
    assert shown[-1] == [] and len(shown) <= 2  # once for the page that is read, if it was not done before, and at the end
    assert set(site.report.results) == set(site_of(project, wait=True).report.results)
    assert site_of(project).work.stale == {}


def test_what_no_one_wrote_is_served_from_memory_and_all_else_by_the_server(project):
    server, drawing, heard = Server(), Drawing(), []
    drawing.want(site_of(project, wait=True))
    drawing.attach(server)
    drawing.files = {"figures/slopes/é.svg": "<svg>é</svg>", "downloads/a.ipynb": "{}"}
    answer = lambda path: server.app({"PATH_INFO": path.encode().decode("latin-1")}, lambda *head: heard.append(head))
    assert answer("/site/figures/slopes/é.svg") == ["<svg>é</svg>".encode()] and answer("/site/downloads/a.ipynb") == [b"{}"]
    assert heard == [
        ("200 OK", [("Content-Type", "image/svg+xml"), ("Content-Length", "13")]),
        ("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", "2")]),
    ]
    answer("/site/figures/slopes/other.svg")
    assert server.asked == ["/site/figures/slopes/other.svg"]


def test_what_is_begun_is_not_begun_again_and_what_is_new_is_drawn(project):
    shutil.rmtree(project.root / ".cache")
    drawing = Drawing()
    drawing.want(site_of(project))
    first = drawing.next_task()
    project.edit("snippets/slopes/tangent.py", "[2, 1]", "[2, 1, 0.5]")
    newer = site_of(project)
    drawing.want(newer)
    tasks = [first, drawing.next_task()]
    assert drawing.next_task() is None
    assert len({path for _, path, _ in tasks}) == 2 and b"0.5" in tasks[1][2]
    # What comes for a module that has changed since is kept, and is no result of the newer site.
    under = "another key"
    assert newer.work.take(under, {"results": {}, "seconds": {}}) is None and newer.keeper.load("figures", under)


def test_what_came_while_a_newer_site_was_read_is_no_reason_to_wait_for_ever(project):
    shutil.rmtree(project.root / ".cache")
    drawing, newer = Drawing(), site_of(project)
    drawing.want(site_of(project))
    while task := drawing.next_task():  # begun, and already kept, when the newer site comes
        pass
    drawing.want(newer)
    drawing.draw()
    assert newer.work.stale == {} and drawing.idle and task is None


def test_after_an_error_something_can_be_drawn_again(project, monkeypatch):
    shutil.rmtree(project.root / ".cache")
    drawing = Drawing()
    drawing.want(site_of(project))
    drawing.thread = "at work"
    with monkeypatch.context() as patch:
        patch.setattr(serving, "outcomes", lambda next_task: [][next_task() is None])
        with pytest.raises(IndexError):
            drawing.draw()
    assert drawing.idle
    drawing.draw()
    assert drawing.site.work.stale == {}


def test_saved_figures_are_shown_by_a_sign_that_the_server_watches(project):
    drawing = Drawing()
    drawing.want(site_of(project))
    sign = project.root / ".cache" / SIGN
    drawing.show()
    before = sign.stat().st_mtime_ns
    wait_for(lambda: drawing.show() or sign.stat().st_mtime_ns > before, 5)
    drawing.stop()
    after = sign.stat().st_mtime_ns
    drawing.show()
    drawing.draw()
    assert drawing.next_task() is None and sign.stat().st_mtime_ns == after


def test_the_end_of_serving_stops_the_drawing(project):
    plugin = SnippetsPlugin()
    plugin.on_startup(command="serve", dirty=False)
    plugin.on_shutdown()  # before the first build
    plugin.drawing = Drawing()
    plugin.drawing.want(site_of(project))
    assert plugin.on_serve(server := Server(), config=SimpleNamespace(), builder=None) is server
    wait_for(lambda: plugin.drawing.idle, 30)
    plugin.on_shutdown()
    assert plugin.drawing.stopped


def test_the_files_of_a_theme_are_all_but_those_in_hidden_folders(tmp_path):
    for name in ("one/main.html", "one/.icons/a/b.svg", "one/assets/.icons/c.svg", "one/assets/d.css", "two/assets/d.css", "two/.e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    paths = [tmp_path / "one", tmp_path / "two"]
    assert Seen(paths).list_templates() == [".e", "assets/d.css", "main.html"]
    assert set(FileSystemLoader(paths).list_templates()) - set(Seen(paths).list_templates()) == {".icons/a/b.svg", "assets/.icons/c.svg"}


def test_a_page_is_rendered_again_only_if_something_that_it_shows_has_changed():
    rendered, count = {}, iter(range(100))
    template = SimpleNamespace(render=lambda context: f"page {next(count)}")
    link = AnchorLink("Title", "title", 1)
    shown = {"url": "a/", "content": "<p>words</p>", "meta": {}, "edit_url": None, "toc": [link]}

    def render(site="site", **changes):
        return Remembered(template, rendered, site).render({"page": SimpleNamespace(**shown | changes)})

    assert [render(), render(), render(url="b/"), render()] == ["page 0", "page 0", "page 1", "page 0"]
    child = AnchorLink("Title", "title", 1)
    child.children.append(AnchorLink("More", "more", 2))
    for change in ({"site": "another"}, {"content": ""}, {"meta": {"summary": "s"}}, {"edit_url": "e"}, {"toc": [child]}):
        before = render()
        after = render(**change)
        assert after != before and render(**change) == after


def test_a_lab_is_waited_for_until_it_is_there_or_has_failed(project):
    project.write("docs/labs/odd.py", "x = 1\n")
    assert site_of(project).waiting_labs() == ["odd"]
    whole = site_of(project, wait=True)
    assert whole.waiting_labs() == [] and whole.lab_faults[0].path == "docs/labs/odd.py"


def test_fault_of_a_page_stands_above_it_unless_it_shows_it(project):
    site = site_of(project, wait=True)
    page = site.pages["slopes/tangent.md"]
    fault = page.fault(3, "something < wrong")
    shown = '<p><span class="fault" role="alert">docs/slopes/tangent.md:3: something &lt; wrong</span></p>'
    assert site.complete("<p>words</p>", page, {}, [], [fault]) == f"{shown}<p>words</p>"
    assert site.complete(shown, page, {}, [], [fault]) == shown
