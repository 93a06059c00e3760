"""Two small parameters, a loss that is not linear in them, and every optimizer with all its settings."""

from __future__ import annotations

import tinygrad_edu as tg
from oracle.optim_cases import SETTINGS

EVERY = [(kind, settings) for kind, cases in SETTINGS.items() for settings in cases]


def two(device: str = "cpu") -> tuple[tg.Tensor, tg.Tensor]:
    w = tg.Tensor([[1.0, -2.0], [3.0, 4.0]], requires_grad=True, dtype="float64", device=device)
    return w, tg.Tensor([0.5, -0.5], requires_grad=True, dtype="float64", device=device)


def loss_of(w: tg.Tensor, b: tg.Tensor) -> tg.Tensor:
    return (tg.tanh(w @ b) - 0.3).sum() ** 2 + tg.tanh(w * b).sum()
