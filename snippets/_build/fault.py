"""Something wrong, and where."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """It prints as one line."""

    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


def line_of(text, position):
    """The number of the line in which a position of a text stands."""
    return text.count("\n", 0, position) + 1


def line_with(text, *parts):
    """The line of the first of these parts that stands in the text, wherever its lines are broken."""
    for part in parts:
        if found := re.search(r"\s+".join(map(re.escape, part.split())), text):
            return line_of(text, found.start())
    return 1
