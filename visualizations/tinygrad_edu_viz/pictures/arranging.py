"""Layers stand side by side, and units below each other, in order: what Graphviz is told, and what is done after it.

Graphviz puts the boxes of a rank where few edges cross, and not in order. In frames it cannot be told otherwise (it
drops edges between boxes of a rank there), so where its columns are out of order we put them in order ourselves, and
let it draw the edges anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import inf

import graphviz

from ..trace import Trace
from ..views.levels import SCROLLABLE, Edge, Path, View, ViewBox
from . import dot_binary

STRAIGHT = "4"  # how much straighter the way of the data is than the ways of leaves
DEEPEST = 8  # frames in each other
NEWRANK = "true"  # the boxes of all frames are ranked together, so that the frames of layers stand in a row
GAP = 10.0  # between boxes of a column, in points
SAME = 3.0  # points that boxes of one column may differ along the way of the data

Column = tuple[Path, float]  # the frame that it is in, and how far it is along the way of the data, in points


def frame_of(box: ViewBox) -> Path:
    """The scopes whose frames are drawn around a box, the outermost first."""
    return box.scope[:-1] if box.collapsed else box.scope


class Arrangement:
    """What a view asks of its layout.

    Attributes:
        entrances: pairs of boxes of which the second stands behind the first, though nothing flows between them.
        order: of each box what puts it in order with the others of its column: the places, in the order of creation,
            of the first box that it feeds, and of its own. Empty where there are no frames, or too many boxes.
    """

    def __init__(self, view: View, trace: Trace):
        self.view = view
        self.entrances = list(_entrances(view))
        has_frames = any(map(frame_of, view.boxes.values()))
        self.order = _order(view, trace) if has_frames and len(view.boxes) <= SCROLLABLE else {}

    def guide(self, graph: graphviz.Digraph, keys: Mapping[str, str]) -> None:
        """Add what leads Graphviz to the arrangement, and is not seen.

        Args:
            keys: what the boxes are called in the picture.
        """
        for source, inside in self.entrances:
            graph.edge(keys[source], keys[inside], style="invis", weight="0")

    def settle(self, graph: graphviz.Digraph, keys: Mapping[str, str], rankdir: str) -> None:
        """Where boxes of a column are not in order, give all boxes their places."""
        if not self.order:
            return
        try:
            found = json.loads(dot_binary.render(graph, "json"))
        except (dot_binary.MissingDot, dot_binary.DrawingError):
            return  # whoever draws will say so
        layout = _Layout(self, found, keys, rankdir)
        if layout.is_in_order():
            return
        layout.put_in_order()
        layout.write(graph)


class _Layout:
    """Where Graphviz has put the boxes; its y grows upwards.

    Attributes:
        across: which coordinate boxes of a column differ in: 1 is y. It falls from the first to the last; x rises.
        forth: 1 if the other coordinate rises along the way of the data, -1 if it falls.
        centres: x and y of each box, in points.
        extents: how large each box is across.
        along: how far each box is along the way of the data, equally far for those of a rank.
        columns: the boxes of each frame that are equally far along, in order, by the way of the data.
        sources, targets: what feeds each box, and what it feeds.
    """

    def __init__(self, arrangement: Arrangement, found: dict, keys: Mapping[str, str], rankdir: str):  # type: ignore[type-arg]
        self.found, self.keys = found, keys
        self.across = 1 if rankdir in ("LR", "RL") else 0
        self.sign, self.forth = -1 if self.across else 1, 1 if rankdir in ("LR", "BT") else -1
        boxes = {item["name"]: item for item in found["objects"] if "pos" in item}
        size = "height" if self.across else "width"
        self.centres = {box: [*map(float, boxes[key]["pos"].split(","))] for box, key in keys.items()}
        self.extents = {box: 72 * float(boxes[key][size]) for box, key in keys.items()}
        self.frames = {box: frame_of(arrangement.view.boxes[box]) for box in keys}
        self.sources: dict[str, list[str]] = {box: [] for box in keys}
        self.targets: dict[str, list[str]] = {box: [] for box in keys}
        for source, target in arrangement.view.edges:
            self.sources[target].append(source)
            self.targets[source].append(target)
        self.along = self._ranks()
        columns: dict[Column, list[str]] = {}
        for box in sorted(keys, key=lambda box: (self.along[box], arrangement.order[box])):
            columns.setdefault((self.frames[box], self.along[box]), []).append(box)
        self.columns = columns

    def _ranks(self) -> dict[str, float]:
        """How far each box is along the way of the data; one number for those of a rank, which may differ a little."""
        found, last = {}, -inf
        for box in sorted(self.centres, key=lambda box: self.forth * self.centres[box][1 - self.across]):
            here = self.forth * self.centres[box][1 - self.across]
            last = found[box] = last if here - last < SAME else here
        return found

    def _place(self, box: str) -> float:
        """How far across its centre is, from the side where the first of a column is."""
        return self.sign * self.centres[box][self.across]

    def is_in_order(self) -> bool:
        return all(self._place(a) < self._place(b) for column in self.columns.values() for a, b in pairwise(column))

    def put_in_order(self) -> None:
        """Each column in order; where nothing of other frames is beside it, each box near what it is connected with."""
        spans = {frame: self._span(frame) for frame in self.frames.values()}
        for (frame, along), column in self.columns.items():
            places = self._slots(column)
            if frame and self._is_alone(frame, along):
                places = self._near(column, places, spans[frame], self.sources)
            self._put(column, places)
        for (frame, along), column in self.columns.items():  # the inputs of the whole
            if not frame and self._is_alone(frame, along) and not any(self.sources[box] for box in column):
                self._put(column, self._near(column, self._slots(column), self._span(()), self.targets))

    def _put(self, column: list[str], places: list[float]) -> None:
        for box, place in zip(column, places, strict=True):
            self.centres[box][self.across] = self.sign * place

    def _span(self, frame: Path) -> tuple[float, float]:
        """Where the boxes in a frame begin and end, across."""
        inside = [box for box, its in self.frames.items() if its[: len(frame)] == frame]
        ends = [(self._place(box) - self.extents[box] / 2, self._place(box) + self.extents[box] / 2) for box in inside]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def _is_alone(self, frame: Path, along: float) -> bool:
        """Whether no frame inside of a frame reaches a column of it."""
        inner: dict[Path, list[float]] = {}
        for box, its in self.frames.items():
            if len(its) > len(frame) and its[: len(frame)] == frame:
                inner.setdefault(its[: len(frame) + 1], []).append(self.along[box])
        return not any(min(places) <= along <= max(places) for places in inner.values())

    def _slots(self, column: list[str]) -> list[float]:
        """The places that the boxes of a column have, dealt out in order; the gaps between them stay."""
        before = sorted(column, key=self._place)
        gaps = [self._place(b) - self._place(a) - (self.extents[a] + self.extents[b]) / 2 for a, b in pairwise(before)]
        edge = self._place(before[0]) - self.extents[before[0]] / 2
        places = []
        for box, gap in zip(column, [*gaps, 0.0], strict=True):
            places.append(edge + self.extents[box] / 2)
            edge += self.extents[box] + gap
        return places

    def _near(
        self, column: list[str], slots: list[float], span: tuple[float, float], neighbours: dict[str, list[str]]
    ) -> list[float]:
        """Places in the middle of each box's neighbours that are in its frame, as far as there is room."""
        frame, places, edge = self.frames[column[0]], [], span[0]
        for box, slot in zip(column, slots, strict=True):
            near = [self._place(other) for other in neighbours[box] if not frame or self.frames[other] == frame]
            wish = sum(near) / len(near) if near else slot
            places.append(max(wish, edge + self.extents[box] / 2))
            edge = places[-1] + self.extents[box] / 2 + GAP
        edge = span[1]
        for k in reversed(range(len(column))):
            places[k] = min(places[k], edge - self.extents[column[k]] / 2)
            edge = places[k] - self.extents[column[k]] / 2 - GAP
        return places if edge >= span[0] - GAP - 0.5 else slots

    def write(self, graph: graphviz.Digraph) -> None:
        """Give a graph these places, and let only its edges be laid out."""
        graph.attr("graph", layout="nop2", splines="true")
        for box, (x, y) in self.centres.items():
            graph.node(self.keys[box], pos=f"{x:.2f},{y:.2f}")
        items = {item["_gvid"]: item for item in self.found["objects"] if "bb" in item}
        inner = {number for item in items.values() for number in item.get("subgraphs", ())}
        self._write_frames(graph, [item for number, item in items.items() if number not in inner], items)

    def _write_frames(self, graph: graphviz.Digraph, some: list[dict], items: dict[int, dict]) -> None:  # type: ignore[type-arg]
        for item in some:
            with graph.subgraph(name=item["name"]) as frame:
                frame.attr(bb=item["bb"], lp=item.get("lp", ""))
                self._write_frames(frame, [items[number] for number in item.get("subgraphs", ())], items)


def _order(view: View, trace: Trace) -> dict[str, tuple[int, int]]:
    place = {node: k for k, node in enumerate(trace.nodes)}
    own = {box.id: place[box.result] for box in view.boxes.values()}
    fed: dict[str, int] = {}
    for source, target in view.edges:
        fed[source] = min(fed.get(source, len(place)), own[target])
    return {box: (fed.get(box, len(place)), own[box]) for box in own}


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
