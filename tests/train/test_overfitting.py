"""Overfitting is shown, not told: 60 noisy moons, a wide network, and three remedies."""

from __future__ import annotations

from typing import Any

import pytest

import tinygrad_edu as tg
from tinygrad_edu.train import EarlyStopping, History

SEEDS = range(5)


def run(seed: int, dropout: float = 0.0, **settings: Any) -> History:
    train = tg.data.load("moons", n=60, noise=0.3, seed=seed)
    validation = tg.data.load("moons", n=400, noise=0.3, seed=100 + seed)
    model = tg.nn.mlp([2, 64, 64, 1], dropout=dropout, rng=seed)
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    settings = {"epochs": 150, "batch_size": 20, "seed": seed, "validation": validation, **settings}
    return History.of(tg.train.fit(model, train, "binary_cross_entropy", optimizer, **settings))


@pytest.fixture(scope="module")
def plain() -> list[History]:
    return [run(seed) for seed in SEEDS]


def final(history: History) -> float:
    assert history.end is not None and history.end.validation_loss is not None
    return history.end.validation_loss


def test_a_wide_network_learns_its_examples_by_heart(plain: list[History]) -> None:
    for history in plain:
        assert max(history.train_accuracy) == 1.0
        assert history.best_epoch is not None and history.best_epoch < 50  # its validation loss turns up ...
        assert final(history) > 1.5 * min(history.validation_loss)
        assert [notice.name for notice in history.notices] == ["overfitting"]  # ... and the run says so


@pytest.mark.parametrize(
    "remedy",
    [{"dropout": 0.5}, {"l2": 0.01}, {"early_stopping": EarlyStopping(patience=10)}],
    ids=["dropout", "l2", "early stopping"],
)
def test_each_remedy_lowers_the_final_validation_loss(plain: list[History], remedy: dict[str, Any]) -> None:
    for seed in SEEDS:
        assert final(run(seed, **remedy)) < 0.9 * final(plain[seed])
