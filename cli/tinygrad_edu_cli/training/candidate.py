"""What is compared: a setting, with its run for each seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import Any

from tinygrad_edu.train import History

from .config import RunConfig
from .judging import Judged


@dataclass
class ComparedRun:
    """What a run measured.

    Attributes:
        guessing: the loss of always giving the best constant answer.
        noise: see `LossNoise`; None if it was not measured.
        judged: the weights that it ended with.
        initial: the training loss before the first update; None if it is not known.
    """

    config: RunConfig
    history: History
    guessing: float
    noise: float | None
    judged: Judged
    initial: float | None = None

    @property
    def best(self) -> float | None:
        """The lowest validation loss."""
        return min((loss for loss in self.history.validation_loss if loss == loss), default=None)

    @property
    def final(self) -> float | None:
        """The last validation loss (not that of the best weights, where those were kept)."""
        return self.history.validation_loss[-1] if self.history.validation_loss else None

    @property
    def train(self) -> float | None:
        """The last training loss."""
        return self.history.train_loss[-1] if self.history.train_loss else None

    @property
    def loss(self) -> float:
        """That of the weights that it ended with; inf if the run blew up."""
        end = self.history.end
        return math.inf if end is not None and end.stopped == "diverged" else self.judged.loss

    @property
    def share(self) -> float:
        """The loss as a share of that of guessing."""
        return self.loss / max(self.guessing, 1e-12)

    @property
    def train_share(self) -> float:
        """The last training loss as a share of the loss of guessing."""
        return math.inf if self.train is None else self.train / max(self.guessing, 1e-12)


@dataclass
class Candidate:
    """A setting that is compared with others.

    Attributes:
        label: what sets it apart: "lr=0.1", or the folder of a recorded run.
        runs: one for each seed; the same seeds for all candidates.
        updates: how many updates of the weights a run makes in its epochs, if it is not stopped early; None where it is
            not known.
    """

    label: str
    runs: list[ComparedRun]
    updates: int | None = None

    @property
    def first(self) -> ComparedRun:
        """The run with the first seed, whose curve is shown."""
        return self.runs[0]

    @property
    def classifies(self) -> bool:
        return bool(self.first.history.validation_accuracy)

    def mean(self, measure: Callable[[ComparedRun], float | None]) -> float | None:
        """Over the seeds; None if it was not measured."""
        found = [value for value in map(measure, self.runs) if value is not None]
        return mean(found) if found and all(map(math.isfinite, found)) else math.inf if found else None

    @property
    def loss(self) -> float:
        """The mean loss of the weights that its runs ended with; inf if one of them blew up."""
        found = self.mean(lambda run: run.loss)
        return math.inf if found is None else found

    @property
    def spread(self) -> float | None:
        """The standard deviation of that loss over the seeds; None for one seed, or if a run blew up."""
        losses = [run.loss for run in self.runs]
        return stdev(losses) if len(losses) > 1 and all(map(math.isfinite, losses)) else None

    @property
    def score(self) -> float | None:
        """The mean accuracy, or R²."""
        return self.mean(lambda run: run.judged.score)

    @property
    def share(self) -> float:
        """The mean loss as a share of that of guessing."""
        return self.loss / max(sum(run.guessing for run in self.runs) / len(self.runs), 1e-12)

    @property
    def best_epoch(self) -> int | None:
        """The middle of the epochs in which the validation loss was lowest."""
        epochs = [run.history.best_epoch for run in self.runs if run.history.best_epoch]
        return int(median(epochs)) if epochs else None

    @property
    def seconds_per_epoch(self) -> float | None:
        """The median, which the first epoch's preparations leave alone."""
        seconds = [each for run in self.runs for each in run.history.seconds]
        return median(seconds) if seconds else None


def same_numbers(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates are the same runs, to the last digit."""
    return [_numbers(run) for run in one.runs] == [_numbers(run) for run in other.runs]


def _numbers(run: ComparedRun) -> Any:
    return run.history.train_loss, run.history.validation_loss, run.judged
