"""A trace as lines of text: what pipes, screen readers and simple terminals get."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.readable import number
from tinygrad_edu_viz.recorded import Event, TraceNode
from tinygrad_edu_viz.text.text_graph import cell_width, clean

from ..source import Subject

WIDTH = 100


def lines(subject: Subject, player: Player) -> Iterator[str]:
    """The whole trace: what is given, each step forward and backward, and the gradients at the end.

    Args:
        player: marks the steps at its breakpoints.
    """
    trace = subject.trace
    if subject.note:
        yield from (*subject.note.splitlines(), "")
    yield from (subject.title, "")
    yield from wrap(given(trace), indent=2)
    if player.breakpoints:
        yield from ("", f"Marked with *: the steps at {', '.join(map(clean, player.breakpoints))}")
    kind = ""
    for event in trace.events:
        if event.kind != kind:
            kind = event.kind
            yield from ("", heading(kind), "")
        yield from numbered(event, "*" if player.stops_at(event) else " ")
    yield from ("", "Gradients of the inputs", "", *table(trace))


def heading(kind: str) -> str:
    """What a pass does."""
    if kind == "forward":
        return "Forward: from the inputs to the result"
    return "Backward: from the result to the inputs; each step adds one contribution to a gradient"


def numbered(event: Event, mark: str = " ") -> list[str]:
    """What happens in an event, with the number of its step before it."""
    digits = len(str(event.of))
    first, *rest = about(event, WIDTH - digits - 3)
    return [f"{event.step:>{digits + 1}}{mark} {first}", *(" " * (digits + 3) + line for line in rest)]


def about(event: Event, width: int) -> list[str]:
    """What happens in an event: the formula, and the sentence, in lines of at most `width` characters."""
    formula = [] if not event.formula or event.formula in event.text else wrap(event.formula, width, indent=4)
    return formula + wrap(event.text, width, indent=0 if formula else 4)


def given(trace: Trace) -> str:
    """The inputs and their values."""
    return "Given: " + ", ".join(f"{leaf.id} = {number(leaf.data)}" for leaf in inputs(trace))


def inputs(trace: Trace) -> list[TraceNode]:
    """The leaves that a gradient is asked for."""
    return [node for node in trace.nodes.values() if node.op is None and node.requires_grad]


def table(trace: Trace) -> list[str]:
    """The inputs with their values and gradients, in columns."""
    rows = [("name", "value", "gradient")]
    for leaf in inputs(trace):
        name = f"{leaf.id} ({'×'.join(map(str, leaf.shape))})" if leaf.shape else leaf.id
        gradient = "0 (none reached it)" if leaf.gradient is None else number(leaf.gradient)
        rows.append((name, number(leaf.data), gradient))
    widths = [max(cell_width(row[column]) for row in rows) for column in range(2)]
    cells = [
        [*(text + " " * (w - cell_width(text)) for text, w in zip(row, widths, strict=False)), row[2]] for row in rows
    ]
    return ["  " + "   ".join(row).rstrip() for row in cells]


def wrap(text: str, width: int = WIDTH, indent: int = 0) -> list[str]:
    """Text in lines of at most `width` characters, the later ones indented."""
    return textwrap.wrap(
        text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
