"""Compiled functions on other machines, copied, in memory, and in threads."""

from __future__ import annotations

import copy
import gc
import linecache
import pickle
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from compiling.compare import assert_same, batches, leaf, same
from tinygrad_edu import nn


def test_on_a_gpu_it_runs_as_it_is(rng: np.random.Generator):
    """Also where only the parameters are there, and where they move there later."""
    model = nn.Dense(4, 3, activation="relu", rng=0)
    x = tg.Tensor(rng.standard_normal((5, 4)).astype("f4"))
    step = tg.compile(lambda y: tg.losses.cross_entropy(model(x), y))
    for device in ("cpu", "fake"):
        x = x.to(device)
        model.to(device)
        for _ in range(4):
            loss = step(rng.integers(0, 3, 5))
            assert loss.device == device
    assert step.why_not is None


class Net(nn.Module):
    """A model that compiles its own loss."""

    def __init__(self) -> None:
        self.dense = nn.Dense(4, 1, rng=0)
        self.step = tg.compile(self.loss)

    def loss(self, x: Any) -> Any:
        return self.dense(x).sum()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
def test_copies_work_on_their_own_parameters(copied: Callable[..., Any]):
    net, x = Net(), tg.Tensor(np.ones((2, 4), dtype="f4"))
    for _ in range(3):
        net.step(x)
    twin = copied(net)
    twin.dense.weight.data = np.zeros((4, 1))
    for _ in range(4):
        twin.dense.weight.grad = net.dense.weight.grad = None
        assert twin.step(x).item() == 0.0
        assert twin.dense.weight.grad is not None and net.dense.weight.grad is None


def test_a_copy_of_a_compiled_function_works_on_the_same_parameters(rng: np.random.Generator):
    w = leaf(3)
    step = tg.compile(lambda x: (x * w).sum())
    for x in batches(rng, 3):
        step(*x)
    twin = copy.deepcopy(step)
    w.data = np.zeros(3)
    assert twin(*x).item() == 0.0


def test_a_module_that_compares_by_its_fields(rng: np.random.Generator):
    """A dataclass cannot be hashed."""

    @dataclass
    class Scale(nn.Module):
        weight: Any

        def forward(self, x: Any) -> Any:
            return x * self.weight

    scale = Scale(leaf(3))
    loss = lambda x: scale(x).sum()  # noqa: E731
    assert_same(tg.compile(loss), loss, [scale.weight], batches(rng, 3))


def test_memory(rng: np.random.Generator):
    """A replay leaves no cycles; arguments of earlier calls are gone, and so is the code of a function that is gone."""
    model = nn.mlp([40, 50, 3], rng=0)
    tg.optim.SGD(model.parameters(), lr=0.1)
    step = tg.compile(lambda x, y: tg.losses.cross_entropy(model(x), y))
    arrays = [rng.standard_normal((20, 40)).astype("f4") for _ in range(4)]
    gone = [weakref.ref(array) for array in arrays]
    gc.collect()
    gc.disable()
    try:
        for array in arrays:
            step(tg.Tensor(array), rng.integers(0, 3, 20))
        x, y = tg.Tensor(array), rng.integers(0, 3, 20)
        del arrays, array
        assert [reference() is None for reference in gone] == [True] * 3 + [False]
    finally:
        gc.enable()
    gc.collect()
    step(x, y)
    objects = len(gc.get_objects())
    for _ in range(5):
        step(x, y)
    assert len(gc.get_objects()) <= objects + 1  # the list itself
    assert gc.collect() == 0
    name = step.source
    assert any("".join(entry[2]) == name for entry in linecache.cache.values() if len(entry) == 4)
    del step
    gc.collect()
    assert not any("".join(entry[2]) == name for entry in linecache.cache.values() if len(entry) == 4)


def test_threads(rng: np.random.Generator):
    w, wrong = leaf(3), []
    step = tg.compile(lambda x: ((x * w).sum(), x * w))

    def work(seed: int) -> None:
        for (x,) in batches(np.random.default_rng(seed), 3, n=100):
            if not same(step(x)[1].numpy(), x.numpy() * w.numpy()):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
