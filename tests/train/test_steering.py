"""Steering: what changes, from which update on, and what is refused."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError, StateError
from tinygrad_edu.train import BatchEvent, Checkpoint, EpochEvent, History, Run, SteerEvent, UndoEvent
from tinygrad_edu.train.steering import missing
from train.small_runs import network

optim = tg.optim
SEED, ROWS, EPOCHS = 3, 20, 5
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(ROWS, 2)), RNG.normal(size=ROWS)
AT: dict[int, dict[str, Any]] = {  # after so many updates
    2: {"lr": 0.03},
    4: {"batch_size": 3},
    9: {"optimizer": lambda p: optim.Adam(p, lr=0.05)},
    12: {"lr": 0.1, "batch_size": "full"},
    13: {"optimizer": lambda p: optim.SGD(p, lr=0.2, momentum=0.9), "batch_size": 8},
}


def started(schedule: Any = None, drop_last: bool = False, accumulate: int = 1, **kw: Any) -> Run:
    model = tg.nn.Sequential(tg.nn.Dense(2, 1, rng=0, dtype="float64"))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    settings = {"epochs": EPOCHS, "batch_size": 6, "seed": SEED, "drop_last": drop_last, "accumulate": accumulate, **kw}
    if schedule:
        settings["schedule"] = schedule(optimizer)
    return tg.train.start(model, (X, Y), "mse", optimizer, **settings)


def steered(run: Run) -> Run:
    """To its end, steered by hand."""
    done = 0
    for event in run.events():
        if isinstance(event, BatchEvent) and event.step > done and not run.pending:
            done = event.step
            given = dict(AT.get(done, {}))
            if "optimizer" in given:
                given["optimizer"] = given["optimizer"](run.model.parameters())
            if given:
                run.steer(**given)
    return run


def course(drop_last: bool, accumulate: int) -> Iterator[tuple[int, dict[str, Any], Any]]:
    """By hand: the epoch, what is steered in it, and the rows of the update that follows, if one does."""
    step, size, left = 0, 6, dict(AT)
    for epoch in range(EPOCHS):
        order, at, end = np.random.default_rng([SEED, epoch]).permutation(ROWS), 0, ROWS
        while at < end:
            given = left.pop(step, {})
            size = {"full": ROWS}.get(given.get("batch_size"), given.get("batch_size", size))
            end = ROWS - (ROWS - at) % size if drop_last else ROWS
            rows = order[at : min(at + size * accumulate, end)]
            at, step = at + size * accumulate, step + (len(rows) > 0)
            yield epoch, given, rows


RATES: dict[str, tuple[Any, Callable[[int, float], float]]] = {  # a schedule of epochs: what it multiplies the rate by
    "none": (None, lambda epoch, rate: rate),
    "exponential": (lambda o: optim.ExponentialLR(o, 0.9), lambda epoch, rate: rate * 0.9**epoch),
    "cosine": (
        lambda o: optim.CosineLR(o, EPOCHS, 0.01),
        lambda epoch, rate: 0.01 + (rate - 0.01) * (1 + np.cos(np.pi * epoch / EPOCHS)) / 2,
    ),
}


def by_hand(rate_of: Callable[[int, float], float], drop_last: bool, accumulate: int) -> np.ndarray:
    """The weights of the steered run, from the formulas of linear regression, SGD and Adam."""
    model = tg.nn.Sequential(tg.nn.Dense(2, 1, rng=0, dtype="float64"))
    w = np.concatenate([array.ravel() for array in model.state_dict().values()])
    kind, base, momentum, velocity, m, v, t = "sgd", 0.1, 0.5, None, 0.0, 0.0, 0
    for epoch, given, rows in course(drop_last, accumulate):
        if given is AT[9]:
            kind, base = "adam", 0.05
        elif given is AT[13]:
            kind, base, momentum, velocity = "sgd", 0.2, 0.9, None
        if "lr" in given:  # the rate now, from which the base follows: the curve is a straight line in it
            low, high = rate_of(epoch, 0.0), rate_of(epoch, 1.0)
            base = (given["lr"] - low) / (high - low)
        if not len(rows):
            continue
        rate, inputs = rate_of(epoch, base), np.c_[X[rows], np.ones(len(rows))]
        g = 2 * inputs.T @ (inputs @ w - Y[rows]) / len(rows)
        if kind == "sgd":
            velocity = g if velocity is None else momentum * velocity + g
            w = w - rate * velocity
        else:
            t += 1
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


def weights(run: Run) -> np.ndarray:
    return np.concatenate([p.numpy().ravel() for p in run.model.parameters()])


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("rates", RATES)
def test_a_steered_run_computes_what_the_formulas_say(rates: str, accumulate: int, drop_last: bool) -> None:
    schedule, rate_of = RATES[rates]
    run = steered(started(schedule, drop_last, accumulate))
    np.testing.assert_allclose(weights(run), by_hand(rate_of, drop_last, accumulate), rtol=1e-10)
    assert len(run.steering) == sum(step <= run.step for step in AT) >= 3
    again = started(schedule, drop_last, accumulate, steering=run.steering)
    told = [event for event in again.events() if isinstance(event, SteerEvent)]
    assert told == again.steering == run.steering  # also what came after the last update, and waits for more epochs
    assert weights(again).tobytes() == weights(run).tobytes()


def test_a_schedule_of_updates_goes_on_from_the_rate_set_by_hand() -> None:
    """Halved by hand, all that follows is half; a new optimizer begins its curve with its own rate."""
    rates = {}
    for kind in ("alone", "halved", "adopted"):
        run = started(lambda o: optim.OneCycleLR(o, 0.4, 40), batch_size=2, epochs=4)
        rates[kind] = []
        for event in run.events():
            if isinstance(event, BatchEvent):
                rates[kind].append(event.lr)
                if event.step == 13 and kind == "halved":
                    run.steer(lr=run.lr / 2)
                elif event.step == 13 and kind == "adopted":
                    run.steer(optimizer=optim.Adadelta(run.model.parameters(), lr=0.1))
    alone = np.array(rates["alone"])
    for kind, factor in (("halved", 2), ("adopted", 4)):
        np.testing.assert_allclose(rates[kind], np.r_[alone[:13], alone[13:] / factor])


def test_what_is_steered_is_seen_at_once_and_reported_before_the_next_update() -> None:
    run = started()
    events = run.events()
    assert next(events).kind == "batch"
    run.steer(lr=0.5)
    run.steer(batch_size=14)
    assert (run.lr, run.optimizer.lr, run.batch_size, len(run.rows)) == (0.5, 0.5, 14, 14)
    assert [next(events).kind for _ in range(5)] == ["steer", "steer", "batch", "epoch", "batch"]


def test_after_the_last_batch_of_an_epoch_it_waits_for_the_next() -> None:
    """The epoch's end, its checkpoint and the schedule's step come first; but one sees what will be."""
    run = started(lambda o: optim.StepLR(o, 1, 0.1), batch_size=10)
    kinds = []
    for event in run.events():
        kinds.append(event.kind)
        if isinstance(event, BatchEvent) and event.step == 2:
            run.steer(lr=0.03, batch_size=5)
            assert (run.lr, run.optimizer.lr, len(run.rows)) == (0.03, 0.1, 5)
            assert float(run.look().item()) > 0
        elif isinstance(event, BatchEvent) and event.step == 3:
            assert event.lr == 0.03 and event.of == 4 and event.epoch == 2
            break
    assert kinds == ["batch", "batch", "epoch", "steer", "batch"]
    assert run.steering == [SteerEvent(2, 2, lr=0.03, batch_size=5)]


def test_the_optimizer_that_is_given_is_the_one_that_learns() -> None:
    run = started()
    events = run.events()
    next(events)
    new = optim.Adam(run.model.parameters())
    run.steer(optimizer=new)
    assert next(events).optimizer == "Adam" and run.optimizer is new
    assert next(events).kind == "batch" and new.state_dict()["groups"][0]["steps"] == [[1, 1]]


def test_a_log_may_say_the_same_twice() -> None:
    """The rate, another one, and the first again: what a checkpoint knows of it is the beginning."""
    one, two = SteerEvent(2, 4, lr=0.1), SteerEvent(2, 4, lr=0.2)
    assert missing([one, two, one], [one]) == [two, one]
    assert missing([one, two, one], [one, two, one]) == []


def refusals() -> dict[str, tuple[dict[str, Any], str]]:
    other = network()
    return {
        "nothing": ({}, "nothing is to change"),
        "rate": ({"lr": -1.0}, "lr must be a number of at least 0"),
        "no number": ({"lr": "fast"}, "lr must be a number of at least 0"),
        "size": ({"batch_size": 21}, "more than the 20 rows"),
        "no size": ({"batch_size": 0}, "batch_size must be a whole number"),
        "name": ({"optimizer": "adam"}, "must be one of tg.optim"),
        "others": ({"optimizer": optim.SGD(other.parameters(), lr=1.0)}, "of the same parameters"),
        "cycle": ({"batch_size": 1}, "its 16 steps are over"),
    }


@pytest.mark.parametrize("name", refusals())
def test_what_cannot_be_steered(name: str) -> None:
    run = started(lambda o: optim.OneCycleLR(o, 0.4, 16), epochs=4)
    events = run.events()
    next(events)
    given, said = refusals()[name]
    before = run.state_dict()
    with pytest.raises(ArgumentError, match=said):
        run.steer(**given)
    np.testing.assert_equal(run.state_dict(), before)
    assert run.steering == []


def test_the_run_s_own_optimizer_is_no_new_one() -> None:
    run = started()
    with pytest.raises(ArgumentError, match="has this optimizer already"):
        run.steer(optimizer=run.optimizer)


@pytest.mark.parametrize("closed", [False, True])
def test_a_run_that_has_ended_has_no_next_update(closed: bool) -> None:
    """Nor one that was left: its model may have the weights of its best epoch."""
    run = started(epochs=1)
    first = run.state_dict()
    for _ in run.events():
        if closed:
            break
    for ask in (run.look, lambda: run.rows, lambda: run.steer(lr=1.0), run.events):
        with pytest.raises(StateError, match="has ended"):
            ask()
    run.travel(first)
    assert len(run.rows) == 6 and run.steer(lr=1.0).step == 0


def test_groups_of_parameters_and_kinds_of_one_s_own(tmp_path: Path) -> None:
    """An optimizer with rates of its own for each group, of a class that tg.optim has not, after travel and resume."""

    class Own(optim.SGD):
        pass

    def run(**kw: Any) -> Run:
        return started(checkpoint=tmp_path, **kw)

    one = run()
    w, b = one.model.parameters()
    for event in one.events():
        if isinstance(event, BatchEvent) and event.step == 2:
            state = one.state_dict()
            one.steer(optimizer=Own([{"params": [b], "lr": 0.3}, {"params": [w]}], lr=0.01, momentum=0.9))
    ended, log = weights(one), one.steering
    one.travel(state, log)
    list(one.events())
    assert weights(one).tobytes() == ended.tobytes() and [g["lr"] for g in one.optimizer.groups] == [0.3, 0.01]
    with pytest.raises(StateError, match="steered to the optimizer 'Own'"):
        run(resume=tmp_path, epochs=9)


@pytest.mark.parametrize("groups", [None, [], [{"params": [7]}], [{"params": [0, 1], "speed": 1}], [{"lr": 1.0}]])
def test_a_log_that_names_what_cannot_be(groups: Any) -> None:
    run = started(steering=[SteerEvent(1, 1, optimizer="Adam", groups=groups)])
    with pytest.raises(StateError, match="cannot be made"):
        list(run.events())
    with pytest.raises(ArgumentError, match="steering must be a list of SteerEvents"):
        started(steering=[{"step": 1}])


@pytest.mark.parametrize("every", [1, 3])
def test_a_steered_run_that_is_resumed_goes_on_alike(every: int, tmp_path: Path) -> None:
    """From a checkpoint before the steering, with its log, and from one after it."""
    whole = steered(started())
    for stop in range(1, whole.step):
        run = started(checkpoint=tmp_path / f"{stop}", checkpoint_every=every)
        for event in run.events():
            if isinstance(event, BatchEvent) and event.step == stop:
                log = whole.steering[: sum(e.step <= stop for e in whole.steering)]
                break
            if isinstance(event, BatchEvent) and event.step in AT and not run.pending:
                given = dict(AT[event.step])
                if "optimizer" in given:
                    given["optimizer"] = given["optimizer"](run.model.parameters())
                run.steer(**given)
        if not (tmp_path / f"{stop}" / "checkpoint.json").exists():
            continue
        again = started(resume=tmp_path / f"{stop}", steering=whole.steering)
        assert len(log) <= len(again.steering)
        list(again.events())
        assert weights(again).tobytes() == weights(whole).tobytes(), stop


def test_a_state_is_a_copy() -> None:
    """Nothing that the run does later changes it, and nothing that is done to it changes the run."""
    run = started(validation=(X[:5], Y[:5]))
    states = []
    for event in run.events():
        if event.kind in ("batch", "epoch"):
            states.append((run.state_dict(), repr(run.state_dict())))
    assert all(repr(state) == then for state, then in states)
    end, wanted = run.state_dict(), weights(run)
    run.travel(states[7][0])
    run.state_dict()["history"]["train_loss"].append(1.0)
    with pytest.raises(ValueError, match="read-only"):
        end["best"]["weights"]["0.weight"][:] = 0.0
    list(run.events())
    assert repr(states[7][0]) == states[7][1]
    assert weights(run).tobytes() == wanted.tobytes()
    with pytest.raises(StateError, match="another model"):
        run.travel({**states[7][0], "model": {}})
    assert weights(run).tobytes() == wanted.tobytes()


def test_going_back_makes_the_state_the_last_checkpoint(tmp_path: Path) -> None:
    """Also one in the middle of an epoch, and the one of the beginning."""
    whole = started()
    list(whole.events())
    for wanted in (0, 2, 5, 8):
        run = started(checkpoint=tmp_path)
        states = {0: run.state_dict()}
        for _ in run.events():
            states[run.step] = run.state_dict()
            if run.epoch == 4 and wanted in states:
                run.travel(states.pop(wanted))
                assert Checkpoint.load(tmp_path).state["step"] == wanted
                break
        assert isinstance(run.pending[0], UndoEvent)
        again = started(resume=tmp_path)
        list(again.events())
        assert weights(again).tobytes() == weights(whole).tobytes() and len(again.history) == EPOCHS


def test_a_history_forgets_what_was_undone() -> None:
    run, history = started(validation=(X[:5], Y[:5])), History()
    states = {}
    for event in run.events():
        history.watch(event)
        if isinstance(event, EpochEvent):
            states.setdefault(event.epoch, run.state_dict())
            if event.epoch in (2, 3):
                run.steer(lr=run.lr / 2)
            if event.epoch == 4 and len(states) == 4:
                run.travel(states[2])
                states[5] = None
    assert history.epoch == list(range(1, EPOCHS + 1)) and len(history.validation_loss) == EPOCHS
    assert history.columns().keys() == run.history.columns().keys()
    assert json.loads(json.dumps(history.to_json()))["steering"] == [e.to_json() for e in history.steering]
    assert history.steering == run.steering


def test_start_is_called_as_fit_is() -> None:
    assert inspect.signature(tg.train.start).parameters == inspect.signature(tg.train.fit).parameters
    with pytest.raises(TypeError, match=r"start\(\) missing a required argument: 'data'"):
        tg.train.start(network())
    with pytest.raises(TypeError, match=r"start\(\) got an unexpected keyword argument 'learning_rate'"):
        started(learning_rate=1.0)


def test_what_follows_a_batch_size_that_ends_the_epoch_belongs_to_the_next() -> None:
    """With `drop_last` no batch of 12 is left after 12 of 20 rows; one of 4, asked for afterwards, would be."""
    run, told = started(drop_last=True), []
    for event in run.events():
        told.append(event.kind)
        if isinstance(event, BatchEvent) and event.step == 2:
            run.steer(batch_size=12)
            run.steer(batch_size=4)
    assert told[:6] == ["batch", "batch", "steer", "epoch", "steer", "batch"]
    assert run.steering == [SteerEvent(1, 2, batch_size=12), SteerEvent(2, 2, batch_size=4)]
    again = started(drop_last=True, steering=run.steering)
    assert [e.of for e in again.events() if isinstance(e, BatchEvent)] == [3, 3, *[5] * 5 * (EPOCHS - 1)]
    assert weights(again).tobytes() == weights(run).tobytes()
