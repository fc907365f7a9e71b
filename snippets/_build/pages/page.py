"""A page on its way through a build: its text, what stands above the text, what it shows and what is wrong with it."""

import html
import posixpath
import re
from dataclasses import dataclass, field

import yaml

from ..fault import Fault, line_with


def note(fault):
    """A fault as the page shows it."""
    return f'<span class="fault" role="alert">{html.escape(str(fault), quote=False)}</span>'


def front_matter(text):
    """The front matter of a page; empty if there is none or it cannot be read."""
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    try:
        front = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError:
        front = {}
    return front if isinstance(front, dict) else {}


def module_of(page):
    """`chapter/concept` as the snippet spells it, for the page `chapter/concept.md`."""
    return posixpath.splitext(page)[0].replace("-", "_")


@dataclass
class Page:
    """`name` is its path below `docs/`, `file` the path that an author edits, `url` its address below that of the site."""

    name: str
    file: str
    text: str
    front: dict
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    used: set[str] = field(default_factory=set)  # figures, results, and sections as `path:name`
    made_of: list[str] = field(default_factory=list)  # what the HTML depends on beside the Markdown

    @property
    def is_lab(self):
        return self.name.startswith("labs/")

    @property
    def is_generated(self):
        return self.name.startswith(("labs/", "theorems/"))

    @property
    def is_concept(self):
        return "/" in self.name and not self.is_generated

    def fault(self, line, message):
        """Take note of a fault, and return it."""
        self.faults.append(Fault(self.file, line, message))
        return self.faults[-1]

    def fault_at(self, *parts, message):
        """The same at the line of the first of these parts that stands in the text."""
        return self.fault(line_with(self.text, *parts), message)

    def restart(self):
        """Forget what was found: the page is converted again."""
        self.faults, self.used, self.made_of = [], set(), []
