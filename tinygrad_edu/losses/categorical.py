"""Losses of several classes: how far the predicted distribution is from the true one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional
from ..checks import is_number
from ..errors import ArgumentError, DataError, ShapeError
from ..modes import device_call, host_call
from ..objects import holds_values
from ..operation import REGISTRY
from ..precision import in_float32
from ..tensor import Tensor
from .common import as_prediction, check_reduction, check_target, is_probability, like, pair, reduce
from .labels import is_on_device, positions, to_host

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
            weights of the targets, as in PyTorch, and else by the number of examples; where that sum is 0, it is nan,
            and the gradient 0.
        ignore_index: the label of examples that do not count, such as padding. Their loss and gradient are 0 (where
            no logit is nan or inf), and "mean" leaves them out of what it divides by; where it leaves out all, it is
            nan and the gradient 0, as in PyTorch. None: -100, PyTorch's default, among labels on the host, where the
            check of the labels finds it. Labels that are on a GPU cannot be looked at without waiting for it; there
            they are compared and masked, by about a dozen small kernels, where an ignore_index is given.
    Raises:
        DataError: a class index on the host out of range, and not `ignore_index`; the message names it, its position,
            and the number of classes.
        ShapeError: a target or weight that does not fit the logits.
        ArgumentError: label_smoothing outside of [0, 1], an unknown reduction, an ignore_index that is no integer, or
            one that is a class where the target holds probabilities.
    """
    check_reduction(reduction)
    if label_smoothing != 0 and not (is_number(label_smoothing) and 0 <= label_smoothing <= 1):
        raise ArgumentError(f"cross_entropy: label_smoothing must lie in [0, 1], not {label_smoothing!r}")
    if ignore_index is not None and not isinstance(ignore_index, (int, np.integer)):
        raise ArgumentError(f"cross_entropy: ignore_index must be a label, which is an integer, not {ignore_index!r}")
    logits = as_prediction(logits)
    axis = _axis(logits, "cross_entropy")
    names_classes, target = _kind_of(target, logits, axis)
    weights = None if weight is None else _class_weights(weight, logits, axis)
    if not names_classes:
        _refuse_a_class(ignore_index)
        return reduce(_of_probabilities(like(target, logits), logits, axis, label_smoothing, weights), reduction)
    labels, kept = _labels(target, logits, axis, ignore_index)
    if logits.ndim == 2 and weights is None and kept is None and not label_smoothing:
        return _fused(logits, labels, reduction=reduction)
    return _of_labels(logits, labels, kept, axis, reduction, label_smoothing, weights)


@in_float32
def kl_divergence(logits: Any, target: Any, reduction: str = "mean", *, log_target: bool = False) -> Any:
    """Σ t · (log t - log softmax(logits)): how far the prediction is from the distribution t (Kullback & Leibler 1951).

    It is PyTorch's `kl_div(log_softmax(logits), target)`, with its reductions.

    Args:
        logits: (..., classes).
        target: t, probabilities of the same shape, which sum to 1 over the last axis.
        reduction: "none" gives t · (log t - log softmax(logits)) for each class; "sum"; "mean", over all of these
            numbers; "batchmean", the sum divided by the length of the first axis, which is the divergence proper.
        log_target: the target holds log t, which says more of small probabilities: what `log_softmax` gave of another
            model, say. log 0 is -inf, and its class contributes 0 (PyTorch gives nan there).
    Raises:
        DataError: a target on the host outside of [0, 1]; with `log_target`, one above 0.
        ShapeError: shapes that differ.
        ArgumentError: an unknown reduction.
    """
    check_reduction(reduction, extra=("batchmean",))
    if log_target:
        wanted = "the logarithm of a probability, 0 or less, as log_target=True says"
        check_target("kl_divergence", target, _is_log_probability, wanted)
    else:
        check_target("kl_divergence", target, is_probability, "a probability, from 0 to 1")
    logits, target = pair("kl_divergence", logits, target)
    _axis(logits, "kl_divergence")
    if log_target:
        t, log_t = functional.exp(target), functional.where(target == -math.inf, 0.0, target)  # 0 · log 0 counts as 0
    else:
        t, log_t = target, functional.log(functional.where(target == 0, 1.0, target))
    losses = t * log_t - _times(t, functional.log_softmax(logits, axis=-1))
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


def _refuse_a_class(ignore_index: int | None) -> None:
    """Refuse to ignore a class where the target holds probabilities, as PyTorch does.

    Raises:
        ArgumentError: ignore_index is 0 or more.
    """
    if ignore_index is not None and ignore_index >= 0:
        raise ArgumentError(
            f"cross_entropy: ignore_index={ignore_index} is a class, but the target holds probabilities, so no example "
            "has a label to go by; give class indices as the target, or leave ignore_index out"
        )


def _labels(target: Any, logits: Any, axis: int, ignore_index: int | None) -> tuple[Any, Any]:
    """Class indices beside the logits, and which examples are kept: booleans of their shape, or None for all.

    Raises:
        DataError: a label on the host is out of range and not to be ignored.
    """
    classes = logits.shape[axis]
    unseen = is_on_device(target) and isinstance(logits, Tensor)
    if ignore_index is None:
        if unseen:
            return positions(target, classes, logits, "cross_entropy"), None
        ignore_index = -100
    try:
        labels = positions(target, classes, logits, "cross_entropy")
    except DataError:  # perhaps the label to ignore is what is out of range; where none is, nobody looks twice
        host = to_host(target)
        return _in_range(host, logits, classes, ignore_index), _beside(host != ignore_index, logits)
    if not (unseen or 0 <= ignore_index < classes) or not _holds(labels.dtype, ignore_index):
        return labels, None
    if not isinstance(logits, Tensor):
        return labels, labels != ignore_index
    return labels, _beside(host_call(_differ, logits.backend, labels, ignore_index), logits)


def _differ(backend: Any, labels: Any, label: int) -> Any:
    return backend.run(backend.not_equal, labels, label)


def _in_range(labels: np.ndarray, logits: Any, classes: int, ignore_index: int | None) -> Any:
    """Labels of the host beside the logits, with 0 for those to ignore.

    Raises:
        DataError: another one is out of range.
    """
    try:
        return positions(np.where(labels == ignore_index, 0, labels), classes, logits, "cross_entropy")
    except DataError as error:
        raise DataError(f"{error}; a label whose examples are to be left out is given as ignore_index") from None


def _beside(kept: Any, logits: Any) -> Any:
    """Booleans of the host or of the logits' device as a tensor; as they are beside Values."""
    return Tensor(kept, device=logits.backend) if isinstance(logits, Tensor) else kept


def _holds(dtype: Any, number: int) -> bool:
    """Whether a type of integers has a number; array libraries differ on comparing with one that it has not."""
    limits = np.iinfo(dtype)
    return bool(limits.min <= number <= limits.max)


def _of_labels(
    logits: Any, labels: Any, kept: Any, axis: int, reduction: str, label_smoothing: float, weights: Any
) -> Any:
    """The loss with labels, by the fused operation: w[y] · ((1 - ε) · -log p[y]), and ε / classes · Σ w · -log p.

    An example that is not kept is multiplied by 0. It is not masked by `where`, before which the backward pass of the
    whole network would be on its guard against inf and nan, and slower. So that 0 times its loss is 0, and never nan,
    it is given its likeliest class as a label: its loss is at most log(classes).
    """
    rows, flat = _as_rows(logits, axis), device_call(getattr(logits, "backend", None), _flat, labels)
    share = None  # how much each example counts
    if kept is not None:
        flat = _likeliest_instead(rows, flat, kept.reshape(-1))
        share = kept = like(kept.reshape(-1), logits)
    losses = _fused(rows, flat, reduction="none")
    if weights is not None:
        weights = functional.reshape(weights, (-1,))
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
    nothing = device_call(total.backend, _is_zero, total._data) if isinstance(total, Tensor) else total == 0
    mean = functional.sum(losses) / functional.where(nothing, math.inf, total)
    return mean + functional.divide(0.0, total)  # nan where the divisor is inf, which makes the gradient 0


def _is_zero(total: Any) -> Any:
    return (total == 0)[...]  # an array, also where NumPy gives a single number


def _as_rows(logits: Any, axis: int) -> Any:
    """Logits of any shape as rows, (examples, classes)."""
    if logits.ndim == 2:
        return logits
    return functional.reshape(functional.moveaxis(logits, axis, -1), (-1, logits.shape[axis]))


def _flat(labels: Any) -> Any:
    return labels.reshape(-1)


def _likeliest_instead(rows: Any, labels: Any, kept: Any) -> Any:
    """The label of each row that is kept, and the class of the largest logit of each that is not."""
    if not isinstance(rows, Tensor):
        return _choose(np, labels, kept, rows)
    return device_call(rows.backend, _choose, rows.backend, labels, kept._data, rows._data)


def _choose(xp: Any, labels: Any, kept: Any, rows: Any) -> Any:
    return xp.where(kept, labels, xp.argmax(rows, axis=1))


def _of_probabilities(true: Any, logits: Any, axis: int, label_smoothing: float, weights: Any) -> Any:
    """-Σ w · t · log softmax(logits) over the classes, with t smoothed: the loss of each example."""
    if label_smoothing:
        true = true * (1.0 - label_smoothing) + label_smoothing / logits.shape[axis]
    weighted = true if weights is None else weights * true
    return -functional.sum(_times(weighted, functional.log_softmax(logits, axis=axis)), axis=axis)


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


def _is_log_probability(t: Any) -> Any:
    return t <= 0
