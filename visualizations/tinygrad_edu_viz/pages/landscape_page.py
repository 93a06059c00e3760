"""A landscape as one HTML page: a surface that turns, and the trails in time; no request to anywhere.

The page holds the losses as JSON and a small program, `landscape.js` after its two other files, that draws them. It
computes nothing but where things are on the screen: the bands of the losses come from here, so that they are those of
the other faces.
"""

from __future__ import annotations

import html
from string import Template
from typing import Any

import numpy as np

from tinygrad_edu_words import N_, _

from ..canvas.inks import BANDS, TRAILS
from ..cells import clean
from ..javascript import assemble as javascript
from ..landscapes import words
from ..landscapes.bands import COUNT
from ..landscapes.landscape import Landscape, WalkedTrail
from .parts import head, packaged, packed, themed

PROGRAM = ("landscape_ground.js", "landscape_drawing.js", "landscape.js")  # one module, in this order
DIGITS = 5
CROWDED = 4.0  # times the distance: the lines of such a way are thin
LONGEST_TITLE = 500  # characters
_COLOURS = [f"#{colour:06x}" for colour in TRAILS]
_KEYS = N_(
    "Drag the surface to turn it, or press <kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> "
    "<kbd>↓</kbd> on it; <kbd>t</kbd> looks from above, <kbd>Home</kbd> aslant;"
)
_TIME = N_("<kbd>,</kbd> and <kbd>.</kbd> go back and on in time, <kbd>space</kbd> plays.")
_POINT = N_("Point at a trail or at the ground for its loss; a button with a run's name shows where it is.")


def page(landscape: Landscape, theme: str = "auto") -> str:
    """The page.

    Args:
        theme: "light", "dark", or "auto" for what the reader's system has.
    Returns:
        HTML; write it in UTF-8.
    Raises:
        ArgumentError: another theme.
    """
    style = themed(packaged("landscape.css"), theme)
    script = "\n".join([javascript.packaged(javascript.WORDS), *map(packaged, PROGRAM)])
    heading = html.escape(clean(landscape.title or _("training loss"))[:LONGEST_TITLE])
    times = _times(landscape)
    return Template(packaged("landscape.html")).substitute(
        head=head(heading, script, style),
        title=heading,
        honesty=html.escape(clean(words.caption(landscape))),
        label=html.escape(
            (
                _("The loss as a curve, with the ways of {names}")
                if landscape.is_curve
                else _("The loss as a surface, with the ways of {names}")
            ).format(names=_and([t.name for t in landscape.trails]))
        ),
        last=len(times) - 1,
        beside="" if landscape.plane.exact else f'<th scope="col">{_("on the map")}</th>',
        rows="\n".join(_row(trail, landscape.plane.exact) for trail in landscape.trails),
        facts="\n".join(f"<p>{html.escape(clean(fact))}</p>" for fact in _facts(landscape)),
        keys=" ".join(map(_, ([] if landscape.is_curve else [_KEYS]) + [_TIME, _POINT])),
        packed=packed(script, landscape=_content(landscape, times)),
    )


def _and(names: list[str]) -> str:
    return f" {_('and')} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _row(trail: WalkedTrail, exact: bool) -> str:
    """A row of the table, with the losses at the end."""
    shown = (trail.losses,) if exact else (trail.losses, trail.below)
    losses = "".join(f"<td>{words.short(float(each[-1]))}</td>" for each in shown)
    name = html.escape(clean(trail.name))
    return (
        f'<tr><th scope="row"><button type="button"><i>{trail.letter}</i><bdi>{name}</bdi></button></th>{losses}</tr>'
    )


def _facts(landscape: Landscape) -> list[str]:
    """What a reader should know, sentence by sentence."""
    summaries = [f"{words.summary(trail)}." for trail in landscape.trails]
    return [*summaries, words.extent(landscape), *words.missing(landscape), *words.notes(landscape)]


def _times(landscape: Landscape) -> list[float]:
    """All moments at which a trail has a point, in epochs or updates."""
    return np.unique(np.concatenate([trail.times for trail in landscape.trails])).tolist()


def _content(landscape: Landscape, times: list[float]) -> dict[str, Any]:
    """What `landscape.js` draws. Levels are heights, from 0 to the number of bands."""
    bands = landscape.bands
    return {
        "curve": landscape.is_curve,
        "axes": [clean(name) for name in landscape.plane.names],
        "exact": landscape.plane.exact,
        "sides": [_rounded(side) for side in landscape.sides],
        "losses": _rounded(np.atleast_2d(landscape.losses)),
        "levels": _rounded(bands.levels(np.atleast_2d(landscape.losses))),
        "bands": [f"#{colour:06x}" for colour in BANDS],
        "edges": [words.short(float(edge)) for edge in bands.edges],
        "count": COUNT,
        "times": times,
        "unit": _(landscape.trails[0].unit),
        "trails": [_trail(k, trail, landscape) for k, trail in enumerate(landscape.trails)],
    }


def _trail(k: int, trail: WalkedTrail, landscape: Landscape) -> dict[str, Any]:
    bands = landscape.bands
    return {
        "name": clean(trail.name),
        "letter": trail.letter,
        "colour": _COLOURS[k],
        "crowded": bool(trail.way > CROWDED * trail.distance),
        "places": _rounded(trail.places),
        "times": trail.times.tolist(),
        "moments": list(trail.moments),
        "losses": [words.short(loss) for loss in trail.losses.tolist()],
        "below": [words.short(loss) for loss in trail.below.tolist()],
        "levels": _rounded(bands.levels(trail.losses)),
        "belows": _rounded(bands.levels(trail.below)),
    }


def _rounded(numbers: Any) -> Any:
    """Nested lists of numbers with a few digits; null for what is none."""
    if np.ndim(numbers) > 1:
        return [_rounded(row) for row in numbers]
    return [float(f"{number:.{DIGITS}g}") if np.isfinite(number) else None for number in np.asarray(numbers).tolist()]
