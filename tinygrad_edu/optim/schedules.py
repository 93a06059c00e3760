"""Schedules: the learning rate as a function of time.

A schedule counts its steps (epochs, or batches, as you like) and says, for each count, the learning rate of every group
of an optimizer. Call `step()` after the optimizer's own:

    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    schedule = tg.optim.StepLR(optimizer, step_size=30)
    for epoch in range(100):
        ...                       # the batches, each with optimizer.step()
        schedule.step()

A step moves each group's rate by the factor by which the schedule's own rate changes, from wherever it is. Therefore

- several schedules on one optimizer are chained: their factors multiply, as in PyTorch (`Sequence`: one after another);
- a rate that is set by hand, `optimizer.lr = 0.01` or `group["lr"] = 0.01`, scales all rates that the schedule gives
  from then on, also after a resume: the curve keeps its shape. (With `CosineLR` it is the part above `eta_min`.)
- a group that is added later starts with its own rate, and goes on with the others.

Where nobody interferes, the rates are computed from those that the groups were made with, not from one another. (The
numbers are PyTorch's; `CosineLR` is its CosineAnnealingLR, `WarmupLR` its LinearLR, `Sequence` its SequentialLR. Set by
hand, PyTorch's OneCycleLR forgets a rate at once, its CosineAnnealingLR when it rises again: here they stay scaled.)
"""

from __future__ import annotations

import math
from collections import abc
from typing import Any, ClassVar

from ..checks import is_number
from ..errors import ArgumentError, StateError
from ..storage.schema import Check, Mismatch, at_least, finite, list_of, optional, record, text, whole
from ..vocabulary import CheckedKeywords
from .optimizer import Group, Optimizer

_SINCE = {"scales": list_of(finite), "lrs": optional(list_of(at_least(0)))}  # entries that states of before lack


class Schedule(CheckedKeywords):
    """Base of all schedules: a subclass says the `rate` after so many steps.

    Args:
        optimizer: whose groups get their learning rates from here, from now on.
    Raises:
        ArgumentError: all rates are 0 (or `floor`), where an earlier schedule left them, so no factor changes them.

    Attributes:
        steps: how many there were.
        lrs: the learning rates of the groups now.
        scales: for each group, by how much its rate was changed by others: 1 where it is the schedule's own.
        floor: the rate above which rates are scaled.
    """

    entries: ClassVar[dict[str, Check]] = {"kind": text, "steps": whole()}  # of its state, with those of _SINCE
    floor = 0.0
    scales: abc.Sequence[float] = ()

    def __init__(self, optimizer: Optimizer):
        self.check_optimizer(optimizer)
        self.optimizer, self.steps = optimizer, 0
        self._token = object()
        self.begin()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"_token": object(), **state})  # an older pickle has none

    @property
    def lrs(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.groups]

    def rate(self, steps: int, initial: float) -> float:
        """The learning rate after so many steps, of a group that was made with the rate `initial`."""
        raise NotImplementedError

    def rates(self, steps: int) -> list[float]:
        """Those of all groups after so many steps, if nobody else changes them."""
        return [float(self.rate(steps, self._initial(group))) for group in self.optimizer.groups]

    def begin(self) -> None:
        """Take the groups to the rates of step 0."""
        groups = self.optimizer.groups
        initial = [self._initial(group) for group in groups]
        self.require(
            not all(group["lr"] == self.floor != group["initial_lr"] for group in groups),
            f"the learning rate is {self.floor:g}, where an earlier schedule left it, and would stay there: set it "
            f"first, optimizer.lr = {groups[0]['initial_lr']:g}",
        )
        self._move(initial, self.rates(0))

    def step(self) -> None:
        """Go one step on."""
        self._move(self.rates(self.steps), self.rates(self.steps + 1))
        self.steps += 1
        self._stepped()

    def attach(self, optimizer: Optimizer) -> None:
        """Have charge of another optimizer from now on; its rates stay as they are."""
        self.check_optimizer(optimizer)
        self.optimizer = optimizer

    def adopt(self, optimizer: Optimizer) -> None:
        """Go on with another optimizer, where the curve is: the rates that it was made with are those that the curve
        begins with."""
        self.attach(optimizer)
        self.go_to(self.steps)

    def go_to(self, steps: int, scales: abc.Sequence[float] | None = None) -> None:
        """Give the groups the rates that they have after so many steps, by default unscaled, whatever they are now."""
        rates = self.rates(steps)
        self.scales = [1.0] * len(rates) if scales is None else list(scales)
        self.steps = steps
        for group, lr in zip(self.optimizer.groups, self.own(), strict=True):
            group["lr"] = lr
        self._stepped()

    def own(self) -> list[float]:
        """The rates that it gives now, scaled."""
        rates = self.rates(self.steps)
        return [self.floor + (rate - self.floor) * scale for rate, scale in zip(rates, self.scales, strict=False)]

    def look(self) -> None:
        """Take note of what others have made of the rates."""
        rates = self.rates(self.steps)
        self._move(rates, rates)

    @property
    def alone(self) -> bool:
        """Whether no other schedule of the optimizer made a step since this one's last."""
        return self.optimizer.scheduled_by[0] in (None, self._token)

    def _stepped(self) -> None:
        """What follows a change of `steps`: this schedule made the optimizer's last step."""
        self.optimizer.scheduled_by = self._token, type(self).__name__

    def _move(self, before: list[float], after: list[float]) -> None:
        """Change the groups' rates by as much as the schedule's own do from `before` to `after`."""
        groups = self.optimizer.groups
        scales = [*self.scales, *[1.0] * (len(groups) - len(self.scales))]
        for k, (group, old, new) in enumerate(zip(groups, before, after, strict=True)):
            lr, above = float(group["lr"]), old - self.floor
            if not above:  # there is no factor from here; PyTorch adds, too
                group["lr"] = lr + (new - old) * (scales[k] if self.alone else 1.0)
                continue
            if not math.isclose(lr, self.floor + above * scales[k], rel_tol=1e-12):
                scales[k] = (lr - self.floor) / above
            group["lr"] = self.floor + (new - self.floor) * scales[k]
        self.scales = scales

    def _initial(self, group: Group) -> float:
        """The rate that a group was made with, whatever an earlier schedule has made of it; another one where that is
        `floor`, from which no factor leads away."""
        group.setdefault("initial_lr", group["lr"])
        return self.floor + 1.0 if group["initial_lr"] == self.floor else group["initial_lr"]

    def state_dict(self) -> dict[str, Any]:
        """What later rates depend on besides the arguments, in types that JSON has.

        The groups' rates are in it only where others have changed them since the last step: else they follow from the
        rest, and a run that is resumed with other arguments, a larger T_max, is on its new curve at once.
        """
        lrs = None if self.lrs == self.own() else self.lrs
        return {"kind": type(self).__name__, "steps": self.steps, "scales": [*self.scales], "lrs": lrs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another schedule of the same kind stopped; the groups get the rates that they had there.

        The optimizer's own state, which holds rates, too, is loaded before.

        Raises:
            StateError: the state is of another kind of schedule, or incomplete; nothing has changed then.
        """
        self.check_state(state)
        self.load(state)

    def check_state(self, state: dict[str, Any]) -> None:
        kind, own = state.get("kind"), type(self).__name__
        if kind != own:
            raise StateError(f"the state is that of {str(kind)[:40]}, this schedule is {own}")
        try:
            state = record(self.entries, _SINCE)(state)
        except Mismatch as mismatch:
            raise StateError(f"{kind}: the state is damaged: {mismatch}") from None
        for name in _SINCE:
            numbers = state.get(name)
            if numbers and len(numbers) != len(self.optimizer.groups):
                raise StateError(
                    f"{kind}: the state is that of {len(numbers)} groups of parameters, and the optimizer has "
                    f"{len(self.optimizer.groups)}: add the same groups before it is loaded"
                )
        self.rates(state["steps"])  # which a schedule that ends may not have

    def load(self, state: dict[str, Any]) -> None:
        self.go_to(state["steps"], state.get("scales") or None)
        for group, lr in zip(self.optimizer.groups, state.get("lrs") or [], strict=False):
            group["lr"] = float(lr)

    def check_optimizer(self, optimizer: Any) -> None:
        self.require(isinstance(optimizer, Optimizer), f"the first argument is an optimizer, not {optimizer!r}")

    def require(self, holds: bool, what: str) -> None:
        """Raise ArgumentError with these words, unless the condition holds."""
        if not holds:
            raise ArgumentError(f"{type(self).__name__}: {what}")


def number(value: Any) -> float:
    """The value as a float; for what is no number nan, which no comparison holds for."""
    return float(value) if is_number(value) else math.nan


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
        self.floor = float(eta_min)
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
