"""Adam and its relatives: a step that each weight has scaled to itself, along a running mean of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError
from .optimizer import Group, Optimizer, check_range


class _WithBetas(Optimizer):
    """The setting `betas` is a pair of numbers in [0, 1), which the rule takes as `beta1` and `beta2`."""

    not_negative = (*Optimizer.not_negative, "eps")

    def arguments(self, group: Group, t: int) -> dict[str, Any]:
        arguments = super().arguments(group, t)
        arguments["beta1"], arguments["beta2"] = arguments.pop("betas")
        return arguments

    def check(self, group: Group) -> None:
        super().check(group)
        betas = group["betas"]
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ArgumentError(f"{type(self).__name__}: betas must be a pair such as (0.9, 0.999), not {betas!r}")
        for k, beta in enumerate(betas):
            check_range(self, f"betas[{k}]", beta, below=1)


class Adam(_WithBetas):
    """Adaptive moments: w ← w - lr · m̂ / (√v̂ + eps).

    m and v are running means of the gradient and of its square,

        m ← β₁ m + (1 - β₁) g        v ← β₂ v + (1 - β₂) g²

    and m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ) make up for their start at 0 in step t.

    Args, errors: as `Optimizer`, and
        lr: a weight moves by about this much in a step.
        betas: (β₁, β₂), each in [0, 1).
        amsgrad: divide by the largest v̂ so far (Reddi, Kale & Kumar 2018).

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
        m = m + (1 - beta1) * (g - m)
        v = beta2 * v + (1 - beta2) * g * g
        largest = [xp.maximum(largest[0], v)] if largest else []
        scale = xp.sqrt(largest[0] if largest else v) / (1 - beta2**t) ** 0.5 + eps
        return w - lr / (1 - beta1**t) * (m / scale), m, v, *largest

    def initial_state(self, group: Group) -> dict[str, float]:
        return {"m": 0.0, "v": 0.0, "largest_v": 0.0} if group["amsgrad"] else {"m": 0.0, "v": 0.0}


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
    def rule(xp, w, *rest, lr, weight_decay, **others):  # type: ignore[no-untyped-def]
        if weight_decay:
            w = w * (1 - lr * weight_decay)
        return Adam.rule(xp, w, *rest, lr=lr, weight_decay=0.0, **others)


class NAdam(_WithBetas):
    """Adam with Nesterov's momentum: the step looks ahead along the mean that the next step is going to have.

    With the momentum μₜ = β₁ (1 - ½ · 0.96^(t · momentum_decay)), which warms up towards β₁, and Πₜ = μ₁ ⋯ μₜ,

        w ← w - lr · (μₜ₊₁ m / (1 - Πₜ μₜ₊₁) + (1 - μₜ) g / (1 - Πₜ)) / (√v̂ + eps)

    Args, errors: as `Adam`, and `momentum_decay`, 0 or more. (Dozat 2016.)
    """

    not_negative = (*_WithBetas.not_negative, "momentum_decay")

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

    @staticmethod
    def rule(xp, w, m, v, product, g, lr, beta1, beta2, eps, weight_decay, momentum, next_momentum, t):  # type: ignore[no-untyped-def]
        if weight_decay:
            g = g + weight_decay * w
        m = m + (1 - beta1) * (g - m)
        v = beta2 * v + (1 - beta2) * g * g
        product = momentum * product
        step = next_momentum * m / (1 - next_momentum * product) + (1 - momentum) * g / (1 - product)
        return w - lr * step / (xp.sqrt(v) / (1 - beta2**t) ** 0.5 + eps), m, v, product

    def initial_state(self, group: Group) -> dict[str, float]:
        return {"m": 0.0, "v": 0.0, "momentum_product": 1.0}

    def arguments(self, group: Group, t: int) -> dict[str, Any]:
        arguments = super().arguments(group, t)
        beta1, decay = arguments["beta1"], arguments.pop("momentum_decay")
        arguments["momentum"] = beta1 * (1 - 0.5 * 0.96 ** (t * decay))
        arguments["next_momentum"] = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * decay))
        return arguments
