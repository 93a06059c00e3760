"""The loss of each pass of a course, as SVG with a point that moves."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from tinygrad_edu_words import _

from ..pictures.loss_plot import DOTTED, LEFT, RIGHT, loss_plot
from ..pictures.placing import Point
from ..readable import number

WIDTH, HEIGHT = 360.0, 190.0


def loss_curve(losses: Sequence[float]) -> str:
    """The section of the page. The program moves the point, and the part of the curve that lies behind it."""
    plot = loss_plot(losses, WIDTH, HEIGHT)
    said = [_("pass {n}: loss {loss}").format(n=k, loss=number(loss)) for k, loss in enumerate(losses, 1)]
    end = WIDTH - RIGHT
    parts = []
    for y, text in plot.ticks:
        parts.append(f'<line class="grid" x1="{LEFT:g}" x2="{end:g}" y1="{y:g}" y2="{y:g}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 9:g}" y="{y + 4:g}">{text}</text>')
    parts.append(f'<line class="axis" x1="{LEFT:g}" x2="{end:g}" y1="{plot.bottom:g}" y2="{plot.bottom:g}"/>')
    parts.append(f'<text x="2" y="10">{_(plot.name)}</text>')
    parts.append(f'<text x="{LEFT:g}" y="{HEIGHT - 6:g}">{_("pass {n}").format(n=1)}</text>')
    parts.append(f'<text class="tick" x="{end:g}" y="{HEIGHT - 6:g}">{len(losses)}</text>')
    parts.append(f'<polyline class="ahead" points="{_points(plot.curve())}"/><polyline class="behind" points=""/>')
    if len(losses) <= DOTTED:
        for k, (x, y) in enumerate(plot.points):
            title = f"<title>{html.escape(said[k])}</title>"
            parts.append("" if k in plot.lost else f'<circle class="dot" cx="{x:g}" cy="{y:g}" r="3">{title}</circle>')
    x, y = plot.points[0]
    parts.append(f'<circle class="here" cx="{x:g}" cy="{y:g}" r="6"/>')
    for k in sorted(plot.lost):
        x, y = plot.points[k]
        parts.append(f'<text class="lost" x="{x:g}" y="{y + 4:g}">×<title>{html.escape(said[k])}</title></text>')
    marked = " ".join(f"{x:g},{y:g}{',lost' * (k in plot.lost)}" for k, (x, y) in enumerate(plot.points))
    return (
        f'\n<section id="loss" aria-label="{_("The loss")}">\n'
        f'<svg id="curve" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" data-points="{marked}" tabindex="0" role="slider" '
        f'aria-label="{_("Pass")}" aria-valuemin="1" aria-valuemax="{len(losses)}" aria-valuenow="1">'
        f"{''.join(parts)}</svg>\n"
        f'<p id="loss-said">{html.escape(said[0])}</p>\n'
        "</section>"
    )


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
