"""Where a module has its place in a network: the names that drawings show."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..scopes import Interval
from ..tensors.tensor import Tensor
from .tree import ModuleTree


class Place(NamedTuple):
    """The place of a module, found at its first call there.

    Attributes:
        mark: of the module around it, None outside of all. (Not that module itself: the two would keep each other
            alive.)
        label: the name of its scope: "0 Dense(2, 16, relu)".
        path: its name in the whole network: "0", "layers.1".
    """

    mark: object
    label: str
    path: str


def find_place(module: ModuleTree, caller: Interval | None) -> Place:
    """The place of a module in the one that is calling it. Its parameters are named, too."""
    outer, mark = (None, None) if caller is None else (caller.owner, caller.mark)
    children = () if outer is None else outer.named_children()
    name = next((name for name, child in children if child is module), "")
    settings = module.settings().replace("activation=", "").replace("'", "")
    title = f"{type(module).__name__}({settings})" if settings else type(module).__name__
    path = ".".join(part for part in (_path_of(outer), name) if part)
    for attribute, item in module.attributes():
        _give_name(item, f"{path}.{attribute}" if path else attribute)
    return Place(mark, f"{name} {title}" if name else title, path)


def _path_of(module: Any) -> str:
    return module._place.path if module is not None and module._place is not None else ""


def _give_name(item: Any, name: str) -> None:
    """A parameter or buffer without a name is called as in `named_parameters`."""
    if isinstance(item, Tensor) and item.op is None and item.name is None:
        item.name = name
