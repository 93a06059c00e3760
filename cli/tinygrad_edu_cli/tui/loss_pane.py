"""The pane with the loss of each pass, and the point that moves along it."""

from __future__ import annotations

import math

from textual.strip import Strip

from tinygrad_edu_viz.canvas.chart import Curve, Mark, chart
from tinygrad_edu_viz.canvas.inks import BLUE, CHANGED, GREY
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.readable import number

from .. import painting
from . import look
from .lines import Lines

WIDE = 50  # the largest loss in units of the smallest, from which on the scale is logarithmic


class LossPane(Lines):
    """The losses so far, and those ahead as a pale curve; the axis counts the passes."""

    def __init__(self, player: CoursePlayer, id: str | None = None):
        super().__init__(id=id)
        self.player = player

    def show(self) -> None:
        """Draw the curve up to the pass that we are in."""
        here, losses = self.player.pass_index, self.player.course.losses
        width, height = self.scrollable_content_region.size
        curves = [Curve("loss", losses[: here + 1], BLUE), Curve("ahead", losses[here:], GREY, "pale", here + 1)]
        grid = chart(
            *(width, height, curves),
            title=look.shown(f"pass {here + 1}: {number(losses[here], 4)}"),
            marks=[Mark(here + 1, "▲", CHANGED)],
            end=len(losses),
            log=_spans_much(losses),
            point=(here + 1, losses[here]),
            look=painting.look(look.coding()),
        )
        self.put([*map(Strip, painting.segments(grid))])


def _spans_much(losses: list[float]) -> bool:
    """Whether the small ones would all be one line on an even scale."""
    finite = [loss for loss in losses if math.isfinite(loss)]
    return bool(finite) and min(finite) > 0 and max(finite) > WIDE * min(finite)
