"""Label smoothing: learned from, and left out of the losses that are told."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from fake_device import fake_cupy
from tinygrad_edu.errors import ArgumentError, StateError
from tinygrad_edu.train import Checkpoint
from train.small_runs import history, network, start, weights

DATA = tg.data.load("blobs", n=60, seed=0)
SOFT = DATA.x, np.random.default_rng(0).dirichlet([1, 1, 1], size=60)
WEIGHTED = partial(tg.losses.cross_entropy, weight=np.array([1.0, 2.0, 3.0]))


def blobs(loss: Any = "cross_entropy", data: Any = DATA, **kw: Any) -> tuple[np.ndarray, tg.train.History]:
    """The weights that a run ends with, and its history."""
    model = network((2, 8, 3), device=kw.pop("device", "cpu"))
    done = history(model, data, loss, **kw)
    return weights(model), done


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("more", [{}, {"accumulate": 2, "l2": 0.1}])
@pytest.mark.parametrize("data", [DATA, SOFT])
def test_it_learns_what_the_smoothed_loss_teaches(data: Any, more: dict[str, Any], compile: bool) -> None:
    smoothed, _ = blobs(data=data, label_smoothing=0.3, compile=compile, **more)
    by_hand, _ = blobs(partial(tg.losses.cross_entropy, label_smoothing=0.3), data, compile=False, **more)
    np.testing.assert_allclose(smoothed, by_hand, rtol=1e-12)
    assert np.abs(smoothed - blobs(data=data, **more)[0]).max() > 1e-3


def test_beside_weights_of_classes(device: str) -> None:
    smoothed, _ = blobs(WEIGHTED, label_smoothing=0.3, device=device)
    np.testing.assert_allclose(smoothed, blobs(partial(WEIGHTED, label_smoothing=0.3))[0], rtol=1e-9)


def test_the_losses_that_are_told_are_without_it() -> None:
    (_, plain), (_, smoothed) = (blobs(lr=0.0, validation=DATA, label_smoothing=e) for e in (0.0, 0.3))
    assert smoothed.train_loss == plain.train_loss and smoothed.validation_loss == plain.validation_loss


def test_nothing_waits_for_the_device_in_a_step() -> None:
    run = start(network((2, 8, 3), device="fake"), DATA, "cross_entropy", label_smoothing=0.3, notices=False)
    with fake_cupy.counting() as count:
        assert [next(run).kind for _ in range(3)] == ["batch"] * 3
    assert count.syncs == 0


def test_a_run_is_resumed_with_the_same(tmp_path: Path) -> None:
    whole, _ = blobs(epochs=4, label_smoothing=0.3)
    blobs(epochs=2, label_smoothing=0.3, checkpoint=tmp_path)
    np.testing.assert_array_equal(blobs(epochs=4, label_smoothing=0.3, resume=tmp_path)[0], whole)
    with pytest.raises(StateError, match=r"label_smoothing: 0.3 there, 0.0 here"):
        blobs(epochs=4, resume=tmp_path)


def test_a_checkpoint_that_does_not_know_it_had_none(tmp_path: Path) -> None:
    blobs(epochs=2, checkpoint=tmp_path)
    checkpoint = Checkpoint.load(tmp_path)
    del checkpoint.state["settings"]["label_smoothing"]
    checkpoint.save(tmp_path)
    np.testing.assert_array_equal(blobs(epochs=4, resume=tmp_path)[0], blobs(epochs=4)[0])
    with pytest.raises(StateError, match=r"label_smoothing: 0.0 there, 0.3 here"):
        blobs(epochs=4, label_smoothing=0.3, resume=tmp_path)


@pytest.mark.parametrize("wrong", [1.0, -0.1, float("nan"), "much", True])
def test_a_share_out_of_range(wrong: Any) -> None:
    with pytest.raises(ArgumentError, match=r"label_smoothing must be a share of at least 0 and below 1, such as 0.1"):
        start(network((2, 3)), DATA, "cross_entropy", label_smoothing=wrong)


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy", lambda prediction, target: prediction.mean()])
def test_losses_that_have_no_smoothing(loss: Any) -> None:
    with pytest.raises(ArgumentError, match=r"label_smoothing is a setting of cross_entropy, and the loss is"):
        start(network((2, 3)), DATA, loss, label_smoothing=0.1)
