"""Where the losses of a course lie in a small plot, whatever draws it. All lengths are in pixels; y grows downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tinygrad_edu_words import N_

from ..canvas.axes import compact, covering
from .placing import Point

LEFT, RIGHT, TOP, BOTTOM = 48.0, 12.0, 18.0, 22.0  # around the plot: numbers, half of the point, its name, passes
PER_TICK = 36.0  # pixels
STEEP = 10  # where the highest loss is more than so many times the lowest, the scale is logarithmic
DOTTED = 40  # passes that have a dot each


class LossPlot(NamedTuple):
    """A plot.

    Attributes:
        name: of the upright axis.
        points: of each pass; what is no number lies at the top, and is in `lost`.
        lost: numbers of passes, from 0.
        ticks: heights, and the numbers that stand there.
    """

    name: str
    width: float
    height: float
    points: list[Point]
    lost: frozenset[int]
    ticks: list[tuple[float, str]]

    @property
    def bottom(self) -> float:
        """The height of the axis of passes."""
        return self.height - BOTTOM

    def curve(self, first: int = 0, last: int | None = None) -> list[Point]:
        """The points from one pass up to, and with, another; without what is lost."""
        end = len(self.points) if last is None else last + 1
        return [self.points[k] for k in range(first, end) if k not in self.lost]


def loss_plot(losses: Sequence[float], width: float, height: float) -> LossPlot:
    """The plot of the loss of each pass."""
    found = [loss for loss in losses if math.isfinite(loss)]
    is_log = bool(found) and 0 < min(found) < max(found) / STEEP
    scale = covering(np.array(losses), is_log)

    def y(values: Sequence[float]) -> list[float]:
        places = scale.place(np.array(values))
        return [
            round(TOP + (1 - float(np.nan_to_num(place, nan=1.0))) * (height - TOP - BOTTOM), 1) for place in places
        ]

    step = (width - LEFT - RIGHT) / max(len(losses) - 1, 1)
    xs = [round(LEFT + k * step, 1) for k in range(len(losses))]
    lost = frozenset([k for k, loss in enumerate(losses) if not math.isfinite(loss)])
    ticks = scale.ticks(max(int((height - TOP - BOTTOM) / PER_TICK) + 1, 2))
    return LossPlot(
        name=N_("loss (log)") if is_log else N_("loss"),
        width=width,
        height=height,
        points=list(zip(xs, y(losses), strict=True)),
        lost=lost,
        ticks=[(place, compact(tick, 6)) for place, tick in zip(y(ticks), ticks, strict=True)],
    )
