"""A training run as lines of text, a few however long it is: for pipes, screen readers and simple terminals."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tinygrad_edu.train import History
from tinygrad_edu.train.events import EndEvent, EpochEvent, Event, NoticeEvent, SteerEvent, UndoEvent, ValidationEvent
from tinygrad_edu_viz.training.notices import notice_text
from tinygrad_edu_words import _

from .. import output
from ..terminal_width import room, wrap
from .advice import advice
from .layer_looks import LayerRow, layer_lines
from .run import Run
from .summary import introduction, summary
from .wording import number, percent, steered

MAX_NOTICES = 5
INDENT = 6  # of the lines that introduce a run
WIDTHS, NARROW = (7, 12, 12, 10, 10), (5, 10, 10, 8)  # of the columns; a narrow terminal has no room for the last


class PlainReport:
    """Prints the epochs 1, 2, 5, 10, 20, 50, ..., the notices as they come, and at the end what was learned.

    Args:
        history: what a run that goes on has measured before.
    """

    def __init__(self, run: Run, history: History):
        self.run, self.history = run, history
        self.started = time.monotonic()
        self._epoch: EpochEvent | None = None
        self._validation: ValidationEvent | None = None
        self._told = 0  # the last epoch that has its line
        self._looked: tuple[int, Sequence[LayerRow]] = 0, ()

    def start(self) -> None:
        for line in introduction(self.run):
            blanks = line[: len(line) - len(line.lstrip())]
            for part in wrap(line.lstrip(), room() - len(blanks), indent=INDENT - len(blanks)):
                self.say(blanks + part)
        for event in self.history.steering:
            self._tell_steered(event)
        self.say("")
        measure = _("accuracy") if self.run.dataset.classes else "R²"
        self.say(_row(_("epoch"), _("train loss"), _("validation"), measure, "lr"))

    def watch(self, event: Event) -> None:
        """Tell what has happened, where it is worth a line."""
        self.history.watch(event)
        match event:
            case EpochEvent():
                self._epoch = event
            case ValidationEvent():
                self._validation = event
                if is_round(event.epoch):
                    self._tell_epoch()
            case NoticeEvent() if len(self.history.notices) <= MAX_NOTICES:
                where = _("Epoch {n}:").format(n=event.epoch) + " " if event.epoch else ""
                self._tell(f"{where}{notice_text(event.text)}")
            case SteerEvent():
                self._tell_steered(event)
            case UndoEvent():
                self._told, self._epoch, self._validation = 0, None, None
                back = _("Back at the end of epoch {n}, by hand.") if event.epoch else _("Back at the start, by hand.")
                self._tell(back.format(n=event.epoch))
            case EndEvent():
                self._end()

    def look(self, epoch: int, layers: Sequence[LayerRow]) -> None:
        """Note what the layers look like, for the end."""
        self._looked = epoch, layers

    def say(self, text: str) -> None:
        """Print a line."""
        output.say(text)

    def close(self) -> None:
        """Nothing is left to do: every line was printed when it came."""

    def _tell_steered(self, event: SteerEvent) -> None:
        self._tell(_("From update {n} on: {what}, set by hand.").format(n=event.step + 1, what=steered(event)))

    def _tell(self, sentence: str) -> None:
        for line in wrap(sentence, room() - 2, indent=2):
            self.say(f"  {line}")

    def _tell_epoch(self) -> None:
        epoch, measured = self._epoch, self._validation
        if epoch is None or measured is None or epoch.epoch == self._told:
            return
        self._told = epoch.epoch
        if measured.validation_accuracy is not None:
            measure = percent(measured.validation_accuracy)
        else:
            measure = "-" if measured.validation_r2 is None else f"{measured.validation_r2:.3f}"
        losses = number(epoch.train_loss), number(measured.validation_loss)
        self.say(_row(str(epoch.epoch), *losses, measure, f"{float(f'{epoch.lr:.3g}'):g}"))

    def _end(self) -> None:
        self._tell_epoch()
        hidden = len(self.history.notices) - MAX_NOTICES
        if hidden > 0:
            self.say(f"  ({_('{n} more notices; --json shows all').format(n=hidden)})")
        epoch, layers = self._looked
        if layers:
            self.say("")
            for line in layer_lines(epoch, layers):
                self.say("\n".join(wrap(line, room(), indent=4)))
        self.say("")
        for sentence in summary(self.run, self.history, time.monotonic() - self.started):
            self.say("\n".join(wrap(sentence, room())))
        words, command, arguments = advice(self.run, self.history).partition("tinygrad-edu ")
        self.say("\n".join(wrap(_("Next: {what}").format(what=words.rstrip()), room())))
        if command:
            self.say(f"  {command}{arguments}")  # on one line, to be copied


def is_round(epoch: int) -> bool:
    """1, 2, 5, 10, 20, 50, 100, ...: enough to see a curve that falls ever slower."""
    while epoch % 10 == 0 and epoch > 0:
        epoch //= 10
    return epoch in (1, 2, 5)


def _row(*cells: str) -> str:
    widths = WIDTHS if room() >= sum(WIDTHS) + len(WIDTHS) - 1 else NARROW
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))
