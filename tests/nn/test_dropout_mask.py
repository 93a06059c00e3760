"""Which elements dropout keeps: a fair, independent and reproducible choice, the same on all devices."""

from __future__ import annotations

import numpy as np
import pytest

from tinygrad_edu import backends
from tinygrad_edu.nn.dropout import keep_mask, mask_keys


def mask(device: str, seed: int, step: int, shape: tuple[int, ...], p: float) -> np.ndarray:
    backend = backends.get(device)
    return backend.asnumpy(backend.run(keep_mask, backend, mask_keys(seed, step), shape, p))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 1, 2**63, 123456789])
def test_the_rate_of_a_mask(p: float, seed: int, device: str) -> None:
    n = 400_000
    keep = mask(device, seed, 3, (n,), p)
    assert keep.dtype == bool
    assert abs(keep.mean() - (1 - p)) < 4 * np.sqrt(p * (1 - p) / n)


@pytest.mark.parametrize("other", ["neighbour", "256 further", "next step", "next seed"])
def test_elements_of_masks_are_independent(other: str) -> None:
    """χ² of the four pairs of two fair bits: 3 degrees of freedom, 99.99 % lie below 21.1."""
    n = 400_000
    keep = mask("cpu", 5, 7, (n,), 0.5)
    beside = {
        "neighbour": np.roll(keep, 1),
        "256 further": np.roll(keep, 256),
        "next step": mask("cpu", 5, 8, (n,), 0.5),
        "next seed": mask("cpu", 6, 7, (n,), 0.5),
    }[other]
    counts = np.bincount(2 * keep + beside, minlength=4)
    assert ((counts - n / 4) ** 2 / (n / 4)).sum() < 21.1


def test_every_bit_of_the_hash_is_fair() -> None:
    """Masks of 15 rates, nested in one another, sort the numbers that were compared with the rates into 16 bins."""
    n, edges = 200_000, np.arange(1, 16) / 16
    kept = np.array([mask("cpu", 9, 0, (n,), p) for p in edges])
    assert (kept[:-1] >= kept[1:]).all()  # the same numbers, other bounds
    counts = np.bincount((~kept).sum(axis=0), minlength=16)
    assert ((counts - n / 16) ** 2 / (n / 16)).sum() < 44.3  # 15 degrees of freedom, 99.99 %


@pytest.mark.parametrize("shape", [(), (7,), (3, 4, 5), (0, 3)])
def test_a_mask_is_a_function_of_seed_step_and_index(shape: tuple[int, ...], device: str) -> None:
    found = mask(device, 3, 4, shape, 0.4)
    assert found.shape == shape
    np.testing.assert_array_equal(found, mask("cpu", 3, 4, shape, 0.4))
    np.testing.assert_array_equal(found.ravel(), mask("cpu", 3, 4, (60,), 0.4)[: found.size])


def test_masks_of_other_steps_and_seeds_differ() -> None:
    masks = {mask("cpu", seed, step, (64,), 0.5).tobytes() for seed in range(20) for step in range(20)}
    assert len(masks) == 400


def test_dropping_nothing_keeps_all(device: str) -> None:
    assert mask(device, 1, 1, (1000,), 0.0).all()
