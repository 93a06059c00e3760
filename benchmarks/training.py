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

import tinygrad_edu as tg

from .tensors import RATE, SIZES, Problem, Step, by_hand, step_rows
from .timing import Row

OF_PYTORCH = (0.65, 0.85, 1.0)  # what the three sizes are held to


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

    loss_and_gradients = tg.compile(loss_of)

    def compiled_step() -> float:
        optimizer.zero_grad()
        loss = loss_and_gradients(x, labels)
        optimizer.step()
        return float(loss.item())

    if compile:
        return compiled_step
    return step if device != "cpu" else lambda: float(step().item())  # type: ignore[return-value]


def rows() -> list[Row]:
    found: list[Row] = []
    for (layers, batch), of_pytorch in zip(SIZES, OF_PYTORCH, strict=True):
        found += step_rows(compiled, layers, batch, "compiled", of_numpy=1.1, of_pytorch=of_pytorch)
    for layers, batch in SIZES:
        found += step_rows(with_layers, layers, batch, "not compiled")
    return [*found, *memory(), *launches()]


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
        (f"{work}, compiled", against, compiled_peak / theirs, 1.1),
        (f"{work}, not compiled", against, ours / theirs, 1.1),
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
        (work, "kernel launches", float(counted.launches), 16.0),
        (work, "hidden waits", float(counted.syncs), 0.0),
    ]
