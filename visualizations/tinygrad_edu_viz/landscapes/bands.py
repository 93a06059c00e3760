"""Losses as bands of height: what a map shows by colours, characters and lines."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

COUNT = 12
HIGHEST = 98.0  # percentile: a few walls far outside must not take all bands
DEEPEST = 1e-4  # of the highest: at a minimum the logarithm falls for ever
LARGEST = 1e300  # so that differences are finite
WIDE = 3.0  # from this ratio of highest to lowest on, the bands are ratios


class Bands(NamedTuple):
    """Bands between a lowest and a highest loss: equal ratios (`log`), or equal differences.

    >>> Bands(0.01, 10.0, True).levels(np.array([0.01, 0.1, 10.0, np.inf])).round(2).tolist()
    [0.0, 4.0, 12.0, 12.0]
    """

    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, losses: Array, highest: float = HIGHEST) -> Bands:
        """The bands of a map: ratios, where its losses are positive and span enough.

        Args:
            highest: the percentile of the losses at which the highest band ends.
        """
        found = losses[np.isfinite(losses)]
        if not found.size:
            return cls(0.0, 1.0, False)
        found = np.clip(found, -LARGEST, LARGEST)
        low, high = float(found.min()), float(np.percentile(found, highest))
        if low < 0 or high < 1 / LARGEST or high < WIDE * low:
            return cls(low, high, False)
        return cls(max(low, high * DEEPEST), high, True)

    def levels(self, losses: Any) -> Array:
        """How high losses are, from 0 (lowest) to COUNT (highest, above it, or no number)."""
        given = np.asarray(losses, dtype=float)
        if not self.high > self.low:
            return np.zeros(given.shape)
        with np.errstate(all="ignore"):
            if self.log:
                share = np.log(np.maximum(given, self.low) / self.low) / np.log(self.high / self.low)
            else:
                share = (given - self.low) / (self.high - self.low)
        return COUNT * np.clip(np.nan_to_num(share, nan=1.0, posinf=1.0, neginf=0.0), 0.0, 1.0)

    @property
    def edges(self) -> Array:
        """Where the bands meet, COUNT + 1 losses in ascending order."""
        if self.log:
            return np.geomspace(self.low, self.high, COUNT + 1)
        wider = self.high if self.high > self.low else self.low + max(abs(self.low), 1.0)  # a plain
        return np.linspace(self.low, wider, COUNT + 1)

    @property
    def step(self) -> float:
        """From one band to the next: a factor if `log`, else a difference."""
        if self.log:
            return float((self.high / self.low) ** (1 / COUNT))
        return (self.high - self.low) / COUNT
