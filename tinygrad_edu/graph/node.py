"""What a recorded operation is.

A node keeps its data, the operation that made it, the operation's inputs and attributes; nothing else is saved for
the backward pass. There are no closures and no cycles: a node knows its inputs and never its consumers, so a graph
dies by reference count the moment its last node is dropped.
"""

from __future__ import annotations

from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..clock import SERIAL
from ..errors import DtypeError, GraphError
from .modes import MODES

if TYPE_CHECKING:
    from .operation import Operation


class Node:
    """A number or array in a graph: the common part of `Value` and `Tensor`."""

    __slots__ = ("_data", "_grad", "_name", "_tracked", "attrs", "op", "serial")

    op: Any  # the operation that made it; None for leaves and for constants
    inputs: Any  # the nodes that the operation was applied to; () for leaves
    attrs: dict[str, Any] | None  # the operation's further arguments (axis, ...)
    _data: Any
    _grad: Any
    _tracked: bool  # requires_grad, without the call
    _name: str | None
    # The moment at which the data was set. Inputs are older than their consumers, so the nodes of a graph sorted by
    # serial are in topological order, and an input that is *newer* than its consumer was changed.
    serial: int

    namespace: Any  # in which rules are read for data of this kind ...
    graph_namespace: Any  # ... and for the nodes themselves
    keeps_grad: bool  # does a computed node keep the gradient of the last pass?

    _apply: Any  # (op, operands, attrs) -> the result of an operation, for operands of which one is of this kind
    _seed: Any  # (gradient, create_graph) -> dL/d(self), see `seed`

    if TYPE_CHECKING:  # data, grad, and a tensor's shape, dtype, ...

        def __getattr__(self, name: str) -> Any: ...

    __hash__ = object.__hash__  # nodes are keys of dictionaries by identity, whatever == compares

    @property
    def name(self) -> str | None:
        """The name shown in drawings and messages, or None.

        Raises:
            DtypeError: assigned what is no text.
        """
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = None if name is None else checked_name(name)

    @property
    def is_leaf(self) -> bool:
        """True if no operation made this node: an input, a parameter or a constant."""
        return self.op is None

    @property
    def requires_grad(self) -> bool:
        """Whether a backward pass brings this node a gradient. Only leaves and constants can be asked to, or no longer.

        Raises:
            DtypeError: assigned True to data that are not floating-point numbers, or what is not True or False.
            GraphError: assigned to the result of recorded operations.
        """
        return self._tracked

    @requires_grad.setter
    def requires_grad(self, requires_grad: bool) -> None:
        if self.op is not None:
            raise GraphError(f"a {self.describe()} is computed and always has a gradient; detach() gives a leaf")
        if requires_grad:
            if not isinstance(requires_grad, (bool, np.bool_)):
                found = f"{repr(requires_grad)[:30]} ({type(requires_grad).__name__})"
                raise DtypeError(f"requires_grad is True or False, not {found}; numbers go into one list, [1.0, 2.0]")
            self._check_differentiable()
        self._tracked = bool(requires_grad)

    def _check_differentiable(self) -> None:
        """Refuse data that cannot require gradients."""

    def describe(self) -> str:
        """How messages call this node: its name, or the operation that made it."""
        kind = self.op.name if self.op else ("leaf" if self._tracked else "constant")
        return f"{kind} '{self.name}'" if self.name else f"{kind} node"

    def constant(self, operand: Node) -> Any:
        """An input without gradient, as a recorded rule reads it: a Value in a tensor's graph is a plain number."""
        return operand if operand.namespace is self.namespace or hasattr(operand, "shape") else operand._data

    def record(self, op: Operation, inputs: tuple[Node, ...], attrs: dict[str, Any] | None, tracked: bool) -> None:
        """Make this node, a constant so far, the result of `op`, unless nothing is recorded.

        Args:
            tracked: whether it has a gradient to pass on: one of the inputs wants one.
        """
        modes = MODES.get()
        if tracked and modes.recording:
            self.op, self.inputs, self.attrs, self._tracked = op, inputs, attrs, True
        if modes.watch is not None:
            modes.watch.made(self, op, inputs, attrs)

    def changed(self) -> None:
        """Say that the data was set anew, so that a backward pass through what was computed from the old is refused.

        A computed node becomes older than its own inputs: its data is no longer what its operation computed.
        """
        self.serial = next(SERIAL) if self.op is None else 0

    def __getstate__(self) -> tuple[Any, dict[str, Any]]:
        state: Any = object.__getstate__(self)  # a subclass's dictionary, or None, and the slots
        return state

    def is_filled(self) -> None:
        """Take note that a copy has got its contents."""

    # --- the backward pass: what differs from one kind of node to another ---

    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        """Give every leaf that this node was computed from its gradient, `leaf.grad += d(self)/d(leaf)`.

        Args:
            gradient: dL/d(self), of the shape of this node; may be left out for a single number, where it is 1.
            create_graph: compute the gradients with recorded operations, so that they can be differentiated again.
        Raises:
            GraphError: this node requires no gradient, or has several elements and no `gradient` was given.
            ShapeError: `gradient` has another shape than this node.
            MutationError: data that the forward pass used has changed since.
        """
        raise NotImplementedError

    def seed(self, gradient: Any, create_graph: bool) -> Any:
        """dL/d(self), checked, in the form the pass computes with: the data of a node, or with create_graph a node."""
        if not self._tracked:
            raise GraphError(
                f"backward() from a {self.describe()} that requires no gradient: nothing it was computed from has "
                "requires_grad=True, or it was computed under no_grad()"
            )
        return self._seed(gradient, create_graph)

    def own(self, gradient: Any, given: set[int]) -> Any:
        """This node's gradient, as a pass gave it, in a form that its holder may write into.

        Args:
            given: the ids of arrays that somebody keeps already; that of the array is added.
        """
        return gradient

    def buffer(self) -> Any:
        """An array in which this node's gradient is going to lie, and that may be overwritten; else None."""
        return None


def checked_name(name: Any) -> str:
    """A name of a node, if it is one.

    Raises:
        DtypeError: it is no text.
    """
    if not isinstance(name, str):
        what = f"{repr(name)[:40]} ({type(name).__name__})"
        raise DtypeError(f"the name of a node is a text, not {what}: write name='a', or None for no name")
    return name


data_of = attrgetter("_data")


def apply(op: Operation, operands: tuple[Any, ...], attrs: dict[str, Any] | None = None) -> Any:
    """Run an operation on operands of any kind, and record it where they are nodes.

    `Value`s give a `Value`, tensors a `Tensor`, plain numbers a float; arrays and lists become tensors; an object
    array (or a list) of `Value`s is computed element by element.
    """
    for operand in operands:
        if isinstance(operand, Node):
            return operand._apply(op, operands, attrs)
    return KINDS.apply(op, operands, attrs)


# What the kinds of nodes, which lie above, say of themselves: `apply(op, operands, attrs)` runs an operation on
# numbers, arrays and lists alone; `tensor(data)` makes a tensor of data.
KINDS: Any = SimpleNamespace()
