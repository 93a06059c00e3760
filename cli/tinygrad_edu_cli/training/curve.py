"""A loss curve as one line of text: eight heights, readable without colour.

    ███▇▆▅▄▄▃▃▂▂▂▁▁▁

The scale is logarithmic, as losses fall by factors, and several curves share one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

HEIGHTS = "▁▂▃▄▅▆▇█"
ABOVE = "↑"  # higher than the scale
NOT_FINITE = "×"


class Scale(NamedTuple):
    """What the lowest and the highest character stand for."""

    low: float
    high: float

    @classmethod
    def of(cls, curves: Iterable[Sequence[float]], ceiling: float = math.inf) -> Scale:
        """The range of all curves, up to `ceiling`; at least a factor of 2, or noise would look like a mountain."""
        losses = [loss for curve in curves for loss in curve if math.isfinite(loss) and loss <= ceiling]
        low, high = max(min(losses, default=1.0), 1e-12), max(losses, default=1.0)
        return cls(low, max(high, 2 * low))

    def character(self, loss: float) -> str:
        if not math.isfinite(loss):
            return NOT_FINITE
        if loss > self.high:
            return ABOVE
        height = math.log(max(loss, self.low) / self.low) / math.log(self.high / self.low)
        return HEIGHTS[min(int(height * len(HEIGHTS)), len(HEIGHTS) - 1)]


def curve(losses: Sequence[float], scale: Scale, width: int, longest: int | None = None) -> str:
    """The losses of a run's epochs, as at most `width` characters.

    Args:
        longest: the number of epochs that takes the whole width, so that a run that stopped early has a shorter line.
    """
    columns = min(width, longest or len(losses))
    per_column = (longest or len(losses)) / max(columns, 1)
    shown = math.ceil(len(losses) / per_column) if losses else 0
    bins = (losses[int(k * per_column) : max(int((k + 1) * per_column), int(k * per_column) + 1)] for k in range(shown))
    return "".join(scale.character(sum(part) / len(part)) for part in bins if part)
