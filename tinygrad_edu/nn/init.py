"""Initial weights: drawn on the host from `tg.random`, as NumPy arrays.

Every function takes (shape, rng=None, dtype=None): the shape of the array, a NumPy generator or a seed (None: the
default generator, which `tg.seed()` starts anew), and the dtype (None: the default one, float32 unless set).

A weight of shape (in, out) has fan_in = in inputs to each unit and feeds fan_out = out units; a weight of shape (in,)
is that of a single unit. The variance of an activation should neither grow nor shrink from layer to layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph.modes import get_default_dtype
from ..random import generator

Shape = tuple[int, ...]
Rng = np.random.Generator | int | None
Initializer = Callable[..., np.ndarray]


def uniform(shape: Shape, rng: Rng = None, dtype: Any = None, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Equally likely in [low, high)."""
    return _cast(generator(rng).uniform(low, high, shape), dtype)


def normal(shape: Shape, rng: Rng = None, dtype: Any = None, mean: float = 0.0, std: float = 1.0) -> np.ndarray:
    """Normally distributed."""
    return _cast(generator(rng).normal(mean, std, shape), dtype)


def zeros(shape: Shape, rng: Rng = None, dtype: Any = None) -> np.ndarray:
    """All 0: for biases. (Weights of 0 make all units of a layer the same, and they stay the same.)"""
    return _cast(np.zeros(shape), dtype)


def glorot_uniform(shape: Shape, rng: Rng = None, dtype: Any = None) -> np.ndarray:
    """Uniform in ±√(6 / (fan_in + fan_out)), for tanh, sigmoid and linear units (Glorot & Bengio 2010)."""
    fan_in, fan_out = fans(shape)
    bound = math.sqrt(6 / (fan_in + fan_out))
    return uniform(shape, rng, dtype, -bound, bound)


def glorot_normal(shape: Shape, rng: Rng = None, dtype: Any = None) -> np.ndarray:
    """Normal with variance 2 / (fan_in + fan_out) (Glorot & Bengio 2010)."""
    fan_in, fan_out = fans(shape)
    return normal(shape, rng, dtype, std=math.sqrt(2 / (fan_in + fan_out)))


def he_uniform(shape: Shape, rng: Rng = None, dtype: Any = None) -> np.ndarray:
    """Uniform in ±√(6 / fan_in), for relu units, which let half of the variance through (He et al. 2015)."""
    bound = math.sqrt(6 / fans(shape)[0])
    return uniform(shape, rng, dtype, -bound, bound)


def he_normal(shape: Shape, rng: Rng = None, dtype: Any = None) -> np.ndarray:
    """Normal with variance 2 / fan_in (He et al. 2015)."""
    return normal(shape, rng, dtype, std=math.sqrt(2 / fans(shape)[0]))


def lecun_normal(shape: Shape, rng: Rng = None, dtype: Any = None) -> np.ndarray:
    """Normal with variance 1 / fan_in (LeCun et al. 1998)."""
    return normal(shape, rng, dtype, std=math.sqrt(1 / fans(shape)[0]))


def orthogonal(shape: Shape, rng: Rng = None, dtype: Any = None) -> np.ndarray:
    """A random matrix with orthonormal columns, or rows where it is wide: it keeps lengths (Saxe et al. 2013).

    Raises:
        ShapeError: the shape is not that of a matrix.
    """
    if len(shape) != 2:
        raise ShapeError(f"orthogonal: a matrix has a shape (in, out), not {shape}")
    rows, columns = max(shape), min(shape)
    q, r = np.linalg.qr(generator(rng).normal(size=(rows, columns)))
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # without it some matrices are likelier than others (Mezzadri 2007)
    return _cast(q if shape == (rows, columns) else q.T, dtype)


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight of shape (..., in, out) or (in,).

    Raises:
        ShapeError: a shape () or one with a length of 0.
    """
    if not shape or 0 in shape:
        raise ShapeError(f"a weight of shape {shape} has no inputs or no units; give (in, out) or (in,)")
    return (math.prod(shape[:-1]), shape[-1]) if len(shape) > 1 else (shape[0], 1)


def _cast(array: np.ndarray, dtype: Any) -> np.ndarray:
    return array.astype(get_default_dtype() if dtype is None else dtype)


INITIALIZERS: dict[str, Initializer] = {
    function.__name__: function
    for function in (
        glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_normal, uniform, normal, zeros, orthogonal,
    )
}  # fmt: skip

__all__ = [*INITIALIZERS, "INITIALIZERS", "fans"]
