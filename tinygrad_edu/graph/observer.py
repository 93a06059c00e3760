"""Who observes a computation, as anomaly detection and `compile` do, and what is reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .backprop import Step
    from .node import Node
    from .operation import Operation


class Observer:
    """Is notified of what happens while it watches: `Watch` for anomalies, `Recording` for `compile`.

    A method is called for each thing that happened; a subclass has those that it needs.
    """

    # the forward pass

    def created(self, leaf: Node) -> None:
        """A node was made of a number or an array: an input, or a constant. It may be given another number here."""

    def made(self, node: Node, op: Operation, inputs: tuple[Node, ...], attrs: dict[str, Any] | None) -> None:
        """An operation was applied to inputs, and gave a node."""

    def called(self, function: Callable[..., Any], arguments: tuple[Any, ...], result: Any) -> None:
        """A function was called beside the graph, by `call_beside`."""

    def entered(self, module: Any) -> None:
        """A module of a network was called, and is about to compute."""

    # the backward pass

    def reached(self, node: Node) -> None:
        """The gradient of a node is complete, and is about to be passed on to its inputs."""

    def contributed(self, step: Step) -> None:
        """A node has passed a contribution on to one input."""

    # what leaves the graph, or comes in beside it

    def shared(self, node: Node, constant: Node) -> None:
        """A constant was made that holds the array of a node, as `detach` does."""

    def read(self, node: Node) -> None:
        """The numbers of a node were asked for."""

    def written(self, node: Node) -> None:
        """A node was given other numbers, by assignment to it or to its elements."""
