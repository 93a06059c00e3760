"""Where the arrays of a graph are looked up: in the graph itself, or in a trace of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.graph.backprop import gradients_of
from tinygrad_edu.graph.node import Node
from tinygrad_edu.graph.operation import REGISTRY, Operation
from tinygrad_edu.graph.order import nodes
from tinygrad_edu.tensors.tensor import Tensor

from ..recording.contents import Data, restored
from ..recording.names import names
from ..recording.scope_paths import scopes_of
from ..trace import Trace


class Live:
    """The graph itself.

    Attributes:
        root: the id of the result.
        inputs: the ids of each node's inputs, () of what was given; in the order of creation.
        shapes, labels, scopes: of each node.
    """

    def __init__(self, root: Node):
        called = names(nodes(root)[::-1])
        self.nodes = {name.id: node for node, name in called.items()}
        self.root = called[root].id
        self.inputs = {node_id: tuple([called[x].id for x in node.inputs]) for node_id, node in self.nodes.items()}
        self.shapes = {node_id: getattr(node, "shape", ()) for node_id, node in self.nodes.items()}
        self.labels = {name.id: name.label for name in called.values()}
        self.scopes = {called[node].id: scope for node, scope in scopes_of([*called]).items()}

    def operation(self, node: str) -> Operation:
        return self.nodes[node].op

    def attributes(self, node: str) -> dict[str, Any]:
        attrs = self.nodes[node].attrs or {}
        return {key: value.get() if hasattr(value, "get") else value for key, value in attrs.items()}

    def learns(self, node: str) -> bool:
        return self.nodes[node].requires_grad

    def is_number(self, node: str) -> bool:
        found = self.nodes[node]
        return found.op is None and not found.name and not found.requires_grad and not self.shapes[node]

    def array(self, node: str) -> np.ndarray:
        return _host(self.nodes[node], self.nodes[node].data)

    def gradient(self, node: str) -> np.ndarray:
        """Broadcasts to the shape of the node."""
        found = self.nodes[node]
        gradient = gradients_of(self.nodes[self.root], [found])[0]
        return np.zeros(()) if gradient is None else _host(found, gradient)


class Recorded:
    """A trace, with the same attributes and methods as `Live`.

    Raises:
        ArgumentError: where an array, or an operation, is asked for that the trace does not have.
    """

    def __init__(self, trace: Trace):
        self.nodes, self.root = trace.nodes, trace.root
        self.inputs = {node.id: node.inputs for node in trace.nodes.values()}
        self.shapes = {node.id: node.shape for node in trace.nodes.values()}
        self.labels = {node.id: node.label for node in trace.nodes.values()}
        self.scopes = {node.id: node.scope for node in trace.nodes.values()}

    def operation(self, node: str) -> Operation:
        name = self.nodes[node].op
        if name not in REGISTRY:
            raise ArgumentError(
                f"this tinygrad-edu has no operation {name!r}, which {self.labels[node]} was computed by"
            )
        return REGISTRY[name]

    def attributes(self, node: str) -> dict[str, Any]:
        return {**self.operation(node).defaults, **restored(self.nodes[node].attrs)}

    def learns(self, node: str) -> bool:
        return self.nodes[node].requires_grad

    def is_number(self, node: str) -> bool:
        return self.nodes[node].is_plain_number

    def array(self, node: str) -> np.ndarray:
        return self._full(node, self.nodes[node].data, "numbers")

    def gradient(self, node: str) -> np.ndarray:
        """Broadcasts to the shape of the node."""
        gradient = self.nodes[node].gradient
        return np.zeros(()) if gradient is None else self._full(node, gradient, "gradients")

    def _full(self, node: str, data: Data, what: str) -> np.ndarray:
        if isinstance(data, dict):
            raise ArgumentError(
                f"the trace has of the {what} of {self.labels[node]}, shape {self.shapes[node]}, only their mean and "
                "range; take the result itself apart: take_apart(loss, ...)"
            )
        return np.asarray(data, dtype=self.nodes[node].dtype or float).reshape(self.shapes[node])


Source = Live | Recorded


def _host(node: Node, data: Any) -> np.ndarray:
    return node.backend.asnumpy(data) if isinstance(node, Tensor) else np.asarray(data)
