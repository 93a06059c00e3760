"""Trace: a forward and a backward pass, recorded event by event, for every face to show.

A trace holds copies. It needs no engine any more: it can be saved, loaded on another machine, and stepped through in
both directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

from tinygrad_edu.graph.node import Node

from .readable import short
from .recording import recorder
from .recording.contents import Data, Event, TraceError, TraceNode
from .saving import json_file

MOST_NAMED = 20  # nodes in a message


@dataclass(frozen=True, slots=True)
class Trace:
    """A recorded forward and backward pass.

    Attributes:
        nodes: every node of the graph by its id, in the order of creation, so inputs come first.
        events: the computed nodes forward; then the gradient that the root starts with; then one event for each
            contribution to a gradient.
        root: the id of the node from which the backward pass started.
        title: what was recorded, such as the expression; "" if nobody said.
    """

    nodes: dict[str, TraceNode]
    events: tuple[Event, ...]
    root: str
    title: str = ""

    def __repr__(self) -> str:
        """One line.

        >>> from tinygrad_edu import Value
        >>> Trace.record(Value(2.0, name="a") * 3.0)
        Trace of n2: 3 nodes, 1 step forward, 2 steps backward
        """
        forward = sum(event.kind == "forward" for event in self.events)
        counts = (
            _count(len(self.nodes), "node"),
            _count(forward, "step") + " forward",
            _count(len(self.events) - forward, "step") + " backward",
        )
        return f"Trace of {short(self.title or self.root, 60)}: {', '.join(counts)}"

    @classmethod
    def record(cls, root: Node, gradient: Any = None, title: str = "") -> Trace:
        """Run the backward pass from `root`, a Value or a Tensor, and record it; no node's `grad` is touched.

        Args:
            gradient: dL/d(root), of the shape of `root`; may be left out for a single number, where it is 1.
            title: what is recorded, for people.
        Raises:
            TraceError: `root` is neither a Value nor a Tensor.
            GraphError, ShapeError, MutationError: as `Node.backward`.
        """
        return cls(*recorder.record(root, gradient), title)

    def save(self, path: str | PathLike[str]) -> None:
        """Write this trace as JSON.

        Raises:
            OSError: the file cannot be written.
        """
        json_file.write(path, self.nodes, self.events, self.root, self.title)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Trace:
        """Read a trace that `save` wrote.

        Raises:
            TraceError: the file is no trace, is damaged, or was written by a newer version.
            OSError: the file cannot be read.
        """
        return cls(*json_file.read(path))

    def node(self, name: str) -> TraceNode:
        """The node of a name, or of an id such as "n4".

        >>> from tinygrad_edu import Value
        >>> Trace.record(Value(2.0, name="a") * 3.0).node("a").gradient
        3.0

        Raises:
            TraceError: there is none, or several have the name; says what can be asked for.
        """
        found = [node for node in self.nodes.values() if name in (node.name, node.label)]
        if not found and name in self.nodes:
            return self.nodes[name]
        if len(found) == 1:
            return found[0]
        if found:
            raise TraceError(f"{len(found)} nodes are called {name!r}: ask by id, {', '.join(n.id for n in found)}")
        known = ", ".join(short(node.label, 20) for node in list(self.nodes.values())[:MOST_NAMED])
        raise TraceError(f"no node is called {name!r}; there are {known}" + ", ..." * (len(self.nodes) > MOST_NAMED))

    def gradients_after(self, step: int) -> dict[str, Data]:
        """The gradient that each node has after `step` events; without the nodes that none has reached yet."""
        return {event.node: event.grad for event in self.events[: max(step, 0)] if event.grad is not None}

    def known_after(self, step: int) -> set[str]:
        """The ids of the nodes whose data is there after `step` events: leaves from the start."""
        leaves = {node.id for node in self.nodes.values() if node.op is None}
        return leaves | {event.node for event in self.events[: max(step, 0)]}


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
