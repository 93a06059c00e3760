"""How noisy a run's loss is."""

from __future__ import annotations

import math

from tinygrad_edu.train.events import BatchEvent, EpochEvent, Event


class LossNoise:
    """The standard deviation of the change of the loss from one batch to the next, over all batches of a run.

    A batch of one example has the loss of whatever example it met; the loss of the full batch changes only because
    the weights do. The change, not the loss itself, so that a run which learns is not called noisy for it.

    Losses are read once an epoch: reading one waits for the device.
    """

    def __init__(self) -> None:
        self._unread: list[BatchEvent] = []
        self._last: float | None = None
        self._count, self._mean, self._squares = 0, 0.0, 0.0  # of the changes (Welford 1962)

    def watch(self, event: Event) -> None:
        """Take note of one event."""
        if isinstance(event, BatchEvent):
            self._unread.append(event)
        elif isinstance(event, EpochEvent):
            for batch in self._unread:
                self._add(batch.loss)
            self._unread.clear()

    def _add(self, loss: float) -> None:
        if self._last is not None:
            change = loss - self._last
            self._count += 1
            distance = change - self._mean
            self._mean += distance / self._count
            self._squares += distance * (change - self._mean)
        self._last = loss

    @property
    def value(self) -> float | None:
        """None if there were fewer than two changes, or one was not finite."""
        noise = math.sqrt(self._squares / self._count) if self._count > 1 and self._squares >= 0 else math.nan
        return noise if math.isfinite(noise) else None
