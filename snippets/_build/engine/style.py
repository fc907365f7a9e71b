"""How figures look: one palette with a fixed meaning, and SVG files that serve light and dark."""

import re

# name: (light, dark). A snippet says "C0" and so on, and still runs with Matplotlib's own colours elsewhere.
PALETTE = {
    "function": ("#0b5cad", "#74b5ff"),  # C0
    "derivative": ("#b8400a", "#ff9d66"),  # C1: derivatives and gradients
    "path": ("#8e2a86", "#f095e4"),  # C2: the path taken
    "target": ("#00694c", "#4fd3a4"),  # C3
    "ink": ("#1d232b", "#e4e7ec"),
    "muted": ("#5b6570", "#a3adb9"),  # "gray"
    "line": ("#d5d9df", "#3b424c"),  # grids
    "paper": ("#fdfdfb", "#15191f"),  # behind legends
}
LIGHT = {name: light for name, (light, _) in PALETTE.items()}
ALT_LENGTH = 40  # characters of the text that stands for a figure; less is a label, not a sentence
ALIASES = {"#808080": "muted", "#000000": "ink", "#ffffff": "paper"}  # what "gray", "black" and "white" become

FIGURE = {
    "figure.figsize": (6.4, 4.0),
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": "STIXGeneral",
    "font.size": 13,
    "mathtext.fontset": "stix",
    "axes.facecolor": "none",
    "axes.edgecolor": LIGHT["muted"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.titlesize": 13,
    "axes.titlecolor": LIGHT["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes3d.xaxis.panecolor": "none",
    "axes3d.yaxis.panecolor": "none",
    "axes3d.zaxis.panecolor": "none",
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.7,
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["muted"],
    "xtick.labelcolor": LIGHT["ink"],
    "ytick.color": LIGHT["muted"],
    "ytick.labelcolor": LIGHT["ink"],
    "legend.frameon": True,
    "legend.framealpha": 0.85,
    "legend.facecolor": LIGHT["paper"],
    "legend.edgecolor": LIGHT["line"],
    "lines.linewidth": 2,
    "lines.markersize": 6,
    "svg.fonttype": "path",
    "svg.hashsalt": "calculus-for-machine-learning",
}
# Kept apart: building the cycle needs a module that only a drawing process should import.
CYCLE = [LIGHT[name] for name in ("function", "derivative", "path", "target")]


PLACE = re.compile(r' (?:d|x|y|width|height|viewBox)="[^"]*"|(?:translate|rotate)\([^)]*\)')
LONG = re.compile(r"-?\d+\.\d{3,}")
HASHED = re.compile(r'( id="|url\(#|href="#)(\w*?[0-9a-f]{10})(?=["\)])')
LOOP = re.compile(r'(M (\S+ \S+) \n(?:L [^\n]*\n)*L \2 \n)(?=M|")')
OFF_THE_EDGE = 0.0014  # points


def rounded(svg):
    """The SVG with places to two decimals of a point, and names in the order in which they first come.

    Processors differ in the last bits of a sum; what they draw does not. Places on a round number of thousandths, such as a
    half of something, would stand on the edge between two roundings: all are shifted by less than anyone can see.
    A line that ends where it began is closed, whether its bits say so or not. Matplotlib's own names are hashes of all bits.
    """

    def short(number):
        text = f"{float(number[0]) + OFF_THE_EDGE:.2f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text

    names = {}
    svg = PLACE.sub(lambda place: LOOP.sub(r"\1z\n", LONG.sub(short, place[0])), svg)
    return HASHED.sub(lambda name: name[1] + names.setdefault(name[2], f"n{len(names)}"), svg)


def themed(svg):
    """The SVG as Matplotlib writes it, rounded, without date, editor's header and indentation.

    Its palette colours become variables that follow the reader's light or dark scheme: inside an `<img>` the media
    query answers to the `color-scheme` of the page around it.
    """
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = rounded(re.sub(r"\n\s*", "\n", svg))
    names = {light: name for name, light in LIGHT.items()} | ALIASES
    used = sorted({names[c] for c in re.findall(r"#[0-9a-f]{6}\b", svg) if c in names})
    dark = "".join(f"--{name}:{PALETTE[name][1]};" for name in used)
    style = f"<style>@media (prefers-color-scheme: dark){{:root{{{dark}}}}}</style>"
    svg = re.sub(r"(?<=: )#[0-9a-f]{6}\b", lambda m: f"var(--{names[m[0]]}, {m[0]})" if m[0] in names else m[0], svg)
    head = re.search(r"<svg\b[^>]*>", svg)
    return svg[head.start() : head.end()] + style + svg[head.end() :]
