"""A user's function, recorded with other numbers: whether it computes the same, or decides by an `if` of its own."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinygrad_edu import Value
from tinygrad_edu.errors import TinygradError
from tinygrad_edu.graph.node import Node
from tinygrad_edu.tapes.javascript_code import UnwritableError
from tinygrad_edu_viz import Trace

from ..errors import CommandError

CHANGES: tuple[Callable[[float], float], ...] = (lambda x: -1.5 * x - 0.25, lambda x: 3.0 * x + 2.0)


def recorded_again(function: Callable[[], Any]) -> list[Trace]:
    """What a function that makes its own inputs records if each of these has another number.

    Raises:
        UnwritableError: it takes no other numbers, or does not return one.
    """
    return [_recorded(function, change) for change in CHANGES]


def _recorded(function: Callable[[], Any], change: Callable[[float], float]) -> Trace:
    try:
        with _inputs(change), contextlib.redirect_stderr(io.StringIO()), np.errstate(all="ignore"):
            root = function()
            if isinstance(root, Node):
                return Trace.record(root)
    except (CommandError, TinygradError):
        pass
    raise UnwritableError("the function takes no other numbers, so that nobody knows whether it has an if of its own")


@contextlib.contextmanager
def _inputs(change: Callable[[float], float]) -> Iterator[None]:
    """Let each Value that has a name or a gradient be made of another number; constants in formulas stay."""
    usual = Value.__init__

    def changed(self: Value, data: Any, name: str | None = None, requires_grad: bool = True) -> None:
        is_input = name is not None or requires_grad
        usual(self, change(float(data)) if is_input else data, name, requires_grad)

    Value.__init__ = changed  # type: ignore[method-assign]
    try:
        yield
    finally:
        Value.__init__ = usual  # type: ignore[method-assign]
