"""A replay: the code of a traced function, and the tensors that it works on."""

from __future__ import annotations

import re
from itertools import count
from keyword import iskeyword
from typing import Any
from unicodedata import normalize

import numpy as np

from .. import backends
from ..backprop import store
from ..modes import SERIAL
from ..tensor import Tensor
from .code import WRITTEN, Code
from .tracing import Traced


class Replay:
    """Computes what was traced, for other arguments, and brings the parameters their gradients.

    Args:
        traced: of the function.
        names: of all its arguments.
    Attributes:
        source: the code.
    """

    def __init__(self, traced: Traced, names: tuple[str, ...]):
        self._homes = {p: p._home for p, _ in traced.gradients if p._home is not None}
        self._homeless = [p for p, _ in traced.gradients if p._home is None]
        self._outputs = len(traced.outputs)
        tensors = list(traced.tensors.values())
        self._forms = [(tensor, _form(tensor)) for tensor in tensors]
        self._watched: list[tuple[Tensor, Any, bool, Tensor | None]] = []  # tensors, and what was seen of them
        self._given: list[Any] = []  # what the code takes after the arguments
        self._look_again()
        places = [*range(len(names)), *traced.tensors]
        gradients = [(p, noted) for p, noted in traced.gradients if p in self._homes]
        different = _different([*names, *map(_name, tensors), *[f"d_{_name(p)}" for p, _ in gradients]])
        parameters = dict(zip(places, different, strict=False))
        homes = [(noted, name) for (_, noted), name in zip(gradients, different[len(places) :], strict=True)]
        owned = [noted for p, noted in traced.gradients if p not in self._homes]
        code = Code(traced.tape, parameters, traced.outputs, owned, homes)
        self.source, self._run = code.source, code.run
        traced.tape.forget()

    def fits(self) -> bool:
        """Whether parameters and constants, and the places of gradients, are what the code was written for."""
        for tensor, array, tracked, home in self._watched:
            if tensor._data is not array or tensor._tracked is not tracked or tensor._home is not home:
                return self._look_again()
        return True

    def _look_again(self) -> bool:
        """Whether arrays that have been exchanged are of the same form; then they are worked on from now on."""
        if any(form != _form(tensor) for tensor, form in self._forms):
            return False
        self._watched = [(t, t._data, t._tracked, t._home) for t, _ in self._forms]
        self._homes = {p: p._home for p in self._homes if p._home is not None}  # none is, as the form is the same
        self._given = [t._data for t, _ in self._forms] + [home._data for home in self._homes.values()]
        return True

    def __call__(self, arguments: list[Any]) -> list[Tensor]:
        """The function's results; the gradients are added to those that the parameters have."""
        before = [(home._data, p._grad._data.copy()) for p, home in self._homes.items() if p._grad is not None]
        try:
            results = self._run(*arguments, *self._given)
        except BaseException:  # an interruption, or an error
            for gradient, earlier in before:
                gradient[...] = earlier
            raise
        for gradient, earlier in before:
            gradient += earlier
        for p, home in self._homes.items():
            p._grad = home
            home.serial = next(SERIAL)  # what was computed from the gradient of an earlier pass belongs to the old one
        if self._homeless:
            kept: set[int] = set()
            for p, received in zip(self._homeless, results[self._outputs :], strict=True):
                store(p, received, kept)
        return [Tensor.wrap(np.asarray(array), _CPU) for array in results[: self._outputs]]


_CPU = backends.get("cpu")


def _form(tensor: Tensor) -> tuple[Any, ...]:
    """What the code depends on; the numbers may change. Strides decide in which order numbers are summed."""
    array = tensor._data
    return array.shape, array.dtype, array.strides, tensor.backend, tensor.requires_grad, tensor._home is None


# --- names -----------------------------------------------------------------------------------------------------------


def _name(tensor: Tensor) -> str:
    """A tensor's name as one of Python's; that of its layer comes last: "0.weight" is weight_0."""
    words = re.findall(r"[^\W\d]\w*|\d+", tensor.name or ("weight" if tensor.requires_grad else "constant"))
    return "_".join([w for w in words if not w[0].isdigit()] + [w for w in words if w[0].isdigit()])


def _different(wanted: list[str]) -> list[str]:
    """Names of Python that are all different."""
    found: list[str] = []
    for name in wanted:
        name = normalize("NFKC", name)  # as Python reads it
        free = name if name.isidentifier() and not iskeyword(name) else "array"
        for k in count(2):
            if free not in found and free not in WRITTEN:
                break
            free = f"{name}_{k}"
        found.append(free)
    return found
