"""A recording: which operations a function applied, and to what.

A recording names everything by where it comes from: an argument, a parameter, the result of an earlier operation, a
number. So two recordings of the same computation are equal, whatever numbers went through it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..modes import Observer
from ..node import Node
from ..operation import Operation
from ..tensor import Tensor
from ..value import Value

COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)


class Source(NamedTuple):
    """Where an operand comes from.

    Attributes:
        kind: "argument", "parameter", "constant", "result" (of an earlier event), "plain" (a Python value); or "array",
            that of a parameter or result, without its history.
        key: which argument or event; the tensor or array itself; the Python value; or of which `Source` the array is.
    """

    kind: str
    key: Any


class Same:
    """A tensor or array, equal to itself, and to another tensor of the same array."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, item: Any):
        self.item = item
        self.array = item._data if isinstance(item, Tensor) else item

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and (self.item is other.item or self.array is other.array)


class Plain:
    """A Python value, equal to what is written in the same way: 1 is not 1.0, and nan is nan."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, item: Any):
        self.item = item

    def __eq__(self, other: object) -> bool:
        return type(other) is Plain and type(self.item) is type(other.item) and repr(self.item) == repr(other.item)


class Event(NamedTuple):
    """Something that a function did.

    Attributes:
        what: the operation; or a function that was called by `host_call`, and has to be called again.
        operands: where they come from.
        attrs: the operation's attributes, in the same form; None for such a function.
        tracked: whether the result belongs to the graph.
    """

    what: Any  # Operation, or a function
    operands: tuple[Any, ...]
    attrs: Any
    tracked: bool


class Recording(Observer):
    """What a function of some arguments does, noted while it runs.

    Args:
        arguments: of the function; tensors and arrays among them are all different objects.
    Attributes:
        events: in the order in which they happened.
        results: the node, array or None that each gave.
        modules: every module that was called, with its mode.
        why_not: what cannot be replayed, in words; None if all can.
    """

    def __init__(self, arguments: tuple[Any, ...]):
        self.arguments = arguments
        self.events: list[Event] = []
        self.results: list[Any] = []
        self.modules: dict[Any, bool] = {}
        self.why_not: str | None = None
        self._known: dict[int, Source] = {}  # nodes and arrays by identity; `_alive` keeps the identities valid
        self._alive: list[Any] = []
        for k, argument in enumerate(arguments):
            self._knows(argument, Source("argument", k))

    # --- what the function does ---

    def made(self, node: Node, op: Operation, inputs: tuple[Node, ...], attrs: dict[str, Any] | None) -> None:
        if isinstance(node, Value):
            self.refuse(f"it computes with a Value ({op.name}); only tensors are compiled")
            return
        named = {name: self.source(item) for name, item in (attrs or {}).items()}
        self._note(Event(op, tuple(map(self.source, inputs)), named, node.requires_grad), node)

    def called(self, function: Callable[..., Any], arguments: tuple[Any, ...], result: Any) -> None:
        if function in COMPARISONS and np.size(result) == 1:
            self.refuse("it compares single numbers, so that what it does next may depend on them; use tg.where")
        self._note(Event(function, tuple(map(self.source, arguments)), None, False), result)

    def entered(self, module: Any) -> None:
        self.modules[module] = module.training

    def read(self, node: Node) -> None:
        self.refuse(
            f"it reads the numbers of a {node.describe()}, so that what it does may depend on them; compute with "
            "operations of tensors alone, such as tg.where, and read numbers outside"
        )

    def refuse(self, why: str) -> None:
        """Say that the function cannot be replayed; the first reason counts."""
        self.why_not = self.why_not or why

    def _note(self, event: Event, result: Any) -> None:
        self._knows(result, Source("result", len(self.events)))
        self.events.append(event)
        self.results.append(result)

    # --- where things come from ---

    def _knows(self, item: Any, source: Source) -> None:
        self._alive.append(item)
        if isinstance(item, Tensor):
            self._known[id(item)] = source
            item = item._data
        if isinstance(item, np.ndarray):
            self._known[id(item)] = source if source.kind == "argument" else Source("array", source)

    def source(self, item: Any) -> Any:
        """Where an operand comes from; of a tuple or list, where each element does."""
        if isinstance(item, (Tensor, np.ndarray)):
            return self._known.get(id(item)) or self._new(item)
        if isinstance(item, Value):
            item = item._data
        if isinstance(item, (tuple, list)):
            return type(item)(map(self.source, item))
        return Source("plain", Plain(item))

    def _new(self, item: Any) -> Source:
        """Something that the function did not compute under our eyes."""
        self._alive.append(item)
        if isinstance(item, Tensor):
            if item.op is not None:
                self.refuse(
                    f"it uses a {item.describe()} that was computed outside of it: compute it inside, or detach() it"
                )
            if item.requires_grad:
                self._knows(item, Source("parameter", Same(item)))
                return self._known[id(item)]
            if id(item._data) in self._known:
                return self._known[id(item._data)]
        return Source("constant", Same(item))
