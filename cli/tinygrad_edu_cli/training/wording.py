"""How losses and shares are written."""

from __future__ import annotations

import math


def percent(share: float) -> str:
    """0.9551 as 95.5%; only all is 100%, and only nothing 0%."""
    return f"{share * 100 if share in (0, 1) else min(max(share * 100, 0.1), 99.9):.3g}%"


def number(value: float | None) -> str:
    """A loss in four digits."""
    return (
        "-" if value is None else f"{value:.4g}" if math.isfinite(value) else "not a number" if value != value else "∞"
    )


def short(loss: float | None) -> str:
    """A loss in three digits."""
    return number(loss) if loss is None or abs(loss) == float("inf") or loss != loss else f"{loss:.3g}"
