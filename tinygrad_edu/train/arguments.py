"""Checks of the arguments of `fit`."""

from __future__ import annotations

import math
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import backends, losses
from ..checks import is_number, whole_number
from ..errors import ArgumentError, DeviceError, StateError
from ..nn import Module
from ..optim import OneCycleLR, Optimizer, ReduceLROnPlateau, Schedule, WarmupLR
from .early_stopping import EarlyStopping
from .examples import Examples
from .targets import Objective

if TYPE_CHECKING:
    from .run import Run

BY_BATCH = (OneCycleLR, WarmupLR)  # schedules whose steps are usually counted in batches


def check_model(model: Any, optimizer: Any, device: str | None) -> None:
    """Refuse a model that cannot learn, or not with this optimizer or on this device.

    Raises:
        ArgumentError, DeviceError: see there.
    """
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
    """Refuse what is no schedule, and one that would change the learning rates of another optimizer.

    Raises:
        ArgumentError: see there.
    """
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
    """Refuse what does not stop a run, or has nothing to watch.

    Raises:
        ArgumentError: see there.
    """
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


def check_tasks(examples: Examples, validation: Examples | None) -> None:
    """Refuse validation data for another task than that of the data.

    Raises:
        ArgumentError: see there.
    """
    if validation is not None and validation.task != examples.task:
        raise ArgumentError(f"data is for {examples.task}, but validation for {validation.task}")


def rows_in_a_batch(batch_size: Any, rows: int) -> int:
    """A batch size in rows; "full" is all of them.

    Raises:
        ArgumentError: it is neither a whole number nor "full", or larger than the data.
    """
    if isinstance(batch_size, str) and batch_size == "full":
        return rows
    size = whole_number("batch_size", batch_size, 1, ", or 'full'")
    if size > rows:
        raise ArgumentError(
            f"batch_size={size} is more than the {rows} rows of the data: use batch_size='full', or at most {rows}"
        )
    return size


def counts_batches(schedule: Schedule | None, per: str | None) -> bool:
    """Whether a schedule makes a step after each update, and not after each epoch.

    Raises:
        ArgumentError: `per` is neither "epoch" nor "batch" nor None; or "batch", where the schedule watches epochs.
    """
    if per not in (None, "epoch", "batch"):
        raise ArgumentError(f"schedule_per must be 'epoch' or 'batch', not {per!r}")
    if per == "batch" and isinstance(schedule, ReduceLROnPlateau):
        raise ArgumentError("ReduceLROnPlateau watches the loss of an epoch: leave it at schedule_per='epoch'")
    return isinstance(schedule, BY_BATCH) if per is None else per == "batch"


def check_length(run: Run) -> None:
    """Refuse a schedule that ends before the run.

    Raises:
        ArgumentError: see there.
    """
    if run.schedule is None:
        return
    steps = (run.epochs - run.epoch) * (run.updates_in_an_epoch if run.schedule_by_batch else 1)
    try:
        run.schedule.rates(run.schedule.steps + steps)
    except StateError as error:
        raise ArgumentError(f"{error}: this run makes {steps} steps of it") from None


def label_smoothing(value: Any, objective: Objective) -> float:
    """A share of label smoothing.

    Raises:
        ArgumentError: it is not in [0, 1), or the loss has no label smoothing.
    """
    if not is_number(value) or not 0 <= value < 1:
        raise ArgumentError(f"label_smoothing must be a share of at least 0 and below 1, such as 0.1, not {value!r}")
    function = objective.function
    if value and (function.func if isinstance(function, partial) else function) is not losses.get("cross_entropy"):
        raise ArgumentError(
            f"label_smoothing is a setting of cross_entropy, and the loss is {objective.name}: leave it out, or use "
            "loss='cross_entropy' and give the last layer one output for each class"
        )
    return float(value)


def folder(name: str, value: Any) -> Path | None:
    """A path that is a folder, or can become one; None for None.

    Raises:
        ArgumentError: it is no path, or a file is in the way.
    """
    if value is None:
        return None
    if not isinstance(value, (str, os.PathLike)):
        raise ArgumentError(f"{name} must be the path of a folder, {name}='run1', not {value!r}")
    path = Path(value)
    for place in (path, *path.parents):
        if place.exists() and not place.is_dir():
            raise ArgumentError(f"{name} must be a folder, and {place} is a file: give another place, {name}='run1'")
    return path


def number(name: str, value: Any) -> float:
    """A finite number, Python's or NumPy's.

    Raises:
        ArgumentError: it is something else, or negative.
    """
    if not is_number(value) or not 0 <= value < math.inf:
        raise ArgumentError(f"{name} must be a number, 0 or more, not {value!r}")
    return float(value)
