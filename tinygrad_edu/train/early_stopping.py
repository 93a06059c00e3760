"""Stop when the validation loss no longer falls."""

from __future__ import annotations

import math
import sys
from typing import Any

from ..checks import is_within, whole_number
from ..errors import ArgumentError


class EarlyStopping:
    """Stop a run after `patience` epochs without progress.

    An epoch is progress if its validation loss lies more than `min_delta` below the lowest one so far.

    Args:
        patience: how many epochs without progress to wait, 1 or more.
        min_delta: how much lower counts as progress, 0 or more, in units of the loss.
        restore_best: give the model the weights of its best epoch back when the run ends, however it ends.
    Attributes:
        best: the lowest validation loss so far; inf before the first.
        best_epoch: its epoch; 0 before the first.
        waited: epochs without progress since then.
    Raises:
        ArgumentError: a patience below 1, or a negative `min_delta`.

    (Prechelt 1998, "Early stopping - but when?"; Goodfellow et al. 2016, algorithm 7.1.)
    """

    def __init__(self, patience: int = 10, min_delta: float = 0.0, restore_best: bool = True):
        if not is_within(min_delta, 0):
            raise ArgumentError(f"EarlyStopping: min_delta must be a number of at least 0, not {min_delta!r}")
        self.patience = whole_number("EarlyStopping: patience", patience, 1)
        self.min_delta, self.restore_best = min_delta, restore_best
        self.reset()

    @classmethod
    def watching(cls) -> EarlyStopping:
        """One that never stops a run, and only knows its best epoch."""
        return cls(sys.maxsize, restore_best=False)

    @property
    def never(self) -> bool:
        """Whether it is of that kind."""
        return self.patience == sys.maxsize

    def reset(self) -> None:
        """Forget what was seen: each run starts with it."""
        self.best, self.best_epoch, self.waited = math.inf, 0, 0

    def update(self, epoch: int, validation_loss: float) -> bool:
        """Record an epoch's validation loss; True if it is progress."""
        if validation_loss < self.best - self.min_delta:
            self.best, self.best_epoch, self.waited = validation_loss, epoch, 0
            return True
        self.waited += 1
        return False

    @property
    def should_stop(self) -> bool:
        return self.waited >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs to know."""
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best, self.best_epoch, self.waited = float(state["best"]), state["best_epoch"], state["waited"]

    def __repr__(self) -> str:
        return f"EarlyStopping(patience={self.patience}, min_delta={self.min_delta}, restore_best={self.restore_best})"
