"""A Python-Markdown extension: images have a size, a sentence for those who do not see them and, if they move, a slider;
each term of the glossary has one tooltip on a page."""

import posixpath
import re
import xml.etree.ElementTree as etree
from html.parser import HTMLParser

from markdown import Extension
from markdown.treeprocessors import Treeprocessor

from ..engine.style import ALT_LENGTH

SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')


def pixels(svg):
    """Width and height of a figure in CSS pixels."""
    return [f"{float(points) * 4 / 3:.0f}" for points in SIZE.search(svg).groups()]


class Images(HTMLParser):
    """The images of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append({name: value or "" for name, value in attributes})


class Figures(Extension):
    """Works on `page`, which whoever converts sets before."""

    def __init__(self, site):
        super().__init__()
        self.site, self.page = site, None

    def extendMarkdown(self, md):
        # After attributes and abbreviations have come, before the table of contents is made and links are looked at.
        md.treeprocessors.register(_Figures(md, self), "figures", 6)


class _Figures(Treeprocessor):
    def __init__(self, md, extension):
        super().__init__(md)
        self.extension = extension

    def run(self, root):
        site, page = self.extension.site, self.extension.page
        parents = {child: parent for parent in root.iter() for child in parent}
        for at, image in enumerate(list(root.iter("img"))):
            put(parents[image], image, self.shown(site, page, image, first=at == 0 and page.is_concept))
        for block in self.md.htmlStash.rawHtmlBlocks:
            for image in Images(block).found if isinstance(block, str) and "<img" in block else []:
                alt_fault(page, image)
        seen = set()
        for term in list(root.iter("abbr")):
            above = [term]
            while above[-1] in parents:
                above.append(parents[above[-1]])
            if term.get("title") in seen or any(re.fullmatch("h[1-6]", element.tag) for element in above):
                unwrap(parents[term], term)
            else:
                seen.add(term.get("title"))

    def shown(self, site, page, image, first):
        """The element in the place of an image; the first one of a concept stands at the top, and is fetched with the page."""
        source = image.get("src", "")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), source))
        name = target.removeprefix("figures/")
        if name != target:
            page.used.add(name)
        if fault := alt_fault(page, image):
            return noted(fault)
        if name == target:
            return image
        if failure := site.failure(name):
            return noted(failure)
        size = site.size(name)
        if size is None:
            return noted(page.fault_at(source, message=f"no snippet draws {source}"))
        if site.waits_for(name):
            return waiting(image.get("alt"), *size)
        slider = site.report.sliders.get(name)
        image.attrib |= {"width": size[0], "height": size[1]}
        image.attrib |= {"fetchpriority": "high"} if first else {"loading": "lazy", "decoding": "async"}
        box = etree.Element("span", {"class": "figure"})
        box.append(image)
        if slider:
            add_slider(box, posixpath.relpath(target.removesuffix(".svg"), posixpath.dirname(page.url) or "."), slider)
        return box


def alt_fault(page, image):
    """The fault of an image that has no sentence for those who do not see it."""
    alt, file = image.get("alt") or "", posixpath.basename(image.get("src") or "")
    if len(alt) < ALT_LENGTH:
        return page.fault_at(file, message=f"the image {file} has no alt text of a sentence")
    if re.search(r"\\\(|\\\[|\$", alt):
        return page.fault_at(file, message=f"the alt text of the image {file} has a formula, which nobody can hear")


def noted(fault):
    """A fault as an element."""
    element = etree.Element("span", {"class": "fault", "role": "alert"})
    element.text = str(fault)
    return element


def waiting(alt, width, height):
    """A quiet box in the place of a figure that is being drawn."""
    style = f"width: {width}px; aspect-ratio: {width} / {height}"
    element = etree.Element("span", {"class": "figure waiting", "role": "img", "aria-label": alt, "style": style})
    element.text = "This figure is being drawn."
    return element


def put(parent, old, new):
    """Put an element into the place of another one, which it may hold."""
    if new is not old:
        at = list(parent).index(old)
        new.tail, old.tail = old.tail, None
        parent[at] = new


def unwrap(parent, child):
    """Put the text of a child that has no children into its place."""
    at, text = list(parent).index(child), (child.text or "") + (child.tail or "")
    if at:
        parent[at - 1].tail = (parent[at - 1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(child)


def add_slider(box, stem, slider):
    """A native range input and a button for the figure; the script loads the other frames when one of them is first touched.

    On the screen the figure begins at its first frame. Paper, and a screen without scripts, show the default one, of which the
    text speaks.
    """
    labels, (image,) = slider["labels"], box
    box.attrib |= {"class": "figure slider", "data-frames": stem, "data-values": "|".join(labels)}
    box[0] = picture = etree.Element("picture")
    etree.SubElement(picture, "source", {"media": "print, (scripting: none)", "srcset": f"{stem}.svg"})
    picture.append(image)
    if slider["default"]:  # otherwise both are the same
        image.set("src", re.sub(r"\.svg$", ".0.svg", image.get("src")))
    controls = etree.SubElement(box, "span", {"class": "controls"})
    label = etree.SubElement(controls, "label")
    name = etree.SubElement(label, "span")
    name.text = f"{slider['parameter']} = "
    etree.SubElement(name, "output").text = labels[0]
    about = {"type": "range", "min": "0", "max": str(len(labels) - 1), "step": "1", "value": "0"}
    etree.SubElement(label, "input", about | {"autocomplete": "off", "aria-valuetext": labels[0]})
    etree.SubElement(controls, "button", {"type": "button", "aria-label": "Play"}).text = "▶"
