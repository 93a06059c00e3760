"""What the live screen shows: made of events and of what is looked at now and then. No terminal, no model."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

from tinygrad_edu_viz.training.progress import Progress
from tinygrad_edu_words import N_, _

LOOKS = 9  # at a layer, of which the median judges it: with single examples one update says little
TOO_LARGE, HARDLY = 0.1, 1e-5  # of |step| / |weights|, beyond which it is worth a word
ENDS = {
    "epochs": N_("all epochs are done"),
    "early": N_("no more progress, stopped early"),
    "diverged": N_("the loss is no number any more"),
    "interrupted": N_("interrupted"),
}


class LayerLook(NamedTuple):
    """A layer, as it was seen last.

    Attributes:
        name: of the layer, as the run calls it.
        gradient: |gradient| of the last update.
        ratio: |step| / |weights|, the median of the last looks; None before an update was seen.
        verdict: "too large" or "hardly moves" where the median of nine is; else "".
        dead, saturated: shares of its units, None where it has none of this kind.
    """

    name: str
    gradient: float | None
    ratio: float | None
    verdict: str
    dead: float | None
    saturated: float | None


@dataclass
class Live:
    """The state of the screen.

    Attributes:
        progress: what was measured.
        command: that is running, for the title.
        status: "running", "paused", "ended" or "replay", which stays.
        log: whether the losses have a logarithmic scale.
        message: for a while in the place of the keys.
        end: how the run ended, in a sentence.
        layers: as they were seen last.
        keys: (key, what it does), in place of those of a training.
    """

    progress: Progress
    command: str = "train"
    status: str = "running"
    log: bool = True
    message: str = ""
    end: str = ""
    layers: list[LayerLook] = field(default_factory=list)
    keys: Sequence[tuple[str, str]] = ()
    _ratios: dict[str, deque[float]] = field(default_factory=dict, repr=False)

    def watch(self, event: Any) -> None:
        """Take note of an event of a run."""
        self.progress.watch(event)
        if event.kind == "undo":
            self._went_back()
        elif event.kind == "steer":
            self._ratios.clear()
        elif event.kind == "end":
            self.status = "replay" if self.status == "replay" else "ended"
            self.end = _(ENDS.get(event.stopped, event.stopped))
            best = self.progress.best
            if best is not None and event.stopped != "epochs" and event.validation_loss is not None:
                self.end += "; " + _("the weights are those of epoch {n}").format(n=best[0])

    def looked(self, rows: Iterable[Any]) -> None:
        """Take note of a look at the layers: of each `name`, `gradient`, `ratio`, `dead` and `saturated`."""
        self.layers = []
        for row in rows:
            ratios = self._ratios.setdefault(row.name, deque(maxlen=LOOKS))
            if row.ratio is not None:
                ratios.append(row.ratio)
            middle = median(ratios) if ratios else None
            said = _verdict(middle) if middle is not None and len(ratios) == LOOKS else ""
            self.layers.append(LayerLook(row.name, row.gradient, middle, said, row.dead, row.saturated))

    def undone(self, epoch: int) -> None:
        """The run is back at the end of an earlier epoch."""
        self.progress.undone(epoch)
        self._went_back()

    def steered(self, what: str) -> None:
        """A setting was changed by hand, such as "lr 0.005"."""
        self.progress.steered(max(self.progress.epoch, 1), what)
        self._ratios.clear()

    def _went_back(self) -> None:
        self.status, self.end = "paused" if self.status == "ended" else self.status, ""
        self._ratios.clear()


def _verdict(ratio: float) -> str:
    return _("too large") if ratio > TOO_LARGE else _("hardly moves") if ratio < HARDLY else ""
