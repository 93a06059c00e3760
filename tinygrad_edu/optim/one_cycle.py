"""The one-cycle schedule: up, and down again, once."""

from __future__ import annotations

import math
from collections import abc

from ..errors import StateError
from .optimizer import Optimizer
from .schedules import Schedule, number


class OneCycleLR(Schedule):
    """One cycle for the whole training: up to `max_lr`, and down to almost nothing; momentum the other way round.

    Args:
        max_lr: the highest rate; a number, which is that of groups added later, too, or one for each group. The groups'
            own rates do not matter.
        total_steps: the length of the cycle; `step()` beyond it is an error.
        pct_start: the part of it that goes up.
        anneal_strategy: "cos", half a wave of the cosine, or "linear".
        cycle_momentum: move momentum (or β₁ of Adam's kind) from max_momentum down to base_momentum, and back.
        div_factor: it starts at max_lr / div_factor ...
        final_div_factor: ... and ends at max_lr / div_factor / final_div_factor.
        three_phase: down to the start first, as fast as it went up, and then to the end.
    Raises:
        ArgumentError: a number out of its range; nothing to cycle in an optimizer without momentum.
        StateError: a step beyond total_steps, or beside another schedule's.

    (Smith & Topin 2017.)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | abc.Sequence[float],
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ):
        self.check_optimizer(optimizer)
        groups = len(optimizer.groups)
        given = max_lr if isinstance(max_lr, (list, tuple)) else [max_lr] * groups
        self.max_lrs, self.same_for_all = [number(lr) for lr in given], given is not max_lr
        self.require(len(self.max_lrs) == groups, f"{len(self.max_lrs)} rates in max_lr for {groups} groups")
        self.require(all(lr >= 0 for lr in self.max_lrs), f"max_lr must be at least 0, not {max_lr!r}")
        self.require(number(total_steps) >= 1, f"total_steps must be at least 1, not {total_steps!r}")
        self.require(0 <= number(pct_start) <= 1, f"pct_start must lie in [0, 1], not {pct_start!r}")
        known = anneal_strategy in ("cos", "linear")
        self.require(known, f"anneal_strategy is 'cos' or 'linear', not {anneal_strategy!r}")
        above = number(div_factor) > 0 < number(final_div_factor)
        self.require(above, "div_factor and final_div_factor must be above 0")
        cycles = not cycle_momentum or "momentum" in optimizer.defaults or "betas" in optimizer.defaults
        self.require(cycles, f"{type(optimizer).__name__} has no momentum to cycle; say cycle_momentum=False")
        self.total_steps, self.cosine, self.cycle_momentum = total_steps, anneal_strategy == "cos", cycle_momentum
        start, end = 1 / div_factor, 1 / div_factor / final_div_factor
        top, last = pct_start * total_steps - 1, total_steps - 1
        # what each phase ends with: (step, factor of max_lr, momentum)
        self.phases = [(0.0, start, max_momentum), (top, 1.0, base_momentum), (last, end, max_momentum)]
        if three_phase:
            self.phases[2:] = [(2 * top, start, max_momentum), (last, end, max_momentum)]
        super().__init__(optimizer)

    def begin(self) -> None:
        self.go_to(0)

    def adopt(self, optimizer: Optimizer) -> None:
        """Go on with another optimizer, where the cycle is: its rates are the highest."""
        self.attach(optimizer)
        highest = zip(optimizer.groups, self._max_lrs(), strict=False)
        self.go_to(self.steps, [group["lr"] / top if top else 1.0 for group, top in highest])

    def rates(self, steps: int) -> list[float]:
        if steps > self.total_steps:
            raise StateError(f"OneCycleLR: its {self.total_steps} steps are over; give it a larger total_steps")
        factor, _ = self._at(steps)
        return [factor * max_lr for max_lr in self._max_lrs()]

    def step(self) -> None:
        """Go one step on; another schedule of the optimizer must make none."""
        if not self.alone:
            other = self.optimizer.scheduled_by[1]
            raise StateError(
                f"OneCycleLR: {other} changes the rates of the same optimizer, but this schedule is one for the whole "
                f"training: leave one of them out, or put one after the other, "
                f"tg.optim.Sequence([first, second], milestones=[{self.total_steps}])"
            )
        super().step()

    def _max_lrs(self) -> list[float]:
        """The highest rate of each group, also of those that were added since."""
        missing = len(self.optimizer.groups) - len(self.max_lrs)
        if missing and not self.same_for_all:
            raise StateError(
                f"OneCycleLR: max_lr has {len(self.max_lrs)} rates, and the optimizer {len(self.optimizer.groups)} "
                "groups: add all groups before the schedule is made, or give one max_lr for all"
            )
        return self.max_lrs + self.max_lrs[:1] * missing

    def _stepped(self) -> None:
        super()._stepped()
        _, momentum = self._at(self.steps)
        for group in self.optimizer.groups if self.cycle_momentum else []:
            if "betas" in group:
                group["betas"] = (momentum, group["betas"][1])
            elif "momentum" in group:
                group["momentum"] = momentum

    def _at(self, steps: int) -> tuple[float, float]:
        """The factor of max_lr, and the momentum, after so many steps."""
        phase = next((k for k, (end, _, _) in enumerate(self.phases) if k and steps <= end), len(self.phases) - 1)
        before, after = self.phases[phase - 1 : phase + 1]
        done = (steps - before[0]) / (after[0] - before[0]) if after[0] > before[0] else 1.0
        if self.cosine:
            done = (1 - math.cos(math.pi * done)) / 2
        return before[1] + (after[1] - before[1]) * done, before[2] + (after[2] - before[2]) * done
