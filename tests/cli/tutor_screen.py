"""Driving the tutor's screen without a terminal, in a folder that a test may do with what it likes."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tinygrad_edu_cli.tutor.screen.app import Tutor
from tinygrad_edu_cli.tutor.screen.reader import Reader
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.learning.session import Session
from tinygrad_edu_tutorials.learning.workspace import NAME, Workspace
from tinygrad_edu_tutorials.running import forked
from tinygrad_edu_words import speaking

from .full_screen import Driven
from .shown import shows

SIZE = (80, 24)
PATIENCE = 60  # seconds for a check, on a machine that has much else to do
LESSON = "02-perceptron"
CURVE, NEURON, GATES = 3, 4, 5
"""Pages of the lesson: one with two predictions, and two with an exercise."""


class Learner(Driven):
    """Who sits at the screen."""

    def __init__(self, app: Tutor, pilot: Pilot[None], root: Path):
        self.app, self.pilot, self.root = app, pilot, root

    @property
    def reader(self) -> Reader:
        return self.app.reader

    @property
    def state(self) -> dict[str, Any]:
        """What the folder remembers."""
        return dict(json.loads((self.root / NAME).read_text(encoding="utf-8")))

    @property
    def whole(self) -> str:
        """All of the page, also what is out of sight, without line breaks."""
        column = self.reader.query_one("#column")
        return " ".join(str(child.render()) for child in column.walk_children() if not child.children)

    async def until(self, *expected: str) -> None:
        """As that of `Driven`, with patience for other processes."""
        await self.wait(lambda: shows(self.text, expected), expected)

    async def wait(self, is_so: Callable[[], Any], what: object = "") -> None:
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end, f"never saw {what} on:\n{self.text}"
            await self.pilot.pause(0.01)

    async def answer(self, text: str) -> None:
        """To the first open prediction, in a field that may hold another answer."""
        await self.press("p")
        self.reader.query("Prediction Input:focus").only_one().value = text  # type: ignore[attr-defined]
        await self.press("enter")

    def file(self, exercise: str, lesson: str = LESSON) -> Path:
        return self.root / lesson / f"{exercise}.py"


def solution(exercise: str, lesson: str = LESSON, language: str = "en") -> str:
    return library.lesson(lesson, language).one("program", exercise).text


@asynccontextmanager
async def tutor(
    root: Path, lesson: str = LESSON, page: int = 1, language: str = "en", size: tuple[int, int] = SIZE
) -> AsyncIterator[Learner]:
    """The screen at a page, in a new folder, or in one that is there already."""
    forked.prepare()
    session = Session.find(root, language) if (root / NAME).exists() else Session(Workspace.make(root, language))
    assert session is not None
    with speaking(language):
        app = Tutor(session, session.read(lesson, page))
        async with app.run_test(size=size) as pilot:
            learner = Learner(app, pilot, root)
            await learner.until(f"{page}/")
            yield learner
