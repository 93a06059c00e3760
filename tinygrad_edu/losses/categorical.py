"""Losses of several classes: how far the predicted distribution is from the true one."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functional
from ..errors import ArgumentError, ShapeError
from ..labels import is_on_device, positions, to_host
from ..objects import holds_values
from ..operation import REGISTRY
from ..tensor import Tensor
from .common import as_prediction, check_reduction, check_target, like, pair, reduce

_fused = REGISTRY["softmax_cross_entropy"].function


def cross_entropy(
    logits: Any, target: Any, reduction: str = "mean", label_smoothing: float = 0.0, weight: Any = None
) -> Any:
    """-Σ t · log softmax(logits) over the classes; where t names a class, -log of the probability of that class.

    Args:
        logits: (n, classes), (classes,) for a single example, or (n, classes, ...).
        target: class indices, integers of the shape of the logits without the axis of classes; or probabilities, of
            the shape of the logits.
        reduction: "mean", "sum" or "none", over the examples.
        label_smoothing: ε in [0, 1]; the target is mixed with equal probabilities, (1 - ε) · t + ε / classes (Szegedy
            et al. 2015).
        weight: (classes,), how much each class counts. With class indices "mean" then divides by the sum of the
            weights of the targets, as in PyTorch, and else by the number of examples.
    Raises:
        DataError: a class index on the host out of range; the message names it, its position, and the number of
            classes.
        ShapeError: a target or weight that does not fit the logits.
        ArgumentError: label_smoothing outside of [0, 1], or an unknown reduction.
    """
    check_reduction(reduction)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"cross_entropy: label_smoothing must lie in [0, 1], not {label_smoothing!r}")
    logits = as_prediction(logits)
    axis = _axis(logits, "cross_entropy")
    names_classes, target = _kind_of(target, logits, axis)
    if names_classes:
        labels = positions(target, logits.shape[axis], logits, "cross_entropy")
        if logits.ndim == 2 and weight is None and not label_smoothing:
            return _fused(logits, labels, reduction=reduction)
        true = _one_hot(labels, logits, axis)
    else:
        true = like(target, logits)
    classes = logits.shape[axis]
    weights = 1.0 if weight is None else _class_weights(weight, logits, axis)
    smooth = true * (1.0 - label_smoothing) + label_smoothing / classes if label_smoothing else true
    losses = -functional.sum(_times(weights * smooth, functional.log_softmax(logits, axis=axis)), axis=axis)
    if reduction == "mean" and weight is not None and names_classes:
        return functional.sum(losses) / functional.sum(weights * true)
    return reduce(losses, reduction)


def kl_divergence(logits: Any, target: Any, reduction: str = "mean") -> Any:
    """Σ t · (log t - log softmax(logits)): how far the prediction is from the distribution t (Kullback & Leibler 1951).

    It is PyTorch's `kl_div(log_softmax(logits), target)`, with its reductions.

    Args:
        logits: (..., classes).
        target: probabilities of the same shape, which sum to 1 over the last axis.
        reduction: "none" gives t · (log t - log softmax(logits)) for each class; "sum"; "mean", over all of these
            numbers; "batchmean", the sum divided by the length of the first axis, which is the divergence proper.
    Raises:
        DataError: a target on the host outside of [0, 1].
        ShapeError: shapes that differ.
        ArgumentError: an unknown reduction.
    """
    check_reduction(reduction, extra=("batchmean",))
    check_target("kl_divergence", target, lambda t: (t >= 0) & (t <= 1), "a probability, from 0 to 1")
    logits, target = pair("kl_divergence", logits, target)
    _axis(logits, "kl_divergence")
    log_p = functional.log_softmax(logits, axis=-1)
    information = target * functional.log(functional.where(target == 0, 1.0, target))  # 0 · log 0 counts as 0
    losses = information - _times(target, log_p)
    if reduction == "batchmean":
        return functional.sum(losses) / float(logits.shape[0])
    return reduce(losses, reduction)


def _axis(logits: Any, loss: str) -> int:
    """The axis of the classes."""
    if not logits.ndim:
        raise ShapeError(f"{loss}: logits of shape () have no axis of classes; give (n, classes)")
    return 1 if logits.ndim > 1 else 0


def _kind_of(target: Any, logits: Any, axis: int) -> tuple[bool, Any]:
    """Whether the target names classes (else it holds probabilities), and the target as an array.

    Raises:
        ShapeError: it can be neither.
    """
    if not isinstance(target, (np.ndarray, Tensor)) and not is_on_device(target) and not holds_values(target):
        target = to_host(target)
    shape, rows = logits.shape, (*logits.shape[:axis], *logits.shape[axis + 1 :])
    whole = target.dtype.kind in "iub"
    if target.shape == shape and not whole:
        return False, target
    if target.shape == rows and whole:
        return True, target
    raise ShapeError(
        f"cross_entropy: logits of shape {shape} take class indices of shape {rows}, which are integers, or "
        f"probabilities of shape {shape}; the target has shape {target.shape} and dtype {target.dtype}"
    )


def _one_hot(labels: Any, logits: Any, axis: int) -> Any:
    """1 at the class of each example and 0 elsewhere, of the shape of the logits."""
    classes = logits.shape[axis]
    if not isinstance(logits, Tensor):
        return like(np.moveaxis(np.eye(classes)[labels], -1, axis), logits)

    def compare(xp: Any) -> Any:
        numbers = xp.arange(classes).reshape(classes, *[1] * (labels.ndim - axis))
        return (xp.expand_dims(labels, axis) == numbers).astype(logits.dtype)

    return Tensor.wrap(logits.backend.run(compare, logits.backend), logits.backend)


def _class_weights(weight: Any, logits: Any, axis: int) -> Any:
    """The weights of the classes, in a shape that broadcasts against the logits."""
    weight = like(weight, logits)
    classes = logits.shape[axis]
    if weight.shape != (classes,):
        raise ShapeError(f"cross_entropy: weight must have a number for each of {classes} classes, not {weight.shape}")
    return functional.reshape(weight, (classes, *[1] * (logits.ndim - axis - 1)))


def _times(probability: Any, logarithm: Any) -> Any:
    """probability · logarithm, and 0 where the probability is 0 and the logarithm -inf."""
    return functional.where(probability == 0, 0.0, probability * logarithm)
