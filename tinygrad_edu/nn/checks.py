"""What layers check of their arguments and inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..rules.composed import as_tensor
from .tree import ModuleTree


def check_size(layer: str, **sizes: Any) -> None:
    """Raise ArgumentError for a size that is no positive integer; the message names the layer and the argument."""
    for name, size in sizes.items():
        if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
            raise ArgumentError(f"{layer}: {name} must be an integer of at least 1, not {size!r}")


def as_array(x: Any) -> Any:
    """An input that may be a list as an array: a tensor, or an object array of Values."""
    return x if hasattr(x, "shape") else as_tensor(x)


def check_features(layer: ModuleTree, x: Any, features: int) -> Any:
    """The input of a layer, an array, a tensor or a list; a ShapeError if its last axis has not `features` numbers."""
    x = as_array(x)
    if not x.shape or x.shape[-1] != features:
        found = f"{x.shape[-1]} features in its last axis, shape {x.shape}" if x.shape else "no axis, shape ()"
        raise ShapeError(f"{layer.title()}: the input has {found}; the layer takes {features}, shape (..., {features})")
    return x
