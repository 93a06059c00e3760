"""A run on the whole screen, as one of the ways to report it. The lines of `--plain` stay when the screen is left."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tinygrad_edu.train.events import EndEvent, Event, UndoEvent
from tinygrad_edu_viz.training.progress import Progress, title_of

from ..training.interrupts import follow
from ..training.layer_looks import LayerRow
from ..training.plain_report import PlainReport
from ..training.progress_report import ProgressLine, ProgressReport
from ..training.session import Report, Session, Watch
from .app import LiveApp
from .driver import Driver
from .live import Live


class HeldLines(ProgressReport):
    """Lines that wait until they are released, and come as they are said from then on."""

    def __init__(self, session: Session):
        super().__init__(session.run, session.history)
        self._held: list[str] | None = []
        self._kept = 0  # of the held lines, those from before the last end

    def watch(self, event: Event) -> None:
        """As the others; of an end that was undone nothing is said."""
        if self._held is None:
            super().watch(event)
            return
        if isinstance(event, EndEvent):
            self._kept = len(self._held)
        elif isinstance(event, UndoEvent) and self.history.end is not None:
            del self._held[self._kept :]
        PlainReport.watch(self, event)  # without the line that moves

    def say(self, text: str) -> None:
        if self._held is None:
            super().say(text)
        else:
            self._held.append(text)

    def release(self) -> None:
        """Print what was held, if it was not printed yet."""
        if self._held is None:
            return
        held, self._held = self._held, None
        self.line = ProgressLine(self.line.epochs)  # whose clock begins here
        for line in held:
            self.say(line)


class LiveReport:
    """Shows a run on the whole screen, and prints its lines when the screen is left.

    Attributes:
        live: what is shown.
        app: the screen, while it is there.
    """

    def __init__(self, session: Session):
        config = session.run.config
        title = title_of(config.to_json())
        self.live = Live(Progress.of_history(session.history, title, config.epochs or 0, config.patience))
        self.app: LiveApp | None = None
        self._lines = HeldLines(session)

    def start(self) -> None:
        """Begin."""
        self._lines.start()

    def watch(self, event: Event) -> None:
        """Note an event for the screen, and for the lines that come after it."""
        self.live.watch(event)
        if isinstance(event, EndEvent):
            self._set_clock()
            layers = [LayerRow(*row[:3], *row[-2:]) for row in self.live.layers]
            self._lines.look(self.live.progress.epoch, layers)
        self._lines.watch(event)

    def look(self, epoch: int, layers: Sequence[LayerRow]) -> None:
        """Nothing: the screen looks at the layers itself."""

    def close(self) -> None:
        """Print what was not printed, and leave no line that moves behind."""
        self._lines.release()
        self._lines.close()

    def drive(self, session: Session, report: Report, watch: Watch) -> None:
        """Show the screen until it is left; then end the run, or let it go on in lines."""
        driver = Driver(session)
        report.start()
        self.app = app = LiveApp(driver, watch, self.live)
        app.run()
        self._set_clock()
        self.app = None
        if app.failure is not None:
            raise app.failure
        if driver.ended is not None:
            return
        if app.run_screen.goes_on:
            self._lines.release()
            follow(driver.events, watch)
        else:
            for event in driver.interrupt():
                watch(event)

    def _set_clock(self) -> None:
        """The run took as long as it and the screen have worked, without the time that it waited."""
        if self.app is not None:
            pace = self.app.run_screen.loop.pace
            self._lines.started = time.monotonic() - pace.training - pace.screen
