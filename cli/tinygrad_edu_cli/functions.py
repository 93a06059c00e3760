"""What an expression can call: the public functions of tinygrad_edu, and which of their arguments are operands."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tinygrad_edu import functional
from tinygrad_edu.operation import REGISTRY

FUNCTIONS: dict[str, Callable[..., Any]] = {name: getattr(functional, name) for name in functional.__all__}

DTYPES = ("float16", "float32", "float64")  # that an expression can ask for

# What to write where somebody gives a node to a setting.
NODES_INSTEAD = {
    "max": "of two nodes: maximum(a, b)",
    "min": "of two nodes: minimum(a, b)",
    "clip": "between two nodes: minimum(maximum(x, low), high)",
}

# Parameters that have no default and yet are no operands.
_SETTINGS = {
    *("axis", "axis1", "axis2", "source", "destination", "shape", "dtype", "pad_width", "shift", "reps", "repeats"),
    *("indices", "indices_or_sections", "subscripts"),
}


def is_operand(parameter: inspect.Parameter) -> bool:
    """Whether a function computes with this argument; else it is a setting, such as an axis."""
    return parameter.default is inspect.Parameter.empty and parameter.name not in _SETTINGS


def is_elementwise(name: str) -> bool:
    """Whether a function has a meaning for single numbers."""
    return name in REGISTRY and REGISTRY[name].elementwise


def usage(name: str) -> str:
    """How a function is called: "sum(a, axis=None, keepdims=False)"."""
    return f"{name}{inspect.signature(FUNCTIONS[name])}"
