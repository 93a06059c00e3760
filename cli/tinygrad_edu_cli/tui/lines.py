"""Lines of characters that scroll: what the panes are made of. They are shown as they are, never read as markup."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget


class Lines(ScrollView, can_focus=False):
    """A pane of lines that do not wrap. One that is smaller than its pane stands in the middle if `centred`."""

    centred = False

    def __init__(self, id: str | None = None):
        super().__init__(id=id)
        self.strips: list[Strip] = []

    def put(self, strips: list[Strip]) -> None:
        """Show other lines."""
        self.strips = strips
        self.virtual_size = Size(max((strip.cell_length for strip in strips), default=0), len(strips))
        self.refresh()

    @property
    def text(self) -> list[str]:
        """All lines, also those that are out of sight."""
        return [strip.text.rstrip() for strip in self.strips]

    @property
    def margins(self) -> tuple[int, int]:
        """(columns, rows) that stay free to the left and above."""
        size, wide = self.size, self.virtual_size
        if not self.centred:
            return 0, 0
        return max((size.width - wide.width) // 2, 0), max((size.height - wide.height) // 2, 0)

    def render_line(self, y: int) -> Strip:
        """One line of the pane, as Textual asks for it."""
        left, above = self.margins
        column, row = self.scroll_offset
        width, row = self.size.width, row + y - above
        if not 0 <= row < len(self.strips):
            return Strip.blank(width, self.rich_style)
        shown = self.strips[row].crop(column, column + width - left).apply_style(self.rich_style)
        return Strip.join([Strip.blank(left, self.rich_style), shown]).adjust_cell_length(width, self.rich_style)


def plain_strips(lines: list[str]) -> list[Strip]:
    """Lines without a style."""
    return [Strip([Segment(line)]) for line in lines]


def restyled(strip: Strip, start: int, end: int, style: Style, text: str | None = None) -> Strip:
    """A strip whose cells `start` to `end` have another style and, if given, another text of the same width."""
    before, within, after = strip.divide([start, end, max(strip.cell_length, end)])
    changed = within.apply_style(style) if text is None else Strip([Segment(text, style)])
    return Strip.join([before, Strip([Segment(s.text, (s.style or Style()) + style) for s in changed]), after])


class OneLine(Widget):
    """A line across the screen, of pieces of text and their styles."""

    def __init__(self, id: str | None = None):
        super().__init__(id=id)
        self.pieces: list[Segment] = []

    def put(self, pieces: list[Segment]) -> None:
        """Show another line."""
        self.pieces = pieces
        self.refresh()

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def render_line(self, y: int) -> Strip:
        """The line, as Textual asks for it."""
        return Strip(self.pieces).apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)
