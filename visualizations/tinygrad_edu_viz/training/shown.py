"""A run with all that a picture of it shows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tinygrad_edu_words import _, grouped

from .answers import Boundary, Confusion, Picture
from .progress import Progress
from .snapshots import MOST_SNAPSHOTS, Snapshots, spread


@dataclass(frozen=True)
class Shown:
    """A run that is drawn, alone or beside others.

    Attributes:
        progress: what was measured.
        picture: what its model answers at present; None where there is no model.
        snapshots: its weights after earlier epochs; None where none were kept.
        label: what sets it apart from those beside it, such as "lr=0.1".
        command: that repeats it; "" if it is not known.
        steering: what was done by hand, a sentence each, in order: the command alone does not repeat these.
        settings: of the run, by their names.
        summary: sentences about how it ended.
        restored: the epoch whose weights the model was given back at the end; 0 if it has its last ones.
        updates: of the weights in an epoch: runs beside each other that differ in it are drawn at equal updates.
    """

    progress: Progress
    picture: Picture | None = None
    snapshots: Snapshots | None = None
    label: str = ""
    command: str = ""
    steering: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    summary: tuple[str, ...] = ()
    restored: int = 0
    updates: int = 1

    def epochs(self, most: int = MOST_SNAPSHOTS) -> list[int]:
        """At most so many epochs whose weights are known, spread evenly; the best one among them."""
        known = list(self.snapshots.epochs) if self.snapshots is not None else []
        best = {self.progress.best[0]} & set(known) if self.progress.best and most > 2 else set()
        return sorted({*spread(known, most - 1 if len(known) > most else most), *best})

    def sentence(self, epoch: int, picture: Picture) -> str:
        """What was measured in an epoch, and how often its weights, which the picture has, are right."""
        progress = self.progress
        words = [_("Epoch {n}").format(n=epoch) if epoch else _("Before the first update")]
        for name, losses in ((_("loss"), progress.train_loss), (_("validation"), progress.validation_loss)):
            if 0 < epoch <= len(losses):
                words.append(f"{name} {losses[epoch - 1]:.4g}")
        if 0 < epoch <= len(progress.validation_r2):
            words.append(f"R² {progress.validation_r2[epoch - 1]:.3f}")
        if progress.best and progress.best[0] == epoch:
            words[0] += _(", the best")
        first, *measured = filter(None, (*words, told(picture)))
        return f"{first}: {', '.join(measured)}." if measured else f"{first}."


def told(picture: Picture, brief: bool = False) -> str:
    """How often a classifier is right; "" for one of numbers."""
    if isinstance(picture, Boundary):
        return rightness(*picture.score, brief)
    if isinstance(picture, Confusion):
        counts = picture.counts
        return rightness(int(np.trace(counts)), int(counts.sum()), brief)
    return ""


def rightness(right: int, asked: int, brief: bool = False) -> str:
    """A share in words.

    >>> rightness(39, 40)
    '97.5 % of 40 held out are right'
    """
    share = f"{100 * right / max(asked, 1):.1f} %"
    if brief:
        return _("{share} right").format(share=share)
    return _("{share} of {n} held out are right").format(share=share, n=grouped(asked))
