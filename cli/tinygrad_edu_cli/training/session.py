"""What `train` does once its options are read: begin or go on, watch, record, save."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import click

import tinygrad_edu as tg
from tinygrad_edu.errors import StateError
from tinygrad_edu.storage.documents import reading
from tinygrad_edu.storage.files import writable
from tinygrad_edu.storage.schema import located
from tinygrad_edu.train import History
from tinygrad_edu.train.checkpoint import NAME as CHECKPOINT
from tinygrad_edu.train.events import BatchEvent, EndEvent, EpochEvent, Event, SteerEvent
from tinygrad_edu.train.run_state import checked_state
from tinygrad_edu.train.steering import missing
from tinygrad_edu_words import _

from ..errors import CommandError, FileError, MissingPieceError, reason
from ..files import cannot_write
from .config import MisfitError, RunConfig
from .folder import RunFolder, refuse_used
from .interrupts import follow
from .layer_looks import LayerLooks, LayerRow
from .loss_noise import LossNoise
from .missing_lines import as_typed, events_until, steering_of
from .plain_report import is_round
from .record_schema import VERSION, check_state
from .run import Run
from .saved_network import SavedNetwork


class Report(Protocol):
    """Reports a run."""

    def start(self) -> None: ...
    def watch(self, event: Event) -> None: ...
    def look(self, epoch: int, layers: Sequence[LayerRow]) -> None: ...
    def close(self) -> None: ...


@dataclass
class Session:
    """A run, the folder that it is recorded in, the one that it goes on from, and what was measured before.

    Attributes:
        planned: what was steered after the last checkpoint, and will be so again.
        knows_start: whether the model of a run that goes on has the weights, before `start`, that the run began with.
        watchers: are given each event, once it is recorded and reported.
    """

    run: Run
    folder: RunFolder | None = None
    resume: Path | None = None
    history: History = field(default_factory=History)
    noise: LossNoise = field(default_factory=LossNoise)
    planned: list[SteerEvent] = field(default_factory=list)
    knows_start: bool = True
    watchers: list[Callable[[Event], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._written: list[Event] = list(self.planned)  # events to come that stand in the record

    def start(self) -> tg.train.Run:
        """The run of the engine, with checkpoints if it is recorded."""
        if self.folder is None:
            return self.run.start(None, self.resume, steering=self.planned)
        extra = lambda: {"loss_noise": self.noise.state_dict()}  # noqa: E731
        return self.run.start(self.folder.checkpoints, self.resume, extra, self.planned)

    def record(self, event: Event) -> None:
        """Take note of an event, if the run is recorded."""
        if self.folder is None:
            return
        self.noise.watch(event)
        if event in self._written:
            self._written.remove(event)
        elif not isinstance(event, BatchEvent):
            self.folder.write(_recorded(event, self.noise))

    def record_ahead(self, events: Iterable[Event]) -> None:
        """Record what will be reported next; what was planned to be steered will not come."""
        self._written = []
        typed = [as_typed(event) for event in events]
        for event in typed:
            self.record(event)
        self._written = typed


Watch = Callable[[Event], None]
Drive = Callable[[Session, Report, Watch], None]
"""Starts a report, makes the run happen, and hands on its events."""


def unsteered(session: Session, report: Report, watch: Watch) -> None:
    """A run that goes on by itself; its layers are looked at in epochs 1, 2, 5, 10, 20, ..., and in the last one."""
    engine = session.start()
    events, looks, last = engine.events(), LayerLooks(engine), session.run.config.epochs
    report.start()

    def measure_next(epoch: int) -> None:
        looks.is_wanted = is_round(epoch + 1) or epoch + 1 == last
        looks.before()

    def watch_and_look(event: Event) -> None:
        looks.after()
        watch(event)
        if isinstance(event, EpochEvent):
            if is_round(event.epoch) or engine.stopped is not None:
                report.look(event.epoch, looks.rows())
            measure_next(event.epoch)

    measure_next(engine.epoch)
    follow(events, watch_and_look)


def started(config: RunConfig, record: Path | None, load: Path | None) -> Session:
    """A new run.

    Raises:
        CommandError: see the classes in `errors.py`.
    """
    if record is not None:
        refuse_used(record)
    run = Run.prepare(config) if load is None else _loaded(config, load)
    run.check_schedule()
    if record is None:
        return Session(run)
    hashes = run.data_hash(), run.guessing_loss(), run.weights_hash()
    return Session(run, RunFolder.create(record, run.config, *hashes, load))


def resumed(path: Path, epochs: int | None) -> Session:
    """A recorded run, from its last checkpoint on.

    Args:
        epochs: how many there shall be in all; None for as many as were asked for.
    Raises:
        CommandError: see the classes in `errors.py`.
    """
    folder = RunFolder.read(path)
    with folder.locked():
        return _resumed(folder, epochs)


def _resumed(folder: RunFolder, epochs: int | None) -> Session:
    path, config = folder.path, folder.config
    if epochs is not None and epochs != config.epochs:
        if config.schedule in ("cosine", "onecycle"):
            raise CommandError(
                _(
                    "the {schedule} schedule of this run is made for {epochs} epochs: with {others} it "
                    "would have begun in another way"
                ).format(schedule=config.schedule, epochs=config.epochs, others=epochs),
                _("leave --epochs out, or start a new run"),
            )
        config = replace(config, epochs=epochs)
    run = prepared(folder, config)
    if run.data_hash() != folder.data_hash:
        raise CommandError(
            _("the data of this run, {data}, has changed since: the run cannot go on with the same numbers").format(
                data=config.data
            ),
            _("start a new one: tinygrad-edu train --data {data}").format(data=config.data),
        )
    checkpoint, recorded = last_checkpoint(folder), len(folder.history()[0])
    epoch = checkpoint.epoch if checkpoint else 0
    if epochs is not None and epochs < epoch:
        raise CommandError(
            _("--epochs {epochs} is less than the {epoch} that the run has").format(epochs=epochs, epoch=epoch),
            _("give {epoch} or more").format(epoch=epoch + 1),
        )
    if recorded > epoch:
        why = _("it has no checkpoint after epoch {epoch}").format(epoch=epoch) if epoch else _("it has no checkpoint")
        click.echo(_("{path}: {why}, so what came later is learned again").format(path=path, why=why), err=True)
    session = _session(run, folder, checkpoint)
    if config != folder.config or folder.version != VERSION:
        folder.save_config(config)
    if epoch >= (run.config.epochs or 0):
        text = _("nothing is left to do: the run has its {n} epochs; go on with --epochs {more}")
        click.echo(text.format(n=epoch, more=2 * epoch), err=True)
    return session


def prepared(folder: RunFolder, config: RunConfig | None = None) -> Run:
    """A recorded run as it was before its first update.

    Args:
        config: in place of the recorded one.
    """
    config = config or folder.config
    return Run.prepare(config) if folder.loaded is None else _loaded(config, folder.loaded)


def _session(run: Run, folder: RunFolder, checkpoint: tg.train.Checkpoint | None) -> Session:
    """Go on after a checkpoint, or begin anew without; what was steered will be so again."""
    steered = folder.history()[0].steering
    knows_start = run.weights_hash() == folder.initial_hash
    if checkpoint is None:
        if folder.initial_hash and not knows_start:
            raise FileError(
                _("{path} has no checkpoint, and not the weights that the run began with").format(path=folder.path),
                _("start it again with another --record"),
            )
        folder.reopen(0, [], steered)
        return Session(run, folder, planned=steered)
    state, epoch = checkpoint.state, checkpoint.epoch
    planned = [event for event in steering_of(state, steered) if event.epoch > epoch]
    folder.reopen(epoch, events_until(state, folder.config.epochs or epoch, run.early_stopping()), planned)
    history = folder.history()[0]
    history.steering = missing(history.steering, planned)
    session = Session(run, folder, folder.checkpoints, history, planned=planned, knows_start=knows_start)
    session.noise.load_state_dict((state.get("extra") or {}).get("loss_noise"))
    return session


def last_checkpoint(folder: RunFolder) -> tg.train.Checkpoint | None:
    """None if the run stopped before the first one."""
    with readable(folder.checkpoints):
        try:
            checkpoint = tg.train.Checkpoint.load(folder.checkpoints)
        except FileNotFoundError:
            return None
        checkpoint.state = checked_state(checkpoint.state, folder.checkpoints)
        with reading(folder.checkpoints / CHECKPOINT, StateError), located("state"):
            checkpoint.state["extra"] = check_state(checkpoint.state).get("extra")
    return checkpoint


def train(session: Session, report: Report, drive: Drive = unsteered) -> str:
    """Train to the end, with a report, and a record if there is a folder.

    Args:
        drive: makes the run happen.
    Returns:
        how the run stopped, as in `EndEvent`.
    """
    folder, stopped = session.folder, ""

    def watch(event: Event) -> None:
        nonlocal stopped
        event = as_typed(event)
        session.record(event)
        report.watch(event)
        for watcher in session.watchers:
            watcher(event)
        if isinstance(event, EndEvent):
            stopped = event.stopped

    recording = contextlib.closing(folder) if folder else contextlib.nullcontext()
    with recording, _told(folder), contextlib.closing(report):
        drive(session, report, watch)
    if folder:
        go_on = (
            _("; go on with: tinygrad-edu train --resume {path}").format(path=folder.path)
            if stopped == "interrupted"
            else ""
        )
        click.echo(_("recorded in {folder}").format(folder=folder.path) + go_on, err=True)
    return stopped


@contextlib.contextmanager
def _told(folder: RunFolder | None) -> Iterator[None]:
    """What goes wrong with the files of a run, as errors of a command."""
    try:
        yield
    except StateError as error:
        raise FileError(str(error)) from None
    except OSError as error:
        if folder is None or error.filename is None:  # the standard output is none of ours
            raise
        raise folder.failure(error) from None


def _recorded(event: Event, noise: LossNoise) -> dict[str, object]:
    content = event.to_json()
    if isinstance(event, EndEvent) and noise.value is not None:
        content["loss_noise"] = noise.value
    return content


def check_save(path: Path) -> None:
    """Refuse, before anything is trained, a file that could not be written afterwards.

    Raises:
        CommandError: its name does not end in .safetensors.
        FileError: see `tinygrad_edu.storage.files.writable`.
    """
    if path.suffix != ".safetensors":
        raise CommandError(_("--save {path}: a network is saved as a file that ends in .safetensors").format(path=path))
    try:
        writable(path)
    except OSError as error:
        raise cannot_write(path, error) from None


def save(session: Session, path: Path) -> None:
    """Save the network, with what is needed to use it: its shape, the standardization, the names of the classes."""
    run = session.run
    meta = {"activation": run.config.activation, "data": run.config.data}
    try:
        with _missing_pieces():
            tg.save(run.model, path, run.train, standardizer=run.standardizer, loss=run.config.loss, meta=meta)
    except OSError as error:
        raise cannot_write(path, error) from None
    click.echo(_("wrote {path}").format(path=path), err=True)


def _loaded(config: RunConfig, path: Path) -> Run:
    """A run that begins with the network of a file, and with its standardization.

    Raises:
        FileError: it is missing, damaged, newer, or of another network; the message names the layers that differ.
        CommandError: the network is not made for the data.
    """
    with readable(path):
        saved = SavedNetwork.of(path, tg.train.read_meta(path))
        net, activation = config.net or saved.net, saved.activation
        if len(net or ()) > 2 and config.activation and activation and config.activation != activation:
            raise CommandError(
                _("--activation {activation}: the network of {path} was trained with {other}").format(
                    activation=config.activation, path=path, other=activation
                ),
                _("leave it out, or start with new weights"),
            )
        asked = config
        try:
            config = replace(config, net=net, activation=config.activation or activation)
            run = Run.prepare(config, saved.standardizer, saved.encoder)
        except MisfitError as error:
            if asked.net:
                raise
            raise CommandError(
                _("the network of {path}, {net}, does not fit {name}: {numbers}").format(
                    path=path, net=error.net, name=error.name, numbers=error.numbers
                ),
                _("give it data like those that it was trained on, or start anew without --load"),
            ) from None
        saved.check_names(run)
        saved.give_weights(run)
    return run


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Complaints of the library about saved models and checkpoints, as errors of a command."""
    try:
        with _missing_pieces():
            yield
    except OSError as error:
        raise FileError(_("cannot read {path}: {why}").format(path=path, why=reason(error))) from None
    except StateError as error:
        raise FileError(str(error)) from None


@contextlib.contextmanager
def _missing_pieces() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        what, hint = str(error).partition(": ")[::2]
        raise MissingPieceError(what, hint) from None
