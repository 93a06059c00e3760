"""Checkpoints: a resumed run has the numbers of one that did not stop, and nothing is ever lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import StateError
from tinygrad_edu.storage import files
from tinygrad_edu.train import Checkpoint, EarlyStopping, History
from train.small_runs import history, moons, network, start, weights

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: tg.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "Adam": lambda p: tg.optim.Adam(p, lr=0.01),
    "AdamW": lambda p: tg.optim.AdamW(p, lr=0.01, betas=(0.8, 0.95)),
    "NAdam": lambda p: tg.optim.NAdam(p, lr=0.01),
    "Adagrad": lambda p: tg.optim.Adagrad(p, lr=0.05),
    "Adadelta": lambda p: tg.optim.Adadelta(p, lr=1.0),
    "RMSprop": lambda p: tg.optim.RMSprop(p, lr=0.01, momentum=0.5),
}
SCHEDULES: dict[str, Callable[[Any], Any]] = {
    "none": lambda optimizer: None,
    "step": lambda optimizer: tg.optim.StepLR(optimizer, step_size=2),
    "cosine": lambda optimizer: tg.optim.CosineLR(optimizer, T_max=6),
    "one cycle": lambda optimizer: tg.optim.OneCycleLR(optimizer, max_lr=0.1, total_steps=18),
    "plateau": lambda optimizer: tg.optim.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5),
}


def run(
    epochs: int, optimizer: str = "Adam", schedule: str = "none", device: str = "cpu", **kw: Any
) -> tuple[Any, History]:
    """A run in which everything is used that has a state: dropout, batch normalization, accumulation, shuffling."""
    train, validation = moons()
    model = tg.nn.Sequential(
        tg.nn.Dense(2, 8, activation="relu", rng=0, device=device),
        tg.nn.BatchNorm1d(8, device=device),
        tg.nn.Dropout(0.3, seed=7),
        tg.nn.Dense(8, 1, rng=1, device=device),
    )
    made = OPTIMIZERS[optimizer](model.parameters())
    settings = {"validation": validation, "early_stopping": EarlyStopping(patience=5, restore_best=False), "l2": 1e-3}
    settings |= {"accumulate": 2, "schedule": SCHEDULES[schedule](made), **kw}
    return model, history(model, train, optimizer=made, epochs=epochs, batch_size=8, **settings)


def assert_equal_runs(one: tuple[Any, History], other: tuple[Any, History]) -> None:
    np.testing.assert_array_equal(weights(one[0]), weights(other[0]))
    columns = [done.columns() for _, done in (one, other)]
    for column in columns:
        del column["seconds"]
    assert columns[0] == columns[1]
    assert one[1].end == other[1].end


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_resumed_run_has_the_same_numbers(tmp_path: Path, optimizer: str) -> None:
    whole = run(6, optimizer)
    run(2, optimizer, checkpoint=tmp_path)
    model, rest = run(6, optimizer, resume=tmp_path)
    assert rest.epoch == [3, 4, 5, 6]
    assert_equal_runs(whole, (model, with_beginning(rest, tmp_path)))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_so_have_its_schedules(tmp_path: Path, schedule: str) -> None:
    whole = run(6, "SGD", schedule)
    run(3, "SGD", schedule, checkpoint=tmp_path)
    model, rest = run(6, "SGD", schedule, resume=tmp_path)
    assert_equal_runs(whole, (model, with_beginning(rest, tmp_path)))


def test_also_on_a_device_and_from_one_to_another(tmp_path: Path, device: str) -> None:
    whole = run(5, device=device)
    run(2, device=device, checkpoint=tmp_path)
    assert_equal_runs(whole, (lambda m, h: (m, with_beginning(h, tmp_path)))(*run(5, device=device, resume=tmp_path)))
    elsewhere, _ = run(5, device="fake:1", resume=tmp_path)
    np.testing.assert_allclose(weights(elsewhere), weights(whole[0]), rtol=1e-5, atol=1e-7)


def with_beginning(rest: History, folder: Path) -> History:
    """The history of a whole run, of what the checkpoint holds and what came after."""
    saved = Checkpoint.load(folder).state["history"]
    columns = {name: saved[name] + column for name, column in rest.columns().items()}
    return History(**columns, end=rest.end)


def test_a_run_that_is_killed_in_the_middle_of_an_epoch_goes_on_from_the_one_before(tmp_path: Path) -> None:
    train, validation = moons()

    def begin(**kw: Any) -> tuple[Any, Any]:
        model = network(dropout=0.2)
        optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
        return model, start(model, train, optimizer=optimizer, validation=validation, epochs=5, **kw)

    model, events = begin()
    whole = model, History.of(events)
    _, events = begin(checkpoint=tmp_path)
    for event in events:
        if event.kind == "batch" and (event.epoch, event.batch) == (4, 2):
            break  # and nobody closes it: what is on the disk must do
    model, rest = begin(resume=tmp_path)
    assert_equal_runs(whole, (model, with_beginning(History.of(rest), tmp_path)))


def test_early_stopping_goes_on_counting(tmp_path: Path) -> None:
    stops = {"early_stopping": EarlyStopping(patience=3)}
    kw = {"optimizer": "SGD", **stops}
    whole = run(200, **kw)
    assert whole[1].end is not None and whole[1].end.stopped == "early"
    last = whole[1].end.epoch
    run(last - 1, checkpoint=tmp_path, **kw)
    model, rest = run(200, resume=tmp_path, checkpoint=tmp_path, **kw)
    assert rest.epoch == [last] and rest.end == whole[1].end
    np.testing.assert_array_equal(weights(model), weights(whole[0]))
    again, nothing = run(200, resume=tmp_path, **kw)  # a run that is over stays over
    assert nothing.epoch == [] and nothing.end == whole[1].end
    np.testing.assert_array_equal(weights(again), weights(whole[0]))


def test_a_run_that_has_all_its_epochs_is_done(tmp_path: Path) -> None:
    model, done = run(3, checkpoint=tmp_path)
    again, nothing = run(3, resume=tmp_path)
    assert nothing.epoch == [] and nothing.end == done.end
    np.testing.assert_array_equal(weights(again), weights(model))


def test_a_network_of_values_is_resumed(tmp_path: Path) -> None:
    train, _ = moons(n=16)

    def begin(epochs: int, **kw: Any) -> np.ndarray:
        model = network((2, 3, 1)).scalar()
        history(model, train, optimizer=tg.optim.Adam(model.parameters(), lr=0.1), epochs=epochs, batch_size=6, **kw)
        return weights(model)

    whole = begin(3)
    begin(1, checkpoint=tmp_path)
    np.testing.assert_array_equal(begin(3, resume=tmp_path), whole)


def test_it_is_written_every_few_epochs_and_at_the_end(tmp_path: Path) -> None:
    train, _ = moons()
    seen = []
    for event in start(network(), train, epochs=5, checkpoint=tmp_path, checkpoint_every=2):
        if event.kind == "epoch":
            seen.append(Checkpoint.load(tmp_path).epoch if (tmp_path / "checkpoint.json").exists() else 0)
    assert seen == [0, 2, 2, 4, 4]
    assert Checkpoint.load(tmp_path).epoch == 5
    assert sorted(file.name for file in tmp_path.iterdir()) == ["arrays-000005.safetensors", "checkpoint.json"]


def test_the_notices_that_were_given_are_not_given_again(tmp_path: Path) -> None:
    train, _ = moons()

    def begin(epochs: int, **kw: Any) -> list[str]:
        model = network((2, 1))
        done = history(model, train, lr=1e-9, epochs=epochs, **kw)
        return [notice.name for notice in done.notices]

    assert begin(20, checkpoint=tmp_path) == ["flat"]
    assert begin(40, resume=tmp_path) == []


# --- nothing is lost -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "nth"), [("fsync", 1), ("replace", 1), ("fsync", 2), ("fsync", 3), ("replace", 2)]
)  # the arrays, the folder, the JSON
def test_an_interrupted_write_leaves_the_checkpoint_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, nth: int
) -> None:
    run(2, checkpoint=tmp_path)
    before = Checkpoint.load(tmp_path).state
    calls, original = [0], getattr(files.os, moment)

    def fails(*args: Any) -> Any:
        calls[0] += 1
        if calls[0] == nth:
            raise OSError("no space left on device")
        return original(*args)

    monkeypatch.setattr(files.os, moment, fails)
    state = {**before, "epoch": 3}
    with pytest.raises(OSError, match="no space left"):
        Checkpoint(state).save(tmp_path)
    after = Checkpoint.load(tmp_path).state
    assert after["epoch"] == 2
    for name, array in before["model"].items():
        np.testing.assert_array_equal(after["model"][name], array)
    assert not list(tmp_path.glob(".*"))
    monkeypatch.undo()
    Checkpoint(state).save(tmp_path)
    assert Checkpoint.load(tmp_path).epoch == 3
    assert len(list(tmp_path.iterdir())) == 2


def test_also_where_the_new_one_is_of_the_same_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that begins anew in a folder: its arrays must not take the place of those that are in use."""
    run(2, checkpoint=tmp_path)
    before = Checkpoint.load(tmp_path).state
    other = {**before, "model": {name: array + 1 for name, array in before["model"].items()}}
    original = files.os.replace

    def fails(source: str, target: Any) -> None:
        if str(target).endswith(".json"):
            raise OSError("unplugged")
        original(source, target)

    monkeypatch.setattr(files.os, "replace", fails)
    with pytest.raises(OSError, match="unplugged"):
        Checkpoint(other).save(tmp_path)
    after = Checkpoint.load(tmp_path).state
    np.testing.assert_array_equal(after["model"]["0.weight"], before["model"]["0.weight"])


def test_what_a_state_is_made_of_comes_back(tmp_path: Path) -> None:
    state = {
        "epoch": 1,
        "numbers": [0.1, float("inf"), float("-inf"), -0.0, 1 / 3, 2**63 - 1],
        "pair": (0.9, [None, True, "word"]),
        "arrays": {"a": np.array(3, dtype=np.int64), "b": np.arange(6.0).reshape(2, 3).T, "c": np.zeros((0, 2))},
        "scalar": np.float64(0.1),
    }
    Checkpoint(state).save(tmp_path)
    found = Checkpoint.load(tmp_path).state
    for name, array in state["arrays"].items():  # type: ignore[attr-defined]
        np.testing.assert_array_equal(found["arrays"][name], array)
        assert found["arrays"][name].dtype == array.dtype and found["arrays"][name].shape == array.shape
    assert {**found, "arrays": 0} == {**state, "arrays": 0}


def test_not_a_number_comes_back(tmp_path: Path) -> None:
    Checkpoint({"epoch": 1, "loss": float("nan")}).save(tmp_path)
    assert np.isnan(Checkpoint.load(tmp_path).state["loss"])


# --- what cannot be resumed from -------------------------------------------------------------------------------------


def test_a_folder_without_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no checkpoint in"):
        run(3, resume=tmp_path / "nowhere")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
@pytest.mark.parametrize("kind", ["checkpoint.json", "arrays-000002.safetensors"])
def test_a_truncated_one(tmp_path: Path, kind: str, share: float) -> None:
    run(2, checkpoint=tmp_path)
    file = tmp_path / kind
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(StateError, match=r"cannot read .*was cut off.*othing was loaded"):
        run(3, resume=tmp_path)


def test_one_without_its_arrays(tmp_path: Path) -> None:
    run(2, checkpoint=tmp_path)
    (tmp_path / "arrays-000002.safetensors").unlink()
    with pytest.raises(StateError, match=r"names arrays-000002.safetensors, which is not beside it"):
        run(3, resume=tmp_path)


@pytest.mark.parametrize("content", ["[1, 2]", '"text"', '{"kind": "something else"}', "{}"])
def test_no_checkpoint_at_all(tmp_path: Path, content: str) -> None:
    (tmp_path / "checkpoint.json").write_text(content)
    with pytest.raises(StateError, match="it is no checkpoint of tinygrad-edu"):
        run(3, resume=tmp_path)


def test_one_of_a_newer_version(tmp_path: Path) -> None:
    run(2, checkpoint=tmp_path)
    file = tmp_path / "checkpoint.json"
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, "format": 99, "tinygrad_edu": "9.0"}))
    with pytest.raises(StateError, match=r"newer version, tinygrad-edu 9.0 \(format 99, this one reads up to 2\): pip"):
        run(3, resume=tmp_path)


def test_one_that_lacks_something(tmp_path: Path) -> None:
    run(2, checkpoint=tmp_path)
    checkpoint = Checkpoint.load(tmp_path)
    del checkpoint.state["optimizer"]
    checkpoint.save(tmp_path)
    with pytest.raises(StateError, match="state lacks the field 'optimizer'"):
        run(3, resume=tmp_path)


def test_one_of_another_model(tmp_path: Path) -> None:
    train, _ = moons()
    history(network((2, 8, 1)), train, checkpoint=tmp_path)
    model = network((2, 6, 1))
    before = weights(model)
    with pytest.raises(StateError, match=r"0.weight, of Dense\(2, 6.*shape \(2, 6\) here, \(2, 8\) in the state"):
        start(model, train, resume=tmp_path)
    np.testing.assert_array_equal(weights(model), before)


def test_one_of_another_optimizer_changes_nothing(tmp_path: Path) -> None:
    train, _ = moons()
    trained = network()
    history(trained, train, checkpoint=tmp_path)
    model = network()
    before = weights(model)
    optimizer = tg.optim.Adam(model.parameters())
    with pytest.raises(StateError, match="the state is that of SGD, this optimizer is Adam"):
        start(model, train, optimizer=optimizer, resume=tmp_path)
    np.testing.assert_array_equal(weights(model), before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 8}, r"batch_size: 16 there, 8 here"),
        ({"seed": 3}, r"seed: 0 there, 3 here"),
        ({"l2": 0.1}, r"l2: 0.0 there, 0.1 here"),
        ({"loss": "hinge"}, r"loss: binary_cross_entropy there, hinge here"),
    ],
)
def test_one_of_other_settings(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    train, _ = moons()
    history(network(), train, checkpoint=tmp_path)
    with pytest.raises(StateError, match=message):
        start(network(), train, resume=tmp_path, **settings)


def test_one_of_other_data(tmp_path: Path) -> None:
    history(network(), moons(seed=0)[0], checkpoint=tmp_path)
    with pytest.raises(StateError, match=r"the data \(a fingerprint of it\)"):
        start(network(), moons(seed=1)[0], resume=tmp_path)


def test_one_with_a_schedule_that_this_run_lacks(tmp_path: Path) -> None:
    run(2, schedule="step", checkpoint=tmp_path)
    with pytest.raises(StateError, match="the run had a schedule, and this one has none"):
        run(3, resume=tmp_path)
    run(2, checkpoint=tmp_path)
    with pytest.raises(StateError, match="the run had no schedule, and this one has one"):
        run(3, schedule="step", resume=tmp_path)


def test_a_folder_that_is_deleted_during_a_run_is_told_and_not_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "run"
    events = start(network(), moons()[0], checkpoint=folder, epochs=5)
    with pytest.raises(FileNotFoundError, match=r"the folder .*run does not exist"):
        for event in events:
            if event.kind == "epoch" and event.epoch == 2:
                shutil.rmtree(folder)
    assert not folder.exists()


def test_a_checkpoint_holds_what_else_it_shall(tmp_path: Path) -> None:
    """As it was when all batches of the epoch had been told of."""
    seen: list[int] = []
    events = start(network(), moons()[0], checkpoint=tmp_path, epochs=2, extra=lambda: {"steps": list(seen)})
    for event in events:
        if event.kind == "batch":
            seen.append(event.step)
        if event.kind == "epoch" and event.epoch == 1:
            assert Checkpoint.load(tmp_path).state["extra"] == {"steps": [1, 2, 3]}
    assert Checkpoint.load(tmp_path).state["extra"] == {"steps": [1, 2, 3, 4, 5, 6]}
    history(network(), moons()[0], checkpoint=tmp_path)
    assert Checkpoint.load(tmp_path).state["extra"] is None
