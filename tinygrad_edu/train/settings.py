"""The settings of a run: numbers and choices that are given by name, and checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from .. import losses
from ..checks import is_within, whole_number
from ..errors import ArgumentError
from ..optim import OneCycleLR, ReduceLROnPlateau, Schedule, WarmupLR
from .examples import Examples
from .targets import Objective

BATCH_SIZE = 32  # rows in a batch, if it is not told
# What the numbers of a run depend on, besides its parts: a resumed run must have the same.
COMPARED = "batch_size shuffle seed drop_last accumulate clip_norm clip_value l1 l2 loss rows data label_smoothing"
BY_BATCH = (OneCycleLR, WarmupLR)  # schedules whose steps are usually counted in batches


@dataclass(kw_only=True)
class Settings:
    """What `fit` is given by these names, and what follows from its data.

    Attributes:
        epochs: how often every example is learned from; a resumed run counts those before it.
        batch_size: rows in a batch, or "full", which becomes the number of rows; None: 32, or all rows of fewer.
        shuffle, seed: in a new order each epoch, which depends on the seed and the epoch alone.
        drop_last: leave out an epoch's last batch where it is smaller than the others.
        accumulate: add up the gradients of so many batches before an update.
        schedule_per: "epoch" or "batch": after what the schedule makes a step. None: `OneCycleLR` and `WarmupLR` after
            each update, others after each epoch.
        clip_norm, clip_value: limits for the length of the gradient, and for each of its elements; None for no limit.
        l1, l2: factors of the penalties Σ |w| and Σ w² over the weights (not over biases). Losses are reported without
            them.
        label_smoothing: of the loss cross_entropy: ε in [0, 1), the share of each target that is spread evenly over
            all classes, in training alone. Losses are reported without it. (Where the loss itself has it, a
            `functools.partial`, it is reported as it is.)
        checkpoint, checkpoint_every: a folder, into which the run is written every so many epochs and at its end. It
            is for one run at a time: nothing here keeps a second program out, as `train --record` does.
        notices: whether to look out for trouble; see `notices.py`.
        compile: replay the training step as straight-line code, with the same numbers; see `tg.compile`. None: where
            all layers, functions and the loss are those of this package. True: in any case, as far as possible.
        objective, rows, data: the loss, the number of rows, and a fingerprint of them.
    Raises:
        ArgumentError: one out of its range.
    """

    epochs: int
    batch_size: int
    shuffle: bool
    seed: int
    drop_last: bool
    accumulate: int
    schedule_per: str | None
    clip_norm: float | None
    clip_value: float | None
    l1: float
    l2: float
    label_smoothing: float
    checkpoint: Path | None
    checkpoint_every: int
    notices: bool
    compile: bool | None
    objective: Objective
    rows: int
    data: int

    @classmethod
    def of(cls, given: Mapping[str, Any], objective: Objective, examples: Examples) -> Settings:
        """Those among the arguments of `fit`, for its loss and data."""
        named = {field.name: given[field.name] for field in fields(cls) if field.name in given}
        return cls(**named | {"objective": objective, "rows": len(examples), "data": examples.fingerprint})

    def __post_init__(self) -> None:
        self.epochs = whole_number("epochs", self.epochs, 1)
        self.accumulate = whole_number("accumulate", self.accumulate, 1)
        self.checkpoint_every = whole_number("checkpoint_every", self.checkpoint_every, 1)
        self.seed = whole_number("seed", self.seed, 0)
        self.shuffle, self.drop_last = bool(self.shuffle), bool(self.drop_last)
        for name in ("clip_norm", "clip_value", "l1", "l2"):
            value = getattr(self, name)
            if value is not None or name.startswith("l"):
                if not is_within(value, 0):
                    raise ArgumentError(f"{name} must be a number, 0 or more, not {value!r}")
                setattr(self, name, float(value))
        if self.schedule_per not in (None, "epoch", "batch"):
            raise ArgumentError(f"schedule_per must be 'epoch' or 'batch', not {self.schedule_per!r}")
        self.checkpoint = folder("checkpoint", self.checkpoint)
        default = min(BATCH_SIZE, self.rows)
        self.batch_size = default if self.batch_size is None else rows_in_batch(self.batch_size, self.rows)
        self._check_label_smoothing()

    def _check_label_smoothing(self) -> None:
        share, function = self.label_smoothing, self.objective.function
        if not is_within(share, 0, below=1):
            raise ArgumentError(
                f"label_smoothing must be a share of at least 0 and below 1, such as 0.1, not {share!r}"
            )
        self.label_smoothing = float(share)
        if share and (function.func if isinstance(function, partial) else function) is not losses.get("cross_entropy"):
            raise ArgumentError(
                f"label_smoothing is a setting of cross_entropy, and the loss is {self.objective.name}: leave it out, "
                "or use loss='cross_entropy' and give the last layer one output for each class"
            )

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.objective.name

    def updates(self, batch_size: int) -> int:
        """How many updates an epoch has, with batches of so many rows."""
        return updates_per_epoch(self.rows, batch_size, self.drop_last, self.accumulate)

    def counts_batches(self, schedule: Schedule | None) -> bool:
        """Whether a schedule makes a step after each update, not each epoch; an ArgumentError if it watches epochs."""
        if self.schedule_per == "batch" and isinstance(schedule, ReduceLROnPlateau):
            raise ArgumentError("ReduceLROnPlateau watches the loss of an epoch: leave it at schedule_per='epoch'")
        return isinstance(schedule, BY_BATCH) if self.schedule_per is None else self.schedule_per == "batch"

    def compared(self) -> dict[str, Any]:
        """What a resumed run must have the same, by name."""
        return {name: getattr(self, name) for name in COMPARED.split()}


def rows_in_batch(size: Any, rows: int) -> int:
    """A batch size as a number; an ArgumentError for what is none, or is larger than the data."""
    full = isinstance(size, str) and size == "full"
    number = rows if full else whole_number("batch_size", size, 1, ", or 'full'")
    if number > rows:
        raise ArgumentError(
            f"batch_size={size} is more than the {rows} rows of the data: use batch_size='full', or at most {rows}"
        )
    return number


def updates_per_epoch(rows: int, batch_size: int | str, drop_last: bool, accumulate: int) -> int:
    """How often the optimizer makes a step in an epoch."""
    size = rows_in_batch(batch_size, rows)
    batches = rows // size if drop_last else -(-rows // size)
    return -(-batches // accumulate)


def folder(name: str, value: Any) -> Path | None:
    """A path that is a folder, or can become one, or None; an ArgumentError for any other, and for a file."""
    if value is None:
        return None
    if not isinstance(value, (str, os.PathLike)):
        raise ArgumentError(f"{name} must be the path of a folder, {name}='run1', not {value!r}")
    path = Path(value)
    for place in (path, *path.parents):
        if place.exists() and not place.is_dir():
            raise ArgumentError(f"{name} must be a folder, and {place} is a file: give another place, {name}='run1'")
    return path
