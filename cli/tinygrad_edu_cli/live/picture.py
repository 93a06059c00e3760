"""The picture beside the curves: what the model answers, or what its hidden units do."""

from __future__ import annotations

from tinygrad_edu_viz.canvas.grid import Grid, Look
from tinygrad_edu_viz.canvas.pictures import Answers, picture
from tinygrad_edu_viz.training.answers import hidden_units, picture_of
from tinygrad_edu_words import _

from .driver import Driver


class Picture:
    """Asks the model, and draws what it answers, in a width and a height.

    Attributes:
        may_look: whether the model may be asked; otherwise the last picture is seen again.
    """

    def __init__(self, driver: Driver, look: Look):
        run, self.look, self.may_look = driver.run, look, True
        parts = run.dataset, run.train, run.held_out
        self._answers: Answers = picture_of(run.model, *parts, driver.engine.objective, run.standardizer)
        self._units = hidden_units(run.model, *parts[1:], run.standardizer)
        self._shows_units, self._last = False, Grid(0, 0, look)

    def switch(self) -> str:
        """The hidden units in place of the answers, or back; or why there are none to be seen."""
        if self._units is None:
            return _("hidden units are drawn for two inputs and a hidden layer")
        self._shows_units = not self._shows_units
        return ""

    def __call__(self, width: int, height: int) -> Grid:
        if self.may_look:
            self._last = self._drawn(width, height)
        return self._last

    def _drawn(self, width: int, height: int) -> Grid:
        """What goes wrong is said in the picture's place, and must not end the run."""
        try:
            return picture(
                self._units if self._units and self._shows_units else self._answers, width, height, self.look
            )
        except Exception as error:
            grid = Grid(width, height, self.look)
            grid.put(0, 0, _("this picture cannot be drawn:"))
            grid.put(0, 1, f"{type(error).__name__}: {error}")
            return grid
