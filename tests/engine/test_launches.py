"""The fused training step on a GPU: how many kernels it launches, and that it never waits.

What the fake counts is what it believes; the real CuPy on the emulated device must count the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from emulator import activating
from fake_device import fake_cupy
from tinygrad_edu import backends
from tinygrad_edu.graph.operation import REGISTRY

dense, softmax_cross_entropy = REGISTRY["dense"].function, REGISTRY["softmax_cross_entropy"].function


def training_step(device: str, layers: tuple[int, ...], optimizer: type[tg.optim.Optimizer]) -> Callable[[], tg.Tensor]:
    """A step of a network of dense layers, relu between them, on one batch of 32 random rows."""
    rng = np.random.default_rng(0)

    def parameter(*shape: int) -> tg.Tensor:
        return tg.Tensor(rng.standard_normal(shape) * 0.1, requires_grad=True, dtype="float32", device=device)

    weights = [parameter(n, m) for n, m in pairwise(layers)]
    biases = [parameter(m) for m in layers[1:]]
    x = tg.Tensor(rng.standard_normal((32, layers[0])), dtype="float32", device=device)
    labels = backends.get(device).asarray(rng.integers(0, layers[-1], 32))
    descent = optimizer([*weights, *biases])

    def step() -> tg.Tensor:
        h = x
        for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            h = dense(h, weight, bias, activation="relu" if k + 1 < len(weights) else None)
        loss = softmax_cross_entropy(h, labels)
        descent.zero_grad()
        loss.backward()
        descent.step()
        return loss

    return step


@pytest.fixture(params=["fake", pytest.param("cuda", marks=pytest.mark.emulator)])
def counter(request: pytest.FixtureRequest) -> tuple[str, Any]:
    """A device, and what counts in a block what it is asked to do."""
    return request.param, fake_cupy.counting if request.param == "fake" else activating.counting


def is_idle(count: Any) -> bool:
    """Whether nothing was waited for, moved between host and device, or taken from the device's memory."""
    return not any(n for name, n in vars(count).items() if name not in ("launches", "devices"))


@pytest.mark.parametrize(
    ("layers", "optimizer", "budget"),
    [
        ((784, 256, 10), tg.optim.Adam, 14),
        ((784, 256, 10), tg.optim.SGD, 14),
        ((784, 256, 128, 10), tg.optim.Adam, 20),  # 6 for each further layer
        ((20, 16, 3000), tg.optim.Adam, 14),  # as many classes as one likes
    ],
)
def test_launches_of_a_training_step(
    counter: tuple[str, Any], layers: tuple[int, ...], optimizer: type[tg.optim.Optimizer], budget: int
) -> None:
    device, counting = counter
    step = training_step(device, layers, optimizer)
    for _ in range(3):  # the first one compiles, and the next ones fill CuPy's pool of memory
        step()
    with counting() as count:
        step()
    assert count.launches == budget
    assert is_idle(count), count


@pytest.mark.parametrize("norm_type", [2.0, 3.0, math.inf])
@pytest.mark.parametrize("parameters", [1, 2, 12])
@pytest.mark.parametrize("flat", [True, False], ids=["in an optimizer", "one by one"])
def test_launches_of_clipping(counter: tuple[str, Any], flat: bool, parameters: int, norm_type: float) -> None:
    device, counting = counter
    tensors = [tg.Tensor(np.ones((k + 1, 3)), requires_grad=True, device=device) for k in range(parameters)]
    optimizer = tg.optim.SGD(tensors) if flat else None
    arrays = 1 if flat else parameters
    each = 4 if norm_type == 3 else 3  # the terms of the sum, the sum, and the product
    for launches, clip in (
        (each * arrays + 1 + (arrays > 1), lambda: tg.optim.clip_grad_norm(tensors, 1.0, norm_type)),
        (arrays, lambda: tg.optim.clip_grad_value(tensors, 1.0)),
    ):
        for _ in range(3):
            if optimizer is not None:
                optimizer.zero_grad()
            tg.concatenate(tensors).sum().backward()
            with counting() as count:
                clip()
        assert count.launches == launches
        assert is_idle(count), count


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_launches_of_a_batch_in_a_run(counter: tuple[str, Any], clip_norm: float | None) -> None:
    device, counting = counter
    rng = np.random.default_rng(0)
    data = rng.standard_normal((96, 784)).astype("float32"), rng.integers(0, 10, 96)
    model = tg.nn.mlp([784, 256, 10], "relu", device=device)
    optimizer = tg.optim.Adam(model.parameters())
    run = tg.train.start(
        model, data, "cross_entropy", optimizer, epochs=4, notices=False, compile=False, clip_norm=clip_norm
    )
    events, counts = run.events(), []
    for _ in range(4 * 4):
        with counting() as count:
            event = next(events)
        if event.kind == "batch":
            counts.append(count)
    later = [count for k, count in enumerate(counts) if k > 3 and k % 3]  # each epoch begins with an upload: its order
    assert len(later) == 6 and all(is_idle(count) for count in later)
    # the step; rows and labels that are taken; the largest logits, and the sums of what is measured
    assert {count.launches for count in later} == {14 + 2 + 2 + (4 if clip_norm else 0)}


@pytest.mark.parametrize("depth", [1, 20])
def test_a_device_is_made_current_once_for_an_operation_a_pass_an_update(depth: int) -> None:
    x, one = (tg.Tensor([1.0, 2.0], requires_grad=True, device="fake:1") for _ in range(2))
    optimizer = tg.optim.SGD([x, one])
    with fake_cupy.counting() as forward:
        y = x
        for _ in range(depth):
            y = y * one
    gradient = tg.Tensor([1.0, 1.0], device="fake:1")
    with fake_cupy.counting() as backward:
        y.backward(gradient)
    with fake_cupy.counting() as update:
        optimizer.step()
    assert (forward.devices, backward.devices, update.devices) == (depth, 2, 1)  # a pass computes, and then it stores


@pytest.mark.parametrize("optimizer", [tg.optim.SGD, tg.optim.Adam])
def test_the_step_gives_the_numbers_of_the_cpu(device: str, optimizer: type[tg.optim.Optimizer]) -> None:
    here, there = training_step("cpu", (20, 8, 4), optimizer), training_step(device, (20, 8, 4), optimizer)
    for _ in range(5):
        np.testing.assert_allclose(there().item(), here().item(), rtol=1e-5)


def test_dropout_is_a_launch_and_one_on_the_way_back(counter: tuple[str, Any]) -> None:
    device, counting = counter
    layer = tg.nn.Dropout(0.5, seed=1)
    x, g = (tg.Tensor(np.ones((8, 4), dtype="float32"), requires_grad=True, device=device) for _ in range(2))
    for _ in range(3):
        with counting() as forward:
            y = layer(x)
        with counting() as backward:
            y.backward(g)
        x.grad = None
    assert (forward.launches, backward.launches) == (1, 1)
    assert is_idle(forward) and is_idle(backward), (forward, backward)
