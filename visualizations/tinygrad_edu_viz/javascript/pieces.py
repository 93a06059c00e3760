"""Pieces of which a page builds the graph of a network of single numbers: products, sums, activations, losses.

Each is a small recorded graph of Values. Its nodes are called ⟦k⟧ by their places, the first ones are its operands: in
what is said of them, that is where `scalar_network.js` fills in a label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.errors import TinygradError
from tinygrad_edu.tapes.javascript_code import UnwritableError

from ..trace import Trace
from .graph import ComputedGraph, computed_graph

MOST_OUTPUTS = 4  # of a network with several classes


class Piece(NamedTuple):
    """A recorded function of single numbers.

    Attributes:
        trace: its nodes are the operands, and then, in the order of creation, constants and results.
        arity: how many operands it has.
        graph: what computes it; None where nothing is computed, and the result is the operand.
    """

    trace: Trace
    arity: int
    graph: ComputedGraph | None


def pieces() -> dict[str, Piece]:
    """All of them, by their names: "multiply", "add", of an activation "tanh", of a loss with two outputs "mse 2".

    What cannot be computed anew from other numbers is left out.
    """
    losses, counts = {**tg.losses.LOSSES, "cross_entropy": _cross_entropy}, range(1, MOST_OUTPUTS + 1)
    functions: dict[str, tuple[Callable[..., Any], int]] = {
        "multiply": (lambda a, b: a * b, 2),
        "add": (lambda a, b: a + b, 2),
        **{name: (function, 1) for name, function in tg.nn.activations.ACTIVATIONS.items()},
        **{f"{name} {m}": (_of_lists(loss), 2 * m) for name, loss in losses.items() for m in counts},
    }
    found = {}
    for name, (function, arity) in functions.items():
        try:
            found[name] = piece(function, arity)
        except (UnwritableError, TinygradError):
            continue
    return found


def piece(function: Callable[..., Any], arity: int) -> Piece:
    """Record a function.

    Raises:
        UnwritableError: it cannot be computed anew from other numbers.
    """
    leaves = [tg.Value(0.3 + 0.2 * k, name=f"⟦{k}⟧") for k in range(arity)]
    root = function(*leaves)
    for k, node in enumerate(reversed(tg.nodes(root))):
        if node.op is not None:
            node.name = f"⟦{k}⟧"
    trace = Trace.record(root)
    return Piece(trace, arity, None if root is leaves[0] else computed_graph(trace))


def _of_lists(loss: Callable[..., Any]) -> Callable[..., Any]:
    """A loss as a function of outputs, and then their targets."""
    return lambda *numbers: loss(*np.split(np.array(numbers, dtype=object), 2))


def _cross_entropy(outputs: Any, targets: Any) -> Any:
    """log Σ exp(o) - Σ t · o.

    `tg.losses.cross_entropy` subtracts the largest output, which is chosen when the graph is recorded.
    """
    return tg.log(_sum([tg.exp(o) for o in outputs])) - _sum([t * o for t, o in zip(targets, outputs, strict=True)])


def _sum(values: Sequence[Any]) -> Any:
    first, *others = values
    for value in others:
        first = first + value
    return first
