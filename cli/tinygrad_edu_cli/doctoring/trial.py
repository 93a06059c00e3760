"""A trial: a small network learns for a moment, on each device, and gets the numbers that it gets on the CPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.losses import categorical
from tinygrad_edu_words import _

from ..cuda_errors import translated
from . import gpu
from .finding import Finding

LONGEST = 5.0  # seconds
NET, ROWS, UPDATES = [64, 64, 10], 32, 50


def trials() -> Iterator[Finding]:
    wanted, seconds = learned("cpu")
    yield Finding(
        _("trial on cpu"), "works", _("{updates} updates in {seconds:.2f} s").format(updates=UPDATES, seconds=seconds)
    )
    for device in [finding.name for finding in gpu.devices() if finding.state == "works"]:
        try:
            found, seconds = learned(device)
        except Exception as error:  # whatever CUDA, a library of it, or a compiler says
            why = translated(f"{type(error).__name__}: {error}")
            yield Finding(_("trial on {device}").format(device=device), "broken", why, "nvidia-smi")
            continue
        name = _("trial on {device}").format(device=device)
        if not np.allclose(found, wanted, rtol=1e-2, atol=1e-3):
            fact = _("its losses are not those of the CPU: {found:.4f} instead of {wanted:.4f}")
            yield Finding(name, "broken", fact.format(found=found[-1], wanted=wanted[-1]))
            continue
        fact = _("{updates} updates in {seconds:.2f} s, with the compilation of kernels")
        advice = _("the first run compiles kernels, later ones find them: try again") * (seconds > LONGEST)
        said = fact.format(updates=UPDATES, seconds=seconds)
        yield Finding(name, "old" if advice else "works", said, advice)


def learned(device: str) -> tuple[list[float], float]:
    """The losses of the first and the last updates, and how long it took."""
    start = time.perf_counter()
    update = update_of(device, NET, ROWS, lr=0.01)
    seen = [update().detach() for _update in range(UPDATES)]
    found = [float(loss.item()) for loss in (seen[0], seen[-1])]
    return found, time.perf_counter() - start


def update_of(device: str, net: Sequence[int], rows: int, lr: float) -> Callable[[], tg.Tensor]:
    """A call that updates a network by Adam, and gives its loss: on each device with the same examples and weights.

    Args:
        net: units of each layer.
        rows: examples, which are all in the batch.
    """
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((rows, net[0]), dtype=np.float32), rng.integers(0, net[-1], rows)
    model = tg.nn.mlp(net, rng=0, device=device)
    optimizer = tg.optim.Adam(model.parameters(), lr=lr)
    batch, targets = tg.Tensor(x, device=device), tg.Tensor(labels, device=device).data

    def update() -> tg.Tensor:
        loss = categorical.cross_entropy(model(batch), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return update
