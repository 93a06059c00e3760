"""A run on the whole screen, as one of the ways to report it. The lines of `--plain` stay when the screen is left."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tinygrad_edu.train.events import BatchEvent, Event
from tinygrad_edu_viz.training.progress import Progress, title_of

from ..training.interrupts import follow
from ..training.layer_looks import LayerRow
from ..training.plain_report import PlainReport
from ..training.progress_report import ProgressReport
from ..training.session import Report, Session, Watch
from .app import LiveApp
from .driver import Driver
from .live import Live


class LiveReport:
    """Shows a run on the whole screen, and prints its lines when the screen is left.

    Attributes:
        app: the screen, from `drive` on.
    """

    def __init__(self, session: Session):
        self.session = session
        config = session.run.config
        self.live = Live(
            Progress.of_history(session.history, title_of(config.to_json()), config.epochs or 0, config.patience)
        )
        self.app: LiveApp | None = None
        self._events: list[Event] = []  # that have no lines yet
        self._lines: PlainReport | None = None

    def start(self) -> None:
        """Nothing: the lines come when the screen is left."""

    def watch(self, event: Event) -> None:
        """Note an event for the screen, and for the lines that come after it."""
        if self._lines is not None:
            self._lines.watch(event)
            return
        self.live.watch(event)
        if not isinstance(event, BatchEvent):
            self._events.append(event)

    def look(self, epoch: int, layers: Sequence[LayerRow]) -> None:
        """Note what the layers look like, for the lines."""
        if self._lines is not None:
            self._lines.look(epoch, layers)

    def close(self) -> None:
        """Print what was not printed, and leave no line that moves behind."""
        (self._lines or self._printed(PlainReport)).close()

    def drive(self, session: Session, report: Report, watch: Watch) -> None:
        """Show the screen until it is left; then end the run, or let it go on in lines."""
        driver = Driver(session)
        self.app = app = LiveApp(driver, watch, self.live)
        app.run()
        if app.failure is not None:
            raise app.failure
        if driver.ended is not None:
            return
        if app.run_screen.goes_on:
            self._printed(ProgressReport)
            follow(driver.events, watch)
        else:
            for event in driver.interrupt():
                watch(event)

    def _printed(self, kind: type[PlainReport]) -> PlainReport:
        """The lines, with all that they have to say by now."""
        self._lines = lines = kind(self.session.run, self.session.history)
        if self.app is not None:
            pace = self.app.run_screen.loop.pace
            lines.started = time.monotonic() - pace.training - pace.screen
        lines.start()
        lines.look(self.live.progress.epoch, [LayerRow(*row[:3], *row[-2:]) for row in self.live.layers])
        for event in self._events:
            lines.watch(event)
        return lines
