"""The pane with the graph in boxes, which follows the active node."""

from __future__ import annotations

from rich.style import Style
from textual import events
from textual.geometry import Region, Spacing
from textual.message import Message
from textual.strip import Strip

from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.terminal import Picture
from tinygrad_edu_viz.text_graph import Edge, Placed, TextGraph

from . import look
from .lines import Lines, plain_strips, restyled

_SELECTED = str.maketrans("╭╮╰╯─│├┝", "┏┓┗┛━┃┠┣")  # a heavy border
_SELECTED_ASCII = str.maketrans("+-|", "*~!")
_AROUND = Spacing(1, 2, 1, 2)


class GraphPane(Lines):
    """The drawing of the trace at the player's position. A click on a box chooses its node."""

    centred = True

    class Picked(Message):
        """A node was clicked."""

        def __init__(self, node: str):
            super().__init__()
            self.node = node

    def __init__(self, picture: Picture, id: str | None = None):
        super().__init__(id=id)
        self.picture = picture

    def show(self, player: Player) -> None:
        """Draw the graph as the player sees it, and bring the active node into sight."""
        drawn = self.picture.at(player.position)
        box, wire = self.picture.active(player.position)
        strips = plain_strips(drawn.render(box, wire, self.picture.ascii).split("\n"))
        style = look.of(player.event.kind) if player.event else look.QUIET
        for row, column in drawn.edges[wire] if wire else ():
            strips[row] = restyled(strips[row], column, column + 1, style)
        if box:
            self._frame(strips, drawn.boxes[box], style)
        chosen = player.selected
        if chosen in drawn.boxes and chosen != box:
            table = _SELECTED_ASCII if self.picture.ascii else _SELECTED
            self._frame(strips, drawn.boxes[chosen], look.STRONG, table)
        for node, placed in drawn.boxes.items():
            if player.is_breakpoint(node):
                mark = "@" if self.picture.ascii else "●"
                start = placed.column + 1
                strips[placed.row] = restyled(strips[placed.row], start, start + 1, look.STOP, mark)
        self.put(strips)
        self._follow(drawn, chosen if chosen in drawn.boxes else box, wire)

    def _frame(self, strips: list[Strip], placed: Placed, style: Style, table: dict[int, int] | None = None) -> None:
        """Style a box, and its border by another table of characters."""
        _, top, left, height, width = placed
        for row in range(top, top + height):
            ends = [(left, width)] if row in (top, top + height - 1) else [(left, 1), (left + width - 1, 1)]
            strips[row] = restyled(strips[row], left, left + width, style)
            for start, length in ends if table else ():
                text = strips[row].crop(start, start + length).text.translate(table or {})
                strips[row] = restyled(strips[row], start, start + length, style, text)

    def _follow(self, drawn: TextGraph, box: str | None, wire: Edge | None) -> None:
        if box is None:
            return
        _, row, column, height, width = drawn.boxes[box]
        region = Region(column, row, width, height)
        both = region if wire is None else region.union(_region(drawn.boxes[wire[1]]))
        fits = both.width <= self.size.width and both.height <= self.size.height
        self.scroll_to_region(
            (both if fits else region).grow(_AROUND), animate=False, force=True, x_axis=True, y_axis=True
        )

    def on_click(self, event: events.Click) -> None:
        """Choose the node of the box under the mouse."""
        left, above = self.margins
        column, row = event.x - left + self.scroll_offset.x, event.y - above + self.scroll_offset.y
        for node, placed in self.picture.layout.boxes.items():
            if _region(placed).contains(column, row):
                self.post_message(self.Picked(node))


def _region(placed: Placed) -> Region:
    return Region(placed.column, placed.row, placed.width, placed.height)
