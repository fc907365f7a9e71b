"""Python is coloured as Pygments colours it, in less than half the time.

Pygments tries some forty patterns on each sign of a program, the commonest last. These few come before them: names that
mean nothing to Python, spaces, brackets, numbers and operators, and only where none of the others could have matched.
"""

import builtins
import keyword

from pygments.lexer import include
from pygments.lexers import PythonLexer
from pygments.token import Name, Operator, Punctuation, Text

MEANT = "|".join([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls", "lazy"])
FIRST = [
    (rf"(?!__)(?:(?<=\.)|(?!(?:{MEANT})\b))[A-Za-z_]\w*+(?!['\"])", Name),  # but not the f of f"..."
    (r"(?<=[^\n])[^\S\n]+", Text),
    (r"[]{}(),;[]|:(?!=)", Punctuation),
    (r"^ +(?!\s|[rRuUbB]{,2}['\"]|(?:match|case|type|lazy)\b)", Text),
    include("numbers"),
    (r"!=|==|<<|>>|:=|[-~+/*%=<>&^|.]", Operator),
]


def quicken(lexer=PythonLexer):
    """Put these patterns first, for good, before the first use of the lexer."""
    if lexer.tokens["root"][: len(FIRST)] != FIRST:
        lexer.tokens["root"][:0] = FIRST
