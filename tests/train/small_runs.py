"""Runs that take milliseconds, for the tests of this folder."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.train import EndEvent, Event, History


def moons(n: int = 60, noise: float = 0.1, seed: int = 0) -> tuple[tg.data.Dataset, tg.data.Dataset]:
    """A training and a validation part."""
    return tg.data.load("moons", n=n, noise=noise, seed=seed).split(0.25, seed=seed)


def network(
    sizes: tuple[int, ...] = (2, 8, 1),
    activation: Any = "tanh",
    dropout: float = 0.0,
    dtype: Any = "float64",
    **kw: Any,
) -> tg.nn.Sequential:
    return tg.nn.mlp(sizes, activation=activation, dropout=dropout, rng=0, dtype=dtype, **kw)


def start(model: Any, data: Any, loss: Any = "binary_cross_entropy", lr: float = 0.1, optimizer: Any = None, **kw: Any):
    """The events of a run; SGD unless an optimizer is given."""
    optimizer = optimizer or tg.optim.SGD(model.parameters(), lr=lr)
    return tg.train.fit(model, data, loss, optimizer, **{"epochs": 3, "batch_size": 16, **kw})


def history(model: Any, data: Any, *args: Any, **kw: Any) -> History:
    return History.of(start(model, data, *args, **kw))


def weights(model: Any) -> np.ndarray:
    """All of a model's state as one array."""
    return np.concatenate([array.ravel() for array in model.state_dict().values()])


def end_of(events: list[Event]) -> EndEvent:
    last = events[-1]
    assert isinstance(last, EndEvent)
    return last
