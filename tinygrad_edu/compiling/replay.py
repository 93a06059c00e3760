"""A replay: the code of a recorded function, and the tensors that it works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import backends
from ..clock import SERIAL
from ..tapes.numpy_code import WRITTEN, Code
from ..tapes.tape import Tape
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
        code = self._code(computation.tape, inputs, computation.outputs, list(others.values()), buffers)
        self.source, self._run = code.source, code.run
        computation.tape.forget()

    def _code(self, tape: Tape, inputs: Any, outputs: Any, owned: Any, buffers: Any) -> Code:
        return Code(tape, inputs, outputs, owned, buffers)

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
        self._whole: tuple[Any, bool] = None, False  # for an optimizer and its number of groups, what `_is_whole` says
        return True

    def train(self, arguments: list[Any], optimizer: Any) -> list[Tensor]:
        """The function's results, and an update of the parameters, whose `grad` is None before and after it.

        The gradients are written into the buffers, which are the optimizer's, and overwritten there by its rule. It
        has them for itself as long as `go_ahead` holds; where another pass does, it stores them and steps as usual.
        """
        if self._is_whole(optimizer) and go_ahead():
            try:
                results = self._run(*arguments, *self._given, *self._buffers)
                for p in self._buffered:
                    p._buffer.serial = next(SERIAL)  # what somebody computed from the gradient of an earlier pass
                optimizer.spend()
            finally:
                end_ahead()
            return self._wrapped(results)
        found = self(arguments)
        optimizer.step()
        optimizer.zero_grad()
        return found

    def _is_whole(self, optimizer: Any) -> bool:
        """Whether all that gets a gradient is all that the optimizer updates, in arrays that both work on."""
        key = optimizer, len(optimizer.groups)
        if key != self._whole[0]:
            self._whole = key, not self._unbuffered and optimizer.holds(self._buffered)
        return self._whole[1]

    def __call__(self, arguments: list[Any]) -> list[Tensor]:
        """The function's results; the gradients are added to those that the parameters have."""
        ahead = go_ahead()
        try:
            free = ahead
            for p in self._buffered:
                free = free and p._grad is None
            gradients = self._buffers if free else [p.backend.xp.empty_like(p._data) for p in self._buffered]
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
        return self._wrapped(results[: self._outputs])

    def _wrapped(self, results: Sequence[Any]) -> list[Tensor]:
        return [Tensor.wrap(np.asarray(array), _CPU) for array in results]


_CPU = backends.get("cpu")


def _form(tensor: Tensor) -> tuple[Any, ...]:
    """What the code depends on; the numbers may change. Strides decide in which order numbers are summed."""
    array = tensor._data
    return array.shape, array.dtype, array.strides, tensor.backend, tensor.requires_grad, tensor._buffer is None
