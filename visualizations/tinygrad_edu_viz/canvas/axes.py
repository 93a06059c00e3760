"""Scales: which numbers an axis shows, and where."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .grid import Array

LABEL = 5  # cells of the number beside an axis
_LARGEST = 4e307  # so that differences are finite
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`, both finite and `low` the smaller; logarithmic if `log` (then both above 0)."""

    low: float
    high: float
    log: bool = False

    def place(self, values: Array) -> Array:
        """Where values lie, from 0 at the low end to 1 at the high one, as those beyond do; nan for nan and inf."""
        values = np.asarray(values, float)
        low, high = self._even(self.low), self._even(self.high)
        clipped = self._even(np.clip(values, self.low, self.high))
        return np.where(np.isfinite(values), (clipped - low) / (high - low), np.nan)

    def _even(self, values: Array | float) -> Array:
        return np.log(values) if self.log else np.asarray(values, float)

    def ticks(self, room: int) -> list[float]:
        """At most `room` round numbers on the axis, ascending; the ends where there are no two."""
        for numbers in self._candidates(room):
            found = [value for value in numbers if self.low <= value <= self.high]
            if 2 <= len(found) <= room:
                return found
        return [self.low, self.high][: max(room, 0)]

    def _candidates(self, room: int) -> Iterable[list[float]]:
        """Sets of round numbers, the densest first."""
        if self.log and self.high > 4 * self.low:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            powers = range(first, last + 1)
            yield [float(f"{m}e{power}") for power in powers for m in (1, 2, 5)]
            for every in range(1, len(powers)):
                yield [float(f"1e{power}") for power in powers if power % every == 0]
        else:
            rough = (self.high - self.low) / max(room, 1)
            power = math.floor(math.log10(rough)) if rough > 0 and math.isfinite(rough) else 0
            for factor in (*_STEPS, *(10 * step for step in _STEPS[1:])):
                step = factor * 10.0**power
                first = math.ceil(self.low / step - 1e-9)
                count = min(math.floor(self.high / step + 1e-9) - first + 1, room + 1)
                yield [round((first + k) * step, 12 - power) for k in range(count)]


def covering(values: Array, log: bool) -> Scale:
    """A scale on which all finite values have room; a logarithmic one leaves out those that are not above 0."""
    values = np.asarray(values, float)
    found = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not found.size:
        return Scale(0.1, 1.0, True) if log else Scale(0.0, 1.0)
    low, high = (float(np.clip(end, -_LARGEST, _LARGEST)) for end in (found.min(), found.max()))
    if log:
        return Scale(max(low / 1.1, 5e-324), max(high * 1.1, low * 2), True)
    is_flat = high - low <= 1e-9 * max(abs(low), abs(high))
    room = (abs(high) / 2 or 1.0) if is_flat else (high - low) / 20
    return Scale(low - room, high + room)


def widened(own: Array, others: Array, log: bool = False) -> Scale:
    """A scale on which `own` have room, and others as far as they make it at most a half longer at each end; all the
    others where there are none of one's own."""
    if not np.any(np.isfinite(own) & ((own > 0) | (not log))):
        return covering(np.ravel(others), log)
    least, most = covering(own, log), covering(np.concatenate([np.ravel(own), np.ravel(others)]), log)
    if log:
        factor = min((least.high / least.low) ** 0.5, 1e150)
        return Scale(max(most.low, least.low / factor, 5e-324), min(most.high, least.high * factor), True)
    half = (least.high - least.low) / 2
    return Scale(max(most.low, least.low - half), min(most.high, least.high + half))


def compact(value: float, width: int = LABEL) -> str:
    """A number in at most `width` characters (3 or more), with as many digits as have room, at most four.

    >>> compact(0.0805), compact(0.0805, 6), compact(123456), compact(0.00012)
    ('0.081', '0.0805', '1.2e5', '1e-4')
    """
    if not math.isfinite(value):
        return "nan" if value != value else "∞" if value > 0 else "-∞"
    for form in ("4g", "3g", "2g", "1g", "1e", "0e"):
        mantissa, letter, power = f"{value:.{form}}".partition("e")
        text = f"{mantissa}e{int(power)}" if letter else mantissa
        if len(text) <= width:
            break
    return text[:width]


def figures(value: float, width: int = 8) -> str:
    """A number with three digits, in at most `width` characters.

    >>> figures(0.073968), figures(1234.5), figures(0.0000123)
    ('0.074', '1230', '1.23e-5')
    """
    return compact(float(f"{value:.3g}"), width)
