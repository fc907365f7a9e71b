"""The line below the opening sentence of a concept: what it builds on, how long it takes, what the reader will be able to do."""

import posixpath
import re

FENCE = re.compile(r"(?ms)^```(\w+)[^\n]*\n(.*?)^```$")
FOLD = re.compile(r"(?m)^\?\?\?.*\n(?:\n|    .*\n?)*")
EXERCISES = re.compile(r"(?ms)^## Exercises$.*?(?=^## |\Z)")
DISPLAY = re.compile(r"(?ms)^\$\$$.*?^\$\$$")
IMAGE = re.compile(r"(?s)!\[[^\]]*\]\(([^)]*)\)")
COMMENT = re.compile(r"(?s)<!--.*?-->")
OPENING = re.compile(r"(?m)^# .+\n\n(?:.+\n)+(?=\n|\Z)")

# Seconds that a beginner takes, apart from folds and exercises, which are extra.
WORD, FORMULA, LINE, OUTPUT, FIGURE, SLIDER = 0.35, 15, 4, 20, 20, 45


def minutes(text, code, sliders=()):
    """Minutes of reading a page: `text` is its Markdown without front matter, `code` gives the lines of what it includes,
    `sliders` are the figures that move."""
    text = EXERCISES.sub("", FOLD.sub("", text))
    seconds = 0
    for kind, body in FENCE.findall(text):
        seconds += LINE * sum(map(code, body.splitlines())) if kind == "python" else OUTPUT
    text = FENCE.sub("", text)
    seconds += FORMULA * len(DISPLAY.findall(text))
    text = DISPLAY.sub("", text)
    for source in IMAGE.findall(text):
        seconds += SLIDER if source.partition("figures/")[2] in sliders else FIGURE
    words = len(COMMENT.sub("", IMAGE.sub("", text)).split())
    return max(1, round((seconds + WORD * words) / 60))


def hours(minutes):
    """The sum of minutes in words, in steps of half an hour.

    >>> hours([10, 15]), hours([40, 55]), hours([200, 100])
    ('½ hour', '1½ hours', '5 hours')
    """
    halves = max(1, round(sum(minutes) / 30))
    whole = f"{halves // 2 or ''}{'½' if halves % 2 else ''}"
    return f"{whole} hour{'' if halves <= 2 else 's'}"


def with_head(markdown, page, titles, time):
    """The Markdown with the line below its first paragraph; it stays as it is if the page says no goal."""
    goal = page.front.get("goal")
    if not isinstance(goal, str):
        return markdown  # which `check_front` tells
    folder = posixpath.dirname(page.name)
    links = [f"[{titles.get(needed, needed)}]({posixpath.relpath(needed, folder)})" for needed in page.front["prerequisites"]]
    on = f"Builds on {', '.join(links)}" if links else "Builds on school algebra"
    line = f"{on} · {time} minute{'' if time == 1 else 's'}, and the exercises · You will be able to {goal}.\n{{: .head }}\n"
    return OPENING.sub(lambda found: f"{found[0]}\n{line}", markdown, count=1)
