"""Schedules: the learning rate as a function of time.

A schedule counts its steps (epochs, or batches, as you like) and says, for each count, the learning rate of every group
of an optimizer. Call `step()` after the optimizer's own:

    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    schedule = tg.optim.StepLR(optimizer, step_size=30)
    for epoch in range(100):
        ...                       # the batches, each with optimizer.step()
        schedule.step()

The rates are computed from those that the groups were made with, not from one another, so that a schedule's state is
little more than its count. (The numbers are PyTorch's; `CosineLR` is its CosineAnnealingLR, `WarmupLR` its LinearLR,
`Sequence` its SequentialLR.)
"""

from __future__ import annotations

import math
from typing import Any

from ..arguments import is_number
from ..errors import ArgumentError, StateError
from .optimizer import Group, Optimizer


class Schedule:
    """Base of all schedules: a subclass says the `rate` after so many steps.

    Args:
        optimizer: whose groups get their learning rates from here, from now on.

    Attributes:
        steps: how many there were.
        lrs: the learning rates of the groups now.
    """

    def __init__(self, optimizer: Optimizer):
        self.check_optimizer(optimizer)
        self.optimizer = optimizer
        for group in optimizer.groups:
            _initial_lr(group)
        self.go_to(0)

    @property
    def lrs(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.groups]

    def rate(self, steps: int, initial: float) -> float:
        """The learning rate after so many steps, of a group that was made with the rate `initial`."""
        raise NotImplementedError

    def step(self) -> None:
        """Go one step on."""
        self.go_to(self.steps + 1)

    def go_to(self, steps: int) -> None:
        """Give the groups the learning rates that they have after so many steps."""
        self.apply(steps)
        self.steps = steps

    def apply(self, steps: int) -> None:
        """Set what the schedule is in charge of in the groups."""
        for group in self.optimizer.groups:
            group["lr"] = float(self.rate(steps, _initial_lr(group)))

    def state_dict(self) -> dict[str, Any]:
        """What later rates depend on besides the arguments, in types that JSON has."""
        return {"kind": type(self).__name__, "steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another schedule of the same kind stopped.

        Raises:
            StateError: the state is of another kind of schedule, or incomplete; nothing has changed then.
        """
        self.check_state(state)
        self.load(state)

    def check_state(self, state: dict[str, Any]) -> None:
        kind, own = state.get("kind"), self.state_dict()
        if kind != own["kind"]:
            raise StateError(f"the state is that of {kind}, this schedule is {own['kind']}")
        missing = [name for name in own if name not in state]
        if missing:
            raise StateError(f"{kind}: the state lacks {', '.join(missing)}")
        if not isinstance(state["steps"], int) or state["steps"] < 0:
            raise StateError(f"{kind}: the state is damaged, as steps is {state['steps']!r}")

    def load(self, state: dict[str, Any]) -> None:
        self.go_to(state["steps"])

    def check_optimizer(self, optimizer: Any) -> None:
        """Raise ArgumentError for what is no optimizer."""
        self.require(isinstance(optimizer, Optimizer), f"the first argument is an optimizer, not {optimizer!r}")

    def require(self, holds: bool, what: str) -> None:
        """Raise ArgumentError with these words, unless the condition holds."""
        if not holds:
            raise ArgumentError(f"{type(self).__name__}: {what}")


def number(value: Any) -> float:
    """The value as a float; for what is no number nan, which no comparison holds for."""
    return float(value) if is_number(value) else math.nan


def _initial_lr(group: Group) -> float:
    """The rate that a group was made with: a second schedule must not start from what the first has made of it."""
    group.setdefault("initial_lr", group["lr"])
    return group["initial_lr"]


class StepLR(Schedule):
    """Multiply the rate by `gamma` after every `step_size` steps: initial · gamma^⌊steps / step_size⌋."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1):
        self.require(number(step_size) >= 1, f"step_size must be at least 1, not {step_size!r}")
        self.require(number(gamma) >= 0, f"gamma must be at least 0, not {gamma!r}")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, steps: int, initial: float) -> float:
        return initial * self.gamma ** (steps // self.step_size)


class ExponentialLR(Schedule):
    """Multiply the rate by `gamma` after every step: initial · gamma^steps."""

    def __init__(self, optimizer: Optimizer, gamma: float):
        self.require(number(gamma) >= 0, f"gamma must be at least 0, not {gamma!r}")
        self.gamma = gamma
        super().__init__(optimizer)

    def rate(self, steps: int, initial: float) -> float:
        return initial * self.gamma**steps


class CosineLR(Schedule):
    """Down half a wave of the cosine in `T_max` steps, from the initial rate to `eta_min`; then up again, and so on.

    The rate is eta_min + ½ (initial - eta_min) (1 + cos(π · steps / T_max)). (Loshchilov & Hutter 2017.)
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0):
        self.require(number(T_max) >= 1, f"T_max must be at least 1, not {T_max!r}")
        self.require(number(eta_min) >= 0, f"eta_min must be at least 0, not {eta_min!r}")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, steps: int, initial: float) -> float:
        return self.eta_min + (initial - self.eta_min) * (1 + math.cos(math.pi * steps / self.T_max)) / 2


class WarmupLR(Schedule):
    """In a straight line from start_factor · initial to end_factor · initial in `total_iters` steps; there it stays."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ):
        self.require(number(total_iters) >= 1, f"total_iters must be at least 1, not {total_iters!r}")
        self.require(0 < number(start_factor) <= 1, f"start_factor must lie in (0, 1], not {start_factor!r}")
        self.require(0 <= number(end_factor) <= 1, f"end_factor must lie in [0, 1], not {end_factor!r}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer)

    def rate(self, steps: int, initial: float) -> float:
        done = min(steps, self.total_iters) / self.total_iters
        return initial * (self.start_factor + (self.end_factor - self.start_factor) * done)
