"""Losses of single numbers: of regression, and of two classes, which one number distinguishes."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..precision import in_float32
from ..rules import functional
from .common import check_reduction, check_target, is_probability, like, pair, reduce


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


@in_float32
def hinge(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """max(0, 1 - target · prediction): the loss of a support vector machine (Cortes & Vapnik 1995).

    Args:
        prediction: scores, of any shape; their sign is the class.
        target: -1 or 1; of the same shape, or (n,) for a prediction of (n, 1).
        reduction: "mean", "sum" or "none".
    Raises:
        DataError: a target on the host that is neither -1 nor 1.
        ShapeError, ArgumentError: as in `mse`.
    """
    check_reduction(reduction)
    check_target("hinge", target, _is_sign, "-1 or 1 (of labels 0 and 1 make 2 * y - 1)")
    prediction, target = pair("hinge", prediction, target)
    return reduce(functional.relu(1.0 - target * prediction), reduction)


@in_float32
def binary_cross_entropy(logits: Any, target: Any, reduction: str = "mean", pos_weight: Any = None) -> Any:
    """-t · log p - (1 - t) · log(1 - p), with p = sigmoid(logits) the predicted probability of class 1.

    For a logit x it is computed as pos_weight · t · softplus(-x) + (1 - t) · softplus(x), PyTorch's
    `binary_cross_entropy_with_logits`: softplus(-x) = -log p, and softplus(x) = -log(1 - p).

    Args:
        logits: any shape.
        target: 0 or 1, or a probability between; of the same shape, or (n,) for logits of (n, 1).
        reduction: "mean", "sum" or "none".
        pos_weight: how much more an example of class 1 counts: a number, or an array that broadcasts.
    Raises:
        DataError: a target on the host outside of [0, 1].
        ShapeError, ArgumentError: as in `mse`.
    """
    name = "binary_cross_entropy"
    check_reduction(reduction)
    check_target(name, target, is_probability, "0 or 1, or a probability between")
    logits, target = pair(name, logits, target)
    of_one = target * functional.softplus(-logits)
    if pos_weight is not None:
        of_one = of_one * like(pos_weight, logits)
    return reduce(of_one + (1.0 - target) * functional.softplus(logits), reduction)


def _is_sign(t: Any) -> Any:
    return (t == 1) | (t == -1)
