"""Points on two axes, and a curve through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..cells import cell_width
from .axes import LABEL, Scale, compact, widened
from .dots import Layer, paint, stroke
from .grid import BOLD, COLOUR, Array, Grid, Look, Style
from .inks import BLUE, GREY, ORANGE, QUIET

LEFT = LABEL + 1


class Spot(NamedTuple):
    """A character at a point."""

    x: float
    y: float
    char: str
    style: Style


def scatter(
    width: int,
    height: int,
    x: Array,
    y: Array,
    *,
    curve: tuple[Array, Array] | None = None,
    diagonal: bool = False,
    spots: Sequence[Spot] = (),
    title: str = "",
    name: str = "",
    look: Look = COLOUR,
) -> Grid:
    """Draw points, shape (n,) each, as dots; what is not finite is left out, and what is far away lies on the edge.

    Args:
        curve: ascending places, shape (m,), and numbers there. It widens the axis by at most a half at each end.
        diagonal: both axes are the same, and the line is drawn on which both numbers are equal.
        spots: characters over all.
        name: of the axis from left to right.
    """
    grid = Grid(width, height, look)
    grid.put(0, 0, title, BOLD)
    columns, rows = width - LEFT, height - 2
    if columns < 2 or rows < 1:
        return grid
    x, y = np.asarray(x, float), np.asarray(y, float)
    places, numbers = (np.asarray(part, float) for part in curve or (np.zeros(0), np.zeros(0)))
    if diagonal:
        across = up = widened(x, y)
    else:
        across = widened(x if len(x) else places, places)
        up = widened(y if len(y) else numbers, numbers)
    shape = 4 * rows, 2 * columns

    def place(a: Array, b: Array) -> tuple[Array, Array]:
        """Rows of dots, not rounded, and their columns, of those points that are finite."""
        seen = np.isfinite(a) & np.isfinite(b)
        at = np.floor(across.place(a[seen]) * (shape[1] - 1) + 0.5).astype(int)
        return (1 - up.place(b[seen])) * (shape[0] - 1), at

    dots = np.zeros(shape, bool)
    heights, at = place(x, y)
    dots[np.floor(heights + 0.5).astype(int), at] = True
    layers = [Layer(dots, BLUE, "o")]
    if diagonal:
        equal = np.linspace(across.low, across.high, shape[1])
        layers.append(Layer(stroke(*place(equal, equal), shape, 3), GREY, ",", behind=True))
    if curve:
        layers.append(Layer(stroke(*place(places, numbers), shape), ORANGE, "*"))
    paint(grid, LEFT, 1, layers)
    _axes(grid, across, up, rows, columns, name)
    for spot in spots:
        if np.isfinite([spot.x, spot.y]).all():
            heights, at = place(np.array([spot.x]), np.array([spot.y]))
            grid.put(LEFT + int(at[0]) // 2, 1 + int(heights[0] + 0.5) // 4, spot.char, spot.style)
    return grid


def _axes(grid: Grid, across: Scale, up: Scale, rows: int, columns: int, name: str) -> None:
    grid.block(LEFT - 1, 1, 1, rows, "│", QUIET)
    ticks = up.ticks(max((rows + 1) // 2, min(rows, 2)))
    for value, place in zip(ticks, up.place(np.array(ticks)), strict=True):
        grid.put(0, 1 + int((1 - place) * (4 * rows - 1) + 0.5) // 4, compact(value).rjust(LABEL), QUIET)
    bottom = grid.height - 1
    grid.put(LEFT - 1, bottom, "└" + "─" * columns, QUIET)
    ends = compact(across.low), compact(across.high)
    grid.put(LEFT, bottom, ends[0], QUIET)
    if columns >= len(ends[0]) + len(ends[1]) + 2:
        grid.put(grid.width - len(ends[1]), bottom, ends[1], QUIET)
    if name and columns >= len(ends[0]) + len(ends[1]) + cell_width(name) + 4:
        grid.put(LEFT + (columns - cell_width(name) - 2) // 2, bottom, f" {name} ", QUIET)
