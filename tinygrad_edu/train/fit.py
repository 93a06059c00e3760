"""fit: train a model, and tell what happens."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from ..checks import whole_number
from ..nn import Module
from ..optim import Optimizer, Schedule
from . import arguments
from .checkpoint import Checkpoint
from .early_stopping import EarlyStopping
from .events import Event
from .examples import Examples
from .run import Run, Settings
from .targets import Objective
from .update import Update, repeats_itself


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
            form it needs: class indices, one-hot rows for a loss of numbers, 0 and 1 for a single output. Hinge wants
            -1 and 1, and is given these, whether the labels are 0 and 1 or -1 and 1; a function of your own gets
            labels of a single output as they are. A single output per row is given to it as (n,). Rows of
            binary_cross_entropy or hinge that name several classes, or none, are measured answer by answer.
        optimizer: of the model's parameters.
        validation: data of the same kind, measured after each epoch, in evaluation mode and without penalties.
        epochs: how often every example is learned from; a resumed run counts those before it.
        batch_size: rows in a batch, or "full".
        shuffle: in a new order each epoch, which depends on `seed` and the epoch alone.
        drop_last: leave out an epoch's last batch where it is smaller than the others.
        accumulate: add up the gradients of so many batches before an update.
        schedule: a learning-rate schedule of the optimizer. `ReduceLROnPlateau` is told the validation loss (without
            validation the training loss) after each epoch.
        schedule_per: "epoch" or "batch": after what it makes a step. None: `OneCycleLR` and `WarmupLR` after each
            update, others after each epoch.
        early_stopping: see `EarlyStopping`; needs `validation`.
        clip_norm, clip_value: limits for the length of the gradient, and for each of its elements.
        l1, l2: factors of the penalties Σ |w| and Σ w² over the weights (not over biases). Losses that are told are
            without them.
        label_smoothing: of the loss cross_entropy: ε in [0, 1), the share of each target that is spread evenly over
            all classes, in training alone. Losses that are told are without it. (Where `loss` itself has it, a
            `functools.partial`, it is told as it is.)
        checkpoint: a folder, into which the run is written every `checkpoint_every` epochs and at its end.
        extra: a function that gives what else a checkpoint shall hold: numbers, words, arrays, and lists and
            dictionaries of them. `Checkpoint.load(folder).state["extra"]` has it. It is asked when an epoch's batches
            were told of, and before the epoch is: so one who watches can go on as exactly as the run.
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
        OSError: a checkpoint cannot be written; from the events, and `filename` is the file.
        StateError: a checkpoint that is damaged, or one of another run.
    """
    arguments.check_model(model, optimizer, device)
    epochs = whole_number("epochs", epochs, 1)
    arguments.check_schedule(schedule, optimizer, epochs)
    arguments.check_early_stopping(early_stopping, validation)
    objective = Objective.of(loss)
    examples = Examples(data, model, objective)
    held_out = None
    if validation is not None:
        held_out = Examples(validation, model, objective, "validation", examples.several)
    arguments.check_tasks(examples, held_out)
    settings = Settings(
        arguments.rows_in_a_batch(batch_size, len(examples)),
        bool(shuffle),
        whole_number("seed", seed, 0),
        bool(drop_last),
        whole_number("accumulate", accumulate, 1),
        None if clip_norm is None else arguments.number("clip_norm", clip_norm),
        None if clip_value is None else arguments.number("clip_value", clip_value),
        arguments.number("l1", l1),
        arguments.number("l2", l2),
        objective.name,
        len(examples),
        examples.fingerprint,
        arguments.label_smoothing(label_smoothing, objective),
    )
    compiled = repeats_itself(model, objective.function) if compile is None else bool(compile)
    stopping = early_stopping or EarlyStopping.watching()
    stopping.reset()
    run = Run(
        model,
        examples,
        held_out,
        Update(
            model,
            objective,
            optimizer,
            l1=settings.l1,
            l2=settings.l2,
            label_smoothing=settings.label_smoothing,
            clip_norm=settings.clip_norm,
            clip_value=settings.clip_value,
            compiled=compiled,
        ),
        settings,
        epochs=epochs,
        stopping=stopping,
        schedule=schedule,
        schedule_by_batch=arguments.counts_batches(schedule, schedule_per),
        checkpoint=arguments.folder("checkpoint", checkpoint),
        checkpoint_every=whole_number("checkpoint_every", checkpoint_every, 1),
        notices=notices,
        extra=extra,
    )
    checkpointed = arguments.folder("resume", resume)
    if checkpointed is not None:
        run.resume(Checkpoint.load(checkpointed), checkpointed)
    arguments.check_length(run)
    return run.events()
