"""What each hidden unit answers over the plane of two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tinygrad_edu_words import _

from .fields import fill, middles
from .grid import BOLD, COLOUR, Array, Grid, Look, Style
from .inks import COLD, GREEN, MIDDLE, QUIET, WARM, WARNING, mix

SIZES = ((10, 4), (8, 3), (6, 3))  # of a map in cells, the largest first
LEVELS = 16
_SIGNS, _ASCII_SIGNS = np.array(list("=- ░▒")), np.array(list("=- +#"))  # far below 0 ... far above
_EDGES = (-0.5, -0.05, 0.05, 0.5)


class Units(NamedTuple):
    """The units of a layer, in the order in which they are shown.

    Attributes:
        name: of the layer.
        maps: what each answers, shape (units, rows, columns), the first row at the upper edge.
        weights: how much the next layer makes of each, (units,).
        dead: whether each answers 0 to every example, (units,).
    """

    name: str
    maps: Array
    weights: Array
    dead: Array


def hidden(width: int, height: int, layers: Sequence[Units], *, look: Look = COLOUR) -> Grid:
    """Draw a map for each unit: dark where it answers 0; the bar below is its weight in the next layer.

    Each map has a scale of its own. The maps are as large as there is room for all; of too many, the first are shown.
    """
    grid = Grid(width, height, look)
    x = grid.put(0, 0, _("hidden units"), BOLD) + 2
    signs = "+#" if look.ascii else "░▒"
    grid.put(
        x,
        0,
        _("blue below 0, orange above") if look.blends else _("-= below 0, {signs} above").format(signs=signs),
        QUIET,
    )
    size = next((size for size in SIZES if _rows(layers, width, *size) <= height - 1), SIZES[-1])
    y = 1
    for k, layer in enumerate(layers):
        later = len(layers) - k - 1  # each has a line and a row of maps at least, if there is room
        y = _layer(grid, y, height - later * (size[1] + 2), layer, size)
    return grid


def _rows(layers: Sequence[Units], width: int, wide: int, tall: int) -> int:
    """How many rows the maps take if they have this size."""
    across = max((width + 1) // (wide + 1), 1)
    return sum(1 + -(-len(layer.maps) // across) * (tall + 1) for layer in layers)


def _layer(grid: Grid, y: int, end: int, layer: Units, size: tuple[int, int]) -> int:
    """Draw a layer between two rows, and return the row after it."""
    wide, tall = size
    count, across = len(layer.maps), max((grid.width + 1) // (wide + 1), 1)
    shown = min(count, across * max((end - y - 1) // (tall + 1), 0))
    if not shown or wide > grid.width:
        return y
    some = (
        _("the {shown} strongest of {n} units").format(shown=shown, n=count)
        if shown < count
        else _("{n} units").format(n=count)
    )
    end = grid.put(0, y, _("layer {name}: {some}").format(name=layer.name, some=some), QUIET)
    bar = _("; ━ weight further on")
    grid.put(end, y, bar if end + len(bar) <= grid.width else "", QUIET)
    strongest = max(float(np.max(layer.weights, initial=0.0)), 1e-300)
    for k in range(shown):
        left, top = k % across * (wide + 1), y + 1 + k // across * (tall + 1)
        _map(grid, left, top, np.asarray(layer.maps[k], float), wide, tall)
        length = round(float(np.nan_to_num(layer.weights[k])) / strongest * wide)
        grid.put(left, top + tall, "━" * min(length, wide), Style(GREEN))
        if layer.dead[k]:
            grid.put(left + (wide - 4) // 2, top + (tall - 1) // 2, _("dead"), WARNING)
    return y + 1 + -(-shown // across) * (tall + 1)


def _map(grid: Grid, x: int, y: int, answers: Array, wide: int, tall: int) -> None:
    fine = answers[middles(2 * tall, answers.shape[0])][:, middles(wide, answers.shape[1])]
    finite = np.where(np.isfinite(fine), fine, 0.0)
    level = finite / max(float(np.abs(finite).max()), 1e-300)
    colours = mix(MIDDLE, np.where(level < 0, COLD, WARM), np.rint(np.abs(level) * LEVELS) / LEVELS)
    cells = np.digitize((level[::2] + level[1::2]) / 2, _EDGES)
    unknown = ~np.isfinite(fine[::2] + fine[1::2])
    chars = np.where(unknown, "?", (_ASCII_SIGNS if grid.look.ascii else _SIGNS)[cells])
    fill(grid, x, y, colours, chars)
    grid.chars[y : y + tall, x : x + wide][unknown] = "?"
