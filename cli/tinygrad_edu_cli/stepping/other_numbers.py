"""A user's function, recorded with other numbers: whether it computes the same, or decides by an `if` of its own."""

from __future__ import annotations

import contextlib
import io
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_edu import Value, nodes
from tinygrad_edu.errors import TinygradError
from tinygrad_edu.graph.modes import Mode
from tinygrad_edu.graph.node import Node
from tinygrad_edu.graph.observer import Observer
from tinygrad_edu.tapes.javascript_code import UnwritableError
from tinygrad_edu_viz import Trace
from tinygrad_edu_words import _

from ..errors import CommandError

Change = Callable[[float], float]
CHANGES: tuple[Change, ...] = (lambda x: -1.5 * x - 0.25, lambda x: 3.0 * x + 2.0)


COMPARISONS = {operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge}


class OtherNumbers(Observer):
    """Gives each Value that has a name or a gradient another number when it is made; constants in formulas stay.

    Attributes:
        changed: these Values.
        compared: whether the program compared nodes, from which it may have decided something.
    """

    def __init__(self, change: Change):
        self.change = change
        self.changed: set[Node] = set()
        self.compared = False

    def called(self, function: Callable[..., Any], arguments: tuple[Any, ...], result: Any) -> None:
        self.compared |= function in COMPARISONS

    def created(self, leaf: Node) -> None:
        if isinstance(leaf, Value) and is_input(leaf):
            leaf.data = self.change(leaf.data)
            self.changed.add(leaf)


def is_input(leaf: Node) -> bool:
    """Whether a node is given, and no constant in a formula."""
    return leaf.op is None and (leaf.name is not None or leaf.requires_grad)


def recorded_again(function: Callable[[], Any]) -> list[Trace]:
    """What a function that makes its own inputs records if each of these has another number.

    Raises:
        UnwritableError: it takes no other numbers, or does not return one, or compares its numbers.
    """
    return [_recorded(function, OtherNumbers(change)) for change in CHANGES]


def _recorded(function: Callable[[], Any], other: OtherNumbers) -> Trace:
    try:
        with contextlib.redirect_stderr(io.StringIO()), np.errstate(all="ignore"):
            with Mode(lambda: {"watch": other}):
                root = function()
            found = isinstance(root, Node) and other.changed.issuperset(n for n in nodes(root) if is_input(n))
            trace = Trace.record(root) if found else None
    except (CommandError, TinygradError):
        trace = None
    if trace is None:
        raise UnwritableError(
            _("the function takes no other numbers, so that nobody knows whether it has an if of its own")
        )
    if other.compared:
        raise UnwritableError(
            _(
                "the function compares its numbers: it has an if of its own, or a where whose condition a page would "
                "not ask anew; step(x - 1), maximum, minimum and relu follow the numbers"
            )
        )
    return trace
