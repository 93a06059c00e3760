"""What is inside a module: a tree of modules, with parameters and buffers at its leaves.

Nothing is registered: each call looks at the attributes anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from ..clock import MODULE_CHANGES
from ..errors import ArgumentError
from ..tensors.tensor import Tensor
from ..tensors.value import Value


class ModuleTree:
    """The part of `Module` that says what is inside, and what it is called.

    What an attribute is, or what a list, tuple or dictionary of them holds:

    - *parameter*: a leaf tensor with `requires_grad`, to be learned; its name is "hidden.weight", "layers.1.bias".
    - *buffer*: a tensor without, which is kept and moved with the others (a running mean, say).
    - *child*: another module.

    A tensor or module that is found twice, as tied weights are, counts once, under its first name.

    Attributes:
        counters: names of attributes with integers that later results depend on, which belong to the state.
    """

    counters: ClassVar[tuple[str, ...]] = ()
    _warned_of_width: bool = False  # see `checks.check_width`

    def __setattr__(self, name: str, value: Any) -> None:
        if "." in name or isinstance(value, (dict, list, tuple)):
            deque(named("", [(name, value)]), maxlen=0)  # which checks names
        object.__setattr__(self, name, value)
        if name[0] != "_" and name not in self.counters:
            MODULE_CHANGES[0] += 1

    def attributes(self) -> Iterator[tuple[str, Any]]:
        """Names and attributes; those in lists and dictionaries as "name.0", "name.key".

        Raises:
            ArgumentError: two would have the same name: a name or key of a parameter, buffer or module has a dot in it,
                or two keys read alike. (Setting an attribute raises it at once.)
        """
        return named("", vars(self).items())

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The modules directly inside."""
        return ((name, item) for name, item in self.attributes() if isinstance(item, ModuleTree))

    def children(self) -> Iterator[Any]:
        """The modules directly inside, without their names."""
        return (child for _, child in self.named_children())

    def named_modules(self) -> Iterator[tuple[str, Any]]:
        """This module, named "", and all inside, each before its children."""
        return self._walk("", set())

    def _walk(self, prefix: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
        if id(self) not in seen:
            seen.add(id(self))
            yield prefix, self
            for name, child in self.named_children():
                yield from child._walk(join(prefix, name), seen)

    def modules(self) -> Iterator[Any]:
        """This module and all inside."""
        return (module for _, module in self.named_modules())

    def named_arrays(self) -> Iterator[tuple[str, Any]]:
        """All parameters and buffers: tensors, or arrays of Values in a module of Values (`scalar()`)."""
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, item in module.attributes():
                if is_array(item) and id(item) not in seen:
                    seen.add(id(item))
                    yield join(prefix, name), item

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """What is learned: tensors, or single Values named "0.weight[1,2]" in a module of Values."""
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
        return ((name, array) for name, array in self.named_arrays() if not learns(array))

    def settings(self) -> str:
        """The arguments that `repr` shows, "64, 10, activation='relu'"."""
        return ""

    def title(self) -> str:
        """How messages call the module: "Dense(64, 10)"."""
        return f"{type(self).__name__}({self.settings()})"


def is_array(item: Any) -> bool:
    """Whether an attribute is a parameter or buffer: a leaf tensor, or an array of Values.

    A computed tensor is none; it is something that a module remembers for a while.
    """
    if isinstance(item, np.ndarray):
        return item.dtype == object and all(isinstance(value, Value) for value in item.flat)
    return isinstance(item, Tensor) and item.op is None


def learns(array: Any) -> bool:
    """Whether it is a parameter, and no buffer."""
    return array.requires_grad if isinstance(array, Tensor) else any(value.requires_grad for value in array.flat)


def named(prefix: str, items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    """Pairs of a key and an item with their names, and what collections among them hold: see `Module.attributes`."""
    known = set()
    for key, item in items:
        name = str(key)
        if isinstance(item, (dict, list, tuple)):
            found = named(join(prefix, name), item.items() if isinstance(item, dict) else enumerate(item))
        else:
            found = iter([(join(prefix, name), item)])
        if "." in name or name in known:
            parts = list(found)
            if any(isinstance(part, ModuleTree) or is_array(part) for _, part in parts):
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
        f"'{join(prefix, name)}.weight', so that another could be called the same. Call it {other!r}"
    )


def join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
