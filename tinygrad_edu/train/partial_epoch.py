"""An epoch that is not over: which rows come next, and what was measured so far."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any

import numpy as np

from ..data.dataset import cut, order_of_epoch
from .examples import Examples
from .metrics import Tally
from .settings import Settings

Array = np.ndarray[Any, Any]


class PartialEpoch:
    """How far an epoch has come.

    Attributes:
        number: of the epoch, counted from 1.
        order: the positions of all rows, in the order of this epoch, shape (n,).
        to_come: the batches that are to come, each a slice of `order`.
        batches: how many batches there were; `rows`: how many rows.
        tally: what they have measured.
        seconds: for how long was computed.
        lr: the learning rate of the last update.
    """

    def __init__(self, number: int, settings: Settings, batch_size: int, tally: Tally):
        s = settings
        self.number, self.settings, self.tally = number, settings, tally
        self.order, parts = order_of_epoch(s.rows, batch_size, s.shuffle, s.seed, number - 1, s.drop_last)
        self.to_come = deque(parts)
        self.batches, self.rows, self.seconds, self.lr = 0, 0, 0.0, 0.0
        self._on_device: Any = None

    def resize(self, batch_size: int) -> None:
        """Cut what is to come into batches of another size."""
        self.to_come = deque(cut(self.rows, self.settings.rows, batch_size, self.settings.drop_last))

    @property
    def of(self) -> int:
        """How many batches the epoch has."""
        return self.batches + len(self.to_come)

    def upcoming(self) -> list[Array]:
        """The positions of the rows of the next update, a batch each."""
        return [self.order[part] for part in islice(self.to_come, self.settings.accumulate)]

    def on_device(self, examples: Examples) -> list[Any]:
        """The same, on the device."""
        backend = examples.backend
        if self._on_device is None:
            self._on_device = backend.asarray(self.order)
        parts = islice(self.to_come, self.settings.accumulate)
        return [backend.run(self._on_device.__getitem__, part) for part in parts]

    def done(self, batches: int, lr: float) -> None:
        """So many more batches were learned from."""
        for _ in range(batches):
            self.rows = self.to_come.popleft().stop
        self.batches += batches
        self.lr = lr

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs to know; this waits for the device."""
        names = ("batches", "rows", "seconds", "lr")
        return {**{name: getattr(self, name) for name in names}, "tally": self.tally.state_dict()}

    def load_state_dict(self, state: dict[str, Any], batch_size: int) -> None:
        for name in ("batches", "rows", "seconds", "lr"):
            setattr(self, name, state[name])
        self.tally.load_state_dict(state["tally"])
        self.resize(batch_size)
