"""What a loss compares with: class indices, one-hot rows, 0 and 1, or plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import losses
from ..errors import ArgumentError, DataError

Array = np.ndarray[Any, Any]

OF_NUMBERS = ("mse", "mae", "huber")  # losses that compare numbers, and not logits with classes
OF_ONE_OR_ZERO = ("binary_cross_entropy", "hinge", "kl_divergence")  # ... one number for each output
OF_CLASSES = ("cross_entropy", *OF_ONE_OR_ZERO)


class Objective(NamedTuple):
    """A loss and its name."""

    function: Callable[..., Any]
    name: str

    @classmethod
    def of(cls, loss: str | Callable[[Any, Any], Any]) -> Objective:
        """The loss of a name, a function `loss(prediction, target)`, or a `functools.partial` of one.

        Raises:
            ArgumentError: an unknown name, or something that cannot be called.
        """
        if isinstance(loss, str):
            return cls(losses.get(loss), loss)
        if not callable(loss):
            raise ArgumentError(f"loss must be a name, 'mse', or a function loss(prediction, target), not {loss!r}")
        inner = loss.func if isinstance(loss, partial) else loss
        return cls(loss, getattr(inner, "__name__", type(inner).__name__))

    @property
    def threshold(self) -> float:
        """A single output above it means class 1: a logit above 0, or a number nearer to 1 than to 0."""
        return 0.5 if self.name in OF_NUMBERS else 0.0

    def task(self, y: Array) -> str:
        """What an array of targets is for: the loss tells, or whole numbers do."""
        if self.name in OF_CLASSES:
            return "classification"
        return "regression" if self.name in OF_NUMBERS or y.dtype.kind == "f" else "classification"


def targets_of(y: Array, task: str, outputs: int, objective: Objective, what: str) -> tuple[Array, Array | None]:
    """What the loss compares with, shape (n,) or (n, outputs), and the class indices (n,); None for regression.

    Raises:
        DataError: targets that so many outputs cannot express.
    """
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if task == "regression" or y.ndim > 1:
        wanted = (len(y),) if outputs == 1 else (len(y), outputs)
        if y.shape != wanted:
            raise DataError(
                f"{what}: y has the shape {y.shape}, but the model has {outputs} output{'s' * (outputs > 1)}: "
                f"the shapes must agree, {wanted}; the last layer decides how many outputs there are"
            )
        return y.astype(float), y.argmax(axis=1) if task == "classification" else None
    if outputs == 1:
        return _binary(y, objective, what)
    labels = _class_indices(y, outputs, what)
    if objective.name in (*OF_NUMBERS, *OF_ONE_OR_ZERO):
        return _for_hinge(np.eye(outputs)[labels], objective), labels
    return labels, labels


def _binary(y: Array, objective: Objective, what: str) -> tuple[Array, Array]:
    """Targets of a single output: 0 and 1, or probabilities between."""
    if objective.name == "cross_entropy":
        raise ArgumentError(
            "cross_entropy compares one output for each class, but the model has a single output: give its last layer "
            "as many outputs as there are classes, or use loss='binary_cross_entropy'"
        )
    wrong = np.flatnonzero((y < 0) | (y > 1))
    if len(wrong):
        raise DataError(
            f"{what}: the label of row {wrong[0]} is {y[wrong[0]]}, but a single output tells only classes 0 and 1: "
            "give the last layer one output for each class, and use loss='cross_entropy'"
        )
    return _for_hinge(y.astype(float), objective), (y > 0.5).astype(np.int64)


def _for_hinge(targets: Array, objective: Objective) -> Array:
    """The hinge loss calls the classes -1 and 1."""
    return 2 * targets - 1 if objective.name == "hinge" else targets


def _class_indices(y: Array, outputs: int, what: str) -> Array:
    labels = y.astype(np.int64)
    wrong = np.flatnonzero((labels != y) | (labels < 0) | (labels >= outputs))
    if len(wrong):
        raise DataError(
            f"{what}: the label of row {wrong[0]} is {y[wrong[0]]}, out of range: the model has {outputs} outputs, for "
            f"the classes 0 to {outputs - 1}"
        )
    return labels
