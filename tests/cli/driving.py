"""Runs that are driven, for the tests of the live screen's driver."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from tinygrad_edu.train.events import BatchEvent, Event
from tinygrad_edu_cli.live.driver import Driver
from tinygrad_edu_cli.live.snapshots import Snapshots
from tinygrad_edu_cli.training import session as sessions
from tinygrad_edu_cli.training.config import RunConfig
from tinygrad_edu_cli.training.layer_looks import LayerRow
from tinygrad_edu_cli.training.options import run_options

SMALL = "--data moons --n 40 --net 2-4-1 --noise 0.4 --batch-size 8 --dropout 0.3 --lr 0.05 --epochs 6"


class Silent:
    """A report that says nothing."""

    def start(self) -> None: ...
    def watch(self, event: Event) -> None: ...
    def look(self, epoch: int, layers: Sequence[LayerRow]) -> None: ...
    def close(self) -> None: ...


def config(options: str = SMALL) -> RunConfig:
    found: dict[str, Any] = {}
    click.command()(run_options(lambda **given: found.update(given))).main(options.split(), standalone_mode=False)
    return RunConfig(**found)


def fingerprint(model: Any) -> str:
    digest = hashlib.sha256()
    for array in model.state_dict().values():
        digest.update(array.tobytes())
    return digest.hexdigest()


def drive(
    session: sessions.Session, act: Callable[[Driver, Event | None], None], snapshots: Snapshots | None = None
) -> Driver:
    """A run to its end, recorded; `act` is called after every event, and after the end, and may go back."""
    driver = None

    def run(session: sessions.Session, report: Any, watch: Callable[[Event], None]) -> None:
        nonlocal driver
        driver = Driver(session, Snapshots(every=0.0) if snapshots is None else snapshots)
        while True:
            event = driver.next()
            if event is None:
                break
            watch(event)
            act(driver, event)

    with np.errstate(all="ignore"):
        sessions.train(session, Silent(), run)
    assert driver is not None
    return driver


def last_of_update(driver: Driver, event: Event | None) -> bool:
    return isinstance(event, BatchEvent) and not driver.engine.pending


class Script:
    """What somebody does at the keys, in this order: after an update or an event, something."""

    def __init__(self, *actions: tuple[str, int, Callable[[Driver], Any]]):
        self.actions = list(actions)

    def __call__(self, driver: Driver, event: Event | None) -> None:
        if not self.actions or event is None:
            return
        kind, number, do = self.actions[0]
        if kind == "step":
            now = last_of_update(driver, event) and driver.engine.step == number
        else:
            now = (kind, number) == (event.kind, event.epoch)
        if now:
            del self.actions[0]
            do(driver)


def steered_and_undone() -> Script:
    """Rates, optimizers and batch sizes, in an epoch and at its end; back to before some of it, and from the end."""
    return Script(
        ("step", 2, lambda d: d.set_rate(0.1)),
        ("step", 8, lambda d: d.steer(optimizer="sgd")),  # the last update of epoch 2
        ("step", 9, lambda d: d.steer(batch_size=5)),
        ("epoch", 4, lambda d: d.set_rate(d.engine.lr / 2)),
        ("validation", 5, lambda d: d.undo(3)),
        ("epoch", 4, lambda d: d.steer(optimizer="adam", lr=0.02, batch_size="full")),
        ("epoch", 5, lambda d: d.undo(5)),
        ("end", 6, lambda d: (d.undo(2), d.next(), d.set_rate(0.03))),
    )


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
