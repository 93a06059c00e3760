"""What a trace file says has to agree with itself: ids, order, shapes and dtypes of nodes and events."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from tinygrad_edu.graph.operation import REGISTRY, Operation
from tinygrad_edu.storage.schema import Check, Mismatch, brief, expected, list_of, located, record, whole

from ..recording.contents import Data, Event, TraceNode
from .fields import Numbers, Shape, attribute, index


class Graph:
    """The nodes of a trace, each checked as it is added, and then the events of these nodes.

    Args:
        numbers: knows the shapes of recorded numbers.
    Raises:
        Mismatch: by every method, where something does not agree.
    """

    def __init__(self, numbers: Numbers):
        self.numbers = numbers
        self.nodes: dict[str, TraceNode] = {}

    def add(self, node: TraceNode) -> None:
        """Take the next node; its inputs are there."""
        if node.id in self.nodes:
            raise Mismatch(f"is the second node with the id {brief(node.id)}")
        for other in node.inputs:
            if other not in self.nodes:
                raise Mismatch(
                    f"is computed from {brief(other)}, and no node before it has that id: one is missing, or the nodes "
                    "are out of order, or run in a cycle"
                )
        single = node.kind == "value"
        if [node.dtype is None, node.device is None] != [single, single] or (single and node.shape):
            raise Mismatch("should have a shape, a dtype and a device as a tensor, or none of them as a value")
        if (node.op is None) != (not node.inputs):
            raise Mismatch(f"has the operation {brief(node.op)} and {len(node.inputs)} inputs")
        self._check_numbers("data", node.data, node)
        self._check_numbers("gradient", node.gradient, node)
        if node.dtype is not None and np.dtype(node.dtype).kind in "iu":
            with located("data"):
                _check_integers(node.data, node.dtype)
        self._check_operation(node)
        self.nodes[node.id] = node

    def _check_numbers(self, name: str, data: Data | None, node: TraceNode) -> None:
        if data is None or (type(data) is float and not node.shape):
            return
        found = self.numbers.shape(data)
        if not _fits(found, node.shape):
            raise Mismatch(f"has the shape {found}, and the node {brief(node.id)} has {node.shape}", (name,))

    def _check_operation(self, node: TraceNode) -> None:
        """The number of inputs, and arguments that decide how large the result is. (An operation that is not known here
        is of a newer version: it can be looked at, and no more.)"""
        op = REGISTRY.get(node.op or "")
        if op is None:
            return
        if op.arity is not None and len(node.inputs) != op.arity:
            raise Mismatch(f"has {len(node.inputs)} inputs, and {op.name} takes {op.arity}")
        with located("attrs"):
            attributes_of(op)(node.attrs)
            if "shape" in node.attrs:
                _check_shape(node.attrs["shape"], node.shape)
            if "pad_width" in node.attrs:
                _check_padding(node.attrs["pad_width"], self.nodes[node.inputs[0]].shape, node.shape)

    def checked_event(self, event: Event, of: int) -> Event:
        """The event, if it is one of nodes that are there, with their names, and numbers of their shapes."""
        for name, node_id in (("node", event.node), ("from", event.source)):
            if node_id is not None and node_id not in self.nodes:
                raise Mismatch(f"is {brief(node_id)}, and no node has that id", (name,))
        node = self.nodes[event.node]
        source = node if event.source is None else self.nodes[event.source]
        computed = event.kind == "forward" or event.source is not None
        shape = None if node.dtype is None else node.shape
        about = (of, node.name, source.op if computed else None, node.dtype, shape)
        if (event.of, event.name, event.op, event.dtype, event.shape) != about:
            for name, wanted in zip(("of", "name", "op", "dtype", "shape"), about, strict=True):
                self._agree(event, name, wanted)
        if event.kind == "forward":
            self._agree(event, "inputs", node.inputs)
            if len(event.input_data) != len(event.inputs):
                raise Mismatch(f"has {len(event.input_data)} items in input_data, and {len(event.inputs)} inputs")
            for data, other in zip(event.input_data, event.inputs, strict=True):
                self._check_numbers("input_data", data, self.nodes[other])
            self._check_numbers("data", event.data, node)
            return event
        if event.source is not None:
            position = event.position if event.position is not None else len(source.inputs)
            if source.inputs[position : position + 1] != (event.node,):
                raise Mismatch(f"is {brief(event.position)}, and input {brief(event.node)} is not there", ("position",))
            self._check_local(event.local, source.shape)
            if event.upstream is None:
                raise expected("the gradient of the node that it comes from", None).inside("upstream")
        self._check_numbers("upstream", event.upstream, source)
        for name in ("contribution", "grad_before", "grad"):
            self._check_numbers(name, getattr(event, name), node)
        return event

    def _agree(self, event: Event, name: str, wanted: Any) -> None:
        if getattr(event, name) != wanted:
            shown = wanted if isinstance(wanted, tuple) else brief(wanted)
            raise expected(f"{shown} as in the graph", getattr(event, name)).inside(name)

    def _check_local(self, local: Data | None, shape: Shape) -> None:
        found = () if local is None else self.numbers.shape(local)
        try:
            broadcast = np.broadcast_shapes(found, shape)
        except ValueError:
            broadcast = None
        if broadcast != shape and not _fits(found, shape):
            raise Mismatch(f"has the shape {found}, which does not broadcast to {shape}", ("local",))

    def check_order(self, events: list[Event], root: str) -> None:
        """First each computed node, in order; then the gradient that the root starts with; then its contributions."""
        computed = [node.id for node in self.nodes.values() if node.op is not None]
        for place, event in enumerate(events):
            forward = place < len(computed)
            node = computed[place] if forward else root
            right = event.kind == ("forward" if forward else "backward") and event.step == place + 1
            if forward or place == len(computed):
                right &= event.node == node and event.source is None
            else:
                right &= event.source is not None
            if not right:
                raise Mismatch("does not belong here: events are missing, or were moved", (place,))
        if len(events) <= len(computed):
            raise Mismatch(f"are {len(events)}: some are missing")


@cache
def attributes_of(op: Operation) -> Check:
    """The schema of the further arguments of an operation: those without a default value must be there."""
    checks = {name: index if name == "index" else attribute for name in op.defaults}
    return record({name: checks[name] for name in sorted(op.required)}, checks)


def _fits(found: Shape, wanted: Shape) -> bool:
    """Whether a shape is the wanted one. (Nested lists do not show the axes behind one of length 0.)"""
    return found == wanted or (math.prod(found) == 0 == math.prod(wanted) and wanted[: len(found)] == found)


def _check_integers(data: Data, dtype: str) -> None:
    if isinstance(data, dict):
        return
    limits = np.iinfo(dtype)
    numbers: list[Any] = [data]
    while numbers and isinstance(numbers[0], list):
        numbers = [item for row in numbers for item in row]
    for number in numbers:
        if type(number) is not int or not limits.min <= number <= limits.max:
            raise expected(f"whole numbers that {dtype} can hold", number)


def _check_shape(value: Any, result: Shape) -> None:
    """The argument of `reshape` and its like, which may have a -1 in it, and the shape of what came out."""
    with located("shape"):
        lengths = list_of(whole(-1))([value] if isinstance(value, int) else value)
        if len(lengths) != len(result) or any(n not in (-1, m) for n, m in zip(lengths, result, strict=True)):
            raise Mismatch(f"is {brief(value)}, and the result has the shape {result}")


def _check_padding(value: Any, before: Shape, after: Shape) -> None:
    with located("pad_width"):
        try:
            added = np.broadcast_to(np.asarray(value, dtype=np.int64), (len(before), 2)).sum(axis=1)
        except (ValueError, TypeError, OverflowError):
            raise expected("the widths at both ends of each axis", value) from None
        if tuple([n + more for n, more in zip(before, added.tolist(), strict=True)]) != after:
            raise Mismatch(f"does not lead from the shape {before} to {after}")
