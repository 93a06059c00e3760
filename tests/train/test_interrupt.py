"""Ctrl-C, and watchers who leave: a run ends cleanly wherever it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.storage import files
from tinygrad_edu.train import Checkpoint, EarlyStopping
from train.small_runs import end_of, moons, network, start, weights


class Interrupting:
    """Calls a function, and at the n-th time Ctrl-C is pressed inside, after or before its work."""

    def __init__(self, function: Any, at: int, after: bool = False):
        self.function, self.at, self.after, self.calls = function, at, after, 0

    def __call__(self, *args: Any, **kw: Any) -> Any:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise KeyboardInterrupt
        result = self.function(*args, **kw)
        if self.calls == self.at:
            raise KeyboardInterrupt
        return result


def run(tmp_path: Any, interrupt: Any = None, **kw: Any) -> tuple[Any, list[Any]]:
    train, validation = moons()
    model = network()
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    if interrupt is not None:
        interrupt(model, optimizer)
    settings = {"validation": validation, "early_stopping": EarlyStopping(50), "checkpoint": tmp_path}
    settings |= {"checkpoint_every": 4, "epochs": 6, **kw}
    return model, list(start(model, train, optimizer=optimizer, **settings))


@pytest.mark.parametrize(("at", "after"), [(1, False), (2, True), (8, False), (11, True), (12, False)])
def test_ctrl_c_inside_an_update(tmp_path: Any, at: int, after: bool) -> None:
    def interrupt(model: Any, optimizer: Any) -> None:
        optimizer.step = Interrupting(optimizer.step, at, after)

    model, events = run(tmp_path, interrupt)
    end = end_of(events)
    complete = (at - 1) // 3  # three updates an epoch
    assert end.stopped == "interrupted" and end.epoch == complete
    assert not model.training
    if complete:
        reference = Checkpoint.load(tmp_path)
        assert reference.epoch == complete  # although the last was due in epoch 4
        best = reference.state["best"]["weights"]
        np.testing.assert_array_equal(weights(model), np.concatenate([array.ravel() for array in best.values()]))
        assert end.validation_loss == reference.state["early_stopping"]["best"]
    else:
        assert end.train_loss is None and not list(tmp_path.iterdir())


def test_ctrl_c_during_validation(tmp_path: Any) -> None:
    calls = [0]

    def interrupt(model: Any, optimizer: Any) -> None:
        evaluate = model.eval

        def counted() -> Any:
            calls[0] += 1
            if calls[0] == 7:
                raise KeyboardInterrupt
            return evaluate()

        model.eval = counted

    _, events = run(tmp_path, interrupt)
    end = end_of(events)
    assert end.stopped == "interrupted" and 0 < end.epoch < 6
    assert Checkpoint.load(tmp_path).epoch == end.epoch
    assert [e.epoch for e in events if e.kind == "epoch"] == list(range(1, end.epoch + 1))


def test_ctrl_c_during_the_writing_of_a_checkpoint(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Interrupting(files.os.replace, at=3)
    monkeypatch.setattr(files.os, "replace", replace)
    _, events = run(tmp_path, checkpoint_every=1)
    assert end_of(events).stopped == "interrupted"
    assert Checkpoint.load(tmp_path).epoch == 2  # the second was being written; now it is whole
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("at", [3, 4])
def test_the_epoch_of_a_checkpoint_is_told_of(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Ctrl-C during the writing, which is most of the time of a small run: what is in the checkpoint has its events."""
    monkeypatch.setattr(files.os, "replace", Interrupting(files.os.replace, at))
    _, events = run(tmp_path, checkpoint_every=1)
    end = end_of(events)
    assert end.stopped == "interrupted" and end.epoch == Checkpoint.load(tmp_path).epoch == 2
    for kind in ("epoch", "validation"):
        assert [e.epoch for e in events if e.kind == kind] == [1, 2]


@pytest.mark.parametrize(("stopping", "restored"), [(None, True), (EarlyStopping(50, restore_best=False), False)])
def test_ctrl_c_keeps_the_best_weights_unless_told_otherwise(stopping: Any, restored: bool) -> None:
    train, validation = moons(noise=0.4)
    model = network((2, 64, 1))
    optimizer = tg.optim.Adam(model.parameters(), lr=0.5)
    optimizer.step = Interrupting(optimizer.step, at=17)  # in epoch 6
    settings = {"validation": validation, "epochs": 50, "early_stopping": stopping}
    events = list(start(model, train, optimizer=optimizer, **settings))
    losses = [e.validation_loss for e in events if e.kind == "validation"]
    end = end_of(events)
    assert end.stopped == "interrupted" and min(losses) < losses[-1]
    assert end.validation_loss == (min(losses) if restored else losses[-1])
    with tg.no_grad():
        logits = model(tg.Tensor(validation.x))
        measured = tg.losses.binary_cross_entropy(logits[:, 0], validation.y.astype(float)).item()
    assert (measured == pytest.approx(min(losses))) == restored


def test_a_watcher_can_throw_ctrl_c_into_a_run(tmp_path: Any) -> None:
    train, validation = moons()
    run = start(network(), train, validation=validation, epochs=9)
    events = []
    for event in run:
        events.append(event)
        if event.kind == "epoch" and event.epoch == 2:
            events.append(run.throw(KeyboardInterrupt))
    assert end_of(events).stopped == "interrupted" and end_of(events).epoch == 2
    assert end_of(events).validation_loss is not None


def test_closing_the_generator_ends_the_run(tmp_path: Any) -> None:
    train, validation = moons()
    model, stopping = network(), EarlyStopping(50)
    run = start(
        model, train, validation=validation, early_stopping=stopping, epochs=9, checkpoint=tmp_path, checkpoint_every=5
    )
    for event in run:
        if event.kind == "batch" and event.epoch == 4:
            break
    run.close()
    assert not model.training
    checkpoint = Checkpoint.load(tmp_path)
    assert checkpoint.epoch == 3
    best = checkpoint.state["best"]["weights"]
    np.testing.assert_array_equal(weights(model), np.concatenate([array.ravel() for array in best.values()]))


def test_other_errors_come_through() -> None:
    def broken(prediction: Any, target: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(start(network(), moons()[0], broken))
