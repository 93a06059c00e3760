"""A loss along a line, and the steps that optimizers made on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .axes import LABEL, Scale, compact, covering
from .dots import Layer, paint, stroke
from .fields import spread
from .grid import BOLD, COLOUR, Array, Grid, Look, Style
from .inks import BLUE, QUIET, TRAILS, WHITE
from .surface import START, capital, names_below

LEFT = LABEL + 1  # columns before the plot


@dataclass(frozen=True)
class Descent:
    """The way of an optimizer.

    Attributes:
        name: what is said of it below the picture.
        x, losses: of its points in order, shape (n,).
    """

    name: str
    x: Array
    losses: Array


def slope(
    width: int,
    height: int,
    x: Array,
    losses: Array,
    descents: Sequence[Descent] = (),
    *,
    title: str = "",
    axis: str = "",
    log: bool = False,
    look: Look = COLOUR,
) -> Grid:
    """Draw a curve, S where the optimizers start, A, B, ... where they end, and a, b, ... at each step between.

    Args:
        width, height: of the grid; a title, the axis, its numbers and the names take rows and columns.
        x, losses: the curve, shape (n,), x ascending.
        axis: what lies along it.
        log: a logarithmic scale.
    """
    grid = Grid(width, height, look)
    grid.put(0, 0, title, BOLD)
    names = names_below(grid, [descent.name for descent in descents], bool(descents))
    top, columns, rows = int(bool(title)), width - LEFT, height - bool(title) - 2 - len(names)
    if columns < 8 or rows < 2 or not len(x):
        return grid
    scale = covering(np.concatenate([losses, *(descent.losses for descent in descents)]), log)
    shape = 4 * rows, 2 * columns
    left, right = float(x[0]), float(x[-1])
    heights = (1 - scale.place(losses)) * (shape[0] - 1)
    mask = stroke(heights, spread(x, left, right, shape[1]), shape)
    paint(grid, LEFT, top, [Layer(mask, BLUE, "*")])
    for k, descent in enumerate(descents):
        style = Style(TRAILS[k % len(TRAILS)], bold=True)
        for place, loss in zip(descent.x[1:-1], descent.losses[1:-1], strict=True):
            _put(grid, top, (place, loss), capital(k).lower(), style, scale, (left, right), (rows, columns))
    for k, descent in enumerate(descents):
        style = Style(TRAILS[k % len(TRAILS)], bold=True)
        end = (descent.x[-1], descent.losses[-1])
        _put(grid, top, end, capital(k), style, scale, (left, right), (rows, columns))
    if descents:
        first = (descents[0].x[0], descents[0].losses[0])
        _put(grid, top, first, START, Style(WHITE, bold=True), scale, (left, right), (rows, columns))
    _axes(grid, top, rows, columns, scale, Scale(left, right) if right > left else None, axis)
    for k, line in enumerate(names):
        at = 0
        for text, ink in line:
            at = grid.put(at, height - len(names) + k, text, Style(ink, bold=True)) + 2
    return grid


def _put(
    grid: Grid,
    top: int,
    point: tuple[float, float],
    char: str,
    style: Style,
    scale: Scale,
    sides: tuple[float, float],
    shape: tuple[int, int],
) -> None:
    up = scale.place(np.array([point[1]]))
    if np.isfinite(up).all() and np.isfinite(point[0]):
        column = int(spread(np.array([point[0]]), *sides, shape[1])[0])
        grid.put(LEFT + column, top + int((1 - up[0]) * (4 * shape[0] - 1) + 0.5) // 4, char, style)


def _axes(grid: Grid, top: int, rows: int, columns: int, scale: Scale, below: Scale | None, axis: str) -> None:
    for row in range(rows):
        grid.put(LEFT - 1, top + row, "│", QUIET)
    ticks = scale.ticks(max((rows + 1) // 2, 2))
    for value, place in zip(ticks, scale.place(np.array(ticks)), strict=True):
        grid.put(0, top + int((1 - place) * (4 * rows - 1) + 0.5) // 4, compact(value).rjust(LABEL), QUIET)
    grid.put(LEFT - 1, top + rows, f"└{'─' * columns}", QUIET)
    if below is None:
        return
    taken, ticks = 0, below.ticks(max(columns // 12, 2))
    for value, place in zip(ticks, below.place(np.array(ticks)), strict=True):
        text = compact(value)
        at = max(LEFT + int(place * (columns - 1)) - len(text) // 2, taken)
        if at + len(text) <= grid.width - len(axis) - 1:
            grid.put(at, top + rows + 1, text, QUIET)
            taken = at + len(text) + 1
    grid.put(grid.width - len(axis), top + rows + 1, axis, BOLD)
