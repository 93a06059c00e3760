"""A replay on a GPU as one CUDA graph."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any

from .device_replay import DeviceReplay
from .tracing import Computation


class CapturedReplay(DeviceReplay):
    """The launches of a replay, recorded by CUDA, and then asked for at once.

    A graph holds addresses. So arguments are copied into arrays of its own before it, and results into new ones after
    it; where parameters or the places of gradients have been exchanged, it is captured anew. It keeps no memory alive:
    this object does. An optimizer's update does not belong to it, as its learning rate and the number of the step,
    which change, are arguments of a kernel; it is one more launch.
    """

    def __init__(self, computation: Computation, names: tuple[str, ...], backend: Any, given: Sequence[Any]):
        self._arguments = len(names)
        self._fixed: Sequence[Any] = ()  # parameters, constants and places of gradients in the latest call
        self._graph: Any = None
        super().__init__(computation, names, backend, given)

    @property
    def why_not(self) -> str | None:
        """What a graph cannot hold, in words; None if it can hold all."""
        if not self.code.beside:
            return None
        return (
            f"it calls {self.code.beside[0]}, which is no kernel of its own, and so cannot be captured: leave out "
            "capture=True"
        )

    def _in_turn(self, *arrays: Any) -> Any:
        arguments, fixed = arrays[: self._arguments], arrays[self._arguments :]
        with self._lock:
            self.backend.prepare_products()
            if len(fixed) != len(self._fixed) or not all(map(is_, fixed, self._fixed)):
                self._fixed, self._graph = fixed, None
                return self._launch(*arrays)  # all kernels are loaded in it, which a graph must not wait for
            if self._graph is None:
                self._capture(arguments)
            for k, mine in self._inputs.items():
                self.backend.overwrite(mine, arguments[k])
            self._graph.launch()
            return tuple(map(self._handed_out, self._results))

    def _handed_out(self, result: Any) -> Any:
        """A result as an array of its own."""
        new = self.backend.xp.empty(result.shape, result.dtype)
        self.backend.overwrite(new, result)
        return new

    def _capture(self, arguments: Sequence[Any]) -> None:
        self._inputs = {k: x.copy() for k, x in enumerate(arguments) if self.backend.owns(x)}
        given = [self._inputs.get(k, x) for k, x in enumerate(arguments)]  # plain values are the same in each call
        self.code.reserve()
        stream = self.backend.xp.cuda.Stream(non_blocking=True)  # the default one cannot be captured
        with stream:
            self.backend.prepare_products()
            stream.begin_capture()
            try:
                self._results = self._launch(*given, *self._fixed)
            finally:
                graph = stream.end_capture()
        self.backend.prepare_products()
        self._graph = graph
