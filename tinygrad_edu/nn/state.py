"""What the state of a module is, as a dictionary of host arrays, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import StateError
from ..namespaces import objects
from ..tensors.tensor import Tensor
from .tree import ModuleTree


def of_module(module: ModuleTree) -> dict[str, np.ndarray]:
    """Names and copies of parameters, buffers and counters."""
    state = {name: numbers_of(array) for name, array in module.named_arrays()}
    for name, owner, counter in _counters(module):
        state[name] = np.array(getattr(owner, counter), dtype=np.int64)
    return state


def load(module: ModuleTree, state: dict[str, Any]) -> None:
    """Check everything, then write everything.

    Raises:
        StateError: see `Module.load_state_dict`.
    """
    arrays = dict(module.named_arrays())
    counters = {name: (owner, counter) for name, owner, counter in _counters(module)}
    shapes: dict[str, tuple[int, ...]] = {name: array.shape for name, array in arrays.items()}
    shapes.update(dict.fromkeys(counters, ()))
    host = {name: np.asarray(numbers_of(item) if isinstance(item, Tensor) else item) for name, item in state.items()}
    problems = _problems(module, shapes, host)
    if problems:
        raise StateError(
            f"{type(module).__name__}: the state is that of another model; nothing was loaded.\n  "
            + "\n  ".join(problems)
        )
    for name, array in arrays.items():
        write(array, host[name])
    for name, (owner, counter) in counters.items():
        setattr(owner, counter, int(host[name]))


def numbers_of(array: Any) -> np.ndarray:
    """A copy of the numbers of a tensor or of an array of Values, on the host."""
    if isinstance(array, Tensor):
        return array.numpy()
    return objects.numbers_of(array)


def write(array: Any, numbers: np.ndarray) -> None:
    """Give a tensor, or an array of Values, other numbers of the same shape."""
    if isinstance(array, Tensor):
        array.data = np.array(numbers, dtype=array.dtype)
    else:
        for value, number in zip(array.flat, numbers.flat, strict=True):
            value.data = float(number)


def _counters(module: ModuleTree) -> Iterator[tuple[str, ModuleTree, str]]:
    for prefix, owner in module.named_modules():
        for counter in owner.counters:
            yield f"{prefix}.{counter}" if prefix else counter, owner, counter


def _problems(module: ModuleTree, shapes: dict[str, tuple[int, ...]], state: dict[str, np.ndarray]) -> list[str]:
    modules = dict(module.named_modules())
    problems = []
    for name, shape in shapes.items():
        layer = modules.get(name.rpartition(".")[0], module).title()
        if name not in state:
            problems.append(f"missing: {name}, of {layer}, shape {shape}")
        elif state[name].shape != shape:
            problems.append(f"{name}, of {layer}: shape {shape} here, {state[name].shape} in the state")
        elif state[name].dtype.kind not in "fiub":
            problems.append(f"{name}, of {layer}: the state holds {state[name].dtype}, not numbers")
    return problems + [f"unexpected: {name}, shape {state[name].shape}" for name in state if name not in shapes]
