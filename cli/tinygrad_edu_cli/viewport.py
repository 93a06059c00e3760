"""Parts of lines and drawings, measured in the cells of a terminal."""

from __future__ import annotations

from tinygrad_edu_viz.text_graph import cell_width

_MARKS = frozenset("╔╗╚╝═║#")  # what the active box is drawn with


def window(picture: list[str], columns: int, rows: int) -> list[str]:
    """The part of a drawing that fits, with the active box as near to its middle as the edges allow."""
    cells = [(row, column, cell) for row, line in enumerate(picture) for column, cell in enumerate(_cells(line))]
    marked = [(row, column) for row, column, cell in cells if cell in _MARKS]
    places = list(zip(*marked, strict=True)) or [(0,), (0,)]
    (top, left), wide = ((min(place) + max(place)) // 2 for place in places), max(map(cell_width, picture))
    top = max(0, min(top - rows // 2, len(picture) - rows))
    left = max(0, min(left - columns // 2, wide - columns))
    return [part(line, left, columns).rstrip() for line in picture[top : top + rows]]


def part(line: str, start: int, width: int) -> str:
    """The cells `start` to `start + width` of a line; half of a wide character becomes a blank."""
    cells = _cells(line)
    shown = cells[start : start + width]
    if shown and shown[0] == "":
        shown[0] = " "
    if shown and cells[start + width : start + width + 1] == [""]:
        shown[-1] = " "
    return "".join(shown)


def _cells(line: str) -> list[str]:
    """A string for each cell: a wide character is followed by an empty one, and has its accents with it."""
    cells: list[str] = []
    for character in line:
        width = cell_width(character)
        if width or not cells:
            cells += [character, ""][: max(width, 1)]
        else:
            cells[-1 if cells[-1] or len(cells) == 1 else -2] += character
    return cells
