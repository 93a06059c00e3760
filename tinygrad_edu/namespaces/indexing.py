"""Indices and axes, made ready on the host before an operation sees them.

An array library on a device wraps indices that are out of range without a word, so they are checked here, where the
data enters; boolean masks become integer positions, as the number of elements that a mask takes must be known.
"""

from __future__ import annotations

import operator
from itertools import accumulate
from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError


def ready(index: Any, shape: tuple[int, ...]) -> Any:
    """An index as an operation can keep it: masks as positions, lists as arrays, positions checked.

    Args:
        index: anything NumPy can index with, or a tensor of integers or booleans.
        shape: of the tensor that is indexed.
    Raises:
        IndexError: an index is out of range, there are too many of them, or a mask has another shape.
    """
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is Ellipsis or isinstance(part, slice) for part in parts):
        return index
    host = [_on_host(part) for part in parts]
    taken = sum(part.ndim if _is_mask(part) else part is not None and part is not Ellipsis for part in host)
    if taken > len(shape):
        raise IndexError(f"too many indices: {taken} for a tensor of shape {shape}")
    result: list[Any] = []
    axis = 0
    for part in host:
        if part is Ellipsis:
            axis += len(shape) - taken
        elif part is None or isinstance(part, slice):
            axis += part is not None
        elif _is_mask(part):
            here = shape[axis : axis + part.ndim]
            if part.shape != here:
                raise IndexError(f"a mask of shape {part.shape} does not fit the axes of shape {here} that it selects")
            result.extend(np.nonzero(part))
            axis += part.ndim
            continue
        else:
            _check_range(part, axis, shape)
            axis += 1
        result.append(part)
    return tuple(result)


def _on_host(part: Any) -> Any:
    if isinstance(part, (bool, np.bool_)):
        raise IndexError("a single True or False is no index; a mask needs the shape of the axes that it selects")
    if part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer)):
        return part
    array = part.numpy() if hasattr(part, "numpy") else part.get() if hasattr(part, "get") else np.asarray(part)
    array = array.astype(np.intp) if array.size == 0 and array.dtype.kind == "f" else array  # an empty list
    if array.dtype.kind not in "iub":
        raise IndexError(f"an index must hold integers or booleans, not {array.dtype}")
    return array


def _is_mask(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind == "b"


def _check_range(part: Any, axis: int, shape: tuple[int, ...]) -> None:
    length, positions = shape[axis], np.asarray(part)
    wrong = positions[(positions < -length) | (positions >= length)]
    if wrong.size:
        raise IndexError(
            f"index {wrong.flat[0]} is out of range for axis {axis} of a tensor of shape {shape}: "
            + (f"use {-length} to {length - 1}" if length else "the axis is empty")
        )


def has_arrays(index: Any) -> bool:
    """Whether it has arrays of positions: such an index can name an element twice, and a mask has become one."""
    return any(getattr(part, "ndim", 0) for part in (index if isinstance(index, tuple) else (index,)))


def inverse_axes(axes: tuple[int, ...] | None, ndim: int) -> tuple[int, ...] | None:
    """The order of axes that undoes `transpose(axes)`."""
    if axes is None:
        return None
    return tuple(int(k) for k in np.argsort([axis % ndim for axis in axes]))


def parts(shapes: list[tuple[int, ...]], axis: int) -> list[tuple[slice, ...]]:
    """Where arrays of these shapes lie in their concatenation along `axis`."""
    axis = axis % len(shapes[0])
    before = (slice(None),) * axis
    ends = list(accumulate(shape[axis] for shape in shapes))
    return [(*before, slice(start, end)) for start, end in zip([0, *ends], ends, strict=False)]


def pairs(values: Any, ndim: int) -> Any:
    """(before, after) for each axis: what `np.pad` makes of a number, a pair, or several; CuPy's `pad` does not.

    Without axes, the number 0, as CuPy's cannot take the empty sequence.
    """
    return tuple(map(tuple, np.broadcast_to(values, (ndim, 2)).tolist())) or 0


def inner(pad_width: Any, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Where the original lies in an array padded by `pad_width`."""
    before = np.broadcast_to(pad_width, (len(shape), 2))[:, 0]
    return tuple(slice(int(start), int(start) + n) for start, n in zip(before, shape, strict=True))


def opposite(shift: Any) -> Any:
    """The shift that undoes `roll(shift)`."""
    return tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift


def of_number(axis: Any, ndim: int) -> Any:
    """None for the axis 0 or -1 of a single number: NumPy takes them, although a number has no axes."""
    return None if not ndim and axis in (0, -1) else axis


def axes_in_range(axis: Any, ndim: int, what: str = "") -> tuple[int, ...]:
    """The axes that an argument names, one or several, or all by None; non-negative.

    Args:
        what: who asks, for the message: "squeeze: ".
    Raises:
        ShapeError: the tensor has no such axis, or one is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(axis_in_range(k, ndim, what) for k in (axis if np.ndim(axis) else (axis,)))
    if len(set(axes)) < len(axes):
        raise ShapeError(f"{what}the axes {axis} name one of {ndim} axes twice: name each once")
    return axes


def axis_in_range(axis: int, ndim: int, what: str = "") -> int:
    """A non-negative axis; `what` is who asks, for the message.

    Raises:
        ShapeError: the tensor has no such axis.
        DtypeError: it is no whole number.
    """
    try:
        inside = -ndim <= operator.index(axis) < ndim
    except TypeError:
        found = f"{repr(axis)[:40]} ({type(axis).__name__})"
        raise DtypeError(f"{what}an axis is a whole number, 0 for the first and -1 for the last, not {found}") from None
    if not inside:
        use = f"use {-ndim} to {ndim - 1}" if ndim else "a number has none, so leave the axis out"
        raise ShapeError(f"{what}axis {axis} is out of range for a tensor of {ndim} axes: {use}")
    return axis % ndim
