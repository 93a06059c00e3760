"""What the nodes of a graph are called: each has an id, for machines, and a label, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tinygrad_edu.graph.node import Node

from ..readable import short


class Name(NamedTuple):
    """The id and the label of a node, as a `TraceNode` has them."""

    id: str
    label: str


def names(nodes: Sequence[Node]) -> dict[Node, Name]:
    """The names of all nodes of a graph, given in the order of creation."""
    ids = _ids(nodes)
    found = labels((node_id, node.name, node.op is not None) for node, node_id in ids.items())
    return {node: Name(node_id, found[node_id]) for node, node_id in ids.items()}


def _ids(nodes: Sequence[Node]) -> dict[Node, str]:
    """Ids, stable and unique: a named leaf's name, else "n" and the number in the order of creation."""
    ids: dict[Node, str] = {}
    taken: set[str] = set()
    wanted = {node: node.name if node.op is None and node.name else f"n{k}" for k, node in enumerate(nodes)}
    for node in sorted(nodes, key=lambda node: not (node.op is None and node.name)):  # a user's own names come first
        wish = found = wanted[node]
        copy = 1
        while found in taken:
            copy += 1
            found = f"{wish}#{copy}"
        taken.add(found)
        ids[node] = found
    return {node: ids[node] for node in nodes}


def labels(nodes: Iterable[tuple[str, str | None, bool]]) -> dict[str, str]:
    """How people read about each node: under its name, or under its id where the name is missing or not its own.

    Args:
        nodes: (id, name, whether an operation computed it) of every node.
    Returns:
        the labels by id.
    """
    nodes = list(nodes)
    ids = {node_id for node_id, _, _ in nodes}
    times = Counter(short(name) for _, name, _ in nodes if name)
    named = {
        i: name for i, name, computed in nodes if computed and name and times[short(name)] == 1 and name not in ids
    }
    return {node_id: short(named.get(node_id, node_id)) for node_id in ids}
