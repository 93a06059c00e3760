"""A function, recorded as a graph of Values: the graph as a rule, which computes the value and its derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygrad_edu import Value
from tinygrad_edu.errors import TinygradError
from tinygrad_edu.graph.node import Node
from tinygrad_edu.graph.order import newest_first
from tinygrad_edu.tapes.javascript_code import UnwritableError
from tinygrad_edu_words import _

Rule = Callable[..., list[Any]]


def derivative_rule(function: Callable[..., Any], points: Sequence[Sequence[float]]) -> Rule:
    """A rule that gives the value of a function of numbers, and its derivative by each of them.

    Args:
        function: of Values.
        points: where it is recorded; it has to do the same at each of them.
    Raises:
        UnwritableError: it refuses single numbers, or does something else from point to point.
    """
    graphs = []
    for point in points:
        leaves = [Value(x) for x in point]  # each learns, as what needs no gradient is not recorded
        try:
            root = function(*leaves)
        except TinygradError as error:
            raise UnwritableError(_("it is no function of single numbers ({error})").format(error=error)) from None
        if not isinstance(root, Value):
            raise UnwritableError(_("it is no function of single numbers"))
        graphs.append((root, leaves))
    if len({_form(root, leaves) for root, leaves in graphs}) > 1:
        raise UnwritableError(_("what it does depends on its numbers, by an if: write where(condition, a, b)"))
    root, leaves = graphs[0]
    refuse_decisions(newest_first(root))
    return lambda xp, *operands: _derivatives(xp, root, dict(zip(leaves, operands, strict=True)), leaves)


def refuse_decisions(order: Sequence[Node]) -> None:
    """Raise UnwritableError where a choice was made when the graph was recorded: a condition that is a constant."""
    for node in order:
        for position, operand in enumerate(node.inputs):
            if operand.op is None and not operand._tracked and node.op.rules[position] is None:
                raise UnwritableError(decided(node.op.name))


def _form(root: Node, leaves: Sequence[Node]) -> str:
    """What a graph computes, whatever the numbers of its leaves."""
    order = newest_first(root)[::-1]
    places: dict[Node, Any] = {node: k for k, node in enumerate([*leaves, *order])}
    return repr([(n.op.name, [places.get(i, i.data) for i in n.inputs], n.attrs) for n in order])


def _derivatives(xp: Any, root: Node, known: dict[Node, Any], leaves: Sequence[Node]) -> list[Any]:
    """The graph once more, forward and then backward, with other numbers in place of the leaves'."""
    order = newest_first(root)
    for node in reversed(order):
        known[node] = node.op.forward(xp, *_read(node, known), **(node.attrs or {}))
    gradients: dict[Node, Any] = {root: 1.0}
    guarded: set[Node] = set()
    for node in order:
        if node not in gradients:
            continue
        if node.op.guards or node in guarded:
            guarded.update(node.inputs)
        here = xp.guard() if node in guarded or node.op.guards else xp
        for position, operand in enumerate(node.inputs):
            if operand._tracked:
                y, operands = known[node], _read(node, known)
                _, part = node.op.vjp(position, here, gradients[node], y, operands, node.attrs)
                if part is not None:
                    gradients[operand] = gradients[operand] + part if operand in gradients else part
    return [known[root], *[gradients.get(leaf, 0.0) for leaf in leaves]]


def _read(node: Node, known: dict[Node, Any]) -> list[Any]:
    return [known.get(operand, operand.data) for operand in node.inputs]


def decided(operation: str) -> str:
    """Why a graph cannot follow its numbers: the condition of an operation is a constant.

    `x > 1` of a Value is Python's True or False, so that `where(x > 1, a, b)` is a fixed choice.
    """
    return _(
        "the condition of a {operation} was decided when it was recorded, and would not follow the numbers: write it "
        "with step, as in where(step(x - 1), a, b), with maximum or minimum, or let the condition be an input"
    ).format(operation=operation)
