"""Objects of a JSON document that may be damaged or edited by hand: nothing in them is trusted."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from tinygrad_edu.errors import TinygradError

from .recorded import Data


class TraceError(TinygradError, ValueError):
    """What cannot be recorded as a trace, or a file that holds no trace that this version can read."""


class CheckedObject:
    """A JSON object whose fields are checked as they are read; errors name the place, such as nodes[3].data.

    Args:
        where: the place.
        arrays: what `{"array": k}` stands for.
    Raises:
        TraceError: by every method, if the field is missing or holds something else.
    """

    def __init__(self, item: Any, where: str, arrays: Sequence[Data] = ()):
        if not isinstance(item, dict):
            raise TraceError(f"{where} should be an object, and is {brief(item)}")
        self.item, self.where, self.arrays = item, where, arrays

    def has(self, name: str) -> bool:
        return name in self.item

    def value(self, name: str) -> Any:
        if name not in self.item:
            raise TraceError(f"{self.where} lacks the field {name!r}")
        return self.item[name]

    def _expect(self, holds: bool, name: str, what: str) -> None:
        if not holds:
            raise TraceError(f"{self.where}: {name!r} should be {what}, and is {brief(self.item[name])}")

    def text(self, name: str) -> str:
        value = self.value(name)
        self._expect(isinstance(value, str), name, "a text")
        return value

    def word(self, name: str) -> str | None:
        """A text that many objects have, kept once; or None."""
        return None if self.value(name) is None else sys.intern(self.text(name))

    def texts(self, name: str) -> tuple[str, ...]:
        texts = self.items(name)
        self._expect(all(isinstance(text, str) for text in texts), name, "a list of texts")
        return tuple(texts)

    def optional_text(self, name: str) -> str | None:
        return None if self.value(name) is None else self.text(name)

    def integer(self, name: str) -> int:
        value = self.value(name)
        self._expect(type(value) is int and value >= 0, name, "a whole number")
        return value

    def choice(self, name: str, *choices: Any) -> Any:
        value = self.value(name)
        found = [x for x in choices if type(value) is type(x) and value == x]
        self._expect(bool(found), name, f"one of {choices}")
        return found[0]

    def items(self, name: str) -> list[Any]:
        value = self.value(name)
        self._expect(isinstance(value, list), name, "a list")
        return value

    def objects(self, name: str) -> list[CheckedObject]:
        return [CheckedObject(item, f"{name}[{k}]", self.arrays) for k, item in enumerate(self.items(name))]

    def attributes(self, name: str) -> dict[str, Any]:
        self._expect(isinstance(self.value(name), dict), name, "an object")
        return self.value(name)

    def shape(self, name: str) -> tuple[int, ...]:
        lengths = self.items(name)
        self._expect(all(type(n) is int and n >= 0 for n in lengths), name, "a list of lengths")
        return tuple(lengths)

    def id(self, name: str, ids: Mapping[str, str]) -> str:
        if self.text(name) not in ids:
            raise TraceError(f"{self.where}: {name!r} names {self.item[name]!r}, and no node has that id")
        return ids[self.text(name)]

    def ids(self, name: str, ids: Mapping[str, str]) -> tuple[str, ...]:
        for found in self.items(name):
            if not isinstance(found, str) or found not in ids:
                raise TraceError(f"{self.where}: {name!r} names {brief(found)}, and no node has that id")
        return tuple([ids[found] for found in self.items(name)])

    def data(self, name: str) -> Data:
        return self.datum(self.value(name), name)

    def optional_data(self, name: str) -> Data | None:
        return None if self.value(name) is None else self.data(name)

    def datum(self, value: Any, name: str) -> Data:
        """A recorded number, nested list or summary."""
        if isinstance(value, list):
            return value if _is_numbers(value) else [self.datum(item, name) for item in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        if value in ("nan", "inf", "-inf"):
            return float(value)
        if isinstance(value, dict) and "array" in value:
            place = value["array"]
            if type(place) is not int or not 0 <= place < len(self.arrays):
                raise TraceError(f"{self.where}: {name!r} is array {brief(place)}, and there are {len(self.arrays)}")
            return self.arrays[place]
        if isinstance(value, dict):
            summary = CheckedObject(value, f"{self.where}.{name}")
            numbers = {key: summary.data(key) for key in ("mean", "min", "max")}
            return {"shape": list(summary.shape("shape")), "dtype": summary.text("dtype"), **numbers}
        raise TraceError(f"{self.where}: {name!r} should hold numbers, and holds {brief(value)}")


def _is_numbers(value: list[Any]) -> bool:
    """Whether a list holds numbers, or lists of them, and nothing else."""
    level: list[Any] = value
    while (types := set(map(type, level))) == {list}:
        level = list(chain.from_iterable(level))
    return types <= {int, float}


def brief(value: Any) -> str:
    """JSON in at most 40 characters."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
