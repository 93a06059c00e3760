"""Object arrays of Values: a tensor computation taken apart into scalars.

NumPy computes with an array of Python objects element by element, by calling their operators. So a list of Values, or
an array of them, can go wherever an array can, and comes out as one graph of single numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph.node import Node
from ..shapes import raggedness
from .namespace import FLOATS


def is_value(x: Any) -> bool:
    """Whether x is a single number in a graph, a `Value`."""
    return isinstance(x, Node) and x.namespace is FLOATS


def holds_values(operand: Any) -> bool:
    """Whether an array or nested list holds Values."""
    while isinstance(operand, (list, tuple)) and operand:
        if any(is_value(item) for item in operand):
            return True
        operand = operand[0]
    return isinstance(operand, np.ndarray) and operand.dtype == object


def numbers_of(values: np.ndarray) -> np.ndarray:
    """The numbers of an array of Values, out of the graph."""
    return np.array([value.data for value in values.flat], dtype=float).reshape(values.shape)


def as_object(operand: Any) -> np.ndarray:
    """A Value, a list or an array as an object array.

    Raises:
        ShapeError: a ragged list, which would become an array of lists.
    """
    if isinstance(operand, Node):
        array = np.empty((), dtype=object)
        array[()] = operand
        return array
    array = np.asarray(operand, dtype=object)
    if isinstance(operand, (list, tuple)) and any(isinstance(item, (list, tuple)) for item in array.flat):
        raise ShapeError(f"a ragged list: {raggedness(operand)}")
    return array
