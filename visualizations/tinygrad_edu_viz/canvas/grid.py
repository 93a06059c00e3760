"""A grid of characters with styles: what pictures for a terminal are drawn on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..cells import cell_width, clean, split

Array = np.ndarray[Any, Any]

OWN = -1  # the terminal's own colour
LONGEST_CELL = 4  # code points: a character and three accents
_ASCII = str.maketrans("│└─━╌▲η×·•●→←↑²∞−…▶◀≥≤", "|+-=.^nx.*@><^2#-.><><")


@dataclass(frozen=True, slots=True)
class Look:
    """What the terminal can show. No fact is told by colour alone."""

    colour: bool = True
    ascii: bool = False

    @property
    def blends(self) -> bool:
        """Whether a cell can be two pixels of any colour; otherwise a character stands for how dark it is."""
        return self.colour and not self.ascii


COLOUR, MONO, ASCII = Look(), Look(colour=False), Look(colour=False, ascii=True)


class Style(NamedTuple):
    """How a cell looks: the colours of its character and behind it, 0xRRGGBB or `OWN`."""

    ink: int = OWN
    paper: int = OWN
    bold: bool = False


PLAIN, BOLD = Style(), Style(bold=True)


class Grid:
    """Cells in `height` rows and `width` columns.

    Attributes:
        chars: text of each cell, shape (height, width). A wide character is followed by an empty cell.
        ink, paper, bold: styles of the cells, in the same shape.
        look: what may be drawn: with an ASCII look, `put` writes the nearest ASCII characters.
    """

    def __init__(self, width: int, height: int, look: Look = COLOUR):
        self.width, self.height, self.look = max(width, 0), max(height, 0), look
        shape = self.height, self.width
        self.chars = np.full(shape, " ", f"<U{LONGEST_CELL}")
        self.ink, self.paper = np.full(shape, OWN), np.full(shape, OWN)
        self.bold = np.zeros(shape, bool)

    def put(self, x: int, y: int, text: str, style: Style = PLAIN) -> int:
        """Write a text from a cell on, as far as there is room.

        Returns:
            the column after the text, also if that is outside.
        """
        cells = list(text) if text.isascii() and text.isprintable() else self._cells(text)
        if cells:
            self._place(x, y, np.array([cells], self.chars.dtype), style)
        return x + len(cells)

    def _cells(self, text: str) -> list[str]:
        cells = split(clean(text))
        if cells and not cell_width(cells[0]):
            cells[0] = " " + cells[0]  # an accent on nothing
        return [_near(cell) or "?" for cell in cells] if self.look.ascii else cells

    def block(self, x: int, y: int, width: int, height: int, char: str, style: Style = PLAIN) -> None:
        """Fill a rectangle with a character that takes one cell."""
        shape = max(height, 0), max(width, 0)
        self._place(x, y, np.full(shape, _near(char) if self.look.ascii else char, self.chars.dtype), style)

    def paste(self, other: Grid, x: int, y: int) -> None:
        """Put another grid over this one; what does not fit is cut off."""
        self._place(x, y, other.chars, (other.ink, other.paper, other.bold))

    def _place(self, x: int, y: int, chars: Array, styles: Style | tuple[Array, Array, Array]) -> None:
        """Overwrite a rectangle of cells; of a wide character that is cut or half covered, a blank stays.

        Args:
            styles: one for all cells, or arrays in the shape of `chars`.
        """
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + chars.shape[1], self.width), min(y + chars.shape[0], self.height)
        if left >= right or top >= bottom:
            return
        rows, seen = slice(top, bottom), (slice(top - y, bottom - y), slice(left - x, right - x))
        shown = chars[seen]
        if left > x or right - x < chars.shape[1]:
            shown = shown.copy()
            shown[shown[:, 0] == "", 0] = " "
            if right - x < chars.shape[1]:
                shown[chars[seen[0], right - x] == "", -1] = " "
        if left:
            self.chars[rows, left - 1][self.chars[rows, left] == ""] = " "
        if right < self.width:
            self.chars[rows, right][self.chars[rows, right] == ""] = " "
        self.chars[rows, left:right] = shown
        for own, part in zip((self.ink, self.paper, self.bold), styles, strict=True):
            own[rows, left:right] = part[seen] if isinstance(part, np.ndarray) else part

    def text(self) -> list[str]:
        """The rows without styles and without blanks at their ends."""
        return ["".join(row).rstrip() for row in self.chars.tolist()]

    def rows(self) -> Iterator[list[tuple[str, Style]]]:
        """Of each row, the runs of neighbours that have one style; without colours if the look has none."""
        colours = (self.ink, self.paper) if self.look.colour else (np.full_like(self.ink, OWN),) * 2
        styles = (*colours, self.bold)
        changes = np.zeros((self.height, max(self.width - 1, 0)), bool)
        for part in styles:
            changes |= part[:, 1:] != part[:, :-1]
        for chars, cuts, *row in zip(self.chars.tolist(), changes, *styles, strict=True):
            starts = [0, *(np.flatnonzero(cuts) + 1).tolist()] if chars else []
            ends = [*starts[1:], len(chars)] if chars else []
            looks = zip(*(part[starts].tolist() for part in row), strict=True)
            yield [
                ("".join(chars[start:end]), Style(*style))
                for start, end, style in zip(starts, ends, looks, strict=True)
            ]


def _near(cell: str) -> str:
    """An ASCII character in place of a cell's."""
    return cell if cell.isascii() else near if (near := cell.translate(_ASCII)).isascii() else "?"
