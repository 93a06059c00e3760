"""A network of scalars: arrays of Values where there were tensors."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np

from ..namespaces.objects import as_object, holds_values, is_value
from ..tensors.tensor import Tensor
from ..tensors.value import Value
from .tree import ModuleTree

M = TypeVar("M", bound=ModuleTree)


def scalarize(module: M) -> M:
    """A copy of the module in which every tensor is an object array of Values, named "0.weight[1,2]".

    A tensor that several layers share is shared as an array of Values, too.
    """
    values = {id(array): _as_values(name, array) for name, array in module.named_arrays() if isinstance(array, Tensor)}
    scalars = copy.deepcopy(module, values)  # which finds in `values` what stands for a tensor
    for part in scalars.modules():
        part.taken_apart = True
    return scalars


def as_input(x: Any) -> Any:
    """An input of a module of Values: numbers as objects, so that its layers compute one by one.

    Integers stay an array, as they may be positions in an `Embedding`.
    """
    if is_value(x) or holds_values(x):
        return as_object(x)
    numbers = x.numpy() if isinstance(x, Tensor) else np.asarray(x)
    return numbers if numbers.dtype.kind in "iub" else as_object(numbers)


def _as_values(name: str, tensor: Tensor) -> np.ndarray:
    numbers = tensor.numpy()
    values = np.empty(numbers.shape, dtype=object)
    for index in np.ndindex(numbers.shape):
        place = f"[{','.join(map(str, index))}]" if index else ""
        values[index] = Value(numbers[index], name=name + place, requires_grad=tensor.requires_grad)
    return values
