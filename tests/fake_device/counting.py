"""What the fake device is asked to do, counted: launches of kernels, waits, uploads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(eq=False)
class Count:
    """What the device was asked to do inside a `counting()` block."""

    launches: int = 0
    syncs: int = 0
    uploads: int = 0
    devices: int = 0  # how often one was made current


_counts: list[Count] = []


@contextmanager
def counting() -> Iterator[Count]:
    """Count what the device is asked to do in the block."""
    count = Count()
    _counts.append(count)
    try:
        yield count
    finally:
        _counts.remove(count)


def tally(**done: int) -> None:
    """Add to every count; the names are those of `Count`."""
    for count in _counts:
        for name, times in done.items():
            setattr(count, name, getattr(count, name) + times)
