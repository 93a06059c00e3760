"""The runs that `compare` puts side by side: trained one after the other, or read from their folders."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click

from tinygrad_edu.train import History
from tinygrad_edu.train.events import Event

from .. import output
from ..errors import CommandError
from .config import RunConfig
from .folder import RunFolder
from .interrupts import follow
from .loss_noise import LossNoise
from .missing_lines import as_typed
from .progress_report import ProgressLine
from .run import Run


@dataclass
class ComparedRun:
    """What a run measured.

    Attributes:
        label: what sets it apart from the others: "lr=0.1", or its folder.
        guessing: the loss of always giving the best constant answer.
        noise: see `LossNoise`; None if it was not measured.
    """

    label: str
    config: RunConfig
    history: History
    guessing: float
    noise: float | None

    @property
    def seconds_per_epoch(self) -> float | None:
        """The median, which the first epoch's preparations leave alone."""
        return median(self.history.seconds) if self.history.seconds else None

    @property
    def best(self) -> float | None:
        """The lowest validation loss."""
        return min((loss for loss in self.history.validation_loss if loss == loss), default=None)

    @property
    def score(self) -> float | None:
        """Accuracy, or R², on held-out examples, at the end."""
        end = self.history.end
        if end is not None:
            return end.validation_r2 if end.validation_accuracy is None else end.validation_accuracy
        scores = self.history.validation_accuracy or self.history.validation_r2
        return scores[-1] if scores else None

    @property
    def final(self) -> float | None:
        """The last validation loss (not that of the best weights, where those were kept)."""
        return self.history.validation_loss[-1] if self.history.validation_loss else None


def trained(name: str, values: dict[str, Any], options: dict[str, Any]) -> tuple[list[ComparedRun], bool]:
    """A run for each value of a setting, all with the same seed.

    Returns:
        the runs, and whether Ctrl-C ended them early: then those that have no epoch are missing.
    """
    if options["data"] is None and name != "data":
        options = {**options, "data": "moons"}
    configs = {label: RunConfig(**{**options, name: value}) for label, value in values.items()}
    prepared = {label: Run.prepare(config.without_foreign(configs.values())) for label, config in configs.items()}
    for run in prepared.values():
        run.check_schedule()
    runs = []
    for k, (label, run) in enumerate(prepared.items(), 1):
        history, noise = History(), LossNoise()
        with _watched(f"{k}/{len(values)} {label}", run) as line:

            def watch(event: Event, watchers: Any = (history, noise, line)) -> None:
                for watcher in watchers:
                    watcher.watch(as_typed(event))

            follow(run.events(), watch)
        if history:
            runs.append(ComparedRun(label, run.config, history, run.guessing_loss(), noise.value))
        if history.end is not None and history.end.stopped == "interrupted":
            _tell_missing([*prepared][len(runs) :])
            return runs, True
    return runs, False


def _tell_missing(labels: list[str]) -> None:
    if labels:
        click.echo(f"interrupted: {', '.join(labels)} {'was' if len(labels) == 1 else 'were'} not trained", err=True)


@contextlib.contextmanager
def _watched(title: str, run: Run) -> Iterator[Any]:
    """A progress line at a terminal; elsewhere nobody needs one."""
    line = ProgressLine(run.config.epochs or 1, title) if output.is_interactive() else History()
    try:
        yield line
    finally:
        if isinstance(line, ProgressLine):
            line.clear()


def recorded(paths: list[Path]) -> list[ComparedRun]:
    """Runs that `train --record` kept.

    Raises:
        CommandError: fewer than two, the same twice, or a folder that cannot be read.
    """
    if len(paths) < 2:
        raise CommandError(
            f"'{paths[0]}' is no SETTING=A,B,..., and one recorded run has nothing to be compared with",
            "for example: tinygrad-edu compare lr=0.001,0.1,10 --data moons\n"
            "or two folders: tinygrad-edu compare run1 run2",
        )
    resolved = [path.resolve() for path in paths]
    for path in paths:
        if resolved.count(path.resolve()) > 1:
            raise CommandError(f"the run {path} is given twice", "give runs that differ")
    runs = []
    for path in paths:
        folder = RunFolder.read(path)
        history, noise = folder.history()
        if not history:
            raise CommandError(
                f"the run {path} has no epoch to compare", f"go on with it: tinygrad-edu train --resume {path}"
            )
        runs.append(ComparedRun(str(path), folder.config, history, folder.guessing, noise))
    return runs
