"""What may change between two calls, and is noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import batches, call_both, leaf, same
from tinygrad_edu import nn


def test_modes_of_modules(rng: np.random.Generator):
    """Dropout is the identity in eval mode; a module may be in another mode than the one that it is in."""
    regularized = nn.Sequential(nn.BatchNorm1d(8), nn.Dropout(0.5, seed=1))
    model = nn.Sequential(nn.Dense(4, 8, rng=0), regularized, nn.Dense(8, 2, rng=1))
    twin = copy.deepcopy(model)
    step = tg.compile(lambda x: model(x).sum())
    for k in range(16):
        for m in (model, twin):
            m.train(k % 7 < 4)
            m[1].train(k % 5 > 0)
        x = tg.Tensor(rng.standard_normal((5, 4)).astype("f4"))
        assert step(x).item() == twin(x).sum().item()
    assert all(map(same, model.state_dict().values(), twin.state_dict().values()))


def test_the_mode_of_a_module_whose_forward_is_called_by_name(rng: np.random.Generator):
    w, dropout = leaf(30), nn.Dropout(0.5, seed=1)
    step = tg.compile(lambda x: dropout.forward(x * w).sum())
    for x in batches(rng, 30):
        step(*x)
    dropout.eval()
    np.testing.assert_array_equal(step(*x).item(), (x[0] * w).sum().item())


@pytest.mark.parametrize("n", range(1, 5))
def test_frozen_and_thawed_parameters(n: int, rng: np.random.Generator):
    w, v = leaf(3), leaf(3, seed=2)
    loss = lambda x: (x * w * v).sum()  # noqa: E731
    step = tg.compile(loss)
    for k, x in enumerate(batches(rng, 3, n=12)):
        if k in (n, n + 4):
            w.requires_grad = k != n
        call_both(step, loss, [w, v], *x)
        assert (w.grad is None) is (n <= k < n + 4)


def test_data_of_another_shape_and_order(rng: np.random.Generator):
    w = leaf(30, 20)
    loss = lambda x: (tg.sin(w) + x).sum()  # noqa: E731
    step = tg.compile(loss)
    for k, (x,) in enumerate(batches(rng, 30, 20, n=12)):
        if k == 4:
            w.data = np.asfortranarray(w.data)
        if k == 8:
            w.data = rng.standard_normal((30, 1))
        call_both(step, loss, [w], x)


@pytest.mark.parametrize("constant", [tg.Tensor.detach, tg.Tensor, lambda t: t], ids=["detach", "Tensor", "itself"])
def test_constants_that_change(constant: Callable[..., Any], rng: np.random.Generator):
    """A target network, say: its weights are assigned, or moved by an optimizer."""
    w, target = leaf(3), leaf(3, seed=2)
    loss = lambda x: (x * constant(target) * w).sum()  # noqa: E731
    step = tg.compile(loss)
    for k, x in enumerate(batches(rng, 3, n=12)):
        if k > 3:
            target.data = target.data * 0.5
        if k == 8:
            tg.optim.SGD([target], lr=0.1)
        call_both(step, loss, [w], *x)


def test_a_dropout_rate_that_changes(rng: np.random.Generator):
    """`fit` compiles unasked, so it must not miss what a schedule does to a layer in between."""

    def losses(compile: bool) -> list[float]:
        dropout = nn.Dropout(0.0, seed=1)
        model = nn.Sequential(nn.Dense(4, 8, rng=0), dropout, nn.Dense(8, 1, rng=1))
        x = np.random.default_rng(0).standard_normal((32, 4))
        events = tg.train.fit(model, (x, x.sum(axis=1)), "mse", tg.optim.SGD(model.parameters(), lr=0.01), epochs=6,
                              compile=compile)  # fmt: skip
        found = []
        for event in events:
            dropout.p = 0.1 * (len(found) // 4)
            found.append(event)
        return tg.train.History.of(found).train_loss

    assert losses(compile=True) == losses(compile=False)
