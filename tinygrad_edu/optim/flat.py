"""Parameters side by side in flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise, starmap
from operator import is_
from typing import Any

import numpy as np

from .. import backends
from ..clock import SERIAL
from ..errors import DeviceError
from ..graph.node import data_of
from ..graph.overwritten import note_write
from ..precision import HALF, widened
from ..tapes.kernel import Kernel
from ..tensors.value import Value


class Flat:
    """Tensors of one device and dtype, as views of one flat array; their gradients, and the optimizer's states, too.

    Attributes:
        params: the tensors.
        weights, gradient: the flat arrays that their data and gradients are views of.
        steps: for each, how many updates it has had.
        states: state arrays by name, made when they are first asked for.
        state_dtype: of the states.
        scratch: arrays for temporary results, which an update fills and uses again.
        arguments, kernel: of the optimizer's rule, in the last update.
    """

    def __init__(self, params: list[Any]):
        self.params = params
        self.steps = [0] * len(params)
        self.states: dict[str, Any] = {}
        self._backend().run(self._lay_out)

    def _lay_out(self) -> None:
        self.backend = self._backend()
        ends = np.cumsum([0, *[getattr(p._data, "size", 1) for p in self.params]]).tolist()
        self.slices, self.size = list(starmap(slice, pairwise(ends))), ends[-1]
        dtype = getattr(self.params[0]._data, "dtype", np.dtype(float))
        self.weights, self.gradient = self._filled(0.0, dtype), self._filled(0.0, dtype)
        self.state_dtype = np.dtype("float32") if dtype == HALF else dtype
        self.scratch: list[Any] = []
        self.arguments: dict[str, Any] = {}
        self.kernel: Kernel
        self.move_in()

    def __getstate__(self) -> dict[str, Any]:
        return {"params": self.params, "steps": self.steps, "states": self.states}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Of a copy: views do not survive copying, so the copied parameters are laid out anew."""
        self.__dict__.update(state)
        self.states = {name: self._backend().asarray(array) for name, array in self.states.items()}
        serials = [p.serial for p in self.params]
        self._backend().run(self._lay_out)
        for p, serial in zip(self.params, serials, strict=True):  # their numbers are the same
            p.serial = serial

    def _backend(self) -> Any:
        return self.params[0].backend

    def _filled(self, value: float, dtype: Any) -> Any:
        xp = self.backend.xp
        return xp.full(self.size, value, dtype=dtype) if value else xp.zeros(self.size, dtype=dtype)

    def _updated(self) -> tuple[Any, Any]:
        """The weights and the gradient that an update works on."""
        return self.weights, self.gradient

    def move_in(self) -> None:
        """Make the parameters views of the flat arrays.

        Raises:
            DeviceError: they were moved to another device since the optimizer was made.
        """
        self.views: list[Any] = []
        for p, where in zip(self.params, self.slices, strict=True):
            if p.backend is not self.backend:
                raise DeviceError(
                    f"the optimizer was made for parameters on {self.backend.device}, which now are on {p.device}: "
                    "call model.to(device) first, and then make the optimizer"
                )
            view = self.weights[where].reshape(p.shape)
            p.move_into(view, self.gradient[where].reshape(p.shape))
            self.views.append(view)

    def holds(self) -> bool:
        """Whether data and gradient buffers of all parameters are views of the flat arrays."""
        buffers = [p._buffer._data.base for p in self.params if p._buffer is not None]
        moved_in = all(map(is_, map(data_of, self.params), self.views)) and len(buffers) == len(self.params)
        return moved_in and all(buffer is self.gradient for buffer in buffers)

    def forget_gradients(self) -> None:
        for p in self.params:
            p._grad = None

    def gather(self) -> list[int]:
        """See that weights and gradients lie in the flat arrays; returns which parameters have a gradient."""
        if not all(map(is_, map(data_of, self.params), self.views)):
            self.move_in()  # something else, such as a second optimizer of the same parameters, has moved them
        ready = []
        for k, p in enumerate(self.params):
            gradient = p._grad
            if gradient is not None:
                ready.append(k)
                if gradient is not p._buffer:  # assigned by hand, or a node of create_graph=True
                    p._buffer._data[...] = gradient._data
        return ready

    def bring_back(self, ready: Sequence[int]) -> None:
        """After an update: a graph that was recorded with the old data cannot be differentiated any more."""
        for array in [self.weights] if len(ready) == len(self.params) else [self.views[k] for k in ready]:
            note_write(array)
        for k in ready:
            self.params[k].serial = next(SERIAL)  # what `changed` does for a leaf, without the call

    def parts(self, ready: Sequence[int], initial: dict[str, float]) -> Iterable[tuple[list[Any], int]]:
        """What to update together: neighbouring parameters that have had equally many updates; nearly always, all.

        Args:
            ready: of `gather`.
            initial: the names of the states that the update takes, each with the number that it starts with.
        Returns:
            for each part its arrays (weights, states, gradient), and how many updates there were, with this one.
        """
        if not initial.keys() <= self.states.keys():
            self.states = {name: self._filled(start, self.state_dtype) for name, start in initial.items()} | self.states
        weights, gradient = self._updated()
        arrays = [weights, *map(self.states.__getitem__, initial), gradient]
        done = self.steps[0]
        if len(ready) == len(self.params) and self.steps.count(done) == len(ready):
            self.steps = [done + 1] * len(ready)
            return [(arrays, done + 1)]
        return self._parts_of(arrays, ready)

    def _parts_of(self, arrays: list[Any], ready: Sequence[int]) -> Iterator[tuple[list[Any], int]]:
        """The parts of some of the parameters, or of those that have had different numbers of updates."""
        for k in ready:
            self.steps[k] += 1
        for (_, updates), run in groupby(enumerate(ready), lambda pair: (pair[1] - pair[0], self.steps[pair[1]])):
            neighbours = [k for _, k in run]
            part = slice(self.slices[neighbours[0]].start, self.slices[neighbours[-1]].stop)
            yield [array[part] for array in arrays], updates

    def state(self) -> dict[str, np.ndarray]:
        return {name: np.array(self.backend.asnumpy(array)) for name, array in self.states.items()}

    def load(self, arrays: dict[str, Any], steps: list[int]) -> None:
        self.steps = steps
        self.states = {name: self.backend.asarray(np.array(array, self.state_dtype)) for name, array in arrays.items()}


class FlatHalf(Flat):
    """Tensors of float16, which are updated in float32 (Micikevicius et al. 2018).

    A step that is smaller than the distance between two numbers of float16 would be lost, and with it all learning; and
    the squares of small gradients would be 0. So the states are of float32, and one of them, "weights", is the weights
    themselves: the tensors hold these numbers rounded.
    """

    def holds(self) -> bool:
        return False  # what is updated are wider copies

    def _updated(self) -> tuple[Any, Any]:
        exact, wide = self.states.get("weights"), widened(self.weights)
        if exact is not None:  # what was assigned by hand since the last update counts
            wide = self.backend.where(exact.astype(HALF) == self.weights, exact, wide)
        self.states["weights"] = wide
        return wide, widened(self.gradient)

    def bring_back(self, ready: Sequence[int]) -> None:
        self.weights[...] = self.states["weights"]
        super().bring_back(ready)


class FlatValues(Flat):
    """Values: their numbers are gathered before an update, and brought back after it."""

    params: list[Value]

    def _backend(self) -> Any:
        return backends.get("cpu")

    def move_in(self) -> None:
        pass

    def holds(self) -> bool:
        return False

    def forget_gradients(self) -> None:
        for p in self.params:
            p._grad = 0.0

    def gather(self) -> list[int]:
        self.weights[:] = [p._data for p in self.params]
        self.gradient[:] = [float(p._grad) for p in self.params]
        return list(range(len(self.params)))

    def bring_back(self, ready: Sequence[int]) -> None:
        for p, number in zip(self.params, self.weights.tolist(), strict=True):
            p.data = number


def flat_of(parameter: Any) -> type[Flat]:
    """The kind of flat array for parameters like this one."""
    if isinstance(parameter, Value):
        return FlatValues
    return FlatHalf if parameter.dtype == HALF else Flat
