"""How long something takes on two devices, over sizes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

from tinygrad_edu_words import _

from . import figure
from .learning import plain_ticks
from .training import look_of, styled

STYLES = (("-", "o", "train"), ("--", "s", "validation"))  # line, marker, and the name of a colour

LONGEST = 48  # characters of a line above one of two panels


class Panel(NamedTuple):
    """One kind of work.

    Attributes:
        unit: what the sizes are called.
        seconds: for each device the median, the least and the most, for each size.
        conclusion: a sentence below the title.
    """

    title: str
    unit: str
    sizes: Sequence[int]
    seconds: dict[str, Sequence[tuple[float, float, float]]]
    conclusion: str


def save_crossover(
    path: str | PathLike[str], panels: Sequence[Panel], theme: str = "light", size: str = "slide"
) -> None:
    """Write panels side by side as a PNG: milliseconds over sizes, on scales of factors.

    Raises:
        MissingMatplotlib: the extra `plots` is not installed.
        ArgumentError: another theme or size.
        OSError: the file cannot be written.
    """
    form, look = figure.format_of(size), look_of(theme)
    with styled(look, form):
        from matplotlib.figure import Figure

        made = Figure(figsize=form.inches, layout="constrained")
        for ax, panel in zip(made.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _draw(ax, panel, look, form.letters)
        made.savefig(path, format="png", dpi=form.dpi, metadata={"Title": "bench", "Software": "tinygrad-edu"})


def _draw(ax: Any, panel: Panel, look: figure.Look, letters: float) -> None:
    for (device, seconds), (line, marker, name) in zip(panel.seconds.items(), STYLES, strict=False):
        colour = getattr(look, name)
        medians, least, most = ([1e3 * number for number in numbers] for numbers in zip(*seconds, strict=True))
        ax.fill_between(panel.sizes, least, most, color=colour, alpha=0.18, linewidth=0)
        ax.plot(panel.sizes, medians, line, color=colour, marker=marker, linewidth=2, label=device)
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    plain_ticks(ax)
    ax.set_xticks(list(panel.sizes), [str(size) for size in panel.sizes], rotation=45)
    ax.minorticks_off()
    ax.grid(color=look.grid, linewidth=0.8)
    ax.legend()
    parts = *panel.title.split(": ", 1), panel.conclusion
    title = "\n".join(line for part in parts for line in textwrap.wrap(part, LONGEST))
    figure.labelled(ax, title, panel.unit, _("milliseconds"), letters - 2)
