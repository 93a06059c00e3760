"""The optimizer and the schedule that the options ask for."""

from __future__ import annotations

from typing import Any

from tinygrad_edu import optim

from .. import optimizers
from .config import RunConfig


def optimizer_of(config: RunConfig, model: Any) -> Any:
    """With the class's own defaults for what was not said."""
    assert config.lr is not None
    given = {name: getattr(config, name) for name in optimizers.SETTINGS}
    return optimizers.make(config.optimizer, model.parameters(), config.lr, given)


def schedule_of(config: RunConfig, optimizer: Any, updates_per_epoch: int) -> Any:
    """The schedule, in the steps in which `fit` counts it: updates for warmup and onecycle, epochs for the others.

    None if none was asked for.
    """
    assert config.epochs is not None and config.lr is not None
    match config.schedule:
        case "step":
            return optim.StepLR(optimizer, config.step_size or 1, config.gamma or 0.1)
        case "exponential":
            return optim.ExponentialLR(optimizer, config.gamma or 0.95)
        case "cosine":
            return optim.CosineLR(optimizer, config.epochs, config.eta_min or 0.0)
        case "warmup":
            return optim.WarmupLR(optimizer, total_iters=(config.warmup or 1) * updates_per_epoch)
        case "onecycle":
            rising = min(config.warmup / config.epochs, 1.0) if config.warmup else 0.3
            has_momentum = bool(config.momentum) or "betas" in optimizer.defaults
            steps = config.epochs * updates_per_epoch
            return optim.OneCycleLR(optimizer, config.lr, steps, pct_start=rising, cycle_momentum=has_momentum)
        case "plateau":
            patience = 10 if config.plateau_patience is None else config.plateau_patience
            return optim.ReduceLROnPlateau(optimizer, factor=config.factor or 0.1, patience=patience)
    return None
