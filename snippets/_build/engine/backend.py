"""Matplotlib's backend for snippets, `module://snippets._build.engine.backend`: it draws SVG, and shows nothing."""

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_svg import FigureCanvasSVG

NAME = f"module://{__name__}"


class FigureManager(FigureManagerBase):
    """Without a display, Matplotlib's own would open no window and say nothing; with one, wait for a person."""

    def show(self):
        raise RuntimeError("a figure is returned, not shown")

    @classmethod
    def pyplot_show(cls, *, block=None):
        raise RuntimeError("a figure is returned, not shown")


class FigureCanvas(FigureCanvasSVG):
    manager_class = FigureManager
