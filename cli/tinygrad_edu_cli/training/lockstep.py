"""Two recorded runs in lock step: their losses epoch by epoch, where they part, and what makes them part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from tinygrad_edu.train import History
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import _, grouped

from ..errors import CommandError
from ..phrases import count
from .folder import RunFolder
from .parting import Begin, Lane, Parting, differing, find, shown
from .session import prepared
from .wording import short

MOST = 9  # epochs that are shown, beside the one in which they part
ROUNDING = 1e-5  # of a loss: as far as float32 lies off after some updates


@dataclass(frozen=True)
class Lockstep:
    """Two recorded runs, side by side.

    Attributes:
        labels: the folders.
        histories: what was measured.
        epoch: the first epoch in which a recorded number differs; None where all that both have agree.
        parting: the first update after which the weights differ, of both trained anew; None where none does.
        why_not: why they were not trained anew; None where they were.
        options: those that differ, with both values.
    """

    labels: tuple[str, str]
    histories: tuple[History, History]
    epoch: int | None
    parting: Parting | None
    why_not: str | None
    options: dict[str, tuple[Any, Any]]

    @classmethod
    def of(cls, one: RunFolder, other: RunFolder) -> Lockstep:
        """Two folders that were read."""
        labels = str(one.path), str(other.path)
        histories = one.history()[0], other.history()[0]
        epoch = first_differing_epoch(*histories)
        parting, why_not = None, None
        if epoch is not None:
            try:
                parting = find((_begin(one, histories[0]), _begin(other, histories[1])), epoch)
            except CommandError as error:
                why_not = error.message
        return cls(labels, histories, epoch, parting, why_not, differing(one.config, other.config))

    def lines(self) -> Iterator[str]:
        """The table."""
        return lines(*self.histories, self.labels)

    def sentences(self) -> Iterator[str]:
        """Where they part, and why."""
        one, other = (len(history) for history in self.histories)
        if self.epoch is None:
            until = "" if one == other else _(" as far as both go, {n}").format(n=count(min(one, other), "epoch"))
            yield _("All recorded numbers are the same{until}.").format(until=until)
            if self.options:
                yield (
                    _("What differs has made no difference so far: {shown}.")
                    if until
                    else _("What differs has made no difference: {shown}.")
                ).format(shown=shown(self.options))
            return
        if self.parting is not None:
            yield from _told(self.parting)
            return
        yield _("The records part in epoch {epoch}.").format(epoch=self.epoch)
        if self.why_not is not None:
            yield _("They were not trained anew, which would show the update: {why_not}.").format(why_not=self.why_not)
            return
        size = self._size(self.epoch)
        small = (
            _("as little as rounding makes it ({size} of the loss)").format(size=f"{size:.1g}")
            if size < ROUNDING
            else _("by {size} of it").format(size=f"{size:.2g}")
        )
        yield (
            _(
                "Trained anew on this machine, both have the same weights after every update. The "
                "recorded loss differs {small}: another machine, device or version has made it, and "
                "no option."
            ).format(small=small)
        )

    def _size(self, epoch: int) -> float:
        """How far the numbers of an epoch lie apart, as a share of the larger one."""
        pairs = zip(*(_measured(history) for history in self.histories), strict=True)
        found = [(a[epoch - 1], b[epoch - 1]) for a, b in pairs if a and b]
        return max(abs(a - b) / max(abs(a), abs(b), 1e-30) for a, b in found)

    def to_json(self) -> dict[str, Any]:
        """One object."""
        parting = self.parting
        return {
            "kind": "lockstep",
            "labels": list(self.labels),
            "options": {name: list(values) for name, values in self.options.items()},
            "epoch": self.epoch if parting is None else parting.epoch,
            "update": None if parting is None else parting.step,
            "causes": [] if parting is None else list(parting.causes),
            "size": None if parting is None else parting.size,
            "text": " ".join(self.sentences()),
        }


def _begin(folder: RunFolder, history: History) -> Begin:
    """What begins a recorded run again, as often as it is called; its data are read once.

    Raises:
        CommandError: it cannot begin as it was recorded.
    """
    run = prepared(folder)
    if run.data_hash() != folder.data_hash:
        raise CommandError(_("the data of {path} has changed since").format(path=folder.path))
    if folder.initial_hash and run.weights_hash() != folder.initial_hash:
        raise CommandError(
            _("the weights that {path} began with are not those that its seed gives here").format(path=folder.path)
        )
    return lambda: Lane(run.with_own_model(), history.steering)


def _told(parting: Parting) -> Iterator[str]:
    if parting.step == 0:
        where = _("They differ from the start")
    elif parting.size is None:
        where = _("They are the same to the last bit until update {step}, the last of epoch {epoch}").format(
            step=grouped(parting.step), epoch=parting.epoch
        )
    else:
        where = _("They part at update {step}, in epoch {epoch}").format(
            step=grouped(parting.step), epoch=parting.epoch
        )
    yield f"{where}: {'; '.join(parting.causes)}."
    if parting.size is not None:
        rounding = _(", as little as rounding makes it") if parting.size < ROUNDING else ""
        yield _("After it the largest difference of a weight is {size} of their mean size{rounding}.").format(
            size=f"{parting.size:.2g}", rounding=rounding
        )


def losses(history: History) -> list[float]:
    """What two runs are compared by: the validation loss where there is one, else the training loss."""
    return history.validation_loss or history.train_loss


def first_differing_epoch(one: History, other: History) -> int | None:
    """The first epoch in which a number that was measured differs; None if all epochs that both have agree."""
    columns = zip(*(_measured(history) for history in (one, other)), strict=True)
    epochs = [_first_unequal(a, b) for a, b in columns if a and b]
    return min((epoch for epoch in epochs if epoch), default=None)


def _measured(history: History) -> tuple[list[float], ...]:
    return history.train_loss, history.train_accuracy, history.validation_loss, history.lr


def _first_unequal(one: list[float], other: list[float]) -> int | None:
    both = zip(one, other, strict=False)
    return next((k for k, (a, b) in enumerate(both, 1) if a != b and (a == a or b == b)), None)


def lines(one: History, other: History, labels: tuple[str, str]) -> Iterator[str]:
    """A table of some epochs: the first and the last that each has, the one in which they part, and some between."""
    pairs = list(zip_longest(losses(one), losses(other)))
    parting = first_differing_epoch(one, other)
    shown = _chosen(len(pairs), {1, len(losses(one)), len(losses(other)), *([parting - 1, parting] if parting else [])})
    widths = [max(cell_width(label), 9) for label in labels]
    yield f"{_('epoch')}  {labels[0]:>{widths[0]}}  {labels[1]:>{widths[1]}}"
    for epoch in shown:
        a, b = pairs[epoch - 1]
        cells = [short(value).rjust(width) for value, width in zip((a, b), widths, strict=True)]
        yield f"{epoch:{cell_width(_('epoch'))}}  {cells[0]}  {cells[1]}  {_said(a, b, epoch == parting)}".rstrip()


def _said(one: float | None, other: float | None, parts: bool) -> str:
    if one is None or other is None:
        return _("ended")
    if one == other or (one != one and other != other):
        return _("they part: another number than the loss") if parts else _("the same")
    return f"{other - one:+.3g}" + (_("  they part") if parts else "")


def _chosen(epochs: int, wanted: set[int]) -> list[int]:
    spread = {round(1 + (epochs - 1) * k / (MOST - 1)) for k in range(MOST)}
    return sorted(epoch for epoch in spread | wanted if 1 <= epoch <= epochs)
