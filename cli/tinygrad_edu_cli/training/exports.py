"""Pictures and reports of runs: what is kept for them while a run goes on, and the files, by the end of their names."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import click

from tinygrad_edu.storage.files import writable
from tinygrad_edu.train import History
from tinygrad_edu.train.events import BestEvent, Event, SteerEvent, UndoEvent, ValidationEvent
from tinygrad_edu_viz.pages.report import Playground, report
from tinygrad_edu_viz.pictures.gif import missing_in
from tinygrad_edu_viz.plots import figure
from tinygrad_edu_viz.plots.animation import save_animation
from tinygrad_edu_viz.plots.training import save_figure, words_of
from tinygrad_edu_viz.training.answers import picture_of
from tinygrad_edu_viz.training.progress import Progress, changed, title_of
from tinygrad_edu_viz.training.shown import Shown
from tinygrad_edu_viz.training.snapshots import EvenSnapshots, Snapshots
from tinygrad_edu_words import _

from ..errors import CommandError, MissingPieceError
from ..exporting import Writer, explained, font_warning, write_by_kind
from ..files import cannot_write
from . import playground_page
from .comparison import Comparison
from .config import option, typed
from .folder import RunFolder
from .last_weights import with_last_weights
from .run import Run
from .session import prepared, readable
from .summary import summary

PLOTS = "pip install 'tinygrad-edu[plots]'"
NEEDED = {".png": ("matplotlib",), ".svg": ("matplotlib",), ".gif": ("matplotlib", "PIL")}


class Kept:
    """What is shown of a run afterwards: give it every event, as it comes.

    Attributes:
        progress: all that was measured.
        snapshots: the weights after some epochs.
    """

    def __init__(self, run: Run, before: History | None = None):
        self.run, config = run, run.config
        self.history = History() if before is None else copy.deepcopy(before)
        self.progress = Progress.of_history(
            self.history, title_of(config.to_json()), config.epochs or 0, config.patience
        )
        self.snapshots = EvenSnapshots()
        if not self.progress.epoch:  # a run that goes on has not yet got its weights
            self.snapshots.keep(0, run.model.state_dict())

    def watch(self, event: Event) -> None:
        self.progress.watch(event)
        self.history.watch(event)
        if isinstance(event, UndoEvent):
            self.snapshots.forget_after(event.epoch)
        elif isinstance(event, (ValidationEvent, BestEvent)):  # the model still has the weights of this epoch
            self.snapshots.keep(event.epoch, self.run.model.state_dict(), best=isinstance(event, BestEvent))

    def playground(self, theme: str | None) -> Playground | None:
        """One that begins as the run did; None where it cannot be shown there, or did not begin here."""
        if 0 not in self.snapshots.epochs:
            return None
        return playground_page.of_run(self.run, self.snapshots.weights(0), theme)

    def shown(self, label: str = "", load: Path | None = None) -> Shown:
        """The run as it is at present.

        Args:
            load: the network that it began with.
        """
        ended = self.history.end is not None
        sentences = summary(self.run, self.history, sum(self.history.seconds)) if ended else ()
        return shown_of(self.run, self.progress, self.snapshots, self.history.steering, label, tuple(sentences), load)


def shown_of(
    run: Run,
    progress: Progress,
    snapshots: Snapshots | None = None,
    steering: Iterable[SteerEvent] = (),
    label: str = "",
    sentences: tuple[str, ...] = (),
    load: Path | None = None,
) -> Shown:
    """A run with all that a picture or a report shows."""
    settings = {option(name)[2:]: _word(value) for name, value in run.config.to_json().items() if value is not None}
    loss = run.config.loss or ""
    return Shown(
        progress,
        picture_of(run.model, run.dataset, run.train, run.held_out, loss, run.standardizer),
        snapshots,
        label,
        " ".join(["tinygrad-edu train", typed(run.asked), *([f"--load {load}"] if load else [])]),
        tuple(map(_steered, steering)),
        settings,
        sentences,
        _restored(run, progress),
        run.updates_per_epoch,
    )


def _restored(run: Run, progress: Progress) -> int:
    """The epoch whose weights a run that has ended was given back; 0 if it kept its last: see `tg.train.Run`."""
    restores = run.config.patience if progress.stopped != "interrupted" else True
    if progress.stopped is None or not restores or progress.best is None or progress.best[0] == progress.epoch:
        return 0
    return progress.best[0]


def recorded(path: Path) -> Shown:
    """A recorded run; of what its network answers, the last checkpoint, if its data is still the same.

    Raises:
        FileError: it is damaged.
    """
    folder = RunFolder.read(path)
    with readable(path):
        progress = Progress.read(path)
    history, label = folder.history()[0], str(path)
    try:
        return shown_of(with_last_weights(folder)[0], progress, None, history.steering, label)
    except CommandError as error:
        click.echo(
            _("{path}: the curves alone are drawn, for {message}").format(path=path, message=error.message), err=True
        )
    return Shown(progress, label=label, steering=tuple(map(_steered, history.steering)))


def again(path: Path) -> Shown:
    """A recorded run, trained anew for what it answered on its way: with the same numbers.

    Raises:
        FileError: it is damaged.
        CommandError: its data is not the same any more.
    """
    folder = RunFolder.read(path)
    with readable(path):
        progress = Progress.read(path)
    history, fresh = folder.history()[0], prepared(folder)
    run, _anew = with_last_weights(folder, fresh.with_own_model())
    kept = Kept(fresh)
    with closing(fresh.start(steering=history.steering).events()) as events:
        for event in takewhile(lambda event: event.kind != "batch" or event.epoch <= len(history), events):
            kept.watch(event)
    if len(kept.progress.band) >= len(history):
        progress.band = kept.progress.band[: len(history)]  # a record has no batches
    end = summary(run, history, sum(history.seconds)) if history.end is not None else ()
    return shown_of(run, progress, kept.snapshots, history.steering, str(path), tuple(end))


def _word(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "-".join(map(str, value))
    return {True: _("yes"), False: _("no")}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _steered(event: SteerEvent) -> str:
    """What was changed by hand, and when."""
    return _("after update {step}, in epoch {epoch}: {changed}").format(
        step=event.step, epoch=event.epoch, changed=changed(event, _("learning rate"))
    )


def compared(folders: Sequence[Path], found: Comparison) -> list[Shown]:
    """The runs of a comparison: recorded ones, by the names of their folders, or those with the first seed."""
    if folders:
        names = [path.resolve().name for path in folders]
        labels = names if len(set(names)) == len(names) else list(map(str, folders))
        return [replace(recorded(path), label=label) for path, label in zip(folders, labels, strict=True)]
    return [kept.shown(label) for label, kept in found.kept.items()]


def check(paths: Iterable[Path], size: str | None = None) -> None:
    """Refuse, before anything is trained, what could not be written afterwards.

    Raises:
        MissingPieceError: pictures need the extra `plots`.
        CommandError: a size that is none.
        FileError: a file that cannot be written.
    """
    for path in paths:
        missing = [name for name in NEEDED.get(path.suffix.lower(), ()) if find_spec(name) is None]
        if missing:
            needed = {"PIL": "Pillow"}.get(missing[0], missing[0])
            raise MissingPieceError(
                _("{path}: {upper} files of a run need {needed}").format(
                    path=path, upper=path.suffix[1:].upper(), needed=needed
                ),
                PLOTS,
            )
        try:
            writable(path)
        except OSError as error:
            raise cannot_write(path, error) from None
    if size is not None:
        with explained():
            figure.format_of(size)


class Looks(NamedTuple):
    """How runs are drawn.

    Attributes:
        title: above all; "" for the title of the run.
        theme: "light" or "dark"; None for light, and for the reader's in a page.
        size: see `figure.format_of`; None for a slide, and for a small moving picture.
        table: lines about several runs, for a page.
        playground: in which the run goes on, for a page.
    """

    title: str = ""
    theme: str | None = None
    size: str | None = None
    table: str = ""
    playground: Playground | None = None


PLAIN = Looks()


def write(path: Path, runs: Sequence[Shown], looks: Looks = PLAIN) -> str:
    """Write a run, or several side by side: .png, .svg, .gif or .html.

    Returns:
        what was written, for people.
    Raises:
        CommandError: see `write_by_kind`.
    """
    title, theme, size, table, playground = looks

    def drawn(kind: str, temporary: Path) -> str:
        save_figure(temporary, runs, kind, title, theme or "light", size or "slide")
        return ""

    def moving(temporary: Path) -> str:
        return _(" ({n} pictures)").format(n=save_animation(temporary, runs, title, theme or "light", size))

    def page(temporary: Path) -> str:
        temporary.write_text(
            report(runs, title, theme or "auto", table, playground=playground), encoding="utf-8", newline="\n"
        )
        return ""

    figures: dict[str, Writer] = {".png": partial(drawn, "png"), ".svg": partial(drawn, "svg"), ".gif": moving}
    said = write_by_kind(path, {**figures, ".html": page, ".htm": page})
    lost = missing_in(words_of(runs, title)) if path.suffix.lower() in figures else ""
    return said + font_warning(lost)


def write_all(paths: Iterable[Path], runs: Sequence[Shown], looks: Looks) -> None:
    """Write files, and say so: all that can be written, and then the first complaint, if there is one."""
    complaint: CommandError | None = None
    if not any(run.progress.train_loss for run in runs):
        click.echo(_("no epoch has ended: there is nothing to draw"), err=True)
        return
    for path in paths:
        try:
            click.echo(write(path, runs, looks), err=True)
        except CommandError as error:
            complaint = complaint or error
    if complaint is not None:
        raise complaint
