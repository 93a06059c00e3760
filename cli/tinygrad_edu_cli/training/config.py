"""What a training run is made of: the options, with every default filled in so that it fits the data."""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from tinygrad_edu.storage.schema import optional, record
from tinygrad_edu_words import _

from .. import optimizers
from ..errors import CommandError
from ..phrases import count, either
from .stored_settings import setting

if TYPE_CHECKING:
    from tinygrad_edu.data import Dataset

LEARNING_RATES = {
    **{"sgd": 0.1, "adam": 0.01, "adamw": 0.01, "nadam": 0.01},
    **{"adagrad": 0.1, "adadelta": 1.0, "rmsprop": 0.003},
}
HIDDEN, HIDDEN_OF_MANY = (32, 32), (128, 64)  # units of a net that nobody described, up to 16 inputs and above
LINEAR_FIRST = ("pass_class", "plane", "diabetes")  # what a single layer learns as well as any net
BATCH_SIZE = 32
WARMUP = 5  # epochs
DEFAULTS = {  # of the options that have a value where nothing was said
    **{"validation": 0.2, "standardize": True, "optimizer": "adam", "nesterov": False, "drop_last": False},
    **{"accumulate": 1, "dropout": 0.0, "l1": 0.0, "l2": 0.0, "seed": 0, "device": "cpu"},
}
_NEVER_NONE = {"data", "net", "activation", "loss", "lr", "batch_size", "epochs", *DEFAULTS}  # once they are filled in
UPDATES = 3000  # the default number of epochs makes about as many, in batches of this size

_SCHEDULES_WITH: dict[str, tuple[str, ...]] = {
    "step_size": ("step",),
    "gamma": ("step", "exponential"),
    "eta_min": ("cosine",),
    "warmup": ("warmup", "onecycle"),
    "factor": ("plateau",),
    "plateau_patience": ("plateau",),
}
_LOSSES_WITH: dict[str, tuple[str, ...]] = {"label_smoothing": ("cross_entropy",)}
_SETTINGS_OF = {"optimizer": optimizers.WITH, "schedule": _SCHEDULES_WITH, "loss": _LOSSES_WITH}


class MisfitError(CommandError):
    """The net has other inputs or outputs than the data.

    Attributes:
        net, name: the units of its layers as --net takes them, and the name of the data.
        numbers: the inputs and outputs of both, in words.
    """

    def __init__(self, net: str, name: str, numbers: str, hint: str):
        message = _("--net {net} does not fit {name}: {numbers}").format(net=net, name=name, numbers=numbers)
        super().__init__(message, hint)
        self.net, self.name, self.numbers = net, name, numbers


@dataclass(frozen=True)
class RunConfig:
    """The options of a run by their names, as `options.py` explains them; None where nothing was said."""

    data: str
    target: str | None
    task: Literal["classification", "regression"] | None
    n: int | None
    noise: float | None
    validation: float
    standardize: bool
    net: tuple[int, ...] | None
    activation: str | None
    loss: str | None
    optimizer: str
    lr: float | None
    momentum: float | None
    nesterov: bool
    betas: tuple[float, float] | None
    alpha: float | None
    rho: float | None
    eps: float | None
    weight_decay: float | None
    batch_size: int | str | None
    drop_last: bool
    accumulate: int
    epochs: int | None
    dropout: float
    l1: float
    l2: float
    label_smoothing: float | None
    clip_norm: float | None
    clip_value: float | None
    patience: int | None
    min_delta: float | None
    schedule: str | None
    step_size: int | None
    gamma: float | None
    eta_min: float | None
    warmup: int | None
    factor: float | None
    plateau_patience: int | None
    seed: int
    device: str
    tf32: bool | None = None

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> RunConfig:
        """What `to_json` wrote of a run whose defaults are filled in.

        Raises:
            Mismatch: a setting is missing, or not what its option takes.
        """
        checks = {f.name: setting(f.name) for f in fields(cls)}
        filled = {name: check for name, check in checks.items() if name in _NEVER_NONE}
        others = {name: optional(check) for name, check in checks.items() if name not in _NEVER_NONE}
        values = record(filled, others)(content)
        return cls(**{name: values.get(name) for name in checks})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def without_foreign(self, compared: Iterable[RunConfig]) -> RunConfig:
        """The same without settings that another one of the compared optimizers (or schedules, or losses) has, and
        this one's has not: SGD keeps its momentum beside Adam. What none of them has stays, to be refused."""
        others = list(compared)
        foreign: dict[str, Any] = {
            name: DEFAULTS.get(name)
            for chosen, settings in _SETTINGS_OF.items()
            for name, owners in settings.items()
            if getattr(self, chosen) not in owners and any(getattr(other, chosen) in owners for other in others)
        }
        return replace(self, **foreign)

    def check(self) -> None:
        """Refuse settings that do not go together.

        Raises:
            CommandError: see there.
        """
        optimizers.check(self.optimizer, {name: getattr(self, name) for name in optimizers.SETTINGS})
        for name, schedules in _SCHEDULES_WITH.items():
            if getattr(self, name) is not None and self.schedule not in schedules:
                what = (
                    _("the schedule is {schedule}").format(schedule=self.schedule)
                    if self.schedule
                    else _("there is no schedule")
                )
                raise CommandError(
                    _("{option} is a setting of the schedule {schedules}, and {what}").format(
                        option=option(name), schedules=either(schedules), what=what
                    ),
                    _("leave it out, or choose --schedule {schedules}").format(schedules=schedules[0]),
                )
        if self.min_delta is not None and self.patience is None:
            raise CommandError(
                _("--min-delta says how much better counts as better for early stopping"), _("add --patience")
            )

    def fitted(self, dataset: Dataset) -> RunConfig:
        """The same with all defaults filled in.

        Args:
            dataset: what to learn: the training part.
        Raises:
            CommandError: a setting that does not fit the data, with the numbers of both.
        """
        learned_from = len(dataset)
        batch_size = self.batch_size or min(BATCH_SIZE, learned_from)
        if batch_size != "full" and int(batch_size) > learned_from:
            raise CommandError(
                _(
                    "--batch-size {batch_size} is larger than the data: {name} has {learned_from} "
                    "examples to learn from"
                ).format(batch_size=batch_size, name=dataset.name, learned_from=learned_from),
                _("give {learned_from} or less, or --batch-size full").format(learned_from=learned_from),
            )
        net = self.net or _net(dataset)
        _check_ends(net, dataset)
        loss = _loss(self.loss, net, dataset)
        if self.label_smoothing is not None:
            _check_smoothing(loss, net, dataset)
        epochs = self.epochs or _epochs(learned_from)
        return replace(
            self,
            net=net,
            activation=self.activation or "relu",
            batch_size=batch_size,
            loss=loss,
            lr=self.lr or LEARNING_RATES[self.optimizer],
            epochs=epochs,
            step_size=self.step_size or (max(epochs // 3, 1) if self.schedule == "step" else None),
            warmup=self.warmup or (min(WARMUP, epochs) if self.schedule == "warmup" else None),
        )

    def check_schedule(self, epochs: int) -> None:
        """Refuse a schedule that would have no effect within so many epochs, or never come to the learning rate.

        Raises:
            CommandError: see there.
        """
        if self.warmup is not None and self.warmup > epochs:
            raise CommandError(
                _(
                    "--warmup {warmup} is longer than the run, which has {n}: the learning rate would never be reached"
                ).format(warmup=self.warmup, n=count(epochs, "epoch")),
                _("give --warmup {epochs} or less, or --epochs {warmup} or more").format(
                    epochs=epochs, warmup=self.warmup
                ),
            )
        if self.step_size is not None and self.step_size >= epochs:
            shorter = (
                _("give --step-size {epochs} or less, or ").format(epochs=epochs - 1) if epochs > 1 else _("give ")
            )
            raise CommandError(
                _("--step-size {step_size} leaves no step in {n}: the learning rate would never change").format(
                    step_size=self.step_size, n=count(epochs, "epoch")
                ),
                _("{shorter}--epochs {step_size} or more").format(shorter=shorter, step_size=self.step_size + 1),
            )


def typed(config: RunConfig, without: Container[str] = ()) -> str:
    """The options of a run as they are typed, but for the defaults and some others."""
    words = []
    for name, value in ((f.name, getattr(config, f.name)) for f in fields(config)):
        if name in without or value == DEFAULTS.get(name):
            continue
        if isinstance(value, bool):
            words.append(option(name) if value else f"--no-{name}")
        elif name == "net":
            words.append(f"--net {'-'.join(map(str, value))}")
        else:
            values = value if isinstance(value, tuple) else (value,)
            words.append(" ".join([option(name), *(shlex.quote(str(each)) for each in values)]))
    return " ".join(words)


def option(name: str) -> str:
    """How a setting is written on the command line."""
    return f"--{name.replace('_', '-')}"


def _net(dataset: Dataset) -> tuple[int, ...]:
    inputs = dataset.x.shape[1]
    hidden = HIDDEN if inputs <= 16 else HIDDEN_OF_MANY
    return (inputs, *(() if dataset.name in LINEAR_FIRST else hidden), _outputs(dataset))


def _outputs(dataset: Dataset) -> int:
    """One unit says which of two classes, and one says a number; more classes have a unit each."""
    return dataset.classes if dataset.classes > 2 else 1


def _check_ends(net: tuple[int, ...], dataset: Dataset) -> None:
    inputs, outputs = dataset.x.shape[1], _outputs(dataset)
    possible = {outputs, dataset.classes} if dataset.classes else {1}
    if net[0] == inputs and net[-1] in possible:
        return
    wanted = (
        _("{classes} classes, which take {possible}").format(classes=dataset.classes, possible=either(sorted(possible)))
        if dataset.classes
        else _("1 number")
    )
    fitting = "-".join(map(str, (inputs, *net[1:-1], outputs)))
    numbers = _("the net has {inputs} and {outputs}, the data has {given} and {wanted}").format(
        inputs=count(net[0], "input"),
        outputs=count(net[-1], "output"),
        given=count(inputs, "input"),
        wanted=wanted,
    )
    raise MisfitError("-".join(map(str, net)), dataset.name, numbers, _("try --net {fitting}").format(fitting=fitting))


def _loss(asked: str | None, net: tuple[int, ...], dataset: Dataset) -> str:
    of_numbers = ("mse", "mae", "huber")
    fitting: tuple[str, ...]
    if not dataset.classes:
        fitting = of_numbers
    elif net[-1] == 1:
        fitting = ("binary_cross_entropy", "hinge", *of_numbers)
    else:
        fitting = ("cross_entropy", "binary_cross_entropy", *of_numbers)
    if asked and asked not in fitting:
        kind = (
            _("{classes} classes, and the net {n}").format(classes=dataset.classes, n=count(net[-1], "output"))
            if dataset.classes
            else _("numbers to predict")
        )
        raise CommandError(
            _("--loss {asked} does not fit: {name} has {kind}").format(asked=asked, name=dataset.name, kind=kind),
            _("use {fitting}, or leave it out").format(fitting=either(fitting)),
        )
    return asked or fitting[0]


def _check_smoothing(loss: str, net: tuple[int, ...], dataset: Dataset) -> None:
    if loss in _LOSSES_WITH["label_smoothing"]:
        return
    if not dataset.classes:
        hint = _("leave it out: {name} has no classes").format(name=dataset.name)
    elif net[-1] > 1:
        hint = _("leave it out, or choose --loss cross_entropy")
    else:
        wider = "-".join(map(str, (*net[:-1], dataset.classes)))
        hint = _("leave it out, or give each class an output: --net {wider} --loss cross_entropy").format(wider=wider)
    raise CommandError(
        _("--label-smoothing is a setting of the loss cross_entropy, and the loss is {loss}").format(loss=loss), hint
    )


def _epochs(learned_from: int) -> int:
    """The same for every batch size, so that runs which differ in it can be compared."""
    return min(max(UPDATES * BATCH_SIZE // learned_from, 20), 100)
