"""From a recording to a tape: the forward pass once more, and then the backward pass, both only to be noted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

from .. import backends
from ..graph.backprop import backprop
from ..graph.modes import no_grad
from ..graph.node import Node
from ..tapes.tape import Tape, Tracer
from ..tensors.tensor import Tensor
from .recording import COMPARISONS, Event, Recording, Source, module_of, sources_of
from .tape_backend import DeviceTapeBackend, HostTapeBackend


class Computation(NamedTuple):
    """A computation on a tape.

    Attributes:
        tensors: for the places of inputs, the tensor whose array lies there. The first places are the arguments'.
        outputs: what the function gave.
        gradients: of the first output, for each parameter that it depends on.
    """

    tape: Tape
    tensors: dict[int, Tensor]
    outputs: list[Tracer]
    gradients: list[tuple[Tensor, Tracer]]


def trace(recording: Recording, outputs: list[Source], again: bool = True) -> Computation:
    """Note on a tape what a recording did, and the backward pass from its first output.

    Args:
        again: whether a replay calls again what was called beside the graph; else it takes what that gave.
    """
    player = _Player(recording, again)
    first = _first(recording.events)
    for k in sorted(range(len(recording.events)), key=lambda k: k not in first):
        player.play(k, recording.events[k], recording.results[k])
    tape = player.tape
    tensors = [player.node(source) for source in outputs]
    gradients: dict[Node, Any] = {}
    for step in backprop(tensors[0]):
        tape.label(f"{step.node.op.name}, backward")
        gradients[step.input] = step.gradient
    asarray = player.backend.asarray
    return Computation(
        tape,
        player.tensors,
        [asarray(tensor._data) for tensor in tensors],
        [(player.parameters[node], asarray(g)) for node, g in gradients.items() if node in player.parameters],
    )


def _first(events: list[Event]) -> set[int]:
    """Which events come first: checks, such as that of labels, and what they check.

    So nothing has happened yet where one raises an error. Those of what objects with a state have computed, such as
    dropout, have to wait for it.
    """
    found: set[int] = set()
    for k, event in enumerate(events):
        if event.is_beside and event.what not in COMPARISONS:
            needed = _needed(events, k)
            called = [events[j].what for j in needed if events[j].what not in COMPARISONS]
            if not any(hasattr(function, "__self__") for function in called):  # no methods, of what they may change
                found |= needed
    return found


def _needed(events: list[Event], k: int) -> set[int]:
    """The k-th event, and those whose results it depends on."""
    needed, waiting = {k}, [k]
    while waiting:
        origins = [source.origin for source in sources_of(events[waiting.pop()])]
        new = {source.key for source in origins if source.kind == "result"} - needed
        needed |= new
        waiting += new
    return needed


class _Player:
    """The nodes of a recording, with arrays of a tape in place of its own."""

    def __init__(self, recording: Recording, again: bool = True):
        self.tape = Tape()
        self._again = again
        self._device = recording.backend or backends.get("cpu")
        kind = HostTapeBackend if self._device.is_host else DeviceTapeBackend
        self.backend = kind(self.tape, backends.get("cpu"))  # what the calls of a tape compute is for shapes and dtypes
        self.tensors: dict[int, Tensor] = {}
        self.parameters: dict[Node, Tensor] = {}  # for each leaf the parameter that it stands for
        self._arguments = [self._input(argument) for argument in recording.arguments]
        self._results: list[Tensor | None] = [None] * len(recording.events)
        self._others: dict[int, Tensor] = {}  # what stands for parameters and constants

    def play(self, k: int, event: Event, result: Any) -> None:
        """Do again what the k-th event did."""
        if event.is_beside:
            self._results[k] = self._called(event.what, self._plain(event.operands), result)
            return
        attrs = {name: self._plain(item) for name, item in event.attrs.items()}
        operands = tuple(map(self.node, event.operands))
        with nullcontext() if event.tracked else no_grad():
            self._results[k] = Tensor._apply(event.what, operands, attrs or None)
        self.tape.label(event.what.name)

    def _called(self, function: Callable[..., Any], operands: Any, result: Any) -> Tensor | None:
        if function in COMPARISONS:
            return self._wrap(function(*operands))
        called = function if self._again else lambda *_: result
        tracer = self.tape.note_again(function.__name__.lstrip("_"), called, operands, self._on_host(result))
        module = module_of(function)
        self.tape.label("" if module is None else type(module).__name__)
        return None if result is None else self._wrap(tracer)

    def _wrap(self, tracer: Tracer) -> Tensor:
        return Tensor.wrap(tracer, self.backend)

    def node(self, source: Source) -> Any:
        """An operand of an operation."""
        kind, key = source
        if kind == "plain":
            return key.item
        if kind == "result":
            return self._results[key]
        if kind == "array":
            return self._wrap(self.node(key)._data)
        if kind == "argument":
            return self._arguments[key]
        item = key.item
        if id(item) not in self._others:
            found = self._others[id(item)] = self._input(item)
            if isinstance(item, Tensor):
                self.tensors[found._data.place] = item
            elif not self._device.is_host and self._device.owns(item):
                self.tensors[found._data.place] = Tensor.wrap(item, self._device)
            if kind == "parameter":
                found._tracked = True
                self.parameters[found] = item
        return self._others[id(item)]

    def _input(self, item: Any) -> Tensor:
        tracer = self.tape.input(self._on_host(item._data if isinstance(item, Tensor) else item))
        self.tape.label("")
        return self._wrap(tracer)

    def _on_host(self, item: Any) -> Any:
        """An array of the device as one of the host."""
        return self._device.asnumpy(item) if self._device.owns(item) else item

    def _plain(self, item: Any) -> Any:
        """An operand that is no node: arrays of the tape, and plain values, also in tuples."""
        if isinstance(item, Source):
            found = self.node(item)
            return found._data if isinstance(found, Tensor) else found
        return type(item)(map(self._plain, item))
