"""The loss as a map with contour lines, or as a curve, and the trails of optimizers on it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_edu_words import _

from ..canvas import inks
from ..landscapes import words
from ..landscapes.landscape import Landscape, WalkedTrail
from . import figure
from .training import look_of, styled

if TYPE_CHECKING:
    from tinygrad_edu.train.run import Run

MAP = [f"#{colour:06X}" for colour in inks.BANDS]
TRAILS = tuple(f"#{colour:06X}" for colour in inks.TRAILS)  # all light: they lie in a dark casing
CASING, NOWHERE, CURVE = "#101418", "#777777", "#2B8CC4"
MARKS = 12  # of a trail, about
CROWDED = 4.0  # times the distance: the lines of such a way are thin
LETTER = 0.54  # width of a letter as a share of its size


def landscape(runs: Landscape | Mapping[str, Run], ax: Any = None) -> Any:
    """Draw the training loss around the trails of some runs, in the plane that these lie in best.

    Args:
        runs: `tg.train.start(model, ...)` by their names, which are run to their end: models and losses are alike, and
            the weights at the start should be the same; or a `Landscape` that is there already.
        ax: matplotlib's axes to draw on; None for a new figure.
    Returns:
        the axes.
    Raises:
        NothingMoved, ArgumentError: as `Landscape.of`.
        MissingMatplotlib: the extra `plots` is not installed.
    """
    found = runs if isinstance(runs, Landscape) else Landscape.of(runs)
    return draw_landscape(figure.axes(ax), found)


def draw_landscape(ax: Any, found: Landscape, letters: float = figure.LETTERS) -> Any:
    """Draw a landscape on axes, with letters of a size in points; the axes are returned."""
    (_curve if found.is_curve else _map)(ax, found, letters)
    heights = [trail.below if found.is_curve else trail.places[:, 1] for trail in found.trails]
    for k, trail in enumerate(found.trails):
        _line(ax, k, trail, heights[k], letters)
    for k, trail in enumerate(found.trails):
        _spot(ax, trail.places[-1, 0], heights[k][-1], trail.letter, TRAILS[k], letters)
    _spot(ax, found.trails[0].places[0, 0], heights[0][0], "S", "#FFFFFF", letters)
    ax.set_xlim(found.sides[0][0], found.sides[0][-1])
    ax.legend(
        loc="best", fontsize=letters - 2, facecolor="#3A3F45", edgecolor=CASING, labelcolor="#FFFFFF",
        framealpha=0.88, handlelength=2.6,
    )  # fmt: skip
    upright = _("loss") if found.is_curve else found.plane.names[1]
    figure.labelled(ax, found.title or _("training loss"), found.plane.names[0], upright, letters)
    small = letters - 2
    room = ax.figure.get_figwidth() * 72 * (0.98 if found.is_curve else 0.85) / small / LETTER
    sentence = textwrap.wrap(words.caption(found), max(int(room), 40))
    ax.set_title(ax.get_title(), fontsize=letters + 1, pad=8 + 1.35 * small * len(sentence))
    below_title = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "center", "va": "bottom"}
    said = ax.annotate("\n".join(sentence), (0.5, 1.0), (0, 6), fontsize=small, **below_title)
    said.set_in_layout(False)  # it may be wider than the axes
    return ax


def _map(ax: Any, found: Landscape, letters: float) -> None:
    """Bands of the loss with lines between them."""
    x, y = found.sides
    edges = found.bands.edges
    shown = np.ma.masked_invalid(np.clip(found.losses, edges[0], edges[-1]))
    filled = ax.contourf(x, y, shown, levels=edges, colors=MAP)
    ax.contour(x, y, shown, levels=edges[1:-1], colors="#000000", linewidths=0.5, alpha=0.35)
    bar = ax.figure.colorbar(filled, ax=ax, ticks=edges[::2], pad=0.02, shrink=0.95)
    bar.ax.set_yticklabels([words.short(float(edge)) for edge in edges[::2]], fontsize=letters - 2)
    bar.ax.minorticks_off()
    bar.set_label(_("loss"), fontsize=letters)
    ax.set_facecolor(NOWHERE)
    ax.set_ylim(y[0], y[-1])


def _curve(ax: Any, found: Landscape, _letters: float) -> None:
    ax.plot(found.sides[0], found.losses, color=CURVE, linewidth=2.4, zorder=2)
    if found.bands.log:
        ax.set_yscale("log")
    ax.grid(alpha=0.3)


def _line(ax: Any, k: int, trail: WalkedTrail, heights: Any, letters: float) -> None:
    """A light line in a dark casing, with marks where the trail has come on a little."""
    x, label = trail.places[:, 0], f"{trail.letter}  {trail.name}, {words.short(float(trail.losses[-1]))}"
    width = (0.14 if trail.way < CROWDED * trail.distance else 0.075) * letters
    ax.plot(x, heights, color=CASING, linewidth=2 * width, solid_joinstyle="round", zorder=3)
    ax.plot(
        x, heights, color=TRAILS[k], linewidth=width, marker=figure.MARKERS[k % len(figure.MARKERS)],
        markevery=_marked(trail), markersize=0.42 * letters, markeredgecolor=CASING, markeredgewidth=0.7, label=label,
        zorder=4,
    )  # fmt: skip


def _marked(trail: WalkedTrail) -> list[int]:
    """The points that are marked: none is nearer to the one before than a part of the trail's extent."""
    least = np.ptp(trail.places, axis=0).max() / MARKS
    found = [0]
    for k in range(1, len(trail)):
        if np.abs(trail.places[k] - trail.places[found[-1]]).max() > least:
            found.append(k)
    return found


def _spot(ax: Any, x: float, y: float, letter: str, colour: str, letters: float) -> None:
    """A letter in a disc."""
    ax.scatter([x], [y], s=(1.15 * letters) ** 2, color=colour, edgecolors=CASING, linewidths=1.2, zorder=6)
    ax.annotate(
        letter, (x, y), ha="center", va="center_baseline", fontsize=letters - 3, fontweight="bold",
        color=CASING, zorder=7,
    )  # fmt: skip


def save_landscape(
    path: str | PathLike[str], found: Landscape, kind: str, theme: str = "light", size: str = "slide"
) -> None:
    """Write a landscape as a figure.

    Args:
        kind: "png" or "svg", whatever the file is called.
        theme: "light" or "dark".
        size: "slide", "paper" or pixels such as "1600x900".
    Raises:
        MissingMatplotlib: the extra `plots` is not installed.
        ArgumentError: another theme or size.
        OSError: the file cannot be written.
    """
    form = figure.format_of(size)
    with styled(look_of(theme), form):
        from matplotlib.figure import Figure  # without pyplot, which opens windows and keeps what it draws

        made = Figure(figsize=form.inches, layout="constrained")
        draw_landscape(made.add_subplot(), found, form.letters)
        about: dict[str, str | None] = {"Title": found.title or _("training loss")}
        about |= {"Software": "tinygrad-edu"} if kind == "png" else {"Creator": "tinygrad-edu", "Date": None}
        made.savefig(path, format=kind, dpi=form.dpi, metadata=about)
