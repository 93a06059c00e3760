"""Questions about the numbers of a tensor, to which the answers have no derivative: plain arrays of positions."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..graph.modes import call_beside
from ..namespaces.indexing import axis_in_range, of_number
from ..rules.composed import as_tensor
from ..vocabulary import checked_keywords


@checked_keywords
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the largest element along `axis` (None: among all elements in order), of equal ones the first.

    Returns:
        integers, a plain array of the device's library, as comparisons give; `logits.argmax(axis=1)` are labels.
    Raises:
        ShapeError: there is no such axis, or there are no elements.
    """
    return _answer(_argmax, "argmax", x, axis, keepdims)


@checked_keywords
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the smallest element along `axis`; see `argmax`."""
    return _answer(_argmin, "argmin", x, axis, keepdims)


def _answer(question: Any, name: str, x: Any, axis: int | None, keepdims: bool) -> Any:
    x = as_tensor(x)
    axis = of_number(axis, x.ndim)
    if axis is not None:
        axis = axis_in_range(axis, x.ndim, f"{name}: ")
    if 0 in (x.shape if axis is None else (x.shape[axis],)):
        raise ShapeError(f"{name}: a tensor of shape {x.shape} has no elements to choose from; look at x.size first")
    return call_beside(getattr(x, "backend", None), question, getattr(x, "_data", x), axis, keepdims)


def _argmax(a: Any, axis: int | None, keepdims: bool) -> Any:
    return a.argmax(axis=axis, keepdims=keepdims)


def _argmin(a: Any, axis: int | None, keepdims: bool) -> Any:
    return a.argmin(axis=axis, keepdims=keepdims)
