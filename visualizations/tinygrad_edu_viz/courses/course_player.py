"""Where a person is in a course, and how they move: one position through all passes and updates. No screen, no keys."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

from tinygrad_edu.errors import ArgumentError

from ..player import Moves, Player
from ..recording.contents import Event
from ..views.levels import view
from .course import Course
from .update import Update

UPDATE = "update:"  # begins a breakpoint on the updates of a parameter: update:w


class CoursePlayer(Moves):
    """A position in a course, with breakpoints and a selected node, which all passes share by the ids of the nodes.

    In each pass it is a `Player`. What is known at a position follows from the position alone.

    Args:
        level: see `levels.view`.

    Attributes:
        position: how many events and updates have happened; 0 is before the first one. `length` is how many there are.
        pass_index: the pass that we are in, from 0.
        breakpoints: as those of a `Player`, and "update:NAME"s.
    """

    def __init__(self, course: Course, level: str = "auto"):
        self.course, self.level = course, level
        lengths = [len(trace.events) + len(row) for trace, row in zip(course.passes, course.updates, strict=True)]
        self.starts = [0, *accumulate(lengths)]
        self.length = self.starts[-1]
        self.breakpoints: dict[str, None] = {}
        self._players: dict[int, Player] = {}
        self.position = self.pass_index = 0

    # Where we are.

    @property
    def player(self) -> Player:
        """The player of the pass that we are in, at our place in it; at its end while the updates happen."""
        return self._player(self.pass_index)

    def _player(self, index: int) -> Player:
        if index not in self._players:
            self._players[index] = Player(self.course.passes[index], self.level)
            self._players[index].breakpoints = self.breakpoints
        player = self._players[index]
        if player.level != self.level:
            player.level, player.view = self.level, view(player.trace, self.level)
        return player

    @property
    def updates(self) -> tuple[Update, ...]:
        """The updates of this pass that have happened."""
        done = self.position - self.starts[self.pass_index] - len(self.course.passes[self.pass_index].events)
        return self.course.updates[self.pass_index][: max(done, 0)]

    @property
    def event(self) -> Event | Update | None:
        """What happened last; None at the start."""
        return self.updates[-1] if self.updates else self.player.event

    # Moving.

    def go(self, position: int) -> None:
        """To a position, or to the end that is nearer to it. The selection goes back to the active node."""
        self.position = min(max(position, 0), self.length)
        self.pass_index = max(bisect_left(self.starts, self.position) - 1, 0)
        self.player.go(self.position - self.starts[self.pass_index])

    def forward(self) -> None:
        """One step onwards; stays at the end."""
        if self.at_end:
            return
        start = self.starts[self.pass_index + 1]
        if self.position == start:  # on to the next pass
            self.go(start + self._player(self.pass_index + 1).view.stops[1])
        elif self.player.at_end:
            self.go(self.position + 1)
        else:
            self.player.forward()
            self.go(self.starts[self.pass_index] + self.player.position)

    def back(self) -> None:
        """One step back; stays at the start."""
        if self.updates:
            self.go(self.position - 1)
            return
        self.player.back()
        self.go(self.starts[self.pass_index] + self.player.position)

    def to_backward(self) -> None:
        """To the first step of the backward pass of this pass."""
        self.go(self.starts[self.pass_index] + self.player.first_backward)

    def to_update(self) -> bool:
        """To the first update of this pass, or of the next one if we are there. Returns whether there is one."""
        for index in range(self.pass_index, len(self.course.passes)):
            place = self.starts[index] + len(self.course.passes[index].events) + 1
            if self.course.updates[index] and (index > self.pass_index or self.position < place):
                self.go(place)
                return True
        return False

    def to_pass(self, index: int) -> bool:
        """To the first step of a pass, from 0; the chosen node stays chosen. Returns whether there is such a pass."""
        if not 0 <= index < len(self.course.passes):
            return False
        chosen = self.player.selected if self.player.was_chosen else None
        self.go(self.starts[index] + self._player(index).view.stops[1])
        if chosen in self.player.trace.nodes:
            self.player.select(str(chosen))
        return True

    def next_pass(self) -> bool:
        return self.to_pass(self.pass_index + 1)

    def previous_pass(self) -> bool:
        """To the first step of the pass before; in the first pass, to its start."""
        return self.to_pass(self.pass_index - 1)

    def at(self, position: int) -> Event | Update:
        """What happens in the step to a position, from 1."""
        index = bisect_left(self.starts, position) - 1
        events = self.course.passes[index].events
        place = position - self.starts[index] - 1
        return events[place] if place < len(events) else self.course.updates[index][place - len(events)]

    # Levels.

    def zoom(self, inwards: bool) -> bool:
        """As `Player.zoom`, for all passes."""
        player = self.player
        zoomed = player.zoom(inwards)
        self.level = player.level
        return zoomed

    # Breakpoints.

    def stops_at(self, event: Event | Update) -> bool:
        """Whether there is a breakpoint on what an event is about, or on its operation."""
        if isinstance(event, Update):
            return event.node in self.breakpoints or f"{UPDATE}{event.node}" in self.breakpoints
        return self._player(0).stops_at(event)

    def add_breakpoint(self, text: str) -> None:
        """Set a breakpoint.

        Args:
            text: as for `Player.add_breakpoint`; or "update:" and the name of a parameter.
        Raises:
            ArgumentError: there is no such node, operation or parameter; the message suggests the nearest.
        """
        if not text.startswith(UPDATE):
            self._player(0).add_breakpoint(text)
            return
        learned = {update.label: update.node for row in self.course.updates for update in row}
        name = text.removeprefix(UPDATE)
        if name not in learned and name not in learned.values():
            known = ", ".join(f"{UPDATE}{label}" for label in [*learned][:6]) or "none"
            raise ArgumentError(f"no parameter that is learned is called {name!r}; there are: {known}")
        self.breakpoints[f"{UPDATE}{learned.get(name, name)}"] = None
