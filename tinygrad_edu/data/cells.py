"""What the text in a cell of a table is: missing, a number as people write it, a date, or a word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Literal

Decimal = Literal[".", ","]

# All that pandas.read_csv takes for a missing value, in any case, and the question mark of older data sets.
MISSING = frozenset(
    {"", "?", "#n/a", "#n/a n/a", "#na", "-1.#ind", "-1.#qnan", "-nan", "1.#ind", "1.#qnan", "<na>", "n/a", "na"}
    | {"nan", "none", "null"}
)
_SPACES = " '’\u00a0\u2009\u202f"  # that part thousands
_GROUPS = rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+"
_POINT = re.compile(rf"[+-]?(?:\d{{1,3}}(?:,\d{{3}})+|{_GROUPS})(?:\.\d*)?")
_COMMA = re.compile(rf"[+-]?(?:\d{{1,3}}(?:\.\d{{3}})+|{_GROUPS}|\d+|(?=,\d))(?:,\d*)?(?:[eE][+-]?\d+)?")
_CURRENCY = re.compile(rf"(?<=^)[$€£¥][{_SPACES}]?|(?<=^[+-])[$€£¥]|[{_SPACES}]?[$€£¥]$")
_TIME = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*\.?"
_DATE = re.compile(
    rf"(?:\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}|\d{{1,2}}([-/.])\d{{1,2}}\2(?:\d{{2}}|\d{{4}})|\d{{4}}-\d{{2}}"
    rf"|\d{{1,2}}\.?[ -]{_MONTH}[ -]\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}}){_TIME}|\d{{1,2}}:\d{{2}}(?::\d{{2}})?",
    re.IGNORECASE,
)


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a value that nobody knows."""
    return cell.lower() in MISSING


def missing_in(cells: Iterable[str]) -> set[str]:
    """Those of some cells that stand for a missing value: with many cells, faster than to ask of each."""
    return {cell for cell in set(cells) if is_missing(cell)}


def is_date(cell: str) -> bool:
    """Whether a cell is a date, a date with a time, or a time of day."""
    return _DATE.fullmatch(cell) is not None


def number_in(cell: str, decimal: Decimal = ".") -> float | None:
    """The number in a cell, perhaps infinite; None for a text.

    Thousands may be parted by blanks, apostrophes, or the sign that is not the decimal one; a sign of a currency is
    left out. 12% is 0.12. ("1_000" is a number in Python alone.)
    """
    if decimal == "." or "." not in cell:
        with suppress(ValueError):
            return None if "_" in cell else float(cell)
    percent = cell.endswith("%")
    text = _CURRENCY.sub("", cell[:-1].rstrip() if percent else cell).replace("\u2212", "-")
    if decimal == "," and _COMMA.fullmatch(text):
        text = re.sub(rf"[.{_SPACES}]", "", text).replace(",", ".")
    elif decimal == "." and _POINT.fullmatch(text):
        text = re.sub(rf"[,{_SPACES}]", "", text)
    elif decimal == "," and "." in text:
        return None
    try:
        number = None if "_" in text else float(text)
    except ValueError:
        return None
    return number / 100 if percent and number is not None else number


def plain_numbers(cells: Sequence[str]) -> list[float] | None:
    """The numbers in all cells where each is as Python writes it, at the speed of C; None if one is not."""
    if "_" in "".join(cells):
        return None
    try:
        return list(map(float, cells))
    except ValueError:
        return None


def looks_like_a_value(cell: str) -> bool:
    """Whether a cell of a first line is no name of a column."""
    return number_in(cell) is not None or number_in(cell, ",") is not None or is_date(cell)


def count_numbers(cells: Sequence[str]) -> dict[Decimal, int]:
    """How many cells are numbers under each decimal sign."""
    points = sum(number_in(cell) is not None for cell in cells)
    if not any("," in cell or "." in cell for cell in cells):
        return {".": points, ",": points}
    return {".": points, ",": sum(number_in(cell, ",") is not None for cell in cells)}
