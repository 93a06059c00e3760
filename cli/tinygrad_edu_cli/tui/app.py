"""The application: what lasts as long as the screen is taken over."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.player import Player

from ..errors import INTERRUPTED
from ..subject import Subject
from . import look
from .course_screen import CourseStepping
from .signals import ENDING
from .step_screen import Stepping


class FullScreen(App[None]):
    """What every full screen does. Its return code is 130 if it was interrupted."""

    CSS_PATH = Path(__file__).with_name("stepper.tcss")  # also where a class of another folder is derived
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", "quit", priority=True),
        Binding("ctrl+z", "suspend_process", "to the shell", priority=True),  # `fg` comes back
    ]

    def __init__(self) -> None:
        super().__init__()
        self.animation_level = "none"  # each key shows its result at once, also over a slow line
        self.filters = look.filters()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What each line goes through on its way to the terminal."""
        return [*super().get_line_filters(), *self.filters]

    def on_mount(self) -> None:
        """Leave the terminal as it was also when a signal asks to end; draw all of it when `fg` comes back."""
        self.app_resume_signal.subscribe(self, lambda _app: self.refresh(layout=True))
        if not self.is_headless:
            with suppress(NotImplementedError):  # on Windows
                for number in ENDING:
                    if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup, and in a script's background
                        asyncio.get_running_loop().add_signal_handler(number, self.action_interrupt)

    def on_resize(self) -> None:
        """Draw all of it: a window that was smaller for a moment, and that is as large again, has lost some."""
        self.refresh(layout=True)

    def action_interrupt(self) -> None:
        self.exit(return_code=INTERRUPTED)


class Stepper(FullScreen):
    """The full-screen stepper."""

    def __init__(self, subject: Subject, player: Player | CoursePlayer):
        super().__init__()
        self.stepping = (
            CourseStepping(subject, player) if isinstance(player, CoursePlayer) else Stepping(subject, player)
        )

    def get_default_screen(self) -> Stepping:
        """The screen that is there from the start."""
        return self.stepping
