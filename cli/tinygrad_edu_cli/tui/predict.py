"""The place of predict mode, in which the screen asks for the next gradient before it shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .stepping import Stepping


def predict(screen: Stepping) -> None:
    """Ask for the contribution of the next step, judge the answer, and take the step."""
    screen.say("predict mode is not there yet")
