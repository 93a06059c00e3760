"""Windows over the screen: one that asks for a line of text, and one to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tinygrad_edu_words import _

from .lines import Lines, plain_strips


class Ask(ModalScreen[None]):
    """Asks for a line of text.

    Args:
        answer: takes what was typed, and returns what is wrong with it: then the question stays.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "cancel")]

    def __init__(self, question: str, answer: Callable[[str], str]):
        super().__init__()
        self.question, self.answer = question, answer

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            yield Static(self.question, markup=False)
            yield Input(compact=True)
            yield Static(_("Enter: yes   Esc: no"), id="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the answer on; close, unless something is wrong with it."""
        text = event.value.strip()
        wrong = self.answer(text) if text else ""
        if wrong:
            self.query_one("#hint", Static).update(wrong)
        else:
            self.dismiss()


class Page(Lines, can_focus=True):
    """Lines that the arrow keys scroll."""


class Reading(ModalScreen[None]):
    """Lines to read, under a title."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,question_mark", "dismiss", "close")]

    def __init__(self, title: str, lines: list[str]):
        super().__init__()
        self.heading, self.body = title, lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="window large"):
            yield Static(self.heading, id="heading", markup=False)
            page = Page(id="page")
            page.put(plain_strips(self.body))
            yield page
            yield Static(_("arrows: scroll   Esc: close"), id="hint", markup=False)
