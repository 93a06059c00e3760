"""Trainings of 50 steps give PyTorch's numbers, on every device, and never wait for it."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from oracle import frozen
from oracle.nn_cases import CASES, build, run


@pytest.mark.parametrize("name", CASES)
def test_a_training_gives_the_numbers_of_pytorch(name: str, device: str) -> None:
    expected = frozen.load("nn")[name]
    ours = run(CASES[name], device)
    assert len(expected["losses"]) == 50
    np.testing.assert_allclose(ours["losses"], expected["losses"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours["outputs"], expected["outputs"], rtol=1e-9, atol=1e-9)
    assert ours["losses"][-1] < ours["losses"][0]


@pytest.mark.parametrize("name", CASES)
def test_a_training_step_never_waits_for_the_device(name: str) -> None:
    case = CASES[name]
    model = build(case, "fake")
    optimizer = tg.optim.Adam(model.parameters())
    x = tg.Tensor(case.x, device="fake")
    on_device = tg.Tensor(case.target, device="fake")
    for target in (case.target, on_device):  # labels on the host are checked there and uploaded
        with fake_cupy.counting() as count:
            optimizer.zero_grad()
            case.loss(model(x), target).backward()
            optimizer.step()
        assert count.syncs == 0
        assert count.launches > 10


def test_words_on_the_device_are_looked_up_there() -> None:
    words = np.array([[0, 3, 3], [1, 2, 0]])
    gradients = []
    for device in ("cpu", "fake"):
        layer = tg.nn.Embedding(5, 2, rng=0, dtype="float64", device=device)
        with fake_cupy.counting() as count:
            (layer(tg.Tensor(words, device=device)) ** 2).sum().backward()
        assert count.syncs == 0
        gradients.append(layer.weight.grad.numpy())
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-12)
    np.testing.assert_allclose(gradients[0][3], 4 * layer.weight.numpy()[3])  # word 3 is there twice
    np.testing.assert_array_equal(gradients[0][4], 0.0)
