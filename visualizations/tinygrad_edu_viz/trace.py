"""Trace: a forward and a backward pass, recorded event by event, for every face to show.

A trace holds copies. It needs no engine any more: it can be saved, loaded on another machine, and stepped through in
both directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from tinygrad_edu.backprop import Step, backprop, seed
from tinygrad_edu.node import Node
from tinygrad_edu.tensor import Tensor
from tinygrad_edu.value import Value

from . import trace_file
from .recorded import Data, Event, TraceNode, plain
from .trace_file import TraceError
from .words import Words


@dataclass(frozen=True, slots=True)
class Trace:
    """A recorded forward and backward pass.

    Attributes:
        nodes: every node of the graph by its id, in the order of creation, so inputs come first.
        events: the computed nodes forward; then the gradient that the root starts with; then one event for each
            contribution to a gradient.
        root: the id of the node from which the backward pass started.
    """

    nodes: dict[str, TraceNode]
    events: tuple[Event, ...]
    root: str

    @classmethod
    def record(cls, root: Node, gradient: Any = None) -> Trace:
        """Run the backward pass from `root`, a Value or a Tensor, and record it; no node's `grad` is touched.

        Args:
            gradient: dL/d(root), of the shape of `root`; may be left out for a single number, where it is 1.
        Raises:
            TraceError: `root` is neither a Value nor a Tensor.
            GraphError, ShapeError, MutationError: as `Node.backward`.
        """
        if not isinstance(root, Node):
            raise TraceError(
                f"Trace.record needs a Value or a Tensor, not {type(root).__name__}: compute the result from "
                "tg.Value(...) or tg.Tensor(..., requires_grad=True)"
            )
        return _Recorder(root).trace(gradient)

    def save(self, path: str | PathLike[str]) -> None:
        """Write this trace as JSON.

        Raises:
            OSError: the file cannot be written.
        """
        trace_file.write(path, self.nodes, self.events, self.root)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Trace:
        """Read a trace that `save` wrote.

        Raises:
            TraceError: the file is no trace, is damaged, or was written by a newer version.
            OSError: the file cannot be read.
        """
        return cls(*trace_file.read(path))

    def gradients_after(self, step: int) -> dict[str, Data]:
        """The gradient that each node has after `step` events; without the nodes that none has reached yet."""
        return {event.node: event.grad for event in self.events[: max(step, 0)] if event.grad is not None}

    def known_after(self, step: int) -> set[str]:
        """The ids of the nodes whose data is there after `step` events: leaves from the start."""
        leaves = {node.id for node in self.nodes.values() if node.op is None}
        return leaves | {event.node for event in self.events[: max(step, 0)] if event.kind == "forward"}


def snapshot(root: Node) -> tuple[dict[str, TraceNode], str]:
    """The graph as it is now, without a backward pass, with the gradients that the nodes hold.

    Returns:
        the nodes by their ids, and the id of the root.
    """
    recorder = _Recorder(root)
    for node in recorder.nodes:
        held = _held_gradient(node, root)
        if held is not None:
            recorder.gradients[node] = _plain(held, node)
    return {recorder.ids[node]: recorder.node(node) for node in recorder.nodes}, recorder.ids[root]


def _held_gradient(node: Node, root: Node) -> Any:
    """A node's `grad`; None where no backward pass has been (a Value's is 0.0 then, like the root's)."""
    if isinstance(node, Tensor):
        return None if node.grad is None else node.grad.data
    return float(node.grad) if isinstance(root, Value) and float(root.grad) else None


class _Recorder:
    """The recording of one trace: ids and copies of the nodes of a graph."""

    def __init__(self, root: Node):
        self.root = root
        self.nodes = sorted(_reachable(root), key=lambda node: node.serial)
        self.ids = _identify(self.nodes)
        self.data = {node: _plain(node.data, node) for node in self.nodes}
        self.words = Words(self.ids, root, self.data)
        self.gradients: dict[Node, Data] = {}

    def trace(self, gradient: Any) -> Trace:
        start = seed(self.root, gradient, create_graph=False)
        rows = [self.computed(node) for node in self.nodes if node.op is not None]
        rows.append(self.started(start, chosen=gradient is not None))
        rows += map(self.contributed, backprop(self.root, start))
        events = tuple([Event(step=step, of=len(rows), **row) for step, row in enumerate(rows, 1)])
        return Trace({self.ids[node]: self.node(node) for node in self.nodes}, events, self.ids[self.root])

    def node(self, node: Node) -> TraceNode:
        tensor = isinstance(node, Tensor)
        return TraceNode(
            id=self.ids[node],
            name=node.name,
            op=node.op.name if node.op else None,
            inputs=tuple([self.ids[operand] for operand in node.inputs]),
            attrs={key: _plain_attribute(value) for key, value in (node.attrs or {}).items()},
            kind="tensor" if tensor else "value",
            shape=node.shape if tensor else (),
            dtype=str(node.dtype) if tensor else None,
            device=node.device if tensor else None,
            requires_grad=node.requires_grad,
            data=self.data[node],
            gradient=self.gradients.get(node),
        )

    def computed(self, node: Node) -> dict[str, Any]:
        """The forward event of a node."""
        assert node.op is not None
        return {
            **self.about("forward", node),
            "op": node.op.name,
            "inputs": tuple([self.ids[operand] for operand in node.inputs]),
            "input_data": tuple([self.data[operand] for operand in node.inputs]),
            "data": self.data[node],
            "text": self.words.forward(node),
        }

    def started(self, start: Any, chosen: bool) -> dict[str, Any]:
        """The first backward event: the root has the gradient that the pass starts with."""
        given = self.gradients[self.root] = _plain(start, self.root)
        formula, text = self.words.seed(given, chosen)
        return {
            **self.about("backward", self.root),
            "op": None,
            "contribution": given,
            "grad_before": _zeros(self.root),
            "grad": given,
            "formula": formula,
            "text": text,
        }

    def contributed(self, step: Step) -> dict[str, Any]:
        """The backward event of one contribution."""
        node, receiver = step.node, step.input
        before = self.gradients.get(receiver)
        contribution = _plain(step.contribution, node)
        self.gradients[receiver] = contribution if before is None else _plain(step.gradient, node)
        row = {
            **self.about("backward", receiver),
            "op": node.op.name if node.op else None,
            "source": self.ids[node],
            "position": step.position,
            "upstream": self.gradients[node],
            "local": None if step.local is None else _plain(step.local, node),
            "contribution": contribution,
            "grad_before": _zeros(receiver) if before is None else before,
            "grad": self.gradients[receiver],
        }
        formula, text = self.words.backward(step, row, first=before is None)
        return {**row, "formula": formula, "text": text}

    def about(self, kind: str, node: Node) -> dict[str, Any]:
        tensor = isinstance(node, Tensor)
        return {
            "kind": kind,
            "node": self.ids[node],
            "name": node.name,
            "shape": node.shape if tensor else None,
            "dtype": str(node.dtype) if tensor else None,
        }


def _reachable(root: Node) -> set[Node]:
    """All nodes that a root was computed from, and itself."""
    found, stack = {root}, [root]
    while stack:
        for operand in stack.pop().inputs:
            if operand not in found:
                found.add(operand)
                stack.append(operand)
    return found


def _identify(nodes: list[Node]) -> dict[Node, str]:
    """Ids, stable and unique: a named leaf's name, else "n" and the number in the order of creation."""
    ids: dict[Node, str] = {}
    taken: set[str] = set()
    wanted = {node: node.name if node.op is None and node.name else f"n{k}" for k, node in enumerate(nodes)}
    for node in sorted(nodes, key=lambda node: not (node.op is None and node.name)):  # a user's own names come first
        wish = found = wanted[node]
        copy = 1
        while found in taken:
            copy += 1
            found = f"{wish}#{copy}"
        taken.add(found)
        ids[node] = found
    return ids


def _plain(data: Any, node: Node) -> Data:
    return plain(data, node.backend) if isinstance(node, Tensor) else plain(data)


def _zeros(node: Node) -> Data:
    """The gradient of a node before its first contribution."""
    if not isinstance(node, Tensor):
        return 0.0
    return plain(np.broadcast_to(np.zeros((), node.dtype), node.shape))


def _plain_attribute(value: Any) -> Any:
    """An attribute (axis, shape, index, ...) as JSON can hold it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain_attribute(item) for item in value]
    if isinstance(value, slice):
        return ":".join("" if part is None else str(part) for part in (value.start, value.stop, value.step))
    if isinstance(value, (float, np.ndarray, np.generic)):
        return plain(value)
    return "..." if value is Ellipsis else getattr(value, "__name__", str(value))
