"""Dataset: rows of numbers and what they are called; cut into parts and into batches."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..checks import is_number, whole_number
from ..errors import ArgumentError, DataError
from ..storage.files import replacing
from .columns import Columns
from .encoder import Encoder

Array = np.ndarray[Any, Any]
Task = Literal["classification", "regression"]
MOST_CLASSES_SHOWN = 12
MOST_CLASSES = 100_000  # without names: larger labels are no numbers of classes


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples to learn from: one row each, on the host, and never changed.

    Args:
        x: features, shape (n, features); becomes float64.
        y: one answer for each row, shape (n,). For classification the index of the class, from 0 on (int64); for
            regression a number (float64).
        name: what the data is called.
        task: "classification" or "regression".
        feature_names: a name for each column of x; "x1", "x2", ... if left out.
        target_names: the names of the classes; for regression one name, that of the target. "0", "1", ... and "y" if
            left out.
        columns: what x was made of, if it comes from a table: words, and numbers with gaps.
        encoder: that made x of them. A part that is cut off for training fits its own, so that it learns nothing of the
            rows that are held out.

    Raises:
        DataError: no rows, shapes that do not belong together, a number that is not finite, a label out of range.
    """

    x: Array
    y: Array
    name: str = "data"
    task: Task = "classification"
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    columns: Columns | None = None
    encoder: Encoder | None = None

    def __post_init__(self) -> None:
        check_task(self.task)
        x, y = _numbers(self.x, f"{self.name}: x"), _numbers(self.y, f"{self.name}: y")
        if x.ndim != 2 or y.ndim != 1 or len(x) != len(y):
            raise DataError(
                f"{self.name}: x must have the shape (n, features) and y the shape (n,), with the same n, but they "
                f"have {x.shape} and {y.shape}"
            )
        if x.size == 0:
            raise DataError(f"{self.name}: x has the shape {x.shape}, so there is nothing to learn from")
        names = self.target_names or ("y",)
        if self.task == "classification":
            _check_labels(self.name, y, len(self.target_names))
            names = self.target_names or tuple(str(label) for label in range(int(y.max()) + 1))
        x, y = _read_only(x, np.float64), _read_only(y, np.int64 if self.task == "classification" else np.float64)
        features = self.feature_names or tuple(f"x{k}" for k in range(1, x.shape[1] + 1))
        if len(features) != x.shape[1]:
            raise DataError(f"{self.name}: {len(features)} feature names for {x.shape[1]} columns of x")
        for field, value in (("x", x), ("y", y), ("feature_names", tuple(features)), ("target_names", tuple(names))):
            object.__setattr__(self, field, value)  # the only place that may: the object is being made

    def __len__(self) -> int:
        return len(self.y)

    @property
    def classes(self) -> int:
        """How many classes there are; 0 for regression."""
        return len(self.target_names) if self.task == "classification" else 0

    def __repr__(self) -> str:
        rows, columns = self.x.shape
        shape = f"{rows} row{'s' * (rows != 1)} × {columns} feature{'s' * (columns != 1)}"
        return f"Dataset {self.name!r}: {shape}, {self.task}, {self._describe_target()}"

    def _describe_target(self) -> str:
        if self.task == "regression":
            return f"{self.target_names[0]} from {self.y.min():g} to {self.y.max():g}"
        counts = np.bincount(self.y, minlength=self.classes)
        shown = [f"{name} {count}" for name, count in zip(self.target_names, counts, strict=True)]
        rest = ["..."] if len(shown) > MOST_CLASSES_SHOWN else []
        return f"{self.classes} class{'es' * (self.classes != 1)}: {', '.join(shown[:MOST_CLASSES_SHOWN] + rest)}"

    def to_csv(self, path: str | Path) -> None:
        """Write the rows as a table that `read_csv` reads: the features, and the answer in the last column.

        Numbers are written so that the same ones are read; of classes their names.

        Raises:
            DataError: a feature has the name of the answer's column ("class", or that of the number).
            OSError: the file cannot be written; it stays as it was.
        """
        answer = "class" if self.task == "classification" else self.target_names[0]
        if answer in self.feature_names:
            raise DataError(f"{self.name}: a feature is called {answer!r}, as the answer's column would be")
        said = [self.target_names[label] for label in self.y] if self.task == "classification" else self.y.tolist()
        with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*self.feature_names, answer])
            writer.writerows([*row, each] for row, each in zip(self.x.tolist(), said, strict=True))

    def take(self, n: int, seed: int = 0) -> Dataset:
        """n rows, chosen by chance; of each class in proportion.

        Raises:
            ArgumentError: n is below the number of classes, or there are fewer rows.
        """
        n = whole_number("n", n, at_least=1)
        if n > len(self):
            raise ArgumentError(f"{self.name} has {len(self)} rows, fewer than n={n}: ask for at most {len(self)}")
        if n < self.classes:
            raise ArgumentError(
                f"n={n} rows cannot show the {self.classes} classes of {self.name}: ask for at least {self.classes}"
            )
        return self._rows(self._order(seed)[:n])

    def split(self, validation: float = 0.2, seed: int = 0) -> tuple[Dataset, Dataset]:
        """The training part and the validation part: each row is in one of them, by chance.

        For classification both parts hold the classes in the same proportions: each class that has two rows or more
        is in both, wherever the parts have room for it.

        Args:
            validation: the validation part's share of the rows, between 0 and 1.
            seed: the same seed gives the same parts.
        Raises:
            ArgumentError: a share that leaves a part without rows.
        """
        if not is_number(validation) or not 0 < validation < 1:
            raise ArgumentError(f"validation must be a share between 0 and 1, such as 0.2, not {validation!r}")
        held_out = round(len(self) * float(validation))
        if not 0 < held_out < len(self):
            part = "training" if held_out else "validation"
            raise ArgumentError(
                f"validation={validation} of {len(self)} rows leaves the {part} part empty: choose another share, or "
                "bring more rows"
            )
        order = self._order(seed)
        train = self._rows(order[held_out:])
        return train, self._rows(order[:held_out], train.encoder)

    def batches(
        self,
        size: int | Literal["full"] = 32,
        shuffle: bool = True,
        seed: int = 0,
        epoch: int = 0,
        drop_last: bool = False,
    ) -> Iterator[tuple[Array, Array]]:
        """One epoch of batches (x, y), shapes (size, features) and (size,).

        Args:
            size: rows in a batch: 1 is stochastic gradient descent in the strict sense, "full" is all rows at once.
            shuffle: in an order that depends on (seed, epoch) and on nothing else, so that a run that was stopped in
                any epoch can go on with the order that it would have had.
            drop_last: leave out the last batch where it is smaller than the others.
        Raises:
            ArgumentError: a size below 1 or above the number of rows.
        """
        rows = len(self)
        size = rows if size == "full" else _batch_size(size, rows)
        seed, epoch = whole_number("seed", seed, at_least=0), whole_number("epoch", epoch, at_least=0)
        order, cuts = order_of_epoch(rows, size, shuffle, seed, epoch, drop_last)
        return ((self.x[order[cut]], self.y[order[cut]]) for cut in cuts)

    def _order(self, seed: int) -> Array:
        rng = np.random.default_rng(whole_number("seed", seed, at_least=0))
        return _stratified_order(self.y, rng) if self.classes else rng.permutation(len(self))

    def _rows(self, rows: Array, encoder: Encoder | None = None) -> Dataset:
        rows = np.sort(rows)  # chosen by chance, but in the order of the data
        part = replace(self, x=self.x[rows], y=self.y[rows])
        if self.columns is None:
            return part
        part = replace(part, columns=self.columns.take(rows))
        return part.encoded(encoder)

    def encoded(self, encoder: Encoder | None = None) -> Dataset:
        """The same rows of a table, with x made by an encoder; None for one that is fitted on them."""
        assert self.columns is not None
        encoder = encoder or Encoder.fit(self.columns)
        x = encoder.encode(self.columns.ordered(encoder.names))
        return replace(self, x=x, feature_names=encoder.inputs, encoder=encoder)


def order_of_epoch(
    rows: int, size: int, shuffle: bool, seed: int, epoch: int, drop_last: bool
) -> tuple[Array, list[slice]]:
    """The positions of all rows, and where to cut them into batches: see `Dataset.batches`."""
    order = np.random.default_rng([seed, epoch]).permutation(rows) if shuffle else np.arange(rows)
    return order, cut(0, rows, size, drop_last)


def cut(start: int, rows: int, size: int, drop_last: bool) -> list[slice]:
    """The rows from `start` on, cut into batches."""
    stop = rows - (rows - start) % size if drop_last else rows
    return [slice(begin, min(begin + size, stop)) for begin in range(start, stop, size)]


def check_task(task: str) -> None:
    if task not in ("classification", "regression"):
        raise ArgumentError(f"task must be 'classification' or 'regression', not {task!r}")


def _stratified_order(labels: Array, rng: np.random.Generator) -> Array:
    """All rows in a random order whose beginning, wherever it is cut, holds the classes in proportion.

    Rows are sorted by their place in their own class, from 0 for its first row to 1 for its last. So each class's
    first row comes before all other rows, and its last row, which may be its only one, after them.
    """
    order = rng.permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        place[rows] = np.arange(len(rows)) / len(rows)
        place[rows[-1]] = 1.0
    return order[np.argsort(place[order], kind="stable")]


def _batch_size(size: Any, rows: int) -> int:
    if isinstance(size, str):
        raise ArgumentError(f"batch size must be a whole number from 1 to {rows}, or 'full', not {size!r}")
    number = whole_number("batch size", size, at_least=1)
    if number > rows:
        raise ArgumentError(
            f"a batch of {number} is larger than the data, which has {rows} rows: use size='full', or at most {rows}"
        )
    return number


def _numbers(array: Any, what: str) -> Array:
    """The array, if all of it are real, finite numbers."""
    try:
        result: Array = np.asarray(array)
    except ValueError:  # rows of different lengths
        raise DataError(f"{what} has rows of different lengths") from None
    if result.dtype.kind not in "biuf" and result.size:
        raise DataError(f"{what} must be an array of real numbers, not of {result.dtype}")
    check_finite(result, what)
    return result


def check_finite(array: Array, what: str) -> None:
    """Raise DataError for the first number that is infinite or nan."""
    if not np.isfinite(array).all():
        place = np.argwhere(~np.isfinite(array))[0].tolist()
        raise DataError(f"{what} has {array[tuple(place)]} at {place}: only finite numbers can be learned from")


def _read_only(array: Array, dtype: type) -> Array:
    """The array in this dtype; copied, unless it is read-only."""
    result: Array = array.astype(dtype, copy=False)
    if result.flags.writeable:
        result = result.copy() if result is array else result
        result.flags.writeable = False
    return result


def _check_labels(name: str, y: Array, classes: int) -> None:
    """On the host, where data comes in: a GPU would wrap an index out of range silently."""
    if (y != y.round()).any():
        raise DataError(f"{name}: labels must be whole numbers from 0 on; for other numbers use task='regression'")
    wrong = np.flatnonzero((y < 0) | (y >= (classes or MOST_CLASSES)))
    if len(wrong):
        row = int(wrong[0])
        allowed = f"from 0 to {classes - 1}, one for each of the {classes} classes" if classes else "from 0 on"
        if y[row] >= 0 and not classes:
            allowed += f", a small one for each class, below {MOST_CLASSES:,}; if y is a number to predict, it is a "
            allowed += "task='regression'"
        raise DataError(f"{name}: the label of row {row} is {y[row]}, out of range: labels go {allowed}")
