"""Fields of colour: two pixels in each cell, or where there is no colour, characters that are darker or lighter."""

from __future__ import annotations

import numpy as np

from .grid import Array, Grid

_BLOCK = "▀"


def fill(grid: Grid, x: int, y: int, colours: Array, chars: Array) -> None:
    """Fill a rectangle of cells.

    Args:
        colours: of the pixels, shape (2·rows, columns).
        chars: of the cells, shape (rows, columns), where the look has no pixels.
    """
    rows, columns = chars.shape
    place = slice(y, y + rows), slice(x, x + columns)
    if grid.look.blends:
        grid.chars[place], grid.ink[place], grid.paper[place] = _BLOCK, colours[::2], colours[1::2]
    else:
        grid.chars[place] = chars


def letter(
    grid: Grid, x: Array, y: Array, chars: Array, ink: Array | int, bold: Array | bool, paper: Array | int | None = None
) -> None:
    """Put a character on each of some cells of a field, later ones over earlier ones.

    Args:
        paper: behind it; None is the colour of the cell's lower pixel.
    """
    grid.chars[y, x], grid.bold[y, x], grid.ink[y, x] = chars, bold, ink
    if paper is not None and grid.look.blends:
        grid.paper[y, x] = paper


def spread(values: Array, low: float, high: float, cells: int) -> Array:
    """The cells, from 0 to `cells` - 1, in which values from `low` to `high` lie; what is beyond, in the last ones."""
    inside = np.clip(np.nan_to_num(np.asarray(values, float), nan=low), low, high)
    share = (inside - low) / (high - low if high > low else 1.0)
    return np.minimum(np.floor(share * cells), cells - 1).astype(int)


def middles(pixels: int, given: int) -> Array:
    """Which of `given` rows is in the middle of each pixel."""
    return ((np.arange(pixels) + 0.5) / pixels * given).astype(int)
