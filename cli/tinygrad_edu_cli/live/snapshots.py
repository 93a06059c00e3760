"""States of a run after its epochs, within a bound of memory."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

LIMIT = 64 * 2**20  # bytes
EVERY = 0.03  # seconds of training between two of them, at least ...
COST = 50.0  # ... and so many times what the last one took: 2 % of the time

State = dict[str, Any]
Array = np.ndarray[Any, Any]


class Snapshots:
    """The state of a run after each epoch, as long as there is room, and then after every second, fourth, ... What is
    missing is trained again from the one before.

    What was measured, which grows with each epoch, is not in them: a run that goes back still knows it.

    Args:
        limit: bytes.
        every: seconds.
    Attributes:
        bytes: of all arrays, those that states share, such as the best weights, counted once.
    """

    def __init__(self, limit: int = LIMIT, every: float = EVERY):
        self.limit, self.every, self.bytes = limit, every, 0
        self._kept: dict[int, State] = {}
        self._users: Counter[int] = Counter()  # how many of the states have an array, by its id
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
        self._drop([epoch])
        self._kept[epoch] = {name: part for name, part in state().items() if name not in ("history", "told")}
        for array in _arrays_in(self._kept[epoch]):
            self.bytes += array.nbytes * (id(array) not in self._users)
            self._users[id(array)] += 1
        while self.bytes > self.limit and len(self._kept) > 2:
            self._stride *= 2
            self._drop([kept for kept in self._kept if kept % self._stride])
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

    def weights(self, epoch: int) -> dict[str, Array]:
        """The model's state, as `load_state_dict` takes it, after an epoch of `epochs`."""
        model: dict[str, Array] = self._kept[epoch]["model"]
        return model

    def forget_after(self, epoch: int) -> None:
        """Of what was undone nothing is kept."""
        self._drop([kept for kept in self._kept if kept > epoch])
        self._due = -1.0

    def _drop(self, epochs: list[int]) -> None:
        for epoch in epochs:
            for array in _arrays_in(self._kept.pop(epoch, {})):
                self._users[id(array)] -= 1
                if not self._users[id(array)]:
                    del self._users[id(array)]
                    self.bytes -= array.nbytes


def _arrays_in(part: Any) -> Iterator[Array]:
    if isinstance(part, np.ndarray):
        yield part
    elif isinstance(part, (dict, list, tuple)):
        for item in part.values() if isinstance(part, dict) else part:
            yield from _arrays_in(item)
