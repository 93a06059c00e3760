"""Ctrl-C during a run: it ends at the next event, with its best weights and a last line, instead of anywhere."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

from tinygrad_edu.train.events import Event


def follow(events: Generator[Event, None, None], watch: Callable[[Event], None]) -> None:
    """Hand each event of a run to `watch`.

    The first Ctrl-C is held back until `watch` is done with an event, so that no line is cut in two, and then thrown
    into the run, which ends with an EndEvent. The second one comes through at once.
    """
    asked = threading.Event()

    def hold_back(_signal: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    previous: Any = None
    if threading.current_thread() is threading.main_thread():  # only there may a handler be set
        previous = signal.signal(signal.SIGINT, hold_back)
    thrown = False
    try:
        event: Event | None = next(events, None)
        while event is not None:
            watch(event)
            if asked.is_set() and not thrown:
                thrown = True
                event = events.throw(KeyboardInterrupt)
            else:
                event = next(events, None)
    finally:
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
