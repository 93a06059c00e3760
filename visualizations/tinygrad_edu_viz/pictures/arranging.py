"""What Graphviz is told beside the edges, so that layers stand side by side, and units below each other, in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeVar

import graphviz

from ..trace import Trace
from ..views.levels import SCROLLABLE, Edge, Path, View, ViewBox
from . import dot_binary

STRAIGHT = "4"  # how much straighter the way of the data is than the ways of leaves
DEEPEST = 8  # frames in each other
NEWRANK = "true"  # the boxes of all frames are ranked together, so that the frames of layers stand in a row


class Way(NamedTuple):
    """How Graphviz is led.

    Attributes:
        backwards: boxes are given to it from the last to the first.
        rows: 1 binds boxes of a row to each other from the first to the last, -1 from the last to the first, 0 not.
    """

    backwards: bool
    rows: int


WAYS = [Way(backwards, rows) for rows in (0, 1, -1) for backwards in (False, True)]

Drawn = TypeVar("Drawn", bound=graphviz.Digraph)


def frame_of(box: ViewBox) -> Path:
    """The scopes whose frames are drawn around a box, the outermost first."""
    return box.scope[:-1] if box.collapsed else box.scope


class Arrangement:
    """What a view asks of its layout.

    Attributes:
        entrances: pairs of boxes of which the second stands behind the first, though nothing flows between them.
        rows: boxes that stand in one line across, such as the units of a layer, in the order of creation.
    """

    def __init__(self, view: View, trace: Trace):
        self.entrances = list(_entrances(view))
        has_frames = any(map(frame_of, view.boxes.values()))
        self.rows = _rows(view, trace, self.entrances) if has_frames and len(view.boxes) <= SCROLLABLE else []

    def rows_of(self, keys: Mapping[str, str]) -> list[list[str]]:
        """The rows, by the keys that boxes have in a picture."""
        return [[keys[box] for box in row] for row in self.rows]

    def guide(self, graph: graphviz.Digraph, keys: Mapping[str, str], way: Way) -> None:
        """Add what leads Graphviz to the arrangement, and is not seen."""
        for source, inside in self.entrances:
            graph.edge(keys[source], keys[inside], style="invis", weight="0")
        for row in self.rows_of(keys) if way.rows else ():
            with graph.subgraph() as same:
                same.attr(rank="same")
                for first, second in pairwise(row[:: way.rows]):
                    same.edge(first, second, style="invis")


def in_order(make: Callable[[Way], Drawn], rows: list[list[str]], rankdir: str) -> Drawn:
    """The drawing whose rows are in order, or most nearly so.

    Which box of a row is above the others depends, inside of frames, on all that is there: so every way is tried.
    """
    best = make(WAYS[0])
    try:
        least = _disorder(best, rows, rankdir) if rows else 0
        for way in WAYS[1:] if least else ():
            drawn = make(way)
            wrong = _disorder(drawn, rows, rankdir)
            if wrong < least:
                best, least = drawn, wrong
            if not least:
                break
    except (dot_binary.MissingDot, dot_binary.DrawingError):
        pass
    return best


def _disorder(graph: graphviz.Digraph, rows: list[list[str]], rankdir: str) -> int:
    """How many neighbours in rows are the wrong way round."""
    words = [line.split() for line in dot_binary.render(graph, "plain").decode().splitlines()]
    across = {
        node[1]: -float(node[3]) if rankdir in ("LR", "RL") else float(node[2]) for node in words if node[0] == "node"
    }
    return sum(across[first] > across[second] for row in rows for first, second in pairwise(row))


def _entrances(view: View) -> Iterator[Edge]:
    """A layer's inputs from elsewhere come before all that is in its frame, its weights too: else these would stand
    beside the layer before, and the frames, which must not overlap, above each other.
    """
    fed = {target for _, target in view.edges}
    leaves: dict[Path, list[str]] = {}
    for box in view.boxes.values():
        if frame_of(box) and box.id not in fed:
            leaves.setdefault(frame_of(box), []).append(box.id)
    found: dict[Edge, None] = {}
    for source, target in view.edges:
        frame = frame_of(view.boxes[target])
        if frame_of(view.boxes[source])[: len(frame)] != frame:
            found.update(((source, leaf), None) for leaf in leaves.get(frame, ()))
    yield from found


def _rows(view: View, trace: Trace, entrances: Collection[Edge]) -> list[list[str]]:
    """They have the same operation, or feed the same one, in the same frame, equally far behind the inputs, so that
    none depends on another.
    """
    before: dict[str, list[str]] = {key: [] for key in view.boxes}
    for source, target in (*view.edges, *entrances):
        before[target].append(source)
    fed: dict[str, str] = {}
    for source, target in view.edges:
        fed.setdefault(source, target)
    found: dict[tuple[str | None, Path, int], list[str]] = {}
    for key, depth in _depths(before).items():
        box = view.boxes[key]
        if not box.collapsed:
            what = trace.nodes[box.result].op or fed.get(key)
            found.setdefault((what, frame_of(box), depth), []).append(key)
    place = {node: k for k, node in enumerate(trace.nodes)}
    return [sorted(row, key=lambda key: place[view.boxes[key].result]) for row in found.values() if len(row) > 1]


def _depths(before: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How far each box is behind those that have nothing before them, by the longest way; without those in a circle."""
    behind: dict[str, list[str]] = {key: [] for key in before}
    for key, sources in before.items():
        for source in sources:
            behind[source].append(key)
    waits = {key: len(sources) for key, sources in before.items()}
    depths = {key: 0 for key, count in waits.items() if not count}
    for key in (queue := list(depths)):  # grows while we walk along it
        for after in behind[key]:
            depths[after] = max(depths.get(after, 0), depths[key] + 1)
            waits[after] -= 1
            if not waits[after]:
                queue.append(after)
    return {key: depth for key, depth in depths.items() if not waits[key]}
