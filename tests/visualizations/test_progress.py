"""The record of a run, from events that are made up, from those of `fit`, and from those that are recorded."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import StateError
from tinygrad_edu.train.events import BatchEvent, BestEvent, EndEvent, EpochEvent, NoticeEvent, ValidationEvent
from tinygrad_edu_viz.training.progress import Progress

OLD_RUN = Path(__file__).parents[1] / "old_files" / "run"


def epoch(k: int, losses: list[float], validation: float, best: bool = True, lr: float = 0.1):
    """The events of an epoch with so many batches."""
    yield from (BatchEvent(k, b, len(losses), 10 * k + b, lr, loss) for b, loss in enumerate(losses, 1))
    yield EpochEvent(k, 9, sum(losses) / len(losses), k / 4, lr, 0.1)
    yield ValidationEvent(k, validation, k / 8)
    if best:
        yield BestEvent(k, validation)


def watched(*events) -> Progress:
    progress = Progress("moons", epochs=9)
    for event in events:
        progress.watch(event)
    return progress


@pytest.mark.parametrize(
    "losses", [[2.0, math.nan, 1.0, math.inf], [math.nan, 1.0, 2.0], [math.inf, 2.0, math.nan, 1.0]]
)
def test_the_band_is_that_of_the_losses_that_are_numbers(losses: list[float]) -> None:
    """In whatever order they come."""
    assert watched(*epoch(1, losses, 1.0), *epoch(2, [math.nan], 1.0)).band[0] == (1.0, 2.0)


def test_what_is_measured_stands_by_epochs():
    first, second = [*epoch(1, [3.0, 1.0], 2.5)], [*epoch(2, [1.5, 2.5, 0.5], 2.75, best=False, lr=0.05)]
    progress = watched(NoticeEvent(0, "linear_limit", None, "straight"), *first, *second[:3])
    assert (progress.epoch, progress.batch, progress.of, progress.step, progress.batch_loss) == (2, 3, 3, 23, 0.5)
    for event in [*second[3:], EndEvent(2, 1.5, 2.5, 0.4, None, "early")]:
        progress.watch(event)
    assert progress.train_loss == [2.0, 1.5] and progress.validation_loss == [2.5, 2.75]
    assert progress.train_accuracy == [0.25, 0.5] and progress.validation_accuracy == [0.125, 0.25]
    assert progress.band == [(1.0, 3.0), (0.5, 2.5)] and progress.rates == [0.1, 0.05] and progress.lr == 0.05
    assert progress.best == (1, 2.5) and progress.notices == [(0, "straight")] and progress.stopped == "early"
    assert (progress.batch, progress.validation_r2, progress.losses) == (0, [], [2.5, 2.75])
    assert math.isnan(progress.batch_loss)


def test_what_is_undone_becomes_a_ghost():
    """Three epochs, back to the first, another second one: as if the others had never been, but for their curve."""
    kept = [*epoch(1, [3.0], 3.0)]
    progress = watched(*kept, *epoch(2, [2.0], 2.0), NoticeEvent(2, "flat", None, "flat"))
    progress.steered(2, "lr 1")
    for event in [*epoch(3, [1.0], 1.0), BatchEvent(4, 1, 2, 41, 0.1, 9.0), EndEvent(3, 1.0, 1.0, 0.5, None, "epochs")]:
        progress.watch(event)
    progress.watch(SimpleNamespace(kind="undo", epoch=1))
    assert progress.ghosts == [(1, [3.0, 2.0, 1.0])]
    assert replace(progress, ghosts=[]) == watched(*kept)
    assert (progress.epoch, progress.best, progress.notices, progress.changes) == (1, (1, 3.0), [], [])
    assert progress.stopped is None
    for event in epoch(2, [5.0], 5.0, best=False):
        progress.watch(event)
    assert progress.band == [(3.0, 3.0), (5.0, 5.0)] and progress.best == (1, 3.0)
    progress.undone(0)
    assert (
        progress.ghosts == [(1, [3.0, 2.0, 1.0]), (1, [3.0, 5.0])]
        and progress.best is None
        and progress.train_loss == []
    )
    for _ in range(5):
        for event in epoch(1, [1.0], 1.0):
            progress.watch(event)
        progress.undone(0)
    assert len(progress.ghosts) == 3


def test_what_is_steered_is_told_in_words():
    progress = watched(*epoch(1, [1.0], 1.0))
    progress.watch(SimpleNamespace(kind="steer", epoch=1, lr=0.005, optimizer="sgd", batch_size="full"))
    progress.watch(SimpleNamespace(kind="steer", epoch=1, lr=0.5))
    assert progress.changes == [(1, "lr 0.005, optimizer sgd, batch size full"), (1, "lr 0.5")]


def test_epochs_that_nobody_watched_are_nan():
    progress = watched(*epoch(3, [1.0], 2.0))
    assert [math.isnan(loss) for loss in progress.train_loss] == [True, True, False]
    assert progress.validation_loss[2] == 2.0 and len(progress.band) == 3


@pytest.mark.parametrize("data", ["moons", "sine"])
def test_a_run_of_fit(data):
    """The columns are those of `History`, which the engine keeps for itself; the band is that of the batches."""
    train, held_out = tg.data.load(data, n=40, seed=0).split(0.25)
    model = tg.nn.mlp([train.x.shape[1], 4, 1], rng=0)
    progress, history, losses = Progress(), tg.train.History(), {}
    loss = "binary_cross_entropy" if train.classes else "mse"
    for event in tg.train.fit(
        model, train, loss, tg.optim.SGD(model.parameters(), lr=0.01), validation=held_out, epochs=3, batch_size=8
    ):
        history.watch(event)
        progress.watch(event)
        if event.kind == "batch":
            losses.setdefault(event.epoch, []).append(event.loss)
    assert progress.band == [(min(found), max(found)) for found in losses.values()]
    for name in ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "validation_r2"):
        assert getattr(progress, name) == getattr(history, name)
    assert progress.best == (history.best_epoch, min(history.validation_loss)) and progress.rates == history.lr
    assert (progress.epoch, progress.epochs, progress.stopped) == (3, 3, "epochs")
    again = Progress.of_history(history)
    assert again.best == progress.best and again.validation_loss == progress.validation_loss and len(again.band) == 3


def test_a_recorded_run(tmp_path):
    progress, history = Progress.read(OLD_RUN), tg.train.History.read(OLD_RUN)
    assert (
        progress.title == "moons · 2-4-1 relu · adam · batch 32" and progress.epochs == 3 and progress.patience is None
    )
    assert progress.train_loss == history.train_loss and progress.validation_accuracy == history.validation_accuracy
    assert progress.best == (history.best_epoch, min(history.validation_loss)) and progress.stopped == "epochs"
    shutil.copy(OLD_RUN / "config.json", tmp_path)
    lines = (OLD_RUN / "metrics.jsonl").read_text().splitlines(keepends=True)
    steered = '{"kind": "steer", "epoch": 2, "step": 9, "lr": 0.5}\n{"kind": "undo", "epoch": 1}\n'
    (tmp_path / "metrics.jsonl").write_text("".join(lines[:6]) + steered + '{"kind": "epo')
    progress = Progress.read(tmp_path)
    assert len(progress.train_loss) == 1 and len(progress.ghosts) == 1
    (tmp_path / "metrics.jsonl").write_text(lines[0] + '{"kind": "epoch"}\n')
    with pytest.raises(StateError, match="line 2"):
        Progress.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        Progress.read(tmp_path / "none")
