"""How good predictions are: loss, accuracy and R², summed up on the device over the batches."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, ShapeError
from ..graph import modes
from ..losses.labels import to_host
from ..namespaces.namespace import part
from ..namespaces.objects import holds_values, numbers_of
from ..nn import Module
from ..precision import widened
from ..tensors.tensor import Tensor
from .examples import Examples, evaluating, predict
from .targets import Objective

VALIDATION_ROWS = 1024  # how many rows are predicted at once: enough to keep a device busy, few enough for its memory


def accuracy(prediction: Any, labels: Any, threshold: float = 0.0) -> float:
    """Share of correct answers, from 0 to 1.

    Args:
        prediction: logits (n, classes), of which the largest counts; or (n,) or (n, 1), where one above `threshold`
            means class 1 (0.0 for logits, 0.5 for probabilities).
        labels: class indices (n,) or (n, 1). For a single output 0 and 1, -1 and 1, or probabilities, of which those
            above ½ mean class 1.
    Raises:
        ShapeError: predictions of another shape, not as many labels as predictions, or none.
        DataError: a label that a single output cannot stand for.
    """
    predicted, wanted = to_host(prediction), to_host(labels)
    if predicted.ndim not in (1, 2):
        raise ShapeError(f"accuracy: predictions have the shape (n,), (n, 1) or (n, classes), not {predicted.shape}")
    if predicted.ndim == 2 and predicted.shape[1] == 1:
        predicted = predicted[:, 0]
    _check_sizes("accuracy", predicted, wanted, len(predicted))
    wanted = wanted.reshape(len(predicted))
    if predicted.ndim == 1:
        wanted = _is_one(wanted)
    answers = predicted.argmax(axis=1) if predicted.ndim == 2 else predicted > threshold
    return float(np.mean(answers == wanted))


def _is_one(labels: np.ndarray) -> np.ndarray:
    """Which rows are of class 1."""
    wrong = np.flatnonzero(((labels < 0) | (labels > 1)) & ~((labels == -1) & np.isin(labels, (-1, 1)).all()))
    if len(wrong):
        raise DataError(
            f"accuracy: the label of row {wrong[0]} is {labels[wrong[0]]}, but a single output tells only two classes, "
            "0 and 1, or -1 and 1: give a column of logits for each class"
        )
    return labels > 0.5


def r2(prediction: Any, target: Any) -> float:
    """Coefficient of determination, R² = 1 - Σ (target - prediction)² / Σ (target - mean target)².

    1 is perfect, 0 is what the mean of the targets would reach, below 0 is worse than that. Where all targets are
    equal it is 1 for exact predictions and else 0, and of a single row, which is its own mean, it is nan, as in
    scikit-learn.

    Of several outputs the sums go over all of them, each with its own mean: scikit-learn's
    `r2_score(..., multioutput="variance_weighted")`.

    Raises:
        ShapeError: not as many targets as predictions, or none.
    """
    predicted, wanted = (to_host(numbers).astype(np.float64) for numbers in (prediction, target))
    _check_sizes("r2", predicted, wanted, predicted.size)
    return _r2(float(((wanted - predicted.reshape(wanted.shape)) ** 2).sum()), wanted)


def _check_sizes(name: str, predicted: np.ndarray, wanted: np.ndarray, answers: int) -> None:
    if wanted.size != answers:
        raise ShapeError(
            f"{name}: the predictions have the shape {predicted.shape}, and what they are compared with has the shape "
            f"{wanted.shape}: one answer for each row is wanted"
        )
    if not answers:
        raise ShapeError(f"{name}: there is nothing to measure, as there are no predictions")


class Measures(NamedTuple):
    """Means over rows; accuracy is None for regression, R² for classification."""

    loss: float
    accuracy: float | None
    r2: float | None


@part
def likeliest(xp: Any, rows: Any) -> Any:
    """The place of the largest number in each row: whole numbers, of whatever type."""
    return rows.argmax(axis=1)


# Sums, arrays of shape () and float64, with those of a batch: its rows times their mean loss, and its score.


@part
def with_right_answers(xp: Any, loss: Any, score: Any, mean: Any, given: Any, right: Any, rows: Any, above: Any) -> Any:
    """The score is how many of the given answers are right: classes, or numbers that mean 1 if they are `above`."""
    answers = given if above is None else given > above
    return loss + mean * rows, score + xp.count_nonzero(answers == right)


@part
def with_squared_distances(xp: Any, loss: Any, score: Any, mean: Any, given: Any, wanted: Any, rows: Any) -> Any:
    """The score is Σ (given - wanted)²."""
    return loss + mean * rows, score + xp.sum(xp.square(widened(given) - wanted))


class Tally:
    """Sums over batches. They stay on the device, and `fetch` waits for it once."""

    def __init__(self, examples: Examples, objective: Objective):
        self.examples, self.objective, self.n = examples, objective, 0
        self._begin(examples.backend.run(examples.backend.xp.zeros, 2, dtype=float))

    def _begin(self, sums: Any) -> None:
        self.loss, self.score = self.examples.backend.run(lambda: (sums[0], sums[1]))

    def add(self, loss: Any, prediction: Any, targets: Any, labels: Any) -> None:
        """Add the mean loss and the predictions of a batch."""
        backend = self.examples.backend
        self.n += len(prediction)
        backend.run(self._add, backend, loss._data, _array(prediction), _array(targets), labels)

    def _add(self, xp: Any, loss: Any, prediction: Any, targets: Any, labels: Any) -> None:
        rows = np.float64(len(prediction))  # so that the product is one of float64, too
        sums = self.loss, self.score, loss
        if labels is None:
            self.loss, self.score = xp.with_squared_distances(*sums, prediction, targets, rows)
            return
        is_class = labels.ndim == 1 and prediction.ndim == 2
        given, above = (xp.likeliest(prediction), None) if is_class else (prediction, self.objective.threshold)
        self.loss, self.score = xp.with_right_answers(*sums, given, labels, rows, above)

    def state_dict(self) -> dict[str, Any]:
        """The sums as numbers; this waits for the device."""
        loss, score = self._sums()
        return {"n": self.n, "loss": loss, "score": score}

    def _sums(self) -> list[float]:
        backend = self.examples.backend
        return backend.asnumpy(backend.run(self._side_by_side, backend.xp)).tolist()

    def _side_by_side(self, xp: Any) -> Any:
        """Both in one array, which is fetched at once; CuPy's `stack` would have a kernel compiled for it."""
        both = xp.empty((2, 1), dtype=float)
        xp.copyto(both[0], self.loss)
        xp.copyto(both[1], self.score)
        return both.reshape(2)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.n = state["n"]
        self._begin(self.examples.backend.asarray([state["loss"], state["score"]], dtype=float))

    def fetch(self) -> Measures:
        """The means over all rows so far."""
        loss, score = self._sums()
        labels = self.examples.labels
        if labels is None:
            return Measures(loss / self.n, None, _r2(score, self.examples.y))
        answers = self.n * (labels.shape[1] if labels.ndim == 2 else 1)
        return Measures(loss / self.n, score / answers, None)


def measure(model: Module, examples: Examples, objective: Objective) -> Measures:
    """Loss, and accuracy or R², of a model in evaluation mode, on all rows; the model's mode is restored."""
    tally = Tally(examples, objective)
    with evaluating(model), modes.no_grad():
        for rows in examples.chunks(VALIDATION_ROWS):
            x, targets, labels = examples.batch(rows)
            prediction = predict(model, x)
            tally.add(objective(prediction, targets), prediction, targets, labels)
    return tally.fetch()


def _r2(residual: float, target: np.ndarray) -> float:
    if len(target) < 2:
        return math.nan
    total = float(((target - target.mean(axis=0)) ** 2).sum())
    if total:
        return 1 - residual / total
    return 0.0 if residual else 1.0


def _array(item: Any) -> Any:
    """The array of a tensor; of Values, that of their numbers."""
    if isinstance(item, Tensor):
        return item._data
    return numbers_of(item) if holds_values(item) else item
