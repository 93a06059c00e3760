"""What the landscape of a loss costs: seconds for its evaluations, and for the plane of many weights."""

from __future__ import annotations

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.train.examples import Examples
from tinygrad_edu.train.targets import Objective
from tinygrad_edu_viz.landscapes.model_loss import ModelLoss
from tinygrad_edu_viz.landscapes.plane import plane_of
from tinygrad_edu_viz.landscapes.trail import Trail

from .timing import Row, seconds_of

EVALUATIONS = 1200  # a map of 40 by 30 places


def rows() -> list[Row]:
    found: list[Row] = []
    for net, data, loss, most in (
        ([2, 16, 16, 1], "moons", "binary_cross_entropy", 1.0),
        ([64, 64, 10], "digits", "cross_entropy", 2.0),
    ):
        at = _loss(net, data, loss)
        weights = np.random.default_rng(0).normal(size=(EVALUATIONS, at.size)) / 10
        name = "-".join(map(str, net))
        found.append((f"landscape of {name}, {EVALUATIONS:,} places", "seconds", seconds_of(lambda: at(weights)), most))  # noqa: B023
    walk = np.random.default_rng(0).normal(size=(80, 100_000)).cumsum(axis=0)
    trails = [Trail(name, part, np.arange(40)) for name, part in zip("ab", np.split(walk, 2), strict=True)]
    found.append(("the plane of 2 trails of 100,000 weights", "seconds", seconds_of(lambda: plane_of(trails)), 1.0))
    return found


def _loss(net: list[int], data: str, loss: str) -> ModelLoss:
    """The loss on all examples that a run learns from."""
    train, _ = tg.data.load(data).split(0.2, 0)
    model, objective = tg.nn.mlp(net, rng=0), Objective.of(loss)
    return ModelLoss(model, Examples(train, model, objective), objective)
