"""Something wrong, and where."""

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
