"""What the state of a module is, as a dictionary of host arrays, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..errors import StateError
from ..namespaces.objects import numbers_of
from ..tensors.tensor import Tensor
from .tree import ModuleTree


def of_module(module: ModuleTree) -> dict[str, np.ndarray]:
    """Names and copies of parameters, buffers and counters."""
    state = {name: a.numpy() if isinstance(a, Tensor) else numbers_of(a) for name, a in module.named_arrays()}
    for name, owner, counter in _counters(module):
        state[name] = np.array(getattr(owner, counter), dtype=np.int64)
    return state


def load(module: ModuleTree, state: dict[str, Any]) -> None:
    """Check everything, then write everything: see `Module.load_state_dict`."""
    arrays = dict(module.named_arrays())
    counters = {name: (owner, counter) for name, owner, counter in _counters(module)}
    shapes = {name: array.shape for name, array in arrays.items()}
    host = {name: item.numpy() if isinstance(item, Tensor) else np.asarray(item) for name, item in state.items()}
    if problems := _problems(module, shapes, counters, host):
        raise StateError(
            f"{type(module).__name__}: the state is that of another model; nothing was loaded.\n  "
            + "\n  ".join(problems)
        )
    for name, array in arrays.items():
        if isinstance(array, Tensor):
            array.data = np.array(host[name], dtype=array.dtype)
        else:
            for value, number in zip(array.flat, host[name].flat, strict=True):
                value.data = float(number)
    for name, (owner, counter) in counters.items():
        setattr(owner, counter, int(host[name]))


def _counters(module: ModuleTree) -> Iterator[tuple[str, ModuleTree, str]]:
    for prefix, owner in module.named_modules():
        for counter in owner.counters:
            yield f"{prefix}.{counter}" if prefix else counter, owner, counter


def _problems(
    module: ModuleTree, shapes: dict[str, tuple[int, ...]], counters: Iterable[str], state: dict[str, np.ndarray]
) -> list[str]:
    modules, shapes = dict(module.named_modules()), shapes | dict.fromkeys(counters, ())
    problems = []
    for name, shape in shapes.items():
        layer = modules.get(name.rpartition(".")[0], module).title()
        if name not in state:
            problems.append(f"missing: {name}, of {layer}, shape {shape}")
        elif state[name].shape != shape:
            problems.append(f"{name}, of {layer}: shape {shape} here, {state[name].shape} in the state")
        elif state[name].dtype.kind not in "fiub":
            problems.append(f"{name}, of {layer}: the state holds {state[name].dtype}, not numbers")
        elif name in counters and not float(state[name]).is_integer():
            problems.append(f"{name}, of {layer}: a counter is a whole number, not {state[name]}")
    return problems + [f"unexpected: {name}, shape {state[name].shape}" for name in state if name not in shapes]
