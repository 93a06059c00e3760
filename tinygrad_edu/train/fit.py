"""fit: train a model, and tell what happens."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from .. import backends
from ..errors import ArgumentError, DeviceError
from ..nn import Module
from ..optim import OneCycleLR, Optimizer, WarmupLR
from .checkpoint import Checkpoint
from .early_stopping import EarlyStopping
from .events import Event
from .examples import Examples
from .run import Run, Settings
from .targets import Objective
from .update import Update, repeats_itself

BY_BATCH = (OneCycleLR, WarmupLR)  # schedules whose steps are usually counted in batches


def fit(
    model: Module,
    data: Any,
    loss: str | Callable[[Any, Any], Any],
    optimizer: Optimizer,
    *,
    validation: Any = None,
    epochs: int = 100,
    batch_size: int | str = 32,
    shuffle: bool = True,
    seed: int = 0,
    drop_last: bool = False,
    accumulate: int = 1,
    schedule: Any = None,
    schedule_per: str | None = None,
    early_stopping: EarlyStopping | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 1,
    resume: str | Path | None = None,
    device: str | None = None,
    notices: bool = True,
    compile: bool | None = None,
) -> Generator[Event, None, None]:
    """Train a model, one event at a time.

        for event in tg.train.fit(model, train, "cross_entropy", optimizer, validation=held_out, epochs=20):
            if event.kind == "epoch":
                print(event.epoch, event.train_loss)

    Nothing happens until the first event is asked for. An epoch's events come when all of it is done: closing the
    generator, or `events.throw(KeyboardInterrupt)`, leaves a run that is complete up to there. Ctrl-C inside ends it
    with an `EndEvent`, and with the weights of the best epoch where there is `validation`. Afterwards the model is in
    evaluation mode, ready to predict.

    All data are uploaded once, to the device of the model and in its dtype. Losses stay on the device and are fetched
    once an epoch: no training step waits for it.

    Args:
        model: a module, also one of Values (`model.scalar()`).
        data: a `tg.data.Dataset`, or a pair (x, y) of arrays.
        loss: a name, "mse", or a function loss(prediction, target) that gives a mean over the rows. Targets come in the
            form it needs: class indices, one-hot rows for a loss of numbers, 0 and 1 (-1 and 1 for hinge) for a single
            output. A single output per row is given to it as (n,).
        optimizer: of the model's parameters.
        validation: data of the same kind, measured after each epoch, in evaluation mode and without penalties.
        epochs: how often every example is learned from; a resumed run counts those before it.
        batch_size: rows in a batch, or "full".
        shuffle: in a new order each epoch, which depends on `seed` and the epoch alone.
        drop_last: leave out an epoch's last batch where it is smaller than the others.
        accumulate: add up the gradients of so many batches before an update.
        schedule: a learning-rate schedule of the optimizer. `ReduceLROnPlateau` is told the validation loss.
        schedule_per: "epoch" or "batch": after what it makes a step. None: `OneCycleLR` and `WarmupLR` after each
            update, others after each epoch.
        early_stopping: see `EarlyStopping`; needs `validation`.
        clip_norm, clip_value: limits for the length of the gradient, and for each of its elements.
        l1, l2: factors of the penalties Σ |w| and Σ w² over the weights (not over biases). Losses that are told are
            without them.
        checkpoint: a folder, into which the run is written every `checkpoint_every` epochs and at its end.
        resume: a folder with a checkpoint of a run with the same arguments. It goes on with exactly the numbers that
            it would have had. (A batch that was interrupted is learned again: checkpoints lie between epochs.)
        device: the device on which the model is expected to be.
        notices: whether to look out for trouble; see `notices.py`.
        compile: replay the training step as straight-line code, with the same numbers; see `tg.compile`. None: where
            all layers, functions and the loss are those of this package. True: in any case, as far as possible.
    Raises:
        ArgumentError: an argument out of its range.
        DataError: data that cannot be learned from, or that do not fit the model.
        DeviceError: the model is on another device than `device`.
        FileNotFoundError: there is no checkpoint to resume from.
        StateError: a checkpoint that is damaged, or one of another run.
    """
    parameters = list(model.parameters())
    _check_model(model, parameters, optimizer, device)
    objective = Objective.of(loss)
    examples = Examples(data, model, objective)
    held_out = None if validation is None else Examples(validation, model, objective, "validation")
    _check_validation(examples, held_out, early_stopping)
    settings = Settings(
        _rows_in_a_batch(batch_size, len(examples)),
        bool(shuffle),
        _whole("seed", seed, 0),
        bool(drop_last),
        _whole("accumulate", accumulate, 1),
        None if clip_norm is None else _number("clip_norm", clip_norm),
        None if clip_value is None else _number("clip_value", clip_value),
        _number("l1", l1),
        _number("l2", l2),
        objective.name,
        len(examples),
        examples.fingerprint,
    )
    penalties = settings.l1, settings.l2, settings.clip_norm, settings.clip_value
    compiled = repeats_itself(model, objective.function) if compile is None else bool(compile)
    stopping = early_stopping or EarlyStopping.watching()
    stopping.reset()
    run = Run(
        model,
        examples,
        held_out,
        Update(model, objective, optimizer, *penalties, compiled),
        settings,
        epochs=_whole("epochs", epochs, 1),
        stopping=stopping,
        schedule=schedule,
        schedule_by_batch=_by_batch(schedule, schedule_per),
        checkpoint=None if checkpoint is None else Path(checkpoint),
        checkpoint_every=_whole("checkpoint_every", checkpoint_every, 1),
        notices=notices,
    )
    if resume is not None:
        run.resume(Checkpoint.load(resume), resume)
    return run.events()


def _check_model(model: Any, parameters: list[Any], optimizer: Any, device: str | None) -> None:
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(f"optimizer must be one of tg.optim, made of model.parameters(), not {optimizer!r}")
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


def _check_validation(examples: Examples, validation: Examples | None, stopping: EarlyStopping | None) -> None:
    if validation is None:
        if stopping is not None:
            raise ArgumentError(
                "early stopping watches the validation loss: give validation=..., such as the second part of "
                "data.split(0.2)"
            )
    elif validation.task != examples.task:
        raise ArgumentError(f"data is for {examples.task}, but validation for {validation.task}")


def _rows_in_a_batch(batch_size: Any, rows: int) -> int:
    if batch_size == "full":
        return rows
    size = _whole("batch_size", batch_size, 1, ", or 'full'")
    if size > rows:
        raise ArgumentError(
            f"batch_size={size} is more than the {rows} rows of the data: use batch_size='full', or at most {rows}"
        )
    return size


def _by_batch(schedule: Any, per: str | None) -> bool:
    if per not in (None, "epoch", "batch"):
        raise ArgumentError(f"schedule_per must be 'epoch' or 'batch', not {per!r}")
    return isinstance(schedule, BY_BATCH) if per is None else per == "batch"


def _whole(name: str, value: Any, at_least: int, or_else: str = "") -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < at_least:
        raise ArgumentError(f"{name} must be a whole number, {at_least} or more{or_else}, not {value!r}")
    return int(value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ArgumentError(f"{name} must be a number, 0 or more, not {value!r}")
    return float(value)
