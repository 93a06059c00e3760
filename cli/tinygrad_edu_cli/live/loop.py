"""The one task that touches the model: it trains, does what the keys asked for, and draws when a frame is due.

It runs in the thread of the screen. With a thread of its own a run takes half as long again, and most frames show
weights that change while they are drawn. Only an event that takes long goes to another thread, so that the keys are
heard; until it is done nothing else touches the model.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import numpy as np

from tinygrad_edu.train.events import BatchEvent, EndEvent, EpochEvent, Event

from .driver import Driver
from .pace import SLICE, Pace

LONG = 0.1  # seconds: an event that takes longer goes to another thread

Request = Callable[[], Awaitable[None]]
Result = TypeVar("Result")


class Loop:
    """Trains, and lets the screen draw.

    Args:
        driver: it has the run.
        watch: takes each event.
        draw: draws the state; `draw(False)` without a look at the model.
        in_sight: whether the screen is the one that is seen: the run waits behind a window.
    Attributes:
        running: whether the run goes on.
        until: what it pauses after: "update", "epoch", or "" for nothing.
        speed: how many epochs there are in a second at most; inf where the run is not held back.
        away: whether another thread computes.
        is_waiting: whether there is nothing to do until a key is pressed.
    """

    def __init__(
        self, driver: Driver, watch: Callable[[Event], None], draw: Callable[[bool], None], in_sight: Callable[[], bool]
    ):
        self.driver, self.watch, self.draw, self.in_sight = driver, watch, draw, in_sight
        self.pace = Pace()
        self.running, self.until, self.away, self.is_waiting = True, "", False, False
        self.speed = math.inf
        self._leaving, self._stale = False, True
        self._wake = asyncio.Event()
        self._requests: deque[Request] = deque()
        self._next, self._seconds = "first", {"told": 0.0}  # what the next event is, and what each kind took last
        self._turned = False  # the epoch is over, and its other events come
        self._updates, self._tired = 1, False  # in this epoch; whether an update was made, and a rest is due
        self._goals: deque[str] = deque()  # of keys that were pressed faster than they could be followed

    def ask(self, request: Request) -> None:
        """Do this as soon as the model is free."""
        self._requests.append(request)
        self._wake.set()

    def go(self, until: str = "") -> None:
        """Train until then; to one goal after the other."""
        if self.running and self.until and until:
            self._goals.append(until)
            return
        self.running, self.until, self._turned = True, until, False
        self._wake.set()

    def pause(self) -> None:
        """Stop after the event that is being computed."""
        self.running, self.until, self._stale = False, "", True
        self._goals.clear()
        self._wake.set()

    def changed(self) -> None:
        """There is something new to draw."""
        self._stale = True
        self._wake.set()

    def leave(self) -> None:
        """End the loop after the event that is being computed."""
        self._leaving = True
        self._wake.set()

    async def run(self) -> None:
        """Work, until `leave`."""
        with np.errstate(all="ignore"):  # the run itself reports an inf or nan
            while not self._leaving:
                self._wake.clear()
                if self._requests:
                    await self._requests.popleft()()
                    self._tell()
                elif self.running and self.in_sight():
                    await self._train()
                else:
                    if self._stale and self.in_sight():
                        self._frame()
                    self.is_waiting = True
                    await self._wake.wait()
                    self.is_waiting = False

    async def aside(self, work: Callable[[], Result]) -> Result:
        """Let another thread do what may take long; nothing else may touch the model until it is done."""
        self.away = True
        try:
            return await asyncio.to_thread(work)
        finally:
            self.away = False

    def _tell(self) -> None:
        """What a request has done is reported at once, also while the run waits."""
        while self.driver.engine.pending:
            self._note(self.driver.next(), 0.0)

    async def _train(self) -> None:
        """For a moment; and a frame, if one is due."""
        started = time.perf_counter()
        if self._takes_long:
            event = await self.aside(self.driver.next)
            self._note(event, time.perf_counter() - started)
        else:
            self._slice(started)
            self.pace.longest = max(self.pace.longest, time.perf_counter() - started)
        trained = time.perf_counter()
        self.pace.training += trained - started
        if self.pace.is_due(trained) and self.running:
            self._frame()
        await asyncio.sleep(0)  # what else is done until it is our turn again is the screen's, too
        drawn = time.perf_counter()
        self.pace.screen += drawn - trained
        await self._rest()
        self.pace.training += time.perf_counter() - drawn  # the rests are the run's own

    def _slice(self, started: float) -> None:
        now = started
        while self.running and now - started < SLICE and not self._takes_long:
            before, event = now, self.driver.next()
            now = time.perf_counter()
            self._note(event, now - before)
            if self._tired:
                break

    async def _rest(self) -> None:
        """Where the run is held back: wait after an update, until a key is pressed."""
        if self._tired and self.running:
            self._tired = False
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), 1 / (self.speed * self._updates))

    def _note(self, event: Event | None, seconds: float) -> None:
        self._stale, self._seconds[self._next] = True, seconds
        if event is None:
            self.pause()
            return
        self.watch(event)
        self._next = "told" if self.driver.engine.pending else "batch"
        if isinstance(event, BatchEvent):
            self._updates = -(-event.of // self.driver.run.config.accumulate)
            self._tired = self.speed < math.inf and not self.driver.engine.pending
            if event.batch == event.of:
                self._next = "epoch"
        self._turned |= isinstance(event, EpochEvent)
        if isinstance(event, EndEvent):
            self.pause()
        elif self.until and self._is_reached(event):
            if self._goals:
                self.until, self._turned = self._goals.popleft(), False
            else:
                self.pause()

    def _is_reached(self, event: Event) -> bool:
        if self.until == "update":
            every = self.driver.run.config.accumulate  # batches make an update
            return isinstance(event, BatchEvent) and (event.batch % every == 0 or event.batch == event.of)
        engine = self.driver.engine
        return self._turned and not engine.pending and engine.stopped is None  # after the last epoch the end is near

    @property
    def _takes_long(self) -> bool:
        return self._seconds.get(self._next, math.inf) > LONG

    def _frame(self) -> None:
        self._stale = False
        self.draw(True)
        self.pace.drawn(time.perf_counter())
