"""What is said about an update: the rule in letters and in figures, and in words; and the page of all its numbers."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from tinygrad_edu_viz import Course
from tinygrad_edu_viz.courses.letters import letter_of
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_viz.readable import number
from tinygrad_edu_viz.recording.contents import Data
from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

from ..stepping.course_lines import rule_lines
from ..terminal_width import wrap
from . import look
from .tensor_page import numbers_page


def update_text(update: Update, width: int, compact: bool = False) -> list[Segment]:
    """An update, in lines of at most `width` cells."""
    width = max(width, 8)
    heading = _("update {t} of {name}").format(t=update.t, name=update.subject)
    if update.element:
        heading += ", " + _("the element of {name} that moves most (Enter: all)").format(name=update.label)
    heading = look.shown(heading)
    lines = [Segment(text, look.STRONG) for text in wrap(heading, width)]
    for line in update.lines:
        texts = rule_lines(line, width, stacked=not compact)
        lines += [Segment(look.shown(text), look.UPDATE if not k else Style()) for k, text in enumerate(texts)]
    return [*lines, *(Segment(text) for text in wrap(look.shown(spoken(update.text)), width))]


def pass_text(course: Course, index: int) -> str:
    """What has become of the loss, at the beginning of a pass."""
    losses = course.losses
    if not index:
        return ""
    if losses[index] > losses[index - 1]:
        text = _("pass {n}: loss {loss}, was {before}: it has grown")
    else:
        text = _("pass {n}: loss {loss}, was {before}")
    return text.format(n=index + 1, loss=number(losses[index]), before=number(losses[index - 1]))


def update_page(update: Update, ascii: bool) -> list[str]:
    """All numbers of an update."""
    lines = []
    rows: list[tuple[str, Data | None]] = [(_("before"), update.before), (_("gradient"), update.gradient)]
    for name, (before, after) in update.states.items():
        letter = letter_of(name)
        said = name if letter == name else f"{letter} ({name})"
        rows += [(f"{said}, {_('before')}", before), (f"{said}, {_('after')}", after)]
    for name, data in [*rows, (_("after"), update.after)]:
        lines += numbers_page(name, data, _("none has reached it"), ascii)
    return [spoken(update.text), "", *lines]
