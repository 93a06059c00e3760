"""The scalar engine against micrograd: its own moons demo, the same user code, and a long chain."""

from __future__ import annotations

import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from types import ModuleType
from typing import Any

import tinygrad_edu as tg

from .timing import Row, collected_between, interleaved


def moons_step(value: Any, nn: ModuleType) -> Callable[[], float]:
    """One training step of micrograd's demo: a 2-16-16-1 network with hinge loss on 100 moons (Karpathy 2020)."""
    from sklearn.datasets import make_moons

    nn.Value = value  # type: ignore[attr-defined]  # micrograd's layers make whatever this names
    random.seed(1337)
    x, y = make_moons(n_samples=100, noise=0.1, random_state=0)
    rows, targets = x.tolist(), (y * 2 - 1).tolist()
    model = nn.MLP(2, [16, 16, 1])

    def step() -> float:
        nn.Value = value  # type: ignore[attr-defined]
        scores = [model(list(map(value, row))) for row in rows]
        losses = [(1 + -target * score).relu() for target, score in zip(targets, scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad
        return float(loss.data)

    return step


def rows() -> list[Row]:
    alone = [  # before the competitors fill the memory that the garbage collector looks at
        ("bytes a node", "", bytes_a_node(), 250.0),
        ("chain of 100,000 additions, s", "", statistics.median(chain(100_000) for _ in range(5)), 0.5),
        ("chain of 200,000: time a node", "of 100,000", chain(200_000) / chain(100_000) / 2, None),
    ]
    from micrograd import engine, nn

    ours, theirs = moons_step(tg.Value, nn), moons_step(engine.Value, nn)
    for _ in range(3):
        a, b = ours(), theirs()
        assert abs(a - b) < 1e-9, (a, b)
    garbage = collected_between(ours)
    mine, other = interleaved(ours, theirs, rounds=7, warmup=1)
    return [
        ("moons demo, times faster", "micrograd", other / mine, 6.0),
        ("moons demo, cyclic garbage", "objects", float(garbage), 0.0),
        *alone,
    ]


def bytes_a_node(n: int = 20_000) -> float:
    """Memory of a graph of binary operations, with its gradients, divided by its nodes."""
    a, b = tg.Value(0.5), tg.Value(1.5)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    y = a
    for _ in range(n // 2):
        y = y * b + a
    y.backward()
    size = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return size / n


def chain(n: int) -> float:
    """Seconds for y = a + a + ... forward, backward and deletion."""
    a = tg.Value(1.0)
    start = time.perf_counter()
    y = a
    for _ in range(n):
        y = y + a
    y.backward()
    assert a.grad == n + 1
    del y
    return time.perf_counter() - start
