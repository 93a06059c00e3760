"""Pictures of dots, 2 by 4 in a cell: how curves become dots, and dots braille characters.

A mask of dots has the shape (4·rows, 2·columns); its first row is the upper one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .grid import Array, Grid
from .inks import WHITE

_WEIGHTS = np.array([[1, 8], [2, 16], [4, 32], [64, 128]])  # of the dots in Unicode's braille patterns
_BRAILLE, _BOTH = 0x2800, "@"


class Layer(NamedTuple):
    """One of the things drawn over each other.

    Attributes:
        mask: its dots.
        ink: its colour.
        letter: what stands for its dots in ASCII.
        behind: it gives up the cells that others need.
    """

    mask: Array
    ink: int
    letter: str
    behind: bool = False


def paint(grid: Grid, x: int, y: int, layers: list[Layer]) -> None:
    """Draw layers at a cell, later ones over earlier ones. Cells that two need are white, in ASCII "@"."""
    rows, columns = layers[0].mask.shape[0] // 4, layers[0].mask.shape[1] // 2
    bits, ink = np.zeros((rows, columns), int), np.full((rows, columns), WHITE)
    letters, owners = np.full((rows, columns), " "), np.zeros((rows, columns), int)
    for layer in sorted(layers, key=lambda layer: not layer.behind):
        own = (layer.mask.reshape(rows, 4, columns, 2) * _WEIGHTS[:, None]).sum(axis=(1, 3))
        here = own > 0
        if not layer.behind:
            bits[here & (owners == 0)] = 0
            owners += here
        bits |= own
        ink[here], letters[here] = layer.ink, layer.letter
    ink[owners > 1], letters[owners > 1] = WHITE, _BOTH
    shown, place = bits > 0, (slice(y, y + rows), slice(x, x + columns))
    chars = letters if grid.look.ascii else (bits + _BRAILLE).astype(np.uint32).view("<U1")
    grid.chars[place][shown], grid.ink[place][shown] = chars[shown], ink[shown]


def stroke(heights: Array, places: Array, shape: tuple[int, int], every: int = 1) -> Array:
    """The dots of a curve. Where several points share a column, all from the lowest to the highest are set.

    Args:
        heights: rows of the points, shape (n,), not rounded; nan where there is none.
        places: their columns, ascending integers.
        shape: of the mask.
        every: 2 sets every second dot along the curve, 3 every third.
    """
    top, bottom = _extents(heights, places, shape[1])
    row = np.arange(shape[0])[:, None]
    along = np.cumsum(np.nan_to_num(bottom - top + 1)) - np.nan_to_num(bottom - top + 1)
    with np.errstate(invalid="ignore"):
        mask = (row >= top) & (row <= bottom)
        if every > 1:
            ends = ((row == top) | (row == bottom)) & (bottom > top)
            mask &= ends | ((row - top + along) % every == 0)
    return mask


def area(high: Array, low: Array, places: Array, shape: tuple[int, int]) -> Array:
    """Every second dot between two curves: the rows `high` above, the rows `low` below; as in `stroke`."""
    top, bottom = _extents(high, places, shape[1])[0], _extents(low, places, shape[1])[1]
    row, column = np.ogrid[: shape[0], : shape[1]]
    with np.errstate(invalid="ignore"):
        return (row >= top) & (row <= bottom) & ((row + column) % 2 == 0)


def _extents(heights: Array, places: Array, columns: int) -> tuple[Array, Array]:
    """First and last row of a curve in each column, shape (columns,): those of its points there, half the way to the
    neighbours' with them, and straight lines where points are farther apart than columns. nan where nothing is."""
    top, bottom = np.full(columns, np.nan), np.full(columns, np.nan)
    if not len(heights):
        return top, bottom
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    found = places[starts]
    between = np.arange(found[0], found[-1] + 1)
    with np.errstate(invalid="ignore"):
        top[between] = np.interp(between, found, np.fmin.reduceat(heights, starts))
        bottom[between] = np.interp(between, found, np.fmax.reduceat(heights, starts))
        top, bottom = np.floor(top + 0.5), np.floor(bottom + 0.5)
        upper, lower = top.copy(), bottom.copy()
        falls, rises = top[1:] > bottom[:-1] + 1, bottom[1:] < top[:-1] - 1
    middle = np.floor((bottom[:-1] + top[1:]) / 2)[falls]
    lower[:-1][falls], upper[1:][falls] = middle, middle + 1
    middle = np.floor((top[:-1] + bottom[1:]) / 2)[rises]
    upper[:-1][rises], lower[1:][rises] = middle + 1, middle
    return upper, lower
