"""A run as a moving picture: what the model answers after each of some epochs, beside the curve with a moving line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_words import _

from ..pictures.gif import shared_palette
from ..training.answers import Picture
from ..training.shown import Shown
from ..training.snapshots import MOST_SNAPSHOTS
from . import figure, learning
from .figure import Format, Look
from .training import IN_A_ROW, draw_among, draw_below, draw_picture, look_of, styled, words_of

PIXELS = (880, 440)  # of one run; two or more side by side are as wide, and lower
LETTERS = 12.0
FRAME, END = 120, 2000  # milliseconds of a picture, and of the last one
RESOLUTION = 100


def save_animation(
    path: str | PathLike[str],
    runs: Sequence[Shown],
    title: str = "",
    theme: str = "light",
    size: str | None = None,
    most: int = MOST_SNAPSHOTS,
) -> int:
    """Write a GIF of a run, or of several side by side.

    Args:
        size: "slide", "paper" or pixels such as "880x440"; None for `PIXELS`, which is small enough for a mail.
        most: pictures.
    Returns:
        how many pictures it has.
    Raises:
        MissingMatplotlib: the extra `plots` is not installed.
        ArgumentError: another theme or size, or no run of whose weights something was kept.
        OSError: the file cannot be written.
    """
    form = _format(size)
    look = look_of(theme)
    runs = [run for run in runs if run.picture is not None and run.snapshots and run.progress.train_loss][:IN_A_ROW]
    if not runs:
        raise ArgumentError("a moving picture needs a run of one epoch or more, with its weights on the way")
    with styled(look, form, words_of(runs, title)):
        from PIL.Image import Dither

        pictures = list(_pictures(runs, form, look, title, most))
        classes = max(len(getattr(run.picture, "names", ())) for run in runs)
        exact = [*look.classes[:classes], look.notice, look.train, look.validation, look.ink, look.paper]
        palette = shared_palette(pictures, exact)
        first, *rest = (picture.quantize(palette=palette, dither=Dither.NONE) for picture in pictures)
        times = [FRAME] * (len(pictures) - 1) + [END]
        first.save(path, format="GIF", save_all=True, append_images=rest, duration=times, loop=0, optimize=True)
    return len(pictures)


def _format(size: str | None) -> Format:
    """Dots of a screen: a GIF has no inches."""
    if size is None:
        return Format((PIXELS[0] / 100, PIXELS[1] / 100), 100, LETTERS)
    form = figure.format_of(size)
    return form._replace(dpi=figure.PIXELS_PER_INCH) if form.dpi > figure.PIXELS_PER_INCH else form


def _pictures(runs: list[Shown], form: Format, look: Look, title: str, most: int) -> Iterator[Any]:
    """The curves are drawn once; in each picture what the model answers is new, and the line that moves."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    made = Figure(figsize=form.inches, dpi=form.dpi, layout="constrained")
    made.suptitle(title or runs[0].progress.title, fontsize=form.letters + 1)
    canvas = FigureCanvasAgg(made)
    grid = made.add_gridspec(*((1, 2) if len(runs) == 1 else (2, len(runs))))
    panels = [_Panel(made, grid, k, runs, form, look) for k in range(len(runs))]
    kept = [run.epochs(most) for run in runs]
    longest = max(map(len, kept))
    chosen = [[epochs[round(k * (len(epochs) - 1) / max(longest - 1, 1))] for k in range(longest)] for epochs in kept]
    for panel in panels:
        panel.show(len(panel.run.progress.train_loss), panel.picture)
    canvas.draw()
    made.set_layout_engine("none")  # or the axes would jump
    for moving in (artist for panel in panels for artist in (panel.now, panel.answers)):
        moving.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(made.bbox)
    pictures = [panel.over_time(epochs) for panel, epochs in zip(panels, chosen, strict=True)]
    for epochs in zip(*chosen, strict=True):
        canvas.restore_region(still)
        for panel, epoch, picture in zip(panels, epochs, pictures, strict=True):
            panel.show(epoch, next(picture))
            made.draw_artist(panel.answers)
            panel.curve.draw_artist(panel.now)
        yield Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


class _Panel:
    """A run's curve and what its model answers: side by side where there is one run, else one below the other."""

    def __init__(self, made: Any, grid: Any, number: int, runs: list[Shown], form: Format, look: Look):
        self.run, self.look, self.alone, self.is_first = runs[number], look, len(runs) == 1, number == 0
        self.letters = form.letters if self.alone else max(form.letters - 2, figure.LEAST_LETTERS + 1)
        self.curve = made.add_subplot(grid[0, number])
        if self.alone:
            learning.draw_progress(self.curve, self.run.progress, look, letters=self.letters)
            made.legend(*self.curve.get_legend_handles_labels(), loc="outside lower left", ncols=5, frameon=False)
            figure.labelled(self.curve, "", _("epoch"), _("loss"), self.letters)
            self.curve.grid(axis="y")
        else:
            draw_among(self.curve, self.run, runs, look, self.letters, self.is_first)
        self.answers = made.add_subplot(grid[0, 1] if self.alone else grid[1, number])
        self.now = self.curve.axvline(0, color=look.ink, linewidth=2, zorder=6)

    @property
    def picture(self) -> Picture:
        assert self.run.picture is not None
        return self.run.picture

    def over_time(self, epochs: list[int]) -> Iterator[Picture]:
        assert self.run.snapshots is not None
        return self.picture.over_time(self.run.snapshots, epochs)

    def show(self, epoch: int, picture: Picture) -> None:
        """What the model answers after an epoch."""
        self.now.set_xdata([epoch, epoch])
        self.answers.clear()
        if self.alone:
            draw_picture(self.answers, picture, self.look, self.letters, brief=True, resolution=RESOLUTION)
        else:
            draw_below(self.answers, picture, self.look, self.letters, self.is_first, RESOLUTION)
        losses = self.run.progress.losses
        loss = _(", loss {loss}").format(loss=f"{losses[epoch - 1]:.3g}") if 0 < epoch <= len(losses) else ""
        about = _("epoch {n}").format(n=epoch) + loss if epoch else _("before the first update")
        self.answers.set_title(f"{about}\n{self.answers.get_title()}", fontsize=self.letters)
