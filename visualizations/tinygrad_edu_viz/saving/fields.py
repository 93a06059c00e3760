"""What a trace file holds, as tables: see `recording/contents.py` for what each field means."""

from __future__ import annotations

import sys
from itertools import chain
from typing import Any

import numpy as np

from tinygrad_edu.storage.schema import (
    NOT_FINITE,
    Check,
    Mismatch,
    anything,
    boolean,
    brief,
    by_kind,
    expected,
    list_of,
    mapping,
    matching,
    one_of,
    optional,
    real,
    record,
    text,
    whole,
)

from ..recording.contents import Data

DEEPEST = 64  # dimensions of an array, as in NumPy
DTYPES = tuple(dict.fromkeys(np.dtype(code).name for code in f"?{np.typecodes['AllInteger']}{np.typecodes['Float']}"))

Shape = tuple[int, ...]


def word(value: Any) -> str:
    """A text that many objects have: it is kept once."""
    return sys.intern(text(value))


def shape(value: Any) -> Shape:
    """The lengths of an array along its axes."""
    lengths = tuple(list_of(whole())(value))
    if len(lengths) > DEEPEST:
        raise expected(f"a list of at most {DEEPEST} lengths", value)
    return lengths


def attribute(value: Any) -> Any:
    """A further argument of an operation, as `plain_attribute` writes it."""
    return _attribute(value, DEEPEST)


def _attribute(value: Any, depth: int) -> Any:
    if isinstance(value, list) and depth:
        return list_of(lambda item: _attribute(item, depth - 1))(value)
    if isinstance(value, dict):
        return ARRAY_ATTRIBUTE(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise expected("a number, a text, a list or an array", value)


def index(value: Any) -> Any:
    """What stands between the brackets of `a[...]`: numbers, None, arrays, "..." and slices, "1:5"."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str) and part != "...":
            matching(r"(-?\d{0,18})(:-?\d{0,18}){1,2}", "a slice such as 1:5")(part)
    return attribute(value)


class Numbers:
    """Recorded numbers: a number, nested lists, a summary, or `{"array": k}` for one of the document's arrays.

    Args:
        arrays: those of the document.
        booleans: whether true and false are numbers, too.
    """

    def __init__(self, arrays: list[Any], booleans: bool = False):
        self.types = {int, float, bool} if booleans else {int, float}
        self.arrays: list[Data] = []
        self.shapes: dict[int, Shape] = {}  # of the arrays, by their identity
        for place, item in enumerate(arrays):
            try:
                self.arrays.append(self(item))
            except Mismatch as mismatch:
                raise mismatch.inside(place).inside("arrays") from None
            self.shapes[id(self.arrays[-1])] = self.shape(self.arrays[-1])

    def __call__(self, value: Any) -> Data:
        if type(value) is float:
            return value
        if isinstance(value, list):
            self.shape(value)
            return self._finite_words(value)
        if isinstance(value, dict) and "array" in value:
            place = ARRAY(value)["array"]
            if place >= len(self.arrays):
                raise Mismatch(f"is array {place}, and there are {len(self.arrays)}")
            return self.arrays[place]
        if isinstance(value, dict):
            summary: dict[str, Any] = SUMMARY(value)
            return {**summary, "shape": list(summary["shape"])}
        if type(value) is int and abs(value) < 2**64:
            return value
        return real(value)

    def shape(self, data: Data) -> Shape:
        """The shape of checked numbers, or of a nested list that is checked by that.

        Raises:
            Mismatch: the list is ragged, or has something else in it than numbers.
        """
        if id(data) in self.shapes:
            return self.shapes[id(data)]
        if isinstance(data, dict):
            return tuple(data["shape"])
        lengths: list[int] = []
        level: list[Any] = [data]
        while (types := set(map(type, level))) == {list}:
            found = {*map(len, level)}
            if len(found) > 1:
                raise Mismatch(f"is ragged: it has rows of {min(found)} and of {max(found)} in one array")
            if len(lengths) == DEEPEST:
                raise Mismatch(f"is a list nested more than {DEEPEST} deep")
            lengths += found
            level = list(chain.from_iterable(level))
        self._check(level, types)
        return tuple(lengths)

    def _check(self, numbers: list[Any], types: set[type]) -> None:
        if not types <= self.types:
            for item in numbers:
                if type(item) not in self.types and not (isinstance(item, str) and item in NOT_FINITE):
                    raise Mismatch(f"should hold numbers, and holds {brief(item)}")
        if int in types:
            for item in numbers:
                if type(item) is int and abs(item) >= 2**64:
                    raise Mismatch(f"holds {brief(item)}, a whole number that no array can hold")

    def _finite_words(self, value: Any) -> Any:
        """The same with numbers in place of the words "nan", "inf" and "-inf"."""
        if not isinstance(value, list):
            return NOT_FINITE[value] if isinstance(value, str) else value
        return [self._finite_words(item) for item in value] if _has_words(value) else value


def _has_words(value: list[Any]) -> bool:
    level: list[Any] = value
    while (types := set(map(type, level))) == {list}:
        level = list(chain.from_iterable(level))
    return str in types


ARRAY = record({"array": whole()})
SUMMARY = record({"shape": shape, "dtype": one_of(*DTYPES), "mean": real, "min": real, "max": real})
WITH_BOOLEANS = Numbers([], booleans=True)


def nested(value: Any) -> Any:
    """A number, true or false, or rectangular nested lists of them."""
    if isinstance(value, dict):
        raise expected("a number, or nested lists", value)
    WITH_BOOLEANS.shape(value)
    return value


ARRAY_ATTRIBUTE = record({"array": nested, "dtype": one_of(*DTYPES)})


def trace_of(numbers: Numbers) -> Check:
    """What the file of a trace consists of, with `numbers` for recorded numbers."""
    return record(
        {"format": text, "version": whole(1), **pass_of(numbers)},
        may_lack={"arrays": list_of(anything), "title": text},
    )


def pass_of(numbers: Numbers) -> dict[str, Check]:
    """The fields of a trace: its root, its nodes and its events."""
    node = record(
        {
            "id": word,
            "name": optional(text),
            "op": optional(word),
            "inputs": list_of(word),
            "attrs": mapping(attribute),
            "kind": one_of("value", "tensor"),
            "shape": shape,
            "dtype": optional(one_of(*DTYPES)),
            "device": optional(word),
            "requires_grad": boolean,
            "data": numbers,
            "gradient": optional(numbers),
        },
        may_lack={"scope": list_of(word)},
    )
    every_event: dict[str, Check] = {
        "kind": word,
        "step": whole(1),
        "of": whole(1),
        "node": word,
        "name": optional(text),
        "op": optional(word),
        "text": text,
    }
    of_a_tensor: dict[str, Check] = {"shape": shape, "dtype": one_of(*DTYPES)}
    forward: dict[str, Check] = {"inputs": list_of(word), "input_data": list_of(numbers), "data": numbers}
    backward: dict[str, Check] = {
        "from": optional(word),
        "position": optional(whole()),
        "upstream": optional(numbers),
        "local": optional(numbers),
        "contribution": numbers,
        "grad_before": numbers,
        "grad": numbers,
        "formula": text,
    }
    event = by_kind(
        "kind",
        {
            "forward": record({**every_event, **forward}, of_a_tensor),
            "backward": record({**every_event, **backward}, of_a_tensor),
        },
    )
    return {"root": text, "nodes": list_of(node), "events": list_of(event)}


VERSIONED = record({"version": whole(1)}, others=True)  # what is looked at first
ARRAYS = record({}, {"arrays": list_of(anything)}, others=True)
