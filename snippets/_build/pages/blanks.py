"""A blank on a page: an exercise that is answered in place, where the site has a Python to run it.

Its source, `docs/blanks/<page>.py`, is the code with the solution between the lines of a lab's blank, and below `# check` what
looks at the answer. Where `<!-- blank -->` stands on the page comes a form; a site without a Python has the exercise alone.
"""

import html
import re

from ..engine.labs import student

MARK = re.compile(r"^<!-- blank -->$", re.MULTILINE)
CHECK = re.compile(r"(?m)^# check\n")
FOLDER = "blanks/"


def source_of(page):
    """The path below `docs` of the source of a page's blank."""
    return f"{FOLDER}{page.removesuffix('.md')}.py"


def pyodide(address, folders):
    """The script of a runtime at this address, as seen from so many folders below the site.

    >>> pyodide("pyodide/", 2), pyodide("https://python.test/full", 2)
    ('../../pyodide/pyodide.mjs', 'https://python.test/full/pyodide.mjs')
    """
    start = "" if re.match(r"https?://|/", address) else "../" * folders
    return f"{start}{address.rstrip('/')}/pyodide.mjs"


def form(source, python, says):
    """The form for a blank with this source; `python` is the address of the runtime as seen from the page."""
    code, check = CHECK.split(source)
    code = student(code).strip()
    return (
        f'<form class="blank" data-python="{escape(python)}" data-check="{escape(check)}" hidden>'
        f'<label for="blank">Your code, in place of the dots</label>'
        f'<textarea id="blank" rows="{code.count(chr(10)) + 2}" spellcheck="false" autocapitalize="off" autocomplete="off">{escape(code)}</textarea>'
        f'<p class="run-here"><button class="md-button">Check it</button> {html.escape(says)}</p><output role="status"></output></form>'
    )


def escape(text):
    """Text in one line of HTML."""
    return html.escape(text).replace("\n", "&#10;")


def with_blank(markdown, page, site):
    """The Markdown of a page with its form, if the site can run it."""
    path = site.root / "docs" / source_of(page.name)
    marks = len(MARK.findall(markdown))
    if marks != path.is_file():
        page.fault_at("<!-- blank -->", message=f"docs/{source_of(page.name)} and <!-- blank --> are there together, and once")
        return markdown
    if not marks:
        return markdown
    source = path.read_text("utf-8")
    if len(CHECK.split(source)) != 2 or student(source) == source:
        page.fault_at("<!-- blank -->", message=f"docs/{source_of(page.name)} has a blank, as labs have, and below it one line `# check`")
        return markdown
    shown = form(source, pyodide(site.python, page.url.count("/")), site.says) if site.python else ""
    return MARK.sub(lambda found: shown, markdown)
