"""A line at a terminal that says how far a run is, drawn over and over."""

from __future__ import annotations

import shutil
import time

import click

from tinygrad_edu.train import History
from tinygrad_edu.train.events import BatchEvent, EpochEvent, Event, ValidationEvent
from tinygrad_edu_viz.cells import part
from tinygrad_edu_words import _

from .. import output
from .plain_report import PlainReport
from .run import Run
from .wording import number, percent

INTERVAL = 0.1  # seconds between two drawings
BAR = 20  # cells


class ProgressLine:
    """Epoch, losses, accuracy, learning rate and the time left, on one line of standard error.

    Args:
        epochs: how many there shall be.
        title: what the line begins with.
    """

    def __init__(self, epochs: int, title: str = ""):
        self.epochs, self.title = epochs, title
        self.done = 0.0  # epochs, with a fraction
        self._before: int | None = None  # epochs of a resumed run that were done before
        self._started, self._drawn = time.monotonic(), 0.0
        self._epoch: EpochEvent | None = None
        self._validation: ValidationEvent | None = None

    def watch(self, event: Event) -> None:
        """Receive an event, and draw if the last drawing is old enough."""
        match event:
            case BatchEvent():
                self.done = event.epoch - 1 + event.batch / event.of
                self._before = event.epoch - 1 if self._before is None else self._before
            case EpochEvent():
                self._epoch = event
            case ValidationEvent():
                self._validation = event
        if time.monotonic() - self._drawn >= INTERVAL:
            self._drawn = time.monotonic()
            line = self.text(shutil.get_terminal_size().columns - 1)
            click.echo(f"\r\x1b[K{output.shown(line)}", nl=False, err=True)

    def clear(self) -> None:
        """Give the line's place to something else."""
        if self._drawn:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._drawn = 0.0

    def text(self, columns: int) -> str:
        """The line, in at most `columns` cells; the parts at its end are left out first."""
        filled = round(BAR * self.done / self.epochs)
        parts = [self.title] if self.title else []
        parts.append(f"{_('epoch')} {min(int(self.done) + 1, self.epochs)}/{self.epochs}")
        parts.append(f"[{'#' * filled}{'.' * (BAR - filled)}]")
        parts += [*self._measured(), *self._time_left()]
        while len(parts) > 1 and len("  ".join(parts)) > columns:
            parts.pop()
        return part("  ".join(parts), 0, columns)

    def _measured(self) -> list[str]:
        epoch, validation, words = self._epoch, self._validation, []
        if epoch:
            words.append(f"{_('loss')} {number(epoch.train_loss)}")
        if validation:
            if validation.validation_accuracy is not None:
                words.append(f"{_('accuracy')} {percent(validation.validation_accuracy)}")
            elif validation.validation_r2 is not None:
                words.append(f"R² {validation.validation_r2:.3f}")
            words.append(f"{_('validation')} {number(validation.validation_loss)}")  # left out before the others
        return [*words, f"lr {epoch.lr:.3g}"] if epoch else words

    def _time_left(self) -> list[str]:
        made = self.done - (self._before or 0)
        if made <= 0:
            return []
        return [
            _("{n} s left").format(n=f"{(time.monotonic() - self._started) / made * (self.epochs - self.done):.0f}")
        ]


class ProgressReport(PlainReport):
    """The plain lines of a run, and below them the one that moves."""

    def __init__(self, run: Run, history: History):
        super().__init__(run, history)
        self.line = ProgressLine(run.config.epochs or 1)

    def watch(self, event: Event) -> None:
        super().watch(event)
        self.line.watch(event)

    def say(self, text: str) -> None:
        self.line.clear()
        super().say(text)

    def close(self) -> None:
        """Leave no line behind, however the run ended."""
        self.line.clear()
