"""The backend of arrays on a tape: rules are read with it to be noted."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..backends import Backend
from ..tapes.tape import Tape, Tracer, layout


class TapeBackend(Backend):
    """Another backend, whose calls are noted."""

    def __init__(self, tape: Tape, inner: Backend):
        super().__init__(inner.device, inner.xp, Tracer)
        self.tape, self.inner = tape, inner

    def find(self, name: str) -> Any:
        if not hasattr(self.library, name):
            return super().find(name)  # a rule of the registry, read with this namespace
        function = getattr(self.inner, name)
        return partial(self.tape.note, name, function) if callable(function) else function

    def asarray(self, data: Any, dtype: Any = None) -> Any:
        if isinstance(data, Tracer):
            return data if dtype is None else data.astype(dtype)
        return self.tape.input(self.inner.asarray(data, dtype=dtype), fixed=True)

    def one(self, dtype: Any, shape: tuple[int, ...]) -> Any:
        return self.asarray(self.inner.one(dtype, shape))

    def chain(self, upstream: Any, local: Any) -> Any:
        """The chain rule; the 1 with which a backward pass starts leaves what it is multiplied by as it is."""
        product = super().chain(upstream, local)
        ones = upstream.fixed and bool((upstream.value == 1).all())
        return local if ones and _stands_for(local, product) and local.value.flags.c_contiguous else product

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """Of a plain condition, as the derivative of x ** 2 has, the one of both that it takes, if it was computed."""
        chosen, result = a if condition is True else b, self.tape.note("where", self.inner.where, condition, a, b)
        known = isinstance(condition, bool) and _stands_for(chosen, result)
        return chosen if known and self.tape.calls[chosen.place].name else result

    def erf(self, a: Any) -> Any:
        return self.tape.note("erf", self.inner.erf, a)

    def scatter_add(self, a: Any, index: Any, shape: tuple[int, ...]) -> Any:
        return self.tape.note("scatter_add", self.inner.scatter_add, a, index, shape)

    # The same arithmetic as the fused hooks of NumPy's backend, without overwriting: what they have in common, the
    # exponentials and their sums, is noted once.

    def cross_entropy_rows(self, logits: Any, labels: Any) -> Any:
        shifted, total = self._exponentials(logits)[1:]
        picked = shifted.reshape(-1)[self._at(logits, labels)]
        return self.log(total).reshape(-1) - picked

    def cross_entropy_slope(self, logits: Any, labels: Any, g: Any) -> Any:
        exponentials, _, total = self._exponentials(logits)
        slope = exponentials * ((g[:, None] if g.ndim else g) / total)
        return self.tape.note_overwriting(subtract_at, slope, self._at(logits, labels), g)

    def _exponentials(self, logits: Any) -> tuple[Any, Any, Any]:
        shifted = self.subtract(logits, self.max(logits, axis=1, keepdims=True), order="C")
        exponentials = self.exp(shifted)
        return exponentials, shifted, self.sum(exponentials, axis=1, keepdims=True)

    def _at(self, logits: Any, labels: Any) -> Any:
        rows, columns = logits.shape
        return np.arange(0, rows * columns, columns) + labels


def subtract_at(a: Any, at: Any, b: Any) -> Any:
    """a, with b subtracted from its elements at these places of the flat array."""
    a.reshape(-1)[at] -= b
    return a


def _stands_for(item: Any, result: Tracer) -> bool:
    """Whether an operand that is equal to a result also has its layout."""
    return isinstance(item, Tracer) and layout(item.value) == layout(result.value)
