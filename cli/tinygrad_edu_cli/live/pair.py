"""Two recorded runs in lock step, on one screen: their losses on the same axes, at the same epoch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from tinygrad_edu_viz.canvas.axes import figures
from tinygrad_edu_viz.canvas.chart import Curve, axis_end, chart
from tinygrad_edu_viz.canvas.grid import COLOUR, Grid, Look, Style
from tinygrad_edu_viz.canvas.inks import BLUE, FAINT, ORANGE, PINK
from tinygrad_edu_viz.training.progress import Progress
from tinygrad_edu_words import N_, _

from ..terminal_width import wrap
from .live import Live
from .screen import PICTURE_HEIGHT, PICTURE_WIDTH, TALL, cut, key_bar, number_rows, title_bar

MEASURES = {  # of two runs: what is drawn, under which title; the first that both have, beside the training losses
    "validation_loss": N_("validation loss"),
    "train_loss": N_("train loss"),
    "validation_accuracy": N_("right, validation"),
    "train_accuracy": N_("right, train"),
    "validation_r2": N_("R², validation"),
}
SHARES = ("validation_accuracy", "train_accuracy")


def compose_pair(
    lives: Sequence[Live], names: Sequence[str], parting: str, width: int, height: int, look: Look = COLOUR
) -> Grid:
    """Draw two runs.

    Args:
        lives: both at the same moment; the first one's keys and message are shown.
        names: of their folders.
        parting: where their records part, in a sentence.
    """
    grid = Grid(width, height, look)
    title_bar(grid, lives[0], _title(*(live.progress.title for live in lives)))
    y = _numbers(grid, lives, names, 1)
    bottom = height - (height > 2)
    if width >= PICTURE_WIDTH and height >= PICTURE_HEIGHT:
        said = _said(lives, parting, width - 2)
        grid.put(0, bottom - len(said) - 1, "─" * width, Style(FAINT))
        for k, line in enumerate(said):
            grid.put(1, bottom - len(said) + k, line, Style(PINK))
        bottom -= len(said) + 1
        y += 1
    _charts(grid, lives, names, y, bottom)
    if height > 2:
        key_bar(grid, lives[0])
    return grid


def _title(one: str, other: str) -> str:
    """The settings of both, those once that are the same.

    >>> _title("moons · 2-16-1 relu · adam", "moons · 2-8-1 relu · adam")
    'moons · 2-16-1 relu / 2-8-1 relu · adam'
    """
    parts = list(zip_longest(one.split(" · "), other.split(" · "), fillvalue="-"))
    return " · ".join(a if a == b else f"{a} / {b}" for a, b in parts)


def _numbers(grid: Grid, lives: Sequence[Live], names: Sequence[str], y: int) -> int:
    """A row for each: its name, in the ink of its curve, and its numbers."""
    for name, live, ink in zip(names, lives, (BLUE, ORANGE), strict=True):
        x = grid.put(1, y, cut(name, max(grid.width // 4, 1), grid.look), Style(ink, bold=True)) + 2
        row = Grid(max(grid.width - x, 0), 1, grid.look)
        number_rows(row, live.progress, 0)
        grid.paste(row, x, y)
        y += 1
    return y


def _said(lives: Sequence[Live], parting: str, width: int) -> list[str]:
    """How far apart they are at this epoch, and where they part."""
    losses = [live.progress.losses for live in lives]
    epochs = min(map(len, losses))
    lines = []
    if epochs:
        one, other = (each[epochs - 1] for each in losses)
        apart = _("the same") if one == other else f"{other - one:+.3g}"
        lines.append(
            _("epoch {n}: loss {one} / {other}, {apart}").format(
                n=epochs, one=figures(one), other=figures(other), apart=apart
            )
        )
    return [part for line in [*lines, parting] for part in wrap(line, width, indent=2)]


def _charts(grid: Grid, lives: Sequence[Live], names: Sequence[str], top: int, bottom: int) -> None:
    """The measures that both have: two beside each other, and where there is room two below."""
    pair = [live.progress for live in lives]
    found = [name for name in MEASURES if any(getattr(progress, name) for progress in pair)]
    columns = 2 if grid.width >= PICTURE_WIDTH and len(found) > 1 else 1
    rows = 2 if grid.height >= TALL and len(found) > columns else 1
    width, height = grid.width // columns, (bottom - top) // rows
    for k, name in enumerate(found[: columns * rows]):
        drawn = _chart(pair, names, name, lives[0].log, width - 2, height, grid.look)
        grid.paste(drawn, 1 + k % columns * width, top + k // columns * height)


def _chart(
    pair: Sequence[Progress], names: Sequence[str], measure: str, log: bool, width: int, height: int, look: Look
) -> Grid:
    inks, kinds = (BLUE, ORANGE), ("solid", "dotted")
    curves = [
        Curve(name, getattr(progress, measure), ink, kind)
        for progress, name, ink, kind in zip(pair, names, inks, kinds, strict=True)
    ]
    log = log and measure.endswith("loss")
    end = max(axis_end(len(progress.train_loss), progress.epochs) for progress in pair)
    title = _(MEASURES[measure]) + " (log)" * log
    return chart(width, height, curves, title=title, log=log, end=end, percent=measure in SHARES, look=look)
