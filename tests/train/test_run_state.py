"""What a run keeps for later: pictures that do not change any more, states that replace all of another, its time."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.train import Checkpoint, EarlyStopping, EpochEvent, History
from tinygrad_edu.train import loop as loop_module
from tinygrad_edu.train.run import Run
from train.small_runs import history, moons, network, start


def test_columns_are_copies() -> None:
    done = History(epoch=[1], train_loss=[0.5])
    done.columns()["train_loss"].append(0.25)
    assert done.train_loss == [0.5]


@pytest.mark.parametrize("model", ["tensors", "values"])
def test_a_checkpoint_is_a_picture_that_stays(model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every part of a run's state: all of it goes on changing after the picture was taken."""
    pictures: list[tuple[Any, Any]] = []

    class Watched(Checkpoint):
        def __init__(self, state: dict[str, Any]):
            super().__init__(state)
            pictures.append((state, copy.deepcopy(state)))

    monkeypatch.setattr(loop_module, "Checkpoint", Watched)
    train, validation = moons(20)
    net = tg.nn.Sequential(tg.nn.Dense(2, 3, rng=0), tg.nn.BatchNorm1d(3), tg.nn.Dropout(0.2), tg.nn.Dense(3, 1, rng=1))
    if model == "values":
        net = tg.nn.mlp((2, 2, 1), rng=0).scalar()
    optimizer = tg.optim.Adam(net.parameters(), lr=0.01)
    parts = [tg.optim.WarmupLR(optimizer, total_iters=2), tg.optim.CosineLR(optimizer, 4, 0.001)]
    settings = {"validation": validation, "schedule": tg.optim.Sequence(parts, [2]), "batch_size": 5}
    history(net, train, optimizer=optimizer, epochs=4, checkpoint=tmp_path, checkpoint_every=9, **settings)
    assert len(pictures) == 4
    for state, then in pictures:
        np.testing.assert_equal(state, then)


def test_an_interrupt_writes_the_history_of_the_checkpoint_s_own_epoch(tmp_path: Path) -> None:
    train, validation = moons(20)
    optimizer = tg.optim.SGD((model := network()).parameters(), lr=0.1)
    schedule = tg.optim.ReduceLROnPlateau(optimizer)
    step, calls = schedule.step, []

    def interrupted(metric: float) -> None:  # between the end of an epoch and its checkpoint
        calls.append(metric)
        if len(calls) == 3:
            raise KeyboardInterrupt
        step(metric)

    schedule.step = interrupted  # type: ignore[method-assign]
    settings = {"schedule": schedule, "checkpoint": tmp_path, "checkpoint_every": 5, "batch_size": 5}
    done = history(model, train, optimizer=optimizer, epochs=6, validation=validation, **settings)
    assert done.epoch == [1, 2, 3]
    state = Checkpoint.load(tmp_path).state
    assert state["epoch"] == 2 and all(len(column) == 2 for column in state["history"].values())


@pytest.mark.parametrize("notices", [True, False])
def test_a_resumed_run_keeps_nothing_of_what_was_before(
    notices: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, validation = moons(20)
    history(network(), train, epochs=1, checkpoint=tmp_path, batch_size=5, notices=notices)  # without validation
    monkeypatch.setattr(Run, "events", lambda self: self)
    settings = {"validation": validation, "early_stopping": EarlyStopping(5), "epochs": 3, "batch_size": 5}
    run: Any = start(network(), train, checkpoint=tmp_path / "other", checkpoint_every=9, **settings)
    monkeypatch.undo()
    list(run.events())
    assert run.best is not None and run.stopped is not None
    run.notices.given.add("flat")
    run.resume(Checkpoint.load(tmp_path), tmp_path)
    assert run.best is None and run.stopped is None and run.measured is None
    assert run.unsaved is None and run.pending == [] and run.history.epoch == [1]
    assert run.notices.given == set()
    assert [event.epoch for event in run.events() if event.kind == "epoch"] == [2, 3]


def test_the_seconds_of_an_epoch_are_without_those_of_whoever_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.001
        return now

    monkeypatch.setattr(time, "perf_counter", clock)
    for event in start(network(), moons()[0], epochs=2):
        now += 1000.0
        if isinstance(event, EpochEvent):
            assert 0 < event.seconds < 1


def test_a_learning_rate_set_while_a_run_goes_on_scales_its_schedule(tmp_path: Path) -> None:
    """And is in the checkpoints after it."""

    def rates(epochs: int, **kw: Any) -> list[float]:
        optimizer = tg.optim.SGD((model := network()).parameters(), lr=0.1)
        schedule, seen = tg.optim.CosineLR(optimizer, T_max=8), []
        for event in start(model, moons(20)[0], optimizer=optimizer, schedule=schedule, epochs=epochs, **kw):
            if isinstance(event, EpochEvent):
                seen.append(event.lr)
                if event.epoch == 2:
                    optimizer.lr *= 10
        return seen

    curve = [0.05 * (1 + np.cos(np.pi * epoch / 8)) * (10 if epoch >= 2 else 1) for epoch in range(8)]
    assert rates(8, batch_size=5) == pytest.approx(curve)
    rates(4, batch_size=5, checkpoint=tmp_path)
    assert rates(8, batch_size=5, resume=tmp_path) == pytest.approx(curve[4:])
