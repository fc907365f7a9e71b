"""What the code of a notebook needs to run, in Python's names, as a command, and in words."""

import ast
import sys

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
