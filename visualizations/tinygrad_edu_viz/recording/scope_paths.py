"""In which scopes the nodes of a graph are: of modules, and of `with tg.scope(...)`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tinygrad_edu.graph.node import Node
from tinygrad_edu.scopes import Interval, intervals_of

Path = tuple[str, ...]
"""Names of scopes, the outermost first; () outside of all."""


def scopes_of(nodes: Sequence[Node]) -> dict[Node, Path]:
    """The scope of each node.

    A computed node is where it was computed, and a constant where it was made. A leaf that learns is where it is used:
    in the scope that all its consumers share.

    Args:
        nodes: of one graph, in the order of creation.
    """
    intervals = dict(zip(nodes, intervals_of([node.serial for node in nodes]), strict=True))
    names = _names([interval for node, interval in intervals.items() if node.op is not None])
    found = {node: names.get(interval, ()) for node, interval in intervals.items()}
    users: dict[Node, Path] = {}
    for node in nodes:
        for operand in node.inputs:
            if operand.op is None and operand.requires_grad:
                users[operand] = _shared(users[operand], found[node]) if operand in users else found[node]
    return found | users


def _names(intervals: Sequence[Interval | None]) -> dict[Interval | None, Path]:
    """A path for each interval and those around it; a second passage through a scope is called "name#2"."""
    times: Counter[Path] = Counter()
    paths: dict[Interval | None, Path] = {None: ()}
    for interval in intervals:
        around = []
        while interval not in paths:
            assert interval is not None
            around.append(interval)
            interval = interval.outer
        for inner in reversed(around):
            path = (*paths[inner.outer], inner.name)
            times[path] += 1
            paths[inner] = path if times[path] == 1 else (*path[:-1], f"{inner.name}#{times[path]}")
    return paths


def _shared(a: Path, b: Path) -> Path:
    """The beginning that two paths have in common."""
    length = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a[:length]
