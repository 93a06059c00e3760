"""Where a module has its place in a network: the names that drawings show."""

from __future__ import annotations

from typing import NamedTuple

from ..scopes import Interval
from ..tensors.tensor import Tensor
from .tree import ModuleTree, join


class Place(NamedTuple):
    """The place of a module, found at its first call there."""

    mark: object  # of the module around it, None outside of all (not that module: the two would keep each other alive)
    label: str  # the name of its scope: "0 Dense(2, 16, relu)"
    path: str  # its name in the whole network: "0", "layers.1"


def find_place(module: ModuleTree, caller: Interval | None) -> Place:
    """The place of a module in the one that is calling it. Its parameters are named, too."""
    outer, mark = (None, None) if caller is None else (caller.owner, caller.mark)
    children = () if outer is None else outer.named_children()
    name = next((name for name, child in children if child is module), "")
    settings = module.settings().replace("activation=", "").replace("'", "")
    title = f"{type(module).__name__}({settings})" if settings else type(module).__name__
    above = "" if outer is None or outer._place is None else outer._place.path
    path = join(above, name) if name else above
    for attribute, item in module.attributes():
        if isinstance(item, Tensor) and item.op is None and item.name is None:
            item.name = join(path, attribute)  # as in `named_parameters`
    return Place(mark, f"{name} {title}" if name else title, path)
