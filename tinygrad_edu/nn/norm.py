"""Normalization: activations are brought to mean 0 and variance 1, over the batch or over the features."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import is_within
from ..errors import ArgumentError, ShapeError
from ..graph.modes import call_beside, get_default_dtype, no_grad
from ..graph.operation import REGISTRY
from ..precision import in_float32
from ..rules import functional
from ..rules.composed import as_floats
from ..tensors.tensor import Tensor
from .checks import check_size, check_width
from .module import Module

_normalize, _layer_norm = REGISTRY["normalize"].function, REGISTRY["layer_norm"].function


class BatchNorm1d(Module):
    """(x - mean) / √(variance + eps) · weight + bias for each feature, over the batch (Ioffe & Szegedy 2015).

    In training, mean and (biased) variance are those of the batch, and running means of them are kept:

        running ← (1 - momentum) · running + momentum · of this batch,

    with the unbiased variance. `eval()` uses these instead, so that an example's output does not depend on others.

    Args:
        num_features: C, for x of shape (n, C) or (n, C, length).
        eps: keeps the division finite.
        momentum: the weight of the latest batch; None for the plain average over all batches.
        affine: whether there are `weight` (starts as 1) and `bias` (starts as 0), each of shape (C,).
        dtype, device: of parameters and buffers.
    Raises:
        ArgumentError: num_features below 1, or another argument out of its range.
        ShapeError: in a call, another number of features, or in training a single value for each feature.

    `running_mean`, `running_var` (C,) and the counter `num_batches_tracked` belong to the state.
    """

    counters = ("num_batches_tracked",)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        dtype: Any = None,
        device: str = "cpu",
    ):
        self.num_features, self.eps, self.momentum, self.affine = num_features, eps, momentum, affine
        check_size(self.title(), num_features=num_features)
        _check_eps(self.title(), eps)
        if momentum is not None and not is_within(momentum, 0, below=math.nextafter(1, 2)):
            raise ArgumentError(f"{self.title()}: momentum must be a number from 0 to 1, or None, not {momentum!r}")
        shape = (num_features,)
        self.weight = _constant(1, shape, dtype, device, learned=True) if affine else None
        self.bias = _constant(0, shape, dtype, device, learned=True) if affine else None
        self.running_mean = _constant(0, shape, dtype, device)
        self.running_var = _constant(1, shape, dtype, device)
        self.num_batches_tracked = 0

    def forward(self, x: Any) -> Any:
        x = as_floats(x)
        if x.ndim not in (2, 3) or x.shape[1] != self.num_features:
            raise ShapeError(
                f"{self.title()}: the input has shape {x.shape}; the layer takes (n, {self.num_features}) "
                f"or (n, {self.num_features}, length)"
            )
        if self.weight is not None:
            check_width(self, x, self.weight)
        return self._normalized(x)

    @in_float32
    def _normalized(self, x: Any) -> Any:
        shape = (self.num_features, *[1] * (x.ndim - 2))  # broadcasts against x
        if self.training:
            axes = 0 if x.ndim == 2 else (0, 2)
            mean = functional.mean(x, axis=axes, keepdims=True)
            centered = x - mean
            variance = functional.mean(functional.square(centered), axis=axes, keepdims=True)
            n = x.shape[0] * (x.shape[2] if x.ndim == 3 else 1)
            if isinstance(mean, Tensor):
                call_beside(mean.backend, self._track, mean._data, variance._data, n)
            else:
                self._track(mean, variance, n)
        else:
            centered = x - functional.reshape(self.running_mean, shape)
            variance = functional.reshape(self.running_var, shape)
        normal = centered / functional.sqrt(variance + self.eps)
        if self.weight is None or self.bias is None:
            return normal
        return normal * functional.reshape(self.weight, shape) + functional.reshape(self.bias, shape)

    def _track(self, mean: Any, variance: Any, n: int) -> None:
        """Bring the running statistics up to date with those of a batch: arrays, of n values for each feature."""
        if n < 2:
            raise ShapeError(
                f"{self.title()}: a batch of one example has no variance; in training use larger batches "
                "(drop_last=True leaves out a last one of 1), to predict call model.eval() first"
            )
        self.num_batches_tracked += 1
        new = 1 / self.num_batches_tracked if self.momentum is None else self.momentum
        with no_grad():
            if isinstance(self.running_mean, Tensor):
                mean, variance = (Tensor.wrap(array, self.running_mean.backend) for array in (mean, variance))
            for name, latest in (("running_mean", mean), ("running_var", variance * (n / (n - 1)))):
                running = getattr(self, name)
                updated = running * (1 - new) + functional.reshape(latest, (self.num_features,)) * new
                if isinstance(running, Tensor):
                    running.data = updated.data
                else:  # an array of Values
                    setattr(self, name, updated)

    def settings(self) -> str:
        return _settings(self, self.num_features, eps=1e-5, momentum=0.1, affine=True)


class LayerNorm(Module):
    """(x - mean) / √(variance + eps) · weight + bias for each example, over its last axes (Ba, Kiros & Hinton 2016).

    Args:
        normalized_shape: the lengths of the last axes, over which mean and (biased) variance are taken; a number
            for the last axis alone.
        eps: keeps the division finite.
        elementwise_affine: whether there are `weight` (starts as 1) and `bias` (starts as 0), of normalized_shape.
        dtype, device: of the parameters.
    Raises:
        ArgumentError: a length below 1.
        ShapeError: in a call, an x whose last axes have other lengths.
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        dtype: Any = None,
        device: str = "cpu",
    ):
        shape = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
        self.normalized_shape, self.eps, self.elementwise_affine = tuple(shape), eps, elementwise_affine
        if not shape:
            raise ArgumentError("LayerNorm: normalized_shape is empty; give the lengths of the last axes")
        for length in shape:
            check_size(self.title(), normalized_shape=length)
        _check_eps(self.title(), eps)
        shape = self.normalized_shape
        self.weight = _constant(1, shape, dtype, device, learned=True) if elementwise_affine else None
        self.bias = _constant(0, shape, dtype, device, learned=True) if elementwise_affine else None

    def forward(self, x: Any) -> Any:
        x = as_floats(x)
        axes = tuple(range(-len(self.normalized_shape), 0))
        if x.shape[-len(axes) :] != self.normalized_shape:
            wanted = ", ".join(map(str, self.normalized_shape))
            raise ShapeError(f"{self.title()}: the input has shape {x.shape}; the layer takes (..., {wanted})")
        if self.weight is not None:
            check_width(self, x, self.weight)
        axis = axes if len(axes) > 1 else -1
        if self.weight is None or self.bias is None:
            return _normalize(x, axis=axis, eps=self.eps)
        return _layer_norm(x, self.weight, self.bias, axis=axis, eps=self.eps)

    def settings(self) -> str:
        shape = self.normalized_shape
        return _settings(self, shape[0] if len(shape) == 1 else shape, eps=1e-5, elementwise_affine=True)


def _check_eps(layer: str, eps: float) -> None:
    if not is_within(eps, 0):
        raise ArgumentError(f"{layer}: eps must be a number of at least 0, not {eps!r}")


def _constant(number: float, shape: tuple[int, ...], dtype: Any, device: str, learned: bool = False) -> Tensor:
    array = np.full(shape, number, get_default_dtype() if dtype is None else dtype)
    return Tensor(array, requires_grad=learned, device=device)


def _settings(layer: Module, first: Any, **defaults: Any) -> str:
    """The first argument, and those that differ from their defaults."""
    given = {name: getattr(layer, name) for name in defaults}
    return ", ".join([str(first), *[f"{name}={x}" for name, x in given.items() if x != defaults[name]]])
