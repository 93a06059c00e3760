"""Class labels and other positions in a table, made ready for a device.

CuPy wraps an index that is out of range silently, and checking it there would wait for the device. So labels
are checked on the host, where they enter; those that are on a GPU already are taken as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError, DtypeError
from ..graph.modes import call_beside
from ..tensors.tensor import Tensor

_UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}


def is_on_device(labels: Any) -> bool:
    """Whether they are in the memory of a GPU, where nothing can be checked without waiting."""
    if isinstance(labels, Tensor):
        return not labels.backend.is_host
    return not isinstance(labels, (np.ndarray, np.generic)) and hasattr(labels, "shape")


def to_host(labels: Any) -> np.ndarray:
    """A list, an array or a tensor as an array of the host; only a tensor of a GPU is waited for."""
    if isinstance(labels, Tensor):
        return labels.backend.asnumpy(labels._data)
    return np.asarray(labels)


def first_of(numbers: np.ndarray, wrong: np.ndarray) -> tuple[Any, str]:
    """The first wrong one of some numbers, and where it is, as a message says it."""
    position = tuple(map(int, np.argwhere(wrong)[0]))
    return numbers[position], f" at position {position[0] if len(position) == 1 else position}" if position else ""


def positions(
    labels: Any, n: int, beside: Any, where: str, what: str = "label", of: str = "classes", advice: str = ""
) -> Any:
    """Labels as an array of integers beside another operand: on the device of a tensor, on the host beside Values.

    Args:
        labels: integers from 0 to n - 1: a list, an array, or a tensor.
        where, what, of: how messages call the caller, a label, and what there are n of; they end with the advice.
    Raises:
        DtypeError: they are no integers.
        DataError: one that is on the host is out of range; the message names it and its position.
        DeviceError: they are on another device than the tensor beside them.
    """
    if not (is_on_device(labels) and isinstance(beside, Tensor)):
        host = call_beside(None, _check_labels, to_host(labels), n, where, what, of, advice)
        return beside.backend.asarray(host) if isinstance(beside, Tensor) else host
    _check_integers(labels, where, what)
    if isinstance(labels, Tensor):
        beside.backend.same_device(labels.backend, where)
        labels = labels._data
    return beside.backend.run(_that_add_up, labels)


def positions_and_kept(labels: Any, n: int, beside: Any, where: str, ignored: int | None) -> tuple[Any, Any]:
    """Labels as in `positions`, and which of them count: booleans (n,) beside them, or None for all.

    Args:
        ignored: the label of those that do not count, which become 0 where it is none of n. None: -100 on the host;
            labels on a GPU all count.
    Raises:
        DataError: one that is on the host is out of range, and not to be ignored.
    """
    backend, kept = getattr(beside, "backend", None), None
    unseen = is_on_device(labels) and backend is not None
    if ignored is None and not unseen:
        ignored = -100
    advice = "; a label whose examples are to be left out is given as ignore_index"
    try:
        found = positions(labels, n, beside, where, advice=advice)
    except DataError:  # which a replay of a compiled loss raises, too
        kept = to_host(labels) != ignored
    if kept is not None:
        found, kept = positions(np.where(kept, to_host(labels), 0), n, beside, where, advice=advice), kept.reshape(-1)
        return found, kept if backend is None else backend.asarray(kept)
    if ignored is None or not (unseen or 0 <= ignored < n):
        return found, None
    limits = np.iinfo(found.dtype)  # array libraries differ on comparing with a number beyond them
    return found, call_beside(backend, _differ, found, ignored) if limits.min <= ignored <= limits.max else None


def _differ(labels: Any, label: int) -> Any:
    return (labels != label).reshape(-1)


def _check_labels(labels: np.ndarray, n: int, where: str, what: str, of: str, advice: str) -> np.ndarray:
    if labels.dtype.kind == "b" or not labels.size:  # an empty list is an array of float64
        return labels.astype(np.intp)
    _check_integers(labels, where, what)
    # read without a sign, a negative label is larger than all others: one pass over the labels is enough
    if labels.size and np.maximum.reduce(labels.view(_UNSIGNED[labels.itemsize]), axis=None) >= n:
        label, at = first_of(labels, (labels < 0) | (labels >= n))
        raise DataError(f"{where}: {what} {label}{at} is out of range: there are {n} {of}, 0 to {n - 1}{advice}")
    return _that_add_up(labels)


def _check_integers(labels: Any, where: str, what: str) -> None:
    if labels.dtype.kind not in "iu":
        raise DtypeError(f"{where}: each {what} must be an integer, not {labels.dtype}; use y.astype(int)")


def _that_add_up(labels: Any) -> Any:
    """The same labels; those of 64 bits without a sign, which NumPy adds to other integers as floats, with one."""
    return labels.astype(np.intp) if labels.dtype.kind == "u" and labels.itemsize == 8 else labels
