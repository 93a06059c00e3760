"""A trace as text: the graph in boxes, as it is after any number of its events."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Literal

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import N_, _

from ..cells import cell_width
from ..notation import sign
from ..readable import is_outline, number_lines
from ..recording.contents import Data, TraceNode
from ..trace import Trace
from ..views import levels
from ..views.levels import View, ViewBox
from .layout import lay_out
from .text_graph import Box, Edge, TextGraph

DIGITS = 3
WIDEST = 72  # cells of a line: as many as the numbers of a small array take
DATA, GRADIENT, UNKNOWN, UPDATED = "=", "∂", "·", "→"
FOLDED = N_("each layer is one box, as there is no room for its operations")
_ASCII = str.maketrans({"∂": "d", "×": "*", "·": ".", "∞": "inf", "…": "...", "→": ">"})


def draw(
    trace: Trace,
    step: int | None = None,
    ascii: bool = False,
    view: View | None = None,
    direction: Literal["LR", "TB"] = "LR",
) -> str:
    """Draw the graph of a trace with what is known after `step` events; its last line explains the signs.

    The picture has one size for all steps. The box that the event is about has a double border, and the wire along
    which a gradient flows is heavy.

    Args:
        step: from 0, before anything is computed, to the number of events; None for the end, with nothing marked.
        ascii: use ASCII characters only.
        view: the boxes to draw; by default those of `levels.view(trace)`.
        direction: "LR" draws from left to right, "TB" from top to bottom.
    Raises:
        ArgumentError: there is no such step.
    """
    if step is not None and not 0 <= step <= len(trace.events):
        raise ArgumentError(f"this trace has the steps 0 to {len(trace.events)}, and no step {step}")
    view = view or levels.view(trace)
    picture = Picture(trace, view, ascii, direction)
    drawn = picture.at(len(trace.events) if step is None else step)
    box, edges = view.active(trace, step or 0)
    return f"{drawn.render(box, edges, ascii)}\n{picture.legend}"


def fitting(trace: Trace, level: str, width: int, ascii: bool = False) -> str | None:
    """The graph of a trace in lines of at most `width` cells: from left to right, or else from top to bottom.

    Where neither has room, the level "auto" folds scopes.

    Returns:
        the drawing, as `draw`; None if no part of it has room.
    """
    views = [levels.view(trace, level)]
    if level == "auto":
        views.append(levels.view(trace, "layer"))
    for seen in views:
        for direction in ("LR", "TB"):
            drawn = draw(trace, ascii=ascii, view=seen, direction=direction)
            *picture, legend = drawn.splitlines()
            if max(map(cell_width, map(str.rstrip, picture))) <= width:
                folded = "" if seen is views[0] or seen.note else f"   ({_(FOLDED)})"
                return "\n".join([*picture, *textwrap.wrap(legend + folded, width)])
    return None


class Picture:
    """The drawing of a trace: laid out once, for whoever shows many of its steps.

    Args:
        alike: other passes of the same graph, whose numbers have room in the boxes, too.

    Attributes:
        layout: where the boxes and the wires are, at every step.
        legend: the line that explains the signs.
    """

    def __init__(
        self,
        trace: Trace,
        view: View,
        ascii: bool = False,
        direction: Literal["LR", "TB"] = "LR",
        alike: Sequence[Trace] = (),
    ):
        self.trace, self.view, self.ascii = trace, view, ascii
        self.alike = [other for other in alike if _shapes(other) == _shapes(trace)]
        self.widths = self._widths()
        boxes = [Box(box.id, self._lines(box, None, None)) for box in view.boxes.values()]
        edges = [edge for edge in view.edges for _time in range(self._times(edge))]
        self.layout = lay_out(boxes, edges, direction, max_text=WIDEST)
        note = f"   ({view.note})" if view.note else ""
        said = {DATA: _("data"), GRADIENT: _("gradient"), UNKNOWN: _("not known yet")}
        self.legend = self._text("   ".join(f"{mark} {text}" for mark, text in said.items()) + note)

    def of(self, trace: Trace, view: View) -> Picture | None:
        """The same layout with the numbers of another pass; None if that is none of those alike, or of other boxes."""
        if not any(trace is other for other in self.alike) or view.boxes != self.view.boxes:
            return None
        again = copy(self)
        again.trace, again.view = trace, view
        return again

    def at(self, step: int, updated: Mapping[str, Data] | None = None) -> TextGraph:
        """The layout, with what is known after `step` events in its boxes.

        Args:
            updated: what nodes have been changed to after that, by their ids.
        """
        known, gradients = self.trace.known_after(step), self.trace.gradients_after(step)
        placed = {}
        for box in self.view.boxes.values():
            data = self.trace.nodes[box.result].data if box.result in known else None
            lines = self._lines(box, data, gradients.get(box.result), (updated or {}).get(box.result))
            placed[box.id] = self.layout.boxes[box.id]._replace(box=Box(box.id, lines))
        return replace(self.layout, boxes=placed)

    def _times(self, edge: Edge) -> int:
        """How often an edge is there: twice in `a * a`."""
        source, target = edge
        return max(self.trace.nodes[target].inputs.count(source), 1) if target in self.trace.nodes else 1

    def _widths(self) -> dict[str, int]:
        """How wide the numbers become of each node that gives a box its numbers."""
        widths = {box.result: 0 for box in self.view.boxes.values()}
        for trace in (self.trace, *self.alike):
            data = [(node, trace.nodes[node].data) for node in widths]
            gradients = [(e.node, e.grad) for e in trace.events if e.grad is not None and e.node in widths]
            for node, numbers in data + gradients:
                widths[node] = max(widths[node], *map(len, self._numbers(numbers)))
        return widths

    def _lines(
        self, box: ViewBox, data: Data | None, gradient: Data | None, updated: Data | None = None
    ) -> tuple[str, ...]:
        """What stands in a box."""
        node = self.trace.nodes[box.result]
        if box.id == self.view.more:
            return (self._text(box.title),)
        if node.is_plain_number and not box.collapsed:
            return tuple(self._numbers(node.data))
        if box.collapsed:
            found = [box.title, *box.lines]
        else:
            found = [f"{sign(node.op)} {box.title}" if node.op else box.title]
            found += [f"{node.shape} {node.dtype}"] if node.kind == "tensor" else []
        found += self._rows(DATA, node, data) if updated is None else self._rows(UPDATED, node, updated)
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
        return [self._text(line) for line in (found[:1] if is_outline(data) else found)]


def _shapes(trace: Trace) -> list[tuple[str, tuple[int, ...]]]:
    return [(node.id, node.shape) for node in trace.nodes.values()]
