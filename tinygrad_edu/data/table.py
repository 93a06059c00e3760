"""A CSV file as a table of cells: its encoding, its separator, its header."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import NoReturn

from ..errors import DataError

DELIMITERS = ",;\t"
LONGEST_SHOWN = 60  # characters
MISSING = {"", "?", "na", "n/a", "nan", "null"}


@dataclass(frozen=True)
class Table:
    """The cells of a file, without the header; `lines` says in which line of the file each row ends."""

    path: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def fail(self, row: int, column: int, problem: str) -> NoReturn:
        where = f"{self.path}, line {self.lines[row]}, column {column + 1} ({cut(self.header[column])!r})"
        raise DataError(f"{where}: {problem}")

    def column(self, column: int) -> list[str]:
        """The cells of one column, none of them missing."""
        cells = [row[column] for row in self.rows]
        for row, cell in enumerate(cells):
            if cell.lower() in MISSING:
                what = f"{cell!r} stands for a missing value" if cell else "the value is missing"
                self.fail(row, column, f"{what}: fill it in, or delete the line")
        return cells


def read_table(path: str, content: bytes) -> Table:
    """The table in the bytes of a file, as `read_csv` describes it, with its DataErrors."""
    text = _decode(path, content)
    rows, lines = _cells(path, text)
    if not rows:
        raise DataError(f"{path} is empty: a line for each row is needed, with numbers separated by commas")
    width = len(rows[0])
    if width < 2:
        raise DataError(
            f"{path}, line {lines[0]}: only one column: at least one feature and the target are needed, separated by "
            "commas, semicolons or tabs"
        )
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            raise DataError(
                f"{path}, line {line}: {len(row)} cells, but line {lines[0]} has {width}: a separator too many or too "
                "few? A text with a separator in it is put in double quotes"
            )
    if any(number_in(cell) is not None for cell in rows[0]):
        return Table(path, [f"x{k}" for k in range(1, width)] + ["y"], rows, lines)
    if len(rows) == 1:
        raise DataError(f"{path} has a header, but no rows below it")
    return Table(path, _check_header(path, lines[0], rows[0]), rows[1:], lines[1:])


def _decode(path: str, content: bytes) -> str:
    advice = "save it as UTF-8 (in a spreadsheet: 'CSV UTF-8'), or convert it: iconv -f {} -t UTF-8 OLD > NEW"
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or b"\0" in content:
        sign = "it begins with the mark of UTF-16" if marked else f"byte {content.index(0)} of it is 0"
        raise DataError(f"{path} is not in UTF-8, it looks like UTF-16 ({sign}): {advice.format('UTF-16')}")
    try:
        return content.decode("utf-8").removeprefix("\ufeff")  # the mark that Excel puts in front
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: byte {error.start} of the file (0x{content[error.start]:02x}) is not UTF-8: "
            f"{advice.format('LATIN1')}"
        ) from None


def _cells(path: str, text: str) -> tuple[list[list[str]], list[int]]:
    """The cells of all lines that are not blank, and the numbers of these lines."""
    rows, lines, line = [], [], 1
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        for row in reader:
            line = reader.line_num
            cells = [cell.strip() for cell in row]
            if cells and cells != [""]:
                rows.append(cells)
                lines.append(line)
    except csv.Error as error:
        raise DataError(
            f"{path}, after line {line}: {error}: is a double quote missing or not closed, or is it no CSV file?"
        ) from None
    return rows, lines


def _delimiter(text: str) -> str:
    """The separator that cuts the first line into most cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda delimiter: _count(first, delimiter))


def _count(line: str, delimiter: str) -> int:
    """Into how many cells a separator cuts a line."""
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:  # a cell that is too long: it does not cut it often enough
        return 0


def _check_header(path: str, line: int, header: list[str]) -> list[str]:
    before: set[str] = set()
    for column, name in enumerate(header):
        if not name:
            raise DataError(
                f"{path}, line {line}: column {column + 1} has no name: give it one, or delete the column (pandas "
                "leaves its row numbers out with to_csv(index=False))"
            )
        if name in before:
            raise DataError(f"{path}, line {line}: two columns are named {cut(name)!r}: rename one of them")
        before.add(name)
    return header


def cut(text: str) -> str:
    """The beginning of a text that may be long, for a message."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def number_in(cell: str) -> float | None:
    """The number in a cell, perhaps infinite; None for a text. ("1_000" is a number in Python alone.)"""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
