"""Gradient clipping: a bound for gradients that explode, between `backward()` and `step()`.

A gradient that lies in an optimizer's flat array, where the parameter owns it, is overwritten there. Another one may
belong to somebody else (it was assigned by hand, or is a node of `create_graph=True`), so the parameter gets a new one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..backends import Backend, get
from ..checks import is_number
from ..errors import ArgumentError
from ..graph.node import Node
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
    parameters, backend = _ready("clip_grad_norm", parameters, max_norm=max_norm)
    if not norm_type > 0:
        raise ArgumentError(f"clip_grad_norm: norm_type must be above 0 (2, or math.inf), not {norm_type!r}")
    norm = backend.run(_clip_norm, backend, parameters, max_norm, norm_type)
    return Value(norm, requires_grad=False) if isinstance(parameters[0], Value) else Tensor.wrap(norm, backend)


def clip_grad_value(parameters: Iterable[Any], clip_value: float) -> None:
    """Cut every element of every gradient to the range from -clip_value to clip_value.

    Args, errors: as `clip_grad_norm`; `clip_value` is 0 or more.
    """
    parameters, backend = _ready("clip_grad_value", parameters, clip_value=clip_value)
    backend.run(_replace, parameters, lambda gradient: backend.clip(gradient, -clip_value, clip_value))


def _ready(name: str, parameters: Iterable[Any], **bound: float) -> tuple[list[Any], Backend]:
    """The parameters as a list, checked, and their device."""
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
    return parameters, get("cpu") if isinstance(first, Value) else first.backend


def _clip_norm(xp: Any, parameters: list[Any], max_norm: float, norm_type: float) -> Any:
    first = parameters[0]
    if isinstance(first, Value):
        dtype, gradients = np.dtype(float), [np.array([float(p.grad) for p in parameters])]
    else:
        dtype, gradients = first.dtype, [p.grad.data for p in parameters if p.grad is not None and p.size]
    if not gradients:
        return xp.zeros((), dtype=dtype)
    sizes = [xp.abs(widened(gradient)) for gradient in gradients]
    if norm_type == math.inf:
        norm = xp.max(xp.stack([xp.max(size, axis=None) for size in sizes]))
    else:
        norm = xp.sum(xp.stack([xp.sum(size**norm_type, axis=None) for size in sizes])) ** (1 / norm_type)
    norm = xp.asarray(norm)
    shrink = xp.minimum(max_norm / (norm + 1e-6), 1.0)
    _replace(parameters, lambda gradient: gradient * shrink)
    return norm.astype(dtype, copy=False)


def _replace(parameters: list[Any], function: Callable[[Any], Any]) -> None:
    """Give the parameters that have a gradient the function of it."""
    for p in parameters:
        if isinstance(p, Value):
            p.grad = function(float(p.grad))
        elif p.grad is not None:
            gradient = function(p.grad.data).astype(p.dtype, copy=False)
            if p.grad is p._buffer:
                p._buffer.data[...] = gradient
                p._buffer.changed()  # what was computed from it cannot be differentiated any more
            else:
                p.grad = Tensor.wrap(gradient, p.backend)
