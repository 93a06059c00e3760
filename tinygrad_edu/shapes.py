"""Why shapes do not fit: of arrays that cannot be broadcast, of rows in a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def misfit(shapes: Sequence[tuple[int, ...]], attrs: dict[str, Any]) -> str:
    """Why operands of these shapes cannot be computed element by element, and what could be meant; "" if they can."""
    ndim = max(map(len, shapes))
    aligned = [(1,) * (ndim - len(shape)) + shape for shape in shapes]
    for axis in range(-1, -ndim - 1, -1):
        lengths = sorted({shape[axis] for shape in aligned} - {1})
        if len(lengths) > 1:
            which = "the last axis" if axis == -1 else f"axis {axis}"
            rule = "counted from the last, axes need the same length, or the length 1"
            return f"{rule}, and {which} has {' and '.join(map(str, lengths))}{_meant(shapes)}"
    return ""


def _meant(shapes: Sequence[tuple[int, ...]]) -> str:
    for vector in (shape for shape in shapes if len(shape) == 1):
        if any(len(shape) == 2 and shape[0] == vector[0] for shape in shapes):
            return f". One number for each row is a column: v.reshape({vector[0]}, 1)"
    matrices = [shape for shape in shapes if len(shape) == 2]
    if len(matrices) == len(shapes) == 2:
        (n, k), (m, other) = matrices
        if (n, k) == (other, m):
            return f". The transpose of one has the shape of the other: x.T; and a @ b gives {(n, other)}"
        if k == m:
            return f". The matrix product fits: a @ b gives {(n, other)}"
    return ""


def raggedness(data: Any, where: str = "") -> str:
    """Where a nested list becomes ragged, in words; "" if it does not."""
    lengths = [len(item) if isinstance(item, (list, tuple)) else None for item in data]
    for k, length in enumerate(lengths):
        if length != lengths[0]:
            first, other = ("a number" if n is None else f"{n} element{'s' * (n != 1)}" for n in (lengths[0], length))
            return f"data{where}[0] has {first}, but data{where}[{k}] has {other}; every row needs the same length"
    nested = (raggedness(item, f"{where}[{k}]") for k, item in enumerate(data) if isinstance(item, (list, tuple)))
    return next(filter(None, nested), "")
