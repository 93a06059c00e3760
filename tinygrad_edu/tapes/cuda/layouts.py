"""Layouts: in which array, and where in it, the elements lie that a call of a tape gives.

On a device every result is written in the order of its rows (C order), whatever NumPy did. A view, such as a transpose,
is none: it is another way to go through the array of which it is one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..liveness import Liveness
from ..tape import RESHAPES, Tape, Tracer, values

BROADCAST = "broadcast_to"  # gives a copy where that is faster for NumPy


class Layout(NamedTuple):
    """Where the elements of an array lie.

    Attributes:
        root: the place of the array in whose memory they lie.
        offset: of the first element, in elements.
        strides: from one element to the next along each axis, in elements.
    """

    root: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it is all of an array of its own shape, and no view of it with other elements."""
        return not self.offset and self.strides == in_order(self.shape)

    def along(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """The strides with which one goes through it, broadcast to a shape; None if it does not fit that."""
        if len(self.shape) > len(shape):
            return None
        missing = len(shape) - len(self.shape)
        found = [0] * missing
        for length, stride, wanted in zip(self.shape, self.strides, shape[missing:], strict=True):
            if length not in (1, wanted):
                return None
            found.append(stride if length > 1 else 0)
        return tuple(found)


def in_order(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of an array whose elements lie in the order of its rows; 0 along an axis of one element."""
    steps = [math.prod(shape[k + 1 :]) for k in range(len(shape))]
    return tuple(step if length > 1 else 0 for step, length in zip(steps, shape, strict=True))


def layouts(tape: Tape, live: Liveness) -> dict[int, Layout]:
    """The layouts of what a function needs, by place."""
    found: dict[int, Layout] = {}
    arrays: dict[int, Any] = {}  # of the same shapes, dtypes and layouts on the host; nothing is ever read from them
    for place in sorted(live.used):
        call, value = tape.calls[place], np.asarray(tape.arrays[place].value)
        arrays[place] = np.empty(value.shape, value.dtype)
        found[place] = Layout(place, 0, value.shape, in_order(value.shape))
        if call.again or call.overwrites or not (call.operands and isinstance(call.operands[0], Tracer)):
            continue
        if live.memory[place] != place or call.name in RESHAPES or call.name == BROADCAST:
            source = live.reads[place][0].place
            function = np.broadcast_to if call.name == BROADCAST else call.function
            given = _with(call.operands, source, arrays[source])
            view = function(*given, **dict(values(call.options)))
            if view.size and np.shares_memory(view, arrays[source]):
                arrays[place], found[place] = view, _layout(view, arrays[source], found[source])
    return found


def _with(operands: tuple[Any, ...], source: int, array: Any) -> list[Any]:
    """Operands, with this array in place of the one of the tape."""
    return [array if getattr(x, "place", None) == source else values(x) for x in operands]


def _layout(view: Any, array: Any, source: Layout) -> Layout:
    """That of a view of an array with a known layout."""
    size = view.itemsize
    offset = source.offset + (_address(view) - _address(array)) // size
    strides = [stride // size if length > 1 else 0 for length, stride in zip(view.shape, view.strides, strict=True)]
    return Layout(source.root, offset, view.shape, tuple(strides))


def _address(array: Any) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


class Matrix(NamedTuple):
    """A matrix in an array.

    Attributes:
        rows, columns: of the matrix.
        offset: of its first element, in elements.
        leading: how far apart its rows are, in elements; of a transposed one, its columns.
        transposed: whether its columns, and not its rows, lie in one piece.
    """

    rows: int
    columns: int
    offset: int
    leading: int
    transposed: bool


def matrix(layout: Layout) -> Matrix | None:
    """A layout as a matrix of which the rows, or else the columns, lie in one piece; None if neither do."""
    if len(layout.shape) != 2 or not all(layout.shape):
        return None
    (rows, columns), (down, right) = layout.shape, layout.strides
    if (right == 1 or columns == 1) and (down >= columns or rows == 1):
        return Matrix(rows, columns, layout.offset, max(down, columns), False)
    if (down == 1 or rows == 1) and (right >= rows or columns == 1):
        return Matrix(rows, columns, layout.offset, max(right, rows), True)
    return None
