"""MkDocs meets the engine: results become generated files, pages are checked, faults stop the build.

The work is done in `pages.py`; here are only the events, in the order in which MkDocs sends them.
"""

import logging
from pathlib import Path

from mkdocs.exceptions import Abort
from mkdocs.structure.files import File

from snippets._build.maths import math_font
from snippets._build.pages import Site, locate

log = logging.getLogger("mkdocs.hooks.snippets")
command = "build"
site = None


class Located(logging.Filter):
    """Puts file and line before MkDocs' own words about a link."""

    def filter(self, record):
        record.msg, record.args = locate(record.getMessage(), site.docs), ()
        return True


located = Located()


def on_startup(command, dirty):
    globals()["command"] = command


def on_config(config):
    global site
    root = Path(config.config_file_path).parent
    site = Site(root, Path(config.docs_dir))
    log.info(site.report.summary())
    logging.getLogger("mkdocs.structure.pages").addFilter(located)
    if repository := config.extra.get("repository"):
        config.edit_uri = f"{repository.rstrip('/')}/edit/main/docs/"
    return config


def on_files(files, config):
    for name, text in site.generated().items():
        files.append(File.generated(config, name, content=text))
    site.find_pages({file.src_uri: file.content_string for file in files.documentation_pages()})
    return files


def on_page_markdown(markdown, page, config, files):
    return site.checked_markdown(markdown, page.file.src_uri)


def on_page_content(html, page, config, files):
    return site.finished_html(html, page.file.src_uri, page.file.url)


def on_env(env, config, files):
    for page in (file.page for file in files.documentation_pages()):
        page.content = site.with_map(page.content, page.file, files)
    site.check_use()
    for fault in site.faults:
        log.error(str(fault))
    if site.faults and command != "serve":
        raise Abort(f"Stopped: {len(site.faults)} fault(s), see above.")
    text = "".join(file.page.content for file in files.documentation_pages())
    files.append(File.generated(config, "assets/maths.woff2", content=math_font(site.maths_characters(text), site.cache)))
    return env


def on_post_build(config):
    logging.getLogger("mkdocs.structure.pages").removeFilter(located)
