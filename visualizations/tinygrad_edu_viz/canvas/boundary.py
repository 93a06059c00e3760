"""Classes over the plane of two inputs, and the examples on it."""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np

from tinygrad_edu_words import N_, _

from ..cells import cell_width
from .axes import figures
from .fields import fill, letter, middles, spread
from .grid import BOLD, COLOUR, Array, Grid, Look, Style
from .inks import COLD, FIELDS, LETTERS, MIDDLE, QUIET, WARM, mix

CHARS = "oxvzswnkmu" + "".join(char for char in string.ascii_lowercase if char not in "oxvzswnkmu")  # of the classes
UNSURE = 16  # levels between two classes
_SURENESS, _ASCII_SURENESS = np.array(list(" ·░▒")), np.array(list(" '.:"))  # of the second of two classes, in quarters
_TEXTURES, _ASCII_TEXTURES = np.array(list(" ░▒▓·-+=:'")), np.array(list(" .:#-+=~'\""))  # of more classes
TITLE, WRONG = N_("boundary"), N_("CAPITALS: wrong")
_TALL = 14  # rows with which there is room for a line about the inputs


def boundary(
    width: int,
    height: int,
    shares: Array,
    points: Array,
    labels: Array,
    right: Array,
    box: tuple[float, float, float, float],
    *,
    names: Sequence[str] = (),
    inputs: Sequence[str] = (),
    look: Look = COLOUR,
) -> Grid:
    """Draw which class is answered where: the surer, the farther from dark; without colours the denser.

    An example is a letter of its class, a capital if it is answered wrongly. Where the answer is no number, "?" stands.

    Args:
        shares: of each class, shape (rows, columns, classes), the first row at the upper edge.
        points, labels, right: examples, (n, 2); their true classes, (n,); whether each is answered rightly, (n,).
        box: left, right, lower and upper edge of the plane.
        names, inputs: of the classes; of the two inputs.
    """
    grid = Grid(width, height, look)
    rows, columns = field_rows(height), width
    if columns < 1 or rows < 1 or not np.size(shares):
        return grid
    _regions(grid, np.asarray(shares, float), rows, columns)
    seen = np.isfinite(points).all(axis=1)
    order = np.argsort(~right[seen], kind="stable")  # mistakes over the others
    points, labels, right = points[seen][order], labels[seen][order].astype(int), right[seen][order]
    x, y = spread(points[:, 0], *box[:2], columns), spread(-points[:, 1], -box[3], -box[2], rows)
    chars = np.array(list(CHARS))[labels % len(CHARS)]
    ink = np.array(LETTERS)[labels % len(LETTERS)]
    letter(grid, x, y + 1, np.where(right, chars, np.char.upper(chars)), ink, ~right)
    _legend(grid, names or [str(k) for k in range(np.shape(shares)[2])])
    if height >= _TALL:
        first, second = (*inputs, "x1", "x2")[:2] if len(inputs) >= 2 else ("x1", "x2")
        edges = [figures(edge) for edge in box]
        across, up = (_("{low} to {high}").format(low=low, high=high) for low, high in (edges[:2], edges[2:]))
        grid.put(0, height - 1, f"→ {first} {across}   ↑ {second} {up}", QUIET)
    return grid


def field_rows(height: int) -> int:
    """How many rows of cells the field has in a picture of some height."""
    return height - 1 - (height >= _TALL)


def _regions(grid: Grid, shares: Array, rows: int, columns: int) -> None:
    fine = shares[middles(2 * rows, shares.shape[0])][:, middles(columns, shares.shape[1])]
    coarse = (fine[::2] + fine[1::2]) / 2
    unknown = np.isnan(coarse).any(axis=2)
    if shares.shape[2] == 2:
        level = np.rint((np.nan_to_num(fine[..., 1], nan=0.5) * 2 - 1) * UNSURE) / UNSURE
        colours = mix(MIDDLE, np.where(level < 0, COLD, WARM), np.abs(level))
        quarters = np.clip(np.floor(np.nan_to_num(coarse[..., 1]) * 4), 0, 3).astype(int)
        chars = (_ASCII_SURENESS if grid.look.ascii else _SURENESS)[quarters]
    else:
        best, least = fine.argmax(axis=2), 1 / shares.shape[2]
        sure = np.rint((np.nan_to_num(fine.max(axis=2), nan=least) - least) / (1 - least or 1) * UNSURE) / UNSURE
        colours = mix(MIDDLE, np.array(FIELDS)[best % len(FIELDS)], 0.25 + 0.75 * np.clip(sure, 0, 1))
        textures = _ASCII_TEXTURES if grid.look.ascii else _TEXTURES
        chars = textures[coarse.argmax(axis=2) % len(textures)]
    fill(grid, 0, 1, colours, np.where(unknown, "?", chars))
    grid.chars[1 : 1 + rows, :columns][unknown] = "?"


def _legend(grid: Grid, names: Sequence[str]) -> None:
    """The title, which letter and which field a class has, and what capitals mean: as much as there is room for."""
    if len(names) == 2:
        textures: Sequence[str] = ("", ":" if grid.look.ascii else "▒")
    else:
        textures = [str(char).strip() for char in (_ASCII_TEXTURES if grid.look.ascii else _TEXTURES)]
    keys = [
        CHARS[k % len(CHARS)] + ("" if grid.look.blends else textures[k % len(textures)]) for k in range(len(names))
    ]
    heading, wrong = _(TITLE), _(WRONG)
    for title, words in ((heading, names), ("", names), (heading, [""] * len(names)), ("", [""] * len(names))):
        texts = [f"{key} {word}".rstrip() for key, word in zip(keys, words, strict=True)]
        if sum(cell_width(text) + 2 for text in [title, *texts] if text) + len(wrong) <= grid.width:
            break
    x = grid.put(0, 0, title, BOLD) + 2 * bool(title)
    for k, (key, text) in enumerate(zip(keys, texts, strict=True)):
        if x + cell_width(text) + 2 + len(wrong) > grid.width:
            break
        field = (COLD, WARM)[k] if len(names) == 2 else FIELDS[k % len(FIELDS)]
        style = Style(LETTERS[k % len(LETTERS)], field) if grid.look.blends else BOLD
        x = grid.put(grid.put(x, 0, key, style), 0, text[len(key) :]) + 2
    grid.put(x, 0, wrong, QUIET)
