"""The Markdown of a page, before anything is converted: what it includes is there, and what is printed has its place."""

import html
import re
from functools import partial

from ..fault import line_of
from .blanks import with_blank
from .head import hours, minutes, with_head
from .theorems import with_list

INCLUDE = re.compile(r'^([ \t]*)--8<-- "([^":]+)(?::([^"]+))?"[ \t]*$', re.MULTILINE)
SECTION = re.compile(r"^[ \t]*# --8<-- \[start:([\w-]+)\]", re.MULTILINE)
FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
CELL = re.compile(r"^ *\|.*\$[^$]*\\\|[^$]*\$.*$", re.MULTILINE)
COMPUTED = re.compile(r" ?<!-- = (.*?) -->")  # how numbers of a paragraph are computed, for a test and not for the page
TIME = re.compile(r"<!-- time: (.*?) -->")  # of reading these pages, or all
RESULT = re.compile("\ue000(.*?)\ue001")  # signs that no page needs, around the name of a result


def checked(markdown, page, site):
    """The Markdown with a mark in the place of each printed result; what is wrong becomes a fault of the page."""
    ahead = page.text.count("\n") - markdown.count("\n")

    def include(found):
        indent, path, section = found.groups()
        if path.endswith(".txt"):
            page.used.add(path)
            if path in site.report.results or site.waits_for(path):
                return f"{indent}\ue000{path}\ue001"
            missing = site.failure(path) or f"no snippet prints {path}"
        else:
            text, missing = site.included(path)
            if text is not None and section and section not in SECTION.findall(text):
                missing = f"{path} has no section {section}"
            if not missing:
                page.used.add(f"{path}:{section}")
                page.made_of.append(text)
                return found[0]
        if isinstance(missing, str):
            page.fault(ahead + line_of(markdown, found.start()), missing)
        return f"{indent}{missing}"

    markdown = with_list(INCLUDE.sub(include, COMPUTED.sub("", markdown)), page.name, site.titles, site.theorems)
    for cell in CELL.finditer(markdown):
        page.fault(ahead + line_of(markdown, cell.start()), r"in a table, \| ends the formula: write \Vert")
    if page.is_concept:
        markdown = with_blank(markdown, page, site)
        markdown = with_head(markdown, page, site.titles, time_of(page, site))
    markdown = TIME.sub(lambda found: hours(time_of(other, site) for other in named(found, page, site)), markdown)
    if page.name != "glossary.md" and page.front.get("tooltips", True):
        terms = [f"*[{term}]: {plain(text)}" for term, text in site.glossary.items()]
        markdown += "\n\n" + "\n\n".join(terms) + "\n"  # each a block: one large block would be searched for each
    return markdown


def named(found, page, site):
    """The pages of concepts that a comment about time names."""
    names = [name for name in site.pages if site.pages[name].is_concept] if found[1] == "all" else found[1].split()
    for name in names:
        if name not in site.pages:
            page.fault_at(name, message=f"{name}, whose time is asked for, is no page")
    return [site.pages[name] for name in names if name in site.pages]


def time_of(page, site):
    """Minutes of reading a page."""
    return minutes(FRONT.sub("", page.text), partial(lines, site), site.report.sliders)


def lines(site, row):
    """The number of lines of code that a row of a page shows."""
    found = INCLUDE.match(row)
    text, _ = site.included(found[2]) if found else (None, None)
    return len([line for line in section_of(text, found[3]).splitlines() if line.strip()]) if text else bool(row.strip())


def section_of(text, name):
    """The section of a snippet, or all of it; empty if there is none."""
    if not name:
        return text
    found = re.search(rf"(?ms)^[ \t]*# --8<-- \[start:{re.escape(name)}\]\n(.*?)^[ \t]*# --8<-- \[end:{re.escape(name)}\]", text)
    return found[1] if found else ""


def plain(text):
    """A definition as a tooltip can show it: no links, no TeX."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(text.split()))
    return text.replace("$", "").replace("*", "").replace('"', "'")


def with_results(content, results):
    """The HTML with printed results in their places, as literal text."""
    waiting = "This is being computed."
    return RESULT.sub(lambda found: html.escape(results.get(found[1], waiting).rstrip(), quote=False), content)


def glossary_of(text):
    """The terms of the glossary and their definitions."""
    return dict(re.findall(r"(?m)^(?!#)(\S.*)\n:   (.*(?:\n    \S.*)*)", text))
