"""What was measured, as lines with a chart in letters, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu
from tinygrad_edu_viz.canvas.chart import LEFT, Curve, chart
from tinygrad_edu_viz.canvas.grid import Grid, Look, Style
from tinygrad_edu_viz.canvas.inks import BLUE, GREY, ORANGE
from tinygrad_edu_words import _

from .measuring import Row, Work, crossover

HEIGHT, WIDEST = 12, 72
COLUMN = 12


class Measured(NamedTuple):
    """Some work on all sizes that were measured."""

    work: Work
    devices: Sequence[str]
    rows: Sequence[Row]

    @property
    def timed(self) -> list[Row]:
        return [row for row in self.rows if row.seconds]

    def crossover(self) -> tuple[int | None, int] | None:
        return crossover(self.timed, *self.devices) if self.timed and len(self.devices) == 2 else None


def head(measured: Measured) -> Iterator[str]:
    """The lines above the rows."""
    columns = _columns(measured.devices)
    yield _(measured.work.title)
    yield _aligned(_(measured.work.unit), columns, columns)


def line(row: Row, devices: Sequence[str]) -> str:
    """A size, the medians, and how many times as long the first device takes as the second one."""
    if not row.seconds:
        return f"{row.size:>8}  {row.failed}"
    medians = [row.seconds[device][0] for device in devices]
    ratio = [f"{medians[0] / medians[1]:.2f}"] if len(medians) == 2 else []
    return _aligned(row.size, [*map(duration, medians), *ratio], _columns(devices))


def _columns(devices: Sequence[str]) -> list[str]:
    """The names of the columns behind the size: the devices and, of two, their ratio."""
    return [*devices, *([" / ".join(devices)] if len(devices) == 2 else [])]


def _aligned(size: int | str, cells: Sequence[str], columns: Sequence[str]) -> str:
    widths = [max(COLUMN, len(name) + 2) for name in columns]
    return f"{size:>8}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def duration(seconds: float) -> str:
    """Three digits, in a unit that suits."""
    for unit, many in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= many:
            return f"{seconds / many:.{2 - min(len(str(int(seconds / many))) - 1, 2)}f} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def conclusion(measured: Measured) -> str:
    """Where the second device becomes the faster one."""
    if len(measured.devices) < 2 or not measured.timed:
        return ""
    first, second = measured.devices
    found, unit, last = measured.crossover(), _(measured.work.unit), measured.timed[-1].size
    if found is None:
        text = _("{first} is faster up to {unit} {last}, the largest measured")
        return text.format(first=first, unit=unit, last=last)
    if found[0] is None:
        return _("{second} is faster from the smallest {unit} on, {size}").format(
            second=second, unit=unit, size=found[1]
        )
    text = _("crossover: {second} becomes faster between {unit} {low} and {high}")
    return text.format(second=second, unit=unit, low=found[0], high=found[1])


def picture(measured: Measured, width: int, look: Look) -> Grid | None:
    """The medians in milliseconds over the sizes, both on scales of factors; None for fewer than two sizes."""
    timed = measured.timed
    if len(timed) < 2 or width < 30:
        return None
    width = min(width, WIDEST)
    looks = zip(measured.devices, ((BLUE, "solid"), (ORANGE, "dotted")), strict=False)
    curves = [
        Curve(device, np.array([1e3 * row.seconds[device][0] for row in timed]), ink, kind)
        for device, (ink, kind) in looks
    ]
    grid = chart(width, HEIGHT, curves, title=_("ms by {unit}").format(unit=_(measured.work.unit)), log=True, look=look)
    first, last = str(timed[0].size), str(timed[-1].size)  # the chart counts its values, which are sizes here
    grid.put(LEFT, HEIGHT - 1, f"{first}{'─' * (width - LEFT - len(first) - len(last))}{last}", Style(GREY))
    return grid


def to_json(all_measured: Sequence[Measured], devices: Sequence[str], tf32: bool, interrupted: bool) -> dict[str, Any]:
    """For machines: seconds as median, fastest and slowest of the turns."""
    return {
        "kind": "bench",
        "version": tinygrad_edu.__version__,
        "numpy": np.__version__,
        "devices": list(devices),
        "precision": "tf32" if tf32 else "float32",
        "interrupted": interrupted,
        "works": [
            {
                **{"kind": measured.work.kind, "title": measured.work.title, "unit": measured.work.unit},
                "crossover": measured.crossover(),
                "rows": [row._asdict() for row in measured.rows],
            }
            for measured in all_measured
        ],
    }
