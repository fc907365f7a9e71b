"""What runs in the kernel of a lab before its cells: it draws as the site does, and each figure that a cell shows is sent as PNG
too, which the notebook with solutions keeps: forges, mail and Jupyter show that without running anything."""

import base64
import io

import matplotlib
from matplotlib.figure import Figure

from .worker import strict, style

DPI = 100  # dots per inch of the PNG


def prepare(publisher):
    """Let this kernel, whose displays go through `publisher`, draw as the site does, and take numerical trouble for an error."""
    style(matplotlib.rcParams)
    strict()
    save, picture = Figure.savefig, {}

    def savefig(figure, file, **options):
        save(figure, file, **options)
        png = io.BytesIO()
        save(figure, png, format="png", dpi=DPI)
        picture["image/png"] = base64.b64encode(png.getvalue()).decode()

    def with_png(message):
        message["content"].get("data", {}).update(picture)
        picture.clear()
        return message

    Figure.savefig = savefig
    publisher.register_hook(with_png)
