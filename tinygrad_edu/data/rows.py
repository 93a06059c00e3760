"""New rows for a network that was trained: columns found by their names, words and gaps as they were in training."""

from __future__ import annotations

import math
import numbers
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, ShapeError
from ..storage.documents import read_bytes, reading
from .cells import Decimal, is_missing, number_in
from .columns import Array, decimal_of
from .csv_file import LARGEST
from .dataset import Dataset
from .encoder import Encoder, Feature
from .table import Problems, Table, cut, listed, read_table


@dataclass(frozen=True)
class Rows:
    """Values as they came, by the names of their columns.

    Attributes:
        where: the place of a value, for a message, from its row and the number of its column.
        decimal: the sign before decimals, for texts that leave it open.
    """

    source: str
    columns: Mapping[str, Any]
    where: Callable[[int, int], str]
    decimal: Decimal = "."


def read_rows(path: str | Path, encoder: Encoder) -> Table:
    """The table in a CSV file, with names for its columns. It need not have a target.

    Raises:
        DataError, OSError: see `read_csv`.
    """
    with reading(path, DataError):
        table = read_table(str(path), read_bytes(path, LARGEST), encoder.names)
    table.problems.check()
    if table.has_header:
        return table
    return replace(table, header=[*_names_of(len(table.header), encoder, table.path)])


def rows_in(table: Table) -> Rows:
    """The rows of a table."""
    columns = {name: table.column(k) for k, name in enumerate(table.header)}
    return Rows(table.path, columns, table.where, table.decimal)


def rows_of(x: Any, encoder: Encoder) -> Rows:
    """Rows in Python: a list of rows or of dictionaries, an array, a tensor, a DataFrame or a Dataset.

    Raises:
        ShapeError: it is no table, or has another number of columns.
    """
    where = "row {}, column {}".format
    if isinstance(x, Dataset):
        if x.columns is not None:
            return Rows(x.name, {column.name: column.values for column in x.columns.inputs}, where)
        x = x.x
    if hasattr(x, "columns") and hasattr(x, "to_numpy"):  # a DataFrame, of pandas or of polars
        return Rows("the data", {str(name): x[name].to_numpy() for name in x.columns}, where)
    if isinstance(x, (list, tuple)) and x and all(isinstance(row, Mapping) for row in x):
        keys = dict.fromkeys(str(name) for row in x for name in row)
        return Rows("the data", {name: [row.get(name) for row in x] for name in keys}, where)
    array = _table_of(x)
    names = _names_of(array.shape[1], encoder, "the data")
    return Rows("the data", {name: array[:, k] for k, name in enumerate(names)}, where)


def _table_of(x: Any) -> Array:
    """Rows by the place of their values, shape (rows, columns)."""
    if isinstance(x, Mapping):
        raise ShapeError("a row that is a dictionary stands in a list, [{...}], of one row or more")
    if isinstance(x, (str, Path)):
        raise ShapeError(
            f"predictions are made for rows, and {cut(repr(str(x)))} is a text. Of a file: pandas.read_csv(path), or "
            "in a terminal: tinygrad-edu predict MODEL.safetensors DATA.csv"
        )
    if hasattr(x, "numpy"):
        x = x.numpy()
    if not isinstance(x, np.ndarray):
        rows = [row.tolist() if hasattr(row, "tolist") else row for row in x] if isinstance(x, Sequence) else [x]
        if len({len(row) if isinstance(row, (list, tuple)) else -1 for row in rows}) > 1:
            raise ShapeError("the rows have different lengths: give each row a value for each column")
        is_table = bool(rows) and all(isinstance(row, (list, tuple)) for row in rows)
        numeric = is_table and all(isinstance(value, numbers.Real) for row in rows for value in row)
        x = np.array(rows, dtype=float if numeric else object)
    if x.ndim != 2:
        raise ShapeError(
            f"predictions are made for a table, (rows, columns), and this has the shape {x.shape}: a single row is a "
            "table of one, [[...]]"
        )
    return x


def _names_of(width: int, encoder: Encoder, source: str) -> tuple[str, ...]:
    """The names of columns that are given by their places."""
    without_target = tuple(name for name in encoder.columns if name != encoder.target)
    with_target = encoder.columns or (*encoder.names, "y")
    for names in (encoder.names, without_target, with_target):
        if len(names) == width:
            return names
    raise ShapeError(
        f"{source}: {width} column{'s' * (width != 1)}, but the network was trained on {len(encoder.names)}: "
        f"{listed(encoder.names)}"
    )


def encode_rows(rows: Rows, encoder: Encoder) -> tuple[Array, list[str], list[str]]:
    """The inputs of a network.

    Returns:
        x of shape (rows, inputs); what is said of columns and gaps; what is said of words that are new.

    Raises:
        DataError: a column is missing, or has cells that are no numbers; all of them in one message.
    """
    encoder.check(rows.source, rows.columns, rows.columns)
    problems, parts, said, new = Problems(rows.source), [], _order(rows, encoder), []
    places = {name: k for k, name in enumerate(rows.columns)}
    for feature in encoder.features:
        where = _place(rows, places[feature.name])
        values, gaps = _values(feature, rows, where, problems)
        if gaps and feature.fill is None:
            problems.add(repr(feature.name), f"{gaps:,} missing, and in training there was nothing to fill them with")
        elif gaps:
            kind = "median" if feature.words is None else "commonest"
            fill = feature.fill if isinstance(feature.fill, str) else f"{feature.fill:.6g}"
            said.append(f"{cut(feature.name)}: {gaps:,} missing, filled with the {kind} of the training, {cut(fill)}")
        if feature.words is not None:
            strange = Counter(word for word in values if word is not None and word not in feature.words)
            if strange:
                new.append(
                    f"{cut(feature.name)}: {sum(strange.values()):,} of {len(values):,} rows have words that were not "
                    f"in the training ({listed(strange)}): they count as none of {listed(feature.words)}"
                )
        parts.append(feature.encode(values))
    problems.check()
    return np.hstack(parts), said, new


def _order(rows: Rows, encoder: Encoder) -> list[str]:
    said = []
    names = [name for name in rows.columns if name in encoder.names]
    if names != [*encoder.names]:
        said.append("the columns are in another order than in the training: each was found by its name")
    known = {*encoder.names, *encoder.columns, encoder.target}
    more = [name for name in rows.columns if name not in known]
    if more:
        said.append(f"not used, as the training had no such columns: {listed(more)}")
    return said


def _place(rows: Rows, k: int) -> Callable[[int], str]:
    return lambda row: rows.where(row, k)


def _values(feature: Feature, rows: Rows, where: Callable[[int], str], problems: Problems) -> tuple[Array, int]:
    """The values of a feature as `Feature.encode` takes them, and how many are missing."""
    cells = rows.columns[feature.name]
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "iufb" and feature.words is None:
        values = cells.astype(np.float64)
        for place in np.flatnonzero(np.isinf(values)):
            problems.add(where(int(place)), "not a finite number")
        return values, int(np.isnan(values).sum())
    if feature.words is not None:
        words = np.empty(len(cells), dtype=object)
        words[:] = [None if _is_gap(cell) else _word(cell) for cell in cells]
        return words, sum(word is None for word in words)
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and not is_missing(cell.strip())]
    decimal = decimal_of(texts, rows.decimal)[0] if texts else rows.decimal
    values = np.full(len(cells), math.nan)
    gaps = 0
    for row, cell in enumerate(cells):
        if _is_gap(cell):
            gaps += 1
            continue
        number = number_in(cell.strip(), decimal) if isinstance(cell, str) else _as_number(cell)
        if number is None or not math.isfinite(number):
            kind = "a number" if number is None else "a finite number"
            problems.add(where(row), f"{cut(str(cell))!r} is not {kind}, as this column was in training")
        else:
            values[row] = number
    return values, gaps


def _is_gap(value: Any) -> bool:
    """None, nan, pandas' NA and NaT, and texts that stand for a missing value."""
    if isinstance(value, str):
        return is_missing(value.strip())
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _word(value: Any) -> str:
    """A value as a file has it: 1 and 1.0 are one word."""
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)):
        return f"{float(value):.15g}"
    return str(value).strip()


def _as_number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
