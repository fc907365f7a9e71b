"""Tests become sentences, with what they compare with, in a list and on a page of their own."""

import textwrap

import pytest

from snippets._build.pages import theorems
from snippets._build.pages.page import front_matter
from snippets._build.pages.theorems import home, module, page, sentence, with_list

MODULE = textwrap.dedent("""
    "Tests of a concept."
    import autograd.numpy as anp
    import numpy as np
    import sympy
    from fractions import Fraction
    from hypothesis import given, strategies as st
    from mpmath import mp

    LINE = sympy.Symbol("x")


    def solved(a, b):
        return np.linalg.solve(a, b)


    def fitted(a, b):
        return solved(a, b) + step(np.sin, b) - np.linalg.norm(a)


    def step(f, x):
        return f(x + 1e-20j).imag / 1e-20 if x else fitted(x, x)


    def test_by_hand():
        assert np.linalg.norm([3, 4]) == 5 and 2j


    def test_by_symbols():
        assert LINE


    @given(st.floats())
    def test_through_helpers(x):
        assert fitted(x, x)


    def test_by_others():
        assert mp.pi and Fraction(1, 2) and anp.exp
""")


def test_oracles_are_found_in_the_test_and_in_the_helpers_that_it_calls():
    assert theorems.theorems(MODULE) == {
        "test_by_hand": [],
        "test_by_symbols": ["SymPy"],
        "test_through_helpers": ["complex step", "linear algebra", "random inputs"],
        "test_by_others": ["autograd", "exact fractions", "mpmath"],
    }


@pytest.mark.parametrize(
    "name, words",
    [
        ("test_the_gradient_is_at_a_right_angle_to_the_contour", "The gradient is at a right angle to the contour"),
        ("test_newton_and_adamw_agree_with_sympy", "Newton and AdamW agree with SymPy"),
        ("test_relu_gradients_are_autograds", "ReLU gradients are autograd's"),
        ("test_2_is_prime", "2 is prime"),
    ],
)
def test_the_name_of_a_test_is_a_sentence(name, words):
    assert sentence(name) == words


def test_the_page_of_a_concept_lists_its_theorems_and_others_list_the_pages():
    titles = {"a/one-two.md": "One", "b/three.md": "Three"}
    found = {"a/one-two.md": {"test_it_holds": ["SymPy", "mpmath"], "test_so": []}, "b/three.md": {"test_x": []}}
    marked = "Before.\n\n    <!-- theorems -->\n\nAfter <!-- theorems --> all.\n"
    assert with_list(marked, "a/one-two.md", titles, found.get) == (
        "Before.\n\n"
        "    - [It holds](../theorems/a/one-two.md#test_it_holds) <small>(SymPy, mpmath)</small>\n"
        "    - [So](../theorems/a/one-two.md#test_so)\n"
        "\nAfter <!-- theorems --> all.\n"
    )
    assert with_list("<!-- theorems -->\n", "about.md", titles, found.get) == (
        "- [One](theorems/a/one-two.md): 2\n- [Three](theorems/b/three.md): 1\n"
    )


def test_the_page_of_tests_leads_back_and_holds_the_module():
    assert home("a/one-two.md") == "theorems/a/one-two.md" and module("a/one-two.md") == "a/test_one_two.py"
    text = page("a/one-two.md", "One")
    assert "# One: the tests" in text and "[One](../../a/one-two.md)" in text and "exclude: true" in text
    assert front_matter(page("a/b.md", 'One: "two"'))["summary"] == 'The tests that check the page One: "two", as they run.'
    assert '--8<-- "a/test_one_two.py"' in text and "`pytest tests/a/test_one_two.py`" in text


def test_in_a_site_each_theorem_leads_to_its_test(built):
    listed, shown = (built.read(f"site/{folder}slopes/tangent/index.html") for folder in ("", "theorems/"))
    assert (
        '<a href="../../theorems/slopes/tangent/#test_the_taylor_line_touches">The Taylor line touches</a> <small>(SymPy)</small>'
        in listed
    )
    assert all(
        f'id="{name}"' in shown and f'id="{name}"' not in listed
        for name in ("test_the_taylor_line_touches", "test_nothing_else")
    )
    assert "theorems/" not in built.read("site/search/search_index.json")
    assert "theorems/" not in built.read("site/index.html")
