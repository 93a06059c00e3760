"""From the options of a run to what `fit` needs: data, network, loss, optimizer, schedule."""

from __future__ import annotations

import copy
import hashlib
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.data import Dataset, Standardizer
from tinygrad_edu.data.encoder import Encoder
from tinygrad_edu.errors import ArgumentError, DataError
from tinygrad_edu.train.events import SteerEvent
from tinygrad_edu.train.settings import updates_per_epoch
from tinygrad_edu.train.targets import Objective, targets_of
from tinygrad_edu_words import _, grouped

from ..errors import CommandError, FileError, MissingPieceError, reason
from ..phrases import as_options
from . import devices
from .config import RunConfig
from .optimizer import optimizer_of, schedule_of
from .options import DATA, unknown

PIXELS = ("digits", "mnist", "fashion_mnist")
LARGE = 5_000_000  # bytes of a file that is read for so long that it is worth a word


@dataclass
class Run:
    """A run that is ready to begin.

    Attributes:
        config: its options, all filled in.
        asked: the options as they were given.
        dataset: the data as it came; `train` and `held_out` are its parts, standardized if asked for.
    """

    config: RunConfig
    asked: RunConfig
    dataset: Dataset
    train: Dataset
    held_out: Dataset
    standardizer: Standardizer | None
    model: tg.nn.Sequential

    @classmethod
    def prepare(
        cls, config: RunConfig, standardizer: Standardizer | None = None, encoder: Encoder | None = None
    ) -> Run:
        """Read the data, and make the network.

        Args:
            standardizer, encoder: those of a network that was trained before; None to fit them on the training part.
        Raises:
            CommandError: something does not fit, or is missing; see the classes in `errors.py`.
        """
        config.check()
        devices.check(config.device, bool(config.tf32))
        dataset = read_data(config, encoder)
        with told():
            train, held_out = dataset.split(config.validation, config.seed)
            if encoder is not None and dataset.columns is not None:
                train, held_out = train.encoded(encoder), held_out.encoded(encoder)
        _check_measurable(held_out, dataset)
        asked, config = config, _with_inputs(config, dataset, train).fitted(train)
        if not config.standardize:
            standardizer = None
        elif standardizer is None or len(standardizer.mean) != train.x.shape[1]:
            with told():
                standardizer = _standardizer(train)
        if standardizer:
            with told():
                train, held_out = standardizer.apply(train), standardizer.apply(held_out)
        return cls(config, asked, dataset, train, held_out, standardizer, network(config))

    def with_own_model(self) -> Run:
        """The same data, and a copy of the network."""
        return replace(self, model=copy.deepcopy(self.model))

    def early_stopping(self) -> tg.train.EarlyStopping | None:
        config = self.config
        return tg.train.EarlyStopping(config.patience, config.min_delta or 0.0) if config.patience else None

    def start(
        self,
        checkpoint: Path | None = None,
        resume: Path | None = None,
        extra: Callable[[], dict[str, Any]] | None = None,
        steering: Sequence[SteerEvent] = (),
    ) -> tg.train.Run:
        """The run of the engine, which trains the model."""
        config = self.config
        assert config.epochs and config.loss and config.batch_size  # filled in
        devices.use(config.device, bool(config.tf32))
        optimizer = optimizer_of(config, self.model)
        return tg.train.start(
            self.model,
            self.train,
            config.loss,
            optimizer,
            validation=self.held_out,
            epochs=config.epochs,
            batch_size=config.batch_size,
            seed=config.seed,
            drop_last=config.drop_last,
            accumulate=config.accumulate,
            schedule=schedule_of(config, optimizer, self.updates_per_epoch),
            early_stopping=self.early_stopping(),
            clip_norm=config.clip_norm,
            clip_value=config.clip_value,
            l1=config.l1,
            l2=config.l2,
            label_smoothing=config.label_smoothing or 0.0,
            checkpoint=checkpoint,
            extra=extra,
            resume=resume,
            device=config.device,
            steering=steering,
        )

    def check_schedule(self) -> None:
        """Refuse a schedule that was asked for and would have no effect in this run. (One that is recorded may go on
        beyond a run that is cut short.)

        Raises:
            CommandError: see there.
        """
        self.asked.check_schedule(self.config.epochs or 1)

    @property
    def updates_per_epoch(self) -> int:
        """Steps of the optimizer in one epoch."""
        config = self.config
        return updates_per_epoch(len(self.train), config.batch_size or 1, config.drop_last, config.accumulate)

    @property
    def is_linear(self) -> bool:
        """Whether the network is a single layer, or as good as one: what it can draw is a straight line."""
        assert self.config.net is not None
        return len(self.config.net) == 2 or self.config.activation == "linear"

    def predictions(self) -> np.ndarray[Any, Any]:
        """The model's answers on the held-out examples: classes, or numbers in the units of the loss."""
        self.model.eval()
        with tg.no_grad():
            dtype = next(iter(self.model.parameters())).dtype
            outputs = self.model(tg.Tensor(self.held_out.x.astype(dtype), device=self.config.device)).numpy()
        if not self.dataset.classes:
            return outputs[:, 0]
        return Objective.of(self.config.loss or "").labels(outputs)

    def guessing_loss(self) -> float:
        """The validation loss of the best constant answer, learned from the training part: what a run must beat."""
        y, n, outputs = self.train.y, len(self.held_out), (self.config.net or (1,))[-1]
        answer: Any
        match self.config.loss:
            case "mse":
                answer = _one_hot(y, outputs).mean(axis=0)
            case "mae" | "huber":
                answer = np.median(_one_hot(y, outputs), axis=0)
            case "hinge":
                answer = np.where(2 * y.mean(keepdims=True) >= 1, 1.0, -1.0)
            case "binary_cross_entropy":
                share = _one_hot(y, outputs).mean(axis=0).clip(1e-9, 1 - 1e-9)
                answer = np.log(share / (1 - share))
            case _:
                answer = np.log((np.bincount(y, minlength=outputs) / len(y)).clip(1e-9))
        objective = Objective.of(self.config.loss or "")
        targets, _classes = targets_of(self.held_out.y, self.dataset.task, outputs, objective, self.dataset.name)
        answers = np.broadcast_to(answer, (n, outputs)).astype(float)
        return float(objective.function(tg.Tensor(answers[:, 0] if outputs == 1 else answers), targets).item())

    def weights_hash(self) -> str:
        """Of the weights as they are."""
        digest = hashlib.sha256()
        for name, array in self.model.state_dict().items():
            digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def data_hash(self) -> str:
        """Of the numbers learned from: another one means that the data has changed."""
        digest = hashlib.sha256()
        for part in (self.train, self.held_out):
            digest.update(np.ascontiguousarray(part.x).tobytes() + np.ascontiguousarray(part.y).tobytes())
        return digest.hexdigest()


def _with_inputs(config: RunConfig, dataset: Dataset, train: Dataset) -> RunConfig:
    """The same with as many inputs as the training part has. A word that is rare is in the training part with one seed,
    and not with another: a net that is made for the one is meant for the other, too."""
    net, inputs = config.net, train.x.shape[1]
    if net is None or net[0] == inputs or dataset.columns is None:
        return config
    held_out = len(dataset) - len(train)
    words = [column.values for column in dataset.columns.inputs if column.kind == "words"]
    times = [times for values in words for word, times in Counter(values).items() if word is not None]
    most = dataset.x.shape[1]
    fewest = most - sum(number <= held_out for number in times)
    return replace(config, net=(inputs, *net[1:])) if fewest <= net[0] <= most else config


def read_data(config: RunConfig, encoder: Encoder | None = None) -> Dataset:
    """The data set, whole, as it is; a file with the columns that an encoder knows, if there is one.

    Raises:
        CommandError: an unknown name, a file that cannot be learned from, a package that is missing.
    """
    if config.data.lower().endswith((".csv", ".tsv")) or Path(config.data).is_file():
        return _read_file(config, encoder)
    for name in ("target", "task"):
        if getattr(config, name) is not None:
            raise CommandError(
                _("--{name} is for CSV files, and {data} has its own").format(name=name, data=config.data),
                _("leave it out"),
            )
    name = config.data.strip().lower().replace("-", "_")
    if name not in tg.data.NAMES:
        raise CommandError(f"--data: {unknown(config.data, DATA)}", _("or give a file that ends in .csv"))
    with told():
        try:
            return tg.data.load(name, config.n, config.noise, config.seed)
        except MemoryError:
            raise CommandError(
                _("--n {n} examples are more than there is memory for").format(n=config.n), _("ask for fewer")
            ) from None


def _read_file(config: RunConfig, encoder: Encoder | None) -> Dataset:
    if config.noise is not None:
        raise CommandError(_("--noise is for examples that are made, not for those of a file"), _("leave it out"))
    try:
        file = Path(config.data)
        if sys.stderr.isatty() and file.is_file() and file.stat().st_size > LARGE:
            click.echo(_("reading {file} ...").format(file=file), err=True)
        with told():
            dataset = tg.data.read_csv(config.data, config.target, config.task, encoder)
            return dataset if config.n is None else dataset.take(config.n, config.seed)
    except OSError as error:
        raise FileError(_("cannot read {path}: {why}").format(path=config.data, why=reason(error))) from None


@contextmanager
def told() -> Iterator[None]:
    """Complaints of the library about data, as errors of a command."""
    try:
        yield
    except DataError as error:
        what, hint = str(error).partition(": ")[::2]
        if isinstance(error.__cause__, ImportError):
            raise MissingPieceError(what, hint) from None
        raise FileError(str(error)) from None
    except ArgumentError as error:
        raise CommandError(as_options(str(error))) from None


def _check_measurable(held_out: Dataset, dataset: Dataset) -> None:
    """Refuse a validation part of a regression of which R² would be 0 / 0."""
    if dataset.classes or len(held_out) > 1:
        return
    n = len(dataset)
    raise CommandError(
        _(
            "R² is undefined for the single example that is held out of {n}: it measures how far "
            "targets lie from their mean"
        ).format(n=grouped(n)),
        _("give --validation {share} or more").format(share=f"{math.ceil(200 / n) / 100:g}")
        if n > 2
        else _("give more examples"),
    )


def _standardizer(train: Dataset) -> Standardizer:
    """Mean 0 and deviation 1 for each input. Pixels are divided by the largest one instead: they share a unit, and one
    in a corner, which is nearly always 0, must not become louder than the others."""
    if train.name not in PIXELS:
        return Standardizer.fit(train)
    inputs = train.x.shape[1]
    return Standardizer(np.zeros(inputs), np.full(inputs, train.x.max()), np.array(0.0), np.array(1.0))


def _one_hot(y: np.ndarray[Any, Any], outputs: int) -> np.ndarray[Any, Any]:
    """Targets as the losses of numbers see them, shape (n, outputs)."""
    return y[:, None].astype(float) if outputs == 1 else np.eye(outputs)[y]


def network(config: RunConfig) -> tg.nn.Sequential:
    """A new network.

    Raises:
        CommandError: it does not fit into the memory.
    """
    rng = np.random.default_rng([config.seed, 1])  # not the numbers that the data was made of
    net = list(config.net or ())
    try:
        return tg.nn.mlp(net, config.activation, dropout=config.dropout, rng=rng, device=config.device)
    except MemoryError:
        weights = sum((n + 1) * m for n, m in pairwise(net))
        raise CommandError(
            _("--net {net} has {weights} weights, more than there is memory for").format(
                net="-".join(map(str, net)), weights=grouped(weights)
            ),
            _("give fewer units to the hidden layers"),
        ) from None
