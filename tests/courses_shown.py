"""Courses that the tests of their pages and moving pictures share."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu_viz import Course


def perceptron(optimizer: str = "Adam", updates: int = 3, **settings: Any) -> Course:
    numbers = {"w1": 3.0, "x1": 1.0, "w2": -2.0, "x2": 2.0, "b": 1.0, "y": 1.0}
    w1, x1, w2, x2, b, y = (tg.Value(number, name=name) for name, number in numbers.items())
    chosen = getattr(tg.optim, optimizer)([w1, w2, b], **{"lr": 0.1, **settings})
    return Course.record((tg.sigmoid(w1 * x1 + w2 * x2 + b) - y) ** 2, chosen, updates, title="the perceptron")


def tensors() -> Course:
    W = tg.Tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True, name="W")
    loss = ((W @ tg.Tensor([1.0, -1.0], name="x") - 0.5) ** 2).sum()
    return Course.record(loss, tg.optim.SGD([W], lr=0.02, momentum=0.9), 2)


def network() -> Course:
    """Other labels in each pass, which stand in a box, and other dropout."""
    tg.seed(0)
    net = tg.nn.mlp([3, 4, 2], dropout=0.3)
    rng = np.random.default_rng(0)

    def loss() -> Any:
        x = tg.Tensor(rng.normal(size=(5, 3)).astype("float32"), name="x")
        return tg.losses.cross_entropy(net(x), rng.integers(2, size=5))

    return Course.record(loss, tg.optim.SGD(net.parameters(), lr=0.3), 2)


def branching() -> Course:
    """Passes of two graphs."""
    w = tg.Value(2.0, name="w")

    def loss() -> Any:
        return (w * 3.0 - 1.0) ** 2 if w.data > 1 else tg.exp(w) + w

    return Course.record(loss, tg.optim.SGD([w], lr=0.05), 3)


def lost() -> Course:
    """A loss that becomes nan."""
    w = tg.Value(1.0, name="w")
    return Course.record(tg.log(w) + w, tg.optim.SGD([w], lr=2.0), 3)


COURSES = {
    "perceptron": perceptron,
    "tensors": tensors,
    "network": network,
    "branching": branching,
    "lost": lost,
}
