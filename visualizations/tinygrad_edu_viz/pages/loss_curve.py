"""The loss of each pass of a course, as SVG with a point that moves."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from ..readable import number
from .curves import TOP, WIDTH, Scale, axes, line

HEIGHT = 190.0
DOTTED = 40  # passes that have a dot each
STEEP = 10  # so many times the lowest loss is the highest one of a logarithmic scale


def loss_curve(losses: Sequence[float]) -> str:
    """The section of the page. The program moves the point, and the part of the curve that lies behind it."""
    found = [loss for loss in losses if math.isfinite(loss)]
    is_log = bool(found) and 0 < STEEP * min(found) < max(found)
    scale = Scale.around(losses, len(losses), HEIGHT, is_log)
    parts = [*axes(scale, "loss (log)" if is_log else "loss", unit="pass"), line(losses, scale, "ahead")]
    parts.append('<polyline class="behind" points=""/>')
    places = [_place(loss, scale, k) for k, loss in enumerate(losses, 1)]
    for k, (loss, (x, y)) in enumerate(zip(losses, places, strict=True), 1):
        about = html.escape(f"pass {k}: loss {number(loss)}")
        if not math.isfinite(loss):
            parts.append(f'<text class="lost" x="{x:.1f}" y="{y + 4:.1f}">×<title>{about}</title></text>')
        elif len(losses) <= DOTTED:
            parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{about}</title></circle>')
    x, y = places[0]
    parts.append(f'<circle class="here" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return (
        '<section id="loss" aria-label="The loss">\n'
        f'<svg id="curve" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" data-points="{points}" tabindex="0" role="slider" '
        f'aria-label="Pass" aria-valuemin="1" aria-valuemax="{len(losses)}" aria-valuenow="1">{"".join(parts)}</svg>\n'
        f'<p id="loss-said">pass 1: loss {html.escape(number(losses[0]))}</p>\n'
        "</section>"
    )


def _place(loss: float, scale: Scale, number: int) -> tuple[float, float]:
    """Where the point is; at the top for what is no number."""
    return scale.x(number), scale.y(loss) if math.isfinite(loss) else TOP
