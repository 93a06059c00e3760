"""Class labels and other positions in a table, made ready for a device.

CuPy wraps an index that is out of range without a word, and looking at it there would wait for the device. So labels
are checked on the host, where they enter.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DataError, DtypeError
from .tensor import Tensor


def is_on_device(labels: Any) -> bool:
    """Whether they are in the memory of a device already, where nothing can be checked without waiting."""
    if isinstance(labels, Tensor):
        return not labels.backend.here
    return hasattr(labels, "shape") and not isinstance(labels, (np.ndarray, np.generic))


def to_host(labels: Any) -> np.ndarray:
    """Labels that are no device's: a list, a NumPy array, or a tensor on the CPU."""
    return labels.data if isinstance(labels, Tensor) else np.asarray(labels)


def check_labels(labels: np.ndarray, n: int, where: str, what: str = "label", of: str = "classes") -> np.ndarray:
    """Labels on the host, which must be integers from 0 to n - 1.

    Raises:
        DtypeError: they are no integers.
        DataError: one is out of range; the message names it and its position.
    """
    if labels.dtype.kind == "b":
        return labels.astype(np.intp)
    if labels.dtype.kind not in "iu":
        raise DtypeError(f"{where}: a {what} is an integer, not {labels.dtype}; use y.astype(int)")
    if labels.size and (int(labels.min()) < 0 or int(labels.max()) >= n):
        position = np.argwhere((labels < 0) | (labels >= n))[0]
        place = int(position[0]) if position.size == 1 else tuple(map(int, position))
        raise DataError(
            f"{where}: {what} {labels[tuple(position)]} at position {place} is out of range: there are {n} {of}, "
            f"0 to {n - 1}"
        )
    return labels
