"""The map of concepts: which page builds on which, as an SVG whose boxes are links."""

import html
import textwrap

WIDTH, HEIGHT, GAP_X, GAP_Y = 190, 64, 26, 46  # of a box and between boxes, in CSS pixels
LINE = 24  # characters in a line of a box


class Circle(ValueError):
    """Prerequisites that lead back to where they began; `page` needs `needed` there."""

    def __init__(self, path):
        super().__init__(f"a circle of prerequisites: {', '.join(path)}")
        self.page, self.needed = path[:2]


def levels(needs):
    """The length of the longest chain of prerequisites below each concept; raises `Circle`.

    >>> levels({"slope": [], "gradient": ["slope"], "descent": ["gradient", "slope"]})
    {'slope': 0, 'gradient': 1, 'descent': 2}
    """
    found = {}

    def level(name, path=()):
        if name in path:
            raise Circle([*path[path.index(name) :], name])
        if name not in found:
            found[name] = 1 + max((level(need, (*path, name)) for need in needs[name]), default=-1)
        return found[name]

    for name in needs:
        level(name)
    return {name: found[name] for name in needs}


def concept_map(concepts):
    """An SVG for `{page: (title, chapter, url, front matter)}`, at least one; prerequisites stand above what they serve."""
    needs = {
        page: [need for need in front["prerequisites"] if need in concepts] for page, (*_, front) in concepts.items()
    }
    rows = {}
    for page, level in levels(needs).items():
        rows.setdefault(level, []).append(page)
    widest = max(map(len, rows.values()))
    width = widest * (WIDTH + GAP_X) - GAP_X
    place = {}
    for level, row in rows.items():
        left = (width - len(row) * (WIDTH + GAP_X) + GAP_X) / 2
        for column, page in enumerate(row):
            place[page] = left + column * (WIDTH + GAP_X), level * (HEIGHT + GAP_Y)
    height = len(rows) * (HEIGHT + GAP_Y) - GAP_Y
    arrows, boxes = [], []
    for page, (title, chapter, url, _) in concepts.items():
        x, y = place[page]
        for need in needs[page]:
            x0, y0 = place[need]
            x0, y0, x1, y1 = x0 + WIDTH / 2, y0 + HEIGHT, x + WIDTH / 2, y - 7
            arrows.append(
                f'<path d="M{x0:g} {y0:g}C{x0:g} {y0 + GAP_Y / 2:g} {x1:g} {y1 - GAP_Y / 2:g} {x1:g} {y1:g}"/>'
            )
        lines = textwrap.wrap(title, LINE)
        top = y + HEIGHT / 2 - 9 * len(lines) + 4
        words = "".join(
            f'<tspan x="{x + WIDTH / 2:g}" y="{top + 18 * i:g}">{html.escape(line)}</tspan>'
            for i, line in enumerate(lines)
        )
        # The older xlink:href: the theme's instant navigation cannot read the href of an SVG link, and stops at it.
        boxes.append(
            f'<a xlink:href="{html.escape(url)}" aria-label="{html.escape(title)}"><rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
            f'<text>{words}<tspan class="chapter" x="{x + WIDTH / 2:g}" y="{top + 18 * len(lines):g}">{html.escape(chapter)}</tspan></text></a>'
        )
    return (
        '<div class="concept-map" tabindex="0" role="group" aria-label="Map of concepts">'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="-2 -2 {width + 4:g} {height + 4:g}" width="{width + 4:g}" height="{height + 4:g}">'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>'
        f'<g class="arrows">{"".join(arrows)}</g>{"".join(boxes)}</svg></div>'
    )
