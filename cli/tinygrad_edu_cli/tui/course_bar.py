"""The bar that shows the passes and updates of a course, and where we are in them."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_words import N_, _

from . import look
from .pass_bar import AHEAD, BETWEEN, DONE, IN_ASCII, STOP, PassBar

ROOMY, LEAST, OF_MANY = 14, 8, 13  # cells of a pass: beside its name, at all, and where not all have room
PARTS = (
    ("forward", N_("fwd"), look.FORWARD),
    ("backward", N_("bwd"), look.BACKWARD),
    ("update", N_("upd"), look.UPDATE),
)


class Cell(NamedTuple):
    """A column of the bar, and the position that a click on it goes to."""

    text: str
    style: Style
    position: int


class CourseBar(Widget):
    """One line: forward, backward and update of each pass; of many passes those around the one that we are in."""

    def __init__(self, player: CoursePlayer, ascii: bool, id: str | None = None):
        super().__init__(id=id)
        self.player, self.ascii = player, ascii

    def render_line(self, y: int) -> Strip:
        """The line, as Textual asks for it."""
        cells = bar(self.player, self.size.width)
        shown = [(cell.text.translate(IN_ASCII) if self.ascii else cell.text, cell.style) for cell in cells]
        strip = Strip([Segment(text, self.rich_style + style) for text, style in shown])
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Go to the step whose cell was clicked."""
        cells = bar(self.player, self.size.width)
        self.post_message(PassBar.Picked(cells[min(event.x, len(cells) - 1)].position))


def bar(player: CoursePlayer, width: int) -> list[Cell]:
    """The cells of the bar, at most `width`."""
    passes = len(player.course.passes)
    seen = min(passes, max(width // OF_MANY, 1)) if passes * LEAST > width else passes
    first = min(max(player.pass_index - seen // 2, 0), passes - seen)
    more = [seen < passes and first > 0, seen < passes and first + seen < passes]
    room = width - sum(more)
    cells = [Cell("«", look.QUIET, player.starts[first])] if more[0] else []
    for place, index in enumerate(range(first, first + seen)):
        start, end = room * place // seen, room * (place + 1) // seen
        cells += _pass(player, index, end - start)
    return [*cells, *([Cell("»", look.QUIET, player.starts[first + seen] + 1)] if more[1] else [])]


def _pass(player: CoursePlayer, index: int, width: int) -> list[Cell]:
    """One pass: its number, and its parts."""
    here = index == player.pass_index
    label = f" {_('pass {n}').format(n=index + 1)} "
    if width < cell_width(label) + ROOMY:
        label = f" {index + 1} "
    start = player.starts[index]
    lengths = _lengths(player, index)
    cells = [Cell(letter, look.STRONG if here else look.QUIET, start + 1) for letter in label]
    room = max(width - cell_width(label) - (2 if lengths[2] else 1), 3)
    updates = (min(3, max(room // 4, 1))) if lengths[2] else 0
    least = min(len(_(PARTS[0][1])) + 2, (room - updates) // 2)
    forward = max(round((room - updates) * lengths[0] / max(lengths[0] + lengths[1], 1)), least, 1)
    for (kind, name, style), length, wide in zip(
        PARTS, lengths, (forward, max(room - updates - forward, 1), updates), strict=True
    ):
        if kind == "update" and length:
            cells.append(Cell(BETWEEN, look.QUIET, start))
        cells += _part(player, start, length, wide, _(name), style)
        start += length
    cells.append(Cell(BETWEEN if lengths[2] else " ", look.QUIET, start))
    return cells[:width]


def _lengths(player: CoursePlayer, index: int) -> tuple[int, int, int]:
    events = player.course.passes[index].events
    forward = sum(event.kind == "forward" for event in events)
    return forward, len(events) - forward, len(player.course.updates[index])


def _part(player: CoursePlayer, start: int, length: int, width: int, name: str, style: Style) -> list[Cell]:
    """A pass or its updates, as wide as there is room; what is done of it is dark."""
    if not length or not width:
        return []
    done = round(width * min(max(player.position - start, 0), length) / length)
    letters = list(DONE * done + AHEAD * (width - done))
    if player.breakpoints:
        for place in range(length):
            if player.stops_at(player.at(start + place + 1)):
                letters[min(place * width // length, width - 1)] = STOP
    whole = name == _(PARTS[-1][1])  # as wide as its name
    if (len(name) == width if whole else len(name) <= width - 2) and STOP not in letters:
        left = (width - len(name)) // 2 + (done if whole else 0)
        letters[left : left + len(name)] = name[done if whole else 0 :]
    places = [start + min(max(round((column + 1) / width * length), 1), length) for column in range(width)]
    strong = style if player.position >= start else look.QUIET
    return [Cell(letter, strong, place) for letter, place in zip(letters, places, strict=True)]
