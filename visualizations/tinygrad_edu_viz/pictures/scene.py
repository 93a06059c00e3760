"""A trace laid out for moving pictures: where each box and each edge is, whatever numbers will stand in it.

A box is as wide as the longest number that it ever shows, and has a line for each thing that will be known, so that
nothing moves when numbers appear. The page and the GIF draw from this. All lengths are in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinygrad_edu.errors import ArgumentError

from ..cells import cell_width
from ..notation import inputs_are_ordered, sign
from ..readable import number, number_lines, short
from ..trace import Trace
from ..views.levels import View, ViewBox, view
from .arranging import Arrangement, frame_of
from .box_facts import kind_of, settings_of, title_of
from .placing import Curve, Edge, Frame, Plan, Point, place

FONT, CHARACTER = 12, 7.25  # size of the letters, and the width of one in a monospaced font of that size
TITLE, LINE, PADDING = 20, 16, 7  # height of the first line and of the others, and the space around them
LONGEST_TITLE = 24  # characters; a longer formula would make its box so wide that the next one is out of sight
NARROWEST = 14  # characters; most boxes are equally wide then


@dataclass(frozen=True, slots=True)
class Face:
    """What stands in a box, from above: the first line in two sizes, quiet lines, data, and as many of gradient."""

    strong: str
    aside: str = ""
    quiet: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    has_gradient: bool = False

    @property
    def gradient_line(self) -> int:
        return len(self.quiet) + len(self.data)

    @property
    def lines(self) -> int:
        """Lines below the first."""
        return self.gradient_line + len(self.data) * self.has_gradient


@dataclass(frozen=True, slots=True)
class Box:
    """A box in its place.

    Attributes:
        key: "n" and the number, in the order of creation, of the node whose numbers stand in it: safe in every format.
        kind: "leaf", "constant", "result", "root", or "layer" of several nodes.
        corner, width, height: the outline, from its upper left corner.
    """

    key: str
    kind: str
    face: Face
    corner: Point
    width: float
    height: float

    def feet(self, line: int) -> float:
        """The y on which the letters of a line stand; line 0 is the one below the first."""
        return round(self.corner[1] + PADDING + TITLE + line * LINE + 12, 1)


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands still in a moving picture.

    Attributes:
        view: the boxes, and where steps stop.
        boxes: by their ids in the view.
        frames: around the boxes of scopes, the outermost first.
        curves: the edges, between keys of boxes.
    """

    view: View
    boxes: dict[str, Box]
    frames: list[Frame]
    curves: dict[Edge, Curve]
    width: float
    height: float

    def edge(self, source: str, target: str, position: int) -> Edge | None:
        """The edge by which a node is input number `position` of another; None inside of a box."""
        start, end = (self.boxes[self.view.box_of[node]].key for node in (source, target))
        return next((edge for edge in ((start, end, position), (start, end, 0)) if edge in self.curves), None)


def lay_out(trace: Trace, rankdir: str, level: str, limit: int) -> Scene:
    """Find a place for every box of a view of a trace.

    Args:
        rankdir: "LR" lays out from left to right, "TB" from top to bottom.
        level, limit: as of `levels.view`.
    Raises:
        ArgumentError: another direction, or as `levels.view`.
        MissingDot, DrawingError: as `render`.
    """
    if rankdir not in ("LR", "TB"):
        raise ArgumentError(f"rankdir is 'LR' (left to right) or 'TB' (top to bottom), not {rankdir!r}")
    seen, nodes = view(trace, level, limit), trace.nodes
    numbers = {node_id: k for k, node_id in enumerate(nodes)}
    keys = {box.id: f"n{numbers[box.result]}" for box in seen.boxes.values()}
    longest = _longest_numbers(trace)
    faces = {box.id: _face(box, trace) for box in seen.boxes.values()}
    sizes = {keys[i]: _size(faces[i], longest[box.result]) for i, box in seen.boxes.items()}
    ordered = {keys[box.id] for box in seen.boxes.values() if _is_ordered(box, trace)}
    arranged = Arrangement(seen, trace)
    plan = Plan(
        sizes,
        _edges(seen, trace, keys),
        ordered,
        scopes={keys[box.id]: tuple([short(name, 40) for name in frame_of(box)]) for box in seen.boxes.values()},
        straight={keys[box.id] for box in seen.boxes.values() if nodes[box.result].op is not None},
        guide=lambda graph: arranged.guide(graph, keys),
        settle=lambda graph: arranged.settle(graph, keys, rankdir),
    )
    placed = place(plan, rankdir)
    boxes = {
        i: Box(keys[i], kind_of(box, trace), faces[i], placed.corners[keys[i]], *sizes[keys[i]])
        for i, box in seen.boxes.items()
    }
    return Scene(seen, boxes, placed.frames, placed.curves, placed.width, placed.height)


def _edges(seen: View, trace: Trace, keys: dict[str, str]) -> list[Edge]:
    """An edge for each input of a node that is a box, so two for `a + a`; one between other boxes."""
    found = []
    for source, target in seen.edges:
        places = [0]
        if not seen.boxes[target].collapsed:
            inputs = trace.nodes[seen.boxes[target].result].inputs
            places = [position for position, node in enumerate(inputs) if seen.box_of[node] == source]
        found += [(keys[source], keys[target], position) for position in places]
    return found


def _is_ordered(box: ViewBox, trace: Trace) -> bool:
    op = trace.nodes[box.result].op
    return not box.collapsed and op is not None and inputs_are_ordered(op)


def _face(box: ViewBox, trace: Trace) -> Face:
    node = trace.nodes[box.result]
    data = tuple(number_lines(node.data))
    if box.collapsed:
        return Face(box.title, "", box.lines, data, node.requires_grad)
    if node.is_plain_number:
        return Face(number(node.data))
    quiet = [short(f"{key} {value}") for key, value in settings_of(node)]
    if node.kind == "tensor":
        quiet.append(f"{node.shape} {node.dtype}")
    strong, aside = node.label, ""
    if node.op is not None:
        title = title_of(node, trace.nodes)
        strong, aside = sign(node.op), title if len(title) <= LONGEST_TITLE else node.label
    return Face(strong, aside, tuple(quiet), data, node.requires_grad)


def _size(face: Face, longest: int) -> tuple[float, float]:
    """Width and height of the box around a face whose numbers have at most `longest` characters."""
    characters = max(map(cell_width, (f"{face.strong} {face.aside}".strip(), *face.quiet)))
    if face.data:
        characters = max(characters, len("data ") + longest, NARROWEST)
    return round(max(characters, 4) * CHARACTER + 2 * PADDING + 2), TITLE + face.lines * LINE + 2 * PADDING


def _longest_numbers(trace: Trace) -> dict[str, int]:
    """Characters of the longest line that each node's data or gradient ever takes."""
    longest = {node.id: max(map(len, number_lines(node.data))) for node in trace.nodes.values()}
    for event in trace.events:
        if event.grad is not None:
            longest[event.node] = max(longest[event.node], *map(len, number_lines(event.grad)))
    return longest
