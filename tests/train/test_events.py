"""What a run tells."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

from fake_device import fake_cupy
from tinygrad_edu.train import BatchEvent, BestEvent, EndEvent, EpochEvent, Event, History, NoticeEvent, ValidationEvent
from train.small_runs import moons, network, start

EVENTS = [
    (BatchEvent(1, 2, 3, 4, 0.1, 0.5), {"epoch": 1, "batch": 2, "of": 3, "step": 4, "lr": 0.1, "loss": 0.5}),
    (
        EpochEvent(1, 9, 0.5, 0.75, 0.1, 2.0),
        {"epoch": 1, "of": 9, "train_loss": 0.5, "train_accuracy": 0.75, "lr": 0.1, "seconds": 2.0},
    ),
    (EpochEvent(1, 9, 0.5, None, 0.1, 2.0), {"epoch": 1, "of": 9, "train_loss": 0.5, "lr": 0.1, "seconds": 2.0}),
    (ValidationEvent(1, 0.5, 0.9), {"epoch": 1, "validation_loss": 0.5, "validation_accuracy": 0.9}),
    (ValidationEvent(1, 0.5, None, 0.9), {"epoch": 1, "validation_loss": 0.5, "validation_r2": 0.9}),
    (BestEvent(1, 0.5), {"epoch": 1, "validation_loss": 0.5}),
    (NoticeEvent(1, "flat", None, "..."), {"epoch": 1, "name": "flat", "text": "..."}),
    (NoticeEvent(1, "saturated", "0", "..."), {"epoch": 1, "name": "saturated", "layer": "0", "text": "..."}),
    (
        EndEvent(7, 0.5, 0.6, None, 0.9, "early"),
        {"epoch": 7, "train_loss": 0.5, "validation_loss": 0.6, "validation_r2": 0.9, "stopped": "early"},
    ),
]


@pytest.mark.parametrize(("event", "expected"), EVENTS)
def test_an_event_as_json(event: Event, expected: dict[str, object]) -> None:
    assert event.to_json() == {"kind": event.kind, **expected}
    assert json.loads(json.dumps(event.to_json(), allow_nan=False)) == event.to_json()


@pytest.mark.parametrize(("number", "word"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")])
def test_json_has_words_for_what_is_not_finite(number: float, word: str) -> None:
    assert EndEvent(1, number, None, None, None, "diverged").to_json()["train_loss"] == word


def test_events_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        BestEvent(1, 0.5).epoch = 2  # type: ignore[misc]


def test_only_reading_a_batchs_loss_waits_for_the_device() -> None:
    run = start(network(device="fake"), moons()[0])
    with fake_cupy.counting() as count:
        event = next(event for event in run if isinstance(event, BatchEvent))
        before = count.syncs
        assert "0x" not in repr(event) and "loss" not in repr(event)
        assert count.syncs == before
        assert isinstance(event.loss, float)
        assert count.syncs == before + 1


def test_a_history_is_one_line() -> None:
    assert repr(History()) == "History of 0 epochs"
    history = History([1, 2], train_loss=[0.5, 0.123456], validation_loss=[0.4, 0.6])
    assert repr(history) == "History of 2 epochs, loss 0.1235, validation loss 0.6, best epoch 1"
    assert repr(History([1], train_loss=[float("nan")])) == "History of 1 epoch, loss nan"
