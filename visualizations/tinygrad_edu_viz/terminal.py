"""A trace as text: the graph in boxes, as it is after any number of its events."""

from __future__ import annotations

from dataclasses import replace

from tinygrad_edu.errors import ArgumentError

from .readable import labels, number_lines
from .recorded import Data, TraceNode
from .text_graph import Box, Edge, TextGraph, lay_out
from .trace import Trace, nearest
from .words import sign

DIGITS = 3
LIMIT = 60  # nodes; more do not fit a terminal
DATA, GRADIENT, UNKNOWN = "=", "∂", "·"
_ASCII = str.maketrans({"∂": "d", "×": "*", "·": ".", "∞": "inf", "…": "..."})


def draw(trace: Trace, step: int | None = None, ascii: bool = False) -> str:
    """Draw the graph of a trace with what is known after `step` events; its last line explains the signs.

    The picture has one size for all steps. The box that the event is about has a double border, and the wire along
    which a gradient flows is heavy.

    Args:
        step: from 0, before anything is computed, to the number of events; None for the end, with nothing marked.
        ascii: use ASCII characters only.
    Raises:
        ArgumentError: there is no such step.
    """
    if step is not None and not 0 <= step <= len(trace.events):
        raise ArgumentError(f"this trace has the steps 0 to {len(trace.events)}, and no step {step}")
    picture = Picture(trace, ascii)
    drawn = picture.at(len(trace.events) if step is None else step)
    box, wire = (None, None) if step is None else picture.active(step)
    return f"{drawn.render(box, wire, ascii)}\n{picture.legend}"


class Picture:
    """The drawing of a trace: laid out once, for whoever shows many of its steps.

    Attributes:
        layout: where the boxes and the wires are, at every step.
        legend: the line that explains the signs.
    """

    def __init__(self, trace: Trace, ascii: bool = False):
        self.trace, self.ascii = trace, ascii
        self.shown = [trace.nodes[node_id] for node_id in nearest(trace.nodes, trace.root, LIMIT)]
        self.titles = labels((node.id, node.name, node.op is not None) for node in trace.nodes.values())
        self.widths = self._widths()
        ids = {node.id for node in self.shown}
        edges = [(source, node.id) for node in self.shown for source in node.inputs if source in ids]
        boxes = [Box(node.id, self._lines(node, None, None)) for node in self.shown]
        self.layout = lay_out(boxes, edges, max_text=40)
        self.legend = self._text(f"{DATA} data   {GRADIENT} gradient   {UNKNOWN} not known yet")
        hidden = len(trace.nodes) - len(self.shown)
        if hidden:
            self.legend += f"   ({hidden:,} more nodes: only the {LIMIT} nearest to the result are drawn)"

    def at(self, step: int) -> TextGraph:
        """The layout, with what is known after `step` events in its boxes."""
        known, gradients = self.trace.known_after(step), self.trace.gradients_after(step)
        boxes = {}
        for node in self.shown:
            lines = self._lines(node, node.data if node.id in known else None, gradients.get(node.id))
            boxes[node.id] = self.layout.boxes[node.id]._replace(box=Box(node.id, lines))
        return replace(self.layout, boxes=boxes)

    def active(self, step: int) -> tuple[str | None, Edge | None]:
        """The box that the event before is about, and the wire along which its gradient flows, as far as drawn."""
        event = self.trace.events[step - 1] if step else None
        wire = (event.node, event.source) if event and event.source else None
        box = event.node if event and event.node in self.layout.boxes else None
        return box, wire if wire in self.layout.edges else None

    def _widths(self) -> dict[str, int]:
        """How wide the numbers of each node become."""
        widths = {node.id: max(map(len, self._numbers(node.data))) for node in self.shown}
        for event in self.trace.events:
            if event.grad is not None and event.node in widths:
                widths[event.node] = max(widths[event.node], *map(len, self._numbers(event.grad)))
        return widths

    def _lines(self, node: TraceNode, data: Data | None, gradient: Data | None) -> tuple[str, ...]:
        """What stands in a box."""
        if node.is_plain_number:
            found = self._numbers(node.data)
        else:
            title = self.titles[node.id]
            found = [f"{sign(node.op)} {title}" if node.op else title]
            if node.kind == "tensor":
                found.append(f"{node.shape} {node.dtype}")
            found += self._rows(DATA, node, data)
            if node.requires_grad:
                found += self._rows(GRADIENT, node, gradient)
        return tuple(map(self._text, found))

    def _rows(self, kind: str, node: TraceNode, data: Data | None) -> list[str]:
        height, width = len(self._numbers(node.data)), self.widths[node.id]  # data and gradients have one shape
        numbers = [UNKNOWN] + [""] * (height - 1) if data is None else self._numbers(data)
        return [f"{mark} {text:>{width}}" for mark, text in zip([kind] + [" "] * height, numbers, strict=False)]

    def _text(self, text: str) -> str:
        return text.translate(_ASCII).encode("ascii", "replace").decode() if self.ascii else text

    def _numbers(self, data: Data) -> list[str]:
        """Numbers in few characters, so that boxes stay small: of a larger array only its mean."""
        found = number_lines(data, DIGITS)
        return [self._text(line) for line in (found[:1] if found[0].startswith("mean") else found)]
