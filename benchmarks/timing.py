"""Measuring ratios: competitors take turns in one process, so that a machine whose speed drifts is fair to both.

Times are those of the processor, of all threads of the process, unless it says otherwise: what else the machine does is
not counted.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable

# One thread for everybody; it must be said before NumPy and PyTorch load their libraries. And each library multiplies
# with what it thinks best for this processor: where NumPy's alone is held to an older one's, XLA is half as fast again.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.pop("OPENBLAS_CORETYPE", None)

Row = tuple[str, str, float, float | None]  # work, against, measured, the hold


def interleaved(*steps: Callable[[], object], rounds: int, repeat: int = 1, warmup: int = 2) -> list[float]:
    """Median seconds of one call of each step; the steps take turns, `repeat` calls at a time.

    Every other round goes backwards, as it matters to a step whose data are in the cache when its turn begins.
    """
    times: list[list[float]] = [[] for _ in steps]
    pairs = list(zip(steps, times, strict=True))
    for turn in range(-warmup, rounds):
        for step, taken in pairs if turn % 2 else reversed(pairs):
            start = time.process_time()
            for _ in range(repeat):
                step()
            if turn >= 0:
                taken.append((time.process_time() - start) / repeat)
    return [statistics.median(taken) for taken in times]


def seconds_of(work: Callable[[], object], rounds: int = 3) -> float:
    """Median seconds of one call, by the clock on the wall: what starts another program waits for it."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def collected_between(step: Callable[[], object]) -> int:
    """How many objects only the cyclic garbage collector could free after a step."""
    gc.collect()
    step()
    return gc.collect()
