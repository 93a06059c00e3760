"""The driver of the live screen: what is done at its keys changes no number, and is found again in the record."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from cli.driving import SMALL, Script, Silent, config, drive, fingerprint, last_of_update, steered_and_undone
from tinygrad_edu.errors import ArgumentError, StateError
from tinygrad_edu.train import Checkpoint, History
from tinygrad_edu.train.events import BatchEvent, Event, SteerEvent, UndoEvent
from tinygrad_edu_cli.errors import CommandError
from tinygrad_edu_cli.live.driver import Driver
from tinygrad_edu_cli.live.snapshots import Snapshots
from tinygrad_edu_cli.training import session as sessions

RUNS = {
    "dropout": SMALL,
    "momentum": f"{SMALL} --optimizer sgd --momentum 0.9 --schedule cosine --accumulate 2",
    "cycle": f"{SMALL} --schedule onecycle --l2 0.01 --clip-norm 1",
    "early": f"{SMALL} --patience 2 --lr 0.5 --epochs 20 --schedule plateau --plateau-patience 0",
    "full": f"{SMALL} --batch-size full --optimizer rmsprop --epochs 12",
    "regression": "--data sine --n 40 --net 1-6-1 --epochs 6 --batch-size 1 --optimizer nadam",
    "classes": "--data blobs --n 60 --net 2-5-3 --epochs 6 --label-smoothing 0.1 --schedule warmup",
}


def do_nothing(driver: Driver, event: Event | None) -> None: ...


def looking(driver: Driver, event: Event | None) -> None:
    if driver.engine.stopped is None and last_of_update(driver, event) and driver.engine.epoch < 4:
        root, rows = driver.look(), driver.rows
        root.backward()
        assert len(rows) and root.size == 1
        driver.layers()


class Undoing:
    """Again and again, from everywhere, to everywhere."""

    def __init__(self) -> None:
        self.left, self.random = 12, np.random.default_rng(0)

    def __call__(self, driver: Driver, event: Event | None) -> None:
        if self.left and (event is None or event.kind == "end" or self.random.random() < 0.2):
            self.left -= 1
            epoch = int(self.random.integers(driver.engine.epoch + 1))
            again = driver.undo(epoch)
            assert driver.engine.epoch == epoch and driver.ended is None
            assert 0 <= again <= epoch and (again == 0) == (epoch in driver.snapshots.epochs)


DISTURBED: dict[str, tuple[Callable[[], Any], Callable[[], Snapshots]]] = {
    "looking": (lambda: looking, Snapshots),
    "undoing": (Undoing, lambda: Snapshots(every=0.0)),
    "undoing with few snapshots": (Undoing, lambda: Snapshots(limit=3000, every=0.0)),
    "undoing with hardly any": (Undoing, lambda: Snapshots(limit=1, every=0.0)),
}


@pytest.mark.parametrize("disturbed", DISTURBED)
@pytest.mark.parametrize("name", RUNS)
def test_what_is_done_with_a_run_changes_no_number(name: str, disturbed: str) -> None:
    whole, told = sessions.started(config(RUNS[name]), None, None), History()
    drive(whole, lambda _, event: told.watch(event))
    session, history = sessions.started(config(RUNS[name]), None, None), History()
    act, snapshots = (make() for make in DISTURBED[disturbed])

    def watch(driver: Driver, event: Event | None) -> None:
        history.watch(event)
        act(driver, event)

    drive(session, watch, snapshots)
    assert fingerprint(session.run.model) == fingerprint(whole.run.model)
    assert {**history.columns(), "seconds": 0} == {**told.columns(), "seconds": 0}
    assert history.end == told.end


@pytest.mark.parametrize("name", RUNS)
def test_the_loss_that_is_looked_at_is_the_one_that_is_learned(name: str) -> None:
    driver = Driver(sessions.started(config(RUNS[name]), None, None))
    size = driver.run.config.accumulate
    losses, looked = [], []
    while driver.engine.epoch < 3:
        if not driver.engine.pending and (driver.engine._part is None or driver.engine._part.to_come):
            rows = driver.rows
            looked.append((len(rows), driver.look().item()))
        event = driver.next()
        if isinstance(event, BatchEvent):
            losses.append(event.loss)
    penalized = driver.run.config.l2 or driver.run.config.label_smoothing
    if size == 1 and not penalized:
        assert [loss for _, loss in looked][: len(losses)] == losses
    elif not penalized:  # the mean over the rows of both batches
        pairs = [(a, b) for a, b in zip(losses[::2], losses[1::2], strict=True)]
        sizes = [(8, rows - 8) for rows, _ in looked]
        means = [(n * a + m * b) / (n + m) for (n, m), (a, b) in zip(sizes, pairs, strict=False)]
        np.testing.assert_allclose([loss for _, loss in looked][: len(means)], means, rtol=1e-6)


# --- snapshots ---


def test_snapshots_have_a_limit() -> None:
    snapshots = Snapshots(limit=10 * 800, every=0.0)
    best = np.zeros(50)
    for epoch in range(100):
        state = {
            "model": {"w": np.full(50, epoch)},
            "best": {"weights": {"w": best}},
            "history": {"epoch": [1] * epoch},
        }
        snapshots.offer(epoch, lambda state=state: state)
        assert snapshots.bytes == 400 * (len(snapshots) + 1) <= 10 * 800
        assert snapshots.epochs[0] == 0 and snapshots.epochs[-1] > 3 * epoch / 4 - 1
        steps = np.diff(snapshots.epochs)
        assert len({*steps}) <= 1 and all(step in (1, 2, 4, 8, 16, 32) for step in steps)
        assert all(snapshots.weights(kept)["w"][0] == kept for kept in snapshots.epochs)
    assert 9 <= len(snapshots) <= 19 and "history" not in snapshots[snapshots.epochs[-1]]
    assert snapshots.before(99) == snapshots.epochs[-1] and snapshots.before(0) == 0
    snapshots.forget_after(20)
    assert snapshots.epochs[-1] <= 20


def test_snapshots_take_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after 30 ms, and after 50 times what the last one cost."""
    now = 0.0
    monkeypatch.setattr("time.process_time", lambda: now)

    def state(cost: float) -> dict[str, Any]:
        nonlocal now
        now += cost
        return {}

    snapshots = Snapshots()
    for epoch in range(1000):
        now += 0.001
        snapshots.offer(epoch, lambda: state(0.0001))
    assert len(snapshots) == pytest.approx(1000 / 30, abs=2)
    snapshots = Snapshots()
    for epoch in range(1000):
        now += 0.01
        snapshots.offer(epoch, lambda: state(0.01))
    assert len(snapshots) == pytest.approx(1000 * 0.01 / 0.5, abs=2)


def test_what_was_undone_is_not_gone_back_to() -> None:
    """Although no newer snapshot was taken since."""
    snapshots = Snapshots(every=0.0)
    driver = Driver(sessions.started(config(), None, None), snapshots)

    def train_to(epoch: int) -> str:
        while driver.engine.epoch < epoch or driver.engine.pending:
            driver.next()
        return fingerprint(driver.run.model)

    train_to(5)
    driver.undo(2)
    driver.set_rate(0.5)
    snapshots.every = 1e9
    third, fourth = train_to(3), train_to(4)
    for epoch, weights in ((3, third), (4, fourth)):
        train_to(4)
        driver.undo(epoch)
        assert fingerprint(driver.run.model) == weights


# --- layers ---


def test_layers_show_what_lies_in_the_gradients_and_how_far_the_weights_went() -> None:
    driver = Driver(sessions.started(config(), None, None))
    first = driver.layers()
    assert [row.gradient for row in first] == [None, None] and first[0].name.startswith("layer 0 (Dense(2, 4")
    for _ in range(3):
        before = {name: p.numpy() for name, p in driver.engine.model.named_parameters()}
        driver.next()
        rows, after = driver.layers(), dict(driver.engine.model.named_parameters())
        for row, layer in zip(rows, ("0", "2"), strict=True):
            w, b = f"{layer}.weight", f"{layer}.bias"
            gradient = np.concatenate([after[w].grad.numpy().ravel(), after[b].grad.numpy().ravel()])
            assert row.gradient == pytest.approx(np.linalg.norm(gradient))
            step = np.linalg.norm(after[w].numpy() - before[w]) / np.linalg.norm(before[w])
            assert row.ratio == pytest.approx(step)
    assert driver.layers()[0].ratio is None  # nothing was learned since
    driver.next()
    driver.next()
    assert driver.layers()[0].ratio is not None


def test_layers_of_other_kinds_of_runs() -> None:
    driver = Driver(sessions.started(config(RUNS["classes"] + " --activation tanh"), None, None))
    driver.next()
    assert [row.dead for row in driver.layers()] == [None, None] and driver.layers()[0].saturated is not None


# --- steering ---


def test_steering_by_name_takes_the_settings_that_the_optimizer_has() -> None:
    driver = Driver(
        sessions.started(config(f"{SMALL} --optimizer adam --betas 0.8 0.99 --weight-decay 0.1"), None, None)
    )
    driver.steer(optimizer="sgd")
    assert type(driver.engine.optimizer).__name__ == "SGD" and driver.engine.optimizer.lr == 0.1
    assert driver.engine.optimizer.groups[0]["weight_decay"] == 0.1
    driver.steer(optimizer="adamw", lr=0.3, batch_size=5)
    assert driver.engine.optimizer.groups[0]["betas"] == (0.8, 0.99) and driver.engine.optimizer.lr == 0.3
    assert len(driver.rows) == 5
    with pytest.raises(CommandError, match="unknown 'adm', did you mean 'adam'"):
        driver.steer(optimizer="adm")
    with pytest.raises(ArgumentError, match="more than the 32 rows"):
        driver.steer(batch_size=99)


@pytest.mark.parametrize("schedule", ["", "--schedule cosine", "--schedule exponential", "--schedule onecycle"])
def test_halving_the_rate_halves_all_that_a_schedule_gives(schedule: str) -> None:
    def rates(act: Callable[[Driver, Event | None], None]) -> list[float]:
        found: list[float] = []

        def watch(driver: Driver, event: Event | None) -> None:
            found.extend([event.lr] if isinstance(event, BatchEvent) else [])
            act(driver, event)

        drive(sessions.started(config(f"{SMALL} {schedule}"), None, None), watch)
        return found

    plain = rates(do_nothing)
    halved = rates(Script(("step", 6, lambda d: d.set_rate(d.engine.lr / 2))))
    np.testing.assert_allclose(halved, np.r_[plain[:6], np.array(plain[6:]) / 2])


def test_where_one_can_go_back_to() -> None:
    driver = Driver(sessions.started(config(), None, None))
    for epoch in (-1, 1):
        with pytest.raises(ArgumentError, match=f"epoch must be one from 0 to 0, not {epoch}"):
            driver.undo(epoch)
    for event in driver.interrupt():
        assert event.kind != "end" or driver.ended is event
    assert driver.next() is None
    with pytest.raises(StateError, match="has ended"):
        driver.set_rate(1.0)
    driver.restart()
    assert driver.next() == UndoEvent(0) and driver.set_rate(1.0) == 1.0


# --- the record ---


def reference(folder: Path) -> tuple[Any, History, float | None]:
    """A run that was steered from the beginning by what the record of another says: its model, history and noise."""
    record, own = sessions.RunFolder.read(folder), folder.with_name(f"{folder.name} again")
    session = sessions.started(record.config, own, None)
    session.planned = record.history()[0].steering
    drive(session, do_nothing)
    return session.run.model, *sessions.RunFolder.read(own).history()


def assert_as_by_its_log(folder: Path, model: Any) -> None:
    """The model and the record are those of a run that was steered in the same way, and never undone."""
    wanted, history, loss_noise = reference(folder)
    assert fingerprint(model) == fingerprint(wanted)
    found, noise = sessions.RunFolder.read(folder).history()
    assert noise == loss_noise
    assert {**found.columns(), "seconds": 0} == {**history.columns(), "seconds": 0}
    assert found.steering == history.steering and found.end == history.end
    assert [(n.epoch, n.name) for n in found.notices] == [(n.epoch, n.name) for n in history.notices]
    state = Checkpoint.load(folder / "checkpoints").state
    assert state["epoch"] == len(found) and [SteerEvent(**e) for e in state["steering"]] == found.steering


@pytest.mark.parametrize("more", ["", "--optimizer sgd --momentum 0.9 --schedule cosine --patience 9"])
def test_a_steered_run_is_repeated_by_its_record(more: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    session = sessions.started(config(f"{SMALL} {more}"), folder, None)
    drive(session, steered_and_undone(), Snapshots(limit=1, every=0.0))
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if line["kind"] == "undo"] == [3, 5, 2]
    assert {"kind": "steer", "epoch": 1, "step": 2, "lr": 0.1} in lines
    assert_as_by_its_log(folder, session.run.model)
    assert json.loads((folder / "config.json").read_text())["version"] == 2


def crashed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, every: int, act: Any, options: str = SMALL, limit: int = 1
) -> list[Path]:
    """A run that is driven and recorded; and what a kill would have left before some of the calls that change the
    folder."""
    left: list[Path] = []
    calls = 0

    def around(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def call(*arguments: Any, **settings: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls % every == 0 and (folder / "config.json").exists():
                left.append(folder.with_name(f"{calls}"))
                shutil.copytree(folder, left[-1])
            return original(*arguments, **settings)

        monkeypatch.setattr(owner, name, call)

    with monkeypatch.context() as monkeypatch:
        for owner, name in ((sessions.RunFolder, "write"), (os, "fsync"), (os, "replace"), (Path, "unlink")):
            around(owner, name)
        drive(sessions.started(config(options), folder, None), act, Snapshots(limit, every=0.0))
    return left


def assert_goes_on(moment: Path) -> None:
    before = History.read(moment).steering
    session = sessions.resumed(moment, None)
    sessions.train(session, Silent())
    assert [event for event in History.read(moment).steering if event in before] == before
    assert_as_by_its_log(moment, session.run.model)


@pytest.mark.parametrize("every", [23, pytest.param(1, marks=pytest.mark.fuzz)])
def test_a_kill_at_any_moment(every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left goes on as the record says that it was steered, whether the last checkpoint is of before or after,
    and whether the way back was recorded or not."""
    moments = crashed(tmp_path / "run", monkeypatch, every, steered_and_undone())
    assert len(moments) > 5
    for moment in moments:
        assert_goes_on(moment)


class AtRandom:
    """Whatever the keys can do."""

    def __init__(self, random: Random):
        self.random, self.left = random, random.randrange(4, 14)

    def __call__(self, driver: Driver, event: Event | None) -> None:
        random = self.random
        if not self.left or random.random() > 0.2:
            return
        self.left -= 1
        keys = [
            lambda: driver.undo(random.randint(0, driver.engine.epoch)),
            lambda: driver.undo(random.randint(0, driver.engine.epoch)),
            driver.restart,
            lambda: driver.set_rate(random.choice([0.01, 0.1, 0.3])),
            lambda: driver.steer(optimizer=random.choice(["sgd", "adam", "adagrad"])),
            lambda: driver.steer(batch_size=random.choice([3, 5, 12, "full"])),
        ]
        with contextlib.suppress(StateError):  # after the last update there is nothing to steer
            random.choice(keys)()


@pytest.mark.fuzz
@pytest.mark.parametrize(
    "more",
    [
        "--dropout 0.2",
        "--optimizer sgd --momentum 0.9 --schedule cosine --accumulate 2",
        "--schedule exponential --patience 3 --epochs 9",
        "--drop-last --schedule warmup --warmup 3",
        "--schedule plateau --plateau-patience 0 --batch-size full",
    ],
)
def test_kills_of_runs_that_are_driven_at_random(more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(12):
        random = Random(seed)
        folder = tmp_path / str(seed) / "run"
        folder.parent.mkdir()
        limit = random.choice([1, 3000, 10**9])
        moments = crashed(folder, monkeypatch, 13, AtRandom(random), f"{SMALL} {more}", limit)
        for moment in [*random.sample(moments, min(3, len(moments))), folder]:
            assert_goes_on(moment)


def test_what_was_steered_is_said_by_plain_and_json(cli: Any, tmp_path: Path) -> None:
    """Of a run that goes on, where it is steered again."""
    for kind in ("--plain", "--json"):
        folder = tmp_path / kind
        session = sessions.started(config(), folder, None)
        with contextlib.closing(session.folder):
            driver = Driver(session)
            for _ in range(2):
                session.record(driver.next())
            driver.steer(lr=0.005, optimizer="sgd", batch_size="full")
            session.record(driver.next())
        ran = cli("train", "--resume", str(folder), kind)
        assert ran.code == 0
        if kind == "--plain":
            said = "From update 3 on: the optimizer SGD with the rate 0.005, the batch size full, set by hand."
            assert said in " ".join(ran.out.split())
        else:
            (steer,) = [line for line in map(json.loads, ran.out.splitlines()) if line["kind"] == "steer"]
            assert (steer["step"], steer["optimizer"], steer["batch_size"]) == (2, "SGD", "full")
        assert History.read(folder).steering == driver.engine.steering


@pytest.mark.parametrize("loaded", [False, True])
def test_a_run_that_goes_on_can_be_taken_back_to_before(cli: Any, loaded: bool, tmp_path: Path) -> None:
    """Also one that began with the weights of a file, and their standardization: the folder has a copy of it."""
    weights, folder = tmp_path / "weights.safetensors", tmp_path / "run"
    assert cli("train", *SMALL.split(), "--seed", "9", "--epochs", "1", "--save", str(weights)).code == 0
    load = weights if loaded else None
    whole = drive(sessions.started(config(), None, load), do_nothing)

    session = sessions.started(config(), folder, load)
    with contextlib.closing(session.folder):
        driver = Driver(session)
        while driver.engine.epoch < 4 or driver.engine.pending:
            session.record(driver.next())
    weights.unlink()
    session = sessions.resumed(folder, None)
    driver = drive(session, Script(("epoch", 5, lambda d: d.undo(2)), ("epoch", 3, lambda d: d.restart())))
    assert driver.first == 0 and len(History.read(folder)) == 6
    assert fingerprint(driver.run.model) == fingerprint(whole.run.model)
    for file in (folder / "checkpoints").iterdir():
        file.unlink()
    assert cli("train", "--resume", str(folder)).code == 0  # from the beginning
    np.testing.assert_equal(Checkpoint.load(folder / "checkpoints").state["model"], whole.run.model.state_dict())


def test_a_run_of_which_the_beginning_is_not_known(cli: Any, tmp_path: Path) -> None:
    """One that was recorded by a version that did not write down with which weights it began."""
    folder = tmp_path / "run"
    assert cli("train", *SMALL.split(), "--epochs", "3", "--record", str(folder)).code == 0
    content = json.loads((folder / "config.json").read_text())
    del content["initial_hash"]
    (folder / "config.json").write_text(json.dumps({**content, "version": 1}))
    session = sessions.resumed(folder, 5)
    with contextlib.closing(session.folder):
        driver = Driver(session)
        with pytest.raises(ArgumentError, match="from 3 to 3, not 0"):
            driver.restart()
        assert driver.undo(3) == 0
    content["initial_hash"] = "another"
    (folder / "config.json").write_text(json.dumps(content))
    for file in (folder / "checkpoints").iterdir():
        file.unlink()
    ran = cli("train", "--resume", str(folder))
    assert ran.code == 4 and "has no checkpoint, and not the weights that the run began with" in ran.err
