"""Where a person is in a trace: between two of its events. Knows no screen and no keys."""

from __future__ import annotations

from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.recorded import Event


class Player:
    """A position in a trace.

    `position` counts the events that have happened: 0 is before the first one.
    """

    def __init__(self, trace: Trace):
        self.trace = trace
        self.position = 0

    @property
    def event(self) -> Event | None:
        """The event that happened last; None at the start."""
        return self.trace.events[self.position - 1] if self.position else None

    @property
    def at_start(self) -> bool:
        return self.position == 0

    @property
    def at_end(self) -> bool:
        return self.position == len(self.trace.events)

    def forward(self) -> None:
        """One event onwards; stays at the end."""
        self.position = min(self.position + 1, len(self.trace.events))

    def back(self) -> None:
        """One event back; stays at the start."""
        self.position = max(self.position - 1, 0)

    def to_start(self) -> None:
        self.position = 0

    def to_end(self) -> None:
        self.position = len(self.trace.events)
