"""Driving the full screen without a terminal: Textual's Pilot types, and we read what it would show."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tinygrad_edu_cli.subject import Subject, open_source
from tinygrad_edu_cli.tui.app import Stepper
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.player import Player

from .shown import shows

SIZE = (100, 30)


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a test that awaits."""

    @functools.wraps(test)
    def run(*arguments: Any, **settings: Any) -> None:
        asyncio.run(test(*arguments, **settings))

    return run


class Driven:
    """The application while it runs."""

    def __init__(self, app: Stepper, pilot: Pilot[None]):
        self.app, self.pilot = app, pilot
        self.player: Any = app.stepping.mover

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.app.simulate_key(key)
            await self.pilot.pause(0)  # until all widgets have done what they were told

    def go(self, position: int) -> None:
        """Be at a position, however one gets there."""
        self.player.go(position)
        self.app.stepping.show()

    async def type(self, text: str) -> None:
        """Write in the window that asks, and press Enter."""
        await self.pilot.press(*("space" if char == " " else char for char in text), "enter")

    async def until(self, *expected: str) -> None:
        """Wait for the screen to show all of the texts (blanks and line breaks do not count)."""
        for _ in range(200):
            if shows(self.text, expected):
                return
            await self.pilot.pause(0)
        raise AssertionError(f"never saw {expected} on:\n{self.text}")

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def find(self, text: str) -> tuple[int, int]:
        """(column, row) of a text on the screen."""
        return next((line.index(text), row) for row, line in enumerate(self.lines) if text in line)


@asynccontextmanager
async def full_screen(subject: Subject | None = None, size: tuple[int, int] = SIZE) -> AsyncIterator[Driven]:
    """The stepper on a screen of a fixed size; a perceptron of 15 steps if nothing else is given."""
    subject = subject or open_source("sigmoid(w1*x1 + w2*x2 + b)", ["w1=3", "x1=-1", "w2=-2", "x2=2", "b=1"])
    app = Stepper(subject, CoursePlayer(subject.course) if subject.course else Player(subject.trace))
    async with app.run_test(size=size) as pilot:
        driven = Driven(app, pilot)
        await driven.until("START 0/" if size[0] >= 40 else "")
        yield driven
