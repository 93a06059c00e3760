"""A trace laid out for moving pictures: where each box and each edge is, whatever numbers will stand in it.

A box is as wide as the longest number that it ever shows, in whichever pass, and has a line for each thing that will
be known, so that nothing moves when numbers appear. The page and the GIF draw from this. All lengths are in pixels.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import _

from ..cells import cell_width
from ..notation import inputs_are_ordered, sign
from ..readable import number, number_lines, short
from ..recording.contents import Data
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


def lay_out(trace: Trace, rankdir: str, level: str, limit: int, room: int = 0) -> Scene:
    """Find a place for every box of a view of a trace.

    Args:
        rankdir: "LR" lays out from left to right, "TB" from top to bottom.
        level, limit: as of `levels.view`.
        room: characters that numbers may have in any case.
    Raises:
        ArgumentError: another direction, or as `levels.view`.
        MissingDot, DrawingError: as `render`.
    """
    return lay_out_all([trace], rankdir, level, limit, room=room)[0]


def lay_out_all(
    traces: Sequence[Trace],
    rankdir: str,
    level: str,
    limit: int,
    updated: Sequence[Mapping[str, Data]] = (),
    room: int = 0,
) -> list[Scene]:
    """Find places for the boxes of several passes: the same ones for all that have the same graph.

    Args:
        rankdir, level, limit: as of `lay_out`.
        room: as of `lay_out`.
        updated: for each pass what its nodes are changed to after it, by their ids.
    Returns:
        a scene for each pass. Those of one graph have one list of frames, and so can be told from others.
    Raises:
        ArgumentError, MissingDot, DrawingError: as `lay_out`.
    """
    if rankdir not in ("LR", "TB"):
        raise ArgumentError(f"rankdir is 'LR' (left to right) or 'TB' (top to bottom), not {rankdir!r}")
    views = [view(trace, level, limit) for trace in traces]
    faces = [
        {box.id: _face(box, trace) for box in seen.boxes.values()} for trace, seen in zip(traces, views, strict=True)
    ]
    groups: dict[Hashable, list[int]] = {}
    for k, trace in enumerate(traces):
        groups.setdefault(_shape(trace, views[k], faces[k]), []).append(k)
    scenes: dict[int, Scene] = {}
    for group in groups.values():
        longest = dict.fromkeys(traces[group[0]].nodes, room)
        for k in group:
            for node, length in _longest_numbers(traces[k], updated[k] if updated else {}).items():
                longest[node] = max(longest[node], length)
        scene = _laid_out(traces[group[0]], views[group[0]], [faces[k] for k in group], longest, rankdir)
        for k in group:
            boxes = {i: replace(box, face=faces[k][i]) for i, box in scene.boxes.items()}
            scenes[k] = replace(scene, view=views[k], boxes=boxes)
    return [scenes[k] for k in range(len(traces))]


def _shape(trace: Trace, seen: View, faces: Mapping[str, Face]) -> Hashable:
    """What two passes have in common if only numbers and settings are different."""
    return (
        *((n.id, n.label, n.op, n.inputs, n.requires_grad, n.is_plain_number) for n in trace.nodes.values()),
        *((event.kind, event.node, event.source, event.position) for event in trace.events),
        *((box.id, box.nodes, box.result, box.collapsed) for box in seen.boxes.values()),
        *((bool(face.aside), len(face.quiet), len(face.data), face.has_gradient) for face in faces.values()),
        *(seen.edges, seen.stops, seen.note),
    )


def _laid_out(
    trace: Trace, seen: View, faces: Sequence[Mapping[str, Face]], longest: Mapping[str, int], rankdir: str
) -> Scene:
    """A scene with the faces of its first pass, and room for those of the others."""
    nodes = trace.nodes
    numbers = {node_id: k for k, node_id in enumerate(nodes)}
    keys = {box.id: f"n{numbers[box.result]}" for box in seen.boxes.values()}
    sizes: dict[str, tuple[float, float]] = {}
    for i, box in seen.boxes.items():
        found = [_size(some[i], longest[box.result]) for some in faces]
        sizes[keys[i]] = max(width for width, _ in found), found[0][1]
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
        i: Box(keys[i], kind_of(box, trace), faces[0][i], placed.corners[keys[i]], *sizes[keys[i]])
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
        characters = max(characters, len(_("data")) + 1 + longest, NARROWEST)
    return round(max(characters, 4) * CHARACTER + 2 * PADDING + 2), TITLE + face.lines * LINE + 2 * PADDING


def _longest_numbers(trace: Trace, updated: Mapping[str, Data]) -> dict[str, int]:
    """Characters of the longest line that each node's data or gradient ever takes."""
    longest = {node.id: max(map(len, number_lines(node.data))) for node in trace.nodes.values()}
    for node_id, data in updated.items():
        longest[node_id] = max(longest[node_id], *map(len, number_lines(data)))
    for event in trace.events:
        if event.grad is not None:
            longest[event.node] = max(longest[event.node], *map(len, number_lines(event.grad)))
    return longest
