"""What a loss compares with: class indices, one-hot rows, 0 and 1, or plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, NoReturn

import numpy as np

from .. import losses
from ..errors import ArgumentError, DataError
from ..graph.node import Node

Array = np.ndarray[Any, Any]

OF_NUMBERS = ("mse", "mae", "huber")  # losses that compare numbers, and not logits with classes
OF_ONE_OR_ZERO = ("binary_cross_entropy", "hinge", "kl_divergence")  # ... one number for each output
OF_CLASSES = ("cross_entropy", *OF_ONE_OR_ZERO)
OF_DISTRIBUTIONS = ("cross_entropy", "kl_divergence")  # ... which compare all outputs of a row together


class Objective(NamedTuple):
    """A loss and its name."""

    function: Callable[..., Any]
    name: str

    @classmethod
    def of(cls, loss: str | Callable[[Any, Any], Any]) -> Objective:
        """The loss of a name, a function `loss(prediction, target)`, or a `functools.partial` of one."""
        if isinstance(loss, str):
            return cls(losses.get(loss), loss)
        if not callable(loss):
            raise ArgumentError(f"loss must be a name, 'mse', or a function loss(prediction, target), not {loss!r}")
        inner = loss.func if isinstance(loss, partial) else loss
        return cls(loss, getattr(inner, "__name__", type(inner).__name__))

    def __call__(self, prediction: Any, targets: Any, **options: Any) -> Any:
        """The loss of a batch; an ArgumentError where a function of the user's gives something else than one number."""
        loss = self.function(prediction, targets, **options)
        shape = getattr(loss, "shape", ())
        if shape != () or not isinstance(loss, Node):
            what = f"a {type(loss).__name__}" + (f" of shape {shape}" if shape else "")
            raise ArgumentError(
                f"the loss {self.name} must give one number, the mean over the rows, made of the prediction by "
                f"operations of this package: return tg.mean(...). It gives {what}"
            )
        return loss

    @property
    def threshold(self) -> float:
        """A single output above it means class 1: a logit above 0, or a number nearer to 1 than to 0."""
        return 0.5 if self.name in OF_NUMBERS else 0.0

    def labels(self, outputs: Array) -> Array:
        """The index of the class that each row of outputs stands for, shape (n,)."""
        if outputs.shape[1] > 1:
            return outputs.argmax(axis=1)
        return (outputs[:, 0] > self.threshold).astype(np.int64)

    def shares(self, outputs: Array) -> Array:
        """How sure each row of outputs, shape (n, outputs), is of each class: shape (n, classes), of sum 1.

        Probabilities where the loss makes them: the sigmoid of one output, the softmax of several. Of several that each
        were trained to say yes or no, the sigmoids, divided by their sum. Numbers, which may lie outside of 0 and 1,
        are cut off there, or divided by their sum; the largest share is that of `labels` all the same.
        """
        if outputs.shape[1] == 1:
            one = outputs[:, 0]
            yes = one.clip(0, 1) if self.name in OF_NUMBERS else 0.5 * (1 + np.tanh(one / 2))
            return np.column_stack([1 - yes, yes])
        if self.name == "binary_cross_entropy":
            shares = 0.5 * (1 + np.tanh(outputs / 2))
        elif self.name in OF_NUMBERS:
            shares = outputs - np.minimum(outputs.min(axis=1, keepdims=True), 0)
            shares = np.where(shares.sum(axis=1, keepdims=True) > 0, shares, 1.0)
        else:
            shares = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def task(self, y: Array) -> str:
        """What an array of targets is for: the loss decides, or whether they are whole numbers."""
        if self.name in OF_CLASSES:
            return "classification"
        return "regression" if self.name in OF_NUMBERS or y.dtype.kind == "f" else "classification"


def targets_of(y: Array, task: str, outputs: int, objective: Objective, what: str) -> tuple[Array, Array | None]:
    """What the loss compares with, shape (n,) or (n, outputs), and the class indices (n,); None for regression.

    Raises:
        DataError: targets that so many outputs, or this loss, cannot express.
        ArgumentError: a loss of several outputs for a model with one.
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
        if task == "regression":
            return _of_two_classes(y, objective, what) if objective.name in OF_CLASSES else y.astype(float), None
        return _of_two_classes(y, objective, what), y.argmax(axis=1)
    if outputs == 1:
        if objective.name in OF_DISTRIBUTIONS:
            raise ArgumentError(
                f"{objective.name} compares one output for each class, but the model has a single output: give its "
                "last layer as many outputs as there are classes, or use loss='binary_cross_entropy'"
            )
        return _of_two_classes(y, objective, what), (y > 0.5).astype(np.int64)
    labels = y.astype(np.int64)
    wrong = np.flatnonzero((labels != y) | (labels < 0) | (labels >= outputs))
    if len(wrong):
        raise DataError(
            f"{what}: the label of row {wrong[0]} is {y[wrong[0]]}, out of range: the model has {outputs} outputs, for "
            f"the classes 0 to {outputs - 1}"
        )
    if objective.name in (*OF_NUMBERS, *OF_ONE_OR_ZERO):
        return _of_two_classes(np.eye(outputs)[labels], objective, what), labels
    return labels, labels


def has_several_answers(y: Array, objective: Objective) -> bool:
    """Whether rows of targets do not name one class each: of several, each output answers yes or no by itself."""
    by_itself = objective.name in ("binary_cross_entropy", "hinge") and y.ndim == 2 and y.shape[1] > 1
    return by_itself and not np.allclose(np.maximum(y, 0).sum(axis=1), 1)


def _of_two_classes(y: Array, objective: Objective, what: str) -> Array:
    """Numbers each of which stands for one of two classes, in the form that the loss takes.

    The hinge loss calls the classes -1 and 1; it is given 0 and 1, or -1 and 1. Other losses call them 0 and 1, or take
    a probability between. A function of the user's gets what it is given, whichever of these it is. Any other number is
    a DataError.
    """
    signs, in_range = (y == 1) | (y == -1), (y >= 0) & (y <= 1)
    has_signs = bool((y == -1).any())
    if objective.name == "hinge":
        right = signs if has_signs else in_range & (y == y.round())
    elif objective.name not in losses.LOSSES:
        right = signs if has_signs and y.ndim == 1 else in_range | (y.ndim > 1)
    else:
        right = in_range
    if not right.all():
        _refuse(y, np.argwhere(~right)[0].tolist(), objective, what)
    return 2.0 * y - 1 if objective.name == "hinge" and not has_signs else y.astype(float)


def _refuse(y: Array, place: list[int], objective: Objective, what: str) -> NoReturn:
    """Say which number cannot be learned, and what the loss takes."""
    number = y[tuple(place)]
    if len(place) > 1:
        wanted = "-1 and 1, or 0 and 1" if objective.name == "hinge" else "probabilities, from 0 to 1"
        raise DataError(
            f"{what}: the target in row {place[0]}, column {place[1]} is {number}, but the loss {objective.name} takes "
            f"{wanted}"
        )
    if objective.name == "hinge":
        hint = "-1 and 1, or 0 and 1: call one class 1, and the other -1 everywhere, or 0 everywhere"
    elif number == -1:
        hint = "0 and 1: of labels -1 and 1 make (y + 1) / 2, or use loss='hinge'"
    else:
        hint = "0 and 1: give the last layer one output for each class, and use loss='cross_entropy'"
    raise DataError(f"{what}: the label of row {place[0]} is {number}, but a single output tells only classes {hint}")
