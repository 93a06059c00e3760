"""Where two runs part: the first update after which their weights differ, and what made it so.

Both are trained anew, side by side: nothing but seeds, data and settings decides their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_edu.train import BatchEvent, SteerEvent
from tinygrad_edu_words import _

from ..phrases import count
from .config import RunConfig, option
from .run import Run
from .wording import number

Array = np.ndarray[Any, Any]

# What can make two runs differ, in the order in which an update comes about, and by which options.
DATA = "data target task n noise validation standardize seed"
NETWORK = "net"
WEIGHTS = "activation dropout seed device"
ROWS = "batch_size drop_last accumulate seed"
LOSS = "loss activation dropout label_smoothing l1 l2 seed tf32"
GRADIENT = "clip_norm clip_value accumulate"
RATE = "lr schedule step_size gamma eta_min warmup factor plateau_patience"
LENGTH = "epochs"  # of schedules that are made for a number of epochs
RULE = "optimizer momentum nesterov betas alpha rho eps weight_decay"
END = "epochs patience min_delta"


@dataclass(frozen=True)
class Parting:
    """Where two runs part.

    Attributes:
        causes: what differs there first: a sentence for each, with the options that make it so.
        epoch, step: the update after which the weights differ, counted from 1; 0 where they differ from the start.
        size: the largest difference between two weights, beside their mean size.
    """

    causes: tuple[str, ...]
    epoch: int = 0
    step: int = 0
    size: float | None = None


class Lane:
    """A run that is trained update by update.

    Args:
        steering: what was steered in it.
    Attributes:
        epoch, rate: of the last update: its epoch, and the learning rate of it.
    """

    def __init__(self, cli: Run, steering: Sequence[SteerEvent] = ()):
        self.cli, self.run = cli, cli.start(steering=steering)
        self._events = self.run.events()
        self.epoch, self.rate = 1, 0.0

    def update(self) -> bool:
        """Learn from the next batch, or batches; False at the end."""
        step = self.run.step
        for event in self._events:
            if isinstance(event, BatchEvent) and self.run.step > step:
                self.epoch, self.rate = event.epoch, event.lr
                return True
        return False

    def weights(self) -> list[Array]:
        return [parameter.numpy() for parameter in self.cli.model.parameters()]

    def gradients(self) -> list[Array]:
        return [p.grad.numpy() for p in self.cli.model.parameters() if p.grad is not None]


Begin = Callable[[], Lane]


def differing(one: RunConfig, other: RunConfig) -> dict[str, tuple[Any, Any]]:
    """The options in which two runs differ, with both values."""
    a, b = one.to_json(), other.to_json()
    return {name: (a[name], b[name]) for name in a if a[name] != b[name]}


def find(lanes: tuple[Begin, Begin], epochs: int | None = None) -> Parting | None:
    """The first update after which two runs have other weights.

    Args:
        lanes: give each run, ready to begin, as often as they are called.
        epochs: how many are looked through; None for all.
    Returns:
        None if they have the same weights throughout.
    """
    one, other = (begin() for begin in lanes)
    options = differing(one.cli.config, other.cli.config)
    said = _Said(options)
    if one.cli.data_hash() != other.cli.data_hash():
        return Parting((said(_("they learn from other examples"), DATA),))
    if [w.shape for w in one.weights()] != [w.shape for w in other.weights()]:
        return Parting((said(_("their networks have other shapes"), NETWORK),))
    if not _same(one.weights(), other.weights()):
        return Parting((said(_("they begin with other weights"), WEIGHTS),), size=_size(one, other))
    while True:
        went = one.update(), other.update()
        if not all(went):
            if went == (False, False):
                return None
            what = (_("the first ends after {n}") if went[1] else _("the second ends after {n}")).format(
                n=count(one.run.epoch, "epoch")
            )
            return Parting((said(what, END),), min(one.run.epoch, other.run.epoch), min(one.run.step, other.run.step))
        if not _same(one.weights(), other.weights()):
            break
        if epochs is not None and one.epoch > epochs:
            return None
    size, step, epoch = _size(one, other), one.run.step, one.epoch
    return Parting(tuple(_causes(lanes, step, said)), epoch, step, size)


class _Said:
    """A cause with the options that can have made it."""

    def __init__(self, options: dict[str, tuple[Any, Any]]):
        self.options = options

    def has(self, names: str) -> bool:
        """Whether one of these options differs."""
        return any(name in self.options for name in names.split())

    def __call__(self, what: str, names: str) -> str:
        made = {name: values for name, values in self.options.items() if name in names.split()}
        return f"{what} ({shown(made)})" if made else what


def shown(options: dict[str, tuple[Any, Any]]) -> str:
    """Options with both values: "--lr 0.1 / 0.2, --seed 0 / 1"."""
    return ", ".join(f"{option(name)} {_shown(a)} / {_shown(b)}" for name, (a, b) in options.items())


def _shown(value: Any) -> str:
    if value is None:
        return _("none")
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _causes(lanes: tuple[Begin, Begin], step: int, said: _Said) -> Iterator[str]:
    """What goes into the update after which the weights differ, as far as it differs: what follows from another one of
    these is left out."""
    one, other = (begin() for begin in lanes)
    for lane in (one, other):
        while lane.run.step < step - 1:
            lane.update()
    rows, losses = (one.run.rows, other.run.rows), (float(one.run.look()), float(other.run.look()))
    for lane in (one, other):
        lane.run.update.keeps_gradients = True
        lane.update()
    steered = [any(event.lr is not None for event in lane.run.steering) for lane in (one, other)]
    gradients = _same(one.gradients(), other.gradients())
    if not np.array_equal(*rows):
        yield said(
            _("they learn from other rows ({one} / {other} of them)").format(one=len(rows[0]), other=len(rows[1])), ROWS
        )
    elif losses[0] != losses[1]:
        yield said(
            _("the same rows have another loss, {one} / {other}").format(
                one=number(losses[0]), other=number(losses[1])
            ),
            LOSS,
        )
    elif not gradients:
        yield said(_("the same loss gives another gradient"), GRADIENT)
    if one.rate != other.rate:
        whole = any(lane.cli.config.schedule in ("cosine", "onecycle") for lane in (one, other))
        by_hand = steered[0] != steered[1]
        what = (
            _("the learning rate is {one} / {other}").format(one=number(one.rate), other=number(other.rate))
            + _(", set by hand") * by_hand
        )
        yield said(what, f"{RATE} {LENGTH if whole else ''}")
    if said.has(RULE) or (gradients and one.rate == other.rate):
        yield said(_("the same gradient leads to another update"), RULE)


def _same(one: list[Array], other: list[Array]) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


def _size(one: Lane, other: Lane) -> float:
    """The largest difference between two weights, beside the mean size of the weights."""
    apart = max(float(np.abs(a - b).max()) for a, b in zip(one.weights(), other.weights(), strict=True))
    mean = float(np.mean([float(np.abs(w).mean()) for w in one.weights()]))
    return apart / mean if mean else apart
