"""The pane with the graph in boxes, which follows the active node."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.style import Style
from textual import events
from textual.geometry import Region, Spacing
from textual.strip import Strip

from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.text.terminal import Picture
from tinygrad_edu_viz.text.text_graph import Edge, Placed

from . import look
from .lines import Lines, plain_strips, restyled
from .node_pane import NodePicked

_SELECTED = str.maketrans("╭╮╰╯─│├┥", "┏┓┗┛━┃┠┫")  # a heavy border
_SELECTED_ASCII = str.maketrans("+-|", "*~!")
_AROUND = Spacing(1, 2, 1, 2)


class GraphPane(Lines):
    """The drawing of the trace at the player's position. A click on a box chooses its node."""

    centred = True

    def __init__(self, player: Player, ascii: bool, id: str | None = None, alike: Sequence[Trace] = ()):
        super().__init__(id=id)
        self.player, self.ascii, self.alike = player, ascii, alike
        self.updates: Sequence[Update] = ()
        self._picture = Picture(player.trace, player.view, ascii, alike=alike)

    def put_player(self, player: Player, updates: Sequence[Update]) -> None:
        """Show another pass, with the updates after it that have happened."""
        self.player, self.updates = player, updates

    @property
    def picture(self) -> Picture:
        """The drawing at the player's level, laid out when the level changes."""
        trace, view = self.player.trace, self.player.view
        if self._picture.view is not view:
            again = self._picture.of(trace, view)
            self._picture = again or Picture(trace, view, self.ascii, alike=self.alike)
        return self._picture

    def show(self) -> None:
        """Draw the graph as the player sees it, and bring the active box, or the chosen one, into sight."""
        player, view = self.player, self.player.view
        drawn = self.picture.at(player.position, {update.node: update.after for update in self.updates})
        active, edges = view.active(player.trace, player.position)
        style = look.of(player.event.kind) if player.event else look.QUIET
        if self.updates:
            active, edges, style = view.box_of[self.updates[-1].node], (), look.UPDATE
        strips = plain_strips(drawn.render(active, edges, self.ascii).split("\n"))
        for row, column in (cell for edge in edges for cell in drawn.edges[edge]):
            strips[row] = restyled(strips[row], column, column + 1, style)
        if active:
            self._frame(strips, drawn.boxes[active], style)
        chosen = view.box_of[player.selected] if player.selected and (player.was_chosen or not self.updates) else None
        if chosen and chosen != active:
            self._frame(strips, drawn.boxes[chosen], look.STRONG, _SELECTED_ASCII if self.ascii else _SELECTED)
        for box in {view.box_of[node]: None for node in view.box_of if player.is_breakpoint(node)}:
            mark, start = "@" if self.ascii else "●", drawn.boxes[box].column + 1
            row = drawn.boxes[box].row
            strips[row] = restyled(strips[row], start, start + 1, look.STOP, mark)
        self.put(strips)
        self._follow(drawn.boxes, (player.was_chosen and chosen) or active, edges)

    def bring_into_sight(self, *nodes: str) -> None:
        """Scroll to the boxes of some nodes, or to the first one, if there is no room for all."""
        boxes = [self.player.view.box_of[node] for node in nodes]
        self._follow(self.picture.layout.boxes, boxes[0], [(boxes[0], other) for other in boxes[1:]])

    def _frame(self, strips: list[Strip], placed: Placed, style: Style, table: dict[int, int] | None = None) -> None:
        """Style a box, and its border by another table of characters."""
        _, top, left, height, width = placed
        for row in range(top, top + height):
            ends = [(left, width)] if row in (top, top + height - 1) else [(left, 1), (left + width - 1, 1)]
            strips[row] = restyled(strips[row], left, left + width, style)
            for start, length in ends if table else ():
                text = strips[row].crop(start, start + length).text.translate(table or {})
                strips[row] = restyled(strips[row], start, start + length, style, text)

    def _follow(self, boxes: Mapping[str, Placed], box: str | None, edges: Collection[Edge]) -> None:
        """Scroll to a box; to the other ends of its active edges too, if there is room for all."""
        if box is None:
            return
        alone = _region(boxes[box])
        ends = {end for edge in edges if box in edge for end in edge}
        together = Region.from_union([alone, *(_region(boxes[end]) for end in ends)])
        fits = together.width <= self.size.width and together.height <= self.size.height
        region = (together if fits else alone).grow(_AROUND)
        self.scroll_to_region(region, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Choose the node of the box under the mouse."""
        left, above = self.margins
        column, row = event.x - left + self.scroll_offset.x, event.y - above + self.scroll_offset.y
        for box, placed in self.picture.layout.boxes.items():
            if _region(placed).contains(column, row):
                self.post_message(NodePicked(self.player.view.boxes[box].result))


def _region(placed: Placed) -> Region:
    return Region(placed.column, placed.row, placed.width, placed.height)
