"""How losses, shares and settings are written."""

from __future__ import annotations

import math

from tinygrad_edu.train.events import SteerEvent
from tinygrad_edu_words import _


def percent(share: float) -> str:
    """0.9551 as 95.5%; only all is 100%, and only nothing 0%."""
    return f"{share * 100 if share in (0, 1) else min(max(share * 100, 0.1), 99.9):.3g}%"


def number(value: float | None) -> str:
    """A loss in four digits."""
    return (
        "-"
        if value is None
        else f"{value:.4g}"
        if math.isfinite(value)
        else _("not a number")
        if value != value
        else "∞"
    )


def short(loss: float | None) -> str:
    """A loss in three digits."""
    return number(loss) if loss is None or abs(loss) == float("inf") or loss != loss else f"{loss:.3g}"


def steered(event: SteerEvent) -> str:
    """What was steered, such as "the learning rate 0.01, the optimizer SGD with the rate 0.1, the batch size full"."""
    parts = []
    if event.optimizer is not None:
        rates = sorted({group["lr"] for group in event.groups or [] if "lr" in group})
        text = _("the optimizer {name} with the rate {rate}") if len(rates) == 1 else _("the optimizer {name}")
        parts.append(text.format(name=event.optimizer, rate=f"{rates[0]:.4g}" if rates else ""))
    if event.lr is not None:
        parts.append(_("the learning rate {rate}").format(rate=f"{event.lr:.4g}"))
    if event.batch_size is not None:
        parts.append(_("the batch size {size}").format(size=event.batch_size))
    return ", ".join(parts)
