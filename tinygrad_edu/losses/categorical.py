"""Cross-entropy: how far the predicted distribution over several classes is from the true one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import is_number
from ..errors import ArgumentError, ShapeError
from ..graph.modes import call_beside
from ..graph.operation import REGISTRY
from ..namespaces.objects import holds_values
from ..precision import in_float32
from ..rules import functional
from ..tensors.tensor import Tensor
from .common import as_prediction, check_classes, check_reduction, like, reduce, times
from .labels import is_on_device, positions_and_kept, to_host

_fused = REGISTRY["softmax_cross_entropy"].function


@in_float32
def cross_entropy(
    logits: Any,
    target: Any,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    weight: Any = None,
    *,
    ignore_index: int | None = None,
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
            targets' weights, as in PyTorch, and else by the number of examples; where that is 0, it is nan, and the
            gradient 0.
        ignore_index: the label of examples that do not count, such as padding. Their loss and gradient are 0 (where
            no logit is nan or inf), and "mean" leaves them out of what it divides by; where it leaves out all, it is
            nan and the gradient 0, as in PyTorch. None: -100 among labels on the host; those on a GPU all count, as
            looking at them would wait for it. (Where it is given, they are masked, by a dozen small kernels.)
    Raises:
        DataError: a class index on the host out of range, and not `ignore_index`.
        ShapeError: a target or weight that does not fit the logits.
        ArgumentError: label_smoothing outside of [0, 1], an unknown reduction, an ignore_index that is no integer, or a
            class beside probabilities.
    """
    check_reduction(reduction)
    if label_smoothing != 0 and not (is_number(label_smoothing) and 0 <= label_smoothing <= 1):
        raise ArgumentError(f"cross_entropy: label_smoothing must lie in [0, 1], not {label_smoothing!r}")
    if ignore_index is not None and not isinstance(ignore_index, (int, np.integer)):
        raise ArgumentError(f"cross_entropy: ignore_index must be a label, which is an integer, not {ignore_index!r}")
    logits = as_prediction(logits)
    check_classes("cross_entropy", logits)
    axis = min(1, logits.ndim - 1)
    if not (isinstance(target, (np.ndarray, Tensor)) or is_on_device(target) or holds_values(target)):
        target = to_host(target)
    classes, rows = logits.shape[axis], (*logits.shape[:axis], *logits.shape[axis + 1 :])
    whole = target.dtype.kind in "iub"
    if target.shape != (rows if whole else logits.shape):
        hint = ". A tensor of labels is made by tg.Tensor(labels, dtype=int)" if target.shape == rows else ""
        hint = ". Probabilities are floating-point numbers" if whole and target.shape == logits.shape else hint
        raise ShapeError(
            f"cross_entropy: logits of shape {logits.shape} take class indices of shape {rows}, which are integers, or "
            f"probabilities of shape {logits.shape}; the target has shape {target.shape} and dtype {target.dtype}{hint}"
        )
    weights = None if weight is None else like(weight, logits)
    if weights is not None and weights.shape != (classes,):
        raise ShapeError(f"cross_entropy: weight must have a number for each of {classes} classes, not {weights.shape}")
    if whole:
        labels, kept = positions_and_kept(target, classes, logits, "cross_entropy", ignore_index)
        if logits.ndim == 2 and weights is None and kept is None and not label_smoothing:
            return _fused(logits, labels=labels, reduction=reduction)
        return _of_labels(logits, labels, kept, axis, reduction, label_smoothing, weights)
    if ignore_index is not None and ignore_index >= 0:
        raise ArgumentError(
            f"cross_entropy: ignore_index={ignore_index} is a class, but the target holds probabilities, so no example "
            "has a label to go by; give class indices as the target, or leave ignore_index out"
        )
    t = like(target, logits)
    if label_smoothing:
        t = t * (1.0 - label_smoothing) + label_smoothing / classes
    if weights is not None:
        t = functional.reshape(weights, (classes, *[1] * (logits.ndim - axis - 1))) * t
    return reduce(-functional.sum(times(t, functional.log_softmax(logits, axis=axis)), axis=axis), reduction)


def _of_labels(
    logits: Any, labels: Any, kept: Any, axis: int, reduction: str, label_smoothing: float, weights: Any
) -> Any:
    """The loss with labels, by the fused operation: w[y] · ((1 - ε) · -log p[y]), and ε / classes · Σ w · -log p.

    An example that is not kept is multiplied by 0. It is not masked by `where`, before which the backward pass of the
    whole network would be on its guard against inf and nan, and slower. So that 0 times its loss is 0, and never nan,
    it is given its likeliest class as a label: its loss is at most log(classes).
    """
    backend, rows = getattr(logits, "backend", None), logits
    if logits.ndim != 2:
        rows = functional.reshape(functional.moveaxis(logits, axis, -1), (-1, logits.shape[axis]))
    flat, share = call_beside(backend, _flat, labels), None  # how much each example counts
    if kept is not None:
        xp, numbers = (np, rows) if backend is None else (backend, rows._data)
        flat = call_beside(backend, _likeliest_instead, xp, flat, kept, numbers)
        share = kept = like(kept if backend is None else Tensor.wrap(kept, backend), logits)
    losses = _fused(rows, labels=flat, reduction="none")
    if weights is not None:
        of_label = REGISTRY["getitem"].function(weights, index=flat)
        losses, share = losses * of_label, of_label if share is None else share * of_label
    if label_smoothing:
        log_p = functional.log_softmax(rows, axis=1)
        spread = -functional.sum(log_p if weights is None else weights * log_p, axis=1) / rows.shape[1]
        losses = losses * (1.0 - label_smoothing) + spread * label_smoothing
    if kept is not None:
        losses = losses * kept
    if reduction == "mean" and share is not None:
        return _mean(losses, functional.sum(share))
    return functional.reshape(losses, labels.shape) if reduction == "none" else reduce(losses, reduction)


def _mean(losses: Any, total: Any) -> Any:
    """The sum of the losses, divided by the total of what counts; nan where nothing does."""
    # `total == 0` of a tensor might be a condition of Python's, so that it would keep a loss from being compiled.
    nothing = call_beside(total.backend, _is_zero, total._data) if isinstance(total, Tensor) else total == 0
    mean = functional.sum(losses) / functional.where(nothing, math.inf, total)
    return mean + functional.divide(0.0, total)  # nan where the divisor is inf, which makes the gradient 0


def _flat(labels: Any) -> Any:
    return labels.reshape(-1)


def _likeliest_instead(xp: Any, labels: Any, kept: Any, rows: Any) -> Any:
    """The label of each row that is kept, and the class of the largest logit of each that is not."""
    return xp.where(kept, labels, xp.argmax(rows, axis=1))


def _is_zero(total: Any) -> Any:
    return (total == 0)[...]  # an array, also where NumPy gives a single number
