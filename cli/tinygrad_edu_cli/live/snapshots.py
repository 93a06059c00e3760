"""States of a run after its epochs, within a bound of memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

LIMIT = 64 * 2**20  # bytes
EVERY = 0.03  # seconds of training between two of them, at least ...
COST = 50.0  # ... and so many times what the last one took: 2 % of the time

State = dict[str, Any]


class Snapshots:
    """The state of a run after each epoch, as long as there is room, and then after every second, fourth, ... What is
    missing is trained again from the one before.

    What was measured, which grows with each epoch, is not in them: a run that goes back still knows it.

    Args:
        limit: bytes.
        every: seconds.
    """

    def __init__(self, limit: int = LIMIT, every: float = EVERY):
        self.limit, self.every = limit, every
        self._kept: dict[int, State] = {}
        self._stride = 1
        self._due = -1.0  # when the next one may be taken, by the clock of this process

    def offer(self, epoch: int, state: Callable[[], State], now: bool = False) -> None:
        """Keep the state after an epoch, if it is worth its time and room.

        Args:
            state: gives it; see `tg.train.Run.state_dict`.
            now: it is worth its time.
        """
        started = time.process_time()
        if epoch % self._stride or (started < self._due and not now):
            return
        self._kept[epoch] = {name: part for name, part in state().items() if name not in ("history", "told")}
        while self.bytes > self.limit and len(self._kept) > 2:
            self._stride *= 2
            self._kept = {epoch: kept for epoch, kept in self._kept.items() if epoch % self._stride == 0}
        taken = time.process_time()
        self._due = taken + max(self.every, COST * (taken - started)) if self.every else taken

    @property
    def epochs(self) -> list[int]:
        """After which epochs there is one."""
        return sorted(self._kept)

    def before(self, epoch: int) -> int:
        """The last one that is not after an epoch."""
        return max(kept for kept in self._kept if kept <= epoch)

    def __getitem__(self, epoch: int) -> State:
        """The state after an epoch, without what was measured."""
        return self._kept[epoch]

    def __len__(self) -> int:
        return len(self._kept)

    def weights(self, epoch: int) -> dict[str, np.ndarray[Any, Any]]:
        """The model's state, as `load_state_dict` takes it, after an epoch of `epochs`."""
        model: dict[str, np.ndarray[Any, Any]] = self._kept[epoch]["model"]
        return model

    def forget_after(self, epoch: int) -> None:
        """Of what was undone nothing is kept."""
        self._kept = {kept: state for kept, state in self._kept.items() if kept <= epoch}
        self._due = -1.0

    @property
    def bytes(self) -> int:
        """Of all arrays, those that states share counted once."""
        arrays: dict[int, int] = {}
        for state in self._kept.values():
            _count(state, arrays)
        return sum(arrays.values())


def _count(part: Any, arrays: dict[int, int]) -> None:
    if isinstance(part, np.ndarray):
        arrays[id(part)] = part.nbytes
    elif isinstance(part, dict):
        for item in part.values():
            _count(item, arrays)
    elif isinstance(part, (list, tuple)):
        for item in part:
            _count(item, arrays)
