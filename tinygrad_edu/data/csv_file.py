"""read_csv: data to learn from in a table, and what keeps a table from being learned from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..checks import did_you_mean
from ..errors import ArgumentError, DataError
from ..storage.documents import read_bytes, reading
from .cells import is_missing
from .columns import FEW, Array, Column, Columns, column_as, column_of, decimal_of, numbers_in
from .dataset import Dataset, Task, check_task
from .encoder import Encoder
from .table import MOST_COLUMNS, Table, cut, read_table

LARGEST = 1 << 28  # bytes of a file: as lists of cells, it takes several times as many
_ALL_WORDS = "name all classes in words, or none (a header, if there is one, has no numbers)"
_NUMBERS = "a regression predicts numbers; for words leave the task out, they are classes"


def read_csv(
    path: str | Path, target: str | None = None, task: Task | None = None, encoder: Encoder | None = None
) -> Dataset:
    """The data in a CSV file, one row in each line, as people have it.

    Words become one-hot inputs, an input of 0 and 1 for each. Missing values (an empty cell, "?", and all that pandas
    takes for one) become the median of the column, or its commonest word. Dates, numbers that only name their row,
    words that hardly occur twice, and what is the same in every row are left out. A row without a target is left out,
    too. `account` says what became of each column. What has to be learned for it, medians and words, is learned of
    all rows; each part that `split` cuts off for training learns its own, which is used on the other part, too.

    The file is in UTF-8, or else is taken for Latin-1; cells are separated by tabs, semicolons, bars or commas. The
    first line is a header if none of its cells is a number or a date; without one the columns are called x1, x2, ...
    and the last one y. Numbers may have commas for decimals, where cells are not separated by commas or the cells can
    be read in no other way; thousands may be parted, and 12% is 0.12.

    Args:
        path: the file.
        target: the name of the column to predict; the last one if left out.
        task: "classification" or "regression"; if left out, words and few different whole numbers are classes, and
            other numbers are values of a regression (see `_target`).
        encoder: of a network that was trained before: its columns are read, as it knows them, and no others.

    Returns:
        A Dataset named like the file, with the classes in the order of the alphabet, or of their numbers.
    Raises:
        DataError: what cannot be learned from, all of it in one message, with lines and columns; a file of more than
            256 MiB.
        ArgumentError: there is no column of the target's name, or no such task; path is no path.
        OSError: the file is not there, is a folder, or may not be read.
    """
    if not isinstance(path, (str, Path)):
        raise ArgumentError(f"read_csv: the path of a file is wanted, such as 'passengers.csv', not {path!r}")
    if task is not None:
        check_task(task)
    with reading(path, DataError):
        table = read_table(str(path), read_bytes(path, LARGEST))
    chosen = _find_column(table, target)
    table = with_target(table, chosen)
    found = [_column(table, k, encoder) for k in range(len(table.header)) if k != chosen]
    y, target_names, task = _target(table, chosen, task)
    table.problems.check()
    inputs = tuple(column for column in found if column.kind != "left out")
    if encoder is not None:
        encoder.check(table.path, [column.name for column in inputs], table.header)
    if not inputs:
        reasons = "; ".join(f"{cut(column.name)!r} is left out: {column.remark}" for column in found)
        raise DataError(f"{table.path} has no column to learn from: {reasons[:1000]}")
    left_out = tuple(column for column in found if column.kind == "left out")
    columns = Columns(inputs, left_out, tuple(table.header), table.header[chosen], table.has_header, table.remarks)
    encoder = encoder or Encoder.fit(columns)
    x = encoder.encode(columns.ordered(encoder.names))
    return Dataset(x, y, Path(path).stem, task, encoder.inputs, target_names, columns, encoder)


def _column(table: Table, k: int, encoder: Encoder | None) -> Column:
    if encoder is None:
        return column_of(table, k)
    for feature in encoder.features:
        if feature.name == table.header[k]:
            return column_as(table, k, "number" if feature.words is None else "words")
    return Column(table.header[k], "left out", np.empty(0), "the network was trained without it")


def _find_column(table: Table, target: str | None) -> int:
    if target is None:
        return len(table.header) - 1
    if target not in table.header:
        near, columns = did_you_mean(target, map(cut, table.header)), ", ".join(map(cut, table.header[:MOST_COLUMNS]))
        more = ", …" if len(table.header) > MOST_COLUMNS else ""
        raise ArgumentError(f"{table.path} has no column {target!r}{near} (columns: {columns}{more})")
    return table.header.index(target)


def with_target(table: Table, column: int) -> Table:
    """The rows that have a target; where others are left out, a remark says how many.

    Raises:
        DataError: none has one.
    """
    having = [k for k, row in enumerate(table.rows) if not is_missing(row[column])]
    without = len(table.rows) - len(having)
    if not without:
        return table
    if not having:
        name = cut(table.header[column])
        raise DataError(f"{table.path} has no value in the column {name!r}, which is the target: choose another")
    rows, lines = [table.rows[k] for k in having], [table.lines[k] for k in having]
    said = f"{without:,} rows without a target are left out" if without > 1 else "1 row without a target is left out"
    return replace(table, rows=rows, lines=lines, remarks=(*table.remarks, said))


def _target(table: Table, column: int, task: Task | None) -> tuple[Array, tuple[str, ...], Task]:
    """y, its names and the task.

    Words are classes, and so are whole numbers if there are at most 20 different ones, and each occurs twice on
    average (two different ones are always classes: 0 and 1, say). Other numbers are values of a regression. Numbers
    and words together are classes if they are as few.
    """
    cells = table.column(column)
    if not cells:
        return np.empty(0), (), task or "regression"
    decimal, numbers = decimal_of(cells, table.decimal)
    different = sorted(set(cells))
    few = len(different) <= max(2, min(FEW, len(cells) // 2))
    mixed = numbers < len(cells)
    if task != "regression" and (not numbers or (mixed and few and len(different) > 2)):
        return _words(table, column, cells, different)
    values = numbers_in(table, column, decimal, _NUMBERS if task == "regression" else _ALL_WORDS)
    distinct = np.unique(values[~np.isnan(values)])
    if len(distinct) < 2 and not mixed:
        _only_one(table, column)
    few = len(distinct) <= max(2, min(FEW, len(cells) // 2))
    whole = bool((distinct == distinct.round()).all())
    if task == "classification" or (task is None and few and whole):
        return np.searchsorted(distinct, values), tuple(f"{value:.15g}" for value in distinct), "classification"
    return values, (table.header[column],), "regression"


def _words(table: Table, column: int, cells: list[str], words: list[str]) -> tuple[Array, tuple[str, ...], Task]:
    if len(words) < 2:
        _only_one(table, column)
    if len(words) == len(cells) > 2:
        why = "each row has a class of its own, so nothing can be learned about any: is it the target?"
        table.problems.add(table.where(0, column), why)
    index = {word: label for label, word in enumerate(words)}
    return np.array([index[cell] for cell in cells]), tuple(words), "classification"


def _only_one(table: Table, column: int) -> None:
    value = cut(table.rows[0][column])
    why = f"the target is {value!r} in every row, so there is only one class and nothing to learn"
    table.problems.add(table.where(0, column), why)
