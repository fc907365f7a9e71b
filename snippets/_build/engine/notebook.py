"""A snippet as a Jupyter notebook: its docstring as text, one cell a section, and the page's results at the end."""

import ast
import re
import sys
import textwrap

# nbformat imports jsonschema, and that builds the grammar of all addresses wherever a package for it is installed (JupyterLite
# brings it): two seconds in each process, for a format that no notebook asks for.
sys.modules.setdefault("rfc3987_syntax", None)

import jupytext
import nbformat

from .requirements import needs

METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
RUN = "Run its cells from the first to the last: *Run*, *Run All Cells*."


def notebook(source, name):
    """The notebook (a JSON text, the same for the same source) of the snippet with this source."""
    tree = ast.parse(source)
    lines = source.splitlines()
    main = tree.body[-1] if tree.body else None
    if not isinstance(main, ast.If) or ast.get_docstring(tree) is None:
        raise ValueError("a snippet begins with a docstring and ends with what `python` runs, `if __name__ == ...`")
    title, _, rest = ast.get_docstring(tree).partition(":")
    text = f"# {title}\n\n{rest.strip()}\n\nFrom *Calculus for Machine Learning*. It needs {needs(source)}. {RUN}"
    body = "\n".join(lines[tree.body[0].end_lineno : main.lineno - 1])
    body = re.sub(r"(?m)^# --8<-- \[(start|end):.*\]$", "# %%", body)
    calls = textwrap.dedent("\n".join(lines[main.lineno : main.end_lineno]))
    # A figure that nobody assigns would be shown twice: once as the cell's value, once by the backend.
    cells = [re.sub(r"^(figure_\w+\(.*\))$", r"\1;", call) for call in calls.splitlines() if call != "plt.show()"]
    comment = textwrap.indent(text, "# ", lambda line: True)
    percent = "\n".join(["# %% [markdown]", comment, "# %%", body, *(f"# %%\n{call}" for call in cells)])
    book = jupytext.reads(percent, fmt="py:percent")
    book.cells = [cell for cell in book.cells if cell.source.strip()]
    for number, cell in enumerate(book.cells):
        cell.id = f"{name.replace('_', '-')[:50]}-{number}"
    book.metadata = METADATA
    nbformat.validate(book)
    return nbformat.writes(book) + "\n"
