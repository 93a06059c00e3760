"""Places for boxes of fixed size: Graphviz lays them out, and we read where it put them.

All lengths are in pixels; y grows downwards.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from math import hypot

import graphviz

from . import dot_binary

MARGIN = 10
ARROW = 8  # length of an arrow head
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
class Placement:
    """The upper left corners of the boxes, the curves of the edges, and the size of the whole."""

    corners: dict[str, Point]
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


def place(sizes: dict[str, Size], edges: Collection[Edge], ordered: Collection[str], rankdir: str) -> Placement:
    """Lay out a graph.

    Args:
        sizes: width and height of each box, by keys that are plain words.
        ordered: the boxes that keep their inputs in order.
        rankdir: "LR" from left to right, "TB" from top to bottom.
    Raises:
        MissingDot, DrawingError: as `render`.
    """
    graph = graphviz.Digraph()
    patience = f"{PATIENCE / max(len(sizes), 1):.2f}"
    graph.attr("graph", rankdir=rankdir, ranksep="0.6", nodesep="0.22", nslimit=patience, nslimit1=patience)
    graph.attr("node", shape="box", fixedsize="true", label="")
    graph.attr("edge", arrowsize=str(ARROW / 10))
    for key, (width, height) in sizes.items():
        inches = {"width": f"{width / _PER_INCH:.5f}", "height": f"{height / _PER_INCH:.5f}"}
        graph.node(key, ordering="in" if key in ordered else None, **inches)
    for edge in edges:
        graph.edge(edge[0], edge[1], id=_edge_id(edge))
    return _read(json.loads(dot_binary.render(graph, "json")), sizes, edges)


def _read(found: dict, sizes: dict[str, Size], edges: Collection[Edge]) -> Placement:  # type: ignore[type-arg]
    left, bottom, right, top = map(float, found["bb"].split(","))

    def point(text: str) -> Point:
        x, y = map(float, text.split(","))
        return round(x - left + MARGIN, 1), round(top - y + MARGIN, 1)

    corners = {}
    for item in found["objects"]:
        (x, y), (width, height) = point(item["pos"]), sizes[item["name"]]
        corners[item["name"]] = round(x - width / 2, 1), round(y - height / 2, 1)
    curves = {}
    ways = {item["id"]: item["pos"] for item in found.get("edges", ())}
    for edge in edges:
        tip, *points = ways[_edge_id(edge)].removeprefix("e,").split()
        curves[edge] = Curve(tuple(map(point, points)), point(tip))
    return Placement(corners, curves, round(right - left + 2 * MARGIN, 1), round(top - bottom + 2 * MARGIN, 1))


def _edge_id(edge: Edge) -> str:
    return f"{edge[0]}-{edge[1]}-{edge[2]}"
