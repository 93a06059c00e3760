"""What is said about an update: the rule in letters and in figures, and in words; and the page of all its numbers."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from tinygrad_edu_viz import Course
from tinygrad_edu_viz.courses.letters import letter_of
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_viz.readable import number
from tinygrad_edu_viz.recording.contents import Data

from ..stepping.course_lines import rule_lines
from ..terminal_width import wrap
from . import look
from .tensor_page import numbers_page


def update_text(update: Update, width: int, compact: bool = False) -> list[Segment]:
    """An update, in lines of at most `width` cells."""
    width = max(width, 8)
    about = f", the element of {update.label} that moves most (Enter: all)" if update.element else ""
    heading = look.shown(f"update {update.t} of {update.subject}{about}")
    lines = [Segment(text, look.STRONG) for text in wrap(heading, width)]
    for line in update.lines:
        texts = rule_lines(line, width, stacked=not compact)
        lines += [Segment(look.shown(text), look.UPDATE if not k else Style()) for k, text in enumerate(texts)]
    return [*lines, *(Segment(text) for text in wrap(look.shown(update.text), width))]


def pass_text(course: Course, index: int) -> str:
    """What has become of the loss, at the beginning of a pass."""
    losses = course.losses
    if not index:
        return ""
    grown = ": it has grown" if losses[index] > losses[index - 1] else ""
    return f"pass {index + 1}: loss {number(losses[index])}, was {number(losses[index - 1])}{grown}"


def update_page(update: Update, ascii: bool) -> list[str]:
    """All numbers of an update."""
    lines = []
    rows: list[tuple[str, Data | None]] = [("before", update.before), ("gradient", update.gradient)]
    for name, (before, after) in update.states.items():
        letter = letter_of(name)
        said = name if letter == name else f"{letter} ({name})"
        rows += [(f"{said}, before", before), (f"{said}, after", after)]
    for name, data in [*rows, ("after", update.after)]:
        lines += numbers_page(name, data, "none has reached it", ascii)
    return [update.text, "", *lines]
