"""`python -m tests.mutate [--each N] [chapter/concept ...]` breaks snippets on purpose, and counts which tests notice.

Every mutant is one small mistake in one function that computes: a sign, a factor, a comparison, a transposition, `=` for
`+=`, an error that is not raised. N of each snippet are drawn (with a fixed seed) and the tests of its concept are run.
The report is kept for the files as they are, and the page on how the site is checked counts what it says.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from snippets._build.kept import Keeper
from snippets._build.pages.counts import mutation_key

ROOT = Path(__file__).parents[1]
SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}
TURNS = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}


def wrong(node):
    """The mistakes that can be made at a node, as code in its place."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        yield ast.unparse(ast.BinOp(node.left, SWAPS[type(node.op)](), node.right))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield ast.unparse(ast.BinOp(node.right, ast.MatMult(), node.left))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield ast.unparse(node.operand)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield repr(node.value + 1)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in TURNS:
        yield ast.unparse(ast.Compare(node.left, [TURNS[type(node.ops[0])]()], node.comparators))
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield ast.unparse(node.value)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        yield ast.unparse(ast.Assign([node.target], node.value, lineno=0))
    elif isinstance(node, ast.Raise):
        yield "pass"


def mutants(source):
    """All mutants of a snippet as pairs: a description, and the whole source. Drawing and printing is left alone."""
    lines = source.splitlines(keepends=True)
    for function in ast.parse(source).body:
        if not isinstance(function, ast.FunctionDef) or function.name.startswith(("figure_", "print_", "draw_")):
            continue
        for node in ast.walk(ast.Module(function.body, [])):
            if not isinstance(node, (ast.expr, ast.stmt)) or node.lineno != node.end_lineno:
                continue
            line = lines[node.lineno - 1].encode()
            old = line[node.col_offset : node.end_col_offset].decode()
            for new in wrong(node):
                changed = (line[: node.col_offset] + f"({new})".encode() + line[node.end_col_offset :]).decode()
                if isinstance(node, ast.stmt):
                    changed = changed.replace(f"({new})", new)
                text = "".join([*lines[: node.lineno - 1], changed, *lines[node.lineno :]])
                yield f"{function.name}, line {node.lineno}: {old} became {new}", text


def survivors(name, each, root):
    """How many mutants of a concept were tried, and the descriptions of those that no test noticed."""
    chapter, concept = name.split("/")
    snippet = root / f"snippets/{name}.py"
    source = snippet.read_text("utf-8")
    all_mutants = list(mutants(source))
    chosen = random.Random(0).sample(all_mutants, min(each, len(all_mutants)))
    command = [sys.executable, "-m", "pytest", "-n0", "-x", "-q", "-p", "no:cacheprovider"]
    command.append(f"tests/{chapter}/test_{concept}.py")
    unnoticed = []
    for description, text in [("nothing changed", source), *chosen]:
        snippet.write_text(text, "utf-8")
        try:
            status = subprocess.run(
                command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, timeout=120
            ).returncode
        except subprocess.TimeoutExpired:  # a loop without end is noticed too
            status = 1
        if description == "nothing changed":
            assert status == 0, f"the tests of {name} fail as they are"
        elif status == 0:
            unnoticed.append(description)
    snippet.write_text(source, "utf-8")
    return len(chosen), unnoticed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="chapter/concept; all without any")
    parser.add_argument("--each", type=int, default=10, help="mutants of each snippet")
    options = parser.parse_args()
    every = [path.relative_to(ROOT / "snippets").with_suffix("") for path in ROOT.glob("snippets/[a-z]*/*.py")]
    with tempfile.TemporaryDirectory() as folder:
        for part in ("snippets", "tests", "docs", "pyproject.toml", "mkdocs.yml"):
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, Path(folder) / part)
        for name in options.names or sorted(path.as_posix() for path in every):
            tried, unnoticed = survivors(name, options.each, Path(folder))
            chapter, concept = name.split("/")
            about = mutation_key(ROOT / f"snippets/{name}.py", ROOT / f"tests/{chapter}/test_{concept}.py")
            Keeper(ROOT / ".cache").save("mutations", about, {"mutants": tried, "survived": unnoticed})
            print(f"{name}: {tried - len(unnoticed)} of {tried} noticed", *unnoticed, sep="\n    ", flush=True)


if __name__ == "__main__":
    main()
