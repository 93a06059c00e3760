"""Operations on what is not a node: numbers, arrays, lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from .namespaces import FLOATS, OBJECTS
from .operation import Operation
from .tensor import Tensor
from .value import Value


def apply_without_nodes(op: Operation, operands: tuple[Any, ...], attrs: dict[str, Any] | None) -> Any:
    """Numbers give a float, arrays and lists a constant tensor, lists or object arrays of Values an object array."""
    if all(isinstance(operand, (int, float, np.generic)) for operand in operands) and op.elementwise:
        return float(op.forward(FLOATS, *map(float, operands), **(attrs or {})))
    if any(_holds_values(operand) for operand in operands):
        rule = getattr(OBJECTS, op.name) if op.elementwise else lambda *a, **k: op.forward(OBJECTS, *a, **k)
        return rule(*[np.asarray(operand, dtype=object) for operand in operands], **(attrs or {}))
    return Tensor._apply(op, operands, attrs)


def _holds_values(operand: Any) -> bool:
    """Whether an array or nested list holds Values."""
    if isinstance(operand, np.ndarray):
        return operand.dtype == object
    while isinstance(operand, (list, tuple)) and operand:
        if any(isinstance(item, Value) for item in operand):
            return True
        operand = operand[0]
    return isinstance(operand, np.ndarray) and operand.dtype == object
