"""The bar that shows the two passes, and where we are in them."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tinygrad_edu_viz.player import Player

from . import look

DONE, AHEAD, BETWEEN, STOP = "▓", "░", "│", "●"
_IN_ASCII = str.maketrans({DONE: "#", AHEAD: ".", BETWEEN: "|", STOP: "@"})


class PassBar(Widget):
    """One line: the forward and the backward pass, as wide as they have steps. A click goes to the step there."""

    class Picked(Message):
        """A place on the bar was clicked."""

        def __init__(self, position: int):
            super().__init__()
            self.position = position

    def __init__(self, player: Player, ascii: bool, id: str | None = None):
        super().__init__(id=id)
        self.player, self.ascii = player, ascii

    def render_line(self, y: int) -> Strip:
        """The line, as Textual asks for it."""
        text = bar(self.player, self.size.width)
        style = look.of(self.player.event.kind) if self.player.event else look.QUIET
        shown = text.translate(_IN_ASCII) if self.ascii else text
        return Strip([Segment(shown, self.rich_style + style)]).adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Go to the step whose cell was clicked."""
        passes = _widths(self.player, self.size.width)
        column = event.x - _before_second(passes) if event.x > passes[0] else event.x
        part = (column + 1) / max(passes[1 if event.x > passes[0] else 0], 1)
        forward, backward = _lengths(self.player)
        first, length = (forward, backward) if event.x > passes[0] else (0, forward)
        self.post_message(self.Picked(first + min(max(round(part * length), 1), max(length, 1))))


def bar(player: Player, width: int) -> str:
    """The bar in `width` cells: what is done, what is ahead, and where breakpoints will stop."""
    (forward, backward), widths = _lengths(player), _widths(player, width)
    first = _pass("forward", player, 0, forward, widths[0])
    second = _pass("backward", player, forward, backward, widths[1])
    return f"{first}{BETWEEN}{second}"[: max(width, 0)]


def _pass(name: str, player: Player, start: int, length: int, width: int) -> str:
    """One pass, in `width` cells, with its name in the middle."""
    done = round(width * min(max(player.position - start, 0), length) / max(length, 1))
    cells = list(DONE * done + AHEAD * (width - done))
    label = f" {name} "
    if len(label) < width - 2:
        left = (width - len(label)) // 2
        cells[left : left + len(label)] = label
    if player.breakpoints:
        for place in range(length):
            if player.stops_at(player.trace.events[start + place]):
                cells[min(place * width // length, width - 1)] = STOP
    return "".join(cells)


def _lengths(player: Player) -> tuple[int, int]:
    """How many steps the passes have."""
    forward = max(player.first_backward - 1, 0)
    return forward, len(player.trace.events) - forward


def _widths(player: Player, width: int) -> tuple[int, int]:
    """How many cells the passes get; each enough for its name, if there is room."""
    forward, backward = _lengths(player)
    room = max(width - 1, 2)
    first = round(room * forward / max(forward + backward, 1))
    least = min(len(" backward ") + 4, room // 2)
    first = min(max(first, least), room - least)
    return first, room - first


def _before_second(widths: tuple[int, int]) -> int:
    return widths[0] + 1
