"""Curves over epochs, with the band of the batches and marks on the axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..cells import cell_width
from .axes import LABEL, Scale, compact, widened
from .dots import Layer, area, paint, stroke
from .grid import BOLD, COLOUR, Array, Grid, Look, Style
from .inks import CHANGED, FAINT, GREY, QUIET, WARNING

LEFT = LABEL + 1  # columns before the plot: a number, and the axis
FIRST_AXIS = 20  # epochs
NOT_A_NUMBER, POINT = "×", "●"
_KINDS = {  # of lines: which dots are set, the sample in the legend, the letter in ASCII
    "solid": (1, "⠒⠒⠒", "*"),
    "dotted": (2, "⠂⠂⠂", "o"),
    "pale": (3, "⠂⠐ ", ","),
}
_BAND = ("⢕⢕⢕", ":")


@dataclass(frozen=True)
class Curve:
    """A number for each epoch.

    Attributes:
        values: shape (n,); what is not finite leaves a gap, and a mark on the axis.
        ink: its colour.
        kind: "solid", "dotted", or "pale", for what does not count any more.
        start: the epoch of the first value.
    """

    name: str
    values: Any
    ink: int
    kind: str = "solid"
    start: int = 1


class Mark(NamedTuple):
    """A character on the axis of epochs."""

    epoch: int
    char: str
    style: Style


def axis_end(seen: int, epochs: int) -> int:
    """The last epoch on the axis: doubled when the axis is full, so that a curve does not move with every epoch."""
    end = FIRST_AXIS
    while end < seen:
        end *= 2
    return max(min(end, max(epochs, seen)), 1)


def chart(
    width: int,
    height: int,
    curves: Sequence[Curve],
    *,
    title: str = "",
    band: Any = (),
    log: bool = False,
    limits: tuple[float, float] | None = None,
    marks: Sequence[Mark] = (),
    end: int | None = None,
    percent: bool = False,
    point: tuple[int, float] | None = None,
    look: Look = COLOUR,
) -> Grid:
    """Draw curves, without smoothing: a column shows the lowest to the highest value of its epochs.

    Args:
        width, height: of the grid, of which a title, an axis and numbers take 2 rows and some columns. What has less
            room than 3 rows of 8 columns is left out.
        band: lowest and highest loss of each epoch's batches, shape (n, 2). It widens the scale by at most a half on
            each side, and is cut off there.
        log: a logarithmic scale, on which numbers that are not above 0 lie at the low end.
        limits: the ends of the scale; None makes room for the curves.
        marks: on the axis; of those in one column the first is seen. A value that is not finite has a mark before all.
        end: the last epoch on the axis; None is the last that a curve has.
        percent: the numbers are shares.
        point: an epoch and a value, where a point stands on the curves.
    """
    grid = Grid(width, height, look)
    curves = [curve for curve in curves if len(curve.values)]
    last = max([curve.start + len(curve.values) - 1 for curve in curves] + [2, end or 0])
    columns, rows = width - LEFT - len(str(last)), height - 2
    if columns < 8 or rows < 1:
        return grid
    values = [np.asarray(curve.values, float) for curve in curves]
    edges = np.asarray(band, float).reshape(-1, 2)
    scale = Scale(*limits, log) if limits else widened(np.concatenate([*values, []]), edges, log)
    shape = 4 * rows, 2 * columns

    def heights(numbers: Array) -> Array:
        return (1 - scale.place(numbers)) * (shape[0] - 1)

    def places(epochs: Array) -> Array:
        return np.floor((epochs - 1) / (last - 1) * (shape[1] - 1) + 0.5).astype(int)

    at = places(np.arange(1, len(edges) + 1))
    layers = [Layer(area(heights(edges[:, 1]), heights(edges[:, 0]), at, shape), FAINT, _BAND[1], behind=True)]
    bad = []
    for curve, numbers in zip(curves, values, strict=True):
        every, _, letter = _KINDS[curve.kind]
        at = places(np.arange(len(numbers)) + curve.start)
        mask = stroke(heights(numbers), at, shape, every)
        layers.append(Layer(mask, curve.ink, letter, behind=curve.kind == "pale"))
        bad.append(at[~np.isfinite(numbers)] // 2)
    paint(grid, LEFT, 1, layers)
    _axes(grid, scale, rows, columns, last, percent)
    if point is not None and np.isfinite(point[1]):
        column, row = places(np.array(point[0])), heights(np.array(point[1]))
        grid.put(LEFT + int(column) // 2, 1 + int(row + 0.5) // 4, POINT, CHANGED)
    marked = places(np.clip([mark.epoch for mark in marks], 1, last)) // 2
    for column, first in zip(*np.unique(marked, return_index=True), strict=True):
        grid.put(LEFT + int(column), height - 1, marks[first].char, marks[first].style)
    for column in np.unique(np.concatenate(bad)) if bad else ():
        grid.put(LEFT + int(column), height - 1, NOT_A_NUMBER, WARNING)
    _legend(grid, title, curves, bool(np.isfinite(edges).any()))
    return grid


def _axes(grid: Grid, scale: Scale, rows: int, columns: int, last: int, percent: bool) -> None:
    grid.block(LEFT - 1, 1, 1, rows, "│", QUIET)
    ticks = scale.ticks(max((rows + 1) // 2, min(rows, 2)))
    for value, place in zip(ticks, scale.place(np.array(ticks)), strict=True):
        text = f"{100 * value:.4g}%"[:LABEL] if percent else compact(value)
        grid.put(0, 1 + int((1 - place) * (4 * rows - 1) + 0.5) // 4, text.rjust(LABEL), QUIET)
    bottom = grid.height - 1
    grid.put(LEFT - 1, bottom, f"└1{'─' * (columns - 1)}{last}", QUIET)


def _legend(grid: Grid, title: str, curves: Sequence[Curve], band: bool) -> None:
    """The title, and as many samples of lines as there is room for."""
    x = grid.put(0, 0, title, BOLD) + 2
    entries = {curve.name: (_KINDS[curve.kind][1:], curve.ink) for curve in curves if curve.kind != "pale"}
    if band:
        entries["batches"] = _BAND, GREY
    entries |= {curve.name: (_KINDS[curve.kind][1:], curve.ink) for curve in curves if curve.kind == "pale"}
    for name, ((sample, letter), ink) in entries.items():
        text = f"{letter * 3 if grid.look.ascii else sample} {name}"
        if x + cell_width(text) > grid.width:
            break
        x = grid.put(x, 0, text, Style(ink)) + 2
