"""Recording: run the backward pass of a graph once, and copy what happens into nodes and events."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.derivatives.anomaly import computed_again
from tinygrad_edu.errors import MutationError
from tinygrad_edu.graph.backprop import Step, backprop
from tinygrad_edu.graph.node import Node
from tinygrad_edu.graph.order import nodes
from tinygrad_edu.tensors.tensor import Tensor
from tinygrad_edu.tensors.value import Value
from tinygrad_edu_words import ENGLISH, speaking

from .contents import LARGEST, Contents, Data, Event, TraceError, TraceNode, plain, plain_attribute
from .names import names
from .scope_paths import scopes_of
from .sentences import Sentences

FREE, PER_EVENT = 100_000, 30  # numbers that a trace holds in any case, and for each of its events if there are many


def record(root: Node, gradient: Any) -> Contents:
    """The nodes, the events and the root's id: see `Trace.record`."""
    with speaking(ENGLISH):  # see `tinygrad_edu_words.sentences`
        recorder = _Recorder(_checked(root))
        events = recorder.events(gradient)
    return recorder.graph(), events, recorder.names[root].id


def snapshot(root: Node) -> tuple[dict[str, TraceNode], str]:
    """The graph as it is now, without a backward pass, with the gradients that the nodes hold.

    Returns:
        the nodes by their ids, and the id of the root.
    Raises:
        TraceError: `root` is neither a Value nor a Tensor.
    """
    recorder = _Recorder(_checked(root))
    for node in recorder.nodes:
        held = _held_gradient(node, root)
        if held is not None:
            recorder.gradients[node] = recorder.plain(held, node)
    return recorder.graph(), recorder.names[root].id


def _checked(root: Any) -> Node:
    if isinstance(root, Node):
        return root
    raise TraceError(
        f"only a Value or a Tensor remembers how it was computed, and this is of type {type(root).__name__}: compute "
        "it from tg.Value(...), or from tg.Tensor(..., requires_grad=True)"
    )


def _held_gradient(node: Node, root: Node) -> Any:
    """A node's `grad`; None where no backward pass has been (a Value's is 0.0 then, like the root's)."""
    if isinstance(node, Tensor):
        return None if node.grad is None else node.grad.data
    return float(node.grad) if isinstance(root, Value) and float(root.grad) else None


class _Recorder:
    """The recording of one trace: ids and copies of the nodes of a graph."""

    def __init__(self, root: Node):
        self.root = root
        self.nodes = nodes(root)[::-1]
        self.names = names(self.nodes)
        self.scopes = scopes_of(self.nodes)
        self.largest = _largest(self.nodes)
        self.shared: dict[Any, Any] = {}  # what many events have is kept once
        self.data = {node: self.plain(node.data, node) for node in self.nodes}
        self.sentences = Sentences(self.names, root, self.data)
        self.gradients: dict[Node, Data] = {}

    def events(self, gradient: Any) -> tuple[Event, ...]:
        start = self.root.seed(gradient, create_graph=False)
        steps = backprop(self.root, start)
        self.check_written()
        rows = [self.computed(node) for node in self.nodes if node.op is not None]
        rows.append(self.started(start, chosen=gradient is not None))
        rows += map(self.contributed, steps)
        return tuple([Event(step=step, of=len(rows), **row) for step, row in enumerate(rows, 1)])

    def check_written(self) -> None:
        """Refuse a graph in which a result is not what its operation gives: somebody wrote into a raw array.

        Raises:
            MutationError: names the first such node.
        """
        for node in self.nodes:
            again = computed_again(node) if node.op is not None else None
            if again is not None:
                inputs = ", ".join([self.names[operand].id for operand in node.inputs])
                found = f"{self.names[node].id} = {node.op.name}({inputs})"
                raise MutationError(
                    f"{found} does not hold: it has {_shown(node)}, and of what "
                    f"{inputs} has now, it would have {_shown(again)}. An array was written into (t.data[...] = ...) "
                    "after the forward pass: run that again, and then record"
                )

    def graph(self) -> dict[str, TraceNode]:
        return {self.names[node].id: self.node(node) for node in self.nodes}

    def node(self, node: Node) -> TraceNode:
        tensor = isinstance(node, Tensor)
        return TraceNode(
            id=self.names[node].id,
            name=node.name,
            op=node.op.name if node.op else None,
            inputs=tuple([self.names[operand].id for operand in node.inputs]),
            attrs={key: plain_attribute(value) for key, value in (node.attrs or {}).items()},
            kind="tensor" if tensor else "value",
            shape=self.once(node.shape) if tensor else (),
            dtype=self.once(str(node.dtype)) if tensor else None,
            device=node.device if tensor else None,
            requires_grad=node.requires_grad,
            data=self.data[node],
            gradient=self.gradients.get(node),
            label=self.names[node].label,
            scope=self.scopes[node],
        )

    def computed(self, node: Node) -> dict[str, Any]:
        """The forward event of a node."""
        assert node.op is not None
        return {
            **self.about("forward", node),
            "op": node.op.name,
            "inputs": tuple([self.names[operand].id for operand in node.inputs]),
            "input_data": tuple([self.data[operand] for operand in node.inputs]),
            "data": self.data[node],
            "text": self.sentences.forward(node),
        }

    def started(self, start: Any, chosen: bool) -> dict[str, Any]:
        """The first backward event: the root has the gradient that the pass starts with."""
        given = self.gradients[self.root] = self.plain(start, self.root)
        formula, text = self.sentences.seed(given, chosen)
        return {
            **self.about("backward", self.root),
            "op": None,
            "contribution": given,
            "grad_before": self.zeros(self.root),
            "grad": given,
            "formula": formula,
            "text": text,
        }

    def contributed(self, step: Step) -> dict[str, Any]:
        """The backward event of one contribution."""
        node, receiver = step.node, step.input
        before = self.gradients.get(receiver)
        contribution = self.plain(step.contribution, receiver)
        self.gradients[receiver] = contribution if before is None else self.plain(step.gradient, receiver)
        row = {
            **self.about("backward", receiver),
            "op": node.op.name if node.op else None,
            "source": self.names[node].id,
            "position": step.position,
            "upstream": self.gradients[node],
            "local": None if step.local is None else self.plain(step.local, node),
            "contribution": contribution,
            "grad_before": self.zeros(receiver) if before is None else before,
            "grad": self.gradients[receiver],
        }
        formula, text = self.sentences.backward(step, row, first=before is None)
        return {**row, "formula": formula, "text": text}

    def about(self, kind: str, node: Node) -> dict[str, Any]:
        about = {"kind": kind, "node": self.names[node].id, "name": node.name}
        if not isinstance(node, Tensor):
            return about
        return about | {"shape": self.once(node.shape), "dtype": self.once(str(node.dtype))}

    def plain(self, data: Any, node: Node) -> Data:
        """A copy of data of a node."""
        return plain(data, node.backend, self.largest) if isinstance(node, Tensor) else plain(data)

    def zeros(self, node: Node) -> Data:
        """The gradient of a node before its first contribution."""
        if not isinstance(node, Tensor):
            return 0.0
        key = "zeros", node.shape, node.dtype
        if key not in self.shared:
            self.shared[key] = plain(np.broadcast_to(np.zeros((), node.dtype), node.shape), largest=self.largest)
        return self.shared[key]

    def once(self, thing: Any) -> Any:
        return self.shared.setdefault(thing, thing)


def _shown(node: Node) -> str:
    """The numbers of a node, in a message."""
    numbers = plain(node.data, getattr(node, "backend", None))
    return " ".join(np.array2string(np.asarray(numbers), precision=6, threshold=6).split())


def _largest(nodes: list[Node]) -> int:
    """How many elements an array may have to be copied whole: `LARGEST`, and fewer in a trace of very many arrays.

    A graph of a few layers is worth looking at number by number. One of thousands of events would take gigabytes.
    """
    received = [_size(operand) for node in nodes for operand in node.inputs if operand.requires_grad]
    sizes = [*map(_size, nodes), *received, *received]  # data; contributions, and gradients or local derivatives
    room = max(FREE, PER_EVENT * len(received))
    fitting = (largest for largest in (LARGEST, 250, 60) if sum(size for size in sizes if size <= largest) <= room)
    return next(fitting, 15)


def _size(node: Node) -> int:
    return node.size if isinstance(node, Tensor) else 1
