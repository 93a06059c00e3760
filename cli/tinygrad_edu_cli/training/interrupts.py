"""Ctrl-C during a run: it ends at the next event, with its best weights and a last line, instead of anywhere.

A process that is started to ignore Ctrl-C ignores it: under `nohup`, and in the background of a script, whose other
commands somebody else's Ctrl-C may be meant for. SIGTERM ends such a run, and a recorded one goes on with --resume.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

import numpy as np

from tinygrad_edu.train.events import EndEvent, Event


def follow(events: Generator[Event, None, None], watch: Callable[[Event], None]) -> None:
    """Hand each event of a run to `watch`.

    While the run computes, Ctrl-C is its own affair: it ends with an EndEvent. While `watch` works, Ctrl-C is held back
    until it is done, so that no line is cut in two, and then thrown into the run. A second one comes through at once.
    """
    asked, watching, thrown = False, False, False

    def hold_back(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked or not watching:
            raise KeyboardInterrupt
        asked = True

    previous: Any = None
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if threading.current_thread() is threading.main_thread() and not ignored:
        previous = signal.signal(signal.SIGINT, hold_back)  # other threads may not
    try:
        with np.errstate(all="ignore"):  # the run itself reports an inf or nan
            event: Event | None = next(events, None)
            while event is not None:
                watching = True
                watch(event)
                watching = False
                if asked and not thrown and not isinstance(event, EndEvent):
                    thrown = True
                    event = events.throw(KeyboardInterrupt)
                else:
                    event = next(events, None)
    finally:
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
