"""Examples on the device of the model: checked and uploaded once, gathered into batches there."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import backends
from ..data import Dataset
from ..data.dataset import check_finite
from ..errors import ArgumentError, DataError, ShapeError
from ..nn import Embedding, Module
from ..tensors.tensor import Tensor
from ..tensors.value import Value
from .targets import Objective, has_several_answers, targets_of

Array = np.ndarray[Any, Any]


class Examples:
    """Rows to learn from, in the memory and the dtype of a model.

    Labels and numbers are checked here, on the host: a device does not refuse a label that is out of range.

    Args:
        data: a `Dataset`, or a pair (x, y) of arrays.
        model: it gives device, dtype, and the number of outputs.
        objective: the loss, which decides in which form it is given the targets.
        what: "data" or "validation", as messages call it; they call data with a name of its own by that name.
        beside: the training data that these are held out from: their task and form are the same.
    Raises:
        ArgumentError: data of no known kind, or for another task than those `beside`.
        DataError: no rows, x and y of different lengths, a number that is not finite, labels that the model's outputs
            cannot express, rows of another shape than the model takes.
    """

    def __init__(
        self, data: Any, model: Module, objective: Objective, what: str = "data", beside: Examples | None = None
    ):
        self.what = data.name if isinstance(data, Dataset) and what == "data" else what
        x, y, self.task = _arrays(data, objective, self.what)  # task: "classification" or "regression"
        first = next(model.parameters())
        self.values = isinstance(first, Value)  # a model of scalars
        self.backend = backends.get("cpu" if self.values else first.device)
        self.dtype = np.dtype(float if self.values else first.dtype)
        keeps_integers = x.dtype.kind in "iu" and any(isinstance(m, Embedding) for m in model.modules())
        self.fingerprint = zlib.crc32(y.tobytes(), zlib.crc32(x.tobytes()))
        self.x = self._upload(x, x.dtype if keeps_integers else self.dtype)  # on the device; an array beside Values
        try:
            with evaluating(model):
                first_row = predict(model, self.rows(self.x, slice(1)))
        except ShapeError as error:
            raise DataError(
                f"{self.what}: the model cannot take rows of shape {x.shape[1:]}: {error}; give every row as many "
                "numbers as the model has inputs"
            ) from error
        self.outputs = 1 if len(first_row.shape) == 1 else int(first_row.shape[-1])
        self.y = y  # the targets on the host
        targets, labels = targets_of(y, self.task, self.outputs, objective, self.what)
        self.several: bool = has_several_answers(y, objective) if beside is None else beside.several
        if self.several and y.shape == targets.shape:
            labels = (y > 0.5).astype(np.int64)  # shape (n, outputs), and else (n,)
        # What the loss compares with, shape (n,) or (n, outputs), and class indices, both on the device.
        self.targets = self._upload(targets, targets.dtype if targets.dtype.kind == "i" else self.dtype)
        self._alike = labels is targets  # then the loss compares with class indices
        self.labels = None if labels is None else _array(self.targets) if self._alike else self.backend.asarray(labels)
        if beside is not None and beside.task != self.task:
            raise ArgumentError(f"data is for {beside.task}, but {what} for {self.task}")

    def __len__(self) -> int:
        return len(self.y)

    @property
    def largest_share(self) -> float:
        """The share of the largest class: the accuracy of always answering the same. 0 for regression."""
        if self.task == "regression" or self.y.size > len(self):
            return 0.0
        return float(np.unique(self.y, return_counts=True)[1].max() / len(self))

    def _upload(self, array: Array, dtype: Any) -> Any:
        array = array.astype(dtype)
        return array if self.values else Tensor(array, device=self.backend)

    def rows(self, array: Any, rows: Any) -> Any:
        """Some rows of `x`, `targets` or `labels`; `rows` is a slice, or positions on the array's device."""
        data = _array(array)
        taken = self.backend.run(_taken, self.backend, data, rows)
        return taken if data is array else Tensor.wrap(taken, self.backend)

    def batch(self, rows: Any) -> tuple[Any, Any, Any]:
        """Inputs, targets and labels (None for regression) of some rows."""
        targets = self.rows(self.targets, rows)
        if self._alike or self.labels is None:
            return self.rows(self.x, rows), targets, _array(targets) if self._alike else None
        return self.rows(self.x, rows), targets, self.rows(self.labels, rows)

    def chunks(self, size: int) -> Iterator[slice]:
        """All rows in order, `size` at a time."""
        return (slice(start, min(start + size, len(self))) for start in range(0, len(self), size))


def predict(model: Module, x: Any) -> Any:
    """The model's outputs; a single output per row as (n,), so that it meets targets of this shape."""
    prediction = model(x)
    if len(prediction.shape) == 2 and prediction.shape[1] == 1:
        prediction = prediction.reshape((prediction.shape[0],))
    return prediction


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """The model is in evaluation mode inside, and afterwards in the mode that it was in."""
    training = model.training
    try:
        model.eval()
        yield
    finally:
        model.train(training)


def _array(item: Any) -> Any:
    """The array of a tensor, or the array that it is."""
    return item._data if isinstance(item, Tensor) else item


def _taken(xp: Any, array: Any, rows: Any) -> Any:
    return array[rows] if isinstance(rows, slice) else xp.take(array, rows, axis=0)


def _arrays(data: Any, objective: Objective, what: str) -> tuple[Array, Array, str]:
    """x, y and the task of data of either kind, checked."""
    if isinstance(data, Dataset):
        return data.x, data.y, data.task
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise ArgumentError(
            f"{what} must be a Dataset, tg.data.load('moons'), or a pair (x, y) of arrays, not {type(data).__name__}"
        )
    x, y = (np.asarray(part.numpy() if isinstance(part, Tensor) else part) for part in data)
    if not x.ndim or not y.ndim or len(x) != len(y) or not len(x):
        raise DataError(
            f"{what}: x and y must have the same number of rows, 1 or more, but are {x.shape} and {y.shape}"
        )
    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind not in "fiub":
            raise DataError(f"{what}: {name} must hold numbers, not {array.dtype}")
        check_finite(array, f"{what}: {name}")
    return x, y, objective.task(y)
