"""A recorded run as a film: the state of the screen at each of its moments, forward and back, from its events alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tinygrad_edu.train.events import Event
from tinygrad_edu_viz.training.progress import Progress

from .live import Live

SECONDS = 20.0  # that a film takes at its first speed
SLOWEST, FASTEST = 0.25, 1000.0  # moments a second


class Film:
    """What was recorded of a run, moment by moment: the end of an epoch, a setting changed by hand, a way back.

    Args:
        events: as they were recorded.
        title, epochs, patience: of the run, for its `Progress`.
    Attributes:
        moments: how many of the events have happened at each moment; moment 0 is before the first epoch.
    """

    def __init__(self, events: Iterable[Event], title: str = "", epochs: int = 0, patience: int | None = None):
        self.events = list(events)
        self.title, self.epochs, self.patience = title, epochs, patience
        self.moments = [*starts(self.events), len(self.events)]
        self._live, self._seen = self._blank(), 0

    @property
    def last(self) -> int:
        """The number of the last moment."""
        return len(self.moments) - 1

    def at(self, moment: int) -> Live:
        """The state at a moment."""
        seen = self.moments[min(max(moment, 0), self.last)]
        if seen < self._seen:
            self._live, self._seen = self._blank(), 0
        for event in self.events[self._seen : seen]:
            self._live.watch(event)
        self._seen = seen
        self._live.status = "replay"
        return self._live

    def of_epoch(self, epoch: int) -> int:
        """The last moment that is the end of an epoch, or of an earlier one where the run has no such epoch."""
        found = 0
        for moment, (start, end) in enumerate(zip(self.moments, self.moments[1:], strict=False), 1):
            if any(event.kind == "epoch" and event.epoch <= epoch for event in self.events[start:end]):
                found = moment
        return found

    def _blank(self) -> Live:
        return Live(Progress(self.title, self.epochs, self.patience), "replay", "replay")


def starts(events: Sequence[Any]) -> list[int]:
    """Where each moment begins: with an epoch, or with something done by hand; what is told of an epoch belongs to it,
    and what was told before the first one to the beginning."""
    return [k for k, event in enumerate(events) if event.kind in ("epoch", "steer", "undo")]


def lasting(events: Iterable[Any]) -> list[Any]:
    """The events without those that were undone, and without the ways back."""
    found: list[Any] = []
    for event in events:
        if event.kind == "undo":
            found = [before for before in found if before.epoch <= event.epoch]
        else:
            found.append(event)
    return found


class Projector:
    """Where films stand, and how they move: several are in lock step.

    Attributes:
        position: the moment, from 0 to `last`.
        speed: moments a second.
        direction: 1 or -1.
        playing: whether they move by themselves.
    """

    def __init__(self, films: Sequence[Film]):
        self.films = films
        self.last = max(film.last for film in films)
        self.position, self.direction, self.playing = 0, 1, True
        self.speed = min(max(self.last / SECONDS, 2.0), FASTEST)
        self._part = 0.0  # of a moment, that has gone by since the last one

    @property
    def lives(self) -> list[Live]:
        """What the films show."""
        return [film.at(self.position) for film in self.films]

    def go(self, position: int) -> None:
        """To a moment; there it stands still."""
        self.position, self.playing, self._part = min(max(position, 0), self.last), False, 0.0

    def play(self) -> None:
        """Move, or stand still; at its end a film begins again."""
        self.playing = not self.playing
        at_end = self.position == (self.last if self.direction > 0 else 0)
        if self.playing and at_end:
            self.position = 0 if self.direction > 0 else self.last

    def faster(self, factor: float) -> None:
        """Change the speed by a factor."""
        self.speed = min(max(self.speed * factor, SLOWEST), FASTEST)

    def turn(self) -> None:
        """Go the other way."""
        self.direction = -self.direction
        self.playing = True

    def pass_time(self, seconds: float) -> bool:
        """Let time go by; whether another moment is there."""
        if not self.playing:
            return False
        self._part += seconds * self.speed
        whole = int(self._part)
        self._part -= whole
        before = self.position
        self.position = min(max(self.position + self.direction * whole, 0), self.last)
        if self.position == (self.last if self.direction > 0 else 0):
            self.playing = False
        return self.position != before
