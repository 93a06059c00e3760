"""Gradient clipping: a bound for gradients that explode, between `backward()` and `step()`.

A gradient that lies in an optimizer's flat array, where the parameter owns it, is overwritten there. Another one may
belong to somebody else (it was assigned by hand, or is a node of `create_graph=True`), so the parameter gets a new one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import reduce
from typing import Any

from ..checks import is_number
from ..errors import ArgumentError
from ..graph.node import Node
from ..namespaces.namespace import FLOATS
from ..precision import widened
from ..tensors.tensor import Tensor
from ..tensors.value import Value


def clip_grad_norm(parameters: Iterable[Any], max_norm: float, norm_type: float = 2.0) -> Any:
    """Shorten the gradient of all parameters together, seen as one long vector, to a length of at most `max_norm`.

    It keeps its direction: every gradient is multiplied by min(1, max_norm / (norm + 1e-6)).

    Args:
        parameters: tensors of one device, or Values; those without a gradient are passed over.
        max_norm: 0 or more.
        norm_type: p of the p-norm (Σ |g|ᵖ)^(1/p); 2 is Euclid's, `math.inf` takes the largest |g|.
    Returns:
        the norm before, as a tensor of shape () on the device, which nothing waits for (for Values, as a Value).
    Raises:
        ArgumentError: no parameters, or a number out of its range.

    (Pascanu, Mikolov & Bengio 2013. The 1e-6 is PyTorch's.)
    """
    parameters = _ready("clip_grad_norm", parameters, max_norm=max_norm)
    if not norm_type > 0:
        raise ArgumentError(f"clip_grad_norm: norm_type must be above 0 (2, or math.inf), not {norm_type!r}")
    if isinstance(parameters[0], Value):
        sizes = [abs(float(p.grad)) for p in parameters]
        if norm_type == math.inf:
            norm = reduce(FLOATS.maximum, sizes)
        else:
            norm = FLOATS.power(sum(FLOATS.power(size, norm_type) for size in sizes), 1 / norm_type)
        shrink = FLOATS.minimum(max_norm / (norm + 1e-6), 1.0)
        for p in parameters:
            p.grad = float(p.grad) * shrink
        return Value(norm, requires_grad=False)
    backend = parameters[0].backend
    return Tensor.wrap(backend.run(_clip_norm, parameters, max_norm, norm_type), backend)


def clip_grad_value(parameters: Iterable[Any], clip_value: float) -> None:
    """Cut every element of every gradient to the range from -clip_value to clip_value.

    Args, errors: as `clip_grad_norm`; `clip_value` is 0 or more.
    """
    parameters = _ready("clip_grad_value", parameters, clip_value=clip_value)
    if isinstance(parameters[0], Value):
        for p in parameters:
            p.grad = FLOATS.clip(float(p.grad), -clip_value, clip_value)
    else:
        parameters[0].backend.run(_clip_values, parameters, clip_value)


def _ready(name: str, parameters: Iterable[Any], **bound: float) -> list[Any]:
    """The parameters as a list, checked."""
    parameters = [parameters] if isinstance(parameters, Node) else list(parameters)
    if not parameters:
        raise ArgumentError(f"{name}: no parameters; give model.parameters()")
    for setting, value in bound.items():
        if not is_number(value) or not value >= 0:
            raise ArgumentError(f"{name}: {setting} must be a number of at least 0, not {value!r}")
    first = parameters[0]
    for k, p in enumerate(parameters):
        if not isinstance(p, Node):
            raise ArgumentError(f"{name}: parameter {k} is a {type(p).__name__}; give model.parameters()")
        if isinstance(p, Value) != isinstance(first, Value):
            raise ArgumentError(f"{name}: Values and tensors together; clip them one kind after the other")
        if isinstance(p, Tensor):
            first.backend.same_device(p.backend, name)
    return parameters


def _clip_norm(parameters: list[Tensor], max_norm: float, norm_type: float) -> Any:
    xp = parameters[0].backend
    sizes = [xp.abs(widened(p.grad.data)) for p in parameters if p.grad is not None and p.size]
    if not sizes:
        return xp.zeros((), dtype=parameters[0].dtype)
    if norm_type == math.inf:
        norm = xp.max(xp.stack([xp.max(size, axis=None) for size in sizes]))
    else:
        norm = xp.sum(xp.stack([xp.sum(size**norm_type, axis=None) for size in sizes])) ** (1 / norm_type)
    norm = xp.asarray(norm)
    shrink = xp.minimum(max_norm / (norm + 1e-6), 1.0)
    for p in parameters:
        if p.grad is not None:
            _set_gradient(p, p.grad.data * shrink)
    return norm.astype(parameters[0].dtype, copy=False)


def _clip_values(parameters: list[Tensor], clip_value: float) -> None:
    xp = parameters[0].backend
    for p in parameters:
        if p.grad is not None:
            _set_gradient(p, xp.clip(p.grad.data, -clip_value, clip_value))


def _set_gradient(parameter: Tensor, gradient: Any) -> None:
    gradient = gradient.astype(parameter.dtype, copy=False)
    if parameter.grad is parameter._buffer and parameter._buffer is not None:
        parameter._buffer.data[...] = gradient
        parameter._buffer.changed()  # what was computed from it cannot be differentiated any more
    else:
        parameter.grad = Tensor.wrap(gradient, parameter.backend)
