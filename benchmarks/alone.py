"""Competitors that take turns, each in a process of its own: one leaves no garbage, and no memory, to another.

python -m benchmarks.alone MODULE FUNCTION ARGUMENT ...    the process of one: it makes a step, and waits for turns
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module

from . import timing  # noqa: F401  (sets one thread before anything loads NumPy)


def seconds(maker: Callable[..., object], competitors: Sequence[str], rounds: int, repeat: int = 1) -> list[float]:
    """Median seconds of one call of each competitor's step, which is `maker(competitor)`.

    Before anything is timed the steps have given their results, which must agree to nine digits.
    """
    children = [_Child(maker, competitor) for competitor in competitors]
    try:
        results = [child.ask("result") for child in children]
        assert max(results) - min(results) <= 1e-9 * (1 + abs(results[0])), dict(zip(competitors, results, strict=True))
        times: list[list[float]] = [[] for _ in children]
        pairs = list(zip(children, times, strict=True))
        for turn in range(rounds):
            for child, taken in pairs if turn % 2 else reversed(pairs):
                taken.append(child.ask(str(repeat)))
        return [statistics.median(taken) for taken in times]
    finally:
        for child in children:
            child.end()


class _Child:
    def __init__(self, maker: Callable[..., object], competitor: str):
        call = [sys.executable, "-m", "benchmarks.alone", maker.__module__, maker.__name__, competitor]
        self._process = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what: str) -> float:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(what, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    module, function, *arguments = sys.argv[1:]
    step = getattr(import_module(module), function)(*arguments)
    for line in sys.stdin:
        if line.strip() == "result":
            print(float(step()), flush=True)
            continue
        start = time.process_time()
        for _ in range(int(line)):
            step()
        print((time.process_time() - start) / int(line), flush=True)


if __name__ == "__main__":
    main()
