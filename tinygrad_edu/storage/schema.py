"""Schemas: what a document that comes from outside must hold, as tables that look like the document.

    NOTICE = record({"epoch": whole(), "name": text, "layer": optional(text)})
    notice = NOTICE(document)

A check is a function of a value: it returns the value, in the form in which the program uses it, or raises a `Mismatch`
that says what is wrong, and where: `nodes[3].shape should be a list, and is 7`. Nothing in a document is trusted: files
are cut off, edited by hand, and made to do harm.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

Check = Callable[[Any], Any]

LARGEST_INTEGER = 2**63 - 1  # that an array can hold
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}  # numbers that JSON does not have


class Mismatch(ValueError):
    """A document that is not what its schema says.

    Attributes:
        path: the keys and indices that lead to the place, from the outside.
        what: what is wrong there, as a sentence that begins with the place goes on.
    """

    def __init__(self, what: str, path: tuple[str | int, ...] = ()):
        super().__init__(what)
        self.what, self.path = what, path

    def inside(self, key: str | int) -> Mismatch:
        """The same, seen from one level further outside."""
        self.path = (key, *self.path)
        return self

    @property
    def where(self) -> str:
        """The place, such as `nodes[3].shape`; "it" for the document itself."""
        found = ""
        for key in self.path:
            plain = isinstance(key, str) and key.replace("_", "a").isalnum() and len(key) <= 40
            found += f".{key}" if plain else f"[{brief(key)}]"
        return found.removeprefix(".") or "it"

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


def expected(what: str, value: Any) -> Mismatch:
    """The error that a value is something else."""
    return Mismatch(f"should be {what}, and is {brief(value)}")


def brief(value: Any) -> str:
    """A value in at most 40 characters."""
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = json.dumps(value[:40] if isinstance(value, str) else value, default=lambda other: type(other).__name__)
    return text if len(text) <= 40 else f"{text[:39]}…"


def anything(value: Any) -> Any:
    """Any value."""
    return value


def of_type(kind: Any, what: str) -> Check:
    """A value of a type, or of one of several."""

    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise expected(what, value)
        return value

    return check


text = of_type(str, "a text")
boolean = of_type(bool, "true or false")
plain = of_type((bool, int, float, str, type(None)), "a single value")
_object, _list = of_type(dict, "an object"), of_type(list, "a list")


def real(value: Any) -> float:
    """A number, which may also be one of the texts "nan", "inf" and "-inf"."""
    if isinstance(value, str) and value in NOT_FINITE:
        return NOT_FINITE[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise expected("a number", value)
    try:
        return float(value)
    except OverflowError:
        raise expected("a number", value) from None


def finite(value: Any) -> float:
    """A number that is neither infinite nor nan."""
    if not math.isfinite(number := real(value)):
        raise expected("a finite number", value)
    return number


def at_least(least: float) -> Check:
    """A finite number that is not below another one."""

    def check(value: Any) -> float:
        if (number := finite(value)) < least:
            raise expected(f"a number of at least {least:g}", value)
        return number

    return check


def whole(least: int = 0, most: int = LARGEST_INTEGER) -> Check:
    """A whole number in a range."""
    bounds = f"of at least {least}" if most == LARGEST_INTEGER else f"from {least} to {most}"

    def check(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise expected(f"a whole number {bounds}", value)
        return value

    return check


def one_of(*choices: Any) -> Check:
    """One of some values, of its type too: 1 is not True."""

    def check(value: Any) -> Any:
        for choice in choices:
            if type(value) is type(choice) and value == choice:
                return choice
        raise expected(f"one of {', '.join(map(brief, choices))}", value)

    return check


def optional(check: Check) -> Check:
    """null, or what the check takes."""

    def optionally(value: Any) -> Any:
        return None if value is None else check(value)

    return optionally


def matching(pattern: str, what: str) -> Check:
    """A text that a regular expression matches."""

    def check(value: Any) -> str:
        if not re.fullmatch(pattern, text(value)):
            raise expected(what, value)
        return value

    return check


def array(value: Any) -> np.ndarray:
    """An array of real numbers, beside the document."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        raise expected("an array of numbers", value)
    return value


def list_of(check: Check, length: int | None = None) -> Check:
    """A list whose items the check takes; of a length, if one is given."""

    def check_items(value: Any) -> list[Any]:
        _list(value)
        if length is not None and len(value) != length:
            raise expected(f"a list of {length}", value)
        found = []
        try:
            for item in value:
                found.append(check(item))
        except Mismatch as mismatch:
            raise mismatch.inside(len(found)) from None
        return found

    return check_items


def tuple_of(*checks: Check) -> Check:
    """A tuple that has an item for each check."""

    def check_items(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, tuple) or len(value) != len(checks):
            raise expected(f"a tuple of {len(checks)}", value)
        found = []
        for k, (check, item) in enumerate(zip(checks, value, strict=True)):
            with located(k):
                found.append(check(item))
        return tuple(found)

    return check_items


@contextmanager
def located(*path: str | int) -> Iterator[None]:
    """What is wrong with something at this place of a document is said of that place."""
    try:
        yield
    except Mismatch as mismatch:
        for key in reversed(path):
            mismatch.inside(key)
        raise


def mapping(check: Check) -> Check:
    """An object with any keys, whose values the check takes."""

    def check_values(value: Any) -> dict[str, Any]:
        found = {}
        for key, item in _object(value).items():
            with located(key):
                found[key] = check(item)
        return found

    return check_values


def record(table: Mapping[str, Check], may_lack: Mapping[str, Check] | None = None, others: bool = False) -> Check:
    """An object with these fields.

    Args:
        may_lack: further fields that may be missing; then they are missing in the result.
        others: whether there may be others, too, which are left out of the result.
    """
    known = {**table, **(may_lack or {})}
    required = frozenset(table)

    def check_fields(value: Any) -> dict[str, Any]:
        _object(value)
        if not value.keys() >= required:
            missing = next(name for name in table if name not in value)
            raise Mismatch(f"lacks the field {missing!r}")
        if not others and not value.keys() <= known.keys():
            strange = next(name for name in value if name not in known)
            raise Mismatch(f"has the field {brief(strange)}, which is none of its fields: {', '.join(known)}")
        found, name = {}, ""
        try:
            for name, item in value.items():
                if name in known:
                    found[name] = known[name](item)
        except Mismatch as mismatch:
            raise mismatch.inside(name) from None
        return found

    return check_fields


def by_kind(field: str, records: Mapping[str, Check]) -> Check:
    """An object that one of several records describes: the one that its field names."""
    kind = record({field: one_of(*records)}, others=True)
    return lambda value: records[kind(value)[field]](value)
