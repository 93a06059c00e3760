"""A recording of a function of Values: which operations it applied to the numbers of an example."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..clock import SERIAL
from ..graph.modes import MODES, Mode, no_grad
from ..graph.node import Node
from ..graph.observer import Observer
from ..graph.operation import REGISTRY, Operation
from ..namespaces.objects import is_value
from ..tensors.value import Value
from .recording import COMPARISONS, Event, Plain, Same, Source, module_of


class Watched(Value):
    """A Value that reports when its number is read, or written: what a function then does may depend on it."""

    __slots__ = ()

    @property
    def data(self) -> float:
        return self.item()

    @data.setter
    def data(self, data: Any) -> None:
        if (watch := MODES.get().watch) is not None:
            watch.written(self)
        Value.data.fset(self, data)  # type: ignore[attr-defined]

    def item(self) -> float:
        if (watch := MODES.get().watch) is not None:
            watch.read(self)
        return self._data

    def __bool__(self) -> bool:
        return bool(self.item())

    def detach(self) -> Value:
        with no_grad():
            constant: Value = self._apply(REGISTRY["alias"], (self,), None)
            return constant

    __float__ = item


class ScalarRecording(Observer):
    """What a function does with an example, noted while it runs.

    Args:
        example: the arguments; in place of each float the function gets a Value.
        parameters: Values that are known to be used; when the function reads their numbers, it is noticed.
    Attributes:
        events: in the order in which they happened.
        results: what the function gave.
        outputs: for each result where its numbers come from, and the shape of an array of Values, or None.
        leaves: the Values that the function uses and did not make, and whether each requires a gradient.
        why_not: what cannot be replayed, in words; None if all can.
    """

    def __init__(self, function: Callable[..., Any], example: tuple[Any, ...], parameters: Iterable[Value] = ()):
        self.why_not: str | None = None
        self.events: list[Event] = []
        self._began = next(SERIAL)
        self._known: dict[int, Source] = {}  # Values by identity, which `_alive` keeps valid
        self._alive: list[Any] = []
        arguments = [self._wrap(argument) for argument in example]
        with _watching(parameters), Mode(lambda: {"watch": self}):
            self.results = function(*arguments)
        self.outputs: list[tuple[list[Source], tuple[int, ...] | None]] = []
        for result in as_tuple(self.results):
            if is_value(result):
                self.outputs.append(([self._source(result)], None))
            elif isinstance(result, np.ndarray) and result.dtype == object:
                self.outputs.append(([self._source(item) for item in result.flat], result.shape))
        self.leaves = self._leaves()

    def refuse(self, why: str) -> None:
        """Say why the function cannot be replayed; the first reason counts."""
        self.why_not = self.why_not or why

    def _leaves(self) -> list[tuple[Value, bool]]:
        sources = [source for event in self.events for source in event.operands]
        sources += [source for result, _ in self.outputs for source in result]
        found = {id(s.key.item): (s.key.item, s.kind == "parameter") for s in sources if isinstance(s.key, Same)}
        return list(found.values())

    def _wrap(self, argument: Any) -> Any:
        """An argument with Values in place of its floats."""
        if isinstance(argument, (list, tuple)):
            return type(argument)(map(self._wrap, argument))
        if isinstance(argument, np.ndarray) and argument.dtype.kind in "fO":
            values = np.empty(argument.shape, dtype=object)
            for index in np.ndindex(argument.shape):
                values[index] = self._wrap(argument[index])
            return values
        if not is_number(argument):
            return argument
        value = Watched(argument._data if is_value(argument) else float(argument), requires_grad=False)
        self._alive.append(value)
        self._known[id(value)] = Source("argument", len(self._known))
        return value

    # --- what the function does ---

    def made(self, node: Node, op: Operation, inputs: tuple[Node, ...], attrs: dict[str, Any] | None) -> None:
        if not is_value(node):
            self.refuse(f"it computes with a Tensor ({op.name}) and gives a Value: use one kind of nodes")
            return
        named = {name: Source("plain", Plain(item)) for name, item in (attrs or {}).items()}
        self.events.append(Event(op, tuple(map(self._source, inputs)), named, node.requires_grad))
        self._known[id(node)] = Source("result", len(self.events) - 1)
        self._alive.append(node)
        if type(node) is Value:
            node.__class__ = Watched

    def called(self, function: Callable[..., Any], arguments: tuple[Any, ...], result: Any) -> None:
        if function in COMPARISONS:
            self.refuse(
                "it compares numbers, so that what it does next may depend on them; compute with tg.relu, "
                "tg.maximum, tg.minimum, tg.clip, or tg.where(tg.step(a - b), ...) instead"
            )
        elif module_of(function) is not None:
            what = type(module_of(function)).__name__
            self.refuse(f"it calls a {what}, which does something else in each call; call it outside, or use tensors")

    def reached(self, node: Node) -> None:
        self.refuse("it runs a backward pass of its own; a replay computes the gradients of the loss that it gives")

    def read(self, node: Node) -> None:
        self.refuse(f"it reads the number of a {node.describe()}, so that what it does may depend on it")

    def written(self, node: Node) -> None:
        self.refuse(f"it writes into a {node.describe()}, which a replay would not do: do so outside")

    # --- where numbers come from ---

    def _source(self, value: Any) -> Source:
        if id(value) in self._known:
            return self._known[id(value)]
        self._alive.append(value)
        if not is_value(value):
            return Source("plain", Plain(float(value)))
        if value.op is not None:
            self.refuse(f"it uses a {value.describe()} that was computed outside of it: compute it inside")
        if value.serial >= self._began and not value.requires_grad:
            return Source("plain", Plain(value._data))
        if value.serial >= self._began:
            self.refuse("it makes a Value that requires gradients, or writes into one: do so outside")
        return Source("parameter" if value.requires_grad else "constant", Same(value))


@contextmanager
def _watching(parameters: Iterable[Value]) -> Iterator[None]:
    """While this lasts, Values report what is done to them."""
    switched = [value for value in parameters if type(value) is Value]
    for value in switched:
        value.__class__ = Watched
    try:
        yield
    finally:
        for value in switched:
            value.__class__ = Value


def as_tuple(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else (results,)


def is_number(argument: Any) -> bool:
    """Whether an argument is a number that may change; integers and truths are fixed, as they may be positions."""
    return isinstance(argument, (float, np.floating)) or is_value(argument)
