"""What a run has measured so far, made of its events alone: so a recorded run is shown as one that goes on is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygrad_edu.errors import StateError
from tinygrad_edu.storage.documents import parse, read_bytes, reading
from tinygrad_edu.storage.schema import (
    anything,
    list_of,
    located,
    mapping,
    one_of,
    optional,
    plain,
    record,
    text,
    whole,
)
from tinygrad_edu.train.record import NAME as METRICS
from tinygrad_edu.train.record import event_of, read_record
from tinygrad_edu_words import _

if TYPE_CHECKING:
    from tinygrad_edu.train.events import BatchEvent
    from tinygrad_edu.train.history import History

GHOSTS = 3  # of futures that were undone, the last ones are kept

_MEASURES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "validation_r2")
_COLUMNS = (*_MEASURES, "rates", "band", "_steps")


@dataclass
class Progress:
    """The numbers of a run, one entry an epoch, and what happened on its way.

        progress = Progress("moons", epochs=20)
        for event in tg.train.fit(...):
            progress.watch(event)

    Attributes:
        title: what is trained: data, network, optimizer.
        epochs: how many were asked for.
        patience: after how many epochs without progress the run stops; None where it does not.
        epoch: the last one that is complete, or the one that `batch` is of.
        batch, of: the last batch, counted from 1, and how many there are; 0 between two epochs.
        step: how many updates of the weights there were.
        lr: the learning rate of the last update.
        train_loss, validation_loss, train_accuracy, validation_accuracy, validation_r2: a list each, entry k of epoch
            k + 1; empty where it is not measured, nan for an epoch that nobody watched.
        rates: the learning rate of each epoch's last update.
        band: the lowest and the highest finite loss of a batch in each epoch; (nan, nan) where there is none.
        best: the epoch of the lowest validation loss so far, and this loss; None before the first.
        notices: (epoch, text) of each notice.
        changes: (epoch, what) of each setting that was changed by hand, such as "lr 0.005": the first epoch with it.
        ghosts: (first epoch, losses) of what was undone: validation losses, or training losses where there are none.
            The first is the epoch that was gone back to, so that the curve begins where the run goes on.
        stopped: how the run ended, as in `EndEvent`; None while it goes on.
    """

    title: str = ""
    epochs: int = 0
    patience: int | None = None
    epoch: int = 0
    batch: int = 0
    of: int = 0
    step: int = 0
    lr: float = math.nan
    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    validation_r2: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    band: list[tuple[float, float]] = field(default_factory=list)
    notices: list[tuple[int, str]] = field(default_factory=list)
    changes: list[tuple[int, str]] = field(default_factory=list)
    ghosts: list[tuple[int, list[float]]] = field(default_factory=list)
    stopped: str | None = None
    _bests: list[tuple[int, float]] = field(default_factory=list, repr=False)
    _steps: list[float] = field(default_factory=list, repr=False)  # after each epoch
    _batches: list[BatchEvent] = field(default_factory=list, repr=False)  # of this epoch; reading a loss waits

    @classmethod
    def of_history(cls, history: History, title: str = "", epochs: int = 0, patience: int | None = None) -> Progress:
        """What `fit` measured, without the losses of its batches."""
        found = cls(title, epochs or len(history), patience)
        for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "validation_r2"):
            setattr(found, name, list(getattr(history, name)))
        found.rates, found.epoch = list(history.lr), len(history)
        found.lr = found.rates[-1] if found.rates else math.nan
        found.band = [(math.nan, math.nan)] * len(history)
        found.notices = [(notice.epoch, notice.text) for notice in history.notices]
        found.stopped = history.end.stopped if history.end else None
        lowest = math.inf
        for epoch, loss in enumerate(found.validation_loss, 1):
            if loss < lowest:
                lowest = loss
                found._bests.append((epoch, loss))
        return found

    @classmethod
    def read(cls, folder: str | Path) -> Progress:
        """The run that `tinygrad-edu train --record FOLDER` has written: all lines but one that was cut off.

        Raises:
            FileNotFoundError: there is no such run.
            StateError: it is damaged; the message names the line.
        """
        folder = Path(folder)
        with reading(folder / "config.json", StateError):
            config = _CONFIG(parse(read_bytes(folder / "config.json")))["config"]
            with located("config"):
                shown = _SHOWN(config)
        found = cls(title_of(shown), shown.get("epochs") or 0, shown.get("patience"))
        for _each, line in read_record(folder / METRICS, StateError):
            found.watch(event_of(line))
        return found

    @property
    def best(self) -> tuple[int, float] | None:
        return self._bests[-1] if self._bests else None

    @property
    def batch_loss(self) -> float:
        """The loss of the last batch; nan between two epochs. Reading it waits for the device."""
        return self._batches[-1].loss if self._batches else math.nan

    @property
    def losses(self) -> list[float]:
        """What the best epoch is judged by: the validation losses, or the training losses where there are none."""
        return self.validation_loss or self.train_loss

    def watch(self, event: Any) -> None:
        """Take note of an event of `fit`, or of what was recorded of one."""
        match event.kind:
            case "batch":
                self.epoch, self.batch, self.of, self.step = event.epoch, event.batch, event.of, event.step
                self.lr, self.stopped = event.lr, None
                self._batches.append(event)
            case "epoch":
                self._complete(event)
            case "validation":
                for name in ("validation_loss", "validation_accuracy", "validation_r2"):
                    self._append(name, event.epoch, getattr(event, name))
            case "best":
                self._bests.append((event.epoch, event.validation_loss))
            case "notice":
                self.notices.append((event.epoch, event.text))
            case "steer":
                self.steered(event.epoch, changed(event))
            case "undo":
                self.undone(event.epoch)
            case "end":
                self.stopped = event.stopped

    def undone(self, epoch: int) -> None:
        """The run goes on from the end of an earlier epoch; what came later stays as a ghost."""
        losses = self.losses
        if len(losses) > epoch:
            first = max(epoch, 1)
            self.ghosts = [*self.ghosts, (first, losses[first - 1 :])][-GHOSTS:]
        for name in _COLUMNS:
            del getattr(self, name)[epoch:]
        for name in ("notices", "changes", "_bests"):
            setattr(self, name, [entry for entry in getattr(self, name) if entry[0] <= epoch])
        self.epoch, self.batch, self.of, self.stopped = epoch, 0, 0, None
        self.lr = self.rates[-1] if self.rates else math.nan
        steps = self._steps[-1] if self._steps else 0
        self._batches, self.step = [], int(steps) if steps == steps else 0

    def steered(self, epoch: int, what: str) -> None:
        """A setting was changed by hand: the epoch is the first that has an update with it."""
        self.changes.append((epoch, what))

    def _complete(self, event: Any) -> None:
        self.epoch, self.lr, self.epochs = event.epoch, event.lr, max(self.epochs, event.epoch)
        finite = [batch.loss for batch in self._batches if math.isfinite(batch.loss)]
        self._batches, self.batch, self.of = [], 0, 0
        self._append("band", event.epoch, (min(finite), max(finite)) if finite else (math.nan, math.nan))
        self._append("rates", event.epoch, event.lr)
        self._append("_steps", event.epoch, self.step)
        self._append("train_loss", event.epoch, event.train_loss)
        self._append("train_accuracy", event.epoch, event.train_accuracy)

    def _append(self, name: str, epoch: int, value: Any) -> None:
        """A measure of an epoch; earlier ones that nobody watched are nan."""
        if value is None:
            return
        column = getattr(self, name)
        column += [(math.nan, math.nan) if name == "band" else math.nan] * (epoch - 1 - len(column))
        column.append(value)


def changed(event: Any, rate: str = "lr") -> str:
    """What was steered, such as "lr 0.005, batch size full"; `rate` is what the learning rate is called."""
    names = {"lr": rate, "optimizer": _("optimizer"), "batch_size": _("batch size")}
    given = {word: getattr(event, name, None) for name, word in names.items()}
    return ", ".join(
        f"{word} {value:g}" if isinstance(value, float) else f"{word} {value}"
        for word, value in given.items()
        if value is not None
    )


def title_of(config: Mapping[str, Any]) -> str:
    """A run's settings in a line: data, network, optimizer, batch size.

    >>> title_of({"data": "moons", "net": [2, 16, 1], "activation": "relu", "optimizer": "adam", "batch_size": 32})
    'moons · 2-16-1 relu · adam · batch 32'
    """
    net = config.get("net") or ()
    hidden = f" {config.get('activation')}" if len(net) > 2 and config.get("activation") else ""
    words = [
        Path(str(config.get("data", ""))).name,
        "-".join(map(str, net)) + hidden,
        str(config.get("optimizer") or ""),
        _("batch {size}").format(size=config["batch_size"]) if config.get("batch_size") else "",
    ]
    return " · ".join(filter(None, words))


_WHOLE, _WORD, _SIZE = optional(whole(1)), optional(text), optional(plain)
_CONFIG = record({"kind": one_of("tinygrad-edu run"), "config": mapping(anything)}, others=True)
_SHOWN = record(
    {"data": text},
    {
        **{"net": optional(list_of(whole(1))), "activation": _WORD, "optimizer": _WORD, "batch_size": _SIZE},
        **{"epochs": _WHOLE, "patience": _WHOLE},
    },
    others=True,
)
