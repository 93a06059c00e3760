"""Names of Python for what a generated function takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from inspect import Parameter, signature
from keyword import iskeyword
from typing import Any
from unicodedata import normalize

import numpy as np

from ..graph.node import Node


def arguments(function: Callable[..., Any], n: int) -> tuple[str, ...]:
    """What a function calls its first n arguments."""
    parameters: Iterable[Parameter] = ()
    with suppress(TypeError, ValueError):  # of a function that is not written in Python
        parameters = signature(function).parameters.values()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:n]
    return tuple(names if len(names) == n else [f"x{k}" for k in range(1, n + 1)])


def flat(names: Iterable[str], arguments: Iterable[Any], is_number: Callable[[Any], bool]) -> list[str]:
    """The names of the numbers in arguments, also of those in lists and arrays: x is x_0, x_1, ..."""
    found: list[str] = []
    for name, argument in zip(names, arguments, strict=False):
        if is_number(argument):
            found.append(name)
        elif isinstance(argument, np.ndarray) and not argument.ndim:
            found += flat([name], [argument.item()], is_number)
        elif isinstance(argument, (list, tuple, np.ndarray)):
            found += flat([f"{name}_{k}" for k in range(len(argument))], argument, is_number)
    return found


def of_node(node: Node) -> str:
    """A node's name as one of Python's; that of its layer comes last: "0.weight" is weight_0."""
    words = re.findall(r"[^\W\d]\w*|\d+", node.name or ("weight" if node.requires_grad else "constant"))
    return "_".join([w for w in words if not w[0].isdigit()] + [w for w in words if w[0].isdigit()])


def different(wanted: Iterable[str], taken: Container[str]) -> list[str]:
    """Names of Python that are all different, and none of those that are taken."""
    found: dict[str, None] = {}
    numbers: dict[str, int] = {}  # of a name that many want, the next number to try
    for name in wanted:
        name = normalize("NFKC", name)  # as Python reads it
        base = name = name if name.isidentifier() and not iskeyword(name) else "array"
        while name in found or name in taken:
            numbers[base] = numbers.get(base, 1) + 1
            name = f"{base}_{numbers[base]}"
        found[name] = None
    return list(found)
