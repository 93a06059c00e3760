"""Module: what all layers and networks have in common.

A module is a Python object with tensors and other modules among its attributes. Nothing is registered: parameters,
buffers and children are found by looking at the attributes when somebody asks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

import numpy as np

from .. import backends, scopes
from ..errors import ArgumentError
from ..modes import MODES, MODULE_CHANGES
from ..tensor import Tensor
from . import scalar, state, summary
from .place import Place, find_place


class Module:
    """Base of all layers and networks.

    A subclass makes tensors and modules in `__init__` and computes in `forward`:

        class Net(tg.nn.Module):
            def __init__(self):
                self.hidden = tg.nn.Dense(2, 16, activation="relu")
                self.scale = tg.Tensor(1.0, requires_grad=True)

            def forward(self, x):
                return self.hidden(x) * self.scale

    What an attribute is, or what a list, tuple or dictionary of them holds:

    - *parameter*: a leaf tensor with `requires_grad`, to be learned; its name is "hidden.weight", "layers.1.bias".
    - *buffer*: a tensor without, which is kept and moved with the others (a running mean, say).
    - *child*: another module.

    A tensor or module that is found twice, as tied weights are, counts once, under its first name.

    Attributes:
        training: whether the module is being trained; `train()` and `eval()` set it here and in all modules inside.
        taken_apart: whether its parameters are arrays of Values (`scalar()`).
        counters: names of attributes with integers that later results depend on, which belong to the state.
    """

    training: bool = True
    taken_apart: bool = False
    counters: ClassVar[tuple[str, ...]] = ()
    _mark: object = None  # see place.py
    _place: Place | None = None

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; `module(x)` calls it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x)")

    def __call__(self, *inputs: Any) -> Any:
        outer, place = scopes.current(), self._place
        if place is None or place.mark is not (None if outer is None else outer.mark):
            place = self._place = find_place(self, outer)
        if self._mark is None:
            self._mark = object()
        watch = MODES.get().watch
        if watch is not None:
            watch.entered(self)
        interval = scopes.enter(place.label, outer, self, self._mark)
        try:
            if self.taken_apart:
                inputs = tuple(map(scalar.as_input, inputs))
            return self.forward(*inputs)
        finally:
            scopes.leave(interval)

    def __setattr__(self, name: str, value: Any) -> None:
        if "." in name or isinstance(value, (dict, list, tuple)):
            deque(named("", [(name, value)]), maxlen=0)  # which checks names
        object.__setattr__(self, name, value)
        if name[0] != "_" and name not in self.counters:
            MODULE_CHANGES[0] += 1

    # --- what is inside ---

    def attributes(self) -> Iterator[tuple[str, Any]]:
        """Names and attributes; those in lists and dictionaries as "name.0", "name.key".

        Raises:
            ArgumentError: two could not be told apart: a name or key of a parameter, buffer or module has a dot in it,
                or two keys read alike. (Setting an attribute raises it at once.)
        """
        return named("", vars(self).items())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside."""
        return ((name, item) for name, item in self.attributes() if isinstance(item, Module))

    def children(self) -> Iterator[Module]:
        """The modules directly inside, without their names."""
        return (child for _, child in self.named_children())

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module, named "", and all inside, each before its children."""
        return self._walk("", set())

    def _walk(self, prefix: str, seen: set[int]) -> Iterator[tuple[str, Module]]:
        if id(self) not in seen:
            seen.add(id(self))
            yield prefix, self
            for name, child in self.named_children():
                yield from child._walk(_join(prefix, name), seen)

    def modules(self) -> Iterator[Module]:
        """This module and all inside."""
        return (module for _, module in self.named_modules())

    def named_arrays(self) -> Iterator[tuple[str, Any]]:
        """All parameters and buffers: tensors, or arrays of Values in a module that was taken apart (`scalar()`)."""
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, item in module.attributes():
                if state.is_array(item) and id(item) not in seen:
                    seen.add(id(item))
                    yield _join(prefix, name), item

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """What is learned: tensors, or single Values named "0.weight[1,2]" in a module that was taken apart."""
        for name, array in self.named_arrays():
            if isinstance(array, Tensor):
                if array.requires_grad:
                    yield name, array
            else:
                for value in array.flat:
                    if value.requires_grad:
                        yield value.name, value

    def parameters(self) -> Iterator[Any]:
        """What is learned, without the names: what an optimizer is given."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Any]]:
        """What is kept and not learned: tensors, or arrays of Values."""
        return ((name, array) for name, array in self.named_arrays() if not state.learns(array))

    # --- modes and devices ---

    def train(self, mode: bool = True) -> Self:
        """Train from now on: dropout drops, batch normalization uses the batch. Returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Predict from now on: dropout keeps all, batch normalization uses its running statistics."""
        return self.train(False)

    def to(self, device: str) -> Self:
        """Move all parameters and buffers to a device; gradients are forgotten. Returns the module.

        Move a model before its optimizer is made: an optimizer stays on the device that it was made for.

        Raises:
            DeviceError: this machine has no such device.
        """
        backend = backends.get(device)
        for _, tensor in self.named_arrays():
            if isinstance(tensor, Tensor) and tensor.backend is not backend:
                data = backend.run(backend.move, tensor._data, tensor.device, backend.device)
                tensor.backend, tensor._data = backend, data
                tensor._grad = tensor._home = None
                tensor.changed()
        return self

    # --- state ---

    def state_dict(self) -> dict[str, np.ndarray]:
        """All that the outputs depend on, under its names: copies of parameters, buffers and counters, on the host."""
        return state.of_module(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state, in place: an optimizer of these parameters goes on with them.

        Raises:
            StateError: a name is missing or unexpected, or a shape differs; the message names them, and nothing has
                changed.
        """
        state.load(self, state_dict)

    def scalar(self) -> Self:
        """The same network taken apart into scalars: its parameters are object arrays of `Value`s.

        The layers' code is the same, and so are the outputs and gradients. It takes lists, arrays and tensors, or
        Values, and gives object arrays of Values; the losses and optimizers take these, too. It is for looking at:
        each multiplication is a node of its own.
        """
        return scalar.take_apart(self)

    # --- text ---

    def settings(self) -> str:
        """The arguments that `repr` shows, "64, 10, activation='relu'"."""
        return ""

    def title(self) -> str:
        """How messages call the module: "Dense(64, 10)"."""
        return f"{type(self).__name__}({self.settings()})"

    def __repr__(self) -> str:
        return summary.describe(self)


def named(prefix: str, items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    """Items with their names, and what lists, tuples and dictionaries among them hold: see `Module.attributes`.

    Args:
        items: pairs of a key and an item.
    """
    known = set()
    for key, item in items:
        name = str(key)
        if isinstance(item, (dict, list, tuple)):
            found = named(_join(prefix, name), item.items() if isinstance(item, dict) else enumerate(item))
        else:
            found = iter([(_join(prefix, name), item)])
        if "." in name or name in known:
            parts = list(found)
            if any(isinstance(part, Module) or state.is_array(part) for _, part in parts):
                raise ArgumentError(_ambiguous(prefix, name, twice=name in known))
            found = iter(parts)
        known.add(name)
        yield from found


def _ambiguous(prefix: str, name: str, twice: bool) -> str:
    where = f" in {prefix!r}" if prefix else ""
    if twice:
        return f"two keys{where} read {name!r}, and state_dict() would lose one of what they hold: call one otherwise"
    other = name.replace(".", "_")
    return (
        f"{name!r}{where} cannot be the name of a parameter, buffer or module: names are joined with dots, as in "
        f"'{_join(prefix, name)}.weight', so that another could be called the same. Call it {other!r}"
    )


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
