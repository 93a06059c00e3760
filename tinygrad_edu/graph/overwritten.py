"""Which memory was written into: a tensor that shares it no longer holds what others were computed from.

A node whose data are set gets a new serial. What shares its memory, a view of a constant, or what `detach()` gave, does
not: so each write into an array is noted here, and a backward pass asks, if there was one since its oldest node.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from ..clock import LAST_WRITE, SERIAL
from .node import Node


class Write(NamedTuple):
    """The last write into an array.

    Attributes:
        serial: its moment.
        array, owner: weak references to the array, and to the one that owns its memory.
    """

    serial: int
    array: weakref.ref[Any]
    owner: weakref.ref[Any]

    def is_into(self, data: Any, backend: Any) -> bool:
        """Whether it went into the memory of these data."""
        owner, array = self.owner(), self.array()
        if owner is None or owner is not _owner(data):
            return False
        return array is None or array is data or bool(backend.run(backend.xp.may_share_memory, array, data))


_writes: dict[int, Write] = {}  # by the identity of their arrays


def note_write(array: Any) -> None:
    """An array was written into, in which others than its holder may have an interest."""
    LAST_WRITE[0] = serial = next(SERIAL)
    key = id(array)
    _writes[key] = Write(serial, weakref.ref(array), weakref.ref(_owner(array), partial(_forget, key)))


def _forget(key: int, owner: Any) -> None:
    """The owner of its memory is gone."""
    _writes.pop(key, None)


def first_overwritten(order: Sequence[Node]) -> tuple[Node, Node] | None:
    """The first node of these of which, or of whose inputs, the numbers are not those that it was computed from; and
    the one that was written into. None, if all are.

    Args:
        order: newest first.
    """
    recent = [write for write in list(_writes.values()) if write.serial > order[-1].serial]
    for node in order:
        for item in (node, *node.inputs):
            if hasattr(item, "backend") and any(
                write.serial > node.serial and write.is_into(item._data, item.backend) for write in recent
            ):
                return node, item
    return None


def _owner(array: Any) -> Any:
    """The array that owns the memory of another."""
    base = array.base
    return base if isinstance(base, type(array)) else array
