"""A plan: what a function did when it was called first, and the code that does it in later calls."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from operator import is_
from typing import Any

import numpy as np

from .. import backends
from ..backprop import store
from ..node import data_of
from ..operation import Operation
from ..tensor import Tensor
from .code import Code
from .recording import Event, Recording, Source
from .tracing import Traced, trace


class Plan:
    """How to replay a function for arguments of one kind.

    Args:
        recording: of the first call.
        outputs: where its results come from.
        names: of the function's arguments.
    Attributes:
        source: the code; empty until a second recording has confirmed the first.
    """

    def __init__(self, recording: Recording, outputs: list[Source], names: tuple[str, ...]):
        self.events, self.modules, self.outputs, self.names = recording.events, recording.modules, outputs, names
        self.source = ""
        # Two calls with the same arguments do not tell what depends on them: the plan is good for these alone.
        self.only_for: list[Any] | None = arrays_of(recording.arguments)

    def confirm(self, recording: Recording, outputs: list[Source]) -> str | None:
        """Compare with another recording. If it is the same, write the code; else say where they differ."""
        why = _difference(self.events, recording.events)
        if why is None and outputs != self.outputs:
            why = "its results come from other operations in one call than in the next"
        if why is not None:
            return why
        if not self._is_for(arrays_of(recording.arguments)):
            self.only_for = None
        if not self.source:
            self._write(trace(recording, outputs))
        return None

    def _write(self, traced: Traced) -> None:
        self.takes = list(traced.arguments.values())
        self.tensors = list(traced.tensors.values())
        self.homed = [p for p, _ in traced.gradients if p._home is not None]
        self.homeless = [p for p, _ in traced.gradients if p._home is None]
        self.given = len(traced.outputs)
        self.state = self._state()
        names = _names([*[self.names[k] for k in self.takes], *[_name(t) for t in self.tensors]])
        inputs = dict(zip([*traced.arguments, *traced.tensors], names, strict=True))
        named = {id(t): name for t, name in zip(self.tensors, names[len(self.takes) :], strict=True)}
        homes = [(noted, f"d_{named[id(p)]}") for p, noted in traced.gradients if p._home is not None]
        owned = [noted for p, noted in traced.gradients if p._home is None]
        code = Code(traced.tape, inputs, traced.outputs, owned, homes)
        self.source, self.run = code.source, code.run

    # --- may it be replayed? ---

    def is_ready(self, arrays: list[Any]) -> bool:
        """Whether a call with these arguments can be replayed as things are."""
        return bool(self.source) and (self.only_for is None or self._is_for(arrays)) and self._holds()

    def is_outdated(self, recording: Recording) -> bool:
        """Whether the function may rightly do something else now than when the plan was made."""
        return self.modules != recording.modules or (bool(self.source) and not self._holds())

    def _is_for(self, arrays: list[Any]) -> bool:
        return self.only_for is not None and all(map(is_, arrays, self.only_for))

    def _holds(self) -> bool:
        """Whether modules, parameters and the places of gradients are as they were when the code was written."""
        return all(module.training is mode for module, mode in self.modules.items()) and self._state() == self.state

    def _state(self) -> list[Any]:
        found = [(tensor._tracked, tensor._data.shape, tensor._data.dtype) for tensor in self.tensors]
        return [*found, [p._home is None for p in self.homed], [p._home is None for p in self.homeless]]

    # --- the replay ---

    def replay(self, arrays: list[Any]) -> tuple[Tensor, ...]:
        """Compute the results, and bring the parameters their gradients."""
        homes = [p._home._data for p in self.homed]  # type: ignore[union-attr]
        before = [None if p._grad is None else p._grad._data.copy() for p in self.homed]
        taken = [arrays[k] for k in self.takes]
        results = self.run(*taken, *map(data_of, self.tensors), *homes)
        for p, home, earlier in zip(self.homed, homes, before, strict=True):
            if earlier is not None:
                home += earlier
            gradient = p._grad = p._home
            gradient.changed()  # type: ignore[union-attr]  # what was computed from that of an earlier pass
        kept: set[int] = set()
        for p, received in zip(self.homeless, results[self.given :], strict=True):
            store(p, received, kept)
        cpu = backends.get("cpu")
        return tuple([Tensor.wrap(np.asarray(array), cpu) for array in results[: self.given]])


def arrays_of(arguments: Iterable[Any]) -> list[Any]:
    """Arguments, with the arrays in place of the tensors."""
    return [argument._data if isinstance(argument, Tensor) else argument for argument in arguments]


# --- names -----------------------------------------------------------------------------------------------------------


def _name(tensor: Tensor) -> str:
    """A tensor's name as one of Python's; that of the layer comes last: "0.weight" is weight_0."""
    words = re.findall(r"[^\W\d]\w*|\d+", tensor.name or ("weight" if tensor._tracked else "constant"))
    return "_".join([*[w for w in words if not w[0].isdigit()], *[w for w in words if w[0].isdigit()]])


def _names(wanted: list[str]) -> list[str]:
    """Names that are all different."""
    found: list[str] = []
    for name in wanted:
        free = name if name.isidentifier() else "array"
        for k in count(2):
            if free not in found:
                break
            free = f"{name}_{k}"
        found.append(free)
    return found


# --- differences -----------------------------------------------------------------------------------------------------


def _difference(first: list[Event], second: list[Event]) -> str | None:
    """Where two recordings differ, in words; None if they are the same."""
    for k, (one, other) in enumerate(zip(first, second, strict=False), start=1):
        if one.what != other.what:
            return f"its step {k} was {_called(one)} in one call, and {_called(other)} in the next"
        for old, new in zip(_sources(one), _sources(other), strict=False):
            if old != new:
                return f"{_operand(old, new)}, in {_called(one)} (step {k})"
        if one != other:
            return f"{_called(one)} (step {k}) differs from one call to the next"
    if len(first) != len(second):
        return f"it took {len(first)} steps in one call, and {len(second)} in the next"
    return None


def _called(event: Event) -> str:
    return event.what.name if isinstance(event.what, Operation) else event.what.__name__.lstrip("_")


def _sources(event: Event) -> list[Source]:
    def inside(item: Any) -> list[Source]:
        return [item] if isinstance(item, Source) else [s for part in item for s in inside(part)]

    return inside([event.operands, *(event.attrs or {}).values()])


def _operand(old: Source, new: Source) -> str:
    """How two operands differ."""
    if old.kind == new.kind == "plain":
        return (
            f"a number was {old.key.item!r} in one call and {new.key.item!r} in the next: make what changes an "
            "argument, as a tensor or array"
        )
    if old.kind == new.kind == "constant":
        return (
            f"an array of shape {new.key.item.shape} is made anew in each call, by something else than operations on "
            "tensors: make it an argument, or compute it with them"
        )
    return f"an operand was {old.kind} in one call, and {new.kind} in the next"
