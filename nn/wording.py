"""The words of error messages: counted nouns, shortened texts, lists of names, and the check of one argument.

It knows nothing of data, networks or files, so that every module may use it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

NO_MATPLOTLIB = "a plot needs matplotlib, which is not installed: pip install 'scalar-autograd[viz]'"


def counted(number: int, noun: str) -> str:
    """The number with its noun, in the plural where that is due.

    >>> counted(1, "row"), counted(0, "row")
    ('1 row', '0 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def in_a_line(text: str, longest: int) -> str:
    """The text with single spaces, or its beginning.

    >>> in_a_line("to be  or not to be", 14)
    'to be or no...'
    """
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def shortened(value: object) -> str:
    """The repr of a value, or of the first 60 characters of a long text; of a frame of pandas its shape.

    It is never more than a line, nor an error, and without addresses in memory.

    >>> shortened("x" * 100) == repr("x" * 60 + "...")
    True
    """
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:60] + "...")
    if hasattr(value, "iloc"):
        return f"<shape {getattr(value, 'shape', '?')}>"
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an int of more than 4,300 digits, a list that is nested too deeply
        text = f"<very large {type(value).__name__}>"
    return in_a_line(re.sub(r" at 0x[0-9a-f]+", "", text), 60)


def described(value: object) -> str:
    """What came in place of what was wanted: the value, and its kind.

    >>> described("x"), described(2)
    ("'x', a str", '2, an int')
    """
    return f"{shortened(value)}, {kind(value)}"


def kind(value: object) -> str:
    """The class of a value, with its article."""
    name = type(value).__name__
    return f"{'an' if name.lower().startswith(('a', 'e', 'i', 'o', 'nd')) else 'a'} {name}"


def legible(x: float) -> str:
    """The number with four decimals, or in powers of ten where it is large: never a line of digits.

    >>> legible(0.25), legible(-1e200)
    ('0.2500', '-1.000e+200')
    """
    return f"{x:.4f}" if abs(x) < 1e4 else f"{x:.3e}"


def listed(names: Iterable[str], most: int = 12) -> str:
    """The names in quotes, by default at most a dozen of them.

    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    names = list(names)
    return ", ".join(map(shortened, names[:most])) + (f", ... ({len(names)} in all)" if len(names) > most else "")


def choices(wrong: str, names: Iterable[str]) -> str:
    """The names there are, and the one that may have been meant, whatever its capitals.

    >>> choices("RLEU", ["relu", "tanh"])
    "'relu', 'tanh'; did you mean 'relu'?"
    """
    names = list(names)
    meant = nearest(wrong, names)
    return listed(names) + (f"; did you mean {shortened(meant)}?" if meant else "")


def nearest(wrong: str, names: Iterable[str]) -> str | None:
    """The name that may have been meant, whatever its capitals; None if none is near.

    >>> nearest("--eopchs", ["--epochs", "--rate"])
    '--epochs'
    """
    lowered = {name.lower(): name for name in names}
    close = get_close_matches(wrong.lower(), lowered, n=1)
    return lowered[close[0]] if close else None


def require(name: str, value: object, kind: type, valid: Callable[[Any], bool], wanted: str) -> None:
    """TypeError unless an argument is of a kind of numbers, ValueError unless it is valid; a bool is no number here.

    >>> require("epochs", 0, int, lambda n: n >= 1, "an int of at least 1")
    Traceback (most recent call last):
    ValueError: epochs is 0; wanted an int of at least 1
    """
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name} is {described(value)}; wanted {wanted}")
    if not valid(value):
        raise ValueError(f"{name} is {shortened(value)}; wanted {wanted}")


def require_flag(name: str, value: object) -> bool:
    """TypeError unless an argument is True or False: what else would count as true, such as "no", is a mistake.

    >>> require_flag("shuffle", "no")
    Traceback (most recent call last):
    TypeError: shuffle is 'no', a str; wanted True or False
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {described(value)}; wanted True or False")
    return value
