"""Lines, boxes and letters on a Pillow image, at any scale. Importing this needs the extra `plots`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from PIL import Image, ImageDraw

from . import fonts
from .placing import Point

PIECES = 16  # straight ones that a Bézier curve becomes


class Pencil:
    """Draws on an image in pixels of our own.

    Args:
        scale: dots for each of our pixels.
        corner: the place, in dots, of our point (0, 0).
    """

    def __init__(self, image: Image.Image, scale: float, corner: Point = (0.0, 0.0)):
        self.draw, self.scale, self.corner = ImageDraw.Draw(image), scale, corner

    def text(self, at: Point, text: str, size: float, colour: str, bold: bool = False, anchor: str = "ls") -> None:
        """Text whose letters stand on `at`; the anchors are Pillow's: "ls" begins there, "ms" is centred, "rs" ends."""
        parts = list(fonts.runs(text, round(size * self.scale), bold))
        widths = [font.getlength(part) for part, font in parts]
        x, y = self._dots(at)
        x -= {"l": 0.0, "m": sum(widths) / 2, "r": sum(widths)}[anchor[0]]
        for (part, font), width in zip(parts, widths, strict=True):
            self.draw.text((x, y), part, fill=colour, font=font, anchor=f"l{anchor[1:]}")
            x += width

    def box(
        self, corner: Point, size: Point, fill: str | None, line: str, width: float = 1.0, radius: float = 0
    ) -> None:
        """A rectangle; its line runs on the edge, half inside and half outside, as in SVG."""
        half = width / 2
        low = self._dots((corner[0] - half, corner[1] - half))
        high = self._dots((corner[0] + size[0] + half, corner[1] + size[1] + half))
        thick = max(1, round(width * self.scale))
        if radius:
            self.draw.rounded_rectangle((low, high), radius * self.scale, fill, line, thick)
        else:
            self.draw.rectangle((low, high), fill, line, thick)

    def disc(self, middle: Point, radius: float, fill: str, line: str, width: float = 1.0) -> None:
        ends = [self._dots((middle[0] + r, middle[1] + r)) for r in (-radius, radius)]
        self.draw.ellipse(ends, fill, line, max(1, round(width * self.scale)))

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        self.draw.polygon([self._dots(point) for point in points], fill)

    def line(self, points: Sequence[Point], colour: str, width: float, dash: tuple[float, float] | None = None) -> None:
        """A line through points; `dash` has the lengths of a dash and of a gap."""
        thick = max(1, round(width * self.scale))
        for part in _dashes(points, *dash) if dash else [points]:
            self.draw.line([self._dots(point) for point in part], colour, thick, joint="curve")

    def _dots(self, point: Point) -> Point:
        return self.corner[0] + point[0] * self.scale, self.corner[1] + point[1] * self.scale


def bezier(points: Sequence[Point]) -> list[Point]:
    """Points on cubic Bézier curves: a first point, and three more for each curve."""
    found = [points[0]]
    for k in range(0, len(points) - 3, 3):
        ends = points[k : k + 4]
        for step in range(1, PIECES + 1):
            t = step / PIECES
            shares = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            x, y = (sum(share * end[axis] for share, end in zip(shares, ends, strict=True)) for axis in (0, 1))
            found.append((x, y))
    return found


def _dashes(points: Sequence[Point], dash: float, gap: float) -> list[list[Point]]:
    """The parts of a line that are drawn."""
    parts: list[list[Point]] = [[points[0]]]
    drawn, left = True, dash
    for start, end in pairwise(points):
        length = hypot(end[0] - start[0], end[1] - start[1])
        at = 0.0
        while length - at > left:
            at += left
            point = (start[0] + (end[0] - start[0]) * at / length, start[1] + (end[1] - start[1]) * at / length)
            if drawn:
                parts[-1].append(point)
            else:
                parts.append([point])
            drawn, left = not drawn, gap if drawn else dash
        left -= length - at
        if drawn:
            parts[-1].append(end)
    return [part for part in parts if len(part) > 1]
