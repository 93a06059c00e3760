"""What is checked of arguments in all packages: numbers, and names of which one is to be chosen."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import ArgumentError


def whole_number(name: str, value: Any, at_least: int, or_else: str = "") -> int:
    """The value as an int; an ArgumentError if it is none, or below `at_least`.

    Args:
        or_else: what else is allowed, as the message goes on: ", or 'full'".
    """
    try:
        number = operator.index(value)  # Python's and NumPy's integers, but no 3.0 and no "3"
    except TypeError:
        number = at_least - 1
    if number < at_least or isinstance(value, bool):
        raise ArgumentError(f"{name} must be a whole number, {at_least} or more{or_else}, not {value!r}")
    return number


def is_number(value: Any) -> bool:
    """Python's and NumPy's real numbers, but neither a truth value nor a text."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def is_within(value: Any, low: float, below: float = math.inf) -> bool:
    """Whether it is a number in [low, below); nan is none."""
    return is_number(value) and bool(low <= value < below)


def check_name(name: Any, known: Iterable[str], what: str) -> str:
    """The name, if it is a known one; else an ArgumentError, which suggests the nearest one.

    Args:
        what: what is chosen, as the message calls it: "loss", "Dense: activation".
    """
    names = list(known)
    if isinstance(name, str) and name in names:
        return name
    suggestion = did_you_mean(str(name), names) or "."
    raise ArgumentError(f"{what} {name!r} is unknown{suggestion} There are: {', '.join(names)}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'moons'?", or nothing if no known word is near."""
    found = near(word, known)
    return f"; did you mean {found!r}?" if found else ""


def near(word: str, known: Iterable[str]) -> str:
    """The known word that is most like another, whatever their case; "" if none is."""
    import difflib  # slow to import

    words = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), words, n=1)
    return words[found[0]] if found else ""


def choose(name: Any, known: Mapping[str, Any], what: str) -> Any:
    """What `known` has under a name; see `check_name`."""
    return known[check_name(name, known, what)]
