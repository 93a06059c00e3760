"""Looking at what a model would compute, without leaving a trace in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..graph.modes import enable_grad
from ..nn import Module
from ..nn.tree import learns
from ..tensors.tensor import Tensor
from .examples import Examples
from .update import Update


def loss_of(batches: Sequence[Any], model: Module, examples: Examples, update: Update) -> Any:
    """What an update from these batches makes smaller, with its graph; the model stays as it is.

    Args:
        batches: for each, the positions of its rows, on the host.
    """
    rows, total = sum(map(len, batches)), None
    with undisturbed(model), enable_grad():
        model.train()
        for k, batch in enumerate(batches, 1):
            x, targets, _ = examples.batch(examples.backend.asarray(batch))
            if not examples.values:
                number = k if len(batches) > 1 else ""
                x.name, targets.name = f"x{number}", f"target{number}"
            loss = update.losses(x, targets, len(batch) / rows)[0]
            total = loss if total is None else total + loss
    return total


@contextmanager
def undisturbed(model: Module) -> Iterator[None]:
    """Whatever a forward pass changes inside is as it was afterwards: modes, the counters of dropout, running means.

    Parameters are left alone: a forward pass does not change them, and they lie in the arrays of an optimizer.
    """
    attributes = [(module, _public(module)) for module in model.modules()]
    kept = [array for _, array in model.named_arrays() if isinstance(array, Tensor) and not learns(array)]
    buffers = [(buffer, buffer._data, buffer.backend.run(buffer._data.copy)) for buffer in kept]
    try:
        yield
    finally:
        for module, before in attributes:
            for name in _public(module).keys() - before.keys():
                del vars(module)[name]
            vars(module).update(before)
        for buffer, array, content in buffers:
            if buffer._data is not array:  # replaced, as batch normalization does
                buffer._data = array
                buffer.changed()
            buffer.backend.run(array.__setitem__, ..., content)


def _public(module: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if name[0] != "_"}
