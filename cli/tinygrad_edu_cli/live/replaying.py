"""Recorded runs, to be shown again: on the screen, as lines, as JSON, in files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import click

from tinygrad_edu.train import History
from tinygrad_edu.train.events import Event, NoticeEvent
from tinygrad_edu_viz.canvas.grid import BOLD, Grid, Look
from tinygrad_edu_viz.canvas.pictures import picture
from tinygrad_edu_viz.training.answers import picture_of
from tinygrad_edu_viz.training.progress import title_of
from tinygrad_edu_viz.training.shown import Shown
from tinygrad_edu_words import _

from ..errors import INTERRUPTED, CommandError, FileError
from ..training import exports
from ..training.folder import RunFolder
from ..training.last_weights import with_last_weights
from ..training.lockstep import first_differing_epoch
from ..training.lockstep import lines as table
from ..training.plain_report import PlainReport
from .film import Film, Projector, lasting
from .live import Live
from .pair import compose_pair
from .screen import Picture, compose


@dataclass(frozen=True)
class Recording:
    """A recorded run: its folder, and what happened."""

    folder: RunFolder
    events: list[Event]

    @classmethod
    def read(cls, path: Path) -> Recording:
        """A folder of `train --record`.

        Raises:
            FileError: it is none, or damaged, or of a newer version.
            CommandError: nothing was recorded in it.
        """
        folder = RunFolder.read(path)
        events = folder.happened()
        if not any(event.kind == "epoch" for event in events):
            raise CommandError(
                _("the run {path} has no epoch to show").format(path=path),
                _("go on with it: tinygrad-edu train --resume {path}").format(path=path),
            )
        return cls(folder, events)

    @property
    def name(self) -> str:
        return str(self.folder.path)

    @property
    def history(self) -> History:
        """What was measured."""
        return History.of(self.events)

    def film(self, others: bool = False) -> Film:
        """Its moments; beside others without what was undone, so that all are at the same epoch."""
        config = self.folder.config
        shown = lasting(self.events) if others else [*self.events]
        if missing := self.folder.missing_end():
            shown.append(NoticeEvent(shown[-1].epoch, "cut_off", None, missing))
        return Film(shown, title_of(config.to_json()), config.epochs or 0, config.patience)


class Stage:
    """Draws one recording, or two in lock step."""

    def __init__(self, recordings: Sequence[Recording], look: Look):
        self.recordings, self.look = recordings, look
        self._picture = _last_picture(recordings[0], look) if len(recordings) == 1 else None
        self._parting = parting(*recordings) if len(recordings) == 2 else ""

    def draw(self, lives: Sequence[Live], width: int, height: int) -> Grid:
        """Their state, in a width and a height."""
        if len(lives) == 1:
            return compose(lives[0], width, height, self._picture, self.look)
        names = [recording.name for recording in self.recordings]
        return compose_pair(lives, names, self._parting, width, height, self.look)


def _last_picture(recording: Recording, look: Look) -> Picture | None:
    """What the network answers in the end: the weights of earlier epochs were not kept."""
    try:
        run, epoch = with_last_weights(recording.folder)
    except CommandError:
        return None
    assert run.config.loss is not None
    answers = picture_of(run.model, run.dataset, run.train, run.held_out, run.config.loss, run.standardizer)

    @lru_cache(4)
    def drawn(width: int, height: int) -> Grid:
        grid = Grid(width, height, look)
        grid.put(0, 0, _("as after epoch {epoch}, the last kept").format(epoch=epoch), BOLD)
        grid.paste(picture(answers, width, height - 1, look), 0, 1)
        return grid

    return drawn


def parting(one: Recording, other: Recording) -> str:
    """Where two records part, in a sentence."""
    epoch = first_differing_epoch(one.history, other.history)
    if epoch is None:
        return _("All numbers that both have recorded are the same.")
    how = f"tinygrad-edu compare {one.name} {other.name}"
    return _("They part in epoch {epoch}; the first update that differs, and what made it so: {how}").format(
        epoch=epoch, how=how
    )


def show(recordings: Sequence[Recording]) -> bool:
    """Fill the screen, until the person leaves; False if Ctrl-C ended it."""
    from .replay_screen import ReplayApp, terminal_look  # Textual takes its time to import

    films = [recording.film(others=len(recordings) > 1) for recording in recordings]
    app = ReplayApp(Projector(films), Stage(recordings, terminal_look()).draw, partial(export, recordings))
    app.run()
    return app.return_code != INTERRUPTED


def shown(recordings: Sequence[Recording], path: Path) -> list[Shown]:
    """What a picture shows; a moving one, and a report, also what the networks answered on their way."""
    moves = path.suffix.lower() in (".gif", ".html", ".htm")
    found = []
    for recording in recordings:
        try:
            found.append(exports.again(recording.folder.path) if moves else exports.recorded(recording.folder.path))
        except FileError:
            raise
        except CommandError:
            found.append(exports.recorded(recording.folder.path))  # says why
    return found


def export(recordings: Sequence[Recording], path: str) -> str:
    """Write a file from the screen, and say so.

    Raises:
        CommandError: see `exports.write`.
    """
    file = Path(path).expanduser()
    exports.check([file])
    return exports.write(file, shown(recordings, file), exports.Looks(title(recordings)))


def write(recordings: Sequence[Recording], paths: Sequence[Path], theme: str | None, size: str | None) -> None:
    """Write files, and say so.

    Raises:
        CommandError: see `exports.check` and `exports.write`.
    """
    exports.check(paths, size)
    looks = exports.Looks(title(recordings), theme, size)
    for path in paths:
        click.echo(exports.write(path, shown(recordings, path), looks), err=True)


def title(recordings: Sequence[Recording]) -> str:
    """Above the picture of several; that of one has its own."""
    return f"replay {' '.join(recording.name for recording in recordings)}" if len(recordings) > 1 else ""


def print_lines(recording: Recording) -> None:
    """The lines that `train --plain` printed.

    Raises:
        CommandError: the data cannot be read any more, or has changed.
    """
    folder = recording.folder
    try:
        run, _anew = with_last_weights(folder)
    except FileError:
        raise
    except CommandError as error:
        how = _("see what was recorded: tinygrad-edu replay {name} --json").format(name=recording.name)
        raise CommandError(
            _("{name} cannot be shown with its network: {message}").format(name=recording.name, message=error.message),
            how,
        ) from None
    report = PlainReport(run, History())
    report.start()
    report.started = time.monotonic() - sum(recording.history.seconds)
    for event in recording.events:
        report.watch(event)
    report.close()


def pair_lines(one: Recording, other: Recording) -> Iterator[str]:
    """Two runs, epoch by epoch."""
    yield from table(one.history, other.history, (one.name, other.name))
    yield ""
    yield parting(one, other)


def objects(recordings: Sequence[Recording]) -> Iterator[dict[str, Any]]:
    """What was recorded: of each run its settings, and then its events, epoch by epoch where there are two."""
    several = len(recordings) > 1
    for recording in recordings:
        yield {"kind": "run", "run": recording.name, "config": recording.folder.config.to_json()}
    lanes = [[(event.epoch, k, event) for event in r.events] for k, r in enumerate(recordings)]
    ordered = sorted((entry for lane in lanes for entry in lane), key=lambda entry: entry[0]) if several else lanes[0]
    for _when, k, event in ordered:
        yield event.to_json() | ({"run": recordings[k].name} if several else {})
