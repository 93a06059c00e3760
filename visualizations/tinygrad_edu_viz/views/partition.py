"""The nodes of a graph in parts, which feed each other in no circle."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..recording.contents import TraceNode


@dataclass(frozen=True, slots=True)
class Partition:
    """Each node of a graph in exactly one part.

    Attributes:
        parts: the ids of the nodes of each part, by its key; each part comes after those that feed it.
        inputs: the keys of the parts that feed each part, each once.
    """

    parts: dict[str, list[str]]
    inputs: dict[str, dict[str, None]]

    def nearest(self, root: str, most: int) -> dict[str, None]:
        """The keys of the parts nearest to part `root`, breadth first, each only after all the parts that it feeds.

        So what is left out feeds what is kept and never the other way round: it may be one part itself.
        """
        waits = Counter(source for inputs in self.inputs.values() for source in inputs)
        kept = {root: None}
        for key in (queue := [root]):  # grows while we walk along it
            for source in self.inputs[key]:
                waits[source] -= 1
                if not waits[source] and len(kept) < most:
                    kept[source] = None
                    queue.append(source)
        return kept


def partition(nodes: Mapping[str, TraceNode], keys: Mapping[str, str]) -> Partition:
    """Put the nodes of a graph into parts.

    Where parts would feed each other in a circle, as a scope can that was edited by hand in a file, their nodes become
    parts of their own.

    Args:
        nodes: in the order of creation.
        keys: the part of each node; no part of several nodes has the id of a node.
    """
    keys = dict(keys)
    while True:
        parts: dict[str, list[str]] = {}
        for node_id in nodes:
            parts.setdefault(keys[node_id], []).append(node_id)
        inputs: dict[str, dict[str, None]] = {key: {} for key in parts}
        for node in nodes.values():
            inputs[keys[node.id]].update((keys[source], None) for source in node.inputs)
        for key, sources in inputs.items():
            sources.pop(key, None)
        order = list(_topological(inputs))
        if len(order) == len(parts):
            return Partition({key: parts[key] for key in order}, inputs)
        for key in parts.keys() - set(order):
            keys.update((node_id, node_id) for node_id in parts[key])


def _topological(inputs: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The keys, each after its inputs and otherwise in the order given; without those in a circle or behind one."""
    keys = list(inputs)
    place = {key: k for k, key in enumerate(keys)}
    users: dict[str, list[str]] = {key: [] for key in keys}
    for key, sources in inputs.items():
        for source in sources:
            users[source].append(key)
    waits = {key: len(list(sources)) for key, sources in inputs.items()}
    ready = [place[key] for key, count in waits.items() if not count]  # ascending, and so a heap
    while ready:
        key = keys[heapq.heappop(ready)]
        yield key
        for user in users[key]:
            waits[user] -= 1
            if not waits[user]:
                heapq.heappush(ready, place[user])
