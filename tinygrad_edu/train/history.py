"""What a run has measured, epoch by epoch."""

from __future__ import annotations

import importlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..errors import StateError
from .events import EndEvent, EpochEvent, Event, NoticeEvent, SteerEvent, UndoEvent, ValidationEvent, plain
from .record import NAME, event_of, read_record


@dataclass
class History:
    """The numbers of a run as columns, one entry an epoch.

        history = tg.train.History.of(tg.train.fit(...))
        history.train_loss, history.validation_loss

    Attributes:
        epoch: the number of each epoch, counted from 1.
        train_loss, train_accuracy, validation_loss, validation_accuracy, validation_r2, lr, seconds: as in the events
            of these names; a measure that does not apply is an empty list.
        notices: the notices given, in order.
        steering: what was steered, in order. (What was undone is in none of the lists.)
        end: the last event; None while the run goes on.
    """

    epoch: list[int] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    validation_r2: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    notices: list[NoticeEvent] = field(default_factory=list)
    steering: list[SteerEvent] = field(default_factory=list)
    end: EndEvent | None = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> History:
        """Run `fit` to its end, and keep what it measures."""
        history = cls()
        for event in events:
            history.watch(event)
        return history

    @classmethod
    def read(cls, folder: str | Path) -> History:
        """The epochs of a run that `tinygrad-edu train --record FOLDER` has written, without notices and end.

        Raises:
            FileNotFoundError: there is no such run.
            StateError: it is damaged; the message names the line.
        """
        history = cls()
        for _, line in read_record(Path(folder) / NAME, StateError):
            if line["kind"] not in ("notice", "end"):
                history.watch(event_of(line))
        return history

    def watch(self, event: Event) -> None:
        """Record one event."""
        if isinstance(event, EpochEvent):
            self._append(event, "epoch", "train_loss", "train_accuracy", "lr", "seconds")
        elif isinstance(event, ValidationEvent):
            self._append(event, "validation_loss", "validation_accuracy", "validation_r2")
        elif isinstance(event, NoticeEvent):
            self.notices.append(event)
        elif isinstance(event, SteerEvent):
            self.steering.append(event)
        elif isinstance(event, UndoEvent):
            self._cut(event.epoch)
        elif isinstance(event, EndEvent):
            self.end = event

    def until(self, epoch: int) -> History:
        """A copy that ends with an epoch."""
        columns: dict[str, Any] = {f.name: list(getattr(self, f.name)) for f in fields(self) if f.name != "end"}
        copy = History(**columns)
        copy._cut(epoch)
        return copy

    def _cut(self, epoch: int) -> None:
        """Forget what came after an epoch."""
        kept = bisect_right(self.epoch, epoch)
        for f in fields(self):
            column = getattr(self, f.name)
            if f.name in ("notices", "steering"):
                column[:] = [event for event in column if event.epoch <= epoch]
            elif f.name != "end":
                del column[kept:]
        self.end = None

    def _append(self, event: Event, *names: str) -> None:
        for name in names:
            value = getattr(event, name)
            if value is not None:
                getattr(self, name).append(value)

    def __len__(self) -> int:
        """The number of epochs."""
        return len(self.epoch)

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the lowest validation loss (of the lowest training loss where nothing was validated)."""
        losses = self.validation_loss or self.train_loss
        comparable = [(loss, epoch) for loss, epoch in zip(losses, self.epoch, strict=False) if loss == loss]
        return min(comparable)[1] if comparable else None

    def __repr__(self) -> str:
        """In one line, as a notebook shows it: where the losses ended, and the best epoch."""
        last = {"loss": self.train_loss, "validation loss": self.validation_loss}
        losses = [f"{name} {column[-1]:.4g}" for name, column in last.items() if column]
        best = [f"best epoch {self.best_epoch}"] if self.best_epoch else []
        epochs = f"{len(self)} epoch{'s' * (len(self) != 1)}"
        return f"History of {', '.join([epochs, *losses, *best])}"

    def plot(self, metric: str = "loss", ax: Any = None) -> Any:
        """Draw the run with matplotlib: see `tg.plots.learning_curve`."""
        return importlib.import_module("tinygrad_edu_viz.plots").learning_curve(self, metric, ax)

    def columns(self) -> dict[str, list[Any]]:
        """Copies of the columns that hold something, by name."""
        lists = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("notices", "end", "steering")}
        return {name: list(column) for name, column in lists.items() if column}

    def to_json(self) -> dict[str, Any]:
        """A dictionary that `json.dumps` accepts: the columns, the best epoch, the notices and the end."""
        content: dict[str, Any] = {name: [plain(x) for x in column] for name, column in self.columns().items()}
        content["best_epoch"] = self.best_epoch
        content["notices"] = [notice.to_json() for notice in self.notices]
        if self.steering:
            content["steering"] = [event.to_json() for event in self.steering]
        if self.end is not None:
            content["end"] = self.end.to_json()
        return content
