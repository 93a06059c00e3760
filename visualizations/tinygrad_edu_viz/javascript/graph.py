"""A recorded graph as the page's program walks it, with the operations that it needs."""

from __future__ import annotations

from typing import Any, NamedTuple

from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.tapes.javascript_code import UnwritableError
from tinygrad_edu_words import _

from ..recording.contents import restored, to_json
from ..trace import Trace
from .recorded import decided
from .tables import Table, key_of, operations


class ComputedGraph(NamedTuple):
    """What a page needs to compute a trace anew from other numbers.

    Attributes:
        nodes: for each node of the trace, in its order, `{value, tracked}` or `{op, inputs, tracked}`, as JSON that
            `graphOf` of `runtime.js` reads.
        root: the place of the root.
        operations: their table.
    """

    nodes: list[dict[str, Any]]
    root: int
    operations: Table


def computed_graph(trace: Trace, *others: Trace) -> ComputedGraph:
    """A trace of Values, for `forward` and `backward` of `runtime.js`.

    Args:
        others: the same function, recorded with other numbers. Without them nobody knows whether it has an `if`, or
            computes something from what needs no gradient, which is not recorded.
    Raises:
        UnwritableError: it cannot be computed anew, and the message says why: it holds tensors, an operation that
            cannot be written, or a choice that was made when it was recorded.
    """
    if any(_form(other) != _form(trace) for other in others):
        raise UnwritableError(
            _(
                "with other numbers the function computes something else: it has an if of its own, or computes with "
                "what needs no gradient, which is not recorded"
            )
        )
    places = {name: place for place, name in enumerate(trace.nodes)}
    wanted, found = {}, []
    for node in trace.nodes.values():
        if node.kind != "value":
            raise UnwritableError(
                _("{node} is a tensor: take it apart into single numbers first").format(node=node.label)
            )
        entry: dict[str, Any] = {"tracked": node.requires_grad}
        if node.op is None:
            found.append({"value": to_json(node.data), **entry})
            continue
        if node.op not in REGISTRY:
            raise UnwritableError(_("the operation {op} is not known here").format(op=node.op))
        op, attrs = REGISTRY[node.op], restored(node.attrs)
        inputs = [trace.nodes[name] for name in node.inputs]
        for x, rule in zip(inputs, op.rules, strict=False):
            if rule is None and x.is_plain_number:
                raise UnwritableError(decided(op.name))
        wanted[key_of(op, attrs)] = op, attrs
        found.append({"op": key_of(op, attrs), "inputs": [places[name] for name in node.inputs], **entry})
    written = operations(wanted.values())
    for key, reason in written.unwritten.items():
        raise UnwritableError(f"{key}: {reason}")
    return ComputedGraph(found, places[trace.root], written)


def _form(trace: Trace) -> list[Any]:
    """What a trace computes, whatever the numbers that have a name or a gradient."""
    places = {name: place for place, name in enumerate(trace.nodes)}
    nodes = trace.nodes.values()
    return [(n.op, [places[x] for x in n.inputs], n.attrs, n.is_plain_number and repr(n.data)) for n in nodes]
