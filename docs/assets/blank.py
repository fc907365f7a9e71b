"""What a blank on a page runs: an answer and its check. Pure Python, so that nothing but Python is fetched for it."""

import contextlib
import io
import math
import numbers
import traceback


def parts(value):
    """The numbers of a value in order, and its shape; None if it is made of anything else."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return [float(value)], ()
    if not isinstance(value, (list, tuple)):
        return None
    inner = [parts(part) for part in value]
    if None in inner or len({shape for _, shape in inner}) > 1:
        return None
    return [number for found, _ in inner for number in found], (len(value), *(inner[0][1] if inner else ()))


def same(value, wanted, rel):
    (found, shape), (right, wanted_shape) = parts(value), parts(wanted)
    return shape == wanted_shape and all(
        math.isclose(a, b, rel_tol=rel, abs_tol=rel) or a == b or (a != a and b != b) for a, b in zip(found, right)
    )


def check(name, value, wanted, *mistakes, rel=1e-6):
    """Stop with a helpful sentence unless the value, a number or a list of them, is as wanted.

    Each mistake is a pair: the value that it gives, and what to say about it.
    """
    assert "Ellipsis" not in repr(value), f"{name} is still the blank: put your code in place of the dots."
    assert value is not None, f"{name} gives nothing back: is there a `return`?"
    if isinstance(wanted, str):
        assert isinstance(value, str), f"{name} is {value!r:.50}, and a word is wanted."
        assert value == wanted, f'{name} is "{value}", and "{wanted}" is right.'
        return
    found = parts(value)
    kind = "a list of numbers" if parts(wanted)[1] else "a number"
    assert found, f"{name} is {value!r:.50}, and {kind} is wanted."
    assert found[1] == parts(wanted)[1], f"{name} is {value!r:.50}, and {describe(parts(wanted)[1])} is wanted."
    if same(value, wanted, rel):
        return
    for wrong, sentence in mistakes:
        assert not same(value, wrong, rel), f"{name.rstrip(',')}: {sentence}"
    assert shown(value) != shown(wanted), f"{name} is near {shown(wanted)}, but not exact: do not round or approximate."
    raise AssertionError(f"{name} is {shown(value)}, and {shown(wanted)} is right.")


def describe(shape):
    return " of ".join(["a list of " + " lists of ".join(map(str, shape)) + " numbers"]) if shape else "a number"


def shown(value):
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    return f"{value:.6g}"


def tried(answer, test):
    """What to tell the reader who has answered so: a text, and whether the answer is right."""
    names, said = {"__name__": "__main__", "check": check}, io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(answer, "your code", "exec"), names)
            exec(compile(test, "the check", "exec"), names)
        right, verdict = True, ""
    except AssertionError as error:
        right, verdict = False, str(error)
    except SyntaxError as error:
        right, verdict = False, f"Line {error.lineno}: {error.msg}."
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "your code"]
        where = f"Line {lines[-1]}: " if lines else ""
        right, verdict = False, f"{where}{type(error).__name__}: {error}"
    return said.getvalue()[:2000] + verdict, right
