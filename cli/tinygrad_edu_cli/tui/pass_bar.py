"""The bar that shows the two passes, and where we are in them."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tinygrad_edu_viz.player import Player
from tinygrad_edu_words import _

from . import look

DONE, AHEAD, BETWEEN, STOP = "▓", "░", "│", "●"
IN_ASCII = str.maketrans({DONE: "#", AHEAD: ".", BETWEEN: "|", STOP: "@", "«": "<", "»": ">"})


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
        first, second = bar(self.player, self.size.width)
        pieces = [(first, look.FORWARD), (BETWEEN, look.QUIET), (second, look.BACKWARD)]
        shown = [(text.translate(IN_ASCII) if self.ascii else text, style) for text, style in pieces]
        strip = Strip([Segment(text, self.rich_style + style) for text, style in shown])
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Go to the step whose cell was clicked."""
        self.post_message(self.Picked(position_at(self.player, event.x, self.size.width)))


def bar(player: Player, width: int) -> tuple[str, str]:
    """The passes in `width - 1` cells: what is done, what is ahead, and where breakpoints will stop."""
    (forward, backward), widths = _lengths(player), _widths(player, width)
    return (
        _pass(_("forward"), player, 0, forward, widths[0]),
        _pass(_("backward"), player, forward, backward, widths[1]),
    )


def _pass(name: str, player: Player, start: int, length: int, width: int) -> str:
    """One pass, in `width` cells, with its name in the middle."""
    done = round(width * min(max(player.position - start, 0), length) / max(length, 1))
    cells = list(DONE * done + AHEAD * (width - done))
    if player.breakpoints:
        for place in range(length):
            if player.stops_at(player.trace.events[start + place]):
                cells[min(place * width // length, width - 1)] = STOP
    label = f" {name} "
    if len(label) < width - 2:
        left = (width - len(label)) // 2
        cells[left : left + len(label)] = label
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
    least = min(max(len(_("forward")), len(_("backward"))) + 6, room // 2)
    first = min(max(first, least), room - least)
    return first, room - first


def position_at(player: Player, column: int, width: int) -> int:
    """The position in whose cell a column is."""
    forward, backward = _lengths(player)
    first, second = _widths(player, width)
    if column <= first:
        return min(max(round((column + 1) / first * forward), 1), forward) if forward else 1
    return forward + min(max(round((column - first) / second * backward), 1), backward)
