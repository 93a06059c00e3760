"""Augmented assignment: `p -= step`, and its kin.

Python calls `p.__isub__(step)` and gives its result the name p. So it can write into p, or make a new node:

- a *computed* node gets a new node, recorded: `h += x` is `h = h + x`;
- a *leaf that requires gradients* is written into under `no_grad()`, and refused otherwise: a graph that was computed
  from its old number would no longer hold, and a new node under its name would be no parameter any more;
- a *constant* is written into, whatever else has a name for it; with an operand that has a history, while that is
  recorded, it gets a new node.

What is written into keeps its shape and dtype. (PyTorch does the same, except that it writes into computed tensors.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import GraphError
from ..graph.modes import MODES
from ..graph.operation import REGISTRY
from .refusals import holds_tracked


def augmented(function: Any, sign: str) -> Callable[[Any, Any], Any]:
    """The method behind `a += b`, of a function and the sign "+="."""
    op = REGISTRY[function.__name__]

    def operator(self: Any, other: Any) -> Any:
        return self._apply(op, (self, other), None) if self.op is not None else assign(function, sign, self, other)

    return operator


def assign(function: Any, sign: str, leaf: Any, other: Any) -> Any:
    """`leaf += other`: the leaf, written into, or a new node.

    Raises:
        GraphError: the leaf requires gradients, and operations are recorded.
        ShapeError, DtypeError: the result does not fit into the leaf.
    """
    if MODES.get().recording:
        if leaf._tracked:
            raise GraphError(
                f"p {sign} ... of a {leaf.describe()} that requires gradients. An update is written as "
                f"`with tg.no_grad(): p {sign} ...`; a new node gets a name of its own, `q = p {sign[:-1]} ...`; and "
                "a running sum starts with the plain number 0"
            )
        if holds_tracked(other):
            return function(leaf, other)
    leaf._write(function(leaf, other), f"{sign} ...")
    return leaf
