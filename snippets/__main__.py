"""`python -m snippets --out DIR`: all figures, printed results and notebooks as files, without MkDocs."""

import argparse
import sys
from pathlib import Path

from snippets._build.engine.render import CACHE, SNIPPETS, render
from snippets._build.kept import write


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m snippets", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.add_argument("--snippets", type=Path, default=SNIPPETS, metavar="DIR", help="folder of the chapters")
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="DIR", help="folder for results that are kept")
    options = parser.parse_args(arguments)
    if not any(options.snippets.glob("[a-z]*/*.py")):
        parser.error(f"there are no snippets in {options.snippets}")
    report = render(options.snippets, options.cache)
    for fault in report.faults:
        print(fault, file=sys.stderr)
    if report.faults:
        return 1
    files = report.results | {f"{name}.ipynb": text for name, text in report.notebooks.items()}
    for name, text in files.items():
        write(options.out / name, text.encode())
    print(report.summary())
    return 0


if __name__ == "__main__":
    sys.exit(main())
