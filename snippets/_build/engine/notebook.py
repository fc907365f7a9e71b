"""A snippet as a Jupyter notebook: its docstring as text, one cell a section, and the page's results at the end."""

import ast
import re
import sys
import textwrap

import jupytext
import nbformat

METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
RUN = "Run its cells from the first to the last: *Run*, *Run All Cells*."
PACKAGES = {"sklearn": "scikit-learn", "mpl_toolkits": "matplotlib"}  # those whose package has another name


def imported(source):
    """What a notebook imports, by its names in Python, except for what Python and Jupyter bring along."""
    tree = ast.parse(source)
    names = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    roots = dict.fromkeys(name.split(".")[0] for name in names)
    return [root for root in roots if root not in sys.stdlib_module_names and root != "IPython"]


def requirements(source):
    """The command that installs what a notebook imports."""
    wanted = [PACKAGES.get(root, root) for root in imported(source)]
    return f"`pip install {' '.join(dict.fromkeys([name for name in ('numpy', *wanted) if name in wanted]))}`"


def needs(source):
    """What one needs to run the notebook of this source, in words."""
    return f"Python 3.11 or newer, {requirements(source)}, and Jupyter to open it in (`pip install notebook`, or what you like better)"


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
