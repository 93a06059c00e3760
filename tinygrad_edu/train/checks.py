"""What is checked of the parts of a run, from model to early stopping: what they are, and that they belong together."""

from __future__ import annotations

from typing import Any

from .. import backends
from ..errors import ArgumentError, DeviceError
from ..nn import Module
from ..optim import Optimizer, Schedule
from .early_stopping import EarlyStopping


def check_model(model: Any, optimizer: Any, device: str | None) -> None:
    """Raise ArgumentError or DeviceError for a model that cannot learn, or not with this optimizer or device."""
    if not isinstance(model, Module):
        raise ArgumentError(f"model must be a module, tg.nn.mlp([2, 16, 1]), not {model!r}")
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(f"optimizer must be one of tg.optim, made of model.parameters(), not {optimizer!r}")
    parameters = list(model.parameters())
    if not parameters:
        raise ArgumentError(f"{type(model).__name__} has no parameters, so there is nothing to learn")
    updated = {id(p) for p in optimizer.parameters}
    if not any(id(p) in updated for p in parameters):
        raise ArgumentError(
            "the optimizer updates none of the model's parameters: make it of this model's, "
            "tg.optim.Adam(model.parameters())"
        )
    mine = getattr(parameters[0], "device", "cpu")
    if device is not None and backends.get(device).device != mine:
        raise DeviceError(
            f"the model is on {mine}, not on {device}: say model.to({device!r}) before its optimizer is made"
        )


def check_schedule(schedule: Any, optimizer: Optimizer, epochs: int) -> None:
    """Raise ArgumentError for what is no schedule, and for one of another optimizer."""
    if schedule is None:
        return
    if not isinstance(schedule, Schedule):
        raise ArgumentError(
            f"schedule must be one of tg.optim, made of the optimizer, not {schedule!r}: "
            f"schedule=tg.optim.CosineLR(optimizer, T_max={epochs})"
        )
    if schedule.optimizer is not optimizer:
        name = type(schedule).__name__
        raise ArgumentError(
            f"the schedule {name} is one of another optimizer, so the learning rate of this one would never change: "
            f"make it of the optimizer that fit is given, tg.optim.{name}(optimizer, ...)"
        )


def check_early_stopping(stopping: Any, validation: Any) -> None:
    """Raise ArgumentError for what does not stop a run, or has nothing to watch."""
    if stopping is None:
        return
    if not isinstance(stopping, EarlyStopping):
        patience = stopping if isinstance(stopping, int) and stopping is not True and stopping > 0 else 10
        raise ArgumentError(
            f"early_stopping must be a tg.train.EarlyStopping, not {stopping!r}: "
            f"early_stopping=tg.train.EarlyStopping(patience={patience})"
        )
    if validation is None:
        raise ArgumentError(
            "early stopping watches the validation loss: give validation=..., such as the second part of "
            "data.split(0.2)"
        )
