"""When a run stops early, and which weights it leaves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.train import BestEvent, EarlyStopping
from train.small_runs import end_of, moons, network, start, weights


@pytest.mark.parametrize("patience", [0, -1, 2.5, True, "3"])
def test_a_patience_that_is_none(patience: Any) -> None:
    with pytest.raises(ArgumentError, match="EarlyStopping: patience must be a whole number, 1 or more"):
        EarlyStopping(patience)


def test_a_patience_of_numpys() -> None:
    assert EarlyStopping(np.int64(3)).patience == 3


@pytest.mark.parametrize("min_delta", [-0.1, math.nan, math.inf, "0.1", None])
def test_a_progress_that_is_none(min_delta: Any) -> None:
    with pytest.raises(ArgumentError, match="min_delta"):
        EarlyStopping(3, min_delta)


def watch(stopping: EarlyStopping, losses: list[float]) -> int | None:
    """The epoch in which it stops."""
    for epoch, loss in enumerate(losses, start=1):
        stopping.update(epoch, loss)
        if stopping.should_stop:
            return epoch
    return None


@pytest.mark.parametrize(
    ("patience", "min_delta", "losses", "stops", "best"),
    [
        (2, 0.0, [3, 2, 1, 0], None, 4),
        (2, 0.0, [3, 2, 2, 2], 4, 2),  # equal is no progress
        (2, 0.0, [3, 2, 2.5, 1.9, 2.5, 2.6], 6, 4),  # progress in time starts the wait anew
        (2, 0.5, [3, 2.6, 2.4, 2.2, 2.1], 5, 3),  # 2.6 is too little, 2.4 is enough
        (1, 0.0, [1, math.nan], 2, 1),
    ],
)
def test_it_waits_for_progress(
    patience: int, min_delta: float, losses: list[float], stops: int | None, best: int
) -> None:
    stopping = EarlyStopping(patience, min_delta)
    assert watch(stopping, losses) == stops
    assert stopping.best_epoch == best


def overfit(stopping: EarlyStopping, epochs: int = 150) -> tuple[tg.nn.Sequential, list[Any], dict[int, np.ndarray]]:
    """A run that overfits, its events, and the weights after each epoch."""
    train, validation = moons(n=24, noise=0.4, seed=1)
    model = network((2, 32, 1), "relu")
    events, snapshots = [], {}
    optimizer = tg.optim.Adam(model.parameters(), lr=0.05)
    for event in start(
        model, train, optimizer=optimizer, validation=validation, epochs=epochs, early_stopping=stopping, batch_size=6
    ):
        events.append(event)
        if event.kind == "validation":
            snapshots[event.epoch] = weights(model)
    return model, events, snapshots


def test_a_run_that_overfits_is_stopped_and_left_with_its_best_weights() -> None:
    stopping = EarlyStopping(patience=5)
    model, events, snapshots = overfit(stopping)
    end = end_of(events)
    assert end.stopped == "early"
    assert end.epoch == stopping.best_epoch + 5 < 150
    assert end.validation_loss == stopping.best
    assert [e.epoch for e in events if isinstance(e, BestEvent)][-1] == stopping.best_epoch
    np.testing.assert_array_equal(weights(model), snapshots[stopping.best_epoch])
    assert not np.array_equal(weights(model), snapshots[end.epoch])


def test_without_restoring_the_last_weights_stay() -> None:
    stopping = EarlyStopping(patience=5, restore_best=False)
    model, events, snapshots = overfit(stopping)
    end = end_of(events)
    np.testing.assert_array_equal(weights(model), snapshots[end.epoch])
    assert end.validation_loss is not None and end.validation_loss > stopping.best


def test_the_best_weights_are_restored_also_after_the_last_epoch() -> None:
    stopping = EarlyStopping(patience=1000)
    model, events, snapshots = overfit(stopping, epochs=40)
    assert end_of(events).stopped == "epochs"
    assert stopping.best_epoch < 40
    np.testing.assert_array_equal(weights(model), snapshots[stopping.best_epoch])


def test_it_can_be_used_for_a_second_run() -> None:
    stopping = EarlyStopping(patience=5)
    first = end_of(overfit(stopping)[1])
    assert end_of(overfit(stopping)[1]) == first


def test_it_needs_validation_data() -> None:
    with pytest.raises(ArgumentError, match=r"watches the validation loss: give validation="):
        start(network(), moons()[0], early_stopping=EarlyStopping(3))
