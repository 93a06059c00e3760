"""Driving the live screen without a terminal: Textual's Pilot types, and we read what it would show."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from tinygrad_edu.train.events import Event
from tinygrad_edu_cli.live.app import LiveApp
from tinygrad_edu_cli.live.driver import Driver
from tinygrad_edu_cli.live.report import LiveReport
from tinygrad_edu_cli.training import session as sessions
from tinygrad_edu_cli.training.config import DEFAULTS, RunConfig
from tinygrad_edu_cli.training.session import Session

from .shown import shows

PATIENCE = 60  # seconds: a guard against hanging
SIZE = (100, 26)
SMALL: dict[str, Any] = {"data": "moons", "n": 100, "net": (2, 4, 1), "epochs": 6, "batch_size": 32}


def session_of(record: Path | None = None, **settings: Any) -> Session:
    """A run of a moment."""
    options = {**dict.fromkeys(field.name for field in fields(RunConfig)), **DEFAULTS, **SMALL, **settings}
    return sessions.started(RunConfig(**options), record, None)


class Watching:
    """The live screen while it runs, paused before its first update."""

    def __init__(self, app: LiveApp, pilot: Pilot[None], events: list[Event]):
        self.app, self.pilot, self.events = app, pilot, events
        self.screen, self.live, self.driver = app.run_screen, app.run_screen.live, app.run_screen.driver

    async def press(self, *keys: str) -> None:
        """Type, and wait until all that a key asked for is done."""
        for key in keys:
            self.app.simulate_key(key)
            await self.pilot.pause(0)
            await self.settled()

    async def settled(self) -> None:
        """Until the loop waits for a key."""
        await self.when(lambda: self.screen.loop.is_waiting)

    async def when(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not true():
            if self.app.failure or time.monotonic() > end:
                raise self.app.failure or AssertionError(f"never came to this:\n{self.text}")
            await self.pilot.pause(0.002)  # the thread that works shall not fight for Python's lock with who only waits

    async def type(self, text: str) -> None:
        """Write in the window that asks, and press Enter."""
        await self.pilot.press(*text, "enter")
        await self.settled()

    async def until(self, *expected: str) -> None:
        """Wait for the screen to show all of the texts (blanks and line breaks do not count)."""
        await self.when(lambda: shows(self.text, expected))

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def hint(self) -> str:
        """What a window says below the question."""
        return str(self.app.screen.query_one("#hint", Static).render())

    @property
    def weights(self) -> bytes:
        return weights_of(self.driver.run.model)


def weights_of(model: Any) -> bytes:
    return b"".join(parameter.numpy().tobytes() for parameter in model.parameters())


@asynccontextmanager
async def watching(
    session: Session | None = None, size: tuple[int, int] = SIZE, running: bool = False, **settings: Any
) -> AsyncIterator[Watching]:
    """A run on a screen of a fixed size."""
    session = session or session_of(**settings)
    report, events = LiveReport(session), []

    def watch(event: Event) -> None:
        events.append(event)
        report.watch(event)

    app = LiveApp(Driver(session), watch, report.live)
    app.run_screen.loop.running = running
    async with app.run_test(size=size) as pilot:
        watched = Watching(app, pilot, events)
        await watched.until("q" if size[0] >= 40 else "")
        yield watched
