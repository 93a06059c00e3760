"""step --order naive: why a backward pass has an order. The tempting recursion, step by step beside the right order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.predicting.naive_order import NaiveOrder, Passing, naive_order
from tinygrad_edu_viz.readable import number
from tinygrad_edu_viz.recording.contents import Event
from tinygrad_edu_words import N_, _
from tinygrad_edu_words.sentences import spoken

from .. import output
from ..errors import CommandError
from ..subject import Subject, open_source
from ..terminal_width import WIDTH, wrap
from .step_lines import given, inputs

EXAMPLE = "e = a*b; e*c + e"  # e is used twice, and computed
EXAMPLE_SETTINGS = {"a": "2", "b": "-3", "c": "4"}

RIGHT = N_("The right order: a node waits for all of its contributions")
NAIVE = N_("The naive order: a node passes on what it has, at once")
_HEADER = [N_("from"), N_("passes"), N_("to"), N_("adds"), N_("sum")]
_GAP = 4  # between the two orders

Rows = list[list[str]]


def run(source: str | None, set_texts: Sequence[str]) -> None:
    """Show both orders of an expression; without one, of an example.

    Raises:
        CommandError: as `open_source`; or the trace lacks numbers that the recursion needs.
    """
    if source is None:
        chosen = {text.partition("=")[0].strip() for text in set_texts}
        missing = [f"{name}={number}" for name, number in EXAMPLE_SETTINGS.items() if name not in chosen]
        source, set_texts = EXAMPLE, [*set_texts, *missing]
    subject = open_source(source, set_texts)
    try:
        naive = naive_order(subject.trace)
    except ArgumentError as error:
        raise CommandError(f"--order naive: {error}") from None
    for line in lines(subject, naive):
        output.say(line)


def lines(subject: Subject, naive: NaiveOrder) -> Iterator[str]:
    """Both orders as tables, where they part and why, and the gradients in the end."""
    trace = subject.trace
    names = {node.id: node.label for node in trace.nodes.values()}
    yield from (subject.title, "")
    yield from wrap(given(trace), indent=2)
    yield ""
    for node in trace.nodes.values():
        if node.op is not None:
            yield "  " + spoken(next(event.text for event in trace.events if event.node == node.id))
    yield ""
    right = _table(_(RIGHT), [_row(event, names) for event in trace.events if event.source is not None])
    tempting = _table(_(NAIVE), [_row(step, names) for step in naive.steps], naive.parting)
    yield from _beside(right, tempting)
    yield ""
    yield from wrap(naive.why)
    yield from ("", _("Gradients of the inputs"), "", *_gradients(trace, naive))


def _row(step: Event | Passing, names: dict[str, str]) -> list[str]:
    amounts = [number(data or 0.0) for data in (step.upstream, step.contribution, step.grad)]
    return [names[step.source or ""], amounts[0], names[step.node], amounts[1], amounts[2]]


def _table(title: str, rows: Rows, marked: int | None = None) -> list[str]:
    """Steps in columns, numbered.

    Args:
        marked: the place of the row at which the orders part.
    """
    body = _columns([[*map(_, _HEADER)], *rows], left=(0, 2))
    digits = len(str(len(rows)))
    found = [title, "", f"{'':>{digits}}  {body[0]}"]
    for place, line in enumerate(body[1:]):
        here = "!" if place == marked else " "
        parting = f"   ! {_('here they part')}" if place == marked else ""
        found.append(f"{place + 1:>{digits}}{here} {line}{parting}")
    return found


def _columns(rows: Rows, left: tuple[int, ...]) -> list[str]:
    """Cells in columns, those of the columns `left` to the left, the others to the right."""
    widths = [max(cell_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    texts = []
    for row in rows:
        blanks = [" " * (width - cell_width(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [
            cell + blank if column in left else blank + cell
            for column, (cell, blank) in enumerate(zip(row, blanks, strict=True))
        ]
        texts.append("  ".join(cells).rstrip())
    return texts


def _beside(left: list[str], right: list[str]) -> list[str]:
    """Two tables beside each other where there is room, else one below the other."""
    width = max(map(cell_width, left)) + _GAP
    if width + max(map(cell_width, right)) > WIDTH + 20:
        return [*left, "", *right]
    height = max(len(left), len(right))
    left, right = left + [""] * (height - len(left)), right + [""] * (height - len(right))
    return [(one + " " * (width - cell_width(one)) + other).rstrip() for one, other in zip(left, right, strict=True)]


def _gradients(trace: Trace, naive: NaiveOrder) -> list[str]:
    """The inputs, with their gradients by both orders."""
    rows = [[_("name"), _("right order"), _("naive order"), ""]]
    for leaf in inputs(trace):
        gradients = leaf.gradient, naive.gradients.get(leaf.id)
        amounts = [_("none") if data is None else number(data) for data in gradients]
        if naive.total > len(naive.steps):
            amounts[1] = _("not finished")
        rows.append([leaf.id, *amounts, "! " + _("wrong") if leaf.id in naive.wrong else ""])
    return [f"  {line}" for line in _columns(rows, left=(0, 3))]
