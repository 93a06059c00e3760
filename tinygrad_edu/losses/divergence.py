"""How far one distribution is from another."""

from __future__ import annotations

import math
from typing import Any

from ..precision import in_float32
from ..rules import functional
from .common import check_classes, check_reduction, check_target, is_probability, pair, reduce, times


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
        ShapeError, ArgumentError: shapes that differ; an unknown reduction.
    """
    check_reduction(reduction, extra=("batchmean",))
    logarithm = _is_log_probability, "the logarithm of a probability, 0 or less, as log_target=True says"
    probability = is_probability, "a probability, from 0 to 1"
    check_target("kl_divergence", target, *(logarithm if log_target else probability))
    logits, target = pair("kl_divergence", logits, target)
    check_classes("kl_divergence", logits)
    if log_target:
        t, log_t = functional.exp(target), functional.where(target == -math.inf, 0.0, target)  # 0 · log 0 counts as 0
    else:
        t, log_t = target, functional.log(functional.where(target == 0, 1.0, target))
    losses = t * log_t - times(t, functional.log_softmax(logits, axis=-1))
    if reduction == "batchmean":
        return functional.sum(losses) / float(logits.shape[0])
    return reduce(losses, reduction)


def _is_log_probability(t: Any) -> Any:
    return t <= 0
