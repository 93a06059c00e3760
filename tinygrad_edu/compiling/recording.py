"""A recording: which operations a function applied, and to what.

A recording names everything by where it comes from: an argument, a parameter, the result of an earlier operation, a
number. So two recordings of the same computation are equal, whatever numbers went through it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal, NamedTuple
from zlib import crc32

import numpy as np

from ..clock import SERIAL
from ..graph.node import Node
from ..graph.observer import Observer
from ..graph.operation import Operation
from ..tensors.tensor import Tensor
from ..tensors.value import Value

COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)


class Source(NamedTuple):
    """Where an operand comes from.

    Attributes:
        kind: "argument", "parameter", "constant", "result" (of an earlier event), "plain" (a Python value); or "array",
            that of a parameter or result, without its history.
        key: which argument or event; the tensor or array itself; the Python value; or of which `Source` the array is.
    """

    kind: Literal["argument", "parameter", "constant", "result", "plain", "array"]
    key: Any

    @property
    def origin(self) -> Source:
        """Where a tensor comes from whose array is meant."""
        return self.key if self.kind == "array" else self


class Same:
    """A tensor or array, equal to itself; a constant also to another one that holds the same array."""

    def __init__(self, item: Any):
        self.item = item
        self.array = item._data if isinstance(item, Tensor) else item

    def __eq__(self, other: object) -> bool:
        if type(other) is not Same:
            return False
        constant = not getattr(self.item, "requires_grad", False)
        return self.item is other.item or (constant and self.array is other.array)


class Plain:
    """A Python value, equal to what is written in the same way: 1 is not 1.0, and nan is nan."""

    def __init__(self, item: Any):
        self.item = item

    def __eq__(self, other: object) -> bool:
        return type(other) is Plain and type(self.item) is type(other.item) and repr(self.item) == repr(other.item)


Settings = list[tuple[str, Same | Plain]]


Content = tuple[Any, int, int]


def content_of(item: Any) -> Content:
    """A tensor or array, and what it holds at the moment: the identity of the array, and a checksum of its numbers."""
    array = item._data if isinstance(item, Tensor) else item
    host = array if isinstance(array, np.ndarray) else array.get()
    return item, id(array), crc32(np.ascontiguousarray(host).data)


class Event(NamedTuple):
    """Something that a function did.

    Attributes:
        what: the operation; or a function that was called by `call_beside`, and has to be called again.
        operands: where they come from.
        attrs: the operation's attributes, in the same form; None for such a function.
        tracked: whether the result belongs to the graph.
    """

    what: Any
    operands: tuple[Any, ...]
    attrs: Any
    tracked: bool

    @property
    def is_beside(self) -> bool:
        return self.attrs is None


def sources_of(event: Event) -> list[Source]:
    """Where all that an event works on comes from."""
    return _inside([event.operands, *(event.attrs or {}).values()])


def _inside(item: Any) -> list[Source]:
    return [item] if isinstance(item, Source) else [source for part in item for source in _inside(part)]


class Recording(Observer):
    """What a function of some arguments does, noted while it runs.

    Args:
        given: the arguments that the function is called with.
    Attributes:
        arguments: what to call it with in their place, objects by which each is known: the same array may be given
            twice, or be one that the function uses anyway.
        events: in the order in which they happened.
        results: the node, array or None that each gave.
        modules: every module that was called, and all inside of it, with their settings.
        backend: of the first tensor that it works on.
        elsewhere: whether it works where nothing is compiled, or on several devices.
        why_not: what cannot be replayed, in words; None if all can.
    """

    def __init__(self, given: tuple[Any, ...]):
        self.given, self.arguments = given, tuple(map(_view, given))
        self.events: list[Event] = []
        self.results: list[Any] = []
        self.modules: dict[int, tuple[Any, Settings]] = {}  # by identity
        self.backend: Any = None
        self.elsewhere = False
        self.why_not: str | None = None
        self._began = next(SERIAL)
        self._known: dict[int, Source] = {}  # nodes and arrays by identity; `_alive` keeps the identities valid
        self._alive: list[Any] = []
        for k, argument in enumerate(self.arguments):
            if isinstance(argument, Tensor):
                self._works_on(argument.backend)
            self._knows(argument, Source("argument", k))
        self._contents = [content_of(a) for a in self.arguments if isinstance(a, (Tensor, np.ndarray))]

    # --- what the function does ---

    def made(self, node: Node, op: Operation, inputs: tuple[Node, ...], attrs: dict[str, Any] | None) -> None:
        if isinstance(node, Value):
            self.refuse(f"it computes with a Value ({op.name}); only tensors are compiled")
            return
        named = {name: self.source(item) for name, item in (attrs or {}).items()}
        self._note(Event(op, tuple(map(self.source, inputs)), named, node.requires_grad), node)

    def called(self, function: Callable[..., Any], arguments: tuple[Any, ...], result: Any) -> None:
        if function in COMPARISONS and np.size(result) == 1:
            self.refuse(
                "it compares single numbers, so that what it does next may depend on them; compute with "
                "tg.maximum, tg.minimum, tg.clip or tg.relu instead"
            )
        module = module_of(function)
        if module is not None:  # its forward may have been called by its name
            self.entered(module)
        self._note(Event(function, tuple(map(self.source, arguments)), None, False), result)

    def entered(self, module: Any) -> None:
        if id(module) not in self.modules:
            self.modules |= {id(inner): (inner, settings_of(inner)) for inner in module.modules()}

    def shared(self, node: Node, constant: Node) -> None:
        if node.op is None or id(node) in self._known:
            source = self.source(node)
            self._alive.append(constant)
            self._known[id(constant)] = Source("array", source) if source.kind in ("parameter", "result") else source

    def reached(self, node: Node) -> None:
        self.refuse(
            "it runs a backward pass of its own, as backward() and tg.grad do: a replay computes the gradients of the "
            "loss that it gives, so leave these out, or run them outside"
        )

    def read(self, node: Node) -> None:
        self.refuse(
            f"it reads the numbers of a {node.describe()}, so that what it does may depend on them; compute with "
            "operations of tensors alone, such as tg.where, and read numbers outside"
        )

    def written(self, node: Node) -> None:
        self.refuse(_changes(node))

    def ended(self) -> None:
        """The function has ended: see what it did to its arguments."""
        if any(isinstance(argument, Tensor) and argument.requires_grad for argument in self.arguments):
            self.refuse("it makes an argument require gradients, as only tensors may that are there before it")
        self.refuse(changed(self._contents))

    def refuse(self, why: str | None) -> None:
        """Say why the function cannot be replayed; the first reason counts."""
        self.why_not = self.why_not or why

    def _note(self, event: Event, result: Any) -> None:
        if isinstance(result, Tensor):
            self._works_on(result.backend)
        self._knows(result, Source("result", len(self.events)))
        self.events.append(event)
        self.results.append(result)

    # --- where things come from ---

    def _knows(self, item: Any, source: Source) -> None:
        self._alive.append(item)
        if isinstance(item, Tensor):
            self._known[id(item)] = source
            item = item._data
        if self._is_array(item):
            self._known[id(item)] = source if source.kind == "argument" else Source("array", source)

    def source(self, item: Any) -> Any:
        """Where an operand comes from; of a tuple or list, where each element does."""
        if isinstance(item, Tensor) or self._is_array(item):
            return self._known.get(id(item)) or self._new(item)
        if isinstance(item, Value):
            if item.serial < self._began:
                self.refuse(f"it uses a {item.describe()}, a Value, whose number may change: make it a Tensor")
            item = item._data
        if isinstance(item, (tuple, list)):
            return (tuple if isinstance(item, tuple) else list)(map(self.source, item))
        return Source("plain", Plain(item))

    def _is_array(self, item: Any) -> bool:
        return isinstance(item, np.ndarray) or (self.backend is not None and isinstance(item, self.backend.array_type))

    def _works_on(self, backend: Any) -> None:
        self.backend = self.backend or backend
        self.elsewhere = self.elsewhere or backend is not self.backend or not backend.compiles

    def _new(self, item: Any) -> Source:
        """Something that the function did not compute under our eyes."""
        self._alive.append(item)
        if isinstance(item, Tensor):
            self._works_on(item.backend)
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


def module_of(function: Callable[..., Any]) -> Any:
    """The module of a network whose method a function is; None if it is none."""
    owner = getattr(function, "__self__", None)
    return owner if hasattr(type(owner), "training") else None


def settings_of(module: Any) -> Settings:
    """What a module's results depend on, besides its inputs and the numbers in its arrays and counters."""
    attributes = [("training", module.training), *module.attributes()]
    return [
        (name, Plain(item) if item is None or isinstance(item, (bool, int, float, str)) else Same(item))
        for name, item in attributes
        if name[0] != "_" and name not in module.counters
    ]


def changed(before: list[Content]) -> str | None:
    """What the function has changed that it works on, in words."""
    return next((_changes(item) for item, *held in before if held != [*content_of(item)[1:]]), None)


def _changes(item: Any) -> str:
    what = f"a {item.describe()}" if isinstance(item, Tensor) else f"an array of shape {item.shape}"
    return f"it writes into {what}, which a replay would not do: give what is written as a result, and do so outside"


def _view(argument: Any) -> Any:
    """The same argument as another object."""
    if isinstance(argument, Tensor):
        view = Tensor.wrap(argument._data.view(), argument.backend)
        view.name = argument.name
        return view
    return argument.view() if isinstance(argument, np.ndarray) else argument
