"""The backward pass of plain floats: what `graph/backprop.py` does, for Values alone.

For floats a call costs more than the arithmetic, and nearly all operations of a scalar graph have two operands. So the
contributions to these two are written out, and nothing is reported: a pass that is observed, or recorded, is the
general one.
"""

from __future__ import annotations

from typing import Any

from ..graph.backprop import Gradients, Reader, drain
from ..graph.node import Node, data_of
from ..graph.operation import Operation
from ..graph.order import mutation_error, sorted_newest_first
from ..namespaces.namespace import FLOATS


class Slopes(dict[Operation, tuple[Any, ...]]):
    """`slopes_of` operations, each written when it is first met."""

    def __missing__(self, op: Operation) -> tuple[Any, ...]:
        from .float_rules import slopes_of  # what writes rules down is not needed to import the package

        self[op] = found = slopes_of(op)
        return found


SLOPES = Slopes()


def float_pass(root: Any, gradients: Gradients) -> None:
    """Complete the gradients of a pass that starts with the root's."""
    known, slopes = gradients.get, SLOPES
    order = _newest_first(root)
    for place, node in enumerate(order):
        upstream, first, second = known(node), node._first, node._second
        if upstream is None:
            continue
        if node.attrs or type(first) is tuple:
            if node.op.guards:  # from here on the general pass has to be careful
                drain(order[place:], gradients, Reader())
                return
            _other_contributions(node, upstream, gradients)
            continue
        if second is None:  # one operand, which is tracked as the node is
            (slope,) = slopes[node.op]
            gradient = upstream * (slope if type(slope) is float else slope(node._data, first._data))
            before = known(first)
            gradients[first] = gradient if before is None else before + gradient
            continue
        by_first, by_second = slopes[node.op]
        y, a, b = node._data, first._data, second._data
        if first._tracked:
            gradient = upstream * (by_first if type(by_first) is float else by_first(y, a, b))
            before = known(first)
            gradients[first] = gradient if before is None else before + gradient
        if second._tracked:
            gradient = upstream * (by_second if type(by_second) is float else by_second(y, a, b))
            before = known(second)
            gradients[second] = gradient if before is None else before + gradient


def _other_contributions(node: Any, upstream: float, gradients: Gradients) -> None:
    """Those of a Value with attributes, or of more than two operands."""
    op, inputs = node.op, node.inputs
    data = list(map(data_of, inputs))
    for position, operand in enumerate(inputs):
        if operand._tracked:
            _, contribution = op.vjp(position, FLOATS, upstream, node._data, data, node.attrs)
            if contribution is not None:
                before = gradients.get(operand)
                gradients[operand] = contribution if before is None else before + contribution


def _newest_first(root: Any) -> list[Node]:
    """`newest_first`, without the call behind `inputs`: this loop takes a third of the pass."""
    seen = {root}
    order: list[Any] = [root] if root.op is not None else []
    waiting = order.copy()
    while waiting:
        node = waiting.pop()
        for operand in (node._first, node._second) if node._second is not None else node.inputs:
            if operand.op is None:
                if operand.serial > node.serial:
                    raise mutation_error(node, operand)
            elif operand not in seen:
                seen.add(operand)
                order.append(operand)
                waiting.append(operand)
    return sorted_newest_first(order)
