"""Where a person is in a trace, and how they move: the state under every interactive face. No screen, no keys."""

from __future__ import annotations

import difflib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import Any

from tinygrad_edu.errors import ArgumentError

from .notation import sign
from .recording.contents import Data, Event, TraceNode
from .trace import Trace
from .views.levels import view

OPERATION = "op:"  # begins a breakpoint on all nodes of an operation: op:multiply


class Moves:
    """Moves between the two ends of something that has places, and to breakpoints; what it is says how to go there.

    Attributes:
        position: how much has happened; 0 is before the first.
        breakpoints: in the order in which they were set.
    """

    position: int
    breakpoints: dict[str, None]
    length: int  # how much can happen

    at: Callable[[int], Any]  # what happens in the step to a position, from 1
    go: Callable[[int], None]  # to a position, or to the end that is nearer to it
    stops_at: Callable[[Any], bool]  # whether there is a breakpoint on what happens

    @property
    def at_start(self) -> bool:
        return self.position == 0

    @property
    def at_end(self) -> bool:
        return self.position == self.length

    def to_start(self) -> None:
        self.go(0)

    def to_end(self) -> None:
        self.go(self.length)

    def continue_(self) -> bool:
        """On to what happens next at a breakpoint, else to the end. Returns whether there was something."""
        return self._run(range(self.position + 1, self.length + 1), self.length)

    def reverse_continue(self) -> bool:
        """Back to what happened at a breakpoint before, else to the start. Returns whether there was something."""
        return self._run(range(self.position - 1, 0, -1), 0)

    def _run(self, positions: Iterable[int], otherwise: int) -> bool:
        met = next((place for place in positions if self.stops_at(self.at(place))), None) if self.breakpoints else None
        self.go(otherwise if met is None else met)
        return met is not None


class Player(Moves):
    """A position in a trace, with breakpoints and a selected node.

    What is known at a position follows from the position alone. So k steps forward and k steps back always restore the
    same state.

    Args:
        level: see `levels.view`. A step goes to the next stop of the level; every other move goes to any event.

    Attributes:
        position: how many events have happened; 0 is before the first one. `length` is how many there are.
        level: what was asked for; `view` is the graph at it.
        breakpoints: node ids and "op:NAME"s, in the order in which they were set.
    """

    def __init__(self, trace: Trace, level: str = "auto"):
        self.trace, self.level = trace, level
        self.view = view(trace, level)
        self.position, self.length = 0, len(trace.events)
        self.breakpoints: dict[str, None] = {}
        self._chosen: str | None = None
        self._computed: dict[str, int] = {}
        self._received: dict[str, tuple[list[int], list[Event]]] = {}
        for position, event in enumerate(trace.events, 1):
            if event.kind == "forward":
                self._computed[event.node] = position
            else:
                positions, events = self._received.setdefault(event.node, ([], []))
                positions.append(position)
                events.append(event)

    # Where we are.

    @property
    def event(self) -> Event | None:
        """The event that happened last; None at the start."""
        return self.trace.events[self.position - 1] if self.position else None

    @property
    def happened(self) -> tuple[Event, ...]:
        """The events of the step before: at a coarse level there may be many. None at the start."""
        before = self.view.stops[max(bisect_left(self.view.stops, self.position) - 1, 0)]
        return self.trace.events[before : self.position]

    def at(self, position: int) -> Event:
        """What happens in the step to a position, from 1."""
        return self.trace.events[position - 1]

    @property
    def first_backward(self) -> int:
        """The position at which the backward pass has just begun: its root has a gradient."""
        backward = (position for position, event in enumerate(self.trace.events, 1) if event.kind == "backward")
        return next(backward, len(self.trace.events))

    def data(self, node: str) -> Data | None:
        """The data of a node; None while it is not computed yet. Leaves have theirs from the start."""
        known = self.trace.nodes[node].op is None or self._computed.get(node, self.position + 1) <= self.position
        return self.trace.nodes[node].data if known else None

    def gradient(self, node: str) -> Data | None:
        """The gradient of a node so far; None while no contribution has reached it."""
        received = self.contributions(node)
        return received[-1].grad if received else None

    def contributions(self, node: str) -> list[Event]:
        """The events so far that added to the gradient of a node."""
        positions, events = self._received.get(node, ([], []))
        return events[: bisect_right(positions, self.position)]

    # Moving.

    def go(self, position: int) -> None:
        """To a position, or to the end that is nearer to it. The selection goes back to the active node."""
        self.position = min(max(position, 0), len(self.trace.events))
        self._chosen = None

    def forward(self) -> None:
        """One step onwards; stays at the end."""
        stops = self.view.stops
        self.go(stops[min(bisect_right(stops, self.position), len(stops) - 1)])

    def back(self) -> None:
        """One step back; stays at the start."""
        stops = self.view.stops
        self.go(stops[max(bisect_left(stops, self.position) - 1, 0)])

    def to_backward(self) -> None:
        """To the first step of the backward pass."""
        self.go(self.first_backward)

    # Levels.

    def zoom(self, inwards: bool) -> bool:
        """Show a finer or a coarser level; the position and the selection stay. Returns whether there is one.

        From coarse to fine: what "auto" shows, if that is less than the layers; the layers; the operations.
        """
        views = {level: view(self.trace, level) for level in ("auto", "layer", "op")}
        boxes = {level: tuple(found.boxes) for level, found in views.items()}
        if boxes["auto"] in (boxes["layer"], boxes["op"]):
            del boxes["auto"]
        if boxes["layer"] == boxes["op"]:
            del boxes["layer"]
        place = list(boxes.values()).index(tuple(self.view.boxes)) + (1 if inwards else -1)
        if not 0 <= place < len(boxes):
            return False
        self.level = list(boxes)[place]
        self.view = views[self.level]
        return True

    # Breakpoints.

    def stops_at(self, event: Event) -> bool:
        """Whether there is a breakpoint on the node that an event is about, or on its operation."""
        return event.node in self.breakpoints or f"{OPERATION}{event.op}" in self.breakpoints

    def is_breakpoint(self, node: str) -> bool:
        """Whether there is a breakpoint on a node, or on the operation that computes it."""
        return node in self.breakpoints or f"{OPERATION}{self.trace.nodes[node].op}" in self.breakpoints

    def add_breakpoint(self, text: str) -> None:
        """Set a breakpoint.

        Args:
            text: the id or the name of a node; or "op:" and an operation's name or sign.
        Raises:
            ArgumentError: there is no such node or operation; the message suggests the nearest.
        """
        self.breakpoints[self._place(text)] = None

    def toggle_breakpoint(self, node: str) -> bool:
        """Set a breakpoint on a node, or take it away. Returns whether it is there now."""
        if node in self.breakpoints:
            del self.breakpoints[node]
            return False
        self.breakpoints[node] = None
        return True

    def _place(self, text: str) -> str:
        """The node id, or the "op:NAME", that a text stands for."""
        nodes = self.trace.nodes
        if text in nodes:
            return text
        if text.startswith(OPERATION):
            names = list(dict.fromkeys(node.op for node in nodes.values() if node.op))
            wanted = text.removeprefix(OPERATION)
            signs = {sign(name): name for name in names} | {name: name for name in names}
            if "×" in signs:
                signs["*"] = signs["×"]
            if wanted in signs:
                return OPERATION + signs[wanted]
            raise ArgumentError(_unknown("operation", wanted, names, OPERATION))
        ids = {node.label: node.id for node in nodes.values()}
        if text in ids:
            return ids[text]
        raise ArgumentError(_unknown("node", text, [*ids]))

    # The selection.

    @property
    def selected(self) -> str | None:
        """The id of the node that was chosen, else of the active one; None at the start if none was chosen."""
        return self._chosen or (self.event.node if self.event else None)

    @property
    def was_chosen(self) -> bool:
        """Whether a node was chosen since the last move."""
        return self._chosen is not None

    def select(self, node: str) -> None:
        self._chosen = node

    def select_next(self, step: int = 1) -> None:
        """Choose the node `step` further on in the order of creation, round and round."""
        ids = list(self.trace.nodes)
        here = ids.index(self.selected) if self.selected else (-1 if step > 0 else 0)
        self.select(ids[(here + step) % len(ids)])

    def search(self, text: str) -> list[str]:
        """Choose the next node whose name, id or operation contains a text, in small or capital letters.

        Returns:
            all that do, in the order of creation; the selection stays where it is if there are none.
        """
        found = [node.id for node in self.trace.nodes.values() if self._matches(node, text.casefold())]
        if found:
            ids = {node: place for place, node in enumerate(self.trace.nodes)}
            here = ids[self.selected] if self.selected else -1
            self.select(next((node for node in found if ids[node] > here), found[0]))
        return found

    def _matches(self, node: TraceNode, text: str) -> bool:
        names = (node.id, node.label, node.op or "", sign(node.op) if node.op else "")
        return any(text in name.casefold() for name in names)


def _unknown(what: str, wanted: str, names: list[str], prefix: str = "") -> str:
    near = difflib.get_close_matches(wanted, names, n=2) or names[:6]
    more = ", ..." if len(names) > len(near) else ""
    return f"no {what} is called {wanted!r}; there are: {', '.join(prefix + name for name in near)}{more}"
