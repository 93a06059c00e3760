"""Scopes: names for parts of a computation, such as the layers of a network.

A node knows nothing of its scope, and pays nothing for it. It has a serial, its moment on the one clock of the process
(`clock.SERIAL`), and a scope is the interval of that clock between entering and leaving. Whoever draws a graph asks
which interval a serial lies in.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from contextvars import ContextVar
from operator import attrgetter
from typing import Any

from .blocks import Block
from .clock import SERIAL

REMEMBERED = 4096  # scopes of one thread; the oldest are forgotten


class Interval:
    """One passage through a scope."""

    __slots__ = ("first", "last", "mark", "name", "outer", "owner")

    name: str  # of the scope
    outer: Interval | None  # that of the scope around it
    owner: Any  # the innermost module called, while it lasts: a memory of the past must keep no network alive
    mark: object  # of that module, which outlasts it (see `nn/place.py`)
    first: int  # the moment of entering ...
    last: int | None  # ... and of leaving; None until then


_CURRENT: ContextVar[Interval | None] = ContextVar("tinygrad_edu_scope", default=None)
_LOG: ContextVar[deque[Interval] | None] = ContextVar("tinygrad_edu_scopes", default=None)


class scope(Block):
    """Give a part of a computation a name, under which drawings show its nodes together.

    with tg.scope("attention"):
        weights = tg.softmax(query @ key.T)

    Scopes may lie in each other, and a module that is called is one. Each passage is a group of its own in a drawing:
    what a loop computes in its second round is "attention#2", and so is what a decorated generator computes after a
    `yield`. The last 4,096 scopes of a thread are remembered.
    """

    def __init__(self, name: str):
        self.name = str(name)
        self._suspended: list[tuple[str, Any, object]] = []  # it, and the scopes inside that are not left

    def __enter__(self) -> None:
        outer = current()
        here = (None, None) if outer is None else (outer.owner, outer.mark)
        interval, *inner = self._suspended or [(self.name, *here)]
        self._interval = enter(interval[0], outer, *interval[1:])
        for name, owner, mark in inner:
            enter(name, current(), owner, mark)

    def __exit__(self, *error: object) -> None:
        interval = current()
        assert interval is not None
        leave(interval)

    def again(self) -> scope:
        return scope(self.name)

    def suspend(self) -> None:
        interval, outer, self._suspended = current(), self._interval.outer, []
        while interval is not None and interval is not outer:
            self._suspended.insert(0, (interval.name, interval.owner, interval.mark))
            leave(interval)
            interval = interval.outer


current = _CURRENT.get  # the innermost scope that was entered and not left, or None


def enter(name: str, outer: Interval | None, owner: Any, mark: object) -> Interval:
    """Begin a scope inside of the `current` one, `outer`; `leave` must follow."""
    interval = Interval()
    interval.name, interval.outer, interval.owner, interval.mark = name, outer, owner, mark
    interval.first, interval.last = next(SERIAL), None
    _CURRENT.set(interval)
    log = _LOG.get()
    if log is None:
        log = deque(maxlen=REMEMBERED)
        _LOG.set(log)
    log.append(interval)
    return interval


def leave(interval: Interval) -> None:
    """End the `current` scope."""
    interval.last, interval.owner = next(SERIAL), None
    _CURRENT.set(interval.outer)


def intervals_of(serials: Iterable[int]) -> list[Interval | None]:
    """The innermost interval that each moment lies in, None for a moment outside of all.

    Args:
        serials: of nodes of this thread, in ascending order.
    """
    log = list(_LOG.get() or ())
    found: list[Interval | None] = []
    entered = 0
    for serial in serials:
        entered = bisect_left(log, serial, lo=entered, key=_BEGINNING)
        interval = log[entered - 1] if entered else None
        while interval is not None and interval.last is not None and interval.last < serial:
            interval = interval.outer
        found.append(interval)
    return found


_BEGINNING = attrgetter("first")
