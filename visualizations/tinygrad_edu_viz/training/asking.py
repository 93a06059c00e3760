"""How a model is asked, and where in the plane: rows in the units of the data, in pieces that fit a device."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.data import Dataset, Standardizer
from tinygrad_edu.graph.modes import no_grad
from tinygrad_edu.nn import Module
from tinygrad_edu.tensors.tensor import Tensor
from tinygrad_edu.train.examples import evaluating
from tinygrad_edu.train.metrics import VALIDATION_ROWS

Array = np.ndarray[Any, Any]
Box = tuple[float, float, float, float]
"""The lowest and highest x1, and the lowest and highest x2."""
MARGIN = 0.08  # of the range of the points, around them
ROOM = 0.15  # of the range of numbers, around them
SILENT: dict[str, Any] = {"all": "ignore"}  # weights that are no numbers are what the picture shows


def outputs_of(model: Module, x: Array) -> Array:
    """The outputs of a model in evaluation mode, shape (n, outputs), in float64; its mode is restored."""
    starts = range(0, max(len(x), 1), VALIDATION_ROWS)
    with np.errstate(**SILENT), evaluating(model), no_grad():
        parts = [model(tensor_for(model, x[k : k + VALIDATION_ROWS])).numpy() for k in starts]
    found = np.concatenate(parts).astype(np.float64)
    return found.reshape(len(x), -1)


def box_around(points: Array, margin: float = MARGIN) -> Box:
    """The points with some room around them; where all are equal along an axis, a range of 2."""
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    around = np.where(high > low, margin * (high - low), 1.0)
    return float(low[0] - around[0]), float(high[0] + around[0]), float(low[1] - around[1]), float(high[1] + around[1])


def places(box: Box, nx: int, ny: int) -> tuple[Array, Array]:
    """The middles of nx fields from left to right, and of ny fields from the top down."""
    left, right, low, high = box
    return left + (np.arange(nx) + 0.5) * (right - left) / nx, high - (np.arange(ny) + 0.5) * (high - low) / ny


def count_pairs(true: Array, answers: Array, classes: int) -> Array:
    """How often each class (a row) is given each answer (a column)."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (true, answers), 1)
    return counts


def span_of(numbers: Array) -> tuple[float, float]:
    room = ROOM * float(numbers.max() - numbers.min()) or 1.0
    return float(numbers.min()) - room, float(numbers.max()) + room


def tensor_for(model: Module, x: Array) -> Tensor:
    parameters = list(model.parameters())
    dtype, device = (parameters[0].dtype, parameters[0].device) if parameters else ("float32", "cpu")
    return Tensor(x.astype(dtype), device=device)


class Units(NamedTuple):
    """The units of the data, beside those that the model takes and gives."""

    mean: Array
    scale: Array
    target_mean: float
    target_scale: float

    @classmethod
    def of(cls, standardizer: Standardizer | None, inputs: int) -> Units:
        if standardizer is None:
            return cls(np.zeros(inputs), np.ones(inputs), 0.0, 1.0)
        s = standardizer
        return cls(s.mean, s.scale, float(s.target_mean), float(s.target_scale))

    def inside(self, x: Array) -> Array:
        """Numbers of the data as the model takes them."""
        return (x - self.mean) / self.scale

    def outside(self, x: Array) -> Array:
        """What the model takes, as it is in the data."""
        return x * self.scale + self.mean

    def target(self, y: Array) -> Array:
        return y * self.target_scale + self.target_mean


def some_of_both(train: Dataset, held_out: Dataset, most: int, units: Units) -> tuple[Array, Array, Array]:
    """Some examples of both parts, in the units of the data: inputs, targets, and whether each is held out."""
    rows = chosen_rows(len(train) + len(held_out), most)
    held = rows >= len(train)
    inside, outside = rows[~held], rows[held] - len(train)
    x = np.concatenate([train.x[inside], held_out.x[outside]])
    y = np.concatenate([train.y[inside], held_out.y[outside]])
    return units.outside(x), y if train.classes else units.target(y), held


def chosen_rows(n: int, most: int) -> Array:
    """The positions of at most so many of n rows, always the same ones, in order."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False))
