"""A module as text: its layers, the shapes of their parameters, and how many numbers there are to learn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..graph.modes import no_grad
from .tree import ModuleTree, is_array, learns


def describe(module: ModuleTree) -> str:
    """One line for a layer; a table for a network:

    Sequential
      0  Dense(2, 16, activation='relu')  weight (2, 16), bias (16,)  48
      1  Dense(16, 1)                     weight (16, 1), bias (1,)   17
      65 parameters
    """
    count = _count(array for _, array in module.named_arrays() if learns(array))
    total = f"{count:,} parameters" if count != 1 else "1 parameter"
    _, own, _ = _row(module)
    if not any(module.named_children()):
        return f"{module.title()}: {own}, {total}" if own else module.title()
    rows = [(name or "(itself)", *_row(inner)) for name, inner in module.named_modules() if name or own]
    return "\n".join([type(module).__name__, *_lines(rows), f"  {total}"])


def _row(module: ModuleTree) -> tuple[str, str, str]:
    """What the module is, the shapes of the parameters that are its own attributes, and how many numbers these hold."""
    title = type(module).__name__ if any(module.named_children()) else module.title()
    own = [(name, item) for name, item in module.attributes() if is_array(item) and learns(item)]
    count = _count(array for _, array in own)
    return title, ", ".join(f"{name} {array.shape}" for name, array in own), f"{count:,}" if count else ""


def _lines(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A table whose last column stands to the right."""
    *widths, room = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(["", *map(str.ljust, row, widths), row[-1].rjust(room)]).rstrip() for row in rows]


class Summary(str):
    """A table of text that is shown as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def summarize(module: ModuleTree, x: Any) -> Summary:
    """See `Module.summary`."""
    shapes = {} if x is None else _output_shapes(module, x)
    rows = [("", "layer", *["output"] * bool(shapes), "parameters")]
    modules = list(module.named_modules())
    for name, inner in modules:
        title, _, count = _row(inner)
        output = [", ".join(shapes.get(id(inner), ["not called"]))] if shapes else []
        rows.append((name, title, *output, count))
    if len(modules) > 1 and not rows[1][-1] and not shapes:
        del rows[1]  # the network itself says nothing that is not below
    return Summary("\n".join([type(module).__name__, *_lines(rows), *_totals(module)]))


def _totals(module: ModuleTree) -> Iterator[str]:
    arrays = [array for _, array in module.named_arrays()]
    learned = _count(array for array in arrays if learns(array))
    kept = _count(arrays) - learned
    yield f"  {learned:,} parameters to learn" if learned != 1 else "  1 parameter to learn"
    if kept:
        yield f"  {kept:,} numbers that are kept and not learned (buffers, and frozen parameters)"
    sizes = [math.prod(array.shape) * array.dtype.itemsize for array in arrays if array.dtype.kind == "f"]
    if sizes:
        yield f"  {_bytes(sum(sizes))} of memory for them"


def _bytes(n: float) -> str:
    for unit in ("bytes", "KB", "MB"):
        if n < 999.5:  # which three digits would make 1e+03 of
            return f"{n:.3g} {unit}" if unit != "bytes" else f"{n:.0f} bytes"
        n /= 1000
    return f"{n:.3g} GB"


def _count(arrays: Any) -> int:
    return sum(math.prod(array.shape) for array in arrays)


def _output_shapes(module: Any, x: Any) -> dict[int, list[str]]:
    """The shape of what each module gave, by the module's id, in evaluation mode; nothing is recorded, or changed."""
    shape = isinstance(x, tuple) and all(isinstance(n, (int, np.integer)) for n in x)
    if shape:
        parameters = [array for _, array in module.named_arrays() if hasattr(array, "backend")]
        dtype = parameters[0].dtype if parameters else np.float32
        x = np.zeros(x, dtype)
        x = parameters[0].backend.asarray(x) if parameters else x
    shapes: dict[int, list[str]] = {}
    with no_grad(), _watched(module, shapes):
        try:
            module(x)
        except Exception as error:
            if shape:
                called = f"summary{tuple(x.shape)} called the model with zeros of this shape"
                error.add_note(f"{called}; an example may be given instead")
            raise
    return shapes


@contextmanager
def _watched(module: Any, shapes: dict[int, list[str]]) -> Iterator[None]:
    """Note the shape of what each module's `forward` gives in a block, with all modules in evaluation mode."""
    modules = list(module.modules())
    modes = [{"training": inner.training} if "training" in vars(inner) else {} for inner in modules]
    try:
        for inner in modules:
            inner.__dict__["training"] = False
            inner.__dict__["forward"] = _noting(inner.forward, shapes.setdefault(id(inner), []))
        yield
    finally:
        for inner, mode in zip(modules, modes, strict=True):
            del inner.__dict__["forward"], inner.__dict__["training"]
            inner.__dict__.update(mode)
        for inner in modules:
            if not shapes[id(inner)]:
                del shapes[id(inner)]


def _noting(forward: Any, found: list[str]) -> Any:
    def noted(*inputs: Any) -> Any:
        result = forward(*inputs)
        shape = str(tuple(result.shape)) if hasattr(result, "shape") else type(result).__name__
        if shape not in found:
            found.append(shape)
        return result

    return noted
