"""The application: the tutor as long as the screen is taken over."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import events
from textual.theme import Theme
from textual.widgets import Input

from tinygrad_edu_tutorials.learning.session import Page, Session

from ...tui.app import FullScreen
from .desk import Desk
from .reader import Reader

INK = Theme(
    "tutor",
    primary="#56b4e9",
    secondary="#e69f00",
    warning="#e69f00",
    success="#4dd0a8",
    foreground="#e8eaed",
    background="#101418",
    surface="#101418",
    panel="#26303a",
    dark=True,
)
"""Okabe and Ito's colours, as those of the other screens."""


class Tutor(FullScreen):
    """The tutor on the whole screen.

    Args:
        session, page, left, message: see `show`.
    """

    CSS_PATH: ClassVar[list[Path]] = [  # type: ignore[assignment]  # Textual takes a list, too
        Path(__file__).parents[2] / "tui/stepper.tcss",
        Path(__file__).with_name("tutor.tcss"),
    ]

    def __init__(self, session: Session, page: Page, left: Page | None = None, message: str = ""):
        super().__init__()
        self.register_theme(INK)
        self.theme = INK.name
        self.reader = Reader(Desk(session), page, left, message)

    def get_default_screen(self) -> Reader:
        """The screen that is there from the start."""
        return self.reader

    def on_key(self, event: events.Key) -> None:
        """A field takes what was typed for it before it had the focus: `p`, a digit and Enter may come in one read, and
        then all of them went to what had it."""
        if isinstance(self.focused, Input) and event.is_printable and event.character:
            event.prevent_default()
            self.focused.replace(event.character, *self.focused.selection)
