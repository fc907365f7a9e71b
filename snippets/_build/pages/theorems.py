"""The tests of a page as theorems: sentences made of their names, and a page for their code.

A test is named as the statement that it checks, so its name is that sentence. What it compares with is seen in its code.
"""

import ast
import json
import posixpath
import re

from .page import module_of

LIST = re.compile(r"^([ \t]*)<!-- theorems -->[ \t]*$", re.MULTILINE)
FOLDER = "theorems/"  # of the pages that no one wrote
SPELT = {name.lower(): name for name in (
    "AdamW Adagrad Adam Armijo Cauchy Gaussian Hessian Hessians Huber Jacobian Jacobians Jensen Kantorovich Lagrange Nesterov Newton "
    "NaN NumPy Peano ReLU RMSProp Schwarz SymPy Taylor Xavier"
).split()} | {"autograds": "autograd's", "sympys": "SymPy's"}  # fmt: skip
LIBRARIES = {"sympy": "SymPy", "mpmath": "mpmath", "autograd": "autograd", "fractions": "exact fractions", "hypothesis": "random inputs"}
ALGEBRA = {"det", "eigh", "eigvals", "eigvalsh", "inv", "lstsq", "matrix_power", "pinv", "polyfit", "solve", "svd"}


def sentence(name):
    """The statement that the name of a test makes."""
    words = [SPELT.get(word, word) for word in name.removeprefix("test_").split("_")]
    return " ".join([words[0][0].upper() + words[0][1:], *words[1:]])


def oracles_in(nodes, packages):
    """What the nodes of a piece of code compare with or draw its inputs from; `packages` tells where its imported names come from."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Name) and packages.get(node.id) in LIBRARIES:
            found.add(LIBRARIES[packages[node.id]])
        elif isinstance(node, ast.Attribute) and node.attr in ALGEBRA:
            found.add("linear algebra")
    step = any(isinstance(node, ast.Constant) and isinstance(node.value, complex) for node in nodes)
    if step and any(isinstance(node, ast.Attribute) and node.attr == "imag" for node in nodes):
        found.add("complex step")
    return found


def theorems(source):
    """`{test: oracles}` for a module of tests, in its order; helpers count for the tests that call them. Errors: those of `ast`."""
    tree = ast.parse(source)
    packages, parts = {}, {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", None)
            packages |= {name.asname or name.name: (origin or name.name).split(".")[0] for name in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            parts[node.name] = node
        elif isinstance(node, ast.Assign):
            parts |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}

    telling = ast.Name, ast.Attribute, ast.Constant
    nodes = {name: [node for node in ast.walk(code) if isinstance(node, telling)] for name, code in parts.items()}
    own = {name: oracles_in(nodes[name], packages) for name in parts}
    named = {name: {node.id for node in nodes[name] if isinstance(node, ast.Name)} & parts.keys() for name in parts}

    def reached(names):
        more = names.union(*(named[name] for name in names))
        return names if more == names else reached(more)

    tests = [name for name in parts if name.startswith("test_")]
    return {name: sorted(set().union(*(own[part] for part in reached({name})))) for name in tests}


def home(name):
    """The page of the tests of a concept."""
    return FOLDER + name


def module(name):
    """The tests of a concept, below `tests/`."""
    return posixpath.join(posixpath.dirname(name), f"test_{posixpath.basename(module_of(name))}.py")


def link(frm, to):
    """A link as MkDocs has it, from page to page."""
    return posixpath.relpath(to, posixpath.dirname(frm) or ".")


def with_list(markdown, name, titles, theorems_of):
    """The Markdown with a list where it asks for one: of its tests on the page of a concept, elsewhere of all their pages."""

    def rows(indent):
        if name in titles:
            for test, oracles in theorems_of(name).items():
                oracle = f" <small>({', '.join(oracles)})</small>" if oracles else ""
                yield f"{indent}- [{sentence(test)}]({link(name, home(name))}#{test}){oracle}"
        else:
            for concept, title in titles.items():
                yield f"{indent}- [{title}]({link(name, home(concept))}): {len(theorems_of(concept))}"

    return LIST.sub(lambda found: "\n".join(rows(found[1])), markdown)


def page(name, title):
    """The page of the tests of a concept, as Markdown."""
    back = link(home(name), name)
    return f"""---
summary: {json.dumps(f"The tests that check the page {title}, as they run.", ensure_ascii=False)}
search:
  exclude: true
---

# {title}: the tests

These tests check the page [{title}]({back}). Each is named as the statement that it checks. They run with `pytest tests/{module(name)}`.

```python
--8<-- "{module(name)}"
```
"""
