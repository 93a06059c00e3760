"""Parameters side by side in flat arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import backends
from ..errors import StateError
from ..value import Value


class Part(NamedTuple):
    """What one update works on: all parameters of a flat array, or one of them."""

    arrays: list[Any]  # weights, states, gradient
    steps: int  # how many updates there were, this one included
    scratch: list[Any]  # for what is in between


class Flat:
    """Tensors of one device and dtype, as views of one flat array; their gradients, and the optimizer's states, too.

    Attributes:
        params: the tensors.
        steps: for each, how many updates it has had.
    """

    def __init__(self, params: list[Any], names: Sequence[str]):
        self.params, self.names = params, names
        self.steps = [0] * len(params)
        self.backend = self._backend()
        sizes = [self._size(p) for p in params]
        ends = np.cumsum(sizes)
        self.slices = [slice(int(end) - size, int(end)) for size, end in zip(sizes, ends, strict=True)]
        self.size = int(ends[-1])
        self.weights, self.gradient, *states = (self._zeros() for _ in range(2 + len(names)))
        self.states = dict(zip(names, states, strict=True))
        self.scratch: list[Any] = []
        self.views: list[Any] = []
        self.move_in()

    def _backend(self) -> Any:
        return self.params[0].backend

    def _size(self, param: Any) -> int:
        return param.size

    def _zeros(self) -> Any:
        return self.backend.run(self.backend.xp.zeros, self.size, dtype=self.params[0].dtype)

    def move_in(self) -> None:
        """Make the parameters views of the flat arrays."""
        self.views = []
        for p, where in zip(self.params, self.slices, strict=True):
            view = self.weights[where].reshape(p.shape)
            p.move_into(view, self.gradient[where].reshape(p.shape))
            self.views.append(view)

    def _still_in(self) -> bool:
        """False if something else, such as a second optimizer of the same parameters, has moved them since."""
        return all(p._data is view for p, view in zip(self.params, self.views, strict=True))

    def forget_gradients(self) -> None:
        for p in self.params:
            p._grad = None

    def parts_with_gradient(self) -> Iterator[Part]:
        """What to update: everything at once, or, where a gradient is missing, the parameters one by one.

        To be read to its end, and each part updated before the next is asked for.
        """
        if not self._still_in():
            self.move_in()
        ready = []
        for k, p in enumerate(self.params):
            if p._grad is not None:
                ready.append(k)
                if p._grad is not p._home:  # assigned by hand, or a node of create_graph=True
                    p._home._data[...] = p._grad._data
        yield from self._parts(ready)
        for k in ready:  # a graph that was recorded with the old data cannot be differentiated any more
            self.params[k].changed()

    def _parts(self, ready: list[int]) -> Iterator[Part]:
        for k in ready:
            self.steps[k] += 1
        arrays = [self.weights, *self.states.values(), self.gradient]
        if len(ready) == len(self.params) and len(set(self.steps)) == 1:
            yield Part(arrays, self.steps[0], self.scratch)
        else:
            for k in ready:
                yield Part([array[self.slices[k]] for array in arrays], self.steps[k], [])

    def state(self) -> dict[str, np.ndarray]:
        return {name: np.array(self.backend.asnumpy(array)) for name, array in self.states.items()}

    def check_state(self, arrays: dict[str, Any], owner: str) -> None:
        """Refuse a state that does not fit.

        Raises:
            StateError: other states, or another number of elements.
        """
        if set(arrays) != set(self.names) or any(np.shape(array) != (self.size,) for array in arrays.values()):
            raise StateError(f"{owner}: the state is that of other parameters, or of other settings")

    def load(self, arrays: dict[str, Any], steps: list[int]) -> None:
        for name, array in arrays.items():
            self.states[name][...] = self.backend.asarray(np.asarray(array, dtype=self.states[name].dtype))
        self.steps = steps


class FlatValues(Flat):
    """Values: their numbers are gathered before an update, and brought back after it."""

    params: list[Value]

    def _backend(self) -> Any:
        return backends.get("cpu")

    def _size(self, param: Any) -> int:
        return 1

    def _zeros(self) -> Any:
        return np.zeros(self.size)

    def move_in(self) -> None:
        pass

    def forget_gradients(self) -> None:
        for p in self.params:
            p._grad = 0.0

    def parts_with_gradient(self) -> Iterator[Part]:
        self.weights[:] = [p._data for p in self.params]
        self.gradient[:] = [float(p._grad) for p in self.params]
        yield from self._parts(list(range(len(self.params))))
        for p, number in zip(self.params, self.weights.tolist(), strict=True):
            p.data = number
