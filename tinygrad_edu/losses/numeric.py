"""Losses of a target that is a number: regression."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..precision import in_float32
from ..rules import functional
from .common import check_reduction, pair, reduce


@in_float32
def mse(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """Mean squared error, (prediction - target)².

    Args:
        prediction: any shape.
        target: the same shape; or (n,) for a prediction of (n, 1).
        reduction: "mean", "sum" or "none".
    Raises:
        ShapeError: shapes that differ.
        ArgumentError: an unknown reduction.
    """
    check_reduction(reduction)
    prediction, target = pair("mse", prediction, target)
    return reduce(functional.square(prediction - target), reduction)


@in_float32
def mae(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """Mean absolute error, |prediction - target|: less moved by outliers than `mse`. Arguments and errors as there."""
    check_reduction(reduction)
    prediction, target = pair("mae", prediction, target)
    return reduce(functional.abs(prediction - target), reduction)


@in_float32
def huber(prediction: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """½ d² for a difference d = |prediction - target| up to delta, and beyond it a line, delta · (d - ½ delta).

    Near 0 it is smooth as `mse` is, far away robust as `mae` is (Huber 1964). Arguments and errors as in `mse`.

    Raises:
        ArgumentError: delta is not positive.
    """
    check_reduction(reduction)
    if not delta > 0:
        raise ArgumentError(f"huber: delta must be positive, not {delta!r}")
    prediction, target = pair("huber", prediction, target)
    difference = functional.abs(prediction - target)
    near = functional.clip(difference, max=delta)
    return reduce(near * (difference - 0.5 * near), reduction)  # both formulas: near is d, or delta
