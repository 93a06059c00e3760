"""What the losses share: shapes that must agree, targets in the prediction's form, reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..checks import check_name
from ..errors import DataError, ShapeError
from ..graph.modes import call_beside
from ..namespaces.objects import as_object, holds_values, is_value
from ..rules import functional
from ..rules.composed import as_floats
from ..tensors.tensor import Tensor
from .labels import first_of, is_on_device, to_host


def as_prediction(x: Any) -> Any:
    """A prediction as a tensor of floating-point numbers, or as an object array of Values."""
    if isinstance(x, Tensor):
        return x if x.dtype.kind == "f" else as_floats(x)
    return as_object(x) if is_value(x) or holds_values(x) else as_floats(Tensor(x))


def like(x: Any, prediction: Any) -> Any:
    """A target with the dtype and on the device of the prediction, or as objects beside Values."""
    if not isinstance(prediction, Tensor):
        return as_object(x.numpy() if isinstance(x, Tensor) else x)
    if isinstance(x, Tensor):
        return x if x.dtype == prediction.dtype else x.astype(prediction.dtype)
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        x = call_beside(None, _cast, x, prediction.dtype)
    return Tensor(x, dtype=prediction.dtype, device=prediction.backend)


def _cast(x: np.ndarray, dtype: Any) -> np.ndarray:
    return x.astype(dtype, copy=False)


def pair(loss: str, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Prediction and target in one shape; a ShapeError where they would broadcast to something that nobody meant."""
    prediction = as_prediction(prediction)
    target = like(target, prediction)
    if target.shape == prediction.shape or target.shape == ():
        return prediction, target
    if prediction.shape == (*target.shape, 1):
        return prediction, functional.reshape(target, prediction.shape)
    raise ShapeError(
        f"{loss}: the prediction has shape {prediction.shape}, the target {target.shape}; they must agree "
        "(a prediction of shape (n, 1) also takes a target of shape (n,))"
    )


def check_reduction(reduction: str, extra: tuple[str, ...] = ()) -> None:
    """Raise ArgumentError for an unknown reduction; the nearest one is suggested."""
    if reduction not in ("mean", "sum", "none"):
        check_name(reduction, ("mean", "sum", "none", *extra), "reduction")


def check_classes(loss: str, logits: Any) -> None:
    """Raise ShapeError for a single number."""
    if not logits.ndim:
        raise ShapeError(f"{loss}: logits of shape () have no axis of classes; give (n, classes)")


def reduce(losses: Any, reduction: str) -> Any:
    """The single losses as one number, or as they are."""
    if reduction == "none" or is_value(losses):
        return losses
    return functional.mean(losses) if reduction == "mean" else functional.sum(losses)


def check_target(loss: str, target: Any, right: Callable[[np.ndarray], Any], wanted: str) -> None:
    """Raise DataError for a number that is not `right`, in a target that is on the host.

    Args:
        right: which numbers are right; a function of a module, as a compiled computation checks again (`call_beside`).
    """
    if not (is_on_device(target) or is_value(target) or holds_values(target)):
        call_beside(None, _check_numbers, loss, to_host(target), right, wanted)


def _check_numbers(loss: str, numbers: np.ndarray, right: Callable[[np.ndarray], Any], wanted: str) -> None:
    wrong = ~np.asarray(right(numbers))
    if wrong.any():
        number, at = first_of(numbers, wrong)
        raise DataError(f"{loss}: a target must be {wanted}, not {number}{at}")


def is_probability(t: Any) -> Any:
    """Which numbers lie in [0, 1]."""
    return (t >= 0) & (t <= 1)


def times(probability: Any, logarithm: Any) -> Any:
    """probability · logarithm, and 0 where the probability is 0 and the logarithm -inf."""
    return functional.where(probability == 0, 0.0, probability * logarithm)
