"""A landscape as lines of text, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_edu.train.events import plain as json_number
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_viz.landscapes import words
from tinygrad_edu_viz.landscapes.landscape import Landscape, WalkedTrail

from ..terminal_width import room, wrap


def lines(landscape: Landscape) -> Iterator[str]:
    """All facts of the map, for a pipe, a screen reader and an email."""
    yield landscape.title
    for trail in landscape.trails:
        yield ""
        yield from wrap(f"{trail.letter} {words.summary(trail)}", room(), indent=2)
        yield from wrap(f"  {words.along(trail)}", room(), indent=2)
        if not landscape.plane.exact and len(trail) > 2:
            yield from wrap(f"  {words.halfway(trail)}", room(), indent=2)
    yield ""
    yield from wrap(words.held(landscape), room())
    yield from wrap(words.extent(landscape), room())
    yield from _table(landscape)
    for sentence in (*words.missing(landscape), *words.notes(landscape)):
        yield from wrap(sentence, room())


def _table(landscape: Landscape) -> Iterator[str]:
    """The losses of the map, in columns; the places along the axes stand above and at the left."""
    rows = list(words.table(landscape))
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(" " * (width - cell_width(cell)) + cell for cell, width in zip(row, widths, strict=True))


def to_json(landscape: Landscape) -> Iterator[dict[str, Any]]:
    """An object for each trail, and one with the map."""
    yield from map(_trail, landscape.trails)
    plane, lowest = landscape.plane, landscape.lowest
    yield {
        "kind": "landscape",
        "title": landscape.title,
        "axes": list(plane.names),
        "exact": plane.exact,
        "weights": plane.centre.size,
        "share": plane.share,
        "places": [side.tolist() for side in landscape.sides],
        "losses": _numbers(landscape.losses),
        "lowest": None if lowest is None else {"place": lowest[0].tolist(), "loss": lowest[1]},
        "notes": list(landscape.notes),
        "text": " ".join(words.below(landscape)),
    }


def _trail(trail: WalkedTrail) -> dict[str, Any]:
    return {
        "kind": "trail",
        "letter": trail.letter,
        "name": trail.name,
        "updates": trail.updates.tolist(),
        "moments": list(trail.moments),
        "places": trail.places.tolist(),
        "losses": _numbers(trail.losses),
        "below": _numbers(trail.below),
        "way": trail.way,
        "distance": trail.distance,
        "turns": trail.turns,
        "missing": trail.missing or None,
    }


def _numbers(losses: np.ndarray[Any, Any]) -> Any:
    """Nested lists, in which what is no number is null."""
    if losses.ndim > 1:
        return [_numbers(row) for row in losses]
    return [json_number(loss) for loss in losses.tolist()]
