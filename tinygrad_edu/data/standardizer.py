"""Standardization: every feature with mean 0 and standard deviation 1, so that all count alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import ArgumentError, DataError, StateError
from ..storage.schema import Check, Mismatch, array, expected, record
from .dataset import Array, Dataset


@dataclass(frozen=True, eq=False)
class Standardizer:
    """z = (x - mean) / scale for each feature, with the mean and the standard deviation of the *training* rows.

    Fit it on the training part only and apply it to both parts: numbers of the validation part must not reach the
    training, or the validation would flatter the model. A constant feature has scale 1.

    A target of regression is standardized too, so that a network whose outputs begin near 0 need not first learn the
    target's size: `restore` brings predictions back. R² does not change by it; a loss of 1 is that of always
    answering the mean. Class labels stay as they are (mean 0, scale 1).

    Attributes:
        mean, scale: shape (features,).
        target_mean, target_scale: shape ().
    """

    mean: Array
    scale: Array
    target_mean: Array
    target_scale: Array

    @classmethod
    def fit(cls, train: Dataset) -> Standardizer:
        """Mean and standard deviation (divided by n, not n - 1, as in scikit-learn) of the rows.

        Raises:
            ArgumentError: no data set.
            DataError: numbers so large that their squares are infinite.
        """
        if not isinstance(train, Dataset):
            kind = type(train).__name__
            raise ArgumentError(f"Standardizer.fit takes a data set, and not a {kind}: tg.data.Dataset(x, y)")
        of_x, of_y = _mean_and_scale(train.x), (np.array(0.0), np.array(1.0))
        if train.task == "regression":
            of_y = _mean_and_scale(train.y)
        for name, scale in zip((*train.feature_names, train.target_names[0]), (*of_x[1], of_y[1]), strict=True):
            if not np.isfinite(scale):
                raise DataError(f"{train.name}: the numbers of {name!r} are too large for a standard deviation")
        return cls(*of_x, *of_y)

    def apply(self, dataset: Dataset) -> Dataset:
        """The data with standardized numbers.

        Raises:
            DataError: it has another number of features than the training part had.
        """
        features = dataset.x.shape[1]
        if features != len(self.mean):
            raise DataError(
                f"{dataset.name} has {features} features, but the standardizer was fitted on {len(self.mean)}"
            )
        y = (dataset.y - self.target_mean) / self.target_scale if dataset.task == "regression" else dataset.y
        return replace(dataset, x=(dataset.x - self.mean) / self.scale, y=y, columns=None)

    def restore(self, prediction: Any) -> Any:
        """A prediction (a number, an array or a Tensor) in the units of the original target."""
        return prediction * float(self.target_scale) + float(self.target_mean)

    def state(self) -> dict[str, Array]:
        """The four arrays by their names, to be saved beside the model."""
        return dict(vars(self))

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Standardizer:
        """What `state()` gave.

        Raises:
            StateError: an array is missing, or something else is in its place.
        """
        try:
            arrays = _STATE(state)
            if arrays["mean"].shape != arrays["scale"].shape:
                raise Mismatch(f"is of {len(arrays['scale'])} features, and mean of {len(arrays['mean'])}", ("scale",))
        except Mismatch as mismatch:
            raise StateError(f"the state of the standardizer is damaged: {mismatch}") from None
        return cls(**arrays)


def _array_of(dimensions: int, above: float = -math.inf) -> Check:
    """Finite numbers above a limit, as float64."""

    def check(value: Any) -> Array:
        found = array(value).astype(np.float64)
        if found.ndim != dimensions:
            raise expected(f"an array of {dimensions} dimensions", value)
        if not (np.isfinite(found).all() and (found > above).all()):
            raise Mismatch(f"should hold finite numbers{'' if above == -math.inf else f' above {above:g}'}")
        return found

    return check


_STATE = record(
    {
        "mean": _array_of(1),
        "scale": _array_of(1, above=0),
        "target_mean": _array_of(0),
        "target_scale": _array_of(0, above=0),
    }
)


def _mean_and_scale(numbers: Array) -> tuple[Array, Array]:
    constant = numbers.max(axis=0) == numbers.min(axis=0)  # a computed deviation can be 1e-17 instead of 0
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(numbers.mean(axis=0)), np.where(constant, 1.0, numbers.std(axis=0))
