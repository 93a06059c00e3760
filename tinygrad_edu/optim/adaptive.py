"""Learning rates that adapt to each weight, before Adam: Adagrad, Adadelta and RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .optimizer import Group, Optimizer


class Adagrad(Optimizer):
    """A weight whose gradients were large takes smaller steps: w ← w - lr · g / (√s + eps), with s ← s + g².

    Args, errors: as `Optimizer`, and
        lr_decay: in step t the learning rate is lr / (1 + (t - 1) · lr_decay).
        initial_accumulator_value: what s starts with.

    (Duchi, Hazan & Singer 2011.)
    """

    not_negative = (*Optimizer.not_negative, "lr_decay", "initial_accumulator_value", "eps")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ):
        super().__init__(
            params,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )

    @staticmethod
    def rule(xp, w, s, g, lr, lr_decay, weight_decay, eps, t):  # type: ignore[no-untyped-def]
        if weight_decay:
            g = g + weight_decay * w
        s = s + g * g
        return w - lr / (1 + (t - 1) * lr_decay) * (g / (xp.sqrt(s) + eps)), s

    def initial_state(self, group: Group) -> dict[str, float]:
        return {"sum_of_squares": group["initial_accumulator_value"]}

    def arguments(self, group: Group, t: int) -> dict[str, Any]:
        return {name: x for name, x in super().arguments(group, t).items() if name != "initial_accumulator_value"}


class Adadelta(Optimizer):
    """Steps in the unit of the weights: w ← w - lr · √(u + eps) / √(s + eps) · g.

    s is a running mean of the squared gradients, u one of the squared steps before: s ← rho · s + (1 - rho) · g².

    Args, errors: as `Optimizer`, and
        lr: a factor of the step; 1.0 is the method as it was published.
        rho: in [0, 1).
        eps: starts the steps, and keeps them finite.

    (Zeiler 2012.)
    """

    not_negative, fractions = (*Optimizer.not_negative, "eps"), ("rho",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
    ):
        super().__init__(params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)

    @staticmethod
    def rule(xp, w, s, u, g, lr, rho, eps, weight_decay, t):  # type: ignore[no-untyped-def]
        if weight_decay:
            g = g + weight_decay * w
        s = rho * s + (1 - rho) * g * g
        step = xp.sqrt(u + eps) / xp.sqrt(s + eps) * g
        return w - lr * step, s, rho * u + (1 - rho) * step * step

    def initial_state(self, group: Group) -> dict[str, float]:
        return {"mean_square": 0.0, "mean_square_step": 0.0}


class RMSprop(Optimizer):
    """Divide by the recent size of the gradient: w ← w - lr · g / (√s + eps), with s ← alpha · s + (1 - alpha) · g².

    Args, errors: as `Optimizer`, and
        alpha: in [0, 1): how slowly s forgets.
        momentum: of the scaled gradient, if not 0: b ← momentum · b + g / (√s + eps), and the step is lr · b.
        centered: take the square of the mean gradient from s, so that it is a variance (Graves 2013).

    (Tieleman & Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning.)
    """

    not_negative, fractions = (*Optimizer.not_negative, "eps", "momentum"), ("alpha",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ):
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered
        )

    @staticmethod
    def rule(xp, w, s, *rest, lr, alpha, eps, weight_decay, momentum, centered, t):  # type: ignore[no-untyped-def]
        *states, g = rest
        if weight_decay:
            g = g + weight_decay * w
        s = alpha * s + (1 - alpha) * g * g
        variance, new = s, []
        if centered:
            mean = states.pop(0)
            mean = mean + (1 - alpha) * (g - mean)
            variance = s - mean * mean
            new.append(mean)
        step = g / (xp.sqrt(variance) + eps)
        if momentum:
            step = momentum * states.pop(0) + step
            new.append(step)
        return w - lr * step, s, *new

    def initial_state(self, group: Group) -> dict[str, float]:
        wanted = {"mean_square": True, "mean": group["centered"], "velocity": group["momentum"]}
        return {name: 0.0 for name, needed in wanted.items() if needed}
