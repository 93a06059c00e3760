"""The way that the weights of a run went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_edu.nn.module import Module
from tinygrad_edu.tensors.tensor import Tensor
from tinygrad_edu.train.events import BatchEvent, EpochEvent, Event
from tinygrad_edu_words import _

Array = np.ndarray[Any, Any]

MOST_POINTS = 300  # of a trail
MOST_NUMBERS = 4_000_000  # weights times points: a trail of float64 takes 32 MB
FEWEST_POINTS = 9
THINNED = 3  # an odd number: of a trail that jumps to and fro, every second point would lie on one side


@dataclass(frozen=True)
class Trail:
    """The weights of one run, from its start to its end.

    Attributes:
        name: of the run.
        weights: shape (points, n), all finite.
        updates: how many updates had been made, shape (points,).
        epochs: the same in epochs, with fractions; None where there are none.
        missing: why its end is left out; "" if it is not.
    """

    name: str
    weights: Array
    updates: Array
    epochs: Array | None = None
    missing: str = ""

    def __len__(self) -> int:
        return len(self.weights)

    def moment(self, k: int) -> str:
        """When point k was reached: "epoch 12", "epoch 0.5", "update 3"."""
        if self.epochs is None:
            return _("update {n}").format(n=self.updates[k])
        return _("epoch {n}").format(n=f"{self.epochs[k]:.4g}")

    def cut(self, points: int, why: str) -> Trail:
        """The same up to its first `points`."""
        epochs = None if self.epochs is None else self.epochs[:points]
        return Trail(self.name, self.weights[:points], self.updates[:points], epochs, why)


class TrailRecorder:
    """Notes the weights of a model after each update; of a long run every third, ninth, ... update, and the last.

    Args:
        model: as it is before the first update.
        name: of the run.
    """

    def __init__(self, model: Module, name: str = ""):
        self.model, self.name = model, name
        self.parameters = list(model.parameters())
        self.stride = 1
        self.step, self.epoch, self.of = 0, 0.0, 1
        self.points: list[tuple[int, float, Array]] = [(0, 0.0, self._weights())]
        self.last: tuple[int, float, Array] | None = None
        size = self.points[0][2].size
        self.most = min(MOST_POINTS, max(MOST_NUMBERS // max(size, 1), FEWEST_POINTS))

    def watch(self, event: Event) -> None:
        if isinstance(event, BatchEvent):
            if event.step > self.points[-1][0] and event.step % self.stride == 0:
                self.points.append((event.step, event.epoch - 1 + event.batch / event.of, self._weights()))
                self._thin()
            self.step = event.step
        elif isinstance(event, EpochEvent) and self.step > self.points[-1][0]:
            self.last = (self.step, float(event.epoch), self._weights())

    def _thin(self) -> None:
        if len(self.points) > self.most:
            self.points = self.points[::THINNED]
            self.stride *= THINNED

    def _weights(self) -> Array:
        return flat(self.parameters)

    def trail(self) -> Trail:
        """The trail so far; what comes after weights that are not finite is left out."""
        last = [] if self.last is None or self.last[0] <= self.points[-1][0] else [self.last]
        updates, epochs, weights = zip(*self.points, *last, strict=True) if last else zip(*self.points, strict=True)
        trail = Trail(self.name, np.array(weights), np.array(updates), np.array(epochs))
        return finite(trail)


def finite(trail: Trail) -> Trail:
    """A trail up to where its weights are numbers."""
    bad = np.flatnonzero(~np.isfinite(trail.weights).all(axis=1))
    if not len(bad):
        return trail
    return trail.cut(
        int(bad[0]), _("its weights are not finite from {moment} on").format(moment=trail.moment(int(bad[0])))
    )


def recorded(name: str, model: Module, events: Iterable[Event]) -> Trail:
    """The trail of a run, which is run to its end.

    Args:
        events: of `tg.train.fit(model, ...)`, none of which has been asked for.
    """
    recorder = TrailRecorder(model, name)
    with np.errstate(all="ignore"):  # the run itself reports an inf or nan
        for event in events:
            recorder.watch(event)
    return recorder.trail()


def flat(parameters: Iterable[Any]) -> Array:
    """All weights in a row, shape (n,), on the host and in float64; of Values and of tensors."""
    parts = [np.asarray(p.numpy() if isinstance(p, Tensor) else p.data, dtype=float).ravel() for p in parameters]
    return np.concatenate(parts) if parts else np.zeros(0)
