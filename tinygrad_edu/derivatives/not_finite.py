"""Where an inf or nan is born: an operation whose operands are finite, and whose result is not; and why."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..graph.operation import Elementwise, Operation
from ..namespaces.namespace import FLOATS

if TYPE_CHECKING:
    from ..graph.node import Node

NUDGE = 1e-3  # of a number, to see whether its neighbours have a result


class Birth(NamedTuple):
    """What is not finite although its operands are.

    Attributes:
        number: the first such element.
        place: its index in an array; () for a single number.
        operands: of an elementwise operation, the numbers that it was computed from.
        why: what the operation's docstring says of it, or that the number is too large.
    """

    number: float
    place: tuple[int, ...]
    operands: tuple[float, ...]
    why: str


def birth(op: Operation, node: Node, operands: tuple[Node, ...], attrs: dict[str, Any] | None = None) -> Birth | None:
    """Why a result is not finite; None if it is, or if an operand is not."""
    result = host(node)
    bad = ~np.isfinite(result)
    if not bad.any() or not all(is_finite(operand) for operand in operands):
        return None
    place = tuple(map(int, np.argwhere(bad)[0]))
    number = float(result[place])
    taken: tuple[float, ...] = ()
    if isinstance(op, Elementwise):
        taken = tuple([float(np.broadcast_to(host(operand), result.shape)[place]) for operand in operands])
    said = domain(op)
    if said and (number != number or _is_a_singularity(op, taken, attrs)):
        why = f"{op.name}: {said}"
    elif number != number:
        why = f"{op.name} has no value for these operands"
    else:
        why = f"the result lies beyond the largest number that {result.dtype} holds"
    return Birth(number, place, taken, why)


@cache
def domain(op: Operation) -> str:
    """What an operation's docstring says about inf and nan, or "".

    >>> domain(REGISTRY["divide"])
    'x/0 is ±inf and 0/0 is nan'
    """
    paragraph = " ".join((op.forward.__doc__ or "").split("\n\n")[0].split())
    parts = [part.rstrip(".;") for part in re.split(r"(?<=[.;])\s+", paragraph)]
    return "; ".join(part for part in parts if re.search(r"\binf\b|\bnan\b", part))


def _is_a_singularity(op: Operation, operands: tuple[float, ...], attrs: dict[str, Any] | None) -> bool:
    """Whether numbers nearby have a finite result, as those beside a pole do: else the result is too large."""
    for factor in (1 + NUDGE, 1 - NUDGE):
        near = [operand * factor if operand else factor - 1 for operand in operands]
        try:
            if np.isfinite(op.forward(FLOATS, *near, **(attrs or {}))):
                return True
        except (ArithmeticError, ValueError, TypeError):
            continue
    return False


def host(item: Any) -> np.ndarray:
    """The numbers of a node, an array of any device, or a float."""
    data = getattr(item, "_data", item)
    return np.asarray(data.get() if hasattr(data, "get") else data)


def is_finite(item: Any) -> bool:
    return bool(np.isfinite(host(item)).all())
