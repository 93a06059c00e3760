"""Dropout: units are left out at random, so that none can rely on another."""

from __future__ import annotations

import math
from typing import Any

from .. import backends
from ..checks import is_within, whole_number
from ..errors import ArgumentError
from ..graph.modes import MODES, call_beside
from ..graph.operation import REGISTRY
from ..namespaces.namespace import part
from ..random import generator
from ..rules import functional
from ..rules.composed import as_tensor
from ..tensors.tensor import Tensor
from .module import Module

MASK = "dropout mask"  # how drawings call it


class Dropout(Module):
    """In training each element becomes 0 with probability p, and the others are multiplied by 1 / (1 - p).

    So the expected output is the input, and `eval()` makes the layer the identity (Srivastava et al. 2014).

    Which elements are dropped is a pure function of the seed and of the number of calls in training so far. Both belong
    to the state (`seed`, `step` in `state_dict`): a run that is resumed drops the same ones as one that was not
    stopped, on every device.

    Args:
        p: in [0, 1).
        seed: an integer; None draws one from `tg.random`.
    Raises:
        ArgumentError: p outside of [0, 1), or a negative seed.
    """

    counters = ("seed", "step")

    def __init__(self, p: float = 0.5, seed: int | None = None):
        if not is_within(p, 0, below=1):
            raise ArgumentError(
                f"Dropout: p is the probability that a unit is dropped, at least 0 and below 1, not {p!r}"
                + ("; with 1.0 nothing would be left to learn from" if p == 1 else "")
            )
        if seed is not None and whole_number("Dropout: seed", seed, 0) >= 2**63:
            raise ArgumentError(f"Dropout: seed must be below 2**63, not {seed!r}")
        self.p = float(p)
        self.seed = int(generator().integers(2**63)) if seed is None else int(seed)
        self.step = 0

    def forward(self, x: Any) -> Any:
        if not self.training or not self.p:
            return x
        x = as_tensor(x)
        if not isinstance(x, Tensor):  # an array of Values
            cpu = backends.get("cpu")
            return functional.multiply(x, call_beside(cpu, self._factor, cpu, tuple(x.shape), float))
        factor, product = x.backend.run(x.backend.dropped, x._data, self._next_keys(), self.p)
        watch = MODES.get().watch
        if watch is not None:  # a replay computes other factors in each call
            watch.called(self._factor, (x.backend, tuple(x.shape), factor.dtype), factor)
        mask = Tensor.wrap(factor, x.backend)
        mask.name = MASK
        return Tensor.computed(REGISTRY["multiply"], (x, mask), product)

    def _factor(self, backend: backends.Backend, shape: tuple[int, ...], dtype: Any) -> Any:
        """The factors of the next step: 0 for what is dropped, 1 / (1 - p) for what is kept."""
        return backend.dropout_factor(self._next_keys(), shape, self.p, dtype)

    def _next_keys(self) -> int:
        keys = mask_keys(self.seed, self.step)
        self.step += 1
        return keys

    def settings(self) -> str:
        return f"p={self.p}"


def mask_keys(seed: int, step: int) -> int:
    """The keys of the hash in a step, 32 bits and 32 bits."""
    return _splitmix(_splitmix(seed) + step)


@part
def dropout_factor(xp: Any, keys: int, shape: tuple[int, ...], p: float, dtype: Any) -> Any:
    """What each element is multiplied by: 0 where it is dropped, 1 / (1 - p) where it is kept."""
    return keep_mask(xp, keys, shape, p).astype(dtype) * (1 / (1 - p))


@part
def dropped(xp: Any, x: Any, keys: int, p: float) -> tuple[Any, Any]:
    """These factors for the elements of x, and x times them."""
    factor = xp.dropout_factor(keys, x.shape, p, x.dtype if x.dtype.kind == "f" else float)
    return xp.asarray(factor), xp.asarray(x * factor)  # of a single number NumPy makes scalars


def keep_mask(xp: Any, keys: int, shape: tuple[int, ...], p: float) -> Any:
    """Which elements dropout keeps: booleans, each False with probability `p`.

    A mask is a pure function of (seed, step, index), so it is the same on every device, and the same again when a run
    is resumed. The index goes through an integer hash with good mixing (lowbias32, Wellons 2018), whose keys come from
    seed and step (splitmix64, Steele, Lea & Flood 2014).
    """
    x = xp.arange(math.prod(shape), dtype="uint32")
    x ^= keys & 0xFFFFFFFF
    x ^= x >> 16
    x *= 0x7FEB352D
    x ^= x >> 15
    x += keys >> 32
    x *= 0x846CA68B
    x ^= x >> 16
    return (x >= round(p * 2**32)).reshape(shape)


def _splitmix(x: int) -> int:
    """64 well mixed bits of an integer."""
    x = (x + 0x9E3779B97F4A7C15) % 2**64
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)
