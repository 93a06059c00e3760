"""Checks of arguments that several functions of this package take."""

from __future__ import annotations

import difflib
import numbers
import operator
from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError


def whole_number(name: str, value: Any, at_least: int) -> int:
    """The value as an int.

    Raises:
        ArgumentError: it is no whole number, or below `at_least`.
    """
    try:
        number = operator.index(value)  # Python's and NumPy's integers, but no 3.0 and no "3"
    except TypeError:
        number = at_least - 1
    if number < at_least or isinstance(value, bool):
        raise ArgumentError(f"{name} must be a whole number from {at_least} on, not {value!r}")
    return number


def is_number(value: Any) -> bool:
    """Python's and NumPy's real numbers, but neither a truth value nor a text."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'moons'?", or nothing if no known word is near."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
