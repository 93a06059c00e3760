"""read_csv: data to learn from in a table, and what keeps a table from being learned from."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from ..checks import did_you_mean
from ..errors import ArgumentError, DataError
from ..storage.documents import read_bytes, reading
from .dataset import Array, Dataset, Task, check_task
from .table import Table, cut, number_in, read_table

MOST_CLASSES = 20
LARGEST = 1 << 28  # bytes of a file: as lists of cells, it takes several times as many
MOST_COLUMNS = 20  # that a message lists
_NO_WORDS = "delete the column, or write its words as numbers, one column of 0 and 1 for each word"
_POINT = "write decimals with a point, and separate cells by semicolons or commas"


def read_csv(path: str | Path, target: str | None = None, task: Task | None = None) -> Dataset:
    """The data in a CSV file: one row in each line, numbers in all columns, but for the target's, which may be words.

    The first line is a header if none of its cells is a number; without a header the columns are called x1, x2, ...
    and the last one y. Cells are separated by commas, semicolons or tabs, whichever cuts the first line into more.

    Args:
        path: a file in UTF-8.
        target: the name of the column to predict; the last one if left out.
        task: "classification" or "regression"; if left out, words and few different whole numbers are classes, and
            other numbers are values of a regression (see `_target`).
    Returns:
        A Dataset named like the file, with the classes in the order of the alphabet, or of their numbers.
    Raises:
        DataError: what cannot be learned from, with line and column; a file of more than 256 MiB.
        ArgumentError: there is no column of the target's name, or no such task.
        OSError: the file is not there, is a folder, or may not be read.
    """
    if task is not None:
        check_task(task)
    with reading(path, DataError):
        table = read_table(str(path), read_bytes(path, LARGEST))
    chosen = _find_column(table, target)
    features = [column for column in range(len(table.header)) if column != chosen]
    x = np.array([_numbers(table, column) for column in features]).T
    y, target_names, task = _target(table, chosen, task)
    return Dataset(x, y, Path(path).stem, task, tuple(table.header[column] for column in features), target_names)


def _find_column(table: Table, target: str | None) -> int:
    if target is None:
        return len(table.header) - 1
    if target not in table.header:
        near, columns = did_you_mean(target, map(cut, table.header)), ", ".join(map(cut, table.header[:MOST_COLUMNS]))
        more = ", …" if len(table.header) > MOST_COLUMNS else ""
        raise ArgumentError(f"{table.path} has no column {target!r}{near} (columns: {columns}{more})")
    return table.header.index(target)


def _numbers(table: Table, column: int, advice: str = _NO_WORDS) -> Array:
    """The numbers in a column, shape (rows,)."""
    numbers = []
    for row, cell in enumerate(table.column(column)):
        number = number_in(cell)
        if number is None:
            hint = _POINT if re.fullmatch(r"[+-]?\d+,\d+", cell) else advice
            table.fail(row, column, f"{cut(cell)!r} is not a number: {hint}")
        if not math.isfinite(number):
            table.fail(row, column, f"{cut(cell)} is not a finite number, and nothing can be learned from it")
        numbers.append(number)
    return np.array(numbers)


def _target(table: Table, column: int, task: Task | None) -> tuple[Array, tuple[str, ...], Task]:
    """y, its names and the task.

    Words are classes, and so are whole numbers if there are at most 20 different ones, and each occurs twice on
    average (two different ones are always classes: 0 and 1, say). Other numbers are values of a regression.
    """
    cells = table.column(column)
    words = sorted({cell for cell in cells if number_in(cell) is None})
    if words and task != "regression" and len(words) == len(set(cells)):
        _check_different(table, column, len(words))
        if len(words) == len(cells) > 2:
            message = "each row has a class of its own, so nothing can be learned about any: is it the target?"
            table.fail(0, column, message)
        index = {word: label for label, word in enumerate(words)}
        return np.array([index[cell] for cell in cells]), tuple(words), "classification"
    values = _numbers(table, column, "name all classes in words, or none (a header, if there is one, has no numbers)")
    distinct = np.unique(values)
    _check_different(table, column, len(distinct))
    few = len(distinct) <= max(2, min(MOST_CLASSES, len(cells) // 2))
    whole = bool((distinct == distinct.round()).all())
    if task == "classification" or (task is None and few and whole):
        return np.searchsorted(distinct, values), tuple(f"{value:.15g}" for value in distinct), "classification"
    return values, (table.header[column],), "regression"


def _check_different(table: Table, column: int, different: int) -> None:
    if different < 2:
        value = cut(table.rows[0][column])
        table.fail(0, column, f"the target is {value!r} in every row, so there is only one class and nothing to learn")
