"""Copies of graphs, by `copy` and by `pickle`.

Both would go from a node to its inputs by recursion, and a graph may be deeper than Python's stack. So here a graph is
a list: first come its nodes without contents, then what each of them holds, in which every node is known already.
"""

from __future__ import annotations

import copyreg
import threading
import weakref
from collections.abc import Callable
from copy import deepcopy
from operator import attrgetter
from typing import Any

from ..clock import SERIAL
from ..graph.node import Node


def _shallow(node: Node) -> Node:
    """A node of its own that holds the same."""
    return _fill(object.__new__(type(node)), node.__getstate__())


def _deep(root: Node, memo: dict[int, Any]) -> Node:
    """A copy of a node, with copies of all that it was computed from."""
    nodes = _graph(root, lambda node: id(node) in memo)
    for node in nodes:
        memo[id(node)] = object.__new__(type(node))
    for node in nodes:
        contents, slots = node.__getstate__()
        slots = {name: x if type(x) in _ATOMS else deepcopy(x, memo) for name, x in slots.items()}
        _fill(memo[id(node)], (deepcopy(contents, memo), slots))
    return memo[id(root)]


_RENAMED = {"_home": "_buffer"}  # slots, by their names in pickles of before
_ATOMS = {bool, int, float, str, type(None)}  # what a copy shares; asking deepcopy would take longer


def _reduced(root: Node, protocol: Any) -> tuple[Any, ...]:
    """What `pickle` writes for a node."""
    shell, _turn.shell = _turn.shell, None
    new = copyreg.__newobj__, (type(root),)  # type: ignore[attr-defined]
    if shell is not None and shell.node is root:  # a part of another's graph
        shell.is_new = True
        return new
    session = None if _turn.session is None else _turn.session()
    if session is None or id(root) in session.known:
        session = _Session()
        _turn.session = weakref.ref(session)
    known = session.known
    shells = [_Shell(node) for node in _graph(root, lambda node: id(node) in known) if node is not root]
    known.update([id(shell.node) for shell in shells], [id(root)])
    state = shells, [_Contents(shell) for shell in shells], _state(root), session
    return *new, state, None, None, _restore


class _Session:
    """One run of a pickler, which keeps what it has written, and so this, as long as it lasts.

    A pickler asks an object once. So if a node that is known is asked again, this is another run.
    """

    def __init__(self) -> None:
        self.known: set[int] = set()  # the ids of the nodes that are written

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (None,)


class _Turn(threading.local):
    shell: _Shell | None = None  # whose node pickle asks next, if it does not know it yet
    session: weakref.ref[_Session] | None = None  # the last one of this thread


_turn = _Turn()


class _Shell:
    """Stands before a node that is to be pickled without contents."""

    def __init__(self, node: Node):
        self.node = node
        self.is_new = False  # or has been pickled before, contents and all

    def __reduce__(self) -> tuple[Any, ...]:
        _turn.shell = self
        return _itself, (self.node,)


class _Contents:
    """What a node holds, once all nodes of the graph are known."""

    def __init__(self, shell: _Shell):
        self.shell = shell

    def __reduce__(self) -> tuple[Any, ...]:
        _turn.shell = None
        node = self.shell.node
        return (_fill, (node, _state(node))) if self.shell.is_new else (_itself, (None,))


def _itself(node: Any) -> Any:
    return node


def _state(node: Node) -> Any:
    """The state of a node; with the serial of a changed one if it is older than one of its leaves (see `nodes`)."""
    contents, slots = state = node.__getstate__()
    stale = any(operand.op is None and operand.serial > node.serial for operand in node.inputs)
    return (contents, {**slots, "serial": 0}) if stale else state


def _fill(node: Node, state: Any) -> Node:
    contents, slots = state
    for name, item in slots.items():
        setattr(node, _RENAMED.get(name, name), item)
    if contents:
        node.__dict__.update(contents)
    node.is_filled()
    return node


def _restore(root: Node, state: Any) -> None:
    """Fill the root of a graph that was read. All are of this moment; their order stays."""
    _, filled, contents, _ = state
    new = [node for node in filled if node is not None] + [_fill(root, contents)]
    for node in sorted(new, key=attrgetter("serial")):
        if node.serial:  # 0 says that it was changed
            node.serial = next(SERIAL)


def _graph(root: Node, known: Callable[[Node], bool]) -> list[Node]:
    """A root, what it was computed from, and their gradients; nothing behind what is known."""
    found, waiting = {root: None}, [root]
    while waiting:
        node = waiting.pop()
        for other in (*node.inputs, node._grad):
            if isinstance(other, Node) and other not in found and not known(other):
                found[other] = None
                waiting.append(other)
    return list(found)


class Copies:
    """The methods that `copy` and `pickle` ask of a node."""

    __slots__ = ()
    __copy__, __deepcopy__, __reduce_ex__ = _shallow, _deep, _reduced
    __setstate__ = _fill  # pickles of before ask for it
