"""What is refused of Values and tensors, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import DtypeError, GraphError, ShapeError
from ..graph.modes import MODES
from ..graph.node import Node
from ..graph.operation import Operation


def holds_tracked(item: Any) -> bool:
    """Whether a node, or what a list or object array holds, requires gradients: its numbers alone lose a history."""
    if isinstance(item, Node):
        return item._tracked
    if isinstance(item, np.ndarray):
        return item.dtype == object and any(map(holds_tracked, item.flat))
    return isinstance(item, (list, tuple)) and any(map(holds_tracked, item))


def check_untracked(what: str, numbers: Any) -> None:
    """Refuse to write numbers with a history into what has none, while histories are recorded.

    Raises:
        GraphError: one of the numbers is a node that requires gradients.
    """
    if MODES.get().recording and holds_tracked(numbers):
        raise GraphError(
            f"{what}, written into with numbers that require gradients, would lose their history, and gradients would "
            "be wrong. Make it of them in one operation: tg.stack([...]) of the elements, or tg.where(mask, new, old); "
            "or write the plain numbers: new.data, or under tg.no_grad()"
        )


def raise_in_our_words(op: Operation, operands: Iterable[Any], attrs: dict[str, Any] | None, error: Exception) -> None:
    """Raise an error of the array library anew: the operation, the shapes it was given, and why they fail.

    Raises:
        ShapeError, or, of a TypeError, DtypeError. A TypeError for which there are no words of ours is left as it is.
    """
    shapes = [tuple(getattr(operand, "shape", ())) for operand in operands]
    try:
        why = op.misfit(shapes, attrs or {})
    except (ValueError, TypeError, IndexError):  # of attributes that are too strange to say why
        why = ""
    if not isinstance(error, TypeError):
        said = {key: value for key, value in (attrs or {}).items() if value is not None and value is not False}
        given = ", ".join([*map(str, shapes)] + [f"{key}={value}" for key, value in said.items()])
        raise ShapeError(f"{op.name}: operands of shape {given} do not fit: {why or error}") from error
    if why:
        raise DtypeError(f"{op.name}: {why}") from error


def raise_of_written(node: Any, index: Any, value: Any, error: Exception) -> None:
    """Raise an error of the array library anew, which could not write a value into elements.

    Raises:
        DtypeError: the value holds no numbers.
        ShapeError: it has another shape than the elements.
    """
    numbers = value if hasattr(value, "dtype") else np.asarray(value)
    if numbers.dtype.kind not in "fiub":
        raise DtypeError(f"a tensor holds real numbers, not {type(value).__name__} {str(value)[:40]!r}") from error
    there = node.backend.run(node._data.__getitem__, index).shape
    if numbers.shape != there:
        raise ShapeError(
            f"numbers of shape {tuple(numbers.shape)} do not fit into elements of shape {there} of a {node.describe()}"
        ) from error
