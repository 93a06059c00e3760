"""Losses: how wrong a prediction is, as one number to be made small.

Every loss is called as loss(prediction, target, reduction="mean"). The reduction is "mean" over all elements (or rows,
where a row is one prediction), "sum", or "none" for the single losses. Losses of probabilities take *logits*, the
network's output before any sigmoid or softmax: only so are they exact where a probability rounds to 0 or 1, and safe at
logits of ±1000.

The prediction is a tensor, or an object array of Values (`model.scalar()`). The target may be a list, a NumPy array or
a tensor; it takes the dtype and device of the prediction. Numbers and defaults are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from . import functional as F
from .errors import ArgumentError, DataError, ShapeError
from .labels import check_labels, is_on_device, to_host
from .names import check_name, choose
from .node import Node
from .objects import as_object, holds_values, is_value
from .operation import REGISTRY
from .tensor import Tensor

# --- numbers ---------------------------------------------------------------------------------------------------------


def mse(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """Mean squared error, (prediction - target)², for a target that is a number.

    Args:
        prediction: any shape.
        target: the same shape; (n,) for a prediction of (n, 1).
    Raises:
        ShapeError: other shapes, which would broadcast to something that was not meant.
    """
    prediction, target = _pair("mse", prediction, target)
    return _reduce(F.square(prediction - target), reduction)


def mae(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """Mean absolute error, |prediction - target|: less moved by outliers than `mse`. Shapes as there."""
    prediction, target = _pair("mae", prediction, target)
    return _reduce(F.abs(prediction - target), reduction)


def huber(prediction: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """½ d² for a small difference d = |prediction - target|, and beyond delta a straight line, delta · (d - ½ delta).

    Near 0 it is smooth as `mse` is, far away robust as `mae` is (Huber 1964). Shapes as in `mse`.

    Raises:
        ArgumentError: delta is not positive.
    """
    if not delta > 0:
        raise ArgumentError(f"huber: delta must be positive, not {delta!r}")
    prediction, target = _pair("huber", prediction, target)
    difference = F.abs(prediction - target)
    near = F.clip(difference, max=delta)  # near · (d - ½ near) is both formulas at once
    return _reduce(near * (difference - 0.5 * near), reduction)


# --- two classes -----------------------------------------------------------------------------------------------------


def hinge(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """max(0, 1 - target · prediction): the loss of a support vector machine (Cortes & Vapnik 1995).

    Args:
        prediction: scores, of any shape; their sign is the class.
        target: -1 or 1, of the same shape; (n,) for a prediction of (n, 1).
    Raises:
        DataError: a target on the host that is neither -1 nor 1.
    """
    _check_host_target("hinge", target, lambda t: (t == 1) | (t == -1), "-1 or 1; for labels of 0 and 1 give 2 * y - 1")
    prediction, target = _pair("hinge", prediction, target)
    return _reduce(F.relu(1.0 - target * prediction), reduction)


def binary_cross_entropy(logits: Any, target: Any, reduction: str = "mean", pos_weight: Any = None) -> Any:
    """-log of the probability that sigmoid(logits) gives to the right one of two classes.

    With p = sigmoid(x) and -log p = softplus(-x), -log(1 - p) = softplus(x), the loss of a target t is

        pos_weight · t · softplus(-x) + (1 - t) · softplus(x).

    Args:
        logits: any shape.
        target: 0 or 1, or a probability between; the same shape, or (n,) for logits of (n, 1).
        pos_weight: how much more an example of class 1 counts; a number, or an array that broadcasts.
    Raises:
        DataError: a target on the host outside of [0, 1].
        ShapeError: shapes that differ.
    """
    where = "binary_cross_entropy"
    _check_host_target(where, target, lambda t: (t >= 0) & (t <= 1), "0 or 1, or a probability between")
    logits, target = _pair(where, logits, target)
    of_one = target * F.softplus(-logits)
    if pos_weight is not None:
        of_one = of_one * _like(pos_weight, logits)
    return _reduce(of_one + (1.0 - target) * F.softplus(logits), reduction)


# --- several classes -------------------------------------------------------------------------------------------------


def cross_entropy(
    logits: Any, target: Any, reduction: str = "mean", label_smoothing: float = 0.0, weight: Any = None
) -> Any:
    """-Σ t · log softmax(logits) over the classes: -log of the probability of the right class, if t names one.

    Args:
        logits: (n, classes), (classes,) for a single example, or (n, classes, ...).
        target: class indices, integers of the shape of the logits without the axis of classes, or probabilities, of
            the logits' shape. Indices on the host are checked; those on a GPU are taken as they are.
        label_smoothing: ε in [0, 1): mixes the target with equal probabilities, (1 - ε) t + ε / classes (Szegedy et
            al. 2015).
        weight: (classes,), how much each class counts. With class indices, "mean" then divides by the sum of the
            weights of the targets, as in PyTorch, and by n otherwise.
    Raises:
        DataError: a class index out of range; the message names it, its position, and the number of classes.
        ShapeError: target or weight of another shape.
        ArgumentError: label_smoothing outside of [0, 1), or an unknown reduction.
    """
    _check_reduction(reduction)
    if not 0 <= label_smoothing < 1:
        raise ArgumentError(f"cross_entropy: label_smoothing must lie in [0, 1), not {label_smoothing!r}")
    logits = _prediction(logits)
    shape = logits.shape
    indices = _class_indices(target, shape)
    if indices is not None and weight is None and not label_smoothing and logits.ndim == 2:
        labels = indices if holds_values(logits) else _integers(indices, logits)
        return REGISTRY["softmax_cross_entropy"].function(logits, labels, reduction=reduction)
    axis = 1 if logits.ndim > 1 else 0
    given = _like(target, logits) if indices is None else _like(_one_hot(indices, shape[axis], axis, logits), logits)
    smooth = given * (1.0 - label_smoothing) + label_smoothing / shape[axis] if label_smoothing else given
    if weight is not None:
        weights = _class_weights(weight, logits, axis)
        smooth, given = smooth * weights, given * weights
    losses = F.sum(-_times(smooth, F.log_softmax(logits, axis=axis)), axis=axis)
    if reduction == "mean" and weight is not None and indices is not None:
        return F.sum(losses) / F.sum(given)
    return _reduce(losses, reduction)


def kl_divergence(logits: Any, target: Any, reduction: str = "mean") -> Any:
    """Σ t · (log t - log softmax(logits)): how far the prediction is from the distribution t (Kullback & Leibler 1951).

    It is PyTorch's `kl_div(log_softmax(logits), target)`, with its reductions: "none" gives a number for each class,
    "mean" the mean of all these numbers, and "batchmean", which is the divergence proper, the sum divided by the rows.

    Args:
        logits: (..., classes).
        target: probabilities of the same shape, which sum to 1 over the last axis.
    Raises:
        DataError: a target on the host outside of [0, 1].
    """
    _check_host_target("kl_divergence", target, lambda t: (t >= 0) & (t <= 1), "a probability, from 0 to 1")
    logits, target = _pair("kl_divergence", logits, target)
    information = _times(target, F.log(target))
    losses = information - _times(target, F.log_softmax(logits, axis=-1))
    if reduction == "batchmean":
        return F.sum(losses) / float(max(logits.shape[0], 1) if logits.ndim > 1 else 1)
    return _reduce(losses, reduction, extra=("batchmean",))


# --- penalties -------------------------------------------------------------------------------------------------------


def l1(parameters: Any) -> Any:
    """Σ |w| over all parameters: added to a loss, it drives weights to exactly 0 (lasso, Tibshirani 1996).

    Args:
        parameters: tensors or Values, `model.parameters()`.
    Returns:
        a number in the graph.
    """
    return _total(F.abs, parameters, "l1")


def l2(parameters: Any) -> Any:
    """Σ w² over all parameters: added to a loss, it keeps weights small (ridge, Hoerl & Kennard 1970).

    An optimizer's `weight_decay=d` has the gradient of ½ d · l2(parameters).
    """
    return _total(F.square, parameters, "l2")


# --- by name ---------------------------------------------------------------------------------------------------------

LOSSES: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (mse, mae, huber, hinge, binary_cross_entropy, cross_entropy, kl_divergence)
}


def get(name: str) -> Callable[..., Any]:
    """The loss of a name: "mse", "cross_entropy", ...

    Raises:
        ArgumentError: there is none; the nearest name is suggested.
    """
    return choose(name, LOSSES, "loss")


# --- what they share -------------------------------------------------------------------------------------------------


def _prediction(x: Any) -> Any:
    """A prediction as a tensor or as an object array of Values."""
    if isinstance(x, Tensor):
        return x
    return as_object(x) if is_value(x) or holds_values(x) else Tensor(x)


def _like(x: Any, prediction: Any) -> Any:
    """A target with the dtype and on the device of the prediction, or as objects beside Values."""
    if not isinstance(prediction, Tensor):
        return as_object(x.numpy() if isinstance(x, Tensor) else x)
    if isinstance(x, Tensor):
        return x if x.dtype == prediction.dtype else x.astype(prediction.dtype)
    return Tensor(x, dtype=prediction.dtype, device=prediction.backend)


def _integers(indices: Any, logits: Tensor) -> Any:
    """Class indices as an array on the device of the logits."""
    if isinstance(indices, Tensor):
        logits.backend.same_device(indices.backend, "cross_entropy")
        return indices.data
    return logits.backend.asarray(indices)


def _pair(loss: str, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Prediction and target in one shape."""
    prediction = _prediction(prediction)
    target = _like(target, prediction)
    if target.shape == prediction.shape or target.shape == ():
        return prediction, target
    if prediction.shape == (*target.shape, 1):
        return prediction, F.reshape(target, prediction.shape)
    raise ShapeError(
        f"{loss}: the prediction has shape {prediction.shape}, the target {target.shape}; they must agree "
        "(a prediction of shape (n, 1) also takes a target of (n,))"
    )


def _check_reduction(reduction: str, extra: tuple[str, ...] = ()) -> None:
    check_name(reduction, ("mean", "sum", "none", *extra), "reduction")


def _reduce(losses: Any, reduction: str, extra: tuple[str, ...] = ()) -> Any:
    _check_reduction(reduction, extra)
    if reduction == "none":
        return losses
    return F.mean(losses) if reduction == "mean" else F.sum(losses)


def _check_host_target(loss: str, target: Any, right: Callable[[np.ndarray], Any], should: str) -> None:
    """Refuse a wrong number in a target that is on the host; one on a GPU is not looked at, as that would wait."""
    if is_on_device(target) or holds_values(target) or is_value(target):
        return
    numbers = to_host(target)
    wrong = np.argwhere(~right(numbers))
    if wrong.size or (not numbers.ndim and not right(numbers)):
        place = tuple(map(int, wrong[0])) if numbers.ndim else ()
        at = f" at position {place[0] if len(place) == 1 else place}" if place else ""
        raise DataError(f"{loss}: the target {numbers[place]}{at} is none: it must be {should}")


def _class_indices(target: Any, shape: tuple[int, ...]) -> Any:
    """The target as checked class indices; None if it holds probabilities.

    Raises:
        ShapeError: it fits neither.
    """
    if not is_on_device(target):
        target = to_host(target) if not holds_values(target) else target
    axis = 1 if len(shape) > 1 else 0
    rows = (*shape[:axis], *shape[axis + 1 :])
    whole = target.dtype.kind in "iub"
    if tuple(target.shape) == shape and not whole:
        return None
    if tuple(target.shape) != rows:
        raise ShapeError(
            f"cross_entropy: logits of shape {shape} take class indices of shape {rows} (integers) or probabilities of "
            f"shape {shape} (floats), not a target of shape {tuple(target.shape)} and dtype {target.dtype}"
        )
    return target if whole and is_on_device(target) else check_labels(target, shape[axis], "cross_entropy")


def _one_hot(indices: Any, classes: int, axis: int, logits: Any) -> Any:
    """1 at the class of each row, else 0."""
    if not is_on_device(indices):
        return np.moveaxis(np.eye(classes)[indices], -1, axis)
    backend = logits.backend
    array = indices.data if isinstance(indices, Tensor) else indices

    def compare() -> Any:
        numbers = backend.arange(classes).reshape(classes, *[1] * (array.ndim - axis))
        return backend.expand_dims(array, axis) == numbers

    return backend.run(compare)


def _class_weights(weight: Any, logits: Any, axis: int) -> Any:
    """Weights of the classes, shaped so that they broadcast against the logits."""
    weight = _like(weight, logits)
    classes = logits.shape[axis]
    if weight.shape != (classes,):
        raise ShapeError(f"cross_entropy: weight has shape {weight.shape}; there are {classes} classes")
    return F.reshape(weight, (classes, *[1] * (logits.ndim - axis - 1)))


def _times(probability: Any, logarithm: Any) -> Any:
    """probability · logarithm, and 0 where the probability is 0, also beside the logarithm -inf."""
    return F.where(probability == 0, 0.0, probability * logarithm)


def _total(penalty: Callable[[Any], Any], parameters: Any, name: str) -> Any:
    given: Iterable[Any] = [parameters] if isinstance(parameters, Node) else parameters
    parameters = list(given)
    if not parameters:
        raise ArgumentError(f"{name}: no parameters; give model.parameters()")
    if is_value(parameters[0]):
        return F.sum(penalty(as_object(parameters)))
    first, *others = [F.sum(penalty(parameter)) for parameter in parameters]
    for other in others:
        first = first + other
    return first
