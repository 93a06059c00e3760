"""A trace laid out for moving pictures: where each box and each edge is, whatever numbers will stand in it.

A box is as wide as the longest number that its node ever shows, and has a line for each thing that will be known, so
that nothing moves when numbers appear. The page and the GIF draw from this. All lengths are in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinygrad_edu.errors import ArgumentError

from .draw import formula_of, kind_of, settings_of
from .placing import Curve, Edge, Point, place
from .readable import labels, number, number_lines, short
from .recorded import Data, TraceNode
from .text_graph import cell_width
from .trace import Trace, nearest
from .words import inputs_are_ordered, sign

LIMIT = 300  # boxes
FONT, CHARACTER = 12, 7.25  # size of the letters, and the width of one in a monospaced font of that size
TITLE, LINE, PADDING = 20, 16, 7  # height of the first line and of the others, and the space around them


@dataclass(frozen=True, slots=True)
class Box:
    """A node in its place.

    Attributes:
        key: "n" and the node's number in the order of creation, which is safe in every format.
        kind: "leaf", "constant", "result" or "root".
        strong, aside: what is written large and small in the first line.
        quiet: the lines between the first line and the numbers: settings, shape.
        data: the lines of the node's data; its gradient takes as many.
        has_gradient: whether there is a place for a gradient.
        corner, width, height: the outline, from its upper left corner.
    """

    key: str
    kind: str
    strong: str
    aside: str
    quiet: tuple[str, ...]
    data: tuple[str, ...]
    has_gradient: bool
    corner: Point
    width: float
    height: float

    def feet(self, line: int) -> float:
        """The y on which the letters of a line stand: line 0 is below the first; quiet ones, data, gradient."""
        return round(self.corner[1] + PADDING + TITLE + line * LINE + 12, 1)

    @property
    def data_line(self) -> int:
        return len(self.quiet)

    @property
    def gradient_line(self) -> int:
        return len(self.quiet) + len(self.data)


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands still in a moving picture.

    Attributes:
        boxes: by the ids of their nodes, in the order of creation.
        curves: the edges.
        keys, titles: the key and the title of every node, drawn or not, by its id.
        note: what is left out, or "".
    """

    boxes: dict[str, Box]
    curves: dict[Edge, Curve]
    keys: dict[str, str]
    titles: dict[str, str]
    width: float
    height: float
    note: str


def lay_out(trace: Trace, rankdir: str = "LR", limit: int = LIMIT) -> Scene:
    """Find a place for every node of a trace; of a large one, for the `limit` nodes nearest to its root.

    Args:
        rankdir: "LR" lays out from left to right, "TB" from top to bottom.
    Raises:
        ArgumentError: another direction.
        MissingDot, DrawingError: as `render`.
    """
    if rankdir not in ("LR", "TB"):
        raise ArgumentError(f"rankdir is 'LR' (left to right) or 'TB' (top to bottom), not {rankdir!r}")
    nodes = trace.nodes
    shown = nearest(nodes, trace.root, limit)
    keys = {node_id: f"n{k}" for k, node_id in enumerate(nodes)}
    titles = labels((node.id, node.name, node.op is not None) for node in nodes.values())
    longest = _longest_numbers(trace)
    faces = {node_id: _face(nodes[node_id], nodes, titles) for node_id in shown}
    sizes = {keys[node_id]: _size(nodes[node_id], faces[node_id], longest[node_id]) for node_id in shown}
    edges = [(keys[source], keys[i], k) for i in shown for k, source in enumerate(nodes[i].inputs) if source in shown]
    ordered = {keys[i] for i in shown if (op := nodes[i].op) and inputs_are_ordered(op)}
    placed = place(sizes, edges, ordered, rankdir)
    boxes = {
        i: Box(
            keys[i],
            kind_of(nodes[i], trace.root),
            *faces[i],
            nodes[i].requires_grad,
            placed.corners[keys[i]],
            *sizes[keys[i]],
        )
        for i in shown
    }
    hidden = len(nodes) - len(shown)
    note = f"{hidden:,} more nodes are not drawn, only the {len(shown)} nearest to the result." if hidden else ""
    return Scene(boxes, placed.curves, keys, titles, placed.width, placed.height, note)


_Face = tuple[str, str, tuple[str, ...], tuple[str, ...]]  # strong, aside, quiet, data


def _face(node: TraceNode, nodes: dict[str, TraceNode], titles: dict[str, str]) -> _Face:
    """What stands in a node's box."""
    if node.is_plain_number:
        return number(node.data), "", (), ()
    quiet = [short(f"{key} {value}") for key, value in settings_of(node)]
    if node.kind == "tensor":
        quiet.append(f"{node.shape} {node.dtype}")
    title = titles[node.id]
    if node.op is None:
        return title, "", tuple(quiet), tuple(number_lines(node.data))
    if inputs_are_ordered(node.op) and len(set(node.inputs)) > 1:
        title += f" = {formula_of(node, nodes, titles)}"
    return sign(node.op), title, tuple(quiet), tuple(number_lines(node.data))


def _size(node: TraceNode, face: _Face, longest: int) -> tuple[float, float]:
    """Width and height of a node's box."""
    strong, aside, quiet, data = face
    characters = max(map(cell_width, (f"{strong} {aside}".strip(), *quiet)))
    if data:
        characters = max(characters, len("data ") + longest)
    lines = len(quiet) + len(data) * (1 + node.requires_grad)
    return round(max(characters, 4) * CHARACTER + 2 * PADDING + 2), TITLE + lines * LINE + 2 * PADDING


def _longest_numbers(trace: Trace) -> dict[str, int]:
    """Characters of the longest line that each node's data or gradient ever takes."""
    longest = {node.id: max(map(len, number_lines(node.data))) for node in trace.nodes.values()}
    for event in trace.events:
        if event.grad is not None:
            longest[event.node] = max(longest[event.node], *map(len, number_lines(event.grad)))
    return longest
