"""How the time is shared between the run and the screen."""

from __future__ import annotations

from dataclasses import dataclass

SLICE = 0.02  # seconds of training between two looks at the keyboard
SHARE = 0.08  # of the time that the screen may take
FASTEST = 1 / 15  # seconds between two frames, at least


@dataclass
class Pace:
    """The time of the run and of the screen, in seconds.

    Attributes:
        training: time spent computing.
        screen: all else that the loop did, drawing above all; without the time in which the run waits.
        frames: how many pictures there were.
        longest: the longest time that the keyboard waited for the run.
    """

    training: float = 0.0
    screen: float = 0.0
    frames: int = 0
    longest: float = 0.0
    _last: float = float("-inf")

    def is_due(self, now: float) -> bool:
        """Whether there is time for a frame."""
        return now - self._last >= FASTEST and self.screen <= SHARE * (self.training + self.screen)

    def drawn(self, now: float) -> None:
        """A frame was drawn."""
        self._last, self.frames = now, self.frames + 1
