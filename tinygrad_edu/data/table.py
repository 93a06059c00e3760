"""A CSV file as a table of cells: its encoding, its separator, its header, and what is wrong with its lines.

Python's `csv` cuts the cells; `pandas.read_csv` would be no help, as it has to be told encoding, separator and decimal
sign, fills up rows that are too short, makes words of a column with one wrong number, and never says in which line.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ..errors import DataError
from .cells import Decimal, count_numbers, is_missing, looks_like_a_value

SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}
LOOKED_AT = 50  # lines, for the separator
LONGEST_SHOWN = 60  # characters
MOST_PROBLEMS = 12  # that a message lists
MOST_COLUMNS = 20  # ... of columns
_BINARY = frozenset(range(32)) - set(b"\t\n\r\f\x1a")  # bytes that no text has


class Problems:
    """All that is wrong with a file, for one message."""

    def __init__(self, path: str):
        self.path = path
        self.found: list[tuple[str, str]] = []

    def add(self, where: str, what: str) -> None:
        self.found.append((where, what))

    def check(self) -> None:
        """Raise a DataError with all of them, if there are any."""
        if not self.found:
            return
        if len(self.found) == 1:
            where, what = self.found[0]
            raise DataError(f"{self.path}, {where}: {what}")
        lines = [f"  {where}: {what}" for where, what in self.found[:MOST_PROBLEMS]]
        if len(self.found) > MOST_PROBLEMS:
            lines.append(f"  ... and {len(self.found) - MOST_PROBLEMS:,} more")
        raise DataError("\n".join([f"{self.path}: {len(self.found):,} problems", *lines]))


@dataclass(frozen=True)
class Table:
    """The cells of a file.

    Attributes:
        header: the names of the columns, made up where the file has none (`has_header`).
        rows: the lines below the header, all of one length; `lines` says in which line of the file each ends.
        decimal: the sign before the decimals, for columns whose cells leave it open.
        remarks: what is said about the file before it is used.
        problems: of its lines; rows of another length are left out.
    """

    path: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    has_header: bool = True
    separator: str = ","
    decimal: Decimal = "."
    remarks: tuple[str, ...] = ()
    problems: Problems = field(default_factory=lambda: Problems(""))

    def where(self, row: int, column: int) -> str:
        """The place of a cell, for a message."""
        return f"line {self.lines[row]}, column {column + 1} ({cut(self.header[column])!r})"

    def column(self, column: int) -> list[str]:
        """The cells of one column."""
        return [row[column] for row in self.rows]


def read_table(path: str, content: bytes, names: Sequence[str] = ()) -> Table:
    """The table in the bytes of a file, as `read_csv` describes it.

    Args:
        names: of columns that are expected: a first line that has one of them is a header.
    Raises:
        DataError: it is no text, not a table, or has no rows.
    """
    text, remark = _decode(path, content)
    said, below = _said_separator(text)
    separator = said or _separator(text)
    rows, lines = _cells(path, below, separator, text.count("\n") - below.count("\n"))
    if not rows:
        raise DataError(f"{path} is empty: a line for each row is needed, with numbers separated by commas")
    problems = Problems(path)
    rows, lines = _of_one_length(rows, lines, problems)
    width = len(rows[0])
    if width < 2 and not names:
        raise DataError(
            f"{path}, line {lines[0]}: only one column: at least one feature and the target are needed, separated by "
            "commas, semicolons or tabs"
        )
    has_header = bool(set(names) & set(rows[0])) or _has_header(rows)
    header = [f"x{k}" for k in range(1, width)] + ["y"]
    if has_header:
        rows = _without_empty_columns(rows)
        header = _names(rows[0], lines[0], problems)
        rows, lines, width = rows[1:], lines[1:], len(header)
        if not rows and not problems.found:
            raise DataError(f"{path} has a header, but no rows below it")
    remarks = [remark] if remark else []
    if separator != ",":
        remarks.append(f"separated by {SEPARATORS[separator]}")
    if not has_header:
        remarks.append("no header")
    decimal = _decimal(rows, width, separator)
    return Table(path, header, rows, lines, has_header, separator, decimal, tuple(remarks), problems)


def _decode(path: str, content: bytes) -> tuple[str, str]:
    """The text, and what is said of its encoding."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16"), "in UTF-16"
        except UnicodeDecodeError as error:
            what = f"{path} begins with the mark of UTF-16, but byte {error.start} is no part of it: save it as UTF-8"
            raise DataError(what) from None
    binary = any(map(content.__contains__, _BINARY - {0}))
    no_text = DataError(f"{path} is no text: is it a spreadsheet, or packed? Save it as CSV, in UTF-8")
    if b"\0" in content:
        if binary:
            raise no_text
        raise DataError(
            f"{path} is not in UTF-8, it looks like UTF-16 (byte {content.index(0)} of it is 0): save it as UTF-8 (in "
            "a spreadsheet: 'CSV UTF-8'), or convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW"
        )
    try:
        return content.decode("utf-8").removeprefix("\ufeff"), ""  # the mark that Excel puts in front
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
    if binary:
        raise no_text
    content, why = content.removeprefix(codecs.BOM_UTF8), f"as line {line} is not in UTF-8 (byte 0x{byte:02x})"
    try:
        return content.decode("cp1252"), f"in Windows-1252, which has all of Latin-1, {why}"
    except UnicodeDecodeError:  # a few bytes mean nothing in Windows-1252
        return content.decode("latin-1"), f"in Latin-1, {why}"


def _separator(text: str) -> str:
    """The separator that cuts all lines into as many cells: the first of `SEPARATORS` that does, as commas may be
    decimal ones. Where none does: the one that cuts the first line into most cells."""
    counts = {separator: _counts(text, separator) for separator in SEPARATORS}
    for separator, found in counts.items():
        if len(set(found)) == 1 and found[0] > 1:
            return separator
    return max(reversed(SEPARATORS), key=lambda separator: (counts[separator] or [0])[0])


def _said_separator(text: str) -> tuple[str, str]:
    """The separator that a first line `sep=;` names, which Excel reads and writes, and the lines below it."""
    first, _, below = text.partition("\n")
    first = first.strip().lower() if len(first) < 9 else ""
    return (first[4], below) if first.startswith("sep=") and len(first) == 5 else ("", text)


def _counts(text: str, separator: str) -> list[int]:
    """Into how many cells a separator cuts the first lines."""
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        return [len(row) for row in islice(filter(_is_filled, rows), LOOKED_AT)]
    except csv.Error:  # a cell that is too long: it does not cut it often enough
        return []


def _is_filled(row: list[str]) -> bool:
    return len(row) > 1 or bool(row and row[0].strip())


def _cells(path: str, text: str, separator: str, above: int) -> tuple[list[list[str]], list[int]]:
    """The cells of all lines that are not blank, and the numbers of these lines, with `above` lines before them."""
    rows, lines, line = [], [], 1
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        for row in reader:
            line = reader.line_num + above
            if _is_filled(row):
                rows.append([cell.strip() for cell in row])
                lines.append(line)
    except csv.Error as error:
        raise DataError(
            f"{path}, after line {line}: {error}: is a double quote missing or not closed, or is it no CSV file?"
        ) from None
    return rows, lines


def _of_one_length(rows: list[list[str]], lines: list[int], problems: Problems) -> tuple[list[list[str]], list[int]]:
    """The rows that are as long as the first, and their lines; the others are problems."""
    width, (most, times) = len(rows[0]), Counter(map(len, rows)).most_common(1)[0]
    if most != width and times > len(rows) / 2 and times > 2:
        problems.add(
            f"line {lines[0]}",
            f"{_count(width, 'cell')}, but {times:,} other lines have {most}: delete it, if it is a title; if it is "
            "the header, give each column one name",
        )
        problems.check()
    advice = ": a separator too many or too few? A text with a separator in it is put in double quotes"
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            problems.add(f"line {line}", f"{_count(len(row), 'cell')}, but line {lines[0]} has {width}{advice}")
            advice = ""
    right = [k for k, row in enumerate(rows) if len(row) == width]
    return [rows[k] for k in right], [lines[k] for k in right]


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: none of its cells is a number or a date, and not all of them are words
    that stand in their columns again."""
    first, *others = rows
    if any(map(looks_like_a_value, first)) or not any(first):
        return False
    again = [set(column) for column in zip(*others, strict=True)]
    return not again or not all(name in words for name, words in zip(first, again, strict=True))


def _names(header: list[str], line: int, problems: Problems) -> list[str]:
    """The names of the columns; one that has none is called by its number."""
    for name, times in Counter(filter(None, header)).items():
        if times > 1:
            problems.add(f"line {line}", f"{_several(times)} columns are named {cut(name)!r}: rename all but one")
    return [name or f"column {k}" for k, name in enumerate(header, 1)]


def _without_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    """The same without columns that have neither a name nor a value: those that a separator at the end makes."""
    unnamed = [k for k, name in enumerate(rows[0]) if not name]
    empty = {k for k in unnamed if not any(row[k] for row in rows)}
    return [[cell for k, cell in enumerate(row) if k not in empty] for row in rows] if empty else rows


def _several(times: int) -> str:
    return "two" if times == 2 else f"{times:,}"


def _decimal(rows: list[list[str]], width: int, separator: str) -> Decimal:
    """The decimal sign of the file. Commas are decimal where a column can only be read so, and, if cells are not parted
    by commas, where they can: "1,234" beside semicolons is 1.234."""
    if separator == ",":
        return "."
    can = False
    for column in range(width):
        cells = [row[column] for row in rows if not is_missing(row[column])]
        numbers = count_numbers(cells)
        if numbers[","] > max(numbers["."], len(cells) / 2):
            return ","
        can |= numbers[","] == numbers["."] > len(cells) / 2 and any("," in cell for cell in cells)
    return "," if can else "."


def cut(text: str) -> str:
    """The beginning of a text that may be long, for a message."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names in a row, the first few of many."""
    names = [cut(name) for name in names]
    return ", ".join(names[:most]) + (f", ... ({len(names)})" if len(names) > most else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
