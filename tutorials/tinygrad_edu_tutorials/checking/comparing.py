"""Numbers beside numbers: what a learner's code gave is made plain, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_edu.graph.node import Node

Plain = Any
"""A float, a text, an array of floats, a list, or a dictionary of these; `Raised`, or `Strange`."""


class Unfinished(Exception):
    """There is still a `...` or a None where a result should be."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An error was raised in place of a result; of the same type is the same."""

    kind: str


@dataclass(frozen=True, slots=True)
class Strange:
    """Something that is no number and holds none."""

    kind: str


@dataclass(frozen=True, slots=True)
class AtLeast:
    """As the right result: a number that is not smaller."""

    least: float

    def __str__(self) -> str:
        return f"≥ {self.least:g}"

    def holds(self, number: Plain) -> bool:
        return isinstance(number, float) and number >= self.least


@dataclass(frozen=True, slots=True)
class AtMost:
    """As the right result: a number that is not larger."""

    most: float

    def __str__(self) -> str:
        return f"≤ {self.most:g}"

    def holds(self, number: Plain) -> bool:
        return isinstance(number, float) and number <= self.most


def plain(given: Any) -> Plain:
    """Copy what a function gave: numbers become floats; Tensors, arrays and lists of numbers become arrays.

    Raises:
        Unfinished: it is, or holds, None or `...`.
    """
    if given is None or given is ...:
        raise Unfinished
    if isinstance(given, (str, AtLeast, AtMost)):
        return given
    if isinstance(given, Mapping):
        return {str(key): plain(item) for key, item in given.items()}
    if isinstance(given, Node):
        return plain(given.numpy() if hasattr(given, "numpy") else given.data)
    if isinstance(given, (list, tuple)):
        items = [plain(item) for item in given]
        same_shape = all(isinstance(item, (float, np.ndarray)) for item in items) and len({*map(np.shape, items)}) <= 1
        return np.asarray(items, dtype=float) if same_shape else items
    try:
        array = np.array(given, dtype=float)
    except (TypeError, ValueError):
        return Strange(type(given).__name__)
    return array if array.ndim else float(array)


def kind_of(thing: Plain) -> str:
    """What a plain thing is, in a word that the tutor has in each language."""
    if isinstance(thing, (float, AtLeast, AtMost)):
        return "number"
    if isinstance(thing, Strange):
        return thing.kind
    return {str: "text", dict: "dictionary", list: "list", np.ndarray: "array"}.get(type(thing), type(thing).__name__)


def same(a: Plain, b: Plain, tolerance: float) -> bool:
    """Whether two plain things are equal: of one kind and shape, and numbers as near as the tolerance, nan as nan."""
    if isinstance(b, (AtLeast, AtMost)):
        return b.holds(a)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], tolerance) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, (float, np.ndarray)) and isinstance(b, (float, np.ndarray)):
        if np.shape(a) != np.shape(b):
            return False
        return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * 1e-3, equal_nan=True))
    return type(a) is type(b) and a == b


def difference(theirs: Plain, right: Plain, tolerance: float, what: str = "") -> dict[str, Any] | None:
    """Where two plain things differ first, in facts for people: what, got, right; None if they do not.

    The fact "why" is "kind" where something else was expected, "shape" where arrays have other shapes, else "number".
    """
    if same(theirs, right, tolerance):
        return None
    if isinstance(theirs, dict) and isinstance(right, dict):
        inside = f"{what}." if what else ""
        for key in right:
            if key not in theirs:
                return {"why": "key", "what": f"{inside}{key}"}
            if found := difference(theirs[key], right[key], tolerance, f"{inside}{key}"):
                return found
        return {"why": "extra", "what": f"{inside}{min(theirs.keys() - right.keys())}"}
    if kind_of(theirs) != kind_of(right):
        return {"why": "kind", "what": what, "got": kind_of(theirs), "right": kind_of(right)}
    if isinstance(right, list) and len(theirs) == len(right):
        pairs = enumerate(zip(theirs, right, strict=True))
        return next(filter(None, (difference(a, b, tolerance, f"{what}[{k}]") for k, (a, b) in pairs)))
    if isinstance(right, (list, np.ndarray)) and _shape(theirs) != _shape(right):
        return {"why": "shape", "what": what, "got": str(_shape(theirs)), "right": str(_shape(right))}
    if isinstance(right, np.ndarray):
        near = np.isclose(theirs, right, rtol=tolerance, atol=tolerance * 1e-3, equal_nan=True)
        place = tuple(int(k) for k in np.argwhere(~near)[0])
        where = f"{what}[{', '.join(map(str, place))}]"
        return {"why": "number", "what": where, "got": float(theirs[place]), "right": float(right[place])}
    return {"why": "number", "what": what, "got": theirs, "right": str(right) if hasattr(right, "holds") else right}


def _shape(thing: Plain) -> tuple[int, ...]:
    """Of a list, which holds things of different shapes, its length."""
    return np.shape(thing) if isinstance(thing, np.ndarray) else (len(thing),)
