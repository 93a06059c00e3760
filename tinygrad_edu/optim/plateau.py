"""A schedule that watches: a smaller learning rate where the training does not get on."""

from __future__ import annotations

import math
from collections import abc
from typing import Any, ClassVar

from ..storage.schema import Check, optional, real, whole
from .optimizer import Optimizer
from .schedules import Schedule, number


class ReduceLROnPlateau(Schedule):
    """Multiply the rate by `factor` when a number (the validation loss) has not become better for long.

        schedule.step(validation_loss)

    Args:
        mode: "min", a smaller number is better, or "max".
        factor: in [0, 1).
        patience: how many steps without becoming better are allowed.
        threshold: by how much it must become better: by an amount (threshold_mode="abs"), or by a part of the best so
            far ("rel"): below best - threshold · |best|, or above best + threshold · |best| for "max". (PyTorch's
            formula has no |·|. Where the best is negative, it admits what is worse by that part.)
        cooldown: how many steps to wait, after a reduction, before counting again.
        min_lr: the lowest rate.
        eps: a smaller change of the rate is not made.
    Raises:
        ArgumentError: a number out of its range.
    """

    _seen: ClassVar[dict[str, Check]] = {"best": optional(real), "bad_steps": whole(), "cooldown_left": whole()}
    entries: ClassVar[dict[str, Check]] = {**Schedule.entries, **_seen}

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ):
        self.require(mode in ("min", "max"), f"mode is 'min' or 'max', not {mode!r}")
        self.require(threshold_mode in ("rel", "abs"), f"threshold_mode is 'rel' or 'abs', not {threshold_mode!r}")
        self.require(0 <= number(factor) < 1, f"factor must lie in [0, 1), not {factor!r}")
        self.require(number(patience) >= 0, f"patience must be at least 0, not {patience!r}")
        self.sign = 1.0 if mode == "min" else -1.0
        self.factor, self.patience, self.cooldown, self.min_lr, self.eps = factor, patience, cooldown, min_lr, eps
        self.threshold, self.relative = threshold, threshold_mode == "rel"
        self.best: float | None = None
        self.bad_steps = self.cooldown_left = 0
        super().__init__(optimizer)

    # The rates depend on what was seen, and stand in the optimizer.

    def begin(self) -> None:
        pass

    def rates(self, steps: int) -> list[float]:
        return self.lrs

    def go_to(self, steps: int, scales: abc.Sequence[float] | None = None) -> None:
        self.steps = steps
        self._stepped()

    def step(self, metric: Any = None) -> None:
        """Go one step on.

        Args:
            metric: the number that is to become better: a float, or a tensor of one element (the host then waits).
        """
        try:
            metric = float(metric)
        except (TypeError, ValueError):
            self.require(False, "step() wants the number that is to become better: step(validation_loss)")
        self.go_to(self.steps + 1)
        if self._better(metric):
            self.best, self.bad_steps = metric, 0
        else:
            self.bad_steps += 1
        if self.cooldown_left > 0:
            self.cooldown_left, self.bad_steps = self.cooldown_left - 1, 0
        if self.bad_steps > self.patience:
            self._reduce()
            self.cooldown_left, self.bad_steps = self.cooldown, 0

    def _better(self, metric: float) -> bool:
        bound = math.inf
        if self.best is not None and self.relative:
            bound = self.sign * self.best * (1 - self.sign * math.copysign(self.threshold, self.best))
        elif self.best is not None:
            bound = self.sign * self.best - self.threshold
        return self.sign * metric < bound

    def _reduce(self) -> None:
        for group in self.optimizer.groups:
            reduced = max(group["lr"] * self.factor, self.min_lr)
            if group["lr"] - reduced > self.eps:
                group["lr"] = reduced

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), **{name: getattr(self, name) for name in self._seen}, "lrs": self.lrs}

    def load(self, state: dict[str, Any]) -> None:
        super().load(state)
        vars(self).update({name: state[name] for name in self._seen})
