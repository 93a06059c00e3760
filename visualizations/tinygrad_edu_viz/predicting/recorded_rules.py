"""The rules of the operations in a trace, read again: with the recorded numbers, or with others in their place.

A wrong gradient is computed by the right rule from the wrong numbers. So no derivative is written in this package.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinygrad_edu import backends
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.formulas import reading as symbols
from tinygrad_edu.formulas.symbol import Symbol
from tinygrad_edu.graph.operation import Operation
from tinygrad_edu.namespaces.namespace import FLOATS, Guarded, Namespace

from ..recording.contents import Data
from ..scalarizing.arrays import Recorded
from ..trace import Trace


@dataclass(frozen=True, slots=True)
class Reading:
    """The operation of one computed node, with the numbers that its rule is read with.

    Attributes:
        xp: the namespace of the numbers.
        y, operands, attrs: the result, the operands and the further arguments of the operation.
    """

    op: Operation
    xp: Any
    y: Any
    operands: tuple[Any, ...]
    attrs: dict[str, Any]

    def vjp(self, position: int, upstream: Any) -> Any:
        """What the operand at `position` receives, where the gradient of the result is `upstream`.

        Raises:
            ArgumentError: the recorded arguments do not fit the recorded arrays; a trace may have been edited.
        """
        op, xp, attrs = self.op, self.xp, self.attrs
        try:
            with np.errstate(all="ignore"):
                g = upstream if op.shared is None else op.shared(xp, upstream, self.y, *self.operands, **attrs)
                return op.vjp(position, xp, g, self.y, self.operands, attrs)[1]
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise ArgumentError(f"{op.name} cannot have the recorded arguments: {error}") from error

    def of(self, op: Operation) -> Reading:
        """Another operation on the same operands."""
        return replace(self, op=op)

    def with_operand(self, position: int, operand: Any) -> Reading:
        """The same operation with another operand at `position`."""
        operands = list(self.operands)
        operands[position] = operand
        return replace(self, operands=tuple(operands))

    def unsummed(self) -> Reading:
        """The same, where a gradient keeps the shape to which its operand was broadcast."""
        return replace(self, xp=Namespace(self.xp))  # which lacks only what backends do to fit a gradient


class Rules:
    """The rules of all computed nodes of a trace."""

    def __init__(self, trace: Trace):
        self.nodes = trace.nodes
        self.source = Recorded(trace)
        self.readings: dict[str, Reading] = {}
        self.behind_where = {node.id for node in trace.nodes.values() if node.op == "where"}
        for node in reversed(trace.nodes.values()):  # consumers before their inputs
            if node.id in self.behind_where:
                self.behind_where.update(node.inputs)

    def reading(self, node_id: str) -> Reading:
        """The operation that computed a node, with the recorded numbers.

        Raises:
            ArgumentError: of an array the trace has only the mean and the range, or the operation is not known here.
        """
        if node_id not in self.readings:
            node = self.nodes[node_id]
            xp: Any = FLOATS if node.kind == "value" else backends.get("cpu")
            self.readings[node_id] = Reading(
                self.source.operation(node_id),
                Guarded(xp) if node_id in self.behind_where else xp,
                self.operand(node_id),
                tuple([self.operand(operand) for operand in node.inputs]),
                self.source.attributes(node_id),
            )
        return self.readings[node_id]

    def operand(self, node_id: str) -> Any:
        """The data of a node, as rules are read with it: a float or an array."""
        self.check(node_id, self.nodes[node_id].data)
        array = self.source.array(node_id)
        return float(array) if self.nodes[node_id].kind == "value" else array

    def gradient(self, node_id: str, data: Data | None) -> Any:
        """A recorded gradient of a node, as rules are read with it.

        Raises:
            ArgumentError: it was recorded only in outline.
        """
        node = self.nodes[node_id]
        self.check(node_id, data)
        return float(data) if node.kind == "value" else np.asarray(data, node.dtype)  # type: ignore[arg-type]

    def check(self, node_id: str, data: Data | None) -> None:
        """Refuse an array that was recorded only in outline.

        Raises:
            ArgumentError: it was.
        """
        if isinstance(data, dict) or data is None:
            node = self.nodes[node_id]
            raise ArgumentError(
                f"the trace has only the mean and range of {node.label}, shape {node.shape}: use smaller arrays"
            )

    # The same rules, as formulas.

    def symbol(self, node_id: str) -> Symbol:
        """A node in a formula: an unnamed constant as its number, everything else by its label."""
        node = self.nodes[node_id]
        if node.is_plain_number:
            return Symbol.number(float(node.data))  # type: ignore[arg-type]
        return Symbol.named(node.label, node.shape)

    def formula(self, node_id: str) -> Symbol:
        """What a node is computed by: a · b."""
        operands = [self.symbol(operand) for operand in self.nodes[node_id].inputs]
        return symbols.forward(self.source.operation(node_id), operands, self.source.attributes(node_id))

    def derivative(self, node_id: str, position: int, result: str | None = None, operand: str | None = None) -> str:
        """The local derivative of an elementwise operation by its operand at `position`: 1 - s².

        Args:
            result, operand: ids of nodes that stand in the place of the result, and of the operand at `position`.
        """
        operands = [self.symbol(other) for other in self.nodes[node_id].inputs]
        operands[position] = self.symbol(operand or self.nodes[node_id].inputs[position])
        op, attrs = self.source.operation(node_id), self.source.attributes(node_id)
        return str(symbols.local_derivative(op, position, operands, attrs, self.symbol(result or node_id)))

    def vjp_formula(self, node_id: str, position: int, upstream: str) -> Symbol:
        """What the operand at `position` receives, as a formula: g @ Xᵀ, with g called `upstream`."""
        op, operands = self.source.operation(node_id), [self.symbol(x) for x in self.nodes[node_id].inputs]
        g, result = Symbol.named(upstream, self.nodes[node_id].shape), self.symbol(node_id)
        return symbols.vjp(op, position, operands, self.source.attributes(node_id), g, result)
