"""Adam and its relatives: a step that each weight has scaled to itself, along a running mean of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .optimizer import Group, Optimizer, check_at_least, check_fraction


class Adam(Optimizer):
    """Adaptive moments: w ← w - lr · m̂ / (√v̂ + eps).

    m and v are running means of the gradient and of its square,

        m ← β₁ m + (1 - β₁) g        v ← β₂ v + (1 - β₂) g²

    and m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ) make up for their start at 0 in step t.

    Args:
        params: tensors, Values, or groups of them (see `Optimizer`).
        lr: learning rate; a weight moves by about this much in a step.
        betas: (β₁, β₂), each in [0, 1).
        eps: keeps the step finite where the gradient is 0.
        weight_decay: weight_decay · w is added to g first. (AdamW takes it from the weights instead.)
        amsgrad: divide by the largest v̂ so far (Reddi, Kale & Kumar 2018).
    Raises:
        ArgumentError: a number out of its range.

    (Kingma & Ba 2014.)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)

    @staticmethod
    def rule(xp, w, m, v, *rest, lr, beta1, beta2, eps, weight_decay, amsgrad, t):  # type: ignore[no-untyped-def]
        *largest, g = rest
        if weight_decay:
            g = g + weight_decay * w
        w, *state = _adam(xp, w, m, v, *largest, g, lr=lr, beta1=beta1, beta2=beta2, eps=eps, t=t)
        return w, *state

    def state_names(self, group: Group) -> tuple[str, ...]:
        return ("m", "v", "largest_v") if group.get("amsgrad") else ("m", "v")

    def numbers(self, group: Group, t: int) -> tuple[dict[str, float], dict[str, Any]]:
        return super().numbers(_split_betas(group), t)

    def check(self, group: Group) -> None:
        super().check(group)
        check_at_least(self, group, 0, "eps")
        check_fraction(self, group, "betas")


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by lr · weight_decay · w, whatever their gradient's scale.

    Args, errors: as `Adam`. (Loshchilov & Hutter 2019.)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)

    @staticmethod
    def rule(xp, w, m, v, *rest, lr, beta1, beta2, eps, weight_decay, amsgrad, t):  # type: ignore[no-untyped-def]
        if weight_decay:
            w = w * (1 - lr * weight_decay)
        return _adam(xp, w, m, v, *rest, lr=lr, beta1=beta1, beta2=beta2, eps=eps, t=t)


class NAdam(Optimizer):
    """Adam with Nesterov's momentum: the step looks ahead along the mean that the next step is going to have.

    With the momentum μₜ = β₁ (1 - ½ · 0.96^(t · momentum_decay)), which warms up towards β₁,

        w ← w - lr · (μₜ₊₁ m / (1 - μ₁⋯μₜ₊₁) + (1 - μₜ) g / (1 - μ₁⋯μₜ)) / (√v̂ + eps)

    Args, errors: as `Adam`, and `momentum_decay`, 0 or more. (Dozat 2016.)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
    ):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        self._products: dict[tuple[float, float], list[float]] = {}

    @staticmethod
    def rule(xp, w, m, v, g, lr, beta1, beta2, eps, weight_decay, now, ahead, t):  # type: ignore[no-untyped-def]
        """`now` and `ahead` are the factors of g and m in the formula above."""
        if weight_decay:
            g = g + weight_decay * w
        m = m + (1 - beta1) * (g - m)
        v = beta2 * v + (1 - beta2) * g * g
        scale = xp.sqrt(v) / (1 - beta2**t) ** 0.5 + eps
        return w - lr * (now * g + ahead * m) / scale, m, v

    def state_names(self, group: Group) -> tuple[str, ...]:
        return "m", "v"

    def numbers(self, group: Group, t: int) -> tuple[dict[str, float], dict[str, Any]]:
        beta1, decay = group["betas"][0], group["momentum_decay"]

        def momentum(step: int) -> float:
            return beta1 * (1 - 0.5 * 0.96 ** (step * decay))

        products = self._products.setdefault((beta1, decay), [1.0])  # of the first 0, 1, 2, ... momenta
        while len(products) <= t + 1:
            products.append(products[-1] * momentum(len(products)))
        group = {name: value for name, value in _split_betas(group).items() if name != "momentum_decay"}
        group["now"] = (1 - momentum(t)) / (1 - products[t])
        group["ahead"] = momentum(t + 1) / (1 - products[t + 1])
        return super().numbers(group, t)

    def check(self, group: Group) -> None:
        super().check(group)
        check_at_least(self, group, 0, "eps", "momentum_decay")
        check_fraction(self, group, "betas")


def _adam(xp, w, m, v, *rest, lr, beta1, beta2, eps, t):  # type: ignore[no-untyped-def]
    *largest, g = rest
    m = m + (1 - beta1) * (g - m)
    v = beta2 * v + (1 - beta2) * g * g
    largest = [xp.maximum(largest[0], v)] if largest else []
    scale = xp.sqrt(largest[0] if largest else v) / (1 - beta2**t) ** 0.5 + eps
    return w - lr / (1 - beta1**t) * (m / scale), m, v, *largest


def _split_betas(group: Group) -> Group:
    beta1, beta2 = group["betas"]
    return {**{name: value for name, value in group.items() if name != "betas"}, "beta1": beta1, "beta2": beta2}
