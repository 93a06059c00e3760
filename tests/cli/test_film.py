"""A film shows what the run had measured at each moment: as a run that is watched up to there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from tinygrad_edu.train.events import (
    BestEvent,
    EndEvent,
    EpochEvent,
    NoticeEvent,
    SteerEvent,
    UndoEvent,
    ValidationEvent,
)
from tinygrad_edu_cli.live.film import Film, Projector, lasting
from tinygrad_edu_viz.training.progress import Progress


def epoch(k: int, loss: float) -> list[Any]:
    found: list[Any] = [EpochEvent(k, 9, loss, None, 0.1, 0.5), ValidationEvent(k, 2 * loss, None, 0.5)]
    return [*found, BestEvent(k, 2 * loss)] if loss < 1 else found


EVENTS = [
    NoticeEvent(0, "linear_limit", None, "a single layer"),
    *epoch(1, 1.0),
    *epoch(2, 0.5),
    NoticeEvent(2, "rising", None, "rises"),
    SteerEvent(3, 6, lr=0.05),
    *epoch(3, 0.7),
    UndoEvent(2),
    *epoch(3, 0.4),
    EndEvent(3, 0.4, 0.8, None, 0.5, "epochs"),
]
GROUPS = [1, 3, 7, 8, 11, 12, 16]  # how many events have happened at each moment, counted by hand


def seen(events: Any) -> dict[str, Any]:
    progress = Progress("t", 9)
    for event in events:
        progress.watch(event)
    return asdict(progress)


def test_each_moment_is_the_run_up_to_there():
    film = Film(EVENTS, "t", 9)
    assert film.moments == GROUPS and film.last == 6
    for moment in [0, 1, 6, 3, 2, 5, 4, 6, 0, 99, -1]:  # forward and back
        at = min(max(moment, 0), 6)
        live = film.at(moment)
        assert asdict(live.progress) == seen(EVENTS[: GROUPS[at]]) and live.status == "replay"
    assert [film.of_epoch(k) for k in range(5)] == [0, 1, 2, 6, 6]


def test_what_lasts():
    kept = lasting(EVENTS)
    assert [event.epoch for event in kept if event.kind == "epoch"] == [1, 2, 3]
    assert [event.train_loss for event in kept if event.kind == "epoch"] == [1.0, 0.5, 0.4]
    assert not [event for event in kept if event.kind in ("steer", "undo")]


def test_an_empty_record():
    film = Film([], "t")
    assert film.last == 0 and film.at(3).progress.train_loss == [] and film.of_epoch(2) == 0
    assert Projector([film]).pass_time(5.0) is False


def test_time_goes_by():
    long, short = Film([e for k in range(1, 101) for e in epoch(k, 1.0)]), Film(epoch(1, 1.0))
    projector = Projector([long, short])
    assert projector.last == 100 and projector.speed == 5.0
    assert [projector.pass_time(0.1), projector.pass_time(0.1), projector.position] == [False, True, 1]
    projector.pass_time(2.0)
    assert projector.position == 11
    assert [len(live.progress.train_loss) for live in projector.lives] == [11, 1]
    projector.faster(2)
    projector.pass_time(1.0)
    assert projector.position == 21
    projector.turn()
    projector.pass_time(1.5)
    assert projector.position == 6
    projector.pass_time(1.5)
    assert projector.position == 0 and not projector.playing
    projector.play()  # from the end again, as it goes backwards
    assert projector.position == 100 and projector.playing
    projector.go(50)
    assert not projector.playing and not projector.pass_time(9.0) and projector.position == 50
    for _ in range(99):
        projector.faster(2)
    assert projector.speed == pytest.approx(1000)
