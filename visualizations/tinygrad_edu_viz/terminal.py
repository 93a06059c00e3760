"""A trace as text: the graph in boxes, as it is after any number of its events."""

from __future__ import annotations

from tinygrad_edu.errors import ArgumentError

from .readable import labels, number_lines
from .recorded import Data, TraceNode
from .text_graph import Box, lay_out
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
    shown = nearest(trace.nodes, trace.root, LIMIT)
    text = _Text(trace, len(trace.events) if step is None else step)
    boxes = [Box(node_id, text.lines(trace.nodes[node_id], ascii)) for node_id in shown]
    edges = [(source, node_id) for node_id in shown for source in trace.nodes[node_id].inputs if source in shown]
    event = trace.events[step - 1] if step else None
    active = event.node if event and event.node in shown else None
    wire = (event.node, event.source) if event and event.source else None
    picture = lay_out(boxes, edges, max_text=40).render(active, wire if wire in edges else None, ascii)
    legend = f"{DATA} data   {GRADIENT} gradient   {UNKNOWN} not known yet"
    hidden = len(trace.nodes) - len(shown)
    if hidden:
        legend += f"   ({hidden:,} more nodes: only the {LIMIT} nearest to the result are drawn)"
    return f"{picture}\n{_in_ascii(legend) if ascii else legend}"


class _Text:
    """What stands in the boxes after some events."""

    def __init__(self, trace: Trace, step: int):
        self.titles = labels((node.id, node.name, node.op is not None) for node in trace.nodes.values())
        self.known, self.gradients = trace.known_after(step), trace.gradients_after(step)
        self.widths = {node.id: max(map(len, _numbers(node.data))) for node in trace.nodes.values()}
        for event in trace.events:
            if event.grad is not None:
                self.widths[event.node] = max(self.widths[event.node], *map(len, _numbers(event.grad)))

    def lines(self, node: TraceNode, ascii: bool) -> tuple[str, ...]:
        if node.is_plain_number:
            found = _numbers(node.data)
        else:
            title = self.titles[node.id]
            found = [f"{sign(node.op)} {title}" if node.op else title]
            if node.kind == "tensor":
                found.append(f"{node.shape} {node.dtype}")
            found += self._rows(DATA, node, node.data if node.id in self.known else None)
            if node.requires_grad:
                found += self._rows(GRADIENT, node, self.gradients.get(node.id))
        return tuple(map(_in_ascii, found)) if ascii else tuple(found)

    def _rows(self, kind: str, node: TraceNode, data: Data | None) -> list[str]:
        height, width = len(_numbers(node.data)), self.widths[node.id]  # data and gradients have one shape
        numbers = [UNKNOWN] + [""] * (height - 1) if data is None else _numbers(data)
        return [f"{mark} {text:>{width}}" for mark, text in zip([kind] + [" "] * height, numbers, strict=False)]


def _numbers(data: Data) -> list[str]:
    """Numbers in few characters, so that boxes stay small: of a larger array only its mean."""
    found = number_lines(data, DIGITS)
    return found[:1] if found[0].startswith("mean") else found


def _in_ascii(text: str) -> str:
    return text.translate(_ASCII).encode("ascii", "replace").decode()
