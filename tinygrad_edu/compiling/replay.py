"""A replay: the code of a recorded function, and the tensors that it works on."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backends
from ..clock import SERIAL
from ..tapes.numpy_code import WRITTEN, Code
from ..tensors.storing import begin_storing, end_ahead, end_storing, go_ahead, store
from ..tensors.tensor import Tensor
from .names import different, of_node
from .tracing import Computation


class Replay:
    """Computes what is on a tape, for other arguments, and brings the parameters their gradients.

    Args:
        computation: what the function does.
        names: of all its arguments.
    Attributes:
        source: the code.
    """

    def __init__(self, computation: Computation, names: tuple[str, ...]):
        buffered = {p: tracer for p, tracer in computation.gradients if p._buffer is not None}
        others = {p: tracer for p, tracer in computation.gradients if p._buffer is None}
        self._buffered, self._unbuffered, self._outputs = list(buffered), list(others), len(computation.outputs)
        tensors = computation.tensors.values()
        self._forms = [(tensor, _form(tensor)) for tensor in tensors]
        self._look_again()
        wanted = [*names, *map(of_node, tensors), *[f"d_{of_node(p)}" for p in buffered]]
        found = iter(different(wanted, taken=WRITTEN))
        inputs = dict(zip([*range(len(names)), *computation.tensors], found, strict=False))
        buffers = list(zip(buffered.values(), found, strict=True))
        code = Code(computation.tape, inputs, computation.outputs, list(others.values()), buffers)
        self.source, self._run = code.source, code.run
        computation.tape.forget()

    def fits(self) -> bool:
        """Whether parameters and constants, and the places of gradients, are what the code was written for."""
        for tensor, array, tracked, buffer in self._watched:
            if tensor._data is not array or tensor._tracked is not tracked or tensor._buffer is not buffer:
                return self._look_again()
        return True

    def _look_again(self) -> bool:
        """Whether arrays that have been exchanged are of the same form; then they are worked on from now on."""
        if any(form != _form(tensor) for tensor, form in self._forms):
            return False
        self._watched = [(t, t._data, t._tracked, t._buffer) for t, _ in self._forms]
        self._given = [t._data for t, _ in self._forms]  # what the code takes after the arguments ...
        self._buffers = [p._buffer._data for p in self._buffered]  # ... and then
        return True

    def __call__(self, arguments: list[Any]) -> list[Tensor]:
        """The function's results; the gradients are added to those that the parameters have."""
        ahead = go_ahead()
        try:
            free = ahead
            for p in self._buffered:
                free = free and p._grad is None
            gradients = self._buffers if free else [np.empty_like(p._data) for p in self._buffered]
            results = self._run(*arguments, *self._given, *gradients)
            kept: set[int] = set()
            begin_storing()
            try:
                for p, received in zip(self._buffered, gradients, strict=True):
                    if free and p._grad is None:  # what `store` does then, without the call
                        p._grad = p._buffer
                        p._grad.serial = next(SERIAL)
                    else:
                        store(p, received, kept, ahead)
                for p, received in zip(self._unbuffered, results[self._outputs :], strict=True):
                    store(p, received, kept, ahead)
            finally:
                end_storing()
        finally:
            if ahead:
                end_ahead()
        return [Tensor.wrap(np.asarray(array), _CPU) for array in results[: self._outputs]]


_CPU = backends.get("cpu")


def _form(tensor: Tensor) -> tuple[Any, ...]:
    """What the code depends on; the numbers may change. Strides decide in which order numbers are summed."""
    array = tensor._data
    return array.shape, array.dtype, array.strides, tensor.backend, tensor.requires_grad, tensor._buffer is None
