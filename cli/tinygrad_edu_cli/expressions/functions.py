"""What an expression can call: the public functions of tinygrad_edu, and which of their arguments are operands."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu.rules import functional
from tinygrad_edu_words import N_, _

FUNCTIONS: dict[str, Callable[..., Any]] = {name: getattr(functional, name) for name in functional.__all__}

DTYPES = ("float16", "float32", "float64")  # that an expression can ask for

# What to write where somebody gives a node to a setting.
NODES_INSTEAD = {
    "max": N_("of two nodes: maximum(a, b)"),
    "min": N_("of two nodes: minimum(a, b)"),
    "clip": N_("between two nodes: minimum(maximum(x, low), high)"),
}

# Parameters that have no default and yet are no operands.
_SETTINGS = {
    *("axis", "axis1", "axis2", "source", "destination", "shape", "dtype", "pad_width", "shift", "reps", "repeats"),
    *("indices", "indices_or_sections", "subscripts"),
}


_INTEGERS = {
    *("axis", "axis1", "axis2", "axes", "source", "destination", "shape", "shift", "reps", "repeats", "offset", "k"),
    *("indices", "indices_or_sections", "pad_width"),
}


def wrong_setting(name: str, value: Any) -> str:
    """What a setting must be if it cannot be `value`; else ""."""
    if name == "dtype" and value not in DTYPES:
        return _("one of {dtypes}").format(dtypes=", ".join(map(repr, DTYPES)))
    if name == "subscripts" and not isinstance(value, str):
        return _("a text such as 'ij,jk->ik'")
    if name == "axes" and value is not None and not isinstance(value, tuple):
        return _("a tuple of integers, such as (1, 0)")
    if name in _INTEGERS and value is not None and not _are_integers(value):
        return _("an integer, or integers in ( ) or [ ]")
    return ""


def _are_integers(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_are_integers, value))
    return type(value) is int


def is_operand(parameter: inspect.Parameter) -> bool:
    """Whether a function computes with this argument; else it is a setting, such as an axis."""
    return parameter.default is inspect.Parameter.empty and parameter.name not in _SETTINGS


def is_elementwise(name: str) -> bool:
    """Whether a function has a meaning for single numbers."""
    return name in REGISTRY and REGISTRY[name].elementwise


def usage(name: str) -> str:
    """How a function is called: "sum(a, axis=None, keepdims=False)"."""
    return f"{name}{inspect.signature(FUNCTIONS[name])}"
