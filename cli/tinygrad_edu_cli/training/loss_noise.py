"""How noisy a run's loss is."""

from __future__ import annotations

import math
from typing import Any

from tinygrad_edu.train.events import BatchEvent, EpochEvent, Event


class LossNoise:
    """How far the loss of a batch lies from the middle between its neighbours: the standard deviation, over a run, of

        lossₖ - ½ (lossₖ₋₁ + lossₖ₊₁).

    A batch of one example has the loss of whatever example it met; the loss of the full batch changes only because
    the weights do. What falls steadily has no noise in this sense, however fast it falls.

    Losses are read once an epoch: reading one waits for the device.
    """

    def __init__(self) -> None:
        self._unread: list[BatchEvent] = []
        self._last_two: list[float] = []
        self._count, self._squares = 0, 0.0

    def watch(self, event: Event) -> None:
        """Receive one event."""
        if isinstance(event, BatchEvent):
            self._unread.append(event)
        elif isinstance(event, EpochEvent):
            self._read()

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs to know, with the losses of all batches reported."""
        self._read()
        return {"last_two": self._last_two, "count": self._count, "squares": self._squares}

    def load_state_dict(self, state: dict[str, Any] | None) -> None:
        """Go on with what `state_dict` gave; begin anew with None, of a checkpoint that knows of no noise."""
        state = state or {"last_two": (), "count": 0, "squares": 0.0}
        self._unread.clear()
        self._last_two, self._count, self._squares = [*state["last_two"]], state["count"], state["squares"]

    def _read(self) -> None:
        for batch in self._unread:
            self._add(batch.loss)
        self._unread.clear()

    def _add(self, loss: float) -> None:
        if len(self._last_two) == 2:
            before, middle = self._last_two
            self._count += 1
            self._squares += (middle - (before + loss) / 2) ** 2
        self._last_two = [*self._last_two[-1:], loss]

    @property
    def value(self) -> float | None:
        """None if there were fewer than three batches, or a loss was not finite."""
        noise = math.sqrt(self._squares / self._count) if self._count else math.nan
        return noise if math.isfinite(noise) else None
