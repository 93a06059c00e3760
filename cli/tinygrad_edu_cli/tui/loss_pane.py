"""The pane with the curve of the loss, and the point that moves along it."""

from __future__ import annotations

import math

import numpy as np
from textual.strip import Strip

from tinygrad_edu_viz.canvas.chart import Curve, Mark, chart
from tinygrad_edu_viz.canvas.grid import Grid
from tinygrad_edu_viz.canvas.inks import BLUE, CHANGED, GREY
from tinygrad_edu_viz.canvas.slope import Descent, slope
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.courses.valley import valley
from tinygrad_edu_viz.readable import number
from tinygrad_edu_words import _

from .. import painting
from . import look
from .lines import Lines

WIDE = 50  # the largest loss in units of the smallest, from which on the scale is logarithmic


class LossPane(Lines):
    """Where one number is learned, the loss along it, and the steps down that valley: S is the start, A where we are.

    Else the loss of each pass so far, with those ahead as a pale curve; the axis counts the passes.
    """

    def __init__(self, player: CoursePlayer, id: str | None = None):
        super().__init__(id=id)
        self.player = player
        self.valley = valley(player.course)

    def on_mount(self) -> None:
        self.border_title = _("loss after each update")
        if self.valley:
            self.border_title = _("loss along {name}").format(name=self.valley.name)

    def show(self) -> None:
        """Draw the curve, and the point where we are."""
        here, losses = self.player.pass_index, self.player.course.losses
        title = look.shown(f"{_('pass {n}').format(n=here + 1)}: {number(losses[here], 4)}")
        width, height = self.scrollable_content_region.size
        grid = self._valley(width, height, title) if self.valley else self._passes(width, height, title)
        self.put([*map(Strip, painting.segments(grid))])

    def _valley(self, width: int, height: int, title: str) -> Grid:
        assert self.valley is not None
        done = self.player.pass_index + 1 + bool(self.player.updates)  # an update has moved the point already
        places, losses = self.valley.places[:done], np.array(self.player.course.losses[:done])
        descent = Descent(_("where we are"), places, losses)
        return slope(
            *(width, height, self.valley.x, self.valley.losses, [descent]),
            title=title,
            axis=look.shown(self.valley.name),
            look=painting.look(look.coding()),
        )

    def _passes(self, width: int, height: int, title: str) -> Grid:
        here, losses = self.player.pass_index, self.player.course.losses
        curves = [Curve(_("loss"), losses[: here + 1], BLUE), Curve(_("ahead"), losses[here:], GREY, "pale", here + 1)]
        return chart(
            *(width, height, curves),
            title=title,
            marks=[Mark(here + 1, "▲", CHANGED)],
            end=len(losses),
            log=_spans_much(losses),
            point=(here + 1, losses[here]),
            look=painting.look(look.coding()),
        )


def _spans_much(losses: list[float]) -> bool:
    """Whether the small ones would all be one line on an even scale."""
    finite = [loss for loss in losses if math.isfinite(loss)]
    return bool(finite) and min(finite) > 0 and max(finite) > WIDE * min(finite)
