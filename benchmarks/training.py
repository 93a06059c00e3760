"""Training with layers, losses and optimizers, as one would write it: the fused operations at work.

The same steps as in `tensors.py`, with `nn.Dense` and `losses.cross_entropy`: compiled to straight-line code, as
`train.fit` runs them, and operation by operation. Then the peak memory of the largest; and, on the fake device of the
tests, how many kernels a GPU would launch for a step and how often the host would wait.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np

import tinygrad_edu as tg

from .tensors import QUICK_ROUNDS, RATE, SIZES, Problem, Step, by_hand, step_by_hand, step_rows
from .timing import Row, interleaved

# what the three sizes are held to
OF_NUMPY, OF_PYTORCH = (0.95, 0.98, 0.98), (0.65, 0.85, 1.0)  # compiled
EAGER_OF_NUMPY, EAGER_OF_PYTORCH = (1.35, 1.1, 1.0), (0.75, 0.85, 0.95)


def compiled(problem: Problem) -> Step:
    """A training step of Dense layers, compiled."""
    return with_layers(problem, compile=True)


def with_layers(problem: Problem, device: str = "cpu", compile: bool = False) -> Step:
    """A training step of Dense layers."""
    last = len(problem.layers) - 2
    model = tg.nn.Sequential(
        *[
            tg.nn.Dense(n, m, activation="relu" if k < last else None, device=device)
            for k, (n, m) in enumerate(pairwise(problem.layers))
        ]
    )
    for parameter, weights in zip(model.parameters(), problem.weights, strict=True):
        parameter.data = weights
    kind = {"sgd": tg.optim.SGD, "adam": tg.optim.Adam}[problem.optimizer]
    optimizer = kind(model.parameters(), lr=RATE)
    x, labels = tg.Tensor(problem.x, device=device), problem.labels
    if device != "cpu":
        labels = tg.Tensor(labels, device=device).data

    def loss_of(x: tg.Tensor, labels: object) -> tg.Tensor:
        return tg.losses.cross_entropy(model(x), labels)

    def step() -> tg.Tensor:
        loss = loss_of(x, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    if compile:
        training_step = tg.compile(loss_of, optimizer=optimizer)
        return lambda: float(training_step(x, labels).item())
    return step if device != "cpu" else lambda: float(step().item())  # type: ignore[return-value]


def rows(quick: bool = False) -> list[Row]:
    found: list[Row] = []
    sizes, rounds = (SIZES[:1], QUICK_ROUNDS) if quick else (SIZES, None)
    holds = zip(OF_NUMPY, OF_PYTORCH, EAGER_OF_NUMPY, EAGER_OF_PYTORCH, strict=True)
    for (layers, batch), (numpy, pytorch, eager_numpy, eager_pytorch) in zip(sizes, holds, strict=False):
        found += step_rows(compiled, layers, batch, "compiled", numpy, pytorch, 1.0, rounds)
        found += step_rows(with_layers, layers, batch, "not compiled", eager_numpy, eager_pytorch, rounds=rounds)
    found.append(fitted(rounds))
    return found if quick else [*found, *memory(), *launches()]


def fitted(rounds: int | None = None) -> Row:
    """An epoch of `fit` on the digits, with its measures, against the same batches by hand."""
    from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    problem = Problem((64, 64, 10), 32, "adam")

    def ours() -> object:
        model = tg.nn.Sequential(tg.nn.Dense(64, 64, activation="relu"), tg.nn.Dense(64, 10))
        optimizer = tg.optim.Adam(model.parameters(), lr=RATE)
        return list(tg.train.fit(model, (x, labels), "cross_entropy", optimizer, epochs=4, notices=False))

    def hand() -> None:
        for epoch in range(4):
            order = np.random.default_rng(epoch).permutation(len(x))
            for start in range(0, len(x), 32):
                rows = order[start : start + 32]
                step_by_hand(problem, x[rows], labels[rows])

    mine, other = interleaved(ours, hand, rounds=rounds or 9)
    return ("fit, digits 64-64-10 batch 32, adam", "NumPy by hand, in place", mine / other, 1.5)


def memory() -> list[Row]:
    """Peak memory of a step of the largest network, with all that it keeps."""
    layers, batch = SIZES[-1]
    peaks = []
    for make in (compiled, with_layers, by_hand):
        gc.collect()
        tracemalloc.start()
        step = make(Problem(layers, batch, "adam"))
        step()
        step()
        tracemalloc.reset_peak()  # what building and compiling the network took is over
        step()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    work, against = "peak memory of the largest step", "NumPy by hand, in place"
    compiled_peak, ours, theirs = peaks
    return [
        (f"{work}, compiled", against, compiled_peak / theirs, 0.95),
        (f"{work}, not compiled", against, ours / theirs, 0.95),
    ]


def launches() -> list[Row]:
    """Kernel launches and hidden waits of a step on the strict fake device."""
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    from fake_device import fake_cupy
    from tinygrad_edu import backends
    from tinygrad_edu.backends.cupy import CupyBackend

    backends.register(CupyBackend("fake", fake_cupy, fake_cupy.ndarray, fake_cupy.special))
    step = with_layers(Problem((784, 256, 10), 128, "adam"), device="fake")
    step()
    with fake_cupy.counting() as counted:
        step()
    work = "784-256-10 batch 128, adam, fused"
    return [
        (work, "kernel launches", float(counted.launches), 14.0),
        (work, "hidden waits", float(counted.syncs), 0.0),
    ]
