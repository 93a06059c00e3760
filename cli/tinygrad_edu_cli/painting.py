"""Grids on a terminal: in which look, and as what its libraries take."""

from __future__ import annotations

import os
from functools import lru_cache

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from tinygrad_edu_viz.canvas.grid import OWN, Grid, Look
from tinygrad_edu_viz.canvas.grid import Style as CellStyle
from tinygrad_edu_viz.canvas.inks import BLACK, WHITE

from . import output


def look(coding: str | None = None) -> Look:
    """What a terminal can show: colours unless NO_COLOR says no; ASCII where its encoding lacks characters.

    Args:
        coding: the encoding of the stream that is drawn on; None is that of the standard output.
    """
    return Look(colour=not os.environ.get("NO_COLOR"), ascii=output.is_ascii(coding))


def segments(grid: Grid) -> list[list[Segment]]:
    """The rows of a grid as Rich and Textual take them."""
    return [[Segment(text, _rich(style)) for text, style in row] for row in grid.rows()]


def say(grid: Grid) -> None:
    """Print a grid on the standard output: in its colours on a dark field if that is a terminal that has them."""
    if output.has_colour():
        ground = Style(color=f"#{WHITE:06x}", bgcolor=f"#{BLACK:06x}")  # its colours are too light for a white one
        rows = [[*Segment.apply_style(row, ground), Segment.line()] for row in segments(grid)]
        Console().print(Segments([piece for row in rows for piece in row]), end="", soft_wrap=True)
    else:
        output.say("\n".join(grid.text()))


@lru_cache(8192)
def _rich(style: CellStyle) -> Style:
    ink, paper = (None if colour == OWN else f"#{colour:06x}" for colour in style[:2])
    return Style(color=ink, bgcolor=paper, bold=style.bold or None)
