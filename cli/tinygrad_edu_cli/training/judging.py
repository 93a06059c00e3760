"""How good a trained network is on examples that it has not learned from: the held-out ones, or better, fresh ones."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tinygrad_edu.data import Dataset
from tinygrad_edu.data.toys import TOYS, make_toy
from tinygrad_edu.train.examples import Examples
from tinygrad_edu.train.metrics import measure
from tinygrad_edu.train.targets import Objective

from .config import RunConfig
from .run import Run

FRESH = 1000  # examples: an accuracy measured on them is off by a percent or so
OTHER_SEED = 1_000_003  # fresh examples are made of the run's seed plus this one
MOST_INITIAL = 1000  # examples that tell the loss before the first update


class Judged(NamedTuple):
    """The loss of the weights that a run ended with, and its accuracy (or R²).

    Attributes:
        examples: on how many it was measured; None if that is not known.
        fresh: they were made for it; else they are the held-out part.
    """

    loss: float
    score: float | None
    examples: int | None
    fresh: bool = False


def judge(run: Run) -> Judged:
    """Measure a trained network: on FRESH examples where the data are made and fewer are held out."""
    name = made(run.config)
    if name is None or len(run.held_out) >= FRESH:
        return _measured(run, run.held_out, False)
    dataset = make_toy(name, FRESH, run.config.noise, run.config.seed + OTHER_SEED)
    return _measured(run, run.standardizer.apply(dataset) if run.standardizer else dataset, True)


def initial_loss(run: Run) -> float:
    """The training loss before the first update."""
    part = run.train
    if len(part) > MOST_INITIAL:
        part = replace(part, x=part.x[:MOST_INITIAL], y=part.y[:MOST_INITIAL])
    return _measured(run, part, False).loss


def made(config: RunConfig) -> str | None:
    """The name of the toy set that the data are; None if they are measured, or come from a file."""
    name = config.data.strip().lower().replace("-", "_")
    return name if name in TOYS and not Path(config.data).is_file() else None


def _measured(run: Run, dataset: Dataset, fresh: bool) -> Judged:
    objective = Objective.of(run.config.loss or "")
    with np.errstate(all="ignore"):  # of a run that blew up
        found = measure(run.model, Examples(dataset, run.model, objective, "validation"), objective)
    loss = found.loss if math.isfinite(found.loss) else math.inf
    return Judged(loss, found.r2 if found.accuracy is None else found.accuracy, len(dataset), fresh)
