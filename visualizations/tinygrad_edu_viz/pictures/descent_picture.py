"""The curve of a loss over one number, and the ways down on it, as SVG and as text."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.graph.node import Node

from ..canvas.axes import Scale, compact, covering
from ..canvas.grid import MONO
from ..canvas.slope import Descent, slope
from .palette import LIGHT

WIDTH, HEIGHT = 520.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 16.0, 26.0, 40.0  # around the plot
POINTS, BEYOND = 201, 0.25  # of the curve; how far it goes on behind the ways, in lengths of that
LABELLED = 15.0  # pixels between two points that both have a number
LETTER = 7.5  # pixels that a letter takes, about
INKS = ("#8A3300", "#005A8C", "#006B4F", "#7A3E6B")  # of Okabe and Ito's colours, darkened for white paper
MARKS = ("circle", "square", "triangle", "diamond")


@dataclass(frozen=True)
class DescentPicture:
    """A curve and the ways on it. A notebook shows it as a picture, `print` as text.

    Attributes:
        x, losses: the curve, shape (n,).
        descents: the ways.
        axis: what lies along x. result: what lies upwards.
    """

    x: np.ndarray[Any, Any]
    losses: np.ndarray[Any, Any]
    descents: Sequence[Descent]
    axis: str
    result: str = "L"

    def _repr_svg_(self) -> str:
        return _Sheet(self).svg()

    def text(self, width: int = 76, height: int = 18) -> str:
        """The picture in characters: S is the start, a, b, ... are steps and A, B, ... ends."""
        grid = slope(width, height, self.x, self.losses, self.descents, axis=self.axis, look=MONO)
        return "\n".join(row.rstrip() for row in grid.text())

    def __str__(self) -> str:
        return self.text()


def draw_descent(
    function: Callable[[float], Any],
    ways: Mapping[str, Sequence[float]] | Sequence[float],
    *,
    low: float | None = None,
    high: float | None = None,
    axis: str = "w",
    result: str = "L",
) -> DescentPicture:
    """The loss as a curve over one number, with the points at which gradient descent was.

    Args:
        function: the loss for a number; what it gives is a number, or a Value or Tensor of one.
        ways: the numbers after each step, the start first; or several such lists by their names, at most four.
        low, high: the ends of the curve; a quarter beyond the ways if not given.
        axis: the name of the number. result: that of what the function gives.

    Raises:
        ArgumentError: no points, more than four ways, or a point that is not finite.
    """
    named = ways if isinstance(ways, Mapping) else {"": ways}
    every = [float(w) for way in named.values() for w in way]
    if not 1 <= len(named) <= len(MARKS) or not all(len(way) for way in named.values()):
        raise ArgumentError(f"draw_descent shows one to four ways with a point each at least, not {ways!r:.60}")
    if not np.isfinite(every).all():
        raise ArgumentError("one of the points is inf or nan: leave out what diverged")
    margin = BEYOND * (max(every) - min(every)) or max(abs(every[0]), 1.0)
    ends = (min(every) - margin if low is None else low, max(every) + margin if high is None else high)
    x = np.linspace(*ends, POINTS)
    descents = [Descent(name, np.array(way, float), _losses(function, way)) for name, way in named.items()]
    return DescentPicture(x, _losses(function, x), descents, axis, result)


def _losses(function: Callable[[float], Any], places: Sequence[float] | np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found = [function(float(place)) for place in places]
    return np.array([float(loss.data if isinstance(loss, Node) else loss) for loss in found])


class _Sheet:
    """The places on the paper."""

    def __init__(self, picture: DescentPicture):
        self.picture = picture
        everything = np.concatenate([picture.losses, *(descent.losses for descent in picture.descents)])
        self.up = covering(everything, False)
        self.along = Scale(float(picture.x[0]), float(picture.x[-1]))
        self.parts: list[str] = []

    def places(self, x: Any, losses: Any) -> list[tuple[float, float]]:
        across = LEFT + self.along.place(x) * (WIDTH - LEFT - RIGHT)
        down = TOP + (1 - self.up.place(losses)) * (HEIGHT - TOP - BOTTOM)
        return [(round(float(a), 1), round(float(d), 1)) for a, d in zip(across, down, strict=True)]

    def svg(self) -> str:
        self._axes()
        curve = self.places(self.picture.x, self.picture.losses)
        self.parts.append(_polyline(curve, f'stroke="{LIGHT.line}" stroke-width="2"'))
        for k, descent in enumerate(self.picture.descents):
            self._way(k, descent)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" '
            f'height="{HEIGHT:g}" role="img" font-family="DejaVu Sans, Verdana, sans-serif" font-size="12">'
            f'<rect width="100%" height="100%" fill="{LIGHT.paper}"/>'
        )
        return head + "\n" + "\n".join(self.parts) + "\n</svg>\n"

    def _axes(self) -> None:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        for tick in self.up.ticks(6):
            y = self.places([self.along.low], [tick])[0][1]
            self.parts.append(f'<path d="M{LEFT:g} {y}H{right:g}" stroke="#DDDDDD"/>')
            self.parts.append(_text(LEFT - 6, y + 4, compact(tick), "end", LIGHT.quiet))
        for tick in self.along.ticks(9):
            x = self.places([tick], [self.up.low])[0][0]
            self.parts.append(f'<path d="M{x} {bottom:g}v4" stroke="{LIGHT.line}"/>')
            self.parts.append(_text(x, bottom + 17, compact(tick), "middle", LIGHT.quiet))
        self.parts.append(f'<path d="M{LEFT:g} {TOP:g}V{bottom:g}H{right:g}" fill="none" stroke="{LIGHT.line}"/>')
        fits = LETTER * len(self.picture.result) <= LEFT - 6
        x, anchor = (LEFT - 6, "end") if fits else (LETTER, "start")  # else it would begin beyond the paper
        self.parts.append(_text(x, TOP - 10, self.picture.result, anchor, LIGHT.text))
        self.parts.append(_text(right, HEIGHT - 6, self.picture.axis, "end", LIGHT.text))

    def _way(self, k: int, descent: Descent) -> None:
        points, ink = self.places(descent.x, descent.losses), INKS[k]
        if len(points) > 1:
            self.parts.append(_polyline(points, f'stroke="{ink}" stroke-dasharray="3 3"'))
        self.parts += [_mark(MARKS[k], point, ink) for point in points]
        numbered: list[tuple[float, float]] = []
        for number, (x, y) in enumerate(points if len(self.picture.descents) == 1 else []):
            if all(abs(x - a) + abs(y - b) > LABELLED for a, b in numbered):
                self.parts.append(_text(x + 7, y - 6, str(number), "start", ink))
                numbered.append((x, y))
        if descent.name:
            x = LEFT + 12 + k * 112
            self.parts += [_mark(MARKS[k], (x, 12.0), ink), _text(x + 9, 16, descent.name, "start", LIGHT.text)]


def _polyline(points: Sequence[tuple[float, float]], style: str) -> str:
    return f'<polyline points="{" ".join(f"{x:g},{y:g}" for x, y in points)}" fill="none" {style}/>'


def _text(x: float, y: float, text: str, anchor: str, ink: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{ink}">{html.escape(text)}</text>'


def _mark(mark: str, point: tuple[float, float], ink: str) -> str:
    """Colour is not all that tells ways apart: each has a shape of its own."""
    x, y = point
    if mark == "circle":
        return f'<circle cx="{x:g}" cy="{y:g}" r="4.5" fill="{ink}"/>'
    corners = {
        "square": ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        "triangle": ((0, -5), (5, 4), (-5, 4)),
        "diamond": ((0, -6), (5, 0), (0, 6), (-5, 0)),
    }[mark]
    return f'<polygon points="{" ".join(f"{x + a:g},{y + b:g}" for a, b in corners)}" fill="{ink}"/>'
