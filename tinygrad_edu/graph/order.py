"""The order of a graph: consumers before their inputs.

A node's serial is the moment at which its data was set. So sorting by it, newest first, sorts a graph topologically.
"""

from __future__ import annotations

from operator import attrgetter

from ..clock import LAST_WRITE
from ..errors import GraphError, MutationError
from .node import Node
from .overwritten import first_overwritten


def nodes(root: Node) -> list[Node]:
    """The nodes of a graph: `root` and all that it was computed from, leaves and constants too, newest first.

    So a node stands before its inputs, and a walk along the list can do what `backward` does. (A leaf is as old as its
    data: one that was updated since the graph was computed stands first.)

    Raises:
        GraphError: `root` is no node.
    """
    if not isinstance(root, Node):
        raise GraphError(f"a graph ends in a Value or a Tensor, not in a {type(root).__name__}")
    return sorted(reachable(root), key=attrgetter("serial"), reverse=True)


def reachable(root: Node) -> set[Node]:
    """A node, and all that it was computed from."""
    found, waiting = {root}, [root]
    while waiting:
        for operand in waiting.pop().inputs:
            if operand not in found:
                found.add(operand)
                waiting.append(operand)
    return found


def newest_first(root: Node, targets: frozenset[Node] = frozenset()) -> list[Node]:
    """The computed nodes that `root` depends on, consumers before their inputs; nothing beyond the `targets`.

    Raises:
        MutationError: an input is newer than the node computed from it, or shares memory with what was written into.
    """
    oldest = min(target.serial for target in targets) if targets else 0
    seen = {root, *targets}
    waiting = [root] if root.op is not None and root not in targets else []
    order = waiting.copy()
    while waiting:
        node = waiting.pop()
        for operand in node.inputs:
            if operand.op is None:
                if operand.serial > node.serial:
                    raise mutation_error(node, operand)
            elif operand not in seen and (operand.serial >= oldest or not operand.serial):
                seen.add(operand)
                order.append(operand)
                waiting.append(operand)
    sorted_newest_first(order)
    if order and LAST_WRITE[0] > order[-1].serial:
        overwritten = first_overwritten(order)
        if overwritten is not None:
            raise mutation_error(*overwritten)
    return order


def sorted_newest_first(order: list[Node]) -> list[Node]:
    """Sort computed nodes in place.

    Raises:
        MutationError: the data of one of them was assigned.
    """
    order.sort(key=attrgetter("serial"), reverse=True)
    if order and order[-1].serial == 0:
        raise mutation_error(order[-1], order[-1])
    return order


def mutation_error(node: Node, operand: Node) -> MutationError:
    """The complaint that the data of an operand is not what a node was computed from."""
    if node.serial == 0:
        return MutationError(
            f"the data of a {node.describe()} was assigned after it was computed: its derivatives belong to the old "
            "data. Make it a leaf of its own: tg.Tensor(new_data, requires_grad=True)"
        )
    return MutationError(
        f"the data of the {operand.describe()} changed after the {node.describe()} was computed from it: the recorded "
        "derivatives belong to the old data. Run the forward pass again before backward(), or change it afterwards"
    )
