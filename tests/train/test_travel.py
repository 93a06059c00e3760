"""A run that is looked into, left, and taken back learns what an undisturbed one learns, to the last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.train import BatchEvent, EarlyStopping, EpochEvent, Run, SteerEvent
from train.small_runs import moons, network

optim = tg.optim
EPOCHS = 5


def deep(**kw: Any) -> tg.nn.Sequential:
    nn = tg.nn
    layers = [nn.Dense(2, 6, activation="tanh", rng=0, **kw), nn.BatchNorm1d(6, **kw), nn.Dropout(0.3, seed=1)]
    return nn.Sequential(*layers, nn.Dense(6, 1, rng=1, **kw))


def cosine(optimizer: Any) -> Any:
    return optim.CosineLR(optimizer, EPOCHS, 0.001)


def in_sequence(optimizer: Any) -> Any:
    return optim.Sequence([optim.WarmupLR(optimizer, total_iters=2), optim.StepLR(optimizer, 1, 0.5)], [2])


def by_update(optimizer: Any) -> Any:
    return optim.OneCycleLR(optimizer, 0.1, 300)


PATIENT = EarlyStopping(2)
RUNS: dict[str, tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = {
    "sgd": (network, lambda p: optim.SGD(p, lr=0.1), {}),
    "momentum": (deep, lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), {"schedule": cosine}),
    "adam": (deep, lambda p: optim.Adam(p, lr=0.02, amsgrad=True), {"schedule": by_update, "l2": 0.01, "clip_norm": 1}),
    "recorded anew": (deep, lambda p: optim.AdamW(p, lr=0.02), {"compile": False, "schedule": in_sequence}),
    "plateau": (
        deep,
        lambda p: optim.RMSprop(p, lr=0.05),
        {"schedule": lambda o: optim.ReduceLROnPlateau(o, patience=0), "accumulate": 2, "batch_size": 7},
    ),
    "early": (network, lambda p: optim.NAdam(p, lr=0.5), {"early_stopping": PATIENT, "epochs": 30}),
    "last": (network, lambda p: optim.SGD(p, lr=0.1), {"drop_last": True, "batch_size": 14, "shuffle": False}),
    "full": (deep, lambda p: optim.Adagrad(p, lr=0.1), {"batch_size": "full", "epochs": 8}),
    "half": (lambda: network(dtype="float16"), lambda p: optim.Adam(p, lr=0.01), {"loss": "mse"}),
    "device": (lambda: deep(device="fake"), lambda p: optim.Adam(p, lr=0.01), {}),
    "diverging": (network, lambda p: optim.SGD(p, lr=1e3), {"loss": "mse", "epochs": 9}),
    "values": (lambda: tg.nn.mlp((2, 2, 1), rng=0).scalar(), lambda p: optim.Adam(p, lr=0.05), {"epochs": 3, "n": 16}),
    "values with memory": (lambda: deep().scalar(), lambda p: optim.SGD(p, lr=0.05), {"epochs": 3, "n": 16}),
}


def begun(name: str, **kw: Any) -> Run:
    make, optimizer_of, given = RUNS[name]
    settings = {"loss": "binary_cross_entropy", "epochs": EPOCHS, "batch_size": 10, "n": 60, **given, **kw}
    train, validation = moons(settings.pop("n"), noise=0.3)
    model = make()
    optimizer = optimizer_of(model.parameters())
    if (schedule := settings.pop("schedule", None)) is not None:
        settings["schedule"] = schedule(optimizer)
    return tg.train.start(model, train, settings.pop("loss"), optimizer, validation=validation, **settings)


def fingerprint(run: Run) -> tuple[Any, ...]:
    """The weights as a hash, and all that was measured and said."""
    digest = hashlib.sha256()
    for array in run.model.state_dict().values():
        digest.update(array.tobytes())
    columns = {name: repr(column) for name, column in run.history.columns().items() if name != "seconds"}
    return digest.hexdigest(), columns, [(n.epoch, n.name) for n in run.history.notices], run.stopped, run.optimizer.lr


def steer(run: Run, event: Any) -> None:
    """By hand: the rate, the optimizer and the batch size, in the middle of an epoch, at its end, and all at once."""
    last = isinstance(event, BatchEvent) and event.batch == event.of
    if isinstance(event, BatchEvent) and event.step == 2 and not last:
        run.steer(lr=0.03)
    elif event.epoch == 1 and last:
        run.steer(optimizer=optim.Adagrad(run.model.parameters(), lr=0.2))
        run.steer(lr=0.05)
        run.steer(lr=0.03)
        run.steer(lr=0.05)
    elif event.epoch == 2 and isinstance(event, EpochEvent) and run.stopped is None:
        run.steer(batch_size=4, lr=0.01, optimizer=optim.SGD(run.model.parameters(), lr=0.5, momentum=0.9))
    elif isinstance(event, BatchEvent) and event.epoch == 3 and event.batch in (2, 3) and not last:
        run.steer(batch_size="full" if event.batch == 3 else 5)


Undisturbed = tuple[list[SteerEvent], tuple[Any, ...]]
_UNDISTURBED: dict[tuple[str, bool], Undisturbed] = {}


def undisturbed(name: str, steered: bool) -> Undisturbed:
    """What was steered, and the fingerprint of the end."""
    if (name, steered) not in _UNDISTURBED:
        run = begun(name)
        for event in run.events():
            if steered:
                steer(run, event)
        _UNDISTURBED[name, steered] = run.steering, fingerprint(run)
    return _UNDISTURBED[name, steered]


def looking(run: Run) -> None:
    """Before every update; the loss is the one that is learned."""
    looked: list[float] = []
    for event in run.events():
        if isinstance(event, BatchEvent) and looked and run.settings.accumulate == 1 and not run.settings.l2:
            np.testing.assert_equal(event.loss, looked[-1])
        if run.stopped is None and run._next_epoch() <= run.settings.epochs:
            loss = run.look()
            looked.append(float(loss.item() if isinstance(loss, tg.Tensor) else loss.data))
            loss.backward()


def leaving(run: Run) -> None:
    """In the middle of an epoch, at its end, and at the end of all: closed, taken back to there, gone on with."""
    for wanted in (2, 5, 4, 3, 9, 12):
        if run._left:
            return
        events = run.events()
        for _ in zip(range(wanted), events, strict=False):
            state = run.state_dict()
        ended = run.stopped is not None
        events.close()
        if not ended:
            run.travel(state)
    if not run._left:
        list(run.events())


def undoing(run: Run) -> None:
    """Back to states of every kind, from every place, while the generator is open."""
    states, told = [run.state_dict()], []
    random = np.random.default_rng(0)
    for seen, event in enumerate(run.events(), 1):
        told.append(event.kind)
        if seen <= 60:
            states.append(run.state_dict())
            if seen % 3 == 0:
                run.travel(states[random.integers(len(states))])
    assert "undo" in told


def undoing_the_end(run: Run) -> None:
    """All of it, and a part, again; with other things learned in between."""
    first, states = run.state_dict(), {}
    for event in run.events():
        if isinstance(event, EpochEvent):
            states[event.epoch] = run.state_dict()
    for state in (first, *(states[epoch] for epoch in (2, 1, 3, max(states)) if epoch in states)):
        run.travel(state)
        if run.stopped is None:
            run.steer(lr=3.0, batch_size=7, optimizer=optim.RMSprop(run.model.parameters(), lr=0.1))
            for _ in zip(range(9), run.events(), strict=False):
                pass
        run.travel(state)
        list(run.events())


@pytest.mark.parametrize(
    ("disturb", "steered"),
    [(looking, True), (leaving, True), (undoing, False), (undoing, True), (undoing_the_end, True)],
)
@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_is_disturbed_learns_the_same(name: str, disturb: Callable[[Run], None], steered: bool) -> None:
    """So does one that is steered by the log of another: what is taken back is steered again at the same steps."""
    with np.errstate(all="ignore"):
        steering, wanted = undisturbed(name, steered)
        run = begun(name, steering=steering)
        disturb(run)
    assert fingerprint(run) == wanted
    assert run.steering == steering and bool(steering) == steered
