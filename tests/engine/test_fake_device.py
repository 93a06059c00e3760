"""The fake device itself, where it differs from CuPy on purpose, and what the engine may ask of a device."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from engine.cases import Case, all_forms
from fake_device import beliefs, fake_cupy
from fake_device.counting import Count

ROOT = Path(__file__).parents[2]


def count(call: Callable[[], Any]) -> Count:
    with fake_cupy.counting() as counted:
        call()
    return counted


# --- what it counts, and what it makes of undefined numbers ----------------------------------------------------------


@pytest.mark.parametrize("name", beliefs.VIEWS)
def test_a_view_launches_nothing(name: str) -> None:
    a = beliefs.iota(fake_cupy)
    assert count(lambda: beliefs.VIEWS[name](fake_cupy, a)).launches == 0


SEVERAL = {"concatenate": 2, "pad": 4, "roll": 4, "cumsum": 2, "eye": 2}  # as counted on the emulated device


@pytest.mark.parametrize("name", beliefs.KERNELS)
def test_a_call_launches_as_many_kernels_as_cupy(name: str) -> None:
    a = beliefs.iota(fake_cupy)
    assert count(lambda: beliefs.KERNELS[name](fake_cupy, a)).launches == SEVERAL.get(name, 1)


def test_counting_blocks_nest_and_end() -> None:
    a = fake_cupy.ones(3)
    with fake_cupy.counting() as outer:
        a + a
        with fake_cupy.counting() as inner:
            float(a.sum())
        a += a
    a * a
    assert (inner.launches, inner.syncs) == (1, 1)
    assert (outer.launches, outer.syncs) == (3, 1)


def test_empty_memory_is_garbage() -> None:
    assert np.isnan(fake_cupy.empty((2, 2)).get()).all()
    assert (fake_cupy.empty_like(fake_cupy.zeros(3, dtype="int32")).get() != 0).all()


def test_the_winner_among_duplicates_is_undefined() -> None:
    a = beliefs.assigned(fake_cupy.zeros(4), np.array([1, 1, 2, -2]), fake_cupy.asarray([5.0, 6.0, 7.0, 7.0]))
    np.testing.assert_array_equal(a.get(), [0, np.nan, 7, 0])


def test_names_and_options_of_numpy_alone_do_not_exist() -> None:
    a = fake_cupy.ones(3)
    for name in ("errstate", "vecdot", "unstack", "nditer", "insert", "block", "scatter_add", "linalg"):
        assert not hasattr(fake_cupy, name)
    assert not hasattr(a, "to_device")
    with pytest.raises(TypeError, match="where"):
        fake_cupy.add(a, a, where=True)


def test_arrays_of_two_devices_do_not_meet() -> None:
    with fake_cupy.cuda.Device(1):
        other = fake_cupy.ones(3)
    with pytest.raises(ValueError, match="resides on device 1"):
        other + 1.0


def test_a_skipped_gpu_test_is_a_failure_where_a_gpu_is_required() -> None:
    environment = os.environ | {"TINYGRAD_EDU_REQUIRE_GPU": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "-k", "weak", "-p", "no:cacheprovider", "tests/gpu"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stdout
    assert "skipped, although TINYGRAD_EDU_REQUIRE_GPU=1" in result.stdout


# --- what the engine asks of it --------------------------------------------------------------------------------------


def gradients(case: Case, device: str) -> list[np.ndarray]:
    leaves = [tg.Tensor(operand, requires_grad=True, device=device) for operand in case.operands]
    result = case.function(*leaves)
    result.backward(tg.Tensor(np.cos(np.arange(result.size)).reshape(result.shape), device=result.backend))
    return [result.numpy(), *[leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]]


@pytest.mark.parametrize("case", all_forms(), ids=str)
def test_the_fake_gives_the_numbers_of_the_cpu(case: Case) -> None:
    for ours, cpu in zip(gradients(case, "fake"), gradients(case, "cpu"), strict=True):
        np.testing.assert_allclose(ours, cpu, rtol=1e-12, atol=1e-14)


# The host must know how many elements a mask takes, and a move to the host is one.
WAITS = {"getitem by a mask of its own numbers", "move to the host"}


@pytest.mark.parametrize("case", [case for case in all_forms() if str(case) not in WAITS], ids=str)
def test_no_operation_waits_for_the_device(case: Case) -> None:
    """Forward, backward, and backward with recorded gradients leave every number on the device."""
    leaves = [tg.Tensor(operand, requires_grad=True, device="fake") for operand in case.operands]
    with fake_cupy.counting() as counted:
        result = case.function(*leaves)
        ones = tg.Tensor(np.ones(result.shape), device="fake")
        result.backward(ones)
        result.backward(ones, create_graph=True)
    assert counted.syncs == 0


def mlp_step(device: str) -> Callable[[], tg.Tensor]:
    """A training step of 8-16-4 with relu, cross-entropy and plain gradient descent, written with Tensor operations."""
    rng = np.random.default_rng(0)
    x = tg.Tensor(rng.normal(size=(32, 8)).astype("float32"), device=device)
    rows, labels = np.arange(32), rng.integers(0, 4, 32)
    weights = [rng.normal(size=shape).astype("float32") for shape in [(8, 16), (16,), (16, 4), (4,)]]
    parameters = [tg.Tensor(weight, requires_grad=True, device=device) for weight in weights]

    def step() -> tg.Tensor:
        w1, b1, w2, b2 = parameters
        logits = tg.relu(x @ w1 + b1) @ w2 + b2
        loss = -tg.log_softmax(logits)[rows, labels].mean()
        loss.backward()
        for parameter in parameters:
            assert parameter.grad is not None
            parameter.data = parameter.data - 0.1 * parameter.grad.data
            parameter.grad = None
        return loss

    return step


FORWARD = 21  # 5 for the layers, 9 for log_softmax, 4 for indexing by two arrays, 3 for mean and sign
BACKWARD = 18  # 3 products, 2 sums for the biases, 2 for relu, 4 for log_softmax, 5 to scatter, mean, and the first one
UPDATE = 2 * 4  # a product and a difference for each parameter


def test_a_training_step_of_an_mlp_keeps_its_budget() -> None:
    step = mlp_step("fake")
    losses = [step() for _ in range(3)]
    counted = count(step)
    assert counted.syncs == 0
    assert counted.launches <= FORWARD + BACKWARD + UPDATE
    step_on_cpu = mlp_step("cpu")
    np.testing.assert_allclose([loss.item() for loss in losses], [step_on_cpu().item() for _ in range(3)], rtol=1e-6)
