"""Parts of lines, measured in the cells of a terminal."""

from __future__ import annotations

from tinygrad_edu_viz.text.canvas import cell_width


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
