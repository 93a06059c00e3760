"""The one-cycle schedule: up, and down again, once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import StateError
from .optimizer import Group, Optimizer
from .schedules import Schedule, number


class OneCycleLR(Schedule):
    """One cycle for the whole training: up to `max_lr`, and down to almost nothing; momentum the other way round.

    Args:
        max_lr: the highest rate; a number, or one for each group. The groups' own rates do not matter.
        total_steps: the length of the cycle; `step()` beyond it is an error.
        pct_start: the part of it that goes up.
        anneal_strategy: "cos", half a wave of the cosine, or "linear".
        cycle_momentum: move momentum (or β₁ of Adam's kind) from max_momentum down to base_momentum, and back.
        div_factor: it starts at max_lr / div_factor ...
        final_div_factor: ... and ends at max_lr / div_factor / final_div_factor.
        three_phase: down to the start first, as fast as it went up, and then to the end.
    Raises:
        ArgumentError: a number out of its range; nothing to cycle in an optimizer without momentum.
        StateError: a step beyond total_steps.

    (Smith & Topin 2017.)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
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
        self.max_lrs = [number(lr) for lr in (max_lr if isinstance(max_lr, (list, tuple)) else [max_lr] * groups)]
        self.require(len(self.max_lrs) == groups, f"{len(self.max_lrs)} rates in max_lr for {groups} groups")
        self.require(all(lr >= 0 for lr in self.max_lrs), f"max_lr must be at least 0, not {max_lr!r}")
        self.require(number(total_steps) >= 1, f"total_steps must be at least 1, not {total_steps!r}")
        self.require(0 <= number(pct_start) <= 1, f"pct_start must lie in [0, 1], not {pct_start!r}")
        self.require(
            anneal_strategy in ("cos", "linear"), f"anneal_strategy is 'cos' or 'linear', not {anneal_strategy!r}"
        )
        self.require(
            number(div_factor) > 0 < number(final_div_factor), "div_factor and final_div_factor must be above 0"
        )
        self.require(
            not cycle_momentum or bool({"momentum", "betas"} & set(optimizer.defaults)),
            f"{type(optimizer).__name__} has no momentum to cycle; say cycle_momentum=False",
        )
        self.total_steps, self.cosine, self.cycle_momentum = total_steps, anneal_strategy == "cos", cycle_momentum
        start, end = 1 / div_factor, 1 / div_factor / final_div_factor
        top, last = pct_start * total_steps - 1, total_steps - 1
        # what each phase ends with: (step, factor of max_lr, momentum)
        self.phases = [(0.0, start, max_momentum), (top, 1.0, base_momentum), (last, end, max_momentum)]
        if three_phase:
            self.phases[2:] = [(2 * top, start, max_momentum), (last, end, max_momentum)]
        super().__init__(optimizer)

    def apply(self, steps: int) -> None:
        if steps > self.total_steps:
            raise StateError(f"OneCycleLR: its {self.total_steps} steps are over; give it a larger total_steps")
        factor, momentum = self._at(steps)
        for group, max_lr in zip(self.optimizer.groups, self.max_lrs, strict=True):
            group["lr"] = factor * max_lr
            if self.cycle_momentum:
                _set_momentum(group, momentum)

    def _at(self, steps: int) -> tuple[float, float]:
        """The factor of max_lr, and the momentum, after so many steps."""
        phase = next((k for k, (end, _, _) in enumerate(self.phases) if k and steps <= end), len(self.phases) - 1)
        before, after = self.phases[phase - 1 : phase + 1]
        done = (steps - before[0]) / (after[0] - before[0]) if after[0] > before[0] else 1.0
        if self.cosine:
            done = (1 - math.cos(math.pi * done)) / 2
        return before[1] + (after[1] - before[1]) * done, before[2] + (after[2] - before[2]) * done


def _set_momentum(group: Group, momentum: float) -> None:
    if "betas" in group:
        group["betas"] = (momentum, group["betas"][1])
    else:
        group["momentum"] = momentum
