"""The loss of a model as a function of its weights."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_edu.graph import modes
from tinygrad_edu.nn import BatchNorm1d, Dropout, Module
from tinygrad_edu.tensors.tensor import Tensor
from tinygrad_edu.train.examples import Examples, predict
from tinygrad_edu.train.metrics import VALIDATION_ROWS
from tinygrad_edu.train.targets import Objective
from tinygrad_edu_words import _, grouped

Array = np.ndarray[Any, Any]

MOST_WORK = 2e7  # weights times examples of one evaluation, about a millisecond
FEWEST_ROWS = 256


class ModelLoss:
    """The mean loss of a model on examples, in evaluation mode, wherever its weights are put.

    It works on a copy: the model itself is not touched.

    Attributes:
        rows: how many examples are measured: all, or as many as a large model has time for, evenly spread.
        notes: what one should know about the numbers.
    """

    def __init__(self, model: Module, examples: Examples, objective: Objective):
        self.model = copy.deepcopy(model)
        self.model.eval()
        self.parameters = list(self.model.parameters())
        self.shapes = [p.shape if isinstance(p, Tensor) else () for p in self.parameters]
        self.size = int(sum(np.prod(shape, dtype=int) for shape in self.shapes))
        self.examples, self.objective = examples, objective
        self.rows = min(len(examples), max(int(MOST_WORK / max(self.size, 1)), FEWEST_ROWS))
        self.parts = [(*examples.batch(rows)[:2], size) for rows, size in self._chunks()]

    def _chunks(self) -> Iterator[tuple[Any, int]]:
        """The rows of each chunk, and how many they are."""
        if self.rows < len(self.examples):
            spread = np.linspace(0, len(self.examples) - 1, self.rows).astype(np.int64)
            yield self.examples.backend.asarray(spread), self.rows
            return
        for rows in self.examples.chunks(VALIDATION_ROWS):
            yield rows, rows.stop - rows.start

    def __call__(self, weights: Array) -> Array:
        """The losses (m,) at weights (m, n): inf or nan where it has no number."""
        with modes.no_grad(), np.errstate(all="ignore"):
            return np.array([self._at(row) for row in weights])

    def _at(self, weights: Array) -> float:
        start = 0
        for parameter, shape in zip(self.parameters, self.shapes, strict=True):
            size = int(np.prod(shape, dtype=int))
            part = weights[start : start + size]
            start += size
            if isinstance(parameter, Tensor):
                parameter.data = parameter.backend.asarray(part.reshape(shape).astype(parameter.dtype))
            else:
                parameter.data = float(part[0])
        return sum(self._mean(x, targets) * rows for x, targets, rows in self.parts) / self.rows

    def _mean(self, x: Any, targets: Any) -> float:
        found = self.objective(predict(self.model, x), targets)
        return float(found.item() if isinstance(found, Tensor) else found.data)

    @property
    def notes(self) -> list[str]:
        found, kinds = [], {type(module) for module in self.model.modules()}
        if any(issubclass(kind, Dropout) for kind in kinds):
            found.append(_("dropout is off in these losses, as when the network predicts"))
        if any(issubclass(kind, BatchNorm1d) for kind in kinds):
            found.append(_("batch normalization has the means and deviations of the end of the first run everywhere"))
        if self.rows < len(self.examples):
            found.append(
                _("the loss is measured on {rows} of the {n} examples").format(
                    rows=grouped(self.rows), n=grouped(len(self.examples))
                )
            )
        return found
