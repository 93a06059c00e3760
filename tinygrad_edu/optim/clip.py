"""Gradient clipping: a bound for gradients that explode, between `backward()` and `step()`.

A gradient that lies in an optimizer's flat array, where the parameter owns it, is overwritten there. Another one may
belong to somebody else (it was assigned by hand, or is a node of `create_graph=True`), so the parameter gets a new one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np

from ..backends import Backend, get
from ..checks import is_number
from ..errors import ArgumentError
from ..graph.node import Node
from ..precision import widened
from ..tapes.kernel import Kernel, written
from ..tensors.tensor import Tensor
from ..tensors.value import Value


def clip_grad_norm(parameters: Iterable[Any], max_norm: float, norm_type: float = 2.0) -> Any:
    """Shorten the gradient of all parameters together, seen as one long vector, to a length of at most `max_norm`.

    It keeps its direction: every gradient is multiplied by min(1, max_norm / (norm + 1e-6)).

    Args:
        parameters: tensors of one device, or Values; those without a gradient are passed over, and one that is given
            twice counts once.
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
    backend.run(_replace, parameters, lambda gradient, **out: backend.clip(gradient, -clip_value, clip_value, **out))


def _ready(name: str, parameters: Iterable[Any], **bound: float) -> tuple[list[Any], Backend]:
    """The parameters as a list, checked, each once, and their device."""
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
    return list(dict.fromkeys(parameters)), get("cpu") if isinstance(first, Value) else first.backend


def _clip_norm(xp: Any, parameters: list[Any], max_norm: float, p: float) -> Any:
    first = parameters[0]
    if isinstance(first, Value):
        dtype, gradients = np.dtype(float), [np.array([float(parameter.grad) for parameter in parameters])]
    else:
        dtype, gradients = first.dtype, [gradient for gradient in _gradients(parameters) if gradient.size]
    if not gradients:
        return xp.zeros((), dtype=dtype)
    norm, shrink = _norm(xp, [widened(gradient).reshape(-1) for gradient in gradients], max_norm, p)
    _replace(parameters, lambda gradient, **out: xp.multiply(gradient, shrink, **out))
    return norm.astype(dtype, copy=False)


def _norm(xp: Any, gradients: list[Any], max_norm: float, p: float) -> tuple[Any, Any]:
    """The p-norm of gradients (n,), and the factor that shortens them: arrays of shape ()."""
    reduce = xp.max if p == math.inf else xp.sum
    totals = xp.empty(len(gradients), dtype=np.result_type(*[gradient.dtype for gradient in gradients]))
    for k, gradient in enumerate(gradients):
        reduce(_terms(xp, gradient, p), axis=0, keepdims=True, out=totals[k : k + 1])
    total = reduce(totals, axis=0, keepdims=True) if len(gradients) > 1 else totals
    norm, shrink = xp.empty_like(total), xp.empty_like(total)
    kernel = _kernel(p)
    xp.update(written(kernel, xp.language), [norm, shrink, total], kernel.parameters_of({"max_norm": max_norm}), [])
    return norm.reshape(()), shrink.reshape(())


def _terms(xp: Any, gradient: Any, p: float) -> Any:
    """What the p-norm is the sum of, or the maximum."""
    if p == 2:
        return xp.square(gradient)
    size = xp.abs(gradient)
    return size if p in (1, math.inf) else size**p


@cache
def _kernel(p: float) -> Kernel:
    """The norm and the factor, in one go."""

    def norm_and_factor(xp: Any, norm: Any, factor: Any, total: Any, max_norm: float) -> Any:
        norm = total if p in (1, math.inf) else xp.sqrt(total) if p == 2 else total ** (1 / p)
        return norm, xp.minimum(max_norm / (norm + 1e-6), 1.0)

    return Kernel(norm_and_factor, 3, ["max_norm"])


def _gradients(parameters: list[Any]) -> list[Any]:
    """The arrays that the gradients of tensors lie in."""
    return [*_flat(_owned(parameters)), *[p.grad.data for p in _assigned(parameters)]]


def _owned(parameters: list[Any]) -> list[Any]:
    """The tensors whose gradients lie in flat arrays of optimizers."""
    return [p for p in parameters if p.grad is not None and p.grad is p._buffer]


def _assigned(parameters: list[Any]) -> list[Any]:
    """The tensors with another gradient."""
    return [p for p in parameters if p.grad is not None and p.grad is not p._buffer]


def _flat(owned: list[Any]) -> list[Any]:
    """The flat arrays that hold the gradients of these tensors and nothing else; where there is more, the gradients."""
    parts: dict[int, list[Any]] = {}
    for p in owned:
        parts.setdefault(id(p._buffer.data.base), []).append(p._buffer.data)
    found = []
    for gradients in parts.values():
        flat = gradients[0].base
        found += [flat] if flat.size == sum(gradient.size for gradient in gradients) else gradients
    return found


def _replace(parameters: list[Any], function: Callable[..., Any]) -> None:
    """Give the parameters that have a gradient the function of it."""
    if isinstance(parameters[0], Value):
        for value in parameters:
            value.grad = function(float(value.grad))
        return
    owned = _owned(parameters)
    for array in _flat(owned):
        function(array, out=array)
    for p in owned:
        p._buffer.changed()  # what was computed from it cannot be differentiated any more
    for p in _assigned(parameters):
        p.grad = Tensor.wrap(function(p.grad.data).astype(p.dtype, copy=False), p.backend)
