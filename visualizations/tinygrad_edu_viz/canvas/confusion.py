"""Which classes are taken for which, and the examples that are taken wrongly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygrad_edu_words import _

from ..cells import cell_width, part
from .fields import fill, middles
from .grid import BOLD, COLOUR, Array, Grid, Look, Style
from .inks import COLD, GREY, MIDDLE, QUIET, WARM, WARNING, WHITE, mix

CORNER = "is\\said"
NONE = "·"
_SHADES, _ASCII_SHADES = np.array(list("·░▒▓█")), np.array(list(".-+*#"))
_IMAGE_SHADES, _ASCII_IMAGE_SHADES = np.array(list(" ░▒▓█")), np.array(list(" .:-=+*#%@"))
WIDEST_IMAGE = 16  # cells; larger ones are shrunk


def confusion(
    width: int, height: int, counts: Array, names: Sequence[str], *, title: str = "", look: Look = COLOUR
) -> Grid:
    """Draw how many examples of a class (a row) were given each answer (a column).

    Where the numbers have no room, shares of the row in per cent stand for them, or else one shade for each.

    Args:
        counts: shape (n, n). names: of the n classes.
    """
    grid = Grid(width, height, look)
    counts = np.asarray(counts)
    n = len(counts)
    beside = min(max([len(CORNER), *map(cell_width, names)]), max(width // 4, 1))
    room = (width - beside) / max(n, 1)
    digits = len(str(int(counts.max()))) if counts.size else 1
    kind = "counts" if room >= digits + 1 else "percent" if room >= 3 else "shades"
    cell = int(min(room, max(digits, *map(cell_width, names), 3) + 1, 12)) if kind != "shades" else 1
    gap = int(kind == "shades")
    columns, rows = min(n, max((width - beside - gap) // max(cell, 1), 0)), min(n, max(height - 2, 0))
    about = {"counts": "", "percent": _("% of the row"), "shades": _("the darker, the fewer")}[kind]
    cut = _("the first {rows} of {n} classes").format(rows=min(rows, columns), n=n) if min(rows, columns) < n else ""
    notes = ", ".join(filter(None, (about, cut)))
    grid.put(0, 0, f"{title} ({notes})" if notes else title, BOLD)
    grid.put(0, 1, CORNER[:beside].rjust(beside), QUIET)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for k in range(rows):
        grid.put(0, 2 + k, _fitted(names[k], beside), QUIET)
    if kind == "shades":
        shades = _ASCII_SHADES if look.ascii else _SHADES
        level = np.ceil(shares[:rows, :columns] * (len(shades) - 1)).astype(int)
        grid.chars[2 : 2 + rows, beside + gap : beside + gap + columns] = shades[level]
        return grid
    for k in range(columns):
        grid.put(beside + k * cell, 1, _fitted(names[k], cell - 1, " "), QUIET)
    texts = np.rint(100 * shares).astype(int) if kind == "percent" else counts
    papers = mix(MIDDLE, np.where(np.eye(n, dtype=bool), COLD, WARM), np.sqrt(shares))
    for row in range(rows):
        for column in range(columns):
            style = Style(WHITE, int(papers[row, column]), row == column) if counts[row, column] else Style(GREY)
            text = str(texts[row, column]) if counts[row, column] else NONE
            grid.put(beside + column * cell, 2 + row, text.rjust(cell), style)
    return grid


def mistakes(
    width: int, height: int, images: Array, captions: Sequence[str], *, title: str = "", look: Look = COLOUR
) -> Grid:
    """Draw grey images with a line below each, as many as there is room for.

    Args:
        images: shape (n, rows, columns); the lowest number of each is dark, its highest bright.
    """
    grid = Grid(width, height, look)
    grid.put(0, 0, title, BOLD)
    images = np.asarray(images, float)
    if images.ndim != 3 or not images.size:
        return grid
    side = min(images.shape[2], WIDEST_IMAGE)
    rows = -(-min(images.shape[1], WIDEST_IMAGE) // 2)
    wide, tall = max(side, max(map(cell_width, captions), default=0)) + 1, rows + 1
    across, down = (width + 1) // wide, (height - 1) // tall
    for k in range(min(len(images), across * max(down, 0))):
        x, y = k % across * wide, 1 + k // across * tall
        _image(grid, x, y, rows, side, _bright(images[k]))
        grid.put(x, y + rows, captions[k], WARNING)
    return grid


def _bright(image: Array) -> Array:
    """The numbers of an image, from 0 for its lowest to 1 for its highest."""
    finite = image[np.isfinite(image)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    return np.clip(np.nan_to_num((image - low) / (high - low or 1.0)), 0, 1)


def _image(grid: Grid, x: int, y: int, rows: int, columns: int, bright: Array) -> None:
    pixels = _shrunk(bright, 2 * rows, columns)
    grey = np.rint(pixels * 15).astype(int) * 0x111111
    shades = _ASCII_IMAGE_SHADES if grid.look.ascii else _IMAGE_SHADES
    cells = (pixels[::2] + pixels[1::2]) / 2
    fill(grid, x, y, grey, shades[np.minimum(cells * len(shades), len(shades) - 1).astype(int)])


def _shrunk(image: Array, rows: int, columns: int) -> Array:
    """An image of other size: means of the pixels that come together, or the nearest pixel where it grows."""
    for axis, size in ((0, rows), (1, columns)):
        given = image.shape[axis]
        if size < given:
            starts = (np.arange(size) * given / size).astype(int)
            widths = np.diff([*starts, given])
            sums = np.add.reduceat(image, starts, axis=axis)
            image = sums / (widths[:, None] if axis == 0 else widths)
        elif size > given:
            image = image.take(middles(size, given), axis=axis)
    return image


def _fitted(name: str, cells: int, before: str = "") -> str:
    return before + (part(name, 0, cells) if cell_width(name) > cells else " " * (cells - cell_width(name)) + name)
