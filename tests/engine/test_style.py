"""What rounding makes of an SVG: short numbers that no processor's last bits change, and names of its own. What colours mean."""

import re

import matplotlib.pyplot as plt
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from snippets._build.engine.style import rounded
from tests.conftest import strange_colours

PATH = '<path d="M 1.23456 -0.001 \nL 0.126 99.999999 \n" transform="translate(3.14159 2.71828) scale(0.015625 -0.015625) rotate(-90)"/>'


def test_places_have_two_decimals_and_scales_keep_theirs():
    assert rounded(PATH) == (
        '<path d="M 1.24 0 \nL 0.13 100 \n" transform="translate(3.14 2.72) scale(0.015625 -0.015625) rotate(-90)"/>'
    )
    assert rounded('<use x="-0.004999" y="7.500000" style="stroke-width: 0.123456"/>') == (
        '<use x="0" y="7.5" style="stroke-width: 0.123456"/>'
    )


@given(st.integers(-500_000, 500_000), st.floats(-1e-5, 1e-5))
def test_a_round_number_of_thousandths_is_rounded_alike_whatever_its_last_digits(thousandths, noise):
    exact, off = (f'<use x="{value:.6f}"/>' for value in (thousandths / 1000, thousandths / 1000 + noise))
    assert rounded(exact) == rounded(off)


@given(st.floats(-1e4, 1e4))
def test_nothing_moves_by_more_than_a_hundredth_of_a_point(value):
    (shown,) = re.findall(r'x="(.*)"', rounded(f'<use x="{value:.6f}"/>'))
    assert abs(float(shown) - value) < 0.0065 and shown != "-0" and len(shown.partition(".")[2]) <= 2


def test_a_line_that_comes_back_to_its_start_is_closed_and_no_other():
    square = "M 1.001 1.001 \nL 2 1 \nL 2 2 \nL {} {} \n"
    there, nearly = square.format("1.000001", "1.002"), square.format("1.1", "1")
    closed = "M 1 1 \nL 2 1 \nL 2 2 \nL 1 1 \nz\n"
    assert rounded(f'<path d="{there}"/>') == f'<path d="{closed}"/>'
    assert rounded(f'<path d="{there}{there}"/>') == f'<path d="{closed}{closed}"/>'
    assert rounded(f'<path d="{there}z\n"/>') == f'<path d="{closed}"/>'  # as it would be with other last bits
    assert "z" not in rounded(f'<path d="{nearly}"/>')
    passes = "M 1 1 \nL 2 1 \nL 1 1 \nL 3 3 \n"
    assert rounded(f'<path d="{passes}"/>') == f'<path d="{passes}"/>'


def test_names_made_of_bits_become_numbers_in_order_and_stay_together():
    svg = (
        '<path id="m0123456789" d=""/><path id="STIXGeneral-Regular-30" d=""/><use xlink:href="#m0123456789"/>'
        '<g clip-path="url(#pabcdef0123)"/><clipPath id="pabcdef0123"/><use xlink:href="#C1_0_fedcba9876"/>'
    )
    assert rounded(svg) == (
        '<path id="n0" d=""/><path id="STIXGeneral-Regular-30" d=""/><use xlink:href="#n0"/>'
        '<g clip-path="url(#n1)"/><clipPath id="n1"/><use xlink:href="#n2"/>'
    )


def test_a_drawing_whose_colours_mean_something_else_is_found():
    draw = {
        "a star is a target": lambda ax: ax.plot(0, 0, "*", color="C1"),
        "marked like any point": lambda ax: ax.plot(0, 0, "o", color="C3"),
        "points in a row": lambda ax: ax.plot([0, 1, 2], [0, 1, 0], "o-", color="C0"),
        "contours are of the function": lambda ax: ax.contour(np.eye(3), colors="C1"),
        "Quiver is not C1": lambda ax: ax.quiver([0], [0], [1], [1], color="C0"),
    }
    for told, paint in draw.items():
        fig, ax = plt.subplots()
        paint(ax)
        assert [fault for fault in strange_colours(ax) if told in fault], told
        plt.close(fig)
    fig, ax = plt.subplots()
    ax.plot(0, 0, "*", color="C3")
    ax.plot([0, 1, 2], [0, 1, 0], "o-", color="C2")
    ax.plot([0, 1, 2], [0, 1, 0], color="C0")
    ax.contour(np.eye(3), colors="C0")
    ax.quiver([0], [0], [1], [1], color="C1")
    assert list(strange_colours(ax)) == []
