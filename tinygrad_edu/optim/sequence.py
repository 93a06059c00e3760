"""Several schedules, one after the other."""

from __future__ import annotations

from collections import abc

from .optimizer import Optimizer
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

    def begin(self) -> None:
        self.go_to(0)

    def step(self) -> None:
        """Go one step on; a schedule that begins here takes over what was set by hand."""
        part, start = self._part(self.steps + 1)
        if self.steps + 1 > start:
            part.step()
        else:
            before, _ = self._part(self.steps)
            before.look()
            part.go_to(0, before.scales if before.alone else None)
        self.steps += 1

    def go_to(self, steps: int, scales: abc.Sequence[float] | None = None) -> None:
        part, start = self._part(steps)
        part.go_to(steps - start, scales)
        self.steps = steps

    def attach(self, optimizer: Optimizer) -> None:
        super().attach(optimizer)
        for schedule in self.schedules:
            schedule.attach(optimizer)

    def adopt(self, optimizer: Optimizer) -> None:
        self.attach(optimizer)
        self._part(self.steps)[0].adopt(optimizer)

    def rates(self, steps: int) -> list[float]:
        part, start = self._part(steps)
        return part.rates(steps - start)

    def own(self) -> list[float]:
        return self._part(self.steps)[0].own()

    def look(self) -> None:
        self._part(self.steps)[0].look()

    @property
    def alone(self) -> bool:
        return self._part(self.steps)[0].alone

    @property
    def scales(self) -> abc.Sequence[float]:  # type: ignore[override]
        return self._part(self.steps)[0].scales

    def _part(self, steps: int) -> tuple[Schedule, int]:
        """The schedule that is in charge after so many steps, and where it begins."""
        return [(s, k) for s, k in zip(self.schedules, self.starts, strict=True) if k <= steps][-1]
