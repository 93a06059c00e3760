"""Things that are chosen by name, and what is said about a name that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import ArgumentError


def check_name(name: Any, known: Iterable[str], what: str) -> str:
    """The name, if it is a known one.

    Args:
        what: what is chosen, as the message calls it: "loss", "Dense: activation".
    Raises:
        ArgumentError: it is not; the message suggests the nearest one.
    """
    names = list(known)
    if isinstance(name, str) and name in names:
        return name
    suggestion = did_you_mean(str(name), names) or "."
    raise ArgumentError(f"{what} {name!r} is unknown{suggestion} There are: {', '.join(names)}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'moons'?", or nothing if no known word is near."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def choose(name: Any, known: Mapping[str, Any], what: str) -> Any:
    """What `known` has under a name; see `check_name`."""
    return known[check_name(name, known, what)]
