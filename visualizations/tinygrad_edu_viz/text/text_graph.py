"""Draw a small directed acyclic graph with characters: boxes, wires and arrow heads.

All edges that leave one box are one *wire*. It may fork, but two wires never share a line: they only cross. Where boxes
and wires go is found in `layout.py`.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

from ..cells import cell_width, clean

Cell = tuple[int, int]  # (row, column)
Edge = tuple[str, str]  # (key of the box that feeds, key of the box that is fed)


@dataclass(frozen=True, slots=True)
class Box:
    """A box to draw: a key of its own, and the lines of text inside."""

    key: str
    lines: tuple[str, ...]


class Placed(NamedTuple):
    """Where a box is: its upper left cell, and its size in cells with the border."""

    box: Box
    row: int
    column: int
    height: int
    width: int


class _Style(NamedTuple):
    lines: str  # by the arms (up, right, down, left) of a cell, each 0 absent, 1 light, 2 heavy, read in base three
    joint: str  # a wire that meets itself from all four sides, which must not look like two wires that cross
    box: str  # the four corners, then the horizontal and the vertical border
    active_box: str
    ports: dict[str, str]  # where a wire leaves a box, or the active box; where a gradient enters them
    back_ports: dict[str, str]  # where a gradient leaves a box, or the active box
    heads: dict[str, str]  # of a wire, and of a gradient on its way back
    heavy: dict[str, str]  # what stands in place of a wire's head where a gradient flows back
    times: str
    ellipsis: str


_UNICODE = _Style(
    " ╴╸╷╮┑╻┒┓╶─╾╭┬┭┎┰┱╺╼━┍┮┯┏┲┳╵╯┙│┤┥╽┧┪╰┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋",
    "●", "╭╮╰╯─│", "╔╗╚╝═║", {"LR": "├╟│║", "TB": "┬╤─═"}, {"LR": "┥╣", "TB": "┸╩"},
    {"LR": "►◄", "TB": "▼▲"}, {"LR": "━", "TB": "┃"}, "×", "…",
)  # fmt: skip
_ASCII = _Style(
    " -=|+####--=++####===######|+#|+####++#+++#++####++#++#############++#++####++#++",
    "*", "++++-|", "####=#", {"LR": "|#|#", "TB": "-=-="}, {"LR": "|#", "TB": "-="},
    {"LR": "><", "TB": "v^"}, {"LR": "=", "TB": "#"}, "x", "...",
)  # fmt: skip
_UP, _RIGHT, _DOWN, _LEFT, _BEND = 8, 4, 2, 1, 16  # arms are bits ...
_BASE_3 = [int(f"{arms:04b}", 3) for arms in range(16)]  # ... and, once light and heavy ones differ, digits


@dataclass(frozen=True, slots=True)
class TextGraph:
    """A finished layout, in cells; `render` turns it into text.

    `edges` has the cells of each edge in order, from the one beside the box that feeds to the arrow head beside the box
    that is fed; edges from one box begin with the same cells. `times` has how often each edge was given.
    """

    boxes: dict[str, Placed]
    edges: dict[Edge, list[Cell]]
    times: dict[Edge, int]
    width: int
    height: int
    direction: Literal["LR", "TB"]

    def render(self, active: str | None = None, active_edges: Collection[Edge] = (), ascii: bool = False) -> str:
        """Return `height` lines of `width` cells, with a double border for the active box and heavy active edges.

        An active edge is one along which a gradient flows back: its head is at the box that feeds. With `ascii`
        everything but the labels is ASCII, and what is active is drawn with `#` and `=`.

        Raises:
            ValueError: `active` or one of `active_edges` is not in the drawing.
        """
        if active is not None and active not in self.boxes:
            raise ValueError(f"no box {active!r} to highlight; there are: {', '.join(map(repr, self.boxes)) or 'none'}")
        for edge in active_edges:
            if edge not in self.edges:
                raise ValueError(f"no edge {edge!r} to highlight; give (source, target) as given to lay_out()")
        style = _ASCII if ascii else _UNICODE
        canvas = [[" "] * self.width for _ in range(self.height)]
        for key, placed in self.boxes.items():
            _draw_box(canvas, placed, style.active_box if key == active else style.box, style.ellipsis)
        heavy = self._arms(active_edges)
        for (row, column), arms in self._arms(self.edges).items():
            line = style.lines[_BASE_3[arms & 15] + _BASE_3[heavy.get((row, column), 0) & 15]]
            joint = arms == _UP | _RIGHT | _DOWN | _LEFT | _BEND  # where two wires cross, neither of them bends
            canvas[row][column] = style.joint if joint else line
        for edge in [*self.edges, *active_edges]:  # what is heavy goes over what is light
            for (row, column), char in self._ends(edge, style, active, edge in active_edges):
                canvas[row][column] = char
        return "\n".join("".join(line) for line in canvas)

    def _ends(self, edge: Edge, style: _Style, active: str | None, back: bool) -> Iterator[tuple[Cell, str]]:
        """The ends of an edge, with its head and how often it was given: on the two boxes, and beside them.

        Args:
            back: a gradient flows back along it.
        """
        cells, head, straight = self.edges[edge], style.heads[self.direction], style.heavy[self.direction]
        feeds, fed = (int(key == active) for key in edge)
        yield self._before(cells[0]), style.ports[self.direction][2 * back + feeds]
        yield from zip(reversed(cells[:-1]), reversed(self._mark(edge, style)), strict=False)
        yield cells[-1], straight if back else head[0]
        if back:
            yield cells[0], head[1]
            yield self._after(cells[-1]), style.back_ports[self.direction][fed]

    def _mark(self, edge: Edge, style: _Style) -> str:
        return f"{style.times}{self.times[edge]}" if self.times[edge] > 1 else ""

    def _before(self, cell: Cell) -> Cell:
        return (cell[0], cell[1] - 1) if self.direction == "LR" else (cell[0] - 1, cell[1])

    def _after(self, cell: Cell) -> Cell:
        return (cell[0], cell[1] + 1) if self.direction == "LR" else (cell[0] + 1, cell[1])

    def _arms(self, edges: Iterable[Edge]) -> dict[Cell, int]:
        """Find through which sides of each cell the edges run, and whether one of them bends there."""
        arms: dict[Cell, int] = defaultdict(int)
        for cells in map(self.edges.__getitem__, edges):
            for before, cell, after in zip([self._before(cells[0]), *cells], cells, cells[1:], strict=False):
                if before[0] == after[0]:
                    arms[cell] |= _LEFT | _RIGHT
                elif before[1] == after[1]:
                    arms[cell] |= _UP | _DOWN
                else:
                    row, column = before[0] + after[0] - cell[0], before[1] + after[1] - cell[1]  # inside of the bend
                    arms[cell] |= _BEND | (_UP if row < cell[0] else _DOWN) | (_LEFT if column < cell[1] else _RIGHT)
        return arms


def _draw_box(canvas: list[list[str]], placed: Placed, border: str, ellipsis: str) -> None:
    box, row, column, height, width = placed
    above = (height - 2 - len(box.lines)) // 2
    texts = [*[""] * above, *box.lines, *[""] * (height - 2 - above - len(box.lines))]
    edge, side = [border[4]] * (width - 2), border[5]
    rows = [[side, f" {_fit(text, width - 4, ellipsis)} ", *[""] * (width - 3), side] for text in texts]
    for line, cells in enumerate([[border[0], *edge, border[1]], *rows, [border[2], *edge, border[3]]], row):
        canvas[line][column : column + width] = cells


def _fit(text: str, cells: int, ellipsis: str) -> str:
    """Clean `text`, and cut it to `cells` with an ellipsis or centre it in them."""
    text = clean(text)
    if cell_width(text) > cells:
        ends = accumulate(map(cell_width, text))
        text = "".join(char for char, end in zip(text, ends, strict=True) if end <= cells - len(ellipsis)) + ellipsis
    spare = cells - cell_width(text)
    # Two Hebrew labels in one row would swap places: a left-to-right mark, which takes no cell, fences each of them in.
    fence = "\u200e" if any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text) else ""
    return " " * (spare // 2) + fence + text + fence + " " * (spare - spare // 2)
