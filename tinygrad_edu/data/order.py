"""In which order an epoch goes through the rows."""

from __future__ import annotations

from typing import Any

import numpy as np


def order_of_epoch(
    rows: int, size: int, shuffle: bool, seed: int, epoch: int, drop_last: bool
) -> tuple[np.ndarray[Any, Any], list[slice]]:
    """The positions of all rows, and where to cut them into batches of `size`.

    A shuffled order depends on (seed, epoch) and on nothing else, so that a run that was stopped in any epoch can go on
    with the order that it would have had. The last batch is smaller where rows are left, unless it is dropped.
    """
    order = np.random.default_rng([seed, epoch]).permutation(rows) if shuffle else np.arange(rows)
    stop = rows - rows % size if drop_last else rows
    return order, [slice(start, min(start + size, stop)) for start in range(0, stop, size)]
