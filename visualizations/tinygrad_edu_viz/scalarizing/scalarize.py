"""Scalarize: the same computation with single numbers, by the same rules, on arrays of Values.

The package offers `scalarize` as `take_apart`, which is the name that errors say.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Value, scope
from tinygrad_edu.errors import ArgumentError, GraphError
from tinygrad_edu.graph.modes import MODES
from tinygrad_edu.graph.node import Node
from tinygrad_edu.graph.observer import Observer
from tinygrad_edu.graph.operation import Operation
from tinygrad_edu.namespaces.namespace import OBJECTS
from tinygrad_edu.namespaces.objects import as_object

from ..recording.scope_paths import Path
from ..trace import Trace
from .arrays import Live, Recorded, Source

LARGEST = 5000  # scalars in one trace, given and computed
Index = int | tuple[int, ...]


class TooManyNumbers(ArgumentError):
    """Scalarized, this would be more than `LARGEST` scalars."""


def scalarize(source: Trace | Node, node: str | None = None, index: Index | None = None) -> Trace:
    """Scalarize one operation, or all of them, forward and backward.

    The elements of a tensor W are called W[0,0], W[0,1], ... The backward pass begins with the gradient that the result
    has in `source`, so each number receives what it received there from this operation. From a result y of several
    elements it begins at Σ g·y, where g is that gradient.

    Args:
        source: a trace, whose arrays must be recorded in full; or the result that it is recorded from, of which
            everything is known.
        node: the id that a computed node has in the trace; None for the whole expression.
        index: one element of its result: (2, 7) for row 2, unit 7. None for all.
    Raises:
        ArgumentError: no such node or element; a node that nothing computed; or an array of which the trace has only
            the mean and the range.
        TooManyNumbers: more than `LARGEST` scalars.
    """
    graph: Source = Live(source) if isinstance(source, Node) else Recorded(source)
    target = graph.root if node is None else node
    if target not in graph.inputs:
        raise ArgumentError(f"take_apart: no node has the id {target!r}")
    if not graph.inputs[target]:
        raise ArgumentError(f"take_apart: {graph.labels[target]} was given, not computed: there is nothing inside")
    place = None if index is None else _place(graph, target, index)
    gradient = np.broadcast_to(graph.gradient(target), graph.shapes[target])
    scalarized = _Scalarized(graph)
    token = MODES.set(MODES.get()._replace(recording=True, watch=scalarized))
    try:
        result = scalarized.expression() if node is None else scalarized.operation(target, place)
    finally:
        MODES.reset(token)
    if place is not None:
        element = result[place] if result.shape == gradient.shape else result.item()
        return _recorded(element, gradient[place].item(), graph.labels[target])
    return _from_all(result, gradient, graph.labels[target])


def _place(graph: Source, target: str, index: Index) -> tuple[int, ...]:
    """The index of an element, counted from 0."""
    shape = graph.shapes[target]
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) != len(shape) or not all(-n <= k < n for k, n in zip(parts, shape, strict=True)):
        raise ArgumentError(f"take_apart: {graph.labels[target]} has the shape {shape}, and no element {list(parts)}")
    return tuple([k % n for k, n in zip(parts, shape, strict=True)])


def _recorded(root: Value, gradient: float, label: str) -> Trace:
    if not root.requires_grad:
        raise ArgumentError(f"take_apart: nothing here depends on numbers that have gradients; {label} is constant")
    return Trace.record(root, gradient)


def _from_all(result: np.ndarray, gradient: np.ndarray, label: str) -> Trace:
    """The passes from all elements of a result."""
    if result.size == 0:
        raise ArgumentError(f"take_apart: {label} has no elements")
    if result.size == 1:
        return _recorded(result.item(), gradient.item(), label)
    parts: list[Any] = [
        result[place] * Value(gradient[place], name=_element("g", place), requires_grad=False)
        for place in np.ndindex(result.shape)
    ]
    total = sum(parts[1:], start=parts[0])
    total.name = f"Σ g·{label}"
    return _recorded(total, 1.0, label)


class _Scalarized(Observer):
    """A computation, number by number. As the observer of the mode it receives each Value, and counts them."""

    def __init__(self, graph: Source):
        self.graph = graph
        self.values: dict[tuple[str, int], Value] = {}  # given, by the tensor and the place in it
        self.count = 0

    def made(self, *_: Any) -> None:
        """An operation has given a Value."""
        self.add(1)

    def add(self, scalars: int) -> None:
        self.count += scalars
        self.check()

    def check(self, more: int = 0) -> None:
        """Refuse more scalars than may be."""
        if self.count + more > LARGEST:
            raise TooManyNumbers(
                f"take_apart: these are more than {LARGEST:,} numbers, which is the limit; choose one operation, or "
                "one element of its result, such as index=(0, 0)"
            )

    def expression(self) -> np.ndarray:
        """The whole graph, in the scopes that it has; the numbers of a tensor outside of all are in one of its name."""
        arrays: dict[str, np.ndarray] = {}
        opened: list[scope] = []
        try:
            for node, inputs in self.graph.inputs.items():
                if inputs or not self.graph.learns(node):  # what learns is where it is used
                    _go_to(self.scope_of(node), opened)
                if inputs:
                    arrays[node] = self.apply(node, [arrays[operand] for operand in inputs])
                else:
                    arrays[node] = self.given(node, self.places(node))
        finally:
            _go_to((), opened)
        return arrays[self.graph.root]

    def scope_of(self, node: str) -> Path:
        graph = self.graph
        inputs = graph.inputs[node]
        if graph.scopes[node] or not inputs or not any(graph.shapes[each] for each in (node, *inputs)):
            return graph.scopes[node]
        return (f"{graph.operation(node).name} {graph.labels[node]}",)

    def operation(self, node: str, place: tuple[int, ...] | None) -> np.ndarray:
        """One operation; of a single element only what it takes, where that is plain."""
        inputs, needed = self.graph.inputs[node], None
        if place is not None:
            shapes = [self.graph.shapes[operand] for operand in inputs]
            needed = _needed(self.graph.operation(node), shapes, place)
        places = needed or [self.places(operand) for operand in inputs]
        return self.apply(node, [self.given(*operand) for operand in zip(inputs, places, strict=True)])

    def places(self, node: str) -> np.ndarray:
        """The numbers of all elements of a tensor, in their order in memory, in its shape."""
        shape = self.graph.shapes[node]
        self.check(prod(shape))  # a file may claim any shape
        return np.arange(prod(shape)).reshape(shape)

    def given(self, node: str, places: np.ndarray) -> np.ndarray:
        """The numbers at some places of a tensor, as Values; those that have no gradients, integers, as they are."""
        graph = self.graph
        self.add(places.size)
        flat = graph.array(node).reshape(-1)
        if flat.dtype.kind != "f":
            return flat[places]
        found = np.empty(places.shape, dtype=object)
        for at, place in np.ndenumerate(places):
            key = node, int(place)
            if key not in self.values:
                name = _element(graph.labels[node], np.unravel_index(key[1], graph.shapes[node]))
                unnamed = graph.is_number(node)
                self.values[key] = Value(flat[key[1]], None if unnamed else name, requires_grad=graph.learns(node))
            found[at] = self.values[key]
        return found

    def apply(self, node: str, operands: list[np.ndarray]) -> np.ndarray:
        """The result of a node's operation, whose elements get names."""
        op, attrs, label = self.graph.operation(node), self.graph.attributes(node), self.graph.labels[node]
        try:
            if op.name in ("astype", "move"):  # a Value is a Python float, and in no device's memory
                return operands[0]
            if op.elementwise:
                result = getattr(OBJECTS, op.name)(*operands, **attrs)
            else:
                result = op.forward(OBJECTS, *operands, **attrs)
        except TooManyNumbers:
            raise
        except (TypeError, ValueError, LookupError, AttributeError, GraphError) as error:
            raise ArgumentError(f"take_apart: {op.name} cannot be computed number by number: {error}") from error
        result = as_object(result)
        for at, value in np.ndenumerate(result):
            if isinstance(value, np.ndarray):  # NumPy's pad puts an array without axes into another one
                value = result[at] = value.item()
            if not isinstance(value, Value):
                result[at] = Value(value, requires_grad=False)
            elif value.op is not None and value.name is None and result.shape == self.graph.shapes[node]:
                value.name = _element(label, at)
        return result


def _go_to(path: Path, opened: list[scope]) -> None:
    """Leave and enter scopes until those of a path are open."""
    while tuple([each.name for each in opened]) != path[: len(opened)]:
        opened.pop().__exit__()
    for name in path[len(opened) :]:
        opened.append(scope(name))
        opened[-1].__enter__()


def _needed(op: Operation, shapes: list[tuple[int, ...]], place: tuple[int, ...]) -> list[np.ndarray] | None:
    """The places in each operand that one element of the result is computed from; None where that is not plain."""
    if op.elementwise:
        return [_places(shape, _broadcast(shape, place)) for shape in shapes]
    if op.name in ("matmul", "dense") and all(len(shape) == 2 for shape in shapes[:2]):
        (row, column), (_, inner) = place, shapes[0]
        within = np.arange(inner)
        bias = [_places(shape, (np.array([column]),)) for shape in shapes[2:]]
        return [_places(shapes[0], (row, within[None])), _places(shapes[1], (within[:, None], column)), *bias]
    return None


def _broadcast(shape: tuple[int, ...], place: tuple[int, ...]) -> tuple[int, ...]:
    """The place in an operand of this shape that is broadcast to a place in the result."""
    last = place[len(place) - len(shape) :]
    return tuple([0 if length == 1 else k for length, k in zip(shape, last, strict=True)])


def _places(shape: tuple[int, ...], index: Any) -> np.ndarray:
    """The numbers of some elements of an array, in their order in memory."""
    return np.asarray(np.ravel_multi_index(index, shape) if shape else 0)


def _element(label: str, place: Any) -> str:
    return f"{label}[{','.join(map(str, place))}]" if len(place) else label
