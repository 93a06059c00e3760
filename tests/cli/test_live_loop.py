"""The loop that trains and lets the screen draw, with a clock of our own: who has how much of the time, and in which
thread what takes long is computed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tinygrad_edu.train.events import BatchEvent, EndEvent, EpochEvent, Event, NoticeEvent, ValidationEvent
from tinygrad_edu_cli.live import loop as loops
from tinygrad_edu_cli.live.loop import Loop
from tinygrad_edu_cli.live.pace import SHARE

MAIN = threading.current_thread()


class Clock:
    """Time passes when something says that it does."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


class FakeDriver:
    """A run of events that take a given time each."""

    def __init__(self, clock: Clock, epochs: int, seconds: dict[str, float], batches: int = 4, accumulate: int = 1):
        self.clock, self.seconds = clock, seconds
        self.run = SimpleNamespace(config=SimpleNamespace(accumulate=accumulate))
        self.engine = SimpleNamespace(pending=[], stopped=None)
        self.threads: list[tuple[str, bool]] = []  # kind of event, whether another thread computed it
        self.busy = False
        self._events = self._all(epochs, batches)

    def _all(self, epochs: int, batches: int) -> Iterator[Event]:
        yield NoticeEvent(0, "linear_limit", None, "")
        step = 0
        for epoch in range(1, epochs + 1):
            for batch in range(1, batches + 1):
                step += 1
                yield BatchEvent(epoch, batch, batches, step, 0.1, 1.0)
            self.engine.pending = [ValidationEvent(epoch, 1.0), NoticeEvent(epoch, "flat", None, "")]
            self.engine.stopped = "epochs" if epoch == epochs else None
            yield EpochEvent(epoch, epochs, 1.0, None, 0.1, 0.0)
            while self.engine.pending:
                yield self.engine.pending.pop(0)
        yield EndEvent(epochs, 1.0, 1.0, None, None, "epochs")

    def next(self) -> Event | None:
        assert not self.busy, "two at once"
        self.busy = True
        event = next(self._events, None)
        if event is not None:
            self.clock.now += self.seconds.get(event.kind, 0.0)
            self.threads.append((event.kind, threading.current_thread() is not MAIN))
        self.busy = False
        return event


class Watched:
    """A loop, what it has seen, and what it has drawn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, epochs: int, frame: float = 0.0, **driver: Any):
        self.clock = Clock()
        monkeypatch.setattr(loops, "time", self.clock)
        self.driver: Any = FakeDriver(self.clock, epochs, **driver)
        self.seen: list[Event] = []
        self.drawn: list[float] = []
        self.frame = frame
        self.loop = Loop(self.driver, self.watch, self.draw, lambda: True)

    def watch(self, event: Event) -> None:
        self.seen.append(event)

    def draw(self, _look_inside: bool) -> None:
        assert not self.driver.busy, "the model is looked at while it learns"
        self.drawn.append(self.clock.now)
        self.clock.now += self.frame

    def run(self, *goals: str) -> None:
        """To each goal in turn, "" is the end, and leave."""

        async def all_goals() -> None:
            self.loop.running = False
            task = asyncio.ensure_future(self.loop.run())
            for goal in goals:
                self.loop.go(goal)
                while self.loop.running:
                    await asyncio.sleep(0)
            self.loop.leave()
            await task

        asyncio.run(all_goals())


@pytest.mark.parametrize("frame", [0.001, 0.02, 0.2])
@pytest.mark.parametrize("batch", [0.0001, 0.005, 0.05])
def test_the_screen_takes_its_share_of_the_time_and_no_more(monkeypatch, frame, batch):
    watched = Watched(monkeypatch, 300, frame, seconds={"batch": batch, "epoch": batch})
    watched.run("")
    seconds = watched.clock.now
    assert watched.seen[-1].kind == "end"
    assert len(watched.drawn) * frame <= SHARE * seconds + 2 * frame
    gaps = [later - sooner for sooner, later in zip(watched.drawn, watched.drawn[1:-1], strict=False)]
    assert min(gaps, default=1.0) >= 1 / 15
    assert watched.loop.pace.longest <= 0.02 + batch + 1e-9


@pytest.mark.parametrize(("speed", "epochs"), [(2.0, 3), (16.0, 40), (0.25, 2)])
def test_a_run_that_is_held_back(monkeypatch, speed, epochs):
    """It takes its time, is drawn meanwhile, and has the same events; a key ends a rest."""
    watched = Watched(monkeypatch, epochs, seconds={"batch": 0.001})
    rests: list[float] = []

    async def wait_for(waiting: Any, timeout: float) -> None:
        waiting.close()
        rests.append(timeout)
        watched.clock.now += timeout
        raise TimeoutError

    monkeypatch.setattr(loops.asyncio, "wait_for", wait_for)
    watched.loop.speed = speed
    watched.run("")
    freely = Watched(monkeypatch, epochs, seconds={"batch": 0.001})
    freely.run("")
    assert watched.seen == freely.seen
    assert sum(rests) == pytest.approx(epochs / speed, rel=0.1)
    assert len(watched.drawn) >= min(2 * epochs, 0.9 * 15 * epochs / speed) / 2 > len(freely.drawn) / 4
    assert watched.loop.pace.screen == 0  # the rests are none of the screen's


def test_what_takes_long_is_computed_in_another_thread(monkeypatch):
    """The first of its kind too, as nobody knows; what takes little never leaves the thread of the screen again."""
    watched = Watched(monkeypatch, 4, seconds={"batch": 0.001, "epoch": 0.7})
    watched.run("")
    elsewhere = [kind for kind, away in watched.driver.threads if away]
    assert elsewhere == ["notice", "batch", "epoch", "epoch", "epoch", "epoch"]
    watched = Watched(monkeypatch, 4, seconds={"batch": 0.2, "epoch": 0.001})
    watched.run("")
    assert all(away for kind, away in watched.driver.threads if kind == "batch")
    assert watched.loop.pace.longest < 0.03


@pytest.mark.parametrize(
    ("accumulate", "goals", "last"),
    [
        (1, ["update"], ("batch", 1, 1)),
        (1, ["update", "update"], ("batch", 1, 2)),
        (1, ["update"] * 5, ("batch", 2, 1)),
        (2, ["update"], ("batch", 1, 2)),
        (3, ["update"], ("batch", 1, 3)),
        (3, ["update", "update"], ("batch", 1, 4)),
        (1, ["epoch"], ("notice", 1, None)),
        (1, ["update", "epoch"], ("notice", 1, None)),
        (1, ["epoch", "epoch", "update"], ("batch", 3, 1)),
        (1, ["epoch"] * 3, ("end", 3, None)),
        (1, ["update"] * 13, ("end", 3, None)),
    ],
)
def test_one_update_and_one_epoch(monkeypatch, accumulate, goals, last):
    """An epoch is over when all that is reported of it is reported."""
    watched = Watched(monkeypatch, 3, seconds={}, accumulate=accumulate)
    watched.run(*goals)
    event = watched.seen[-1]
    assert (event.kind, event.epoch, getattr(event, "batch", None)) == last


def test_keys_that_are_typed_faster_than_they_are_followed(monkeypatch):
    """Each counts; a pause forgets those that are left."""
    for goals, last in [(["epoch", "epoch", "update"], ("batch", 3, 1)), (["update"] * 5, ("batch", 2, 1))]:
        watched = Watched(monkeypatch, 3, seconds={})

        async def typed(watched: Watched = watched, goals: list[str] = goals) -> None:
            task = asyncio.ensure_future(watched.loop.run())
            for goal in goals:
                watched.loop.go(goal)
            while watched.loop.running:
                await asyncio.sleep(0)
            watched.loop.leave()
            await task

        asyncio.run(typed())
        event = watched.seen[-1]
        assert (event.kind, event.epoch, getattr(event, "batch", None)) == last


def test_what_the_keys_ask_for_is_done_between_two_events(monkeypatch):
    """Also while another thread computes: the request waits for it."""
    watched = Watched(monkeypatch, 50, seconds={"batch": 0.5})
    done: list[int] = []

    async def request() -> None:
        assert not watched.driver.busy and not watched.loop.away
        done.append(len(watched.seen))
        if len(done) == 3:
            watched.loop.leave()

    def watch(event: Event) -> None:
        watched.seen.append(event)
        if len(watched.seen) % 7 == 0:
            watched.loop.ask(request)

    watched.loop.watch = watch
    asyncio.run(watched.loop.run())
    assert [number // 7 for number in done] == [1, 2, 3]
