"""Where the gradients of a backward pass go: into `grad` of its leaves, added to what is there.

Several threads may run passes that end in the same leaves. They compute side by side, and store one after the other.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from ..clock import SERIAL
from ..graph.node import Node

if TYPE_CHECKING:
    from ..backends import Backend
    from .tensor import Tensor

# Held while a pass adds its gradients to those of leaves. (`with` would take twice as long as these two calls.)
_STORING = threading.RLock()
begin_storing, end_storing = _STORING.acquire, _STORING.release

# Held by the one pass, if any, that may write gradients of leaves into their buffers before it stores them. No other
# pass waits for it: it writes into arrays of its own.
_AHEAD = threading.Lock()
go_ahead, end_ahead = partial(_AHEAD.acquire, False), _AHEAD.release


def store_all(gradients: dict[Any, Any], start: Any, ahead: bool, here: Backend) -> None:
    """Write the gradients of a pass into tensors.

    Args:
        start: the gradient with which it began, which belongs to somebody else.
        ahead: whether `go_ahead` said True.
        here: the backend of the current device.
    """
    kept = {id(start)}
    begin_storing()
    try:
        for node, received in gradients.items():
            if node.namespace is here:
                store(node, received, kept, ahead)
            else:
                node.namespace.run(store, node, received, kept, ahead)
    finally:
        end_storing()


def free_buffer(leaf: Any) -> Any:
    """The array of a leaf's gradient buffer, if it may be overwritten: no earlier pass's gradient is in it.

    Only for whom `go_ahead` said True to.
    """
    return leaf._buffer._data if leaf._buffer is not None and leaf._grad is None else None


def store(node: Any, received: Any, kept: set[int], ahead: bool) -> None:
    """Write the gradient of a pass into a tensor: added to a leaf's, in place of a computed one's; see `store_all`."""
    before = node._grad if node.op is None else None
    if isinstance(received, Node):  # create_graph: it may be shared, as nobody writes into it
        node._grad = received if before is None else before + received
    elif node._buffer is not None and (ahead or before is node._buffer):
        node._grad = _into_buffer(node, received, before)
    else:
        total = received if before is None else before._data + received
        node._grad = node.wrap(owned(node, total, kept), node.backend)


def _into_buffer(leaf: Any, received: Any, before: Tensor | None) -> Tensor:
    """The gradient of a pass, written or added into the leaf's gradient buffer."""
    gradient: Tensor = leaf._buffer
    buffer = gradient._data
    if before is gradient:
        buffer += received
    elif before is not None:
        buffer[...] = before._data + received
    elif received is not buffer:
        buffer[...] = received
    gradient.serial = next(SERIAL)  # it has changed, for what somebody computed from the gradient of an earlier pass
    return gradient


def owned(node: Tensor, array: Any, kept: set[int]) -> Any:
    """An array that nobody else keeps, so that its holder may write into it.

    Rules may hand one array to several inputs (`add` does) or a view of it (`reshape` does). So a node keeps an array
    only if it is whole and nobody keeps it yet; else it keeps a copy.

    Args:
        kept: the ids of the arrays that somebody keeps already; the array's is added.
    """
    if type(array) is not node.backend.array_type:
        array = node.backend.asarray(array)
    if id(array) in kept or array.base is not None:
        array = array.copy()
    kept.add(id(array))
    return array
