"""How long runs go on that are compared at equal updates of the weights, and how long a comparison takes."""

from __future__ import annotations

from collections.abc import Iterable

from .run import Run

UPDATES = 1000  # where batches of different size are compared and nothing was said
SECONDS_AN_UPDATE = 1.5e-4  # what an update takes, however small the network
SECONDS_AN_EPOCH = 2e-3
SECONDS_AN_OPERATION = 2e-10  # a multiplication and an addition, in a matrix product
PATIENCE = 30.0  # seconds: so long three seeds may take where nobody asked for them


def epochs_of(updates: int, updates_per_epoch: dict[str, int]) -> dict[str, int]:
    """The epochs in which runs make about as many updates as each other, by their labels.

    The run with the most updates an epoch makes whole epochs of about `updates` in all, and at least one; the others
    make as many, to half an epoch of theirs.
    """
    most = max(updates_per_epoch.values())
    total = max(round(updates / most), 1) * most
    return {label: max(round(total / each), 1) for label, each in updates_per_epoch.items()}


def seconds(runs: Iterable[Run]) -> float:
    """About how long runs take. It is counted, not measured: the same command makes the same runs everywhere."""
    return sum(map(_seconds, runs))


def _seconds(run: Run) -> float:
    epochs = run.config.epochs or 1
    weights = sum(p.size for p in run.model.parameters())
    operations = weights * (3 * len(run.train) + len(run.held_out))
    an_epoch = run.updates_per_epoch * SECONDS_AN_UPDATE + SECONDS_AN_EPOCH + operations * SECONDS_AN_OPERATION
    return epochs * an_epoch
