"""The map of concepts: which page builds on which, as an SVG whose boxes are links."""

import html
from collections import Counter

WIDTH, HEIGHT, GAP_X, GAP_Y = 190, 60, 18, 36  # of a box and between boxes, in CSS pixels
STOP = 0  # width of the lane of an arrow that passes a row, without the gaps beside it
MOST = 3  # boxes in a row: so it fits the column of text at full size


class Circle(ValueError):
    """Prerequisites that lead back to where they began; `page` needs `needed` there."""

    def __init__(self, path):
        super().__init__(f"a circle of prerequisites: {', '.join(path)}")
        self.page, self.needed = path[:2]


def levels(needs):
    """The row of each concept, below all that it needs and with room for it; raises `Circle`.

    >>> levels({"slope": [], "gradient": ["slope"], "descent": ["gradient", "slope"]})
    {'slope': 0, 'gradient': 1, 'descent': 2}
    """
    found, boxes = {}, Counter()

    def level(name, path=()):
        if name in path:
            raise Circle([*path[path.index(name) :], name])
        if name not in found:
            row = 1 + max((level(need, (*path, name)) for need in needs[name]), default=-1)
            while boxes[row] == MOST:
                row += 1
            found[name] = row
            boxes[row] += 1
        return found[name]

    for name in needs:
        level(name)
    return {name: found[name] for name in needs}


def shortest(needs):
    """The needs without those that another one of the same concept needs too, near or far.

    >>> shortest({"slope": [], "gradient": ["slope"], "descent": ["gradient", "slope"]})
    {'slope': [], 'gradient': ['slope'], 'descent': ['gradient']}
    """
    below = {}

    def all_below(name):
        if name not in below:
            below[name] = set(needs[name]).union(*map(all_below, needs[name]))
        return below[name]

    return {name: [need for need in own if not any(need in all_below(other) for other in own)] for name, own in needs.items()}


def arrow(points):
    """The SVG path of an arrow down through points `(x, top, bottom)`, vertical in each of them."""
    (x, _, y), *rest = points
    path = f"M{x:g} {y:g}"
    for x1, top, bottom in rest:
        path += f"C{x:g} {y + GAP_Y / 2:g} {x1:g} {top - GAP_Y / 2:g} {x1:g} {top:g}"
        path += f"V{bottom:g}" if bottom > top else ""
        x, y = x1, bottom
    return f'<path d="{path}"/>'


def ordered_rows(needs):
    """The concepts in rows by level, and in long arrows a stop `(need, page, level)` in each row between.

    Within a row each stands near the mean place of its neighbours above and below, so that few arrows cross.
    """
    level, edges = levels(needs), []
    rows = [[] for _ in range(1 + max(level.values()))]
    for page in needs:
        rows[level[page]].append(page)
        for need in needs[page]:
            stops = [(need, page, between) for between in range(level[need] + 1, level[page])]
            for stop in stops:
                rows[stop[2]].append(stop)
            edges += zip([need, *stops], [*stops, page], strict=True)
    for sweep in range(8):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            place = {name: i / len(other) for other in rows for i, name in enumerate(other)}
            near = {name: [place[a] for a, b in edges if b == name] for name in row}
            if not down:
                near = {name: [place[b] for a, b in edges if a == name] for name in row}
            row.sort(key=lambda name: sum(near[name]) / len(near[name]) if near[name] else place[name])
    return rows


def concept_map(concepts):
    """An SVG for `{page: (title, chapter, url, front matter)}`, at least one; prerequisites stand above what they serve."""
    needs = {
        page: [need for need in front["prerequisites"] if need in concepts] for page, (*_, front) in concepts.items()
    }
    levels(needs)  # may find a circle
    needs = shortest(needs)
    rows = ordered_rows(needs)
    wide = [[WIDTH if name in concepts else STOP for name in row] for row in rows]
    width = max(sum(row) + GAP_X * (len(row) - 1) for row in wide)
    place = {}
    for level, (row, widths) in enumerate(zip(rows, wide, strict=True)):
        x = (width - sum(widths) - GAP_X * (len(row) - 1)) / 2
        for name, own in zip(row, widths, strict=True):
            place[name] = x + (0 if name in concepts else own / 2), level * (HEIGHT + GAP_Y)
            x += own + GAP_X
    height = len(rows) * (HEIGHT + GAP_Y) - GAP_Y
    chapters = list(dict.fromkeys(chapter for _, chapter, *_ in concepts.values()))
    arrows, boxes, listed = [], [], {}
    for page, (title, chapter, url, _) in concepts.items():
        x, y = place[page]
        for need in needs[page]:
            stops = [place[need, page, level] for level in range(len(rows)) if (need, page, level) in place]
            x0, y0 = place[need]
            start, end = (x0 + WIDTH / 2, y0, y0 + HEIGHT), (x + WIDTH / 2, y - 7, y - 7)
            arrows.append(arrow([start, *((x1, y1, y1 + HEIGHT) for x1, y1 in stops), end]))
        # A link of HTML: neither crawlers nor the theme's instant navigation can read the href of an SVG link.
        place_of = f'x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}"'
        kind = f"chapter-{chapters.index(chapter) % 4}" + ("" if needs[page] else " start")
        small = html.escape(chapter if needs[page] else f"{chapter}: start here")
        boxes.append(
            f'<rect {place_of} rx="6" class="{kind}"/><foreignObject {place_of}><a xmlns="http://www.w3.org/1999/xhtml" href="{html.escape(url)}">'
            f"<span>{html.escape(title)}</span><small>{small}</small></a></foreignObject>"
        )
        listed.setdefault(chapter, []).append(f'<li><a href="{html.escape(url)}">{html.escape(title)}</a></li>')
    lists = "".join(f"<p>{html.escape(chapter)}</p><ul>{''.join(items)}</ul>" for chapter, items in listed.items())
    return (
        '<div><div class="concept-map" tabindex="0" role="group" aria-label="Map of concepts">'
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="-2 -2 {width + 4:g} {height + 4:g}" width="{width + 4:g}" height="{height + 4:g}">'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>'
        f'<g class="arrows">{"".join(arrows)}</g>{"".join(boxes)}</svg></div>'
        f'<details class="concept-list"><summary>All pages, by chapter</summary>{lists}</details></div>'
    )
