"""The backward pass: reverse-mode automatic differentiation over a recorded graph.

The nodes that the root was computed from, newest first, are a topological order: a node is met only after all of its
consumers, when its gradient is complete. So the whole pass is one loop. For each node it asks the operation for the
contribution of each input, and adds it to that input's gradient:

    dL/d(input)  +=  dL/d(node) · d(node)/d(input)

(Linnainmaa 1970; Griewank & Walther, "Evaluating Derivatives", 2008.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from .modes import MODES
from .node import Node, data_of
from .observer import Observer
from .order import newest_first

Gradients = dict[Node, Any]


class Step(NamedTuple):
    """One contribution: what `input` receives from `node`, whose input it is."""

    node: Node  # the consumer, whose gradient is complete
    position: int  # which of its inputs receives
    upstream: Any  # dL/d(node)
    local: Any  # d(node)/d(input) of an elementwise operation; None for structural ones
    contribution: Any  # what is added to the input's gradient
    before: Any  # the input's gradient before; None if this is its first contribution
    gradient: Any  # the input's gradient after

    @property
    def input(self) -> Node:
        return self.node.inputs[self.position]


def backprop(root: Node, gradient: Any = None, create_graph: bool = False) -> Iterator[Step]:
    """The backward pass from `root` as steps, one for each contribution; no node's `grad` is touched.

    Args:
        gradient: dL/d(root); may be left out for a single number, where it is 1.
        create_graph: give gradients as nodes, recorded, so that they can be differentiated again.
    Raises:
        GraphError, ShapeError, MutationError: as `Node.backward`.
    """
    gradients = {root: root.seed(gradient, create_graph)}
    reader = Reader(create_graph, reports=True)
    return chain.from_iterable(steps_by_node(newest_first(root), gradients, reader))


def gradients_of(
    root: Node, targets: Iterable[Node], gradient: Any = None, create_graph: bool = False
) -> list[Any | None]:
    """The gradients of `root` for some nodes, without touching any `grad`; None for nodes it does not depend on.

    Args:
        targets: of which none is computed from another: the pass goes no further than to them.
    """
    targets = list(targets)
    start = root.seed(gradient, create_graph)
    gradients = {root: start}
    drain(newest_first(root, frozenset(targets)), gradients, Reader(create_graph))
    given = {id(start)}  # what somebody else keeps already
    return [None if target not in gradients else target.own(gradients[target], given) for target in targets]


def drain(order: list[Node], gradients: Gradients, reader: Reader) -> None:
    """Run a pass to its end. Then `gradients` holds those of leaves, and of nodes that keep theirs."""
    if MODES.get().watch is not None:
        for _ in steps_by_node(order, gradients, reader):
            pass
    elif order:
        here = order[0].namespace
        here.run(_pass_all_on, order, gradients, reader, here)


def _pass_all_on(order: list[Node], gradients: Gradients, reader: Reader, here: Any) -> None:
    """The pass itself, on a device that is the current one; a node of another device is taken there."""
    for node in order:
        if node.namespace is here:
            _pass_on(node, gradients, reader)
        else:
            node.namespace.run(_pass_on, node, gradients, reader)


def steps_by_node(order: list[Node], gradients: Gradients, reader: Reader) -> Iterator[list[Step]]:
    """The pass for those who look: for each node its steps. `gradients` starts with the root's."""
    observer = MODES.get().watch
    reader.reports = reader.reports or observer is not None
    by_node = (node.namespace.run(_pass_on, node, gradients, reader) for node in order)
    return by_node if observer is None else _report(by_node, observer)


def _report(by_node: Iterator[list[Step]], observer: Observer) -> Iterator[list[Step]]:
    """The same steps, reported to an observer."""
    for found in by_node:
        if found:
            observer.reached(found[0].node)
        for step in found:
            observer.contributed(step)
        yield found


def _pass_on(node: Node, gradients: Gradients, reader: Reader) -> list[Step]:
    """Pass the complete gradient of a node on to its inputs."""
    found: list[Step] = []
    upstream = gradients.get(node) if node.keeps_grad else gradients.pop(node, None)
    if upstream is None:  # it fed only a place without derivative
        return found
    op, inputs, attrs = node.op, node.inputs, node.attrs
    xp, y, operands = reader.read(node, inputs)
    g = upstream if op.shared is None else op.shared(xp, upstream, y, *operands, **(attrs or {}))
    for position, operand in enumerate(inputs):
        if operand._tracked:
            before = gradients.get(operand)
            out = operand.buffer() if position in op.writes_into and before is None and reader.buffers else None
            local, contribution = op.vjp(position, xp, g, y, operands, attrs, out)
            if contribution is not None:
                gradients[operand] = gradient = contribution if before is None else before + contribution
                if reader.reports:
                    if local is None and op.elementwise:  # it was computed together with the chain rule
                        local = op.local(position, xp, y, operands, attrs)
                    found.append(Step(node, position, upstream, local, contribution, before, gradient))
    return found


class Reader:
    """Reads the rules of the nodes of one pass.

    Args:
        create_graph: read them with the nodes themselves, so that what they compute is recorded.
        buffers: gradients may be written into the buffers of leaves (see `Node.buffer`) before they are stored.
        reports: whether somebody looks at the steps; else none are made.
    """

    def __init__(self, create_graph: bool = False, buffers: bool = False, reports: bool = False):
        self.create_graph, self.buffers, self.reports = create_graph, buffers and not create_graph, reports
        self._behind_guard: set[Node] | None = None

    def read(self, node: Node, inputs: tuple[Node, ...]) -> tuple[Any, Any, list[Any]]:
        """(xp, y, operands): what the rules of a node are read with."""
        if self.create_graph:
            xp, y, operands = node.graph_namespace, node, [x if x._tracked else node.constant(x) for x in inputs]
        else:
            xp, y, operands = node.namespace, node._data, list(map(data_of, inputs))
        if node.op.guards or (self._behind_guard is not None and node in self._behind_guard):
            self._behind_guard = self._behind_guard or set()
            self._behind_guard.update(inputs)
            xp = xp.guard()
        return xp, y, operands
