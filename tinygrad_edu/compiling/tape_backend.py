"""The backend of arrays on a tape: rules are read with it to be noted."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..backends import Backend
from ..backends.numpy import NumpyBackend
from ..tapes.tape import Tape, Tracer, layout, values


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


class HostTapeBackend(TapeBackend):
    """Parts of rules as NumPy's backend computes them."""

    cross_entropy_rows: Any = NumpyBackend.cross_entropy_rows
    cross_entropy_slope: Any = NumpyBackend.cross_entropy_slope
    _exponentials: Any = NumpyBackend._exponentials

    def subtract_at(self, a: Any, at: Any, b: Any) -> Any:
        return self.tape.note_overwriting(NumpyBackend.subtract_at, a, at, b)


class DeviceTapeBackend(TapeBackend):
    """Parts of rules in the plain steps of which kernels of a GPU are made: elementwise ones, and sums along lines."""

    def picked(self, rows: Any, labels: Any) -> Any:
        return self.sum(self.where(self._is_label(labels, rows), rows, 0.0), axis=1)

    def one_hot(self, labels: Any, rows: Any) -> Any:
        return self.indicator(self._is_label(labels, rows), rows)

    def _is_label(self, labels: Any, rows: Any) -> Any:
        """Which element of each row is the one at its label."""
        return self.equal(self.asarray(np.arange(rows.shape[1])), labels.reshape(-1, 1))

    def indicator(self, condition: Any, *operands: Any) -> Any:
        one, zero = (np.asarray(x, self.inner.xp.result_type(*values(operands))) for x in (1, 0))
        return self.where(condition, self.asarray(one), self.asarray(zero))


def _stands_for(item: Any, result: Tracer) -> bool:
    """Whether an operand that is equal to a result also has its layout."""
    return isinstance(item, Tracer) and layout(item.value) == layout(result.value)
