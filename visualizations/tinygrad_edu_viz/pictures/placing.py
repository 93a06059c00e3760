"""Places for boxes of fixed size: Graphviz lays them out, and we read where it put them.

All lengths are in pixels; y grows downwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import hypot
from typing import NamedTuple

import graphviz

from . import dot_binary
from .arranging import DEEPEST, NEWRANK, STRAIGHT

MARGIN = 10
ARROW = 8  # length of an arrow head
FRAME_TITLE = 12  # size of its letters
PATIENCE = 400  # boxes; the search for the best layout of a larger graph is cut short, else it could take hours
_PER_INCH = 72  # Graphviz counts in inches and points; one of its points is one of our pixels

Point = tuple[float, float]
Size = tuple[float, float]
Edge = tuple[str, str, int]  # keys of the box that feeds and of the box that is fed; which input of it


@dataclass(frozen=True, slots=True)
class Curve:
    """The way of an edge: cubic Bézier curves, and the arrow head that begins where they end.

    Attributes:
        points: a first point, and three more for each curve.
        tip: where the arrow head ends.
    """

    points: tuple[Point, ...]
    tip: Point


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame around the boxes of a scope.

    Attributes:
        depth: how many frames are around it.
    """

    title: str
    depth: int
    corner: Point
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Placement:
    """The upper left corners of the boxes, the frames, the curves of the edges, and the size of the whole."""

    corners: dict[str, Point]
    frames: list[Frame]
    curves: dict[Edge, Curve]
    width: float
    height: float


def towards(start: Point, end: Point, length: float) -> Point:
    """The point that lies `length` from `start` in the direction of `end`."""
    x, y = end[0] - start[0], end[1] - start[1]
    part = length / (hypot(x, y) or 1.0)
    return start[0] + part * x, start[1] + part * y


def arrow(base: Point, tip: Point, half: float = 0.45) -> tuple[Point, Point, Point]:
    """The corners of an arrow head; `half` of its length is half its width."""
    x, y = (tip[0] - base[0]) * half, (tip[1] - base[1]) * half
    return tip, (base[0] - y, base[1] + x), (base[0] + y, base[1] - x)


class Plan(NamedTuple):
    """What is to be laid out.

    Attributes:
        sizes: width and height of each box, by keys that are plain words.
        ordered: the boxes that keep their inputs in order.
        scopes: of each box the titles of the frames around it, the outermost first.
        straight: the boxes from which the way goes straight on.
        guide, settle: see `arranging.Arrangement`.
    """

    sizes: dict[str, Size]
    edges: Collection[Edge]
    ordered: Collection[str]
    scopes: dict[str, tuple[str, ...]]
    straight: Collection[str]
    guide: Callable[[graphviz.Digraph], None]
    settle: Callable[[graphviz.Digraph], None]


def place(plan: Plan, rankdir: str) -> Placement:
    """Lay out a graph.

    Args:
        rankdir: "LR" from left to right, "TB" from top to bottom.
    Raises:
        MissingDot, DrawingError: as `render`.
    """
    graph = _graph(plan, rankdir)
    plan.settle(graph)
    return _read(json.loads(dot_binary.render(graph, "json")), plan)


def _graph(plan: Plan, rankdir: str) -> graphviz.Digraph:
    graph = graphviz.Digraph()
    patience = f"{PATIENCE / max(len(plan.sizes), 1):.2f}"
    graph.attr("graph", rankdir=rankdir, ranksep="0.6", nodesep="0.22", nslimit=patience, nslimit1=patience)
    graph.attr("graph", newrank=NEWRANK)
    graph.attr("node", shape="box", fixedsize="true", label="")
    graph.attr("edge", arrowsize=str(ARROW / 10))
    _boxes(graph, plan, list(plan.sizes), 0)
    for edge in plan.edges:
        graph.edge(edge[0], edge[1], id=_edge_id(edge), weight=STRAIGHT if edge[0] in plan.straight else None)
    plan.guide(graph)
    return graph


def _boxes(graph: graphviz.Digraph, plan: Plan, keys: Collection[str], depth: int) -> None:
    """Boxes, those of each scope in a frame of its own, whose id names one of its boxes."""
    groups: dict[str, list[str]] = {}
    for key in keys:
        if depth < min(len(plan.scopes[key]), DEEPEST):
            groups.setdefault(plan.scopes[key][depth], []).append(key)
        else:
            width, height = plan.sizes[key]
            inches = {"width": f"{width / _PER_INCH:.5f}", "height": f"{height / _PER_INCH:.5f}"}
            graph.node(key, ordering="in" if key in plan.ordered else None, **inches)
    for inside in groups.values():
        with graph.subgraph(name=f"cluster_{depth}_{inside[0]}") as frame:
            frame.attr(label=" ", labeljust="l", fontsize=str(FRAME_TITLE), margin=str(MARGIN))
            _boxes(frame, plan, inside, depth + 1)


def _read(found: dict, plan: Plan) -> Placement:  # type: ignore[type-arg]
    left, bottom, right, top = map(float, found["bb"].split(","))

    def point(text: str) -> Point:
        x, y = map(float, text.split(","))
        return round(x - left + MARGIN, 1), round(top - y + MARGIN, 1)

    corners, frames = {}, []
    for item in found["objects"]:
        if item["name"] in plan.sizes:
            (x, y), (width, height) = point(item["pos"]), plan.sizes[item["name"]]
            corners[item["name"]] = round(x - width / 2, 1), round(y - height / 2, 1)
        elif item["name"].startswith("cluster_"):
            x, y, x2, y2 = map(float, item["bb"].split(","))
            (x, y), (x2, y2) = point(f"{x},{y2}"), point(f"{x2},{y}")
            _, depth, key = item["name"].split("_")
            title = plan.scopes[key][int(depth)]
            frames.append(Frame(title, int(depth), (x, y), round(x2 - x, 1), round(y2 - y, 1)))
    curves = {}
    ways = {item["id"]: item["pos"] for item in found.get("edges", ()) if "id" in item}
    for edge in plan.edges:
        tip, *points = ways[_edge_id(edge)].removeprefix("e,").split()
        curves[edge] = Curve(tuple(map(point, points)), point(tip))
    frames.sort(key=lambda frame: frame.depth)
    width, height = round(right - left + 2 * MARGIN, 1), round(top - bottom + 2 * MARGIN, 1)
    return Placement(corners, frames, curves, width, height)


def _edge_id(edge: Edge) -> str:
    return f"{edge[0]}-{edge[1]}-{edge[2]}"
