"""How long a training step and a matrix product take on some devices, over sizes.

The devices compute the same numbers first, or nothing is timed. They take turns, so that whatever else the machine does
meanwhile disturbs all of them; the medians of the turns are compared.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import backends
from tinygrad_edu_words import N_, _

from ..doctoring.trial import update_of
from ..errors import NegativeResult

INPUTS, CLASSES, BATCH = 64, 10, 128
UPDATES = 3  # of which the losses are compared
TURN = 0.02  # seconds that a turn takes at least, unless it is a single call
MOST_CALLS = 200
FLOAT32, TF32 = 1e-3, 2e-2  # how far numbers of two devices may lie apart, as a share

Call = Callable[[], object]


class Work(NamedTuple):
    """Something that takes longer with its size.

    Attributes:
        title, unit: what it is, and what its size is called, in English.
        sizes: each twice the one before.
        prepare: prepare(device, size) -> the numbers by which devices are compared, and a call that is timed.
    """

    kind: str
    title: str
    unit: str
    sizes: tuple[int, ...]
    prepare: Callable[[str, int], tuple[np.ndarray, Call]]


class Row(NamedTuple):
    """A size: for each device the seconds of a call, the median of the turns, the fastest and the slowest one."""

    size: int
    seconds: dict[str, tuple[float, float, float]]
    failed: str = ""  # why it, and all that is larger, could not be measured


def training_step(device: str, width: int) -> tuple[np.ndarray, Call]:
    """An update by Adam of a net with two hidden layers."""
    update = update_of(device, [INPUTS, width, width, CLASSES], BATCH, lr=1e-3)
    return np.array([float(update().item()) for _update in range(UPDATES)]), update


def matrix_product(device: str, n: int) -> tuple[np.ndarray, Call]:
    """The product of two matrices, of n rows and columns."""
    rng = np.random.default_rng(0)
    a, b = (tg.Tensor(rng.standard_normal((n, n), dtype=np.float32), device=device) for _factor in range(2))
    return (a @ b).numpy() / math.sqrt(n), lambda: a @ b


STEP = N_("a training step: a net 64-width-width-10, 128 examples, Adam")
PRODUCT = N_("a matrix product: n×n by n×n")
WORKS = (
    Work("step", STEP, N_("width"), (16, 32, 64, 128, 256, 512, 1024, 2048), training_step),
    Work("product", PRODUCT, N_("n"), (32, 64, 128, 256, 512, 1024, 2048), matrix_product),
)
TURNS = 9
QUICK_SIZES, QUICK_TURNS = 5, 3


def rows(work: Work, devices: Sequence[str], quick: bool = False, tf32: bool = False) -> Iterator[Row]:
    """Measure one size after the other.

    Raises:
        NegativeResult: two devices do not compute the same.
    """
    for size in work.sizes[: QUICK_SIZES if quick else None]:
        try:
            calls = _agreeing(work, devices, size, TF32 if tf32 else FLOAT32)
            yield Row(size, _timed(calls, QUICK_TURNS if quick else TURNS))
        except MemoryError as error:
            yield Row(size, {}, str(error) or _("there is not enough memory"))
            return


def _agreeing(work: Work, devices: Sequence[str], size: int, tolerance: float) -> dict[str, Call]:
    """The call of each device, after all have computed the same numbers."""
    calls, wanted = {}, None
    for device in devices:
        found, calls[device] = work.prepare(device, size)
        wanted = found if wanted is None else wanted
        if not np.allclose(found, wanted, rtol=tolerance, atol=tolerance):
            farthest = float(np.abs(found - wanted).max())
            text = _("{title}, {unit} {size}: {device} and {other} compute different numbers, by up to {much:.2g}")
            raise NegativeResult(
                text.format(
                    **{"title": _(work.title), "unit": _(work.unit), "size": size, "much": farthest},
                    **{"device": devices[0], "other": device},
                ),
                _("nothing was timed; see: {command}").format(command="tinygrad-edu doctor"),
            )
    return calls


def _timed(calls: dict[str, Call], turns: int) -> dict[str, tuple[float, float, float]]:
    """Interleaved turns; the first call of each, which warms up, says how many fill a turn."""
    counts = {}
    for device, call in calls.items():
        _turn(device, call, 1)
        counts[device] = min(max(math.ceil(TURN / max(_turn(device, call, 1), 1e-9)), 1), MOST_CALLS)
    taken: dict[str, list[float]] = {device: [] for device in calls}
    for _turn_number in range(turns):
        for device, call in calls.items():
            taken[device].append(_turn(device, call, counts[device]))
    return {device: (statistics.median(each), min(each), max(each)) for device, each in taken.items()}


def _turn(device: str, call: Call, count: int) -> float:
    """Seconds of a call; a device that computes while Python goes on is waited for."""
    backend = backends.get(device)
    backend.synchronize()
    begun = time.perf_counter()
    for _call in range(count):
        call()
    backend.synchronize()
    return (time.perf_counter() - begun) / count


def crossover(measured: Sequence[Row], first: str, second: str) -> tuple[int | None, int] | None:
    """Between which sizes the second device becomes the faster one, and stays so; None if it does not.

    The lower end is None where it is faster from the first size on.
    """
    faster = [row.seconds[second][0] < row.seconds[first][0] for row in measured if row.seconds]
    lost = len(faster) - faster[::-1].index(False) if False in faster else 0  # of the last size where it is slower
    if lost == len(faster):
        return None
    return (measured[lost - 1].size if lost else None), measured[lost].size
