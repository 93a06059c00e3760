"""The scalar engine against micrograd and Python by hand: micrograd's own moons demo, single operations, chains.

Each competitor has a process of its own: micrograd's graphs are garbage that only Python's collector frees, and that
collector then looks at whatever else is there.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from types import ModuleType
from typing import Any

import tinygrad_edu as tg

from . import alone
from .timing import Row, collected_between

RATE, PENALTY, SIZES = 0.05, 1e-4, [16, 16, 1]
Step = Callable[[], float]

# --- micrograd's moons demo: a 2-16-16-1 network with hinge loss on 100 moons (Karpathy 2020) ---


def moons(who: str) -> Step:
    """A training step: "ours" and "micrograd" run the same code, "compiled" and "by hand" compute the same."""
    x, targets = _moons()
    if who == "by hand":
        return _by_hand(x, targets)
    from micrograd import engine, nn

    value = engine.Value if who == "micrograd" else tg.Value
    model = _model(nn, value)
    return _compiled(model, x, targets) if who == "compiled" else _step(nn, value, model, x, targets)


def _moons() -> tuple[list[list[float]], list[float]]:
    from sklearn.datasets import make_moons

    x, y = make_moons(n_samples=100, noise=0.1, random_state=0)
    return x.tolist(), (y * 2.0 - 1).tolist()


def _model(nn: ModuleType, value: Any) -> Any:
    nn.Value = value  # type: ignore[attr-defined]  # micrograd's layers make whatever this names
    random.seed(1337)
    return nn.MLP(2, SIZES)


def _step(nn: ModuleType, value: Any, model: Any, rows: list[list[float]], targets: list[float]) -> Step:
    def step() -> float:
        scores = [model(list(map(value, row))) for row in rows]
        losses = [(1 + -target * score).relu() for target, score in zip(targets, scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= RATE * p.grad
        return float(loss.data)

    return step


def _compiled(model: Any, x: list[list[float]], targets: list[float]) -> Step:
    examples = [(*row, target) for row, target in zip(x, targets, strict=True)]
    loss_and_gradients, parameters = compiled_loss(model), model.parameters()

    def step() -> float:
        model.zero_grad()
        loss = loss_and_gradients.mean_over(examples)
        for p in parameters:
            p.data -= RATE * p.grad
        return float(loss.data)

    return step


def compiled_loss(model: Any) -> Any:
    """The loss of one example, with the penalty."""

    def loss(x1: Any, x2: Any, target: Any) -> Any:
        return (1 + -target * model([x1, x2])).relu() + PENALTY * sum(p * p for p in model.parameters())

    return tg.compile(loss)


def _by_hand(rows: list[list[float]], targets: list[float]) -> Step:
    """Backpropagation as one writes it in plain Python: lists of weights, sums over zipped lists."""
    random.seed(1337)
    layers, n = [], 2
    for size in SIZES:
        layers.append([([random.uniform(-1, 1) for _ in range(n)], [0.0]) for _ in range(size)])
        n = size

    def step() -> float:
        total = 0.0
        slopes = [[[0.0] * len(w) for w, _ in layer] for layer in layers]
        biases = [[0.0] * len(layer) for layer in layers]
        for row, target in zip(rows, targets, strict=True):
            activations = [row]
            for k, layer in enumerate(layers):
                h = activations[-1]
                z = [sum([a * b for a, b in zip(w, h, strict=True)]) + bias[0] for w, bias in layer]
                activations.append([a if a > 0 else 0.0 for a in z] if k + 1 < len(layers) else z)
            margin = 1 - target * activations.pop()[0]
            if margin <= 0:
                continue
            total += margin
            upstream = [-target]
            for k in range(len(layers) - 1, -1, -1):
                h, below = activations[k], [0.0] * len(activations[k])
                for (w, _), slope, g, j in zip(layers[k], slopes[k], upstream, range(len(upstream)), strict=True):
                    if g:
                        biases[k][j] += g
                        for i, a in enumerate(h):
                            slope[i] += g * a
                            below[i] += g * w[i]
                upstream = [g if a > 0 else 0.0 for g, a in zip(below, h, strict=True)]
        loss = total / len(rows)
        for layer, of_weights, of_biases in zip(layers, slopes, biases, strict=True):
            for j, (w, bias) in enumerate(layer):
                for i, slope in enumerate(of_weights[j]):
                    loss += PENALTY * w[i] * w[i]
                    w[i] -= RATE * (slope / len(rows) + 2 * PENALTY * w[i])
                loss += PENALTY * bias[0] * bias[0]
                bias[0] -= RATE * (of_biases[j] / len(rows) + 2 * PENALTY * bias[0])
        return loss

    return step


# --- operations with a plain number ---

OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "2 * a": lambda a: 2 * a,
    "a - 1": lambda a: a - 1,
    "a ** 2": lambda a: a**2,
    "-a": lambda a: -a,
    "a.relu()": lambda a: a.relu(),
}


def operations(who_and_what: str) -> Step:
    """Many of one operation, without a backward pass: "ours 2 * a"."""
    who, _, what = who_and_what.partition(" ")
    operation, a = OPERATIONS[what], _value(who)(1.5)

    def step() -> float:
        for _ in range(1000):
            y = operation(a)
        return float(y.data)

    return step


def _value(who: str) -> Any:
    if who == "ours":
        return tg.Value
    from micrograd import engine

    return engine.Value


# --- figures ---


def rows(quick: bool = False) -> list[Row]:
    ours, micrograd, compiled, by_hand = alone.seconds(
        moons, ["ours", "micrograd", "compiled", "by hand"], rounds=3 if quick else 9
    )
    found: list[Row] = [
        ("moons demo, times faster", "micrograd", micrograd / ours, 8.0),
        ("moons demo compiled, times faster", "micrograd", micrograd / compiled, 400.0),
        ("moons demo compiled", "Python by hand", compiled / by_hand, 1.0),
        ("moons demo, to compile it", "seconds", statistics.median(_build() for _ in range(5)), 0.1),
    ]
    for what in OPERATIONS:
        mine, theirs = alone.seconds(operations, [f"ours {what}", f"micrograd {what}"], rounds=5 if quick else 21)
        found.append((f"{what}, times faster", "micrograd", theirs / mine, 1.0))
    return [
        *found,
        ("moons demo, cyclic garbage", "objects", float(_garbage()), 0.0),
        ("bytes a node", "", bytes_a_node(), 250.0),
        ("chain of 100,000 additions", "seconds", statistics.median(chain(100_000) for _ in range(5)), 0.18),
    ]


def _garbage() -> int:
    step = moons("ours")
    step()  # what is imported and made for the first time is over
    return collected_between(step)


def _build() -> float:
    """Seconds to record the demo's loss and to write it down, with one replay."""
    from micrograd import nn

    x, targets = _moons()
    loss = compiled_loss(_model(nn, tg.Value))
    gc.collect()
    start = time.process_time()
    loss.mean_over([(*x[0], targets[0])])
    return time.process_time() - start


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
    start = time.process_time()
    y = a
    for _ in range(n):
        y = y + a
    y.backward()
    assert a.grad == n + 1
    del y
    return time.process_time() - start
