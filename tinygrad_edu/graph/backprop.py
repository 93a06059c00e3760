"""The backward pass: reverse-mode automatic differentiation over a recorded graph.

The nodes that the root was computed from, newest first, are a topological order: a node is met only after all of its
consumers, when its gradient is complete. So the whole pass is one loop. For each node it asks the operation for the
contribution of each input, and adds it to that input's gradient:

    dL/d(input)  +=  dL/d(node) · d(node)/d(input)

(Linnainmaa 1970; Griewank & Walther, "Evaluating Derivatives", 2008.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from ..errors import GraphError, MutationError, ShapeError
from ..namespaces.namespace import FLOATS, Guarded
from ..tensors.storing import begin_storing, end_ahead, end_storing, free_home, go_ahead, owned, store
from ..tensors.tensor import Tensor
from ..tensors.value import Value
from .modes import MODES
from .node import Node, data_of
from .operation import Operation

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
    gradients = {root: seed(root, gradient, create_graph)}
    return map(Step._make, _steps(root, gradients, create_graph))


def backward(root: Node, gradient: Any = None, create_graph: bool = False) -> None:
    """Drain the backward pass and add the gradients to the leaves: see `Node.backward`."""
    start = seed(root, gradient, create_graph)
    gradients = {root: start}
    if isinstance(root, Value):
        _drain(_steps(root, gradients, create_graph, observed=False))
        begin_storing()
        try:
            for node, received in gradients.items():
                node._grad = received if node.op is not None else node._grad + received
        finally:
            end_storing()
        return
    ahead = go_ahead()
    try:
        _drain(_steps(root, gradients, create_graph, observed=False, ahead=ahead))
        ahead = ahead or go_ahead()
        kept = {id(start)}
        begin_storing()
        try:
            for node, received in gradients.items():
                if node.backend.here:
                    store(node, received, kept, ahead)
                else:
                    node.backend.run(store, node, received, kept, ahead)
        finally:
            end_storing()
    finally:
        if ahead:
            end_ahead()


def gradients_of(
    root: Node, targets: Iterable[Node], gradient: Any = None, create_graph: bool = False
) -> list[Any | None]:
    """The gradients of `root` for some nodes, without touching any `grad`; None for nodes it does not depend on."""
    targets = list(targets)
    start = seed(root, gradient, create_graph)
    gradients = {root: start}
    _drain(_steps(root, gradients, create_graph, frozenset(targets), observed=False))
    found = [gradients.get(target) for target in targets]
    if isinstance(root, Value) or create_graph:
        return found
    kept = {id(start)}
    return [None if x is None else t.namespace.run(owned, t, x, kept) for t, x in zip(targets, found, strict=True)]


def newest_first(root: Node, targets: frozenset[Node] = frozenset()) -> list[Node]:
    """The computed nodes that `root` depends on, consumers before their inputs; nothing beyond the `targets`.

    Raises:
        MutationError: an input is newer than the node computed from it.
    """
    oldest = min(target.serial for target in targets) if targets else 0
    scalar = isinstance(root, Value)
    seen = {root, *targets}
    waiting = [root] if root.op is not None and root not in targets else []
    order = waiting.copy()
    while waiting:
        node = waiting.pop()
        # a Value's two slots are read without the call behind `inputs`: this loop takes a third of a scalar pass
        operands = (node._first, node._second) if scalar and node._second is not None else node.inputs
        for operand in operands:
            if operand.op is None:
                if operand.serial > node.serial:
                    raise _mutation(node, operand)
            elif operand not in seen and (operand.serial >= oldest or not operand.serial):
                seen.add(operand)
                order.append(operand)
                waiting.append(operand)
    order.sort(key=attrgetter("serial"), reverse=True)
    if order and order[-1].serial == 0:
        raise _mutation(order[-1], order[-1])
    return order


def _drain(steps: Iterator[Any]) -> None:
    """Run a generator to its end, keeping nothing."""
    deque(steps, maxlen=0)


RawStep = tuple[Node, int, Any, Any, Any, Any, Any]  # the fields of a Step


def _steps(
    root: Node,
    gradients: Gradients,
    create_graph: bool,
    targets: frozenset[Node] = frozenset(),
    observed: bool = True,
    ahead: bool = False,
) -> Iterator[RawStep]:
    """The pass itself. `gradients` starts with the root's; at the end it holds those of leaves and of kept nodes.

    Args:
        observed: False where nobody looks: then no steps are yielded, which for floats takes longer than computing.
        ahead: the gradients are going to be stored, and may be written to the homes of leaves right away.
    """
    order = newest_first(root, targets)
    if isinstance(root, Value) and not create_graph and MODES.get().watch is None:
        return _float_steps(order, gradients, observed)
    return _general_steps(order, gradients, create_graph, observed, ahead and not create_graph)


def _general_steps(
    order: list[Node], gradients: Gradients, create_graph: bool, observed: bool, ahead: bool = False
) -> Iterator[RawStep]:
    """One loop over the nodes, newest first, and over the inputs of each."""
    watch = MODES.get().watch
    observed = observed or watch is not None
    behind_where: set[Node] = set()
    for node in order:
        upstream = gradients.get(node)
        if upstream is None:  # it fed only a place without derivative
            continue
        if not node.keeps_grad:
            del gradients[node]
        op, inputs, attrs = node.op, node.inputs, node.attrs
        if create_graph:
            xp, y, operands = node.graph_namespace, node, [x if x._tracked else node.constant(x) for x in inputs]
        else:
            xp, y, operands = node.namespace, node._data, list(map(data_of, inputs))
        if op.name == "where" or (behind_where and node in behind_where):
            behind_where.update(inputs)
            xp = Guarded(xp)
        if watch is not None:
            watch.reached(node)
        pulled, here, pull_back = upstream, xp.here, op.pull_back
        if op.shared is not None:
            run = op.shared if here else partial(xp.run, op.shared)
            pulled = run(xp, upstream, y, *operands, **(attrs or {}))
        for position, operand in enumerate(inputs):
            if operand._tracked:
                before = gradients.get(operand)
                out = None
                if ahead and before is None and position in op.writes_into and operand.op is None:
                    out = free_home(operand)
                if here:
                    local, contribution = pull_back(position, xp, pulled, y, operands, attrs, out)
                    gradient = contribution if before is None or contribution is None else before + contribution
                else:
                    pulling = op, position, xp, pulled, y, operands, attrs, before, out
                    local, contribution, gradient = xp.run(_receive, *pulling)
                if contribution is not None:
                    gradients[operand] = gradient
                    if observed:
                        step = node, position, upstream, local, contribution, before, gradient
                        if watch is not None:
                            watch.contributed(Step._make(step))
                        yield step


def _receive(
    op: Operation,
    position: int,
    xp: Any,
    upstream: Any,
    y: Any,
    operands: Any,
    attrs: Any,
    before: Any,
    out: Any = None,
) -> tuple[Any, Any, Any]:
    """What an input receives: the local derivative, the contribution, and its gradient with that."""
    local, contribution = op.pull_back(position, xp, upstream, y, operands, attrs, out)
    if before is None or contribution is None:
        return local, contribution, contribution
    return local, contribution, before + contribution


def _float_steps(order: list[Node], gradients: Gradients, observed: bool) -> Iterator[RawStep]:
    """The loop of `_steps` for plain floats. For them a call costs more than the arithmetic, and nearly all operations
    of a scalar graph have two operands, so the contributions to these two are written out."""
    known = gradients.get
    for place, node in enumerate(order):
        upstream, first, second = known(node), node._first, node._second
        if upstream is None:
            continue
        if second is None or node.attrs:
            if node.op.name == "where":  # from here on the general loop has to be careful
                yield from _general_steps(order[place:], gradients, False, observed)
                return
            yield from _other_steps(node, upstream, gradients)
            continue
        by_first, by_second = node.op.rules
        y, a, b = node._data, first._data, second._data
        if first._tracked:
            local = by_first if type(by_first) is float else by_first(FLOATS, y, a, b)
            contribution = gradient = upstream * local
            before = known(first)
            if before is not None:
                gradient = before + contribution
            gradients[first] = gradient
            if observed:
                yield node, 0, upstream, local, contribution, before, gradient
        if second._tracked:
            local = by_second if type(by_second) is float else by_second(FLOATS, y, a, b)
            contribution = gradient = upstream * local
            before = known(second)
            if before is not None:
                gradient = before + contribution
            gradients[second] = gradient
            if observed:
                yield node, 1, upstream, local, contribution, before, gradient


def _other_steps(node: Node, upstream: float, gradients: Gradients) -> Iterator[RawStep]:
    """The contributions of a Value of one operand, or more than two."""
    data = list(map(data_of, node.inputs))
    for position, operand in enumerate(node.inputs):
        if operand._tracked:
            before = gradients.get(operand)
            arguments = node.op, position, FLOATS, upstream, node._data, data, node.attrs, before
            local, contribution, gradient = _receive(*arguments)
            if contribution is not None:
                gradients[operand] = gradient
                yield node, position, upstream, local, contribution, before, gradient


def seed(root: Node, gradient: Any, create_graph: bool) -> Any:
    """dL/d(root), checked, in the form the pass computes with."""
    if not root._tracked:
        raise GraphError(
            f"backward() from a {root.describe()} that requires no gradient: nothing it was computed from has "
            "requires_grad=True, or it was computed under no_grad()"
        )
    if isinstance(root, Value):
        value = 1.0 if gradient is None else gradient if isinstance(gradient, Value) else float(gradient)
        return Value(value, requires_grad=False) if create_graph and not isinstance(value, Value) else value
    assert isinstance(root, Tensor)
    if gradient is None:
        if root._data.size != 1:
            raise GraphError(
                f"backward() from a {root.describe()} of shape {root.shape} needs a gradient of that shape: "
                f"reduce it to a single number first (.sum(), .mean()), or give one: backward(gradient=...)"
            )
        one = root.backend.one(root.dtype, root.shape)
        if create_graph:  # the caller may keep it, and write into it
            return Tensor.wrap(root.backend.run(one.copy), root.backend)
        return one
    if not isinstance(gradient, Tensor):
        gradient = Tensor(gradient, dtype=root.dtype, device=root.backend)
    if gradient.shape != root.shape:
        raise ShapeError(f"backward(gradient=...): the gradient has shape {gradient.shape}, the result {root.shape}")
    root.backend.same_device(gradient.backend, "backward")
    return gradient if create_graph else gradient._data


def _mutation(node: Node, operand: Node) -> MutationError:
    if node.serial == 0:
        return MutationError(
            f"the data of a {node.describe()} was assigned after it was computed: its derivatives belong to the old "
            "data. Make it a leaf of its own: tg.Tensor(new_data, requires_grad=True)"
        )
    return MutationError(
        f"the data of the {operand.describe()} changed after the {node.describe()} was computed from it: the recorded "
        "derivatives belong to the old data. Run the forward pass again before backward(), or change it afterwards"
    )
