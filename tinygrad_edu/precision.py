"""float16 for storage, float32 for computing.

float16 counts to 2048 and no further, and ends at 65504: a sum of many such numbers has to be added up in more digits
than it is given back in (Micikevicius et al. 2018).
"""

# What is widened is whatever is being read, so it carries no types.
# mypy: disallow-untyped-defs=False

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

HALF = np.dtype("float16")


def is_half(x: Any) -> bool:
    """Whether an array or tensor is of float16."""
    dtype = getattr(x, "dtype", None)
    return dtype is not None and dtype.char == "e"


def is_wider(x: Any) -> bool:
    """Whether an array is of floating-point numbers with more digits than float16."""
    dtype = getattr(x, "dtype", HALF)
    return dtype.kind == "f" and dtype.itemsize > HALF.itemsize


def widened(x):
    """An array or tensor of float16 in float32, also inside a list or tuple; anything else as it is."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(widened, x))
    return x.astype("float32") if is_half(x) else x


def in_float32(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function, or a method, that computes in float32 and gives float16 where its first argument is of float16.

    For what is composed of several operations, whose intermediate results would overflow, or be rounded too often.
    """
    names = function.__code__.co_varnames
    place = int(names[0] == "self")

    @wraps(function)
    def wide(*operands, **settings):
        if not is_half(operands[place] if len(operands) > place else settings.get(names[place])):
            return function(*operands, **settings)
        settings = {name: widened(setting) for name, setting in settings.items()}
        return function(*map(widened, operands), **settings).astype(HALF)

    return wide
