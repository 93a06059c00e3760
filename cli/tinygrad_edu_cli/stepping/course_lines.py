"""A course as lines of text: the loss of each pass, the gradients, and each update in letters, figures and words."""

from __future__ import annotations

from collections.abc import Iterator

from tinygrad_edu_viz import Course
from tinygrad_edu_viz.cells import cell_width, clean
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.courses.letters import Line
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_viz.readable import FEW, is_outline, loss_name, number
from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

from ..subject import Subject
from ..terminal_width import room, wrap
from . import step_lines
from .next_commands import next_commands
from .number_columns import rows


def lines(subject: Subject, player: CoursePlayer, full: bool = False) -> Iterator[str]:
    """The whole course.

    Args:
        player: marks what happens at its breakpoints, and the steps at these are shown in each pass.
        full: show all steps of each pass, and all elements of the arrays that are learned.
    """
    course = player.course
    if subject.note:
        yield from (*subject.note.splitlines(), "")
    yield from (subject.title, "")
    yield from wrap(step_lines.given(course.passes[0]), indent=2)
    yield from wrap(learned(course), indent=2)
    if player.breakpoints:
        places = ", ".join(map(clean, player.breakpoints))
        yield from wrap(_("Marked with *: what happens at {places}").format(places=places), indent=2)
    for index, row in enumerate(course.updates):
        yield from ("", heading(course, index))
        yield from _steps(player, index, full)
        if row:
            yield from wrap(f"  {gradients(course, index)}", indent=4)
        for update in row:
            yield from ("", *update_lines(update, "*" if player.stops_at(update) else " ", full))
    if course.note:
        yield from ("", *wrap(end(course), indent=2))
    yield from next_commands(subject)


def end(course: Course) -> str:
    """Why a course ends before it should, and what to do about it."""
    advice = " " + _("A smaller --lr takes smaller steps.") if any(course.updates) else ""
    return f"{spoken(course.note)}.{advice}"


def learned(course: Course) -> str:
    """What is learned, and by which optimizer."""
    names = ", ".join(course.learned) or _("nothing")
    return _("Learned: {names}; by {optimizer}").format(names=names, optimizer=course.optimizer)


def heading(course: Course, index: int) -> str:
    """Which pass it is, and what came of the update before."""
    losses = course.losses
    text = _("Pass {n}: loss = {loss}").format(n=index + 1, loss=number(losses[index]))
    if index:
        grown = losses[index] > losses[index - 1]
        before = _("it was {loss}: it has grown") if grown else _("it was {loss}")
        text += f" ({before.format(loss=number(losses[index - 1]))})"
    if index == len(course.passes) - 1 and index:
        text += ", " + _("after the last update")
    return text


def gradients(course: Course, index: int) -> str:
    """The gradients that the updates of a pass are given."""
    trace = course.passes[index]
    others = [node.label for node in trace.nodes.values() if node.id != trace.root]
    loss = loss_name(trace.nodes[trace.root].label, others)
    return ", ".join(
        f"∂{loss}/∂{update.label} = {_('none') if update.gradient is None else number(update.gradient)}"
        for update in course.updates[index]
    )


def _steps(player: CoursePlayer, index: int, full: bool) -> Iterator[str]:
    """The steps of a pass that are at breakpoints, or all."""
    met: set[object] = set()
    kind = ""
    for event in player.course.passes[index].events:
        stops = player.stops_at(event)
        if full and event.kind != kind:
            kind = event.kind
            yield from ("", f"  {step_lines.heading(kind)}", "")
        if full or stops:
            yield from step_lines.numbered(event, "*" if stops else " ", met)
    if full:
        yield ""


def rule_lines(line: Line, width: int, stacked: bool = False) -> list[str]:
    """A line of a rule in as many as it takes: what it is equal to stands below it where there is no room beside.

    Args:
        stacked: in any case.
    """
    if cell_width(str(line)) <= width and not stacked:
        return [str(line)]
    sides = [f"{line.name} ← {line.rule}", *(f"  = {side}" for side in (line.figures, line.result))]
    return [part for side in sides for part in _wrapped(side, width)]


def _wrapped(side: str, width: int) -> list[str]:
    blanks = len(side) - len(side.lstrip())
    return [" " * blanks + part for part in wrap(side.lstrip(), max(width - blanks, 8), indent=4)]


def update_lines(update: Update, mark: str = " ", full: bool = False) -> Iterator[str]:
    """An update: its lines, and the sentence."""
    about = f" ({_('element {name} moves most').format(name=update.subject)})" if update.element else ""
    yield f" {mark}{_('update {t} of {name}').format(t=update.t, name=update.label)}{about}"
    for line in update.lines:
        yield from ("    " + text for text in rule_lines(line, room() - 4))
    yield from wrap(f"    {spoken(update.text)}", indent=4)
    if full and update.element:
        for name, data in ((_("before"), update.before), (_("after"), update.after)):
            if isinstance(data, list) and is_outline(data):
                yield from (f"    {update.label} {name}:", *(f"      {row}" for row in rows(data, FEW)))
            else:
                yield f"    {update.label} {name}: {number(data)}"
