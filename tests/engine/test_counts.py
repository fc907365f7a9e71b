"""The table of counts says what there is in the small project."""

import re

from snippets._build.kept import Keeper
from snippets._build.pages.counts import mutation_key


def cells(project):
    project.build("--site-dir", "out")
    html = "".join(path.read_text("utf-8") for path in (project.root / "out").rglob("*.html"))
    return dict(re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td></tr>", html)), html


def test_the_counts_of_a_small_project_are_those_of_its_files(project):
    project.edit("docs/index.md", "<!-- map of concepts -->", "<!-- map of concepts -->\n\n<!-- counts -->")
    (counted, html) = cells(project)
    assert counted["pages, each on one concept"] == "2"
    assert counted["formulas"] == str(html.count("</math>")) != "0"
    assert counted["figures drawn by snippets and labs"] == "2"
    assert counted["of these with a slider"] == "1, with 2 frames"
    assert counted["printed results"] == "1"
    assert counted["misconceptions, most of them run"] == counted["exercises with a solution"] == "0"
    assert counted["theorems: tests of the maths, each named as a statement"] == "3"
    assert counted["tests of the machinery and of the built site"] == "0"
    assert counted["tasks of the labs, each with a check and a solution"] == "0"
    assert counted["mutants"] == "no report was there"


def test_the_counts_tell_of_a_report_of_mutants(project):
    project.edit("docs/index.md", "<!-- map of concepts -->", "<!-- counts -->")
    about = mutation_key(project.root / "snippets/slopes/tangent.py", project.root / "tests/slopes/test_tangent.py")
    Keeper(project.root / ".cache").save("mutations", about, {"mutants": 7, "survived": ["one", "two"]})
    assert cells(project)[0]["mutants"] == "7 in the code of 1 of the pages; 5 made a test fail"
