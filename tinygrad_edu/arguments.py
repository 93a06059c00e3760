"""What an argument has to be that is a number: one check for all packages."""

from __future__ import annotations

import numbers
import operator
from typing import Any

from .errors import ArgumentError


def whole_number(name: str, value: Any, at_least: int, or_else: str = "") -> int:
    """The value as an int.

    Args:
        name: what the message calls it.
        or_else: what else is allowed, as the message goes on: ", or 'full'".

    Raises:
        ArgumentError: it is no whole number, or below `at_least`.
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
