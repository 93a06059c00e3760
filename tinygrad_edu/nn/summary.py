"""A module as text: its layers, the shapes of their parameters, and how many numbers there are to learn."""

from __future__ import annotations

import math
from typing import Any

from .tree import ModuleTree, is_array, learns


def describe(module: ModuleTree) -> str:
    """One line for a layer; a table for a network:

    Sequential
      0  Dense(2, 16, activation='relu')  weight (2, 16), bias (16,)  48
      1  Dense(16, 1)                     weight (16, 1), bias (1,)   17
      65 parameters
    """
    count = sum(math.prod(getattr(parameter, "shape", ())) for parameter in module.parameters())
    total = f"{count:,} parameters" if count != 1 else "1 parameter"
    if not any(module.named_children()):
        own = _own_shapes(module)
        return f"{module.title()}: {own}, {total}" if own else module.title()
    rows = [_row(name, inner) for name, inner in module.named_modules() if name or _own_shapes(inner)]
    *widths, room = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(["", *map(str.ljust, row, widths), row[3].rjust(room)]).rstrip() for row in rows]
    return "\n".join([type(module).__name__, *table, f"  {total}"])


def _row(name: str, module: ModuleTree) -> tuple[str, str, str, str]:
    arrays = _own_arrays(module)
    count = sum(math.prod(array.shape) for _, array in arrays)
    title = type(module).__name__ if any(module.named_children()) else module.title()
    return name or "(itself)", title, _own_shapes(module), f"{count:,}" if count else ""


def _own_arrays(module: ModuleTree) -> list[tuple[str, Any]]:
    """Parameters that are attributes of the module itself."""
    return [(name, item) for name, item in module.attributes() if is_array(item) and learns(item)]


def _own_shapes(module: ModuleTree) -> str:
    return ", ".join(f"{name} {array.shape}" for name, array in _own_arrays(module))
