"""Several schedules, one after the other."""

from __future__ import annotations

from collections import abc

from .plateau import ReduceLROnPlateau
from .schedules import Schedule


class Sequence(Schedule):
    """One schedule after the other, each from its own start: warm-up first, say.

        Sequence([WarmupLR(optimizer, total_iters=5), CosineLR(optimizer, T_max=95)], milestones=[5])

    Args:
        schedules: all of one optimizer.
        milestones: the steps at which the second, the third, ... begins.
    Raises:
        ArgumentError: schedules of several optimizers, or milestones that do not rise or do not fit in number.
    """

    def __init__(self, schedules: abc.Sequence[Schedule], milestones: abc.Sequence[int]):
        self.require(len(schedules) > 0, "no schedules")
        self.require(
            len(milestones) == len(schedules) - 1 and sorted({*milestones}) == list(milestones),
            f"{len(schedules)} schedules want {len(schedules) - 1} rising milestones, not {list(milestones)}",
        )
        optimizer = schedules[0].optimizer
        self.require(all(s.optimizer is optimizer for s in schedules), "the schedules are of several optimizers")
        self.require(
            not any(isinstance(s, ReduceLROnPlateau) for s in schedules),
            "ReduceLROnPlateau waits for a number in each step; call it beside",
        )
        self.schedules, self.starts = list(schedules), [0, *milestones]
        super().__init__(optimizer)

    def apply(self, steps: int) -> None:
        schedule, start = [(s, k) for s, k in zip(self.schedules, self.starts, strict=True) if k <= steps][-1]
        schedule.go_to(steps - start)
