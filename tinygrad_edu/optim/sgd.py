"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError
from .optimizer import Group, Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted: w ← w - lr · v, where v ← momentum · v + (1 - dampening) · g.

    Without momentum v is the gradient g itself. `nesterov` looks ahead: it steps along g + momentum · v. With weight
    decay, weight_decay · w is added to g first, which is the gradient of the penalty ½ · weight_decay · |w|².

    Args, errors: as `Optimizer`, and
        momentum, dampening: 0 and more.
        nesterov: needs momentum > 0 and dampening = 0.

    (Robbins & Monro 1951; Polyak 1964; Nesterov 1983, in the form of Sutskever et al. 2013. As in PyTorch, v is g in
    the first step, and the learning rate stands outside of v.)
    """

    not_negative = (*Optimizer.not_negative, "momentum", "dampening")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ):
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
        )

    @staticmethod
    def rule(xp, w, *rest, lr, momentum, dampening, weight_decay, nesterov, t):  # type: ignore[no-untyped-def]
        *velocity, g = rest
        if weight_decay:
            g = g + weight_decay * w
        if not velocity:
            return w - lr * g
        v = momentum * velocity[0] + (1 - dampening) * g
        return w - lr * (g + momentum * v if nesterov else v), v

    def initial_state(self, group: Group) -> dict[str, float]:
        return {"velocity": 0.0} if group["momentum"] else {}

    def arguments(self, group: Group, t: int) -> dict[str, Any]:
        arguments = super().arguments(group, t)
        if t == 1:
            arguments["dampening"] = 0.0
        return arguments

    def check(self, group: Group) -> None:
        super().check(group)
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ArgumentError("SGD: nesterov=True needs momentum > 0 (0.9, say) and dampening = 0")
