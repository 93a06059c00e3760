"""Operations on what is not a node: numbers, arrays, lists."""

from __future__ import annotations

from typing import Any

from ..graph.node import KINDS
from ..graph.operation import Operation
from ..namespaces.namespace import FLOATS, OBJECTS
from ..namespaces.objects import as_object, holds_values
from .operands import NUMBERS
from .tensor import Tensor


def apply_without_nodes(op: Operation, operands: tuple[Any, ...], attrs: dict[str, Any] | None) -> Any:
    """Numbers give a float, arrays and lists a constant tensor, lists or object arrays of Values an object array."""
    if all(isinstance(operand, NUMBERS) for operand in operands) and op.elementwise:
        return float(op.forward(FLOATS, *map(float, operands), **(attrs or {})))
    if any(holds_values(operand) for operand in operands):
        rule = getattr(OBJECTS, op.name) if op.elementwise else lambda *a, **k: op.forward(OBJECTS, *a, **k)
        return rule(*[as_object(operand) for operand in operands], **(attrs or {}))
    if not op.elementwise:  # a number alone is data for a tensor, not a constant beside one
        operands = tuple(Tensor(x) if isinstance(x, (int, float)) else x for x in operands)
    return Tensor._apply(op, operands, attrs)


KINDS.apply, KINDS.tensor = apply_without_nodes, Tensor
