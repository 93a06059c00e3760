"""The pane with the table of nodes: operation, data and gradient, as far as they are known."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tinygrad_edu_viz.cells import cell_width, part
from tinygrad_edu_viz.notation import sign
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.readable import is_outline, number, number_lines
from tinygrad_edu_viz.recording.contents import Data
from tinygrad_edu_viz.text.terminal import UNKNOWN
from tinygrad_edu_words import N_, _

from . import look
from .lines import Lines

HEAD = ("", N_("node"), N_("op"), N_("data"), N_("grad"))
_MOST = (12, 8)  # cells of names and of operations; the rest is for the numbers
_GAPS = ("", " ", "  ", "  ", "  ")


class NodePicked(Message):
    """A node was clicked, in the table or in the graph."""

    def __init__(self, node: str):
        super().__init__()
        self.node = node


class NodePane(Lines):
    """A row for each node, in the order of creation. Only the rows in sight are made, so there may be many.

    Marks before a name: a breakpoint ●, the active node ▶, the chosen one ›.
    """

    def __init__(self, player: Player, id: str | None = None):
        super().__init__(id=id)
        self.put_player(player)

    def put_player(self, player: Player) -> None:
        """Show another pass."""
        self.player = player
        self.ids = list(player.trace.nodes)
        self.places = {node: place for place, node in enumerate(self.ids)}
        texts = [(node.label, sign(node.op) if node.op else "") for node in player.trace.nodes.values()]
        self.widest = [max(map(cell_width, column)) for column in zip(*texts, strict=True)]

    def show(self) -> None:
        """Show what the player sees, and bring the chosen node into sight."""
        self.virtual_size = Size(0, len(self.ids) + 1)
        chosen = self.player.selected
        if chosen is not None:
            row, rows = self.places[chosen], max(self.size.height - 1, 1)
            if not self.scroll_offset.y <= row < self.scroll_offset.y + rows:
                self.scroll_to(y=max(row - rows // 2, 0), animate=False, force=True)
        self.refresh()

    @property
    def text(self) -> list[str]:
        """All rows, also those that are out of sight."""
        return ["  ".join(self.cells(node)) for node in self.ids]

    def render_line(self, y: int) -> Strip:
        """The head, or a row, as Textual asks for it."""
        place = self.scroll_offset.y + y - 1
        if y == 0:
            text, style = self._row(_head()), look.QUIET
        elif place < len(self.ids):
            text, style = self._row(self.cells(self.ids[place])), self._style(self.ids[place])
        else:
            text, style = "", Style()
        shown = Strip([Segment(text, self.rich_style + style)])
        return shown.adjust_cell_length(self._width, self.rich_style)

    def cells(self, node_id: str) -> tuple[str, ...]:
        """What stands in the columns of a row."""
        player, node = self.player, self.player.trace.nodes[node_id]
        active = player.event is not None and player.event.node == node_id
        marks = ("●" if player.is_breakpoint(node_id) else " ") + (
            "▶" if active else "›" if player.selected == node_id else " "
        )
        name = number(node.data) if node.is_plain_number else node.label
        gradient = self._number(player.gradient(node_id)) if node.requires_grad else ""
        return marks, name, sign(node.op) if node.op else "", self._number(player.data(node_id)), gradient

    def _number(self, data: Data | None) -> str:
        """A number in as many digits as there is room for."""
        if data is None:
            return "." if look.is_ascii() else UNKNOWN  # as in the drawing
        texts = [number(data, digits) for digits in (6, 4, 3)]
        if is_outline(data):  # of a large array, without its range
            texts += [number_lines(data, digits)[0] for digits in (4, 3)]
            texts += ["μ " + text.rpartition(" ")[2] for text in texts[-2:]]
        return next((text for text in texts if len(text) <= self._widths[-1]), texts[-1])

    @property
    def _width(self) -> int:
        """The cells of a row, without those that are kept free for a scroll bar."""
        return self.scrollable_content_region.width

    @property
    def _widths(self) -> list[int]:
        wanted = zip(self.widest, _head()[1:3], _MOST, strict=True)
        first = [2, *(min(max(wide, len(head)), most) for wide, head, most in wanted)]
        rest = max(self._width - sum(first) - sum(map(len, _GAPS)), 2)
        return [*first, rest - rest // 2, rest // 2]

    def _row(self, cells: tuple[str, ...]) -> str:
        parts = zip(_GAPS, cells, self._widths, strict=True)
        return "".join(gap + _fit(cell, width) for gap, cell, width in parts)

    def _style(self, node: str) -> Style:
        event = self.player.event
        style = look.of(event.kind) if event and event.node == node else Style()
        return style + look.SELECTED if node == self.player.selected else style

    def on_click(self, event: events.Click) -> None:
        """Choose the node of the row under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y and self.scroll_offset.y + offset.y <= len(self.ids):
            self.post_message(NodePicked(self.ids[self.scroll_offset.y + offset.y - 1]))


def _head() -> tuple[str, ...]:
    return tuple([_(text) if text else "" for text in HEAD])


def _fit(text: str, width: int) -> str:
    text = look.shown(text)
    if cell_width(text) > width:
        text = part(text, 0, max(width - 1, 0)) + "…"
    return text + " " * (width - cell_width(text))
