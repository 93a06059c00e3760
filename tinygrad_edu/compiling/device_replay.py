"""A replay on a GPU."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from ..tapes.cuda.program import DeviceCode
from ..tapes.numpy_code import Code
from ..tapes.tape import Tape
from ..tensors.tensor import Tensor
from .replay import Replay
from .tracing import Computation


class DeviceReplay(Replay):
    """Computes what is on a tape on a device.

    Two threads may call it: one asks the device for all of a step before the other does, as the intermediate results of
    both lie in the same memory. (In one stream: what is asked for first is computed first.)

    Args:
        backend: of the device.
        given: the arguments with which the tape was recorded; those of calls lie in memory as they do.
    """

    def __init__(self, computation: Computation, names: tuple[str, ...], backend: Any, given: Sequence[Any]):
        self.backend, self._lock = backend, threading.Lock()
        arrays = [x._data if isinstance(x, Tensor) else x for x in given]
        self._strided = [k for k, x in enumerate(arrays) if backend.owns(x) and not x.flags.c_contiguous]
        backend.run(super().__init__, computation, names)
        self._launch, self._run = self._run, self._in_turn

    def _code(self, tape: Tape, inputs: Any, outputs: Any, owned: Any, buffers: Any) -> Code:
        self.code = DeviceCode(tape, inputs, outputs, owned, buffers, self.backend)
        return self.code

    def _in_turn(self, *arrays: Any) -> Any:
        with self._lock:
            self.backend.prepare_products()
            return self._launch(*arrays)

    def train(self, arguments: list[Any], optimizer: Any) -> list[Tensor]:
        found: list[Tensor] = self.backend.run(super().train, self._in_order(arguments), optimizer)
        return found

    def __call__(self, arguments: list[Any]) -> list[Tensor]:
        found: list[Tensor] = self.backend.run(super().__call__, self._in_order(arguments))
        return found

    def _in_order(self, arguments: list[Any]) -> list[Any]:
        """The arguments, with arrays of the device in the order of their rows."""
        for k in self._strided:
            arguments[k] = self.backend.run(arguments[k].copy)
        return arguments

    def _wrapped(self, results: Sequence[Any]) -> list[Tensor]:
        return [Tensor.wrap(array, self.backend) for array in results]
