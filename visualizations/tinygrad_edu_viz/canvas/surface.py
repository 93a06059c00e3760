"""A loss over a plane of weights, in bands, and the trails of optimizers on it."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinygrad_edu_words import _

from ..cells import cell_width
from ..landscapes.bands import COUNT, Bands
from .axes import figures
from .fields import fill, letter, middles, spread
from .grid import BOLD, COLOUR, Array, Grid, Look, Style
from .inks import BANDS, BLACK, QUIET, TRAILS, WHITE, mix

SHADES = np.array(list(" .:-=+*#░▒▓█"))  # as dark as they are high
ASCII_SHADES = np.array(list(" .,:;-=+*%#@"))
_LARGEST = 1e300
_SHADOW = 0.68  # of black behind a trail, so that it is seen on every band
_LEGEND = 12  # columns
START = "S"


@dataclass(frozen=True)
class Trail:
    """The way of an optimizer.

    Attributes:
        name: what is said of it below the picture.
        points: its places on the plane in order, shape (n, 2).
    """

    name: str
    points: Array


def bands_of(losses: Array, edges: Array) -> Array:
    """In which band losses are, from 0 to 11; infinity is in the highest, and what is not a number in none: -1."""
    found = np.clip(np.searchsorted(edges, losses, side="right") - 1, 0, COUNT - 1)
    return np.where(np.isnan(losses), -1, found)


def surface(
    width: int,
    height: int,
    losses: Array,
    box: tuple[float, float, float, float],
    trails: Sequence[Trail] = (),
    *,
    start: tuple[float, float] | None = None,
    title: str = "",
    edges: Array | None = None,
    look: Look = COLOUR,
) -> Grid:
    """Draw losses in 12 bands, with the trails: S where they start, A, B, ... where they end.

    Their way is a line of dots, without colour of small letters a, b, ...

    Args:
        width, height: of the grid; the title and the names of the trails take rows, and the numbers of the bands the
            last columns, where there is room.
        losses: shape (rows, columns), the first row at the upper edge; they are drawn as finely as the cells allow.
        box: left, right, lower and upper edge of the plane.
        start: where all trails begin; by default where the first does.
        edges: of the bands, 13 losses in ascending order; by default those of `Bands.of(losses)`.
    """
    grid = Grid(width, height, look)
    names = names_below(grid, [trail.name for trail in trails], start is not None or bool(trails))
    legend = _LEGEND if width >= 4 * _LEGEND else 0
    columns, rows, top = width - legend, height - bool(title) - len(names), int(bool(title))
    grid.put(0, 0, title, BOLD)
    if columns < 1 or rows < 1 or not np.size(losses):
        return grid
    losses = np.asarray(losses, float)
    edges = Bands.of(losses).edges if edges is None else edges
    _fill(grid, top, losses, edges, rows, columns)
    for k, trail in enumerate(trails):
        _line(grid, top, np.asarray(trail.points, float), box, (rows, columns), k)
    for k, trail in enumerate(trails):
        if len(trail.points):
            _spot(grid, top, trail.points[-1], box, (rows, columns), capital(k), _ink(k))
    first = start if start is not None else next((trail.points[0] for trail in trails if len(trail.points)), None)
    if first is not None:
        _spot(grid, top, first, box, (rows, columns), START, WHITE)
    if legend:
        _bands(grid, columns + 2, top, edges, rows)
    for k, line in enumerate(names):
        x = 0
        for text, ink in line:
            x = grid.put(x, height - len(names) + k, text, Style(ink, bold=True)) + 2
    return grid


def _fill(grid: Grid, top: int, losses: Array, edges: Array, rows: int, columns: int) -> None:
    fine = losses[middles(2 * rows, losses.shape[0])][:, middles(columns, losses.shape[1])]
    bands = bands_of(fine, edges)
    colours = np.where(bands < 0, BLACK, np.array(BANDS)[bands])
    coarse = bands_of(losses[middles(rows, losses.shape[0])][:, middles(columns, losses.shape[1])], edges)
    shades = ASCII_SHADES if grid.look.ascii else SHADES
    fill(grid, 0, top, colours, np.where(coarse < 0, "?", shades[coarse]))


def _cells(points: Array, box: tuple[float, float, float, float], shape: tuple[int, int]) -> tuple[Array, Array]:
    """Columns and rows of points, counted from the upper left."""
    left, right, low, high = box
    return spread(points[:, 0], left, right, shape[1]), spread(-points[:, 1], -high, -low, shape[0])


def _line(
    grid: Grid, top: int, points: Array, box: tuple[float, float, float, float], shape: tuple[int, int], k: int
) -> None:
    points = points[np.isfinite(points).all(axis=1)] if len(points) else points.reshape(0, 2)
    if not len(points):
        return
    x, y = _cells(points, box, shape)
    steps = np.maximum(np.maximum(np.abs(np.diff(x)), np.abs(np.diff(y))), 1)
    ends = np.concatenate([[0], np.cumsum(steps)])
    along = np.arange(ends[-1] + 1)
    columns, rows = (np.rint(np.interp(along, ends, part)).astype(int) for part in (x, y))
    char = "·" if grid.look.blends else capital(k).lower()
    paper = mix(grid.paper[rows + top, columns], BLACK, np.full(len(rows), _SHADOW))
    letter(grid, columns, rows + top, np.array(char), _ink(k), True, paper if grid.look.blends else None)


def _spot(
    grid: Grid,
    top: int,
    point: Array | tuple[float, float],
    box: tuple[float, float, float, float],
    shape: tuple[int, int],
    char: str,
    ink: int,
) -> None:
    at = np.asarray(point, float).reshape(1, 2)
    if np.isfinite(at).all():
        x, y = _cells(at, box, shape)
        letter(grid, x, y + top, np.array(char), ink, True, BLACK)


def _bands(grid: Grid, x: int, top: int, edges: Array, rows: int) -> None:
    """The numbers of the bands, the highest above; of few rows, some of them."""
    shades = ASCII_SHADES if grid.look.ascii else SHADES
    shown = np.unique(np.linspace(0, COUNT - 1, min(rows, COUNT)).astype(int))[::-1]
    for row, band in enumerate(shown):
        if grid.look.blends:
            grid.put(x, top + row, "█", Style(BANDS[band]))
        else:
            grid.put(x, top + row, str(shades[band]))
        grid.put(x + 2, top + row, f"≥ {figures(edges[band], 6)}", QUIET)


def names_below(grid: Grid, names: Sequence[str], has_start: bool) -> list[list[tuple[str, int]]]:
    """What the letters mean, in lines that fit; at most a third of the rows."""
    entries = [(f"{START} {_('start')}", WHITE)] if has_start else []
    entries += [(f"{capital(k)} {name}", _ink(k)) for k, name in enumerate(names)]
    lines: list[list[tuple[str, int]]] = []
    room = 0
    for text, ink in entries:
        if cell_width(text) > room:
            lines.append([])
            room = grid.width
        lines[-1].append((text, ink))
        room -= cell_width(text) + 2
    return lines[: grid.height // 3]


def capital(k: int) -> str:
    """The letter of a trail: all but S, which is the start."""
    letters = [char for char in string.ascii_uppercase if char != START]
    return letters[k % len(letters)]


def _ink(k: int) -> int:
    return TRAILS[k % len(TRAILS)]
