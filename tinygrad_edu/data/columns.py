"""The columns of a table: which are numbers, which are words, and from which nothing can be learned."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from .cells import Decimal, count_numbers, is_date, missing_in, number_in, plain_numbers
from .table import Table, cut

Array = np.ndarray[Any, Any]
Kind = Literal["number", "words", "left out"]

MOST_WORDS = 100  # different ones in a column, each of which becomes an input
FEW = 20  # different values that may be classes or categories, where each occurs twice on average
_ID = re.compile(r"(?i:(?:.*[\W_])?(?:id|ids|uuid|guid))|.*[a-z]I[dD]")  # what only names something ...
_COUNTED = re.compile(
    r"(?i:(?:.*[\W_])?(?:index|key|nr|no|row)\.?)|Unnamed: \d+|column \d+"
)  # ... if it counts the rows


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        values: float64 with nan where a number is missing; words (objects) with None.
        remark: how its cells were read; for a column that is left out, why.
    """

    name: str
    kind: Kind
    values: Array
    remark: str = ""

    def take(self, rows: Array) -> Column:
        return replace(self, values=self.values[rows])


@dataclass(frozen=True)
class Columns:
    """What a file has to learn from, before gaps are filled and words become inputs.

    Attributes:
        inputs: the columns that are learned from; `left_out` those that are not.
        names: of all columns of the file, in its order; `target` is one of them.
        has_header: whether the file names them.
        remarks: about the file.
    """

    inputs: tuple[Column, ...]
    left_out: tuple[Column, ...] = ()
    names: tuple[str, ...] = ()
    target: str = ""
    has_header: bool = True
    remarks: tuple[str, ...] = ()

    def ordered(self, names: Sequence[str]) -> list[Column]:
        """The inputs of these names."""
        columns = {column.name: column for column in self.inputs}
        return [columns[name] for name in names]

    def take(self, rows: Array) -> Columns:
        return replace(self, inputs=tuple(column.take(rows) for column in self.inputs))


def column_of(table: Table, k: int) -> Column:
    """What a column of a table is. Cells that keep it from being numbers are noted as problems of the table."""
    name, cells = table.header[k], table.column(k)
    present = without_missing(cells)
    if not present:
        return _left_out(name, "empty")
    decimal, numbers = decimal_of(present, table.decimal)
    if numbers == len(present):
        return _number_column(table, k, decimal)
    if all(map(is_date, present)):
        return _left_out(name, "dates: make numbers of them, the year or the days since then, if they matter")
    different = len(set(present))
    if numbers >= len(present) / 2 and not _are_few(different, len(present)):
        return _number_column(table, k, decimal)
    if why := _why_no_words(different, len(present), present[0]):
        return _left_out(name, why)
    return Column(name, "words", words_in(cells))


def column_as(table: Table, k: int, kind: Kind) -> Column:
    """A column of a table as numbers or as words, whatever it looks like."""
    cells = table.column(k)
    if kind == "words":
        return Column(table.header[k], kind, words_in(cells))
    decimal, _ = decimal_of(without_missing(cells), table.decimal)
    advice = "the network was trained on numbers in this column"
    return Column(table.header[k], kind, numbers_in(table, k, decimal, advice))


def decimal_of(present: Sequence[str], otherwise: Decimal) -> tuple[Decimal, int]:
    """The decimal sign under which most cells are numbers, and how many are."""
    if otherwise == "." and plain_numbers(present) is not None:
        return ".", len(present)
    counts = count_numbers(present)
    decimal = max(counts, key=lambda sign: (counts[sign], sign == otherwise))
    return decimal, counts[decimal]


def without_missing(cells: list[str]) -> list[str]:
    """The cells that have a value."""
    missing = missing_in(cells)
    return [cell for cell in cells if cell not in missing] if missing else cells


def words_in(cells: Sequence[str]) -> Array:
    """Words, and None for those that are missing."""
    found = np.empty(len(cells), dtype=object)
    missing = missing_in(cells)
    found[:] = [None if cell in missing else cell for cell in cells]
    return found


def numbers_in(table: Table, k: int, decimal: Decimal, advice: str) -> Array:
    """The numbers in a column, nan for a missing one; other cells are problems of the table."""
    found, cells = np.full(len(table.rows), math.nan), table.column(k)
    missing = missing_in(cells)
    rows = [row for row, cell in enumerate(cells) if cell not in missing] if missing else range(len(cells))
    plain = plain_numbers([cells[row] for row in rows] if missing else cells) if decimal == "." else None
    if plain is not None and np.isfinite(plain).all():
        found[rows] = plain
        return found
    for row in rows:
        cell = cells[row]
        number = number_in(cell, decimal)
        if number is None:
            table.problems.add(table.where(row, k), f"{cut(cell)!r} is not a number: {advice}")
        elif not math.isfinite(number):
            table.problems.add(
                table.where(row, k), f"{cut(cell)} is not a finite number, and nothing can be learned from it"
            )
        else:
            found[row] = number
    return found


def _number_column(table: Table, k: int, decimal: Decimal) -> Column:
    advice = "correct it, or leave the cell empty if nobody knows the value (most cells of the column are numbers)"
    name, known = table.header[k], len(table.problems.found)
    values = numbers_in(table, k, decimal, advice)
    present = values[~np.isnan(values)]
    if len(table.problems.found) > known:
        return Column(name, "number", values)
    if (present == present[0]).all():
        return _left_out(name, f"the same in every row, {present[0]:.15g}")
    if _are_ids(name, present):
        return _left_out(name, "numbers that only name a row, or something else")
    signs = "".join(table.column(k))
    remark = [f"without the sign {sign}" for sign in "$€£¥" if sign in signs]
    remark += ["decimal commas"] * (decimal == "," and "," in signs) + ["percent: 12% is 0.12"] * ("%" in signs)
    return Column(name, "number", values, "; ".join(remark))


def _are_ids(name: str, numbers: Array) -> bool:
    """Whether whole numbers only name something: by the name of the column, and as there are many or they count."""
    if not (numbers == numbers.round()).all():
        return False
    counted = len(numbers) > 2 and bool((np.diff(numbers) == 1).all())
    many = not _are_few(len(np.unique(numbers)), len(numbers))
    return (bool(_ID.fullmatch(name)) and many) or (bool(_COUNTED.fullmatch(name)) and counted)


def _why_no_words(different: int, present: int, first: str) -> str:
    """Why nothing can be learned from words; "" where something can."""
    if different == 1:
        return f"the same in every row, {cut(first)!r}"
    if different == present:
        return "a word of its own for each row"
    if different > MOST_WORDS or 2 * different > present:
        return f"{different:,} different words in {present:,} rows, too many to learn from"
    return ""


def _are_few(different: int, rows: int) -> bool:
    return different <= min(FEW, rows // 2)


def _left_out(name: str, why: str) -> Column:
    return Column(name, "left out", np.empty(0), why)
