"""The widget that shows a grid of cells; only the rows that changed are drawn again."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tinygrad_edu_viz.canvas.grid import Grid

from ..painting import segments


class CanvasPane(Widget):
    """A grid over the whole screen."""

    def __init__(self) -> None:
        super().__init__()
        self.strips: list[Strip] = []

    def put(self, grid: Grid) -> None:
        """Show another grid."""
        old, self.strips = self.strips, [Strip(row, grid.width) for row in segments(grid)]
        if len(old) != len(self.strips):
            self.refresh()
            return
        changed = [row for row, pair in enumerate(zip(old, self.strips, strict=True)) if pair[0] != pair[1]]
        if changed:
            self.refresh(*[Region(0, row, self.size.width, 1) for row in changed])

    def render_line(self, y: int) -> Strip:
        """One row, as Textual asks for it."""
        strip = self.strips[y] if y < len(self.strips) else Strip([])
        return strip.apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)
