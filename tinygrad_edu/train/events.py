"""The events of `fit`: one small frozen record for each thing that happens.

Every event has a `kind`, a word to branch on, and `to_json()`, a dictionary that `json.dumps` accepts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """Base of all events.

    Attributes:
        epoch: counted from 1; 0 in the end of a run that was stopped before its first epoch was over.
    """

    kind: ClassVar[str]
    epoch: int

    def to_json(self) -> dict[str, Any]:
        """The event as a dictionary of plain numbers and texts.

        A measure that does not apply (the accuracy of a regression) is left out. JSON has no number that is not
        finite: it becomes "nan", "inf" or "-inf".
        """
        content = {"kind": self.kind} | {f.name: getattr(self, f.name) for f in fields(self) if f.init and f.repr}
        return {name: plain(value) for name, value in content.items() if value is not None}


@dataclass(frozen=True)
class BatchEvent(Event):
    """A batch has been learned from.

    Attributes:
        batch: counted from 1, of `of` batches in this epoch.
        step: how many updates of the weights there were since the first epoch.
        lr: the learning rate of the last update.
    """

    kind = "batch"
    batch: int
    of: int
    step: int
    lr: float
    loss_node: Any = field(repr=False, compare=False)  # a number on the device

    @property
    def loss(self) -> float:
        """The batch's loss. Reading it waits for the device: for speed leave it unread."""
        return float(self.loss_node)

    def to_json(self) -> dict[str, Any]:
        """The event as a dictionary, with the loss: this waits for the device."""
        return super().to_json() | {"loss": plain(self.loss)}


@dataclass(frozen=True)
class EpochEvent(Event):
    """Every example has been learned from once more.

    Attributes:
        of: the number of epochs asked for.
        train_loss: mean over the epoch's examples, each measured before the update that it led to, in training mode.
        train_accuracy: share of them, from 0 to 1, that was classified correctly; None for regression.
        lr: the learning rate of the last update.
        seconds: duration of the epoch, without the time between its events.
    """

    kind = "epoch"
    of: int
    train_loss: float
    train_accuracy: float | None
    lr: float
    seconds: float


@dataclass(frozen=True)
class ValidationEvent(Event):
    """The model was measured on data that it does not learn from.

    Attributes:
        validation_loss: mean over the examples, without penalties.
        validation_accuracy: share of correct answers, from 0 to 1; None for regression.
        validation_r2: coefficient of determination; None for classification.
    """

    kind = "validation"
    validation_loss: float
    validation_accuracy: float | None = None
    validation_r2: float | None = None


@dataclass(frozen=True)
class BestEvent(Event):
    """The validation loss is the lowest so far."""

    kind = "best"
    validation_loss: float


@dataclass(frozen=True)
class NoticeEvent(Event):
    """Something that a teacher would point at.

    Attributes:
        name: "not_finite", "rising", "flat", "dead_units", "overfitting", "saturated", "exploding_gradient",
            "vanishing_gradient", "forgotten_zero_grad" or "linear_limit".
        layer: the layer's name in the model, where it is about one.
        text: what is seen, why, and what to try.
    """

    kind = "notice"
    name: str
    layer: str | None
    text: str


@dataclass(frozen=True)
class SteerEvent(Event):
    """A setting of the run is another one from here on: see `Run.steer`.

    Attributes:
        epoch: that of the first update with it.
        step: how many updates there were before.
        lr: the learning rate; None where it was not set.
        optimizer: the kind of the new optimizer, "Adam"; None if it is the same.
        groups: its groups, each with its settings, and as "params" the places of its parameters among those of the
            optimizer that the run began with.
        batch_size: rows in a batch, or "full"; None if it is the same.
    """

    kind = "steer"
    step: int
    lr: float | None = None
    optimizer: str | None = None
    groups: list[dict[str, Any]] | None = None
    batch_size: int | str | None = None


@dataclass(frozen=True)
class UndoEvent(Event):
    """The run went back: all that was reported of later epochs, and steered in them, has not happened.

    Attributes:
        epoch: the last one that still is complete; 0 for the beginning.
    """

    kind = "undo"


@dataclass(frozen=True)
class EndEvent(Event):
    """The last event of every run.

    Attributes:
        epoch: the last one that was completed.
        train_loss: that of the last epoch; None if there was none.
        validation_loss, validation_accuracy, validation_r2: of the weights that the model has now, which with
            `EarlyStopping(restore_best=True)` are the best ones; None if nothing was measured.
        stopped: "epochs" (all done), "early" (no more progress), "diverged" (the loss is no number any more) or
            "interrupted" (Ctrl-C).
    """

    kind = "end"
    train_loss: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    validation_r2: float | None
    stopped: str


def plain(value: Any) -> Any:
    """A number that JSON can hold."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
