"""A landscape in the cells of a terminal."""

from __future__ import annotations

import shutil

import click

from tinygrad_edu_viz.canvas.grid import Grid, Look
from tinygrad_edu_viz.canvas.slope import Descent, slope
from tinygrad_edu_viz.canvas.surface import Trail, surface
from tinygrad_edu_viz.landscapes import words
from tinygrad_edu_viz.landscapes.landscape import Landscape

from .. import output, painting
from ..terminal_width import wrap

WIDEST, HIGHEST, LOWEST = 120, 42, 8  # cells of the map


def show(coarse: Landscape, shape: tuple[int, int]) -> Landscape:
    """Print a landscape, and over it the same again with more places, `shape`; that one is returned."""
    columns, rows = shutil.get_terminal_size()
    width = max(min(columns - 1, WIDEST), 1)
    below = [line for sentence in words.below(coarse) for line in wrap(sentence, width, indent=2)]
    height = max(min(rows - len(below) - 2, HIGHEST), LOWEST)
    has_room = height + len(below) < rows
    if has_room:
        painting.say(draw(coarse, width, height))
    fine = coarse.finer(shape)
    if has_room:
        click.echo(f"\x1b[{height}A\r", nl=False)
    painting.say(draw(fine, width, height))
    for line in below:
        output.say(line)
    return fine


def draw(landscape: Landscape, width: int, height: int, look: Look | None = None) -> Grid:
    """The map, or the curve."""
    look = look or painting.look()
    labels = [f"{trail.name}: {words.short(float(trail.losses[-1]))}" for trail in landscape.trails]
    if landscape.is_curve:
        descents = [
            Descent(label, trail.places[:, 0], trail.below)
            for label, trail in zip(labels, landscape.trails, strict=True)
        ]
        axis = landscape.plane.names[0]
        return slope(
            width, height, landscape.sides[0], landscape.losses, descents, title=landscape.title, axis=axis,
            log=landscape.bands.log, look=look,
        )  # fmt: skip
    x, y = landscape.sides
    trails = [Trail(label, trail.places) for label, trail in zip(labels, landscape.trails, strict=True)]
    box = float(x[0]), float(x[-1]), float(y[0]), float(y[-1])
    return surface(
        width, height, landscape.losses[::-1], box, trails, title=landscape.title, edges=landscape.bands.edges,
        look=look,
    )  # fmt: skip
