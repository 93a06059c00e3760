"""In which order an epoch goes through the examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .examples import Examples

if TYPE_CHECKING:
    from .run import Settings


def batch_positions(examples: Examples, settings: Settings, epoch: int) -> list[Any]:
    """The positions of the rows of each batch, on the device, where they are uploaded once an epoch.

    They are those of `Dataset.batches(..., seed, epoch - 1)`: a function of seed and epoch and of nothing else.
    """
    rows, size = settings.rows, settings.batch_size
    order = np.random.default_rng([settings.seed, epoch - 1]).permutation(rows) if settings.shuffle else np.arange(rows)
    on_device = examples.backend.asarray(order)
    stop = rows - rows % size if settings.drop_last else rows
    cuts = [slice(start, min(start + size, stop)) for start in range(0, stop, size)]
    return [examples.backend.run(on_device.__getitem__, cut) for cut in cuts]
