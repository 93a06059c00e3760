"""The table of the layers: gradient, step and units that do nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinygrad_edu_viz.canvas.axes import figures
from tinygrad_edu_viz.canvas.grid import BOLD, Grid, Look, Style
from tinygrad_edu_viz.canvas.inks import BLUE, GREEN, QUIET, WARNING
from tinygrad_edu_viz.cells import cell_width, part
from tinygrad_edu_words import N_, _

from ..training.layer_looks import short_name
from ..training.wording import percent
from .live import LayerLook

GRADIENT, STEP = N_("|gradient|"), N_("|step|/|weights|")
NUMBER, UNITS, VERDICT = 8, 16, 12  # cells of the columns, with the blank after them
GRADIENTS, STEPS = (-5, 1), (-6, 0)  # powers of ten at the ends of the bars
WIDEST_NAME, WIDEST_BAR = 24, 24
MANY = 0.5  # of the units dead or saturated are worth a mark


def layer_table(layers: Sequence[LayerLook], width: int, rows: int, look: Look) -> Grid:
    """Draw at most `rows` layers below a line of headings: of more the first ones, and the last."""
    shown = list(layers) if len(layers) <= rows else [*layers[: rows - 1], layers[-1]]
    grid = Grid(width, len(shown) + 1, look)
    names = [short_name(layer.name) for layer in shown]
    heading = _("{n} of {all} layers").format(n=len(shown), all=len(layers))
    heading = _("layer") if len(shown) == len(layers) else heading
    gradient, step = _(GRADIENT), _(STEP)
    first = min(max(map(cell_width, [*names, heading])), WIDEST_NAME, max(width // 3, 1)) + 1
    bar = min(max((width - first - 2 * NUMBER - UNITS - VERDICT) // 2 - 1, 0), WIDEST_BAR)
    if bar < 5:
        bar = 0
    second = first + max(NUMBER + bar + bool(bar), len(gradient) + 1)
    third = second + max(NUMBER + bar + bool(bar), len(step) + 1)
    heads = [(0, heading, BOLD), (first, gradient, QUIET), (second, step, QUIET)]
    for x, text, style in [*heads, (third, _("dead units"), QUIET)]:
        grid.put(x, 0, text, style)
    for y, (layer, name) in enumerate(zip(shown, names, strict=True), 1):
        grid.put(0, y, part(name, 0, first - 1))
        for x, value, ends, ink in ((first, layer.gradient, GRADIENTS, BLUE), (second, layer.ratio, STEPS, GREEN)):
            grid.put(x, y, "·" if value is None else figures(value, NUMBER - 1))
            grid.put(x + NUMBER, y, _bar(value, *ends, bar), Style(ink))
        units, is_bad = _units(layer)
        end = grid.put(third, y, units, WARNING if is_bad else Style())
        grid.put(
            max(third + UNITS, end + 1) if width >= third + UNITS + VERDICT else end + 1, y, layer.verdict, WARNING
        )
    return grid


def _bar(value: float | None, low: int, high: int, width: int) -> str:
    """A number as a bar on a logarithmic scale."""
    if value is None or not math.isfinite(value):
        return ""
    share = (math.log10(value) - low) / (high - low) if value > 0 else 0.0
    filled = round(max(0.0, min(1.0, share)) * width)
    return "━" * filled + "╌" * (width - filled)


def _units(layer: LayerLook) -> tuple[str, bool]:
    """What is said of units that do nothing, and whether these are many."""
    share = layer.dead if layer.dead is not None else layer.saturated
    if share is None or not math.isfinite(share):
        return "-", False
    text = percent(share) + (" " + _("saturated") if layer.dead is None else "")
    return (f"{text} !", True) if share >= MANY else (text, False)
