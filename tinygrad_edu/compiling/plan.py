"""A plan: what a function did when it was called first, and its replay in later calls."""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_
from typing import Any

from .. import backends
from ..clock import MODULE_CHANGES
from ..errors import CompileError
from ..graph.operation import Operation
from ..tensors.tensor import Tensor
from .captured import CapturedReplay
from .device_replay import DeviceReplay
from .recording import Content, Event, Recording, Source, content_of, settings_of, sources_of
from .replay import Replay
from .surroundings import Surroundings
from .tracing import trace

PLANS = 16  # for how many kinds of arguments a function is compiled


def raise_if_refused(function: Any, why_not: str | None, strict: bool) -> None:
    """Raise CompileError if a function cannot be replayed, and is to be."""
    if strict and why_not is not None:
        name = getattr(function, "__name__", "the function")
        raise CompileError(
            f"compile: {name} cannot be replayed: {why_not}. With compile(..., strict=False) it runs as it is"
        )


def once(recording: Recording, results: Iterable[Tensor], names: tuple[str, ...]) -> Replay | None:
    """A replay of a recording on a device for its own arguments, where nothing beside the graph is done again; None if
    it cannot be written.

    Args:
        names: of its arguments: with those of `confirm`, both have the same kernels, which are compiled once.
    """
    try:
        computation = trace(recording, list(map(recording.source, results)), again=False)
    except (TypeError, AttributeError):
        return None
    return DeviceReplay(computation, names, recording.backend, recording.given)


class Plan:
    """How to compute a function for arguments of one kind.

    Args:
        recording: of the first call.
        outputs: where its results come from.
        gives_tuple: whether it gives its results as a tuple.
        surroundings: what the function referred to outside of itself, before the call.
        capture: whether the replay is to be one CUDA graph.
    Attributes:
        replay: None until a second recording has confirmed the first.
    """

    def __init__(
        self,
        recording: Recording,
        outputs: list[Source],
        gives_tuple: bool,
        surroundings: Surroundings,
        capture: bool = False,
    ):
        self.capture = capture
        self.events, self.modules, self.outputs = recording.events, recording.modules, outputs
        self.gives_tuple, self.surroundings = gives_tuple, surroundings
        self._changes = -1  # of modules, when they were last looked at
        self.replay: Replay | None = None
        # Two calls with the same arguments do not tell what depends on them: the plan is good for these alone.
        self.only_for: list[Any] | None = _arrays(recording.given)

    def confirm(self, recording: Recording, outputs: list[Source], names: tuple[str, ...]) -> str | None:
        """Compare with another recording. If it is the same, write the code, with these names of the arguments; else
        say where they differ."""
        why = difference(self.events, recording.events)
        if why is None and outputs != self.outputs:
            why = "its results come from other operations in one call than in the next"
        if why is not None:
            return why
        if not self._is_for(recording.given):
            self.only_for = None
        if self.replay is not None:
            return None
        if self.capture and (recording.backend is None or recording.backend.is_host):
            return "it is computed on the CPU, and capture=True makes a CUDA graph of what a GPU computes"
        try:
            computation = trace(recording, outputs)
        except (TypeError, AttributeError) as error:  # of an operation of somebody else
            return f"the rule of an operation cannot be written down: {error}"
        buffers = [p._buffer._data for p, _ in computation.gradients if p._buffer is not None]
        read = [tensor._data for tensor in computation.tensors.values()] + _arrays(recording.given)
        backend = recording.backend or backends.get("cpu")
        share = backend.xp.may_share_memory
        if any(share(buffer, array) for buffer in buffers for array in read if backend.owns(array)):
            return "it uses the grad of a parameter, which the backward pass overwrites: give it a copy, as an argument"
        if not backend.is_host:
            for tensor in computation.tensors.values():
                if not tensor._data.flags.c_contiguous:
                    return f"the numbers of a {tensor.describe()} do not lie in the order of its rows: give it a copy"
        if backend.is_host:
            self.replay = Replay(computation, names)
        elif self.capture:
            self.replay = captured = CapturedReplay(computation, names, backend, recording.given)
            return captured.why_not
        else:
            self.replay = DeviceReplay(computation, names, backend, recording.given)
        return None

    def is_ready(self, arrays: list[Any]) -> bool:
        """Whether a call with these arguments can be replayed as things are."""
        if self.replay is None or (self.only_for is not None and not self._is_for(arrays)):
            return False
        if self._changes != MODULE_CHANGES[0]:
            if any(settings_of(module) != settings for module, settings in self.modules.values()):
                return False
            self._changes = MODULE_CHANGES[0]
        return self.surroundings.changed() is None and self.replay.fits()

    def _is_for(self, arguments: Iterable[Any]) -> bool:
        return self.only_for is None or all(map(is_, self.only_for, _arrays(arguments)))

    def is_outdated(self, recording: Recording) -> bool:
        """Whether the function may rightly do something else now than when the plan was made."""
        if self.modules != recording.modules:
            return True
        if self.replay is not None:
            differs = self.surroundings.changed() is not None and difference(self.events, recording.events) is not None
            return differs or not self.replay.fits()
        tensors = [(source.key.item, source.kind) for source in self._origins() if isinstance(source.key.item, Tensor)]
        return any(tensor.requires_grad != (kind == "parameter") for tensor, kind in tensors)

    def contents(self) -> list[Content]:
        """What the tensors and arrays hold that the function works on, beside its arguments."""
        return list(map(content_of, {id(source.key.item): source.key.item for source in self._origins()}.values()))

    def _origins(self) -> list[Source]:
        """Where numbers come from that are neither arguments nor computed."""
        sources = [source.origin for event in self.events for source in sources_of(event)]
        return [source for source in sources if source.kind in ("parameter", "constant")]


def _arrays(arguments: Iterable[Any]) -> list[Any]:
    """Those of the arguments that are arrays or tensors, as arrays."""
    found = [argument._data if isinstance(argument, Tensor) else argument for argument in arguments]
    return [array for array in found if not isinstance(array, (bool, int, float, str, type(None)))]


# --- differences -----------------------------------------------------------------------------------------------------


def difference(first: list[Event], second: list[Event]) -> str | None:
    """Where two recordings differ, in words; None if they are the same."""
    for k, (one, other) in enumerate(zip(first, second, strict=False), start=1):
        if one.what != other.what:
            return f"its step {k} was {_called(one)} in one call, and {_called(other)} in the next"
        for old, new in zip(sources_of(one), sources_of(other), strict=False):
            if old != new:
                return f"{_operand(old, new)}, in {_called(one)} (step {k})"
        if one != other:
            return f"{_called(one)} (step {k}) differs from one call to the next"
    if len(first) != len(second):
        return f"it took {len(first)} steps in one call, and {len(second)} in the next"
    return None


def _called(event: Event) -> str:
    return event.what.name if isinstance(event.what, Operation) else event.what.__name__.lstrip("_")


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
    if old.kind == new.kind == "parameter":
        return "it requires gradients of another tensor in each call; make such tensors outside of it, once"
    return f"an operand was {old.kind} in one call, and {new.kind} in the next"
