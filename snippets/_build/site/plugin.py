"""MkDocs meets the machinery: results become generated files, pages are checked and converted, faults stop the build.

One object holds the state of a build, in the order in which MkDocs sends its events; the work is done in `pages/` and, while
serving, in `serving.py`.
"""

import logging
import multiprocessing
import os
import re
import signal
import threading
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path

from jinja2 import FileSystemBytecodeCache, FileSystemLoader
from mkdocs.exceptions import Abort
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority
from mkdocs.structure.files import File, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents
from mkdocs.utils import get_build_timestamp

from ..fault import Fault, line_with
from ..kept import Keeper, key
from ..pages import html, maths
from ..pages.colours import quicken
from ..pages.figures import Figures
from ..pages.markdown import checked
from ..pages.site import MACHINERY, Site
from ..pages.theorems import FOLDER
from . import running
from .serving import Drawing

log = logging.getLogger("mkdocs.plugins.snippets")
PATIENCE = 5  # seconds for the second process to end, when all pages are there
PACKAGES = ("mkdocs", "mkdocs-material", "Markdown", "pymdown-extensions", "Pygments", "math-core")


class Collect(logging.Filter):
    """Takes what others would log as a warning to `take`."""

    def __init__(self, take):
        super().__init__()
        self.take = take

    def filter(self, record):
        if record.levelno < logging.WARNING:
            return True
        self.take(record)
        return False


class Seen(FileSystemLoader):
    """The files of a theme without those of its hidden folders, of which MkDocs copies none: Material has 14,000 icons there."""

    def list_templates(self):
        found = set()
        for root in self.searchpath:
            for folder, folders, files in os.walk(root):
                folders[:] = [name for name in folders if not name.startswith(".")]
                found |= {os.path.relpath(os.path.join(folder, file), root).replace(os.sep, "/") for file in files}
        return sorted(found)


class Remembered:
    """The template of pages while the server is up: what it has rendered is not rendered again unless something that it
    shows has changed. `rendered` holds, by address, a key and the page."""

    def __init__(self, template, rendered, site):
        self.template, self.rendered, self.site = template, rendered, site

    def render(self, context):
        page = context["page"]
        shown = page.content, page.meta, page.edit_url, [as_list(link) for link in page.toc]
        now = key(self.site, *map(repr, shown))
        if self.rendered.get(page.url, ("",))[0] != now:
            self.rendered[page.url] = now, self.template.render(context)
        return self.rendered[page.url][1]


class SnippetsPlugin(BasePlugin):
    def on_startup(self, *, command, dirty):
        self.serves = command == "serve"
        self.rendered = {}
        self.failures = {}  # while the server is up, nothing that failed is run again as it stands
        self.drawing = None
        quicken()

    def on_serve(self, server, *, config, builder):
        self.drawing.attach(server)
        return server

    def on_shutdown(self):
        if self.drawing:
            self.drawing.stop()

    def on_config(self, config):
        self.root = Path(config.config_file_path).parent
        self.keeper = Keeper(self.root / ".cache")
        # The first page comes at once, and what is saved later is drawn before it is shown, unless much is being drawn.
        patient = not self.serves or (self.drawing is not None and self.drawing.idle)
        self.site = Site(self.root, self.keeper, self.failures, wait=patient)
        log.info(self.site.report.summary())
        if self.serves:
            self.drawing = self.drawing or Drawing()
            self.drawing.want(self.site)
        config.theme.get_env = partial(self.environment, config.theme.get_env)
        self.figures = Figures(self.site)
        config.markdown_extensions.append(self.figures)
        self.filters = {
            "mkdocs.structure.nav": Collect(self.about_links),
            "mkdocs.structure.pages": Collect(self.about_links),
            maths.__name__: Collect(self.about_maths),
        }
        for name, collect in self.filters.items():
            logging.getLogger(name).addFilter(collect)
        offline = config.plugins.get("material/offline")
        if offline and offline.config.enabled:  # which would take such a script from another host
            config.extra["polyfills"] = ["assets/iframe-worker.js"]
        if repository := config.extra.get("repository", ""):
            config.edit_uri = f"{repository.rstrip('/')}/edit/main/docs/"
        config.extra["colab"] = colab(repository)
        config.extra["run"] = ""
        if not self.serves and not (offline and offline.config.enabled):
            self.site.python = config.extra.get("pyodide", "")
            self.site.says = running.says(self.site.python, "some ten megabytes")
            config.extra["run"] = running.says(self.site.python)
            if config.extra["run"] and (lack := running.lacks()):
                self.site.faults.append(Fault("mkdocs.yml", line_with(Path(config.config_file_path).read_text("utf-8"), "pyodide:"), lack))
        return config

    def environment(self, get_env):
        """The theme's templates, which are kept compiled: a quarter of a build in which nothing is stale."""
        env = get_env()
        env.loader = Seen(env.loader.searchpath)
        with suppress(OSError):
            (self.keeper.folder / "templates").mkdir(parents=True, exist_ok=True)
            env.bytecode_cache = FileSystemBytecodeCache(str(self.keeper.folder / "templates"))
        return env

    def about_links(self, record):
        """Take note of what MkDocs says about a link or about the navigation, with the file and line it is about.

        How it says so is its own affair: what stands in quotes is a page, or a link.
        """
        message = " ".join(record.getMessage().split())
        first, *rest = re.findall(r"'([^']*)'", message) or ["nav: -"]
        if first in self.site.pages:
            self.site.pages[first].fault_at(*(f"]({link})" for link in rest), *rest, message=message)
        else:
            self.site.faults.append(Fault("mkdocs.yml", line_with((self.root / "mkdocs.yml").read_text("utf-8"), first), message))

    def about_maths(self, record):
        error, tex = record.args
        self.figures.page.fault_at(tex, message=f"{error} in the formula {tex}")

    def on_files(self, files, *, config):
        for file in [file for file in files if re.fullmatch(r"(labs|blanks/.*)/[^/]*\.py", file.src_uri)]:
            files.remove(file)  # the source of a page, or of its blank
        made = self.site.generated(config.site_url, config.extra["colab"], config.extra["run"])
        self.notebooks = {name.removeprefix("downloads/"): text for name, text in made.items() if name.endswith(".ipynb")}
        for name, text in made.items():
            where = InclusionLevel.NOT_IN_NAV if name.startswith(FOLDER) else InclusionLevel.UNDEFINED
            files.append(File.generated(config, name, content=text, inclusion=where))
        if self.serves:
            self.drawing.files = {file.src_uri: made[file.src_uri] for file in files.media_files() if file.src_uri in made}
            for name in self.drawing.files:
                files.get_file_from_path(name).copy_file = lambda dirty=False: None  # see serving.py
        pages = files.documentation_pages()
        self.site.find_pages([file.src_uri for file in pages])
        parts = [MACHINERY.joinpath(*path).read_bytes() for path in MADE_BY]
        parts += sorted(f"{file.src_uri} {file.url}" for file in files)
        self.made_by = key(*map(version, PACKAGES), Path(config.config_file_path).read_bytes(), *parts)
        return files

    def on_nav(self, nav, *, config, files):
        self.helper = None
        if hasattr(os, "fork") and threading.active_count() == 1:
            self.helper = multiprocessing.get_context("fork").Process(target=self.help, args=(config, files), daemon=True)
            self.helper.start()
        return nav

    def help(self, config, files):
        """In a second process: convert the pages from the last to the first, until one is kept, to which the first process has come.

        A signal ends it: were it an exception, PyMdown would take it for a language without colours, and that would be kept.
        """
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):  # what is wrong with a page is not kept, and told by the first process
            os.dup2(null, stream)

        def ends_with(page):
            page.read_source(config)
            page.markdown = self.on_page_markdown(page.markdown, page=page, config=config, files=files)
            return self.render(page, config, files) or not multiprocessing.parent_process().is_alive()

        any(ends_with(file.page) for file in reversed(files.documentation_pages()))

    def on_page_read_source(self, *, page, config):
        ours = self.site.pages[page.file.src_uri]
        return None if ours.is_generated else ours.text

    def on_page_markdown(self, markdown, *, page, config, files):
        ours = self.site.pages[page.file.src_uri]
        ours.restart()
        ours.url = page.file.url
        if ours.is_lab:
            page.meta = {"summary": ours.front["summary"]}
        if ours.is_generated:
            page.edit_url = config.edit_uri and f"{config.edit_uri.removesuffix('docs/')}{ours.file}"
        page.render = partial(self.render, page)
        return checked(markdown, ours, self.site)

    def render(self, page, config, files):
        """Convert a page, or take what is kept of it: the same Markdown gives the same HTML if all that it names is the same.

        Returns whether it was kept.
        """
        ours = self.figures.page = self.site.pages[page.file.src_uri]
        shown = sorted({*re.findall(r"figures/([\w/.-]+\.svg)", page.markdown)})
        about = [(name, self.site.size(name), self.site.report.sliders.get(name), self.site.waits_for(name)) for name in shown]
        under = key(self.made_by, page.file.src_uri, page.markdown, repr(about), *ours.made_of)
        if not ours.faults and not any(map(self.site.failure, shown)) and (kept := self.keeper.load("pages", under)):
            page.content, page._title_from_render = kept["content"], kept["title"]
            page.toc, page.present_anchor_ids = TableOfContents([as_link(entry) for entry in kept["toc"]]), set(kept["anchors"])
            linked = {files.get_file_from_path(path): links for path, links in kept["links"].items()}
            page.links_to_anchors = linked
            ours.used |= set(kept["used"])
            return True
        Page.render(page, config, files)
        page.content = html.finished(page.content)
        if page.file.src_uri == "glossary.md":
            page.content = html.with_terms(page.content)
        page.present_anchor_ids |= set(html.anchors(page.content))
        if not ours.faults:
            kept = {"content": page.content, "title": page._title_from_render, "toc": [as_list(link) for link in page.toc.items]}
            kept |= {"anchors": sorted(page.present_anchor_ids), "used": sorted(ours.used)}
            kept["links"] = {file.src_uri: links for file, links in (page.links_to_anchors or {}).items()}
            self.keeper.save("pages", under, kept)
        return False

    def on_env(self, env, *, config, files):
        if self.helper:
            self.helper.join(PATIENCE)
            self.helper.kill()
        self.pages = [file.page for file in files.documentation_pages()]
        for page in self.pages:  # MkDocs would look at anchors when all is written
            page.validate_anchor_links(files=files, log_level=config.validation.links.anchors)
            self.site.check_synonyms(page.file.src_uri, page.content)
        faults = self.site.all_faults()
        for fault in faults:
            log.error(str(fault))
        if faults and not self.serves:
            raise Abort(f"Stopped: {len(faults)} fault(s), see above.")
        contents = [page.content for page in self.pages]
        for page in self.pages:
            page.content = self.complete(page, files, contents, faults)
        font = maths.math_font(self.site.maths_characters(contents), self.keeper)
        files.append(File.generated(config, "assets/maths.woff2", content=font))
        if self.serves:
            theme = [path.read_bytes() for path in sorted(Path(__file__).with_name("theme").glob("*"))]
            site, get = key(self.made_by, repr([(page.title, page.url) for page in self.pages]), *theme), env.get_template

            def template(name, parent=None, *rest):  # MkDocs asks for that of a page, other templates for the one above them
                found = get(name, parent, *rest)
                return found if parent or name != "main.html" else Remembered(found, self.rendered, site)

            env.get_template = template
        return env

    def complete(self, page, files, contents, faults):
        titles = {}
        for other in self.pages:
            if self.site.pages[other.file.src_uri].is_concept:
                chapter = other.parent.title if other.parent else ""
                titles[other.file.src_uri] = other.title, chapter, other.file.url_relative_to(page.file)
        return self.site.complete(page.content, self.site.pages[page.file.src_uri], titles, contents, faults)

    @event_priority(100)
    def _before_search(self, context, *, page, config, nav):
        synonyms = self.site.pages[page.file.src_uri].front["synonyms"]
        self.index = next(plugin.search_index for plugin in config.plugins.values() if hasattr(plugin, "search_index"))
        self.whole, self.indexed = page.content, len(self.index.entries)
        self.found_under = key(self.made_by, page.url, page.title, repr(page.meta), page.content)
        self.found = self.keeper.load("search", self.found_under)
        page.content = "" if self.found else html.searched(page.content, synonyms)

    @event_priority(-100)
    def _after_search(self, context, *, page, config, nav):
        page.content, page.meta["first_figure"] = self.whole, html.first_figure(self.whole)
        if self.found:  # so that the page need not be read again
            self.index.entries[self.indexed :] = self.found["entries"]
            return
        entries = self.index.entries[self.indexed :]
        for entry in entries if page.file.src_uri == "glossary.md" else ():  # whoever types a term gets its definition first
            if "#" in entry["location"]:
                entry["boost"] = 6 * (1 + 1 / len(re.split(r"[\s-]+", entry["title"])))  # the shorter one of two
        self.keeper.save("search", self.found_under, {"entries": entries})

    on_page_context = CombinedEvent(_before_search, _after_search)

    def on_post_page(self, output, *, page, config):
        return output if self.serves else html.sealed(output)  # MkDocs adds a script of its own to what it serves

    def on_post_template(self, output_content, *, template_name, config):
        return html.sealed(output_content) if template_name.endswith(".html") and not self.serves else output_content

    def on_post_build(self, *, config):
        for name, collect in self.filters.items():
            logging.getLogger(name).removeFilter(collect)
        if config.extra["run"]:
            try:
                running.build(config.site_dir, self.notebooks, self.site.python, get_build_timestamp())
            except RuntimeError as error:
                raise Abort(f"Stopped: {error}") from None
        self.keeper.evict()

    def on_build_error(self, *, error):
        for name, collect in self.filters.items():
            logging.getLogger(name).removeFilter(collect)


MADE_BY = [("site", "plugin.py"), *(("pages", f"{name}.py") for name in ("blanks", "colours", "figures", "head", "html", "markdown", "maths", "page", "site", "theorems"))]


def colab(repository):
    """Where Colab finds the notebooks of this repository: on a branch of their own, where the workflow puts them; else nothing.

    >>> colab("https://github.com/someone/calculus/")
    'https://colab.research.google.com/github/someone/calculus/blob/notebooks/'
    >>> colab("https://forge.test/site"), colab("")
    ('', '')
    """
    found = re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?", repository)
    return f"https://colab.research.google.com/github/{found[1]}/blob/notebooks/" if found else ""


def as_list(link):
    """An entry of a table of contents as JSON can hold it."""
    return [link.title, link.id, link.level, [as_list(child) for child in link.children]]


def as_link(entry):
    """The entry that was made such a list."""
    title, anchor, level, children = entry
    link = AnchorLink(title, anchor, level)
    link.children = [as_link(child) for child in children]
    return link
