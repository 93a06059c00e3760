"""The loss as a map with contour lines, or as a curve, and the trails of optimizers on it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..canvas import inks
from ..landscapes import words
from ..landscapes.landscape import Landscape, WalkedTrail
from . import figure

if TYPE_CHECKING:
    from tinygrad_edu.train.run import Run

MAP = [f"#{colour:06X}" for colour in inks.BANDS]
TRAILS = tuple(f"#{colour:06X}" for colour in inks.TRAILS)  # all light: they lie in a dark casing
CASING, NOWHERE, CURVE = "#101418", "#777777", "#2B8CC4"
MARKS = 12  # of a trail, about
CROWDED = 4.0  # times the distance: the lines of such a way are thin
SPOT = 150  # points²
SENTENCE = 78  # characters of a line


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
    ax = figure.axes(ax)
    found = runs if isinstance(runs, Landscape) else Landscape.of(runs)
    (_curve if found.is_curve else _map)(ax, found)
    for k, trail in enumerate(found.trails):
        heights = trail.below if found.is_curve else trail.places[:, 1]
        _line(ax, k, trail, heights)
    for k, trail in enumerate(found.trails):
        heights = trail.below if found.is_curve else trail.places[:, 1]
        _spot(ax, trail.places[-1, 0], heights[-1], trail.letter, TRAILS[k])
    first = found.trails[0]
    _spot(ax, first.places[0, 0], first.below[0] if found.is_curve else first.places[0, 1], "S", "#FFFFFF")
    ax.set_xlim(found.sides[0][0], found.sides[0][-1])
    ax.legend(
        loc="best", fontsize=figure.LETTERS - 2, facecolor="#3A3F45", edgecolor=CASING, labelcolor="#FFFFFF",
        framealpha=0.88, handlelength=2.6,
    )  # fmt: skip
    figure.labelled(ax, found.title or "training loss", found.plane.names[0], _upright(found))
    sentence = textwrap.wrap(words.caption(found), SENTENCE)
    ax.set_title(ax.get_title(), fontsize=figure.LETTERS + 2, pad=8 + 1.35 * (figure.LETTERS - 2) * len(sentence))
    ax.annotate(
        "\n".join(sentence), (0.5, 1.0), (0, 6), xycoords="axes fraction", textcoords="offset points", ha="center",
        va="bottom", fontsize=figure.LETTERS - 2,
    ).set_in_layout(False)  # fmt: skip
    return ax


def _upright(found: Landscape) -> str:
    return "loss" if found.is_curve else found.plane.names[1]


def _map(ax: Any, found: Landscape) -> None:
    """Bands of the loss with lines between them."""
    x, y = found.sides
    edges = found.bands.edges
    shown = np.ma.masked_invalid(np.clip(found.losses, edges[0], edges[-1]))
    filled = ax.contourf(x, y, shown, levels=edges, colors=MAP)
    ax.contour(x, y, shown, levels=edges[1:-1], colors="#000000", linewidths=0.5, alpha=0.35)
    bar = ax.figure.colorbar(filled, ax=ax, ticks=edges[::2], pad=0.02, shrink=0.95)
    bar.ax.set_yticklabels([words.short(float(edge)) for edge in edges[::2]], fontsize=figure.LETTERS - 2)
    bar.ax.minorticks_off()
    bar.set_label("loss", fontsize=figure.LETTERS)
    ax.set_facecolor(NOWHERE)
    ax.set_ylim(y[0], y[-1])


def _curve(ax: Any, found: Landscape) -> None:
    ax.plot(found.sides[0], found.losses, color=CURVE, linewidth=2.4, zorder=2)
    if found.bands.log:
        ax.set_yscale("log")
    ax.grid(alpha=0.3)


def _line(ax: Any, k: int, trail: WalkedTrail, heights: Any) -> None:
    """A light line in a dark casing, with marks where the trail has come on a little."""
    x, label = trail.places[:, 0], f"{trail.letter}  {trail.name}, {words.short(float(trail.losses[-1]))}"
    width = 1.7 if trail.way < CROWDED * trail.distance else 0.9
    ax.plot(x, heights, color=CASING, linewidth=2 * width, solid_joinstyle="round", zorder=3)
    ax.plot(
        x, heights, color=TRAILS[k], linewidth=width, marker=figure.MARKERS[k % len(figure.MARKERS)],
        markevery=_marked(trail), markersize=5, markeredgecolor=CASING, markeredgewidth=0.7, label=label, zorder=4,
    )  # fmt: skip


def _marked(trail: WalkedTrail) -> list[int]:
    """The points that are marked: none is nearer to the one before than a part of the trail's extent."""
    least = np.ptp(trail.places, axis=0).max() / MARKS
    found = [0]
    for k in range(1, len(trail)):
        if np.abs(trail.places[k] - trail.places[found[-1]]).max() > least:
            found.append(k)
    return found


def _spot(ax: Any, x: float, y: float, letter: str, colour: str) -> None:
    """A letter in a disc."""
    ax.scatter([x], [y], s=SPOT, color=colour, edgecolors=CASING, linewidths=1.2, zorder=6)
    ax.annotate(
        letter, (x, y), ha="center", va="center_baseline", fontsize=figure.LETTERS - 3, fontweight="bold",
        color=CASING, zorder=7,
    )  # fmt: skip


def save(found: Landscape, path: Any, format: str, theme: str = "light") -> None:
    """Write a picture of a landscape: "png" or "svg", "light" or "dark"."""
    from matplotlib import pyplot

    with pyplot.style.context("dark_background" if theme == "dark" else "default"):
        made, ax = pyplot.subplots(figsize=(7.4, 6.0), layout="constrained")
        landscape(found, ax)
        made.savefig(path, format=format, dpi=150)
        pyplot.close(made)
