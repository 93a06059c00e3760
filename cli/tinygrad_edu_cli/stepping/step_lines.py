"""A trace as lines of text: what pipes, screen readers and simple terminals get."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.cells import cell_width, clean
from tinygrad_edu_viz.notation import explanation
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.readable import FEW, is_outline, number, short
from tinygrad_edu_viz.recording.contents import Data, Event, TraceNode
from tinygrad_edu_viz.recording.sentences import AGAIN, BIRTH, SLOPE
from tinygrad_edu_viz.views.levels import ViewBox
from tinygrad_edu_words import _, ngettext
from tinygrad_edu_words.sentences import reason, spoken

from ..subject import Subject
from ..terminal_width import room, wrap
from .long_sums import LongSums
from .next_commands import next_commands
from .number_columns import rows

DIGITS = 6  # of the elements of arrays


def lines(subject: Subject, player: Player, full: bool = False) -> Iterator[str]:
    """The whole trace: what is given, each step forward and backward, and the gradients at the end.

    The sentence about a rule stands where the rule is met first; of long sums there are only the largest terms.

    Args:
        player: marks the steps at its breakpoints; the layers of its level are headings.
        full: print all elements of arrays, and all terms of sums.
    """
    trace = subject.trace
    sums = LongSums(trace)
    hidden = set() if full else sums.hidden
    met: set[object] = set()
    if subject.note:
        yield from (*subject.note.splitlines(), "")
    yield from (subject.title, "")
    yield from wrap(given(trace, hidden), indent=2)
    if full:
        for node in trace.nodes.values():
            if node.op is None:
                yield from _elements(short(node.id), node.data)
    if player.breakpoints:
        places = ", ".join(map(clean, player.breakpoints))
        yield from ("", _("Marked with *: the steps at {places}").format(places=places))
    kind, layer, described = "", None, set[str]()
    for event in trace.events:
        if event.kind != kind:
            kind, layer = event.kind, None
            yield from ("", heading(kind), *([] if _layer(event, player) else [""]))
        if (box := _layer(event, player)) != layer:
            yield ""
            if box is not None:
                about = clean(", ".join([box.title, *([] if box.id in described else box.lines)]))
                yield "  " + _("layer {layer}").format(layer=about)
                described.add(box.id)
            layer = box
        stops = player.stops_at(event)
        folded = None if full or stops else sums.lines(event)
        if folded is None:
            yield from numbered(event, "*" if stops else " ", met)
        elif folded:
            yield from numbered(event, instead=folded)
        if full:
            yield from _all_numbers(event, player)
    yield from ("", *sums.end()) if sums.left_out else ()
    yield from ("", _("Gradients of the inputs"), "", *table(trace, hidden))
    yield from next_commands(subject)


def _layer(event: Event, player: Player) -> ViewBox | None:
    """The layer that an event happens in; None outside of layers."""
    box = player.view.boxes[player.view.box_of[event.source or event.node]]
    return box if box.collapsed and box.id != player.view.more else None


def _all_numbers(event: Event, player: Player) -> Iterator[str]:
    """The elements of what an event computed, or of what it added and what came of it."""
    name = player.trace.nodes[event.node].label
    if event.kind == "forward":
        yield from _elements(name, event.data)
        return
    if event.contribution != event.grad:
        yield from _elements(_("the contribution to ∂{name}").format(name=name), event.contribution)
    yield from _elements(_("the gradient of {name}").format(name=name), event.grad)


def _elements(what: str, data: Data | None) -> Iterator[str]:
    """The elements of an array, if there are more than the line about it shows."""
    if isinstance(data, dict):
        yield "       " + _("{what}: of so many elements only mean and range were recorded").format(what=what)
    elif isinstance(data, list) and np.size(data) > FEW:
        yield from (f"       {what}:", *(f"         {row}" for row in rows(data, DIGITS)))


def heading(kind: str) -> str:
    """What a pass does."""
    if kind == "forward":
        return _("Forward: from the inputs to the result")
    return _("Backward: from the result to the inputs; each step adds one contribution to a gradient")


def numbered(
    event: Event, mark: str = " ", met: set[object] | None = None, instead: Sequence[str] | None = None
) -> list[str]:
    """What happens in an event, with the number of its step before it.

    Args:
        met: the rules and the receivers so far, to which those of this event are added; what is known of them is not
            said again. None: all is said.
        instead: what to say of the event.
    """
    digits = len(str(event.of))
    width = room() - digits - 3
    if instead is not None:
        first, *rest = [line for text in instead for line in wrap(text, width, indent=4)]
    else:
        first, *rest = about(event, width) if met is None else _briefly(event, width, met)
    return [f"{event.step:>{digits + 1}}{mark} {first}", *(" " * (digits + 3) + line for line in rest)]


def about(event: Event, width: int) -> list[str]:
    """What happens in an event: the formula, and the sentence, in lines of at most `width` characters."""
    formula = [] if not event.formula or event.formula in event.text else wrap(spoken(event.formula), width, indent=4)
    return formula + wrap(spoken(event.text), width, indent=0 if formula else 4)


def _briefly(event: Event, width: int, met: set[object]) -> list[str]:
    """The formula; what is new of the chain rule or of a rule; the sum, where a gradient received something before."""
    rule, receiver, chain = _rule(event), ("received", event.node), ("chain rule", SLOPE in event.text)
    again, explained, known = receiver in met, chain in met, rule in met
    met |= {rule} if event.kind == "forward" else {rule, receiver}
    if event.kind == "forward" or event.source is None:
        return about(event, width)
    met.add(chain)
    gradient = event.formula.partition(" += ")[0]
    total = f"{gradient} = {number(event.grad or 0.0)}"
    if again:
        parts = [number(data or 0.0) for data in (event.grad_before, event.contribution, event.grad)]
        added = f"({parts[1]})" if parts[1].startswith("-") else parts[1]
        if is_outline(event.grad or 0.0):
            total = _("{gradient} is now {numbers}").format(gradient=gradient, numbers=parts[2])
        else:
            total = f"{gradient} = {parts[0]} + {added} = {parts[2]}"
    sentence = event.text.partition(AGAIN)[0]
    if not explained:
        return [*about(replace(event, text=sentence), width), *(wrap(total, width, indent=4) if again else [])]
    sentence, _sign, born = sentence.partition(BIRTH)
    said = [spoken(event.formula), *([] if known else _new_of_rule(event, sentence))]
    if again or event.local is None or event.shape is not None:  # else the formula ends with the gradient
        said.append(total)
    if born:
        said.append(spoken(BIRTH + born).removeprefix(". "))
    return [line for text in said for line in wrap(text, width, indent=4)]


def _new_of_rule(event: Event, sentence: str) -> list[str]:
    """What neither the formula nor another step says: the local derivative, and how the rule treats a gradient."""
    derivative, _sign, why = sentence.partition(f" ({event.op}: ")
    derivative = derivative.partition(SLOPE)[2]
    why = f"{event.op}: {reason(why.removesuffix(')'))}" if why else ""
    if derivative.count(" = ") < 2:  # a figure, which the formula has
        return [why] if why else []
    return [f"{derivative} ({why})" if why else derivative]


def _rule(event: Event) -> object:
    """What the sentence about an event explains: the rule of an operation, or of one of its operands."""
    op = REGISTRY.get(event.op or "")
    return event.kind, event.op, None if op is not None and explanation(op) else event.position


def given(trace: Trace, hidden: Collection[str] = ()) -> str:
    """What no operation computed: inputs that gradients are asked for, and constants; without those in `hidden`."""
    leaves = [node for node in trace.nodes.values() if node.op is None and not node.is_plain_number]
    shown = [leaf for leaf in leaves if leaf.id not in hidden]
    constant = f" ({_('constant')})"
    parts = [f"{short(leaf.id)} = {number(leaf.data)}{'' if leaf.requires_grad else constant}" for leaf in shown]
    aside = len(leaves) - len(shown)
    more = [ngettext("and {n} more number", "and {n} more numbers", aside).format(n=aside)] if aside else []
    return _("Given: {inputs}").format(inputs=", ".join(parts + more))


def inputs(trace: Trace) -> list[TraceNode]:
    """The leaves that a gradient is asked for."""
    return [node for node in trace.nodes.values() if node.op is None and node.requires_grad]


def table(trace: Trace, hidden: Collection[str] = ()) -> list[str]:
    """The inputs with their values and gradients, in columns; without those in `hidden`."""
    rows = [(_("name"), _("value"), _("gradient"))]
    for leaf in inputs(trace):
        if leaf.id in hidden:
            continue
        name = short(leaf.id) + (f" ({'×'.join(map(str, leaf.shape))})" if leaf.shape else "")
        gradient = _("0 (none reached it)") if leaf.gradient is None else number(leaf.gradient)
        rows.append((name, number(leaf.data), gradient))
    widths = [max(cell_width(row[column]) for row in rows) for column in range(2)]
    cells = [
        [*(text + " " * (w - cell_width(text)) for text, w in zip(row, widths, strict=False)), row[2]] for row in rows
    ]
    found = ["  " + "   ".join(row).rstrip() for row in cells]
    aside = np.array([leaf.gradient or 0.0 for leaf in inputs(trace) if leaf.id in hidden], dtype=float)
    if not aside.size:
        return found
    low, high = number(float(aside.min())), number(float(aside.max()))
    more = _("and {n} more, with gradients from {low} to {high}").format(n=aside.size, low=low, high=high)
    return [*found, f"  {more}"]
