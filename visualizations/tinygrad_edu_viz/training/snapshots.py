"""The weights of a run after some of its epochs, so that pictures of them can be made when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

MOST_SNAPSHOTS = 40  # that a moving picture shows
LARGEST = 64 * 2**20  # bytes of all snapshots together


class Snapshots(Protocol):
    """Weights by epochs; 0 is before the first update."""

    @property
    def epochs(self) -> Sequence[int]:
        """In ascending order."""

    def weights(self, epoch: int) -> dict[str, Any]:
        """What `Module.load_state_dict` takes."""


class EvenSnapshots:
    """At most so many snapshots, spread evenly over however many epochs there are, and the last, and the best one.

    Every epoch is kept until there are too many, then every second, every fourth, ...: half of them always stay.

    Args:
        most: how many; fewer where the weights are so large that all together exceed `LARGEST` bytes.
    """

    def __init__(self, most: int = MOST_SNAPSHOTS):
        self.most, self.step = most, 1
        self._kept: dict[int, dict[str, Any]] = {}
        self._last: tuple[int, dict[str, Any]] | None = None
        self._best: tuple[int, dict[str, Any]] | None = None

    def keep(self, epoch: int, weights: dict[str, Any], best: bool = False) -> None:
        """Take note of the weights after an epoch, later than all before; they are not copied."""
        if not self._kept:
            size = sum(array.nbytes for array in weights.values())
            self.most = max(min(self.most, LARGEST // max(size, 1)), 2)
        self._last = epoch, weights
        if best:
            self._best = epoch, weights
        if epoch % self.step == 0:
            self._kept[epoch] = weights
        while len(self._kept) > self.most:
            self.step *= 2
            self._kept = {epoch: weights for epoch, weights in self._kept.items() if epoch % self.step == 0}

    def forget_after(self, epoch: int) -> None:
        """What came after an epoch was undone."""
        self._kept = {kept: weights for kept, weights in self._kept.items() if kept <= epoch}
        self._last, self._best = (
            pair if pair is not None and pair[0] <= epoch else None for pair in (self._last, self._best)
        )

    @property
    def epochs(self) -> list[int]:
        return sorted(self._all)

    def weights(self, epoch: int) -> dict[str, Any]:
        return self._all[epoch]

    @property
    def _all(self) -> dict[int, dict[str, Any]]:
        return self._kept | dict(filter(None, (self._last, self._best)))


def spread(epochs: Iterable[int], most: int) -> list[int]:
    """At most so many of some epochs, evenly, the first and the last among them."""
    found = list(epochs)
    if len(found) <= most:
        return found
    return [found[round(k * (len(found) - 1) / (most - 1))] for k in range(most)]
