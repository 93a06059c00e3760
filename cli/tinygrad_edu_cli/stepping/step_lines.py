"""A trace as lines of text: what pipes, screen readers and simple terminals get."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.cells import cell_width, clean
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.readable import FEW, number, short
from tinygrad_edu_viz.recording.contents import Data, Event, TraceNode

from ..subject import Subject
from ..terminal_width import room, wrap
from .number_columns import rows

DIGITS = 6  # of the elements of arrays


def lines(subject: Subject, player: Player, full: bool = False) -> Iterator[str]:
    """The whole trace: what is given, each step forward and backward, and the gradients at the end.

    Args:
        player: marks the steps at its breakpoints; the layers of its level are headings.
        full: print all elements of arrays.
    """
    trace = subject.trace
    if subject.note:
        yield from (*subject.note.splitlines(), "")
    yield from (subject.title, "")
    yield from wrap(given(trace), indent=2)
    if full:
        for node in trace.nodes.values():
            if node.op is None:
                yield from _elements(short(node.id), node.data)
    if player.breakpoints:
        yield from ("", f"Marked with *: the steps at {', '.join(map(clean, player.breakpoints))}")
    kind = layer = ""
    for event in trace.events:
        if event.kind != kind:
            kind, layer = event.kind, ""
            yield from ("", heading(kind), *([] if _layer(event, player) else [""]))
        if (about := _layer(event, player)) != layer:
            yield from ("", f"  layer {about}") if about else ("",)
            layer = about
        yield from numbered(event, "*" if player.stops_at(event) else " ")
        if full:
            yield from _all_numbers(event, player)
    yield from ("", "Gradients of the inputs", "", *table(trace))


def _layer(event: Event, player: Player) -> str:
    """The layer that an event happens in, with what the drawing says of it; "" outside of layers."""
    box = player.view.boxes[player.view.box_of[event.source or event.node]]
    return clean(", ".join([box.title, *box.lines])) if box.collapsed else ""


def _all_numbers(event: Event, player: Player) -> Iterator[str]:
    """The elements of what an event computed, or of what it added and what came of it."""
    name = player.trace.nodes[event.node].label
    if event.kind == "forward":
        yield from _elements(name, event.data)
        return
    if event.contribution != event.grad:
        yield from _elements(f"the contribution to ∂{name}", event.contribution)
    yield from _elements(f"the gradient of {name}", event.grad)


def _elements(what: str, data: Data | None) -> Iterator[str]:
    """The elements of an array, if there are more than the line about it shows."""
    if isinstance(data, dict):
        yield f"       {what}: of so many elements only mean and range were recorded"
    elif isinstance(data, list) and np.size(data) > FEW:
        yield from (f"       {what}:", *(f"         {row}" for row in rows(data, DIGITS)))


def heading(kind: str) -> str:
    """What a pass does."""
    if kind == "forward":
        return "Forward: from the inputs to the result"
    return "Backward: from the result to the inputs; each step adds one contribution to a gradient"


def numbered(event: Event, mark: str = " ") -> list[str]:
    """What happens in an event, with the number of its step before it."""
    digits = len(str(event.of))
    first, *rest = about(event, room() - digits - 3)
    return [f"{event.step:>{digits + 1}}{mark} {first}", *(" " * (digits + 3) + line for line in rest)]


def about(event: Event, width: int) -> list[str]:
    """What happens in an event: the formula, and the sentence, in lines of at most `width` characters."""
    formula = [] if not event.formula or event.formula in event.text else wrap(event.formula, width, indent=4)
    return formula + wrap(event.text, width, indent=0 if formula else 4)


def given(trace: Trace) -> str:
    """What no operation computed: inputs that gradients are asked for, and constants."""
    leaves = [node for node in trace.nodes.values() if node.op is None and not node.is_plain_number]
    return "Given: " + ", ".join(
        f"{short(leaf.id)} = {number(leaf.data)}{'' if leaf.requires_grad else ' (constant)'}" for leaf in leaves
    )


def inputs(trace: Trace) -> list[TraceNode]:
    """The leaves that a gradient is asked for."""
    return [node for node in trace.nodes.values() if node.op is None and node.requires_grad]


def table(trace: Trace) -> list[str]:
    """The inputs with their values and gradients, in columns."""
    rows = [("name", "value", "gradient")]
    for leaf in inputs(trace):
        name = short(leaf.id) + (f" ({'×'.join(map(str, leaf.shape))})" if leaf.shape else "")
        gradient = "0 (none reached it)" if leaf.gradient is None else number(leaf.gradient)
        rows.append((name, number(leaf.data), gradient))
    widths = [max(cell_width(row[column]) for row in rows) for column in range(2)]
    cells = [
        [*(text + " " * (w - cell_width(text)) for text, w in zip(row, widths, strict=False)), row[2]] for row in rows
    ]
    return ["  " + "   ".join(row).rstrip() for row in cells]
