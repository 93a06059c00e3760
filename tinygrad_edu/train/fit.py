"""fit and start: train a model, and report what happens."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from ..nn import Module
from ..optim import Optimizer, Schedule
from .checkpoint import Checkpoint
from .checks import check_early_stopping, check_model, check_schedule
from .early_stopping import EarlyStopping
from .events import Event, SteerEvent
from .examples import Examples
from .run import Run
from .settings import Settings, folder
from .targets import Objective

P = ParamSpec("P")


def fit(
    model: Module,
    data: Any,
    loss: str | Callable[[Any, Any], Any],
    optimizer: Optimizer,
    *,
    validation: Any = None,
    epochs: int = 100,
    batch_size: int | str | None = None,
    shuffle: bool = True,
    seed: int = 0,
    drop_last: bool = False,
    accumulate: int = 1,
    schedule: Schedule | None = None,
    schedule_per: str | None = None,
    early_stopping: EarlyStopping | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    label_smoothing: float = 0.0,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 1,
    extra: Callable[[], dict[str, Any]] | None = None,
    resume: str | Path | None = None,
    device: str | None = None,
    notices: bool = True,
    compile: bool | None = None,
    steering: Sequence[SteerEvent] = (),
) -> Generator[Event, None, None]:
    """Train a model, one event at a time.

        for event in tg.train.fit(model, train, "cross_entropy", optimizer, validation=held_out, epochs=20):
            if event.kind == "epoch":
                print(event.epoch, event.train_loss)

    Nothing happens until the first event is asked for. An epoch's events come when all of it is done: closing the
    generator, or `events.throw(KeyboardInterrupt)`, leaves a run that is complete up to there. Ctrl-C inside ends it
    with an `EndEvent`, and with the weights of the best epoch where there is `validation`. Afterwards the model is in
    evaluation mode, ready to predict. All data are uploaded once, to the device of the model and in its dtype; losses
    are fetched from there once an epoch: no training step waits for it.

    Args:
        model: a module, also one of Values (`model.scalar()`).
        data: a `tg.data.Dataset`, or a pair (x, y) of arrays.
        loss: a name, "mse", or a function loss(prediction, target) that gives a mean over the rows. Targets come in the
            form it needs: class indices, one-hot rows for a loss of numbers, 0 and 1 for a single output, -1 and 1 for
            hinge; a function of your own gets labels of a single output as they are. A single output per row is given
            to it as (n,). Rows of binary_cross_entropy or hinge that name several classes, or none, are measured
            answer by answer.
        optimizer: of the model's parameters.
        validation: data of the same kind, measured after each epoch, in evaluation mode and without penalties.
        schedule: a learning-rate schedule of the optimizer. `ReduceLROnPlateau` is given the validation loss (without
            validation the training loss) after each epoch.
        early_stopping: see `EarlyStopping`; needs `validation`.
        extra: gives what else a checkpoint shall hold, `Checkpoint.load(folder).state["extra"]`: numbers, texts,
            arrays, and lists and dictionaries of them. It is asked between the events of an epoch's batches and the
            epoch's own, so that one who watches can go on as exactly as the run.
        resume: a folder with a checkpoint of a run with the same arguments. It goes on with exactly the numbers that
            it would have had. (A batch that was interrupted is learned again: checkpoints lie between epochs.)
        device: the device on which the model is expected to be.
        steering: what is to be steered at which steps, `run.steering` of another run; see `Run.steer`.
        epochs, ..., compile: see `tg.train.Settings`.
    Raises:
        ArgumentError: an argument out of its range.
        DataError: data that cannot be learned from, or that do not fit the model.
        DeviceError: the model is on another device than `device`.
        FileNotFoundError: there is no checkpoint to resume from.
        OSError: a checkpoint cannot be written; from the events, and `filename` is the file.
        StateError: a checkpoint that is damaged, or one of another run.
    """
    return start(**locals()).events()


def _called_as(function: Callable[P, Any]) -> Callable[[Callable[[dict[str, Any]], Run]], Callable[P, Run]]:
    """For a function of named arguments: it is called as another one is, whose arguments are said there."""
    signature = inspect.signature(function)

    def decorate(make: Callable[[dict[str, Any]], Run]) -> Callable[P, Run]:
        @wraps(make)
        def called(*args: P.args, **given: P.kwargs) -> Run:
            try:
                bound = signature.bind(*args, **given)
            except TypeError as error:
                raise TypeError(f"{make.__name__}() {error}") from None
            bound.apply_defaults()
            return make(bound.arguments)

        called.__signature__ = signature.replace(return_annotation="Run")  # type: ignore[attr-defined]
        return called

    return decorate


@_called_as(fit)
def start(given: dict[str, Any]) -> Run:
    """A run that is ready to begin, with the arguments of `fit`, which is `start(...).events()`.

        run = tg.train.start(model, train, "cross_entropy", optimizer)
        run.look().shape, run.rows       # the loss of the next update with its graph, and the rows that it is of
        before = run.state_dict()
        for event in run.events():
            ...                          # run.steer(lr=0.01) changes a setting from the next update on
        run.travel(before)               # ... and back

    Raises: as `fit`.
    """
    model, optimizer = given["model"], given["optimizer"]
    check_model(model, optimizer, given["device"])
    objective = Objective.of(given["loss"])
    examples = Examples(given["data"], model, objective)
    settings = Settings.of(given, objective, examples)
    schedule, stopping, validation = given["schedule"], given["early_stopping"], given["validation"]
    check_schedule(schedule, optimizer, settings.epochs)
    check_early_stopping(stopping, validation)
    held_out = None if validation is None else Examples(validation, model, objective, "validation", examples)
    run = Run(model, examples, held_out, optimizer, settings, schedule, stopping, given["extra"], given["steering"])
    checkpointed = folder("resume", given["resume"])
    if checkpointed is not None:
        run.resume(Checkpoint.load(checkpointed), checkpointed)
    run.begin()
    return run
