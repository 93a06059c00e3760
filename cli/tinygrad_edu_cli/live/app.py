"""The application: a run that fills the screen."""

from __future__ import annotations

from collections.abc import Callable

from tinygrad_edu.train.events import Event

from ..tui.app import FullScreen
from .driver import Driver
from .live import Live
from .run_screen import RunScreen


class LiveApp(FullScreen):
    """A run on the whole screen.

    Args:
        driver, watch, live: see `RunScreen`.
    Attributes:
        failure: what went wrong with the run, to be told when the screen is left.
    """

    CSS = "RunScreen { background: #101418; color: #e8eaed; } CanvasPane { width: 100%; height: 100%; }"

    def __init__(self, driver: Driver, watch: Callable[[Event], None], live: Live):
        super().__init__()
        self.failure: Exception | None = None
        self.run_screen = RunScreen(driver, watch, live, self.leave)

    def get_default_screen(self) -> RunScreen:
        """The screen that is there from the start."""
        return self.run_screen

    def leave(self, failure: Exception | None) -> None:
        """Give the terminal back."""
        self.failure = failure
        self.exit()

    def action_interrupt(self) -> None:
        """As q: the run ends between two updates."""
        self.run_screen.action_quit()
