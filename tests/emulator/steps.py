"""What a training step asks of a GPU, and how long that takes the host, where launches are free.

A step of Adam for the layers 784-256-10 and a batch of 128, by the competitors of `benchmarks.gpu`. Their losses are
compared before; then nothing is computed any more (`dry()`), and all that is left is the host's own time.
"""

from __future__ import annotations

import gc
import json
from dataclasses import asdict, astuple, fields
from typing import NamedTuple

from benchmarks.timing import interleaved

from . import activating


class Row(NamedTuple):
    """A competitor's step: the host's time in seconds, and what it asks of the device."""

    seconds: float
    count: activating.Count


def measured(case: str, rounds: int, repeat: int) -> tuple[dict[str, Row], dict[str, str]]:
    """The rows by name, and why competitors are left out.

    Args:
        case: of `benchmarks.gpu`.
        rounds: windows of each competitor; its time is the median of them.
        repeat: steps in one window.
    """
    from benchmarks import gpu
    from benchmarks.gpu_steps import Problem

    made, failed = gpu.agreeing(gpu.competitors(Problem(*gpu.CASES[case]), tf32=False, torch=False), tolerance=1e-3)
    runs = [competitor.run for competitor in made.values()]
    gc.collect()
    gc.freeze()  # what was imported and compiled is not gone through again and again
    counts = []
    try:
        with activating.dry():
            times = interleaved(*runs, rounds=rounds, repeat=repeat)
            for run in runs:
                with activating.counting() as count:
                    run()
                counts.append(count)
    finally:
        gc.unfreeze()
    return dict(zip(made, map(Row, times, counts), strict=True)), failed


def main(as_json: bool = False) -> int:
    activating.activate()
    from benchmarks import gpu

    rows, failed = measured("small", rounds=25, repeat=40)
    if as_json:
        print(json.dumps({name: {"seconds": row.seconds, **asdict(row.count)} for name, row in rows.items()}))
        return gpu.FAILED if failed else gpu.DONE
    columns = [field.name for field in fields(activating.Count)]
    print(f"{'':19}{'host':>8}  of fused  {'  '.join(columns)}")
    for name, (seconds, count) in rows.items():
        numbers = "  ".join(f"{n:{len(column)}}" for n, column in zip(astuple(count), columns, strict=True))
        print(f"{name:19}{seconds * 1e6:5.0f} us  {seconds / rows['ours, fused'].seconds:8.2f}  {numbers}")
    for name, why in failed.items():
        print(f"{name:19}FAILED {why}")
    return gpu.FAILED if failed else gpu.DONE
