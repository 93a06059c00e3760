"""Operands of any kind beside a tensor: numbers, arrays and lists become nodes of its device."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backends
from ..backends import Backend
from ..errors import GraphError
from ..graph.modes import get_default_dtype
from ..graph.node import KINDS, Node
from ..graph.operation import Operation
from ..rules.elementwise import multiply
from ..rules.structural import astype
from .value import Value

NUMBERS = (int, float, np.integer, np.floating, np.bool_)  # types of real numbers, Python's and NumPy's


def as_nodes(op: Operation, operands: tuple[Any, ...]) -> tuple[Backend, tuple[Node, ...], bool]:
    """Operands of any kind as nodes of one device: that of the tensors, or else of the arrays among them.

    Returns:
        (the device, the nodes, whether one of them wants a gradient).
    """
    backend = None
    for operand in operands:
        owner = getattr(operand, "backend", None)  # only tensors have one
        if owner is not None:
            if backend is not None:
                backend.same_device(owner, op.name)
            backend = owner
    if backend is None:
        backend = next(filter(None, map(backends.of_array, operands)), backends.get("cpu"))
    nodes = [x if hasattr(x, "backend") else _constant(x, backend, op) for x in operands]
    if op.floating:
        nodes = _as_floats(nodes)
    elif None in op.rules:
        nodes = _with_a_dtype(nodes, op, backend)
    return backend, tuple(nodes), any([node._tracked for node in nodes])


def _as_floats(nodes: list[Node]) -> list[Node]:
    """Tensors of integers in the dtype of the tensors of floats beside them, or else in the default dtype."""
    kinds = [getattr(node, "dtype", None) for node in nodes]
    floats = [dtype for dtype in kinds if dtype is not None and dtype.kind == "f"]
    dtype = np.result_type(*floats).name if floats else get_default_dtype()
    return [
        node if kind is None or kind.kind == "f" else astype(node, dtype)
        for node, kind in zip(nodes, kinds, strict=True)
    ]


def _with_a_dtype(nodes: list[Node], op: Operation, backend: Backend) -> list[Node]:
    """Where only a condition is an array, as in where(mask, 1.0, 0.0): Python's floats are of the default dtype."""
    numbers = [k for k, rule in enumerate(op.rules) if rule is not None]
    data = [nodes[k]._data for k in numbers]
    if all(isinstance(number, (int, float)) for number in data) and any(isinstance(number, float) for number in data):
        one = KINDS.tensor(backend.one(get_default_dtype(), ()), device=backend)  # the same array in all calls
        nodes[numbers[0]] = multiply(one, data[0])
    return nodes


def _constant(operand: Any, backend: Backend, op: Operation) -> Node:
    """A plain number as a constant of no dtype of its own, so that `x * 2.0` keeps that of x; arrays as tensors."""
    if isinstance(operand, Value):
        if operand._tracked:
            raise GraphError(
                f"{op.name}: a Value and a Tensor in one operation. A Value is one number of a scalar graph; "
                "for arrays make it a tensor: tg.Tensor(2.0, requires_grad=True)"
            )
        return operand
    if isinstance(operand, NUMBERS) and not isinstance(operand, (bool, np.bool_)):
        # beside a tensor of integers an integer stays one
        return Value.wrap(int(operand) if isinstance(operand, (int, np.integer)) else float(operand))
    owner = backends.of_array(operand)
    if owner is not None and not isinstance(operand, np.generic):
        owner.same_device(backend, op.name)
    return KINDS.tensor(operand, device=backend)
