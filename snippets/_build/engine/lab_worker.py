"""The process that runs labs: `python -m snippets._build.engine.lab_worker`, spoken to by `labs.py` through pipes.

It runs the solved notebook of each lab in a fresh kernel and an empty folder, lets mkdocs-jupyter show its cells, and
composes the page: Markdown with ordinary blocks of code, images, and included results.
"""

import ast
import asyncio
import base64
import contextlib
import html
import json
import os
import posixpath
import re
import sys
import tempfile
import textwrap
from html.parser import HTMLParser
from pathlib import Path

from .notebook import METADATA, RUN  # before nbformat, whose import it makes quick

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from ..fault import line_of, line_with
from .labs import BLANK, CELL, COLAB, HERE, SITE, solved, student
from .requirements import needs, requirements
from .style import ALT_LENGTH, themed

TIME_LIMIT = 60  # seconds for one cell
TRIES = 3  # to start a kernel
QUIET = ["--log-level=ERROR"]
PREPARE = "from snippets._build.engine.lab_kernel import prepare; prepare(get_ipython().display_pub)"
SHOWN = re.compile(r'<img alt="(.*)" src="data:image/svg\+xml;base64,([^"]*)">')
TITLES = {"setup": "example", "task": "success", "check": "example"}
FOLDS = {"setup": "Imports and helpers", "task": "Solution", "check": "The check"}


class LabError(Exception):
    """Something wrong with a lab, at a line of its source."""

    def __init__(self, message, line):
        super().__init__(message)
        self.line = line


def read(source):
    """The notebook of the source, each cell with the `line` on which it begins in its metadata."""
    book = jupytext.reads(source, fmt="py:percent")
    starts = [line_of(source, found.start()) for found in CELL.finditer(source)]
    if len(starts) != len(book.cells):
        raise LabError(f"{len(starts)} lines begin a cell, and {len(book.cells)} cells were found", 1)
    for cell, line in zip(book.cells, starts, strict=True):
        cell.metadata["line"] = line
        check(cell, line)
    if not book.cells or not re.match(r"# \S", book.cells[0].source):
        raise LabError("a lab begins with a cell of Markdown, and that with its title", 1)
    for begin in re.finditer(r"(?m)^ *# (?:blank: .*|end of blank)$", BLANK.sub("", source)):
        after = BLANK.sub(lambda blank: "\n" * blank[0].count("\n"), source)
        raise LabError(f"a blank that does not begin or does not end: {begin[0].strip()}", line_with(after, begin[0]))
    return book


def check(cell, line):
    """Raise `LabError` for a cell of which no page can be made."""
    if cell.cell_type == "raw":
        raise LabError("a raw cell, which neither shows nor runs anything", line)
    if len(tags(cell)) > 1 or not {*tags(cell)} <= {*TITLES}:
        raise LabError(f"a cell has one tag of {', '.join(TITLES)}, or none: {', '.join(tags(cell))}", line)
    if cell.cell_type == "code":
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            raise LabError(f"SyntaxError: {error.msg}", line + (error.lineno or 1)) from None


def tags(cell):
    return cell.metadata.get("tags", [])


# The notebooks that are given away


def absolute(text):
    """Links to pages as addresses that lead to the site from anywhere."""

    def address(found):
        page, _, anchor = posixpath.normpath(posixpath.join("labs", found[1])).partition("#")
        place = re.sub(r"(^|/)index$", r"\1", page.removesuffix(".md"))
        return f"]({SITE}{place.rstrip('/')}{'/' if place else ''}{anchor and '#' + anchor})"

    return re.sub(r"\]\((?!\w+:)([^)#]+\.md(?:#[^)]*)?)\)", address, text)


def kept_outputs(cell):
    """What a cell has printed and drawn, as a notebook keeps it: figures as PNG, with their sentence for those who do not see them."""
    kept = []
    for output in cell.outputs:
        if output.output_type != "stream":
            alt = html.unescape(SHOWN.fullmatch(output.data["text/html"])[1])
            kept.append(nbformat.v4.new_output("display_data", {"image/png": output.data["image/png"], "text/plain": alt}))
        elif kept and kept[-1].output_type == "stream":
            kept[-1].text += output.text  # the kernel sends what is printed in pieces
        else:
            kept.append(nbformat.v4.new_output("stream", name=output.name, text=output.text))
    return kept


def given(source, name, kind, ran=None):
    """The notebook, a JSON text, that a reader takes away; the same for the same source. It has the outputs of `ran`, if any."""
    book = read(source)
    says = {
        "student": "In this notebook the answers are blank.",
        "solved": "In this notebook all tasks are solved: it is for those who teach, or have tried.",
    }
    for number, cell in enumerate(book.cells):
        cell.id = f"{name[:50]}-{number}"
        if ran and cell.cell_type == "code":
            cell.outputs = kept_outputs(ran.cells[number])
            cell.execution_count = sum(other.cell_type == "code" for other in book.cells[: number + 1])
        shown = [tag for tag in tags(cell) if tag != "setup"]
        cell.metadata = {"tags": shown} if shown else {}
        if cell.cell_type == "markdown":
            cell.source = absolute(cell.source)
    book.cells[0].source += (
        f"\n\n{says[kind]} It needs {needs(source)}. {RUN if kind == 'solved' else 'Run its cells one by one, from the first on.'} "
        f"It is a lab of [Calculus for Machine Learning]({SITE})."
    )
    book.metadata = METADATA
    nbformat.validate(book)
    return nbformat.writes(book) + "\n"


# The page


def where(book, number, traceback):
    """The line of the source, and the number of the cell, in which a traceback ends: else those of the cell that was run."""
    text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(traceback))
    found = re.findall(r"Cell In\[(\d+)\], line (\d+)", text)
    if not found:
        return book.cells[number].metadata["line"], number
    count, line = found[-1]
    code = [(number, cell) for number, cell in enumerate(book.cells) if cell.cell_type == "code"]
    number, cell = code[int(count) - 1]
    return cell.metadata["line"] + int(line), number


async def execute(book):
    """Run the code cells in a fresh kernel, in an empty folder, and put the outputs into the cells."""
    whole = nbformat.from_dict(book)
    whole.cells.insert(0, nbformat.v4.new_code_cell(PREPARE))
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            whole, timeout=TIME_LIMIT, extra_arguments=QUIET, resources={"metadata": {"path": folder}}
        )
        async with client.async_setup_kernel():
            for number, cell in enumerate(whole.cells):
                try:
                    await client.async_execute_cell(cell, number)
                except CellExecutionError as error:
                    found = next(output for output in cell.outputs if output.output_type == "error")
                    line, at = where(whole, number, found.traceback)
                    message = " ".join(f"{error.ename}: {error.evalue}".split()).removesuffix(":")
                    raise LabError(f"cell {at}: {message}", line) from None
                except (CellTimeoutError, DeadKernelError) as error:
                    late = isinstance(error, CellTimeoutError)
                    why = f"took longer than {TIME_LIMIT} s" if late else "the kernel died"
                    raise LabError(f"cell {number}: {why}", cell.metadata["line"]) from None
    del whole.cells[0]
    return whole


async def executed(source):
    """The notebook of the source with its outputs. Kernels that begin together may choose the same port; they get another try."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(RuntimeError):
            return await execute(read(source))
    return await execute(read(source))


class _Shown(HTMLParser):
    """The code that stands in the cells of a page of mkdocs-jupyter."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.inside = [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "div" and "highlight-ipynb" in (dict(attributes).get("class") or ""):
            self.cells.append("")
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "div"

    def handle_data(self, data):
        if self.inside:
            self.cells[-1] += data


def shown(sources):
    """The code of cells as mkdocs-jupyter shows it.

    That is its part here: it makes of a notebook what readers see. It packs each page into 600 kB of styles and scripts for a
    theme of its own; what is taken is the text of its cells, which this theme shows like all other code.
    """
    from mkdocs_jupyter.convert import nb2html

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources], metadata=METADATA)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lab.ipynb")
        nbformat.write(book, path)
        text = nb2html(str(path), allow_errors=False, no_prompt=True)
    return [cell.strip("\n") for cell in _Shown(text).cells]


def outputs(cell, results):
    """The outputs of a cell in order as Markdown; what they show goes into the results, by the name of its file."""
    printed, parts = "", []

    def flush():
        nonlocal printed
        if printed:
            name = f"{len(results) + 1}.txt"
            results[name], printed = printed, ""
            parts.append(f'```text title="Output"\n--8<-- "labs/NAME/{name}"\n```')

    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            printed += output.text  # the kernel sends what is printed in pieces
        elif found := SHOWN.fullmatch(output.get("data", {}).get("text/html", "")):
            flush()
            alt = html.unescape(found[1])
            if len(alt) < ALT_LENGTH:
                raise LabError(f"a figure has no alt text of a sentence: {alt!r}", cell.metadata["line"])
            name = f"{len(results) + 1}.svg"
            results[name] = themed(base64.b64decode(found[2]).decode())
            parts.append(f"![{alt}](../figures/labs/NAME/{name})")
        else:
            kind = output.get("name") or ", ".join(output.get("data", {}))
            raise LabError(f"an output that the page cannot show: {kind}", cell.metadata["line"])
    flush()
    return parts


def fold(kind, text):
    return f'??? {TITLES[kind]} "{FOLDS[kind]}"\n\n' + textwrap.indent(text, "    ")


def compose(book, name):
    """The page as Markdown, and the results that it shows."""
    parts, results = [], {}
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    blocks = iter([f"```python\n{text}\n```" for text in shown([*map(solved, code), *map(student, code)])])
    solutions = [next(blocks) for _ in code]
    code = zip(solutions, blocks, strict=True)
    for number, cell in enumerate(book.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            if number == 0:
                downloads = f"../downloads/labs/{name}"
                parts.append(HERE)
                parts.append(
                    f"Work on it: [the notebook with blanks]({downloads}.ipynb), or [the solved one]({downloads}-solved.ipynb)"
                    f"{COLAB}. This page shows the solved one, with the solutions folded. In the folder with the notebook, with "
                    "Python 3.11 or newer, this installs what it needs and opens it (VS Code and others can open it too):"
                )
                wanted = requirements(source_of(book)).strip("`")
                parts.append(f"```sh\n{wanted} notebook && jupyter notebook {name}.ipynb\n```")
            continue
        (kind,) = tags(cell) or ("",)
        solution, blank = next(code)
        if kind == "task":
            parts.append(blank)
        parts.append(fold(kind, solution) if kind else solution)
        parts += [part.replace("NAME", name, 1) for part in outputs(cell, results)]
    return "\n\n".join(parts) + "\n", results


def source_of(book):
    return "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")


async def outcome(name, path):
    """What a lab gives, or `error` and `line` in its place."""
    try:
        source = Path(path).read_text("utf-8")
        book = await executed(source)
        page, results = compose(book, name)
        notebooks = {
            "student": given(student(source), name, "student"),
            "solved": given(solved(source), name, "solved", book),
        }
        return {"page": page, "results": results, **notebooks}
    except LabError as error:
        return {"error": str(error), "line": error.line}
    except Exception as error:  # of a lab that nobody thought of: the others are made all the same
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}", "line": 1}


async def main(tasks):
    """What each lab gives, of which as many run at once as there are cores."""
    free = asyncio.Semaphore(os.cpu_count() or 1)

    async def in_turn(task):
        async with free:
            return await outcome(*task)

    return await asyncio.gather(*map(in_turn, tasks))


if __name__ == "__main__":
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever prints here talks to the person, not into the results
    with tempfile.TemporaryDirectory() as own:
        for folder in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            os.environ[folder] = str(Path(own, folder))  # the settings of whoever builds change nothing
        json.dump(asyncio.run(main(json.load(sys.stdin))), results)
    results.close()
