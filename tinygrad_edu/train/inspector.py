"""Notices for a training loop of one's own."""

from __future__ import annotations

import math
from typing import Any

from ..checks import whole_number
from ..nn import Module
from ..tensors.tensor import Tensor
from .events import NoticeEvent
from .layer_report import LayerReport, is_linear, report
from .notices import Notices


class Inspector:
    """Gives the notices of `fit` for a loop of one's own, and one more: for gradients that were not set to zero.

        inspector = tg.train.Inspector(model)
        for x, y in batches:
            loss = tg.losses.mse(model(x), y)
            optimizer.zero_grad()
            inspector.before_backward()
            loss.backward()
            optimizer.step()
            for notice in inspector.after_step(loss, lr=optimizer.lr):
                print(notice.text)

    Args:
        every: so many steps count as an epoch: the losses are fetched from the device after them.
        accumulate: how many backward passes there are, on purpose, for each step.
    Raises:
        ArgumentError: one of them below 1.
    """

    def __init__(self, model: Module, every: int = 50, accumulate: int = 1):
        self.model = model
        self.every = whole_number("Inspector: every", every, 1)
        self.accumulate = whole_number("Inspector: accumulate", accumulate, 1)
        self.passes = self.steps = 0
        self.total: Any = 0.0
        self.losses: list[float] = []
        self.notices: Notices | None = None
        self.leftover = False  # was there a gradient where there should be none ...
        self.reported = False  # ... and was it reported?
        self.last: Any = None

    def before_backward(self) -> None:
        """To be called right before each backward pass."""
        if self.passes % self.accumulate == 0:
            gradients = [p.grad for p in self.model.parameters()]  # those of Values are 0.0 where there are none
            self.leftover |= any(g is not None and (isinstance(g, Tensor) or g != 0.0) for g in gradients)
        self.passes += 1

    def after_step(self, loss: Any, lr: float = math.nan) -> list[NoticeEvent]:
        """To be called after each step of the optimizer; gives what is new.

        Args:
            loss: what `backward()` was called on.
            lr: the learning rate, for the texts.
        """
        self.last = loss
        found = self._forgotten()
        if self.notices is None:
            self.notices = Notices(self._layers, is_linear(self.model, loss), float(loss))
            found += self.notices.after(0, lr, [])
        self.steps += 1
        self.total = self.total + (loss.detach() if isinstance(loss, Tensor) else loss.data)
        if self.steps % self.every == 0:
            self.losses.append(float(self.total) / self.every)
            self.total = 0.0
            found += self.notices.after(len(self.losses), lr, self.losses)
        self.last = None  # the graph is not kept any longer
        return found

    def _layers(self) -> list[LayerReport]:
        return report(self.model, self.last, after_step=True)

    def _forgotten(self) -> list[NoticeEvent]:
        if not self.leftover or self.reported:
            return []
        self.reported = True
        text = (
            "There was a gradient before backward(): each pass adds to it, so the steps follow the sum of all "
            "gradients so far and not that of this batch. Call optimizer.zero_grad() before each backward(); "
            "where several passes are meant to add up, say Inspector(model, accumulate=k)."
        )
        return [NoticeEvent(len(self.losses), "forgotten_zero_grad", None, text)]
