"""The CPU, by NumPy."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..namespaces.namespace import PARTS
from .base import Backend

_erf = np.frompyfunc(math.erf, 1, 1)
_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce
SHORT = 32  # elements in a row


class NumpyBackend(Backend):
    """NumPy arrays in the host's memory."""

    language = "numpy"
    compiles = True
    einsum = staticmethod(partial(np.einsum, optimize=True))

    def __init__(self) -> None:
        super().__init__("cpu", np, np.ndarray)

    def owns(self, array: Any) -> bool:
        return isinstance(array, (np.ndarray, np.generic))

    # What NumPy's functions of these names compute, in half their time: they look for other libraries' arrays first.
    # (A ufunc's `reduce` by itself would, without an axis, reduce the first one.)

    @staticmethod
    def sum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        return _add(a, axis, dtype, out, keepdims)

    @staticmethod
    def max(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        if axis == 1 and a.ndim == 2 and a.shape[1] <= SHORT:
            a = a.copy(order="F")  # NumPy reduces row by row, but what lies column by column all rows at once
        return _maximum(a, axis, None, out, keepdims)

    @staticmethod
    def min(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        return _minimum(a, axis, None, out, keepdims)

    def broadcast_to(self, a: Any, shape: tuple[int, ...]) -> Any:
        """A view of the repeated elements; where they are few, a copy, as NumPy takes longer to make a view."""
        if math.prod(shape) > 4096 or a.ndim > len(shape):
            return np.broadcast_to(a, shape)
        copy = np.empty(shape, dtype=a.dtype)
        copy[...] = a
        return copy

    def erf(self, a: Any) -> Any:
        """NumPy has no error function: Python's, element by element; exact, and as slow as a Python loop in C."""
        return np.asarray(_erf(a)).astype(a.dtype if a.dtype.kind == "f" else float)

    def damped(self, a: Any, factor: Any) -> Any:
        product = np.asarray(a * factor)
        np.copyto(product, 0.0, where=factor == 0)
        return product

    def update(self, kernel: Any, arrays: list[Any], numbers: list[float], scratch: list[Any]) -> None:
        kernel.run(arrays, numbers, scratch)

    def activate(self, h: Any, bias: Any, activation: str | None) -> Any:
        if h.dtype != np.result_type(h, bias) or h.shape[-1:] != bias.shape:
            return PARTS["activate"](self, h, bias, activation)
        h += bias
        if activation == "relu":
            return np.maximum(h, 0.0, out=h)
        if activation == "tanh":
            return np.tanh(h, out=h)
        return getattr(self, activation)(h) if activation else h

    # What both compute of the logits stands once on a tape, which reads these two with a namespace of its own.

    def cross_entropy_rows(self, logits: Any, labels: Any) -> Any:
        shifted, _, total = self._exponentials(logits)
        picked = shifted.reshape(-1)[_at(logits, labels)]
        return self.log(total).reshape(-1) - picked

    def cross_entropy_slope(self, logits: Any, labels: Any, g: Any) -> Any:
        _, slope, total = self._exponentials(logits)
        slope *= (g[:, None] if g.ndim else g) / total
        return self.subtract_at(slope, _at(logits, labels), g)

    def _exponentials(self, logits: Any) -> tuple[Any, Any, Any]:
        """Logits less the largest of their row, the exponentials of these, and their sums along rows."""
        shifted = self.subtract(logits, self.max(logits, axis=1, keepdims=True), order="C")
        exponentials = self.exp(shifted)
        return shifted, exponentials, self.sum(exponentials, axis=1, keepdims=True)

    @staticmethod
    def subtract_at(a: Any, at: Any, b: Any) -> Any:
        """a, with b subtracted from its elements at these places of the flat array."""
        a.reshape(-1)[at] -= b
        return a


def _at(logits: Any, labels: Any) -> Any:
    """Where the logit of each row's label is in the flat array; NumPy finds it faster so than by rows and columns."""
    rows, columns = logits.shape
    return np.arange(0, rows * columns, columns) + labels
