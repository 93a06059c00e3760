"""The runs that `compare` puts side by side: trained one after the other, or read from their folders."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import click

from tinygrad_edu.train import History
from tinygrad_edu.train.events import Event
from tinygrad_edu_words import _, ngettext

from .. import output
from ..errors import CommandError
from .candidate import Candidate, ComparedRun
from .config import RunConfig
from .equal_updates import PATIENCE, UPDATES, epochs_of, seconds
from .folder import RunFolder
from .interrupts import follow
from .judging import Judged, initial_loss, judge
from .lockstep import Lockstep
from .loss_noise import LossNoise
from .missing_lines import as_typed
from .progress_report import ProgressLine
from .run import Run, read_data
from .summary import accounted

SEEDS = 3  # as few as can show a spread
BATCHES = ("batch_size", "accumulate")  # settings that change how many updates there are in an epoch


class Watcher(Protocol):
    """Is given each event of a run."""

    def watch(self, event: Event) -> None: ...


@dataclass
class Comparison:
    """What was compared.

    Attributes:
        candidates: what was measured of each; those that were not trained are missing.
        changed: the setting that differs between them; None for recorded runs.
        seeds: the seeds of the runs of each.
        spared: about how many seconds more seeds would have taken, where only one was trained for that reason.
        interrupted: whether Ctrl-C ended it.
        lockstep: two recorded runs, epoch by epoch; None for others.
        kept: by the labels of the candidates, what `keep` of `trained` made.
    """

    candidates: list[Candidate]
    changed: str | None = None
    seeds: list[int] = field(default_factory=list)
    spared: float | None = None
    interrupted: bool = False
    lockstep: Lockstep | None = None
    kept: dict[str, Any] = field(default_factory=dict)


def trained(
    name: str,
    values: dict[str, Any],
    options: dict[str, Any],
    seeds: int | None = None,
    updates: int | None = None,
    keep: Callable[[Run], Watcher] | None = None,
) -> Comparison:
    """A run for each value of a setting and each seed.

    Args:
        seeds: how many; None for SEEDS of them, if that takes seconds.
        updates: how many updates of the weights each run makes; None for equal epochs (where batches of different size
            are compared and no number of epochs is given: UPDATES).
        keep: makes what watches the run of each with the first seed; None if nothing shall.
    """
    prepared = ready(name, values, options, updates)
    spared = None
    if name == "seed":
        seeds = 1
    elif seeds is None:
        needed = SEEDS * seconds(prepared.values())
        seeds, spared = (SEEDS, None) if needed <= PATIENCE else (1, needed)
    found = Comparison([], name, [(options["seed"] or 0) + k for k in range(seeds)], spared)
    _train(found, {label: run.asked for label, run in prepared.items()}, prepared, keep)
    return found


def ready(name: str, values: dict[str, Any], options: dict[str, Any], updates: int | None = None) -> dict[str, Run]:
    """The runs that are to be made, by their labels; what is done with the data is told on the standard error."""
    if options["data"] is None and name != "data":
        options = {**options, "data": "moons"}
    if updates is None and name in BATCHES and options["epochs"] is None:
        updates = UPDATES
    configs = {label: RunConfig(**{**options, name: value}) for label, value in values.items()}
    configs = {label: config.without_foreign(configs.values()) for label, config in configs.items()}
    prepared = {label: Run.prepare(config) for label, config in configs.items()}
    if updates is not None:
        epochs = epochs_of(updates, {label: run.updates_per_epoch for label, run in prepared.items()})
        configs = {label: replace(config, epochs=epochs[label]) for label, config in configs.items()}
        prepared = {label: Run.prepare(config) for label, config in configs.items()}
    for run in prepared.values():
        run.check_schedule()
    for line in accounted(next(iter(prepared.values()))):
        click.echo(line, err=True)
    return prepared


def _train(
    found: Comparison,
    configs: dict[str, RunConfig],
    prepared: dict[str, Run],
    keep: Callable[[Run], Watcher] | None,
) -> None:
    """Train all candidates with the first seed, then all with the next: where Ctrl-C comes in between, those that are
    there have the same seeds."""
    for k, seed in enumerate(found.seeds):
        runs: dict[str, ComparedRun] = {}
        for label, config in configs.items():
            run = prepared.pop(label) if k == 0 else Run.prepare(replace(config, seed=seed))
            title = f"{len(runs) + 1}/{len(configs)} {label}" + (
                _(", seed {seed}").format(seed=seed) if len(found.seeds) > 1 else ""
            )
            updates = run.updates_per_epoch * (run.config.epochs or 1)
            kept = keep(run) if keep is not None and k == 0 else None
            one = _trained(run, title, kept)
            if one is not None:
                runs[label] = one
            if one is not None and k == 0:
                found.candidates.append(Candidate(label, [], updates))
                found.kept[label] = kept
            if one is None or (one.history.end is not None and one.history.end.stopped == "interrupted"):
                found.interrupted = True
                break
        if found.interrupted and k > 0:
            found.seeds = found.seeds[:k]
            seeds = ", ".join(map(str, found.seeds))
            click.echo(
                ngettext(
                    "interrupted: what follows is of seed {seeds}", "interrupted: what follows is of seeds {seeds}", k
                ).format(seeds=seeds),
                err=True,
            )
            return
        for candidate in found.candidates:
            candidate.runs.append(runs[candidate.label])
        if found.interrupted:
            tell_missing([label for label in configs if label not in runs])
            found.seeds = found.seeds[:1]
            return


def _trained(run: Run, title: str, kept: Watcher | None) -> ComparedRun | None:
    """What a run measured; None if Ctrl-C ended it before its first epoch was over."""
    history, noise, initial = History(), LossNoise(), initial_loss(run)
    with watched(title, run) as line:
        watchers = [history, noise, line, *([] if kept is None else [kept])]

        def watch(event: Event) -> None:
            for watcher in watchers:
                watcher.watch(as_typed(event))

        follow(run.start().events(), watch)
    if not history:
        return None
    return ComparedRun(run.config, history, run.guessing_loss(), noise.value, judge(run), initial)


def tell_missing(labels: list[str]) -> None:
    """Say which runs Ctrl-C left out."""
    if labels:
        click.echo(
            ngettext(
                "interrupted: {labels} was not trained", "interrupted: {labels} were not trained", len(labels)
            ).format(labels=", ".join(labels)),
            err=True,
        )


@contextlib.contextmanager
def watched(title: str, run: Run) -> Iterator[Any]:
    """A progress line at a terminal; elsewhere nobody needs one."""
    line = ProgressLine(run.config.epochs or 1, title) if output.is_interactive() else History()
    try:
        yield line
    finally:
        if isinstance(line, ProgressLine):
            line.clear()


def recorded(paths: list[Path]) -> Comparison:
    """Runs that `train --record` kept.

    Raises:
        CommandError: fewer than two, the same twice, or a folder that cannot be read.
    """
    if len(paths) < 2:
        raise CommandError(
            _("'{paths}' is no SETTING=A,B,..., and one recorded run has nothing to be compared with").format(
                paths=paths[0]
            ),
            _(
                "for example: tinygrad-edu compare lr=0.001,0.1,10 --data moons\nor two folders: "
                "tinygrad-edu compare run1 run2"
            ),
        )
    resolved = [path.resolve() for path in paths]
    for path in paths:
        if resolved.count(path.resolve()) > 1:
            raise CommandError(_("the run {path} is given twice").format(path=path), _("give runs that differ"))
    folders, candidates = [], []
    for path in paths:
        folders.append(RunFolder.read(path))
        candidates.append(Candidate(str(path), [_recorded(folders[-1])]))
        if missing := folders[-1].missing_end():
            click.echo(missing, err=True)
    return Comparison(candidates, lockstep=Lockstep.of(*folders) if len(folders) == 2 else None)


def _recorded(folder: RunFolder) -> ComparedRun:
    path = folder.path
    history, noise = folder.history()
    if not history or not history.validation_loss:
        raise CommandError(
            _("the run {path} has no epoch to compare").format(path=path),
            _("go on with it: tinygrad-edu train --resume {path}").format(path=path),
        )
    return ComparedRun(folder.config, history, folder.guessing, noise, _judged(folder.config, history))


def _judged(config: RunConfig, history: History) -> Judged:
    """What was measured on the held-out part, at the end of a recorded run or after its last epoch."""
    end, columns = history.end, (history.validation_accuracy or history.validation_r2)
    examples = _held_out(config)
    if end is None or end.validation_loss is None:
        return Judged(history.validation_loss[-1], columns[-1] if columns else None, examples)
    score = end.validation_r2 if end.validation_accuracy is None else end.validation_accuracy
    return Judged(end.validation_loss, score, examples)


def _held_out(config: RunConfig) -> int | None:
    """How many examples a recorded run holds out; None if its data cannot be read any more."""
    try:
        return round(config.validation * len(read_data(config)))
    except CommandError:
        return None
