"""MkDocs meets the engine: results become generated files, pages are checked, faults stop the build.

The work is done in `pages.py`; here are only the events, in the order in which MkDocs sends them.
"""

import logging
import re
from pathlib import Path

from mkdocs.exceptions import Abort
from mkdocs.structure.files import File

from snippets._build.pages.maths import math_font
from snippets._build.pages import Site

log = logging.getLogger("mkdocs.hooks.snippets")
command = "build"
site = None


class Collect(logging.Filter):
    """Takes what others would log as a warning, and makes it a fault with file and line."""

    def filter(self, record):
        if record.levelno < logging.WARNING:
            return True
        site.link_fault(record.getMessage())
        return False


class Silence(logging.Filter):
    """The page tells of its faulty formulas itself, with the line."""

    def filter(self, record):
        return False


FILTERS = {
    "mkdocs.structure.nav": Collect(),
    "mkdocs.structure.pages": Collect(),
    "snippets._build.pages.maths": Silence(),
}


def on_startup(command, dirty):
    globals()["command"] = command


def on_config(config):
    global site
    site = Site(Path(config.config_file_path).parent)
    log.info(site.report.summary())
    for name, collect in FILTERS.items():
        logging.getLogger(name).addFilter(collect)
    if repository := config.extra.get("repository"):
        config.edit_uri = f"{repository.rstrip('/')}/edit/main/docs/"
    return config


def on_files(files, config):
    for file in [file for file in files if re.fullmatch(r"labs/[^/]*\.py", file.src_uri)]:
        files.remove(file)  # the source of a page
    for name, text in site.generated(config.site_url).items():
        files.append(File.generated(config, name, content=text))
    site.find_pages({file.src_uri: file.content_string for file in files.documentation_pages()})
    return files


def on_page_markdown(markdown, page, config, files):
    if site.is_lab(page.file.src_uri):
        page.meta = {"summary": site.pages[page.file.src_uri][1]["summary"]}
        page.edit_url = config.edit_uri and config.edit_uri + site.file_of(page.file.src_uri).removeprefix("docs/")
    return site.checked_markdown(markdown, page.file.src_uri)


def on_page_content(html, page, config, files):
    html = site.finished_html(html, page.file.src_uri, page.file.url)
    page.present_anchor_ids |= set(re.findall(r'id="(test_\w+)"', html))
    return html


def on_env(env, config, files):
    pages = [file.page for file in files.documentation_pages()]
    for page in pages:  # MkDocs would look at anchors when all is written
        page.validate_anchor_links(files=files, log_level=config.validation.links.anchors)
    site.check_use()
    for fault in sorted(set(site.faults)):
        log.error(str(fault))
    if site.faults and command != "serve":
        raise Abort(f"Stopped: {len(set(site.faults))} fault(s), see above.")
    for page in pages:
        page.content = site.with_faults(site.with_map(page.content, page.file, files), page.file.src_uri)
    contents = [page.content for page in pages]
    for page in pages:
        page.content = site.with_counts(page.content, contents)
    text = "".join(contents)
    files.append(
        File.generated(config, "assets/maths.woff2", content=math_font(site.maths_characters(text), site.cache))
    )
    return env


def on_post_build(config):
    for name, collect in FILTERS.items():
        logging.getLogger(name).removeFilter(collect)


def on_build_error(error):
    on_post_build(None)
