"""How time grows with size: the exponent p of time ∝ size^p, fitted over sizes that are doubled; 1 is linear.

The fit is the slope of log(time) by log(size) (least squares), of the shortest of several times for each size.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_edu as tg

from .scalar import chain
from .timing import Row

LINEAR = 1.1  # the hold


def exponent(work: Callable[[int], object], sizes: list[int], rounds: int, collects: bool = False) -> float:
    """The exponent with which the time of work(size) grows.

    Args:
        collects: whether Python's cyclic garbage collector runs. It finds nothing, but goes through all nodes again
            and again: a quarter more of them, and it is due.
    """
    gc.collect()
    if not collects:
        gc.disable()
    best = [min(_seconds(work, size) for _ in range(rounds)) for size in sizes]
    gc.enable()
    slope, _ = np.polyfit(np.log(sizes), np.log(best), 1)
    return float(slope)


def _seconds(work: Callable[[int], object], size: int) -> float:
    start = time.process_time()
    work(size)
    return time.process_time() - start


def _operands(n: int) -> None:
    """stack of n tensors, forward and backward."""
    parts = [tg.Tensor([1.0, 2.0], requires_grad=True) for _ in range(n)]
    tg.stack(parts).sum().backward()


def _shared(n: int) -> None:
    """One Value that n operations use."""
    a = tg.Value(0.5)
    total: Any = 0.0
    for _ in range(n):
        total = total + tg.tanh(a)
    total.backward()


def _depth(n: int) -> None:
    """n layers of 8 neurons."""
    h = tg.Tensor(np.ones((4, 8)))
    weights = [tg.Tensor(np.eye(8), requires_grad=True) for _ in range(n)]
    for weight in weights:
        h = tg.tanh(h @ weight)
    h.sum().backward()


def _batch(n: int) -> None:
    """A training step of 64-64-10 with n rows."""
    model = tg.nn.mlp([64, 64, 10], rng=0)
    rng = np.random.default_rng(0)
    x = tg.Tensor(rng.standard_normal((n, 64), dtype=np.float32))
    tg.losses.cross_entropy(model(x), rng.integers(0, 10, n)).backward()


def _width(n: int) -> None:
    """A layer of n neurons with 32 inputs, of 64 rows."""
    rng = np.random.default_rng(0)
    weight = tg.Tensor(rng.standard_normal((32, n), dtype=np.float32), requires_grad=True)
    x = tg.Tensor(rng.standard_normal((64, 32), dtype=np.float32))
    tg.relu(x @ weight).sum().backward()


def _examples(n: int) -> None:
    """A compiled neuron over n examples."""
    w, b = tg.Value(0.5), tg.Value(0.1)
    tg.compile(lambda x, y: (tg.tanh(w * x + b) - y) ** 2).mean_over([(0.5, 1.0)] * n)


def rows(quick: bool = False) -> list[Row]:
    large = 17 if quick else 20
    powers = lambda low, high: [2**k for k in range(low, high + 1)]  # noqa: E731
    works: list[tuple[str, Callable[[int], object], list[int]]] = [
        (f"nodes of a chain, 2¹⁰ to 2^{large}", chain, powers(10, large)),
        ("consumers of one Value, 2¹⁰ to 2¹⁷", _shared, powers(10, 17)),
        ("operands of stack, 2⁸ to 2¹⁴", _operands, powers(8, 14)),
        ("layers, 2⁶ to 2¹³", _depth, powers(6, 13)),
        ("rows of a batch, 2¹⁰ to 2¹⁶", _batch, powers(10, 16)),
        ("neurons of a layer, 2¹⁰ to 2¹⁶", _width, powers(10, 16)),
        ("examples of a compiled function, 2¹⁰ to 2¹⁷", _examples, powers(10, 17)),
    ]
    rounds = 2 if quick else 5
    found: list[Row] = [(name, "exponent", exponent(work, sizes, rounds), LINEAR) for name, work, sizes in works]
    with_collector = exponent(chain, powers(10, large), rounds, collects=True)
    return [*found, ("the chain, with Python's collector", "exponent", with_collector, None)]
