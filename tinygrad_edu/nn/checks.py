"""What layers check of their arguments and inputs."""

from __future__ import annotations

import math
import sys
import warnings
from typing import Any

from .. import scopes
from ..checks import is_number, whole_number
from ..errors import ArgumentError, ShapeError
from ..rules.composed import as_tensor
from .tree import ModuleTree

_PACKAGE = __name__.partition(".")[0]


def check_size(layer: str, **sizes: Any) -> None:
    """Raise ArgumentError for a size that is no positive integer; the message names the layer and the argument."""
    for name, size in sizes.items():
        whole_number(f"{layer}: {name}", size, at_least=1)


def check_number(layer: str, **numbers: Any) -> None:
    """Raise ArgumentError for an argument that is no number."""
    for name, number in numbers.items():
        if not is_number(number):
            raise ArgumentError(f"{layer}: {name} must be a number, not {number!r}")


def check_features(layer: ModuleTree, x: Any, features: int, weight: Any) -> Any:
    """The input of a layer, which wants `features` numbers in its last axis: an array, a tensor or a list.

    Args:
        weight: of the layer; an input of a wider dtype is warned of, see `check_width`.
    Raises:
        ShapeError: it has other numbers; the message names the layer.
    """
    x = as_tensor(x)
    shape = x.shape
    if not shape or shape[-1] != features:
        found = f"{shape[-1]} features in its last axis, shape {shape}" if shape else "no axis, shape ()"
        raise ShapeError(
            f"{layer.title()}: the input has {found}; the layer takes {features}, shape (..., {features})"
            + _meant(shape, features)
        )
    if x.dtype is not weight.dtype:
        check_width(layer, x, weight)
    return x


def _meant(shape: tuple[int, ...], features: int) -> str:
    if math.prod(shape) == features:
        return f". x.reshape(1, {features}) makes one example of it"
    if len(shape) == 2 and shape[0] == features:
        return ". Examples are rows: give x.T"
    if len(shape) > 2 and math.prod(shape[1:]) == features:
        return ". tg.nn.Flatten() as the layer before makes one axis of all but the first"
    return ""


def check_width(layer: ModuleTree, x: Any, weight: Any) -> None:
    """Warn, once for a network, of an input that makes it compute in a wider dtype than its parameters have."""
    mine, given = weight.dtype, x.dtype
    if not (mine.kind == given.kind == "f" and given.itemsize > mine.itemsize) or getattr(x, "op", None) is not None:
        return
    network, interval = layer, scopes.current()
    while interval is not None:
        network, interval = interval.owner or network, interval.outer
    if network._warned_of_width:
        return
    network._warned_of_width = True
    warnings.warn(
        f"{layer.title()}: the input is of {given} and the parameters are of {mine}, so this network computes in "
        f"{given}, with twice the memory and half the speed (PyTorch refuses it). Give it x.astype('{mine}'); or, if "
        f"{given} is meant, make the layers with dtype='{given}'",
        stacklevel=_users_level(),
    )


def _users_level() -> int:
    """The `stacklevel` of the innermost call from outside of this package."""
    level, frame = 2, sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(f"{_PACKAGE}."):
        level, frame = level + 1, frame.f_back
    return level
